#!/usr/bin/env python3
"""kill -9 of every process in turn, and of all, at random points, under uploads; the judge is kcat.

usage: kill_test.py [--rounds N] [--seed S]
"""
import argparse
import random
import time

from harness import Pipeline, Volunteers, judge, temporary, until

VICTIMS = ["broker", "studio", "select", "archive", "up"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    when = random.Random(arguments.seed)
    with temporary() as folder:
        # Many takes a sentence: the demo corpus is small, and the volunteers never run out.
        pipeline = Pipeline(folder, arguments=["--takes", "1000", "--ahead", "20"]).start()
        volunteers = Volunteers(pipeline)
        try:
            for number in range(arguments.rounds):
                before = len(volunteers.receipts)
                time.sleep(when.uniform(0.05, 1.0))  # the random point, not a wait for something
                victim = VICTIMS[number % len(VICTIMS)]
                pipeline.kill(victim)
                if victim == "up":
                    pipeline.start()
                until(f"uploads go on after the death of {victim} (round {number + 1})",
                      lambda: len(volunteers.receipts) >= before + 5 or volunteers.errors, 60)
                print(f"round {number + 1}: killed {victim}, {len(volunteers.receipts)} receipts", flush=True)
                assert not volunteers.errors, volunteers.errors
        except BaseException:
            volunteers.ending.set()
            print(pipeline.tail())
            pipeline.process.kill()
            raise
        receipts = volunteers.finish()
        found = judge(pipeline, receipts, pipeline.data / "archive")
        pipeline.stop()
        print(found)
    print("1 passed, 0 failed")


main()
