"""Volunteers by the hundred in one process: each is bound to one studio and goes to another only while its own is dead, as a page behind
a balancer would. An event loop in a thread of its own; what was seen may be read from any thread.

A volunteer asks for a sentence, thinks, sends a voice (or skips, or comes back after the lease is over), thinks, and so on. It tries
again with the same id and the same bytes until it has its answer.
"""
import asyncio
import collections
import dataclasses
import itertools
import json
import random
import re
import threading
import time
import uuid

from harness import Answer, sha256, uuid7, voice
from studios_judge import Sent, Step

NEXT, PUT, SKIP = "next", "PUT", "skip"
ANSWERED = {NEXT: (200, 204), PUT: (200, 201), SKIP: (204,)}
ANSWER_SECONDS_MAX = 12   # the studio's own limit is 8 s for Kafka, 9.5 s where it asks another instance
PROBE_SECONDS, PROBE_SECONDS_MAX = 0.5, 2  # the balancer's: between two questions, and for an answer
BROKEN_WAIT_SECONDS, BROKEN_WAIT_SECONDS_MAX = 0.1, 0.5  # after a connection that broke: twice as long each time
NOBODY = (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError)  # no answer came


@dataclasses.dataclass
class Habits:
    count: int = 40
    think_seconds: float = 0.5         # between two requests, half to one and a half of it
    locale: str = "sw"
    skips: float = 0.05                # of all sentences
    late: float = 0.03                 # spoken after the lease is over
    again: float = 0.05                # of all takes: sent once more after their receipt
    lease_seconds: float = 5.0
    retry_after_seconds_max: float = 0.5
    sound_seconds: float = 0.05


@dataclasses.dataclass(frozen=True)
class Done:
    """A request that was answered at last: with 200, 201 or 204."""
    what: str
    volunteer: int
    home: str
    began: float   # of its first attempt
    ended: float
    status: int


class Connection:
    """One HTTP/1.1 connection that stays open. One that was closed while nobody used it is opened again, as browsers do."""

    def __init__(self, host):
        self.host, self.writer = host, None

    async def call(self, method, path, headers=(), body=b"", seconds=ANSWER_SECONDS_MAX):
        if self.writer is not None:
            try:
                return await self.once(method, path, headers, body, seconds)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
        return await self.once(method, path, headers, body, seconds)

    async def once(self, method, path, headers, body, seconds):
        try:
            async with asyncio.timeout(seconds):
                if self.writer is None:
                    name, port = self.host.split(":")
                    self.reader, self.writer = await asyncio.open_connection(name, int(port))
                lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers)]
                self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
                head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                told = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
                answer = Answer(int(head[0].split()[1]), told, await self.reader.readexactly(int(told.get("content-length", 0))))
        except BaseException:
            self.close()
            raise
        if told.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self):
        if self.writer is not None:
            self.writer.transport.abort()
        self.writer = None


class Balancer:
    """Which instances answer at all, and what their metrics say: asked twice a second."""

    def __init__(self, hosts):
        self.hosts = dict(hosts)  # name -> host:port
        self.alive = {name: False for name in hosts}
        self.counts = {name: collections.Counter() for name in hosts}  # of metrics, over all lives of the instance
        self.last = {name: {} for name in hosts}

    def choose(self, home, chance):
        others = [name for name, alive in self.alive.items() if alive]
        return home if self.alive[home] or not others else chance.choice(others)

    async def watch(self, name):
        connection = Connection(self.hosts[name])
        while True:
            try:
                self.alive[name] = (await connection.call("GET", "/livez", seconds=PROBE_SECONDS_MAX)).status == 200
                self.add_up(name, (await connection.call("GET", "/metrics", seconds=PROBE_SECONDS_MAX)).body.decode())
            except NOBODY:
                self.alive[name] = False
            await asyncio.sleep(PROBE_SECONDS)

    def add_up(self, name, text):
        now = {key: float(value) for key, value in re.findall(r"^(\w*(?:studio_takes|forward|peer)\w*(?:\{[^}]*\})?) (\S+)$", text, re.M) if "_bucket" not in key}
        for key, value in now.items():
            before = self.last[name].get(key, 0)
            self.counts[name][key] += value - before if value >= before else value  # less than before: a new life
        self.last[name] = now

    async def watch_all(self):
        await asyncio.gather(*(self.watch(name) for name in self.hosts))

    def takes(self):
        """name -> takes that this instance brought to Kafka itself."""
        return {name: int(sum(v for key, v in counts.items() if "studio_takes_total" in key)) for name, counts in self.counts.items()}


