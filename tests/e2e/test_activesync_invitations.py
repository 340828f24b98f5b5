"""Invitations as the programs of others write them (tests/eas/invitations), from their delivery to the device, and from its
answer to the mail that their organizer gets."""
import base64, email, email.policy, email.utils, quopri, sys, unittest

from e2e import harness
from e2e.test_activesync_meetings import MeetingCase, ics, mail

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.wbxml import element  # noqa: E402

SAMPLES = harness.SOURCE / "tests" / "eas" / "invitations"
COLUMNS = ("file", "before", "by_itself", "start", "end", "title", "organizer", "status")


def expected():
    lines = (SAMPLES / "expected.tsv").read_text().splitlines()
    return [dict(zip(COLUMNS, line.split("\t"))) for line in lines if not line.startswith("#")]


def for_user(sample, user):
    """Asked is this user, also in parts that are encoded."""
    message = email.message_from_bytes((SAMPLES / sample).read_bytes())
    for part in message.walk():
        if part.is_multipart():
            continue
        octets = part.get_payload(decode=True).replace(b"anna@example.test", user.encode())
        encoding = part.get("Content-Transfer-Encoding", "7bit").lower()
        encoded = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(octets)
        part.set_payload(encoded.decode("ascii", "surrogateescape"))
    return message.as_bytes(policy=email.policy.compat32.clone(linesep="\r\n", max_line_length=0))


class InvitationTest(MeetingCase):
    USERS = 30

    def receive(self, device, sample):
        octets = for_user(sample, device.user)
        sender = email.utils.parseaddr(email.message_from_bytes(octets)["From"])[1]
        self.server.deliver(octets, to=device.user, sender=sender)

    def check_shown(self, item, sample, cancels):
        kind = "Canceled" if cancels else "Request"
        self.assertEqual(item["MessageClass"].text, f"IPM.Schedule.Meeting.{kind}")
        self.assertIn("MeetingRequest", item)

    def check_event(self, event, sample):
        day = sample["start"].endswith("T000000Z") and sample["end"].endswith("T000000Z")
        texts = self.texts(event)
        self.assertEqual(texts["Subject"], sample["title"])
        self.assertEqual(texts["OrganizerEmail"], sample["organizer"])
        self.assertEqual((texts["AllDayEvent"], texts["StartTime"], texts["EndTime"]),
                         ("1" if day else "0", sample["start"], sample["end"]))

    def check_reply(self, device, sample, uid):
        reply = self.mails(device.user, "Sent")[-1]
        self.assertEqual(reply["To"].addresses[0].addr_spec, sample["organizer"])
        method, text = self.calendar_of(reply)
        self.assertEqual(method, "REPLY")
        self.assertIn(uid, text)
        self.assertIn("PARTSTAT=ACCEPTED", text)
        self.assertIn(device.user, text)

    def go_through(self, sample):
        device = self.ready()
        inbox, calendar = device.folder("Inbox"), device.folder("Calendar")
        self.start(device, inbox)
        self.start(device, calendar)
        if sample["before"]:
            self.receive(device, sample["before"])
            self.news(device, inbox)
            self.news(device, calendar)
        self.receive(device, sample["file"])
        mail_id, item = self.only(self.news(device, inbox)["Add"])
        cancels = "cancel" in sample["file"]
        self.check_shown(item, sample, cancels)
        told = self.news(device, calendar)
        if cancels:
            _, event = self.only(told["Change"])
            self.assertEqual(self.texts(event)["MeetingStatus"], "7")
            return
        self.assertEqual(len(told["Add"]) + len(told["Change"]), 1 if sample["by_itself"] == "yes" else 0)
        status, event_id = self.answer(device, 1, inbox, mail_id, ("SendResponse",))
        self.assertEqual(status, "1")
        after = self.news(device, calendar)
        event = {**told["Add"], **told["Change"], **after["Add"], **after["Change"]}[event_id]
        self.check_event(event, sample)
        answered = event["ResponseType"].text
        if sample["before"]:  # one occurrence of the series
            answered = event["Exceptions"][0].findtext("{Calendar}ResponseType")
        self.assertEqual(answered, "3")
        self.check_reply(device, sample, event["UID"].text)

    def test_samples(self):
        for sample in expected():
            with self.subTest(sample["file"], before=sample["before"]):
                self.go_through(sample)


