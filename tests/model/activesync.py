#!/usr/bin/env python3
"""Two devices and two IMAP sessions on one account, at random: each device's view, made of what it was told, is the mailbox,
and what it was told came in order. `./dev model-activesync` runs it long, tests/e2e/test_activesync_model.py shortly."""
import argparse, collections, imaplib, os, pathlib, random, re, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from eas.device import Device, PLAIN  # noqa: E402
from eas.wbxml import element  # noqa: E402
from e2e import harness  # noqa: E402

FOLDERS = {"Inbox": "INBOX", "Work": "Work", "Trash": "Trash"}
CATEGORIES = ("red", "blue", "green")
LINE = re.compile(rb"UID (\d+) FLAGS \(([^)]*)\)")


class Wrong(AssertionError):
    pass


class View:
    """What one device has: items by folder, and the counts by which the order shows."""

    def __init__(self, model, name, version):
        self.model, self.random = model, model.random
        self.device = Device(model.server, model.user, device=name, version=version)
        self.device.schemas = None  # a look at one answer in twenty is enough
        self.schemas = Device(model.server, model.user).schemas
        self.items, self.counts = {}, {}
        if self.device.folder_sync("0").text("Status") != "1":
            raise Wrong("no FolderSync")
        self.folders = {name: self.device.folder(name) for name in FOLDERS}
        for folder in self.folders.values():
            self.items[folder] = {}
            self.device.prime(folder, PLAIN)
        self.contacts, self.cards = self.device.folder("Contacts"), {}
        self.device.prime(self.contacts)

    def sync(self, folder, *commands, window=None, lose=False):
        """One Sync; a lost answer is asked for again with the same octets, or with others."""
        device = self.device
        device.schemas = self.schemas if self.random.random() < 0.05 else None
        collection = device.collection(folder, *commands, window=window or self.random.choice((1, 3, 10, 100)))
        root = element("Sync", ("Collections", collection))
        for command in commands:
            self.model.note(f"{device.device} does: {command}{' (answer lost)' if lose else ''}")
        if lose:
            self.model.note(f"{device.device} loses an answer of {folder}")
            device.raw("Sync", root)
            if self.random.random() < 0.3:
                root = element("Sync", ("Collections", device.collection(folder)))
        answer = device.raw("Sync", root)
        if answer.root is None:
            return False
        status = answer.text("Collections/Collection/Status")
        if status != "1":
            raise Wrong(f"Sync: status {status}")
        device.learn(answer)
        for node in answer.all("Collections/Collection/Responses/*"):
            if node.findtext("{AirSync}Status") not in ("1", "8"):  # what the device did was not done
                raise Wrong(f"{node.tag} {node.findtext('{AirSync}ServerId')}: status {node.findtext('{AirSync}Status')}")
        above = max(map(self.uid, self.items[folder]), default=0)
        for node in answer.all("Collections/Collection/Commands/*"):
            self.take(folder, node)
        # New mail comes in order; older mail the newest first.
        added = [uid for uid in (self.uid(node[0].text) for node in answer.all("Collections/Collection/Commands/Add")) if uid > above]
        if above and added != sorted(added):
            raise Wrong(f"new mail came out of order: {added}")
        return True

    @staticmethod
    def uid(item):
        return int(item.rpartition(":")[2])

    def take(self, folder, node):
        kind, item = node.tag.split("}")[1], node[0].text
        self.model.note(f"{self.device.device} is told: {kind} {item}")
        items = self.items[folder]
        if kind in ("Delete", "SoftDelete"):
            items.pop(item, None)
            return
        data = node[1]
        if kind == "Add":
            if item in items:
                raise Wrong(f"{item} was added twice")
            items[item] = {"subject": data.findtext("{Email}Subject")}
        elif item not in items:
            raise Wrong(f"{item} was changed, but is not there")
        row = items[item]
        if data.find("{Email}Read") is not None:
            row["read"] = data.findtext("{Email}Read") == "1"
        if data.find("{Email}Flag") is not None:
            row["flagged"] = data.find("{Email}Flag").findtext("{Email}Status") == "2"
        if data.find("{Email}Categories") is not None:
            row["categories"] = {one.text for one in data.find("{Email}Categories")}
        self.look_at_order(item, row)

    def look_at_order(self, item, row):
        """The categories n1, n2, … are set one after the other on one message: none may come back."""
        counted = [int(one[1:]) for one in row.get("categories", ()) if re.fullmatch(r"n\d+", one)]
        known = self.counts.get(item, 0) if counted else 0
        if counted and max(counted) < known:
            raise Wrong(f"{item}: n{max(counted)} was told after n{known}")
        if counted:
            self.counts[item] = max(counted)

    def change(self):
        """Something that a person does on the device: at once there, and with the next Sync on the server."""
        folder = self.random.choice(list(self.folders.values()))
        items = self.items[folder]
        commands, gone = [], set()
        for item in self.random.sample(sorted(items), min(len(items), self.random.randint(0, 3))):
            what = self.random.random()
            row = items[item]
            if what < 0.35:
                row["read"] = not row.get("read")
                commands.append(("Change", ("ServerId", item), ("ApplicationData", ("Email:Read", int(row["read"])))))
            elif what < 0.6:
                row["flagged"] = not row.get("flagged")
                flag = ("Email:Flag", ("Status", 2), ("FlagType", "for Follow Up")) if row["flagged"] else ("Email:Flag",)
                commands.append(("Change", ("ServerId", item), ("ApplicationData", flag)))
            elif what < 0.8:
                if self.model.numbers[row["subject"]]:
                    continue  # a number that is old here would come back
                row["categories"] = set(self.random.sample(CATEGORIES, self.random.randint(0, 2)))
                names = [("Category", one) for one in sorted(row["categories"])]
                commands.append(("Change", ("ServerId", item), ("ApplicationData", ("Email:Categories", *names))))
            else:
                gone.add(item)
                commands.append(("Delete", ("ServerId", item)))
        for item in gone:
            del items[item]
        self.sync(folder, *commands, lose=self.random.random() < 0.2)

    def move(self):
        source, target = self.random.sample(list(self.folders.values()), 2)
        if not self.items[source]:
            return
        item = self.random.choice(sorted(self.items[source]))
        self.model.note(f"{self.device.device} moves {item} to {target}")
        self.device.raw("MoveItems", element("Move:MoveItems", (
            "Move", ("SrcMsgId", item), ("SrcFldId", source), ("DstFldId", target))))

    # Contacts: what a device adds, and others or its own user change before the Add comes again

    def sync_cards(self, *commands, added=None):
        """One Sync; `added`: how the card is called that it adds."""
        answer = self.device.raw("Sync", element("Sync", ("Collections", self.device.collection(self.contacts, *commands))))
        if answer.root is None:
            return False
        status = answer.text("Collections/Collection/Status")
        if status != "1":
            raise Wrong(f"Sync of contacts: status {status}")
        self.device.learn(answer)
        for node in answer.all("Collections/Collection/Responses/*"):
            status, item = node.findtext("{AirSync}Status"), node.findtext("{AirSync}ServerId")
            if status not in ("1", "7", "8"):
                raise Wrong(f"{node.tag} {item}: status {status}")
            if node.tag.endswith("}Add"):
                self.cards[item] = added
        for node in answer.all("Collections/Collection/Commands/*"):
            kind, item = node.tag.split("}")[1], node[0].text
            self.model.note(f"{self.device.device} is told: {kind} {item}")
            if kind == "Add" and item in self.cards:
                raise Wrong(f"contact {item} was added twice")
            if kind == "Delete":
                self.cards.pop(item, None)
            else:
                self.cards[item] = node[1].findtext("{Contacts}LastName")
        return True

    def add_card(self):
        self.model.cards += 1
        name, client_id = f"Card {self.model.cards}", f"k{self.model.cards}"
        other = next(view for view in self.model.views if view is not self)

        def add(called):
            self.model.note(f"{self.device.device} adds {called}")
            data = ("ApplicationData", ("Contacts:FileAs", called), ("Contacts:LastName", called))
            return ("Add", ("ClientId", client_id), data)

        if self.random.random() < 0.5:
            self.model.note(f"{self.device.device} loses the answer of {name}")
            self.device.raw("Sync", element("Sync", ("Collections", self.device.collection(self.contacts, add(name)))))
            what = self.random.random()
            if what < 0.5:
                other.catch_up_cards()
                item = next(item for item, called in other.cards.items() if called == name)
                other.change_card(item, remove=what < 0.1)
            if self.random.random() < 0.5:
                name += " mine"
        self.sync_cards(add(name), added=name)

    def change_card(self, item, remove):
        self.model.changes += 1
        if remove:
            del self.cards[item]
            command = ("Delete", ("ServerId", item))
        else:
            name = " ".join(self.cards[item].split()[:2]) + f" {self.model.changes}"
            self.cards[item] = name
            data = ("ApplicationData", ("Contacts:FileAs", name), ("Contacts:LastName", name))
            command = ("Change", ("ServerId", item), data)
        self.model.note(f"{self.device.device} does: {command}")
        self.sync_cards(command)

    def touch_cards(self):
        if self.cards and self.random.random() < 0.5:
            self.change_card(self.random.choice(sorted(self.cards)), remove=self.random.random() < 0.2)
        else:
            self.add_card()

    def catch_up_cards(self):
        for _ in range(200):
            if not self.sync_cards():
                return
        raise Wrong("a Sync of contacts has no end")

    def catch_up(self):
        for folder in self.folders.values():
            for _ in range(2000):
                if not self.sync(folder):
                    break
            else:
                raise Wrong("a Sync has no end")


