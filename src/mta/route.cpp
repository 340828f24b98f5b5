#include "mta/route.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"

namespace mta {
namespace {

/// The rules, each as one step: whether it applies, and why not or what it does.
class Rules {
public:
    Rules(const RouteQuestion& question, const RouteFacts& facts, const RouteSettings& settings)
        : question_(question), facts_(facts), settings_(settings) {}

    RouteDecision run() {
        const bool decided = local() || may_relay() || by_recipient() || domain_smart_host() ||
                             office_smart_host() || by_sender() || global() || mx();
        if (!decided) refuse("mx", 550, {5, 1, 2}, "There is no domain in this address");
        return std::move(out_);
    }

private:
    bool pass(const char* rule, std::string why) {
        out_.steps.push_back({rule, false, std::move(why)});
        return false;
    }
    bool match(const char* rule, std::string why) {
        out_.rule = rule;
        out_.steps.push_back({rule, true, std::move(why)});
        return true;
    }
    bool refuse(const char* rule, std::uint16_t code, Status status, const char* words) {
        out_.kind = RouteDecision::Kind::refuse;
        out_.code = code;
        out_.status = status;
        out_.words = words;
        return match(rule, words);
    }
    bool relay(const char* rule, const std::shared_ptr<const NextHop>& hop, const std::string& why) {
        out_.kind = RouteDecision::Kind::relay;
        out_.hop = hop;
        return match(rule, why + ": " + hop->key());
    }

    bool local() {
        using Kind = directory::Route::Kind;
        using Delivery = directory::Domain::Delivery;
        const directory::Route& found = facts_.found;
        if (found.kind == Kind::foreign) return pass("local", "the domain is not one of this server's");
        if (facts_.domain && facts_.domain->delivery == Delivery::backup && facts_.domain->enabled)
            return pass("local", "this server is a backup for the domain: its mail goes on to its MX");
        out_.address = found.address;
        out_.account = found.account;
        if (found.kind == Kind::disabled) return refuse("local", 550, {5, 2, 1}, "Mailbox is disabled");
        if (found.kind == Kind::unknown_mailbox) {
            if (facts_.domain && facts_.domain->delivery == Delivery::split)
                return pass("local", "no mailbox of that name here, and others of the domain are elsewhere");
            return refuse("local", 550, {5, 1, 1}, "No such mailbox here");
        }
        if (found.kind == Kind::mailbox && !found.node.empty() && found.node != settings_.own_node)
            return on_node(found);
        if (!found.members.empty()) {
            out_.kind = RouteDecision::Kind::expand;
            out_.members = found.members;
            out_.keep_copy = found.keep_copy;
            return match("local", found.kind == Kind::group
                                      ? "a group with " + std::to_string(found.members.size()) + " members"
                                  : found.keep_copy ? "a mailbox that keeps a copy and redirects"
                                                    : "a mailbox that redirects");
        }
        out_.kind = RouteDecision::Kind::mailbox;
        return match("local", "the mailbox of " + found.address);
    }

    /// Its redirections are that server's to follow.
    bool on_node(const directory::Route& found) {
        const auto node = settings_.nodes.find(found.node);
        if (node == settings_.nodes.end())
            return refuse("local", 451, {4, 4, 4}, "The mailbox is on another server, try that one");
        out_.account = base::AccountId();
        return relay("local", node->second, "the mailbox is on node " + found.node);
    }

    /// Strangers send to our own domains only: whoever relays for everybody is closed down within hours.
    bool may_relay() {
        if (question_.accepted) return pass("relaying", "the message has been accepted");
        if (question_.trusted) return pass("relaying", "allowed: the sender has proved who he is");
        if (facts_.domain) return pass("relaying", "allowed: the domain is one of this server's");
        return refuse("relaying", 550, {5, 7, 1}, "Relaying denied");
    }

    bool by(const char* rule, const std::vector<SmartHost>& hosts, std::string_view domain) {
        for (const SmartHost& host : hosts) {
            const bool below = host.domain.starts_with('.');
            const bool matches = below ? domain.ends_with(host.domain) && domain.size() > host.domain.size()
                                       : domain == host.domain;
            if (matches) return relay(rule, host.hop, "set for " + host.domain);
        }
        return pass(rule, hosts.empty() ? "none is set"
                                        : "none is set for " +
                                              (domain.empty() ? std::string("<>") : std::string(domain)));
    }
    bool by_recipient() {
        return by("by recipient domain", settings_.by_recipient, base::domain_of(question_.recipient));
    }
    bool by_sender() {
        return by("by sender domain", settings_.by_sender, base::domain_of(question_.sender));
    }

