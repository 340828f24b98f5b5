#include "server/web_services.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/crc32c.hpp"
#include "discovery/handlers.hpp"
#include "eas/handler.hpp"
#include "server/client_settings.hpp"
#include "server/metrics.hpp"

namespace server {

namespace {

using boost::asio::awaitable;
using discovery::Settings;
using PartsPtr = std::shared_ptr<const WebParts>;

awaitable<std::optional<Settings>> find_settings(PartsPtr parts, std::string domain) {
    const auto local = co_await parts->directory.is_local_domain(domain);
    if (!local || !*local) co_return std::nullopt;
    co_return client_settings(*parts, domain);
}

/// For load balancers and supervisors.
awaitable<void> health(http::Exchange exchange) {
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return;
    http::ResponseHead head;
    head.content_type = "text/plain";
    head.fields.emplace_back("Cache-Control", "no-store");
    std::string body = "ok\n";
    co_await exchange.respond(std::move(head), std::move(body));
}

/// For programs that gather figures; of others it is hidden.
awaitable<void> metrics(PartsPtr parts, http::Exchange exchange) {
    const auto from = net::IpAddress::parse(exchange.peer().address);
    const bool may = from && std::ranges::any_of(parts->metrics_from, [&](const net::Network& network) {
                         return network.contains(*from);
                     });
    if (!may) {
        co_await exchange.respond(404U);
        co_return;
    }
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return;
    admin::Json none = admin::Json::object();
    const admin::Reply status =
        co_await admin::run_operation(parts->admin, "status", std::move(none), nullptr);
    if (!status) {
        co_await exchange.respond(503U);
        co_return;
    }
    http::ResponseHead head;
    head.content_type = "text/plain; version=0.0.4";
    head.fields.emplace_back("Cache-Control", "no-store");
    std::string body = metrics_text(*status);
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
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return;
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
    if (!parts->metrics_from.empty())
        services->router.add("/metrics", http::Router::Match::exact, [parts](http::Exchange exchange) {
            return metrics(parts, std::move(exchange));
        });
    if (parts->sts_policy != "none")
        services->router.add("/.well-known/mta-sts.txt", http::Router::Match::exact,
                             [parts](http::Exchange exchange) { return policy(parts, std::move(exchange)); });
    if (parts->activesync.contains(listener)) eas::add_routes(services->router, parts->eas);
    discovery::add_routes(services->router, settings, base::Clock::system(), parts->signers);
    return services;
}

}  // namespace server
