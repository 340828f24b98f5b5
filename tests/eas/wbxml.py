"""ActiveSync's WBXML to XML elements and back, by the token table that the server's codec is made from."""
import base64, pathlib, xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

TOKENS = pathlib.Path(__file__).resolve().parents[2] / "subprojects" / "wbxml" / "tokens.tsv"
SWITCH, END, STR_I, OPAQUE = 0x00, 0x01, 0x03, 0xC3
HEADER = b"\x03\x01\x6a\x00"


def _tables():
    names, tokens, spaces = {}, {}, {}
    for line in TOKENS.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        page, space, token, name = line.split("\t")
        page, token = int(page), int(token, 16)
        names[page, token] = (space, name)
        tokens[space, name] = (page, token)
        spaces[space] = page
    return names, tokens, spaces


NAMES, CODES, SPACES = _tables()


class Opaque(bytes):
    """Octets that are to be opaque data."""


def element(tag, *children, default="AirSync"):
    """element("Sync", ("SyncKey", "0")) and so on: a tag is "Name" or "Namespace:Name"; a child is an element, a tuple
    (tag, children…), or the text."""
    space, _, name = tag.rpartition(":")
    space = space or default
    made = ET.Element(f"{{{space}}}{name}")
    for child in children:
        if child is None:
            continue
        if isinstance(child, ET.Element):
            made.append(child)
        elif isinstance(child, tuple):
            made.append(element(child[0], *child[1:], default=space))
        elif isinstance(child, (bytes, bytearray)):
            made.set("opaque", base64.b64encode(child).decode())
        else:
            made.text = str(child)
    return made


def _length(number):
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))


def encode(root):
    out, page = bytearray(HEADER), 0

    def write(node):
        nonlocal page
        space, name = node.tag[1:].split("}")
        if (space, name) not in CODES:
            raise ValueError(f"no token for {space}:{name}")
        code, token = CODES[space, name]
        if code != page:
            out.extend((SWITCH, code))
            page = code
        opaque = node.get("opaque")
        content = len(node) or node.text or opaque is not None
        out.append(token | (0x40 if content else 0))
        if not content:
            return
        if opaque is not None:
            octets = base64.b64decode(opaque)
            out.append(OPAQUE)
            out.extend(_length(len(octets)) + octets)
        if node.text:
            out.append(STR_I)
            out.extend(node.text.encode() + b"\0")
        for child in node:
            write(child)
        out.append(END)

    write(root)
    return bytes(out)


def decode(octets):
    """The root element; texts as text, opaque data in base64 with the attribute "opaque" as well."""
    if not octets.startswith(HEADER):
        raise ValueError(f"not the header: {octets[:4].hex()}")
    at, page, stack, root = 4, 0, [], None
    while at < len(octets):
        token = octets[at]
        at += 1
        if token == SWITCH:
            page = octets[at]
            at += 1
        elif token == END:
            stack.pop()
        elif token == STR_I:
            end = octets.index(b"\0", at)
            stack[-1].text = (stack[-1].text or "") + octets[at:end].decode("utf-8", "replace")
            at = end + 1
        elif token == OPAQUE:
            length = 0
            while True:
                octet = octets[at]
                at += 1
                length = length << 7 | octet & 0x7F
                if not octet & 0x80:
                    break
            data = octets[at:at + length]
            at += length
            stack[-1].set("opaque", base64.b64encode(data).decode())
            stack[-1].text = base64.b64encode(data).decode()
        else:
            if token & 0x80:
                raise ValueError("attributes")
            space, name = NAMES[page, token & 0x3F]
            node = ET.Element(f"{{{space}}}{name}")
            if stack:
                stack[-1].append(node)
            elif root is None:
                root = node
            else:
                raise ValueError("two roots")
            if token & 0x40:
                stack.append(node)
    if stack:
        raise ValueError("not closed")
    return root


def plain(root):
    """XML for schema checks: without the mark of opaque data."""
    copy = ET.fromstring(ET.tostring(root))
    for node in copy.iter():
        node.attrib.pop("opaque", None)
    return ET.tostring(copy, encoding="unicode")


def show(root):
    """Readable XML: a namespace stands where it begins."""
    lines = []

    def write(node, outer, depth):
        space, name = node.tag[1:].split("}")
        start = " " * 2 * depth + "<" + name + (f' xmlns="{space}"' if space != outer else "")
        if len(node):
            lines.append(start + ">")
            for child in node:
                write(child, space, depth + 1)
            lines.append(" " * 2 * depth + f"</{name}>")
        elif node.text or node.get("opaque"):
            lines.append(f"{start}>{escape(node.text or node.get('opaque'))}</{name}>")
        else:
            lines.append(start + "/>")

    write(root, None, 0)
    return "\n".join(lines)
