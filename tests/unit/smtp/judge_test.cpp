// Where content filters meet the mail: a judge that does as the message says, and what the session makes of
// it.
#include "mta/judge.hpp"

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "mailauth/dkim_key.hpp"
#include "mailauth/message.hpp"
#include "protocol/smtp/fakes.hpp"
#include "smtp/services.hpp"
#include "support/fake_authenticator.hpp"
#include "support/memory_connection.hpp"

namespace smtp {
namespace {

namespace asio = boost::asio;
using Action = mta::Judgement::Action;

class Text final : public mta::Message {
public:
    explicit Text(std::string octets) : octets_(std::move(octets)) {}
    std::uint64_t size() const override { return octets_.size(); }
    asio::awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        co_return octets_.substr(offset, length);
    }

private:
    const std::string octets_;
};

/// What was seen, for the test.
struct Seen {
    std::string header, body;
    std::string questions;
    std::size_t ended = 0;
};

class ToldJudging final : public mta::Judging {
public:
    explicit ToldJudging(Seen& seen) : seen_(seen) { seen_.header = seen_.body = ""; }
    asio::awaitable<void> header(std::string section) override {
        seen_.header += section;
        co_return;
    }
    asio::awaitable<void> body(std::string_view octets) override {
        seen_.body += octets;
        co_return;
    }
    asio::awaitable<mta::Judgement> finish(const mta::SenderVerdict* sender) override {
        EXPECT_EQ(sender, nullptr) << "nobody is checked here";
        ++seen_.ended;
        mta::Judgement out;
        out.fields = "X-Looked-At: yes\r\n";
        if (seen_.body.find("VIRUS") != std::string::npos) {
            out.action = Action::refuse;
            out.code = 554;
            out.words = "A virus";
        }
        if (seen_.body.find("LATER") != std::string::npos) {
            out.action = Action::refuse;
            out.code = 451;
            out.status = {4, 7, 1};
            out.words = "The scanner is away";
        }
        if (seen_.body.find("REWRITE") != std::string::npos)
            out.rewritten =
                std::make_shared<Text>("Subject: another\r\nReturn-Path: <forged@x>\r\n\r\nclean\r\n");
        co_return out;
    }

private:
    Seen& seen_;
};

class ToldJudge final : public mta::Judge {
public:
    asio::awaitable<mta::JudgeRefusal> at_sender(mta::JudgeFacts facts) override {
        seen.questions += "MAIL " + facts.sender + " " + facts.ip + ";";
        co_return refusal(facts.sender);
    }
    asio::awaitable<mta::JudgeRefusal> at_recipient(mta::JudgeFacts facts, std::string recipient) override {
        seen.questions += "RCPT " + facts.sender + " " + recipient + ";";
        co_return refusal(recipient);
    }
    std::unique_ptr<mta::Judging> begin(mta::JudgeFacts facts) override {
        if (facts.sender.empty()) return nullptr;
        return std::make_unique<ToldJudging>(seen);
    }
    Seen seen;
    bool refuses = true;  ///< "bad…" and "two…"

private:
    mta::JudgeRefusal refusal(const std::string& address) const {
        mta::JudgeRefusal out;
        const bool named = address.starts_with("bad") || address.starts_with("two");
        if (!refuses || !named) return out;
        out.code = 450;
        out.status = {4, 7, 1};
        out.words = "Not now";
        return out;
    }
};

class JudgeTest : public testing::Test {
protected:
    JudgeTest() {
        base::log::set_level("", base::log::Level::off);
        services->hostname = "mx.example.test";
        services->policy = Policy::inbound();
        services->judge = &judge;
    }
    std::string talk(const std::string& octets) {
        support::MemoryOptions options;
        options.peer.address = "192.0.2.9";
        options.peer.loopback = loopback;
        auto pair = support::make_memory_pair(io, options);
        pair.peer.send("EHLO c.test\r\n" + octets + "QUIT\r\n");
        io.restart();
        asio::co_spawn(io, serve(std::move(pair.connection), services),
                       [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
        io.poll();
        pair.peer.close();
        io.restart();
        io.run();
        return pair.peer.received();
    }
    static std::string mail(const std::string& body, const std::string& sender = "a@far.test") {
        return "MAIL FROM:<" + sender +
               ">\r\nRCPT TO:<demo@example.test>\r\nDATA\r\nFrom: a@far.test\r\n"
               "Subject: s\r\n\r\n" +
               body + "\r\n.\r\n";
    }
    bool loopback = false;
    asio::io_context io{1};
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1795299545))};
    base::SeededRandom random{1};
    smtp_test::FakeStore store{clock};
    smtp_test::FakeDirectory directory;
    support::FakeAuthenticator authenticator;
    net::SessionRegistry sessions;
    ToldJudge judge;
    std::shared_ptr<Services> services =
        std::make_shared<Services>(store, directory, authenticator, sessions, clock, random);
};

