#!/usr/bin/env python3
"""A real Apache Kafka cluster on this machine, for trying Antiphon on one and for proving what it survives.

  ./dev cluster kraft up         Apache Kafka 4.1, three brokers that are controllers too
  ./dev cluster zookeeper up     Apache Kafka 3.9, three brokers, a three-node ZooKeeper

up prints, as its last line, `ready` and the brokers' addresses; one of them is enough for `antiphon up --bootstrap`.
down kills every node and removes its data. Nodes are 1 2 3; ZooKeeper's are z1 z2 z3.
"""
import argparse
import subprocess
import sys

import settings
from cluster import Cluster, ClusterError


def fail(why):
    print(f"cluster: {why}", file=sys.stderr)
    sys.exit(69)


def up(kind, arguments):
    old = Cluster.saved(kind)
    if old and any(node.pid() for node in old.nodes.values()):
        raise ClusterError(f"this cluster is there already: `./dev cluster {kind} status` tells, `down` ends it")
    cluster = Cluster(kind, arguments.brokers, arguments.namespaces)
    try:
        cluster.up()
    except BaseException:
        cluster.end()  # the logs stay, for who wants to know why
        raise
    print(f"ready {cluster.bootstrap}")


def status(cluster):
    metadata_controller = cluster.controller()
    for node in cluster.nodes.values():
        state = node.state()
        more = f" pid {node.pid()}, {node.memory_mib()} MiB" if state != "down" else ""
        address = f" {cluster.address(node.number)}" if node.role == "broker" else ""
        print(f"{node.name:<3} {node.role:<10} {state:<8}{address}{more}{'  leads the metadata' if node.name == metadata_controller else ''}")
    known = sorted(cluster.known_brokers())
    print(f"brokers that the others know: {', '.join(map(str, known)) or 'none'}; every replica in sync: {'yes' if cluster.all_in_sync() else 'no'}")
    print(f"bootstrap {cluster.bootstrap}")
    if len(known) < cluster.brokers:
        sys.exit(69)


def main():
    parser = argparse.ArgumentParser(prog="./dev cluster", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(settings.KINDS))
    what = parser.add_subparsers(dest="what", required=True)
    starting = what.add_parser("up", help="fetches what is missing, starts every node, waits until a write is acknowledged")
    starting.add_argument("--brokers", type=int, choices=(2, 3), default=3)
    starting.add_argument("--namespaces", action="store_true", help="each node in a network namespace of its own (root): `cut` and `heal` work")
    what.add_parser("down", help="ends every node and removes its data")
    what.add_parser("status", help="what runs, who leads, what is in sync")
    for name, help in (("kill", "kill -9"), ("pause", "SIGSTOP"), ("start", "starts a dead node, lets a paused one go on"), ("stop", "SIGTERM, and waits")):
        what.add_parser(name, help=help).add_argument("node")
    for name, help in (("cut", "no packet passes between two nodes any more"), ("heal", "packets pass again")):
        two = what.add_parser(name, help=help)
        two.add_argument("one", type=int)
        two.add_argument("other", type=int)
    arguments = parser.parse_args(sys.argv[1:])
    try:
        if arguments.what == "up":
            return up(arguments.kind, arguments)
        cluster = Cluster.saved(arguments.kind)
        if cluster is None:
            if arguments.what == "down":
                return print("nothing runs")
            raise ClusterError(f"there is no such cluster; `./dev cluster {arguments.kind} up` makes it")
        if arguments.what == "status":
            status(cluster)
        elif arguments.what == "down":
            cluster.down()
        elif arguments.what in ("cut", "heal"):
            if cluster.network is None:
                raise ClusterError("nodes share this machine's network; start the cluster with `up --namespaces`")
            getattr(cluster.network, arguments.what)(arguments.one, arguments.other)
        else:
            getattr(cluster, arguments.what)(arguments.node)
    except FileNotFoundError as e:
        fail(f"the program '{e.filename}' is missing; `./dev cluster` installs it")
    except (ClusterError, RuntimeError, subprocess.SubprocessError) as e:
        fail(e)


if __name__ == "__main__":
    main()
