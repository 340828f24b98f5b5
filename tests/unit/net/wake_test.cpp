// Wake-ups from other threads, the registry, and the orderly stop.
#include <atomic>
#include <functional>
#include <stdexcept>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "echo_server.hpp"
#include "net/rest.hpp"

namespace net_test {
namespace {

class Wakes : public testing::Test {
protected:
    Wakes() { forget(); }
    ~Wakes() override { forget(); }
    static void forget() {
        const std::lock_guard lock(seen().mutex);
        seen().wakers.clear();
        seen().ended = 0;
    }
    static std::vector<std::shared_ptr<net::Waker>> wakers() {
        const std::lock_guard lock(seen().mutex);
        return seen().wakers;
    }
};

TEST_F(Wakes, EventEndsTheWaitAndIsNotLost) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    wakers().at(0)->wake(net::event_mail);
    wakers().at(0)->wake(1U << 9);
    EXPECT_TRUE(eventually([&] { return client.ask("events") != "0"; }));
    wakers().at(0)->wake(net::event_kicked);
    EXPECT_EQ(client.line(), "bye");
    EXPECT_TRUE(client.closed());
}

boost::asio::awaitable<void> rest_then_say_so(std::unique_ptr<net::Connection> connection) {
    const auto rest = net::rest_of(connection.get());
    for (const auto time : {100ms, 60'000ms}) {
        connection->output() += "resting\r\n";
        co_await connection->flush();
        co_await rest(time);
        connection->output() += "rested " + std::to_string(connection->input().size()) + "\r\n";
        co_await connection->flush();
    }
    const std::lock_guard lock(seen().mutex);
    ++seen().ended;
}

std::size_t ended() {
    const std::lock_guard lock(seen().mutex);
    return seen().ended;
}

TEST_F(Wakes, APenaltyEndsWithItsSession) {
    Running running;
    ASSERT_EQ(running.add({}, rest_then_say_so), "");
    running.start();
    const auto begun = std::chrono::steady_clock::now();
    Client stays(running.port()), breaks_off(running.port());
    for (Client* const client : {&stays, &breaks_off}) {
        EXPECT_EQ(client->line(), "resting");
        client->send("said too early\r\n");
        EXPECT_EQ(client->line(), "rested 0");
        EXPECT_EQ(client->line(), "resting");
    }
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 100ms);
    const linger reset{1, 0};
    ::setsockopt(breaks_off.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    breaks_off.close();
    EXPECT_TRUE(eventually([] { return ended() == 1; })) << "who breaks off is not waited for";
    running.stop();
    EXPECT_EQ(stays.line(), "rested 0");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 8s) << "the stop waits for no penalty";
}

TEST_F(Wakes, StormFromManyThreadsLosesNoOctets) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back(running.port());
        EXPECT_EQ(clients.back().line(), "hello");
    }
    std::atomic<bool> over = false;
    std::vector<std::thread> storm;
    for (unsigned t = 0; t < 3; ++t) {
        storm.emplace_back([&over, all = wakers(), t] {
            for (unsigned i = 0; !over; ++i) all[i % all.size()]->wake(1U << (9 + (i + t) % 8));
        });
    }
    int wrong = 0;
    for (int i = 0; i < 300; ++i) {
        for (Client& client : clients) client.send("line " + std::to_string(i) + "\r\n");
        for (Client& client : clients) wrong += client.line() != "line " + std::to_string(i) ? 1 : 0;
    }
    over = true;
    for (std::thread& thread : storm) thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST_F(Wakes, EventsWithoutEndDoNotKeepTheClientFromBeingHeard) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    // The session wakes itself at every event: there is one before every wait.
    client.send("events forever\r\n");
    EXPECT_EQ(client.line(), "");
    for (int i = 0; i < 100; ++i) {
        const std::string line = "line " + std::to_string(i);
        client.send(line + "\r\n");
        ASSERT_EQ(client.line(), line);
    }
}

