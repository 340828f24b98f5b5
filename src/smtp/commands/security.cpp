// STARTTLS (RFC 3207) and AUTH (RFC 4954).
#include <utility>

#include "base/base64.hpp"
#include "net/rest.hpp"
#include "smtp/session.hpp"

namespace smtp {

awaitable<Session::Next> Session::handle(cmd::StartTls) {
    if (peer().tls) co_return fault(replies::tls_active);
    if (!connection_->can_start_tls()) co_return fault(replies::tls_not_offered);
    if (transaction_.open()) co_return fault(replies::in_transaction);
    say(replies::start_tls);
    const bool sent = co_await connection_->flush();
    if (!sent) co_return Next::close;
    const bool secured =
        co_await connection_->start_tls();  // throws away what was sent behind STARTTLS in plain text
    if (!secured) co_return Next::close;
    framer_ = base::LineFramer(services_->limits.junk_bytes_max);
    reset();
    hello_.clear();  // RFC 3207 section 4.2: all that was said before is forgotten
    extended_ = false;
    identity_.reset();
    registered_.set_tls(peer().tls_version);
    co_return Next::go_on;
}

auth::Client Session::auth_client() const {
    auth::Client client;
    client.protocol = lmtp() ? "lmtp" : "submission";
    client.address = peer().address;
    client.listener = peer().listener;
    client.loopback = peer().loopback;
    client.tls = peer().tls;
    client.front_end = peer().front_end;
    client.certificate_identity = peer().tls_client_subject;
    net::Connection* connection = connection_.get();  // outlives every exchange: both belong to this session
    client.channel_binding = [connection](std::string_view type) {
        return connection->channel_binding(type);
    };
    client.pause = net::rest_of(connection);
    return client;
}

awaitable<Session::Next> Session::handle(cmd::Auth auth) {
    if (!services_->policy.offer_auth) co_return fault(replies::not_offered);
    if (identity_) co_return fault(replies::auth_done);
    if (transaction_.open()) co_return fault(replies::in_transaction);
    const auto refusal = co_await authenticate(std::move(auth));
    if (!refusal) {
        if (!registered_.claim_user(identity_->name, services_->limits.per_user)) {
            identity_.reset();
            co_return fault(replies::auth_sessions_max);
        }
        if (services_->relay != nullptr && services_->relay->elsewhere(identity_->node)) {
            auth::Identity identity = *std::exchange(identity_, std::nullopt);
            co_return co_await lead_on(std::move(identity));
        }
        say(replies::authenticated);
        co_return Next::go_on;
    }
    if (refusal->code() == 0) co_return answered_ ? Next::go_on : Next::close;
    fault(*refusal);
    if (refusal->code() == 421) co_return Next::close;
    if (refusal->code() == 535 && ++auth_failures_ >= services_->limits.auth_failures_max) {
        say(replies::too_many_errors);
        co_return Next::close;
    }
    co_return Next::go_on;
}

/// The exchange. Nothing: identity_ is who it is. Code 0: there is nothing more to say, see answered_.
awaitable<std::optional<Reply>> Session::authenticate(cmd::Auth auth) {
    const std::unique_ptr<auth::Exchange> exchange =
        tls_missing() ? nullptr : services_->authenticator.start(auth.mechanism, auth_client());
    if (!exchange) {
        const bool plain_text = auth.mechanism == "PLAIN" || auth.mechanism == "LOGIN";
        const bool for_tls =
            !peer().tls && (tls_missing() || services_->authenticator.plain_text_refused(auth_client()));
        co_return plain_text&& for_tls ? replies::auth_tls_needed : replies::auth_unknown;
    }
    auth::Outcome outcome;
    outcome.kind = auth::Outcome::Kind::challenge;
    const bool server_first = !exchange->client_first();
    if (server_first) outcome = co_await exchange->step(std::string());
    bool initial = auth.has_initial;
    while (outcome.kind == auth::Outcome::Kind::challenge) {
        if (std::exchange(initial, false)) {
            auto decoded = base::base64_decode(auth.initial.reveal() == "=" ? std::string_view()
                                                                            : auth.initial.reveal());
            if (!decoded) co_return replies::auth_base64;
            line_ = std::move(*decoded);
        } else {
            write_reply(out(), 334, "", base::base64_encode(outcome.challenge));
            const auto bad = co_await read_response();
            if (bad) co_return bad;
        }
        outcome = co_await exchange->step(std::exchange(line_, std::string()));
    }
    if (outcome.kind == auth::Outcome::Kind::failure) co_return reply_for_failure(outcome.failure);
    if (outcome.has_final_data) {  // RFC 4954 section 4: there is no place for it but a challenge of its own
        write_reply(out(), 334, "", base::base64_encode(outcome.challenge));
        const auto bad = co_await read_response();
        if (bad) co_return bad;
        if (!line_.empty()) co_return replies::auth_failed;
    }
    identity_ = std::move(outcome.identity);
    co_return std::nullopt;
}

/// One base64 line of the client, decoded, into line_.
awaitable<std::optional<Reply>> Session::read_response() {
    answered_ = false;
    const Line got = co_await read_line(true);
    answered_ =
        got == Line::refused;  // a line that is none ends the exchange, and its answer is the exchange's
    if (got != Line::whole) co_return Reply();
    if (line_ == "*") co_return replies::auth_cancelled;
    auto decoded = base::base64_decode(line_);
    if (!decoded) co_return replies::auth_base64;
    line_ = std::move(*decoded);
    co_return std::nullopt;
}

Reply Session::reply_for_failure(auth::Failure failure) {
    switch (failure) {
        case auth::Failure::mechanism:
            return replies::auth_unknown;
        case auth::Failure::malformed:
            return replies::auth_malformed;
        case auth::Failure::cancelled:
            return replies::auth_cancelled;
        case auth::Failure::temporary:
            return replies::auth_temporary;
        case auth::Failure::too_many:
            return replies::auth_too_many;
        default:
            return replies::auth_failed;
    }
}

}  // namespace smtp
