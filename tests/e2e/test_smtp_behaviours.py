"""The required behaviours of SMTP, submission and LMTP servers (smtp_behaviours.py) against a running Barid."""
import pathlib, subprocess, sys, unittest
from e2e.harness import QUIET, ServerCase


class SmtpBehaviours(ServerCase):
    ROLES = {"inbound": "smtp", "submission": "submission", "lmtp": "lmtp"}

    @classmethod
    def setUpClass(cls):
        """All at one time: what they wait for is the server's patience with errors, not its work."""
        super().setUpClass()
        script = pathlib.Path(__file__).parent / "smtp_behaviours.py"
        cls.running = {role: subprocess.Popen([sys.executable, str(script), "--port", str(cls.server.ports[port]),
                                               "--role", role, "--imap-port", str(cls.server.ports["imap"]), "--password",
                                               cls.server.password], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                              text=True, errors="replace", env=QUIET)
                       for role, port in cls.ROLES.items()}

    def behave(self, role):
        said, _ = self.running[role].communicate(timeout=300)
        self.assertEqual(self.running[role].returncode, 0, said[-8000:])
        self.assertIn(" 0 failed, 0 weak", said.splitlines()[-1])

    def test_inbound(self):
        self.behave("inbound")

    def test_submission(self):
        self.behave("submission")

    def test_lmtp(self):
        self.behave("lmtp")


if __name__ == "__main__":
    unittest.main()
