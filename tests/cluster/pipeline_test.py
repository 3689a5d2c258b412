#!/usr/bin/env python3
"""./dev cluster test kraft|zookeeper: the same pipeline, unchanged, on a real Apache Kafka cluster; a dated report.

It starts the cluster (or takes the one that is up), and ends it if it started it. The judges are kcat and Kafka's own tools.
"""
import argparse
import datetime
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import settings
from cluster import ROOT, Cluster, run
from cluster import until as wait_until
from collection import ANTIPHON, NAMESPACE, ClusterPipeline, Crowd, judge, read_topic, until

VOICES = 40


class Bench:
    """A cluster with a pipeline on it, and what was seen so far."""

    def __init__(self, cluster, pipeline):
        self.cluster, self.pipeline, self.seen, self.receipts = cluster, pipeline, [], {}
        self.archive = pipeline.data / "archive"

    def collect(self, voices):
        crowd = Crowd(self.pipeline)
        until(f"{voices} voices are received", lambda: len(crowd.receipts) >= voices or crowd.errors, 180)
        self.receipts |= crowd.finish()
        return crowd


def topics_are_as_the_design_says(bench):
    out = run(bench.cluster.tool("org.apache.kafka.tools.TopicCommand", "--describe")).stdout
    heads = {m.group(1): m.group(0) for m in re.finditer(rf"^Topic: ({NAMESPACE}\.\S+)\s.*ReplicationFactor.*$", out, re.M)}
    wanted = {f"{NAMESPACE}.{t}": p for t, p in (("prompts", 6), ("recordings", 6), ("prompt-state", 6), ("corpus-state", 1))}
    assert set(heads) == set(wanted), heads
    for name, line in heads.items():
        partitions, replicas = (int(re.search(rf"{word}: (\d+)", line).group(1)) for word in ("PartitionCount", "ReplicationFactor"))
        assert (partitions, replicas) == (wanted[name], bench.cluster.brokers), line
        assert "retention.ms=-1" in line and "max.message.bytes=5242880" in line, line
        if bench.cluster.brokers >= 3:
            assert "min.insync.replicas=2" in line, line
    return f"{len(heads)} topics, {bench.cluster.brokers} replicas each, settings as asked for"


def voices_go_all_the_way(bench):
    crowd = bench.collect(VOICES)
    found = judge(bench.pipeline.bootstrap, bench.receipts, [bench.archive])
    waits = sorted(seconds for _, seconds in crowd.waits)
    return (f"{found['receipts']} receipts, each where it says with its bytes; {found['repeats']} repeats; archive complete; "
            f"a receipt after {waits[len(waits) // 2] * 1000:.0f} ms (median, {len(crowd.work)} people at once)")


def the_doctor_finds_it_well(bench):
    told = subprocess.run([ANTIPHON, "doctor", "--bootstrap", bench.cluster.address(1)], capture_output=True, text=True, timeout=90)
    bench.doctor = told.stdout
    # Two replicas cannot keep promise 1 and go on writing with one broker down: the doctor must say so.
    assert told.returncode == (0 if bench.cluster.brokers >= 3 else 78), told.stdout + told.stderr
    return told.stdout.strip().splitlines()[-1]


def the_doctor_sees_a_broken_promise(bench):
    if bench.cluster.brokers < 3:
        return "two brokers: seen above"
    alter = ["kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name", f"{NAMESPACE}.recordings"]
    doctor = [ANTIPHON, "doctor", "--bootstrap", bench.cluster.address(2)]

    def change_to(setting, code):
        done = run(bench.cluster.tool(*alter, "--add-config", setting))
        assert done.returncode == 0, done.stdout + done.stderr
        return wait_until(f"the doctor ends with {code}", lambda: (d := run(doctor)).returncode == code and d, 30)

    try:
        seen = change_to("min.insync.replicas=1", 78)
        assert "--add-config min.insync.replicas=2" in seen.stdout, seen.stdout
    finally:
        change_to("min.insync.replicas=2", 0)
    return "min.insync.replicas=1: 78, with the command that mends it; mended: 0"


def with_any_broker_down_the_others_serve_all(bench):
    topics = [f"{NAMESPACE}.{t}" for t in ("prompts", "recordings")]
    words = []
    for victim in range(1, bench.cluster.brokers + 1):
        state = lambda records: sorted((r.partition, r.offset, r.key, r.headers, r.value or b"") for r in records)
        before = {t: state(read_topic(bench.pipeline.bootstrap, t)) for t in topics}
        bench.cluster.kill(str(victim))
        led = lambda: all(p and leader not in (-1, victim) for t in topics for p in [bench.cluster.partitions(t)] for leader, _, _ in p.values())
        began = time.monotonic()
        wait_until("the others lead every partition", led, 90)
        took = time.monotonic() - began
        for topic in topics:
            after = state(read_topic(bench.pipeline.bootstrap, topic))
            missing = set(before[topic]) - set(after)
            assert not missing, f"with broker {victim} down {len(missing)} records of {topic} are not served"
        bench.collect(5)  # and new ones are taken
        bench.cluster.start(str(victim))
        bench.cluster.wait_member(str(victim))
        words.append(f"broker {victim} killed: all led by others after {took:.1f} s, {sum(len(b) for b in before.values())} records read back and equal")
    return "; ".join(words)


