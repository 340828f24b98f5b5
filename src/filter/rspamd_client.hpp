// RspamdClient: one message to rspamd by POST /checkv2.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "filter/facts.hpp"
#include "filter/message.hpp"
#include "filter/syntax/rspamd.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace filter {

struct RspamdSettings {
    http::Url url;         ///< of /checkv2
    std::string password;  ///< of rspamd's workers, where they ask for one
    std::string ca_file;
    std::chrono::milliseconds time_max{30'000};
    rspamd::Limits limits;
};

/// Thread-safe; `resolver` outlives it.
class RspamdClient {
public:
    RspamdClient(net::Resolver& resolver, RspamdSettings settings);
    const std::string& fault() const { return client_.fault(); }
    struct Checked {
        std::optional<rspamd::Answer> answer;
        std::string why;  ///< there is none
    };
    awaitable<Checked> check(FactsPtr facts, MessagePtr message);

private:
    const RspamdSettings settings_;
    http::Client client_;
};

}  // namespace filter
