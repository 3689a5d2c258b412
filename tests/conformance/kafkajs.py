"""KafkaJS. Its package brings no tests, so what it does to a broker is asked by tests/clients/kafkajs_test.js."""
import os
import subprocess

from brokers import BUILD, ROOT

VERSION = "2.2.4"
TITLE = "KafkaJS"
MADE_WITH = f"kafkajs {VERSION} and tests/clients/kafkajs_test.js"
SECONDS_MAX = 240


def run(kind, results, only, jobs, stop_at):
    if results.rows or stop_at():
        return bool(results.rows)
    folder = BUILD / "kafkajs"
    if not (folder / "node_modules" / "kafkajs").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", f"kafkajs@{VERSION}"], cwd=folder, check=True)
    broker = kind(1)
    try:
        broker.fresh()
        environment = {**os.environ, "NODE_PATH": str(folder / "node_modules"), "KAFKAJS_NO_PARTITIONER_WARNING": "1"}
        done = subprocess.run(["node", str(ROOT / "tests" / "clients" / "kafkajs_test.js"), broker.address], env=environment, capture_output=True,
                              text=True, timeout=SECONDS_MAX)
        for line in done.stdout.splitlines():
            word, _, name = line.partition(" ")
            if word in ("ok", "FAILED"):
                results.add(name.strip(), "passed" if word == "ok" else "failed", "")
        if done.returncode != 0 or not results.rows:
            results.add("the script ends well", "failed", done.stderr)
        return True
    finally:
        broker.close()


CAUSES = {}
