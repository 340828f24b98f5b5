// The one place where a session sleeps, and how it ends.
#include "imap/wire.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "imap/syntax/response.hpp"

namespace imap {

namespace {

constexpr unsigned flushes_a_turn = 4;  // large ones, one after another, before other sessions get the thread

}  // namespace

Wire::Wire(net::Connection& connection, const Services& services)
    : connection_(connection),
      services_(services),
      registration_(services.sessions.add("imap", connection.peer(), connection.waker())),
      login_deadline_(std::chrono::steady_clock::now() + services.limits.login_max) {}

/// Waits for octets. False: the session is over.
awaitable<bool> Wire::wait_for_octets(std::chrono::seconds patience) {
    for (;;) {
        const net::Wake wake = co_await wait_once(patience);
        if (wake != net::Wake::event) co_return wake == net::Wake::octets;
    }
}

/// Sends what is due, then sleeps until there are octets or an event. Wake::closed: the session is over, for
/// whatever reason.
awaitable<net::Wake> Wire::wait_once(std::chrono::milliseconds patience) {
    const bool sent = co_await connection_.flush();
    if (!sent) co_return net::Wake::closed;
    if (login_deadline_) {
        // In all, not since the last octet: a peer that trickles must not hold the place.
        patience = std::chrono::duration_cast<std::chrono::milliseconds>(*login_deadline_ -
                                                                         std::chrono::steady_clock::now());
    }
    net::Wake wake = net::Wake::deadline;
    if (patience > std::chrono::milliseconds(0)) wake = co_await connection_.wait(patience);
    if (wake == net::Wake::deadline)
        say_bye({}, login_deadline_ ? "Login took too long" : "Idle for too long");
    if (wake == net::Wake::deadline || wake == net::Wake::closed) co_return net::Wake::closed;
    // Also of a client that never stops sending.
    co_return take_events() ? wake : net::Wake::closed;
}

/// False: the session must end; BYE was said.
bool Wire::take_events() {
    const std::uint32_t events = connection_.take_events();
    if ((events & net::event_shutdown) != 0) {
        say_bye(code::unavailable, "Server is shutting down");
    } else if ((events & net::event_kicked) != 0) {
        say_bye({}, "Disconnected by the administrator");
    }
    return !ending_;
}

/// Between the pieces of long work and after each command: lets large output go, ends a session that was told
/// to, and, when there was much output or much work, gives way to the other sessions of this thread. False:
/// the session is over.
awaitable<bool> Wire::breathe(bool give_way_too) {
    if (wants_breath()) {
        const bool sent = co_await connection_.flush();
        if (!sent) co_return false;
        // What is written fast has taken some 0.1 ms until here, and giving way wakes another thread.
        give_way_too |= ++flushes_ % flushes_a_turn == 0;
        if (!take_events()) co_return false;
    }
    if (!give_way_too) co_return true;
    co_return co_await give_way();
}

/// Lets the other sessions of this thread run. False: the session is over.
awaitable<bool> Wire::give_way() {
    if (!take_events()) co_return false;
    co_await boost::asio::post(connection_.executor(), boost::asio::use_awaitable);
    co_return true;
}

Progress Wire::begin_progress() const {
    const Limits& limits = services_.limits;
    return Progress(services_.clock->now(), limits.progress_first, limits.progress_every);
}

void Wire::say_bye(std::string_view code, std::string_view text) {
    if (std::exchange(ending_, true)) return;
    write_condition(out(), "*", Condition::bye, code, text);
}

}  // namespace imap
