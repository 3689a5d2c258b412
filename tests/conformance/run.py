#!/usr/bin/env python3
"""Other people's test suites as judges of the embedded broker. `./dev conformance --help`.

Each suite is fetched by its package's name into build/conformance, runs against a broker of its own on a free port, and leaves a
dated report in docs/reports. Results are kept while it runs: a stopped run goes on where it was, unless --again.
"""
import argparse
import importlib
import shutil
import signal
import sys
import time

from brokers import KINDS
from results import Results

NEEDS = {"librdkafka": ("npm", "make", "gcc", "g++"), "kgo": ("go",), "java": ("java", "mvn"), "kafkapython": ("python3",), "kafkajs": ("node", "npm")}
SUITES = tuple(NEEDS)


def main():
    parser = argparse.ArgumentParser(prog="./dev conformance", description=__doc__.split("\n\n")[1])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"{', '.join(SUITES)}; all by default")
    parser.add_argument("--against", choices=sorted(KINDS), default="antiphon", help="which broker is judged (apache: the control)")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="only tests whose name holds TEXT; no report is written")
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="tests at a time, each with a broker of its own")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="start no test after so long; the next run goes on")
    asked = parser.parse_args()
    for suite in asked.suites:
        if suite not in SUITES:
            parser.error(f"there is no suite '{suite}'; there are: {', '.join(SUITES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # brokers end with it
    until = time.monotonic() + asked.seconds if asked.seconds else float("inf")
    passed = failed = 0
    for name in asked.suites or SUITES:
        missing = [tool for tool in NEEDS[name] if not shutil.which(tool)]
        if missing:
            print(f"{name}: left out, for want of {', '.join(missing)}")
            failed += 1
            continue
        suite = importlib.import_module(name)
        results = Results(name, asked.against)
        if asked.again:
            results.forget()
        if asked.only:
            for test in [t for t in results.rows if any(o in t for o in asked.only)]:
                del results.rows[test]
        whole = suite.run(KINDS[asked.against], results, asked.only, asked.jobs, lambda: time.monotonic() > until)
        if results.rows and not asked.only:
            path = results.report(f"{suite.TITLE} against {KINDS[asked.against].title}", suite.MADE_WITH, suite.CAUSES, whole)
            print(f"report: {path}")
        print(f"{name}: {results.count('passed')} passed, {results.count('failed')} failed, {results.count('skipped')} skipped"
              + ("" if whole else " so far"))
        passed += results.count("passed")
        failed += results.count("failed")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed else 1


sys.exit(main())
