// The agent's story: what comes in, waits, goes, fails, and what the operator does.
#include <algorithm>

#include "agent_fixture.hpp"
#include "mta/sending_limits.hpp"
#include "support/log_capture.hpp"

namespace mta {
namespace {

TEST_F(AgentTest, local_mail_is_delivered_at_once_and_never_queued) {
    EXPECT_EQ(send("x@far.test", {"a@ours.test", "b@ours.test"}, false), (Answers{"delivered", "delivered"}));
    EXPECT_EQ(queued(), 0U);
    ASSERT_EQ(inbox("a").size(), 1U);
    EXPECT_EQ(inbox("a")[0],
              "Return-Path: <x@far.test>\r\nDelivered-To: a@ours.test\r\nReceived: from test\r\n" +
                  text_of_message("s"));
}

/// What is marked as junk stays so, whether it is delivered at once or after a crash, from the queue.
TEST_F(AgentTest, junk_that_waits_is_junk_still) {
    change = [](Arrival& arrival) { arrival.junk = true; };
    EXPECT_EQ(send("x@far.test", {"a@ours.test"}, false), (Answers{"delivered"}));
    EXPECT_EQ(junk("a").size(), 1U);
    change = [this](Arrival& arrival) {
        arrival.junk = true;
        arrival.envelope.hold_until = clock.now() + 1h;
    };
    EXPECT_EQ(send("x@far.test", {"b@ours.test"}, false), (Answers{"queued"}));
    change = nullptr;
    work();
    EXPECT_TRUE(junk("b").empty());
    crash();
    clock.advance(2h);
    work();
    EXPECT_EQ(junk("b").size(), 1U);
    EXPECT_TRUE(inbox("b").empty());
    expect_sound();
}

/// Seals and return addresses are of what leaves; ours that stays has none of them. What a connector must
/// change comes without our signatures, and with who signs it anew.
TEST_F(AgentTest, what_is_sent_on_is_sealed) {
    directory::Mailbox mailbox = *run(directory->mailbox(accounts["a"]));
    mailbox.redirects = {"ok@far.test"};
    mailbox.keep_copy = true;
    ASSERT_TRUE(run(directory->set_mailbox(mailbox)));
    change = [](Arrival& arrival) { arrival.seal = "ARC-Seal: i=1; b=x\r\n\ty\r\n"; };
    EXPECT_EQ(send("x@far.test", {"a@ours.test", "b@ours.test"}, false), (Answers{"queued", "delivered"}));
    change = nullptr;
    work();
    ASSERT_EQ(connector.got["ok@far.test"].size(), 1U);
    EXPECT_NE(connector.got["ok@far.test"][0].find("ARC-Seal: i=1"), std::string::npos);
    for (const char* name : {"a", "b"}) EXPECT_EQ(inbox(name).at(0).find("ARC-"), std::string::npos);
    ASSERT_EQ(connector.unsigned_messages.size(), 1U);
    EXPECT_EQ(connector.unsigned_messages[0].find("ARC-"), std::string::npos);
    EXPECT_NE(connector.unsigned_messages[0].find("Received: from test\r\n"), std::string::npos);
    EXPECT_EQ(without_signatures("A: b\r\nDKIM-Signature: c\r\n d\r\nE: f\r\n g\r\n"),
              "A: b\r\nE: f\r\n g\r\n");
}

/// What waits when the sealing key is lost waits for the key; it does not take another way.
TEST_F(AgentTest, a_sealed_smart_host_holds_what_is_queued) {
    EXPECT_EQ(send("a@ours.test", {"later@far.test"}), (Answers{"queued"}));
    work();
    ASSERT_EQ(connector.attempts, 1);
    directory::Domain domain = *run(directory->find_domain("ours.test"));
    domain.smart_host = "sealed:AAAA";
    ASSERT_TRUE(run(directory->set_domain(domain)));
    EXPECT_EQ(send("a@ours.test", {"ok@far.test"}), (Answers{"451 4.3.5"}));
    clock.advance(2h);
    work();
    EXPECT_EQ(connector.attempts, 1) << "nobody is spoken to";
    const auto ids_now = queue->ids(store::QueueId(), 10);
    ASSERT_EQ(ids_now.size(), 1U);
    const auto held = run(queue->read(ids_now[0]));
    EXPECT_EQ(held->progress[0].state, store::QueueState::deferred);
    EXPECT_EQ(held->progress[0].status, "4.3.5");
    EXPECT_NE(held->progress[0].words.find("sealed"), std::string::npos);
    domain.smart_host = "smtp://relay.test";
    ASSERT_TRUE(run(directory->set_domain(domain)));
    clock.advance(2h);
    work();
    EXPECT_EQ(connector.attempts, 2);
}

/// A key that cannot be opened is no reason to go unsigned.
TEST_F(AgentTest, a_sealed_key_signs_nothing_and_lets_nothing_pass) {
    Signing signing(*directory, clock);
    directory::DkimKey key;
    key.selector = "s1";
    key.pem = "sealed:AAAA";
    ASSERT_TRUE(run(directory->add_dkim_key("ours.test", key)));
    const std::vector<std::string> domains{"ours.test"};
    const auto not_active = run(signing.keys_for(domains));
    ASSERT_TRUE(not_active);
    EXPECT_TRUE(not_active->empty());
    key.active = true;
    ASSERT_TRUE(run(directory->set_dkim_key("ours.test", key)));
    EXPECT_EQ(run(signing.keys_for(domains)).error().code(), store::Errc::unavailable);
    EXPECT_FALSE(run(signing.sign("From: a@ours.test\r\n\r\nx\r\n")));
    EXPECT_EQ(*run(signing.sign("From: a@far.test\r\n\r\nx\r\n")), "");
    ASSERT_TRUE(run(directory->remove_dkim_key("ours.test", "s1")));
    EXPECT_EQ(*run(signing.sign("From: a@ours.test\r\n\r\nx\r\n")), "");
    key.selector = "s2";
    key.pem = "no key at all";
    ASSERT_TRUE(run(directory->add_dkim_key("ours.test", key)));
    EXPECT_EQ(run(signing.keys_for(domains)).error().code(), store::Errc::unavailable);
}

TEST_F(AgentTest, the_log_tells_of_a_sealed_key_once_a_minute) {
    Signing signing(*directory, clock);
    directory::DkimKey key;
    key.selector = "s1";
    key.pem = "sealed:AAAA";
    key.active = true;
    ASSERT_TRUE(run(directory->add_dkim_key("ours.test", key)));
    support::LogCapture log("");
    for (const auto passed : {0s, 1s, 58s, 1s, 30s}) {
        clock.advance(passed);
        EXPECT_FALSE(run(signing.keys_for({"ours.test"})));
    }
    const std::string told = log.text();
    EXPECT_EQ(std::ranges::count(told, '\n'), 2) << told;
}

TEST_F(AgentTest, remote_mail_is_durable_and_goes) {
    EXPECT_EQ(send("a@ours.test", {"ok@far.test", "b@ours.test", "ok2@far.test"}),
              (Answers{"queued", "delivered", "queued"}));
    EXPECT_EQ(queued(), 1U);
    crash();
    EXPECT_EQ(queued(), 1U);
    work();
    EXPECT_EQ(connector.got["ok@far.test"], (Answers{"Received: from test\r\n" + text_of_message("s")}));
    EXPECT_EQ(connector.got["ok2@far.test"].size(), 1U);
    EXPECT_EQ(connector.attempts, 1) << "one transaction for both";
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("b").size(), 1U);
    expect_sound();
}

/// The blob went with the queue's last entry, and the mailbox refused what somebody else had already.
TEST_F(AgentTest, a_host_that_is_quicker_than_a_mailbox_here_takes_nothing_along) {
    const auto attempt = [this] {
        queue->on_change(nullptr);
        const auto due = queue->take(base::unix_milliseconds(clock.now()));
        ASSERT_TRUE(due);
        store::QueueProgress gone;
        gone.state = store::QueueState::relayed;
        const auto finished = run(queue->update(due->id, {{0, gone}}, {}));
        EXPECT_TRUE(finished && *finished);
        queue->give_back(*due);
    };
    queue->on_change(attempt);
    EXPECT_EQ(send("a@ours.test", {"ok@far.test", "b@ours.test"}), (Answers{"queued", "delivered"}));
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("b").size(), 1U);
    // The same when no mailbox takes it: the queue has it for the next try.
    const auto account = run(store->account(accounts["b"]));
    ASSERT_TRUE(run((*account)->set_quota(10, 0)));
    queue->on_change(attempt);
    EXPECT_EQ(send("a@ours.test", {"ok@far.test", "b@ours.test"}), (Answers{"queued", "queued"}));
    EXPECT_EQ(queued(), 1U);
    for (const auto& blob : *run(engine->blob_list(base::BlobId(), 10)))
        EXPECT_EQ(run(engine->blob_tags(blob.id))->size(), 1U) << "nothing holds it longer";
    expect_sound();
}

