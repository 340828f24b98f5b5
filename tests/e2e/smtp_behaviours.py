#!/usr/bin/env python3
"""Required behaviours of an SMTP, submission or LMTP server, checked over real sockets.

Needs nothing but Python. One line a row: the result, the id, its level (m must, s should, p policy), what it shows.
Rows marked * look at the delivered copy by IMAP and are skipped without --imap-port. Exit 1 when a `must` row fails.

  smtp_behaviours.py --port 10025 --imap-port 10143 --password SECRET
  smtp_behaviours.py --port 10587 --role submission --password SECRET
  smtp_behaviours.py --port 10024 --role lmtp --imap-port 10143 --password SECRET

Only for servers of your own: it delivers mail, guesses passwords and makes errors on purpose.
"""
import argparse
import base64
import concurrent.futures
import imaplib
import re
import socket
import ssl
import sys
import time
import uuid
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)  # TLS 1.0 is spoken on purpose

ROWS = []
ALL = ("inbound", "submission", "lmtp")


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def row(name, level, text, roles=ALL):
    def keep(function):
        ROWS.append((name, level, text, roles, function))
        return function
    return keep


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Reply:
    def __init__(self, code, lines):
        self.code, self.lines = code, lines

    def __repr__(self):
        return f"{self.code} {' / '.join(self.lines)}"[:200]


class Client:
    """A raw connection: says octets, reads replies."""

    def __init__(self, options, greet=True):
        self.options = options
        self.socket = socket.create_connection((options.host, options.port), timeout=options.timeout)
        self.buffer = b""
        self.extensions = []
        self.tls = False
        if options.tls:
            self.wrap()
        self.greeting = self.reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass

    def wrap(self):
        self.socket = tls_context().wrap_socket(self.socket, server_hostname=self.options.host)
        self.tls = True
        self.buffer = b""

    def send(self, octets):
        if isinstance(octets, str):
            octets = octets.encode()
        self.socket.sendall(octets)

    def line(self):
        while b"\n" not in self.buffer:
            try:
                got = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                got = b""
            if not got:
                raise EOFError(f"closed; held {self.buffer!r}")
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def reply(self):
        lines = []
        while True:
            line = self.line()
            if not re.match(r"^\d{3}([ -]|$)", line):
                raise Failed(f"not a reply line: {line!r}")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), lines)

    def ask(self, command):
        self.send((command if isinstance(command, bytes) else command.encode()) + b"\r\n")
        return self.reply()

    def quiet(self, seconds=0.4):
        """Nothing more comes."""
        if self.buffer:
            return False
        self.socket.settimeout(seconds)
        try:
            got = self.socket.recv(65536)
            self.buffer += got
            return not got
        except (TimeoutError, socket.timeout):
            return True
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(self.options.timeout)

    def hello_verb(self):
        return "LHLO" if self.options.role == "lmtp" else "EHLO"

    def hello(self):
        got = expect(self.ask(f"{self.hello_verb()} client.example"), 250)
        self.extensions = [line.upper() for line in got.lines[1:]]
        return got

    def has(self, name):
        return any(line.split(" ")[0] == name for line in self.extensions)

    def start_tls(self):
        expect(self.ask("STARTTLS"), 220)
        self.wrap()

    def login(self):
        o = self.options
        if not self.has("AUTH") and self.has("STARTTLS"):
            self.start_tls()
            self.hello()
        token = base64.b64encode(f"\0{o.user}\0{o.password}".encode()).decode()
        expect(self.ask(f"AUTH PLAIN {token}"), 235)

    def sender(self):
        return self.options.user if self.options.role == "submission" else "sender@remote.example"

    def mail(self, parameters=""):
        expect(self.ask(f"MAIL FROM:<{self.sender()}>{parameters}"), 250)

    def rcpt(self, address=None):
        expect(self.ask(f"RCPT TO:<{address or self.options.user}>"), 250)

    def envelope(self, *addresses):
        self.mail()
        for address in addresses or (self.options.user,):
            self.rcpt(address)

    def data(self, octets):
        """The message with its end; the reply, one for each recipient on LMTP when asked for more."""
        expect(self.ask("DATA"), 354)
        self.send(octets)
        return self.reply()


