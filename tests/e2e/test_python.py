"""Python's own imaplib, poplib and smtplib."""
import imaplib, poplib, smtplib, socket, ssl, time, unittest
from e2e.harness import ServerCase, message


class Python(ServerCase):
    def imap(self, user=None):
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        user = user or self.server.user
        imap.login(user, self.server.passwords[user])
        self.addCleanup(lambda: imap.logout() if imap.state != "LOGOUT" else None)
        return imap

    def context(self):
        return ssl.create_default_context(cafile=self.server.ca)

    def test_a_day_with_imaplib(self):
        imap = self.imap()
        imap.create("Work")
        typ, data = imap.append("Work", "(\\Seen $Todo)", imaplib.Time2Internaldate(1_700_000_000), message("one"))
        self.assertEqual(typ, "OK")
        self.assertIn(b"APPENDUID", data[0])
        self.assertEqual(imap.select("Work")[1], [b"1"])
        typ, data = imap.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])")
        whole = b"".join(part if isinstance(part, bytes) else b"".join(part) for part in data)
        for word in (b"\\Seen", b"$Todo", b"14-Nov-2023", b'"one"', b'("TEXT" "PLAIN"', b"Subject: one"):
            self.assertIn(word.lower(), whole.lower())
        self.assertEqual(imap.search(None, "SUBJECT", "one")[1], [b"1"])
        self.assertEqual(imap.copy("1", "Trash")[0], "OK")
        imap.store("1", "+FLAGS", "\\Deleted")
        self.assertEqual(imap.expunge()[1], [b"1"])
        imap.select("Trash")
        self.assertEqual(imap.search(None, "KEYWORD", "$Todo")[1], [b"1"])
        imap.rename("Work", "Play")
        names = b" ".join(imap.list()[1])
        self.assertIn(b"Play", names)
        self.assertIn(b"\\Trash", names)
        self.assertEqual(imap.delete("Play")[0], "OK")

    def test_starttls_and_imaps(self):
        imap = imaplib.IMAP4("localhost", self.server.ports["imap"])
        imap.starttls(self.context())
        imap.login(self.server.user, self.server.password)
        imap.logout()
        imap = imaplib.IMAP4_SSL("localhost", self.server.ports["imaps"], ssl_context=self.context())
        imap.authenticate("PLAIN", lambda _: f"\0{self.server.user}\0{self.server.password}".encode())
        imap.logout()

    def test_idle_tells_at_once(self):
        with socket.create_connection(("127.0.0.1", self.server.ports["imap"])) as raw:
            stream = raw.makefile("rb")
            stream.readline()

            def send(tag, text):
                raw.sendall(f"{tag} {text}\r\n".encode())
                while not (line := stream.readline()).startswith(tag.encode()):
                    self.assertTrue(line)
                self.assertIn(b"OK", line)

            send("a", f"LOGIN two@example.test {self.server.passwords['two@example.test']}")
            send("b", "SELECT INBOX")
            raw.sendall(b"c IDLE\r\n")
            self.assertTrue(stream.readline().startswith(b"+"))
            raw.settimeout(10)
            for _ in range(5):
                self.server.deliver(message("idle"), to="two@example.test")
                while b"EXISTS" not in (line := stream.readline()):
                    self.assertTrue(line)
            raw.sendall(b"DONE\r\nd NOOP\r\n")
            seen = b""
            while b"d OK" not in seen:
                seen += stream.readline()
            self.assertIn(b"c OK", seen)

    def test_pop3(self):
        self.server.deliver(message("pop", ".dot\r\nplain\r\n"), to="two@example.test")
        pop = poplib.POP3("localhost", self.server.ports["pop3"])
        pop.stls(self.context())
        pop.user("two@example.test")
        pop.pass_(self.server.passwords["two@example.test"])
        count, _ = pop.stat()
        _, lines, octets = pop.retr(count)
        self.assertIn(b".dot", lines)
        self.assertEqual(len(pop.uidl()[1]), count)
        pop.dele(count)
        pop.quit()
        pop = poplib.POP3_SSL("localhost", self.server.ports["pop3s"], context=self.context())
        pop.user("two@example.test")
        pop.pass_(self.server.passwords["two@example.test"])
        self.assertEqual(pop.stat()[0], count - 1)
        pop.quit()

    def test_smtplib_submission(self):
        with smtplib.SMTP("localhost", self.server.ports["submission"]) as smtp:
            smtp.starttls(context=self.context())
            smtp.login(self.server.user, self.server.password)
            refused = smtp.sendmail(self.server.user, ["two@example.test"], message("by smtplib", From=self.server.user))
            self.assertEqual(refused, {})
            with self.assertRaises(smtplib.SMTPSenderRefused):
                smtp.sendmail("somebody@example.test", ["two@example.test"], message("forged"))


    def test_octets_that_are_refused_do_not_end_the_session(self):
        """A LITERAL+ of megabytes that the quota, or no folder, has room for: NO, and the session goes on."""
        account = "small@example.test"
        self.server.cli("account", "add", account, "--quota", "1MiB", "--password-stdin", stdin="small-pass-1\n")
        with socket.create_connection(("127.0.0.1", self.server.ports["imap"])) as raw:
            stream = raw.makefile("rb")
            stream.readline()
            raw.sendall(f"a LOGIN {account} small-pass-1\r\n".encode())
            self.assertIn(b"a OK", stream.readline())
            for tag, folder, reason in (("b", "INBOX", b"[OVERQUOTA]"), ("c", "Nowhere", b"[TRYCREATE]")):
                octets = b"Subject: big\r\n\r\n" + b"x" * 3_000_000
                raw.sendall(f"{tag} APPEND {folder} {{{len(octets)}+}}\r\n".encode() + octets + b"\r\n")
                line = stream.readline()
                self.assertTrue(line.startswith(tag.encode() + b" NO"), line)
                self.assertIn(reason, line)
            raw.sendall(b"d STATUS INBOX (MESSAGES)\r\n")
            self.assertIn(b"MESSAGES 0", stream.readline())


if __name__ == "__main__":
    unittest.main()
