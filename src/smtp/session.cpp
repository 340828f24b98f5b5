#include "smtp/session.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.hpp"
#include "base/result.hpp"

namespace smtp {
namespace {

const char* protocol_name(Role role) {
    switch (role) {
        case Role::submission:
            return "submission";
        case Role::lmtp:
            return "lmtp";
        default:
            return "smtp";
    }
}

}  // namespace

Session::Session(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services)
    : connection_(std::move(connection)),
      services_(std::move(services)),
      registered_(services_->sessions.add(protocol_name(services_->policy.role), connection_->peer(),
                                          connection_->waker())),
      framer_(services_->limits.junk_bytes_max) {}

awaitable<void> Session::run() {
    bool going = co_await greet();
    while (going) {
        const Line got = co_await read_line(false);
        if (got == Line::over) break;
        Next next = Next::go_on;
        if (got == Line::whole) next = co_await run_command();
        if (next == Next::go_on && error_) next = co_await after_error();
        if (next == Next::close) break;
        going = co_await connection_->flush_if_large();
    }
    co_await connection_->flush();
    connection_->close();
}

awaitable<void> Session::abandon() {
    say(replies::internal_error);
    co_await connection_->flush();
    connection_->close();
}

/// False: this peer is not served.
awaitable<bool> Session::greet() {
    const Policy& policy = services_->policy;
    if (policy.local_peers_only && !peer().loopback && !peer().address.empty()) {
        say(replies::local_only);
        co_return false;
    }
    if (policy.early_talker == EarlyTalker::refuse && !peer().loopback) {
        const net::Wake wake = co_await connection_->wait(policy.greet_pause);
        if (wake == net::Wake::closed) co_return false;
        if (wake == net::Wake::octets) {
            say(replies::talked_early);
            co_return false;
        }
    }
    std::string text = services_->hostname;
    text += lmtp() ? " LMTP Barid" : " ESMTP Barid";
    write_reply(out(), 220, "", text);
    co_return true;
}

/// Takes one line from the input into line_, waiting for it; answers those that are no lines. `response`: of
/// AUTH.
awaitable<Session::Line> Session::read_line(bool response) {
    const Limits& limits = services_->limits;
    const SteadyTime deadline = std::chrono::steady_clock::now() + patience(limits.command_wait);
    while (true) {
        const bool long_line = response || equals_nocase(connection_->input().substr(0, 5), "AUTH ");
        const base::LineFramer::Frame frame =
            framer_.next(connection_->input(), long_line ? limits.auth_line_max : limits.command_line_max);
        if (frame.status == base::LineFramer::Status::line) line_.assign(frame.line);
        if (frame.consumed > 0) connection_->consume(frame.consumed);
        switch (frame.status) {
            case base::LineFramer::Status::line:
                co_return Line::whole;
            case base::LineFramer::Status::bare_lf:
                fault(replies::bare_lf_line);
                co_return Line::refused;
            case base::LineFramer::Status::bad_octets:
                fault(replies::bad_octets_line);
                co_return Line::refused;
            case base::LineFramer::Status::too_long:
                fault(response ? replies::auth_too_long : replies::line_too_long);
                co_return Line::refused;
            case base::LineFramer::Status::flood:
                say(replies::line_too_long);
                co_return Line::over;
            case base::LineFramer::Status::need_more:
                break;
        }
        const bool filled = co_await fill(deadline);
        if (!filled) co_return Line::over;
    }
}

/// Sends what is due and waits for more octets: the one place where a session sleeps. The replies of a whole
/// pipeline leave in one write (RFC 2920 section 3.2).
awaitable<bool> Session::fill(SteadyTime deadline) {
    while (true) {
        if (!connection_->output().empty()) {
            const bool sent = co_await connection_->flush();
            if (!sent) co_return false;
        }
        if (peer_gone_) co_return false;
        const std::size_t before = connection_->input().size();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        const net::Wake wake = co_await connection_->wait(std::max(left, std::chrono::milliseconds(1)));
        switch (wake) {
            case net::Wake::octets:
                co_return true;
            case net::Wake::event:
                if (!take_events()) co_return false;
                break;
            case net::Wake::deadline:
                say(replies::timed_out);
                co_return false;
            case net::Wake::closed:  // a peer that only stopped sending still reads the answers
                peer_gone_ = true;
                if (connection_->input().size() > before) co_return true;
                co_return false;
        }
    }
}

/// False: the session ends now. A message under way is taken to its end first.
bool Session::take_events() {
    const std::uint32_t events = connection_->take_events();
    if ((events & (net::event_shutdown | net::event_kicked)) == 0) return true;
    stopping_ = true;
    if (receiving_) return true;
    say((events & net::event_kicked) != 0 ? replies::kicked : replies::shutting_down);
    return false;
}

awaitable<Session::Next> Session::run_command() {
    const CommandLine split = split_command(line_);
    if (split.spec == nullptr || !(lmtp() ? split.spec->lmtp : split.spec->smtp))
        co_return fault(replies::unknown_command);
    Cursor in(split.arguments);
    auto parsed = split.spec->parse(in);
    if (!parsed) co_return fault(parsed.error());
    if (const auto refusal = refuse_by_policy(*split.spec)) co_return fault(*refusal);
    const auto run = [this](auto& command) { return handle(std::move(command)); };
    const Next next = co_await std::visit(run, *parsed);
    if (next == Next::go_on && stopping_) {
        say(replies::shutting_down);
        co_return Next::close;
    }
    co_return next;
}

/// Slows down, and in the end sends away, a client that gets everything wrong.
awaitable<Session::Next> Session::after_error() {
    const Limits& limits = services_->limits;
    error_ = false;
    if (errors_ >= limits.errors_max || unknown_recipients_ >= limits.unknown_recipients_max) {
        say(replies::too_many_errors);
        co_return Next::close;
    }
    if (errors_ <= limits.errors_before_delay || limits.error_delay.count() == 0) co_return Next::go_on;
    const SteadyTime end = std::chrono::steady_clock::now() + limits.error_delay;
    while (true) {  // octets that come meanwhile end a wait, but not the delay
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0 || connection_->input().size() > limits.junk_bytes_max) co_return Next::go_on;
        const net::Wake wake = co_await connection_->wait(left);
        if (wake == net::Wake::closed) peer_gone_ = true;
        if (wake == net::Wake::event && !take_events()) co_return Next::close;
        if (wake == net::Wake::deadline || peer_gone_) co_return Next::go_on;
    }
}

