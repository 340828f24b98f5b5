#include "discovery/handlers.hpp"

#include <utility>

#include <boost/asio/ip/host_name.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/fingerprint.hpp"
#include "discovery/documents.hpp"
#include "discovery/qr_code.hpp"
#include "discovery/request.hpp"
#include "discovery/setup_page.hpp"

namespace discovery {

namespace {

using boost::asio::awaitable;
using http::Exchange;
using http::ResponseHead;

constexpr std::string_view xml_type = "text/xml; charset=utf-8";
constexpr std::size_t address_octets_max = 254;  // RFC 5321 section 4.5.3.1.3, without the angles
constexpr std::string_view json_type = "application/json; charset=utf-8";

/// What the routes share; of the handlers, which the router keeps.
struct Shared {
    SettingsOf settings;
    const base::Clock& clock;
    const ProfileSigners* signers;
    std::uint32_t server;  ///< this one among those of its domain
};
using SharedPtr = std::shared_ptr<const Shared>;

std::string domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return base::lowered(at == std::string_view::npos ? address : address.substr(at + 1));
}

bool is_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    return at != std::string_view::npos && at != 0 && at + 1 != text.size() &&
           text.size() <= address_octets_max;
}

/// Of a client that told no address: "autoconfig.example.org" speaks for "example.org".
std::string domain_of_host(std::string host) {
    for (const std::string_view prefix : {"autoconfig.", "autodiscover."})
        if (host.starts_with(prefix)) return host.substr(prefix.size());
    return host;
}

ResponseHead head_of(unsigned status, std::string_view type) {
    ResponseHead head;
    head.status = status;
    head.content_type = type;
    head.fields.emplace_back("Cache-Control", "no-cache");
    return head;
}

/// Of answers that cost a signature or a picture: the next one costs the client a TLS handshake, and of these
/// the server has a limit for each client.
ResponseHead costly_head_of(unsigned status, std::string_view type) {
    ResponseHead head = head_of(status, type);
    head.last = true;
    return head;
}

awaitable<void> mozilla(Exchange exchange, SharedPtr shared) {
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return;
    const std::string address = query_value(exchange.query(), "emailaddress");
    std::string domain = is_address(address) ? domain_of(address) : domain_of_host(exchange.host());
    const auto settings = co_await shared->settings(domain);
    if (!settings) {
        co_await exchange.respond(404);
        co_return;
    }
    ResponseHead head = head_of(200, xml_type);
    std::string body = mozilla_autoconfig(*settings, domain);
    co_await exchange.respond(std::move(head), std::move(body));
}

/// Of a client that looks for the server in plain text, at autodiscover.DOMAIN: only where to ask by TLS.
/// MS-ASCMD section 3.1.5.1, MS-OXDISCO section 3.1.5.4
awaitable<void> lead_to_tls(Exchange exchange, SharedPtr shared) {
    std::string domain = domain_of_host(exchange.host());
    const auto settings = co_await shared->settings(std::move(domain));
    if (!settings || settings->autodiscover_url.empty()) {
        co_await exchange.respond(404);
        co_return;
    }
    ResponseHead head = head_of(302, {});
    head.fields.emplace_back("Location", settings->autodiscover_url);
    std::string none;
    co_await exchange.respond(std::move(head), std::move(none));
}