TEST_F(AgentTest, each_recipient_has_its_own_end_and_failures_are_told) {
    EXPECT_EQ(send("a@ours.test", {"ok@far.test", "never@far.test", "later@far.test"}),
              (Answers{"queued", "queued", "queued"}));
    work();
    ASSERT_EQ(queued(), 1U);
    const auto left = run(queue->read(last));
    ASSERT_TRUE(left);
    EXPECT_EQ(left->progress[0].state, store::QueueState::relayed);
    EXPECT_EQ(left->progress[1].state, store::QueueState::failed);
    EXPECT_EQ(left->progress[1].words, "no such user");
    EXPECT_EQ(left->progress[2].state, store::QueueState::deferred);
    EXPECT_EQ(left->progress[2].attempts, 1U);
    ASSERT_EQ(inbox("a").size(), 1U) << "the report";
    EXPECT_NE(inbox("a")[0].find("\r\n0 never@far.test 5.1.1\r\n"), std::string::npos) << inbox("a")[0];
    EXPECT_EQ(inbox("a")[0].find("later"), std::string::npos);
    EXPECT_TRUE(inbox("a")[0].starts_with("Return-Path: <>\r\n"));
    expect_sound();
}

TEST_F(AgentTest, gives_up_after_thirty_hours_and_tells_delay_once) {
    EXPECT_EQ(send("a@ours.test", {"later@far.test"}), (Answers{"queued"}));
    work();
    int rounds = 0;
    for (; queued() != 0 && rounds < 200; ++rounds) {
        clock.advance(10min);
        work();
        if (rounds % 20 == 3) crash();
    }
    EXPECT_GE(connector.attempts, 8);
    EXPECT_LE(connector.attempts, 25) << "intervals grow";
    EXPECT_GE(rounds, 30 * 6 - 2);
    EXPECT_LE(rounds, 30 * 6 + 7);
    const auto told = inbox("a");
    ASSERT_EQ(told.size(), 2U);
    EXPECT_NE(told[0].find("1 later@far.test 4.4.1"), std::string::npos) << told[0];
    EXPECT_NE(told[1].find("0 later@far.test 4.4.7"), std::string::npos) << told[1];
    expect_sound();
}

