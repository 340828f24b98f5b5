"""ActiveSync against a server that runs, by a device of our own (tests/eas): answers are checked against Microsoft's
schemas where these are there (BARID_EAS_XSD) and xmllint is."""
import email, imaplib, socket, sys, threading, time, unittest, urllib.parse

from e2e import harness

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas import wbxml  # noqa: E402
from eas.device import HTML, MIME, PLAIN, Device  # noqa: E402
from eas.wbxml import element  # noqa: E402


class ActiveSyncCase(unittest.TestCase):
    USERS = 12
    ARGUMENTS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server(users=cls.USERS, arguments=cls.ARGUMENTS).start()
        cls.next_user = 0

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, f"barid ended with {code}"

    def user(self):
        type(self).next_user += 1
        return f"u{self.next_user}@example.test"

    def device(self, user=None, **how):
        return Device(self.server, user or self.user(), **how)

    def ready(self, user=None, **how):
        """A device that knows its folders."""
        device = self.device(user, **how)
        self.assertEqual(device.folder_sync("0").text("Status"), "1")
        return device

    def deliver(self, user, subject, body="Hello\r\n", **fields):
        self.server.deliver(harness.message(subject, body, **fields), to=user)

    def imap(self, user, folder="INBOX"):
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        self.addCleanup(client.shutdown)
        client.login(user, self.server.passwords[user])
        client.select(folder)
        return client

    def fill(self, device, folder, window=100, options=PLAIN):
        """All there is, by as many requests as it takes; the items by id."""
        device.prime(folder, options)
        return self.more(device, folder, window)

    def more(self, device, folder, window=100):
        items = {}
        while True:
            answer = device.sync(device.collection(folder, window=window))
            if answer.root is None:
                return items
            self.assertEqual(answer.text("Collections/Collection/Status"), "1")
            for one in answer.all("Collections/Collection/Commands/Add"):
                self.assertNotIn(one[0].text, items)
                items[one[0].text] = {child.tag.split("}")[1]: child for child in one[1]}
            if not answer.all("Collections/Collection/MoreAvailable"):
                return items


class HttpTest(ActiveSyncCase):
    ARGUMENTS = ("--log", "info")

    def test_options(self):
        device = self.device()
        answer = device.raw("", method="OPTIONS", uri="/Microsoft-Server-ActiveSync")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["MS-ASProtocolVersions"], "12.1,14.0,14.1,16.0,16.1")
        self.assertEqual(answer.headers["MS-ASProtocolCommands"],
                         "Sync,SendMail,SmartForward,SmartReply,GetAttachment,GetHierarchy,FolderSync,FolderCreate,"
                         "FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,MeetingResponse,Search,Settings,Ping,ItemOperations,"
                         "Provision,ResolveRecipients,ValidateCert,Find")
        self.assertEqual(answer.headers["Content-Length"], "0")

    def test_who_may(self):
        device = self.device()
        right = device.password
        device.password = "wrong"
        began = time.monotonic()
        answer = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        self.assertEqual(answer.status, 401)
        self.assertIn("Basic", answer.headers["WWW-Authenticate"])
        self.assertGreater(time.monotonic() - began, 1)  # as slow as elsewhere
        device.password = right
        answer = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")),
                            headers={"Authorization": ""})
        self.assertEqual(answer.status, 401)
        name = device.user.split("@")[0]
        for user in (device.user, f"EXAMPLE.TEST\\{name}", f"demo\\{name}", f"ANY\\{device.user}"):
            device.user = user
            self.assertEqual(device.folder_sync("0").text("Status"), "1", user)

    def test_what_the_log_has_of_logins(self):
        """One line for what is a login, not one for each request."""
        device = self.device()
        for _ in range(5):
            self.assertEqual(device.folder_sync("0").text("Status"), "1")
        lines = [line for line in self.server.log_text().splitlines() if "msg=login" in line and f"user={device.user} " in line]
        self.assertEqual(len(lines), 1, lines)

    def test_what_is_no_request(self):
        device = self.device()
        self.assertEqual(device.raw("", method="GET", uri=device.uri("Sync")).status, 501)
        self.assertEqual(device.raw("Nonsense").status, 501)
        self.assertEqual(device.raw("", uri="/Microsoft-Server-ActiveSync?Cmd=Sync&DeviceId=a&DeviceType=x&User=%01").status, 400)
        self.assertEqual(device.raw("", uri="/Microsoft-Server-ActiveSync?!!!!").status, 400)
        self.assertEqual(device.raw("Sync", headers={"MS-ASProtocolVersion": "2.5"}).status, 400)
        self.assertEqual(device.raw("FolderSync").status, 400)
        self.assertEqual(device.raw("FolderSync", body=b"\x03\x01\x6a\x00").text("Status"), "102")
        self.assertEqual(device.raw("FolderSync", body=b"<xml/>").text("Status"), "102")
        self.assertEqual(device.raw("FolderSync", element("Sync")).text("Status"), "103")
        device.version = "12.1"
        self.assertEqual(device.raw("FolderSync", body=b"<xml/>").status, 400)

    def test_base64_query(self):
        import base64
        device = self.device()
        octets = bytes([161, 9, 7, 4]) + b"\x04ABCD" + b"\x00" + b"\x06iPhone"
        for text in (base64.b64encode(octets).decode(), base64.b64encode(octets).decode().rstrip("="),
                     urllib.parse.quote(base64.b64encode(octets).decode())):
            answer = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")),
                                uri="/Microsoft-Server-ActiveSync?" + text)
            self.assertEqual(answer.text("Status"), "1")

    def test_compressed(self):
        import gzip
        device = self.ready()
        imap = self.imap(device.user)
        for number in range(20):  # so that the answer is worth it
            imap.create(f"Folder-{number}")
        answer = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")),
                            headers={"Accept-Encoding": "identity"})
        connection = device.begin("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")),
                                  headers={"Accept-Encoding": "gzip"})
        self.addCleanup(connection.close)
        packed = connection.getresponse()
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        root = wbxml.decode(gzip.decompress(packed.read()))
        self.assertEqual([child.tag for child in root], [child.tag for child in answer.root])


