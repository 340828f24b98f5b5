"""What looks at mail before it is taken: rules, programs, clamd, rspamd, a milter, lists, greylisting, the quarantine."""
import email, imaplib, json, pathlib, smtplib, socketserver, struct, subprocess, sys, threading, time, types, unittest
from e2e.harness import SOURCE, free_ports, wait_until
from e2e.name_server import NameServer
from e2e.test_queue import QueueCase

sys.path.insert(0, str(SOURCE / "tests"))
from eas.device import Device  # noqa: E402
from eas.wbxml import element  # noqa: E402


class Fake:
    """A filter on a port of its own; `serve(connection)` has each connection."""

    def __init__(self, serve):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    serve(self.request)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def exactly(connection, count):
    out = b""
    while len(out) < count:
        piece = connection.recv(count - len(out))
        if not piece:
            raise OSError("gone")
        out += piece
    return out


def clamd(connection):
    assert exactly(connection, 10) == b"zINSTREAM\0"
    message = b""
    while size := struct.unpack(">I", exactly(connection, 4))[0]:
        message += exactly(connection, size)
    connection.sendall(b"stream: Eicar FOUND\0" if b"EICAR" in message else b"stream: OK\0")


def rspamd(connection):
    stream = connection.makefile("rb")
    fields = {}
    stream.readline()
    while (line := stream.readline().strip()):
        name, value = line.split(b": ", 1)
        fields[name.lower()] = value
    message = stream.read(int(fields[b"content-length"]))
    answer = {"action": "no action", "score": 1.5, "milter": {"add_headers": {"X-Spamd-Seen": fields[b"from"].decode()}}}
    if b"cheap pills" in message:
        answer = {"action": "add header", "score": 9.0}
    if b"worst spam" in message:
        answer = {"action": "reject", "score": 99.0, "messages": {"smtp_message": "Go away"}}
    body = json.dumps(answer).encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def milter(connection):
    """Takes the second recipient off, refuses the third, replaces body and Subject."""
    def say(command, data=b""):
        connection.sendall(struct.pack(">I", len(data) + 1) + command + data)
    while True:
        size = struct.unpack(">I", exactly(connection, 4))[0]
        packet = exactly(connection, size)
        command, data = packet[:1], packet[1:]
        if command == b"O":
            say(b"O", struct.pack(">III", 6, 0x1ff, 0))
        elif command == b"E":
            say(b"m", struct.pack(">I", 1) + b"Subject\0by a milter\0")
            say(b"b", b"another body\r\n")
            say(b"-", b"<bert@acme.test>\0")
            say(b"c")
        elif command == b"R" and data.startswith(b"<cleo@"):
            say(b"y", b"550 5.7.1 Not for cleo\0")
        elif command == b"Q":
            return
        elif command != b"D":
            say(b"c")


