// Endpoint: where a filter listens, and connections to it: "127.0.0.1:3310", "[::1]:3310", "localhost:3310",
// "unix:/run/clamav/clamd.ctl".
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "net/client.hpp"
#include "net/resolver.hpp"

namespace filter {

struct Endpoint {
    std::string host;  ///< name or numeric address; "unix:/path"
    std::uint16_t port = 0;

    static std::optional<Endpoint> parse(std::string_view text);
    std::string text() const;
};

using SteadyTime = std::chrono::steady_clock::time_point;
/// Never negative.
std::chrono::milliseconds until(SteadyTime deadline);

/// The first of its addresses that takes the connection before the deadline. `resolver` may be null: then
/// names are nobody's.
boost::asio::awaitable<net::ClientResult<std::unique_ptr<net::Client>>> connect_to(net::Resolver* resolver,
                                                                                   Endpoint endpoint,
                                                                                   SteadyTime deadline);

/// What is done when a filter does not answer, or not as it should.
enum class WhenDown : std::uint8_t { accept, tempfail };

}  // namespace filter
