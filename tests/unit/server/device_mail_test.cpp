// What a phone sends: handed to the agent whole, or refused with nobody having got it.
#include "server/device_mail.hpp"

#include "unit/mta/agent_fixture.hpp"
#include "unit/mta/shy_directory.hpp"

namespace server {
namespace {

using boost::asio::awaitable;
using eas::Submitted;
using store::engine::Fault;

/// Says of each message what it is told to.
class ToldJudge final : public mta::Judge {
public:
    awaitable<mta::JudgeRefusal> at_sender(mta::JudgeFacts facts) override {
        last = std::move(facts);
        co_return sender;
    }
    awaitable<mta::JudgeRefusal> at_recipient(mta::JudgeFacts, std::string address) override {
        mta::JudgeRefusal out;
        if (address == unwanted) out.code = code;
        co_return out;
    }
    std::unique_ptr<mta::Judging> begin(mta::JudgeFacts facts) override {
        last = std::move(facts);
        seen.clear();
        return std::make_unique<One>(*this);
    }

    mta::JudgeRefusal sender;
    std::string unwanted;
    std::uint16_t code = 0;
    mta::Judgement judgement;
    mta::JudgeFacts last;
    std::string seen;

private:
    class One final : public mta::Judging {
    public:
        explicit One(ToldJudge& told) : told_(told) {}
        awaitable<void> header(std::string section) override {
            told_.seen += section + "|";
            co_return;
        }
        awaitable<void> body(std::string_view octets) override {
            told_.seen += octets;
            co_return;
        }
        awaitable<mta::Judgement> finish(const mta::SenderVerdict*) override { co_return told_.judgement; }

    private:
        ToldJudge& told_;
    };
};

class Text final : public mta::Message {
public:
    explicit Text(std::string text) : text_(std::move(text)) {}
    std::uint64_t size() const override { return text_.size(); }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        co_return text_.substr(static_cast<std::size_t>(offset), length);
    }

private:
    const std::string text_;
};

class DeviceMailTest : public mta::AgentTest {
protected:
    DeviceMailTest() { make(); }
    ~DeviceMailTest() override {
        mail.reset();
        agent.reset();
    }

    void make() {
        sending = std::make_unique<mta::SendingLimits>(limits, clock);
        DeviceMailParts parts{*store, *agent, *sending, signing.get(), &judge, "mx.ours.test"};
        mail = std::make_unique<DeviceMail>(std::move(parts));
    }
    Submitted submit(std::vector<std::string> to) {
        eas::Submission out;
        out.account = accounts["a"];
        out.user = "a@ours.test";
        out.sender = "a@ours.test";
        out.recipients = std::move(to);
        out.message = "From: a@ours.test\r\nSubject: hello\r\n\r\nbody\r\n";
        out.listener = "https";
        out.peer = "192.0.2.9";
        out.tls = true;
        out.tls_version = "TLSv1.3";
        out.tls_cipher = "TLS_AES_256_GCM_SHA384";
        return run(mail->submit(std::move(out)));
    }
    void expect_nothing_happened() {
        for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(inbox(name).empty()) << name;
        EXPECT_EQ(queued(), 0U);
    }

    mta::SendingLimits::Settings limits;
    std::unique_ptr<mta::SendingLimits> sending;
    std::unique_ptr<mta::Signing> signing;
    ToldJudge judge;
    std::unique_ptr<DeviceMail> mail;
};

TEST_F(DeviceMailTest, GoesLikeASubmission) {
    EXPECT_EQ(submit({"b@ours.test", "ok@far.test"}), Submitted::sent);
    ASSERT_EQ(inbox("b").size(), 1U);
    const std::string got = inbox("b")[0];
    EXPECT_TRUE(got.starts_with("Return-Path: <a@ours.test>\r\nDelivered-To: b@ours.test\r\nReceived: "))
        << got;
    EXPECT_NE(got.find("[192.0.2.9]"), std::string::npos) << got;
    EXPECT_NE(got.find("with HTTPS"), std::string::npos) << got;
    EXPECT_NE(got.find("TLSv1.3"), std::string::npos) << got;
    EXPECT_NE(got.find("\r\nFrom: a@ours.test\r\nSubject: hello\r\n\r\nbody\r\n"), std::string::npos) << got;
    const auto waiting = queue->ids(store::QueueId(), 10);
    ASSERT_EQ(waiting.size(), 1U);
    const auto known = run(queue->read(waiting[0]));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->envelope.account, accounts["a"]);
    EXPECT_EQ(known->envelope.user, "a@ours.test");
    work();
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    expect_sound();
}

TEST_F(DeviceMailTest, OneRecipientThatIsNotThereStopsAll) {
    EXPECT_EQ(submit({"b@ours.test", "nobody@ours.test"}), Submitted::no_such_user);
    expect_nothing_happened();
}

