"""Spark's own Connect server on this machine, for measurements and tests: `Server(port).start()`."""
import os
import shutil
import socket
import subprocess
import tempfile
import time


def absent():
    """Why there is no server to be had; None where there is."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark is not installed (pip install wheel 'pyspark[connect]==4.3.0')"
    if not java():
        return "Java 17 is not installed (openjdk-17-jre-headless)"
    return None


def java():
    """The home of Java 17, or of the Java on the path."""
    named = "/usr/lib/jvm/java-17-openjdk-amd64"
    if os.path.exists(f"{named}/bin/java"):
        return named
    found = shutil.which("java")
    return os.path.dirname(os.path.dirname(os.path.realpath(found))) if found else None


class Server:
    """One server; `master` as Spark names it, `local[2]` for two threads of one process."""

    def __init__(self, port, master="local[2]", memory="4g", settings=()):
        self.port, self.master, self.memory, self.settings = port, master, memory, settings
        self.address = f"sc://127.0.0.1:{port}"
        self.process = None

    def start(self):
        """Starts it and waits until it listens; false where it does not within ten minutes."""
        import pyspark
        home = os.path.dirname(pyspark.__file__)
        self.folder = tempfile.mkdtemp(prefix="entrepot-spark-")
        settings = [f"spark.connect.grpc.binding.port={self.port}", "spark.connect.grpc.binding.address=127.0.0.1",
                    "spark.ui.enabled=false", f"spark.local.dir={self.folder}",
                    f"spark.sql.warehouse.dir={self.folder}/warehouse", *self.settings]
        words = [f"{home}/bin/spark-submit", "--master", self.master, "--driver-memory", self.memory, "--class",
                 "org.apache.spark.sql.connect.service.SparkConnectServer"]
        for setting in settings:
            words += ["--conf", setting]
        log = open(f"{self.folder}/log", "w")
        self.process = subprocess.Popen(
            words + ["spark-internal"], cwd=self.folder, stdout=log, stderr=log,
            env=dict(os.environ, SPARK_HOME=home, SPARK_LOCAL_IP="127.0.0.1", JAVA_HOME=java()))
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(1)
        self.stop()
        return False

    def cpu(self):
        """Seconds of the processor that it took so far, those of its children that ended with it."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(int(fields[place]) for place in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        """As a machine that loses power."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
