// rest_of(): how a session waits out a penalty of its client's.
#pragma once
#include <chrono>
#include <functional>

#include "net/connection.hpp"

namespace net {

/// Waits so long, and reads nothing meanwhile. Ends early when the session is to end anyway: the server
/// stops, an operator ends it, the peer has broken off. Good for as long as the connection. Empty: it has no
/// socket.
std::function<awaitable<void>(std::chrono::milliseconds)> rest_of(Connection* connection);

}  // namespace net
