#!/usr/bin/env python3
"""The broker's folder, with real processes: one owner, no deletion without its reason in the log, a disk that fills up.

usage: folder_test.py ANTIPHON [part of a test's name]      exit code 77: some could not run here, and which (that is no pass)
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hostile"))
import wire  # noqa: E402
from broker_process import Broker  # noqa: E402

WAIT_SECONDS_MAX = 60
STORAGE_ERROR = 56
DISK_MIB, BALLAST_MIB = 224, 60  # 64 of them are the journal's


class Skipped(Exception):
    pass


def wait_until(condition, what):
    until = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < until, f"{what}: not within {WAIT_SECONDS_MAX} s"
        time.sleep(0.05)


def a_second_broker_on_the_folder_refuses(program, folder):
    first = Broker(program, folder + "/data").start()
    second = Broker(program, folder + "/data")
    done = subprocess.run(second.command, capture_output=True, text=True, timeout=WAIT_SECONDS_MAX, check=False)
    assert done.returncode != 0 and str(first.process.pid) in done.stderr, f"code {done.returncode}: {done.stderr}"
    assert "ready" not in done.stdout
    s = wire.connect(first.address)  # the first one goes on
    s.sendall(wire.metadata(["t"]))
    assert wire.answer(s) is not None
    first.kill()
    third = Broker(program, folder + "/data").start()  # the lock died with its process
    assert third.stop() == 0


def every_deletion_is_in_the_log_with_its_reason(program, folder):
    broker = Broker(program, folder + "/data", level="info").start()
    admin = AdminClient({"bootstrap.servers": broker.address, "broker.address.family": "v4"})
    config = {"segment.bytes": "100000", "retention.bytes": "300000"}
    for future in admin.create_topics([NewTopic("kept-short", 1, 1, config=config), NewTopic("dropped", 2, 1)]).values():
        future.result(WAIT_SECONDS_MAX)
    producer = ck.Producer({"bootstrap.servers": broker.address, "broker.address.family": "v4", "acks": "all"})
    log = pathlib.Path(folder, "data", "log")
    seen = set()

    def look():
        seen.update(str(path) for path in log.glob("*/*.log"))
        return {path for path in seen if not os.path.exists(path)}
    for _ in range(100):
        producer.produce("kept-short", bytes(20_000), partition=0)
        producer.produce("dropped", b"x", partition=0)
        assert producer.flush(WAIT_SECONDS_MAX) == 0
        look()
    wait_until(lambda: len([path for path in look() if "kept-short" in path]) > 5, "retention removed segments")
    admin.delete_topics(["dropped"])["dropped"].result(WAIT_SECONDS_MAX)
    wait_until(lambda: [path for path in look() if "dropped" in path], "the deleted topic's files are gone")
    gone = look()
    assert broker.stop() == 0
    told = {}
    for line in broker.lines:
        event = json.loads(line)
        if event["msg"] == "a segment was deleted":
            told[os.path.basename(os.path.dirname(event["file"])) + "/" + os.path.basename(event["file"])] = event["reason"]
        elif event["msg"] == "topic deleted" and "reason" in event:
            told[event["topic"]] = event["reason"]
    for path in sorted(gone):
        name = "/".join(path.split("/")[-2:])
        reason = told.get(name) or told.get(name.split("/")[0].rsplit("-", 1)[0])
        assert reason, f"{name} went and nobody said why"
    print(f"        {len(gone)} files went; reasons such as: {sorted(set(told.values()))[:2]}")


class Tmpfs:
    """A small file system that fills up."""

    def __init__(self, folder):
        self.folder = folder + "/small"

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skipped("mounting a tmpfs needs root")
        os.makedirs(self.folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", self.folder], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skipped(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
        return self.folder

    def __exit__(self, *_):
        subprocess.run(["umount", self.folder], check=False)


def a_full_disk_refuses_writes_keeps_reading_and_recovers(program, folder):
    with Tmpfs(folder) as small:
        ballast = pathlib.Path(small, "ballast")
        ballast.write_bytes(bytes(BALLAST_MIB << 20))
        broker = Broker(program, small + "/data").start()
        try:
            fill_and_recover(broker, ballast)
        finally:
            if broker.process.poll() is None:
                broker.kill()


def fill_and_recover(broker, ballast):
    s = wire.connect(broker.address, timeout=WAIT_SECONDS_MAX)
    s.sendall(wire.metadata(["full"]))
    wire.answer(s)
    request = wire.produce("full", wire.batch(b"." * 200_000))  # made once: its CRC takes Python a while
    stored = 0

    def produce():
        nonlocal stored
        s.sendall(request)
        code = wire.produce_error(wire.answer(s))
        stored += code == 0
        return code

    def read():
        lines = subprocess.run(["kcat", "-b", broker.address, "-C", "-t", "full", "-o", "beginning", "-e", "-q", "-X", "check.crcs=true", "-f", "%o\n"],
                               capture_output=True, text=True, check=True, timeout=WAIT_SECONDS_MAX).stdout.splitlines()
        return [int(line) for line in lines]
    code = 0
    while code == 0 and stored < 5000:
        code = produce()
    assert code == STORAGE_ERROR, f"after {stored} batches: error {code}"
    print(f"        full after {stored} batches of 200 kB")
    assert read() == list(range(stored)), "reads do not go on"
    for _ in range(20):
        assert produce() in (0, STORAGE_ERROR)
    assert read() == list(range(stored))
    ballast.unlink()  # there is room again
    began = time.monotonic()
    wait_until(lambda: produce() == 0, "writes work again")
    print(f"        writes again {time.monotonic() - began:.2f} s after there was room, without a start")
    for _ in range(50):
        assert produce() == 0
    assert read() == list(range(stored))
    broker.kill()
    broker.start()
    assert read() == list(range(stored)), "after a start"
    assert broker.stop() == 0


TESTS = [a_second_broker_on_the_folder_refuses, every_deletion_is_in_the_log_with_its_reason, a_full_disk_refuses_writes_keeps_reading_and_recovers]


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was mounted is unmounted
    passed = failed = skipped = 0
    for test in TESTS:
        if len(sys.argv) > 2 and sys.argv[2] not in test.__name__:
            continue
        with tempfile.TemporaryDirectory(prefix="antiphon-folder-") as folder:
            try:
                test(sys.argv[1], folder)
                passed += 1
                print(f"ok      {test.__name__}", flush=True)
            except Skipped as why:
                skipped += 1
                print(f"SKIPPED {test.__name__}: {why}", flush=True)
            except Exception as error:  # noqa: BLE001: the others are to be tried, too
                import traceback
                traceback.print_exc()
                failed += 1
                print(f"FAILED  {test.__name__}: {error!r}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 77 if skipped else 0)


main()
