"""SEARCH with the index and without it: the same answers over the corpus, while mail comes, moves and goes.
BARID_SEARCH_ROUNDS=10 asks ten times as much."""
import base64, imaplib, os, random, re, time, unicodedata, unittest
from e2e.harness import Server, wait_until
from e2e.test_corpus import corpus, with_crlf

ALPHABETS = {
    "iso-8859-1": "Straße GRÖSSE größe été naïve Ångström ÿ ½ ",
    "iso-8859-2": "Łódź żółw Šťastný ČESKÝ ĐURĐEVAC ",
    "iso-8859-5": "Привет МИР Ђурђевдан ЁЖИК ",
    "koi8-r": "Письмо ПИСЬМО ёлка подъезд ",
    "windows-1251": "Відповідь ГРІШ ҐАНОК №5 ",
    "iso-8859-7": "Σίσυφος ΟΔΟΣ οδός άνθρωπος ",
    "iso-8859-9": "İstanbul ISPARTA ısı Iğdır ilk ŞİŞLİ ğ ",
    "windows-1252": "smart \u201cquotes\u201d œuvre ŒUVRE €5 ",
    "iso-2022-jp": "日本語のメール テスト 東京都 ",
    "shift_jis": "カタカナ ｶﾀｶﾅ 漢字 ",
    "gb18030": "中文邮件 测试 國 𠀀 ",
    "big5": "繁體中文 郵件 ",
    "euc-kr": "한국어 메일 가각 ",
    "utf-16": "wide ﬁle ﬂag ",
    "utf-8": "ﬁ ﬀ ẞ ß ss SS Å å K k ſ s ς σ Σ ǆ ǅ Ǆ é e\u0301 İ i\u0307 ı I 가 각 ㎏ ² ２ ａ Ａ \U0001F600 𐐀 𐐨 "
             "\u0345 ᾳ ΑΙ a\u00adb \u200d ",
}


def transfer(source, octets):
    """One of the transfer encodings; lines break anywhere, also inside a character."""
    if source.random() < 0.5:
        encoded, width = base64.b64encode(octets).decode(), source.choice((4, 8, 60, 76))
        return "base64", "\r\n".join(encoded[at:at + width] for at in range(0, len(encoded), width))
    width, out, line = source.choice((3, 7, 75)), [], ""
    for octet in octets:
        item = chr(octet) if 33 <= octet < 127 and octet != 61 else f"={octet:02X}"
        if len(line) + len(item) > width:
            out.append(line + "=")
            line = ""
        line += item
    return "quoted-printable", "\r\n".join(out + [line])


def words(source, charset, count):
    alphabet = ALPHABETS[charset] + "plain ascii words 42 "
    out = []
    for _ in range(count):
        if source.random() < 0.5:
            out.append(source.choice(alphabet.split()))
        else:
            out.append("".join(source.choice(alphabet) for _ in range(source.randrange(1, 12))))
    return " ".join(out).encode(charset, "ignore").decode(charset, "ignore")


def header_text(source, charset, text):
    """Encoded words, of which two may be one character's; or raw octets, folded anywhere at a blank."""
    if source.random() < 0.3:
        raw = "utf-8" if charset == "utf-16" or source.random() < 0.7 else charset  # no NUL
        return text.replace(" ", "\r\n ", 1).encode(raw)
    octets, out = text.encode(charset), []
    step = len(octets) + 1 if charset.startswith("iso-2022") else source.choice((5, 12, 30))
    for at in range(0, len(octets), step):
        piece = octets[at:at + step]
        if source.random() < 0.5:
            out.append(f"=?{charset}?B?{base64.b64encode(piece).decode()}?=")
        else:
            out.append(f"=?{charset}?q?" + "".join(f"={octet:02x}" for octet in piece) + "?=")
    return source.choice(("\r\n ", " ", "\r\n\t")).join(out).encode()


