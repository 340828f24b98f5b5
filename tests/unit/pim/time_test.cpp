// Dates, durations and rules.
#include <gtest/gtest.h>

#include "moment.hpp"
#include "pim/date_time.hpp"
#include "pim/rule.hpp"
#include "pim/walk.hpp"

namespace {

using pim::at;
using pim::DateTime;

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
          "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=YEARLY;BYWEEKNO=20,-1",
          "FREQ=YEARLY;BYMONTH=1;BYYEARDAY=1,-366;BYHOUR=0,23;BYMINUTE=0,59;BYSECOND=0,60;BYSETPOS=2",
          "FREQ=YEARLY;BYEASTER=0"}) {
        const auto rule = pim::parse_rule(text);
        ASSERT_TRUE(rule) << text;
        EXPECT_EQ(pim::write_rule(*rule), text);
    }
    for (const std::string_view text :
         {"", "FREQ=NEVER", "INTERVAL=1", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;BYDAY=XX",
          "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYMINUTE=-1", "FREQ=DAILY;BYSECOND=61",
          "FREQ=YEARLY;BYYEARDAY=0", "FREQ=YEARLY;BYYEARDAY=367", "FREQ=YEARLY;BYWEEKNO=-54", "FREQ",
          "FREQ=DAILY;UNTIL=x", "FREQ=DAILY;BYMONTHDAY=0"})
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
    EXPECT_EQ(last("FREQ=DAILY;UNTIL=99990101T000000"), "none");  // beyond the limit of steps
    EXPECT_EQ(last("FREQ=SECONDLY;COUNT=100000"), "none");        // more than are walked
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

/// Of a rule whose day never comes so many days are looked at and no more.
TEST(Rule, DaysThatNeverCome) {
    const pim::OccurrenceLimits limits;
    const auto walked = [&](std::string_view text, std::string_view start = "20261102T090000") {
        const auto rule = pim::parse_rule(text);
        EXPECT_TRUE(rule) << text;
        pim::Walk walk(*rule, at(start), limits);
        unsigned found = 0;
        while (walk.next()) ++found;
        EXPECT_LE(found, limits.steps_max) << text;
        EXPECT_LE(walk.days_seen(), limits.days_max + 366) << text;
        return std::pair(found, walk.days_seen());
    };
    // Each year is looked at once, and of it the one month.
    EXPECT_EQ(walked("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
              std::pair(0U, std::uint64_t{2 * (9999 - 2026 + 1)}));
    EXPECT_EQ(walked("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=5").first, 0U);
    EXPECT_EQ(walked("FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31").first, 0U);
    EXPECT_EQ(walked("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6").first, 0U);
    EXPECT_EQ(walked("FREQ=YEARLY;BYDAY=53MO;BYSETPOS=2").first, 0U);
    EXPECT_EQ(walked("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30").first, 0U);
    EXPECT_EQ(walked("FREQ=DAILY;INTERVAL=100000").first, 30U);
    EXPECT_EQ(walked("FREQ=YEARLY;INTERVAL=100000;COUNT=2").first, 1U);
    EXPECT_EQ(walked("FREQ=DAILY;COUNT=100000").first, limits.steps_max);
    EXPECT_EQ(walked("FREQ=SECONDLY", "99980101T000000").first, limits.steps_max);
    EXPECT_EQ(walked("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30").first, 0U);
    EXPECT_EQ(walked("FREQ=HOURLY;INTERVAL=24;BYHOUR=10").first, 0U);
    EXPECT_EQ(walked("FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1").first, 0U);
    EXPECT_EQ(walked("FREQ=SECONDLY;INTERVAL=60;BYSECOND=1").first, 0U);
    EXPECT_EQ(walked("FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1").first, 0U);
    EXPECT_EQ(walked("FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1").first, 0U);
    EXPECT_EQ(walked("FREQ=DAILY;BYEASTER=0"), std::pair(0U, std::uint64_t{0}));  // not known: not walked
    EXPECT_FALSE(pim::parse_rule("FREQ=YEARLY;BYWEEKNO=54"));
    EXPECT_FALSE(pim::parse_rule("FREQ=DAILY;COUNT=100001"));
    EXPECT_FALSE(pim::parse_rule("FREQ=MONTHLY;BYMONTHDAY=32"));
}

/// What lies far ahead is found without all that lies before it.
TEST(Rule, SkipsWhatIsNotAskedFor) {
    for (const std::string_view text :
         {"FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
          "FREQ=MONTHLY;INTERVAL=5;BYDAY=-1FR", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
          "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}) {
        const auto rule = pim::parse_rule(text);
        const std::int64_t from = at("23000101T000000"), until = at("23200101T000000");
        pim::OccurrenceLimits wide;
        wide.steps_max = 1'000'000;
        pim::Walk all(*rule, at("20261102T090000"), wide);
        std::vector<std::int64_t> expected;
        for (auto next = all.next(); next && *next < until; next = all.next())
            if (*next >= from) expected.push_back(*next);
        EXPECT_EQ(pim::occurrences(*rule, at("20261102T090000"), from, until), expected) << text;
        EXPECT_FALSE(expected.empty()) << text;
        pim::Walk far(*rule, at("20261102T090000"), {});
        far.skip_to(from);
        ASSERT_TRUE(far.next());
        EXPECT_LT(far.days_seen(), 3'000U) << text;
    }
}

/// RFC 5545 section 3.8.5.3 has these.
TEST(Rule, ExamplesOfTheStandard) {
    const auto days = [](std::string_view text, std::string_view start, std::size_t count) {
        const auto rule = pim::parse_rule(text);
        pim::Walk walk(*rule, at(start), {});
        std::string out;
        for (std::size_t i = 0; i < count; ++i)
            if (const auto next = walk.next())
                out += (out.empty() ? "" : " ") + pim::write_date_time({*next, DateTime::Kind::date});
        return out;
    };
    EXPECT_EQ(days("FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "19970907T090000", 4),
              "19970907 19970928 19971102 19971130");
    EXPECT_EQ(days("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "19970930T090000", 4),
              "19970930 19971001 19971031 19971101");
    EXPECT_EQ(days("FREQ=YEARLY;BYDAY=20MO", "19970519T090000", 3), "19970519 19980518 19990517");
    EXPECT_EQ(days("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "19970902T090000", 3),
              "19980213 19980313 19981113");
    EXPECT_EQ(
        days("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "19961105T090000", 3),
        "19961105 20001107 20041102");
    EXPECT_EQ(days("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "19970904T090000", 5),
              "19970904 19971007 19971106");
    EXPECT_EQ(days("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "19970805T090000", 5),
              "19970805 19970810 19970819 19970824");
    EXPECT_EQ(days("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "19970805T090000", 5),
              "19970805 19970817 19970819 19970831");
    EXPECT_EQ(days("FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU", "19980101T090000", 2),
              "19980104 19980111");
}

}  // namespace
