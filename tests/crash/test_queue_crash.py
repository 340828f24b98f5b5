"""kill -9 while mail comes in and goes out: what was acknowledged reaches the next hop, and a mailbox here, in the end."""
import os, random, signal, smtplib, sys, threading, time, unittest, pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from e2e.harness import wait_until
from e2e.test_queue import QueueCase


class QueueCrash(QueueCase):
    CYCLES, SENDERS = int(os.environ.get("BARID_CRASH_CYCLES", "6")), 4
    SETTINGS = QueueCase.SETTINGS.replace('retry_first = "1s"', 'retry_first = "1s"')

    def send(self, number, chance, acknowledged, stop):
        count = 0
        while not stop.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=20) as smtp:
                    while not stop.is_set():
                        ident = f"{number}-{count}-{chance.random()}"
                        count += 1
                        rcpt = ["x@far.test", "later@far.test"][:chance.randint(1, 2)]
                        rcpt += ["anna@acme.test"][:chance.randint(0, 1)]
                        body = f"From: x@far.test\r\nSubject: {ident}\r\n\r\n" + "y" * chance.choice((10, 5000, 90000)) + "\r\n"
                        smtp.sendmail("", rcpt, body)
                        acknowledged.append((ident, tuple(rcpt)))
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)

    def test_nothing_acknowledged_is_lost(self):
        seed = int(os.environ.get("BARID_CRASH_SEED", "7"))
        chance = random.Random(seed)
        self.begin("relay_from_loopback = true\n")
        acknowledged, stop = [], threading.Event()
        threads = [threading.Thread(target=self.send, args=(n, random.Random(seed + n), acknowledged, stop))
                   for n in range(self.SENDERS)]
        for thread in threads:
            thread.start()
        for _ in range(self.CYCLES):
            time.sleep(chance.uniform(0.1, 1.2))
            self.again()
        stop.set()
        for thread in threads:
            thread.join()
        self.assertGreater(len(acknowledged), 20)
        self.sink.answers.clear()
        self.barid("queue", "retry", "--all", code=None)
        wait_until(lambda: not self.waiting(), 60)
        there = {}
        for _, recipients, octets in self.sink.mail:
            ident = octets.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
            for one in recipients:
                there.setdefault((ident, one), []).append(len(octets))
        here = [octets.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for octets in self.inbox("anna")]
        lost = [(ident, one) for ident, recipients in acknowledged for one in recipients
                if (one.endswith("acme.test") and ident not in here) or
                   (one.endswith("far.test") and (ident, one) not in there)]
        self.assertEqual(lost, [], f"seed {seed}")
        twice = sum(len(sizes) - 1 for sizes in there.values()) + len(here) - len(set(here))
        self.assertLess(twice, self.CYCLES * 60)  # attempts that were cut short, and no more
        self.barid("store", "check")
        print(f"{len(acknowledged)} acknowledged, {twice} twice after {self.CYCLES} kills", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
