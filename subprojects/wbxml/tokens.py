#!/usr/bin/env python3
"""Writes wbxml/tags.hpp (a constant for each tag) and names.inc (a name for each token) from tokens.tsv.

usage: tokens.py TOKENS.TSV TAGS.HPP NAMES.INC
"""
import re, sys

KEYWORDS = {"and", "class", "default", "delete", "export", "import", "new", "operator", "or", "private", "this"}


def snake(name):
    name = name.replace("-", "_")
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return name + "_" if name in KEYWORDS else name


def rows(path):
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if line.startswith("#") or not line.strip():
            continue
        page, space, token, name = line.rstrip("\n").split("\t")
        page, token = int(page), int(token, 16)
        if not 0 <= page < 64 or not 5 <= token < 64:
            sys.exit(f"{path}:{number}: no such page or token")
        yield page, space, token, name


def main(tsv, header, names):
    pages = {}
    for page, space, token, name in rows(tsv):
        known_space, tokens = pages.setdefault(page, (space, {}))
        if known_space != space or token in tokens:
            sys.exit(f"{tsv}: page {page}, token {token:#x} twice")
        tokens[token] = name
    with open(header, "w", encoding="utf-8") as out:
        out.write("// A constant for each tag of ActiveSync, made from tokens.tsv.\n#pragma once\n#include \"wbxml/tag.hpp\"\n")
        for page, (space, tokens) in sorted(pages.items()):
            out.write(f"\nnamespace wbxml::{space.lower()} {{\n")
            for token, name in sorted(tokens.items()):
                out.write(f"inline constexpr Tag {snake(name)}{{{page}, 0x{token:02X}}};\n")
            out.write("}\n")
    with open(names, "w", encoding="utf-8") as out:
        for page in range(max(pages) + 1):
            space, tokens = pages.get(page, ("", {}))
            cells = ", ".join(f'"{tokens.get(token, "")}"' for token in range(64))
            out.write(f'Page{{"{space}", {{{cells}}}}},\n')


main(*sys.argv[1:])
