// The connector and TLS: opportunistic, demanded, proven; and servers whose TLS is broken or a trap.
#include <boost/asio/strand.hpp>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "bench_stand.hpp"
#include "fake_hop.hpp"
#include "mta/smtp_out/mta_sts.hpp"

namespace smtp_out_test {
namespace {

using Manners = FakeHop::Manners;

Manners with_tls(const HopTls& tls) {
    Manners manners;
    manners.extensions.push_back("STARTTLS");
    manners.tls = tls.context;
    return manners;
}

/// SHA-256 of the public key: TLSA 3 1 1.
std::string key_hash(const HopTls& tls) {
    X509* leaf = SSL_CTX_get0_certificate(tls.context);
    unsigned char* der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(der, static_cast<std::size_t>(length), hash);
    OPENSSL_free(der);
    return {reinterpret_cast<const char*>(hash), sizeof hash};
}

std::shared_ptr<const net::DaneCheck> dane_of(int usage, const std::string& data) {
    auto check = std::make_shared<net::DaneCheck>();
    net::TlsaRecord record;
    record.usage = static_cast<std::uint8_t>(usage);
    record.selector = record.matching = 1;
    record.data = data;
    check->records.push_back(record);
    check->names = {"hop.test"};
    return check;
}

/// A hop with TLS and one delivery to it.
struct Secured {
    explicit Secured(const std::vector<std::string>& names = {"hop.test"}) : tls(names) {
        settings.ca_file = tls.authority.ca_file();
    }
    Attempt deliver(Manners manners, Host host) {
        hop = std::make_unique<FakeHop>(std::move(manners));
        stand = std::make_unique<Stand>(settings);
        stand->envelope = envelope;
        host.port = hop->port;
        stand->finder.plan.hosts = {std::move(host)};
        if (next_hop) stand->next_hop = next_hop;
        return stand->deliver({"a@example.test"});
    }
    HopTls tls;
    Settings settings = quick_settings();
    Envelope envelope = [] {
        Envelope out;
        out.sender = "sender@client.test";
        return out;
    }();
    std::shared_ptr<NextHop> next_hop;
    std::unique_ptr<FakeHop> hop;
    std::unique_ptr<Stand> stand;
};

TEST(ConnectorTls, OpportunisticWithAnyCertificate) {
    Secured s({"quite.another.test"});
    const Attempt attempt = s.deliver(with_tls(s.tls), host_at(0));
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << attempt.outcomes[0].words;
    EXPECT_TRUE(attempt.outcomes[0].tls.used);
    EXPECT_EQ(attempt.outcomes[0].tls.version, "TLSv1.3");
    EXPECT_EQ(attempt.outcomes[0].tls.trust, TlsFacts::Trust::none);
    EXPECT_TRUE(s.hop->messages().at(0).tls);
    ASSERT_EQ(s.stand->reporter.all.size(), 1U);
    EXPECT_EQ(s.stand->reporter.all[0].trouble, TlsTrouble::none);
}

TEST(ConnectorTls, RefusedStartTlsGoesOnInPlainText) {
    Secured s;
    Manners manners = with_tls(s.tls);
    manners.answer = [](const std::string& line) {
        return line == "STARTTLS" ? std::string("454 4.7.0 TLS not available\r\n") : std::string();
    };
    const Attempt attempt = s.deliver(manners, host_at(0));
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed);
    EXPECT_FALSE(attempt.outcomes[0].tls.used);
    EXPECT_EQ(s.hop->connections, 1);
}

TEST(ConnectorTls, BrokenHandshakeIsDoneWithoutAndRemembered) {
    Secured s;
    Manners manners = with_tls(s.tls);
    manners.garbage_tls = true;
    Host host = host_at(0);
    const Attempt attempt = s.deliver(manners, host);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << attempt.outcomes[0].words;
    EXPECT_FALSE(attempt.outcomes[0].tls.used);
    EXPECT_EQ(s.hop->connections, 2);
    // The next connection to this host does not stumble again.
    s.stand->next_hop = std::make_shared<NextHop>(*s.stand->next_hop);
    s.stand->next_hop->name = "other.test";
    EXPECT_EQ(s.stand->deliver({"a@other.test"}).outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(s.hop->connections, 3);
    EXPECT_EQ(s.stand->reporter.all.at(0).trouble, TlsTrouble::handshake);
}

TEST(ConnectorTls, DemandedTlsNeverFallsBack) {
    for (const TlsDemand demand : {TlsDemand::any, TlsDemand::name, TlsDemand::dane}) {
        for (const int trap : {0, 1, 2}) {
            Secured s;
            Manners manners = with_tls(s.tls);
            if (trap == 0) manners.extensions.pop_back();  // not offered
            if (trap == 1) manners.garbage_tls = true;
            if (trap == 2) {
                manners.answer = [](const std::string& line) {
                    return line == "STARTTLS" ? std::string("454 4.7.0 no\r\n") : std::string();
                };
            }
            Host host = host_at(0);
            host.tls = demand;
            if (demand == TlsDemand::dane) host.dane = dane_of(3, key_hash(s.tls));
            const Attempt attempt = s.deliver(manners, host);
            EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
            EXPECT_EQ(attempt.outcomes[0].status.subject, 7) << attempt.outcomes[0].words;
            EXPECT_TRUE(s.hop->messages().empty());
        }
    }
}

TEST(ConnectorTls, PlainTextBehindStartTlsIsATrap) {
    // threats.md 2: replies that somebody has put behind the 220 must not be taken for the server's.
    for (const TlsDemand demand : {TlsDemand::if_offered, TlsDemand::any}) {
        Secured s;
        Manners manners = with_tls(s.tls);
        manners.behind_starttls = "250-evil.test\r\n250 AUTH PLAIN\r\n";
        Host host = host_at(0);
        host.tls = demand;
        const Attempt attempt = s.deliver(manners, host);
        if (demand == TlsDemand::any) {
            EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
            EXPECT_EQ(attempt.outcomes[0].status.text(), "4.7.5");
            EXPECT_TRUE(s.hop->messages().empty());
        } else {
            // Nobody demanded TLS: in plain text, where nothing can be injected.
            EXPECT_FALSE(attempt.outcomes[0].tls.used);
        }
    }
}

TEST(ConnectorTls, NameOfTheHostMustBeRight) {
    struct Case {
        const char *certified, *host;
        bool known_authority, good;
    };
    for (const Case& c :
         {Case{"hop.test", "hop.test", true, true}, Case{"other.test", "hop.test", true, false},
          Case{"hop.test", "hop.test", false, false}, Case{"*.hop.test", "a.hop.test", true, true},
          Case{"*.hop.test", "a.b.hop.test", true, false}}) {
        Secured s({c.certified});
        if (!c.known_authority) s.settings.ca_file.clear();
        Host host = host_at(0, c.host);
        host.tls = TlsDemand::name;
        host.trust = TlsFacts::Trust::mta_sts;
        const Attempt attempt = s.deliver(with_tls(s.tls), host);
        EXPECT_EQ(attempt.outcomes[0].fate, c.good ? Fate::relayed : Fate::deferred) << c.certified;
        if (c.good) {
            EXPECT_EQ(attempt.outcomes[0].tls.trust, TlsFacts::Trust::mta_sts);
        } else {
            EXPECT_EQ(s.stand->reporter.all.at(0).trouble,
                      c.known_authority ? TlsTrouble::other_host : TlsTrouble::not_trusted);
        }
    }
}

TEST(ConnectorTls, Dane) {
    Secured s({"not.the.hop.test"});  // with usage 3 the name does not matter: RFC 7672 section 3.1.1
    for (const bool right : {true, false}) {
        Host host = host_at(0);
        host.tls = TlsDemand::dane;
        host.trust = TlsFacts::Trust::dane;
        host.dane = dane_of(3, right ? key_hash(s.tls) : std::string(32, 'x'));
        const Attempt attempt = s.deliver(with_tls(s.tls), host);
        EXPECT_EQ(attempt.outcomes[0].fate, right ? Fate::relayed : Fate::deferred)
            << attempt.outcomes[0].words;
        EXPECT_EQ(attempt.outcomes[0].tls.trust, right ? TlsFacts::Trust::dane : TlsFacts::Trust::none);
    }
}

TEST(ConnectorTls, APolicyUnderTestIsReportedOnAndNotObeyed) {
    Secured s({"other.test"});
    Host host = host_at(0);
    host.tls = TlsDemand::name;
    host.trust = TlsFacts::Trust::mta_sts;
    host.testing = true;
    auto policy = std::make_shared<StsPolicy>();
    policy->mode = StsPolicy::Mode::testing;
    host.sts = policy;
    const Attempt attempt = s.deliver(with_tls(s.tls), host);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << attempt.outcomes[0].words;
    EXPECT_TRUE(attempt.outcomes[0].tls.used);
    ASSERT_GE(s.stand->reporter.all.size(), 1U);
    EXPECT_EQ(s.stand->reporter.all[0].trouble, TlsTrouble::other_host);
    EXPECT_TRUE(s.stand->reporter.all[0].host.sts);
}

TEST(ConnectorTls, AHostThatCannotBeUsedIsPassedOver) {
    FakeHop second({});
    Stand stand;
    Host first = host_at(second.port, "first.test");
    first.unusable = Failure::ours("dns", {4, 7, 5}, "the host's TLSA records fail DNSSEC");
    stand.finder.plan.hosts = {first};
    Attempt attempt = stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[0].words, "the host's TLSA records fail DNSSEC");
    EXPECT_EQ(second.connections, 0);
    stand.finder.plan.hosts.push_back(host_at(second.port, "second.test"));
    attempt = stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].host, "second.test");
}

