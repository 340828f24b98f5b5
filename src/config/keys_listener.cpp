// Settings of each [[listener]].
#include <array>

#include "config/key_tables.hpp"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::array table{
    Key{"listener.name",
        Type::text,
        "",
        {},
        "Unique; in logs and in `session list`.",
        nullptr,
        [](Listener& l, const Value& v) { l.name = v.text; },
        true},
    Key{"listener.protocol",
        Type::choice,
        "",
        {0, 0, "imap pop3 smtp submission lmtp http"},
        "What is spoken there.",
        nullptr,
        [](Listener& l, const Value& v) { l.protocol = v.text; },
        true},
    Key{"listener.address",
        Type::list,
        "",
        {},
        "Where: \"192.0.2.1:143\", \"[2001:db8::1]:143\", \"*:143\" (all, IPv4 "
        "and IPv6), \"unix:/path\"; one or a list.",
        nullptr,
        [](Listener& l, const Value& v) { l.addresses = v.list; },
        true},
    Key{"listener.tls",
        Type::choice,
        "starttls",
        {0, 0, "none starttls implicit"},
        "No TLS, TLS when the client asks "
        "for it, or from the first octet.",
        nullptr,
        [](Listener& l, const Value& v) { l.tls = v.text; }},
    Key{"listener.certificate",
        Type::path,
        "",
        {},
        "As tls.certificate, for this listener.",
        nullptr,
        [](Listener& l, const Value& v) { l.certificate = v.text; }},
    Key{"listener.key",
        Type::path,
        "",
        {},
        "As tls.key, for this listener.",
        nullptr,
        [](Listener& l, const Value& v) { l.key = v.text; }},
    Key{"listener.client_ca",
        Type::path,
        "",
        {},
        "A PEM file of authorities: clients are asked for a certificate by "
        "one of these, and may log in by it (EXTERNAL).",
        nullptr,
        [](Listener& l, const Value& v) { l.client_ca = v.text; }},
    Key{"listener.proxy_trusted",
        Type::list,
        "",
        {},
        "Networks (\"192.0.2.0/24\") whose connections start with a PROXY "
        "header, and must.",
        nullptr,
        [](Listener& l, const Value& v) { l.proxy_trusted = v.list; }},
    Key{"listener.front_ends",
        Type::list,
        "",
        {},
        "Addresses and networks of Barids that lead their users to this one: from there relay.secret_file "
        "opens "
        "mailboxes, and listener.connections_per_ip_max does not hold.",
        nullptr,
        [](Listener& l, const Value& v) { l.front_ends = v.list; }},
    Key{"listener.connections_max",
        Type::count,
        "10000",
        {1, connections_limit, {}},
        "Open connections.",
        nullptr,
        [](Listener& l, const Value& v) { l.connections_max = u32(v); }},
    Key{"listener.connections_per_ip_max",
        Type::count,
        "100",
        {1, connections_limit, {}},
        "Open connections of one "
        "address (IPv6: of one /64).",
        nullptr,
        [](Listener& l, const Value& v) { l.connections_per_ip_max = u32(v); }},
    Key{"listener.output_stall_max",
        Type::duration,
        "5m",
        {ms(seconds(1)), ms(hours(24)), {}},
        "How long a client may "
        "take nothing of what is sent to it.",
        nullptr,
        [](Listener& l, const Value& v) { l.output_stall_max = time(v); }},
    Key{"listener.idle_max",
        Type::duration,
        "0s",
        {0, ms(hours(24)), {}},
        "How long a client may be silent once it has logged in (SMTP: at any time); 0: IMAP 30 minutes, POP3 "
        "10, SMTP 5.",
        nullptr,
        [](Listener& l, const Value& v) { l.idle_max = time(v); }},
    Key{"listener.activesync",
        Type::boolean,
        "true",
        {},
        "Of an http listener: serves ActiveSync to phones and Outlook.",
        nullptr,
        [](Listener& l, const Value& v) { l.activesync = v.yes; }},
    Key{"listener.allow",
        Type::list,
        "",
        {},
        "Who may connect: addresses (\"192.0.2.7\"), networks (\"192.0.2.0/24\", \"2001:db8::/32\"), and "
        "names "
        "of the client's address (\"host.example\", \".example\" for all below it), which count when the "
        "name "
        "leads back to the address. Empty: everybody. Behind a proxy it is the client that counts.",
        nullptr,
        [](Listener& l, const Value& v) { l.allow = v.list; }},
    Key{"listener.deny",
        Type::list,
        "",
        {},
        "Who may not, though listener.allow has them. A name is no safe way to keep somebody out: an address "
        "needs none.",
        nullptr,
        [](Listener& l, const Value& v) { l.deny = v.list; }},
    Key{"listener.allow_users",
        Type::list,
        "",
        {},
        "Who may log in: mailboxes (\"anna@acme.example\"), all of a domain (\"@acme.example\") or of a post "
        "office (\"acme\"). Empty: everybody.",
        nullptr,
        [](Listener& l, const Value& v) { l.allow_users = v.list; }},
    Key{"listener.deny_users",
        Type::list,
        "",
        {},
        "Who may not, though listener.allow_users has them. They hear what they would for a wrong password.",
        nullptr,
        [](Listener& l, const Value& v) { l.deny_users = v.list; }},
};

}  // namespace

std::span<const Key> listener_keys() { return table; }

}  // namespace config
