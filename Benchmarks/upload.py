"""A table of ten million rows and fifteen columns, uploaded over TLS to a live service: seconds, MB/s, resident memory
of the service at its highest. `python3 Benchmarks/upload.py [ROWS]`, with the release build and curl."""

import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts", "service"))
import bench  # noqa: E402

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
COLUMNS = 14
FIELD = "        - {{{{name: c{0}, type: integer, constraints: {{{{required: true, minimum: 0, maximum: 99}}}}}}}}\n"


def task():
    """The bench task with Alice's columns replaced."""
    before, after = bench.TASK.split("      fields:\n", 1)
    rest = after[after.index("  - name: Bob"):]
    return before + "      fields:\n" + "".join(FIELD.format(i) for i in range(COLUMNS)) + rest


def write(path):
    tails = [",".join(str((i * k + i // 7) % 100) for k in range(1, COLUMNS + 1)) for i in range(9973)]
    with open(path, "w", encoding="ascii") as file:
        file.write("id," + ",".join(f"c{i}" for i in range(COLUMNS)) + "\n")
        for start in range(0, ROWS, 100_000):
            end = min(start + 100_000, ROWS)
            file.write("".join(f"{i},{tails[i % 9973]}\n" for i in range(start, end)))


bench.TASK = task()
service = bench.Service("independent", limit=4_000_000_000)
path = os.path.join(tempfile.gettempdir(), f"entrepot-upload-{ROWS}.csv")
try:
    if not os.path.exists(path):
        write(path)
    service.start()
    before = service.resident()
    stem = os.path.join(service.directory, "Alice")
    began = time.monotonic()
    answer = subprocess.run(
        ["curl", "-ksS", "--cert", stem + ".crt", "--key", stem + ".key", "-X", "POST", "-T", path,
         "-H", "Content-Type: text/csv", f"https://127.0.0.1:{service.port}/upload_data"],
        check=True, capture_output=True, text=True).stdout
    seconds = time.monotonic() - began
    size = os.path.getsize(path) / 1e6
    print(json.dumps({
        "rows": ROWS, "megabytes": round(size), "seconds": round(seconds, 2), "mb_per_second": round(size / seconds),
        "resident_before": before, "resident_peak": service.peak(), "answer": json.loads(answer)}))
finally:
    service.remove()
