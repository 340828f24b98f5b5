// From settings to a Config: defaults filled in, and what only shows when keys are seen together.
#include "config/config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <tuple>
#include <unistd.h>

#include <fmt/format.h>

#include "config/checks.hpp"
#include "config/read.hpp"

namespace config {
namespace {

struct Standard {
    std::string_view name, protocol, address, tls;
};
constexpr std::array standard_listeners{
    Standard{"imap", "imap", "*:143", "starttls"},
    Standard{"imaps", "imap", "*:993", "implicit"},
    Standard{"pop3", "pop3", "*:110", "starttls"},
    Standard{"pop3s", "pop3", "*:995", "implicit"},
    Standard{"smtp", "smtp", "*:25", "starttls"},
    Standard{"submission", "submission", "*:587", "starttls"},
    Standard{"submissions", "submission", "*:465", "implicit"},
    Standard{"lmtp", "lmtp", "127.0.0.1:24", "none"},
};

/// Letters, digits and hyphens in labels of 1 to 63. RFC 1123 section 2.1
bool is_host_name(std::string_view name) {
    if (name.empty() || name.size() > 253) return false;
    while (true) {
        const std::size_t dot = std::min(name.find('.'), name.size());
        const std::string_view label = name.substr(0, dot);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        const bool fine = std::ranges::all_of(label, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        });
        if (!fine) return false;
        if (dot == name.size()) return true;
        name.remove_prefix(dot + 1);
    }
}

/// Host and port of "host:port"; empty host: not of that form.
std::pair<std::string_view, std::string_view> split_address(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) return {};
    std::string_view host = address.substr(0, colon);
    if (host.starts_with('[')) {
        if (!host.ends_with(']') || host.find(':') == std::string_view::npos) return {};
    } else if (host.find(':') != std::string_view::npos) {
        return {};  // IPv6 goes in brackets
    }
    return {host, address.substr(colon + 1)};
}

