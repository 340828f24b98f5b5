// UidRanges: sets of uids as ascending ranges, the form in which they are asked for, logged and answered.
#pragma once
#include <cstdint>
#include <vector>

#include "base/ids.hpp"

namespace store {

using base::Uid;

struct UidRange {
    Uid first, last;  ///< both included, first ≤ last
    bool operator==(const UidRange&) const = default;
};
/// Ascending, apart by at least one.
using UidRanges = std::vector<UidRange>;

/// Adds a uid that is greater than all in the set.
inline void append_uid(UidRanges& ranges, Uid uid) {
    if (!ranges.empty() && ranges.back().last.value + 1 == uid.value) {
        ranges.back().last = uid;
    } else {
        ranges.push_back(UidRange{uid, uid});
    }
}

/// How many uids the ranges hold.
std::uint64_t count_uids(const UidRanges& ranges);
bool contains_uid(const UidRanges& ranges, Uid uid);
/// Any ranges, in any order and overlapping, as the type promises them. Ranges with uid 0 or first > last are
/// turned or dropped.
UidRanges normalised(UidRanges ranges);
/// Fewer ranges that hold at least the same uids: neighbours with the smallest gaps become one.
UidRanges coarsened(UidRanges ranges, std::size_t ranges_max);

}  // namespace store
