// Rounds: how waiting changes become one commit, and what happens when it does not go well.
#include "store/live_folder.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/checksum.hpp"
#include "store/keys.hpp"

namespace store {
namespace {

constexpr unsigned attempts_max = 8;  // conflicts come from other nodes only: eight in a row are a fault

using FolderChangePtr = std::shared_ptr<FolderChange>;

FolderHeader empty_header(base::AccountId account, std::uint32_t uid_validity) {
    FolderHeader header;
    header.account = account;
    header.totals.uid_validity = uid_validity;
    return header;
}

SnapshotPtr snapshot_of(const FolderHeader& header, std::vector<PageGroupPtr> groups) {
    auto keywords = std::make_shared<const Keywords>(header.keywords);
    return std::make_shared<const Snapshot>(header.totals, std::move(keywords), std::move(groups));
}

/// Puts pages, which come in order, into groups and counts what the header must say.
struct Loader {
    FolderTotals found;
    std::uint64_t sum = 0;
    std::uint64_t newest = 0;  // the greatest message id
    std::vector<std::shared_ptr<PageGroup>> groups;

    bool add(const engine::Row& row) {
        const auto number = keys::number_in(row.key, 'p');
        if (!number || *number > (0xFFFFFFFFULL >> 6)) return false;
        std::shared_ptr<Page> page = decode_page(static_cast<std::uint32_t>(*number), row.value);
        if (!page) return false;
        if (groups.empty() || groups.back()->number != page->number >> 6) {
            groups.push_back(std::make_shared<PageGroup>());
            groups.back()->number = page->number >> 6;
        }
        PageGroup& group = *groups.back();
        for (const Entry& entry : page->entries) {
            ++found.exists;
            found.bytes += entry.size;
            sum ^= entry_checksum(entry);
            newest = std::max(newest, entry.id.value);
        }
        group.count += static_cast<std::uint32_t>(page->entries.size());
        group.unseen += page->unseen;
        group.follow_ups += page->follow_ups;
        group.modseq_max = std::max(group.modseq_max, page->modseq_max);
        group.pages.push_back(std::move(page));
        return true;
    }
    bool agrees(const FolderHeader& header) const {
        return found.exists == header.totals.exists && found.bytes == header.totals.bytes &&
               sum == header.entries_xor;
    }
};

}  // namespace

LiveFolder::LiveFolder(StoreContext& context, std::shared_ptr<FolderOwner> owner, base::FolderId id,
                       std::uint32_t uid_validity)
    : context_(context),
      owner_(std::move(owner)),
      id_(id),
      partition_(keys::folder(id)),
      uid_validity_(uid_validity),
      header_(empty_header(owner_->owner_id(), uid_validity)) {
    snapshot_ = snapshot_of(header_, {});
}

SnapshotPtr LiveFolder::snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
}

Uid LiveFolder::take_recent(bool claim) {
    const std::lock_guard lock(mutex_);
    const Uid floor = recent_floor_;
    if (claim) recent_floor_ = snapshot_->totals().uid_next;  // kept with the next commit
    return floor;
}

ModSeq LiveFolder::log_floor() const {
    const std::lock_guard lock(mutex_);
    return log_floor_;
}

void LiveFolder::mark_deleted() {
    deleted_ = true;
    nudge();
}

std::size_t LiveFolder::round_size(const std::deque<ChangePtr>& waiting) {
    const SnapshotPtr now = snapshot();
    const std::size_t rows_max = context_.engine.limits().batch_rows_max - 16;
    FolderChange::Cost sum{0, 0};
    std::size_t count = 0;
    for (const ChangePtr& change : waiting) {
        const FolderChange::Cost cost = static_cast<const FolderChange&>(*change).cost(*now);
        sum.rows += cost.rows;
        sum.bytes += cost.bytes;
        if (count > 0 && (sum.rows > rows_max || sum.bytes > round_bytes_max())) break;
        ++count;
    }
    return count;
}

awaitable<void> LiveFolder::round(std::vector<ChangePtr> changes) {
    std::vector<FolderChangePtr> mine;
    for (ChangePtr& change : changes)
        mine.push_back(std::static_pointer_cast<FolderChange>(std::move(change)));
    ++context_.figures.rounds;
    context_.figures.changes += mine.size();
    Error error;
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        error = co_await attempt(mine);
        if (error.is(Errc::none)) co_return;
        if (!error.is(Errc::conflict)) break;
        ++context_.figures.conflicts;
        stale_ = true;
    }
    const bool one_spoils_all = error.is(Errc::not_found) || error.is(Errc::limit) || error.is(Errc::invalid);
    if (one_spoils_all && mine.size() > 1) {
        for (const FolderChangePtr& change : mine) {
            std::vector<ChangePtr> alone{change};
            co_await round(std::move(alone));
        }
        co_return;
    }
    if (error.is(Errc::conflict) || error.is(Errc::unknown)) error = Error(Errc::unavailable, "try again");
    for (const FolderChangePtr& change : mine)
        if (change->error.is(Errc::none)) change->error = error;
    for (const FolderChangePtr& change : mine) change->reserved.give_back();
}

