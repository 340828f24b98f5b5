// The dialogue as pure state: opening with TLS and AUTH, transactions with and without pipelining.
#include <gtest/gtest.h>

#include "auth/crypto.hpp"
#include "base/base64.hpp"
#include "mta/smtp_out/syntax/opening.hpp"
#include "mta/smtp_out/syntax/transfer.hpp"

namespace smtp_out_test {
namespace {
using namespace mta;
using namespace mta::smtp_out;

Reply reply(std::string_view text) {
    ReplyParser parser;
    const std::string octets = std::string(text) + "\r\n";
    const auto step = parser.next(octets);
    EXPECT_EQ(step.outcome, ReplyParser::Outcome::reply) << text;
    return parser.reply();
}

/// Gives replies, shows what is said to each.
struct Opened {
    explicit Opened(OpeningSettings settings) : opening(with_name(std::move(settings)), random) {}
    static OpeningSettings with_name(OpeningSettings settings) {
        settings.helo = "client.test";
        return settings;
    }
    std::string say(std::string_view text) {
        std::string out;
        opening.take(reply(text), out);
        return out;
    }
    std::string tls() {
        std::string out;
        opening.tls_started({.exporter = "0123456789abcdef", .end_point = "xyz"}, out);
        return out;
    }
    base::SeededRandom random{7};
    Opening opening;
};

std::shared_ptr<const Credentials> login() {
    auto out = std::make_shared<Credentials>();
    out->user = "user";
    out->password = base::Secret("pencil");
    return out;
}

TEST(OpeningTest, StartTlsForgetsWhatWasOffered) {
    Opened o({});
    EXPECT_EQ(o.say("220 hop.test"), "EHLO client.test\r\n");
    EXPECT_EQ(o.say("250-hop.test\r\n250-PIPELINING\r\n250 STARTTLS"), "STARTTLS\r\n");
    EXPECT_EQ(o.say("220 go"), "");
    EXPECT_EQ(o.opening.step(), Opening::Step::start_tls);
    EXPECT_EQ(o.tls(), "EHLO client.test\r\n");
    EXPECT_EQ(o.say("250-hop.test\r\n250 DSN"), "");
    EXPECT_EQ(o.opening.step(), Opening::Step::ready);
    EXPECT_TRUE(o.opening.extensions().dsn);
    EXPECT_FALSE(o.opening.extensions().pipelining);
}

TEST(OpeningTest, StartTlsRefused) {
    for (const bool must : {false, true}) {
        OpeningSettings settings;
        settings.tls = must ? OpeningSettings::Tls::must : OpeningSettings::Tls::if_offered;
        Opened o(settings);
        o.say("220 hop.test");
        o.say("250-hop.test\r\n250 STARTTLS");
        o.say("454 4.7.0 not now");
        EXPECT_EQ(o.opening.step(), must ? Opening::Step::failed : Opening::Step::ready);
        EXPECT_TRUE(o.opening.tls_refused());
        if (must) {
            EXPECT_EQ(o.opening.failure().fate, Fate::deferred);
            EXPECT_EQ(o.opening.failure().status.text(), "4.7.0");
        }
    }
}

TEST(OpeningTest, TlsRequiredAndNotOffered) {
    OpeningSettings settings;
    settings.tls = OpeningSettings::Tls::must;
    Opened o(settings);
    o.say("220 hop.test");
    o.say("250-hop.test\r\n250-REQUIRETLS\r\n250 DSN");
    EXPECT_EQ(o.opening.step(), Opening::Step::failed);
    EXPECT_EQ(o.opening.failure().status.text(), "4.7.10");
}

TEST(OpeningTest, RequireTlsCountsOverTlsOnly) {
    Opened o({});
    o.say("220 hop.test");
    o.say("250-hop.test\r\n250 REQUIRETLS");
    EXPECT_EQ(o.opening.step(), Opening::Step::ready);
    EXPECT_FALSE(o.opening.extensions().require_tls);
}

TEST(OpeningTest, PasswordIsNotShownWithoutTls) {
    OpeningSettings settings;
    settings.credentials = login();
    Opened o(settings);
    o.say("220 hop.test");
    EXPECT_EQ(o.say("250-hop.test\r\n250 AUTH PLAIN LOGIN"), "");
    EXPECT_EQ(o.opening.step(), Opening::Step::failed);
    EXPECT_EQ(o.opening.failure().status.text(), "4.7.8");
}

TEST(OpeningTest, AuthPlainAndWrongPassword) {
    OpeningSettings settings;
    settings.credentials = login();
    settings.tls_on = true;
    Opened o(settings);
    EXPECT_EQ(o.tls(), "");
    o.say("220 hop.test");
    EXPECT_EQ(o.say("250-hop.test\r\n250 AUTH PLAIN LOGIN"),
              "AUTH PLAIN " + base::base64_encode(std::string("\0user\0pencil", 12)) + "\r\n");
    EXPECT_EQ(o.say("535 5.7.8 no"), "AUTH LOGIN\r\n");
    EXPECT_EQ(o.say("334 VXNlcm5hbWU6"), base::base64_encode("user") + "\r\n");
    EXPECT_EQ(o.say("334 UGFzc3dvcmQ6"), base::base64_encode("pencil") + "\r\n");
    o.say("535 5.7.8 no");
    EXPECT_EQ(o.opening.step(), Opening::Step::failed);
    EXPECT_EQ(o.opening.failure().fate, Fate::deferred);
    EXPECT_EQ(o.opening.failure().status.text(), "4.7.8");
    EXPECT_EQ(o.opening.failure().words, "535 5.7.8 no");
}

TEST(OpeningTest, AuthCramMd5) {
    // RFC 2195 section 2.
    auto credentials = std::make_shared<Credentials>();
    credentials->user = "tim";
    credentials->password = base::Secret("tanstaaftanstaaf");
    OpeningSettings settings;
    settings.credentials = credentials;
    Opened o(settings);
    o.say("220 hop.test");
    EXPECT_EQ(o.say("250-hop.test\r\n250 AUTH CRAM-MD5"), "AUTH CRAM-MD5\r\n");
    EXPECT_EQ(o.say("334 " + base::base64_encode("<1896.697170952@postoffice.reston.mci.net>")),
              base::base64_encode("tim b913a602c7eda7a495b4e6e7334d3890") + "\r\n");
    o.say("235 ok");
    EXPECT_EQ(o.opening.step(), Opening::Step::ready);
    EXPECT_TRUE(o.opening.authenticated());
}

/// A server's side of SCRAM-SHA-256, so far as the test needs it.
struct ScramServer {
    explicit ScramServer(std::string password) : password_(std::move(password)) {}
    std::string first(const std::string& client_first) {
        bare_ = client_first.substr(client_first.find("n="));
        nonce_ = bare_.substr(bare_.find("r=") + 2) + "server";
        first_ = "r=" + nonce_ + ",s=" + base::base64_encode("saltsalt") + ",i=4096";
        return first_;
    }
    bool good(const std::string& client_final) {
        const auto proof_at = client_final.find(",p=");
        message_ = bare_ + "," + first_ + "," + client_final.substr(0, proof_at);
        const auto salted = auth::pbkdf2(auth::Digest::sha_256, password_, "saltsalt", 4096);
        const auto key = auth::hmac(auth::Digest::sha_256, salted, "Client Key");
        std::string proof =
            auth::hmac(auth::Digest::sha_256, auth::hash(auth::Digest::sha_256, key), message_);
        for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ key[i]);
        signature = auth::hmac(auth::Digest::sha_256, auth::hmac(auth::Digest::sha_256, salted, "Server Key"),
                               message_);
        return client_final.substr(proof_at + 3) == base::base64_encode(proof);
    }
    std::string signature;

private:
    std::string password_, bare_, nonce_, first_, message_;
};

std::string decoded(const std::string& line) { return *base::base64_decode(line.substr(0, line.size() - 2)); }

TEST(OpeningTest, ScramPlusBindsTheChannel) {
    OpeningSettings settings;
    settings.credentials = login();
    settings.tls_on = true;
    Opened o(settings);
    o.tls();
    o.say("220 hop.test");
    const std::string auth = o.say("250-hop.test\r\n250 AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS");
    ASSERT_TRUE(auth.starts_with("AUTH SCRAM-SHA-256-PLUS "));
    const std::string first = decoded(auth.substr(24));
    EXPECT_TRUE(first.starts_with("p=tls-exporter,,n=user,r="));
    ScramServer server("pencil");
    const std::string final = decoded(o.say("334 " + base::base64_encode(server.first(first))));
    EXPECT_TRUE(final.starts_with("c=" + base::base64_encode("p=tls-exporter,,0123456789abcdef") + ",r="));
    EXPECT_TRUE(server.good(final));
    EXPECT_EQ(o.say("334 " + base::base64_encode("v=" + base::base64_encode(server.signature))), "\r\n");
    o.say("235 2.7.0 ok");
    EXPECT_EQ(o.opening.step(), Opening::Step::ready);
}

TEST(OpeningTest, AServerThatCannotProveItselfIsNotBelieved) {
    for (const int lie : {0, 1, 2, 3}) {
        OpeningSettings settings;
        settings.credentials = login();
        settings.tls_on = true;
        Opened o(settings);
        o.tls();
        o.say("220 hop.test");
        const std::string auth = o.say("250-hop.test\r\n250 AUTH SCRAM-SHA-256 PLAIN");
        ASSERT_TRUE(auth.starts_with("AUTH SCRAM-SHA-256 "));
        EXPECT_TRUE(decoded(auth.substr(19)).starts_with("y,,")) << "somebody may have taken the -PLUS away";
        ScramServer server("pencil");
        std::string said;
        if (lie == 0) {  // success without any proof
            o.say("235 welcome");
        } else if (lie == 1) {  // success before its signature
            o.say("334 " + base::base64_encode(server.first(decoded(auth.substr(19)))));
            o.say("235 welcome");
        } else if (lie == 2) {  // a wrong signature
            server.good(decoded(o.say("334 " + base::base64_encode(server.first(decoded(auth.substr(19)))))));
            said = o.say("334 " + base::base64_encode("v=" + base::base64_encode("wrong")));
            EXPECT_EQ(said, "*\r\n");
            o.say("501 cancelled");
        } else {  // another nonce
            said = o.say("334 " + base::base64_encode("r=mine,s=c2FsdA==,i=4096"));
            EXPECT_EQ(said, "*\r\n");
            said = o.say("501 cancelled");
            EXPECT_EQ(said, "") << "PLAIN would show it the password";
        }
        EXPECT_EQ(o.opening.step(), Opening::Step::failed) << lie;
    }
}

TEST(OpeningTest, IterationsAreBounded) {
    OpeningSettings settings;
    settings.credentials = login();
    Opened o(settings);
    o.say("220 hop.test");
    const std::string auth = o.say("250-hop.test\r\n250 AUTH SCRAM-SHA-1");
    const std::string first = decoded(auth.substr(17));
    const std::string nonce = first.substr(first.find("r=") + 2);
    EXPECT_EQ(o.say("334 " + base::base64_encode("r=" + nonce + "x,s=c2FsdA==,i=4000000000")), "*\r\n");
}

// ---- transactions ----

struct Transaction {
    Transaction(const std::vector<std::string>& lines, std::size_t recipients, bool chunks = false) {
        Reply offer;
        offer.code = 250;
        offer.lines = {"hop.test"};
        offer.lines.insert(offer.lines.end(), lines.begin(), lines.end());
        extensions = read_extensions(offer);
        auto said = std::make_shared<Envelope>();
        said->sender = "s@client.test";
        for (std::size_t i = 0; i < recipients; ++i) {
            Recipient recipient;
            recipient.address = "r" + std::to_string(i) + "@example.test";
            all.push_back(recipient);
        }
        for (const Recipient& recipient : all) pointers.push_back(&recipient);
        TransferSettings settings;
        settings.chunks = chunks;
        transfer = std::make_unique<Transfer>(extensions, said, pointers, settings);
    }
    std::string start() {
        std::string out;
        transfer->start(out);
        return out;
    }
    std::string say(std::string_view text) {
        std::string out;
        transfer->take(reply(text), out);
        return out;
    }
    std::string fates() const {
        std::string out;
        for (const auto& outcome : transfer->outcomes())
            out += !outcome ? '-' : "dfDr"[static_cast<int>(outcome->fate)];
        return out;
    }
    Extensions extensions;
    std::vector<Recipient> all;
    std::vector<const Recipient*> pointers;
    std::unique_ptr<Transfer> transfer;
};

TEST(TransferTest, PipelinedInOneGroup) {
    Transaction t({"PIPELINING"}, 2);
    EXPECT_EQ(
        t.start(),
        "MAIL FROM:<s@client.test>\r\nRCPT TO:<r0@example.test>\r\nRCPT TO:<r1@example.test>\r\nDATA\r\n");
    t.say("250 ok");
    t.say("250 ok");
    t.say("550 5.1.1 no");
    EXPECT_EQ(t.say("354 go"), "");
    EXPECT_EQ(t.transfer->step(), Transfer::Step::body);
    EXPECT_FALSE(t.transfer->only_dot());
    t.transfer->body_sent();
    EXPECT_TRUE(t.transfer->undecided());
    t.say("250 ok");
    EXPECT_EQ(t.fates(), "rf");
    EXPECT_TRUE(t.transfer->reusable());
}

TEST(TransferTest, OneByOneWithoutPipelining) {
    Transaction t({}, 2);
    EXPECT_EQ(t.start(), "MAIL FROM:<s@client.test>\r\n");
    EXPECT_EQ(t.say("250 ok"), "RCPT TO:<r0@example.test>\r\n");
    EXPECT_EQ(t.say("550 no"), "RCPT TO:<r1@example.test>\r\n");
    EXPECT_EQ(t.say("550 no"), "RSET\r\n") << "no DATA for nobody";
    t.say("250 ok");
    EXPECT_EQ(t.fates(), "ff");
    EXPECT_TRUE(t.transfer->reusable());
}

TEST(TransferTest, SenderRefusedInAPipeline) {
    Transaction t({"PIPELINING"}, 2);
    t.start();
    t.say("550 5.7.1 not you");
    t.say("503 mail first");
    t.say("503 mail first");
    EXPECT_EQ(t.say("503 rcpt first"), "RSET\r\n");
    t.say("250 ok");
    EXPECT_EQ(t.fates(), "ff");
    EXPECT_EQ(t.transfer->outcomes()[1]->status.text(), "5.7.1");
    EXPECT_TRUE(t.transfer->refusal().has_value());
    EXPECT_TRUE(t.transfer->reusable());
}

TEST(TransferTest, AWindowOfCommands) {
    Transaction t({"PIPELINING"}, 100);
    const std::string first = t.start();
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(first, '\n')), TransferSettings::pipelined_max);
    EXPECT_EQ(t.say("250 ok"), "RCPT TO:<r99@example.test>\r\n");
    EXPECT_EQ(t.say("250 ok"), "DATA\r\n");
}

