#include "store/folder_changes.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "store/keys.hpp"
#include "store/threads.hpp"

namespace store {
namespace {

void put_static(RoundView& view, MessageRef message, const std::string& row) {
    std::string shard = keys::shard(view.folder, message.uid);
    std::vector<engine::Patch>& patches = view.prelude.patches;
    if (patches.empty() || patches.back().partition != shard) {
        patches.emplace_back();
        patches.back().partition = std::move(shard);
    }
    patches.back().put.push_back(engine::Row{keys::message(message.uid, message.id), row});
}

}  // namespace

void RecentThreads::add(std::uint64_t message_id_hash, base::ThreadId thread) {
    if (message_id_hash == 0 || !threads_.emplace(message_id_hash, thread).second) return;
    if (ring_.size() < ids_max) {
        ring_.push_back(message_id_hash);
        return;
    }
    threads_.erase(std::exchange(ring_[next_], message_id_hash));
    next_ = (next_ + 1) % ids_max;
}

base::ThreadId RecentThreads::find(const std::vector<std::uint64_t>& ancestors) const {
    for (const std::uint64_t id : ancestors)
        if (const auto known = threads_.find(id); known != threads_.end()) return known->second;
    return {};
}

base::ThreadId AppendChange::thread_of(const Item& item, const RecentThreads& recent,
                                       const std::map<std::uint64_t, base::ThreadId>& here) {
    if (item.thread) return item.thread;
    if (const base::ThreadId known = recent.find(item.content->ancestors)) return known;
    for (const std::uint64_t id : item.content->ancestors)
        if (const auto known = here.find(id); known != here.end()) return known->second;
    return base::ThreadId(item.id.value);
}

std::size_t pages_touched(const Snapshot& snapshot, const UidRanges& uids) {
    std::size_t all = 0;
    for (const PageGroupPtr& group : snapshot.groups()) all += group->pages.size();
    std::size_t touched = 0;
    for (const UidRange& range : uids) {
        touched += (range.last.value >> 6) - (range.first.value >> 6) + 1;
        if (touched >= all) return all;
    }
    return touched;
}

std::size_t follow_ups_touched(const Snapshot& snapshot, const UidRanges& uids) {
    std::size_t touched = 0;
    auto range = uids.begin();
    for (const PageGroupPtr& group : snapshot.groups()) {
        while (range != uids.end() && range->last.value >> 12 < group->number) ++range;
        if (range == uids.end()) break;
        if (range->first.value >> 12 <= group->number) touched += group->follow_ups;
    }
    return touched;
}

bool FolderChange::reserve(RoundView& view, std::uint64_t bytes, std::uint64_t messages) {
    if (reserved.held() || (bytes == 0 && messages == 0) || reserved.take(view.owner, bytes, messages))
        return true;
    error = Error(Errc::over_quota, "the mailbox is full");
    return false;
}

void FolderChange::write_log(RoundView& view, LogOp op, UidRanges uids, FlagSet added, FlagSet removed) {
    LogRow row{op, opid, view.context.now(), std::move(uids), added, removed};
    modseq = view.draft.next_modseq();
    view.draft.log(std::move(row), view.context.engine.limits().value_bytes_max / 2);
}

void FolderChange::write_garbage(RoundView& view, const std::vector<MessageRef>& gone) {
    const ModSeq modseq = view.draft.next_modseq();
    std::uint32_t part = 0;
    for (std::size_t at = 0; at < gone.size(); at += Garbage::messages_max, ++part) {
        Garbage row;
        row.time = view.context.now();
        const std::size_t end = std::min(gone.size(), at + Garbage::messages_max);
        row.messages.assign(gone.begin() + static_cast<std::ptrdiff_t>(at),
                            gone.begin() + static_cast<std::ptrdiff_t>(end));
        view.draft.put(keys::garbage(modseq, part), encode(row));
    }
}

FolderChange::Cost AppendChange::cost(const Snapshot&) const {
    Cost cost{items.size() * 4 + 3 + (user ? items.size() / 64 + 2 : 0),
              16'384 + (items.size() / 64 + 2) * page_bytes_max};
    for (const Item& item : items) cost.bytes += item.row.size() + 256;
    if (replaces || revises) cost.rows += 4;
    if (leaves_follow_up()) {
        ++cost.rows;
        cost.bytes += FollowUpLimits::row_bytes_max;
    }
    if (intent) ++cost.rows;
    return cost;
}

/// A transaction of its own, with its own modseq, in the same commit.
void AppendChange::take_out_replaced(RoundView& view) {
    UidRanges old;
    append_uid(old, replaces);
    write_garbage(view, view.draft.expunge(old, false));
    write_log(view, LogOp::expunge, std::move(old), {}, {});
}

/// \errors those of FolderDraft::resolve()
Result<FlagSet> AppendChange::flags_of(RoundView& view, const Item& item) {
    Result<FlagSet> out = view.draft.resolve(item.flags, true);
    if (!out || item.noted.empty()) return out;
    NamedFlags noted;
    noted.keywords.push_back(item.noted);
    const Result<FlagSet> known = view.draft.resolve(noted, true);
    if (known) *out |= *known;  // else the folder has no room for another keyword
    return out;
}

/// What the flag of the message that is replaced leaves to one with these flags.
std::optional<FollowUp> AppendChange::inherited(const RoundView& view, const Entry& old,
                                                FlagSet flags) const {
    // A \Flagged that is set by itself ends what was said.
    const bool same = flags.has(SystemFlag::flagged) == old.flags.has(SystemFlag::flagged);
    return leaves_follow_up() && same ? view.draft.follow_up(replaces, view.follow_ups) : std::nullopt;
}

void AppendChange::revise(RoundView& view) {
    const Item& item = items.front();
    const std::optional<Entry> old = view.draft.find(revises);
    if (!old) {
        error = Error(Errc::not_found, "no such message");
        return;
    }
    if (old->modseq != expected) {
        error = Error(Errc::conflict, "it was changed meanwhile");
        return;
    }
    const Result<FlagSet> flags = view.draft.resolve(item.flags, true);
    if (!flags) {
        error = flags.error();
        return;
    }
    if (!reserve(view, item.size - std::min(item.size, freed_bytes), 0)) return;
    Entry entry = *old;
    entry.flags = *flags;
    entry.id = item.id;
    entry.internal_date = item.internal_date;
    entry.size = item.size;
    view.draft.revise(entry);
    put_static(view, MessageRef{revises, item.id}, item.row);
    std::vector<std::string> tags{keys::tag(view.folder, item.id, 0)};
    item.content->join(view.prelude, std::move(tags));
    write_garbage(view, {MessageRef{revises, old->id}});
    result.uids.assign(1, revises);
    result.ids.assign(1, item.id);
    result.uid_validity = view.draft.totals().uid_validity;
    UidRanges uids;
    append_uid(uids, revises);
    write_log(view, LogOp::flags, std::move(uids), {}, {});
}

void AppendChange::apply(RoundView& view) {
    result = {};
    if (revises) return revise(view);
    const std::optional<Entry> old = replaces ? view.draft.find(replaces) : std::nullopt;
    nothing_to_replace = replaces && !old;
    if (nothing_to_replace) {
        error = Error(Errc::not_found, "no such message");
        return;
    }
    if (view.draft.uids_left() < items.size()) {
        error = Error(Errc::limit, "the folder has used up its message numbers");
        return;
    }
    std::vector<FlagSet> flags;
    std::uint64_t bytes = 0;
    for (const Item& item : items) {
        const Result<FlagSet> resolved = flags_of(view, item);
        if (!resolved) {
            error = resolved.error();
            return;
        }
        flags.push_back(*resolved);
        bytes += item.size;
    }
    if (old) flags.front() |= old->flags & keep;
    std::optional<FollowUp> says;
    if (old) says = inherited(view, *old, flags.front());
    if (!reserve(view, bytes - std::min(bytes, freed_bytes), items.size() - freed_messages)) return;
    UserSeenDraft* const mine = view.seen_by(user);
    std::map<MessageContentPtr, std::vector<std::string>> tags;
    std::map<std::uint64_t, base::ThreadId> threads;
    UidRanges uids;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Item& item = items[i];
        Entry entry;
        entry.flags = mine != nullptr ? flags[i].without(SystemFlag::seen) : flags[i];
        entry.has_follow_up = says.has_value();
        entry.id = item.id;
        entry.thread = thread_of(item, view.threads, threads);
        if (const std::uint64_t own = item.content->message_id_hash(); own != 0)
            threads.emplace(own, entry.thread);
        entry.internal_date = item.internal_date;
        entry.save_date = view.context.now();
        entry.size = item.size;
        const Uid uid = view.draft.append(entry).uid;
        if (says) view.draft.put_follow_up(uid, *says);
        if (mine != nullptr) mine->set(uid, flags[i].has(SystemFlag::seen), view.draft.next_modseq());
        append_uid(uids, uid);
        result.uids.push_back(uid);
        result.ids.push_back(item.id);
        put_static(view, MessageRef{uid, item.id}, item.row);
        if (!blobs_ready) tags[item.content].push_back(keys::tag(view.folder, item.id, 0));
    }
    if (!threads.empty())
        view.prelude.patches.push_back(Threads::rows_of(view.owner->owner_id(), view.context.now(), threads));
    for (auto& [content, names] : tags) content->join(view.prelude, std::move(names));
    result.uid_validity = view.draft.totals().uid_validity;
    if (intent) view.draft.put(keys::move_intent(opid), encode(*intent));
    write_log(view, LogOp::append, std::move(uids), {}, {});
    if (replaces) take_out_replaced(view);
}

void AppendChange::done(RecentThreads& threads, const SnapshotPtr& now) {
    FolderChange::done(threads, now);
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].content->stored();
        const Entry* entry = i < result.uids.size() ? now->find(result.uids[i]) : nullptr;
        if (entry != nullptr) threads.add(items[i].content->message_id_hash(), entry->thread);
    }
}

