#!/usr/bin/env python3
"""Fails on what no linter knows and has cost somebody: each entry names its replacement.

usage: check_bans.py
A line may carry `// ban-ok: reason` where the ban does not fit.
"""
import pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BANS = [
    (r"\bstd::regex\b|<regex>", "a hand-written parser: std::regex recurses on its input"),
    (r"\b(atoi|atol|atoll|strtol|strtoul|strtoull|sscanf|stoi|stol|stoul|stoull)\s*\(", "std::from_chars"),
    (r"<boost/asio\.hpp>|<boost/asio/ssl\.hpp>|<boost/asio/ssl/stream\.hpp>|<boost/beast\.hpp>", "the narrow header"),
    (r"\bsleep_for\s*\(|\busleep\s*\(|\bsleep\s*\(\d", "a timer, or waiting for the event itself"),
    (r"\bstd::system\s*\(|(?<![\w:])system\s*\(\s*[\"a-z]|\bpopen\s*\(", "posix_spawn with argv: no shell anywhere"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets)\s*\(", "std::string or fmt"),
    (r"\basio::detached\b", "a completion handler that logs the exception"),
    (r"experimental::channel|bind_cancellation_slot", "Wake::event: see STYLE in CONTRIBUTING.md"),
    (r"asio::ssl::stream|ssl::stream<", "net's own TLS stream: 16 KB a connection instead of 76"),
    (r"\brand\s*\(\)|\bsrand\s*\(", "base::Random"),
    (r"\btime\s*\(\s*(nullptr|NULL|0)\s*\)", "base::Clock"),
    (r"\b(setlocale|std::locale)\b", "bytes and ICU: no locale"),
    (r"\bfor \([^;]*\s:[^;]*\w\([^()]*\)->\w+\)", "a name for the pointer: before C++23 it dies before the loop begins"),
    (r"\bmemcmp\s*\([^)]*(password|digest|secret|hmac|mac)\b", "sodium_memcmp: constant time"),
]
TESTS_MAY = {r"\basio::detached\b"}


def faults_in(path: str, lines):
    for number, line in enumerate(lines, 1):
        if "ban-ok:" in line:
            continue
        code = re.sub(r"//.*$", "", line)
        for pattern, instead in BANS:
            if path.startswith(("tests/", "bench/")) and pattern in TESTS_MAY:
                continue
            if re.search(pattern, code):
                yield number, f"{re.search(pattern, code)[0].strip()}: use {instead}"


def main() -> int:
    assert list(faults_in("src/a.cpp", ["int n = atoi(text);"])) and list(faults_in("src/a.cpp", ["#include <regex>"]))
    assert list(faults_in("src/a.cpp", ["for (const X& x : (*a)->tree()->folders) {"]))
    assert not list(faults_in("src/a.cpp", ["for (const X& x : (*group)->pages) {", "for (auto& x : a->list()) {"]))
    assert not list(faults_in("src/a.cpp", ["// atoi( is banned", "auto fatoi_ (int);"]))
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cpp", "*.hpp"], cwd=ROOT,
                           capture_output=True, text=True, check=True).stdout.split()
    bad = 0
    for name in names:
        if not (ROOT / name).is_file():
            continue
        for number, fault in faults_in(name, (ROOT / name).read_text(errors="replace").splitlines()):
            print(f"{name}:{number}: {fault}")
            bad += 1
    print(f"{bad} banned things in {len(names)} files")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
