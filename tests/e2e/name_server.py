"""An authoritative name server on loopback for tests: UDP and TCP, a zone in a dict, time-outs and SERVFAIL on demand.

zone = {"a.test": {"TXT": ["v=spf1 -all"], "MX": ["10 mx.a.test"], "FAULT": ["TIMEOUT"]}}
"""
import socket, struct, threading

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def encode(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "TXT":
        octets = value if isinstance(value, bytes) else value.encode()
        return b"".join(bytes([len(octets[i:i + 255])]) + octets[i:i + 255] for i in range(0, len(octets), 255)) or b"\0"
    if kind == "MX":
        preference, host = value.split()
        return struct.pack(">H", int(preference)) + encode_name(host)
    return encode_name(value)


class NameServer:
    def __init__(self, zone):
        self.zone = {name.lower(): records for name, records in zone.items()}
        self.udp, self.tcp = self.sockets()
        self.port = self.udp.getsockname()[1]
        self.tcp_questions, self.closing = 0, False
        self.threads = [threading.Thread(target=target, daemon=True) for target in (self.serve_udp, self.serve_tcp)]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def sockets():
        """Both on one port: what is free by UDP may be taken by TCP."""
        for left in range(20, -1, -1):
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind(("127.0.0.1", 0))
            try:
                return udp, socket.create_server(("127.0.0.1", udp.getsockname()[1]))
            except OSError:
                udp.close()
                if not left:
                    raise

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        """Wakes both threads first: one that sleeps in a closed descriptor may wake in another server's."""
        self.closing = True
        self.udp.sendto(b"", self.udp.getsockname())
        socket.create_connection(self.tcp.getsockname()).close()
        for thread in self.threads:
            thread.join(timeout=10)
        self.udp.close()
        self.tcp.close()

    def records(self, name, kind):
        """(rcode, [(owner, kind, value)]), aliases followed; None: say nothing."""
        answers, hops = [], 0
        while True:
            here = self.zone.get(name)
            if here is None:
                above = any(other.endswith("." + name) for other in self.zone)
                return (0 if above or answers else 3), answers
            fault = here.get("FAULT", [None])[0]
            if fault == "TIMEOUT":
                return None
            if fault == "SERVFAIL":
                return 2, []
            found = [(name, kind, value) for value in here.get(kind, [])]
            if found or "CNAME" not in here or hops == 9:
                return 0, answers + found
            answers.append((name, "CNAME", here["CNAME"][0]))
            name, hops = here["CNAME"][0].lower(), hops + 1

    def answer(self, octets, room):
        at, labels = 12, []
        while octets[at]:
            labels.append(octets[at + 1:at + 1 + octets[at]].decode("latin-1"))
            at += 1 + octets[at]
        number = struct.unpack(">H", octets[at + 1:at + 3])[0]
        kind = next((name for name, value in TYPES.items() if value == number), "?")
        found = self.records(".".join(labels).lower(), kind)
        if found is None:
            return None
        code, answers = found
        body = b""
        for owner, answer_kind, value in answers:
            data = encode(answer_kind, value)
            body += encode_name(owner) + struct.pack(">HHIH", TYPES[answer_kind], 1, 60, len(data)) + data
        question = octets[12:at + 5]
        flags, count = 0x8580 | code, len(answers)
        if 12 + len(question) + len(body) > room:
            flags, count, body = flags | 0x200, 0, b""
        return octets[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0) + question + body

    def serve_udp(self):
        while True:
            octets, peer = self.udp.recvfrom(4096)
            if self.closing:
                return
            reply = self.answer(octets, 1232)
            if reply:
                self.udp.sendto(reply, peer)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            if self.closing:
                return connection.close()
            try:
                self.serve_one(connection)
            except OSError:
                pass  # a client that did not wait

    def serve_one(self, connection):
        with connection, connection.makefile("rb") as stream:
            head = stream.read(2)
            if len(head) < 2:
                return
            octets = stream.read(struct.unpack(">H", head)[0])
            self.tcp_questions += 1
            reply = self.answer(octets, 65535)
            if reply:
                connection.sendall(struct.pack(">H", len(reply)) + reply)
