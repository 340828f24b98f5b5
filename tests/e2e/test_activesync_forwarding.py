"""Meetings that are answered and passed on by SmartReply and SmartForward, one occurrence or all, with Forwardees or with a
message of the device's; and occurrences whose series nobody knows. MS-ASCMD sections 2.2.2.18, 2.2.2.19, 2.2.3.76, 3.1.5.7."""
import unittest

from e2e import harness
from e2e.test_activesync_meetings import OLGA, MeetingCase, OrganizerTest, mail
from eas.wbxml import Opaque, element

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR"
SECOND = "2030-01-11T09:00:00.000Z"


class ForwardCase(MeetingCase):
    USERS = 40
    next_client = 0
    meeting = OrganizerTest.meeting

    def source(self, folder, item, instance=None):
        return ("Source", ("FolderId", folder), ("ItemId", item), instance and ("InstanceId", instance))

    def compose(self, device, command, *parts, status=None):
        type(self).next_client += 1
        answer = device.raw(command, element(f"ComposeMail:{command}", ("ClientId", f"c{self.next_client}"), *parts))
        if status is None:
            self.assertEqual((answer.status, answer.body), (200, b""), device.text() if answer.body else "")
        else:
            self.assertEqual(answer.text("Status"), status, parts)

    def people(self, *addresses):
        return ("Forwardees", *[("Forwardee", ("ForwardeeEmail", one), ("ForwardeeName", f"Name of {one}")) for one in addresses])

    def mime(self, device, to, text="See below\r\n", **fields):
        return ("Mime", Opaque(harness.message("Sent by a device", text, **{"From": device.user, "To": to, **fields})))

    def ready_to_look(self):
        device = self.ready()
        for name in ("Inbox", "Calendar"):
            self.start(device, device.folder(name))
        return device


