"""Steady collection on a cluster, and its judge: what both cluster tests share.

The judge reads with kcat and Kafka's own tools, never with our code.
"""
import asyncio
import http.client
import itertools
import pathlib
import random
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "spine"))
from crowd import ANSWER_SECONDS_MAX, Balancer  # noqa: E402
from harness import (ANTIPHON, Pipeline, Studio, Volunteers, a_corpus, archived, free_port, read_topic, sha256, until)  # noqa: E402, F401
from studios import Daemon  # noqa: E402

from cluster import run  # noqa: E402

NAMESPACE = "voices"


class ClusterPipeline(Pipeline):
    """`antiphon up --bootstrap ADDRESS`: the same pipeline, told one broker of the cluster."""

    def __init__(self, folder, cluster, arguments=(), corpora=None):
        super().__init__(folder, corpora, ["--bootstrap", cluster.address(1), *arguments])
        self.bootstrap = cluster.bootstrap  # for the judge, who must find the others when the first is down


def an_archive(pipeline, folder, name):
    """One more process of a target: of a second one, or beside the first in its group."""
    return Daemon(f"archive-{name}", pipeline.folder, "archive", "--bootstrap", pipeline.bootstrap, "--archive", f"file://{folder}", "--name", name)


def a_studio(pipeline):
    """One that shares the sentences with that of `up`; its address is in `host`."""
    host = f"127.0.0.1:{free_port()}"
    studio = Daemon("studio-2", pipeline.folder, "studio", "--bootstrap", pipeline.bootstrap, "--http", host, "--slot", "two")
    studio.host = host
    return studio


class Door(Studio):
    """A volunteer's way in: one's own studio, and another while the balancer finds that one dead."""

    def __init__(self, balancer, home):
        self.balancer, self.home = balancer, home
        self.asks_since = None    # for the sentence that is not here yet
        self.sentence_waits = []  # (when it was asked for first, seconds until it was there)

    def next_prompt(self, locale, speaker=None):
        self.asks_since = began = self.asks_since or time.monotonic()
        answer = super().next_prompt(locale, speaker)
        if answer.status == 200:
            self.sentence_waits.append((began, time.monotonic() - began))
            self.asks_since = None
        return answer

    def call(self, method, path, body=None, headers=None, timeout=ANSWER_SECONDS_MAX):
        name = self.balancer.choose(self.home, random)
        try:
            return Studio(f"http://{self.balancer.hosts[name]}").call(method, path, body, headers, timeout)
        except (OSError, http.client.HTTPException) as e:
            self.balancer.alive[name] = False  # until it answers the balancer
            raise ConnectionError(f"{name} gives no answer: {e!r}") from e


def longest(waits, since):
    return max((seconds for began, seconds in waits if began + seconds > since), default=0.0)


class Crowd(Volunteers):
    """Volunteers whose every attempt is written down: when, which answer, whether it said when to come again.

    hosts: name -> HOST:PORT of the studios; the volunteers are bound to them in turn, by default all to the one of `up`.
    """

    def __init__(self, pipeline, hosts=None, pace=0, count=4, **more):
        self.pace = pace
        self.attempts = []  # (when it was answered, status; 0: no answer, has Retry-After)
        self.waits = []     # (when the person pressed Send, seconds until the receipt)
        self.on_their_way = {}  # volunteer -> when that one pressed Send
        balancer = Balancer(hosts or {"studio": pipeline.studio.host})
        self.hosts = balancer.hosts.values()
        self.doors = [Door(balancer, name) for name, _ in zip(itertools.cycle(balancer.hosts), range(count))]
        threading.Thread(target=asyncio.run, args=(balancer.watch_all(),), daemon=True).start()
        super().__init__(pipeline, count, **more)

    def studio_of(self, number):
        return self.doors[number]

    def send_until_received(self, number, recording_id, body, prompt, speaker, session, take):
        began = self.on_their_way[number] = time.monotonic()
        put = self.studio_of(number).put
        while True:
            try:
                answer = put(recording_id, body, prompt["prompt_id"], speaker=speaker, lease=prompt["lease_id"], session=session, take=take)
            except OSError:
                self.attempts.append((time.monotonic(), 0, False))
                self.ending.wait(0.2)
                continue
            self.attempts.append((time.monotonic(), answer.status, "Retry-After" in answer.headers))
            if answer.status in (200, 201):
                receipt = answer.json()
                known = self.receipts.setdefault(recording_id, (receipt, sha256(body)))
                assert known[0] == receipt, f"two receipts for {recording_id}: {known[0]} and {receipt}"
                self.waits.append((began, time.monotonic() - began))
                del self.on_their_way[number]
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
        return longest(self.waits, since)

    def longest_sentence_wait(self, since):
        return longest([wait for door in self.doors for wait in door.sentence_waits], since)

    def go_on(self, what, seconds=180, count=8):
        before = len(self.receipts)
        until(f"uploads go on after {what}", lambda: len(self.receipts) >= before + count or self.errors, seconds)
        assert not self.errors, self.errors

    def everybody_gets_on(self, what, seconds=180):
        moment = time.monotonic()
        later = lambda: all(began is None or began > moment for began in [*self.on_their_way.values(), *(door.asks_since for door in self.doors)])
        until(f"everybody of before has a receipt and a sentence after {what}", lambda: later() or self.errors, seconds)
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
    """key -> its first record; the others. A repeat must be the same bytes (promise 2)."""
    first, repeats = {}, []
    for record in records:
        if record.key in first:
            repeats.append(record)
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
    return {"receipts": len(receipts), "recordings": len(recordings), "repeats": len(repeats),
            "repeats_sent_at_ms": [r.timestamp for r in repeats], "prompts": len(prompts),
            "prompt_repeats": len(prompt_repeats), "records": everything}