class Volunteer:
    def __init__(self, number, home, crowd):
        self.number, self.home, self.crowd, self.habits = number, home, crowd, crowd.habits
        self.chance = random.Random(crowd.seed * 1_000_003 + number)
        self.speaker, self.session, self.takes = str(uuid.uuid4()), str(uuid.uuid4()), 0
        self.got_on = 0.0  # when the youngest request began that brought this volunteer further
        self.dawdles, self.waits_for = False, None
        self.connection = None

    async def live(self):
        await self.crowd.pause(self.chance.uniform(0, self.habits.think_seconds))
        while not self.crowd.ending.is_set():
            prompt = await self.ask_for_a_sentence()
            await self.think()
            if prompt is None:
                continue
            if self.chance.random() < self.habits.skips:
                await self.skip(prompt)
            else:
                if self.chance.random() < self.habits.late:
                    self.dawdles = True
                    await self.crowd.pause(self.habits.lease_seconds * 1.2)
                    self.dawdles = False
                await self.speak(prompt)
            await self.think()

    async def think(self):
        await self.crowd.pause(self.habits.think_seconds * self.chance.uniform(0.5, 1.5))

    def step(self, prompt, what):
        self.crowd.steps.append(Step(self.speaker, prompt["prompt_id"], what, time.monotonic()))

    async def ask_for_a_sentence(self):
        answer = await self.until_answered(NEXT, "GET", f"/api/v1/prompts/next?locale={self.habits.locale}&speaker={self.speaker}&request={uuid.uuid4()}")
        if answer is None or answer.status == 204:
            return None
        prompt = answer.json()
        self.step(prompt, "given")
        return prompt

    async def skip(self, prompt):
        path = f"/api/v1/leases/{prompt['lease_id']}?reason=skip&prompt={prompt['prompt_id']}&speaker={self.speaker}"
        if await self.until_answered(SKIP, "DELETE", path):
            self.step(prompt, "skipped")

    async def speak(self, prompt):
        self.takes += 1
        recording, body = uuid7(), voice(self.habits.sound_seconds)
        headers = [("Content-Type", "audio/wav"), ("X-Prompt-Id", prompt["prompt_id"]), ("X-Lease-Id", prompt["lease_id"]), ("X-Speaker-Id", self.speaker),
                   ("X-Consent-Version", "1"), ("X-Session-Id", self.session), ("X-Take", self.takes)]
        answer = await self.until_answered(PUT, "PUT", f"/api/v1/recordings/{recording}", headers, body)
        if answer is None:
            return
        self.crowd.sent[recording] = Sent(prompt["prompt_id"], sha256(body), answer.json())
        self.step(prompt, "spoken")
        if self.chance.random() < self.habits.again:
            again = await self.until_answered(PUT, "PUT", f"/api/v1/recordings/{recording}", headers, body)
            if again is not None:
                self.crowd.again.append((recording, again.json()))

    async def until_answered(self, what, method, path, headers=(), body=b""):
        """The answer; None where it can never be had (a finding), or at the end of the run for a sentence that nobody waits for."""
        self.waits_for = what
        try:
            return await self.again_and_again(what, method, path, headers, body)
        finally:
            self.waits_for = None

    async def again_and_again(self, what, method, path, headers, body):
        began, crowd, broken_wait = time.monotonic(), self.crowd, BROKEN_WAIT_SECONDS
        while not (what == NEXT and crowd.ending.is_set()):
            target = crowd.balancer.choose(self.home, self.chance)
            at = time.monotonic()
            answer = await self.attempt(target, method, path, headers, body)
            status = answer.status if answer else 0
            crowd.attempts.append((what, target, at, time.monotonic() - at, status))
            if status in ANSWERED[what]:
                crowd.done.append(Done(what, self.number, self.home, began, time.monotonic(), status))
                if what != NEXT or status == 200:
                    self.got_on = max(self.got_on, began)
                return answer
            if status in (429, 503):
                await crowd.pause(self.told_to_wait(answer, what, target), also_at_the_end=True)
            elif status:
                crowd.findings.append(f"{target} answered {status} to a good {what}, {path}: {answer.body[:200]!r}")
                return None
            else:
                await crowd.pause(broken_wait * self.chance.uniform(0.5, 1.5), also_at_the_end=True)
                broken_wait = min(2 * broken_wait, BROKEN_WAIT_SECONDS_MAX)
        return None

    async def attempt(self, target, method, path, headers, body):
        host = self.crowd.balancer.hosts[target]
        if self.connection is None or self.connection.host != host:
            if self.connection:
                self.connection.close()
            self.connection = Connection(host)
        try:
            return await self.connection.call(method, path, headers, body)
        except NOBODY:
            self.crowd.balancer.alive[target] = False  # until it answers the balancer
            return None

    def told_to_wait(self, answer, what, target):
        wait = answer.headers.get("retry-after", "")
        if not wait.isdigit():
            self.crowd.findings.append(f"{target} answered {answer.status} to a {what} without Retry-After in seconds: {answer.body[:200]!r}")
        longest = self.habits.retry_after_seconds_max
        return min(float(wait), longest) if wait.isdigit() else longest


