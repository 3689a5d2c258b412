"""The brokers that a suite can be pointed at: ours, Apache Kafka as the control, or one that runs already.

Each has `address`, `data` (its folder, None where it is not ours to read) and `fresh()`: nothing of an earlier test is left.
"""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "conformance"
START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        return True
    except OSError:
        return False


class Process:
    """One broker process over a temporary folder; stop() is orderly and tells the exit code."""

    def __init__(self, name):
        self.folder = Path(tempfile.mkdtemp(prefix=f"antiphon-conformance-{name}-"))
        self.log = self.folder / "broker.log"
        self.process = None

    def spawn(self, command, address):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + START_SECONDS_MAX
        while not answers(address):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the broker did not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Antiphon:
    name = "antiphon"
    title = "the embedded broker"

    def __init__(self, partitions=4):
        self.program = os.environ.get("ANTIPHON", str(ROOT / "build" / "release" / "antiphon"))
        self.partitions = partitions
        self.box = None
        self.address = None

    def fresh(self):
        self.close()
        self.box = Process(self.name)
        self.data = self.box.folder / "data"
        self.address = f"127.0.0.1:{free_port()}"
        self.box.spawn([self.program, "broker", "--data", str(self.data), "--kafka", self.address,
                        "--partitions", str(self.partitions)], self.address)

    def stop(self):
        return self.box.stop()

    def close(self):
        if self.box:
            self.box.close()
            self.box = None


class Apache:
    """One node of Apache Kafka 4.1 in KRaft mode, from Maven's packages. Too slow to start for each test: topics are deleted."""
    name = "apache"
    title = "Apache Kafka 4.1.1, one node"

    def __init__(self, partitions=4):
        self.partitions = partitions
        self.box = None
        self.address = None

    def java(self, *arguments, heap="512m"):
        return ["java", f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", f"-Dlog4j.configuration=file:{self.box.folder}/log4j.properties",
                "-cp", f"{fetch_kafka()}/*", *arguments]

    def fresh(self):
        if self.box and self.box.alive():
            subprocess.run(self.java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.address, "--delete", "--topic", "[^_].*",
                                     heap="128m"), capture_output=True, timeout=120)
            return
        self.box = Process(self.name)
        self.data = self.box.folder / "data"
        port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{port}"
        (self.box.folder / "log4j.properties").write_text(
            "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
            "log4j.appender.out.layout=org.apache.log4j.PatternLayout\nlog4j.appender.out.layout.ConversionPattern=%p %m%n\n")
        config = self.box.folder / "server.properties"
        listeners = f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{controller}"
        config.write_text("\n".join([
            "process.roles=broker,controller", "node.id=1", f"controller.quorum.bootstrap.servers=127.0.0.1:{controller}",
            f"listeners={listeners}", f"advertised.listeners={listeners}", "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT", f"log.dirs={self.data}",
            f"num.partitions={self.partitions}", "auto.create.topics.enable=true", "group.initial.rebalance.delay.ms=0",
            "offsets.topic.replication.factor=1", "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.replication.factor=1", "share.coordinator.state.topic.min.isr=1",
            "offsets.topic.num.partitions=8", "transaction.state.log.num.partitions=8", ""]))
        cluster = "c29tZS1jbHVzdGVyLWlkLg"
        subprocess.run(self.java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(config), "--standalone"), check=True,
                       capture_output=True, timeout=120)
        self.box.spawn(self.java("kafka.Kafka", str(config), heap="1g"), self.address)

    def stop(self):
        return 0 if self.box.stop() in (0, 143) else 1

    def close(self):
        if self.box:
            self.box.close()
            self.box = None


def fetch_kafka():
    """Apache Kafka's jars, by Maven; KAFKA_LIBS names a folder that has them."""
    libs = Path(os.environ.get("KAFKA_LIBS", BUILD / "libs"))
    if not libs.is_dir() or not any(libs.iterdir()):
        subprocess.run(["mvn", "-q", "-f", str(Path(__file__).parent / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={libs}"],
                       check=True)
    return libs


KINDS = {"antiphon": Antiphon, "apache": Apache}
