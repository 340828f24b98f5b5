// What an SMTP, submission or LMTP service is made of: the other parts of the server, the limits, and the
// policy that tells the three roles apart. One Services a listener, shared by its sessions.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "auth/authenticator.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "directory/directory.hpp"
#include "mta/agent.hpp"
#include "mta/judge.hpp"
#include "mta/reports/dmarc_ledger.hpp"
#include "mta/sender_check.hpp"
#include "mta/sending_limits.hpp"
#include "mta/signing.hpp"
#include "net/address.hpp"
#include "net/connection.hpp"
#include "net/session_registry.hpp"
#include "relay/relay.hpp"
#include "smtp/recent_deliveries.hpp"
#include "smtp/syntax/data_decoder.hpp"
#include "store/store.hpp"

namespace smtp {

using boost::asio::awaitable;

/// Every number that bounds a session, with its reason.
struct Limits {
    std::uint64_t message_bytes_max = 50ULL << 20;  ///< announced by SIZE; nearly every receiver refuses more
    std::size_t header_bytes_max = 1U << 20;  ///< the header section is held in memory until it is whole
    std::size_t command_line_max = 4096;      ///< RFC 3461 section 5.1 needs 1,036 and extensions add up
    std::size_t auth_line_max = 12288;        ///< RFC 4954 section 4.5.3.1
    std::size_t junk_bytes_max = 64U << 10;   ///< of one line, dropped before the connection is closed
    std::size_t recipients_max = 1000;        ///< RFC 5321 section 4.5.3.1.8 asks for 100
    std::uint32_t transactions_max = 1000;    ///< of a session; 0: no limit. A fresh connection spreads load
    std::uint32_t received_fields_max = 50;   ///< more hops are a loop (RFC 5321 section 6.3 asks for 100+;
                                              ///< real paths have under 20, and each round costs every host)
    std::uint32_t errors_max = 20;            ///< then 421: a client this wrong will not get right
    std::uint32_t errors_before_delay = 5;    ///< then each costs error_delay
    std::uint32_t unknown_recipients_max =
        100;  ///< of a session: guessing addresses is slowed by reconnecting
    std::uint32_t auth_failures_max = 5;
    net::UserLimits per_user{100,
                             20};  ///< sessions of all protocols, in all and from one address: more is 454
    std::chrono::milliseconds error_delay{1000};
    std::chrono::seconds command_wait{300};  ///< RFC 5321 section 4.5.3.2.7; a whole line must come in it
    /// Of a relayed session more than of its own, so that the back end says the goodbye.
    std::chrono::seconds relayed_grace{60};
    std::chrono::seconds data_wait{300};    ///< for some octets of the message, section 4.5.3.2.5
    std::chrono::seconds stress_wait{120};  ///< instead of both once stress_sessions are connected
    std::size_t stress_sessions = 5000;
    std::chrono::seconds message_wait{4 * 3600};  ///< for the whole message: 50 MiB at 3.6 kB/s
};

enum class Role : std::uint8_t {
    inbound,     ///< port 25: mail from anybody for our own mailboxes
    submission,  ///< ports 587 and 465: mail from our own users (RFC 6409)
    lmtp,        ///< mail from a mail server that we trust, for our own mailboxes (RFC 2033)
};

enum class EarlyTalker : std::uint8_t { tolerate, refuse };

struct Policy {
    Role role = Role::inbound;
    bool offer_auth = false;
    bool require_auth = false;
    bool require_tls = false;           ///< except on loopback
    bool auth_equals_line = false;      ///< "250-AUTH=LOGIN" too, for clients of the last century
    bool sender_must_be_owned = false;  ///< MAIL FROM and From: of an authenticated user
    bool complete_header = false;       ///< adds Date, Message-ID and From where missing (RFC 6409 section 8)
    bool remove_bcc = false;
    bool relay_from_loopback = false;  ///< programs of this host may send to the world
    bool one_from_field = false;       ///< two From fields, or one without an address, are refused
    bool local_peers_only = false;     ///< loopback and unix sockets
    EarlyTalker early_talker = EarlyTalker::tolerate;
    std::chrono::milliseconds greet_pause{0};  ///< only with EarlyTalker::refuse: how long to listen first
    TextPolicy text;                           ///< stray CR, LF and NUL from strangers
    TextPolicy text_from_loopback;             ///< from programs of this host: they write LF and mean it

    static Policy inbound();
    static Policy submission();
    static Policy lmtp();
};

struct Services {
    store::Store& store;
    directory::Directory& directory;
    auth::Authenticator& authenticator;
    net::SessionRegistry& sessions;
    base::Clock& clock;
    base::Random& random;
    std::string hostname;    ///< of this host: greeting, Received, Message-ID
    std::string postmaster;  ///< who <postmaster> without a domain is; empty: postmaster@hostname
    /// Shared by the listeners of a server, and by nobody's life longer than another's.
    std::shared_ptr<RecentDeliveries> recent = std::make_shared<RecentDeliveries>();
    mta::Agent* agent = nullptr;            ///< null: mail for mailboxes here only, and nothing waits
    mta::SendingLimits* sending = nullptr;  ///< of authenticated users; null: none
    std::shared_ptr<const mta::SenderCheckSettings> sender_check;  ///< null: nobody is checked
    mta::MailDns* dns = nullptr;                                   ///< for that
    std::vector<net::Network> trusted;                             ///< whose mail is not checked
    mta::Signing* signing = nullptr;                               ///< null: nothing is signed
    mta::Signing* sealing = nullptr;                               ///< keys of ARC seals; null: none are made
    bool seals = false;                                            ///< where a domain does not say otherwise
    mta::reports::DmarcLedger* dmarc = nullptr;                    ///< counts verdicts; null: nobody does
    mta::Judge* judge = nullptr;                                   ///< content filters; null: none
    Limits limits;
    Policy policy;
    relay::Relay* relay = nullptr;  ///< null: all mailboxes are here

    Services(store::Store& the_store, directory::Directory& the_directory,
             auth::Authenticator& the_authenticator, net::SessionRegistry& the_sessions)
        : store(the_store),
          directory(the_directory),
          authenticator(the_authenticator),
          sessions(the_sessions),
          clock(base::Clock::system()),
          random(base::Random::system()) {}
    Services(store::Store& the_store, directory::Directory& the_directory,
             auth::Authenticator& the_authenticator, net::SessionRegistry& the_sessions,
             base::Clock& the_clock, base::Random& the_random)
        : store(the_store),
          directory(the_directory),
          authenticator(the_authenticator),
          sessions(the_sessions),
          clock(the_clock),
          random(the_random) {}
};

/// Serves one connection from greeting to close. Everything that `services` refers to must outlive it.
awaitable<void> serve(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services);

}  // namespace smtp