def a_restart_remembers_every_receipt(bench):
    recording, (receipt, _) = next(iter(bench.receipts.items()))
    record = next(r for r in read_topic(bench.pipeline.bootstrap, f"{NAMESPACE}.recordings") if r.key == recording)
    bench.pipeline.stop()
    bench.pipeline.start()
    again = bench.pipeline.studio.put(recording, record.value, record.header("ce_promptid"))
    assert (again.status, again.json()) == (200, receipt), (again.status, again.body)
    return "200 with the first receipt, from a studio that never saw it"


def the_judge_is_content_at_the_end(bench):
    found = judge(bench.pipeline.bootstrap, bench.receipts, [bench.archive])
    return f"{found['receipts']} receipts, {found['recordings']} recordings, {found['repeats']} repeats, {found['prompts']} prompts, {found['prompt_repeats']} repeats of prompts"


def the_adapter_to_kafka_does_as_on_our_broker(bench):
    tests = run([ROOT / "build/release/src/adapters/bus/adapters_bus_kafka_test"], 300, env={**os.environ, "ANTIPHON_TEST_BOOTSTRAP": bench.pipeline.bootstrap})
    assert tests.returncode == 0, "; ".join(re.findall(r"^\[  FAILED  \] (\S+) \(", tests.stdout, re.M)) or tests.stderr[-300:]
    return re.search(r"(\d+) tests from \d+ test suites ran", tests.stdout).group(0)


TESTS = [topics_are_as_the_design_says, voices_go_all_the_way, the_doctor_finds_it_well, the_doctor_sees_a_broken_promise,
         with_any_broker_down_the_others_serve_all, a_restart_remembers_every_receipt, the_judge_is_content_at_the_end,
         the_adapter_to_kafka_does_as_on_our_broker]


def report(bench, rows, kind, brokers):
    today = datetime.date.today().isoformat()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    name = f"{today}-cluster-{kind}{'' if brokers == 3 else f'-{brokers}-brokers'}.md"
    text = [f"# The pipeline on Apache Kafka {settings.KINDS[kind]} with {'KRaft' if kind == 'kraft' else 'ZooKeeper'}, {brokers} brokers, {today}", "",
            f"`./dev cluster test {kind}{'' if brokers == 3 else f' --brokers {brokers}'}` at {commit}, everything on this one machine ({os.cpu_count()} cores). Judged with kcat and Kafka's own tools.",
            "Written by the command, no figure by hand.", "", "| what | result | seen |", "| --- | --- | --- |",
            *(f"| {n.replace('_', ' ')} | {'passed' if ok else 'FAILED'} | {words} |" for n, ok, words in rows), "",
            "What `antiphon doctor` said:", "", *(f"    {line}".rstrip() for line in getattr(bench, "doctor", "").splitlines()), ""]
    (ROOT / "docs/reports" / name).write_text("\n".join(text))
    print(f"report: docs/reports/{name}")


def main():
    parser = argparse.ArgumentParser(prog="./dev cluster test")
    parser.add_argument("kind", choices=sorted(settings.KINDS))
    parser.add_argument("--brokers", type=int, choices=(2, 3), default=3)
    arguments = parser.parse_args()
    cluster = Cluster.saved(arguments.kind)
    ours = cluster is None
    if ours:
        cluster = Cluster(arguments.kind, arguments.brokers)
    rows = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and the cluster is taken down
    with tempfile.TemporaryDirectory(prefix="antiphon-cluster-") as folder:
        try:
            if ours:
                cluster.up()
            with ClusterPipeline(folder, cluster, ["--takes", "1000", "--ahead", "20"]) as pipeline:
                bench = Bench(cluster, pipeline)
                for test in TESTS:
                    try:
                        rows.append((test.__name__, True, test(bench)))
                        print(f"ok   {test.__name__}: {rows[-1][2]}", flush=True)
                    except Exception as e:
                        rows.append((test.__name__, False, str(e).replace("\n", " ").replace("|", " ")[:300]))
                        print(f"FAIL {test.__name__}\n{traceback.format_exc()}\n{pipeline.tail()}", flush=True)
        finally:
            if ours:
                cluster.down()
    report(bench, rows, cluster.kind, cluster.brokers)
    passed = sum(ok for _, ok, _ in rows)
    print(f"{passed} passed, {len(rows) - passed} failed")
    sys.exit(0 if passed == len(TESTS) else 1)


main()
