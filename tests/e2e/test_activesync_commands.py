"""Sentences of MS-ASCMD and MS-ASCON about single commands, which no story of a device meets. tests/eas/requirements.tsv names
them."""
import base64, datetime, imaplib, time, unittest

from e2e import test_activesync
from eas.device import PLAIN
from eas.wbxml import Opaque, element

ONE = "Collections/Collection/"
SIGNED = """From: a@example.org\r\nTo: b@example.test\r\nSubject: Signed\r\nMIME-Version: 1.0\r
Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b\r\n\r
--b\r\nContent-Type: text/plain\r\n\r\nsigned words\r\n--b\r
Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMAA=\r\n--b--\r\n"""


class RulesCase(test_activesync.ActiveSyncCase):
    USERS = 30

    def names(self, node):
        return [child.tag.split("}")[1] for child in node]

    def ask(self, device, command, *children, space=None):
        return device.raw(command, element(f"{space or command}:{command}", *children))

    def folder_command(self, device, command, *children):
        return self.ask(device, command, *children, space="FolderHierarchy")

    def append(self, user, text, folder="INBOX", flags=None):
        self.imap(user).append(folder, flags, None, text.replace("\r\n", "\n").replace("\n", "\r\n").encode())


class FolderRules(RulesCase):
    def test_another_name(self):
        """FolderSync, Update: sections 2.2.3.47.3, 2.2.3.123.2, 2.2.3.156.3, 2.2.3.176.3 and 2.2.3.177."""
        device = self.ready()
        imap = self.imap(device.user)
        imap.create("Plans")
        imap.create("Above")
        device.folder_sync()
        folder, above = device.folder("Plans"), device.folder("Above")
        imap.rename("Plans", "Above/Works")
        answer = device.folder_sync()
        self.assertEqual((answer.text("Changes/Count"), answer.all("Changes/Add"), answer.all("Changes/Delete")), ("1", [], []))
        update = answer.find("Changes/Update")
        self.assertEqual([(name, child.text, len(child)) for name, child in zip(self.names(update), update)],
                         [("ServerId", folder, 0), ("ParentId", above, 0), ("DisplayName", "Works", 0), ("Type", "12", 0)])
        self.assertTrue(all(1 <= int(row["Type"]) <= 19 for row in device.folders.values()))

    def test_what_fails_says_no_more(self):
        """No SyncKey and no ServerId of what failed; statuses 2, 5 and 10 of FolderUpdate: sections 2.2.3.72, 2.2.3.156.1,
        2.2.3.167 and 2.2.3.171.1."""
        device = self.ready()
        key = lambda: ("SyncKey", device.folder_key)
        new = lambda name: (("ParentId", "0"), ("DisplayName", name), ("Type", 12))
        made = [self.folder_command(device, "FolderCreate", key(), *new("One"))]
        device.folder_key = made[0].text("SyncKey")
        folder = made[0].text("ServerId")
        self.assertLessEqual(len(folder), 64)
        made.append(self.folder_command(device, "FolderCreate", key(), *new("Two")))
        device.folder_key = made[1].text("SyncKey")
        to = lambda name, parent="0": (("ServerId", folder), ("ParentId", parent), ("DisplayName", name))
        for command, children, status in (
                ("FolderCreate", (key(), *new("One")), "2"), ("FolderCreate", (("SyncKey", "9.9"), *new("Three")), "9"),
                ("FolderCreate", (key(), ("ParentId", "ffff"), *new("Three")[1:]), "5"), ("FolderCreate", new("Three"), "10"),
                ("FolderUpdate", (key(), *to("Two")), "2"), ("FolderUpdate", (key(), *to("Three", "ffff")), "5"),
                ("FolderUpdate", to("Three"), "10"), ("FolderUpdate", (key(), *to("Three"), ("Status", "1")), "10"),
                ("FolderDelete", (key(), ("ServerId", "ffff")), "4"), ("FolderDelete", (("ServerId", folder),), "10"),
                ("FolderDelete", (("SyncKey", "9.9"), ("ServerId", folder)), "9")):
            answer = self.folder_command(device, command, *children)
            self.assertEqual([(name, child.text) for name, child in zip(self.names(answer.root), answer.root)],
                             [("Status", status)], (command, children))
        answer = self.folder_command(device, "FolderSync", ("SyncKey", "9.9"))
        self.assertEqual([(name, child.text) for name, child in zip(self.names(answer.root), answer.root)], [("Status", "9")])
        self.assertEqual(device.folder_sync().text("Changes/Count"), "0")


