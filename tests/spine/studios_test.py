#!/usr/bin/env python3
"""Three studios share one namespace; volunteers are bound to one each; one is killed, one is stopped until it is a zombie, one ends in order.
The judge is kcat (studios.py, studios_judge.py). The long form, with a report: `./dev volunteers`.

usage: studios_test.py [--studios N] [--volunteers N] [--seed S] [--keep FOLDER]
"""
import argparse
import contextlib
import pathlib
import random
import sys
import time

from crowd import Crowd, Habits
from harness import temporary
from studios import Studios, tell

LEASE_SECONDS = 5  # short: some run out while their volunteer still speaks


def work(world, crowd, chance):
    """The three moves; each finding is a line."""
    print(f"all began after {world.everybody_begins(crowd):.1f} s", flush=True)
    names = list(world.studios)
    chance.shuffle(names)
    moves = {"killed, and away until the others have its partitions": lambda n: world.killed(n, crowd, away=True),
             "stopped until it is a zombie, and let go on": lambda n: world.zombie(n, crowd),
             "ended in order, and started again": lambda n: world.stopped(n, crowd)}
    for number, (what, move) in enumerate(moves.items()):
        name = names[number % len(names)]
        move(name)
        world.wait_ready(name)
        world.everybody_gets_on(crowd, f"{name} {what}", time.monotonic())
        print(f"ok   {name} {what}: all got on; {len(crowd.sent)} receipts; takes by instance {crowd.balancer.takes()}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--studios", type=int, default=3, help="one: the judge and the crowd, without what several must do")
    parser.add_argument("--volunteers", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    findings = {}
    with contextlib.ExitStack() as stack:
        folder = arguments.keep or stack.enter_context(temporary())
        pathlib.Path(folder).mkdir(exist_ok=True)
        world = Studios(folder, arguments.studios, lease_seconds=LEASE_SECONDS)
        with world:
            crowd = Crowd(world.hosts, Habits(arguments.volunteers, lease_seconds=LEASE_SECONDS), arguments.seed).start()
            try:
                try:
                    work(world, crowd, random.Random(arguments.seed))
                    crowd.finish()
                    findings["everybody gets on after each move"] = []
                except AssertionError as e:
                    findings["everybody gets on after each move"] = [str(e)]
                    crowd.finish(20)
            except AssertionError as e:
                findings["everybody comes to an end"] = [str(e)]
            judged, figures = world.judge(crowd, least=min(2, arguments.studios), seconds=30)
        findings |= judged | {"every process ends well": world.bad_ends}
        failed = tell(findings)
        print(figures)
        if failed:
            print(world.tails())
    print(f"{len(findings) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
