#include "server/web_services.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/crc32c.hpp"
#include "discovery/handlers.hpp"
#include "eas/handler.hpp"

namespace server {

namespace {

using boost::asio::awaitable;
using discovery::Endpoint;
using discovery::Security;
using discovery::Settings;
using PartsPtr = std::shared_ptr<const WebParts>;

std::optional<Endpoint::Service> service_of(std::string_view protocol) {
    if (protocol == "imap") return Endpoint::Service::imap;
    if (protocol == "pop3") return Endpoint::Service::pop3;
    if (protocol == "submission") return Endpoint::Service::submission;
    return std::nullopt;
}

/// The port that a client uses: of the first address that is one; 0: none.
std::uint16_t port_of(const WebParts& parts, const net::ListenerConfig& listener) {
    const std::vector<std::uint16_t> ports = parts.server.ports(listener.name);
    for (const std::uint16_t port : ports)
        if (port != 0) return port;
    return 0;
}

/// Implicit TLS first (RFC 8314 section 3); who listens without TLS is not told to anybody.
void add_endpoints(Settings& out, const WebParts& parts, net::TlsMode mode) {
    for (const net::ListenerConfig& listener : parts.listeners) {
        const auto service = service_of(listener.protocol);
        const std::uint16_t port = port_of(parts, listener);
        if (!service || listener.tls != mode || port == 0) continue;
        const Security security =
            mode == net::TlsMode::implicit ? Security::implicit_tls : Security::starttls;
        out.endpoints.push_back({*service, parts.hostname, port, security});
    }
}

Settings settings_for(const WebParts& parts, std::string_view domain) {
    Settings out;
    out.provider = domain;
    add_endpoints(out, parts, net::TlsMode::implicit);
    add_endpoints(out, parts, net::TlsMode::starttls);
    for (const net::ListenerConfig& listener : parts.listeners) {
        const std::uint16_t port = port_of(parts, listener);
        if (listener.protocol != "http" || listener.tls != net::TlsMode::implicit || port == 0) continue;
        const std::string shown = port == 443 ? std::string() : fmt::format(":{}", port);
        if (out.autodiscover_url.empty())
            out.autodiscover_url =
                fmt::format("https://{}{}/autodiscover/autodiscover.xml", parts.hostname, shown);
        if (out.activesync_url.empty() && parts.activesync.contains(listener.name))
            out.activesync_url =
                fmt::format("https://{}{}/Microsoft-Server-ActiveSync", parts.hostname, shown);
    }
    return out;
}

awaitable<std::optional<Settings>> find_settings(PartsPtr parts, std::string domain) {
    const auto local = co_await parts->directory.is_local_domain(domain);
    if (!local || !*local) co_return std::nullopt;
    co_return settings_for(*parts, domain);
}

/// For load balancers and supervisors.
awaitable<void> health(http::Exchange exchange) {
    http::ResponseHead head;
    head.content_type = "text/plain";
    head.fields.emplace_back("Cache-Control", "no-store");
    std::string body = "ok\n";
    co_await exchange.respond(std::move(head), std::move(body));
}

/// The policy of one's own domains: RFC 8461 section 3.3, at mta-sts.DOMAIN.
awaitable<void> policy(PartsPtr parts, http::Exchange exchange) {
    constexpr std::string_view prefix = "mta-sts.";
    const std::string host = exchange.host();
    bool ours = false;
    if (host.starts_with(prefix)) {
        const auto local = co_await parts->directory.is_local_domain(host.substr(prefix.size()));
        ours = local && *local;
    }
    if (!ours) {
        co_await exchange.respond(404U);
        co_return;
    }
    http::ResponseHead head;
    head.content_type = "text/plain";
    std::string body = sts_policy_text(parts->sts_policy, parts->hostname);
    co_await exchange.respond(std::move(head), std::move(body));
}

}  // namespace

std::string sts_policy_text(const std::string& mode, const std::string& hostname) {
    return fmt::format("version: STSv1\r\nmode: {}\r\nmx: {}\r\nmax_age: {}\r\n", mode, hostname,
                       7 * 24 * 3600);
}

std::string sts_policy_id(const std::string& text) { return fmt::format("{:08x}", base::crc32c(text)); }

std::shared_ptr<const http::Services> make_web_services(WebParts given, const std::string& listener) {
    auto services = std::make_shared<http::Services>(given.server.sessions(), base::Clock::system());
    const PartsPtr parts = std::make_shared<const WebParts>(std::move(given));
    const auto settings = [parts](std::string domain) { return find_settings(parts, std::move(domain)); };
    services->router.add("/healthz", http::Router::Match::exact, health);
    if (parts->sts_policy != "none")
        services->router.add("/.well-known/mta-sts.txt", http::Router::Match::exact,
                             [parts](http::Exchange exchange) { return policy(parts, std::move(exchange)); });
    if (parts->activesync.contains(listener)) eas::add_routes(services->router, parts->eas);
    discovery::add_routes(services->router, settings, base::Clock::system());
    return services;
}

}  // namespace server
