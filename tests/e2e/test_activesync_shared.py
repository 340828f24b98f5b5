"""Folders that others share, on devices: whoever may read one and has subscribed to it has it on all of his devices,
and may do there what the owner's list of rights says (RFC 4314), no more. docs/decisions/0017-shared-folders-on-devices.md."""
import email.message, email.policy, sys, unittest

from e2e import harness
from e2e.test_activesync_items import EventCase, note_body

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.device import PLAIN  # noqa: E402
from eas.wbxml import element  # noqa: E402

USER_TYPES = {"12", "13", "14", "15", "17"}


class SharedCase(EventCase):
    USERS = 30

    def people(self):
        """The owner, who shares, and a user; and how the owner's folders are called on the user's devices."""
        owner, user = self.user(), self.user()
        self.label = f" ({owner.split('@')[0]})"
        return owner, user

    def name(self, owner, folder):
        return f'"Other Users/{owner.split("@")[0]}/{folder}"'

    def share(self, owner, user, rights, folder="Projects"):
        client = self.imap(owner)
        client.create(folder)
        self.assertEqual(client.setacl(folder, user, rights)[0], "OK")

    def subscribe(self, owner, user, folder="Projects"):
        self.assertEqual(self.imap(user).subscribe(self.name(owner, folder))[0], "OK")

    def shared(self, rights, version="16.1"):
        """A device of a user with a folder of somebody else that has one mail in it: owner, device, folder, mail."""
        owner, user = self.people()
        self.share(owner, user, rights)
        self.subscribe(owner, user)
        self.put(owner, "Shared")
        device = self.ready(user, version=version)
        folder = device.folder("Projects" + self.label)
        self.assertEqual((device.folders[folder]["Type"], device.folders[folder]["ParentId"]), ("12", "0"))
        items = self.fill(device, folder)
        self.assertEqual(len(items), 1)
        return owner, device, folder, next(iter(items))

    def put(self, owner, subject, folder="Projects", text="Hello\r\n"):
        made = email.message.EmailMessage()
        made["From"], made["To"], made["Subject"] = "a@elsewhere.test", owner, subject
        made.set_content(text)
        made.add_attachment(b"attached", maintype="application", subtype="x-thing", filename="thing.bin")
        self.assertEqual(self.imap(owner).append(folder, None, None, made.as_bytes(policy=email.policy.SMTP))[0], "OK")

    def items_of_owner(self, rights, folder="Calendar", version="16.1"):
        """The same of a folder of items: owner's device, user's device, folder."""
        owner, user = self.people()
        theirs = self.ready(owner)
        self.server.cli("share", "acl", owner, folder, user, rights)
        self.server.cli("share", "subscribe", user, owner, folder)
        device = self.ready(user, version=version)
        shown = device.folder(folder + self.label)
        self.start(theirs, theirs.folder(folder))
        return owner, theirs, device, shown

    def ping(self, *folders, seconds=600):
        return element("Ping:Ping", ("HeartbeatInterval", seconds),
                       ("Folders", *[("Folder", ("Id", one), ("Class", "Email")) for one in folders]))

    def waiting(self, user):
        def waits():
            return any(row.get("state") in ("Ping", "Sync") and row.get("user") == user
                       for row in self.server.cli("session", "list"))
        harness.wait_until(waits)

    def run_command(self, device, folder, *commands, **how):
        """The commands of one collection, and what the server answers."""
        return device.sync(device.collection(folder, *commands, **how))

    def move(self, device, item, source, target):
        return device.raw("MoveItems", element("Move:MoveItems", (
            "Move", ("SrcMsgId", item), ("SrcFldId", source), ("DstFldId", target))))

    def folder_command(self, device, command, *children):
        answer = device.raw(command, element(f"FolderHierarchy:{command}", ("SyncKey", device.folder_key), *children))
        if answer.text("Status") == "1":
            device.folder_key = answer.text("SyncKey")
        return answer

    def operations(self, device, *children):
        return device.raw("ItemOperations", element("ItemOperations:ItemOperations", *children))


