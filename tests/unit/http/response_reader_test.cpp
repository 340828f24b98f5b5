// Answers of another server: framing, what is passed on, bounds.
#include "http/response_reader.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

using State = ResponseReader::State;

constexpr std::size_t header_bytes_max = 1'000;

struct Read {
    State state = State::bad;
    std::string body;
    std::size_t held_most = 0;  ///< octets that had to come again
};

/// The answer comes `at_once` octets at a time.
Read read(std::string_view octets, std::size_t at_once, bool closes = false) {
    ResponseReader reader(header_bytes_max);
    Read out;
    std::string held;
    bool header = false;
    for (;;) {
        ResponseReader::Step step = header ? reader.read_body(held, out.body, 100) : reader.read_header(held);
        held.erase(0, step.consumed);
        if (step.state == State::bad || step.state == State::done) {
            out.state = step.state;
            return out;
        }
        if (step.state == State::ready) {
            header = true;
            continue;
        }
        out.held_most = std::max(out.held_most, held.size());
        if (octets.empty()) {
            out.state = closes ? reader.end_of_input() : step.state;
            return out;
        }
        held += octets.substr(0, at_once);
        octets.remove_prefix(std::min(octets.size(), at_once));
    }
}

TEST(ResponseReader, Framing) {
    const std::string text(1'000, 'x');
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    for (const std::size_t at_once : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
        SCOPED_TRACE(at_once);
        Read got = read(head + "Content-Length: 1000\r\n\r\n" + text, at_once);
        EXPECT_EQ(got.state, State::done);
        EXPECT_EQ(got.body, text);
        got = read(head + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + text + "\r\n0\r\n\r\n", at_once);
        EXPECT_EQ(got.state, State::done);
        EXPECT_EQ(got.body, text);
        got = read("HTTP/1.1 100 Continue\r\n\r\n" + head + "\r\n" + text, at_once, true);
        EXPECT_EQ(got.state, State::done);
        EXPECT_EQ(got.body, text);
        got = read(head + "Content-Length: 1001\r\n\r\n" + text, at_once, true);
        EXPECT_EQ(got.state, State::bad);
    }
    EXPECT_EQ(read(head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 100).state, State::bad);
    EXPECT_EQ(read("HTTP/1.1 101 Switching\r\n\r\n", 100).state, State::bad);
}

TEST(ResponseReader, LinesBetweenChunksAreBounded) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string junk(100'000, 'a');
    for (const std::string& tail : {"1;" + junk, "1\r\nx\r\n0\r\nA: " + junk}) {
        const Read got = read(head + tail, 100);
        EXPECT_EQ(got.state, State::bad);
        EXPECT_LE(got.held_most, header_bytes_max + 100);
    }
}

}  // namespace
}  // namespace http
