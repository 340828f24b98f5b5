// Mail about meetings as it is delivered: what it changes, what is answered, and how much of it.
#include "pim/event_times.hpp"
#include "pim/itip/apply.hpp"
#include "unit/eas/meeting_server.hpp"

namespace eas {
namespace {

using directory::run;

std::string mail(std::string_view from, std::string_view method, std::string_view event) {
    return "From: <" + std::string(from) + ">\r\nTo: <anna@example.test>\r\nMIME-Version: 1.0\r\n" +
           "Content-Type: text/calendar; charset=utf-8; method=" + std::string(method) +
           "\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:" + std::string(method) +
           "\r\nBEGIN:VEVENT\r\nUID:uid-1\r\n" + std::string(event) + "END:VEVENT\r\nEND:VCALENDAR\r\n";
}

class IncomingMeetingsTest : public MeetingServerTest {
protected:
    boost::asio::awaitable<bool> keep(std::string_view lines) {
        auto event = pim::parse("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:uid-1\r\n" +
                                std::string(lines) + "END:VEVENT\r\nEND:VCALENDAR\r\n");
        if (!event) co_return false;
        const auto added = co_await services_->events.add(account_, std::move(*event));
        co_return added.has_value();
    }
    boost::asio::awaitable<std::uint32_t> size_of(base::FolderId id) {
        const auto folder = co_await account_->open(id);
        co_return folder ? (*folder)->snapshot()->size() : 99;
    }
    bool keep_annas(const std::string& attendees = "ATTENDEE:mailto:bob@elsewhere.test\r\n") {
        return run(
            keep("DTSTAMP:20261122T120000Z\r\nDTSTART:20900104T090000Z\r\nSUMMARY:Plans\r\n"
                 "DTEND:20900104T100000Z\r\nORGANIZER:mailto:anna@example.test\r\n" +
                 attendees));
    }
    bool refresh(std::string_view from, std::string_view header = {}) {
        return run(deliver(std::string(header) +
                           mail(from, "REFRESH",
                                "DTSTAMP:20261123T120000Z\r\nORGANIZER:mailto:anna@example.test\r\n"
                                "ATTENDEE:mailto:" +
                                    std::string(from) + "\r\n")));
    }
    std::uint32_t mails_in(store::SpecialUse use) {
        const store::FolderTreePtr tree = account_->folders();
        const store::FolderInfo* folder = tree->find(use);
        return folder == nullptr ? 99 : run(size_of(folder->id));
    }
    bool answer(int minute, std::string_view partstat) {
        return run(deliver(mail("bob@elsewhere.test", "REPLY",
                                "DTSTAMP:20261123T12" + std::to_string(10 + minute) +
                                    "00Z\r\nORGANIZER:mailto:anna@example.test\r\nATTENDEE;PARTSTAT=" +
                                    std::string(partstat) + ":mailto:bob@elsewhere.test\r\n")));
    }
    std::string bobs_answer() {
        const auto found = run(events("uid-1"));
        if (found.size() != 1) return "no event";
        const pim::Component* event = pim::master_of(found.front().calendar);
        return std::string(pim::itip::find_attendee(*event, "bob@elsewhere.test")->parameter("PARTSTAT"));
    }
};

TEST_F(IncomingMeetingsTest, NobodyWritesAnEventAnewWithoutEnd) {
    ASSERT_TRUE(keep_annas());
    IncomingMeetingsLimits limits;
    limits.free_bytes_max = 0;
    limits.rewritten_bytes_max = 4 * run(events("uid-1")).front().entry.size;
    watch(limits);
    int changes = 0;
    std::string last = "none";
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(answer(i, i % 2 == 0 ? "ACCEPTED" : "DECLINED"));
        const std::string now_there = bobs_answer();
        changes += now_there != last ? 1 : 0;
        last = now_there;
    }
    EXPECT_GE(changes, 2);
    EXPECT_LE(changes, 4);
}

TEST_F(IncomingMeetingsTest, SmallEventsAreWrittenAsOftenAsMailComes) {
    ASSERT_TRUE(keep_annas());
    IncomingMeetingsLimits limits;
    limits.rewritten_bytes_max = 0;
    watch(limits);
    for (int i = 0; i < 10; ++i) {
        const std::string_view partstat = i % 2 == 0 ? "ACCEPTED" : "DECLINED";
        ASSERT_TRUE(answer(i, partstat));
        EXPECT_EQ(bobs_answer(), partstat);
    }
}

TEST_F(IncomingMeetingsTest, WhoIsAskedGetsTheNewestStateButNotWithoutEnd) {
    ASSERT_TRUE(keep_annas());
    IncomingMeetingsLimits limits;
    limits.answers_max = 2;
    watch(limits);
    ASSERT_TRUE(refresh("eve@elsewhere.test"));
    EXPECT_TRUE(outgoing_.tried.empty());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(refresh("bob@elsewhere.test"));
    ASSERT_EQ(outgoing_.tried.size(), 2U);
    const Submission& sent = outgoing_.tried.front();
    EXPECT_EQ(sent.recipients, std::vector<std::string>{"bob@elsewhere.test"});
    EXPECT_EQ(sent.sender, "anna@example.test");
    EXPECT_NE(sent.message.find("method=REQUEST"), std::string::npos) << sent.message;
    EXPECT_TRUE(services_->meeting_debts.debtors().empty());
    // None of it is the user's: not among what he has sent, nor in what he may send.
    EXPECT_TRUE(sent.is_answer);
    EXPECT_NE(sent.message.find("\r\nAuto-Submitted: auto-replied\r\n"), std::string::npos);
    EXPECT_EQ(mails_in(store::SpecialUse::sent), 0U);
}

TEST_F(IncomingMeetingsTest, AnswersAreBoundedInOctetsToo) {
    ASSERT_TRUE(keep_annas());
    const std::uint64_t size = run(events("uid-1")).front().entry.size;
    IncomingMeetingsLimits limits;
    limits.answers_max = 10;
    limits.answered_bytes_max = 3 * size - 1;
    watch(limits);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(refresh("bob@elsewhere.test"));
    EXPECT_EQ(outgoing_.tried.size(), 2U);
    limits.answered_bytes_max *= 10;
    limits.answered_bytes_of_mailbox_max = 4 * size - 1;
    watch(limits);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(refresh("bob@elsewhere.test"));
    EXPECT_EQ(outgoing_.tried.size(), 5U);
}

TEST_F(IncomingMeetingsTest, ProgramsAreNotAnswered) {
    ASSERT_TRUE(keep_annas());
    watch();
    for (const std::string_view header :
         {"Auto-Submitted: auto-generated\r\n", "auto-submitted: Auto-Replied; x=y\r\n",
          "List-Id: <l.example.test>\r\n", "Precedence: bulk\r\n"})
        ASSERT_TRUE(refresh("bob@elsewhere.test", header));
    EXPECT_TRUE(outgoing_.tried.empty());
    ASSERT_TRUE(refresh("bob@elsewhere.test", "Auto-Submitted: no\r\nPrecedence: first-class\r\n"));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_FALSE(is_personal("Return-Path: <>\r\n", "From: a@b.test\r\n\r\n"));
    EXPECT_TRUE(is_personal("Return-Path: <a@b.test>\r\n", "From: a@b.test\r\n\r\n"));
}

TEST_F(IncomingMeetingsTest, WhatStrangersAskForTakesNothingOfWhatTheUserNeeds) {
    const auto asker = [](std::size_t i) { return "b" + std::to_string(i) + "@elsewhere.test"; };
    std::string attendees;
    for (std::size_t i = 0; i < 30; ++i) attendees += "ATTENDEE:mailto:" + asker(i) + "\r\n";
    ASSERT_TRUE(keep_annas(attendees));
    IncomingMeetingsLimits limits;
    limits.answers_max = limits.answers_of_mailbox_max = 1'000;
    watch(limits);
    outgoing_.answer = Submitted::failed;
    const MeetingDebtLimits debts;
    for (std::size_t i = 0; i < debts.answers_max + 5; ++i) ASSERT_TRUE(refresh(asker(i)));
    EXPECT_EQ(outgoing_.tried.size(), debts.answers_max);
    // The same after a start; and where nobody takes the answers the user hears nothing of them.
    start();
    watch(limits);
    ASSERT_TRUE(refresh(asker(29)));
    EXPECT_EQ(outgoing_.tried.size(), debts.answers_max);
    const std::uint32_t mails = mails_in(store::SpecialUse::inbox);
    outgoing_.answer = Submitted::no_such_user;
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 2 * debts.answers_max);
    EXPECT_EQ(mails_in(store::SpecialUse::inbox), mails);
}

