#include "eas/handler.hpp"

#include "eas/session.hpp"

namespace eas {
namespace {

awaitable<void> serve(http::Exchange exchange, ServicesPtr services) {
    Session session(exchange, std::move(services));
    co_await session.run();
}

}  // namespace

void add_routes(http::Router& router, ServicesPtr services) {
    router.add("/Microsoft-Server-ActiveSync", http::Router::Match::any_case,
               [services](http::Exchange exchange) { return serve(exchange, services); });
}

}  // namespace eas
