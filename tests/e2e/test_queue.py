"""Mail that leaves and waits: queue, trace, routing, groups, redirections, limits, over a real server and a real hop."""
import email, imaplib, json, smtplib, subprocess, threading, time, unittest
from e2e.harness import BARID, free_ports, wait_until
from e2e.served import ServedCase
from e2e.sink import Sink


class QueueCase(ServedCase):
    SETTINGS = 'retry_first = "1s"\nretry_longest = "2s"\ntell_delay = "0s"\ngive_up = "1h"\n'

    def setUp(self):
        super().setUp()
        self.ports["smtp"], = free_ports(1)
        self.sink = Sink({"never": "550 5.1.1 nobody here", "later": "451 4.7.0 come back", "full": "452 4.2.2 full"})
        self.addCleanup(self.sink.stop)

    def begin(self, more=""):
        hop = f'smart_host = "smtp://[127.0.0.1]:{self.sink.port}?tls=never"\n'
        self.start(f"[mta]\n{hop}{self.SETTINGS}{more}", self.listeners())

    def listeners(self):
        return (self.listener("imap", "imap", "starttls") + self.listener("smtp", "smtp", "none") +
                self.listener("submission", "submission", "starttls") + self.listener("lmtp", "lmtp", "none"))

    def json(self, *arguments):
        return json.loads(self.barid("--json", *arguments))

    def submit(self, to, text="From: anna@acme.test\r\nSubject: hi\r\n\r\nbody\r\n", user="anna", options=(), rcpt=()):
        with smtplib.SMTP("127.0.0.1", self.ports["submission"]) as smtp:
            smtp.starttls(context=self.context())
            smtp.login(f"{user}@acme.test", self.PASSWORD)
            return smtp.sendmail(f"{user}@acme.test", to, text, options, rcpt)

    def context(self):
        context = self.tls()
        context.check_hostname = False
        return context

    def stranger(self, to, text="From: x@far.test\r\nSubject: hi\r\n\r\nbody\r\n"):
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            return smtp.sendmail("x@far.test", to, text)

    def inbox(self, user, folder="INBOX"):
        imap = imaplib.IMAP4("127.0.0.1", self.ports["imap"])
        imap.starttls(self.context())
        imap.login(f"{user}@acme.test", self.PASSWORD)
        imap.select(folder)
        found = imap.search(None, "ALL")[1][0].split()
        out = [imap.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found]
        imap.logout()
        return out

    def waiting(self):
        return self.json("queue", "list")