class ProvisionTest(ActiveSyncCase):
    def test_two_phases(self):
        device = self.device()
        first, second = device.provision()
        self.assertEqual(first.text("Policies/Policy/Status"), "1")
        self.assertIsNotNone(first.find("Policies/Policy/Data/EASProvisionDoc"))
        self.assertEqual(second.text("Policies/Policy/Status"), "1")
        self.assertIsNone(second.find("Policies/Policy/Data"))
        self.assertEqual(device.folder_sync("0").text("Status"), "1")
        device.policy_key = "12345"
        self.assertEqual(device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0"))).text("Status"),
                         "144")
        policy = ("Policy", ("PolicyType", "MS-EAS-Provisioning-WBXML"), ("PolicyKey", "77"), ("Status", 1))
        answer = device.raw("Provision", element("Provision:Provision", ("Policies", policy)))
        self.assertEqual(answer.text("Policies/Policy/Status"), "5")
        policy = ("Policy", ("PolicyType", "MS-WAP-Provisioning-XML"))
        answer = device.raw("Provision", element("Provision:Provision", ("Policies", policy)))
        self.assertEqual(answer.text("Policies/Policy/Status"), "3")


class FolderTest(ActiveSyncCase):
    def test_folders_come_and_go(self):
        user = self.user()
        device, other = self.ready(user), self.ready(user, device="DEV2")
        types = sorted(int(row["Type"]) for row in device.folders.values())
        for wanted in (2, 3, 4, 5, 6):
            self.assertEqual(types.count(wanted), 1)
        self.assertEqual(device.folder_sync().all("Changes/Add"), [])

        def change(command, *children):
            return device.raw(command, element(f"FolderHierarchy:{command}", ("SyncKey", device.folder_key), *children))

        made = change("FolderCreate", ("ParentId", "0"), ("DisplayName", "Projects"), ("Type", 12))
        self.assertEqual(made.text("Status"), "1")
        device.folder_key, folder = made.text("SyncKey"), made.text("ServerId")
        self.assertEqual(device.folder_sync().all("Changes/Add"), [])  # its own change
        self.assertEqual([row.findtext("{FolderHierarchy}DisplayName") for row in other.folder_sync().all("Changes/Add")],
                         ["Projects"])
        again = change("FolderCreate", ("ParentId", "0"), ("DisplayName", "Projects"), ("Type", 12))
        self.assertEqual(again.text("Status"), "2")
        inner = change("FolderCreate", ("ParentId", folder), ("DisplayName", "Änderung"), ("Type", 12))
        device.folder_key = inner.text("SyncKey")
        renamed = change("FolderUpdate", ("ServerId", folder), ("ParentId", "0"), ("DisplayName", "Work"))
        self.assertEqual(renamed.text("Status"), "1")
        device.folder_key = renamed.text("SyncKey")
        self.assertIn('"Work/&AMQ-nderung"', str(self.imap(user).list()))
        special = change("FolderDelete", ("ServerId", device.folder("Inbox")))
        self.assertEqual(special.text("Status"), "3")
        self.assertEqual(change("FolderDelete", ("ServerId", "abcdef")).text("Status"), "4")
        gone = change("FolderDelete", ("ServerId", folder))
        self.assertEqual(gone.text("Status"), "1")
        device.folder_key = gone.text("SyncKey")
        answer = device.folder_sync()
        self.assertEqual(answer.text("Changes/Count"), "0")
        other.folder_sync()
        self.assertEqual(set(other.folders), set(device.folders))
        self.assertEqual(device.folder_sync("77.3").text("Status"), "9")

    def test_a_lost_answer_is_given_again(self):
        user = self.user()
        device = self.ready(user)
        self.imap(user).create("Later")
        before = device.folder_key
        first = device.folder_sync()
        second = device.folder_sync(before)
        self.assertEqual([first.text("SyncKey"), first.text("Changes/Count")],
                         [second.text("SyncKey"), second.text("Changes/Count")])


