"""Out-of-office answers: who gets one, once, and that nobody talks with himself for ever (RFC 3834)."""
import email, email.policy, imaplib, pathlib, shutil, sys, tempfile, unittest

from e2e import harness

sys.path.insert(0, str(harness.SOURCE / "tests"))
from eas.device import Device  # noqa: E402
from eas.wbxml import element  # noqa: E402


class OutOfOfficeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="barid-oof-"))
        cls.server = harness.Server(users=20, data=cls.root / "data").start()
        cls.next_user = 0

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        shutil.rmtree(cls.root, ignore_errors=True)
        assert code == 0, f"barid ended with {code}"

    def user(self):
        type(self).next_user += 1
        return f"u{self.next_user}@example.test"

    def away(self, *options, text="I am away"):
        user = self.user()
        self.server.cli("oof", "set", user, "--text", text, *options)
        return user

    def mail(self, to, sender, *fields, shown=None, subject="Question"):
        lines = [f"From: {sender or 'x@elsewhere.test'}", f"To: {shown or to}", f"Subject: {subject}", *fields, "", "Hello", ""]
        self.server.deliver("\r\n".join(lines).encode(), to=to, sender=sender)

    def inbox(self, user):
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        client.login(user, self.server.passwords[user])
        client.select("INBOX", readonly=True)
        numbers = client.search(None, "ALL")[1][0].split()
        octets = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]
        client.logout()
        return [email.message_from_bytes(one, policy=email.policy.default) for one in octets]

    def answers(self, user, count):
        """What came to a user, once it is so much."""
        harness.wait_until(lambda: len(self.inbox(user)) >= count)
        return self.inbox(user)

    def sent_to(self, sender):
        """How many answers have gone into the queue for somebody: all that there will be to what was delivered."""
        steps = self.server.cli("trace", sender)
        return len([step for step in steps if step["event"] == "accept" and step.get("by") == "server"])

    def reasons(self, user):
        return [step["why"] for step in self.server.cli("trace", user) if step["event"] == "not answered"]

    def test_once_and_well_formed(self):
        away, writer = self.away(text="Grüße, I am away"), self.user()
        self.mail(away, writer, "Message-ID: <q1@example.test>", subject="=?utf-8?Q?Gr=C3=BC=C3=9Fe?=")
        answer = self.answers(writer, 1)[0]
        self.assertEqual((answer["To"], answer["From"], answer["Auto-Submitted"]), (writer, away, "auto-replied"))
        self.assertEqual((answer["In-Reply-To"], answer["Return-Path"]), ("<q1@example.test>", "<>"))
        self.assertEqual(answer["Subject"], "Automatic reply: Grüße")
        self.assertEqual(answer.get_content().strip(), "Grüße, I am away")
        self.mail(away, writer)
        self.assertEqual(self.sent_to(writer), 1)  # once
        self.server.cli("oof", "set", away, "--text", "Still away")  # another text is told again
        self.mail(away, writer)
        self.assertEqual(self.answers(writer, 2)[1].get_content().strip(), "Still away")

    def test_two_who_are_away(self):
        one, two = self.away(), self.away()
        self.mail(two, one)
        self.assertEqual(len(self.answers(one, 1)), 1)
        harness.wait_until(lambda: self.reasons(one))  # the answer was looked at, and is not answered
        self.assertEqual(self.reasons(one), ["it is from <>"])
        self.assertEqual(self.sent_to(two), 0)
        self.assertEqual((len(self.inbox(one)), len(self.inbox(two))), (1, 1))

    def test_who_is_not_answered(self):
        away, writer = self.away(), self.user()
        self.mail(away, writer, "List-Id: <a.b>")
        self.mail(away, writer, "Precedence: bulk")
        self.mail(away, writer, "Auto-Submitted: auto-generated")
        self.mail(away, writer, shown="somebody@elsewhere.test")
        self.mail(away, "")
        self.mail(away, away)
        self.mail(away, "no-reply@elsewhere.test")
        self.assertEqual(self.sent_to("no-reply@elsewhere.test"), 0)
        self.mail(away, writer, subject="At last")
        self.assertEqual([one["Subject"] for one in self.answers(writer, 1)], ["Automatic reply: At last"])
        self.assertEqual(len(self.inbox(away)), 8)
        self.assertEqual(len(self.reasons(away)), 7, self.reasons(away))

    def test_strangers_and_contacts(self):
        away = self.away("--external-to", "contacts", "--external-text", "<b>Not</b> here", "--html", text="<p>Away</p>")
        device = Device(self.server, away)
        device.folder_sync("0")
        contacts = device.folder("Contacts")
        device.prime(contacts)
        device.sync(device.collection(contacts, ("Add", ("ClientId", "c1"), ("ApplicationData", (
            "Contacts:FirstName", "K"), ("Contacts:Email1Address", '"K" <Known@elsewhere.test>')))))
        self.mail(away, "known@elsewhere.test")
        self.mail(away, "stranger@elsewhere.test")
        self.assertEqual(self.sent_to("known@elsewhere.test"), 1)
        self.assertEqual(self.sent_to("stranger@elsewhere.test"), 0)
        colleague = self.user()
        self.mail(away, colleague)
        answer = self.answers(colleague, 1)[0]
        self.assertEqual(answer.get_body(("html",)).get_content().strip(), "<p>Away</p>")
        self.assertEqual(answer.get_body(("plain",)).get_content().strip(), "Away")
        nobody = self.away("--external-to", "nobody")
        self.mail(nobody, "known@elsewhere.test")
        self.assertEqual(self.sent_to("known@elsewhere.test"), 1)

    def test_times_and_devices(self):
        user, writer = self.user(), self.user()
        self.server.cli("oof", "set", user, "--text", "Later", "--start", "2199-01-01T00:00:00Z", "--end", "2199-02-01T00:00:00Z")
        self.mail(user, writer)
        self.server.cli("oof", "set", user, "--text", "Now", "--start", "2020-01-01T00:00:00Z", "--end", "2199-02-01T00:00:00Z")
        self.mail(user, writer)
        self.assertEqual([one.get_content().strip() for one in self.answers(writer, 1)], ["Now"])
        self.assertEqual(self.server.cli("oof", "show", user)["state"], "between")
        device = Device(self.server, user)
        device.folder_sync("0")
        answer = device.raw("Settings", element("Settings:Settings", ("Oof", ("Get", ("BodyType", "TEXT")))))
        self.assertEqual(answer.text("Oof/Get/OofMessage/ReplyMessage"), "Now")
        self.server.cli("oof", "off", user)
        shown = self.server.cli("oof", "show", user)
        self.assertEqual((shown["state"], shown["internal"]["text"]), ("off", "Now"))
        other = self.user()
        self.mail(user, other)
        message = ("OofMessage", ("AppliesToInternal",), ("Enabled", 1), ("ReplyMessage", "By phone"), ("BodyType", "TEXT"))
        device.raw("Settings", element("Settings:Settings", ("Oof", ("Set", ("OofState", 1), message))))
        self.mail(user, other)
        self.assertEqual([one.get_content().strip() for one in self.answers(other, 1)], ["By phone"])
        for wrong in (("--start", "tomorrow", "--end", "2199-01-01T00:00:00Z"), ("--start", "2199-01-01T00:00:00Z"),
                      ("--start", "2199-01-01T00:00:00Z", "--end", "2198-01-01T00:00:00Z")):
            with self.assertRaises(AssertionError):
                self.server.cli("oof", "set", user, "--text", "x", *wrong)

    def test_after_a_restart(self):
        away, writer = self.away(), self.user()
        self.mail(away, writer)
        self.assertEqual(len(self.answers(writer, 1)), 1)
        self.assertEqual(self.server.stop(keep=True), 0)
        self.server.start()
        self.mail(away, writer)
        self.assertEqual((self.sent_to(writer), len(self.inbox(writer))), (1, 1))
        self.server.cli("store", "check")


if __name__ == "__main__":
    unittest.main()
