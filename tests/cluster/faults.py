"""What can happen to a cluster and to the stages on it, one function a fault. Each leaves everything as it found it.

A function gets the world (cluster, pipeline, crowd, the stages beside those of `up`) and a source of chance; what it returns
are figures of its own for the report. That uploads go on afterwards is checked by who calls it.
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


class Child:
    """A stage of `up`, which starts it again."""

    def __init__(self, pipeline, name):
        self.pipeline, self.name = pipeline, name

    def send(self, number):
        os.kill(self.pipeline.children()[self.name]["pid"], number)


class World:
    """studios, archives: each the one of `up` and one beside it, which is started again when it ends."""

    def __init__(self, cluster, pipeline, crowd, studio, archive, chance):
        self.cluster, self.pipeline, self.crowd, self.chance = cluster, pipeline, crowd, chance
        self.second_archive = archive
        self.studios, self.archives = [Child(pipeline, "studio"), studio], [Child(pipeline, "archive"), archive]
        self.selectors = [Child(pipeline, "select")]

    def leaders(self):
        """Of the recordings' partitions."""
        partitions = until("every partition is led", lambda: (p := self.cluster.partitions(f"{NAMESPACE}.recordings")) and all(l > 0 for l, _, _ in p.values()) and p, 60)
        return [str(leader) for leader, _, _ in partitions.values()]

    def a_leader(self):
        return self.chance.choice(self.leaders())

    def controller(self):
        return until("somebody leads the metadata", self.cluster.controller, 60)

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
    victim = world.controller()
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


def leader_cut_off(world, is_controller):
    controller = world.controller()
    victim = int(controller if is_controller else world.chance.choice([leader for leader in world.leaders() if leader != controller]))
    others = [n for n in world.cluster.numbers if n != victim]
    for other in others:
        world.cluster.network.cut(victim, other)
    try:
        time.sleep(CUT_SECONDS)  # the fault itself
    finally:
        for other in others:
            world.cluster.network.heal(victim, other)
    until("every replica is in sync", world.cluster.all_in_sync, 120)


def stage_killed(world, stages):
    world.chance.choice(stages).send(signal.SIGKILL)


def stage_paused(world, stages):
    """A zombie: taken for dead, then it wakes and does not know."""
    stage = world.chance.choice(stages)
    stage.send(signal.SIGSTOP)
    time.sleep(AWAY_SECONDS)  # the fault itself
    stage.send(signal.SIGCONT)


def group_rebalanced(world):
    for _ in range(REBALANCES // 2):  # one who leaves, one who joins
        world.second_archive.stop()
        world.second_archive.start()
        world.crowd.go_on("a member of the archive's group came and went", count=1)


# name -> (function, what it needs: kraft, zookeeper, namespaces or nothing)
FAULTS = {
    "a leader is killed (kill -9), started again later": (leader_killed, None),
    f"a leading broker is paused for {PAUSE_SECONDS} s (SIGSTOP)": (leader_paused, None),
    "the controller is killed": (controller_killed, None),
    "a ZooKeeper node is killed": (zookeeper_node_killed, "zookeeper"),
    "two of three brokers are down": (two_of_three_down, None),
    "a rolling restart of all brokers": (rolling_restart, None),
    f"a leader that is not the controller is cut off from the other brokers for {CUT_SECONDS} s": (lambda w: leader_cut_off(w, False), "namespaces"),
    f"the controller, a leader too, is cut off from the other brokers for {CUT_SECONDS} s": (lambda w: leader_cut_off(w, True), "namespaces"),
    "one of two studios is killed": (lambda w: stage_killed(w, w.studios), None),
    f"one of two studios is paused for {AWAY_SECONDS} s until it is a zombie": (lambda w: stage_paused(w, w.studios), None),
    "the selector is killed": (lambda w: stage_killed(w, w.selectors), None),
    "an archive is killed": (lambda w: stage_killed(w, w.archives), None),
    f"an archive is paused for {AWAY_SECONDS} s until it is a zombie": (lambda w: stage_paused(w, w.archives), None),
    f"the archive's group is rebalanced {REBALANCES} times": (group_rebalanced, None),
}


def faults_for(cluster):
    have = {None, cluster.kind, "namespaces" if cluster.network else None}
    return {name: function for name, (function, needs) in FAULTS.items() if needs in have}
