// What changes a folder: append, flags, expunge. Each call becomes changes that wait for a round.
#include <algorithm>
#include <map>
#include <utility>

#include "store/keys.hpp"
#include "store/live_folder.hpp"
#include "store/threads.hpp"

namespace store {
namespace {

constexpr std::size_t prefix_bytes_max =
    64 << 10;  // trace fields of one copy: the static row keeps room for them
constexpr std::size_t append_messages_max = 1'000;  // of one call: each holds a blob writer's buffers

UidRanges cut(const UidRanges& uids, Uid first, Uid last) {
    UidRanges out;
    for (const UidRange& range : uids) {
        const UidRange part{std::max(range.first, first), std::min(range.last, last)};
        if (part.first <= part.last) out.push_back(part);
    }
    return out;
}

void join(UidRanges& all, const UidRanges& more) {
    all.insert(all.end(), more.begin(), more.end());
    all = normalised(std::move(all));
}

}  // namespace

awaitable<Result<std::shared_ptr<AppendChange>>> LiveFolder::prepare(std::vector<Incoming> messages,
                                                                     bool hold) {
    using ChangeResult = Result<std::shared_ptr<AppendChange>>;
    if (messages.size() > append_messages_max)
        co_return ChangeResult(Error(Errc::limit, "too many messages at once"));
    auto change = std::make_shared<AppendChange>();
    change->opid = new_opid();
    std::vector<MessageContentPtr> contents;
    for (Incoming& message : messages) {
        auto content = std::dynamic_pointer_cast<const MessageContent>(message.content);
        if (!content) co_return ChangeResult(Error(Errc::invalid, "no content"));
        if (message.prefix.size() > prefix_bytes_max)
            co_return ChangeResult(Error(Errc::limit, "prefix too long"));
        AppendChange::Item item;
        item.id = base::MessageId(context_.ids.next());
        item.internal_date = message.internal_date.value_or(context_.now());
        item.size = message.prefix.size() + content->size();
        item.flags = std::move(message.flags);
        StaticRecord record = content->record();
        record.prefix = std::move(message.prefix);
        item.row = encode(record);
        item.content = content;
        contents.push_back(std::move(content));
        change->items.push_back(std::move(item));
    }
    const auto usage = co_await owner_->load_usage();
    if (!usage) co_return ChangeResult(usage.error());
    const auto related = co_await find_threads(change);
    if (!related) co_return ChangeResult(related.error());
    // In one order for all, so that two appends never wait for each other's contents.
    std::sort(contents.begin(), contents.end());
    contents.erase(std::unique(contents.begin(), contents.end()), contents.end());
    for (MessageContentPtr& content : contents) {
        if (!hold) break;
        auto held = co_await MessageContent::hold(std::move(content));
        if (held) change->holds.push_back(std::move(held));
    }
    co_return ChangeResult(std::move(change));
}

awaitable<Result<void>> LiveFolder::find_threads(std::shared_ptr<AppendChange> change) {
    std::vector<Family> families;
    for (const AppendChange::Item& item : change->items)
        families.push_back(Family{item.content->message_id_hash(), item.content->ancestors});
    const Threads threads(context_.engine, owner_->owner_id());
    const auto found = co_await threads.find(std::move(families), context_.now());
    if (!found) co_return found.error();
    for (std::size_t i = 0; i < found->size(); ++i) change->items[i].thread = (*found)[i];
    co_return Result<void>();
}

awaitable<Result<void>> LiveFolder::room_for(std::uint64_t bytes, std::uint64_t messages) {
    const auto known = co_await owner_->load_usage();
    if (!known) co_return known;
    if (deleted_) co_return Error(Errc::not_found, "the folder was deleted");
    if (!owner_->has_room(bytes, messages)) co_return Error(Errc::over_quota, "the mailbox is full");
    co_return Result<void>();
}

awaitable<Result<AppendResult>> LiveFolder::append(std::vector<Incoming> messages) {
    return append_for(base::AccountId(), std::move(messages));
}

awaitable<Result<AppendResult>> LiveFolder::append_for(base::AccountId user, std::vector<Incoming> messages) {
    if (messages.empty()) {
        AppendResult none;
        none.uid_validity = snapshot()->totals().uid_validity;
        co_return Result<AppendResult>(std::move(none));
    }
    auto prepared = co_await prepare(std::move(messages), true);
    if (!prepared) co_return Result<AppendResult>(prepared.error());
    const std::shared_ptr<AppendChange> change = *prepared;
    change->user = user;
    co_await submit(change);
    change->holds.clear();
    if (!change->error.is(Errc::none)) co_return Result<AppendResult>(change->error);
    change->result.modseq = change->modseq;
    co_return Result<AppendResult>(std::move(change->result));
}

/// The uids in pieces that one commit can hold: nearly always one.
std::vector<UidRanges> LiveFolder::pieces(const UidRanges& uids) const {
    const SnapshotPtr now = snapshot();
    const std::size_t pages_max = round_bytes_max() / (page_bytes_max + 64 * 12) - 64;
    // Rows t go with their messages, or with \Flagged.
    const std::size_t rows_max = context_.engine.limits().batch_rows_max / 2;
    std::vector<UidRanges> out;
    if (pages_touched(*now, uids) <= pages_max && follow_ups_touched(*now, uids) <= rows_max) {
        out.push_back(uids);
        return out;
    }
    std::size_t pages = 0, rows = 0;
    Uid first(1);
    for (std::size_t i = 0; i < now->groups().size(); ++i) {
        const PageGroup& group = *now->groups()[i];
        pages += group.pages.size();
        rows += group.follow_ups;
        const std::size_t next = i + 1 < now->groups().size() ? now->groups()[i + 1]->follow_ups : 0;
        if (pages + 64 <= pages_max && rows + next <= rows_max) continue;
        const Uid last(group.number << 12 | 4095U);
        out.push_back(cut(uids, first, last));
        first = Uid(last.value + 1);
        pages = 0;
        rows = 0;
    }
    if (first.value != 0) out.push_back(cut(uids, first, Uid(0xFFFFFFFF)));
    std::erase_if(out, [](const UidRanges& piece) { return piece.empty(); });
    return out;
}

awaitable<Result<StoreResult>> LiveFolder::store(StoreRequest request) {
    return store_for(base::AccountId(), std::move(request));
}

awaitable<Result<StoreResult>> LiveFolder::store_for(base::AccountId user, StoreRequest request) {
    request.uids = normalised(std::move(request.uids));
    StoreResult result;
    result.snapshot = snapshot();
    std::vector<UidRanges> all = pieces(request.uids);
    for (std::size_t at = 0; at < all.size(); ++at) {
        if (at != 0 && request.progress != nullptr) co_await request.progress->changed_so_far(at, all.size());
        auto change = std::make_shared<FlagsChange>();
        change->opid = new_opid();
        change->user = user;
        change->request = request;
        change->request.uids = std::move(all[at]);
        co_await submit(change);
        if (!change->error.is(Errc::none)) co_return Result<StoreResult>(change->error);
        result.snapshot = change->snapshot;
        if (change->modseq) result.modseq = change->modseq;
        result.changed = result.changed || bool(change->modseq);
        join(result.modified, change->refused);
    }
    if (!result.modseq) result.modseq = result.snapshot->totals().highest_modseq;
    for (const UidRange& range : request.uids)
        if (range.first == range.last && result.snapshot->find(range.first) == nullptr)
            result.missing.push_back(range.first);
    co_return Result<StoreResult>(std::move(result));
}

awaitable<Result<ExpungeResult>> LiveFolder::take_out(UidRanges uids, bool only_deleted) {
    ExpungeResult result;
    for (UidRanges& piece : pieces(uids)) {
        auto change = std::make_shared<ExpungeChange>();
        change->opid = new_opid();
        change->uids = std::move(piece);
        change->only_deleted = only_deleted;
        co_await submit(change);
        if (!change->error.is(Errc::none)) co_return Result<ExpungeResult>(change->error);
        if (change->modseq) result.modseq = change->modseq;
        for (const MessageRef& message : change->gone) append_uid(result.uids, message.uid);
    }
    if (!result.modseq) result.modseq = snapshot()->totals().highest_modseq;
    co_return Result<ExpungeResult>(std::move(result));
}

awaitable<Result<ExpungeResult>> LiveFolder::expunge(std::optional<UidRanges> only) {
    UidRanges uids{UidRange{Uid(1), Uid(0xFFFFFFFF)}};
    if (only) uids = normalised(std::move(*only));
    return take_out(std::move(uids), true);
}

awaitable<Result<ModSeq>> LiveFolder::touch() {
    auto change = std::make_shared<TouchChange>();
    change->opid = new_opid();
    co_await submit(change);
    if (!change->error.is(Errc::none)) co_return change->error;
    co_return change->modseq;
}

awaitable<Result<ExpungeResult>> LiveFolder::remove(UidRanges uids) {
    return take_out(normalised(std::move(uids)), false);
}

}  // namespace store