awaitable<void> autodiscover(Exchange exchange, SharedPtr shared) {
    if (http::is_get(exchange) && !exchange.peer().tls) {
        co_await lead_to_tls(exchange, shared);
        co_return;
    }
    if (exchange.method() != "POST") {
        co_await http::refuse_method(exchange, "POST");
        co_return;
    }
    http::Body body = co_await exchange.read_body(autodiscover_bytes_max);
    if (body.state == http::Body::State::failed) co_return;
    const auto request =
        body.state == http::Body::State::whole ? parse_autodiscover(body.octets) : std::nullopt;
    const auto time = std::chrono::floor<std::chrono::seconds>(shared->clock.now());
    const std::string at =
        fmt::format("{:%H:%M:%S}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
    std::string answer = autodiscover_error(request ? 601 : 600, at, shared->server);
    if (request) {
        std::string domain = domain_of(request->address);
        const auto settings = co_await shared->settings(std::move(domain));
        if (!settings) answer = autodiscover_error(500, at, shared->server);
        using Schema = AutodiscoverRequest::Schema;
        if (settings && request->schema == Schema::outlook) {
            answer = outlook_autodiscover(*settings, request->address);
        } else if (settings && request->schema == Schema::mobilesync && !settings->activesync_url.empty()) {
            answer = mobilesync_autodiscover(*settings, request->address);
        }
    }
    ResponseHead head = head_of(200, xml_type);
    co_await exchange.respond(std::move(head), std::move(answer));
}

awaitable<void> autodiscover_json(Exchange exchange, SharedPtr shared) {
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return;
    // "?Email=a@b", or ".../v1.0/a@b".
    std::string address = query_value(exchange.query(), "Email");
    if (address.empty()) {
        const std::string_view path = exchange.path();
        address = query_value("email=" + std::string(path.substr(path.rfind('/') + 1)), "email");
    }
    std::string domain = is_address(address) ? domain_of(address) : domain_of_host(exchange.host());
    const auto settings = co_await shared->settings(std::move(domain));
    const Settings nothing;
    JsonAnswer answer = json_missing("Email");
    if (settings || is_address(address))
        answer = json_autodiscover(settings ? *settings : nothing, query_value(exchange.query(), "Protocol"));
    ResponseHead head = head_of(answer.status, json_type);
    co_await exchange.respond(std::move(head), std::move(answer.body));
}

/// What the routes of Apple's profile are asked for.
struct ProfileQuery {
    std::string address;
    bool activesync = false;
    std::optional<Settings> settings;
};

/// The answer is given already where this says false: no method of ours, no address, no domain of ours.
awaitable<bool> read_profile_query(Exchange exchange, SharedPtr shared, ProfileQuery* out) {
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return false;
    out->address = query_value(exchange.query(), "email");
    out->activesync = query_value(exchange.query(), "kind") == "activesync";
    if (!is_address(out->address)) {
        co_await exchange.respond(400);
        co_return false;
    }
    std::string domain = domain_of(out->address);
    out->settings = co_await shared->settings(std::move(domain));
    if (!out->settings || (out->activesync && out->settings->activesync_url.empty())) {
        co_await exchange.respond(404);
        co_return false;
    }
    co_return true;
}

awaitable<void> apple(Exchange exchange, SharedPtr shared) {
    ProfileQuery query;
    const bool good = co_await read_profile_query(exchange, shared, &query);
    if (!good) co_return;
    ResponseHead head = costly_head_of(200, "application/x-apple-aspen-config");
    head.fields.emplace_back("Content-Disposition", "attachment; filename=\"mail.mobileconfig\"");
    std::string body = apple_profile(*query.settings, query.address, query.activesync);
    if (shared->signers != nullptr)
        body = shared->signers->sign(host_of(query.settings->web_url), std::move(body));
    co_await exchange.respond(std::move(head), std::move(body));
}

awaitable<void> profile_code(Exchange exchange, SharedPtr shared) {
    ProfileQuery query;
    const bool good = co_await read_profile_query(exchange, shared, &query);
    if (!good) co_return;
    const std::string url = profile_url(*query.settings, query.address, query.activesync);
    if (url.empty()) {
        co_await exchange.respond(404);
        co_return;
    }
    ResponseHead head = costly_head_of(200, "image/svg+xml");
    std::string body = qr_svg(url);
    co_await exchange.respond(std::move(head), std::move(body));
}

awaitable<void> setup(Exchange exchange, SharedPtr shared) {
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return;
    const std::string address = query_value(exchange.query(), "email");
    std::optional<Settings> settings;
    if (is_address(address)) {
        std::string domain = domain_of(address);
        settings = co_await shared->settings(std::move(domain));
    }
    const bool asks = !settings;
    ResponseHead head = head_of(asks && !address.empty() ? 404 : 200, "text/html; charset=utf-8");
    head.fields.emplace_back("Content-Security-Policy",
                             "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                             "frame-ancestors 'none'; base-uri 'none'");
    head.fields.emplace_back("X-Content-Type-Options", "nosniff");
    std::string body;
    if (settings) {
        head.last = true;  // it has pictures
        body = setup_page(*settings, address);
    } else {
        body = setup_form(address.empty() ? "" : "There is no mail of this address here.");
    }
    co_await exchange.respond(std::move(head), std::move(body));
}

}  // namespace

void add_routes(http::Router& router, SettingsOf settings, const base::Clock& clock,
                const ProfileSigners* signers) {
    boost::system::error_code none;  // without a name it is as good as any other
    const auto server = static_cast<std::uint32_t>(base::fingerprint(boost::asio::ip::host_name(none)));
    const auto shared = std::make_shared<const Shared>(Shared{std::move(settings), clock, signers, server});
    const auto with = [&shared](auto* handler) {
        return [handler, shared](Exchange exchange) { return handler(exchange, shared); };
    };
    using Match = http::Router::Match;
    router.add("/mail/config-v1.1.xml", Match::exact, with(mozilla));
    router.add("/.well-known/autoconfig/mail/config-v1.1.xml", Match::exact, with(mozilla));
    router.add("/autodiscover/autodiscover.xml", Match::any_case, with(autodiscover));
    router.add("/autodiscover/autodiscover.json", Match::prefix_any_case, with(autodiscover_json));
    router.add("/mobileconfig", Match::exact, with(apple));
    router.add("/mobileconfig/qr.svg", Match::exact, with(profile_code));
    router.add("/setup", Match::exact, with(setup));
}

}  // namespace discovery
