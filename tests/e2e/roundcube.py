"""Roundcube on PHP's own web server with SQLite, and a browser's requests to it: what its JavaScript would send."""
import http.cookiejar, json, os, pathlib, re, shutil, signal, subprocess, urllib.error, urllib.parse, urllib.request
from e2e.harness import free_ports

PUBLIC = pathlib.Path("/var/lib/roundcube/public_html")
SHARE = pathlib.Path("/usr/share/roundcube")
CONFIG = """<?php
$config = [];
$config['db_dsnw'] = 'sqlite:///{home}/roundcube.sqlite?mode=0600';
$config['imap_host'] = 'ssl://localhost:{imaps}';
$config['imap_conn_options'] = ['ssl' => ['cafile' => '{ca}', 'verify_peer' => true]];
$config['smtp_host'] = 'tls://localhost:{submission}';
$config['smtp_conn_options'] = ['ssl' => ['cafile' => '{ca}', 'verify_peer' => true]];
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
$config['smtp_log'] = false;
$config['log_dir'] = '{home}/logs';
$config['temp_dir'] = '{home}/temp';
$config['des_key'] = 'four and twenty octets..';
$config['plugins'] = ['acl', 'archive', 'subscriptions_option'];
$config['skin'] = 'elastic';
$config['language'] = 'en_US';
$config['enable_spellcheck'] = false;
$config['create_default_folders'] = false;
$config['quota_zero_as_unlimited'] = false;
// The caches make it resynchronise by QRESYNC.
$config['imap_cache'] = 'db';
$config['messages_cache'] = 'db';
$config['imap_debug'] = true;
"""


class Roundcube:
    def __init__(self, home, server):
        self.home = pathlib.Path(home)
        for name in ("logs", "temp", "config"):
            (self.home / name).mkdir()
        for name in ("defaults.inc.php", "mimetypes.php"):
            shutil.copy(pathlib.Path("/etc/roundcube") / name, self.home / "config" / name)
        (self.home / "config" / "config.inc.php").write_text(CONFIG.format(
            home=self.home, imaps=server.ports["imaps"], submission=server.ports["submission"], ca=server.ca))
        subprocess.run(["php", "-r", "$db = new PDO('sqlite:' . $argv[1]); $db->exec(file_get_contents($argv[2]));",
                        "--", str(self.home / "roundcube.sqlite"), str(SHARE / "SQL" / "sqlite.initial.sql")],
                       check=True, timeout=60)
        self.port, = free_ports(1)
        self.log = open(self.home / "php.log", "wb")
        self.process = subprocess.Popen(
            ["php", "-S", f"127.0.0.1:{self.port}", "-t", str(PUBLIC)], cwd=PUBLIC, stdout=self.log, stderr=self.log,
            env={**os.environ, "ROUNDCUBE_CONFIG_DIR": str(self.home / "config"), "LC_ALL": "C.UTF-8"},
            start_new_session=True)

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=10)
        self.log.close()

    def errors(self):
        log = self.home / "logs" / "errors.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def imap_log(self):
        """What Roundcube said to the server."""
        return (self.home / "logs" / "imap.log").read_text(errors="replace")

    def browser(self):
        return Browser(self)


class Browser:
    """One user's session."""

    def __init__(self, roundcube):
        self.roundcube = roundcube
        self.open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open
        self.base = f"http://127.0.0.1:{roundcube.port}/"
        self.token = None

    def page(self, query=None, form=None):
        url = self.base + ("?" + urllib.parse.urlencode(query) if query else "")
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        with self.open(urllib.request.Request(url, data), timeout=60) as answer:
            text = answer.read().decode("utf-8", "replace")
        found = re.search(r'"request_token":"([^"]+)"', text)
        if found:
            self.token = found[1]
        return text

    def ajax(self, action, query=None, form=None, task="mail"):
        """A request of its JavaScript: the commands that it is told to run, as text, and the environment."""
        fields = {"_task": task, "_action": action, "_remote": "1", **(query or {})}
        data = None if form is None else urllib.parse.urlencode({**form, "_remote": "1"}).encode()
        request = urllib.request.Request(self.base + "?" + urllib.parse.urlencode(fields), data,
                                         {"X-Roundcube-Request": self.token, "X-Requested-With": "XMLHttpRequest"})
        with self.open(request, timeout=60) as answer:
            text = answer.read().decode("utf-8", "replace")
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise AssertionError(f"{action}: {text[:800]}\n{self.roundcube.errors()[-2000:]}") from None

    def login(self, user, password):
        self.page()
        text = self.page({"_task": "login"}, {"_token": self.token, "_task": "login", "_action": "login",
                                              "_timezone": "UTC", "_url": "", "_user": user, "_pass": password})
        assert '"task":"mail"' in text, text[:1500] + self.roundcube.errors()
        return text

    def rows(self, mailbox="INBOX", **query):
        """uid → what its row shows."""
        return rows_of(self.ajax("list", {"_mbox": mailbox, "_refresh": "1", **query}))

    def uid(self, subject, mailbox="INBOX"):
        """None: no such message."""
        for uid, row in self.rows(mailbox).items():
            if subject in row["subject"]:
                return uid
        return None

    def post(self, action, **form):
        return self.ajax(action, form={f"_{key}": value for key, value in form.items()})

    def send(self, to, subject, text):
        page = self.page({"_task": "mail", "_action": "compose"})
        compose = re.search(r'"compose_id":"([^"]+)"', page)
        sender = re.search(r'<option value="(\d+)"[^>]*>[^<]*@', page) or re.search(r'name="_from"[^>]*value="(\d+)"', page)
        assert compose and sender, page[:3000]
        return self.page({"_task": "mail", "_action": "send"},
                         {"_token": self.token, "_task": "mail", "_action": "send", "_id": compose[1],
                          "_from": sender[1], "_to": to, "_subject": subject, "_message": text, "_is_html": "0",
                          "_framed": "1", "_store_target": "Sent", "_attachments": "", "_draft_saveid": ""})


def rows_of(answer):
    found = {}
    for match in re.finditer(r"this\.add_message_row\((\d+),", answer.get("exec", "")):
        columns, end = json.JSONDecoder().raw_decode(answer["exec"], match.end())
        flags, _ = json.JSONDecoder().raw_decode(answer["exec"], end + 1)
        found[int(match[1])] = {**columns, "flags": flags}
    return found
