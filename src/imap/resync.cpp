#include "imap/resync.hpp"

#include <algorithm>

namespace imap {

namespace {

void append(NumberRanges& ranges, std::uint32_t number) {
    if (!ranges.empty() && ranges.back().last + 1 == number) {
        ranges.back().last = number;
    } else {
        ranges.push_back(NumberRange{number, number});
    }
}

/// Of the pairs (first_seq + i, first_uid + i) up to `last_seq`, the last one that is so now. Uids grow at
/// least as fast as numbers, so the difference of the two never falls: a search by halves.
Uid last_match(const store::Snapshot& now, std::uint32_t first_seq, std::uint32_t last_seq,
               std::uint32_t first_uid) {
    const std::int64_t wanted = std::int64_t{first_uid} - first_seq;
    const auto distance = [&now](std::uint32_t seq) {
        return std::int64_t{now.at(SeqNum(seq))->uid.value} - seq;
    };
    std::uint32_t end = std::min(last_seq, now.size());
    if (end < first_seq || distance(first_seq) > wanted) return {};
    std::uint32_t found = first_seq;  // the greatest with a distance of at most `wanted`
    while (found < end) {
        const std::uint32_t middle = found + (end - found + 1) / 2;
        if (distance(middle) <= wanted) {
            found = middle;
        } else {
            end = middle - 1;
        }
    }
    return distance(found) == wanted ? now.at(SeqNum(found))->uid : Uid();
}

/// The greatest uid that ever was given here.
std::uint32_t last_given(const store::Snapshot& now) { return now.totals().uid_next.value - 1; }

}  // namespace

Resync resync_of(const cmd::Fetch& fetch, const View& view, const NumberRanges& saved) {
    Resync what;
    what.since = *fetch.changed_since;
    what.known = fetch.set.saved ? saved : fetch.set.resolve(last_given(view.messages()));
    return what;
}

Resync resync_of(const cmd::Qresync& known, const store::Snapshot& now) {
    Resync what;
    what.since = known.mod_seq;
    if (known.known_uids) {
        what.known = known.known_uids->resolve(0);
    } else if (last_given(now) != 0) {
        what.known.push_back(NumberRange{1, last_given(now)});
    }
    what.above = matched_up_to(now, known.known_seqs.ranges, known.known_seq_uids.ranges);
    return what;
}

Uid matched_up_to(const store::Snapshot& now, const NumberRanges& seqs, const NumberRanges& uids) {
    // Runs of pairs, from the end: the ranges of both, cut where either ends.
    std::size_t seq = seqs.size(), uid = uids.size();
    std::uint32_t seqs_taken = 0, uids_taken = 0;  // of the ranges under way, from their ends
    while (seq > 0 && uid > 0) {
        const NumberRange& numbers = seqs[seq - 1];
        const NumberRange& ids = uids[uid - 1];
        const std::uint32_t last_seq = numbers.last - seqs_taken, last_uid = ids.last - uids_taken;
        const std::uint32_t more = std::min(last_seq - numbers.first, last_uid - ids.first);
        const Uid match = last_match(now, last_seq - more, last_seq, last_uid - more);
        if (match) return match;
        seqs_taken += more + 1;
        uids_taken += more + 1;
        if (last_seq - more == numbers.first) --seq, seqs_taken = 0;
        if (last_uid - more == ids.first) --uid, uids_taken = 0;
    }
    return {};
}

NumberRanges to_tell(const store::UidRanges& gone, const Resync& what) {
    NumberRanges out;
    auto known = what.known.begin();
    for (const store::UidRange& range : gone) {
        if (range.last <= what.above) continue;
        const std::uint32_t first = std::max(range.first.value, what.above.value + 1);
        while (known != what.known.end() && known->last < first) ++known;
        for (auto at = known; at != what.known.end() && at->first <= range.last.value; ++at)
            out.push_back(NumberRange{std::max(at->first, first), std::min(at->last, range.last.value)});
    }
    return out;
}

NumberRanges changed_since(const store::Snapshot& now, const NumberRanges& numbers, ModSeq since) {
    NumberRanges out;
    for (const NumberRange& range : numbers)
        now.for_each_changed(SeqNum(range.first), SeqNum(range.last), since,
                             [&out](SeqNum seq, const store::Entry&) { append(out, seq.value); });
    return out;
}

NumberRanges ranges_of(const std::vector<Uid>& uids) {
    NumberRanges out;
    for (const Uid uid : uids) append(out, uid.value);
    return out;
}

}  // namespace imap
