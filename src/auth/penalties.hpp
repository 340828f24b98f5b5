// Penalties: who failed how often, in tables of a fixed size. Sources are IPv4 addresses and IPv6 /64
// networks; accounts are counted apart, for attacks from many sources. Nobody is ever locked out of an
// account: the account's part is a delay only, and networks from which its owner has logged in are spared it.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace auth {

struct PenaltySettings {
    std::chrono::milliseconds first{2'000}, max{15'000};
    std::chrono::milliseconds memory{std::chrono::hours(1)};
    std::uint32_t failures_max = 100;  ///< of a source within `memory`; more are blocked
    std::size_t entries = 65'536;      ///< of each table, 32 octets each; a power of two
    std::chrono::milliseconds known_good{std::chrono::hours(24 * 30)};
};

class Penalties {
public:
    Penalties(const base::Clock& clock, base::Random& random, PenaltySettings settings);

    /// The source has failed too often to be heard.
    bool blocked(std::string_view address);
    /// Counts a failure and returns how long to wait before it is answered. `account`: whatever tells
    /// accounts apart, also ones that do not exist.
    std::chrono::milliseconds failed(std::string_view address, std::string_view account);
    /// Returns how long to wait before a success is answered: as long as a failure from there would wait for
    /// the account's sake, so that an attacker with many sources learns nothing sooner from a right guess.
    /// Then the account's slate is clean, and this network known to be its owner's.
    std::chrono::milliseconds succeeded(std::string_view address, std::string_view account);

private:
    struct Entry {
        std::uint64_t key = 0;
        std::uint32_t count = 0;
        std::int64_t since = 0, last = 0;  ///< milliseconds
    };
    static constexpr std::size_t ways = 4;

    class Table {
    public:
        explicit Table(std::size_t entries) : entries_(entries) {}
        Entry* find(std::uint64_t key, std::int64_t alive_after);
        Entry& find_or_make(std::uint64_t key, std::int64_t alive_after);

    private:
        std::size_t set_of(std::uint64_t key) const { return (key & (entries_.size() / ways - 1)) * ways; }
        std::vector<Entry> entries_;
    };

    std::uint64_t key_of(char kind, std::string_view first, std::string_view second = {}) const;
    std::chrono::milliseconds delay(std::uint32_t count) const;
    std::uint32_t add(Table& table, std::uint64_t key, std::int64_t now);
    bool known_good(std::string_view address, std::string_view account, std::int64_t now);
    std::int64_t memory() const { return settings_.memory.count(); }

    const base::Clock& clock_;
    PenaltySettings settings_;
    std::array<unsigned char, 16> secret_{};  // who may choose keys must not be able to choose collisions
    std::mutex mutex_;
    Table sources_, accounts_, good_;
};

/// The network that an address counts for: "192.0.2.1", "2001:db8::/64"-like; bits of IPv4 and IPv6. An
/// address that is none counts for itself.
std::string network_of(std::string_view address, unsigned v4_bits, unsigned v6_bits);

}  // namespace auth