class ForwardeesTest(ForwardCase):
    def test_an_attendee_passes_a_meeting_on(self):
        """The organizer stays who he was, and hears of it."""
        boss, device, other = self.ready_to_look(), self.ready_to_look(), self.ready_to_look()
        item = self.meeting(boss, device.user)
        event, _ = self.only(self.news(device, device.folder("Calendar"))["Add"])
        self.compose(device, "SmartForward", self.source(device.folder("Calendar"), event), self.people(other.user),
                     ("AirSyncBase:Body", ("Type", 1), ("Data", "Please go there")))
        got, = self.mails(other.user)
        self.assertEqual(got["Subject"], "FW: Meet")
        self.assertIn("Please go there", got.get_body(("plain",)).get_content())
        self.assertIn("When: 2030-01-04", got.get_body(("plain",)).get_content())
        method, text = self.calendar_of(got)
        self.assertEqual(method, "REQUEST")
        for part in (f"ORGANIZER", f"mailto:{boss.user}", f"mailto:{device.user}", f"mailto:{other.user}", f"Name of {other.user}"):
            self.assertIn(part, text)
        self.assertNotIn("X-BARID", text)
        told = self.mails(boss.user)[-1]
        self.assertEqual((told["Subject"], told.get_content_type()), ("Meeting forwarded: Meet", "text/plain"))
        self.assertIn(other.user, told.get_content())
        self.assertEqual(len(self.mails(device.user, "Sent")), 1)
        # It is a request to who gets it.
        mail_id, shown = self.only(self.news(other, other.folder("Inbox"))["Add"])
        self.assertEqual(shown["MessageClass"].text, "IPM.Schedule.Meeting.Request")
        status, made = self.answer(other, 1, other.folder("Inbox"), mail_id, ("SendResponse",))
        self.assertEqual((status, list(self.news(other, other.folder("Calendar"))["Add"])), ("1", [made]))
        self.assertEqual(self.mails(boss.user)[-1]["Subject"], "Accepted: Meet")
        # Who comes is optional in the organizer's event, with the answer.
        people = {one.findtext("{Calendar}Email"): (one.findtext("{Calendar}AttendeeType"), one.findtext("{Calendar}AttendeeStatus"))
                  for one in self.news(boss, boss.folder("Calendar"))["Change"][item]["Attendees"]}
        self.assertEqual(people, {device.user: ("1", "5"), other.user: ("2", "3")})

    def test_an_organizer_asks_more_people(self):
        boss, device, other = self.ready_to_look(), self.ready_to_look(), self.ready_to_look()
        item = self.meeting(boss, device.user)
        folder = boss.folder("Calendar")
        self.compose(boss, "SmartForward", self.source(folder, item), self.people(other.user))
        changed = self.news(boss, folder)["Change"][item]
        self.assertEqual(sorted(one.findtext("{Calendar}Email") for one in changed["Attendees"]), sorted([device.user, other.user]))
        self.assertEqual((len(self.mails(other.user)), len(self.mails(device.user)), self.mails(boss.user)), (1, 1, []))
        event, _ = self.only(self.news(other, other.folder("Calendar"))["Add"])  # it is from the organizer
        self.answer(other, 1, other.folder("Calendar"), event, ("SendResponse",))
        answers = {one.findtext("{Calendar}Email"): one.findtext("{Calendar}AttendeeStatus")
                   for one in self.news(boss, folder)["Change"][item]["Attendees"]}
        self.assertEqual((answers[other.user], answers[device.user]), ("3", "5"))

    def test_nobody_is_asked_by_a_mail_that_does_not_leave(self):
        boss, device = self.ready_to_look(), self.ready_to_look()
        item = self.meeting(boss, device.user)
        folder = boss.folder("Calendar")
        self.news(boss, folder)
        self.compose(boss, "SmartForward", self.source(folder, item), self.people("nobdoy@example.test"), status="120")
        self.compose(boss, "SmartForward", self.source(folder, item), self.mime(boss, "nobdoy@example.test"), status="120")
        self.assertEqual(self.news(boss, folder)["Change"], {})

    def test_one_occurrence(self):
        other = self.ready_to_look()
        device, _, (folder, event, _) = self.invited("16.1", WEEKLY)
        self.compose(device, "SmartForward", self.source(folder, event, SECOND), self.people(other.user))
        _, text = self.calendar_of(self.mails(other.user)[0])
        self.assertIn("RECURRENCE-ID:20300111T090000Z", text)
        self.assertIn("DTSTART:20300111T090000Z", text)
        self.assertNotIn("RRULE", text)
        self.compose(device, "SmartForward", self.source(folder, event), self.people(other.user))
        _, text = self.calendar_of(self.mails(other.user)[1])
        self.assertIn("RRULE", text)
        self.assertNotIn("RECURRENCE-ID", text)

    def test_an_appointment_goes_as_a_file(self):
        device, other = self.ready_to_look(), self.ready_to_look()
        item = self.add(device, device.folder("Calendar"), *self.event(start="20300104T090000Z", end="20300104T100000Z"))
        self.compose(device, "SmartForward", self.source(device.folder("Calendar"), item), self.people(other.user))
        got, = self.mails(other.user)
        file, = got.iter_attachments()
        self.assertEqual((file.get_filename(), file.get_content_type()), ("event.ics", "text/calendar"))
        self.assertNotIn("METHOD", file.get_content())
        _, shown = self.only(self.news(other, other.folder("Inbox"))["Add"])
        self.assertEqual(shown["MessageClass"].text, "IPM.Note")

    def test_what_does_not_go_together(self):
        device, (inbox, mail_id, _), (folder, event, _) = self.invited()
        source, people = self.source(folder, event), self.people(OLGA)
        body = ("AirSyncBase:Body", ("Type", 1), ("Data", "x"))
        for beside in (self.mime(device, OLGA), ("SaveInSentItems",), ("ReplaceMime",), ("RightsManagement:TemplateID", "x")):
            self.compose(device, "SmartForward", source, people, beside, status="178")
            self.compose(device, "SmartForward", source, body, beside, status="178")
        for wrong in (("Forwardees",), ("Forwardees", ("Forwardee",)), self.people("no address"), self.people("a@"),
                      ("Forwardees", ("ForwardeeEmail", OLGA)), self.people("a@b.test>\r\nBcc: c@d.test")):
            self.compose(device, "SmartForward", source, wrong, status="179")
        for wrong in (("Type", 3), ("Type", 4), ("Data", "x")):
            self.compose(device, "SmartForward", source, people, ("AirSyncBase:Body", wrong), status="179")
        self.compose(device, "SmartForward", source, people, (*body, ("Truncated", 1)), status="179")
        self.compose(device, "SmartForward", source, body, status="119")  # to nobody
        self.compose(device, "SmartForward", self.source(inbox, mail_id), people, status="179")  # of calendars alone
        self.compose(device, "SmartForward", source, self.people("nobody@example.test"), status="120")
        device.version = "14.1"
        self.compose(device, "SmartForward", source, people, status="103")
        self.assertEqual(self.mails(device.user, "Sent"), [])


