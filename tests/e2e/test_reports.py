"""Reports between domains over a real server: what we found out about others' mail is counted over restarts and told once
(RFC 9990, RFC 8460), what others tell us is read; ARC seals of what is sent on; signatures of what had to be converted."""
import email, gzip, io, json, smtplib, subprocess, time, unittest, xml.etree.ElementTree as xml, zipfile
from email.message import EmailMessage
from e2e.harness import wait_until
from e2e.test_mailauth import DEBIAN_PYTHON, NODE, PEER, install_mailauth, program
from e2e.test_senders import SendersCase

SPACE = "{urn:ietf:params:xml:ns:dmarc-2.0}"
REPORT = """<?xml version="1.0"?><feedback><report_metadata><org_name>{org}</org_name><email>r@peer.test</email>
<report_id>{id}</report_id><date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata>
<policy_published><domain>{domain}</domain><p>none</p></policy_published>{records}</feedback>"""
RECORD = """<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>{fate}</disposition>
<dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row><identifiers><header_from>acme.test</header_from></identifiers>
<auth_results></auth_results></record>"""


class ReportsCase(SendersCase):
    ZONE = {**SendersCase.ZONE,
            "_dmarc.good.test": {"TXT": ["v=DMARC1; p=reject; rua=mailto:dmarc@good.test,mailto:x@far.test"]},
            "_dmarc.strict.test": {"TXT": ["v=DMARC1; p=reject; rua=mailto:r@far.test!5m,mailto:r@allowed.test"]},
            "strict.test._report._dmarc.allowed.test": {"TXT": ["v=DMARC1;"]},
            "allowed.test": {"MX": ["10 mx.far.test"]},
            "_smtp._tls.far.test": {"TXT": ["v=TLSRPTv1; rua=mailto:tls@good.test"]}}

    def told(self, address):
        return [octets for _, recipients, octets in self.sink.mail if address in recipients]

    def crash(self):
        """What was seen is written each second; then the process is gone at once."""
        time.sleep(1.6)
        self.again()

    def send_reports(self):
        return self.json("report", "send")


def attachment(octets):
    return next(part for part in email.message_from_bytes(octets).walk() if part.get_filename())


class Told(ReportsCase):
    def test_dmarc_counts_outlive_a_crash_and_are_told_once(self):
        self.begin('report_contact = "dmarc@acme.test"\nreport_organization = "Acme"\n')
        for _ in range(2):
            self.from_outside("a@good.test")
        self.refused("a@strict.test")
        self.crash()
        self.from_outside("a@good.test")
        sent = self.send_reports()
        self.assertEqual((sent["dmarc"], sent["waiting"]), (2, 0), sent)
        wait_until(lambda: self.told("dmarc@good.test") and self.told("r@allowed.test"))
        octets, = self.told("dmarc@good.test")
        message = email.message_from_bytes(octets)
        self.assertRegex(message["Subject"], r"^Report Domain: good\.test\s+Submitter: mail\.acme\.test\s+Report-ID:\s+<\S+>$")
        self.assertEqual(message.get_content_type(), "multipart/mixed")
        self.assertIn("dmarc@acme.test", message["From"])
        part = attachment(octets)
        self.assertEqual(part.get_content_type(), "application/gzip")
        self.assertRegex(part.get_filename(), r"^mail\.acme\.test!good\.test!\d+!\d+!\S+\.xml\.gz$")
        tree = xml.fromstring(gzip.decompress(part.get_payload(decode=True)))
        self.assertEqual(tree.findtext(f"{SPACE}report_metadata/{SPACE}org_name"), "Acme")
        self.assertEqual(tree.findtext(f"{SPACE}policy_published/{SPACE}p"), "reject")
        record, = tree.findall(f"{SPACE}record")
        row = record.find(f"{SPACE}row")
        self.assertEqual([row.findtext(SPACE + name) for name in ("source_ip", "count")], ["127.0.0.1", "3"])
        self.assertEqual([row.findtext(f"{SPACE}policy_evaluated/{SPACE}{name}") for name in ("disposition", "dkim", "spf")],
                         ["pass", "fail", "pass"])
        strict, = self.told("r@allowed.test")
        tree = xml.fromstring(gzip.decompress(attachment(strict).get_payload(decode=True)))
        self.assertEqual(tree.findtext(f"{SPACE}record/{SPACE}row/{SPACE}policy_evaluated/{SPACE}disposition"), "reject")
        # Whoever does not say that he wants reports about others gets none.
        self.assertEqual(self.told("x@far.test") + self.told("r@far.test"), [])
        self.again()
        self.assertEqual(self.send_reports()["dmarc"], 0)
        self.assertEqual(len(self.told("dmarc@good.test")), 1)

    def test_tls_counts_too(self):
        self.begin("dmarc_reports = false\n")
        self.submit(["y@far.test"])
        wait_until(lambda: self.told("y@far.test"))
        self.crash()
        self.assertEqual(self.send_reports()["tls"], 1)
        wait_until(lambda: self.told("tls@good.test"))
        message = email.message_from_bytes(self.told("tls@good.test")[0])
        self.assertEqual(message["TLS-Report-Domain"], "far.test")
        report = json.loads(gzip.decompress(attachment(self.told("tls@good.test")[0]).get_payload(decode=True)))
        self.assertEqual(report["policies"][0]["summary"]["total-failure-session-count"], 1)
        self.assertEqual(report["policies"][0]["failure-details"][0]["result-type"], "starttls-not-supported")


