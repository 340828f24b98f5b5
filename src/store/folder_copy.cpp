// COPY and MOVE: what goes from one folder to another, and the end of a MOVE that was cut short.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/live_folder.hpp"
#include "store/static_record.hpp"
#include "store/user_folder.hpp"

namespace store {
namespace {

constexpr unsigned copy_tries_max = 3;

std::vector<Entry> chosen(const Snapshot& from, const UidRanges& uids) {
    std::vector<Entry> out;
    for (const UidRange& range : uids)
        from.for_each(from.lower_bound(range.first), SeqNum(from.size()), [&](SeqNum, const Entry& entry) {
            if (entry.uid > range.last) return false;
            out.push_back(entry);
            return true;
        });
    return out;
}

}  // namespace

/// One COPY or MOVE under way.
struct LiveFolder::TransferRun {
    LiveFolderPtr destination;
    base::AccountId user;  // whose \Seen it is there; 0: the owner's
    bool move = false;
    FlagSet keep;
    CopyResult result;
};

awaitable<Result<CopyResult>> LiveFolder::copy_to(FolderPtr destination, UidRanges uids, FlagSet keep,
                                                  ChangeProgress* progress) {
    return transfer(std::move(destination), std::move(uids), Transfer(false, keep, nullptr, progress));
}

awaitable<Result<CopyResult>> LiveFolder::move_to(FolderPtr destination, UidRanges uids, FlagSet keep,
                                                  ChangeProgress* progress) {
    return transfer(std::move(destination), std::move(uids), Transfer(true, keep, nullptr, progress));
}

awaitable<Result<CopyResult>> LiveFolder::transfer(FolderPtr destination, UidRanges uids, Transfer how) {
    TransferRun run;
    run.destination = std::dynamic_pointer_cast<LiveFolder>(destination);
    if (const auto shared = std::dynamic_pointer_cast<UserFolder>(destination)) {
        run.destination = shared->folder();
        run.user = shared->user();
    }
    run.move = how.move;
    run.keep = how.keep;
    const LiveFolderPtr target = run.destination;
    if (!target) co_return Result<CopyResult>(Error(Errc::invalid, "no folder of this store"));
    const auto usage = co_await target->owner_->load_usage();
    if (!usage) co_return Result<CopyResult>(usage.error());
    const std::vector<Entry> all = chosen(how.view ? *how.view : *snapshot(), normalised(std::move(uids)));
    const bool move = how.move;
    const std::size_t at_once = context_.limits.copy_messages_max;
    CopyResult& result = run.result;
    result.uid_validity = target->snapshot()->totals().uid_validity;
    Error failed;
    for (std::size_t at = 0; at < all.size() && failed.is(Errc::none);) {
        if (at != 0 && how.progress != nullptr) co_await how.progress->changed_so_far(at, all.size());
        const std::size_t end = std::min(all.size(), at + at_once);
        std::vector<Entry> some(all.begin() + static_cast<std::ptrdiff_t>(at),
                                all.begin() + static_cast<std::ptrdiff_t>(end));
        const auto done = co_await transfer_some(&run, std::move(some));
        if (!done) {
            failed = done.error();
        } else {
            at += *done;
        }
    }
    if (!failed.is(Errc::none) && !move && !result.destination.empty()) {
        // RFC 9051 section 6.4.7: a COPY that fails leaves the destination as it was.
        UidRanges undo;
        for (const Uid uid : result.destination) append_uid(undo, uid);
        const auto undone = co_await target->remove(std::move(undo));
        if (!undone)
            base::log::warn("store", "a failed copy was not undone", {{"partition", target->partition_}});
    }
    // A MOVE that stops half-way has moved what it has moved, each message whole (RFC 6851 section 3.3).
    if (!failed.is(Errc::none) && (!move || result.source.empty())) co_return Result<CopyResult>(failed);
    result.failed = failed;
    if (!result.source_modseq) result.source_modseq = snapshot()->totals().highest_modseq;
    co_return Result<CopyResult>(std::move(result));
}

/// One transaction. \returns how many of the entries are done with: all, unless their rows are large.
awaitable<Result<std::size_t>> LiveFolder::transfer_some(TransferRun* run, std::vector<Entry> entries) {
    const LiveFolderPtr destination = run->destination;
    const bool move = run->move;
    CopyResult* const out = &run->result;
    auto change = std::make_shared<CopyInChange>();
    std::size_t taken = entries.size();
    for (unsigned tries = 0; tries < copy_tries_max; ++tries) {
        change = std::make_shared<CopyInChange>();
        change->opid = new_opid();
        change->user = run->user;
        const SnapshotPtr now = snapshot();
        change->keywords = now->shared_keywords();
        std::vector<Entry> present;
        for (const Entry& entry : entries)
            if (const Entry* its = now->find(entry.uid)) present.push_back(*its);
        auto rows = co_await proved_rows(present);
        if (!rows) co_return rows.error();
        taken = entries.size();
        if (rows->size() < present.size()) {
            const Uid next = present[rows->size()].uid;
            const auto rest = std::find_if(entries.begin(), entries.end(),
                                           [next](const Entry& entry) { return entry.uid == next; });
            taken = static_cast<std::size_t>(rest - entries.begin());
        }
        std::vector<MessageRef> messages;
        for (std::size_t i = 0; i < rows->size(); ++i) {
            const std::optional<StaticFacts> facts = static_facts((*rows)[i]);
            if (!facts) continue;  // collected
            CopyInChange::Item item;
            item.entry = present[i];
            // \Seen as the one who copies sees it, of the other flags what he may set there.
            const auto shown = std::lower_bound(entries.begin(), entries.end(), item.entry.uid,
                                                [](const Entry& a, Uid uid) { return a.uid < uid; });
            item.entry.flags =
                item.entry.flags.without(SystemFlag::seen) | (shown->flags & FlagSet(SystemFlag::seen));
            item.entry.flags = item.entry.flags & run->keep;
            messages.push_back(MessageRef{item.entry.uid, item.entry.id});
            item.link = context_.ids.next();
            item.blob = facts->blob;
            item.row = relinked(std::move((*rows)[i]), item.link);
            change->items.push_back(std::move(item));
        }
        if (messages.empty()) co_return taken;
        const auto noted = co_await take_follow_ups(change.get(), run->keep);
        if (!noted) co_return noted.error();
        if (!*noted && tries + 1 < copy_tries_max) continue;
        change->within_account = move && destination->account() == account();
        if (move) change->intent = MoveIntent{id_, account(), messages};
        co_await destination->submit(change);
        // A blob is gone: somebody expunged the message, and it was collected. The others can still be
        // copied.
        if (!change->error.is(Errc::not_found) || destination->deleted()) break;
    }
    if (!change->error.is(Errc::none)) co_return change->error;
    if (move) {
        UidRanges gone;
        for (const CopyInChange::Item& item : change->items) append_uid(gone, item.entry.uid);
        const Error failed =
            co_await finish_transfer(std::move(gone), destination, change->opid, &out->source_modseq);
        if (!failed.is(Errc::none)) co_return failed;
    }
    out->uid_validity = change->uid_validity;
    for (const CopyInChange::Item& item : change->items) out->source.push_back(item.entry.uid);
    out->destination.insert(out->destination.end(), change->destination.begin(), change->destination.end());
    co_return taken;
}

/// What has been put into the destination under an intent leaves this folder.
awaitable<Error> LiveFolder::finish_transfer(UidRanges gone, LiveFolderPtr destination, std::uint64_t opid,
                                             ModSeq* modseq) {
    auto expunge = std::make_shared<ExpungeChange>();
    expunge->opid = new_opid();
    expunge->only_deleted = false;
    expunge->uids = std::move(gone);
    co_await submit(expunge);
    if (!expunge->error.is(Errc::none)) {
        // They are in both folders now. The intent stays: the collector's next round finishes it, or who
        // next opens the destination.
        context_.collect.add(destination->id(), {destination->account(), context_.now()});
        co_return expunge->error;
    }
    if (expunge->modseq) *modseq = expunge->modseq;
    auto finished = std::make_shared<MaintainChange>();
    finished->erase.push_back(keys::move_intent(opid));
    // Nobody waits for it: without it the finisher looks once more, and finds nothing to do.
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    destination->enqueue(std::move(finished), executor);
    co_return Error();
}

awaitable<Result<void>> LiveFolder::finish_move(std::string key, MoveIntent intent) {
    LiveFolderPtr source = self();
    if (intent.source != id_) {
        auto opened = co_await context_.open_folder(intent.account, intent.source);
        if (!opened && !opened.error().is(Errc::not_found)) co_return opened.error();
        source = nullptr;  // a deleted source has nothing left to remove
        if (opened) source = std::dynamic_pointer_cast<LiveFolder>(*opened);
    }
    if (source) {
        auto expunge = std::make_shared<ExpungeChange>();
        expunge->opid = new_opid();
        expunge->only_deleted = false;
        const SnapshotPtr now = source->snapshot();
        for (const MessageRef& message : intent.messages) {
            const Entry* entry = now->find(message.uid);
            if (entry != nullptr && entry->id == message.id) append_uid(expunge->uids, message.uid);
        }
        if (!expunge->uids.empty()) co_await source->submit(expunge);
        if (!expunge->error.is(Errc::none)) co_return expunge->error;
    }
    auto finished = std::make_shared<MaintainChange>();
    finished->erase.push_back(std::move(key));
    co_await submit(finished);
    if (!finished->error.is(Errc::none)) co_return finished->error;
    co_return Result<void>();
}

awaitable<Result<void>> LiveFolder::load() {
    if (stale_) {
        auto change = std::make_shared<LoadChange>();
        co_await submit(change);
        if (!change->error.is(Errc::none)) co_return change->error;
    }
    if (moves_checked_.exchange(true)) co_return Result<void>();
    // RFC 6851 section 3.3: a MOVE that a crash cut short is finished by who next opens the destination.
    auto rows = co_await work_rows('m', 64);
    if (!rows) {
        moves_checked_ = false;
        co_return rows.error();
    }
    for (engine::Row& row : *rows) {
        std::optional<MoveIntent> intent = decode_move_intent(row.value);
        if (!intent) continue;  // check() reports it
        const auto finished = co_await finish_move(std::move(row.key), std::move(*intent));
        if (!finished) {
            moves_checked_ = false;
            break;
        }
    }
    co_return Result<void>();
}

}  // namespace store
