#!/usr/bin/env python3
"""Fails when a file includes a folder that its own folder may not know, or names a library that is not for it.

usage: check_layers.py [--self-test]
The table is the architecture (docs/architecture.md): each folder may include itself and what stands to its right.
"""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

STORE = {"store"}
ALLOWED = {
    "pch": set(),
    "base": set(),
    "config": {"base"},
    "net": {"base"},
    "store/engine": {"base", "store"},          # store/error.hpp and store/offload.hpp only, see below
    "store/engine/memory": {"base", "store", "store/engine"},
    "store/engine/rocksdb": {"base", "store", "store/engine"},
    "store": {"base", "store/engine", "store/search"},
    "store/search": {"base", "store/engine", "store"},
    "directory": {"base", "store", "store/engine"},
    "auth": {"base", "store", "store/engine", "directory", "auth/sasl", "auth/token"},
    "auth/sasl": {"base", "auth"},
    "imap/sort": {"base"},
    "auth/token": {"base", "auth"},
    "http": {"base", "net"},
    "discovery": {"base", "net", "http"},
    "relay/dialogue": {"base"},
    "relay": {"base", "net", "auth", "http", "relay/dialogue"},
    "imap/syntax": {"base"}, "pop3/syntax": {"base"}, "smtp/syntax": {"base"},
    "imap": {"base", "net", "store", "directory", "auth", "relay", "imap/syntax", "imap/sort", "imap/commands"},
    "imap/commands": {"base", "net", "store", "directory", "auth", "relay", "imap/syntax", "imap/sort", "imap"},
    "pop3": {"base", "net", "store", "directory", "auth", "relay", "pop3/syntax", "pop3/commands"},
    "pop3/commands": {"base", "net", "store", "directory", "auth", "relay", "pop3/syntax", "pop3"},
    "mta": {"base", "net", "store", "store/engine", "directory"},
    "mta/dsn": {"base", "mta"},
    "mta/smtp_out/syntax": {"base", "mta", "auth"},
    "mta/smtp_out": {"base", "net", "http", "store", "store/engine", "mta", "mta/dsn", "mta/smtp_out/syntax"},
    "mta/replies": {"base", "directory", "mta/dsn"},
    "mta/reports": {"base", "store", "store/engine", "directory", "mta", "mta/dsn", "mta/smtp_out", "mta/smtp_out/syntax"},
    "filter/syntax": {"base"},
    "filter": {"base", "net", "http", "store", "store/engine", "filter/syntax"},
    "smtp": {"base", "net", "store", "directory", "auth", "relay", "smtp/syntax", "smtp/commands"},
    "smtp/commands": {"base", "net", "store", "directory", "auth", "relay", "smtp/syntax", "smtp"},
    "pim": {"base"},
    "pim/itip": {"base", "pim"},
    "eas/items": {"base", "pim", "pim/itip", "store", "eas/syntax", "eas/mail"},
    "eas/syntax": {"base"},
    "eas/state": {"base", "net", "store", "store/engine", "eas/syntax", "pim/itip"},
    "eas/mail": {"base", "store", "eas/syntax"},
    "eas/commands": {"base", "net", "http", "store", "directory", "auth", "relay", "eas", "eas/syntax", "eas/state", "eas/mail", "eas/items", "pim", "pim/itip"},
    "eas": {"base", "net", "http", "store", "directory", "auth", "relay", "eas/syntax", "eas/state", "eas/mail", "eas/items", "pim", "pim/itip"},
    "admin": {"eas/state", "eas/syntax", "base", "config", "net", "store", "store/engine", "directory", "auth"},
    "cli": {"base", "config", "admin"},
    "server": {"base", "config", "net", "store", "store/engine", "store/engine/rocksdb", "directory", "auth", "relay",
               "imap", "pop3", "smtp", "admin", "cli", "auth/token", "discovery", "http", "eas", "smtp/syntax", "filter"},
}
# What a low folder may take from the one above it: named headers only.
ONLY_HEADERS = {
    ("mta/dsn", "mta"): {"mta/envelope.hpp", "mta/connector.hpp"},
    ("mta/smtp_out", "mta/dsn"): {"mta/dsn/text.hpp"},
    ("mta/replies", "mta/dsn"): {"mta/dsn/text.hpp"},
    ("mta/replies", "directory"): {"directory/directory.hpp"},
    ("mta/smtp_out", "mta"): {"mta/envelope.hpp", "mta/connector.hpp"},
    ("mta/smtp_out/syntax", "mta"): {"mta/envelope.hpp", "mta/connector.hpp"},
    ("mta/smtp_out/syntax", "auth"): {"auth/crypto.hpp", "auth/prepare.hpp"},
    ("mta/smtp_out", "store"): {"store/error.hpp", "store/wire.hpp"},
    ("mta/smtp_out", "store/engine"): {"store/engine/engine.hpp"},
    ("filter", "store"): {"store/error.hpp", "store/offload.hpp"},
    ("auth", "store/engine"): {"store/engine/completion.hpp"},
    ("store/engine", "store"): {"store/error.hpp", "store/offload.hpp"},
    ("store/engine/memory", "store"): {"store/error.hpp", "store/offload.hpp"},
    ("store/engine/rocksdb", "store"): {"store/error.hpp", "store/offload.hpp"},
}
# A library's headers -> the folders that may name them.
LIBRARIES = {
    r"rocksdb/": {"store/engine/rocksdb"},
    r"boost/asio": {"pch", "base", "net", "store", "store/search", "store/engine", "store/engine/memory",
                    "store/engine/rocksdb", "directory", "discovery", "auth", "auth/sasl", "auth/token", "http", "relay", "imap",
                    "imap/commands", "pop3", "pop3/commands", "smtp", "smtp/commands", "filter", "mta", "mta/dsn", "mta/reports", "mta/smtp_out",
                    "admin", "cli", "server", "eas", "eas/state", "eas/mail", "eas/commands"},
    r"boost/beast": {"http"},
    r"openssl/": {"eas/mail", "discovery", "net", "auth", "auth/sasl", "auth/token", "base", "server"},
    r"(sys/socket|netinet/|arpa/inet|sys/un)": {"net", "cli", "server"},
    r"toml": {"config"},
    r"unbound": {"net"},
    r"CLI/": {"cli"},
    r"zstd": {"store/engine/rocksdb", "store"},
    r"trigram/": {"store/search"},
    r"mailauth/": {"eas", "smtp", "smtp/commands", "mta", "mta/reports", "admin", "server"},
    r"wbxml/": {"eas", "eas/syntax", "eas/commands", "eas/mail", "eas/items"},
    r"mime/": {"eas", "eas/mail", "eas/items", "eas/commands", "store", "store/search", "imap", "imap/sort", "imap/commands", "imap/syntax", "pop3", "smtp",
               "smtp/syntax", "smtp/commands", "mta/smtp_out", "mta/replies", "mta/reports", "filter"},
}

