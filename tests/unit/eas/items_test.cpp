// Items other than mail between devices and their texts: nothing that a device does not know is lost.
#include "eas/items/items.hpp"

#include <random>

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "eas/items/contact.hpp"
#include "eas/items/event.hpp"
#include "eas/items/task.hpp"
#include "eas/items/time_zone_blob.hpp"
#include "item_data.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace c = wbxml::contacts;
namespace cal = wbxml::calendar;

TEST(TimeZoneBlob, BothDirections) {
    const std::string octets = *base::base64_decode(berlin());
    ASSERT_EQ(octets.size(), time_zone_octets);
    const auto zone = read_time_zone_blob(octets);
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->bias, -60);
    EXPECT_EQ(zone->standard_name, "W. Europe Standard Time");
    EXPECT_EQ(zone->daylight, (pim::ZoneRule{3, 5, 0, 2, 0}));
    EXPECT_EQ(write_time_zone_blob(*zone), octets);
    // As Windows lays it out: month at 70, weekday at 72, which week at 74, hour at 76.
    EXPECT_EQ(octets[70], 10);
    EXPECT_EQ(octets[74], 5);
    EXPECT_EQ(octets[76], 3);
    EXPECT_FALSE(read_time_zone_blob(octets.substr(1)));
    for (const auto& [place, value] :
         {std::pair(70, 13), std::pair(72, 7), std::pair(74, 6), std::pair(76, 24), std::pair(3, 127)}) {
        std::string bad = octets;
        bad[static_cast<std::size_t>(place)] = static_cast<char>(value);
        EXPECT_FALSE(read_time_zone_blob(bad)) << place;
    }
    const auto none = read_time_zone_blob(std::string(time_zone_octets, '\0'));
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->changes());
    std::string dated = octets;  // one day of one year stands for its rule: 2026-10-25, the last Sunday
    dated[68] = static_cast<char>(2026 & 0xFF);
    dated[69] = static_cast<char>(2026 >> 8);
    dated[74] = 25;
    EXPECT_EQ(read_time_zone_blob(dated)->standard, zone->standard);
}

