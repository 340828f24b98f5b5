#include "store/folder_draft.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "store/checksum.hpp"
#include "store/keys.hpp"

namespace store {
namespace {

template <class Items>
auto by_number(Items& items, std::uint32_t number) {
    return std::lower_bound(items.begin(), items.end(), number,
                            [](const auto& item, std::uint32_t wanted) { return item->number < wanted; });
}

/// Tells for ascending uids whether they are in the ranges, in one pass.
class Membership {
public:
    explicit Membership(const UidRanges& ranges) : at_(ranges.begin()), end_(ranges.end()) {}
    bool holds(Uid uid) {
        while (at_ != end_ && at_->last < uid) ++at_;
        return at_ != end_ && at_->first <= uid;
    }

private:
    UidRanges::const_iterator at_, end_;
};

FlagSet changed(FlagSet now, FlagChange change, FlagSet flags) {
    switch (change) {
        case FlagChange::replace:
            return flags;
        case FlagChange::add:
            return now | flags;
        case FlagChange::remove:
            return now.without(flags);
    }
    return now;
}

FlagSet of_user(FlagSet flags, bool seen) {
    const FlagSet others = flags.without(SystemFlag::seen);
    return seen ? others | SystemFlag::seen : others;
}

}  // namespace

FolderDraft::FolderDraft(const SnapshotPtr& base, FolderHeader header)
    : header_(std::move(header)), keywords_(base->shared_keywords()), groups_(base->groups()) {}

Result<FlagSet> FolderDraft::resolve(const NamedFlags& flags, bool add) {
    FlagSet out = flags.system & FlagSet(0xFF, 0);
    std::optional<Keywords> grown;
    for (const std::string& name : flags.keywords) {
        if (!valid_keyword(name)) return Error(Errc::invalid, "not a valid keyword");
        std::optional<unsigned> index = (grown ? *grown : *keywords_).find(name);
        if (!index && !add) continue;
        if (!index) {
            if (!grown) grown = *keywords_;
            index = grown->add(name);
        }
        if (!index) return Error(Errc::limit, "the folder has too many different keywords");
        out |= FlagSet::keyword(*index);
    }
    if (grown) {
        header_.keywords = *grown;
        keywords_ = std::make_shared<const Keywords>(std::move(*grown));
    }
    return out;
}

void FolderDraft::enter(const Entry& entry) {
    FolderTotals& totals = header_.totals;
    ++totals.exists;
    totals.bytes += entry.size;
    if (!entry.flags.has(SystemFlag::seen)) ++totals.unseen;
    if (entry.flags.has(SystemFlag::deleted)) {
        ++totals.deleted;
        totals.deleted_bytes += entry.size;
    }
    header_.entries_xor ^= entry_checksum(entry);
}

void FolderDraft::leave(const Entry& entry) {
    FolderTotals& totals = header_.totals;
    --totals.exists;
    totals.bytes -= entry.size;
    if (!entry.flags.has(SystemFlag::seen)) --totals.unseen;
    if (entry.flags.has(SystemFlag::deleted)) {
        --totals.deleted;
        totals.deleted_bytes -= entry.size;
    }
    header_.entries_xor ^= entry_checksum(entry);
}

std::shared_ptr<PageGroup> FolderDraft::own_group(std::uint32_t number) {
    auto& mine = owned_[number];
    if (mine) return mine;
    const auto at = by_number(groups_, number);
    if (at != groups_.end() && (*at)->number == number) {
        mine = std::make_shared<PageGroup>(**at);
        *at = mine;
    } else {
        mine = std::make_shared<PageGroup>();
        mine->number = number;
        groups_.insert(at, mine);
    }
    return mine;
}

Page& FolderDraft::own_page(std::uint32_t number) {
    clean_ = false;
    auto& mine = dirty_[number];
    if (mine) return *mine;
    const std::shared_ptr<PageGroup> group = own_group(number >> 6);
    const auto at = by_number(group->pages, number);
    if (at != group->pages.end() && (*at)->number == number) {
        mine = std::make_shared<Page>(**at);
        *at = mine;
    } else {
        mine = std::make_shared<Page>();
        mine->number = number;
        group->pages.insert(at, mine);
    }
    return *mine;
}

PagePtr FolderDraft::find_page(std::uint32_t number) const {
    const auto group = by_number(groups_, number >> 6);
    if (group == groups_.end() || (*group)->number != number >> 6) return nullptr;
    const auto page = by_number((*group)->pages, number);
    return page == (*group)->pages.end() || (*page)->number != number ? nullptr : *page;
}

std::vector<std::uint32_t> FolderDraft::pages_in(const UidRanges& uids) const {
    std::vector<std::uint32_t> numbers;
    for (const UidRange& range : uids) {
        for (auto group = by_number(groups_, range.first.value >> 12);
             group != groups_.end() && (*group)->number <= range.last.value >> 12; ++group) {
            const auto& pages = (*group)->pages;
            for (auto page = by_number(pages, range.first.value >> 6);
                 page != pages.end() && (*page)->number <= range.last.value >> 6; ++page)
                if (numbers.empty() || numbers.back() != (*page)->number) numbers.push_back((*page)->number);
        }
    }
    return numbers;
}

const Entry& FolderDraft::append(Entry entry) {
    BASE_ASSERT(uids_left() > 0);
    entry.uid = header_.totals.uid_next;
    entry.modseq = next_modseq();
    header_.totals.uid_next = Uid(entry.uid.value + 1);
    enter(entry);
    Page& page = own_page(entry.uid.value >> 6);
    page.entries.push_back(entry);
    return page.entries.back();
}

void FolderDraft::put_follow_up(Uid uid, const FollowUp& says) {
    follow_ups_[uid] = encode(FollowUpRow{next_modseq(), says});
}

std::optional<FollowUp> FolderDraft::follow_up(Uid uid, const std::map<Uid, FollowUp>& before) const {
    if (const auto changed = follow_ups_.find(uid); changed != follow_ups_.end()) {
        if (!changed->second) return std::nullopt;
        return decode_follow_up(*changed->second)->says;
    }
    const auto known = before.find(uid);
    return known == before.end() ? std::nullopt : std::optional(known->second);
}

/// Whether the message has a row t afterwards.
bool FolderDraft::keeps_follow_up(const Entry& old, FlagSet flags, const FollowUp* says) {
    if (says != nullptr) return !says->empty();
    return old.has_follow_up && old.flags.has(SystemFlag::flagged) == flags.has(SystemFlag::flagged);
}

void FolderDraft::edit_flags(const UidRanges& uids, FlagEdit& edit) {
    Membership members(uids);
    const ModSeq modseq = next_modseq();
    const FollowUp* const says = edit.allowed.has(SystemFlag::flagged) ? edit.follow_up : nullptr;
    for (const std::uint32_t number : pages_in(uids)) {
        const PagePtr page = find_page(number);
        Page* mine = nullptr;
        for (std::size_t i = 0; i < page->entries.size(); ++i) {
            const Entry& old = page->entries[i];
            if (!members.holds(old.uid)) continue;
            const ModSeq newest = edit.mine ? std::max(old.modseq, edit.mine->modseq(old.uid)) : old.modseq;
            if (edit.unchanged_since && newest > *edit.unchanged_since) {
                append_uid(edit.refused, old.uid);
                continue;
            }
            const FlagSet shown = edit.mine ? of_user(old.flags, edit.mine->seen(old.uid)) : old.flags;
            FlagSet flags = changed(shown, edit.change, edit.flags) & edit.allowed;
            flags |= shown.without(edit.allowed);
            const bool follow_up = keeps_follow_up(old, flags, says);
            const bool rewrites = follow_up && says != nullptr;
            const bool same_follow_up = follow_up == old.has_follow_up && !rewrites;
            if (flags == shown && same_follow_up) continue;
            append_uid(edit.changed, old.uid);
            edit.added |= flags.without(shown);
            edit.removed |= shown.without(flags);
            if (!same_follow_up) edit.added |= SystemFlag::flagged;
            if (edit.mine) {
                edit.mine->set(old.uid, flags.has(SystemFlag::seen), modseq);
                flags = of_user(flags, old.flags.has(SystemFlag::seen));
                if (flags == old.flags && same_follow_up) continue;  // only \Seen: nobody else is told
            }
            const Entry before = old;  // `old` may be the very entry that changes
            if (mine == nullptr) mine = &own_page(number);
            Entry& entry = mine->entries[i];
            leave(before);
            entry.flags = flags;
            entry.has_follow_up = follow_up;
            entry.modseq = modseq;
            enter(entry);
            if (rewrites) put_follow_up(before.uid, *says);
            if (before.has_follow_up && !follow_up) follow_ups_[before.uid].reset();
        }
    }
}

std::optional<Entry> FolderDraft::find(Uid uid) const {
    const PagePtr page = find_page(uid.value >> 6);
    if (page == nullptr) return std::nullopt;
    const auto at = std::find_if(page->entries.begin(), page->entries.end(),
                                 [uid](const Entry& entry) { return entry.uid == uid; });
    return at == page->entries.end() ? std::nullopt : std::optional(*at);
}

void FolderDraft::revise(Entry entry) {
    entry.modseq = next_modseq();
    Page& page = own_page(entry.uid.value >> 6);
    const auto at = std::find_if(page.entries.begin(), page.entries.end(),
                                 [&entry](const Entry& one) { return one.uid == entry.uid; });
    BASE_ASSERT(at != page.entries.end());
    leave(*at);
    if (std::exchange(entry.has_follow_up, false)) follow_ups_[entry.uid].reset();  // it was of another text
    *at = entry;
    enter(entry);
}

std::vector<MessageRef> FolderDraft::expunge(const UidRanges& uids, bool only_deleted) {
    Membership members(uids);
    std::vector<MessageRef> gone;
    for (const std::uint32_t number : pages_in(uids)) {
        const PagePtr page = find_page(number);
        std::vector<Entry> kept;
        const std::size_t before = gone.size();
        for (const Entry& entry : page->entries) {
            if (members.holds(entry.uid) && (!only_deleted || entry.flags.has(SystemFlag::deleted))) {
                gone.push_back(MessageRef{entry.uid, entry.id});
                leave(entry);
                if (entry.has_follow_up) follow_ups_[entry.uid].reset();
            } else {
                kept.push_back(entry);
            }
        }
        if (gone.size() != before) own_page(number).entries = std::move(kept);
    }
    return gone;
}

void FolderDraft::log(LogRow row, std::size_t value_bytes_max) {
    header_.totals.highest_modseq = next_modseq();
    std::string value = encode(row);
    while (value.size() > value_bytes_max) {  // very many ranges: some that hold more, see LogRow::uids
        row.uids = coarsened(std::move(row.uids), row.uids.size() / 2);
        value = encode(row);
    }
    put(keys::log(header_.totals.highest_modseq), std::move(value));
}

void FolderDraft::put(std::string key, std::string value) {
    clean_ = false;
    rows_.push_back(engine::Row{std::move(key), std::move(value)});
}

void FolderDraft::erase(std::string key) {
    clean_ = false;
    erased_.push_back(std::move(key));
}

SnapshotPtr FolderDraft::finish(engine::Batch& batch) {
    batch.put = std::move(rows_);
    batch.erase = std::move(erased_);
    for (auto& [uid, row] : follow_ups_) {
        if (row) batch.put.push_back(engine::Row{keys::follow_up(uid), std::move(*row)});
        if (!row) batch.erase.push_back(keys::follow_up(uid));
    }
    batch.put.push_back(engine::Row{std::string(keys::header), encode(header_)});
    for (const auto& [number, page] : dirty_) {
        if (page->entries.empty()) {
            batch.erase.push_back(keys::page(number));
            continue;
        }
        sum_up(*page);
        batch.put.push_back(engine::Row{keys::page(number), encode(*page)});
    }
    for (const auto& [number, group] : owned_) {
        std::erase_if(group->pages, [](const PagePtr& page) { return page->entries.empty(); });
        group->count = 0;
        group->unseen = 0;
        group->follow_ups = 0;
        group->modseq_max = ModSeq();
        for (const PagePtr& page : group->pages) {
            group->count += static_cast<std::uint32_t>(page->entries.size());
            group->unseen += page->unseen;
            group->follow_ups += page->follow_ups;
            group->modseq_max = std::max(group->modseq_max, page->modseq_max);
        }
    }
    std::erase_if(groups_, [](const PageGroupPtr& group) { return group->pages.empty(); });
    return std::make_shared<const Snapshot>(header_.totals, keywords_, std::move(groups_));
}

}  // namespace store
