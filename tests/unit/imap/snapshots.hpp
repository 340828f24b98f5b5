// Snapshots made by hand for tests of views.
#pragma once
#include <initializer_list>
#include <memory>
#include <vector>

#include "store/snapshot.hpp"

namespace imap_test {

/// Messages with these uids, ascending.
inline store::SnapshotPtr make_snapshot(std::initializer_list<std::uint32_t> uids) {
    std::vector<store::PageGroupPtr> groups;
    store::FolderTotals totals;
    for (const std::uint32_t uid : uids) {
        if (groups.empty()) {
            groups.push_back(std::make_shared<store::PageGroup>());
        }
        auto group = std::make_shared<store::PageGroup>(*groups.back());
        if (group->pages.empty() || group->pages.back()->number != uid >> 6U) {
            auto page = std::make_shared<store::Page>();
            page->number = uid >> 6U;
            group->pages.push_back(page);
        }
        auto page = std::make_shared<store::Page>(*group->pages.back());
        store::Entry entry;
        entry.uid = store::Uid(uid);
        page->entries.push_back(entry);
        group->pages.back() = page;
        ++group->count;
        groups.back() = group;
        ++totals.exists;
        totals.uid_next = store::Uid(uid + 1);
    }
    return std::make_shared<store::Snapshot>(totals, std::make_shared<store::Keywords>(), std::move(groups));
}

}  // namespace imap_test
