"""Items other than mail over ActiveSync: contacts, tasks, notes and events, by a device of our own (tests/eas). Answers
are checked against Microsoft's schemas where they are there."""
import base64, datetime, imaplib, struct, sys, unittest

from e2e import harness, test_activesync

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.device import PLAIN  # noqa: E402
from eas.wbxml import element  # noqa: E402

HTML = [("AirSyncBase:BodyPreference", ("Type", 2), ("TruncationSize", 200000))]


def note_body(text, kind=1):
    return ("AirSyncBase:Body", ("Type", kind), ("Data", text))


class ItemsCase(test_activesync.ActiveSyncCase):
    USERS = 20

    def start(self, device, folder, options=PLAIN, supported=None):
        """Primes the collection and takes what is there; the items by id."""
        device.keys[folder] = "0"
        first = ["Collection", ("SyncKey", "0"), ("CollectionId", folder)]
        if supported is not None:
            first.append(("Supported", *[(name,) for name in supported]))
        if options:
            first.append(("Options", *options))
        device.sync(tuple(first))
        return self.news(device, folder)

    def news(self, device, folder):
        """What a Sync tells: {kind: {id: {property: element}}}."""
        told = {"Add": {}, "Change": {}, "Delete": [], "SoftDelete": []}
        while True:
            answer = device.sync(device.collection(folder))
            if answer.root is None:
                return told
            self.assertEqual(answer.text("Collections/Collection/Status"), "1")
            for kind in ("Add", "Change"):
                for one in answer.all(f"Collections/Collection/Commands/{kind}"):
                    told[kind][one[0].text] = {child.tag.split("}")[1]: child for child in one[1]}
            for kind in ("Delete", "SoftDelete"):
                told[kind] += [one[0].text for one in answer.all(f"Collections/Collection/Commands/{kind}")]
            if not answer.all("Collections/Collection/MoreAvailable"):
                return told

    def add(self, device, folder, *data, client="c1"):
        """Adds an item; its id."""
        answer = self.command(device, folder, ("Add", ("ClientId", client), ("ApplicationData", *data)))
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "1", device.text())
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/ClientId"), client)
        return answer.text("Collections/Collection/Responses/Add/ServerId")

    def change(self, device, folder, item, *data, status=None):
        answer = self.command(device, folder, ("Change", ("ServerId", item), ("ApplicationData", *data)))
        self.assertEqual(answer.text("Collections/Collection/Responses/Change/Status"), status)
        return answer

    def command(self, device, folder, *commands):
        answer = device.sync(device.collection(folder, *commands))
        self.assertEqual(answer.text("Collections/Collection/Status"), "1", device.text())
        return answer

    def texts(self, item):
        return {name: node.text or "" for name, node in item.items() if not len(node)}

    def children(self, node):
        return [child.text for child in node]


