// What QRESYNC must tell (RFC 7162 section 3.2): arithmetic on what the client knows and what there is. Pure.
#pragma once
#include <vector>

#include "imap/syntax/command.hpp"
#include "imap/view.hpp"
#include "store/uid_ranges.hpp"

namespace imap {

/// A VANISHED (EARLIER) that is asked for.
struct Resync {
    ModSeq since;
    NumberRanges known;  ///< uids that are told of
    Uid above;           ///< only those above this one

    // Constructors, so that this is no aggregate: see base/result.hpp.
    Resync() = default;
    Resync(ModSeq when, NumberRanges uids, Uid floor = Uid())
        : since(when), known(std::move(uids)), above(floor) {}
};

/// Of UID FETCH with VANISHED. "*" is the greatest uid that ever was: what is gone may be above all that is
/// there.
Resync resync_of(const cmd::Fetch& fetch, const View& view, const NumberRanges& saved);
/// Of SELECT with QRESYNC, of the messages that are there now.
Resync resync_of(const cmd::Qresync& known, const store::Snapshot& now);

/// The greatest uid of the message sequence match data that is still at its number: the client knows of all
/// that went up to it (RFC 7162 section 3.2.5.2). 0: none. \param seqs, uids as many, both ascending; never
/// expanded.
Uid matched_up_to(const store::Snapshot& now, const NumberRanges& seqs, const NumberRanges& uids);

/// Those of `gone` that are asked for.
NumberRanges to_tell(const store::UidRanges& gone, const Resync& what);

/// Those of the message numbers whose modseq is above `since`. Cost: the pages that changed.
NumberRanges changed_since(const store::Snapshot& now, const NumberRanges& numbers, ModSeq since);

/// \param uids ascending
NumberRanges ranges_of(const std::vector<Uid>& uids);

}  // namespace imap
