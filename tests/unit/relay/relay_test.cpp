// The relay over real sockets: a front end and a back end in one process, and a client of the front end.
#include <algorithm>
#include <atomic>
#include <fstream>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/base64.hpp"
#include "relay/node_relay.hpp"
#include "support/certificates.hpp"
#include "unit/net/echo_server.hpp"

namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using net_test::Client;
using net_test::eventually;
using net_test::Running;

/// What back ends have heard.
struct Heard {
    std::mutex mutex;
    std::string login;  ///< the last line before the echo
    net::PeerInfo peer;
    std::atomic<std::uint64_t> flooded{0};
    std::atomic<unsigned> over{0};
    std::atomic<bool> silent{false};  ///< they do not answer the login
};
Heard& heard() {
    static Heard instance;
    return instance;
}

awaitable<std::string> read_line(net::Connection* connection) {
    for (;;) {
        const auto end = connection->input().find("\r\n");
        if (end != std::string_view::npos) {
            std::string line(connection->input().substr(0, end));
            connection->consume(end + 2);
            co_return line;
        }
        const net::Wake woken = co_await connection->wait(5s);
        if (woken != net::Wake::octets) co_return std::string();
    }
}

/// Once logged in: "flood" sends until the peer is gone, "leave" says goodbye and closes, all else is echoed;
/// at the client's end of input "counted N" is said.
awaitable<void> back_end(std::unique_ptr<net::Connection> connection) {
    connection->output() += "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n";
    co_await connection->flush();
    const std::string login = co_await read_line(connection.get());
    {
        const std::lock_guard lock(heard().mutex);
        heard().login = login;
        heard().peer = connection->peer();
    }
    if (heard().silent) co_await connection->wait(30s);
    connection->output() += "b1 OK [CAPABILITY IMAP4rev1 XECHO UNAUTHENTICATE] in\r\n";
    std::uint64_t count = 0;
    for (bool open = true; open;) {
        const bool sent = co_await connection->flush();
        if (!sent) break;
        const net::Wake woken = co_await connection->wait(60s);
        if (woken == net::Wake::event) break;
        open = woken == net::Wake::octets;
        const std::string input(connection->input());
        connection->consume(input.size());
        count += input.size();
        if (input == "flood\r\n") {
            const std::string piece(65'536, 'f');
            for (bool taken = true; taken;) {
                connection->output() += piece;
                taken = co_await connection->flush();
                if (taken) heard().flooded += piece.size();
            }
            break;
        }
        if (input == "leave\r\n") {
            connection->output() += "bye\r\n";
            break;
        }
        connection->output() += open ? input : input + "counted " + std::to_string(count) + "\r\n";
    }
    co_await connection->flush();
    connection->close();
    ++heard().over;
}

struct FrontEnd {
    relay::Relay* relay = nullptr;
    net::SessionRegistry* sessions = nullptr;
    std::chrono::milliseconds idle_max = 60s;
    auth::Identity identity;
    unsigned hops = relay::Request::hops_initial;
    std::atomic<unsigned> over{0};
    std::atomic<int> end{-1};
};

/// Waits for the line "login" and leads the client on.
awaitable<void> front(std::unique_ptr<net::Connection> connection, FrontEnd* how) {
    auto session = how->sessions->add("imap", connection->peer(), connection->waker());
    const std::string line = co_await read_line(connection.get());
    relay::Request request;
    request.identity = how->identity;
    request.hops = how->hops;
    request.session = "7";
    auto opened = co_await how->relay->open(connection.get(), std::move(request));
    if (opened) {
        connection->output() += "in " + (*opened)->answer() + "\r\n";
        co_await connection->flush();
        const net::PumpEnd end = co_await (*opened)->carry(connection.get(), &session, how->idle_max);
        how->end = static_cast<int>(end);
    } else {
        const relay::Failure failure = opened.error().failure();
        const bool refused = failure.kind == relay::Failure::Kind::refused;
        connection->output() += std::string(refused ? "refused: " : "unavailable: ") + failure.why + "\r\n";
        co_await connection->flush();
    }
    connection->close();
    ++how->over;
}

net::Serve front_serve(FrontEnd* how) {
    return [how](std::unique_ptr<net::Connection> connection) { return front(std::move(connection), how); };
}

relay::Node plain_node() {
    relay::Node node;
    node.name = "b1";
    node.host = "127.0.0.1";
    node.tls = relay::Node::Tls::none;
    node.login = relay::Node::Login::master;
    node.master_user = "master";
    node.secret = base::Secret("top");
    return node;
}

class RelayTest : public testing::Test {
protected:
    /// Both servers run; the node is completed with the back end's port.
    void start(relay::Node node, net::ListenerConfig back = {}, relay::Settings settings = {}) {
        {
            const std::lock_guard lock(heard().mutex);
            heard().login.clear();
        }
        back.name = "back";
        ASSERT_EQ(back_.add(back, back_end), "");
        back_.start();
        node.imap_port = back_.port("back");
        settings.own_name = "front";
        settings.hostname = "front.example";
        settings.nodes.push_back(std::move(node));
        net::ListenerConfig listener;
        listener.name = "front";
        how_.identity.name = "anna@acme.test";
        how_.identity.node = "b1";
        how_.sessions = &front_.server->sessions();
        relay_ = std::make_unique<relay::NodeRelay>(front_.server->resolver(), std::move(settings));
        ASSERT_EQ(relay_->fault(), "");
        how_.relay = relay_.get();
        ASSERT_EQ(front_.add(listener, front_serve(&how_)), "");
        relay_->set_own_ports({front_.port("front")});
        front_.start();
    }
    void TearDown() override {
        front_.stop();
        back_.stop();
    }
    Client client() { return Client(front_.port("front")); }
    std::string login_heard() {
        const std::lock_guard lock(heard().mutex);
        return heard().login;
    }

    FrontEnd how_;
    Running back_;
    std::unique_ptr<relay::NodeRelay> relay_;  // goes after the front end
    Running front_{{}, 2};
};

TEST_F(RelayTest, WhatWasSentBehindTheLoginGoesFirst) {
    start(plain_node());
    Client peer = client();
    peer.send("login\r\nfirst\r\n");
    EXPECT_EQ(peer.line(), "in IMAP4rev1 XECHO UNAUTHENTICATE");
    EXPECT_EQ(peer.line(), "first");
    EXPECT_EQ(peer.ask("second"), "second");
    EXPECT_EQ(login_heard(),
              "b1 AUTHENTICATE PLAIN " + base::base64_encode(std::string("anna@acme.test\0master\0top", 25)));
    EXPECT_EQ(peer.ask("leave"), "bye");
    EXPECT_TRUE(peer.closed());
    EXPECT_TRUE(eventually([&] { return how_.over == 1; }));
    EXPECT_EQ(how_.end, static_cast<int>(net::PumpEnd::closed));
}

TEST_F(RelayTest, MuchGoesBothWaysAtOnce) {
    start(plain_node());
    Client peer = client();
    EXPECT_EQ(peer.ask("login").substr(0, 3), "in ");
    constexpr std::size_t total = 24U << 20;
    std::string all(total, '\0');
    std::uint32_t seed = 1;
    for (char& c : all) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
    std::thread sender([&] {
        peer.send(all);
        ::shutdown(peer.descriptor(), SHUT_WR);
    });
    const std::string rest = peer.rest(20'000ms);
    sender.join();
    // The half-closed client still hears all that the server has to say, and its last word.
    const std::string last = "counted " + std::to_string(total) + "\r\n";
    ASSERT_EQ(rest.size(), total + last.size());
    EXPECT_TRUE(rest.starts_with(all));
    EXPECT_TRUE(rest.ends_with(last));
}

TEST_F(RelayTest, AClientThatDoesNotReadHoldsUpTheServerNotTheMemory) {
    start(plain_node());
    heard().flooded = 0;
    Client peer = client();
    EXPECT_EQ(peer.ask("login").substr(0, 3), "in ");
    peer.send("flood\r\n");
    // What the kernel's buffers of four sockets take, and no more.
    EXPECT_TRUE(eventually([] { return heard().flooded > 0; }));
    std::uint64_t before = 0;
    for (int rounds = 0; rounds < 200 && before != heard().flooded; ++rounds) {
        before = heard().flooded;
        ::poll(nullptr, 0, 50);
    }
    EXPECT_EQ(before, heard().flooded);
    EXPECT_LT(heard().flooded, 64U << 20);
    peer.close();
    EXPECT_TRUE(eventually([&] { return how_.over == 1; }));
}

TEST_F(RelayTest, AClientThatGoesTakesItsBackEndWithIt) {
    start(plain_node());
    heard().over = 0;
    {
        Client peer = client();
        EXPECT_EQ(peer.ask("login").substr(0, 3), "in ");
    }
    EXPECT_TRUE(eventually([&] { return how_.over == 1 && heard().over == 1; }));
}

TEST_F(RelayTest, KickedIsGoneAtOnce) {
    start(plain_node());
    Client peer = client();
    EXPECT_EQ(peer.ask("login").substr(0, 3), "in ");
    const auto list = front_.server->sessions().list();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_TRUE(front_.server->sessions().kick(list.front().id));
    EXPECT_TRUE(peer.closed());
    EXPECT_TRUE(eventually([&] { return how_.over == 1; }));
    EXPECT_EQ(how_.end, static_cast<int>(net::PumpEnd::kicked));
}

TEST_F(RelayTest, KickedWhileTheServerFloods) {
    start(plain_node());
    Client peer = client();
    EXPECT_EQ(peer.ask("login").substr(0, 3), "in ");
    peer.send("flood\r\n");
    EXPECT_TRUE(eventually([] { return heard().flooded > 0; }));
    front_.server->sessions().wake_all(net::event_kicked);
    EXPECT_TRUE(eventually([&] { return how_.over == 1; }));
    EXPECT_EQ(how_.end, static_cast<int>(net::PumpEnd::kicked));
}

TEST_F(RelayTest, SilenceEndsIt) {
    how_.idle_max = 300ms;
    start(plain_node());
    Client peer = client();
    EXPECT_EQ(peer.ask("login").substr(0, 3), "in ");
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(peer.closed());
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 250ms);
    EXPECT_TRUE(eventually([&] { return how_.over == 1; }));
    EXPECT_EQ(how_.end, static_cast<int>(net::PumpEnd::idle));
}

TEST_F(RelayTest, AStoppingServerLetsQuietOnesGo) {
    start(plain_node());
    Client peer = client();
    EXPECT_EQ(peer.ask("login").substr(0, 3), "in ");
    const auto begun = std::chrono::steady_clock::now();
    front_.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    EXPECT_EQ(how_.end, static_cast<int>(net::PumpEnd::shutdown));
}

TEST_F(RelayTest, ASilentBackEndIsLeftInTime) {
    relay::Settings settings;
    settings.login_max = 300ms;
    heard().silent = true;
    start(plain_node(), {}, std::move(settings));
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(client().ask("login"), "unavailable: no answer in time");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
    heard().silent = false;
}

TEST_F(RelayTest, AClientThatIsKickedMeanwhileWaitsForNoLogin) {
    heard().silent = true;
    start(plain_node());
    Client peer = client();
    peer.send("login\r\n");
    EXPECT_TRUE(eventually([this] { return !login_heard().empty(); }));
    front_.server->sessions().wake_all(net::event_kicked);
    EXPECT_EQ(peer.line(), "unavailable: cancelled");
    heard().silent = false;
}

TEST_F(RelayTest, NobodyThereIsUnavailable) {
    start(plain_node());
    back_.stop();
    back_.server.reset();
    Client peer = client();
    EXPECT_TRUE(peer.ask("login").starts_with("unavailable: cannot connect"));
}

TEST_F(RelayTest, AnUnknownNodeIsUnavailable) {
    start(plain_node());
    how_.identity.node = "b2";
    Client peer = client();
    EXPECT_EQ(peer.ask("login"), "unavailable: no node of that name is configured");
}

TEST_F(RelayTest, WhoWasRelayedIsNotLedOn) {
    start(plain_node());
    how_.identity.relayed = true;
    EXPECT_TRUE(client().ask("login").starts_with("unavailable: it was relayed to here already"));
    how_.identity.relayed = false;
    how_.hops = 1;
    EXPECT_TRUE(client().ask("login").starts_with("unavailable: it was relayed to here already"));
}

TEST_F(RelayTest, AFrontEndNoticesItself) {
    start(plain_node());
    relay_->set_own_ports({front_.port("front"), back_.port("back")});
    EXPECT_EQ(client().ask("login"), "unavailable: the node is this server itself");
}

TEST_F(RelayTest, MailboxesOfItsOwnNameAreHere) {
    start(plain_node());
    EXPECT_FALSE(relay_->elsewhere(""));
    EXPECT_FALSE(relay_->elsewhere("front"));
    EXPECT_TRUE(relay_->elsewhere("b1"));
}

TEST_F(RelayTest, PasswordsAreNeededWhereTheyArePassedOn) {
    relay::Node node = plain_node();
    node.login = relay::Node::Login::password;
    start(std::move(node));
    EXPECT_TRUE(client().ask("login").starts_with("unavailable: the node takes passwords only"));
    how_.identity.password = base::Secret("own");
    EXPECT_TRUE(client().ask("login").starts_with("in "));
    EXPECT_EQ(login_heard(),
              "b1 AUTHENTICATE PLAIN " + base::base64_encode(std::string("\0anna@acme.test\0own", 19)));
}

/// TLS, with the CA of the back end's certificate or its pinned key.
class RelayTlsTest : public RelayTest {
protected:
    net::ListenerConfig listener(net::TlsMode mode) {
        support::LeafOptions options;
        options.dns_names = {"back.example"};
        const support::LeafFiles files = authority_.issue("back", options);
        certificate_ = files.chain_file;
        net::ListenerConfig out;
        out.tls = mode;
        net::Certificate certificate;
        certificate.chain_file = files.chain_file;
        certificate.key_file = files.key_file;
        out.certificates.push_back(certificate);
        return out;
    }
    relay::Node node() {
        relay::Node out = plain_node();
        out.tls = relay::Node::Tls::implicit;
        out.server_name = "back.example";
        out.ca_file = authority_.ca_file();
        return out;
    }
    std::string pin() const {
        FILE* const file = std::fopen(certificate_.c_str(), "re");
        X509* const certificate = PEM_read_X509(file, nullptr, nullptr, nullptr);
        std::fclose(file);
        unsigned char* der = nullptr;
        const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
        std::string hash(32, '\0');
        EVP_Digest(der, static_cast<std::size_t>(length), reinterpret_cast<unsigned char*>(hash.data()),
                   nullptr, EVP_sha256(), nullptr);
        OPENSSL_free(der);
        X509_free(certificate);
        return base::base64_encode(hash);
    }

    support::TemporaryFolder folder_;
    support::CertificateAuthority authority_{folder_.path()};
    std::string certificate_;
};

TEST_F(RelayTlsTest, TheCertificateIsChecked) {
    start(node(), listener(net::TlsMode::implicit));
    Client peer = client();
    peer.send("login\r\nfirst\r\n");
    EXPECT_TRUE(peer.line().starts_with("in "));
    EXPECT_EQ(peer.line(), "first");
    const std::string much(1U << 20, 'x');
    std::thread sender([&] { peer.send(much + "\r\n"); });
    EXPECT_EQ(peer.line(10'000ms), much);
    sender.join();
    EXPECT_EQ(peer.ask("leave"), "bye");
    EXPECT_TRUE(peer.closed());
}

TEST_F(RelayTlsTest, TheClientsHalfCloseGoesThroughTls) {
    start(node(), listener(net::TlsMode::implicit));
    Client peer = client();
    EXPECT_TRUE(peer.ask("login").starts_with("in "));
    peer.send("12345");
    ::shutdown(peer.descriptor(), SHUT_WR);
    EXPECT_TRUE(peer.rest().starts_with("12345"));
    EXPECT_TRUE(eventually([&] { return how_.over == 1; }));
}

TEST_F(RelayTlsTest, AnotherNameIsRefused) {
    relay::Node other = node();
    other.server_name = "other.example";
    start(std::move(other), listener(net::TlsMode::implicit));
    EXPECT_TRUE(client().ask("login").starts_with("unavailable: no TLS: "));
}

TEST_F(RelayTlsTest, AnotherAuthorityIsRefused) {
    const support::TemporaryFolder elsewhere;
    const support::CertificateAuthority other(elsewhere.path(), "Other CA");
    relay::Node wrong = node();
    wrong.ca_file = other.ca_file();
    start(std::move(wrong), listener(net::TlsMode::implicit));
    EXPECT_TRUE(client().ask("login").starts_with("unavailable: no TLS: "));
}

TEST_F(RelayTlsTest, APinnedKeyIsEnoughAndNothingElseIs) {
    const net::ListenerConfig back = listener(net::TlsMode::implicit);
    relay::Node pinned = node();
    pinned.ca_file.clear();
    pinned.server_name = "whatever.example";
    pinned.pins = {base::base64_encode(std::string(32, 'x')), pin()};
    start(std::move(pinned), back);
    EXPECT_TRUE(client().ask("login").starts_with("in "));
}

TEST_F(RelayTlsTest, AnotherKeyThanThePinnedIsRefused) {
    relay::Node pinned = node();
    pinned.ca_file.clear();
    pinned.pins = {base::base64_encode(std::string(32, 'x'))};
    start(std::move(pinned), listener(net::TlsMode::implicit));
    EXPECT_TRUE(client().ask("login").starts_with("unavailable: no TLS: "));
}

TEST_F(RelayTlsTest, TheProxyHeaderGoesBeforeTls) {
    net::ListenerConfig back = listener(net::TlsMode::implicit);
    back.proxy_trusted = {"127.0.0.1"};
    back.front_ends = {"127.0.0.1"};
    relay::Node proxied = node();
    proxied.announce = relay::Node::Announce::proxy;
    start(std::move(proxied), std::move(back));
    Client peer(front_.port("front"), "127.0.0.1", "127.0.0.9");
    EXPECT_TRUE(peer.ask("login").starts_with("in "));
    const std::lock_guard lock(heard().mutex);
    EXPECT_EQ(heard().peer.address, "127.0.0.9");
    EXPECT_FALSE(heard().peer.loopback);  // which is a privilege that no proxy can give
    EXPECT_TRUE(heard().peer.front_end);
    EXPECT_TRUE(heard().peer.tls);
}

TEST(NodeRelay, BadPinsAreTold) {
    Running server;
    relay::Settings settings;
    relay::Node node = plain_node();
    node.tls = relay::Node::Tls::implicit;
    node.pins = {"c2hvcnQ="};
    settings.nodes.push_back(node);
    const relay::NodeRelay made(server.server->resolver(), settings);
    EXPECT_NE(made.fault().find("node b1"), std::string::npos);
}

}  // namespace
