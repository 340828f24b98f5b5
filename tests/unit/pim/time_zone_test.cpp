// Zones: what VTIMEZONEs and names say of a time.
#include "pim/time_zone.hpp"

#include <gtest/gtest.h>

#include "moment.hpp"
#include "pim/date_time.hpp"

namespace {

using pim::at;

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

pim::Component zone_of(std::string_view observances) {
    const auto made =
        pim::parse("BEGIN:VTIMEZONE\r\nTZID:z\r\n" + std::string(observances) + "END:VTIMEZONE\r\n");
    EXPECT_TRUE(made);
    return made ? *made : pim::Component("VTIMEZONE");
}

std::string observance(std::string_view name, std::string_view from, std::string_view to,
                       std::string_view rest) {
    return "BEGIN:" + std::string(name) + "\r\nTZOFFSETFROM:" + std::string(from) +
           "\r\nTZOFFSETTO:" + std::string(to) + "\r\n" + std::string(rest) + "END:" + std::string(name) +
           "\r\n";
}

/// RFC 5545 section 3.6.5: a rule ends with its UNTIL. Mexico gave up summer time in October 2022.
TEST(TimeZone, RulesThatHaveEnded) {
    const std::string summer = observance("DAYLIGHT", "-0600", "-0500",
                                          "DTSTART:20020407T020000\r\n"
                                          "RRULE:FREQ=YEARLY;UNTIL=20220403T080000Z;BYMONTH=4;BYDAY=1SU\r\n");
    const std::string both =
        summer + observance("STANDARD", "-0500", "-0600",
                            "DTSTART:20021027T020000\r\n"
                            "RRULE:FREQ=YEARLY;UNTIL=20221030T070000Z;BYMONTH=10;BYDAY=-1SU\r\n");
    const std::string with_last =
        summer +
        observance("STANDARD", "-0500", "-0600",
                   "DTSTART:20021027T020000\r\n"
                   "RRULE:FREQ=YEARLY;UNTIL=20211031T070000Z;BYMONTH=10;BYDAY=-1SU\r\n") +
        observance("STANDARD", "-0500", "-0600", "DTSTART:20221030T020000\r\n");
    const std::string counted = observance("DAYLIGHT", "-0600", "-0500",
                                           "DTSTART:20020407T020000\r\n"
                                           "RRULE:FREQ=YEARLY;COUNT=21;BYMONTH=4;BYDAY=1SU\r\n") +
                                observance("STANDARD", "-0500", "-0600",
                                           "DTSTART:20021027T020000\r\n"
                                           "RRULE:FREQ=YEARLY;COUNT=21;BYMONTH=10;BYDAY=-1SU\r\n");
    const std::string dates =
        observance("DAYLIGHT", "-0600", "-0500", "DTSTART:20210404T020000\r\nRDATE:20220403T020000\r\n") +
        observance("STANDARD", "-0500", "-0600", "DTSTART:20211031T020000\r\nRDATE:20221030T020000\r\n");
    for (const std::string& one : {both, with_last, counted, dates}) {
        const pim::Component zone = zone_of(one);
        const auto now = pim::read_time_zone(zone);
        ASSERT_TRUE(now) << one;
        EXPECT_FALSE(now->changes()) << one;
        EXPECT_EQ(now->bias, 360) << one;
        for (const std::string_view day : {"20221101T000000", "20230701T000000", "20261122T000000"}) {
            const auto then = pim::read_time_zone(zone, at(day));
            EXPECT_EQ(then->to_utc(at(day)), at(day) + 6 * 3'600) << day << one;
        }
        EXPECT_EQ(pim::read_time_zone(zone, at("20220701T000000"))->to_utc(at("20220701T000000")),
                  at("20220701T050000"))
            << one;
        EXPECT_EQ(pim::read_time_zone(zone, at("20220101T000000"))->to_utc(at("20220101T000000")),
                  at("20220101T060000"))
            << one;
    }
    // By names, too: Brazil gave it up in 2019.
    EXPECT_TRUE(pim::zone_named("America/Sao_Paulo", at("20170701T000000Z"))->changes());
    const auto brazil = pim::zone_named("America/Sao_Paulo", pim::latest);
    ASSERT_TRUE(brazil);
    EXPECT_FALSE(brazil->changes());
    EXPECT_EQ(brazil->bias, 180);
    EXPECT_TRUE(pim::zone_named("Europe/Berlin", pim::latest)->same_times(berlin()));
}

TEST(TimeZone, RulesThatFollowOthers) {
    const pim::Component zone = zone_of(  // New York, before 2007 and since
        observance("DAYLIGHT", "-0500", "-0400",
                   "DTSTART:19870405T020000\r\n"
                   "RRULE:FREQ=YEARLY;UNTIL=20060402T070000Z;BYMONTH=4;BYDAY=1SU\r\n") +
        observance("STANDARD", "-0400", "-0500",
                   "DTSTART:19671029T020000\r\n"
                   "RRULE:FREQ=YEARLY;UNTIL=20061029T060000Z;BYMONTH=10;BYDAY=-1SU\r\n") +
        observance("DAYLIGHT", "-0500", "-0400",
                   "DTSTART:20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\n") +
        observance("STANDARD", "-0400", "-0500",
                   "DTSTART:20071104T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n"));
    const auto hours = [&](std::string_view day) {
        return (pim::read_time_zone(zone, at(day))->to_utc(at(day)) - at(day)) / 3'600;
    };
    EXPECT_EQ(hours("20060320T120000"), 5);
    EXPECT_EQ(hours("20060701T120000"), 4);
    EXPECT_EQ(hours("20061101T120000"), 5);
    EXPECT_EQ(hours("20070320T120000"), 4);
    EXPECT_EQ(hours("20071101T120000"), 4);
    EXPECT_EQ(hours("20071105T120000"), 5);
    EXPECT_EQ(hours("20260320T120000"), 4);
    const auto now = pim::read_time_zone(zone);
    EXPECT_EQ(now->daylight, (pim::ZoneRule{3, 2, 0, 2, 0}));
    EXPECT_EQ(now->standard, (pim::ZoneRule{11, 1, 0, 2, 0}));
    // What begins after the event is all that is known of its time.
    const auto later = pim::read_time_zone(pim::write_time_zone(berlin(), "z"), at("19600101T000000"));
    EXPECT_TRUE(later->same_times(berlin()));
}

TEST(TimeZone, WeeksOfARule) {
    const auto week = [](std::string_view rule) {
        const auto zone = pim::read_time_zone(
            zone_of(observance("DAYLIGHT", "+0100", "+0200",
                               "DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;" + std::string(rule) +
                                   "\r\n") +
                    observance("STANDARD", "+0200", "+0100",
                               "DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n")));
        EXPECT_EQ(zone->standard.week, 5U);
        return zone->daylight.week;
    };
    EXPECT_EQ(week("BYDAY=SU;BYMONTHDAY=-7,-6,-5,-4,-3,-2,-1"), 5U);
    EXPECT_EQ(week("BYDAY=SU;BYMONTHDAY=-14,-13,-12,-11,-10,-9,-8"), 4U);
    EXPECT_EQ(week("BYDAY=SU;BYMONTHDAY=25,26,27,28,29,30,31"), 5U);
    EXPECT_EQ(week("BYDAY=SU;BYMONTHDAY=14,13,12,11,10,9,8"), 2U);
    EXPECT_EQ(week("BYDAY=SU;BYMONTHDAY=1,2,3,4,5,6,7"), 1U);
    EXPECT_EQ(week("BYDAY=SU;BYSETPOS=-1"), 5U);
    EXPECT_EQ(week("BYDAY=-1SU"), 5U);
    EXPECT_EQ(week("BYDAY=-2SU"), 4U);
    EXPECT_EQ(week("BYDAY=3SU"), 3U);
}

/// It is read for each occurrence of an event: what a stranger writes without an end is not read to its end.
TEST(TimeZone, OfManyDatesSomeAreLookedAt) {
    std::string dates, more;
    for (int year = 2000; year < 2400; ++year)
        dates += (year == 2000 ? "" : ",") + std::to_string(year) + "0101T000000";
    for (int i = 0; i < 1'000; ++i)
        more += observance("STANDARD", "+0100", "+0200", "DTSTART:19990101T000000\r\n");
    const std::string list = "DTSTART:19990101T000000\r\nRDATE:" + dates + "\r\n";
    const std::string last = observance("DAYLIGHT", "+0100", "+0500", "DTSTART:29990101T000000\r\n");
    EXPECT_EQ(pim::read_time_zone(zone_of(observance("STANDARD", "+0100", "+0200", list) + last))->bias,
              -300);
    EXPECT_EQ(
        pim::read_time_zone(zone_of(observance("STANDARD", "+0100", "+0200", list + list + list) + last))
            ->bias,
        -120);
    EXPECT_EQ(pim::read_time_zone(zone_of(more + last))->bias, -120);
}

/// Devices know summers alone: Ireland's winter is one of an hour less.
TEST(TimeZone, WintersThatDiffer) {
    const pim::Component zone = zone_of(
        observance("STANDARD", "+0000", "+0100",
                   "DTSTART:19700329T010000\r\nTZNAME:IST\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n") +
        observance("DAYLIGHT", "+0100", "+0000",
                   "DTSTART:19701025T020000\r\nTZNAME:GMT\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"));
    const auto dublin = pim::read_time_zone(zone);
    ASSERT_TRUE(dublin);
    EXPECT_EQ(dublin->bias, 0);
    EXPECT_EQ(dublin->daylight_bias, -60);
    EXPECT_EQ(dublin->daylight.month, 3U);
    EXPECT_EQ(dublin->standard_name, "GMT");
    EXPECT_TRUE(dublin->same_times(*pim::zone_named("Europe/Dublin", at("20261122T000000Z"))));
    // Turkey has kept its summer.
    const auto kept = pim::read_time_zone(
        zone_of(observance("STANDARD", "+0300", "+0200",
                           "DTSTART:20071028T040000\r\n"
                           "RRULE:FREQ=YEARLY;UNTIL=20151025T010000Z;BYMONTH=10;BYDAY=-1SU\r\n") +
                observance("DAYLIGHT", "+0200", "+0300",
                           "DTSTART:20070325T030000\r\n"
                           "RRULE:FREQ=YEARLY;UNTIL=20160327T010000Z;BYMONTH=3;BYDAY=-1SU\r\n")));
    EXPECT_FALSE(kept->changes());
    EXPECT_EQ(kept->bias, -180);
    // Without any summer, or with nothing else.
    EXPECT_EQ(
        pim::read_time_zone(zone_of(observance("DAYLIGHT", "+0300", "+0300", "DTSTART:20160907T000000\r\n")))
            ->bias,
        -180);
    const std::string twice = "DTSTART:16010101T000000\r\n";
    const auto same = pim::read_time_zone(zone_of(observance("STANDARD", "+0530", "+0530", twice) +
                                                  observance("DAYLIGHT", "+0530", "+0530", twice)));
    EXPECT_FALSE(same->changes());
    EXPECT_EQ(same->bias, -330);
}

/// RFC 5545 section 3.3.5: what no clock shows is read as before the change, what it shows twice as the
/// first.
TEST(TimeZone, HoursThatAreNotThere) {
    EXPECT_EQ(berlin().to_utc(at("20260329T023000")), at("20260329T013000Z"));
    EXPECT_EQ(berlin().to_local(at("20260329T013000Z")), at("20260329T033000"));
    EXPECT_EQ(berlin().to_utc(at("20261025T023000")), at("20261025T003000Z"));
    EXPECT_EQ(berlin().to_utc(at("20261025T030000")), at("20261025T020000Z"));
    pim::TimeZone south;
    south.bias = -600;
    south.daylight_bias = -60;
    south.standard = {4, 1, 0, 3, 0};
    south.daylight = {10, 1, 0, 2, 0};
    EXPECT_EQ(south.to_utc(at("20261004T023000")), at("20261003T163000Z"));
    EXPECT_EQ(south.to_utc(at("20261004T030000")), at("20261003T160000Z"));
}

}  // namespace
