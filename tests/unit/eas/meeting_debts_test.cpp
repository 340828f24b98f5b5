// What the server owes to those who take part in a meeting outlives it: a crash at any place between the
// change of an event and its mail, and mail that cannot leave now.
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "pim/event_times.hpp"
#include "unit/eas/meeting_server.hpp"

namespace eas {
namespace {

using directory::run;
using pim::itip::Method;

using People = std::vector<std::string>;

pim::Component meeting(std::string_view organizer = "anna", const People& attendees = {"bob"}) {
    std::string asked;
    for (const std::string& one : attendees) asked += "ATTENDEE:mailto:" + one + "@elsewhere.test\r\n";
    return pim::parse(
               "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:uid-1\r\nDTSTAMP:20261122T120000Z\r\n"
               "DTSTART:20900104T090000Z\r\nDTEND:20900104T100000Z\r\nSUMMARY:Plans\r\n"
               "ORGANIZER:mailto:" +
               std::string(organizer) + "@example.test\r\n" + asked + "END:VEVENT\r\nEND:VCALENDAR\r\n")
        .value();
}

/// What is owed of it, to one of them.
MeetingDebt owed(const std::string& attendee = "bob") {
    MeetingDebt out;
    out.user = "anna@example.test";
    out.since = 1'800'000'000;
    out.event_uid = "uid-1";
    out.notices.push_back({Method::request, std::nullopt, {attendee + "@elsewhere.test"}});
    return out;
}

class MeetingDebtsTest : public MeetingServerTest {
protected:
    MeetingTeller teller() { return MeetingTeller(Post(*services_, account_, "anna@example.test")); }

    boost::asio::awaitable<bool> keep_event(std::string organizer = "anna", People attendees = {"bob"}) {
        auto added = co_await services_->events.add(account_, meeting(organizer, attendees));
        if (added) event_ = std::move(*added);
        co_return added.has_value();
    }
    /// Where the server ends after `steps` of owing, changing and telling.
    boost::asio::awaitable<bool> invite(int steps) {
        MeetingTeller teller = this->teller();
        const pim::Component after = meeting();
        MeetingChange change;
        change.notices.push_back({Method::request, std::nullopt, {"bob@elsewhere.test"}});
        co_await teller.owe(&change, base::FolderId(), nullptr, nullptr, "uid-1");
        if (!change.debt) co_return false;
        if (steps < 2) co_return true;
        const bool kept = co_await keep_event();
        if (!kept || steps < 3) co_return kept;
        change.folder = event_.folder;
        change.uid = event_.entry.uid;
        co_await teller.tell(&change, nullptr, &after);
        co_return true;
    }
    boost::asio::awaitable<bool> call_off(bool remove) {
        MeetingTeller teller = this->teller();
        auto found = co_await services_->events.find(account_, "uid-1");
        if (!found || found->size() != 1) co_return false;
        const store::Entry entry = found->front().entry;
        MeetingChange change;
        change.notices.push_back({Method::cancel, std::nullopt, {"bob@elsewhere.test"}});
        co_await teller.owe(&change, found->front().folder->id(), &entry, &found->front().calendar, "uid-1");
        store::UidRanges uids{{entry.uid, entry.uid}};
        if (!remove) co_return true;
        const auto removed = co_await found->front().folder->remove(std::move(uids));
        co_return removed.has_value();
    }
    /// Another device has asked somebody else instead.
    boost::asio::awaitable<bool> ask_instead(std::string attendee) {
        auto found = co_await services_->events.find(account_, "uid-1");
        if (!found || found->size() != 1) co_return false;
        found->front().calendar = meeting("anna", {attendee});
        const auto replaced = co_await services_->events.replace(&found->front());
        co_return replaced.has_value();
    }
    /// Another change of the same event, of which some hear. `told`: else the server ends before it tells.
    boost::asio::awaitable<bool> change_again(People asked, bool told) {
        MeetingTeller teller = this->teller();
        auto found = co_await services_->events.find(account_, "uid-1");
        if (!found || found->size() != 1) co_return false;
        ShelvedEvent& event = found->front();
        const pim::Component before = event.calendar;
        pim::master_of(event.calendar)->set_raw("LOCATION", "The roof");
        MeetingChange change;
        for (std::string& one : asked) one += "@elsewhere.test";
        change.notices.push_back({Method::request, std::nullopt, std::move(asked)});
        co_await teller.owe(&change, event.folder->id(), &event.entry, &before, "uid-1");
        const auto replaced = co_await services_->events.replace(&event);
        if (!replaced || !change.debt || !told) co_return replaced&& change.debt;
        change.folder = event.folder;
        change.uid = event.entry.uid;
        co_await teller.tell(&change, &before, &event.calendar);
        co_return true;
    }
    boost::asio::awaitable<bool> round(MeetingTender* tender) {
        co_await tender->round();
        co_return true;
    }
    boost::asio::awaitable<bool> tell_while_another_is_held() {
        MeetingDebt debt = owed();
        const auto held = co_await services_->meeting_debts.owe(anna_, std::move(debt));
        MeetingTender tender(*services_);
        co_await tender.round();
        co_return held.has_value();
    }
    boost::asio::awaitable<bool> is_due() {
        const auto due = co_await services_->meeting_debts.due(anna_, std::string());
        co_return due && due->has_value();
    }

