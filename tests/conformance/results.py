"""What the tests of a suite came to: kept while it runs, so that a run can be stopped and goes on; a report at the end.

A result is `passed`, `failed` or `skipped`; a test that was skipped, or that ran nothing, has not passed.
"""
import json
import threading
from datetime import datetime, timezone

from brokers import BUILD, ROOT


class Results:
    def __init__(self, suite, against):
        self.suite = suite
        self.against = against
        self.folder = BUILD / "results" / f"{suite}-{against}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "results.json"
        self.rows = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.lock = threading.Lock()

    def forget(self):
        self.rows = {}
        self.file.unlink(missing_ok=True)

    def has(self, test):
        return test in self.rows

    def add(self, test, result, words="", parts=()):
        """`parts`: the test's own subtests as (name, result)."""
        with self.lock:
            self.rows[test] = {"result": result, "words": words[-300:], "parts": [list(p) for p in parts]}
            self.file.write_text(json.dumps(self.rows, indent=1))
        print(f"{result:8} {test}" + (f": {words[-160:]}" if words and result != "passed" else ""), flush=True)

    def count(self, result):
        return sum(r["result"] == result for r in self.rows.values())

    def count_parts(self, result):
        return sum(part[1] == result for r in self.rows.values() for part in r["parts"])

    def report(self, title, made_with, causes, whole):
        """Writes docs/reports/conformance-SUITE-DATE.md. `causes`: test -> why it does not pass here."""
        now = datetime.now(timezone.utc)
        name = f"conformance-{self.suite}" + ("" if self.against == "antiphon" else f"-{self.against}") + f"-{now:%Y-%m-%d}.md"
        passed, failed, skipped = (self.count(r) for r in ("passed", "failed", "skipped"))
        lines = [f"# Conformance: {title}", "",
                 f"Made by `./dev conformance{'' if self.against == 'antiphon' else ' --against ' + self.against} {self.suite}` "
                 f"on {now:%Y-%m-%d %H:%M} UTC with {made_with}.", "",
                 f"{passed} passed, {failed} failed, {skipped} skipped"
                 + (f"; their subtests: {self.count_parts('passed')} passed, {self.count_parts('failed')} failed" if self.count_parts("passed") else ""),
                 *([] if whole else ["", "The run was stopped before its end: tests that are not listed here have not run."]),
                 "", "| test | result | cause, or its last words |", "|---|---|---|"]
        for test, row in sorted(self.rows.items(), key=lambda r: (r[1]["result"] == "passed", r[0])):
            words = causes.get(test, row["words"]) if row["result"] != "passed" else ""
            words = " ".join(words.replace("|", "/").split())
            lines.append(f"| {test} | {row['result'] if row['result'] == 'passed' else row['result'].upper()} | {words} |")
        path = ROOT / "docs" / "reports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        return path
