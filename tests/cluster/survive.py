#!/usr/bin/env python3
"""./dev cluster survive kraft|zookeeper: steady collection while everything fails in turn; writes docs/failures.md.

One selector, a studio, an archive of two processes in one group, a second target, and volunteers who send until they have a
receipt. The judge (collection.py) reads with kcat and Kafka's own tools. Each fault comes at a random point; --seed repeats it.
"""
import argparse
import datetime
import json
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback

import settings
from cluster import ROOT, Cluster, until
from collection import Archive, ClusterPipeline, Crowd, Snapshot, a_corpus, judge
from faults import World, faults_for

PACE_SECONDS = 0.5  # between a receipt and the next sentence of one volunteer
RESULTS = ROOT / "build/cluster/survived.json"


def observe(world, name, fault, archives):
    crowd = world.crowd
    crowd.go_on("the last fault", count=4)
    time.sleep(world.chance.uniform(0, 1))  # the random point, not a wait for something
    attempts, began = len(crowd.attempts), time.monotonic()
    more = fault(world) or {}
    crowd.go_on(name)
    end = time.monotonic()
    snapshots = [Snapshot(world.cluster, f"voices.archive.{target}", folder) for target, folder in archives.items()]
    seen = crowd.attempts[attempts:]
    row = {"silence": crowd.silence(began, end), "wait": crowd.longest_wait(began), "answers_503": sum(s == 503 for _, s, _ in seen),
           "no_answer": sum(s == 0 for _, s, _ in seen), "receipts": sum(s in (200, 201) for _, s, _ in seen), **more}
    print(f"ok   {name}: {row['silence']:.1f} s without a receipt, {row['wait']:.1f} s the longest wait, {row['answers_503']} answers 503", flush=True)
    return row, snapshots


def run_all(cluster, seed, rounds, only):
    chance = random.Random(seed)
    rows, snapshots, failures = {}, [], []
    with tempfile.TemporaryDirectory(prefix="antiphon-survive-") as folder:
        folder = pathlib.Path(folder)
        archives = {"main": folder / "main", "second": folder / "second"}
        arguments = ["--takes", "3", "--ahead", "50", "--archive", f"file://{archives['main']}?name=main"]
        with ClusterPipeline(folder, cluster, arguments, corpora=[a_corpus(folder)]) as pipeline:
            second = Archive(pipeline, archives["main"], "main").start()
            other = Archive(pipeline, archives["second"], "second").start()
            crowd = Crowd(pipeline, count=6, locales=("sw",), pace=PACE_SECONDS)
            world = World(cluster, pipeline, crowd, second, chance)
            try:
                for _ in range(rounds):
                    for name, fault in faults_for(cluster).items():
                        if only and not re.search(only, name):
                            continue
                        try:
                            row, shots = observe(world, name, fault, archives)
                            rows.setdefault(name, []).append(row)
                            snapshots += shots
                        except Exception as e:
                            failures.append(f"{name}: {str(e)[:300]}")
                            print(f"FAIL {name}\n{traceback.format_exc()}\n{pipeline.tail()[-2000:]}", flush=True)
                            for node in cluster.nodes:
                                cluster.start(node)
                            cluster.wait_ready()
                receipts = crowd.finish()
                until("every replica is in sync", cluster.all_in_sync, 120)
                found = judge(pipeline.bootstrap, receipts, archives.values())
                records = found.pop("records")
                found["committed_checked"] = sum(shot.judge(records) for shot in snapshots)
                print(found, flush=True)
            except BaseException:
                for member in (second, other):
                    print(f"{member.log}: ended with {member.process.poll()}\n{member.log.read_text(errors='replace')[-3000:]}", flush=True)
                raise
            finally:
                crowd.ending.set()
                second.stop()
                other.stop()
    return {"rows": rows, "judge": found, "failures": failures, "seed": seed}


def figures(rows, key):
    values = [row[key] for row in rows]
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
    return ", ".join(words) or "nothing, or a longer wait for the receipt"


def write_report(results):
    text = ["# What fails, and what a volunteer sees of it", "",
            f"Made by `./dev cluster survive` on {datetime.date.today().isoformat()}, {os.cpu_count()} cores, everything on one machine: three brokers, one selector, one studio, "
            "an archive of two processes in one group, a second target, six volunteers who send voice after voice. Kafka's timeouts are its defaults. "
            "The judge is kcat: every receipt where it says, with its bytes; every archive complete; nothing committed that was not stored. "
            "No figure was typed by hand. Times in seconds, median / worst: without a receipt is the longest time in which nobody had one, "
            "the wait is that of the unluckiest voice (it stays on the person's device until its receipt).", ""]
    for kind, result in sorted(results.items()):
        found = result["judge"]
        text += [f"## Apache Kafka {settings.KINDS[kind]} with {'KRaft' if kind == 'kraft' else 'ZooKeeper'}", "",
                 f"Commit {result['commit']}, seed {result['seed']}, {result['date']}.", "",
                 "| fault | times | without a receipt | longest wait | what a volunteer sees | lost |", "| --- | --- | --- | --- | --- | --- |"]
        for name, rows in result["rows"].items():
            text.append(f"| {name} | {len(rows)} | {figures(rows, 'silence')} | {figures(rows, 'wait')} | {what_a_volunteer_sees(rows)} | nothing |")
        text += ["", f"Judged at the end: {found['receipts']} receipts, all where they say, with their bytes; {found['recordings']} recordings in the topic, "
                 f"{found['repeats']} of them twice with the same bytes; {found['prompts']} prompts, {found['prompt_repeats']} twice; both targets complete; "
                 f"{found['committed_checked']} committed events looked up in their target during the run, all there.", ""]
        text += [f"Not survived, or not shown: {failure}" for failure in result["failures"]]
        if result["only"]:
            text += [f"Not run this time: the faults whose names do not match `{result['only']}`.", ""]
        if not result["namespaces"]:
            text += ["The cut between brokers was left out: it needs network namespaces (root, `--namespaces`).", ""]
    (ROOT / "docs/failures.md").write_text("\n".join(text).rstrip() + "\n")


def main():
    parser = argparse.ArgumentParser(prog="./dev cluster survive")
    parser.add_argument("kind", choices=sorted(settings.KINDS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--only", help="faults whose name matches this (a regular expression); the report says so")
    parser.add_argument("--no-namespaces", action="store_true", help="without the cut between brokers, which needs root")
    arguments = parser.parse_args()
    if Cluster.saved(arguments.kind):
        sys.exit(f"cluster: one is up already; `./dev cluster {arguments.kind} down` ends it")
    cluster = Cluster(arguments.kind, 3, namespaces=not arguments.no_namespaces and os.geteuid() == 0)
    print(f"seed {arguments.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and the cluster is taken down
    try:
        cluster.up()
        result = run_all(cluster, arguments.seed, arguments.rounds, arguments.only)
    finally:
        cluster.down()
    result |= {"date": datetime.date.today().isoformat(), "namespaces": cluster.namespaces, "only": arguments.only,
               "commit": subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[arguments.kind] = result
    RESULTS.write_text(json.dumps(results))
    write_report(results)
    passed = sum(map(len, result["rows"].values()))
    print(f"{passed} passed, {len(result['failures'])} failed")
    sys.exit(1 if result["failures"] or not passed else 0)


main()
