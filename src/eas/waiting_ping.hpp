// WaitingPing: all that is left of a Ping while it waits for news: its Session with the query, the body and
// the device's rows is gone, and so are the frames of the coroutines that led to it. A local of the route's
// handler, on the connection's strand.
#pragma once
#include <cstdint>
#include <utility>

#include "eas/news.hpp"

namespace eas {

class WaitingPing {
public:
    WaitingPing(http::Exchange exchange, News news, std::uint32_t seconds)
        : exchange_(exchange), news_(std::move(news)), seconds_(seconds) {}
    /// Until there is an answer, and it was sent.
    awaitable<void> run();

private:
    awaitable<void> answer(News::End end);

    http::Exchange exchange_;
    News news_;
    std::uint32_t seconds_;
};

}  // namespace eas
