// Occurrences of a series by their moments: the dates that it has besides its rule, and the room for those of
// their own.
#include <gtest/gtest.h>

#include "moment.hpp"
#include "pim/itip/events.hpp"

namespace pim::itip {
namespace {

Component series(std::string_view lines) {
    return parse(
               "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261102T090000Z\r\nDTEND:"
               "20261102T093000Z\r\n" +
               std::string(lines) + "END:VEVENT\r\nEND:VCALENDAR\r\n")
        .value();
}

TEST(ItipEvents, DatesBesidesTheRuleAreOccurrences) {
    Component kept = series(
        "RRULE:FREQ=DAILY;COUNT=2\r\n"
        "RDATE;VALUE=PERIOD:20261110T090000Z/PT2H,20261111T090000Z/20261111T100000Z\r\n"
        "RDATE:20261112T090000Z\r\nEXDATE:20261112T090000Z\r\n");
    EXPECT_TRUE(has_occurrence(kept, at("20261103T090000Z")));
    EXPECT_TRUE(has_occurrence(kept, at("20261110T090000Z")));
    EXPECT_FALSE(has_occurrence(kept, at("20261110T100000Z")));
    EXPECT_FALSE(has_occurrence(kept, at("20261112T090000Z")));
    // A period is as long as it says.
    Component* longer = own_occurrence(kept, at("20261110T090000Z"));
    ASSERT_NE(longer, nullptr);
    EXPECT_EQ(longer->raw("DTEND"), "20261110T110000Z");
    EXPECT_EQ(longer->find("RDATE"), nullptr);
    Component* until = own_occurrence(kept, at("20261111T090000Z"));
    ASSERT_NE(until, nullptr);
    EXPECT_EQ(until->raw("DTEND"), "20261111T100000Z");
    EXPECT_EQ(own_occurrence(kept, at("20261103T090000Z"))->raw("DTEND"), "20261103T093000Z");
    // Also of what has no rule at all.
    const Component listed = series("RDATE:20261112T090000Z\r\n");
    EXPECT_TRUE(has_occurrence(listed, at("20261112T090000Z")));
    EXPECT_FALSE(has_occurrence(series(""), at("20261102T090000Z")));
}

/// What is written must be read again: parse() counts properties and components, not octets alone.
TEST(ItipEvents, OccurrencesOfTheirOwnStayReadable) {
    std::string attendees, alarms;
    for (int i = 0; i < 1'500; ++i) attendees += "ATTENDEE:mailto:" + std::to_string(i) + "@a.test\r\n";
    for (int i = 0; i < 40; ++i) alarms += "BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n";
    for (const std::string& more : {attendees, alarms}) {
        Component kept = series("RRULE:FREQ=DAILY\r\n" + more);
        std::int64_t made = 0;
        while (made < 1'000 && own_occurrence(kept, at("20261102T090000Z") + made * day_seconds) != nullptr)
            ++made;
        EXPECT_GT(made, 10);
        EXPECT_LT(made, 60);
        EXPECT_TRUE(parse(write(kept))) << made;
    }
}

}  // namespace
}  // namespace pim::itip
