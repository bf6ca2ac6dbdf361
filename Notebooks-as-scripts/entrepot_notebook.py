"""What every walk-through needs: the program, a folder of its own, and a service with its parties. Standard library only."""

import atexit
import csv
import os
import re
import subprocess
import tempfile
from pathlib import Path

PROGRAM = os.environ.get("ENTREPOT", str(Path(__file__).parent.parent / ".build/release/entrepot"))


def entrepot(*arguments, expect=0):
    """Runs one command and returns its stdout; what it says to people is shown when it fails."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != expect:
        raise SystemExit(f"entrepot {' '.join(map(str, arguments))}\nexit code {done.returncode}\n{done.stderr}")
    return done.stdout


def folder(name):
    """A fresh folder for what a walk-through makes."""
    return Path(tempfile.mkdtemp(prefix=f"entrepot-{name}-"))


def rows(path):
    """A CSV file as a list of dictionaries; everything is text."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def shares(table, *columns):
    """How often each combination of values occurs, as shares that sum to one."""
    counts = {}
    for row in table:
        cell = tuple(row[column] for column in columns)
        counts[cell] = counts.get(cell, 0) + 1
    return {cell: count / len(table) for cell, count in counts.items()}


def distance(first, second):
    """Total variation distance between two tables of shares: 0 the same, 1 nothing in common."""
    return 0.5 * sum(abs(first.get(cell, 0) - second.get(cell, 0)) for cell in first.keys() | second.keys())


class Trial:
    """A signed task on generated tables, its service in a process of its own, and a client for every provider."""

    def __init__(self, scenario, rows=None, epsilon=None):
        self.folder = folder(scenario)
        self.task = self.folder / "task.yaml"
        entrepot("demo-data", scenario, "--output", self.folder, *(["--rows", rows] if rows else []))
        text = self.task.read_text()
        if epsilon is not None:
            text = re.sub(r"epsilon: [0-9.]+", f"epsilon: {epsilon}", text, count=1)
        self.parties = re.findall(r"^  - name: (\S+)", text, re.M)
        for party in self.parties:
            entrepot("keygen", party, "--output", self.folder)
            key = (self.folder / f"{party}.pub").read_text().strip()
            text = re.sub(r'public_key: "".*', f"public_key: {key}", text, count=1)
        self.task.write_text(text)
        for party in self.parties:
            entrepot("task", "sign", self.task, "--key", self.folder / f"{party}.key")
        self.state = self.folder / "state"
        self.service = subprocess.Popen(
            [PROGRAM, "serve", "--task", self.task, "--attester", "simulated", "--listen", "127.0.0.1:0", "--state",
             self.state], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        atexit.register(self.stop)
        for line in self.service.stdout:
            if found := re.search(r"listening on (https://\S+)", line):
                self.url = found[1]
                break
        else:
            raise SystemExit("the service did not start")

    def channel(self, party=None):
        """The options of a command that talks to the service: whom to trust, which task was approved, as whom."""
        trust = self.state / "simulated-root"
        options = ["--url", self.url, "--allow-simulated", "--simulated-root", trust / "root.pem", "--measurements",
                   trust / "measurements.json", "--task", self.task, "--memory", self.folder / f"{party}.seen.json"]
        return options + (["--key", self.folder / f"{party}.key"] if party else [])

    def table(self, party):
        return self.folder / f"{party.lower()}.csv"

    def stop(self):
        """Ends the service, which a walk-through that fails does as well."""
        self.service.terminate()
        self.service.wait(timeout=30)
