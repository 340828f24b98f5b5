#!/usr/bin/env python3
"""kill -9 at random moments under load: what was acknowledged is there after the restart, and nothing is there twice.

usage: crash.py --barid PROGRAM [--cycles N] [--clients N] [--seed N]

Each client has an account of its own and does one thing at a time: delivers by LMTP, appends, flags, moves, replaces,
expunges.
It notes what it is about to do and, after the answer, that it was done. After each kill the store is compared with
the notes: only the one thing that was under way for a client may have happened or not.
"""
import argparse, hashlib, imaplib, os, pathlib, random, re, shutil, signal, sys, tempfile, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import e2e.harness as harness

FOLDERS = ("INBOX", "Archive", "Trash")


class Message:
    def __init__(self, ident, octets):
        self.ident, self.digest = ident, hashlib.sha256(octets).hexdigest()
        self.folder, self.uid, self.flags = None, None, set()
        self.acknowledged = self.expunged = False


class Client:
    """The notes (messages, under_way) outlive the connection and the server."""

    def __init__(self, number, seed):
        self.address, self.random = f"u{number}@example.test", random.Random(seed)
        self.messages, self.under_way, self.done, self.count = {}, None, 0, 0
        self.fault = None

    def body(self, ident):
        size = self.random.choice((200, 2000, 20000, 70000, 300000))
        line = f"{ident} " + "x" * 60 + "\r\n"
        return (f"From: a@b.test\r\nSubject: {ident}\r\nX-Ident: {ident}\r\n\r\n" + line * (size // len(line) + 1)).encode()

    def work(self, server, stop):
        try:
            imap = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
            imap.login(self.address, server.passwords[self.address])
            while not stop.is_set():
                self.step(server, imap)
                self.done += 1
        except Exception as gone:  # each library has a family of its own for a peer that is gone
            if not stop.is_set():
                self.fault = repr(gone)

    def step(self, server, imap):
        alive = [m for m in self.messages.values() if m.acknowledged and not m.expunged and m.uid]
        what = self.random.random()
        if what < 0.45 or len(alive) < 3:
            self.create(server, imap, "deliver" if self.random.random() < 0.5 else "append")
            return
        one = self.random.choice(alive)
        imap.select(one.folder)
        if what < 0.65:
            flag = self.random.choice(("\\Flagged", "\\Answered", "Work"))
            self.under_way = ("flag", one.ident, flag)
            assert imap.uid("STORE", str(one.uid), "+FLAGS", f"({flag})")[0] == "OK"
            one.flags.add(flag.lower())
        elif what < 0.76:
            self.replace(imap, one)
        elif what < 0.88:
            to = self.random.choice([name for name in FOLDERS if name != one.folder])
            self.under_way = ("move", one.ident, to)
            typ, data = imap.uid("MOVE", str(one.uid), to)
            assert typ == "OK", data
            code = imap.response("COPYUID")[1][0]
            one.folder, one.uid = to, int(code.split()[2])
        else:
            self.under_way = ("expunge", one.ident, None)
            assert imap.uid("STORE", str(one.uid), "+FLAGS", "(\\Deleted)")[0] == "OK"
            assert imap.uid("EXPUNGE", str(one.uid))[0] == "OK"
            one.expunged = True
        self.under_way = None

    def replace(self, imap, one):
        """RFC 8508: within a folder or into another."""
        self.count += 1
        ident = f"{self.address.split('@')[0]}-{self.count}"
        octets = self.body(ident)
        new = self.messages[ident] = Message(ident, octets)
        new.folder = self.random.choice((one.folder, *FOLDERS))
        self.under_way = ("replace", one.ident, ident)
        imap.literal = octets
        typ, data = imap._simple_command("UID", "REPLACE", str(one.uid), new.folder)
        assert typ == "OK", data
        new.uid = int(imap.response("APPENDUID")[1][0].split()[1])
        new.acknowledged = one.expunged = True

    def create(self, server, imap, how):
        self.count += 1
        ident = f"{self.address.split('@')[0]}-{self.count}"
        octets = self.body(ident)
        one = self.messages[ident] = Message(ident, octets)
        self.under_way = (how, ident, None)
        if how == "deliver":
            one.folder = "INBOX"
            server.deliver(octets, to=self.address)
        else:
            one.folder = self.random.choice(FOLDERS)
            typ, data = imap.append(one.folder, None, None, octets)
            assert typ == "OK", data
            one.uid = int(re.search(rb"APPENDUID \d+ (\d+)", data[0])[1])
        one.acknowledged = True
        self.under_way = None

    # After the restart: compares the store with the notes and takes over what the store says.

    def verify(self, server, validity):
        faults, found = [], {}
        imap = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
        imap.login(self.address, server.passwords[self.address])
        for folder in FOLDERS:
            typ, data = imap.select(folder, readonly=True)
            now = imap.response("UIDVALIDITY")[1][0]
            if validity.setdefault((self.address, folder), now) != now:
                faults.append(f"{self.address} {folder}: UIDVALIDITY changed")
            if data[0] == b"0":
                continue
            typ, rows = imap.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
            for row in rows:
                if not isinstance(row, tuple):
                    continue
                uid = int(re.search(rb"UID (\d+)", row[0])[1])
                flags = {f.lower() for f in re.search(rb"FLAGS \(([^)]*)\)", row[0])[1].decode().split()}
                ident = re.search(rb"X-Ident: (\S+)", row[1])
                start = row[1].index(b"From: a@b.test")
                digest = hashlib.sha256(row[1][start:]).hexdigest()
                found.setdefault(ident[1].decode(), []).append((folder, uid, flags, digest))
        imap.logout()
        kind, busy, detail = self.under_way or (None, None, None)
        if kind == "replace":
            faults += self.verify_replaced(self.messages[busy], self.messages[detail], found)
        for ident, one in self.messages.items():
            copies = found.pop(ident, [])
            faults += [f"{ident}: {fault}" for fault in
                       self.verify_one(one, copies, kind if ident == busy else None, detail)]
        faults += [f"{ident}: nobody sent it" for ident in found]
        self.under_way = None
        return faults

    @staticmethod
    def verify_replaced(old, new, found):
        """One of the two, whenever the kill came; both only while a move from folder to folder is finished."""
        there = [one for one in (old, new) if one.ident in found]
        if not there:
            yield f"{old.ident}, to be replaced by {new.ident}, is lost"
        elif len(there) == 2 and old.folder == new.folder:
            yield f"{old.ident} is there beside {new.ident}, which replaced it"
        if new.ident in found:
            found.pop(old.ident, None)
        old.expunged = new.ident in found
        new.acknowledged, new.expunged = new.ident in found, new.ident not in found

    @staticmethod
    def verify_one(one, copies, kind, detail):
        if one.expunged or (kind == "expunge" and not copies):
            one.expunged = True
            if copies:
                yield f"came back after its EXPUNGE was acknowledged: {copies}"
            return
        if not one.acknowledged:
            if not copies:
                one.expunged = True  # it never was
                return
            one.acknowledged = True
        if not copies:
            yield f"is lost (was in {one.folder} uid {one.uid}, under way: {kind})"
            return
        places = {folder for folder, *_ in copies}
        if len(copies) > 1 and not (kind == "move" and len(copies) == 2 and places == {one.folder, detail}):
            yield f"is there {len(copies)} times: {copies}"
        for folder, uid, flags, digest in copies:
            if digest != one.digest:
                yield "its octets changed"
            if one.flags - flags:
                yield f"lost flags {one.flags - flags}"
            extra = flags - one.flags - {"\\recent", "\\seen", "$hasattachment", "$hasnoattachment"}
            allowed = {detail.lower()} if kind == "flag" else {"\\deleted"} if kind == "expunge" else set()
            if extra - allowed:
                yield f"has flags nobody set: {extra}"
            one.flags |= extra & allowed
        # Of a move that is being finished only the new place will stay.
        folder, uid, *_ = next((copy for copy in copies if kind == "move" and copy[0] == detail), copies[-1])
        if kind != "move":
            if folder != one.folder:
                yield f"is in {folder}, not in {one.folder}"
            if one.uid and uid != one.uid:
                yield f"has uid {uid}, had {one.uid}"
        one.folder, one.uid = folder, uid


def run_until_kill(server, clients, seconds):
    stop = threading.Event()
    threads = [threading.Thread(target=client.work, args=(server, stop), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    os.kill(server.process.pid, signal.SIGSTOP)  # all threads at one moment, then gone
    server.stop(signal.SIGKILL)
    for thread in threads:
        thread.join(timeout=30)
    return [f"{client.address}: {client.fault}" for client in clients if client.fault]


def cycles(options):
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    harness.BARID = options.barid
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="barid-crash-"))
    clients = [Client(i + 1, chance.random()) for i in range(options.clients)]
    validity, faults, start = {}, [], time.monotonic()
    try:
        for cycle in range(options.cycles + 1):
            server = harness.Server(data=scratch / "data", users=options.clients).start()
            for client in clients:
                faults += client.verify(server, validity)
            check = server.cli("store", "check", check=False)
            faults += check["problems"]
            if faults or cycle == options.cycles:
                server.stop()
                break
            faults += run_until_kill(server, clients, chance.uniform(0.05, options.run))
            if cycle % 10 == 9:
                print(f"cycle {cycle + 1}: {sum(c.done for c in clients)} operations acknowledged, "
                      f"{check['messages']} messages, {check['leaked_blobs']} leaked blobs", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for fault in faults[:40]:
        print("FAULT", fault)
    done = sum(client.done for client in clients)
    print(f"{options.cycles} cycles, {done} operations acknowledged, {len(faults)} faults, "
          f"{time.monotonic() - start:.0f} s", flush=True)
    return faults, done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--barid", required=True)
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--run", type=float, default=1.0, help="longest time until the kill, in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    faults, _ = cycles(parser.parse_args())
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
