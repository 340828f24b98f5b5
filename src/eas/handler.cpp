#include "eas/handler.hpp"

#include "eas/session.hpp"
#include "eas/waiting_ping.hpp"

namespace eas {
namespace {

/// A Ping waits for an hour: its session ends before, with the frames of all that led to it.
awaitable<void> serve(http::Exchange exchange, ServicesPtr services) {
    auto session = std::make_unique<Session>(exchange, std::move(services));
    const std::unique_ptr<WaitingPing> waiting = co_await session->run();
    session.reset();
    if (waiting) co_await waiting->run();
}

}  // namespace

void add_routes(http::Router& router, ServicesPtr services) {
    router.add("/Microsoft-Server-ActiveSync", http::Router::Match::any_case,
               [services](http::Exchange exchange) { return serve(exchange, services); });
}

}  // namespace eas
