"""A filter on libmilter itself (python3-milter): argument: its socket. Adds, changes, removes, refuses; says what it heard."""
import sys
import Milter


class Filter(Milter.Base):
    def __init__(self):
        self.id, self.heard, self.body_bytes = Milter.uniqueID(), [], 0

    def connect(self, name, family, address):
        self.heard.append(f"connect {address[0] if address else '-'} {self.getsymval('j')}")
        return Milter.CONTINUE

    def hello(self, name):
        self.heard.append(f"helo {name}")
        return Milter.CONTINUE

    def envfrom(self, sender, *parameters):
        self.heard.append(f"from {sender}")
        return Milter.CONTINUE

    def envrcpt(self, recipient, *parameters):
        if recipient == "<nobody@acme.test>":
            self.setreply("550", "5.1.1", "not to nobody")
            return Milter.REJECT
        self.heard.append(f"to {recipient} {self.getsymval('{rcpt_addr}')}")
        return Milter.CONTINUE

    def header(self, name, value):
        self.heard.append(f"{name}={value}")
        return Milter.CONTINUE

    def eoh(self):
        return Milter.CONTINUE

    def body(self, piece):
        self.body_bytes += len(piece)
        return Milter.CONTINUE

    def eom(self):
        self.progress()
        self.addheader("X-Heard", "; ".join(self.heard + [f"body {self.body_bytes}"]).replace("\n", " "))
        self.addheader("X-First", "first", 0)
        self.chgheader("X-Old", 1, "")
        self.chgheader("Subject", 1, "through libmilter")
        self.chgfrom("<changed@far.test>")
        return Milter.CONTINUE


Milter.factory = Filter
Milter.set_flags(Milter.ADDHDRS | Milter.CHGHDRS | Milter.CHGFROM | Milter.DELRCPT | Milter.ADDRCPT | Milter.CHGBODY)
Milter.runmilter("barid-test", sys.argv[1], 60)
