"""Steady collection on a cluster, and its judge: what both cluster tests share.

The judge reads with kcat and Kafka's own tools, never with our code.
"""
import http.client
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "spine"))
from harness import (ANTIPHON, Pipeline, Volunteers, a_corpus, archived, die_with_the_test, read_topic, sha256, until)  # noqa: E402, F401

from cluster import run  # noqa: E402

NAMESPACE = "voices"


class ClusterPipeline(Pipeline):
    """`antiphon up --bootstrap ADDRESS`: the same pipeline, told one broker of the cluster."""

    def __init__(self, folder, cluster, arguments=(), corpora=None):
        super().__init__(folder, corpora, ["--bootstrap", cluster.address(1), *arguments])
        self.bootstrap = cluster.bootstrap  # for the judge, who must find the others when the first is down


class Archive:
    """One more process of a target: of a second one, or beside the first in its group."""

    def __init__(self, pipeline, folder, name, slot=None):
        self.command = [ANTIPHON, "archive", "--bootstrap", pipeline.bootstrap, "--archive", f"file://{folder}", "--name", name,
                        *(["--slot", slot] if slot else [])]
        self.log = pipeline.folder / f"archive-{name}-{slot}.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, preexec_fn=die_with_the_test)
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


class Crowd(Volunteers):
    """Volunteers whose every attempt is written down: when, which answer, whether it said when to come again."""

    def __init__(self, *arguments, **more):
        self.pace = more.pop("pace", 0)
        self.attempts = []  # (when it was answered, status; 0: no answer, has Retry-After)
        self.waits = []     # (when the person pressed Send, seconds until the receipt)
        super().__init__(*arguments, **more)

    def send_until_received(self, recording_id, body, prompt, speaker, session, take):
        began = time.monotonic()
        put = self.pipeline.studio.put
        while True:
            try:
                answer = put(recording_id, body, prompt["prompt_id"], speaker=speaker, lease=prompt["lease_id"], session=session, take=take)
            except (OSError, http.client.HTTPException):
                self.attempts.append((time.monotonic(), 0, False))
                self.ending.wait(0.2)
                continue
            self.attempts.append((time.monotonic(), answer.status, "Retry-After" in answer.headers))
            if answer.status in (200, 201):
                receipt = answer.json()
                known = self.receipts.setdefault(recording_id, (receipt, sha256(body)))
                assert known[0] == receipt, f"two receipts for {recording_id}: {known[0]} and {receipt}"
                self.waits.append((began, time.monotonic() - began))
                self.ending.wait(self.pace)  # a person reads before they speak
                return
            assert answer.status in (429, 503), f"{answer.status} for a good take: {answer.body[:300]}"
            time.sleep(0.2)

    def silence(self, since, until_time):
        """The longest time without any receipt in between."""
        times = [since] + [t for t, status, _ in self.attempts if status in (200, 201) and since < t < until_time] + [until_time]
        return max(b - a for a, b in zip(times, times[1:]))

    def longest_wait(self, since):
        """Of a voice that was on its way then or was sent later."""
        return max((seconds for began, seconds in self.waits if began + seconds > since), default=0.0)

    def go_on(self, what, seconds=180, count=8):
        before = len(self.receipts)
        until(f"uploads go on after {what}", lambda: len(self.receipts) >= before + count or self.errors, seconds)
        assert not self.errors, self.errors


def committed(cluster, group):
    """partition -> committed offset of the recordings, by Kafka's own tool; empty when it does not answer now."""
    text = run(cluster.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--describe", "--group", group), 90).stdout
    found = re.findall(rf"^\S+\s+{NAMESPACE}\.recordings\s+(\d+)\s+(\d+)\s", text, re.M)
    return {int(partition): int(offset) for partition, offset in found}


class Snapshot:
    """What a group has committed, and what its target held right AFTER: every event below the first must be in the second."""

    def __init__(self, cluster, group, folder):
        self.committed = committed(cluster, group)
        self.stored = {sidecar.stem for sidecar in folder.rglob("*.json")}

    def judge(self, records):
        for r in records:
            if r.offset < self.committed.get(r.partition, 0):
                assert r.key in self.stored, f"{r.key} at {r.partition}/{r.offset} was committed and not stored"
        return sum(1 for r in records if r.offset < self.committed.get(r.partition, 0))


def once(records, what):
    """key -> its first record; how often one stood twice. A repeat must be the same bytes (promise 2)."""
    first, repeats = {}, 0
    for record in records:
        if record.key in first:
            repeats += 1
            assert record.value == first[record.key].value, f"{what} {record.key} stands twice with different bytes"
        else:
            first[record.key] = record
    return first, repeats


def judge(bootstrap, receipts, archives):
    """Every receipt stands where it says with its bytes, nothing twice but the same bytes, every archive holds all of it."""
    everything = read_topic(bootstrap, f"{NAMESPACE}.recordings")
    recordings, repeats = once(everything, "recording")
    at = {(r.partition, r.offset): r for r in everything}
    for recording_id, (receipt, digest) in receipts.items():
        record = at.get((receipt["partition"], receipt["offset"]))
        assert record is not None and record.key == recording_id, f"LOST: {recording_id} was answered 201 and is not where its receipt says"
        assert sha256(record.value) == digest == receipt["sha256"], f"{recording_id} has other bytes"
    prompts, prompt_repeats = once(read_topic(bootstrap, f"{NAMESPACE}.prompts"), "prompt")
    for archive in archives:
        until(f"{archive} holds every recording", lambda: len(archived(archive)) >= len(recordings), 120, 0.5)
        stored = archived(archive)
        for recording_id, record in recordings.items():
            assert stored.get(recording_id) == sha256(record.value), f"{recording_id} is not in {archive} with its hash"
    return {"receipts": len(receipts), "recordings": len(recordings), "repeats": repeats, "prompts": len(prompts),
            "prompt_repeats": prompt_repeats, "records": everything}