FolderChange::Cost FlagsChange::cost(const Snapshot& snapshot) const {
    const std::size_t pages = pages_touched(snapshot, request.uids);
    const std::size_t own = user ? 2 : 1;  // each page has one of the user's
    const std::size_t noted = follow_ups_touched(snapshot, request.uids);
    return {pages * own + noted + 3, 16'384 + pages * own * page_bytes_max + request.uids.size() * 8 +
                                         noted * follow_up_key_bytes + FollowUpLimits::row_bytes_max};
}

void FlagsChange::apply(RoundView& view) {
    const bool lone = request.uids.size() == 1 && request.uids.front().first == request.uids.front().last;
    if (request.follow_up && (!lone || !fits(*request.follow_up))) {
        error = lone ? Error(Errc::limit, "what the flag says is too long")
                     : Error(Errc::invalid, "what a flag says is of one message");
        return;
    }
    const Result<FlagSet> flags = view.draft.resolve(request.flags, request.change != FlagChange::remove);
    if (!flags) {
        error = flags.error();
        return;
    }
    FolderDraft::FlagEdit edit;
    edit.change = request.change;
    edit.flags = *flags;
    edit.unchanged_since = request.unchanged_since;
    edit.allowed = request.allowed;
    if (request.follow_up) edit.follow_up = &*request.follow_up;
    edit.mine = view.seen_by(user);
    view.draft.edit_flags(request.uids, edit);
    refused = std::move(edit.refused);
    modseq = ModSeq();
    if (edit.changed.empty()) return;
    write_log(view, LogOp::flags, std::move(edit.changed), edit.added, edit.removed);
}

