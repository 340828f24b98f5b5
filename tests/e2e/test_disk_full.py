"""A full disk: 452 and NO [UNAVAILABLE], nothing half-kept, and service resumes when there is room again."""
import imaplib, os, pathlib, smtplib, subprocess, tempfile, unittest
from e2e.harness import Server, message, wait_until


class DiskFull(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small file system")
        self.mount = pathlib.Path(tempfile.mkdtemp(prefix="barid-full-"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(self.mount)], capture_output=True)
        if done.returncode:
            os.rmdir(self.mount)
            self.skipTest("cannot mount a tmpfs here")
        self.addCleanup(lambda: (subprocess.run(["umount", str(self.mount)]), os.rmdir(self.mount)))

    def test_refuses_keeps_nothing_half_and_resumes(self):
        server = Server(data=self.mount / "data").start()
        try:
            server.deliver(message("before"))
            ballast = self.mount / "ballast"
            with open(ballast, "wb") as file:  # leave less than the reserve
                free = os.statvfs(self.mount).f_bavail * os.statvfs(self.mount).f_frsize
                file.write(b"\0" * max(0, free - (8 << 20)))
            imap = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
            imap.login(server.user, server.password)
            before = int(imap.select("INBOX")[1][0])

            def refused():
                typ, data = imap.append("INBOX", None, None, message("while full"))
                return typ == "NO" and data

            answer = wait_until(refused)
            self.assertIn(b"UNAVAILABLE", answer[0])
            with smtplib.SMTP("127.0.0.1", server.ports["smtp"]) as smtp:
                with self.assertRaises((smtplib.SMTPDataError, smtplib.SMTPSenderRefused,
                                        smtplib.SMTPRecipientsRefused)) as seen:
                    smtp.sendmail("a@elsewhere.test", [server.user], message("while full"))
                self.assertIn("452", str(seen.exception))
            # Reading goes on.
            self.assertIn(b"before", imap.fetch(str(before), "(ENVELOPE)")[1][0])
            accepted = int(imap.select("INBOX")[1][0])
            ballast.unlink()

            def again():
                return imap.append("INBOX", None, None, message("after"))[0] == "OK"

            wait_until(again, 30)
            self.assertEqual(int(imap.select("INBOX")[1][0]), accepted + 1)
            imap.logout()
            server.deliver(message("after, by LMTP"))
            self.assertEqual(server.cli("store", "check")["problems"], [])
        finally:
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