class FolderTest(ItemsCase):
    def test_every_mailbox_has_them(self):
        device = self.ready()
        types = {row["DisplayName"]: row["Type"] for row in device.folders.values()}
        for name, kind in (("Tasks", "7"), ("Calendar", "8"), ("Contacts", "9"), ("Notes", "10")):
            self.assertEqual(types[name], kind)
        before = dict(device.folders)
        self.assertEqual(device.folder_sync("0").text("Status"), "1")
        self.assertEqual(device.folders, before)  # the same ids

    def test_mail_clients_do_not_see_them(self):
        device = self.ready()
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        self.addCleanup(client.shutdown)
        client.login(device.user, self.server.passwords[device.user])
        listed = b"\n".join(client.list()[1])
        for name in (b"Calendar", b"Contacts", b"Tasks", b"Notes"):
            self.assertNotIn(name, listed)
        self.assertEqual(client.select("Contacts")[0], "NO")
        self.assertEqual(client.create("Contacts")[0], "OK")  # a folder of mail may be called so
        self.assertEqual(client.select("Contacts")[0], "OK")
        client.delete("Contacts")
        self.assertIn("Contacts", [row["DisplayName"] for row in device.folders.values()])

    def test_folders_of_ones_own(self):
        device = self.ready()
        made = {}
        for name, kind in (("Club", "14"), ("Chores", "15"), ("Ideas", "17"), ("Team", "13")):
            answer = device.raw("FolderCreate", element("FolderHierarchy:FolderCreate", ("SyncKey", device.folder_key),
                                                        ("ParentId", "0"), ("DisplayName", name), ("Type", kind)))
            self.assertEqual(answer.text("Status"), "1")
            device.folder_key = answer.text("SyncKey")
            made[name] = answer.text("ServerId")
        other = self.ready(device.user, device="DEV2")
        self.assertEqual({other.folders[made[name]]["Type"] for name in made}, {"13", "14", "15", "17"})
        item = self.prime_and_add(device, made["Club"])
        moved = device.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", item), ("SrcFldId", made["Club"]),
                                                                   ("DstFldId", device.folder("Contacts")))))
        self.assertEqual(moved.text("Response/Status"), "3")
        self.assertEqual(self.news(device, made["Club"])["Delete"], [item])
        # Not to a folder of another kind.
        item = self.add(device, made["Club"], ("Contacts:FirstName", "B"), client="c2")
        moved = device.raw("MoveItems", element("Move:MoveItems", ("Move", ("SrcMsgId", item), ("SrcFldId", made["Club"]),
                                                                   ("DstFldId", device.folder("Inbox")))))
        self.assertEqual(moved.text("Response/Status"), "2")
        answer = device.raw("FolderUpdate", element("FolderHierarchy:FolderUpdate", ("SyncKey", device.folder_key),
                                                    ("ServerId", made["Club"]), ("ParentId", "0"), ("DisplayName", "Group")))
        self.assertEqual(answer.text("Status"), "1")
        device.folder_key = answer.text("SyncKey")
        answer = device.raw("FolderDelete", element("FolderHierarchy:FolderDelete", ("SyncKey", device.folder_key),
                                                    ("ServerId", made["Club"])))
        self.assertEqual(answer.text("Status"), "1")
        device.folder_key = answer.text("SyncKey")
        answer = device.raw("FolderDelete", element("FolderHierarchy:FolderDelete", ("SyncKey", device.folder_key),
                                                    ("ServerId", device.folder("Contacts"))))
        self.assertEqual(answer.text("Status"), "3")  # every mailbox has that one
        self.assertIn("Chores", [row["DisplayName"] for row in self.ready(device.user, device="DEV3").folders.values()])

    def prime_and_add(self, device, folder):
        self.start(device, folder)
        return self.add(device, folder, ("Contacts:FirstName", "A"))


