"""Attachments of events and drafts by Sync, from 16.0 on: added, told, fetched, deleted, sent to attendees. MS-ASAIRS sections
2.2.2.2 to 2.2.2.24, MS-ASCAL section 2.2.2.21."""
import base64, struct, sys, time, unittest

from e2e import harness, test_activesync_meetings
from e2e.test_activesync_items import note_body

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.wbxml import Opaque, element  # noqa: E402

BASE = "{AirSyncBase}"
OCTETS = bytes(range(256)) * 40


def added(client, name, octets=OCTETS, kind="image/x-thing", *more):
    return ("Add", ("ClientId", client), ("Method", 1), ("ContentType", kind), ("Content", Opaque(octets)),
            ("DisplayName", name), *more)


def attachments(*changes):
    return ("AirSyncBase:Attachments", *changes)


def deleted(reference):
    return ("Delete", ("FileReference", reference))


class AttachmentCase(test_activesync_meetings.MeetingCase):
    meeting = test_activesync_meetings.OrganizerTest.meeting
    pair = test_activesync_meetings.OrganizerTest.pair

    def known(self, answer, command):
        """{ClientId: FileReference} of an answer to a command."""
        found = answer.all(f"Collections/Collection/Responses/{command}/ApplicationData/Attachments/Attachment")
        return {one.findtext(BASE + "ClientId"): one.findtext(BASE + "FileReference") for one in found}

    def add_with(self, device, folder, *data, client="c1"):
        """Adds an event; its id and what its files are called."""
        answer = self.command(device, folder, ("Add", ("ClientId", client), ("ApplicationData", *data)))
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "1")
        return answer.text("Collections/Collection/Responses/Add/ServerId"), self.known(answer, "Add")

    def change_with(self, device, folder, item, *data, instance=None):
        answer = self.command(device, folder, ("Change", ("ServerId", item), instance and ("AirSyncBase:InstanceId", instance),
                                               ("ApplicationData", *data)))
        self.assertIn(answer.text("Collections/Collection/Responses/Change/Status"), (None, "1"))
        return self.known(answer, "Change")

    def files(self, node):
        """{DisplayName: FileReference} of an item or an exception."""
        return {one.findtext(BASE + "DisplayName"): one.findtext(BASE + "FileReference") for one in node}

    def fetch(self, device, reference, *options, headers=None):
        return device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), ("AirSyncBase:FileReference", reference), ("Options", *options) if options else None)),
            headers=headers)

    def octets(self, device, reference):
        answer = self.fetch(device, reference)
        self.assertEqual(answer.text("Response/Fetch/Status"), "1")
        return base64.b64decode(answer.text("Response/Fetch/Properties/Data"))


