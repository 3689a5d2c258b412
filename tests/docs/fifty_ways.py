#!/usr/bin/env python3
"""Each of the fifty ways in which brokers failed real clients has a test that carries its number: `TrapN` in the test's name, or `[N]` in
the comment on its line. Numbers of transactions count only where the broker offers them.

usage: fifty_ways.py ROOT
"""
import re
import sys
from pathlib import Path

OF_TRANSACTIONS = {32, 33, 42}


def main():
    root = Path(sys.argv[1])
    seen = set()
    for file in (root / "src" / "kafka").rglob("*_test.cc"):
        for line in file.read_text().splitlines():
            if re.match(r"TEST(_[FP])?\(", line) or "//" in line:
                comment = line.split("//", 1)[1] if "//" in line else ""
                seen |= {int(n) for n in re.findall(r"Trap(\d+)", line.split("//")[0])}
                seen |= {int(n) for n in re.findall(r"\[(\d+)\]", comment)}
    wanted = set(range(1, 51))
    if "kEndTxn," not in (root / "src/kafka/broker/handlers/apis.cc").read_text():
        wanted -= OF_TRANSACTIONS
    missing = sorted(wanted - seen)
    if missing:
        sys.exit(f"no test carries the number of: {missing}")
    print(f"{len(wanted)} ways, each with its test")


main()
