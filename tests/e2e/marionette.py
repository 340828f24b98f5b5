"""A small Marionette client: drives Thunderbird through its remote control socket with privileged scripts."""
import json, socket, time


class Marionette:
    def __init__(self, port, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
        self.buffer, self.number = b"", 0
        self.read()

    def read(self):
        while b":" not in self.buffer:
            self.more()
        length, _, rest = self.buffer.partition(b":")
        self.buffer = rest
        while len(self.buffer) < int(length):
            self.more()
        frame, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return json.loads(frame)

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("Thunderbird closed the control socket")
        self.buffer += piece

    def call(self, name, **parameters):
        self.number += 1
        frame = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(str(len(frame)).encode() + b":" + frame)
        while True:
            kind, number, error, result = self.read()
            if number == self.number:
                if error:
                    raise RuntimeError(f"{name}: {error.get('message')}\n{error.get('stacktrace', '')}")
                return result

    def script(self, body, *arguments, seconds=60):
        """`body` is the inside of an async function(arguments…) in the system's scope; its value comes back."""
        wrapped = ("const done = arguments[arguments.length - 1]; const args = arguments;"
                   f"(async () => {{ {body} }})().then(value => done({{value}}), error => done({{error: String(error) + "
                   "(error && error.stack || '')}));")
        self.call("WebDriver:SetTimeouts", script=seconds * 1000)
        result = self.call("WebDriver:ExecuteAsyncScript", script=wrapped, args=list(arguments), sandbox="system",
                           newSandbox=False)["value"]
        if result.get("error"):
            raise RuntimeError(result["error"])
        return result.get("value")
