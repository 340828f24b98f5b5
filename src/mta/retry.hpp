// When a message that could not go is tried again, and when nobody tries any more. Pure.
#pragma once
#include <chrono>
#include <cstdint>

namespace mta {

struct RetryRules {
    std::chrono::seconds first = std::chrono::minutes(5);
    std::chrono::seconds longest = std::chrono::hours(4);
    double factor = 2;
    double jitter = 0.2;  ///< of an interval, either way: what failed together does not come back together
    std::chrono::seconds give_up = std::chrono::hours(30);
    std::chrono::seconds tell_delay = std::chrono::hours(4);  ///< then the sender hears of it once; 0: never
    /// Of a recipient that has failed, while its sender cannot be told: then it has failed all the same.
    std::chrono::seconds untold_end() const { return give_up * 3; }
};

/// After `attempts` that failed (at least 1). `chance` in [0, 1).
std::chrono::milliseconds next_interval(const RetryRules& rules, std::uint32_t attempts, double chance);

}  // namespace mta
