"""How the server ends: signals once and twice, at rest and at work. It says "stopped" and exits with 0."""
import os, random, signal, socket, threading, time, unittest

from e2e import harness
from e2e.harness import message, port_base
from e2e.served import ServedCase


def a_server(users=0):
    return harness.Server(users=users, arguments=("--log", "info"))


def end(server, *signals, pause=0.0):
    """Sends the signals, waits, and gives the exit code and the log."""
    for number in signals:
        os.kill(server.process.pid, number)
        time.sleep(pause)
    code = server.process.wait(timeout=60)
    log = server.log_text()
    server.stop()
    return code, log


class StopTest(unittest.TestCase):
    def expect_clean(self, code, log):
        self.assertEqual(code, 0, log[-4000:])
        self.assertIn("stopped", log)
        for bad in ("Sanitizer", "runtime error", "assertion"):
            self.assertNotIn(bad, log)

    def test_at_rest(self):
        self.expect_clean(*end(a_server().start(), signal.SIGTERM))
        self.expect_clean(*end(a_server().start(), signal.SIGINT))

    def test_the_same_signal_again_is_one_request(self):
        # timeout(1) signals the process and then its group.
        for pause in (0, 0.001, 0.01):
            with self.subTest(pause=pause):
                server = a_server().start()
                for _ in range(20):
                    try:
                        os.kill(server.process.pid, signal.SIGTERM)
                    except ProcessLookupError:
                        break
                    time.sleep(pause)
                self.expect_clean(*end(server))

    def test_while_it_makes_its_accounts(self):
        # Ready is said at the end of on_ready: what it waits for must not outlive the pool, nor be an error.
        for delay in (0.3, 0.6, 1.0):
            with self.subTest(delay=delay):
                server = a_server(users=3000)
                starting = threading.Thread(target=lambda: self._start_quietly(server))
                starting.start()
                harness.wait_until(lambda: server.process is not None and self._accepts(server))
                time.sleep(delay * random.random())
                code = None
                if server.process.poll() is None:
                    server.process.send_signal(signal.SIGTERM)
                    code = server.process.wait(timeout=60)
                starting.join()
                log = server.log_text()
                server.stop()
                self.expect_clean(code, log)

    @staticmethod
    def _start_quietly(server):
        # One attempt: start() would try again after the end that this test asks for.
        server.base = port_base()
        server.log = open(server.scratch / "log", "ab")
        command = [harness.BARID, "dev", "--json", "--data", str(server.data), "--port-base", str(server.base),
                   *server.arguments]
        server.process = harness.subprocess.Popen(command, stdout=harness.subprocess.PIPE, stderr=server.log)
        server.process.stdout.read()

    @staticmethod
    def _accepts(server):
        try:
            with socket.create_connection(("127.0.0.1", server.base + 143), timeout=1) as probe:
                return bool(probe.recv(100))
        except OSError:
            return False

    def test_with_sessions_in_every_state(self):
        server = a_server().start()
        held = []
        for name in ("imap", "pop3", "smtp", "submission", "lmtp"):
            held.append(socket.create_connection(("127.0.0.1", server.ports[name]), timeout=10))
            self.assertTrue(held[-1].recv(1000))
        held.append(socket.create_connection(("127.0.0.1", server.ports["imaps"])))  # no handshake
        idle = held[0]
        idle.sendall(f"a login {server.user} {server.password}\r\nb select inbox\r\nc idle\r\n".encode())
        seen = b""
        while b"\r\n+ " not in seen:
            seen += idle.recv(4000)
        wrong = socket.create_connection(("127.0.0.1", server.ports["imap"]), timeout=10)
        wrong.recv(1000)
        wrong.sendall(b"a login nobody@example.test wrong\r\n")  # waits out its penalty, or is being hashed
        code, log = end(server, signal.SIGTERM)
        self.expect_clean(code, log)
        self.assertIn(b"BYE", idle.recv(4000))
        for one in (*held, wrong):
            one.close()

    def test_under_deliveries(self):
        server = a_server(users=4).start()
        over = threading.Event()

        def deliver(number):
            while not over.is_set():
                try:
                    server.deliver(message(f"n {number}", "x\r\n" * 500), to=f"u{number}@example.test")
                except (OSError, harness.smtplib.SMTPException, AssertionError):
                    return

        threads = [threading.Thread(target=deliver, args=(n,)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        code, log = end(server, signal.SIGTERM)
        over.set()
        for thread in threads:
            thread.join()
        self.expect_clean(code, log)


class StopServedTest(ServedCase):
    def test_while_penalties_are_waited_out(self):
        self.start('[auth]\npenalty_first = "60s"\npenalty_max = "60s"\n')
        wrong = {"imap": b"a login anna@acme.test wrong\r\n", "pop3": b"user anna@acme.test\r\npass wrong\r\n",
                 "submission": b"ehlo x\r\nauth plain AGFubmFAYWNtZS50ZXN0AHdyb25n\r\n"}
        for name, login in wrong.items():
            one = socket.create_connection(("127.0.0.1", self.ports[name]), timeout=10)
            self.addCleanup(one.close)
            one.recv(1000)
            one.sendall(login)
        harness.wait_until(lambda: self.log_text().count("login refused") == 3)
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=60), 0)
        self.assertLess(time.monotonic() - begun, 5)


if __name__ == "__main__":
    unittest.main()
