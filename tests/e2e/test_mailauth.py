"""The sender authentication programs against Debian's python3-dkim and python3-spf and npm's mailauth: each verifies
what the others sign, over the shared corpus, and SPF verdicts agree."""
import json, os, pathlib, socket, subprocess, tempfile, time, unittest
from e2e import harness
from e2e.name_server import NameServer

BUILD = pathlib.Path(os.environ.get("BARID_BUILD", harness.SOURCE / "build" / "release"))
PROGRAMS = BUILD / "subprojects" / "mailauth" / "programs"
PEER = pathlib.Path(__file__).parent / "mailauth_peer.py"
DEBIAN_PYTHON = "/usr/bin/python3"  # the one that Debian's modules are for
NODE = pathlib.Path(__file__).parent / "node"


def program(name, *arguments, check=True):
    done = subprocess.run([str(PROGRAMS / name), *map(str, arguments)], capture_output=True, timeout=60)
    if check and done.returncode:
        raise AssertionError(f"{name} {arguments}: {done.returncode} {done.stderr.decode(errors='replace')}")
    return done.stdout


def install_mailauth():
    if not (NODE / "node_modules" / "mailauth").is_dir():
        done = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"],
                              cwd=NODE, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)


def verdict(name, *arguments):
    return program(name, *arguments).decode(errors="replace").splitlines()[0]


def corpus(count=60):
    """Messages of the shared corpus that have one From and no line that signing forbids; CRLF."""
    folder = harness.testdata()
    found = []
    for path in sorted(folder.rglob("*.eml")) if folder else []:
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        header = octets.split(b"\r\n\r\n", 1)[0] + b"\r\n"
        lines = [line for line in header.split(b"\r\n") if line[:1] not in (b" ", b"\t", b"")]
        plain = all(b":" in line and b" " not in line.split(b":")[0] for line in lines)
        one_from = sum(line.lower().startswith(b"from:") for line in lines) == 1
        if plain and one_from and b"\r\n\r\n" in octets and b"\r" not in octets.replace(b"\r\n", b"") \
                and b"dkim-signature:" not in header.lower() and b"\0" not in octets:
            found.append(octets)
    return found[:count]


SMALL = (b"From: a@sender.test\r\nTo: b@receiver.test\r\nSubject: a  test\r\n\tfolded \r\nDate: today\r\n\r\n"
         b"Hello  world \r\n\r\n\tlast line\r\n\r\n\r\n")


