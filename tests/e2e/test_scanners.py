"""The real scanners, where they are installed: clamd with a signature database of one line, rspamd with nothing but its
test pattern. What they find is refused, what they do not find arrives."""
import pathlib, shutil, smtplib, socket, subprocess, unittest
from e2e.harness import free_ports, wait_until
from e2e.test_queue import QueueCase

EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
RSPAMD = """options {{ filters = []; pidfile = "{run}/pid"; tempdir = "{run}"; rrd = ""; history_file = "";
cache_file = "{run}/cache"; hs_cache_dir = "{run}"; control_socket = "{run}/control mode=0600";
dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = 0.2s; }} }}
logging {{ type = "console"; level = "warning"; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""


def needed(program):
    found = shutil.which(program, path="/usr/sbin:/usr/bin")
    if not found:
        raise unittest.SkipTest(f"{program} is not installed (apt-get install --no-install-recommends clamav-daemon rspamd)")
    return found


class Scanners(QueueCase):
    def daemon(self, command, port):
        log = open(self.root / pathlib.Path(command[0]).name, "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(command, stdout=log, stderr=log)

        def end():
            process.terminate()
            process.wait()
        self.addCleanup(end)

        def answers():
            self.assertIsNone(process.poll(), (self.root / pathlib.Path(command[0]).name).read_text())
            with socket.socket() as one:
                one.settimeout(1)
                return one.connect_ex(("127.0.0.1", port)) == 0
        wait_until(answers, 60)

    def refused(self, body):
        with self.assertRaises(smtplib.SMTPDataError) as caught:
            self.stranger(["anna@acme.test"], f"From: x@far.test\r\nSubject: a\r\n\r\n{body}\r\n")
        return caught.exception.smtp_code, caught.exception.smtp_error.decode()

    def test_clamd(self):
        program, (port,) = needed("clamd"), free_ports(1)
        database, run = self.root / "signatures", self.root / "run"
        database.mkdir(), run.mkdir()
        (database / "local.ndb").write_text(f"Local.Eicar:0:*:{EICAR.encode().hex()}\n")
        (self.root / "clamd.conf").write_text(f"TCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {database}\nForeground yes\n"
                                              f"TemporaryDirectory {run}\nStreamMaxLength 1M\n")
        self.daemon([program, "-c", str(self.root / "clamd.conf")], port)
        self.begin(f'[clamd]\naddress = "127.0.0.1:{port}"\nsize_max = "1MiB"\nwhen_too_big = "accept"\n')
        code, words = self.refused(EICAR)
        self.assertEqual(code, 554)
        self.assertIn("Local.Eicar", words)
        self.stranger(["anna@acme.test"])
        # More than clamd takes.
        self.stranger(["anna@acme.test"], "From: x@far.test\r\nSubject: large\r\n\r\n" + "all is well\r\n" * 200_000)
        self.assertEqual(len(self.inbox("anna")), 2)

    def test_rspamd(self):
        program, (port, dns) = needed("rspamd"), free_ports(2)
        run = self.root / "run"
        run.mkdir()
        (self.root / "rspamd.conf").write_text(RSPAMD.format(run=run, port=port, dns=dns))
        self.daemon([program, "-f", "-i", "-c", str(self.root / "rspamd.conf")], port)
        self.begin(f'[rspamd]\nurl = "http://127.0.0.1:{port}/checkv2"\n')
        self.assertEqual(self.refused(GTUBE), (554, "5.7.1 Gtube pattern"))
        self.stranger(["anna@acme.test"])
        self.assertEqual(len(self.inbox("anna")), 1)
        steps = [step for step in self.json("trace", "anna@acme.test") if step["event"] == "filter"]
        self.assertEqual({(step["filter"], step["outcome"]) for step in steps}, {("rspamd", "reject"), ("rspamd", "pass")})


if __name__ == "__main__":
    unittest.main()
