"""A profile of our broker under one row: where its time goes, by function, for the report's section on rows not met."""
import pathlib
import signal
import subprocess
import tempfile
import time

import machine
import peers
import rows

LINES = 25


def write(names, client, work, scale):
    folder = peers.ROOT / "docs/reports/profiles"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        row = rows.BY_NAME[name]
        with tempfile.TemporaryDirectory(prefix=f"profile-{name}-", dir=work) as base:
            data = pathlib.Path(base) / "perf.data"
            ours = Profiled(data)
            with rows.Bench(ours, pathlib.Path(base), client, scale, durable=row.group == "sync") as bench:
                machine.settle()
                figures = rows.RUN[row.group](bench, [name])[name]
            told = subprocess.run(["perf", "report", "-i", str(data), "--stdio", "--no-children", "-g", "none", "--comm", "antiphon", "--percentage", "relative", "--percent-limit", "1", "--sort", "dso,symbol"],
                                  capture_output=True, text=True)
            if told.returncode != 0:
                raise RuntimeError(f"perf report: {told.stderr[-400:]}")
        lines = [line.rstrip(" -") for line in told.stdout.splitlines() if line.strip() and not line.startswith("#")][:LINES]
        (folder / f"{name}.md").write_text("perf over the whole machine, the broker's functions by their share of its samples (`./dev bench broker --rows %s --profile`):\n\n```\n%s\n```\n" % (name, "\n".join(lines)))
        print(f"{name}: {figures}\n" + "\n".join(lines))


class Profiled(peers.Ours):
    """Ours, with perf over the whole machine from just before its last start to its end."""

    def __init__(self, data):
        self.data, self.perf = data, None

    def start(self, *arguments, **more):
        self.end()
        self.data.unlink(missing_ok=True)
        self.perf = subprocess.Popen(["perf", "record", "-q", "-a", "-F", "2000", "-g", "-o", str(self.data)], stderr=subprocess.DEVNULL)
        while not self.data.exists() and self.perf.poll() is None:  # until it records
            time.sleep(0.01)
        super().start(*arguments, **more)

    def stop(self):
        self.end()
        super().stop()

    def end(self):
        if self.perf:
            self.perf.send_signal(signal.SIGINT)
            self.perf.wait()
            self.perf = None