// Of one who asks again while nothing can leave one question waits, and takes no room from others.
TEST_F(IncomingMeetingsTest, WhoAsksAgainIsAnsweredOnce) {
    ASSERT_TRUE(keep_annas());
    IncomingMeetingsLimits limits;
    limits.answers_max = limits.answers_of_mailbox_max = 1'000;
    watch(limits);
    outgoing_.answer = Submitted::failed;
    for (std::size_t i = 0; i < MeetingDebtLimits().answers_max + 5; ++i)
        ASSERT_TRUE(refresh("bob@elsewhere.test"));
    outgoing_.answer = Submitted::sent;
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.reached, std::vector<std::string>{"bob@elsewhere.test"});
}

TEST_F(IncomingMeetingsTest, WhatCannotBeAnsweredNowIsAnsweredLater) {
    ASSERT_TRUE(keep_annas());
    watch();
    outgoing_.answer = Submitted::failed;
    ASSERT_TRUE(run(deliver(mail("bob@elsewhere.test", "REFRESH",
                                 "DTSTAMP:20261123T120000Z\r\nORGANIZER:mailto:anna@example.test\r\n"))));
    EXPECT_EQ(outgoing_.tried.size(), 1U);
    outgoing_.answer = Submitted::sent;
    start();
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 2U);
}