std::optional<Reply> Session::refuse_by_policy(const CommandSpec& spec) const {
    if (spec.needs_hello && hello_.empty()) return replies::hello_first;
    if (!spec.before_tls && tls_missing()) return replies::tls_needed;
    return std::nullopt;
}

bool Session::tls_missing() const { return services_->policy.require_tls && !peer().tls && !peer().loopback; }

Session::Next Session::fault(const Reply& reply) {
    say(reply);
    ++errors_;
    error_ = true;
    return Next::go_on;
}

std::chrono::seconds Session::patience(std::chrono::seconds usual) const {
    const Limits& limits = services_->limits;
    return services_->sessions.count() > limits.stress_sessions ? std::min(usual, limits.stress_wait) : usual;
}

/// Ends the transaction: RSET, a new EHLO, STARTTLS, the end of a message.
void Session::reset() {
    transaction_.reset();
    intake_.reset();
    decoder_.reset();
    watch_ = Watch();
}

awaitable<void> serve(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services) {
    Session session(std::move(connection), std::move(services));
    bool broken = false;
    try {
        co_await session.run();
    } catch (const std::exception& bug) {
        base::log::error("smtp", "a session broke", {{"what", bug.what()}});
        broken = true;
    }
    if (broken) co_await session.abandon();
}

}  // namespace smtp
