"""COMPRESS=DEFLATE with Python's zlib: plain and within TLS, with large literals both ways, IDLE, pipelines."""
import base64, os, socket, ssl, unittest, zlib
from e2e.harness import ServerCase, message


class Compressed:
    """A bare IMAP client whose octets may be deflated."""

    def __init__(self, server, tls=False):
        self.socket = socket.create_connection(("127.0.0.1", server.ports["imaps" if tls else "imap"]), timeout=30)
        if tls:
            context = ssl.create_default_context(cafile=server.ca)
            self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.out, self.into, self.buffer, self.wire = None, None, b"", 0
        self.line()
        self.ask("login", f'LOGIN {server.user} {server.password}')

    def send(self, octets, flush=zlib.Z_SYNC_FLUSH):
        self.socket.sendall(self.out.compress(octets) + self.out.flush(flush) if self.out else octets)

    def read(self):
        octets = self.socket.recv(65536)
        if not octets:
            raise EOFError
        self.wire += len(octets)
        self.buffer += self.into.decompress(octets) if self.into else octets

    def line(self):
        while b"\r\n" not in self.buffer:
            self.read()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def octets(self, count):
        while len(self.buffer) < count:
            self.read()
        octets, self.buffer = self.buffer[:count], self.buffer[count:]
        return octets

    def until(self, tag):
        """Lines up to the tagged one, literals within theirs."""
        lines = []
        while not lines or not lines[-1].startswith(tag.encode() + b" "):
            line = self.line()
            while line.endswith(b"}"):
                line += b"\r\n" + self.octets(int(line[line.rindex(b"{") + 1:-1]))
                line += self.line()
            lines.append(line)
        return lines

    def ask(self, tag, command):
        self.send(f"{tag} {command}\r\n".encode())
        lines = self.until(tag)
        assert lines[-1].startswith(f"{tag} OK".encode()), lines[-1]
        return lines

    def compress(self):
        self.ask("z", "COMPRESS DEFLATE")
        self.out, self.into = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)

    def append(self, tag, octets, mailbox="INBOX"):
        self.send(f"{tag} APPEND {mailbox} {{{len(octets)}+}}\r\n".encode() + octets + b"\r\n")
        return self.until(tag)[-1]


class CompressDeflate(ServerCase):
    def a_day(self, tls):
        client = Compressed(self.server, tls)
        self.addCleanup(client.socket.close)
        client.compress()
        text = message("text", "It is said again and again.\r\n" * 20_000)
        noise = message("noise", base64.encodebytes(os.urandom(1_500_000)).decode().replace("\n", "\r\n"))
        self.assertIn(b"APPENDUID", client.append("a1", text))
        self.assertIn(b"APPENDUID", client.append("a2", noise))
        client.ask("a3", "SELECT INBOX")
        before = client.wire
        found = client.ask("a4", "UID FETCH 1:* (BODY.PEEK[])")
        self.assertIn(text, b"".join(found))
        self.assertIn(noise, b"".join(found))
        self.assertLess(client.wire - before, len(noise))
        for kind in (zlib.Z_SYNC_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_FULL_FLUSH):
            client.send(b"n1 NOOP\r\nn2 CAPABILITY\r\nn3 NOOP\r\n", kind)
            self.assertTrue(client.until("n3")[-1].startswith(b"n3 OK"))
        sessions = [row for row in self.server.cli("session", "list") if row["compressed"]]
        self.assertEqual(len(sessions), 1)
        client.send(b"i IDLE\r\n")
        self.assertEqual(client.line(), b"+ idling")
        self.server.deliver(message("pushed"))
        while not client.line().endswith(b"EXISTS"):
            pass
        client.send(b"DONE\r\ni2 NOOP\r\n")
        client.until("i2")
        client.send(b"s STARTTLS\r\n")
        self.assertTrue(client.until("s")[-1].startswith(b"s BAD"))
        client.send(b"c COMPRESS DEFLATE\r\n")
        self.assertIn(b"[COMPRESSIONACTIVE]", client.until("c")[-1])
        client.ask("d1", "STORE 1:* +FLAGS.SILENT (\\Deleted)")
        client.ask("d2", "EXPUNGE")
        # Back to plain text, with the next login behind it: RFC 8437 section 4.1.
        client.send(b"u UNAUTHENTICATE\r\n")
        client.out = None
        client.send(f"l LOGIN {self.server.user} {self.server.password}\r\n".encode())
        self.assertTrue(client.line().startswith(b"u OK"))
        while not client.into.eof:  # where the server's plain text begins
            client.read()
        client.buffer, client.into = client.into.unused_data, None
        self.assertTrue(client.until("l")[-1].startswith(b"l OK"))
        client.ask("e", "LOGOUT")

    def test_plain(self):
        self.a_day(False)

    def test_within_tls(self):
        self.a_day(True)

    def test_a_pipeline_behind_compress(self):
        """The client may not, but one that is sure of the answer does."""
        client = Compressed(self.server)
        self.addCleanup(client.socket.close)
        out = zlib.compressobj(wbits=-15)
        client.send(b"z COMPRESS DEFLATE\r\n" + out.compress(b"a NOOP\r\n") + out.flush(zlib.Z_SYNC_FLUSH))
        self.assertTrue(client.line().startswith(b"z OK"))
        client.out, client.into = out, zlib.decompressobj(wbits=-15)
        client.buffer = client.into.decompress(client.buffer)
        self.assertTrue(client.until("a")[-1].startswith(b"a OK"))

    def test_a_bomb_is_one_command_too_long(self):
        client = Compressed(self.server)
        self.addCleanup(client.socket.close)
        client.compress()
        before = self.server.cli("status")["resident_bytes"]
        try:
            client.send(b"a SEARCH BODY " + b"x" * 500_000_000 + b"\r\n")
            lines = client.until("a")
            self.assertTrue(lines[-1].startswith(b"a BAD"), lines)
        except (EOFError, ConnectionError):
            pass
        self.assertLess(self.server.cli("status")["resident_bytes"] - before, 64 << 20)


if __name__ == "__main__":
    unittest.main()
