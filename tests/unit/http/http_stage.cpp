#include "http_stage.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace http_test {

Stage::Stage(http::ServerLimits limits)
    : services_(std::make_shared<http::Services>(sessions_, clock_, limits)) {}

Stage::~Stage() {
    if (!pair_) return;
    pair_->peer.close();
    io_.restart();
    io_.poll();
    EXPECT_TRUE(ended_) << "a session outlived its peer";
}

support::MemoryPeer& Stage::peer() {
    if (!pair_) {
        support::MemoryOptions options;
        options.peer.address = "192.0.2.7";
        pair_ = std::make_unique<support::MemoryPair>(support::make_memory_pair(io_, options));
        boost::asio::co_spawn(io_, http::serve(std::move(pair_->connection), services_),
                              [this](std::exception_ptr failed) {
                                  ended_ = true;
                                  EXPECT_FALSE(failed);
                              });
        io_.poll();
    }
    return pair_->peer;
}

std::string Stage::taken() {
    io_.restart();
    io_.poll();
    return std::exchange(pair_->peer.received(), {});
}

std::string Stage::send(std::string_view octets) {
    peer().send(octets);
    return taken();
}

std::string Stage::advance(std::chrono::milliseconds by) {
    peer().advance(by);
    return taken();
}

std::string Stage::wake(std::uint32_t events) {
    peer().waker()->wake(events);
    return taken();
}

}  // namespace http_test
