// FolderDraft: a folder in the middle of a round of changes. Pure: copies what changes from the last
// snapshot, counts along, and ends as the next snapshot and the rows to commit.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/engine/engine.hpp"
#include "store/follow_up.hpp"
#include "store/records.hpp"
#include "store/user_seen.hpp"

namespace store {

class FolderDraft {
public:
    FolderDraft(const SnapshotPtr& base, FolderHeader header);

    const FolderTotals& totals() const { return header_.totals; }
    FolderHeader& header() { return header_; }
    /// Nothing to commit.
    bool clean() const { return clean_; }

    /// The bits of these flags. With `add`, names that the folder does not know get a number.
    /// \errors invalid: no atom · limit: the dictionary is full
    Result<FlagSet> resolve(const NamedFlags& flags, bool add);
    /// No change of more than this is possible now: see append().
    std::uint64_t uids_left() const { return 0xFFFFFFFFULL - header_.totals.uid_next.value; }

    /// Opens a transaction: what follows, up to the log row that ends it, has this modseq.
    ModSeq next_modseq() const { return ModSeq(header_.totals.highest_modseq.value + 1); }

    /// Gives the entry the next uid and modseq, and puts it at the end. The caller saw to uids_left().
    const Entry& append(Entry entry);
    /// What its flag says, of an entry that was just appended.
    void put_follow_up(Uid uid, const FollowUp& says);
    /// What it says by now, where it said what `before` has for it.
    std::optional<FollowUp> follow_up(Uid uid, const std::map<Uid, FollowUp>& before) const;

    struct FlagEdit {
        FlagChange change = FlagChange::add;
        FlagSet flags;
        std::optional<ModSeq> unchanged_since;
        FlagSet allowed = every_flag;  ///< others stay as they are
        /// What the flag says from now on. Null: what it said goes where \Flagged changes.
        const FollowUp* follow_up = nullptr;
        UserSeenDraft* mine = nullptr;  ///< \Seen is this user's own
        UidRanges changed, refused;     ///< answers
        FlagSet added, removed;         ///< those that really changed, of any; \Flagged where a follow-up did
    };
    /// RFC 9051 section 6.4.6 and RFC 7162 section 3.1.3. Entries that stay as they are keep their modseq.
    void edit_flags(const UidRanges& uids, FlagEdit& edit);

    std::optional<Entry> find(Uid uid) const;
    /// Puts the entry in the place of the one with its uid, with the transaction's modseq.
    void revise(Entry entry);
    /// Takes messages out: of `uids`, and only those with \Deleted when so asked.
    std::vector<MessageRef> expunge(const UidRanges& uids, bool only_deleted);

    /// Ends the transaction.
    void log(LogRow row, std::size_t value_bytes_max);
    /// Further rows.
    void put(std::string key, std::string value);
    void erase(std::string key);
    void header_changed() { clean_ = false; }

    /// Rows for the commit; the draft is used up.
    SnapshotPtr finish(engine::Batch& batch);

private:
    std::shared_ptr<PageGroup> own_group(std::uint32_t number);
    Page& own_page(std::uint32_t number);
    PagePtr find_page(std::uint32_t number) const;
    std::vector<std::uint32_t> pages_in(const UidRanges& uids) const;
    void enter(const Entry& entry);
    void leave(const Entry& entry);
    static bool keeps_follow_up(const Entry& old, FlagSet flags, const FollowUp* says);

    FolderHeader header_;
    std::shared_ptr<const Keywords> keywords_;
    std::vector<PageGroupPtr> groups_;
    std::map<std::uint32_t, std::shared_ptr<PageGroup>> owned_;
    std::map<std::uint32_t, std::shared_ptr<Page>> dirty_;
    std::vector<engine::Row> rows_;
    std::vector<std::string> erased_;
    std::map<Uid, std::optional<std::string>> follow_ups_;  // rows t that change; none: it goes
    bool clean_ = true;
};

}  // namespace store