class SyncRules(RulesCase):
    def test_windows(self):
        """MoreAvailable and WindowSize: sections 2.2.3.110 and 2.2.3.189."""
        device = self.ready()
        imap = self.imap(device.user)
        for number in range(103):
            imap.append("INBOX", None, None, f"From: a@example.org\r\nSubject: {number}\r\n\r\nx\r\n".encode())
        inbox = device.folder("Inbox")
        device.prime(inbox, PLAIN)
        first = device.sync(device.collection(inbox))  # no WindowSize: 100
        self.assertEqual(len(first.all(ONE + "Commands/Add")), 100)
        more = first.all(ONE + "MoreAvailable")
        self.assertEqual([(one.text, len(one)) for one in more], [(None, 0)])
        rest = device.sync(device.collection(inbox, window=512))
        self.assertEqual((len(rest.all(ONE + "Commands/Add")), rest.all(ONE + "MoreAvailable")), (3, []))
        for add in first.all(ONE + "Commands/Add") + rest.all(ONE + "Commands/Add"):
            self.assertEqual(self.names(add), ["ServerId", "ApplicationData"])  # of its folder's class: no Class
            self.assertEqual((len(add[0]), bool(add[0].text)), (0, True))

    def test_what_a_first_one_may_ask(self):
        """GetChanges, Wait, FilterType: sections 2.2.3.64.2, 2.2.3.80 and 2.2.3.92."""
        device = self.ready()
        inbox, contacts = device.folder("Inbox"), device.folder("Contacts")
        for changes, status in ((1, "4"), (0, "1")):
            answer = device.sync(device.collection(inbox, key="0", changes=changes))
            self.assertEqual(answer.text(ONE + "Status"), status)
        twice = ("Collection", ("SyncKey", "0"), ("CollectionId", inbox), ("Options", ("FilterType", 0)), ("Options", ("FilterType", 1)))
        self.assertEqual(device.sync(twice).text(ONE + "Status"), "4")
        answer = device.sync(device.collection(inbox), after=(("Wait", 0),))
        self.assertEqual((answer.text("Status"), answer.text("Limit")), ("14", "1"))
        for options in (None, [("FilterType", 3)]):
            device.prime(contacts, options)
            answer = device.sync(device.collection(contacts, ("Add", ("ClientId", "c"), (
                "ApplicationData", ("Contacts:FirstName", "A"))), options=options))
            self.assertEqual((answer.text(ONE + "Status"), answer.text(ONE + "Responses/Add/Status")), ("1", "1"))
            estimate = self.ask(device, "GetItemEstimate", ("Collections", (
                "Collection", ("AirSync:SyncKey", device.keys[contacts]), ("CollectionId", contacts),
                *([("AirSync:Options", ("FilterType", 3))] if options else []))))
            self.assertEqual(estimate.text("Response/Status"), "1")

    def test_what_an_answer_has(self):
        """Responses, Status and ServerId: sections 2.2.3.11, 2.2.3.145, 2.2.3.156.7 and 2.2.3.167.16."""
        user = self.user()
        for number in range(2):
            self.deliver(user, f"Mail {number}")
        device = self.ready(user)
        inbox = device.folder("Inbox")
        items = sorted(self.fill(device, inbox))
        read = lambda item: ("Change", ("ServerId", item), ("ApplicationData", ("Email:Read", 1)))
        answer = device.sync(device.collection(inbox, read(items[0])))
        self.assertEqual(self.names(answer.find("Collections/Collection")), ["SyncKey", "CollectionId", "Status"])
        answer = device.sync(device.collection(inbox, read(f"{inbox}:999"), ("Fetch", ("ServerId", items[1])),
                                               ("Delete", ("ServerId", f"{inbox}:998"))))
        told = {name: node for name, node in zip(self.names(answer.find(ONE + "Responses")), answer.find(ONE + "Responses"))}
        self.assertEqual({name: [child.text for child in node][:2] for name, node in told.items()},
                         {"Change": [f"{inbox}:999", "8"], "Delete": [f"{inbox}:998", "8"], "Fetch": [items[1], "1"]})
        self.assertEqual(self.names(told["Fetch"]), ["ServerId", "Status", "ApplicationData"])

    def test_each_command_names_its_item(self):
        """ServerId: section 2.2.3.156.7."""
        device = self.ready()
        imap = self.imap(device.user)
        for days in (0, 0, 10):
            when = imaplib.Time2Internaldate(time.time() - days * 86400)
            imap.append("INBOX", None, when, b"From: a@example.org\r\nSubject: s\r\n\r\nx\r\n")
        inbox = device.folder("Inbox")
        items = sorted(self.fill(device, inbox))
        imap.select("INBOX")
        imap.store("1", "+FLAGS", "\\Seen")
        imap.store("2", "+FLAGS", "\\Deleted")
        imap.expunge()
        imap.append("INBOX", None, None, b"From: a@example.org\r\nSubject: new\r\n\r\nx\r\n")
        answer = device.sync(device.collection(inbox, ("Fetch", ("ServerId", items[0])), options=[("FilterType", 3), *PLAIN]))
        named = {}
        for one in answer.all(ONE + "Commands/*") + answer.all(ONE + "Responses/*"):
            ids = one.findall("{AirSync}ServerId")
            self.assertEqual([len(each) for each in ids], [0])
            named[one.tag.partition("}")[2]] = ids[0].text
        self.assertEqual(set(named), {"Add", "Change", "Delete", "SoftDelete", "Fetch"})
        self.assertEqual({named[kind] for kind in ("Change", "Delete", "SoftDelete")}, set(items))
        self.assertEqual(named["Fetch"], items[0])

    def test_signed_mail(self):
        """S/MIME in Sync, Search and ItemOperations: section 2.2.3.104."""
        device = self.ready()
        self.append(device.user, SIGNED)
        inbox = device.folder("Inbox")
        mime = [("MIMESupport", 1), ("AirSyncBase:BodyPreference", ("Type", 4), ("TruncationSize", 100))]
        item, fields = next(iter(self.fill(device, inbox, options=mime).items()))
        searched = self.ask(device, "Search", ("Store", ("Name", "Mailbox"), ("Query", ("And", ("AirSync:Class", "Email"), (
            "AirSync:CollectionId", inbox), ("FreeText", "Signed"))), ("Options", (
                "AirSync:MIMESupport", 1), ("AirSyncBase:BodyPreference", ("Type", 4), ("TruncationSize", 100)))))
        for body in (fields["Body"], searched.find("Response/Store/Result/Properties/Body")):
            of = dict(zip(self.names(body), [child.text for child in body]))
            self.assertEqual((of["Type"], of["EstimatedDataSize"], of["Truncated"], len(of["Data"])), ("4", str(len(SIGNED)), "1", 100))
        fetched = self.ask(device, "ItemOperations", ("Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), (
            "AirSync:ServerId", item), ("Options", ("AirSync:MIMESupport", 1), ("AirSyncBase:BodyPreference", ("Type", 4)))))
        body = fetched.find("Response/Fetch/Properties/Body")
        of = dict(zip(self.names(body), [child.text for child in body]))
        self.assertEqual((of["Type"], of["EstimatedDataSize"]), ("4", str(len(SIGNED))))
        self.assertIn("signed words", of["Data"])
        self.assertNotIn("Part", of)


