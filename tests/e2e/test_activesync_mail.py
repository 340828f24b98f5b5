"""Properties of messages as MS-ASEMAIL has them: flags, what is the server's alone, drafts, bodies."""
import unittest

from e2e import harness, test_activesync_bodies, test_activesync_meetings
from eas.device import PLAIN
from eas.wbxml import Opaque, element

ACTIVE = {"Email:Status": 2, "Email:FlagType": "for Follow Up", "Tasks:StartDate": "2026-11-02T00:00:00.000Z",
          "Tasks:UtcStartDate": "2026-11-01T23:00:00.000Z", "Tasks:DueDate": "2026-11-05T00:00:00.000Z",
          "Tasks:UtcDueDate": "2026-11-04T23:00:00.000Z", "Tasks:ReminderSet": 1,
          "Tasks:ReminderTime": "2026-11-04T08:00:00.000Z", "Tasks:SubOrdinalDate": "5"}
COMPLETE = {"Email:Status": 1, "Email:CompleteTime": "2026-11-05T00:00:00.000Z",
            "Tasks:DateCompleted": "2026-11-05T00:00:00.000Z"}


def flag(of, **other):
    """A Flag as it should be, but for what is named: a value instead, or without it."""
    rows = [(name, other.pop(name.split(":")[1], value)) for name, value in of.items()]
    assert not other, other
    return ("Email:Flag", *[row for row in rows if row[1] is not None])


def said(element):
    """The children of a Flag by their names."""
    return {child.tag.split("}")[1]: child.text for child in element}


def as_told(of, **other):
    """What devices are told of a flag that was set so."""
    rows = {name.split(":")[1]: str(value) for name, value in of.items()}
    return {name: value for name, value in {**rows, **other}.items()}


class MailCase(test_activesync_bodies.BodyCase):
    def change(self, device, folder, item, *data):
        """Its status: 1 unless the answer names another."""
        answer = device.sync(device.collection(folder, ("Change", ("ServerId", item), ("ApplicationData", *data))))
        self.assertEqual(answer.text("Collections/Collection/Status"), "1")
        return answer.text("Collections/Collection/Responses/Change/Status") or "1"

    def fetch(self, device, folder, item, *options):
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", folder), ("AirSync:ServerId", item), ("Options", *options))))
        self.assertEqual(answer.text("Response/Fetch/Status"), "1")
        return {child.tag.split("}")[1]: child for child in answer.find("Response/Fetch/Properties")}

    def one(self, subject="Letter", **fields):
        """A device with one message in its Inbox: device, folder, id."""
        user = self.user()
        self.deliver(user, subject, **fields)
        device = self.ready(user)
        return device, device.folder("Inbox"), next(iter(self.fill(device, device.folder("Inbox"))))

    def is_flagged(self, device, folder, item):
        return self.flag_of(device, folder, item).get("Status") == "2"

    def flag_of(self, device, folder, item):
        return said(self.fetch(device, folder, item)["Flag"])


