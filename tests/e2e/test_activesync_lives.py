"""Whole lives of devices, from the account that is set up to the one that is removed, in the order and with the habits of an
iPhone (16.1), of an Android phone (Gmail's 16.1 and Samsung's base64 queries) and of Outlook on a phone (14.1)."""
import base64, email, email.message, email.policy, struct, unittest

from e2e import harness, test_activesync_meetings, test_activesync_more
from eas import wbxml
from eas.wbxml import Opaque, element

ONE = "Collections/Collection/"
BODY = "AirSyncBase:BodyPreference"
CODES = {"Sync": 0, "SendMail": 1, "SmartForward": 2, "SmartReply": 3, "FolderSync": 9, "MoveItems": 13, "GetItemEstimate": 14,
         "Search": 16, "Settings": 17, "Ping": 18, "ItemOperations": 19, "Provision": 20}


def data_of(item):
    """The properties of an item's element, by name."""
    return {child.tag.split("}")[1]: child for child in item}


def letter(sender, to, subject, text="Text\r\n", html=None, files=(), **fields):
    out = email.message.EmailMessage(policy=email.policy.SMTP)
    out["From"], out["To"], out["Subject"] = sender, to, subject
    for name, value in fields.items():
        out[name.replace("_", "-")] = value
    out.set_content(text)
    if html:
        out.add_alternative(html, subtype="html")
    for name, octets in files:
        out.add_attachment(octets, maintype="application", subtype="pdf", filename=name)
    return out.as_bytes()


class LivesCase(test_activesync_meetings.MeetingCase):
    USERS = 12

    def says(self, device, answer, path, value):
        self.assertEqual(answer.text(path), value, device.text()[-4000:])

    def is_told_nothing(self, answer):
        self.assertEqual((answer.status, answer.body), (200, b""))

    def provisioned(self, device, *information):
        """Both phases, as a device goes through them that was refused without a key."""
        policy = ("Policy", ("PolicyType", "MS-EAS-Provisioning-WBXML"))
        first = device.raw("Provision", element("Provision:Provision", (
            "Settings:DeviceInformation", ("Set", *information)) if information else None, ("Policies", policy)))
        self.says(device, first, "Status", "1")
        key = first.text("Policies/Policy/PolicyKey")
        document = first.find("Policies/Policy/Data/EASProvisionDoc")
        second = device.raw("Provision", element("Provision:Provision", ("Policies", (
            "Policy", ("PolicyType", "MS-EAS-Provisioning-WBXML"), ("PolicyKey", key), ("Status", 1)))))
        self.says(device, second, "Policies/Policy/Status", "1")
        self.assertIsNone(second.find("Policies/Policy/Data"))
        device.policy_key = second.text("Policies/Policy/PolicyKey")
        self.assertNotEqual(device.policy_key, key)
        return document

    def changed(self, device, folder, item, *data, **how):
        """A Change that succeeds says nothing of the item."""
        answer = device.sync(device.collection(folder, ("Change", ("ServerId", item), ("ApplicationData", *data)), **how))
        self.says(device, answer, ONE + "Status", "1")
        self.assertIsNone(answer.find(ONE + "Responses"))
        return answer

    def arrives(self, device, sender, subject, *request, **how):
        """A Ping that waits is ended by new mail."""
        waiting = element("Ping:Ping", *request) if request else None
        connection = device.begin("Ping", waiting)
        self.server.deliver(letter(sender, device.user, subject, **how), to=device.user, sender=sender)
        answer = device.end(connection, "Ping", waiting)
        self.says(device, answer, "Status", "2")
        return answer


