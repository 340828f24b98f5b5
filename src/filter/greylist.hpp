// Greylist: mail from who was never heard of is put off once (RFC 6647). Off by default: it delays mail that
// people wait for. Never asked about authenticated users and trusted hosts.
//
// In memory, and in the store from time to time: what a crash loses of it costs a sender one more try.
// Bounded: the one that was not used for longest goes. check() is for any thread; open() and flush() for one.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "filter/facts.hpp"
#include "store/engine/engine.hpp"

namespace filter {

struct GreylistSettings {
    bool enabled = false;
    std::chrono::seconds delay{300};            ///< before this a second try is too early
    std::chrono::seconds retry_max{24 * 3600};  ///< after this a second try is a first one
    std::chrono::seconds kept{35 * 24 * 3600};  ///< one that has passed, after its last mail
    std::uint32_t passes_for_client = 5;        ///< so many passes, and the client needs no more; 0: never
    std::size_t entries_max = 100'000;          ///< some 100 octets each
};

class Greylist {
public:
    /// `engine` may be null: nothing is kept then. What it refers to outlives it.
    Greylist(store::engine::Engine* engine, const base::Clock& clock, GreylistSettings settings)
        : engine_(engine), clock_(clock), settings_(settings) {}

    /// Reads what was kept. \errors unavailable
    store::engine::awaitable<store::Result<void>> open();
    /// Writes what has changed.
    store::engine::awaitable<store::Result<void>> flush();

    struct Answer {
        bool pass = false;
        std::chrono::seconds wait{0};  ///< not passed: this long
        std::string why;               ///< "first seen", "too early", "seen before", "client known"
    };
    /// Of one recipient. A client is its /24 or /64; a sender's domain that SPF speaks for is that instead,
    /// whatever host it comes from: large senders try again from another one.
    Answer check(const Facts& facts, std::string_view recipient);
    std::size_t size() const;

private:
    using Key = std::string;  ///< hex32
    struct Entry {
        std::int64_t first = 0, last = 0;  ///< seconds since 1970
        std::uint32_t passed = 0;
        std::list<Key>::iterator place;  ///< in order of use, the oldest first
    };
    Entry* find(const Key& key, std::int64_t now);
    Entry& make(const Key& key, std::int64_t now);
    void forget(const Key& key);
    void use(Entry& entry, const Key& key, std::int64_t now);
    std::int64_t kept_for(const Entry& entry) const;

    store::engine::Engine* const engine_;
    const base::Clock& clock_;
    const GreylistSettings settings_;
    mutable std::mutex mutex_;
    std::unordered_map<Key, Entry> entries_;
    std::list<Key> order_;
    std::unordered_set<Key> changed_;  ///< since flush(); gone ones too
};

}  // namespace filter
