// The end of an attempt while the sender cannot be told of it: no recipient ends unheard.
#include "mailauth/dkim_key.hpp"
#include "settlement_fixture.hpp"

namespace mta {
namespace {

TEST_F(SettlementTest, a_directory_that_fails_once_costs_no_report) {
    EXPECT_EQ(send("a@ours.test", {"never@far.test", "ok@far.test"}), (Answers{"queued", "queued"}));
    int asked = 0;
    shy.silent = [&asked](const std::string& address) { return address == "a@ours.test" && ++asked == 1; };
    ask_shyly();
    work();
    EXPECT_GE(asked, 2);
    EXPECT_EQ(connector.attempts, 1) << "nobody is asked again";
    EXPECT_EQ(queued(), 0U);
    ASSERT_EQ(inbox("a").size(), 1U);
    EXPECT_NE(inbox("a")[0].find("0 never@far.test 5.1.1"), std::string::npos);
    EXPECT_EQ(steps("report").size(), 1U);
    expect_sound();
}

TEST_F(SettlementTest, a_report_that_cannot_be_written_once_is_written_then) {
    EXPECT_EQ(send("a@ours.test", {"never@far.test"}), (Answers{"queued"}));
    reporter.fails = [this] { return reporter.asked == 1 ? not_now : store::Error(); };
    work();
    EXPECT_EQ(reporter.asked, 2);
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("a").size(), 1U);
}

/// What was sent is kept as sent; what failed stays until its sender hears of it, also over a restart.
TEST_F(SettlementTest, a_directory_that_fails_until_the_stop_lets_nobody_end_unheard) {
    EXPECT_EQ(send("a@ours.test", {"never@far.test", "ok@far.test"}), (Answers{"queued", "queued"}));
    int asked = 0;
    shy.silent = [&asked](const std::string& address) {
        asked += address == "a@ours.test" ? 1 : 0;
        return address == "a@ours.test";
    };
    ask_shyly();
    work_until([&asked] { return asked > 0; });
    ASSERT_EQ(queued(), 1U);
    EXPECT_EQ(progress(0).state, store::QueueState::deferred);
    EXPECT_EQ(progress(0).words, "no such user");
    EXPECT_EQ(progress(1).state, store::QueueState::relayed);
    EXPECT_TRUE(inbox("a").empty());
    EXPECT_EQ(steps("unreported").size(), 1U);
    crash();
    clock.advance(10min);
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U) << "what was sent is not sent again";
    ASSERT_EQ(inbox("a").size(), 1U);
    EXPECT_NE(inbox("a")[0].find("0 never@far.test 5.1.1"), std::string::npos);
    expect_sound();
}

/// It takes no attempt's place for longer than a few tries, however long the directory is silent.
TEST_F(SettlementTest, what_takes_longer_is_told_with_a_later_attempt) {
    EXPECT_EQ(send("a@ours.test", {"never@far.test", "later@far.test"}), (Answers{"queued", "queued"}));
    bool silent = true;
    shy.silent = [&silent](const std::string& address) { return silent && address == "a@ours.test"; };
    ask_shyly();
    for (int i = 0; i < 8; ++i) {  // past the time when a delay is told
        work();
        EXPECT_EQ(progress(0).state, store::QueueState::deferred);
        EXPECT_FALSE(progress(1).delay_told);
        clock.advance(1h);
    }
    EXPECT_TRUE(inbox("a").empty());
    silent = false;
    for (int i = 0; i < 5; ++i) {
        clock.advance(1h);
        work();
    }
    EXPECT_EQ(progress(0).state, store::QueueState::failed);
    EXPECT_TRUE(progress(1).delay_told);
    std::string told;
    for (const std::string& one : inbox("a")) told += one;
    EXPECT_NE(told.find("0 never@far.test 5.1.1"), std::string::npos) << told;
    EXPECT_NE(told.find("1 later@far.test 4.4.1"), std::string::npos) << told;
    expect_sound();
}

/// A disk that is nearly full takes rows and no blobs: what became of the message is kept without its report,
/// and the attempt is over. The report comes when there is room.
TEST_F(SettlementTest, a_disk_without_room_for_reports_holds_no_attempt) {
    using store::engine::Fault;
    for (const Fault fault : {Fault::no_space, Fault::unavailable}) {
        const std::size_t before = inbox("a").size();
        EXPECT_EQ(send("a@ours.test", {"never@far.test", "ok@far.test"}), (Answers{"queued", "queued"}));
        const auto sent = connector.got["ok@far.test"].size();
        engine->inject([fault](const store::engine::Step& step) { return step.blobs ? fault : Fault::none; });
        work();  // ends before the stop
        ASSERT_EQ(queued(), 1U);
        EXPECT_EQ(progress(0).state, store::QueueState::deferred);
        EXPECT_EQ(progress(0).words, "no such user");
        EXPECT_EQ(progress(1).state, store::QueueState::relayed);
        engine->inject({});
        clock.advance(10min);
        work();
        EXPECT_EQ(queued(), 0U);
        EXPECT_EQ(connector.got["ok@far.test"].size(), sent + 1) << "what was sent is not sent again";
        ASSERT_EQ(inbox("a").size(), before + 1);
        EXPECT_NE(inbox("a").back().find("0 never@far.test 5.1.1"), std::string::npos);
    }
    EXPECT_EQ(steps("unreported").size(), 2U);
    expect_sound();
}