class IPhoneTest(LivesCase):
    """iOS 17: Provision first, WindowSize 25, MIME, ItemOperations in parts, Ping of all folders, Find, drafts as MIME."""
    OPTIONS = [("FilterType", 3), ("MIMETruncation", 1), ("MIMESupport", 1), (BODY, ("Type", 1), ("TruncationSize", 500)),
               (BODY, ("Type", 4), ("TruncationSize", 500))]

    def phone(self):
        device = self.device(device="ABCDEF0123456789ABCDEF0123456789", kind="iPhone")
        headers = device.headers
        device.headers = lambda: {**headers(), "User-Agent": "Apple-iPhone15C2/2103.200", "Accept-Language": "de-de",
                                  "X-MS-PolicyKey": device.policy_key or "0", "Accept-Encoding": "identity"}
        return device

    def parts(self, answer):
        """The XML of an answer in parts, and the other parts."""
        self.assertEqual(answer.headers["Content-Type"], "application/vnd.ms-sync.multipart")
        count = struct.unpack_from("<I", answer.body)[0]
        pieces = [answer.body[at:at + length] for at, length in struct.iter_unpack("<II", answer.body[4:4 + 8 * count])]
        return wbxml.decode(pieces[0]), pieces[1:]

    def fetch_in_parts(self, device, *what):
        return self.parts(device.raw("ItemOperations", element("ItemOperations:ItemOperations", ("Fetch", ("Store", "Mailbox"), *what)),
                                     headers={"MS-ASAcceptMultiPart": "T"}))

    def test_its_life(self):
        device, friend = self.phone(), self.ready()
        friends = friend.user
        self.server.cli("policy", "set", device.user, "DevicePasswordEnabled=1", "MinDevicePasswordLength=4")
        for number in range(30):
            self.server.deliver(letter("a@elsewhere.test", device.user, f"Old {number}"), to=device.user)
        inbox, calendar = self.begins(device)
        self.reads(device, inbox)
        self.writes(device, friend, inbox)
        self.plans(device, friends, calendar)
        self.server.cli("policy", "unset", device.user, "--all")
        self.ends(device, inbox)

    def begins(self, device):
        answer = device.raw("", method="OPTIONS", uri="/microsoft-server-activesync")
        self.assertIn("16.1", answer.headers["MS-ASProtocolVersions"].split(","))
        refused = device.raw("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        self.says(device, refused, "Status", "142")
        document = self.provisioned(device, ("Model", "iPhone15C2"), ("IMEI", "35-000000"), ("FriendlyName", "Annas iPhone"),
                                    ("OS", "iOS 17.1 21B74"), ("OSLanguage", "de-DE"), ("UserAgent", "Apple-iPhone15C2/2103.200"))
        self.assertEqual(document.findtext("{Provision}MinDevicePasswordLength"), "4")
        self.says(device, device.folder_sync("0"), "Status", "1")
        settings = device.raw("Settings", element("Settings:Settings", ("UserInformation", ("Get",))))
        self.says(device, settings, "Status", "1")
        folders = {row["Type"]: folder for folder, row in device.folders.items()}
        for kind in ("9", "8", "7"):  # contacts, calendar, reminders: each by itself, before mail
            options = [("FilterType", 5)] if kind == "8" else None
            device.prime(folders[kind], options)
            self.is_told_nothing(device.sync(device.collection(folders[kind], window=25)))
        inbox = folders["2"]
        device.prime(inbox, self.OPTIONS)
        told = 0
        while True:
            answer = device.sync(device.collection(inbox, window=25, deletes_as_moves=True, changes=True))
            told += len(answer.all(ONE + "Commands/Add"))
            self.assertLessEqual(len(answer.all(ONE + "Commands/Add")), 25)
            if not answer.all(ONE + "MoreAvailable"):
                break
        self.assertEqual(told, 30)
        return inbox, folders["8"]

    def reads(self, device, inbox):
        folders = [("Folder", ("Id", folder), ("Class", kind)) for folder, kind in
                   ((inbox, "Email"), (device.folder("Calendar"), "Calendar"), (device.folder("Contacts"), "Contacts"))]
        octets = bytes(range(256)) * 3000
        html = "<html><body><p>" + "<b>Long</b> words. " * 60 + "</p></body></html>"
        answer = self.arrives(device, "b@elsewhere.test", "News", ("HeartbeatInterval", 480), ("Folders", *folders), html=html,
                              text="Long words. " * 60, files=[("report ä.pdf", octets)])
        self.assertEqual([node.text for node in answer.all("Folders/Folder")], [inbox])
        key = device.keys[inbox]
        answer = device.sync(device.collection(inbox, window=25))
        device.keys[inbox] = key  # on the underground: it is asked again
        again = device.sync(device.collection(inbox, window=25))
        item, = again.all(ONE + "Commands/Add")
        self.assertEqual(item[0].text, answer.find(ONE + "Commands/Add")[0].text)
        item, told = item[0].text, data_of(item[1])
        body = told["Body"]
        self.assertEqual((body.findtext("{AirSyncBase}Truncated"), len(body.findtext("{AirSyncBase}Data"))), ("1", 500))
        place = ("AirSync:CollectionId", inbox), ("AirSync:ServerId", item)
        shown, pieces = self.fetch_in_parts(device, *place, ("Options", ("AirSync:MIMESupport", 2), (BODY, ("Type", 4))))
        self.assertEqual(next(shown.iter("{ItemOperations}Part")).text, "1")
        whole = email.message_from_bytes(pieces[0], policy=email.policy.default)
        self.assertEqual(whole["Subject"], "News")
        name = told["Attachments"][0].findtext("{AirSyncBase}FileReference")
        self.assertEqual(told["Attachments"][0].findtext("{AirSyncBase}DisplayName"), "report ä.pdf")
        shown, pieces = self.fetch_in_parts(device, ("AirSyncBase:FileReference", name))
        self.assertEqual(pieces, [octets])
        self.assertIsNone(next(shown.iter("{ItemOperations}Range"), None))  # not asked for
        self.changed(device, inbox, item, ("Email:Read", 1))
        self.is_told_nothing(device.sync(device.collection(inbox)))
        self.changed(device, inbox, item, ("Email:Flag", ("Status", 2), ("FlagType", "Flag for follow up")))
        self.changed(device, inbox, item, ("Email:Flag",))
        found = device.raw("Find", element("Find:Find", ("SearchId", "5d4b8b3c-1f2e-4d5a-8a0e-7f5f3a3f0b1c"), ("ExecuteSearch", (
            "MailBoxSearchCriterion", ("Query", ("AirSync:Class", "Email"), ("AirSync:CollectionId", inbox), ("FreeText", "news")),
            ("Options", ("Range", "0-24"), ("DeepTraversal",))))))
        self.says(device, found, "Response/Result/ServerId", item)

    def writes(self, device, friend, inbox):
        drafts = device.folder("Drafts")
        self.fill(device, drafts, options=self.OPTIONS)
        item = device.sync(device.collection(inbox, window=25)).root
        self.assertIsNone(item)
        first = letter(device.user, friend.user, "Plan", "First words\r\n", files=[("plan.pdf", b"plan" * 999)])
        body = lambda octets: ("AirSyncBase:Body", ("Type", 4), ("Data", octets.decode()))
        answer = device.sync(device.collection(drafts, ("Add", ("ClientId", "1"), ("ApplicationData", body(first)))))
        self.says(device, answer, ONE + "Responses/Add/Status", "1")
        item = answer.text(ONE + "Responses/Add/ServerId")
        # It is in a conversation from the first: MS-ASEMAIL sections 2.2.2.21 and 2.2.2.22.
        fetched = device.sync(device.collection(drafts, ("Fetch", ("ServerId", item))))
        for name in ("ConversationId", "ConversationIndex"):
            said = answer.text(ONE + "Responses/Add/ApplicationData/" + name)
            self.assertTrue(said, name)
            self.says(device, fetched, ONE + "Responses/Fetch/ApplicationData/" + name, said)
        final = letter(device.user, friend.user, "Plan B", "Last words\r\n", files=[("plan.pdf", b"plan" * 999)])
        answer = device.sync(device.collection(drafts, ("Change", ("ServerId", item), ("Email2:Send",), ("ApplicationData", body(final)))))
        self.says(device, answer, ONE + "Status", "1")
        got = [one for one in self.fill(friend, friend.folder("Inbox")).values() if one["Subject"].text == "Plan B"]
        self.assertEqual([one["Attachments"][0].findtext("{AirSyncBase}DisplayName") for one in got], ["plan.pdf"])
        # The friend answers; this phone answers that, with a text of its own.
        self.server.deliver(letter(friend.user, device.user, "Re: Plan B", "Fine?\r\n"), to=device.user, sender=friend.user)
        item, = device.sync(device.collection(inbox, window=25)).all(ONE + "Commands/Add")
        reply = letter(device.user, friend.user, "Re: Plan B", "Fine.\r\n\r\n> Fine?\r\n")
        answer = device.raw("SmartReply", element("ComposeMail:SmartReply", ("ClientId", "r-1"), ("SaveInSentItems",), (
            "Source", ("FolderId", inbox), ("ItemId", item[0].text)), ("ReplaceMime",), ("Mime", reply)))
        self.is_told_nothing(answer)
        verb = device.sync(device.collection(inbox, window=25)).find(ONE + "Commands/Change/ApplicationData")
        self.assertEqual(verb.findtext("{Email2}LastVerbExecuted"), "1")
        moved = device.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", item[0].text), ("SrcFldId", inbox),
                                                                   ("DstFldId", device.folder("Trash")))))
        self.says(device, moved, "Response/Status", "3")
        gone = device.sync(device.collection(inbox, window=25))
        self.assertEqual([one[0].text for one in gone.all(ONE + "Commands/Delete")], [item[0].text])

    def plans(self, device, friend, calendar):
        item = self.add(device, calendar, *self.event(  # no organizer, no UID
            ("Calendar:ClientUid", "E0A5"), ("Calendar:Reminder", "15"), ("Calendar:BusyStatus", "2"), ("Calendar:Sensitivity", "0"),
            ("AirSyncBase:Location", ("DisplayName", "Café")), ("Calendar:Recurrence", ("Type", "1"), ("Interval", "1"), ("DayOfWeek", "2")),
            start="20300107T080000Z", end="20300107T090000Z"))
        self.changed(device, calendar, item, ("Calendar:Subject", "Other"))
        answer = device.sync(device.collection(calendar, ("Delete", ("ServerId", item), ("AirSyncBase:InstanceId", "20300114T080000Z"))))
        self.says(device, answer, ONE + "Status", "1")
        self.is_told_nothing(device.sync(device.collection(calendar)))
        self.request(device.user, start="20300109T090000Z", end="20300109T100000Z")
        meeting, = device.sync(device.collection(calendar)).all(ONE + "Commands/Add")
        self.assertEqual(data_of(meeting[1])["ResponseType"].text, "5")
        self.assertEqual(self.answer(device, 1, calendar, meeting[0].text, ("SendResponse",)), ("1", meeting[0].text))
        told, = device.sync(device.collection(calendar)).all(ONE + "Commands/Change")
        self.assertEqual(data_of(told[1])["ResponseType"].text, "3")
        people = device.raw("ResolveRecipients", element("ResolveRecipients:ResolveRecipients", ("To", friend), ("Options", (
            "Availability", ("StartTime", "2030-01-07T00:00:00.000Z"), ("EndTime", "2030-01-08T00:00:00.000Z")))))
        self.says(device, people, "Response/Recipient/Availability/Status", "1")

    def ends(self, device, inbox):
        """What the policy was has changed: the phone asks for it, and goes on where it was."""
        answer = device.sync(device.collection(inbox))
        if answer.root is not None:
            self.says(device, answer, "Status", "144")
        self.provisioned(device)
        arrived = device.sync(device.collection(inbox, window=25)).all(ONE + "Commands/Add")
        self.assertIn("IPM.Schedule.Meeting.Request", [data_of(one[1])["MessageClass"].text for one in arrived])
        self.is_told_nothing(device.sync(device.collection(inbox, window=25)))
        oof = device.raw("Settings", element("Settings:Settings", ("Oof", ("Get", ("BodyType", "TEXT")))))
        self.says(device, oof, "Oof/Get/OofState", "0")
        made = device.raw("FolderCreate", element("FolderHierarchy:FolderCreate", ("SyncKey", device.folder_key), ("ParentId", "0"),
                                                  ("DisplayName", "Trip"), ("Type", "12")))
        self.says(device, made, "Status", "1")
        device.folder_key = made.text("SyncKey")
        self.says(device, device.folder_sync(), "Changes/Count", "0")
        # To the operator it is no device any more: what it shows is nobody's key, and it begins anew.
        self.server.cli("device", "remove", device.user, device.device)
        self.says(device, device.sync(device.collection(inbox, window=25)), "Status", "144")
        self.provisioned(device)
        self.says(device, device.sync(device.collection(inbox, window=25)), ONE + "Status", "12")


