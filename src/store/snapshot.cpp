#include "store/snapshot.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace store {
namespace {

template <class Items>
auto by_number(const Items& items, std::uint32_t number) {
    return std::lower_bound(items.begin(), items.end(), number,
                            [](const auto& item, std::uint32_t wanted) { return item->number < wanted; });
}

auto by_uid(const std::vector<Entry>& entries, Uid uid) {
    return std::lower_bound(entries.begin(), entries.end(), uid,
                            [](const Entry& entry, Uid wanted) { return entry.uid < wanted; });
}

}  // namespace

void sum_up(Page& page) {
    page.unseen = 0;
    page.follow_ups = 0;
    page.modseq_max = ModSeq();
    for (const Entry& entry : page.entries) {
        if (!entry.flags.has(SystemFlag::seen)) ++page.unseen;
        if (entry.has_follow_up) ++page.follow_ups;
        page.modseq_max = std::max(page.modseq_max, entry.modseq);
    }
}

Snapshot::Snapshot(FolderTotals totals, std::shared_ptr<const Keywords> keywords,
                   std::vector<PageGroupPtr> groups)
    : totals_(totals), keywords_(std::move(keywords)), groups_(std::move(groups)) {
    BASE_ASSERT(keywords_ != nullptr);
    first_.reserve(groups_.size());
    std::uint32_t sum = 0;
    for (const PageGroupPtr& group : groups_) first_.push_back(sum += group->count);
}

std::size_t Snapshot::group_of(SeqNum seq) const {
    return static_cast<std::size_t>(std::lower_bound(first_.begin(), first_.end(), seq.value) -
                                    first_.begin());
}

const Entry* Snapshot::at(SeqNum seq) const {
    if (seq.value == 0 || seq.value > size()) return nullptr;
    const std::size_t group = group_of(seq);
    std::size_t left = seq.value - (group == 0 ? 0 : first_[group - 1]);  // counted from 1
    for (const PagePtr& page : groups_[group]->pages) {
        if (left <= page->entries.size()) return &page->entries[left - 1];
        left -= page->entries.size();
    }
    return nullptr;
}

const Entry* Snapshot::find(Uid uid) const {
    const auto group = by_number(groups_, uid.value >> 12);
    if (group == groups_.end() || (*group)->number != uid.value >> 12) return nullptr;
    const auto page = by_number((*group)->pages, uid.value >> 6);
    if (page == (*group)->pages.end() || (*page)->number != uid.value >> 6) return nullptr;
    const auto entry = by_uid((*page)->entries, uid);
    return entry == (*page)->entries.end() || entry->uid != uid ? nullptr : &*entry;
}

SeqNum Snapshot::lower_bound(Uid uid) const {
    const auto group = by_number(groups_, uid.value >> 12);
    const auto index = static_cast<std::size_t>(group - groups_.begin());
    std::uint32_t before = index == 0 ? 0 : first_[index - 1];
    if (group == groups_.end() || (*group)->number != uid.value >> 12) return SeqNum(before + 1);
    for (const PagePtr& page : (*group)->pages) {
        if (page->number < uid.value >> 6) {
            before += static_cast<std::uint32_t>(page->entries.size());
            continue;
        }
        before += static_cast<std::uint32_t>(by_uid(page->entries, uid) - page->entries.begin());
        break;
    }
    return SeqNum(before + 1);
}

SeqNum Snapshot::first_unseen() const {
    for (std::size_t group = 0; group < groups_.size(); ++group) {
        if (groups_[group]->unseen == 0) continue;
        std::uint32_t seq = group == 0 ? 0 : first_[group - 1];
        for (const PagePtr& page : groups_[group]->pages) {
            if (page->unseen == 0) {
                seq += static_cast<std::uint32_t>(page->entries.size());
                continue;
            }
            for (const Entry& entry : page->entries) {
                ++seq;
                if (!entry.flags.has(SystemFlag::seen)) return SeqNum(seq);
            }
        }
    }
    return {};
}

Uid Snapshot::last_uid() const {
    return groups_.empty() ? Uid() : groups_.back()->pages.back()->entries.back().uid;
}

}  // namespace store
