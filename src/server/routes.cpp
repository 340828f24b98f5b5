// Routing settings, from the texts of the configuration file.
#include "base/ascii.hpp"
#include "base/log.hpp"
#include "net/tls_context.hpp"
#include "server/programs.hpp"

namespace server {

std::string parse_domain_host(std::string_view text, mta::SmartHost& out) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos) return "write it as \"example.com=smtp://host\"";
    std::string why;
    out.domain = base::lowered(text.substr(0, equals));
    out.hop = mta::parse_smart_host(text.substr(equals + 1), &why);
    return out.hop ? std::string() : why;
}

/// It proves itself as it does to clients that are led to it: node.ca_file, node.pins, node.server_name.
std::shared_ptr<const mta::NextHop> hop_to(const config::Node& node) {
    auto hop = std::make_shared<mta::NextHop>();
    hop->kind = mta::NextHop::Kind::host;
    hop->name = base::lowered(node.host);
    hop->port = node.smtp_port;
    hop->tls = node.tls == "none" ? mta::TlsPolicy::never : mta::TlsPolicy::verified;
    if (node.tls == "none") return hop;
    hop->certificate_name = base::lowered(node.server_name);
    net::TlsClientConfig config;
    config.ca_file = node.ca_file;
    config.pins = node.pins;
    auto made = net::TlsContext::make_client(config);
    // Then its certificate is verified by the authorities of other hosts: mail waits rather than be misled.
    if (!made.context)
        base::log::error("server", "a node's authority", {{"node", node.name}, {"why", made.fault}});
    hop->authority = std::move(made.context);
    return hop;
}

mta::RouteSettings routes_from(const config::Config& config) {
    const config::Config::Mta& settings = config.mta;
    mta::RouteSettings out;
    out.relay_from_loopback = settings.relay_from_loopback;
    std::string why;
    if (!settings.smart_host.empty()) out.smart_host = mta::parse_smart_host(settings.smart_host, &why);
    if (!why.empty()) base::log::error("server", "mta.smart_host is left out", {{"why", why}});
    const auto read = [](const std::vector<std::string>& texts, std::vector<mta::SmartHost>& hosts) {
        for (const std::string& text : texts) {
            mta::SmartHost host;
            const std::string wrong = parse_domain_host(text, host);
            if (wrong.empty())
                hosts.push_back(std::move(host));
            else
                base::log::error("server", "a smart host is left out", {{"why", wrong}});
        }
    };
    read(settings.by_recipient, out.by_recipient);
    read(settings.by_sender, out.by_sender);
    for (const config::Node& node : config.nodes)
        if (node.smtp_port != 0) out.nodes[node.name] = hop_to(node);
    return out;
}

}  // namespace server
