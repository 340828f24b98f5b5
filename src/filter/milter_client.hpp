// MilterClient: one message to one milter, over a connection of its own.
#pragma once
#include <chrono>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "filter/draft.hpp"
#include "filter/endpoint.hpp"
#include "filter/facts.hpp"
#include "filter/spool.hpp"
#include "filter/syntax/milter.hpp"

namespace filter {

struct MilterSettings {
    std::string name;
    Endpoint endpoint;
    WhenDown when_down = WhenDown::tempfail;
    std::chrono::milliseconds connect_max{10'000};
    std::chrono::milliseconds answer_max{60'000};    ///< of one answer; a filter that works on says so
    std::chrono::milliseconds message_max{300'000};  ///< of all
    std::string folder = "/tmp";                     ///< for a large new body
    milter::Limits limits;
};

/// Thread-safe; what it refers to outlives it.
class MilterClient {
public:
    MilterClient(net::Resolver* resolver, boost::asio::thread_pool& pool, MilterSettings settings)
        : resolver_(resolver), pool_(pool), settings_(std::move(settings)) {}
    const MilterSettings& settings() const { return settings_; }

    struct Outcome {
        milter::Result result;
        MessagePtr new_body;  ///< of result.body_replaced
    };
    /// Always answers, in bounded time. `draft` stays as it is.
    awaitable<Outcome> pass(FactsPtr facts, std::shared_ptr<const Draft> draft) const;

private:
    class Talk;
    net::Resolver* const resolver_;
    boost::asio::thread_pool& pool_;
    const MilterSettings settings_;
};

}  // namespace filter
