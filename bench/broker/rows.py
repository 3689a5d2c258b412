"""The rows of the comparison: what is measured, in which unit, and the goal against the best peer.

A group of rows shares one start of a broker. Each group's function takes a Bench (a started broker and the client) and the
names of its rows that are wanted, and gives {row: {figure: value}}.
"""
import dataclasses
import json
import select
import subprocess
import time

import machine

KIB, MB, GB = 1024, 1e6, 1e9
CROWD_SECONDS = 90  # Apache Kafka needs about twenty


@dataclasses.dataclass(frozen=True)
class Figure:
    key: str
    unit: str
    goal: float = 0.0  # of the best peer: at least (rates) or at most; 0: none
    rate: bool = False  # more is better
    absolute: float = 0.0  # instead: below this
    time: bool = False  # 1.2 times the floor's will do

    def goal_text(self):
        if self.absolute:
            return f"< {self.absolute:g} {self.unit}"
        return f"{'>=' if self.rate else '<='} {self.goal:g}x" if self.goal else "-"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    group: str
    figures: tuple
    only: tuple = ()  # peers that have it; empty: all


def rate(unit, goal):
    return Figure("rate", unit, goal, rate=True)


def cpu(unit, goal):
    return Figure("cpu", unit, goal, time=True)


def ms(key, goal=0.0):
    return Figure(key, f"{key} ms", goal, time=True)


ROWS = [
    Row("start", "exec to first ack", "start", (Figure("seconds", "s", 0.7, time=True),)),
    Row("restart", "the same after kill -9 with a 410 MB log", "restart", (Figure("seconds", "s", 0.5, time=True),), ("ours", "before", "kafka", "klite", "kafka-wire")),
    Row("memory", "memory idle and after 5 GB", "memory", (Figure("idle", "MB idle", 0.7), Figure("after", "MB after", 0.7))),
    Row("produce-100", "produce 100 B", "small", (rate("M msg/s", 1.05), cpu("CPU-s/M", 0.4))),
    Row("produce-1k", "produce 1 KiB", "medium", (rate("MB/s", 2), cpu("CPU-s/GB", 0.25))),
    Row("fetch-1k", "fetch 1 KiB", "medium", (rate("MB/s", 1.2), cpu("CPU-s/GB", 0.5))),
    Row("produce-64k", "produce 64 KiB", "large", (rate("MB/s", 2), cpu("CPU-s/GB", 0.4))),
    Row("fetch-64k", "fetch 64 KiB", "large", (rate("MB/s", 1.5), cpu("CPU-s/GB", 0.5))),
    Row("e2e-1k", "end to end, 1 KiB at 200/s", "latency", (ms("p50"), ms("p99", 0.65))),
    Row("e2e-60k", "end to end, 60 KiB at 50/s", "latency", (ms("p50"), ms("p99", 0.4))),
    Row("in-flight", "16 clients, one message in flight each", "in-flight", (rate("k req/s", 1.5), cpu("us CPU", 0.6))),
    Row("sync-1", "sync before ack, 1 client", "sync", (rate("req/s", 1.2), ms("p99", 1))),
    Row("sync-16", "sync before ack, 16 clients", "sync", (rate("req/s", 1.1), ms("p99", 1.1))),
    Row("sync-produce-1k", "sync before ack, pipelined 1 KiB", "sync", (rate("MB/s", 2.5),)),
    Row("sync-produce-64k", "sync before ack, pipelined 64 KiB", "sync", (rate("MB/s", 2.5),)),
    Row("sync-e2e-1k", "sync before ack, end to end 1 KiB at 200/s", "sync", (ms("p50", 1.1), ms("p99", 1.1))),
    Row("crowd", "memory with 1,000 partitions, connections and groups", "crowd", (Figure("mib", "MiB", absolute=96),), ("ours", "before", "kafka", "klite", "kafka-wire")),
    Row("idle", "CPU of an idle broker", "idle", (Figure("percent", "% of a core"),)),
]
BY_NAME = {row.name: row for row in ROWS}
GROUPS = list(dict.fromkeys(row.group for row in ROWS))


class Bench:
    """One broker on a folder of its own, and the client that measures it."""

    def __init__(self, peer, folder, client, scale, durable=False):
        self.peer, self.folder, self.client, self.scale = peer, folder, str(client), scale
        self.durable = durable
        self.port = machine.free_port()
        peer.prepare(folder, self.port, durable)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if getattr(self.peer, "process", None):
            self.peer.stop()

    def start(self, wait=True):
        self.peer.start(self.folder, self.port, self.durable, wait)

    def call(self, *arguments):
        out = subprocess.run([self.client, *map(str, arguments)], capture_output=True, text=True, timeout=600)
        if out.returncode != 0:
            raise RuntimeError(f"{arguments[0]} on {self.peer.name}: {out.stderr[-400:]} {self.peer.tail()}")
        return json.loads(out.stdout)

    def measured(self, *arguments):
        """The client's figures and the CPU that the broker took for them."""
        before = machine.cpu_seconds(self.peer.pid)
        figures = self.call(*arguments)
        figures["cpu"] = machine.cpu_seconds(self.peer.pid) - before
        return figures

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    def count(self, size, volume):
        return max(1, int(volume * self.scale / size))

    def produce(self, topic, size, volume, acks="1", warm=0.1):
        """A tenth on another topic first: just-in-time compilers and caches get warm."""
        machine.make_hot(self.folder, volume * self.scale * (1 + warm) * 1.1)
        if warm:
            self.call("produce", self.bootstrap, topic + "-warm", self.count(size, volume * warm), size, acks)
        return self.measured("produce", self.bootstrap, topic, self.count(size, volume), size, acks)


