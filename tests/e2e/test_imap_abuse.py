"""What clients may not do to a server that runs: memory and CPU time are measured from outside. threats.md section 2.2."""
import os, pathlib, resource, socket, ssl, subprocess, threading, time, unittest
from e2e.harness import Server, ServerCase, message, wait_until

MIB = 1 << 20


class Raw:
    """A socket and lines."""

    def __init__(self, server, login=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", server.ports["imap"]))
        self.file = self.socket.makefile("rb")
        self.greeting = self.file.readline()
        if login:
            assert self.ask(b"LOGIN %s %s" % (login.encode(), server.passwords[login].encode())).startswith(b"t OK")

    def ask(self, command):
        """Its tagged answer."""
        self.socket.sendall(b"t " + command + b"\r\n")
        while True:
            line = self.file.readline()
            if not line or line.startswith(b"t "):
                return line

    def close(self):
        self.file.close()
        self.socket.close()


class ImapAbuse(ServerCase):
    def setUp(self):
        self.pid = self.server.facts["pid"]

    def resident(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) << 10
        raise AssertionError("no VmRSS")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def raw(self, login=None, **options):
        one = Raw(self.server, login, **options)
        self.addCleanup(one.close)
        return one

    def served(self):
        """Somebody else is, at once."""
        other = self.raw("two@example.test")
        start = time.monotonic()
        self.assertTrue(other.ask(b"SELECT INBOX").startswith(b"t OK"))
        self.assertLess(time.monotonic() - start, 5)

    def push(self, raw, octets, seconds=10):
        """Sends until the server takes no more. How much it took."""
        raw.socket.settimeout(1)
        taken, end = 0, time.monotonic() + seconds
        view = memoryview(octets)
        try:
            while taken < len(octets) and time.monotonic() < end:
                taken += raw.socket.send(view[taken:taken + MIB])
        except (TimeoutError, ConnectionError):
            pass
        return taken

    def test_a_million_noops_from_one_who_does_not_read(self):
        before = self.resident()
        raw = self.raw("demo@example.test", receive_buffer=4096)
        octets = b"".join(b"n%d NOOP\r\n" % i for i in range(1_000_000))
        taken = self.push(raw, octets)
        self.assertLess(taken, len(octets), "the pipeline is not held back")
        self.assertLess(self.resident() - before, 16 * MIB)
        self.served()
        # Who reads again gets all of it, in order.
        raw.socket.settimeout(60)
        sender = threading.Thread(target=lambda: raw.socket.sendall(memoryview(octets)[taken:]))
        sender.start()
        for i in range(1_000_000):
            line = raw.file.readline()
            if line != b"n%d OK NOOP completed\r\n" % i:
                self.assertEqual(line, b"n%d OK NOOP completed\r\n" % i)
        sender.join()
        self.assertLess(self.resident() - before, 32 * MIB)

    def test_readers_who_do_not_read_a_large_message(self):
        text = message("large", ("x" * 998 + "\r\n") * 20_000)
        self.server.deliver(text)
        warm = self.raw("demo@example.test")
        warm.ask(b"SELECT INBOX")
        self.assertTrue(warm.ask(b"FETCH * (RFC822.SIZE)").startswith(b"t OK"))
        before = self.resident()
        held = [self.raw("demo@example.test", receive_buffer=4096) for _ in range(16)]
        for raw in held:
            self.assertTrue(raw.ask(b"SELECT INBOX").startswith(b"t OK"))
            raw.socket.sendall(b"f FETCH * (BODY.PEEK[])\r\n" * 10)
        time.sleep(2)
        # 3.2 GB were asked for.
        self.assertLess(self.resident() - before, 64 * MIB)
        self.served()
        for raw in held:
            raw.close()
        wait_until(lambda: sum(row["user"] == "demo@example.test" for row in self.server.cli("session", "list")) <= 1)

    def test_strangers_hold_little(self):
        warm = [self.raw() for _ in range(10)]
        for raw in warm:
            raw.close()
        before = self.resident()
        held = []
        for number in range(40):
            raw = self.raw()
            held.append(raw)
            raw.socket.sendall((b"a ID (" + b"\"k\" \"v\" " * 5000)[:8000] if number % 2 else b"a LOGIN " + b"(" * 8000)
        time.sleep(1)
        self.assertLess(self.resident() - before, 40 * 64 * 1024)
        self.served()
        # One octet too many, and each is told and cut off.
        for raw in held:
            self.push(raw, b"x" * 9000, 2)
            raw.socket.settimeout(30)
            rest = b""
            try:
                while part := raw.socket.recv(65536):
                    rest += part
            except ConnectionError:
                pass
            self.assertIn(b"* BYE", rest)

    def test_four_gigabytes_are_announced(self):
        before = self.resident()
        for login, command in ((None, b"LOGIN {4294967295+}"), ("demo@example.test", b"APPEND INBOX {4294967295+}"),
                               ("demo@example.test", b"SEARCH BODY {4294967295+}"),
                               ("demo@example.test", b"APPEND INBOX {18446744073709551615+}")):
            with self.subTest(login=login, command=command):
                raw = self.raw(login)
                raw.socket.sendall(b"b " + command + b"\r\n")
                self.push(raw, b"INJ NOOP\r\n" * (6 * MIB // 10), 3)
                raw.socket.settimeout(5)
                told = b""
                try:
                    while part := raw.socket.recv(65536):
                        told += part
                except (ConnectionError, TimeoutError):
                    pass
                self.assertNotRegex(told, rb"(?m)^\+ ")
                if b"4294967295" in command:
                    self.assertNotIn(b"INJ OK", told)
        self.assertLess(self.resident() - before, 16 * MIB)
        self.served()

    def test_mail_that_floods(self):
        floods = {
            "addresses": "To: " + "a@b.c,\r\n " * 100_000 + "z@b.c\r\n\r\nx\r\n",
            "groups": "Cc: " + "g: a@b.c;,\r\n " * 50_000 + "z@b.c\r\n\r\nx\r\n",
            "comments": "From: " + ("(" * 900 + "\r\n ") * 200 + "\r\n\r\nx\r\n",
            "continuations": "Content-Type: text/plain" + "".join(f";\r\n name*{i}*=a" for i in range(60_000)) + "\r\n\r\nx\r\n",
            "references": "References:" + "".join(f"\r\n <{i}@x>" for i in range(60_000)) + "\r\n\r\nx\r\n",
            "parts": "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n" * 100_000 + "--b--\r\n",
            "depth": "".join(f"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n" for i in range(5_000)) + "\r\nx\r\n",
            "words": "Subject: " + "=?utf-8?q?a?=\r\n " * 50_000 + "z\r\n\r\nx\r\n",
            "field": "X-Long: " + ("y" * 990 + "\r\n ") * 9_000 + "\r\n\r\nx\r\n",
        }
        raw = self.raw("demo@example.test")
        raw.ask(b"SELECT INBOX")
        before = self.resident()
        for name, text in floods.items():
            cpu = self.cpu_seconds()
            try:
                self.server.deliver(text.encode() if name == "words" else b"Subject: flood\r\n" + text.encode())
            except AssertionError as refused:  # more header than anybody needs
                self.assertIn("5.3.4", str(refused))
                self.assertGreater(len(text), 4 * MIB)
                continue
            for command in (b"NOOP", b"FETCH * (ENVELOPE BODYSTRUCTURE RFC822.SIZE)", b"FETCH * (BODY.PEEK[HEADER])",
                            b"FETCH * (BODY.PEEK[1.MIME])", b"SEARCH FROM nobody", b"SEARCH HEADER X-None nothing",
                            b"SEARCH TEXT nothing-of-it", b"SORT (SUBJECT FROM TO) UTF-8 ALL",
                            b"THREAD REFERENCES UTF-8 ALL"):
                with self.subTest(flood=name, command=command):
                    self.assertRegex(raw.ask(command), rb"^t (OK|NO|BAD)")
            with self.subTest(flood=name):
                self.assertLess(self.cpu_seconds() - cpu, 20)
        # Caches fill; what is held does not grow with the floods, which are 15 MB.
        self.assertLess(self.resident() - before, 128 * MIB)
        self.served()


class FilesRunOut(unittest.TestCase):
    """No more descriptors: accept() does not spin, who is in stays served, and it gets better by itself."""

    def test_accept_does_not_spin(self):
        server = Server(wrapper=["prlimit", "--nofile=160:160"]).start()
        self.addCleanup(server.stop)
        pid = server.facts["pid"]
        inside = Raw(server, "demo@example.test")
        self.addCleanup(inside.close)
        held = []
        for _ in range(300):
            one = socket.socket()
            one.settimeout(2)
            try:
                one.connect(("127.0.0.1", server.ports["pop3" if len(held) % 2 else "imap"]))
            except OSError:
                one.close()
                break
            held.append(one)

        def cpu():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

        time.sleep(0.5)
        start = cpu()
        time.sleep(2)
        self.assertLess(cpu() - start, 1.0, "it spins")
        self.assertTrue(inside.ask(b"NOOP").startswith(b"t OK"))
        for one in held:
            one.close()

        def in_again():
            try:
                again = Raw(server, "two@example.test")
            except (OSError, AssertionError):
                return False
            again.close()
            return True

        self.assertTrue(wait_until(in_again))


if __name__ == "__main__":
    unittest.main()
