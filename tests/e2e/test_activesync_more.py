"""ActiveSync beyond Sync: fetching, settings, searches, drafts, devices and their wipe."""
import base64, email, struct, time, unittest

from e2e import harness, test_activesync
from eas import wbxml
from eas.device import HTML, MIME, PLAIN, Device
from eas.wbxml import Opaque, element


class FetchTest(test_activesync.ActiveSyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.who = "u12@example.test"
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@elsewhere.test", cls.who, "With a file"
        mail.set_content("The text ä\n")
        cls.octets = bytes(range(256)) * 40
        mail.add_attachment(cls.octets, maintype="image", subtype="x-thing", filename="thing.bin")
        cls.server.deliver(mail.as_bytes(policy=email.policy.SMTP), to=cls.who)

    def item(self):
        device = self.ready(self.who)
        inbox = device.folder("Inbox")
        items = self.fill(device, inbox)
        name = next(iter(items))
        return device, inbox, name, items[name]

    def fetch(self, device, *children, headers=None):
        return device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), *children)), headers=headers)

    def test_items(self):
        device, inbox, item, _ = self.item()
        answer = self.fetch(device, ("AirSync:CollectionId", inbox), ("AirSync:ServerId", item), ("Options", *MIME[1:],
                            ("AirSync:MIMESupport", 2)))
        self.assertEqual(answer.text("Response/Fetch/Status"), "1")
        self.assertIn("thing.bin", answer.text("Response/Fetch/Properties/Body/Data"))
        answer = self.fetch(device, ("AirSync:CollectionId", inbox), ("AirSync:ServerId", inbox + ":77"))
        self.assertEqual(answer.text("Response/Fetch/Status"), "6")
        self.assertEqual(device.raw("ItemOperations", element("ItemOperations:ItemOperations")).text("Status"), "2")

    def test_attachments(self):
        device, _, _, fields = self.item()
        reference = fields["Attachments"][0].findtext("{AirSyncBase}FileReference")
        answer = self.fetch(device, ("AirSyncBase:FileReference", reference))
        self.assertEqual(base64.b64decode(answer.text("Response/Fetch/Properties/Data")), self.octets)
        self.assertEqual(answer.text("Response/Fetch/Properties/ContentType"), "image/x-thing")
        self.assertIsNone(answer.find("Response/Fetch/Properties/Range"))
        answer = self.fetch(device, ("AirSyncBase:FileReference", reference), ("Options", ("Range", "10-19")))
        self.assertEqual(base64.b64decode(answer.text("Response/Fetch/Properties/Data")), self.octets[10:20])
        self.assertEqual(answer.text("Response/Fetch/Properties/Range"), "10-19")
        self.assertEqual(answer.text("Response/Fetch/Properties/Total"), str(len(self.octets)))
        answer = self.fetch(device, ("AirSyncBase:FileReference", reference), ("Options", ("Range", "99999-100000")))
        self.assertEqual(answer.text("Response/Fetch/Status"), "8")
        self.assertEqual(self.fetch(device, ("AirSyncBase:FileReference", "nothing")).text("Response/Fetch/Status"), "15")
        other = self.ready()  # another's reference opens nothing
        self.assertEqual(self.fetch(other, ("AirSyncBase:FileReference", reference)).text("Response/Fetch/Status"), "15")
        device.version = "12.1"
        answer = device.raw("GetAttachment", AttachmentName=reference)
        self.assertEqual((answer.body, answer.headers["Content-Type"]), (self.octets, "image/x-thing"))
        self.assertEqual(device.raw("GetAttachment", AttachmentName="none").status, 500)

    def test_multipart(self):
        device, inbox, item, fields = self.item()
        reference = fields["Attachments"][0].findtext("{AirSyncBase}FileReference")
        answer = device.raw("ItemOperations", element(
            "ItemOperations:ItemOperations",
            ("Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), ("AirSync:ServerId", item),
             ("Options", *PLAIN)),
            ("Fetch", ("Store", "Mailbox"), ("AirSyncBase:FileReference", reference))),
            headers={"MS-ASAcceptMultiPart": "T"})
        self.assertEqual(answer.headers["Content-Type"], "application/vnd.ms-sync.multipart")
        count = struct.unpack_from("<I", answer.body)[0]
        places = [struct.unpack_from("<II", answer.body, 4 + 8 * n) for n in range(count)]
        parts = [answer.body[at:at + length] for at, length in places]
        self.assertEqual(count, 3)
        self.assertIn("The text ä", parts[1].decode())
        self.assertEqual(parts[2], self.octets)
        shown = wbxml.decode(parts[0])
        self.assertEqual([(node.text, len(node)) for node in shown.iter("{ItemOperations}Part")], [("1", 0), ("2", 0)])


