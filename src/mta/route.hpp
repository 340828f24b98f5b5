// Routing: where one recipient of a message goes, by rules in a fixed order that an operator can see. A pure
// function of the question, of what the directory says, and of the settings: `barid route explain` prints
// what the agent does, since it is the same function.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.hpp"
#include "mailauth/srs.hpp"
#include "mta/connector.hpp"

namespace mta {

/// A host that takes mail for others: "smtp://relay.example:587", "smtps://user:password@relay.example".
struct SmartHost {
    std::string domain;  ///< whose mail; of a global one empty
    std::shared_ptr<const NextHop> hop;
};

/// "[smtp:// or smtps://][user[:password]@]host[:port][?tls=encrypted|verified|opportunistic|never]", user
/// and password with %XX where they need it. With a user TLS is verified unless the text says something else.
/// Port 25, of smtps 465. Null: none of these; *why says what is wrong.
std::shared_ptr<const NextHop> parse_smart_host(std::string_view text, std::string* why);
/// The text without its password, for people.
std::string shown_smart_host(std::string_view text);

struct RouteSettings {
    std::shared_ptr<const NextHop> smart_host;       ///< for all that goes out; null: MX
    std::vector<SmartHost> by_sender, by_recipient;  ///< "example.com", or ".example.com" for those below it
    std::set<std::string> report_addresses;          ///< lower case; what comes for them is read too
    std::string own_node;  ///< mailboxes of a node of this name are here, and those of none
    std::map<std::string, std::shared_ptr<const NextHop>> nodes;  ///< how mail reaches the others
    std::shared_ptr<const mailauth::Srs> srs;  ///< return addresses of mail that was sent on; null: none
    std::string srs_domain;
    bool relay_from_loopback = false;  ///< programs of this host may send to the world without a password
    std::uint32_t expansion_depth_max = 10;  ///< groups in groups, redirections of redirected mail
    std::size_t expansion_max = 1'000;       ///< addresses that one recipient may become
};

struct RouteQuestion {
    std::string sender;  ///< empty: <>
    std::string recipient;
    bool trusted = false;   ///< an authenticated user, or a host that may relay
    bool accepted = false;  ///< it is in the queue already: only where to is asked
};

/// What the directory knows of the question, read before the rules are asked.
struct RouteFacts {
    directory::Route found;                        ///< of the recipient
    std::optional<directory::Domain> domain;       ///< of the recipient, if it is ours
    std::optional<directory::Domain> from_domain;  ///< of the sender, if it is ours
    std::optional<directory::PostOffice> from_office;
};

struct RouteStep {
    std::string rule;  ///< "local", "domain smart host" …
    bool matched = false;
    std::string why;
};

struct RouteDecision {
    enum class Kind : std::uint8_t { mailbox, relay, expand, refuse };
    Kind kind = Kind::refuse;
    std::string rule;                    ///< that decided
    base::AccountId account;             ///< mailbox; expand with a copy kept
    std::string address;                 ///< as the mailbox or group has it
    std::vector<std::string> members;    ///< expand
    bool keep_copy = false;              ///< expand: a redirection that also delivers
    std::shared_ptr<const NextHop> hop;  ///< relay
    Status status;                       ///< refuse
    std::uint16_t code = 0;
    std::string words;
    std::vector<RouteStep> steps;
};

RouteDecision decide(const RouteQuestion& question, const RouteFacts& facts, const RouteSettings& settings);

}  // namespace mta
