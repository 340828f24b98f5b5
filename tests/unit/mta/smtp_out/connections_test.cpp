// The SMTP connector's connections: which host is tried, which connection is used again, how many there are,
// and how a stop ends them.
#include <algorithm>
#include <chrono>

#include "single_hop.hpp"

namespace smtp_out_test {
namespace {

TEST(Connector, OurselvesAreNotSpokenTo) {
    Manners manners;
    manners.greeting = "220 client.test ESMTP\r\n";
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.4.6");
}

// ---- connections ----

TEST(Connector, ReusesAConnection) {
    Single one({});
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(one.stand.deliver({"a@example.test"}).outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(one.hop.connections, 1);
    EXPECT_EQ(one.stand.finder.asked, 1);
}

TEST(Connector, AConnectionThatDiedIdleCostsNothing) {
    // The hop hangs up behind the first message; the second finds out only when it has said MAIL, or before.
    auto messages = std::make_shared<std::atomic<int>>(0);
    Manners manners;
    manners.answer = [messages](const std::string& line) -> std::string {
        if (line.starts_with("MAIL") && ++*messages == 2) return "close";
        return {};
    };
    Single one(manners);
    EXPECT_EQ(one.stand.deliver({"a@example.test"}).outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(one.stand.deliver({"b@example.test"}).outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(one.hop.connections, 2);
}

TEST(Connector, IdleConnectionsAreEndedWithQuit) {
    Settings settings = quick_settings();
    settings.timeouts.idle = std::chrono::milliseconds(30);
    Single one({}, settings);
    one.stand.deliver({"a@example.test"});
    for (int i = 0; i < 200 && !has_command(one.hop, "QUIT"); ++i) pause_ms(5);  // it is time that is tested
    EXPECT_TRUE(has_command(one.hop, "QUIT"));
}

TEST(Connector, NoMoreConnectionsThanAllowed) {
    auto inside = std::make_shared<std::atomic<int>>(0);
    auto most = std::make_shared<std::atomic<int>>(0);
    Manners manners;
    manners.answer = [inside, most](const std::string& line) {
        if (line.starts_with("MAIL")) {
            const int now = ++*inside;
            int known = *most;
            while (now > known && !most->compare_exchange_weak(known, now)) {
            }
            pause_ms(5);  // others shall come meanwhile
            --*inside;
        }
        return std::string();
    };
    Single one(manners);
    auto next_hop = std::make_shared<NextHop>(*one.stand.next_hop);
    next_hop->connections_max = 3;
    one.stand.next_hop = next_hop;
    EXPECT_EQ(one.stand.connector->room(*next_hop), 3U);
    std::vector<std::future<Attempt>> running;
    for (int i = 0; i < 30; ++i) running.push_back(one.stand.start(one.stand.job({"a@example.test"})));
    for (auto& future : running) EXPECT_EQ(future.get().outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(one.hop.messages().size(), 30U);
    EXPECT_LE(*most, 3);
    EXPECT_LE(one.hop.connections, 6);
    EXPECT_EQ(one.stand.connector->room(*next_hop), 3U);
}

TEST(Connector, StopEndsADelivery) {
    for (const char* verb : {"greeting", "EHLO", "MAIL"}) {
        Manners manners;
        if (std::string_view(verb) == "greeting") {
            manners.greeting = "hang";
        } else {
            manners.answer = [verb](const std::string& line) {
                return line.starts_with(verb) ? std::string("hang") : std::string();
            };
        }
        Single one(manners);
        auto running = one.stand.start(one.stand.job({"a@example.test"}));
        while (one.hop.connections == 0) std::this_thread::yield();
        one.stand.stop.request_stop();
        ASSERT_EQ(running.wait_for(std::chrono::seconds(2)), std::future_status::ready) << verb;
        const Attempt attempt = running.get();
        EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
        EXPECT_EQ(attempt.outcomes[0].status.text(), "4.3.2");
        EXPECT_FALSE(attempt.destination_down);
    }
}

TEST(Connector, StopWaitsForTheAnswerToAWholeMessage) {
    std::atomic<bool> asked{false};
    Manners manners;
    manners.instead = [&](Peer& peer) {
        peer.send("220 hop\r\n");
        peer.line();
        peer.send("250 hop\r\n");
        for (int i = 0; i < 2; ++i) {
            peer.line();
            peer.send("250 ok\r\n");
        }
        peer.line();
        peer.send("354 go\r\n");
        peer.data();
        asked = true;
        pause_ms(100);  // the answer takes its time
        peer.send("250 2.0.0 have it\r\n");
        peer.wait_until_closed();
    };
    Single one(manners);
    auto running = one.stand.start(one.stand.job({"a@example.test"}));
    while (!asked) std::this_thread::yield();
    one.stand.stop.request_stop();
    EXPECT_EQ(running.get().outcomes[0].fate, Fate::relayed);
}

TEST(Connector, AnotherFamilyWhenOneIsRefused) {
    // Gmail's 5.7.25 for IPv6 addresses without a name: the same host by IPv4 takes the message.
    Manners six;
    six.address = "::1";
    six.final = "550 5.7.25 the sending address has no name\r\n";
    FakeHop by_six(six);
    if (!by_six.bound) GTEST_SKIP() << "no IPv6 here";
    FakeHop by_four({}, by_six.port);
    ASSERT_TRUE(by_four.bound);
    Stand stand;
    stand.finder.plan.hosts = {host_at(by_six.port, "hop.test", {"::1", "127.0.0.1"})};
    const Attempt attempt = stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << text_of(attempt.outcomes[0]);
    EXPECT_EQ(attempt.outcomes[0].address, "127.0.0.1");
    ASSERT_EQ(attempt.hosts.size(), 2U);
    EXPECT_EQ(attempt.hosts[0].code, 550);
}

TEST(Connector, AUserUnknownIsNotAskedForByAnotherFamily) {
    Manners six;
    six.address = "::1";
    six.answer = [](const std::string& line) {
        return line.starts_with("RCPT") ? std::string("550 5.1.1 no such user\r\n") : std::string();
    };
    FakeHop by_six(six);
    if (!by_six.bound) GTEST_SKIP() << "no IPv6 here";
    FakeHop by_four({}, by_six.port);
    Stand stand;
    stand.finder.plan.hosts = {host_at(by_six.port, "hop.test", {"::1", "127.0.0.1"})};
    EXPECT_EQ(stand.deliver({"a@example.test"}).outcomes[0].fate, Fate::failed);
    EXPECT_EQ(by_four.connections, 0);
}

TEST(Connector, DeferredHereTriedAtTheNextHost) {
    Manners busy;
    busy.answer = [](const std::string& line) {
        return line.starts_with("RCPT TO:<b@") ? std::string("450 4.2.0 later\r\n") : std::string();
    };
    FakeHop first(busy), second({});
    Stand stand;
    stand.finder.plan.hosts = {host_at(first.port, "one.test"), host_at(second.port, "two.test")};
    const Attempt attempt = stand.deliver({"a@example.test", "b@example.test"});
    EXPECT_EQ(attempt.outcomes[0].host, "one.test");
    EXPECT_EQ(attempt.outcomes[1].host, "two.test");
    EXPECT_EQ(attempt.outcomes[1].fate, Fate::relayed);
    EXPECT_EQ(second.messages().at(0).rcpts.size(), 1U);
}

}  // namespace
}  // namespace smtp_out_test
