#include "config/keys.hpp"

#include <algorithm>
#include <array>

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t ms(Duration time) { return time.count(); }
std::uint32_t u32(const Value& value) { return static_cast<std::uint32_t>(value.number); }
std::uint64_t u64(const Value& value) { return static_cast<std::uint64_t>(value.number); }
Duration time(const Value& value) { return Duration(value.number); }

constexpr std::int64_t connections_limit = 1'000'000;

const std::array table{
    Key{"hostname",
        Type::text,
        "",
        {},
        "The name of this server: in greetings, in Received lines, and for the other "
        "servers. The one setting that has no default.",
        [](Config& c, const Value& v) { c.hostname = v.text; },
        nullptr,
        true},
    Key{"include",
        Type::list,
        "",
        {},
        "More files to read, by name or pattern (\"conf.d/*.toml\"), in order of their "
        "names. A key may be set in one file only; listeners add up.",
        [](Config&, const Value&) {}},

    Key{"server.threads",
        Type::count,
        "0",
        {0, 1'024, {}},
        "Threads that run the sessions; 0: one per core.",
        [](Config& c, const Value& v) { c.server.threads = u32(v); }},
    Key{"server.connections_max",
        Type::count,
        "15000",
        {1, connections_limit, {}},
        "Open connections of all listeners "
        "together. The process needs as many file descriptors and some more.",
        [](Config& c, const Value& v) { c.server.connections_max = u32(v); }},
    Key{"server.drain_max",
        Type::duration,
        "10s",
        {0, ms(hours(1)), {}},
        "How long sessions may take to end when the "
        "server stops; then they are closed.",
        [](Config& c, const Value& v) { c.server.drain_max = time(v); }},

    Key{"store.path",
        Type::path,
        "/var/lib/barid",
        {},
        "The folder of the store.",
        [](Config& c, const Value& v) { c.store.path = v.text; }},
    Key{"store.cache",
        Type::size,
        "256MiB",
        {1 << 20, 1LL << 42, {}},
        "Memory for what was read from the store.",
        [](Config& c, const Value& v) { c.store.cache_bytes = u64(v); }},

    Key{"log.level",
        Type::choice,
        "info",
        {0, 0, "trace debug info warn error off"},
        "What is logged: this level and "
        "those after it.",
        [](Config& c, const Value& v) { c.log.level = v.text; }},
    Key{"log.format",
        Type::choice,
        "logfmt",
        {0, 0, "logfmt json"},
        "How a line of the log is written.",
        [](Config& c, const Value& v) { c.log.format = v.text; }},
    Key{"log.modules",
        Type::levels,
        "",
        {},
        "Levels of single modules: { imap = \"debug\", store = \"warn\" }.",
        [](Config& c, const Value& v) { c.log.modules = v.levels; }},

    Key{"tls.certificate",
        Type::path,
        "",
        {},
        "The certificate of listeners that have none of their own: a PEM file, "
        "the server's first, then the intermediate ones. Without one the server makes its own in the store's "
        "folder (tls/), which clients do not trust unless they are given its ca.pem.",
        [](Config& c, const Value& v) { c.tls.certificate = v.text; }},
    Key{"tls.key",
        Type::path,
        "",
        {},
        "The private key of tls.certificate: a PEM file.",
        [](Config& c, const Value& v) { c.tls.key = v.text; }},
    Key{"tls.handshake_max",
        Type::duration,
        "10s",
        {100, ms(minutes(5)), {}},
        "How long a TLS handshake may take.",
        [](Config& c, const Value& v) { c.tls.handshake_max = time(v); }},
    Key{"tls.handshakes_max",
        Type::count,
        "1000",
        {1, connections_limit, {}},
        "TLS handshakes in flight, over all listeners. Others wait for their turn, "
        "for as long as a handshake may take.",
        [](Config& c, const Value& v) { c.tls.handshakes_max = u32(v); }},
    Key{"tls.handshakes_per_ip_max",
        Type::count,
        "10",
        {1, connections_limit, {}},
        "TLS handshakes in flight of one address (IPv6: of one /64).",
        [](Config& c, const Value& v) { c.tls.handshakes_per_ip_max = u32(v); }},

    Key{"limits.message_size",
        Type::size,
        "64MiB",
        {1 << 16, 1LL << 32, {}},
        "The largest message that is taken, by "
        "any protocol.",
        [](Config& c, const Value& v) { c.limits.message_bytes = u64(v); }},
    Key{"limits.connections_per_account",
        Type::count,
        "100",
        {1, connections_limit, {}},
        "Sessions of one account at a "
        "time, of all clients and protocols.",
        [](Config& c, const Value& v) { c.limits.connections_per_account = u32(v); }},
    Key{"limits.connections_per_account_and_address",
        Type::count,
        "20",
        {1, connections_limit, {}},
        "Sessions of one "
        "account from one address (IPv6: one /64) at a time.",
        [](Config& c, const Value& v) { c.limits.connections_per_account_and_address = u32(v); }},

    Key{"directory.default_domain",
        Type::text,
        "",
        {},
        "Completes login names without '@', and \"postmaster\".",
        [](Config& c, const Value& v) { c.directory.default_domain = v.text; }},
    Key{"directory.postmaster",
        Type::text,
        "",
        {},
        "An address that takes mail for postmaster where a domain has no "
        "such mailbox.",
        [](Config& c, const Value& v) { c.directory.postmaster = v.text; }},
    Key{"directory.password_key_file",
        Type::path,
        "",
        {},
        "The key that seals passwords kept for CRAM-MD5 and APOP; "
        "made at first use. Back it up apart from the store.",
        [](Config& c, const Value& v) { c.directory.password_key_file = v.text; }},
    Key{"directory.cache_entries",
        Type::count,
        "65536",
        {0, 100'000'000, {}},
        "Addresses, mailboxes and domains kept in "
        "memory, so many of each.",
        [](Config& c, const Value& v) { c.directory.cache_entries = u64(v); }},
    Key{"directory.cache_age_max",
        Type::duration,
        "1m",
        {0, ms(hours(24)), {}},
        "How long a change made by another "
        "node may go unseen if its notice is lost.",
        [](Config& c, const Value& v) { c.directory.cache_age_max = time(v); }},

    Key{"auth.plain_text_without_tls",
        Type::boolean,
        "false",
        {},
        "Whether passwords may be sent unprotected over the "
        "network.",
        [](Config& c, const Value& v) { c.auth.plain_text_without_tls = v.yes; }},
    Key{"auth.plain_text_without_tls_on_loopback",
        Type::boolean,
        "true",
        {},
        "The same, from this machine itself.",
        [](Config& c, const Value& v) { c.auth.plain_text_without_tls_on_loopback = v.yes; }},
    Key{"auth.scram",
        Type::boolean,
        "true",
        {},
        "Whether SCRAM is offered. Users with an imported hash cannot use it "
        "before they have logged in once by another mechanism.",
        [](Config& c, const Value& v) { c.auth.scram = v.yes; }},
    Key{"auth.cram_md5",
        Type::boolean,
        "false",
        {},
        "Whether CRAM-MD5 is offered. It needs passwords kept in a form "
        "that can be turned back (directory.password_key_file).",
        [](Config& c, const Value& v) { c.auth.cram_md5 = v.yes; }},
    Key{"auth.apop",
        Type::boolean,
        "false",
        {},
        "Whether POP3's APOP is offered; as auth.cram_md5.",
        [](Config& c, const Value& v) { c.auth.apop = v.yes; }},
    Key{"auth.hashing_threads",
        Type::count,
        "2",
        {1, 256, {}},
        "Passwords hashed at a time: 19 MiB and some 40 ms each.",
        [](Config& c, const Value& v) { c.auth.hashing_threads = u32(v); }},
    Key{"auth.hashing_queue_max",
        Type::count,
        "1000",
        {1, 100'000, {}},
        "Logins that may wait for their hash; more are "
        "asked to come again.",
        [](Config& c, const Value& v) { c.auth.hashing_queue_max = u32(v); }},
    Key{"auth.verified_cache",
        Type::duration,
        "5m",
        {0, ms(hours(24)), {}},
        "How long a password that was right is "
        "known without hashing.",
        [](Config& c, const Value& v) { c.auth.verified_cache = time(v); }},
    Key{"auth.penalty_first",
        Type::duration,
        "2s",
        {0, ms(minutes(5)), {}},
        "The delay of the first failed login; it "
        "doubles with each.",
        [](Config& c, const Value& v) { c.auth.penalty_first = time(v); }},
    Key{"auth.penalty_max",
        Type::duration,
        "15s",
        {0, ms(minutes(5)), {}},
        "The longest delay of a failed login.",
        [](Config& c, const Value& v) { c.auth.penalty_max = time(v); }},
    Key{"auth.penalty_memory",
        Type::duration,
        "1h",
        {ms(seconds(1)), ms(hours(24 * 7)), {}},
        "How long failures are "
        "remembered.",
        [](Config& c, const Value& v) { c.auth.penalty_memory = time(v); }},
    Key{"auth.failures_per_hour_max",
        Type::count,
        "100",
        {1, 1'000'000, {}},
        "Failed logins of one address (IPv6: of "
        "one /64) within auth.penalty_memory; after that it is refused unheard.",
        [](Config& c, const Value& v) { c.auth.failures_per_hour_max = u32(v); }},
    Key{"auth.scram_iterations",
        Type::count,
        "4096",
        {4'096, 1'000'000, {}},
        "Iterations of new SCRAM keys: work for "
        "the client at each login.",
        [](Config& c, const Value& v) { c.auth.scram_iterations = u32(v); }},

    Key{"smtp.recipients_max",
        Type::count,
        "1000",
        {100, 100'000, {}},
        "Recipients of one message (RFC 5321 wants 100 "
        "at least).",
        [](Config& c, const Value& v) { c.smtp.recipients_max = u32(v); }},

    Key{"admin.socket",
        Type::path,
        "/run/barid/admin.sock",
        {},
        "Where the operator's commands reach the server.",
        [](Config& c, const Value& v) { c.admin.socket = v.text; }},

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
        {0, 0, "imap pop3 smtp submission lmtp"},
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
};

}  // namespace

std::span<const Key> keys() { return table; }

const Key* find_key(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Key::name);
    return found == table.end() ? nullptr : &*found;
}

bool is_table(std::string_view name) {
    return std::ranges::any_of(table, [name](const Key& key) {
        return key.name.size() > name.size() && key.name.starts_with(name) && key.name[name.size()] == '.';
    });
}

}  // namespace config
