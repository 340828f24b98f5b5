// Settings of the process, the store, the log, TLS, limits, the directory, DNS.
#include <array>

#include "config/key_tables.hpp"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

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
    Key{"store.search.enabled",
        Type::boolean,
        "true",
        {},
        "Whether texts of messages are indexed in the background. Without, SEARCH "
        "reads every message.",
        [](Config& c, const Value& v) { c.search.enabled = v.yes; }},
    Key{"store.search.delay",
        Type::duration,
        "5m",
        {0, ms(hours(24)), {}},
        "How long up to 64 new messages of an account wait to be indexed; more are in the next pause. SEARCH "
        "reads what waits.",
        [](Config& c, const Value& v) { c.search.delay = time(v); }},
    Key{"store.search.threads",
        Type::count,
        "1",
        {1, 64, {}},
        "Threads that index, at low priority.",
        [](Config& c, const Value& v) { c.search.threads = u32(v); }},
    Key{"store.search.memory",
        Type::size,
        "64MiB",
        {1 << 20, 1LL << 36, {}},
        "Memory of each of them for what it indexes.",
        [](Config& c, const Value& v) { c.search.build_bytes = u64(v); }},
    Key{"store.search.cache",
        Type::size,
        "32MiB",
        {1 << 20, 1LL << 40, {}},
        "Memory for the parts of indexes that searches have read.",
        [](Config& c, const Value& v) { c.search.cache_bytes = u64(v); }},

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

    Key{"dns.servers",
        Type::list,
        "",
        {},
        "Where names are looked up: \"192.0.2.53\", or with a port \"127.0.0.1@5353\". Empty: "
        "as /etc/resolv.conf says.",
        [](Config& c, const Value& v) { c.dns.servers = v.list; }},
    Key{"dns.answer_max",
        Type::duration,
        "3s",
        {100, ms(minutes(1)), {}},
        "How long a look-up may take.",
        [](Config& c, const Value& v) { c.dns.answer_max = time(v); }},
};

}  // namespace

std::span<const Key> general_keys() { return table; }

}  // namespace config
