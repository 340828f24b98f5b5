// Events as MS-ASCAL wants them told: patterns, exceptions, and what is always there.
#include <algorithm>
#include <map>

#include "eas/items/event.hpp"
#include "item_data.hpp"

namespace eas {
namespace {

namespace cal = wbxml::calendar;
namespace base_tags = wbxml::airsyncbase;
using Numbers = std::vector<std::pair<wbxml::Tag, std::string>>;

constexpr std::uint16_t older = 141;
constexpr std::uint16_t versions[] = {140, older, 160, 161};

/// What a device is told of an event, for as long as it is looked at.
class Told {
public:
    explicit Told(const pim::Component& calendar, std::uint16_t version = 161)
        : octets_(octets_told(store::FolderKind::calendar, calendar, version)) {
        document_.emplace(octets_);
        EXPECT_EQ(document_->fault(), wbxml::Fault::none);
    }
    wbxml::Element root() const { return document_->root(); }
    /// The children of one element, with how often each comes.
    static std::map<std::uint16_t, int> counts(wbxml::Element parent) {
        std::map<std::uint16_t, int> out;
        for (const wbxml::Element one : parent) ++out[one.tag().value()];
        return out;
    }
    std::vector<wbxml::Element> exceptions() const {
        std::vector<wbxml::Element> out;
        for (const wbxml::Element one : root().child(cal::exceptions)) out.push_back(one);
        return out;
    }

private:
    std::string octets_;
    std::optional<wbxml::Document> document_;
};

Data& nine_o_clock(Data& data) {
    return data.text(cal::timezone, berlin())
        .text(cal::start_time, "20261019T070000Z")
        .text(cal::end_time, "20261019T080000Z");
}

Data& pattern(Data& data, const Numbers& numbers) {
    data.open(cal::recurrence);
    for (const auto& [tag, value] : numbers) data.text(tag, value);
    return data.close();
}

pim::Component event_of(Data& data, std::uint16_t version = 161) {
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    EXPECT_TRUE(apply_event(data.root(), calendar, context(version, true)));
    return calendar;
}

bool is_taken(const Numbers& numbers, std::uint16_t version = 161) {
    Data data;
    pattern(nine_o_clock(data), numbers);
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    return apply_event(data.root(), calendar, context(version, true));
}

pim::Component parsed(std::string_view lines) {
    std::string text =
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:f\nDTSTART:20261019T070000Z\n"
        "DTEND:20261019T080000Z\n";
    text += lines;
    auto made = pim::parse(text + "END:VEVENT\nEND:VCALENDAR\n");
    EXPECT_TRUE(made);
    return made ? *made : pim::Component("VCALENDAR");
}

/// MS-ASCAL sections 2.2.2.10, .14, .15, .29, .48 and 3.2.5.3: each Type has its numbers; who sends others is
/// refused.
TEST(Pattern, EachTypeHasItsNumbers) {
    const std::pair<wbxml::Tag, std::string> week{cal::week_of_month, "2"}, day{cal::day_of_week, "2"},
        month{cal::month_of_year, "10"}, day_of_month{cal::day_of_month, "19"};
    struct Case {
        std::string type;
        Numbers own;
    };
    const Case cases[] = {{"0", {{cal::day_of_week, "62"}}},
                          {"1", {day}},
                          {"2", {day_of_month}},
                          {"3", {week, day}},
                          {"5", {day_of_month, month}},
                          {"6", {week, day, month}}};
    for (const std::uint16_t version : versions) {
        for (const Case& one : cases) {
            Numbers sent{{cal::type, one.type}, {cal::interval, "1"}, {cal::until, "20301019T070000Z"}};
            sent.insert(sent.end(), one.own.begin(), one.own.end());
            for (const auto& number : {week, day, month, day_of_month}) {
                Numbers more = sent;
                more.push_back(number);
                if (std::ranges::find(one.own, number.first, &Numbers::value_type::first) == one.own.end())
                    EXPECT_FALSE(is_taken(more, version)) << one.type;
            }
            Data data;
            const pim::Component calendar = event_of(pattern(nine_o_clock(data), sent), version);
            const Told told(calendar, version);
            const wbxml::Element rule = told.root().child(cal::recurrence);
            std::map<std::uint16_t, int> wanted{
                {cal::type.value(), 1}, {cal::interval.value(), 1}, {cal::until.value(), 1}};
            for (const auto& [tag, value] : one.own) {
                wanted[tag.value()] = 1;
                EXPECT_EQ(rule.child(tag).text(), value) << one.type;
            }
            if (one.type >= "2") wanted[cal::calendar_type.value()] = 1;
            if (one.type == "1" && version >= older) wanted[cal::first_day_of_week.value()] = 1;
            EXPECT_EQ(Told::counts(rule), wanted) << one.type << " " << version;
            EXPECT_EQ(rule.child(cal::type).text(), one.type);
        }
    }
}

TEST(Pattern, CalendarTypeAsItWasSent) {
    Data data;
    const pim::Component calendar = event_of(pattern(nine_o_clock(data), {{cal::type, "5"},
                                                                          {cal::interval, "1"},
                                                                          {cal::day_of_month, "19"},
                                                                          {cal::month_of_year, "10"},
                                                                          {cal::calendar_type, "15"},
                                                                          {cal::is_leap_month, "1"}}));
    const Told told(calendar), oldest(calendar, 121);
    const wbxml::Element rule = told.root().child(cal::recurrence);
    EXPECT_EQ(rule.child(cal::calendar_type).text(), "15");
    EXPECT_EQ(rule.child(cal::is_leap_month).text(), "1");
    EXPECT_EQ(Told::counts(rule)[cal::is_leap_month.value()], 1);
    EXPECT_EQ(Told::counts(rule)[cal::calendar_type.value()], 1);
    // 12.1 has no such elements.
    EXPECT_FALSE(oldest.root().child(cal::recurrence).child(cal::calendar_type));
    EXPECT_FALSE(oldest.root().child(cal::recurrence).child(cal::is_leap_month));
}

/// MS-ASCAL section 3.2.5.3
TEST(Pattern, CalendarsThatAreNone) {
    const Numbers monthly{{cal::type, "2"}, {cal::interval, "1"}, {cal::day_of_month, "19"}};
    const auto with = [&](std::initializer_list<const char*> types) {
        Numbers out = monthly;
        for (const char* type : types) out.emplace_back(cal::calendar_type, type);
        return is_taken(out);
    };
    for (const char* type : {"0", "1", "6", "12", "14", "15", "20"}) EXPECT_TRUE(with({type})) << type;
    for (const char* type : {"13", "16", "17", "18", "19", "21", "22", "23", "24", "-1", "x", ""})
        EXPECT_FALSE(with({type})) << type;
    for (const Numbers& one :
         {Numbers{{cal::type, "2"}, {cal::day_of_month, "19"}},
          Numbers{{cal::type, "3"}, {cal::week_of_month, "2"}, {cal::day_of_week, "2"}},
          Numbers{{cal::type, "5"}, {cal::day_of_month, "19"}, {cal::month_of_year, "10"}},
          Numbers{{cal::type, "6"},
                  {cal::week_of_month, "2"},
                  {cal::day_of_week, "2"},
                  {cal::month_of_year, "10"}}}) {
        Numbers more = one;
        more.emplace_back(cal::calendar_type, "1");
        EXPECT_TRUE(is_taken(more)) << one.front().second;
        more.emplace_back(cal::calendar_type, "1");
        EXPECT_FALSE(is_taken(more)) << one.front().second;
    }
}

/// MS-ASCAL section 3.2.5.3
TEST(Pattern, DaysThatNoWeekBeginsWith) {
    const auto with = [](const char* day) {
        return is_taken({{cal::type, "1"}, {cal::day_of_week, "2"}, {cal::first_day_of_week, day}});
    };
    for (const char* day : {"0", "1", "6"}) EXPECT_TRUE(with(day)) << day;
    for (const char* day : {"7", "-1", "Monday", ""}) EXPECT_FALSE(with(day)) << day;
}

/// MS-ASCAL section 3.2.5.3: of an event that is there; section 3.2.4.4 says what becomes of a new one.
TEST(Event, AnEndWithoutAStart) {
    for (const std::uint16_t version : versions) {
        const auto taken = [version](wbxml::Tag tag) {
            Data first, second;
            pim::Component calendar = event_of(nine_o_clock(first), version);
            return apply_event(second.text(tag, "20261019T073000Z").root(), calendar, context(version));
        };
        EXPECT_FALSE(taken(cal::end_time)) << version;
        EXPECT_TRUE(taken(cal::start_time)) << version;
    }
}

TEST(Event, ValuesThatAreNone) {  // MS-ASCAL section 2.2.2
    const auto taken = [](wbxml::Tag tag, std::string_view value) {
        Data data;
        nine_o_clock(data).text(tag, value);
        pim::Component calendar = empty_item(store::FolderKind::calendar);
        return apply_event(data.root(), calendar, context(161, true));
    };
    const std::pair<wbxml::Tag, int> greatest[] = {{cal::all_day_event, 1},
                                                   {cal::busy_status, 4},
                                                   {cal::disallow_new_time_proposal, 1},
                                                   {cal::sensitivity, 3},
                                                   {cal::response_requested, 1}};
    for (const auto& [tag, most] : greatest) {
        EXPECT_TRUE(taken(tag, "")) << most;
        for (int value = 0; value <= most; ++value) EXPECT_TRUE(taken(tag, std::to_string(value))) << value;
        EXPECT_FALSE(taken(tag, std::to_string(most + 1))) << most;
        EXPECT_FALSE(taken(tag, "-1")) << most;
        EXPECT_FALSE(taken(tag, "x")) << most;
    }
    for (const wbxml::Tag tag : {cal::reminder, cal::meeting_status}) {
        EXPECT_TRUE(taken(tag, ""));
        EXPECT_TRUE(taken(tag, "15"));
        EXPECT_FALSE(taken(tag, "-15"));
        EXPECT_FALSE(taken(tag, "soon"));
    }
}

/// MS-ASCAL section 2.2.2.37.1: with days, Interval counts weeks.
TEST(Pattern, DaysOfADailyOneCountWeeks) {
    Data data;
    pim::Component calendar = event_of(pattern(
        nine_o_clock(data), {{cal::type, "0"}, {cal::interval, "2"}, {cal::day_of_week, "6"}}));  // Mo, Tu
    EXPECT_EQ(master_of(calendar)->raw("RRULE"), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU");
    // What another program means by such a rule has no words.
    const pim::Component foreign = parsed("RRULE:FREQ=DAILY;INTERVAL=2;BYDAY=MO,TU\n");
    EXPECT_FALSE(Told(foreign).root().child(cal::recurrence));
}

/// A series with one exception that says all it can, and one that is out.
pim::Component with_exceptions(std::uint16_t version = older) {
    Data data;
    nine_o_clock(data)
        .text(cal::subject, "Weekly")
        .text(cal::location, "Hall")
        .text(cal::reminder, "15")
        .text(cal::sensitivity, "2")
        .text(cal::busy_status, "2")
        .text(cal::meeting_status, "1");
    data.open(cal::categories).text(cal::category, "one").close();
    data.open(cal::attendees).open(cal::attendee);
    data.text(cal::email, "b@example.test").text(cal::name, "B").close().close();
    data.open(base_tags::body).text(base_tags::type, "1").text(base_tags::data, "text").close();
    pattern(data, {{cal::type, "1"}, {cal::interval, "1"}, {cal::day_of_week, "2"}});
    data.open(cal::exceptions).open(cal::exception);
    data.text(cal::deleted, "1").text(cal::exception_start_time, "20261026T080000Z").close();
    data.open(cal::exception)
        .text(cal::exception_start_time, "20261102T080000Z")
        .text(cal::start_time, "20261102T230000Z")
        .text(cal::end_time, "20261103T230000Z")
        .text(cal::subject, "Later")
        .text(cal::location, "Room")
        .text(cal::reminder, "5")
        .text(cal::sensitivity, "0")
        .text(cal::busy_status, "0")
        .text(cal::meeting_status, "5")
        .text(cal::all_day_event, "1");
    data.open(cal::categories).text(cal::category, "two").close();
    data.open(cal::attendees).open(cal::attendee);
    data.text(cal::email, "c@example.test").text(cal::name, "C").close().close();
    data.open(base_tags::body).text(base_tags::type, "1").text(base_tags::data, "other").close();
    data.close().close();
    return event_of(data, version);
}

/// MS-ASCAL section 2.2.2.21: an Exception has each of its elements once at most.
TEST(Exceptions, EachElementOnce) {
    for (const std::uint16_t version : versions) {
        const pim::Component calendar = with_exceptions();
        const Told told(calendar, version);
        ASSERT_EQ(told.exceptions().size(), 2U);
        const wbxml::Element gone = told.exceptions()[0], other = told.exceptions()[1];
        const wbxml::Tag id = version < 160 ? cal::exception_start_time : base_tags::instance_id;
        EXPECT_EQ(Told::counts(gone),
                  (std::map<std::uint16_t, int>{{cal::deleted.value(), 1}, {id.value(), 1}}));
        std::map<std::uint16_t, int> wanted{{id.value(), 1}};
        for (const wbxml::Tag tag :
             {cal::start_time, cal::end_time, cal::all_day_event, cal::dt_stamp, cal::subject,
              version < 160 ? cal::location : base_tags::location, cal::categories, cal::sensitivity,
              cal::busy_status, cal::reminder, cal::attendees, cal::meeting_status, cal::response_type,
              base_tags::body})
            wanted[tag.value()] = 1;
        EXPECT_EQ(Told::counts(other), wanted) << version << shown(store::FolderKind::calendar, calendar);
    }
}

/// MS-ASCAL section 3.2.5.3.2: what an exception has not, and its series has, is an empty element.
TEST(Exceptions, WhatWasTakenOutIsEmpty) {
    for (const std::uint16_t version : versions) {
        pim::Component calendar = with_exceptions();
        pim::Component& other = calendar.components.back();
        ASSERT_TRUE(is_override(other));
        for (const std::string_view name : {"SUMMARY", "LOCATION", "CATEGORIES", "ATTENDEE", "DESCRIPTION"})
            other.remove(name);
        other.components.clear();
        const Told told(calendar, version);
        const wbxml::Element shown = told.exceptions()[1];
        const wbxml::Tag place = version < 160 ? cal::location : base_tags::location;
        for (const wbxml::Tag tag : {cal::subject, place, cal::categories, cal::attendees}) {
            EXPECT_TRUE(shown.child(tag)) << version;
            EXPECT_FALSE(shown.child(tag).has_children());
            EXPECT_EQ(shown.child(tag).text(), "");
        }
        EXPECT_TRUE(shown.child(base_tags::body));
        EXPECT_EQ(shown.child(base_tags::body).child(base_tags::data).text(), "");
        // Section 2.2.2.38: before 14.1 a Reminder is never empty.
        EXPECT_EQ(static_cast<bool>(shown.child(cal::reminder)), version >= older);
        EXPECT_EQ(shown.child(cal::reminder).text(), "");
    }
}

Data& same_series(Data& data) {
    pattern(nine_o_clock(data), {{cal::type, "1"}, {cal::interval, "1"}, {cal::day_of_week, "2"}});
    return data.text(cal::subject, "Weekly");
}

std::string ids_of(const pim::Component& calendar) {
    std::string out;
    const Told told(calendar, older);  // what is read of it points into it
    for (const wbxml::Element one : told.exceptions())
        out += std::string(one.child(cal::exception_start_time).text().substr(4, 4)) +
               (one.child(cal::deleted).text() == "1" ? "- " : " ");
    return out;
}

/// MS-ASCAL section 3.2.5.3.1: an exception of which a device says nothing stays.
TEST(Exceptions, ThoseLeftOutStay) {
    pim::Component calendar = with_exceptions();
    EXPECT_EQ(ids_of(calendar), "1026- 1102 ");
    Data none;
    ItemContext listed = context(older);
    listed.ghosts.supported = {cal::exceptions.value(), cal::subject.value()};
    ASSERT_TRUE(apply_event(same_series(none).root(), calendar, listed));
    EXPECT_EQ(ids_of(calendar), "1026- 1102 ");
    Data one;
    same_series(one).open(cal::exceptions).open(cal::exception);
    one.text(cal::deleted, "1").text(cal::exception_start_time, "20261109T080000Z").close().close();
    ASSERT_TRUE(apply_event(one.root(), calendar, context(older)));
    EXPECT_EQ(ids_of(calendar), "1026- 1109- 1102 ");
    EXPECT_TRUE(has(shown(store::FolderKind::calendar, calendar), "Later"));
    // What is said of one counts: it comes back, or it goes.
    Data both;
    same_series(both).open(cal::exceptions).open(cal::exception);
    both.text(cal::subject, "Back").text(cal::exception_start_time, "20261026T080000Z").close();
    both.open(cal::exception);
    both.text(cal::deleted, "1").text(cal::exception_start_time, "20261102T080000Z").close().close();
    ASSERT_TRUE(apply_event(both.root(), calendar, context(older)));
    EXPECT_EQ(ids_of(calendar), "1102- 1109- 1026 ");
    EXPECT_EQ(std::ranges::count_if(calendar.components, is_override), 1);
    EXPECT_EQ(std::ranges::count(calendar.components, "VEVENT", &pim::Component::name), 2);
}

/// MS-ASCAL section 2.2.2.21: at most 256, and those are the latest.
TEST(Exceptions, NotTooMany) {
    std::string lines = "RRULE:FREQ=DAILY\n";
    pim::DateTime date{1'792'393'200, pim::DateTime::Kind::utc};  // 2026-10-19T07:00:00Z
    for (int i = 0; i < 300; ++i, date.seconds += pim::day_seconds)
        lines += "EXDATE:" + pim::write_date_time(date) + "\n";
    date.seconds -= pim::day_seconds;
    const pim::Component calendar = parsed(lines);
    for (const std::uint16_t version : versions) {
        const Told told(calendar, version);
        const wbxml::Tag id = version < 160 ? cal::exception_start_time : base_tags::instance_id;
        ASSERT_EQ(told.exceptions().size(), 256U);
        EXPECT_EQ(told.exceptions().back().child(id).text(), pim::write_date_time(date));
    }
    pim::Component changed = calendar;  // none is lost for that
    Data data;
    data.text(cal::subject, "s");
    ASSERT_TRUE(apply_event(data.root(), changed, context()));
    EXPECT_EQ(std::ranges::count(changed.components.front().properties, "EXDATE", &pim::Property::name), 300);
}

/// MS-ASCAL section 2.2.2.17, and 2.2.2.11: what is always there, and how much at most.
TEST(Event, ProposalsAndCategories) {
    std::string names = "CATEGORIES:0";
    for (int i = 1; i < 400; ++i) names += "," + std::to_string(i);
    const pim::Component calendar = parsed(names + "\n");
    for (const std::uint16_t version : versions) {
        const Told told(calendar, version);
        EXPECT_EQ(Told::counts(told.root())[cal::disallow_new_time_proposal.value()], 1);
        EXPECT_EQ(told.root().child(cal::disallow_new_time_proposal).text(), "0");
        EXPECT_EQ(Told::counts(told.root().child(cal::categories))[cal::category.value()], 300);
    }
    EXPECT_FALSE(Told(calendar, 121).root().child(cal::disallow_new_time_proposal));
    const Told forbidden(parsed("X-MICROSOFT-DISALLOW-COUNTER:TRUE\n"));
    EXPECT_EQ(forbidden.root().child(cal::disallow_new_time_proposal).text(), "1");
}

/// MS-ASCAL section 2.2.2.40.
TEST(Event, ResponseTypes) {
    const std::string me = "mailto:u1@example.test", other = "mailto:b@example.test";
    const std::string with = "ATTENDEE;PARTSTAT=";
    const std::pair<std::string, std::string> cases[] = {
        {"ORGANIZER:" + me + "\n" + with + "ACCEPTED:" + other + "\n", "1"},
        {"ORGANIZER:" + other + "\n" + with + "TENTATIVE:" + me + "\n", "2"},
        {"ORGANIZER:" + other + "\n" + with + "ACCEPTED:" + me + "\n", "3"},
        {"ORGANIZER:" + other + "\n" + with + "DECLINED:" + me + "\n", "4"},
        {"ORGANIZER:" + other + "\n" + with + "NEEDS-ACTION:" + me + "\n", "5"},
        {"ORGANIZER:" + other + "\n" + with + "DELEGATED:" + me + "\n", "5"},
        {"ORGANIZER:" + other + "\n" + with + "ACCEPTED:" + other + "\n", "0"}};
    for (const auto& [lines, wanted] : cases) {
        const pim::Component calendar = parsed(lines);
        for (const std::uint16_t version : versions) {
            const Told told(calendar, version);
            EXPECT_EQ(told.root().child(cal::response_type).text(), wanted);
            EXPECT_EQ(Told::counts(told.root())[cal::response_type.value()], 1);
            for (const wbxml::Element one : told.root().child(cal::attendees)) {
                EXPECT_EQ(Told::counts(one)[cal::name.value()], 1);
                EXPECT_EQ(Told::counts(one)[cal::email.value()], 1);
            }
        }
    }
}

/// MS-ASCAL sections 2.2.2.2 and 2.2.2.40: both stay when a device that does not manage them leaves them out.
TEST(Event, AnswersAreGhosted) {
    pim::Component calendar = parsed(
        "ORGANIZER:mailto:b@example.test\nATTENDEE;PARTSTAT=ACCEPTED:mailto:u1@example.test\n"
        "X-BARID-REPLY-TIME:20261018T120000Z\n");
    Data data;
    data.text(cal::subject, "s");
    ItemContext listed = context(older);
    listed.ghosts.supported = {cal::subject.value()};
    ASSERT_TRUE(apply_event(data.root(), calendar, listed));
    const Told told(calendar, older);
    EXPECT_EQ(told.root().child(cal::subject).text(), "s");
    EXPECT_EQ(told.root().child(cal::response_type).text(), "3");
    EXPECT_EQ(told.root().child(cal::appointment_reply_time).text(), "20261018T120000Z");
}

/// MS-ASCAL section 2.2.2.27: whatever a device of before 16.0 manages, what it leaves out is taken away.
TEST(Event, ALocationIsNotGhosted) {
    for (const std::uint16_t version : versions) {
        pim::Component calendar = parsed("LOCATION:Hall\nPRIORITY:5\n");
        Data data;
        data.text(cal::subject, "s");
        ItemContext listed = context(version);
        listed.ghosts.supported = {cal::subject.value()};
        listed.ghosts.all = version >= 160;
        ASSERT_TRUE(apply_event(data.root(), calendar, listed));
        EXPECT_EQ(master_of(calendar)->text("LOCATION"), version >= 160 ? "Hall" : "") << version;
        EXPECT_EQ(master_of(calendar)->raw("PRIORITY"), "5");
    }
    // An exception that names none has that of its series.
    pim::Component calendar = parsed("RRULE:FREQ=WEEKLY\nLOCATION:Hall\n");
    Data data;
    nine_o_clock(data).text(cal::location, "Hall");
    pattern(data, {{cal::type, "1"}, {cal::interval, "1"}, {cal::day_of_week, "2"}});
    data.open(cal::exceptions).open(cal::exception).text(cal::subject, "Other");
    data.text(cal::exception_start_time, "20261026T070000Z").close().close();
    ASSERT_TRUE(apply_event(data.root(), calendar, context(older)));
    ASSERT_TRUE(is_override(calendar.components.back()));
    EXPECT_EQ(calendar.components.back().text("LOCATION"), "Hall");
}

/// MS-ASCAL sections 2.2.2.36 and 7: who organizes is whose calendar it is; an address is told as it is.
TEST(Event, PeopleAsTheyAre) {
    Data data;
    nine_o_clock(data).text(cal::organizer_name, "Somebody").text(cal::organizer_email, "x@example.test");
    data.open(cal::attendees).open(cal::attendee);
    data.text(cal::email, "no address at all").text(cal::name, "N").close().close();
    pim::Component calendar = empty_item(store::FolderKind::calendar);
    ItemContext of_anna = context(161, true);
    of_anna.user_name = "Anna";
    ASSERT_TRUE(apply_event(data.root(), calendar, of_anna));
    const Told told(calendar);
    EXPECT_EQ(told.root().child(cal::organizer_name).text(), "Anna");
    EXPECT_EQ(told.root().child(cal::organizer_email).text(), "u1@example.test");
    const wbxml::Element attendee = told.root().child(cal::attendees).child(cal::attendee);
    EXPECT_EQ(attendee.child(cal::email).text(), "no address at all");
}

/// MS-ASCAL sections 2.2.2.33 and 2.2.2.34: how to join a meeting, as its invitation says; empty where one
/// occurrence has none.
TEST(Event, OnlineMeetings) {
    const std::string conf = "conf:sip:a@example.test;gruu;opaque=app:conf:focus:id:1",
                      url = "https://teams.example.test/l/meetup-join/1";
    const auto made = pim::parse(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:f\nDTSTART:20261019T070000Z\n"
        "DTEND:20261019T080000Z\nRRULE:FREQ=DAILY\nX-MICROSOFT-ONLINEMEETINGCONFLINK:" +
        conf + "\nX-MICROSOFT-SKYPETEAMSMEETINGURL:" + url +
        "\nEND:VEVENT\nBEGIN:VEVENT\nUID:f\nRECURRENCE-ID:20261020T070000Z\nDTSTART:20261020T090000Z\n"
        "DTEND:20261020T100000Z\nEND:VEVENT\nEND:VCALENDAR\n");
    ASSERT_TRUE(made);
    pim::Component calendar = *made;
    for (const bool changed : {false, true}) {
        const Told told(calendar);
        EXPECT_EQ(told.root().child(cal::online_meeting_conf_link).text(), conf);
        EXPECT_EQ(told.root().child(cal::online_meeting_external_link).text(), url);
        ASSERT_EQ(told.exceptions().size(), 1U);
        for (const wbxml::Tag tag : {cal::online_meeting_conf_link, cal::online_meeting_external_link}) {
            EXPECT_EQ(Told::counts(told.exceptions()[0])[tag.value()], 1);
            EXPECT_EQ(told.exceptions()[0].child(tag).text(), "");
            EXPECT_FALSE(Told(calendar, 140).root().child(tag));
        }
        Data data;  // a device never says them: they stay
        data.text(cal::subject, "s");
        if (!changed) ASSERT_TRUE(apply_event(data.root(), calendar, context()));
    }
}

}  // namespace
}  // namespace eas
