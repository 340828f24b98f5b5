// ClamdClient: one message to clamd by INSTREAM, a piece at a time.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "filter/endpoint.hpp"
#include "filter/message.hpp"
#include "filter/syntax/clamd.hpp"

namespace filter {

struct ClamdSettings {
    Endpoint endpoint;
    std::chrono::milliseconds connect_max{5'000};
    std::chrono::milliseconds time_max{60'000};  ///< of one message, from the first look-up to the answer
};

/// Thread-safe; `resolver` outlives it.
class ClamdClient {
public:
    ClamdClient(net::Resolver* resolver, ClamdSettings settings)
        : resolver_(resolver), settings_(std::move(settings)) {}
    /// Always answers, in bounded time. `incomplete` is never the answer.
    awaitable<clamd::Answer> scan(MessagePtr message) const;

private:
    net::Resolver* const resolver_;
    const ClamdSettings settings_;
};

}  // namespace filter
