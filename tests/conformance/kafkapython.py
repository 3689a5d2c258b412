"""kafka-python's own integration tests, out of its source package, against a broker that is named to them (KAFKA_URI). Its SASL and TLS
tests start brokers of their own and say nothing about another."""
import os
import re
import subprocess
import sys

from brokers import BUILD

VERSION = "3.0.12"
TITLE = "kafka-python's own integration tests"
MADE_WITH = f"the source package kafka-python {VERSION}"
FILES = ("test_admin_integration.py", "test_consumer_integration.py", "test_producer_integration.py")
FILE_SECONDS_MAX = 280
NEEDED = ("pytest", "pytest-timeout", "py", "crc32c", "lz4", "python-snappy", "zstandard")
# The source package leaves two files out that its tests import. What a test of a running broker needs of them is this.
SERVICE = """class SpawnedService:
    pass


class ExternalService:
    def __init__(self, host, port):
        self.host, self.port = host, port

    def open(self):
        pass

    def close(self):
        pass
"""


def prepare():
    folder = BUILD / "kafkapython"
    source = folder / f"kafka_python-{VERSION}"
    python = folder / "venv" / "bin" / "python"
    if not source.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "kafka-python", f"kafka-python=={VERSION}"],
                       cwd=folder, check=True)
        subprocess.run(["tar", "xzf", f"kafka_python-{VERSION}.tar.gz"], cwd=folder, check=True)
    for name, text in (("__init__.py", ""), ("service.py", SERVICE)):
        if not (source / "test" / name).exists():
            (source / "test" / name).write_text(text)
    if not (folder / "venv" / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
        subprocess.run([sys.executable, "-m", "pip", "--python", str(python), "install", "-q", *NEEDED], check=True)
        (folder / "venv" / "ready").touch()
    return source, python


def run(kind, results, only, jobs, stop_at):
    source, python = prepare()
    broker = kind(4)
    words = {"PASSED": "passed", "FAILED": "failed", "ERROR": "failed", "SKIPPED": "skipped", "XFAIL": "skipped", "XPASS": "passed"}
    try:
        for file in FILES:
            if any(name.startswith(file) for name in results.rows):
                continue
            if stop_at():
                return False
            broker.fresh()
            environment = {**os.environ, "KAFKA_URI": f"kafka://{broker.address}", "KAFKA_VERSION": "4.1.1",
                           "KAFKA_ROOT": str(source), "COLUMNS": "300"}  # a root that is there, though nothing is started out of it
            command = [str(python), "-m", "pytest", "-v", "-p", "no:cacheprovider", "--timeout=90", "--no-header", "-rsfE", "--tb=line"]
            if only:
                command += ["-k", " or ".join(only)]
            try:
                done = subprocess.run([*command, f"test/integration/{file}"], cwd=source, env=environment, timeout=FILE_SECONDS_MAX,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                text = done.stdout.decode(errors="replace")
            except subprocess.TimeoutExpired as late:
                text = (late.stdout or b"").decode(errors="replace")
            (results.folder / f"{file}.log").write_text(text)
            reasons = dict(re.findall(r"^(?:FAILED|ERROR) \S+::(\S+) - (.*)$", text, flags=re.M))
            for test, word in re.findall(r"^\S+::(\S+) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)", text, flags=re.M):
                results.add(f"{file}: {test}", words[word], reasons.get(test, ""))
        return True
    finally:
        broker.close()


CAUSES = {
    "test_admin_integration.py: test_create_describe_delete_acls":
        "the broker has no authorizer and answers SECURITY_DISABLED, as Kafka without one; the test's own broker has one",
    "test_admin_integration.py: test_create_partitions":
        "the test places partitions on broker 0, as its own broker is numbered; this one is 1, and a broker that is not there is refused",
    "test_consumer_integration.py: test_kafka_version_infer":
        "the client knows 3.9 by Fetch 17, 4.0 by ListOffsets 10 and 4.1 by Produce 13; this broker offers Fetch 16, ListOffsets 9, Produce 11",
    "test_consumer_integration.py: test_group":
        "INVALID_SESSION_TIMEOUT: the test asks for 3 s, below Kafka's default least, 6 s, which cannot be set here",
}