class AskingTest(MeetingCase):
    """What else attendees and organizers ask of each other: RFC 5546 sections 3.2.4, 3.2.6 and 3.2.8."""

    def pair(self):
        out = []
        for _ in range(2):
            device = self.ready()
            for name in ("Inbox", "Calendar"):
                self.start(device, device.folder(name))
            out.append(device)
        return out

    def meeting(self, organizer, attendee, *more):
        attendees = ("Calendar:Attendees", ("Attendee", ("Email", attendee), ("Name", "A")))
        return self.add(organizer, organizer.folder("Calendar"), *self.event(
            attendees, ("Calendar:ClientUid", "uid-1"), ("Calendar:ResponseRequested", "1"), *more, start="20300104T090000Z",
            end="20300104T100000Z"))

    def send(self, sender, to, method, *lines):
        """From one of ours, as his program writes it."""
        lines = ["DTSTAMP:20261123T120000Z", f"ATTENDEE:mailto:{sender.user}", *lines]
        octets = mail(sender.user, method, ics(method, *lines, uid="uid-1", organizer=to))
        octets = octets.replace(b"To: demo@example.test", f"To: {to}".encode())
        answer = sender.raw("SendMail", element("ComposeMail:SendMail", ("ClientId", f"{method}1"), ("Mime", octets)))
        self.assertEqual(answer.body, b"")

    def test_the_newest_state_is_sent_to_who_asks_for_it(self):
        one, two = self.pair()
        self.meeting(one, two.user)
        self.assertEqual(len(self.mails(two.user)), 1)
        self.send(two, one.user, "REFRESH")
        told = self.mails(two.user)
        self.assertEqual([self.calendar_of(one)[0] for one in told], ["REQUEST", "REQUEST"])
        self.assertEqual(len(self.mails(one.user, "Sent")), 1)  # the invitation alone
        stranger = self.ready()
        self.send(stranger, one.user, "REFRESH")
        self.assertEqual(self.mails(stranger.user), [])
        self.assertEqual(len(self.mails(one.user)), 2)  # both can be read

    def test_no_other_time_is_wanted(self):
        one, two = self.pair()
        self.meeting(one, two.user, ("Calendar:DisallowNewTimeProposal", "1"))
        self.send(two, one.user, "COUNTER", "DTSTART:20300104T150000Z", "DTEND:20300104T160000Z")
        told = self.mails(two.user)[-1]
        self.assertEqual(told["Subject"], "New time declined: Meet")
        self.assertEqual(self.calendar_of(told)[0], "DECLINECOUNTER")
        shown = [item["MessageClass"].text for item in self.news(two, two.folder("Inbox"))["Add"].values()]
        self.assertEqual(sorted(shown), ["IPM.Note", "IPM.Schedule.Meeting.Request"])

    def test_an_occurrence_is_added(self):
        device, _, (calendar, event_id, _) = self.invited("16.1", "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR")
        inbox = device.folder("Inbox")
        self.request(device.user, sequence=1, start="20300120T090000Z", end="20300120T100000Z", method="ADD")
        added, event = self.only(self.news(device, calendar)["Add"])
        self.assertEqual(self.texts(event)["StartTime"], "20300120T090000Z")
        mail_id, item = self.only(self.news(device, inbox)["Add"])
        self.assertEqual(item["MessageClass"].text, "IPM.Schedule.Meeting.Request")
        self.assertEqual(self.answer(device, 1, inbox, mail_id, ("SendResponse",)), ("1", added))
        method, text = self.calendar_of(self.mails(device.user, "Sent")[-1])
        self.assertEqual(method, "REPLY")
        self.assertIn("RECURRENCE-ID:20300120T090000Z", text)
        # The organizer calls that one off.
        self.request(device.user, "RECURRENCE-ID:20300120T090000Z", "STATUS:CANCELLED", sequence=2, start="20300120T090000Z",
                     end="20300120T100000Z", method="CANCEL")
        changed = self.news(device, calendar)["Change"]
        self.assertEqual([(key, self.texts(one)["MeetingStatus"]) for key, one in changed.items()], [(added, "7")])
        # Another one, and then the series anew, which has neither.
        self.request(device.user, sequence=3, start="20300121T090000Z", end="20300121T100000Z", method="ADD")
        more, _ = self.only(self.news(device, calendar)["Add"])
        self.request(device.user, "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR", sequence=4)
        told = self.news(device, calendar)
        self.assertEqual((sorted(told["Delete"]), list(told["Change"])), (sorted([added, more]), [event_id]))


if __name__ == "__main__":
    unittest.main()
