// Connections over plain TCP: what a session sees and a client gets.
#include <gtest/gtest.h>

#include "echo_server.hpp"

namespace net_test {
namespace {

TEST(Echo, AnswersLinesInOrder) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    EXPECT_EQ(client.ask("one"), "one");
    client.send("a\r\nb\r\nc\r\n");
    EXPECT_EQ(client.line(), "a");
    EXPECT_EQ(client.line(), "b");
    EXPECT_EQ(client.line(), "c");
    EXPECT_EQ(client.ask("info"), "127.0.0.1 127.0.0.1 loopback plain sni= subject=");
    EXPECT_EQ(client.ask("quit"), "quit");
    EXPECT_TRUE(client.closed());
    running.stop();
    EXPECT_EQ(running.server->figures().accepted, 1U);
    EXPECT_EQ(running.server->figures().open, 0U);
}

TEST(Echo, AnyCutGivesTheSameAnswers) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    std::string text;
    for (int i = 0; i < 50; ++i) text += std::string(static_cast<std::size_t>(i), 'x') + "\r\n";
    for (const std::size_t cut : {1U, 2U, 3U, 7U, 100U, 5000U}) {
        Client client(running.port());
        EXPECT_EQ(client.line(), "hello");
        for (std::size_t at = 0; at < text.size(); at += cut)
            client.send(std::string_view(text).substr(at, cut));
        for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(client.line(), std::string(i, 'x')) << cut;
    }
}

TEST(Echo, LargePipelineIsReadAndAnswered) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    std::thread writer([&] {
        std::string text;
        for (int i = 0; i < 200'000; ++i) text += "line " + std::to_string(i) + "\r\n";
        client.send(text);
    });
    Client reader(::dup(client.descriptor()));
    int wrong = 0;
    for (int i = 0; i < 200'000; ++i) wrong += reader.line() != "line " + std::to_string(i) ? 1 : 0;
    EXPECT_EQ(wrong, 0);
    writer.join();
}

TEST(Echo, DeadlineLeavesALastWord) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(client.ask("wait 50"), "ok");
    EXPECT_EQ(client.line(), "too late");
    EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
    EXPECT_TRUE(client.closed());
}

TEST(Echo, LaterDeadlineReplacesAnEarlierOne) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    EXPECT_EQ(client.ask("wait 40"), "ok");
    EXPECT_EQ(client.ask("wait 60000"), "ok");
    EXPECT_EQ(client.line(120ms), "<nothing>");  // the timer fired for the old one and slept again
    EXPECT_EQ(client.ask("still here"), "still here");
    EXPECT_EQ(client.ask("wait 40"), "ok");
    EXPECT_EQ(client.line(), "too late");
}

TEST(Echo, ExceptionEndsThatConnectionOnly) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client good(running.port()), bad(running.port());
    EXPECT_EQ(good.line(), "hello");
    EXPECT_EQ(bad.line(), "hello");
    bad.send("boom\r\n");
    EXPECT_TRUE(bad.closed());
    EXPECT_EQ(good.ask("alive"), "alive");
}

TEST(Echo, PeerThatHangsUpEndsItsSession) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    {
        Client client(running.port());
        EXPECT_EQ(client.line(), "hello");
        EXPECT_TRUE(eventually([&] { return running.server->figures().open == 1; }));
    }
    EXPECT_TRUE(eventually([&] { return running.server->figures().open == 0; }));
}

TEST(Echo, HalfClosedPeerStillGetsItsAnswers) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    client.send("one\r\nbig 3000000\r\n");
    ::shutdown(client.descriptor(), SHUT_WR);
    const std::string all = client.rest();
    EXPECT_EQ(all.substr(0, 12), "hello\r\none\r\n");
    EXPECT_EQ(all.size(), 12U + 3'000'000U);
}

}  // namespace
}  // namespace net_test