TEST_F(AgentTest, notify_is_obeyed_and_nobody_hears_of_reports) {
    send("a@ours.test", {"never@far.test"}, true, notify_never);
    send("", {"never2@far.test"});
    send("never@far.test", {"never3@far.test"});
    work();
    EXPECT_EQ(inbox("a").size(), 0U);
    EXPECT_EQ(queued(), 0U) << "the report failed itself and is dropped";
    send("a@ours.test", {"ok@far.test"}, true, notify_success);
    send("a@ours.test", {"b@ours.test"}, true, notify_success);
    work();
    ASSERT_EQ(inbox("a").size(), 2U);
    EXPECT_NE(inbox("a")[0].find("2 b@ours.test 2.1.5") == std::string::npos,
              inbox("a")[1].find("2 b@ours.test 2.1.5") == std::string::npos);
}

TEST_F(AgentTest, a_destination_that_is_down_is_left_alone_for_all) {
    send("a@ours.test", {"down@far.test"});
    work();
    const int before = connector.attempts;
    send("a@ours.test", {"ok@far.test"});
    work();
    EXPECT_EQ(connector.attempts, before) << "the lane waits";
    send("a@ours.test", {"ok@near.test"});
    work();
    EXPECT_EQ(connector.got["ok@near.test"].size(), 1U);
    clock.advance(7min);
    work();
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
}

TEST_F(AgentTest, a_full_mailbox_among_others_is_told_by_a_report) {
    const auto account = run(store->account(accounts["b"]));
    ASSERT_TRUE(run((*account)->set_quota(10, 0)));
    EXPECT_EQ(send("c@ours.test", {"b@ours.test"}), (Answers{"refused"})) << "alone: the client hears it";
    EXPECT_EQ(send("c@ours.test", {"a@ours.test", "b@ours.test"}), (Answers{"delivered", "queued"}));
    work();
    EXPECT_EQ(queued(), 0U);
    ASSERT_EQ(inbox("c").size(), 1U);
    EXPECT_NE(inbox("c")[0].find("0 b@ours.test 5.2.2"), std::string::npos) << inbox("c")[0];
    EXPECT_EQ(inbox("a").size(), 1U);
    expect_sound();
}

