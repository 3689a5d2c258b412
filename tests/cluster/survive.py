#!/usr/bin/env python3
"""./dev cluster survive kraft|zookeeper: steady collection while everything fails in turn; writes docs/failures.md.

One selector, two studios that share the sentences, an archive of two processes in one group, a second target, and volunteers who
send until they have a receipt. The judge (collection.py) reads with kcat and Kafka's own tools. Each fault comes at a random
point; --seed repeats it.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import settings
from cluster import ROOT, Cluster, until
from collection import ANSWER_SECONDS_MAX, NAMESPACE, ClusterPipeline, Crowd, Snapshot, Studio, a_corpus, a_studio, an_archive, judge
from faults import World, faults_for
from studios import LOST_ITS_NAME, LOST_ITS_PLACE

PACE_SECONDS = 0.5  # between a receipt and the next sentence of one volunteer
VOLUNTEERS = 6
REPORTS = ROOT / "docs/reports"  # survived-KIND.json: what docs/failures.md is made of, so that a run of one kind keeps the other's part


def studios_are_ready(crowd):
    for host in crowd.hosts:
        try:
            if Studio(f"http://{host}").call("GET", "/readyz", timeout=5).status != 200:
                return False
        except OSError:
            return False
    return True


def observe(world, name, fault, archives):
    crowd = world.crowd
    world.cluster.spread_leaders(f"{NAMESPACE}.recordings")
    until("both studios are ready", lambda: studios_are_ready(crowd), 60)
    crowd.go_on("the last fault", count=4)
    time.sleep(world.chance.uniform(0, 1))  # the random point, not a wait for something
    attempts, began, began_at = len(crowd.attempts), time.monotonic(), time.time()
    more = fault(world) or {}
    crowd.go_on(name)
    crowd.everybody_gets_on(name)
    end, end_at = time.monotonic(), time.time()
    snapshots = [Snapshot(world.cluster, f"voices.archive.{target}", folder) for target, folder in archives.items()]
    seen = crowd.attempts[attempts:]
    row = {"silence": crowd.silence(began, end), "wait": crowd.longest_wait(began), "sentence_wait": crowd.longest_sentence_wait(began),
           "answers_503": sum(s == 503 for _, s, _ in seen), "no_answer": sum(s == 0 for _, s, _ in seen), "receipts": sum(s in (200, 201) for _, s, _ in seen),
           "at_ms": [round(began_at * 1000), round(end_at * 1000)], **more}
    print(f"ok   {name}: {row['silence']:.1f} s without a receipt, {row['wait']:.1f} s the longest wait, {row['sentence_wait']:.1f} s for a sentence, {row['answers_503']} answers 503", flush=True)
    return row, snapshots


@contextlib.contextmanager
def looked_after(daemons):
    """Started, started again when they end, stopped at the end. The thread outlives them: who starts a process here takes it along."""
    ending = threading.Event()

    def look():
        while not ending.wait(0.2):
            for daemon in daemons:
                daemon.look_after()

    for daemon in daemons:
        daemon.start()
    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        for daemon in daemons:
            daemon.stop()
        ending.set()
        thread.join()


def run_faults(world, rounds, only, archives):
    faults = {name: fault for name, fault in faults_for(world.cluster).items() if re.search(only or "", name)}
    rows, snapshots, failures = {}, [], []
    for number in range(rounds):
        for at, (name, fault) in enumerate(faults.items()):
            print(f"round {number + 1} of {rounds}, {at + 1} of {len(faults)}: {name}", flush=True)
            try:
                row, shots = observe(world, name, fault, archives)
                rows.setdefault(name, []).append(row)
                snapshots += shots
            except Exception as e:
                failures.append(f"{name}: {str(e)[:300]}")
                print(f"FAIL {name}\n{traceback.format_exc()}\n{world.pipeline.tail()[-2000:]}", flush=True)
                for node in world.cluster.nodes:
                    world.cluster.start(node)
                world.cluster.wait_ready()
    return rows, snapshots, failures


def ends_of(daemons):
    """name -> exit codes that nobody asked for: a killed one is the test's doing."""
    return {daemon.name: [code for code in daemon.ends if code != -signal.SIGKILL] for daemon in daemons}


def failures_of(ends):
    """One that lost its place or its name in the group is to be started again, and was."""
    bad = {name: [code for code in codes if code not in (LOST_ITS_PLACE, LOST_ITS_NAME)] for name, codes in ends.items()}
    return [f"{name} ended by itself with {codes}" for name, codes in bad.items() if codes]


