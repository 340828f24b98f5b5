"""Front-end mode: a Barid that leads its users to the server that has their mailbox: another Barid, and Dovecot."""
import imaplib, json, os, pathlib, poplib, pwd, shutil, signal, smtplib, socket, ssl, subprocess, types, unittest
from eas.device import Device
from eas.wbxml import element
from e2e.harness import BARID, free_ports, wait_until
from e2e.served import ServedCase

CLIENT = "127.0.0.9"  # tells the client from the front end, which comes from 127.0.0.1
MAIL = b"From: anna@acme.test\r\nTo: anna@acme.test\r\nSubject: relayed\r\n\r\n"


class Imap(imaplib.IMAP4_SSL):
    """From an address of its own."""

    def _create_socket(self, timeout):
        plain = socket.create_connection((self.host, self.port), timeout=20, source_address=(CLIENT, 0))
        return self.ssl_context.wrap_socket(plain, server_hostname="localhost")


class Relayed(ServedCase):
    """A back end to start, and a front end that leads to it."""
    QUICK = '[auth]\npenalty_first = "100ms"\npenalty_max = "100ms"\n'

    def setUp(self):
        super().setUp()
        (self.root / "secret").write_text("a secret that is between us\n")
        names = "imap", "pop3", "submission", "lmtp", "plain", "http"
        self.back_ports = dict(zip(names, free_ports(len(names))))

    # The back end

    def start_back(self, more="", listener='proxy_trusted = "127.0.0.1"\nfront_ends = "127.0.0.1"', secret="secret"):
        self.back = self.root / "back"
        self.back.mkdir(exist_ok=True)
        listeners = "".join(
            f'[[listener]]\nname = "{name}"\nprotocol = "{name}"\naddress = "127.0.0.1:{self.back_ports[name]}"\n'
            f'tls = "implicit"\n{listener}\n' for name in ("imap", "pop3", "submission", "http"))
        (self.back / "barid.toml").write_text(f"""hostname = "back.acme.test"
[store]
path = "{self.back}/data"
[tls]
certificate = "{self.root}/server.pem"
key = "{self.root}/server.key"
[admin]
socket = "{self.back}/admin.sock"
[relay]
secret_file = "{self.root}/{secret}"
{self.QUICK}
{more}
{listeners}
[[listener]]
name = "lmtp"
protocol = "lmtp"
address = "127.0.0.1:{self.back_ports["lmtp"]}"
tls = "none"
""")
        log = open(self.back / "log", "ab")
        ready = (self.back / "log").read_bytes().count(b"ready")
        self.addCleanup(log.close)
        self.back_process = subprocess.Popen([BARID, "serve", "-c", str(self.back / "barid.toml")], stderr=log, stdout=log)
        self.addCleanup(self.stop_back)
        wait_until(lambda: self.back_process.poll() is not None or (self.back / "log").read_bytes().count(b"ready") > ready)
        self.assertIsNone(self.back_process.poll(), self.back_log())
        if "acme" in self.back_barid("postoffice", "list"):
            return
        self.back_barid("postoffice", "add", "acme")
        self.back_barid("domain", "add", "acme.test", "--postoffice", "acme")
        for name in ("anna", "bert"):
            # Another password than the front end's: it is that one which checks it.
            self.back_barid("account", "add", f"{name}@acme.test", "--password-stdin", input="another one\n")

    def stop_back(self):
        if self.back_process.poll() is None:
            self.back_process.send_signal(signal.SIGTERM)
            self.assertEqual(self.back_process.wait(timeout=30), 0, self.back_log()[-3000:])

    def back_log(self):
        return (self.back / "log").read_text(errors="replace")

    def back_barid(self, *arguments, **kw):
        done = subprocess.run([BARID, "--socket", str(self.back / "admin.sock"), *arguments], capture_output=True,
                              text=True, timeout=60, **kw)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def node(self, more='login = "shared"\nclient_address = "proxy"', name="b1", host="localhost", ports=None):
        ports = ports or self.back_ports
        return f"""
[[node]]
name = "{name}"
host = "{host}"
imap_port = {ports["imap"]}
pop3_port = {ports["pop3"]}
submission_port = {ports["submission"]}
http_port = {ports.get("http", 0)}
ca_file = "{self.root}/ca.pem"
{more}
"""

    def start_front(self, nodes, more=""):
        self.start(self.QUICK + f'[relay]\nsecret_file = "{self.root}/secret"\n{more}\n' + nodes)

    def start_both(self):
        self.start_back()
        self.start_front(self.node())
        self.barid("account", "set", "anna@acme.test", "--node", "b1")

    # Clients of the front end

    def imap(self, user="anna@acme.test", password=None):
        imap = Imap("127.0.0.1", self.ports["imaps"], ssl_context=self.tls())
        self.addCleanup(lambda: imap.sock.close())
        imap.login(user, password or self.PASSWORD)
        return imap

    def sessions(self, barid, protocol):
        return json.loads(barid("--json", "session", "list", "--protocol", protocol))

    def deliver(self, text):
        with smtplib.LMTP("127.0.0.1", self.back_ports["lmtp"]) as lmtp:
            lmtp.sendmail("a@acme.test", ["anna@acme.test"], text)


