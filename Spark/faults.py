#!/usr/bin/env python3
"""What `entrepot fit --engine spark` says and spends where something is wrong, on Spark's own server: `Spark/faults.py`.

Tables with faults, clusters that miscount, TLS, a server that is killed in the middle, and an executor that is.
"""
import os
import shutil
import signal
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
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "ENTREPOT_SPARK": program, **settings})
    return done.returncode, done.stdout


def told(name, isRight, code, text):
    """A line of what was seen."""
    if not isRight:
        faults.append(f"{name}: exit {code}: {text.strip()[-600:]}")
    print(("" if isRight else "FAULT ") + f"{name}: {text.strip().splitlines()[-1][:200]}", flush=True)


def expect(name, answer, *words):
    """A refusal with these words, and no entry of a ledger: nothing was spent."""
    code, text = answer
    told(name, code == 65 and all(word in text for word in words) and '"epsilon"' not in text, code, text)


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
        told(f"a cluster that lies ({lie})", code == 65 and "counts wrongly and is refused" in text and "written" not in text,
             code, text)
    expect("a server of another version", fit(
        folder, ["--table", good, *usual], cluster.address, **dict(lying, ENTREPOT_LIE="version")), "is Spark 3.5.8", "Spark 4")
    task, paths = joins.write(folder, 300, 1, "spark.example.org:443")
    data = [word for name, path in paths.items() for word in ["--data", f"{name}={path}"]]
    expect("a cluster that the task does not list", fit(folder, ["--task", task, *data], cluster.address),
           "the task lists spark.example.org:443 as who counts")
    return good, usual


def struck(folder, cluster, good, usual, what, strike):
    """`strike` is called when the budget has been told: the model is there all the same, and the ledger has one entry."""
    process = subprocess.Popen(
        [entrepot, "fit", "--engine", "spark", "--connect", cluster.address, "--output", f"{folder}/{what}.model", "--table", good,
         *usual[:-1], "mst"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=dict(os.environ, ENTREPOT_SPARK=program))
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("spending"):
            strike()
    code = process.wait()
    told(what, code == 0 and os.path.exists(f"{folder}/{what}.model") and text.count('"kind":"reservation"') == 1, code, text)


def executors(root):
    """The processes of executors below a process."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat, open(f"/proc/{name}/cmdline") as words:
                parent, line = int(stat.read().rsplit(")", 1)[1].split()[1]), words.read()
        except OSError:
            continue
        if parent == root and "CoarseGrainedExecutorBackend" in line:
            found.append(int(name))
    return found


def lost(folder, good, usual):
    """A cluster of two executors, of which one ends in the middle."""
    cluster = server.Server(15_104, master="local-cluster[2,1,768]", memory="1g", settings=["spark.executor.memory=768m"])
    try:
        if not cluster.start():
            return print("skipped: a lost executor, for its cluster did not come up in ten minutes")
        gone = []

        def strike():
            # They are started with the first statement, and each has tasks by now.
            gone.extend(executors(cluster.process.pid)[:1])
            for process in gone:
                os.kill(process, signal.SIGKILL)

        struck(folder, cluster, good, usual, "an executor that is lost", strike)
        if not gone:
            faults.append("no executor was there to be lost")
    finally:
        cluster.stop()


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
    expect("a certificate that nobody trusts", fit(folder, words, address), "cannot be reached")
    code, text = fit(folder, words, address, ENTREPOT_SPARK_CA=f"{folder}/cert.pem")
    told("TLS, with the office's own authority", code == 0 and "model written" in text, code, text)
    expect("a certificate of another name", fit(
        folder, words, address.replace("localhost", "127.0.0.1"), ENTREPOT_SPARK_CA=f"{folder}/cert.pem"), "cannot be reached")
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
        struck(folder, cluster, good, usual, "a server that is killed and comes back", power)
        cluster.stop()
        lost(folder, good, usual)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        print("FAULT", fault)
    sys.exit(bool(faults))


main()
