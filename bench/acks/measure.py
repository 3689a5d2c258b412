"""The three parts: rates, leader kills, hops. Each yields finished runs as dicts, for `run` to keep at once."""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import time

import readback
from targets import CLIENT, ROOT, call_client, machine, until

KIB = 1024
SIZES = {"1k": KIB, "100k": 100 * KIB}
STEADY_RATE = {"1k": 200, "100k": 20}
VOLUME = {"1k": 40e6, "100k": 120e6}
SECONDS = 3
KINDS = [f"{what}-{size}" for what in ("one", "steady", "rate") for size in SIZES]
SESSION_KILLS, KILL_RATE, KILL_SIZE, PARTITIONS = 10, 100, KIB, 3
SEEN_LINES = 20  # acknowledgements after a kill before the next may come
HOPS, HOPS_RATE, VOICE = 200, 20, 60_000


# ------------------------------------------------------------ rates
def measure_rate(target, setting, kind, topic, scale):
    what, size_name = kind.split("-")
    size, seconds = SIZES[size_name], max(0.5, SECONDS * scale)
    if what == "one":
        figures = call_client("in-flight", target.bootstrap, topic, 1, seconds, size, setting.acks)
        return {"p50": figures["p50"], "p99": figures["p99"], "n": figures["n"]}
    if what == "steady":
        rate = STEADY_RATE[size_name]
        figures = call_client("steady", target.bootstrap, topic, 1, rate, size, int(rate * seconds), setting.acks, "false", "")
        return {"p50": figures["p50"], "p99": figures["p99"], "n": figures["n"]}
    count = max(10, int(VOLUME[size_name] * scale / size))
    figures = call_client("produce", target.bootstrap, topic, count, size, setting.acks)
    return {"rate": figures["bytes"] / figures["seconds"] / 1e6}


def rates(target, rounds, done, scale):
    """One measurement after the other, each under all settings in turn, one setting further each round."""
    settings = [setting for setting in target.settings if setting.rates]
    topics = {}
    for setting in settings:
        topics[setting.key] = f"rates.{setting.key}"
        target.create_topic(topics[setting.key], 1, setting)
        call_client("in-flight", target.bootstrap, topics[setting.key], 1, 1, KIB, setting.acks)  # code and caches get warm
    for number in range(rounds):
        shift = number % len(settings)
        for kind in KINDS:
            for setting in settings[shift:] + settings[:shift]:
                if (target.name, "rates", number, setting.key, kind) in done:
                    continue
                machine.settle()
                figures = measure_rate(target, setting, kind, topics[setting.key], scale)
                yield {"target": target.name, "part": "rates", "round": number, "setting": setting.key, "kind": kind, "figures": figures}