/// However many mailboxes took no copy: none is left out of the queue.
TEST_F(AgentTest, more_copies_than_an_entry_holds_wait_in_several) {
    queue_limits.recipients_max = 1;
    crash();
    for (const char* name : {"b", "c"}) {
        const auto account = run(store->account(accounts[name]));
        ASSERT_TRUE(run((*account)->set_quota(10, 0)));
    }
    EXPECT_EQ(send("a@ours.test", {"a@ours.test", "b@ours.test", "c@ours.test"}),
              (Answers{"delivered", "queued", "queued"}));
    EXPECT_EQ(queued(), 2U);
    work();
    EXPECT_EQ(queued(), 0U);
    std::string told;
    for (const std::string& one : inbox("a")) told += one;
    for (const char* line : {"0 b@ours.test 5.2.2", "0 c@ours.test 5.2.2"})
        EXPECT_NE(told.find(line), std::string::npos) << told;
    expect_sound();
}

TEST_F(AgentTest, groups_redirections_and_their_loops) {
    directory::Group group;
    group.address = "all@ours.test";
    group.members = {"a@ours.test", "b@ours.test", "all@ours.test", "ok@far.test", "gone@ours.test"};
    ASSERT_TRUE(run(directory->add_group(group)));
    EXPECT_TRUE(run(directory->add_group(group)).error().is(directory::Errc::exists));
    group.address = "a@ours.test";
    EXPECT_TRUE(run(directory->add_group(group)).error().is(directory::Errc::exists));
    EXPECT_EQ(send("x@far.test", {"all@ours.test"}, false), (Answers{"queued"}));
    EXPECT_EQ(inbox("a").size(), 1U);
    EXPECT_EQ(inbox("b").size(), 1U);
    work();
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    // c sends on to a (which sends on to c) and to the world, and keeps a copy; a keeps none.
    auto c = run(directory->mailbox(accounts["c"])), a = run(directory->mailbox(accounts["a"]));
    c->redirects = {"a@ours.test", "ok@near.test"};
    a->redirects = {"c@ours.test"};
    a->keep_copy = false;
    ASSERT_TRUE(run(directory->set_mailbox(*c)));
    ASSERT_TRUE(run(directory->set_mailbox(*a)));
    EXPECT_EQ(send("x@far.test", {"c@ours.test"}, false), (Answers{"queued"}));
    EXPECT_EQ(inbox("c").size(), 1U);
    EXPECT_EQ(inbox("a").size(), 1U) << "none more";
    work();
    ASSERT_EQ(connector.got["ok@near.test"].size(), 1U);
    EXPECT_TRUE(connector.got["ok@near.test"][0].starts_with("Delivered-To: c@ours.test\r\n"));
    EXPECT_EQ(send("x@far.test", {"c@ours.test"}, false, notify_unset, {"c@ours.test"}), (Answers{"refused"}))
        << "it came back";
    EXPECT_EQ(connector.got["ok@near.test"].size(), 1U);
}

TEST_F(AgentTest, relaying_is_for_those_who_may) {
    EXPECT_EQ(send("x@far.test", {"y@near.test"}, false), (Answers{"550 5.7.1"}));
    EXPECT_EQ(send("x@far.test", {"nobody@ours.test"}, false), (Answers{"550 5.1.1"}));
    EXPECT_EQ(send("x@far.test", {"abuse@ours.test"}, false), (Answers{"550 5.1.1"}))
        << "nobody is postmaster yet";
    add_mailbox("postmaster");
    EXPECT_EQ(send("x@far.test", {"abuse@ours.test", "postmaster@ours.test"}, false),
              (Answers{"delivered", "delivered"}));
    EXPECT_EQ(inbox("postmaster").size(), 1U) << "one copy for both";
}

