#include "config/checks.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "config/value.hpp"

namespace config {
namespace {

/// "https://host…", or "http://" of this machine, where nobody else listens.
bool is_safe_url(std::string_view url) {
    const bool printable = std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7F; });
    if (!printable) return false;
    if (url.starts_with("https://")) return url.size() > std::string_view("https://").size();
    for (const std::string_view host : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
        if (!url.starts_with(host)) continue;
        const std::string_view rest = url.substr(host.size());
        return rest.empty() || rest.front() == ':' || rest.front() == '/';
    }
    return false;
}

/// An address or a network: digits, and at most one '/' with a number of bits behind it. What the numbers are
/// is net's to say, which does it before the server is ready.
bool is_network(std::string_view entry) {
    const std::size_t slash = entry.find('/');
    if (slash != std::string_view::npos) {
        const std::string_view bits = entry.substr(slash + 1);
        const bool number = !bits.empty() && bits.size() <= 3 &&
                            std::ranges::all_of(bits, [](char c) { return c >= '0' && c <= '9'; });
        if (!number) return false;
    }
    const std::string_view address = entry.substr(0, slash);
    const bool digits = std::ranges::all_of(address, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
               c == '.';
    });
    const bool v6 = address.find(':') != std::string_view::npos;
    return digits && (v6 || std::ranges::count(address, '.') == 3);
}

bool is_peer(std::string_view entry) {
    if (is_network(entry)) return true;
    const bool letters =
        std::ranges::any_of(entry, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    return letters && std::ranges::all_of(entry, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_';
           });
}

}  // namespace

std::vector<Finding> check_oauth(const Config::Oauth& oauth) {
    std::vector<Finding> out;
    const bool keys = !oauth.keys_url.empty() || !oauth.keys_file.empty();
    const bool asked = !oauth.introspection_url.empty();
    for (const auto& [key, url] :
         {std::pair<std::string_view, const std::string&>("oauth.keys_url", oauth.keys_url),
          {"oauth.introspection_url", oauth.introspection_url}}) {
        if (!url.empty() && !is_safe_url(url))
            out.push_back({key, fmt::format("'{}' must be an https URL (http on this machine only), not {}",
                                            key, toml_text(url))});
    }
    if (!oauth.keys_url.empty() && !oauth.keys_file.empty())
        out.push_back({"oauth.keys_file", "'oauth.keys_url' and 'oauth.keys_file' are one or the other"});
    if (keys && asked)
        out.push_back({"oauth.introspection_url",
                       "tokens are checked by keys or by 'oauth.introspection_url', not by both"});
    if (keys && oauth.issuer.empty())
        out.push_back({keys && !oauth.keys_url.empty() ? "oauth.keys_url" : "oauth.keys_file",
                       "'oauth.issuer' is not set: a token of any issuer with these keys would do"});
    if (keys && oauth.audience.empty())
        out.push_back({!oauth.keys_url.empty() ? "oauth.keys_url" : "oauth.keys_file",
                       "'oauth.audience' is not set: tokens for other services would do"});
    if (oauth.introspection_client.empty() != oauth.introspection_secret_file.empty())
        out.push_back({"oauth.introspection_client",
                       "'oauth.introspection_client' and 'oauth.introspection_secret_file' go together"});
    if (oauth.mailbox_claim.empty())
        out.push_back({"oauth.mailbox_claim", "'oauth.mailbox_claim' must name a claim"});
    if (oauth.scope.find(' ') != std::string::npos)
        out.push_back({"oauth.scope", "'oauth.scope' is one scope, without blanks"});
    if (!oauth.offered() && !oauth.issuer.empty())
        out.push_back({"oauth.issuer",
                       "none of 'oauth.keys_url', 'oauth.keys_file' and 'oauth.introspection_url' is set: no "
                       "tokens are taken",
                       true});
    return out;
}

std::vector<Finding> check_auth(const Config::Auth& auth) {
    std::vector<Finding> out;
    if (auth.ntlm_v1 && !auth.ntlm) {
        out.push_back({"auth.ntlm_v1", "'auth.ntlm_v1' says nothing without 'auth.ntlm'", true});
    } else if (auth.ntlm_v1) {
        out.push_back(
            {"auth.ntlm_v1",
             "NTLMv1 is broken: who records one login has the NT hash, and with it the mailbox, within "
             "hours. Switch 'auth.ntlm_v1' off as soon as the last client can do better",
             true});
    }
    return out;
}

