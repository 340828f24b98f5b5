// Exceptions of a series: the same occurrences stay exceptions, whatever becomes of the series' frame.
#include <algorithm>

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

/// A series that another program wrote: Mondays at nine in Berlin, one is out and one is later.
pim::Component foreign(const std::string& rule, const std::string& removed, const std::string& later) {
    auto made = pim::parse(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:f\nDTSTART;TZID=Europe/Berlin:20261019T090000\n"
        "DTEND;TZID=Europe/Berlin:20261019T100000\nSUMMARY:Weekly\nRRULE:" +
        rule + "\nEXDATE;TZID=Europe/Berlin:" + removed +
        "T090000\nEND:VEVENT\nBEGIN:VEVENT\nUID:f\nRECURRENCE-ID;TZID=Europe/Berlin:" + later +
        "T090000\nDTSTART;TZID=Europe/Berlin:" + later + "T120000\nDTEND;TZID=Europe/Berlin:" + later +
        "T130000\nSUMMARY:Later\nEND:VEVENT\nEND:VCALENDAR\n");
    EXPECT_TRUE(made);
    return made ? *made : pim::Component("VCALENDAR");
}

/// What the device was told of the pattern it sends back, but for the numbers in `other`.
void echo(pim::Component& calendar, std::uint16_t version,
          const std::vector<std::pair<wbxml::Tag, std::string>>& other = {}) {
    const std::string octets = octets_told(store::FolderKind::calendar, calendar, version);
    const wbxml::Document told(octets);
    Data data;
    for (const wbxml::Tag tag : {cal::timezone, cal::start_time, cal::end_time})
        if (const wbxml::Element one = told.root().child(tag)) data.text(tag, one.text());
    data.text(cal::subject, "Weekly").open(cal::recurrence);
    for (const wbxml::Element one : told.root().child(cal::recurrence)) {
        std::string value(one.text());
        for (const auto& [tag, text] : other)
            if (tag == one.tag()) value = text;
        data.text(one.tag(), value);
    }
    data.close();
    ASSERT_TRUE(apply_event(data.root(), calendar, context(version)));
}

bool has_exceptions(const pim::Component& calendar) {
    const std::string text = pim::write(calendar);
    return has(text, "EXDATE") && has(text, "RECURRENCE-ID") && has(text, "SUMMARY:Later");
}

