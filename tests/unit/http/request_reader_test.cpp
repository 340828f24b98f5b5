// Requests as octets: whole, in pieces, and those that must be refused. RFC 9112.
#include "http/request_reader.hpp"

#include <optional>

#include <gtest/gtest.h>

namespace http {
namespace {

using State = RequestReader::State;

struct Read {
    unsigned status = 0;  // 0: taken
    std::string method, target, body, rest;
};

/// Feeds `octets` in pieces of `step`, keeping what was not consumed, as a connection does.
std::optional<Read> read(std::string_view octets, std::size_t step = SIZE_MAX,
                         std::size_t header_max = 16'384) {
    RequestReader reader(header_max);
    Read out;
    std::string input;
    bool header = false;
    for (;;) {
        const std::size_t size = std::min(step, octets.size());
        input.append(octets.substr(0, size));
        octets.remove_prefix(size);
        for (bool again = true; again;) {
            again = false;
            const RequestReader::Step taken =
                header ? reader.read_body(input, out.body, 1'000) : reader.read_header(input);
            input.erase(0, taken.consumed);
            if (taken.state == State::bad) {
                out.status = reader.status();
                return out;
            }
            if (taken.state == State::done) {
                out.method = reader.method();
                out.target = reader.target();
                out.rest = input + std::string(octets);
                return out;
            }
            if (taken.state == State::ready) again = header = true;
        }
        if (octets.empty()) return std::nullopt;
    }
}

TEST(RequestReader, ReadsWholeRequestsInAnyPieces) {
    const std::string get = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\nrest";
    const std::string post =
        "\r\nPOST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world"
        "GET";
    const std::string chunked =
        "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n "
        "world\r\n0\r\nTrailer: a\r\n\r\nGET";
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{64}, SIZE_MAX}) {
        const auto first = read(get, step);
        ASSERT_TRUE(first) << step;
        EXPECT_EQ(first->status, 0u);
        EXPECT_EQ(first->method, "GET");
        EXPECT_EQ(first->target, "/a?b=c");
        EXPECT_EQ(first->body, "");
        EXPECT_EQ(first->rest, "rest");
        for (const std::string& text : {post, chunked}) {
            const auto second = read(text, step);
            ASSERT_TRUE(second) << step;
            EXPECT_EQ(second->status, 0u) << text;
            EXPECT_EQ(second->body, "hello world");
            EXPECT_EQ(second->rest, "GET");
        }
    }
}

TEST(RequestReader, LargeBodiesComeInPiecesOfTheCallersSize) {
    const std::string body(100'000, 'b');
    const auto got = read("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + body);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, body);
}

TEST(RequestReader, WhatIsNoRequestIsRefused) {
    const auto status = [](std::string_view octets) {
        const auto got = read(octets);
        return got ? got->status : 1u;
    };
    EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), 400u) << "no Host";
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400u);
    EXPECT_EQ(status("GET / HTTP/1.0\r\n\r\n"), 0u);
    EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505u);
    EXPECT_EQ(status("* OK IMAP4\r\n\r\n"), 400u);
    EXPECT_EQ(status("GET /\r\n\r\n"), 400u);
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400u) << "a blank before the colon";
    EXPECT_EQ(status("GET / HTTP/1.1\nHost: a\n\n"), 400u) << "bare LF";
    EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"), 400u);
    EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 400u);
}