def made_mail(source):
    """A mail in some charset, and what it says."""
    charset = source.choice(sorted(ALPHABETS))
    subject, name, body = (words(source, charset, count) for count in (4, 2, source.choice((3, 40, 400))))
    encoding, text = transfer(source, body.encode(charset))
    kind = source.choice(("plain", "html", "calendar"))
    part = f'Content-Type: text/{kind}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}\r\n'.encode()
    head = (b"From: " + header_text(source, charset, name) + b" <ann@one.test>\r\nTo: Bob\r\n <bob@two.test>,\r\n\t"
            + header_text(source, charset, name) + b" <x@y.test>\r\nCc: cyd@three.test\r\nSubject: "
            + header_text(source, charset, subject) + b"\r\nX-Long: folded\r\n   at\r\n\tblanks\r\nMIME-Version: 1.0\r\n")
    if source.random() < 0.5:
        return head + part, [subject, name, body]
    inner = words(source, "utf-8", 20)
    second = (b"Content-Type: message/rfc822\r\n\r\nSubject: " + header_text(source, "utf-8", inner) +
              b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + inner.encode() + b"\r\n")
    return (head + b"Content-Type: multipart/mixed; boundary=bb\r\n\r\nprologue\r\n--bb\r\n" + part + b"--bb\r\n" + second +
            b"--bb--\r\nepilogue\r\n"), [subject, name, body, inner]

KEYS = ("BODY", "TEXT", "SUBJECT", "FROM", "TO", "CC", "HEADER Received", "HEADER Content-Type", "HEADER Message-ID")


def connect(server):
    imap = imaplib.IMAP4("127.0.0.1", server.ports["imap"])
    imap.login(server.user, server.password)
    imap.select("INBOX")
    return imap


def connect_to_empty(server):
    """Without the mail that is there from the start: each server's has its own times."""
    imap = connect(server)
    imap.store("1:*", "+FLAGS", "\\Deleted")
    imap.expunge()
    return imap


def search(imap, criteria, text=None):
    if text is not None:
        imap.literal = text
    typ, data = imap.uid("SEARCH", "CHARSET", "UTF-8", criteria)
    assert typ == "OK", (criteria, text, data)
    return data[0]


