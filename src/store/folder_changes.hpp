// The changes of a folder: each says how it applies to a draft. They own all they need, and may be applied
// again.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/commit_queue.hpp"
#include "store/content.hpp"
#include "store/folder_draft.hpp"
#include "store/store_context.hpp"

namespace store {

/// Threads that recent messages of a folder belong to, by the hash of their Message-ID. Bounded.
class RecentThreads {
public:
    void add(std::uint64_t message_id_hash, base::ThreadId thread);
    /// Of the nearest ancestor that is known.
    base::ThreadId find(const std::vector<std::uint64_t>& ancestors) const;

private:
    static constexpr std::size_t ids_max = 1'024;
    std::unordered_map<std::uint64_t, base::ThreadId> threads_;
    std::vector<std::uint64_t> ring_;
    std::size_t next_ = 0;
};

/// What a round works on.
struct RoundView {
    StoreContext& context;
    std::shared_ptr<FolderOwner> owner;
    base::FolderId folder;
    RecentThreads& threads;
    FolderDraft& draft;
    engine::Prelude& prelude;
    std::map<base::AccountId, UserSeenDraft>& users;  ///< of all users that the round's changes name
    /// What flags said before the round: of the messages that its changes name by leaves_follow_up().
    const std::map<Uid, FollowUp>& follow_ups;

    /// Null: the owner, whose \Seen is that of the entries.
    UserSeenDraft* seen_by(base::AccountId user) const { return user ? &users.at(user) : nullptr; }
};

class FolderChange : public Change {
public:
    struct Cost {
        std::size_t rows = 1, bytes = 256;
    };
    /// At most; of the commit, its prelude included.
    virtual Cost cost(const Snapshot& snapshot) const = 0;
    /// Checks, then changes the draft; or sets `error` and changes nothing.
    virtual void apply(RoundView& view) = 0;
    /// What it is to those who watch the folder from outside; nothing: no affair of theirs.
    virtual std::optional<Notice::Kind> kind() const { return std::nullopt; }
    /// Committed (or there was nothing to commit): `now` is the folder's state.
    virtual void done(RecentThreads&, const SnapshotPtr& now) { snapshot = now; }
    /// The message that leaves to another one what its flag says; 0: none.
    virtual Uid leaves_follow_up() const { return {}; }
    /// Once committed: rows wait for the collector.
    virtual bool leaves_garbage() const { return false; }

    base::AccountId user;  ///< whose \Seen it is; 0: the owner's
    std::uint64_t opid = 0;
    ModSeq modseq;  ///< of the log row that apply() wrote; 0: none
    Reservation reserved;
    SnapshotPtr snapshot;

protected:
    /// Room under the quota, once however often the change is applied. Sets `error` when there is none.
    bool reserve(RoundView& view, std::uint64_t bytes, std::uint64_t messages);
    void write_log(RoundView& view, LogOp op, UidRanges uids, FlagSet added, FlagSet removed);
    /// Writes the g rows of what was taken out in the transaction that comes next.
    static void write_garbage(RoundView& view, const std::vector<MessageRef>& gone);
};

/// Does nothing; waits until all before it is done and the folder is in memory.
class LoadChange final : public FolderChange {
public:
    Cost cost(const Snapshot&) const override { return {}; }
    void apply(RoundView&) override {}
};

class AppendChange final : public FolderChange {
public:
    struct Item {
        MessageContentPtr content;
        std::string row;  ///< static row
        NamedFlags flags;
        base::ThreadId thread;  ///< of its family, as the account knows it; 0: not known
        std::string noted;      ///< a keyword of the server's own, for which nothing may fail; empty: none
        base::MessageId id;
        std::int64_t internal_date = 0;
        std::uint64_t size = 0;
    };
    std::vector<Item> items;
    std::vector<std::unique_ptr<MessageContent::Hold>> holds;
    bool blobs_ready = false;  ///< stored with their tags by a step before
    AppendResult result;

