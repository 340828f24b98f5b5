// IDLE: RFC 9051 section 6.3.13, RFC 2177. What changes is told at once; nothing is polled.
#include "imap/notifier.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

/// "DONE" in any case.
bool is_done(std::string_view line) {
    constexpr std::string_view done = "DONE";
    return std::ranges::equal(line, done, [](char a, char b) {
        return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
    });
}

}  // namespace

awaitable<Reply> Session::handle(cmd::Idle) {
    write_continuation(out(), "idling");
    // Arm first, look then: a change between the two wakes, and is not lost.
    if (selected_) selected_->watcher.arm(true);
    const IdleEnd end = co_await idle_until_line();
    if (selected_ && !notifier_) selected_->watcher.arm(false);
    if (end == IdleEnd::gone) co_return gone();
    co_return end == IdleEnd::done ? ok("Idle completed") : bad("Expected DONE");
}

/// Until the client has said a line, which is taken; what follows it in the same segment is the next command
/// (imap.md quirk 1). Every other wake tells what is new, or that the server is still there.
awaitable<Session::IdleEnd> Session::idle_until_line() {
    using Clock = std::chrono::steady_clock;
    const Limits& limits = services_.limits;
    std::chrono::milliseconds silent{0};  // of the client
    for (;;) {
        const Framer::Found found = framer_.poll_line(connection_.input());
        if (found.status == Framer::Status::frame) {
            const bool done = is_done(found.frame);
            connection_.consume(found.octets);
            framer_.next();
            co_return done ? IdleEnd::done : IdleEnd::other;
        }
        if (found.status != Framer::Status::need_more) {
            say_bye({}, "Line too long");
            co_return IdleEnd::gone;
        }
        const bool more = co_await tell_changes(true);
        if (!more) co_return IdleEnd::gone;
        const bool sent = co_await connection_.flush();
        if (!sent) co_return IdleEnd::gone;

        const std::chrono::milliseconds left = limits.inactivity_max - silent;
        const std::chrono::milliseconds patience =
            std::min(left, std::chrono::milliseconds(limits.idle_keepalive));
        const Clock::time_point from = Clock::now();
        const net::Wake wake = co_await connection_.wait(patience);
        if (wake == net::Wake::closed) co_return IdleEnd::gone;
        if (wake == net::Wake::event) {
            if (!take_events()) co_return IdleEnd::gone;
            silent += std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - from);
        }
        if (wake == net::Wake::octets) silent = std::chrono::milliseconds(0);
        if (wake != net::Wake::deadline) continue;
        silent += patience;
        if (silent >= limits.inactivity_max) {
            say_bye({}, "Idle for too long");  // RFC 2177 section 3: clients start IDLE anew every 29 minutes
            co_return IdleEnd::gone;
        }
        write_condition(out(), "*", Condition::ok, {}, "Still here");
    }
}

}  // namespace imap
