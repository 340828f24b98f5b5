"""Bodies, attachments and header fields of ActiveSync, as MS-ASAIRS and MS-ASHTTP have them."""
import base64, email, email.message, email.policy, http.client, unittest

from e2e import harness, test_activesync
from eas import wbxml
from eas.device import HTML, MIME, PLAIN
from eas.wbxml import element

BASE = "{AirSyncBase}"


def preference(kind, truncation=None, all_or_none=None, preview=None):
    return ("AirSyncBase:BodyPreference", ("Type", kind), None if truncation is None else ("TruncationSize", truncation),
            None if all_or_none is None else ("AllOrNone", all_or_none), None if preview is None else ("Preview", preview))


class BodyCase(test_activesync.ActiveSyncCase):
    def letter(self, user, html=None, subject="Letter", text="Plain text of the letter.\n"):
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@elsewhere.test", user, subject
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        return mail

    def put(self, user, mail):
        self.server.deliver(mail.as_bytes(policy=email.policy.SMTP), to=user)

    def item(self, device, options):
        inbox = device.folder("Inbox")
        return next(iter(self.fill(device, inbox, options=options).items()))

    def body(self, device, *options):
        return self.item(device, list(options))[1]["Body"]

    def fetched(self, device, *options, headers=None):
        inbox = device.folder("Inbox")
        name = next(iter(self.fill(device, inbox)))
        return device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
            "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), ("AirSync:ServerId", name),
            ("Options", *options))), headers=headers)

    def found(self, device, *options):
        query = ("Query", ("And", ("AirSync:Class", "Email"), ("AirSync:CollectionId", device.folder("Inbox")),
                           ("FreeText", "letter")))
        return device.raw("Search", element("Search:Search", ("Store", ("Name", "Mailbox"), query,
                                                              ("Options", ("Range", "0-9"), *options))))


