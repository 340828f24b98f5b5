// Front-end mode: the sender's mailbox is on another server, which the rest of the connection belongs to.
// Mail that is submitted goes out there, and is filed there.
#include "relay/relay.hpp"

#include "base/log.hpp"
#include "smtp/session.hpp"

namespace smtp {

awaitable<Session::Next> Session::lead_on(auth::Identity identity) {
    const std::string user = identity.name;
    registered_.set_node(identity.node);
    relay::Request request;
    request.protocol = relay::Protocol::submission;
    request.identity = std::move(identity);
    request.session = std::to_string(registered_.id().value);
    request.client_name = hello_;
    auto opened = co_await services_->relay->open(connection_.get(), std::move(request));
    if (!opened) {
        registered_.set_node({});
        registered_.set_user({});
        const bool refused = opened.error().failure().kind == relay::Failure::Kind::refused;
        co_return fault(refused ? replies::auth_failed : replies::auth_temporary);
    }
    const std::unique_ptr<relay::Tunnel> tunnel = std::move(*opened);
    registered_.set_state("relayed");
    say(replies::authenticated);
    const bool sent = co_await connection_->flush();
    if (!sent) co_return Next::close;
    const auto idle_max = services_->limits.command_wait + services_->limits.relayed_grace;
    const net::PumpEnd end = co_await tunnel->carry(connection_.get(), &registered_, idle_max);
    base::log::info("smtp", "relay ends",
                    {{"user", user}, {"node", tunnel->node()}, {"why", net::text_of(end)}});
    co_return Next::close;
}

}  // namespace smtp