class TreeTest(SharedCase):
    def test_who_has_subscribed_sees_what_he_may_read(self):
        owner, user = self.people()
        self.share(owner, user, "l")
        self.share(owner, user, "lr", "Projects/2026")
        self.share(owner, user, "lr", "INBOX")
        device = self.ready(user)
        own = dict(device.folders)
        for folder in ("Projects", "Projects/2026", "INBOX"):
            self.subscribe(owner, user, folder)
        device.folder_sync()
        added = {row["DisplayName"]: row for key, row in device.folders.items() if key not in own}
        self.assertEqual(set(added), {"2026" + self.label, "Inbox" + self.label})  # one may not be read
        self.assertEqual({row["Type"] for row in added.values()}, {"12"})  # no second Inbox
        self.share(owner, user, "lr")
        device.folder_sync()
        parent = device.folder("Projects" + self.label)
        self.assertEqual(device.folders[device.folder("2026")]["ParentId"], parent)
        self.assertEqual(device.folder_sync().all("Changes/Add"), [])
        other = self.ready(user, device="DEV2")
        self.assertEqual(other.folders, device.folders)
        # One of his own that is called so: the other gives way.
        self.imap(user).create(f'"Projects{self.label}"')
        device.folder_sync()
        self.assertEqual(device.folders[parent]["DisplayName"], f"Projects{self.label} 2")
        self.imap(user).unsubscribe(self.name(owner, "Projects"))
        self.imap(user).unsubscribe(self.name(owner, "Projects/2026"))
        self.imap(owner).deleteacl("INBOX", user)
        self.imap(user).delete(f'"Projects{self.label}"')
        device.folder_sync()
        self.assertEqual(device.folders, own)

    def test_items_by_the_operators_word(self):
        owner, user = self.people()
        for folder, kind in (("Calendar", "13"), ("Contacts", "14"), ("Tasks", "15"), ("Notes", "17")):
            self.server.cli("share", "acl", owner, folder, user, "lr")
            device = self.ready(user)
            self.assertNotIn(folder + self.label, [row["DisplayName"] for row in device.folders.values()])
            self.server.cli("share", "subscribe", user, owner, folder)
            device.folder_sync()
            self.assertEqual(device.folders[device.folder(folder + self.label)]["Type"], kind)
        listed = self.server.cli("share", "list", user)["with"]
        self.assertEqual({row["kind"] for row in listed if row["subscribed"]}, {"calendar", "contacts", "tasks", "notes"})
        self.assertEqual(len(self.server.cli("share", "list", owner)["by"]), 4)
        self.server.cli("share", "acl", owner, "Notes", user)
        self.server.cli("share", "unsubscribe", user, owner, "Tasks")
        device.folder_sync()
        left = {row["DisplayName"] for row in device.folders.values() if row["DisplayName"].endswith(self.label)}
        self.assertEqual(left, {"Calendar" + self.label, "Contacts" + self.label})

    def make(self, device, name, kind):
        """FolderCreate at the top: its status, and the folder."""
        made = self.folder_command(device, "FolderCreate", ("ParentId", "0"), ("DisplayName", name), ("Type", kind))
        return made.text("Status"), made.text("ServerId")

    def test_who_makes_a_folder_by_its_name_has_it(self):
        owner, user = self.people()
        theirs = self.ready(owner)
        device, other = self.ready(user), self.ready(user, device="DEV2")
        name = "Calendar" + self.label
        self.server.cli("share", "acl", owner, "Calendar", user, "l")  # which is not enough: he makes one of his own
        status, own = self.make(device, name, "13")
        self.assertEqual(status, "1")
        self.assertNotEqual(own, theirs.folder("Calendar"))
        self.server.cli("share", "acl", owner, "Calendar", user, "lr")
        self.assertEqual(self.make(device, name, "13"), ("2", None))  # it is there
        self.assertEqual(self.folder_command(device, "FolderDelete", ("ServerId", own)).text("Status"), "1")
        for _ in range(2):
            self.assertEqual(self.make(device, name, "13"), ("1", theirs.folder("Calendar")))
            self.assertEqual(self.make(device, name, "13"), ("2", None))  # it is shown already
            self.assertEqual(device.folder_sync().text("Changes/Count"), "0")  # it knows
            self.start(theirs, theirs.folder("Calendar"))
            self.start(device, theirs.folder("Calendar"))
            other.folder_sync()
            self.assertEqual(other.folders[theirs.folder("Calendar")]["DisplayName"], name)
            # Who deletes it sees it no more, and can have it again.
            gone = self.folder_command(device, "FolderDelete", ("ServerId", theirs.folder("Calendar")))
            self.assertEqual(gone.text("Status"), "1")
            other.folder_sync()
            self.assertNotIn(theirs.folder("Calendar"), other.folders)
        status, made = self.make(device, name, "14")  # a folder of contacts is no calendar
        self.assertEqual(status, "1")
        self.assertNotEqual(made, theirs.folder("Calendar"))
        self.assertEqual(self.run_command(device, theirs.folder("Calendar")).text("Collections/Collection/Status"), "8")

    def test_mail_by_its_name_is_subscribed_to(self):
        owner, user = self.people()
        self.share(owner, user, "lr")
        self.share(owner, user, "lr", "Projects/2026")
        device = self.ready(user)
        status, folder = self.make(device, "Projects" + self.label, "12")
        self.assertEqual(self.make(device, "Projects" + self.label, "12"), ("2", None))
        self.assertEqual((status, device.folder_sync().text("Changes/Count")), ("1", "0"))
        names = [line.decode() for line in self.imap(user).lsub()[1]]
        self.assertTrue(any(line.endswith(f'Other Users/{owner.split("@")[0]}/Projects"') for line in names), names)
        # What is below one that is there belongs below it: the device is told.
        status, below = self.make(device, "2026" + self.label, "12")
        self.assertEqual(status, "1")
        told = device.folder_sync()
        self.assertEqual([(row.findtext("{FolderHierarchy}ServerId"), row.findtext("{FolderHierarchy}ParentId"),
                           row.findtext("{FolderHierarchy}DisplayName")) for row in told.all("Changes/Update")],
                         [(below, folder, "2026")])
        self.assertEqual(device.folder_sync().text("Changes/Count"), "0")

    def test_what_is_for_all_of_a_post_office(self):
        owner, user = self.people()
        third = self.user()
        office = self.server.cli("account", "show", user)["postoffice"]
        theirs = self.ready(owner)
        folder, name = theirs.folder("Contacts"), "Contacts" + self.label
        self.server.cli("share", "acl", owner, "Contacts", "anyone", "lr")
        self.server.cli("share", "subscribe", office, owner, "Contacts")
        self.addCleanup(self.server.cli, "share", "unsubscribe", office, owner, "Contacts")
        device, other = self.ready(user), self.ready(third)
        for one in (device, other):
            self.assertEqual(one.folders[folder]["DisplayName"], name)
        theirs.folder_sync()
        self.assertNotIn(name, [row["DisplayName"] for row in theirs.folders.values()])
        # Who does not want it takes it away for himself, on all of his devices.
        self.assertEqual(self.folder_command(device, "FolderDelete", ("ServerId", folder)).text("Status"), "1")
        self.assertNotIn(folder, self.ready(user, device="DEV2").folders)
        other.folder_sync()
        self.assertIn(folder, other.folders)
        self.assertEqual(self.make(device, name, "14"), ("1", folder))
        self.server.cli("share", "unsubscribe", office, owner, "Contacts")
        for one, there in ((device, True), (other, False)):
            one.folder_sync()
            self.assertEqual(folder in one.folders, there)
        # Rights are looked at whenever something is asked for.
        self.start(device, folder)
        self.server.cli("share", "acl", owner, "Contacts", "anyone")
        self.assertEqual(self.run_command(device, folder).text("Collections/Collection/Status"), "12")

    def test_public_folders(self):
        user = self.user()
        office = self.server.cli("account", "show", user)["postoffice"]
        self.server.cli("folder", "add", office, "Canteen")
        self.addCleanup(self.server.cli, "folder", "remove", office, "Canteen")
        self.imap(user).subscribe('"Public/Canteen"')
        device = self.ready(user)
        self.assertEqual(self.fill(device, device.folder("Canteen (Public)")), {})

    def test_folder_commands(self):
        owner, device, folder, _ = self.shared("lrswipkxtea")
        self.share(owner, device.user, "lr", "Projects/2026")
        self.subscribe(owner, device.user, "Projects/2026")
        device.folder_sync()
        below = device.folder("2026")
        for parent in (folder, below):
            made = self.folder_command(device, "FolderCreate", ("ParentId", parent), ("DisplayName", "New"), ("Type", "12"))
            self.assertEqual(made.text("Status"), "3")
        renamed = self.folder_command(device, "FolderUpdate", ("ServerId", folder), ("ParentId", "0"), ("DisplayName", "Mine"))
        self.assertEqual(renamed.text("Status"), "2")
        moved = self.folder_command(device, "FolderUpdate", ("ServerId", device.folder("Archive")), ("ParentId", folder),
                                    ("DisplayName", "Archive"))
        self.assertEqual(moved.text("Status"), "5")
        # Who deletes it sees it no more, and nothing happens to it.
        gone = self.folder_command(device, "FolderDelete", ("ServerId", folder))
        self.assertEqual(gone.text("Status"), "1")
        self.assertEqual(device.folder_sync().text("Changes/Count"), "0")
        self.assertEqual(self.run_command(device, folder).text("Collections/Collection/Status"), "8")
        self.assertNotIn(folder, self.ready(device.user, device="DEV2").folders)
        client = self.imap(owner)
        self.assertEqual(client.select("Projects")[1], [b"1"])
        self.assertEqual(client.select("Projects/2026")[0], "OK")


