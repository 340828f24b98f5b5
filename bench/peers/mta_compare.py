#!/usr/bin/env python3
"""Barid and Postfix side by side, in one run, on this machine: accepting, delivering here, relaying to a sink.

usage: mta_compare.py --barid PROGRAM --postfix SCRIPT [--messages N] [--repeats N] [--only NAME] [--json FILE]

Both are fed by Postfix's smtp-source, 20 sessions, 4096 octets a message, and sync what they acknowledge to disk.
Postfix is started by its script; CPU is that of each server's whole process tree. They take turns; the best of the repeats counts.
"""
import argparse, json, os, pathlib, re, shutil, socket, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

LINE = re.compile(r"^(\S+)\s+accept\s+([\d.]+) msg/s\s+done\s+([\d.]+) msg/s\s+cpu\(postfix\)\s+([\d.]+)")
CASES = {"accept-keep": "accept, connections kept", "accept-new": "accept, one connection a message",
         "virtual": "accept to delivered here", "relay-keep": "relay to a sink"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Barid:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.port, self.sink = free_port(), free_port()
        self.socket = str(folder / "admin.sock")
        (folder / "barid.toml").write_text(f"""hostname = "bench.test"
[store]
path = "{folder}/data"
[admin]
socket = "{self.socket}"
[mta]
relay_from_loopback = true
retry_first = "30s"
by_recipient_domain = ["sink.test=smtp://[127.0.0.1]:{self.sink}?tls=never", "held.test=smtp://[127.0.0.1]:1?tls=never"]
[log]
level = "warn"
[[listener]]
name = "smtp"
protocol = "smtp"
address = "127.0.0.1:{self.port}"
tls = "none"
connections_per_ip_max = 1000
""")
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen([program, "serve", "-c", str(folder / "barid.toml")], stdout=self.log, stderr=self.log)
        for _ in range(200):
            if os.path.exists(self.socket) and self.call("status", check=False):
                break
            time.sleep(0.05)
        self.call("postoffice", "add", "bench")
        self.call("domain", "add", "virt.test", "--postoffice", "bench")
        for n in range(1, 21):
            self.call("account", "add", f"u{n}@virt.test")

    def call(self, *arguments, check=True):
        done = subprocess.run([self.program, "--json", "--socket", self.socket, *arguments], capture_output=True, text=True)
        if done.returncode and check:
            raise RuntimeError(done.stdout + done.stderr)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else None

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def waiting(self, lane):
        return sum(one["messages"] for one in self.call("queue", "lanes")["lanes"] if lane in one["lane"])

    def feed(self, arguments):
        subprocess.run(["smtp-source", *arguments, f"127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)

    def run(self, case, count):
        keep = [] if case == "accept-new" else ["-d"]
        base = ["-l", "4096", "-f", "s@src.test", *keep]
        cpu, start = self.cpu(), time.monotonic()
        if case == "virtual":
            many = [subprocess.Popen(["smtp-source", "-s", "1", "-m", str(count // 20), *base, "-t", f"u{n}@virt.test",
                                      f"127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL) for n in range(1, 21)]
            for one in many:
                one.wait()
            taken = done = time.monotonic()
        else:
            domain = "sink.test" if case.startswith("relay") else "held.test"
            self.feed(["-s", "20", "-m", str(count), "-N", *base, "-t", f"u@{domain}"])
            taken = time.monotonic()
            while case.startswith("relay") and self.waiting("sink.test") + self.waiting(f":{self.sink}"):
                time.sleep(0.05)
            done = time.monotonic()
        out = {"accept": count / (taken - start), "done": count / (done - start), "cpu": (self.cpu() - cpu) / count * 1000}
        if case.startswith("accept"):
            self.call("queue", "remove", "--all")
        return out

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def postfix(script, count, repeats, case):
    done = subprocess.run(["bash", script, str(count), str(repeats), f"^{case}$"], capture_output=True, text=True)
    out = []
    for line in done.stdout.splitlines():
        found = LINE.match(line)
        if found:
            out.append({"accept": float(found[2]), "done": float(found[3]), "cpu": float(found[4])})
    if not out:
        raise RuntimeError(done.stdout + done.stderr)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--barid", required=True)
    parser.add_argument("--postfix", required=True)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    options = parser.parse_args()
    if shutil.which("smtp-source") is None:  # Postfix's script installs it, and Barid is fed by it too
        postfix(options.postfix, 100, 1, "accept-keep")
    results = {}
    for case, title in CASES.items():
        if options.only and options.only not in case:
            continue
        folder = pathlib.Path(tempfile.mkdtemp(prefix="barid-mta-"))
        barid, sink = Barid(options.barid, folder), None
        try:
            if case.startswith("relay"):
                sink = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{barid.sink}", "1024"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(0.5)
            barid.run(case, 100)  # as their script does: nothing is measured cold
            ours, theirs = [], []
            for _ in range(options.repeats):  # in turn: what else the machine does meets both
                theirs += postfix(options.postfix, options.messages, 1, case)
                ours.append(barid.run(case, options.messages))
        finally:
            barid.stop()
            if sink:
                sink.terminate()
                sink.wait()
            shutil.rmtree(folder, ignore_errors=True)
        what = "accept" if case.startswith("accept") else "done"
        best = lambda rows: (max(row[what] for row in rows), min(row["cpu"] for row in rows))
        (rate, cpu), (their_rate, their_cpu) = best(ours), best(theirs)
        results[case] = {"barid": ours, "postfix": theirs, "rate_ratio": rate / their_rate, "cpu_ratio": cpu / their_cpu}
        print(f"{title:34} Barid {rate:7.0f}/s {cpu:6.3f} s/1000   Postfix {their_rate:7.0f}/s {their_cpu:6.3f} s/1000   "
              f"rate x{rate / their_rate:.1f}  cpu x{cpu / their_cpu:.2f}", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
