"""Who a message is from, over a real server and a name server of our own: SPF, DKIM, DMARC, Authentication-Results, what
policies do with it, signatures of what users send, return addresses of what is sent on, and `barid dns`."""
import email, http.client, json, re, smtplib, unittest
from e2e.harness import free_ports, wait_until
from e2e.name_server import NameServer
from e2e.sink import Sink
from e2e.test_mailauth import program
from e2e.test_queue import QueueCase

TEXT = "From: {sender}\r\nTo: anna@acme.test\r\nSubject: {subject}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n{more}\r\nbody\r\n"


class SendersCase(QueueCase):
    ZONE = {
        "good.test": {"TXT": ["v=spf1 ip4:127.0.0.1 -all"], "MX": ["10 mx.good.test"]},
        "mx.good.test": {"A": ["127.0.0.1"]},
        "_dmarc.good.test": {"TXT": ["v=DMARC1; p=reject"]},
        "strict.test": {"TXT": ["v=spf1 -all"]},
        "_dmarc.strict.test": {"TXT": ["v=DMARC1; p=reject"]},
        "doubtful.test": {"TXT": ["v=spf1 -all"]},
        "_dmarc.doubtful.test": {"TXT": ["v=DMARC1; p=quarantine"]},
        "mute.test": {"FAULT": ["TIMEOUT"]},
        "_dmarc.mute.test": {"FAULT": ["TIMEOUT"]},
        "far.test": {"MX": ["10 mx.far.test"]},
        "mx.far.test": {"A": ["127.0.0.1"]},
    }

    def setUp(self):
        super().setUp()
        self.dns = NameServer(dict(self.ZONE))
        self.addCleanup(self.dns.close)

    def begin(self, more="", listeners=""):
        self.start(f'[dns]\nservers = ["127.0.0.1@{self.dns.port}"]\nanswer_max = "500ms"\n'
                   f'[mta]\ncheck_loopback = true\nmx_port = {self.sink.port}\ndane = false\nmta_sts = false\n'
                   f'{self.SETTINGS}{more}', self.listeners() + listeners)

    def from_outside(self, sender, subject="s", more="", header_from=None, to=("anna@acme.test",)):
        text = TEXT.format(sender=header_from or sender, subject=subject, more=more)
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], local_hostname="client.test") as smtp:
            return smtp.sendmail(sender, to, text)

    def results(self, user="anna"):
        message = email.message_from_bytes(self.inbox(user)[-1])
        return [" ".join(one.split()) for one in message.get_all("Authentication-Results", [])]

    def refused(self, *arguments, **more):
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.from_outside(*arguments, **more)
        return refused.exception.smtp_code, refused.exception.smtp_error.decode()