// DeliveryWatch::delivered() throws nothing: the delivery stands, and what is owed is told later.
TEST_F(IncomingMeetingsTest, ADeliveryStandsWhateverBreaks) {
    ASSERT_TRUE(keep_annas());
    watch();
    outgoing_.bugs = 1;
    EXPECT_TRUE(refresh("bob@elsewhere.test"));
    EXPECT_EQ(mails_in(store::SpecialUse::inbox), 1U);
    EXPECT_EQ(outgoing_.tried.size(), 1U);
    EXPECT_TRUE(run(make_good()));
    EXPECT_EQ(outgoing_.tried.size(), 2U);
    EXPECT_TRUE(answer(0, "ACCEPTED"));
    EXPECT_EQ(bobs_answer(), "ACCEPTED");
}

TEST_F(IncomingMeetingsTest, AnotherTimeIsDeclinedWhereNoneIsWanted) {
    ASSERT_TRUE(
        run(keep("DTSTAMP:20261122T120000Z\r\nDTSTART:20900104T090000Z\r\nSUMMARY:Plans\r\n"
                 "DTEND:20900104T100000Z\r\nORGANIZER:mailto:anna@example.test\r\n"
                 "ATTENDEE:mailto:bob@elsewhere.test\r\nX-MICROSOFT-DISALLOW-COUNTER:TRUE\r\n")));
    watch();
    ASSERT_TRUE(run(deliver(mail("bob@elsewhere.test", "COUNTER",
                                 "DTSTAMP:20261123T120000Z\r\nORGANIZER:mailto:anna@example.test\r\n"
                                 "DTSTART:20900104T150000Z\r\nDTEND:20900104T160000Z\r\n"
                                 "ATTENDEE:mailto:bob@elsewhere.test\r\n"))));
    EXPECT_EQ(bobs_answer(), "TENTATIVE");
    ASSERT_EQ(outgoing_.tried.size(), 1U);
    const std::string& text = outgoing_.tried.front().message;
    EXPECT_NE(text.find("method=DECLINECOUNTER"), std::string::npos) << text;
    EXPECT_NE(text.find("Subject: New time declined: Plans"), std::string::npos) << text;
    EXPECT_NE(text.find("When: 2090-01-04 09:00 - 10:00 UTC"), std::string::npos) << text;
}