class SettingsRules(RulesCase):
    def test_order_and_statuses(self):
        """Sections 2.2.2.17 and 2.2.3.167.14."""
        device = self.ready()
        user, oof = ("UserInformation", ("Get",)), ("Oof", ("Get", ("BodyType", "TEXT")))
        thing = ("DeviceInformation", ("Set", ("Model", "Thing")))
        password = ("DevicePassword", ("Set", ("Password", "x")))
        for order in ((user, oof, thing, password), (password, thing, oof, user), (oof, password, user, thing)):
            answer = self.ask(device, "Settings", *order)
            self.assertEqual(self.names(answer.root), ["Status", *[one[0] for one in order]])
            self.assertEqual(answer.text("Status"), "1")
            for one in answer.root[1:]:
                self.assertEqual((self.names(one)[0], len(one[0])), ("Status", 0))
        self.assertEqual(self.names(self.ask(device, "Settings").root), ["Status"])
        account = answer.find("UserInformation/Get/Accounts/Account")
        for name in ("AccountId", "AccountName", "SendDisabled"):
            self.assertNotIn(name, self.names(account))
        self.assertEqual(answer.text("UserInformation/Get/Accounts/Account/EmailAddresses/SMTPAddress"), device.user)

    def test_out_of_office(self):
        """Sections 2.2.3.13, 2.2.3.17, 2.2.3.58.2, 2.2.3.117, 2.2.3.118 and 2.2.3.166.2."""
        device = self.ready()
        start, end = ("StartTime", "2026-12-01T00:00:00.000Z"), ("EndTime", "2026-12-24T00:00:00.000Z")
        put = lambda *of: self.ask(device, "Settings", ("Oof", ("Set", *of))).text("Oof/Status")
        audiences = ("AppliesToInternal", "AppliesToExternalKnown", "AppliesToExternalUnknown")
        messages = [("OofMessage", (audience,), ("Enabled", 1), ("ReplyMessage", audience), ("BodyType", "TEXT")) for audience in audiences]
        self.assertEqual((put(("OofState", 2), start), put(("OofState", 2), end)), ("2", "2"))
        self.assertEqual(put(("OofState", 1), start, end, *messages), "1")
        for kind in ("TEXT", "HTML"):
            answer = self.ask(device, "Settings", ("Oof", ("Get", ("BodyType", kind))))
            told = answer.all("Oof/Get/OofMessage")
            self.assertEqual(len(told), 3)
            for message in told:
                of = dict(zip(self.names(message), [child.text for child in message]))
                self.assertEqual((of["Enabled"], of["BodyType"].upper() in ("TEXT", "HTML"), bool(of["ReplyMessage"])), ("1", True, True))