class Checked(SendersCase):
    def test_good_mail_says_so_and_forged_results_go(self):
        self.begin()
        forged = ("Authentication-Results: mail.acme.test; dkim=pass header.d=bank.test\r\n"
                  "Authentication-Results: MAIL.acme.test (x) ; spf=pass\r\n"
                  "Authentication-Results: other.test; spf=pass\r\n")
        self.from_outside("a@good.test", more=forged)
        found = self.results()
        self.assertEqual(len(found), 2, found)
        self.assertTrue(found[0].startswith("mail.acme.test;"))
        for word in ("spf=pass", "smtp.mailfrom=a@good.test", "dkim=none", "dmarc=pass", "header.from=good.test"):
            self.assertIn(word, found[0])
        self.assertEqual(found[1], "other.test; spf=pass")
        octets = self.inbox("anna")[-1]
        self.assertLess(octets.index(b"Received:"), octets.index(b"Authentication-Results: mail.acme.test"))

    def test_policies_are_obeyed(self):
        self.begin()
        code, words = self.refused("a@strict.test")
        self.assertEqual(code, 550)
        self.assertIn("5.7.26", words)
        self.assertIn("strict.test", words)
        # The envelope passes SPF, but speaks for another domain than From.
        self.assertEqual(self.refused("a@good.test", header_from="a@strict.test")[0], 550)
        self.assertEqual(self.inbox("anna"), [])
        self.from_outside("a@doubtful.test")
        self.assertEqual(self.inbox("anna"), [])
        self.assertEqual(len(self.inbox("anna", "Junk")), 1)
        steps = json.loads(self.barid("--json", "trace", "a@strict.test"))
        self.assertIn("dmarc=fail", json.dumps(steps))

    def test_policies_may_be_softened(self):
        self.begin('dmarc = "note"\n')
        self.from_outside("a@strict.test")
        self.assertIn("dmarc=fail", self.results()[0])
        self.assertIn("spf=fail", self.results()[0])

    def test_name_servers_that_do_not_answer_prove_nothing(self):
        self.begin()
        self.from_outside("a@mute.test")
        self.assertIn("spf=temperror", self.results()[0])
        self.assertIn("dmarc=temperror", self.results()[0])

    def test_one_of_us_must_log_in(self):
        self.begin()
        code, words = self.refused("bert@acme.test")
        self.assertEqual((code, words.split()[0]), (550, "5.7.1"))
        self.submit(["anna@acme.test"], "From: bert@acme.test\r\n\r\nb\r\n", "bert")
        self.assertEqual(len(self.inbox("anna")), 1)
        self.assertEqual(self.results(), [])

    def answers_to(self, sender):
        """Of each message of his, why it got no out-of-office answer; empty: it got one."""
        steps = json.loads(self.barid("--json", "trace", sender))
        return [step.get("why", "") for step in steps if step["event"] in ("answered", "not answered")]

    def test_out_of_office_answers_go_to_nobody_whose_domain_denies_the_mail(self):
        self.begin('dmarc = "note"\n')
        self.barid("oof", "set", "anna@acme.test", "--text", "Away")
        for sender in ("a@strict.test", "a@good.test", "a@far.test"):
            self.from_outside(sender)
        self.assertEqual(self.answers_to("a@strict.test"), ["its sender's domain denies it"])
        self.assertEqual(self.answers_to("a@good.test"), [""])
        self.assertEqual(self.answers_to("a@far.test"), [""])  # it says nothing of itself: once

    def test_out_of_office_answers_may_ask_for_proof(self):
        self.begin("answer_unproven = false\n")
        self.barid("oof", "set", "anna@acme.test", "--text", "Away")
        for sender in ("a@good.test", "a@far.test"):
            self.from_outside(sender)
        self.assertEqual(self.answers_to("a@good.test"), [""])
        self.assertEqual(self.answers_to("a@far.test"), ["nothing proves its sender"])

    def test_a_signature_speaks_where_spf_does_not(self):
        self.begin()
        line = program("mailauth-sign", "--generate", "ed25519", "--domain", "strict.test", "--key",
                       f"one={self.root / 'key'}").decode()
        self.dns.zone["one._domainkey.strict.test"] = {"TXT": ["".join(line.split('"')[1::2])]}
        text = TEXT.format(sender="a@strict.test", subject="signed", more="").encode()
        (self.root / "message").write_bytes(text)
        signed = program("mailauth-sign", "--domain", "strict.test", "--key", f"one={self.root / 'key'}",
                         self.root / "message")
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            smtp.sendmail("a@strict.test", ["anna@acme.test"], signed)
        self.assertIn("dkim=pass", self.results()[0])
        self.assertIn("dmarc=pass", self.results()[0])
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            with self.assertRaises(smtplib.SMTPDataError):
                smtp.sendmail("a@strict.test", ["anna@acme.test"], signed.replace(b"body", b"b0dy"))


