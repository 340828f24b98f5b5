// HTTP requests led to a node, over real sockets: a front end and a back end in one process.
#include <atomic>
#include <mutex>

#include "base/base64.hpp"
#include "http/server.hpp"
#include "relay/node_relay.hpp"
#include "unit/net/echo_server.hpp"

namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using net_test::Client;
using net_test::eventually;
using net_test::Running;

/// What the back end says to the next request, and what it heard.
struct BackEnd {
    std::mutex mutex;
    std::string heard;
    std::string says =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Own: 1\r\nConnection: close, X-Hop\r\nX-Hop: h\r\n\r\nok";
    std::string ends_with;  ///< what the request's last octets are: then it answers
    bool closes = true;
    std::atomic<unsigned> over{0}, begun{0};
    std::atomic<bool> holds{false};  ///< it answers when this is no longer so
};

awaitable<void> serve_back(std::unique_ptr<net::Connection> connection, BackEnd* back) {
    ++back->begun;
    for (;;) {
        const net::Wake woken = co_await connection->wait(10s);
        const std::string input(connection->input());
        connection->consume(input.size());
        std::string answer;
        {
            const std::lock_guard lock(back->mutex);
            back->heard += input;
            if (back->heard.ends_with(back->ends_with) && back->heard.find("\r\n\r\n") != std::string::npos)
                answer = back->says;
        }
        if (woken != net::Wake::octets) break;
        if (answer.empty() || back->holds) continue;
        connection->output() += answer;
        co_await connection->flush();
        if (back->closes) break;
    }
    connection->close();
    ++back->over;
}

class WebForwardTest : public testing::Test {
protected:
    void start(relay::Node::Login login = relay::Node::Login::shared, std::uint16_t port = 0) {
        net::ListenerConfig listener;
        listener.name = "back";
        ASSERT_EQ(back_.add(listener,
                            [this](std::unique_ptr<net::Connection> connection) {
                                return serve_back(std::move(connection), &node_);
                            }),
                  "");
        back_.start();
        relay::Settings settings;
        settings.own_name = "front";
        relay::Node node;
        node.name = "b1";
        node.host = "127.0.0.1";
        node.tls = relay::Node::Tls::none;
        node.login = login;
        node.secret = base::Secret("shared secret");
        node.announce = relay::Node::Announce::commands;
        node.http_port = port != 0 ? port : back_.port("back");
        settings.nodes.push_back(std::move(node));
        settings.web_answer_max = answer_max_;
        relay_ = std::make_unique<relay::NodeRelay>(front_.server->resolver(), std::move(settings));
        services_ = std::make_shared<http::Services>(front_.server->sessions(), base::Clock::system());
        services_->router.add("/eas", http::Router::Match::exact, [this](http::Exchange exchange) {
            relay::WebRequest request;
            request.identity = identity_;
            return relay_->forward(exchange, std::move(request));
        });
        identity_.name = "anna@acme.test";
        identity_.node = "b1";
        identity_.password = base::Secret("anna's own");
        listener.name = "front";
        ASSERT_EQ(front_.add(listener,
                             [this](std::unique_ptr<net::Connection> connection) {
                                 return http::serve(std::move(connection), services_);
                             }),
                  "");
        relay_->set_own_ports({front_.port("front")});
        front_.start();
    }
    void TearDown() override {
        front_.stop();
        back_.stop();
    }
    Client client() { return Client(front_.port("front")); }
    std::string heard() {
        const std::lock_guard lock(node_.mutex);
        return node_.heard;
    }
    bool has_heard(std::string_view text) { return heard().find(text) != std::string::npos; }
    /// Of one answer on a connection that stays: its status line, then all fields and the body.
    static std::string head(Client& peer) {
        std::string out, line;
        while (!(line = peer.line()).empty() && line != "<closed>" && line != "<nothing>") out += line + "\n";
        return out;
    }

    BackEnd node_;
    auth::Identity identity_;
    std::chrono::milliseconds answer_max_ = 10s;
    std::shared_ptr<http::Services> services_;
    Running back_;
    std::unique_ptr<relay::NodeRelay> relay_;
    Running front_{{}, 2};
};

const std::string request =
    "POST /eas?Cmd=Ping HTTP/1.1\r\nHost: mail.acme.test\r\nAuthorization: Basic AAAA\r\nX-Secret: no\r\n"
    "MS-ASProtocolVersion: 16.1\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: "
    "3\r\n\r\nabc";

