"""Starts a Barid of its own for a test: `barid dev` on free ports, in a temporary directory, stopped by its pid."""
import contextlib, json, os, pathlib, random, shutil, signal, smtplib, socket, subprocess, sys, tempfile, time, unittest

SOURCE = pathlib.Path(os.environ.get("BARID_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BARID = os.environ.get("BARID", str(SOURCE / "build" / "bin" / "barid"))
OFFSETS = (24, 25, 80, 110, 143, 443, 465, 587, 993, 995)
# A client under test must neither read nor write the home of whoever runs the tests.
QUIET = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin:" + os.environ.get("PATH", "")}


def testdata() -> pathlib.Path | None:
    """The shared mail corpus, where it is there."""
    for place in (os.environ.get("BARID_TESTDATA"), SOURCE.parent / "shared" / "testdata"):
        if place and pathlib.Path(place).is_dir():
            return pathlib.Path(place)
    return None


# Of 127.0.0.1, below those that the system gives to connections and to whoever asks for any port. port_base() gives
# others than free_ports().


def port_base() -> int:
    """A base of which every port is free now."""
    for _ in range(200):
        base = random.randrange(10000, 27000, 8)
        with contextlib.ExitStack() as held:
            try:
                for offset in OFFSETS:
                    probe = held.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", base + offset))
            except OSError:
                continue
            return base
    raise RuntimeError("no free ports")


PORTS_GIVEN = set()


def free_ports(count):
    """So many ports, free now, none of which this run had before: nobody listens on them until the test does."""
    found = []
    for port in random.sample(range(28000, 32768), 32768 - 28000):
        if len(found) == count:
            return found
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in PORTS_GIVEN:
                PORTS_GIVEN.add(port)
                found.append(port)
    raise RuntimeError("no free ports")


class Server:
    def __init__(self, data=None, users=0, arguments=(), wrapper=(), environment=None):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="barid-test-"))
        self.data = pathlib.Path(data) if data else self.scratch / "data"
        self.arguments = ["--users", str(users), *arguments]
        self.wrapper, self.environment = list(wrapper), dict(os.environ, **(environment or {}))
        self.process = None

    def start(self):
        for attempt in range(5):
            self.base = port_base()
            self.log = open(self.scratch / "log", "ab")
            command = [*self.wrapper, BARID, "dev", "--json", "--data", str(self.data), "--port-base", str(self.base),
                       *self.arguments]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env=self.environment)
            line = self.process.stdout.readline()
            if line:
                break
            self.process.wait()  # a port was taken between the probe and the start: try others
        else:
            raise RuntimeError("barid did not start:\n" + (self.scratch / "log").read_text(errors="replace")[-4000:])
        self.facts = json.loads(line)
        assert self.facts["ready"] is True
        self.ports, self.ca, self.socket = self.facts["ports"], self.facts["ca"], self.facts["admin"]["socket"]
        self.passwords = {account["address"]: account["password"] for account in self.facts["accounts"]}
        self.user = "demo@example.test"
        self.password = self.passwords[self.user]
        return self

    def stop(self, how=signal.SIGTERM, keep=False):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
        code = self.process.returncode if self.process else None
        if self.process:
            self.process.stdout.close()
            self.log.close()
        if not keep:
            shutil.rmtree(self.scratch, ignore_errors=True)
        return code

    def log_text(self):
        return (self.scratch / "log").read_text(errors="replace")

    def cli(self, *arguments, stdin=None, check=True):
        """A subcommand against this server; its JSON."""
        done = subprocess.run([BARID, "--json", "--socket", self.socket, *arguments], capture_output=True, text=True,
                              input=stdin, timeout=300)
        if check and done.returncode:
            raise AssertionError(f"barid {' '.join(arguments)}: {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def deliver(self, octets, to=None, sender="sender@elsewhere.test"):
        """By LMTP, octets as they are (CRLF line ends)."""
        with smtplib.LMTP("127.0.0.1", self.ports["lmtp"]) as lmtp:
            lmtp.ehlo_or_helo_if_needed()
            code, text = lmtp.mail(sender)
            assert code == 250, (code, text)
            code, text = lmtp.rcpt(to or self.user)
            assert code == 250, (code, text)
            code, text = lmtp.docmd("DATA")
            assert code == 354, (code, text)
            stuffed = octets.replace(b"\r\n.", b"\r\n..")
            if stuffed.startswith(b"."):
                stuffed = b"." + stuffed
            lmtp.send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            code, text = lmtp.getreply()
            assert code == 250, (code, text)
            return text.decode()


class ServerCase(unittest.TestCase):
    """One server for the tests of a class."""
    USERS = 0
    ARGUMENTS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(users=cls.USERS, arguments=cls.ARGUMENTS).start()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, f"barid ended with {code}"

    def run_client(self, command, timeout=120, stdin=None, env=None, check=True, cwd=None):
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", input=stdin, timeout=timeout,
                              env={**QUIET, **(env or {})}, cwd=cwd)
        if check and done.returncode:
            self.fail(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}\n"
                      f"server:\n{self.server.log_text()[-3000:]}")
        return done

    def need(self, program):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")


def message(subject, body="Hello\r\n", **fields):
    head = {"From": "Sender <sender@elsewhere.test>", "To": "demo@example.test", "Subject": subject,
            "Date": "Fri, 20 Nov 2026 10:00:00 +0000", "Message-ID": f"<{abs(hash((subject, body)))}@elsewhere.test>"}
    head.update({key.replace("_", "-"): value for key, value in fields.items()})
    return ("".join(f"{key}: {value}\r\n" for key, value in head.items()) + "\r\n" + body).encode()


def wait_until(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = what()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("timed out")