class EmptyTest(test_activesync.ActiveSyncCase):
    def test_a_folder_is_emptied(self):
        user = self.user()
        for number in range(3):
            self.deliver(user, f"Message {number}")
        device = self.ready(user)
        inbox = device.folder("Inbox")
        self.assertEqual(len(self.fill(device, inbox)), 3)
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "EmptyFolderContents", ("AirSync:CollectionId", inbox), ("Options", ("DeleteSubFolders",)))))
        self.assertEqual(answer.text("Response/EmptyFolderContents/Status"), "1")
        self.assertEqual(len(device.sync(device.collection(inbox)).all("Collections/Collection/Commands/Delete")), 3)


class SettingsTest(test_activesync.ActiveSyncCase):
    def settings(self, device, *children):
        return device.raw("Settings", element("Settings:Settings", *children))

    def test_user_and_device(self):
        device = self.ready()
        answer = self.settings(device, ("UserInformation", ("Get",)), ("DeviceInformation", ("Set", ("Model", "Thing 7"))))
        self.assertEqual(answer.text("UserInformation/Get/Accounts/Account/EmailAddresses/PrimarySmtpAddress"), device.user)
        self.assertEqual(answer.text("DeviceInformation/Status"), "1")
        self.assertEqual(self.server.cli("device", "show", device.user, "DEV1")["model"], "Thing 7")
        device.version = "14.0"
        answer = self.settings(device, ("UserInformation", ("Get",)))
        self.assertEqual(answer.text("UserInformation/Get/EmailAddresses/SMTPAddress"), device.user)
        self.assertEqual(self.settings(device).text("Status"), "2")

    def test_out_of_office(self):
        user = self.user()
        device, other = self.ready(user), self.ready(user, device="DEV2")
        message = ("OofMessage", ("AppliesToInternal",), ("Enabled", 1), ("ReplyMessage", "Away ä"), ("BodyType", "TEXT"))
        times = (("StartTime", "2026-12-01T00:00:00.000Z"), ("EndTime", "2026-12-24T00:00:00.000Z"))
        self.assertEqual(self.settings(device, ("Oof", ("Set", ("OofState", 2), *times, message))).text("Oof/Status"), "1")
        answer = self.settings(other, ("Oof", ("Get", ("BodyType", "TEXT"))))
        self.assertEqual(answer.text("Oof/Get/OofState"), "2")
        self.assertEqual(answer.text("Oof/Get/EndTime"), "2026-12-24T00:00:00.000Z")
        self.assertEqual(answer.text("Oof/Get/OofMessage/ReplyMessage"), "Away ä")
        for wrong in ((("OofState", 7),), (("OofState", 2),), (("OofState", 1), times[0])):
            self.assertEqual(self.settings(device, ("Oof", ("Set", *wrong))).text("Oof/Status"), "2")


class SearchTest(test_activesync.ActiveSyncCase):
    def search(self, device, query, *options, name="Mailbox"):
        return device.raw("Search", element("Search:Search", ("Store", ("Name", name), query, ("Options", *options))))

    def test_mail(self):
        user = self.user()
        self.deliver(user, "Nothing of it", "Some other words\r\n")
        self.deliver(user, "The plan", "We meet at the Märchenbrunnen at noon\r\n")
        device = self.ready(user)
        inbox = device.folder("Inbox")
        words = ("Query", ("And", ("AirSync:Class", "Email"), ("AirSync:CollectionId", inbox),
                           ("FreeText", "märchenBRUNNEN plan")))
        answer = self.search(device, words, ("Range", "0-9"), ("DeepTraversal",), *PLAIN)
        self.assertEqual(answer.text("Response/Store/Total"), "1")
        self.assertEqual(answer.text("Response/Store/Result/Properties/Subject"), "The plan")
        long_id = answer.text("Response/Store/Result/LongId")
        fetched = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), ("Search:LongId", long_id), ("Options", *PLAIN))))
        self.assertIn("Märchenbrunnen", fetched.text("Response/Fetch/Properties/Body/Data"))
        nothing = self.search(device, ("Query", ("And", ("AirSync:CollectionId", "0"), ("FreeText", "absent"))))
        self.assertEqual(nothing.text("Response/Store/Status"), "1")
        self.assertIsNotNone(nothing.find("Response/Store/Result"))
        self.assertEqual(self.search(device, ("Query", ("Or", ("FreeText", "x")))).text("Response/Store/Status"), "8")
        self.assertEqual(self.search(device, ("Query", ("And",))).text("Response/Store/Status"), "2")

    def test_people(self):
        device = self.ready()
        answer = self.search(device, ("Query", "two"), ("Range", "0-4"), name="GAL")
        self.assertEqual(answer.text("Response/Store/Result/Properties/EmailAddress"), "two@example.test")
        self.assertEqual(answer.text("Response/Store/Range"), "0-0")
        resolved = device.raw("ResolveRecipients", element("ResolveRecipients:ResolveRecipients", ("To", "two"), ("To", "nobody"),
                                                           ("To", "u")))
        self.assertEqual([node.text for node in resolved.all("Response/Status")], ["1", "4", "2"])

    def test_find(self):
        user = self.user()
        self.deliver(user, "Treasure", "Dig here\r\n")
        device = self.ready(user)
        answer = device.raw("Find", element("Find:Find", ("SearchId", "1"), ("ExecuteSearch", (
            "MailBoxSearchCriterion", ("Query", ("AirSync:Class", "Email"), ("FreeText", "treasure")),
            ("Options", ("Range", "0-4"), ("DeepTraversal",))))))
        self.assertEqual(answer.text("Status"), "1")
        self.assertEqual(answer.text("Response/Result/Properties/Subject"), "Treasure")
        self.assertEqual(answer.text("Response/Result/Properties/Preview"), "Dig here")
        self.assertEqual(device.raw("Find", element("Find:Find", ("SearchId", "1"))).text("Status"), "2")

    def test_certificates(self):
        device = self.ready()
        der = base64.b64encode(b"no certificate").decode()
        answer = device.raw("ValidateCert", element("ValidateCert:ValidateCert", ("Certificates", ("Certificate", der))))
        self.assertEqual((answer.text("Status"), answer.text("Certificate/Status")), ("1", "2"))