class OccurrenceTest(ForwardCase):
    def test_a_reply_about_a_meeting(self):
        for version in ("14.1", "16.1"):
            other = self.ready_to_look()
            device, _, (folder, event, _) = self.invited(version, WEEKLY, "DESCRIPTION:Bring cake")
            for instance, day in ((None, "2030-01-04"), (SECOND, "2030-01-11")):
                self.compose(device, "SmartReply", self.source(folder, event, instance), self.mime(device, other.user, "I am late\r\n"))
                got = self.mails(other.user)[-1]
                text = got.get_body(("plain",)).get_content()
                for part in ("I am late", f"When: {day}", "Bring cake", "Subject: Plans", OLGA):
                    self.assertIn(part, text)
                self.assertEqual([part for part in got.walk() if part.get_content_type() == "text/calendar"], [])

    def test_a_message_that_passes_it_on(self):
        """By a device that knows no Forwardees: all of a series, if no occurrence is named."""
        for version in ("14.1", "16.1"):
            other, hidden = self.ready_to_look(), self.ready_to_look()
            device, (inbox, mail_id, _), (folder, event, _) = self.invited(version, WEEKLY)
            for source, whole in ((self.source(folder, event), True), (self.source(folder, event, SECOND), False),
                                  (self.source(inbox, mail_id), True)):
                self.compose(device, "SmartForward", source, self.mime(device, other.user, Bcc=hidden.user))
                got = self.mails(other.user)[-1]
                self.assertEqual(got["Subject"], "Sent by a device")
                method, text = self.calendar_of(got)
                self.assertEqual((method, "RRULE" in text, "RECURRENCE-ID:20300111T090000Z" in text), ("REQUEST", whole, not whole))
                self.assertIn(f"mailto:{other.user}", text)
                self.assertIn(f"mailto:{OLGA}", text)
                self.assertNotIn(hidden.user, text)
            self.assertEqual(len(self.mails(hidden.user)), 3)

    def test_an_occurrence_by_12_1(self):
        """MS-ASHTTP section 2.2.1.1.1.2.5: named in the query, as all else beside the message."""
        other = self.ready_to_look()
        device, _, (folder, event, _) = self.invited("12.1", WEEKLY)
        message = harness.message("Sent by a device", "See below\r\n", **{"From": device.user, "To": other.user})
        for query, whole, status in (({}, True, 200), ({"Occurrence": SECOND}, False, 200), ({"Occurrence": "never"}, None, 500)):
            answer = device.raw("SmartForward", body=message, headers={"Content-Type": "message/rfc822"}, CollectionId=folder,
                                ItemId=event, **query)
            self.assertEqual(answer.status, status)
            if status == 200:
                _, text = self.calendar_of(self.mails(other.user)[-1])
                self.assertEqual(("RRULE" in text, "RECURRENCE-ID:20300111T090000Z" in text), (whole, not whole))

    def test_a_strangers_word_asks_nobody(self):
        """Who writes in the organizer's name has him bring nobody to his meeting."""
        boss, device, other = self.ready_to_look(), self.ready_to_look(), self.ready_to_look()
        self.meeting(boss, device.user)
        calendar, inbox = boss.folder("Calendar"), boss.folder("Inbox")
        self.news(boss, calendar)
        text = self.calendar_of(self.mails(device.user)[-1])[1]
        self.assertIn(f"mailto:{boss.user}", text)
        self.server.deliver(mail(OLGA, "REQUEST", text), to=boss.user, sender=OLGA)
        mail_id, _ = self.only(self.news(boss, inbox)["Add"])
        self.compose(boss, "SmartForward", self.source(inbox, mail_id), self.mime(boss, other.user))
        self.assertEqual(self.mails(other.user)[-1]["Subject"], "Sent by a device")
        self.assertEqual(self.news(boss, calendar)["Change"], {})

    def test_occurrences_that_are_none(self):
        for version in ("14.1", "16.1"):
            device, (inbox, mail_id, _), (folder, event, _) = self.invited(version, WEEKLY)
            for command in ("SmartReply", "SmartForward"):
                for status, instance in (("104", "never"), ("104", "2030-01-11"), ("104", "2030-13-45T99:00:00.000Z"),
                                         ("150", "2030-01-12T09:00:00.000Z")):
                    self.compose(device, command, self.source(folder, event, instance), self.mime(device, device.user), status=status)
                self.compose(device, command, self.source(inbox, mail_id, "never"), self.mime(device, device.user), status="104")
            device, _, (folder, event, _) = self.invited(version)
            self.compose(device, "SmartForward", self.source(folder, event, SECOND), self.mime(device, device.user), status="146")
            self.assertEqual(self.mails(device.user, "Sent"), [])

    def test_an_occurrence_without_its_series(self):
        """MS-ASEMAIL sections 2.2.2.39 and 3.1.4.7, MS-ASAIRS section 2.2.2.25: how the request finds its event."""
        for version, kind, instance in (("16.1", "4", "20300104T090000Z"), ("14.1", "3", None)):
            device, (_, _, item), (_, _, event) = self.invited(version, "RECURRENCE-ID:20300104T090000Z")
            request = item["MeetingRequest"]
            self.assertEqual((request.findtext("{Email}InstanceType"), request.findtext("{Email}RecurrenceId")),
                             (kind, "2030-01-04T09:00:00.000Z"))
            self.assertEqual(event["InstanceId"].text if "InstanceId" in event else None, instance)
        device, (inbox, _, item), _ = self.invited("16.1", WEEKLY)  # one whose series is there
        self.assertEqual(item["MeetingRequest"].findtext("{Email}InstanceType"), "1")
        self.request(device.user, "RECURRENCE-ID:20300111T090000Z", sequence=1, start="20300112T090000Z", end="20300112T100000Z")
        _, item = self.only(self.news(device, inbox)["Add"])
        self.assertEqual(item["MeetingRequest"].findtext("{Email}InstanceType"), "3")


del OrganizerTest  # its tests are run where they stand


if __name__ == "__main__":
    unittest.main()
