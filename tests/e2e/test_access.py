"""Who may connect and log in, how long they may be silent, who is connected, and how they are sent away; NTLM."""
import imaplib, json, poplib, smtplib, socket, ssl, subprocess, time, unittest
from e2e.harness import BARID, wait_until
from e2e.served import ServedCase


class Line:
    """A connection that reads lines."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")

    def line(self):
        return self.file.readline()

    def ask(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.line()

    def close(self):
        self.file.close()
        self.socket.close()


class Access(ServedCase):
    QUICK = '[auth]\npenalty_first = "100ms"\npenalty_max = "100ms"\n'

    def connect(self, name):
        line = Line(self.ports[name])
        self.addCleanup(line.close)
        return line

    def test_listeners_let_in_whom_they_should(self):
        self.start(self.QUICK, "".join((
            self.listener("imap", "imap", "none", 'deny = "127.0.0.1"'),
            self.listener("imaps", "imap", "none", 'allow = ["192.0.2.0/24", "localhost"]\n'
                                                   'allow_users = "anna@acme.test"'),
            self.listener("pop3", "pop3", "none", 'allow = [".example"]'),
            self.listener("submission", "submission", "none", 'deny = ["localhost"]'))))
        denied = self.connect("imap")
        self.assertEqual(denied.line(), b"* BYE You may not connect here\r\n")
        self.assertEqual(denied.line(), b"")
        self.assertEqual(self.connect("pop3").line(), b"-ERR [SYS/PERM] You may not connect here\r\n")
        self.assertEqual(self.connect("submission").line(), b"554 5.7.1 You may not connect here\r\n")
        imap = imaplib.IMAP4("127.0.0.1", self.ports["imaps"])
        self.addCleanup(imap.shutdown)
        with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED|failed"):
            imap.login("bert@acme.test", self.PASSWORD)
        self.assertEqual(imap.login("anna@acme.test", self.PASSWORD)[0], "OK")
        self.assertIn("not let in", self.log_text())
        status = json.loads(self.barid("--json", "status"))
        self.assertEqual(status["connections"]["denied"], 3)

    def test_silence_ends_a_session(self):
        self.start(self.QUICK, "".join((
            self.listener("imap", "imap", "none", 'idle_max = "1s"'),
            self.listener("pop3", "pop3", "none", 'idle_max = "1s"'),
            self.listener("submission", "submission", "none", 'idle_max = "1s"'))))
        imap = self.connect("imap")
        imap.line()
        self.assertIn(b"OK", imap.ask(f'a LOGIN anna@acme.test "{self.PASSWORD}"'))
        pop = self.connect("pop3")
        pop.line()
        pop.ask("USER anna@acme.test")
        self.assertIn(b"+OK", pop.ask(f"PASS {self.PASSWORD}"))
        smtp = self.connect("submission")
        smtp.line()
        begun = time.monotonic()
        self.assertRegex(smtp.line(), b"^421")
        self.assertRegex(imap.line(), rb"^\* BYE")
        self.assertRegex(pop.line(), b"^-ERR|^$")
        self.assertLess(time.monotonic() - begun, 10)

    def test_sessions_are_shown_and_ended(self):
        self.start(self.QUICK)
        imap = imaplib.IMAP4_SSL("localhost", self.ports["imaps"], ssl_context=self.tls())
        self.addCleanup(imap.shutdown)
        imap.login("anna@acme.test", self.PASSWORD)
        imap.xatom("ID", '("name" "Test client" "version" "7")')
        imap.select("INBOX")
        pop = self.connect("pop3")
        pop.line()
        pop.ask("USER bert@acme.test")
        pop.ask(f"PASS {self.PASSWORD}")
        smtp = self.connect("submission")
        smtp.line()
        smtp.ask("HELO client.example")
        rows = {row["protocol"]: row for row in json.loads(self.barid("--json", "session", "list"))
                if row["protocol"] != "admin"}
        self.assertEqual(set(rows), {"imap", "pop3", "submission"})
        one = rows["imap"]
        self.assertEqual((one["user"], one["address"], one["folder"], one["listener"]),
                         ("anna@acme.test", "127.0.0.1", "INBOX", "imaps"))
        self.assertRegex(one["tls"], "^TLSv1")
        self.assertIn("Test client", one["client"])
        self.assertGreaterEqual(one["idle_seconds"], 0)
        self.assertEqual((rows["pop3"]["user"], rows["pop3"]["tls"]), ("bert@acme.test", ""))
        self.assertEqual(rows["submission"]["client"], "client.example")
        table = self.barid("session", "list")
        for text in ("anna@acme.test", "INBOX", "Test client", "client.example", "idle"):
            self.assertIn(text, table)
        only = json.loads(self.barid("--json", "session", "list", "--protocol", "pop3"))
        self.assertEqual([row["user"] for row in only], ["bert@acme.test"])

        self.assertIn("1 kicked", self.barid("session", "kick", str(rows["pop3"]["id"])))
        self.assertRegex(pop.line(), b"^-ERR .*operator")
        self.assertEqual(pop.line(), b"")
        self.assertIn("1 kicked", self.barid("session", "kick", "--user", "anna@acme.test"))
        self.assertRegex(imap.readline(), rb"^\* BYE")
        self.assertIn("1 kicked", self.barid("session", "kick", "--address", "127.0.0.0/8"))
        self.assertRegex(smtp.line(), b"^421")
        self.assertEqual(smtp.line(), b"")
        self.assertIn("0 kicked", self.barid("session", "kick", "--address", "192.0.2.1"))
        self.barid("session", "kick", "--address", "nonsense", code=1)
        self.barid("session", "kick", str(rows["pop3"]["id"]), code=1)
        wait_until(lambda: json.loads(self.barid("--json", "session", "list", "--protocol", "imap")) == [])

    def test_ntlm_by_curl(self):
        self.start(self.QUICK + "ntlm = true\n")
        version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
        self.assertIn("NTLM", version)

        def curl(password):
            return subprocess.run(["curl", "-sS", "--max-time", "20", "--ssl-reqd", "--cacert",
                                   str(self.root / "ca.pem"), "--login-options", "AUTH=NTLM", "-u",
                                   f"anna@acme.test:{password}", f"imap://localhost:{self.ports['imap']}/INBOX"],
                                  capture_output=True, text=True)

        done = curl(self.PASSWORD)
        self.assertEqual(done.returncode, 0, done.stderr + self.log_text()[-2000:])
        self.assertIn("mechanism=NTLM", self.log_text())
        self.assertEqual(curl("wrong").returncode, 67)
        pop = poplib.POP3("localhost", self.ports["pop3"])
        self.addCleanup(pop.close)
        pop.stls(self.tls())
        self.assertIn("NTLM", pop.capa()["SASL"])
        with smtplib.SMTP("localhost", self.ports["submission"]) as smtp:
            smtp.starttls(context=self.tls())
            smtp.ehlo()
            self.assertIn("NTLM", smtp.esmtp_features["auth"])

    def test_the_warning_of_version_1(self):
        out = self.barid("config", "check", self.write(self.QUICK + "ntlm = true\nntlm_v1 = true\n"))
        self.assertIn("warning: NTLMv1 is broken", out)
        self.assertIn("as good as the password", self.barid("config", "explain", "auth.ntlm"))

    def test_what_could_not_start_is_told(self):
        def check(extra="", listeners=None):
            config = self.write(extra, listeners)
            out = self.barid("config", "check", config, code=3)
            return out, config

        listener = lambda more: self.listener("imap", "imap", "starttls", more)
        for text in ('allow = "192.0.2.300"', 'deny = "192.0.2.0/33"', 'proxy_trusted = "192.0.2.300/24"'):
            out, config = check(listeners=listener(text))
            line = 1 + (self.root / "barid.toml").read_text().split("\n").index(text)
            self.assertIn(f"{config}:{line}:1: error: 'listener[0].{text.split()[0]}'", out)
        whole = (self.root / "server.pem").read_text()
        for name, octets, wanted in (("server.pem", whole.replace("A", "", 5), "tls.certificate"),
                                     ("server.pem", "no certificate", "tls.certificate"),
                                     ("server.key", "no key", "tls.key")):
            kept = (self.root / name).read_text()
            (self.root / name).write_text(octets)
            out, _ = check()
            self.assertIn(f"error: '{wanted}': {self.root}/{name}: ", out)
            (self.root / name).write_text(kept)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(self.root / "other.key")],
                       check=True, capture_output=True)
        pair = f'certificate = "{self.root}/server.pem"\nkey = "{self.root}/other.key"'
        self.assertIn("error: 'listener[0].key'", check(listeners=listener(pair))[0])
        (self.root / "none.pem").write_text("no authorities")
        self.assertIn("'listener[0].client_ca'", check(listeners=listener(f'client_ca = "{self.root}/none.pem"'))[0])
        (self.root / "keys.json").write_text("[]")
        out, _ = check(f'[oauth]\nkeys_file = "{self.root}/keys.json"\nissuer = "i"\naudience = "a"\n')
        self.assertIn("'oauth.keys_file'", out)
        self.assertIn(": ok", self.barid("config", "check", self.write()))


if __name__ == "__main__":
    unittest.main()
