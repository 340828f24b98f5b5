#!/usr/bin/env python3
"""Runs each fuzz target for some seconds with its corpus and dictionary; found inputs are kept and fail the run.

usage: run_fuzz.py --build DIR --seconds N [--only TARGET]
"""
import argparse, os, pathlib, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    targets = [p for p in sorted(options.build.resolve().glob("**/*_fuzz"))
               if p.is_file() and os.access(p, os.X_OK) and options.only in p.name]
    failed = []
    for target in targets:
        seeds = [str(d) for d in ROOT.glob(f"**/corpus/{target.name}") if d.is_dir() and "build" not in d.parts]
        dictionary = next((str(f) for f in ROOT.glob(f"**/{target.name}.dict") if "build" not in f.parts), None)
        with tempfile.TemporaryDirectory() as grown:
            found = options.build.resolve() / "found" / target.name
            found.mkdir(parents=True, exist_ok=True)
            command = [str(target), f"-max_total_time={options.seconds}", "-timeout=10", "-rss_limit_mb=2048",
                       f"-artifact_prefix={found}/", "-print_final_stats=1", "-verbosity=0", grown, *seeds]
            if dictionary:
                command.insert(1, f"-dict={dictionary}")
            done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                  timeout=options.seconds + 300)
        stats = dict(line.rsplit(":", 1) for line in done.stderr.splitlines() if line.startswith("stat::"))
        runs = stats.get("stat::number_of_executed_units", "?").strip()
        print(f"{'ok' if done.returncode == 0 else 'FAILED':<7}{target.name:<28} {runs:>12} runs, {len(seeds)} corpora",
              flush=True)
        if done.returncode:
            failed.append(target.name)
            print(done.stderr[-6000:])
    print(f"{len(targets) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not targets else 0


if __name__ == "__main__":
    sys.exit(main())