class BodyTest(BodyCase):
    def test_all_or_none(self):
        """The same by Sync, by Fetch and by Search: all of it where it fits, and else nothing or its beginning."""
        user = self.user()
        self.put(user, self.letter(user))
        device = self.ready(user)
        whole, most = "Plain text of the letter.", 9
        for size, all_or_none, data in ((most, 1, None), (most, 0, "Plain tex"), (most, None, "Plain tex"), (900, 1, whole),
                                        (900, 0, whole), (900, None, whole), (None, 0, whole), (None, 1, whole)):
            wanted = preference(1, size, all_or_none)
            for body in (self.body(device, wanted), self.fetched(device, wanted).find("Response/Fetch/Properties/Body"),
                         self.found(device, wanted).find("Response/Store/Result/Properties/Body")):
                with self.subTest(size=size, all_or_none=all_or_none):
                    got = body.findtext(BASE + "Data")
                    self.assertEqual(got if got is None else got.strip(), data)
                    self.assertEqual(body.findtext(BASE + "Truncated", "0"), "0" if data == whole else "1")
                    self.assertEqual([len(body.findall(BASE + name)) for name in ("Type", "EstimatedDataSize")], [1, 1])
                    self.assertEqual(body.findtext(BASE + "Type"), "1")

    def test_the_next_form_where_one_is_too_large(self):
        user = self.user()
        self.put(user, self.letter(user, "<p>" + "<b>Rich</b> text " * 40 + "</p>"))
        device = self.ready(user)
        body = self.body(device, preference(2, 50, 1), preference(1, 300))
        self.assertEqual((body.findtext(BASE + "Type"), body.findtext(BASE + "Data").strip()), ("1", "Plain text of the letter."))
        body = self.body(device, preference(1, 300), preference(2, 50))  # none of them is "all or none"
        self.assertEqual((body.findtext(BASE + "Type"), len(body.findtext(BASE + "Data"))), ("2", 50))
        body = self.body(device, preference(2, 50, 1), preference(1, 5, 1))  # neither fits
        self.assertIsNone(body.find(BASE + "Data"))
        self.assertEqual(body.findtext(BASE + "Truncated"), "1")

    def test_native_body(self):
        user = self.user()
        self.put(user, self.letter(user, "<p>Rich text</p>"))
        device = self.ready(user)
        for options, kind in (([preference(2)], "2"), ([preference(1)], "1"), (MIME, "4")):
            fields = self.item(device, options)[1]
            self.assertEqual((fields["NativeBodyType"].text, fields["Body"].findtext(BASE + "Type")), ("2", kind))
        other = self.user()
        self.put(other, self.letter(other))
        device = self.ready(other)
        for options, kind in (([preference(1)], "1"), ([preference(2)], "2")):
            fields = self.item(device, options)[1]
            self.assertEqual((fields["NativeBodyType"].text, fields["Body"].findtext(BASE + "Type")), ("1", kind))

    def test_parts_of_their_own(self):
        """A body is Data in an answer of one part, and Part in one of several: never the other, never both."""
        user = self.user()
        self.put(user, self.letter(user))
        device = self.ready(user)
        answer = self.fetched(device, preference(1), headers={"MS-ASAcceptMultiPart": "T"})
        self.assertEqual(answer.headers["Content-Type"], "application/vnd.ms-sync.multipart")
        at = int.from_bytes(answer.body[4:8], "little")
        shown = wbxml.decode(answer.body[at:at + int.from_bytes(answer.body[8:12], "little")])
        self.assertEqual([node.text for node in shown.iter("{ItemOperations}Part")], ["1"])
        self.assertIsNone(next(shown.iter(BASE + "Data"), None))
        answer = self.fetched(device, preference(1))
        self.assertIsNotNone(answer.find("Response/Fetch/Properties/Body/Data"))
        self.assertIsNone(next(answer.root.iter("{ItemOperations}Part"), None))

    def test_what_no_string_holds_is_encoded_in_a_mime_body(self):
        """Mail in ISO-2022-JP has escapes, and an old one octets that are no UTF-8: what is decoded stays."""
        for charset, text in (("iso-2022-jp", "\u3053\u3093\u306b\u3061\u306f world = 1\r\n"), ("iso-8859-1", "Gr\u00fc\u00dfe = 1\r\n")):
            user = self.user()
            octets = (f"From: a@elsewhere.test\r\nTo: {user}\r\nSubject: Letter\r\nMIME-Version: 1.0\r\n"
                      f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n").encode() + text.encode(charset)
            self.server.deliver(octets, to=user)
            device = self.ready(user)
            whole = (("AirSync:MIMESupport", 2), preference(4))
            with self.subTest(charset=charset):
                body = self.fetched(device, *whole).find("Response/Fetch/Properties/Body")
                data = body.findtext(BASE + "Data")
                got = email.message_from_bytes(data.encode(), policy=email.policy.default)
                self.assertEqual((got.get_content(), got.get_content_charset()), (text, charset))
                self.assertEqual(int(body.findtext(BASE + "EstimatedDataSize")), len(data.encode()))
                body = self.fetched(device, ("AirSync:MIMESupport", 2), preference(4, len(data) - 3, 1)).find("Response/Fetch/Properties/Body")
                self.assertEqual((body.findtext(BASE + "Data"), body.findtext(BASE + "Truncated")), (None, "1"))
                apart = self.fetched(device, *whole, headers={"MS-ASAcceptMultiPart": "T"}).body
                self.assertTrue(apart.endswith(octets.split(b"\r\n\r\n")[1]))  # beside the WBXML it stands as it is

    def test_preferences_that_are_none(self):
        """Order, number, type and place of what stands in BodyPreference."""
        user = self.user()
        self.put(user, self.letter(user))
        device = self.ready(user)
        inbox = device.folder("Inbox")
        name = next(iter(self.fill(device, inbox)))
        of = "AirSyncBase:BodyPreference"
        for wrong in ([(of, ("TruncationSize", 5), ("Type", 1))], [(of, ("Type", 1), ("AllOrNone", 1), ("TruncationSize", 5))],
                      [(of, ("Type", 1), ("AllOrNone", 1), ("AllOrNone", 1))], [(of, ("Type", 1), ("Type", 1))],
                      [(of, ("Type", 1), ("AllOrNone", "perhaps"))], [(of, ("Type", 1), ("AllOrNone", 2))],
                      [(of, ("Type", "one"))], [(of, ("TruncationSize", 5))], [(of, ("Type", 1), ("AirSync:FilterType", 1))],
                      [preference(1, 5), preference(1, 9)]):
            with self.subTest(wrong=wrong):
                answer = device.sync(device.collection(inbox, options=wrong))
                self.assertEqual(answer.text("Collections/Collection/Status") or answer.text("Status"), "4")
                answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
                    "Fetch", ("Store", "Mailbox"), ("AirSync:CollectionId", inbox), ("AirSync:ServerId", name),
                    ("Options", *wrong))))
                self.assertEqual(answer.text("Response/Fetch/Status"), "2")
                self.assertEqual(self.found(device, *wrong).text("Response/Store/Status"), "2")
        self.assertEqual(device.sync(device.collection(inbox)).body, b"")  # and the key is what it was

    def test_bodies_that_are_none(self):
        """The same of what stands in the Body of an item that is added."""
        device = self.ready()
        notes = next(folder for folder, row in device.folders.items() if row["Type"] == "10")
        device.prime(notes)
        for wrong in ((("Type", "one"), ("Data", "x")), (("Type", 1), ("Data", "x"), ("Data", "y")), (("Type", 1), ("Type", 1)),
                      (("Data", "x"), ("Type", 1)), (("Type", 1), ("AirSync:Class", "Notes"), ("Data", "x"))):
            with self.subTest(wrong=wrong):
                answer = device.sync(device.collection(notes, ("Add", ("ClientId", "n1"), ("ApplicationData", (
                    "AirSyncBase:Body", *wrong), ("Notes:Subject", "S")))))
                self.assertEqual(answer.text("Collections/Collection/Status"), "1")
                self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "6")

    def test_truncated_in_a_request_means_nothing(self):
        device = self.ready()
        notes = next(folder for folder, row in device.folders.items() if row["Type"] == "10")
        device.prime(notes, options=PLAIN)
        for number, truncated in enumerate((None, 0, 1)):
            body = ("AirSyncBase:Body", ("Type", 1), None if truncated is None else ("Truncated", truncated),
                    ("Data", f"Note {number}"))
            answer = device.sync(device.collection(notes, ("Add", ("ClientId", f"n{number}"), (
                "ApplicationData", body, ("Notes:Subject", f"S{number}"), ("Notes:MessageClass", "IPM.StickyNote")))))
            self.assertEqual(answer.text("Collections/Collection/Responses/Add/Status"), "1")
        other = self.ready(device.user, device="DEV2")
        folder = next(folder for folder, row in other.folders.items() if row["Type"] == "10")
        texts = sorted(fields["Body"].findtext(BASE + "Data") for fields in self.fill(other, folder, options=PLAIN).values())
        self.assertEqual(texts, ["Note 0", "Note 1", "Note 2"])
        item = answer.text("Collections/Collection/Responses/Add/ServerId")  # a piece does not take the place of the whole
        answer = device.sync(device.collection(notes, ("Change", ("ServerId", item), ("ApplicationData", (
            "AirSyncBase:Body", ("Type", 1), ("Truncated", 1), ("Data", "Not")), ("Notes:Subject", "S2")))))
        self.assertEqual(answer.text("Collections/Collection/Status"), "1")
        texts = sorted(fields["Body"].findtext(BASE + "Data") for fields in self.fill(other, folder, options=PLAIN).values())
        self.assertEqual(texts, ["Note 0", "Note 1", "Note 2"])


