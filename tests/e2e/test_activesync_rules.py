"""Sentences of the ActiveSync specifications one by one, where no story of a device meets them: what must be refused, what must
stay, what must not be in an answer. tests/eas/requirements.tsv names them."""
import base64, unittest

from e2e.test_activesync_items import ItemsCase, note_body
from eas.wbxml import element

START = ("Start", "2026-11-02T00:00:00.000Z")


class ItemRulesCase(ItemsCase):
    USERS = 12

    def begun(self, name, **how):
        device = self.ready(**how)
        folder = device.folder(name)
        self.start(device, folder)
        return device, folder

    def refused(self, device, folder, *data, status="6"):
        answer = self.command(device, folder, ("Add", ("ClientId", "refused"), ("ApplicationData", *data)))
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), status, data)
        self.assertIsNone(answer.text("Collections/Collection/Responses/Add/ServerId"))

    def shown(self, device, folder, item, *preferences):
        """The properties of an item by ItemOperations; and the names of what came."""
        fetch = element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", folder), ("AirSync:ServerId", item), *preferences))
        answer = device.raw("ItemOperations", fetch)
        self.assertEqual(answer.text("Response/Fetch/Status"), "1", device.text())
        self.assertEqual(answer.text("Response/Fetch/Class"), device.folders[folder]["DisplayName"])
        return {child.tag.split("}")[1]: child for child in answer.find("Response/Fetch/Properties")}


class TaskRules(ItemRulesCase):
    def test_patterns_that_are_none(self):
        """MS-ASTASK sections 2.2.2.4, 2.2.2.9, 2.2.2.10, 2.2.2.13, 2.2.2.29, 2.2.2.33 and 3.2.5.3.3."""
        device, folder = self.begun("Tasks")
        recurrence = lambda *of: ("Tasks:Recurrence", *of)
        weekly, monthly = (("Type", "1"), START, ("DayOfWeek", "2")), (("Type", "2"), START, ("DayOfMonth", "3"))
        yearly = (("Type", "5"), START, ("DayOfMonth", "3"), ("MonthOfYear", "4"))
        for bad in ((*weekly, ("CalendarType", "1")), (("Type", "0"), START, ("CalendarType", "0")), (*weekly, ("DayOfMonth", "3")),
                    (("Type", "3"), START, ("DayOfWeek", "2"), ("WeekOfMonth", "1"), ("DayOfMonth", "3")),
                    (*monthly, ("DayOfWeek", "2")), (*yearly, ("DayOfWeek", "2")), (*monthly, ("WeekOfMonth", "1")),
                    (*weekly, ("WeekOfMonth", "1")), (*weekly, ("FirstDayOfWeek", "7")), (START, ("Interval", "1")),
                    (("Type", "1"), ("DayOfWeek", "2")), (("Type", "9"), START), (("Type", "1"), START),
                    (("Type", "2"), START, ("DayOfMonth", "32"))):
            self.refused(device, folder, ("Tasks:Subject", "R"), recurrence(*bad))
        self.refused(device, folder, ("Tasks:Subject", "R"), ("Tasks:ReminderSet", "2"))
        for number, good in enumerate((weekly, monthly, yearly, (*yearly, ("CalendarType", "15"), ("IsLeapMonth", "1")), (*weekly, ("FirstDayOfWeek", "6")))):
            self.add(device, folder, ("Tasks:Subject", "R"), recurrence(*good), client=f"g{number}")
        # Of both Occurrences counts.
        both = self.add(device, folder, ("Tasks:Subject", "R"), recurrence(
            *weekly, ("Occurrences", "4"), ("Until", "2027-11-02T00:00:00.000Z")), client="both")
        told = self.start(device, folder)["Add"]
        self.assertEqual(len(told), 6)
        names = {child.tag.split("}")[1]: child.text for child in told[both]["Recurrence"]}
        self.assertEqual(names["Occurrences"], "4")
        self.assertNotIn("Until", names)
        leaps = [one["Recurrence"].findall("{Tasks}IsLeapMonth") for one in told.values()]
        self.assertEqual(sorted(len(leap) for leap in leaps), [0, 0, 0, 0, 0, 1])

    def test_what_a_change_leaves_out(self):
        """MS-ASTASK sections 2.2.2.5, 2.2.2.8, 3.2.5.3.1 and 3.2.5.3.2."""
        device, folder = self.begun("Tasks")
        other = self.ready(device.user, device="DEV2")
        self.start(other, folder)
        item = self.add(device, folder, ("Tasks:Subject", "T"), ("Tasks:Importance", "2"), ("Tasks:Categories", ("Category", "work")),
                        ("Tasks:ReminderSet", "1"), ("Tasks:ReminderTime", "2026-12-01T08:00:00.000Z"))
        self.news(other, folder)
        self.change(device, folder, item, ("Tasks:Subject", "Other"), ("Tasks:Categories", ("Category", "home")))
        told = self.texts(self.news(other, folder)["Change"][item])
        self.assertEqual((told["Subject"], told["Importance"], told["ReminderSet"]), ("Other", "2", "1"))
        self.assertEqual(told["ReminderTime"], "2026-12-01T08:00:00.000Z")
        self.change(device, folder, item, ("Tasks:Subject", "Other"), ("Tasks:Categories",), ("Tasks:Complete", "1"),
                    ("Tasks:DateCompleted", "2026-11-30T00:00:00.000Z"), ("Tasks:ReminderSet", "0"), ("Tasks:Importance", "0"))
        changed = self.news(other, folder)["Change"][item]
        told = self.texts(changed)
        self.assertNotIn("Categories", changed)
        self.assertEqual((told["Complete"], told["DateCompleted"]), ("1", "2026-11-30T00:00:00.000Z"))
        self.assertEqual((told["ReminderSet"], told["Importance"]), ("0", "0"))

    def test_fetching(self):
        """MS-ASTASK sections 3.2.4.3, 3.2.5.1 and 3.2.5.2."""
        device, folder = self.begun("Tasks")
        item = self.add(device, folder, ("Tasks:Subject", "T"), ("Tasks:Importance", "2"), note_body("text"))
        whole = self.shown(device, folder, item)
        self.assertEqual((whole["Subject"].text, whole["Importance"].text), ("T", "2"))
        part = self.shown(device, folder, item, ("Options", ("Schema", ("Tasks:Subject",), ("AirSyncBase:Body",))))
        self.assertEqual(sorted(part), ["Body", "Subject"])
        self.assertEqual(part["Body"].find("{AirSyncBase}Data").text, "text")
        searched = element("Search:Search", ("Store", ("Name", "Mailbox"), ("Query", (
            "And", ("AirSync:Class", "Tasks"), ("FreeText", "T"), ("Tasks:Subject", "T")))))
        self.assertEqual(device.raw("Search", searched).text("Response/Store/Status"), "2")


