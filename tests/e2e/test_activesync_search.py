"""Search among contacts, events, tasks and notes beside mail. MS-ASCMD section 2.2.2.15."""
import unittest

from e2e import test_activesync_items
from eas.device import PLAIN
from eas.wbxml import element


class ItemSearchTest(test_activesync_items.EventCase):
    def search(self, device, *query, options=(("Range", "0-9"),)):
        return device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), ("Query", ("And", *query)),
                                                              ("Options", *options, *PLAIN))))

    def found(self, answer):
        """Class and properties of each result, by class."""
        self.assertEqual(answer.text("Response/Store/Status"), "1")
        out = {}
        for result in answer.all("Response/Store/Result"):
            fields = {child.tag.split("}")[1]: child for child in result}
            if fields:
                properties = {child.tag.split("}")[1]: child for child in fields["Properties"]}
                out.setdefault(fields["Class"].text, []).append((fields["LongId"].text, properties))
        return out

    def filled(self):
        device = self.ready()
        ids = {}
        for name, data in (("Contacts", [("Contacts:FirstName", "Ödön"), ("Contacts:CompanyName", "Kranich & Söhne"),
                                         ("Contacts:Email1Address", "o@kranich.example")]),
                           ("Calendar", self.event(("AirSyncBase:Location", ("DisplayName", "Am KRANICH 7")), subject="Meet")),
                           ("Tasks", [("Tasks:Subject", "Feed the Kranich"), ("Tasks:Complete", "0")]),
                           ("Notes", [("Notes:Subject", "Birds"), ("Notes:MessageClass", "IPM.StickyNote"),
                                      test_activesync_items.note_body("one kranich, two storks")])):
            folder = device.folder(name)
            self.start(device, folder)
            ids[name] = self.add(device, folder, *data)
            self.add(device, folder, *{"Contacts": [("Contacts:FirstName", "Nobody")], "Calendar": self.event(subject="Else"),
                                       "Tasks": [("Tasks:Subject", "Else"), ("Tasks:Complete", "0")],
                                       "Notes": [("Notes:Subject", "Else"), ("Notes:MessageClass", "IPM.StickyNote")]}[name],
                     client="c2")
        self.deliver(device.user, "A Kranich", "flies\r\n")
        return device, ids

    def test_all_classes(self):
        device, ids = self.filled()
        words = ("FreeText", "kranich")
        answer = self.search(device, words)
        found = self.found(answer)
        self.assertEqual({name: len(hits) for name, hits in found.items()},
                         {name: 1 for name in ("Contacts", "Calendar", "Tasks", "Notes", "Email")})
        self.assertEqual(answer.text("Response/Store/Total"), "5")
        self.assertEqual(found["Contacts"][0][1]["CompanyName"].text, "Kranich & Söhne")
        self.assertEqual(found["Calendar"][0][1]["Subject"].text, "Meet")
        other = self.ready(device.user, device="DEV2")
        for name, item in ids.items():  # all that Sync says of it
            told = self.start(other, other.folder(name))["Add"][item]
            self.assertEqual(set(found[name][0][1]), set(told), name)
        self.assertEqual(found["Tasks"][0][1]["Subject"].text, "Feed the Kranich")
        self.assertIn("two storks", [child.text for child in found["Notes"][0][1]["Body"]][-1])
        for name, item in ids.items():
            fetched = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
                "Fetch", ("Store", "Mailbox"), ("Search:LongId", found[name][0][0]), ("Options", *PLAIN))))
            self.assertEqual((fetched.text("Response/Fetch/Status"), fetched.text("Response/Fetch/Class")), ("1", name))
        # By one class, two, one that nobody serves; by folder; each word has to be there.
        self.assertEqual(set(self.found(self.search(device, ("AirSync:Class", "Email"), words))), {"Email"})
        self.assertEqual(set(self.found(self.search(device, ("AirSync:Class", "Tasks"), ("AirSync:Class", "Notes"), words))),
                         {"Tasks", "Notes"})
        self.assertEqual(self.found(self.search(device, ("AirSync:Class", "SMS"), words)), {})
        self.assertEqual(set(self.found(self.search(device, ("AirSync:CollectionId", device.folder("Calendar")), words))), {"Calendar"})
        self.assertEqual(set(self.found(self.search(device, ("FreeText", "KRANICH söhne")))), {"Contacts"})
        self.assertEqual(self.found(self.search(device, ("FreeText", "text/vcard"))), {})
        # Only mail is received at some time.
        since = ("GreaterThan", ("Email:DateReceived",), ("Value", "2020-01-01T00:00:00.000Z"))
        self.assertEqual(set(self.found(self.search(device, words, since))), {"Email"})

    def test_the_newest_first_and_ranges(self):
        device, _ = self.filled()
        first = self.search(device, ("FreeText", "kranich"), options=[("Range", "0-1")])
        second = self.search(device, ("FreeText", "kranich"), options=[("Range", "2-9")])
        self.assertEqual((first.text("Response/Store/Range"), second.text("Response/Store/Range")), ("0-1", "2-4"))
        both = {node.text for answer in (first, second) for node in answer.all("Response/Store/Result/LongId")}
        self.assertEqual(len(both), 5)

    def test_a_class_in_the_wrong_place(self):
        device = self.ready()
        answer = device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), (
            "Query", ("AirSync:Class", "Tasks"), ("FreeText", "x")), ("Options", ("Range", "0-9")))))
        self.assertEqual(answer.text("Response/Store/Status"), "8")


if __name__ == "__main__":
    unittest.main()
