// Collector: the store's background work, a bounded piece at a time. Everything it does may be done twice,
// and a crash anywhere in it leaves work that a later round finds.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>

#include "store/live_account.hpp"

namespace store {

class Collector {
public:
    explicit Collector(StoreContext& context) : context_(context) {}

    /// One round. Rounds do not overlap: a second caller returns at once.
    awaitable<void> run();
    void account_removed(base::AccountId account);

private:
    struct Cursor {
        std::string after;
        base::BlobId blob;
        std::int64_t idle_until = 0;  ///< a whole pass is made once a day
    };
    using Tidy = awaitable<Result<void>> (Collector::*)(std::string partition);

    awaitable<void> sweep(std::string prefix, Cursor* cursor, Tidy tidy);
    awaitable<Result<void>> tidy_account(std::string name);
    awaitable<Result<void>> tidy_folder(std::string name);
    awaitable<Result<void>> tidy_annotations(std::string name);
    awaitable<Result<void>> tidy_devices(std::string name);
    awaitable<Result<void>> tidy_threads(std::string name);
    awaitable<bool> is_gone(base::AccountId id);
    awaitable<void> collect_folder(base::FolderId folder, base::AccountId account);
    awaitable<Result<void>> collect_garbage(LiveFolderPtr folder);
    awaitable<Result<void>> unlink(base::FolderId folder, std::vector<MessageRef> messages);
    awaitable<Result<void>> trim_log(LiveFolderPtr folder);
    awaitable<Result<void>> finish_moves(LiveFolderPtr folder);
    awaitable<Result<bool>> has_work(base::FolderId folder, FolderHeader header);
    awaitable<Result<void>> drop_content(base::FolderId folder);
    awaitable<void> collect_tombstones(base::AccountId account);
    awaitable<Result<void>> forget_annotations(base::AccountId account, base::FolderId folder);
    awaitable<Result<void>> collect_removed(LiveAccountPtr account);
    awaitable<Result<std::set<base::AccountId>>> users_of(base::FolderId folder);
    awaitable<void> sweep_users(base::FolderId folder, base::AccountId owner);
    awaitable<Result<void>> forget_user(base::FolderId folder, base::AccountId owner, base::AccountId user);
    static std::set<std::uint32_t> empty_pages(const LiveFolder& folder,
                                               const std::vector<MessageRef>& messages);
    awaitable<Result<void>> forget_pages(LiveFolderPtr folder, std::set<std::uint32_t> pages);
    awaitable<Result<void>> sweep_annotations_of(base::AccountId keeper);
    awaitable<Result<void>> forget_devices(base::AccountId account);
    awaitable<void> sweep_blobs();
    awaitable<Result<bool>> tag_is_dead(std::string tag, base::BlobId blob);
    awaitable<Result<bool>> queue_tag_is_dead(std::uint64_t message);  // queue_check.cpp
    awaitable<Result<bool>> references(base::FolderId folder, base::MessageId message);
    std::int64_t age_of(std::uint64_t id) const;

    StoreContext& context_;
    std::atomic<bool> running_ = false;
    Cursor folders_, accounts_, annotations_, devices_, threads_, blobs_;
    std::mutex mutex_;
    std::set<base::AccountId> removed_;
    // Of the blob sweep: the messages of the folder that was asked for last.
    base::FolderId known_folder_;
    std::unordered_set<std::uint64_t> known_messages_;
};

}  // namespace store
