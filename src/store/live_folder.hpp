// LiveFolder: the one object of a folder in this process. Its commits are rounds of a CommitQueue.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "store/commit_queue.hpp"
#include "store/folder_changes.hpp"
#include "store/static_record.hpp"
#include "store/store_context.hpp"
#include "store/subscribers.hpp"

namespace store {

/// How messages go from one folder to another.
struct Transfer {
    bool move;
    FlagSet keep;      ///< of their flags
    SnapshotPtr view;  ///< whose flags go along: a user's, or null: the folder's own
    ChangeProgress* progress;
    Transfer(bool moves, FlagSet keeps, SnapshotPtr seen_as, ChangeProgress* tell)
        : move(moves), keep(keeps), view(std::move(seen_as)), progress(tell) {}
};

class LiveFolder final : public Folder, public CommitQueue {
public:
    /// `owner` is kept: a folder in use keeps its account alive.
    LiveFolder(StoreContext& context, std::shared_ptr<FolderOwner> owner, base::FolderId id,
               std::uint32_t uid_validity);

    base::FolderId id() const override { return id_; }
    base::AccountId account() const override { return owner_->owner_id(); }
    SnapshotPtr snapshot() const override;
    SubscriptionPtr subscribe(Subscriber& subscriber) override { return subscribers_.add(subscriber); }
    bool deleted() const override { return deleted_; }
    Uid take_recent(bool claim) override;

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
    awaitable<Result<void>> room_for(std::uint64_t bytes, std::uint64_t messages) override;
    awaitable<Result<std::vector<DetailPtr>>> details(std::vector<Entry> entries) override;
    awaitable<Result<std::map<Uid, FollowUp>>> follow_ups(std::vector<Entry> entries) override;
    awaitable<Result<std::string>> read(DetailPtr detail, std::uint64_t offset, std::size_t length) override;

    // Of users who are not the owner: folder_users.cpp.

    struct Seen {
        SnapshotPtr snapshot;
        UserSeenPtr seen;  ///< at the same moment
    };
    /// The folder as this user sees it; what he has seen is read.
    awaitable<Result<FolderPtr>> for_user(base::AccountId user);
    Seen seen_by(base::AccountId user) const;
    SubscriptionPtr subscribe_user(base::AccountId user, Subscriber& subscriber);
    awaitable<Result<AppendResult>> append_for(base::AccountId user, std::vector<Incoming> messages);
    awaitable<Result<StoreResult>> store_for(base::AccountId user, StoreRequest request);
    awaitable<Result<CopyResult>> transfer(FolderPtr destination, UidRanges uids, Transfer how);
    /// The rights of somebody changed: who has it open must look.
    void nudge();

    // For the store's own parts.

    /// Reads the folder from the engine, unless that was done. Finishes MOVEs that a crash cut short.
    awaitable<Result<void>> load();
    bool loaded() const { return loaded_; }
    void mark_deleted();
    /// Octets of memory, about.
    std::size_t weight() const;
    FolderOwner& owner() { return *owner_; }
    std::shared_ptr<LiveFolder> self() { return std::static_pointer_cast<LiveFolder>(shared_from_this()); }
    /// Builds the change of an append after all checks that need no round. The quota is checked in the round.
    awaitable<Result<std::shared_ptr<AppendChange>>> prepare(std::vector<Incoming> messages, bool hold);
    /// Which threads of the account its messages belong to.
    awaitable<Result<void>> find_threads(std::shared_ptr<AppendChange> change);
    /// Oldest log row that exists is the one after this.
    ModSeq log_floor() const;
    /// Work rows (prefix g or m) of the folder, at most `rows_max`.
    awaitable<Result<std::vector<engine::Row>>> work_rows(char prefix, std::size_t rows_max);
    /// The rest of a MOVE whose destination is this folder.
    awaitable<Result<void>> finish_move(std::string key, MoveIntent intent);
    std::uint64_t new_opid() { return context_.ids.next(); }

private:
    using SeenByUser = std::map<base::AccountId, UserSeenPtr>;

    std::size_t round_size(const std::deque<ChangePtr>& waiting) override;
    awaitable<void> round(std::vector<ChangePtr> changes) override;
    void round_lost() noexcept override { stale_ = true; }

