// The small commands: RFC 5321 sections 4.1.1.5 to 4.1.1.10.
#include "smtp/session.hpp"

namespace smtp {

awaitable<Session::Next> Session::handle(cmd::Rset) {
    reset();
    say(replies::ok);
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Noop) {
    say(replies::ok);
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Quit) {
    say(replies::bye);
    co_return Next::close;
}

awaitable<Session::Next> Session::handle(cmd::Help) {
    write_reply(out(), 214, "2.0.0", "See RFC 5321; ask the postmaster for more");
    co_return Next::go_on;
}

/// Tells nothing about who exists (RFC 5321 section 3.5.3).
awaitable<Session::Next> Session::handle(cmd::Vrfy) {
    say(replies::vrfy);
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Expn) { co_return fault(replies::not_offered); }

/// RFC 1985: there is no queue that a stranger may start.
awaitable<Session::Next> Session::handle(cmd::Etrn) { co_return fault(replies::not_offered); }

/// A web page's request sent to a mail port: its later lines must not run as a transaction.
awaitable<Session::Next> Session::handle(cmd::Http) {
    say(replies::http_here);
    co_return Next::close;
}

}  // namespace smtp