class Read(ReportsCase):
    def bring(self, octets, kind, name, to="reports@acme.test"):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "r@good.test", to, "Report Domain: acme.test"
        message.set_content("see below")
        main, sub = kind.split("/")
        message.add_attachment(octets, maintype=main, subtype=sub, filename=name)
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as smtp:
            smtp.send_message(message, "r@good.test", [to])

    def report(self, ident, rows, domain="acme.test", org="peer.test"):
        now = int(time.time())
        records = "".join(RECORD.format(ip=ip, count=count, fate=fate, dkim=dkim, spf=spf)
                          for ip, count, fate, dkim, spf in rows)
        return REPORT.format(org=org, id=ident, begin=now - 86400, end=now - 1, domain=domain, records=records).encode()

    def test_reports_of_others(self):
        self.begin('report_addresses = ["Reports@acme.test", "anna@acme.test"]\n')
        one = self.report("1", [("192.0.2.1", 5, "none", "pass", "pass"), ("203.0.113.9", 2, "reject", "fail", "fail")])
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("r.xml", self.report("2", [("192.0.2.1", 7, "none", "pass", "fail")], org="other.test"))
        self.bring(gzip.compress(one), "application/gzip", "r.xml.gz")
        self.bring(gzip.compress(one), "application/gzip", "r.xml.gz")  # the same again
        self.bring(packed.getvalue(), "application/zip", "r.zip", "anna@acme.test")
        self.bring(self.report("3", [("192.0.2.7", 1, "none", "pass", "pass")], "mail.acme.test"), "text/xml", "r.xml")
        for bad in (self.report("4", [], "stranger.test"), b"<feedback><record>", b"\x1f\x8b\x08\0broken",
                    gzip.compress(b"<feedback>" + b" " * (40 << 20)), gzip.compress(b"<feedback>" * 100_000)):
            self.bring(bad, "application/gzip", "r.gz")
        tls = {"organization-name": "peer.test", "report-id": "t1", "contact-info": "r@peer.test",
               "date-range": {"start-datetime": "2026-11-21T00:00:00Z", "end-datetime":
                              time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())},
               "policies": [{"policy": {"policy-type": "sts", "policy-domain": "acme.test"},
                             "summary": {"total-successful-session-count": 9, "total-failure-session-count": 2},
                             "failure-details": [{"result-type": "certificate-expired", "failed-session-count": 2,
                                                  "receiving-mx-hostname": "mail.acme.test"}]}]}
        self.bring(gzip.compress(json.dumps(tls).encode()), "application/tlsrpt+gzip", "t.json.gz")
        wait_until(lambda: len(self.json("dmarc", "report", "list")) == 3 and self.json("tls", "report", "list"), 20)
        wait_until(lambda: not self.waiting())
        self.assertEqual(len(self.json("dmarc", "report", "list")), 3)
        for words in ("1 reports kept", "1 known before", "none of ours", "a text too long"):
            wait_until(lambda: words in self.barid("--json", "trace", "reports@acme.test"))
        self.again()
        found = self.json("dmarc", "report", "show", "acme.test")
        self.assertEqual((found["reports"], found["pass"], found["fail"]), (2, 12, 2))
        self.assertEqual([(s["ip"], s["messages"], s["pass"], s["fail"], s["rejected"]) for s in found["sources"]],
                         [("192.0.2.1", 12, 12, 0, 0), ("203.0.113.9", 2, 0, 2, 2)])
        self.assertEqual(self.json("dmarc", "report", "show", "stranger.test")["reports"], 0)
        self.assertIn("203.0.113.9", self.barid("dmarc", "report", "show", "acme.test"))
        self.assertIn("mail.acme.test", self.barid("dmarc", "report", "list"))
        tls = self.json("tls", "report", "show", "acme.test")
        self.assertEqual((tls["pass"], tls["fail"], tls["failures"][0]["result"]), (9, 2, "certificate-expired"))
        self.assertIn("certificate-expired", self.barid("tls", "report", "show", "acme.test"))
        self.assertEqual(len(self.inbox("anna")), 1, "a mailbox has its mail too")


    def test_report_addresses_are_looked_at(self):
        out = self.barid("config", "check", self.write('[mta]\nreport_addresses = ["nobody"]\n'), code=3)
        self.assertIn("'mta.report_addresses': not an address: nobody", out)
        self.begin('report_addresses = ["a@elsewhere.test", "anna@acme.test"]\n')
        self.again()  # now our domain is there
        said = [line for line in self.log_text().splitlines() if "mta.report_addresses" in line]
        self.assertEqual(len(said), 1, said)
        self.assertIn("a@elsewhere.test", said[0])


