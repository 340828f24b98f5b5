// TLS: versions, names, ALPN, client certificates, tickets, STARTTLS, reload. RFC 8446, RFC 5246, RFC 6066,
// RFC 7301.
#include <future>

#include <gtest/gtest.h>

#include "support/certificates.hpp"
#include "tls_client.hpp"

namespace net_test {
namespace {

class Tls : public testing::Test {
protected:
    Tls() : authority_(folder_.path()) {}

    net::Certificate certificate(const std::string& name, std::vector<std::string> dns_names,
                                 support::KeyKind key = support::KeyKind::p256) {
        support::LeafOptions options;
        options.dns_names = std::move(dns_names);
        options.key = key;
        const support::LeafFiles files = authority_.issue(name, options);
        return {files.chain_file, files.key_file, {}};
    }
    net::ListenerConfig config(net::TlsMode mode) {
        net::ListenerConfig out;
        out.protocol = "imap";
        out.tls = mode;
        out.certificates = {certificate("main", {"mail.example.test"})};
        return out;
    }
    TlsOptions trusting(const std::string& name = "mail.example.test") const {
        TlsOptions out;
        out.ca_file = authority_.ca_file();
        out.server_name = name;
        return out;
    }

    support::TemporaryFolder folder_;
    support::CertificateAuthority authority_;
};

TEST_F(Tls, ImplicitEchoes) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    Client plain(running.port());
    TlsClient client(plain, trusting());
    ASSERT_TRUE(client.connected()) << client.error();
    EXPECT_EQ(client.line(), "hello");
    EXPECT_EQ(client.ask("info"), "127.0.0.1 127.0.0.1 loopback TLSv1.3 sni=mail.example.test subject=");
    client.send("a\r\nb\r\n");
    EXPECT_EQ(client.line(), "a");
    EXPECT_EQ(client.line(), "b");
    EXPECT_EQ(client.ask("quit"), "quit");
    EXPECT_EQ(client.line(), "<closed>");  // close_notify, not just the end of TCP
}

TEST_F(Tls, LargeAnswersAreWhole) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Client plain(running.port());
        TlsOptions options = trusting();
        options.version_max = version;
        TlsClient client(plain, options);
        ASSERT_TRUE(client.connected()) << client.error();
        EXPECT_EQ(client.line(), "hello");
        client.send("big 5000000\r\nend\r\n");
        const std::string text = client.line();
        ASSERT_EQ(text.size(), 5'000'000U + 3);
        for (std::size_t at = 0; at < 5'000'000; at += 8 * 1021) {
            ASSERT_EQ(text.substr(at, 8), std::to_string(at + 10'000'000).substr(0, 8));
        }
        EXPECT_EQ(text.substr(5'000'000), "end");
    }
}

TEST_F(Tls, LargeInputInSmallRecords) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    Client plain(running.port());
    TlsClient client(plain, trusting());
    ASSERT_TRUE(client.connected()) << client.error();
    EXPECT_EQ(client.line(), "hello");
    for (int i = 0; i < 2000; ++i) client.send("line\r" + std::string(i % 3 == 0 ? "\n" : "x\r\n"));
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(client.line(), i % 3 == 0 ? "line" : "line\rx");
}

TEST_F(Tls, OldVersionsAreRefused) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        Client plain(running.port());
        TlsOptions options;
        options.version_min = options.version_max = version;
        TlsClient client(plain, options);
        EXPECT_FALSE(client.connected());
        EXPECT_EQ(client.error(), "tlsv1 alert protocol version");
    }
    EXPECT_TRUE(eventually([&] { return running.server->figures().tls_failed == 2; }));
}

TEST_F(Tls, PlainTextOnAnImplicitPortIsClosed) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    Client client(running.port());
    client.send("POST / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.rest().find("hello"), std::string::npos);
}

TEST_F(Tls, HandshakeHasALimit) {
    net::ServerLimits limits;
    limits.tls_handshake_max = 60ms;
    Running running(limits);
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    Client client(running.port());
    client.send("\x16\x03\x01");  // the start of a record that never comes
    EXPECT_TRUE(client.closed());
}

