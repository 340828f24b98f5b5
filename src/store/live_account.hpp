// LiveAccount: the one object of an account in this process: its tree, its quota, its live folders.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "store/account_draft.hpp"
#include "store/live_folder.hpp"

namespace store {

class LiveAccount final : public Account, public CommitQueue, public FolderOwner {
public:
    LiveAccount(StoreContext& context, base::AccountId id);

    base::AccountId id() const override { return id_; }
    FolderTreePtr folders() const override;
    SubscriptionPtr subscribe(Subscriber& subscriber) override { return subscribers_.add(subscriber); }
    NoticesRead notices(std::uint64_t mark, base::AccountId user) const override {
        return notices_.since(mark, user);
    }
    std::uint64_t notices_mark() const override { return notices_.mark(); }
    void note_annotations(base::FolderId folder, base::AccountId user,
                          const std::vector<std::string>& entries) override;

    awaitable<Result<FolderInfo>> create(std::string name, SpecialUse use) override;
    awaitable<Result<void>> remove(std::string name) override;
    awaitable<Result<void>> rename(std::string from, std::string to) override;
    awaitable<Result<FolderInfo>> create_items(std::string name, FolderKind kind) override;
    awaitable<Result<void>> remove_items(std::string name) override;
    awaitable<Result<void>> rename_items(std::string from, std::string to) override;
    awaitable<Result<void>> make_item_folders() override;
    awaitable<Result<void>> set_subscribed(std::string name, bool yes) override;
    awaitable<Result<AclPtr>> change_acl(base::FolderId folder, AclEntry entry, AclChange how) override;
    awaitable<Result<void>> set_sharer(base::AccountId owner, bool yes) override;
    awaitable<Result<void>> set_items_subscribed(base::FolderId folder,
                                                 std::optional<ItemSubscription> says) override;
    awaitable<Result<FolderPtr>> open_for(base::FolderId folder, base::AccountId user) override;
    awaitable<Result<FolderPtr>> open(base::FolderId folder) override;
    awaitable<Result<FolderTotals>> totals(base::FolderId folder) override;
    awaitable<Result<Quota>> quota() override;
    awaitable<Result<void>> room_for(std::uint64_t bytes, std::uint64_t messages) override;
    awaitable<Result<void>> set_quota(std::uint64_t bytes_max, std::uint64_t messages_max) override;

    // For the store's own parts.

    /// Reads the account unless that was done. \errors not_found
    awaitable<Result<void>> load();
    /// The account with its first folders. \errors exists
    awaitable<Result<void>> create_account();
    awaitable<Result<void>> create_commons();
    awaitable<Result<void>> mark_removed();
    awaitable<Result<void>> drop_tombstone(base::FolderId folder);
    /// Its partition was dropped.
    void forget() { stale_ = true; }
    std::map<base::FolderId, std::int64_t> tombstones() const;
    bool removed() const { return removed_; }
    std::shared_ptr<LiveAccount> self() { return std::static_pointer_cast<LiveAccount>(shared_from_this()); }

    base::AccountId owner_id() const override { return id_; }
    awaitable<Result<void>> load_usage() override;
    bool reserve(std::uint64_t bytes, std::uint64_t messages) override;
    void release(std::uint64_t bytes, std::uint64_t messages) override;
    void committed(base::FolderId folder, const FolderTotals& totals, Room reserved,
                   std::vector<Notice> happened) override;
    bool has_room(std::uint64_t bytes, std::uint64_t messages) const override;

private:
    class AccountChange;
    using Apply = std::function<Error(AccountDraft&)>;

    std::size_t round_size(const std::deque<ChangePtr>&) override { return 64; }
    awaitable<void> round(std::vector<ChangePtr> changes) override;
    void round_lost() noexcept override { stale_ = true; }
    awaitable<Error> attempt(std::vector<std::shared_ptr<AccountChange>> changes);
    awaitable<Result<void>> reload();
    /// Queues `apply` and waits for its commit. `new_account`: for an account that does not exist yet.
    awaitable<Result<void>> change(Apply apply, bool new_account = false);
    void install(AccountState state, engine::Version version);
    LiveFolderPtr live(base::FolderId folder) const;
    std::vector<LiveFolderPtr> with_new_rights(const AccountState& next) const;
    awaitable<Result<void>> rename_inbox(std::string to);
    awaitable<Result<void>> remove_from(std::string name, base::FolderId root);
    awaitable<Result<FolderInfo>> make_folder(std::string name, SpecialUse use, bool was_inbox);
    void forget_usage(base::FolderId folder);

    void set_usage(base::FolderId folder, const FolderTotals& totals);
    bool fits(std::uint64_t bytes, std::uint64_t messages) const;  // under mutex_

    StoreContext& context_;
    const base::AccountId id_;
    const std::string partition_;
    Subscribers subscribers_;
    Notices notices_;

    mutable std::mutex mutex_;  // all below, up to the round's own
    FolderTreePtr tree_ = std::make_shared<const FolderTree>();
    std::map<base::FolderId, std::int64_t> tombstones_;
    mutable std::map<base::FolderId, std::weak_ptr<LiveFolder>> live_;
    /// What is known of folders, as fresh as their commits: STATUS of a thousand reads nothing twice.
    std::unordered_map<std::uint64_t, FolderTotals> usage_;
    Quota quota_;  ///< bytes and messages: sums of usage_
    std::uint64_t reserved_bytes_ = 0, reserved_messages_ = 0;
    bool usage_known_ = false;
    std::atomic<bool> exists_ = false, removed_ = false;

    // Of the round under way.
    std::atomic<bool> stale_ = true;
    AccountState state_;
    engine::Version version_ = 0;
};
using LiveAccountPtr = std::shared_ptr<LiveAccount>;

}  // namespace store
