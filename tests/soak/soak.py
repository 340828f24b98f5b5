#!/usr/bin/env python3
"""Memory under mixed load: what the process has beyond its configured caches must not grow.

usage: soak.py --barid PROGRAM --mailbench PROGRAM [--minutes N] [--json FILE]

Rounds of load, one behind the other until the time is over: LMTP deliveries, a mix of IMAP commands, IDLE with
deliveries, POP3 sessions that delete what they read, and connections that come and go: at once, in the middle of a
command, in the middle of a TLS handshake. Every ten seconds, and at the quiet end of each round, the resident memory is
taken with the caches' sizes as the server tells them. After the warm-up (a quarter of the time)

- the rest (resident, less block cache, the most that memtables ever held (the allocator keeps it for the next ones) and
  live folders) may grow by 10 % and 16 MiB from the first quiet
  moments to the last (medians of a third each);
- under load it may never be more than 64 MiB above that;
- the block cache keeps within its limit.
"""
import argparse, imaplib, json, pathlib, poplib, random, socket, ssl, statistics, subprocess, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import e2e.harness as harness

USERS = 8
SAMPLE_SECONDS = 10
MIB = 1 << 20
MALLOC_SHARE = 1.1  # a cached block costs its octets and the allocator's rounding
GROWTH_SHARE, GROWTH_MIB, PEAK_MIB = 0.10, 16, 64


