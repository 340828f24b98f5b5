#!/usr/bin/env python3
"""Prints where each RFC section is cited: the way from an RFC to the code and the tests that obey it.

usage: rfc_index.py [FOLDER...]        citations are written 'RFC 9051 section 6.3.4' or 'sections 6.3.2, 6.3.4'
"""
import collections, pathlib, re, sys

CITATION = re.compile(r"RFC (\d{3,5})(?: sections? ((?:\d+(?:\.\d+)*)(?:(?:, | and )\d+(?:\.\d+)*)*))?")


def main(folders) -> None:
    places = collections.defaultdict(list)
    for folder in folders:
        for file in sorted(pathlib.Path(folder).rglob("*")):
            if file.suffix not in {".hpp", ".cpp", ".txt", ".py"} or "corpus" in file.parts:
                continue
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
                for rfc, listed in CITATION.findall(line):
                    for section in re.split(r", | and ", listed) if listed else [""]:
                        key = tuple(int(part) for part in section.split(".")) if section else ()
                        places[int(rfc), key].append(f"{file}:{number}")
    for (rfc, section), where in sorted(places.items()):
        print(f"RFC {rfc}\t{'.'.join(map(str, section)) or '-'}\t{' '.join(where)}")


main(sys.argv[1:] or ["src", "subprojects", "tests"])