TEST_F(Wakes, WakeAfterDeathAndAfterTheServer) {
    std::vector<std::shared_ptr<net::Waker>> kept;
    {
        Running running;
        ASSERT_EQ(running.add({}), "");
        running.start();
        {
            Client client(running.port());
            EXPECT_EQ(client.line(), "hello");
            kept = wakers();
        }
        EXPECT_TRUE(eventually([&] { return running.server->figures().open == 0; }));
        kept.at(0)->wake(net::event_mail);
    }
    kept.at(0)->wake(net::event_mail | net::event_kicked);
}

TEST_F(Wakes, WakersRaceWithDyingConnections) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    std::atomic<bool> over = false;
    std::thread storm([&] {
        while (!over) {
            for (const auto& waker : wakers()) waker->wake(1U << 10);
            forget();
            std::this_thread::yield();  // the sessions want the same lock
        }
    });
    for (int i = 0; i < 300; ++i) {
        Client client(running.port());
        EXPECT_EQ(client.line(), "hello");
    }
    over = true;
    storm.join();
    EXPECT_TRUE(eventually([&] { return running.server->figures().open == 0; }));
}

TEST_F(Wakes, StopSaysGoodbyeToEverySession) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back(running.port());
        EXPECT_EQ(clients.back().line(), "hello");
    }
    running.stop();
    for (Client& client : clients) {
        EXPECT_EQ(client.line(), "bye");
        EXPECT_TRUE(client.closed());
    }
    EXPECT_EQ(seen().ended, 20U);
    EXPECT_EQ(running.server->figures().open, 0U);
}

TEST_F(Wakes, StopClosesUnderASessionThatDoesNotEnd) {
    net::ServerLimits limits;
    limits.drain_max = 50ms;
    Running running(limits);
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    client.send("big 100000000\r\n");  // and does not read
    EXPECT_TRUE(eventually([&] {
        char octet = 0;
        return ::recv(client.descriptor(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }));
    const auto start = std::chrono::steady_clock::now();
    running.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
    EXPECT_EQ(running.server->figures().open, 0U);
}

TEST_F(Wakes, StopRefusesNewConnectionsAndServersComeAndGo) {
    for (int i = 0; i < 20; ++i) {
        Running running;
        ASSERT_EQ(running.add({}), "");
        running.start();
        const std::uint16_t port = running.port();
        Client client(port);
        EXPECT_EQ(client.line(), "hello");
        running.stop();
        Client late(port);
        EXPECT_LT(late.descriptor(), 0);
    }
}

TEST_F(Wakes, StopBeforeRunEndsRunAtOnce) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.server->stop();
    running.start();
    running.stop();
}

TEST_F(Wakes, SettleRunsWhatIsReadyAndNoMore) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    running.stop();
    int ran = 0;
    const auto executor = running.server->executor();
    boost::asio::post(executor, [&] {
        ++ran;
        boost::asio::post(executor, [&] { ++ran; });
        throw std::runtime_error("a handler's own affair");
    });
    EXPECT_EQ(ran, 0);
    running.server->settle();
    EXPECT_EQ(ran, 2);
    std::function<void()> for_ever = [&] {
        ++ran;
        boost::asio::post(executor, for_ever);
    };
    for_ever();
    const auto start = std::chrono::steady_clock::now();
    running.server->settle();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
    EXPECT_GT(ran, 3);
}

