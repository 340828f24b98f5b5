// What transcripts cannot show: APOP's digest, large messages in bounded memory, writes that fail.
#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "stage.hpp"

namespace pop3_test {
namespace {

/// One connection to a stage, driven by hand.
class Talk {
public:
    explicit Talk(Stage& stage, support::MemoryOptions options)
        : stage_(stage), pair_(support::make_memory_pair(stage.io, std::move(options))) {
        boost::asio::co_spawn(stage.io, stage.serve(std::move(pair_.connection)),
                              [this](const std::exception_ptr& e) {
                                  ended = true;
                                  broken = e != nullptr;
                              });
        poll();
    }
    ~Talk() {
        pair_.peer.close();
        poll();
    }
    Talk(const Talk&) = delete;
    Talk& operator=(const Talk&) = delete;
    void poll() {
        stage_.io.restart();
        stage_.io.poll();
    }
    std::string say(std::string_view text) {
        pair_.peer.send(std::string(text) + "\r\n");
        poll();
        return heard();
    }
    std::string heard() { return std::exchange(pair_.peer.received(), {}); }
    support::MemoryPeer& peer() { return pair_.peer; }

    bool ended = false, broken = false;

private:
    Stage& stage_;
    support::MemoryPair pair_;
};

std::string timestamp_in(const std::string& banner) {
    const auto begin = banner.find('<'), end = banner.find('>');
    return banner.substr(begin, end - begin + 1);
}

TEST(Apop, RightDigestAndReplay) {  // P22, RFC 1939 section 7
    Stage stage(support::StageOptions{{"apop", "yes"}});
    std::string digest;
    {
        Talk talk(stage, stage.connection_options(1));
        digest = support::md5_hex(timestamp_in(talk.heard()) + "secret");
        EXPECT_EQ(talk.say("APOP demo " + digest), "+OK maildrop has 3 messages (100 octets)\r\n");
    }
    Talk replay(stage, stage.connection_options(1));
    EXPECT_EQ(replay.heard().find(" POP3 ready <"), 27U);
    EXPECT_EQ(replay.say("APOP demo " + digest), "-ERR [AUTH] login failed\r\n");
}

TEST(Retr, LargeMessageIsWholeAndMemoryIsNot) {
    Stage stage(support::StageOptions{{"large", "5000000"}});
    Talk talk(stage, stage.connection_options(1));
    talk.say("USER demo\r\nPASS secret");
    const std::string reply = talk.say("RETR 4");
    const auto body = reply.find("\r\n\r\n");
    ASSERT_NE(body, std::string::npos);
    EXPECT_EQ(reply.substr(0, reply.find("\r\n")), "+OK 4999998 octets");
    std::size_t lines = 0;
    for (std::size_t at = body + 4; at + 3 < reply.size(); at += 11) {
        ASSERT_EQ(reply.compare(at, 11, "..2345678\r\n"), 0) << at;
        ++lines;
    }
    EXPECT_EQ(lines, (4999998U - 18) / 10);
    EXPECT_TRUE(reply.ends_with("\r\n.\r\n"));
    EXPECT_LT(talk.peer().output_bytes_max(), 160U << 10);  // a piece and what it is appended to
}

TEST(Retr, TopOfALargeMessageReadsNoMoreThanItNeeds) {
    Stage stage(support::StageOptions{{"large", "5000000"}});
    Talk talk(stage, stage.connection_options(1));
    talk.say("USER demo\r\nPASS secret");
    EXPECT_EQ(talk.say("TOP 4 2"),
              "+OK top follows\r\nSubject: large\r\n\r\n..2345678\r\n..2345678\r\n.\r\n");
    const std::string much = talk.say("TOP 4 20000");
    EXPECT_EQ(much.size(), 17U + 18U + 20'000U * 11 + 3U);
}

TEST(Faults, AnyFlushMayFail) {
    for (std::size_t n = 1; n <= 8; ++n) {
        Stage stage(support::StageOptions{{"large", "200000"}});
        support::MemoryOptions options = stage.connection_options(1);
        options.flush_fails_after = n;
        Talk talk(stage, std::move(options));
        talk.say("USER demo");
        talk.say("PASS secret");
        talk.say("DELE 1");
        talk.say("RETR 4");
        talk.say("LIST");
        talk.say("NOOP");
        EXPECT_FALSE(talk.broken) << n;
        EXPECT_EQ(stage.event("exists 4"), "");
    }
}

TEST(Faults, PeerThatGoesInTheMiddle) {
    Stage stage({});
    Talk talk(stage, stage.connection_options(1));
    talk.peer().send("USER demo\r\nPASS secret\r\nDELE 1\r\nQUI");
    talk.poll();
    talk.peer().close();
    talk.poll();
    EXPECT_TRUE(talk.ended);
    EXPECT_FALSE(talk.broken);
    EXPECT_EQ(stage.event("exists 3"), "");
}

}  // namespace
}  // namespace pop3_test
