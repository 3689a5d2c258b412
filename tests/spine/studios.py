"""Several studios on one namespace, each a process of its own: what can happen to one of them, and the judge's way to the topics.

The judge reads with kcat, never with our code; what it must find is in studios_judge.py.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import studios_judge as verdicts
from crowd import NEXT
from harness import ANTIPHON, Studio, a_corpus, die_with_the_test, free_port, kcat, read_topic, sha256, until

NAMESPACE = "voices"
PARTITIONS = 6
ZOMBIE_SECONDS = 9    # longer than the 6 s after which a member of a group is taken for dead
GET_ON_SECONDS_MAX = 90
COMMITTED = ("-X", "isolation.level=read_committed")
LOST_ITS_PLACE = 69   # EX_UNAVAILABLE: another took over; who supervises a stage starts it again
LOST_ITS_NAME = 75    # EX_TEMPFAIL: the group has another member of its slot; the same


class Daemon:
    """One process of ours, started again and again with the same arguments. One thread may look after it while another starts and stops it."""

    def __init__(self, name, folder, *arguments):
        self.name, self.command = name, [ANTIPHON, *arguments]
        self.out, self.log = pathlib.Path(folder) / f"{name}.out", pathlib.Path(folder) / f"{name}.log"
        self.process, self.wanted, self.ends = None, False, []  # ends: exit codes nobody asked for
        self.lock = threading.RLock()

    def start(self):
        with self.lock, open(self.out, "w") as out, open(self.log, "ab") as log:
            self.wanted = True
            self.process = subprocess.Popen(self.command, stdout=out, stderr=log, preexec_fn=die_with_the_test)
        return self

    def ready(self):
        assert self.process.poll() is None, f"{self.name} ended with {self.process.poll()}:\n{self.tail()}"
        return self.out.read_text().startswith("ready ")

    def look_after(self):
        """What a supervisor does: one that ended by itself is started again."""
        with self.lock:
            if self.wanted and self.process.poll() is not None:
                self.ends.append(self.process.poll())
                self.start()

    def send(self, number):
        os.kill(self.process.pid, number)

    def kill(self):
        with self.lock:
            self.wanted = False
            self.send(signal.SIGKILL)
            self.process.wait(30)

    def stop(self, seconds=60):
        with self.lock:
            self.wanted = False
            if self.process is None or self.process.poll() is not None:
                return 0
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            return self.process.wait(seconds)

    def tail(self, size=4000):
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""


class Studios:
    """A broker of our own (or a cluster's bootstrap), a selector, and the studios."""

    def __init__(self, folder, studios=3, bootstrap=None, takes=2, ahead=500, lease_seconds=5, sentences=9600, more=()):
        self.folder, self.bootstrap, self.broker = pathlib.Path(folder), bootstrap, None
        if bootstrap is None:
            self.bootstrap = f"127.0.0.1:{free_port()}"
            self.broker = Daemon("broker", folder, "broker", "--data", f"{folder}/broker", "--kafka", self.bootstrap)
        common = ["--bootstrap", self.bootstrap, "--partitions", str(PARTITIONS)]
        self.select = Daemon("select", folder, "select", *common, "--corpus", a_corpus(folder, sentences), "--takes", str(takes), "--ahead", str(ahead),
                             "--data", f"{folder}/select", "--slot", "one")
        self.hosts = {f"s{n}": f"127.0.0.1:{free_port()}" for n in range(1, studios + 1)}
        self.studios = {name: Daemon(name, folder, "studio", *common, "--http", host, "--slot", name, "--lease-seconds", str(lease_seconds), *more)
                        for name, host in self.hosts.items()}
        self.began = float("inf")  # when all volunteers had begun

    def __enter__(self):
        if self.broker:
            self.broker.start()
            until("the broker is ready", self.broker.ready, 30)
        self.select.start()
        until("the selector is ready", self.select.ready, 60)
        for studio in self.studios.values():
            studio.start()
        return self

    def __exit__(self, *_):
        codes = {d.name: d.stop() for d in [*self.studios.values(), self.select, *([self.broker] if self.broker else [])]}
        self.bad_ends = [f"{name} ended with {code} when asked to stop" for name, code in codes.items() if code]
        for studio in self.studios.values():
            bad = [code for code in studio.ends if code != LOST_ITS_PLACE]
            self.bad_ends += [f"{studio.name} ended by itself with {code}" for code in bad]

    def look_after(self):
        for studio in self.studios.values():
            studio.look_after()

    def is_ready(self, name):
        try:
            return Studio(f"http://{self.hosts[name]}").call("GET", "/readyz", timeout=5).status == 200
        except OSError:
            return False

    def metric(self, name, metric):
        text = Studio(f"http://{self.hosts[name]}").call("GET", "/metrics").body.decode()
        return float(re.search(rf"^{metric} (\S+)$", text, re.M)[1])

    def wait_ready(self, name):
        """Seconds until it serves again."""
        began = time.monotonic()
        until(f"{name} is ready again", lambda: self.look_after() or self.is_ready(name), GET_ON_SECONDS_MAX, 0.05)
        return time.monotonic() - began

    def everybody_gets_on(self, crowd, what, since, seconds=GET_ON_SECONDS_MAX):
        def done():
            self.look_after()
            return not crowd.stuck(since)

        try:
            until("", done, seconds, 0.05)
        except AssertionError:
            stuck = crowd.stuck(since)
            last = {v.home: [a for a in crowd.attempts if a[1] == v.home][-1:] for v in stuck}
            raise AssertionError(f"{what}: {len(stuck)} of {len(crowd.volunteers)} volunteers do not get on within {seconds} s; "
                                 f"those bound to {sorted(last)}; the last attempts there: {last}") from None

    def everybody_begins(self, crowd, seconds=GET_ON_SECONDS_MAX):
        began = time.monotonic()
        self.everybody_gets_on(crowd, "the start", began, seconds)
        for name in self.studios:
            self.wait_ready(name)
        self.began = time.monotonic()
        return self.began - began

    # ------------------------------------------------------------ what can happen to one of them
    def killed(self, name, crowd, away):
        """away: its session ends before it is back, so that the others have its partitions."""
        self.studios[name].kill()
        if away:
            self.stay_away(name, crowd)
        self.studios[name].start()

    def zombie(self, name, crowd):
        self.studios[name].send(signal.SIGSTOP)
        self.stay_away(name, crowd)
        self.studios[name].send(signal.SIGCONT)

    def stopped(self, name, crowd):
        code = self.studios[name].stop()
        assert code == 0, f"{name} ended with {code} when asked to stop:\n{self.studios[name].tail()}"
        self.studios[name].start()

    def stay_away(self, name, crowd):
        began = time.monotonic()
        if len(self.studios) > 1:
            self.everybody_gets_on(crowd, f"while {name} is away", began)
        time.sleep(max(0.0, began + ZOMBIE_SECONDS - time.monotonic()))  # the fault itself

    # ------------------------------------------------------------ what stands in the topics, by kcat
    def takes(self):
        """One partition after the other: a long run's voices need not be in memory at once."""
        out = []
        for partition in range(PARTITIONS):
            for r in read_topic(self.bootstrap, f"{NAMESPACE}.recordings", "-p", str(partition)):
                out.append(verdicts.Take(r.partition, r.offset, r.key, r.header("ce_promptid"), r.header("ce_lease"), sha256(r.value), r.header("ce_sha256")))
        return out

    def states(self):
        out = {}
        for partition in range(PARTITIONS):
            for r in read_topic(self.bootstrap, f"{NAMESPACE}.prompt-state", "-p", str(partition), *COMMITTED):
                out[r.key] = r.value  # the last one is the truth
        return {key: json.loads(value) for key, value in out.items() if not key.startswith("start/")}

    def prompts(self):
        return kcat("-b", self.bootstrap, "-C", "-t", f"{NAMESPACE}.prompts", "-o", "beginning", "-e", "-q", "-f", "%k\\n").decode().split()

    def judge(self, crowd, least=2, seconds=60):
        """(findings by promise, figures). Waits until prompt-state has caught up; where it never does, that is a finding."""
        takes = self.takes()
        states = until_or_last(lambda: self.states(), lambda s: not verdicts.states_agree(takes, s), seconds)
        one_sound, repeats = verdicts.one_sound_an_id(takes)
        bound, figures = verdicts.bound_holds(takes, states)
        findings = {"every receipt stands where it says, with its bytes": verdicts.receipts_stand(crowd.sent, takes),
                    "an id stands for one sound": one_sound,
                    "who sends again is told the first receipt": verdicts.receipts_are_kept(crowd.sent, crowd.again),
                    "takes under a lease stay within wanted + lapsed": bound,
                    "prompt-state agrees with recordings": verdicts.states_agree(takes, states),
                    "nobody is given a sentence twice": verdicts.nobody_twice(crowd.steps),
                    "every skip that was answered is in prompt-state": verdicts.skips_stand(crowd.steps, states),
                    "nobody is told that nothing is open": verdicts.something_was_open([(a[2], a[1]) for a in crowd.attempts if a[4] == 204 and a[0] == NEXT], self.began),
                    "a sentence stands once in prompts": verdicts.prompts_once(self.prompts()),
                    "no good request is refused": crowd.findings,
                    f"at least {least} instances serve": verdicts.several_served(crowd.balancer.takes(), least)}
        figures |= {"receipts": len(crowd.sent), "sent again": len(crowd.again), "recordings": len(verdicts.first_of_each(takes)), "repeats": repeats,
                    "sentences": len(states), "skips": sum(step.what == "skipped" for step in crowd.steps), "takes by instance": crowd.balancer.takes()}
        return findings, figures

    def tails(self):
        return "\n".join(f"--- {d.name}, ended by itself with {d.ends}\n{d.tail()}" for d in [self.select, *self.studios.values()])


def until_or_last(look, good, seconds):
    """The first value that is good, or the last one looked at."""
    end = time.monotonic() + seconds
    while not good(value := look()) and time.monotonic() < end:
        time.sleep(0.5)  # between two looks
    return value


def tell(findings):
    """One line a promise, and what speaks against it; how many are broken."""
    for what, found in findings.items():
        print(f"{'FAIL' if found else 'ok  '} {what}" + "".join(f"\n       {line}" for line in found[:20]), flush=True)
    return sum(bool(found) for found in findings.values())
