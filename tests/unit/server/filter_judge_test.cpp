// Who hears of recipients that a filter has refused.
#include "server/filter_judge.hpp"

#include <gtest/gtest.h>

namespace server {
namespace {

class RefusedTest : public testing::Test {
protected:
    RefusedTest() {
        facts.sender = "x@far.test";
        facts.recipients = {"a@ours.test", "b@ours.test", "c@ours.test"};
        verdict.recipients = {"c@ours.test"};
        refuse("a@ours.test");
        refuse("b@ours.test");
        found.field = "Authentication-Results: mx.ours.test; spf=pass smtp.mailfrom=x@far.test\r\n";
    }
    void refuse(const std::string& address) {
        verdict.refused.emplace_back(address, filter::make_reply(550, "5.7.1", "No"));
    }
    Refused ask() { return refused_by(verdict, facts, &found, "mx.ours.test"); }

    filter::Verdict verdict;
    mta::JudgeFacts facts;
    mta::SenderVerdict found;
};

TEST_F(RefusedTest, AProvenSenderIsToldOfEach) {
    const Refused out = ask();
    EXPECT_FALSE(out.untold);
    ASSERT_EQ(out.told.size(), 2U);
    EXPECT_EQ(out.told[1].address, "b@ours.test");
    EXPECT_EQ(out.told[1].status.text(), "5.7.1");
}

/// What becomes of the message for the others is no news of these.
TEST_F(RefusedTest, WhateverIsMadeOfTheMessage) {
    for (const filter::Decision decision :
         {filter::Decision::accept, filter::Decision::quarantine, filter::Decision::discard}) {
        verdict.decision = decision;
        EXPECT_EQ(ask().told.size(), 2U) << filter::name_of(decision);
    }
}

TEST_F(RefusedTest, NobodyIsToldOfWhatAnotherMayHaveSent) {
    for (const char* said : {"spf=fail smtp.mailfrom=x@far.test", "spf=none smtp.mailfrom=x@far.test",
                             "spf=pass smtp.mailfrom=x@other.test"}) {
        found.field = "Authentication-Results: mx.ours.test; " + std::string(said) + "\r\n";
        const Refused out = ask();
        EXPECT_TRUE(out.told.empty()) << said;
        EXPECT_TRUE(out.untold) << said;
    }
    EXPECT_TRUE(refused_by(verdict, facts, nullptr, "mx.ours.test").untold) << "nobody has looked";
    facts.trusted = true;
    EXPECT_EQ(refused_by(verdict, facts, nullptr, "mx.ours.test").told.size(), 2U);
    facts.trusted = false;
    facts.account = base::AccountId(7);
    EXPECT_EQ(refused_by(verdict, facts, nullptr, "mx.ours.test").told.size(), 2U);
}

TEST_F(RefusedTest, NotifyIsObeyed) {
    facts.notify = {mta::notify_never, mta::notify_failure, mta::notify_unset};
    Refused out = ask();
    ASSERT_EQ(out.told.size(), 1U);
    EXPECT_EQ(out.told[0].address, "b@ours.test");
    facts.notify[1] = mta::notify_success;
    found.field.clear();
    out = ask();
    EXPECT_TRUE(out.told.empty());
    EXPECT_FALSE(out.untold) << "he wants no word";
}

TEST_F(RefusedTest, NothingIsToldToNobody) {
    facts.sender.clear();
    const Refused out = ask();
    EXPECT_TRUE(out.told.empty());
    EXPECT_FALSE(out.untold);
}

}  // namespace
}  // namespace server
