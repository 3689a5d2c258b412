"""A real Apache Kafka cluster on this machine: three brokers (or two), with KRaft or with ZooKeeper, and what can happen to it.

Nodes are numbered from 1; ZooKeeper's are z1 to z3, a controller without a broker c3. State lies in build/cluster/KIND.
"""
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import settings
from network import Network
from nodes import Node

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
READY_TOPIC = "cluster-ready"


class ClusterError(Exception):
    """What went wrong and what to do about it, in one line for a person."""


def until(what, condition, seconds, watch=lambda: None):
    end = time.monotonic() + seconds
    while not (value := condition()):
        watch()
        if time.monotonic() > end:
            raise ClusterError(f"not within {seconds} s: {what}")
        time.sleep(0.1)  # between two looks
    return value


def run(command, seconds=60, input=None, env=None):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, input=input, env=env)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {seconds} s")


class Cluster:
    def __init__(self, kind, brokers=3, namespaces=False, more=None):
        """more: settings of every broker that take the place of ours, or stand beside them."""
        self.kind, self.brokers, self.namespaces, self.more = kind, brokers, namespaces, more or {}
        self.folder = ROOT / "build/cluster" / kind
        self.libs = ROOT / "build/cluster" / f"libs-{kind}"
        self.numbers = range(1, settings.QUORUM + 1)
        self.network = Network(kind) if namespaces else None
        self.hosts = {i: self.network.host(i) if namespaces else "127.0.0.1" for i in self.numbers}
        self.nodes = {}
        for i in self.numbers if kind == "zookeeper" else ():
            self.add(f"z{i}", "zookeeper", i)
        for i in self.numbers:
            if i <= brokers:
                self.add(str(i), "broker", i)
            elif kind == "kraft":
                self.add(f"c{i}", "controller", i)

    def add(self, name, role, number):
        self.nodes[name] = Node(name, role, number, self.hosts[number], self.folder / name, self.libs, self.network)

    @classmethod
    def saved(cls, kind):
        """The cluster that `up` made, also by another process; None where there is none."""
        try:
            return cls(kind, **json.loads((ROOT / "build/cluster" / kind / "cluster.json").read_text()))
        except FileNotFoundError:
            return None

    def address(self, number):
        return f"{self.hosts[number]}:{settings.CLIENT_PORTS[self.kind] + number}"

    @property
    def bootstrap(self):
        return ",".join(self.address(i) for i in range(1, self.brokers + 1))

    # ------------------------------------------------------------ up and down
    def fetch(self):
        stamp, pom = self.libs / ".complete", HERE / self.kind / "pom.xml"
        if stamp.exists() and stamp.read_text() == pom.read_text():
            return
        shutil.rmtree(self.libs, ignore_errors=True)
        done = run(["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={self.libs}"], 900)
        if done.returncode != 0:
            raise ClusterError(f"Maven could not fetch Apache Kafka {settings.KINDS[self.kind]}: {(done.stdout + done.stderr).strip()[-600:]}")
        stamp.write_text(pom.read_text())

    def write_settings(self):
        for node in self.nodes.values():
            common = (node.number, node.host, self.hosts, node.folder)
            if node.role == "zookeeper":
                node.write_settings(settings.zookeeper(*common))
                (node.folder / "data").mkdir(exist_ok=True)
                (node.folder / "data/myid").write_text(str(node.number))
            elif self.kind == "zookeeper":
                node.write_settings(settings.zookeeper_broker(*common, self.brokers) | self.more)
            else:
                roles = "broker,controller" if node.role == "broker" else "controller"
                node.write_settings(settings.kraft(node.number, roles, node.host, self.hosts, node.folder, self.brokers) | self.more)

    def format(self):
        identity = run(["java", "-cp", f"{self.libs}/*", "kafka.tools.StorageTool", "random-uuid"]).stdout.split()[-1]
        for node in self.nodes.values():
            done = run(node.java("128m") + ["kafka.tools.StorageTool", "format", "-t", identity, "-c", str(node.folder / "node.properties")])
            if done.returncode != 0:
                raise ClusterError(f"node {node.name} cannot be formatted: {(done.stdout + done.stderr).strip()[-600:]}")

    def ports_are_free(self):
        for i in range(1, self.brokers + 1):
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                host, port = self.address(i).split(":")
                try:
                    s.bind((host, int(port)))
                except OSError as e:
                    raise ClusterError(f"port {port} is taken ({e.strerror}): another program has it; `ss -ltnp` tells which") from None

    def up(self):
        self.fetch()
        if not self.namespaces:
            self.ports_are_free()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.write_settings()
        (self.folder / "cluster.json").write_text(json.dumps({"brokers": self.brokers, "namespaces": self.namespaces, "more": self.more}))
        if self.network:
            self.network.make(self.numbers)
        if self.kind == "kraft":
            self.format()
        for node in self.nodes.values():  # ZooKeeper's stand first
            node.start()
        self.wait_ready()

    def wait_ready(self, seconds=180):
        """Ready is what a writer sees: all brokers known, a topic with all replicas, a write acknowledged by all in sync."""
        until("all brokers are known", lambda: len(self.known_brokers()) == self.brokers, seconds, self.nobody_died)
        create = self.tool("org.apache.kafka.tools.TopicCommand", "--create", "--if-not-exists", "--topic", READY_TOPIC, "--partitions", "1",
                           "--replication-factor", str(self.brokers))
        until(f"a topic with {self.brokers} replicas is made", lambda: run(create, 90).returncode == 0, seconds, self.nobody_died)
        write = ["kcat", "-b", self.bootstrap, "-P", "-t", READY_TOPIC, "-X", "acks=all", "-X", "message.timeout.ms=5000"]
        until("a write with acks=all is acknowledged", lambda: run(write, input="ready").returncode == 0, seconds, self.nobody_died)

    def nobody_died(self):
        for node in self.nodes.values():
            if node.ended():
                raise ClusterError(f"node {node.name} has ended; its last words ({node.folder}):\n{node.last_words()}")

    def end(self):
        """Kills every node; what it wrote stays."""
        for node in self.nodes.values():
            node.send(signal.SIGKILL)
        for node in self.nodes.values():
            until(f"node {node.name} is gone", node.ended, 30)
        if self.network:
            self.network.remove(self.numbers)

    def down(self):
        """And removes its data: a cluster for tests has nothing that anybody would miss."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------ what can happen
    def node(self, name):
        if name not in self.nodes:
            raise ClusterError(f"there is no node '{name}'; there are: {', '.join(self.nodes)}")
        return self.nodes[name]

    def kill(self, name):
        if self.node(name).send(signal.SIGKILL) is None:
            raise ClusterError(f"node {name} does not run")
        until(f"node {name} is gone", self.nodes[name].ended, 30)

    def pause(self, name):
        if self.node(name).send(signal.SIGSTOP) is None:
            raise ClusterError(f"node {name} does not run")
        until(f"node {name} stands still", lambda: self.nodes[name].state() == "paused", 10)

    def start(self, name):
        self.node(name).start()

    def stop(self, name, seconds=90):
        """In order: leadership moves away first."""
        self.node(name).send(signal.SIGTERM)
        until(f"node {name} has ended", self.nodes[name].ended, seconds)

    def wait_member(self, name, seconds=120):
        """Until a broker that was started is known again and every partition's replicas are in sync."""
        until(f"broker {name} is back", lambda: int(name) in self.known_brokers(), seconds, self.nobody_died)
        until("every replica is in sync", self.all_in_sync, seconds)

    def spread_leaders(self, topic):
        """Every broker leads some of its partitions again: one that was down leads none until the cluster's own look, every 5 minutes."""
        elect = self.tool("org.apache.kafka.tools.LeaderElectionCommand", "--election-type", "preferred", "--all-topic-partitions")
        lead_all = lambda: {leader for leader, _, _ in self.partitions(topic).values()} == set(range(1, self.brokers + 1))
        until("every broker leads", lambda: lead_all() or (run(elect) and lead_all()), 60)

    # ------------------------------------------------------------ what is
    def tool(self, main, *arguments):
        return ["java", "-Xmx192m", *"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC".split(), "-cp", f"{self.libs}/*", main, "--bootstrap-server", self.bootstrap, *arguments]

    def metadata(self):
        return run(["kcat", "-b", self.bootstrap, "-L", "-m", "5", "-X", "reconnect.backoff.max.ms=500"], 10).stdout

    def known_brokers(self):
        return {int(n) for n in re.findall(r"^ *broker (\d+) at ", self.metadata(), re.M)}

    def partitions(self, topic):
        """partition -> (leader, replicas, isr), by kcat."""
        return self.topics().get(topic, {})

    def topics(self):
        """topic -> its partitions(), all of one moment."""
        out, found = {}, None
        for line in self.metadata().splitlines():
            if name := re.match(r' *topic "([^"]+)"', line):
                found = out.setdefault(name.group(1), {})
            elif found is not None and (p := re.match(r" *partition (\d+), leader (-?\d+), replicas: ([\d,]*), isrs: ([\d,]*)", line)):
                found[int(p.group(1))] = (int(p.group(2)), [int(x) for x in p.group(3).split(",") if x], [int(x) for x in p.group(4).split(",") if x])
        return out

    def all_in_sync(self):
        rows = re.findall(r"partition \d+, leader (-?\d+), replicas: ([\d,]*), isrs: ([\d,]*)", self.metadata())
        return bool(rows) and all(leader != "-1" and sorted(r.split(",")) == sorted(i.split(",")) for leader, r, i in rows)

    def controller(self):
        """The node that leads the cluster's metadata. Clients of a KRaft cluster are told any broker, so its own tool is asked."""
        if self.kind == "zookeeper":
            found = re.search(r"broker (\d+) at \S+ \(controller\)", self.metadata())
        else:
            found = re.search(r"LeaderId:\s+(\d+)", run(self.tool("org.apache.kafka.tools.MetadataQuorumCommand", "describe", "--status")).stdout)
        if not found:
            return None
        return found.group(1) if int(found.group(1)) <= self.brokers else f"c{found.group(1)}"