# ------------------------------------------------------------ leader kills
class Producer:
    """The client that numbers its records, until finish(); its journal holds what was acknowledged."""

    def __init__(self, target, setting, topic, folder):
        self.setting, self.topic, self.journal, self.kills = setting, topic, pathlib.Path(folder) / f"{setting.key}.acked", 0
        self.log = open(pathlib.Path(folder) / f"{setting.key}.log", "wb")  # librdkafka tells of every broker that is away
        self.process = subprocess.Popen([str(CLIENT), "steady", target.bootstrap, topic, str(PARTITIONS), str(KILL_RATE), str(KILL_SIZE), "0", setting.acks,
                                         str(setting.idempotent).lower(), str(self.journal)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def lines(self):
        if self.process.poll() is not None:
            last = pathlib.Path(self.log.name).read_text(errors="replace").splitlines()[-3:]
            raise RuntimeError(f"the producer with {self.setting.title} ended with {self.process.returncode}: {' | '.join(last)}")
        return self.journal.read_bytes().count(b"\n") if self.journal.exists() else 0

    def finish(self):
        out, _ = self.process.communicate(timeout=200)  # ends its input, too
        return json.loads(out)


def kill_session(target, number, count, chance):
    """`count` kills under producers of all settings at the same time; one run a setting."""
    with tempfile.TemporaryDirectory(prefix="bench-acks-") as folder:
        producers = []
        for setting in target.settings:
            topic = f"kills.{number}.{setting.key}"
            target.create_topic(topic, PARTITIONS, setting)
            producers.append(Producer(target, setting, topic, folder))
        away = []
        try:
            for _ in range(count):
                before = [producer.lines() for producer in producers]
                until("every producer is heard", lambda: all(p.lines() >= lines + SEEN_LINES for p, lines in zip(producers, before)), 90)
                time.sleep(chance.uniform(0, 0.3))  # the random point, not a wait for something
                hit, seconds = target.kill_leader([p.topic for p in producers], chance)
                away.append(seconds)
                for producer in producers:
                    producer.kills += producer.topic in hit
            told = [producer.finish() for producer in producers]
        finally:
            for producer in producers:
                producer.process.kill()
        for producer, figures in zip(producers, told):
            acknowledged = [int(line) for line in producer.journal.read_text().split()]
            found = readback.judge(acknowledged, readback.read_numbers(target.bootstrap, producer.topic))
            yield {"target": target.name, "part": "kills", "session": number, "setting": producer.setting.key, "kills": producer.kills, "away": away,
                   "figures": {"sent": figures["sent"], "acked": len(acknowledged), "refused": figures["refused"], "new_starts": figures["new_starts"], **found}}


def kills(target, wanted, kept, chance=random.Random()):
    """Sessions until every setting has seen as many kills as wanted."""
    seen = {setting.key: 0 for setting in target.settings}
    session = 0
    for run in kept:
        if run["part"] == "kills" and run["target"] == target.name:
            seen[run["setting"]] += run["kills"]
            session = max(session, run["session"] + 1)
    while min(seen.values()) < wanted:
        for run in list(kill_session(target, session, min(SESSION_KILLS, wanted - min(seen.values())), chance)):
            seen[run["setting"]] += run["kills"]
            yield run
        session += 1


# ------------------------------------------------------------ hops
def busy_seconds():
    """(of all cores, idle or waiting for the disk) since the machine's start."""
    fields = [int(field) / os.sysconf("SC_CLK_TCK") for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(fields), fields[3] + fields[4]


class Shares:
    """Of the machine's time: brokers, stages, and all that is neither."""

    def __init__(self, brokers, stages):
        self.pids = {"brokers": brokers, "stages": stages}
        self.before, self.machine = self.look(), busy_seconds()

    def look(self):
        return {name: sum(machine.cpu_seconds(pid) for pid in pids) for name, pids in self.pids.items()}

    def shares(self):
        (all_now, idle_now), (all_then, idle_then), now = busy_seconds(), self.machine, self.look()
        total = all_now - all_then
        out = {name: (now[name] - self.before[name]) / total for name in now}
        return {**out, "others": max(0.0, 1 - (idle_now - idle_then) / total - sum(out.values()))}


def hops(target, number, scale):
    """The pipeline on the target; then the same record straight to the leader, and to all in sync, from one client."""
    with tempfile.TemporaryDirectory(prefix="bench-acks-", dir=ROOT / "build") as folder:
        with target.pipeline(folder) as pipeline:
            bootstrap = pipeline.bootstrap
            call_client("create-topic", bootstrap, "voices.bench", 1, target.copies, min(2, target.copies))
            host, port = pipeline.studio.host.split(":")
            brokers = target.pids(pipeline)
            stages = [child["pid"] for child in pipeline.children().values() if child["pid"] not in brokers]
            shares = Shares(brokers, stages)
            out = subprocess.run([ROOT / "build/release/bench/bench_spine_hops", bootstrap, host, port, str(pipeline.data / "archive"), f"{folder}/sync",
                                  str(max(20, int(HOPS * scale))), str(HOPS_RATE), str(VOICE)], capture_output=True, text=True, timeout=300)
            if out.returncode != 0:
                raise RuntimeError(out.stderr[-600:] + pipeline.tail())
            figures = json.loads(out.stdout) | {"shares": shares.shares()}
            for name, acks in (("leader", "1"), ("all", "all"), ("leader_again", "1"), ("all_again", "all")):
                figures[name] = call_client("in-flight", bootstrap, "voices.bench", 1, max(1, 3 * scale), VOICE, acks)
    return {"target": target.name, "part": "hops", "round": number, "figures": figures}
