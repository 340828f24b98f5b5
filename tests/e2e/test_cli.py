"""The operator's commands against a running server."""
import contextlib, imaplib, json, mailbox, os, pathlib, signal, socket, ssl, subprocess, tempfile, time, unittest
from e2e.harness import BARID, Server, ServerCase, message, wait_until


class Cli(ServerCase):
    def plain(self, *arguments, code=0):
        done = subprocess.run([BARID, "--socket", self.server.socket, *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_a_tenant_from_nothing_to_mail(self):
        self.plain("postoffice", "add", "acme", "--mailboxes-max", "2", "--quota", "1MiB")
        self.plain("postoffice", "add", "acme", code=1)
        self.plain("domain", "add", "acme.test", "--postoffice", "acme")
        made = self.server.cli("account", "add", "Anna@ACME.test", "--alias", "info@acme.test")
        self.assertEqual([a.lower() for a in made["addresses"]], ["anna@acme.test", "info@acme.test"])
        self.assertIn("password", made)
        self.server.deliver(message("to an alias"), to="INFO@acme.test")
        self.server.deliver(message("to a subaddress"), to="anna+lists@acme.test")
        shown = self.server.cli("account", "show", "anna@acme.test")
        self.assertEqual(shown["messages"], 2)
        self.assertEqual(shown["quota_bytes"], 1 << 20)
        self.assertEqual({f["name"] for f in shown["folders"]}, {"INBOX", "Drafts", "Sent", "Trash", "Junk", "Archive"})
        self.server.cli("account", "add", "ben@acme.test", "--password-stdin", stdin="a long password\n")
        self.plain("account", "add", "carla@acme.test", code=1)  # mailboxes_max
        import imaplib
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        imap.login("ben@acme", "a long password")
        new = self.server.cli("account", "password", "ben@acme.test")["password"]
        with self.assertRaises((imaplib.IMAP4.abort, imaplib.IMAP4.error, OSError)):
            imap.noop()  # whoever knew the old password is out
            imap.noop()
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        imap.login("ben@acme.test", new)
        imap.logout()
        self.assertIn("acme.test", self.plain("domain", "list"))
        self.assertIn("anna", self.plain("account", "list", "--postoffice", "acme"))
        self.plain("account", "set", "ben@acme.test", "--login", "no")
        with self.assertRaises(imaplib.IMAP4.error):
            imaplib.IMAP4("127.0.0.1", self.server.ports["imap"]).login("ben@acme.test", new)
        self.plain("postoffice", "remove", "acme", code=1)  # not empty
        for address in ("anna@acme.test", "ben@acme.test"):
            self.plain("account", "remove", address)
        self.plain("domain", "remove", "acme.test")
        self.plain("postoffice", "remove", "acme")

    def test_imported_hash_logs_in(self):
        import imaplib
        # crypt(3) of "secret": SHA-512, as an old server keeps it.
        done = subprocess.run(["openssl", "passwd", "-6", "-salt", "abcdefgh", "secret"], capture_output=True, text=True)
        self.server.cli("account", "add", "old@example.test", "--hash", done.stdout.strip())
        for _ in range(2):  # the second time against the new argon2id hash
            imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
            imap.login("old@example.test", "secret")
            imap.logout()

    def test_sessions_are_listed_and_kicked(self):
        import imaplib
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        imap.login(self.server.user, self.server.password)
        imap.xatom("ID", '("name" "tester")')
        imap.select("Sent")
        rows = [row for row in self.server.cli("session", "list") if row["user"] == self.server.user]
        self.assertEqual(len(rows), 1)
        self.assertEqual((rows[0]["folder"], rows[0]["protocol"]), ("Sent", "imap"))
        self.assertIn("tester", rows[0]["client"])
        self.plain("session", "kick", str(rows[0]["id"]))
        with self.assertRaises((imaplib.IMAP4.abort, imaplib.IMAP4.error, OSError)):
            imap.noop()
            imap.noop()
        self.plain("session", "kick", "999999", code=1)

    def test_status_and_check(self):
        status = self.server.cli("status")
        self.assertEqual(status["pid"], self.server.facts["pid"])
        self.assertGreater(status["resident_bytes"], 1 << 20)
        self.assertIn("barid", self.plain("status"))
        report = self.server.cli("store", "check")
        self.assertEqual(report["problems"], [])
        self.assertIn("sound", self.plain("store", "check"))

    def test_handshakes_are_counted(self):
        connections = self.server.cli("status")["connections"]
        self.assertEqual((connections["tls_running"], connections["tls_waiting"]), (0, 0))
        with socket.create_connection(("127.0.0.1", self.server.ports["imaps"])) as slow:
            slow.sendall(b"\x16\x03\x01")  # a handshake that has begun
            wait_until(lambda: self.server.cli("status")["connections"]["tls_running"] == 1)
            self.assertIn("TLS handshakes 1 running, 0 waiting", self.plain("status"))

    def test_silent_connections_do_not_stop_tls_for_their_address(self):
        port = self.server.ports["imaps"]
        context = ssl.create_default_context(cafile=self.server.ca)
        with contextlib.ExitStack() as held:
            for _ in range(15):  # tls.handshakes_per_ip_max is 10
                held.enter_context(socket.create_connection(("127.0.0.1", port)))
            wait_until(lambda: self.server.cli("status")["connections"]["open"] >= 15)
            start = time.monotonic()
            with imaplib.IMAP4_SSL("localhost", port, ssl_context=context, timeout=30) as imap:
                imap.noop()
            self.assertLess(time.monotonic() - start, 8)  # they are cut off after 10 s

    def ask(self, operation, **arguments):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(self.server.socket)
            admin.sendall(json.dumps({"op": operation, "args": arguments}).encode() + b"\n")
            answer = json.loads(admin.makefile().readline())
        self.assertTrue(answer["ok"], answer)
        return answer["result"]

    def test_accounts_of_all_post_offices_in_pages(self):
        made = []
        for office in ("alpha", "empty", "zulu"):
            self.plain("postoffice", "add", office)
            self.plain("domain", "add", f"{office}.test", "--postoffice", office)
            for name in ("a", "a.b", "a1", "b") if office != "empty" else ():
                self.server.cli("account", "add", f"{name}@{office}.test", "--password-stdin", stdin="a long secret\n")
                made.append(f"{name}@{office}")
        try:
            listed = [f"{row['name']}@{row['postoffice']}" for row in self.server.cli("account", "list")]
            self.assertLessEqual({*made, "demo@demo", "two@demo"}, set(listed))
            self.assertEqual(len(listed), len(set(listed)))
            for address in ("a.b@alpha.test", "a1@zulu.test", self.server.user):
                self.assertIn(address, self.plain("account", "list"))
            for size in (1, 3, 1000):
                seen, after = [], ""
                while page := self.ask("account.list", after=after, max=size):
                    self.assertLessEqual(len(page), size)
                    seen += [f"{row['name']}@{row['postoffice']}" for row in page]
                    after = seen[-1]
                self.assertEqual(seen, listed, size)
            one = self.server.cli("account", "list", "--postoffice", "zulu")
            self.assertEqual({row["postoffice"] for row in one}, {"zulu"})
            self.assertEqual(len(one), 4)
            self.assertEqual(len(self.ask("account.list", postoffice="zulu", after="a@zulu", max=1000)), 3)
            domains = {row["name"] for row in self.server.cli("domain", "list")}
            self.assertLessEqual({"alpha.test", "empty.test", "zulu.test", "example.test"}, domains)
        finally:
            for account in made:
                self.plain("account", "remove", account)
            for office in ("alpha", "empty", "zulu"):
                self.plain("domain", "remove", f"{office}.test")
                self.plain("postoffice", "remove", office)

    def test_help_says_what_export_makes(self):
        self.assertIn("directory", self.plain("export", "mbox", "--help"))
        self.assertNotIn("directory", self.plain("import", "mbox", "--help"))

    def test_usage_errors_exit_2(self):
        self.assertIn("'frobnicate'", self.plain("frobnicate", code=2))
        self.assertIn("'tail'", self.plain("log", "tail", code=2))
        self.assertIn("'--frob'", self.plain("--frob", code=2))
        self.assertIn("frob", self.plain("status", "frob", code=2))
        self.assertIn("A subcommand is required", self.plain("log", code=2))
        self.plain("account", "add", code=2)
        self.plain("account", "add", "x@example.test", "--quota", "many", code=2)
        done = subprocess.run([BARID, "--socket", "/nonexistent/sock", "status"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--socket", done.stderr)

    def test_import_and_export_round_trip(self):
        with tempfile.TemporaryDirectory() as scratch:
            root = pathlib.Path(scratch)
            box = mailbox.Maildir(root / "in", create=True)
            for i in range(30):
                one = mailbox.MaildirMessage(message(f"imported {i}", f"From the body\r\n{i}\r\n").replace(b"\r\n", b"\n"))
                one.set_subdir("cur" if i % 2 else "new")
                one.set_flags("FS" if i % 2 else "")
                box.add(one)
            sub = box.add_folder("Work.2026")
            sub.add(mailbox.MaildirMessage(message("in a subfolder").replace(b"\r\n", b"\n")))
            made = self.server.cli("account", "add", "mover@example.test")
            counts = self.server.cli("import", "maildir", "mover@example.test", str(root / "in"))
            self.assertEqual(counts["messages"], 31)
            self.assertEqual(counts["folders"]["Work/2026"]["messages"], 1)
            shown = self.server.cli("account", "show", "mover@example.test")
            inbox = next(f for f in shown["folders"] if f["name"] == "INBOX")
            self.assertEqual((inbox["messages"], inbox["unseen"]), (30, 15))
            for form in ("maildir", "mbox", "eml"):
                out = self.server.cli("export", form, "mover@example.test", str(root / form))
                self.assertEqual(out["messages"], 31)
                self.server.cli("account", "add", f"{form}@example.test")
                source = root / form if form != "mbox" else root / form / "INBOX.mbox"
                back = self.server.cli("import", form, f"{form}@example.test", str(source))
                self.assertEqual(back["messages"], 30 if form == "mbox" else 31)
            again = mailbox.Maildir(root / "maildir", create=False)
            self.assertEqual(sum("F" in m.get_flags() for m in again), 15)
            text = (root / "mbox" / "INBOX.mbox").read_text()
            self.assertEqual(text.count("\n>From the body\n"), 30)


class Restart(unittest.TestCase):
    def test_data_and_passwords_stay(self):
        with tempfile.TemporaryDirectory() as data:
            first = Server(data=data).start()
            first.deliver(message("kept"))
            self.assertEqual(first.stop(), 0)
            second = Server(data=data).start()
            try:
                self.assertEqual(first.passwords, second.passwords)
                shown = second.cli("account", "show", second.user)
                self.assertGreaterEqual(shown["messages"], 1)
                self.assertEqual(second.cli("store", "check")["problems"], [])
            finally:
                self.assertEqual(second.stop(), 0)

    def test_sigterm_says_goodbye(self):
        import imaplib
        server = Server().start()
        imap = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
        imap.login(server.user, server.password)
        server.process.send_signal(signal.SIGTERM)
        line = imap.readline()
        self.assertTrue(line.startswith(b"* BYE"), line)
        self.assertEqual(server.process.wait(timeout=15), 0)  # a second signal would end it at once, with 1
        server.stop()


if __name__ == "__main__":
    unittest.main()
