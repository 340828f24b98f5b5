// Folder: a live folder, shared by all sessions that have it open. Reading is taking the newest snapshot; a
// change is committed before it is published, and published in commit order.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "store/follow_up.hpp"
#include "store/message.hpp"
#include "store/snapshot.hpp"
#include "store/uid_ranges.hpp"

namespace store {

/// One who wants to know that something changed. changed() is called on any thread, from inside the store: it
/// must only set a flag or post. It says nothing of what changed: take the snapshot.
class Subscriber {
public:
    virtual void changed() noexcept = 0;

protected:
    ~Subscriber() = default;
};

/// Ends the subscription when destroyed; after that changed() is not running and will not be called.
class Subscription {
public:
    virtual ~Subscription() = default;
};
using SubscriptionPtr = std::unique_ptr<Subscription>;

/// Who asked for a change of many messages and wants to know how far it is.
class ChangeProgress {
public:
    /// Between two of its transactions, on the executor of who asked; the change goes on afterwards.
    virtual awaitable<void> changed_so_far(std::uint64_t done, std::uint64_t goal) = 0;

protected:
    ~ChangeProgress() = default;
};

struct AppendResult {
    std::uint32_t uid_validity = 0;
    std::vector<Uid> uids;  ///< in the order of the messages
    std::vector<base::MessageId> ids;
    ModSeq modseq;  ///< of the transaction; 0: there were no messages
};

enum class FlagChange : std::uint8_t { replace, add, remove };

struct StoreRequest {
    UidRanges uids;  ///< those that do not exist are passed over
    FlagChange change = FlagChange::add;
    NamedFlags flags;
    std::optional<ModSeq> unchanged_since;  ///< RFC 7162 section 3.1.3
    FlagSet allowed = every_flag;           ///< others stay as they are: Rights::flags()
    /// What the flag of a lone message says from now on; empty: nothing. Without it what a flag says goes
    /// where
    /// \Flagged changes, and stays where not. Needs the right to \Flagged.
    std::optional<FollowUp> follow_up;
    ChangeProgress* progress = nullptr;  ///< told, if any, while store() runs
};
struct StoreResult {
    ModSeq modseq;             ///< of the transaction; of the folder when nothing changed
    bool changed = false;      ///< something has: there is a transaction
    UidRanges modified;        ///< refused by unchanged_since
    std::vector<Uid> missing;  ///< were in the request by uid but are gone (only for ranges of one uid)
    SnapshotPtr snapshot;      ///< a state after the change: others may have gone into the same commit
};

struct CopyResult {
    std::uint32_t uid_validity = 0;  ///< of the destination
    std::vector<Uid> source;         ///< ascending
    std::vector<Uid> destination;    ///< of the same messages in the same order
    ModSeq source_modseq;            ///< of a move: the source's transaction
    Error failed;  ///< of a move: why the rest stayed where it was; those named here have moved all the same
};

struct ReplaceResult {
    std::uint32_t uid_validity = 0;  ///< of the destination
    Uid uid;               ///< of the new message; 0: there is none to replace, and nothing was done
    ModSeq source_modseq;  ///< of the old one's leaving
    /// The new message is there but the old one could not be removed now: that is made up for, as with a
    /// move.
    Error failed;
};

struct ExpungeResult {
    ModSeq modseq;
    UidRanges uids;
};

/// Which flags of messages were touched since some modseq. What stands in no set was not.
struct TouchedFlags {
    struct Some {
        UidRanges uids;
        FlagSet flags;  ///< set or taken away; \Flagged also where it is what the flag says that changed
    };
    std::vector<Some> changes;
    bool exact = true;  ///< false: the log does not tell, any may have been

    /// Of one message: of all the changes.
    FlagSet of(Uid uid) const;
};

/// What a client that knew the folder at some modseq must learn (RFC 7162 section 3.2.5.1).
struct VanishedResult {
    UidRanges vanished;
    bool exact =
        true;  ///< false: the log does not reach back so far, and these are all uids that do not exist
};

class Folder {
public:
    virtual ~Folder() = default;
    virtual base::FolderId id() const = 0;
    virtual base::AccountId account() const = 0;

    /// The newest committed state. Cheap; any thread.
    virtual SnapshotPtr snapshot() const = 0;
    virtual SubscriptionPtr subscribe(Subscriber& subscriber) = 0;
    /// True once the folder was deleted; its last snapshot stays readable, changes answer not_found.
    virtual bool deleted() const = 0;
    /// \Recent (RFC 3501 section 2.3.2): uids from the returned one on are recent for the caller, who is the
    /// only one told so when `claim` is true.
    virtual Uid take_recent(bool claim) = 0;