/// The start of a ClientHello: from here on the handshake runs, or waits for its turn.
constexpr const char* begun = "\x16\x03\x01";

TEST_F(Tls, HandshakesOfOneAddressTakeTurns) {
    net::ServerLimits limits;
    limits.tls_handshakes_per_ip_max = 2;
    Running running(limits);
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    const auto figures = [&] { return running.server->figures(); };
    Client first(running.port());
    Client second(running.port());
    first.send(begun);
    second.send(begun);
    ASSERT_TRUE(eventually([&] { return figures().tls_running == 2; }));
    Client gone(running.port());
    gone.send(begun);
    ASSERT_TRUE(eventually([&] { return figures().tls_waiting == 1; }));
    Client third(running.port());
    const linger reset{1, 0};
    ::setsockopt(gone.descriptor(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    gone.close();  // one that waits leaves the queue with its connection
    ASSERT_TRUE(eventually([&] { return figures().tls_waiting == 0; }));
    Client queued(running.port());
    queued.send(begun);
    ASSERT_TRUE(eventually([&] { return figures().tls_waiting == 1; }));
    Client elsewhere(running.port(), "127.0.0.1", "127.0.0.2");
    {
        TlsClient other(elsewhere, trusting());  // another address does not wait
        EXPECT_EQ(other.line(), "hello");
    }
    EXPECT_EQ(figures().tls_waiting, 1U);
    queued.close();
    auto handshake =
        std::async(std::launch::async, [&] { return std::make_unique<TlsClient>(third, trusting()); });
    EXPECT_TRUE(eventually([&] { return figures().tls_waiting == 2; }));
    first.close();
    const std::unique_ptr<TlsClient> made = handshake.get();
    TlsClient& client = *made;
    ASSERT_TRUE(client.connected()) << client.error();
    EXPECT_EQ(client.line(), "hello");
    EXPECT_EQ(client.ask("events"), "0");  // the call to its turn is no event of the session
    second.close();
    EXPECT_TRUE(eventually([&] { return figures().tls_running == 0 && figures().tls_waiting == 0; }));
}

TEST_F(Tls, HandshakesInAllTakeTurnsAndTheWaitHasALimit) {
    net::ServerLimits limits;
    limits.tls_handshakes_max = 1;
    limits.tls_handshake_max = 500ms;
    Running running(limits);
    net::ListenerConfig with = config(net::TlsMode::starttls);
    ASSERT_EQ(running.add(with), "");
    with = config(net::TlsMode::implicit);
    with.name = "implicit";
    ASSERT_EQ(running.add(with), "");
    running.start();
    Client holding(running.port());
    EXPECT_EQ(holding.line(), "hello");
    EXPECT_EQ(holding.ask("starttls"), "go ahead");
    holding.send(begun);
    ASSERT_TRUE(eventually([&] { return running.server->figures().tls_running == 1; }));
    Client waiting(running.port("implicit"), "127.0.0.1", "127.0.0.2");  // limits are over all listeners
    waiting.send(begun);
    ASSERT_TRUE(eventually([&] { return running.server->figures().tls_waiting == 1; }));
    EXPECT_TRUE(waiting.closed());  // its own time is over, or the turn came too late to be of use
    EXPECT_TRUE(holding.closed());
    EXPECT_TRUE(eventually([&] { return running.server->figures().tls_failed == 2; }));
    Client plain(running.port("implicit"));
    TlsClient client(plain, trusting());
    EXPECT_EQ(client.line(), "hello");
}

TEST_F(Tls, AServerStopsWhileHandshakesWait) {
    net::ServerLimits limits;
    limits.tls_handshakes_max = 1;
    Running running(limits);
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    Client first(running.port());
    first.send(begun);
    ASSERT_TRUE(eventually([&] { return running.server->figures().tls_running == 1; }));
    Client second(running.port());
    second.send(begun);
    ASSERT_TRUE(eventually([&] { return running.server->figures().tls_waiting == 1; }));
    Client silent(running.port());
    const auto start = std::chrono::steady_clock::now();
    running.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    EXPECT_TRUE(second.closed());
    EXPECT_TRUE(silent.closed());
}

TEST_F(Tls, SilentConnectionsTakeNoTurns) {
    net::ServerLimits limits;
    limits.tls_handshakes_per_ip_max = 2;
    limits.tls_handshakes_max = 3;
    limits.tls_handshake_max = 5s;
    Running running(limits);
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    std::vector<std::unique_ptr<Client>> silent;
    for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<Client>(running.port()));
    ASSERT_TRUE(eventually([&] { return running.server->figures().open == 8; }));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) {
        Client plain(running.port());
        TlsClient client(plain, trusting());
        ASSERT_TRUE(client.connected()) << client.error();
        EXPECT_EQ(client.line(), "hello");
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);  // no turn of a silent one had to end first
    EXPECT_EQ(running.server->figures().tls_running, 0U);
    EXPECT_EQ(running.server->figures().tls_failed, 0U);
}

