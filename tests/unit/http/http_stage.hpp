// One HTTP session over buffers, with handlers of the test's own.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "http/server.hpp"
#include "support/memory_connection.hpp"

namespace http_test {

class Stage {
public:
    explicit Stage(http::ServerLimits limits = {});
    ~Stage();

    http::Router& router() { return services_->router; }
    net::SessionRegistry& sessions() { return sessions_; }
    support::MemoryPeer& peer();  ///< starts the session at the first call
    /// Sends, lets the session run, takes what it answered.
    std::string send(std::string_view octets);
    std::string advance(std::chrono::milliseconds by);
    std::string wake(std::uint32_t events);
    bool ended() const { return ended_; }

private:
    std::string taken();

    boost::asio::io_context io_;
    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    net::SessionRegistry sessions_;
    std::shared_ptr<http::Services> services_;
    std::unique_ptr<support::MemoryPair> pair_;
    bool ended_ = false;
};

}  // namespace http_test
