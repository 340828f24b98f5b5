#include "relay/connector.hpp"

#include <algorithm>
#include <utility>

#include "net/proxy_header.hpp"
#include "net/tls_context.hpp"

namespace relay {

using Clock = std::chrono::steady_clock;
using Connected = base::Result<std::unique_ptr<net::Client>, OpenError>;

OpenError unavailable(std::string why) {
    return OpenError(Failure{Failure::Kind::unavailable, std::move(why), {}});
}

Connector::Connector(Parts parts, std::uint16_t port, Node::Tls tls)
    : parts_(parts), port_(port), tls_(tls), deadline_(Clock::now() + parts.settings.login_max) {}

awaitable<Connected> Connector::connect(boost::asio::any_io_executor strand,
                                        std::function<void(net::Client&)> connected) {
    const Node& node = parts_.target.node;
    auto addresses = co_await parts_.resolver.addresses(node.host);
    if (!addresses || addresses->empty()) co_return unavailable("no address of " + node.host);
    const std::size_t count = std::min(addresses->size(), Settings::addresses_max);
    OpenError last;
    for (std::size_t i = 0; i < count; ++i) {
        std::string address = (*addresses)[i].text();
        auto reached = co_await reach(strand, std::move(address), connected);
        if (reached) co_return reached;
        last = reached.error();
        if (Clock::now() >= deadline_ || final_) break;
    }
    co_return last;
}

awaitable<Connected> Connector::reach(boost::asio::any_io_executor strand, std::string address,
                                      std::function<void(net::Client&)> connected) {
    net::ClientOptions options;
    options.address = std::move(address);
    options.port = port_;
    options.connect_max = std::min(parts_.settings.connect_max, left());
    auto made = co_await net::Client::connect(std::move(strand), std::move(options));
    if (!made) {
        final_ = made.error().is(net::ClientErrc::cancelled);
        co_return unavailable("cannot connect: " + made.error().what());
    }
    std::unique_ptr<net::Client> client = std::move(*made);
    connected(*client);
    final_ =
        client->reached_own_host() && std::ranges::find(parts_.own_ports, port_) != parts_.own_ports.end();
    if (final_) co_return unavailable("the node is this server itself");
    if (parts_.target.node.announce == Node::Announce::proxy) {
        std::string header = proxy_header();
        auto sent = co_await client->write(std::move(header));
        if (!sent) co_return unavailable(sent.error().what());
    }
    if (tls_ == Node::Tls::implicit) {
        auto secured = co_await secure(client.get());
        if (!secured) co_return secured.error();
    }
    co_return client;
}

std::string Connector::proxy_header() const {
    net::ProxiedClient proxied;
    proxied.source = net::IpAddress::parse(parts_.peer.address);
    proxied.destination = net::IpAddress::parse(parts_.peer.local_address);
    proxied.source_port = parts_.peer.port;
    proxied.destination_port = parts_.peer.local_port;
    return net::write_proxy_header(proxied);
}

awaitable<base::Result<void, OpenError>> Connector::secure(net::Client* client) {
    const Node& node = parts_.target.node;
    const auto patience = std::min(parts_.settings.tls_handshake_max, left());
    std::string name = node.server_name.empty() ? node.host : node.server_name;
    auto secured = co_await client->start_tls(parts_.target.tls, std::move(name), patience);
    if (!secured) co_return unavailable("no TLS: " + secured.error().what());
    co_return base::Result<void, OpenError>();
}

std::chrono::milliseconds Connector::left() const {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    return std::max(rest, std::chrono::milliseconds(0));
}

}  // namespace relay
