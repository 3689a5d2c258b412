#!/usr/bin/env python3
"""kill -9 of the broker alone, many times, under kcat producers with acks=all; kcat is the judge.

Every message whose producer was told that it is stored must be there exactly once afterwards, in its order, and every message that is there
must be one that was sent. usage: broker_kill_test.py ANTIPHON [--rounds N] [--seed S]
"""
import argparse
import collections
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time

TOPIC, PARTITIONS, BATCH = "crash", 3, 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    def __init__(self, program, folder, port):
        self.command = [program, "broker", "--data", folder, "--kafka", f"127.0.0.1:{port}", "--partitions", str(PARTITIONS), "--log-level", "warn"]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("ready "), f"the broker did not start: {line!r}, code {self.process.poll()}"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Producer(threading.Thread):
    """Sends batches of numbered lines to one partition, each by a kcat of its own; notes those that kcat saw acknowledged."""

    def __init__(self, address, partition):
        super().__init__(daemon=True)
        self.address, self.partition = address, partition
        self.number, self.acknowledged, self.ending = 0, [], threading.Event()

    def run(self):
        while not self.ending.is_set():
            lines = [f"{self.partition}-{self.number + i}" for i in range(BATCH)]
            self.number += BATCH
            sent = subprocess.run(["kcat", "-b", self.address, "-P", "-t", TOPIC, "-p", str(self.partition), "-X", "enable.idempotence=true",
                                   "-X", "acks=all", "-X", "message.timeout.ms=60000", "-X", "linger.ms=0", "-X", "reconnect.backoff.max.ms=100"],
                                  input="\n".join(lines).encode(), capture_output=True)
            if sent.returncode == 0:  # kcat ends with an error when one message failed
                self.acknowledged += lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    when = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="antiphon-crash-") as folder:
        port = free_port()
        address = f"127.0.0.1:{port}"
        broker = Broker(arguments.program, folder + "/data", port)
        broker.start()
        subprocess.run(["kcat", "-b", address, "-L", "-t", TOPIC], capture_output=True, check=True)  # made on first use
        producers = [Producer(address, p) for p in range(PARTITIONS)]
        for producer in producers:
            producer.start()
        for _ in range(arguments.rounds):
            time.sleep(when.uniform(0.02, 0.5))  # the random point, not a wait for something
            broker.kill()
            broker.start()
        for producer in producers:
            producer.ending.set()
        for producer in producers:
            producer.join(timeout=90)
            assert not producer.is_alive(), "a producer hangs"
        total = 0
        for producer in producers:
            read = subprocess.run(["kcat", "-b", address, "-C", "-t", TOPIC, "-p", str(producer.partition), "-o", "beginning", "-e", "-q"],
                                  capture_output=True, text=True, check=True, timeout=120).stdout.split()
            count = collections.Counter(read)
            lost = [line for line in producer.acknowledged if line not in count]
            assert not lost, f"LOST {len(lost)} acknowledged messages, first {lost[:5]}"
            twice = [line for line, n in count.items() if n > 1]
            assert not twice, f"{len(twice)} messages stand twice, first {twice[:5]}"
            numbers = [int(line.split("-")[1]) for line in read]
            assert numbers == sorted(numbers), "out of order"
            assert max(numbers, default=0) < producer.number, "a message that nobody sent"
            total += len(producer.acknowledged)
        assert total > arguments.rounds * BATCH, f"only {total} messages were acknowledged: the test saw too little"
        broker.process.terminate()
        assert broker.process.wait(timeout=30) == 0
        print(f"{arguments.rounds} kills, {total} acknowledged messages, none lost, none twice, all in order")


main()
