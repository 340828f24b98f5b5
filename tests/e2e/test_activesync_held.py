"""What of a policy the server itself holds to, whatever a device asks for: MS-ASPROV sections 2.2.2.7, 2.2.2.22, 2.2.2.29 to
2.2.2.34."""
import base64, datetime, email.message, email.policy, imaplib, unittest

from e2e.test_activesync_bodies import BASE, BodyCase, preference
from e2e.test_activesync_items import EventCase, compact
from eas.wbxml import element

DAY = datetime.timedelta(days=1)


class PolicyCase:
    def obeying(self, user, *settings, **how):
        """A device that has acknowledged the policy."""
        self.server.cli("policy", "set", user, *settings)
        device = self.device(user, **how)
        device.provision()
        self.assertEqual(device.folder_sync("0").text("Status"), "1")
        return device

    def changed(self, device, *settings):
        self.server.cli("policy", "unset", device.user, "--all")
        self.server.cli("policy", "set", device.user, *settings)
        device.provision()


class HeldBodyTest(PolicyCase, BodyCase):
    USERS = 12
    RICH = "<p>" + "<b>Rich</b> text of the letter. " * 100 + "</p>"

    def bodies(self, device, *wanted):
        """The same by Sync, by Fetch and by Search: type, octets, whether it was cut."""
        out = set()
        for body in (self.body(device, *wanted), self.fetched(device, *wanted).find("Response/Fetch/Properties/Body"),
                     self.found(device, *wanted).find("Response/Store/Result/Properties/Body")):
            data = body.findtext(BASE + "Data")
            out.add((body.findtext(BASE + "Type"), -1 if data is None else len(data.encode()), body.findtext(BASE + "Truncated", "0")))
        self.assertEqual(len(out), 1, out)
        return out.pop()

    def test_bodies_are_cut(self):
        user = self.user()
        self.put(user, self.letter(user, self.RICH, text="Plain text of the letter.\n" * 200))
        device = self.obeying(user, "MaxEmailBodyTruncationSize=2", "MaxEmailHTMLBodyTruncationSize=1")
        self.assertEqual(self.bodies(device, preference(1)), ("1", 2048, "1"))
        self.assertEqual(self.bodies(device, preference(2)), ("2", 1024, "1"))
        self.assertEqual(self.bodies(device, preference(2, 10)), ("2", 10, "1"))
        self.changed(device, "MaxEmailBodyTruncationSize=0")
        self.assertEqual(self.bodies(device, preference(1)), ("1", -1, "1"))
        self.assertEqual(self.bodies(device, preference(2))[::2], ("2", "0"))
        self.changed(device, "MaxEmailBodyTruncationSize=-1")
        self.assertEqual(self.bodies(device, preference(1))[::2], ("1", "0"))

    def test_without_html(self):
        user = self.user()
        self.put(user, self.letter(user, self.RICH))
        device = self.obeying(user, "AllowHTMLEmail=0")
        whole = [("AirSync:MIMESupport", 2), preference(4)]
        for wanted in ([preference(2)], [preference(2), preference(1)], whole):
            kind, size, cut = self.bodies(device, *wanted)
            self.assertEqual((kind, cut), ("1", "0"))
            self.assertLess(size, 40)
        self.changed(device, "AllowHTMLEmail=1", "AllowCamera=0")
        self.assertEqual(self.bodies(device, preference(2))[::2], ("2", "0"))
        self.assertEqual(self.bodies(device, *whole)[0], "4")


