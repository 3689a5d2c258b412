#!/usr/bin/env python3
"""Runs the shell blocks of a documentation page in order, as its reader would: in an empty folder, each command as it is written but for its
port. A command that serves (broker, studio) runs on beside those that follow until one of its kind takes its place; it must print `ready`,
and end with 0 when it is asked to stop. The first command that fails, fails the test. 77: a program that the page uses is not here.

usage: page_commands.py ANTIPHON PAGE
"""
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

COMMAND_SECONDS_MAX = 60
PORT_OF_THE_PAGE = "9093"


def commands_of(page):
    """The indented lines of the page; a line that ends with a backslash, or opens a here-document, takes those that belong to it."""
    lines = [line[4:] for line in page.splitlines() if line.startswith("    ")]
    while lines:
        command = lines.pop(0)
        while command.endswith("\\") and lines:
            command += "\n" + lines.pop(0)
        document = re.search(r"<<(\w+)$", command)
        while document and command.splitlines()[-1] != document[1]:
            if not lines:
                sys.exit(f"the here-document of this command has no end: {command}")
            command += "\n" + lines.pop(0)
        yield command


def kind_of_server(command):
    """What serves until it is stopped; None for a command that ends by itself."""
    found = re.match(r"antiphon (broker|studio)\b", command)
    return found[1] if found and not re.search(r"--(add|remove)-user\b", command) else None


class Server:
    def __init__(self, command, where):
        self.command = command
        self.lines = []
        arrived = queue.Queue()
        self.process = subprocess.Popen(["bash", "-c", "exec " + command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, **where)
        threading.Thread(target=self.read, args=(arrived,), daemon=True).start()
        try:
            ready = arrived.get(timeout=COMMAND_SECONDS_MAX)
        except queue.Empty:
            ready = False
        if not ready:
            self.process.kill()
            raise RuntimeError(f"does not become ready: {command}\n" + "".join(self.lines))

    def read(self, arrived):
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("ready "):
                arrived.put(True)
        arrived.put(False)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "no end"
        if code != 0:
            raise RuntimeError(f"ended with {code} when stopped: {self.command}\n" + "".join(self.lines))


def run(command, where):
    done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=COMMAND_SECONDS_MAX, **where)
    if done.returncode != 0:
        raise RuntimeError(f"failed with {done.returncode}: {command}\n{done.stdout}")


def run_all(commands, where):
    servers = {}
    try:
        for command in commands:
            kind = kind_of_server(command)
            if not kind:
                run(command, where)
                continue
            if kind in servers:
                servers.pop(kind).stop()
            servers[kind] = Server(command, where)
        for kind in reversed(list(servers)):
            servers.pop(kind).stop()
    finally:
        for server in servers.values():
            server.process.kill()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def main():
    antiphon, page = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    port = free_port()
    commands = [re.sub(rf"\b{PORT_OF_THE_PAGE}\b", port, command) for command in commands_of(page.read_text())]
    if not commands:
        sys.exit(f"{page} has no shell block: is it still indented by four?")
    for program in {command.split()[0] for command in commands} & {"kcat", "openssl"}:
        if not shutil.which(program):
            print(f"{program} is not here: install it to run this page")
            sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="antiphon-page-") as folder:
        environment = dict(os.environ, PATH=f"{antiphon.parent}:{os.environ['PATH']}", ANTIPHON_HTTP="127.0.0.1:0")
        try:
            run_all(commands, {"cwd": folder, "env": environment})
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            sys.exit(f"{page.name}: a command of the page {error}")
    print(f"{page.name}: {len(commands)} commands did what the page says")


main()
