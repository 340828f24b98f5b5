// Occurrences of a series by their moments: the dates that it has besides its rule, and the room for those of
// their own.
#include <algorithm>

#include <gtest/gtest.h>

#include "moment.hpp"
#include "pim/itip/apply.hpp"
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

/// Whoever sent it may have named occurrences in a zone of their own, or by their days.
TEST(ItipEvents, OccurrencesAreNamedAsTheirSeriesIs) {
    const auto named = [](std::string_view start, std::string_view name) {
        Component calendar =
            parse("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART" + std::string(start) +
                  "\r\nRRULE:FREQ=DAILY\r\nEXDATE" + std::string(name) +
                  "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID" + std::string(name) +
                  "\r\nDTSTART:20261104T120000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
                .value();
        const Component before = calendar;
        name_alike(calendar);
        const Property &id = *calendar.components.back().find("RECURRENCE-ID"),
                       &removed = *calendar.components.front().find("EXDATE");
        EXPECT_EQ(id.value, removed.value);
        EXPECT_EQ(id.parameters, removed.parameters);
        EXPECT_EQ(calendar.components.back().find("DTSTART")->value, "20261104T120000Z");
        std::string out;
        for (const Parameter& one : id.parameters) out += ";" + one.name + "=" + one.values.front();
        return out + ":" + id.value;
    };
    const std::string berlin = ";TZID=Europe/Berlin:20261102T090000";
    for (const std::string_view name :
         {";TZID=America/New_York:20261104T030000", ":20261104T090000", ";VALUE=DATE:20261104",
          ";TZID=Europe/Berlin:20261104T090000", ";TZID=Asia/Tokyo:20261104T170000"})
        EXPECT_EQ(named(berlin, name), ";TZID=Europe/Berlin:20261104T090000") << name;
    EXPECT_EQ(named(berlin, ":20261104T080000Z"), ":20261104T080000Z");
    EXPECT_EQ(named(":20261102T080000Z", ";TZID=Europe/Berlin:20261104T090000"), ":20261104T080000Z");
    EXPECT_EQ(named(":20261102T080000Z", ";VALUE=DATE:20261104"), ":20261104T080000Z");
    for (const std::string_view name : {";VALUE=DATE:20261104", ":20261104T000000Z",
                                        ";TZID=Asia/Tokyo:20261104T000000", ":20261104T000000"})
        EXPECT_EQ(named(";VALUE=DATE:20261102", name), ";VALUE=DATE:20261104") << name;
    EXPECT_EQ(named(berlin, ":soon"), ":soon");
    // Several at once.
    EXPECT_EQ(named(berlin, ";TZID=America/New_York:20261104T030000,20261105T030000"),
              ";TZID=Europe/Berlin:20261104T090000,20261105T090000");
}

/// So they are as soon as a message has made or changed a series here.
TEST(ItipEvents, OccurrencesOfAMessageAreNamedAsTheirSeriesIs) {
    const auto request = [](std::string_view sequence) {
        return read_message(
                   "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:a\r\n"
                   "ORGANIZER:mailto:o@a.test\r\nATTENDEE:mailto:a@a.test\r\nDTSTAMP:20261101T000000Z\r\n"
                   "DTSTART;TZID=Europe/Berlin:20261102T090000\r\nRRULE:FREQ=DAILY\r\nSEQUENCE:" +
                   std::string(sequence) +
                   "\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\nORGANIZER:mailto:o@a.test\r\n"
                   "ATTENDEE:mailto:a@a.test\r\nDTSTAMP:20261101T000000Z\r\nSEQUENCE:" +
                   std::string(sequence) +
                   "\r\nRECURRENCE-ID;TZID=Asia/Tokyo:20261104T170000\r\n"
                   "DTSTART;TZID=Asia/Tokyo:20261104T200000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
            .value();
    };
    const Owner anna{{"a@a.test"}, "Anna"};
    Component kept = adopt(request("0"), anna);
    EXPECT_EQ(kept.components.back().raw("RECURRENCE-ID"), "20261104T090000");
    EXPECT_EQ(apply_request(kept, request("1"), anna), Applied::done);
    EXPECT_EQ(kept.components.back().raw("RECURRENCE-ID"), "20261104T090000");
    EXPECT_EQ(std::ranges::count_if(kept.components, is_override), 1);
}

/// A place may have had other rules when the series began.
TEST(ItipEvents, OccurrencesInAZoneThatHasChanged) {
    Component kept = parse(
                         "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n"
                         "DTSTART;TZID=America/Sao_Paulo:20160104T090000\r\n"
                         "DTEND;TZID=America/Sao_Paulo:20160104T093000\r\nRRULE:FREQ=DAILY\r\n"
                         "END:VEVENT\r\nEND:VCALENDAR\r\n")
                         .value();
    const std::int64_t moment = at("20270104T120000Z");
    EXPECT_TRUE(has_occurrence(kept, moment));
    const Component* own = own_occurrence(kept, moment);
    ASSERT_NE(own, nullptr);
    EXPECT_EQ(own->raw("DTSTART"), "20270104T090000");
    EXPECT_EQ(own->raw("DTEND"), "20270104T093000");
    EXPECT_EQ(find_override(kept, moment), own);
}

}  // namespace
}  // namespace pim::itip
