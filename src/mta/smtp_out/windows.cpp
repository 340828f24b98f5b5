#include <algorithm>

#include "mta/smtp_out/core.hpp"

namespace mta::smtp_out {

std::uint32_t Windows::most_of(const NextHop& next_hop) const {
    return std::max(1U, next_hop.connections_max == 0 ? most_ : next_hop.connections_max);
}

std::uint32_t Windows::of(const NextHop& next_hop) const {
    const std::lock_guard lock(mutex_);
    const auto known = windows_.find(next_hop.key());
    return std::min(known == windows_.end() ? std::max(1U, first_) : known->second, most_of(next_hop));
}

std::uint32_t& Windows::entry(const NextHop& next_hop) {
    if (windows_.size() >= kept_max) windows_.erase(windows_.begin());
    return windows_.try_emplace(next_hop.key(), std::max(1U, first_)).first->second;
}

void Windows::went_well(const NextHop& next_hop) {
    const std::lock_guard lock(mutex_);
    std::uint32_t& window = entry(next_hop);
    window = std::min(window + 1, most_of(next_hop));
}

void Windows::went_badly(const NextHop& next_hop) {
    const std::lock_guard lock(mutex_);
    std::uint32_t& window = entry(next_hop);
    window = std::max(1U, window / 2);
}

}  // namespace mta::smtp_out