class Sealed(ReportsCase):
    def verdicts(self, octets):
        """Ours, dkimpy's, npm's mailauth's."""
        (self.root / "sealed").write_bytes(octets)
        ours = program("mailauth-arc", "--dns", self.dns.address, self.root / "sealed").decode().splitlines()[0]
        zone = {name: records["TXT"][0] for name, records in self.dns.zone.items() if "TXT" in records}
        questions = [{"zone": zone}, {"verify_arc": octets.decode("latin-1")}]
        done = subprocess.run([DEBIAN_PYTHON, str(PEER)], input="".join(json.dumps(q) + "\n" for q in questions),
                              capture_output=True, text=True, timeout=60, check=True)
        install_mailauth()
        (self.root / "facts.json").write_text(json.dumps({"zone": zone, "message": octets.decode("latin-1")}))
        node = subprocess.run(["node", "arc.js", str(self.root / "facts.json")], cwd=NODE, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(node.returncode, 0, node.stderr[-2000:])
        return ours, json.loads(done.stdout.splitlines()[1]), json.loads(node.stdout)

    def test_what_is_sent_on_is_sealed(self):
        self.begin()
        for selector, algorithm in (("s0", "ed25519"), ("s1", "rsa")):
            key = json.loads(self.barid("--json", "dkim", "key", "add", "acme.test", "--selector", selector,
                                        "--algorithm", algorithm, "--active"))
            self.dns.zone[key["name"]] = {"TXT": [key["record"]]}
        self.barid("account", "set", "bert@acme.test", "--redirect", "y@far.test", "--keep-copy", "yes")
        self.from_outside("a@good.test", to=["bert@acme.test", "anna@acme.test"])
        wait_until(lambda: self.sink.mail)
        octets = self.sink.mail[0][2]
        ours, peers, npm = self.verdicts(octets)
        self.assertEqual((npm["chain"], npm["instance"]), ("pass", 1), npm)
        self.assertTrue(ours.startswith("pass"), ours)
        self.assertEqual(peers["chain"], "pass", peers)
        results = email.message_from_bytes(octets)["ARC-Authentication-Results"]
        for word in ("i=1", "mail.acme.test", "spf=pass", "dmarc=pass"):
            self.assertIn(word, results)
        self.assertIn("s=s1", email.message_from_bytes(octets)["ARC-Seal"])
        for user in ("anna", "bert"):
            self.assertNotIn(b"ARC-", self.inbox(user)[0], "what stays is not sealed")
        # The next handler's chain: sealed once more, with both verified.
        self.from_outside("a@good.test", to=["bert@acme.test"], more="".join(
            f"{name}: {value}\r\n" for name, value in email.message_from_bytes(octets).items() if name.startswith("ARC")))
        wait_until(lambda: len(self.sink.mail) == 2)
        self.assertIn(b"ARC-Seal: i=2;", self.sink.mail[1][2])
        changed = octets.replace(b"Subject: s", b"Subject: S")
        self.assertNotEqual(changed, octets)
        ours, peers, npm = self.verdicts(changed)
        self.assertTrue(ours.startswith("fail"), ours)
        self.assertEqual((peers["chain"], npm["chain"]), ("fail", "fail"))
        # A domain may say no.
        self.barid("domain", "set", "acme.test", "--arc-seal", "no")
        self.from_outside("a@good.test", to=["bert@acme.test"])
        wait_until(lambda: len(self.sink.mail) == 3)
        self.assertNotIn(b"ARC-", self.sink.mail[2][2])

    def test_what_a_filter_sends_on_is_sealed_too(self):
        self.begin('[[rule]]\nname = "copy"\nif = ["header Subject is copied"]\ndo = ["copy z@far.test"]\n')
        key = json.loads(self.barid("--json", "dkim", "key", "add", "acme.test", "--selector", "s1", "--active"))
        self.dns.zone[key["name"]] = {"TXT": [key["record"]]}
        self.from_outside("a@good.test", subject="copied")
        wait_until(lambda: self.sink.mail)
        sender, recipients, octets = self.sink.mail[0]
        self.assertEqual(recipients, ("z@far.test",))
        self.assertTrue(sender.lower().startswith("srs0=") and sender.endswith("@mail.acme.test"), sender)
        self.assertIn(b"ARC-Seal: i=1", octets)
        (self.root / "sealed").write_bytes(octets)
        verdict = program("mailauth-arc", "--dns", self.dns.address, self.root / "sealed").decode()
        self.assertTrue(verdict.startswith("pass"), verdict)
        self.assertNotIn(b"ARC-", self.inbox("anna")[0], "what stays is not sealed")
        self.from_outside("a@good.test", subject="other")
        self.assertNotIn(b"ARC-", self.inbox("anna")[1])

    def test_what_is_converted_is_signed_again(self):
        self.begin()
        key = json.loads(self.barid("--json", "dkim", "key", "add", "acme.test", "--selector", "s1", "--active"))
        self.dns.zone[key["name"]] = {"TXT": [key["record"]]}
        text = ("From: anna@acme.test\r\nSubject: 8\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe\r\n").encode()
        for extensions in (["sink.test", "8BITMIME"], ["sink.test"]):
            self.sink.extensions = extensions
            before = len(self.sink.mail)
            self.submit(["z@far.test"], text, options=["BODY=8BITMIME"])
            wait_until(lambda: len(self.sink.mail) > before)
            self.again()  # no connection is used again
        (_, _, whole), (_, _, converted) = self.sink.mail
        self.assertIn("Gr\u00fc\u00dfe".encode(), whole)
        self.assertTrue(converted.isascii())
        for octets in (whole, converted):
            self.assertEqual(octets.count(b"DKIM-Signature:"), 1)
            (self.root / "sent").write_bytes(octets)
            self.assertTrue(program("mailauth-dkim", "--dns", self.dns.address, self.root / "sent").decode()
                            .startswith("pass"), octets)


if __name__ == "__main__":
    unittest.main()
