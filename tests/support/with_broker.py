#!/usr/bin/env python3
"""Runs a command with a fresh embedded broker beside it: ANTIPHON_TEST_BOOTSTRAP names its address.

usage: with_broker.py ANTIPHON COMMAND [ARGUMENT...]
"""
import os
import subprocess
import sys
import tempfile


def main():
    program, command = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory(prefix="antiphon-broker-") as folder:
        broker = subprocess.Popen([program, "broker", "--data", folder + "/data", "--kafka", "127.0.0.1:0"],
                                  stdout=subprocess.PIPE, text=True)
        try:
            ready = broker.stdout.readline().split()
            if len(ready) != 2 or ready[0] != "ready":
                sys.exit(f"the broker did not start: {ready}")
            code = subprocess.run(command, env={**os.environ, "ANTIPHON_TEST_BOOTSTRAP": ready[1]}, timeout=390).returncode
        finally:
            broker.terminate()
            end = broker.wait(timeout=30)
    if end != 0:
        sys.exit(f"the broker ended with code {end}")
    sys.exit(code)


main()