class FlagTest(MailCase):
    USERS = 24

    def test_flags_that_are_none(self):
        device, inbox, item = self.one()
        late, early = "2026-12-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z"
        wrong = [flag(ACTIVE, Status=status) for status in (3, 17, "x", None)]
        wrong += [flag(ACTIVE, FlagType=None), flag(ACTIVE, ReminderTime=None)]
        wrong += [flag(ACTIVE, **{name: None}) for name in ("StartDate", "UtcStartDate", "DueDate", "UtcDueDate")]
        wrong += [flag(ACTIVE, StartDate=late), flag(ACTIVE, UtcStartDate=late)]
        wrong += [flag(ACTIVE, DueDate=early), flag(ACTIVE, UtcDueDate=early)]
        wrong += [flag(COMPLETE, CompleteTime=None), flag(COMPLETE, DateCompleted=None)]
        wrong += [flag(COMPLETE, CompleteTime="soon"), flag(COMPLETE, DateCompleted="2026-13-01T00:00:00.000Z")]
        wrong += [flag(ACTIVE, ReminderTime="soon"), flag({**ACTIVE, "Tasks:OrdinalDate": "now"})]
        for one in wrong:
            with self.subTest(flag=one):
                self.assertEqual(self.change(device, inbox, item, one), "6")
                self.assertFalse(self.is_flagged(device, inbox, item))
        for right, flagged in ((flag(ACTIVE), True), (flag(COMPLETE), False),
                               (flag(ACTIVE, StartDate=None, UtcStartDate=None, DueDate=None, UtcDueDate=None), True),
                               (("Email:Flag",), False), (flag(ACTIVE), True), (("Email:Flag", ("Status", 0)), False)):
            with self.subTest(flag=right):
                self.assertEqual(self.change(device, inbox, item, right), "1")
                self.assertEqual(self.is_flagged(device, inbox, item), flagged)

    def changed(self, device, folder):
        """The flags that the next Sync tells, by item; None: it says nothing of it."""
        out = {}
        for change in device.sync(device.collection(folder)).all("Collections/Collection/Commands/Change"):
            flags = [child for child in change[1] if child.tag == "{Email}Flag"]
            out[change[0].text] = said(flags[0]) if flags else None
        return out

    def two(self):
        """Two devices that have one message."""
        one, inbox, item = self.one()
        two = self.ready(one.user, device="DEV2")
        self.fill(two, inbox)
        return one, two, inbox, item

    def flags_in_imap(self, user, folder="INBOX"):
        answer = self.imap(user, folder).fetch("1", "(FLAGS MODSEQ)")[1][0].decode()
        return "\\Flagged" in answer, int(answer.split("MODSEQ (")[1].split(")")[0])

    def test_all_of_it_is_kept(self):
        one, two, inbox, item = self.two()
        whole = {**ACTIVE, "Tasks:Subject": "Überweisung & mehr", "Tasks:OrdinalDate": "2026-11-02T09:10:11.123Z"}
        self.assertEqual(self.change(one, inbox, item, flag(whole)), "1")
        self.assertEqual(self.changed(two, inbox), {item: as_told(whole)})
        self.assertEqual(self.changed(one, inbox), {})
        self.assertEqual(self.flag_of(two, inbox, item), as_told(whole))  # ItemOperations
        three = self.ready(one.user, device="DEV3", version="14.1")
        self.assertEqual(said(self.fill(three, inbox)[item]["Flag"]), as_told(whole))  # Add
        found = two.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), (
            "Query", ("And", ("AirSync:Class", "Email"), ("AirSync:CollectionId", inbox), ("FreeText", "letter"))),
            ("Options", ("Range", "0-9")))))
        self.assertEqual(said(found.find("Response/Store/Result/Properties/Flag")), as_told(whole))

    def test_what_a_flag_does_not_name_stays(self):
        one, two, inbox, item = self.two()
        self.change(one, inbox, item, flag(ACTIVE))
        self.changed(two, inbox)
        flagged, modseq = self.flags_in_imap(one.user)
        self.assertTrue(flagged)
        later = "2026-12-24T00:00:00.000Z"
        dates = [(f"Tasks:{name}", later) for name in ("StartDate", "UtcStartDate", "DueDate", "UtcDueDate")]
        self.assertEqual(self.change(one, inbox, item, ("Email:Flag", ("Status", 2), *dates)), "1")
        wanted = as_told(ACTIVE, StartDate=later, UtcStartDate=later, DueDate=later, UtcDueDate=later)
        self.assertEqual(self.changed(two, inbox), {item: wanted})
        after = self.flags_in_imap(one.user)
        self.assertTrue(after[0])
        self.assertGreater(after[1], modseq)  # to IMAP the flags are what they were
        # The same again is no change, neither to other devices nor to IMAP.
        self.assertEqual(self.change(one, inbox, item, ("Email:Flag", ("Status", 2), *dates)), "1")
        self.assertEqual(self.changed(two, inbox), {})
        self.assertEqual(self.flags_in_imap(one.user), after)
        # One that names its type is another flag.
        bare = {"Email:Status": 2, "Email:FlagType": "Flag for follow up"}
        self.assertEqual(self.change(two, inbox, item, flag(bare)), "1")
        self.assertEqual(self.changed(one, inbox), {item: as_told(bare)})

    def test_what_has_changed_and_no_more(self):
        """Section 3.2.5.3.1: read, the flag, or all."""
        one, two, inbox, item = self.two()
        imap = self.imap(one.user)

        def told():
            answer = two.sync(two.collection(inbox))
            change, = answer.all("Collections/Collection/Commands/Change")
            self.assertEqual(change[0].text, item)
            return {child.tag.split("}")[1] for child in change[1]}
        self.change(one, inbox, item, ("Email:Read", 1))
        self.assertEqual(told(), {"Read"})
        self.change(one, inbox, item, flag(ACTIVE))
        self.assertEqual(told(), {"Flag"})
        later = "2026-12-24T00:00:00.000Z"
        self.change(one, inbox, item, ("Email:Flag", ("Status", 2), ("Tasks:ReminderSet", 1), ("Tasks:ReminderTime", later)))
        self.assertEqual(told(), {"Flag"})
        self.change(one, inbox, item, ("Email:Read", 0), ("Email:Flag",))
        self.assertEqual(told(), {"Read", "Flag"})
        imap.store("1", "+FLAGS", "\\Seen")
        imap.store("1", "FLAGS", "(\\Seen \\Flagged)")  # of these one is new
        self.assertEqual(told(), {"Read", "Flag"})
        imap.store("1", "FLAGS", "(\\Seen)")
        self.assertEqual(told(), {"Flag"})
        imap.store("1", "+FLAGS", "(blue)")
        self.assertGreaterEqual(told(), {"Read", "Flag", "Categories"})
        self.change(one, inbox, item, ("Email:Categories", ("Category", "red")), ("Email:Read", 0))
        self.assertGreaterEqual(told(), {"Read", "Flag", "Categories"})

    def test_complete(self):
        one, two, inbox, item = self.two()
        self.change(one, inbox, item, flag(ACTIVE))
        self.changed(two, inbox)
        self.assertEqual(self.change(one, inbox, item, flag(COMPLETE)), "1")
        self.assertEqual(self.changed(two, inbox), {item: {**as_told(ACTIVE), **as_told(COMPLETE)}})
        self.assertFalse(self.flags_in_imap(one.user)[0])
        # Active again: of the type that it has, and no more complete.
        self.assertEqual(self.change(two, inbox, item, ("Email:Flag", ("Status", 2))), "1")
        self.assertEqual(self.changed(one, inbox), {item: as_told(ACTIVE)})
        self.assertTrue(self.flags_in_imap(one.user)[0])
        for cleared in (("Email:Flag",), ("Email:Flag", ("Status", 0))):
            self.change(one, inbox, item, flag(COMPLETE))
            self.changed(two, inbox)
            self.assertEqual(self.change(one, inbox, item, cleared), "1")
            self.assertEqual(self.changed(two, inbox), {item: {}})
            self.assertFalse(self.flags_in_imap(one.user)[0])

    def test_mail_programs_beside(self):
        one, two, inbox, item = self.two()
        imap = self.imap(one.user)
        plain = {"Status": "2", "FlagType": "for Follow Up"}

        def told(wanted):
            for device in (one, two):
                self.assertEqual(self.changed(device, inbox), {item: wanted})
        imap.store("1", "+FLAGS", "\\Flagged")
        told(plain)
        self.change(one, inbox, item, flag(ACTIVE))
        self.assertEqual(self.changed(two, inbox), {item: as_told(ACTIVE)})
        imap.store("1", "+FLAGS", "\\Answered")
        told(as_told(ACTIVE))
        imap.store("1", "FLAGS", "(\\Seen \\Flagged)")  # it is flagged as before
        told(as_told(ACTIVE))
        imap.store("1", "-FLAGS", "\\Flagged")
        told({})
        imap.store("1", "+FLAGS", "\\Flagged")  # nothing of what was said
        told(plain)
        self.change(one, inbox, item, flag(COMPLETE))
        self.changed(two, inbox)
        imap.store("1", "+FLAGS", "\\Flagged")
        told(plain)

    def test_copies_and_moves_carry_it(self):
        one, inbox, item = self.one()
        archive = one.folder("Archive")
        self.fill(one, archive)
        self.change(one, inbox, item, flag(ACTIVE))
        moved = one.raw("MoveItems", element("Move:MoveItems", (
            "Move", ("SrcMsgId", item), ("SrcFldId", inbox), ("DstFldId", archive)))).text("Response/DstMsgId")
        self.assertEqual(self.flag_of(one, archive, moved), as_told(ACTIVE))
        imap = self.imap(one.user, "Archive")
        imap.copy("1", "INBOX")
        copied, = self.more(one, inbox).items()
        self.assertEqual(said(copied[1]["Flag"]), as_told(ACTIVE))
        imap.uid("MOVE", "1", "INBOX")
        again, = self.more(one, inbox).items()
        self.assertEqual(said(again[1]["Flag"]), as_told(ACTIVE))
        # Each has its own.
        self.change(one, inbox, copied[0], ("Email:Flag",))
        self.assertEqual(self.flag_of(one, inbox, copied[0]), {})
        self.assertEqual(self.flag_of(one, inbox, again[0]), as_told(ACTIVE))

    def test_texts_that_are_too_long(self):
        device, inbox, item = self.one()
        self.assertEqual(self.change(device, inbox, item, flag(ACTIVE, FlagType="x" * 257)), "6")
        self.assertEqual(self.change(device, inbox, item, flag(ACTIVE, SubOrdinalDate="x" * 257)), "6")
        self.assertEqual(self.flag_of(device, inbox, item), {})
        # A message's subject may have any length, and devices name the flag by it.
        self.assertEqual(self.change(device, inbox, item, flag({**ACTIVE, "Tasks:Subject": "ü" * 900})), "1")
        self.assertEqual(self.flag_of(device, inbox, item)["Subject"], "ü" * 512)

    def test_the_type_of_one_that_is_set(self):
        device, inbox, item = self.one()
        self.assertEqual(self.change(device, inbox, item, flag(ACTIVE)), "1")
        self.assertEqual(self.change(device, inbox, item, flag(ACTIVE, FlagType=None)), "1")  # its dates change

    def test_more_than_one(self):
        device, inbox, item = self.one()
        for name, value in ACTIVE.items():
            with self.subTest(name=name):
                self.assertEqual(self.change(device, inbox, item, (*flag(ACTIVE), (name, value))), "1")

    def test_all_else_that_is_sent_with_it(self):
        device, inbox, item = self.one()
        known = self.fetch(device, inbox, item)
        told = [(f"Email:{name}", known[name].text) for name in ("To", "From", "Subject", "DateReceived", "DisplayTo", "ThreadTopic",
                                                                 "Importance", "MessageClass", "InternetCPID")]
        self.assertEqual(self.change(device, inbox, item, flag(ACTIVE), ("Email:Read", 1),
                                     ("Email:Categories", ("Category", "blue")), *told), "1")
        now = self.fetch(device, inbox, item)
        self.assertTrue(self.is_flagged(device, inbox, item))
        self.assertEqual((now["Read"].text, now["Categories"][0].text, now["Subject"].text), ("1", "blue", "Letter"))

    def test_categories_of_all_names(self):
        device, inbox, item = self.one()
        names = ["Blue category", "Übung", "50% (new)"]
        for wanted in (names, names[1:], []):
            self.assertEqual(self.change(device, inbox, item, ("Email:Categories", *[("Category", one) for one in wanted])), "1")
            self.assertEqual([one.text for one in self.fetch(device, inbox, item)["Categories"]], wanted)

    def test_what_is_the_servers(self):
        device, inbox, item = self.one()
        known = self.fetch(device, inbox, item)
        for one in (("Email2:ConversationId", Opaque(b"0" * 16)), ("Email2:ReceivedAsBcc", 1), ("Email2:Sender", "x@example.test")):
            with self.subTest(name=one[0]):
                self.assertEqual(self.change(device, inbox, item, one), "6")
                self.assertEqual(self.change(device, inbox, item, ("Email:Read", 1), one), "6")
        now = self.fetch(device, inbox, item)
        self.assertEqual((now["ConversationId"].text, now["Read"].text), (known["ConversationId"].text, "0"))

    def test_all_that_changed_at_once(self):
        device, inbox, item = self.one()
        two = self.ready(device.user, device="DEV2")
        self.fill(two, inbox)
        self.assertEqual(self.change(device, inbox, item, flag(ACTIVE), ("Email:Read", 1),
                                     ("Email:Categories", ("Category", "blue"), ("Category", "red"))), "1")
        changes = two.sync(two.collection(inbox)).all("Collections/Collection/Commands/Change")
        self.assertEqual([change[0].text for change in changes], [item])
        told = {child.tag.split("}")[1]: child for child in changes[0][1]}
        self.assertEqual((told["Read"].text, told["Flag"].findtext("{Email}Status")), ("1", "2"))
        self.assertEqual([one.text for one in told["Categories"]], ["blue", "red"])
        self.assertEqual(two.sync(two.collection(inbox)).body, b"")