    boost::asio::awaitable<bool> next_is_answer() {
        const auto due = co_await services_->meeting_debts.due(anna_, std::string());
        co_return due && due->has_value() && (*due)->debt.is_answer;
    }
    boost::asio::awaitable<bool> owe(base::AccountId account, MeetingDebt debt) {
        const auto held = co_await services_->meeting_debts.owe(account, std::move(debt));
        co_return held.has_value();
    }
    boost::asio::awaitable<bool> owe_in(MeetingDebts* debts) {
        MeetingDebt debt = owed();
        const auto held = co_await debts->owe(anna_, std::move(debt));
        co_return held.has_value();
    }
    boost::asio::awaitable<bool> settle_in(MeetingDebts* debts, store::engine::Fault fault) {
        MeetingDebt debt = owed();
        const auto held = co_await debts->owe(anna_, std::move(debt));
        if (!held) co_return false;
        engine().inject(store::engine::fault_at(engine().steps() + 1, fault));
        const auto settled = co_await debts->settle(&*held);
        engine().inject({});
        co_return settled.has_value();
    }
    boost::asio::awaitable<std::size_t> count_due(MeetingDebts* debts) {
        std::size_t out = 0;
        std::string after;
        for (;; ++out) {
            const auto due = co_await debts->due(anna_, after);
            if (!due || !*due) co_return out;
            after = (*due)->name();
        }
    }
    boost::asio::awaitable<void> look_for_due() {
        const auto due = co_await services_->meeting_debts.due(anna_, std::string());
        EXPECT_TRUE(due);
    }
    /// Behind what the engine reads when it is delayed, and before its answer.
    boost::asio::awaitable<void> owe_meanwhile() {
        const auto executor = co_await boost::asio::this_coro::executor;
        for (int round = 0; round < 12; ++round)
            co_await boost::asio::post(executor, boost::asio::use_awaitable);
        MeetingDebt debt = owed();
        const auto held = co_await services_->meeting_debts.owe(anna_, std::move(debt));
        EXPECT_TRUE(held);
    }
    boost::asio::awaitable<bool> is_due_to_nobody_else() {
        MeetingDebt debt = owed();
        const auto held = co_await services_->meeting_debts.owe(anna_, std::move(debt));
        const bool due = co_await is_due();
        co_return held && !due;
    }