class AndroidTest(LivesCase):
    """Gmail's app looks first under the name "validate"; bodies are cut and fetched; Samsung asks in base64, and by gzip."""
    CONTACTS = ["Contacts:FirstName", "Contacts:LastName", "Contacts:Email1Address", "Contacts:MobilePhoneNumber"]
    MAIL = [("FilterType", 2), (BODY, ("Type", 2), ("TruncationSize", 4096))]

    def packed(self, device, command, root, key=0):
        """One request as Samsung's app makes it."""
        octets = bytes([161, CODES[command], 9, 4, len(device.device)]) + device.device.encode()
        octets += (b"\x04" + struct.pack("<I", key)) if key else b"\x00"
        octets += bytes([len(device.kind)]) + device.kind.encode()
        headers = {"Content-Type": "application/vnd.ms-sync", "User-Agent": "SAMSUNG-SM-S918B/101.130001"}
        answer = device.raw(command, root, headers=headers,
                            uri="/Microsoft-Server-ActiveSync?" + base64.b64encode(octets).decode().rstrip("="))
        device.learn(answer)
        return answer

    def test_its_life(self):
        user = self.user()
        probe = self.device(user, device="validate", kind="Android")
        self.assertEqual(probe.raw("", method="OPTIONS").status, 200)
        self.says(probe, probe.folder_sync("0"), "Status", "1")
        self.assertEqual(self.server.cli("device", "list", user), [])
        for number in range(3):
            self.server.deliver(letter("a@elsewhere.test", user, f"Old {number}", html="<p>" + "ä" * 4000 + "</p>"), to=user)
        device = self.device(user, device="androidc1234567890", kind="Android")
        device.policy_key = "0"
        self.says(device, device.folder_sync("0"), "Status", "1")
        self.provisioned(device, ("Model", "Pixel 8"), ("OS", "Android 14"), ("UserAgent", "Android-Mail/2024.10"))
        self.people(device)
        item = self.mail(device)
        self.forwards(device, item)
        self.by_samsung(user)
        self.assertEqual({row["id"] for row in self.server.cli("device", "list", user)}, {"androidc1234567890", "OTHER", "SEC1234567890ABCD"})

    def people(self, device):
        contacts = device.folder("Contacts")
        self.start(device, contacts, options=None, supported=self.CONTACTS)
        item = self.add(device, contacts, ("Contacts:FirstName", "Ann"), ("Contacts:Email1Address", "ann@example.org"))
        other = self.ready(device.user, device="OTHER")
        self.start(other, contacts)
        self.change(other, contacts, item, ("Contacts:FirstName", "Ann"), ("Contacts:Email1Address", "ann@example.org"),
                    ("Contacts:JobTitle", "Chief"))
        self.assertEqual(list(self.news(device, contacts)["Change"]), [item])
        self.changed(device, contacts, item, ("Contacts:FirstName", "Anna"), ("Contacts:Email1Address", "ann@example.org"))
        told = self.news(other, contacts)["Change"][item]
        self.assertEqual((told["FirstName"].text, told["JobTitle"].text), ("Anna", "Chief"))  # of which Gmail knows nothing
        found = device.raw("Search", element("Search:Search", ("Store", ("Name", "GAL"), ("Query", "u1"), (
            "Options", ("Range", "0-19"), ("Picture", ("MaxSize", 102400))))))
        self.says(device, found, "Response/Store/Status", "1")

    def mail(self, device):
        inbox = device.folder("Inbox")
        device.prime(inbox, self.MAIL)
        estimate = device.raw("GetItemEstimate", element("GetItemEstimate:GetItemEstimate", ("Collections", (
            "Collection", ("AirSync:SyncKey", device.keys[inbox]), ("CollectionId", inbox), ("AirSync:Options", ("FilterType", 2))))))
        self.says(device, estimate, "Response/Collection/Estimate", "3")
        answer = device.sync(device.collection(inbox, window=10, deletes_as_moves=True))
        items = {one[0].text: data_of(one[1]) for one in answer.all(ONE + "Commands/Add")}
        self.assertEqual(len(items), 3)
        item, told = next(iter(items.items()))
        body = told["Body"]
        self.assertEqual((body.findtext("{AirSyncBase}Type"), body.findtext("{AirSyncBase}Truncated")), ("2", "1"))
        self.assertLessEqual(len(body.findtext("{AirSyncBase}Data").encode()), 4096)
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", ("Fetch", ("Store", "Mailbox"), (
            "AirSync:CollectionId", inbox), ("AirSync:ServerId", item), ("Options", (BODY, ("Type", 2))))))
        self.assertIn("ä" * 4000, answer.text("Response/Fetch/Properties/Body/Data"))
        # A Sync that waits, of a few folders; then the same again, by an empty one.
        waiting = element("Sync", ("Collections", device.collection(inbox), ), ("HeartbeatInterval", 60))
        connection = device.begin("Sync", waiting)
        self.server.deliver(letter("a@elsewhere.test", device.user, "New", files=[("a.pdf", b"%PDF" * 200_000)]), to=device.user)
        answer = device.end(connection, "Sync", waiting)
        device.learn(answer)
        new, = answer.all(ONE + "Commands/Add")
        self.changed(device, inbox, item, ("Email:Read", 1))
        self.changed(device, inbox, item, ("Email:Flag", ("Status", 2), ("FlagType", "FollowUp"), *[
            (f"Tasks:{name}", "2030-01-0%dT00:00:00.000Z" % day) for name, day in (
                ("StartDate", 1), ("UtcStartDate", 1), ("DueDate", 2), ("UtcDueDate", 2))]))
        return new

    def forwards(self, device, new):
        inbox, item = device.folder("Inbox"), new[0].text
        name = data_of(new[1])["Attachments"][0].findtext("{AirSyncBase}FileReference")
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", ("Fetch", ("Store", "Mailbox"), (
            "AirSyncBase:FileReference", name))))
        self.assertEqual(base64.b64decode(answer.text("Response/Fetch/Properties/Data")), b"%PDF" * 200_000)
        friend = self.ready()
        answer = device.raw("SmartForward", element("ComposeMail:SmartForward", ("ClientId", "f-1"), ("SaveInSentItems",), (
            "Source", ("FolderId", inbox), ("ItemId", item)), ("Mime", letter(device.user, friend.user, "Fwd: New", "See\r\n"))))
        self.is_told_nothing(answer)
        got, = self.fill(friend, friend.folder("Inbox")).values()
        self.assertEqual(got["Attachments"][0].findtext("{AirSyncBase}DisplayName"), "a.pdf")
        answer = device.sync(device.collection(inbox, ("Delete", ("ServerId", item)), deletes_as_moves=True))
        self.says(device, answer, ONE + "Status", "1")
        self.assertEqual(len(self.fill(device, device.folder("Trash"))), 1)

    def by_samsung(self, user):
        device = self.device(user, device="SEC1234567890ABCD", kind="SAMSUNGSM")
        answer = self.packed(device, "FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
        self.says(device, answer, "Status", "1")
        rows = [{child.tag.split("}")[1]: child.text for child in row} for row in answer.all("Changes/Add")]
        folders = {row["Type"]: row["ServerId"] for row in rows}
        inbox = folders["2"]
        for kind in ("2", "5", "8"):
            options = self.MAIL if kind in "25" else [("FilterType", 4)]
            answer = self.packed(device, "Sync", element("Sync", ("Collections", device.collection(folders[kind], options=options))))
            self.says(device, answer, ONE + "Status", "1")
        every = [device.collection(folders[kind], window=50) for kind in ("2", "5", "8")]
        answer = self.packed(device, "Sync", element("Sync", ("Collections", *every)))
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 4)
        # Empty: as before. Nothing came.
        every = [device.collection(folders[kind], window=50) for kind in ("2", "5", "8")]
        self.is_told_nothing(self.packed(device, "Sync", element("Sync", ("Collections", *every))))
        self.is_told_nothing(self.packed(device, "Sync", None))
        waiting = element("Ping:Ping", ("HeartbeatInterval", 470), ("Folders", ("Folder", ("Id", inbox), ("Class", "Email"))))
        self.arrives(device, "a@elsewhere.test", "Ring", *[child for child in waiting])
        answer = self.packed(device, "Sync", None)
        device.learn(answer)
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)
        self.arrives(device, "a@elsewhere.test", "Again")  # by an empty Ping


