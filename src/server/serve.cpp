// barid serve: from a configuration file.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "server/filter_settings.hpp"
#include "server/local_ca.hpp"
#include "server/notify.hpp"
#include "server/process.hpp"
#include "server/programs.hpp"

namespace server {
namespace {

template <class Unit>
Unit as(config::Duration duration) {
    return std::chrono::duration_cast<Unit>(duration);
}

void apply_log_settings(const config::Config::Log& log) {
    base::log::Level level{};
    if (base::log::parse_level(log.level, level)) base::log::set_level("", level);
    for (const auto& [module, name] : log.modules) {
        if (base::log::parse_level(name, level)) base::log::set_level(module, level);
    }
    // "auto": a terminal gets what a person reads, everything else what programs read.
    const bool json = log.format == "json" || (log.format == "auto" && isatty(STDERR_FILENO) == 0);
    base::log::set_format(json ? base::log::Format::json : base::log::Format::logfmt);
}

auth::token::Settings tokens_from(const config::Config::Oauth& oauth) {
    using std::chrono::seconds;
    auth::token::Settings tokens;
    tokens.rules.issuer = oauth.issuer;
    tokens.rules.audiences = oauth.audience;
    tokens.rules.scope = oauth.scope;
    tokens.rules.name_claim = oauth.mailbox_claim;
    tokens.rules.leeway = as<seconds>(oauth.leeway);
    tokens.key_file = oauth.keys_file;
    tokens.key_url = oauth.keys_url;
    tokens.keys_kept = as<seconds>(oauth.keys_kept);
    tokens.introspection_url = oauth.introspection_url;
    tokens.introspection_client = oauth.introspection_client;
    tokens.answers_kept = as<seconds>(oauth.introspection_kept);
    tokens.configuration_url = oauth.configuration_url;
    return tokens;
}

auth::Policy policy_from(const config::Config& config) {
    using std::chrono::seconds;
    auth::Policy policy;
    policy.plain_text_without_tls = config.auth.plain_text_without_tls;
    policy.plain_text_without_tls_on_loopback = config.auth.plain_text_without_tls_on_loopback;
    policy.scram = config.auth.scram;
    policy.cram_md5 = config.auth.cram_md5;
    policy.apop = config.auth.apop;
    policy.ntlm = config.auth.ntlm;
    policy.ntlm_v1 = config.auth.ntlm_v1;
    for (const config::Listener& listener : config.listeners) {
        if (listener.allow_users.empty() && listener.deny_users.empty()) continue;
        policy.users_of_listeners[listener.name] = {listener.allow_users, listener.deny_users};
    }
    policy.hashing_threads = config.auth.hashing_threads;
    policy.hashing_queue_max = config.auth.hashing_queue_max;
    policy.scram_iterations = config.auth.scram_iterations;
    policy.failures_per_hour_max = config.auth.failures_per_hour_max;
    policy.verified_cache = as<seconds>(config.auth.verified_cache);
    policy.penalty_first = as<seconds>(config.auth.penalty_first);
    policy.penalty_max = as<seconds>(config.auth.penalty_max);
    policy.penalty_memory = as<seconds>(config.auth.penalty_memory);
    policy.hostname = config.hostname;
    policy.tokens = tokens_from(config.oauth);
    return policy;
}

/// The first line of the file. Empty text, or what is wrong.
std::string read_secret(const std::string& path, base::Secret& out) {
    if (path.empty()) return {};
    std::ifstream in(path);
    std::string line;
    if (!std::getline(in, line)) return fmt::format("cannot read '{}'", path);
    if (line.ends_with('\r')) line.pop_back();
    out = base::Secret(std::move(line));
    return {};
}

net::ListenerConfig listener_from(const config::Config& config, const config::Listener& from) {
    net::ListenerConfig listener;
    listener.name = from.name;
    listener.protocol = from.protocol;
    listener.addresses = from.addresses;
    listener.tls = from.tls == "implicit"   ? net::TlsMode::implicit
                   : from.tls == "starttls" ? net::TlsMode::starttls
                                            : net::TlsMode::none;
    if (listener.tls != net::TlsMode::none) {
        const bool own = !from.certificate.empty();
        net::Certificate certificate;
        certificate.chain_file = own ? from.certificate : config.tls.certificate;
        certificate.key_file = own ? from.key : config.tls.key;
        listener.certificates.push_back(std::move(certificate));
        for (const config::ServerCertificate& other : config.certificates)
            listener.certificates.push_back({other.file, other.key, other.names});
    }
    listener.client_ca_file = from.client_ca;
    listener.proxy_trusted = from.proxy_trusted;
    listener.front_ends = from.front_ends;
    listener.connections_max = from.connections_max;
    listener.connections_per_ip_max = from.connections_per_ip_max;
    listener.allow = from.allow;
    listener.deny = from.deny;
    listener.idle_max = as<std::chrono::seconds>(from.idle_max);
    listener.output_stall_max = as<std::chrono::seconds>(from.output_stall_max);
    return listener;
}

bool lacks_certificate(const config::Config& config) {
    if (!config.tls.certificate.empty()) return false;
    return std::ranges::any_of(config.listeners, [](const config::Listener& one) {
        return one.tls != "none" && one.certificate.empty();
    });
}

/// A first start needs no certificate: one is made, for what has none. Encrypted against who listens only,
/// it is better than passwords in plain text, and kept, so that clients may be told to trust it. Returns an
/// empty text, or what is wrong.
std::string make_missing_certificate(config::Config& config) {
    if (!lacks_certificate(config)) return {};
    const std::filesystem::path folder = std::filesystem::path(config.store.path) / "tls";
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fmt::format("{}: {}", folder.string(), error.message());
    CertificateFiles files;
    std::string wrong =
        make_local_certificate(folder, {config.hostname, "localhost", "127.0.0.1", "::1"}, files);
    if (!wrong.empty()) return wrong;
    config.tls.certificate = files.chain.string();
    config.tls.key = files.key.string();
    base::log::warn("server", "no certificate is set: clients do not trust the server's own by themselves",
                    {{"ca", files.ca.string()}, {"set", "tls.certificate, tls.key"}});
    return {};
}

relay::Node node_from(const config::Node& from) {
    using relay::Node;
    Node node;
    node.name = from.name;
    node.host = from.host;
    node.imap_port = from.imap_port;
    node.pop3_port = from.pop3_port;
    node.submission_port = from.submission_port;
    node.http_port = from.http_port;
    node.tls = from.tls == "none"       ? Node::Tls::none
               : from.tls == "starttls" ? Node::Tls::starttls
                                        : Node::Tls::implicit;
    node.server_name = from.server_name;
    node.ca_file = from.ca_file;
    node.pins = from.pins;
    node.login = from.login == "master"     ? Node::Login::master
                 : from.login == "password" ? Node::Login::password
                                            : Node::Login::shared;
    node.master_user = from.master_user;
    node.announce = from.client_address == "proxy"      ? Node::Announce::proxy
                    : from.client_address == "commands" ? Node::Announce::commands
                                                        : Node::Announce::none;
    return node;
}

/// Empty text, or what is wrong.
std::string read_relay(const config::Config& config, Settings& settings) {
    std::string wrong = read_secret(config.relay.secret_file, settings.auth_policy.relay_secret);
    if (wrong.empty())
        wrong = relay::secret_fault(config.relay.secret_file, settings.auth_policy.relay_secret);
    relay::Settings& relay = settings.relay;
    relay.own_name = config.relay.name.empty() ? config.hostname : config.relay.name;
    relay.hostname = config.hostname;
    relay.connect_max = config.relay.connect_max;
    relay.login_max = config.relay.login_max;
    for (const config::Node& from : config.nodes) {
        relay::Node node = node_from(from);
        node.secret = settings.auth_policy.relay_secret;
        if (wrong.empty() && !from.secret_file.empty()) wrong = read_secret(from.secret_file, node.secret);
        if (wrong.empty() && node.login != relay::Node::Login::password && node.secret.empty())
            wrong = fmt::format("node {}: its secret is empty", node.name);
        relay.nodes.push_back(std::move(node));
    }
    return wrong;
}

mta::SenderCheckSettings sender_check_from(const config::Config::Mta& mta) {
    mta::SenderCheckSettings out;
    using Dmarc = mta::SenderCheckSettings::Dmarc;
    out.enabled = mta.check_senders;
    out.dmarc = mta.dmarc == "apply" ? Dmarc::apply : mta.dmarc == "junk" ? Dmarc::junk : Dmarc::note;
    out.refuse_spf_fail = mta.refuse_spf_fail;
    out.own_senders_need_proof = mta.own_senders_need_proof;
    out.arc_trusted = mta.arc_trusted;
    return out;
}

void set_mta(const config::Config& config, Settings& settings) {
    using std::chrono::seconds;
    const config::Config::Mta& mta = config.mta;
    settings.agent.retry.first = as<seconds>(mta.retry_first);
    settings.agent.retry.longest = as<seconds>(mta.retry_longest);
    settings.agent.retry.give_up = as<seconds>(mta.give_up);
    settings.agent.retry.tell_delay = as<seconds>(mta.tell_delay);
    settings.agent.attempts_max = mta.attempts_max;
    settings.queue_limits.lane_busy_max = mta.destination_attempts_max;
    settings.queue_limits.lane_busy_first =
        std::min(settings.queue_limits.lane_busy_first, mta.destination_attempts_max);
    settings.sending.per_hour = mta.recipients_per_hour;
    settings.sending.per_day = mta.recipients_per_day;
    settings.trace_bytes_max = mta.trace_bytes;
    settings.relay_from_loopback = mta.relay_from_loopback;
    settings.routes = routes_from(config);
    settings.mail_out.tls_reports = mta.tls_reports;
    settings.dmarc_reports = mta.dmarc_reports;
    settings.arc_seal = mta.arc_seal;
    settings.mail_out.report_organization = mta.report_organization;
    settings.mail_out.report_contact = mta.report_contact;
    for (const std::string& address : mta.report_addresses)
        settings.routes.report_addresses.insert(base::lowered(address));
    settings.sender_check = sender_check_from(mta);
    settings.answer_unproven = mta.answer_unproven;
    if (!mta.check_loopback)
        for (const char* network : {"127.0.0.0/8", "::1/128"})
            settings.trusted.push_back(*net::Network::parse(network));
    for (const std::string& text : mta.trusted_networks)
        if (const auto network = net::Network::parse(text)) settings.trusted.push_back(*network);
    settings.sign = mta.sign;
    settings.srs = mta.srs;
    settings.srs_domain = mta.srs_domain;
    settings.sts_policy = mta.sts_policy;
    settings.meetings.process = mta.meetings != "ignore";
    settings.meetings.add_requests = mta.meetings == "add";
    settings.mail_out.source_ipv4 = mta.source_ipv4;
    settings.mail_out.source_ipv6 = mta.source_ipv6;
    settings.mail_out.helo_ipv4 = settings.mail_out.helo_ipv6 = mta.helo;
    settings.mail_out.ca_file = mta.ca_file;
    settings.mail_out.ipv6 = mta.ipv6;
    settings.mail_out.dane = mta.dane;
    settings.mail_out.mta_sts = mta.mta_sts;
    settings.mail_out.mx_port = static_cast<std::uint16_t>(mta.mx_port);
    settings.mail_out.sts_port = static_cast<std::uint16_t>(mta.sts_port);
    settings.mail_out.limits.destination_connections = mta.destination_attempts_max;
}

Settings settings_from(const config::Config& config) {
    Settings settings;
    settings.hostname = config.hostname;
    settings.data = config.store.path;
    settings.cache_bytes = config.store.cache_bytes;
    settings.admin_socket = config.admin.socket;
    settings.search.enabled = config.search.enabled;
    settings.search.delay = config.search.delay;
    settings.search.threads = config.search.threads;
    settings.search.build_bytes_max = config.search.build_bytes;
    settings.search.cache_bytes = config.search.cache_bytes;
    settings.store_limits.message_bytes_max = std::max(config.limits.message_bytes, std::uint64_t{1});
    settings.smtp_message_bytes_max = config.limits.message_bytes;
    settings.smtp_recipients_max = config.smtp.recipients_max;
    settings.sessions_per_user = {config.limits.connections_per_account,
                                  config.limits.connections_per_account_and_address};
    settings.imap_messages_max = config.limits.messages_per_command;
    settings.imap_saved_messages_max = config.limits.messages_saved_per_command;
    settings.server_limits.connections_max = config.server.connections_max;
    settings.server_limits.drain_max = config.server.drain_max;
    settings.server_limits.tls_handshake_max = config.tls.handshake_max;
    settings.server_limits.tls_handshakes_max = config.tls.handshakes_max;
    settings.server_limits.tls_handshakes_per_ip_max = config.tls.handshakes_per_ip_max;
    settings.auth_policy = policy_from(config);
    settings.resolver.servers = config.dns.servers;
    settings.resolver.trust_anchor_file = config.dns.trust_anchor_file;
    settings.resolver.trust_anchors = config.dns.trust_anchors;
    settings.resolver.answer_max = config.dns.answer_max;
    settings.token_client.ca_file = config.oauth.ca_file;
    settings.token_client.request_max = config.oauth.request_max;
    settings.default_domain = config.directory.default_domain;
    settings.postmaster = config.directory.postmaster;
    settings.sealing_key_file = config.directory.password_key_file;
    settings.threads = config.server.threads;
    set_mta(config, settings);
    for (const config::Listener& listener : config.listeners) {
        settings.listeners.push_back(listener_from(config, listener));
        if (listener.protocol == "http" && listener.activesync) settings.activesync.insert(listener.name);
    }
    settings.discovery = config.discovery;
    for (const std::string& text : config.http.metrics_from)
        if (const auto network = net::Network::parse(text)) settings.metrics_from.push_back(*network);
    if (!config.admin.socket.empty()) {
        net::ListenerConfig admin;
        admin.name = "admin";
        admin.protocol = "admin";
        admin.addresses = {"unix:" + config.admin.socket};
        settings.listeners.push_back(std::move(admin));
    }
    return settings;
}

/// As many descriptors as the system lets us have: each connection is one.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        base::log::warn("server", "cannot raise the limit of descriptors");
}

boost::asio::awaitable<std::string> announce(std::string hostname) {
    base::log::info("server", "ready", {{"hostname", hostname}});
    notify_supervisor("READY=1\nSTATUS=serving");
    co_return std::string();
}

}  // namespace

