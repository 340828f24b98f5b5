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

/// Sends what is due, then waits for octets. False: the session is over.
awaitable<bool> Wire::wait_for_octets(std::chrono::seconds patience) {
    for (;;) {
        const bool sent = co_await connection_.flush();
        if (!sent) co_return false;
        std::chrono::milliseconds left = patience;
        if (login_deadline_) {
            // In all, not since the last octet: a peer that trickles must not hold the place.
            left = std::chrono::duration_cast<std::chrono::milliseconds>(*login_deadline_ -
                                                                         std::chrono::steady_clock::now());
            if (left <= std::chrono::milliseconds(0)) co_return login_took_too_long();
        }
        const net::Wake wake = co_await connection_.wait(left);
        switch (wake) {
            case net::Wake::octets:
                co_return take_events();  // also from a client that never stops sending
            case net::Wake::event:
                if (!take_events()) co_return false;
                break;
            case net::Wake::deadline:
                if (login_deadline_) co_return login_took_too_long();
                say_bye({}, "Idle for too long");
                co_return false;
            case net::Wake::closed:
                co_return false;
        }
    }
}

/// Also of a client that never stops sending.
bool Wire::login_took_too_long() {
    say_bye({}, "Login took too long");
    return false;
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