class ContactTest(ItemsCase):
    FULL = [("Contacts:FirstName", "Ånna"), ("Contacts:LastName", "Exämple; the, second"), ("Contacts:MiddleName", "M."),
            ("Contacts:Title", "Dr."), ("Contacts:Suffix", "Jr."), ("Contacts:FileAs", "Exämple, Ånna"),
            ("Contacts:CompanyName", "Acme, Inc."), ("Contacts:Department", "R&D"), ("Contacts:JobTitle", "Chief"),
            ("Contacts:OfficeLocation", "12/A"), ("Contacts:Email1Address", "anna@example.org"),
            ("Contacts:Email2Address", '"Anna" <a@example.net>'), ("Contacts:Email3Address", "third@example.net"),
            ("Contacts:HomePhoneNumber", "+1 1"), ("Contacts:Home2PhoneNumber", "+1 2"), ("Contacts:BusinessPhoneNumber", "+1 3"),
            ("Contacts:Business2PhoneNumber", "+1 4"), ("Contacts:MobilePhoneNumber", "+1 5"),
            ("Contacts:HomeFaxNumber", "+1 6"), ("Contacts:BusinessFaxNumber", "+1 7"), ("Contacts:CarPhoneNumber", "+1 8"),
            ("Contacts:RadioPhoneNumber", "+1 9"), ("Contacts:PagerNumber", "+1 10"),
            ("Contacts:AssistantPhoneNumber", "+1 11"), ("Contacts2:CompanyMainPhone", "+1 12"), ("Contacts2:MMS", "+1 13"),
            ("Contacts:HomeAddressStreet", "Road 1\nBack"), ("Contacts:HomeAddressCity", "Town"),
            ("Contacts:HomeAddressState", "S"), ("Contacts:HomeAddressPostalCode", "123"),
            ("Contacts:HomeAddressCountry", "Ö"), ("Contacts:BusinessAddressCity", "Work"),
            ("Contacts:OtherAddressCity", "Elsewhere"), ("Contacts:WebPage", "https://example.org/?a=b;c"),
            ("Contacts:Spouse", "S"), ("Contacts:AssistantName", "As"), ("Contacts2:ManagerName", "Boss"),
            ("Contacts2:NickName", "Nan"), ("Contacts2:IMAddress", "im1"), ("Contacts2:IMAddress2", "im2"),
            ("Contacts2:IMAddress3", "im3"), ("Contacts2:CustomerId", "cu"), ("Contacts2:GovernmentId", "go"),
            ("Contacts2:AccountName", "ac"), ("Contacts:YomiFirstName", "yf"), ("Contacts:YomiLastName", "yl"),
            ("Contacts:YomiCompanyName", "yc"), ("Contacts:Birthday", "1980-02-03T00:00:00.000Z"),
            ("Contacts:Anniversary", "2001-05-06T12:00:00.000Z"), ("Contacts:Picture", base64.b64encode(b"\xff\xd8" * 99).decode()),
            ("Contacts:Categories", ("Category", "one, two"), ("Category", "three")),
            ("Contacts:Children", ("Child", "C1"), ("Child", "C2")), note_body("Line 1\r\nLine 2")]

    def test_all_properties_go_round(self):
        for version in ("16.1", "14.1", "12.1"):
            user = self.user()
            one, two = self.ready(user, version=version), self.ready(user, device="DEV2", version=version)
            folder = one.folder("Contacts")
            self.start(one, folder)
            self.start(two, folder)
            item = self.add(one, folder, *self.FULL)
            told = self.news(two, folder)["Add"][item]
            texts = self.texts(told)
            for name, value in [pair for pair in self.FULL if len(pair) == 2 and isinstance(pair[1], str)]:
                name = name.split(":")[1]
                if name in ("Birthday", "Anniversary"):
                    value = value[:10] + "T11:59:00.000Z"
                self.assertEqual(texts[name], value, name)
            self.assertEqual(self.children(told["Categories"]), ["one, two", "three"])
            self.assertEqual(self.children(told["Children"]), ["C1", "C2"])
            self.assertEqual([child.text for child in told["Body"]][-1], "Line 1\r\nLine 2")
            self.assertEqual(self.news(one, folder), {"Add": {}, "Change": {}, "Delete": [], "SoftDelete": []})
            fetched = two.raw("ItemOperations", element("ItemOperations:ItemOperations", (
                "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", folder), ("AirSync:ServerId", item))))
            self.assertEqual(fetched.text("Response/Fetch/Class"), "Contacts")
            self.assertEqual(fetched.text("Response/Fetch/Properties/FirstName"), "Ånna")
            answer = self.command(two, folder, ("Fetch", ("ServerId", item)))
            self.assertEqual(answer.text("Collections/Collection/Responses/Fetch/ApplicationData/NickName"), "Nan")

    def test_what_a_change_leaves_out(self):
        for supported, stays in ((None, False), ((), True), (("Contacts:FirstName", "Contacts:JobTitle"), True),
                                 (("Contacts:FirstName", "Contacts:Email1Address"), False)):
            user = self.user()
            one, two = self.ready(user), self.ready(user, device="DEV2")
            folder = one.folder("Contacts")
            self.start(one, folder, supported=supported)
            self.start(two, folder)
            item = self.add(one, folder, ("Contacts:FirstName", "A"), ("Contacts:Email1Address", "a@example.org"),
                            ("Contacts:Picture", "/9j/"), note_body("kept"))
            self.news(two, folder)
            self.change(one, folder, item, ("Contacts:FirstName", "B"))
            told = self.news(two, folder)["Change"][item]
            self.assertEqual(told["FirstName"].text, "B")
            self.assertEqual("Email1Address" in told, stays, supported)
            self.assertEqual(told["Picture"].text, "/9j/")  # stays in any case, as the body does
            self.assertEqual(told["Body"][-1].text, "kept")

    def test_the_second_stays_the_second(self):
        device = self.ready()
        folder = device.folder("Contacts")
        self.start(device, folder, supported=("Contacts:Email1Address", "Contacts:Email2Address", "Contacts:HomePhoneNumber",
                                              "Contacts:Home2PhoneNumber"))
        item = self.add(device, folder, ("Contacts:Email1Address", "a@x"), ("Contacts:Email2Address", "b@x"),
                        ("Contacts:HomePhoneNumber", "1"), ("Contacts:Home2PhoneNumber", "2"))
        self.change(device, folder, item, ("Contacts:Email2Address", "b@x"), ("Contacts:Home2PhoneNumber", "2"))
        told = self.start(device, folder)["Add"][item]
        self.assertNotIn("Email1Address", told)
        self.assertEqual((told["Email2Address"].text, told["Home2PhoneNumber"].text), ("b@x", "2"))

    def test_delete_resend_conflict(self):
        user = self.user()
        one, two = self.ready(user), self.ready(user, device="DEV2")
        folder = one.folder("Contacts")
        self.start(one, folder)
        self.start(two, folder)
        before = one.keys[folder]
        item = self.add(one, folder, ("Contacts:FirstName", "A"))
        one.keys[folder] = before  # the answer was lost
        self.assertEqual(self.add(one, folder, ("Contacts:FirstName", "A")), item)
        self.assertEqual(list(self.news(two, folder)["Add"]), [item])
        # Two devices, one contact: the server's word stands, and the one who lost hears of it.
        self.change(one, folder, item, ("Contacts:FirstName", "One"))
        answer = self.change(two, folder, item, ("Contacts:FirstName", "Two"), status="7")
        self.assertEqual(answer.text("Collections/Collection/Commands/Change/ApplicationData/FirstName"), "One")
        self.assertEqual(self.news(one, folder)["Change"], {})
        self.change(two, folder, item, ("Contacts:FirstName", "Two"))
        self.assertEqual(self.news(one, folder)["Change"][item]["FirstName"].text, "Two")
        self.command(one, folder, ("Delete", ("ServerId", item)))
        self.assertEqual(self.news(two, folder)["Delete"], [item])
        self.change(two, folder, item, ("Contacts:FirstName", "Late"), status="8")

    def test_ping_and_estimate(self):
        user = self.user()
        one, two = self.ready(user), self.ready(user, device="DEV2")
        folder = one.folder("Contacts")
        self.start(one, folder)
        self.start(two, folder)
        waiting = element("Ping:Ping", ("HeartbeatInterval", 60),
                          ("Folders", ("Folder", ("Id", folder), ("Class", "Contacts"))))
        connection = two.begin("Ping", waiting)
        self.add(one, folder, ("Contacts:FirstName", "A"))
        answer = two.end(connection, "Ping", waiting)
        self.assertEqual((answer.text("Status"), answer.text("Folders/Folder")), ("2", folder))
        estimate = two.raw("GetItemEstimate", element("GetItemEstimate:GetItemEstimate", ("Collections", (
            "Collection", ("AirSync:SyncKey", two.keys[folder]), ("CollectionId", folder)))))
        self.assertEqual(estimate.text("Response/Collection/Estimate"), "1")


