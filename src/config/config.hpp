// Config: the file that says how the process runs (who exists is in the store). TOML in, typed values out;
// every fault with its file, line and column. Pure: nothing here opens a socket or changes a setting.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace config {

using Duration = std::chrono::milliseconds;

/// One virtual server. \ref net::ListenerConfig is made from it.
struct Listener {
    std::string name;
    std::string protocol;                ///< "imap", "pop3", "smtp", "submission", "lmtp", "http"
    std::vector<std::string> addresses;  ///< "127.0.0.1:143", "[::1]:143", "*:143", "unix:/path"
    std::string tls;                     ///< "none", "starttls", "implicit"
    std::string certificate, key;        ///< PEM files; empty: those of [tls]
    std::string client_ca;
    std::vector<std::string> proxy_trusted, front_ends;
    std::uint32_t connections_max = 0;
    std::uint32_t connections_per_ip_max = 0;
    Duration output_stall_max{0};
    std::vector<std::string> allow, deny, allow_users, deny_users;
    Duration idle_max{0};     ///< 0: the protocol's own
    bool activesync = false;  ///< of "http": it serves it
};

/// A server that has mailboxes which this one leads to. \ref relay::Node is made from it.
struct Node {
    std::string name, host;
    std::uint16_t imap_port = 0, pop3_port = 0, submission_port = 0, http_port = 0, smtp_port = 0;
    std::string tls;  ///< "none", "starttls", "implicit"
    std::string server_name, ca_file;
    std::vector<std::string> pins;
    std::string login;  ///< "shared", "master", "password"
    std::string master_user, secret_file;
    std::string client_address;  ///< "none", "proxy", "commands"
};

/// Filters that there may be several of. \ref filter::Settings is made from them.
struct Milter {
    std::string name, address, when_down;
    Duration answer_max{0}, message_max{0};
};
struct Dnsbl {
    std::string zone;
    std::vector<std::string> codes;
    std::int32_t weight = 0;
    bool ipv6 = true;
};
struct Blacklist {
    std::vector<std::string> senders, domains;
};
struct Rule {
    std::string name;
    bool any = false;
    std::vector<std::string> conditions, actions;
};

/// A certificate besides those of [tls] and the listeners.
struct ServerCertificate {
    std::string file, key;
    std::vector<std::string> names;  ///< SNI; empty: those in it
};

/// What clients of some domains are told of the server, where that is not what its listeners say.
struct Discovery {
    std::vector<std::string> domains;  ///< "*": all that no other table names
    std::string name, host, web_host;  ///< empty: as without
    std::vector<std::string> hide;     ///< "imap", "pop3", "submission", "activesync"
    std::uint16_t imap_port = 0, imaps_port = 0, pop3_port = 0, pop3s_port = 0;  ///< 0: the listener's
    std::uint16_t submission_port = 0, submissions_port = 0, https_port = 0;
};

/// Where a value comes from, and what it is as the file would have it.
struct Setting {
    std::string key;     ///< "store.path", "listener[0].address"
    std::string value;   ///< as TOML
    std::string origin;  ///< "default", or "barid.toml:3"
};

struct Problem {
    std::string file;
    std::uint32_t line = 0, column = 0;  ///< 0: of the file as a whole
    bool warning = false;
    std::string text;
};

struct Config {
    std::string hostname;

