#include "server/client_settings.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "discovery/qr_code.hpp"
#include "discovery/setup_page.hpp"

namespace server {

namespace {

using discovery::Endpoint;
using discovery::Security;
using discovery::Settings;

std::optional<Endpoint::Service> service_of(std::string_view protocol) {
    if (protocol == "imap") return Endpoint::Service::imap;
    if (protocol == "pop3") return Endpoint::Service::pop3;
    if (protocol == "submission") return Endpoint::Service::submission;
    return std::nullopt;
}

std::string_view name_of(Endpoint::Service service) {
    switch (service) {
        case Endpoint::Service::imap:
            return "imap";
        case Endpoint::Service::pop3:
            return "pop3";
        case Endpoint::Service::submission:
            return "submission";
    }
    return "";
}

/// The port that a client uses: of the first address that is one; 0: none.
std::uint16_t port_of(const WebParts& parts, const net::ListenerConfig& listener) {
    const std::vector<std::uint16_t> ports = parts.server.ports(listener.name);
    for (const std::uint16_t port : ports)
        if (port != 0) return port;
    return 0;
}

const config::Discovery& table_of(const WebParts& parts, std::string_view domain) {
    static const config::Discovery none;
    const config::Discovery* others = &none;
    for (const config::Discovery& table : parts.discovery) {
        for (const std::string& name : table.domains) {
            if (base::equals_nocase(name, domain)) return table;
            if (name == "*") others = &table;
        }
    }
    return *others;
}

std::uint16_t told_port(const config::Discovery& table, Endpoint::Service service, Security security) {
    const bool implicit = security == Security::implicit_tls;
    switch (service) {
        case Endpoint::Service::imap:
            return implicit ? table.imaps_port : table.imap_port;
        case Endpoint::Service::pop3:
            return implicit ? table.pop3s_port : table.pop3_port;
        case Endpoint::Service::submission:
            return implicit ? table.submissions_port : table.submission_port;
    }
    return 0;
}

bool hides(const config::Discovery& table, std::string_view service) {
    return std::ranges::find(table.hide, service) != table.hide.end();
}

/// Implicit TLS first (RFC 8314 section 3); who listens without TLS is not told to anybody.
void add_endpoints(Settings& out, const WebParts& parts, const config::Discovery& table, net::TlsMode mode) {
    const std::string& host = table.host.empty() ? parts.hostname : table.host;
    for (const net::ListenerConfig& listener : parts.listeners) {
        const auto service = service_of(listener.protocol);
        const std::uint16_t port = port_of(parts, listener);
        if (!service || listener.tls != mode || port == 0 || hides(table, listener.protocol)) continue;
        const Security security =
            mode == net::TlsMode::implicit ? Security::implicit_tls : Security::starttls;
        const std::uint16_t told = told_port(table, *service, security);
        out.endpoints.push_back({*service, host, told == 0 ? port : told, security});
    }
}

/// "https://mail.example.org:8443"
std::string web_url(const WebParts& parts, const config::Discovery& table, std::uint16_t port) {
    const std::string& host = !table.web_host.empty() ? table.web_host
                              : !table.host.empty()   ? table.host
                                                      : parts.hostname;
    if (table.https_port != 0) port = table.https_port;
    return "https://" + host + (port == 443 ? std::string() : fmt::format(":{}", port));
}

}  // namespace

Settings client_settings(const WebParts& parts, std::string_view domain) {
    Settings out;
    const config::Discovery& table = table_of(parts, domain);
    out.provider = table.name.empty() ? std::string(domain) : table.name;
    add_endpoints(out, parts, table, net::TlsMode::implicit);
    add_endpoints(out, parts, table, net::TlsMode::starttls);
    for (const net::ListenerConfig& listener : parts.listeners) {
        const std::uint16_t port = port_of(parts, listener);
        if (listener.protocol != "http" || listener.tls != net::TlsMode::implicit || port == 0) continue;
        const std::string url = web_url(parts, table, port);
        if (out.web_url.empty()) {
            out.web_url = url;
            out.autodiscover_url = url + "/autodiscover/autodiscover.xml";
        }
        if (out.activesync_url.empty() && parts.activesync.contains(listener.name) &&
            !hides(table, "activesync"))
            out.activesync_url = url + "/Microsoft-Server-ActiveSync";
    }
    return out;
}

nlohmann::json shown_settings(const WebParts& parts, const std::string& address) {
    using Json = nlohmann::json;
    const Settings settings =
        client_settings(parts, base::lowered(std::string_view(address).substr(address.rfind('@') + 1)));
    Json services = Json::array();
    for (const Endpoint& endpoint : settings.endpoints)
        services.push_back({{"service", name_of(endpoint.service)},
                            {"host", endpoint.host},
                            {"port", endpoint.port},
                            {"security", endpoint.security == Security::implicit_tls ? "tls" : "starttls"}});
    Json out = {{"address", address},
                {"name", settings.provider},
                {"services", std::move(services)},
                {"activesync", settings.activesync_url},
                {"autodiscover", settings.autodiscover_url}};
    out["web_host"] = std::string(discovery::host_of(settings.web_url));
    out["setup"] = settings.web_url.empty() ? std::string() : settings.web_url + "/setup";
    const bool activesync = !settings.activesync_url.empty();
    const std::string profile = discovery::profile_url(settings, address, activesync);
    out["profile"] = profile;
    out["profile_code"] = profile.empty() ? std::string() : discovery::qr_lines(profile);
    return out;
}

}  // namespace server
