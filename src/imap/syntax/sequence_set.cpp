#include "imap/syntax/sequence_set.hpp"

#include <charconv>
#include <iterator>
#include <utility>

namespace imap {
namespace {
void append_number(std::string& out, std::uint32_t number) {
    char digits[10];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_seq_number(std::string& out, std::uint32_t number) {
    if (number == SequenceSet::star) {
        out.push_back('*');
    } else {
        append_number(out, number);
    }
}
}  // namespace

void normalise(NumberRanges& ranges) {
    const auto by_first = [](const NumberRange& a, const NumberRange& b) { return a.first < b.first; };
    if (!std::is_sorted(ranges.begin(), ranges.end(), by_first))
        std::sort(ranges.begin(), ranges.end(), by_first);
    std::size_t kept = 0;
    for (std::size_t i = 1; i < ranges.size(); ++i) {
        NumberRange& last = ranges[kept];
        if (last.last == UINT32_MAX || ranges[i].first <= last.last + 1) {
            last.last = std::max(last.last, ranges[i].last);
        } else {
            ranges[++kept] = ranges[i];
        }
    }
    if (!ranges.empty()) ranges.resize(kept + 1);
}

bool contains(const NumberRanges& ranges, std::uint32_t number) {
    const auto after =
        std::upper_bound(ranges.begin(), ranges.end(), number,
                         [](std::uint32_t n, const NumberRange& range) { return n < range.first; });
    return after != ranges.begin() && number <= std::prev(after)->last;
}

std::uint64_t count(const NumberRanges& ranges) {
    std::uint64_t total = 0;
    for (const NumberRange& range : ranges) total += std::uint64_t{range.last} - range.first + 1;
    return total;
}

NumberRanges slice(const NumberRanges& ranges, std::uint64_t first, std::uint64_t last) {
    NumberRanges out;
    std::uint64_t before = 0;  // numbers in the ranges that are done
    for (const NumberRange& range : ranges) {
        const std::uint64_t size = std::uint64_t{range.last} - range.first + 1;
        if (before >= last) break;
        if (before + size >= first) {
            const std::uint64_t from = first > before ? first - before - 1 : 0;
            const std::uint64_t to = std::min(size, last - before) - 1;
            out.push_back(NumberRange{static_cast<std::uint32_t>(range.first + from),
                                      static_cast<std::uint32_t>(range.first + to)});
        }
        before += size;
    }
    return out;
}

NumberRanges unite(const NumberRanges& a, const NumberRanges& b) {
    NumberRanges out;
    out.reserve(a.size() + b.size());
    std::ranges::merge(a, b, std::back_inserter(out), {}, &NumberRange::first, &NumberRange::first);
    normalise(out);
    return out;
}

NumberRanges subtract(const NumberRanges& a, const NumberRanges& b) {
    NumberRanges out;
    auto hole = b.begin();
    for (NumberRange range : a) {
        while (hole != b.end() && hole->last < range.first) ++hole;
        bool left = true;
        for (auto here = hole; left && here != b.end() && here->first <= range.last; ++here) {
            if (here->first > range.first) out.push_back(NumberRange{range.first, here->first - 1});
            left = here->last < range.last;
            if (left) range.first = here->last + 1;
        }
        if (left) out.push_back(range);
    }
    return out;
}

NumberRanges SequenceSet::resolve(std::uint32_t largest) const {
    NumberRanges out;
    out.reserve(ranges.size());
    for (NumberRange range : ranges) {
        if (range.first == star) range.first = largest;
        if (range.last == star) range.last = largest;
        if (range.first > range.last) std::swap(range.first, range.last);
        if (range.last == 0) continue;                   // '*' of an empty mailbox
        if (range.first == 0) range.first = range.last;  // "5:*" of an empty mailbox: 5 itself
        out.push_back(range);
    }
    normalise(out);
    return out;
}

std::uint32_t SequenceSet::largest_named() const {
    std::uint32_t largest = 0;
    for (const NumberRange& range : ranges) largest = std::max({largest, range.first, range.last});
    return largest;
}

bool SequenceSet::names_star() const {
    return std::any_of(ranges.begin(), ranges.end(),
                       [](const NumberRange& range) { return range.first == star || range.last == star; });
}

void write_range(std::string& out, std::uint32_t first, std::uint32_t last, bool comma) {
    if (comma) out.push_back(',');
    append_number(out, first);
    if (last == first) return;
    out.push_back(':');
    append_number(out, last);
}

void write_set(std::string& out, std::span<const NumberRange> ranges) {
    for (std::size_t i = 0; i < ranges.size(); ++i) write_range(out, ranges[i].first, ranges[i].last, i > 0);
}

void write(std::string& out, const SequenceSet& set) {
    if (set.saved) out.push_back('$');
    for (std::size_t i = 0; i < set.ranges.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_seq_number(out, set.ranges[i].first);
        if (set.ranges[i].last == set.ranges[i].first) continue;
        out.push_back(':');
        append_seq_number(out, set.ranges[i].last);
    }
}

}  // namespace imap
