"""A profile of our broker under one row: where its time goes, by function, for the report's section on rows not met."""
import pathlib
import subprocess
import tempfile

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
            told = subprocess.run(["perf", "report", "-i", str(data), "--stdio", "--no-children", "--percent-limit", "0.7", "--sort", "dso,symbol"],
                                  capture_output=True, text=True).stdout
        lines = [line.rstrip() for line in told.splitlines() if line.strip() and not line.startswith("#")][:LINES]
        (folder / f"{name}.md").write_text("perf, share of the broker's CPU time by function (`./dev bench broker --rows %s --profile`):\n\n```\n%s\n```\n" % (name, "\n".join(lines)))
        print(f"{name}: {figures}\n" + "\n".join(lines))


class Profiled(peers.Ours):
    def __init__(self, data):
        self.data = data

    def command(self, folder, port, durable):
        return ["perf", "record", "-q", "-F", "2000", "-g", "-o", self.data, "--", *super().command(folder, port, durable)]
