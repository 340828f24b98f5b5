// Dates, durations, rules and zones.
#include <gtest/gtest.h>

#include "pim/date_time.hpp"
#include "pim/rule.hpp"
#include "pim/time_zone.hpp"

namespace {

using pim::DateTime;

std::int64_t at(std::string_view text) { return pim::parse_date_time(text).value().seconds; }

TEST(DateTime, ReadsAndWrites) {
    for (const std::string_view text :
         {"20261122", "20261122T130501", "20261122T130501Z", "16000101", "99991231T235959Z"}) {
        const auto read = pim::parse_date_time(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(pim::write_date_time(*read), text);
    }
    EXPECT_EQ(at("2026-11-22T13:05:01.000Z"), at("20261122T130501Z"));
    EXPECT_EQ(at("19700102T000000Z"), 86'400);
    for (const std::string_view text :
         {"", "2026", "20261322", "20260230", "20261122T250000", "1599123", "15991231", "20261122X130501",
          "2026112 ", "20261122T13050", "2026112２"})
        EXPECT_FALSE(pim::parse_date_time(text)) << text;
}

TEST(Duration, ReadsAndWrites) {
    EXPECT_EQ(pim::parse_duration("-PT15M"), -900);
    EXPECT_EQ(pim::parse_duration("P1DT2H3M4S"), 93'784);
    EXPECT_EQ(pim::parse_duration("P2W"), 1'209'600);
    EXPECT_EQ(pim::parse_duration("PT0S"), 0);
    for (const std::int64_t seconds : {0LL, 60LL, -900LL, 86'400LL, 93'784LL, -604'800LL})
        EXPECT_EQ(pim::parse_duration(pim::write_duration(seconds)), seconds);
    for (const std::string_view text : {"", "P", "PT", "15M", "PT15", "P99999999999D", "PTXM"})
        EXPECT_FALSE(pim::parse_duration(text)) << text;
}

TEST(Rule, ReadsAndWrites) {
    for (const std::string_view text :
         {"FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU", "FREQ=MONTHLY;COUNT=4;BYDAY=-1FR",
          "FREQ=YEARLY;UNTIL=20301231T000000Z;BYMONTH=2;BYMONTHDAY=29",
          "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=YEARLY;BYWEEKNO=20"}) {
        const auto rule = pim::parse_rule(text);
        ASSERT_TRUE(rule) << text;
        EXPECT_EQ(pim::write_rule(*rule), text);
    }
    for (const std::string_view text :
         {"", "FREQ=NEVER", "INTERVAL=1", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;BYDAY=XX",
          "FREQ=DAILY;BYMONTH=13", "FREQ", "FREQ=DAILY;UNTIL=x", "FREQ=DAILY;BYMONTHDAY=0"})
        EXPECT_FALSE(pim::parse_rule(text)) << text;
}

TEST(Rule, LastOccurrence) {
    const std::int64_t start = at("20261102T090000");
    const auto last = [start](std::string_view text) {
        const auto rule = pim::parse_rule(text);
        const auto seconds = pim::last_occurrence(*rule, start);
        return seconds ? pim::write_date_time({*seconds, DateTime::Kind::local}) : "none";
    };
    EXPECT_EQ(last("FREQ=DAILY;COUNT=3"), "20261104T090000");
    EXPECT_EQ(last("FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20261115T000000"), "20261113T090000");
    EXPECT_EQ(last("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2"), "20261225T090000");
    EXPECT_EQ(last("FREQ=DAILY"), "none");
    EXPECT_EQ(last("FREQ=DAILY;UNTIL=99990101T000000"), "none");       // beyond the limit of steps
    EXPECT_EQ(last("FREQ=SECONDLY;COUNT=100000"), "20261102T090000");  // not walked at all
    EXPECT_EQ(last("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=5"), "20261102T090000");  // never: it ends
}

TEST(Rule, Occurrences) {
    const auto rule = pim::parse_rule("FREQ=WEEKLY;BYDAY=MO,WE");
    const auto found =
        pim::occurrences(*rule, at("20261102T090000"), at("20261109T000000"), at("20261117T000000"));
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found.front(), at("20261109T090000"));
    EXPECT_EQ(found.back(), at("20261116T090000"));
}

/// Central Europe, as Windows has it.
pim::TimeZone berlin() {
    pim::TimeZone out;
    out.bias = -60;
    out.daylight_bias = -60;
    out.standard = {10, 5, 0, 3, 0};
    out.daylight = {3, 5, 0, 2, 0};
    out.standard_name = "W. Europe Standard Time";
    return out;
}

TEST(TimeZone, BothDirections) {
    const pim::TimeZone zone = berlin();
    EXPECT_EQ(zone.to_utc(at("20260115T120000")), at("20260115T110000Z"));
    EXPECT_EQ(zone.to_utc(at("20260715T120000")), at("20260715T100000Z"));
    EXPECT_EQ(zone.to_utc(at("20260329T013000")), at("20260329T003000Z"));  // right before summer
    EXPECT_EQ(zone.to_utc(at("20260329T030000")), at("20260329T010000Z"));  // its first moment
    for (std::int64_t utc = at("20260101T000000Z"); utc < at("20270101T000000Z"); utc += 3'600) {
        if (utc == at("20261025T010000Z")) continue;  // the hour that a clock shows twice
        EXPECT_EQ(zone.to_utc(zone.to_local(utc)), utc);
    }
    pim::TimeZone south;  // Sydney: summer over the turn of the year
    south.bias = -600;
    south.daylight_bias = -60;
    south.standard = {4, 1, 0, 3, 0};
    south.daylight = {10, 1, 0, 2, 0};
    EXPECT_EQ(south.to_utc(at("20260115T120000")), at("20260115T010000Z"));
    EXPECT_EQ(south.to_utc(at("20260715T120000")), at("20260715T020000Z"));
}

TEST(TimeZone, AsComponentAndBack) {
    const pim::TimeZone zone = berlin();
    const auto again = pim::read_time_zone(pim::write_time_zone(zone, "Europe/Berlin"));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->same_times(zone));
    pim::TimeZone fixed;
    fixed.bias = -330;
    const auto plain = pim::read_time_zone(pim::write_time_zone(fixed, "India"));
    ASSERT_TRUE(plain);
    EXPECT_TRUE(plain->same_times(fixed));
    EXPECT_FALSE(pim::read_time_zone(pim::Component("VTIMEZONE")));
}

TEST(TimeZone, ZonesThatHaveNames) {
    const std::int64_t now = at("20261122T000000Z");
    const auto known = pim::zone_named("Europe/Berlin", now);
    ASSERT_TRUE(known);
    EXPECT_TRUE(known->same_times(berlin()));
    EXPECT_EQ(known->standard_name, "W. Europe Standard Time");
    EXPECT_EQ(pim::known_id(berlin(), now), "Europe/Berlin");
    const auto windows = pim::zone_named("Eastern Standard Time", now);
    ASSERT_TRUE(windows);
    EXPECT_EQ(windows->bias, 300);
    EXPECT_EQ(windows->daylight.month, 3U);
    EXPECT_EQ(windows->daylight.week, 2U);
    const auto fixed = pim::zone_named("Asia/Tokyo", now);
    ASSERT_TRUE(fixed);
    EXPECT_FALSE(fixed->changes());
    EXPECT_FALSE(pim::zone_named("Nowhere/Land", now));
    EXPECT_FALSE(pim::zone_named("", now));
    pim::TimeZone other = berlin();
    other.bias = 0;  // the name says one thing, its times another
    EXPECT_EQ(pim::known_id(other, now), "");
}

}  // namespace
