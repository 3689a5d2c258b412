#!/usr/bin/env python3
"""./dev volunteers [embedded|kraft|zookeeper]: 1,000 volunteers on three studios of one namespace, whose partitions move 100 times.

A move: one studio is killed (back at once, or away until the others have its partitions), stopped until it is a zombie, or ended in
order; which and whose by a seed that is printed. The judge is kcat, see tests/spine/studios_judge.py. Writes a report to docs/reports.
"""
import argparse
import contextlib
import dataclasses
import datetime
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import settings
from cluster import ROOT, Cluster, ClusterError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "spine"))
from crowd import NEXT, PUT, SKIP, Crowd, Habits  # noqa: E402
from studios import ZOMBIE_SECONDS, Studios, tell  # noqa: E402

LEASE_SECONDS = 30
WANTED = 2
FAILED_MOVES_MAX = 3
MOVES = {"killed (kill -9), started again at once": lambda world, name, crowd: world.killed(name, crowd, away=False),
         f"killed (kill -9), started again after {ZOMBIE_SECONDS} s or more": lambda world, name, crowd: world.killed(name, crowd, away=True),
         f"stopped (SIGSTOP) for {ZOMBIE_SECONDS} s or more, then let go on": lambda world, name, crowd: world.zombie(name, crowd),
         "ended in order (SIGTERM), started again": lambda world, name, crowd: world.stopped(name, crowd)}


@dataclasses.dataclass
class Move:
    what: str
    name: str
    began: float = 0.0
    ended: float = 0.0            # it serves again, and everybody has got on
    ready_seconds: float = 0.0    # from its start (or SIGCONT) until it serves
    waits: dict = dataclasses.field(default_factory=dict)  # (request, bound to it) -> the longest anybody waited for an answer
    failure: str = ""


def longest_waits(done, name, began):
    """Of requests that were under way at that moment or began later."""
    waits = {}
    for one in done:
        if one.ended > began:
            key = (one.what, one.home == name)
            waits[key] = max(waits.get(key, 0.0), one.ended - one.began)
    return waits


def make(move, world, crowd):
    seen, move.began = len(crowd.done), time.monotonic()
    try:
        MOVES[move.what](world, move.name, crowd)
        move.ready_seconds = world.wait_ready(move.name)
        world.everybody_gets_on(crowd, f"{move.name} was {move.what}", time.monotonic())
    except AssertionError as e:
        move.failure = str(e)
    move.ended = time.monotonic()
    move.waits = longest_waits(crowd.done[seen:], move.name, move.began)
    settled(world, crowd)


def settled(world, crowd):
    """A calm moment before the next move, for the table of requests: everybody gets on once more."""
    with contextlib.suppress(AssertionError):  # then the next move, or the end, says so
        world.everybody_gets_on(crowd, "between two moves", time.monotonic())


def plan(count, names, chance):
    """Each kind of move as often as the others, in random order, of a random instance."""
    kinds = [what for _, what in zip(range(count), list(MOVES) * count)]
    chance.shuffle(kinds)
    return [Move(what, chance.choice(names)) for what in kinds]


def run(world, crowd, moves):
    print(f"all volunteers began after {world.everybody_begins(crowd, 180):.1f} s", flush=True)
    failed = 0
    for number, move in enumerate(moves, 1):
        make(move, world, crowd)
        waits = ", ".join(f"{what} {max(move.waits.get((what, b), 0) for b in (True, False)):.1f} s" for what in (NEXT, PUT))
        print(f"{'FAIL' if move.failure else 'ok  '} {number}/{len(moves)} {move.name} {move.what}: longest unanswered {waits}; ready after {move.ready_seconds:.1f} s; "
              f"{len(crowd.sent)} receipts, takes by instance {crowd.balancer.takes()} {move.failure}", flush=True)
        failed = failed + 1 if move.failure else 0
        if failed == FAILED_MOVES_MAX:
            print(f"the last {failed} moves failed: no more are made", flush=True)
            return number
    return len(moves)


