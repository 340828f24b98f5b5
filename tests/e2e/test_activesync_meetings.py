"""Meetings over ActiveSync: requests in mail, answers to them, and what the server tells those who take part. Two users of
ours, strangers by LMTP, and IMAP looking at the mails. RFC 5546, RFC 6047, MS-ASCMD section 2.2.2.10."""
import email, email.policy, sys, unittest

from e2e import harness
from e2e.test_activesync_items import EventCase, note_body

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.device import PLAIN  # noqa: E402
from eas.wbxml import element  # noqa: E402

OLGA = "olga@elsewhere.test"


def ics(method, *lines, uid="meeting-1@elsewhere.test", organizer=OLGA):
    return "\r\n".join(["BEGIN:VCALENDAR", "PRODID:-//Test//EN", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT", f"UID:{uid}",
                        f"ORGANIZER;CN=Olga:mailto:{organizer}", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def mail(sender, method, calendar, subject="Plans"):
    body = ("--x\r\nContent-Type: text/plain\r\n\r\nPlease come\r\n"
            f"--x\r\nContent-Type: text/calendar; charset=utf-8; method={method}\r\n\r\n{calendar}\r\n--x--\r\n")
    return harness.message(subject, body, From=f"Olga <{sender}>", MIME_Version="1.0",
                           Content_Type="multipart/alternative; boundary=x")


class MeetingCase(EventCase):
    def request(self, user, *more, sequence=0, start="20300104T090000Z", end="20300104T100000Z", method="REQUEST",
                sender=OLGA, uid="meeting-1@elsewhere.test", organizer=OLGA):
        """Brought to the user by a stranger."""
        lines = [f"DTSTART:{start}", f"DTEND:{end}", f"DTSTAMP:2026112{2 + sequence}T120000Z", f"SEQUENCE:{sequence}",
                 "SUMMARY:Plans", "LOCATION:Room 1", f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{user}", *more]
        self.server.deliver(mail(sender, method, ics(method, *lines, uid=uid, organizer=organizer)), to=user, sender=sender)

    def only(self, items):
        self.assertEqual(len(items), 1)
        return next(iter(items.items()))

    def invited(self, version="16.1", *more, **how):
        """A device, its Inbox with one request, and the event that came with it."""
        device = self.ready(version=version)
        inbox, calendar = device.folder("Inbox"), device.folder("Calendar")
        self.start(device, inbox)
        self.start(device, calendar)
        self.request(device.user, *more, **how)
        mail_id, item = self.only(self.news(device, inbox)["Add"])
        event_id, event = self.only(self.news(device, calendar)["Add"])
        return device, (inbox, mail_id, item), (calendar, event_id, event)

    def answers(self, device, *requests):
        """(status, CalendarId) of each."""
        root = element("MeetingResponse:MeetingResponse", *[("Request", *one) for one in requests])
        answer = device.raw("MeetingResponse", root)
        out = []
        for result in answer.all("Result"):
            fields = {child.tag.split("}")[1]: child.text for child in result}
            out.append((fields["Status"], fields.get("CalendarId")))
        return out

    def answer(self, device, response, folder, item, *more):
        return self.answers(device, (("UserResponse", response), ("CollectionId", folder), ("RequestId", item), *more))[0]

    def mails(self, user, folder="INBOX"):
        client = self.imap(user, folder)
        found = client.search(None, "ALL")[1][0].split()
        return [email.message_from_bytes(client.fetch(one, "(BODY.PEEK[])")[1][0][1], policy=email.policy.default)
                for one in found]

    def calendar_of(self, message):
        part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
        return part.get_param("method"), part.get_content().replace("\r\n ", "")


class RequestTest(MeetingCase):
    def test_a_request_in_mail(self):
        for version, names in (("14.1", ("Location", "GlobalObjId")), ("16.1", ("Location", "UID"))):
            device, (_, _, item), (_, _, event) = self.invited(version, "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR")
            self.assertEqual(item["MessageClass"].text, "IPM.Schedule.Meeting.Request")
            self.assertEqual(item["ContentClass"].text, "urn:content-classes:calendarmessage")
            told = {child.tag.split("}")[1]: child for child in item["MeetingRequest"]}
            for name, value in (("AllDayEvent", "0"), ("StartTime", "2030-01-04T09:00:00.000Z"), ("InstanceType", "1"),
                                ("EndTime", "2030-01-04T10:00:00.000Z"), ("DtStamp", "2026-11-22T12:00:00.000Z"),
                                ("Organizer", f'"Olga" <{OLGA}>'), ("ResponseRequested", "1"), ("BusyStatus", "2"),
                                ("MeetingMessageType", "1"), ("Sensitivity", "0"), ("DisallowNewTimeProposal", "0")):
                self.assertEqual(told[name].text, value, name)
            for name in names:
                self.assertIn(name, told)
            self.assertEqual(told["Recurrences"][0].findtext("{Email}Occurrences"), "3")
            texts = self.texts(event)
            for name, value in (("UID", "meeting-1@elsewhere.test"), ("BusyStatus", "1"), ("MeetingStatus", "3"),
                                ("ResponseType", "5"), ("OrganizerEmail", OLGA)):
                self.assertEqual(texts[name], value, name)

    def test_answers(self):
        for version in ("14.1", "16.1"):
            for response, busy in ((1, "2"), (2, "1")):
                device, (inbox, mail_id, _), (calendar, event_id, _) = self.invited(version)
                self.assertEqual(self.answer(device, response, inbox, mail_id), ("1", event_id))
                event = self.texts(self.news(device, calendar)["Change"][event_id])
                self.assertEqual((event["ResponseType"], event["BusyStatus"]), ({1: "3", 2: "2"}[response], busy))
                self.assertIn("AppointmentReplyTime", event)
                self.assertEqual(self.news(device, inbox)["Delete"], [mail_id])
                self.assertEqual(len(self.mails(device.user, "Trash")), 1)
            device, (inbox, mail_id, _), (calendar, event_id, _) = self.invited(version)
            self.assertEqual(self.answer(device, 3, inbox, mail_id), ("1", None))
            self.assertEqual(self.news(device, calendar)["Delete"], [event_id])
            # Once more: it is in the calendar again.
            device.prime(device.folder("Trash"), PLAIN)
            again, _ = self.only(self.more(device, device.folder("Trash")))
            status, made = self.answer(device, 1, device.folder("Trash"), again)
            self.assertEqual((status, list(self.news(device, calendar)["Add"])), ("1", [made]))

    def test_updates_and_cancellations(self):
        device, (inbox, mail_id, _), (calendar, event_id, _) = self.invited()
        self.answer(device, 1, inbox, mail_id)
        self.news(device, calendar)
        self.news(device, inbox)
        self.request(device.user, "DESCRIPTION:More", sequence=1)
        event = self.texts(self.news(device, calendar)["Change"][event_id])
        self.assertEqual((event["ResponseType"], event["BusyStatus"]), ("3", "2"))
        _, item = self.only(self.news(device, inbox)["Add"])
        self.assertEqual(item["MeetingRequest"].findtext("{Email2}MeetingMessageType"), "2")
        self.request(device.user, sequence=2, start="20300105T090000Z", end="20300105T100000Z")
        event = self.texts(self.news(device, calendar)["Change"][event_id])
        self.assertEqual((event["StartTime"], event["ResponseType"], event["BusyStatus"]), ("20300105T090000Z", "5", "1"))
        # Of somebody else, and what is older: nothing.
        self.request(device.user, sequence=3, start="20300106T090000Z", sender="evil@elsewhere.test")
        self.request(device.user, sequence=1, method="CANCEL")
        self.assertEqual(self.news(device, calendar)["Change"], {})
        self.request(device.user, "STATUS:CANCELLED", sequence=4, method="CANCEL")
        event = self.texts(self.news(device, calendar)["Change"][event_id])
        self.assertEqual((event["MeetingStatus"], event["BusyStatus"]), ("7", "0"))
        told = list(self.news(device, inbox)["Add"].values())
        self.assertEqual(told[-1]["MessageClass"].text, "IPM.Schedule.Meeting.Canceled")

    def test_statuses(self):
        device, (inbox, mail_id, _), (calendar, event_id, _) = self.invited("16.1", "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR")
        self.deliver(device.user, "No meeting")
        other, _ = self.only(self.news(device, inbox)["Add"])
        single = self.add(device, calendar, *self.event(start="20300201T080000Z", end="20300201T090000Z"))
        self.request(device.user, uid="meeting-2@elsewhere.test")
        once, _ = self.only(self.news(device, calendar)["Add"])
        first, second = "2030-01-04T09:00:00.000Z", "2030-01-11T09:00:00.000Z"
        answers = self.answers(device, *[
            (("UserResponse", response), ("CollectionId", folder), ("RequestId", item), *more) for response, folder, item, more in (
                (1, inbox, other, ()), (1, inbox, "nonsense", ()), (4, inbox, mail_id, ()), (1, calendar, mail_id, ()),
                (1, inbox, mail_id, (("InstanceId", first),)), (1, calendar, single, ()), (1, calendar, event_id, (("InstanceId", "x"),)),
                (1, calendar, event_id, (("InstanceId", "2030-01-05T09:00:00.000Z"),)), (1, calendar, once, (("InstanceId", first),)),
                (1, calendar, event_id, (("InstanceId", first),)), (3, calendar, event_id, (("InstanceId", second),)))])
        self.assertEqual(answers, [("2", None)] * 6 + [("104", None), ("2", None), ("146", None), ("1", event_id), ("1", None)])
        event = self.news(device, calendar)["Change"][event_id]
        told = [{child.tag.split("}")[1]: child.text for child in one} for one in event["Exceptions"]]
        self.assertEqual([one.get("Deleted") for one in told], ["1", None])
        self.assertEqual((event["ResponseType"].text, told[1]["ResponseType"]), ("5", "3"))
        self.assertIn("AppointmentReplyTime", told[1])
        # By the id that a search has given.
        self.assertEqual(self.answers(device, (("UserResponse", 2), ("Search:LongId", mail_id))), [("1", event_id)])
        # What is said twice says nothing, and nothing is done; of two answers to one event the last counts.
        known = self.news(device, calendar)["Change"][event_id]["ResponseType"].text
        twice = (("UserResponse", 3), ("UserResponse", 1), ("CollectionId", calendar), ("RequestId", event_id))
        self.assertEqual((known, self.answers(device, twice)), ("2", [("2", None)]))
        self.assertEqual(self.news(device, calendar)["Change"], {})
        both = [(("UserResponse", response), ("CollectionId", calendar), ("RequestId", event_id)) for response in (2, 1)]
        self.assertEqual(self.answers(device, *both), [("1", event_id)] * 2)
        self.assertEqual(self.news(device, calendar)["Change"][event_id]["ResponseType"].text, "3")
        self.assertEqual(device.raw("MeetingResponse", element("MeetingResponse:MeetingResponse")).text("Result/Status"), "103")
        many = [(("UserResponse", 1), ("CollectionId", inbox), ("RequestId", mail_id))] * 101
        root = element("MeetingResponse:MeetingResponse", *[("Request", *one) for one in many])
        self.assertEqual(device.raw("MeetingResponse", root).text("Result/Status"), "103")
        old = self.ready(device.user, device="OLD", version="14.0")
        self.assertEqual(self.answer(old, 1, calendar, event_id), ("2", None))  # not in the calendar


    def test_one_occurrence_in_mail(self):
        device, (inbox, _, item), (calendar, event_id, _) = self.invited("14.1", "RRULE:FREQ=MONTHLY;COUNT=3;BYMONTHDAY=4")
        self.assertIsNone(item["MeetingRequest"].find("{Email}RecurrenceId"))
        rule = item["MeetingRequest"].find("{Email}Recurrences")[0]
        self.assertEqual([rule.findtext("{Email2}" + name) for name in ("CalendarType", "IsLeapMonth")], ["0", "0"])
        self.request(device.user, "RECURRENCE-ID:20300204T090000Z", sequence=1, start="20300205T090000Z", end="20300205T100000Z")
        mail_id, item = self.only(self.news(device, inbox)["Add"])
        self.assertEqual(item["MeetingRequest"].findtext("{Email}RecurrenceId"), "2030-02-04T09:00:00.000Z")
        self.assertEqual(item["MeetingRequest"].findtext("{Email}InstanceType"), "3")
        self.assertEqual(self.answer(device, 1, inbox, mail_id), ("1", event_id))
        event = self.news(device, calendar)["Change"][event_id]
        moved = event["Exceptions"][0]
        self.assertEqual((moved.findtext("{Calendar}StartTime"), moved.findtext("{Calendar}ResponseType")), ("20300205T090000Z", "3"))
        self.assertEqual(event["ResponseType"].text, "5")


    def test_several_occurrences_without_their_series(self):
        device = self.ready()
        calendar = device.folder("Calendar")
        self.start(device, calendar)

        def occurrences(sequence, *days):
            events = [f"BEGIN:VEVENT\r\nUID:apart@elsewhere.test\r\nORGANIZER:mailto:{OLGA}\r\nSEQUENCE:{sequence}\r\n"
                      f"DTSTAMP:2026112{2 + sequence}T120000Z\r\nRECURRENCE-ID:203001{day}T090000Z\r\n"
                      f"DTSTART:203001{day}T1{sequence}0000Z\r\nDTEND:203001{day}T120000Z\r\nSUMMARY:{day}\r\n"
                      f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{device.user}\r\nEND:VEVENT\r\n" for day in days]
            text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n" + "".join(events) + "END:VCALENDAR\r\n"
            self.server.deliver(mail(OLGA, "REQUEST", text), to=device.user, sender=OLGA)
            return self.news(device, calendar)

        added = occurrences(0, "04", "11")["Add"]
        self.assertEqual(sorted(self.texts(item)["Subject"] for item in added.values()), ["04", "11"])
        news = occurrences(1, "04", "11", "18")
        self.assertEqual([self.texts(item)["Subject"] for item in news["Add"].values()], ["18"])
        self.assertEqual(sorted(self.texts(item)["StartTime"] for item in news["Change"].values()),
                         ["20300104T110000Z", "20300111T110000Z"])


class OrganizerTest(MeetingCase):
    def meeting(self, organizer, attendee, *more, client="c1", uid="uid-1", **how):
        attendees = ("Calendar:Attendees", ("Attendee", ("Email", attendee), ("Name", "A")))
        how = {"start": "20300104T090000Z", "end": "20300104T100000Z", **how}
        return self.add(organizer, organizer.folder("Calendar"), *self.event(
            attendees, ("Calendar:ClientUid", uid), ("Calendar:ResponseRequested", "1"), *more, **how), client=client)

    def pair(self):
        """An organizer and an attendee with devices that know their folders."""
        out = []
        for _ in range(2):
            device = self.ready()
            for name in ("Inbox", "Calendar"):
                self.start(device, device.folder(name))
            out.append(device)
        return out

    def answer_type(self, device, item):
        """What the organizer's device is told of the attendee."""
        event = self.news(device, device.folder("Calendar"))["Change"][item]
        return event["Attendees"][0].findtext("{Calendar}AttendeeStatus")

    def test_the_server_tells_attendees(self):
        one, two = self.pair()
        item = self.meeting(one, two.user)
        again = self.meeting(one, two.user, client="c2")  # its answer was lost
        self.assertEqual(again, item)
        self.assertEqual(len(self.mails(two.user)), 1)
        method, text = self.calendar_of(self.mails(two.user)[0])
        self.assertEqual(method, "REQUEST")
        self.assertNotIn("X-BARID", text)
        mail_id, shown = self.only(self.news(two, two.folder("Inbox"))["Add"])
        self.assertEqual(shown["MeetingRequest"].findtext("{Calendar}UID"), "uid-1")
        event_id, _ = self.only(self.news(two, two.folder("Calendar"))["Add"])
        self.assertEqual(len(self.mails(one.user, "Sent")), 1)
        answered = self.answer(two, 1, two.folder("Inbox"), mail_id,
                               ("SendResponse", ("AirSyncBase:Body", ("Type", "1"), ("Data", "With pleasure"))))
        self.assertEqual(answered, ("1", event_id))
        reply = self.mails(one.user)[0]
        self.assertEqual(reply["Subject"], "Accepted: Meet")
        self.assertIn("With pleasure", reply.get_body(("plain",)).get_content())
        method, text = self.calendar_of(reply)
        self.assertEqual(method, "REPLY")
        self.assertIn("PARTSTAT=ACCEPTED", text)
        self.assertEqual(self.answer_type(one, item), "3")
        _, shown = self.only(self.news(one, one.folder("Inbox"))["Add"])
        self.assertEqual(shown["MessageClass"].text, "IPM.Schedule.Meeting.Resp.Pos")
        # Who organizes is not asked.
        self.assertEqual(self.answer(one, 1, one.folder("Calendar"), item), ("2", None))

    def test_changes_and_the_end(self):
        one, two = self.pair()
        item, folder = self.meeting(one, two.user), one.folder("Calendar")
        event_id, _ = self.only(self.news(two, two.folder("Calendar"))["Add"])
        self.change(one, folder, item, ("Calendar:Reminder", "5"))  # his own
        self.assertEqual(len(self.mails(two.user)), 1)
        self.answer(two, 1, two.folder("Calendar"), event_id, ("SendResponse",))
        self.assertEqual(self.answer_type(one, item), "3")
        self.news(two, two.folder("Calendar"))
        self.change(one, folder, item, ("Calendar:StartTime", "20300104T110000Z"), ("Calendar:EndTime", "20300104T120000Z"))
        event = self.texts(self.news(two, two.folder("Calendar"))["Change"][event_id])
        self.assertEqual((event["StartTime"], event["ResponseType"]), ("20300104T110000Z", "5"))
        self.assertEqual(self.calendar_of(self.mails(two.user)[-1])[0], "REQUEST")
        answer = self.command(one, folder, ("Delete", ("ServerId", item)))
        self.assertEqual(answer.text("Collections/Collection/Status"), "1")
        self.assertEqual(self.mails(two.user)[-1]["Subject"], "Canceled: Meet")
        event = self.texts(self.news(two, two.folder("Calendar"))["Change"][event_id])
        self.assertEqual(event["MeetingStatus"], "7")

    def test_one_occurrence(self):
        one, two = self.pair()
        weekly = ("Calendar:Recurrence", ("Type", "1"), ("Interval", "1"), ("DayOfWeek", "32"), ("Occurrences", "4"))
        item, folder = self.meeting(one, two.user, weekly, zone=None), one.folder("Calendar")
        event_id, _ = self.only(self.news(two, two.folder("Calendar"))["Add"])
        self.assertEqual(self.answer(two, 3, two.folder("Calendar"), event_id, ("InstanceId", "2030-01-11T09:00:00.000Z"),
                                     ("SendResponse",)), ("1", None))
        event = self.news(one, folder)["Change"][item]
        self.assertEqual(event["Attendees"][0].findtext("{Calendar}AttendeeStatus"), "5")
        self.assertEqual(event["Exceptions"][0].find("{Calendar}Attendees")[0].findtext("{Calendar}AttendeeStatus"), "4")
        answer = self.command(one, folder, ("Delete", ("ServerId", item), ("AirSyncBase:InstanceId", "20300118T090000Z")))
        self.assertIsNone(answer.text("Collections/Collection/Responses/Delete/Status"))
        method, text = self.calendar_of(self.mails(two.user)[-1])
        self.assertEqual(method, "CANCEL")
        self.assertIn("RECURRENCE-ID:20300118T090000Z", text)
        event = self.news(two, two.folder("Calendar"))["Change"][event_id]
        told = {one.findtext("{AirSyncBase}InstanceId"): one for one in event["Exceptions"]}
        self.assertEqual(told["20300111T090000Z"].findtext("{Calendar}Deleted"), "1")
        self.assertEqual(told["20300118T090000Z"].findtext("{Calendar}MeetingStatus"), "7")

    def test_another_time_is_proposed(self):
        one, two = self.pair()
        item = self.meeting(one, two.user)
        event_id, _ = self.only(self.news(two, two.folder("Calendar"))["Add"])
        self.answer(two, 2, two.folder("Calendar"), event_id, ("SendResponse", ("ProposedStartTime", "20300104T150000Z"),
                                                               ("ProposedEndTime", "20300104T160000Z")))
        method, text = self.calendar_of(self.mails(one.user)[0])
        self.assertEqual(method, "COUNTER")
        self.assertIn("20300104T160000", text.replace("TZID=", ""))
        self.assertEqual(self.answer_type(one, item), "2")

    def test_older_devices_send_themselves(self):
        one, two = self.pair()
        one.version = two.version = "14.1"
        item = self.add(one, one.folder("Calendar"), *self.event(
            ("Calendar:UID", "old-1"), ("Calendar:MeetingStatus", "1"), ("Calendar:OrganizerEmail", one.user),
            ("Calendar:Attendees", ("Attendee", ("Email", two.user), ("Name", "A"))), note_body("x"),
            start="20300104T090000Z", end="20300104T100000Z"))
        self.assertEqual(self.mails(two.user), [])
        self.request(two.user, uid="old-1", sender=one.user, organizer=one.user)
        mail_id, _ = self.only(self.news(two, two.folder("Inbox"))["Add"])
        self.assertEqual(self.answer(two, 3, two.folder("Inbox"), mail_id), ("1", None))
        self.assertEqual(self.mails(one.user), [])  # it is the device's to say

        def reply_of(answer, stamp):
            return ics("REPLY", f"DTSTAMP:{stamp}", f"ATTENDEE;PARTSTAT={answer}:mailto:{two.user}", "SEQUENCE:0",
                       uid="old-1", organizer=one.user)

        def send(client, reply):
            octets = mail(two.user, "REPLY", reply).replace(b"To: demo@example.test", f"To: {one.user}".encode())
            answer = two.raw("SendMail", element("ComposeMail:SendMail", ("ClientId", client), ("SaveInSentItems",), ("Mime", octets)))
            self.assertEqual(answer.body, b"")

        reply = reply_of("DECLINED", "20261123T120000Z")
        forged = mail("evil@elsewhere.test", "REPLY", reply)
        self.server.deliver(forged, to=one.user, sender="evil@elsewhere.test")
        self.assertEqual(self.news(one, one.folder("Calendar"))["Change"], {})
        send("r1", reply)
        self.assertEqual(self.answer_type(one, item), "4")
        # Whom the organizer's device takes off stays off: what he has answered till then does not bring him back.
        self.change(one, one.folder("Calendar"), item, *self.event(
            ("Calendar:UID", "old-1"), ("Calendar:MeetingStatus", "1"), ("Calendar:OrganizerEmail", one.user),
            ("Calendar:Attendees", ("Attendee", ("Email", "third@elsewhere.test"), ("Name", "T"))),
            start="20300104T090000Z", end="20300104T100000Z"))
        send("r2", reply_of("ACCEPTED", "20261123T130000Z"))
        self.assertEqual(len(self.mails(one.user)), 3)
        self.assertEqual(self.news(one, one.folder("Calendar"))["Change"], {})

    def test_those_who_cannot_be_told(self):
        one, two = self.pair()
        attendees = ("Calendar:Attendees", ("Attendee", ("Email", "nobody@example.test"), ("Name", "N")),
                     ("Attendee", ("Email", two.user), ("Name", "A")))
        self.add(one, one.folder("Calendar"), *self.event(attendees, ("Calendar:ClientUid", "u"), start="20300104T090000Z",
                                                          end="20300104T100000Z"))
        self.assertEqual(len(self.mails(two.user)), 1)
        told = self.mails(one.user)
        self.assertEqual([one["Subject"] for one in told], ["Not delivered: Meet"])
        self.assertIn("nobody@example.test", told[0].get_content())


if __name__ == "__main__":
    unittest.main()
