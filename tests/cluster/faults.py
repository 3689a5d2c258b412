"""What can happen to a cluster and to the stages on it, one function a fault. Each leaves everything as it found it.

A function gets the world (cluster, pipeline, crowd, a second member of the archive's group) and a source of chance; what it
returns are figures of its own for the report. That uploads go on afterwards is checked by who calls it.
"""
import os
import signal
import time

from cluster import until
from collection import NAMESPACE

PAUSE_SECONDS = 60
CUT_SECONDS = 30
AWAY_SECONDS = 15  # longer than the 6 s after which a member of a group is taken for dead
REBALANCES = 20


class World:
    def __init__(self, cluster, pipeline, crowd, second, chance):
        self.cluster, self.pipeline, self.crowd, self.second, self.chance = cluster, pipeline, crowd, second, chance

    def a_leader(self):
        """A broker that leads a partition of the recordings, by chance."""
        partitions = until("every partition is led", lambda: (p := self.cluster.partitions(f"{NAMESPACE}.recordings")) and all(l > 0 for l, _, _ in p.values()) and p, 60)
        return str(self.chance.choice([leader for leader, _, _ in partitions.values()]))

    def back(self, *names):
        for name in names:
            self.cluster.start(name)
        for name in names:
            if name.isdigit():
                self.cluster.wait_member(name)


def leader_killed(world):
    victim = world.a_leader()
    world.cluster.kill(victim)
    world.crowd.go_on(f"broker {victim} was killed")
    world.back(victim)


def leader_paused(world):
    victim = world.a_leader()
    world.cluster.pause(victim)
    time.sleep(PAUSE_SECONDS)  # the fault itself
    world.back(victim)


def controller_killed(world):
    victim = until("somebody leads the metadata", world.cluster.controller, 60)
    world.cluster.kill(victim)
    world.crowd.go_on(f"controller {victim} was killed")
    world.back(victim)


def zookeeper_node_killed(world):
    victim = f"z{world.chance.randint(1, 3)}"
    world.cluster.kill(victim)
    world.crowd.go_on(f"ZooKeeper node {victim} was killed")
    world.back(victim)


def two_of_three_down(world):
    """No receipt, answers say when to come again, and all goes on by itself."""
    victims = [str(n) for n in world.chance.sample(range(1, 4), 2)]
    for victim in victims:
        world.cluster.kill(victim)
    killed = time.monotonic()
    since = lambda status: [a for a in list(world.crowd.attempts) if a[0] > killed + 1 and a[1] == status]  # what was on its way has arrived
    until("answers are 503 with Retry-After", lambda: len(since(503)) >= 4, 60)
    time.sleep(5)  # the fault itself, a little longer
    assert not since(201), f"{len(since(201))} receipts while two of three brokers were down"
    assert all(told for _, _, told in since(503)), "a 503 without Retry-After"
    started = time.monotonic()
    for victim in victims:
        world.cluster.start(victim)
    world.crowd.go_on("two of three brokers are back", count=1)
    back = time.monotonic() - started
    world.back(*victims)
    return {"back_seconds": back}


def rolling_restart(world):
    for number in range(1, world.cluster.brokers + 1):
        world.cluster.stop(str(number))
        world.back(str(number))


def leader_cut_off(world):
    victim = int(world.a_leader())
    others = [n for n in world.cluster.numbers if n != victim]
    for other in others:
        world.cluster.network.cut(victim, other)
    try:
        time.sleep(CUT_SECONDS)  # the fault itself
    finally:
        for other in others:
            world.cluster.network.heal(victim, other)
    until("every replica is in sync", world.cluster.all_in_sync, 120)


def stage_killed(world, name):
    world.pipeline.kill(name)


def stage_paused(world, name):
    """A zombie: taken for dead, then it wakes and does not know."""
    pid = world.pipeline.children()[name]["pid"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(AWAY_SECONDS)  # the fault itself
    os.kill(pid, signal.SIGCONT)


def group_rebalanced(world):
    for _ in range(REBALANCES // 2):  # one who leaves, one who joins
        world.second.stop()
        world.second.start()
        world.crowd.go_on("a member of the archive's group came and went", count=1)


# name -> (function, what it needs: kraft, zookeeper, namespaces or nothing)
FAULTS = {
    "a leader is killed (kill -9), started again later": (leader_killed, None),
    f"a leading broker is paused for {PAUSE_SECONDS} s (SIGSTOP)": (leader_paused, None),
    "the controller is killed": (controller_killed, None),
    "a ZooKeeper node is killed": (zookeeper_node_killed, "zookeeper"),
    "two of three brokers are down": (two_of_three_down, None),
    "a rolling restart of all brokers": (rolling_restart, None),
    f"a leader is cut off from the other brokers for {CUT_SECONDS} s": (leader_cut_off, "namespaces"),
    "the studio is killed": (lambda w: stage_killed(w, "studio"), None),
    "the selector is killed": (lambda w: stage_killed(w, "select"), None),
    "an archive is killed": (lambda w: stage_killed(w, "archive"), None),
    f"an archive is paused for {AWAY_SECONDS} s until it is a zombie": (lambda w: stage_paused(w, "archive"), None),
    f"the studio is paused for {AWAY_SECONDS} s": (lambda w: stage_paused(w, "studio"), None),
    f"the archive's group is rebalanced {REBALANCES} times": (group_rebalanced, None),
}


def faults_for(cluster):
    have = {None, cluster.kind, "namespaces" if cluster.network else None}
    return {name: function for name, (function, needs) in FAULTS.items() if needs in have}