class Queue(QueueCase):
    def test_two_recipients_one_here_one_there(self):
        self.begin()
        self.submit(["bert@acme.test", "x@far.test"])
        self.assertEqual(len(self.inbox("bert")), 1)
        wait_until(lambda: self.sink.mail)
        sender, recipients, octets = self.sink.mail[0]
        self.assertEqual((sender, recipients), ("anna@acme.test", ("x@far.test",)))
        message = email.message_from_bytes(octets)
        self.assertTrue(message["Message-ID"] and message["Date"])
        self.assertIsNone(message["Return-Path"])
        self.assertEqual(len(message.get_all("Received")), 1)
        wait_until(lambda: not self.waiting())
        steps = [(s["event"], s.get("to")) for s in self.traced("x@far.test")]
        self.assertEqual(steps[0][0], "accept")
        for one in (("delivered", "bert@acme.test"), ("queued", "x@far.test"), ("relayed", "x@far.test"), ("done", None)):
            self.assertIn(one, steps)

    def traced(self, *what):
        text = self.barid("--json", "trace", *what)
        return json.loads(text) if text.strip() else []

    def test_each_recipient_its_own_end(self):
        self.begin()
        self.submit(["ok@far.test", "never@far.test", "later@far.test"])
        wait_until(lambda: len(self.inbox("anna")) == 1)
        report = self.inbox("anna")[0].decode()
        self.assertIn("Return-Path: <>", report)
        self.assertIn("never@far.test", report)
        self.assertIn("nobody here", report)
        self.assertIn("5.1.1", report)
        self.assertNotIn("Final-Recipient: rfc822; later@far.test", report)
        message, = self.waiting()
        states = {one["address"]: one for one in message["recipients"]}
        self.assertEqual(states["ok@far.test"]["state"], "relayed")
        self.assertEqual(states["never@far.test"]["state"], "failed")
        self.assertEqual(states["later@far.test"]["state"], "deferred")
        self.assertIn("come back", states["later@far.test"]["words"])
        self.assertEqual(len([m for m in self.sink.mail if "ok@far.test" in m[1]]), 1)
        del self.sink.answers["later"]
        wait_until(lambda: not self.waiting())
        self.assertEqual(sum(m[1] == ("later@far.test",) for m in self.sink.mail), 1)
        self.assertEqual(len([m for m in self.sink.mail if "ok@far.test" in m[1]]), 1)

    def test_hold_release_retry_bounce_remove(self):
        self.begin()
        self.submit(["later@far.test"])
        ident = self.waiting()[0]["id"]
        self.barid("queue", "hold", ident)
        held, = self.waiting()
        self.assertEqual(held["recipients"][0]["state"], "held")
        self.assertEqual(self.json("queue", "list", "--state", "held")[0]["id"], ident)
        self.assertEqual(self.json("queue", "list", "--to", "elsewhere"), [])
        self.assertEqual(self.json("queue", "list", "--older", "1h"), [])
        wait_until(lambda: self.json("queue", "lanes")["lanes"][0]["busy"] == 0)
        tries = self.sink.tries
        time.sleep(2.5)  # longer than every interval
        self.assertEqual(self.sink.tries, tries)
        self.barid("queue", "release", "--all")
        self.barid("queue", "retry", ident, code=None)  # refused while the release has it tried already
        wait_until(lambda: self.sink.tries > tries)
        shown = self.json("queue", "show", ident)
        self.assertIn("Subject: hi", shown["header"])
        self.assertIn("hold", [step["event"] for step in shown["trace"]])
        self.barid("queue", "hold", ident)
        wait_until(lambda: self.json("queue", "lanes")["lanes"][0]["busy"] == 0)
        self.barid("queue", "bounce", ident, "--reason", "wrong way")
        wait_until(lambda: self.inbox("anna"))
        self.assertIn("wrong way", self.inbox("anna")[0].decode())
        wait_until(lambda: not self.waiting())
        self.submit(["later@far.test"])
        ident = self.waiting()[0]["id"]
        self.barid("queue", "hold", ident)
        wait_until(lambda: self.json("queue", "lanes")["lanes"][0]["busy"] == 0)
        self.barid("queue", "remove", ident)
        self.assertEqual(self.waiting(), [])
        self.assertEqual(len(self.inbox("anna")), 1)
        self.barid("queue", "show", ident, code=1)
        self.barid("queue", "retry", code=2)
        self.barid("store", "check")

    def test_many_at_one_time(self):
        """More than are under way at once: each has its answer."""
        self.begin()
        with smtplib.SMTP("127.0.0.1", self.ports["submission"]) as smtp:
            smtp.starttls(context=self.context())
            smtp.login("anna@acme.test", self.PASSWORD)
            for number in range(150):
                smtp.sendmail("anna@acme.test", ["later@far.test"], f"From: anna@acme.test\r\nSubject: {number}\r\n\r\n")
        held = self.json("queue", "hold", "--all")
        self.assertEqual((len(held["done"]), held["failed"]), (150, []))
        wait_until(lambda: all(lane["busy"] == 0 for lane in self.json("queue", "lanes")["lanes"]))
        ids = held["done"][:20] + ["ffffffff"] + held["done"][20:40]
        some = json.loads(self.barid("--json", "queue", "remove", *ids, code=None))
        self.assertEqual((some["done"], [one["id"] for one in some["failed"]]), (held["done"][:40], ["ffffffff"]))
        gone = self.json("queue", "remove", "--all")
        self.assertEqual((gone["done"], gone["failed"]), (held["done"][40:], []))
        self.assertEqual(self.waiting(), [])
        self.barid("store", "check")

    def test_what_a_user_sends_is_made_whole(self):
        self.begin()
        self.submit(["x@far.test"], "From: anna@acme.test\r\nBcc: secret@far.test\r\nSubject: s\r\n\r\nb\r\n")
        wait_until(lambda: self.sink.mail)
        message = email.message_from_bytes(self.sink.mail[0][2])
        self.assertIsNone(message["Bcc"])
        self.assertTrue(message["Date"] and message["Message-ID"])
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.submit(["x@far.test"], "From: bert@acme.test\r\n\r\nb\r\n")
        self.assertEqual(refused.exception.smtp_code, 553)

    def test_a_user_may_send_so_much(self):
        self.begin("recipients_per_hour = 3\n")
        refused = self.submit([f"u{i}@far.test" for i in range(5)])
        self.assertEqual(sorted(refused), ["u3@far.test", "u4@far.test"])
        self.assertEqual(refused["u4@far.test"][0], 450)
        self.assertEqual(self.submit(["x@far.test"], "From: bert@acme.test\r\n\r\nb\r\n", "bert"), {})

    def test_groups_redirections_and_routes(self):
        self.begin()
        self.barid("group", "add", "all@acme.test", "--member", "anna@acme.test", "--member", "bert@acme.test",
                   "--member", "x@far.test")
        self.barid("account", "set", "bert@acme.test", "--redirect", "y@near.test", "--keep-copy", "yes")
        self.stranger(["all@acme.test", "abuse@acme.test"][:1])
        wait_until(lambda: len(self.sink.mail) == 2)
        self.assertEqual(sorted(m[1] for m in self.sink.mail), [("x@far.test",), ("y@near.test",)])
        self.assertEqual((len(self.inbox("anna")), len(self.inbox("bert"))), (1, 1))
        for relay in ("x@far.test", "x%far.test@acme.test", '"x@far.test"@acme.test'):
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                self.stranger([relay])
            self.assertEqual(refused.exception.recipients[relay][0], 550)
        told = self.json("route", "explain", "x@far.test", "--from", "anna@acme.test", "--authenticated")
        self.assertEqual((told["decision"], told["rule"]), ("relay", "smart host"))
        self.assertEqual(self.json("route", "explain", "x@far.test", "--from", "y@far.test")["status"], "5.7.1")
        self.assertEqual(self.json("route", "explain", "all@acme.test")["decision"], "expand")
        self.barid("domain", "set", "acme.test", "--delivery", "split", "--smart-host", "smtp://u:p@relay.test:587")
        self.assertEqual(self.json("route", "explain", "gone@acme.test")["decision"], "relay")
        told = self.json("route", "explain", "x@far.test", "--from", "anna@acme.test", "--authenticated")
        self.assertEqual(told["rule"], "domain smart host")
        self.assertNotIn(":p@", self.barid("--json", "domain", "show", "acme.test"))

    def test_a_mailbox_on_another_server_gets_its_mail_there(self):
        self.start(f'[mta]\n{self.SETTINGS}', self.listeners() +
                   f'[[node]]\nname = "b2"\nhost = "127.0.0.1"\nsmtp_port = {self.sink.port}\ntls = "none"\n'
                   'login = "password"\n')
        self.barid("account", "set", "bert@acme.test", "--node", "b2")
        self.stranger(["bert@acme.test", "anna@acme.test"])
        wait_until(lambda: self.sink.mail)
        self.assertEqual(self.sink.mail[0][:2], ("x@far.test", ("bert@acme.test",)))
        self.assertEqual(len(self.inbox("anna")), 1)
        self.assertEqual(self.json("route", "explain", "bert@acme.test")["rule"], "local")
        self.barid("account", "set", "bert@acme.test", "--node", "b9")
        with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
            self.stranger(["bert@acme.test"])
        self.assertEqual(refused.exception.recipients["bert@acme.test"][0], 451)

    def test_kill_9_keeps_what_waits(self):
        self.begin()
        self.submit(["later@far.test", "bert@acme.test"])
        before = self.waiting()[0]["id"]
        self.again()
        self.assertEqual(self.waiting()[0]["id"], before)
        del self.sink.answers["later"]
        self.barid("queue", "retry", "--all", code=None)
        wait_until(lambda: not self.waiting())
        self.assertEqual(sum("later@far.test" in m[1] for m in self.sink.mail), 1)
        self.assertEqual(len(self.inbox("bert")), 1)

    def test_trace_follows(self):
        self.begin()
        follower = subprocess.Popen([BARID, "--json", "--socket", str(self.root / "admin.sock"), "trace", "-f"],
                                    stdout=subprocess.PIPE, text=True)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        self.addCleanup(follower.stdout.close)
        steps = []

        def read():
            for line in follower.stdout:
                steps.append(json.loads(line))
        reader = threading.Thread(target=read, daemon=True)
        reader.start()

        def seen():
            self.submit(["bert@acme.test"])  # the follower may come late for the first
            return ("accept", "anna@acme.test") in [(step.get("event"), step.get("from")) for step in steps]
        wait_until(seen)
        follower.kill()
        reader.join(timeout=10)


if __name__ == "__main__":
    unittest.main()
