"""Every message of the corpora: in by LMTP, out by IMAP octet for octet, with a sane ENVELOPE and BODYSTRUCTURE."""
import imaplib, pathlib, re, unittest
from e2e.harness import SOURCE, ServerCase, testdata
from e2e.imap_lists import parse_list


def corpus():
    """Name and octets with CRLF line ends, which is what a mail transfer carries."""
    roots = [SOURCE / "subprojects" / "mime" / "tests" / "corpus"]
    if testdata():
        roots.append(testdata() / "mail")
    for root in roots:
        for path in sorted(root.rglob("*")):
            if not path.is_file() or path.suffix in (".json", ".dict") or path.name.startswith((".", "LICENSE")):
                continue
            octets = path.read_bytes()
            if path.parent.name == "mbox" and path.name.endswith(".mbox.txt"):
                for number, one in enumerate(re.split(rb"(?m)^From [^\n]*\n", octets)[1:]):
                    yield f"{path.name}#{number}", one
            elif path.suffix in (".eml", ".txt", ".msg", ""):
                yield str(path.relative_to(root)), octets


def with_crlf(octets):
    octets = re.sub(rb"\r\n|\r|\n", b"\r\n", octets)
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


class Corpus(ServerCase):
    def fetch(self, imap, number, items):
        typ, data = imap.fetch(str(number), items)
        self.assertEqual(typ, "OK", data)
        return b"".join(b"".join(part) if isinstance(part, tuple) else part for part in data)

    def test_in_and_out_octet_for_octet(self):
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        imap.login("two@example.test", self.server.passwords["two@example.test"])
        imap.create("corpus")
        imap.select("INBOX")
        seen = int(imap.select("INBOX")[1][0])
        count = 0
        for name, octets in corpus():
            octets = with_crlf(octets).replace(b"\0", b" ")  # NUL has no place in SMTP text; LMTP stores a space for it
            self.server.deliver(octets, to="two@example.test", sender="")
            imap.noop()
            count += 1
            number = seen + count
            with self.subTest(message=name):
                typ, data = imap.fetch(str(number), "(BODY.PEEK[])")
                got = data[0][1]
                # The delivered copy begins with this host's trace fields; a forged Return-Path is taken out.
                header, empty, body = octets.partition(b"\r\n\r\n")
                field = rb"(?im)^Return-Path:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*"
                sent = re.sub(field, b"", header + b"\r\n")[:-2] + empty + body
                self.assertTrue(got.endswith(octets) or got.endswith(sent),
                                f"{name}: the copy differs: {got[:600]!r} … of {octets[:300]!r}")
                size = int(re.search(rb"RFC822.SIZE (\d+)", self.fetch(imap, number, "(RFC822.SIZE)"))[1])
                self.assertEqual(size, len(got))
                facts = self.fetch(imap, number, "(ENVELOPE BODYSTRUCTURE BODY)")
                values = parse_list(facts[facts.index(b"("):])[0]
                items = dict(zip(values[::2], values[1::2]))
                envelope, structure = items[b"ENVELOPE"], items[b"BODYSTRUCTURE"]
                self.assertEqual(len(envelope), 10)
                self.assertTrue(all(octet < 128 for octet in facts), "7-bit for clients without UTF8=ACCEPT")
                for addresses in envelope[2:8]:
                    for address in addresses or []:
                        self.assertEqual(len(address), 4)
                self.check_structure(imap, number, structure, "", len(got))
        self.assertGreater(count, 20)
        imap.append("corpus", None, None, with_crlf(b"Subject: appended\n\nbody"))
        imap.logout()

    def check_structure(self, imap, number, structure, prefix, size_max, depth=0):
        if isinstance(structure[0], list):  # multipart
            children = [part for part in structure if isinstance(part, list) and part and
                        (isinstance(part[0], list) or len(part) >= 7)]
            for index, child in enumerate(children[:4], 1):
                if depth < 4:
                    self.check_structure(imap, number, child, f"{prefix}{index}.", size_max, depth + 1)
            return
        size = int(structure[6])
        self.assertLessEqual(size, size_max)
        section = prefix.rstrip(".") or "1"
        typ, data = imap.fetch(str(number), f"(BODY.PEEK[{section}])")
        body = data[0][1] if isinstance(data[0], tuple) else b""
        self.assertEqual(len(body), size, f"BODY[{section}]")


class MessageAppended(ServerCase):
    def test_append_keeps_every_octet(self):
        """By APPEND also what SMTP cannot carry: bare LF, no line end at the end, 8-bit, an empty body."""
        imap = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"])
        imap.login(self.server.user, self.server.password)
        imap.create("odd")
        odd = [b"Subject: lf\n\nbody\n", b"Subject: x\r\n\r\n", b"no header at all", b"A: \xff\xfe\r\n\r\n\x80\x81" * 100,
               b"Subject: big\r\n\r\n" + bytes(range(1, 256)) * 20000]
        # imaplib itself turns bare line ends into CRLF: speak the protocol.
        for octets in odd:
            tag = imap._new_tag()
            imap.send(tag + b" APPEND odd {%d+}\r\n" % len(octets) + octets + b"\r\n")
            while not (line := imap.readline()).startswith(tag):
                self.assertTrue(line)
            self.assertIn(b"OK [APPENDUID", line)
        imap.select("odd")
        for number, octets in enumerate(odd, 1):
            self.assertEqual(imap.fetch(str(number), "(BODY.PEEK[])")[1][0][1], octets)
        big = odd[-1]
        for offset, length in ((0, 10), (65530, 12), (len(big) - 5, 100), (4_000_000, 393216), (10**9, 5)):
            data = imap.fetch("5", f"(BODY.PEEK[]<{offset}.{length}>)")[1]
            got = data[0][1] if isinstance(data[0], tuple) else b""
            self.assertEqual(got, big[offset:offset + length])
        # NUL: stored as it came by literal8, told apart by BINARY only.
        octets = b"Subject: nul\r\n\r\na\0b\r\n"
        tag = imap._new_tag()
        imap.send(tag + b" APPEND odd ~{%d+}\r\n" % len(octets) + octets + b"\r\n")
        while not (line := imap.readline()).startswith(tag):
            self.assertTrue(line)
        self.assertIn(b"OK [APPENDUID", line)
        imap.noop()
        self.assertEqual(imap.fetch("6", "(BODY.PEEK[])")[1][0][1], octets.replace(b"\0", b"\x80"))
        self.assertEqual(imap.fetch("6", "(BODY.PEEK[]<17.2>)")[1][0][1], b"\x80b")
        self.assertEqual(imap.fetch("6", "(BINARY.PEEK[1])")[1][0][1], b"a\0b\r\n")
        self.assertEqual(imap.fetch("6", "(BINARY.PEEK[])")[1][0][1], octets)
        self.assertEqual(imap.fetch("6", "(BINARY.PEEK[1]<1.1>)")[1][0][1], b"\0")
        self.assertIn(b"RFC822.SIZE %d" % len(octets), imap.fetch("6", "(RFC822.SIZE)")[1][0])
        imap.logout()


if __name__ == "__main__":
    unittest.main()
