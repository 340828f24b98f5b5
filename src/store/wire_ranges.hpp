// Ranges of uids within stored values.
#pragma once
#include "store/uid_ranges.hpp"
#include "store/wire.hpp"

namespace store {

inline void write(WireWriter& out, const UidRanges& ranges) {
    out.varint(ranges.size());
    std::uint32_t at = 0;
    for (const UidRange& range : ranges) {
        out.varint(range.first.value - at);
        out.varint(range.last.value - range.first.value);
        at = range.last.value;
    }
}

/// Ascending and apart by at least one, or the reader fails.
inline UidRanges read_ranges(WireReader& in) {
    UidRanges ranges;
    const std::uint64_t count = in.varint();
    if (count > in.left()) in.fail();  // two octets each at least
    if (!in.ok()) return ranges;
    ranges.reserve(count);
    std::uint64_t at = 0;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        const std::uint64_t first = at + in.varint32();
        const std::uint64_t last = first + in.varint32();
        if (first == 0 || last > 0xFFFFFFFFU || (i > 0 && first < at + 2)) in.fail();
        ranges.push_back(
            UidRange{Uid(static_cast<std::uint32_t>(first)), Uid(static_cast<std::uint32_t>(last))});
        at = last;
    }
    return ranges;
}

}  // namespace store