class MailTest(SharedCase):
    def test_push_in_ping_and_sync(self):
        owner, device, folder, _ = self.shared("lr")
        connection = device.begin("Ping", self.ping(folder))
        self.waiting(device.user)
        self.put(owner, "Second")
        answer = device.end(connection, "Ping")
        self.assertEqual((answer.text("Status"), answer.text("Folders/Folder")), ("2", folder))
        self.assertEqual(len(self.more(device, folder)), 1)
        root = element("Sync", ("Collections", device.collection(folder)), ("HeartbeatInterval", 600))
        connection = device.begin("Sync", root)
        self.waiting(device.user)
        self.put(owner, "Third")
        answer = device.end(connection, "Sync", root)
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Add")), 1)

    def test_the_waiting_hear_that_it_is_shared_no_more(self):
        owner, device, folder, item = self.shared("lr")
        connection = device.begin("Ping", self.ping(folder))
        self.waiting(device.user)
        self.imap(owner).deleteacl("Projects", device.user)
        self.assertEqual(device.end(connection, "Ping").text("Status"), "7")
        self.assertEqual(self.run_command(device, folder).text("Collections/Collection/Status"), "12")
        device.folder_sync()
        self.assertNotIn(folder, device.folders)
        self.assertEqual(self.run_command(device, folder).text("Collections/Collection/Status"), "8")
        # It comes back with the right, and begins anew.
        device.prime(device.folder("Inbox"))
        root = element("Sync", ("Collections", device.collection(device.folder("Inbox"))), ("HeartbeatInterval", 600))
        connection = device.begin("Sync", root)
        self.waiting(device.user)
        self.imap(owner).setacl("Projects", device.user, "lr")
        device.learn(device.end(connection, "Sync", root))
        device.folder_sync()
        self.assertEqual(list(self.fill(device, folder)), [item])

    def test_what_may_be_read(self):
        owner, device, folder, item = self.shared("lr")
        estimate = device.raw("GetItemEstimate", element("GetItemEstimate:GetItemEstimate", ("Collections", (
            "Collection", ("AirSync:SyncKey", device.keys[folder]), ("CollectionId", folder)))))
        self.assertEqual(estimate.text("Response/Collection/Estimate"), "0")
        fetched = self.operations(device, ("Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", folder), ("AirSync:ServerId", item),
                                           ("Options", *PLAIN)))
        reference = fetched.find("Response/Fetch/Properties/Attachments/Attachment").findtext("{AirSyncBase}FileReference")
        attached = self.operations(device, ("Fetch", ("Store", "Mailbox"), ("AirSyncBase:FileReference", reference)))
        self.assertEqual(attached.text("Response/Fetch/Status"), "1")
        self.put(owner, "Treasure", text="dig here\r\n")
        for where, found in ((), 0), ((("AirSync:CollectionId", folder),), 1):
            query = ("Query", ("And", ("AirSync:Class", "Email"), *where, ("FreeText", "dig")))
            answer = device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), query,
                                                                    ("Options", ("Range", "0-4"), *PLAIN))))
            self.assertEqual(len(answer.all("Response/Store/Result/Properties")), found)

    def test_rights_are_looked_at_one_by_one(self):
        read, flag = ("Email:Read", 1), ("Email:Flag", ("Status", 2), ("FlagType", "x"))
        for rights, (reads, flags) in {"lr": ("7", "7"), "lrs": (None, "7"), "lrw": ("7", None)}.items():
            owner, device, folder, item = self.shared(rights)
            for change, wanted in ((read, reads), (flag, flags)):
                answer = self.run_command(device, folder, ("Change", ("ServerId", item), ("ApplicationData", change)))
                self.assertEqual(answer.text("Collections/Collection/Responses/Change/Status"), wanted)
                told = answer.all("Collections/Collection/Commands/Change")
                self.assertEqual(len(told), 1 if wanted else 0)  # how it is here
                if wanted:
                    self.assertEqual(told[0][1].findtext("{Email}Read"), "1" if reads is None else "0")
            self.assertEqual(self.news(device, folder)["Change"], {})  # and that is all
            own = self.ready(owner)
            inside = self.fill(own, own.folder("Projects"))
            self.assertEqual({one["Read"].text for one in inside.values()}, {"0"})  # what each has read is his own

    def test_of_a_change_the_half_that_is_allowed_is_done(self):
        """Something is set and something taken away: each by its own right."""
        table = {"lrw": (("Email:Read", 1), ("Email:Flag",), "0", False), "lrs": (("Email:Read", 0), ("Email:Flag", ("Status", 2), ("FlagType", "x")), "0", False)}
        for rights, (read, flag, wanted, flagged) in table.items():
            owner, device, folder, item = self.shared("lrsw")
            before = (("Email:Read", 0), ("Email:Flag", ("Status", 2), ("FlagType", "x"))) if rights == "lrw" else (("Email:Read", 1),)
            self.run_command(device, folder, ("Change", ("ServerId", item), ("ApplicationData", *before)))
            self.share(owner, device.user, rights)
            answer = self.run_command(device, folder, ("Change", ("ServerId", item), ("ApplicationData", read, flag)))
            self.assertEqual(answer.text("Collections/Collection/Responses/Change/Status"), "7")
            told = answer.all("Collections/Collection/Commands/Change")
            self.assertEqual(len(told), 1)
            self.assertEqual(told[0][1].findtext("{Email}Read"), wanted)
            self.assertEqual(told[0][1].findtext("{Email}Flag/{Email}Status") == "2", flagged)
            again = self.ready(device.user, device="DEV2")
            inside = self.fill(again, folder)
            self.assertEqual(inside[item]["Read"].text, wanted)

    def test_what_may_not_be_deleted_comes_again(self):
        for rights, flags in (("lr", {}), ("lrt", {}), ("lrte", {"deletes_as_moves": 0}), ("lrte", {})):
            owner, device, folder, item = self.shared(rights)
            may = "e" in rights
            answer = self.run_command(device, folder, ("Delete", ("ServerId", item)), **flags)
            self.assertEqual(answer.text("Collections/Collection/Responses/Delete/Status"), None if may else "7")
            again = [one[0].text for one in answer.all("Collections/Collection/Commands/Add")]
            self.assertEqual(again, [] if may else [item])
            self.assertEqual(self.more(device, folder), {})
            self.assertEqual(self.imap(owner).select("Projects")[1], [b"0" if may else b"1"])
            trash = self.fill(device, device.folder("Trash"))  # his own
            self.assertEqual(len(trash), 1 if may and not flags else 0)
            theirs = self.operations(device, ("EmptyFolderContents", ("AirSync:CollectionId", folder)))
            self.assertEqual(theirs.text("Response/EmptyFolderContents/Status"), "1" if may else "16")

    def test_moves_both_ways(self):
        owner, device, folder, item = self.shared("lr")
        archive = device.folder("Archive")
        self.deliver(device.user, "Mine")
        inbox = device.folder("Inbox")
        mine = next(iter(self.fill(device, inbox)))
        self.assertEqual(self.move(device, item, folder, archive).text("Response/Status"), "5")
        self.assertEqual(self.move(device, mine, inbox, folder).text("Response/Status"), "5")
        self.imap(owner).setacl("Projects", device.user, "lrite")
        moved = self.move(device, mine, inbox, folder)
        self.assertEqual(moved.text("Response/Status"), "3")
        self.assertEqual(list(self.more(device, folder)), [moved.text("Response/DstMsgId")])
        self.assertEqual(self.move(device, item, folder, archive).text("Response/Status"), "3")
        self.assertEqual(self.imap(owner).select("Projects")[1], [b"1"])

    def test_an_answer_marks_what_may_be_changed(self):
        for rights in ("lr", "lrw"):
            owner, device, folder, item = self.shared(rights)
            message = (f"From: {device.user}\r\nTo: {owner}\r\nSubject: Re\r\nMIME-Version: 1.0\r\n\r\nYes\r\n").encode()
            answer = device.raw("SmartReply", element("ComposeMail:SmartReply", ("ClientId", rights), (
                "Source", ("FolderId", folder), ("ItemId", item)), ("Mime", message)))
            self.assertEqual(answer.body, b"")
            self.assertEqual(len(self.news(device, folder)["Change"]), 1 if "w" in rights else 0)


