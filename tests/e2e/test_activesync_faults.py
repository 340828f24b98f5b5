"""What devices must not send: every command with octets that are none of its own, missing and strange elements, wrong keys,
huge counts and unknown ids gets the status that the specification has for it, and changes nothing."""
import base64, time, unittest, urllib.parse

from e2e import test_activesync
from eas.wbxml import Opaque, element

SPACES = {"Sync": "AirSync", "SendMail": "ComposeMail", "SmartForward": "ComposeMail", "SmartReply": "ComposeMail",
          "MoveItems": "Move", "FolderSync": "FolderHierarchy", "FolderCreate": "FolderHierarchy",
          "FolderDelete": "FolderHierarchy", "FolderUpdate": "FolderHierarchy"}
OCTETS = {"cut": b"\x03\x01\x6a\x00\x45", "deep": b"\x03\x01\x6a\x00" + b"\x45" * 100, "another version": b"\x02\x01\x6a\x00\x05",
          "another charset": b"\x03\x01\x04\x00\x05", "string table": b"\x03\x01\x6a\x04abc\0\x05",
          "entity": b"\x03\x01\x6a\x00\x00\x07\x56\x02\xff\x01", "attributes": b"\x03\x01\x6a\x00\xc5\x01\x01",
          "no such page": b"\x03\x01\x6a\x00\x00\x63\x05", "zeros": b"\x00" * 50, "ones": b"\xff" * 50,
          "opaque beyond the end": b"\x03\x01\x6a\x00\x45\xc3\x8f\xff\xff\xff\x7f", "XML": b"<?xml version=\"1.0\"?><Sync/>"}
MAIL = "From: {0}\r\nTo: {0}\r\nSubject: x\r\n\r\nx\r\n"


class FaultCase(test_activesync.ActiveSyncCase):
    USERS = 12

    def root(self, command, *children):
        return element(f"{SPACES.get(command, command)}:{command}", *children)

    def table(self, device, command, rows):
        """Rows of (children of the root, path in the answer, text there)."""
        for children, path, expected in rows:
            answer = device.raw(command, self.root(command, *children))
            self.assertEqual((answer.status, answer.text(path)), (200, expected), (command, children, path))
        self.assertEqual(device.folder_sync().text("Status"), "1")


class OctetsTest(FaultCase):
    def served(self, device):
        answer = device.raw("", method="OPTIONS", uri="/Microsoft-Server-ActiveSync")
        return answer.headers["MS-ASProtocolCommands"].split(",")

    def test_every_command(self):
        device, old = self.ready(), self.ready(version="12.1")
        for command in self.served(device):
            if command == "GetAttachment":  # has no body that is read
                self.assertEqual(device.raw(command, body=b"\xff" * 50).status, 500)
                continue
            if command == "GetHierarchy":  # the same, and of 12.1 alone
                self.assertEqual([one.raw(command, body=b"\xff" * 50).status for one in (device, old)], [400, 200])
                continue
            where = "Result/Status" if command == "MeetingResponse" else "Status"
            for what, octets in OCTETS.items():
                answer = device.raw(command, body=octets)
                self.assertEqual((answer.status, answer.text(where)), (200, "102"), (command, what))
            self.assertEqual(old.raw(command, body=OCTETS["cut"]).status, 400, command)
            other = element("Ping:Ping") if command != "Ping" else element("Sync")
            answer = device.raw(command, other)
            self.assertEqual((answer.status, answer.text(where)), (200, "103"), command)
            # What is none of its elements does no harm; how it is answered is the command's.
            strange = self.root(command, ("AirSync:Status", "1"), ("AirSync:Status", "x" * 5000))
            self.assertEqual(device.raw(command, strange).status, 200, command)
            if command not in ("Sync", "Ping"):
                self.assertEqual(device.raw(command).status, 400, command)
        self.assertEqual(device.folder_sync("0").text("Status"), "1")
        self.assertEqual(old.folder_sync("0").text("Status"), "1")

    def test_too_much(self):
        device = self.ready()
        for size in (3 << 20, 10 << 30):  # refused before it comes
            self.assertEqual(device.raw("FolderSync", headers={"Content-Length": str(size)}, body=b"").status, 413)
        self.assertEqual(device.folder_sync("0").text("Status"), "1")