/// A device says all that a rule leaves out: that does not make another pattern of it.
TEST(Series, EchoOfARuleThatLeavesOut) {
    struct Case {
        std::string rule, removed, later;
        wbxml::Tag tag;
        std::string other;
    };
    const Case cases[] = {
        {"FREQ=WEEKLY;COUNT=10", "20261026", "20261102", cal::day_of_week, "4"},
        {"FREQ=YEARLY", "20271019", "20281019", cal::day_of_month, "20"},
        {"FREQ=MONTHLY", "20261119", "20261219", cal::interval, "2"},
        {"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=3", "20261116", "20261221", cal::week_of_month, "4"},
        {"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "20261026", "20261102", cal::interval, "2"},
        {"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;WKST=SU;UNTIL=20261130T080000Z", "20261026", "20261102", cal::until,
         "20261207T080000Z"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU;UNTIL=20261130", "20261102", "20261116", cal::interval,
         "1"}};
    for (const std::uint16_t version : {std::uint16_t{140}, older, std::uint16_t{161}}) {
        for (const Case& one : cases) {
            pim::Component calendar = foreign(one.rule, one.removed, one.later);
            echo(calendar, version);
            EXPECT_TRUE(has_exceptions(calendar)) << one.rule << version << pim::write(calendar);
            echo(calendar, version);
            EXPECT_TRUE(has_exceptions(calendar)) << one.rule << version << pim::write(calendar);
            pim::Component changed = foreign(one.rule, one.removed, one.later);
            echo(changed, version, {{one.tag, one.other}});
            EXPECT_FALSE(has(pim::write(changed), "EXDATE")) << one.rule << version << pim::write(changed);
            EXPECT_FALSE(has(pim::write(changed), "RECURRENCE-ID")) << one.rule << version;
        }
    }
}

/// Of what only other programs understand an exception keeps all of its own, and nothing of the series'.
TEST(Series, UnknownOfAnException) {
    pim::Component calendar = foreign("FREQ=WEEKLY;BYDAY=MO", "20261026", "20261102");
    const auto add = [](pim::Component& to, std::string_view name, std::string_view value) {
        to.properties.emplace_back(name, value);
    };
    pim::Component& master = *master_of(calendar);
    add(master, "COMMENT", "of the series");
    add(master, "CONTACT", "the desk");
    pim::Component& later = calendar.components.back();
    add(later, "COMMENT", "first");
    add(later, "COMMENT", "second");
    add(later, "ATTACH", "https://example.test/1");
    add(later, "ATTACH", "https://example.test/2");
    add(later, "X-OTHER", "1");
    add(later, "X-OTHER", "2");
    Data data;
    data.text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z")
        .text(cal::subject, "Weekly");
    weekly(data).open(cal::exceptions).open(cal::exception);
    data.text(cal::exception_start_time, "20261102T080000Z")
        .text(cal::start_time, "20261102T110000Z")
        .text(cal::end_time, "20261102T120000Z")
        .text(cal::subject, "Later")
        .close()
        .close();
    ItemContext of_older = context(older);
    of_older.ghosts.all = true;
    ASSERT_TRUE(apply_event(data.root(), calendar, of_older));
    const pim::Component& made = calendar.components.back();
    ASSERT_TRUE(is_override(made));
    const auto values = [&](std::string_view name) {
        std::string out;
        for (const pim::Property& one : made.properties)
            if (one.name == name) out += one.value + "|";
        return out;
    };
    EXPECT_EQ(values("COMMENT"), "first|second|");
    EXPECT_EQ(values("ATTACH"), "https://example.test/1|https://example.test/2|");
    EXPECT_EQ(values("X-OTHER"), "1|2|");
    EXPECT_EQ(values("CONTACT"), "the desk|");
    EXPECT_EQ(values("DTSTART"), "20261102T120000|");
    EXPECT_EQ(values("RECURRENCE-ID"), "20261102T090000|");
    EXPECT_EQ(values("SUMMARY"), "Later|");
    EXPECT_EQ(values("RRULE"), "");
}

/// A place may have given up summer time since a series began: what is still to come counts. A single event
/// is of its own time.
TEST(Series, ZonesThatHaveNoSummerAnyMore) {
    for (const bool named : {false, true}) {
        const std::string id = named ? "America/Sao_Paulo" : "Custom";
        std::string text = "BEGIN:VCALENDAR\nVERSION:2.0\n";
        if (!named)
            text +=
                "BEGIN:VTIMEZONE\nTZID:Custom\nBEGIN:DAYLIGHT\nTZOFFSETFROM:-0300\nTZOFFSETTO:-0200\n"
                "DTSTART:20081019T000000\nRRULE:FREQ=YEARLY;UNTIL=20171015T030000Z;BYMONTH=10;BYDAY=3SU\n"
                "END:DAYLIGHT\nBEGIN:STANDARD\nTZOFFSETFROM:-0200\nTZOFFSETTO:-0300\nDTSTART:"
                "20090215T000000\n"
                "RRULE:FREQ=YEARLY;UNTIL=20180218T020000Z;BYMONTH=2;BYDAY=3SU\nEND:STANDARD\nEND:VTIMEZONE\n";
        text += "BEGIN:VEVENT\nUID:f\nDTSTART;TZID=" + id + ":20160104T090000\nDURATION:PT1H\n";
        const std::string end = "END:VEVENT\nEND:VCALENDAR\n";
        const std::string series = shown(store::FolderKind::calendar,
                                         *pim::parse(text + "RRULE:FREQ=WEEKLY;BYDAY=MO\n" + end)),
                          ended =
                              shown(store::FolderKind::calendar,
                                    *pim::parse(text + "RRULE:FREQ=WEEKLY;UNTIL=20160201T110000Z\n" + end)),
                          single = shown(store::FolderKind::calendar, *pim::parse(text + end));
        EXPECT_TRUE(has(series, "<StartTime>20160104T120000Z<")) << series;
        EXPECT_TRUE(has(series, "<EndTime>20160104T130000Z<")) << series;
        EXPECT_TRUE(has(ended, "<StartTime>20160104T110000Z<")) << ended;
        EXPECT_TRUE(has(single, "<StartTime>20160104T110000Z<")) << single;
        EXPECT_TRUE(has(single, "<EndTime>20160104T120000Z<")) << single;
    }
}

std::string zone_of_tokyo() {
    return "BEGIN:VTIMEZONE\nTZID:Tokyo\nBEGIN:STANDARD\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\n"
           "DTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE\n";
}

/// A device's zone takes the place of that of the series; what other times name stays.
TEST(Series, ZonesThatAreNamedStay) {
    const std::string unused =
        "BEGIN:VTIMEZONE\nTZID:Unused\nBEGIN:STANDARD\nTZOFFSETFROM:+0100\n"
        "TZOFFSETTO:+0100\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE\n";
    for (const std::string named : {"RRULE:FREQ=DAILY\nRDATE;TZID=Tokyo:20261120T200000\n",
                                    "X-BARID-ORPHAN;TZID=Tokyo:20261120T200000\n"}) {
        pim::Component calendar =
            *pim::parse("BEGIN:VCALENDAR\nVERSION:2.0\n" + unused + zone_of_tokyo() +
                        "BEGIN:VEVENT\nUID:f\nDTSTART;TZID=Unused:20261019T080000\nDURATION:PT1H\n" + named +
                        "END:VEVENT\nEND:VCALENDAR\n");
        Data data;
        ASSERT_TRUE(apply_event(data.text(cal::timezone, berlin()).root(), calendar, context()));
        const std::string text = pim::write(calendar);
        EXPECT_TRUE(has(text, "TZID:Tokyo")) << text;
        EXPECT_TRUE(has(text, "TZID:Europe/Berlin")) << text;
        EXPECT_FALSE(has(text, "TZID:Unused")) << text;
        EXPECT_TRUE(has(text, "DTSTART;TZID=Europe/Berlin:20261019T090000")) << text;
    }
    // Once more: there is one of each.
    pim::Component calendar = series();
    Data data;
    ASSERT_TRUE(apply_event(data.text(cal::timezone, berlin()).root(), calendar, context()));
    EXPECT_EQ(std::ranges::count(calendar.components, "VTIMEZONE", &pim::Component::name), 1);
}

/// From 16.0 on dates come without a zone: that of before is kept for older devices, and for when they become
/// hours again.
TEST(Series, DatesKeepTheirZone) {
    pim::Component calendar = foreign("FREQ=WEEKLY;BYDAY=MO", "20261026", "20261102");
    Data days;
    days.text(cal::all_day_event, "1")
        .text(cal::start_time, "20261019T000000Z")
        .text(cal::end_time, "20261020T000000Z");
    ASSERT_TRUE(apply_event(days.root(), calendar, context()));
    const std::string xml = shown(store::FolderKind::calendar, calendar, older);
    EXPECT_TRUE(has(xml, "<StartTime>20261018T220000Z<")) << xml;
    Data hours;
    hours.text(cal::all_day_event, "0")
        .text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z");
    ASSERT_TRUE(apply_event(hours.root(), calendar, context()));
    EXPECT_TRUE(has(pim::write(calendar), "DTSTART;TZID=Europe/Berlin:20261019T090000"))
        << pim::write(calendar);
    // Whoever sends dates may tell his zone, and that of the calendar counts.
    const std::string event = "BEGIN:VEVENT\nUID:f\nDTSTART;VALUE=DATE:20261019\nEND:VEVENT\nEND:VCALENDAR\n",
                      begin = "BEGIN:VCALENDAR\nVERSION:2.0\n";
    const auto start = [&](const std::string& zones) {
        const std::string told =
            shown(store::FolderKind::calendar, *pim::parse(begin + zones + event), older);
        return told.substr(told.find("<StartTime>") + 11, 16);
    };
    EXPECT_EQ(start(""), "20261019T000000Z");
    EXPECT_EQ(start(zone_of_tokyo()), "20261018T150000Z");
    EXPECT_EQ(start("X-WR-TIMEZONE:Europe/Berlin\n" + zone_of_tokyo()), "20261018T220000Z");
}

/// An occurrence may have a zone of its own.
TEST(Series, ExceptionsInTheirOwnZone) {
    const auto calendar_with = [](const std::string& times) {
        return *pim::parse("BEGIN:VCALENDAR\nVERSION:2.0\n" + zone_of_tokyo() +
                           "BEGIN:VEVENT\nUID:f\nDTSTART;TZID=Europe/Berlin:20261019T090000\nDURATION:PT1H\n"
                           "RRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\nUID:f\n"
                           "RECURRENCE-ID;TZID=Europe/Berlin:20261102T090000\n" +
                           times + "END:VEVENT\nEND:VCALENDAR\n");
    };
    const std::string id = "20261102T080000Z";
    const auto changed = [&](pim::Component calendar, const char* start, const char* end) {
        Data data;
        data.text(cal::subject, "t");
        if (start != nullptr) data.text(cal::start_time, start);
        if (end != nullptr) data.text(cal::end_time, end);
        EXPECT_TRUE(apply_occurrence(data.root(), id, false, calendar, context()));
        const std::string xml = shown(store::FolderKind::calendar, calendar);
        const std::size_t at = xml.find("<StartTime>", xml.find("InstanceId"));
        const std::size_t until = xml.find("<EndTime>", at);
        return xml.substr(at + 11, 16) + "-" + xml.substr(until + 9, 16);
    };
    const std::string hours = "DTSTART;TZID=Tokyo:20261102T200000\nDTEND;TZID=Tokyo:20261102T210000\n";
    EXPECT_EQ(changed(calendar_with(hours), nullptr, nullptr), "20261102T110000Z-20261102T120000Z");
    EXPECT_EQ(changed(calendar_with(hours), nullptr, "20261102T130000Z"),
              "20261102T110000Z-20261102T130000Z");
    EXPECT_EQ(changed(calendar_with(hours), "20261102T130000Z", nullptr),
              "20261102T130000Z-20261102T140000Z");
    const std::string lasting = "DTSTART;TZID=Tokyo:20261102T200000\nDURATION:PT1H\n";
    EXPECT_EQ(changed(calendar_with(lasting), nullptr, "20261102T130000Z"),
              "20261102T110000Z-20261102T130000Z");
}

/// What could not be read again is refused: years past 9999, or before 1600 where the zone says so.
TEST(Series, YearsThatCannotBeKept) {
    pim::Component calendar = series();
    for (const auto& [start, end] : {std::pair{"99991231T220000Z", "99991231T235959Z"},
                                     std::pair{"16000101T000000Z", "16000101T010000Z"},
                                     std::pair{"20261102T110000Z", "99991231T235959Z"}}) {
        Data data, all;
        data.text(cal::start_time, start).text(cal::end_time, end);
        EXPECT_FALSE(apply_occurrence(data.root(), "20261109T080000Z", false, calendar, context())) << start;
        all.text(cal::timezone, berlin())
            .text(cal::start_time, "20261019T070000Z")
            .text(cal::end_time, "20261019T080000Z");
        weekly(all).open(cal::exceptions).open(cal::exception);
        all.text(cal::exception_start_time, "20261109T080000Z")
            .text(cal::start_time, start)
            .text(cal::end_time, end)
            .close()
            .close();
        EXPECT_FALSE(apply_event(all.root(), calendar, context(older))) << start;
        Data whole;
        whole.text(cal::timezone, new_york()).text(cal::start_time, start).text(cal::end_time, end);
        EXPECT_FALSE(apply_event(whole.root(), calendar, context())) << start;
    }
    for (const char* id : {"99991231T230000Z", "16000101T000000Z"}) {
        Data data;
        data.text(cal::timezone, berlin())
            .text(cal::start_time, "20261019T070000Z")
            .text(cal::end_time, "20261019T080000Z");
        weekly(data).open(cal::exceptions).open(cal::exception);
        data.text(cal::deleted, "1").text(cal::exception_start_time, id).close().close();
        EXPECT_FALSE(apply_event(data.root(), calendar, context(older))) << id;
    }
}

/// What no clock shows at two is shown at three of that day: devices name it so.
TEST(Series, OccurrencesInAnHourThatIsNotThere) {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20260327T013000Z")
        .text(cal::end_time, "20260327T014500Z");
    data.open(cal::recurrence).text(cal::type, "0").text(cal::interval, "1").close();
    ASSERT_TRUE(apply_event(data.root(), calendar, context(161, true)));
    ASSERT_TRUE(has(pim::write(calendar), "T023000"));
    EXPECT_FALSE(apply_occurrence({}, "20260329T003000Z", true, calendar, context()));
    EXPECT_TRUE(apply_occurrence({}, "20260329T013000Z", true, calendar, context()));
    EXPECT_TRUE(apply_occurrence({}, "20260330T003000Z", true, calendar, context()));
}

/// From 16.0 on whole days are dates (MS-ASCAL section 2.2.2.1); what has a time of day is the nearest
/// midnight.
TEST(Series, WholeDaysWithATime) {
    for (const auto& [zone, start] :
         {std::pair{berlin(), "20261018T220000Z"}, std::pair{new_york(), "20261019T040000Z"},
          std::pair{new_york(), "20261019T000000Z"}, std::pair{std::string(), "20261018T220000Z"},
          std::pair{std::string(), "20261019T040000Z"}}) {
        pim::Component calendar = empty_item(store::FolderKind::calendar);
        Data data;
        if (!zone.empty()) data.text(cal::timezone, zone);
        data.text(cal::start_time, start).text(cal::end_time, start).text(cal::all_day_event, "1");
        ASSERT_TRUE(apply_event(data.root(), calendar, context(161, true)));
        EXPECT_TRUE(has(pim::write(calendar), "DTSTART;VALUE=DATE:20261019"))
            << start << pim::write(calendar);
    }
}

}  // namespace
}  // namespace eas
