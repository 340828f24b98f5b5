// FakeRelay: a back end for transcripts. The mailbox of everybody whose identity has a node is there. It
// answers each line with "relayed: " and the line, and closes at "bye".
#pragma once
#include <memory>
#include <string>

#include "relay/relay.hpp"

namespace support {

class FakeRelay final : public relay::Relay {
public:
    /// "up", "down", "refused" (it does not take the password), or a response code that it refuses with.
    explicit FakeRelay(std::string how, std::string answer)
        : how_(std::move(how)), answer_(std::move(answer)) {}
    bool elsewhere(const std::string& node) const override { return !node.empty(); }
    relay::awaitable<relay::Opened> open(net::Connection* client, relay::Request request) override;

private:
    const std::string how_, answer_;
};

}  // namespace support