class WhoTest(FaultCase):
    def test_wrong_passwords_cost_time(self):
        device = self.device()
        for user in (device.user, "nobody@example.test"):
            device.user, device.password = user, "wrong"
            began = time.monotonic()
            answer = device.raw("FolderSync", self.root("FolderSync", ("SyncKey", "0")))
            self.assertEqual(answer.status, 401)
            self.assertIn("Basic", answer.headers["WWW-Authenticate"])
            self.assertGreater(time.monotonic() - began, 1)
        for wrong in ("Basic", "Basic !!!!", "Basic " + base64.b64encode(b"no colon").decode(), "Negotiate x"):
            answer = device.raw("FolderSync", self.root("FolderSync", ("SyncKey", "0")), headers={"Authorization": wrong})
            self.assertEqual(answer.status, 401, wrong)

    def test_who_is_no_device(self):
        """MS-ASCMD section 2.2.4: 108 and 109; before 14.0 it is 400."""
        device, root = self.device(), self.root("FolderSync", ("SyncKey", "0"))
        query = lambda **fields: "/Microsoft-Server-ActiveSync?" + urllib.parse.urlencode({"Cmd": "FolderSync", **fields})
        for fields, expected in (({"DeviceType": "x"}, "108"), ({"DeviceId": "", "DeviceType": "x"}, "108"),
                                 ({"DeviceId": "a b", "DeviceType": "x"}, "108"), ({"DeviceId": "a" * 33, "DeviceType": "x"}, "108"),
                                 ({"DeviceId": "a"}, "109"), ({"DeviceId": "a", "DeviceType": "x" * 65}, "109")):
            answer = device.raw("FolderSync", root, uri=query(**fields))
            self.assertEqual((answer.status, answer.text("Status")), (200, expected), fields)
            answer = device.raw("FolderSync", root, uri=query(**fields), headers={"MS-ASProtocolVersion": "12.1"})
            self.assertEqual(answer.status, 400, fields)
            # Who it is comes first.
            answer = device.raw("FolderSync", root, uri=query(**fields), headers={"Authorization": "Basic !"})
            self.assertEqual(answer.status, 401, fields)
        self.assertNotIn("DeviceId", self.server.cli("device", "list", device.user))

    def test_nobody_sees_anothers(self):
        """Ids are of the mailbox: another's open nothing, whatever command they are shown to."""
        owner, other = self.user(), self.user()
        self.deliver(owner, "Secret", "secret words\r\n")
        mine, theirs = self.ready(owner), self.ready(other)
        inbox = mine.folder("Inbox")
        item = next(iter(self.fill(mine, inbox)))
        made = mine.raw("FolderCreate", self.root("FolderCreate", ("SyncKey", mine.folder_key), ("ParentId", "0"),
                                                  ("DisplayName", "Private"), ("Type", 12)))
        folder = made.text("ServerId")
        self.assertNotIn(folder, theirs.folders)
        own = theirs.folder("Inbox")
        key = theirs.folder_key
        # The same device id and key under another user is another device.
        self.assertEqual(theirs.sync(theirs.collection(folder, key=mine.keys[inbox])).text("Collections/Collection/Status"), "8")
        self.assertEqual(theirs.sync(theirs.collection(folder, key="0")).text("Collections/Collection/Status"), "8")
        self.table(theirs, "ItemOperations", [
            ((("Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), ("AirSync:ServerId", item)),),
             "Response/Fetch/Status", "6"),
            ((("Fetch", ("Store", "Mailbox"), ("Search:LongId", item)),), "Response/Fetch/Status", "6"),
            ((("Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", own), ("AirSync:ServerId", item)),), "Response/Fetch/Status", "6"),
            ((("EmptyFolderContents", ("AirSync:CollectionId", folder)),), "Response/EmptyFolderContents/Status", "6")])
        self.table(theirs, "MoveItems", [
            ((("Move", ("SrcMsgId", item), ("SrcFldId", inbox), ("DstFldId", own)),), "Response/Status", "1")])
        self.table(theirs, "FolderDelete", [((("SyncKey", key), ("ServerId", folder)), "Status", "4")])
        self.table(theirs, "FolderUpdate", [
            ((("SyncKey", key), ("ServerId", folder), ("ParentId", "0"), ("DisplayName", "x")), "Status", "4")])
        self.table(theirs, "GetItemEstimate", [
            ((("Collections", ("Collection", ("AirSync:SyncKey", "1.1"), ("CollectionId", folder))),), "Response/Status", "2")])
        self.table(theirs, "Ping", [
            ((("HeartbeatInterval", 60), ("Folders", ("Folder", ("Id", folder), ("Class", "Email")))), "Status", "7")])
        for command in ("SmartReply", "SmartForward"):
            self.table(theirs, command, [
                ((("ClientId", f"c{command}"), ("Source", ("FolderId", inbox), ("ItemId", item)),
                  ("Mime", Opaque(MAIL.format(other).encode()))), "Status", "150")])
        answer = theirs.raw("Search", self.root("Search", ("Store", ("Name", "Mailbox"), (
            "Query", ("And", ("AirSync:CollectionId", inbox), ("FreeText", "secret"))))))
        self.assertIsNone(answer.text("Response/Store/Total"))
        self.assertEqual(len(self.fill(mine, inbox)), 1)
        self.assertEqual(self.imap(owner).select("INBOX")[1], [b"1"])


class StatusTest(FaultCase):
    def test_folders(self):
        device = self.ready()
        key, inbox = device.folder_key, device.folder("Inbox")
        new = (("DisplayName", "New"), ("Type", 12))
        self.table(device, "FolderSync", [((), "Status", "10"), ((("SyncKey", ""),), "Status", "10"),
                                          ((("SyncKey", key), ("SyncKey", "0")), "Status", "10"), ((("SyncKey", key), ("Ping:Id", "0")), "Status", "10"),
                                          ((("SyncKey", "12345.1"),), "Status", "9"), ((("SyncKey", "x" * 3000),), "Status", "9")])
        self.table(device, "FolderCreate", [
            ((("SyncKey", key), ("ParentId", "0")), "Status", "10"), ((("ParentId", "0"), *new), "Status", "10"),
            ((("SyncKey", "7.7"), ("ParentId", "0"), *new), "Status", "9"), ((("SyncKey", key), ("ParentId", "ffff"), *new), "Status", "5"),
            ((("SyncKey", key), ("ParentId", "0"), ("DisplayName", "New"), ("Type", 99)), "Status", "10"),
            ((("SyncKey", key), ("ParentId", "0"), ("DisplayName", "n" * 3000), ("Type", 12)), "Status", "10"),
            ((("SyncKey", key), ("ParentId", "0"), ("DisplayName", "a/b"), ("Type", 12)), "Status", "10"),
            ((("SyncKey", key), ("ParentId", "0"), *new, ("Type", 12)), "Status", "10"),
            ((("SyncKey", key), ("ParentId", "0"), *new, ("Ping:Id", "x")), "Status", "10"),
            ((("SyncKey", key), ("ParentId", "0"), ("DisplayName", "Drafts"), ("Type", 12)), "Status", "2")])
        self.assertNotIn("New", [row["DisplayName"] for row in device.folders.values()])
        self.table(device, "FolderUpdate", [
            ((("SyncKey", key),), "Status", "10"),
            ((("SyncKey", "7.7"), ("ServerId", inbox), ("ParentId", "0"), ("DisplayName", "x")), "Status", "9"),
            ((("SyncKey", key), ("ServerId", "ffff"), ("ParentId", "0"), ("DisplayName", "x")), "Status", "4"),
            ((("SyncKey", key), ("ServerId", inbox), ("ParentId", "0"), ("DisplayName", "x")), "Status", "2")])
        self.table(device, "FolderDelete", [
            ((("SyncKey", key),), "Status", "10"), ((("SyncKey", "7.7"), ("ServerId", inbox)), "Status", "9"),
            ((("SyncKey", key), ("ServerId", "ffff"), ("ServerId", inbox)), "Status", "10"),
            ((("SyncKey", key), ("ServerId", "ffff")), "Status", "4"), ((("SyncKey", key), ("ServerId", inbox)), "Status", "3")])

    def test_sync(self):
        user = self.user()
        self.deliver(user, "One")
        device = self.ready(user)
        inbox = device.folder("Inbox")
        item = next(iter(self.fill(device, inbox)))
        one = "Collections/Collection/Status"

        def with_(*children, key=None, after=()):
            return (("Collections", ("Collection", ("SyncKey", key or device.keys[inbox]), ("CollectionId", inbox), *children)), *after)

        command = lambda *commands: with_(("Commands", *commands))
        read = ("ApplicationData", ("Email:Read", 1))
        self.table(device, "Sync", [
            ((("Collections",),), "Status", "4"), ((("Collections", ("Collection",)),), one, "4"),
            ((("Status", 1),), "Status", "4"),
            (with_(key="99.1"), one, "3"), (with_(key="x"), one, "3"), (with_(key="1" * 70), one, "4"),
            (with_(("WindowSize", "many")), one, "4"), (with_(("WindowSize", -5)), one, "4"),
            (with_(("GetChanges", "2")), one, "4"), (with_(("DeletesAsMoves", "yes")), one, "4"),
            (with_(("Options", ("FilterType", 99))), one, "4"), (with_(("Options", ("MIMESupport", 9))), one, "4"),
            (with_(("Options", ("AirSyncBase:BodyPreference", ("Type", 77)))), one, "4"),
            (with_(("Options",), ("GetChanges", 1)), one, "4"),
            (with_(("CollectionId", inbox)), one, "4"), (with_(("WindowSize", 1), ("WindowSize", 2)), one, "4"),
            *[(with_(("Options", ("FilterType", n))), one, "4") for n in (6, 7, 8, -1, 10 ** 12, "x")],
            (with_(("Options", ("Class", "Email")), ("Options", ("Class", "Calendar"))), one, "4"),
            (with_(after=(("WindowSize", -1),)), "Status", "4"), (with_(after=(("Collections",),)), "Status", "4"),
            # Twice the same collection: nothing of the request is done.
            ((("Collections", *[("Collection", ("SyncKey", device.keys[inbox]), ("CollectionId", inbox), (
                "Commands", ("Delete", ("ServerId", item))))] * 2),), "Status", "4"),
            (command(("Change", read)), one, "4"), (command(("Change", ("ServerId", item))), one, "4"),
            (command(("Delete",)), one, "4"), (command(("Delete", ("ServerId", item), ("ServerId", f"{inbox}:7"))), one, "4"),
            (command(("Fetch", ("ServerId", "x" * 100))), one, "4"),
            (command(("Add", ("ApplicationData",))), one, "4"), (command(("MoreAvailable",)), one, "4"),
            (command(*[("Fetch", ("ServerId", item))] * 300), one, "4"),
            (with_(after=(("Wait", 0),)), "Status", "14"), (with_(after=(("Wait", 60),)), "Limit", "59"),
            (with_(after=(("HeartbeatInterval", 99999),)), "Limit", "3540"),
            (with_(after=(("Wait", 1), ("HeartbeatInterval", 60))), "Status", "4"),
            ((("Collections", *[("Collection", ("SyncKey", "0"), ("CollectionId", str(n))) for n in range(400)]),), "Status", "15")])
        # Commands that are well formed, of what is not there.
        for commands, path, expected in (
                ((("Change", ("ServerId", f"{inbox}:99999"), read),), "Change", "8"), ((("Change", ("ServerId", "x"), read),), "Change", "8"),
                ((("Delete", ("ServerId", f"{inbox}:99999")),), "Delete", "8"), ((("Fetch", ("ServerId", f"{inbox}:99999")),), "Fetch", "8"),
                ((("Change", ("ServerId", item), ("ApplicationData", ("Email:Read", "yes"))),), "Change", "6"),
                ((("Add", ("ClientId", "c"), ("ApplicationData", ("Email:Subject", "x"))),), "Add", "6")):
            answer = device.sync(device.collection(inbox, *commands))
            self.assertEqual(answer.text(one), "1")
            self.assertEqual(answer.text(f"Collections/Collection/Responses/{path}/Status"), expected, commands)
        self.assertEqual(device.sync(device.collection(inbox)).body, b"")
        self.assertEqual(list(self.fill(device, inbox)), [item])

    def test_filters(self):
        """Each kind has its own: MS-ASCMD section 2.2.3.68."""
        device = self.ready()
        folders = {name: device.folder(name) for name in ("Inbox", "Calendar", "Tasks", "Contacts", "Notes")}
        for folder in folders.values():
            device.prime(folder)
        fine = {"Inbox": range(6), "Calendar": (0, 4, 5, 6, 7), "Tasks": (0, 8), "Contacts": range(9), "Notes": range(9)}
        for name, folder in folders.items():
            for number in range(9):
                wanted = ("Options", ("FilterType", number))
                answer = device.sync(("Collection", ("SyncKey", device.keys[folder]), ("CollectionId", folder), wanted))
                got = answer.text("Collections/Collection/Status") or "1"
                self.assertEqual(got, "1" if number in fine[name] else "4", (name, number))
                estimate = device.raw("GetItemEstimate", self.root("GetItemEstimate", ("Collections", (
                    "Collection", ("AirSync:SyncKey", device.keys[folder]), ("CollectionId", folder), (
                        "AirSync:Options", ("FilterType", number))))))
                got = estimate.text("Status") or estimate.text("Response/Status")
                self.assertEqual(got, "1" if number in fine[name] else "110", (name, number))

    def test_ping(self):
        device = self.ready()
        inbox = device.folder("Inbox")
        device.prime(inbox)
        folder = lambda name=inbox: ("Folder", ("Id", name), ("Class", "Email"))
        self.table(device, "Ping", [
            ((), "Status", "3"), ((("HeartbeatInterval", 60),), "Status", "3"), ((("Folders", folder()),), "Status", "3"),
            ((("HeartbeatInterval", "soon"), ("Folders", folder())), "Status", "4"),
            ((("HeartbeatInterval", 0), ("Folders", folder())), "HeartbeatInterval", "1"),
            ((("HeartbeatInterval", 99999), ("Folders", folder())), "Status", "5"),
            ((("HeartbeatInterval", 60), ("Folders", ("Folder", ("Class", "Email")))), "Status", "4"),
            ((("HeartbeatInterval", 60), ("Folders", folder("ffff"))), "Status", "7"),
            ((("HeartbeatInterval", 60), ("Folders", *[folder()] * 2000)), "Status", "6"),
            ((("HeartbeatInterval", 60), ("Folders", ("Folder", ("Id", inbox)))), "Status", "4"),
            ((("HeartbeatInterval", 60), ("Folders", ("Folder", ("Id", inbox), ("Class", "Mail")))), "Status", "4"),
            ((("HeartbeatInterval", 60), ("HeartbeatInterval", 60), ("Folders", folder())), "Status", "4"),
            ((("Folders", folder()), ("Folders", folder())), "Status", "4"),
            ((("Status", 1),), "Status", "4")])
        # A folder that is named twice is told of once.
        self.deliver(device.user, "One")
        answer = device.raw("Ping", self.root("Ping", ("HeartbeatInterval", 60), ("Folders", folder(), folder())))
        self.assertEqual((answer.text("Status"), len(answer.all("Folders/Folder"))), ("2", 1))

    def test_estimates_and_moves(self):
        user = self.user()
        self.deliver(user, "One")
        device = self.ready(user)
        inbox, trash = device.folder("Inbox"), device.folder("Trash")
        item = next(iter(self.fill(device, inbox)))
        one = lambda key, folder: (("Collections", ("Collection", ("AirSync:SyncKey", key), ("CollectionId", folder))),)
        self.table(device, "GetItemEstimate", [
            ((), "Status", "103"), (one(device.keys[inbox], "ffff"), "Response/Status", "2"), (one("0", inbox), "Response/Status", "3"),
            (one("1.1", trash), "Response/Status", "3"), (one("99.9", inbox), "Response/Status", "4"),
            ((("Collections", *one("0", inbox)[0][1:] * 2),), "Status", "103"),
            ((("Collections", (*one("0", inbox)[0][1], ("CollectionId", trash))),), "Status", "103"),
            ((("Collections", ("Collection", ("AirSync:SyncKey", device.keys[inbox]), ("CollectionId", inbox), (
                "AirSync:Options", ("Class", "Email")), ("AirSync:Options", ("Class", "Calendar")))),), "Response/Status", "4")])
        move = lambda *of: (("Move", *of),)
        from_, to = (("SrcMsgId", item), ("SrcFldId", inbox)), ("DstFldId", trash)
        self.table(device, "MoveItems", [
            ((), "Status", "103"), ((("Status", 1),), "Status", "103"), (move(*from_), "Response/Status", "2"),
            (move(from_[1], to), "Status", "103"), (move(from_[0], *from_, to), "Status", "103"),
            (move(("SrcMsgId", ""), from_[1], to), "Status", "103"),
            (move(*from_, ("DstFldId", "ffff")), "Response/Status", "2"), (move(*from_, ("DstFldId", inbox)), "Response/Status", "4"),
            (move(("SrcMsgId", f"{inbox}:99999"), ("SrcFldId", inbox), to), "Response/Status", "1"),
            (move(("SrcMsgId", item), ("SrcFldId", trash), to), "Response/Status", "1"),
            (move(("SrcMsgId", "x"), ("SrcFldId", "y"), to), "Response/Status", "1"),
            (tuple(("Move", ("SrcMsgId", "x"), ("SrcFldId", "y"), to) for _ in range(1001)), "Status", "103")])
        self.assertEqual(list(self.fill(device, inbox)), [item])

    def test_sending(self):
        device = self.ready()
        mime = lambda text: ("Mime", Opaque(text.encode()))
        fine = MAIL.format(device.user)
        rows = [((), "Status", "103"), ((mime(fine),), "Status", "103"), ((("ClientId", "c1"),), "Status", "103"),
                ((("ClientId", "c" * 41), mime(fine)), "Status", "103"),
                ((("ClientId", "c2"), ("ClientId", "c3"), mime(fine)), "Status", "103"),
                ((("ClientId", "c4"), mime(fine), mime(fine)), "Status", "103")]
        self.table(device, "SendMail", rows + [
            ((("ClientId", "s1"), mime("Subject: nobody\r\n\r\n")), "Status", "119"), ((("ClientId", "s2"), mime("")), "Status", "119"),
            ((("ClientId", "s3"), mime(MAIL.format("another@example.test"))), "Status", "120")])
        for command in ("SmartReply", "SmartForward"):
            self.table(device, command, rows + [
                ((("ClientId", "r1"), mime(fine)), "Status", "103"),
                ((("ClientId", "r2"), ("Source", ("FolderId", "1"), ("ItemId", "x")), mime(fine)), "Status", "150"),
                ((("ClientId", "r3"), ("Source", ("LongId", f"{device.folder('Inbox')}:77")), mime(fine)), "Status", "150")])
        self.assertEqual(self.fill(device, device.folder("Sent")), {})
        old = self.ready(device.user, device="OLD", version="12.1")
        self.assertEqual(old.raw("SendMail", body=b"Subject: nobody\r\n\r\n", headers={"Content-Type": "message/rfc822"}).status, 500)

    def test_fetching(self):
        device = self.ready()
        inbox = device.folder("Inbox")
        fetch = lambda *of: (("Fetch", *of),)
        mailbox = ("Store", "Mailbox")
        ids = (("AirSync:CollectionId", inbox), ("AirSync:ServerId", f"{inbox}:99"))
        self.table(device, "ItemOperations", [
            ((), "Status", "2"), ((("Status", 1),), "Status", "2"), (fetch(mailbox) * 300, "Status", "2"),
            (fetch(mailbox), "Response/Fetch/Status", "2"), (fetch(*ids), "Response/Fetch/Status", "2"),
            (fetch(("Store", "Elsewhere"), *ids), "Response/Fetch/Status", "9"), (fetch(mailbox, *ids), "Response/Fetch/Status", "6"),
            (fetch(mailbox, *ids, ("Options", ("Range", "x"))), "Response/Fetch/Status", "8"),
            (fetch(mailbox, *ids, ("Options", ("DeleteSubFolders",))), "Response/Fetch/Status", "2"),
            (fetch(mailbox, mailbox, *ids), "Response/Fetch/Status", "2"), (fetch(mailbox, *ids, ids[0]), "Response/Fetch/Status", "2"),
            ((("EmptyFolderContents", ("AirSync:CollectionId", inbox), ("Options", ("Range", "0-1"))),),
             "Response/EmptyFolderContents/Status", "2"),
            (fetch(mailbox, ("AirSyncBase:FileReference", "1:2:3")), "Response/Fetch/Status", "15"),
            (fetch(mailbox, ("AirSyncBase:FileReference", "x" * 5000)), "Response/Fetch/Status", "15"),
            ((("EmptyFolderContents", ("AirSync:CollectionId", "ffff")),), "Response/EmptyFolderContents/Status", "6"),
            ((("EmptyFolderContents",),), "Response/EmptyFolderContents/Status", "2"),
            ((("Move", ("ConversationId", Opaque(b"x" * 16)), ("DstFldId", inbox)),), "Response/Move/Status", "6")])
        self.assertEqual(device.raw("GetAttachment", AttachmentName="x").status, 500)

    def test_searching(self):
        device = self.ready()
        store = lambda *of: (("Store", *of),)
        words = ("Query", ("And", ("FreeText", "x")))
        deep = ("FreeText", "x")
        for _ in range(20):
            deep = ("And", deep)
        at = "Response/Store/Status"
        self.table(device, "Search", [
            ((), at, "2"), (store(("Name", "Mailbox")), at, "2"), (store(words), at, "2"), (store(("Name", "Elsewhere"), words), at, "4"),
            (store(("Name", "Mailbox"), ("Query", ("Or", ("FreeText", "x")))), at, "8"),
            *[(store(("Name", "Mailbox"), ("Query", of)), at, "8") for of in (
                ("FreeText", "x"), ("ConversationId", Opaque(b"x" * 16)), ("AirSync:Class", "Email"), ("AirSync:CollectionId", "1"),
                *[(than, ("Email:DateReceived",), ("Value", "2026-01-01T00:00:00.000Z")) for than in ("GreaterThan", "LessThan")])],
            (store(("Name", "Mailbox"), ("Query", ("And", ("AirSync:Class", "Mail"), ("FreeText", "x")))), at, "2"),
            (store(("Name", "Mailbox"), ("Query", ("And", *[("ConversationId", Opaque(b"x" * 16))] * 2))), at, "2"),
            (store(("Name", "Mailbox"), ("Query", deep)), at, "8"),
            (store(("Name", "Mailbox"), words, ("Options", ("Range", "9-1"))), at, "2"),
            (store(("Name", "GAL"), ("Query", "")), at, "2")])
        find = lambda *of: (("SearchId", "1"), ("ExecuteSearch", ("MailBoxSearchCriterion", *of)))
        self.table(device, "Find", [
            ((), "Status", "2"), (find(), "Status", "2"), (find(("Query",)), "Status", "2"),
            (find(("Query", ("AirSync:Class", "Mail"), ("FreeText", "x"))), "Status", "2"),
            (find(("Query", ("FreeText", "x")), ("Options", ("Range", "x"))), "Status", "12")])
        self.table(device, "ResolveRecipients", [
            ((), "Status", "5"), ((("To", "x" * 300),), "Status", "5"), ((("To", "x"),) * 101, "Status", "5"),
            *[((("To", "x"), ("Options", of)), "Status", "5") for of in (
                ("CertificateRetrieval", 9), ("MaxCertificates", 10 ** 6), ("MaxAmbiguousRecipients", -1), ("Picture", ("MaxSize", "x")))],
            ((("To", ""),), "Response/Status", "4")])
        der = base64.b64encode(b"none").decode()
        certificates = lambda *of: (("Certificates", *of),)
        self.table(device, "ValidateCert", [
            ((), "Status", "2"), (certificates(), "Status", "2"), (certificates(*[("Certificate", der)] * 21), "Status", "2"),
            (certificates(("Certificate", "!!!")), "Certificate/Status", "2"),
            ((("CertificateChain", ("Certificate", der)), *certificates(("Certificate", der))), "Certificate/Status", "5")])

    def test_settings_and_provision(self):
        device = self.ready()
        oof = lambda *of: (("Oof", ("Set", *of)),)
        self.table(device, "Settings", [
            ((), "Status", "2"), ((("Oof",),), "Oof/Status", "2"), (oof(("OofState", "x")), "Oof/Status", "2"),
            (oof(("OofState", 2), ("StartTime", "never"), ("EndTime", "never")), "Oof/Status", "2"),
            (oof(("OofState", 1), ("OofMessage", ("Enabled", 1))), "Oof/Status", "2"),
            (oof(("OofState", 2), ("StartTime", "2026-11-24T10:00:00.000Z"), ("EndTime", "2026-11-23T10:00:00.000Z")), "Oof/Status", "2"),
            (oof(("OofState", 1), ("OofMessage", ("AppliesToInternal",), ("Enabled", 1), ("ReplyMessage", "x"), ("BodyType", "RTF"))),
             "Oof/Status", "2"),
            ((("Oof", ("Get", ("BodyType", "RTF"))),), "Oof/Status", "2"),
            ((("DeviceInformation",),), "DeviceInformation/Status", "2"), ((("UserInformation",),), "UserInformation/Status", "2"),
            ((("DevicePassword", ("Set", ("Password", "x"))),), "DevicePassword/Status", "7"),
            ((("DevicePassword",),), "DevicePassword/Status", "2"), ((("DevicePassword", ("Set",)),), "DevicePassword/Status", "2"),
            ((("DevicePassword", ("Get",)),), "DevicePassword/Status", "2"),
            ((("DevicePassword", ("Set", ("Password", ("Password", "x")))),), "DevicePassword/Status", "2")])
        policy = lambda *of: (("Policies", ("Policy", *of)),)
        kind = ("PolicyType", "MS-EAS-Provisioning-WBXML")
        self.table(device, "Provision", [
            (policy(), "Status", "2"), (policy(kind, kind), "Status", "2"), (policy(("PolicyType", "x")), "Policies/Policy/Status", "3"),
            (policy(kind, ("PolicyKey", "1"), ("Status", 1)), "Policies/Policy/Status", "5"),
            (policy(kind, ("PolicyKey", "x" * 500), ("Status", 1)), "Policies/Policy/Status", "5")])


if __name__ == "__main__":
    unittest.main()
