"""Compaction seen from outside: kcat and kafka-python at a real broker process with short lags."""
import glob
import json
import os
import subprocess
import sys
import time

from broker_process import run_all, wait_until
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.structs import OffsetAndMetadata

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
SHORT = {"cleanup.policy": "compact", "segment.ms": "1000", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0"}
SECONDS_MAX = 120  # housekeeping, checkpoint, a pass, another one


def kcat(broker, *arguments, send=None):
    done = subprocess.run(["kcat", "-b", broker.address, *arguments], input=send, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def make(broker, name, config):
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic(name, 1, 1, topic_configs=config)])
    admin.close()


def read(broker, topic):
    lines = kcat(broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J").splitlines()
    return [(m["key"], m["payload"], m["offset"]) for m in map(json.loads, lines)]


def a_compacted_topic_ends_with_one_record_a_key(broker):
    make(broker, "table", SHORT)
    for turn, codec in enumerate(CODECS):
        lines = "\n".join(f"key{n}:{codec} {turn}" for n in range(50))
        kcat(broker, "-P", "-t", "table", "-K", ":", "-z", codec, send=lines.encode())
    kcat(broker, "-P", "-t", "table", "-K", ":", "-Z", send=b"key7:\n")
    end = 5 * 50 + 1
    # The tombstone is the last record of the log, so it stays until something follows it.
    got = wait_until(lambda: (lambda r: r if len(r) == 50 else None)(read(broker, "table")), SECONDS_MAX, "one record a key")
    assert {key: value for key, value, _ in got} == {f"key{n}": None if n == 7 else "zstd 4" for n in range(50)}, got
    assert [offset for _, _, offset in got] == [n for n in range(200, end) if n != 207], "offsets never change"
    kcat(broker, "-P", "-t", "table", "-K", ":", send=b"more:1\n")
    got = wait_until(lambda: (lambda r: r if len(r) == 50 and "key7" not in [k for k, _, _ in r] else None)(read(broker, "table")),
                     SECONDS_MAX, "the tombstone goes")
    assert len({key for key, _, _ in got}) == 50
    # From an offset in a gap: the next record.
    first = kcat(broker, "-C", "-t", "table", "-o", "3", "-c", "1", "-q", "-f", "%o")
    assert first == "200", first


def settings_take_effect_while_it_runs(broker):
    make(broker, "later", {**SHORT, "cleanup.policy": "delete"})
    for turn in range(4):
        kcat(broker, "-P", "-t", "later", "-K", ":", send=f"k:{turn}\n".encode())
    assert len(read(broker, "later")) == 4
    from kafka.admin import ConfigResource, ConfigResourceType
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "later", configs=SHORT)], raise_on_unknown=False)
    admin.close()
    wait_until(lambda: len(read(broker, "later")) == 1, SECONDS_MAX, "it is compacted from now on")


def the_offsets_topic_shrinks_and_keeps_what_was_committed(broker):
    from kafka.admin import ConfigResource, ConfigResourceType
    make(broker, "work", {})
    kcat(broker, "-P", "-t", "work", send=b"1\n2\n3\n")
    consumer = KafkaConsumer(bootstrap_servers=broker.address, group_id="many-commits", enable_auto_commit=False)
    partition = TopicPartition("work", 0)
    consumer.assign([partition])
    for n in range(300):
        consumer.commit({partition: OffsetAndMetadata(n % 3, "x" * 200, -1)})
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "__consumer_offsets", configs=SHORT)], raise_on_unknown=False)
    admin.close()

    def size():
        return sum(os.path.getsize(f) for f in glob.glob(os.path.join(broker.folder, "**", "__consumer_offsets-*", "*.log"), recursive=True))
    before = size()
    assert before > 300 * 200, before
    time.sleep(1.1)  # segment.ms: what follows goes to a new segment
    consumer.commit({partition: OffsetAndMetadata(2, "last", -1)})
    wait_until(lambda: size() < before / 10, SECONDS_MAX, "the offsets topic shrinks")
    assert consumer.committed(partition) == 2
    consumer.close()
    broker.kill()
    broker.start()
    consumer = KafkaConsumer(bootstrap_servers=broker.address, group_id="many-commits", enable_auto_commit=False)
    assert consumer.committed(partition) == 2, "after a kill -9, too"
    consumer.close()
    assert len(read(broker, "table")) == 50


if __name__ == "__main__":
    run_all([a_compacted_topic_ends_with_one_record_a_key, settings_take_effect_while_it_runs,
             the_offsets_topic_shrinks_and_keeps_what_was_committed], sys.argv[1])