class Keys(unittest.TestCase):
    """Keys made by mailauth-sign, in a zone of our own."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.zone = {}
        for selector, kind, bits in (("rsa", "rsa", 2048), ("small", "rsa", 1024), ("ed", "ed25519", 0)):
            line = program("mailauth-sign", "--generate", kind, "--bits", bits or 2048, "--domain", "sender.test",
                           "--key", f"{selector}={cls.folder / selector}").decode()
            text = "".join(line.split('"')[1::2])
            cls.zone[f"{selector}._domainkey.sender.test"] = {"TXT": [text]}
        cls.server = NameServer(cls.zone)
        cls.peer = subprocess.Popen([DEBIAN_PYTHON, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.ask({"zone": {name: records["TXT"][0] for name, records in cls.zone.items()}})

    @classmethod
    def tearDownClass(cls):
        cls.peer.stdin.close()
        cls.peer.wait(timeout=20)
        cls.peer.stdout.close()
        cls.server.close()
        cls.scratch.cleanup()

    @classmethod
    def ask(cls, question):
        cls.peer.stdin.write(json.dumps(question) + "\n")
        cls.peer.stdin.flush()
        answer = json.loads(cls.peer.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer

    def file(self, octets):
        path = self.folder / "message"
        path.write_bytes(octets)
        return path

    def sign(self, octets, selectors="rsa", *arguments):
        keys = ",".join(f"{name}={self.folder / name}" for name in selectors.split(","))
        return program("mailauth-sign", "--domain", "sender.test", "--key", keys, *arguments, self.file(octets))

    def verify(self, octets, *arguments):
        return verdict("mailauth-dkim", "--dns", self.server.address, *arguments, self.file(octets))


class Dkim(Keys):
    def test_dkimpy_verifies_ours(self):
        messages = [SMALL] + corpus()
        for number, message in enumerate(messages):
            forms = ("relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed")[number % 4]
            signed = self.sign(message, "ed" if number % 3 == 0 else "rsa", "--c", forms)
            with self.subTest(number=number, forms=forms):
                self.assertTrue(self.ask({"verify": signed.decode("latin-1")})["good"])
                self.assertEqual(self.verify(signed), "pass")
                self.assertEqual(self.verify(signed + b"more\r\n"), "fail")

    def test_we_verify_dkimpy(self):
        for number, message in enumerate([SMALL] + corpus()):
            selector = "ed" if number % 3 == 0 else "rsa"
            forms = (["relaxed", "relaxed"], ["simple", "simple"], ["relaxed", "simple"], ["simple", "relaxed"])[number % 4]
            field = self.ask({"sign": message.decode("latin-1"), "selector": selector, "domain": "sender.test",
                              "key": (self.folder / selector).read_text(), "forms": forms})["field"]
            signed = field.encode("latin-1") + message
            with self.subTest(number=number, forms=forms):
                self.assertEqual(self.verify(signed), "pass")

    def test_verdicts(self):
        signed = self.sign(SMALL, "rsa,ed")
        self.assertEqual(self.verify(signed), "pass")
        self.assertEqual(self.verify(signed.replace(b"Hello", b"hello")), "fail")
        self.assertEqual(self.verify(SMALL), "none")
        self.assertEqual(self.verify(signed.replace(b"s=rsa;", b"s=absent;").replace(b"s=ed;", b"s=absent;")), "permerror")
        self.assertEqual(self.verify(self.sign(SMALL, "rsa", "--now", "1000000000", "--lifetime", "60")), "permerror")
        self.assertEqual(self.verify(signed.replace(b"\r\n", b"\n")), "pass")  # as a file has it
        tail = self.sign(SMALL, "rsa", "--length") + b"more\r\n"
        self.assertEqual(self.verify(tail), "pass")
        self.assertEqual(self.verify(tail, "--strict"), "fail")

    def test_dns_faults(self):
        signed = self.sign(SMALL)
        for fault in ("TIMEOUT", "SERVFAIL"):
            server = NameServer({"rsa._domainkey.sender.test": {"FAULT": [fault]}})
            try:
                self.assertEqual(verdict("mailauth-dkim", "--dns", server.address, "--timeout", "200",
                                         self.file(signed)), "temperror", fault)
            finally:
                server.close()

    def test_a_key_that_needs_tcp(self):
        record = self.zone["rsa._domainkey.sender.test"]["TXT"][0]
        server = NameServer({"rsa._domainkey.sender.test": {"TXT": ["v=DKIM1; n=" + "x" * 3000 + "; " + record[9:]]}})
        try:
            self.assertEqual(verdict("mailauth-dkim", "--dns", server.address, self.file(self.sign(SMALL))), "pass")
            self.assertGreater(server.tcp_questions, 0)
        finally:
            server.close()


class Arc(Keys):
    """Chains that two implementations make in turn."""

    def ours(self, message, selector="rsa"):
        return program("mailauth-arc", "--dns", self.server.address, "--seal", f"{selector}={self.folder / selector}",
                       "--domain", "sender.test", "--id", "mx.sender.test", self.file(message))

    def theirs(self, message):
        # dkimpy takes the chain's state from the results that its own server is said to have written.
        results = f"Authentication-Results: mx.peer.test; arc={self.verdict(message)[0]}\r\n".encode()
        fields = self.ask({"seal": (results + message).decode("latin-1"), "selector": "rsa", "domain": "sender.test",
                           "key": (self.folder / "rsa").read_text(), "id": "mx.peer.test"})["fields"]
        return fields.encode("latin-1") + message

    def verdict(self, message):
        return program("mailauth-arc", "--dns", self.server.address, self.file(message)).decode().splitlines()

    def both_pass(self, message, sets):
        lines = self.verdict(message)
        self.assertEqual(lines[0], "pass", lines)
        self.assertEqual(sum(line.startswith("set: ") for line in lines), sets)
        answer = self.ask({"verify_arc": message.decode("latin-1")})
        self.assertEqual(answer["chain"], "pass", answer)

    def test_chains_made_in_turn(self):
        for first, second in ((self.ours, self.theirs), (self.theirs, self.ours)):
            message = first(SMALL)
            self.both_pass(message, 1)
            message = second(message)
            self.both_pass(message, 2)
            message = first(message)
            self.both_pass(message, 3)
            for broken in (message + b"more\r\n", message.replace(b"Subject: a", b"Subject: b"),
                           message.replace(b"ARC-Seal: i=1;", b"ARC-Seal: i=4;"),
                           message.replace(b"ARC-Authentication-Results: i=2;", b"ARC-Authentication-Results: i=2; x;")):
                self.assertEqual(self.verdict(broken)[0], "fail")
                self.assertEqual(self.ask({"verify_arc": broken.decode("latin-1")})["chain"], "fail")

    def test_no_chain(self):
        self.assertEqual(self.verdict(SMALL)[0], "none")
        self.assertEqual(self.ask({"verify_arc": SMALL.decode("latin-1")})["chain"], "none")


class Dmarc(Keys):
    def check(self, message, ip="192.0.2.1", sender="a@sender.test"):
        server = NameServer(self.zone | {
            "sender.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
            "_dmarc.sender.test": {"TXT": ["v=DMARC1; p=reject; sp=quarantine"]}})
        try:
            return program("mailauth-check", "--dns", server.address, "--ip", ip, "--helo", "client.test",
                           "--from", sender, "--id", "mx.test", self.file(message)).decode().splitlines()
        finally:
            server.close()

    def test_verdicts(self):
        signed = self.sign(SMALL)
        self.assertEqual(self.check(SMALL)[0], "pass reject")  # by SPF
        self.assertEqual(self.check(signed, ip="203.0.113.1")[0], "pass reject")  # by DKIM
        self.assertEqual(self.check(SMALL, ip="203.0.113.1")[0], "fail reject")
        self.assertEqual(self.check(SMALL.replace(b"From: a@", b"From: a@sub."), sender="a@other.test")[0],
                         "fail quarantine")
        self.assertEqual(self.check(b"From: b@sender.test\r\n" + signed)[0], "permerror none")

    def test_authentication_results(self):
        lines = self.check(self.sign(SMALL))
        self.assertEqual(lines[1], "Authentication-Results: mx.test;")
        text = " ".join(line.strip() for line in lines[1:])
        for part in ("spf=pass smtp.mailfrom=a@sender.test;", "dkim=pass header.d=sender.test", "header.s=rsa",
                     "dmarc=pass header.from=sender.test"):
            self.assertIn(part, text)


class Node(Keys):
    def test_npm_mailauth(self):
        install_mailauth()
        messages = [SMALL] + corpus(25)
        cases = []
        for number, message in enumerate(messages):
            selector = "ed" if number % 3 == 0 else "rsa"
            signed = self.sign(message, selector, "--c", "simple/simple" if number % 2 else "relaxed/relaxed")
            cases.append({"signed": signed.decode("latin-1"), "plain": message.decode("latin-1"), "selector": selector,
                          "key": (self.folder / selector).read_text()})
        facts = {"zone": {name: records["TXT"][0] for name, records in self.zone.items()}, "cases": cases}
        (self.folder / "facts.json").write_text(json.dumps(facts))
        done = subprocess.run(["node", "mailauth.js", str(self.folder / "facts.json")], cwd=NODE, capture_output=True,
                              text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        results = json.loads(done.stdout)
        self.assertEqual(len(results), len(messages))
        for number, result in enumerate(results):
            with self.subTest(number=number):
                self.assertEqual(result["verified"], "pass")
                signed = result["field"].encode("latin-1") + messages[number]
                self.assertEqual(self.verify(signed), "pass")


SPF_ZONE = {
    "plain.test": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"]},
    "host.test": {"TXT": ["v=spf1 a:mx1.mail.test mx:mail.test ~all"]},
    "mail.test": {"MX": ["10 mx1.mail.test", "20 mx2.mail.test"], "TXT": ["v=spf1 mx -all"]},
    "mx1.mail.test": {"A": ["192.0.2.20"], "AAAA": ["2001:db8::20"]},
    "mx2.mail.test": {"A": ["192.0.2.21"]},
    "include.test": {"TXT": ["v=spf1 include:plain.test include:mail.test ?all"]},
    "redirect.test": {"TXT": ["v=spf1 redirect=plain.test"]},
    "macro.test": {"TXT": ["v=spf1 exists:%{ir}.%{l1r-}.list.test -all exp=why.macro.test"]},
    "why.macro.test": {"TXT": ["%{i} is not one of %{d}"]},
    "1.2.0.192.user.list.test": {"A": ["127.0.0.2"]},
    "ptr.test": {"TXT": ["v=spf1 ptr -all"]},
    "20.2.0.192.in-addr.arpa": {"PTR": ["host.ptr.test"]},
    "host.ptr.test": {"A": ["192.0.2.20"]},
    "void.test": {"TXT": ["v=spf1 a:no1.test a:no2.test a:no3.test -all"]},
    "loop.test": {"TXT": ["v=spf1 include:loop.test -all"]},
    "wrong.test": {"TXT": ["v=spf1 ip4:1.2.3 -all"]},
    "two.test": {"TXT": ["v=spf1 -all", "v=spf1 +all"]},
    "alias.test": {"CNAME": ["plain.test"]},
    "absent-include.test": {"TXT": ["v=spf1 include:nowhere.test -all"]},
    "long.test": {"TXT": ["v=spf1 " + "ip4:203.0.113.1 " * 200 + "ip4:192.0.2.1 -all"]},
    "client.test": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
    "neutral.test": {"TXT": ["v=spf1 ?all"]},
}


class Spf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = NameServer(SPF_ZONE)
        cls.addClassCleanup(cls.server.close)

    def ours(self, ip, helo, sender):
        return program("mailauth-spf", "--dns", self.server.address, "--ip", ip, "--helo", helo,
                       "--from", sender).decode().splitlines()

    def test_verdicts_agree_with_pyspf(self):
        questions = [(ip, "client.test", f"user-name@{domain}")
                     for domain in [*SPF_ZONE, "nowhere.test"] if "in-addr" not in domain
                     for ip in ("192.0.2.1", "192.0.2.20", "192.0.2.21", "203.0.113.9", "2001:db8::20", "2001:db9::1")]
        questions += [("192.0.2.1", "client.test", ""), ("203.0.113.1", "client.test", "")]
        done = subprocess.run([DEBIAN_PYTHON, str(PEER), "spf"], capture_output=True, text=True, timeout=120,
                              input=json.dumps({"zone": SPF_ZONE, "questions": questions}))
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        theirs = json.loads(done.stdout)
        self.assertEqual(len(theirs), len(questions))
        for question, expected in zip(questions, theirs):
            with self.subTest(question=question):
                self.assertEqual(self.ours(*question)[0], expected)
        self.assertGreater(len(set(theirs)), 5)

    def test_explanation(self):
        lines = self.ours("192.0.2.77", "client.test", "user-name@macro.test")
        self.assertEqual(lines[:2], ["fail", "explanation: 192.0.2.77 is not one of macro.test"])

    def test_faults_of_dns(self):
        server = NameServer({"slow.test": {"FAULT": ["TIMEOUT"]}, "broken.test": {"FAULT": ["SERVFAIL"]}})
        try:
            for domain in ("slow.test", "broken.test"):
                self.assertEqual(verdict("mailauth-spf", "--dns", server.address, "--ip", "192.0.2.1", "--timeout", "200",
                                         "--helo", "client.test", "--from", f"a@{domain}"), "temperror")
        finally:
            server.close()


class Srs(unittest.TestCase):
    """Debian's postsrsd: each turns back what the other wrote."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.secret = pathlib.Path(scratch.name) / "secret"
        self.secret.write_text("a secret of some length\n")
        daemon = next(path for path in ("/usr/sbin/postsrsd", "/usr/local/sbin/postsrsd") if os.path.exists(path))
        for _ in range(10):
            self.ports = harness.free_ports(2)
            self.daemon = subprocess.Popen([daemon, "-4", "-l127.0.0.1", f"-s{self.secret}", "-dpeer.test", f"-f{self.ports[0]}",
                                            f"-r{self.ports[1]}"], stdin=subprocess.DEVNULL)
            if self.reachable():
                break
            self.daemon.kill()
            self.daemon.wait()
        self.addCleanup(self.daemon.wait, 20)
        self.addCleanup(self.daemon.terminate)

    def reachable(self):
        end = time.monotonic() + 5
        while time.monotonic() < end and self.daemon.poll() is None:
            try:
                return self.lookup(1, "nobody@peer.test") is not None
            except OSError:
                continue
        return False

    def lookup(self, which, address):
        with socket.create_connection(("127.0.0.1", self.ports[which]), timeout=5) as connection:
            connection.sendall(f"get {address}\n".encode())
            return connection.makefile().readline().split()

    def ours(self, what, address, domain="ours.test", secret=None):
        return program("mailauth-srs", "--domain", domain, "--secrets", secret or self.secret, "--hash-length", 4, what,
                       address).decode().strip()

    def test_each_reads_the_other(self):
        theirs = self.lookup(0, "user+tag@sender.test")
        self.assertEqual(theirs[0], "200", theirs)
        self.assertEqual(self.ours("reverse", theirs[1], "peer.test"), "user+tag@sender.test")
        # A second forwarder, by either: SRS1, which leads back to the first.
        again = self.ours("forward", theirs[1])
        self.assertTrue(again.startswith("SRS1=") and again.endswith("@ours.test"), again)
        self.assertEqual(self.ours("reverse", again), theirs[1])
        mine = self.ours("forward", "user+tag@sender.test", "peer.test")
        self.assertEqual(self.lookup(1, mine), ["200", "user+tag@sender.test"])
        # The other way about. postsrsd does not rewrite what its own secret made: the first forwarder has another.
        other = self.secret.with_name("other")
        other.write_text("the first forwarder's own\n")
        first = self.ours("forward", "user@sender.test", secret=other)
        their_srs1 = self.lookup(0, first)
        self.assertEqual(their_srs1[0], "200", their_srs1)
        self.assertEqual(self.ours("reverse", their_srs1[1], "peer.test"), first)
        self.assertEqual(self.ours("reverse", first, secret=other), "user@sender.test")


if __name__ == "__main__":
    unittest.main()