    /// Whether an append of so much would find room under the quota now: to be asked before octets are taken
    /// from a peer; append() decides. \errors over_quota, unavailable
    virtual awaitable<Result<void>> room_for(std::uint64_t bytes, std::uint64_t messages) = 0;
    /// All or none of the messages, in order. \errors over_quota, limit, no_space, unavailable, not_found
    virtual awaitable<Result<AppendResult>> append(std::vector<Incoming> messages) = 0;
    /// One transaction, however many messages. \errors limit: no room for a new keyword, or a follow-up is
    /// too long · invalid: a follow-up of several messages · as append
    virtual awaitable<Result<StoreResult>> store(StoreRequest request) = 0;
    /// Removes the messages that have \Deleted, of all or of `only`.
    virtual awaitable<Result<ExpungeResult>> expunge(std::optional<UidRanges> only) = 0;
    /// Removes messages whatever their flags (POP3 QUIT, administration).
    virtual awaitable<Result<ExpungeResult>> remove(UidRanges uids) = 0;
    /// Copies share the blob. Flags, keywords, internal date go along. Always new uids, also into the same
    /// folder.
    /// Of their flags only those in `keep`: Rights::flags() of the destination.
    virtual awaitable<Result<CopyResult>> copy_to(std::shared_ptr<Folder> destination, UidRanges uids,
                                                  FlagSet keep = every_flag,
                                                  ChangeProgress* progress = nullptr) = 0;
    /// RFC 6851 section 3.3: each message is moved or stays, also over a crash; it is never in neither
    /// folder. When only some could be moved the answer holds those, with `failed`; an error means that none
    /// was.
    virtual awaitable<Result<CopyResult>> move_to(std::shared_ptr<Folder> destination, UidRanges uids,
                                                  FlagSet keep = every_flag,
                                                  ChangeProgress* progress = nullptr) = 0;

    /// RFC 8508: puts the message into the destination and removes `old` from here, whatever its flags.
    /// Within one folder this is one commit; else the new message is there first, and a crash between the two
    /// is made up for. Within one account the quota counts the difference only. Within one folder the new
    /// message has, beside its own flags, those of `old` in `keep` as they are at that moment, but for \Seen;
    /// with \Flagged also what that says. \errors invalid: `keep` of another folder · as append()
    virtual awaitable<Result<ReplaceResult>> replace(Uid old, std::shared_ptr<Folder> destination,
                                                     Incoming message, FlagSet keep = {}) = 0;

    /// Puts other octets in a message's place: it keeps its uid and gets a new modseq. For folders of other
    /// kinds than mail; a message of mail never changes (RFC 9051 section 2.3.1.1). \errors conflict: its
    /// modseq is not `expected` any more · not_found · as append()
    virtual awaitable<Result<ModSeq>> revise(Uid uid, ModSeq expected, Incoming message) = 0;

    /// As of `view`, a snapshot of this folder; null: of the newest.
    virtual awaitable<Result<VanishedResult>> vanished_since(ModSeq since, SnapshotPtr view = nullptr) = 0;
    /// At most what some hundred transactions did is told exactly. \errors unavailable
    virtual awaitable<Result<TouchedFlags>> flags_since(ModSeq since) = 0;
    /// A transaction that changes no message: its modseq tells that something else of the mailbox did (RFC
    /// 7162 section 3.2: an annotation). \errors unavailable, not_found
    virtual awaitable<Result<ModSeq>> touch() = 0;

    /// Facts of the messages of `entries` (from a snapshot of this folder, ascending), in their order; null
    /// where the message is gone. Reads runs of neighbours as one range; ask for some hundred at a time, not
    /// for 100,000. Answers for the first of them only, at least for one, where more would take too much
    /// memory: ask again for the rest.
    virtual awaitable<Result<std::vector<DetailPtr>>> details(std::vector<Entry> entries) = 0;
    /// What the flags of `entries` say (of a snapshot of this folder), of those that say more than that they
    /// are there. As it is now: it may be newer than the entries, or gone. \errors unavailable
    virtual awaitable<Result<std::map<Uid, FollowUp>>> follow_ups(std::vector<Entry> entries) = 0;
    /// Octets [offset, offset + length) of the message, prefix first; fewer at its end. \errors not_found:
    /// collected
    virtual awaitable<Result<std::string>> read(DetailPtr detail, std::uint64_t offset,
                                                std::size_t length) = 0;
};
using FolderPtr = std::shared_ptr<Folder>;

}  // namespace store