TEST_F(Tls, ASilentConnectionEndsWithTheTimeOfAHandshake) {
    net::ServerLimits limits;
    limits.tls_handshake_max = 60ms;
    Running running(limits);
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    Client client(running.port());
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(eventually([&] { return running.server->figures().tls_failed == 1; }));
}

TEST_F(Tls, AlpnMustFit) {
    net::ListenerConfig with = config(net::TlsMode::implicit);
    with.alpn = {"imap"};
    Running running;
    ASSERT_EQ(running.add(with), "");
    running.start();
    const auto connects = [&](const std::string& alpn) {
        Client plain(running.port());
        TlsOptions options = trusting();
        options.alpn = alpn;
        TlsClient client(plain, options);
        return client.connected() ? client.line() : client.error();
    };
    EXPECT_EQ(connects(""), "hello");  // RFC 7301: a client that offers nothing is served
    EXPECT_EQ(connects("\x08http/1.1\x04imap"), "hello");
    EXPECT_EQ(connects("\x08http/1.1"), "tlsv1 alert no application protocol");
}

TEST_F(Tls, ServerNameChoosesTheCertificate) {
    net::ListenerConfig with = config(net::TlsMode::implicit);
    with.certificates.push_back(certificate("other", {"mail.other.test", "*.wild.test"}));
    Running running;
    ASSERT_EQ(running.add(with), "");
    running.start();
    const auto chosen = [&](const std::string& name) {
        Client plain(running.port());
        TlsOptions options;
        options.server_name = name;
        TlsClient client(plain, options);
        return client.server_common_name();
    };
    EXPECT_EQ(chosen("mail.example.test"), "mail.example.test");
    EXPECT_EQ(chosen("mail.other.test"), "mail.other.test");
    EXPECT_EQ(chosen("MAIL.Other.TEST"), "mail.other.test");
    EXPECT_EQ(chosen("a.wild.test"), "mail.other.test");
    EXPECT_EQ(chosen("a.b.wild.test"), "mail.example.test");  // one label only; the default
    EXPECT_EQ(chosen("wild.test"), "mail.example.test");
    EXPECT_EQ(chosen(""), "mail.example.test");
}

TEST_F(Tls, RsaStandsInForClientsWithoutEcdsa) {
    net::ListenerConfig with = config(net::TlsMode::implicit);
    with.certificates.push_back(certificate("rsa", {"mail.example.test"}, support::KeyKind::rsa));
    Running running;
    ASSERT_EQ(running.add(with), "");
    running.start();
    const auto key_of = [&](const char* algorithms) {
        Client plain(running.port());
        TlsOptions options = trusting();
        SSL_CTX* ctx = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set1_sigalgs_list(ctx, algorithms);
        SSL* ssl = SSL_new(ctx);
        SSL_set_fd(ssl, plain.descriptor());
        const bool good = SSL_connect(ssl) == 1;
        const int kind = good ? EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(ssl))) : 0;
        SSL_free(ssl);
        SSL_CTX_free(ctx);
        return kind;
    };
    EXPECT_EQ(key_of("ECDSA+SHA256:RSA-PSS+SHA256"), EVP_PKEY_EC);
    EXPECT_EQ(key_of("RSA-PSS+SHA256"), EVP_PKEY_RSA);
}

