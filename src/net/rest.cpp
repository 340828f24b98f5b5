#include "net/rest.hpp"

#include "net/stream.hpp"

namespace net {
namespace {

constexpr std::uint32_t no_event = 1U << 7;  // of net's own bits; nobody sets it

awaitable<void> rest(Stream* stream, std::chrono::milliseconds time) {
    const bool woken = co_await stream->pause(no_event, std::chrono::steady_clock::now() + time);
    static_cast<void>(woken);  // time or not: it is over
}

}  // namespace

std::function<awaitable<void>(std::chrono::milliseconds)> rest_of(Connection* connection) {
    Stream* const stream = connection->stream();
    if (stream == nullptr) return {};
    return [stream](std::chrono::milliseconds time) { return rest(stream, time); };
}

}  // namespace net
