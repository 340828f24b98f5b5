// Front-end mode: the maildrop is on another server, which the rest of the connection belongs to.
#include "relay/relay.hpp"

#include "base/log.hpp"
#include "pop3/session.hpp"

namespace pop3 {

awaitable<Session::Next> Session::lead_on(auth::Identity identity) {
    const std::string user = identity.name;
    registered_.set_node(identity.node);
    relay::Request request;
    request.protocol = relay::Protocol::pop3;
    request.identity = std::move(identity);
    request.session = std::to_string(registered_.id().value);
    auto opened = co_await services_->relay->open(connection_.get(), std::move(request));
    if (!opened) {
        registered_.set_node({});
        registered_.set_user({});
        const relay::Failure failure = opened.error().failure();
        if (failure.kind == relay::Failure::Kind::refused) co_return refused(auth::Failure::credentials);
        if (failure.code.empty()) {
            error("[SYS/TEMP] the server of this mailbox does not answer, try again later");
        } else {
            error("[" + failure.code + "] the server of this mailbox takes no login now");
        }
        co_return Next::go_on;
    }
    const std::unique_ptr<relay::Tunnel> tunnel = std::move(*opened);
    identity_ = user;
    registered_.set_state("relayed");
    ok(tunnel->answer().empty() ? "logged in" : tunnel->answer());
    const bool sent = co_await connection_->flush();
    if (!sent) co_return Next::close;
    const auto idle_max = services_->limits.idle_max + services_->limits.relayed_grace;
    const net::PumpEnd end = co_await tunnel->carry(connection_.get(), &registered_, idle_max);
    base::log::info("pop3", "relay ends",
                    {{"user", user}, {"node", tunnel->node()}, {"why", net::text_of(end)}});
    co_return Next::close;
}

}  // namespace pop3