class MeetingFlagTest(test_activesync_meetings.MeetingCase):
    def test_that_of_a_meeting_has_no_type(self):
        device, (inbox, item, _), _ = self.invited("16.1")
        self.change(device, inbox, item, ("Email:Flag", ("Status", 2)))  # no status: it is done


class WhoTest(MailCase):
    def test_sender(self):
        for fields, wanted in (({}, None), ({"Sender": "Anna <a@elsewhere.test>"}, None),
                               ({"Sender": "office@elsewhere.test"}, "office@elsewhere.test"), ({"Sender": ""}, None)):
            with self.subTest(fields=fields):
                device, inbox, item = self.one(**{"From": "a@elsewhere.test", **fields})
                told = self.fetch(device, inbox, item)
                self.assertEqual(told["Sender"].text if "Sender" in told else None, wanted)

    def test_copies(self):
        users = [self.user() for _ in range(3)]
        one, two, three = [self.ready(user) for user in users]
        message = harness.message("To two", "text\r\n", **{"From": users[0], "To": users[1], "Cc": users[2]})
        answer = one.raw("SendMail", element("ComposeMail:SendMail", ("ClientId", "c"), ("Mime", message)))
        self.assertEqual(answer.body, b"")
        for device in (two, three):
            told, = self.fill(device, device.folder("Inbox")).values()
            self.assertEqual((told["To"].text, told["Cc"].text), (users[1], users[2]))

    def test_verbs(self):
        device, inbox, item = self.one(From="a@elsewhere.test")
        self.assertNotIn("LastVerbExecuted", self.fetch(device, inbox, item))
        for verb, told in ((1, "1"), (2, "1"), (3, "3"), (0, "3"), (9, "3")):  # a reply is a reply: no more is kept
            self.assertEqual(self.change(device, inbox, item, ("Email2:LastVerbExecuted", verb)), "1")
            self.assertEqual(self.fetch(device, inbox, item)["LastVerbExecuted"].text, told)