class AttachmentTest(BodyCase):
    def test_what_is_said_of_them(self):
        user = self.user()
        mail = self.letter(user, "<img src='cid:face@x'>")
        html = mail.get_payload()[1]
        html.add_related(b"\x89PNG-in-the-text", "image", "png", cid="<face@x>")
        html.get_payload()[1]["Content-Location"] = "http://elsewhere.test/face.png"
        html.add_related(b"\x89PNG-called-a-file", "image", "png", cid="<logo@x>", filename="logo.png", disposition="attachment")
        octets = b"\0\1\2" * 5000
        mail.add_attachment(octets, maintype="application", subtype="octet-stream", filename="file.bin")
        inner = self.letter("c@elsewhere.test", subject="The inner one")
        mail.add_attachment(inner)
        self.put(user, mail)
        device = self.ready(user)
        attachments = self.item(device, HTML)[1]["Attachments"]
        self.assertEqual({node.tag for node in attachments}, {BASE + "Attachment"})
        rows = []
        for node in attachments:
            for name in ("ContentId", "ContentLocation", "IsInline", "Method", "DisplayName", "FileReference"):
                self.assertLessEqual(len(node.findall(BASE + name)), 1)
                self.assertFalse([child for found in node.findall(BASE + name) for child in found])
            rows.append({name: node.findtext(BASE + name)
                         for name in ("Method", "IsInline", "ContentId", "ContentLocation", "DisplayName")})
        picture, logo, file, letter = rows
        # What stands beside the text that shows it is in it, whatever its Content-Disposition says.
        self.assertEqual((logo["Method"], logo["IsInline"], logo["ContentId"], logo["DisplayName"]), ("1", "1", "logo@x", "logo.png"))
        self.assertEqual((picture["Method"], picture["IsInline"], picture["ContentId"], picture["ContentLocation"]),
                         ("1", "1", "face@x", "http://elsewhere.test/face.png"))
        self.assertEqual((file["Method"], file["IsInline"] or "0", file["ContentId"], file["ContentLocation"],
                          file["DisplayName"]), ("1", "0", None, None, "file.bin"))
        self.assertEqual((letter["Method"], letter["IsInline"] or "0"), ("5", "0"))
        self.assertTrue(letter["DisplayName"].endswith(".eml"), letter)
        sizes = [int(node.findtext(BASE + "EstimatedDataSize")) for node in attachments]
        self.assertAlmostEqual(sizes[2], len(octets), delta=2)
        contents = []
        for node in attachments:
            answer = device.raw("ItemOperations", element("ItemOperations:ItemOperations", (
                "Fetch", ("Store", "Mailbox"), ("AirSyncBase:FileReference", node.findtext(BASE + "FileReference")))))
            contents.append(base64.b64decode(answer.text("Response/Fetch/Properties/Data")))
        self.assertEqual(contents[:3], [b"\x89PNG-in-the-text", b"\x89PNG-called-a-file", octets])
        self.assertIn(b"Subject: The inner one", contents[3])