    ShelvedEvent event_;
};

TEST_F(MeetingDebtsTest, ACrashBeforeTheMailLosesNothing) {
    ASSERT_TRUE(run(invite(2)));
    EXPECT_TRUE(outgoing_.tried.empty());
    start();
    EXPECT_TRUE(run(make_good()));
    ASSERT_EQ(outgoing_.tried.size(), 1U);
    const Submission& sent = outgoing_.tried.front();
    EXPECT_EQ(sent.recipients, std::vector<std::string>{"bob@elsewhere.test"});
    EXPECT_EQ(sent.sender, "anna@example.test");
    EXPECT_NE(sent.message.find("method=REQUEST"), std::string::npos) << sent.message;
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
}

TEST_F(MeetingDebtsTest, NobodyHearsOfAChangeThatWasNotMade) {
    ASSERT_TRUE(run(invite(1)));
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_TRUE(outgoing_.tried.empty());
    ASSERT_TRUE(run(keep_event()));  // by another device, later
    ASSERT_TRUE(run(call_off(false)));
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_TRUE(outgoing_.tried.empty());
}

TEST_F(MeetingDebtsTest, WhatIsTakenAwayIsCalledOff) {
    ASSERT_TRUE(run(keep_event()));
    ASSERT_TRUE(run(call_off(true)));
    start();
    EXPECT_TRUE(run(make_good()));
    ASSERT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_NE(outgoing_.tried.front().message.find("method=CANCEL"), std::string::npos);
    EXPECT_NE(outgoing_.tried.front().message.find("Subject: Canceled: Plans"), std::string::npos);
}

TEST_F(MeetingDebtsTest, WhatCannotLeaveNowLeavesLaterUnderTheSameName) {
    outgoing_.answer = Submitted::failed;
    ASSERT_TRUE(run(invite(3)));
    EXPECT_FALSE(run(make_good()));
    start();
    EXPECT_FALSE(run(make_good()));
    outgoing_.answer = Submitted::sent;
    EXPECT_TRUE(run(make_good()));
    ASSERT_EQ(outgoing_.tried.size(), 4U);
    EXPECT_FALSE(outgoing_.tried.front().message_id.empty());
    for (const Submission& one : outgoing_.tried)
        EXPECT_EQ(one.message_id, outgoing_.tried.front().message_id);
    // Of what is nobody's there is no later.
    outgoing_.answer = Submitted::no_such_user;
    ASSERT_TRUE(run(invite(3)));
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 5U);
}

TEST_F(MeetingDebtsTest, WhatIsTrueByThenIsTold) {
    outgoing_.answer = Submitted::failed;
    ASSERT_TRUE(run(invite(3)));
    ASSERT_TRUE(run(ask_instead("eve")));  // of which Eve and Bob hear by that change's own mail
    outgoing_.answer = Submitted::sent;
    EXPECT_TRUE(run(make_good()));
    ASSERT_EQ(outgoing_.tried.size(), 1U);  // what failed; nothing to Bob any more
}

TEST_F(MeetingDebtsTest, WhoIsAskedAgainHearsOfNoCancellation) {
    ASSERT_TRUE(run(keep_event()));
    ASSERT_TRUE(run(call_off(true)));
    ASSERT_TRUE(run(keep_event()));  // it is put elsewhere, under the same UID
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_TRUE(outgoing_.tried.empty());
    ASSERT_TRUE(run(call_off(true)));
    ASSERT_TRUE(run(keep_event("anna", {"eve"})));
    start();
    EXPECT_TRUE(run(make_good()));
    ASSERT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_NE(outgoing_.tried.front().message.find("method=CANCEL"), std::string::npos);
    // Of somebody else's event of the same name nobody is asked in hers.
    ASSERT_TRUE(run(call_off(true)));
    ASSERT_TRUE(run(keep_event("mallory", {"eve"})));
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 2U);
}

TEST_F(MeetingDebtsTest, MoreThanAreReadAtOnceAreMadeGoodAtOnce) {
    People many;
    for (int i = 0; i < 9; ++i) many.push_back("b" + std::to_string(i));  // a page of 4 MB has fewer
    ASSERT_TRUE(run(keep_event("anna", many)));
    for (const std::string& one : many) {
        MeetingDebt debt = owed(one);
        debt.before.assign(900'000, 'x');
        ASSERT_TRUE(run(owe(anna_, std::move(debt))));
    }
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), many.size());
    EXPECT_FALSE(run(is_due()));
}

// Of two changes of one event, whose mails are both still owed, the second says all.
TEST_F(MeetingDebtsTest, WhoHearsOfAChangeHearsNotOfTheOneBeforeToo) {
    outgoing_.answer = Submitted::failed;
    ASSERT_TRUE(run(invite(3)));
    outgoing_.answer = Submitted::sent;
    ASSERT_TRUE(run(change_again({"bob"}, true)));
    EXPECT_EQ(outgoing_.tried.size(), 2U);
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 2U);
    // Nor where neither could leave: what is left of both leaves once.
    outgoing_.answer = Submitted::failed;
    ASSERT_TRUE(run(change_again({"bob"}, true)));
    ASSERT_TRUE(run(change_again({"bob"}, true)));
    EXPECT_EQ(outgoing_.tried.size(), 4U);
    outgoing_.answer = Submitted::sent;
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 5U);
}

TEST_F(MeetingDebtsTest, TwoThatACrashHasLeftAreToldOnce) {
    ASSERT_TRUE(run(invite(2)));
    ASSERT_TRUE(run(change_again({"bob"}, false)));
    start();
    EXPECT_TRUE(run(make_good()));
    ASSERT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_NE(outgoing_.tried.front().message.find("The roof"), std::string::npos);
}

