#include "net/listener.hpp"

#include <algorithm>
#include <utility>

#include "net/tls_context.hpp"

namespace net {

Listener::Listener(ListenerConfig what, Serve how, const ServerLimits& limits,
                   std::shared_ptr<HandshakeTurns> turns, std::shared_ptr<TicketKeys> keys)
    : config(std::move(what)),
      serve(std::move(how)),
      shared(std::make_shared<ConnectionShared>(config.output_stall_max, limits.tls_handshake_max,
                                                std::move(turns))),
      gate(config.connections_max, config.connections_per_ip_max),
      keys_(std::move(keys)) {}

std::string Listener::load_tls(std::shared_ptr<const TlsContext>& out) const {
    if (config.tls == TlsMode::none) return {};
    TlsContext::Made made = TlsContext::make_server(config, keys_);
    out = std::move(made.context);
    return made.fault.empty() ? std::string() : config.name + ": " + made.fault;
}

std::string Listener::parse_networks() {
    for (const std::string& text : config.proxy_trusted) {
        if (text == "unix") {
            proxy_unix_ = true;
            continue;
        }
        const auto network = Network::parse(text);
        if (!network) return config.name + ": not a network: " + text;
        proxy_networks_.push_back(*network);
    }
    for (const std::string& text : config.front_ends) {
        const auto network = Network::parse(text);
        if (!network) return config.name + ": not a network: " + text;
        front_ends_.push_back(*network);
    }
    const std::string fault = access.set(config.allow, config.deny);
    return fault.empty() ? fault : config.name + ": " + fault;
}

bool Listener::is_proxy(const SocketAddress& peer) const {
    const auto ip = peer.ip();
    if (!ip) return proxy_unix_;
    return std::ranges::any_of(proxy_networks_,
                               [&](const Network& network) { return network.contains(*ip); });
}

bool Listener::is_front_end(const SocketAddress& peer) const {
    const auto ip = peer.ip();
    return ip &&
           std::ranges::any_of(front_ends_, [&](const Network& network) { return network.contains(*ip); });
}

}  // namespace net
