"""The required behaviours of SMTP, submission and LMTP servers (smtp_behaviours.py) against a running Barid."""
import pathlib, sys, unittest
from e2e.harness import ServerCase


class SmtpBehaviours(ServerCase):
    def behave(self, role, port, *extra):
        script = pathlib.Path(__file__).parent / "smtp_behaviours.py"
        done = self.run_client([sys.executable, str(script), "--port", str(self.server.ports[port]), "--role", role,
                                "--imap-port", str(self.server.ports["imap"]), "--password", self.server.password, *extra],
                               timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])

    def test_inbound(self):
        self.behave("inbound", "smtp")

    def test_submission(self):
        self.behave("submission", "submission")

    def test_lmtp(self):
        self.behave("lmtp", "lmtp")


if __name__ == "__main__":
    unittest.main()
