"""The services of deploy/compose/compose.yaml as processes of this machine: what an engine would do, but with other addresses and paths.

Each node of Kafka gets its settings as in the image: from its environment, by Kafka's own KafkaDockerWrapper.
"""
import os
import re
import signal
import subprocess

import yaml

from cluster import ROOT, Cluster, ClusterError
from harness import ANTIPHON, Studio, die_with_the_test, free_port
from nodes import Node

COMPOSE = yaml.safe_load((ROOT / "deploy/compose/compose.yaml").read_text())
TOOLS = {"kafka-acls.sh": "org.apache.kafka.tools.AclCommand", "kafka-configs.sh": "kafka.admin.ConfigCommand"}
HOSTS = {f"kafka-{i}": f"127.0.0.{10 + i}" for i in (1, 2, 3)}
AUTHORIZER_LOG = """log4j.logger.kafka.authorizer.logger=DEBUG, authorizer
log4j.additivity.kafka.authorizer.logger=false
log4j.appender.authorizer=org.apache.log4j.FileAppender
log4j.appender.authorizer.File={folder}/authorizer.log
log4j.appender.authorizer.layout=org.apache.log4j.PatternLayout
log4j.appender.authorizer.layout.ConversionPattern=%m%n
"""
# In the image's place: Kafka's own files. Of its settings nothing is left where the environment has any. Its logging (log4j2, in these
# two) is ours here: Maven's set has log4j 1 behind slf4j (tests/cluster/kraft/pom.xml), and that reads log4j.properties.
IMAGE_DEFAULTS = ("server.properties", "log4j2.yaml", "tools-log4j2.yaml")
OF_THE_AUTHORIZER = {"super.users", "allow.everyone.if.no.acl.found"}  # not of Kafka's own list


def replaced(text, changes):
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def shims(folder, libs):
    """Kafka's tools by the names that its image has them under; Maven's packages bring none."""
    at = folder / "bin"
    if not at.exists():
        at.mkdir()
        for name, main in TOOLS.items():
            (at / name).write_text(f'#!/bin/sh\nexec java -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "{libs}/*" {main} "$@"\n')
            (at / name).chmod(0o755)
    return at


def health_check(service, changes):
    """Whether the Compose file's own check calls it healthy."""
    command = [replaced(part.replace("$$", "$"), changes) for part in COMPOSE["services"][service]["healthcheck"]["test"]]
    assert command.pop(0) == "CMD", command
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0


