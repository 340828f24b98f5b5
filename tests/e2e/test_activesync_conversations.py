"""Conversations over ActiveSync: moved once, moved always, ignored. MS-ASCON."""
import base64, imaplib, sys, time, unittest

from e2e import harness, test_activesync

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.device import PLAIN  # noqa: E402
from eas.wbxml import Opaque, element  # noqa: E402


class ConversationCase(test_activesync.ActiveSyncCase):
    USERS = 20

    def say(self, user, number, *fields, subject="Lunch", body="words"):
        """A message of a stranger's is delivered; its Message-ID is <mNUMBER@example.org>."""
        text = "\r\n".join(["From: a@example.org", f"To: {user}", f"Subject: {subject}", f"Message-ID: <m{number}@example.org>",
                            "Date: Mon, 02 Nov 2026 10:00:00 +0000", *fields, "", f"{body} {number}", ""])
        self.server.deliver(text.encode(), to=user)

    def conversation(self, version="16.1"):
        """A device whose Inbox has three messages of one conversation, and one of another; what that is called."""
        device = self.ready(version=version)
        self.say(device.user, 1)
        self.say(device.user, 2, "In-Reply-To: <m1@example.org>", "References: <m1@example.org>")
        self.say(device.user, 3, "References: <m1@example.org> <m2@example.org>")
        self.say(device.user, 9, subject="Another")
        items = self.fill(device, device.folder("Inbox"), options=PLAIN)
        first = next(fields for fields in items.values() if fields["Body"][-1].text.strip() == "words 1")
        return device, base64.b64decode(first["ConversationId"].text)

    def new_folder(self, device, name, kind="12"):
        made = device.raw("FolderCreate", element("FolderHierarchy:FolderCreate", ("SyncKey", device.folder_key), ("ParentId", "0"),
                                                  ("DisplayName", name), ("Type", kind)))
        device.folder_key = made.text("SyncKey")
        return made.text("ServerId")

    def move(self, device, name, target, always=False):
        """The status; its answer names the conversation."""
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Move", name and ("ConversationId", Opaque(name)), target and ("DstFldId", target),
            ("Options", ("MoveAlways",)) if always else None)))
        self.assertEqual(answer.text("Status"), "1")
        self.assertEqual({child.tag.split("}")[1] for child in answer.find("Response/Move")}, {"Status", "ConversationId"})
        if name:
            self.assertEqual(base64.b64decode(answer.text("Response/Move/ConversationId")), name)
        return answer.text("Response/Move/Status")

    def numbers(self, device, folder):
        """Of the messages that are in a folder."""
        items = self.fill(device, folder, options=PLAIN)
        return sorted(int(fields["Body"][-1].text.split()[-1]) for fields in items.values())


