#!/usr/bin/env python3
"""Clients that mean harm, against the real process. Each gets an error or is dropped; the broker's memory stays below MEMORY_MAX;
a well-behaved client (librdkafka) goes on all the while: it must finish its round trips, how long they took is printed.

usage: hostile_test.py ANTIPHON
"""
import os
import pathlib
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))
import wire  # noqa: E402
from broker_process import Broker  # noqa: E402

MEMORY_MAX = 400 << 20  # bytes, resident: BrokerLimits' input_bytes_max and what the program is, with room
ROUND_TRIPS = 20        # of the well-behaved client, during each attack
IDLE_CONNECTIONS = 10_000
TOPICS_ASKED = 100_000
WAIT_SECONDS_MAX = 120  # for anything; a broker that hangs fails here


class GoodClient(threading.Thread):
    """Sends a record under acks=all and reads it back, again and again."""

    def __init__(self, address):
        super().__init__(daemon=True)
        conf = {"bootstrap.servers": address, "broker.address.family": "v4", "log_level": 0}
        self.producer = ck.Producer({**conf, "acks": "all", "linger.ms": 0, "enable.idempotence": True})
        self.consumer = ck.Consumer({**conf, "group.id": "good", "enable.auto.commit": False, "fetch.wait.max.ms": 50})
        self.delays, self.number, self.ending = [], 0, threading.Event()

    def run(self):
        self.consumer.assign([ck.TopicPartition("good", 0, 0)])
        while not self.ending.is_set():
            began, value = time.monotonic(), str(self.number)
            self.producer.produce("good", value, partition=0)
            assert self.producer.flush(WAIT_SECONDS_MAX) == 0
            while not self.ending.is_set():
                message = self.consumer.poll(1)
                if message is not None and message.error() is None and message.value().decode() == value:
                    break
            self.delays.append(time.monotonic() - began)
            self.number += 1


class Watch:
    """During an attack: the peak of memory, and that the good client comes along."""

    def __init__(self, broker, good):
        self.broker, self.good, self.peak = broker, good, 0

    def __enter__(self):
        self.first = len(self.good.delays)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self

    def look(self):
        while not self.ending.wait(0.02):
            self.peak = max(self.peak, self.broker.rss_bytes())

    def __exit__(self, failed, *_):
        until = time.monotonic() + WAIT_SECONDS_MAX
        while not failed and len(self.good.delays) < self.first + ROUND_TRIPS:
            assert time.monotonic() < until, "the well-behaved client does not come along"
            assert self.good.is_alive(), "the well-behaved client ended"
            time.sleep(0.02)
        self.ending.set()
        self.thread.join()
        if failed:
            return
        assert self.broker.process.poll() is None, "the broker ended"
        delays = self.good.delays[self.first:]
        print(f"        peak {self.peak >> 20} MiB; {len(delays)} round trips of the good client: median {statistics.median(delays) * 1000:.0f} ms, "
              f"longest {max(delays) * 1000:.0f} ms", flush=True)
        assert self.peak <= MEMORY_MAX, f"{self.peak} bytes resident; {MEMORY_MAX} are allowed"


def closed(s):
    """Waits until the other side has closed it."""
    s.settimeout(WAIT_SECONDS_MAX)
    try:
        while s.recv(65536):
            pass
        return True
    except ConnectionError:
        return True


def half_requests_wait_and_hold_nobody_up(broker, watch):
    sockets = []
    with watch:
        for size in (100, 1 << 20, 30 << 20):
            for _ in range(100):
                s = wire.connect(broker.address)
                s.sendall(struct.pack(">i", size) + b"\x00\x12\x00\x00" + b"x" * 40)
                sockets.append(s)
    for s in sockets:
        s.close()


def giant_and_negative_lengths_are_dropped(broker, watch):
    with watch:
        for length in (0x7FFFFFFF, -1, -0x80000000, 0, 1, 3, (32 << 20) + 1):
            s = wire.connect(broker.address)
            s.sendall(struct.pack(">i", length) + b"\x00" * 8)
            assert closed(s), length


def ten_thousand_idle_connections_are_bounded(broker, watch):
    sockets = []
    with watch:
        for _ in range(IDLE_CONNECTIONS):
            try:
                sockets.append(wire.connect(broker.address))
            except OSError:
                break
        print(f"        {len(sockets)} connections opened; the broker holds {len(os.listdir(f'/proc/{broker.process.pid}/fd'))} descriptors")
        assert len(sockets) == IDLE_CONNECTIONS, "the test itself could not open so many"
    for s in sockets:
        s.close()
    until = time.monotonic() + WAIT_SECONDS_MAX  # a new client is let in again
    while True:
        s = wire.connect(broker.address)
        try:
            s.sendall(wire.frame(wire.API_VERSIONS, 0, b""))
            if wire.answer(s) is not None:
                return
        except ConnectionError:
            pass
        assert time.monotonic() < until, "no new client is let in"