class NoteRules(ItemRulesCase):
    def test_what_a_change_leaves_out(self):
        """MS-ASNOTE sections 3.1.5.3.1, 3.2.5.3 and 3.2.5.3.1."""
        device, folder = self.begun("Notes")
        other = self.ready(device.user, device="DEV2")
        self.start(other, folder)
        item = self.add(device, folder, ("Notes:Subject", "N"), ("Notes:MessageClass", "IPM.StickyNote"), note_body("text"),
                        ("Notes:Categories", ("Category", "one"), ("Category", "two")), ("Notes:LastModifiedDate", "20010101T000000Z"))
        told = self.news(other, folder)["Add"][item]
        self.assertGreater(told["LastModifiedDate"].text, "20260101T000000Z")  # what the device said is nothing to the server
        self.change(device, folder, item, ("Notes:Categories", ("Category", "two")), ("Notes:LastModifiedDate", "20010101T000000Z"))
        told = self.news(other, folder)["Change"][item]
        self.assertEqual(told["Subject"].text, "N")
        self.assertEqual(told["Body"].find("{AirSyncBase}Data").text, "text")
        self.assertEqual(self.children(told["Categories"]), ["two"])
        self.assertGreater(told["LastModifiedDate"].text, "20260101T000000Z")

    def test_supported_is_none_of_theirs(self):
        """MS-ASNOTE section 3.2.5.3: Status 4."""
        device = self.ready()
        folder = device.folder("Notes")
        answer = device.sync(("Collection", ("SyncKey", "0"), ("CollectionId", folder), ("Supported", ("Notes:Subject",))))
        self.assertEqual(answer.text("Collections/Collection/Status"), "4")

    def test_fetching(self):
        """MS-ASNOTE sections 3.2.1, 3.2.4.3 and 3.2.5.1."""
        device, folder = self.begun("Notes")
        items = [self.add(device, folder, ("Notes:Subject", f"N{number}"), note_body("text"), client=f"c{number}") for number in range(3)]
        told = self.start(device, folder)["Add"]
        self.assertEqual(sorted(told), sorted(items))
        for number, item in enumerate(items):
            shown = self.shown(device, folder, item)
            self.assertEqual((shown["Subject"].text, shown["MessageClass"].text), (f"N{number}", "IPM.StickyNote"))
        part = self.shown(device, folder, items[0], ("Options", ("Schema", ("Notes:Subject",))))
        self.assertEqual(list(part), ["Subject"])


class ContactRules(ItemRulesCase):
    def test_pictures(self):
        """MS-ASCNTC section 2.2.2.58."""
        device, folder = self.begun("Contacts")
        picture = lambda octets: ("Contacts:Picture", base64.b64encode(b"\xff\xd8" * (octets // 2)).decode())
        item = self.add(device, folder, ("Contacts:FirstName", "A"), picture(48 << 10))
        self.refused(device, folder, ("Contacts:FirstName", "B"), picture((48 << 10) + 6))
        self.change(device, folder, item, ("Contacts:FirstName", "A"), picture(100_000), status="6")
        told = self.start(device, folder)["Add"]
        self.assertEqual(list(told), [item])
        self.assertEqual(told[item]["Picture"].text, picture(48 << 10)[1])

    def test_notes_are_cut_as_asked(self):
        """MS-ASCNTC section 3.1.5.4, MS-ASCNTC section 3.2.5.1."""
        device, folder = self.begun("Contacts")
        item = self.add(device, folder, ("Contacts:FirstName", "A"), note_body("n" * 5000), ("Contacts:Categories", ("Category", "x")))
        data = "{AirSyncBase}Data"
        cut = self.start(device, folder, [("AirSyncBase:BodyPreference", ("Type", 1), ("TruncationSize", 100))])["Add"][item]
        self.assertEqual((len(cut["Body"].find(data).text), cut["Body"].find("{AirSyncBase}Truncated").text), (100, "1"))
        self.assertEqual(self.children(cut["Categories"]), ["x"])
        whole = self.start(device, folder, [("AirSyncBase:BodyPreference", ("Type", 1))])["Add"][item]
        self.assertEqual(len(whole["Body"].find(data).text), 5000)
        part = self.shown(device, folder, item, ("Options", ("Schema", ("Contacts:FirstName",))))
        self.assertEqual(list(part), ["FirstName"])


class AttachmentRules(ItemRulesCase):
    def test_one_that_is_not_there(self):
        """MS-ASCMD section 2.2.2.6: 500."""
        device = self.ready(version="12.1")
        for name in ("1:1:2", "x", ""):
            self.assertEqual(device.raw("GetAttachment", AttachmentName=name).status, 500)


if __name__ == "__main__":
    unittest.main()