/// \errors conflict: the folder was changed elsewhere, redo. Whatever else is final for these changes.
awaitable<Error> LiveFolder::attempt(std::vector<FolderChangePtr> changes) {
    if (deleted_) co_return Error(Errc::not_found, "the folder was deleted");
    if (stale_) {
        const auto loaded = co_await reload();
        if (!loaded) co_return loaded.error();
    }
    const auto seen_known = co_await load_users(changes);
    if (!seen_known) co_return seen_known.error();
    const auto follow_ups = co_await load_follow_ups(changes);
    if (!follow_ups) co_return follow_ups.error();
    std::map<base::AccountId, UserSeenDraft> users;
    for (const FolderChangePtr& change : changes)
        if (change->user) users.try_emplace(change->user, known_seen(change->user));
    FolderDraft draft(snapshot(), header_);
    {
        const std::lock_guard lock(mutex_);
        draft.header().recent_floor = recent_floor_;
    }
    auto prelude = std::make_shared<engine::Prelude>();
    RoundView view{context_, owner_, id_, threads_, draft, *prelude, users, *follow_ups};
    FolderChangePtr logged;
    for (const FolderChangePtr& change : changes) {
        change->error = Error();
        change->modseq = ModSeq();
        change->apply(view);
        if (!logged && change->modseq) logged = change;
    }
    SeenByUser seen;
    for (auto& [user, mine] : users) {
        if (mine.clean()) continue;
        for (engine::Row& row : mine.rows(user)) draft.put(std::move(row.key), std::move(row.value));
        seen.emplace(user, mine.finish());
    }
    if (draft.clean()) {
        settle(changes);
        co_return Error();
    }
    FolderHeader header = draft.header();
    engine::Batch batch;
    batch.partition = partition_;
    batch.expect = version_;
    SnapshotPtr next = draft.finish(batch);
    std::string header_value = encode(header);
    const auto spilled = co_await spill(prelude);
    if (!spilled) co_return spilled.error();
    const auto done = co_await context_.engine.commit(std::move(*prelude), std::move(batch));
    if (done) {
        install(std::move(next), std::move(header), *done, std::move(seen));
        settle(changes);
        co_return Error();
    }
    if (!done.error().is(Errc::unknown)) co_return done.error();
    ++context_.figures.unknown;
    stale_ = true;
    if (!logged) co_return Error(Errc::conflict, "");  // only work rows: doing it again does no harm
    const Error known = co_await resolve(std::move(logged), std::move(header_value), std::move(next),
                                         std::move(header), std::move(seen));
    if (known.is(Errc::none)) settle(changes);
    co_return known;
}

/// After a commit with unknown outcome: the log says whether it happened (docs/store.md). Never retried
/// blindly.
awaitable<Error> LiveFolder::resolve(FolderChangePtr logged, std::string header_value, SnapshotPtr next,
                                     FolderHeader header, SeenByUser seen) {
    for (unsigned tries = 0; tries < 3; ++tries) {
        std::vector<std::string> wanted{std::string(keys::header), keys::log(logged->modseq)};
        const auto found = co_await context_.engine.get(partition_, std::move(wanted));
        if (!found) continue;
        bool ours = false, header_ours = false;
        for (const engine::Row& row : found->rows) {
            if (row.key == keys::header) {
                header_ours = row.value == header_value;
                continue;
            }
            const std::optional<LogRow> log = decode_log(row.value);
            ours = log && log->opid == logged->opid;
        }
        if (!ours) co_return Error(Errc::conflict, "");
        install(std::move(next), std::move(header), found->version, std::move(seen));
        stale_ = !header_ours;  // somebody went on from it
        co_return Error();
    }
    base::log::warn("store", "the outcome of a commit is not known", {{"partition", partition_}});
    co_return Error(Errc::unavailable, "the store does not answer; the change may have been made");
}

/// A big prelude goes ahead of the commit, in pieces.
awaitable<Result<void>> LiveFolder::spill(std::shared_ptr<engine::Prelude> prelude) {
    std::size_t bytes = 0;
    for (const engine::Patch& patch : prelude->patches)
        for (const engine::Row& row : patch.put) bytes += row.value.size();
    if (bytes <= round_bytes_max() / 2) co_return Result<void>();
    std::vector<engine::Patch> patches = std::move(prelude->patches);
    prelude->patches.clear();
    for (engine::Patch& patch : patches) {
        std::size_t at = 0;
        while (at < patch.put.size()) {
            engine::Prelude some;
            some.patches.emplace_back();
            some.patches.back().partition = patch.partition;
            for (bytes = 0; at < patch.put.size() && bytes < (2U << 20); ++at) {
                bytes += patch.put[at].value.size();
                some.patches.back().put.push_back(std::move(patch.put[at]));
            }
            engine::Prelude again = some;
            auto done = co_await context_.engine.apply(std::move(some));
            if (!done && done.error().is(Errc::unknown))
                done = co_await context_.engine.apply(std::move(again));
            if (!done) co_return done;
        }
    }
    co_return Result<void>();
}