TEST(TimeZoneBlob, AnyOctets) {
    std::mt19937 random(7);
    for (int round = 0; round < 20'000; ++round) {
        std::string octets(time_zone_octets, '\0');
        for (int changes = 0; changes < 6; ++changes)
            octets[random() % octets.size()] = static_cast<char>(random() % 40);
        const auto zone = read_time_zone_blob(octets);
        if (!zone) continue;
        const auto again = read_time_zone_blob(write_time_zone_blob(*zone));
        ASSERT_TRUE(again);
        EXPECT_TRUE(again->same_times(*zone));
        zone->to_local(zone->to_utc(1'790'000'000));
    }
}

TEST(Contact, KeepsWhatDevicesDoNotKnow) {
    auto card = *pim::parse(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna\r\nN:Smith;Anna;;;\r\nKIND:individual\r\n"
        "TEL;TYPE=cell;VALUE=uri;PREF=1:tel:+1-5\r\nTEL;TYPE=work:1\r\nTEL;TYPE=work:2\r\nTEL;TYPE=work:3\r\n"
        "ADR;TYPE=home;LABEL=\"x, y\":box;ext;Road\\, "
        "1;Town;;1;Land\r\nGEO:geo:1,2\r\nX-OTHER;X-P=1:a\\,b\r\n"
        "EMAIL;PREF=2:a@x\r\nEMAIL:b@x\r\nEMAIL:c@x\r\nEMAIL:d@x\r\nORG:Acme\\, Inc;R;D\r\nEND:VCARD\r\n");
    const std::string before = shown(store::FolderKind::contacts, card);
    EXPECT_TRUE(has(before, "Road, 1")) << before;
    EXPECT_TRUE(has(before, "c@x"));
    EXPECT_FALSE(has(before, "d@x"));  // a device has room for three
    Data data;
    data.text(c::first_name, "Anne").text(c::last_name, "Smith").text(c::home_address_city, "City");
    data.text(c::company_name, "Acme, Inc").text(c::department, "S").text(c::email1_address, "a@x");
    data.text(c::email2_address, "b@x").text(c::email3_address, "c@x").text(c::business_phone_number, "9");
    ASSERT_TRUE(apply_contact(data.root(), card, context(141)));
    const std::string text = pim::write(card);
    for (const std::string_view kept :
         {"KIND:individual", "GEO:geo:1,2", "X-OTHER;X-P=1:a\\,b", "EMAIL:d@x", "EMAIL;PREF=2:a@x",
          "TEL;TYPE=work:3", "TEL;TYPE=work:9", "box;ext;;City;;;", "ORG:Acme\\, Inc;S;D", "FN:Anne Smith"})
        EXPECT_TRUE(has(text, kept)) << kept << "\n" << text;
    EXPECT_FALSE(has(text, "tel:+1-5"));  // of what it manages, what it left out goes
    EXPECT_EQ(card.text("UID"), "fresh");
}

TEST(Contact, Ghosts) {
    for (const bool listed : {false, true}) {
        pim::Component card = empty_card();
        Data all;
        all.text(c::first_name, "A").text(c::job_title, "B");
        ASSERT_TRUE(apply_contact(all.root(), card, context(141, true)));
        ItemContext later = context(141);
        later.ghosts.supported.emplace();
        if (listed) later.ghosts.supported->push_back(c::job_title.value());
        Data some;
        some.text(c::first_name, "C");
        ASSERT_TRUE(apply_contact(some.root(), card, later));
        EXPECT_EQ(card.find("TITLE") == nullptr, listed);
    }
}

TEST(Contact, DaysStayDays) {
    for (const std::string_view sent : {"1980-02-03T00:00:00.000Z", "1980-02-03T11:59:00.000Z",
                                        "1980-02-02T22:00:00.000Z", "1980-02-03T05:00:00.000Z"}) {
        pim::Component card = empty_card();
        Data data;
        data.text(c::birthday, sent);
        ASSERT_TRUE(apply_contact(data.root(), card, context()));
        EXPECT_EQ(card.raw("BDAY"), "19800203") << sent;
    }
    auto card =
        *pim::parse("BEGIN:VCARD\nVERSION:4.0\nFN:x\nBDAY:--0203\nEND:VCARD\n");  // no year: not shown, kept
    EXPECT_FALSE(has(shown(store::FolderKind::contacts, card), "Birthday"));
}

TEST(Contact, ValuesThatAreNone) {
    const auto taken = [](wbxml::Tag tag, std::string_view value) {
        pim::Component card = empty_card();
        Data data;
        data.text(tag, value);
        return apply_contact(data.root(), card, context());
    };
    for (const wbxml::Tag tag : {c::birthday, c::anniversary}) {
        EXPECT_TRUE(taken(tag, ""));
        EXPECT_FALSE(taken(tag, "x"));
        EXPECT_FALSE(taken(tag, "1980-02-31T00:00:00.000Z"));
    }
    EXPECT_TRUE(taken(c::picture, "AAAA"));
    EXPECT_TRUE(taken(c::picture, "AA\r\nAA"));
    EXPECT_FALSE(taken(c::picture, "!!!"));
}

TEST(Task, ValuesThatAreNone) {  // MS-ASTASK section 2.2.2
    namespace t = wbxml::tasks;
    const auto taken = [](wbxml::Tag tag, std::string_view value) {
        pim::Component calendar = empty_item(store::FolderKind::tasks);
        Data data;
        data.text(tag, value);
        return apply_item(store::FolderKind::tasks, data.root(), calendar, context());
    };
    for (const wbxml::Tag tag : {t::start_date, t::utc_start_date, t::due_date, t::utc_due_date,
                                 t::date_completed, t::reminder_time}) {
        EXPECT_TRUE(taken(tag, ""));
        EXPECT_TRUE(taken(tag, "2026-11-24T00:00:00.000Z"));
        EXPECT_FALSE(taken(tag, "tomorrow"));
    }
    for (const wbxml::Tag tag : {t::complete, t::sensitivity, t::importance}) {
        EXPECT_TRUE(taken(tag, "1"));
        EXPECT_FALSE(taken(tag, "-1"));
        EXPECT_FALSE(taken(tag, "x"));
    }
    EXPECT_FALSE(taken(t::complete, "2"));
    EXPECT_FALSE(taken(t::sensitivity, "4"));
}

TEST(Task, ImportanceAsItWasSent) {  // MS-ASTASK section 2.2.2.14
    namespace t = wbxml::tasks;
    for (const char* sent : {"0", "1", "2", "3", "5"}) {
        pim::Component calendar = empty_item(store::FolderKind::tasks);
        Data data;
        data.text(t::subject, "x").text(t::importance, sent);
        ASSERT_TRUE(apply_item(store::FolderKind::tasks, data.root(), calendar, context()));
        EXPECT_TRUE(has(shown(store::FolderKind::tasks, calendar), "<Importance>" + std::string(sent) + "<"));
        Data other;
        other.text(t::subject, "y");
        ASSERT_TRUE(apply_item(store::FolderKind::tasks, other.root(), calendar, context()));
        EXPECT_TRUE(has(shown(store::FolderKind::tasks, calendar), "<Importance>" + std::string(sent) + "<"));
    }
}

TEST(Items, FiltersOfEachKind) {  // MS-ASCMD section 2.2.3.68.2
    using Kind = store::FolderKind;
    const std::pair<Kind, std::string_view> kinds[] = {{Kind::mail, "111111000"},
                                                       {Kind::calendar, "100011110"},
                                                       {Kind::tasks, "100000001"},
                                                       {Kind::contacts, "111111111"},
                                                       {Kind::notes, "111111111"}};
    for (const auto& [kind, fine] : kinds)
        for (std::uint8_t filter = 0; filter < fine.size(); ++filter)
            EXPECT_EQ(has_filter(kind, filter), fine[filter] == '1') << static_cast<int>(filter);
}

TEST(Items, ThroughTheMessage) {
    pim::Component card = empty_card();
    card.set_text("FN", "Ä long näme that needs more than one encoded word in its subject, and then some");
    const std::string message =
        item_header(store::FolderKind::contacts, card, 0) + item_part(store::FolderKind::contacts, card);
    const std::size_t end = message.find("\r\n\r\n");
    ASSERT_NE(end, std::string::npos);
    for (const char octet : message.substr(0, end)) EXPECT_LT(static_cast<unsigned char>(octet), 0x80);
    EXPECT_EQ(unwrap_item(store::FolderKind::contacts, message.substr(end + 4)), card);
    EXPECT_FALSE(unwrap_item(store::FolderKind::notes, message.substr(end + 4)));
}

/// A weekly meeting at nine in Berlin, over the end of summer.
pim::Component series(std::uint16_t version = 161) {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z");
    data.text(cal::subject, "Weekly").text(cal::all_day_event, "0").text(cal::reminder, "15");
    data.open(cal::recurrence).text(cal::type, "1").text(cal::interval, "1").text(cal::day_of_week, "2");
    data.text(cal::occurrences, "4").close();
    EXPECT_TRUE(apply_event(data.root(), calendar, context(version, true)));
    return calendar;
}

TEST(Event, SeriesKeepTheirHourOverSummersEnd) {
    const pim::Component calendar = series();
    const pim::Component& event = *master_of(calendar);
    EXPECT_EQ(event.raw("DTSTART"), "20261019T090000");
    EXPECT_EQ(event.find("DTSTART")->parameter("TZID"), "Europe/Berlin");
    EXPECT_EQ(event.raw("RRULE"), "FREQ=WEEKLY;COUNT=4;BYDAY=MO");
    const ItemFacts facts = event_facts(calendar);
    EXPECT_EQ(write_compact(facts.date), "20261109T090000Z");  // ten o'clock in winter
    const std::string xml = shown(store::FolderKind::calendar, calendar);
    EXPECT_TRUE(has(xml, "<StartTime>20261019T070000Z<")) << xml;
    EXPECT_TRUE(has(xml, berlin()));
}

TEST(Event, OccurrencesOfASeries) {
    pim::Component calendar = series();
    Data moved;
    moved.text(cal::start_time, "20261102T120000Z")
        .text(cal::end_time, "20261102T130000Z")
        .text(cal::subject, "");
    EXPECT_TRUE(apply_occurrence(moved.root(), "20261102T080000Z", false, calendar, context()));
    EXPECT_TRUE(apply_occurrence({}, "20261026T080000Z", true, calendar, context()));
    EXPECT_FALSE(apply_occurrence({}, "20261026T080000Z", true, calendar, context()));  // gone already
    EXPECT_FALSE(apply_occurrence({}, "20261027T080000Z", true, calendar, context()));  // no Monday
    EXPECT_FALSE(apply_occurrence({}, "20261116T080000Z", true, calendar, context()));  // the fifth
    EXPECT_FALSE(apply_occurrence({}, "", true, calendar, context()));
    std::string xml = shown(store::FolderKind::calendar, calendar);
    EXPECT_TRUE(has(xml, "20261026T080000Z")) << xml;
    EXPECT_TRUE(has(xml, "InstanceId"));
    EXPECT_FALSE(has(xml, "ExceptionStartTime"));
    xml = shown(store::FolderKind::calendar, calendar, 141);
    EXPECT_TRUE(has(xml, "<ExceptionStartTime>20261102T080000Z<")) << xml;
    // A new word for the whole series reaches the exceptions that have none of their own.
    Data data;
    data.text(cal::categories, "").text(cal::reminder, "30");
    ASSERT_TRUE(apply_event(data.root(), calendar, context()));
    EXPECT_EQ(calendar.components.back().find_component("VALARM")->raw("TRIGGER"), "-PT30M");
    // Another hour ends them.
    Data hour;
    hour.text(cal::start_time, "20261019T080000Z").text(cal::end_time, "20261019T090000Z");
    ASSERT_TRUE(apply_event(hour.root(), calendar, context()));
    EXPECT_FALSE(has(shown(store::FolderKind::calendar, calendar), "Exception"));
}

TEST(Event, ExceptionsOfOlderDevices) {
    pim::Component calendar = series(141);
    calendar.components.back().set_raw("X-OTHER", "kept");
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z");
    data.text(cal::subject, "Weekly").text(cal::location, "Here").text(cal::all_day_event, "0");
    data.open(cal::recurrence)
        .text(cal::type, "1")
        .text(cal::interval, "1")
        .text(cal::day_of_week, "2")
        .close();
    data.open(cal::exceptions);
    data.open(cal::exception)
        .text(cal::deleted, "1")
        .text(cal::exception_start_time, "20261026T080000Z")
        .close();
    data.open(cal::exception)
        .text(cal::exception_start_time, "20261102T080000Z")
        .text(cal::subject, "Other")
        .close();
    data.close();
    ASSERT_TRUE(apply_event(data.root(), calendar, context(141)));
    EXPECT_EQ(master_of(calendar)->raw("X-OTHER"), "kept");
    const std::string xml = shown(store::FolderKind::calendar, calendar, 141);
    EXPECT_TRUE(has(xml, "<Deleted>1<")) << xml;
    EXPECT_TRUE(has(xml, "<Subject>Other<"));
    EXPECT_EQ(xml.find("Here"), xml.rfind("Here"));  // what an exception has of its series is not said again
    EXPECT_EQ(event_facts(calendar).date, no_end);
    // Left out, they stay.
    Data later;
    later.text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z")
        .text(cal::subject, "New");
    later.open(cal::recurrence)
        .text(cal::type, "1")
        .text(cal::interval, "1")
        .text(cal::day_of_week, "2")
        .close();
    ASSERT_TRUE(apply_event(later.root(), calendar, context(141)));
    EXPECT_TRUE(has(shown(store::FolderKind::calendar, calendar, 141), "<Subject>Other<"));
}

TEST(Event, WholeDays) {
    for (const std::uint16_t version : {std::uint16_t{141}, std::uint16_t{161}}) {
        pim::Component calendar = empty_item(store::FolderKind::calendar);
        Data data;
        const bool floating = version >= 160;
        if (!floating) data.text(cal::timezone, berlin());
        data.text(cal::start_time, floating ? "20261224T000000Z" : "20261223T230000Z");
        data.text(cal::end_time, floating ? "20261226T000000Z" : "20261225T230000Z")
            .text(cal::all_day_event, "1");
        ASSERT_TRUE(apply_event(data.root(), calendar, context(version, true)));
        EXPECT_EQ(master_of(calendar)->raw("DTSTART"), "20261224");
        EXPECT_EQ(master_of(calendar)->raw("DTEND"), "20261226");
        const std::string newer = shown(store::FolderKind::calendar, calendar, 161);
        EXPECT_TRUE(has(newer, "<StartTime>20261224T000000Z<")) << newer;
        EXPECT_FALSE(has(newer, "imezone"));
        const std::string older = shown(store::FolderKind::calendar, calendar, 141);
        EXPECT_TRUE(has(older, floating ? "<StartTime>20261224T000000Z<" : "<StartTime>20261223T230000Z<"))
            << older;
        EXPECT_TRUE(has(older, "imezone"));
    }
}

/// Bias 600, west of Greenwich, and no summer time.
std::string hawaii() {
    pim::TimeZone zone;
    zone.bias = 600;
    return base::base64_encode(write_time_zone_blob(zone));
}

TEST(Event, NothingLiesBehindTheLastYear) {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    Data add;
    add.text(cal::timezone, hawaii());
    add.text(cal::start_time, "99991231T000000Z").text(cal::end_time, "99991231T100000Z");
    const bool taken = apply_item(store::FolderKind::calendar, add.root(), calendar, context(161, true));
    Data later;
    later.text(cal::start_time, "99991231T200000Z");
    if (taken) EXPECT_FALSE(apply_item(store::FolderKind::calendar, later.root(), calendar, context()));
    Data day;
    day.text(cal::all_day_event, "1");
    apply_item(store::FolderKind::calendar, day.root(), calendar, context());
    shown(store::FolderKind::calendar, calendar);
    // As another program may have left it.
    auto made = pim::parse(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART:99991231T235959Z\r\n"
        "DTEND:99991231T235959Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    ASSERT_TRUE(made);
    Data whole;
    whole.text(cal::timezone, hawaii()).text(cal::all_day_event, "1");
    apply_item(store::FolderKind::calendar, whole.root(), *made, context(141));
    shown(store::FolderKind::calendar, *made, 141);
    shown(store::FolderKind::calendar, *made);
}

TEST(Event, ASeriesIsNotItsTextAThousandTimes) {
    pim::Component calendar = series(141);
    const std::string text(200'000, 'x');
    Data change;
    change.text(cal::start_time, "20261019T070000Z").text(cal::end_time, "20261019T080000Z");
    change.text(cal::subject, text)
        .open(cal::recurrence)
        .text(cal::type, "0")
        .text(cal::interval, "1")
        .close();
    change.open(cal::exceptions);
    for (int i = 0; i < 100; ++i) {
        const std::string day = "2026" + std::string(i < 50 ? "11" : "12") + (i % 28 < 9 ? "0" : "") +
                                std::to_string(i % 28 + 1) + "T090000Z";
        change.open(cal::exception).text(cal::exception_start_time, day).text(cal::busy_status, "1").close();
    }
    change.close();
    EXPECT_FALSE(apply_item(store::FolderKind::calendar, change.root(), calendar, context(141)));
}

TEST(Event, TimesThatAreMissing) {  // MS-ASCAL section 3.2.4.4
    const auto add = [](std::string_view start, std::string_view end) {
        pim::Component calendar = empty_item(store::FolderKind::calendar);
        Data data;
        data.text(cal::subject, "x");
        if (!start.empty()) data.text(cal::start_time, start);
        if (!end.empty()) data.text(cal::end_time, end);
        if (!apply_event(data.root(), calendar, context(161, true))) return std::string("6");
        return std::string(master_of(calendar)->raw("DTSTART")) + " " +
               std::string(master_of(calendar)->raw("DTEND"));
    };
    // It is 2026-09-21 14:13:20.
    EXPECT_EQ(add("", ""), "20260921T143000Z 20260921T150000Z");
    EXPECT_EQ(add("", "20260921T170000Z"), "20260921T143000Z 20260921T170000Z");
    EXPECT_EQ(add("", "20260920T170000Z"), "6");
    EXPECT_EQ(add("20260921T100000Z", ""), "20260921T100000Z 20260921T150000Z");
    EXPECT_EQ(add("20260922T100000Z", ""), "6");
    EXPECT_EQ(add("20260922T100000Z", "20260922T090000Z"), "6");
    EXPECT_EQ(add("nonsense", "20260922T090000Z"), "6");
}

TEST(Event, FromOtherPrograms) {
    auto calendar = *pim::parse(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART;TZID=America/"
        "New_York:20261102T090000\r\n"
        "DURATION:PT1H\r\nSUMMARY:a\r\nRRULE:FREQ=MONTHLY;BYDAY=1MO;UNTIL=20270201T140000Z\r\nX-OTHER:"
        "kept\r\n"
        "EXDATE;TZID=America/New_York:20261207T090000,20270104T090000\r\nCONFERENCE;VALUE=URI:https://x\r\n"
        "ATTENDEE;CN=B;PARTSTAT=ACCEPTED;X-P=q:mailto:b@x\r\nORGANIZER:mailto:u1@example.test\r\n"
        "BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER;VALUE=DATE-TIME:20261101T000000Z\r\nEND:VALARM\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n");
    const std::string xml = shown(store::FolderKind::calendar, calendar);
    EXPECT_TRUE(has(xml, "<StartTime>20261102T140000Z<")) << xml;
    EXPECT_TRUE(has(xml, "<EndTime>20261102T150000Z<"));
    EXPECT_TRUE(has(xml, "20261207T140000Z"));
    EXPECT_TRUE(has(xml, "<MeetingStatus>1<"));
    EXPECT_TRUE(has(xml, "<AttendeeStatus>3<"));
    EXPECT_TRUE(has(xml, "<Until>20270201T140000Z<"));
    EXPECT_FALSE(has(xml, "<Reminder>"));
    EXPECT_EQ(write_compact(event_facts(calendar).date), "20270201T150000Z");
    Data data;
    data.text(cal::subject, "b").text(cal::reminder, "5");
    ASSERT_TRUE(apply_event(data.root(), calendar, context()));
    const std::string text = pim::write(calendar);
    for (const std::string_view kept :
         {"X-OTHER:kept", "CONFERENCE;VALUE=URI:https://x", "X-P=q", "ACTION:EMAIL", "20261101T000000Z",
          "TRIGGER:-PT5M", "DTSTART;TZID=America/New_York:20261102T090000"})
        EXPECT_TRUE(has(text, kept)) << kept << "\n" << text;
}

/// A flight begins in one zone and ends in another; a whole day has one day at least, whatever others write.
TEST(Event, EndsOfOtherPrograms) {
    const auto end_of = [](const std::string& times) {
        const auto calendar =
            pim::parse("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\nSUMMARY:a\r\n" + times +
                       "END:VEVENT\r\nEND:VCALENDAR\r\n");
        EXPECT_TRUE(calendar);
        const std::string xml = shown(store::FolderKind::calendar, *calendar);
        return xml.substr(xml.find("<EndTime>") + 9, 16);
    };
    const std::string berlin_start = "DTSTART;TZID=Europe/Berlin:20261102T090000\r\n";
    EXPECT_EQ(end_of(berlin_start + "DTEND;TZID=America/New_York:20261102T120000\r\n"), "20261102T170000Z");
    EXPECT_EQ(end_of("DTSTART:20261102T080000Z\r\nDTEND;TZID=America/New_York:20261102T120000\r\n"),
              "20261102T170000Z");
    EXPECT_EQ(end_of(berlin_start + "DTEND:20261102T120000Z\r\n"), "20261102T120000Z");
    EXPECT_EQ(end_of(berlin_start + "DTEND;TZID=Nowhere:20261102T120000\r\n"), "20261102T110000Z");
    const std::string day = "DTSTART;VALUE=DATE:20261102\r\n";
    for (const std::string end : {"", "DTEND;VALUE=DATE:20261102\r\n", "DTEND;VALUE=DATE:20261103\r\n",
                                  "DURATION:P1D\r\n", "DURATION:PT0S\r\n", "DTEND;VALUE=DATE:20261001\r\n"})
        EXPECT_EQ(end_of(day + end), "20261103T000000Z") << end;
    EXPECT_EQ(end_of(day + "DURATION:P2D\r\n"), "20261104T000000Z");
}

TEST(Event, RulesThatDevicesHaveNoWordsFor) {
    auto calendar = series();
    master_of(calendar)->set_raw("RRULE", "FREQ=YEARLY;BYWEEKNO=20");
    const std::string xml = shown(store::FolderKind::calendar, calendar);
    EXPECT_FALSE(has(xml, "Recurrence")) << xml;  // the first occurrence at least
    Data data;
    data.text(cal::subject, "b");
    ASSERT_TRUE(apply_event(data.root(), calendar, context()));
    EXPECT_EQ(master_of(calendar)->raw("RRULE"), "FREQ=YEARLY;BYWEEKNO=20");
}

TEST(Event, UntilTakesInItsDay) {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    Data data;
    data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261102T080000Z")
        .text(cal::end_time, "20261102T090000Z");
    data.open(cal::recurrence)
        .text(cal::type, "0")
        .text(cal::interval, "1")
        .text(cal::until, "20261105T000000Z")
        .close();
    ASSERT_TRUE(apply_event(data.root(), calendar, context(161, true)));
    EXPECT_EQ(master_of(calendar)->raw("RRULE"), "FREQ=DAILY;UNTIL=20261105T080000Z");
    EXPECT_EQ(write_compact(event_facts(calendar).date), "20261105T090000Z");
    // MS-ASCAL section 2.2.2.47: the start of the last one.
    EXPECT_TRUE(has(shown(store::FolderKind::calendar, calendar), "<Until>20261105T080000Z<"));
}

}  // namespace
}  // namespace eas
