#!/usr/bin/env python3
"""Runs every test program and test script and ends with one line: N passed, N failed, N skipped.

usage: run_tests.py --build DIR [--only unit|lint|e2e|crash] [FILTER]

unit   programs test_* in the build directory (GoogleTest; each of its tests counts)
lint   the checks of tools/check (each check counts)
e2e    tests/e2e/test_*.py (unittest; each of its tests counts), against the barid of the build directory
crash  tests/crash/test_*.py, likewise
"""
import argparse, json, os, pathlib, re, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Totals:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def add(self, suite, passed, failed, skipped, seconds, names=()):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        self.failures += [f"{suite}: {name}" for name in names]
        print(f"{suite:<28} {passed:>5} passed {failed:>4} failed {skipped:>4} skipped  {seconds:6.1f} s", flush=True)


def run_gtest(program, totals, text_filter):
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.json"
        command = [str(program), f"--gtest_output=json:{report}", "--gtest_brief=1"]
        if text_filter:
            command.append(f"--gtest_filter=*{text_filter}*")
        start = time.monotonic()
        environment = dict(os.environ, TMPDIR=scratch, BARID_SOURCE=str(ROOT))
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=600,
                                  env=environment, cwd=scratch)
            output, code = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired as late:
            output, code = f"{(late.stdout or b'').decode(errors='replace')}\ntimed out after 600 s", -1
        seconds = time.monotonic() - start
        name = program.name
        if not report.exists():  # crashed: the whole program is one failure
            print(output[-8000:])
            return totals.add(name, 0, 1, 0, seconds, [f"ended with {code} before its report"])
        passed = failed = skipped = 0
        names = []
        for suite in json.loads(report.read_text())["testsuites"]:
            for case in suite["testsuite"]:
                if case["status"] == "NOTRUN":
                    continue
                if case.get("failures"):
                    failed += 1
                    names.append(f"{suite['name']}.{case['name']}")
                elif case.get("result") == "SKIPPED":
                    skipped += 1
                else:
                    passed += 1
        if code != 0 and not failed:
            failed += 1
            names.append(f"ended with {code}")
        if failed:
            print(output[-8000:])
        if passed + failed + skipped:
            totals.add(name, passed, failed, skipped, seconds, names)


def run_unittest(script, totals, build, text_filter):
    start = time.monotonic()
    command = [sys.executable, str(script), "-v"] + (["-k", text_filter] if text_filter else [])
    environment = dict(os.environ, BARID=str(build / "src" / "barid"), BARID_BUILD=str(build), BARID_SOURCE=str(ROOT),
                       PYTHONPATH=str(ROOT / "tests"))
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=1800, env=environment)
        output, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = f"{(late.stdout or b'').decode(errors='replace')}\ntimed out after 1800 s", -1
    seconds = time.monotonic() - start
    ran = re.search(r"^Ran (\d+) tests? in", output, re.M)
    if not ran:
        print(output[-8000:])
        return totals.add(script.stem, 0, 1, 0, seconds, [f"ended with {code} before its report"])
    counts = {word: int(number) for word, number in re.findall(r"(failures|errors|skipped)=(\d+)", output)}
    failed = counts.get("failures", 0) + counts.get("errors", 0)
    skipped = counts.get("skipped", 0)
    names = re.findall(r"^(?:FAIL|ERROR): (.+)$", output, re.M)
    if failed or (code != 0 and int(ran[1]) > 0):
        print(output[-12000:])
        failed = max(failed, 1)
    if int(ran[1]):
        totals.add(script.stem, int(ran[1]) - failed - skipped, failed, skipped, seconds, names)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--only", choices=["unit", "lint", "e2e", "crash"])
    parser.add_argument("filter", nargs="?", default="")
    options = parser.parse_args()
    build = options.build.resolve()
    totals = Totals()
    wanted = lambda kind: options.only in (None, kind)
    if wanted("lint") and not options.filter:
        start = time.monotonic()
        check = ROOT / "tools" / "check"
        done = subprocess.run([str(check), "--build", str(build)], capture_output=True, text=True)
        results = re.findall(r"^(ok|FAILED)\s+(.+)$", done.stdout, re.M)
        failed = [name for word, name in results if word == "FAILED"]
        if done.returncode or failed:
            print(done.stdout[-8000:] + done.stderr[-4000:])
        totals.add("lint", len(results) - len(failed), max(len(failed), int(done.returncode != 0)), 0,
                   time.monotonic() - start, failed)
    if wanted("unit"):
        for program in sorted(build.glob("**/test_*")):
            if program.is_file() and os.access(program, os.X_OK) and ".p" not in str(program.parent):
                run_gtest(program, totals, options.filter)
    for kind in ("e2e", "crash"):
        if wanted(kind):
            for script in sorted((ROOT / "tests" / kind).glob("test_*.py")):
                run_unittest(script, totals, build, options.filter)
    for failure in totals.failures:
        print(f"FAILED {failure}")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped", flush=True)
    ran = totals.passed + totals.failed
    sys.exit(1 if totals.failed or not ran else 0)


if __name__ == "__main__":
    main()