TEST_F(DeviceMailTest, NothingIsTakenForOtherHostsThatNoConnectorLeadsTo) {
    change_parts = [](mta::AgentParts& parts) { parts.remote = nullptr; };
    make_agent();
    make();
    EXPECT_EQ(submit({"b@ours.test", "ok@far.test"}), Submitted::not_relayed);
    expect_nothing_happened();
}

TEST_F(DeviceMailTest, ADirectoryThatDoesNotAnswerIsNoUnknownUser) {
    mta::ShyDirectory shy(*directory);
    shy.silent = [](const std::string& address) { return address == "b@ours.test"; };
    agent.reset();
    router = std::make_unique<mta::Router>(shy, mta::RouteSettings());
    make_agent();
    make();
    EXPECT_EQ(submit({"c@ours.test", "b@ours.test"}), Submitted::failed);
    expect_nothing_happened();
    EXPECT_EQ(submit({"c@ours.test"}), Submitted::sent);
    mail.reset();
    agent.reset();
    router.reset();
}

TEST_F(DeviceMailTest, SendsNoMoreThanItMay) {
    limits.per_hour = 3;
    make();
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::sent);
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::limited);
    EXPECT_EQ(inbox("b").size(), 1U);
    clock.advance(std::chrono::hours(3));
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::sent);
}

/// As at RCPT: what filters throw away has cost them as much.
TEST_F(DeviceMailTest, WhatAFilterDropsCountsToo) {
    limits.per_hour = 1;
    make();
    judge.judgement.action = mta::Judgement::Action::discard;
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::sent);
    judge.seen.clear();
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::limited);
    EXPECT_TRUE(judge.seen.empty()) << "no filter is asked";
}

/// And costs nothing of what may be sent.
TEST_F(DeviceMailTest, WithoutItsKeyNothingGoesUnsigned) {
    directory::DkimKey key;
    key.selector = "s1";
    key.pem = "sealed:AAAA";
    key.active = true;
    ASSERT_TRUE(run(directory->add_dkim_key("ours.test", key)));
    limits.per_hour = 1;
    signing = std::make_unique<mta::Signing>(*directory, clock);
    make();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(submit({"b@ours.test"}), Submitted::failed);
    EXPECT_TRUE(judge.seen.empty()) << "nor is a filter asked, which may tell the sender of it each time";
    expect_nothing_happened();
    ASSERT_TRUE(run(directory->remove_dkim_key("ours.test", "s1")));
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::sent);
}

TEST_F(DeviceMailTest, AFullMailboxIsToldWhereItIsTheOnlyOne) {
    const auto account = run(store->account(accounts["b"]));
    ASSERT_TRUE((run((*account)->set_quota(10, 0))));
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::full);
    expect_nothing_happened();
    // Of others who have got it the device must not send it again: the queue tells.
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::sent);
    EXPECT_EQ(inbox("c").size(), 1U);
    work();
    ASSERT_EQ(inbox("a").size(), 1U);
    EXPECT_NE(inbox("a")[0].find("0 b@ours.test 5.2.2"), std::string::npos) << inbox("a")[0];
}

TEST_F(DeviceMailTest, FiltersAreAskedAsOfEverySubmission) {
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::sent);
    EXPECT_EQ(judge.seen, "From: a@ours.test\r\nSubject: hello\r\n\r\n|body\r\n");
    EXPECT_EQ(judge.last.account, accounts["a"]);
    EXPECT_EQ(judge.last.recipients, (Answers{"b@ours.test"}));
    EXPECT_FALSE(judge.last.trusted);
    EXPECT_TRUE(judge.last.id);
}

TEST_F(DeviceMailTest, WhatAFilterRefusesNobodyGets) {
    judge.judgement.action = mta::Judgement::Action::refuse;
    judge.judgement.words = "a virus";
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::refused);
    EXPECT_EQ(steps("refused").size(), 1U);
    judge.judgement.code = 451;
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::failed);
    judge.judgement = {};
    judge.sender.code = 450;
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::failed);
    judge.sender.code = 0;
    judge.unwanted = "c@ours.test";
    judge.code = 550;
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::refused);
    judge.code = 0;
    judge.judgement.action = mta::Judgement::Action::discard;
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::sent) << "without a word";
    EXPECT_EQ(steps("discarded").size(), 1U);
    expect_nothing_happened();
}

