// SentMarks: what devices have had sent lately, for a request that comes again because what it changed could
// not be kept. What was kept is in the device's rows.
//
// In memory and bounded: a restart, or much of it at once, costs a mail that leaves twice, under one
// Message-ID, and never one that does not leave. A row that is written before the mail leaves could not say
// after a crash whether it has, and one that is written after it is what the device's rows are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_set>

namespace eas {

/// Thread-safe.
class SentMarks {
public:
    static constexpr std::size_t marks_max = 20'000;  ///< some 50 octets each

    void note(std::uint64_t mark);
    bool contains(std::uint64_t mark) const;

private:
    mutable std::mutex mutex_;
    std::unordered_set<std::uint64_t> marks_;
    std::deque<std::uint64_t> order_;  // the oldest first
};

}  // namespace eas