    struct Server {
        std::uint32_t threads = 0;
        std::uint32_t connections_max = 0;
        Duration drain_max{0};
    } server;
    struct Http {
        std::vector<std::string> metrics_from;
    } http;
    struct Store {
        std::string path;
        std::uint64_t cache_bytes = 0;
    } store;
    struct Search {
        bool enabled = false;
        Duration delay{0};
        std::uint64_t build_bytes = 0, cache_bytes = 0;
        std::uint32_t threads = 0;
    } search;
    struct Log {
        std::string level, format;
        std::vector<std::pair<std::string, std::string>> modules;  ///< module, level
    } log;
    struct Tls {
        std::string certificate, key;
        Duration handshake_max{0};
        std::uint32_t handshakes_max = 0;
        std::uint32_t handshakes_per_ip_max = 0;
    } tls;
    struct Limits {
        std::uint64_t message_bytes = 0;
        std::uint32_t connections_per_account = 0;
        std::uint32_t connections_per_account_and_address = 0;
        std::uint32_t messages_per_command = 0, messages_saved_per_command = 0;
    } limits;
    struct Directory {
        std::string default_domain, postmaster, password_key_file;
        std::uint64_t cache_entries = 0;
        Duration cache_age_max{0};
    } directory;
    struct Auth {
        bool plain_text_without_tls = false, plain_text_without_tls_on_loopback = false;
        bool scram = false, cram_md5 = false, apop = false, ntlm = false, ntlm_v1 = false;
        std::uint32_t hashing_threads = 0, hashing_queue_max = 0, scram_iterations = 0,
                      failures_per_hour_max = 0;
        Duration verified_cache{0}, penalty_first{0}, penalty_max{0}, penalty_memory{0};
    } auth;
    struct Oauth {
        std::string keys_url, keys_file, issuer;
        std::vector<std::string> audience;
        std::string mailbox_claim, scope;
        std::string introspection_url, introspection_client, introspection_secret_file;
        std::string configuration_url, ca_file;
        Duration leeway{0}, keys_kept{0}, introspection_kept{0}, request_max{0};
        bool offered() const { return !keys_url.empty() || !keys_file.empty() || !introspection_url.empty(); }
    } oauth;
    struct Dns {
        std::vector<std::string> servers, trust_anchors;
        std::string trust_anchor_file;
        Duration answer_max{0};
    } dns;
    struct Relay {
        std::string name, secret_file;
        Duration connect_max{0}, login_max{0};
    } relay;
    struct Smtp {
        std::uint32_t recipients_max = 0;
    } smtp;
    struct Mta {
        std::string smart_host;
        std::vector<std::string> by_recipient, by_sender;  ///< "domain=smart host"
        bool relay_from_loopback = false;
        Duration retry_first{0}, retry_longest{0}, give_up{0}, tell_delay{0};
        std::uint32_t attempts_max = 0, destination_attempts_max = 0;
        std::uint32_t recipients_per_hour = 0, recipients_per_day = 0;
        std::uint64_t trace_bytes = 0;
        std::string source_ipv4, source_ipv6, helo, ca_file;
        bool ipv6 = true, dane = true, mta_sts = true, tls_reports = true;
        std::uint32_t mx_port = 25, sts_port = 443;
        bool check_senders = true, check_loopback = false, refuse_spf_fail = false;
        bool own_senders_need_proof = true, sign = true, srs = true, answer_unproven = true;
        std::vector<std::string> trusted_networks, arc_trusted;
        std::string dmarc;  ///< "apply", "junk", "note"
        std::string srs_domain;
        std::string sts_policy;  ///< "none", "testing", "enforce"
        std::string meetings;    ///< "add", "change", "ignore"
        bool arc_seal = true, dmarc_reports = true;
        std::string report_organization, report_contact;
        std::vector<std::string> report_addresses;
    } mta;
    struct Admin {
        std::string socket;
    } admin;
    std::vector<Listener> listeners;  ///< the standard ones when the file has none

    std::vector<Node> nodes;

    struct Filter {
        std::int32_t dnsbl_reject = 0, dnsbl_junk = 0;
    } filter;
    struct Clamd {
        std::string address, when_down, on_virus, when_too_big;
        Duration time_max{0};
        std::uint64_t size_max = 0;
        bool submitted = true;
    } clamd;
    struct Rspamd {
        std::string url, password_file, ca_file, when_down, on_reject;
        Duration time_max{0};
        std::uint64_t size_max = 0;
        bool submitted = false;
    } rspamd;
    struct Greylist {
        bool enabled = false;
        Duration delay{0}, retry_max{0}, kept{0};
        std::uint32_t passes_for_client = 0, entries_max = 0;
    } greylist;
    struct Rate {
        std::string client, sender, account;
    } rate;
    struct Pickup {
        std::vector<std::string> program;
        std::string when_down;
        Duration time_max{0};
        std::uint32_t running_max = 0;
    } pickup;
    struct Quarantine {
        Duration age_max{0};
        std::uint64_t bytes_max = 0, messages_max = 0;
    } quarantine;
    std::vector<Milter> milters;
    std::vector<Dnsbl> dnsbls;
    std::vector<Blacklist> blacklists;
    std::vector<Rule> rules;
    std::vector<ServerCertificate> certificates;
    std::vector<Discovery> discovery;

    std::vector<Setting> settings;  ///< every key with its value, in the order of the table
    std::vector<Problem> warnings;  ///< what is odd and does not keep the server from starting
};

template <class T>
using Result = base::Result<T, std::vector<Problem>>;

/// Reads the file and what it includes. \errors every fault found, not only the first
Result<Config> load(const std::string& path);
/// As load(), of text; `file` names it in problems, and its folder is where relative paths and includes
/// start.
Result<Config> parse(std::string_view text, const std::string& file);
/// What holds without a file: for `config show` and the demo. The hostname is as given.
Config defaults(std::string_view hostname);

/// "barid.toml:3:1: error: unknown key 'hostnam'; the nearest is 'hostname'"
std::string to_string(const Problem& problem);

/// Text for an operator, and whether all is well (exit code 0, else 3).
struct Text {
    std::string text;
    bool good = true;
};
/// What only those can tell who will use the values: faults of a Config that is well in itself.
using Examine = std::function<std::vector<Problem>(const Config&)>;
/// A fault of one setting ("listener[0].allow"), at the line that has it.
Problem problem_of(const Config& config, std::string_view key, std::string text);
/// `barid config check`
Text check_text(const std::string& path, const Examine& examine = {});
/// `barid config show [--origin]`: the effective values as TOML.
Text show_text(const std::string& path, bool origin);
/// `barid config explain KEY|PREFIX`; "" explains all. Not good: no such key (the nearest is named).
Text explain_text(std::string_view key);
/// docs/configuration.md
std::string reference_markdown();

}  // namespace config