bool is_address(std::string_view address) {
    if (address.starts_with("unix:")) return address.size() > 5;
    const auto [host, port] = split_address(address);
    if (host.empty()) return false;
    std::uint32_t number = 0;
    const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (code != std::errc() || end != port.data() + port.size() || number > 65'535) return false;
    if (host == "*" || host.starts_with('[')) return true;
    return is_host_name(host);
}

/// Puts a document together with the defaults.
class Builder {
public:
    Builder(Document document, std::string file) : document_(std::move(document)), file_(std::move(file)) {}

    Result<Config> build() {
        for (const Key& key : keys()) {
            if (key.set != nullptr) apply(key);
        }
        check_hostname();
        report(check_oauth(config_.oauth));
        report(check_auth(config_.auth));
        for (const std::string_view key :
             {"oauth.keys_file", "oauth.introspection_secret_file", "oauth.ca_file", "relay.secret_file",
              "rspamd.password_file", "rspamd.ca_file"}) {
            const auto found = document_.settings.find(key);
            if (found == document_.settings.end()) continue;
            Value value = found->second.value;
            make_absolute(*find_key(key), value, found->second.place);
            check_file(value.text, found->second.place);
        }
        if (document_.listeners.empty()) {
            for (const Standard& one : standard_listeners) add_standard(one);
        } else {
            for (std::size_t i = 0; i < document_.listeners.size(); ++i) add_listener(i);
            check_listeners();
        }
        for (std::size_t i = 0; i < document_.nodes.size(); ++i) add_node(i);
        check_nodes();
        add_all(document_.milters, config_.milters, &Key::set_milter);
        add_all(document_.dnsbls, config_.dnsbls, &Key::set_dnsbl);
        add_all(document_.blacklists, config_.blacklists, &Key::set_blacklist);
        add_all(document_.rules, config_.rules, &Key::set_rule);
        add_all(document_.certificates, config_.certificates, &Key::set_certificate);
        add_all(document_.discovery, config_.discovery, &Key::set_discovery);
        for (const ItemFinding& finding : check_discovery(config_.discovery))
            problem(document_.discovery[finding.item].first, finding.text);
        check_certificates();
        std::ranges::sort(document_.problems, {}, [](const Problem& p) {
            return std::tuple<std::string_view, std::uint32_t, std::uint32_t, std::string_view>(
                p.file, p.line, p.column, p.text);
        });
        if (failed()) return std::move(document_.problems);
        config_.warnings = std::move(document_.problems);
        return std::move(config_);
    }

private:
    bool failed() const {
        return std::ranges::any_of(document_.problems, [](const Problem& p) { return !p.warning; });
    }

    void problem(const Place& place, std::string text, bool warning = false) {
        document_.problems.push_back(problem_at(place, std::move(text), warning));
    }

    void report(const std::vector<Finding>& findings) {
        for (const Finding& finding : findings) {
            const Place* const place = place_of(finding.key);
            problem(place == nullptr ? Place{file_, 0, 0} : *place, finding.text, finding.warning);
        }
    }

    const Place* place_of(std::string_view key) const {
        const auto found = document_.settings.find(key);
        return found == document_.settings.end() ? nullptr : &found->second.place;
    }

    /// A relative path starts at the folder of the file that has it.
    static void make_absolute(const Key& key, Value& value, const Place& place) {
        if (key.type != Type::path || value.text.empty()) return;
        value.text =
            (std::filesystem::path(place.file).parent_path() / value.text).lexically_normal().string();
    }

    static Value initial_of(const Key& key) {
        if (key.initial.empty()) return {};
        return *value_of(key.type, key.bounds, key.initial);  // a test checks every default
    }

    void note(std::string name, const Key& key, const Value& value, const Place* place) {
        std::string origin = place == nullptr ? "default" : fmt::format("{}:{}", place->file, place->line);
        config_.settings.push_back({std::move(name), to_toml(key.type, value), std::move(origin)});
    }

    void apply(const Key& key) {
        const auto found = document_.settings.find(key.name);
        Value value = found == document_.settings.end() ? initial_of(key) : found->second.value;
        const Place* const place = place_of(key.name);
        if (place != nullptr) make_absolute(key, value, *place);
        key.set(config_, value);
        note(std::string(key.name), key, value, place);
    }

    void check_hostname() {
        const Place* const place = place_of("hostname");
        if (place == nullptr) {
            // Not told twice when it is there but of the wrong type.
            const bool told =
                document_.broken || std::ranges::any_of(document_.problems, [](const Problem& p) {
                    return p.text.starts_with("'hostname'");
                });
            if (!told) problem(Place{file_, 1, 1}, "'hostname' is not set: the name of this server");
        } else if (!is_host_name(config_.hostname)) {
            problem(*place, fmt::format("'hostname' is not a host name: {}", toml_text(config_.hostname)));
        }
    }

    /// "listener.tls" of the second is "listener[1].tls".
    static std::string numbered_key(std::size_t number, const Key& key) {
        const std::size_t dot = key.name.find('.');
        return fmt::format("{}[{}].{}", key.name.substr(0, dot), number, key.name.substr(dot + 1));
    }

    void add_standard(const Standard& one) {
        Listener listener;
        const std::size_t number = config_.listeners.size();
        for (const Key& key : keys()) {
            if (key.set_listener == nullptr) continue;
            Value value = initial_of(key);
            if (key.name == "listener.name") value.text = one.name;
            if (key.name == "listener.protocol") value.text = one.protocol;
            if (key.name == "listener.address") value.list = {std::string(one.address)};
            if (key.name == "listener.tls") value.text = one.tls;
            key.set_listener(listener, value);
            note(numbered_key(number, key), key, value, nullptr);
        }
        config_.listeners.push_back(std::move(listener));
    }

    void add_listener(std::size_t number) {
        Listener listener;
        fill(number, document_.listeners[number], listener, &Key::set_listener);
        config_.listeners.push_back(std::move(listener));
    }

    void add_node(std::size_t number) {
        Node node;
        fill(number, document_.nodes[number], node, &Key::set_node);
        config_.nodes.push_back(std::move(node));
    }

    template <class Item>
    void add_all(const Document::Items& from, std::vector<Item>& into,
                 void (*Key::*setter)(Item&, const Value&)) {
        for (std::size_t i = 0; i < from.size(); ++i) fill(i, from[i], into.emplace_back(), setter);
    }

    /// Sets what the file has of one [[listener]], [[node]] …, and the rest as it is by default.
    template <class Item>
    void fill(std::size_t number, const std::pair<Place, Settings>& from, Item& into,
              void (*Key::*setter)(Item&, const Value&)) {
        const auto& [place, settings] = from;
        for (const Key& key : keys()) {
            if (key.*setter == nullptr) continue;
            const auto found = settings.find(key.name);
            const bool set = found != settings.end();
            Value value = set ? found->second.value : initial_of(key);
            if (set) make_absolute(key, value, found->second.place);
            if (key.required && value.text.empty() && value.list.empty()) {
                problem(set ? found->second.place : place, fmt::format("'{}' is not set", key.name));
            }
            (key.*setter)(into, value);
            note(numbered_key(number, key), key, value, set ? &found->second.place : nullptr);
        }
    }

    void check_nodes() {
        std::map<std::string, std::size_t> names;
        for (std::size_t i = 0; i < config_.nodes.size(); ++i) {
            const Node& one = config_.nodes[i];
            const auto& [place, settings] = document_.nodes[i];
            const auto place_in = [&](std::string_view key) -> const Place& {
                const auto found = settings.find(key);
                return found == settings.end() ? place : found->second.place;
            };
            for (const std::string_view key : {"node.ca_file", "node.secret_file"})
                check_file(key == "node.ca_file" ? one.ca_file : one.secret_file, place_in(key));
            if (!one.name.empty() && !names.emplace(one.name, i).second)
                problem(place_in("node.name"), fmt::format("there is a node '{}' already", one.name));
            for (const Finding& finding : check_node(one, config_))
                problem(place_in(finding.key), finding.text, finding.warning);
        }
    }

    const Place& listener_place(std::size_t number, std::string_view key) const {
        const auto& [place, settings] = document_.listeners[number];
        const auto found = settings.find(key);
        return found == settings.end() ? place : found->second.place;
    }

    void check_listeners() {
        std::map<std::string, std::size_t> names, addresses;
        std::map<std::string, std::string, std::less<>>
            by_port;  // port → host seen there, to find "*" beside others
        for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
            const Listener& one = config_.listeners[i];
            if (!one.name.empty() && !names.emplace(one.name, i).second) {
                problem(listener_place(i, "listener.name"),
                        fmt::format("there is a listener '{}' already", one.name));
            }
            for (const std::string& address : one.addresses) check_address(i, address, addresses, by_port);
            for (const Finding& finding : check_access(one))
                problem(listener_place(i, finding.key), finding.text, finding.warning);
            if (!one.front_ends.empty() && config_.relay.secret_file.empty()) {
                problem(listener_place(i, "listener.front_ends"),
                        "'listener.front_ends' open no mailbox without 'relay.secret_file'", true);
            }
            if (one.protocol == "lmtp" && one.tls == "implicit") {
                problem(listener_place(i, "listener.tls"), "LMTP has no implicit TLS");
            }
            if (one.protocol == "http" && one.tls == "starttls") {
                problem(listener_place(i, "listener.tls"), "HTTP has no STARTTLS: \"implicit\" is https");
            }
        }
    }

    void check_address(std::size_t number, const std::string& address,
                       std::map<std::string, std::size_t>& seen,
                       std::map<std::string, std::string, std::less<>>& by_port) {
        const Place& place = listener_place(number, "listener.address");
        if (!is_address(address)) {
            problem(place, fmt::format("not an address with a port: {}", toml_text(address)));
            return;
        }
        const auto [first, fresh] = seen.emplace(address, number);
        if (!fresh) {
            problem(place, fmt::format("{} is listener '{}' already", address,
                                       config_.listeners[first->second].name));
            return;
        }
        if (address.starts_with("unix:")) return;
        const auto [host, port] = split_address(address);
        if (port == "0") return;  // the system chooses one
        const auto [other, alone] = by_port.emplace(std::string(port), std::string(host));
        if (!alone && (host == "*" || other->second == "*")) {
            problem(place,
                    fmt::format("{} and {}:{} cannot both be listened on", address, other->second, port));
        }
    }

    void check_file(const std::string& path, const Place& place) {
        if (!path.empty() && ::access(path.c_str(), R_OK) != 0) {
            problem(place, fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
        }
    }

    void check_pair(const std::string& certificate, const std::string& key, const Place& place,
                    std::string_view prefix) {
        if (certificate.empty() != key.empty()) {
            problem(place, fmt::format("'{0}certificate' and '{0}key' go together", prefix));
        }
    }

    void check_certificates() {
        const Place whole{file_, 0, 0};
        const Place* const certificate = place_of("tls.certificate");
        const Place* const key = place_of("tls.key");
        if (certificate != nullptr) check_file(config_.tls.certificate, *certificate);
        if (key != nullptr) check_file(config_.tls.key, *key);
        const Place* const either = certificate != nullptr ? certificate : key;
        if (either != nullptr) check_pair(config_.tls.certificate, config_.tls.key, *either, "tls.");
        for (std::size_t i = 0; i < config_.certificates.size(); ++i) {
            check_file(config_.certificates[i].file, document_.certificates[i].first);
            check_file(config_.certificates[i].key, document_.certificates[i].first);
        }
        std::string without;
        for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
            const Listener& one = config_.listeners[i];
            if (!document_.listeners.empty()) {
                check_file(one.certificate, listener_place(i, "listener.certificate"));
                check_file(one.key, listener_place(i, "listener.key"));
                check_file(one.client_ca, listener_place(i, "listener.client_ca"));
                check_pair(one.certificate, one.key, listener_place(i, "listener.certificate"), "listener.");
            }
            if (one.tls != "none" && one.certificate.empty() && config_.tls.certificate.empty()) {
                without += (without.empty() ? "" : ", ") + one.name;
            }
        }
        // Of interest only when all else is well.
        if (!without.empty() && !failed()) {
            problem(whole,
                    "there is no certificate (tls.certificate, tls.key) for " + without +
                        ": the server makes its own, which clients do not trust by themselves",
                    true);
        }
    }

    Document document_;
    std::string file_;
    Config config_;
};

}  // namespace

Result<Config> load(const std::string& path) {
    Document document = read_file(path);
    return Builder(std::move(document), path).build();
}

Result<Config> parse(std::string_view text, const std::string& file) {
    Document document = read_text(text, file);
    return Builder(std::move(document), file).build();
}

Config defaults(std::string_view hostname) {
    auto made = parse(fmt::format("hostname = {}", toml_text(hostname)), "defaults");
    if (made) return std::move(*made);
    return *parse("hostname = \"localhost\"", "defaults");
}

std::string to_string(const Problem& problem) {
    const char* const kind = problem.warning ? "warning" : "error";
    if (problem.line == 0) return fmt::format("{}: {}: {}", problem.file, kind, problem.text);
    return fmt::format("{}:{}:{}: {}: {}", problem.file, problem.line, problem.column, kind, problem.text);
}

}  // namespace config
