"""Reads IMAP's parenthesised lists with quoted strings and literals."""


def parse_list(octets: bytes, at: int = 0):
    """The value at `at` and the place after it: list, bytes or None (NIL)."""
    while octets[at:at + 1] in (b" ", b"\r", b"\n"):
        at += 1
    first = octets[at:at + 1]
    if first == b"(":
        at += 1
        items = []
        while True:
            while octets[at:at + 1] in (b" ", b"\r", b"\n"):
                at += 1
            if octets[at:at + 1] == b")":
                return items, at + 1
            if at >= len(octets):
                raise ValueError("list without an end")
            item, at = parse_list(octets, at)
            items.append(item)
    if first == b'"':
        out = bytearray()
        at += 1
        while octets[at:at + 1] != b'"':
            if octets[at:at + 1] == b"\\":
                at += 1
            if at >= len(octets) or octets[at] in (10, 13, 0):
                raise ValueError("bad quoted string")
            out.append(octets[at])
            at += 1
        return bytes(out), at + 1
    if first == b"{":
        end = octets.index(b"}", at)
        length = int(octets[at + 1:end])
        start = end + 1 + (2 if octets[end + 1:end + 3] == b"\r\n" else 0)
        return octets[start:start + length], start + length
    start = at
    while at < len(octets) and octets[at:at + 1] not in (b" ", b"(", b")", b"\r", b"\n"):
        at += 1
    if at == start:
        raise ValueError(f"nothing at {at}: {octets[at:at + 20]!r}")
    atom = octets[start:at]
    return (None if atom.upper() == b"NIL" else atom), at
