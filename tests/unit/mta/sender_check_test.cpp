// Whether a message is from whom it says, over a zone in memory; what is done with it; and signatures of our
// own.
#include "mta/sender_check.hpp"

#include <map>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "mailauth/dkim_sign.hpp"
#include "mailauth/message.hpp"

namespace mta {
namespace {

namespace asio = boost::asio;
using Action = SenderVerdict::Action;
using Dmarc = SenderCheckSettings::Dmarc;

/// TXT records by name; names that begin with "mute" have no answer.
class Zone final : public MailDns {
public:
    asio::awaitable<mailauth::Answer> ask(mailauth::Query query) override {
        mailauth::Answer out;
        ++questions;
        if (query.name.find("mute") != std::string::npos) co_return out;
        const auto found = texts.find(query.name);
        const bool there = found != texts.end() && query.type == mailauth::DnsType::txt;
        out.status = there ? mailauth::DnsStatus::found : mailauth::DnsStatus::nxdomain;
        if (there) out.texts.push_back(found->second);
        co_return out;
    }
    std::map<std::string, std::string> texts;
    int questions = 0;
};

std::string letter(const std::string& from, const std::string& more = {}) {
    return more + "From: " + from + "\r\nSubject: s\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\nbody\r\n";
}

class SenderTest : public testing::Test {
protected:
    SenderTest() {
        settings.hostname = "mail.ours.test";
        zone.texts = {{"good.test", "v=spf1 ip4:192.0.2.7 -all"},
                      {"_dmarc.good.test", "v=DMARC1; p=reject"},
                      {"strict.test", "v=spf1 -all"},
                      {"_dmarc.strict.test", "v=DMARC1; p=reject"},
                      {"doubtful.test", "v=spf1 -all"},
                      {"_dmarc.doubtful.test", "v=DMARC1; p=quarantine"},
                      {"plain.test", "v=spf1 -all"}};
    }
    SenderVerdict check(const std::string& sender, const std::string& message, bool own = false) {
        SenderFacts facts;
        facts.ip = "192.0.2.7";
        facts.hello = "client.test";
        facts.mail_from = sender;
        facts.own_domain = own;
        asio::io_context io;
        std::optional<SenderVerdict> out;
        auto one = std::make_shared<SenderCheck>(
            zone, base::Clock::system(), std::make_shared<const SenderCheckSettings>(settings), facts);
        const std::size_t body = mailauth::body_offset(message);
        one->header(message.substr(0, body), io.get_executor());
        one->body(std::string_view(message).substr(body, 3));
        one->body(std::string_view(message).substr(body + 3));
        asio::co_spawn(io, one->finish(), [&](const std::exception_ptr& failed, SenderVerdict verdict) {
            EXPECT_FALSE(failed);
            out = std::move(verdict);
        });
        io.run();
        return std::move(*out);
    }
    SenderCheckSettings settings;
    Zone zone;
};

TEST_F(SenderTest, policies) {
    const SenderVerdict good = check("a@good.test", letter("a@good.test"));
    EXPECT_EQ(good.action, Action::none);
    EXPECT_EQ(good.text(), "spf=pass dkim=none dmarc=pass");
    EXPECT_TRUE(good.field.starts_with("Authentication-Results: mail.ours.test;")) << good.field;
    const SenderVerdict strict = check("a@strict.test", letter("a@strict.test"));
    EXPECT_EQ(strict.action, Action::refuse);
    EXPECT_EQ(strict.status, (Status{5, 7, 26}));
    EXPECT_EQ(check("a@doubtful.test", letter("a@doubtful.test")).action, Action::junk);
    EXPECT_EQ(check("a@plain.test", letter("a@plain.test")).action, Action::none);
    // The envelope proves another domain than the one that is read.
    EXPECT_EQ(check("a@good.test", letter("a@strict.test")).action, Action::refuse);
    // Two authors: the stricter one counts.
    EXPECT_EQ(check("a@good.test", letter("a@good.test, b@strict.test")).action, Action::refuse);
}

TEST_F(SenderTest, settings_soften_and_harden) {
    settings.dmarc = Dmarc::junk;
    EXPECT_EQ(check("a@strict.test", letter("a@strict.test")).action, Action::junk);
    settings.dmarc = Dmarc::note;
    EXPECT_EQ(check("a@strict.test", letter("a@strict.test")).action, Action::none);
    settings.refuse_spf_fail = true;
    const SenderVerdict plain = check("a@plain.test", letter("a@plain.test"));
    EXPECT_EQ(plain.status, (Status{5, 7, 23}));
}

TEST_F(SenderTest, one_of_us_needs_proof) {
    EXPECT_EQ(check("a@plain.test", letter("a@plain.test"), true).status, (Status{5, 7, 1}));
    EXPECT_EQ(check("a@good.test", letter("a@good.test"), true).action, Action::none);
    // What cannot be known proves nothing, for or against.
    EXPECT_EQ(check("a@mute.test", letter("a@mute.test"), true).action, Action::none);
    settings.own_senders_need_proof = false;
    EXPECT_EQ(check("a@plain.test", letter("a@plain.test"), true).action, Action::none);
}

TEST_F(SenderTest, no_answer_is_no_verdict) {
    const SenderVerdict mute = check("a@mute.test", letter("a@mute.test"));
    EXPECT_EQ(mute.action, Action::none);
    EXPECT_EQ(mute.text(), "spf=temperror dkim=none dmarc=temperror");
    settings.dns_max = std::chrono::seconds(-1);  // its time is over before it began
    const int before = zone.questions;
    EXPECT_EQ(check("a@good.test", letter("a@good.test")).text(), "spf=temperror dkim=none dmarc=temperror");
    EXPECT_EQ(zone.questions, before);
}

TEST_F(SenderTest, a_signature_speaks_for_the_author) {
    const auto key = std::make_shared<const mailauth::DkimKey>(*mailauth::DkimKey::generate_ed25519());
    zone.texts["one._domainkey.strict.test"] = key->dns_record();
    mailauth::DkimSigningKey with;
    with.key = key;
    with.options.domain = "strict.test";
    with.options.selector = "one";
    with.options.now = std::chrono::seconds(base::unix_seconds(base::Clock::system().now()));
    const std::string message = letter("a@strict.test");
    std::string fault;
    const std::string fields = mailauth::sign_dkim(message, {with}, fault);
    ASSERT_FALSE(fields.empty()) << fault;
    const SenderVerdict verdict = check("a@plain.test", fields + message);
    EXPECT_EQ(verdict.text(), "spf=fail dkim=pass dmarc=pass");
    EXPECT_EQ(verdict.action, Action::none);
    const SenderVerdict changed = check("a@plain.test", fields + message + "more\r\n");
    EXPECT_EQ(changed.text(), "spf=fail dkim=fail dmarc=fail");
    EXPECT_EQ(changed.action, Action::refuse);
}

TEST(Decide, a_trusted_seal_saves_what_broke_on_its_way) {
    SenderCheckSettings settings;
    SenderVerdict verdict;
    verdict.dmarc.status = mailauth::DmarcStatus::fail;
    verdict.dmarc.policy = mailauth::DmarcPolicy::reject;
    verdict.arc.status = mailauth::ArcStatus::pass;
    verdict.arc.sets.emplace_back().domain = "list.test";
    SenderVerdict untrusted = verdict;
    decide(untrusted, SenderFacts(), settings);
    EXPECT_EQ(untrusted.action, Action::refuse);
    settings.arc_trusted = {"LIST.test"};
    decide(verdict, SenderFacts(), settings);
    EXPECT_EQ(verdict.action, Action::none);
}

}  // namespace
}  // namespace mta