def expect(reply, *codes):
    for code in codes:
        if reply.code == code or (code < 10 and reply.code // 100 == code):
            return reply
    raise Failed(f"wanted {codes}, got {reply}")


def ready(options):
    """A connection behind EHLO, and logged in where the role needs it."""
    client = Client(options)
    expect(client.greeting, 220)
    client.hello()
    if options.role == "submission":
        client.login()
    return client


def transaction(options, *addresses):
    client = ready(options)
    client.envelope(*addresses)
    return client


def closed_or(client, *codes):
    try:
        return expect(client.reply(), *codes)
    except (EOFError, ConnectionError):
        return None


def alive(client):
    expect(client.ask("NOOP"), 250)


def marked():
    return "t" + uuid.uuid4().hex[:16]


def copies(options, mark, wait=True):
    """Delivered messages with this Subject, as octets, by IMAP; `wait` for the first."""
    if not options.imap_port:
        raise Skipped("needs --imap-port")
    box = imaplib.IMAP4(options.host, options.imap_port)
    try:
        box.login(options.user, options.password)
        for _ in range(20):
            box.select("INBOX")
            found = box.search(None, "SUBJECT", mark)[1][0].split()
            if found or not wait:
                break
            time.sleep(0.1)
        return [box.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in found]
    finally:
        box.logout()


def one_copy(options, mark):
    found = copies(options, mark)
    if len(found) != 1:
        raise Failed(f"{len(found)} copies of {mark}")
    return found[0]


def check_absent(options, mark):
    """No copy of it, also not when a message that was sent after it has arrived."""
    behind = marked()
    with transaction(options) as c:
        expect(c.data(f"Subject: {behind}\r\n\r\nx\r\n.\r\n"), 250)
    one_copy(options, behind)
    found = copies(options, mark, wait=False)
    check(not any(mark.encode() in copy.split(b"\r\n\r\n")[0] for copy in found), "it was delivered")


def delivered(options, body, header=b""):
    """Sends one message by DATA and returns its stored octets, or the refusing Reply."""
    mark = marked()
    with transaction(options) as c:
        reply = c.data(header + b"Subject: " + mark.encode() + b"\r\n\r\n" + body + b"\r\n.\r\n")
        alive(c)
    return one_copy(options, mark) if reply.code == 250 else reply


def check(condition, text):
    if not condition:
        raise Failed(text)


# ---- A: commands

@row("A01", "m", "220 with the host name first, one reply only")
def _(o):
    with Client(o) as c:
        expect(c.greeting, 220)
        check(re.match(r"[A-Za-z0-9.-]+( |$)", c.greeting.lines[0]), f"no host name: {c.greeting}")
        check(c.quiet(), "more than one reply")


@row("A02", "m", "EHLO: a multi-line 250")
def _(o):
    with Client(o) as c:
        check(len(c.hello().lines) > 1, "one line only")


@row("A03", "m", "EHLO without argument: 501")
def _(o):
    with Client(o) as c:
        expect(c.ask(c.hello_verb()), 501)


@row("A04", "m", "HELO: one line, no extensions", ("inbound", "submission"))
def _(o):
    with Client(o) as c:
        check(len(expect(c.ask("HELO client.example"), 250).lines) == 1, "several lines")


@row("A05", "m", "unknown verb: 500/502, the session goes on")
def _(o):
    with Client(o) as c:
        c.hello()
        expect(c.ask("XYZZY foo"), 500, 502)
        alive(c)


@row("A06", "m", "RCPT before MAIL: 503")
def _(o):
    with ready(o) as c:
        expect(c.ask(f"RCPT TO:<{o.user}>"), 503)


@row("A07", "m", "DATA before RCPT: 503 (554), no 354")
def _(o):
    with ready(o) as c:
        c.mail()
        expect(c.ask("DATA"), 503, 554)


@row("A08", "m", "a second MAIL: 503")
def _(o):
    with ready(o) as c:
        c.mail()
        expect(c.ask(f"MAIL FROM:<{c.sender()}>"), 503)


@row("A09", "m", "RSET clears the transaction")
def _(o):
    with ready(o) as c:
        c.mail()
        expect(c.ask("RSET"), 250)
        expect(c.ask(f"RCPT TO:<{o.user}>"), 503)


@row("A10", "m", "EHLO in mid-transaction clears it")
def _(o):
    with ready(o) as c:
        c.mail()
        c.hello()
        expect(c.ask(f"RCPT TO:<{o.user}>"), 503)


@row("A11", "m", "NOOP with an argument: 250")
def _(o):
    with ready(o) as c:
        expect(c.ask("NOOP argument"), 250)


@row("A12", "m", "verbs in any case")
def _(o):
    with ready(o) as c:
        expect(c.ask(f"mAiL fRoM:<{c.sender()}>"), 250)


@row("A13", "s", "VRFY tells nothing")
def _(o):
    with ready(o) as c:
        there, nowhere = c.ask(f"VRFY {o.user}"), c.ask(f"VRFY nobody-{marked()}@{o.domain}")
        check(there.code in (252, 502) or there.code == nowhere.code == 550, f"{there} against {nowhere}")


@row("A14", "m", "QUIT: 221 and close")
def _(o):
    with Client(o) as c:
        expect(c.ask("QUIT"), 221)
        try:
            c.line()
            raise Failed("not closed")
        except EOFError:
            pass


for name, command, codes, text in (
        ("A15", "MAIL FROM", (501,), "MAIL FROM without a path: 501"),
        ("A16", "MAIL FROM:<a@b", (501,), "a path without its end: 501"),
        ("A17", "MAIL FROM:<{sender}> FOO=BAR", (555, 501), "unknown parameter: 555"),
        ("A19", "MAIL FROM:<{sender}> SIZE=abc", (501,), "SIZE=abc: 501"),
        ("A20", "MAIL FROM:<{sender}> BODY=FOO", (501,), "BODY=FOO: 501")):
    def refused(o, command=command, codes=codes):
        with ready(o) as c:
            expect(c.ask(command.format(sender=c.sender())), *codes)
            alive(c)
    row(name, "m", text)(refused)


@row("A18", "m", "SIZE over the announced one: 552 at MAIL")
def _(o):
    with ready(o) as c:
        size = next(int(x.split()[1]) for x in c.extensions if x.startswith("SIZE "))
        expect(c.ask(f"MAIL FROM:<{c.sender()}> SIZE={size + 1}"), 552)


@row("A21", "m", "RCPT TO:<>: 501")
def _(o):
    with ready(o) as c:
        c.mail()
        expect(c.ask("RCPT TO:<>"), 501)


@row("A22", "m", "RCPT TO:<postmaster> in any case: 250")
def _(o):
    for name in ("postmaster", "Postmaster", "POSTMASTER"):
        with ready(o) as c:
            c.mail()
            expect(c.ask(f"RCPT TO:<{name}>"), 250)


@row("A23", "m", "unknown local recipient: 550 at RCPT")
def _(o):
    with ready(o) as c:
        c.mail()
        expect(c.ask(f"RCPT TO:<nobody-{marked()}@{o.domain}>"), 550)


@row("A24", "m", "foreign recipient without AUTH: 550/554", ("inbound", "lmtp"))
def _(o):
    with ready(o) as c:
        c.mail()
        got = expect(c.ask(f"RCPT TO:<x@{o.foreign}>"), 550, 554)
        check("5.7.1" in got.lines[0], f"not 5.7.1: {got}")


@row("A25", "m", "no relaying by percent, bang, quotes or source route", ("inbound", "lmtp"))
def _(o):
    for path in (f"x%{o.foreign}@{o.domain}", f"{o.foreign}!x@{o.domain}", f"{o.foreign}!x", f'"x@{o.foreign}"@{o.domain}',
                 f"@{o.domain}:x@{o.foreign}", f"x@{o.foreign}@{o.domain}", f"x@{o.domain}@{o.foreign}", f"x@[{o.host}]x"):
        with ready(o) as c:
            c.mail()
            expect(c.ask(f"RCPT TO:<{path}>"), 4, 5)


@row("A26", "m", "local part of 65 octets, path of 257: 5xx")
def _(o):
    for path in ("a" * 65 + "@" + o.domain, "a@" + "b" * 300 + ".example"):
        with ready(o) as c:
            c.mail()
            expect(c.ask(f"RCPT TO:<{path}>"), 5)
            alive(c)


@row("A27", "m", "controls, bare CR and NUL in an address: 5xx")
def _(o):
    for octet in (b"\x01", b"\r", b"\x00", b"\x7f", b"\t"):
        with ready(o) as c:
            c.mail()
            expect(c.ask(b"RCPT TO:<a" + octet + b"b@" + o.domain.encode() + b">"), 5)
            alive(c)


@row("A28", "s", "8-bit address without SMTPUTF8: 5xx")
def _(o):
    with ready(o) as c:
        expect(c.ask("MAIL FROM:<\u00e9@remote.example>"), 5)


@row("A29", "s", "SMTPUTF8 with an 8-bit sender: 250", ("inbound", "lmtp"))
def _(o):
    with ready(o) as c:
        check(c.has("SMTPUTF8"), "not announced")
        expect(c.ask("MAIL FROM:<\u00e9@remote.example> SMTPUTF8"), 250)


@row("A30", "m", "command line over 4 KiB: refused or closed, never run")
def _(o):
    with ready(o) as c:
        c.send(b"NOOP " + b"x" * 5000 + b"\r\n")
        closed_or(c, 500, 501, 503)


@row("A31", "m", "1 MiB without a line end: 5xx, 421 or close")
def _(o):
    with ready(o) as c:
        try:
            for _ in range(16):
                c.send(b"x" * 65536)
        except OSError:
            return
        closed_or(c, 421, 5)


@row("A32", "m", "pipelined MAIL, RCPT, DATA: 250 250 354")
def _(o):
    with ready(o) as c:
        c.send(f"MAIL FROM:<{c.sender()}>\r\nRCPT TO:<{o.user}>\r\nDATA\r\n")
        for code in (250, 250, 354):
            expect(c.reply(), code)
        c.send(f"Subject: {marked()}\r\n\r\nx\r\n.\r\n")
        expect(c.reply(), 250)


@row("A33", "m", "pipelined MAIL, bad RCPT, DATA: no 354")
def _(o):
    with ready(o) as c:
        c.send(f"MAIL FROM:<{c.sender()}>\r\nRCPT TO:<nobody-{marked()}@{o.domain}>\r\nDATA\r\n")
        for code in ((250,), (550,), (503, 554)):
            expect(c.reply(), *code)


@row("A34", "m", "an HTTP request never runs as a transaction")
def _(o):
    for request in ("GET / HTTP/1.1", "POST / HTTP/1.1"):
        with Client(o) as c:
            c.send(f"{request}\r\nHost: x\r\n\r\n{c.hello_verb()} x\r\nMAIL FROM:<{c.sender()}>\r\n"
                   f"RCPT TO:<{o.user}>\r\nDATA\r\n")
            try:
                while True:
                    check(c.reply().code != 354, "the transaction ran")
            except (EOFError, TimeoutError, socket.timeout):
                pass


@row("A35", "s", "junk behind STARTTLS, AUTH, BDAT, DATA: 501")
def _(o):
    for command in ("STARTTLS now", "DATA now", "BDAT junk"):
        with ready(o) as c:
            expect(c.ask(command), 501)


@row("A36", "s", "too many errors: 421 and close within 30")
def _(o):
    with ready(o) as c:
        c.socket.settimeout(60)
        for _ in range(30):
            try:
                if c.ask("XYZZY").code == 421:
                    return
            except (EOFError, OSError):
                return
    raise Failed("30 unknown commands and still there")


@row("A37", "m", "NOOP LF NOOP CRLF: one error or two replies, no hang")
def _(o):
    with ready(o) as c:
        c.send(b"NOOP\nNOOP\r\n")
        c.reply()
        if not c.quiet():
            c.reply()
        alive(c)


@row("A38", "p", "an early talker gets 220, 554 or 421")
def _(o):
    with Client(o, greet=False) as c:
        c.send(f"{c.hello_verb()} early.example\r\n")
        closed_or(c, 220, 554, 421)


@row("A39", "s", "DSN parameters: 250 when announced")
def _(o):
    with ready(o) as c:
        check(c.has("DSN"), "not announced")
        c.mail(" RET=HDRS ENVID=QQ314159")
        expect(c.ask(f"RCPT TO:<{o.user}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{o.user}"), 250)


@row("A40", "m", "wrong DSN parameters: 501")
def _(o):
    with ready(o) as c:
        if not c.has("DSN"):
            raise Skipped("DSN not announced")
        expect(c.ask(f"MAIL FROM:<{c.sender()}> RET=FOO"), 501)
        c.mail()
        expect(c.ask(f"RCPT TO:<{o.user}> NOTIFY=NEVER,FAILURE"), 501)
        expect(c.ask(f"RCPT TO:<{o.user}> ORCPT={o.user}"), 501)


@row("A41", "s", "enhanced status codes in every reply after EHLO")
def _(o):
    with ready(o) as c:
        check(c.has("ENHANCEDSTATUSCODES"), "not announced")
        for command in ("NOOP", "RSET", "XYZZY", "RCPT TO:<a@b>", f"MAIL FROM:<{c.sender()}>", "RCPT TO:<>", "VRFY x",
                        f"RCPT TO:<{o.user}>", "BDAT x", "QUIT"):
            got = c.ask(command)
            check(re.match(rf"^{got.code // 100}\.\d{{1,3}}\.\d{{1,3}} ", got.lines[0] + " "), f"{command}: {got}")


# ---- B: DATA

@row("B01", "m", "a message: 354, 250")
def _(o):
    with transaction(o) as c:
        expect(c.data(f"Subject: {marked()}\r\n\r\nbody\r\n.\r\n"), 250)


@row("B02", "m", "DATA and at once the dot: 250 or 5xx, the session goes on")
def _(o):
    with transaction(o) as c:
        expect(c.data(".\r\n"), 250, 5)
        alive(c)


SMUGGLING = (("B10", b"\n.\n"), ("B11", b"\n.\r\n"), ("B12", b"\r\n.\n"), ("B13", b"\r.\r"), ("B14", b"\r.\r\n"),
             ("B15", b"\n.\r"), ("B16", b"\r\n.\r"), ("B17", b"\r\n\x00.\r\n"))
for name, sequence in SMUGGLING:
    def smuggle(o, sequence=sequence):
        mark = marked()
        with transaction(o) as c:
            expect(c.ask("DATA"), 354)
            c.send(b"Subject: outer\r\n\r\nbody" + sequence + f"MAIL FROM:<{c.sender()}>\r\nRCPT TO:<{o.user}>\r\nDATA\r\n"
                   f"Subject: {mark}\r\n\r\nsmuggled\r\n.\r\n".encode())
            expect(c.reply(), 250, 5)
            check(c.quiet(), f"a second reply: {c.buffer!r}")
            alive(c)
        if o.imap_port:
            check_absent(o, mark)
    row(name, "m", f"smuggling by {sequence!r}: one reply, the rest is content")(smuggle)


@row("B20", "m", "* dot-stuffing is undone")
def _(o):
    got = delivered(o, b"..x\r\n.y\r\n. z\r\n...")
    check(got.endswith(b"\r\n\r\n.x\r\ny\r\n z\r\n..\r\n"), repr(got[-60:]))


@row("B21", "m", "bare LF in DATA: 5xx or normalised, never two messages")
def _(o):
    with transaction(o) as c:
        expect(c.data(b"Subject: x\r\n\r\none\ntwo\r\n.\r\n"), 250, 5)
        check(c.quiet(), "a second reply")
        alive(c)


@row("B22", "m", "* an accepted bare LF smuggles no header")
def _(o):
    got = delivered(o, b"one\nBcc: evil@x\ntwo")
    if not isinstance(got, Reply):
        check(b"Bcc" not in got.split(b"\r\n\r\n")[0], repr(got))


@row("B23", "m", "* a bare CR ends no header line")
def _(o):
    got = delivered(o, b"x", b"X-Test: a\rBcc: evil@x\r\n")
    if not isinstance(got, Reply):
        check(not re.search(rb"(^|\n|\r)Bcc:", got), repr(got))


@row("B24", "s", "* NUL in the body: refused, or nothing else is lost")
def _(o):
    got = delivered(o, b"one\x00two")
    if not isinstance(got, Reply):
        check(b"one" in got and b"two\r\n" in got, repr(got))


@row("B25", "m", "a line of 998 octets: 250")
def _(o):
    with transaction(o) as c:
        expect(c.data(b"Subject: x\r\n\r\n" + b"x" * 998 + b"\r\n.\r\n"), 250)


@row("B26", "s", "* a line of 8,000 octets: unbroken, or 5xx")
def _(o):
    got = delivered(o, b"y" * 8000)
    if not isinstance(got, Reply):
        check(b"y" * 8000 + b"\r\n" in got, "cut or broken")


@row("B27", "m", "* a long line with a dot at 999 makes no dot line and no header")
def _(o):
    got = delivered(o, b"x" * 998 + b".\r\nBcc: y")
    if not isinstance(got, Reply):
        check(b"\n.\r\n" not in got and b"Bcc: y" not in got.split(b"\r\n\r\n")[0], repr(got[-80:]))


@row("B28", "m", "100 Received fields: refused as a loop")
def _(o):
    with transaction(o) as c:
        got = c.data(b"Received: from a by b; Sat, 21 Nov 2026 00:00:00 +0000\r\n" * 100 + b"Subject: x\r\n\r\nx\r\n.\r\n")
        check("5.4.6" in expect(got, 5).lines[0], f"{got}")


@row("B29", "m", "* one Return-Path, ours; Received of this host on top")
def _(o):
    got = delivered(o, b"x", b"Return-Path: <forged@evil.example>\r\n")
    check(not isinstance(got, Reply), repr(got))
    header = got.split(b"\r\n\r\n")[0]
    found = re.findall(rb"(?im)^Return-Path:[ \t]*(.*?)\r?$", header)
    sender = o.user if o.role == "submission" else "sender@remote.example"
    check(found == [f"<{sender}>".encode()], repr(found))
    first = re.search(rb"(?im)^Received:(.*(?:\r\n[ \t].*)*)", header)
    check(first and b"client.example" in first.group(1), repr(header))


@row("B30", "s", "8-bit text without BODY=: 250")
def _(o):
    with transaction(o) as c:
        expect(c.data("Subject: x\r\n\r\n\u00e9\u00fc\r\n.\r\n"), 250)


@row("B31", "m", "end of data and QUIT in one segment: 250, 221")
def _(o):
    with transaction(o) as c:
        expect(c.data(f"Subject: {marked()}\r\n\r\nx\r\n.\r\nQUIT\r\n"), 250)
        expect(c.reply(), 221)


@row("B32", "m", "* a connection dropped in DATA delivers nothing")
def _(o):
    mark = marked()
    with transaction(o) as c:
        expect(c.ask("DATA"), 354)
        c.send(f"Subject: {mark}\r\n\r\nhalf")
    check_absent(o, mark)


@row("B33", "s", "EHLO with ( ) or blanks: 501 or quoted")
def _(o):
    with Client(o) as c:
        expect(c.ask(f"{c.hello_verb()} evil (comment) by x"), 501)


@row("B34", "s", "a header section of 1 MiB: 5xx or 250, and the server goes on")
def _(o):
    with transaction(o) as c:
        expect(c.data(b"X-Long: " + b"x" * (1 << 20) + b"\r\nSubject: x\r\n\r\nx\r\n.\r\n"), 250, 5)
        alive(c)


# ---- C: BDAT

def bdat(client, octets, last=False):
    client.send(b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets)
    return client.reply()


@row("C01", "m", "BDAT n LAST: 250")
def _(o):
    with transaction(o) as c:
        expect(bdat(c, b"Subject: x\r\n\r\nx\r\n", True), 250)


@row("C02", "m", "BDAT before MAIL: 503, the octets are eaten")
def _(o):
    with ready(o) as c:
        expect(bdat(c, b"NOOP\r\nNOOP\r\n"), 503)
        check(c.quiet(), "the chunk ran as commands")


@row("C03", "m", "BDAT abc: 501")
def _(o):
    with ready(o) as c:
        expect(c.ask("BDAT abc"), 501)


@row("C04", "m", "two chunks and BDAT 0 LAST: 250 each")
def _(o):
    with transaction(o) as c:
        for chunk, last in ((b"Subject: x\r\n", False), (b"\r\nx\r\n", False), (b"", True)):
            expect(bdat(c, chunk, last), 250)


@row("C05", "m", "DATA after BDAT: 503")
def _(o):
    with transaction(o) as c:
        expect(bdat(c, b"Subject: x\r\n"), 250)
        expect(c.ask("DATA"), 503)


@row("C06", "m", "* no dots in BDAT")
def _(o):
    mark = marked()
    with transaction(o) as c:
        expect(bdat(c, f"Subject: {mark}\r\n\r\na\r\n.\r\n..x\r\n".encode(), True), 250)
    check(one_copy(o, mark).endswith(b"\r\n\r\na\r\n.\r\n..x\r\n"), "changed")


@row("C07", "m", "BDAT over the limit: 5xx or close, never run")
def _(o):
    for size in (1 << 40, 1 << 63, 1 << 64, 10 ** 30):
        with transaction(o) as c:
            c.send(b"BDAT %d LAST\r\nNOOP\r\nNOOP\r\n" % size)
            if closed_or(c, 5) is not None:
                check(c.quiet(), "the chunk ran as commands")


@row("C08", "m", "MAIL, RCPT, BDAT LAST in one segment: 250 250 250")
def _(o):
    with ready(o) as c:
        c.send(f"MAIL FROM:<{c.sender()}>\r\nRCPT TO:<{o.user}>\r\nBDAT 17 LAST\r\nSubject: x\r\n\r\nx\r\n")
        for _ in range(3):
            expect(c.reply(), 250)


@row("C09", "m", "BODY=BINARYMIME and DATA: 503")
def _(o):
    with ready(o) as c:
        if not c.has("BINARYMIME"):
            expect(c.ask(f"MAIL FROM:<{c.sender()}> BODY=BINARYMIME"), 5)
            return
        c.mail(" BODY=BINARYMIME")
        c.rcpt()
        expect(c.ask("DATA"), 503)


# ---- D: STARTTLS

def plain(o):
    if o.tls:
        raise Skipped("TLS from the start")
    c = Client(o)
    c.hello()
    if not c.has("STARTTLS"):
        c.close()
        raise Skipped("STARTTLS not announced")
    return c


@row("D01", "m", "a command glued behind STARTTLS is never answered")
def _(o):
    with plain(o) as c:
        c.send(b"STARTTLS\r\nNOOP\r\n")
        expect(c.reply(), 220)
        try:
            c.wrap()
        except (ssl.SSLError, OSError):
            return  # it closed: right too
        check(c.quiet(), f"answered within TLS: {c.buffer!r}")


@row("D02", "s", "after STARTTLS: MAIL before EHLO is 503")
def _(o):
    with plain(o) as c:
        c.start_tls()
        expect(c.ask(f"MAIL FROM:<{c.sender()}>"), 503)


@row("D03", "m", "after STARTTLS: not announced, a second one refused")
def _(o):
    with plain(o) as c:
        c.start_tls()
        c.hello()
        check(not c.has("STARTTLS"), "still announced")
        expect(c.ask("STARTTLS"), 5)


@row("D04", "m", "STARTTLS with an argument: 501")
def _(o):
    with plain(o) as c:
        expect(c.ask("STARTTLS x"), 501)


@row("D05", "s", "TLS 1.0 and 1.1 are refused")
def _(o):
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with plain(o) as c:
            expect(c.ask("STARTTLS"), 220)
            context = tls_context()
            try:
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = context.maximum_version = version
            except (ssl.SSLError, ValueError):
                raise Skipped("this Python cannot speak it")
            try:
                context.wrap_socket(c.socket)
            except (ssl.SSLError, OSError):
                continue
            raise Failed(f"{version} accepted")


@row("D06", "m", "STARTTLS in mid-transaction: refused, or the transaction is dropped", ("inbound", "lmtp"))
def _(o):
    with plain(o) as c:
        c.mail()
        got = c.ask("STARTTLS")
        if got.code == 220:
            c.wrap()
            c.hello()
            expect(c.ask(f"RCPT TO:<{o.user}>"), 503)
        else:
            expect(got, 5)


# ---- E: AUTH

def before_auth(o):
    c = Client(o)
    c.hello()
    if not c.has("AUTH") and c.has("STARTTLS"):
        c.start_tls()
        c.hello()
    if not c.has("AUTH"):
        c.close()
        raise Failed("AUTH not announced")
    return c


def token(o, password=None):
    return base64.b64encode(f"\0{o.user}\0{password or o.password}".encode()).decode()


@row("E01", "m", "AUTH PLAIN with an initial response: 235, then MAIL (and a foreign RCPT with --relay)", ("submission",))
def _(o):
    with before_auth(o) as c:
        expect(c.ask("AUTH PLAIN " + token(o)), 235)
        c.mail()
        expect(c.ask(f"RCPT TO:<x@{o.foreign}>"), *((250,) if o.relay else (250, 550)))


@row("E02", "m", "AUTH PLAIN, empty 334, response: 235", ("submission",))
def _(o):
    with before_auth(o) as c:
        got = expect(c.ask("AUTH PLAIN"), 334)
        check(got.lines[0].strip() == "", f"{got}")
        expect(c.ask(token(o)), 235)


@row("E03", "m", "wrong password: 535, and no login", ("submission",))
def _(o):
    with before_auth(o) as c:
        c.socket.settimeout(60)
        expect(c.ask("AUTH PLAIN " + token(o, "wrong" + marked())), 535)
        expect(c.ask(f"MAIL FROM:<{c.sender()}>"), 530, 5)


@row("E04", "m", "'*' cancels: 501", ("submission",))
def _(o):
    with before_auth(o) as c:
        expect(c.ask("AUTH PLAIN"), 334)
        expect(c.ask("*"), 501)
        alive(c)


@row("E05", "m", "bad base64: 501 (535)", ("submission",))
def _(o):
    with before_auth(o) as c:
        expect(c.ask("AUTH PLAIN !!!"), 501, 535)


@row("E06", "m", "unknown mechanism: 504 (535, 501)", ("submission",))
def _(o):
    with before_auth(o) as c:
        expect(c.ask("AUTH XYZZY"), 504, 535, 501)


@row("E07", "m", "a second AUTH: 503", ("submission",))
def _(o):
    with ready(o) as c:
        expect(c.ask("AUTH PLAIN " + token(o)), 503)


@row("E08", "m", "AUTH in mid-transaction: 503", ("submission",))
def _(o):
    with ready(o) as c:
        c.mail()
        expect(c.ask("AUTH PLAIN " + token(o)), 503)


@row("E09", "m", "NUL and 12 KiB in a response: 5xx, no crash", ("submission",))
def _(o):
    for text in (b"AUTH PLAIN " + b"A" * 12288, b"AUTH PLAIN " + base64.b64encode(b"\0" * 3000)):
        with before_auth(o) as c:
            c.socket.settimeout(60)
            c.send(text + b"\r\n")
            closed_or(c, 5)
    with before_auth(o) as c:
        alive(c)


@row("E10", "m", "MAIL under an address of somebody else: 553", ("submission",))
def _(o):
    with ready(o) as c:
        expect(c.ask(f"MAIL FROM:<{o.other}>"), 553, 550)


# ---- G: LMTP

@row("G01", "m", "two recipients: two replies after the dot", ("lmtp",))
def _(o):
    with transaction(o, o.user, o.other) as c:
        expect(c.data(f"Subject: {marked()}\r\n\r\nx\r\n.\r\n"), 250)
        expect(c.reply(), 250)
        check(c.quiet(), "a third reply")


@row("G02", "m", "EHLO on LMTP: 500/502", ("lmtp",))
def _(o):
    with Client(o) as c:
        expect(c.ask("EHLO client.example"), 500, 502)


SLOWEST = "A36"  # servers answer errors later and later: it begins first
GUESSES = ("E03", "E05", "E06", "E09")


def outcome(one, options):
    """What becomes of a row, and why."""
    try:
        one[4](options)
        return "ok", ""
    except Skipped as reason:
        return "skipped", str(reason)
    except (Failed, EOFError, OSError, imaplib.IMAP4.error, AttributeError) as reason:
        return ("FAILED" if one[1] == "m" else "weak"), f"{type(reason).__name__}: {reason}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--role", choices=ALL, default="inbound")
    parser.add_argument("--tls", action="store_true", help="TLS from the start (port 465)")
    parser.add_argument("--user", default="demo@example.test", help="a mailbox of the server")
    parser.add_argument("--other", default="two@example.test", help="another one")
    parser.add_argument("--password", default="", help="of --user")
    parser.add_argument("--domain", default="", help="local domain; that of --user")
    parser.add_argument("--foreign", default="foreign.example", help="a domain that is not local")
    parser.add_argument("--relay", action="store_true", help="authenticated users may send to --foreign")
    parser.add_argument("--imap-port", type=int, default=0, help="to look at delivered copies")
    parser.add_argument("--only", default="", help="ids that start so")
    parser.add_argument("--jobs", type=int, default=6, help="rows at one time")
    parser.add_argument("--timeout", type=float, default=20)
    options = parser.parse_args()
    options.domain = options.domain or options.user.split("@")[1]
    wanted = sorted((r for r in ROWS if options.role in r[3] and r[0].startswith(options.only)), key=lambda r: r[0])
    counts = {"ok": 0, "FAILED": 0, "weak": 0, "skipped": 0}
    # Each row has connections of its own. Failed logins slow down who logs in after them, so they come last.
    last = [r for r in wanted if r[0] in GUESSES]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = {r[0]: pool.submit(outcome, r, options) for r in sorted(wanted, key=lambda r: r[0] != SLOWEST)
                   if r not in last}
        done = {name: result.result() for name, result in results.items()}
    done.update({r[0]: outcome(r, options) for r in last})
    for name, level, text, _, _ in wanted:
        result, why = done[name]
        counts[result] += 1
        print(f"{result:<8}{name} {level}  {text}{'  -- ' + why if why else ''}", flush=True)
    print(f"{options.role}: {counts['ok']} passed, {counts['FAILED']} failed, {counts['weak']} weak, "
          f"{counts['skipped']} skipped")
    return 1 if counts["FAILED"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
