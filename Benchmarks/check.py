"""Compares measured ratios with Benchmarks/thresholds.json: `check.py FILE…`, each with lines of JSON {"name", "ratio"}.

A ratio is our figure divided by that of something that does the same work in the same run: a bare loop, a BLAS, a peer
from PyPI. Fails where one is above its threshold, or below the least that some have, or where a threshold that needs no peer was
not measured. A figure without a threshold is printed.
"""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
thresholds = json.load(open(os.path.join(here, "thresholds.json")))
measured = {}
for path in sys.argv[1:]:
    for line in open(path, encoding="utf-8"):
        if line.startswith("{"):
            one = json.loads(line)
            measured[one["name"]] = one["ratio"]

failed = False
for name, threshold in thresholds.items():
    ratio, limit = measured.get(name), threshold["at_most"]
    if ratio is None:
        missing = "skipped, needs " + threshold["needs"] if "needs" in threshold else "NOT MEASURED"
        failed |= "needs" not in threshold
        print(f"bench: {name}: {missing}")
        continue
    least = threshold.get("at_least", 0)
    verdict = "  TOO MUCH" if ratio > limit else "  TOO LITTLE" if ratio < least else ""
    failed |= verdict != ""
    bounds = f"at least {least} and " if least else ""
    print(f"bench: {name}: {ratio:.3g} times {threshold['beside']}, {bounds}at most {limit} ({threshold['what']}){verdict}")
for name in sorted(measured.keys() - thresholds.keys()):
    print(f"bench: {name}: {measured[name]:.3g}; thresholds.json has no limit for it yet")
sys.exit(1 if failed else 0)