class MoveTest(ConversationCase):
    def test_once(self):
        device, name = self.conversation()
        inbox, other = device.folder("Inbox"), self.new_folder(device, "Other")
        items = self.fill(device, inbox, options=PLAIN)
        for folder, item in zip(("Sent", "Drafts", "Trash"), items):
            device.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", item), ("SrcFldId", inbox),
                                                               ("DstFldId", device.folder(folder)))))
        places = {folder: self.numbers(device, device.folder(folder)) for folder in ("Inbox", "Sent", "Drafts", "Trash")}
        self.assertEqual(sum(map(len, places.values())), 4)
        self.assertEqual(self.move(device, name, other), "1")
        # From all folders; what the user has sent, and what he writes, stays.
        self.assertEqual(self.numbers(device, other), sorted(n for n in places["Inbox"] + places["Trash"] if n != 9))
        for folder in ("Sent", "Drafts"):
            self.assertEqual(self.numbers(device, device.folder(folder)), places[folder])
        self.assertEqual(self.move(device, name, other), "1")  # there already
        self.say(device.user, 4, "References: <m1@example.org>")
        self.assertIn(4, self.numbers(device, inbox))  # what comes later is not touched

    def test_always(self):
        for version in ("14.1", "16.1"):
            device, name = self.conversation(version)
            inbox, other = device.folder("Inbox"), self.new_folder(device, "Other")
            self.assertEqual(self.move(device, name, other, always=True), "1")
            self.assertEqual((self.numbers(device, inbox), self.numbers(device, other)), ([9], [1, 2, 3]))
            self.say(device.user, 4, "References: <m1@example.org> <m3@example.org>")
            self.say(device.user, 5, subject="Lunch, another one")
            self.assertEqual((self.numbers(device, inbox), self.numbers(device, other)), ([5, 9], [1, 2, 3, 4]))
            # Elsewhere from now on.
            trash = device.folder("Trash")
            self.assertEqual(self.move(device, name, trash, always=True), "1")
            self.say(device.user, 6, "References: <m4@example.org>")
            self.assertEqual((self.numbers(device, other), self.numbers(device, trash)), ([], [1, 2, 3, 4, 6]))
            # Back to where mail comes: nothing is done about it any more.
            self.assertEqual(self.move(device, name, inbox, always=True), "1")
            self.say(device.user, 7, "References: <m6@example.org>")
            self.assertEqual(self.numbers(device, inbox), [1, 2, 3, 4, 5, 6, 7, 9])

    def test_junk_stays(self):
        device, name = self.conversation()
        inbox, junk, other = device.folder("Inbox"), device.folder("Junk"), self.new_folder(device, "Other")
        item = next(item for item, fields in self.fill(device, inbox, options=PLAIN).items()
                    if fields["Body"][-1].text.strip() == "words 2")
        device.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", item), ("SrcFldId", inbox), ("DstFldId", junk))))
        self.assertEqual(self.move(device, name, other, always=True), "1")
        self.assertEqual((self.numbers(device, inbox), self.numbers(device, other), self.numbers(device, junk)), ([9], [1, 3], [2]))
        # Unless it is where the user wants all of it.
        self.assertEqual(self.move(device, name, junk), "1")
        self.assertEqual((self.numbers(device, other), self.numbers(device, junk)), ([], [1, 2, 3]))

    def test_of_one_mailbox(self):
        device, name = self.conversation()
        other = self.ready()
        self.assertEqual(self.move(other, name, other.folder("Trash"), always=True), "6")  # another's conversation
        self.assertEqual(self.move(device, name, device.folder("Trash"), always=True), "1")
        for one in (device, other):
            self.say(one.user, 4, "References: <m1@example.org>")
        self.assertEqual((self.numbers(device, device.folder("Inbox")), self.numbers(other, other.folder("Inbox"))), ([9], [4]))

    def test_to_a_folder_that_is_gone(self):
        device, name = self.conversation()
        folder = self.new_folder(device, "Other")
        self.assertEqual(self.move(device, name, folder, always=True), "1")
        deleted = device.raw("FolderDelete", element("FolderHierarchy:FolderDelete", ("SyncKey", device.folder_key), ("ServerId", folder)))
        device.folder_key = deleted.text("SyncKey")
        self.say(device.user, 4, "References: <m1@example.org>")
        self.assertEqual(self.numbers(device, device.folder("Inbox")), [4, 9])

    def test_statuses(self):
        device, name = self.conversation()
        inbox = device.folder("Inbox")
        for status, conversation, target in (
                ("2", None, inbox), ("2", name, None), ("6", b"\0" * 16, inbox), ("6", b"short", inbox),
                ("6", b"\1" + name[1:], inbox), ("6", name, "ffffff"), ("6", name, "no folder"), ("105", name, "RI"),
                ("156", name, device.folder("Calendar")), ("156", name, device.folder("Drafts")), ("156", name, device.folder("Outbox"))):
            with self.subTest(status=status, conversation=conversation, target=target):
                self.assertEqual(self.move(device, conversation, target, always=True), status)
        self.assertEqual(self.numbers(device, inbox), [1, 2, 3, 9])
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", *[
            ("Move", ("ConversationId", Opaque(name)), ("DstFldId", target)) for target in (device.folder("Trash"), "ffffff")]))
        self.assertEqual([node.text for node in answer.all("Response/Move/Status")], ["1", "6"])  # one after the other