class NoteTest(ItemsCase):
    def test_notes(self):
        user = self.user()
        one, two = self.ready(user), self.ready(user, device="DEV2")
        folder = one.folder("Notes")
        self.start(one, folder)
        self.start(two, folder, options=HTML)
        item = self.add(one, folder, ("Notes:Subject", "Shop, list"), ("Notes:MessageClass", "IPM.StickyNote"), note_body("a < b\r\nc"),
                        ("Notes:Categories", ("Category", "x")))
        told = self.news(two, folder)["Add"][item]
        self.assertEqual((told["Subject"].text, told["MessageClass"].text), ("Shop, list", "IPM.StickyNote"))
        self.assertRegex(told["LastModifiedDate"].text, r"^\d{8}T\d{6}Z$")
        self.assertIn("a &lt; b<br>", [child.text for child in told["Body"]][-1])
        self.change(two, folder, item, ("Notes:Subject", "Shop"), note_body("<p>b<i>old</i></p>", kind=2))
        told = self.news(one, folder)["Change"][item]
        self.assertEqual(told["Subject"].text, "Shop")
        self.assertIn("bold", [child.text for child in told["Body"]][-1])
        self.assertNotIn("Categories", told)  # left out: gone
        answer = self.command(one, folder, ("Add", ("ClientId", "c9"), ("ApplicationData", ("Notes:MessageClass", "IPM.Note"))))
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "6")


