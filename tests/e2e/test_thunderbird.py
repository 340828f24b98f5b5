"""Thunderbird, headless: folders, messages, push by IDLE, flags, moving, search, sending by submission."""
import imaplib, os, pathlib, shutil, signal, subprocess, tempfile, time, unittest
from e2e.harness import ServerCase, free_ports, message, wait_until
from e2e.marionette import Marionette

PREFERENCES = """
user_pref("mail.accountmanager.accounts", "account1,account2");
user_pref("mail.accountmanager.defaultaccount", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account2.server", "server2");
user_pref("mail.server.server2.type", "none");
user_pref("mail.server.server2.hostname", "Local Folders");
user_pref("mail.server.server2.userName", "nobody");
user_pref("mail.server.server2.name", "Local Folders");
user_pref("mail.accountmanager.localfoldersserver", "server2");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "localhost");
user_pref("mail.server.server1.port", {imaps});
user_pref("mail.server.server1.socketType", 3);
user_pref("mail.server.server1.authMethod", 3);
user_pref("mail.server.server1.userName", "{user}");
user_pref("mail.server.server1.name", "barid");
user_pref("mail.server.server1.login_at_startup", false);
user_pref("mail.server.server1.check_new_mail", true);
user_pref("mail.server.server1.use_idle", true);
user_pref("mail.identity.id1.fullName", "Demo");
user_pref("mail.identity.id1.useremail", "{user}");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.identity.id1.valid", true);
user_pref("mail.smtpservers", "smtp1");
user_pref("mail.smtp.defaultserver", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "localhost");
user_pref("mail.smtpserver.smtp1.port", {submission});
user_pref("mail.smtpserver.smtp1.try_ssl", 2);
user_pref("mail.smtpserver.smtp1.authMethod", 3);
user_pref("mail.smtpserver.smtp1.username", "{user}");
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.winsearch.firstRunDone", true);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mailnews.start_page.enabled", false);
user_pref("mail.rights.version", 1);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("mailnews.headers.showMessageId", false);
user_pref("marionette.port", {marionette});
"""

