"""Utility and speed of Entrepot beside its peers, in one run; writes utility.md and speed.md beside this file.

bench.py OURS PEERS DATA… [--full] [--ratios FILE]

OURS is the built RowsBenchmark, PEERS the folder of virtual environments, DATA folders with coded.csv and domain.json.
The quick run takes one peer, ε = 1 and one run; --full all peers, ε = 0.1, 1, 10, and three runs. FILE gets our figures
divided by those of mbi's MST, the largest over all tables and ε, as lines of JSON for check.py.
"""
import argparse, json, os, platform, subprocess, sys, tempfile
from itertools import combinations

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def rows(path, names):
    with open(path) as file:
        header = [name.strip() for name in file.readline().split(",")]
        table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    return table[:, [header.index(name) for name in names]]


def distance(a, b, sizes, sets):
    """Mean total variation distance over sets of columns."""
    total = 0.0
    for columns in sets:
        cells = int(np.prod([sizes[c] for c in columns]))
        counts = []
        for table in (a, b):
            index = np.zeros(len(table), np.int64)
            for column in columns:
                index = index * sizes[column] + table[:, column]
            counts.append(np.bincount(index, minlength=cells) / len(table))
        total += np.abs(counts[0] - counts[1]).sum() / 2
    return total / len(sets)


def score(folder, output):
    domain = json.load(open(os.path.join(folder, "domain.json")))
    names = list(domain)
    sizes = [domain[name] for name in names]
    real, synthetic = rows(os.path.join(folder, "coded.csv"), names), rows(output, names)
    triples = os.path.join(folder, "triples.json")
    places = range(len(names))
    if os.path.exists(triples):
        threes = [[names.index(name) for name in three] for three in json.load(open(triples))]
    else:
        threes = list(combinations(places, 3))[:300]
    return [
        distance(real, synthetic, sizes, sets)
        for sets in ([[c] for c in places], list(combinations(places, 2)), threes)]


def run(command, limit):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None, f"not done after {limit} s"
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["failed"])[-1][:120]
    return json.loads(done.stdout.strip().splitlines()[-1]), None


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("ours")
    reader.add_argument("peers")
    reader.add_argument("data", nargs="+")
    reader.add_argument("--full", action="store_true")
    reader.add_argument("--ratios")
    given = reader.parse_args()
    epsilons, repeats = (["0.1", "1", "10"], 3) if given.full else (["1"], 1)
    methods = [("Entrepot " + name, [given.ours], name) for name in ("auto", "clique-tree", "mst", "independent")]
    if given.full:
        methods.append(("Entrepot aim", [given.ours], "aim"))
    peer = os.path.join(HERE, "peers", "peer.py")
    for name, environment, title in (
            ("mbi-mst", "mbi", "mbi 2.0.0, MST"), ("dpmm-mst", "dpmm", "dpmm 0.1.9, MST"),
            ("dpmm-privbayes", "dpmm", "dpmm 0.1.9, PrivBayes"))[:None if given.full else 1]:
        methods.append((title, [os.path.join(given.peers, environment, "bin", "python"), peer, name], None))
    utility, speed, scored, cost_of = [], [], {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        output = os.path.join(scratch, "rows.csv")
        for folder in given.data:
            data = os.path.basename(os.path.normpath(folder))
            for epsilon in epsilons:
                for title, start, own in methods:
                    command = [*start, folder, own, epsilon, output] if own else [*start, folder, epsilon, output]
                    costs, scores, failure = [], [], None
                    for _ in range(repeats):
                        cost, failure = run(command, 1800 if given.full else 600)
                        if failure:
                            break
                        costs.append(cost)
                        scores.append(score(folder, output))
                    if failure:
                        utility.append(f"| {data} | {epsilon} | {title} | {failure} | | |")
                    else:
                        one, two, three = np.mean(scores, axis=0)
                        scored[data, epsilon, title] = (two, three)
                        utility.append(f"| {data} | {epsilon} | {title} | {one:.4f} | {two:.4f} | {three:.4f} |")
                        mean = {key: np.mean([cost[key] for cost in costs]) for key in costs[0]}
                        cost_of[data, epsilon, title] = mean
                        speed.append(
                            f"| {data} | {epsilon} | {title} | {mean['wall']:.2f} | {mean['cpu']:.2f} "
                            f"| {mean['mb']:.0f} | {mean['million_wall']:.2f} |")
                    print(utility[-1], flush=True)
    ratios = {}
    for (data, epsilon, title) in scored:
        peer = (data, epsilon, "mbi 2.0.0, MST")
        name = {"Entrepot auto": "auto", "Entrepot mst": "mst"}.get(title)
        if not name or peer not in scored:
            continue
        ours, theirs = scored[data, epsilon, title], scored[peer]
        for what, ratio in (
                ("distance-2-way", ours[0] / theirs[0]), ("distance-3-way", ours[1] / theirs[1]),
                ("fit-cpu", cost_of[data, epsilon, title]["cpu"] / cost_of[peer]["cpu"]),
                ("fit-memory", cost_of[data, epsilon, title]["mb"] / cost_of[peer]["mb"])):
            ratios[f"{name}-{what}"] = max(ratio, ratios.get(f"{name}-{what}", 0))
    if given.ratios:
        with open(given.ratios, "w") as file:
            for name, ratio in ratios.items():
                file.write(json.dumps({"name": name, "ratio": round(float(ratio), 4)}) + "\n")
    extra = []
    for words in (["pairs", "10000000", "15"], ["wide", "mst", "100", "1000000"], ["wide", "clique-tree", "100", "1000000"]):
        if words[0] == "wide" and not given.full:
            continue
        cost, failure = run([given.ours, *words], 1800)
        extra.append(f"| {' '.join(words)} | {failure or ', '.join(f'{k} {v:g}' for k, v in cost.items())} |")
        print(extra[-1], flush=True)
    command = "make bench" + (" FULL=1" if given.full else "")
    machine = f"{platform.machine()}, {os.cpu_count()} processors; load at the end {os.getloadavg()[0]:.1f}"
    note = f"Made by `{command}` ({repeats} run{'s' if repeats > 1 else ''} each) on {machine}.\n\n"
    # What other commands measured stands below and stays.
    page = os.path.join(HERE, "utility.md")
    with open(page) as file:
        _, mark, kept = file.read().partition("\n## ")
    with open(page, "w") as file:
        file.write(
            "# Utility beside peers\n\n" + note + "Mean total variation distance of the rows' marginals from the table's; "
            "δ = 1e-9, every column's domain public, as many rows as the table. Lower is better.\n\n"
            "| data | ε | method | 1-way | 2-way | 3-way |\n|---|---|---|---|---|---|\n" + "\n".join(utility) + "\n"
            + mark + kept)
    with open(os.path.join(HERE, "speed.md"), "w") as file:
        file.write(
            "# Speed beside peers\n\n" + note + "Fit in seconds of clock and processor, peak memory in MB after the fit, "
            "seconds for a million rows in memory. Processor seconds are what a busy machine does not change.\n\n"
            "| data | ε | method | wall s | CPU s | MB | 10⁶ rows s |\n|---|---|---|---|---|---|---|\n" + "\n".join(speed)
            + "\n\n| our own | figures |\n|---|---|\n" + "\n".join(extra) + "\n")


main()
