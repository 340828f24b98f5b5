// Mails about meetings as devices see them. MS-ASEMAIL sections 2.2.2.37, 2.2.2.48, 2.2.2.49 and 4.3.
#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "eas/incoming_meetings.hpp"
#include "eas/items/global_object_id.hpp"
#include "eas/items/meeting_request.hpp"
#include "wbxml/document.hpp"
#include "wbxml/tags.hpp"
#include "wbxml/xml.hpp"

namespace eas {
namespace {

std::string meeting(std::string_view method, std::string_view lines) {
    return "BEGIN:VCALENDAR\r\nMETHOD:" + std::string(method) +
           "\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20261122T120000Z\r\n"
           "ORGANIZER;CN=\"Olga O.\":mailto:olga@example.test\r\n" +
           std::string(lines) + "END:VEVENT\r\nEND:VCALENDAR\r\n";
}

MailItem shown(const std::string& text, std::uint16_t version = 161,
               std::string_view user = "anna@example.test") {
    MailItem out;
    out.calendar = text;
    out.attachments.resize(2);
    out.attachments.back().is_calendar = true;
    show_meeting(out, version, user);
    return out;
}

std::string xml_of(const MailItem& item, std::uint16_t version = 161) {
    std::string octets;
    wbxml::Encoder to(octets);
    to.open(wbxml::airsync::application_data);
    write_mail(to, item, version);
    to.close();
    std::string xml = wbxml::to_xml(wbxml::Document(octets));
    for (std::size_t at = xml.find(" xmlns="); at != std::string::npos; at = xml.find(" xmlns="))
        xml.erase(at, xml.find('"', at + 8) + 1 - at);
    return xml;
}

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

const std::string request =
    meeting("REQUEST",
            "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\nLOCATION:Here\r\nSEQUENCE:0\r\n"
            "ATTENDEE;RSVP=TRUE:mailto:anna@example.test\r\nRRULE:FREQ=MONTHLY;COUNT=3;BYDAY=1TU\r\n"
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n");

TEST(GlobalObjectId, TheSpecificationsExamples) {
    const auto outlook =
        base::base64_decode("BAAAAIIA4AB0xbcQGoLgCAfUCRDgQMnBJoXEAQAAAAAAAAAAEAAAAAvw7UtuTulOnjnjhns3jvM=");
    const std::string uid =
        "040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100000000BF0ED4B6E4EE94E9E39"
        "E386"
        "7B378EF3";
    EXPECT_EQ(uid_of_global_object(*outlook), uid);
    EXPECT_EQ(global_object_id(uid, 1'095'292'800), *outlook);  // its occurrence of 2004-09-16
    const auto vcal = base::base64_decode(
        "BAAAAIIA4AB0xbcQGoLgCAAAAAAAAAAAAAAAAAAAAAAAAAAAMwAAAHZDYWwtVWlkAQAAAHs4MTQxMkQzQy0yQTI0LTRFOUQtQjIw"
        "RS0xMUY3"
        "QkJFOTI3OTl9AA==");
    EXPECT_EQ(uid_of_global_object(*vcal), "{81412D3C-2A24-4E9D-B20E-11F7BBE92799}");
    EXPECT_EQ(global_object_id("{81412D3C-2A24-4E9D-B20E-11F7BBE92799}", {}), *vcal);
    EXPECT_EQ(uid_of_global_object("short"), "");
    for (const std::string_view one : {"a@google.com", "0400", "", "zz"})
        EXPECT_EQ(uid_of_global_object(global_object_id(one, 1'095'292'800)), one);
}

TEST(Meeting, ARequest) {
    const MailItem newer = shown(request);
    EXPECT_EQ(newer.message_class, "IPM.Schedule.Meeting.Request");
    EXPECT_EQ(newer.attachments.size(), 1U);
    const std::string xml = xml_of(newer);
    for (const std::string_view piece :
         {"<ContentClass>urn:content-classes:calendarmessage</ContentClass>", "<AllDayEvent>0</AllDayEvent>",
          "<StartTime>2026-12-01T09:00:00.000Z</StartTime>", "<EndTime>2026-12-01T10:00:00.000Z</EndTime>",
          "<DtStamp>2026-11-22T12:00:00.000Z</DtStamp>", "<InstanceType>1</InstanceType>",
          "<Organizer>\"Olga O.\" &lt;olga@example.test&gt;</Organizer>", "<Reminder>900</Reminder>",
          "<ResponseRequested>1</ResponseRequested>", "<Sensitivity>0</Sensitivity>",
          "<BusyStatus>2</BusyStatus>", "<Occurrences>3</Occurrences>",
          "<MeetingMessageType>1</MeetingMessageType>"})
        EXPECT_TRUE(has(xml, piece)) << piece << "\n" << xml;
    EXPECT_TRUE(has(xml, "UID>u1</"));
    EXPECT_FALSE(has(xml, "GlobalObjId"));
    const std::string older = xml_of(shown(request, 141), 141);
    EXPECT_TRUE(has(older, "<Location>Here</Location>")) << older;
    EXPECT_TRUE(
        has(older, "<GlobalObjId>" + base::base64_encode(global_object_id("u1", {})) + "</GlobalObjId>"));
    EXPECT_FALSE(has(older, "UID>"));
    EXPECT_FALSE(has(xml_of(shown(request, 140), 140), "MeetingMessageType"));
    EXPECT_FALSE(has(xml_of(shown(request, 121), 121), "DisallowNewTimeProposal"));
    // Who asks is not asked.
    EXPECT_TRUE(shown(request, 161, "olga@example.test").meeting.empty());
}

TEST(Meeting, OneOccurrenceAndAnUpdate) {
    const MailItem item =
        shown(meeting("REQUEST",
                      "RECURRENCE-ID:20261208T090000Z\r\nDTSTART:20261208T100000Z\r\n"
                      "DTEND:20261208T110000Z\r\nSEQUENCE:2\r\nX-MICROSOFT-DISALLOW-COUNTER:TRUE\r\n"),
              141);
    const std::string xml = xml_of(item, 141);
    EXPECT_TRUE(has(xml, "<RecurrenceId>2026-12-08T09:00:00.000Z</RecurrenceId>")) << xml;
    EXPECT_TRUE(has(xml, "<InstanceType>3</InstanceType>"));
    EXPECT_TRUE(has(xml, "MeetingMessageType>2<"));
    EXPECT_TRUE(has(xml, "<DisallowNewTimeProposal>1</DisallowNewTimeProposal>"));
    EXPECT_TRUE(has(xml, "<ResponseRequested>0</ResponseRequested>"));
}

TEST(Meeting, WholeDays) {
    const std::string text =
        meeting("REQUEST", "DTSTART;VALUE=DATE:20261208\r\nDTEND;VALUE=DATE:20261210\r\n");
    const std::string xml = xml_of(shown(text));
    EXPECT_TRUE(has(xml, "<AllDayEvent>1</AllDayEvent>"));
    EXPECT_TRUE(has(xml, "<StartTime>2026-12-08T00:00:00.000Z</StartTime>"));
    EXPECT_TRUE(has(xml, "<EndTime>2026-12-10T00:00:00.000Z</EndTime>"));
}

TEST(Meeting, AnswersAndCancellations) {
    const auto reply = [](std::string_view partstat) {
        return shown(meeting("REPLY", "ATTENDEE;PARTSTAT=" + std::string(partstat) + ":mailto:a@b.test\r\n"));
    };
    EXPECT_EQ(reply("ACCEPTED").message_class, "IPM.Schedule.Meeting.Resp.Pos");
    EXPECT_EQ(reply("DECLINED").message_class, "IPM.Schedule.Meeting.Resp.Neg");
    EXPECT_EQ(reply("TENTATIVE").message_class, "IPM.Schedule.Meeting.Resp.Tent");
    EXPECT_TRUE(reply("ACCEPTED").meeting.empty());
    EXPECT_EQ(shown(meeting("COUNTER", "ATTENDEE:mailto:a@b.test\r\n")).message_class,
              "IPM.Schedule.Meeting.Resp.Tent");
    const MailItem gone = shown(meeting("CANCEL", "DTSTART:20261201T090000Z\r\nSTATUS:CANCELLED\r\n"));
    EXPECT_EQ(gone.message_class, "IPM.Schedule.Meeting.Canceled");
    EXPECT_TRUE(has(xml_of(gone), "MeetingMessageType>0<"));
    EXPECT_TRUE(shown(meeting("CANCEL", "")).meeting.empty());
}

TEST(Meeting, WhatIsNone) {
    EXPECT_EQ(shown("no calendar").message_class, "IPM.Note");
    EXPECT_EQ(shown(meeting("PUBLISH", "DTSTART:20261201T090000Z\r\n")).message_class, "IPM.Note");
    EXPECT_EQ(shown(meeting("REFRESH", "")).message_class, "IPM.Note");
    EXPECT_EQ(shown("no calendar").attachments.size(), 2U);
    MailItem sealed;
    sealed.message_class = "IPM.Note.SMIME";
    sealed.calendar = request;
    show_meeting(sealed, 161, "a@b.test");
    EXPECT_EQ(sealed.message_class, "IPM.Note.SMIME");
}

TEST(IncomingMeetings, WhoWroteIt) {
    const std::string header = "From: Olga <olga@example.test>\r\nSubject: x\r\n\r\n";
    const auto by = [&header](std::string_view results) {
        return proven_author(
            "Return-Path: <x@y.test>\r\nAuthentication-Results: mx.test;" + std::string(results) + "\r\n",
            header);
    };
    EXPECT_EQ(proven_author("", header), "olga@example.test");  // a user's, or of a network that is trusted
    EXPECT_EQ(by(" dmarc=pass header.from=example.test"), "olga@example.test");
    EXPECT_EQ(by(" spf=pass smtp.mailfrom=bounce@example.test; dmarc=none header.from=example.test"),
              "olga@example.test");
    EXPECT_EQ(by(" dkim=pass header.d=example.test header.s=a"), "olga@example.test");
    EXPECT_EQ(by(" spf=pass smtp.mailfrom=evil@elsewhere.test; dkim=pass header.d=elsewhere.test"), "");
    EXPECT_EQ(
        by(" spf=softfail smtp.mailfrom=a@example.test; dkim=none; dmarc=fail header.from=example.test"), "");
    EXPECT_EQ(proven_author("", "From: a@b.test, c@d.test\r\n\r\n"), "");
    EXPECT_EQ(proven_author("", "Subject: x\r\n\r\n"), "");
}

TEST(IncomingMeetings, WhatItLooksAt) {
    const auto wants = [](std::string_view type) {
        mime::Tree tree;
        tree.parts.emplace_back();
        tree.parts.back().type = "text";
        tree.parts.back().subtype = type;
        return is_meeting_mail(tree);
    };
    EXPECT_TRUE(wants("calendar"));
    EXPECT_FALSE(wants("plain"));
    EXPECT_FALSE(is_meeting_mail(mime::Tree()));
}

}  // namespace
}  // namespace eas
