"""Behaviours of docs/mta-behaviours.md that nothing else proves; and that each proof which is named there is there."""
import email, pathlib, re, smtplib, unittest
from e2e.harness import SOURCE, wait_until
from e2e.test_queue import QueueCase

PAGE = SOURCE / "docs" / "mta-behaviours.md"


class Proofs(unittest.TestCase):
    def test_each_is_there(self):
        units = "\n".join(path.read_text() for place in ("tests/unit", "subprojects/mailauth/tests")
                          for path in (SOURCE / place).rglob("*.cpp"))
        known = {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", units, re.M)}
        rows = [line.split("|")[2] for line in PAGE.read_text().splitlines() if line.startswith("| ")][0:]
        proofs = [proof.strip() for row in rows for proof in row.split(",")]
        proofs = [proof for proof in proofs if proof != "proven by" and not proof.startswith("(")]
        self.assertGreater(len(proofs), 100)
        for proof in proofs:
            with self.subTest(proof):
                if proof.startswith("transcripts/"):
                    self.assertTrue((SOURCE / "tests/protocol/smtp" / proof).exists())
                elif ":" in proof:
                    file, name = proof.split(":")
                    place = next(p for p in (SOURCE / "tests/e2e", SOURCE / "tests/crash") if (p / f"{file}.py").exists())
                    self.assertRegex((place / f"{file}.py").read_text(), rf'def {name}\(|row\("{name}"|\("{name}",')
                else:
                    self.assertIn(proof, known)


class Behaviours(QueueCase):
    def answer(self, recipient, sender="x@far.test"):
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            smtp.ehlo()
            smtp.mail(sender)
            code, words = smtp.rcpt(recipient)
            return code, words.decode()

    def test_what_is_disabled_takes_no_mail(self):
        self.begin()
        self.barid("group", "add", "all@acme.test", "--member", "anna@acme.test")
        self.assertEqual(self.answer("all@acme.test")[0], 250)
        self.barid("account", "set", "bert@acme.test", "--enabled", "no")
        self.barid("group", "set", "all@acme.test", "--enabled", "no")
        for address in ("bert@acme.test", "all@acme.test"):
            code, words = self.answer(address)
            self.assertEqual((code, words[:2]), (550, "5."), (address, words))
        self.assertEqual(self.answer("anna@acme.test")[0], 250)
        self.barid("domain", "set", "acme.test", "--enabled", "no")
        self.assertEqual(self.answer("anna@acme.test")[0], 550)

    def test_a_catch_all_gets_one_copy(self):
        self.begin()
        self.barid("domain", "set", "acme.test", "--catch-all", "bert@acme.test")
        self.stranger(["one@acme.test", "two@acme.test", "three@acme.test"])
        message, = self.inbox("bert")
        names = email.message_from_bytes(message).get_all("Delivered-To")
        self.assertEqual(sorted(names), ["one@acme.test", "three@acme.test", "two@acme.test"])

    def test_a_report_that_fails_is_told_to_nobody(self):
        self.begin()
        with smtplib.SMTP("127.0.0.1", self.ports["submission"]) as smtp:
            smtp.starttls(context=self.context())
            smtp.login("anna@acme.test", self.PASSWORD)
            smtp.sendmail("", ["never@far.test"], "From: anna@acme.test\r\nSubject: read\r\n\r\nx\r\n")
        steps = wait_until(lambda: [s for s in self.json("trace", "never@far.test") if s["event"] == "done"] and
                           self.json("trace", "never@far.test"))
        self.assertIn("unreported", [step["event"] for step in steps])
        self.assertEqual(self.inbox("anna"), [])
        self.assertEqual(self.waiting(), [])

    def wishes(self, tls):
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            if tls:
                smtp.starttls(context=self.context())
            smtp.ehlo()
            offered = {name for name in ("deliverby", "mt-priority", "futurerelease", "requiretls") if smtp.has_extn(name)}
            codes = []
            for wish in ("BY=60;R", "MT-PRIORITY=3", "HOLDFOR=60", "REQUIRETLS"):
                codes.append(smtp.docmd(f"MAIL FROM:<x@far.test> {wish}")[0])
                smtp.rset()
            return offered, codes

    def test_wishes_on_port_25(self):
        """RFC 8689 under TLS for whomever; RFC 2852, RFC 6710 for hosts of ours alone; RFC 4865 for users alone."""
        more = self.listener("smtp", "smtp", "starttls")
        for trusted in (True, False):
            with self.subTest(trusted=trusted):
                if trusted:
                    self.start(f"[mta]\n{self.SETTINGS}", self.listener("imap", "imap", "starttls") + more)
                else:
                    self.end()
                    self.config = self.write(f"[mta]\ncheck_loopback = true\n{self.SETTINGS}",
                                             self.listener("imap", "imap", "starttls") + more)
                    self.run_server()
                known = {"deliverby", "mt-priority"} if trusted else set()
                yes = 250 if trusted else 555
                self.assertEqual(self.wishes(False), (known, [yes, yes, 555, 530]))
                self.assertEqual(self.wishes(True), (known | {"requiretls"}, [yes, yes, 555, 250]))


if __name__ == "__main__":
    unittest.main()