class TaskTest(ItemsCase):
    TASK = [("Tasks:Subject", "Write"), ("Tasks:Importance", "2"), ("Tasks:UtcStartDate", "2026-11-01T23:00:00.000Z"),
            ("Tasks:StartDate", "2026-11-02T00:00:00.000Z"), ("Tasks:UtcDueDate", "2026-11-04T23:00:00.000Z"),
            ("Tasks:DueDate", "2026-11-05T00:00:00.000Z"), ("Tasks:Categories", ("Category", "work")),
            ("Tasks:Complete", "0"), ("Tasks:Sensitivity", "2"), ("Tasks:ReminderSet", "1"),
            ("Tasks:ReminderTime", "2026-11-04T08:00:00.000Z"), ("Tasks:OrdinalDate", "2026-11-01T10:00:00.000Z"),
            ("Tasks:SubOrdinalDate", "5a")]

    def test_properties(self):
        user = self.user()
        one, two = self.ready(user), self.ready(user, device="DEV2")
        folder = one.folder("Tasks")
        self.start(one, folder)
        self.start(two, folder)
        item = self.add(one, folder, *self.TASK, note_body("do"))
        told = self.news(two, folder)["Add"][item]
        texts = self.texts(told)
        for name, value in [pair for pair in self.TASK if isinstance(pair[1], str)]:
            self.assertEqual(texts[name.split(":")[1]], value)
        self.assertEqual(self.children(told["Categories"]), ["work"])

    def test_recurrences(self):
        device = self.ready()
        folder = device.folder("Tasks")
        self.start(device, folder)
        patterns = [
            [("Type", "0"), ("Start", "2026-11-02T00:00:00.000Z"), ("Interval", "2"), ("Occurrences", "5")],
            [("Type", "1"), ("Start", "2026-11-02T00:00:00.000Z"), ("Interval", "1"), ("DayOfWeek", "42"), ("FirstDayOfWeek", "1"),
             ("Until", "2027-11-02T00:00:00.000Z")],
            [("Type", "2"), ("Start", "2026-11-02T00:00:00.000Z"), ("Interval", "1"), ("DayOfMonth", "15")],
            [("Type", "3"), ("Start", "2026-11-02T00:00:00.000Z"), ("Interval", "1"), ("DayOfWeek", "62"), ("WeekOfMonth", "5")],
            [("Type", "5"), ("Start", "2026-11-02T00:00:00.000Z"), ("Interval", "1"), ("DayOfMonth", "2"), ("MonthOfYear", "11")],
            [("Type", "6"), ("Start", "2026-11-02T00:00:00.000Z"), ("Interval", "1"), ("DayOfWeek", "2"), ("WeekOfMonth", "1"),
             ("MonthOfYear", "11"), ("Regenerate", "1"), ("DeadOccur", "0")]]
        items = [self.add(device, folder, ("Tasks:Subject", "R"), ("Tasks:StartDate", "2026-11-02T00:00:00.000Z"),
                          ("Tasks:UtcStartDate", "2026-11-02T00:00:00.000Z"), ("Tasks:Recurrence", *pattern), client=f"r{number}")
                 for number, pattern in enumerate(patterns)]
        told = self.start(device, folder)["Add"]
        for item, pattern in zip(items, patterns):
            got = {child.tag.split("}")[1]: child.text for child in told[item]["Recurrence"]}
            of_months = dict(pattern)["Type"] >= "2"
            self.assertEqual(got, {**dict(pattern), **({"CalendarType": "0"} if of_months else {})})

    def test_filter_of_what_is_to_be_done(self):
        device = self.ready()
        folder = device.folder("Tasks")
        self.start(device, folder, options=[("FilterType", 8)])
        open_task = self.add(device, folder, ("Tasks:Subject", "Open"), ("Tasks:Complete", "0"))
        other = self.ready(device.user, device="DEV2")
        self.start(other, folder)
        done = self.add(other, folder, ("Tasks:Subject", "Done"), ("Tasks:Complete", "1"),
                        ("Tasks:DateCompleted", "2026-11-01T00:00:00.000Z"))
        self.assertEqual(self.news(device, folder)["Add"], {})
        self.change(other, folder, done, ("Tasks:Subject", "Again"), ("Tasks:Complete", "0"))
        self.assertEqual(list(self.news(device, folder)["Add"]), [done])
        self.change(other, folder, open_task, ("Tasks:Subject", "Open"), ("Tasks:Complete", "1"),
                    ("Tasks:DateCompleted", "2026-11-02T00:00:00.000Z"))
        self.assertEqual(self.news(device, folder)["SoftDelete"], [open_task])
        # All of them again, and then those alone that are to be done.
        everything = device.sync(device.collection(folder, options=[("FilterType", 0)]))
        self.assertEqual(everything.text("Collections/Collection/Commands/Add/ServerId"), open_task)
        less = device.sync(device.collection(folder, options=[("FilterType", 8)]))
        self.assertEqual(less.text("Collections/Collection/Commands/SoftDelete/ServerId"), open_task)


def zone(bias, name, standard, daylight):
    """The 172 octets: bias in minutes, and (month, weekday, week, hour) of both changes."""
    def date(month, weekday, week, hour):
        return struct.pack("<8H", 0, month, weekday, week, hour, 0, 0, 0)
    named = name.encode("utf-16le").ljust(64, b"\0")
    return base64.b64encode(struct.pack("<i", bias) + named + date(*standard) + struct.pack("<i", 0) + named + date(*daylight)
                            + struct.pack("<i", -60)).decode()


