// AUTHENTICATE: RFC 9051 section 6.2.2, RFC 4959 (SASL-IR). The mechanisms are in auth; here is their base64.
#include "base/base64.hpp"
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Authenticate authenticate) {
    const std::unique_ptr<auth::Exchange> exchange =
        services_.authenticator.start(authenticate.mechanism, client());
    if (!exchange) co_return no(code::cannot, "No such mechanism here");

    std::optional<std::string> response;
    if (authenticate.initial_response) {
        response = base::base64_decode(authenticate.initial_response->reveal());
        if (!response) co_return bad("Malformed base64");
    } else if (!exchange->client_first()) {
        response = std::string();
    }
    for (std::string challenge;;) {
        if (!response) {
            write_continuation(out(), base::base64_encode(challenge));
            auto line = co_await read_sasl_line();
            if (!line) co_return gone();
            if (*line == "*") co_return reply_of(auth::Failure::cancelled);
            response = base::base64_decode(*line);
            if (!response) co_return reply_of(auth::Failure::malformed);
        }
        auth::Outcome outcome = co_await exchange->step(std::move(*response));
        response.reset();
        if (outcome.kind == auth::Outcome::Kind::challenge) {
            challenge = std::move(outcome.challenge);
            continue;
        }
        const bool final_data = outcome.kind == auth::Outcome::Kind::success && outcome.has_final_data;
        if (final_data) {
            // RFC 9051 section 6.2.2: no place in the tagged OK, so it goes as a challenge with an empty
            // answer.
            write_continuation(out(), base::base64_encode(outcome.challenge));
            const auto line = co_await read_sasl_line();
            if (!line) co_return gone();
            if (!line->empty()) co_return reply_of(auth::Failure::cancelled);
        }
        co_return co_await logged_in(std::move(outcome));
    }
}

/// A line of the exchange without its end; nothing: the peer is gone, or was sent away for too long a line.
awaitable<std::optional<std::string>> Session::read_sasl_line() {
    for (;;) {
        const Framer::Found found = framer_.poll_line(connection_.input());
        if (found.status == Framer::Status::frame) {
            std::string line(found.frame);
            connection_.consume(found.octets);
            framer_.next();
            co_return line;
        }
        if (found.status != Framer::Status::need_more) {
            say_bye({}, "Line too long");
            co_return std::nullopt;
        }
        const bool more = co_await wait_for_octets(services_.limits.inactivity_max);
        if (!more) co_return std::nullopt;
    }
}

}  // namespace imap