class Model:
    def __init__(self, server, user, seed):
        self.server, self.user, self.random = server, user, random.Random(seed)
        self.steps = self.made = self.cards = self.changes = 0
        self.pushed, self.numbers = [], collections.Counter()
        self.views = []
        self.trace = collections.deque(maxlen=20_000)
        self.imap = [self.session(), self.session()]
        self.imap[0].create("Work")
        self.deliver()
        self.views = [View(self, "ONE", "16.1"), View(self, "TWO", "14.1")]

    def note(self, text):
        self.trace.append(f"step {self.steps}: {text}")

    def told_of(self, item, most=40):
        """The last that was done to an item, or seen of it."""
        words = re.compile(rf"(?<![0-9a-f]){re.escape(item)}(?![0-9])")
        return "\n".join(line for line in self.trace if words.search(line))[-100 * most:]

    def session(self):
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        client.login(self.user, self.server.passwords[self.user])
        self.select(client, "INBOX")
        return client

    @staticmethod
    def select(client, mailbox):
        client.select(mailbox)
        client.selected = mailbox

    def message(self):
        self.made += 1
        return harness.message(f"Message {self.made}", f"Text {self.made}\r\n")

    def deliver(self):
        self.server.deliver(self.message(), to=self.user)

    # What is done

    def by_imap(self):
        client = self.random.choice(self.imap)
        what = self.random.random()
        if what < 0.2:
            self.select(client, self.random.choice(list(FOLDERS.values())))
        elif what < 0.35:
            client.append(self.random.choice(list(FOLDERS.values())), "", None, self.message())
        else:
            uids = client.uid("SEARCH", "ALL")[1][0].split()
            if not uids:
                return
            uid = self.random.choice(uids).decode()
            if what < 0.65:
                flag = self.random.choice(("\\Seen", "\\Flagged", *CATEGORIES))
                self.store(client, uid, self.random.choice("+-"), flag)
            elif what < 0.75:
                self.count(client, uid)
            elif what < 0.82:
                self.store(client, uid, self.random.choice("++-"), "\\Deleted")
            elif what < 0.88:
                self.note(f"IMAP: {client.selected} expunged: {client.expunge()}")
            else:
                verb, target = self.random.choice(("MOVE", "COPY")), self.random.choice(list(FOLDERS.values()))
                self.note(f"IMAP: {self.item(client, uid)} {verb} {target}: {client.uid(verb, uid, target)}")

    def count(self, client, uid):
        """The next number of a message and its copies, in place of the one before. A folder has room for some hundred
        keywords only."""
        got = client.uid("FETCH", uid, "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0]
        if not isinstance(got, tuple):
            return
        subject = got[1].decode().partition(":")[2].strip()
        if self.numbers[subject] >= 40:
            return
        self.numbers[subject] += 1
        for old in re.findall(rb"\bn\d+\b", got[0]):
            self.store(client, uid, "-", old.decode())
        self.store(client, uid, "+", f"n{self.numbers[subject]}")

    def store(self, client, uid, sign, flag):
        self.note(f"IMAP: {self.item(client, uid)} {sign}{flag}")
        client.uid("STORE", uid, sign + "FLAGS", f"({flag})")

    def item(self, client, uid):
        """As devices call it; before there is one, as IMAP does."""
        name = next(name for name, mailbox in FOLDERS.items() if mailbox == client.selected)
        return f"{self.views[0].folders[name]}:{uid}" if self.views else uid

    def push(self):
        """A Ping that waits hears of a delivery at once."""
        view = self.random.choice(self.views)
        view.catch_up()
        inbox = view.folders["Inbox"]
        folders = ("Folders", ("Folder", ("Id", inbox), ("Class", "Email")))
        waiting = view.device.begin("Ping", element("Ping:Ping", ("HeartbeatInterval", 60), folders))
        began = time.monotonic()
        self.deliver()
        delivered = time.monotonic()
        answer = view.device.end(waiting, "Ping")
        if (answer.text("Status"), answer.text("Folders/Folder")) != ("2", inbox):
            raise Wrong(f"Ping: {answer.text('Status')}")
        if time.monotonic() - began > 20:
            raise Wrong("the push came late")
        self.pushed.append(max(0, time.monotonic() - delivered))

    def step(self):
        self.steps += 1
        what = self.random.random()
        if what < 0.45:
            self.by_imap()
        elif what < 0.5:
            self.deliver()
        elif what < 0.52:
            self.push()
        elif what < 0.72:
            self.random.choice(self.views).change()
        elif what < 0.8:
            self.random.choice(self.views).touch_cards()
        elif what < 0.85:
            self.random.choice(self.views).move()
        else:
            view = self.random.choice(self.views)
            view.sync(self.random.choice(list(view.folders.values())), lose=self.random.random() < 0.2)

    # What must be

    def truth(self, client, folder):
        self.select(client, folder)
        out = {}
        lines = client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        for line in lines:
            if not isinstance(line, tuple):
                continue
            uid, flags = LINE.search(line[0]).groups()
            flags = flags.decode().split()
            subject = line[1].decode().partition(":")[2].strip()
            if "\\Deleted" in flags:
                continue
            out[int(uid)] = {"subject": subject, "read": "\\Seen" in flags, "flagged": "\\Flagged" in flags,
                             "categories": {one for one in flags if one[0] not in "\\$"}}
        return out

    def compare(self):
        for view in self.views:
            view.catch_up()
        for name, mailbox in FOLDERS.items():
            truth = self.truth(self.imap[0], mailbox)
            if truth != self.truth(self.imap[1], mailbox):
                raise Wrong(f"{mailbox}: the IMAP sessions do not agree")
            for view in self.views:
                seen = {view.uid(item): row for item, row in view.items[view.folders[name]].items()}
                if seen != truth:
                    wrong = [(uid, truth.get(uid), seen.get(uid)) for uid in sorted(truth.keys() | seen.keys())
                             if truth.get(uid) != seen.get(uid)]
                    item = f"{view.folders[name]}:{wrong[0][0]}"
                    raise Wrong(f"{name} on {view.device.device}: (uid, is, seen) {wrong[:5]}\n{self.told_of(item)}")

        self.compare_cards()

    def compare_cards(self):
        for view in self.views:
            view.catch_up_cards()
        one, two = (view.cards for view in self.views)
        for item in sorted(one.keys() | two.keys()):
            if one.get(item) != two.get(item):
                raise Wrong(f"contact {item}: {one.get(item)} and {two.get(item)}\n{self.told_of(item)}")
        whose = [" ".join(name.split()[:2]) for name in one.values()]
        if twice := [name for name in whose if whose.count(name) > 1]:
            raise Wrong(f"there twice: {sorted(set(twice))}")

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(self.random.randint(5, 60)):
                self.step()
            self.compare()

    def close(self):
        for client in self.imap:
            client.shutdown()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=1)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    given = arguments.parse_args()
    end, seed = time.monotonic() + 60 * given.minutes, given.seed
    while True:
        server = harness.Server(users=1).start()
        try:
            model = Model(server, "u1@example.test", seed)
            model.run(min(60, max(1, end - time.monotonic())))
            model.close()
        except Wrong as wrong:
            print(f"seed {seed}, step {model.steps}: {wrong}")
            return 1
        finally:
            server.stop()
        print(f"seed {seed}: {model.steps} steps, push {1000 * sum(model.pushed) / max(1, len(model.pushed)):.1f} ms", flush=True)
        if time.monotonic() >= end:
            return 0
        seed += 1


if __name__ == "__main__":
    sys.exit(main())