    // Of a message that replaces another (RFC 8508).
    Uid replaces;                      ///< one of this folder, which goes in the same commit; 0: none
    FlagSet keep;                      ///< of its flags, these
    std::optional<MoveIntent> intent;  ///< one of another folder, which goes next
    std::uint64_t freed_bytes = 0;     ///< of what is replaced, where the same quota counts both
    std::uint64_t freed_messages = 0;
    bool nothing_to_replace = false;  ///< the error is that

    Cost cost(const Snapshot& snapshot) const override;
    std::optional<Notice::Kind> kind() const override {
        return revises ? Notice::Kind::flags : Notice::Kind::appended;
    }
    void apply(RoundView& view) override;
    void done(RecentThreads& threads, const SnapshotPtr& now) override;
    bool leaves_garbage() const override { return bool(replaces) || bool(revises); }
    Uid leaves_follow_up() const override { return keep.has(SystemFlag::flagged) ? replaces : Uid(); }

    // Of one that takes another's place: Folder::revise().
    Uid revises;
    ModSeq expected;

private:
    static base::ThreadId thread_of(const Item& item, const RecentThreads& recent,
                                    const std::map<std::uint64_t, base::ThreadId>& here);
    static Result<FlagSet> flags_of(RoundView& view, const Item& item);
    std::optional<FollowUp> inherited(const RoundView& view, const Entry& old, FlagSet flags) const;
    void revise(RoundView& view);
    void take_out_replaced(RoundView& view);
};

class FlagsChange final : public FolderChange {
public:
    StoreRequest request;
    UidRanges refused;

    Cost cost(const Snapshot& snapshot) const override;
    std::optional<Notice::Kind> kind() const override { return Notice::Kind::flags; }
    void apply(RoundView& view) override;
};

class ExpungeChange final : public FolderChange {
public:
    UidRanges uids;
    bool only_deleted = true;
    std::vector<MessageRef> gone;

    Cost cost(const Snapshot& snapshot) const override;
    std::optional<Notice::Kind> kind() const override { return Notice::Kind::expunged; }
    void apply(RoundView& view) override;
    bool leaves_garbage() const override { return true; }
};

/// Copies into this folder.
class CopyInChange final : public FolderChange {
public:
    struct Item {
        Entry entry;      ///< of the source
        std::string row;  ///< static row, with the new link
        base::BlobId blob;
        std::uint64_t link = 0;
        FollowUp follow_up;  ///< if the entry has one
    };
    std::vector<Item> items;
    std::shared_ptr<const Keywords> keywords;  ///< of the source
    std::optional<MoveIntent> intent;
    bool within_account = false;  ///< a move that does not change the account's usage
    std::vector<Uid> destination;
    std::uint32_t uid_validity = 0;

    Cost cost(const Snapshot& snapshot) const override;
    std::optional<Notice::Kind> kind() const override { return Notice::Kind::appended; }
    void apply(RoundView& view) override;
};

/// A modseq for what is not kept in the folder.
class TouchChange final : public FolderChange {
public:
    Cost cost(const Snapshot&) const override { return {2, 1024}; }
    void apply(RoundView& view) override { write_log(view, LogOp::flags, {}, {}, {}); }
};

/// Removes work rows that are done with, and raises the floor of the log. No transaction of the mail model.
class MaintainChange final : public FolderChange {
public:
    std::vector<std::string> erase;
    std::optional<ModSeq> log_floor;

    Cost cost(const Snapshot&) const override { return {erase.size() + 1, erase.size() * 32 + 1024}; }
    void apply(RoundView& view) override;
};

/// How many pages the uids touch at most.
std::size_t pages_touched(const Snapshot& snapshot, const UidRanges& uids);
/// How many of the messages have a row t, at most.
std::size_t follow_ups_touched(const Snapshot& snapshot, const UidRanges& uids);
inline constexpr std::size_t follow_up_key_bytes = 32;  // of a row that goes, about
inline constexpr std::size_t page_bytes_max = 64 * 56 + 32;

}  // namespace store