TEST_F(Tls, ClientCertificateIsVerified) {
    net::ListenerConfig with = config(net::TlsMode::implicit);
    with.client_ca_file = authority_.ca_file();
    Running running;
    ASSERT_EQ(running.add(with), "");
    running.start();
    support::LeafOptions person;
    person.common_name = "Ibn Battuta";
    person.email = "ibn@example.test";
    const support::LeafFiles known = authority_.issue("person", person);
    person.email.clear();
    const support::LeafFiles named = authority_.issue("named", person);
    support::TemporaryFolder elsewhere;
    support::CertificateAuthority stranger(elsewhere.path(), "Strange CA");
    const support::LeafFiles unknown = stranger.issue("person", person);
    const auto info = [&](const support::LeafFiles& files) {
        Client plain(running.port());
        TlsOptions options = trusting();
        options.client_certificate = files.chain_file;
        options.client_key = files.key_file;
        TlsClient client(plain, options);
        if (client.line() != "hello") return std::string("refused");
        const std::string text = client.ask("info");
        return text.substr(text.find("subject="));
    };
    EXPECT_EQ(info({}), "subject=");
    EXPECT_EQ(info(known), "subject=ibn@example.test");
    EXPECT_EQ(info(named), "subject=Ibn Battuta");
    EXPECT_EQ(info(unknown), "refused");
}

TEST_F(Tls, StartTlsThrowsAwayWhatWasSentBefore) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::starttls)), "");
    running.start();
    Client plain(running.port());
    EXPECT_EQ(plain.line(), "hello");
    EXPECT_EQ(plain.ask("info"), "127.0.0.1 127.0.0.1 loopback plain sni= subject=");
    plain.send("starttls\r\ninjected\r\n");  // CVE-2011-0411
    EXPECT_EQ(plain.line(), "go ahead");
    TlsClient client(plain, trusting());
    ASSERT_TRUE(client.connected()) << client.error();
    EXPECT_EQ(client.ask("after"), "after");  // and not "injected"
}

TEST_F(Tls, StartTlsOnAListenerWithoutCertificateFails) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client plain(running.port());
    EXPECT_EQ(plain.line(), "hello");
    EXPECT_EQ(plain.ask("starttls"), "go ahead");
    EXPECT_TRUE(plain.closed());
}

/// Asks for TLS once the peer has said its last word, as a session may that works through a pipeline.
boost::asio::awaitable<void> secure_when_gone(std::unique_ptr<net::Connection> connection) {
    net::Wake woken = net::Wake::octets;
    while (woken != net::Wake::closed) woken = co_await connection->wait(5s);
    const bool good = co_await connection->start_tls();
    connection->output() += good ? "secured\r\n" : "not secured\r\n";
    co_await connection->flush();
    connection->close();
}

TEST_F(Tls, StartTlsWithAPeerThatSaysNothingMoreFails) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::starttls), secure_when_gone), "");
    running.start();
    for (int round = 0; round < 2; ++round) {  // the second: the server lives on
        Client plain(running.port());
        plain.send("starttls\r\n");
        ::shutdown(plain.descriptor(), SHUT_WR);
        EXPECT_EQ(plain.line(), "not secured");
        EXPECT_TRUE(plain.closed());
    }
    EXPECT_TRUE(eventually([&] { return running.server->figures().tls_failed == 2; }));
}

