#include "base/id_source.hpp"

namespace base {
namespace {
constexpr std::int64_t epoch_2020_ms = 1577836800000;
constexpr int sequence_bits = 12, node_bits = 10;
}  // namespace

std::uint64_t IdSource::next() noexcept {
    const auto ms = static_cast<std::uint64_t>(unix_milliseconds(clock_.now()) - epoch_2020_ms);
    const std::uint64_t floor = ms << sequence_bits;
    std::uint64_t seen = last_.load(std::memory_order_relaxed);
    std::uint64_t mine = 0;
    do {
        mine = seen + 1 > floor ? seen + 1 : floor;
    } while (!last_.compare_exchange_weak(seen, mine, std::memory_order_relaxed));
    const std::uint64_t sequence = mine & ((1U << sequence_bits) - 1);
    return (mine >> sequence_bits) << (sequence_bits + node_bits) | std::uint64_t{node_} << sequence_bits |
           sequence;
}

void IdSource::skip_past(std::uint64_t seen) noexcept {
    const std::uint64_t mark =
        (seen >> (sequence_bits + node_bits)) << sequence_bits | (seen & ((1U << sequence_bits) - 1));
    std::uint64_t now = last_.load(std::memory_order_relaxed);
    while (now < mark && !last_.compare_exchange_weak(now, mark, std::memory_order_relaxed)) {
    }
}

std::int64_t IdSource::time_of(std::uint64_t id) noexcept {
    return static_cast<std::int64_t>(id >> (sequence_bits + node_bits)) + epoch_2020_ms;
}

}  // namespace base
