// CAPA, UTF8, LANG: what client and server agree on. RFC 2449, RFC 6856.
#include "base/ascii.hpp"
#include "pop3/session.hpp"

namespace pop3 {

awaitable<Session::Next> Session::handle(cmd::Capa) {
    const auth::Client who = client();
    const Limits& limits = services_->limits;
    ok("capabilities follow");
    line("TOP");
    line("UIDL");
    line("RESP-CODES");
    line("AUTH-RESP-CODE");  // RFC 3206
    line("PIPELINING");
    line("EXPIRE NEVER");
    if (limits.login_delay.count() != 0) line("LOGIN-DELAY " + std::to_string(limits.login_delay.count()));
    if (!services_->authenticator.plain_text_refused(who)) line("USER");
    // RFC 2449 section 5: the same before and after login, so that a client may compare.
    const std::vector<std::string> mechanisms = services_->authenticator.mechanisms(who);
    if (!mechanisms.empty()) {
        std::string sasl = "SASL";
        for (const std::string& name : mechanisms) sasl += " " + name;
        line(sasl);
    }
    if (state_ == State::authorization && connection_->can_start_tls()) line("STLS");
    line("UTF8");
    line("LANG");
    line("IMPLEMENTATION Barid");  // without a version: nothing for scanners
    line(".");
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Utf8) {
    utf8_ = true;
    ok("UTF8 enabled");
    co_return Next::go_on;
}

/// RFC 6856 section 3.2: our texts are in English alone.
awaitable<Session::Next> Session::handle(cmd::Lang command) {
    const std::string range = base::lowered(command.range);
    if (range.empty()) {
        ok("language listing follows");
        line("en English");
        line(".");
    } else if (range == "*" || range == "en" || range == "i-default") {
        ok("en language is English");
    } else {
        error("no such language");
    }
    co_return Next::go_on;
}

}  // namespace pop3
