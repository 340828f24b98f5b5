// What is wrong with a configuration that is well in itself: certificates that are none, keys that belong to
// others, networks that do not exist. Each is asked of the code that will use it; nothing is opened but
// files.
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "auth/token/jwt.hpp"
#include "net/access.hpp"
#include "net/address.hpp"
#include "net/tls_context.hpp"
#include "relay/node.hpp"
#include "server/filter_settings.hpp"
#include "server/programs.hpp"

namespace server {
namespace {

class Examiner {
public:
    explicit Examiner(const config::Config& config) : config_(config) {}

    std::vector<config::Problem> run() {
        pair("tls.", config_.tls.certificate, config_.tls.key);
        for (std::size_t i = 0; i < config_.listeners.size(); ++i) listener(i, config_.listeners[i]);
        authorities("oauth.ca_file", config_.oauth.ca_file);
        key_set();
        relay_secret();
        for (std::size_t i = 0; i < config_.nodes.size(); ++i) node(i, config_.nodes[i]);
        routes();
        std::vector<FilterFault> faults;
        static_cast<void>(filter_settings(config_, faults));
        for (const FilterFault& fault : faults) tell(fault.key, fault.text);
        return std::move(problems_);
    }

private:
    void tell(const std::string& key, const std::string& text) {
        problems_.push_back(config::problem_of(config_, key, fmt::format("'{}': {}", key, text)));
    }

    /// A listener of ours with that certificate, or why there is none.
    static std::string fault_of(const std::string& certificate, const std::string& key,
                                const std::string& client_ca) {
        net::ListenerConfig listener;
        listener.client_ca_file = client_ca;
        net::Certificate one;
        one.chain_file = certificate;
        one.key_file = key;
        listener.certificates.push_back(std::move(one));
        return net::TlsContext::make_server(listener, net::make_ticket_keys()).fault;
    }

    /// True: there is one, and it can be used.
    bool pair(const std::string& prefix, const std::string& certificate, const std::string& key) {
        if (certificate.empty()) return false;
        const std::string fault = fault_of(certificate, key, {});
        if (fault.empty()) return true;
        tell(prefix + (fault.starts_with(key + ":") ? "key" : "certificate"), fault);
        return false;
    }

    void authorities(const std::string& name, const std::string& file) {
        if (file.empty()) return;
        net::TlsClientConfig client;
        client.ca_file = file;
        const std::string fault = net::TlsContext::make_client(client).fault;
        if (!fault.empty()) tell(name, fault);
    }

    void listener(std::size_t number, const config::Listener& one) {
        const std::string prefix = fmt::format("listener[{}].", number);
        pair(prefix, one.certificate, one.key);
        authorities(prefix + "client_ca", one.client_ca);
        for (const std::string& network : one.proxy_trusted) {
            if (network != "unix" && !net::Network::parse(network))
                tell(prefix + "proxy_trusted", "not a network: " + network);
        }
        for (const std::string& network : one.front_ends) {
            if (!net::Network::parse(network)) tell(prefix + "front_ends", "not a network: " + network);
        }
        const std::string allow = net::AccessRules().set(one.allow, {});
        if (!allow.empty()) tell(prefix + "allow", allow);
        const std::string deny = net::AccessRules().set({}, one.deny);
        if (!deny.empty()) tell(prefix + "deny", deny);
        for (const std::string& address : one.addresses) {
            if (!net::parse_listen_address(address)) tell(prefix + "address", "not an address: " + address);
        }
    }

    void relay_secret() {
        std::ifstream in(config_.relay.secret_file);
        std::string line;
        if (config_.relay.secret_file.empty() || !std::getline(in, line))
            return;  // unreadable: told elsewhere
        if (line.ends_with('\r')) line.pop_back();
        const std::string fault =
            relay::secret_fault(config_.relay.secret_file, base::Secret(std::move(line)));
        if (!fault.empty()) tell("relay.secret_file", fault);
    }

    void node(std::size_t number, const config::Node& one) {
        const std::string prefix = fmt::format("node[{}].", number);
        authorities(prefix + "ca_file", one.ca_file);
        net::TlsClientConfig client;
        client.pins = one.pins;
        if (one.pins.empty()) return;
        const std::string fault = net::TlsContext::make_client(client).fault;
        if (!fault.empty()) tell(prefix + "pins", fault);
    }

    void routes() {
        std::string why;
        if (!config_.mta.smart_host.empty() && !mta::parse_smart_host(config_.mta.smart_host, &why))
            tell("mta.smart_host", why);
        const auto list = [this](const char* key, const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
                mta::SmartHost host;
                const std::string wrong = parse_domain_host(text, host);
                if (!wrong.empty()) tell(key, wrong);
            }
        };
        for (const std::string& text : config_.mta.trusted_networks)
            if (!net::Network::parse(text)) tell("mta.trusted_networks", "not a network: " + text);
        for (const std::string& address : config_.mta.report_addresses)
            if (directory::canonical_address(address).find('@') == std::string::npos)
                tell("mta.report_addresses", "not an address: " + address);
        for (const std::string& text : config_.http.metrics_from)
            if (!net::Network::parse(text)) tell("http.metrics_from", "not a network: " + text);
        list("mta.by_recipient_domain", config_.mta.by_recipient);
        list("mta.by_sender_domain", config_.mta.by_sender);
    }

    void key_set() {
        const std::string& file = config_.oauth.keys_file;
        if (file.empty()) return;
        std::ifstream in(file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        if (!auth::token::parse_key_set(text)) tell("oauth.keys_file", file + ": not a set of keys");
    }

    const config::Config& config_;
    std::vector<config::Problem> problems_;
};

}  // namespace

std::vector<config::Problem> examine(const config::Config& config) { return Examiner(config).run(); }

}  // namespace server
