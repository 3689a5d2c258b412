#!/usr/bin/env python3
"""./dev deploy containers: deploy/compose/compose.yaml brought up in podman, asked from outside, its parts killed, and judged.

Antiphon's image is the one that `./dev package` makes; Kafka's is a stand-in (stand_in.py). Everything podman keeps lies in a folder of ours,
and its networks lead nowhere beyond this machine but for the studio's, which publishes one port on loopback. It writes
docs/reports/DATE-containers.md. Needs root.
"""
import datetime
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("tests/cluster", "tests/spine", "packaging")]
import engine  # noqa: E402
import package  # noqa: E402
import stand_in  # noqa: E402
from composed import Stack  # noqa: E402
from harness import Studio, Volunteers, a_corpus, archived, judge, sha256, until, upload  # noqa: E402

STAGES, KAFKA = ("select", "studio", "archive"), ("kafka-1", "kafka-2", "kafka-3")
TRY_AGAIN = 75  # of sysexits
RECEIPTS_BETWEEN = 10  # that a part's death must not keep from coming
# kcat as the administrator, with the addresses of the containers: it runs on the machine, in a file system that differs by /etc/hosts.
JUDGE = """#!/bin/sh
exec unshare -m sh -c 'mount --bind {folder}/hosts /etc/hosts && exec {kcat} "$@"' kcat -X security.protocol=SSL -X ssl.ca.location={secrets}/ca.crt \\
  -X ssl.certificate.location={secrets}/admin.pem -X ssl.key.location={secrets}/admin.pem -X log_level=0 "$@"
"""


class Containers:
    """The stack, and what the checks share."""

    bootstrap = ",".join(f"{name}:9094" for name in KAFKA)  # for the judge

    def __init__(self, folder):
        self.folder, self.deploy = folder, folder / "deploy"
        shutil.copytree(ROOT / "deploy", self.deploy, ignore=shutil.ignore_patterns("secrets"))
        (folder / "podman").mkdir()
        self.podman = engine.Podman(folder / "podman")
        compose = yaml.safe_load((self.deploy / "compose/compose.yaml").read_text())
        corpus = a_corpus(folder).removeprefix("file://")  # the demo's would be read to its end too soon
        self.stack = Stack(self.podman, compose, self.deploy / "compose", {f"apache/kafka:{stand_in.VERSION}": stand_in.NAME},
                           {"select": ["-v", f"{corpus}:/usr/share/antiphon/demo:ro"]})
        self.studio = Studio(f"http://127.0.0.1:{self.stack.port}")
        self.receipts = {}
        self.install_judge()

    def install_judge(self):
        at = self.folder / "judge"
        at.mkdir()
        (at / "kcat").write_text(JUDGE.format(folder=at, kcat=shutil.which("kcat"), secrets=self.deploy / "secrets"))
        (at / "kcat").chmod(0o755)
        os.environ["PATH"] = f"{at}:{os.environ['PATH']}"
        self.hosts = at / "hosts"

    def judged(self):
        self.hosts.write_text(self.stack.hosts())
        return judge(self, self.receipts, self.voices)

    @property
    def voices(self):
        return pathlib.Path(self.stack.volume("voices")) / "archive"

    def end(self):
        self.podman.end()


# ---------------------------------------------------------------- what is seen, in this order

