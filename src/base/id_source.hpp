// IdSource: 64-bit ids that grow with time, unique across nodes: 42 bits of milliseconds since 2020, 10 of
// node, 12 of sequence. Time order keeps the blob store's writes sequential (docs/store.md).
#pragma once
#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace base {

class IdSource {
public:
    explicit IdSource(const Clock& clock, std::uint16_t node = 0) : clock_(clock), node_(node & 1023U) {}

    /// Thread-safe, lock-free. Never the same twice, also when the clock is set back: then ids go on from the
    /// last one. More than 4096 ids in one millisecond borrow from the next.
    std::uint64_t next() noexcept;

    /// Ids from now on are greater than `seen`: called at start with the largest id in the store.
    void skip_past(std::uint64_t seen) noexcept;

    /// When an id was made, in milliseconds since 1970.
    static std::int64_t time_of(std::uint64_t id) noexcept;

private:
    const Clock& clock_;
    std::uint16_t node_;
    std::atomic<std::uint64_t> last_{0};  // milliseconds << 12 | sequence
};

}  // namespace base