class FrontEnd(Relayed):
    def test_imap(self):
        self.start_both()
        imap = self.imap()
        self.assertIn("CONDSTORE", imap.capability()[1][0].decode())
        row = self.sessions(self.barid, "imap")[0]
        self.assertEqual((row["user"], row["node"], row["state"], row["address"]),
                         ("anna@acme.test", "b1", "relayed", CLIENT))
        self.assertIn("relayed to b1", self.barid("session", "list"))
        row = self.sessions(self.back_barid, "imap")[0]
        self.assertEqual((row["user"], row["address"]), ("anna@acme.test", CLIENT))
        self.assertNotIn("UNAUTHENTICATE", imap.capability()[1][0].decode())
        with self.assertRaisesRegex(imaplib.IMAP4.error, "BAD"):
            imap.xatom("UNAUTHENTICATE")

        large = MAIL + b"0123456789abcdef\r\n" * 200_000  # 3.6 MB
        self.assertEqual(imap.append("INBOX", "", None, large)[0], "OK")
        self.assertEqual(imap.select()[1], [b"1"])
        self.assertEqual(imap.fetch("1", "(BODY.PEEK[])")[1][0][1], large)

        # IDLE passes: what the back end takes in shows here without a question.
        imap.send(b"i IDLE\r\n")
        self.assertTrue(imap.readline().startswith(b"+"))
        self.deliver(MAIL + b"pushed\r\n")
        self.assertEqual(imap.readline(), b"* 2 EXISTS\r\n")
        imap.send(b"DONE\r\n")
        while not imap.readline().startswith(b"i OK"):
            pass
        self.assertEqual(imap.logout()[0], "BYE")
        wait_until(lambda: self.sessions(self.back_barid, "imap") == [] and self.sessions(self.barid, "imap") == [])

        # Who is not mapped is served here, and there is no mail.
        self.assertEqual(self.imap("bert@acme.test").select()[1], [b"0"])
        with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
            self.imap(password="another one")

    def test_activesync(self):
        """A phone at the front end finds its folders and its mail at the back end, and is pushed from there."""
        self.start_back()
        self.ports["http"] = free_ports(1)[0]
        web = f'[[listener]]\nname = "web"\nprotocol = "http"\naddress = "127.0.0.1:{self.ports["http"]}"\ntls = "none"\n'
        self.start_front(self.node() + web)
        self.barid("account", "set", "anna@acme.test", "--node", "b1")
        server = types.SimpleNamespace(ports=self.ports, password=self.PASSWORD, passwords={}, user="anna@acme.test")
        phone = Device(server)
        answer = phone.folder_sync("0")
        self.assertEqual(answer.text("Status"), "1")
        inbox = phone.folder("Inbox")
        phone.prime(inbox)
        self.deliver(MAIL + b"for the phone\r\n")
        answer = phone.sync(phone.collection(inbox, window=10))
        self.assertIn("relayed", phone.text())
        # Waiting is led there as well, and news come at once.
        ping = element("Ping:Ping", ("HeartbeatInterval", 300), ("Folders", ("Folder", ("Id", inbox), ("Class", "Email"))))
        waiting = phone.begin("Ping", ping)
        states = lambda: [row.get("state") for row in self.sessions(self.back_barid, "http")]
        wait_until(lambda: "Ping" in states())
        self.deliver(MAIL + b"pushed\r\n")
        self.assertEqual(phone.end(waiting, "Ping", ping).text("Status"), "2")
        # Who is not mapped is served here; a wrong password is refused here.
        bert = Device(server, "bert@acme.test")
        self.assertEqual(bert.folder_sync("0").text("Status"), "1")
        self.assertEqual(Device(server, password="another one").raw("FolderSync").status, 401)
        self.stop_back()
        self.assertEqual(phone.raw("FolderSync").status, 503)

    def test_pipelined_and_compressed(self):
        """All that was sent behind the login goes to the back end, and COMPRESS is between the client and it."""
        import zlib
        self.start_both()
        plain = socket.create_connection(("127.0.0.1", self.ports["imaps"]), timeout=20)
        client = self.tls().wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(client.close)
        client.sendall(f'a LOGIN anna@acme.test "{self.PASSWORD}"\r\nb SELECT INBOX\r\nc COMPRESS DEFLATE\r\n'.encode())
        lines = client.makefile("rb")
        text = b""
        while b"c OK" not in text:
            text += lines.readline()
        self.assertIn(b"b OK [READ-WRITE]", text)
        deflate, inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
        client.sendall(deflate.compress(b"d NOOP\r\n") + deflate.flush(zlib.Z_SYNC_FLUSH))
        out = b""
        while b"d OK" not in out:
            out += inflate.decompress(lines.read1(65536))
        lines.close()

    def test_pop3_and_submission(self):
        self.start_both()
        self.deliver(MAIL + b"one\r\n")
        pop = poplib.POP3("localhost", self.ports["pop3"], timeout=20)
        self.addCleanup(pop.close)
        pop.stls(self.tls())
        pop.user("anna@acme.test")
        self.assertIn(b"1 messages", pop.pass_(self.PASSWORD))
        self.assertIn(b"one", pop.retr(1)[1])
        self.assertEqual(self.sessions(self.barid, "pop3")[0]["node"], "b1")
        self.assertEqual(self.sessions(self.back_barid, "pop3")[0]["user"], "anna@acme.test")
        pop.quit()

        with smtplib.SMTP("localhost", self.ports["submission"], timeout=20, local_hostname="laptop.example") as smtp:
            smtp.starttls(context=self.tls())
            smtp.login("anna@acme.test", self.PASSWORD)
            row = self.sessions(self.back_barid, "submission")[0]
            self.assertEqual((row["user"], row["client"]), ("anna@acme.test", "laptop.example"))
            smtp.sendmail("anna@acme.test", ["anna@acme.test"], MAIL + b"two\r\n")
        imap = self.imap()
        self.assertEqual(imap.select()[1], [b"2"])
        text = imap.fetch("2", "(BODY.PEEK[])")[1][0][1]
        self.assertIn(b"two", text)
        self.assertRegex(text, rb"(?s)Received: from laptop\.example .*back\.acme\.test")

    def test_curl(self):
        self.start_both()
        self.deliver(MAIL + b"one\r\n")
        for url, wanted in ((f"imaps://localhost:{self.ports['imaps']}/INBOX;MAILINDEX=1", "one"),
                            (f"pop3://localhost:{self.ports['pop3']}/1", "one")):
            done = subprocess.run(["curl", "-sS", "--max-time", "20", "--ssl-reqd", "--cacert", str(self.root / "ca.pem"),
                                   "-u", f"anna@acme.test:{self.PASSWORD}", url], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(wanted, done.stdout)

    def refused(self):
        """What each protocol says of a back end that cannot be had."""
        with self.assertRaisesRegex(imaplib.IMAP4.error, "UNAVAILABLE"):
            self.imap()
        pop = poplib.POP3("localhost", self.ports["pop3"], timeout=20)
        pop.stls(self.tls())
        pop.user("anna@acme.test")
        with self.assertRaisesRegex(poplib.error_proto, r"\[SYS/TEMP\]"):
            pop.pass_(self.PASSWORD)
        pop.close()
        with smtplib.SMTP("localhost", self.ports["submission"], timeout=20) as smtp:
            smtp.starttls(context=self.tls())
            with self.assertRaises(smtplib.SMTPAuthenticationError) as told:
                smtp.login("anna@acme.test", self.PASSWORD)
            self.assertEqual(told.exception.smtp_code, 454)
            self.assertIn(b"4.7.0", told.exception.smtp_error)
        self.assertEqual([row for row in json.loads(self.barid("--json", "session", "list")) if row["node"]], [])

    def test_a_back_end_that_is_down(self):
        self.start_both()
        imap = self.imap()
        self.stop_back()
        self.assertTrue(imap.readline().startswith(b"* BYE"))
        wait_until(lambda: self.sessions(self.barid, "imap") == [])
        self.refused()
        self.assertIn("cannot connect", self.log_text())
        self.start_back()  # and up again
        self.imap()

    def test_kicked_and_stopped(self):
        self.start_both()
        imap = self.imap()
        self.assertIn("1 kicked", self.barid("session", "kick", "--user", "anna@acme.test"))
        self.assertEqual(imap.readline(), b"")
        wait_until(lambda: self.sessions(self.back_barid, "imap") == [])
        imap = self.imap()
        self.assertIn("1 kicked", self.back_barid("session", "kick", "--user", "anna@acme.test"))
        self.assertTrue(imap.readline().startswith(b"* BYE"))  # the back end's goodbye passes
        self.imap()  # stays open while the front end stops: see the end of ServedCase

    def test_no_loops(self):
        self.start_back(more=self.node(name="front", ports={"imap": self.ports["imaps"], "pop3": 1, "submission": 1}))
        self.start_front(self.node() + self.node(name="self", ports={"imap": self.ports["imaps"], "pop3": self.ports["pop3"],
                                                                      "submission": self.ports["submission"]}))
        self.back_barid("account", "set", "anna@acme.test", "--node", "front")
        self.barid("account", "set", "anna@acme.test", "--node", "b1")
        with self.assertRaisesRegex(imaplib.IMAP4.error, "UNAVAILABLE"):
            self.imap()
        self.assertIn("relayed to here already", self.back_log())
        self.barid("account", "set", "anna@acme.test", "--node", "self")
        self.refused()
        self.assertIn("the node is this server itself", self.log_text())

    def test_the_secret_opens_nothing_for_others(self):
        (self.root / "other").write_text("another secret of others\n")
        self.start_back(listener='front_ends = "127.0.0.1"', secret="other")
        self.start_front(self.node('login = "shared"'))
        self.barid("account", "set", "anna@acme.test", "--node", "b1")
        self.refused()
        self.assertIn("wrong secret of a front end", self.back_log())
        # Nor does the right one, from where no front end is.
        back = Imap("127.0.0.1", self.back_ports["imap"], ssl_context=self.tls())
        self.addCleanup(lambda: back.sock.close())
        with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
            back.authenticate("PLAIN", lambda _: b"anna@acme.test\0barid-relay\0another secret of others")

    def test_the_map(self):
        """By mailbox, by domain, by post office: the nearest counts."""
        self.start_back()
        self.start_front(self.node())

        def served_by():
            return json.loads(self.barid("--json", "account", "show", "anna@acme.test"))["served_by"]

        self.assertEqual(served_by(), "")
        self.barid("postoffice", "set", "acme", "--node", "b1")
        self.assertEqual(served_by(), "b1")
        imap = self.imap()
        self.assertEqual(self.sessions(self.barid, "imap")[0]["node"], "b1")
        imap.logout()
        wait_until(lambda: self.sessions(self.barid, "imap") == [])
        self.barid("domain", "set", "acme.test", "--node", "b2")
        self.assertEqual(served_by(), "b2")
        self.assertIn("b2", self.barid("domain", "show", "acme.test"))
        self.assertIn("b1", self.barid("postoffice", "show", "acme"))
        self.refused()  # no such node is configured
        self.barid("account", "set", "anna@acme.test", "--node", "here")
        self.assertEqual(served_by(), "")
        self.assertIn("here, served by this server", self.barid("account", "show", "anna@acme.test"))
        self.assertEqual(self.imap().select()[1], [b"0"])
        self.barid("account", "set", "anna@acme.test", "--node", "")
        self.barid("domain", "set", "acme.test", "--node", "")
        self.assertEqual(served_by(), "b1")
        self.barid("postoffice", "set", "acme", "--node", "")
        self.assertEqual(served_by(), "")
        self.barid("account", "set", "anna@acme.test", "--node", "not a name", code=1)
        self.barid("account", "add", "carl@acme.test", "--node", "mail.acme.test")  # relay.name: this one
        self.assertEqual(json.loads(self.barid("--json", "account", "show", "carl@acme.test"))["node"], "mail.acme.test")

    def test_what_config_check_says(self):
        def check(text, wanted):
            out = self.barid("config", "check", self.write(text), code=3)
            self.assertIn(wanted, out)

        check(self.node('login = "shared"'), "'relay.secret_file' must be set")
        check(self.node('login = "master"'), "'node.master_user' and 'node.secret_file' must be set")
        check(self.node('login = "password"', name="mail.acme.test"), "'mail.acme.test' is this server itself")
        check(self.node('login = "password"\npins = "eHh4"'), "'node.ca_file' and 'node.pins' are one or the other")
        check(self.node('login = "password"').replace(f'ca_file = "{self.root}/ca.pem"', 'pins = "eHh4"'),
              "'node[0].pins': not a SHA-256")
        check(self.node('login = "password"') * 2, "there is a node 'b1' already")
        check(self.node('login = "password"\ntls = "none"'), "say nothing without TLS")
        check("[node]\nname = 'x'", "nodes are written as [[node]]")
        self.assertIn("PROXY", self.barid("config", "explain", "node.client_address"))


@unittest.skipUnless(os.path.exists("/usr/lib/dovecot/imap-login") and os.path.exists("/usr/lib/dovecot/pop3-login")
                     and os.geteuid() == 0, "needs Dovecot (imapd, pop3d), started by root")
class Dovecot(Relayed):
    """Any IMAP server can be the back end."""

    def start_dovecot(self):
        self.home = self.root / "dovecot"
        (self.home / "mail").mkdir(parents=True)
        user = pwd.getpwnam("nobody")
        os.chown(self.home / "mail", user.pw_uid, user.pw_gid)
        for folder in (self.root, self.home):
            folder.chmod(0o755)
        self.root.chmod(0o755)
        (self.home / "users").write_text(
            "".join(f"{name}@acme.test:{{PLAIN}}theirs:{user.pw_uid}:{user.pw_gid}::{self.home}/mail/{name}::\n"
                    for name in ("anna", "bert")))
        (self.home / "masters").write_text("master:{PLAIN}top\n")
        (self.home / "dovecot.conf").write_text(f"""
base_dir = {self.home}/run
state_dir = {self.home}/run
listen = 127.0.0.1
protocols = imap pop3
log_path = {self.home}/log
disable_plaintext_auth = no
auth_mechanisms = plain
auth_master_user_separator = *
login_trusted_networks = 127.0.0.1
first_valid_uid = 1
ssl = yes
ssl_cert = <{self.root}/server.pem
ssl_key = <{self.root}/server.key
mail_location = maildir:~/Maildir
passdb {{
  driver = passwd-file
  master = yes
  args = {self.home}/masters
}}
passdb {{
  driver = passwd-file
  args = {self.home}/users
}}
userdb {{
  driver = passwd-file
  args = {self.home}/users
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.back_ports["plain"]}
  }}
  inet_listener imaps {{
    port = {self.back_ports["imap"]}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {self.back_ports["pop3"]}
    ssl = yes
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
""")
        process = subprocess.Popen(["dovecot", "-F", "-c", str(self.home / "dovecot.conf")], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)

        def end():
            process.terminate()
            process.communicate(timeout=30)

        self.addCleanup(end)

        def accepts():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.back_ports["imap"])) == 0

        wait_until(lambda: process.poll() is not None or accepts())
        self.assertIsNone(process.poll(), process.stderr.read() if process.poll() is not None else "")

    def dovecot_log(self):
        return (self.home / "log").read_text(errors="replace")

    def test_by_a_master_user(self):
        self.start_dovecot()
        (self.root / "master").write_text("top\n")
        self.start_front(self.node(f'login = "master"\nmaster_user = "master"\nsecret_file = "{self.root}/master"\n'
                                   'client_address = "commands"'))
        self.barid("account", "set", "anna@acme.test", "--node", "b1")
        imap = self.imap()
        self.assertIn("IDLE", imap.capability()[1][0].decode())
        large = MAIL + b"0123456789abcdef\r\n" * 20_000
        self.assertEqual(imap.append("INBOX", "", None, large)[0], "OK", self.dovecot_log()[-2000:])
        self.assertEqual(imap.select()[1], [b"1"])
        self.assertEqual(imap.fetch("1", "(BODY.PEEK[])")[1][0][1], large)
        self.assertRegex(self.dovecot_log(), rf"imap-login: .*Login: user=<anna@acme.test>.* rip={CLIENT}")
        imap.logout()
        pop = poplib.POP3("localhost", self.ports["pop3"], timeout=20)
        self.addCleanup(pop.close)
        pop.stls(self.tls())
        pop.user("anna@acme.test")
        pop.pass_(self.PASSWORD)
        self.assertEqual(pop.stat()[0], 1)
        self.assertRegex(self.dovecot_log(), r"pop3-login: .*Login: user=<anna@acme.test>.* rip=127.0.0.1")

    def test_by_starttls_and_the_clients_own_password(self):
        self.start_dovecot()
        self.start_front(self.node('login = "password"\ntls = "starttls"',
                                   ports=dict(self.back_ports, imap=self.back_ports["plain"])))
        self.barid("account", "set", "anna@acme.test", "--node", "b1")
        with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
            self.imap()  # the front end takes it, Dovecot has another
        self.barid("account", "password", "anna@acme.test", "--password-stdin", input="theirs\n")
        imap = self.imap(password="theirs")
        self.assertEqual(imap.select()[0], "OK")
        self.assertRegex(self.dovecot_log(), r"imap-login: .*Login: user=<anna@acme.test>.* TLS")


if __name__ == "__main__":
    unittest.main()