TEST_F(IncomingMeetingsTest, AnOccurrenceIsAddedOnce) {
    watch();
    const auto send = [this](std::string_view method, std::string_view from, std::string_view lines) {
        return run(deliver(mail(from, method,
                                "ORGANIZER:mailto:" + std::string(from) +
                                    "\r\nATTENDEE;RSVP=TRUE:mailto:anna@example.test\r\nDURATION:PT1H\r\n" +
                                    std::string(lines))));
    };
    const std::string_view series =
        "DTSTART:20900104T090000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\nSEQUENCE:1\r\nDTSTAMP:20261122T120000Z\r\n";
    const std::string_view more = "DTSTART:20900120T090000Z\r\nSEQUENCE:2\r\nDTSTAMP:20261123T120000Z\r\n";
    ASSERT_TRUE(send("REQUEST", "bob@elsewhere.test", series));
    ASSERT_TRUE(send("ADD", "eve@elsewhere.test", more));  // she has no such series
    EXPECT_EQ(run(events("uid-1")).size(), 1U);
    ASSERT_TRUE(send("ADD", "bob@elsewhere.test", more));
    ASSERT_TRUE(send("ADD", "bob@elsewhere.test", more));
    const auto found = run(events("uid-1"));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_NE(pim::master_of(found[0].calendar)->find("RRULE"), nullptr);  // the series first
    EXPECT_EQ(pim::master_of(found[1].calendar)->raw("DTSTART"), "20900120T090000Z");
    // An update of the series that does not know of it yet is none of the other, though that is newer here.
    ASSERT_TRUE(send("REQUEST", "bob@elsewhere.test",
                     "DTSTART:20900105T090000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\nSEQUENCE:1\r\n"
                     "DTSTAMP:20261124T120000Z\r\n"));
    const auto then = run(events("uid-1"));
    ASSERT_EQ(then.size(), 2U);
    EXPECT_EQ(pim::master_of(then[0].calendar)->raw("DTSTART"), "20900105T090000Z");
    EXPECT_EQ(pim::master_of(then[1].calendar)->raw("DTSTART"), "20900120T090000Z");
}

/// A series of Bob's, to which a date was added, and which comes anew.
class AddedDateTest : public IncomingMeetingsTest {
protected:
    bool send(std::string_view method, std::string_view lines, std::string_view from = "bob@elsewhere.test") {
        return run(deliver(mail(from, method, event_of(lines))));
    }
    static std::string event_of(std::string_view lines) {
        return "ORGANIZER:mailto:bob@elsewhere.test\r\nATTENDEE;RSVP=TRUE:mailto:anna@example.test\r\n"
               "DURATION:PT1H\r\n" +
               std::string(lines);
    }
    static std::string series(int sequence, std::string_view lines = {}, std::string_view count = "3") {
        return "DTSTART:20900104T090000Z\r\nRRULE:FREQ=DAILY;COUNT=" + std::string(count) +
               "\r\nDTSTAMP:2026112" + std::to_string(3 + sequence) +
               "T120000Z\r\nSEQUENCE:" + std::to_string(sequence) + "\r\n" + std::string(lines);
    }
    bool begin() {
        watch();
        return send("REQUEST", series(1)) && send("ADD", added) && run(events("uid-1")).size() == 2;
    }
    /// The start and the title of what stands beside the series.
    std::string beside() {
        const auto found = run(events("uid-1"));
        if (found.size() < 2) return "none";
        const pim::Component* event = pim::master_of(found[1].calendar);
        return event->text("DTSTART") + " " + event->text("SUMMARY") + " " +
               std::string(pim::itip::find_attendee(*event, "anna@example.test")->parameter("PARTSTAT"));
    }
    bool accept() {
        auto found = run(events("uid-1"));
        pim::itip::OwnAnswer answer;
        answer.answer = pim::itip::Answer::accepted;
        const pim::itip::Owner anna{{"anna@example.test"}, "Anna"};
        return pim::itip::apply_answer(found[1].calendar, answer, anna) &&
               run(services_->events.replace(&found[1])).has_value();
    }
    static constexpr std::string_view added =
        "DTSTART:20900120T090000Z\r\nSEQUENCE:2\r\nDTSTAMP:20261125T110000Z\r\nSUMMARY:More\r\n";
    static constexpr std::string_view date = "RDATE:20900120T090000Z\r\n";
};

