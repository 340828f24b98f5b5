#include "mta/smtp_out/session.hpp"

#include <algorithm>

#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Status no_answer{4, 4, 1}, lost{4, 4, 2}, bad_protocol{4, 5, 0}, stopping{4, 3, 2}, no_tls{4, 7, 5};

TlsTrouble trouble_of(net::CertificateFault fault) {
    switch (fault) {
        case net::CertificateFault::expired:
            return TlsTrouble::expired;
        case net::CertificateFault::other_host:
            return TlsTrouble::other_host;
        case net::CertificateFault::not_trusted:
            return TlsTrouble::not_trusted;
        case net::CertificateFault::none:
            break;
    }
    return TlsTrouble::handshake;
}

std::chrono::milliseconds until(SteadyClock::time_point deadline) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
}

}  // namespace

Session::Session(Target target, std::shared_ptr<const Settings> settings, TlsContexts contexts,
                 asio::any_io_executor strand, base::Random& random)
    : target_(std::move(target)),
      settings_(std::move(settings)),
      contexts_(std::move(contexts)),
      strand_(std::move(strand)),
      random_(random) {}

Session::~Session() {
    if (client_) client_->close();
}

// ---- what the server says ----

Session::Heard Session::look() {
    const ReplyParser::Step step = parser_.next(client_->input());
    client_->consume(step.consumed);
    switch (step.outcome) {
        case ReplyParser::Outcome::reply:
            return Heard::reply;
        case ReplyParser::Outcome::broken:
            return Heard::broken;
        case ReplyParser::Outcome::need_more:
            break;
    }
    return Heard::silence;
}

/// The one place that waits for the server. A reply has until the deadline in all, however it drips.
asio::awaitable<Session::Heard> Session::hear(SteadyTime deadline, bool heed_stop) {
    for (;;) {
        const Heard heard = look();
        if (heard != Heard::silence) co_return heard;
        const auto left = until(deadline);
        if (left.count() <= 0) co_return Heard::silence;
        const net::Wake woken = co_await client_->wait(left);
        if (woken == net::Wake::deadline) co_return Heard::silence;
        if (woken == net::Wake::event) {
            client_->take_events();
            if (heed_stop) co_return Heard::stopped;
        }
        if (woken == net::Wake::closed) {
            const Heard last = look();
            co_return last == Heard::silence ? Heard::gone : last;
        }
    }
}

Failure Session::unheard(Heard heard, std::string_view stage) const {
    switch (heard) {
        case Heard::silence:
            return Failure::ours(stage, lost, fmt::format("no answer in time ({})", stage));
        case Heard::broken:
            return Failure::ours(stage, bad_protocol, fmt::format("{} ({})", parser_.fault(), stage));
        case Heard::stopped:
            return Failure::ours(stage, stopping, "this server is shutting down");
        case Heard::gone:
        case Heard::reply:
            break;
    }
    return Failure::ours(stage, lost, fmt::format("lost connection ({})", stage));
}

/// RFC 5321 section 4.5.3.2.
std::chrono::milliseconds Session::patience(std::string_view stage) const {
    const Timeouts& times = settings_->timeouts;
    if (stage == "greeting") return times.greeting;
    if (stage == "mail" || stage == "rcpt") return times.envelope;
    if (stage == "data") return times.data;
    if (stage == "end of data") return times.final;
    if (stage == "rset") return times.reset;
    return times.hello;
}

// ---- opening ----

asio::awaitable<std::optional<Failure>> Session::open(std::stop_token stop) {
    auto unconnected = co_await connect(stop);
    if (unconnected) co_return unconnected;
    const auto end = [waker = client_->waker()] { waker->wake(net::event_shutdown); };
    const std::stop_callback ended(stop, end);

    OpeningSettings said;
    said.helo = target_.helo;
    said.tls_on = target_.implicit_tls;
    if (target_.tls == TlsDemand::never) {
        said.tls = OpeningSettings::Tls::never;
    } else if (target_.tls != TlsDemand::if_offered) {
        said.tls = OpeningSettings::Tls::must;
    }
    said.credentials = target_.credentials;
    said.clear_passwords = target_.clear_passwords;
    said.own_names = target_.own_names;
    Opening opening(std::move(said), random_);
    auto failed = co_await converse(&opening);
    if (opening.tls_refused() && tls_trouble_ == TlsTrouble::none) tls_trouble_ = TlsTrouble::not_offered;
    if (failed) co_return failed;
    extensions_ = opening.extensions();
    authenticated_ = opening.authenticated();
    if (!client_->input().empty())
        co_return Failure::ours("ehlo", bad_protocol, "the host speaks without being asked");
    usable_ = true;
    opened_ = SteadyClock::now();
    co_return std::nullopt;
}

