// The walk over a series beside another program's: rules.tsv has what python3-dateutil says of rules by
// chance (make_rules.py).
#include "pim/walk.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "moment.hpp"
#include "pim/date_time.hpp"

namespace {

using pim::at;
std::string shown(std::int64_t seconds) {
    return pim::write_date_time({seconds, pim::DateTime::Kind::local});
}

constexpr std::size_t shown_max = 8;  // as many as a line has of a rule without an end

struct Sample {
    std::string text;
    std::int64_t start = 0;
    std::vector<std::string> expected;
};

std::vector<Sample> read_samples() {
    std::vector<Sample> out;
    std::ifstream file(PIM_RULES);
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields(line);
        Sample one;
        std::string start;
        std::size_t count = 0;
        fields >> one.text >> start >> count;
        one.start = at(start);
        for (std::string time; fields >> time;) one.expected.push_back(std::move(time));
        EXPECT_EQ(one.expected.size(), count) << line;
        EXPECT_LE(count, shown_max) << line;
        out.push_back(std::move(one));
    }
    EXPECT_GT(out.size(), 300U);
    return out;
}

TEST(Walk, TheLeapSecondIsTheOneBeforeIt) {
    for (const char* text :
         {"FREQ=SECONDLY;BYSECOND=60", "FREQ=MINUTELY;BYSECOND=60", "FREQ=SECONDLY;BYSECOND=60,59"}) {
        const auto rule = pim::parse_rule(text);
        ASSERT_TRUE(rule) << text;
        pim::Walk walk(*rule, at("20260101T090000"), {});
        for (const char* expected : {"20260101T090059", "20260101T090159"}) {
            const auto next = walk.next();
            ASSERT_TRUE(next) << text;
            EXPECT_EQ(shown(*next), expected) << text;
        }
    }
}

TEST(Walk, FindsWhatAnotherProgramFinds) {
    for (const Sample& sample : read_samples()) {
        const auto rule = pim::parse_rule(sample.text);
        ASSERT_TRUE(rule) << sample.text;
        ASSERT_TRUE(pim::Walk::knows(*rule)) << sample.text;
        pim::Walk walk(*rule, sample.start, {});
        std::vector<std::string> found;
        while (found.size() < std::max<std::size_t>(sample.expected.size(), 1)) {
            const auto next = walk.next();
            if (!next) break;
            found.push_back(shown(*next));
        }
        EXPECT_EQ(found, sample.expected) << sample.text << " from " << shown(sample.start);
        const bool ends = rule->count || rule->until;
        if (ends && sample.expected.size() < shown_max) {
            EXPECT_FALSE(walk.next()) << sample.text;
        }
    }
}

TEST(Walk, FindsTheSameFromTheMiddle) {
    for (const Sample& sample : read_samples()) {
        if (sample.expected.size() < 5) continue;
        const auto rule = pim::parse_rule(sample.text);
        pim::Walk walk(*rule, sample.start, {});
        walk.skip_to(at(sample.expected[3]));
        std::int64_t next = 0;
        do {
            next = walk.next().value_or(INT64_MAX);
        } while (rule->count && next < at(sample.expected[3]));
        EXPECT_EQ(shown(next), sample.expected[3]) << sample.text;
        EXPECT_EQ(shown(walk.next().value_or(0)), sample.expected[4]) << sample.text;
    }
}

/// RFC 5545 section 3.8.5.3 has these.
TEST(Walk, ExamplesOfTheStandardWithinADay) {
    const auto walked = [](std::string_view text, std::string_view start, std::size_t count) {
        const auto rule = pim::parse_rule(text);
        pim::Walk walk(*rule, at(start), {});
        std::string out;
        for (std::size_t i = 0; i < count; ++i)
            if (const auto next = walk.next()) out += (out.empty() ? "" : " ") + shown(*next).substr(4, 9);
        return out;
    };
    EXPECT_EQ(walked("FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "19970101T090000", 5),
              "0101T0900 0410T0900 0719T0900 0101T0900 0409T0900");
    EXPECT_EQ(walked("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512T090000", 3),
              "0512T0900 0511T0900 0517T0900");
    // The day of the week is that of the start.
    EXPECT_EQ(walked("FREQ=YEARLY;BYWEEKNO=20", "19970512T090000", 3), "0512T0900 0511T0900 0517T0900");
    EXPECT_EQ(walked("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000", "19970902T090000", 5),
              "0902T0900 0902T1200 0902T1500");
    EXPECT_EQ(walked("FREQ=MINUTELY;INTERVAL=90;COUNT=4", "19970902T090000", 5),
              "0902T0900 0902T1030 0902T1200 0902T1330");
    const std::string each_20_minutes =
        walked("FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", "19970902T090000", 26);
    EXPECT_EQ(each_20_minutes,
              walked("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", "19970902T090000", 26));
    EXPECT_TRUE(each_20_minutes.ends_with("0902T1620 0902T1640 0903T0900 0903T0920"));
    // A leap second is the one before.
    EXPECT_EQ(walked("FREQ=DAILY;BYSECOND=59,60;COUNT=2", "19970902T090059", 3), "0902T0900 0903T0900");
}

/// A period may have a time for each second of its days: they are counted, not gathered.
TEST(Walk, ADayInEachSecondCostsNoMore) {
    std::string text = "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0";
    for (int hour = 1; hour < 24; ++hour) text += "," + std::to_string(hour);
    for (const char* part : {";BYMINUTE=0", ";BYSECOND=0"}) {
        text += part;
        for (int one = 1; one < 60; ++one) text += "," + std::to_string(one);
    }
    const auto rule = pim::parse_rule(text);
    ASSERT_TRUE(rule);
    const std::int64_t from = at("20261231T235958");
    EXPECT_EQ(pim::occurrences(*rule, at("20260102T090000"), from, from + 3),
              (std::vector<std::int64_t>{from, from + 1, from + 2}));
    auto last = *rule;
    last.by_position = {-1, 1};
    EXPECT_EQ(pim::occurrences(last, at("20260102T090000"), from, from + 3),
              (std::vector<std::int64_t>{from + 1, from + 2}));
}

}  // namespace
