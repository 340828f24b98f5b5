#include "pop3/session.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "pop3/syntax/parse_command.hpp"

namespace pop3 {

using Clock = std::chrono::steady_clock;

awaitable<void> serve(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services) {
    Session session(std::move(connection), std::move(services));
    co_await session.run();
}

Session::Session(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services)
    : connection_(std::move(connection)), services_(std::move(services)), started_(Clock::now()) {
    registered_ = services_->sessions.add("pop3", connection_->peer(), connection_->waker());
}

void Session::line(std::string_view text) {
    std::string& out = connection_->output();
    out += text;
    out += "\r\n";
}
void Session::ok(std::string_view text) {
    std::string& out = connection_->output();
    out += "+OK ";
    out += text;
    out += "\r\n";
}
void Session::error(std::string_view text) {
    std::string& out = connection_->output();
    out += "-ERR ";
    out += text;
    out += "\r\n";
}

awaitable<void> Session::run() {
    std::string banner = services_->hostname + " Barid POP3 ready";
    if (services_->authenticator.apop_offered()) {
        // RFC 1939 section 7: different each time the server issues a banner.
        timestamp_ = "<" + base::Random::system().hex(16) + "@" + services_->hostname + ">";
        banner += " " + timestamp_;
    }
    ok(banner);
    registered_.set_state("greeting");
    for (;;) {
        const bool got = co_await read_line(services_->limits.auth_line_max);
        if (!got) break;
        if (state_ == State::authorization && patience().count() == 0) {  // a client that never stops sending
            error("[SYS/TEMP] login took too long");
            break;
        }
        const Next next = co_await run_line();
        if (next == Next::close) break;
    }
    co_await leave();
}

/// RFC 1939 section 3: the inactivity timer. Before login the time is for all that comes.
std::chrono::milliseconds Session::patience() const {
    const Limits& limits = services_->limits;
    if (state_ == State::transaction) return limits.idle_max;
    const auto left = started_ + limits.login_max - Clock::now();
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

awaitable<bool> Session::read_line(std::size_t line_bytes_max) {
    const auto deadline = Clock::now() + patience();
    for (;;) {
        using Status = base::LineFramer::Status;
        // A lone LF ends a line too, and what else is in one is the parser's: clients that write so exist.
        const base::LineFramer::Frame frame = framer_.next(connection_->input(), line_bytes_max + 1);
        if (frame.status == Status::flood) {
            error("line too long");
            co_return false;
        }
        line_too_long_ = frame.status == Status::too_long;
        line_.assign(frame.line);
        if (frame.consumed != 0) connection_->consume(frame.consumed);
        if (frame.status != Status::need_more) co_return true;

        const bool sent = co_await connection_->flush();
        if (!sent) co_return false;
        if (line_.capacity() > 256) line_ = std::string();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        const net::Wake woken = co_await connection_->wait(left);
        if (woken == net::Wake::closed) co_return false;
        if (woken == net::Wake::deadline) {
            // RFC 1939 section 3: the server closes without entering the UPDATE state.
            error("[SYS/TEMP] too long idle");
            co_return false;
        }
        if (woken != net::Wake::event) continue;
        const std::uint32_t events = connection_->take_events();
        if ((events & (net::event_shutdown | net::event_kicked)) == 0) continue;
        error((events & net::event_kicked) != 0 ? "[SYS/TEMP] disconnected by the operator"
                                                : "[SYS/TEMP] server is shutting down");
        co_return false;
    }
}

Session::Next Session::bad_command(std::string_view what) {
    error(what);
    const Limits& limits = services_->limits;
    const std::uint32_t most =
        state_ == State::authorization ? limits.bad_commands_before_login : limits.bad_commands;
    if (++bad_commands_ < most) return Next::go_on;
    error("too many bad commands");
    return Next::close;
}

awaitable<Session::Next> Session::run_line() {
    const bool authentication = line_.size() > 4 && (line_[0] == 'A' || line_[0] == 'a');
    if (line_too_long_ || (line_.size() > services_->limits.command_line_max && !authentication)) {
        co_return bad_command("line too long");
    }
    auto parsed = parse_command(line_);
    if (!parsed) co_return bad_command(parsed.error().what());
    if (!parsed->spec->allowed_in(state_)) {
        co_return bad_command(state_ == State::authorization ? "log in first" : "not after login");
    }
    registered_.set_state(parsed->spec->name);
    Command command = std::move(parsed->command);
    const auto run = [this](auto&& chosen) { return handle(std::forward<decltype(chosen)>(chosen)); };
    co_return co_await std::visit(run, std::move(command));
}

awaitable<void> Session::leave() {
    co_await connection_->flush();
    connection_->close();
    // What was read stays read, also without QUIT; what was marked as deleted does not (RFC 1939 section 6).
    if (maildrop_) co_await keep_seen();
    if (!identity_.empty()) {
        base::log::info("pop3", "logout",
                        {{"user", identity_},
                         {"ip", connection_->peer().address},
                         {"in", connection_->octets_in()},
                         {"out", connection_->octets_out()}});
    }
}

awaitable<void> Session::keep_seen() {
    store::StoreRequest request;
    request.uids = maildrop_->newly_seen();
    if (request.uids.empty()) co_return;
    request.flags.system = store::SystemFlag::seen;
    const store::FolderPtr folder = maildrop_->folder();
    const auto stored = co_await folder->store(std::move(request));
    if (!stored) base::log::warn("pop3", "seen flags not kept", {{"why", stored.error().what()}});
}

}  // namespace pop3
