"""A mail host that takes what it is told to take, and notes what came: the next hop of tests."""
import socketserver, threading


class Sink:
    """`answers`: what a recipient whose address begins with the key is told at RCPT; others are taken."""

    def __init__(self, answers=None):
        self.answers, self.mail, self.lock, self.tries = answers or {}, [], threading.Lock(), 0
        self.extensions = ["sink.test", "PIPELINING", "8BITMIME", "SMTPUTF8"]
        sink = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    self.talk()
                except (ConnectionError, BrokenPipeError):
                    pass

            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def talk(self):
                with sink.lock:
                    sink.tries += 1
                self.say("220 sink.test ESMTP")
                sender, recipients = None, []
                while line := self.rfile.readline():
                    words = line.decode("utf-8", "replace").strip()
                    verb = words[:4].upper()
                    if verb == "EHLO":
                        for extension in sink.extensions:
                            self.say("250-" + extension)
                        self.say("250 ENHANCEDSTATUSCODES")
                    elif verb == "MAIL":
                        sender, recipients = words[words.index("<") + 1:words.index(">")], []
                        self.say("250 2.1.0 ok")
                    elif verb == "RCPT":
                        address = words[words.index("<") + 1:words.index(">")]
                        told = next((text for start, text in sink.answers.items() if address.startswith(start)), None)
                        if told is None:
                            recipients.append(address)
                        self.say(told or "250 2.1.5 ok")
                    elif verb == "DATA":
                        if not recipients:
                            self.say("554 5.5.1 no recipients")
                            continue
                        self.say("354 go on")
                        octets = b""
                        while (one := self.rfile.readline()) != b".\r\n":
                            if not one:
                                return
                            octets += one[1:] if one.startswith(b".") else one
                        with sink.lock:
                            sink.mail.append((sender, tuple(recipients), octets))
                        self.say("250 2.0.0 taken")
                    elif verb == "QUIT":
                        self.say("221 2.0.0 bye")
                        return
                    else:
                        self.say("250 2.0.0 ok")

        class Threads(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True

        self.server = Threads(("127.0.0.1", 0), Session)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