class OutlookTest(LivesCase):
    """Outlook for phones, whose service speaks 14.1: many folders at once, searches of everything, categories."""
    MAIL = [("FilterType", 5), ("MIMESupport", 2), (BODY, ("Type", 4), ("TruncationSize", 100000)), (BODY, ("Type", 2), ("Preview", 255))]

    def test_its_life(self):
        user, friend = self.user(), self.ready()
        for number in range(5):
            self.server.deliver(letter("a@elsewhere.test", user, f"Old {number}", "Quarterly words\r\n"), to=user)
        device = self.device(user, device="BADA55C0FFEE", kind="Outlook", version="14.1")
        self.provisioned(device, ("Model", "Outlook for iOS and Android"), ("OS", "Outlook for iOS and Android 1.0"),
                         ("UserAgent", "Outlook-iOS-Android/1.0"))
        self.says(device, device.folder_sync("0"), "Status", "1")
        inbox, calendar, sent = (device.folder(name) for name in ("Inbox", "Calendar", "Sent"))
        self.syncs(device, inbox, calendar, sent)
        self.searches(device, inbox)
        self.works(device, inbox, friend)
        self.plans(device, friend, calendar)

    def syncs(self, device, inbox, calendar, sent):
        wanted = {inbox: self.MAIL, sent: self.MAIL, calendar: [("FilterType", 5), (BODY, ("Type", 1))]}
        first = device.sync(*[device.collection(folder, options=options) for folder, options in wanted.items()])
        self.assertEqual(len(first.all("Collections/Collection")), 3)
        answer = device.sync(*[device.collection(folder, window=512) for folder in wanted])
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 5)
        self.is_told_nothing(device.sync(*[device.collection(folder, window=512) for folder in wanted]))
        partial = element("Sync", ("Collections", device.collection(inbox, window=512)), ("Partial",))
        self.is_told_nothing(device.raw("Sync", partial))
        # The others were named by the request before: something new in one of them is told.
        self.server.deliver(letter("a@elsewhere.test", device.user, "Partial"), to=device.user)
        answer = device.raw("Sync", element("Sync", ("Partial",)))
        device.learn(answer)
        self.assertEqual([node.text for node in answer.all("Collections/Collection/CollectionId")], [inbox])

    def searches(self, device, inbox):
        for query in ((("AirSync:Class", "Email"), ("AirSync:CollectionId", "0"), ("FreeText", "quarterly")),
                      (("AirSync:Class", "Email"), ("FreeText", "quarterly"))):
            answer = device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), ("Query", ("And", *query)), (
                "Options", ("RebuildResults",), ("DeepTraversal",), ("Range", "0-99"), (BODY, ("Type", 1), ("TruncationSize", 200))))))
            self.says(device, answer, "Response/Store/Total", "5")
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", ("Fetch", ("Store", "Mailbox"), (
            "Search:LongId", answer.text("Response/Store/Result/LongId")), ("Options", ("AirSync:MIMESupport", 2), (BODY, ("Type", 4))))))
        self.assertIn("Quarterly words", answer.text("Response/Fetch/Properties/Body/Data"))

    def works(self, device, inbox, friend):
        answer = device.raw("SendMail", element("ComposeMail:SendMail", ("ClientId", "s-1"), ("SaveInSentItems",), (
            "Mime", letter(device.user, friend.user, "Budget", html="<p>Bitte</p>", Importance="high"))))
        self.is_told_nothing(answer)
        got, = self.fill(friend, friend.folder("Inbox")).values()
        self.assertEqual((got["Importance"].text, got["Subject"].text), ("2", "Budget"))
        item = list(self.fill(device, inbox, options=self.MAIL))[0]
        self.changed(device, inbox, item, ("Email:Categories", ("Category", "Blue"), ("Category", "Work")))
        other = self.ready(device.user, device="OTHER")
        told = self.fill(other, inbox)[item]["Categories"]
        self.assertEqual([one.text for one in told], ["Blue", "Work"])
        moved = device.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", item), ("SrcFldId", inbox),
                                                                   ("DstFldId", device.folder("Trash")))))
        self.says(device, moved, "Response/Status", "3")
        emptied = device.raw("ItemOperations", element("ItemOperations:ItemOperations", ("EmptyFolderContents", (
            "AirSync:CollectionId", device.folder("Trash")), ("Options", ("DeleteSubFolders",)))))
        self.says(device, emptied, "Response/EmptyFolderContents/Status", "1")
        answer = device.sync(device.collection(inbox, window=512))
        self.assertEqual([one[0].text for one in answer.all(ONE + "Commands/Delete")], [item])
        oof = element("Settings:Settings", ("Oof", ("Set", ("OofState", 1), ("OofMessage", ("AppliesToInternal",), ("Enabled", 1), (
            "ReplyMessage", "Away"), ("BodyType", "TEXT")))))
        self.says(device, device.raw("Settings", oof), "Oof/Status", "1")
        oof = device.raw("Settings", element("Settings:Settings", ("Oof", ("Get", ("BodyType", "TEXT")))))
        self.says(device, oof, "Oof/Get/OofState", "1")

    def plans(self, device, friend, calendar):
        weekly = ("Calendar:Recurrence", ("Type", "1"), ("Interval", "1"), ("DayOfWeek", "2"), ("Occurrences", "6"), ("FirstDayOfWeek", "1"))
        common = [("Calendar:UID", "040000008200E00074C5B7101A82E008"), ("Calendar:OrganizerEmail", device.user), ("Calendar:MeetingStatus", "1"),
                  ("Calendar:Attendees", ("Attendee", ("Email", friend.user), ("Name", "Friend"), ("AttendeeType", "1"))), weekly]
        item = self.add(device, calendar, *self.event(*common, start="20300107T080000Z", end="20300107T090000Z"))
        for deleted in ("20300114T080000Z", "20300121T080000Z"):  # each Change tells of one exception alone
            self.changed(device, calendar, item, *self.event(*common, ("Calendar:Exceptions", ("Exception", ("Deleted", "1"), (
                "ExceptionStartTime", deleted))), start="20300107T080000Z", end="20300107T090000Z"))
        told = next(iter(self.start(device, calendar)["Add"].values()))
        self.assertEqual([one.findtext("{Calendar}ExceptionStartTime") for one in told["Exceptions"]],
                         ["20300114T080000Z", "20300121T080000Z"])
        answer = device.raw("ResolveRecipients", element("ResolveRecipients:ResolveRecipients", ("To", friend.user), ("Options", (
            "CertificateRetrieval", 1), ("Availability", ("StartTime", "2030-01-07T00:00:00.000Z"), ("EndTime", "2030-01-08T00:00:00.000Z")))))
        self.says(device, answer, "Response/Recipient/EmailAddress", friend.user)
        self.assertEqual(len(answer.text("Response/Recipient/Availability/MergedFreeBusy")), 48)


if __name__ == "__main__":
    unittest.main()
