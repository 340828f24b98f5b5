// An agent whose directory and reporter fail when they are told to.
#pragma once
#include "agent_fixture.hpp"
#include "shy_directory.hpp"

namespace mta {

inline constexpr store::Error not_now(store::Errc::unavailable, "not now");

class SettlementTest : public AgentTest {
protected:
    SettlementTest() {
        settings.settle_pause = 1ms;
        make_agent();
    }
    ~SettlementTest() override { agent.reset(); }

    /// From now on the router asks `shy`.
    void ask_shyly() {
        agent.reset();
        router = std::make_unique<Router>(shy, RouteSettings());
        make_agent();
    }
    /// As work(), but the stop comes as soon as `now` says so.
    void work_until(std::function<bool()> now) {
        asio::io_context io;
        agent->start(io.get_executor());
        while (!now()) ASSERT_NE(io.run_one_for(10s), 0U);
        agent->stop();
        io.run();
        make_agent();
    }
    store::QueueProgress progress(std::size_t recipient) {
        const auto known = run(queue->read(last));
        EXPECT_TRUE(known);
        return known ? known->progress.at(recipient) : store::QueueProgress();
    }
    ShyDirectory shy{*directory};
};

}  // namespace mta