TEST_F(MeetingDebtsTest, WhoHearsNothingOfAChangeHearsOfTheOneBefore) {
    ASSERT_TRUE(run(keep_event("anna", {"bob", "eve"})));
    ASSERT_TRUE(run(owe(anna_, owed("eve"))));
    MeetingDebt both = owed("bob");
    both.notices.front().attendees.push_back("eve@elsewhere.test");
    ASSERT_TRUE(run(owe(anna_, std::move(both))));
    MeetingDebt other = owed("bob");
    other.event_uid = "uid-2";  // which is nowhere
    ASSERT_TRUE(run(owe(anna_, std::move(other))));
    ASSERT_TRUE(run(change_again({"bob"}, true)));
    ASSERT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_TRUE(run(make_good()));
    ASSERT_EQ(outgoing_.tried.size(), 2U);
    EXPECT_EQ(outgoing_.tried.back().recipients, People{"eve@elsewhere.test"});
}

// A change that is made while an older one is told has its own debt, which nobody settles but who holds it.
TEST_F(MeetingDebtsTest, WhatSomebodyHoldsIsNotSettledByAnother) {
    ASSERT_TRUE(run(invite(2)));
    EXPECT_TRUE(run(tell_while_another_is_held()));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_TRUE(run(is_due()));
}

TEST_F(MeetingDebtsTest, WhatCouldNotBeFoundIsFoundLater) {
    using store::engine::Op;
    ASSERT_TRUE(run(invite(2)));
    for (const Op op : {Op::list, Op::scan}) {
        services_ = std::make_shared<Services>(*store_, directory(), authenticator_, outgoing_);
        MeetingTender tender(*services_);
        engine().inject([op](const store::engine::Step& step) {
            return step.op == op ? store::engine::Fault::unavailable : store::engine::Fault::none;
        });
        EXPECT_FALSE(run(services_->meeting_debts.find()));
        ASSERT_TRUE(run(round(&tender)));
        EXPECT_TRUE(services_->meeting_debts.debtors().empty());
        EXPECT_TRUE(outgoing_.tried.empty());
        engine().inject({});
        if (op == Op::list) continue;
        ASSERT_TRUE(run(round(&tender)));
        EXPECT_EQ(outgoing_.tried.size(), 1U);
        // Once is enough: no round looks through all mailboxes for nothing.
        std::size_t lists = 0;
        engine().inject([&lists](const store::engine::Step& step) {
            lists += step.op == Op::list ? 1U : 0U;
            return store::engine::Fault::none;
        });
        ASSERT_TRUE(run(round(&tender)));
        engine().inject({});
        EXPECT_EQ(lists, 0U);
    }
}

// What cannot be read in one round is read in the next.
TEST_F(MeetingDebtsTest, WhatCannotBeReadNowWaits) {
    ASSERT_TRUE(run(invite(2)));
    engine().inject([](const store::engine::Step& step) {
        return step.op == store::engine::Op::get ? store::engine::Fault::unavailable
                                                 : store::engine::Fault::none;
    });
    EXPECT_FALSE(run(make_good()));
    engine().inject({});
    EXPECT_TRUE(outgoing_.tried.empty());
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
}

TEST_F(MeetingDebtsTest, ABugInOneKeepsNobodyFromTheOthers) {
    const People people{"bob", "eve", "kim"};
    ASSERT_TRUE(run(keep_event("anna", people)));
    for (const std::string& one : people) ASSERT_TRUE(run(owe(anna_, owed(one))));
    outgoing_.bugs = 1;
    EXPECT_FALSE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 3U);
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 4U);
}

TEST_F(MeetingDebtsTest, WhatSomebodySeesToIsNobodyElses) {
    EXPECT_TRUE(run(is_due_to_nobody_else()));
    EXPECT_TRUE(run(is_due()));
    EXPECT_EQ(services_->meeting_debts.debtors(), std::vector<base::AccountId>{anna_});
}

TEST_F(MeetingDebtsTest, ThereAreNotMoreThanSomeOfThem) {
    const MeetingDebtLimits limits;
    MeetingDebt debt = owed();
    for (std::size_t i = 0; i < limits.rows_max; ++i) ASSERT_TRUE(run(owe(anna_, debt)));
    EXPECT_FALSE(run(owe(anna_, debt)));
    debt.before.assign(limits.row_bytes_max, 'x');
    EXPECT_FALSE(run(owe(base::AccountId(anna_.value + 1), debt)));
    EXPECT_EQ(services_->meeting_debts.debtors(), std::vector<base::AccountId>{anna_});
}

