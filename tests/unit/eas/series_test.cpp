// Exceptions of a series: the same occurrences stay exceptions, whatever becomes of the series' frame.
#include "eas/items/event.hpp"
#include "item_data.hpp"

namespace eas {
namespace {

namespace cal = wbxml::calendar;

constexpr std::uint16_t older = 141;

std::string new_york() {
    pim::TimeZone zone;
    zone.bias = 300;
    zone.daylight_bias = -60;
    zone.standard = {11, 1, 0, 2, 0};
    zone.daylight = {3, 2, 0, 2, 0};
    zone.standard_name = "Eastern Standard Time";
    return base::base64_encode(write_time_zone_blob(zone));
}

Data& weekly(Data& data, std::string_view day = "2") {
    data.open(cal::recurrence)
        .text(cal::type, "1")
        .text(cal::interval, "1")
        .text(cal::day_of_week, day)
        .close();
    return data;
}

/// Mondays at nine in Berlin, from 2026-10-19 on; one is out, one is later and has a text of its own.
pim::Component series() {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z")
        .text(cal::subject, "Weekly");
    weekly(data).open(cal::exceptions);
    data.open(cal::exception)
        .text(cal::deleted, "1")
        .text(cal::exception_start_time, "20261026T080000Z")
        .close();
    data.open(cal::exception)
        .text(cal::exception_start_time, "20261102T080000Z")
        .text(cal::start_time, "20261102T100000Z")
        .text(cal::end_time, "20261102T110000Z")
        .open(wbxml::airsyncbase::body)
        .text(wbxml::airsyncbase::type, "1")
        .text(wbxml::airsyncbase::data, "its own words")
        .close()
        .close();
    data.close();
    EXPECT_TRUE(apply_event(data.root(), calendar, context(older, true)));
    return calendar;
}

TEST(Series, ExceptionsFollowTheZone) {
    for (const std::uint16_t version : {older, std::uint16_t{161}}) {
        pim::Component calendar = series();
        Data data;  // the same moments, seen from New York: Mondays at three in the night
        data.text(cal::timezone, new_york())
            .text(cal::start_time, "20261019T070000Z")
            .text(cal::end_time, "20261019T080000Z")
            .text(cal::subject, "Weekly");
        weekly(data);
        ASSERT_TRUE(apply_event(data.root(), calendar, context(version)));
        const std::string text = pim::write(calendar),
                          xml = shown(store::FolderKind::calendar, calendar, older);
        // 2026-10-26 is a day of summer there and none of Berlin: it is the third hour that counts.
        EXPECT_TRUE(has(text, "EXDATE;TZID=America/New_York:20261026T030000")) << text;
        EXPECT_TRUE(has(text, "RECURRENCE-ID;TZID=America/New_York:20261102T030000")) << text;
        EXPECT_TRUE(has(xml, "<ExceptionStartTime>20261026T070000Z<")) << xml;
        EXPECT_TRUE(has(xml, "<ExceptionStartTime>20261102T080000Z<")) << xml;
        EXPECT_TRUE(has(xml, "<StartTime>20261102T100000Z<")) << xml;  // moved by hand: when it was
        EXPECT_TRUE(has(xml, "its own words"));
        // It is the same occurrence to a newer device too.
        EXPECT_FALSE(apply_occurrence({}, "20261026T070000Z", true, calendar, context()));
        EXPECT_TRUE(apply_occurrence({}, "20261102T080000Z", true, calendar, context()));
    }
}

TEST(Series, ExceptionsFollowWholeDays) {
    pim::Component calendar = series();
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261018T220000Z")
        .text(cal::end_time, "20261019T220000Z")
        .text(cal::all_day_event, "1")
        .text(cal::subject, "Weekly");
    weekly(data);
    ASSERT_TRUE(apply_event(data.root(), calendar, context(older)));
    std::string text = pim::write(calendar);
    EXPECT_TRUE(has(text, "EXDATE;VALUE=DATE:20261026")) << text;
    EXPECT_TRUE(has(text, "RECURRENCE-ID;VALUE=DATE:20261102")) << text;
    EXPECT_TRUE(has(text, "DTSTART;VALUE=DATE:20261102")) << text;
    EXPECT_TRUE(has(text, "its own words"));
    Data back;  // and at nine again
    back.text(cal::timezone, berlin())
        .text(cal::start_time, "20261018T220000Z")
        .text(cal::end_time, "20261018T230000Z")
        .text(cal::subject, "Weekly");
    weekly(back);
    ASSERT_TRUE(apply_event(back.root(), calendar, context(older)));
    text = pim::write(calendar);
    EXPECT_TRUE(has(text, "EXDATE;TZID=Europe/Berlin:20261026T000000")) << text;
    EXPECT_TRUE(has(text, "RECURRENCE-ID;TZID=Europe/Berlin:20261102T000000")) << text;
}

TEST(Series, TextOfAnExceptionStays) {
    pim::Component calendar = series();
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z")
        .text(cal::subject, "Weekly");
    weekly(data).open(cal::exceptions);
    data.open(cal::exception)
        .text(cal::exception_start_time, "20261102T080000Z")
        .text(cal::subject, "Another name")
        .close();
    data.open(cal::exception)
        .text(cal::exception_start_time, "20261109T080000Z")
        .text(cal::subject, "A second one")
        .close();
    data.close();
    ASSERT_TRUE(apply_event(data.root(), calendar, context(older)));
    const std::string text = pim::write(calendar);
    EXPECT_EQ(text.find("its own words"), text.rfind("its own words")) << text;
    EXPECT_TRUE(has(text, "its own words")) << text;
    EXPECT_TRUE(has(text, "Another name"));
}

/// Of another pattern, or at another hour, there are no such occurrences.
TEST(Series, NoExceptionsOfAnotherSeries) {
    for (const bool other_pattern : {true, false}) {
        pim::Component calendar = series();
        Data data;
        data.text(cal::timezone, berlin())
            .text(cal::start_time, other_pattern ? "20261019T070000Z" : "20261019T060000Z")
            .text(cal::end_time, "20261019T080000Z")
            .text(cal::subject, "Weekly");
        weekly(data, other_pattern ? "4" : "2");
        ASSERT_TRUE(apply_event(data.root(), calendar, context(older)));
        const std::string text = pim::write(calendar);
        EXPECT_FALSE(has(text, "EXDATE")) << text;
        EXPECT_FALSE(has(text, "RECURRENCE-ID")) << text;
    }
    // A longer one has them still.
    pim::Component calendar = series();
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T090000Z")
        .text(cal::subject, "Weekly");
    weekly(data);
    ASSERT_TRUE(apply_event(data.root(), calendar, context(older)));
    EXPECT_TRUE(has(pim::write(calendar), "EXDATE"));
}

/// UNTIL is kept in UTC, by the zone: another zone alone does not make another pattern of it.
TEST(Series, UntilInAnotherZone) {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    const auto send = [&](const std::string& zone, bool is_new) {
        Data data;
        data.text(cal::timezone, zone)
            .text(cal::start_time, "20261019T070000Z")
            .text(cal::end_time, "20261019T080000Z");
        data.open(cal::recurrence)
            .text(cal::type, "0")
            .text(cal::interval, "1")
            .text(cal::until, "20261110T000000Z")
            .close();
        EXPECT_TRUE(apply_event(data.root(), calendar, context(161, is_new)));
    };
    send(berlin(), true);
    ASSERT_TRUE(apply_occurrence({}, "20261022T070000Z", true, calendar, context()));
    send(new_york(), false);
    EXPECT_TRUE(has(pim::write(calendar), "EXDATE;TZID=America/New_York:20261022T030000"))
        << pim::write(calendar);
}

}  // namespace
}  // namespace eas