class EventTest(AttachmentCase):
    def test_added_fetched_deleted(self):
        one, two, folder = self.two()
        item, known = self.add_with(one, folder, *self.event(
            ("Calendar:ClientUid", "u1"), attachments(added("a1", "dätä;1,\"x\".bin"), added("a2", "b.txt", b"second", "no type"))))
        self.assertEqual(list(known), ["a1", "a2"])
        self.assertEqual(self.news(one, folder)["Change"], {})  # its own change is not told to it
        told = self.news(two, folder)["Add"][item]["Attachments"]
        first = {child.tag.removeprefix(BASE): child.text for child in told[0]}
        self.assertEqual(first, {"DisplayName": "dätä;1,\"x\".bin", "FileReference": known["a1"], "Method": "1",
                                 "EstimatedDataSize": str(len(OCTETS))})
        self.assertEqual(self.octets(two, known["a1"]), OCTETS)
        answer = self.fetch(two, known["a1"], ("Range", "10-19"))
        self.assertEqual(base64.b64decode(answer.text("Response/Fetch/Properties/Data")), OCTETS[10:20])
        self.assertEqual(answer.text("Response/Fetch/Properties/ContentType"), "image/x-thing")
        self.assertEqual(answer.text("Response/Fetch/Properties/Total"), str(len(OCTETS)))
        answer = self.fetch(two, known["a2"], headers={"MS-ASAcceptMultiPart": "T"})
        at, length = struct.unpack_from("<II", answer.body, 12)
        self.assertEqual(answer.body[at:at + length], b"second")
        self.assertIn(b"application/octet-stream", answer.body)
        two.version = "12.1"
        answer = two.raw("GetAttachment", AttachmentName=known["a1"])
        self.assertEqual((answer.body, answer.headers["Content-Type"]), (OCTETS, "image/x-thing"))
        two.version = "16.1"
        # A change that names no attachments leaves them, by the same references.
        self.change_with(two, folder, item, ("Calendar:Subject", "Other"))
        self.assertEqual(self.files(self.news(one, folder)["Change"][item]["Attachments"]),
                         {"dätä;1,\"x\".bin": known["a1"], "b.txt": known["a2"]})
        more = self.change_with(one, folder, item, attachments(deleted(known["a1"]), added("a1", "c.bin", b"third")))
        self.assertEqual(self.files(self.news(two, folder)["Change"][item]["Attachments"]),
                         {"b.txt": known["a2"], "c.bin": more["a1"]})
        self.assertEqual(self.fetch(two, known["a1"]).text("Response/Fetch/Status"), "15")
        self.assertEqual((self.octets(two, known["a2"]), self.octets(one, more["a1"])), (b"second", b"third"))
        self.change_with(one, folder, item, attachments(deleted(known["a2"]), deleted(more["a1"])))
        self.assertNotIn("Attachments", self.news(two, folder)["Change"][item])
        self.assertEqual(self.fetch(self.ready(), more["a1"]).text("Response/Fetch/Status"), "15")

    def test_what_is_sent_again_is_there_once(self):
        one, two, folder = self.two()
        event = self.event(("Calendar:ClientUid", "u1"), attachments(added("a1", "a.bin")))
        key = one.keys[folder]
        item, known = self.add_with(one, folder, *event)
        one.keys[folder] = key  # the answer was lost: the same request
        self.assertEqual(self.add_with(one, folder, *event), (item, known))
        self.assertEqual(self.add_with(one, folder, *event, client="c2"), (item, known))  # another one, the same event
        again = self.change_with(one, folder, item, attachments(added("a1", "a.bin")))
        self.assertEqual(again, known)
        self.assertEqual(self.files(self.news(two, folder)["Add"][item]["Attachments"]), {"a.bin": known["a1"]})

    def test_devices_that_have_no_word_for_them(self):
        new, old, folder = self.two(other="14.1")
        item, known = self.add_with(new, folder, *self.event(
            ("Calendar:ClientUid", "u1"), ("Calendar:Recurrence", ("Type", "0"), ("Interval", "1"), ("Occurrences", "4")),
            attachments(added("a1", "a.bin"))))
        self.change_with(new, folder, item, attachments(added("o1", "o.bin", b"occurrence")), instance="20261104T080000Z")
        self.assertNotIn("Attachments", self.news(old, folder)["Add"][item])
        exceptions = ("Calendar:Exceptions", ("Exception", ("ExceptionStartTime", "20261104T080000Z"), ("Subject", "That one")))
        self.change(old, folder, item, *self.event(
            ("Calendar:Recurrence", ("Type", "0"), ("Interval", "1"), ("Occurrences", "4")), exceptions, subject="Renamed"))
        told = self.news(new, folder)["Change"][item]
        self.assertEqual((told["Subject"].text, self.files(told["Attachments"])), ("Renamed", {"a.bin": known["a1"]}))
        self.assertEqual(list(self.files(told["Exceptions"][0].find(BASE + "Attachments"))), ["a.bin", "o.bin"])
        # Nor can they add any.
        self.change(old, folder, item, *self.event(attachments(added("x", "x.bin"))))
        self.assertEqual(list(self.files(self.news(new, folder)["Change"][item]["Attachments"])), ["a.bin"])

    def test_occurrences(self):
        one, two, folder = self.two()
        item, known = self.add_with(one, folder, *self.event(
            ("Calendar:ClientUid", "u1"), ("Calendar:Recurrence", ("Type", "0"), ("Interval", "1"), ("Occurrences", "5")),
            attachments(added("a1", "a.bin"))))
        self.news(two, folder)
        more = self.change_with(one, folder, item, attachments(added("o1", "o.bin", b"occurrence")), instance="20261104T080000Z")
        self.change_with(one, folder, item, attachments(deleted(known["a1"])), instance="20261105T080000Z")
        self.change_with(one, folder, item, ("Calendar:Subject", "Third"), instance="20261106T080000Z")
        told = self.news(two, folder)["Change"][item]
        self.assertEqual(self.files(told["Attachments"]), {"a.bin": known["a1"]})
        by_id = {one.findtext(BASE + "InstanceId"): one.find(BASE + "Attachments") for one in told["Exceptions"]}
        self.assertEqual(self.files(by_id["20261104T080000Z"]), {"a.bin": known["a1"], "o.bin": more["o1"]})
        self.assertEqual(len(by_id["20261105T080000Z"]), 0)  # it has none
        self.assertIsNone(by_id["20261106T080000Z"])  # those of the series
        self.assertEqual(self.octets(two, more["o1"]), b"occurrence")
        # What is deleted of the series goes from occurrences that have nothing of their own; a file stays while one has it.
        self.change_with(one, folder, item, attachments(deleted(known["a1"])))
        told = self.news(two, folder)["Change"][item]
        self.assertNotIn("Attachments", told)
        by_id = {one.findtext(BASE + "InstanceId"): one.find(BASE + "Attachments") for one in told["Exceptions"]}
        self.assertEqual(self.files(by_id["20261104T080000Z"]), {"a.bin": known["a1"], "o.bin": more["o1"]})
        self.assertIsNone(by_id["20261106T080000Z"])
        self.assertEqual(self.octets(two, known["a1"]), OCTETS)

    def test_a_mail_has_no_names_for_files(self):
        one, _, folder = self.two()
        part = "\r\n".join(["--b", "Content-Type: text/plain", "Content-ID: <0123456789abcdef@attachment.invalid>", "", "words", ""])
        self.server.deliver("\r\n".join([
            "From: a@example.org", f"To: {one.user}", "Subject: x", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "",
            part + part + "--b--", ""]).encode(), to=one.user)
        item = next(iter(self.fill(one, one.folder("Inbox"))))
        self.assertEqual(self.fetch(one, f"{item}:2").text("Response/Fetch/Status"), "1")
        self.assertEqual(self.fetch(one, f"{item}:@0123456789abcdef").text("Response/Fetch/Status"), "15")

    def test_bounds(self):
        one, _, folder = self.two()
        many = [added(f"a{n}", f"{n}.bin", b"%d" % n) for n in range(51)]
        event = self.event(("Calendar:ClientUid", "u1"))
        for status, changes in (("122", many), ("122", [added("a", "a.bin", bytes(26 << 20))]),
                                ("6", [added("a" * 65, "a.bin")]), ("6", [("Add", ("ClientId", "a"), ("DisplayName", "a"))])):
            answer = self.command(one, folder, ("Add", ("ClientId", "c"), ("ApplicationData", *event, attachments(*changes))))
            self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), status)
        item, known = self.add_with(one, folder, *event, attachments(*many[:50]))
        self.assertEqual(len(set(known.values())), 50)
        self.change(one, folder, item, attachments(many[50]), status="122")
        self.change(one, folder, item, attachments(deleted(known["a0"]), many[50]), status="1")

    def test_one_request_copies_so_much(self):
        one, _, folder = self.two()
        item, _ = self.add_with(one, folder, *self.event(("Calendar:ClientUid", "u1"), attachments(added("a", "a.bin", bytes(25 << 20)))))
        answer = self.command(one, folder, *[("Change", ("ServerId", item), ("ApplicationData", ("Calendar:Subject", f"{n}")))
                                             for n in range(8)])
        self.assertEqual([status.text for status in answer.all("Collections/Collection/Responses/Change/Status")], ["5"])
        self.change(one, folder, item, ("Calendar:Subject", "Another request"))

    def test_moved_with_its_event(self):
        one, _, folder = self.two()
        made = one.raw("FolderCreate", element("FolderHierarchy:FolderCreate", ("SyncKey", one.folder_key), ("ParentId", "0"),
                                               ("DisplayName", "Club"), ("Type", "13")))
        one.folder_key = made.text("SyncKey")
        item, known = self.add_with(one, folder, *self.event(attachments(added("a1", "a.bin"))))
        moved = one.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", item), ("SrcFldId", folder),
                                                                ("DstFldId", made.text("ServerId")))))
        item = moved.text("Response/DstMsgId")
        told = self.start(one, made.text("ServerId"))["Add"][item]
        reference = self.files(told["Attachments"])["a.bin"]
        self.assertEqual(self.octets(one, reference), OCTETS)
        self.assertEqual(self.fetch(one, known["a1"]).text("Response/Fetch/Status"), "15")
        # The former name still says which one is meant.
        self.change_with(one, made.text("ServerId"), item, attachments(deleted(known["a1"])))
        self.assertEqual(self.fetch(one, reference).text("Response/Fetch/Status"), "15")