def run_all(cluster, seed, rounds, only, keep):
    with tempfile.TemporaryDirectory(prefix="antiphon-survive-") as folder:
        folder = keep or pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        archives = {"main": folder / "main", "second": folder / "second"}
        arguments = ["--takes", "3", "--ahead", "50", "--archive", f"file://{archives['main']}?name=main"]
        with ClusterPipeline(folder, cluster, arguments, corpora=[a_corpus(folder)]) as pipeline:
            studio, second, other = a_studio(pipeline), an_archive(pipeline, archives["main"], "main"), an_archive(pipeline, archives["second"], "second")
            with looked_after([studio, second, other]):
                until("the second studio is ready", studio.ready, 60)
                crowd = Crowd(pipeline, {"first": pipeline.studio.host, "second": studio.host}, PACE_SECONDS, count=VOLUNTEERS, locales=("sw",))
                try:
                    rows, snapshots, failures = run_faults(World(cluster, pipeline, crowd, studio, second, random.Random(seed)), rounds, only, archives)
                    receipts = crowd.finish()
                    until("every replica is in sync", cluster.all_in_sync, 120)
                    found = judge(pipeline.bootstrap, receipts, archives.values())
                except BaseException:
                    for daemon in (studio, second, other):
                        print(f"{daemon.name}: ended with {daemon.process.poll()}\n{daemon.tail()}", flush=True)
                    raise
                finally:
                    crowd.ending.set()
    records = found.pop("records")
    sent_at_ms = found.pop("repeats_sent_at_ms")
    found["repeats_during"] = {name: n for name, fault_rows in rows.items() if (n := repeats_during(fault_rows, sent_at_ms))}
    found["committed_checked"] = sum(shot.judge(records) for shot in snapshots)
    print(found, flush=True)
    ends = ends_of([studio, second, other])
    return {"rows": rows, "judge": found, "failures": failures + failures_of(ends), "ends": ends, "seed": seed}


def repeats_during(rows, sent_at_ms):
    """How many of these were sent while the fault lasted."""
    return sum(any(began <= at <= end for began, end in (row["at_ms"] for row in rows)) for at in sent_at_ms)


def figures(rows, key):
    values = [row[key] for row in rows if key in row]
    if not values:
        return "not measured"
    return f"{statistics.median(values):.1f} / {max(values):.1f}"


def what_a_volunteer_sees(rows):
    refused, silent = sum(r["answers_503"] for r in rows), sum(r["no_answer"] for r in rows)
    words = []
    if refused:
        words.append(f"\"sending again\" ({refused} answers 503 with Retry-After)")
    if silent:
        words.append(f"\"sending again\" ({silent} times no answer)")
    back = [r["back_seconds"] for r in rows if "back_seconds" in r]
    if back:
        words.append(f"first receipt {max(back):.1f} s after the brokers were started")
    return ", ".join(words) or "nothing, or a longer wait"


INTRODUCTION = f"""# What fails, and what a volunteer sees of it

Made by `./dev cluster survive`, everything on one machine: three brokers, one selector, two studios that share the sentences, an archive of two
processes in one group, a second target, {VOLUNTEERS} volunteers who send voice after voice. Kafka's timeouts are its defaults. The judge is kcat:
every receipt where it says, with its bytes; every archive complete; nothing committed that was not stored. No figure was typed by hand.

Half of the volunteers are bound to each studio, as behind a load balancer: it asks both twice a second how they are, and who gives no answer
(refused, broken, or nothing within {ANSWER_SECONDS_MAX} s) is left until it answers again; then its volunteers are sent to the other. A fault of a studio
or an archive hits one of the two by chance.

Times in seconds, median / worst over all rounds: without a receipt is the longest time in which nobody had one, the waits are
those of the unluckiest voice (it stays on the person's device until its receipt) and of the unluckiest person who wants the next sentence."""


WHY_CUTS_ARE_LONG = """
## Why a cut between brokers costs most

Seen in the logs of brokers and studios. Every partition has a replica at the broker that is cut off, and acks=all waits for each replica in sync: until the
cluster takes that broker for dead, no partition takes a write. That is broker.session.timeout.ms, 9 s with KRaft, and zookeeper.session.timeout.ms,
18 s with ZooKeeper; where the controller was cut off, its successor begins to count when it is elected, some 2 s later with KRaft. Nothing of ours can shorten it.

Then others lead, but who is cut off is not told: it goes on to call itself leader and coordinator, and clients, who reach it, are told so when they happen to
ask it. A client that has heard of a newer leader is not taken in, by the leader's epoch (KIP-320); a new client is, and so is whoever looks for a group's
coordinator, which has no epoch: it waits 10 s (socket.timeout.ms) for an answer that cannot come. It may meet a voice; it often meets the marker that a studio writes before it reads a partition's state, for where the group's
coordinator was cut off the studios must join anew and read anew. So a cut costs 10 s more, or lasts to its end, by chance. Nothing is lost by it: a leader
without followers acknowledges nothing under acks=all. A shorter time limit for voices would help here and hurt elsewhere: 4 MiB on a slow line need their time."""


