// Rates: token buckets for clients, senders and accounts, in a table of fixed size. Thread-safe.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace filter {

/// "100/1h": so many, and as many more in each such time. 0: no limit.
struct Rate {
    std::uint32_t count = 0;
    std::chrono::seconds period{3600};

    explicit operator bool() const { return count != 0; }
    /// "" and "0" are no limit. Units s, m, h, d. \errors nullopt
    static std::optional<Rate> parse(std::string_view text);
    std::string text() const;
};

class Rates {
public:
    using Time = std::chrono::steady_clock::time_point;
    enum class Kind : std::uint8_t { client, sender, account };

    /// `entries` is rounded up to a power of two. A bucket is 24 octets.
    explicit Rates(base::Random& random, std::size_t entries = 65'536);

    /// Takes `cost` of the key's tokens. False: there are not so many left, and none was taken. A cost over
    /// the whole rate is allowed with a full bucket, which it empties.
    bool take(Kind kind, std::string_view key, Rate rate, std::uint32_t cost, Time now);
    /// Gives back what was taken for what did not happen.
    void give_back(Kind kind, std::string_view key, Rate rate, std::uint32_t cost);

private:
    /// A key has its place in one of four slots. Where all are others', the fullest bucket goes: to forget
    /// it forgives least.
    static constexpr std::size_t slots = 4, shards = 16;
    struct Bucket {
        std::uint64_t key = 0;  ///< 0: free
        float tokens = 0;
        float full = 0;
        std::uint32_t updated = 0;  ///< ms since start_, wrapping after 49 days: then it is full, or as good
        std::uint32_t period_ms = 0;
    };
    std::uint64_t hash(Kind kind, std::string_view key) const;
    Bucket& bucket(std::uint64_t key, Rate rate, std::uint32_t now_ms);
    static void refill(Bucket& bucket, std::uint32_t now_ms);

    std::array<unsigned char, 16> secret_{};  ///< so that nobody can aim at another's slots
    std::size_t groups_ = 0;
    std::vector<Bucket> table_;
    std::array<std::mutex, shards> mutexes_;
    const Time start_ = std::chrono::steady_clock::now();
};

}  // namespace filter