TEST_F(AddedDateTest, IsWhatTheSeriesHasOfIt) {
    ASSERT_TRUE(begin());
    ASSERT_TRUE(accept());
    ASSERT_TRUE(send("REQUEST", series(2, std::string(date) + "SUMMARY:All\r\n"), "eve@elsewhere.test"));
    EXPECT_EQ(beside(), "20900120T090000Z More ACCEPTED");
    ASSERT_TRUE(send("REQUEST", series(2, std::string(date) + "SUMMARY:All\r\n")));
    EXPECT_EQ(beside(), "20900120T090000Z All ACCEPTED");
    // At another time, in the same message.
    const std::string other =
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:uid-1\r\n" +
        event_of(
            "RECURRENCE-ID:20900120T090000Z\r\nDTSTART:20900120T140000Z\r\nSEQUENCE:3\r\n"
            "DTSTAMP:20261126T120000Z\r\nSUMMARY:Late\r\n");
    ASSERT_TRUE(send("REQUEST", series(3, std::string(date) + other)));
    EXPECT_EQ(beside(), "20900120T140000Z Late NEEDS-ACTION");
    // Alone: what stands beside changes with what the series has of it.
    ASSERT_TRUE(send("REQUEST",
                     "RECURRENCE-ID:20900120T090000Z\r\nDTSTART:20900120T150000Z\r\nSEQUENCE:4\r\n"
                     "DTSTAMP:20261127T120000Z\r\nSUMMARY:Later\r\n"));
    EXPECT_EQ(beside(), "20900120T150000Z Later NEEDS-ACTION");
}

TEST_F(AddedDateTest, IsTakenBackWithASeriesThatHasItNoMore) {
    ASSERT_TRUE(begin());
    ASSERT_TRUE(send("REQUEST", series(2, "SUMMARY:All\r\n")));
    EXPECT_EQ(beside(), "none");
    ASSERT_TRUE(send("ADD", added));  // which was late
    EXPECT_EQ(beside(), "none");
}

TEST_F(AddedDateTest, IsNoneBesideASeriesThatHasItByItsRule) {
    ASSERT_TRUE(begin());
    ASSERT_TRUE(send("REQUEST", series(2, {}, "30")));
    EXPECT_EQ(beside(), "none");
}

// The series was kept, and what follows it was not: the mail comes again.
TEST_F(AddedDateTest, IsTakenBackAfterACrashBetweenTheTwo) {
    ASSERT_TRUE(begin());
    std::size_t writes = 0;
    engine().inject([&writes](const store::engine::Step& step) {
        const bool writes_now = step.op == store::engine::Op::commit;
        return writes_now && ++writes >= 3 ? store::engine::Fault::unavailable : store::engine::Fault::none;
    });
    (void)send("REQUEST", series(2));
    engine().inject({});
    EXPECT_EQ(run(events("uid-1")).size(), 2U);
    ASSERT_TRUE(send("REQUEST", series(2)));
    EXPECT_EQ(beside(), "none");
}

}  // namespace
}  // namespace eas
