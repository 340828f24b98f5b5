// Process: the queue, the agent and what it sends by; and the end of all of it, in order.
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "base/random.hpp"
#include "eas/meeting_tender.hpp"
#include "mta/reports/report_reader.hpp"
#include "mta/reports/reporting.hpp"
#include "server/absence.hpp"
#include "server/conversation_mover.hpp"
#include "server/mail_out.hpp"
#include "server/own_addresses.hpp"
#include "server/process.hpp"
#include "server/run_now.hpp"

namespace server {
namespace asio = boost::asio;
namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::minutes meetings_tended_every{5};

}  // namespace

/// Loudly, since nobody looks for it until mail waits.
void Process::check_seals(const std::string& key_file) {
    const auto seals = run_now(*own_io_, directory_->check_seals());
    if (!seals || !*seals)
        base::log::error("server", "what is sealed cannot be read", {{"key", key_file}});
    else if (**seals == directory::Seals::closed)
        base::log::error("server",
                         "the sealing key is missing or another one: mail whose DKIM key or smart host's "
                         "password it does not open waits",
                         {{"key", key_file}});
}

/// Mail about meetings changes calendars as it is delivered.
void Process::watch_meetings() {
    meetings_ = std::make_unique<eas::IncomingMeetings>(*eas_, settings_.meetings);
    store::watch_deliveries(*store_, meetings_.get());
}

/// What was to be told of meetings when a server before this one ended, and what could not leave at once.
asio::awaitable<void> Process::tend_meetings() {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    eas::MeetingTender tender(*eas_);
    for (;;) {
        co_await tender.round();
        timer.expires_after(meetings_tended_every);
        co_await timer.async_wait(no_throw);
    }
}

/// Before anybody is served: what is accepted must not meet a queue that is being read.
std::string Process::open_queue() {
    queue_ = store::make_queue(*engine_, store_->ids(), base::Clock::system(), settings_.queue_limits);
    const auto opened = run_now(*own_io_, queue_->open());
    if (!opened || !*opened) return "the queue cannot be read";
    mta::TraceSettings trace;
    if (settings_.trace_bytes_max != 0) trace.folder = settings_.data / "trace";
    trace.bytes_max = settings_.trace_bytes_max;
    trace_ = std::make_unique<mta::Trace>(trace, base::Clock::system());
    settings_.routes.own_node = settings_.relay.own_name;
    settings_.sender_check.hostname = settings_.hostname;
    mail_dns_ = std::make_unique<mta::ResolverDns>(server_->resolver());
    signing_ = std::make_unique<mta::Signing>(*directory_, base::Clock::system());
    if (settings_.srs) {
        if (std::string wrong = open_srs(); !wrong.empty()) return wrong;
    }
    router_ = std::make_unique<mta::Router>(*directory_, settings_.routes);
    sending_ = std::make_unique<mta::SendingLimits>(settings_.sending, base::Clock::system());
    mta::smtp_out::Settings out = settings_.mail_out;
    out.host_name = settings_.hostname;
    out.own_addresses = own_addresses();
    mail_out_ = std::make_unique<MailOut>(*server_, *engine_, std::move(out));
    if (!mail_out_->fault().empty()) return "mail to other hosts: " + mail_out_->fault();
    run_now(*own_io_, mail_out_->outbound().open());
    mta::AgentParts parts{*store_, *queue_, *router_, *trace_};
    parts.remote = &mail_out_->connector();
    if (settings_.sign) parts.signing = &*signing_;
    parts.reporter = &mail_out_->reporter();
    received_ = std::make_unique<mta::reports::ReceivedReports>(*engine_, base::Clock::system());
    report_reader_ =
        std::make_unique<mta::reports::ReportReader>(*received_, *directory_, settings_.hostname);
    parts.reports = &*report_reader_;
    AbsenceSettings absence;
    absence.hostname = settings_.hostname;
    absence.answer_unproven = settings_.answer_unproven;
    absence_ = std::make_unique<Absence>(*store_, *directory_, std::move(absence));
    parts.watchers.push_back(&*absence_);
    conversations_ = std::make_unique<ConversationMover>(*store_);
    parts.watchers.push_back(&*conversations_);
    agent_ = std::make_unique<mta::Agent>(parts, settings_.agent);
    absence_->send_by(*agent_);
    return open_reports();
}

/// The secret is made once and kept: bounces of three weeks carry its hashes.
std::string Process::open_srs() {
    const std::filesystem::path file = settings_.data / "srs.secret";
    std::string secret;
    if (std::ifstream in(file); in) std::getline(in, secret);
    if (secret.empty()) {
        secret = base::Random::system().hex(32);
        const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        const std::string text = secret + "\n";
        const bool written =
            descriptor >= 0 &&
            ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
            ::fsync(descriptor) == 0;
        if (descriptor >= 0) ::close(descriptor);
        if (!written) return file.string() + " cannot be written";
    }
    mailauth::SrsOptions options;
    options.domain = base::lowered(settings_.srs_domain.empty() ? settings_.hostname : settings_.srs_domain);
    options.secrets.push_back(std::move(secret));
    settings_.routes.srs_domain = options.domain;
    settings_.routes.srs = std::make_shared<const mailauth::Srs>(std::move(options));
    return {};
}

void Process::stop() {
    if (stopping_.exchange(true)) return;
    asio::co_spawn(server_->executor(), stop_in_order(),
                   [](std::exception_ptr failed) { base::log::broken("server", "stop", failed); });
}

asio::awaitable<void> Process::stop_in_order() {
    agent_->stop();
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (std::chrono::milliseconds waited{0};
         waited < settings_.server_limits.drain_max && !agent_->idle();) {
        const std::chrono::milliseconds step{20};
        timer.expires_after(step);
        co_await timer.async_wait(no_throw);
        waited += step;
    }
    reports_stop_.request_stop();
    mail_out_->connector().stop();
    server_->stop();
}

}  // namespace server