class SyncTest(ActiveSyncCase):
    def test_first_sync_and_what_changes_later(self):
        user = self.user()
        for number in range(7):
            self.deliver(user, f"Message {number} ä".encode().decode(), f"Text {number}\r\n")
        device = self.ready(user)
        inbox = device.folder("Inbox")
        first = device.prime(inbox, PLAIN)
        self.assertEqual(first.text("Collections/Collection/Status"), "1")
        self.assertIsNone(first.find("Collections/Collection/Commands"))
        answer = device.sync(device.collection(inbox, window=3))
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 3)
        self.assertTrue(answer.all("Collections/Collection/MoreAvailable"))
        subjects = [one.findtext("{Email}Subject") for one in
                    answer.all("Collections/Collection/Commands/Add/ApplicationData")]
        self.assertTrue(subjects[0].startswith("Message 6"))  # the newest first
        rest = self.more(device, inbox, 3)
        self.assertEqual(len(rest), 4)
        body = list(rest.values())[0]["Body"]
        self.assertEqual(body.findtext("{AirSyncBase}Type"), "1")
        self.assertTrue(body.findtext("{AirSyncBase}Data").startswith("Text"))
        quiet = device.sync(device.collection(inbox))
        self.assertEqual((quiet.status, quiet.body), (200, b""))

        imap = self.imap(user)
        imap.store("1", "+FLAGS", "(\\Seen \\Flagged)")
        answer = device.sync(device.collection(inbox))
        change = answer.find("Collections/Collection/Commands/Change/ApplicationData")
        self.assertEqual(change.findtext("{Email}Read"), "1")
        self.assertEqual(change.find("{Email}Flag").findtext("{Email}Status"), "2")
        imap.store("2", "+FLAGS", "\\Deleted")
        imap.expunge()
        self.deliver(user, "New one")
        answer = device.sync(device.collection(inbox))
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Delete")), 1)
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)
        self.assertEqual(device.sync(device.collection(inbox)).body, b"")

    def test_the_devices_own_changes_are_not_told_to_it(self):
        user = self.user()
        for number in range(4):
            self.deliver(user, f"Message {number}")
        one, two = self.ready(user), self.ready(user, device="DEV2")
        inbox = one.folder("Inbox")
        items = list(self.fill(one, inbox))
        self.assertEqual(sorted(self.fill(two, inbox)), sorted(items))
        answer = one.sync(one.collection(
            inbox, ("Change", ("ServerId", items[0]), ("ApplicationData", ("Email:Read", 1))),
            ("Change", ("ServerId", items[1]),
             ("ApplicationData", ("Email:Flag", ("Status", 2), ("FlagType", "for Follow Up")))),
            ("Delete", ("ServerId", items[2])), ("Change", ("ServerId", inbox + ":9999"), ("ApplicationData", ("Email:Read", 1)))))
        self.assertEqual(answer.text("Collections/Collection/Status"), "1")
        self.assertIsNone(answer.find("Collections/Collection/Commands"))
        self.assertEqual(answer.text("Collections/Collection/Responses/Change/Status"), "8")
        self.assertEqual(one.sync(one.collection(inbox)).body, b"")
        answer = two.sync(two.collection(inbox))
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Change")), 2)
        self.assertEqual(answer.find("Collections/Collection/Commands/Delete")[0].text, items[2])
        trash = self.fill(one, one.folder("Trash"))
        self.assertEqual(len(trash), 1)
        answer = one.sync(one.collection(inbox, ("Delete", ("ServerId", items[3])), deletes_as_moves=False))
        self.assertEqual(answer.text("Collections/Collection/Status"), "1")
        self.assertEqual(self.imap(user).select("INBOX")[1], [b"2"])
        self.assertEqual(len(self.fill(two, two.folder("Trash"))), 1)

    def test_a_lost_answer_is_given_again(self):
        user = self.user()
        self.deliver(user, "First")
        device = self.ready(user)
        inbox = device.folder("Inbox")
        item = list(self.fill(device, inbox))[0]
        self.deliver(user, "Second")
        key = device.keys[inbox]
        command = ("Change", ("ServerId", item), ("ApplicationData", ("Email:Read", 1)))
        first = device.sync(device.collection(inbox, command, key=key))
        second = device.sync(device.collection(inbox, command, key=key))
        self.assertEqual(wbxml.show(first.root), wbxml.show(second.root))
        third = device.sync(device.collection(inbox, key=key))  # other words, the same key
        self.assertEqual(len(third.all("Collections/Collection/Commands/Add")), 1)
        self.assertEqual(device.sync(device.collection(inbox)).body, b"")
        for wrong in ("1.5", "nonsense", "0.0", key):
            answer = device.sync(device.collection(inbox, key=wrong))
            if wrong == key:
                continue
            self.assertEqual(answer.text("Collections/Collection/Status"), "3", wrong)

    def test_what_is_wrong(self):
        device = self.ready()
        inbox = device.folder("Inbox")
        sync = lambda *children: device.raw("Sync", element("Sync", *children))
        self.assertEqual(device.raw("Sync").text("Status"), "13")
        self.assertEqual(sync(("Collections", ("Collection", ("SyncKey", "0")))).text("Collections/Collection/Status"), "4")
        wrong_order = ("Collection", ("CollectionId", inbox), ("SyncKey", "0"))
        self.assertEqual(sync(("Collections", wrong_order)).text("Collections/Collection/Status"), "4")
        self.assertEqual(sync(("Collections", ("Collection", ("SyncKey", "0"), ("CollectionId", "ffff"))))
                         .text("Collections/Collection/Status"), "8")
        device.prime(inbox)
        self.assertEqual(sync(("Collections", device.collection(inbox)), ("Wait", 1), ("HeartbeatInterval", 60))
                         .text("Status"), "4")
        answer = sync(("Collections", device.collection(inbox)), ("HeartbeatInterval", 10))
        self.assertEqual((answer.text("Status"), answer.text("Limit")), ("14", "60"))
        many = [("Delete", ("ServerId", f"{inbox}:{n}")) for n in range(1, 202)]
        self.assertEqual(sync(("Collections", device.collection(inbox, *many))).text("Collections/Collection/Status"), "4")
        added = device.sync(device.collection(inbox, ("Add", ("ClientId", "c1"), ("ApplicationData", ("Email:Subject", "x")))))
        self.assertEqual(added.text("Collections/Collection/Responses/Add/Status"), "6")

    def test_bodies(self):
        user = self.user()
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Änne <a@elsewhere.test>", user, "Grüße 😀"
        mail.set_content("Plain ä text " * 40 + "\n")
        mail.add_alternative("<p>Rich <b>ä</b> text</p>", subtype="html")
        mail.add_attachment(b"\0\1\2" * 1000, maintype="application", subtype="octet-stream", filename="dätä.bin")
        octets = mail.as_bytes(policy=email.policy.SMTP)
        self.server.deliver(octets, to=user)
        device = self.ready(user)
        inbox = device.folder("Inbox")
        item = next(iter(self.fill(device, inbox, options=HTML).values()))
        self.assertEqual(item["Subject"].text, "Grüße 😀")
        self.assertEqual(item["From"].text, '"Änne" <a@elsewhere.test>')
        self.assertIn("<b>ä</b>", item["Body"].findtext("{AirSyncBase}Data"))
        self.assertEqual(item["NativeBodyType"].text, "2")
        attachment = item["Attachments"][0]
        self.assertEqual(attachment.findtext("{AirSyncBase}DisplayName"), "dätä.bin")
        short = [("AirSyncBase:BodyPreference", ("Type", 1), ("TruncationSize", 7), ("Preview", 9))]
        body = next(iter(self.fill(device, inbox, options=short).values()))["Body"]
        self.assertEqual(body.findtext("{AirSyncBase}Data"), "Plain ")  # not half an ä
        self.assertEqual(body.findtext("{AirSyncBase}Truncated"), "1")
        self.assertEqual(body.findtext("{AirSyncBase}Preview"), "Plain ä t")
        body = next(iter(self.fill(device, inbox, options=MIME).values()))["Body"]
        self.assertEqual(body.findtext("{AirSyncBase}Type"), "4")
        self.assertIn("multipart/mixed", body.findtext("{AirSyncBase}Data"))
        body = next(iter(self.fill(device, inbox, options=None).values()))["Body"]
        self.assertIsNone(body.find("{AirSyncBase}Data"))
        device.version = "12.1"
        self.assertNotIn("ConversationId", next(iter(self.fill(device, inbox, options=HTML).values())))

    def test_windows_of_time(self):
        user = self.user()
        imap = self.imap(user)
        for days in (0, 2, 10, 40):
            when = imaplib.Time2Internaldate(time.time() - days * 86400)
            imap.append("INBOX", None, when, harness.message(f"{days} days"))
        device = self.ready(user)
        inbox = device.folder("Inbox")
        week = [("FilterType", 3), *PLAIN]
        self.assertEqual(len(self.fill(device, inbox, options=week)), 2)
        answer = device.sync(device.collection(inbox, options=[("FilterType", 0), *PLAIN]))
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 2)
        answer = device.sync(device.collection(inbox, options=[("FilterType", 1), *PLAIN]))
        self.assertEqual(len(answer.all("Collections/Collection/Commands/SoftDelete")), 3)
        self.assertEqual(device.sync(device.collection(inbox)).body, b"")
        # Without a FilterType all is estimated: MS-ASCMD sections 2.2.3.64.1 and 2.2.3.119.1.
        for options, expected in (([("FilterType", 0)], "3"), ([("FilterType", 1)], "0"), ([], "3"), (None, "3")):
            estimate = device.raw("GetItemEstimate", element("GetItemEstimate:GetItemEstimate", ("Collections", (
                "Collection", ("AirSync:SyncKey", device.keys[inbox]), ("CollectionId", inbox),
                None if options is None else ("AirSync:Options", *options)))))
            self.assertEqual(estimate.text("Response/Collection/Estimate"), expected, options)

    def test_moves(self):
        user = self.user()
        self.deliver(user, "Moves")
        device = self.ready(user)
        inbox, archive = device.folder("Inbox"), device.folder("Archive")
        item = list(self.fill(device, inbox))[0]
        self.fill(device, archive)

        def move(item, source, target):
            return device.raw("MoveItems", element("Move:MoveItems", (
                "Move", ("SrcMsgId", item), ("SrcFldId", source), ("DstFldId", target))))

        self.assertEqual(move(item, inbox, inbox).text("Response/Status"), "4")
        self.assertEqual(move(item, inbox, "ffff").text("Response/Status"), "2")
        done = move(item, inbox, archive)
        self.assertEqual(done.text("Response/Status"), "3")
        self.assertEqual(move(item, inbox, archive).text("Response/Status"), "1")
        answer = device.sync(device.collection(inbox), device.collection(archive))
        self.assertEqual(answer.find("Collections/Collection/Commands/Delete")[0].text, item)
        self.assertEqual(answer.find("Collections/Collection/Commands/Add")[0].text, done.text("Response/DstMsgId"))


