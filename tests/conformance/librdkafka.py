"""librdkafka's own test suite, from the npm package node-rdkafka (its source comes with it), one test number at a time.

Traps: the runner's quick mode leaves listed tests empty and calls them passed, so it is never used; it loads the system's librdkafka
unless LD_LIBRARY_PATH names the built one; tests look at topics of others by regular expressions, so each has a broker to itself.
"""
import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from brokers import BUILD

PACKAGE = "node-rdkafka@3.6.1"
TITLE = "librdkafka's own test suite"
MADE_WITH = "librdkafka 2.12.0 out of the npm package node-rdkafka 3.6.1"
TEST_SECONDS_MAX = 420
PARTITIONS = 4
# What one plain broker cannot be judged by, or what is no question to a broker.
LEFT_OUT = {
    "0000": "unit tests of the client", "0009": "the client's mock cluster", "0038": "a benchmark", "0047": "known issue of the client",
    "0079": "known issue of the client", "0092": "needs the Java helper of its own build", "0097": "TLS key files of its own cluster",
    "0101": "needs three brokers with racks", "0126": "needs an OIDC server", "0142": "needs SASL re-authentication of its own cluster",
    "0135": "needs SASL of its own cluster", "0139": "mock cluster", "0150": "mock cluster", "8000": "by hand", "8001": "by hand",
}
LINE = re.compile(r"^\[(\S+) +/[^\]]*\] \[ (\w+:\d+[^\[\]]*?): (PASS|SKIP|FAIL)", flags=re.M)


def prepare():
    tests = BUILD / "librdkafka" / "package" / "deps" / "librdkafka" / "tests"
    if (tests / "test-runner").exists():
        return tests
    folder = BUILD / "librdkafka"
    folder.mkdir(parents=True, exist_ok=True)
    if not tests.exists():
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "xzf", next(folder.glob("node-rdkafka-*.tgz")).name, "package/deps/librdkafka"], cwd=folder, check=True)
    ccache = ["CC=ccache gcc", "CXX=ccache g++"] if shutil.which("ccache") else []
    with open(folder / "build.log", "ab") as log:
        for command, where in ((["./configure"], tests.parent), (["make", "-j2", *ccache, "libs"], tests.parent),
                               (["make", "-j2", *ccache, "test-runner"], tests)):
            if command[0] == "./configure" and (tests.parent / "config.h").exists():
                continue
            subprocess.run(command, cwd=where, check=True, stdout=log, stderr=log)
    return tests


def listed(tests):
    """The names of all tests that ask a broker, out of the runner's own table, by number."""
    table = (tests / "test.c").read_text().split("struct test tests[] = {", 1)[1]
    table = re.sub(r"/\*.*?\*/", "", table, flags=re.S).split("NULL", 1)[0]
    numbers = {}
    for name, flags in re.findall(r"_TEST\((\w+),\s*([^,)]*)", table):
        if name[:4] in LEFT_OUT or re.search(r"TEST_F_(LOCAL|MANUAL)", flags):
            continue
        numbers.setdefault(name[:4], []).append(name)
    return numbers


