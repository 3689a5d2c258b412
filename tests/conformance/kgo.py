"""franz-go's tests of its client pkg/kgo that talk to a broker, out of its Go module. Subtests are counted, too: TestGroupETL and
TestTxnEtl run once a balancer. KIP-848 and share groups are skipped by the tests themselves where a broker does not offer them."""
import os
import re
import shutil
import subprocess

from brokers import BUILD

MODULE = "github.com/twmb/franz-go@v1.22.2"
TITLE = "franz-go's pkg/kgo tests"
MADE_WITH = "the Go module github.com/twmb/franz-go v1.22.2 (KGO_TEST_RF=1)"
TEST_SECONDS_MAX = 280
RECORDS = 20_000  # of the ETL tests; the module's own half a million is for many cores
# Helpers of its tests that reach a broker: who calls one, over however many steps, is a test of a broker.
REACHES_A_BROKER = {"newTestClient", "adm", "getSeedBrokers", "tmpTopic", "tmpTopicPartitions", "tmpNamedTopicPartitions", "tmpGroup"}


def prepare():
    folder = BUILD / "kgo"
    source = folder / "src"
    if not source.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["go", "mod", "download", "-json", MODULE], cwd=folder, check=True, capture_output=True, text=True)
        where = re.search(r'"Dir": "([^"]+)"', done.stdout).group(1)
        shutil.copytree(where, source, copy_function=shutil.copyfile)
        for path, _, _ in os.walk(source):
            os.chmod(path, 0o755)
    if not (folder / "kgo.test").exists():
        subprocess.run(["go", "test", "-c", "-o", "../kgo.test", "./pkg/kgo"], cwd=source, check=True)
    return folder


def listed(folder):
    bodies = {}
    for file in sorted((folder / "src" / "pkg" / "kgo").glob("*_test.go")):
        for match in re.finditer(r"^func (?:\([^)]*\) )?(\w+)\(.*?^}", file.read_text(), flags=re.M | re.S):
            bodies[match.group(1)] = match.group(0).split("{", 1)[1]
    reaching = set(REACHES_A_BROKER)
    while True:
        more = {name for name, body in bodies.items() if name not in reaching and any(re.search(rf"\b{r}\(", body) for r in reaching)}
        if not more:
            return sorted(name for name in reaching if name.startswith("Test"))
        reaching |= more


def run_test(folder, broker, test, logs):
    broker.fresh()
    environment = {**os.environ, "KGO_SEEDS": broker.address, "KGO_TEST_RF": "1", "KGO_TEST_RECORDS": str(RECORDS)}
    try:
        done = subprocess.run([str(folder / "kgo.test"), "-test.v", f"-test.timeout={TEST_SECONDS_MAX}s", f"-test.run=^{test}$"],
                              cwd=folder / "src" / "pkg" / "kgo", env=environment, timeout=TEST_SECONDS_MAX + 20, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        text = done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode(errors="replace")
    (logs / f"{test}.log").write_text(text)
    words = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}
    results = {name: words[word] for word, name in re.findall(r"^\s*--- (PASS|FAIL|SKIP): (\S+)", text, flags=re.M)}
    result = results.pop(test, "failed")
    reasons = re.findall(r"^\s+\w+_test\.go:\d+: (.*)", text, flags=re.M)
    if "panic: test timed out" in text:
        reasons = [*reasons, "no end within the time limit"]
    return result, (reasons[-1] if reasons and result != "passed" else ""), results.items()


def run(kind, results, only, jobs, stop_at):
    folder = prepare()
    broker = kind(1)
    try:
        for test in listed(folder):
            if (only and not any(o in test for o in only)) or results.has(test):
                continue
            if stop_at():
                return False
            results.add(test, *run_test(folder, broker, test, results.folder))
        return True
    finally:
        broker.close()


CAUSES = {}
