// What a sender is to hear of a message that was taken: success that he asked for, and whom a filter refused.
// It is certain with the message, told once, and keeps nobody waiting.
#include "base/result.hpp"
#include "mta/agent_state.hpp"
#include "settlement_fixture.hpp"
#include "support/certificates.hpp"
#include "support/log_capture.hpp"

namespace mta {
namespace {

using store::engine::Fault;

class TellingTest : public SettlementTest {
protected:
    /// Of what send() sends, from now on.
    void refuse(std::vector<std::string> addresses) {
        change = [addresses = std::move(addresses)](Arrival& arrival) {
            arrival.refused_from = arrival.envelope.sender;
            for (const std::string& address : addresses) {
                Arrival::Refused one;
                one.recipient.address = address;
                one.status = {5, 7, 1};
                one.words = "Not for him";
                arrival.refused.push_back(std::move(one));
            }
        };
    }
    bool told(const std::string& name, const std::string& line) {
        for (const std::string& one : inbox(name))
            if (one.find("\r\n" + line + "\r\n") != std::string::npos) return true;
        return false;
    }
};

TEST_F(TellingTest, whom_a_filter_refused_is_told_with_the_message) {
    refuse({"b@ours.test", "x@far.test"});
    EXPECT_EQ(send("a@ours.test", {"c@ours.test", "ok@far.test"}), (Answers{"queued", "queued"}));
    EXPECT_EQ(steps("refused").size(), 2U);
    crash();
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("c").size(), 1U);
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    EXPECT_EQ(inbox("b").size(), 0U);
    ASSERT_EQ(inbox("a").size(), 1U) << "one report for both";
    EXPECT_TRUE(told("a", "0 b@ours.test 5.7.1"));
    EXPECT_TRUE(told("a", "0 x@far.test 5.7.1"));
    expect_sound();
}

/// The sender's client tries again, and he hears of it once.
TEST_F(TellingTest, whatever_fails_message_and_refusals_are_taken_together_or_not_at_all) {
    refuse({"b@ours.test"});
    std::size_t taken = 0, put_off = 0;
    for (const Fault fault : {Fault::unavailable, Fault::no_space}) {
        for (std::uint64_t n = 1; n < 30; ++n) {
            SCOPED_TRACE(n);
            engine->inject(store::engine::fault_at(engine->steps() + n, fault));
            const Answers said = send("a@ours.test", {"c@ours.test"});
            engine->inject({});
            const bool good = said == Answers{"queued"};
            taken += good ? 1U : 0U;
            put_off += good ? 0U : 1U;
            work();
            EXPECT_EQ(queued(), 0U);
            EXPECT_EQ(inbox("c").size(), taken);
            EXPECT_EQ(inbox("a").size(), taken);
        }
    }
    EXPECT_GT(taken, 0U);
    EXPECT_GT(put_off, 0U);
    expect_sound();
}

TEST_F(TellingTest, the_sender_before_filters_changed_him_is_told) {
    refuse({"b@ours.test"});
    const auto before = change;
    change = [before](Arrival& arrival) {
        before(arrival);
        arrival.envelope.sender = "c@ours.test";
        arrival.held = true;
    };
    EXPECT_EQ(send("a@ours.test", {"b@ours.test"}), (Answers{"queued"}));
    work();
    EXPECT_TRUE(told("a", "0 b@ours.test 5.7.1")) << "though the message waits for the operator";
    EXPECT_TRUE(inbox("c").empty());
    EXPECT_EQ(queued(), 1U);
}

TEST_F(TellingTest, refusals_wait_for_a_reporter_as_long_as_others_do) {
    refuse({"b@ours.test"});
    reporter.fails = [] { return not_now; };
    EXPECT_EQ(send("a@ours.test", {"c@ours.test"}), (Answers{"queued"}));
    work();
    EXPECT_EQ(inbox("c").size(), 1U) << "the message does not";
    ASSERT_EQ(queued(), 1U);
    EXPECT_EQ(steps("unreported").size(), 1U);
    crash();
    reporter.fails = nullptr;
    clock.advance(10min);
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("a").size(), 1U);
    EXPECT_EQ(inbox("c").size(), 1U);
    expect_sound();
}

