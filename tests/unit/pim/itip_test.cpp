// Messages between calendars, as the programs of others write them, and what they do to events kept here.
#include <algorithm>

#include <gtest/gtest.h>

#include "pim/date_time.hpp"
#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/files.hpp"
#include "pim/itip/write.hpp"

namespace pim::itip {
namespace {

std::string repeated(std::string_view what, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += what;
    return out;
}

constexpr std::string_view berlin =
    "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\n"
    "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

std::string object(std::string_view method, std::string_view inside) {
    return "BEGIN:VCALENDAR\r\nPRODID:-//Test//EN\r\nVERSION:2.0\r\nMETHOD:" + std::string(method) + "\r\n" +
           std::string(inside) + "END:VCALENDAR\r\n";
}
std::string event(std::string_view lines) {
    return "BEGIN:VEVENT\r\n" + std::string(lines) + "END:VEVENT\r\n";
}

/// As Google Calendar invites.
std::string google(std::string_view times = "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n",
                   int sequence = 0) {
    return object("REQUEST",
                  event(std::string(times) +
                        "DTSTAMP:20261122T120000Z\r\nORGANIZER;CN=Olga:mailto:olga@example.test\r\n"
                        "UID:7kukuqrfedlm2f9t@google.com\r\n"
                        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE\r\n"
                        " ;CN=olga@example.test;X-NUM-GUESTS=0:mailto:olga@example.test\r\n"
                        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=\r\n"
                        " TRUE;CN=anna@example.test;X-NUM-GUESTS=0:mailto:Anna@Example.test\r\n"
                        "X-MICROSOFT-CDO-OWNERAPPTID:1\r\nX-BARID-MEETING-STATUS:15\r\n"
                        "LOCATION:Room 1\\, left\r\nSEQUENCE:" +
                        std::to_string(sequence) +
                        "\r\nSTATUS:CONFIRMED\r\nSUMMARY:Plans\r\nTRANSP:OPAQUE\r\n"
                        "BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"));
}

/// As Outlook does, of each Tuesday.
std::string outlook(int sequence = 0, std::string_view more = {}) {
    return object(
        "REQUEST",
        std::string(berlin) +
            event("ORGANIZER;CN=Olga:MAILTO:olga@example.test\r\n"
                  "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Anna:MAILTO:anna@e\r\n"
                  " xample.test\r\nDESCRIPTION;LANGUAGE=en-US:Text\\n\r\n"
                  "RRULE:FREQ=WEEKLY;UNTIL=20270301T090000Z;INTERVAL=1;BYDAY=TU;WKST=MO\r\n"
                  "UID:040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100\r\n"
                  " 000000BF0ED4B6E4EE94E9E39E3867B378EF3\r\nSUMMARY;LANGUAGE=en-US:Weekly\r\n"
                  "DTSTART;TZID=W. Europe Standard Time:20261201T100000\r\n"
                  "DTEND;TZID=W. Europe Standard Time:20261201T110000\r\nCLASS:PUBLIC\r\nPRIORITY:5\r\n"
                  "DTSTAMP:20261122T12000" +
                  std::to_string(sequence) +
                  "Z\r\nTRANSP:OPAQUE\r\nSTATUS:CONFIRMED\r\nSEQUENCE:" + std::to_string(sequence) +
                  "\r\nX-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\r\nX-MICROSOFT-CDO-INTENDEDSTATUS:OOF\r\n"
                  "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:REMINDER\r\n"
                  "TRIGGER;RELATED=START:-PT15M\r\nEND:VALARM\r\n") +
            std::string(more));
}

constexpr std::string_view outlook_uid =
    "040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100000000BF0ED4B6E4EE94E9E39E38"
    "67B378EF3";
constexpr std::int64_t first = 1'796'115'600;  // 2026-12-01 09:00 UTC
constexpr std::int64_t week = 7 * day_seconds;

const Owner anna{{"anna@example.test", "a.b@example.test"}, "Anna B."};
const Owner olga{{"olga@example.test"}, "Olga"};

Message read(const std::string& text) {
    auto out = read_message(text);
    EXPECT_TRUE(out) << text;
    return out.value_or(Message());
}

std::string answer(std::string_view partstat, std::string_view stamp, std::string_view more = {},
                   std::string_view uid = outlook_uid) {
    return object("REPLY",
                  std::string(berlin) +
                      event("UID:" + std::string(uid) + "\r\nDTSTAMP:" + std::string(stamp) +
                            "\r\nORGANIZER:mailto:olga@example.test\r\nSEQUENCE:0\r\n"
                            "ATTENDEE;PARTSTAT=" +
                            std::string(partstat) + ":mailto:anna@example.test\r\n" + std::string(more)));
}

/// What the organizer has.
Component kept_by_organizer() { return read(outlook()).calendar; }

TEST(ItipMessage, WhatOthersWrite) {
    const Message from_google = read(google());
    EXPECT_EQ(from_google.method, Method::request);
    EXPECT_EQ(from_google.uid, "7kukuqrfedlm2f9t@google.com");
    EXPECT_EQ(from_google.calendar.find("METHOD"), nullptr);
    EXPECT_EQ(from_google.event().find("X-BARID-MEETING-STATUS"), nullptr);
    EXPECT_EQ(from_google.event().text("LOCATION"), "Room 1, left");
    EXPECT_TRUE(find_attendee(from_google.event(), "anna@example.test"));
    const Message from_outlook = read(outlook());
    EXPECT_EQ(from_outlook.uid, outlook_uid);
    EXPECT_EQ(moment_of(from_outlook.calendar, from_outlook.event(), "DTSTART"), first);
    EXPECT_TRUE(is_organizer(from_outlook.event(), "Olga@example.test"));
    EXPECT_EQ(read(answer("ACCEPTED", "20261122T130000Z")).method, Method::reply);
}

TEST(ItipMessage, WhatIsNone) {
    EXPECT_FALSE(read_message(""));
    EXPECT_FALSE(read_message(object("PUBLISH", event("UID:1\r\nDTSTART:20261201T090000Z\r\n"))));
    EXPECT_FALSE(read_message(object("REQUEST", "")));
    const std::string fine = "ORGANIZER:mailto:o@b.test\r\nDTSTART:20261201T090000Z\r\n";
    EXPECT_TRUE(read_message(object("REQUEST", event(fine + "UID:1\r\n"))));
    EXPECT_FALSE(read_message(object("REQUEST", event(fine))));
    EXPECT_FALSE(read_message(object("REQUEST", event("UID:1\r\nORGANIZER:mailto:o@b.test\r\n"))));
    EXPECT_FALSE(read_message(object("REQUEST", event("UID:1\r\nDTSTART:20261201T090000Z\r\n"))));
    const std::string two =
        event(fine + "UID:1\r\n") + event(fine + "UID:2\r\nRECURRENCE-ID:20261201T090000Z\r\n");
    EXPECT_FALSE(read_message(object("REQUEST", two)));
    EXPECT_FALSE(read_message(object("REQUEST", event(fine + "UID:1\r\n") + event(fine + "UID:1\r\n"))));
    std::string crowd;
    for (int i = 0; i < 12; ++i) crowd += "ATTENDEE:mailto:p" + std::to_string(i) + "@b.test\r\n";
    MessageLimits limits;
    limits.attendees_max = 11;
    EXPECT_FALSE(read_message(object("REQUEST", event(fine + "UID:1\r\n" + crowd)), limits));
}

TEST(ItipApply, ARequestIsTentativeUntilItIsAnswered) {
    Component kept = adopt(read(google()), anna);
    const Component& made = *master_of(kept);
    EXPECT_EQ(made.raw("X-MICROSOFT-CDO-BUSYSTATUS"), "TENTATIVE");
    EXPECT_TRUE(made.components.empty());  // an alarm that would send mail
    EXPECT_TRUE(apply_answer(kept, {Answer::accepted, {}, first}, anna));
    EXPECT_EQ(answer_of(*anna.attendee_of(*master_of(kept))), Answer::accepted);
    EXPECT_EQ(master_of(kept)->raw("X-MICROSOFT-CDO-BUSYSTATUS"), "BUSY");
    Component away = adopt(read(outlook()), anna);
    EXPECT_EQ(master_of(away)->components.size(), 1U);
    EXPECT_TRUE(apply_answer(away, {Answer::accepted, {}, first}, anna));
    EXPECT_EQ(master_of(away)->raw("X-MICROSOFT-CDO-BUSYSTATUS"), "OOF");
    // Asked by a list: he is added.
    Component by_list = adopt(read(google()), Owner{{"eve@example.test"}, ""});
    EXPECT_TRUE(find_attendee(*master_of(by_list), "eve@example.test"));
}

TEST(ItipApply, UpdatesKeepTheAnswerWhereTheTimesStay) {
    Component kept = adopt(read(google()), anna);
    ASSERT_TRUE(apply_answer(kept, {Answer::accepted, {}, first}, anna));
    EXPECT_EQ(apply_request(kept, read(google()), anna), Applied::nothing);  // the same once more
    std::string text = google("DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n", 1);
    text.replace(text.find("Room 1"), 6, "Room 2");
    EXPECT_EQ(apply_request(kept, read(text), anna), Applied::done);
    EXPECT_EQ(master_of(kept)->text("LOCATION"), "Room 2, left");
    EXPECT_EQ(answer_of(*anna.attendee_of(*master_of(kept))), Answer::accepted);
    const std::string moved = google("DTSTART:20261202T090000Z\r\nDTEND:20261202T100000Z\r\n", 2);
    EXPECT_EQ(apply_request(kept, read(moved), anna), Applied::done);
    EXPECT_EQ(answer_of(*anna.attendee_of(*master_of(kept))), Answer::none);
    EXPECT_EQ(master_of(kept)->raw("X-MICROSOFT-CDO-BUSYSTATUS"), "TENTATIVE");
    EXPECT_EQ(apply_request(kept, read(google()), anna), Applied::nothing);  // older
    // Nobody else may change it, and nobody may change the organizer's own.
    std::string forged = google("DTSTART:20261203T090000Z\r\n", 3);
    forged.replace(forged.find("mailto:olga"), 11, "mailto:evil");
    EXPECT_EQ(apply_request(kept, read(forged), anna), Applied::refused);
    Component own = kept_by_organizer();
    EXPECT_EQ(apply_request(own, read(outlook(3)), olga), Applied::refused);
}

std::string in_room(const std::string& text, std::string_view room) {
    std::string out = text;
    return out.replace(out.find("Room 1"), 6, room);
}

// RFC 5546 section 2.1.5 compares SEQUENCE, then DTSTAMP, which has seconds.
TEST(ItipApply, OfTwoOfTheSameSecondThatCountsWhichComesLater) {
    Component kept = adopt(read(google()), anna);
    ASSERT_TRUE(apply_answer(kept, {Answer::accepted, {}, first}, anna));
    EXPECT_EQ(apply_request(kept, read(in_room(google(), "Room 2")), anna), Applied::done);
    EXPECT_EQ(master_of(kept)->text("LOCATION"), "Room 2, left");
    EXPECT_EQ(answer_of(*anna.attendee_of(*master_of(kept))), Answer::accepted);
    // Copies of what came already change nothing, in whatever order.
    EXPECT_EQ(apply_request(kept, read(google()), anna), Applied::nothing);
    EXPECT_EQ(apply_request(kept, read(in_room(google(), "Room 2")), anna), Applied::nothing);
    EXPECT_EQ(apply_request(kept, read(in_room(google(), "Room 3")), anna), Applied::done);
    EXPECT_EQ(apply_request(kept, read(in_room(google(), "Room 2")), anna), Applied::nothing);
    int done = 0;
    for (int i = 10; i < 30; ++i)
        if (apply_request(kept, read(in_room(google(), "Room " + std::to_string(i))), anna) == Applied::done)
            ++done;
    EXPECT_EQ(done, 5);  // of one revision no more than eight
    const std::string later = google("DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n", 1);
    EXPECT_EQ(apply_request(kept, read(later), anna), Applied::done);
    EXPECT_EQ(apply_request(kept, read(google()), anna), Applied::nothing);
    EXPECT_EQ(apply_request(kept, read(in_room(later, "Room 2")), anna), Applied::done);
    // Of what is kept from before nobody knows what came.
    master_of(kept)->remove("X-BARID-TEXTS");
    EXPECT_EQ(apply_request(kept, read(in_room(later, "Room 4")), anna), Applied::nothing);
}

std::string occurrence_of_outlook(std::string_view method, int sequence,
                                  std::string_view start = "20261208T140000") {
    return object(method,
                  std::string(berlin) +
                      event("UID:" + std::string(outlook_uid) +
                            "\r\nRECURRENCE-ID;TZID=W. Europe Standard Time:20261208T100000\r\n"
                            "ORGANIZER:mailto:olga@example.test\r\nATTENDEE:mailto:anna@example.test\r\n"
                            "DTSTAMP:20261123T120000Z\r\nSUMMARY:Later\r\nSEQUENCE:" +
                            std::to_string(sequence) +
                            "\r\nDTSTART;TZID=W. Europe Standard Time:" + std::string(start) +
                            "\r\nDURATION:PT1H\r\n" + (method == "CANCEL" ? "STATUS:CANCELLED\r\n" : "")));
}

constexpr std::string_view own_file =
    "ATTACH;MANAGED-ID=0123456789abcdef:CID:0123456789abcdef@attachment.invalid";

TEST(ItipMessage, NobodyElseSaysWhichFilesAreOurs) {
    const Message message =
        read(object("REQUEST", event("UID:1\r\nORGANIZER:mailto:o@b.test\r\nDTSTART:20261201T090000Z\r\n" +
                                     std::string(own_file) + "\r\n")));
    ASSERT_NE(message.event().find("ATTACH"), nullptr);
    EXPECT_TRUE(message.event().find("ATTACH")->parameters.empty());
    EXPECT_TRUE(file_name_in(*message.event().find("ATTACH")).empty());
}

TEST(ItipApply, UpdatesKeepTheFilesThatTheUserHasAdded) {
    const auto files = [](const Component& in) {
        std::vector<std::string> out;
        for (const Property& one : in.properties)
            if (one.name == "ATTACH") out.push_back(one.value);
        return out;
    };
    const auto add = [](Component& to, std::string_view name) {
        to.properties.emplace_back("ATTACH", "CID:" + file_content_id(name))
            .set_parameter(file_name_parameter, name);
    };
    const std::string mine = "CID:0123456789abcdef@attachment.invalid",
                      of_one = "CID:00000000000000ff@attachment.invalid";
    Component kept = adopt(read(outlook()), anna);
    add(*master_of(kept), "0123456789abcdef");
    master_of(kept)->properties.emplace_back("ATTACH", "https://example.test/old.pdf");  // the organizer's
    Component* own = own_occurrence(kept, first + week);
    ASSERT_NE(own, nullptr);
    add(*own, "00000000000000ff");
    // The series, and with it two occurrences: one that had files of its own, and another.
    const auto occurrence = [](std::string_view day, int sequence) {
        return event("UID:" + std::string(outlook_uid) +
                     "\r\nORGANIZER:mailto:olga@example.test\r\nSEQUENCE:" + std::to_string(sequence) +
                     "\r\nRECURRENCE-ID:202612" + std::string(day) + "T090000Z\r\nDTSTART:202612" +
                     std::string(day) + "T120000Z\r\nDTSTAMP:20261122T120009Z\r\n" +
                     "ATTENDEE:mailto:anna@example.test\r\n");
    };
    EXPECT_EQ(apply_request(kept, read(outlook(1, occurrence("08", 1) + occurrence("15", 1))), anna),
              Applied::done);
    EXPECT_EQ(files(*master_of(kept)), std::vector{mine});
    ASSERT_NE(find_override(kept, first + week), nullptr);
    EXPECT_EQ(files(*find_override(kept, first + week)), (std::vector{mine, of_one}));
    ASSERT_NE(find_override(kept, first + 2 * week), nullptr);
    EXPECT_EQ(files(*find_override(kept, first + 2 * week)), std::vector{mine});
    // One of them alone; and the series at another time.
    EXPECT_EQ(apply_request(kept, read(object("REQUEST", occurrence("08", 2))), anna), Applied::done);
    EXPECT_EQ(files(*find_override(kept, first + week)), (std::vector{mine, of_one}));
    std::string moved = outlook(3);
    for (std::size_t at = 0; (at = moved.find(":20261201T1", at)) != std::string::npos; ++at)
        moved[at + 8] = '2';
    EXPECT_EQ(apply_request(kept, read(moved), anna), Applied::done);
    EXPECT_EQ(files(*master_of(kept)), std::vector{mine});
}

TEST(ItipApply, OccurrencesOfASeries) {
    Component kept = adopt(read(outlook()), anna);
    EXPECT_TRUE(has_occurrence(kept, first + week));
    EXPECT_FALSE(has_occurrence(kept, first + day_seconds));
    EXPECT_EQ(apply_request(kept, read(occurrence_of_outlook("REQUEST", 1)), anna), Applied::done);
    const Component* own = find_override(kept, first + week);
    ASSERT_NE(own, nullptr);
    EXPECT_EQ(own->text("SUMMARY"), "Later");
    EXPECT_EQ(moment_of(kept, *own, "DTSTART"), first + week + 4 * 3'600);
    EXPECT_TRUE(apply_answer(kept, {Answer::declined, first + week, first}, anna));
    EXPECT_FALSE(has_occurrence(kept, first + week));
    EXPECT_FALSE(apply_answer(kept, {Answer::accepted, first + week, first}, anna));
    EXPECT_EQ(apply_request(kept, read(occurrence_of_outlook("REQUEST", 2)), anna), Applied::done);
    EXPECT_TRUE(has_occurrence(kept, first + week));
    EXPECT_TRUE(apply_answer(kept, {Answer::tentative, first + 2 * week, first}, anna));
    EXPECT_EQ(answer_of(*anna.attendee_of(*find_override(kept, first + 2 * week))), Answer::tentative);
    EXPECT_EQ(answer_of(*anna.attendee_of(*master_of(kept))), Answer::none);
    // The series anew, at the same times: what is its own stays.
    EXPECT_EQ(apply_request(kept, read(outlook(3)), anna), Applied::done);
    EXPECT_NE(find_override(kept, first + 2 * week), nullptr);
    EXPECT_EQ(apply_cancel(kept, read(occurrence_of_outlook("CANCEL", 4)), anna), Applied::done);
    EXPECT_EQ(find_override(kept, first + week)->raw("STATUS"), "CANCELLED");
    EXPECT_EQ(master_of(kept)->raw("STATUS"), "CONFIRMED");
}

TEST(ItipApply, OfTwoOccurrencesOfTheSameSecondThatCountsWhichComesLater) {
    const std::string one = occurrence_of_outlook("REQUEST", 1),
                      other = occurrence_of_outlook("REQUEST", 1, "20261208T150000");
    Component series = adopt(read(outlook()), anna), alone = adopt(read(one), anna);
    EXPECT_EQ(apply_request(series, read(one), anna), Applied::done);
    for (Component* kept : {&series, &alone}) {
        EXPECT_EQ(apply_request(*kept, read(other), anna), Applied::done);
        EXPECT_EQ(apply_request(*kept, read(one), anna), Applied::nothing);
        const Component* there = kept == &alone ? master_of(alone) : find_override(series, first + week);
        EXPECT_EQ(moment_of(*kept, *there, "DTSTART"), first + week + 5 * 3'600);
        // What is called off stays so.
        EXPECT_EQ(apply_cancel(*kept, read(occurrence_of_outlook("CANCEL", 1)), anna), Applied::done);
        EXPECT_EQ(apply_request(*kept, read(occurrence_of_outlook("REQUEST", 1, "20261208T160000")), anna),
                  Applied::nothing);
    }
    // What came with the series came too.
    Component anew = adopt(read(outlook()), anna);
    EXPECT_EQ(apply_request(anew, read(one), anna), Applied::done);
    const std::size_t begin = other.find("BEGIN:VEVENT"), end = other.find("END:VCALENDAR");
    EXPECT_EQ(apply_request(anew, read(outlook(2, other.substr(begin, end - begin))), anna), Applied::done);
    EXPECT_EQ(apply_request(anew, read(one), anna), Applied::nothing);
    EXPECT_EQ(apply_request(anew, read(other), anna), Applied::nothing);
}

TEST(ItipApply, AnOccurrenceWithoutItsSeries) {
    Component kept = adopt(read(occurrence_of_outlook("REQUEST", 0)), anna);
    const Component* made = master_of(kept);
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(moment_of(kept, *made, orphan_property), first + week);
    EXPECT_EQ(apply_request(kept, read(occurrence_of_outlook("REQUEST", 1, "20261208T150000")), anna),
              Applied::done);
    EXPECT_EQ(moment_of(kept, *master_of(kept), "DTSTART"), first + week + 5 * 3'600);
    OutgoingReply reply;
    reply.answer = Answer::accepted;
    const auto text = make_reply(kept, reply, anna);
    ASSERT_TRUE(text);
    EXPECT_EQ(moment_of(*text, *main_event(*text), "RECURRENCE-ID"), first + week);
    EXPECT_EQ(apply_cancel(kept, read(occurrence_of_outlook("CANCEL", 2)), anna), Applied::done);
    EXPECT_EQ(master_of(kept)->raw("STATUS"), "CANCELLED");
}

TEST(ItipApply, CancellationsOfTwoOccurrencesWithoutTheirSeries) {
    const std::string text = occurrence_of_outlook("REQUEST", 0);
    const std::string_view moment = "20261208T100000";
    std::string later = text;
    later.replace(later.find(moment), moment.size(), "20261215T100000");
    Component one = adopt(read(text), anna), other = adopt(read(later), anna);
    std::string cancel = occurrence_of_outlook("CANCEL", 1);
    cancel.replace(cancel.find(moment), moment.size(), "20261215T100000");
    // Not the one that is meant, so that the next is asked.
    EXPECT_EQ(apply_cancel(one, read(cancel), anna), Applied::refused);
    EXPECT_NE(master_of(one)->raw("STATUS"), "CANCELLED");
    EXPECT_EQ(apply_cancel(other, read(cancel), anna), Applied::done);
    EXPECT_EQ(master_of(other)->raw("STATUS"), "CANCELLED");
    std::string stale = occurrence_of_outlook("CANCEL", 0);
    stale.replace(stale.find(moment), moment.size(), "20261215T100000");
    EXPECT_EQ(apply_cancel(other, read(stale), anna), Applied::nothing);
    // All of the series: both of them.
    std::string all = outlook(2);
    all.replace(all.find("METHOD:REQUEST"), 14, "METHOD:CANCEL");
    EXPECT_EQ(apply_cancel(one, read(all), anna), Applied::done);
    EXPECT_EQ(apply_cancel(other, read(all), anna), Applied::done);
    EXPECT_EQ(master_of(one)->raw("STATUS"), "CANCELLED");
    // What a series does not have is nothing that could be called off in it.
    Component series = adopt(read(outlook()), anna);
    std::string none = occurrence_of_outlook("CANCEL", 1);
    none.replace(none.find(moment), moment.size(), "20261209T100000");
    EXPECT_EQ(apply_cancel(series, read(none), anna), Applied::refused);
}

TEST(ItipApply, Cancellation) {
    Component kept = adopt(read(outlook()), anna);
    std::string text = outlook(1);
    text.replace(text.find("METHOD:REQUEST"), 14, "METHOD:CANCEL");
    std::string forged = text;
    forged.replace(forged.find("MAILTO:olga"), 11, "MAILTO:evil");
    EXPECT_EQ(apply_cancel(kept, read(forged), anna), Applied::refused);
    EXPECT_EQ(apply_cancel(kept, read(text), anna), Applied::done);
    EXPECT_EQ(master_of(kept)->raw("STATUS"), "CANCELLED");
    EXPECT_EQ(master_of(kept)->raw("X-MICROSOFT-CDO-BUSYSTATUS"), "FREE");
    // Others are asked no more: that is nothing to her.
    Component stays = adopt(read(outlook()), anna);
    std::string other = text;
    other.replace(other.find("anna@e\r\n xample"), 15, "eve@ex\r\n ample");
    other.replace(other.find("STATUS:CONFIRMED"), 16, "STATUS:TENTATIVE");
    EXPECT_EQ(apply_cancel(stays, read(other), anna), Applied::nothing);
}

Answer annas(const Component& kept) {
    return answer_of(*find_attendee(*master_of(kept), "anna@example.test"));
}

TEST(ItipApply, AnswersInTheOrderInWhichTheyWereGiven) {
    Component kept = kept_by_organizer();
    EXPECT_EQ(apply_reply(kept, read(answer("TENTATIVE", "20261122T140000Z")), "anna@example.test"),
              Applied::done);
    EXPECT_EQ(annas(kept), Answer::tentative);
    // An older one that was late, and the same once more.
    EXPECT_EQ(apply_reply(kept, read(answer("DECLINED", "20261122T130000Z")), "anna@example.test"),
              Applied::nothing);
    EXPECT_EQ(apply_reply(kept, read(answer("TENTATIVE", "20261122T140000Z")), "anna@example.test"),
              Applied::nothing);
    EXPECT_EQ(apply_reply(kept, read(answer("ACCEPTED", "20261122T150000Z")), "anna@example.test"),
              Applied::done);
    EXPECT_EQ(annas(kept), Answer::accepted);
    // The same once more, and newer: nothing is written for it.
    EXPECT_EQ(apply_reply(kept, read(answer("ACCEPTED", "20261122T153000Z")), "anna@example.test"),
              Applied::nothing);
    // In somebody's name.
    EXPECT_EQ(apply_reply(kept, read(answer("DECLINED", "20261122T160000Z")), "eve@example.test"),
              Applied::refused);
    EXPECT_EQ(annas(kept), Answer::accepted);
    // To what the event was before.
    master_of(kept)->set_raw("SEQUENCE", "1");
    EXPECT_EQ(apply_reply(kept, read(answer("DECLINED", "20261122T160000Z")), "anna@example.test"),
              Applied::nothing);
}

std::string eves(std::string_view partstat, std::string_view more = {}, std::string_view parameters = {}) {
    std::string out = answer(partstat, "20261122T140000Z", more);
    out.replace(out.find("mailto:anna"), 11, "mailto:Eve");
    return out.insert(out.find(":mailto:Eve"), parameters);
}

const Property* eve_in(const Component& event) { return find_attendee(event, "eve@example.test"); }

TEST(ItipApply, WhoWasAskedByAnAttendeeComesToo) {
    Component kept = kept_by_organizer();
    EXPECT_NE(own_occurrence(kept, first + week), nullptr);
    EXPECT_EQ(
        apply_reply(kept, read(eves("TENTATIVE", {}, ";CN=Eve;DELEGATED-FROM=\"mailto:anna@example.test\"")),
                    "eve@example.test"),
        Applied::done);
    for (const Component& one : kept.components) {
        if (!is_event(one)) continue;
        const Property* eve = eve_in(one);
        ASSERT_NE(eve, nullptr);
        EXPECT_EQ(answer_of(*eve), Answer::tentative);
        EXPECT_EQ(eve->parameter("ROLE"), "OPT-PARTICIPANT");
        EXPECT_EQ(eve->parameter("CN"), "Eve");
        EXPECT_EQ(eve->parameter("DELEGATED-FROM"), "mailto:anna@example.test");
    }
    EXPECT_EQ(annas(kept), Answer::none);
    // The organizer sees her, and tells her of what changes; she alone gets nothing by asking for it.
    const auto told = make_request(kept, {}, first);
    ASSERT_TRUE(told);
    EXPECT_EQ(write(*told).find("X-BARID"), std::string::npos);
    std::string refresh = answer("ACCEPTED", "20261122T150000Z");
    refresh.replace(refresh.find("METHOD:REPLY"), 12, "METHOD:REFRESH");
    EXPECT_TRUE(answer_to(kept, read(refresh), olga, "anna@example.test"));
    EXPECT_FALSE(answer_to(kept, read(refresh), olga, "eve@example.test"));
    // To one occurrence alone.
    Component other = kept_by_organizer();
    EXPECT_EQ(
        apply_reply(other, read(eves("ACCEPTED", "RECURRENCE-ID:20261208T090000Z\r\n")), "eve@example.test"),
        Applied::done);
    EXPECT_EQ(eve_in(*master_of(other)), nullptr);
    EXPECT_NE(eve_in(*find_override(other, first + week)), nullptr);
}

TEST(ItipApply, NotEverybodyWhoAnswersComes) {
    const auto said = [](Component kept, const std::string& text) {
        return apply_reply(kept, read(text), "eve@example.test");
    };
    const Component kept = kept_by_organizer();
    // Not with a proposal, nor to what was called off, nor to what nobody was asked to.
    std::string counter = eves("ACCEPTED");
    counter.replace(counter.find("METHOD:REPLY"), 12, "METHOD:COUNTER");
    EXPECT_EQ(said(kept, counter), Applied::refused);
    Component other = kept;
    master_of(other)->set_raw("STATUS", "CANCELLED");
    EXPECT_EQ(said(other, eves("ACCEPTED")), Applied::refused);
    other = kept;
    std::erase_if(master_of(other)->properties, [](const Property& one) { return one.name == "ATTENDEE"; });
    EXPECT_EQ(said(other, eves("ACCEPTED")), Applied::refused);
    // Not whom the organizer has taken off, until he is asked again.
    Component with_eve = kept;
    master_of(with_eve)->properties.emplace_back("ATTENDEE", "mailto:Eve@example.test");
    other = kept;
    EXPECT_EQ(organize(&with_eve, other, olga).size(), 1U);
    EXPECT_EQ(said(other, eves("ACCEPTED")), Applied::refused);
    Component again = other;
    master_of(again)->properties.emplace_back("ATTENDEE", "mailto:Eve@example.test");
    EXPECT_EQ(organize(&other, again, olga).size(), 1U);
    EXPECT_EQ(said(again, eves("ACCEPTED")), Applied::done);
    EXPECT_EQ(master_of(again)->find("X-BARID-UNASKED"), nullptr);
    // Also where it is the organizer's device that tells her.
    other = kept;
    note_taken_off(with_eve, other, anna);  // not hers
    EXPECT_EQ(other, kept);
    note_taken_off(with_eve, other, olga);
    EXPECT_EQ(said(other, eves("ACCEPTED")), Applied::refused);
    again = other;
    master_of(again)->properties.emplace_back("ATTENDEE", "mailto:Eve@example.test");
    note_taken_off(other, again, olga);
    EXPECT_EQ(master_of(again)->find("X-BARID-UNASKED"), nullptr);
    // Nor of one occurrence that he was taken off, though he is asked to the others.
    other = with_eve;
    Component* own = own_occurrence(other, first + week);
    std::erase_if(own->properties, [](const Property& one) { return address_of(one) == "Eve@example.test"; });
    EXPECT_EQ(said(other, eves("ACCEPTED", "RECURRENCE-ID:20261208T090000Z\r\n")), Applied::refused);
    note_taken_off(with_eve, other, olga);
    EXPECT_EQ(find_override(other, first + week)->raw("X-BARID-UNASKED"), "eve@example.test");
    // And no crowd.
    other = kept;
    std::size_t come = 0;
    for (std::size_t i = 0; i < guests_max + 10; ++i) {
        std::string text = eves("ACCEPTED");
        text.replace(text.find("mailto:Eve"), 10, "mailto:e" + std::to_string(i));
        const std::string sender = "e" + std::to_string(i) + "@example.test";
        come += apply_reply(other, read(text), sender) == Applied::done ? 1U : 0U;
    }
    EXPECT_EQ(come, guests_max);
    // On no other date either.
    std::string late = eves("ACCEPTED", "RECURRENCE-ID:20261208T090000Z\r\n");
    late.replace(late.find("mailto:Eve"), 10, "mailto:late");
    EXPECT_EQ(apply_reply(other, read(late), "late@example.test"), Applied::refused);
    other = kept;
    EXPECT_EQ(apply_reply(other, read(late), "late@example.test"), Applied::done);
    // Where there is no room they make no exceptions.
    other = kept;
    master_of(other)->set_text("DESCRIPTION", repeated("a", received_octets_max / 2));
    EXPECT_EQ(apply_reply(other, read(late), "late@example.test"), Applied::refused);
}

TEST(ItipApply, AnswerToOneOccurrence) {
    Component kept = kept_by_organizer();
    const std::string one = answer("DECLINED", "20261122T140000Z", "RECURRENCE-ID:20261208T090000Z\r\n");
    EXPECT_EQ(apply_reply(kept, read(one), "anna@example.test"), Applied::done);
    EXPECT_EQ(annas(kept), Answer::none);
    const Component* own = find_override(kept, first + week);
    ASSERT_NE(own, nullptr);
    EXPECT_EQ(answer_of(*find_attendee(*own, "anna@example.test")), Answer::declined);
    const std::string none = answer("DECLINED", "20261122T140000Z", "RECURRENCE-ID:20261209T090000Z\r\n");
    EXPECT_EQ(apply_reply(kept, read(none), "anna@example.test"), Applied::refused);
    // All of it, later.
    EXPECT_EQ(apply_reply(kept, read(answer("ACCEPTED", "20261122T150000Z")), "anna@example.test"),
              Applied::done);
    EXPECT_EQ(answer_of(*find_attendee(*find_override(kept, first + week), "anna@example.test")),
              Answer::accepted);
}

TEST(ItipWrite, ReplyAndCounter) {
    const Component kept = adopt(read(outlook()), anna);
    OutgoingReply reply;
    reply.answer = Answer::accepted;
    reply.now = first;
    reply.comment = "Yes, of course";
    const auto text = make_reply(kept, reply, anna);
    ASSERT_TRUE(text);
    const Message again = read(write(*text));
    EXPECT_EQ(again.method, Method::reply);
    EXPECT_EQ(again.uid, outlook_uid);
    EXPECT_EQ(again.event().text("COMMENT"), "Yes, of course");
    EXPECT_EQ(answer_of(*again.event().find("ATTENDEE")), Answer::accepted);
    EXPECT_EQ(std::ranges::count(again.event().properties, "ATTENDEE", &Property::name), 1);
    Component organizers = kept_by_organizer();
    EXPECT_EQ(apply_reply(organizers, again, "anna@example.test"), Applied::done);
    reply.occurrence = first + week;
    reply.proposed_start = first + week + 3'600;
    reply.proposed_end = first + week + 7'200;
    const auto other_time = make_reply(kept, reply, anna);
    ASSERT_TRUE(other_time);
    const Message counter = read(write(*other_time));
    EXPECT_EQ(counter.method, Method::counter);
    EXPECT_EQ(moment_of(counter.calendar, counter.event(), "RECURRENCE-ID"), first + week);
    EXPECT_EQ(moment_of(counter.calendar, counter.event(), "DTSTART"), first + week + 3'600);
    reply.occurrence = first + 1;
    EXPECT_FALSE(make_reply(kept, reply, anna));
    EXPECT_FALSE(make_reply(kept, OutgoingReply(), Owner{{"eve@example.test"}, ""}));
}

TEST(ItipWrite, WhatTheOrganizerTells) {
    Component kept = kept_by_organizer();
    master_of(kept)->set_raw("X-BARID-REPLY-TIME", "20261122T120000Z");
    master_of(kept)->set_raw("CATEGORIES", "Secret");
    using Notices = std::vector<Notice>;
    EXPECT_EQ(organize(nullptr, kept, olga), (Notices{{Method::request, {}, {"anna@example.test"}}}));
    EXPECT_EQ(organize(nullptr, kept, anna), Notices());  // not hers
    const auto request = make_request(kept, {}, first);
    ASSERT_TRUE(request);
    const std::string text = write(*request);
    EXPECT_EQ(text.find("X-BARID"), std::string::npos);
    EXPECT_EQ(text.find("Secret"), std::string::npos);
    EXPECT_TRUE(apply_reply(kept, read(answer("ACCEPTED", "20261122T140000Z")), "anna@example.test") ==
                Applied::done);
    // Nothing that others see.
    Component after = kept;
    master_of(after)->set_raw("CATEGORIES", "Work");
    EXPECT_EQ(organize(&kept, after, olga), Notices());
    EXPECT_EQ(after.components.back().raw("SEQUENCE"), "0");
    // Another place: told, and the answer stays. Another time: asked anew.
    master_of(after)->set_text("LOCATION", "There");
    EXPECT_EQ(organize(&kept, after, olga), (Notices{{Method::request, {}, {"anna@example.test"}}}));
    EXPECT_EQ(annas(after), Answer::accepted);
    master_of(after)->find("DTEND")->value = "20261201T120000";
    EXPECT_EQ(organize(&kept, after, olga).size(), 1U);
    EXPECT_EQ(annas(after), Answer::none);
    EXPECT_EQ(master_of(after)->raw("SEQUENCE"), "1");
    // One comes, one goes.
    after = kept;
    find_attendee(*master_of(after), "anna@example.test")->value = "mailto:Eve@example.test";
    EXPECT_EQ(organize(&kept, after, olga), (Notices{{Method::cancel, {}, {"anna@example.test"}},
                                                     {Method::request, {}, {"eve@example.test"}}}));
    // One occurrence less, and one that is other.
    after = kept;
    ASSERT_TRUE(remove_occurrence(after, first + week));
    own_occurrence(after, first + 2 * week)->set_text("SUMMARY", "Special");
    EXPECT_EQ(organize(&kept, after, olga),
              (Notices{{Method::request, first + 2 * week, {"anna@example.test"}},
                       {Method::cancel, first + week, {"anna@example.test"}}}));
    EXPECT_EQ(call_off_all(kept, olga), (Notices{{Method::cancel, {}, {"anna@example.test"}}}));
    EXPECT_EQ(call_off_all(kept, anna), Notices());
    const auto cancel = make_cancel(kept, {"anna@example.test"}, {}, first);
    ASSERT_TRUE(cancel);
    Component annas_copy = adopt(read(outlook()), anna);
    EXPECT_EQ(apply_cancel(annas_copy, read(write(*cancel)), anna), Applied::done);
}

TEST(ItipMessage, NotMoreOccurrencesThanCanBeLookedFor) {
    std::string many;
    for (int i = 0; i < 51; ++i)
        many += event("UID:1\r\nORGANIZER:mailto:o@b.test\r\nRECURRENCE-ID:20300101T0900" +
                      std::to_string(10 + i % 50) + "Z\r\nDTSTART:20300101T090000Z\r\n");
    EXPECT_FALSE(read_message(object("CANCEL", many)));
    EXPECT_FALSE(read_message(object("REQUEST", many)));
    const std::string series = event("UID:1\r\nORGANIZER:mailto:o@b.test\r\nDTSTART:20300101T090000Z\r\n");
    EXPECT_TRUE(read_message(object("REQUEST", series + many)));
}

TEST(ItipMessage, NotMoreDatesNorZonesThanCanBeWalked) {
    const std::string begin = "UID:1\r\nORGANIZER:mailto:o@b.test\r\nDTSTART:20300101T090000Z\r\n";
    const auto is_message = [&begin](const std::string& lines, const std::string& before = {}) {
        return read_message(object("REQUEST", before + event(begin + lines))).has_value();
    };
    const std::string half = ":20300102" + repeated(",20300102", 499) + "\r\n";
    EXPECT_TRUE(is_message("EXDATE" + half + "RDATE" + half));
    EXPECT_FALSE(is_message("EXDATE" + half + "RDATE" + half + "EXDATE:20300102\r\n"));
    EXPECT_FALSE(is_message(repeated("EXDATE:20300102\r\n", 1'001)));
    const std::string text = repeated("a", (64U << 10) + 1) + "\r\n";
    EXPECT_TRUE(is_message("DESCRIPTION:" + text));
    EXPECT_FALSE(is_message("LOCATION:" + text));
    EXPECT_FALSE(is_message("BEGIN:VALARM\r\nSUMMARY:" + text + "END:VALARM\r\n"));
    const std::string rule = "BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nEND:STANDARD\r\n";
    const auto zone = [](const std::string& rules) {
        return "BEGIN:VTIMEZONE\r\nTZID:a\r\n" + rules + "END:VTIMEZONE\r\n";
    };
    EXPECT_TRUE(is_message("", zone(repeated(rule, 200))));
    EXPECT_FALSE(is_message("", zone(repeated(rule, 201))));
    EXPECT_TRUE(is_message("", repeated(zone(rule), 8)));
    EXPECT_FALSE(is_message("", repeated(zone(rule), 9)));
}

TEST(ItipMessage, NothingStaysInACalendarPastItsBound) {
    const std::string begin = "UID:1\r\nORGANIZER:mailto:o@b.test\r\nDTSTART:20300101T090000Z\r\n";
    const auto read_event = [&begin](const std::string& lines) {
        return read_message(object("REQUEST", event(begin + lines)));
    };
    const std::string file = "ATTACH;ENCODING=BASE64;VALUE=BINARY:", link = "ATTACH:https://b.test/";
    const auto alarm = [](const std::string& lines) {
        return "BEGIN:VALARM\r\nACTION:DISPLAY\r\n" + lines + "END:VALARM\r\n";
    };
    // A file leaves the text of the event, whoever takes it; links stay.
    const auto with_file = read_event(file + repeated("QUJD", 700'000) + "\r\n" + link + "d\r\n" +
                                      alarm(link + "a\r\nDESCRIPTION:b\r\n"));
    ASSERT_TRUE(with_file);
    EXPECT_LT(octets_of(adopt(*with_file, anna)), 2'000U);
    EXPECT_NE(adopt(*with_file, anna).find_component("VEVENT")->find("ATTACH"), nullptr);
    EXPECT_EQ(adopt(*with_file, anna).find_component("VEVENT")->components.front().find("ATTACH"), nullptr);
    EXPECT_FALSE(read_event(link + repeated("a", 65U << 10) + "\r\n"));
    EXPECT_TRUE(read_event(repeated(link + repeated("a", 60U << 10) + "\r\n", 16)));
    EXPECT_FALSE(read_event(repeated(link + repeated("a", 60U << 10) + "\r\n", 18)));
    EXPECT_FALSE(read_event(alarm("X-SOUND:" + repeated("a", 65U << 10) + "\r\n")));
}

// RFC 5545 section 3.6.6: a sound, or files that an alarm would send.
TEST(ItipMessage, WhatAnAlarmAttachesKeepsNoInvitationOut) {
    const std::string begin = "UID:1\r\nORGANIZER:mailto:o@b.test\r\nDTSTART:20300101T090000Z\r\n";
    const std::string file = "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + repeated("QUJD", 100'000) + "\r\n";
    const auto read_alarm = [&](const std::string& lines) {
        return read_message(
            object("REQUEST", event(begin + "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:soon\r\n" + lines +
                                    "END:VALARM\r\n")));
    };
    const std::string link = "ATTACH:https://b.test/" + repeated("a", 65U << 10) + "\r\n";
    for (const std::string& lines : {file, repeated(file, 9), link}) {
        const auto message = read_alarm(lines);
        ASSERT_TRUE(message);
        EXPECT_LT(octets_of(message->calendar), 2'000U);
        const Component kept = adopt(*message, anna);
        const Component* alarm = master_of(kept)->find_component("VALARM");
        ASSERT_NE(alarm, nullptr);
        EXPECT_EQ(alarm->find("ATTACH"), nullptr);
        EXPECT_EQ(alarm->raw("DESCRIPTION"), "soon");
    }
    EXPECT_FALSE(read_alarm(repeated(file, 11)));  // of more than four megabytes nothing is read
}

TEST(ItipApply, OccurrencesThatComeForThemselvesAreNotEndless) {
    Component kept = adopt(read(outlook()), anna);
    int done = 0;
    for (int i = 0; i < 12; ++i) {
        std::string text = occurrence_of_outlook("REQUEST", 1);
        const std::string moment = std::to_string(20261208 + 7 * (i % 3)) + "T100000";
        text.replace(text.find("20261208T100000"), 15, moment);
        text.insert(text.find("SUMMARY"), "DESCRIPTION:" + repeated("a", 900'000) + "\r\n");
        Component next = kept;
        if (apply_request(next, read(text), anna) != Applied::done) continue;
        kept = std::move(next);
        ++done;
    }
    EXPECT_EQ(done, 2);
    EXPECT_LE(octets_of(kept), received_octets_max);
    // What makes it no longer is taken all the same.
    EXPECT_EQ(apply_cancel(kept, read(occurrence_of_outlook("CANCEL", 9)), anna), Applied::done);
    EXPECT_NE(find_override(kept, first + week), nullptr);
}

TEST(ItipApply, WhatIsCalledOffIsGoneWhereItCannotBeShown) {
    Component kept = adopt(read(outlook()), anna);
    master_of(kept)->set_text("DESCRIPTION", repeated("a", received_octets_max - 1'000));
    EXPECT_EQ(apply_cancel(kept, read(occurrence_of_outlook("CANCEL", 9)), anna), Applied::done);
    EXPECT_EQ(find_override(kept, first + week), nullptr);
    EXPECT_FALSE(has_occurrence(kept, first + week));
    EXPECT_TRUE(has_occurrence(kept, first + 2 * week));
    // A request that has no room leaves the event as it was.
    const std::size_t before = octets_of(kept);
    std::string text = occurrence_of_outlook("REQUEST", 9);
    text.replace(text.find("20261208T100000"), 15, "20261215T100000");
    EXPECT_EQ(apply_request(kept, read(text), anna), Applied::nothing);
    EXPECT_EQ(octets_of(kept), before);
}

TEST(ItipEvents, OccurrencesTakenOutInOneLine) {
    const auto removed = [](const Component& kept) { return kept.find_component("VEVENT")->raw("EXDATE"); };
    Component kept = read(outlook()).calendar;
    Property dates("EXDATE", "20261208T100000,nothing,20261215T100000,20261222T100000");
    dates.set_parameter("TZID", "W. Europe Standard Time");
    master_of(kept)->properties.push_back(dates);
    EXPECT_FALSE(has_occurrence(kept, first + week));
    EXPECT_FALSE(has_occurrence(kept, first + 3 * week));
    restore_occurrence(kept, first + 2 * week);
    EXPECT_TRUE(has_occurrence(kept, first + 2 * week));
    EXPECT_EQ(removed(kept), "20261208T100000,nothing,20261222T100000");
    master_of(kept)->find("EXDATE")->value = "20261208T100000";
    restore_occurrence(kept, first + week);
    EXPECT_EQ(master_of(kept)->find("EXDATE"), nullptr);
    // Nobody walks on for ever.
    master_of(kept)->set_raw("EXDATE", repeated("x,", 10'000) + "20261208T090000Z");
    EXPECT_TRUE(has_occurrence(kept, first + week));
}

TEST(ItipEvents, ASeriesHasRoomForAThousandOfItsOwn) {
    Component kept = read(outlook()).calendar;
    master_of(kept)->set_raw("RRULE", "FREQ=DAILY");
    for (std::size_t i = 0; i < overrides_max; ++i)
        kept.components.push_back(Component("VEVENT")),
            kept.components.back().set_raw("RECURRENCE-ID", "19990101");
    EXPECT_EQ(own_occurrence(kept, first + day_seconds), nullptr);
    EXPECT_TRUE(has_occurrence(kept, first + day_seconds));
}

}  // namespace
}  // namespace pim::itip
