"""Two servers that exchange mail as strangers do: over a real name server (Knot) with a signed zone, with SPF, DKIM, DMARC,
DANE and MTA-STS passing; and each of them failing when it should. And a front end that brings mail to a node."""
import email, gzip, hashlib, http.server, imaplib, json, os, pathlib, shutil, smtplib, ssl, subprocess, tempfile, threading, unittest
from e2e import peers
from e2e.harness import BARID, QUIET, free_ports, wait_until

PASSWORD = "a long secret"


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


class Authority:
    """Certificates of our own."""

    def __init__(self, root):
        self.root, self.file = root, root / "ca.pem"
        root.mkdir(exist_ok=True)
        self.make("ca", "/CN=test authority", "basicConstraints=critical,CA:TRUE")

    def make(self, name, subject, extension, *signed):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", subject, "-addext", extension, "-keyout", self.root / f"{name}.key", "-out", self.root / f"{name}.pem",
            *signed)

    def certificate(self, name, hosts):
        self.make(name, f"/CN={hosts[0]}", "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts),
                  "-CA", self.file, "-CAkey", self.root / "ca.key")

    def tlsa(self, name):
        """3 1 1: SHA-256 of the public key."""
        key = run("openssl", "x509", "-in", self.root / f"{name}.pem", "-noout", "-pubkey")
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.encode(), capture_output=True,
                             check=True).stdout
        return "3 1 1 " + hashlib.sha256(der).hexdigest()


class Knot:
    """Serves the zone `test`, which it signs."""

    def __init__(self, root):
        self.place, self.root = peers.unpacked("knot"), root
        self.port, = free_ports(1)
        self.environment = {**QUIET, "LD_LIBRARY_PATH": peers.libraries(self.place)}
        self.conf = root / "knot.conf"
        (root / "keys").mkdir()
        self.conf.write_text(f"""
server:
    rundir: "{root}"
    listen: 127.0.0.1@{self.port}
database:
    storage: "{root}/keys"
log:
  - target: stderr
    any: warning
policy:
  - id: one
    algorithm: ecdsap256sha256
    single-type-signing: on
zone:
  - domain: test
    storage: "{root}"
    file: "test.zone"
    zonefile-load: difference-no-serial
    zonefile-sync: -1
    journal-content: all
    dnssec-signing: on
    dnssec-policy: one
""")
        tool = [self.place / "usr/sbin/keymgr", "-c", self.conf, "test."]
        run(*tool, "generate", "algorithm=ecdsap256sha256", "ksk=yes", "zsk=yes", env=self.environment)
        said = run(*tool, "ds", env=self.environment).splitlines()
        self.anchor = next(line for line in said if " 13 2 " in line)  # SHA-256

    def start(self, lines):
        (self.root / "test.zone").write_text("$TTL 60\n@ IN SOA ns.test. root.test. 1 3600 600 86400 60\n@ IN NS ns.test.\n"
                                             "ns IN A 127.0.0.1\n" + "\n".join(lines) + "\n")
        self.log = open(self.root / "knot.log", "wb")
        self.process = subprocess.Popen([str(self.place / "usr/sbin/knotd"), "-c", str(self.conf)], env=self.environment,
                                        stdout=self.log, stderr=self.log)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