BERLIN = zone(-60, "W. Europe Standard Time", (10, 0, 5, 3), (3, 0, 5, 2))


def compact(when):
    return when.strftime("%Y%m%dT%H%M%SZ")


class EventCase(ItemsCase):
    def event(self, *more, start="20261102T080000Z", end="20261102T090000Z", subject="Meet", zone=BERLIN):
        return [zone and ("Calendar:Timezone", zone), ("Calendar:StartTime", start), ("Calendar:EndTime", end),
                ("Calendar:Subject", subject), ("Calendar:AllDayEvent", "0"), *more]

    def two(self, version="16.1", **how):
        user = self.user()
        one, two = self.ready(user, version=version), self.ready(user, device="DEV2", version=how.get("other", version))
        folder = one.folder("Calendar")
        self.start(one, folder)
        self.start(two, folder)
        return one, two, folder


class EventTest(EventCase):
    def test_properties_of_older_devices(self):
        for version in ("12.1", "14.1"):
            one, two, folder = self.two(version)
            attendees = ("Calendar:Attendees", ("Attendee", ("Email", "b@example.org"), ("Name", "B, b"), ("AttendeeType", "2")),
                         ("Attendee", ("Email", "room@example.org"), ("Name", "Room"), ("AttendeeType", "3")))
            item = self.add(one, folder, *self.event(
                ("Calendar:UID", "my-uid"), ("Calendar:DtStamp", "20261101T000000Z"), ("Calendar:Location", "Room; 1"),
                ("Calendar:BusyStatus", "3"), ("Calendar:Sensitivity", "2"), ("Calendar:Reminder", "15"),
                ("Calendar:MeetingStatus", "1"), ("Calendar:OrganizerName", "Me"), ("Calendar:OrganizerEmail", one.user),
                ("Calendar:Categories", ("Category", "x")), attendees, note_body("line")))
            told = self.news(two, folder)["Add"][item]
            texts = self.texts(told)
            for name, value in (("Timezone", BERLIN), ("StartTime", "20261102T080000Z"), ("EndTime", "20261102T090000Z"),
                                ("Subject", "Meet"), ("UID", "my-uid"), ("DtStamp", "20261101T000000Z"),
                                ("Location", "Room; 1"), ("BusyStatus", "3"), ("Sensitivity", "2"), ("Reminder", "15"),
                                ("MeetingStatus", "1"), ("OrganizerName", "Me"), ("OrganizerEmail", one.user), ("AllDayEvent", "0")):
                self.assertEqual(texts[name], value, name)
            self.assertEqual(self.children(told["Categories"]), ["x"])
            self.assertEqual([self.children(one) for one in told["Attendees"]],
                             [["b@example.org", "B, b", "5", "2"], ["room@example.org", "Room", "5", "3"]])
            self.assertEqual(told["Body"][-1].text, "line")
            fetched = two.raw("ItemOperations", element("ItemOperations:ItemOperations", (
                "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", folder), ("AirSync:ServerId", item),
                ("Options", *PLAIN))))
            self.assertEqual(fetched.text("Response/Fetch/Class"), "Calendar")
            properties = {child.tag.split("}")[1]: child for child in fetched.find("Response/Fetch/Properties")}
            self.assertEqual(self.texts(properties), texts)  # the same as by Sync
            self.assertEqual(self.children(properties["Categories"]), ["x"])
            self.assertEqual(len(properties["Attendees"]), 2)

    def test_properties_of_newer_devices(self):
        one, two, folder = self.two()
        place = ("AirSyncBase:Location", ("DisplayName", "Hall"), ("Street", "Road 1"), ("City", "Town"), ("Latitude", "52.5"))
        answer = self.command(one, folder, ("Add", ("ClientId", "c1"), ("ApplicationData", *self.event(
            ("Calendar:ClientUid", "client-uid"), place, ("Calendar:BusyStatus", "2"),
            ("Calendar:Attendees", ("Attendee", ("Email", "b@example.org"), ("Name", "B")))))))
        response = "Collections/Collection/Responses/Add/"
        self.assertEqual(answer.text(response + "Status"), "1")
        self.assertEqual(answer.text(response + "ApplicationData/UID"), "client-uid")
        item = answer.text(response + "ServerId")
        again = self.add(one, folder, *self.event(("Calendar:ClientUid", "client-uid")), client="c9")
        self.assertEqual(again, item)  # sent again: the same event
        self.assertEqual(self.news(one, folder)["Add"], {})
        told = self.news(two, folder)["Add"]
        self.assertEqual(list(told), [item])
        told = told[item]
        self.assertEqual({child.tag.split("}")[1]: child.text for child in told["Location"]},
                         {"DisplayName": "Hall", "Street": "Road 1", "City": "Town", "Latitude": "52.5"})
        self.assertEqual((told["OrganizerEmail"].text, told["MeetingStatus"].text, told["ResponseType"].text), (one.user, "1", "1"))
        # All that a change leaves out stays: the whole calendar is ghosted.
        self.change(one, folder, item, ("Calendar:Subject", "Other"))
        told = self.news(two, folder)["Change"][item]
        self.assertEqual((told["Subject"].text, told["StartTime"].text, told["Location"][0].text),
                         ("Other", "20261102T080000Z", "Hall"))
        self.change(one, folder, item, ("Calendar:StartTime", "20261102T060000Z"), ("Calendar:EndTime", "20261102T050000Z"),
                    status="6")

    def test_what_no_event_has(self):  # MS-ASCAL section 3.2.5.3
        one, _, folder = self.two("16.1")
        item = self.add(one, folder, *self.event())
        day, week, days, month = ("DayOfMonth", "2"), ("WeekOfMonth", "1"), ("DayOfWeek", "2"), ("MonthOfYear", "11")
        hebrew = ("CalendarType", "8")
        fitting = {"0": (), "1": (days,), "2": (day,), "3": (week, days), "5": (day, month), "6": (week, days, month)}
        cases = [(("Type", kind), *own, more) for kind, own in fitting.items()
                 for more in (day, week, days, month) if more not in own and (kind, more) != ("0", days)]
        cases += [(("Type", kind), *fitting[kind], hebrew, hebrew) for kind in "2356"]
        cases += [(("Type", "2"), day, ("CalendarType", str(kind))) for kind in (13, 16, 17, 18, 19, 21, 22, 23)]
        cases += [(("Type", "1"), days, ("FirstDayOfWeek", "7"))]
        self.assertEqual(len(cases), 27)
        for case in cases:
            with self.subTest(case):
                self.change(one, folder, item, ("Calendar:Recurrence", *case), status="6")
        self.change(one, folder, item, ("Calendar:EndTime", "20261102T100000Z"), status="6")
        for kind, own in fitting.items():
            self.change(one, folder, item, ("Calendar:Recurrence", ("Type", kind), *own), status=None)

    def test_whole_days(self):
        one, two, folder = self.two("16.1", other="14.1")
        item = self.add(one, folder, ("Calendar:Subject", "Fair"), ("Calendar:AllDayEvent", "1"),
                        ("Calendar:StartTime", "20261224T000000Z"), ("Calendar:EndTime", "20261226T000000Z"))
        told = self.news(two, folder)["Add"][item]
        self.assertEqual((told["StartTime"].text, told["EndTime"].text), ("20261224T000000Z", "20261226T000000Z"))
        other = self.add(two, folder, ("Calendar:Timezone", BERLIN), ("Calendar:Subject", "Local"), ("Calendar:AllDayEvent", "1"),
                         ("Calendar:StartTime", "20261223T230000Z"), ("Calendar:EndTime", "20261224T230000Z"), client="c2")
        told = self.news(one, folder)["Add"][other]
        self.assertEqual((told["StartTime"].text, told["EndTime"].text), ("20261224T000000Z", "20261225T000000Z"))
        self.assertNotIn("Timezone", told)

    def test_series_of_older_devices(self):
        one, two, folder = self.two("14.1")
        rule = ("Calendar:Recurrence", ("Type", "1"), ("Interval", "1"), ("DayOfWeek", "2"), ("FirstDayOfWeek", "1"))
        item = self.add(one, folder, *self.event(rule, ("Calendar:Exceptions", (
            "Exception", ("Deleted", "1"), ("ExceptionStartTime", "20261109T080000Z")), (
            "Exception", ("ExceptionStartTime", "20261116T080000Z"), ("Subject", "Late"), ("StartTime", "20261116T100000Z"),
            ("EndTime", "20261116T110000Z")))))
        told = self.news(two, folder)["Add"][item]
        self.assertEqual({child.tag.split("}")[1]: child.text for child in told["Recurrence"]},
                         {"Type": "1", "Interval": "1", "DayOfWeek": "2", "FirstDayOfWeek": "1"})
        exceptions = [{child.tag.split("}")[1]: child.text for child in one} for one in told["Exceptions"]]
        self.assertEqual(exceptions[0], {"Deleted": "1", "ExceptionStartTime": "20261109T080000Z"})
        self.assertEqual({name: exceptions[1][name] for name in ("ExceptionStartTime", "Subject", "StartTime")},
                         {"ExceptionStartTime": "20261116T080000Z", "Subject": "Late", "StartTime": "20261116T100000Z"})

    def test_occurrences_of_newer_devices(self):
        one, two, folder = self.two()
        item = self.add(one, folder, *self.event(("Calendar:Recurrence", ("Type", "0"), ("Interval", "1"), ("Occurrences", "5"))))
        self.news(two, folder)
        answer = self.command(one, folder, ("Change", ("ServerId", item), ("AirSyncBase:InstanceId", "20261104T080000Z"),
                                            ("ApplicationData", ("Calendar:Subject", "Third"))),
                              ("Delete", ("ServerId", item), ("AirSyncBase:InstanceId", "20261105T080000Z")))
        self.assertIsNone(answer.find("Collections/Collection/Responses"))
        told = self.news(two, folder)
        self.assertEqual(told["Delete"], [])
        exceptions = [{child.tag.split("}")[1]: child.text for child in one} for one in told["Change"][item]["Exceptions"]]
        self.assertEqual([one["InstanceId"] for one in exceptions], ["20261105T080000Z", "20261104T080000Z"])
        self.assertEqual((exceptions[0]["Deleted"], exceptions[1]["Subject"]), ("1", "Third"))
        answer = self.command(one, folder, ("Delete", ("ServerId", item), ("AirSyncBase:InstanceId", "20270105T080000Z")))
        self.assertEqual(answer.text("Collections/Collection/Responses/Delete/Status"), "6")
        self.change(one, folder, item, ("Calendar:StartTime", "20261102T100000Z"), ("Calendar:EndTime", "20261102T110000Z"))
        self.assertNotIn("Exceptions", self.news(two, folder)["Change"][item])

    def test_filter_by_date(self):
        user = self.user()
        one, two = self.ready(user), self.ready(user, device="DEV2")
        folder = one.folder("Calendar")
        self.start(one, folder)
        self.start(two, folder, options=[("FilterType", 4)])
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        day = datetime.timedelta(days=1)
        rule = ("Calendar:Recurrence", ("Type", "0"), ("Interval", "1"))
        made = {name: self.add(one, folder, *self.event(*more, start=compact(now + offset), end=compact(now + offset + day / 24),
                                                        subject=name), client=name)
                for name, offset, more in (("old", -60 * day, []), ("recent", -3 * day, []), ("coming", 300 * day, []),
                                           ("endless", -400 * day, [rule]),
                                           ("ended", -400 * day, [(*rule, ("Occurrences", "5"))]))}
        told = self.news(two, folder)
        self.assertEqual(set(told["Add"]), {made["recent"], made["coming"], made["endless"]})
        estimate = two.raw("GetItemEstimate", element("GetItemEstimate:GetItemEstimate", ("Collections", (
            "Collection", ("AirSync:SyncKey", two.keys[folder]), ("CollectionId", folder),
            ("AirSync:Options", ("FilterType", 0))))))
        self.assertEqual(estimate.text("Response/Collection/Estimate"), "2")
        # One moves out, another in.
        for name, offset in (("recent", -90 * day), ("old", 5 * day)):
            self.change(one, folder, made[name], ("Calendar:StartTime", compact(now + offset)),
                        ("Calendar:EndTime", compact(now + offset + day / 24)))
        told = self.news(two, folder)
        self.assertEqual((list(told["Add"]), told["SoftDelete"], told["Change"]), ([made["old"]], [made["recent"]], {}))

    def test_the_store_is_sound(self):
        """After all kinds of changes: what the store's own check says."""
        one, two, folder = self.two()
        items = [self.add(one, folder, *self.event(subject=f"e{number}"), client=f"c{number}") for number in range(5)]
        for number, item in enumerate(items):
            self.change(one, folder, item, ("Calendar:Subject", f"again {number}"))
        self.command(one, folder, ("Delete", ("ServerId", items[0])))
        self.assertEqual(len(self.news(two, folder)["Add"]), 4)
        self.server.cli("store", "check")  # fails if it finds anything


if __name__ == "__main__":
    unittest.main()
