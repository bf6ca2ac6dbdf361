#!/usr/bin/env python3
"""Stands in for entrepot-spark (`ENTREPOT_SPARK`) and lies, for `faults.py`: `ENTREPOT_LIE` says how, `ENTREPOT_TRUTH` is the program.

The statements go to Spark's own server all the same; what is counted there is another thing than was asked for.
"""
import os
import subprocess
import sys
import threading

lie = os.environ["ENTREPOT_LIE"]
process = subprocess.Popen([os.environ["ENTREPOT_TRUTH"], *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def told(sql):
    if "explode(" not in sql:
        return sql
    return {"sums": sql.replace("count(*)", "count(*) + 1"),
            "lost": sql.replace("GROUP BY place", "WHERE pmod(hash(cell), 50) > 0 GROUP BY place"),
            "other": sql.replace("shiftleft(side", "shiftleft(1 - side", 1)}.get(lie, sql)


def statements():
    while True:
        head = sys.stdin.buffer.read(8)
        if len(head) < 8:
            break
        sql = told(sys.stdin.buffer.read(int.from_bytes(head, "little")).decode()).encode()
        process.stdin.write(len(sql).to_bytes(8, "little") + sql)
        process.stdin.flush()
    process.stdin.close()


threading.Thread(target=statements, daemon=True).start()
while True:
    head = process.stdout.read(9)
    if len(head) < 9:
        break
    payload = process.stdout.read(int.from_bytes(head[1:], "little"))
    if head[:1] == b"V" and lie == "version":
        payload = b"3.5.8"
        head = b"V" + len(payload).to_bytes(8, "little")
    sys.stdout.buffer.write(head + payload)
    sys.stdout.buffer.flush()