FolderChange::Cost ExpungeChange::cost(const Snapshot& snapshot) const {
    const std::size_t pages = pages_touched(snapshot, uids);
    const std::size_t noted = follow_ups_touched(snapshot, uids);
    return {pages + 4 + pages / 64 + noted,
            16'384 + pages * (page_bytes_max + 64 * 12) + noted * follow_up_key_bytes};
}

void ExpungeChange::apply(RoundView& view) {
    gone = view.draft.expunge(uids, only_deleted);
    modseq = ModSeq();
    if (gone.empty()) return;
    write_garbage(view, gone);
    UidRanges ranges;
    for (const MessageRef& message : gone) append_uid(ranges, message.uid);
    write_log(view, LogOp::expunge, std::move(ranges), {}, {});
}

FolderChange::Cost CopyInChange::cost(const Snapshot&) const {
    Cost cost{items.size() * 3 + 4 + (user ? items.size() / 64 + 2 : 0),
              16'384 + (items.size() / 64 + 2) * page_bytes_max + items.size() * 16};
    for (const Item& item : items) {
        cost.bytes += item.row.size() + 192;
        if (!item.entry.has_follow_up) continue;
        ++cost.rows;
        cost.bytes += FollowUpLimits::row_bytes_max;
    }
    return cost;
}

void CopyInChange::apply(RoundView& view) {
    destination.clear();
    if (view.draft.uids_left() < items.size()) {
        error = Error(Errc::limit, "the folder has used up its message numbers");
        return;
    }
    NamedFlags used;
    std::uint64_t bytes = 0;
    FlagSet all;
    for (const Item& item : items) {
        bytes += item.entry.size;
        all |= item.entry.flags;
    }
    std::vector<unsigned> indexes;
    for (unsigned i = 0; i < keywords->size(); ++i) {
        if (!all.has_keyword(i)) continue;
        used.keywords.emplace_back(keywords->name(i));
        indexes.push_back(i);
    }
    const Result<FlagSet> known = view.draft.resolve(used, true);
    if (!known) {
        error = known.error();
        return;
    }
    if (!within_account && !reserve(view, bytes, items.size())) return;
    UserSeenDraft* const mine = view.seen_by(user);
    std::map<unsigned, FlagSet> translated;
    for (std::size_t i = 0; i < indexes.size(); ++i) {
        NamedFlags one;
        one.keywords.push_back(used.keywords[i]);
        translated[indexes[i]] = *view.draft.resolve(one, false);
    }
    UidRanges uids;
    for (const Item& item : items) {
        Entry entry = item.entry;
        entry.flags = item.entry.flags & FlagSet(0xFF, 0);
        if (mine != nullptr) entry.flags = entry.flags.without(SystemFlag::seen);
        for (const auto& [index, flag] : translated)
            if (item.entry.flags.has_keyword(index)) entry.flags |= flag;
        entry.save_date = view.context.now();
        const Uid uid = view.draft.append(entry).uid;
        if (item.entry.has_follow_up) view.draft.put_follow_up(uid, item.follow_up);
        if (mine != nullptr) mine->set(uid, item.entry.flags.has(SystemFlag::seen), view.draft.next_modseq());
        append_uid(uids, uid);
        destination.push_back(uid);
        put_static(view, MessageRef{uid, entry.id}, item.row);
        view.prelude.tags.push_back(engine::Tag{item.blob, keys::tag(view.folder, entry.id, item.link)});
    }
    uid_validity = view.draft.totals().uid_validity;
    if (intent) view.draft.put(keys::move_intent(opid), encode(*intent));
    write_log(view, LogOp::append, std::move(uids), {}, {});
}

void MaintainChange::apply(RoundView& view) {
    for (const std::string& key : erase) view.draft.erase(key);
    if (log_floor && view.draft.header().log_floor < *log_floor) {
        view.draft.header().log_floor = *log_floor;
        view.draft.header_changed();
    }
}

}  // namespace store