TEST(TransferTest, ChunksWaitForTheEnvelope) {
    Transaction t({"PIPELINING", "CHUNKING"}, 1, true);
    EXPECT_EQ(t.start(), "MAIL FROM:<s@client.test>\r\nRCPT TO:<r0@example.test>\r\n");
    t.say("250 ok");
    t.say("250 ok");
    EXPECT_EQ(t.transfer->step(), Transfer::Step::chunk);
    std::string out;
    t.transfer->chunk(out, "abc", false);
    t.transfer->chunk(out, "de", true);
    EXPECT_EQ(out, "BDAT 3\r\nabcBDAT 2 LAST\r\nde");
    t.say("250 ok");
    t.say("250 ok");
    EXPECT_EQ(t.fates(), "r");
}

TEST(TransferTest, OddAnswersAreNoSuccess) {
    {
        Transaction t({}, 1);
        t.start();
        t.say("354 go");  // to MAIL
        EXPECT_EQ(t.fates(), "d");
        EXPECT_FALSE(t.transfer->reusable());
    }
    {
        Transaction t({}, 1);
        t.start();
        t.say("250 ok");
        t.say("250 ok");
        t.say("354 go");
        t.transfer->body_sent();
        t.say("354 again");
        EXPECT_EQ(t.fates(), "d");
        EXPECT_FALSE(t.transfer->reusable());
    }
}

