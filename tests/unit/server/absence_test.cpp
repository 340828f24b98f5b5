// Out-of-office answers over the real agent: to whom, and that a delivery does not wait for them.
#include "server/absence.hpp"

#include <thread>

#include "unit/mta/agent_fixture.hpp"

namespace server {
namespace {

using namespace std::chrono_literals;

class AbsenceTest : public mta::AgentTest {
protected:
    AbsenceTest() {
        more_fields = "To: a@ours.test, b@ours.test\r\nCc: c@ours.test\r\n";
        absences.hostname = "mx.ours.test";
        make();
        for (const char* name : {"a", "b", "c"}) set_away(name, "I am away");
    }
    ~AbsenceTest() override { agent.reset(); }

    void make() {
        agent.reset();
        absence = std::make_unique<Absence>(*store, *directory, absences);
        change_parts = [this](mta::AgentParts& parts) { parts.watchers = {absence.get()}; };
        make_agent();
        absence->send_by(*agent);
    }
    void set_away(const std::string& name, const std::string& text) {
        eas::OutOfOffice oof;
        oof.state = 1;
        oof.internal = oof.external_known = oof.external_unknown = {true, text, "TEXT"};
        eas::DeviceStore devices(*engine);
        ASSERT_TRUE(run(devices.set_out_of_office(accounts[name], oof)));
    }
    /// From a stranger, with what we found out about him. \return the answers that it got
    std::size_t answers(const std::string& results, const std::string& from = "x@far.test",
                        std::vector<std::string> to = {"a@ours.test"}) {
        change = [&results](mta::Arrival& arrival) {
            if (!results.empty())
                arrival.fields += "Authentication-Results: mx.ours.test; " + results + "\r\n";
        };
        const std::size_t before = queued();
        for (const std::string& said : send(from, to, false)) EXPECT_EQ(said, "delivered");
        return queued() - before;
    }
    std::string why() { return steps("not answered").empty() ? "" : steps("not answered").back(); }

    AbsenceSettings absences;
    std::unique_ptr<Absence> absence;
};

TEST_F(AbsenceTest, ADomainThatDeniesTheMailGetsNoAnswer) {
    EXPECT_EQ(answers("spf=fail smtp.mailfrom=x@far.test"), 0U);
    EXPECT_NE(why().find("denies"), std::string::npos) << why();
    EXPECT_EQ(answers("spf=fail smtp.mailfrom=x@far.test; dkim=pass header.d=far.test"), 1U);
    EXPECT_EQ(answers("spf=pass smtp.mailfrom=x@far.test"), 0U) << "he has heard it";
    set_away("a", "Still away");
    EXPECT_EQ(answers("spf=pass smtp.mailfrom=x@far.test"), 1U);
}

TEST_F(AbsenceTest, WhoProvesNothingIsToldOnce) {
    EXPECT_EQ(answers("spf=none smtp.mailfrom=x@far.test"), 1U);
    EXPECT_EQ(answers("", "y@far.test"), 1U) << "nobody has looked";
    set_away("a", "Still away");
    EXPECT_EQ(answers("spf=none smtp.mailfrom=x@far.test"), 0U);
    EXPECT_EQ(answers("spf=pass smtp.mailfrom=x@far.test"), 1U);
    absences.answer_unproven = false;
    make();
    EXPECT_EQ(answers("spf=none smtp.mailfrom=z@far.test", "z@far.test"), 0U);
    EXPECT_NE(why().find("nothing proves"), std::string::npos) << why();
    EXPECT_EQ(answers("", "b@ours.test"), 1U) << "a colleague";
}

TEST_F(AbsenceTest, OneMessageForManyIsAnsweredForEach) {
    EXPECT_EQ(answers("", "x@far.test", {"a@ours.test", "b@ours.test", "c@ours.test"}), 3U);
    EXPECT_EQ(steps("answered").size(), 3U);
}

/// Also of what waited in the queue.
TEST_F(AbsenceTest, WhatComesFromTheQueueIsAnsweredToo) {
    change = [this](mta::Arrival& arrival) {
        arrival.envelope.hold_until = clock.now() + 1h;
        arrival.fields += "Authentication-Results: mx.ours.test; spf=fail smtp.mailfrom=x@far.test\r\n";
    };
    const std::vector<std::string> both{"a@ours.test", "b@ours.test"};
    EXPECT_EQ(send("x@far.test", both, false), (Answers{"queued", "queued"}));
    EXPECT_EQ(send("ok@near.test", both, false), (Answers{"queued", "queued"}));
    clock.advance(2h);
    work();
    EXPECT_EQ(steps("not answered").size(), 2U);
    EXPECT_EQ(steps("answered").size(), 2U) << "what SPF says of another domain is nothing to him";
}

TEST_F(AbsenceTest, ADeliveryWaitsNoLongerThanItsTime) {
    absences.time_max = 0ms;
    make();
    EXPECT_EQ(answers("", "x@far.test", {"a@ours.test", "b@ours.test", "c@ours.test"}), 0U);
    ASSERT_EQ(steps("not answered").size(), 1U);
    EXPECT_NE(why().find("\"mailboxes\":\"3\""), std::string::npos) << why();
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(inbox(name).size(), 1U);
}

/// Also one that is late with its first mailbox.
TEST_F(AbsenceTest, NoAnswerBeginsWhenItsTimeIsOver) {
    absences.time_max = 100ms;
    make();
    engine->inject([](const store::engine::Step&) {
        const auto end = std::chrono::steady_clock::now() + 40ms;
        while (std::chrono::steady_clock::now() < end) std::this_thread::yield();  // a slow disk
        return store::engine::Fault::none;
    });
    EXPECT_EQ(answers("spf=pass smtp.mailfrom=x@far.test"), 0U);
    engine->inject({});
    EXPECT_NE(why().find("it took too long"), std::string::npos) << why();
    EXPECT_EQ(inbox("a").size(), 1U);
    absences.time_max = 3s;
    make();
    EXPECT_EQ(answers("spf=pass smtp.mailfrom=x@far.test"), 1U) << "he has heard nothing yet";
}

}  // namespace
}  // namespace server
