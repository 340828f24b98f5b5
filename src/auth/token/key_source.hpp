// KeySource: an issuer's public keys, fetched when they are needed, kept, and fetched again: after a while,
// and when a token names a key that is not among them. Who asks while others fetch waits for them, or takes
// the keys that there are. Thread-safe.
#pragma once
#include <list>
#include <memory>
#include <mutex>

#include <boost/asio/steady_timer.hpp>

#include "auth/token/checker.hpp"
#include "auth/token/jwt.hpp"

namespace auth::token {

/// When to try again what has failed: 1, 2, 4 … 300 s later.
class Backoff {
public:
    /// \param began when that was tried: what was under way when another failed says nothing more
    void failed(base::SystemTime began, base::SystemTime now);
    void succeeded() { *this = Backoff(); }
    bool waits(base::SystemTime now) const { return now < until_; }

private:
    static constexpr std::chrono::seconds max{300};
    std::chrono::seconds next_{1};
    base::SystemTime failed_, until_;
};

using Keys = std::shared_ptr<const KeySet>;  // the source's, and of checks under way

class KeySource {
public:
    KeySource(const Settings& settings, Fetcher& fetcher, const base::Clock& clock);

    /// Null: there are none, and none can be had now.
    awaitable<Keys> current();
    /// `seen` did not do: newer ones, if there are any and it is not too soon to ask.
    awaitable<Keys> newer(Keys seen);

private:
    enum class Turn : std::uint8_t { mine, others, none };
    Turn take_turn(base::SystemTime now);
    awaitable<void> refresh(bool wait_for_others);
    awaitable<void> wait_for_others();
    void keep(const Response& response);
    Keys usable() const;

    const Settings& settings_;
    Fetcher& fetcher_;
    const base::Clock& clock_;
    const std::chrono::seconds kept_, again_after_;

    mutable std::mutex mutex_;
    Keys keys_;
    base::SystemTime fetched_, asked_;
    base::SystemTime fetching_until_;  // in the future: somebody fetches
    Backoff backoff_;
    std::list<std::shared_ptr<boost::asio::steady_timer>> waiting_;  // a waiter's, and a posted cancel's
};

}  // namespace auth::token
