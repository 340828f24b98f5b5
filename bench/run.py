#!/usr/bin/env python3
"""Runs the micro benchmarks, then the comparison with Dovecot, and with Postfix where POSTFIX_BENCH names its script.

usage: run.py --build DIR [--quick] [--only micro|peers] [--filter TEXT] [--json FILE]
"""
import argparse, os, pathlib, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=["micro", "peers"])
    parser.add_argument("--filter", default="")
    parser.add_argument("--json")
    options = parser.parse_args()
    build = options.build.resolve()
    failed = 0
    if options.only in (None, "micro"):
        for program in sorted(build.glob("bench/micro/bench_*")):
            if not (program.is_file() and os.access(program, os.X_OK)):
                continue
            command = [str(program)] + ([f"--benchmark_filter={options.filter}"] if options.filter else [])
            if options.quick:
                command.append("--benchmark_min_time=0.05")
            print(f"\n== {program.name}", flush=True)
            failed += subprocess.run(command).returncode != 0
    if options.only in (None, "peers"):
        command = [sys.executable, str(ROOT / "bench" / "peers" / "compare.py"), "--barid", str(build / "src" / "barid"),
                   "--mailbench", str(build / "bench" / "mailbench" / "mailbench"), "--only", options.filter]
        command += ["--quick"] if options.quick else []
        command += ["--json", options.json] if options.json else []
        print("\n== side by side", flush=True)
        failed += subprocess.run(command).returncode != 0
        if "POSTFIX_BENCH" in os.environ:
            command = [sys.executable, str(ROOT / "bench" / "peers" / "mta_compare.py"), "--barid", str(build / "src" / "barid"),
                       "--postfix", os.environ["POSTFIX_BENCH"], "--only", options.filter]
            command += ["--messages", "1000", "--repeats", "1"] if options.quick else []
            print("\n== beside Postfix", flush=True)
            failed += subprocess.run(command).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
