// SequenceSet: the numbers a command names (message sequence numbers or uids), as ranges and never expanded.
// RFC 9051 section 9: sequence-set, uid-set; RFC 5182: "$".
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace imap {

/// Both ends included. In a SequenceSet 0 stands for '*' and the ends may be in any order; everywhere else
/// 1 ≤ first ≤ last.
struct NumberRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool operator==(const NumberRange&) const = default;
};

/// Ascending, neither overlapping nor touching.
using NumberRanges = std::vector<NumberRange>;

/// As the client wrote it. Bounded by the frame: 64 KiB of text are at most 32 Ki ranges.
struct SequenceSet {
    static constexpr std::uint32_t star = 0;

    std::vector<NumberRange> ranges;
    bool saved = false;  ///< "$": the saved search result (RFC 5182); then there are no ranges

    /// With '*' put as `largest` (0 for an empty mailbox: then ranges that are '*' alone name nothing),
    /// sorted and merged. O(n log n) in what was written, whatever the numbers are. "$" gives nothing: the
    /// session knows it.
    NumberRanges resolve(std::uint32_t largest) const;

    /// resolve() into another range type, such as store::UidRange.
    template <class Range>
    std::vector<Range> resolve_as(std::uint32_t largest) const {
        using Number = decltype(Range::first);
        std::vector<Range> out;
        const NumberRanges resolved = resolve(largest);
        out.reserve(resolved.size());
        for (const NumberRange& range : resolved)
            out.push_back(Range{Number(range.first), Number(range.last)});
        return out;
    }

    /// The largest number that is written out; 0 when there is none. A sequence number beyond the mailbox is
    /// BAD.
    std::uint32_t largest_named() const;
    bool names_star() const;

    bool operator==(const SequenceSet&) const = default;
};

/// Sorts and merges; each range must already have first ≤ last.
void normalise(NumberRanges& ranges);
bool contains(const NumberRanges& ranges, std::uint32_t number);
/// How many numbers they name.
std::uint64_t count(const NumberRanges& ranges);

/// Those in places `first` to `last` of it, counted from 1.
NumberRanges slice(const NumberRanges& ranges, std::uint64_t first, std::uint64_t last);
/// In either; in the first but not in the second. Both linear.
NumberRanges unite(const NumberRanges& a, const NumberRanges& b);
NumberRanges subtract(const NumberRanges& a, const NumberRanges& b);
/// Adds a number behind all others.
inline void push(NumberRanges& ranges, std::uint32_t number) {
    if (!ranges.empty() && ranges.back().last + 1 == number) {
        ranges.back().last = number;
    } else {
        ranges.push_back(NumberRange{number, number});
    }
}

/// "1:3,7": a uid-set. Empty ranges write nothing.
void write_set(std::string& out, std::span<const NumberRange> ranges);
/// The same for any type with first and last that hold ids (store::UidRange).
void write_range(std::string& out, std::uint32_t first, std::uint32_t last, bool comma);
template <class Ranges>
void write_set_of(std::string& out, const Ranges& ranges) {
    bool comma = false;
    for (const auto& range : ranges) {
        write_range(out, range.first.value, range.last.value, comma);
        comma = true;
    }
}
/// Ids in any order of a COPYUID or APPENDUID, where the order carries meaning: runs upwards become ranges,
/// nothing is sorted. RFC 4315 section 3.
template <class Ids>
void write_ids(std::string& out, const Ids& ids) {
    bool comma = false;
    for (auto at = std::begin(ids); at != std::end(ids); comma = true) {
        const std::uint32_t first = at->value;
        std::uint32_t last = first;
        for (++at; at != std::end(ids) && last != UINT32_MAX && at->value == last + 1; ++at) ++last;
        write_range(out, first, last, comma);
    }
}
/// As the client would write it, with '*' and '$'.
void write(std::string& out, const SequenceSet& set);

}  // namespace imap
