#include "store/uid_ranges.hpp"

#include <algorithm>
#include <utility>

namespace store {

std::uint64_t count_uids(const UidRanges& ranges) {
    std::uint64_t count = 0;
    for (const UidRange& range : ranges) count += std::uint64_t{range.last.value} - range.first.value + 1;
    return count;
}

bool contains_uid(const UidRanges& ranges, Uid uid) {
    const auto after =
        std::upper_bound(ranges.begin(), ranges.end(), uid,
                         [](Uid wanted, const UidRange& range) { return wanted < range.first; });
    return after != ranges.begin() && uid <= std::prev(after)->last;
}

UidRanges normalised(UidRanges ranges) {
    for (UidRange& range : ranges) {
        if (range.first > range.last) std::swap(range.first, range.last);
        if (range.first.value == 0) range.first = Uid(1);
    }
    std::erase_if(ranges, [](const UidRange& range) { return range.last.value == 0; });
    std::sort(ranges.begin(), ranges.end(),
              [](const UidRange& a, const UidRange& b) { return a.first < b.first; });
    UidRanges out;
    for (const UidRange& range : ranges) {
        if (!out.empty() && range.first.value <= std::uint64_t{out.back().last.value} + 1) {
            out.back().last = std::max(out.back().last, range.last);
        } else {
            out.push_back(range);
        }
    }
    return out;
}

UidRanges coarsened(UidRanges ranges, std::size_t ranges_max) {
    if (ranges.size() <= ranges_max || ranges_max == 0) return ranges;
    std::vector<std::uint32_t> gaps;
    gaps.reserve(ranges.size());
    for (std::size_t i = 1; i < ranges.size(); ++i)
        gaps.push_back(ranges[i].first.value - ranges[i - 1].last.value);
    std::vector<std::uint32_t> order = gaps;
    const auto keep = static_cast<std::ptrdiff_t>(ranges_max - 1);  // so many gaps may stay: the widest
    std::nth_element(order.begin(), order.begin() + keep, order.end(), std::greater<>());
    const std::uint32_t limit = order[static_cast<std::size_t>(keep)];  // gaps up to this one are closed
    UidRanges out{ranges.front()};
    for (std::size_t i = 1; i < ranges.size(); ++i) {
        if (gaps[i - 1] <= limit) {
            out.back().last = ranges[i].last;
        } else {
            out.push_back(ranges[i]);
        }
    }
    return out;
}

}  // namespace store
