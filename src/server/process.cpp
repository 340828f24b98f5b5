#include "server/process.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "admin/session.hpp"
#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "base/version.hpp"
#include "directory/make_directory.hpp"
#include "filter/filters.hpp"
#include "imap/server.hpp"
#include "mta/reports/report_reader.hpp"
#include "mta/reports/reporting.hpp"
#include "pop3/session.hpp"
#include "relay/node_relay.hpp"
#include "server/absence.hpp"
#include "server/conversation_mover.hpp"
#include "server/device_mail.hpp"
#include "server/mail_out.hpp"
#include "server/notify.hpp"
#include "server/token_fetcher.hpp"
#include "smtp/services.hpp"
#include "store/engine/rocksdb/rocksdb_engine.hpp"

namespace server {
namespace asio = boost::asio;
namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace

/// SIGTERM and SIGINT stop the server, a later one ends the process; SIGHUP reads the certificates again.
class Process::Signals {
public:
    Signals(net::Server& server, std::function<void()> reload, std::function<void()> stop)
        : server_(server),
          reload_(std::move(reload)),
          stop_(std::move(stop)),
          set_(server.executor(), SIGTERM, SIGINT, SIGHUP) {
        wait();
    }
    ~Signals() {
        boost::system::error_code ignored;
        set_.clear(ignored);
        // What is left takes a moment: a second signal must not cut it off and make a clean end look like a
        // crash.
        std::signal(SIGTERM, SIG_IGN);
        std::signal(SIGINT, SIG_IGN);
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    bool stopping() const { return stopping_; }  ///< from any thread

private:
    void wait() {
        set_.async_wait([this](const boost::system::error_code& error, int number) {
            if (error) return;
            if (number == SIGHUP) {
                const std::string wrong = server_.reload_certificates();
                reload_();
                if (wrong.empty()) {
                    base::log::info("server", "certificates read again");
                } else {
                    base::log::error("server", "certificates kept", {{"error", wrong}});
                }
            } else {
                stop(number);
            }
            wait();
        });
    }

    void stop(int number) {
        const auto now = std::chrono::steady_clock::now();
        if (!stopping()) {
            base::log::info("server", "stopping", {{"signal", number}});
            stopped_at_ = now;
            stopping_ = true;
            stop_();
        } else if (now - stopped_at_ > one_request_max) {
            base::log::error("server", "ended by a second signal", {{"signal", number}});
            std::_Exit(1);
        }
    }

    /// timeout(1), shells and supervisors signal the process and then its group: that is one request.
    static constexpr std::chrono::seconds one_request_max{1};

    net::Server& server_;
    const std::function<void()> reload_, stop_;
    asio::signal_set set_;
    std::atomic<bool> stopping_{false};
    std::chrono::steady_clock::time_point stopped_at_;
};

Process::Process(Settings settings)
    : settings_(std::move(settings)),
      ids_(base::Clock::system()),
      own_io_(std::make_unique<asio::io_context>()),
      started_(std::chrono::system_clock::now()) {}

Process::~Process() {
    end_background_threads();
    leave_if_abandoned(1);  // run() did not: the server never started
    // The io_context goes first, with the frames that still wait in it; then what they refer to.
    server_.reset();
    relay_.reset();
    eas_.reset();
    outgoing_.reset();
    judge_.reset();
    filters_.reset();
    reporting_.reset();
    agent_.reset();
    report_reader_.reset();
    received_.reset();
    mail_out_.reset();
    signing_.reset();
    mail_dns_.reset();
    sending_.reset();
    router_.reset();
    trace_.reset();
    queue_.reset();
    authenticator_.reset();
    token_fetcher_.reset();
    directory_.reset();
    store_.reset();
}

/// The committer, the readers and the hashers post into the io_context: they end before it does. What waits
/// for them is answered, so that nothing but it owns a waiting frame when it goes.
void Process::end_background_threads() {
    if (store_ && store_->search() != nullptr) store_->search()->stop();
    if (engine_) engine_->close();
    if (authenticator_) authenticator_->stop();
    if (filters_) filters_->stop();
    if (report_reader_) report_reader_->stop();
    if (token_fetcher_) token_fetcher_->stop();
}

/// RocksDB's threads live on: nothing that they use may be destroyed, by nobody, not at exit either.
void Process::leave_if_abandoned(int exit_code) const {
    if (!store_abandoned_) return;
    std::fflush(nullptr);
    std::_Exit(exit_code);
}

std::string Process::open() {
    std::error_code error;
    std::filesystem::create_directories(settings_.data, error);
    if (error) return fmt::format("{}: {}", settings_.data.string(), error.message());
    std::filesystem::permissions(settings_.data, std::filesystem::perms::owner_all, error);

    store::engine::RocksOptions options;
    options.cache_bytes = settings_.cache_bytes;
    options.on_failure = [this] { store_failed_ = true; };
    options.on_abandon = [this](bool failed) {
        store_abandoned_ = true;
        if (failed) store_failed_ = true;
    };
    auto engine = store::engine::make_rocksdb_engine((settings_.data / "store").string(), ids_, options);
    if (!engine) return fmt::format("{}: {}", (settings_.data / "store").string(), engine.error().what());
    engine_ = std::move(*engine);
    store_ = store::make_store(*engine_, base::Clock::system(), settings_.store_limits, settings_.search);

    directory::Options directory_options;
    const std::string sealing_key = settings_.sealing_key_file.empty()
                                        ? (settings_.data / "sealing.key").string()
                                        : settings_.sealing_key_file.string();
    directory_options.secrets_key_file = sealing_key;
    if (settings_.auth_policy.cram_md5 || settings_.auth_policy.apop || settings_.auth_policy.ntlm)
        directory_options.key_file = sealing_key;
    directory_options.default_domain = settings_.default_domain;
    directory_options.postmaster = settings_.postmaster;
    directory_ = directory::make_directory(*engine_, directory_options);
    check_seals(sealing_key);
    server_ = net::make_server(settings_.server_limits, settings_.resolver);
    if (std::string wrong = make_authenticator(); !wrong.empty()) return wrong;
    if (std::string wrong = open_queue(); !wrong.empty()) return wrong;
    if (std::string wrong = open_filters(); !wrong.empty()) return wrong;

    relay_ = std::make_unique<relay::NodeRelay>(server_->resolver(), settings_.relay);
    if (!relay_->fault().empty()) return relay_->fault();

    DeviceMailParts devices{*store_, *agent_, *sending_};
    if (settings_.sign) devices.signing = &*signing_;
    devices.judge = &*judge_;
    devices.hostname = settings_.hostname;
    outgoing_ = std::make_unique<DeviceMail>(std::move(devices));
    auto eas = std::make_shared<eas::Services>(*store_, *directory_, *authenticator_, *outgoing_);
    eas->hostname = settings_.hostname;
    eas->limits.message_bytes_max = settings_.smtp_message_bytes_max;
    eas->relay = &*relay_;
    eas_ = std::move(eas);
    watch_meetings();

    std::vector<std::uint16_t> own_ports;
    for (const net::ListenerConfig& config : settings_.listeners) {
        std::string wrong = add_listener(config);
        if (!wrong.empty()) return wrong;
        for (const std::uint16_t port : server_->ports(config.name)) own_ports.push_back(port);
    }
    relay_->set_own_ports(std::move(own_ports));
    load_signers();
    return {};
}

std::string Process::make_authenticator() {
    auth::Environment environment;
    if (settings_.auth_policy.tokens.configured()) {
        token_fetcher_ = std::make_unique<TokenFetcher>(server_->resolver(), settings_.token_client);
        if (!token_fetcher_->fault().empty()) return "oauth.ca_file: " + token_fetcher_->fault();
        environment.fetcher = token_fetcher_.get();
    }
    authenticator_ = auth::make_authenticator(*directory_, settings_.auth_policy, environment);
    return {};
}

std::string Process::add_listener(const net::ListenerConfig& config) {
    net::ListenerConfig listener = config;
    net::Serve serve = serve_for(config, listener);
    if (!serve) return fmt::format("listener {}: no protocol '{}'", config.name, config.protocol);
    std::string wrong = server_->add_listener(std::move(listener), std::move(serve));
    if (!wrong.empty()) return fmt::format("listener {}: {}", config.name, wrong);
    return {};
}

net::Serve Process::serve_for(const net::ListenerConfig& config, net::ListenerConfig& texts) {
    if (config.protocol == "imap") {
        imap::Services made{*store_, *authenticator_, server_->sessions(), settings_.hostname};
        made.version = base::version;
        made.limits.per_user = settings_.sessions_per_user;
        made.limits.command_messages_max = settings_.imap_messages_max;
        made.limits.saved_messages_max = settings_.imap_saved_messages_max;
        made.directory = &*directory_;
        made.relay = &*relay_;
        if (config.idle_max.count() != 0) made.limits.inactivity_max = config.idle_max;
        auto services = std::make_shared<const imap::Services>(std::move(made));
        texts.refusal = "* BYE Too many connections\r\n";
        texts.denial = "* BYE You may not connect here\r\n";
        return [services](std::unique_ptr<net::Connection> connection) {
            return imap::serve(std::move(connection), services);
        };
    }
    if (config.protocol == "pop3") {
        pop3::Limits limits;
        limits.per_user = settings_.sessions_per_user;
        if (config.idle_max.count() != 0) limits.idle_max = config.idle_max;
        auto services = std::make_shared<const pop3::Services>(
            *store_, *directory_, *authenticator_, server_->sessions(), settings_.hostname, limits, &*relay_);
        texts.refusal = "-ERR [SYS/TEMP] Too many connections\r\n";
        texts.denial = "-ERR [SYS/PERM] You may not connect here\r\n";
        return [services](std::unique_ptr<net::Connection> connection) {
            return pop3::serve(std::move(connection), services);
        };
    }
    if (config.protocol == "admin") {
        const admin::ServicesPtr services = admin_services();
        return [services](std::unique_ptr<net::Connection> connection) {
            return admin::serve(std::move(connection), services, admin::AdminLimits());
        };
    }
    if (config.protocol == "http") return serve_http(config, texts);
    texts.refusal = "421 4.7.0 Too many connections\r\n";
    texts.denial = "554 5.7.1 You may not connect here\r\n";  // RFC 5321 section 3.1
    return serve_smtp(config);
}

net::Serve Process::serve_smtp(const net::ListenerConfig& config) {
    smtp::Services made(*store_, *directory_, *authenticator_, server_->sessions());
    made.recent = recent_deliveries_;
    made.relay = &*relay_;
    made.agent = &*agent_;
    made.sending = &*sending_;
    made.judge = &*judge_;
    made.sender_check = std::make_shared<const mta::SenderCheckSettings>(settings_.sender_check);
    made.dns = &*mail_dns_;
    made.trusted = settings_.trusted;
    if (settings_.sign) made.signing = &*signing_;
    made.sealing = &*signing_;
    made.seals = settings_.arc_seal;
    made.dmarc = reporting_->dmarc();
    made.hostname = settings_.hostname;
    made.postmaster = settings_.postmaster;
    made.limits.message_bytes_max = settings_.smtp_message_bytes_max;
    made.limits.recipients_max = settings_.smtp_recipients_max;
    made.limits.per_user = settings_.sessions_per_user;
    if (config.idle_max.count() != 0) made.limits.command_wait = config.idle_max;
    if (config.protocol == "smtp") {
        made.policy = smtp::Policy::inbound();
        made.policy.relay_from_loopback = settings_.relay_from_loopback;
    } else if (config.protocol == "submission") {
        made.policy = smtp::Policy::submission();
    } else if (config.protocol == "lmtp") {
        made.policy = smtp::Policy::lmtp();
        made.limits.transactions_max = 0;  // a mail server that we trust keeps its connection for days
    } else {
        return {};
    }
    auto services = std::make_shared<const smtp::Services>(std::move(made));
    return [services](std::unique_ptr<net::Connection> connection) {
        return smtp::serve(std::move(connection), services);
    };
}

asio::awaitable<void> Process::collect_in_background() {
    const auto executor = co_await asio::this_coro::executor;
    auto mended = co_await directory_->mend();
    if (!mended) base::log::warn("server", "leftovers in the directory", {{"error", mended.error().what()}});
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(settings_.collect_every);
        co_await timer.async_wait(no_throw);
        co_await store_->collect();
    }
}

/// A store that can write no more serves nobody: the process ends, and its supervisor starts it again.
asio::awaitable<void> Process::watch_store() {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    while (!store_failed_) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(no_throw);
    }
    base::log::error("server", "stopping, since the store has failed");
    stop();
}