class Node:
    """One Barid, on an address of its own."""

    def __init__(self, root, authority, dns, name, address, ports, mta="", more="", anchor=None):
        self.name, self.address, self.ports = name, address, ports
        self.domain = name.split(".", 1)[1]
        self.root = root / name
        self.root.mkdir()
        self.socket = str(self.root / "admin.sock")
        listener = ('[[listener]]\nname = "{0}"\nprotocol = "{1}"\naddress = "' + address + ':{2}"\ntls = "{3}"\n').format
        (self.root / "barid.toml").write_text(f"""hostname = "{name}"
[store]
path = "{self.root}/data"
[tls]
certificate = "{authority.root}/{name}.pem"
key = "{authority.root}/{name}.key"
[admin]
socket = "{self.socket}"
[dns]
servers = ["127.0.0.1@{dns.port}"]
trust_anchors = ["{anchor or dns.anchor}"]
[mta]
check_loopback = true
source_ipv4 = "{address}"
ipv6 = false
mx_port = {ports['smtp']}
sts_port = {ports['https']}
ca_file = "{authority.file}"
{mta}
{more}
""" + listener("smtp", "smtp", ports["smtp"], "starttls") + listener("submission", "submission", ports["submission"],
      "starttls") + listener("imap", "imap", ports["imap"], "implicit") + listener("https", "http", ports["https"], "implicit"))
        self.tls = ssl.create_default_context(cafile=str(authority.file))
        self.tls.check_hostname = False

    def start(self):
        self.log = open(self.root / "log", "wb")
        self.process = subprocess.Popen([BARID, "serve", "-c", str(self.root / "barid.toml")], stdout=self.log, stderr=self.log)
        wait_until(lambda: self.process.poll() is not None or b"ready" in (self.root / "log").read_bytes())
        assert self.process.poll() is None, self.log_text()
        self.cli("postoffice", "add", "office")
        return self

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        self.log.close()
        assert code == 0, self.log_text()[-3000:]

    def log_text(self):
        return (self.root / "log").read_text(errors="replace")

    def cli(self, *words, **more):
        said = run(BARID, "--json", "--socket", self.socket, *words, **more)
        return json.loads(said) if said.strip() else None

    def add(self, address, *options):
        self.cli("domain", "add", address.split("@")[1], "--postoffice", "office")
        self.cli("account", "add", address, "--password-stdin", *options, input=PASSWORD + "\n")

    def submit(self, sender, to, subject):
        with smtplib.SMTP(self.address, self.ports["submission"]) as smtp:
            smtp.starttls(context=self.tls)
            smtp.login(sender, PASSWORD)
            smtp.sendmail(sender, [to], f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nHello \r\n\r\n")

    def inbox(self, user):
        imap = imaplib.IMAP4_SSL(self.address, self.ports["imap"], ssl_context=self.tls)
        imap.login(user, PASSWORD)
        imap.select("INBOX")
        out = [imap.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in imap.search(None, "ALL")[1][0].split()]
        imap.logout()
        return out

    def arrived(self, user, subject):
        def look():
            return [octets for octets in self.inbox(user) if email.message_from_bytes(octets)["Subject"] == subject]
        return wait_until(look)[0]

    def steps(self, to, event):
        return [step for step in self.cli("trace", to) or [] if step["event"] == event]

    def deferred(self, to):
        """What was said of the first try."""
        return wait_until(lambda: self.steps(to, "deferred"))[0]


class Policies(http.server.BaseHTTPRequestHandler):
    """MTA-STS of any domain: its own host takes its mail."""

    def do_GET(self):
        domain = self.headers["Host"].split(":")[0].removeprefix("mta-sts.")
        text = f"version: STSv1\r\nmode: enforce\r\nmx: mx.{domain}\r\nmax_age: 86400\r\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class TwoServers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="barid-two-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.authority = Authority(cls.root)
        cls.authority.certificate("mx.one.test", ["mx.one.test", "mta-sts.one.test", "mta-sts.outside.test"])
        cls.authority.certificate("mx.two.test", ["mx.two.test"])
        cls.authority.certificate("mx.three.test", ["mx.three.test"])
        cls.dns = Knot(cls.root)
        cls.ports = dict(zip(("smtp", "submission", "imap", "https"), free_ports(4)))
        cls.one = cls.node("mx.one.test", "127.0.0.2", 'sts_policy = "enforce"')
        cls.two = cls.node("mx.two.test", "127.0.0.3", 'report_contact = "bert@two.test"')
        cls.one.add("anna@one.test")
        cls.one.add("otto@outside.test")
        cls.two.add("bert@two.test")
        cls.two.add("odo@odd.test")
        smtp = cls.ports["smtp"]
        lines = [f"_{smtp}._tcp.mx.two IN TLSA {cls.authority.tlsa('mx.two.test')}",
                 f"_{smtp}._tcp.mx.odd IN TLSA 3 1 1 {'ab' * 32}", "mx.odd IN A 127.0.0.3", "odd IN MX 10 mx.odd",
                 "outside IN MX 10 mx.outside", "mx.outside IN A 127.0.0.2", "mta-sts.outside IN A 127.0.0.2",
                 '_mta-sts.outside IN TXT "v=STSv1; id=1"', 'mta-sts.one IN A 127.0.0.2', '_mta-sts.one IN TXT "v=STSv1; id=1"']
        # Two whose hosts do not prove what their policies say: another name, and an authority that nobody knows.
        for label, address in ("wrong", "127.0.0.2"), ("rogue", "127.0.0.7"):
            lines += [f"{label} IN MX 10 mx.{label}", f"mx.{label} IN A {address}", f"mta-sts.{label} IN A 127.0.0.8",
                      f'_mta-sts.{label} IN TXT "v=STSv1; id=1"',
                      f'_smtp._tls.{label} IN TXT "v=TLSRPTv1; rua=mailto:anna@one.test"']
        for node, label in (cls.one, "one"), (cls.two, "two"):
            lines += [f"{label} IN MX 10 mx.{label}", f"mx.{label} IN A {node.address}",
                      f'{label} IN TXT "v=spf1 ip4:{node.address} -all"', f'_dmarc.{label} IN TXT "v=DMARC1; p=reject"']
            key = node.cli("dkim", "key", "add", node.domain, "--selector", "s1", "--active")
            text = " ".join(f'"{key["record"][i:i + 250]}"' for i in range(0, len(key["record"]), 250))
            lines.append(f"{key['name']}. IN TXT {text}")
        cls.dns.start(lines)
        cls.addClassCleanup(cls.dns.stop)

    @classmethod
    def node(cls, name, address, mta="", **more):
        node = Node(cls.root, cls.authority, cls.dns, name, address, cls.ports, mta, **more).start()
        cls.addClassCleanup(node.stop)
        return node

    def results(self, octets):
        return " ".join(email.message_from_bytes(octets)["Authentication-Results"].split())

    def check(self, octets, *words):
        for word in words:
            self.assertIn(word, self.results(octets))

    def test_there_by_dane(self):
        self.one.submit("anna@one.test", "bert@two.test", "there")
        octets = self.two.arrived("bert@two.test", "there")
        self.check(octets, "mx.two.test;", "spf=pass", "smtp.mailfrom=anna@one.test", "dkim=pass", "header.d=one.test",
                   "dmarc=pass", "header.from=one.test")
        tls = self.one.steps("bert@two.test", "host")[0]["tls"]
        self.assertRegex(tls, r"^TLSv1\.3 \S+, by DANE$")

    def test_back_by_mta_sts(self):
        self.two.submit("bert@two.test", "anna@one.test", "back")
        octets = self.one.arrived("anna@one.test", "back")
        self.check(octets, "mx.one.test;", "spf=pass", "dkim=pass", "header.d=two.test", "dmarc=pass")
        self.assertRegex(self.two.steps("anna@one.test", "host")[0]["tls"], r"^TLSv1\.3 \S+, by MTA-STS$")

    def test_a_host_that_its_tlsa_records_do_not_know(self):
        self.one.submit("anna@one.test", "odo@odd.test", "odd")
        step = self.one.deferred("odo@odd.test")
        self.assertEqual(step["status"], "4.7.5", step)
        self.assertEqual(self.two.inbox("odo@odd.test"), [])

    def test_a_host_that_its_policy_does_not_name(self):
        self.two.submit("bert@two.test", "otto@outside.test", "outside")
        step = self.two.deferred("otto@outside.test")
        self.assertEqual(step["status"][0], "4", step)
        self.assertIn("not in the domain's MTA-STS policy", step["words"])
        self.assertEqual(self.one.inbox("otto@outside.test"), [])

    def serve_policies(self):
        self.authority.certificate("policies", ["mta-sts.wrong.test", "mta-sts.rogue.test"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.root / "policies.pem", self.root / "policies.key")
        server = http.server.ThreadingHTTPServer(("127.0.0.8", self.ports["https"]), Policies)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def test_a_host_whose_certificate_is_not_what_its_policy_demands(self):
        self.serve_policies()
        unknown = Authority(self.root / "unknown")
        unknown.certificate("mx.rogue.test", ["mx.rogue.test"])
        rogue = Node(self.root, unknown, self.dns, "mx.rogue.test", "127.0.0.7", self.ports).start()
        self.addCleanup(rogue.stop)
        rogue.add("ozzy@rogue.test")
        self.one.add("olga@wrong.test")
        for to in "olga@wrong.test", "ozzy@rogue.test":
            self.two.submit("bert@two.test", to, "held")
            step = self.two.deferred(to)
            self.assertEqual(step["status"], "4.7.5", step)
        self.assertEqual((self.one.inbox("olga@wrong.test"), rogue.inbox("ozzy@rogue.test")), ([], []))
        self.assertEqual(self.two.cli("report", "send")["waiting"], 0)
        results = {"wrong.test": "certificate-host-mismatch", "rogue.test": "certificate-not-trusted"}
        for domain, result in results.items():
            def told():
                return [m for m in map(email.message_from_bytes, self.one.inbox("anna@one.test"))
                        if m["TLS-Report-Domain"] == domain]
            message, = wait_until(told)
            part = next(one for one in message.walk() if one.get_content_type() == "application/tlsrpt+gzip")
            policy, = json.loads(gzip.decompress(part.get_payload(decode=True)))["policies"]
            self.assertEqual((policy["policy"]["policy-type"], policy["policy"]["mx-host"]), ("sts", [f"mx.{domain}"]))
            self.assertEqual(policy["summary"]["total-successful-session-count"], 0)
            self.assertEqual({one["result-type"] for one in policy["failure-details"]}, {result})
        for message in self.two.cli("queue", "list"):
            self.two.cli("queue", "remove", message["id"])

    def inject(self, octets, source, sender="anna@one.test"):
        with smtplib.SMTP(self.two.address, self.ports["smtp"], local_hostname="client.test", source_address=(source, 0)) as smtp:
            smtp.sendmail(sender, ["bert@two.test"], octets)

    def test_forged_changed_and_forwarded_mail(self):
        plain = b"From: anna@one.test\r\nSubject: forged\r\n\r\nx\r\n"
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.inject(plain, "127.0.0.9")  # SPF fails, no signature
        self.assertEqual((refused.exception.smtp_code, refused.exception.smtp_error[:6]), (550, b"5.7.26"))

        self.one.submit("anna@one.test", "bert@two.test", "signed")
        octets = self.two.arrived("bert@two.test", "signed")
        octets = octets[octets.index(b"DKIM-Signature:"):]
        self.inject(octets, "127.0.0.9")
        forwarded = wait_until(lambda: [m for m in self.two.inbox("bert@two.test") if b"spf=fail" in m])[0]
        self.check(forwarded, "spf=fail", "dkim=pass", "dmarc=pass")
        changed = octets.replace(b"Hello", b"Hallo")
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            self.inject(changed, "127.0.0.9")
        self.assertEqual(refused.exception.smtp_code, 550)
        self.inject(changed, "127.0.0.2")  # SPF of the sender's own host still speaks for it
        broken = wait_until(lambda: [m for m in self.two.inbox("bert@two.test") if b"Hallo" in m])[0]
        self.check(broken, "spf=pass", "dkim=fail", "dmarc=pass")

    def test_a_zone_that_fails_dnssec(self):
        words = self.dns.anchor.split()
        words[-1] = words[-1].translate(str.maketrans("0123456789abcdefABCDEF", "1234567890bcdefaBCDEFA"))
        three = self.node("mx.three.test", "127.0.0.4", anchor=" ".join(words))
        three.add("cleo@three.test")
        three.submit("cleo@three.test", "bert@two.test", "bogus")
        step = three.deferred("bert@two.test")
        self.assertEqual(step["status"], "4.4.3", step)
        self.assertIn("DNSSEC", step["words"])

    def test_a_message_that_requires_tls_goes_where_it_is_offered(self):
        with smtplib.SMTP(self.one.address, self.ports["submission"]) as smtp:
            smtp.starttls(context=self.one.tls)
            smtp.login("anna@one.test", PASSWORD)
            smtp.sendmail("anna@one.test", ["bert@two.test"], "From: anna@one.test\r\nSubject: required\r\n\r\nx\r\n",
                          ["REQUIRETLS"])
        self.two.arrived("bert@two.test", "required")

    def test_a_node_proves_itself(self):
        """Mail from a front end to the server that has the mailbox."""
        for number, (name, right) in enumerate({"mx.two.test": True, "other.two.test": False}.items()):
            host = f"mx.front{number}.test"
            self.authority.certificate(host, [host])
            front = self.node(host, f"127.0.0.{5 + number}", more=f"""[[node]]
name = "b"
host = "127.0.0.3"
smtp_port = {self.ports['smtp']}
tls = "starttls"
server_name = "{name}"
ca_file = "{self.authority.file}"
login = "password"
""")
            front.add("bert@two.test", "--node", "b")
            with smtplib.SMTP(front.address, self.ports["smtp"]) as smtp:
                smtp.sendmail("x@nowhere.test", ["bert@two.test"], f"From: x@nowhere.test\r\nSubject: node {number}\r\n\r\nx\r\n")
            if right:
                self.two.arrived("bert@two.test", "node 0")
                self.assertIn("certificate verified", front.steps("bert@two.test", "host")[0]["tls"])
            else:
                self.assertEqual(front.deferred("bert@two.test")["status"], "4.7.5")


if __name__ == "__main__":
    unittest.main()