TEST_F(TellingTest, success_is_told_when_it_can_be_and_nothing_is_sent_twice) {
    reporter.fails = [] { return not_now; };
    EXPECT_EQ(send("a@ours.test", {"b@ours.test", "ok@far.test"}, true, notify_success),
              (Answers{"queued", "queued"}));
    work();
    ASSERT_EQ(queued(), 1U);
    EXPECT_EQ(progress(0).lane, "tell:delivered:ours.test");
    EXPECT_EQ(progress(0).state, store::QueueState::deferred);
    EXPECT_EQ(progress(1).lane, "tell:relayed:ours.test");
    EXPECT_EQ(steps("unreported").size(), 2U);
    crash();
    clock.advance(10min);
    work();
    EXPECT_EQ(queued(), 1U);
    reporter.fails = nullptr;
    clock.advance(1h);
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_TRUE(told("a", "2 b@ours.test 2.1.5"));
    EXPECT_TRUE(told("a", "3 ok@far.test 2.0.0"));
    EXPECT_EQ(inbox("a").size(), 2U);
    EXPECT_EQ(inbox("b").size(), 1U);
    EXPECT_EQ(connector.attempts, 1);
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    expect_sound();
}

TEST_F(TellingTest, success_waits_for_a_disk_with_room) {
    EXPECT_EQ(send("a@ours.test", {"ok@far.test"}, true, notify_success), (Answers{"queued"}));
    engine->inject(
        [](const store::engine::Step& step) { return step.blobs ? Fault::no_space : Fault::none; });
    work();
    ASSERT_EQ(queued(), 1U);
    EXPECT_EQ(progress(0).lane, "tell:relayed:ours.test");
    engine->inject({});
    clock.advance(10min);
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_TRUE(told("a", "3 ok@far.test 2.0.0"));
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    expect_sound();
}

TEST_F(TellingTest, what_never_can_be_told_ends_with_a_word_in_the_trace) {
    EXPECT_EQ(send("a@ours.test", {"b@ours.test"}, true, notify_success), (Answers{"queued"}));
    shy.silent = [](const std::string& address) { return address == "a@ours.test"; };
    ask_shyly();
    work();
    clock.advance(settings.retry.untold_end() - 5h);
    work();
    ASSERT_EQ(queued(), 1U);
    clock.advance(5h);
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("b").size(), 1U);
    EXPECT_TRUE(inbox("a").empty());
    ASSERT_EQ(steps("unreported").size(), 3U);
    EXPECT_NE(steps("unreported")[2].find("\"never\""), std::string::npos);
    expect_sound();
}

/// RFC 3461 section 5.2.7.
TEST_F(TellingTest, of_a_group_the_sender_hears_that_it_is_one_and_no_names) {
    directory::Group group;
    group.address = "all@ours.test";
    group.members = {"b@ours.test", "c@ours.test", "ok@far.test"};
    ASSERT_TRUE(run(directory->add_group(group)));
    EXPECT_EQ(send("a@ours.test", {"all@ours.test"}, true, notify_success), (Answers{"queued"}));
    work();
    EXPECT_EQ(queued(), 0U);
    for (const char* name : {"b", "c"}) EXPECT_EQ(inbox(name).size(), 1U);
    ASSERT_EQ(inbox("a").size(), 1U);
    EXPECT_TRUE(told("a", "4 all@ours.test 2.1.5"));
    for (const char* name : {"b@", "c@", "ok@"})
        EXPECT_EQ(inbox("a")[0].find(name), std::string::npos) << inbox("a")[0];
}

/// RFC 3461 section 4.1: what an RCPT asks for is about its address.
TEST_F(TellingTest, who_is_named_himself_is_told_of_beside_his_group) {
    directory::Group group;
    group.address = "all@ours.test";
    group.members = {"never@far.test", "ok@far.test"};
    ASSERT_TRUE(run(directory->add_group(group)));
    change = [](Arrival& arrival) { arrival.recipients[1].recipient.notify = notify_unset; };
    EXPECT_EQ(send("a@ours.test", {"all@ours.test", "never@far.test"}, true, notify_success),
              (Answers{"queued", "queued"}));
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_TRUE(told("a", "4 all@ours.test 2.1.5"));
    std::string all;
    for (const std::string& one : inbox("a")) all += one;
    EXPECT_NE(all.find("0 never@far.test"), std::string::npos) << all;
}

