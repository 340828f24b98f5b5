// The player must find faults: a test that cannot fail proves nothing.
#include "support/transcript.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "support/transcript_pattern.hpp"

namespace support {
namespace {

namespace asio = boost::asio;

/// Answers each line with itself; "bye" ends it, after 5 s of silence it says "tired" and goes.
asio::awaitable<void> echo(std::unique_ptr<net::Connection> connection) {
    connection->output() += "ready\r\n";
    for (bool more = true; more;) {
        const bool sent = co_await connection->flush();
        if (!sent) break;
        const net::Wake wake = co_await connection->wait(std::chrono::seconds(5));
        if (wake == net::Wake::closed) break;
        if (wake == net::Wake::deadline) {
            connection->output() += "tired\r\n";
            more = false;
        }
        if (wake == net::Wake::event && (connection->take_events() & net::event_kicked) != 0)
            connection->output() += "ouch\r\n";
        for (std::size_t end = 0; (end = connection->input().find('\n')) != std::string_view::npos;) {
            const std::string line(connection->input().substr(0, end + 1));
            connection->consume(end + 1);
            connection->output() += line;
            if (line == "bye\r\n") more = false;
        }
    }
    co_await connection->flush();
    connection->close();
}

class EchoStage final : public Stage {
public:
    asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection) override {
        return echo(std::move(connection));
    }
    MemoryOptions connection_options(unsigned) override { return {}; }
};

std::string play_text(std::string_view text, std::size_t cut = 0) {
    const std::string file = testing::TempDir() + "transcript_under_test.txt";
    std::ofstream(file) << "# a test\n" << text;
    return play(load_transcript(file), cut,
                [](const StageOptions&) -> std::unique_ptr<Stage> { return std::make_unique<EchoStage>(); });
}

TEST(Transcript, plays_what_was_written_with_every_cut) {
    for (const std::size_t cut : {0U, 1U, 2U, 3U, 7U}) {
        EXPECT_EQ(play_text("S: ready\nC: one\nC: two\nS: one\nS: two\n2S: ready\n2C: x\n2S: x\n"
                            "C: bye\nS: bye\nS: ${closed}\n",
                            cut),
                  "");
    }
}

TEST(Transcript, finds_a_wrong_line) {
    EXPECT_NE(play_text("S: ready\nC: one\nS: two\n").find("expected  two"), std::string::npos);
}
TEST(Transcript, finds_what_was_said_too_much) {
    EXPECT_NE(play_text("S: ready\nC: one\n").find("at the end client 1 was told: one"), std::string::npos);
    EXPECT_NE(play_text("S: ready\nC: one\nE: wait 1s\nC: two\nS: two\n").find("before this line"),
              std::string::npos);
}
TEST(Transcript, finds_a_server_that_closed) {
    EXPECT_NE(play_text("S: ready\nC: bye\nS: bye\nS: more\n").find("(closed)"), std::string::npos);
}
TEST(Transcript, lets_time_pass_and_tells_events) {
    EXPECT_EQ(play_text("S: ready\nE: wait 4s\nE: kick\nS: ouch\nE: wait 5s\nS: tired\nS: ${closed}\n"), "");
}
TEST(Transcript, does_not_take_a_file_that_it_cannot_read) {
    EXPECT_NE(play_text("S: ready\nX: what\n").find("not understood"), std::string::npos);
    EXPECT_NE(play_text("C: silence\n").find("says nothing"), std::string::npos);
    EXPECT_NE(play_text("S: ready\nC: $unknown\n").find("nothing was captured"), std::string::npos);
    EXPECT_NE(play_text("S: ready\nE: dance\nS: x\n").find("unknown event"), std::string::npos);
}

TEST(TranscriptPattern, captures_and_compares) {
    Captures captures;
    EXPECT_TRUE(match("OK [APPENDUID $v $uid] ${any}", "OK [APPENDUID 7 9] done", captures));
    EXPECT_EQ(captures["uid"], "9");
    EXPECT_TRUE(match("$uid ${number} $Junk $$", "9 12 $Junk $", captures));
    EXPECT_FALSE(match("$uid", "8", captures));
    EXPECT_FALSE(match("${number}", "", captures));
    EXPECT_FALSE(match("a${any}c", "abd", captures));
}
TEST(TranscriptPattern, expands_octets) {
    std::string fault;
    const Captures captures{{"a", "1"}};
    EXPECT_EQ(expand("$a ${hex:00C3A9}${repeat:3:xy}${more}", captures, fault),
              std::string("1 \0\xC3\xA9xyxyxy", 11));
    EXPECT_EQ(expand("${base64:${nul}u${nul}p}", captures, fault), "AHUAcA==\r\n");
    EXPECT_EQ(fault, "");
}

}  // namespace
}  // namespace support
