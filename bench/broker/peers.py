"""The brokers that are compared: how each is started, and what it needs for a sync before each acknowledgement."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
KAFKA_LIBS = pathlib.Path(os.environ.get("KAFKA_LIBS", ROOT / "build/conformance/libs"))
# The stock settings of Apache Kafka's own start script.
KAFKA_HEAP = ["-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
              "-XX:+ExplicitGCInvokesConcurrent"]
READY_SECONDS = 60


class Peer:
    """One kind of broker. start() and stop() may follow one another on the same folder."""
    name = title = ""
    durable_is_a_setting = False

    def missing(self):
        """Why it cannot run, or None."""
        return None

    def prepare(self, folder, port, durable):
        """Before the first start on a folder."""

    def command(self, folder, port, durable):
        raise NotImplementedError

    def environment(self, folder, port, durable):
        return {}

    def start(self, folder, port, durable=False, wait=True):
        log = open(folder / "log.txt", "ab")
        self.process = subprocess.Popen([str(part) for part in self.command(folder, port, durable)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        env={**os.environ, **self.environment(folder, port, durable)}, start_new_session=True)
        log.close()
        self.log = folder / "log.txt"
        if wait:
            self.wait_ready(port)

    def wait_ready(self, port):
        until = time.monotonic() + READY_SECONDS
        while not machine.port_open(port):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.name} did not start: {self.tail()}")
            time.sleep(0.005)

    def tail(self):
        return self.log.read_text(errors="replace")[-600:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def pid(self):
        return self.process.pid


class Ours(Peer):
    name, title = "ours", "Antiphon"

    def command(self, folder, port, durable):
        return [BUILD / "antiphon", "broker", "--data", folder / "data", "--kafka", f"127.0.0.1:{port}"]


class Before(Peer):
    """Another build of ours, to compare a change with what was before it."""
    name, title = "before", "Antiphon before"

    def missing(self):
        return None if os.environ.get("BEFORE") else "BEFORE= names no binary"

    def command(self, folder, port, durable):
        return [os.environ["BEFORE"], "broker", "--data", folder / "data", "--kafka", f"127.0.0.1:{port}"]


class Floor(Peer):
    name, title = "floor", "floor"

    def prepare(self, folder, port, durable):
        (folder / "data").mkdir(exist_ok=True)

    def command(self, folder, port, durable):
        return [BUILD / "bench/bench_floor", port, folder / "data", *(["--durable"] if durable else [])]


class Kafka(Peer):
    name, title = "kafka", "Apache Kafka 4.1.1"

    def missing(self):
        if shutil.which("java") is None:
            return "there is no Java"
        if any(KAFKA_LIBS.glob("kafka_2.13-*.jar")):
            return None
        if shutil.which("mvn") is None:
            return "there is no Maven"
        got = subprocess.run(["mvn", "-q", "-f", ROOT / "tests/conformance/pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={KAFKA_LIBS}"])
        return None if got.returncode == 0 else "Maven could not fetch it"

    def java(self, *arguments):
        return ["java", *KAFKA_HEAP, "-cp", f"{KAFKA_LIBS}/*", *arguments]

    def prepare(self, folder, port, durable):
        self.controller = machine.free_port()
        settings = {
            "process.roles": "broker,controller", "node.id": 1, "controller.quorum.bootstrap.servers": f"127.0.0.1:{self.controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{self.controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{self.controller}",
            "controller.listener.names": "CONTROLLER", "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "offsets.topic.replication.factor": 1, "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1, "share.coordinator.state.topic.min.isr": 1, "group.initial.rebalance.delay.ms": 0,
            "log.dirs": folder / "data", **({"log.flush.interval.messages": 1} if durable else {})}
        (folder / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        formatted = subprocess.run(self.java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", str(folder / "server.properties"), "--standalone"),
                                   capture_output=True, text=True)
        if formatted.returncode != 0:
            raise RuntimeError(f"kafka's folder: {formatted.stderr[-600:]}")

    def command(self, folder, port, durable):
        return self.java("kafka.Kafka", str(folder / "server.properties"))


class Klite(Peer):
    name, title = "klite", "klite"

    def missing(self):
        return None if os.environ.get("KLITE") else "KLITE= names no binary"

    def command(self, folder, port, durable):
        return [os.environ["KLITE"], "--listen", f"127.0.0.1:{port}", "--data-dir", folder / "data", "--wal-max-disk-size", 16 << 30,
                "--auto-create-topics", "--log-level", "warn"]


class KafkaWire(Peer):
    name, title = "kafka-wire", "kafka-wire"

    def missing(self):
        return None if os.environ.get("KAFKA_WIRE") else "KAFKA_WIRE= names no binary"

    def command(self, folder, port, durable):
        return [os.environ["KAFKA_WIRE"], "serve", "--data-dir", folder / "data", "--kafka-listen", f"127.0.0.1:{port}",
                "--admin-listen", f"127.0.0.1:{machine.free_port()}", "--log-level", "warn"]

    def environment(self, folder, port, durable):
        return {"KAFKA_WIRE_AUTH_ALLOWANON": "true", **({"KAFKA_WIRE_STORAGE_FSYNCMODE": "always"} if durable else {})}


ALL = [Ours(), Kafka(), Klite(), KafkaWire(), Floor(), Before()]