class Filters(QueueCase):
    def fake(self, serve):
        fake = Fake(serve)
        self.addCleanup(fake.stop)
        return fake

    def junk(self, user):
        return self.folder(user, "Junk")

    def folder(self, user, name):
        imap = imaplib.IMAP4("127.0.0.1", self.ports["imap"])
        imap.starttls(self.context())
        imap.login(f"{user}@acme.test", self.PASSWORD)
        imap.select(name)
        found = imap.search(None, "ALL")[1][0].split()
        out = [email.message_from_bytes(imap.fetch(number, "(BODY.PEEK[])")[1][0][1]) for number in found]
        imap.logout()
        return out

    def refused(self, text, to=("anna@acme.test",)):
        with self.assertRaises((smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)) as caught:
            self.stranger(list(to), text)
        error = caught.exception
        if isinstance(error, smtplib.SMTPDataError):
            return error.smtp_code, error.smtp_error.decode()
        code, words = list(error.recipients.values())[0]
        return code, words.decode()

    def test_rules(self):
        self.begin('''
[[rule]]
name = "programs"
match = "any"
if = ["attachment-name matches *.exe | *.scr", "attachment-type is application/x-msdownload"]
do = ["reject 550 5.7.1 No programs"]
[[rule]]
name = "loud"
if = ["header Subject contains SALE"]
do = ["tag-subject [AD]", "junk"]
[[rule]]
name = "lost"
if = ["header Subject is drop me"]
do = ["delete"]
[[rule]]
name = "elsewhere"
if = ["recipient is anna@acme.test", "header Subject contains for bert"]
do = ["redirect bert@acme.test", "add-header X-Redirected: yes"]
''')
        code, words = self.refused('From: x@far.test\r\nSubject: a\r\nContent-Type: application/octet-stream; name="A.EXE"\r\n\r\nMZ\r\n')
        self.assertEqual((code, words), (550, "5.7.1 No programs"))
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: big sale\r\n\r\nbuy\r\n")
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: drop me\r\n\r\n\r\n")
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: for bert\r\n\r\nhi\r\n")
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: plain\r\n\r\nhi\r\n")
        self.assertEqual([m["Subject"] for m in self.junk("anna")], ["[AD] big sale"])
        self.assertEqual([m["Subject"] for m in self.folder("anna", "INBOX")], ["plain"])
        [moved] = self.folder("bert", "INBOX")
        self.assertEqual((moved["Subject"], moved["X-Redirected"]), ("for bert", "yes"))
        steps = self.json("trace", "x@far.test")
        self.assertTrue(any("rule programs=reject" in step.get("why", "") for step in steps), steps)

    def test_what_phones_send(self):
        """ActiveSync's SendMail meets the same rules as a submission."""
        self.ports["http"], = free_ports(1)
        listeners = self.listeners()
        self.listeners = lambda: listeners + self.listener("http", "http", "none")
        self.begin('''
[[rule]]
name = "secrets"
if = ["account is anna@acme.test", "body contains top secret"]
do = ["reject 550 5.7.1 This does not leave"]
[[rule]]
name = "loud"
if = ["header Subject contains SALE"]
do = ["tag-subject [AD]", "add-header X-Loud: yes"]
[[rule]]
name = "odd"
if = ["header Subject contains odd"]
do = ["quarantine looks odd"]
''')
        phone = Device(types.SimpleNamespace(ports=self.ports, password=self.PASSWORD, passwords={}, user="anna@acme.test"))
        self.assertEqual(phone.folder_sync("0").text("Status"), "1")

        def send(number, subject, body):
            text = f"From: anna@acme.test\r\nTo: bert@acme.test\r\nSubject: {subject}\r\n\r\n{body}\r\n"
            return phone.raw("SendMail", element("ComposeMail:SendMail", ("ClientId", f"s{number}"), ("SaveInSentItems",),
                                                 ("Mime", text.encode())))

        refused = send(1, "a", "this is top secret")
        self.assertEqual(refused.text("Status"), "120")
        self.assertEqual((self.folder("bert", "INBOX"), self.folder("anna", "Sent")), ([], []))
        [step] = [s for s in self.json("trace", "bert@acme.test") if s["event"] == "refused"]
        self.assertIn("rule secrets=reject", step["why"])
        for number, subject in enumerate(("big sale", "something odd", "plain"), 2):
            self.assertEqual(send(number, subject, "hello").body, b"", subject)
        tagged, plain = sorted(self.folder("bert", "INBOX"), key=lambda message: message["Subject"])
        self.assertEqual((tagged["Subject"], tagged["X-Loud"]), ("[AD] big sale", "yes"))
        self.assertEqual((plain["Subject"], plain["X-Loud"]), ("plain", None))
        [held] = self.json("quarantine", "list")
        self.assertEqual((held["subject"], held["recipients"]), ("something odd", ["bert@acme.test"]))
        self.json("quarantine", "release", held["id"])
        self.assertEqual(len(self.folder("bert", "INBOX")), 3)

    def test_quarantine_shown_released_and_removed(self):
        self.begin('''
[[rule]]
name = "odd"
if = ["header Subject contains odd"]
do = ["quarantine looks odd"]
''')
        for number in range(3):
            self.stranger(["anna@acme.test", "bert@acme.test"], f"From: x@far.test\r\nSubject: odd {number}\r\n\r\nbody {number}\r\n")
        self.assertEqual(self.folder("anna", "INBOX"), [])
        held = self.json("quarantine", "list")
        self.assertEqual([m["subject"] for m in held], ["odd 2", "odd 1", "odd 0"])
        self.assertEqual(held[0]["reason"], "rule odd: looks odd")
        self.assertEqual(held[0]["recipients"], ["anna@acme.test", "bert@acme.test"])
        shown = self.json("quarantine", "show", held[2]["id"])
        self.assertEqual((shown["body"], shown["from"], shown["whole"]), ("body 0\r\n", "x@far.test", True))
        self.assertIn("Subject: odd 0\r\n", shown["header"])
        done = self.json("quarantine", "release", held[2]["id"])
        self.assertEqual(done, {"done": [held[2]["id"]], "failed": []})
        for user in ("anna", "bert"):
            [message] = self.folder(user, "INBOX")
            self.assertEqual(message["Subject"], "odd 0")
            self.assertIn("quarantine", message["Received"])
        steps = {step["event"]: step for step in self.json("trace", held[2]["queue_id"])}
        self.assertIn("discarded", steps)
        self.assertEqual([(s["filter"], s["outcome"]) for s in self.json("trace", held[2]["queue_id"])
                          if s["event"] == "filter"], [("rule odd", "matches"), ("rule odd", "quarantine")])
        again = {step["event"]: step for step in self.json("trace", steps["release"]["as"])}
        self.assertEqual(again["release"]["quarantine"], held[2]["id"])
        self.assertIn("delivered", again)
        self.json("quarantine", "release", held[1]["id"], "--to", "bert@acme.test")
        self.assertEqual(len(self.folder("bert", "INBOX")), 2)
        self.barid("quarantine", "remove", held[0]["id"])
        self.assertEqual(self.json("quarantine", "list"), [])
        self.barid("quarantine", "show", held[0]["id"], code=1)
        self.barid("quarantine", "release", held[0]["id"], code=1)

    def test_clamd_and_rspamd(self):
        virus, spam = self.fake(clamd), self.fake(rspamd)
        self.begin(f'''
[clamd]
address = "127.0.0.1:{virus.port}"
[rspamd]
url = "http://127.0.0.1:{spam.port}/checkv2"
''')
        self.assertEqual(self.refused("From: x@far.test\r\nSubject: a\r\n\r\nEICAR\r\n"),
                         (554, "5.7.1 Message contains a virus: Eicar"))
        self.assertEqual(self.refused("From: x@far.test\r\nSubject: a\r\n\r\nworst spam\r\n"), (554, "5.7.1 Go away"))
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: pills\r\n\r\ncheap pills\r\n")
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: large\r\n\r\n" + "all is well\r\n" * 100_000)
        [pills] = self.junk("anna")
        self.assertEqual((pills["Subject"], pills["X-Spam"]), ("pills", "Yes"))
        [fine] = self.folder("anna", "INBOX")
        self.assertEqual(fine["X-Spamd-Seen"], "<x@far.test>")
        self.assertEqual(len(fine.get_payload()), 13 * 100_000)
        # Viruses of our own users are found too; rspamd is not asked about them.
        with self.assertRaises(smtplib.SMTPDataError):
            self.submit(["bert@acme.test"], "From: anna@acme.test\r\nSubject: a\r\n\r\nEICAR\r\n")
        self.submit(["bert@acme.test"], "From: anna@acme.test\r\nSubject: a\r\n\r\nworst spam\r\n")
        virus.stop()
        code, words = self.refused("From: x@far.test\r\nSubject: a\r\n\r\nfine\r\n")
        self.assertEqual((code, words[:5]), (451, "4.7.1"))

    def test_milter(self):
        fake = self.fake(milter)
        self.begin(f'[[milter]]\nname = "m"\naddress = "127.0.0.1:{fake.port}"\n')
        self.barid("account", "add", "cleo@acme.test", "--password-stdin", input=self.PASSWORD + "\n")
        self.submit(["anna@acme.test", "bert@acme.test", "cleo@acme.test"], user="bert",
                    text="From: bert@acme.test\r\nSubject: mine\r\n\r\nmy body\r\n")
        # What bert is told is in the queue with the message, so that mailboxes get it from there.
        [message] = wait_until(lambda: self.folder("anna", "INBOX"))
        self.assertEqual((message["Subject"], message.get_payload()), ("by a milter", "another body\r\n"))
        self.assertEqual(self.folder("cleo", "INBOX"), [])
        [report] = wait_until(lambda: self.folder("bert", "INBOX"))  # what was sent to him was taken off
        self.assertEqual(report.get_content_type(), "multipart/report")
        self.assertIn("cleo@acme.test", report.as_string())
        self.assertIn("Not for cleo", report.as_string())
        [refused] = [step for step in self.json("trace", "cleo@acme.test") if step["event"] == "refused"]
        self.assertEqual((refused["to"], refused["why"]), ("cleo@acme.test", "Not for cleo"))

    def test_milter_refuses_and_a_rule_holds_back(self):
        """Whom the milter refused is told of, though nobody gets the message; trace leads from it to the report."""
        fake = self.fake(milter)
        self.begin(f'[[milter]]\nname = "m"\naddress = "127.0.0.1:{fake.port}"\n[[rule]]\nname = "held"\n'
                   'do = ["quarantine looked at"]\n')
        self.barid("account", "add", "cleo@acme.test", "--password-stdin", input=self.PASSWORD + "\n")
        self.submit(["anna@acme.test", "cleo@acme.test"], user="bert",
                    text="From: bert@acme.test\r\nSubject: mine\r\n\r\nmy secret body\r\n")
        [report] = wait_until(lambda: self.folder("bert", "INBOX"))
        self.assertIn("Not for cleo", report.as_string())
        self.assertIn("Subject: mine", report.as_string())
        self.assertNotIn("my secret body", report.as_string())
        [held] = self.json("quarantine", "list")
        self.assertEqual(held["recipients"], ["anna@acme.test"])
        for name in ("anna", "cleo"):
            self.assertEqual(self.folder(name, "INBOX"), [])
        [number] = {step["id"] for step in self.json("trace", "cleo@acme.test") if step["event"] == "discarded"}
        wait_until(lambda: "delivered" in {step["event"] for step in self.json("trace", number)})
        steps = [step for step in self.json("trace", number) if step["event"] in ("discarded", "refused", "tell", "report", "delivered")]
        self.assertEqual([step["event"] for step in steps][-1], "delivered", steps)
        self.assertEqual({step.get("about") for step in steps if step["event"] == "tell"}, {number})

    def test_milter_by_lmtp(self):
        """One answer for each recipient that was asked about, whatever the filter has made of them (RFC 2033)."""
        fake = self.fake(milter)
        self.begin(f'[[milter]]\nname = "m"\naddress = "127.0.0.1:{fake.port}"\n[[rule]]\nname = "copies"\n'
                   'if = ["sender is bert@acme.test"]\ndo = ["copy dora@acme.test"]\n')
        for name in ("cleo", "dora"):
            self.barid("account", "add", f"{name}@acme.test", "--password-stdin", input=self.PASSWORD + "\n")
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"]) as lmtp:
            lmtp.ehlo()
            lmtp.mail("bert@acme.test")
            for name in ("bert", "anna"):
                self.assertEqual(lmtp.rcpt(f"{name}@acme.test")[0], 250)
            lmtp.docmd("DATA")
            lmtp.send(b"From: bert@acme.test\r\nSubject: mine\r\n\r\nmy body\r\n.\r\n")
            self.assertEqual([lmtp.getreply()[0] for _ in range(2)], [250, 250])
            self.assertEqual(lmtp.noop()[0], 250, "no answer too many, none too few")
        self.assertEqual([len(self.folder(name, "INBOX")) for name in ("anna", "bert", "dora")], [1, 0, 1])
        steps = [(s["filter"], s["outcome"], s.get("detail", "")) for s in self.json("trace", "dora@acme.test")
                 if s["event"] == "filter"]
        self.assertIn(("milter m", "changed", "no more to bert@acme.test"), steps)
        self.assertIn(("rule copies", "copy", "dora@acme.test"), steps)

    def test_libmilter(self):
        python = "/usr/bin/python3"  # Debian's, which has Debian's modules
        if subprocess.run([python, "-c", "import Milter"], capture_output=True).returncode:
            self.skipTest("python3-milter is not installed")
        path = self.root / "milter.sock"
        process = subprocess.Popen([python, str(pathlib.Path(__file__).with_name("libmilter_filter.py")), f"unix:{path}"])

        def end():
            process.terminate()
            process.wait()
        self.addCleanup(end)
        wait_until(path.exists)
        self.begin(f'[[milter]]\nname = "lib"\naddress = "unix:{path}"\n')
        text = "From: x@far.test\r\nSubject: before\r\nX-Old: gone\r\n\r\n" + "0123456789\r\n" * 20_000
        self.stranger(["anna@acme.test", "bert@acme.test"], text)
        [message] = self.folder("anna", "INBOX")
        self.assertEqual(len(self.folder("bert", "INBOX")), 1)
        self.assertEqual(message["Subject"], "through libmilter")
        self.assertEqual(message["Return-Path"], "<changed@far.test>")
        self.assertIsNone(message["X-Old"])
        self.assertEqual(message["X-First"], "first")
        heard = " ".join(message["X-Heard"].split())
        for part in ("connect 127.0.0.1 mail.acme.test", "from <x@far.test>", "to <anna@acme.test> anna@acme.test",
                     "to <bert@acme.test> bert@acme.test", "Subject=before", "X-Old=gone", "body 240000"):
            self.assertIn(part, heard)
        self.assertEqual(message.get_payload(), "0123456789\r\n" * 20_000)

    def test_programs(self):
        program = self.root / "look"
        copy = self.root / "copy"
        program.write_text(f"#!/bin/sh\ncat > {copy}\ngrep -q forbidden {copy} && {{ echo Not that word; exit 77; }}\nexit 0\n")
        program.chmod(0o755)
        self.begin(f'[pickup]\nprogram = ["{program}"]\n')
        self.assertEqual(self.refused("From: x@far.test\r\nSubject: a\r\n\r\nforbidden\r\n"), (550, "5.7.1 Not that word"))
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: $(touch /tmp/rel_pwned)\r\n\r\nfine\r\n")
        self.assertIn(b"fine", copy.read_bytes())
        self.assertFalse(pathlib.Path("/tmp/rel_pwned").exists())

    def test_greylist_blacklist_and_rates(self):
        dns = NameServer({"far.test": {"A": ["192.0.2.1"]}})
        self.addCleanup(dns.close)
        self.begin(f'''check_loopback = true
[dns]
servers = ["127.0.0.1@{dns.port}"]
[directory]
postmaster = "anna@acme.test"
[greylist]
enabled = true
delay = "1s"
[rate]
sender = "4/1h"
[[blacklist]]
senders = [".rival.test"]
domains = ["acme.test"]
''')
        text = "From: x@far.test\r\nSubject: a\r\n\r\nhi\r\n"
        self.assertEqual(self.refused(text), (451, "4.7.1 Greylisted: please try again in a few minutes"))
        self.assertEqual(self.refused(text)[0], 451)

        def again():
            try:
                self.stranger(["anna@acme.test"], text)
                return True
            except smtplib.SMTPException as error:
                self.assertIn("45", str(error))
                return False
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            smtp.ehlo()
            smtp.mail("<y@sub.rival.test>")
            self.assertEqual(smtp.rcpt("<anna@acme.test>")[0], 550)
            self.assertEqual(smtp.rcpt("<postmaster@acme.test>")[0] // 100, 2)
            smtp.rset()
        time.sleep(1.2)
        self.assertTrue(again())
        # The sender's rate: four tries are gone.
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            smtp.ehlo()
            codes = [smtp.mail("<x@far.test>")[0]]
            smtp.rset()
            codes.append(smtp.mail("<x@far.test>")[0])
        self.assertEqual(codes, [250, 450])
        # Our own users are not put off.
        self.submit(["bert@acme.test"])

    def test_bad_settings_are_told(self):
        path = self.write('''
[clamd]
address = "nowhere"
[rate]
client = "many"
[[dnsbl]]
zone = "bl.test"
codes = ["1.2.3.4"]
[[rule]]
name = "x"
if = ["subject is y", "size over 3"]
do = ["dance"]
''', self.listeners())
        said = self.barid("config", "check", path, code=3)
        for text in ("'clamd.address': not an address: nowhere", "'rate.client': not a number in a time",
                     "'dnsbl[0].codes': no addresses in 127.0.0.0/8: 1.2.3.4",
                     "'rule[0].if': \"subject is y\": unknown: 'subject'", "'rule[0].do': \"dance\": no such action: 'dance'"):
            self.assertIn(text, said)


if __name__ == "__main__":
    unittest.main()