TEST(TransferTest, DemandsThatAServerCannotMeet) {
    Envelope envelope;
    envelope.sender = "a@b";
    MailOptions mail;
    mail.now = base::SystemTime(std::chrono::seconds(1'000));
    Extensions none, all;
    all.require_tls = all.deliver_by = true;
    all.deliver_by_min = 60;
    const auto why = [&](bool trusted, const Extensions& extensions) {
        const auto out = unmet_demand(envelope, mail, trusted, extensions);
        return out ? out->status.text() : std::string();
    };
    EXPECT_EQ(why(false, none), "");
    envelope.require_tls = true;
    EXPECT_EQ(why(false, all), "5.7.10");
    EXPECT_EQ(why(true, none), "5.7.30");
    EXPECT_EQ(why(true, all), "");
    envelope.sender.clear();
    EXPECT_EQ(why(false, none), "") << "reports go on, RFC 8689 section 5";
    envelope.deliver_by = DeliverBy{mail.now + std::chrono::seconds(100), false, false};
    EXPECT_EQ(why(false, none), "5.3.3");
    EXPECT_EQ(why(false, all), "");
    envelope.deliver_by->deadline = mail.now + std::chrono::seconds(30);
    EXPECT_EQ(why(false, all), "5.4.7");
    envelope.deliver_by->notify_only = true;
    EXPECT_EQ(why(false, none), "");
}

}  // namespace
}  // namespace smtp_out_test
