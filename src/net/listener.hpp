// Listener: one virtual server's configuration made ready for use. Not its sockets: those are Doors.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "net/access.hpp"
#include "net/address.hpp"
#include "net/door.hpp"
#include "net/gate.hpp"
#include "net/server.hpp"
#include "net/socket_connection.hpp"
#include "net/tls_tickets.hpp"

namespace net {

/// Shared by the server and by its connections' leases.
class Listener {
public:
    Listener(ListenerConfig config, Serve serve, const ServerLimits& limits,
             std::shared_ptr<HandshakeTurns> turns, std::shared_ptr<TicketKeys> keys);

    /// Reads the certificates. Empty text, or what is wrong.
    std::string load_tls(std::shared_ptr<const TlsContext>& out) const;
    /// Reads proxy_trusted, allow and deny. Empty text, or what is wrong.
    std::string parse_networks();
    /// Does this peer send a PROXY header?
    bool is_proxy(const SocketAddress& peer) const;
    bool is_front_end(const SocketAddress& peer) const;

    const ListenerConfig config;
    const Serve serve;
    const std::shared_ptr<ConnectionShared> shared;
    AccessRules access;
    Gate gate;
    std::vector<std::shared_ptr<Door>> doors;

private:
    std::shared_ptr<TicketKeys> keys_;
    std::vector<Network> proxy_networks_, front_ends_;
    bool proxy_unix_ = false;
};

}  // namespace net