class DraftTest(MailCase):
    def test_wherever_they_are_told(self):
        device = self.ready()
        drafts = device.folder("Drafts")
        self.fill(device, drafts)
        answer = device.sync(device.collection(drafts, ("Add", ("ClientId", "c1"), ("ApplicationData", (
            "Email:To", "a@elsewhere.test"), ("Email:Subject", "letter")))))
        item = answer.text("Collections/Collection/Responses/Add/ServerId")
        self.assertEqual(self.fetch(device, drafts, item)["IsDraft"].text, "1")
        query = ("Query", ("And", ("AirSync:Class", "Email"), ("AirSync:CollectionId", drafts), ("FreeText", "letter")))
        found = device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), query, ("Options", ("Range", "0-9")))))
        self.assertEqual(found.text("Response/Store/Result/Properties/IsDraft"), "1")
        other = self.ready(device.user, device="DEV2")
        self.assertEqual(self.fill(other, drafts)[item]["IsDraft"].text, "1")

    def edit(self, device, drafts, item, *data):
        """The id of the draft that takes its place."""
        answer = device.sync(device.collection(drafts, ("Change", ("ServerId", item), ("ApplicationData", *data))))
        self.assertIsNone(answer.find("Collections/Collection/Responses"))
        self.assertEqual(answer.text("Collections/Collection/Commands/Delete/ServerId"), item)
        return answer.text("Collections/Collection/Commands/Add/ServerId")

    def test_flags_stay_where_a_draft_is_changed(self):
        one = self.ready()
        two = self.ready(one.user, device="DEV2")
        drafts = one.folder("Drafts")
        self.fill(one, drafts)
        answer = one.sync(one.collection(drafts, ("Add", ("ClientId", "c1"), ("ApplicationData", ("Email:Subject", "letter")))))
        item = answer.text("Collections/Collection/Responses/Add/ServerId")
        self.fill(two, drafts)
        blue = ("Email:Categories", ("Category", "blue"))
        self.assertEqual(self.change(one, drafts, item, flag(ACTIVE), blue), "1")
        two.sync(two.collection(drafts))

        def seen_by(device, item, subject, of):
            told = self.more(device, drafts)[item] if device else self.fetch(two, drafts, item)
            self.assertEqual((told["Subject"].text, said(told["Flag"])), (subject, as_told(of)))
            self.assertEqual([category.text for category in told["Categories"]], ["blue"])

        item = self.edit(two, drafts, item, ("Email:Subject", "more"))
        seen_by(None, item, "more", ACTIVE)
        seen_by(one, item, "more", ACTIVE)  # which has written neither of both
        self.assertIn("\\Flagged", self.imap(one.user, "Drafts").fetch("1", "(FLAGS)")[1][0].decode())
        # Both at once: the new one has the new flag.
        item = self.edit(one, drafts, item, ("Email:Subject", "done"), flag(COMPLETE))
        seen_by(two, item, "done", {**ACTIVE, **COMPLETE})  # what it does not name stays
        # What a mail program puts in its place has the flags that it names, and no others (RFC 8508 section 1).
        client = self.imap(one.user, "Drafts")
        self.change(one, drafts, item, flag(ACTIVE))
        client.literal = b"Subject: again\r\n\r\ntext\r\n"
        self.assertEqual(client._simple_command("UID", "REPLACE", item.split(":")[1], "Drafts", "(\\Flagged)")[0], "OK")
        (item, told), = self.more(two, drafts).items()
        self.assertEqual((told["Subject"].text, said(told["Flag"]).get("Status")), ("again", "2"))
        self.assertNotIn("DueDate", said(told["Flag"]))
        self.assertEqual(len(told["Categories"]), 0)


class BodyTest(MailCase):
    def test_data_only_where_there_is_room(self):
        device, inbox, item = self.one(body="Plain text of the letter.\r\n")
        for size, all_or_none, data in ((0, None, None), (0, 1, None), (9, 1, None), (9, None, "Plain tex"), (900, 1, "Plain text of the letter.")):
            with self.subTest(size=size, all_or_none=all_or_none):
                body = self.fetch(device, inbox, item, test_activesync_bodies.preference(1, size, all_or_none))["Body"]
                got = body.findtext("{AirSyncBase}Data")
                self.assertEqual(got if got is None else got.strip(), data)


if __name__ == "__main__":
    unittest.main()
