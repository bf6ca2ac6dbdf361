#!/usr/bin/env python3
"""What `entrepot fit --engine spark` says and spends where something is wrong, on Spark's own server: `Spark/faults.py`.

Tables with faults, clusters that miscount, a server that is killed in the middle, and TLS.
"""
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq

import joins
import server

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
entrepot = os.path.abspath(os.environ.get("ENTREPOT", os.path.join(root, ".build/debug/entrepot")))
program = os.environ.get("ENTREPOT_SPARK", os.path.join(root, "Spark/.build/debug/entrepot-spark"))
SCHEMA = """{"fields": [
  {"name": "size", "type": "string", "categories": ["low", "high"], "constraints": {"required": true}},
  {"name": "age", "type": "integer", "constraints": {"minimum": 0, "maximum": 99}}]KEY}"""
faults = []


def fit(folder, words, connect, **settings):
    """The exit code and what is said."""
    done = subprocess.run(
        [entrepot, "fit", "--engine", "spark", "--connect", connect, "--output", f"{folder}/out.model", *words], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, ENTREPOT_SPARK=program, **settings))
    return done.returncode, done.stdout


def expect(name, answer, *words, code=65):
    """A refusal with these words, and no entry of a ledger: nothing was spent."""
    found, text = answer
    missing = [word for word in words if word not in text]
    spent = "\"epsilon\"" in text
    if found == 0 or missing or spent:
        faults.append(f"{name}: exit {found}, {'spent, ' if spent else ''}without {missing}: {text.strip()[-600:]}")
    print(("FAULT " if found == 0 or missing or spent else "") + f"{name}: {text.strip().splitlines()[-1][:200]}", flush=True)


def parts(folder, name, count, row, last=None, rows=2_000):
    """A table of several files; `last` makes the last rows of the last one."""
    os.makedirs(f"{folder}/{name}")
    for part in range(count):
        table = [row(part * rows + place) for place in range(rows)]
        if part == count - 1 and last:
            table += last
        columns = {key: [values[key] for values in table] for key in table[0]}
        pq.write_table(pa.table(columns), f"{folder}/{name}/part-{part}.parquet")
    return f"{folder}/{name}/"


def person(number):
    return {"id": f"P{number:06d}", "size": ["low", "high"][number % 2], "age": number % 100}


def tables(folder, cluster):
    schema, keyed = f"{folder}/schema.json", f"{folder}/keyed.json"
    with open(schema, "w") as file:
        file.write(SCHEMA.replace("KEY", ""))
    with open(keyed, "w") as file:
        file.write(SCHEMA.replace("KEY", ', "primaryKey": "id"'))
    usual = ["--schema", schema, "--epsilon", "1", "--synthesizer", "independent"]

    def of(table, words=usual, **settings):
        return fit(folder, ["--table", table, *words], cluster.address, **settings)

    good = parts(folder, "good", 8, person)
    bad = parts(folder, "bad", 8, person, last=[{"id": "P9", "size": "middle", "age": 7}, {"id": "P8", "size": "low", "age": 100}])
    expect("values outside the domain in the last part", of(bad), "part-7.parquet", "row 2002", "middle", "row 2003", "100")
    twice = parts(folder, "twice", 4, person, last=[person(17), {"id": "", "size": "low", "age": 1}])
    key = ["--schema", keyed, "--epsilon", "1", "--synthesizer", "independent"]
    expect("a row without a key in the last part", of(twice, key), "part-3.parquet", "row 2003", "a key in every row")
    twice = parts(folder, "again", 4, person, last=[person(17)])
    expect("a key that two rows have", of(twice, key), "part-3.parquet", "row 2002", "Row 19 of part-0.parquet")
    single = f"{folder}/single.parquet"
    pq.write_table(pa.table({"size": ["low"], "age": pa.array([1.0], pa.float32())}), single)
    expect("a column of another type", of(single), "column \"age\" is of type float")
    pq.write_table(pa.table({"size": [["low"]], "age": [1]}), single)
    expect("a nested column", of(single), "column \"size\" is of type array<string>")
    pq.write_table(pa.table({"size": ["low"]}), single)
    expect("a column that is not there", of(single), "lacks \"age\"")
    expect("a table that is not there", of("nowhere.table"), "refuses", "TABLE_OR_VIEW_NOT_FOUND")
    lying = dict(ENTREPOT_SPARK=os.path.join(root, "Spark/lying.py"), ENTREPOT_TRUTH=program)
    for lie in ["sums", "lost", "other"]:
        code, text = fit(folder, ["--table", good, *usual], cluster.address, **dict(lying, ENTREPOT_LIE=lie))
        # The entry stands: it is written before the first question, and no noise was drawn.
        isRefused = code != 0 and "counts wrongly and is refused" in text and "model written" not in text
        if not isRefused:
            faults.append(f"a cluster that lies ({lie}): exit {code}: {text[-400:]}")
        print(("" if isRefused else "FAULT ") + f"a cluster that lies ({lie}): {text.strip().splitlines()[-1][:200]}", flush=True)
    expect("a server of another version", fit(
        folder, ["--table", good, *usual], cluster.address, **dict(lying, ENTREPOT_LIE="version")), "is Spark 3.5.8", "Spark 4")
    task, paths = joins.write(folder, 300, 1, "spark.example.org:443")
    data = [word for name, path in paths.items() for word in ["--data", f"{name}={path}"]]
    expect("a cluster that the task does not list", fit(folder, ["--task", task, *data], cluster.address),
           "the task lists spark.example.org:443 as who counts")
    return good, usual


