"""Public folders and folders of others over IMAP, made and shared from the command line, with mail coming in by LMTP and
read by POP3, and over a crash. RFC 4314, RFC 2342, RFC 5464."""
import imaplib, poplib, signal, subprocess, unittest
from e2e.harness import BARID, Server, message, wait_until


class Sharing(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.stop)
        self.office = self.server.cli("account", "show", self.server.user)["postoffice"]

    def imap(self, user=None, password=None):
        connection = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        connection.login(user or self.server.user, password or self.server.password)
        self.addCleanup(self.leave, connection)
        return connection

    def two(self):
        return self.imap("two@example.test", self.server.passwords["two@example.test"])

    @staticmethod
    def leave(connection):
        try:
            connection.logout()
        except (OSError, imaplib.IMAP4.error):
            pass

    def ok(self, answer):
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def select(self, connection, mailbox):
        """imaplib takes READ-ONLY for a fault, which it is not when \\Seen is all that one may change (RFC 4314 section
        5.2)."""
        with self.assertRaises(imaplib.IMAP4.readonly):
            connection.select(mailbox)
        connection.is_readonly = True

    def unseen(self, connection, mailbox):
        return int(self.ok(connection.status(mailbox, "(UNSEEN)"))[0].rsplit(b" ", 1)[1].rstrip(b")"))

    def plain(self, *arguments, code=0):
        done = subprocess.run([BARID, "--socket", self.server.socket, *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def check(self):
        report = self.server.cli("store", "check")
        self.assertEqual(report["problems"], [])

    def test_public_folders(self):
        self.plain("folder", "add", self.office, "News")
        self.plain("folder", "add", self.office, "Board/Minutes", "--anyone", "")
        self.plain("folder", "acl", self.office, "News", "demo@example.test", "lrswipte")
        self.plain("folder", "acl", self.office, "News", "nobody@example.test", "l", code=1)
        listed = self.plain("folder", "list", self.office)
        self.assertIn("anyone lrs", listed)
        demo, two = self.imap(), self.two()
        self.assertEqual(self.ok(two.list('""', "Public/*")), [b'(\\HasNoChildren) "/" "Public/News"'])
        for number in range(3):
            self.ok(demo.append("Public/News", None, None, message(f"news {number}")))
        self.assertEqual(two.append("Public/News", None, None, message("no"))[0], "NO")
        self.select(two, "Public/News")
        self.ok(two.store("1:2", "+FLAGS", "(\\Seen)"))
        self.assertEqual(two.store("1", "+FLAGS", "(\\Deleted)")[0], "NO")
        self.assertEqual((self.unseen(demo, "Public/News"), self.unseen(two, "Public/News")), (3, 1))
        # By its name with "-": what is taken away.
        self.plain("folder", "acl", self.office, "News", "--", "-two@example.test", "s")
        self.assertEqual(two.store("3", "+FLAGS", "(\\Seen)")[0], "NO")
        self.plain("folder", "acl", self.office, "News", "--", "-two@example.test")
        self.plain("folder", "quota", self.office, "--set", "1KiB")
        self.assertEqual(demo.append("Public/News", None, None, message("too much", "x" * 2000))[0], "NO")
        self.assertIn("quota 1.0 KiB", self.plain("folder", "quota", self.office))
        # A crash loses nothing that was answered.
        self.server.stop(how=signal.SIGKILL, keep=True)
        self.server.start()
        demo, two = self.imap(), self.two()
        self.assertEqual((self.unseen(demo, "Public/News"), self.unseen(two, "Public/News")), (3, 1))
        self.select(two, "Public/News")
        self.assertEqual(self.ok(two.search(None, "UNSEEN")), [b"3"])
        self.check()
        self.plain("folder", "rename", self.office, "News", "Old")
        self.assertEqual(self.ok(two.list('""', "Public/*")), [b'(\\HasNoChildren) "/" "Public/Old"'])
        self.ok(two.unselect())
        self.plain("folder", "remove", self.office, "Old")
        self.assertEqual(self.ok(two.list('""', "Public*")), [None])
        self.check()

    def test_an_inbox_that_somebody_else_reads_too(self):
        demo, two = self.imap(), self.two()
        self.ok(demo.select("INBOX"))
        self.ok(demo.store("1:*", "+FLAGS", "(\\Seen \\Deleted)"))
        self.ok(demo.close())  # the samples that a server for trying out begins with
        self.assertEqual(two.select('"Other Users/demo/INBOX"')[0], "NO")
        self.ok(demo.setacl("INBOX", "two@example.test", "lrs"))
        self.server.deliver(message("first"))
        self.select(two, '"Other Users/demo/INBOX"')
        # What comes while he idles is told to him at once.
        two.send(b"i1 IDLE\r\n")
        self.assertTrue(two.readline().startswith(b"+"))
        self.server.deliver(message("second"))
        line = two.readline()
        while b"RECENT" in line:
            line = two.readline()
        self.assertEqual(line, b"* 2 EXISTS\r\n")
        two.send(b"DONE\r\n")
        while not line.startswith(b"i1 "):
            line = two.readline()
        self.assertTrue(line.startswith(b"i1 OK"), line)
        self.ok(two.fetch("1", "(BODY[])"))
        self.assertEqual(self.unseen(demo, "INBOX"), 2)
        self.assertEqual(self.unseen(two, '"Other Users/demo/INBOX"'), 1)
        # POP3 is the owner's: it sees both, and what it deletes is gone for the other.
        pop = poplib.POP3("127.0.0.1", self.server.ports["pop3"])
        pop.user(self.server.user)
        pop.pass_(self.server.password)
        self.assertEqual(pop.stat()[0], 2)
        pop.dele(1)
        pop.quit()
        wait_until(lambda: self.ok(two.noop()) and self.ok(two.search(None, "ALL")) == [b"1"])
        self.check()
        # Whoever is thrown out while he idles is told at once.
        two.send(b"i2 IDLE\r\n")
        line = two.readline()
        while not line.startswith(b"+"):
            line = two.readline()
        self.ok(demo.deleteacl("INBOX", "two@example.test"))
        self.assertTrue(two.readline().startswith(b"* BYE"))
        # His account goes: nothing of him is left in the list.
        self.ok(demo.setacl("INBOX", "two@example.test", "lrs"))
        self.plain("account", "remove", "two@example.test")
        self.assertNotIn(b"two", self.ok(demo.getacl("INBOX"))[0])
        self.check()


if __name__ == "__main__":
    unittest.main()
