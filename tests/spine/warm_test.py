#!/usr/bin/env python3
"""Two studios that keep one another warm: one is killed, and the other has its sentences without reading them all again."""
import json
import sys
import time

from crowd import Crowd, Habits
from harness import temporary, until
from studios import PARTITIONS, Studios, tell

AHEAD = 3000
READ_AGAIN_MAX = AHEAD / 2 / 4  # of what its half of the sentences is: what came since the last look, and no more


def loads(studio):
    """What it said of each reading of partitions."""
    lines = [json.loads(line) for line in studio.log.read_text(errors="replace").splitlines() if line.startswith("{")]
    return [line for line in lines if line["msg"] == "the state is read"]


def main():
    with temporary() as folder, Studios(folder, 2, ahead=AHEAD, more=("--warm",)) as world:
        crowd = Crowd(world.hosts, Habits(8), 7).start()
        world.everybody_begins(crowd)
        cold = sum(line["records"] for line in loads(world.studios["s2"]))
        until("the second studio has copies of the first one's", lambda: 1 <= world.metric("s2", "studio_copied_partitions") < PARTITIONS, 60)
        kept = world.metric("s2", "studio_copied_partitions")
        until("all sentences are published and copied", lambda: world.metric("s2", "studio_prompts") + world.metric("s2", "studio_copied_prompts") >= AHEAD, 60)
        until("both have brought takes to Kafka", lambda: all(crowd.balancer.takes().values()), 60)
        before = len(loads(world.studios["s2"]))
        began = time.monotonic()
        world.killed("s1", crowd, away=True)
        print(f"all got on, and the dead one was started again, {time.monotonic() - began:.1f} s after the kill")
        taken = loads(world.studios["s2"])[before:]
        world.wait_ready("s1")
        crowd.finish()
        findings, figures = world.judge(crowd, least=2)
        moved, copied, again = (sum(line[name] for line in taken) for name in ("partitions", "copied", "records"))
        findings |= {"the other takes over what it has copies of": [] if moved == copied == kept and 0 < kept < PARTITIONS else [f"{moved} moved, {copied} from copies, {kept} were kept"],
                     "it reads only what came since": [] if 0 < again < READ_AGAIN_MAX else [f"{again} records, at most {READ_AGAIN_MAX:.0f} were expected"]}
        failed = tell(findings)
        print(f"{again} records were read for {moved} partitions; {cold} at the start; {figures}")
        if failed:
            print(world.tails())
    print(f"{len(findings) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
