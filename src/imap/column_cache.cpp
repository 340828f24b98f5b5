#include "imap/column_cache.hpp"

#include <utility>

namespace imap {

bool FolderColumns::begin_turn(std::shared_ptr<store::Waiter> waiter) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(busy_, true)) return true;
    waiting_.push_back(std::move(waiter));
    return false;
}

void FolderColumns::end_turn() {
    std::vector<std::shared_ptr<store::Waiter>> waiting;
    {
        const std::lock_guard lock(mutex_);
        busy_ = false;
        waiting.swap(waiting_);
    }
    for (const auto& waiter : waiting) waiter->wake();
}

FolderColumnsPtr ColumnCache::of(base::FolderId folder, std::uint32_t uid_validity, std::uint32_t messages) {
    constexpr std::size_t dead_rows_min = 4'096;
    const std::lock_guard lock(mutex_);
    Known& known = known_[folder.value];
    FolderColumnsPtr columns = known.columns.lock();
    const bool stale = !columns || known.uid_validity != uid_validity ||
                       columns->columns.extent().rows > 2 * std::size_t{messages} + dead_rows_min;
    if (!stale) return columns;
    columns = std::make_shared<FolderColumns>();
    known = Known{uid_validity, columns};
    if (known_.size() > 2 * recently_.size() + 64)
        std::erase_if(known_, [](const auto& each) { return each.second.columns.expired(); });
    return columns;
}

}  // namespace imap
