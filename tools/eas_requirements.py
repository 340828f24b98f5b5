#!/usr/bin/env python3
"""Checks tests/eas/requirements.tsv: which sentence of Microsoft's ActiveSync specifications is held by which test of ours,
or why by none. The table names sentences by their ids alone; the lists of sentences (MS-*_reqs.tsv) are not ours.

usage: eas_requirements.py [--spec DIR] [--missing]
  without the lists: each test that is named exists, each row is well formed, no id stands twice
  with them (--spec, BARID_EAS_SPEC, or shared/reference/eas-spec beside the tree): each sentence about a server that the lists call
  testable ("Test Case" or "Adapter") stands exactly once and nothing else does; prints how many have a test, in each document
  --missing: prints the ids that stand nowhere
"""
import argparse, ast, collections, os, pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "eas" / "requirements.tsv"
NOT_YET = "not tested yet"
NAME = re.compile(r"[\w/.-]+\.(py|cpp)::\w+\.\w+")
TEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)


def found_tests(file):
    """The names of the tests of a file: Class.method or Suite.Case."""
    if file.suffix == ".cpp":
        return {f"{suite}.{case}" for suite, case in TEST.findall(file.read_text(encoding="utf-8"))}
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {f"{owner.name}.{one.name}" for owner in tree.body if isinstance(owner, ast.ClassDef)
            for one in owner.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test")}


def ids_of(document, text):
    """ "R3,R7-R9" of MS-X: MS-X_R3, MS-X_R7, MS-X_R8, MS-X_R9."""
    for part in text.split(","):
        match = re.fullmatch(r"R(\d+)(?:-R(\d+))?", part)
        if not match or (match[2] and int(match[2]) <= int(match[1])):
            raise ValueError(f"no id or range of ids: {part!r}")
        for number in range(int(match[1]), int(match[2] or match[1]) + 1):
            yield f"{document}_R{number}"


def read_table(faults):
    """What is said of each id: (kind, text)."""
    said, tests = {}, {}
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        where = f"{TABLE.name}:{number}"
        if len(columns) != 4 or columns[2] not in ("test", "reason") or not columns[3].strip():
            faults.append(f"{where}: not 'document, ids, test or reason, which'")
            continue
        document, ids, kind, text = columns
        if kind == "test":
            if not NAME.fullmatch(text):
                faults.append(f"{where}: no name of a test: {text}")
                continue
            path, test = text.split("::")
            if path not in tests:
                file = ROOT / path
                tests[path] = found_tests(file) if file.is_file() else set()
            if test not in tests[path]:
                faults.append(f"{where}: there is no test {text}")
        try:
            for one in ids_of(document, ids):
                if one in said:
                    faults.append(f"{where}: {one} stands twice")
                said[one] = (kind, text)
        except ValueError as error:
            faults.append(f"{where}: {error}")
    return said


def spec_folder(given):
    if given:
        return pathlib.Path(given)
    for place in (os.environ.get("BARID_EAS_SPEC"), ROOT.parent / "shared" / "reference" / "eas-spec"):
        if place and any(pathlib.Path(place).glob("*_reqs.tsv")):
            return pathlib.Path(place)
    return None


def testable(folder):
    """The ids of the sentences that a server's tests are to hold, in the order of the lists."""
    out = []
    for file in sorted(folder.glob("*_reqs.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            if len(columns) >= 6 and columns[2] == "Server" and columns[4] in ("Test Case", "Adapter"):
                out.append(columns[0])
    return list(dict.fromkeys(out))


def compare(wanted, said, faults, show_missing):
    if not wanted:
        faults.append("the lists have no sentence about a server")
    missing = [one for one in wanted if one not in said]
    if missing:
        faults.append(f"{len(missing)} sentences stand nowhere" + (": " + " ".join(missing) if show_missing else " (--missing)"))
    known = set(wanted)
    faults.extend(f"{one} is no testable sentence about a server" for one in said if one not in known)
    counts = collections.defaultdict(collections.Counter)
    for one in wanted:
        kind, text = said.get(one, ("missing", ""))
        if kind == "reason" and text == NOT_YET:
            kind = NOT_YET
        counts[one.partition("_")[0]][kind] += 1
        counts["all"][kind] += 1
    for document, count in sorted(counts.items(), key=lambda row: (row[0] == "all", row[0])):
        print(f"{document}: {count['test']} covered, {count['reason']} with a reason, {count[NOT_YET]} not tested yet"
              + (f", {count['missing']} missing" if count["missing"] else ""))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--spec", help="folder of MS-*_reqs.tsv")
    arguments.add_argument("--missing", action="store_true", help="print the ids that stand nowhere")
    given = arguments.parse_args()
    faults = []
    said = read_table(faults)
    folder = spec_folder(given.spec)
    if folder:
        compare(testable(folder), said, faults, given.missing)
    else:
        print(f"{len(said)} sentences named; the lists are not here, so only names were checked")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