TEST_F(WebForwardTest, ItGoesThereAndTheAnswerComesBack) {
    start();
    node_.ends_with = "abc";
    Client peer = client();
    peer.send(request);
    const std::string answer = head(peer);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\n")) << answer;
    EXPECT_NE(answer.find("X-Own: 1\n"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("X-Hop"), std::string::npos) << answer;
    const std::string plain = std::string("anna@acme.test\0barid-relay\0shared secret", 40);
    EXPECT_TRUE(has_heard("Authorization: Barid-Relay " + base::base64_encode(plain) + "\r\n")) << heard();
    EXPECT_TRUE(has_heard("MS-ASProtocolVersion: 16.1\r\n"));
    EXPECT_TRUE(has_heard("Host: mail.acme.test\r\n"));
    EXPECT_TRUE(has_heard("X-Forwarded-For: 127.0.0.1\r\n"));
    EXPECT_TRUE(has_heard("Via: 1.1 barid\r\n"));
    EXPECT_FALSE(has_heard("X-Secret"));
    // The connection stays, and carries the next one.
    {
        const std::lock_guard lock(node_.mutex);
        node_.heard.clear();
    }
    peer.send(request);
    EXPECT_EQ(peer.line(), "okHTTP/1.1 200 OK");
    EXPECT_TRUE(has_heard("POST /eas?Cmd=Ping HTTP/1.1\r\n"));
}

TEST_F(WebForwardTest, TheClientsOwnPasswordAndAChunkedBody) {
    start(relay::Node::Login::password);
    node_.ends_with = "0\r\n\r\n";
    node_.says =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 449 Retry\r\nTransfer-Encoding: "
        "chunked\r\n\r\n4\r\nmore\r\n0\r\n\r\n";
    Client peer = client();
    peer.send("POST /eas HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    EXPECT_EQ(head(peer).substr(0, 12), "HTTP/1.1 449");
    EXPECT_EQ(peer.line(), "4");
    EXPECT_EQ(peer.line(), "more");
    EXPECT_TRUE(
        has_heard("Authorization: Basic " + base::base64_encode("anna@acme.test:anna's own") + "\r\n"));
    EXPECT_TRUE(has_heard("5\r\nhello\r\n0\r\n\r\n")) << heard();
}

TEST_F(WebForwardTest, AnAnswerWithoutLengthEndsWithTheConnection) {
    start();
    node_.says = "HTTP/1.0 200 OK\r\n\r\nall of it";
    Client peer = client();
    peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(head(peer).starts_with("HTTP/1.1 200"));
    EXPECT_NE(peer.rest().find("all of it\r\n"), std::string::npos);
    EXPECT_TRUE(has_heard("OPTIONS /eas HTTP/1.1\r\n"));
    EXPECT_FALSE(has_heard("Content-Length: 0\r\n") && has_heard("Transfer-Encoding"));
}

TEST_F(WebForwardTest, AnAnswerThatBreaksOffIsNotTakenForWhole) {
    start();
    node_.says = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf of it";
    Client peer = client();
    peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_NE(head(peer).find("Content-Length: 20"), std::string::npos);
    EXPECT_EQ(peer.rest(), "half of it");  // and the end: the client sees that ten are missing
}

TEST_F(WebForwardTest, NonsenseIsNotPassedOn) {
    start();
    for (const std::string says :
         {"SSH-2.0 hello\r\n\r\n", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        {
            const std::lock_guard lock(node_.mutex);
            node_.says = says;
            node_.heard.clear();
        }
        Client peer = client();
        peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\n\r\n");
        const std::string answer = head(peer);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << says << answer;
        EXPECT_NE(answer.find("Retry-After: 30"), std::string::npos);
    }
}

TEST_F(WebForwardTest, AClientThatGoesTakesTheNodesConnectionWithIt) {
    start();
    node_.holds = true;
    {
        Client peer = client();
        peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_TRUE(eventually([this] { return has_heard("\r\n\r\n"); }));
    }
    EXPECT_TRUE(eventually([this] { return node_.over == 1; }));
}

TEST_F(WebForwardTest, KickedAndStoppedEndIt) {
    start();
    node_.holds = true;
    Client peer = client();
    peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(eventually([this] { return has_heard("\r\n\r\n"); }));
    front_.server->sessions().wake_all(net::event_kicked);
    EXPECT_TRUE(eventually([this] { return node_.over == 1; }));
    Client other = client();
    other.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(eventually([this] { return node_.begun == 2; }));
    const auto begun = std::chrono::steady_clock::now();
    front_.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    EXPECT_TRUE(head(other).starts_with("HTTP/1.1 503"));
}

TEST_F(WebForwardTest, ASilentNodeIsLeftInTime) {
    answer_max_ = 200ms;
    start();
    node_.holds = true;
    Client peer = client();
    peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(head(peer).starts_with("HTTP/1.1 503"));
}

TEST_F(WebForwardTest, NoLoops) {
    start();
    Client peer = client();
    peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\nVia: 1.1 a, 1.1 b, 1.1 c, 1.1 d, 1.1 e\r\n\r\n");
    EXPECT_TRUE(head(peer).starts_with("HTTP/1.1 503"));
    identity_.relayed = true;
    peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\nVia: 1.1 a\r\n\r\n");
    EXPECT_TRUE(head(peer).starts_with("HTTP/1.1 503"));
    EXPECT_EQ(node_.begun, 0U);
    identity_.relayed = false;
    peer.send("OPTIONS /eas HTTP/1.1\r\nHost: h\r\nVia: 1.1 a\r\n\r\n");
    EXPECT_TRUE(head(peer).starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(has_heard("Via: 1.1 a, 1.1 barid\r\n"));
}

TEST_F(WebForwardTest, MuchGoesThroughInPieces) {
    start();
    const std::string all(9U << 20, 'x');
    node_.says = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(all.size()) + "\r\n\r\n" + all;
    node_.ends_with = "end";
    Client peer = client();
    const std::string body = std::string(3U << 20, 'y') + "end";
    std::thread sender([&] {
        peer.send("POST /eas HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body);
    });
    EXPECT_TRUE(head(peer).starts_with("HTTP/1.1 200"));
    EXPECT_EQ(peer.rest(20'000ms), all);
    sender.join();
    EXPECT_TRUE(heard().ends_with(body));
}

}  // namespace