class HeldAttachmentTest(PolicyCase, BodyCase):
    USERS = 8
    OCTETS = bytes(range(256)) * 8

    def sent(self, **how):
        """Of a mail with a file: the device, and the file's reference."""
        user = self.user()
        mail = self.letter(user)
        mail.add_attachment(self.OCTETS, maintype="image", subtype="x-thing", filename="thing.bin")
        self.put(user, mail)
        device = self.obeying(user, "AllowCamera=0", **how)
        return device, self.item(device, [preference(1)])[1]["Attachments"][0].findtext(BASE + "FileReference")

    def fetch(self, device, reference, *options):
        """Status and octets."""
        answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), ("AirSyncBase:FileReference", reference), ("Options", *options) if options else None)))
        self.assertEqual(answer.text("Status"), "1")
        data = answer.text("Response/Fetch/Properties/Data")
        return answer.text("Response/Fetch/Status"), None if data is None else base64.b64decode(data)

    def test_what_may_not_be_fetched(self):
        device, reference = self.sent()
        self.assertEqual(self.fetch(device, reference), ("1", self.OCTETS))
        whole = [("AirSync:MIMESupport", 2), preference(4)]
        self.assertEqual(self.body(device, *whole).findtext(BASE + "Type"), "4")
        self.changed(device, "AttachmentsEnabled=0")
        self.assertEqual(self.fetch(device, reference), ("16", None))
        self.assertEqual(self.fetch(device, reference, ("Range", "0-9")), ("16", None))
        body = self.body(device, *whole)  # which would bring it along
        self.assertEqual((body.findtext(BASE + "Type"), body.findtext(BASE + "Data").strip()), ("1", "Plain text of the letter."))

    def test_what_is_too_large(self):
        device, reference = self.sent()
        for most, got in ((len(self.OCTETS), ("1", self.OCTETS)), (len(self.OCTETS) - 1, ("11", None)), (0, ("11", None))):
            with self.subTest(most=most):
                self.changed(device, f"MaxAttachmentSize={most}")
                self.assertEqual(self.fetch(device, reference), got)
                of_it = ("1", self.OCTETS[:10]) if got[0] == "1" else got
                self.assertEqual(self.fetch(device, reference, ("Range", "0-9")), of_it)

    def test_older_devices(self):
        device, reference = self.sent(version="12.1")
        self.assertEqual(device.raw("GetAttachment", AttachmentName=reference).body, self.OCTETS)
        self.changed(device, "AttachmentsEnabled=0")
        self.assertEqual(device.raw("GetAttachment", AttachmentName=reference).status, 403)
        self.changed(device, "MaxAttachmentSize=100")
        self.assertEqual(device.raw("GetAttachment", AttachmentName=reference).status, 500)


class HeldWindowTest(PolicyCase, EventCase):
    USERS = 8

    def test_how_old_mail_may_be(self):
        user = self.user()
        client = self.imap(user)
        now = datetime.datetime.now(datetime.timezone.utc)
        for days in (0, 5, 20, 200):
            mail = email.message.EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = "a@elsewhere.test", user, f"{days} days"
            mail.set_content("x\n")
            client.append("INBOX", "", imaplib.Time2Internaldate(now - days * DAY), mail.as_bytes(policy=email.policy.SMTP))
        device = self.obeying(user, "MaxEmailAgeFilter=3")
        inbox = device.folder("Inbox")
        told = lambda *options: sorted(item["Subject"].text for item in self.fill(device, inbox, options=list(options)).values())
        self.assertEqual(told(), ["0 days", "5 days"])
        self.assertEqual(told(("FilterType", 0)), ["0 days", "5 days"])
        self.assertEqual(told(("FilterType", 5)), ["0 days", "5 days"])
        self.assertEqual(told(("FilterType", 1)), ["0 days"])
        told(("FilterType", 0))
        estimate = element("GetItemEstimate:GetItemEstimate", ("Collections", (
            "Collection", ("AirSync:SyncKey", device.keys[inbox]), ("CollectionId", inbox), ("AirSync:Options", ("FilterType", 0)))))
        self.assertEqual(device.raw("GetItemEstimate", estimate).text("Response/Collection/Estimate"), "0")
        # One policy in place of another: what is in comes, what is out goes.
        self.changed(device, "MaxEmailAgeFilter=5")
        self.assertEqual([item["Subject"].text for item in self.news(device, inbox)["Add"].values()], ["20 days"])
        self.changed(device, "MaxEmailAgeFilter=1")
        self.assertEqual(len(self.news(device, inbox)["SoftDelete"]), 2)
        self.changed(device, "MaxEmailAgeFilter=0")
        self.assertEqual(len(self.news(device, inbox)["Add"]), 3)

    def test_how_old_events_may_be(self):
        user = self.user()
        device = self.obeying(user, "AllowCamera=0")
        folder = device.folder("Calendar")
        self.start(device, folder)
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        made = {}
        for name, offset in (("old", -60 * DAY), ("recent", -3 * DAY), ("coming", 300 * DAY)):
            made[name] = self.add(device, folder, *self.event(start=compact(now + offset), end=compact(now + offset + DAY / 24),
                                                              subject=name), client=name)
        self.changed(device, "MaxCalendarAgeFilter=4")
        self.assertEqual(self.news(device, folder)["SoftDelete"], [made["old"]])
        self.assertEqual(set(self.start(device, folder)["Add"]), {made["recent"], made["coming"]})


if __name__ == "__main__":
    unittest.main()
