// compare(), keep_expunged() and take_over(): two snapshots walked side by side, passing over what they
// share.
#include <algorithm>
#include <utility>

#include "store/snapshot.hpp"

namespace store {
namespace {

/// Pairs the items of two lists that are sorted by number; a missing partner is null.
template <class Item, class Visit>
void zip(const std::vector<std::shared_ptr<const Item>>& before,
         const std::vector<std::shared_ptr<const Item>>& after, Visit visit) {
    auto left = before.begin();
    auto right = after.begin();
    while (left != before.end() || right != after.end()) {
        if (right == after.end() || (left != before.end() && (*left)->number < (*right)->number)) {
            visit(*left++, std::shared_ptr<const Item>());
        } else if (left == before.end() || (*right)->number < (*left)->number) {
            visit(std::shared_ptr<const Item>(), *right++);
        } else {
            visit(*left++, *right++);
        }
    }
}

const std::vector<PagePtr>& pages_of(const PageGroupPtr& group) {
    static const std::vector<PagePtr> none;
    return group ? group->pages : none;
}

const std::vector<Entry>& entries_of(const PagePtr& page) {
    static const std::vector<Entry> none;
    return page ? page->entries : none;
}

struct Comparison {
    Difference out;
    std::uint32_t before_seq = 0, after_seq = 0;  // of the last message passed

    void groups(const PageGroupPtr& before, const PageGroupPtr& after) {
        if (before == after) {
            before_seq += before->count;
            after_seq += after->count;
            return;
        }
        zip(pages_of(before), pages_of(after), [this](const PagePtr& b, const PagePtr& a) { pages(b, a); });
    }

    void pages(const PagePtr& before, const PagePtr& after) {
        if (before == after) {
            before_seq += static_cast<std::uint32_t>(before->entries.size());
            after_seq += static_cast<std::uint32_t>(after->entries.size());
            return;
        }
        const std::vector<Entry>& old = entries_of(before);
        const std::vector<Entry>& now = entries_of(after);
        auto left = old.begin();
        auto right = now.begin();
        while (left != old.end() || right != now.end()) {
            if (right == now.end() || (left != old.end() && left->uid < right->uid)) {
                out.expunged.emplace_back(++before_seq);
                out.vanished.push_back((left++)->uid);
            } else if (left == old.end() || right->uid < left->uid) {
                ++after_seq;
                ++out.appended;
                ++right;
            } else {
                ++before_seq;
                ++after_seq;
                if (left->flags != right->flags) {
                    out.changed.emplace_back(after_seq);
                } else if (left->modseq != right->modseq) {
                    out.modseq_only.emplace_back(after_seq);
                }
                ++left;
                ++right;
            }
        }
    }
};

PagePtr united(const PagePtr& before, const PagePtr& after) {
    if (!before || before == after) return after;
    if (!after) return before;
    const auto known = [&after](const Entry& entry) {
        return std::binary_search(after->entries.begin(), after->entries.end(), entry,
                                  [](const Entry& a, const Entry& b) { return a.uid < b.uid; });
    };
    if (std::all_of(before->entries.begin(), before->entries.end(), known)) return after;
    auto page = std::make_shared<Page>(*after);
    for (const Entry& entry : before->entries)
        if (!known(entry)) page->entries.push_back(entry);
    std::sort(page->entries.begin(), page->entries.end(),
              [](const Entry& a, const Entry& b) { return a.uid < b.uid; });
    sum_up(*page);
    return page;
}

PageGroupPtr united(const PageGroupPtr& before, const PageGroupPtr& after) {
    if (!before || before == after) return after;
    if (!after) return before;
    auto group = std::make_shared<PageGroup>();
    group->number = after->number;
    group->modseq_max = std::max(before->modseq_max, after->modseq_max);
    bool kept = false;
    zip(before->pages, after->pages, [&](const PagePtr& b, const PagePtr& a) {
        group->pages.push_back(united(b, a));
        kept |= group->pages.back() != a;
        group->count += static_cast<std::uint32_t>(group->pages.back()->entries.size());
        group->unseen += group->pages.back()->unseen;
    });
    return kept ? group : after;
}

/// Pages of a view that takes over a part of what happened.
class Merge {
public:
    explicit Merge(const Takeover& what) : what_(what) {}