class WholeTest(ConversationCase):
    """ConversationMode: of a conversation that reaches into the window of dates all messages come. MS-ASCON section 3.1.4.9."""
    WEEK = [("FilterType", 3), ("AirSyncBase:BodyPreference", ("Type", 1), ("TruncationSize", 200000), ("Preview", 5))]

    def old(self, user, *numbers, days=30):
        imap = self.imap(user)
        for number in numbers:
            text = (f"From: a@example.org\r\nTo: {user}\r\nSubject: Lunch {number}\r\nMessage-ID: <m{number}@example.org>\r\n\r\n"
                    f"words {number}\r\n")
            imap.append("INBOX", None, imaplib.Time2Internaldate(time.time() - days * 86400), text.encode())
        return imap

    def subjects(self, answer, kind):
        return sorted(node.find("{*}ApplicationData/{Email}Subject").text for node in answer.all(f"Collections/Collection/Commands/{kind}"))

    def estimate(self, device, folder, *more):
        return device.raw("GetItemEstimate", element("GetItemEstimate:GetItemEstimate", ("Collections", (
            "Collection", ("AirSync:SyncKey", device.keys[folder]), ("CollectionId", folder), *more,
            ("AirSync:Options", ("FilterType", 3))))))

    def test_comes_whole_and_goes(self):
        for version in ("14.0", "14.1", "16.1"):
            device = self.ready(version=version)
            inbox = device.folder("Inbox")
            self.old(device.user, 1, 5)
            self.say(device.user, 2, "In-Reply-To: <m1@example.org>", subject="Re: Lunch 1")
            device.prime(inbox, options=self.WEEK)
            whole = ("AirSync:ConversationMode", 1)
            estimates = [self.estimate(device, inbox, *more).text("Response/Collection/Estimate") for more in (
                [], [whole], [("AirSync:ConversationMode",)], [("AirSync:ConversationMode", 0)])]
            self.assertEqual(estimates, ["1", "2", "2", "1"])
            answer = device.sync(device.collection(inbox, conversations=1, options=self.WEEK))
            self.assertEqual(self.subjects(answer, "Add"), ["Lunch 1", "Re: Lunch 1"])
            adds = {node.find("{*}ApplicationData/{Email}Subject").text: node for node in answer.all("Collections/Collection/Commands/Add")}
            old, new = (adds[name].find("{*}ApplicationData/{AirSyncBase}Body") for name in ("Lunch 1", "Re: Lunch 1"))
            self.assertEqual(new.findtext("{AirSyncBase}Data"), "words 2\r\n")
            self.assertIsNone(old.find("{AirSyncBase}Data"))
            self.assertEqual(old.findtext("{AirSyncBase}Truncated"), "1")
            if version != "14.0":
                self.assertEqual(old.findtext("{AirSyncBase}Preview"), "words")
            item = adds["Lunch 1"].findtext("{*}ServerId")
            fetched = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
                "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), ("AirSync:ServerId", item), ("Options", *PLAIN))))
            self.assertEqual(fetched.find("Response/Fetch/Properties").findtext(".//{AirSyncBase}Data"), "words 1\r\n")
            # As it was said, until it is said otherwise; and nothing that has been told is news.
            self.assertEqual(device.sync(device.collection(inbox)).body, b"")
            ping = element("Ping:Ping", ("HeartbeatInterval", 60), ("Folders", ("Folder", ("Id", inbox), ("Class", "Email"))))
            self.say(device.user, 6, "References: <m5@example.org>", subject="Re: Lunch 5")
            self.assertEqual(device.raw("Ping", ping).text("Status"), "2")
            answer = device.sync(device.collection(inbox))
            self.assertEqual(self.subjects(answer, "Add"), ["Lunch 5", "Re: Lunch 5"])
            self.assertEqual(self.estimate(device, inbox).text("Response/Collection/Estimate"), "0")
            self.assertEqual(self.estimate(device, inbox, ("AirSync:ConversationMode", 0)).text("Response/Collection/Estimate"), "2")
            # What brought it along goes, be it by another hand.
            imap = self.imap(device.user)
            imap.select("INBOX")
            imap.store(imap.search(None, "SUBJECT", '"Re: Lunch 1"')[1][0].decode(), "+FLAGS", "\\Deleted")
            imap.expunge()
            answer = device.sync(device.collection(inbox))
            self.assertEqual([node[0].text for node in answer.all("Collections/Collection/Commands/SoftDelete")], [item])
            self.assertEqual(len(answer.all("Collections/Collection/Commands/Delete")), 1)
            answer = device.sync(device.collection(inbox, conversations=0))
            self.assertEqual(len(answer.all("Collections/Collection/Commands/SoftDelete")), 1)
            answer = device.sync(device.collection(inbox, conversations=""))  # empty is 1: MS-ASCON section 2.2.2.5
            self.assertEqual(self.subjects(answer, "Add"), ["Lunch 5"])

    def test_of_this_folder_alone(self):
        """MS-ASCMD section 2.2.3.36.2: what lies elsewhere neither comes nor brings anything along."""
        device = self.ready()
        inbox, archive = device.folder("Inbox"), device.folder("Archive")
        self.old(device.user, 1)
        self.say(device.user, 2, "In-Reply-To: <m1@example.org>", subject="Re: Lunch 1")
        items = self.fill(device, inbox, options=PLAIN)
        new = next(item for item, fields in items.items() if fields["Subject"].text == "Re: Lunch 1")
        device.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", new), ("SrcFldId", inbox), ("DstFldId", archive))))
        for folder, subjects in ((inbox, []), (archive, ["Re: Lunch 1"])):
            device.prime(folder, options=self.WEEK)
            self.assertEqual(self.subjects(device.sync(device.collection(folder, conversations=1)), "Add"), subjects)

    def test_a_policy_bounds_it(self):
        device = self.ready()
        inbox = device.folder("Inbox")
        self.old(device.user, 1)
        self.say(device.user, 2, "In-Reply-To: <m1@example.org>", subject="Re: Lunch 1")
        self.server.cli("policy", "set", device.user, "MaxEmailAgeFilter=3")
        device.provision()
        device.prime(inbox, options=[("FilterType", 0), *PLAIN])
        answer = device.sync(device.collection(inbox, conversations=1))
        self.assertEqual(self.subjects(answer, "Add"), ["Re: Lunch 1"])

    def test_where_there_is_none(self):
        """Items other than mail, and 12.1, have no conversations."""
        device = self.ready()
        calendar, inbox = device.folder("Calendar"), device.folder("Inbox")
        for folder in (calendar, inbox):
            device.prime(folder)
        for mode in (0, 1):
            answer = device.sync(device.collection(calendar, conversations=mode))
            self.assertEqual(answer.text("Collections/Collection/Status"), "4")
            self.assertEqual(self.estimate(device, calendar, ("AirSync:ConversationMode", mode)).text("Status"), "103")
        self.assertEqual(device.sync(device.collection(inbox, conversations=2)).text("Collections/Collection/Status"), "4")
        device.version = "12.1"
        device.prime(inbox)
        self.assertEqual(device.sync(device.collection(inbox, conversations=1)).text("Collections/Collection/Status"), "4")


