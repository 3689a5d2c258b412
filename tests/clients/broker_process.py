"""A real broker process on a free port, for the tests of this folder."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

START_SECONDS_MAX = 60


class Broker:
    """`with Broker(program) as b: b.address`. kill() and start() again keep the folder and the port."""

    def __init__(self, program, partitions=1, arguments=()):
        self.program = program
        self.arguments = list(arguments)
        self.partitions = partitions
        self.folder = tempfile.mkdtemp(prefix="antiphon-clients-")
        self.port = 0
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "broker", "--data", self.folder, "--kafka", f"127.0.0.1:{self.port}", "--partitions", str(self.partitions),
             *self.arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.errors = []
        threading.Thread(target=lambda p=self.process: self.errors.extend(p.stderr), daemon=True).start()
        line = ""
        timer = threading.Timer(START_SECONDS_MAX, self.process.kill)
        timer.start()
        while not line.startswith("ready "):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the broker ended with {self.process.wait()}: {''.join(self.errors)}")
        timer.cancel()
        self.port = int(line.rsplit(":", 1)[1])
        threading.Thread(target=lambda p=self.process: [None for _ in p.stdout], daemon=True).start()
        return self

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def __enter__(self):
        return self.start()

    def __exit__(self, failed, *_):
        if self.process and self.process.poll() is None:
            self.kill()
        if failed:
            sys.stderr.write("".join(self.errors[-50:]))
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(condition, seconds=30, what="condition"):
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def run_all(tests, program):
    """Each test is a function of a running broker; a line a test, exit code 1 when one failed."""
    failed = 0
    with Broker(program) as broker:
        for test in tests:
            try:
                test(broker)
                print(f"ok      {test.__name__}", flush=True)
            except Exception as error:  # noqa: BLE001: one failed test must not hide the others
                failed += 1
                import traceback
                traceback.print_exc()
                print(f"FAILED  {test.__name__}: {error!r}", flush=True)
        code = broker.stop()
        if code != 0:
            failed += 1
            print(f"FAILED  orderly end: exit code {code}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


assert os.name == "posix"
