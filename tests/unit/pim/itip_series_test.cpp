// When an event is, whatever zone it is written in; and what a series keeps from one message to the next.
#include <algorithm>

#include <gtest/gtest.h>

#include "pim/date_time.hpp"
#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/write.hpp"
#include "pim/moments.hpp"

namespace pim::itip {
namespace {

constexpr std::int64_t first = 1'796'115'600;  // 2026-12-01 09:00 UTC
constexpr std::int64_t week = 7 * day_seconds;

const Owner anna{{"anna@example.test"}, "Anna"};
const Owner olga{{"olga@example.test"}, "Olga"};

std::string event(std::string_view lines) {
    return "BEGIN:VEVENT\r\nUID:uid-1\r\nORGANIZER:mailto:olga@example.test\r\n" + std::string(lines) +
           "END:VEVENT\r\n";
}

/// Of each Tuesday; `more` are lines of it, `others` events beside it.
std::string series(int sequence = 0, std::string_view more = {}, std::string_view others = {}) {
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:Ours\r\n"
           "BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
           "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
           "BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
           "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n" +
           event(
               "DTSTART;TZID=Ours:20261201T100000\r\nDTEND;TZID=Ours:20261201T110000\r\n"
               "RRULE:FREQ=WEEKLY;UNTIL=20270301T090000Z;INTERVAL=1;BYDAY=TU\r\n"
               "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.test\r\n"
               "DTSTAMP:20261122T120000Z\r\nSEQUENCE:" +
               std::to_string(sequence) + "\r\n" + std::string(more)) +
           std::string(others) + "END:VCALENDAR\r\n";
}

Message read(const std::string& text) {
    auto out = read_message(text);
    EXPECT_TRUE(out) << text;
    return out.value_or(Message());
}

Answer annas(const Component& kept) {
    return answer_of(*find_attendee(*master_of(kept), "anna@example.test"));
}

std::string utc_of(std::int64_t moment) { return write_date_time(DateTime{moment}); }

/// A date of the series with an event of its own.
std::string own_date(std::int64_t moment, std::size_t attendees = 0) {
    std::string people;
    for (std::size_t i = 0; i < attendees; ++i) people += "ATTENDEE:mailto:a@b.test\r\n";
    return event("RECURRENCE-ID:" + utc_of(moment) + "\r\nDTSTART:" + utc_of(moment) +
                 "\r\nDTSTAMP:20261122T120009Z\r\n" + people);
}

void write_times(Component& in, std::string_view zone, std::string_view start, std::string_view end) {
    for (const std::string_view name : {"DTSTART", "DTEND"}) {
        Property& time = *in.find(name);
        time.set_parameter("TZID", zone);
        time.value = name == "DTEND" ? end : start;
    }
}

// RFC 5546 section 2.1.4: SEQUENCE goes up, and answers count no more.
TEST(ItipTimes, OtherTimesAreOtherMoments) {
    const auto moved = [](const Component& before, Component after) {
        EXPECT_EQ(organize(&before, after, olga).size(), 1U);
        EXPECT_EQ(master_of(after)->raw("SEQUENCE") == "1", annas(after) == Answer::none);
        return master_of(after)->raw("SEQUENCE") == "1";
    };
    Component once = read(series()).calendar;
    master_of(once)->remove("RRULE");
    // The same digits elsewhere; the same moments there, in UTC, and by its length.
    Component after = once;
    write_times(*master_of(after), "America/New_York", "20261201T100000", "20261201T110000");
    EXPECT_TRUE(moved(once, after));
    write_times(*master_of(after), "America/New_York", "20261201T040000", "20261201T050000");
    EXPECT_FALSE(moved(once, after));
    write_times(*master_of(after), "", "20261201T090000Z", "20261201T100000Z");
    EXPECT_FALSE(moved(once, after));
    master_of(after)->find("DTEND")->value = "20261201T110000Z";
    EXPECT_TRUE(moved(once, after));
    master_of(after)->remove("DTEND");
    master_of(after)->set_raw("DURATION", "PT1H");
    EXPECT_FALSE(moved(once, after));
    master_of(after)->set_raw("DURATION", "PT2H");
    EXPECT_TRUE(moved(once, after));
    // The end in a zone of its own, as of a flight.
    after = once;
    master_of(after)->find("DTEND")->set_parameter("TZID", "America/New_York");
    EXPECT_TRUE(moved(once, after));
    master_of(after)->find("DTEND")->value = "20261201T050000";
    EXPECT_FALSE(moved(once, after));
    // A zone that is another by the same name, though no line of the event is other: they are told, too.
    after = once;
    Component& zone = *after.find_component("VTIMEZONE");
    for (Component& rule : zone.components)
        for (const std::string_view name : {"TZOFFSETFROM", "TZOFFSETTO"})
            rule.set_raw(name, rule.raw(name) == "+0100" ? "+0300" : "+0400");
    EXPECT_TRUE(moved(once, after));
    // A whole day is not the hours of one.
    Component hours = once, days = once;
    write_times(*master_of(hours), "", "20261201T000000Z", "20261202T000000Z");
    write_times(*master_of(days), "", "20261201", "20261202");
    EXPECT_TRUE(moved(hours, days));
}

TEST(ItipTimes, TheDatesOfASeriesAreMoments) {
    const auto moved = [](const Component& before, Component after) {
        (void)organize(&before, after, olga);
        return master_of(after)->raw("SEQUENCE") == "1";
    };
    const Component weekly = read(series()).calendar;
    // Another name of its zone; the end of its rule in its own hours.
    Component after = weekly;
    write_times(*master_of(after), "Europe/Berlin", "20261201T100000", "20261201T110000");
    EXPECT_FALSE(moved(weekly, after));
    master_of(after)->set_raw("RRULE", "FREQ=WEEKLY;UNTIL=20270301T100000;BYDAY=TU");
    EXPECT_FALSE(moved(weekly, after));
    master_of(after)->set_raw("RRULE", "FREQ=WEEKLY;UNTIL=20270301T110000;BYDAY=TU");
    EXPECT_TRUE(moved(weekly, after));
    // The first date is at the same moment, but in summer it is another hour.
    after = weekly;
    write_times(*master_of(after), "", "20261201T090000Z", "20261201T100000Z");
    EXPECT_TRUE(moved(weekly, after));
    // Dates besides the rule.
    Component more = weekly, listed = weekly;
    master_of(more)->properties.emplace_back("RDATE", "20261203T090000Z,20261204T090000Z");
    EXPECT_TRUE(moved(weekly, more));
    for (const std::string_view day : {"20261204T100000", "20261203T100000"})
        master_of(listed)->properties.emplace_back("RDATE", day).set_parameter("TZID", "Ours");
    EXPECT_FALSE(moved(more, listed));
    master_of(listed)->find("RDATE")->set_parameter("TZID", "America/New_York");
    EXPECT_TRUE(moved(more, listed));
    // One date of it.
    Component own = weekly;
    ASSERT_NE(own_occurrence(own, first + week), nullptr);
    after = own;
    Component& one = *find_override(after, first + week);
    write_times(one, "", "20261208T090000Z", "20261208T100000Z");
    EXPECT_EQ(organize(&own, after, olga).size(), 1U);  // it looks other, and is at the same time
    EXPECT_EQ(one.raw("SEQUENCE"), "0");
    write_times(one, "America/New_York", "20261208T100000", "20261208T110000");
    EXPECT_EQ(organize(&own, after, olga).size(), 1U);
    EXPECT_EQ(one.raw("SEQUENCE"), "1");
}

// A device sends all of a rule back, also what another program has left to the start of the event.
TEST(ItipTimes, ARuleIsWhatItMeans) {
    const auto moved = [](std::string_view before, std::string_view after) {
        Component was = read(series()).calendar, is = was;
        master_of(was)->set_raw("RRULE", before);
        master_of(is)->set_raw("RRULE", after);
        (void)organize(&was, is, olga);
        return master_of(is)->raw("SEQUENCE") == "1";
    };
    EXPECT_FALSE(moved("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;WKST=SU"));
    EXPECT_FALSE(moved("FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=MO"));
    EXPECT_FALSE(moved("FREQ=WEEKLY;BYDAY=TU,SU", "FREQ=WEEKLY;BYDAY=SU,TU"));
    EXPECT_FALSE(moved("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=1"));
    EXPECT_FALSE(moved("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1"));
    EXPECT_TRUE(moved("FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=WE"));
    EXPECT_TRUE(moved("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU"));
    EXPECT_TRUE(moved("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=2"));
    EXPECT_TRUE(moved("FREQ=MONTHLY;BYDAY=1TU", "FREQ=MONTHLY;BYMONTHDAY=1"));
    EXPECT_TRUE(moved("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=11"));
    EXPECT_TRUE(moved("FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;COUNT=4"));
    EXPECT_TRUE(moved("nothing", "none"));
}

// What an attendee has said holds as long as the times do.
TEST(ItipTimes, AnAnswerStaysWhereTheMomentsDo) {
    const auto answer_after = [](std::string_view from, std::string_view to, bool once = false) {
        std::string before = series(), sent = series(1);
        for (std::string* text : {&before, &sent}) {
            const std::size_t rule = text->find("RRULE:FREQ=WEEKLY"), end = text->find("\r\n", rule) + 2;
            if (once) text->erase(rule, end - rule);
        }
        Component kept = adopt(read(before), anna);
        EXPECT_TRUE(apply_answer(kept, {Answer::accepted, {}, first}, anna));
        for (std::size_t at = 0; (at = sent.find(from, at)) != std::string::npos; at += to.size())
            sent.replace(at, from.size(), to);
        EXPECT_EQ(apply_request(kept, read(sent), anna), Applied::done);
        return annas(kept);
    };
    EXPECT_EQ(answer_after(";TZID=Ours", ";TZID=Europe/Berlin"), Answer::accepted);
    EXPECT_EQ(answer_after(";TZID=Ours", ";TZID=America/New_York"), Answer::none);
    // An hour that does not move in summer: of one event nothing, of a series another time.
    EXPECT_EQ(answer_after(";TZID=Ours", ";TZID=Africa/Lagos", true), Answer::accepted);
    EXPECT_EQ(answer_after(";TZID=Ours", ";TZID=Africa/Lagos"), Answer::none);
}

// Each message of a series may take other dates out of it, and have others of their own.
TEST(ItipSeries, WhatItKeepsIsNotEndless) {
    Component kept = adopt(read(series()), anna);
    ASSERT_TRUE(remove_occurrence(kept, first + week));
    for (int i = 1; i < 6; ++i) {
        std::string removed = "EXDATE:19990101T000000Z", own;
        for (int n = 0; n < 600; ++n) {
            const std::int64_t moment = first + (i * 1'000 + n) * day_seconds;
            removed += "," + utc_of(moment);
            own += own_date(moment);
        }
        ASSERT_EQ(apply_request(kept, read(series(i, removed + "\r\n", own)), anna), Applied::done) << i;
        std::size_t dates = 0;
        Moments moments(kept);
        for_each_date(moments, *master_of(kept), "EXDATE", [&](const ListedDate&) { return ++dates > 0; });
        EXPECT_EQ(dates, i == 1 ? 602 : overrides_max);
        const auto own_dates = std::ranges::count_if(kept.components, is_override);
        EXPECT_EQ(static_cast<std::size_t>(own_dates), i == 1 ? 600 : overrides_max);
        EXPECT_TRUE(parse(write(kept))) << i;
    }
}

TEST(ItipSeries, ADateThatIsTakenOutStandsThereOnce) {
    Component kept = adopt(read(series()), anna);
    const std::string both = "EXDATE:20261208T090000Z,20261215T090000Z\r\n",
                      one = "EXDATE;TZID=Europe/Berlin:20261208T100000\r\n";
    int sequence = 0;
    for (const std::string& removed : {one, both, one, both, one})
        ASSERT_EQ(apply_request(kept, read(series(++sequence, removed)), anna), Applied::done);
    std::vector<std::string> lines;
    const Component& event_kept = *master_of(kept);
    for (const Property& line : event_kept.properties)
        if (line.name == "EXDATE") lines.push_back(line.value);
    EXPECT_EQ(lines, (std::vector<std::string>{"20261208T100000", "20261215T090000Z"}));
    EXPECT_FALSE(has_occurrence(kept, first + week));
    EXPECT_FALSE(has_occurrence(kept, first + 2 * week));
    EXPECT_TRUE(has_occurrence(kept, first + 3 * week));
}

TEST(ItipSeries, WhatCouldNotBeReadAgainIsNotTaken) {
    Component kept = adopt(read(series()), anna);
    for (int i = 1; i < 4; ++i) {
        std::string own;
        for (int n = 0; n < 20; ++n) own += own_date(first + (i * 20 + n) * week, 480);
        Component next = kept;
        const Applied applied = apply_request(next, read(series(i, {}, own)), anna);
        EXPECT_EQ(applied, i < 3 ? Applied::done : Applied::nothing) << i;
        EXPECT_TRUE(parse(write(next))) << i;
        kept = std::move(next);
    }
}

}  // namespace
}  // namespace pim::itip