class Proving(SendersCase):
    def test_what_users_send_is_signed(self):
        self.begin()
        made = json.loads(self.barid("--json", "dkim", "key", "add", "acme.test", "--selector", "s1"))
        self.assertFalse(made["active"])
        edwards = json.loads(self.barid("--json", "dkim", "key", "add", "acme.test", "--selector", "s2",
                                        "--algorithm", "ed25519"))
        for key in made, edwards:
            self.dns.zone[key["name"]] = {"TXT": [key["record"]]}
        self.submit(["x@far.test"])
        wait_until(lambda: self.sink.mail)
        self.assertNotIn(b"DKIM-Signature", self.sink.mail[0][2])
        self.barid("dkim", "key", "activate", "acme.test", "s1")
        self.barid("dkim", "key", "activate", "acme.test", "s2")
        self.submit(["x@far.test"], "From: anna@acme.test\r\nBcc: secret@far.test\r\nSubject: hi\r\n\r\nbody \r\n\r\n\r\n")
        wait_until(lambda: len(self.sink.mail) == 2)
        octets = self.sink.mail[1][2]
        self.assertNotIn(b"secret@far.test", octets)
        (self.root / "sent").write_bytes(octets)
        verdicts = program("mailauth-dkim", "--dns", self.dns.address, self.root / "sent").decode().splitlines()
        self.assertTrue(verdicts[0].startswith("pass"), verdicts)
        self.assertEqual(octets.count(b"DKIM-Signature:"), 2)
        (self.root / "sent").write_bytes(octets.replace(b"Message-ID: <", b"Message-ID: <x"))
        changed = program("mailauth-dkim", "--dns", self.dns.address, self.root / "sent", check=False).decode()
        self.assertFalse(changed.startswith("pass"), changed)
        self.barid("dkim", "key", "deactivate", "acme.test", "s1")
        self.barid("dkim", "key", "remove", "acme.test", "s2")
        self.assertEqual([(k["selector"], k["active"]) for k in json.loads(self.barid("--json", "dkim", "key", "list"))],
                         [("s1", False)])
        self.barid("dkim", "key", "add", "acme.test", "--selector", "s1", code=1)
        self.barid("dkim", "key", "add", "elsewhere.test", code=1)

    def test_without_the_sealing_key_mail_waits(self):
        """It leaves neither unsigned nor by another host than its domain's own; with the key all goes on."""
        self.begin()
        self.barid("domain", "set", "acme.test", "--smart-host",
                   f"smtp://me:secret@[127.0.0.1]:{self.sink.port}?tls=never")
        self.submit(["later@far.test"])
        wait_until(lambda: self.waiting() and self.waiting()[0]["recipients"][0]["attempts"])
        self.barid("domain", "set", "acme.test", "--smart-host-authenticated-only", "yes")
        self.barid("dkim", "key", "add", "acme.test", "--selector", "s1", "--active")
        key = self.root / "data" / "sealing.key"
        key.rename(self.root / "away")
        self.again()
        self.assertIn("the sealing key is missing or another one", self.log_text())
        self.assertIn("the sealing key is missing", self.barid("status"))
        told = self.json("route", "explain", "x@far.test", "--from", "anna@acme.test", "--authenticated")
        self.assertEqual((told["rule"], told["code"], told["status"]), ("domain smart host", 451, "4.3.5"))
        with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
            self.submit(["x@far.test"])
        self.assertEqual(refused.exception.recipients["x@far.test"][0], 451)
        self.barid("queue", "retry", "--all")
        wait_until(lambda: [step for step in self.json("trace", "later@far.test") if "sealed" in step.get("words", "")])
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.submit(["bert@acme.test"])  # no smart host in between: it is the signature that is missing
        self.assertEqual((refused.exception.smtp_code, refused.exception.smtp_error[:5]), (451, b"4.3.5"))
        self.barid("dkim", "key", "add", "acme.test", "--selector", "s2", code=1)
        self.assertFalse(key.exists(), "no other key is made")
        (self.root / "away").rename(key)
        self.again()
        self.submit(["bert@acme.test"])
        self.assertIn(b"DKIM-Signature", self.inbox("bert")[0])

    def test_what_is_sent_on_has_a_return_address_of_ours(self):
        self.begin()
        self.barid("account", "set", "bert@acme.test", "--redirect", "y@far.test", "--keep-copy", "yes")
        self.from_outside("a@good.test", to=["bert@acme.test"])
        wait_until(lambda: self.sink.mail)
        sender, recipients, _ = self.sink.mail[0]
        self.assertEqual(recipients, ("y@far.test",))
        self.assertRegex(sender, r"^SRS0=[^=]+=[^=]+=good\.test=a@mail\.acme\.test$")
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            smtp.sendmail("", [sender], "From: daemon@far.test\r\nSubject: returned\r\n\r\nx\r\n")
        wait_until(lambda: len(self.sink.mail) == 2)
        self.assertEqual(self.sink.mail[1][:2], ("", ("a@good.test",)))
        forged = sender.replace("=a@", "=b@")
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                smtp.sendmail("", [forged], "From: daemon@far.test\r\n\r\nx\r\n")
        self.assertEqual(refused.exception.recipients[forged][0], 550)
        # The hash holds over a restart.
        self.again()
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            smtp.sendmail("", [sender], "From: daemon@far.test\r\nSubject: again\r\n\r\nx\r\n")

    def test_the_policy_of_our_domains_is_served(self):
        self.ports["https"], = free_ports(1)
        self.begin('sts_policy = "enforce"\n', self.listener("https", "http", "implicit"))

        def ask(host):
            connection = http.client.HTTPSConnection("127.0.0.1", self.ports["https"], context=self.context(), timeout=20)
            connection.request("GET", "/.well-known/mta-sts.txt", headers={"Host": host})
            answer = connection.getresponse()
            found = answer.status, answer.getheader("Content-Type"), answer.read()
            connection.close()
            return found
        status, kind, text = ask("mta-sts.acme.test")
        self.assertEqual((status, kind), (200, "text/plain"))
        self.assertEqual(text, b"version: STSv1\r\nmode: enforce\r\nmx: mail.acme.test\r\nmax_age: 604800\r\n")
        self.assertEqual([ask(host)[0] for host in ("mta-sts.far.test", "acme.test")], [404, 404])
        self.assertRegex(self.barid("dns", "acme.test"), r'_mta-sts\.acme\.test\. IN TXT "v=STSv1; id=[0-9a-f]{8}"')

    def test_dns_is_told_and_looked_at(self):
        self.begin()
        key = json.loads(self.barid("--json", "dkim", "key", "add", "acme.test", "--selector", "s1", "--active"))
        told = self.barid("dns", "acme.test")
        for line in ("acme.test. IN MX 10 mail.acme.test.", 'acme.test. IN TXT "v=spf1 mx ~all"',
                     "s1._domainkey.acme.test. IN TXT", "_dmarc.acme.test. IN TXT",
                     "_submission._tcp.acme.test. IN SRV"):
            self.assertIn(line, told)
        text = re.search(r"^s1\._domainkey.*", told, re.M)[0]
        self.assertEqual("".join(re.findall('"([^"]*)"', text)), key["record"])
        self.assertTrue(all(len(one) <= 255 for one in re.findall('"([^"]*)"', text)))
        self.assertIn("PROBLEM acme.test MX", self.barid("dns", "acme.test", "--check", code=3))
        self.dns.zone.update({"acme.test": {"MX": ["5 mail.acme.test"], "TXT": ["v=spf1 mx -all", "other=1"]},
                              "s1._domainkey.acme.test": {"TXT": [key["record"]]},
                              "_dmarc.acme.test": {"TXT": ["v=DMARC1; p=none"]}})
        self.again()  # forgets what the name server has not had
        self.barid("dns", "acme.test", "--check")
        states = {(row["name"], row["type"]): row["state"]
                  for row in json.loads(self.barid("--json", "dns", "acme.test", "--check"))["records"]}
        self.assertEqual(states["acme.test", "MX"], "good")
        self.assertEqual(states["s1._domainkey.acme.test", "TXT"], "good")
        self.assertEqual(states["_smtp._tls.acme.test", "TXT"], "missing")


if __name__ == "__main__":
    unittest.main()
