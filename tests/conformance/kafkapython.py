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


def prepare():
    folder = BUILD / "kafkapython"
    source = folder / f"kafka_python-{VERSION}"
    python = folder / "venv" / "bin" / "python"
    if not source.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", f"kafka-python=={VERSION}"],
                       cwd=folder, check=True)
        subprocess.run(["tar", "xzf", f"kafka_python-{VERSION}.tar.gz"], cwd=folder, check=True)
    if not (folder / "venv" / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "pytest", "pytest-timeout", "py", "crc32c", "lz4", "python-snappy", "zstandard"],
                       check=True)
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
            environment = {**os.environ, "KAFKA_URI": f"kafka://{broker.address}", "KAFKA_VERSION": "4.1.1"}
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


CAUSES = {}