std::vector<Finding> check_access(const Listener& listener) {
    std::vector<Finding> out;
    for (const auto& [key, entries] :
         {std::pair<std::string_view, const std::vector<std::string>&>("listener.allow", listener.allow),
          {"listener.deny", listener.deny}}) {
        for (const std::string& entry : entries) {
            if (is_peer(entry)) continue;
            out.push_back(
                {key, fmt::format("'{}' has no address, network or name: {}", key, toml_text(entry))});
        }
    }
    for (const auto& [key, entries] : {std::pair<std::string_view, const std::vector<std::string>&>(
                                           "listener.allow_users", listener.allow_users),
                                       {"listener.deny_users", listener.deny_users}}) {
        for (const std::string& entry : entries) {
            const bool fine = !entry.empty() && entry != "@" && entry.find(' ') == std::string::npos;
            if (!fine) out.push_back({key, fmt::format("'{}' has no user: {}", key, toml_text(entry))});
        }
    }
    const Duration least = listener.protocol == "imap" ? std::chrono::minutes(30) : std::chrono::minutes(10);
    const bool kept_open = listener.protocol == "imap" || listener.protocol == "pop3";
    if (kept_open && listener.idle_max.count() != 0 && listener.idle_max < least) {
        out.push_back(
            {"listener.idle_max",
             fmt::format("'listener.idle_max' is less than the {} minutes that the RFC of {} asks for",
                         std::chrono::duration_cast<std::chrono::minutes>(least).count(), listener.protocol),
             true});
    }
    return out;
}

std::vector<Finding> check_node(const Node& node, const Config& config) {
    std::vector<Finding> out;
    const auto tell = [&out](std::string_view key, std::string text, bool warning = false) {
        out.push_back({key, std::move(text), warning});
    };
    const std::string& own = config.relay.name.empty() ? config.hostname : config.relay.name;
    if (node.name == own || node.name == "here")
        tell("node.name", fmt::format("'{}' is this server itself", node.name));
    const bool fine = node.name.size() <= 64 && std::ranges::all_of(node.name, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '-' || c == '_' || c == '.';
                      });
    if (!fine) tell("node.name", fmt::format("'node.name' is no name for a node: {}", toml_text(node.name)));
    const bool loopback = node.host == "localhost" || node.host == "::1" || node.host.starts_with("127.");
    if (node.tls == "none" && !loopback)
        tell("node.tls", "'node.tls' is none: who listens on the way can open every mailbox there", true);
    if (node.tls == "none" && (!node.ca_file.empty() || !node.pins.empty()))
        tell("node.tls", "'node.ca_file' and 'node.pins' say nothing without TLS");
    if (!node.ca_file.empty() && !node.pins.empty())
        tell("node.pins", "'node.ca_file' and 'node.pins' are one or the other");
    if (node.login == "shared" && config.relay.secret_file.empty())
        tell("node.login", "'node.login' is shared: 'relay.secret_file' must be set");
    const bool master = node.login == "master";
    if (master && (node.master_user.empty() || node.secret_file.empty()))
        tell("node.login", "'node.login' is master: 'node.master_user' and 'node.secret_file' must be set");
    if (!master && (!node.master_user.empty() || !node.secret_file.empty()))
        tell("node.login",
             fmt::format("'node.master_user' and 'node.secret_file' say nothing where 'node.login' is {}",
                         node.login));
    return out;
}

std::vector<ItemFinding> check_discovery(const std::vector<Discovery>& tables) {
    constexpr std::array<std::string_view, 4> services{"imap", "pop3", "submission", "activesync"};
    std::vector<ItemFinding> out;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < tables.size(); ++i) {
        for (const std::string& domain : tables[i].domains)
            if (!seen.insert(base::lowered(domain)).second)
                out.push_back({i, fmt::format("'{}' has two tables of [[discovery]]", domain)});
        for (const std::string& hidden : tables[i].hide)
            if (std::ranges::find(services, hidden) == services.end())
                out.push_back({i, fmt::format("'discovery.hide' has '{}', which is no service", hidden)});
    }
    return out;
}

}  // namespace config