class ItemsTest(SharedCase):
    def test_a_calendar(self):
        owner, theirs, device, folder = self.items_of_owner("lrwite")
        self.start(device, folder)
        event = self.add(device, folder, *self.event(subject="Shared"))
        calendar = theirs.folder("Calendar")
        self.assertEqual(self.news(theirs, calendar)["Add"][event]["Subject"].text, "Shared")
        self.change(theirs, calendar, event, ("Calendar:Subject", "By its owner"))
        self.assertEqual(self.news(device, folder)["Change"][event]["Subject"].text, "By its owner")
        connection = device.begin("Ping", self.ping(folder))
        self.waiting(device.user)
        self.add(theirs, calendar, *self.event(subject="New"), client="c2")
        self.assertEqual(device.end(connection, "Ping").text("Status"), "2")
        self.news(device, folder)
        own = device.folder("Calendar")
        self.start(device, own)
        moved = self.move(device, event, folder, own)
        self.assertEqual(moved.text("Response/Status"), "3")
        self.assertEqual(self.news(theirs, calendar)["Delete"], [event])

    def test_what_may_only_be_read_stays(self):
        for version in ("16.1", "14.1"):
            owner, theirs, device, folder = self.items_of_owner("lr", "Contacts", version)
            item = self.add(theirs, theirs.folder("Contacts"), ("Contacts:FirstName", "Anna"))
            self.assertEqual(list(self.start(device, folder)["Add"]), [item])
            answer = self.run_command(device, folder, ("Change", ("ServerId", item), ("ApplicationData", ("Contacts:FirstName", "X"))))
            self.assertEqual(answer.text("Collections/Collection/Responses/Change/Status"), "7")
            told = answer.find("Collections/Collection/Commands/Change/ApplicationData")
            self.assertEqual(told.findtext("{Contacts}FirstName"), "Anna")
            answer = self.run_command(device, folder, ("Delete", ("ServerId", item)))
            self.assertEqual(answer.text("Collections/Collection/Responses/Delete/Status"), "7")
            self.assertEqual(answer.text("Collections/Collection/Commands/Add/ServerId"), item)
            answer = self.run_command(device, folder, ("Add", ("ClientId", "n"), ("ApplicationData", ("Contacts:FirstName", "New"))))
            self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "6")
            self.assertEqual(self.news(device, folder), {"Add": {}, "Change": {}, "Delete": [], "SoftDelete": []})
            self.assertEqual(self.news(theirs, theirs.folder("Contacts")), {"Add": {}, "Change": {}, "Delete": [], "SoftDelete": []})

    def test_meetings_are_their_owners(self):
        owner, theirs, device, folder = self.items_of_owner("lrswite")
        asked = ("Calendar:Attendees", ("Attendee", ("Email", device.user), ("Name", "B"), ("AttendeeType", "1")))
        meeting = self.add(theirs, theirs.folder("Calendar"), *self.event(asked, subject="Board", start="20300102T080000Z",
                                                                          end="20300102T090000Z"))
        self.assertEqual(list(self.start(device, folder)["Add"]), [meeting])
        answer = device.raw("MeetingResponse", element("MeetingResponse:MeetingResponse", (
            "Request", ("UserResponse", 1), ("CollectionId", folder), ("RequestId", meeting))))
        self.assertEqual(answer.text("Result/Status"), "2")
        answer = self.run_command(device, folder, ("Change", ("ServerId", meeting), ("ApplicationData", ("Calendar:Subject", "X"))))
        self.assertEqual(answer.text("Collections/Collection/Responses/Change/Status"), "7")
        self.assertEqual(len(answer.all("Collections/Collection/Commands/Change")), 1)
        answer = self.run_command(device, folder, ("Delete", ("ServerId", meeting)))
        self.assertEqual(answer.text("Collections/Collection/Responses/Delete/Status"), "7")
        self.assertEqual(answer.text("Collections/Collection/Commands/Add/ServerId"), meeting)
        own = device.folder("Calendar")
        self.assertEqual(self.move(device, meeting, folder, own).text("Response/Status"), "5")
        answer = self.run_command(device, folder, ("Add", ("ClientId", "m"), ("ApplicationData", *self.event(asked))))
        self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "6")
        self.assertEqual(self.news(theirs, theirs.folder("Calendar"))["Change"], {})

    def test_an_organizers_copy_elsewhere_is_not_his_meeting(self):
        owner, theirs, device, folder = self.items_of_owner("lrswite")
        calendar, own = theirs.folder("Calendar"), device.folder("Calendar")
        self.start(device, own)
        plain = self.add(theirs, calendar, *self.event(subject="Plain"))
        asked = ("Calendar:Attendees", ("Attendee", ("Email", owner), ("Name", "A"), ("AttendeeType", "1")))
        meeting = self.add(device, own, *self.event(asked, subject="Board", start="20300102T080000Z", end="20300102T090000Z"))
        self.news(theirs, calendar)
        shown = self.start(device, folder)["Add"]
        copies = [item for item in shown if shown[item]["Subject"].text == "Board"]
        self.assertEqual(len(copies), 1)
        answer = self.run_command(device, folder, ("Delete", ("ServerId", copies[0])), ("Delete", ("ServerId", plain)))
        self.assertEqual([(one.findtext("{AirSync}ServerId"), one.findtext("{AirSync}Status"))
                          for one in answer.all("Collections/Collection/Responses/Delete")], [(copies[0], "7")])
        news = self.news(theirs, calendar)
        self.assertEqual((news["Delete"], news["Change"]), ([plain], {}), "nobody was told that it is called off")
        self.assertEqual(self.move(device, meeting, own, folder).text("Response/Status"), "5")