/// Who is in a circle gets nothing and is told so, as if nothing else had been asked.
TEST_F(TellingTest, a_circle_is_refused_whatever_is_to_be_told) {
    EXPECT_EQ(send("a@ours.test", {"b@ours.test", "c@ours.test"}, true, notify_success, {"b@ours.test"}),
              (Answers{"refused", "refused"}));
    EXPECT_EQ(queued(), 0U);
    change = [](Arrival& arrival) { arrival.answer_each = true; };
    EXPECT_EQ(send("a@ours.test", {"b@ours.test", "c@ours.test"}, true, notify_success, {"b@ours.test"}),
              (Answers{"refused", "queued"}));
    work();
    EXPECT_TRUE(inbox("b").empty());
    EXPECT_EQ(inbox("c").size(), 1U);
    EXPECT_TRUE(told("a", "2 c@ours.test 2.1.5"));
    EXPECT_EQ(inbox("a").size(), 1U);
}

TEST_F(TellingTest, an_operator_who_bounces_makes_no_failure_of_what_arrived) {
    reporter.fails = [] { return not_now; };
    EXPECT_EQ(send("a@ours.test", {"b@ours.test", "later@far.test"}, true, notify_success | notify_failure),
              (Answers{"queued", "queued"}));
    work();
    ASSERT_EQ(progress(0).lane, "tell:delivered:ours.test");
    EXPECT_TRUE(run(agent->bounce(last, "")).error().is(store::Errc::unavailable));
    EXPECT_EQ(progress(0).lane, "tell:delivered:ours.test");
    reporter.fails = nullptr;
    EXPECT_TRUE(run(agent->bounce(last, "")));
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_TRUE(told("a", "2 b@ours.test 2.1.5"));
    EXPECT_TRUE(told("a", "0 later@far.test 5.7.1"));
    expect_sound();
}

/// A filter has discarded the message, or keeps it elsewhere; another one had refused recipients before.
TEST_F(TellingTest, of_a_message_that_goes_to_nobody_refusals_are_told) {
    const auto tell = [this] {
        Arrival arrival;
        last = arrival.id = agent->new_id();
        arrival.envelope.sender = "c@ours.test";
        arrival.envelope.arrived = clock.now();
        arrival.recipients.emplace_back();
        arrival.recipients.back().recipient.address = "c@ours.test";
        arrival.content = *run(write(store.get(), text_of_message("s")));
        arrival.refused_from = "a@ours.test";
        arrival.refused.emplace_back();
        arrival.refused.back().recipient.address = "b@ours.test";
        arrival.refused.back().status = {5, 7, 1};
        return run(agent->tell(std::move(arrival)));
    };
    engine->inject([](const store::engine::Step& step) {
        return step.op == store::engine::Op::apply ? Fault::unavailable : Fault::none;
    });
    EXPECT_FALSE(tell()) << "who brought it tries again";
    engine->inject({});
    EXPECT_EQ(queued(), 0U);
    EXPECT_TRUE(steps("refused").empty());
    ASSERT_TRUE(tell());
    crash();
    ASSERT_EQ(queued(), 1U);
    EXPECT_EQ(run(queue->read(queue->ids({}, 1)[0]))->envelope.ret, static_cast<std::uint8_t>(Ret::headers));
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("a").size(), 1U);
    EXPECT_TRUE(told("a", "0 b@ours.test 5.7.1"));
    EXPECT_TRUE(inbox("b").empty());
    EXPECT_TRUE(inbox("c").empty());
    expect_sound();
}

/// Whoever asks for the message by its number hears of its report too, and the other way round.
TEST_F(TellingTest, the_trace_of_a_report_leads_from_and_to_its_message) {
    const support::TemporaryFolder folder;
    TraceSettings kept;
    kept.folder = folder.path();
    trace = std::make_unique<Trace>(kept, clock);
    make_agent();
    refuse({"b@ours.test"});
    support::LogCapture log("mta", base::log::Level::info);
    EXPECT_EQ(send("a@ours.test", {"c@ours.test"}), (Answers{"queued"}));
    const std::string id = text_of(last);
    work();
    ASSERT_EQ(steps("tell").size(), 1U);
    EXPECT_NE(steps("tell")[0].find("\"about\":\"" + id + "\""), std::string::npos) << steps("tell")[0];
    EXPECT_NE(log.text().find("id=" + id), std::string::npos) << log.text();
    TraceQuery query;
    query.id = id;
    asio::io_context io;
    std::string all;
    asio::co_spawn(io, trace->find(query), [&all](const std::exception_ptr&, const auto& lines) {
        for (const std::string& line : lines) all += line + "\n";
    });
    io.run();
    for (const char* event : {"accept", "refused", "tell", "report", "delivered", "done"})
        EXPECT_NE(all.find("\"event\":\"" + std::string(event) + "\""), std::string::npos) << event;
    EXPECT_NE(all.find("\"from\":\"<>\",\"to\":\"a@ours.test\""), std::string::npos)
        << "of the report: " << all;
    agent.reset();
}

