// NodeRelay: the Relay, by the nodes of the configuration.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/resolver.hpp"
#include "relay/connector.hpp"
#include "relay/node.hpp"
#include "relay/relay.hpp"
#include "relay/web_relay.hpp"

namespace relay {

/// The resolver outlives it, and it outlives the sessions.
class NodeRelay final : public Relay, public WebRelay {
public:
    NodeRelay(net::Resolver& resolver, Settings settings);
    ~NodeRelay() override;
    /// Empty, or what is wrong with a node's files.
    const std::string& fault() const { return fault_; }
    /// Ports that this server listens on: whoever reaches one of them on this very host has reached itself.
    /// Before any session.
    void set_own_ports(std::vector<std::uint16_t> ports) { own_ports_ = std::move(ports); }

    bool elsewhere(const std::string& node) const override;
    awaitable<Opened> open(net::Connection* client, Request request) override;
    awaitable<void> forward(http::Exchange exchange, WebRequest request) override;

private:
    class Opening;
    const Target* find(const std::string& node) const;
    Connector::Parts parts(const Target& target, const net::PeerInfo& peer) const;

    net::Resolver& resolver_;
    Settings settings_;
    std::map<std::string, std::unique_ptr<Target>, std::less<>> targets_;
    std::vector<std::uint16_t> own_ports_;
    std::string fault_;
};

}  // namespace relay