class DraftTest(test_activesync.ActiveSyncCase):
    def test_draft(self):
        user, to = self.user(), self.user()
        device, two, other = self.ready(user), self.ready(user, device="DEV2"), self.ready(to)
        drafts = device.folder("Drafts")
        self.fill(device, drafts)
        self.fill(two, drafts)
        data = ("ApplicationData", ("Email:To", to), ("Email:Subject", "Grüße"),
                ("AirSyncBase:Body", ("Type", 1), ("Data", "First words ä")),
                ("AirSyncBase:Attachments", ("Add", ("ClientId", "a1"), ("Method", 1), ("Content", Opaque(b"octets")),
                                             ("DisplayName", "file.bin"))))
        answer = device.sync(device.collection(drafts, ("Add", ("ClientId", "c1"), data)))
        item = answer.text("Collections/Collection/Responses/Add/ServerId")
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "1")
        self.assertIsNone(answer.find("Collections/Collection/Commands"))
        self.assertEqual(device.sync(device.collection(drafts)).body, b"")
        got = self.more(two, drafts)
        self.assertEqual(list(got), [item])
        self.assertEqual(got[item]["Subject"].text, "Grüße")
        self.assertEqual(got[item]["IsDraft"].text, "1")
        self.assertEqual(got[item]["Attachments"][0].findtext("{AirSyncBase}DisplayName"), "file.bin")
        change = ("Change", ("ServerId", item), ("ApplicationData", ("AirSyncBase:Body", ("Type", 1), ("Data", "Other words"))))
        answer = device.sync(device.collection(drafts, change))
        self.assertEqual(answer.find("Collections/Collection/Commands/Delete")[0].text, item)
        item = answer.find("Collections/Collection/Commands/Add")[0].text
        send = ("Change", ("ServerId", item), ("Email2:Send",), ("ApplicationData", ("Email:Subject", "Final")))
        answer = device.sync(device.collection(drafts, send))
        self.assertEqual(answer.text("Collections/Collection/Status"), "1")
        self.assertIsNone(answer.find("Collections/Collection/Responses"))
        arrived = next(iter(self.fill(other, other.folder("Inbox"), options=PLAIN).values()))
        self.assertEqual(arrived["Subject"].text, "Final")
        self.assertIn("Other words", arrived["Body"].findtext("{AirSyncBase}Data"))
        self.assertEqual(arrived["Attachments"][0].findtext("{AirSyncBase}DisplayName"), "file.bin")
        self.assertEqual(len(self.fill(device, device.folder("Sent"))), 1)
        self.assertEqual(len(self.fill(device, drafts)), 0)
        device.version = "14.1"
        answer = device.sync(device.collection(drafts, ("Add", ("ClientId", "c2"), data)))
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "6")