class OtherRules(RulesCase):
    def test_estimates(self):
        """GetItemEstimate: sections 2.2.3.62, 2.2.3.144.2, 2.2.3.167.6 and 3.1.5.10."""
        device = self.ready()
        inbox, sent = device.folder("Inbox"), device.folder("Sent")
        self.deliver(device.user, "One")
        for folder in (inbox, sent):
            device.prime(folder)
        one = lambda folder: ("Collection", ("AirSync:SyncKey", device.keys[folder]), ("CollectionId", folder))
        answer = self.ask(device, "GetItemEstimate", ("Collections", one(inbox), one(sent)))
        self.assertEqual([self.names(node) for node in answer.root], [["Status", "Collection"]] * 2)
        self.assertEqual([node.text for node in answer.all("Response/Status")], ["1", "1"])
        self.assertEqual([node.text for node in answer.all("Response/Collection/Estimate")], ["1", "0"])
        self.assertEqual(self.ask(device, "GetItemEstimate", ("Collections", *[one(inbox)] * 1001)).text("Status"), "103")

    def test_moves(self):
        """MoveItems: sections 2.2.3.144.4 and 2.2.3.167.9."""
        device = self.ready()
        self.deliver(device.user, "One")
        inbox, trash, sent = (device.folder(name) for name in ("Inbox", "Trash", "Sent"))
        item = next(iter(self.fill(device, inbox)))
        answer = self.ask(device, "MoveItems", ("Move", ("SrcMsgId", item), ("SrcFldId", inbox), ("DstFldId", trash), ("DstFldId", sent)),
                          ("Move", ("SrcMsgId", f"{inbox}:99"), ("SrcFldId", inbox), ("DstFldId", trash)), space="Move")
        self.assertEqual([node.text for node in answer.all("Response/Status")], ["5", "1"])
        self.assertEqual(list(self.fill(device, inbox)), [item])

    def test_fetching(self):
        """ItemOperations: sections 2.2.3.8, 2.2.3.44, 2.2.3.55, 2.2.3.124 and 2.2.3.167.7."""
        device = self.ready()
        imap = self.imap(device.user)
        imap.create("Outer")
        imap.create("Outer/Inner")
        for folder in ("Outer", "Outer/Inner"):
            self.append(device.user, "From: a@example.org\r\nSubject: needle\r\n\r\nx\r\n", folder)
        device.folder_sync()
        outer, inner = device.folder("Outer"), device.folder("Inner")
        fetch = ("Fetch", ("Store", "Mailbox"), ("AirSyncBase:FileReference", "1:1:2"), ("AirSyncBase:FileReference", "1:1:3"))
        answer = self.ask(device, "ItemOperations", fetch)
        self.assertEqual((answer.text("Status"), answer.text("Response/Fetch/Status")), ("1", "2"))
        search = lambda *options: self.ask(device, "Search", ("Store", ("Name", "Mailbox"), ("Query", (
            "And", ("AirSync:CollectionId", outer), ("FreeText", "needle"))), ("Options", *options)))
        self.assertEqual(search().text("Response/Store/Total"), "1")
        self.assertEqual(search(("DeepTraversal",)).text("Response/Store/Total"), "2")
        answer = self.ask(device, "ItemOperations", ("EmptyFolderContents", ("AirSync:CollectionId", outer)))
        self.assertEqual(self.names(answer.find("Response/EmptyFolderContents")), ["Status", "CollectionId"])
        self.assertEqual((answer.text("Response/EmptyFolderContents/Status"), answer.text("Response/EmptyFolderContents/CollectionId")),
                         ("1", outer))
        self.assertEqual((len(self.fill(device, outer)), len(self.fill(device, inner))), (0, 1))
        device.folder_sync()
        self.assertIn(inner, device.folders)

    def test_searching(self):
        """Search: sections 2.2.2.15, 2.2.3.30.4, 2.2.3.132.2, 2.2.3.146.2, 2.2.3.167.12 and 2.2.3.174.2."""
        device = self.ready()
        for number in range(3):
            self.deliver(device.user, f"needle {number}")
        query = ("Query", ("And", ("AirSync:Class", "Email"), ("FreeText", "needle")))
        search = lambda query, *options, name="Mailbox": self.ask(device, "Search", ("Store", ("Name", name), query, ("Options", *options)))
        of = "Response/Store/"
        answer = search(query, ("Range", "0-99"))
        self.assertEqual((answer.text("Status"), answer.text(of + "Status"), answer.text(of + "Range"), answer.text(of + "Total")),
                         ("1", "1", "0-2", "3"))
        self.assertEqual(len(answer.all(of + "Result/Properties")), 3)
        self.assertEqual(len(search(query, ("Range", "0-1")).all(of + "Result")), 2)
        self.assertEqual([node.text for node in answer.all(of + "Result/Class")], ["Email"] * 3)
        for place in (("AirSync:CollectionId", device.folder("Inbox")), ("AirSync:Class", "Email")):
            self.assertEqual(search(("Query", place, ("FreeText", "needle"))).text(of + "Status"), "8")
        people = search(("Query", device.user[:3]), ("Range", "0-0"), name="GAL")
        self.assertEqual(len(people.all(of + "Result")), 1)
        shown = people.find(of + "Result/Properties")
        self.assertTrue(all(child.text for child in shown))
        self.assertLessEqual({"DisplayName", "Alias", "EmailAddress"}, set(self.names(shown)))
        of_people = {"LastName", "MobilePhone", "Office", "Phone", "Title", "DisplayName", "Alias"}
        self.assertEqual(set(self.names(answer.find(of + "Result/Properties"))) & of_people, set())

    def test_people(self):
        """ResolveRecipients: sections 2.2.3.144.5 and 2.2.3.167.11."""
        device = self.ready()
        answer = self.ask(device, "ResolveRecipients", ("To", device.user), ("To", "nobody-at-all"))
        self.assertEqual((answer.text("Status"), len(answer.find("Status"))), ("1", 0))
        self.assertEqual([node.text for node in answer.all("Response/Status")], ["1", "4"])
        recipient = answer.find("Response/Recipient")
        self.assertEqual(self.names(recipient), ["Type", "DisplayName", "EmailAddress"])
        self.assertEqual(recipient[2].text, device.user)

    def test_suggestions(self):
        """ResolveRecipients: section 2.2.3.94."""
        device = self.ready()
        resolve = lambda name, *options: self.ask(device, "ResolveRecipients", ("To", name), ("Options", *options)).find("Response")
        count = lambda answer: (answer.findtext("{ResolveRecipients}Status"), answer.findtext("{ResolveRecipients}RecipientCount"),
                                len(answer.findall("{ResolveRecipients}Recipient")))
        status, told, _ = count(resolve("u"))
        self.assertIn(status, ("2", "3"))
        self.assertGreater(int(told), 2)
        for most in (2, 1, 0):
            self.assertEqual(count(resolve("u", ("MaxAmbiguousRecipients", most))), ("3", str(most), most))
        self.assertEqual(count(resolve("u", ("MaxAmbiguousRecipients", 9999))), (status, told, int(told)))
        self.assertEqual(count(resolve(device.user, ("MaxAmbiguousRecipients", 0))), ("1", "1", 1))

    def test_no_pictures_and_no_certificates(self):
        """Whoever asks for them is told that there are none: sections 2.2.3.23.1, 2.2.3.98, 2.2.3.129 and 2.2.3.167."""
        device = self.ready()
        picture = ("Picture", ("MaxSize", 1000), ("MaxPictures", 1))
        for options, names, statuses in (((picture,), ["Picture"], ["173"]), ((("CertificateRetrieval", 2),), ["Certificates"], ["7"]),
                                         ((("CertificateRetrieval", 3), picture), ["Certificates", "Picture"], ["7", "173"]),
                                         ((("CertificateRetrieval", 1),), [], [])):
            answer = self.ask(device, "ResolveRecipients", ("To", device.user), ("To", "two"), ("Options", *options))
            people = answer.all("Response/Recipient")
            self.assertEqual(len(people), 2)
            for person in people:  # also after MaxPictures of them
                self.assertEqual(self.names(person)[3:], names)
                self.assertEqual([[child.tag.split("}")[1] for child in one] for one in person[3:]], [["Status"]] * len(names))
                self.assertEqual([one[0].text for one in person[3:]], statuses)
        find = lambda *options: device.raw("Search", element("Search:Search", (
            "Store", ("Name", "GAL"), ("Query", "two"), ("Options", ("Range", "0-4"), *options))))
        self.assertIsNone(find().find("Response/Store/Result/Properties/Picture"))
        answer = find(picture)
        self.assertEqual((answer.text("Status"), answer.text("Response/Store/Status")), ("1", "1"))
        shown = answer.find("Response/Store/Result/Properties")
        told, = shown.findall("{GAL}Picture")
        self.assertEqual([(child.tag, child.text) for child in told], [("{GAL}Status", "173")])

    def test_the_folders_of_mail_alone(self):
        """GetHierarchy, of 12.1: section 2.2.2.7 and those of its elements."""
        device = self.ready(version="12.1")
        device.raw("FolderCreate", element("FolderHierarchy:FolderCreate", ("SyncKey", device.folder_key), ("ParentId", device.folder("Inbox")), (
            "DisplayName", "Below"), ("Type", "12")))
        answer = device.raw("GetHierarchy")
        self.assertEqual((answer.status, answer.root.tag), (200, "{FolderHierarchy}Folders"))
        self.assertEqual({child.tag for child in answer.root}, {"{FolderHierarchy}Folder"})
        told = {}
        for folder in answer.root:
            self.assertEqual(self.names(folder), ["DisplayName", "ServerId", "Type", "ParentId"])
            self.assertEqual([len(child) for child in folder], [0] * 4)
            name, told_id, kind, parent = (child.text for child in folder)
            self.assertIn(int(kind), range(1, 7))
            told[name] = (told_id, kind, parent)
        for name, kind in (("Inbox", "2"), ("Drafts", "3"), ("Trash", "4"), ("Sent", "5"), ("Outbox", "6")):
            self.assertEqual(told[name], (device.folder(name), kind, "0"))
        self.assertEqual(told["Below"][1:], ("1", device.folder("Inbox")))
        self.assertEqual({"Calendar", "Contacts", "Tasks", "Notes"} & set(told), set())
        device.version = "14.1"
        self.assertNotEqual(device.raw("GetHierarchy").status, 200)

    def test_accounts_that_are_none(self):
        """SendMail: section 2.2.3.3.1."""
        device = self.ready()
        mail = f"From: {device.user}\r\nTo: {device.user}\r\nSubject: x\r\n\r\nx\r\n"
        answer = self.ask(device, "SendMail", ("ClientId", "a1"), ("AccountId", "another"), ("Mime", Opaque(mail.encode())),
                          space="ComposeMail")
        self.assertEqual(answer.text("Status"), "166")
        self.assertEqual(self.fill(device, device.folder("Inbox")), {})