class PushTest(ActiveSyncCase):
    def ping(self, seconds, *folders):
        children = [("HeartbeatInterval", seconds)] if seconds else []
        if folders:
            children.append(("Folders", *[("Folder", ("Id", one), ("Class", "Email")) for one in folders]))
        return element("Ping:Ping", *children)

    def waiting(self):
        """Until the server says that a Ping waits there: what comes later must wake it."""
        for _ in range(200):
            sessions = self.server.cli("session", "list")
            if any(row.get("state") in ("Ping", "Sync") for row in sessions):
                return
            time.sleep(0.01)
        self.fail("nobody waits")

    def test_news_end_it(self):
        user = self.user()
        self.deliver(user, "First")
        device = self.ready(user)
        inbox = device.folder("Inbox")
        self.fill(device, inbox)
        self.assertEqual(device.raw("Ping", self.ping(1, inbox)).text("Status"), "1")
        connection = device.begin("Ping", self.ping(600, inbox))
        self.waiting()
        self.deliver(user, "Second")
        began = time.monotonic()
        answer = device.end(connection, "Ping")
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual((answer.text("Status"), answer.text("Folders/Folder")), ("2", inbox))
        self.assertEqual(device.raw("Ping", self.ping(600, inbox)).text("Status"), "2")  # not heard yet
        self.assertEqual(len(self.more(device, inbox)), 1)
        self.assertEqual(device.raw("Ping", self.ping(1)).text("Status"), "1")
        connection = device.begin("Ping", self.ping(600, inbox))
        self.waiting()
        self.imap(user).store("1", "+FLAGS", "\\Seen")
        self.assertEqual(device.end(connection, "Ping").text("Status"), "2")
        self.assertTrue(device.sync(device.collection(inbox)).all("Collections/Collection/Commands/Change"))
        connection = device.begin("Ping", self.ping(600))  # as the last one
        self.waiting()
        self.imap(user).create("Fresh")
        self.assertEqual(device.end(connection, "Ping").text("Status"), "7")

    def test_what_is_wrong(self):
        device = self.ready()
        inbox = device.folder("Inbox")
        self.assertEqual(device.raw("Ping").text("Status"), "3")
        self.assertEqual(device.raw("Ping", self.ping(60, "ffff")).text("Status"), "7")
        answer = device.raw("Ping", self.ping(4000, inbox))
        self.assertEqual((answer.text("Status"), answer.text("HeartbeatInterval")), ("5", "3540"))
        self.assertEqual(device.raw("Ping", self.ping(1, inbox, inbox)).text("Status"), "1")
        # A folder that was never synchronised is never "changed".
        self.assertEqual(device.raw("Ping", self.ping(1, device.folder("Sent"))).text("Status"), "1")

    def test_a_newer_request_ends_it(self):
        user = self.user()
        device = self.ready(user)
        inbox = device.folder("Inbox")
        self.fill(device, inbox)
        connection = device.begin("Ping", self.ping(600, inbox))
        self.waiting()
        began = time.monotonic()
        self.assertEqual(device.raw("Ping", self.ping(1, inbox)).text("Status"), "1")
        self.assertEqual(device.end(connection, "Ping").text("Status"), "1")
        self.assertLess(time.monotonic() - began, 5)
        connection = device.begin("Ping", self.ping(600, inbox))
        self.waiting()
        self.assertEqual(device.folder_sync().status, 200)  # waits for nothing
        self.deliver(user, "Wakes")
        self.assertEqual(device.end(connection, "Ping").text("Status"), "2")

    def test_a_sync_waits_too(self):
        user = self.user()
        device = self.ready(user)
        inbox = device.folder("Inbox")
        self.fill(device, inbox)
        root = element("Sync", ("Collections", device.collection(inbox)), ("HeartbeatInterval", 60))
        connection = device.begin("Sync", root)
        self.waiting()
        self.deliver(user, "Pushed")
        answer = device.end(connection, "Sync", root)
        device.learn(answer)
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)
        self.assertEqual(device.raw("Sync").text("Status"), "13")  # the last one had an answer
        self.assertEqual(device.sync(device.collection(inbox)).body, b"")
        self.assertEqual(device.raw("Sync").body, b"")  # as the last one
        self.deliver(user, "Again")
        answer = device.raw("Sync")
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)

    def test_a_sync_that_waits_hears_of_folders(self):
        """MS-ASCMD section 2.2.3.177.17, status 12; once, and not again and again."""
        user = self.user()
        device = self.ready(user)
        inbox = device.folder("Inbox")
        self.fill(device, inbox)
        root = element("Sync", ("Collections", device.collection(inbox)), ("HeartbeatInterval", 600))
        connection = device.begin("Sync", root)
        self.waiting()
        self.imap(user).create("Fresh")
        self.assertEqual(device.end(connection, "Sync", root).text("Status"), "12")
        self.assertEqual(device.raw("Sync", root).text("Status"), "12")
        self.assertEqual(device.folder_sync().status, 200)
        connection = device.begin("Sync", root)
        self.waiting()
        self.deliver(user, "Wakes")
        answer = device.end(connection, "Sync", root)
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)

    def test_a_window_of_all(self):
        user = self.user()
        device = self.ready(user)
        folders = [device.folder(name) for name in ("Inbox", "Sent", "Trash")]
        for folder in folders:
            self.fill(device, folder)
        for name in ("Inbox", "Sent"):
            self.imap(user).append(name, None, None, harness.message(name))
        root = element("Sync", ("Collections", *[device.collection(folder) for folder in folders]), ("WindowSize", 1))
        answer = device.raw("Sync", root)
        device.learn(answer)
        told = {one.findtext("{AirSync}CollectionId"): one for one in answer.all("Collections/Collection")}
        self.assertEqual(list(told), folders[:2])
        self.assertIsNone(told[folders[0]].find("{AirSync}MoreAvailable"))
        self.assertIsNotNone(told[folders[1]].find("{AirSync}MoreAvailable"), "it is to come again")
        self.assertIsNone(told[folders[1]].find("{AirSync}Commands"))
        root = element("Sync", ("Collections", *[device.collection(folder) for folder in folders]), ("WindowSize", 1))
        answer = device.raw("Sync", root)
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)

    def test_a_sync_of_several_folders_waits(self):
        user = self.user()
        device = self.ready(user)
        folders = [device.folder(name) for name in ("Inbox", "Sent", "Drafts", "Trash")]
        for folder in folders:
            self.fill(device, folder)
        options = [("FilterType", 0), ("Class", "Email"), *PLAIN]
        root = element("Sync", ("Collections", *[device.collection(folder, window=10, options=options)
                                                 for folder in folders]), ("Wait", 5))
        connection = device.begin("Sync", root)
        self.waiting()
        self.imap(user).append("Sent", None, None, harness.message("Sent by another"))
        answer = device.end(connection, "Sync", root)
        self.assertEqual([one.text for one in answer.all("Collections/Collection/CollectionId")], [folders[1]])
        device.learn(answer)
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)
        self.assertEqual(device.sync(*[device.collection(folder) for folder in folders]).body, b"")