class Kafka:
    def __init__(self, folder, secrets):
        self.folder, self.secrets, self.hosts = folder, secrets, HOSTS
        cluster = Cluster("kraft")  # for its packages, of the version that the Compose file names
        cluster.fetch()
        self.libs = cluster.libs
        self.nodes = {name: Node(name, "broker", i, HOSTS[name], folder / name, self.libs) for i, name in enumerate(HOSTS, 1)}

    def bootstrap(self, port):
        return ",".join(f"{host}:{port}" for host in self.hosts.values())

    def admin(self):
        """kcat's arguments to come as the administrator."""
        return ["-b", self.bootstrap(9094), "-X", "security.protocol=SSL", "-X", f"ssl.ca.location={self.secrets}/ca.crt",
                "-X", f"ssl.certificate.location={self.secrets}/admin.pem", "-X", f"ssl.key.location={self.secrets}/admin.pem"]

    def environment(self, name):
        """The Compose file's, with this machine's addresses and paths."""
        changes = {f"{node}:": f"{host}:" for node, host in self.hosts.items()} | {
            "/run/kafka/node.pem": f"{self.secrets}/{name}.pem", "/run/kafka": str(self.secrets), "/var/lib/kafka/data": str(self.folder / name / "data")}
        out = {key: replaced(value, changes) for key, value in COMPOSE["services"][name]["environment"].items()}
        out["KAFKA_LISTENERS"] = out["KAFKA_LISTENERS"].replace("://:", f"://{self.hosts[name]}:")  # three nodes share these ports
        return out

    def start(self):
        for name, node in self.nodes.items():
            node.write_settings({})
            with open(node.folder / "log4j.properties", "a") as log4j:
                log4j.write(AUTHORIZER_LOG.format(folder=node.folder))
            for place in ("image", "mounted", "config"):
                (node.folder / place).mkdir()
            for file in IMAGE_DEFAULTS:
                (node.folder / "image" / file).touch()
            done = subprocess.run([*node.java("128m"), "kafka.docker.KafkaDockerWrapper", "setup", "--default-configs-dir", node.folder / "image",
                                   "--mounted-configs-dir", node.folder / "mounted", "--final-configs-dir", node.folder / "config"],
                                  env={"PATH": os.environ["PATH"], **self.environment(name)}, capture_output=True, text=True, timeout=60)
            if done.returncode != 0:
                raise ClusterError(f"{name} gets no settings: {(done.stdout + done.stderr).strip()[-800:]}")
            (node.folder / "node.properties").write_text((node.folder / "config/server.properties").read_text())
        for node in self.nodes.values():
            node.start()

    def healthy(self):
        return all(health_check(name, {"$HOSTNAME": host}) for name, host in self.hosts.items())

    def nobody_died(self):
        for node in self.nodes.values():
            if node.ended():
                raise ClusterError(f"{node.name} has ended; its last words:\n{node.last_words()}")

    def unknown_settings(self):
        """What this Kafka was given and does not know: it says nothing of such names, but lists at its start those that it goes by."""
        given, known = set(), set()
        for node in self.nodes.values():
            given |= set(re.findall(r"^([^#=\s]+)=", (node.folder / "node.properties").read_text(), re.M))
            known |= set(re.findall(r"^\t(\S+) = ", (node.folder / "server.log").read_text(errors="replace"), re.M))
        return sorted(name for name in given - known - OF_THE_AUTHORIZER if not name.startswith("listener.name."))

    def logs(self):
        for node in self.nodes.values():
            with open(node.folder / "authorizer.log", errors="replace") as log:
                yield from log

    def end(self):
        for node in self.nodes.values():
            node.send(signal.SIGKILL)
            if hasattr(node, "process"):
                node.process.wait(30)


class Stage:
    """One stage by its own command line of the Compose file."""

    def __init__(self, name, folder, secrets):
        self.name, self.program, self.process = name, ANTIPHON, None
        self.port = free_port()
        self.log = folder / f"{name}.log"
        (folder / "state" / name).mkdir(parents=True)
        # The studio listens to its network, the others to themselves.
        self.changes = {f"{node}:": f"{host}:" for node, host in HOSTS.items()} | {
            "/run/antiphon/kafka.properties": str(secrets / f"{name}.properties"), "/usr/share/antiphon/demo": str(ROOT / "demo/corpora"),
            "/var/lib/antiphon/archive": str(folder / "voices"), "/var/lib/antiphon": str(folder / "state" / name),
            "0.0.0.0:8080": f"127.0.0.1:{self.port}", "127.0.0.1:8081": f"127.0.0.1:{self.port}"}
        self.command = [replaced(part, self.changes) for part in COMPOSE["services"][name]["command"]]
        (folder / "voices").mkdir(exist_ok=True)
        self.studio = Studio(f"http://127.0.0.1:{self.port}")  # for who sends voices to it

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.program, *self.command], stdout=log, stderr=log, preexec_fn=die_with_the_test,
                                            env={"PATH": os.environ["PATH"]})

    def healthy(self):
        return health_check(self.name, {"/127.0.0.1/8080": f"/127.0.0.1/{self.port}", "/127.0.0.1/8081": f"/127.0.0.1/{self.port}"})

    def nobody_died(self):
        if self.process.poll() is not None:
            raise ClusterError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def tail(self):
        return self.log.read_text(errors="replace")[-2500:] if self.log.exists() else ""