TEST(ConnectorTls, RequireTls) {
    // RFC 8689 section 4.2.1.
    for (const bool offered : {true, false}) {
        Secured s;
        s.envelope.require_tls = true;
        Manners manners = with_tls(s.tls);
        manners.extensions_over_tls = {"PIPELINING"};
        if (offered) manners.extensions_over_tls.push_back("REQUIRETLS");
        Host host = host_at(0);
        host.tls = TlsDemand::name;
        host.trust = TlsFacts::Trust::mta_sts;
        const Attempt attempt = s.deliver(manners, host);
        EXPECT_EQ(s.stand->finder.last_wish, TlsWish::required);
        if (offered) {
            EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << attempt.outcomes[0].words;
            EXPECT_TRUE(s.hop->messages().at(0).mail.ends_with(" REQUIRETLS"));
        } else {
            EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
            EXPECT_EQ(attempt.outcomes[0].status.text(), "5.7.30");
        }
    }
    Secured s({"other.test"});
    s.envelope.require_tls = true;
    Host host = host_at(0);
    host.tls = TlsDemand::name;
    const Attempt attempt = s.deliver(with_tls(s.tls), host);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.7.10");
}

TEST(ConnectorTls, SmartHostWithImplicitTlsAndLogin) {
    Secured s;
    Manners manners;
    manners.tls = s.tls.context;
    manners.implicit_tls = true;
    manners.extensions.push_back("AUTH PLAIN LOGIN");
    auto authenticated = std::make_shared<std::atomic<bool>>(false);
    manners.answer = [authenticated](const std::string& line) -> std::string {
        if (line == "AUTH PLAIN AHVzZXIAcGVuY2ls") {  // user, pencil
            *authenticated = true;
            return "235 2.7.0 welcome\r\n";
        }
        if (line.starts_with("MAIL") && !*authenticated) return "530 5.7.0 who are you?\r\n";
        return {};
    };
    auto credentials = std::make_shared<Credentials>();
    credentials->user = "user";
    credentials->password = base::Secret("pencil");
    s.next_hop = std::make_shared<NextHop>();
    s.next_hop->kind = NextHop::Kind::host;
    s.next_hop->name = "hop.test";
    s.next_hop->implicit_tls = true;
    s.next_hop->credentials = credentials;
    Host host = host_at(0);
    host.implicit_tls = true;
    host.tls = TlsDemand::name;
    const Attempt attempt = s.deliver(manners, host);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << attempt.outcomes[0].words;
    EXPECT_TRUE(s.hop->messages().at(0).tls);
}

TEST(ConnectorTls, AWrongPasswordIsNotTheSendersFault) {
    Secured s;
    Manners manners = with_tls(s.tls);
    manners.extensions_over_tls = {"AUTH PLAIN"};
    manners.answer = [](const std::string& line) {
        return line.starts_with("AUTH") ? std::string("535 5.7.8 wrong\r\n") : std::string();
    };
    auto credentials = std::make_shared<Credentials>();
    credentials->user = "user";
    s.next_hop = std::make_shared<NextHop>();
    s.next_hop->kind = NextHop::Kind::host;
    s.next_hop->credentials = credentials;
    Host host = host_at(0);
    host.tls = TlsDemand::name;
    const Attempt attempt = s.deliver(manners, host);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "4.7.8");
    EXPECT_EQ(attempt.outcomes[0].words, "535 5.7.8 wrong");
    EXPECT_EQ(attempt.hosts.at(0).stage, "auth");
}

}  // namespace
}  // namespace smtp_out_test
