#include "mta/retry.hpp"

#include <algorithm>

namespace mta {

std::chrono::milliseconds next_interval(const RetryRules& rules, std::uint32_t attempts, double chance) {
    const auto longest = static_cast<double>(rules.longest.count());
    double seconds = static_cast<double>(rules.first.count());
    for (std::uint32_t i = 1; i < attempts && seconds < longest; ++i) seconds *= std::max(rules.factor, 1.0);
    seconds = std::min(seconds, std::max(longest, 1.0));
    seconds *= 1 + rules.jitter * (2 * chance - 1);
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::max(seconds, 1.0) * 1000));
}

}  // namespace mta
