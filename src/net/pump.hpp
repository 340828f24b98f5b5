// Pump: carries octets between a client of ours and a server that we are connected to, both ways, until one
// of them has had enough. What the octets mean is theirs alone.
//
// Memory is bounded: a side is read only when the other has taken what was read before (64 KiB at most, and
// what TLS makes of it). Asleep it holds no buffer.
#pragma once
#include <chrono>
#include <cstdint>

#include <boost/asio/awaitable.hpp>

#include "net/client.hpp"
#include "net/connection.hpp"
#include "net/session_registry.hpp"

namespace net {

struct PumpLimits {
    std::chrono::milliseconds idle_max{31 * 60'000};  ///< both sides silent
    std::chrono::milliseconds stall_max{300'000};     ///< a side takes nothing of what waits for it
    /// The client will say no more: how long the server may still be silent before it ends too.
    std::chrono::milliseconds half_closed_max{60'000};
    std::chrono::milliseconds drain_quiet{500};  ///< silence after which a stopping server ends it
};

enum class PumpEnd : std::uint8_t {
    closed,    ///< one side closed, and the other has all that it said
    idle,      ///< nothing came for too long
    stalled,   ///< a side did not read
    kicked,    ///< by an operator
    shutdown,  ///< the server stops, or closed the connection under it
};
const char* text_of(PumpEnd end);

/// All output of both must be flushed; input that `near` has goes to `far` first. Events of `near` are taken.
/// Closes neither. On the strand of both, which must be one. `session` is told when the client has said
/// something.
boost::asio::awaitable<PumpEnd> pump(Connection* near, Client* far, SessionRegistry::Handle* session,
                                     PumpLimits limits);

}  // namespace net