TEST_F(MeetingDebtsTest, AnswersAreCountedApart) {
    const MeetingDebtLimits limits;
    MeetingDebt answer = owed();
    answer.is_answer = true;
    for (std::size_t i = 0; i < limits.answers_max; ++i) ASSERT_TRUE(run(owe(anna_, answer)));
    EXPECT_FALSE(run(owe(anna_, answer)));
    EXPECT_TRUE(run(owe(anna_, owed())));
    start();
    EXPECT_FALSE(run(owe(anna_, answer)));
    EXPECT_TRUE(run(owe(anna_, owed())));
    // What the user's changes ask for is told first.
    EXPECT_FALSE(run(next_is_answer()));
}

TEST_F(MeetingDebtsTest, WhoAsksTwiceIsAnsweredOnce) {
    ASSERT_TRUE(run(keep_event("anna", {"bob", "eve"})));
    const auto ask = [this](const std::string& attendee) {
        MeetingDebt answer = owed(attendee);
        answer.is_answer = true;
        return run(owe(anna_, std::move(answer)));
    };
    // All are noted, as after a crash.
    ASSERT_TRUE(ask("bob") && ask("bob") && ask("eve") && ask("bob"));
    EXPECT_TRUE(run(make_good()));
    People reached = outgoing_.reached;
    std::ranges::sort(reached);
    EXPECT_EQ(reached, (People{"bob@elsewhere.test", "eve@elsewhere.test"}));
    // Where nothing can leave one of them waits.
    outgoing_.answer = Submitted::failed;
    ASSERT_TRUE(ask("bob") && ask("bob"));
    EXPECT_FALSE(run(make_good()));
    EXPECT_EQ(run(count_due(&services_->meeting_debts)), 1U);
    // What a change owes is not an answer's to settle.
    ASSERT_TRUE(run(owe(anna_, owed("bob"))));
    EXPECT_EQ(services_->meeting_debts.claim(anna_, "uid-1", MeetingDebts::Which::answers).size(), 1U);
    EXPECT_EQ(services_->meeting_debts.claim(anna_, "uid-1").size(), 2U);
}

TEST_F(MeetingDebtsTest, OfAMailboxThatIsGoneNothingIsKept) {
    ASSERT_TRUE(run(owe(anna_, owed())));
    ASSERT_TRUE(run(owe(base::AccountId(anna_.value + 1), owed())));  // there is none of this number
    outgoing_.answer = Submitted::failed;
    ASSERT_TRUE(run(keep_event()));
    EXPECT_FALSE(run(make_good()));
    EXPECT_EQ(services_->meeting_debts.debtors(), std::vector<base::AccountId>{anna_});
}

// The engine does not know whether the row is there: it is told once, and the row goes.
TEST_F(MeetingDebtsTest, WhatMayHaveBeenNotedIsToldOnce) {
    using store::engine::Fault;
    for (const Fault fault : {Fault::unknown_but_done, Fault::unknown_not_done}) {
        const std::size_t before = outgoing_.tried.size();
        bool first = true;
        engine().inject([&first, fault](const store::engine::Step& step) {
            const bool owes = step.op == store::engine::Op::apply && std::exchange(first, false);
            return owes ? fault : Fault::none;
        });
        ASSERT_TRUE(run(invite(3)));
        engine().inject({});
        EXPECT_FALSE(first);
        start();
        EXPECT_TRUE(run(make_good()));
        EXPECT_EQ(outgoing_.tried.size(), before + 1);
    }
}

// A row that is gone though nobody heard so counts no longer than till somebody looks.
TEST_F(MeetingDebtsTest, WhatWasSettledUnheardIsForgotten) {
    using store::engine::Fault;
    std::size_t applied = 0;
    engine().inject([&applied](const store::engine::Step& step) {
        const bool settles = step.op == store::engine::Op::apply && ++applied == 2;
        return settles ? Fault::unknown_but_done : Fault::none;
    });
    ASSERT_TRUE(run(invite(3)));
    engine().inject({});
    EXPECT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_FALSE(services_->meeting_debts.debtors().empty());
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
}

