// Connector: reaches a node: its addresses one after the other, the PROXY header, TLS.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "net/client.hpp"
#include "net/resolver.hpp"
#include "relay/node.hpp"
#include "relay/relay.hpp"

namespace relay {

/// A node and what is needed to reach it.
struct Target {
    Node node;
    std::shared_ptr<const net::TlsContext> tls;  // null: none
};

/// A local of the coroutine that opens; what it refers to outlives it.
class Connector {
public:
    struct Parts {
        net::Resolver& resolver;
        const Settings& settings;
        const std::vector<std::uint16_t>& own_ports;
        const Target& target;
        const net::PeerInfo& peer;  ///< the client
    };
    Connector(Parts parts, std::uint16_t port, Node::Tls tls);

    /// A connection on which the first words can be said. `connected` is called with each connection as it is
    /// made, before anything is said on it.
    awaitable<base::Result<std::unique_ptr<net::Client>, OpenError>> connect(
        boost::asio::any_io_executor strand, std::function<void(net::Client&)> connected);
    awaitable<base::Result<void, OpenError>> secure(net::Client* client);

    std::chrono::milliseconds left() const;  ///< until Settings::login_max has passed

private:
    awaitable<base::Result<std::unique_ptr<net::Client>, OpenError>> reach(
        boost::asio::any_io_executor strand, std::string address,
        std::function<void(net::Client&)> connected);
    std::string proxy_header() const;

    const Parts parts_;
    const std::uint16_t port_;
    const Node::Tls tls_;
    const std::chrono::steady_clock::time_point deadline_;
    bool final_ = false;  // another address of the node would change nothing
};

OpenError unavailable(std::string why);

}  // namespace relay
