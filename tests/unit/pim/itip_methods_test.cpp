// ADD, REFRESH, COUNTER and DECLINECOUNTER, and what of an earlier message is still true. RFC 5546
// section 3.2.
#include <gtest/gtest.h>

#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/write.hpp"

namespace pim::itip {
namespace {

constexpr std::int64_t first = 1'796'115'600;  // 2026-12-01 09:00 UTC
constexpr std::int64_t day = 86'400;

const Owner anna{{"anna@example.test"}, "Anna"};
const Owner olga{{"olga@example.test"}, "Olga"};

std::string object(std::string_view method, std::string_view lines) {
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:" + std::string(method) +
           "\r\nBEGIN:VEVENT\r\nUID:uid-1\r\nORGANIZER:mailto:olga@example.test\r\n" + std::string(lines) +
           "END:VEVENT\r\nEND:VCALENDAR\r\n";
}

Message read(const std::string& text) {
    auto out = read_message(text);
    EXPECT_TRUE(out) << text;
    return out.value_or(Message());
}

/// Each day for a week.
std::string series(std::string_view more = {}) {
    return object("REQUEST",
                  "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\nRRULE:FREQ=DAILY;COUNT=7\r\n"
                  "DTSTAMP:20261122T120000Z\r\nSEQUENCE:1\r\nATTENDEE:mailto:anna@example.test\r\n" +
                      std::string(more));
}

std::string added(std::string_view time, int sequence = 2, std::string_view more = {}) {
    return object("ADD", "DTSTART:" + std::string(time) +
                             "\r\nDURATION:PT1H\r\nSEQUENCE:" + std::to_string(sequence) +
                             "\r\nDTSTAMP:20261123T120000Z\r\nSUMMARY:One more\r\n"
                             "ATTENDEE:mailto:anna@example.test\r\n" +
                             std::string(more));
}

TEST(ItipAdd, IsReadAsTheOccurrenceThatItMakes) {
    const Message message = read(added("20261220T090000Z"));
    EXPECT_EQ(message.method, Method::add);
    EXPECT_EQ(moment_of(message.calendar, message.event(), "RECURRENCE-ID"), first + 19 * day);
    EXPECT_FALSE(read_message(added("20261220T090000Z", 2, "RRULE:FREQ=DAILY\r\n")));
    EXPECT_FALSE(read_message(object("ADD", "SEQUENCE:2\r\n")));
    // Several at once, as of one series that nobody has sent.
    std::string two = added("20261220T090000Z");
    const std::string other = added("20261221T090000Z");
    const std::size_t begin = other.find("BEGIN:VEVENT"), end = other.find("END:VCALENDAR");
    two.insert(two.find("END:VCALENDAR"), other.substr(begin, end - begin));
    EXPECT_EQ(apart(read(two)).size(), 2U);
}

TEST(ItipAdd, StandsForItselfBesideTheSeries) {
    const Message message = read(added("20261220T090000Z"));
    Component kept = adopt(read(series()), anna);
    EXPECT_EQ(apply_request(kept, message, anna), Applied::refused);  // it has none there
    Component made = adopt(message, anna);
    EXPECT_EQ(master_of(made)->text("SUMMARY"), "One more");
    EXPECT_EQ(master_of(made)->raw("X-MICROSOFT-CDO-BUSYSTATUS"), "TENTATIVE");
    EXPECT_EQ(apply_request(made, message, anna), Applied::nothing);  // the same once more
    // The answer names it as the organizer does.
    OutgoingReply reply;
    reply.answer = Answer::accepted;
    const auto answer = make_reply(made, reply, anna);
    ASSERT_TRUE(answer);
    EXPECT_EQ(moment_of(*answer, *main_event(*answer), "RECURRENCE-ID"), first + 19 * day);
    // Called off alone.
    std::string cancel = object("CANCEL",
                                "RECURRENCE-ID:20261220T090000Z\r\nSEQUENCE:3\r\n"
                                "ATTENDEE:mailto:anna@example.test\r\nSTATUS:CANCELLED\r\n");
    EXPECT_EQ(apply_cancel(kept, read(cancel), anna), Applied::refused);
    EXPECT_EQ(apply_cancel(made, read(cancel), anna), Applied::done);
}

TEST(ItipAdd, OfADateOfTheSeriesChangesIt) {
    Component kept = adopt(read(series()), anna);
    ASSERT_TRUE(apply_answer(kept, {Answer::declined, first + day, first}, anna));
    EXPECT_FALSE(has_occurrence(kept, first + day));
    EXPECT_EQ(apply_request(kept, read(added("20261202T090000Z")), anna), Applied::done);
    ASSERT_NE(find_override(kept, first + day), nullptr);
    EXPECT_EQ(find_override(kept, first + day)->text("SUMMARY"), "One more");
}

TEST(ItipRefresh, IsAnsweredToWhoIsAsked) {
    Component kept = read(series()).calendar;
    const Message all = read(object("REFRESH", "ATTENDEE:mailto:anna@example.test\r\n"));
    const Message one = read(object("REFRESH", "RECURRENCE-ID:20261202T090000Z\r\n"));
    const Message none = read(object("REFRESH", "RECURRENCE-ID:20261202T100000Z\r\n"));
    const Notice whole{Method::request, {}, {"anna@example.test"}};
    EXPECT_EQ(answer_to(kept, all, olga, "Anna@example.test"), whole);
    EXPECT_EQ(answer_to(kept, one, olga, "anna@example.test"),
              (Notice{Method::request, first + day, {"anna@example.test"}}));
    EXPECT_FALSE(answer_to(kept, none, olga, "anna@example.test"));
    EXPECT_FALSE(answer_to(kept, all, olga, "eve@example.test"));   // a stranger
    EXPECT_FALSE(answer_to(kept, all, olga, "olga@example.test"));  // himself
    EXPECT_FALSE(answer_to(kept, all, anna, "anna@example.test"));  // another one's
    master_of(kept)->set_raw("STATUS", "CANCELLED");
    EXPECT_EQ(answer_to(kept, all, olga, "anna@example.test"),
              (Notice{Method::cancel, {}, {"anna@example.test"}}));
}

TEST(ItipCounter, IsDeclinedWhereNoneIsWanted) {
    const Message counter = read(object("COUNTER",
                                        "RECURRENCE-ID:20261202T090000Z\r\n"
                                        "DTSTART:20261202T150000Z\r\n"
                                        "ATTENDEE:mailto:anna@example.test\r\n"));
    Component kept = read(series()).calendar;
    EXPECT_FALSE(answer_to(kept, counter, olga, "anna@example.test"));  // the organizer's to say
    master_of(kept)->set_raw("X-MICROSOFT-DISALLOW-COUNTER", "TRUE");
    const auto notice = answer_to(kept, counter, olga, "anna@example.test");
    ASSERT_TRUE(notice);
    EXPECT_EQ(*notice, (Notice{Method::decline_counter, first + day, {"anna@example.test"}}));
    const auto made = make_decline_counter(kept, notice->attendees, notice->occurrence, first);
    ASSERT_TRUE(made);
    const Message said = read(write(*made));
    EXPECT_EQ(said.method, Method::decline_counter);
    EXPECT_EQ(moment_of(said.calendar, said.event(), "RECURRENCE-ID"), first + day);
    EXPECT_EQ(moment_of(said.calendar, said.event(), "DTSTART"), first + day);
    EXPECT_NE(find_attendee(said.event(), "anna@example.test"), nullptr);
    EXPECT_FALSE(make_decline_counter(kept, notice->attendees, first + 1, first));
}

TEST(ItipLater, WhatIsTrueByThen) {
    Component kept = read(series("ATTENDEE:mailto:bob@example.test\r\n")).calendar;
    const std::vector<std::string> both{"anna@example.test", "eve@example.test"}, annas{both[0]},
        eves{both[1]};
    using Notices = std::vector<Notice>;
    EXPECT_EQ(still_to_tell({{Method::request, {}, both}, {Method::cancel, {}, both}}, &kept),
              (Notices{{Method::request, {}, annas}, {Method::cancel, {}, eves}}));
    EXPECT_EQ(still_to_tell({{Method::request, {}, both}, {Method::cancel, {}, both}}, nullptr),
              (Notices{{Method::cancel, {}, both}}));
    // One occurrence: asked as those of the series are, till it is none of it.
    EXPECT_EQ(still_to_tell({{Method::cancel, first + day, annas}}, &kept), Notices());
    ASSERT_TRUE(remove_occurrence(kept, first + day));
    EXPECT_EQ(
        still_to_tell({{Method::cancel, first + day, annas}, {Method::request, first + day, annas}}, &kept),
        (Notices{{Method::cancel, first + day, annas}}));
    master_of(kept)->set_raw("STATUS", "CANCELLED");
    EXPECT_EQ(still_to_tell({{Method::request, {}, annas}, {Method::cancel, {}, annas}}, &kept),
              (Notices{{Method::cancel, {}, annas}}));
}

TEST(ItipLater, WhatIsToldIsToldOnce) {
    const std::vector<std::string> both{"anna@example.test", "eve@example.test"}, annas{both[0]},
        eves{both[1]};
    using Notices = std::vector<Notice>;
    const Notices owed{
        {Method::request, {}, both}, {Method::request, first, both}, {Method::cancel, {}, eves}};
    EXPECT_EQ(without_told(owed, {}), owed);
    // Who has the whole series has each occurrence of it, and not the other way round.
    EXPECT_EQ(
        without_told(owed, {{Method::request, {}, annas}}),
        (Notices{{Method::request, {}, eves}, {Method::request, first, eves}, {Method::cancel, {}, eves}}));
    EXPECT_EQ(without_told(owed, {{Method::request, first, both}, {Method::request, first + day, both}}),
              (Notices{{Method::request, {}, both}, {Method::cancel, {}, eves}}));
    EXPECT_EQ(without_told(owed, {{Method::cancel, {}, both}}),
              (Notices{{Method::request, {}, both}, {Method::request, first, both}}));
    EXPECT_EQ(without_told(owed, owed), Notices());
}

}  // namespace
}  // namespace pim::itip