# ---------------------------------------------------------------- the report
def median_and_worst(values):
    return f"{statistics.median(values):.2f} / {max(values):.2f}" if values else "-"


def percentiles(values):
    if len(values) < 2:
        return "- | -"
    cuts = statistics.quantiles(values, n=100)
    return f"{cuts[49] * 1000:.1f} | {cuts[98] * 1000:.1f}"


def table_of_moves(moves):
    text = ["| move | times | next, bound to it | PUT, bound to it | next, bound to another | PUT, bound to another | ready again | not survived |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for what in MOVES:
        made = [m for m in moves if m.what == what]
        cells = [median_and_worst([m.waits[r, b] for m in made if (r, b) in m.waits]) for b in (True, False) for r in (NEXT, PUT)]
        text.append(f"| {what} | {len(made)} | {' | '.join(cells)} | {median_and_worst([m.ready_seconds for m in made if not m.failure])} | {sum(bool(m.failure) for m in made)} |")
    return text


def table_of_requests(crowd, moves):
    text = ["| request | when | answered | p50 ms | p99 ms | 429 or 503 | no answer |", "| --- | --- | --- | --- | --- | --- | --- |"]
    spans = [(m.began, m.ended) for m in moves]
    for what in (NEXT, PUT, SKIP):
        parts = {"calm": [], "in a move": []}
        for _, _, at, seconds, status in (a for a in crowd.attempts if a[0] == what):
            moving = any(at + seconds > began and at < ended for began, ended in spans)
            parts["in a move" if moving else "calm"].append((seconds, status))
        for when, rows in parts.items():
            good = [seconds for seconds, status in rows if status in (200, 201, 204)]
            text.append(f"| {what} | {when} | {len(good)} | {percentiles(good)} | {sum(s in (429, 503) for _, s in rows)} | {sum(s == 0 for _, s in rows)} |")
    return text


def forwarded(crowd):
    rows = [f"| {name} | `{key}` | {value:.0f} |" for name, counts in sorted(crowd.balancer.counts.items()) for key, value in sorted(counts.items()) if "studio_takes" not in key]
    return ["What the instances say of requests that they passed on (summed over their lives, but for what a killed one had not told yet):", "",
            "| instance | metric | sum |", "| --- | --- | --- |", *rows, ""] if rows else []


def report(kind, arguments, crowd, moves, findings, figures, more):
    today = datetime.date.today().isoformat()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    where = "the embedded broker" if kind == "embedded" else f"Apache Kafka {settings.KINDS[kind]} with {'KRaft' if kind == 'kraft' else 'ZooKeeper'}, three brokers"
    text = [f"# {arguments.volunteers} volunteers on {arguments.studios} studio{'s that share' if arguments.studios > 1 else ' of'} a namespace, {where}, {today}", "",
            f"`./dev volunteers {kind} --volunteers {arguments.volunteers} --moves {arguments.moves} --studios {arguments.studios} --rate {arguments.rate} --seed {arguments.seed}` at {commit}, "
            f"everything on this one machine ({os.cpu_count()} cores); {more['minutes']:.1f} minutes; the volunteers took {more['load_percent']:.0f} % of one core. No figure was typed by hand.", "",
            f"Each volunteer is bound to one studio, and goes to another only while its own does not answer; thinks {crowd.habits.think_seconds:.1f} s between requests (half to one and a half of it); "
            f"{crowd.habits.skips:.0%} of the sentences are skipped, {crowd.habits.late:.0%} are spoken after their lease of {LEASE_SECONDS} s is over, {crowd.habits.again:.0%} of the voices are sent again "
            f"after their receipt. A sentence wants {WANTED} voices. The judge is kcat.", "", "## Judged at the end", "",
            "| promise | kept | |", "| --- | --- | --- |",
            *(f"| {what} | {'BROKEN' if found else 'yes'} | {f'{len(found)} findings' if found else ''} |" for what, found in findings.items()), "",
            *(f"- {what}: {figure}" for what, figure in figures.items()), "",
            *(f"- BROKEN, {what}: {line}" for what, found in findings.items() for line in found[:20]), "",
            f"Takes under a lease beyond what was wanted: {figures['more than wanted']}; promise 4 allows {figures['lapsed leases']}, the leases that lapsed (judged sentence by sentence).", "",
            "## Moves", "", "The longest time that anybody's request (one sentence, one voice) was without its good answer, over all attempts, seconds, median / worst of the moves.",
            "Who is bound to the studio that moves may wait on a process that stands still, until their own patience of 12 s ends; who is bound to another waits for its partitions only.", "",
            *table_of_moves(moves), "", *(f"- NOT SURVIVED: {m.name} {m.what}: {m.failure}" for m in moves if m.failure), "",
            "## Requests", "", "p50 and p99 are of attempts that were answered well; in a move: it began, or was under way, before everybody had got on after it.", "",
            *table_of_requests(crowd, moves), "", *forwarded(crowd)]
    path = ROOT / "docs/reports" / f"{today}-volunteers-{kind}.md"
    path.write_text("\n".join(text).replace("\n\n\n", "\n\n").rstrip() + "\n")
    print(f"report: {path.relative_to(ROOT)}", flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="./dev volunteers")
    parser.add_argument("kind", nargs="?", choices=["embedded", *sorted(settings.KINDS)], default="embedded")
    parser.add_argument("--volunteers", type=int, default=1000)
    parser.add_argument("--moves", type=int, default=100)
    parser.add_argument("--studios", type=int, default=3)
    parser.add_argument("--rate", type=float, default=150, help="requests a second that all volunteers make together when nothing is wrong")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--keep", help="work in this folder and leave it: logs, and the embedded broker's data")
    return parser.parse_args()


@contextlib.contextmanager
def a_cluster(kind):
    """Its bootstrap; None for the embedded broker, which the studios' world starts itself."""
    if kind == "embedded":
        yield None
        return
    if Cluster.saved(kind):
        raise ClusterError(f"one is up already; `./dev cluster {kind} down` ends it")
    cluster = Cluster(kind, 3)
    try:
        cluster.up()
        yield cluster.bootstrap
    finally:
        cluster.down()


def main():
    arguments = parse()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
    findings = {}
    with contextlib.ExitStack() as stack:
        try:
            bootstrap = stack.enter_context(a_cluster(arguments.kind))
        except ClusterError as e:
            sys.exit(f"volunteers: {e}")
        folder = arguments.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="antiphon-volunteers-"))
        pathlib.Path(folder).mkdir(exist_ok=True)
        began, worked = time.monotonic(), time.process_time()
        with Studios(folder, arguments.studios, bootstrap, WANTED, ahead=2000, lease_seconds=LEASE_SECONDS, sentences=115_200) as world:
            habits = Habits(arguments.volunteers, think_seconds=arguments.volunteers / arguments.rate, lease_seconds=LEASE_SECONDS, retry_after_seconds_max=1.0)
            moves = plan(arguments.moves, list(world.studios), chance)
            crowd = Crowd(world.hosts, habits, arguments.seed).start()
            ends = findings.setdefault("everybody begins, and comes to an end", [])
            made = 0
            try:
                made = run(world, crowd, moves)
                more = {"minutes": (time.monotonic() - began) / 60, "load_percent": 100 * (time.process_time() - worked) / (time.monotonic() - began)}
                crowd.finish()
            except AssertionError as e:
                ends.append(str(e))
                more = {"minutes": (time.monotonic() - began) / 60, "load_percent": 0}
            judged, figures = world.judge(crowd, least=min(2, arguments.studios), seconds=120)
        findings |= judged | {"every process ends well": world.bad_ends}
        failed = tell(findings)
        report(arguments.kind, arguments, crowd, moves[:made], findings, figures, more)
        print(figures)
        lost = sum(bool(m.failure) for m in moves[:made]) + len(moves) - made
        if failed or lost:
            print(world.tails())
    print(f"{len(findings) - failed + len(moves) - lost} passed, {failed + lost} failed")
    sys.exit(1 if failed or lost else 0)


main()
