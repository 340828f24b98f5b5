"""aerc in a terminal: list, push, reading, flags, moving, copying, filtering by the server, threads, folders, sending."""
import imaplib, os, pathlib, subprocess, tempfile, time, unittest, urllib.parse
from e2e.harness import ServerCase, message, wait_until

CONFIG = """[ui]
mouse-enabled=false
auto-mark-read=true
[viewer]
pager={home}/pager
[compose]
editor={home}/editor
header-layout=To,From,Subject
edit-headers=false
[filters]
text/plain=cat
"""


class Aerc(ServerCase):
    def setUp(self):
        self.need("aerc")
        self.need("tmux")
        scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(scratch.cleanup)
        self.home = pathlib.Path(scratch.name)
        self.address = "aerc@example.test"
        self.password = self.server.cli("account", "add", self.address)["password"]
        ports = self.server.ports
        login = f"{urllib.parse.quote(self.address)}:{urllib.parse.quote(self.password, safe='')}"
        config = self.home / "config" / "aerc"
        config.mkdir(parents=True)
        self.write(config / "accounts.conf", f"""[Barid]
source = imaps://{login}@localhost:{ports['imaps']}
outgoing = smtps://{login}@localhost:{ports['submissions']}
default = INBOX
from = Aerc <{self.address}>
copy-to = Sent
check-mail = 0
""", 0o600)
        self.write(config / "aerc.conf", CONFIG.format(home=self.home), 0o600)
        self.write(config / "binds.conf", pathlib.Path("/usr/share/aerc/binds.conf").read_text(), 0o600)
        self.write(self.home / "pager", "#!/bin/sh\ncat\nsleep 600\n", 0o700)
        self.write(self.home / "editor", "#!/bin/sh\nprintf 'Hello from aerc\\n' >>\"$1\"\n", 0o700)

    @staticmethod
    def write(path, text, mode):
        path.write_text(text)
        path.chmod(mode)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", str(self.home / "tmux"), *arguments], capture_output=True, text=True,
                              env={**os.environ, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"),
                                   "XDG_CACHE_HOME": str(self.home / "cache"), "SSL_CERT_FILE": self.server.ca,
                                   "XDG_DATA_HOME": str(self.home / "share"), "XDG_RUNTIME_DIR": str(self.home),
                                   "TERM": "xterm", "LC_ALL": "C.UTF-8"})

    def screen(self):
        return self.tmux("capture-pane", "-p").stdout

    def sees(self, text, absent=False, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            shown = self.screen()
            if (text in shown) != absent:
                return shown
            time.sleep(0.1)
        self.fail(f"{text!r} is {'still' if absent else 'not'} on the screen:\n{shown}\n{self.server.log_text()[-1500:]}")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def say(self, command):
        """A command line of aerc's."""
        self.tmux("send-keys", "-l", f":{command}")
        self.keys("Enter")

    def search(self, mailbox, *keys):
        with imaplib.IMAP4("127.0.0.1", self.server.ports["imap"]) as imap:
            imap.login(self.address, self.password)
            if imap.select(mailbox, readonly=True)[0] != "OK":
                return []
            return imap.search(None, *keys)[1][0].split()

    def test_what_people_do(self):
        self.server.deliver(message("first subject", "one\r\n", Message_ID="<1@elsewhere.test>"), to=self.address)
        self.server.deliver(message("second subject", "the text of two\r\n"), to=self.address)
        started = self.tmux("new-session", "-d", "-x", "140", "-y", "40", "aerc; echo ended $?; sleep 600")
        self.assertEqual(started.returncode, 0, started.stderr)
        self.addCleanup(self.tmux, "kill-server")
        self.sees("first subject")
        for folder in ("Archive", "Sent", "Trash"):
            self.sees(folder)
        # Push: it sits in IDLE.
        wait_until(lambda: any(row["state"] == "IDLE" and row["user"] == self.address
                               for row in self.server.cli("session", "list")))
        self.server.deliver(message("Re: first subject", "three\r\n", In_Reply_To="<1@elsewhere.test>",
                                    References="<1@elsewhere.test>"), to=self.address)
        self.sees("Re: first subject")
        # Reading the second from above sets \Seen.
        self.say("select 1")
        self.keys("Enter")
        self.sees("the text of two")
        wait_until(lambda: self.search("INBOX", "SEEN", "SUBJECT", "second"))
        self.say("close")
        self.sees("first subject")
        self.say("flag")
        wait_until(lambda: self.search("INBOX", "FLAGGED", "SUBJECT", "second"))
        # What another client does is seen: this message loses its flag and one goes.
        self.say("cp Archive")
        wait_until(lambda: self.search("Archive", "SUBJECT", "second"))
        self.say("mv Trash")
        wait_until(lambda: self.search("Trash", "SUBJECT", "second"))
        self.assertEqual(self.search("INBOX", "SUBJECT", "second"), [])
        self.sees("second subject", absent=True)
        # The server filters.
        self.say("filter Re:")
        wait_until(lambda: sum("subject" in line for line in self.screen().splitlines()) == 1)
        self.say("clear")
        wait_until(lambda: sum("subject" in line for line in self.screen().splitlines()) == 2)
        self.say("toggle-threads")
        self.sees("first subject")
        self.say("mkdir Plans")
        wait_until(lambda: self.listed("Plans"))
        # Sending, and the copy in Sent.
        self.say("compose -H 'To: two@example.test' -H 'Subject: sent by aerc'")
        self.sees("Send this email")
        self.keys("y")

        def arrived():
            with imaplib.IMAP4("127.0.0.1", self.server.ports["imap"]) as imap:
                imap.login("two@example.test", self.server.passwords["two@example.test"])
                imap.select("INBOX", readonly=True)
                return imap.search(None, "SUBJECT", '"sent by aerc"', "BODY", '"Hello from aerc"')[1][0].split()

        wait_until(arrived)
        wait_until(lambda: self.search("Sent", "SUBJECT", '"sent by aerc"'))

    def listed(self, name):
        with imaplib.IMAP4("127.0.0.1", self.server.ports["imap"]) as imap:
            imap.login(self.address, self.password)
            return imap.list('""', name)[1] != [None]


if __name__ == "__main__":
    unittest.main()