TEST_F(AgentTest, the_operator_holds_releases_retries_bounces_and_removes) {
    send("a@ours.test", {"later@far.test"});
    ASSERT_TRUE(run(agent->hold(last, true)));
    work();
    EXPECT_EQ(connector.attempts, 0);
    ASSERT_TRUE(run(agent->hold(last, false)));
    work();
    EXPECT_EQ(connector.attempts, 1);
    ASSERT_TRUE(run(agent->retry(last)));
    work();
    EXPECT_EQ(connector.attempts, 2);
    ASSERT_TRUE(run(agent->bounce(last, "wrong turn")));
    work();
    EXPECT_EQ(queued(), 0U);
    ASSERT_EQ(inbox("a").size(), 1U);
    EXPECT_NE(inbox("a")[0].find("0 later@far.test 5.7.1"), std::string::npos);
    send("a@ours.test", {"later@far.test"});
    ASSERT_TRUE(run(agent->remove(last)));
    EXPECT_EQ(queued(), 0U);
    expect_sound();
}

/// An attempt that begins while the operator acts would send what is bounced, or once more what was sent.
TEST_F(AgentTest, the_operator_and_attempts_keep_out_of_each_others_way) {
    send("a@ours.test", {"later@far.test", "ok@far.test"});
    work();
    ASSERT_EQ(connector.got["ok@far.test"].size(), 1U);
    const std::int64_t soon = base::unix_milliseconds(clock.now()) + 100'000'000;
    const auto attempt = queue->take(soon);
    ASSERT_TRUE(attempt);
    for (const auto& result :
         {run(agent->retry(last)), run(agent->bounce(last, "")), run(agent->remove(last))})
        EXPECT_EQ(result.error().code(), store::Errc::conflict);
    queue->give_back(*attempt);
    expect_alone(agent->retry(last));
    work();
    EXPECT_EQ(connector.attempts, 2);
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U) << "what has gone does not go again";
    {
        const store::QueueClaim other(*queue, last);
        ASSERT_TRUE(other);
        EXPECT_FALSE(queue->take(soon));
        EXPECT_EQ(run(agent->remove(last)).error().code(), store::Errc::conflict);
    }
    expect_alone(agent->bounce(last, ""));
    work();
    EXPECT_EQ(queued(), 0U);
    EXPECT_EQ(inbox("a").size(), 1U);
    send("a@ours.test", {"ok@far.test"});
    ASSERT_TRUE(run(agent->remove(last)));
    work();
    EXPECT_EQ(connector.got["ok@far.test"].size(), 1U);
    expect_sound();
}

/// The power goes at each call of the engine while mail comes in and goes out: what was answered "queued" is
/// relayed in the end, by the next process if not by this one.
TEST_F(AgentTest, nothing_that_was_taken_is_lost_whenever_the_power_goes) {
    for (std::uint64_t step = 1; step < 200; ++step) {
        SCOPED_TRACE(step);
        connector.got.clear();
        const std::uint64_t end = engine->steps() + step;
        engine->inject([end](const store::engine::Step& now) {
            return now.number >= end ? store::engine::Fault::unavailable : store::engine::Fault::none;
        });
        const Answers said = send("a@ours.test", {"ok1@far.test", "ok2@near.test"});
        const bool taken = said == Answers{"queued", "queued"};
        if (taken && step % 2 == 0) {
            asio::io_context io;
            agent->start(io.get_executor());
            io.run_for(5ms);
            agent->stop();
            io.run_for(2s);
        }
        const bool whole = engine->steps() < end;
        crash();
        work();
        if (taken) {
            EXPECT_GE(connector.got["ok1@far.test"].size(), 1U);
            EXPECT_GE(connector.got["ok2@near.test"].size(), 1U);
        }
        EXPECT_EQ(queued(), 0U);
        ASSERT_NO_FATAL_FAILURE(expect_sound());
        if (whole || HasFailure()) return;
    }
}

TEST(SendingLimits, slide_over_an_hour) {
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    SendingLimits::Settings settings;
    settings.per_hour = 10;
    SendingLimits limits(settings, clock);
    const base::AccountId one(1), two(2);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limits.take(one));
    EXPECT_FALSE(limits.take(one));
    EXPECT_TRUE(limits.take(two, 8));
    EXPECT_FALSE(limits.take(two, 3)) << "all or none";
    EXPECT_TRUE(limits.take(two, 2)) << "what was refused costs nothing";
    EXPECT_FALSE(limits.take(two));
    clock.advance(70min);
    EXPECT_TRUE(limits.take(one));
    clock.advance(3h);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limits.take(one));
    EXPECT_FALSE(limits.take(one));
}

}  // namespace
}  // namespace mta