def killed(folder, cluster, good, usual, what, strike):
    """`strike` is called when the budget has been told: the model is there all the same, and the ledger's entry once."""
    shutil.rmtree(f"{folder}/out.model", ignore_errors=True)
    process = subprocess.Popen(
        [entrepot, "fit", "--engine", "spark", "--connect", cluster.address, "--output", f"{folder}/out.model", "--table", good,
         *usual[:-1], "mst"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=dict(os.environ, ENTREPOT_SPARK=program))
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("spending"):
            strike()
    code = process.wait()
    entries = len(re.findall(r'"epsilon":', text.split("spending", 1)[-1]))
    isRight = code == 0 and "model written" in text and entries >= 1 and text.count('"sequence":1') <= 1
    if not isRight:
        faults.append(f"{what}: exit {code}: {text[-600:]}")
    print(("" if isRight else "FAULT ") + f"{what}: {text.strip().splitlines()[-1][:200]}", flush=True)


def secured(folder, cluster, good, usual):
    """TLS in front of the server, with a certificate that nobody trusts, and on another machine's name."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def copy(source, target):
        try:
            while data := source.recv(1 << 16):
                target.sendall(data)
        except OSError:
            pass
        try:
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def serve():
        while True:
            plain, _ = listener.accept()
            try:
                outer = context.wrap_socket(plain, server_side=True)
            except OSError:
                continue
            inner = socket.create_connection(("127.0.0.1", cluster.port))
            for pair in [(outer, inner), (inner, outer)]:
                threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    address = f"sc://localhost:{port}/;use_ssl=true;token=abc"
    words = ["--table", good, *usual]
    expect("a certificate that nobody trusts", fit(folder, words, address), "certificate")
    code, text = fit(folder, words, address, ENTREPOT_SPARK_CA=f"{folder}/cert.pem")
    if code != 0 or "model written" not in text:
        faults.append(f"TLS: exit {code}: {text[-600:]}")
    print(f"TLS, with the office's own authority: {text.strip().splitlines()[-1][:200]}", flush=True)
    expect("another machine without TLS", fit(folder, words, f"sc://{socket.gethostname()}:{port}"), "over TLS alone")


def main():
    why = server.absent()
    if why or not os.access(program, os.X_OK):
        return print(f"skipped: Spark's faults, for {why or 'entrepot-spark is not built (swift build --package-path Spark)'}")
    folder = tempfile.mkdtemp(prefix="entrepot-faults-")
    cluster = server.Server(15_103, memory="2g")
    try:
        if not cluster.start():
            return print("skipped: Spark's faults, for its server did not come up in ten minutes")
        good, usual = tables(folder, cluster)

        def power():
            cluster.kill()
            threading.Thread(target=cluster.start).start()

        secured(folder, cluster, good, usual)
        killed(folder, cluster, good, usual, "a server that is killed and comes back", power)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print("FAULT", fault)
    sys.exit(bool(faults))


main()