TEST_F(JudgeTest, sees_all_of_a_message_and_adds_fields) {
    const std::string said = talk(mail("..one\r\ntwo"));
    EXPECT_NE(said.find("250 2.0.0 Ok"), std::string::npos) << said;
    EXPECT_EQ(judge.seen.header, "From: a@far.test\r\nSubject: s\r\n\r\n");
    EXPECT_EQ(judge.seen.body, ".one\r\ntwo\r\n");
    EXPECT_EQ(judge.seen.questions, "MAIL a@far.test 192.0.2.9;RCPT a@far.test demo@example.test;");
    ASSERT_EQ(store.delivered.size(), 1U);
    const std::string& kept = store.delivered.front().octets;
    EXPECT_LT(kept.find("Received:"), kept.find("X-Looked-At: yes\r\n")) << kept;
    EXPECT_LT(kept.find("X-Looked-At: yes\r\n"), kept.find("Subject: s"));
}

TEST_F(JudgeTest, refuses_in_its_own_words) {
    const std::string said = talk(mail("VIRUS") + mail("LATER") + mail("fine"));
    EXPECT_NE(said.find("554 5.7.1 A virus"), std::string::npos) << said;
    EXPECT_NE(said.find("451 4.7.1 The scanner is away"), std::string::npos) << said;
    EXPECT_EQ(store.delivered.size(), 1U);
    EXPECT_EQ(judge.seen.ended, 3U);
}

TEST_F(JudgeTest, is_asked_at_mail_and_rcpt) {
    const std::string said = talk(
        "MAIL FROM:<bad@far.test>\r\nMAIL FROM:<a@far.test>\r\n"
        "RCPT TO:<two@example.test>\r\nRCPT TO:<demo@example.test>\r\n"
        "DATA\r\nFrom: a@far.test\r\n\r\nx\r\n.\r\n");
    std::size_t times = 0;
    for (std::size_t at = said.find("450 4.7.1 Not now"); at != std::string::npos;
         at = said.find("450 4.7.1 Not now", at + 1))
        ++times;
    EXPECT_EQ(times, 2U) << said;
    EXPECT_EQ(store.delivered.size(), 1U);
}

TEST_F(JudgeTest, may_replace_the_message) {
    talk(mail("REWRITE"));
    ASSERT_EQ(store.delivered.size(), 1U);
    const std::string& kept = store.delivered.front().octets;
    EXPECT_NE(kept.find("Subject: another\r\n\r\nclean\r\n"), std::string::npos) << kept;
    EXPECT_NE(kept.find("X-Looked-At: yes"), std::string::npos);
    EXPECT_EQ(kept.find("forged@x"), std::string::npos);
    EXPECT_EQ(kept.find("REWRITE"), std::string::npos);
}

TEST_F(JudgeTest, may_leave_a_message_alone) {
    talk(mail("VIRUS", ""));
    EXPECT_EQ(store.delivered.size(), 1U);
    EXPECT_EQ(judge.seen.ended, 0U);
}

/// What a user sends is signed by example.test.
class SubmittedTest : public JudgeTest {
protected:
    SubmittedTest() {
        directory.keys.resize(1);
        directory.keys[0].selector = "s1";
        directory.keys[0].active = true;
        services->policy = Policy::submission();
        services->policy.require_tls = false;
        loopback = true;  // the password goes in plain text
        services->signing = &signing;
        authenticator.users["demo@example.test"] = {base::AccountId(1), "secret"};
    }
    std::string submit(const std::string& body) {
        return talk("AUTH PLAIN " + base::base64_encode(std::string_view("\0demo@example.test\0secret", 25)) +
                    "\r\nMAIL FROM:<demo@example.test>\r\nRCPT TO:<two@example.test>\r\nDATA\r\n"
                    "From: demo@example.test\r\nSubject: s\r\n\r\n" +
                    body + "\r\n.\r\n");
    }
    static std::string hash_of(std::string_view text) {
        mailauth::BodyHash hash(mailauth::Canonical::relaxed);
        hash.update(text);
        const mailauth::Sha256Digest digest = hash.finish();
        return base::base64_encode(std::string(digest.begin(), digest.end()));
    }
    static std::string body_hash(const std::string& message) {
        const std::size_t at = message.find("bh=");
        if (at == std::string::npos) return "none";
        std::string out;
        for (const char c : message.substr(at + 3, message.find(';', at) - at - 3))
            if (c > ' ') out += c;  // folded
        return out;
    }

    mta::Signing signing{directory, clock};
};

/// Filters first: what they make of a message is what is signed.
TEST_F(SubmittedTest, a_filter_changes_what_is_signed_then) {
    judge.refuses = false;
    directory.keys[0].pem = mailauth::DkimKey::generate_ed25519()->pem();
    const std::string said = submit("REWRITE");
    ASSERT_EQ(store.delivered.size(), 1U) << said;
    const std::string& kept = store.delivered.front().octets;
    const std::size_t first = kept.find("DKIM-Signature:");
    ASSERT_NE(first, std::string::npos) << kept;
    EXPECT_EQ(kept.find("DKIM-Signature:", first + 1), std::string::npos) << kept;
    EXPECT_EQ(body_hash(kept), hash_of("clean\r\n"));
}

/// Keys before filters: a message that will come again is none to be counted, told of or kept by them.
TEST_F(SubmittedTest, no_filter_is_asked_of_what_cannot_be_signed_now) {
    judge.refuses = false;
    directory.keys[0].pem = "sealed:AAAA";
    const std::string said = submit("VIRUS");
    EXPECT_NE(said.find("451 4.3.5 "), std::string::npos) << said;
    EXPECT_EQ(judge.seen.ended, 0U);
    EXPECT_TRUE(store.delivered.empty());
}

}  // namespace
}  // namespace smtp