TEST_F(Wakes, KickBreaksAStalledWriteOff) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    client.send("big 100000000\r\n");
    char octet = 0;
    EXPECT_TRUE(
        eventually([&] { return ::recv(client.descriptor(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 1; }));
    wakers().at(0)->wake(net::event_mail);
    wakers().at(0)->wake(net::event_kicked);
    EXPECT_TRUE(eventually([&] { return running.server->figures().open == 0; }));
}

struct CountingWaker final : net::Waker {
    void wake(std::uint32_t events) noexcept override { all |= events; }
    std::atomic<std::uint32_t> all{0};
};

TEST(Registry, ListsCountsAndKicks) {
    net::SessionRegistry registry;
    const auto one = std::make_shared<CountingWaker>(), two = std::make_shared<CountingWaker>();
    net::PeerInfo peer;
    peer.address = "192.0.2.1";
    peer.listener = "imaps";
    auto first = registry.add("imap", peer, one);
    auto second = registry.add("imap", peer, two);
    EXPECT_NE(first.id(), second.id());
    first.set_user("demo@example.test");
    second.set_user("demo@example.test");
    second.set_user("two@example.test");
    first.set_state("IDLE");
    first.set_folder("INBOX");
    first.set_client("Thunderbird");
    first.set_tls("TLSv1.3");
    EXPECT_EQ(registry.count(), 2U);
    EXPECT_EQ(registry.count_user("demo@example.test"), 1U);
    const auto rows = registry.list();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].user, "demo@example.test");
    EXPECT_EQ(rows[0].state, "IDLE");
    EXPECT_EQ(rows[0].folder, "INBOX");
    EXPECT_EQ(rows[0].client, "Thunderbird");
    EXPECT_EQ(rows[0].address, "192.0.2.1");
    EXPECT_TRUE(rows[0].tls);
    EXPECT_GE(rows[0].last_command, rows[0].since);
    EXPECT_TRUE(registry.kick(first.id()));
    EXPECT_EQ(one->all, net::event_kicked);
    EXPECT_EQ(registry.kick_user("two@example.test"), 1U);
    EXPECT_EQ(two->all, net::event_kicked);
    EXPECT_EQ(registry.kick_user("nobody"), 0U);
    one->all = two->all = 0;
    EXPECT_EQ(registry.kick_address("192.0.2.2"), 0U);
    EXPECT_EQ(registry.kick_address("192.0.2.1"), 2U);
    EXPECT_EQ(registry.kick_address("192.0.2.0/24"), 2U);
    EXPECT_EQ(registry.kick_address("2001:db8::/32"), 0U);
    EXPECT_EQ(registry.kick_address("unix"), 0U);
    EXPECT_EQ(one->all, net::event_kicked);
    EXPECT_EQ(two->all, net::event_kicked);
    const base::SessionId gone = second.id();
    second = std::move(first);
    EXPECT_EQ(registry.count(), 1U);
    EXPECT_EQ(registry.count_user("two@example.test"), 0U);
    EXPECT_FALSE(registry.kick(gone));
    second = {};
    EXPECT_EQ(registry.count(), 0U);
    EXPECT_EQ(registry.count_user("demo@example.test"), 0U);
}

TEST(Registry, AUserHasRoomForSoManySessionsAndOneAddressForFewer) {
    net::SessionRegistry registry;
    const auto waker = std::make_shared<CountingWaker>();
    const auto from = [&](std::string address) {
        net::PeerInfo peer;
        peer.address = std::move(address);
        return registry.add("imap", peer, waker);
    };
    const net::UserLimits limits{3, 2};
    auto one = from("2001:db8::1"), two = from("2001:db8::2"), three = from("2001:db8::3");
    auto other = from("192.0.2.1"), last = from("192.0.2.2");
    EXPECT_TRUE(one.claim_user("demo", limits));
    EXPECT_TRUE(two.claim_user("demo", limits));
    EXPECT_TRUE(two.claim_user("demo", limits)) << "a session that is counted already";
    EXPECT_FALSE(three.claim_user("demo", limits)) << "one /64 is one address";
    EXPECT_TRUE(three.claim_user("two", limits));
    EXPECT_TRUE(other.claim_user("demo", limits));
    EXPECT_FALSE(last.claim_user("demo", limits));
    EXPECT_EQ(registry.count_user("demo"), 3U);
    two.set_user({});
    EXPECT_TRUE(last.claim_user("demo", limits));
    one = {};
    EXPECT_TRUE(two.claim_user("demo", limits));
}

TEST(Registry, LoginsAtTheSameTimeDoNotFindTheSameRoom) {
    net::SessionRegistry registry;
    const auto waker = std::make_shared<CountingWaker>();
    net::PeerInfo peer;
    peer.address = "192.0.2.1";
    std::vector<net::SessionRegistry::Handle> sessions;
    for (int i = 0; i < 64; ++i) sessions.push_back(registry.add("imap", peer, waker));
    std::atomic<int> granted{0}, next{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int at = next++; at < 64; at = next++)
                granted += sessions[static_cast<std::size_t>(at)].claim_user("demo", {10, 100}) ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(granted, 10);
    EXPECT_EQ(registry.count_user("demo"), 10U);
}

}  // namespace
}  // namespace net_test