int serve(const cli::ServeOptions& options) {
    auto config = config::load(options.config);
    if (!config) {
        for (const config::Problem& problem : config.error())
            fmt::print(stderr, "{}\n", config::to_string(problem));
        return 2;
    }
    for (const config::Problem& problem : config->warnings)
        fmt::print(stderr, "{}\n", config::to_string(problem));
    apply_log_settings(config->log);
    raise_descriptor_limit();
    std::error_code error;
    if (!config->admin.socket.empty())
        std::filesystem::create_directories(std::filesystem::path(config->admin.socket).parent_path(), error);
    std::string wrong = make_missing_certificate(*config);
    Settings settings = settings_from(*config);
    if (wrong.empty())
        wrong = read_secret(config->oauth.introspection_secret_file,
                            settings.auth_policy.tokens.introspection_secret);
    if (wrong.empty()) wrong = read_relay(*config, settings);
    std::vector<FilterFault> faults;
    settings.filters = filter_settings(*config, faults);
    if (wrong.empty() && !faults.empty()) wrong = faults.front().key + ": " + faults.front().text;
    Process process(std::move(settings));
    if (wrong.empty()) wrong = process.open();
    if (!wrong.empty()) {
        base::log::error("server", "cannot start", {{"error", wrong}});
        fmt::print(stderr, "barid: {}\n", wrong);
        return 1;
    }
    return process.run([&] { return announce(config->hostname); });
}

}  // namespace server