TEST_F(DeviceMailTest, FiltersChangeMessageAndEnvelope) {
    judge.judgement.action = mta::Judgement::Action::junk;
    judge.judgement.fields = "X-Spam: Yes\r\n";
    judge.judgement.sender = "c@ours.test";
    judge.judgement.recipients = Answers{"B@ours.test", "c@ours.test", "nobody@ours.test"};
    judge.judgement.rewritten = std::make_shared<Text>("From: a@ours.test\r\nSubject: other\r\n\r\ntext\r\n");
    judge.judgement.steps.push_back({"rules", "junk", ""});
    EXPECT_EQ(submit({"a@ours.test", "b@ours.test"}), Submitted::sent);
    EXPECT_TRUE(junk("a").empty());
    ASSERT_EQ(junk("b").size(), 1U);
    ASSERT_EQ(junk("c").size(), 1U);
    const std::string got = junk("b")[0];
    EXPECT_TRUE(got.starts_with("Return-Path: <c@ours.test>\r\n")) << got;
    EXPECT_NE(got.find("\r\nX-Spam: Yes\r\nFrom: a@ours.test\r\nSubject: other\r\n\r\ntext\r\n"),
              std::string::npos)
        << got;
    EXPECT_EQ(steps("filter").size(), 1U);
}

TEST_F(DeviceMailTest, WhoWasRefusedAmongOthersIsToldToTheSender) {
    judge.judgement.recipients = Answers{"c@ours.test"};
    judge.judgement.refused.push_back({"b@ours.test", {5, 7, 1}, "Not for b"});
    judge.judgement.sender = "c@ours.test";
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::sent);
    work();
    EXPECT_TRUE(inbox("b").empty());
    EXPECT_EQ(inbox("c").size(), 1U);
    ASSERT_EQ(inbox("a").size(), 1U) << "who sent it, whatever a filter has made of him";
    EXPECT_NE(inbox("a")[0].find("0 b@ours.test 5.7.1"), std::string::npos) << inbox("a")[0];
    // Nobody is left: the device hears it, and nobody is written to.
    make();
    judge.judgement.recipients = Answers{"nobody@ours.test"};
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::refused);
    EXPECT_EQ(queued(), 0U);
    EXPECT_NE(steps("refused").back().find("filters: b@ours.test: Not for b"), std::string::npos);
}

TEST_F(DeviceMailTest, WhatGoesToNobodyIsTracedByAllWhomItWasFor) {
    judge.judgement.recipients = Answers{"nobody@ours.test"};
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::sent);
    expect_nothing_happened();
    ASSERT_EQ(steps("discarded").size(), 1U);
    EXPECT_NE(steps("discarded").front().find("b@ours.test, c@ours.test"), std::string::npos);
}

TEST_F(DeviceMailTest, WhoWasRefusedIsToldOfAlsoOfWhatGoesToNobody) {
    judge.judgement.action = mta::Judgement::Action::discard;
    judge.judgement.refused.push_back({"b@ours.test", {5, 7, 1}, "Not for b"});
    engine->inject([](const store::engine::Step& step) {
        return step.op == store::engine::Op::apply ? Fault::unavailable : Fault::none;
    });
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::failed) << "the device tries again";
    EXPECT_TRUE(steps("discarded").empty());
    engine->inject({});
    EXPECT_EQ(submit({"b@ours.test", "c@ours.test"}), Submitted::sent);
    EXPECT_EQ(steps("discarded").size(), 1U);
    work();
    EXPECT_TRUE(inbox("b").empty());
    EXPECT_TRUE(inbox("c").empty());
    ASSERT_EQ(inbox("a").size(), 1U);
    EXPECT_NE(inbox("a")[0].find("0 b@ours.test 5.7.1"), std::string::npos) << inbox("a")[0];
    EXPECT_EQ(queued(), 0U);
}

TEST_F(DeviceMailTest, WhatIsQuarantinedWaits) {
    judge.judgement.action = mta::Judgement::Action::quarantine;
    EXPECT_EQ(submit({"b@ours.test"}), Submitted::sent);
    work();
    EXPECT_TRUE(inbox("b").empty());
    ASSERT_EQ(queued(), 1U);
    EXPECT_TRUE(run(queue->read(queue->ids(store::QueueId(), 1)[0]))->held);
}

/// The n-th call of the engine fails, for every n: what is answered "sent" is there, and nothing else is.
TEST_F(DeviceMailTest, WhateverFailsItIsSentOrItIsNot) {
    std::size_t sent = 0;
    for (const Fault fault : {Fault::unavailable, Fault::no_space}) {
        for (std::uint64_t n = 1; n < 60; ++n) {
            SCOPED_TRACE(n);
            engine->inject(store::engine::fault_at(engine->steps() + n, fault));
            const Submitted said = submit({"ok@far.test"});
            engine->inject({});
            EXPECT_TRUE(said == Submitted::sent || said == Submitted::failed || said == Submitted::full);
            sent += said == Submitted::sent ? 1U : 0U;
            EXPECT_EQ(queued(), sent);
        }
    }
    EXPECT_GT(sent, 0U);
    EXPECT_LT(sent, 118U);
    expect_sound();
}

}  // namespace
}  // namespace server
