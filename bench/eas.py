#!/usr/bin/env python3
"""ActiveSync's figures: a first Sync, one change among many, what a waiting Ping keeps, the latency of push.

usage: eas.py --barid FILE --mailbench FILE [--only first|large|ping|rates] [--devices N] [--shared] [--quick]
(docs/benchmarks.md has the results)
"""
import argparse, http.client, json, os, pathlib, select, socket, ssl, statistics, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def figures(report, name):
    of = report["commands"][name]
    return f"{name}: {of['rate']:.0f}/s, median {of['p50']:.2f} ms, 99 % {of['p99']:.2f} ms"


class Bench:
    def __init__(self, options):
        self.options = options

    def load(self, server, protocol, port, users, **more):
        """mailbench's report. The users have one password."""
        report = server.scratch / "report.json"
        command = [self.options.mailbench, protocol, "--port", str(server.ports[port]), "--users", str(users), "--password",
                   server.passwords["u1@example.test"], "--user-format", "u%d@example.test", "--quiet", "--json", str(report)]
        for name, value in more.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return json.loads(report.read_text())

    def fill(self, server, users, messages, size):
        self.load(server, "lmtp", "lmtp", users, messages=messages, size=size, connections=8, duration=600)

    def first(self, server):
        """500 mails of 2.7 KB by windows of 100: each device of the user makes one."""
        self.fill(server, 1, 500, 2_400)
        for _ in range(3):
            report = self.load(server, "eas", "http", 1, connections=1, duration=0.5, mix="FOLDERSYNC")
            print(f"first Sync of 500 mails: {report['commands']['FIRSTSYNC']['p50']:.1f} ms", flush=True)

    def large(self, server):
        from eas.device import Device
        from eas.wbxml import decode, element, encode
        count = 10_000 if self.options.quick else 100_000
        began = time.monotonic()
        self.fill(server, 1, count, 200)
        print(f"{count} messages in {time.monotonic() - began:.1f} s", flush=True)
        device = Device(server, "u1@example.test", password=server.passwords["u1@example.test"])
        device.schemas = None
        device.folder_sync("0")
        inbox = device.folder("Inbox")
        connection = http.client.HTTPConnection("127.0.0.1", server.ports["http"])
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers, uri, key = device.headers(), device.uri("Sync"), "0"

        def sync(*commands):
            nonlocal key
            octets = encode(element("Sync", ("Collections", ("Collection", ("SyncKey", key), ("CollectionId", inbox),
                            ("WindowSize", 512) if key != "0" else None, ("Commands", *commands) if commands else None))))
            began = time.perf_counter()
            connection.request("POST", uri, body=octets, headers=headers)
            body = connection.getresponse().read()
            took = time.perf_counter() - began
            if not body:
                return took, None
            root = decode(body)
            key = next(root.iter("{AirSync}SyncKey")).text
            return took, root

        began, items, root = time.monotonic(), [], True
        while root is not None:
            _, root = sync()
            items += [one[0].text for one in root.iter("{AirSync}Add")] if root is not None else []
        print(f"{len(items)} items by Sync in {time.monotonic() - began:.1f} s", flush=True)
        import imaplib
        imap = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
        imap.login("u1@example.test", server.passwords["u1@example.test"])
        imap.select()
        told, quiet, own = [], [], []
        for number in range(60):
            imap.store(str(1 + number * 97), "+FLAGS", "\\Flagged")
            took, root = sync()
            assert len(list(root.iter("{AirSync}Change"))) == 1
            told.append(took)
            quiet.append(sync()[0])
            took, _ = sync(("Change", ("ServerId", items[number]), ("ApplicationData", ("Email:Read", 1))))
            own.append(took)
        for name, times in (("one change of another", told), ("nothing new", quiet), ("one change of its own", own)):
            print(f"Sync of {count} items, {name}: median {1000 * statistics.median(times):.2f} ms, "
                  f"worst of 60 {1000 * max(times):.2f} ms", flush=True)

    def share(self, server):
        """Every second user's Inbox is on the devices of the next one."""
        import imaplib

        def imap(number):
            client = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
            client.login(f"u{number}@example.test", server.passwords["u1@example.test"])
            return client

        for number in range(1, self.options.users, 2):
            assert imap(number).setacl("INBOX", f"u{number + 1}@example.test", "lr")[0] == "OK"
            assert imap(number + 1).subscribe(f'"Other Users/u{number}/INBOX"')[0] == "OK"

    def ping(self, server):
        """What the server's memory grows by for each known device that comes and waits in Ping over TLS; what they all cost
        while nothing happens; and how long it takes until those of a mailbox know of a delivery."""
        from eas.device import Answer, Device
        from eas.wbxml import element, encode
        count = 200 if self.options.quick else self.options.devices
        shared, users = self.options.shared, self.options.users
        if shared:
            self.share(server)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        class Waiting:
            def __init__(self, number):
                step = 2 if shared else 1
                place = number % (users // step)
                self.told_of = f"u{1 + step * place}@example.test"  # whose mail it waits for
                self.device = Device(server, f"u{step + step * place}@example.test", device=f"D{number // (users // step)}",
                                     password=server.passwords["u1@example.test"])

            def connect(self):
                self.connection = http.client.HTTPSConnection("127.0.0.1", server.ports["https"], context=context)

            def post(self, command, root):
                self.connection.request("POST", self.device.uri(command), body=encode(root), headers=self.device.headers())

            def begin(self):
                self.connect()
                self.post("FolderSync", element("FolderHierarchy:FolderSync", ("SyncKey", "0")))
                got = self.connection.getresponse()
                answer = Answer(got.status, got.headers, got.read())
                name = f"Inbox ({self.told_of.split('@')[0]})" if shared else "Inbox"
                inbox = [row for row in answer.all("Changes/Add") if row.findtext("{FolderHierarchy}DisplayName") == name]
                self.inbox = inbox[0].findtext("{FolderHierarchy}ServerId")
                self.post("Sync", element("Sync", ("Collections", ("Collection", ("SyncKey", "0"), ("CollectionId", self.inbox)))))
                self.connection.getresponse().read()
                self.ping()  # as a device has done before
                self.connection.close()

            def ping(self):
                self.post("Ping", element("Ping:Ping", ("HeartbeatInterval", 3000), (
                    "Folders", ("Folder", ("Id", self.inbox), ("Class", "Email")))))

        devices = [Waiting(number) for number in range(count)]
        for device in devices:
            device.begin()
        time.sleep(2)
        before = resident(server.process.pid)
        for device in devices:
            device.connect()
            device.ping()
        time.sleep(2)
        after = resident(server.process.pid)
        print(f"{count} waiting Pings over TLS: {(after - before) / count:.0f} octets each, the process {after / 2**20:.0f} MiB",
              flush=True)
        before, seconds = cpu_seconds(server.process.pid), 3 if self.options.quick else 20
        time.sleep(seconds)
        print(f"{count} waiting Pings: {1000 * (cpu_seconds(server.process.pid) - before):.0f} ms of CPU in {seconds} s", flush=True)
        self.push(server, devices)

    def push(self, server, devices):
        """From the 250 of a delivery to the answers of the Pings of that mailbox."""
        import smtplib
        from e2e.harness import message
        times, lmtp = [], smtplib.LMTP("127.0.0.1", server.ports["lmtp"])
        owners = sorted({device.told_of for device in devices})[:20]
        for owner in owners:
            told = [device for device in devices if device.told_of == owner]
            lmtp.sendmail("sender@elsewhere.test", owner, message("News"))
            began = time.perf_counter()
            waiting = select.poll()
            for device in told:
                waiting.register(device.connection.sock, select.POLLIN)
            left = len(told)
            while left:
                ready = waiting.poll(60_000)
                if not ready:
                    raise SystemExit("a Ping was not answered")
                times += [time.perf_counter() - began] * len(ready)
                left -= len(ready)
                for descriptor, _ in ready:
                    waiting.unregister(descriptor)
        lmtp.quit()
        times.sort()
        print(f"{len(times)} answers to {len(owners)} deliveries while the others wait: "
              f"median {1000 * statistics.median(times):.2f} ms, 99 % {1000 * times[len(times) * 99 // 100]:.2f} ms, "
              f"worst {1000 * times[-1]:.2f} ms", flush=True)

    def rates(self, server):
        self.fill(server, 10, 500, 2_400)
        for mix in ("FOLDERSYNC", "SYNC", "FLAG", "FETCH", "SENDMAIL"):
            report = self.load(server, "eas", "http", 10, connections=10, duration=2 if self.options.quick else 6, mix=mix,
                               size=2_400, pid=server.process.pid)
            print(f"{figures(report, mix)}, server CPU {report['server']['cpu_us_per_operation']:.0f} µs each", flush=True)
        report = self.load(server, "eas", "http", 10, connections=100, duration=10, deliver_port=server.ports["lmtp"], rate=50)
        print(figures(report, "PUSH"), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--barid", required=True)
    parser.add_argument("--mailbench", required=True)
    parser.add_argument("--only", choices=["first", "large", "ping", "rates"])
    parser.add_argument("--devices", type=int, default=2_000, help="that wait in Ping; 20 of each mailbox")
    parser.add_argument("--shared", action="store_true", help="those that wait in Ping do so for somebody else's Inbox")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    os.environ["BARID"] = options.barid
    from e2e import harness
    bench = Bench(options)
    for name in ("first", "large", "ping", "rates"):
        if options.only not in (None, name):
            continue
        options.users = max(10, options.devices // 20) if name == "ping" else 10
        server = harness.Server(users=options.users).start()
        try:
            getattr(bench, name)(server)
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