class Soak:
    def __init__(self, options):
        self.options = options
        self.server = harness.Server(users=USERS, arguments=("--log", "error"))
        self.memtables = 0
        self.samples, self.counts, self.stop = [], {"rounds": 0, "pop3": 0, "connections": 0, "nothing_done": 0}, threading.Event()

    # ---- figures ----

    def sample(self, quiet):
        status = self.server.cli("status")
        engine, store = status["engine"], status["store"]
        self.memtables = max(self.memtables, engine["memtable_bytes"])
        caches = engine["cache_bytes"] * MALLOC_SHARE + self.memtables + store["store_live_bytes"]
        self.samples.append({"at": time.monotonic() - self.began, "quiet": quiet, "resident": status["resident_bytes"],
                             "cache": engine["cache_bytes"], "memtable": engine["memtable_bytes"],
                             "live": store["store_live_bytes"], "rest": status["resident_bytes"] - caches,
                             "cache_max": engine["cache_bytes_max"], "open": status["connections"]["open"]})
        last = self.samples[-1]
        print("{:6.0f} s {}  resident {:7.1f}  cache {:6.1f}  memtable {:6.1f}  live {:5.1f}  rest {:6.1f} MiB  {:4} open".format(
            last["at"], "quiet" if quiet else "     ", *(last[n] / MIB for n in ("resident", "cache", "memtable", "live", "rest")),
            last["open"]), flush=True)

    def sampler(self):
        while not self.stop.wait(SAMPLE_SECONDS):
            self.sample(False)

    def quiet(self):
        """All sessions are over but the one that asks."""
        harness.wait_until(lambda: self.server.cli("status")["connections"]["open"] <= 1)
        self.sample(True)

    # ---- load ----

    def mailbench(self, protocol, port, *arguments):
        command = [self.options.mailbench, protocol, "--port", str(self.server.ports[port]), "--users", str(USERS),
                   "--user-format", "u%d@example.test", "--password", self.server.passwords["u1@example.test"], "--quiet",
                   *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode and len(done.stdout.splitlines()) <= 1 and not done.stderr:
            self.counts["nothing_done"] += 1  # not one answer in time: a machine with no time for it, see judge()
        elif done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def pop3(self, number, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pop = poplib.POP3("127.0.0.1", self.server.ports["pop3"])
            pop.user(f"u{number}@example.test")
            pop.pass_(self.server.passwords[f"u{number}@example.test"])
            for message in range(1, min(pop.stat()[0], 50) + 1):
                pop.retr(message)
                pop.dele(message)
            pop.quit()
            self.counts["pop3"] += 1

    def come_and_go(self, seconds):
        """Clients that leave wherever it hurts. Half of them with a reset."""
        chance, end = random.Random(self.counts["rounds"]), time.monotonic() + seconds
        words = {"imap": b"a LOGIN {5}\r\nu1@ex", "pop3": b"USER u1\r\nPAS", "smtp": b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:"
                 b"<u1@example.test>\r\nDATA\r\nSubject: half\r\n", "lmtp": b"LHLO x\r\nMAIL FR", "imaps": b"\x16\x03\x01\x02",
                 "submission": b"EHLO x\r\nSTARTTLS\r\n\x16\x03"}
        context = ssl.create_default_context(cafile=self.server.ca)
        context.check_hostname = False
        while time.monotonic() < end:
            name = chance.choice([name for name in words if name in self.server.ports])
            plain = socket.create_connection(("127.0.0.1", self.server.ports[name]))
            if name == "imaps" and chance.random() < 0.5:
                plain = context.wrap_socket(plain)
                plain.sendall(b"a NOOP\r\nb ID (\"x\" ")
            else:
                plain.sendall(words[name])
            if chance.random() < 0.5:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            plain.close()
            self.counts["connections"] += 1

    def clear(self):
        """Mailboxes as they were, so that every round is the same work."""
        for number in range(1, USERS + 1):
            imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
            imap.login(f"u{number}@example.test", self.server.passwords[f"u{number}@example.test"])
            _, found = imap.select("INBOX")
            if int(found[0]) > 200:
                imap.store(f"1:{int(found[0]) - 200}", "+FLAGS.SILENT", "(\\Deleted)")
                imap.expunge()
            imap.logout()
        self.server.cli("store", "collect", check=False)

    def round(self):
        self.mailbench("lmtp", "lmtp", "--connections", 4, "--duration", 6, "--warmup", 0)
        work = [threading.Thread(target=self.pop3, args=(USERS, 12)), threading.Thread(target=self.come_and_go, args=(12,)),
                threading.Thread(target=self.mailbench, args=("imap", "imap", "--connections", 6, "--duration", 10,
                                                              "--warmup", 0)),
                threading.Thread(target=self.mailbench, args=("idle", "imap", "--deliver-port", self.server.ports["lmtp"],
                                                              "--connections", 40, "--rate", 20, "--duration", 10,
                                                              "--warmup", 0))]
        for one in work:
            one.start()
        for one in work:
            one.join()
        self.clear()
        self.counts["rounds"] += 1

    # ---- the whole ----

    def run(self):
        faults = []
        threading.excepthook = lambda failed: faults.append(f"load: {failed.exc_value!r}")
        self.server.start()
        self.began = time.monotonic()
        sampler = threading.Thread(target=self.sampler)
        sampler.start()
        try:
            while time.monotonic() - self.began < self.options.minutes * 60 and not faults:
                self.round()
                self.quiet()
        except Exception:  # the load could not go on: what the server says of itself is the first thing to ask
            print(json.dumps(self.server.cli("status", check=False), indent=1), self.server.log_text()[-4000:], flush=True)
            raise
        finally:
            self.stop.set()
            sampler.join()
            code = self.server.stop()
        if code:
            faults.append(f"barid ended with {code}")
        return faults or self.judge()

    def judge(self):
        whole = self.samples[-1]["at"]
        warm = [s for s in self.samples if s["at"] >= whole / 4]
        quiet = [s["rest"] for s in warm if s["quiet"]]
        if len(quiet) < 3:
            return [f"only {len(quiet)} rounds after the warm-up: give it more minutes"]
        third = max(1, len(quiet) // 3)
        first, last = statistics.median(quiet[:third]), statistics.median(quiet[-third:])
        peak, resident = max(s["rest"] for s in warm), max(s["resident"] for s in warm)
        print(f"rest {first / MIB:.1f} -> {last / MIB:.1f} MiB, under load {peak / MIB:.1f} MiB; "
              f"resident {resident / MIB:.1f} MiB at most; {self.counts}")
        if self.options.json:
            pathlib.Path(self.options.json).write_text(json.dumps({"samples": self.samples, "counts": self.counts}))
        faults = []
        if self.counts["nothing_done"] > self.counts["rounds"] / 2:
            faults.append(f"{self.counts['nothing_done']} loads of {3 * self.counts['rounds']} did nothing: no proof of anything")
        if last > first * (1 + GROWTH_SHARE) + GROWTH_MIB * MIB:
            faults.append(f"the rest grew from {first / MIB:.1f} to {last / MIB:.1f} MiB")
        if peak > first + PEAK_MIB * MIB:
            faults.append(f"under load {peak / MIB:.1f} MiB beyond the caches, {first / MIB:.1f} in quiet")
        if any(s["cache"] > s["cache_max"] * 1.05 for s in warm):
            faults.append("the block cache is above its limit")
        return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--barid", required=True)
    parser.add_argument("--mailbench", required=True)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--json", help="write every sample there")
    options = parser.parse_args()
    harness.BARID = options.barid
    faults = Soak(options).run()
    for fault in faults:
        print("FAILED", fault)
    print(f"{0 if faults else 1} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