asio::awaitable<std::optional<Failure>> Session::connect(std::stop_token stop) {
    net::ClientOptions options;
    options.address = target_.address.text();
    options.port = target_.port;
    options.source = target_.source;
    options.stop = stop;
    options.connect_max = settings_->timeouts.connect;
    options.output_stall_max = settings_->timeouts.block;
    auto connected = co_await net::Client::connect(strand_, std::move(options));
    if (!connected) {
        if (connected.error().is(net::ClientErrc::cancelled))
            co_return Failure::ours("connect", stopping, "this server is shutting down");
        co_return Failure::ours("connect", no_answer, connected.error().what());
    }
    client_ = std::move(*connected);
    co_return std::nullopt;
}

asio::awaitable<std::optional<Failure>> Session::converse(Opening* opening) {
    if (target_.implicit_tls) {
        auto insecure = co_await secure();
        if (insecure) co_return insecure;
        ChannelBindings bindings;
        bindings.exporter = client_->channel_binding("tls-exporter");
        bindings.end_point = client_->channel_binding("tls-server-end-point");
        opening->tls_started(std::move(bindings), client_->output());
    }
    for (;;) {
        if (opening->step() == Opening::Step::ready) co_return std::nullopt;
        if (opening->step() == Opening::Step::failed) co_return opening->failure();
        if (opening->step() == Opening::Step::start_tls) {
            auto insecure = co_await secure();
            if (insecure) co_return insecure;
            ChannelBindings bindings;
            bindings.exporter = client_->channel_binding("tls-exporter");
            bindings.end_point = client_->channel_binding("tls-server-end-point");
            opening->tls_started(std::move(bindings), client_->output());
        }
        const bool sent = co_await client_->flush();
        if (!sent) co_return unheard(Heard::gone, opening->stage());
        const auto deadline = SteadyClock::now() + patience(opening->stage());
        const Heard heard = co_await hear(deadline, true);
        if (heard != Heard::reply) co_return unheard(heard, opening->stage());
        opening->take(parser_.reply(), client_->output());
    }
}

asio::awaitable<std::optional<Failure>> Session::secure() {
    std::shared_ptr<const net::TlsContext> context = contexts_.any;
    std::shared_ptr<const net::DaneCheck> dane;
    if (target_.tls == TlsDemand::name) context = target_.authority ? target_.authority : contexts_.name;
    if (target_.tls == TlsDemand::dane && target_.dane) {
        context = contexts_.dane;
        dane = target_.dane;
    }
    std::string name = target_.certificate_name.empty() ? target_.host : target_.certificate_name;
    auto secured = co_await client_->start_tls(std::move(context), std::move(name), settings_->timeouts.tls,
                                               std::move(dane));
    if (!secured) {
        tls_trouble_ = trouble_of(client_->certificate_fault());
        tls_words_ = printable(secured.error().what(), ReplyLimits::words_kept);
        co_return Failure::ours("tls", no_tls, "TLS failed: " + tls_words_);
    }
    tls_.used = true;
    tls_.version = client_->tls_version();
    tls_.cipher = client_->tls_cipher();
    if (target_.tls == TlsDemand::name || (target_.tls == TlsDemand::dane && target_.dane))
        tls_.trust = target_.trust;
    co_return std::nullopt;
}

// ---- its end ----

bool Session::reusable() const {
    const Limits& limits = settings_->limits;
    const std::uint32_t most =
        extensions_.mail_max == 0 ? limits.messages : std::min(limits.messages, extensions_.mail_max);
    return usable_ && messages_ < most && SteadyClock::now() - opened_ < limits.connection_age;
}

asio::awaitable<bool> Session::still_good() {
    if (!usable_ || !client_->input().empty()) co_return false;
    client_->take_events();
    const net::Wake woken = co_await client_->wait(std::chrono::milliseconds(0));
    // A word without being asked is a farewell (421), or the end of order.
    co_return woken == net::Wake::deadline;
}

asio::awaitable<void> Session::quit() {
    if (!client_) co_return;
    if (usable_) {
        usable_ = false;
        client_->output() += "QUIT\r\n";
        const bool sent = co_await client_->flush();
        const auto deadline = SteadyClock::now() + settings_->timeouts.quit;
        if (sent) co_await hear(deadline, false);
    }
    client_->close();
}

}  // namespace mta::smtp_out
