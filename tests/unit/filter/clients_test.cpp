// clamd and rspamd as fakes that misbehave in the ways that servers do: slow, cut off, garbage, giants.
#include <charconv>

#include "filter/clamd_client.hpp"
#include "filter/rspamd_client.hpp"
#include "stand.hpp"

namespace filter_test {
namespace {
using Kind = clamd::Answer::Kind;

std::string z(const std::string& text) { return text + '\0'; }

/// Reads what clamd is sent: the octets of the message; "bad" for what is no INSTREAM.
std::string read_stream(Peer& peer) {
    if (peer.octets(10) != std::string("zINSTREAM\0", 10)) return "bad";
    std::string out;
    for (;;) {
        const std::string head = peer.octets(4);
        if (peer.gone()) return out;
        std::uint32_t length = 0;
        for (const char c : head) length = (length << 8U) | static_cast<unsigned char>(c);
        if (length == 0) return out;
        out += peer.octets(length);
    }
}

class Clamd : public ::testing::Test {
protected:
    clamd::Answer scan(const Endpoint& endpoint, const std::string& message = some_message) {
        ClamdSettings settings;
        settings.endpoint = endpoint;
        settings.connect_max = std::chrono::milliseconds(2'000);
        settings.time_max = time_max;
        const ClamdClient client(&stand.resolver, settings);
        return stand.run(client.scan(make_message(message)));
    }
    clamd::Answer scan(std::function<void(Peer&)> serve, const std::string& message = some_message) {
        const Fake fake(std::move(serve));
        return scan(fake.endpoint(), message);
    }
    Stand stand;
    std::chrono::milliseconds time_max{5'000};
};

TEST_F(Clamd, SeesTheWholeMessage) {
    std::string message;
    for (int i = 0; message.size() < 300'000; ++i) message += std::to_string(i) + "\r\n";
    std::promise<std::string> seen;
    const auto answer = scan(
        [&](Peer& peer) {
            seen.set_value(read_stream(peer));
            peer.send(z("stream: OK"));
        },
        message);
    EXPECT_EQ(answer.kind, Kind::clean) << answer.text;
    EXPECT_EQ(seen.get_future().get(), message);
}

TEST_F(Clamd, TellsWhatItFound) {
    const auto answer = scan([](Peer& peer) {
        read_stream(peer);
        peer.send("stream: Eicar");
        peer.send(z("-Test FOUND"));
    });
    EXPECT_EQ(answer.kind, Kind::found);
    EXPECT_EQ(answer.text, "Eicar-Test");
}

TEST_F(Clamd, ByNameAndLocalSocket) {
    Fake fake([](Peer& peer) {
        read_stream(peer);
        peer.send(z("stream: OK"));
    });
    Endpoint endpoint = fake.endpoint();
    endpoint.host = "localhost";
    EXPECT_EQ(scan(endpoint).kind, Kind::clean);
    endpoint.host = "unix:/nowhere/clamd.ctl";
    EXPECT_EQ(scan(endpoint).kind, Kind::failed);
}

TEST_F(Clamd, WhatIsLargerThanItLikes) {
    // clamd answers in the middle and hangs up.
    const auto answer = scan(
        [](Peer& peer) {
            peer.octets(100'000);
            peer.send(z("INSTREAM size limit exceeded. ERROR"));
        },
        std::string(8'000'000, 'x'));
    EXPECT_TRUE(answer.kind == Kind::too_big || answer.kind == Kind::failed) << answer.text;
    EXPECT_NE(answer.kind, Kind::clean);
}

TEST_F(Clamd, CleanIsOnlyWhatWasReadWhole) {
    const auto answer = scan(
        [](Peer& peer) {
            peer.octets(1'000);
            peer.send(z("stream: OK"));
            peer.reset();
        },
        std::string(8'000'000, 'x'));
    EXPECT_EQ(answer.kind, Kind::failed);
}

TEST_F(Clamd, FaultsAreFaults) {
    const auto after = [this](const std::string& said) {
        return scan([=](Peer& peer) {
            read_stream(peer);
            peer.send(said);
        });
    };
    EXPECT_EQ(after("").text, "no answer");
    EXPECT_EQ(after("stream: OK").text, "the answer was cut off");
    EXPECT_EQ(after(z("garbage")).kind, Kind::failed);
    EXPECT_EQ(after(std::string(1U << 20, 'x')).text, "endless answer");
    EXPECT_EQ(scan([](Peer&) {}).kind, Kind::failed);
    EXPECT_EQ(scan(nobody()).kind, Kind::failed);
}

TEST_F(Clamd, SilenceEnds) {
    time_max = std::chrono::milliseconds(300);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(scan([](Peer& peer) { peer.wait_until_closed(); }).text, "no answer in time");
    // One that takes nothing.
    const auto stuck = scan([](Peer& peer) { peer.octets(10); }, std::string(32U << 20, 'x'));
    EXPECT_EQ(stuck.kind, Kind::failed);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

struct Http {
    std::string head, body;
};
Http read_request(Peer& peer) {
    Http out;
    std::size_t length = 0;
    for (std::string line = peer.line(); !line.empty(); line = peer.line()) {
        if (line.starts_with("Content-Length: "))
            std::from_chars(line.data() + 16, line.data() + line.size(), length);
        out.head += line + "\n";
    }
    out.body = peer.octets(length);
    return out;
}
std::string ok(const std::string& body, const std::string& more = {}) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Rspamd : public ::testing::Test {
protected:
    RspamdClient::Checked check(std::uint16_t port, const std::string& message = some_message) {
        RspamdSettings settings;
        settings.url = *http::Url::parse("http://127.0.0.1:" + std::to_string(port) + "/checkv2");
        settings.password = "q1";
        settings.time_max = time_max;
        RspamdClient client(stand.resolver, settings);
        return stand.run(client.check(facts, make_message(message)));
    }
    RspamdClient::Checked check(std::function<void(Peer&)> serve, const std::string& message = some_message) {
        const Fake fake(std::move(serve));
        return check(fake.port(), message);
    }
    Stand stand;
    std::shared_ptr<Facts> facts = some_facts();
    std::chrono::milliseconds time_max{5'000};
};

TEST_F(Rspamd, SaysWhatIsKnownAndSendsTheMessage) {
    std::promise<Http> seen;
    const std::string message = some_message + std::string(200'000, 'y');
    facts->account = "anna@acme.test";
    const auto checked = check(
        [&](Peer& peer) {
            seen.set_value(read_request(peer));
            peer.send(ok(R"({"action":"add header","score":8.5,"required_score":15})"));
        },
        message);
    ASSERT_TRUE(checked.answer) << checked.why;
    EXPECT_EQ(checked.answer->action, rspamd::Action::add_header);
    const Http request = seen.get_future().get();
    EXPECT_EQ(request.body, message);
    EXPECT_TRUE(request.head.starts_with("POST /checkv2 HTTP/1.1\n")) << request.head;
    for (const char* field : {"IP: 203.0.113.7\n", "Helo: client.test\n", "From: <sender@client.test>\n",
                              "Rcpt: <anna@acme.test>\n", "Rcpt: <bert@acme.test>\n",
                              "User: anna@acme.test\n", "Queue-Id: Q1\n", "Password: q1\n"})
        EXPECT_NE(request.head.find(field), std::string::npos) << field << request.head;
}

TEST_F(Rspamd, FaultsAreFaults) {
    const auto after = [this](const std::string& said) {
        return check([=](Peer& peer) {
            read_request(peer);
            peer.send(said);
        });
    };
    const std::string good = R"({"action":"no action"})";
    EXPECT_TRUE(after(ok(good)).answer);
    EXPECT_FALSE(after("").answer);
    EXPECT_FALSE(after("garbage\r\n\r\n").answer);
    EXPECT_FALSE(after(ok(good).substr(0, 90)).answer);
    EXPECT_FALSE(after(ok("{}")).answer);
    EXPECT_FALSE(after(ok("not json")).answer);
    EXPECT_EQ(after("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").why, "HTTP status 403");
    EXPECT_EQ(after("HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n").why,
              "HTTP status 302");
    // A giant, told of and not told of.
    EXPECT_FALSE(after("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").answer);
    EXPECT_FALSE(after("HTTP/1.1 200 OK\r\n\r\n" + std::string(3U << 20, ' ') + good).answer);
    EXPECT_FALSE(after("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n").answer);
    EXPECT_FALSE(check([](Peer&) {}).answer);
    EXPECT_FALSE(check(nobody().port).answer);
}

TEST_F(Rspamd, SilenceEnds) {
    time_max = std::chrono::milliseconds(300);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(check([](Peer& peer) { peer.wait_until_closed(); }).answer);
    EXPECT_FALSE(check([](Peer& peer) {
                     read_request(peer);
                     peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
                     peer.wait_until_closed();
                 }).answer);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Endpoint, Texts) {
    const auto text = [](const char* in) {
        const auto out = Endpoint::parse(in);
        return out ? out->text() : "none";
    };
    EXPECT_EQ(text("127.0.0.1:3310"), "127.0.0.1:3310");
    EXPECT_EQ(text("[::1]:3310"), "[::1]:3310");
    EXPECT_EQ(text("LocalHost:11332"), "localhost:11332");
    EXPECT_EQ(text("unix:/run/clamd.ctl"), "unix:/run/clamd.ctl");
    for (const char* bad : {"", "localhost", "::1:3310", "[127.0.0.1]:1", "a b:1", "x:0", "x:65536", "x:1x",
                            "unix:", "unix:rel", ":1"})
        EXPECT_EQ(text(bad), "none") << bad;
}

}  // namespace
}  // namespace filter_test
