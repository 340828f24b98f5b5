"""curl: IMAP, IMAPS, POP3, POP3S, SMTP and submission, as a person at a shell would."""
import re, tempfile, unittest
from e2e.harness import ServerCase, message


class Curl(ServerCase):
    def curl(self, *arguments, **kw):
        self.need("curl")
        return self.run_client(["curl", "-sS", "--max-time", "30", "--cacert", self.server.ca, "-u",
                                f"{self.server.user}:{self.server.password}", *arguments], **kw)

    def test_imap_lists_searches_and_fetches(self):
        self.server.deliver(message("curl reads me", "line one\r\n.line two\r\n"))
        url = f"imap://127.0.0.1:{self.server.ports['imap']}"
        self.assertIn("INBOX", self.curl(url).stdout)
        found = self.curl(f"{url}/INBOX?SUBJECT%20%22curl%20reads%22").stdout
        uid = re.search(r"SEARCH (\d+)", found)[1]
        self.assertIn(".line two", self.curl(f"{url}/INBOX;UID={uid}").stdout)
        part = self.curl(f"{url}/INBOX;UID={uid};SECTION=TEXT").stdout
        self.assertEqual(part, "line one\n.line two\n")

    def test_imaps_verifies_the_local_ca(self):
        url = f"imaps://localhost:{self.server.ports['imaps']}/INBOX"
        out = self.curl(url, "-X", "STATUS INBOX (MESSAGES UIDNEXT)").stdout
        self.assertRegex(out, r'\* STATUS "?INBOX"? \(MESSAGES \d+ UIDNEXT \d+\)')

    def test_imap_starttls_and_append(self):
        with tempfile.NamedTemporaryFile(suffix=".eml") as file:
            octets = message("appended by curl")
            file.write(octets)
            file.flush()
            url = f"imap://localhost:{self.server.ports['imap']}/Drafts"
            self.curl("--ssl-reqd", "-T", file.name, url)
        out = self.curl(f"imap://localhost:{self.server.ports['imap']}/Drafts;MAILINDEX=1").stdout
        self.assertIn("Subject: appended by curl", out)

    def test_pop3_and_pop3s(self):
        self.server.deliver(message("popped by curl"))
        for scheme, port in (("pop3", "pop3"), ("pop3s", "pop3s")):
            url = f"{scheme}://localhost:{self.server.ports[port]}"
            listing = self.curl(url).stdout.split("\n")
            last = [line for line in listing if line.strip()][-1].split()[0]
            self.assertIn("Subject: ", self.curl(f"{url}/{last}").stdout)

    def test_smtp_delivers(self):
        for scheme, port, extra in (("smtp", "smtp", ()), ("smtp", "submission", ("--ssl-reqd",)),
                                    ("smtps", "submissions", ())):
            subject = f"sent to {port}"
            octets = message(subject, From="demo@example.test").decode()
            sender = self.server.user if port != "smtp" else "sender@elsewhere.test"
            command = ["--mail-from", sender, "--mail-rcpt", "two@example.test", "-T", "-", *extra,
                       f"{scheme}://localhost:{self.server.ports[port]}/client.test"]
            if port == "smtp":
                self.run_client(["curl", "-sS", "--max-time", "30", *command], stdin=octets)
            else:
                self.curl(*command, stdin=octets)
            done = self.run_client(["curl", "-sS", "-u", f"two@example.test:{self.server.passwords['two@example.test']}",
                                    f"imap://127.0.0.1:{self.server.ports['imap']}/INBOX?SUBJECT%20%22{port}%22"])
            self.assertRegex(done.stdout, r"SEARCH \d")


if __name__ == "__main__":
    unittest.main()
