// Process: all parts of a running server, in the order in which they stand on each other.
#pragma once
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "admin/operations.hpp"
#include "auth/authenticator.hpp"
#include "base/id_source.hpp"
#include "config/config.hpp"
#include "directory/directory.hpp"
#include "discovery/profile_signers.hpp"
#include "eas/incoming_meetings.hpp"
#include "eas/services.hpp"
#include "filter/settings.hpp"
#include "http/client.hpp"
#include "mta/agent.hpp"
#include "mta/judge.hpp"
#include "mta/sender_check.hpp"
#include "mta/sending_limits.hpp"
#include "mta/signing.hpp"
#include "mta/smtp_out/settings.hpp"
#include "net/resolver.hpp"
#include "net/server.hpp"
#include "relay/node.hpp"
#include "smtp/recent_deliveries.hpp"
#include "store/store.hpp"

namespace filter {
class Filters;
}

namespace relay {
class NodeRelay;
}

namespace mta::reports {
class ReceivedReports;
class Reporting;
class ReportReader;
}  // namespace mta::reports

namespace server {

class Absence;
class ConversationMover;
class TokenFetcher;
struct WebParts;

struct Settings {
    std::string hostname = "localhost";
    std::filesystem::path data;          ///< the store and the sealing key are below it
    std::filesystem::path admin_socket;  ///< empty: none
    std::size_t cache_bytes = 256U << 20;
    store::StoreLimits store_limits;
    store::SearchOptions search;
    net::ServerLimits server_limits;
    auth::Policy auth_policy;
    net::ResolverSettings resolver;
    http::ClientSettings token_client;       ///< for keys and answers of access tokens
    std::filesystem::path sealing_key_file;  ///< of what is kept sealed; empty: below data
    std::string default_domain;
    std::string postmaster;
    std::uint64_t smtp_message_bytes_max = 50ULL << 20;
    std::uint32_t smtp_recipients_max = 1000;
    net::UserLimits sessions_per_user{100, 20};
    std::uint32_t imap_messages_max = 0, imap_saved_messages_max = 0;  ///< of one command; 0: no limit
    relay::Settings relay;  ///< where mailboxes are that are not here
    mta::AgentSettings agent;
    mta::RouteSettings routes;
    mta::SendingLimits::Settings sending;
    std::uint64_t trace_bytes_max = 512ULL << 20;
    bool relay_from_loopback = false;
    mta::smtp_out::Settings mail_out;
    mta::SenderCheckSettings sender_check;
    bool answer_unproven = true;        ///< AbsenceSettings has it
    std::vector<net::Network> trusted;  ///< whose mail is not checked
    bool sign = true;                   ///< what our users send
    bool srs = true;                    ///< what is sent on
    std::string srs_domain;             ///< empty: hostname
    std::string sts_policy = "none";    ///< that we publish: "testing", "enforce"
    bool dmarc_reports = true;          ///< to domains that ask for them, RFC 9990
    bool arc_seal = true;               ///< what is sent on, RFC 8617
    eas::IncomingMeetingsSettings meetings;
    filter::Settings filters;
    store::QueueLimits queue_limits;
    std::chrono::seconds collect_every{30};
    std::vector<net::ListenerConfig> listeners;
    std::set<std::string> activesync;          ///< HTTP listeners that serve it, by name
    std::vector<net::Network> metrics_from;    ///< who may read figures by HTTP
    std::vector<config::Discovery> discovery;  ///< what clients are told, by domain
    unsigned threads = 0;
};

class MailOut;

class Process {
public:
    explicit Process(Settings settings);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Opens the store and binds every listener. An empty text, or what is wrong.
    std::string open();

    store::Store& store() { return *store_; }
    directory::Directory& directory() { return *directory_; }
    auth::Authenticator& authenticator() { return *authenticator_; }
    net::Server& net() { return *server_; }
    const Settings& settings() const { return settings_; }

    /// Runs until SIGTERM or SIGINT, then stops in order. SIGHUP reads certificates again. `on_ready` runs on
    /// the pool once connections are accepted. Returns an exit code.
    int run(std::function<boost::asio::awaitable<std::string>()> on_ready);

private:
    class Signals;
    std::string make_authenticator();
    void check_seals(const std::string& key_file);
    std::string add_listener(const net::ListenerConfig& config);
    /// The texts that are sent before a session are set in `texts`.
    net::Serve serve_for(const net::ListenerConfig& config, net::ListenerConfig& texts);
    net::Serve serve_smtp(const net::ListenerConfig& config);
    net::Serve serve_http(const net::ListenerConfig& config, net::ListenerConfig& texts);
    admin::ServicesPtr admin_services();
    WebParts web_parts();
    void load_signers();
    boost::asio::awaitable<void> collect_in_background();
    boost::asio::awaitable<void> watch_store();
    std::string open_queue();
    void watch_meetings();
    boost::asio::awaitable<void> tend_meetings();
    std::string open_srs();
    std::string open_reports();
    void check_report_address(const std::string& address);
    std::string open_filters();
    /// What has gathered and is not written yet.
    void write_reports();
    boost::asio::awaitable<void> tend_filters();
    /// The agent first, so that attempts under way come to their end; then the sessions.
    boost::asio::awaitable<void> stop_in_order();
    void stop();
    void end_background_threads();
    void leave_if_abandoned(int exit_code) const;

    std::atomic<bool> stopping_{false};
    std::atomic<bool> store_failed_{false};     // told by a thread of the engine
    std::atomic<bool> store_abandoned_{false};  // told by its close()
    Settings settings_;
    base::IdSource ids_;
    std::unique_ptr<boost::asio::io_context> own_io_;  // of run_now(); outlives the engine
    // Destroyed from the last to the first: what stands on another goes before it.
    std::unique_ptr<store::engine::Engine> engine_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<TokenFetcher> token_fetcher_;  // null: no tokens are taken
    std::unique_ptr<auth::Authenticator> authenticator_;
    std::unique_ptr<relay::NodeRelay> relay_;
    std::unique_ptr<store::Queue> queue_;
    std::unique_ptr<mta::Trace> trace_;
    std::unique_ptr<mta::Router> router_;
    std::unique_ptr<mta::SendingLimits> sending_;
    std::unique_ptr<mta::MailDns> mail_dns_;
    std::unique_ptr<mta::Signing> signing_;
    std::unique_ptr<MailOut> mail_out_;
    std::stop_source reports_stop_;
    std::unique_ptr<mta::reports::ReceivedReports> received_;  // reports of others
    std::unique_ptr<mta::reports::ReportReader> report_reader_;
    std::unique_ptr<Absence> absence_;
    std::unique_ptr<ConversationMover> conversations_;
    std::unique_ptr<mta::Agent> agent_;
    std::unique_ptr<mta::reports::Reporting> reporting_;
    std::unique_ptr<eas::Outgoing> outgoing_;         // of ActiveSync
    eas::ServicesPtr eas_;                            // shared with the HTTP listeners
    std::unique_ptr<store::DeliveryWatch> meetings_;  // of mail about them
    discovery::ProfileSigners signers_;               // read again with the certificates
    std::unique_ptr<filter::Filters> filters_;
    std::unique_ptr<mta::Judge> judge_;
    /// Of all SMTP listeners: a message may come again by another address.
    std::shared_ptr<smtp::RecentDeliveries> recent_deliveries_ = std::make_shared<smtp::RecentDeliveries>();
    std::unique_ptr<net::Server> server_;
    std::chrono::system_clock::time_point started_;
};

}  // namespace server
