// ColumnCache: the SortColumns of folders, shared by all sessions; those used last stay, up to so many
// octets. A folder's columns are filled by one session at a time; the others wait for it, and find its work
// done.
#pragma once
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "imap/sort/columns.hpp"
#include "store/recently_used.hpp"
#include "store/waiter.hpp"

namespace imap {

/// The columns of one folder with the right to add to them.
class FolderColumns {
public:
    SortColumns columns;

    /// True: the caller fills now, and calls end_turn(). Else it waits for `waiter`, which must live until
    /// woken.
    bool begin_turn(std::shared_ptr<store::Waiter> waiter);
    void end_turn();

private:
    std::mutex mutex_;
    bool busy_ = false;
    std::vector<std::shared_ptr<store::Waiter>> waiting_;
};
using FolderColumnsPtr = std::shared_ptr<FolderColumns>;

/// Gives the turn back, also when its coroutine is destroyed half way.
class FillTurn {
public:
    explicit FillTurn(FolderColumnsPtr columns) : columns_(std::move(columns)) {}
    ~FillTurn() { columns_->end_turn(); }
    FillTurn(const FillTurn&) = delete;
    FillTurn& operator=(const FillTurn&) = delete;

private:
    FolderColumnsPtr columns_;
};

class ColumnCache {
public:
    explicit ColumnCache(std::size_t bytes_max) : recently_(bytes_max) {}

    /// New ones when there are none, or when most of their rows are of messages that are gone.
    /// \param messages how many the folder has
    FolderColumnsPtr of(base::FolderId folder, std::uint32_t uid_validity, std::uint32_t messages);
    /// After each use: they were used, and are as large as they are now.
    void used(const FolderColumnsPtr& columns) { recently_.touch(columns, columns->columns.bytes()); }
    std::size_t bytes() const { return recently_.bytes(); }

private:
    struct Known {
        std::uint32_t uid_validity = 0;
        std::weak_ptr<FolderColumns> columns;
    };
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, Known> known_;
    store::RecentlyUsed recently_;
};

}  // namespace imap