def part(truncation=None, kind=2, all_or_none=None, preview=None):
    return ("AirSyncBase:BodyPartPreference", ("Type", kind), truncation is not None and ("TruncationSize", truncation) or None,
            all_or_none is not None and ("AllOrNone", all_or_none) or None, preview and ("Preview", preview))


class PartTest(ConversationCase):
    ANSWER = ("My answer ä.\r\n\r\nOn Monday, 2 November 2026, somebody <a@example.org>\r\nwrote:\r\n> The question\r\n>\r\n"
              "> of yesterday\r\n")

    def answered(self, version="16.1"):
        device = self.ready(version=version)
        text = (f"From: a@example.org\r\nTo: {device.user}\r\nSubject: Re: Question\r\nMIME-Version: 1.0\r\n"
                f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{self.ANSWER}")
        self.server.deliver(text.encode(), to=device.user)
        return device

    def three(self, device, *options):
        """The properties of the message by Sync, Fetch and Search."""
        inbox = device.folder("Inbox")
        name, synced = next(iter(self.fill(device, inbox, options=list(options) or [("FilterType", 0)]).items()))
        fetched = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), ("AirSync:ServerId", name), ("Options", *options))))
        query = ("Query", ("And", ("AirSync:Class", "Email"), ("AirSync:CollectionId", inbox), ("FreeText", "answer")))
        found = device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), query,
                                                               ("Options", ("Range", "0-9"), *options))))
        by_name = lambda node: {child.tag.split("}")[1]: child for child in node}
        return (synced, by_name(fetched.find("Response/Fetch/Properties")),
                by_name(found.find("Response/Store/Result/Properties")))

    def fields(self, node):
        return {child.tag.split("}")[1]: child.text for child in node}

    def names(self, node):
        return [child.tag.split("}")[1] for child in node]

    def test_what_is_new(self):
        device = self.answered()
        for item in self.three(device, part(preview=5)):
            self.assertNotIn("Body", item)
            got = self.fields(item["BodyPart"])
            self.assertEqual(self.names(item["BodyPart"]), ["Status", "Type", "EstimatedDataSize", "Data", "Preview"])
            self.assertEqual((got["Status"], got["Type"], got["Data"], got["Preview"]), ("1", "2", "My answer ä.", "My an"))
            self.assertEqual(got["EstimatedDataSize"], str(len("My answer ä.".encode())))
        for item in self.three(device, PLAIN[0], part()):
            self.assertIn("of yesterday", item["Body"][-1].text)
            self.assertEqual(self.fields(item["BodyPart"])["Data"], "My answer ä.")
        for item in self.three(device, PLAIN[0]) + self.three(device):
            self.assertIn("Body", item)
            self.assertNotIn("BodyPart", item)

    def test_what_is_too_large(self):
        device = self.answered()
        for all_or_none in (None, 0):
            for item in self.three(device, part(9, all_or_none=all_or_none)):
                got = self.fields(item["BodyPart"])
                self.assertEqual(self.names(item["BodyPart"]), ["Status", "Type", "EstimatedDataSize", "Truncated", "Data"])
                self.assertEqual((got["Status"], got["Data"], got["Truncated"], got["EstimatedDataSize"]), ("1", "My answer", "1", "13"))
        for item in self.three(device, part(9, all_or_none=1, preview=5)):
            got = self.fields(item["BodyPart"])
            self.assertEqual((got["Status"], got["Preview"], got["EstimatedDataSize"]), ("176", "My an", "13"))
            self.assertNotIn("Data", got)
        for size, all_or_none in ((99, 1), (99, 0), (99, None), (None, 1), (None, 0), (None, None)):
            for item in self.three(device, part(size, all_or_none=all_or_none)):
                got = self.fields(item["BodyPart"])
                self.assertEqual((got["Status"], got["Data"], "Truncated" in got), ("1", "My answer ä.", False))

    def test_preferences_that_are_none(self):
        device = self.answered()
        inbox = device.folder("Inbox")
        name = next(iter(self.fill(device, inbox, options=PLAIN)))
        for status, sync_status, options in (("164", "164", [part(kind=1)]), ("164", "164", [PLAIN[0], part(kind=4)]),
                                             ("2", "4", [part(kind=7)]), ("2", "4", [part(), part()])):
            with self.subTest(options=options):
                answer = device.sync(device.collection(inbox, options=options))
                self.assertEqual(answer.text("Collections/Collection/Status"), sync_status)
                answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
                    "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), ("AirSync:ServerId", name), ("Options", *options))))
                self.assertEqual(answer.text("Response/Fetch/Status"), status)
                query = ("Query", ("And", ("AirSync:Class", "Email"), ("FreeText", "answer")))
                answer = device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), query, ("Options", *options))))
                self.assertEqual(answer.text("Response/Store/Status"), status)

    def test_older_devices_have_no_parts(self):
        device = self.answered("14.0")
        for item in self.three(device, PLAIN[0], part()):
            self.assertIn("of yesterday", item["Body"][-1].text)
            self.assertNotIn("BodyPart", item)


