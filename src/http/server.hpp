// The HTTP service: what its sessions share, and the coroutine that serves one connection. RFC 9110, RFC
// 9112.
#pragma once
#include <chrono>
#include <memory>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "http/router.hpp"
#include "net/connection.hpp"
#include "net/session_registry.hpp"

namespace http {

/// Every number that bounds a session, with its reason.
struct ServerLimits {
    std::size_t header_bytes_max = 16'384;  ///< ActiveSync's queries and tokens in fields fit many times
    std::chrono::milliseconds header_max{30'000};  ///< from a request's first octet to its header's end
    std::chrono::milliseconds idle_max{300'000};   ///< between requests: phones come back within minutes
    std::chrono::milliseconds first_max{60'000};   ///< until the first request's first octet
    std::chrono::milliseconds body_stall_max{30'000};
    std::size_t body_bytes_per_second_min = 512;  ///< on average, after a stall's time has passed
    std::size_t unread_body_max = 262'144;  ///< of a body nobody read: more, and the connection is closed
    std::size_t ahead_bytes_max = 65'536;   ///< what a peer may send while its request waits
    std::uint32_t requests_max = 10'000;    ///< on one connection
};

struct Services {
    Services(net::SessionRegistry& registry, const base::Clock& time, ServerLimits bounds = {})
        : sessions(registry), clock(time), limits(bounds) {}

    Router router;
    net::SessionRegistry& sessions;
    const base::Clock& clock;
    ServerLimits limits;
};

boost::asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection,
                                   std::shared_ptr<const Services> services);

}  // namespace http