# Who hands mail to the agent, or asks it.
for asker in ("smtp", "smtp/commands", "admin", "server"):
    ALLOWED[asker] |= {"mta", "mta/reports"}
ALLOWED["server"] |= {"mta/smtp_out", "mta/dsn", "mta/replies", "eas/state", "eas/syntax", "eas/mail", "pim"}
ALLOWED["admin"].add("filter")


def folder_of(path: str) -> str:
    return path.rsplit("/", 1)[0] if "/" in path else ""


def faults_in(here: str, lines):
    for number, line in enumerate(lines, 1):
        own = re.match(r'\s*#\s*include "([^"]+)"', line)
        if own:
            target = folder_of(own[1])
            if not target or target == here or here == "":
                continue
            if f"{target}/" in LIBRARIES:
                if here not in LIBRARIES[f"{target}/"]:
                    yield number, f"{here} must not include {target}"
                continue
            if target not in ALLOWED.get(here, set()):
                yield number, f"{here} must not include {own[1]}"
            elif own[1] not in ONLY_HEADERS.get((here, target), {own[1]}):
                yield number, f"{here} may take only named headers from {target}, not {own[1]}"
        for pattern, folders in LIBRARIES.items():
            if re.match(rf"\s*#\s*include <{pattern}", line) and here not in folders and here != "":
                yield number, f"<{pattern}…> is not for {here}"


def check_tree() -> int:
    bad = 0
    src = ROOT / "src"
    for file in sorted(src.rglob("*.[ch]pp")):
        here = folder_of(file.relative_to(src).as_posix())
        if here and here not in ALLOWED:
            print(f"{file.relative_to(ROOT)}: the folder {here} is not in the table of tools/check_layers.py")
            bad += 1
            continue
        for number, fault in faults_in(here, file.read_text().splitlines()):
            print(f"{file.relative_to(ROOT)}:{number}: {fault}")
            bad += 1
    for file in sorted((ROOT / "subprojects").rglob("*.[ch]pp")):
        library = file.relative_to(ROOT / "subprojects").parts[0]
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            own = re.match(r'\s*#\s*include "([^"/]+)/', line)
            if own and own[1] in {folder.split("/")[0] for folder in ALLOWED} - {library}:
                print(f"{file.relative_to(ROOT)}:{number}: {library} stands alone and must not include {own[1]}")
                bad += 1
    return bad


def self_test() -> None:
    """A check must show that it can fail."""
    known_bad = [("imap", '#include "pop3/session.hpp"'), ("store", "#include <rocksdb/db.h>"),
                 ("base", '#include "net/server.hpp"'), ("imap/syntax", "#include <boost/asio/awaitable.hpp>"),
                 ("store/engine", '#include "store/folder.hpp"'), ("base", '#include "mime/index.hpp"'),
                 ("imap", '#include "trigram/plan.hpp"')]
    for here, line in known_bad:
        assert list(faults_in(here, [line])), (here, line)
    assert not list(faults_in("imap", ['#include "store/folder.hpp"', '#include "imap/view.hpp"', "#include <map>"]))


if __name__ == "__main__":
    self_test()
    faults = check_tree()
    print(f"{faults} layer errors")
    sys.exit(faults != 0)
