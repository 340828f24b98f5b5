// CollectionAnswer: one collection of a Sync, while it is worked on and until it is written.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eas/session.hpp"
#include "eas/syntax/status.hpp"

namespace eas {

/// What is said of a command of the device.
CommandResult command_result(const SyncCommand& command, int status);
int sync_status_of(const store::Error& error);

/// Which conversation a draft is in, and where.
struct DraftThread {
    std::string id, index;
};

struct CollectionAnswer {
    const SyncCollection* request = nullptr;
    base::FolderId id;
    int status = sync_status::ok;
    bool is_new = false;          ///< key 0: it gets a key and nothing else
    bool repeated = false;        ///< the request came before, and its answer was lost
    bool virtual_folder = false;  ///< nothing is in it
    bool is_drafts = false;
    store::FolderKind kind = store::FolderKind::mail;
    store::FolderPtr folder;
    bool is_others = false;  ///< the folder is somebody else's
    Collection* state = nullptr;
    Cursor base;      ///< what the device has now
    Cursor cursor;    ///< what it will have
    std::string key;  ///< the new one
    std::vector<CommandResult> results;
    /// Of the drafts that the device has added, by ServerId.
    std::map<std::string, DraftThread> threads;
    std::string fetched;   ///< a fragment: what Fetch commands get
    std::string commands;  ///< a fragment: what is new
    std::size_t told = 0;
    /// What came lately, by its Message-ID; nothing: nobody has looked yet.
    std::optional<std::map<std::string, base::Uid>> recent;
    bool more = false;
    bool ran_commands = false;
    /// Nobody knows what became of a command: the device is to send all of them again, under the same key.
    bool unsettled = false;

    bool failed() const { return status != sync_status::ok; }
    /// There is something to say, be it only a new key.
    bool talks() const { return failed() || is_new || ran_commands || told != 0 || more || repeated; }
};

/// What the store says of the items of a plan.
struct PlanFacts {
    store::SnapshotPtr now_there;
    std::map<base::Uid, store::DetailPtr> details;  ///< of those that are told as a whole
    std::map<base::Uid, store::FollowUp> says;      ///< of mail
    store::TouchedFlags touched;                    ///< of mail, if some has changed
};

/// What became of the deletions of a request.
struct DeletesDone {
    base::ModSeq modseq;  ///< of those that are done
    store::Error failed;  ///< why the others are not
};
/// Of `uids`, which the device has deleted, each answer says whether it is gone; one that is still there
/// comes again.
void settle_deletes(CollectionAnswer& answer, const store::UidRanges& uids, const DeletesDone& done);

/// What was said of this Add in an answer that was lost, or is known of it where its request was left
/// unsettled: what was added is there. Null: nothing.
const CommandResult* added_before(const CollectionAnswer& answer, const SyncCommand& command);

}  // namespace eas
