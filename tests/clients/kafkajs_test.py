"""Starts the broker for kafkajs_test.js. Arguments: the antiphon program, the folder that holds node_modules."""
import os
import subprocess
import sys

from broker_process import run_all


def kafkajs_takes_it_for_a_kafka(broker):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafkajs_test.js")
    environment = dict(os.environ, NODE_PATH=os.path.join(sys.argv[2], "node_modules"), KAFKAJS_NO_PARTITIONER_WARNING="1")
    done = subprocess.run(["node", script, broker.address], env=environment, capture_output=True, text=True, timeout=180)
    print(done.stdout, end="")
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    run_all([kafkajs_takes_it_for_a_kafka], sys.argv[1])