/// A sender whom nobody can reach has a line for himself and those of his domain, and is tried once a time.
TEST_F(TellingTest, who_cannot_be_told_keeps_nobody_else_waiting) {
    refuse({"b@ours.test"});
    for (const char* from : {"x@lost.test", "ok@far.test", "y@lost.test", "ok2@far.test"})
        EXPECT_EQ(send(from, {"c@ours.test"}), (Answers{"queued"}));
    std::map<std::string, int> asked;
    shy.silent = [&asked](const std::string& address) {
        ++asked[address];
        return address.ends_with("@lost.test");
    };
    ask_shyly();
    work();
    EXPECT_EQ(asked["x@lost.test"], 1);
    EXPECT_EQ(asked["y@lost.test"], 1);
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    EXPECT_EQ(connector.got["ok2@far.test"].size(), 1U);
    ASSERT_EQ(queued(), 2U);
    const auto lanes = queue->lanes(10);
    ASSERT_EQ(lanes.size(), 1U);
    EXPECT_EQ(lanes[0].name, "tell:failed:lost.test");
    EXPECT_EQ(lanes[0].blocked_until, 0);
}

TEST_F(TellingTest, a_report_that_worked_lets_more_be_told_at_one_time) {
    refuse({"b@ours.test"});
    EXPECT_EQ(send("x@far.test", {"c@ours.test"}), (Answers{"queued"}));
    shy.silent = [](const std::string& address) { return address == "x@far.test"; };
    ask_shyly();
    work();  // it waits, and keeps the lane
    EXPECT_EQ(queue->lanes(10).at(0).busy_max, queue_limits.lane_busy_first);
    EXPECT_EQ(send("ok@far.test", {"c@ours.test"}), (Answers{"queued"}));
    work();
    ASSERT_EQ(queue->lanes(10).size(), 1U);
    EXPECT_EQ(queue->lanes(10)[0].busy_max, queue_limits.lane_busy_first + 1);
}

TEST(TellingLanes, say_which_end_and_whose) {
    EXPECT_EQ(telling_lane(ReportLine::Action::failed, "A@Far.Test"), "tell:failed:far.test");
    EXPECT_EQ(told_by("tell:failed:far.test"), ReportLine::Action::failed);
    EXPECT_EQ(told_by("tell:expanded"), ReportLine::Action::expanded) << "as builds named them before";
    for (const char* other :
         {"", "tell:", "tell:failedfar.test", "mx:tell:failed", "post-office:", "tell:delayed:x"})
        EXPECT_FALSE(told_by(other)) << other;
    EXPECT_THROW(telling_lane(ReportLine::Action::delayed, "a@far.test"), base::Bug);
}

/// A message of ours for more addresses than an entry of the queue holds.
TEST_F(TellingTest, nobody_is_left_out_of_what_the_server_itself_sends) {
    queue_limits.recipients_max = 1;
    crash();
    directory::Group group;
    group.address = "all@ours.test";
    group.members = {"b@ours.test", "c@ours.test", "ok@far.test"};
    ASSERT_TRUE(run(directory->add_group(group)));
    std::vector<Agent::OwnMessage> messages(2);
    messages[0].to = "all@ours.test";
    messages[1].to = "a@ours.test";
    for (Agent::OwnMessage& one : messages) one.text = "Subject: own\r\n\r\nx\r\n";
    const auto sent = run(agent->send_own_with(messages, {}));
    ASSERT_TRUE(sent);
    EXPECT_EQ(*sent, 2U) << "messages, not entries";
    EXPECT_EQ(queued(), 4U);
    work();
    for (const char* name : {"a", "b", "c"}) EXPECT_EQ(inbox(name).size(), 1U) << name;
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    // The same of a report, which goes in the commit of an attempt.
    EXPECT_EQ(send("all@ours.test", {"never@far.test"}), (Answers{"queued"}));
    work();
    EXPECT_EQ(queued(), 0U);
    for (const char* name : {"b", "c"}) EXPECT_TRUE(told(name, "0 never@far.test 5.1.1")) << name;
    EXPECT_EQ(connector.got["ok@far.test"].size(), 2U);
    expect_sound();
}

}  // namespace
}  // namespace mta