void LiveFolder::install(SnapshotPtr next, FolderHeader header, engine::Version version, SeenByUser seen) {
    if (loaded_ && header.totals.uid_next > header_.totals.uid_next)
        came_ += header.totals.uid_next.value - header_.totals.uid_next.value;
    header_ = std::move(header);
    version_ = version;
    bool for_all = false;
    std::vector<base::AccountId> users;
    {
        const std::lock_guard lock(mutex_);
        // Reading a folder for the first time changes nothing for anybody, nor does the collector's work, and
        // what a user has seen is nobody else's affair.
        for_all = loaded_ && (next->groups() != snapshot_->groups() ||
                              next->keywords().size() != snapshot_->keywords().size());
        snapshot_ = std::move(next);
        recent_floor_ = std::max(recent_floor_, header_.recent_floor);
        log_floor_ = header_.log_floor;
        for (auto& [user, state] : seen) {
            users.push_back(user);
            users_.at(user)->seen = std::move(state);
        }
    }
    if (!users.empty()) changed_ = std::max(changed_, Changed::of_users);
    if (for_all) changed_ = Changed::of_all;
    loaded_ = true;
    tell(for_all, users);
}

/// What sessions that do not have the folder open must hear of.
std::vector<Notice> LiveFolder::happened(const std::vector<FolderChangePtr>& changes) {
    using Kind = Notice::Kind;
    std::vector<Notice> out;
    const Changed changed = std::exchange(changed_, Changed::nothing);
    if (changed == Changed::nothing) return out;
    if (std::exchange(by_others_, false))
        for (const Kind kind : {Kind::appended, Kind::expunged, Kind::flags})
            out.push_back(Notice{kind, id_, {}, {}});
    for (const FolderChangePtr& change : changes) {
        const std::optional<Kind> kind = change->kind();
        if (!kind || !change->modseq || !change->error.is(Errc::none)) continue;
        const bool own = changed == Changed::of_users;  // only what a user has seen
        out.push_back(Notice{*kind, id_, own ? change->user : base::AccountId(), {}});
    }
    return out;
}

/// The changes are committed, or changed nothing.
void LiveFolder::settle(const std::vector<FolderChangePtr>& changes) {
    const SnapshotPtr now = snapshot();
    FolderOwner::Room reserved;
    bool garbage = false;
    for (const FolderChangePtr& change : changes) {
        const FolderOwner::Room its = change->reserved.spend();
        reserved.bytes += its.bytes;
        reserved.messages += its.messages;
        if (!change->error.is(Errc::none)) continue;
        change->done(threads_, now);
        garbage |= change->modseq && change->leaves_garbage();
    }
    owner_->committed(id_, now->totals(), reserved, happened(changes));
    if ((came_ != 0 || garbage) && context_.content_changed)
        context_.content_changed(owner_->owner_id(), std::exchange(came_, 0));
    if (garbage)
        context_.collect.add(id_,
                             {owner_->owner_id(), context_.now() + context_.limits.collect_after.count()});
}

awaitable<Result<void>> LiveFolder::reload() {
    ++context_.figures.folder_loads;
    by_others_ = loaded_;
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        std::vector<std::string> wanted{std::string(keys::header)};
        const auto head = co_await context_.engine.get(partition_, std::move(wanted));
        if (!head) co_return head.error();
        if (head->version == 0) {  // a folder nobody ever wrote to
            install(snapshot_of(empty_header(owner_->owner_id(), uid_validity_), {}),
                    empty_header(owner_->owner_id(), uid_validity_), 0, {});
            co_return co_await reload_users();
        }
        std::optional<FolderHeader> header;
        if (!head->rows.empty()) header = decode_folder_header(head->rows.front().value);
        Loader loader;
        bool sound = header.has_value(), more = sound, moved = false;
        std::string after;
        while (more && sound && !moved) {
            const auto pages = co_await context_.engine.scan(partition_, after, "p", 0, head->version);
            if (!pages && !pages.error().is(Errc::conflict)) co_return pages.error();
            moved = !pages;
            if (moved) break;
            for (const engine::Row& row : pages->rows) sound = sound && loader.add(row);
            more = pages->more;
            if (!pages->rows.empty()) after = pages->rows.back().key;
        }
        if (moved) continue;
        if (!sound || !loader.agrees(*header)) {
            base::log::error("store", "a folder's rows are damaged", {{"partition", partition_}});
            co_return Error(Errc::corrupt, "the folder is damaged");
        }
        context_.ids.skip_past(loader.newest);  // also when the clock was set back since
        std::vector<PageGroupPtr> groups(loader.groups.begin(), loader.groups.end());
        SnapshotPtr next = snapshot_of(*header, std::move(groups));
        install(std::move(next), std::move(*header), head->version, {});
        co_return co_await reload_users();
    }
    co_return Error(Errc::unavailable, "the folder changes too fast to be read");
}

}  // namespace store
