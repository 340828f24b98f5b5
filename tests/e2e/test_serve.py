"""barid serve from a configuration file, and the config commands."""
import imaplib, pathlib, shutil, signal, socket, ssl, subprocess, tempfile, time, unittest
from e2e.harness import BARID, Server, free_ports, wait_until


class Serve(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="barid-serve-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        donor = Server().start()  # a certificate of its own CA
        for name in ("ca.pem", "server.pem", "server.key"):
            shutil.copy(donor.data / name, self.root / name)
        donor.stop()
        self.imap, self.imaps, self.lmtp = free_ports(3)

    def write(self, extra=""):
        path = self.root / "barid.toml"
        path.write_text(f"""hostname = "mail.example.test"
[store]
path = "{self.root}/data"
[tls]
certificate = "{self.root}/server.pem"
key = "{self.root}/server.key"
[admin]
socket = "{self.root}/admin.sock"
[log]
level = "info"
{extra}
[[listener]]
name = "imap"
protocol = "imap"
address = "127.0.0.1:{self.imap}"
tls = "starttls"
[[listener]]
name = "imaps"
protocol = "imap"
address = "127.0.0.1:{self.imaps}"
tls = "implicit"
[[listener]]
name = "lmtp"
protocol = "lmtp"
address = "127.0.0.1:{self.lmtp}"
""")
        return str(path)

    def barid(self, *arguments, code=0, **kw):
        done = subprocess.run([BARID, *arguments], capture_output=True, text=True, timeout=60, **kw)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_a_tenant_is_served_and_the_certificate_reloads(self):
        config = self.write()
        self.barid("config", "check", config)
        log = open(self.root / "log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen([BARID, "serve", "-c", config], stderr=log, stdout=log)
        try:
            wait_until(lambda: (self.root / "admin.sock").exists() and b"ready" in (self.root / "log").read_bytes())
            socket_option = ("--socket", str(self.root / "admin.sock"))
            self.barid(*socket_option, "postoffice", "add", "acme")
            self.barid(*socket_option, "domain", "add", "acme.test", "--postoffice", "acme")
            self.barid(*socket_option, "account", "add", "anna@acme.test", "--password-stdin", input="a long secret\n")
            context = ssl.create_default_context(cafile=str(self.root / "ca.pem"))
            with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=context) as imap:
                self.assertIn(b"mail.example.test", imap.welcome)
                imap.login("anna@acme.test", "a long secret")
                serial = ssl.DER_cert_to_PEM_cert(imap.sock.getpeercert(True))
                # A new certificate: sessions go on, new ones see it.
                donor = Server().start()
                for name in ("ca.pem", "server.pem", "server.key"):
                    shutil.copy(donor.data / name, self.root / name)
                donor.stop()
                process.send_signal(signal.SIGHUP)

                def changed():
                    fresh = ssl.create_default_context(cafile=str(self.root / "ca.pem"))
                    try:
                        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=fresh) as other:
                            return ssl.DER_cert_to_PEM_cert(other.sock.getpeercert(True)) != serial
                    except ssl.SSLError:
                        return False

                wait_until(changed)
                self.assertEqual(imap.noop()[0], "OK")
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=30), 0)

    def test_faults_have_line_column_and_the_nearest_name(self):
        config = self.write()
        path = pathlib.Path(config)
        path.write_text(path.read_text().replace("hostname =", "hostnam ="))
        out = self.barid("config", "check", config, code=3)
        self.assertIn("barid.toml:1:1", out)
        self.assertIn("hostname", out)
        self.assertIn("barid.toml:1:1", self.barid("serve", "-c", config, code=2))
        self.assertIn("store.path", self.barid("config", "explain", "store"))
        self.assertIn("hostname", self.barid("config", "show", self.write(), "--origin"))

    def test_a_taken_port_is_told(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.imap))
            taken.listen()
            self.assertIn(f"127.0.0.1:{self.imap}", self.barid("serve", "-c", self.write(), code=1))

    def start(self, config):
        log = open(self.root / "log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen([BARID, "serve", "-c", config], stderr=log, stdout=log)

        def end():
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=30), 0)

        ready = lambda: process.poll() is not None or b"ready" in (self.root / "log").read_bytes()
        try:
            wait_until(ready)
        except AssertionError:
            process.kill()
            raise
        self.assertIsNone(process.poll(), (self.root / "log").read_text())
        return end

    def test_without_a_certificate_it_makes_its_own(self):
        lines = pathlib.Path(self.write()).read_text().splitlines()
        plain = [line for line in lines if line != "[tls]" and not line.startswith(("certificate", "key"))]
        config = self.root / "barid.toml"
        config.write_text("\n".join(plain))
        self.assertIn("no certificate (tls.certificate, tls.key) for imap, imaps",
                      self.barid("config", "check", str(config)))
        ca = self.root / "data" / "tls" / "ca.pem"

        def served(name):
            """The certificate of IMAPS and of STARTTLS, as a client sees it that trusts the server's CA."""
            context = ssl.create_default_context(cafile=ca)
            with socket.create_connection(("127.0.0.1", self.imaps)) as tcp:
                with context.wrap_socket(tcp, server_hostname=name) as tls:
                    self.assertIn(b"OK", tls.recv(1000))
                    seen = tls.getpeercert(True)
            with imaplib.IMAP4("localhost", self.imap) as imap:
                imap.starttls(context)
                self.assertEqual(imap.sock.getpeercert(True), seen)
            return seen

        end = self.start(str(config))
        try:
            self.assertIn("no certificate is set", (self.root / "log").read_text())
            first = served("mail.example.test")
        finally:
            end()
        self.assertEqual((self.root / "data" / "tls" / "server.key").stat().st_mode & 0o777, 0o600)
        end = self.start(str(config))
        try:
            self.assertEqual(served("mail.example.test"), first)  # kept: clients that trust it go on
        finally:
            end()
        config.write_text(config.read_text().replace("mail.example.test", "other.example.test"))
        end = self.start(str(config))
        try:
            self.assertNotEqual(served("other.example.test"), first)
        finally:
            end()

    def test_check_and_serve_agree_on_a_missing_certificate(self):
        config = self.write()
        (self.root / "server.pem").unlink()
        wanted = f"cannot read '{self.root}/server.pem': No such file or directory"
        self.assertIn(wanted, self.barid("config", "check", config, code=3))
        self.assertIn(wanted, self.barid("serve", "-c", config, code=2))


if __name__ == "__main__":
    unittest.main()