def images_are_there(its):
    made = subprocess.run([its.deploy / "secrets.sh"], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    version = its.podman.load(package.image_path(), f"localhost/antiphon:{package.version()}")
    stand_in.load(its.podman)
    return f"podman {version}; {package.image_path().name}; {stand_in.NAME}"


def the_file_comes_up(its):
    its.stack.up()
    access = next(line for line in its.stack.log("access").splitlines() if line.startswith("access: "))
    return f"{len(its.stack.started)} services in the order of depends_on, each healthy by the file's own check; {access}"


def containers_are_fenced_in(its):
    for name in (*KAFKA, *STAGES):
        status = dict(re.findall(r"^(\w+):\s+(.*)$", its.stack.shell(name, "cat /proc/1/status").stdout, re.M))
        assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1" and status["Uid"].split()[0] != "0", (name, status)
        assert its.stack.shell(name, "echo x >/etc/x").returncode != 0, f"{name}: its root file system can be written"
        limit = its.stack.shell(name, "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null").stdout.split()
        assert limit == [str({"512m": 512 << 20, "1g": 1 << 30}[its.stack.services[name]["mem_limit"]])], (name, limit)
    for name in (*KAFKA, "select", "archive"):
        routes = its.stack.shell(name, "cat /proc/net/route").stdout.splitlines()[1:]
        assert routes and not any(line.split()[1] == "00000000" for line in routes), f"{name} has a way out: {routes}"
    return "no capability, no new privileges, not root, read-only, the file's memory limits; without a way out but the studio"


def a_voice_goes_all_the_way(its):
    page = its.studio.call("GET", "/")
    assert page.status == 200 and b"<html" in page.body, page.status
    recording, body, receipt, prompt = upload(its)
    its.receipts[recording] = (receipt, sha256(body))
    until("the archive holds it", lambda: archived(its.voices).get(recording) == sha256(body))
    return f"the page: 200; a sentence: {prompt['text']}; a take: 201, in {receipt['topic']}; and in the archive's volume"


def each_part_comes_back(its):
    """Volunteers go on meanwhile. A stage whose place in a group was taken by an older one of its own, as can be when the group's coordinator
    dies, says so and ends with 75: the engine starts it again. Nobody ends with anything else."""
    killed, again = [], 0
    volunteers = Volunteers(its, 2, ["sw"])
    try:
        for name in ("kafka-1", "studio", "kafka-2", "archive", "select", "kafka-3"):
            goes_on(volunteers, f"before {name} is killed")
            before = its.stack.deaths()
            its.stack.kill(name)
            goes_on(volunteers, f"after {name} was killed")
            its.stack.all_healthy()
            ended = {other: codes[len(before[other]):] for other, codes in its.stack.deaths().items() if codes != before[other]}
            assert ended.pop(name)[0] == 128 + signal.SIGKILL
            assert all(other in STAGES and set(codes) == {TRY_AGAIN} for other, codes in ended.items()), f"{name} was killed, and so ended: {ended}"
            again += sum(map(len, ended.values()))
            killed.append(name)
    finally:
        its.receipts |= volunteers.finish()
    return (f"SIGKILL, one after the other, to {', '.join(killed)}: each was started again by the engine and is healthy; {again} times a stage ended with 75 meanwhile "
            f"(its place in the group was taken by an older one of its own) and was started again; no other end; {len(its.receipts)} takes have receipts")


def goes_on(volunteers, when):
    count = len(volunteers.receipts)
    until(f"takes get receipts {when}", lambda: volunteers.errors or len(volunteers.receipts) >= count + RECEIPTS_BETWEEN, 120, 0.1)


def every_receipt_stands(its):
    seen = its.judged()
    return "by kcat: " + ", ".join(f"{number} {what}" for what, number in seen.items()) + "; each receipt where it says with its bytes; the archive complete"


def a_stop_is_clean(its):
    codes = {name: its.stack.stop(name) for name in STAGES}
    assert set(codes.values()) == {0}, (codes, {name: its.stack.log(name)[-600:] for name, code in codes.items() if code})
    code = its.stack.stop("kafka-3")  # one, as when it is renewed: without a quorum the last waits until it is killed
    assert code == 128 + signal.SIGTERM, code
    return f"podman stop: the stages ended with 0, one Kafka node with {code}, which is Java's for SIGTERM"


CHECKS = [images_are_there, the_file_comes_up, containers_are_fenced_in, a_voice_goes_all_the_way, each_part_comes_back, every_receipt_stands, a_stop_is_clean]


def report(rows):
    today = datetime.date.today().isoformat()
    commit = package.output("git", "rev-parse", "--short", "HEAD", cwd=ROOT)
    table = "\n".join(f"| {name.replace('_', ' ')} | {verdict} | {words} |" for name, verdict, words in rows)
    (ROOT / f"docs/reports/{today}-containers.md").write_text(
        f"# The Compose file in podman, {today}\n\n`./dev deploy containers` at {commit}, everything on this one machine ({os.cpu_count()} cores). Run: deploy/compose/compose.yaml key by "
        f"key as `podman run`, with\ndeploy/secrets.sh and deploy/access.sh as they are. Exchanged: Kafka's image (a stand-in: Apache Kafka {stand_in.VERSION} of Maven's packages, Debian's Java), "
        f"the\nport of this machine, and the corpus. Health checks were asked by the test, as podman without systemd asks for none. Not run: Docker, Compose itself, the real image\nof Kafka, Kubernetes. "
        f"Written by the command, no figure by hand.\n\n| what | result | seen |\n| --- | --- | --- |\n{table}\n")
    print(f"report: docs/reports/{today}-containers.md")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = []
    with tempfile.TemporaryDirectory(prefix="antiphon-containers-") as folder:
        its = Containers(pathlib.Path(folder))
        try:
            for check in CHECKS:
                try:
                    rows.append((check.__name__, "passed", check(its)))
                    print(f"ok   {check.__name__}: {rows[-1][2]}", flush=True)
                except engine.NotRun as why:
                    sys.exit(f"not run: {why}")
                except (AssertionError, OSError, KeyError, subprocess.SubprocessError) as e:
                    rows.append((check.__name__, "FAILED", " ".join(str(e).split()).replace("|", " ").replace(folder, "")[:300]))
                    print(f"FAIL {check.__name__}\n{traceback.format_exc()}", flush=True)
                    if check in CHECKS[:2]:
                        break  # nothing stands that the others could look at
        finally:
            its.end()
    report(rows)
    passed = sum(verdict == "passed" for _, verdict, _ in rows)
    print(f"{passed} passed, {len(CHECKS) - passed} failed")
    sys.exit(0 if passed == len(CHECKS) else 1)


if __name__ == "__main__":
    main()