class ConversationRules(RulesCase):
    def conversation(self):
        """Three messages of one conversation and one of none of it, in a device's mailbox."""
        device = self.ready()
        head = lambda number, *more: "".join(f"{line}\r\n" for line in (
            "From: a@example.org", f"To: {device.user}", "Subject: Lunch", f"Message-ID: <m{number}@example.org>",
            "Date: Mon, 02 Nov 2026 10:00:00 +0000", *more, "", f"words {number}"))
        self.append(device.user, head(1))
        self.append(device.user, head(2, "In-Reply-To: <m1@example.org>", "References: <m1@example.org>"))
        self.append(device.user, head(3, "References: <m1@example.org> <m2@example.org>"))
        self.append(device.user, head(9).replace("Lunch", "Another"))
        inbox = device.folder("Inbox")
        items = self.fill(device, inbox)
        of = {}
        for item, fields in items.items():
            of.setdefault(fields["ConversationId"].text, []).append(item)
            sent = datetime.datetime.fromisoformat(fields["DateReceived"].text.replace("Z", "+00:00"))
            filetime = (int(sent.timestamp()) + 11_644_473_600) * 10_000_000
            began = int.from_bytes(base64.b64decode(fields["ConversationIndex"].text)[:5] + bytes(3), "big")
            self.assertLess(abs(filetime - began), 60 * 10_000_000)
        self.assertEqual(sorted(len(some) for some in of.values()), [1, 3])
        one = max(of, key=lambda name: len(of[name]))
        return device, inbox, one, sorted(of[one]), next(some[0] for some in of.values() if len(some) == 1)

    def test_read_flagged_moved_deleted(self):
        """MS-ASCON sections 2.2.2.3.3, 2.2.2.4, 3.1.4 and 3.2.5."""
        device, inbox, _, items, other = self.conversation()
        imap = self.imap(device.user)

        def change(*data, of=items):
            answer = device.sync(device.collection(inbox, *[("Change", ("ServerId", one), ("ApplicationData", *data)) for one in of]))
            self.assertEqual((answer.text(ONE + "Status"), answer.find(ONE + "Responses")), ("1", None))

        def having(key):
            imap.noop()
            return len(imap.search(None, key)[1][0].split())

        flag = lambda status, *more: ("Email:Flag", ("Status", status), ("FlagType", "for Follow Up"), *more)
        when = "2026-11-02T08:00:00.000Z"
        change(("Email:Read", 1))
        self.assertEqual(having("SEEN"), 3)
        change(("Email:Read", 0))
        self.assertEqual(having("SEEN"), 0)
        change(flag(2), of=items[-1:])  # the newest one
        self.assertEqual(having("FLAGGED"), 1)
        change(flag(2))
        change(flag(1, ("CompleteTime", when), ("Tasks:DateCompleted", when)))
        self.assertEqual(having("FLAGGED"), 0)
        change(flag(2))
        change(("Email:Flag",))
        self.assertEqual(having("FLAGGED"), 0)
        drafts = device.folder("Trash")
        moved = self.ask(device, "MoveItems", *[("Move", ("SrcMsgId", one), ("SrcFldId", inbox), ("DstFldId", drafts)) for one in items[:1]],
                         space="Move")
        self.assertEqual([node.text for node in moved.all("Response/Status")], ["3"])
        deleted = device.sync(device.collection(inbox, *[("Delete", ("ServerId", one)) for one in items[1:]]))
        self.assertEqual(deleted.text(ONE + "Status"), "1")
        self.assertEqual(list(self.fill(device, inbox)), [other])
        self.assertEqual(len(self.fill(device, device.folder("Trash"))), 3)
        # What comes later is not touched.
        self.append(device.user, "From: a@example.org\r\nSubject: Re: Lunch\r\nReferences: <m1@example.org>\r\n\r\nlater\r\n")
        self.assertEqual(len(self.fill(device, inbox)), 2)

    def test_mail_that_is_sent(self):
        """MS-ASCON sections 3.2.1 and 3.2.4."""
        device = self.ready()
        mail = f"From: {device.user}\r\nTo: {device.user}\r\nSubject: x\r\n\r\nx\r\n"
        sent = self.ask(device, "SendMail", ("ClientId", "s1"), ("SaveInSentItems",), ("Mime", Opaque(mail.encode())), space="ComposeMail")
        self.assertEqual((sent.status, sent.body), (200, b""))
        fields = next(iter(self.fill(device, device.folder("Sent")).values()))
        self.assertEqual(len(base64.b64decode(fields["ConversationId"].text)), 16)
        self.assertEqual(len(base64.b64decode(fields["ConversationIndex"].text)), 5)

    def test_found_in_all_folders(self):
        """MS-ASCON sections 3.1.4.7 and 3.2.5.5."""
        device, inbox, conversation, items, _ = self.conversation()
        self.ask(device, "MoveItems", ("Move", ("SrcMsgId", items[0]), ("SrcFldId", inbox), ("DstFldId", device.folder("Sent"))), space="Move")
        octets = conversation if isinstance(conversation, bytes) else base64.b64decode(conversation)
        answer = self.ask(device, "Search", ("Store", ("Name", "Mailbox"), ("Query", ("And", ("AirSync:Class", "Email"), (
            "ConversationId", Opaque(octets)))), ("Options", ("Range", "0-9"))))
        self.assertEqual((answer.text("Response/Store/Status"), answer.text("Response/Store/Total")), ("1", "3"))
        self.assertEqual({node.text for node in answer.all("Response/Store/Result/CollectionId")}, {inbox, device.folder("Sent")})


if __name__ == "__main__":
    unittest.main()