class IndexTest(ConversationCase):
    UNIT = 10_000_000  # of FILETIME, in a second

    def index(self, fields):
        return base64.b64decode(fields["ConversationIndex"].text)

    def began(self, index):
        return int.from_bytes(index[:5] + bytes(3), "big")

    def passed(self, level):
        value = int.from_bytes(level[:4], "big")
        return (value & 0x7FFFFFFF) << (23 if value >> 31 else 18)

    def test_answers_stand_below_what_they_answer(self):
        device, _ = self.conversation()
        items = self.fill(device, device.folder("Inbox"), options=PLAIN)
        by_number = {int(fields["Body"][-1].text.split()[-1]): self.index(fields) for fields in items.values()}
        self.assertEqual({number: len(index) for number, index in by_number.items()}, {1: 5, 2: 10, 3: 10, 9: 5})
        for number in (2, 3):
            self.assertEqual(by_number[number][:5], by_number[1])
            self.assertLess(self.passed(by_number[number][5:]), 60 * self.UNIT)

    def test_what_the_server_sends(self):
        """Each answer and each copy passed on adds a level."""
        one, two = self.ready(), self.ready()
        self.say(one.user, 1)
        inbox = one.folder("Inbox")
        device, to = one, two.user
        indexes = []
        for number, command in enumerate(("SmartReply", "SmartForward", "SmartReply")):
            items = self.fill(device, device.folder("Inbox"), options=PLAIN).items()
            name, fields = max(items, key=lambda item: len(self.index(item[1])))  # the one that came last
            indexes.append(self.index(fields))
            mail = f"From: {device.user}\r\nTo: {to}\r\nSubject: Lunch\r\n\r\nanswer {number}\r\n"
            sent = device.raw(command, element(f"ComposeMail:{command}", ("ClientId", f"c{number}"), (
                "Source", ("FolderId", device.folder("Inbox")), ("ItemId", name)), ("Mime", Opaque(mail.encode()))))
            self.assertEqual((sent.status, sent.body), (200, b""))
            device, to = (two, one.user) if device is one else (one, two.user)
            if command == "SmartForward":
                self.assertEqual(len(self.fill(one, inbox)), 2)
        self.assertEqual(len(self.fill(two, two.folder("Inbox"))), 2)
        last = list(self.fill(two, two.folder("Inbox"), options=PLAIN).values())
        indexes.append(max((self.index(fields) for fields in last), key=len))
        self.assertEqual([len(index) for index in indexes], [5, 10, 15, 20])
        for before, after in zip(indexes, indexes[1:]):
            self.assertTrue(after.startswith(before))
            self.assertLess(self.passed(after[-5:]), 60 * self.UNIT)

    def test_what_others_say(self):
        """Outlook's Thread-Index, folded or not; and what is none of them."""
        device = self.ready()
        head = bytes.fromhex("01DA00112233") + bytes(range(16))
        levels = bytes(range(10, 20))
        text = base64.b64encode(head + levels).decode()
        wrong = [head + levels[:3], b"\2" + head[1:], head[:10], head + bytes(5 * 101)]
        for number, value in enumerate([text, text[:20] + "\r\n\t" + text[20:], *(base64.b64encode(one).decode() for one in wrong), "x y"]):
            self.say(device.user, number, "Thread-Index: " + value, subject=f"S{number}")
        items = self.fill(device, device.folder("Inbox"), options=PLAIN)
        by_number = {int(fields["Body"][-1].text.split()[-1]): self.index(fields) for fields in items.values()}
        self.assertEqual([by_number[0], by_number[1]], [head[:5] + levels] * 2)
        for number in range(2, 7):
            self.assertEqual(len(by_number[number]), 5)
            self.assertNotEqual(by_number[number], head[:5])


if __name__ == "__main__":
    unittest.main()
