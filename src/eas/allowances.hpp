// Allowances: how much of something each of many strangers may cause in a while. In memory, of a size that
// does not grow: those whose names fall together share one. Thread-safe.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace eas {

class Allowances {
public:
    /// `clock` outlives it.
    Allowances(base::Clock& clock, base::Random& random, std::chrono::seconds period)
        : clock_(clock), seed_(random.number()), period_(period) {}

    /// `amount` more in the name of `who`, of `most` in a period. False: that would be too much. The first of
    /// a period may be larger.
    bool take(std::string_view who, std::uint64_t amount, std::uint64_t most);

private:
    struct Slot {
        std::int64_t period = 0;
        std::uint64_t amount = 0;
    };

    base::Clock& clock_;
    const std::uint64_t seed_;  // who shares with whom is another with each start
    const std::chrono::seconds period_;
    std::mutex mutex_;
    std::array<Slot, 4'096> slots_{};  // under mutex_
};

}  // namespace eas
