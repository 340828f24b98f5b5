// Answers as octets. RFC 9112; RFC 9110 sections 8.6, 12.5.3.
#include "http/response_writer.hpp"

#include <charconv>
#include <zlib.h>

#include <gtest/gtest.h>

namespace http {
namespace {

const std::chrono::system_clock::time_point noon{std::chrono::seconds(1'800'000'000)};

std::string gunzip(std::string_view packed) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out(1 << 20, 0);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

/// The octets of chunks, which must be whole.
std::string unchunked(std::string_view chunks) {
    std::string out;
    for (;;) {
        std::size_t size = 0;
        std::from_chars(chunks.data(), chunks.data() + chunks.find("\r\n"), size, 16);
        chunks.remove_prefix(chunks.find("\r\n") + 2);
        if (size == 0) {
            EXPECT_EQ(chunks, "\r\n");
            return out;
        }
        out += chunks.substr(0, size);
        EXPECT_EQ(chunks.substr(size, 2), "\r\n");
        chunks.remove_prefix(size + 2);
    }
}

TEST(ResponseWriter, WritesAWholeAnswer) {
    ResponseWriter writer;
    std::string out;
    ResponseHead head;
    head.content_type = "text/plain";
    head.fields = {{"X-A", "b"}, {"X-Evil", "a\r\nSet-Cookie: x"}};
    writer.whole(out, head, "hello", {}, noon);
    EXPECT_EQ(
        out,
        "HTTP/1.1 200 OK\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\nContent-Type: text/plain\r\nX-A: b\r\n"
        "X-Evil: a\r\nVary: Accept-Encoding\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_TRUE(writer.keeps_connection());
}

TEST(ResponseWriter, HeadAndEmptyStatuses) {
    ResponseMode mode;
    mode.is_head = true;
    std::string out;
    ResponseWriter().whole(out, {}, "hello", mode, noon);
    EXPECT_NE(out.find("Content-Length: 5\r\n\r\n"), std::string::npos);
    EXPECT_TRUE(out.ends_with("\r\n\r\n"));
    out.clear();
    ResponseHead none;
    none.status = 204;
    ResponseWriter().whole(out, none, "", {}, noon);
    EXPECT_EQ(out.find("Content-Length"), std::string::npos);
}

TEST(ResponseWriter, CompressesWhatIsWorthIt) {
    const std::string text(5'000, 't');
    ResponseMode mode;
    mode.gzip = true;
    ResponseHead head;
    head.content_type = "application/vnd.ms-sync.wbxml";
    std::string out;
    ResponseWriter().whole(out, head, text, mode, noon);
    EXPECT_NE(out.find("Content-Encoding: gzip\r\n"), std::string::npos);
    EXPECT_LT(out.size(), 500u);
    EXPECT_EQ(gunzip(body_of(out)), text);
    out.clear();
    ResponseWriter().whole(out, head, "short", mode, noon);
    EXPECT_EQ(out.find("Content-Encoding"), std::string::npos);
    out.clear();
    head.content_type = "image/png";
    ResponseWriter().whole(out, head, text, mode, noon);
    EXPECT_EQ(out.find("Content-Encoding"), std::string::npos);
}

TEST(ResponseWriter, PiecesAreChunks) {
    for (const bool gzip : {false, true}) {
        ResponseWriter writer;
        ResponseMode mode;
        mode.gzip = gzip;
        ResponseHead head;
        head.content_type = "text/xml";
        std::string out, expected;
        writer.begin(out, head, std::nullopt, mode, noon);
        for (int i = 0; i < 1'000; ++i) {
            const std::string piece(static_cast<std::size_t>(i % 50), static_cast<char>('a' + i % 26));
            expected += piece;
            writer.piece(out, piece);
        }
        EXPECT_TRUE(writer.end(out));
        EXPECT_NE(out.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
        const std::string body = unchunked(body_of(out));
        EXPECT_EQ(gzip ? gunzip(body) : body, expected);
    }
}

TEST(ResponseWriter, WhatIsCompressed) {
    for (const char* yes : {"text/plain; charset=utf-8", "application/vnd.ms-sync.wbxml", "application/json"})
        EXPECT_TRUE(is_compressible(yes)) << yes;
    for (const char* no : {"", "image/png", "application/octet-stream"})
        EXPECT_FALSE(is_compressible(no)) << no;
}

TEST(ResponseWriter, AnnouncedLengthsAreKept) {
    ResponseWriter writer;
    std::string out;
    writer.begin(out, {}, 10, {}, noon);
    writer.piece(out, "12345");
    std::string copy = out;
    EXPECT_FALSE(writer.end(copy)) << "five octets are missing";
    writer.piece(out, "67890 and too much");
    EXPECT_TRUE(writer.end(out));
    EXPECT_EQ(body_of(out), "1234567890");
}

TEST(ResponseWriter, Http10KnowsNoChunks) {
    ResponseMode mode;
    mode.http_1_0 = true;
    ResponseWriter writer;
    std::string out;
    writer.begin(out, {}, std::nullopt, mode, noon);
    writer.piece(out, "text");
    EXPECT_TRUE(writer.end(out));
    EXPECT_FALSE(writer.keeps_connection());
    EXPECT_NE(out.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(body_of(out), "text");
}

TEST(ResponseWriter, KnowsWhoTakesGzip) {
    for (const char* yes : {"gzip", "deflate, gzip", "GZIP;q=0.5", "x-gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1"})
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    for (const char* no : {"", "deflate", "gzip;q=0", "gzip; q=0.000", "notgzip", "identity"})
        EXPECT_FALSE(accepts_gzip(no)) << no;
}

}  // namespace
}  // namespace http
