#!/usr/bin/env python3
"""Barid and Dovecot side by side, in one run, on this machine: rates, CPU and memory, and their ratios.

usage: compare.py --barid PROGRAM --mailbench PROGRAM [--dovecot-up SCRIPT] [--quick] [--only NAME,NAME…] [--json FILE]

Both sync every acknowledged message to disk. Dovecot is started by its script (mdbox, its fastest format here), on
loopback, and stopped at the end. CPU is that of the server's whole process tree.
"""
import argparse, imaplib, json, os, pathlib, re, shutil, smtplib, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import e2e.harness as harness


class Barid:
    name = "barid"

    def __init__(self, folder, users, name="barid", arguments=()):
        self.folder, self.users, self.arguments = folder / name, users, arguments
        self.start()
        self.user_format, self.password = "u%d@example.test", self.server.passwords["u1@example.test"]

    def start(self):
        self.server = harness.Server(data=self.folder, users=self.users, arguments=self.arguments).start()
        ports = self.server.ports
        self.imap, self.imaps, self.lmtp, self.pid = ports["imap"], ports["imaps"], ports["lmtp"], self.server.process.pid

    def restart(self):
        """Cold: nothing of the mail is in the process's memory."""
        self.server.stop()
        self.start()

    def stop(self):
        self.server.stop()


class Dovecot:
    name = "dovecot"

    def __init__(self, script, folder, users):
        self.script = script
        self.environment = dict(os.environ, DC_ROOT=str(folder / "dovecot"), DC_USERS=str(users), DC_PORT_BASE="21000",
                                DC_IMAP_REUSE="10000")  # below the ports that clients are given
        done = subprocess.run(["bash", script, "fresh"], capture_output=True, text=True, env=self.environment)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        self.imap, self.lmtp = 21143, 21024
        self.pid = self.master(folder / "dovecot" / "run" / "master.pid")
        self.user_format, self.password = "u%d@localhost", "pass"

    @staticmethod
    def master(file):
        """Its process id, which it may write only after it listens."""
        for _ in range(100):
            if file.exists() and file.read_text().strip():
                return int(file.read_text())
            time.sleep(0.1)
        raise RuntimeError(f"{file} was not written")

    def stop(self):
        subprocess.run(["bash", self.script, "stop"], env=self.environment, capture_output=True)


