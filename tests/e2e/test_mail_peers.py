"""Mail to and from Postfix and Exim, of their Debian packages, unpacked (peers.py) and run on a free port of this machine."""
import email, json, os, pathlib, pwd, shutil, signal, smtplib, socket, subprocess, tempfile, time, unittest
from e2e import peers
from e2e.harness import QUIET, free_ports, wait_until
from e2e.test_queue import QueueCase

BODY = b".a line with a dot\r\n..two\r\ngr\xc3\xbc\xc3\x9fe\r\n"
TEXT = (b"From: %s\r\nTo: %s\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + BODY)


class Peer:
    """Another server: takes mail for peer.test, but of nobody@ and, for now, of later@; brings acme.test's to us."""

    def __init__(self, name, barid_port):
        self.place, self.barid_port = peers.unpacked(name), barid_port
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"barid-{name}-"))
        os.chmod(self.root, 0o755)
        self.mail = self.root / "mail"
        self.mail.mkdir(mode=0o777)
        os.chmod(self.mail, 0o777)
        self.port, = free_ports(1)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=peer.test", "-addext", "subjectAltName=DNS:peer.test,IP:127.0.0.1",
                        "-keyout", self.root / "key.pem", "-out", self.root / "cert.pem"], check=True, capture_output=True)
        os.chmod(self.root / "key.pem", 0o644)

    def run(self, command, environment=None):
        self.log = open(self.root / "started", "wb")
        self.process = subprocess.Popen([str(word) for word in command], env={**QUIET, **(environment or {})}, stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        end = time.monotonic() + 15
        while self.process.poll() is None and time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                    if probe.recv(3) == b"220":
                        return
            except OSError:
                time.sleep(0.05)
        said = self.words()
        self.stop()
        raise unittest.SkipTest("it does not start: " + said)

    def words(self):
        return "".join(path.read_text(errors="replace")[-1500:] for path in [self.root / "started", *self.root.glob("log*")])

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def found(self, subject):
        """Messages that it has put into its mailbox: a Maildir, whose `new` holds whole ones only."""
        messages = [email.message_from_bytes(path.read_bytes()) for path in (self.mail / "box" / "new").glob("*")]
        return [message for message in messages if subject in (message["Subject"] or "")]


class Exim(Peer):
    def __init__(self, barid_port):
        super().__init__("exim", barid_port)
        user = "nobody" if os.geteuid() == 0 else str(os.geteuid())
        (self.root / "spool").mkdir()
        os.chmod(self.root / "spool", 0o777)
        os.chmod(self.root, 0o777)
        login = "${if and{{eq{$auth2}{me}}{eq{$auth3}{secret}}}}"
        (self.root / "conf").write_text(f"""
exim_path = {self.place}/usr/sbin/exim4
exim_user = {user}
exim_group = nogroup
primary_hostname = peer.test
spool_directory = {self.root}/spool
log_file_path = {self.root}/log-%s
pid_file_path =
local_interfaces = 127.0.0.1
daemon_smtp_ports = {self.port}
tls_advertise_hosts = *
tls_certificate = {self.root}/cert.pem
tls_privatekey = {self.root}/key.pem
tls_on_connect_ports =
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = accept
acl_smtp_auth = accept
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
accept_8bitmime = true
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
qualify_domain = peer.test
begin acl
acl_rcpt:
  deny local_parts = nobody
       message = 5.1.1 nobody here
  defer local_parts = later
        message = 4.2.0 come back
  accept
begin routers
barid:
  driver = manualroute
  domains = acme.test
  route_list = * 127.0.0.1 byname
  transport = out
  self = send
all:
  driver = accept
  transport = file
begin transports
out:
  driver = smtp
  port = {barid_port}
  allow_localhost = true
file:
  driver = appendfile
  directory = {self.mail}/box
  maildir_format
  create_directory = true
  user = {user}
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = {login}
  server_set_id = $auth2
""")
        self.run([*peers.with_users(["Debian-exim"], self.root), self.place / "usr/sbin/exim4", "-C", self.root / "conf", "-bdf",
                  "-q1h"], {"LD_LIBRARY_PATH": peers.libraries(self.place)})


class Postfix(Peer):
    SERVICES = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

    def __init__(self, barid_port):
        if os.geteuid() != 0:
            raise unittest.SkipTest("Postfix's master wants to be root")
        super().__init__("postfix", barid_port)
        prefix = peers.with_users(["postfix"], self.root)
        names = self.root / "passwd" if prefix else pathlib.Path("/etc/passwd")
        line = next(one for one in names.read_text().splitlines() if one.startswith("postfix:"))
        owner = int(line.split(":")[2])
        nobody = pwd.getpwnam("nobody")
        os.chown(self.mail, nobody.pw_uid, nobody.pw_gid)
        (self.root / "spool").mkdir()
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "public",
                     "saved", "trace", "maildrop"):
            (self.root / "spool" / name).mkdir()
            os.chown(self.root / "spool" / name, owner, -1)
        (self.root / "spool/pid").mkdir()
        (self.root / "lib").mkdir()
        os.chown(self.root / "lib", owner, -1)
        (self.root / "etc").mkdir()
        (self.root / "etc/master.cf").write_text(self.SERVICES.format(port=self.port))
        programs = self.place / "usr/lib/postfix"
        (self.root / "etc/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {self.root}/spool
data_directory = {self.root}/lib
command_directory = {self.place}/usr/sbin
daemon_directory = {programs}/sbin
shlib_directory = {programs}
meta_directory = {self.root}/etc
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH
mail_owner = postfix
setgid_group = mail
myhostname = peer.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = {self.root}/log
maillog_file_prefixes = /var, /dev/stdout, {self.root}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {self.root}/cert.pem
smtpd_tls_key_file = {self.root}/key.pem
smtp_tls_security_level = may
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = peer.test
virtual_mailbox_maps = static:box/
virtual_mailbox_base = {self.mail}
virtual_uid_maps = static:{nobody.pw_uid}
virtual_gid_maps = static:{nobody.pw_gid}
virtual_minimum_uid = 1
relay_domains = acme.test
relay_recipient_maps =
transport_maps = inline:{{ acme.test=smtp:[127.0.0.1]:{barid_port} }}
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{nobody@peer.test = 550 5.1.1 nobody here}}, {{later@peer.test = 451 4.2.0 come back}} }}, permit_mynetworks, reject
""")
        self.run([*prefix, programs / "sbin/master", "-d", "-c", self.root / "etc"],
                 {"LD_LIBRARY_PATH": peers.libraries(self.place), "MAIL_CONFIG": str(self.root / "etc")})


class Exchange:
    """What is done with each of them."""
    KIND = None

    @classmethod
    def setUpClass(cls):
        cls.barid_port, = free_ports(1)
        cls.peer = cls.KIND(cls.barid_port)
        cls.addClassCleanup(cls.peer.stop)

    def begin(self, url="smtp://[127.0.0.1]:{port}", more=""):
        self.ports["smtp"] = self.barid_port
        listeners = self.listeners().replace(self.listener("smtp", "smtp", "none"), self.listener("smtp", "smtp", "starttls"))
        hop = url.format(port=self.peer.port)
        self.start(f'[mta]\nby_recipient_domain = ["peer.test={hop}"]\n{self.SETTINGS}{more}', listeners)

    def arrives(self, subject, count=1):
        try:
            wait_until(lambda: len(self.peer.found(subject)) >= count)
        except AssertionError:
            self.fail(f"{subject}: {len(self.peer.found(subject))} of {count} at the peer\n{self.peer.words()}\n"
                      f"{self.log_text()[-1500:]}\n{self.waiting()}")
        return self.peer.found(subject)

    def comes(self, subject, user="anna"):
        def look():
            return [m for m in map(email.message_from_bytes, self.inbox(user)) if subject in (m["Subject"] or "")]
        try:
            return wait_until(look)[0]
        except AssertionError:
            self.fail(f"{subject} did not come\n{self.peer.words()}\n{self.log_text()[-1500:]}")

    def report(self):
        return wait_until(lambda: [m for m in map(email.message_from_bytes, self.inbox("anna"))
                                   if m.get_content_type() == "multipart/report"])[0]

    def steps(self, event, to):
        return [step for step in self.json("trace", to) if step["event"] == event]

    def test_there_and_back_as_it_was(self):
        self.begin()
        self.submit(["whole@peer.test"], TEXT % (b"anna@acme.test", b"whole@peer.test", b"there"), options=["BODY=8BITMIME"])
        there = self.arrives("there")[0]
        self.assertEqual(there.get_payload(decode=True).rstrip(b"\r\n"), BODY.replace(b"\r\n", b"\n").rstrip(b"\n"))
        self.assertTrue(self.steps("host", "whole@peer.test")[0]["tls"].startswith("TLSv1.3 "))
        with smtplib.SMTP("127.0.0.1", self.peer.port) as smtp:
            smtp.sendmail("x@peer.test", ["bert@acme.test"], TEXT % (b"x@peer.test", b"bert@acme.test", b"back"),
                          ["BODY=8BITMIME"])
        back = self.comes("back", "bert")
        self.assertEqual(back.get_payload(decode=True), BODY)
        self.assertIn("ESMTPS", back["Received"])  # the topmost: ours

    def test_each_recipient_apart(self):
        self.begin()
        self.submit(["mixed@peer.test", "nobody@peer.test", "later@peer.test"],
                    "From: anna@acme.test\r\nSubject: mixed\r\n\r\nx\r\n")
        self.arrives("mixed")
        report = self.report()
        self.assertIn("nobody@peer.test", report.as_string())
        self.assertNotIn("Final-Recipient: rfc822; later@peer.test", report.as_string())
        message, = self.waiting()
        self.assertEqual({one["address"]: one["state"] for one in message["recipients"]},
                         {"mixed@peer.test": "relayed", "nobody@peer.test": "failed", "later@peer.test": "deferred"})

    def test_what_we_refuse_is_returned_by_them(self):
        self.begin()
        with smtplib.SMTP("127.0.0.1", self.peer.port) as smtp:
            smtp.sendmail("sender@peer.test", ["unknown@acme.test"], "From: sender@peer.test\r\nSubject: lost\r\n\r\nx\r\n")
        report = wait_until(lambda: [m for m in self.peer.found("") if "unknown@acme.test" in m.as_string() and
                                     m["Auto-Submitted"]])[0]
        self.assertIn("5.1.1", report.as_string())

    def test_reports_of_success_are_theirs(self):
        """RFC 3461 section 5.2.1: they offer DSN, so NOTIFY goes with the message."""
        self.begin()
        self.submit(["glad@peer.test"], "From: anna@acme.test\r\nSubject: glad\r\n\r\nx\r\n", rcpt=["NOTIFY=SUCCESS"])
        report = self.report()
        self.assertIn("peer.test", report["From"])
        self.assertRegex(report.as_string(), r"(?i)Action: delivered")

    def test_thirty_messages(self):
        self.begin()
        with smtplib.SMTP("127.0.0.1", self.ports["submission"]) as smtp:
            smtp.starttls(context=self.context())
            smtp.login("anna@acme.test", self.PASSWORD)
            for number in range(30):
                smtp.sendmail("anna@acme.test", ["many@peer.test"],
                              f"From: anna@acme.test\r\nSubject: many {number}\r\n\r\nx\r\n")
        self.arrives("many", 30)
        wait_until(lambda: not self.waiting())
        self.assertEqual(len({message["Subject"] for message in self.peer.found("many")}), 30)
        self.assertEqual(len(self.peer.found("many")), 30)


class WithPostfix(Exchange, QueueCase):
    KIND = Postfix


class WithExim(Exchange, QueueCase):
    KIND = Exim

    def test_login_and_a_wrong_password(self):
        ca = f'ca_file = "{self.peer.root}/cert.pem"\n'
        self.begin("smtp://me:secret@[127.0.0.1]:{port}", ca)
        self.submit(["auth@peer.test"], "From: anna@acme.test\r\nSubject: logged in\r\n\r\nx\r\n")
        self.arrives("logged in")
        self.assertIn("certificate verified", self.steps("host", "auth@peer.test")[0]["tls"])

    def test_a_wrong_password_and_a_strange_certificate(self):
        ca = f'ca_file = "{self.peer.root}/cert.pem"\n'
        self.begin("smtp://me:wrong@[127.0.0.1]:{port}", ca +
                   f'by_sender_domain = ["acme.test=smtp://me:secret@[127.0.0.1]:{self.peer.port}"]\n')
        self.submit(["auth@peer.test"], "From: anna@acme.test\r\nSubject: wrong\r\n\r\nx\r\n")
        step = wait_until(lambda: self.steps("deferred", "auth@peer.test"))[0]
        self.assertEqual(step["status"][:4], "4.7.", step)
        self.assertEqual(self.peer.found("wrong"), [])

    def test_a_certificate_that_nobody_vouches_for(self):
        self.begin("smtp://[127.0.0.1]:{port}?tls=verified")
        self.submit(["x@peer.test"], "From: anna@acme.test\r\nSubject: strange\r\n\r\nx\r\n")
        step = wait_until(lambda: self.steps("deferred", "x@peer.test"))[0]
        self.assertEqual(step["status"], "4.7.5", step)
        self.assertEqual(self.peer.found("strange"), [])


if __name__ == "__main__":
    unittest.main()
