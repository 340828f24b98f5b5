// UserFolder: a live folder as one user sees it who is not its owner. Everything is the folder's own but
// \Seen, which is his.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "store/live_folder.hpp"

namespace store {

class UserFolder final : public Folder {
public:
    /// The folder has read what he has seen.
    UserFolder(LiveFolderPtr folder, base::AccountId user) : folder_(std::move(folder)), user_(user) {}

    base::FolderId id() const override { return folder_->id(); }
    base::AccountId account() const override { return folder_->account(); }
    SnapshotPtr snapshot() const override;
    SubscriptionPtr subscribe(Subscriber& subscriber) override;
    bool deleted() const override { return folder_->deleted(); }
    Uid take_recent(bool claim) override { return folder_->take_recent(claim); }

    awaitable<Result<void>> room_for(std::uint64_t bytes, std::uint64_t messages) override;
    awaitable<Result<AppendResult>> append(std::vector<Incoming> messages) override;
    awaitable<Result<StoreResult>> store(StoreRequest request) override;
    awaitable<Result<ExpungeResult>> expunge(std::optional<UidRanges> only) override;
    awaitable<Result<ExpungeResult>> remove(UidRanges uids) override;
    awaitable<Result<CopyResult>> copy_to(FolderPtr destination, UidRanges uids, FlagSet keep,
                                          ChangeProgress* progress) override;
    awaitable<Result<CopyResult>> move_to(FolderPtr destination, UidRanges uids, FlagSet keep,
                                          ChangeProgress* progress) override;
    awaitable<Result<ReplaceResult>> replace(Uid old, FolderPtr destination, Incoming message,
                                             FlagSet keep) override;
    awaitable<Result<ModSeq>> revise(Uid uid, ModSeq expected, Incoming message) override;
    awaitable<Result<VanishedResult>> vanished_since(ModSeq since, SnapshotPtr view) override;
    awaitable<Result<TouchedFlags>> flags_since(ModSeq since) override;
    awaitable<Result<ModSeq>> touch() override;
    awaitable<Result<std::vector<DetailPtr>>> details(std::vector<Entry> entries) override;
    awaitable<Result<std::map<Uid, FollowUp>>> follow_ups(std::vector<Entry> entries) override;
    awaitable<Result<std::string>> read(DetailPtr detail, std::uint64_t offset, std::size_t length) override;

    const LiveFolderPtr& folder() const { return folder_; }
    base::AccountId user() const { return user_; }
    /// Octets of memory, about: at worst all pages are his own.
    std::size_t weight() const { return folder_->weight(); }

private:
    const LiveFolderPtr folder_;
    const base::AccountId user_;
    mutable UserView view_;
};

}  // namespace store
