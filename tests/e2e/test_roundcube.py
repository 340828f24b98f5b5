"""Roundcube: login, folders, list, threads, sorting, reading, flags, moving, search, quota, sharing, sending."""
import imaplib, pathlib, shutil, tempfile, unittest
from e2e.harness import ServerCase, message, wait_until
from e2e.roundcube import PUBLIC, Roundcube, rows_of


class RoundcubeCase(ServerCase):
    def setUp(self):
        self.need("php")
        if not PUBLIC.is_dir():
            self.skipTest("roundcube-core is not installed")
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="barid-rc-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.roundcube = Roundcube(self.home, self.server)
        self.addCleanup(self.roundcube.stop)
        self.passwords = {address: self.server.cli("account", "add", address)["password"]
                          for address in ("web@example.test", "peer@example.test")}
        self.user = "web@example.test"
        self.browser = self.roundcube.browser()

        def up():
            try:
                return self.browser.page()
            except OSError:
                return None

        wait_until(up)

    def imap(self, user=None):
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        imap.login(user or self.user, self.passwords[user or self.user])
        self.addCleanup(imap.logout)
        return imap

    def test_what_people_do(self):
        first = message("root of all", "one\r\n", Message_ID="<root@elsewhere.test>")
        self.server.deliver(first, to=self.user)
        self.server.deliver(message("Re: root of all", "two\r\n", Message_ID="<leaf@elsewhere.test>",
                                    References="<root@elsewhere.test>", In_Reply_To="<root@elsewhere.test>"), to=self.user)
        self.server.deliver(message("a zebra", "the needle is here\r\n" + "x" * 3000 + "\r\n"), to=self.user)
        self.server.deliver(message("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "three\r\n"), to=self.user)
        self.server.cli("account", "set", self.user, "--quota", "10MiB")
        browser = self.browser
        page = browser.login(self.user, self.passwords[self.user])
        for folder in ("Drafts", "Sent", "Junk", "Trash", "Archive"):
            self.assertIn(folder, page)

        # The list, sorted by the server; the quota under it.
        listed = browser.ajax("list", {"_mbox": "INBOX", "_sort": "subject_ASC", "_refresh": "1"})
        self.assertIn("set_quota", listed["exec"])
        self.assertRegex(listed["exec"], r'"total":10240\b')
        # With the list's prefixes left out (RFC 5256): "a zebra", "Grüße", and the two of one base subject.
        subjects = [row["subject"] for row in rows_of(listed).values()]
        self.assertEqual(subjects[:2], ["a zebra", "Grüße"])
        self.assertEqual(len(subjects), 4)
        self.assertEqual(list(browser.rows(_sort="size_DESC").values())[0]["subject"], "a zebra")

        # Reading sets \Seen.
        uid = browser.uid("zebra")
        self.assertFalse(browser.rows()[uid]["flags"].get("seen"))
        shown = browser.page({"_task": "mail", "_action": "show", "_uid": uid, "_mbox": "INBOX"})
        self.assertIn("the needle is here", shown)
        self.assertTrue(browser.rows()[uid]["flags"].get("seen"))
        # Flags, both ways.
        browser.post("mark", uid=uid, mbox="INBOX", flag="flagged")
        imap = self.imap()
        imap.select("INBOX")
        self.assertEqual(len(imap.search(None, "FLAGGED", "SEEN")[1][0].split()), 1)
        imap.store("1", "+FLAGS", "(\\Answered)")
        self.assertTrue(browser.rows()[browser.uid("root of all")]["flags"])
        self.assertEqual(sum(bool(row["flags"].get("answered")) for row in browser.rows().values()), 1)

        # Search: header fields, and the text of the messages.
        found = rows_of(browser.ajax("search", {"_mbox": "INBOX", "_q": "grüße", "_headers": "subject", "_scope": "base"}))
        self.assertEqual([row["subject"] for row in found.values()], ["Grüße"])
        found = rows_of(browser.ajax("search", {"_mbox": "INBOX", "_q": "NEEDLE", "_headers": "text", "_scope": "base"}))
        self.assertEqual(list(found), [uid])

        # Threads, by the server.
        threads = rows_of(browser.ajax("list", {"_mbox": "INBOX", "_threads": "1", "_refresh": "1"}))
        root = [row for row in threads.values() if row["subject"] == "root of all"][0]
        self.assertEqual(root["flags"].get("unread_children"), 1, threads)
        browser.ajax("list", {"_mbox": "INBOX", "_threads": "0", "_refresh": "1"})

        # Moving.
        browser.post("move", uid=uid, mbox="INBOX", target_mbox="Archive")
        self.assertIsNone(browser.uid("zebra"))
        self.assertIsNotNone(browser.uid("zebra", "Archive"))
        imap.select("Archive", readonly=True)
        self.assertEqual(imap.search(None, "FLAGGED", "SUBJECT", "zebra")[1][0].split(), [b"1"])

        # New mail comes with the next look, and with the caches resynchronised.
        self.server.deliver(message("later"), to=self.user)
        self.assertIsNotNone(browser.uid("later"))

        # Sending: by submission with this user's password; a copy goes to Sent.
        sent = browser.send("peer@example.test", "from the web", "hello\r\n")
        self.assertIn("sent_successfully", sent)
        other = self.imap("peer@example.test")

        def arrived():
            other.select("INBOX", readonly=True)
            return other.search(None, "SUBJECT", '"from the web"')[1][0].split()

        wait_until(arrived)
        self.assertIsNotNone(browser.uid("from the web", "Sent"))

        # Sharing by the ACL plugin: the other sees the folder in Roundcube, too.
        shared = browser.ajax("plugin.acl", form={"_act": "save", "_mbox": "Archive", "_user": "peer@example.test",
                                                  "_acl": "lrs", "_old": ""}, task="settings")
        self.assertIn("acl_update", shared["exec"])
        self.assertIn("peer@example.test", " ".join(part.decode() for part in imap.getacl("Archive")[1]))
        second = self.roundcube.browser()
        second.login("peer@example.test", self.passwords["peer@example.test"])
        self.assertIsNotNone(second.uid("zebra", "Other Users/web/Archive"))

        said = self.roundcube.imap_log()
        for command in (" SORT ", " THREAD ", " GETQUOTA", " SETACL ", " MOVE ", "ENABLE"):
            self.assertIn(command, said)
        self.assertEqual(self.roundcube.errors(), "")


if __name__ == "__main__":
    unittest.main()