FIND = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.accounts.find(a => a.incomingServer.type == "imap").incomingServer;
const root = server.rootFolder;
const inbox = root.getFolderWithFlags(0x1000);
const {setTimeout} = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");  // it keeps them from the collector
const pause = ms => new Promise(r => setTimeout(r, ms));
const until = async (what, ms = 20000) => {
  for (let t = 0; t < ms; t += 50) { const v = what(); if (v) return v; await pause(50); }
  throw new Error("timed out: " + what);
};
const headers = folder => { const out = []; try { for (const h of folder.messages) out.push(h); } catch (e) {} return out; };
"""


class Thunderbird(ServerCase):
    def setUp(self):
        self.need("thunderbird")
        self.need("certutil")
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="barid-tb-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        profile = self.home / "profile"
        profile.mkdir()
        self.marionette_port, = free_ports(1)
        (profile / "user.js").write_text(PREFERENCES.format(
            imaps=self.server.ports["imaps"], submission=self.server.ports["submission"], user=self.server.user,
            marionette=self.marionette_port))
        database = f"sql:{profile}"
        self.run_client(["certutil", "-N", "-d", database, "--empty-password"])
        self.run_client(["certutil", "-A", "-d", database, "-n", "ca", "-t", "CT,,", "-i", self.server.ca])
        environment = {**os.environ, "HOME": str(self.home), "MOZ_HEADLESS": "1", "LC_ALL": "C.UTF-8"}
        self.log = open(self.home / "log", "wb")
        self.addCleanup(self.log.close)
        self.process = subprocess.Popen(
            ["thunderbird", "--headless", "--no-remote", "--profile", str(profile), "--marionette",
             "--remote-allow-system-access"], stdout=self.log, stderr=self.log, env=environment, start_new_session=True)
        self.addCleanup(self.end)
        self.bird = Marionette(self.marionette_port)
        self.bird.call("WebDriver:NewSession")
        self.bird.call("Marionette:SetContext", value="chrome")

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def imap(self):
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        imap.login(self.server.user, self.server.password)
        self.addCleanup(imap.logout)
        return imap

    def test_reads_is_pushed_flags_moves_searches_and_sends(self):
        for i in range(3):
            self.server.deliver(message(f"bird {i}", f"text {i}\r\n"))
        script = lambda body, *a, **kw: self.bird.script(FIND + body, *a, **kw)
        script("""
            const login = Cc["@mozilla.org/login-manager/loginInfo;1"];
            for (const scheme of ["imap", "smtp"]) {
              const info = login.createInstance(Ci.nsILoginInfo);
              info.init(`${scheme}://localhost`, null, `${scheme}://localhost`, args[0], args[1], "", "");
              await Services.logins.addLoginAsync(info);
            }""", self.server.user, self.server.password)
        folders = script("""
            server.performExpand(null);
            await until(() => root.getFolderWithFlags(0x1000));
            root.getFolderWithFlags(0x1000).updateFolder(null);
            await until(() => root.descendants.length >= 6);
            return root.descendants.map(f => f.name);""", seconds=60)
        self.assertTrue({"Inbox", "INBOX"} & set(folders), folders)
        self.assertIn("Archive", " ".join(folders))
        subjects = script("""
            await until(() => headers(inbox).some(h => h.subject == "bird 2"));
            return headers(inbox).map(h => h.subject);""")
        self.assertIn("bird 0", subjects)
        # Push: Thunderbird sits in IDLE on the inbox.
        wait_until(lambda: any(row["state"] == "IDLE" for row in self.server.cli("session", "list")), 30)
        self.server.deliver(message("pushed"))
        self.assertTrue(script("""await until(() => headers(inbox).some(h => h.subject == "pushed")); return true;"""))
        # Flags set in Thunderbird are on the server; a message moved to the trash is there.
        script("""
            const one = headers(inbox).find(h => h.subject == "bird 1");
            inbox.markMessagesRead([one], true);
            inbox.markMessagesFlagged([one], true);
            const trash = root.getFolderWithFlags(0x100);
            const two = headers(inbox).find(h => h.subject == "bird 2");
            MailServices.copy.copyMessages(inbox, [two], trash, true, null, null, false);
            return true;""")
        imap = self.imap()

        def flagged():
            imap.select("INBOX", readonly=True)
            return imap.search(None, "SEEN", "FLAGGED", "SUBJECT", "bird")[1][0].split()

        self.assertEqual(len(wait_until(flagged)), 1)

        def trashed():
            imap.select("Trash", readonly=True)
            return imap.search(None, "SUBJECT", "bird")[1][0].split()

        self.assertEqual(len(wait_until(trashed)), 1)
        self.assertTrue(script("""await until(() => !headers(inbox).some(h => h.subject == "bird 2")); return true;"""))
        self.what_others_do(imap, script)
        self.search_and_folders(imap, script)
        # Sending: submission with STARTTLS and AUTH, then a copy in Sent.
        script("""
            const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
            fields.from = args[0]; fields.to = "two@example.test"; fields.subject = "from the bird"; fields.body = "hello";
            const parameters = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
            parameters.composeFields = fields; parameters.format = Ci.nsIMsgCompFormat.PlainText;
            parameters.identity = MailServices.accounts.accounts.find(a => a.incomingServer.type == "imap").defaultIdentity;
            parameters.type = Ci.nsIMsgCompType.New;
            const compose = Cc["@mozilla.org/messengercompose/compose;1"].createInstance(Ci.nsIMsgCompose);
            compose.initialize(parameters, null, null);
            await new Promise((resolve, reject) => {
              const progress = Cc["@mozilla.org/messenger/progress;1"].createInstance(Ci.nsIMsgProgress);
              compose.addMsgSendListener({
                QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener"]),
                onStopSending(id, status) { status ? reject(new Error("send: " + status)) : resolve(); },
                onStartSending() {}, onSendProgress() {}, onStatus() {}, onGetDraftFolderURI() {},
                onSendNotPerformed() { reject(new Error("not performed")); }, onTransportSecurityError() {}
              });
              compose.sendMsg(Ci.nsIMsgCompDeliverMode.Now, parameters.identity, "account1", null, progress)
                .catch(reject);
            });
            return true;""", self.server.user, seconds=60)

        def arrived():
            two = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
            two.login("two@example.test", self.server.passwords["two@example.test"])
            two.select("INBOX", readonly=True)
            found = two.search(None, "SUBJECT", '"from the bird"')[1][0].split()
            two.logout()
            return found

        self.assertEqual(len(wait_until(arrived)), 1)

        def copied():
            imap.select("Sent", readonly=True)
            return imap.search(None, "SUBJECT", '"from the bird"')[1][0].split()

        self.assertEqual(len(wait_until(copied)), 1)

    def what_others_do(self, imap, script):
        """Flags that another client sets, and a message that it expunges, come by IDLE."""
        imap.select("INBOX")
        number = imap.search(None, "SUBJECT", '"bird 0"')[1][0].split()[0]
        imap.store(number, "+FLAGS", "(\\Seen \\Flagged)")
        self.assertTrue(script("""
            await until(() => { const h = headers(inbox).find(h => h.subject == "bird 0"); return h.isRead && h.isFlagged; });
            return true;"""))
        imap.store(number, "-FLAGS", "(\\Flagged)")
        self.assertTrue(script("""
            await until(() => !headers(inbox).find(h => h.subject == "bird 0").isFlagged); return true;"""))
        number = imap.search(None, "SUBJECT", '"pushed"')[1][0].split()[0]
        imap.store(number, "+FLAGS", "(\\Deleted)")
        imap.expunge()
        self.assertTrue(script("""
            await until(() => !headers(inbox).some(h => h.subject == "pushed")); return true;"""))

    def search_and_folders(self, imap, script):
        """A search that the server does, and a folder that is made and filled."""
        self.server.deliver(message("hay", "a needle, and Stra\u00dfe\r\n", Content_Type="text/plain; charset=utf-8"))
        found = script("""
            await until(() => headers(inbox).some(h => h.subject == "hay"));
            const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
            session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, inbox);
            const term = session.createTerm();
            const value = term.value;
            value.attrib = Ci.nsMsgSearchAttrib.Body;
            value.str = "NEEDLE";
            term.attrib = Ci.nsMsgSearchAttrib.Body;
            term.op = Ci.nsMsgSearchOp.Contains;
            term.value = value;
            term.booleanAnd = true;
            session.appendTerm(term);
            const hits = [];
            await new Promise(resolve => {
              session.registerListener({
                QueryInterface: ChromeUtils.generateQI(["nsIMsgSearchNotify"]),
                onSearchHit(header) { hits.push(header.subject); }, onSearchDone() { resolve(); }, onNewSearch() {}
              });
              session.search(null);
            });
            return hits;""", seconds=60)
        self.assertEqual(found, ["hay"])
        script("""root.createSubfolder("Plans", null); await until(() => root.getChildNamed("Plans")); return true;""")
        wait_until(lambda: imap.list('""', "Plans")[1] != [None])
        script("""
            const hay = headers(inbox).find(h => h.subject == "hay");
            MailServices.copy.copyMessages(inbox, [hay], root.getChildNamed("Plans"), false, null, null, false);
            return true;""")

        def there():
            imap.select("Plans", readonly=True)
            return imap.search(None, "SUBJECT", "hay")[1][0].split()

        self.assertEqual(len(wait_until(there)), 1)


if __name__ == "__main__":
    unittest.main()