// Where the store says that nothing was done, this server still knows what has left.
TEST_F(MeetingDebtsTest, WhatCouldNotBeSettledIsNotToldAgain) {
    using store::engine::Fault;
    std::size_t applied = 0;
    engine().inject([&applied](const store::engine::Step& step) {
        const bool settles = step.op == store::engine::Op::apply && ++applied >= 2;
        return settles ? Fault::unavailable : Fault::none;
    });
    ASSERT_TRUE(run(invite(3)));
    EXPECT_FALSE(run(make_good()));
    engine().inject({});
    EXPECT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
}

TEST_F(MeetingDebtsTest, WhatWasLeftIsKnownThoughItCouldNotBeNoted) {
    using store::engine::Fault;
    MeetingDebt debt = owed("bob");
    debt.notices.push_back({Method::request, std::nullopt, {"eve@elsewhere.test"}});
    ASSERT_TRUE(run(keep_event("anna", {"bob", "eve"})));
    ASSERT_TRUE(run(owe(anna_, std::move(debt))));
    outgoing_.full_for = "eve@elsewhere.test";
    for (const Fault fault : {Fault::unavailable, Fault::unknown_not_done, Fault::unknown_but_done}) {
        engine().inject([fault](const store::engine::Step& step) {
            return step.op == store::engine::Op::apply ? fault : Fault::none;
        });
        EXPECT_FALSE(run(make_good()));
    }
    engine().inject({});
    outgoing_.full_for.clear();
    EXPECT_TRUE(run(make_good()));
    std::vector<std::string> tried;
    for (const Submission& one : outgoing_.tried) tried.push_back(one.recipients.front().substr(0, 3));
    EXPECT_EQ(tried, (People{"bob", "eve", "eve", "eve", "eve"}));
}

// A row that is gone though nobody heard so keeps no room from others.
TEST_F(MeetingDebtsTest, WhatWasSettledUnheardIsNotCountedWithTheOthers) {
    using store::engine::Fault;
    MeetingDebtLimits limits;
    limits.rows_max = 2;
    MeetingDebts debts(engine(), services_->random, limits);
    ASSERT_TRUE(run(owe_in(&debts)));
    EXPECT_FALSE(run(settle_in(&debts, Fault::unknown_but_done)));
    EXPECT_FALSE(run(owe_in(&debts)));
    EXPECT_EQ(run(count_due(&debts)), 1U);
    EXPECT_TRUE(run(owe_in(&debts)));
    EXPECT_EQ(run(count_due(&debts)), 2U);
}

// While somebody finds that what he knows of is not there, another debt of the mailbox comes and stays.
TEST_F(MeetingDebtsTest, WhatIsOwedWhileNothingIsFoundIsNotForgotten) {
    using store::engine::Fault;
    using store::engine::Op;
    engine().inject([](const store::engine::Step& step) {
        return step.op == Op::apply ? Fault::unknown_not_done : Fault::none;
    });
    ASSERT_TRUE(run(owe(anna_, owed())));
    engine().inject([](const store::engine::Step& step) {
        return step.op == Op::scan || step.op == Op::get ? Fault::delay : Fault::none;
    });
    boost::asio::io_context io;
    const auto rethrow = [](std::exception_ptr thrown) { EXPECT_FALSE(thrown); };
    boost::asio::co_spawn(io, look_for_due(), rethrow);
    boost::asio::co_spawn(io, owe_meanwhile(), rethrow);
    io.run();
    engine().inject({});
    EXPECT_EQ(services_->meeting_debts.debtors(), std::vector<base::AccountId>{anna_});
    EXPECT_TRUE(run(is_due()));
}

TEST(MeetingDebt, IsReadAsItIsWritten) {
    MeetingDebt debt;
    debt.user = "anna@example.test";
    debt.since = 1'800'000'000;
    debt.folder = base::FolderId(7);
    debt.uid = base::Uid(8);
    debt.modseq = base::ModSeq(9);
    debt.event_uid = "uid";
    debt.before = "BEGIN:VCALENDAR";
    debt.notices.push_back({Method::cancel, -5, {"a@b.test", "c@d.test"}});
    debt.notices.push_back({Method::request, std::nullopt, {"a@b.test"}});
    const std::string row = encode(debt);
    EXPECT_EQ(decode_meeting_debt(row), debt);
    for (std::size_t i = 0; i < row.size(); ++i) {
        std::string damaged = row;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_FALSE(decode_meeting_debt(damaged)) << i;
        EXPECT_FALSE(decode_meeting_debt(row.substr(0, i))) << i;
    }
}

}  // namespace
}  // namespace eas