/// A report whose commit was perhaps done is not left out of the next.
TEST_F(SettlementTest, a_report_that_may_be_kept_is_told_once) {
    using store::engine::Fault;
    EXPECT_EQ(send("a@ours.test", {"never@far.test"}), (Answers{"queued"}));
    int refused = 0;
    engine->inject([&refused](const store::engine::Step& step) {
        if (!step.blobs || ++refused > 6) return Fault::none;
        return refused == 1 ? Fault::unknown_not_done : Fault::no_space;
    });
    work();
    engine->inject({});
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(connector.attempts, 1);
    EXPECT_EQ(inbox("a").size(), 1U);
    EXPECT_TRUE(steps("unreported").empty());
    expect_sound();
}

/// Some causes do not pass: no host is offered for ever what it has refused.
TEST_F(SettlementTest, whose_sender_never_can_be_told_ends_all_the_same) {
    EXPECT_EQ(send("a@ours.test", {"never@far.test"}), (Answers{"queued"}));
    shy.silent = [](const std::string& address) { return address == "a@ours.test"; };
    ask_shyly();
    const auto wait = settings.retry.untold_end() - 5h;
    work();
    clock.advance(wait);
    work();
    ASSERT_EQ(queued(), 1U);
    EXPECT_EQ(progress(0).state, store::QueueState::deferred);
    clock.advance(5h);
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(connector.attempts, 3);
    EXPECT_TRUE(inbox("a").empty());
    ASSERT_EQ(steps("unreported").size(), 3U);
    EXPECT_NE(steps("unreported")[2].find("\"never\""), std::string::npos);
    expect_sound();
}

TEST_F(SettlementTest, a_report_that_never_can_be_written_holds_up_nothing) {
    EXPECT_EQ(send("a@ours.test", {"never@far.test"}), (Answers{"queued"}));
    reporter.fails = [] { return store::Error(store::Errc::limit, "too long"); };
    work();
    EXPECT_EQ(reporter.asked, 1);
    EXPECT_EQ(queued(), 0U);
    EXPECT_TRUE(inbox("a").empty());
    ASSERT_EQ(steps("unreported").size(), 1U);
    EXPECT_NE(steps("unreported")[0].find("too long"), std::string::npos);
}

/// The queue refuses the commit for good: nothing of it was kept, and the attempt does not stand for ever.
TEST_F(SettlementTest, a_report_that_the_queue_never_takes_holds_no_attempt) {
    queue_limits.prefix_bytes_max = 64;
    crash();
    Signing signing(*directory, clock);
    directory::DkimKey key;
    key.selector = "s1";
    key.pem = mailauth::DkimKey::generate_ed25519()->pem();
    key.active = true;
    ASSERT_TRUE(run(directory->add_dkim_key("ours.test", key)));
    reporter.from = "MAILER-DAEMON@ours.test";
    change_parts = [&signing](AgentParts& parts) { parts.signing = &signing; };
    make_agent();
    EXPECT_EQ(send("a@ours.test", {"never@far.test", "ok@far.test"}), (Answers{"queued", "queued"}));
    work();  // ends before the stop
    ASSERT_EQ(queued(), 1U);
    EXPECT_EQ(progress(0).state, store::QueueState::deferred);
    EXPECT_EQ(progress(1).state, store::QueueState::relayed);
    EXPECT_EQ(steps("unreported").size(), 1U);
    change_parts = nullptr;
    make_agent();
}

TEST_F(SettlementTest, a_bounce_that_cannot_be_kept_is_none) {
    EXPECT_EQ(send("a@ours.test", {"later@far.test"}), (Answers{"queued"}));
    reporter.fails = [] { return not_now; };
    EXPECT_TRUE(run(agent->bounce(last, "")).error().is(store::Errc::unavailable));
    reporter.fails = nullptr;
    engine->inject([](const store::engine::Step& step) {
        return step.op == store::engine::Op::apply ? store::engine::Fault::unavailable
                                                   : store::engine::Fault::none;
    });
    EXPECT_TRUE(run(agent->bounce(last, "")).error().is(store::Errc::unavailable));
    agent->stop();
    EXPECT_TRUE(run(agent->bounce(last, "")).error().is(store::Errc::unavailable));
    engine->inject({});
    EXPECT_EQ(progress(0).state, store::QueueState::pending);
    EXPECT_TRUE(steps("bounce").empty());
    EXPECT_TRUE(steps("report").empty());
    make_agent();
    EXPECT_TRUE(run(agent->bounce(last, "")));
    EXPECT_EQ(steps("bounce").size(), 1U);
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("a").size(), 1U);
    expect_sound();
}

}  // namespace
}  // namespace mta
