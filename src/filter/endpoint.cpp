#include "filter/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "base/ascii.hpp"
#include "net/address.hpp"

namespace filter {
namespace asio = boost::asio;
namespace {

using Connected = net::ClientResult<std::unique_ptr<net::Client>>;
constexpr std::size_t addresses_max = 4;  // tried, of a name that has more

bool is_host(std::string_view host) {
    if (net::IpAddress::parse(host)) return true;
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

}  // namespace

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    Endpoint out;
    if (text.starts_with("unix:")) {
        if (text.size() < 7 || text[5] != '/') return std::nullopt;
        out.host = text;
        return out;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (failed != std::errc() || end != port.data() + port.size() || out.port == 0) return std::nullopt;
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    out.host = base::lowered(host);
    const bool has_colon = host.find(':') != std::string_view::npos;
    if (has_colon != bracketed || !is_host(out.host)) return std::nullopt;
    return out;
}

std::string Endpoint::text() const {
    if (port == 0) return host;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::chrono::milliseconds until(SteadyTime deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

asio::awaitable<Connected> connect_to(net::Resolver* resolver, Endpoint endpoint, SteadyTime deadline) {
    const asio::any_io_executor strand = co_await asio::this_coro::executor;
    std::vector<std::string> addresses{endpoint.host};
    if (!endpoint.host.starts_with("unix:") && !net::IpAddress::parse(endpoint.host)) {
        addresses.clear();
        if (resolver == nullptr) co_return net::ClientError(net::ClientErrc::address, "no resolver");
        auto found = co_await resolver->addresses(endpoint.host);
        if (!found) co_return net::ClientError(net::ClientErrc::address, "no address of " + endpoint.host);
        for (const net::IpAddress& one : *found) addresses.push_back(one.text());
    }
    net::ClientError why(net::ClientErrc::address, "no address");
    const std::size_t count = std::min(addresses.size(), addresses_max);
    for (std::size_t i = 0; i < count; ++i) {
        net::ClientOptions options;
        options.address = addresses[i];
        options.port = endpoint.port;
        // A part of what is left for each, so that one that is silent leaves time for the others.
        options.connect_max = until(deadline) / static_cast<int>(count - i);
        options.output_stall_max = until(deadline);
        auto connected = co_await net::Client::connect(strand, std::move(options));
        if (connected) co_return std::move(*connected);
        why = connected.error();
    }
    co_return why;
}

}  // namespace filter
