// What events take of somebody's time. MS-ASCMD section 2.2.3.101, RFC 5545.
#include "pim/free_busy.hpp"

#include <gtest/gtest.h>

#include "moment.hpp"
#include "pim/date_time.hpp"

namespace {

using pim::at;
using pim::Busy;
using pim::TimeSpan;

TimeSpan span(std::string_view from, std::string_view until) { return {at(from), at(until)}; }

constexpr std::string_view berlin =
    "BEGIN:VTIMEZONE\r\nTZID:Berlin\r\n"
    "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

/// Events are separated by "|", their lines by spaces.
pim::Component calendar(std::string_view events, std::string_view before = berlin) {
    std::string text = "BEGIN:VCALENDAR\r\n" + std::string(before) + "BEGIN:VEVENT\r\n";
    for (const char c : events) {
        if (c == '|')
            text += "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n";
        else if (c == ' ')
            text += "\r\n";
        else
            text.push_back(c);
    }
    return pim::parse(text + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n").value();
}

std::string digits(std::string_view events, TimeSpan within) {
    pim::HalfHours out(within);
    for (const pim::BusyTime& time : pim::busy_times(calendar(events), within)) out.add(time);
    return out.digits();
}

/// As "0900-1000 2" of one day, without the date.
std::string shown(std::string_view events, TimeSpan within) {
    std::string out;
    for (const pim::BusyTime& time : pim::busy_times(calendar(events), within)) {
        const auto text = [](std::int64_t seconds) {
            return pim::write_date_time({seconds, pim::DateTime::Kind::utc}).substr(4, 9);
        };
        out += (out.empty() ? "" : " ") + text(time.span.from) + "-" + text(time.span.until);
    }
    return out;
}

TEST(FreeBusy, PiecesOfTheSpecification) {
    // MS-ASCMD section 2.2.3.101: five minutes out of office from 12:00 on.
    const std::string_view event =
        "DTSTART:20261122T120000Z DTEND:20261122T120500Z X-MICROSOFT-CDO-BUSYSTATUS:OOF";
    EXPECT_EQ(digits(event, span("20261122T120000Z", "20261122T130000Z")), "30");
    EXPECT_EQ(digits(event, span("20261122T120459Z", "20261122T130000Z")), "30");
    EXPECT_EQ(digits(event, span("20261122T120500Z", "20261122T130000Z")), "00");
    // As many digits as half hours have begun.
    EXPECT_EQ(digits(event, span("20261122T130000Z", "20261122T133000Z")), "0");
    EXPECT_EQ(digits(event, span("20261122T125959Z", "20261122T133000Z")), "00");
    EXPECT_EQ(digits(event, span("20261122T130000Z", "20261122T133001Z")), "00");
    EXPECT_EQ(digits(event, span("20261122T130000Z", "20261122T130000Z")), "");
    EXPECT_EQ(digits(event, span("20261122T113000Z", "20261122T120000Z")), "0");
}

TEST(FreeBusy, WhatCounts) {
    const auto one = [](std::string_view more) {
        return digits("DTSTART:20261122T120000Z DTEND:20261122T123000Z" + std::string(more),
                      span("20261122T120000Z", "20261122T123000Z"));
    };
    EXPECT_EQ(one(""), "2");
    EXPECT_EQ(one(" STATUS:TENTATIVE"), "1");
    EXPECT_EQ(one(" STATUS:CANCELLED X-MICROSOFT-CDO-BUSYSTATUS:BUSY"), "0");
    EXPECT_EQ(one(" TRANSP:transparent"), "0");
    EXPECT_EQ(one(" TRANSP:OPAQUE X-MICROSOFT-CDO-BUSYSTATUS:FREE"), "0");
    EXPECT_EQ(one(" X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"), "1");
    EXPECT_EQ(one(" X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"), "0");
    EXPECT_EQ(one(" X-MICROSOFT-CDO-BUSYSTATUS:OTHER"), "2");
    // No time at all, and none that can be read.
    EXPECT_EQ(digits("DTSTART:20261122T120500Z", span("20261122T120000Z", "20261122T123000Z")), "0");
    EXPECT_EQ(digits("DTSTART:yesterday", span("20261122T120000Z", "20261122T123000Z")), "0");
    EXPECT_EQ(digits("DTSTART:20261122T120500Z DURATION:PT5M", span("20261122T120000Z", "20261122T123000Z")),
              "2");
}

TEST(FreeBusy, WholeDaysAreThePlaces) {
    const pim::Component days = calendar("DTSTART;VALUE=DATE:20261122 DTEND;VALUE=DATE:20261124",
                                         "X-WR-TIMEZONE:Berlin\r\n" + std::string(berlin));
    const auto times = pim::busy_times(days, span("20261101T000000Z", "20261130T000000Z"));
    ASSERT_EQ(times.size(), 1U);
    EXPECT_EQ(times.front().span, span("20261121T230000Z", "20261123T230000Z"));
    // Over the end of summer a day has 25 hours.
    const pim::Component long_day =
        calendar("DTSTART;VALUE=DATE:20261025", "X-WR-TIMEZONE:Berlin\r\n" + std::string(berlin));
    const auto whole = pim::busy_times(long_day, span("20261001T000000Z", "20261130T000000Z"));
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_EQ(whole.front().span, span("20261024T220000Z", "20261025T230000Z"));
}

TEST(FreeBusy, SeriesKeepTheirHourOverSummer) {
    EXPECT_EQ(shown("DTSTART;TZID=Berlin:20261019T090000 DTEND;TZID=Berlin:20261019T100000 "
                    "RRULE:FREQ=WEEKLY;BYDAY=MO",
                    span("20261018T000000Z", "20261028T000000Z")),
              "1019T0700-1019T0800 1026T0800-1026T0900");
    // One that begins before the span and reaches into it.
    EXPECT_EQ(shown("DTSTART:20261101T230000Z DTEND:20261102T010000Z RRULE:FREQ=DAILY;COUNT=3",
                    span("20261103T000000Z", "20261110T000000Z")),
              "1103T0000-1103T0100 1103T2300-1104T0100");
    EXPECT_EQ(shown("DTSTART:20261101T230000Z DTEND:20261101T233000Z RRULE:FREQ=DAILY;UNTIL=20261103T230000Z",
                    span("20261103T000000Z", "20261110T000000Z")),
              "1103T2300-1103T2330");
}

TEST(FreeBusy, ExceptionsOfSeries) {
    EXPECT_EQ(shown("UID:a DTSTART;TZID=Berlin:20261102T090000 DURATION:PT1H RRULE:FREQ=DAILY;COUNT=5 "
                    "EXDATE;TZID=Berlin:20261103T090000 RDATE;TZID=Berlin:20261109T090000"
                    "|UID:a RECURRENCE-ID;TZID=Berlin:20261104T090000 DTSTART;TZID=Berlin:20261104T150000 "
                    "DURATION:PT30M"
                    "|UID:a RECURRENCE-ID;TZID=Berlin:20261105T090000 DTSTART;TZID=Berlin:20261105T090000 "
                    "DURATION:PT1H STATUS:CANCELLED",
                    span("20261101T000000Z", "20261130T000000Z")),
              "1102T0800-1102T0900 1104T1400-1104T1430 1106T0800-1106T0900 1109T0800-1109T0900");
    // An occurrence alone: somebody was asked to come to that one only.
    EXPECT_EQ(shown("UID:a RECURRENCE-ID:20261104T090000Z DTSTART:20261104T100000Z DURATION:PT1H",
                    span("20261101T000000Z", "20261130T000000Z")),
              "1104T1000-1104T1100");
}

TEST(FreeBusy, WhatCannotBeWalkedIsNotFree) {
    const TimeSpan morning = span("20261102T080000Z", "20261102T110000Z");
    for (const std::string_view rule : {"FREQ=DAILY;BYEASTER=0", "FREQ=SOMETIMES", ""})
        EXPECT_EQ(digits("DTSTART:20261102T090000Z DURATION:PT30M RRULE:" + std::string(rule), morning),
                  "002444")
            << rule;
    // More than are walked: what comes after is not known.
    EXPECT_EQ(digits("DTSTART:20261102T080000Z DURATION:PT1S RRULE:FREQ=SECONDLY",
                     span("20261102T080000Z", "20261102T123000Z")),
              "222222444");
}

TEST(FreeBusy, SeveralTimesADay) {
    EXPECT_EQ(digits("DTSTART:20261101T090000Z DURATION:PT30M RRULE:FREQ=DAILY;BYHOUR=9,10",
                     span("20261102T080000Z", "20261102T120000Z")),
              "00202000");
    EXPECT_EQ(digits("DTSTART:20250101T090000Z DURATION:PT30M RRULE:FREQ=YEARLY;BYYEARDAY=306",
                     span("20261102T080000Z", "20261102T100000Z")),
              "0020");
}

TEST(FreeBusy, DatesBesidesTheRule) {
    const TimeSpan month = span("20261101T000000Z", "20261130T000000Z");
    // RFC 5545 section 3.8.5.2: a period is as long as it says.
    EXPECT_EQ(shown("DTSTART:20261102T090000Z DURATION:PT1H "
                    "RDATE;VALUE=PERIOD:20261103T090000Z/PT3H,20261104T090000Z/20261104T091500Z "
                    "RDATE:20261105T090000Z EXDATE:20261102T090000Z",
                    month),
              "1103T0900-1103T1200 1104T0900-1104T0915 1105T0900-1105T1000");
    EXPECT_EQ(
        shown("DTSTART:20261102T090000Z DURATION:PT1H RDATE;VALUE=PERIOD:20261103T090000Z/never", month),
        "1102T0900-1102T1000 1103T0900-1103T1000");
    // Each list is in its own zone; what names none is in the event's.
    EXPECT_EQ(shown("DTSTART:20261102T090000Z DURATION:PT1H RDATE;TZID=Berlin:20261103T090000", month),
              "1102T0900-1102T1000 1103T0800-1103T0900");
    EXPECT_EQ(shown("DTSTART;TZID=Berlin:20261102T090000 DURATION:PT1H RDATE:20261103T090000 "
                    "EXDATE:20261102T090000",
                    month),
              "1103T0800-1103T0900");
    std::string many = "DTSTART:20261102T090000Z DURATION:PT1H RDATE:20261103T090000Z";
    for (int i = 0; i < 20'000; ++i) many += ",x";
    EXPECT_EQ(shown(many + ",20261104T090000Z", month), "1102T0900-1102T1000 1103T0900-1103T1000");
}

TEST(FreeBusy, SeveralPeople) {
    const TimeSpan within = span("20261122T120000Z", "20261122T143000Z");
    pim::HalfHours all(within), other(within), nobody(within, Busy::unknown);
    all.add({span("20261122T110000Z", "20261122T123000Z"), Busy::tentative});
    other.add({span("20261122T121000Z", "20261122T131000Z"), Busy::busy});
    all.merge(other);
    EXPECT_EQ(all.digits(), "22200");
    // Who may be free is not free.
    all.merge(nobody);
    EXPECT_EQ(all.digits(), "22244");
    all.add({span("20261122T140000Z", "20261123T000000Z"), Busy::away});
    all.add({span("20261122T000000Z", "20261122T120000Z"), Busy::away});
    EXPECT_EQ(all.digits(), "22243");
}

}  // namespace
