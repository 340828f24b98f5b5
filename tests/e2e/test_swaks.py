"""swaks: SMTP, submission with STARTTLS and every AUTH type that it has, LMTP."""
import unittest
from e2e.harness import ServerCase


class Swaks(ServerCase):
    def swaks(self, *arguments, check=True):
        self.need("swaks")
        return self.run_client(["swaks", "--timeout", "30", "--from", "a@elsewhere.test", "--to", self.server.user,
                                *arguments], check=check)

    def test_port_25_plain_and_pipelined(self):
        server = f"127.0.0.1:{self.server.ports['smtp']}"
        self.assertIn("250 2.0.0", self.swaks("--server", server).stdout)
        self.assertIn("250 2.0.0", self.swaks("--server", server, "--pipeline").stdout)
        self.assertIn("250 2.0.0", self.swaks("--server", server, "--tls").stdout)

    def test_submission_by_every_mechanism(self):
        for mechanism in ("PLAIN", "LOGIN"):
            for port, tls in (("submission", "--tls"), ("submissions", "--tls-on-connect")):
                done = self.swaks("--server", f"127.0.0.1:{self.server.ports[port]}", tls, "--auth", mechanism, "--au",
                                  self.server.user, "--ap", self.server.password, "--from", self.server.user, "--to",
                                  "two@example.test")
                self.assertIn("235 2.7.0", done.stdout)
                self.assertIn("250 2.0.0", done.stdout)

    def test_wrong_password_unknown_recipient_and_relay(self):
        submission = f"127.0.0.1:{self.server.ports['submission']}"
        done = self.swaks("--server", submission, "--tls", "--auth", "PLAIN", "--au", self.server.user, "--ap", "wrong",
                          check=False)
        self.assertIn("535 5.7.8", done.stdout)
        smtp = f"127.0.0.1:{self.server.ports['smtp']}"
        self.assertIn("550 5.1.1", self.swaks("--server", smtp, "--to", "nobody@example.test", check=False).stdout)
        self.assertIn("550 5.7.1", self.swaks("--server", smtp, "--to", "x@foreign.test", check=False).stdout)

    def test_lmtp_and_attachment(self):
        done = self.swaks("--protocol", "LMTP", "--server", f"127.0.0.1:{self.server.ports['lmtp']}", "--attach",
                          "@/bin/true")
        self.assertIn("250 2.0.0", done.stdout)


if __name__ == "__main__":
    unittest.main()
