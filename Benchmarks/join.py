"""Two CSV files of ten million rows to joined codes: TableSpeed and DuckDB on the same files, in turn, each in a process
of its own. `python3 Benchmarks/join.py TABLESPEED [FOLDER] [ROUNDS]` with duckdb from PyPI; the files are made once."""

import json
import os
import subprocess
import sys

BINARY = sys.argv[1]
FOLDER = sys.argv[2] if len(sys.argv) > 2 else "/tmp/entrepot-join"
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
ROWS = 10_000_000
FILES = [os.path.join(FOLDER, name + ".csv") for name in "ab"]

MAKE = """
import duckdb
database = duckdb.connect()
for name, first, path in (("a", 0, {0!r}), ("b", {2} // 2, {1!r})):
    columns = ", ".join(f"(hash(i * {{k}} + 7) % 100)::int as {{name}}{{k}}" for k in range(1, 8))
    database.execute(f"copy (select md5(i::varchar)[:26] as id, {{columns}} from "
        f"(select unnest(range({{first}}, {{first}} + {2})) as i) order by hash(i)) to '{{path}}' (header)")
"""

DUCKDB = """
import duckdb, json, resource, time
database = duckdb.connect()
database.execute("set threads = 2")
start = time.monotonic()
columns = ", ".join([f"a{{k}}::utinyint" for k in range(1, 8)] + [f"b{{k}}::utinyint" for k in range(1, 8)])
rows = database.execute("create table joined as select " + columns + " from read_csv({0!r}) a join read_csv({1!r}) b using (id)").fetchone()
rows = database.execute("select count(*) from joined").fetchone()[0]
print(json.dumps({{"seconds": time.monotonic() - start, "rows": rows,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}}))
"""


def run(*command):
    # DuckDB may draw a progress bar first.
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


if not all(os.path.exists(path) for path in FILES):
    os.makedirs(FOLDER, exist_ok=True)
    subprocess.run([sys.executable, "-c", MAKE.format(*FILES, ROWS)], check=True)
results = {"entrepot": [], "duckdb": []}
for _ in range(ROUNDS):
    results["entrepot"].append(run(BINARY, "join", *FILES))
    results["duckdb"].append(run(sys.executable, "-c", DUCKDB.format(*FILES)))
for name, runs in results.items():
    times = ", ".join(f"{one['seconds']:.2f}" for one in runs)
    print(f"{name:9} {times} s; {max(one['peak_mb'] for one in runs)} MB at most; {runs[0]['rows']} rows")
best = {name: min(one["seconds"] for one in runs) for name, runs in results.items()}
peak = {name: max(one["peak_mb"] for one in runs) for name, runs in results.items()}
isGood = best["entrepot"] <= best["duckdb"] and peak["entrepot"] <= peak["duckdb"] / 2
print("never slower, and in half the memory" if isGood else "NOT as promised")
sys.exit(0 if isGood else 1)