class SendTest(ActiveSyncCase):
    def send(self, device, octets, client, *more, command="SendMail"):
        return device.raw(command, element(f"ComposeMail:{command}", ("ClientId", client), *more,
                                           ("SaveInSentItems",), ("Mime", octets)))

    def message(self, user, to, text="Text\r\n", **fields):
        return harness.message("Sent by a device", text, **{"From": user, "To": to, **fields})

    def test_send(self):
        user, to = self.user(), self.user()
        device, other = self.ready(user), self.ready(to)
        answer = self.send(device, self.message(user, to, Bcc=user), "id-1")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(self.send(device, self.message(user, to), "id-1").text("Status"), "118")
        got = list(self.fill(other, other.folder("Inbox"), options=MIME).values())
        self.assertEqual(len(got), 1)
        self.assertNotIn("Bcc", got[0]["Body"].findtext("{AirSyncBase}Data"))
        self.assertIn("Message-ID:", got[0]["Body"].findtext("{AirSyncBase}Data"))
        self.assertEqual(len(self.fill(device, device.folder("Inbox"))), 1)
        sent = list(self.fill(device, device.folder("Sent")).values())
        self.assertEqual([item["Read"].text for item in sent], ["1"])
        self.assertEqual(self.send(device, self.message(user, "nobody@example.test"), "id-2").text("Status"), "120")
        self.assertEqual(self.send(device, self.message(to, to), "id-3").text("Status"), "120")  # another's name
        self.assertEqual(self.send(device, b"Subject: x\r\n\r\nno one\r\n", "id-4").text("Status"), "119")

    def test_what_is_sent_is_signed(self):
        """As what is sent by SMTP: others refuse mail of a domain with DMARC that has no signature."""
        user, to = self.user(), self.user()
        device, other = self.ready(user), self.ready(to)
        self.server.cli("dkim", "key", "add", "example.test", "--selector", "s1", "--active")
        self.addCleanup(self.server.cli, "dkim", "key", "remove", "example.test", "s1")
        self.assertEqual(self.send(device, self.message(user, to), "id-1").body, b"")
        got, = self.fill(other, other.folder("Inbox"), options=MIME).values()
        self.assertRegex(got["Body"].findtext("{AirSyncBase}Data"), r"DKIM-Signature:[^\0]*d=example\.test;")

    def test_reply_and_forward(self):
        user, to = self.user(), self.user()
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = to, user, "Original", "<original@elsewhere.test>"
        mail.set_content("What was asked ä\n")
        mail.add_attachment(b"attached", maintype="application", subtype="x-thing", filename="thing.bin")
        self.server.deliver(mail.as_bytes(policy=email.policy.SMTP), to=user)
        device, other = self.ready(user), self.ready(to)
        inbox = device.folder("Inbox")
        item = list(self.fill(device, inbox))[0]
        source = ("Source", ("FolderId", inbox), ("ItemId", item))
        self.assertEqual(self.send(device, self.message(user, to, "My answer\r\n"), "r1", source, command="SmartReply").body, b"")
        self.assertEqual(self.send(device, self.message(user, to, "See below\r\n"), "f1", source, command="SmartForward").body, b"")
        gone = ("Source", ("FolderId", inbox), ("ItemId", inbox + ":99"))
        self.assertEqual(self.send(device, self.message(user, to), "r2", gone, command="SmartReply").text("Status"), "150")
        got = list(self.fill(other, other.folder("Inbox"), options=MIME).values())
        parsed = [email.message_from_string(one["Body"].findtext("{AirSyncBase}Data"), policy=email.policy.default) for one in got]
        reply = next(one for one in parsed if "My answer" in one.get_body(("plain",)).get_content())
        forward = next(one for one in parsed if one is not reply)
        self.assertEqual(reply["In-Reply-To"], "<original@elsewhere.test>")
        self.assertIn("What was asked ä", reply.get_body(("plain",)).get_content())
        self.assertEqual(list(reply.iter_attachments()), [])
        self.assertEqual([part.get_filename() for part in forward.iter_attachments()], ["thing.bin"])
        self.assertEqual(next(iter(forward.iter_attachments())).get_content(), b"attached")
        change = device.sync(device.collection(inbox)).find("Collections/Collection/Commands/Change/ApplicationData")
        self.assertEqual(change.findtext("{Email2}LastVerbExecuted"), "3")

    def test_by_12_1(self):
        user, to = self.user(), self.user()
        device, other = self.ready(user, version="12.1"), self.ready(to)
        answer = device.raw("SendMail", body=self.message(user, to), headers={"Content-Type": "message/rfc822"}, SaveInSent="T")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(len(self.fill(other, other.folder("Inbox"))), 1)


if __name__ == "__main__":
    unittest.main()