class GuessTest(SharedCase):
    def test_nothing_of_what_is_not_shared_is_reached_by_guessing(self):
        """By each command, the ids of a mail and of a contact of somebody else."""
        owner, user = self.people()
        theirs = self.ready(owner)
        self.deliver(owner, "Secret", "secret words\r\n")
        inbox, contacts = theirs.folder("Inbox"), theirs.folder("Contacts")
        mail = next(iter(self.fill(theirs, inbox)))
        self.start(theirs, contacts)
        contact = self.add(theirs, contacts, ("Contacts:FirstName", "Secret"))
        # One folder of the same owner is shared: what leads to it must not lead to the others.
        self.share(owner, user, "lrswipkxtea")
        self.subscribe(owner, user)
        self.share(owner, user, "lrs", "INBOX")
        self.subscribe(owner, user, "INBOX")
        self.imap(owner).deleteacl("INBOX", user)  # subscribed, and without a right
        self.server.cli("share", "subscribe", user, owner, "Contacts")
        for version in ("16.1", "14.1"):
            device = self.ready(user, device="DEV" + version.replace(".", ""), version=version)
            shared = device.folder("Projects" + self.label)
            self.fill(device, shared)
            for folder, item in ((inbox, mail), (contacts, contact)):
                with self.subTest(version=version, folder=folder):
                    self.assertNotIn(folder, device.folders)
                    self.guess(device, folder, item, shared)
        self.assertEqual(self.news(theirs, contacts), {"Add": {}, "Change": {}, "Delete": [], "SoftDelete": []})
        self.assertEqual(list(self.fill(theirs, inbox)), [mail])
        self.assertEqual(theirs.folder_sync("0").text("Status"), "1")
        self.assertIn(contacts, theirs.folders)

    def guess(self, device, folder, item, shared):
        mine = device.folder("Inbox")
        self.fill(device, mine)
        wanted = {"status": "8", "estimate": "2"}
        self.assertEqual(device.prime(folder).text("Collections/Collection/Status"), wanted["status"])
        for command in (("Change", ("ServerId", item), ("ApplicationData", ("Email:Read", 1))), ("Delete", ("ServerId", item)),
                        ("Fetch", ("ServerId", item))):
            for place in (mine, shared):  # in a folder that he may use
                answer = self.run_command(device, place, command)
                self.assertEqual(answer.text(f"Collections/Collection/Responses/{command[0]}/Status"), "8")
        estimate = device.raw("GetItemEstimate", element("GetItemEstimate:GetItemEstimate", ("Collections", (
            "Collection", ("AirSync:SyncKey", "1"), ("CollectionId", folder)))))
        self.assertEqual(estimate.text("Response/Status"), wanted["estimate"])
        self.assertEqual(device.raw("Ping", self.ping(folder, seconds=60)).text("Status"), "7")
        for source, target, status in ((folder, mine, "1"), (folder, shared, "1")):
            self.assertEqual(self.move(device, item, source, target).text("Response/Status"), status)
        fetched = self.operations(device, ("Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", folder), ("AirSync:ServerId", item)),
                                  ("Fetch", ("Store", "Mailbox"), ("Search:LongId", item)))
        self.assertEqual([one.text for one in fetched.all("Response/Fetch/Status")], ["6", "6"])
        attached = self.operations(device, ("Fetch", ("Store", "Mailbox"), ("AirSyncBase:FileReference", item + ":1")))
        self.assertNotEqual(attached.text("Response/Fetch/Status"), "1")
        emptied = self.operations(device, ("EmptyFolderContents", ("AirSync:CollectionId", folder)))
        self.assertEqual(emptied.text("Response/EmptyFolderContents/Status"), "6")
        query = ("Query", ("And", ("AirSync:Class", "Email"), ("AirSync:CollectionId", folder), ("FreeText", "secret")))
        answer = device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), query, ("Options", ("Range", "0-9")))))
        self.assertEqual(answer.all("Response/Store/Result/Properties"), [])
        reply = device.raw("SmartForward", element("ComposeMail:SmartForward", ("ClientId", folder), (
            "Source", ("FolderId", folder), ("ItemId", item)), ("Mime", b"To: x@example.test\r\n\r\nx\r\n")))
        self.assertEqual(reply.text("Status"), "150")
        meeting = device.raw("MeetingResponse", element("MeetingResponse:MeetingResponse", (
            "Request", ("UserResponse", 1), ("CollectionId", folder), ("RequestId", item))))
        self.assertEqual(meeting.text("Result/Status"), "2")
        for command, more, status in (("FolderDelete", (), "4"), ("FolderUpdate", (("ParentId", "0"), ("DisplayName", "Mine")), "4")):
            self.assertEqual(self.folder_command(device, command, ("ServerId", folder), *more).text("Status"), status)
        made = self.folder_command(device, "FolderCreate", ("ParentId", folder), ("DisplayName", "New"), ("Type", "12"))
        self.assertEqual(made.text("Status"), "5")


if __name__ == "__main__":
    unittest.main()
