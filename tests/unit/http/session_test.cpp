// A connection's life: requests one after the other, bodies, waiting answers, limits, the orderly end.
#include <stdexcept>

#include <gtest/gtest.h>

#include "http_stage.hpp"

namespace http_test {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using http::Body;
using http::BodyPiece;
using http::Exchange;
using http::ResponseHead;
using http::Router;

awaitable<void> echo(Exchange exchange) {
    Body body = co_await exchange.read_body(1'000);
    if (body.state == Body::State::failed) co_return;
    ResponseHead head;
    if (body.state == Body::State::too_large) head.status = 413;
    head.content_type = "text/plain";
    std::string text = std::string(exchange.method()) + " " + std::string(exchange.path()) + " " +
                       std::string(exchange.query()) + " " + exchange.host() + " [" + body.octets + "]";
    co_await exchange.respond(std::move(head), std::move(text));
}

awaitable<void> answer_at_once(Exchange exchange) { co_await exchange.respond(401); }

awaitable<void> count_pieces(Exchange exchange) {
    std::size_t octets = 0, largest = 0;
    for (;;) {
        const BodyPiece piece = co_await exchange.read_piece();
        if (piece.state == BodyPiece::State::failed) co_return;
        octets += piece.octets.size();
        largest = std::max(largest, piece.octets.size());
        if (piece.state == BodyPiece::State::end) break;
    }
    ResponseHead head;
    std::string text = std::to_string(octets) + (largest <= 65'536 ? " in pieces" : " at once");
    co_await exchange.respond(std::move(head), std::move(text));
}

awaitable<void> wait_for_news(Exchange exchange) {
    const net::Wake woken = co_await exchange.wait(60s);
    std::string text = "gone";
    if (woken == net::Wake::deadline) text = "nothing new";
    if (woken == net::Wake::event) text = "event " + std::to_string(exchange.take_events());
    ResponseHead head;
    co_await exchange.respond(std::move(head), std::move(text));
}

awaitable<void> wait_and_forget(Exchange exchange) {
    exchange.forget_request();  // the body is not read: nothing is forgotten
    const Body body = co_await exchange.read_body(1'000);
    std::string text = std::string(exchange.path()) + body.octets;
    exchange.forget_request();
    const net::Wake woken = co_await exchange.wait(60s);
    const Body again = co_await exchange.read_body(1'000);
    text += woken == net::Wake::event && again.octets.empty() ? " woken" : " not woken";
    text += std::string(exchange.method()) + std::string(exchange.target()) + exchange.host();
    text += exchange.field("Host");
    text += std::string(2'000, '.');
    ResponseHead head;
    head.content_type = "text/plain";
    co_await exchange.respond(std::move(head), std::move(text));
}

awaitable<void> forget_and_fail(Exchange exchange) {
    exchange.forget_request();
    co_await exchange.wait(60s);
    throw std::runtime_error("a bug");
}

awaitable<void> stream(Exchange exchange) {
    ResponseHead head;
    exchange.begin(std::move(head), std::nullopt);
    const std::string piece(10'000, 's');
    for (int i = 0; i < 100; ++i) {
        const bool sent = co_await exchange.write(piece);
        if (!sent) co_return;
    }
    co_await exchange.end();
}

awaitable<void> stop_halfway(Exchange exchange) {
    ResponseHead head;
    exchange.begin(std::move(head), std::nullopt);
    co_await exchange.write("half");
}

awaitable<void> fail(Exchange) {
    throw std::runtime_error("a bug");
    co_return;
}

awaitable<void> say_nothing(Exchange) { co_return; }

const std::string get = "GET / HTTP/1.1\r\nHost: Mail.Example.TEST:8443\r\n\r\n";

std::string body_of(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "no header in: " + answer : answer.substr(end + 4);
}
std::string status_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

TEST(HttpSession, AnswersRequestsOneAfterTheOther) {
    Stage stage;
    stage.router().add("/", Router::Match::exact, echo);
    EXPECT_EQ(body_of(stage.send(get)), "GET /  mail.example.test []");
    EXPECT_EQ(body_of(stage.send("POST /?a=b HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 3\r\n\r\nabc")),
              "POST / a=b [::1] [abc]");
    const std::string both = stage.send(get + get);
    EXPECT_EQ(both.size(), 2 * both.find("HTTP", 1));
    EXPECT_EQ(status_of(stage.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")), "HTTP/1.1 404 Not Found");
    EXPECT_FALSE(stage.ended());
    const std::string last = stage.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_NE(last.find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(stage.ended());
}

awaitable<void> read_only(Exchange exchange) {
    const bool reads = co_await http::only_get(exchange);
    if (!reads) co_return;
    ResponseHead head;
    std::string text = "read";
    co_await exchange.respond(std::move(head), std::move(text));
}

// RFC 9110 section 15.5.6
TEST(HttpSession, WhatIsOnlyReadSaysSo) {
    Stage stage;
    stage.router().add("/", Router::Match::exact, read_only);
    EXPECT_EQ(body_of(stage.send(get)), "read");
    EXPECT_EQ(body_of(stage.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")), "");
    const std::string refused = stage.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(status_of(refused), "HTTP/1.1 405 Method Not Allowed");
    EXPECT_NE(refused.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos) << refused;
    EXPECT_EQ(body_of(stage.send(get)), "read");
}

// RFC 9110 section 15.5.16
TEST(HttpSession, NoHandlerTakesABodyThatIsCoded) {
    Stage stage;
    stage.router().add("/", Router::Match::exact, echo);
    const auto send = [&stage](std::string_view coding, std::string_view body) {
        return stage.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + std::string(coding) +
                          "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                          std::string(body));
    };
    const std::string refused = send("gzip", "abc");
    EXPECT_EQ(status_of(refused), "HTTP/1.1 415 Unsupported Media Type");
    EXPECT_NE(refused.find("\r\nAccept-Encoding: identity\r\n"), std::string::npos) << refused;
    EXPECT_EQ(status_of(stage.send("POST /none HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\n"
                                   "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")),
              "HTTP/1.1 415 Unsupported Media Type");
    EXPECT_EQ(body_of(send("Identity", "abc")), "POST /  a [abc]");
    EXPECT_EQ(body_of(send("gzip", "")), "POST /  a []");  // there is nothing to take
    EXPECT_FALSE(stage.ended());
}

// RFC 9110 section 9.3.7, RFC 9112 section 3.2.4
TEST(HttpSession, OptionsOfTheServerItself) {
    Stage stage;
    stage.router().add("/", Router::Match::prefix, echo);
    const std::string told = stage.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(told), "HTTP/1.1 200 OK");
    EXPECT_NE(told.find("\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"), std::string::npos) << told;
    EXPECT_NE(told.find("\r\nContent-Length: 0\r\n"), std::string::npos) << told;
    EXPECT_EQ(status_of(stage.send("GET * HTTP/1.1\r\nHost: a\r\n\r\n")), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(body_of(stage.send("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")), "OPTIONS /  a []");
}

// RFC 9112 section 3.2.2
TEST(HttpSession, AnAbsoluteTargetGoesBeforeTheHostField) {
    Stage stage;
    stage.router().add("/", Router::Match::exact, echo);
    EXPECT_EQ(
        body_of(stage.send("GET HTTP://Mail.Example.TEST:80/?a=http://b HTTP/1.1\r\nHost: other\r\n\r\n")),
        "GET / a=http://b mail.example.test []");
    EXPECT_EQ(body_of(stage.send("GET https://mail.example.test HTTP/1.1\r\nHost: other\r\n\r\n")),
              "GET /  mail.example.test []");
}

TEST(HttpSession, BodiesHaveLimits) {
    Stage stage;
    stage.router().add("/", Router::Match::exact, echo);
    stage.router().add("/pieces", Router::Match::exact, count_pieces);
    const auto post = [](std::string_view path, std::size_t size) {
        return "POST " + std::string(path) +
               " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'x');
    };
    EXPECT_EQ(status_of(stage.send(post("/", 1'001))), "HTTP/1.1 413 Content Too Large");
    EXPECT_FALSE(stage.ended()) << "the rest was thrown away";
    EXPECT_EQ(body_of(stage.send(post("/pieces", 1'000'000))), "1000000 in pieces");
    const std::string answer =
        stage.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n");
    EXPECT_EQ(status_of(answer), "HTTP/1.1 413 Content Too Large") << "nothing of it has come";
    EXPECT_TRUE(stage.ended()) << "more than one reads for nothing";
}

TEST(HttpSession, ContinueIsSentToThoseWhoWaitForIt) {
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    Stage stage;
    stage.router().add("/", Router::Match::exact, echo);
    EXPECT_EQ(stage.send(head), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(body_of(stage.send("abc")), "POST /  a [abc]");
    Stage refusing;
    refusing.router().add("/", Router::Match::exact, answer_at_once);
    EXPECT_EQ(status_of(refusing.send(head)), "HTTP/1.1 401 Unauthorized");
    EXPECT_TRUE(refusing.ended()) << "nobody knows whether the body comes";
}

TEST(HttpSession, AForgottenRequestIsAnsweredAsItAsked) {
    Stage stage;
    stage.router().add("/ping", Router::Match::exact, wait_and_forget);
    const std::string ping = "POST /ping HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n";
    EXPECT_EQ(stage.send(ping + "\r\nabc"), "");
    EXPECT_EQ(body_of(stage.wake(net::event_mail)), "/pingabc woken" + std::string(2'000, '.'));
    EXPECT_EQ(stage.send(ping + "Accept-Encoding: gzip\r\n\r\nabc"), "");
    const std::string packed = stage.wake(net::event_mail);
    EXPECT_NE(packed.find("Content-Encoding: gzip\r\n"), std::string::npos) << packed;
    EXPECT_LT(body_of(packed).size(), 200U);
    EXPECT_EQ(stage.send(ping + "Connection: close\r\n\r\nabc"), "");
    EXPECT_NE(stage.wake(net::event_mail).find("Connection: close\r\n"), std::string::npos);
    EXPECT_TRUE(stage.ended());
    Stage head;
    head.router().add("/ping", Router::Match::exact, wait_and_forget);
    EXPECT_EQ(head.send("HEAD /ping HTTP/1.1\r\nHost: a\r\n\r\n"), "");
    EXPECT_EQ(body_of(head.wake(net::event_mail)), "");
    Stage failing;
    failing.router().add("/fail", Router::Match::exact, forget_and_fail);
    EXPECT_EQ(failing.send("GET /fail HTTP/1.1\r\nHost: a\r\n\r\n"), "");
    EXPECT_EQ(status_of(failing.wake(net::event_mail)), "HTTP/1.1 500 Internal Server Error");
}

TEST(HttpSession, AnAnswerWaitsForNews) {
    Stage stage;
    stage.router().add("/ping", Router::Match::exact, wait_for_news);
    const std::string ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(stage.send(ping), "");
    EXPECT_EQ(body_of(stage.wake(net::event_mail)), "event 256");
    EXPECT_EQ(stage.send(ping), "");
    EXPECT_EQ(body_of(stage.advance(60s)), "nothing new");
    EXPECT_EQ(stage.send(ping + ping), "") << "what comes meanwhile waits";
    EXPECT_EQ(body_of(stage.wake(net::event_mail)), "event 256");
    EXPECT_EQ(body_of(stage.wake(net::event_mail)), "event 256");
    EXPECT_EQ(stage.send(ping), "");
    stage.peer().close();
    stage.advance(1ms);
    EXPECT_TRUE(stage.ended()) << "a phone that went away is noticed";
}

TEST(HttpSession, WhatComesWhileAnAnswerWaitsIsBounded) {
    Stage stage;
    stage.router().add("/ping", Router::Match::exact, wait_for_news);
    EXPECT_EQ(stage.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"), "");
    EXPECT_EQ(body_of(stage.send(std::string(70'000, 'x'))).substr(0, 4), "gone");
}

TEST(HttpSession, StreamsInBoundedMemory) {
    Stage stage;
    stage.router().add("/", Router::Match::exact, stream);
    const std::string answer = stage.send(get);
    EXPECT_GT(answer.size(), 1'000'000u);
    EXPECT_TRUE(answer.ends_with("0\r\n\r\n"));
    EXPECT_LT(stage.peer().output_bytes_max(), 80'000u);
    EXPECT_FALSE(stage.ended());
}

TEST(HttpSession, HalfAnAnswerEndsTheConnection) {
    Stage stage;
    stage.router().add("/", Router::Match::exact, stop_halfway);
    const std::string answer = stage.send(get);
    EXPECT_NE(answer.find("4\r\nhalf\r\n"), std::string::npos);
    EXPECT_FALSE(answer.ends_with("0\r\n\r\n"));
    EXPECT_TRUE(stage.ended());
}

TEST(HttpSession, BugsOfHandlersAreAnswered) {
    for (const auto& handler : {http::Handler(fail), http::Handler(say_nothing)}) {
        Stage stage;
        stage.router().add("/", Router::Match::exact, handler);
        EXPECT_EQ(status_of(stage.send(get)), "HTTP/1.1 500 Internal Server Error");
        EXPECT_TRUE(stage.ended());
    }
}

TEST(HttpSession, SlowPeersAreLeft) {
    http::ServerLimits limits;
    Stage silent(limits);
    EXPECT_EQ(silent.advance(limits.first_max + 1ms), "");
    EXPECT_TRUE(silent.ended());
    Stage slow(limits);
    slow.send("GET / HT");
    EXPECT_EQ(status_of(slow.advance(limits.header_max + 1ms)), "HTTP/1.1 408 Request Timeout");
    EXPECT_TRUE(slow.ended());
    Stage stalled(limits);
    stalled.router().add("/", Router::Match::exact, echo);
    stalled.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
    EXPECT_FALSE(stalled.ended());
    stalled.advance(limits.body_stall_max + 1ms);
    EXPECT_TRUE(stalled.ended());
    Stage idle(limits);
    idle.router().add("/", Router::Match::exact, echo);
    idle.send(get);
    idle.advance(limits.idle_max + 1ms);
    EXPECT_TRUE(idle.ended());
}

TEST(HttpSession, NonsenseIsRefusedAndTheConnectionClosed) {
    Stage stage;
    const std::string answer = stage.send("NONSENSE\r\n\r\n" + get);
    EXPECT_EQ(status_of(answer), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "nothing behind it is read";
    EXPECT_TRUE(stage.ended());
}

TEST(HttpSession, ShutdownAndKickEndIdleConnections) {
    for (const std::uint32_t event : {net::event_shutdown, net::event_kicked}) {
        Stage stage;
        stage.router().add("/", Router::Match::exact, echo);
        stage.send(get);
        stage.wake(net::event_mail);
        EXPECT_FALSE(stage.ended());
        stage.wake(event);
        EXPECT_TRUE(stage.ended());
    }
}

TEST(HttpSession, IsListed) {
    Stage stage;
    stage.peer();
    ASSERT_EQ(stage.sessions().list().size(), 1u);
    EXPECT_EQ(stage.sessions().list()[0].protocol, "http");
    stage.peer().close();
    stage.advance(1ms);
    EXPECT_TRUE(stage.sessions().list().empty());
}

TEST(HttpRouter, FindsTheFirstRouteThatFits) {
    Router router;
    router.add("/Autodiscover/Autodiscover.xml", Router::Match::any_case, say_nothing);
    router.add("/a", Router::Match::prefix, say_nothing);
    router.add("/", Router::Match::exact, say_nothing);
    EXPECT_NE(router.find("/autodiscover/autodiscover.XML"), nullptr);
    EXPECT_NE(router.find("/a"), nullptr);
    EXPECT_NE(router.find("/a/b"), nullptr);
    EXPECT_EQ(router.find("/ab"), nullptr);
    EXPECT_NE(router.find("/"), nullptr);
    EXPECT_EQ(router.find("/c"), nullptr);
    EXPECT_EQ(router.find(""), nullptr);
}

}  // namespace
}  // namespace http_test