class Crowd:
    """name -> host:port of each instance; volunteer n is bound to instance n modulo their number."""

    def __init__(self, hosts, habits, seed):
        self.habits, self.seed = habits, seed
        self.balancer = Balancer(hosts)
        self.sent = {}       # recording -> Sent
        self.again = []      # (recording, receipt) of takes that were sent once more
        self.steps = []      # Step
        self.done = []       # Done
        self.attempts = []   # (what, instance, when, seconds, status; 0: no answer)
        self.findings = []   # what no volunteer should ever see
        homes = itertools.cycle(hosts)
        self.volunteers = [Volunteer(number, next(homes), self) for number in range(habits.count)]
        self.loop = asyncio.new_event_loop()
        self.ending = asyncio.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def run(self):
        try:
            self.task = self.loop.create_task(self.live())
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            pass  # finish() says so
        except Exception as e:  # a fault of the test: seen by who waits
            self.failure = e

    async def live(self):
        watcher = asyncio.create_task(self.balancer.watch_all())
        try:
            await asyncio.gather(*(volunteer.live() for volunteer in self.volunteers))
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    async def pause(self, seconds, also_at_the_end=False):
        """Ends early when the run does, but for a wait between two attempts."""
        if also_at_the_end:
            return await asyncio.sleep(seconds)
        try:
            await asyncio.wait_for(self.ending.wait(), seconds)
        except asyncio.TimeoutError:
            pass

    def stuck(self, since):
        """Volunteers whom no request that began after that moment has brought further; who dawdles waits for nobody."""
        if self.failure:
            raise self.failure
        return [v for v in self.volunteers if v.got_on <= since and not v.dawdles]

    def finish(self, seconds=120):
        """Everybody ends what they began: a voice on its way is sent until its receipt."""
        self.loop.call_soon_threadsafe(self.ending.set)
        self.thread.join(seconds)
        if self.thread.is_alive():
            waiting = collections.Counter((v.home, v.waits_for) for v in self.volunteers if v.waits_for)
            self.loop.call_soon_threadsafe(self.task.cancel)
            self.thread.join()
            raise AssertionError(f"volunteers do not come to an end within {seconds} s: {dict(waiting)}; the last attempts: {self.attempts[-3:]}")
        if self.failure:
            raise self.failure