    PageGroupPtr groups(const PageGroupPtr& before, const PageGroupPtr& after) const {
        if (before == after) return before;
        auto group = std::make_shared<PageGroup>();
        group->number = before ? before->number : after->number;
        zip(pages_of(before), pages_of(after), [&](const PagePtr& b, const PagePtr& a) {
            const PagePtr page = pages(b, a);
            if (!page) return;
            group->pages.push_back(page);
            group->modseq_max = std::max(group->modseq_max, page->modseq_max);
            group->count += static_cast<std::uint32_t>(page->entries.size());
            group->unseen += page->unseen;
        });
        if (group->pages.empty()) return nullptr;
        if (after && group->pages == after->pages) return after;
        return before && group->pages == before->pages ? before : group;
    }

private:
    PagePtr pages(const PagePtr& before, const PagePtr& after) const {
        if (before == after) return before;
        auto page = std::make_shared<Page>();
        page->number = before ? before->number : after->number;
        const std::vector<Entry>& old = entries_of(before);
        const std::vector<Entry>& now = entries_of(after);
        auto left = old.begin(), right = now.begin();
        while (left != old.end() || right != now.end()) {
            if (right == now.end() || (left != old.end() && left->uid < right->uid)) {
                if (!taken(what_.gone, left->uid)) page->entries.push_back(*left);
                ++left;
            } else if (left == old.end() || right->uid < left->uid) {
                if (what_.fresh) page->entries.push_back(*right);
                ++right;
            } else {
                page->entries.push_back(taken(what_.flags, left->uid) ? *right : *left);
                ++left;
                ++right;
            }
        }
        if (page->entries.empty()) return nullptr;
        if (after && page->entries == now) return after;
        if (before && page->entries == old) return before;
        sum_up(*page);
        return page;
    }
    bool taken(Takeover::Part part, Uid uid) const {
        if (part == Takeover::Part::own) return contains_uid(what_.own, uid);
        return part == Takeover::Part::all;
    }

    const Takeover& what_;
};

}  // namespace

SnapshotPtr take_over(const SnapshotPtr& before, const SnapshotPtr& after, const Takeover& what) {
    const Merge merge(what);
    std::vector<PageGroupPtr> groups;
    groups.reserve(before->groups().size());
    FolderTotals totals = before->totals();
    totals.exists = 0;
    zip(before->groups(), after->groups(), [&](const PageGroupPtr& b, const PageGroupPtr& a) {
        PageGroupPtr group = merge.groups(b, a);
        if (!group) return;
        totals.exists += group->count;
        groups.push_back(std::move(group));
    });
    if (what.fresh) totals.uid_next = after->totals().uid_next;
    return std::make_shared<const Snapshot>(totals, after->shared_keywords(), std::move(groups));
}

Difference compare(const Snapshot& before, const Snapshot& after) {
    Comparison comparison;
    if (before.groups() != after.groups())
        zip(before.groups(), after.groups(),
            [&](const PageGroupPtr& b, const PageGroupPtr& a) { comparison.groups(b, a); });
    Difference& out = comparison.out;
    std::reverse(out.expunged.begin(), out.expunged.end());
    out.keywords_grew = after.keywords().size() > before.keywords().size();
    return std::move(out);
}

SnapshotPtr keep_expunged(const SnapshotPtr& before, const SnapshotPtr& after) {
    std::vector<PageGroupPtr> groups;
    groups.reserve(after->groups().size());
    bool kept = false;
    zip(before->groups(), after->groups(), [&](const PageGroupPtr& b, const PageGroupPtr& a) {
        groups.push_back(united(b, a));
        kept |= groups.back() != a;
    });
    if (!kept) return after;
    FolderTotals totals = after->totals();
    totals.exists = 0;
    for (const PageGroupPtr& group : groups) totals.exists += group->count;
    return std::make_shared<const Snapshot>(totals, after->shared_keywords(), std::move(groups));
}

}  // namespace store
