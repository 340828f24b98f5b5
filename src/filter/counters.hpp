// What the filters have done since the start: for figures().
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "filter/filters.hpp"

namespace filter {

struct Filters::Counters {
    std::array<std::atomic<std::uint64_t>, 5> decisions{};  ///< by Decision
    std::atomic<std::uint64_t> junk{0}, down{0}, refused_senders{0}, refused_recipients{0};
};

}  // namespace filter
