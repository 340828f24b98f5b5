// RecentDeliveries: who already has a message that was refused as a whole. SMTP has one answer for all
// recipients: where the store took the message for some and not for others, the answer is "try again later",
// and those who have it are remembered, so that the next try reaches only the others.
// docs/decisions/0007-partial-delivery.md says why.
//
// In memory and bounded: a restart, or much of it at once, costs a duplicate and never a message.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <sodium/crypto_generichash.h>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"

namespace smtp {

/// What tells one message from another. Keyed, so that nobody can make two that are alike.
using Fingerprint = std::array<unsigned char, 16>;

/// BLAKE2b of a message as it passes.
class MessageHash {
public:
    void add(std::string_view octets);
    /// Once, last.
    Fingerprint finish();

private:
    friend class RecentDeliveries;
    MessageHash() = default;
    crypto_generichash_state state_{};
};

/// Thread-safe. Shared by the listeners of a server.
class RecentDeliveries {
public:
    struct Limits {
        std::size_t entries_max = 20'000;  ///< some 150 octets each
        std::chrono::hours kept_max{
            120};  ///< RFC 5321 section 4.5.4.1: a sender gives up after four or five days
    };

    explicit RecentDeliveries(base::Random& random = base::Random::system());
    RecentDeliveries(base::Random& random, Limits limits);

    /// False: find() finds nothing, so nothing need be hashed for it.
    bool any() const { return count_.load(std::memory_order_relaxed) != 0; }

    /// The fingerprint of a message is that of its octets, with their sender.
    MessageHash message_from(std::string_view sender) const;
    /// Of what a sender declares of a message at MAIL, for what RCPT is to know of it.
    Fingerprint declared(std::string_view sender, std::uint64_t size) const;

    /// `what` is the caller's: the copy's id, or how large it was.
    void note(const Fingerprint& message, base::AccountId account, std::uint64_t what, base::SystemTime now);
    std::optional<std::uint64_t> find(const Fingerprint& message, base::AccountId account,
                                      base::SystemTime now);
    void forget(const Fingerprint& message, base::AccountId account);

private:
    struct Key {
        Fingerprint message{};
        base::AccountId account;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    struct Entry {
        Key key;
        std::uint64_t what = 0;
        base::SystemTime noted;
    };
    using Entries = std::list<Entry>;
    MessageHash start(char kind, std::string_view sender) const;
    void erase(Entries::iterator entry);

    const Limits limits_;
    std::array<unsigned char, 32> secret_{};
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;
    Entries entries_;  // the oldest first
    std::unordered_map<Key, Entries::iterator, KeyHash> places_;
};

}  // namespace smtp