def by_bytes(figures):
    return {"rate": figures["bytes"] / figures["seconds"] / MB, "cpu": figures["cpu"] / figures["bytes"] * GB}


def first_ack(bench, topic):
    client = subprocess.Popen([bench.client, "first-ack", "127.0.0.1", str(bench.port), topic], stdout=subprocess.PIPE, text=True)
    time.sleep(0.05)  # it knocks from now on
    begin = time.monotonic_ns()
    bench.start(wait=False)
    acked = json.loads(client.communicate(timeout=120)[0])["acked_ns"]
    return (acked - begin) / 1e9


def start(bench, wanted):
    return {"start": {"seconds": first_ack(bench, "first")}}


def restart(bench, wanted):
    bench.start()
    volume = 410 * MB
    machine.make_hot(bench.folder, volume * 1.1)
    bench.call("produce", bench.bootstrap, "bulk", int(volume / KIB), KIB, "1")
    bench.peer.kill()
    return {"restart": {"seconds": first_ack(bench, "bulk")}}


def memory(bench, wanted):
    bench.start()
    time.sleep(1)  # idle is what is looked at
    idle = machine.memory_mib(bench.peer.pid)
    bench.produce("bulk", KIB, 5 * GB, warm=0)
    return {"memory": {"idle": idle, "after": machine.memory_mib(bench.peer.pid)}}


def small(bench, wanted):
    bench.start()
    figures = bench.produce("small", 100, 0.6 * GB)
    return {"produce-100": {"rate": figures["messages"] / figures["seconds"] / 1e6, "cpu": figures["cpu"] / figures["messages"] * 1e6}}


def throughput(name, size):
    def run(bench, wanted):
        bench.start()
        results = {f"produce-{name}": by_bytes(bench.produce("bulk", size, 2 * GB))}
        if f"fetch-{name}" in wanted:
            bench.call("consume", bench.bootstrap, "bulk-warm", bench.count(size, 0.2 * GB))
            results[f"fetch-{name}"] = by_bytes(bench.measured("consume", bench.bootstrap, "bulk", bench.count(size, 2 * GB)))
        return results
    return run


def end_to_end(bench, topic, per_second, size, acks):
    seconds = max(1.0, 10 * bench.scale)
    bench.call("end-to-end", bench.bootstrap, topic + "-warm", per_second, size, int(per_second * seconds / 5), acks)
    return bench.call("end-to-end", bench.bootstrap, topic, per_second, size, int(per_second * seconds), acks)


def latency(bench, wanted):
    bench.start()
    results = {}
    for name, per_second, size in (("e2e-1k", 200, KIB), ("e2e-60k", 50, 60 * KIB)):
        if name in wanted:
            results[name] = end_to_end(bench, name, per_second, size, "1")
    return results


def one_in_flight(bench, topic, clients, acks):
    seconds = max(1.0, 5 * bench.scale)
    bench.call("in-flight", bench.bootstrap, topic, clients, seconds / 4, 100, acks)
    return bench.measured("in-flight", bench.bootstrap, topic, clients, seconds, 100, acks)


def in_flight(bench, wanted):
    bench.start()
    figures = one_in_flight(bench, "small", 16, "1")
    return {"in-flight": {"rate": figures["requests"] / figures["seconds"] / 1e3, "cpu": figures["cpu"] / figures["requests"] * 1e6}}


def sync(bench, wanted):
    bench.start()
    results = {}
    for name, clients in (("sync-1", 1), ("sync-16", 16)):
        if name in wanted:
            figures = one_in_flight(bench, name, clients, "-1")
            results[name] = {"rate": figures["requests"] / figures["seconds"], "p99": figures["p99"]}
    for name, size in (("sync-produce-1k", KIB), ("sync-produce-64k", 64 * KIB)):
        if name in wanted:
            results[name] = by_bytes(bench.produce(name, size, 0.5 * GB, "-1"))
    if "sync-e2e-1k" in wanted:
        results["sync-e2e-1k"] = end_to_end(bench, "sync-e2e", 200, KIB, "-1")
    return results


def crowd(bench, wanted):
    bench.start()
    with subprocess.Popen([bench.client, "crowd", "127.0.0.1", str(bench.port), "1000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        if not select.select([client.stdout], [], [], CROWD_SECONDS)[0] or not client.stdout.readline():
            client.kill()
            raise RuntimeError(f"the crowd did not gather in {CROWD_SECONDS} s: {bench.peer.tail()}")
        found = machine.memory_mib(bench.peer.pid)
        client.stdin.close()
    return {"crowd": {"mib": found}}


def idle(bench, wanted):
    bench.start()
    bench.call("produce", bench.bootstrap, "once", 10, 100, "-1")
    time.sleep(15)  # what follows a write (a checkpoint) is over
    seconds = max(5.0, 20 * bench.scale)
    before = machine.cpu_seconds(bench.peer.pid)
    time.sleep(seconds)  # idle is what is measured
    return {"idle": {"percent": (machine.cpu_seconds(bench.peer.pid) - before) / seconds * 100}}


RUN = {"start": start, "restart": restart, "memory": memory, "small": small, "medium": throughput("1k", KIB), "large": throughput("64k", 64 * KIB),
       "latency": latency, "in-flight": in_flight, "sync": sync, "crowd": crowd, "idle": idle}
