// GuardedFolder: a folder that a device has open. One of somebody else does what the user's rights there let
// it do (RFC 4314 section 4), as they are at that moment; one of his own does all.
#pragma once
#include <utility>
#include <vector>

#include "store/account.hpp"

namespace eas {

using boost::asio::awaitable;

class GuardedFolder final : public store::Folder {
public:
    /// \param owner null: it is the user's own
    GuardedFolder(store::FolderPtr folder, store::AccountPtr owner, base::AccountId user)
        : folder_(std::move(folder)), owner_(std::move(owner)), user_(user) {}

    base::FolderId id() const override { return folder_->id(); }
    base::AccountId account() const override { return folder_->account(); }
    store::SnapshotPtr snapshot() const override { return folder_->snapshot(); }
    store::SubscriptionPtr subscribe(store::Subscriber& subscriber) override {
        return folder_->subscribe(subscriber);
    }
    bool deleted() const override { return folder_->deleted(); }
    store::Uid take_recent(bool claim) override { return folder_->take_recent(claim); }

    // What the rights do not let him do answers denied; what he may not read is not_found.
    awaitable<store::Result<void>> room_for(std::uint64_t bytes, std::uint64_t messages) override;
    awaitable<store::Result<store::AppendResult>> append(std::vector<store::Incoming> messages) override;
    /// Of several flags those that he may change are changed, also where the answer is denied.
    awaitable<store::Result<store::StoreResult>> store(store::StoreRequest request) override;
    awaitable<store::Result<store::ExpungeResult>> expunge(std::optional<store::UidRanges> only) override;
    awaitable<store::Result<store::ExpungeResult>> remove(store::UidRanges uids) override;
    awaitable<store::Result<store::CopyResult>> copy_to(store::FolderPtr destination, store::UidRanges uids,
                                                        store::FlagSet keep,
                                                        store::ChangeProgress* progress) override;
    awaitable<store::Result<store::CopyResult>> move_to(store::FolderPtr destination, store::UidRanges uids,
                                                        store::FlagSet keep,
                                                        store::ChangeProgress* progress) override;
    awaitable<store::Result<store::ReplaceResult>> replace(store::Uid old, store::FolderPtr destination,
                                                           store::Incoming message,
                                                           store::FlagSet keep) override;
    awaitable<store::Result<store::ModSeq>> revise(store::Uid uid, store::ModSeq expected,
                                                   store::Incoming message) override;
    awaitable<store::Result<store::VanishedResult>> vanished_since(store::ModSeq since,
                                                                   store::SnapshotPtr view) override;
    awaitable<store::Result<store::TouchedFlags>> flags_since(store::ModSeq since) override;
    awaitable<store::Result<store::ModSeq>> touch() override;
    awaitable<store::Result<std::vector<store::DetailPtr>>> details(
        std::vector<store::Entry> entries) override;
    awaitable<store::Result<std::map<store::Uid, store::FollowUp>>> follow_ups(
        std::vector<store::Entry> entries) override;
    awaitable<store::Result<std::string>> read(store::DetailPtr detail, std::uint64_t offset,
                                               std::size_t length) override;

private:
    store::Rights rights() const;
    bool may(store::Right right) const { return rights().has(right); }
    bool may_remove() const { return may(store::Right::remove) && may(store::Right::expunge); }
    /// What goes there: as what it is to be opened, and with which flags. False: nothing may.
    static bool open_destination(store::FolderPtr& destination, store::FlagSet& keep);

    const store::FolderPtr folder_;
    const store::AccountPtr owner_;
    const base::AccountId user_;
};

}  // namespace eas