class SearchIndex(unittest.TestCase):
    ROUNDS = int(os.environ.get("BARID_SEARCH_ROUNDS", "1"))
    FIXED = ["", "e", "qz", "the", "xyzzy nowhere", "日本", "é", "ü", "STRASSE", "<", "\ufffd", "привет", "=?", "re:"]

    def needles(self, texts, count, fixed):
        """Parts of what the mail says, and what it does not say."""
        source = random.Random(9163 + count)
        out = self.FIXED[:fixed]
        for _ in range(count):
            text = source.choice(texts).decode("utf-8", "ignore")
            at = source.randrange(max(1, len(text)))
            part = re.sub(r"[\r\n\0]+", " ", text[at:at + source.choice((1, 2, 3, 5, 9, 20))])
            out.append(source.choice((str.upper, str.lower, str))(part))
        return out

    def made_needles(self, source, said, count):
        """Parts of what was said, in other cases and other forms."""
        forms = [str.upper, str.lower, str.casefold, str.swapcase, str.title, str]
        forms += [lambda text, form=form: unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
        for _ in range(count):
            text = source.choice(source.choice(said))
            at = source.randrange(max(1, len(text)))
            part = text[at:at + source.choice((1, 1, 2, 2, 3, 4, 6, 12))]
            yield source.choice(forms)(source.choice(forms)(part)) or "x"

    def test_random_mail_in_many_charsets(self):
        source = random.Random(20260)
        mails = [made_mail(source) for _ in range(100)]
        said = [texts for _, texts in mails]
        server, other = Server().start(), Server(arguments=("--no-search-index",)).start()
        try:
            imap, plain = connect_to_empty(server), connect_to_empty(other)
            for octets, _ in mails:
                for one in (imap, plain):
                    self.assertEqual(one.append("INBOX", None, None, octets)[0], "OK")
            server.cli("search", "rebuild", server.user)
            wait_until(lambda: server.cli("search", "status", server.user)["waiting"] == 0, 60)
            found = 0
            for comparator in ("i;unicode-casemap", "i;ascii-casemap", "i;octet"):
                for one in (imap, plain):
                    self.assertEqual(one.xatom("COMPARATOR", f'"{comparator}"')[0], "OK")
                for needle in self.made_needles(source, said, 20 * self.ROUNDS):
                    for key in ("BODY", "TEXT", "SUBJECT", "FROM", "HEADER X-Long", "OR SEEN BODY"):
                        with self.subTest(comparator=comparator, key=key, needle=needle):
                            answer = search(plain, key, needle.encode())
                            self.assertEqual(search(imap, key, needle.encode()), answer)
                            found += len(answer.split())
            self.assertGreater(found, 800)
        finally:
            server.stop()
            other.stop()

    def test_kills_while_it_is_made(self):
        """Killed while segments are written and merged: what SEARCH finds is what was appended, at any time."""
        source = random.Random(77)
        vocabulary = ["apricot", "Brücke", "cypress", "дерево", "ember", "fjord"]
        said = {}  # by uid
        server = Server().start()
        try:
            for cycle in range(6 * self.ROUNDS):
                imap = connect(server)
                for _ in range(70 if cycle % 3 else 5):
                    words = source.sample(vocabulary, source.randrange(1, 4)) + [f"n{len(said)}"]
                    text = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + " ".join(words) + "\r\n"
                    data = imap.append("INBOX", None, None, text.encode())[1]
                    said[int(re.search(rb"APPENDUID \d+ (\d+)", data[0])[1])] = words
                if cycle % 4 == 1:
                    server.cli("search", "rebuild", server.user)
                for uid in source.sample(sorted(said), min(10, len(said) // 2)):
                    imap.uid("STORE", str(uid), "+FLAGS", "\\Deleted")
                    del said[uid]
                imap.expunge()
                self.check(imap, said, vocabulary)
                time.sleep(source.random() * 1.5)
                server.stop(how=9, keep=True)
                server.start()
                self.check(connect(server), said, vocabulary)
            wait_until(lambda: server.cli("search", "status", server.user)["waiting"] == 0, 60)
            self.check(connect(server), said, vocabulary)
            self.assertEqual(server.cli("search", "status")["segments_damaged"], 0)
            self.assertEqual(server.cli("store", "check")["problems"], [])
            began = time.monotonic()
            server.cli("search", "rebuild", server.user)
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - began, 5)
        finally:
            server.stop()

    def check(self, imap, said, vocabulary):
        for word in vocabulary + ["n7", "owhere"]:
            found = {int(uid) for uid in search(imap, "BODY", word.upper().encode()).split()}
            expected = {uid for uid, words in said.items() if any(word.lower() in each.lower() for each in words)}
            self.assertEqual(found, expected, word)

    def compare(self, imap, plain, texts, count, fixed=2):
        for needle in self.needles(texts, count, fixed):
            octets = needle.encode()
            for key in KEYS:
                with self.subTest(key=key, needle=needle):
                    self.assertEqual(search(imap, key, octets), search(plain, key, octets))
            with self.subTest(key="NOT BODY", needle=needle):
                self.assertEqual(search(imap, "NOT BODY", octets), search(plain, "NOT BODY", octets))

    def test_the_same_answers(self):
        texts = [with_crlf(octets).replace(b"\0", b" ") for _, octets in corpus()]
        server, other = Server().start(), Server(arguments=("--no-search-index",)).start()
        try:
            imap, plain = connect_to_empty(server), connect_to_empty(other)
            for octets in texts:
                for one in (imap, plain):  # a delivery would add a Received field of its own
                    self.assertEqual(one.append("INBOX", None, None, octets)[0], "OK")
            server.cli("search", "rebuild", server.user)
            indexed = lambda: server.cli("search", "status", server.user)["waiting"] == 0
            wait_until(indexed, 60)
            self.assertGreater(server.cli("search", "status", server.user)["documents"], len(texts) // 2)
            self.compare(imap, plain, texts, 6 * self.ROUNDS, fixed=len(self.FIXED))
            # What moved is found where it is, what is gone is not, what is new at once.
            for one in (imap, plain):
                one.uid("MOVE", "5:20", "Archive")
                one.uid("STORE", "30:60", "+FLAGS", "\\Deleted")
                one.expunge()
                one.append("INBOX", None, None, texts[0])
                one.noop()
            self.compare(imap, plain, texts, 2 * self.ROUNDS)
            # So many are indexed at once, and small segments merged.
            for one in (imap, plain):
                for octets in texts[:70]:
                    one.append("INBOX", None, None, octets)
            wait_until(lambda: server.cli("search", "status", server.user)["waiting"] <= 64, 60)
            self.compare(imap, plain, texts, 2 * self.ROUNDS)
            for one in (imap, plain):
                one.select("Archive")
            self.compare(imap, plain, texts, 2 * self.ROUNDS)
            server.cli("search", "rebuild", server.user)
            self.compare(imap, plain, texts, self.ROUNDS)
            wait_until(indexed, 60)
            # Nothing of it is lost by a crash.
            server.stop(how=9, keep=True)
            server.start()
            imap = connect(server)
            plain.select("INBOX")
            self.compare(imap, plain, texts, 2 * self.ROUNDS)
        finally:
            server.stop()
            other.stop()


if __name__ == "__main__":
    unittest.main()