    bool tenants(const char* rule, const std::string& text, bool trusted_only, const std::string& whose) {
        if (text.empty()) return pass(rule, "none is set for " + whose);
        if (trusted_only && !question_.trusted)
            return pass(rule, "only for senders who have proved who they are");
        if (directory::is_sealed(text))
            return hold(rule, "The smart host for this sender cannot be used now: its password is sealed",
                        "that of " + whose + " is sealed, and the sealing key does not open it");
        std::string why;
        const auto hop = parse_smart_host(text, &why);
        if (!hop)
            return hold(rule, "The smart host for this sender cannot be used now: its setting is not right",
                        "the setting of " + whose + " is not right: " + why);
        return relay(rule, hop, "set for " + whose);
    }
    /// The sender's mail leaves by his own host or not at all: by another way it would not be his.
    bool hold(const char* rule, const char* words, std::string why) {
        refuse(rule, 451, {4, 3, 5}, words);
        out_.steps.back().why = std::move(why);
        return true;
    }
    bool domain_smart_host() {
        if (!facts_.from_domain)
            return pass("domain smart host", "the sender's domain is not one of this server's");
        const directory::Domain& domain = *facts_.from_domain;
        return tenants("domain smart host", domain.smart_host, domain.smart_host_trusted_only, domain.name);
    }
    bool office_smart_host() {
        if (!facts_.from_office)
            return pass("post office smart host", "the sender is of no post office here");
        const directory::PostOffice& office = *facts_.from_office;
        return tenants("post office smart host", office.smart_host, office.smart_host_trusted_only,
                       office.name);
    }

    bool global() {
        if (!settings_.smart_host) return pass("smart host", "none is set");
        return relay("smart host", settings_.smart_host, "set for all mail");
    }

    bool mx() {
        const std::string_view domain = base::domain_of(question_.recipient);
        if (domain.empty()) return pass("mx", "no domain");
        auto hop = std::make_shared<NextHop>();
        hop->kind = NextHop::Kind::mx;
        hop->name = base::lowered(domain);
        return relay("mx", hop, "the hosts that DNS names for " + hop->name);
    }

    const RouteQuestion& question_;
    const RouteFacts& facts_;
    const RouteSettings& settings_;
    RouteDecision out_;
};

bool read_port(std::string_view text, std::uint16_t* port) {
    if (text.empty() || text.size() > 5) return false;
    std::uint32_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        number = number * 10 + static_cast<std::uint32_t>(c - '0');
    }
    *port = static_cast<std::uint16_t>(number);
    return number >= 1 && number <= 65535;
}

bool read_tls(std::string_view text, TlsPolicy* policy) {
    if (text == "tls=never") *policy = TlsPolicy::never;
    if (text == "tls=opportunistic") *policy = TlsPolicy::opportunistic;
    if (text == "tls=encrypted") *policy = TlsPolicy::encrypted;
    if (text == "tls=verified") *policy = TlsPolicy::verified;
    return text == "tls=never" || text == "tls=opportunistic" || text == "tls=encrypted" ||
           text == "tls=verified";
}

std::string_view before_and_drop(std::string_view& text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    text.remove_prefix(at + 1);
    return before;
}

bool is_host(std::string_view name) {
    return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
               c == ':' || c == '[' || c == ']';
    });
}

}  // namespace

RouteDecision decide(const RouteQuestion& question, const RouteFacts& facts, const RouteSettings& settings) {
    return Rules(question, facts, settings).run();
}

std::shared_ptr<const NextHop> parse_smart_host(std::string_view text, std::string* why) {
    const auto wrong = [why](const char* what) {
        if (why != nullptr) *why = what;
        return std::shared_ptr<const NextHop>();
    };
    auto hop = std::make_shared<NextHop>();
    hop->kind = NextHop::Kind::host;
    if (text.starts_with("smtps://")) {
        hop->implicit_tls = true;
        hop->port = 465;
        hop->tls = TlsPolicy::verified;
        text.remove_prefix(8);
    } else if (text.starts_with("smtp://")) {
        text.remove_prefix(7);
    }
    std::string_view options;
    if (const auto mark = text.find('?'); mark != std::string_view::npos) {
        options = text.substr(mark + 1);
        text = text.substr(0, mark);
    }
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        std::string_view login = before_and_drop(text, at);
        const auto colon = login.find(':');
        auto user = base::percent_decoded(login.substr(0, colon));
        auto password = base::percent_decoded(colon == std::string_view::npos ? std::string_view()
                                                                              : login.substr(colon + 1));
        if (!user || !password || user->empty()) return wrong("user and password cannot be read");
        auto credentials = std::make_shared<Credentials>();
        credentials->user = std::move(*user);
        credentials->password = base::Secret(std::move(*password));
        hop->credentials = std::move(credentials);
        hop->tls = TlsPolicy::verified;  // a password goes to nobody who has not proved who he is
    }
    if (!options.empty() && !read_tls(options, &hop->tls))
        return wrong("the option must be tls=verified, encrypted, opportunistic or never");
    const auto bracket = text.rfind(']');
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        if (!read_port(text.substr(colon + 1), &hop->port))
            return wrong("the port must be a number up to 65535");
        text = text.substr(0, colon);
    }
    hop->name = base::lowered(text);
    if (!is_host(hop->name)) return wrong("a host name or an address in brackets is needed");
    return hop;
}

std::string shown_smart_host(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return std::string(text);
    const auto scheme = text.find("://");
    const std::size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
    const auto colon = text.find(':', start);
    if (colon == std::string_view::npos || colon > at) return std::string(text);
    return std::string(text.substr(0, colon)) + ":***" + std::string(text.substr(at));
}

}  // namespace mta