class MeetingTest(AttachmentCase):
    def test_attendees_get_them(self):
        one, two = self.pair()
        item = self.meeting(one, two.user, attachments(added("a1", "plän.bin", OCTETS)))
        mail = self.mails(two.user)[0]
        self.assertEqual(mail.get_content_type(), "multipart/mixed")
        self.assertEqual(mail.get_body(("plain",)).get_content_type(), "text/plain")
        method, text = self.calendar_of(mail)
        self.assertEqual(method, "REQUEST")
        self.assertNotIn("MANAGED-ID", text)
        part = next(mail.iter_attachments())
        self.assertEqual((part.get_filename(), part.get_content_type(), part.get_content()), ("plän.bin", "image/x-thing", OCTETS))
        self.assertIn("CID:" + part["Content-ID"].strip("<>"), text)
        # Another file is news for who was asked.
        self.change_with(one, one.folder("Calendar"), item, attachments(added("a2", "more.bin", b"more")))
        mail = self.mails(two.user)[-1]
        self.assertEqual([part.get_filename() for part in mail.iter_attachments()], ["plän.bin", "more.bin"])
        self.command(one, one.folder("Calendar"), ("Delete", ("ServerId", item)))
        mail = self.mails(two.user)[-1]
        self.assertEqual((self.calendar_of(mail)[0], list(part.get_filename() for part in mail.iter_attachments())[1:]),
                         ("CANCEL", []))


    def test_they_are_those_of_the_attendees_event(self):
        one, two = self.pair()
        calendar = two.folder("Calendar")
        item = self.meeting(one, two.user, attachments(added("a1", "plän.bin", OCTETS)))
        own, event = self.only(self.news(two, calendar)["Add"])
        names = self.files(event["Attachments"])
        self.assertEqual(list(names), ["plän.bin"])
        self.assertEqual(event["Attachments"][0].findtext(BASE + "EstimatedDataSize"), str(len(OCTETS)))
        self.assertEqual(self.octets(two, names["plän.bin"]), OCTETS)
        # His own stay beside them; the organizer's are those of the last message.
        notes = self.change_with(two, calendar, own, attachments(added("n1", "notes.bin", b"notes")))["n1"]
        time.sleep(1.1)  # DTSTAMP, by which updates are in order, counts seconds
        known = self.change_with(one, one.folder("Calendar"), item, attachments(added("a2", "more.bin", b"more")))
        names = self.files(self.news(two, calendar)["Change"][own]["Attachments"])
        self.assertEqual(sorted(names), ["more.bin", "notes.bin", "plän.bin"])
        self.assertEqual([self.octets(two, names[one]) for one in sorted(names)], [b"more", b"notes", OCTETS])
        time.sleep(1.1)
        self.change_with(one, one.folder("Calendar"), item, attachments(deleted(known["a2"])))
        names = self.files(self.news(two, calendar)["Change"][own]["Attachments"])
        self.assertEqual((sorted(names), names["notes.bin"]), (["notes.bin", "plän.bin"], notes))

    def test_they_come_with_the_answer_where_the_mail_alone_is_there(self):
        """A robot's invitation is in no calendar till it is answered; with it come the files."""
        device = self.ready()
        inbox, calendar = device.folder("Inbox"), device.folder("Calendar")
        self.start(device, inbox)
        self.start(device, calendar)
        lines = ["DTSTART:20300104T090000Z", "DTEND:20300104T100000Z", "DTSTAMP:20261122T120000Z", "SUMMARY:Plans",
                 "ATTACH;VALUE=BINARY;ENCODING=BASE64;FILENAME=in.txt:" + base64.b64encode(b"within").decode(),
                 f"ATTENDEE;RSVP=TRUE:mailto:{device.user}"]
        text = test_activesync_meetings.ics("REQUEST", *lines)
        body = (f"--x\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n{text}\r\n"
                "--x\r\nContent-Type: image/x-thing\r\nContent-Disposition: attachment; filename=plan.bin\r\n"
                f"Content-Transfer-Encoding: base64\r\n\r\n{base64.b64encode(OCTETS).decode()}\r\n--x--\r\n")
        self.deliver(device.user, "Plans", body, From="Robot <robot@elsewhere.test>", MIME_Version="1.0",
                     Content_Type="multipart/mixed; boundary=x")
        mail_id, _ = self.only(self.news(device, inbox)["Add"])
        self.assertEqual(self.news(device, calendar)["Add"], {})
        status, made = self.answer(device, 1, inbox, mail_id)
        self.assertEqual(status, "1")
        names = self.files(self.news(device, calendar)["Add"][made]["Attachments"])
        self.assertEqual(sorted(names), ["in.txt", "plan.bin"])
        self.assertEqual((self.octets(device, names["in.txt"]), self.octets(device, names["plan.bin"])), (b"within", OCTETS))

    def test_of_one_occurrence_only_its_own(self):
        one, two = self.pair()
        folder = one.folder("Calendar")
        item = self.meeting(one, two.user, ("Calendar:Recurrence", ("Type", "0"), ("Interval", "1"), ("Occurrences", "5")),
                            attachments(added("a1", "a.bin", b"all")))
        names = lambda: [part.get_filename() for part in self.mails(two.user)[-1].iter_attachments()][-2:]  # noqa: E731
        self.change_with(one, folder, item, attachments(added("o1", "o.bin", b"one")), instance="20300105T090000Z")
        self.assertEqual(names(), ["a.bin", "o.bin"])
        self.change_with(one, folder, item, ("Calendar:Subject", "Another"), instance="20300106T090000Z")
        self.assertIn("Another", str(self.mails(two.user)[-1]["Subject"]))
        self.assertNotIn("o.bin", names())
        self.assertIn("a.bin", names())

    def test_updates_keep_what_the_attendee_has_added(self):
        one, two = self.pair()
        item = self.meeting(one, two.user)
        own = next(iter(self.news(two, two.folder("Calendar"))["Add"]))
        known = self.change_with(two, two.folder("Calendar"), own, attachments(added("n1", "notes.bin", b"notes")))
        self.news(two, two.folder("Calendar"))
        self.change_with(one, one.folder("Calendar"), item, ("Calendar:StartTime", "20300104T110000Z"),
                         ("Calendar:EndTime", "20300104T120000Z"))
        told = self.news(two, two.folder("Calendar"))["Change"][own]
        self.assertEqual((told["StartTime"].text, self.files(told["Attachments"])), ("20300104T110000Z", {"notes.bin": known["n1"]}))
        self.assertEqual(self.octets(two, known["n1"]), b"notes")


