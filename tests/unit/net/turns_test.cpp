// HandshakeTurns alone: limits, order, fairness among clients, no state left behind.
#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "net/handshake_turns.hpp"

namespace net_test {
namespace {

class Called final : public net::Waker {
public:
    void wake(std::uint32_t events) noexcept override { events_ |= events; }
    bool called() const { return events_ != 0; }
    std::uint32_t events() const { return events_; }

private:
    std::atomic<std::uint32_t> events_{0};
};

/// One handshake: its turn, and whether it may run.
struct Handshake {
    Handshake(const std::shared_ptr<net::HandshakeTurns>& turns, std::uint64_t client)
        : turn(std::make_unique<net::HandshakeTurns::Turn>(turns, client, waker, 8U)) {}
    bool runs() const { return turn != nullptr && (!turn->must_wait() || waker->called()); }
    void end() { turn.reset(); }

    std::shared_ptr<Called> waker = std::make_shared<Called>();
    std::unique_ptr<net::HandshakeTurns::Turn> turn;
};

TEST(HandshakeTurns, PerClientInOrder) {
    const auto turns = std::make_shared<net::HandshakeTurns>(0, 2);
    Handshake a(turns, 1), b(turns, 1), c(turns, 1), d(turns, 1), other(turns, 2);
    EXPECT_TRUE(a.runs() && b.runs() && other.runs());
    EXPECT_FALSE(c.runs() || d.runs());
    b.end();
    EXPECT_TRUE(c.runs());
    EXPECT_EQ(c.waker->events(), 8U);
    EXPECT_FALSE(d.runs());
    a.end();
    EXPECT_TRUE(d.runs());
    EXPECT_FALSE(a.waker->called());  // whoever did not wait is not called
}

TEST(HandshakeTurns, ClientsTakeTurnsWhereAllIsFull) {
    const auto turns = std::make_shared<net::HandshakeTurns>(1, 10);
    Handshake running(turns, 1);
    Handshake greedy1(turns, 1), greedy2(turns, 1), greedy3(turns, 1), modest(turns, 2);
    running.end();
    EXPECT_TRUE(greedy1.runs());
    greedy1.end();
    EXPECT_TRUE(modest.runs());  // before the others of the client that came first
    EXPECT_FALSE(greedy2.runs());
    modest.end();
    EXPECT_TRUE(greedy2.runs());
}

TEST(HandshakeTurns, WhoLeavesTheQueueHoldsUpNobody) {
    const auto turns = std::make_shared<net::HandshakeTurns>(1, 1);
    Handshake running(turns, 1), waits(turns, 2), next(turns, 3);
    EXPECT_EQ(turns->figures().waiting, 2U);
    waits.end();
    running.end();
    EXPECT_TRUE(next.runs());
    next.end();
    EXPECT_EQ(turns->figures().clients, 0U);
}

TEST(HandshakeTurns, NoLimitsNoWaiting) {
    const auto turns = std::make_shared<net::HandshakeTurns>(0, 0);
    std::vector<std::unique_ptr<Handshake>> many;
    for (unsigned i = 0; i < 100; ++i) {
        many.push_back(std::make_unique<Handshake>(turns, 1));
        EXPECT_TRUE(many.back()->runs());
    }
}

/// Whatever comes and goes: never more than allowed, and nobody waits while there is room.
TEST(HandshakeTurns, LimitsHoldAndNobodyIsForgotten) {
    constexpr std::uint32_t in_all = 5, per_client = 2;
    const auto turns = std::make_shared<net::HandshakeTurns>(in_all, per_client);
    std::mt19937 random(7);
    std::vector<std::pair<std::uint64_t, std::unique_ptr<Handshake>>> open;
    for (int step = 0; step < 20'000; ++step) {
        if (open.size() < 30 && (open.empty() || random() % 2 == 0)) {
            const std::uint64_t client = random() % 4;
            open.emplace_back(client, std::make_unique<Handshake>(turns, client));
        } else {
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(random() % open.size()));
        }
        std::uint32_t running = 0;
        std::array<std::uint32_t, 4> of{}, waiting{};
        for (const auto& [client, handshake] : open) {
            running += handshake->runs() ? 1 : 0;
            ++(handshake->runs() ? of : waiting)[client];
        }
        ASSERT_EQ(turns->figures().running, running);
        ASSERT_LE(running, in_all);
        for (std::size_t client = 0; client < 4; ++client) {
            ASSERT_LE(of[client], per_client);
            ASSERT_FALSE(waiting[client] != 0 && of[client] < per_client && running < in_all) << step;
        }
    }
    open.clear();
    EXPECT_EQ(turns->figures().clients, 0U);
}

TEST(HandshakeTurns, FromManyThreads) {
    const auto turns = std::make_shared<net::HandshakeTurns>(3, 2);
    std::atomic<int> running{0}, most{0};
    const auto work = [&](unsigned seed) {
        std::mt19937 random(seed);
        for (int i = 0; i < 2000; ++i) {
            Handshake handshake(turns, random() % 3);
            if (!handshake.runs() && random() % 2 == 0) continue;  // gives up
            while (!handshake.runs()) std::this_thread::yield();
            const int now = ++running;
            for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
            --running;
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(most, 3);
    EXPECT_EQ(turns->figures().clients, 0U);
}

}  // namespace
}  // namespace net_test
