// Meetings that are passed on: what a request says of them, who gets what. MS-ASCMD
// sections 2.2.2.18, 2.2.3.76.
#include "eas/items/forwarded_meeting.hpp"

#include <gtest/gtest.h>

#include "eas/syntax/status.hpp"
#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

pim::Component weekly() {
    return *pim::parse(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:m1\r\nSUMMARY:Plans\r\n"
        "DTSTAMP:20260102T030405Z\r\nSEQUENCE:2\r\nORGANIZER;CN=Olga:mailto:olga@a.test\r\n"
        "DTSTART:20300104T090000Z\r\nDTEND:20300104T100000Z\r\nRRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@b.test\r\nX-BARID-REPLY-TIME:20260102T030405Z\r\n"
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\nX-MICROSOFT-CDO-INTENDEDSTATUS:BUSY\r\nCATEGORIES:Mine\r\n"
        "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
}

pim::itip::Owner owner(std::string address) {
    pim::itip::Owner out;
    out.addresses.push_back(std::move(address));
    return out;
}

constexpr std::int64_t second = 1'894'352'400;  // 2030-01-11T09:00:00Z

TEST(ForwardedMeeting, NamedOccurrences) {
    const auto named = [](std::optional<std::string_view> text, std::uint16_t version = 161) {
        return named_occurrence(weekly(), text, version);
    };
    EXPECT_EQ(named(std::nullopt).status, status::ok);
    EXPECT_EQ(named(std::nullopt).moment, std::nullopt);
    EXPECT_EQ(named("2030-01-11T09:00:00.000Z").moment, second);
    EXPECT_EQ(named("20300111T090000Z").moment, second);
    EXPECT_EQ(named("20300111T090000Z", 141).status, status::invalid_time);
    EXPECT_EQ(named("").status, status::invalid_time);
    EXPECT_EQ(named("2030-01-11").status, status::invalid_time);
    EXPECT_EQ(named("2030-01-12T09:00:00.000Z").status, status::item_not_found);
    pim::Component single = weekly();
    single.find_component("VEVENT")->remove("RRULE");
    EXPECT_EQ(named_occurrence(single, "2030-01-11T09:00:00.000Z", 161).status, status::no_recurrence);
}

TEST(ForwardedMeeting, AreAskedOnce) {
    pim::Component calendar = weekly();
    const std::vector<Forwardee> people{{"ME@b.test", ""}, {"olga@a.test", ""}};
    EXPECT_FALSE(ask_too(calendar, std::nullopt, people)) << "who was asked, and who asks";
    EXPECT_EQ(calendar, weekly());
    ASSERT_TRUE(ask_too(calendar, std::nullopt, {{"new@c.test", "New, one"}}));
    const pim::Property* made = pim::itip::find_attendee(*calendar.find_component("VEVENT"), "new@c.test");
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->parameter("CN"), "New, one");
    EXPECT_TRUE(made->has_parameter("RSVP", "TRUE"));
    EXPECT_TRUE(made->has_parameter("PARTSTAT", "NEEDS-ACTION"));
    EXPECT_FALSE(ask_too(calendar, std::nullopt, {{"new@c.test", ""}}));
    // Of one occurrence: it becomes one of its own, and the series stays as it is.
    pim::Component one = weekly();
    ASSERT_TRUE(ask_too(one, second, {{"new@c.test", ""}}));
    EXPECT_EQ(pim::itip::find_attendee(*one.find_component("VEVENT"), "new@c.test"), nullptr);
    EXPECT_EQ(one.components.size(), 2U);
    EXPECT_FALSE(ask_too(one, second + 3'600, {{"new@c.test", ""}})) << "no occurrence";
}

TEST(ForwardedMeeting, NothingOfTheUsersOwn) {
    const auto object = forwarded_object(weekly(), std::nullopt, owner("me@b.test"));
    ASSERT_TRUE(object);
    EXPECT_EQ(object->raw("METHOD"), "REQUEST");
    const pim::Component& event = *object->find_component("VEVENT");
    EXPECT_TRUE(event.components.empty());
    for (const std::string_view name : {"CATEGORIES", "X-BARID-REPLY-TIME"})
        EXPECT_EQ(event.find(name), nullptr) << name;
    EXPECT_EQ(event.raw("X-MICROSOFT-CDO-INTENDEDSTATUS"), "BUSY")
        << "the organizer's, not how the user shows it";
    EXPECT_EQ(event.raw("DTSTAMP"), "20260102T030405Z") << "of what the organizer said";
    EXPECT_EQ(event.raw("SEQUENCE"), "2");
    EXPECT_EQ(organizer_of(*object), "olga@a.test");
    const auto one = forwarded_object(weekly(), second, owner("me@b.test"));
    ASSERT_TRUE(one);
    EXPECT_EQ(one->find_component("VEVENT")->raw("RECURRENCE-ID"), "20300111T090000Z");
    EXPECT_FALSE(forwarded_object(weekly(), second + 1, owner("me@b.test")));
}

TEST(ForwardedMeeting, AsMailsHaveIt) {
    const Original original = original_of(*forwarded_object(weekly(), second, owner("me@b.test")));
    EXPECT_EQ(original.subject, "Plans");
    EXPECT_EQ(original.from, "Olga <olga@a.test>");
    EXPECT_EQ(original.to, "me@b.test");
    EXPECT_EQ(original.sent, "Fri, 02 Jan 2026 03:04:05 +0000");
    EXPECT_EQ(original.plain, "When: 2030-01-11 09:00 - 10:00 UTC\r\n");
    EXPECT_NE(meeting_part(weekly()).find("method=REQUEST\r\n"), std::string::npos);
    pim::Component appointment = weekly();
    appointment.find_component("VEVENT")->remove("ORGANIZER");
    const auto object = forwarded_object(appointment, std::nullopt, owner("me@b.test"));
    ASSERT_TRUE(object);
    EXPECT_EQ(object->raw("METHOD"), "");
    EXPECT_NE(meeting_part(*object).find("attachment; filename=event.ics\r\n"), std::string::npos);
    EXPECT_EQ(organizer_of(*object), "");
}

TEST(ForwardedMeeting, PeopleOfAMessage) {
    EXPECT_EQ(people_in("To: =?utf-8?q?M=C3=BCller?= <m@a.test>, undisclosed:;, broken\r\nBcc: h@a.test\r\n"
                        "CC: n@a.test\r\n\r\nTo: body@a.test\r\n"),
              (std::vector<Forwardee>{{"m@a.test", "M\u00fcller"}, {"n@a.test", ""}}));
    for (const std::string_view none :
         {"", "a", "@a", "a@", "a b@c", "a@b>", "a@b\r\nBcc: c@d", "\"a\"@b", "a@b,c@d"})
        EXPECT_FALSE(is_forwardee(none)) << none;
    EXPECT_TRUE(is_forwardee("a.b+c@d.test"));
    EXPECT_FALSE(is_forwardee(std::string(320, 'a') + "@b.test"));
    EXPECT_EQ(forwardee_name("a\r\nb"), "a  b");
}

struct Parts {
    std::vector<Forwardee> people;
    bool list = true, body = false, mime = false, save = false;
    int type = 1;
};

ComposeRequest parsed(const Parts& parts, std::uint16_t version = 161) {
    namespace tags = wbxml::composemail;
    static std::string octets;  // what the request's texts are views of
    octets.clear();
    wbxml::Encoder to(octets);
    to.open(tags::smart_forward);
    to.text(tags::client_id, "c1");
    to.open(tags::source);
    to.text(tags::folder_id, "1");
    to.text(tags::item_id, "1:1");
    to.close();
    if (parts.save) to.empty(tags::save_in_sent_items);
    if (parts.mime) to.text(tags::mime, "To: a@b.test\r\n\r\n");
    if (parts.list) {
        to.open(tags::forwardees);
        for (const Forwardee& one : parts.people) {
            to.open(tags::forwardee);
            to.text(tags::forwardee_email, one.address);
            if (!one.name.empty()) to.text(tags::forwardee_name, one.name);
            to.close();
        }
        to.close();
    }
    if (parts.body) {
        to.open(wbxml::airsyncbase::body);
        to.number(wbxml::airsyncbase::type, parts.type);
        to.text(wbxml::airsyncbase::data, "Come");
        to.close();
    }
    to.close();
    static std::optional<wbxml::Document> document;
    document.emplace(octets);
    return parse_compose(document->root(), Command::smart_forward, version);
}

TEST(ComposeRequest, Forwardees) {
    Parts parts;
    parts.people = {{"a@b.test", "A"}, {"c@d.test", ""}, {"a@b.test", "again"}};
    parts.body = true;
    parts.type = 2;
    const ComposeRequest fine = parsed(parts);
    EXPECT_EQ(fine.status, status::ok);
    EXPECT_TRUE(fine.passes_on);
    EXPECT_EQ(fine.forwardees, (std::vector<Forwardee>{{"a@b.test", "A"}, {"c@d.test", ""}}));
    EXPECT_EQ(fine.text, "Come");
    EXPECT_EQ(fine.text_type, BodyType::html);
    EXPECT_FALSE(fine.instance_id);
    EXPECT_EQ(parsed(parts, 141).status, status::invalid_xml) << "no Mime";
    parts.type = 4;
    EXPECT_EQ(parsed(parts).status, status::bad_forwardees);
    parts.type = 1;
    parts.save = true;
    EXPECT_EQ(parsed(parts).status, status::bad_combination);
    parts.save = false;
    parts.mime = true;
    EXPECT_EQ(parsed(parts).status, status::bad_combination);
    EXPECT_EQ(parsed(parts, 141).status, status::ok) << "what it does not know is not there";
    EXPECT_FALSE(parsed(parts, 141).passes_on);
    parts.mime = false;
    parts.list = false;
    EXPECT_EQ(parsed(parts).status, status::no_recipients);
    parts.list = true;
    parts.people = {{"nobody", ""}};
    EXPECT_EQ(parsed(parts).status, status::bad_forwardees);
    parts.people.assign(forwardees_max + 1, {"a@b.test", ""});
    EXPECT_EQ(parsed(parts).status, status::ok) << "one, said often";
    for (std::size_t i = 0; i < parts.people.size(); ++i)
        parts.people[i].address = std::to_string(i) + "@b.test";
    EXPECT_EQ(parsed(parts).status, status::bad_forwardees);
    parts.people.clear();
    EXPECT_EQ(parsed(parts).status, status::bad_forwardees);
}

}  // namespace
}  // namespace eas
