// View: what one client believes of its selected mailbox. Pure: it compares snapshots and says what must be
// told.
//
// A view is one snapshot: message number n of the client is entry n of it. While EXPUNGE may not be sent, the
// snapshot is store::keep_expunged() of the newest one, so that numbers stay as they are (RFC 9051
// section 7.5.1).
#pragma once
#include <cstdint>
#include <vector>

#include "imap/syntax/sequence_set.hpp"
#include "store/folder.hpp"
#include "store/snapshot.hpp"

namespace imap {

using base::ModSeq;
using base::SeqNum;
using base::Uid;

class View {
public:
    View() = default;
    explicit View(store::SnapshotPtr snapshot)
        : shown_(snapshot), newest_(std::move(snapshot)), told_(newest_->totals().highest_modseq) {}

    /// The client's numbers are those of this snapshot.
    const store::Snapshot& messages() const { return *shown_; }
    const store::SnapshotPtr& shared() const { return shown_; }
    std::uint32_t size() const { return shown_->size(); }

    /// True when advance() to `newest` would change nothing: the cheap question before most commands.
    bool is_up_to_date(const store::SnapshotPtr& newest, bool may_expunge) const {
        return newest == newest_ && (!may_expunge || !waits_for_expunge_);
    }
    /// The client does not know all of the folder: some messages of the view are gone from it, or it did not
    /// want to hear of something (RFC 5465).
    bool keeps_expunged() const { return shown_ != newest_; }
    /// Of a message of the view: it is not in the folder any more.
    bool is_gone(Uid uid) const { return keeps_expunged() && newest_->find(uid) == nullptr; }

    /// The client knows all changes up to this modseq. While expunged messages are kept it stays below
    /// theirs, whatever later changes were told (RFC 7162 section 6).
    ModSeq told_modseq() const { return told_; }

    /// Makes the view `newest`, or as near to it as numbers allow. Returns what the client must be told, in
    /// terms of the old and the new messages().
    store::Difference advance(store::SnapshotPtr newest, bool may_expunge);
    /// The same, as far as the client wants to hear of it.
    store::Difference advance(store::SnapshotPtr newest, const store::Takeover& wanted);

    // \Recent: RFC 3501 section 2.3.2. Only told to clients of IMAP4rev1.
    void add_recent(Uid first, Uid end);
    bool is_recent(Uid uid) const;
    std::uint32_t recent() const;

    /// The messages that `set` names, as ranges of numbers, or as ranges of uids that name the same messages.
    /// `saved` is the value of "$", as uids.
    NumberRanges numbers(const SequenceSet& set, bool by_uid, const NumberRanges& saved) const;
    store::UidRanges uids_of(const NumberRanges& numbers) const;
    NumberRanges numbers_of(const NumberRanges& uids) const;
    /// True when a sequence set names a number that the mailbox does not have.
    bool out_of_range(const SequenceSet& set) const;

private:
    store::SnapshotPtr shown_;
    store::SnapshotPtr
        newest_;  // the last one that was looked at; the same as shown_ unless that keeps expunged ones
    ModSeq told_;
    bool waits_for_expunge_ = false;  // there is more to tell once EXPUNGE may be sent
    store::UidRanges recent_;         // ends included
};

}  // namespace imap