    awaitable<Error> attempt(std::vector<std::shared_ptr<FolderChange>> changes);
    awaitable<Error> resolve(std::shared_ptr<FolderChange> logged, std::string header_value, SnapshotPtr next,
                             FolderHeader header, SeenByUser seen);
    awaitable<Result<void>> reload();
    awaitable<Result<void>> spill(std::shared_ptr<engine::Prelude> prelude);
    void install(SnapshotPtr next, FolderHeader header, engine::Version version, SeenByUser seen);
    std::vector<Notice> happened(const std::vector<std::shared_ptr<FolderChange>>& changes);
    void tell(bool all, const std::vector<base::AccountId>& users);
    awaitable<Result<void>> load_user(base::AccountId user);
    awaitable<Result<void>> load_users(std::vector<std::shared_ptr<FolderChange>> changes);
    awaitable<Result<void>> reload_users();
    UserSeenPtr known_seen(base::AccountId user) const;
    void settle(const std::vector<std::shared_ptr<FolderChange>>& changes);

    struct TransferRun;
    awaitable<Result<std::shared_ptr<AppendChange>>> prepare_replacement(MessageRef old, LiveFolder* target,
                                                                         Incoming message);
    awaitable<Error> finish_transfer(UidRanges gone, std::shared_ptr<LiveFolder> destination,
                                     std::uint64_t opid, ModSeq* modseq);
    awaitable<Result<std::size_t>> transfer_some(TransferRun* run, std::vector<Entry> entries);
    awaitable<Result<bool>> take_follow_ups(CopyInChange* change, FlagSet keep);
    awaitable<Result<std::map<Uid, FollowUpRow>>> follow_up_rows(std::vector<Entry> entries);
    awaitable<Result<std::map<Uid, FollowUp>>> load_follow_ups(
        std::vector<std::shared_ptr<FolderChange>> changes);
    awaitable<Result<std::vector<std::string>>> static_rows(std::vector<MessageRef> messages);
    awaitable<Result<std::size_t>> static_run(std::vector<MessageRef> messages, std::size_t first,
                                              std::size_t last, std::vector<std::string>* out);
    // folder_mend.cpp: rows that are damaged
    struct Mended {
        DetailPtr detail;     // null: the message has no row
        bool proved = false;  // all of it, so that its row may be kept and copied
    };
    awaitable<Result<std::vector<DetailPtr>>> lone_details(std::vector<Entry> entries);
    awaitable<Result<Mended>> lone(Entry entry);
    awaitable<Result<std::vector<std::string>>> proved_rows(std::vector<Entry> entries);
    awaitable<Mended> mend(Entry entry, std::string row);
    awaitable<void> put_back(Entry entry, std::string damaged, std::string anew);
    awaitable<Result<std::optional<StaticRecord>>> made_anew(Entry entry, Salvage known);
    awaitable<Result<std::optional<std::uint64_t>>> link_of(base::MessageId id, Salvage known);
    awaitable<Result<ExpungeResult>> take_out(UidRanges uids, bool only_deleted);
    std::vector<UidRanges> pieces(const UidRanges& uids) const;
    std::size_t round_bytes_max() const { return context_.engine.limits().batch_bytes_max - (1U << 20); }

    StoreContext& context_;
    const std::shared_ptr<FolderOwner> owner_;
    const base::FolderId id_;
    const std::string partition_;
    const std::uint32_t uid_validity_;  // from the account's row, for a folder that has no rows yet
    Subscribers subscribers_;
    std::atomic<bool> deleted_ = false, loaded_ = false;

    mutable std::mutex mutex_;  // snapshot_, recent_floor_, log_floor_
    SnapshotPtr snapshot_;
    Uid recent_floor_{1};
    ModSeq log_floor_{1};
    struct User {
        UserSeenPtr seen;  ///< null: not read yet
        Subscribers subscribers;
        std::weak_ptr<Folder> folder;  ///< his sessions share it
    };
    std::map<base::AccountId, std::shared_ptr<User>> users_;

    // Of the round under way; rounds follow one another.
    std::atomic<bool> stale_ = true;
    std::atomic<bool> moves_checked_ = false;
    enum class Changed : std::uint8_t { nothing, of_users, of_all };
    Changed changed_ = Changed::nothing;  // since the account was told last
    bool by_others_ = false;              // some of it by nobody in this process
    FolderHeader header_;
    std::uint32_t came_ = 0;  // messages since content_changed was called
    engine::Version version_ = 0;
    RecentThreads threads_;
};
using LiveFolderPtr = std::shared_ptr<LiveFolder>;

}  // namespace store