TEST(RequestReader, RequestsThatSmuggleAreRefused) {
    const auto status = [](std::string_view fields, std::string_view version = "1.1") {
        const auto got = read("POST / HTTP/" + std::string(version) + "\r\nHost: a\r\n" +
                              std::string(fields) + "\r\n0\r\n\r\n");
        return got ? got->status : 1u;
    };
    EXPECT_EQ(status("Transfer-Encoding: chunked\r\n"), 0u);
    EXPECT_NE(status("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 0u);
    EXPECT_NE(status("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 0u);
    EXPECT_NE(status("Transfer-Encoding: identity\r\n"), 0u);
    EXPECT_NE(status("Transfer-Encoding: chunked, gzip\r\n"), 0u);
    EXPECT_NE(status("Transfer-Encoding: xchunked\r\n"), 0u);
    EXPECT_NE(status("Transfer-Encoding: chunked\r\n", "1.0"), 0u);
    EXPECT_NE(status("Transfer-Encoding : chunked\r\n"), 0u);
}

TEST(RequestReader, ABodyOfNoChunksMayComeInAnyPieces) {
    const std::string request = "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for (std::size_t step = 1; step <= request.size(); ++step) {
        const auto got = read(request, step);
        ASSERT_TRUE(got) << step;
        EXPECT_EQ(got->status, 0U) << step;
        EXPECT_EQ(got->body, "") << step;
    }
    // Asked again with nothing new.
    RequestReader reader(16'384);
    const std::size_t header = reader.read_header(request).consumed;
    std::string body;
    for (std::size_t octets = 0; octets < 5; ++octets) {
        for (int again = 0; again < 3; ++again) {
            const auto step = reader.read_body(std::string_view(request).substr(header, octets), body, 100);
            EXPECT_EQ(step.state, State::need_more);
            EXPECT_EQ(step.consumed, 0U);
        }
    }
    const auto last = reader.read_body(std::string_view(request).substr(header), body, 100);
    EXPECT_EQ(last.state, State::done);
    EXPECT_EQ(last.consumed, 5U);
    RequestReader extended(16'384);
    EXPECT_EQ(extended.read_header(request).consumed, header);
    for (int again = 0; again < 3; ++again)
        EXPECT_EQ(extended.read_body("0&\r\n", body, 100).state, State::need_more);
}

TEST(RequestReader, BrokenChunksAreRefused) {
    const auto status = [](std::string_view body) {
        const auto got =
            read("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body));
        return got ? got->status : 1u;
    };
    EXPECT_EQ(status("3\r\nabc\r\n0\r\n\r\n"), 0u);
    EXPECT_EQ(status("x\r\nabc\r\n0\r\n\r\n"), 400u);
    EXPECT_EQ(status("3\r\nabcd\r\n0\r\n\r\n"), 400u);
    EXPECT_EQ(status("fffffffffffffffff\r\nabc\r\n0\r\n\r\n"), 400u);
    EXPECT_EQ(status("-3\r\nabc\r\n0\r\n\r\n"), 400u);
}

TEST(RequestReader, AHeaderHasALimit) {
    const std::string large = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(3'000, 'x') + "\r\n\r\n";
    EXPECT_EQ(read(large, SIZE_MAX, 4'000)->status, 0u);
    EXPECT_EQ(read(large, SIZE_MAX, 2'000)->status, 431u);
    EXPECT_EQ(read(large, 100, 2'000)->status, 431u);
    EXPECT_EQ(read("GET /" + std::string(3'000, 'x'), 100, 2'000)->status, 431u) << "no line's end in sight";
}

TEST(RequestReader, WhatIsBetweenChunksHasALimit) {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::size_t step : {std::size_t{100}, SIZE_MAX}) {
        const auto status = [&](const std::string& body) -> std::optional<unsigned> {
            const auto got = read(post + body, step, 2'000);
            return got ? std::optional(got->status) : std::nullopt;
        };
        const std::string some(1'000, 'x'), many(3'000, 'x');
        EXPECT_EQ(status("3;" + some + "\r\nabc\r\n0;" + some + "\r\nT: " + some + "\r\n\r\n"), 0U) << step;
        EXPECT_EQ(status("3;" + many), 431U) << step;
        EXPECT_EQ(status("3\r\nabc\r\n3;" + many), 431U) << step;
        EXPECT_EQ(status(std::string(3'000, '0')), 431U) << step;
        EXPECT_EQ(status("3\r\nabc\r\n0\r\nT: " + many), 431U) << step;
    }
}

}  // namespace
}  // namespace http
