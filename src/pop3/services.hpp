// What the POP3 service is made of: the other parts of the server, and its limits. Shared by its sessions.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "auth/authenticator.hpp"
#include "directory/directory.hpp"
#include "net/connection.hpp"
#include "net/session_registry.hpp"
#include "pop3/login_times.hpp"
#include "relay/relay.hpp"
#include "store/store.hpp"

namespace pop3 {

using boost::asio::awaitable;

/// Every number that bounds a session, with its reason.
struct Limits {
    std::size_t command_line_max =
        1024;  ///< RFC 2449 section 4 asks for 255; passwords and UTF-8 names are longer
    std::size_t auth_line_max = 12288;  ///< RFC 5034 section 4: initial responses and answers in base64
    std::uint32_t bad_commands_before_login =
        10;  ///< clients probe for AUTH, CAPA, UTF8; more is no mail client
    std::uint32_t bad_commands = 20;
    std::uint32_t login_failures_max =
        3;                               ///< then the connection is closed; penalties are the authenticator's
    std::chrono::seconds login_max{60};  ///< from the banner to a login, however busy the client is
    std::chrono::seconds idle_max{600};  ///< RFC 1939 section 3: at least ten minutes
    /// Of a relayed session more than of its own, so that the back end ends it.
    std::chrono::seconds relayed_grace{60};
    net::UserLimits per_user{100, 20};    ///< of all protocols, in all and from one address: more is [IN-USE]
    std::chrono::seconds login_delay{0};  ///< between logins of one user (RFC 2449 section 6.5); 0: none
    /// RFC 6856 section 2.1: without UTF8, a message with UTF-8 in its header is refused with [UTF8]. Off: it
    /// is sent as it is, since no client could else ever get rid of such a message, and all have to live with
    /// raw octets anyway.
    bool refuse_utf8_headers = false;
};

struct Services {
    Services(store::Store& mail, directory::Directory& who, auth::Authenticator& logins,
             net::SessionRegistry& registry, std::string name, Limits bounds = {},
             relay::Relay* others = nullptr)
        : store(mail),
          directory(who),
          authenticator(logins),
          sessions(registry),
          hostname(std::move(name)),
          limits(bounds),
          relay(others),
          login_times(std::make_unique<LoginTimes>(bounds.login_delay)) {}

    store::Store& store;
    directory::Directory& directory;
    auth::Authenticator& authenticator;
    net::SessionRegistry& sessions;
    std::string hostname;  ///< in the banner
    Limits limits;
    relay::Relay* relay;  ///< null: all mailboxes are here
    std::unique_ptr<LoginTimes> login_times;
};

/// Serves one connection from its banner to its end.
awaitable<void> serve(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services);

}  // namespace pop3