class DraftTest(AttachmentCase):
    def test_known_by_their_answer(self):
        user = self.user()
        one, two = self.ready(user), self.ready(user, device="DEV2")
        drafts = one.folder("Drafts")
        self.fill(one, drafts)
        self.fill(two, drafts)
        data = [("Email:Subject", "Draft"), note_body("<b>words</b>", 2)]
        item, known = self.add_with(one, drafts, *data, attachments(added("a1", "a.bin"), added("a2", "b.txt", b"b", "text/plain",
                                                                                               ("IsInline", 1))))
        self.assertEqual((list(known), self.octets(one, known["a1"]), self.octets(one, known["a2"])), (["a1", "a2"], OCTETS, b"b"))
        answer = self.command(one, drafts, ("Change", ("ServerId", item), ("ApplicationData", attachments(
            deleted(known["a1"]), added("a3", "c.bin", b"c")))))
        self.assertEqual(answer.text("Collections/Collection/Responses/Change/Status"), "1")
        more = self.known(answer, "Change")
        self.assertEqual((list(more), self.octets(one, more["a3"])), (["a3"], b"c"))
        told = self.more(two, drafts)
        self.assertEqual(self.files(next(iter(told.values()))["Attachments"])["c.bin"], more["a3"])
        self.assertNotIn("a.bin", self.files(next(iter(told.values()))["Attachments"]))


if __name__ == "__main__":
    unittest.main()