int Process::run(std::function<asio::awaitable<std::string>()> on_ready) {
    int exit_code = 0;
    std::optional<Signals> signals(std::in_place, *server_, [this] { load_signers(); }, [this] { stop(); });
    agent_->start(server_->executor());
    asio::co_spawn(asio::make_strand(server_->executor()), reporting_->run(reports_stop_.get_token()),
                   [](std::exception_ptr failed) { base::log::broken("server", "reports", failed); });
    asio::co_spawn(asio::make_strand(server_->executor()), reporting_->keep(reports_stop_.get_token()),
                   [](std::exception_ptr failed) { base::log::broken("server", "counts", failed); });
    asio::co_spawn(server_->executor(), collect_in_background(),
                   [](std::exception_ptr failed) { base::log::broken("server", "collector", failed); });
    asio::co_spawn(server_->executor(), tend_filters(),
                   [](std::exception_ptr failed) { base::log::broken("server", "filters", failed); });
    asio::co_spawn(asio::make_strand(server_->executor()), tend_meetings(),
                   [](std::exception_ptr failed) { base::log::broken("server", "meetings", failed); });
    asio::co_spawn(server_->executor(), watch_store(),
                   [](std::exception_ptr failed) { base::log::broken("server", "store", failed); });
    for (unsigned i = 0; i < settings_.search.threads && store_->search() != nullptr; ++i)
        asio::co_spawn(server_->executor(), store_->search()->run(), [](std::exception_ptr failed) {
            base::log::broken("server", "search index", failed);
        });
    asio::co_spawn(server_->executor(), on_ready(), [&](std::exception_ptr failed, const std::string& wrong) {
        base::log::broken("server", "start", failed);
        if ((!failed && wrong.empty()) || signals->stopping()) return;
        base::log::error("server", "cannot start", {{"error", wrong}});
        exit_code = 1;
        stop();
    });
    server_->run(settings_.threads);
    notify_supervisor("STOPPING=1");
    write_reports();
    // Here, not in the destructor: what settles may still refer to this frame.
    end_background_threads();
    server_->settle();
    signals.reset();
    base::log::info("server", "stopped");
    // Of a store that only had no room nothing is lost.
    if (store_failed_) exit_code = 1;
    leave_if_abandoned(exit_code);
    return exit_code;
}

}  // namespace server