class HeaderTest(BodyCase):
    def test_length_and_coding(self):
        """Each answer tells its length in digits, and a coding only where there is one."""
        user = self.user()
        self.put(user, self.letter(user, text="The same words again and again. " * 200 + "\n"))
        device = self.ready(user)
        inbox = device.folder("Inbox")
        requests = [("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0"))),
                    ("Sync", element("Sync", ("Collections", ("Collection", ("SyncKey", "0"), ("CollectionId", inbox))))),
                    ("Ping", element("Ping:Ping")), ("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "x")))]
        for command, root in requests:
            for coding in (None, "gzip"):
                connection = http.client.HTTPConnection("127.0.0.1", self.server.ports["http"], timeout=60)
                connection.request("POST", device.uri(command), body=wbxml.encode(root), headers={
                    **device.headers(), **({"Accept-Encoding": coding} if coding else {})})
                response = connection.getresponse()
                body = response.read()
                self.assertEqual(response.status, 200)
                self.assertRegex(response.getheader("Content-Length"), r"^[0-9]+$")
                self.assertEqual(int(response.getheader("Content-Length")), len(body))
                packed = body[:2] == b"\x1f\x8b"
                self.assertEqual(response.getheader("Content-Encoding"), "gzip" if packed else None)
                self.assertTrue(coding or not packed)
                connection.close()

    def test_first_folder_sync_tells_what_is_served(self):
        device = self.ready()
        answer = device.folder_sync("0")
        self.assertEqual(answer.headers["X-MS-RP"], answer.headers["MS-ASProtocolVersions"])
        self.assertIn("16.1", answer.headers["MS-ASProtocolVersions"].split(","))
        self.assertIn("FolderSync", answer.headers["MS-ASProtocolCommands"].split(","))
        self.assertIsNone(device.folder_sync().headers["X-MS-RP"])


if __name__ == "__main__":
    unittest.main()
