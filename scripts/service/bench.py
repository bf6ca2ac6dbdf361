"""A service under test: its task, its parties, its process, and plain calls to it. Python's standard library alone."""

import http.client
import json
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("ENTREPOT", os.path.join(ROOT, ".build/release/entrepot"))

TASK = """entrepot: 1
task: bench
purpose: A trial of the service.
parties:
  - name: Alice
    role: provider
    public_key: {Alice}
    table:
      key: {{column: id, pattern: '^[0-9]{{1,8}}$', normalise: [trim]}}
      fields:
        - {{name: buying, type: string, categories: [low, med, high, vhigh], constraints: {{required: true}}}}
        - {{name: maint, type: string, categories: [low, med, high, vhigh], constraints: {{required: true}}}}
        - {{name: price, type: number, constraints: {{minimum: 0, maximum: 100000}}, bins: {{count: 32}}}}
  - name: Bob
    role: provider
    public_key: {Bob}
    table:
      key: {{column: id, pattern: '^[0-9]{{1,8}}$', normalise: [trim]}}
      fields:
        - {{name: persons, type: string, categories: ['2', '4', more], constraints: {{required: true}}}}
        - {{name: safety, type: string, categories: [low, med, high], constraints: {{required: true}}}}
        - {{name: day, type: date, constraints: {{minimum: 2020-01-01, maximum: 2024-12-31}}, bins: {{count: 20}}}}
privacy: {{epsilon: 1.0, delta: 1.0e-9, unit: record, unit_words: one joined record}}
synthesizer: {{method: {method}}}
limits: {{upload_bytes: {bytes}, rows: 20000000}}
"""


def alice(rows, seed=1):
    draw = random.Random(seed)
    level = ["low", "med", "high", "vhigh"]
    lines = (f"{i},{draw.choice(level)},{draw.choice(level)},{draw.randrange(100000)}" for i in range(rows))
    return ("id,buying,maint,price\n" + "\n".join(lines) + "\n").encode()


def bob(rows, seed=2):
    draw = random.Random(seed)
    lines = (
        f"{i},{draw.choice(['2', '4', 'more'])},{draw.choice(['low', 'med', 'high'])},"
        f"202{draw.randrange(5)}-0{draw.randrange(1, 10)}-1{draw.randrange(10)}"
        for i in range(rows)
    )
    return ("id,persons,safety,day\n" + "\n".join(lines) + "\n").encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        try:
            return self.json.get("code")
        except (ValueError, AttributeError):
            return None


class Service:
    """One task with its state folder; the process can be killed and started anew."""

    def __init__(self, method="mst", limit=2_000_000_000, directory=None, task=TASK):
        self.directory = directory or tempfile.mkdtemp(prefix="entrepot-bench-")
        self.state = os.path.join(self.directory, "state")
        self.contexts = {}
        keys = {}
        for party in ("Alice", "Bob"):
            keys[party] = self.run(BINARY, "keygen", party, "--output", self.directory).strip()
        self.task = os.path.join(self.directory, "task.yaml")
        with open(self.task, "w") as file:
            file.write(task.format(method=method, bytes=limit, **keys))
        for party in ("Alice", "Bob"):
            key = os.path.join(self.directory, f"{party}.key")
            self.run(BINARY, "task", "sign", self.task, "--key", key)
            certificate = os.path.join(self.directory, f"{party}.crt")
            self.run("openssl", "req", "-x509", "-key", key, "-subj", f"/CN={party}", "-out", certificate)
        self.process = None
        self.port = None

    def run(self, *command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def start(self, patience=30.0, environment=None):
        """Starts the process and waits until it listens. Gives the seconds that took."""
        began = time.monotonic()
        log = os.path.join(self.directory, "service.log")
        with open(log, "w") as file:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--task", self.task, "--attester", "simulated", "--listen", "127.0.0.1:0",
                 "--state", self.state],
                stderr=file, stdout=subprocess.DEVNULL, env=environment)
        while time.monotonic() - began < patience:
            with open(log) as file:
                found = re.search(r"listening on https://127.0.0.1:(\d+)", file.read())
            if found:
                self.port = int(found[1])
                return time.monotonic() - began
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        with open(log) as file:
            raise RuntimeError(f"the service did not start: {file.read()}")

    def kill(self):
        """The end without a warning."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self):
        """The orderly end. Gives the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)

    def remove(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def context(self, party):
        if party not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            if party:
                stem = os.path.join(self.directory, party)
                context.load_cert_chain(stem + ".crt", stem + ".key")
            self.contexts[party] = context
        return self.contexts[party]

    def connect(self, party, timeout=60):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context(party), timeout=timeout)

    def call(self, party, path, method="GET", body=None, headers=None, timeout=60):
        connection = self.connect(party, timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def upload(self, party, table, timeout=120):
        return self.call(party, "/upload_data", "POST", table, {"Content-Type": "text/csv"}, timeout)

    def stage(self):
        return self.call("Alice", "/model_status?verbose=1").json["stage"]

    def wait(self, stage, patience=120):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = self.stage()
            if found == stage:
                return
            if found in ("failed", "halted", "expired", "closed"):
                break
            time.sleep(0.05)
        raise RuntimeError(f"the task is {found}, not {stage}")

    def resident(self):
        """Resident megabytes of the process."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) // 1024

    def peak(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) // 1024

    def threads(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"Threads:\s+(\d+)", file.read())[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
