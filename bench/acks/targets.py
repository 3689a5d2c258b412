"""What is measured: the embedded broker and two real clusters, each with its settings of acks. A target is started once for a
part; its leader can be killed and started again."""
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/broker"), str(ROOT / "tests/cluster"), str(ROOT / "tests/spine")]
import machine  # noqa: E402
import peers  # noqa: E402
from cluster import Cluster, until  # noqa: E402
from collection import ClusterPipeline  # noqa: E402
from harness import Pipeline  # noqa: E402

CLIENT = ROOT / "build/release/bench/bench_broker_client"
LED_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Setting:
    key: str
    title: str
    acks: str
    min_isr: int = 1
    idempotent: bool = False
    rates: bool = True  # False: only leader kills


NONE, LEADER = Setting("0", "acks=0", "0"), Setting("1", "acks=1", "1")
ALONE = (NONE, LEADER, Setting("all", "acks=all", "all"), Setting("studio", "acks=all, idempotent (the studio's)", "all", 1, True, False))
TOGETHER = (NONE, LEADER, Setting("all-1", "acks=all, min ISR 1", "all"), Setting("all-2", "acks=all, min ISR 2", "all", 2),
            Setting("studio", "acks=all, min ISR 2, idempotent (the studio's)", "all", 2, True, False))


def call_client(*arguments, seconds=300):
    out = subprocess.run([str(CLIENT), *map(str, arguments)], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    if out.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: {out.stderr[-400:]}")
    return json.loads(out.stdout)


class Target:
    """start(kills) to stop(); in between `bootstrap`. `copies` of each record, `base` is what ratios are to."""
    name = title = base = ""
    settings = ()
    copies = 1

    def create_topic(self, topic, partitions, setting):
        call_client("create-topic", self.bootstrap, topic, partitions, self.copies, setting.min_isr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Embedded(Target):
    name, title, base, settings = "embedded", "embedded broker", "all", ALONE
    quick = "nothing to shorten: there is one broker, and writes go on when it is back"

    def start(self, kills=False):
        self.peer, self.port = peers.Ours(), machine.free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="bench-acks-", dir=ROOT / "build")
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.start_broker()
        return self

    def start_broker(self):
        self.peer.start(pathlib.Path(self.folder.name), self.port)

    def stop(self):
        self.peer.stop()
        self.folder.cleanup()

    def kill_leader(self, topics, chance):
        """(topics whose leader it was, seconds until all are led again)."""
        begin = time.monotonic()
        self.peer.kill()
        self.start_broker()
        return list(topics), time.monotonic() - begin

    def pipeline(self, folder):
        """Nothing of this target needs to run: `up` brings the broker."""
        return Pipeline(folder, corpora=[])

    def pids(self, pipeline):
        return [pipeline.children()["broker"]["pid"]]


class OnCluster(Target):
    copies, base, settings = 3, "all-2", TOGETHER

    def __init__(self, kind, title, quick):
        self.name, self.title, self.kind = kind, title, kind
        self.more = quick
        self.quick = ", ".join(f"{name}={value}" for name, value in quick.items())

    def start(self, kills=False):
        if Cluster.saved(self.kind):
            raise RuntimeError(f"a cluster is up already; `./dev cluster {self.kind} down` ends it")
        self.cluster = Cluster(self.kind, more=self.more if kills else {})
        self.bootstrap = self.cluster.bootstrap
        try:
            self.cluster.up()
        except BaseException:
            self.cluster.end()  # the logs stay, for who wants to know why
            raise
        return self

    def stop(self):
        self.cluster.down()

    def led_by(self, topics):
        """topic -> the brokers that lead its partitions; None where one has no leader or no answer came."""
        found = self.cluster.topics()
        leaders = {topic: {leader for leader, _, _ in found.get(topic, {}).values()} for topic in topics}
        return leaders if all(brokers and min(brokers) > 0 for brokers in leaders.values()) else None

    def kill_leader(self, topics, chance):
        until("every replica is in sync", self.cluster.all_in_sync, 120)
        leaders = until("every partition is led", lambda: self.led_by(topics), LED_SECONDS)
        count = {broker: sum(broker in brokers for brokers in leaders.values()) for broker in set.union(*leaders.values())}
        victim = chance.choice([broker for broker, topics_led in sorted(count.items()) if topics_led == max(count.values())])
        begin = time.monotonic()
        self.cluster.kill(str(victim))
        until("others lead", lambda: (now := self.led_by(topics)) and all(victim not in brokers for brokers in now.values()), LED_SECONDS)
        seconds = time.monotonic() - begin
        self.cluster.start(str(victim))
        self.cluster.wait_member(str(victim))
        return [topic for topic, brokers in leaders.items() if victim in brokers], seconds

    def pipeline(self, folder):
        return ClusterPipeline(folder, self.cluster, corpora=[])

    def pids(self, pipeline):
        return [node.pid() for node in self.cluster.nodes.values()]


ALL = [Embedded(),
       OnCluster("kraft", "Apache Kafka 4.1.1, KRaft, 3 brokers", {"broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500}),
       OnCluster("zookeeper", "Apache Kafka 3.9.1, ZooKeeper, 3 brokers", {"zookeeper.session.timeout.ms": 4000})]
BY_NAME = {target.name: target for target in ALL}