TEST_F(Tls, ChannelBindingsAgreeWithTheClient) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Client plain(running.port());
        TlsOptions options = trusting();
        options.version_max = version;
        TlsClient client(plain, options);
        EXPECT_EQ(client.line(), "hello");
        const auto hex = [](const unsigned char* octets, std::size_t count) {
            std::string out;
            for (std::size_t i = 0; i < count; ++i) {
                out += "0123456789abcdef"[octets[i] >> 4];
                out += "0123456789abcdef"[octets[i] & 15U];
            }
            return out;
        };
        unsigned char octets[64];
        const unsigned char none = 0;
        SSL_export_keying_material(client.ssl(), octets, 32, "EXPORTER-Channel-Binding", 24, &none, 0, 1);
        EXPECT_EQ(client.ask("binding tls-exporter"), hex(octets, 32));
        unsigned length = 0;
        X509_digest(SSL_get0_peer_certificate(client.ssl()), EVP_sha256(), octets, &length);
        EXPECT_EQ(client.ask("binding tls-server-end-point"), hex(octets, length));
        EXPECT_EQ(client.ask("binding tls-unique"), "");
    }
}

TEST_F(Tls, TicketsResumeButNotAcrossProtocols) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    net::ListenerConfig other = config(net::TlsMode::implicit);
    other.name = "other";
    other.protocol = "pop3";
    ASSERT_EQ(running.add(other), "");
    running.start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SSL_SESSION* session = nullptr;
        TlsOptions options = trusting();
        options.version_max = version;
        {
            Client plain(running.port());
            TlsClient first(plain, options);
            EXPECT_EQ(first.line(), "hello");
            session = SSL_get1_session(first.ssl());
        }
        options.resume = session;
        Client plain(running.port()), elsewhere(running.port("other"));
        TlsClient again(plain, options);
        EXPECT_EQ(again.line(), "hello");
        EXPECT_EQ(SSL_session_reused(again.ssl()), 1) << version;
        TlsClient crossed(elsewhere, options);
        EXPECT_EQ(crossed.line(), "hello");
        EXPECT_EQ(SSL_session_reused(crossed.ssl()), 0) << version;
        SSL_SESSION_free(session);
    }
}

TEST_F(Tls, RenegotiationIsRefused) {
    Running running;
    ASSERT_EQ(running.add(config(net::TlsMode::implicit)), "");
    running.start();
    Client plain(running.port());
    TlsOptions options = trusting();
    options.version_max = TLS1_2_VERSION;
    TlsClient client(plain, options);
    EXPECT_EQ(client.line(), "hello");
    EXPECT_EQ(SSL_renegotiate(client.ssl()), 1);
    ERR_clear_error();
    EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST_F(Tls, ReloadKeepsSessionsAndServesTheNewCertificate) {
    Running running;
    net::ListenerConfig with = config(net::TlsMode::implicit);
    ASSERT_EQ(running.add(with), "");
    running.start();
    const auto name_now = [&] {
        Client plain(running.port());
        TlsClient client(plain, {});
        return client.server_common_name();
    };
    Client plain(running.port());
    TlsClient old(plain, trusting());
    EXPECT_EQ(old.line(), "hello");
    certificate("main", {"renewed.example.test"});
    EXPECT_EQ(name_now(), "mail.example.test");
    EXPECT_EQ(running.server->reload_certificates(), "");
    EXPECT_EQ(name_now(), "renewed.example.test");
    EXPECT_EQ(old.ask("still"), "still");

    std::filesystem::remove(with.certificates[0].key_file);
    EXPECT_NE(running.server->reload_certificates(), "");
    EXPECT_EQ(name_now(), "renewed.example.test");  // a faulty reload changes nothing
}

TEST_F(Tls, FaultsOfConfigurationAreTold) {
    Running running;
    net::ListenerConfig with = config(net::TlsMode::implicit);
    with.certificates[0].chain_file = "/nonexistent.pem";
    EXPECT_EQ(running.add(with), "echo: /nonexistent.pem: No such file or directory");
    with.certificates.clear();
    EXPECT_EQ(running.add(with), "echo: no certificate");
    with = config(net::TlsMode::implicit);
    with.certificates[0].key_file = certificate("else", {"x.test"}).key_file;
    EXPECT_EQ(running.add(with), "echo: " + with.certificates[0].key_file + ": key values mismatch");
    EXPECT_EQ(running.add(config(net::TlsMode::implicit)), "");  // the name is still free
}

}  // namespace
}  // namespace net_test