def run_number(tests, broker, number, folder):
    """What the runner printed, its exit code, and whether the broker lives, of the tests of one number against a fresh broker. The runner
    picks by number only; -L leaves out those of the number that ask the client's mock cluster."""
    broker.fresh()
    with tempfile.TemporaryDirectory() as scratch:
        conf = Path(scratch) / "test.conf"
        conf.write_text(f"metadata.broker.list={broker.address}\nbroker.address.family=v4\ntest.timeout.multiplier=2\n"
                        "test.topic.random=true\n")
        environment = {**os.environ, "TESTS": number, "RDKAFKA_TEST_CONF": str(conf), "TEST_KAFKA_VERSION": "4.1.1",
                       "LD_LIBRARY_PATH": f"{tests}/../src:{tests}/../src-cpp", "TEST_LEVEL": "2"}
        environment.pop("CI", None)
        try:
            done = subprocess.run(["./test-runner", "-p1", "-K", "-L"], cwd=tests, env=environment, timeout=TEST_SECONDS_MAX, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            text, code = done.stdout.decode(errors="replace"), done.returncode
        except subprocess.TimeoutExpired as late:
            text, code = (late.stdout or b"").decode(errors="replace") + "\nno end within the time limit", -1
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    (folder / f"{number}.log").write_text(text)
    return text, code, broker.box.alive()


def verdict(test, text, code, alive):
    """(result, last words, subtests) of one test."""
    if not alive:
        return "failed", "the broker ended", ()
    parts = {}
    for name, word in (found[1:] for found in LINE.findall(text) if found[0] == test):
        parts[name] = {"PASS": "passed", "SKIP": "skipped", "FAIL": "failed"}[word]
    summary = re.search(rf"^\| {re.escape(test)} +\| +(\w+)", text, flags=re.M)
    word = summary.group(1) if summary else "none"
    blamed = re.search(r"^\| (?!<MAIN>)\S+ +\| +FAILED", text, flags=re.M)  # the exit code is of all tests of the number
    if word == "PASSED" and (code == 0 or blamed):
        if parts and all(result == "skipped" for result in parts.values()):
            return "skipped", "every subtest skipped itself", parts.items()
        return "passed", "", parts.items()
    if word == "SKIPPED":
        return "skipped", "".join(re.findall(r"SKIPPED[^\n]*", text)[:1]), parts.items()
    failures = re.findall(r"(?:TEST FAILURE|failed:|Test \S+ failed|### Test).*?\n(?:[^\n]*\n){0,3}", text)
    words = failures[0] if failures else text[-300:]
    return "failed", words, parts.items()


def run(kind, results, only, jobs, stop_at):
    """Runs what has no result yet; `only`: parts of test names."""
    tests = prepare()
    wanted = {number: [t for t in names if not only or any(o in t for o in only)] for number, names in listed(tests).items()}
    todo = [number for number, names in wanted.items() if not all(map(results.has, names))]
    brokers = Queue()
    made = [kind(PARTITIONS) for _ in range(jobs)]
    for broker in made:
        brokers.put(broker)

    def one(number):
        if stop_at():
            return False
        broker = brokers.get()
        try:
            told = run_number(tests, broker, number, results.folder)
            for test in wanted[number]:
                results.add(test, *verdict(test, *told))
        finally:
            brokers.put(broker)
        return True

    try:
        with ThreadPoolExecutor(jobs) as pool:
            return all(pool.map(one, todo))
    finally:
        for broker in made:
            broker.close()


NO_AUTO_CREATE = "of the runner's other scenario, a broker that makes no topics by itself, which this run does not have"
KAFKAS_SCRIPTS = "makes or alters topics by the scripts of a Kafka beside it (KAFKA_PATH), of which this run gives it none"
CAUSES = {
    "0028_long_topicnames": "a known issue of the client, which the runner leaves out",
    "0053_stats": "reads the client's statistics with RapidJSON, which is not built in",
    "0045_subscribe_update_non_exist_and_partchange": NO_AUTO_CREATE,
    "0045_subscribe_update_topic_remove": NO_AUTO_CREATE,
    "0055_producer_latency": "judges by the clock (at most 15 ms at linger 0); seen to fail on a machine of two cores with a load of 15, no other cause sought",
    "0052_msg_timestamps": KAFKAS_SCRIPTS,
    "0077_compaction": KAFKAS_SCRIPTS,
    "0081_admin": "asks for access control lists; without an authorizer a Kafka refuses them, too",
    "0089_max_poll_interval": "wants both members in the group's first generation: group.initial.rebalance.delay.ms 3000, Kafka's default in code; ours is 0, as in the settings file that Kafka is delivered with",
    "0103_transactions": "makes topics with three replicas; one node refuses that",
    "0109_auto_create_topics": KAFKAS_SCRIPTS,
    "0113_cooperative_rebalance": "runs into the suite's own time limit, against Apache Kafka on this machine, too (the control's report)",
    "0115_producer_auth": KAFKAS_SCRIPTS,
    "0119_consumer_auth": KAFKAS_SCRIPTS,
}
