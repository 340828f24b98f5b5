"""A `barid serve` of a test's own: a configuration file, listeners on free ports, an operator's socket."""
import pathlib, shutil, signal, ssl, subprocess, sys, tempfile, unittest
from e2e.harness import BARID, Server, free_ports, wait_until


class ServedCase(unittest.TestCase):
    """start(extra, listeners) runs it; anna@acme.test and bert@acme.test have the password "a long secret"."""
    PASSWORD = "a long secret"

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="barid-served-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        donor = Server().start()  # a certificate of its own CA
        for name in ("ca.pem", "server.pem", "server.key"):
            shutil.copy(donor.data / name, self.root / name)
        donor.stop()
        names = "imap", "imaps", "pop3", "submission", "lmtp"
        self.ports = dict(zip(names, free_ports(len(names))))

    def listener(self, name, protocol, tls, extra=""):
        return (f'[[listener]]\nname = "{name}"\nprotocol = "{protocol}"\naddress = "127.0.0.1:{self.ports[name]}"\n'
                f'tls = "{tls}"\n{extra}\n')

    def write(self, extra="", listeners=None):
        path = self.root / "barid.toml"
        if listeners is None:
            listeners = (self.listener("imap", "imap", "starttls") + self.listener("imaps", "imap", "implicit") +
                         self.listener("pop3", "pop3", "starttls") +
                         self.listener("submission", "submission", "starttls") + self.listener("lmtp", "lmtp", "none"))
        path.write_text(f"""hostname = "mail.acme.test"
[store]
path = "{self.root}/data"
[tls]
certificate = "{self.root}/server.pem"
key = "{self.root}/server.key"
[admin]
socket = "{self.root}/admin.sock"
{extra}
{listeners}""")
        return str(path)

    def barid(self, *arguments, code=0, **kw):
        done = subprocess.run([BARID, "--socket", str(self.root / "admin.sock"), *arguments], capture_output=True,
                              text=True, timeout=60, **kw)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def start(self, extra="", listeners=None):
        self.config = self.write(extra, listeners)
        self.run_server()
        self.addCleanup(self.end)
        self.barid("postoffice", "add", "acme")
        self.barid("domain", "add", "acme.test", "--postoffice", "acme")
        for name in ("anna", "bert"):
            self.barid("account", "add", f"{name}@acme.test", "--password-stdin", input=self.PASSWORD + "\n")

    def run_server(self):
        with open(self.root / "log", "wb") as log:
            self.process = subprocess.Popen([BARID, "serve", "-c", self.config], stderr=log, stdout=log)
        wait_until(lambda: self.process.poll() is not None or b"ready" in (self.root / "log").read_bytes())
        self.assertIsNone(self.process.poll(), self.log_text())

    def end(self):
        if not self._outcome.success:  # also a fault that comes seldom says why
            print(self.log_text()[-4000:], file=sys.stderr, flush=True)
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.assertEqual(code, 0, self.log_text()[-3000:])

    def again(self):
        """kill -9, and a new process over the same data."""
        self.process.kill()
        self.process.wait()
        self.run_server()

    def log_text(self):
        return (self.root / "log").read_text(errors="replace")

    def tls(self):
        return ssl.create_default_context(cafile=str(self.root / "ca.pem"))
