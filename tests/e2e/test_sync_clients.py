"""mbsync, offlineimap, fetchmail, mpop and neomutt against one mailbox."""
import os, pathlib, subprocess, tempfile, time, unittest
from e2e.harness import ServerCase, message


class SyncClients(ServerCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.home = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)
        self.env = {"HOME": str(self.home)}

    def account(self, name, count=5):
        address = f"{name}@example.test"
        password = self.server.cli("account", "add", address)["password"]
        for i in range(count):
            self.server.deliver(message(f"{name} {i}", f"body {i}\r\n" * (i * 300 + 1)), to=address)
        return address, password

    def write(self, name, text, mode=0o600):
        path = self.home / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def imap_count(self, address, password, folder="INBOX"):
        import imaplib
        with imaplib.IMAP4("127.0.0.1", self.server.ports["imap"]) as imap:
            imap.login(address, password)
            return int(imap.select(folder, readonly=True)[1][0])

    def test_mbsync_twice_changes_nothing(self):
        self.need("mbsync")
        address, password = self.account("mbsync")
        rc = self.write("mbsyncrc", f"""IMAPAccount barid
Host localhost
Port {self.server.ports['imaps']}
User {address}
Pass {password}
SSLType IMAPS
CertificateFile {self.server.ca}

IMAPStore far
Account barid

MaildirStore near
Path {self.home}/mail/
Inbox {self.home}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""")
        (self.home / "mail").mkdir()
        run = lambda: self.run_client(["mbsync", "-c", rc, "-a", "-V"], env=self.env)
        run()
        files = lambda: sorted(str(p.relative_to(self.home)) for p in (self.home / "mail").rglob("*")
                               if p.is_file() and p.parent.name in ("cur", "new"))
        first = files()
        self.assertEqual(len(first), 5)
        before = self.server.cli("account", "show", address)
        run()
        self.assertEqual(files(), first)
        self.assertEqual(self.server.cli("account", "show", address), before)
        # Both ways: a local message goes up, a remote flag comes down, a local deletion goes up.
        import imaplib
        with imaplib.IMAP4("127.0.0.1", self.server.ports["imap"]) as imap:
            imap.login(address, password)
            imap.select("INBOX")
            imap.store("1", "+FLAGS", "(\\Flagged)")
        (self.home / "mail" / "INBOX" / "new" / "1700000000.M1P1.local").write_bytes(
            message("made locally").replace(b"\r\n", b"\n"))
        run()
        self.assertEqual(self.imap_count(address, password), 6)
        self.assertTrue(any("F" in name.rsplit(":2,", 1)[-1] for name in files()))
        os.unlink(self.home / [name for name in files() if "INBOX" in name][0])
        run()
        self.assertEqual(self.imap_count(address, password), 5)
        # The uploaded message kept its octets but for the line ends.
        after = self.server.cli("account", "show", address)
        run()
        self.assertEqual(self.server.cli("account", "show", address), after)

    def test_offlineimap(self):
        self.need("offlineimap")
        address, password = self.account("offline")
        rc = self.write("offlineimaprc", f"""[general]
accounts = a
ui = quiet
metadata = {self.home}/meta

[Account a]
localrepository = l
remoterepository = r

[Repository l]
type = Maildir
localfolders = {self.home}/offline

[Repository r]
type = IMAP
remotehost = localhost
remoteport = {self.server.ports['imaps']}
remoteuser = {address}
remotepass = {password}
ssl = yes
sslcacertfile = {self.server.ca}
""")
        for _ in range(2):
            self.run_client(["offlineimap", "-c", rc, "-o"], env=self.env)
            got = [p for p in (self.home / "offline" / "INBOX").rglob("*") if p.is_file()]
            self.assertEqual(len(got), 5)
        self.assertEqual(self.imap_count(address, password), 5)

    def test_fetchmail_by_imap_and_pop3(self):
        self.need("fetchmail")
        for protocol, port in (("imap", "imap"), ("pop3", "pop3")):
            address, password = self.account(f"fetch{protocol}", 3)
            box = self.home / f"got-{protocol}"
            mda = self.write(f"mda-{protocol}", f"#!/bin/sh\ncat >> {box}\n", 0o700)
            rc = self.write(f"fetchmailrc-{protocol}",
                            f'poll localhost service {self.server.ports[port]} protocol {protocol} username "{address}" '
                            f'password "{password}" sslproto "" mda "{mda}" fetchall nokeep\n')
            self.run_client(["fetchmail", "-f", rc, "--nosslcertck", "--pidfile", str(self.home / "pid")],
                            env={**self.env, "FETCHMAILHOME": str(self.home)})
            self.assertEqual(box.read_text().count("\nSubject: fetch"), 3)
            self.assertEqual(self.imap_count(address, password), 0)

    def test_mpop_remembers_by_uidl(self):
        self.need("mpop")
        address, password = self.account("mpop", 3)
        rc = self.write("mpoprc", f"""account a
host localhost
port {self.server.ports['pop3s']}
tls on
tls_starttls off
tls_trust_file {self.server.ca}
user {address}
password {password}
keep on
uidls_file {self.home}/uidls
delivery mbox {self.home}/box
""")
        for _ in range(2):
            self.run_client(["mpop", "-C", rc, "a"], env=self.env)
            self.assertEqual((self.home / "box").read_text().count("\nSubject: mpop"), 3)

    def test_neomutt_sends_and_reads(self):
        self.need("neomutt")
        address, password = self.account("mutt", 2)
        rc = self.write("muttrc", f"""set ssl_starttls=yes ssl_force_tls=yes certificate_file={self.server.ca} ssl_verify_host=no
set smtp_url="smtp://{address}@localhost:{self.server.ports['submission']}/" smtp_pass="{password}"
set smtp_authenticators="plain" from="{address}" realname="Mutt" use_from=yes envelope_from=yes copy=no
set folder="imaps://localhost:{self.server.ports['imaps']}/" imap_user="{address}" imap_pass="{password}"
set spoolfile="+INBOX" header_cache={self.home}/cache mail_check=1 timeout=1 quit=yes
""")
        self.run_client(["neomutt", "-n", "-F", rc, "-s", "sent by neomutt", "--", address],
                        stdin="Hello from neomutt\n", env={**self.env, "TERM": "xterm"})
        self.assertEqual(self.imap_count(address, password), 3)
        self.need("tmux")
        socket = str(self.home / "tmux")
        tmux = lambda *a: subprocess.run(["tmux", "-S", socket, *a], capture_output=True, text=True,
                                         env={**os.environ, **self.env, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
        started = tmux("new-session", "-d", "-x", "120", "-y", "40", f"neomutt -n -F {rc}")
        self.assertEqual(started.returncode, 0, started.stderr)
        try:
            screen = ""
            for _ in range(100):
                time.sleep(0.2)
                screen = tmux("capture-pane", "-p").stdout
                if "sent by neomutt" in screen:
                    break
            self.assertIn("sent by neomutt", screen)
            self.assertIn("mutt 1", screen)
            tmux("send-keys", "*", "Enter")
            for _ in range(50):
                time.sleep(0.2)
                screen = tmux("capture-pane", "-p").stdout
                if "Hello from neomutt" in screen:
                    break
            self.assertIn("Hello from neomutt", screen)
        finally:
            tmux("kill-server")


if __name__ == "__main__":
    unittest.main()