class Bench:
    def __init__(self, options):
        self.options, self.rows = options, []

    def mailbench(self, peer, protocol, port, *arguments, users=10, user=None):
        """Load by users 1 to `users`, or by the one `user`."""
        users, names = (1, peer.user_format.replace("%d", str(user))) if user else (users, peer.user_format)
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            command = [self.options.mailbench, protocol, "--port", str(port), "--users", str(users), "--user-format",
                       names, "--password", peer.password, "--pid", str(peer.pid), "--json", out.name,
                       "--quiet", *map(str, arguments)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
            return json.load(open(out.name))

    def note(self, what, goal, barid, dovecot=None, unit=""):
        ratio = f"{barid / dovecot:.3f}" if dovecot else ""
        self.rows.append({"what": what, "goal": goal, "barid": barid, "dovecot": dovecot, "unit": unit, "ratio": ratio})
        left = f"{dovecot:.3f}" if dovecot is not None else "-"
        print(f"{what:<58} barid {barid:>12.3f}  dovecot {left:>12}  {unit:<14} ratio {ratio:>7}  goal {goal}", flush=True)

    def login(self, peer, number=1):
        imap = imaplib.IMAP4("127.0.0.1", peer.imap)
        imap.login(peer.user_format.replace("%d", str(number)), peer.password)
        return imap


    def timed(self, imap, command, *arguments):
        start = time.perf_counter()
        typ, data = getattr(imap, command)(*arguments)
        assert typ == "OK", data
        return time.perf_counter() - start


def cpu(report):
    return report["server"]["cpu_seconds"]


def bench_pipelined(bench, peers):
    rows = {}
    for peer in peers:
        rows[peer.name] = bench.mailbench(peer, "imap", peer.imap, "--mix", "NOOP", "--pipeline", 64, "--connections", 4,
                                          "--duration", bench.seconds)
    cost = {name: cpu(r) * 1e6 / r["operations"] for name, r in rows.items()}
    bench.note("NOOP, 64 pipelined: server CPU a command", "<= 3 µs", cost["barid"], cost.get("dovecot"), "µs")


def bench_delivery(bench, peers):
    for protocol, extra in (("lmtp", []), ("imap", ["--mix", "APPEND"])):
        rows = {peer.name: bench.mailbench(peer, protocol, getattr(peer, protocol), "--connections", 10, "--duration",
                                           bench.seconds, *extra) for peer in peers}
        name = "DELIVER" if protocol == "lmtp" else "APPEND"
        count = {n: r["commands"][name]["count"] for n, r in rows.items()}
        rate = {n: r["commands"][name]["rate"] for n, r in rows.items()}
        cost = {n: cpu(r) * 1e6 / count[n] for n, r in rows.items()}
        p99 = {n: r["commands"][name]["p99"] for n, r in rows.items()}
        what = "LMTP delivery" if protocol == "lmtp" else "APPEND"
        bench.note(f"{what}, mixed mail, 10 clients: rate", "ratio >= 3", rate["barid"], rate.get("dovecot"), "messages/s")
        bench.note(f"{what}, mixed mail, 10 clients: server CPU", "ratio <= 0.333", cost["barid"], cost.get("dovecot"),
                   "µs a message")
        bench.note(f"{what}, mixed mail, 10 clients: p99", "", p99["barid"], p99.get("dovecot"), "ms")


def bench_single(bench, peers):
    rows = {peer.name: bench.mailbench(peer, "imap", peer.imap, "--mix", "FETCH", "--connections", 10, "--duration",
                                       bench.seconds) for peer in peers}
    cost = {name: cpu(r) * 1e6 / r["operations"] for name, r in rows.items()}
    bench.note("FETCH n (UID FLAGS RFC822.SIZE), one by one: CPU", "", cost["barid"], cost.get("dovecot"), "µs")


def bench_fetch(bench, peers):
    count = 10_000
    for peer in peers:
        bench.mailbench(peer, "lmtp", peer.lmtp, "--messages", count, "--size", 2000, "--connections", 4, "--duration",
                        600, user=21)
        imap = bench.login(peer, 21)
        imap.select("INBOX")
        imap.fetch("1:*", "(ENVELOPE)")  # Dovecot makes its cache here; Barid made its rows at delivery
        imap.logout()
    for mix, what in (("FLAGS", "FETCH 1:* (UID FLAGS)"), ("ENVELOPES", "FETCH 1:* (ENVELOPE)")):
        rows = {peer.name: bench.mailbench(peer, "imap", peer.imap, "--mix", mix, "--connections", 1, "--duration",
                                           bench.seconds, user=21)
                for peer in peers}
        cost = {n: cpu(r) * 1e3 / r["commands"][mix]["count"] for n, r in rows.items()}
        bench.note(f"{what}, 10,000 messages: server CPU", "ratio <= 0.25", cost["barid"], cost.get("dovecot"), "ms")


def bench_partial(bench, peers):
    big = b"Subject: big\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + \
        (b"".join(os.urandom(57).hex()[:76].encode() + b"\r\n" for _ in range(1000)) * 260)[:20_000_000]
    middle = {}
    for peer in peers:
        imap = bench.login(peer, 22)
        imap.append("INBOX", None, None, big)
        imap.logout()
        report = bench.mailbench(peer, "imap", peer.imap, "--mix", "PARTIAL", "--connections", 1, "--duration",
                                 bench.seconds, user=22)
        middle[peer.name] = report["commands"]["PARTIAL"]["p50"] * 1000
    bench.note("FETCH BODY[]<o.65536> of 20 MB: median", "<= 200 µs", middle["barid"], middle.get("dovecot"), "µs")


def bench_big_folder(bench, peers):
    count = 10_000 if bench.options.quick else 100_000
    select, store = {}, {}
    for peer in peers:
        bench.mailbench(peer, "lmtp", peer.lmtp, "--messages", count, "--size", 600, "--connections", 8, "--duration",
                        900, user=23)
    barid = next(peer for peer in peers if peer.name == "barid")
    barid.restart()
    for peer in peers:
        imap = bench.login(peer, 23)
        select[peer.name] = bench.timed(imap, "select", "INBOX") * 1e3
        times = []
        for sign in "+-+-+":
            times.append(bench.timed(imap, "store", "1:*", f"{sign}FLAGS.SILENT", "(\\Flagged)") * 1e3)
        store[peer.name] = sorted(times)[2]
        imap.logout()
    bench.note(f"SELECT of {count:,} messages, cold", "<= 20 ms", select["barid"], select.get("dovecot"), "ms")
    bench.note(f"STORE 1:* of {count:,} messages", "<= 60 ms", store["barid"], store.get("dovecot"), "ms")


def tree_cpu(root):
    """Seconds of CPU of a process, of those below it, and of those of them that have ended."""
    parent, spent = {}, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parent[int(entry)], spent[int(entry)] = int(fields[1]), sum(map(int, fields[11:15]))
    inside, total = lambda pid: pid == root or (pid in parent and inside(parent[pid])), 0
    for pid, ticks in spent.items():
        total += ticks if inside(pid) else 0
    return total / os.sysconf("SC_CLK_TCK")


def conversations(count):
    """Mails of some 2,000 conversations, dated out of order, replies with References."""
    import email.utils, random
    dice, told = random.Random(5), {}
    for number in range(count):
        thread = dice.randrange(2_000)
        before = told.setdefault(thread, [])
        fields = [f"From: \"Writer {dice.randrange(300)}\" <w{dice.randrange(300)}@example.test>", "To: all@example.test",
                  f"Message-ID: <m{number}.{thread}@example.test>",
                  "Date: " + email.utils.formatdate(1_600_000_000 + dice.randrange(100_000_000)),
                  f"Subject: {'Re: ' if before else ''}Conversation {thread} about something"]
        if before:
            fields.append("References: " + "\r\n ".join(before[-10:]))
        before.append(f"<m{number}.{thread}@example.test>")
        yield ("\r\n".join(fields) + "\r\n\r\n" + "Some words of a mail.\r\n" * dice.randrange(5, 60)).encode()


def append_all(imap, mails):
    """By MULTIAPPEND, 500 at a time."""
    mails = list(mails)
    for at in range(0, len(mails), 500):
        some = mails[at:at + 500]
        imap.send(b"app%d APPEND INBOX%s\r\n" % (at, b"".join(b" {%d+}\r\n%s" % (len(each), each) for each in some)))
        while not (line := imap.readline()).startswith(b"app%d " % at):
            assert line, "the connection ended"
        assert b" OK" in line, line


def run_often(imap, command, times):
    for number in range(times):
        imap.send(b"run%d %s\r\n" % (number, command.encode()))
        while not (line := imap.readline()).startswith(b"run%d " % number):
            assert line, "the connection ended"
            answer = line
        assert b" OK" in line, line
    return answer


def prose(count, size):
    """Mails of made-up words, as frequent as words are in a language; three of them have a rare one."""
    import random
    dice, letters = random.Random(3), "etaoinsrhldcumfpgwybvkxjqz"
    words = ["".join(letters[int(dice.random() ** 1.6 * 26)] for _ in range(dice.randrange(2, 11))) for _ in range(30_000)]
    for number in range(count):
        text, octets = [], 0
        wanted = dice.randrange(size // 2, 3 * size // 2)
        while octets < wanted:
            text.append(words[int(30_000 ** dice.random()) - 1] + ("\r\n" if dice.random() < 0.1 else ""))
            octets += len(text[-1]) + 1
        if number % 2 == 0:
            text[len(text) // 2] = "quarterly"
        if number % 4_000 == 77:
            text[-1] = "zyzzyva"
        yield (f"From: Writer {dice.randrange(300)} <w@example.test>\r\nTo: all@example.test\r\nSubject: Note {number}\r\n"
               "Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\n" + " ".join(text) + "\r\n").encode()


def index_status(barid, user):
    return barid.server.cli("search", "status", barid.user_format.replace("%d", str(user)))


def unindexed(barid, user):
    return index_status(barid, user)["waiting"]


def indexed(barid, user):
    """Waits until all is in the index; the status then."""
    while unindexed(barid, user):
        time.sleep(0.2)
    return index_status(barid, user)


def bench_search(bench, peers):
    """SEARCH of texts, in the index (Barid) and without one (Dovecot as it comes); what the index weighs and costs."""
    count, cost, text_octets = 2_000 if bench.options.quick else 10_000, {}, 0
    commands = {"rare word": ("SEARCH BODY zyzzyva", "ratio <= 0.00333"), "word of every other mail":
                ("SEARCH BODY quarterly", "ratio <= 0.1"), "part of that word": ("SEARCH BODY uarterl", ""),
                "word that none has": ("SEARCH TEXT xylograph", "")}
    for peer in peers:
        imap = bench.login(peer, 19)
        mails = list(prose(count, 5_000))
        text_octets = sum(map(len, mails))
        append_all(imap, mails)
        if peer.name == "barid":
            address = peer.user_format.replace("%d", "19")
            indexed(peer, 19)
            peer.server.cli("search", "rebuild", address)
            begun, spent = peer.server.cli("search", "status"), tree_cpu(peer.pid)
            status = indexed(peer, 19)
            ended = peer.server.cli("search", "status")
            messages = ended["messages_indexed"] - begun["messages_indexed"]
            bench.note(f"index of {count:,} mails of 5 KB: its size by the text's", "<= 0.6", status["bytes"] / text_octets)
            bench.note("the same: CPU of decoding and indexing", "", (ended["cpu_ms"] - begun["cpu_ms"]) * 1e3 / messages,
                       None, "µs a message")
            bench.note("the same: CPU of the whole process", "", (tree_cpu(peer.pid) - spent) * 1e6 / messages, None,
                       "µs a message")
        imap.select("INBOX")
        for name, (command, _) in commands.items():
            answer = run_often(imap, command, 1).split()
            times = 3 if peer.name == "dovecot" or "part" in name else 100 if "every" in name else 1_000
            before = tree_cpu(peer.pid)
            assert run_often(imap, command, times).split() == answer
            cost.setdefault(name, {})[peer.name] = (tree_cpu(peer.pid) - before) * 1e3 / times
            cost[name].setdefault("answers", set()).add(b" ".join(answer[2:]))
        imap.logout()
    for name, costs in cost.items():
        assert len(costs["answers"]) == 1, name
        bench.note(f"SEARCH, {name}, {count:,} messages: server CPU", commands[name][1], costs["barid"], costs.get("dovecot"),
                   "ms")


def resident(barid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{barid.pid}/status").read())[1]) / 1024


def bench_index_large(bench, peers):
    """What mails of 64 KB cost to index; one of 63 MiB; and a search while 100,000 wait to be indexed. Barid alone."""
    barid = next(peer for peer in peers if peer.name == "barid")
    address = barid.user_format.replace("%d", "18")
    imap = bench.login(barid, 18)
    count = 200 if bench.options.quick else 1_000
    mails = list(prose(count, 64_000))
    for at in range(0, count, 100):
        append_all(imap, mails[at:at + 100])
    indexed(barid, 18)
    barid.server.cli("search", "rebuild", address)
    begun, spent = barid.server.cli("search", "status"), tree_cpu(barid.pid)
    size = indexed(barid, 18)["bytes"] / sum(map(len, mails))
    ended = barid.server.cli("search", "status")
    messages = ended["messages_indexed"] - begun["messages_indexed"]
    bench.note(f"index of {count:,} mails of 64 KB: its size by the text's", "<= 0.6", size)
    bench.note("the same: CPU of decoding and indexing", "<= 1 ms", (ended["cpu_ms"] - begun["cpu_ms"]) / messages, None,
               "ms a message")
    bench.note("the same: CPU of the whole process", "", (tree_cpu(barid.pid) - spent) * 1e3 / messages, None, "ms a message")
    imap.logout()

    imap = bench.login(barid, 17)
    text = b"".join(prose(1_000, 64_000))[:63 << 20]
    before = resident(barid)
    append_all(imap, [b"Subject: large\r\n\r\n" + text[:-20] + b"\r\nzyzzyvas\r\n"])
    imap.select("INBOX")
    for what in ("not indexed", "indexed"):
        if what == "indexed":
            barid.server.cli("search", "rebuild", barid.user_format.replace("%d", "17"))
            spent = tree_cpu(barid.pid)
            indexed(barid, 17)
            bench.note("one mail of 63 MiB: CPU until it is indexed", "", (tree_cpu(barid.pid) - spent) * 1e3, None, "ms")
        for word in ("zyzzyvas", "xylographic"):
            spent, start = tree_cpu(barid.pid), time.perf_counter()
            run_often(imap, f"SEARCH BODY {word}", 1)
            bench.note(f"the same, {what}: SEARCH BODY {word}: CPU", "", (tree_cpu(barid.pid) - spent) * 1e3, None, "ms")
            bench.note("its time", "", (time.perf_counter() - start) * 1e3, None, "ms")
    bench.note("the same: memory that the process has grown by", "", resident(barid) - before, None, "MiB")
    imap.logout()

    count = 10_000 if bench.options.quick else 100_000
    bench.mailbench(barid, "lmtp", barid.lmtp, "--messages", count, "--size", 1_000, "--connections", 8, "--duration", 900,
                    user=16)
    imap = bench.login(barid, 16)
    imap.select("INBOX")
    waiting = unindexed(barid, 16)
    spent, start = tree_cpu(barid.pid), time.perf_counter()
    run_often(imap, "SEARCH BODY zyzzyva", 1)
    taken = time.perf_counter() - start
    bench.note(f"SEARCH BODY of {count:,} mails while {waiting:,} wait for the index: time", "", taken * 1e3, None, "ms")
    bench.note("the same: CPU of the whole process, indexing too", "", (tree_cpu(barid.pid) - spent) * 1e3, None, "ms")
    start = time.perf_counter()
    indexed(barid, 16)
    bench.note("from then until all is indexed", "", time.perf_counter() - start, None, "s")
    run_often(imap, "SEARCH BODY zyzzyva", 1)
    spent = tree_cpu(barid.pid)
    run_often(imap, "SEARCH BODY zyzzyva", 100)
    bench.note("the same search then: CPU", "", (tree_cpu(barid.pid) - spent) * 10, None, "ms")
    bench.note("memory of the process at the end", "", resident(barid), None, "MiB")
    imap.logout()


def bench_index_cost(bench, peers):
    """What the search index adds to taking mail: the same Barid with it and without, by turns. The time until it is indexed
    counts."""
    on = next(peer for peer in peers if peer.name == "barid")
    off = Barid(on.folder.parent, on.users, "barid-plain", ("--no-search-index",))
    try:
        for protocol, extra in (("lmtp", []), ("imap", ["--mix", "APPEND"])):
            rate, cost = {on: [], off: []}, {on: [], off: []}
            for _ in range(2):
                for peer in (on, off):
                    before = tree_cpu(peer.pid)
                    report = bench.mailbench(peer, protocol, getattr(peer, protocol), "--connections", 10, "--duration",
                                             bench.seconds, *extra)
                    taken = report["commands"]["DELIVER" if protocol == "lmtp" else "APPEND"]
                    while peer is on and any(unindexed(peer, user) > 64 for user in range(1, 11)):  # few may wait long
                        time.sleep(0.1)
                    rate[peer].append(taken["rate"])
                    cost[peer].append((tree_cpu(peer.pid) - before) * 1e6 / taken["count"])
            what = "LMTP delivery" if protocol == "lmtp" else "APPEND"
            mean = lambda values: sum(values) / len(values)
            bench.note(f"{what}, mixed mail: rate with the index by that without", "", mean(rate[on]) / mean(rate[off]))
            bench.note(f"{what}, mixed mail: CPU without the index", "", mean(cost[off]), None, "µs a message")
            bench.note(f"{what}, mixed mail: CPU with it, until all is indexed", "", mean(cost[on]), None, "µs a message")
    finally:
        off.stop()


def bench_find(bench, peers):
    """SEARCH by facts, SORT and THREAD: what each costs once the server has seen the folder."""
    count, cost = 10_000, {}
    commands = {"SEARCH UNSEEN": "SEARCH UNSEEN", "SEARCH SINCE": "SEARCH SINCE 1-Jan-2020", "SEARCH LARGER":
                "SEARCH LARGER 1000", "SORT (REVERSE DATE)": "SORT (REVERSE DATE) UTF-8 ALL", "SORT (SUBJECT)":
                "SORT (SUBJECT) UTF-8 ALL", "THREAD REFERENCES": "THREAD REFERENCES UTF-8 ALL"}
    for peer in peers:
        imap = bench.login(peer, 20)
        append_all(imap, conversations(count))
        imap.select("INBOX")
        for name, command in commands.items():
            run_often(imap, command, 2)  # what is read and kept once
            times = 20 if bench.options.quick else 100
            before = tree_cpu(peer.pid)
            run_often(imap, command, times)
            cost.setdefault(name, {})[peer.name] = (tree_cpu(peer.pid) - before) * 1e3 / times
        imap.logout()
    for name, costs in cost.items():
        goal = "ratio <= 1" if name.startswith("SEARCH") else "ratio <= 0.5"
        bench.note(f"{name}, 10,000 messages: server CPU", goal, costs["barid"], costs.get("dovecot"), "ms")


def command(imap, text):
    """Runs one command; its untagged lines."""
    command.number = getattr(command, "number", 0) + 1
    tag, lines = b"cmd%d" % command.number, []
    imap.send(tag + b" " + text.encode() + b"\r\n")
    while not (line := imap.readline()).startswith(tag + b" "):
        assert line, "the connection ended"
        lines.append(line)
    assert b" OK" in line, line
    return lines


def bench_folders(bench, peers):
    """A mailbox of 1,000 folders: what a LIST with all their STATUS costs, and how NOTIFY over them works."""
    count, status, wall, told, quiet = 1_000, {}, {}, {}, {}
    mail = b"From: a@example.test\r\nSubject: one of many\r\n\r\nSome words of a mail.\r\n"
    for peer in peers:
        imap = bench.login(peer, 19)
        for number in range(count):
            name = f"tree{number // 100}/folder{number}"
            imap.send(b"mk%d CREATE %s\r\n" % (number, name.encode()))
            imap.send(b"ap%d APPEND %s {%d+}\r\n%s\r\n" % (number, name.encode(), len(mail), mail))
            while not (line := imap.readline()).startswith(b"ap%d " % number):
                assert line, "the connection ended"
            assert b" OK" in line, line
        listing = 'LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))'
        for _ in range(3):  # what is read and kept once
            lines = command(imap, listing)
        assert sum(line.startswith(b"* STATUS") for line in lines) >= count, "folders are missing"
        times = 20 if bench.options.quick else 100
        before, start = tree_cpu(peer.pid), time.perf_counter()
        for _ in range(times):
            command(imap, listing)
        wall[peer.name] = (time.perf_counter() - start) * 1e3 / times
        status[peer.name] = (tree_cpu(peer.pid) - before) * 1e3 / times

        listener = bench.login(peer, 19)
        command(listener, "NOTIFY SET (personal (MessageNew MessageExpunge))")
        delays = []
        for number in range(20):
            name = b"tree%d/folder%d" % (number % 10, number % 10 * 100 + number)
            imap.send(b"no%d APPEND %s {%d+}\r\n%s\r\n" % (number, name, len(mail), mail))
            while not imap.readline().startswith(b"no%d OK" % number):
                pass
            start = time.perf_counter()
            while not ((line := listener.readline()).startswith(b"* STATUS") and name in line):
                assert line, "the connection ended"
            delays.append((time.perf_counter() - start) * 1e3)
        told[peer.name] = sorted(delays)[len(delays) // 2]
        time.sleep(2)
        before, seconds = tree_cpu(peer.pid), 10 if bench.options.quick else 30
        time.sleep(seconds)
        quiet[peer.name] = (tree_cpu(peer.pid) - before) * 1e3 / seconds
        listener.logout()
        imap.logout()
    what = f"LIST of {count:,} folders RETURN (STATUS)"
    bench.note(f"{what}: server CPU", "ratio <= 0.2", status["barid"], status.get("dovecot"), "ms")
    bench.note(f"{what}: time", "ratio <= 0.2", wall["barid"], wall.get("dovecot"), "ms")
    bench.note(f"NOTIFY over {count:,} folders: from APPEND's OK to STATUS", "", told["barid"], told.get("dovecot"), "ms")
    bench.note("the same, while nothing happens: server CPU", "no poll", quiet["barid"], quiet.get("dovecot"), "ms a second")


def bench_idle(bench, peers):
    middle = {}
    for peer in peers:
        report = bench.mailbench(peer, "idle", peer.imap, "--deliver-port", peer.lmtp, "--connections", 10, "--rate", 40,
                                 "--duration", bench.seconds + 2)
        middle[peer.name] = report["commands"]["PUSH"]["p50"]
    bench.note("IDLE: from the 250 to EXISTS, median", "<= 1 ms", middle["barid"], middle.get("dovecot"), "ms")


def bench_idle_memory(bench, peers):
    """Resident memory of the process before and while N connections sit in IDLE."""
    count = 2_000 if bench.options.quick else 10_000
    for barid in [peer for peer in peers if peer.name == "barid"]:
        def resident():
            return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{barid.pid}/status").read())[1]) * 1024
        before = resident()
        # Not asked of the server: a list of 10,000 sessions would itself be memory.
        command = [bench.options.mailbench, "idle", "--port", str(barid.imap), "--connections", str(count), "--users", "10",
                   "--user-format", barid.user_format, "--password", barid.password, "--duration", "60"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as load:
            held = 0
            for line in load.stderr:
                held = int(re.search(r"conns=(\d+)", line)[1])
                if held >= count:
                    break
            time.sleep(1)
            each = (resident() - before) / max(1, held)
            load.terminate()
        assert held >= count, f"only {held} of {count} connections reached IDLE"
        bench.note(f"{count:,} plain connections in IDLE: memory each", "<= 8192", each, None, "octets")
        bench.tls_idle(barid, count)


def tls_idle(self, barid, count):
    """The same over TLS: a client of a thousand connections to a process keeps the client's own memory apart."""
    script = ROOT / "bench" / "peers" / "tls_idle.py"
    status = lambda: int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{barid.pid}/status").read())[1]) * 1024
    time.sleep(2)
    before = status()
    with subprocess.Popen([sys.executable, str(script), str(barid.imaps), barid.user_format, barid.password, str(count)],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        held = int(load.stdout.readline())
        time.sleep(1)
        each = (status() - before) / max(1, held)
        load.stdin.close()
    assert held >= count, f"only {held} of {count} connections reached IDLE"
    self.note(f"{count:,} TLS connections in IDLE: memory each", "<= 24576", each, None, "octets")


Bench.tls_idle = tls_idle
ALL = {"pipelined": bench_pipelined, "delivery": bench_delivery, "single": bench_single, "fetch": bench_fetch, "partial": bench_partial, "find": bench_find,
       "search": bench_search, "index_cost": bench_index_cost, "index_large": bench_index_large, "folders": bench_folders,
       "idle": bench_idle, "big_folder": bench_big_folder, "idle_memory": bench_idle_memory}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--barid", required=True)
    parser.add_argument("--mailbench", required=True)
    parser.add_argument("--dovecot-up", default=os.environ.get("DOVECOT_UP", str(ROOT.parent / "shared" / "peers" /
                                                                                 "dovecot-up.sh")))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    options = parser.parse_args()
    harness.BARID = options.barid
    bench = Bench(options)
    bench.users, bench.seconds = 25, 3 if options.quick else 8
    folder = pathlib.Path(tempfile.mkdtemp(prefix="barid-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    peers = []
    try:
        peers.append(Barid(folder, bench.users))
        if pathlib.Path(options.dovecot_up).exists():
            peers.append(Dovecot(options.dovecot_up, folder, bench.users))
        else:
            print("no Dovecot: its start script is not there (--dovecot-up); figures of Barid alone")
        for name, one in ALL.items():
            if not options.only or name in options.only.split(","):
                one(bench, peers)
    finally:
        for peer in peers:
            peer.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(bench.rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
