#!/usr/bin/env python3
"""What a newcomer's first build costs, by target: `Benchmarks/first-build.py [folder] [swift build arguments]`.

Clones the repository into an empty folder, builds there, and reads the processor time of every compiler that works there from
/proc a few times a second. What a compiler spent after its last reading is not counted; the whole is the kernel's own figure.
"""
import collections
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


def target(arguments):
    """The module or the package that a compiler works for; None for other programs."""
    program = os.path.basename(arguments[0])
    if "swift-frontend" in program or program in ("swiftc", "swift-driver"):
        if "-module-name" in arguments:
            return arguments[arguments.index("-module-name") + 1]
        return "swift, planning"
    if program.startswith("clang"):
        # Objects of C lie in a folder of the target's name.
        found = re.search(r"/([^/]+)\.build/", " ".join(arguments))
        return found.group(1) if found else "C, other"
    if program.startswith(("ld", "lld", "swift-autolink")):
        return "linking"
    return None


def read(process, clone):
    if not os.readlink(f"/proc/{process}/cwd").startswith(clone):
        return None
    with open(f"/proc/{process}/cmdline", "rb") as file:
        arguments = file.read().decode(errors="replace").split("\0")
    name = target(arguments) if arguments[0] else None
    if name is None:
        return None
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (process, fields[19]), name, (int(fields[11]) + int(fields[12])) / TICKS


def watch(stop, seconds, clone):
    while not stop.is_set():
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                found = read(process, clone)
            except OSError:  # It has ended, or is somebody else's.
                continue
            if found:
                identity, name, spent = found
                seconds[identity] = (name, spent)
        stop.wait(0.1)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()
    clone = os.path.join(os.path.realpath(folder), "entrepot")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    subprocess.run(["git", "clone", "--quiet", here, clone], check=True)
    ours = set(os.listdir(os.path.join(clone, "Sources"))) | set(os.listdir(os.path.join(clone, "Tests")))
    stop, seconds = threading.Event(), {}
    watcher = threading.Thread(target=watch, args=(stop, seconds, clone))
    watcher.start()
    started = time.monotonic()
    built = subprocess.run(["swift", "build", *sys.argv[2:]], cwd=clone, stdout=subprocess.DEVNULL)
    wall = time.monotonic() - started
    stop.set()
    watcher.join()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    totals = collections.Counter()
    for name, spent in seconds.values():
        totals[name] += spent
    print(f"swift build {' '.join(sys.argv[2:])}: {wall:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} processor seconds")
    print(f"of which seen by target: {sum(totals.values()):.0f}; Entrepot's own "
          f"{sum(spent for name, spent in totals.items() if name in ours):.0f}")
    for name, spent in totals.most_common(30):
        print(f"{spent:8.1f}  {name}{'' if name in ours else '  (package)'}")
    return built.returncode


if __name__ == "__main__":
    sys.exit(main())
