// The end of a series as devices say it and hear of it, and rules that they have no words for.
#include "eas/items/event.hpp"
#include "eas/items/meeting_request.hpp"
#include "item_data.hpp"
#include "pim/itip/message.hpp"

namespace eas {
namespace {

namespace cal = wbxml::calendar;

constexpr std::uint16_t older = 141;
constexpr std::uint16_t versions[] = {121, 140, older, 160, 161};

std::string zone_octets(int bias, std::string_view name) {
    pim::TimeZone zone;
    zone.bias = bias;
    zone.standard_name = name;
    return base::base64_encode(write_time_zone_blob(zone));
}
std::string new_york() {
    pim::TimeZone zone;
    zone.bias = 300;
    zone.daylight_bias = -60;
    zone.standard = {11, 1, 0, 2, 0};
    zone.daylight = {3, 2, 0, 2, 0};
    zone.standard_name = "Eastern Standard Time";
    return base::base64_encode(write_time_zone_blob(zone));
}

Data& daily(Data& data, std::string_view until) {
    data.open(cal::recurrence).text(cal::type, "0").text(cal::interval, "1");
    return data.text(cal::until, until).close();
}

struct Made {
    std::string zone = berlin(), start = "20261102T080000Z", end = "20261102T090000Z",
                until = "20261105T080000Z";
    bool all_day = false;
    std::uint16_t version = 161;
};
pim::Component made(const Made& of) {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    Data data;
    if (!of.zone.empty()) data.text(cal::timezone, of.zone);
    data.text(cal::start_time, of.start).text(cal::end_time, of.end);
    data.text(cal::all_day_event, of.all_day ? "1" : "0");
    EXPECT_TRUE(apply_event(daily(data, of.until).root(), calendar, context(of.version, true)));
    return calendar;
}
std::string rule_of(const pim::Component& calendar) { return std::string(master_of(calendar)->raw("RRULE")); }
std::string told(const pim::Component& calendar, std::uint16_t version = 161) {
    const std::string xml = shown(store::FolderKind::calendar, calendar, version);
    const std::size_t at = xml.find("<Until>");
    return at == std::string::npos ? std::string() : xml.substr(at + 7, xml.find('<', at + 7) - at - 7);
}

pim::Component foreign(const std::string& times, const std::string& rule, const std::string& more = {}) {
    auto calendar = pim::parse("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:f\nSUMMARY:s\n" + times +
                               "RRULE:" + rule + "\nEND:VEVENT\n" + more + "END:VCALENDAR\n");
    EXPECT_TRUE(calendar);
    return calendar ? *calendar : pim::Component("VCALENDAR");
}
const std::string at_nine =
    "DTSTART;TZID=Europe/Berlin:20261102T090000\nDTEND;TZID=Europe/Berlin:20261102T100000\n";
const std::string whole_day = "DTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261103\n";

/// A series that is moved within its day has as many occurrences as before: 16.0 leaves out what stays.
TEST(SeriesEnd, FollowsItsStart) {
    for (const std::uint16_t version : versions) {
        for (const std::string& rule :
             {std::string("FREQ=DAILY;UNTIL=20261105T080000Z"),
              std::string("FREQ=DAILY;UNTIL=20261105T235959Z"), std::string("FREQ=DAILY;UNTIL=20261105")}) {
            pim::Component calendar = foreign(at_nine, rule);
            ItemContext of = context(version);
            of.ghosts.all = true;
            Data later;
            later.text(cal::start_time, "20261102T130000Z").text(cal::end_time, "20261102T140000Z");
            ASSERT_TRUE(apply_event(later.root(), calendar, of));
            EXPECT_EQ(write_compact(event_facts(calendar).date), "20261105T140000Z") << rule << version;
            EXPECT_EQ(told(calendar, version), "20261105T130000Z");
            Data earlier;
            earlier.text(cal::start_time, "20261102T050000Z").text(cal::end_time, "20261102T060000Z");
            ASSERT_TRUE(apply_event(earlier.root(), calendar, of));
            EXPECT_EQ(write_compact(event_facts(calendar).date), "20261105T060000Z") << rule << version;
        }
    }
    // What does not move is as it was.
    pim::Component calendar = foreign(at_nine, "FREQ=DAILY;UNTIL=20261105T235959Z");
    Data other;
    ASSERT_TRUE(apply_event(other.text(cal::subject, "t").root(), calendar, context()));
    EXPECT_EQ(rule_of(calendar), "FREQ=DAILY;UNTIL=20261105T235959Z");
}

TEST(SeriesEnd, FollowsItsZone) {
    // One in the night in Berlin is seven in the evening before in New York: the same moments.
    pim::Component calendar =
        made({.start = "20261102T000000Z", .end = "20261102T010000Z", .until = "20261105T000000Z"});
    EXPECT_EQ(rule_of(calendar), "FREQ=DAILY;UNTIL=20261105T000000Z");
    ASSERT_TRUE(apply_occurrence({}, "20261103T000000Z", true, calendar, context()));
    Data zone;
    ASSERT_TRUE(apply_event(zone.text(cal::timezone, new_york()).root(), calendar, context()));
    EXPECT_EQ(rule_of(calendar), "FREQ=DAILY;UNTIL=20261105T000000Z");
    EXPECT_EQ(write_compact(event_facts(calendar).date), "20261105T010000Z");
    EXPECT_TRUE(has(pim::write(calendar), "EXDATE;TZID=America/New_York:20261102T190000"));
    // Nine there and nine here: the days stay.
    calendar = made({});
    Data both;
    both.text(cal::timezone, new_york())
        .text(cal::start_time, "20261102T140000Z")
        .text(cal::end_time, "20261102T150000Z");
    ASSERT_TRUE(apply_event(both.root(), calendar, context()));
    EXPECT_EQ(rule_of(calendar), "FREQ=DAILY;UNTIL=20261105T140000Z");
}

TEST(SeriesEnd, FollowsWholeDays) {
    pim::Component calendar = made({});
    Data days;
    days.text(cal::all_day_event, "1")
        .text(cal::start_time, "20261102T000000Z")
        .text(cal::end_time, "20261103T000000Z");
    ASSERT_TRUE(apply_event(days.root(), calendar, context()));
    EXPECT_EQ(rule_of(calendar), "FREQ=DAILY;UNTIL=20261105");
    Data hours;
    hours.text(cal::all_day_event, "0")
        .text(cal::timezone, berlin())
        .text(cal::start_time, "20261102T150000Z")
        .text(cal::end_time, "20261102T160000Z");
    ASSERT_TRUE(apply_event(hours.root(), calendar, context()));
    EXPECT_EQ(rule_of(calendar), "FREQ=DAILY;UNTIL=20261105T150000Z");
}

/// MS-ASCAL section 2.2.2.1: from 16.0 on no time of day, whoever said it; before midnight at the place.
TEST(SeriesEnd, OfWholeDays) {
    const pim::Component from_older = made({.start = "20261101T230000Z",
                                            .end = "20261102T230000Z",
                                            .until = "20261104T230000Z",
                                            .all_day = true,
                                            .version = older});
    EXPECT_EQ(rule_of(from_older), "FREQ=DAILY;UNTIL=20261105");
    EXPECT_EQ(told(from_older, 160), "20261105T000000Z");
    EXPECT_EQ(told(from_older, older), "20261104T230000Z");
    const pim::Component west = made({.zone = new_york(),
                                      .start = "20261102T050000Z",
                                      .end = "20261103T050000Z",
                                      .until = "20261105T050000Z",
                                      .all_day = true,
                                      .version = older});
    EXPECT_EQ(told(west), "20261105T000000Z");
    EXPECT_EQ(told(west, older), "20261105T050000Z");
    const pim::Component from_newer = made({.zone = "",
                                            .start = "20261102T000000Z",
                                            .end = "20261103T000000Z",
                                            .until = "20261105T000000Z",
                                            .all_day = true});
    EXPECT_EQ(told(from_newer), "20261105T000000Z");
    // Other programs write a midnight of UTC beside dates, which names its day west of Greenwich too.
    pim::Component sent = foreign(whole_day, "FREQ=DAILY;UNTIL=20261105T000000Z");
    sent.set_text(pim::calendar_zone_property, "America/New_York");
    EXPECT_EQ(told(sent), "20261105T000000Z");
    EXPECT_EQ(write_compact(event_facts(sent).date), "20261106T050000Z");
}

/// However a device names the last day, the last occurrence is on it.
TEST(SeriesEnd, NamesADay) {
    const auto kept = [](const Made& of) { return told(made(of)); };
    EXPECT_EQ(kept({.until = "20261105T000000Z"}), "20261105T080000Z");
    EXPECT_EQ(kept({.until = "20261105T225959Z"}), "20261105T080000Z");
    EXPECT_EQ(kept({.until = "20261104T230000Z"}), "20261105T080000Z");
    EXPECT_EQ(kept({.until = "20261005T080000Z"}), "20261102T080000Z");  // before it begins
    Made west{.zone = new_york(), .start = "20261102T140000Z", .end = "20261102T150000Z"};
    west.until = "20261105T000000Z";  // as Android has it
    EXPECT_EQ(kept(west), "20261105T140000Z");
    west.until = "20261105T140000Z";
    EXPECT_EQ(kept(west), "20261105T140000Z");
    west.until = "20261106T045959Z";
    EXPECT_EQ(kept(west), "20261105T140000Z");
    // Of whole days too.
    pim::TimeZone auckland;
    auckland.bias = -780;
    const Made days{.zone = base::base64_encode(write_time_zone_blob(auckland)),
                    .start = "20261101T110000Z",
                    .end = "20261102T110000Z",
                    .all_day = true,
                    .version = older};
    for (const char* until : {"20261104T110000Z", "20261105T000000Z", "20261105T105959Z"}) {
        Made one = days;
        one.until = until;
        EXPECT_EQ(kept(one), "20261105T000000Z") << until;
    }
    // In the evening midnight is a start.
    west.start = "20261103T000000Z";
    west.end = "20261103T010000Z";
    west.until = "20261106T000000Z";
    EXPECT_EQ(kept(west), "20261106T000000Z");
    // The last years can be written, and be read again.
    const pim::Component far = made({.zone = zone_octets(300, "West"), .until = "99991231T235959Z"});
    EXPECT_TRUE(pim::parse_rule(rule_of(far))) << rule_of(far);
}

/// What other programs say is told so that the same occurrences come of it, also when it comes back.
TEST(SeriesEnd, OfOtherPrograms) {
    const std::pair<std::string, std::string> cases[] = {
        {"20261105T080000Z", "20261105T080000Z"}, {"20261105T225959Z", "20261105T080000Z"},
        {"20261105T000000Z", "20261104T080000Z"}, {"20261105T090000", "20261105T080000Z"},
        {"20261105", "20261105T080000Z"},         {"20261001", "20261102T080000Z"}};
    for (const auto& [until, wanted] : cases) {
        pim::Component calendar = foreign(at_nine, "FREQ=DAILY;UNTIL=" + until);
        const std::int64_t last = event_facts(calendar).date;
        EXPECT_EQ(told(calendar), wanted) << until;
        Data data;
        data.text(cal::subject, "t");
        ASSERT_TRUE(apply_event(daily(data, wanted).root(), calendar, context()));
        EXPECT_EQ(event_facts(calendar).date, last) << until;
    }
}

TEST(SeriesEnd, OfARequest) {
    const auto asked = [](const std::string& times, const std::string& until, std::uint16_t version) {
        const auto message = pim::itip::read_message(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:f\r\n"
            "ORGANIZER:mailto:o@example.test\r\nATTENDEE:mailto:u1@example.test\r\n" +
            times + "RRULE:FREQ=DAILY;UNTIL=" + until + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        EXPECT_TRUE(message);
        return write_meeting_request(*message, version, "u1@example.test", false);
    };
    EXPECT_TRUE(has(asked(at_nine, "20261105", 161), "20261105T080000Z"));
    EXPECT_TRUE(has(asked(whole_day, "20261105", 161), "20261105T000000Z"));
}

/// MS-ASCAL section 2.2.2.37.1: a rule that Recurrence cannot say is not shown as another one.
TEST(Rules, WithoutWords) {
    for (const std::string rule :
         {"FREQ=DAILY;BYMONTH=11", "FREQ=DAILY;BYMONTHDAY=2", "FREQ=DAILY;BYSETPOS=1",
          "FREQ=WEEKLY;BYDAY=MO;BYMONTH=11", "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1",
          "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "FREQ=MONTHLY;BYMONTH=3;BYMONTHDAY=2",
          "FREQ=MONTHLY;BYDAY=1MO,3MO;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=1MO,3MO",
          "FREQ=MONTHLY;BYMONTHDAY=-2", "FREQ=MONTHLY;BYMONTHDAY=2;BYSETPOS=1", "FREQ=YEARLY;BYDAY=1MO",
          "FREQ=YEARLY;BYMONTHDAY=2", "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
          "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2", "FREQ=YEARLY;BYMONTH=11;BYDAY=MO",
          "FREQ=YEARLY;INTERVAL=1000", "FREQ=HOURLY"}) {
        const pim::Component calendar =
            foreign(at_nine, rule,
                    "BEGIN:VEVENT\nUID:f\nRECURRENCE-ID:20261103T080000Z\nDTSTART:20261103T090000Z\n"
                    "DTEND:20261103T100000Z\nEND:VEVENT\n");
        for (const std::uint16_t version : versions) {
            const std::string xml = shown(store::FolderKind::calendar, calendar, version);
            EXPECT_FALSE(has(xml, "Recurrence")) << rule << xml;
            EXPECT_FALSE(has(xml, "Exception")) << rule << xml;
            EXPECT_TRUE(has(xml, "<StartTime>20261102T080000Z<")) << rule;
            // A device that says all of an event says nothing of what it was not told.
            pim::Component changed = calendar;
            Data data;
            data.text(cal::timezone, berlin())
                .text(cal::start_time, "20261102T080000Z")
                .text(cal::end_time, "20261102T090000Z")
                .text(cal::subject, "t");
            ASSERT_TRUE(apply_event(data.root(), changed, context(version)));
            EXPECT_EQ(rule_of(changed), rule) << version;
            EXPECT_TRUE(has(pim::write(changed), "RECURRENCE-ID")) << rule << version;
        }
    }
}

/// The last day of a month has words: the last of all days.
TEST(Rules, LastDays) {
    pim::Component calendar = foreign(at_nine, "FREQ=MONTHLY;BYMONTHDAY=-1");
    std::string xml = shown(store::FolderKind::calendar, calendar);
    EXPECT_TRUE(has(xml, "<Type>3<") && has(xml, "<WeekOfMonth>5<") && has(xml, "<DayOfWeek>127<")) << xml;
    xml = shown(store::FolderKind::calendar, foreign(at_nine, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"));
    EXPECT_TRUE(has(xml, "<Type>6<") && has(xml, "<MonthOfYear>2<") && has(xml, "<DayOfWeek>127<")) << xml;
    Data data;
    data.open(cal::recurrence)
        .text(cal::type, "3")
        .text(cal::interval, "1")
        .text(cal::week_of_month, "5")
        .text(cal::day_of_week, "127")
        .close();
    ASSERT_TRUE(apply_event(data.root(), calendar, context()));
    EXPECT_EQ(rule_of(calendar), "FREQ=MONTHLY;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYSETPOS=-1");
}

}  // namespace
}  // namespace eas