class DeviceTest(test_activesync.ActiveSyncCase):
    def wait_for_state(self, user, state):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if any(row["user"] == user and row["state"] == state for row in self.server.cli("session", "list")):
                return
        self.fail(f"{user} never came to {state}")

    def test_list_block_remove(self):
        user = self.user()
        device = self.ready(user)
        row = self.server.cli("device", "list", user)[0]
        self.assertEqual((row["id"], row["type"], row["version"], row["state"]), ("DEV1", "iPhone", "16.1", "allowed"))
        self.server.cli("device", "block", user, "DEV1")
        self.assertEqual(device.folder_sync("0").text("Status"), "129")
        self.server.cli("device", "block", "--allow", user, "DEV1")
        self.assertEqual(device.folder_sync("0").text("Status"), "1")
        device.prime(device.folder("Inbox"))
        waiting = device.begin("Sync", element("Sync", ("Collections", device.collection(device.folder("Inbox"))),
                                               ("HeartbeatInterval", 600)))
        self.wait_for_state(user, "Sync")
        self.server.cli("device", "block", user, "DEV1")
        self.assertEqual(device.end(waiting, "Sync").body, b"")
        self.server.cli("device", "block", "--allow", user, "DEV1")
        folders = ("Folders", ("Folder", ("Id", device.folder("Inbox")), ("Class", "Email")))
        for words, allow, status in ((("block",), True, "129"), (("wipe",), True, "140"), (("remove",), False, "7")):
            waiting = device.begin("Ping", element("Ping:Ping", ("HeartbeatInterval", 600), folders))
            self.wait_for_state(user, "Ping")
            began = time.monotonic()
            self.server.cli("device", *words, user, "DEV1")
            self.assertEqual(device.end(waiting, "Ping").text("Status"), "1")
            self.assertLess(time.monotonic() - began, 5)
            self.assertEqual(device.raw("Ping", element("Ping:Ping", ("HeartbeatInterval", 60), folders)).text("Status"), status)
            if allow:
                self.server.cli("device", "block", "--allow", user, "DEV1")
        self.server.cli("device", "remove", user, "DEV1")
        self.assertEqual(self.server.cli("device", "list", user), [])
        self.assertEqual(device.folder_sync().text("Status"), "9")
        inbox = device.folder("Inbox")
        self.assertEqual(device.sync(device.collection(inbox)).text("Collections/Collection/Status"), "12")

    def test_wipe_of_one_account(self):
        """16.1 alone knows it (MS-ASPROV); others are never told to wipe all for it, nor sent from 140 to Provision and back."""
        user = self.user()
        old, new = self.ready(user, device="OLD1", version="14.1"), self.ready(user, device="NEW1")
        with self.assertRaisesRegex(AssertionError, "speaks ActiveSync 14.1"):
            self.server.cli("device", "wipe", user, "OLD1", "--account-only")
        self.assertEqual(old.folder_sync().text("Status"), "1")
        self.server.cli("device", "wipe", user, "NEW1", "--account-only")
        empty = element("Provision:Provision")
        older = self.device(user, device="NEW1", version="16.0")
        self.assertEqual([older.folder_sync("0").text("Status"), older.raw("Provision", empty).text("Status")], ["129", "129"])
        self.assertEqual(new.folder_sync("0").text("Status"), "140")
        new.schemas = None  # Microsoft's are of 16.0, and do not have it
        told = new.raw("Provision", empty)
        self.assertEqual((told.text("Status"), told.text("AccountOnlyRemoteWipe"), told.text("RemoteWipe")), ("1", "", None))
        done = new.raw("Provision", element("Provision:Provision", ("AccountOnlyRemoteWipe", ("Status", 1))))
        self.assertEqual((done.text("Status"), done.find("AccountOnlyRemoteWipe")), ("1", None))
        states = {row["id"]: row["state"] for row in self.server.cli("device", "list", user)}
        self.assertEqual(states, {"OLD1": "allowed", "NEW1": "wiped"})
        self.assertEqual(new.folder_sync("0").text("Status"), "129")

    def test_wipe(self):
        device = self.ready()
        device.provision()
        self.server.cli("device", "wipe", device.user, "DEV1")
        answer = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        self.assertEqual(answer.text("Status"), "140")
        policy = ("Policy", ("PolicyType", "MS-EAS-Provisioning-WBXML"))
        answer = device.raw("Provision", element("Provision:Provision", ("Policies", policy)))
        self.assertIsNotNone(answer.find("RemoteWipe"))
        device.raw("Provision", element("Provision:Provision", ("RemoteWipe", ("Status", 1))))
        self.assertEqual(self.server.cli("device", "list", device.user)[0]["state"], "wiped")
        answer = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        self.assertEqual(answer.text("Status"), "129")

    def test_not_too_many(self):
        user = self.user()
        for number in range(20):
            self.ready(user, device=f"D{number}")
        answer = self.device(user, device="D20").raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        self.assertEqual(answer.text("Status"), "177")
        # What only asks whether there is a server is no device.
        self.device(user, device="validate").raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        self.assertEqual(len(self.server.cli("device", "list", user)), 20)


if __name__ == "__main__":
    unittest.main()