def during(found):
    """In words: which faults the repeats came of."""
    names = found.get("repeats_during", {})
    return " (sent again while " + ", ".join(f"{name}: {n}" for name, n in names.items()) + ")" if names else ""


def section(kind, result):
    found = result["judge"]
    text = ["", f"## Apache Kafka {settings.KINDS[kind]} with {'KRaft' if kind == 'kraft' else 'ZooKeeper'}", "",
            f"{result['date']}, commit {result['commit']}, seed {result['seed']}, {result['cores']} cores.", "",
            "| fault | times | without a receipt | longest wait for a receipt | for a sentence | what a volunteer sees | lost |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, rows in result["rows"].items():
        text.append(f"| {name} | {len(rows)} | {figures(rows, 'silence')} | {figures(rows, 'wait')} | {figures(rows, 'sentence_wait')} | {what_a_volunteer_sees(rows)} | nothing |")
    text += ["", f"Judged at the end: {found['receipts']} receipts, all where they say, with their bytes; {found['recordings']} recordings in the topic, "
                 f"{found['repeats']} of them twice with the same bytes{during(found)}; {found['prompts']} prompts, {found['prompt_repeats']} twice; both targets complete; "
                 f"{found['committed_checked']} committed events looked up in their target during the run, all there."]
    again = {name: len(codes) for name, codes in result["ends"].items() if codes}
    if again:
        text += ["", "Ended by themselves, since their place or their name in the group was taken for another's, and started again: "
                     + ", ".join(f"{name} {times} times" for name, times in again.items()) + " (stages beside those of `up`, which starts its own again)."]
    for failure in result["failures"]:
        text += ["", f"Not survived, or not shown: {failure}"]
    if not result["namespaces"]:
        text += ["", "The cuts between brokers were left out: they need network namespaces, and these need root."]
    return text


def write_report():
    text = [INTRODUCTION]
    for kind in sorted(settings.KINDS):
        path = REPORTS / f"survived-{kind}.json"
        if path.exists():
            text += section(kind, json.loads(path.read_text()))
    (ROOT / "docs/failures.md").write_text("\n".join([*text, WHY_CUTS_ARE_LONG]) + "\n")


def main():
    parser = argparse.ArgumentParser(prog="./dev cluster survive")
    parser.add_argument("kind", choices=sorted(settings.KINDS))
    parser.add_argument("--rounds", type=int, default=3, help="how often each fault comes; a round takes about 6 minutes")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--only", help="faults whose name matches this (a regular expression); no report is written")
    parser.add_argument("--no-namespaces", action="store_true", help="without the cuts between brokers, which need root")
    parser.add_argument("--keep", type=pathlib.Path, help="a new folder for the logs of stages and nodes, which stay; else a temporary one")
    arguments = parser.parse_args()
    if Cluster.saved(arguments.kind):
        sys.exit(f"cluster: one is up already; `./dev cluster {arguments.kind} down` ends it")
    cluster = Cluster(arguments.kind, 3, namespaces=not arguments.no_namespaces and os.geteuid() == 0)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    print(f"seed {arguments.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and the cluster is taken down
    try:
        cluster.up()
        result = run_all(cluster, arguments.seed, arguments.rounds, arguments.only, arguments.keep)
    finally:
        if arguments.keep:
            for node in cluster.nodes.values():
                shutil.copy(node.folder / "server.log", arguments.keep / f"node-{node.name}.log")
        cluster.down()
    if not arguments.only:
        result |= {"date": datetime.date.today().isoformat(), "cores": os.cpu_count(), "namespaces": cluster.namespaces, "commit": commit}
        (REPORTS / f"survived-{arguments.kind}.json").write_text(json.dumps(result, indent=1) + "\n")
        write_report()
    passed = sum(map(len, result["rows"].values()))
    print(f"{passed} passed, {len(result['failures'])} failed")
    sys.exit(1 if result["failures"] or not passed else 0)


if __name__ == "__main__":
    main()
