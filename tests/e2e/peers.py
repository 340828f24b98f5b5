#!/usr/bin/env python3
"""Servers of other projects that tests talk to, from Debian's packages: unpacked into build/peers, not installed. Mail
servers displace each other as packages, and a name server would start itself.

usage: peers.py    fetches all, as ./dev does
"""
import os, pathlib, pwd, shutil, subprocess, sys, unittest

ROOT = pathlib.Path(os.environ.get("BARID_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
PACKAGES = {
    "exim": ("exim4-daemon-light", "libnsl2", "libtirpc3"),
    "postfix": ("postfix", "libnsl2", "libtirpc3"),
    "knot": ("knot", "libknot13", "libdnssec9", "libzscanner4", "liburcu8", "liblmdb0", "libxdp1", "libbpf1"),
}


def folder():
    return pathlib.Path(os.environ.get("BARID_PEERS", ROOT / "build" / "peers"))


def fetch(name):
    """Where the packages' files are."""
    place = folder() / name
    if (place / "whole").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    download = lambda: subprocess.run(["apt-get", "download", *PACKAGES[name]], cwd=place, capture_output=True, text=True,
                                      timeout=120)
    done = download()
    if done.returncode and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, timeout=120)
        done = download()
    if done.returncode:
        raise OSError(done.stderr.strip()[-500:])
    for package in place.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(place)], check=True, capture_output=True)
    (place / "whole").touch()
    return place


def unpacked(name):
    """The same, for a test: it is skipped where they cannot be had."""
    try:
        return fetch(name)
    except (OSError, subprocess.SubprocessError) as fault:
        raise unittest.SkipTest(f"{name} cannot be had: {fault}")


def libraries(place):
    """For LD_LIBRARY_PATH."""
    return ":".join(str(path) for pattern in ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib/postfix")
                    for path in place.glob(pattern))


def with_users(names, scratch):
    """What to put before a command that wants users and groups which this machine has not: a mount namespace."""
    missing = []
    for name in names:
        try:
            pwd.getpwnam(name)
        except KeyError:
            missing.append(name)
    if not missing:
        return []
    probe = subprocess.run(["unshare", "-m", "true"], capture_output=True) if shutil.which("unshare") else None
    if os.geteuid() != 0 or probe is None or probe.returncode:
        raise unittest.SkipTest(f"no user {missing[0]}, and no mount namespace to make one in")
    for file in ("passwd", "group"):
        lines = pathlib.Path("/etc", file).read_text()
        for number, name in enumerate(names):
            if f"\n{name}:" not in "\n" + lines:
                lines += f"{name}:x:{64321 + number}:" + (f"{64321 + number}::/:/usr/sbin/nologin\n" if file == "passwd" else "\n")
        (scratch / file).write_text(lines)
    return ["unshare", "-m", "--propagation", "private", "sh", "-c",
            f"mount --bind {scratch}/passwd /etc/passwd && mount --bind {scratch}/group /etc/group && exec \"$@\"", "sh"]


if __name__ == "__main__":
    failed = 0
    for one in PACKAGES:
        try:
            fetch(one)
        except (OSError, subprocess.SubprocessError) as why:
            print(f"{one} cannot be had: {why}", file=sys.stderr)
            failed = 1
    sys.exit(failed)
