// Settings of front-end mode: [relay], and each [[node]], a server that has mailboxes which this one only
// leads to.
#include <array>

#include "config/key_tables.hpp"

namespace config {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t port_max = 65'535;

const std::array relay_table{
    Key{"relay.name",
        Type::text,
        "",
        {},
        "What this server is called where the directory names the node of a mailbox; empty: `hostname`. "
        "Mailboxes of "
        "that node are here.",
        [](Config& c, const Value& v) { c.relay.name = v.text; }},
    Key{"relay.secret_file",
        Type::path,
        "",
        {},
        "A file whose first line is the secret that Barids share which lead their users to each other "
        "(node.login, listener.front_ends). Who knows it opens every mailbox.",
        [](Config& c, const Value& v) { c.relay.secret_file = v.text; }},
    Key{"relay.connect_max",
        Type::duration,
        "5s",
        {ms(Duration(100)), ms(minutes(5)), {}},
        "How long one address of a node may take to answer.",
        [](Config& c, const Value& v) { c.relay.connect_max = time(v); }},
    Key{"relay.login_max",
        Type::duration,
        "20s",
        {ms(seconds(1)), ms(minutes(5)), {}},
        "How long a client waits, in all, until it is logged in at its node.",
        [](Config& c, const Value& v) { c.relay.login_max = time(v); }},
};

const std::array table{
    Key{"node.name",
        Type::text,
        "",
        {},
        "What `--node` of `barid account set`, `domain set` and `postoffice set` says. Letters, digits, '-', "
        "'_' and '.'.",
        nullptr,
        nullptr,
        true,
        [](Node& n, const Value& v) { n.name = v.text; }},
    Key{"node.host",
        Type::text,
        "",
        {},
        "Its name or address.",
        nullptr,
        nullptr,
        true,
        [](Node& n, const Value& v) { n.host = v.text; }},
    Key{"node.imap_port",
        Type::count,
        "993",
        {0, port_max, {}},
        "Where IMAP is spoken there; 0: nowhere.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.imap_port = u16(v); }},
    Key{"node.pop3_port",
        Type::count,
        "995",
        {0, port_max, {}},
        "The same of POP3.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.pop3_port = u16(v); }},
    Key{"node.submission_port",
        Type::count,
        "465",
        {0, port_max, {}},
        "The same of submission.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.submission_port = u16(v); }},
    Key{"node.http_port",
        Type::count,
        "443",
        {0, port_max, {}},
        "The same of ActiveSync, by HTTP within TLS unless node.tls is none.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.http_port = u16(v); }},
    Key{"node.smtp_port",
        Type::count,
        "25",
        {0, port_max, {}},
        "Where mail for its mailboxes is brought, by SMTP, with STARTTLS unless node.tls is none; 0: "
        "nowhere, "
        "such mail is refused for the time being.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.smtp_port = u16(v); }},
    Key{"node.tls",
        Type::choice,
        "implicit",
        {0, 0, "none starttls implicit"},
        "From the first octet, by command (without which nothing is said), or none: on this machine only, "
        "since "
        "mailboxes are opened by what is said there.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.tls = v.text; }},
    Key{"node.server_name",
        Type::text,
        "",
        {},
        "What its certificate must be for; empty: node.host.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.server_name = v.text; }},
    Key{"node.ca_file",
        Type::path,
        "",
        {},
        "A PEM file of the authorities that its certificate may be of; empty: those of the system.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.ca_file = v.text; }},
    Key{"node.pins",
        Type::list,
        "",
        {},
        "Instead: SHA-256 of its certificate's public key (SubjectPublicKeyInfo) in base64; any of them will "
        "do, "
        "and neither name nor authority matters then.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.pins = v.list; }},
    Key{"node.login",
        Type::choice,
        "shared",
        {0, 0, "shared master password"},
        "How users are logged in there. shared: by relay.secret_file, which that Barid has too. master: by "
        "SASL "
        "PLAIN as node.master_user for the user, as Dovecot, Cyrus and others know it. password: by the "
        "password "
        "that the client sent, which only PLAIN, LOGIN and USER have.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.login = v.text; }},
    Key{"node.master_user",
        Type::text,
        "",
        {},
        "Who may act for every user there.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.master_user = v.text; }},
    Key{"node.secret_file",
        Type::path,
        "",
        {},
        "A file whose first line is the master user's password.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.secret_file = v.text; }},
    Key{"node.client_address",
        Type::choice,
        "none",
        {0, 0, "none proxy commands"},
        "How it hears of the client's address. proxy: by a PROXY header, of a Barid that has this server "
        "among "
        "its listener.proxy_trusted. commands: by IMAP's ID and by XCLIENT, as Dovecot takes them of its "
        "login_trusted_networks.",
        nullptr,
        nullptr,
        false,
        [](Node& n, const Value& v) { n.client_address = v.text; }},
};

}  // namespace

std::span<const Key> relay_keys() { return relay_table; }
std::span<const Key> node_keys() { return table; }

}  // namespace config