def readers_that_never_read_take_no_memory(broker, watch):
    producer = ck.Producer({"bootstrap.servers": broker.address, "broker.address.family": "v4", "log_level": 0, "acks": "all"})
    for n in range(64):
        producer.produce("big", bytes(900_000), partition=0)
        producer.poll(0)
    assert producer.flush(WAIT_SECONDS_MAX) == 0
    sockets = []
    with watch:
        for _ in range(100):
            s = wire.connect(broker.address, receive_buffer=4096)
            s.sendall(b"".join(wire.fetch("big", 50 << 20) for _ in range(20)))
            sockets.append(s)
    for s in sockets:
        s.close()


def a_hundred_thousand_topics_are_bounded(broker, watch):
    with watch:
        s = wire.connect(broker.address, timeout=WAIT_SECONDS_MAX)
        for first in range(0, TOPICS_ASKED, 1000):
            s.sendall(wire.metadata([f"small-{n}" for n in range(first, first + 1000)]))
            assert wire.answer(s) is not None
    listed = subprocess.run(["kcat", "-b", broker.address, "-L", "-J"], capture_output=True, text=True, check=True, timeout=WAIT_SECONDS_MAX).stdout
    topics = listed.count('"topic":"small-')
    print(f"        {topics} topics of {TOPICS_ASKED} asked for were made")
    assert 0 < topics <= 10_000


def decompression_bombs_are_refused(broker, watch):
    batch = wire.bomb(512 << 20)
    admin = subprocess.run(["kcat", "-b", broker.address, "-L", "-t", "bombed"], capture_output=True, check=True)
    assert admin.returncode == 0
    with watch:
        for topic in ("bombed", "__consumer_offsets", "compacted"):
            s = wire.connect(broker.address)
            s.sendall(wire.produce(topic, batch))
            got = wire.answer(s)
            error = None if got is None else wire.produce_error(got)
            print(f"        {len(batch)} bytes that become {512 << 20}: {topic}: {'dropped' if got is None else f'error {error}'}")
            # A topic that keeps no keys apart stores a batch as it came, and never unpacks it.
            assert error != 0 or topic == "bombed"


def garbage_is_dropped(broker, watch):
    dice = random.Random(5)
    with watch:
        for _ in range(300):
            s = wire.connect(broker.address)
            try:
                s.sendall(struct.pack(">i", 64) + dice.randbytes(64) + dice.randbytes(dice.randrange(4000)))
                s.shutdown(1)
                assert closed(s)
            except ConnectionError:
                pass
            s.close()


def a_pipelined_flood_is_answered_in_order_or_dropped(broker, watch):
    with watch:
        floods = []
        for _ in range(20):
            s = wire.connect(broker.address, timeout=WAIT_SECONDS_MAX)
            sender = threading.Thread(target=lambda c=s: flood(c), daemon=True)
            sender.start()
            floods.append((s, sender))
        for s, sender in floods:
            expected = 0
            while expected < 5000:
                got = wire.answer(s)
                if got is None:
                    break
                assert struct.unpack(">i", got[:4])[0] == expected, "an answer out of order"
                expected += 1
            s.close()
            sender.join(WAIT_SECONDS_MAX)


def flood(s):
    try:
        s.sendall(b"".join(wire.frame(wire.API_VERSIONS, 0, b"", correlation=n) for n in range(5000)))
    except OSError:
        pass  # it was dropped


ATTACKS = [half_requests_wait_and_hold_nobody_up, giant_and_negative_lengths_are_dropped, garbage_is_dropped,
           a_pipelined_flood_is_answered_in_order_or_dropped, readers_that_never_read_take_no_memory, decompression_bombs_are_refused,
           ten_thousand_idle_connections_are_bounded, a_hundred_thousand_topics_are_bounded]


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < IDLE_CONNECTIONS + 1000:
        sys.exit(f"this machine lets a process open {hard} files; {IDLE_CONNECTIONS + 1000} are needed")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="antiphon-hostile-") as folder:
        broker = Broker(sys.argv[1], folder + "/data", level="error").start()
        subprocess.run(["kcat", "-b", broker.address, "-L", "-t", "good", "-t", "big"], capture_output=True, check=True)
        admin = AdminClient({"bootstrap.servers": broker.address, "broker.address.family": "v4"})
        made = admin.create_topics([NewTopic("compacted", 1, 1, config={"cleanup.policy": "compact"})])
        made["compacted"].result(WAIT_SECONDS_MAX)
        good = GoodClient(broker.address)
        good.start()
        for attack in ATTACKS:
            print(attack.__name__, flush=True)
            try:
                attack(broker, Watch(broker, good))
                print("ok", flush=True)
            except Exception as error:  # noqa: BLE001: the others are to be tried, too
                failed += 1
                print(f"FAILED  {attack.__name__}: {error!r}", flush=True)
        good.ending.set()
        good.join(WAIT_SECONDS_MAX)
        if broker.stop() != 0:
            failed += 1
            print("FAILED  orderly end")
    print(f"{len(ATTACKS) + 1 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
