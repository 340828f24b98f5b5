// Pool: connections that have delivered and wait shortly for more mail of the same next hop. Thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "mta/smtp_out/session.hpp"
#include "mta/smtp_out/turnstile.hpp"

namespace mta::smtp_out {

/// A connection with its places among those to its host, and among all.
struct Line {
    std::unique_ptr<Session> session;
    Turnstile::Turn host, all;
};

/// Shared by the connector and the timer that ends what idled too long.
class Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(boost::asio::any_io_executor executor, std::chrono::milliseconds idle_max, std::size_t lines_max);

    /// The one last used; without a session: none is there. `proven`: only one whose host has proven its name
    /// and offers REQUIRETLS.
    Line take(const std::string& key, bool proven);
    void put(const std::string& key, Line line);
    /// Ends an idle one of this host, whichever next hop it was for: somebody needs its place. False: none.
    bool evict(const std::string& address);
    /// QUIT, on the connection's own strand, and then its end.
    static void dismiss(Line line);
    void stop();
    std::size_t size() const;

private:
    struct Idle {
        Line line;
        std::chrono::steady_clock::time_point since;
    };
    void arm();
    void sweep();

    const boost::asio::any_io_executor executor_;
    const std::chrono::milliseconds idle_max_;
    const std::size_t lines_max_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::deque<Idle>> idle_;
    std::size_t size_ = 0;
    std::unique_ptr<boost::asio::steady_timer> timer_;
    bool armed_ = false, stopped_ = false;
};

}  // namespace mta::smtp_out
