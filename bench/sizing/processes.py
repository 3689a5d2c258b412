"""Starts the product's processes as an operator does, and reads what the kernel tells of them and of their files."""
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests/spine"), str(ROOT / "bench/broker")]  # behind our own: both have a report
from harness import die_with_the_test, until  # noqa: E402
from machine import free_port, settle  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("ANTIPHON_BUILD", ROOT / "build/release"))
ANTIPHON, DRIVER = BUILD / "antiphon", BUILD / "bench/bench_sizing"
READY_SECONDS_MAX = 600


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def disk_bytes(folder, pattern="*"):
    """(bytes as long as the files are, bytes that they hold on disk)"""
    stats = [path.stat() for path in pathlib.Path(folder).rglob(pattern) if path.is_file()]
    return sum(s.st_size for s in stats), sum(s.st_blocks * 512 for s in stats)


class Stage:
    """One process; `seconds` from exec to its line `ready`."""

    def __init__(self, command, folder, *arguments):
        self.log = open(pathlib.Path(folder) / f"{command}.log", "ab")
        begin = time.monotonic()
        self.process = subprocess.Popen([ANTIPHON, command, *arguments], stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=die_with_the_test)
        line = next((line for line in self.process.stdout if line.startswith("ready")), "")  # another one names the status port
        self.seconds = time.monotonic() - begin
        if not line:
            self.process.kill()
            sys.exit(f"bench sizing: {command} did not start:\n{self.tail()}")
        self.address = line.split()[-1]
        self.resident = resident_bytes(self.process.pid)

    def now_resident(self):
        return resident_bytes(self.process.pid)

    def tail(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")[-2000:]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=60) != 0:
            sys.exit(f"bench sizing: a process ended with {self.process.returncode}:\n{self.tail()}")
        self.log.close()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def broker(folder, *arguments):
    return Stage("broker", folder, "--data", str(pathlib.Path(folder) / "broker"), "--kafka", "127.0.0.1:0", *arguments)


def studio(folder, bootstrap, *arguments):
    return Stage("studio", folder, "--bootstrap", bootstrap, "--http", "127.0.0.1:0", "--slot", "0", *arguments)
