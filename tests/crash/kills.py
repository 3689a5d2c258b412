#!/usr/bin/env python3
"""kill -9 of the broker at random points, or cuts of its power, under independent clients; the checker and kcat are the judges.

Producers with every acks and a group of consumers (librdkafka by confluent-kafka; transactional ones where the broker has
transactions) note what they did and saw. In the end kcat reads every partition, and antiphon-judge judges the history.

usage: kills.py ANTIPHON JUDGE [--kills N] [--seed S] [--power-cut] [--report FILE] [--keep FILE]
"""
import argparse
import datetime
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time

from broker_process import Broker
from clients import Member, Producer, Transactor, offers_transactions
from history import History

TOPIC, TRANSACTED, PARTITIONS = "crash", "transacted", 3
PACE_SECONDS = 0.15  # a producer's pause between bursts of up to 20 records


def kcat_log(address, history, topic, partition, committed_only):
    """The whole partition, as kcat reads it."""
    level = "read_committed" if committed_only else "read_uncommitted"
    read = subprocess.run(["kcat", "-b", address, "-C", "-t", topic, "-p", str(partition), "-o", "beginning", "-e", "-q",
                           "-X", f"isolation.level={level}", "-X", "check.crcs=true", "-f", "%o %s\n"],
                          capture_output=True, text=True, check=True, timeout=300).stdout.splitlines()
    records = [[int(line.split(" ")[0]), line.split(" ")[1]] for line in read]
    history.note("log", process="kcat", topic=topic, partition=partition, first=0, offset=records[-1][0] + 1 if records else 0, records=records,
                 committed_only=True if committed_only else None)
    return len(records)


def make_clients(address, history, seed, transactions):
    clients = [Producer(f"all{i}", address, history, seed, TOPIC, PARTITIONS, "all", PACE_SECONDS) for i in range(2)]
    clients += [Producer("one", address, history, seed, TOPIC, PARTITIONS, 1, PACE_SECONDS),
                Producer("none", address, history, seed, TOPIC, PARTITIONS, 0, PACE_SECONDS)]
    clients += [Member(f"member{i}", address, history, seed, [TOPIC], "readers", False) for i in range(2)]
    if transactions:
        clients += [Transactor(f"tx{i}", address, history, seed, TRANSACTED, PARTITIONS, f"tx-group{i}") for i in range(2)]
        clients += [Member("committed", address, history, seed, [TRANSACTED], "committed-readers", True)]
    return clients


def last_looks(address, history, transactions):
    import confluent_kafka as ck
    groups = [("readers", TOPIC)] + ([("committed-readers", TRANSACTED), ("tx-group0", TRANSACTED), ("tx-group1", TRANSACTED)] if transactions else [])
    for group, topic in groups:
        consumer = ck.Consumer({"bootstrap.servers": address, "group.id": group})
        for place in consumer.committed([ck.TopicPartition(topic, p) for p in range(PARTITIONS)], 30):
            history.note("stored", process="last", group=group, topic=topic, partition=place.partition, offset=max(place.offset, -1))
        consumer.close()
    for partition in range(PARTITIONS):
        kcat_log(address, history, TOPIC, partition, False)
        if transactions:
            kcat_log(address, history, TRANSACTED, partition, False)
            kcat_log(address, history, TRANSACTED, partition, True)


def run(arguments, folder, disk):
    history_file = arguments.keep or folder + "/history.jsonl"
    history = History(history_file)
    when = random.Random(arguments.seed)
    broker = Broker(arguments.program, disk.folder if disk else folder + "/data", partitions=PARTITIONS).start()
    for topic in (TOPIC, TRANSACTED):
        subprocess.run(["kcat", "-b", broker.address, "-L", "-t", topic], capture_output=True, check=True)  # made on first use
    transactions = offers_transactions(broker.address)
    clients = make_clients(broker.address, history, arguments.seed, transactions)
    for client in clients:
        client.start()
    began = time.monotonic()
    for n in range(arguments.kills):
        time.sleep(when.uniform(0.02, 0.8))  # the random point, not a wait for something
        broker.kill()
        if disk:
            disk.cut()
        history.note("fault", reason="power_cut" if disk else "kill")
        broker.start()
        if (n + 1) % 50 == 0:
            print(f"{n + 1} of {arguments.kills}, {history.events} events", flush=True)
    for client in clients:
        client.ending.set()
    for client in clients:
        client.join(timeout=180)
        if client.is_alive() or client.failure:
            raise RuntimeError(f"client {client.name}: {client.failure or 'hangs'}")
    took = time.monotonic() - began
    last_looks(broker.address, history, transactions)
    history.close()
    code = broker.stop()
    judged = subprocess.run([arguments.judge, "--late-notes", history_file], capture_output=True, text=True, check=False)
    print(judged.stdout, end="")
    noticed = [line for line in broker.lines if "damage" in line.lower()]
    good = judged.returncode == 0 and code == 0 and not noticed
    what = "power cuts" if disk else "kills (SIGKILL)"
    print(f"{arguments.kills} {what} in {took:.0f} s, seed {arguments.seed}, transactions {'yes' if transactions else 'not offered by this broker'}: "
          f"{'nothing wrong' if good else 'SOMETHING IS WRONG'}")
    for line in noticed[:10]:
        print(line, end="")
    if arguments.report:
        write_report(arguments, what, took, transactions, judged.stdout, good, disk)
    return good


def write_report(arguments, what, took, transactions, verdict, good, disk):
    title = "Power cuts" if disk else "kill -9"
    command = f"./dev {'powercut' if disk else 'kills'} {arguments.kills}"
    how = disk.what_it_is() if disk else "The process is killed at random points; the machine lives on, so that its page cache stays."
    with open(arguments.report, "w", encoding="utf-8") as out:
        out.write(f"# {title}: {arguments.kills} under independent clients, {datetime.date.today()}\n\n"
                  f"`{command}` (seed {arguments.seed}): {arguments.kills} {what} in {took:.0f} s, on {platform.system()} {platform.release()}, "
                  f"{os.cpu_count()} cores. **{'Nothing wrong.' if good else 'SOMETHING IS WRONG.'}**\n\n{how}\n"
                  f"Clients: librdkafka by confluent-kafka: two idempotent producers, one with acks=1 and one with acks=0, two consumers of one group"
                  f"{', two transactional producers and a read_committed consumer' if transactions else '. Transactions are not offered by this broker and not tested'}."
                  f" kcat read every partition in the end; antiphon-judge judged:\n\n```\n{verdict}```\n")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was mounted is unmounted
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("judge")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--power-cut", action="store_true")
    parser.add_argument("--report")
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="antiphon-crash-") as folder:
        if not arguments.power_cut:
            sys.exit(0 if run(arguments, folder, None) else 1)
        from power import Disk
        with Disk(folder) as disk:
            sys.exit(0 if run(arguments, folder, disk) else 1)


if __name__ == "__main__":
    main()
