"""kafka-python as judge: produce and consume, groups with rebalances, committed offsets over a kill, admin calls, errors."""
import sys
import threading

from broker_process import run_all, wait_until
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata


def producer(broker, **settings):
    return KafkaProducer(bootstrap_servers=broker.address, **settings)


def consumer(broker, *topics, **settings):
    return KafkaConsumer(*topics, bootstrap_servers=broker.address, auto_offset_reset="earliest", **settings)


def read(client, count, seconds=30):
    got = []
    def more():
        for records in client.poll(timeout_ms=200).values():
            got.extend(records)
        return len(got) >= count
    wait_until(more, seconds, f"{count} records")
    return got


def produce_and_consume_with_keys_and_headers(broker):
    p = producer(broker, acks="all")
    for i in range(100):
        meta = p.send("py", key=b"k%d" % i, value=b"v%d" % i, headers=[("h", b"%d" % i)]).get(timeout=20)
        assert meta.offset == i, meta
    p.close()
    c = consumer(broker, "py", group_id=None)
    got = read(c, 100)
    c.close()
    assert [(r.key, r.value, r.headers) for r in got] == [(b"k%d" % i, b"v%d" % i, [("h", b"%d" % i)]) for i in range(100)]


def an_idempotent_producer_goes_on_over_a_kill(broker):
    p = producer(broker, acks="all", enable_idempotence=True, retries=1000, retry_backoff_ms=50, delivery_timeout_ms=120_000, request_timeout_ms=10_000)
    futures = [p.send("idem", b"%d" % i) for i in range(200)]
    p.flush(timeout=30)
    broker.kill()
    futures += [p.send("idem", b"%d" % i) for i in range(200, 400)]
    broker.start()
    p.flush(timeout=90)
    for f in futures:
        f.get(timeout=30)
    p.close()
    c = consumer(broker, "idem", group_id=None)
    got = [r.value for r in read(c, 400)]
    assert not c.poll(timeout_ms=500), "a repeat came behind"
    c.close()
    assert got == [b"%d" % i for i in range(400)], "lost, doubled or out of order"


def committed_offsets_survive_a_kill_with_their_metadata(broker):
    p = producer(broker, acks="all")
    for i in range(10):
        p.send("commits", b"%d" % i)
    p.flush()
    p.close()
    part = TopicPartition("commits", 0)
    c = consumer(broker, group_id="py-commits", enable_auto_commit=False)
    c.assign([part])
    c.commit({part: OffsetAndMetadata(7, "seven", -1)})
    c.close()
    broker.kill()
    broker.start()
    c = consumer(broker, group_id="py-commits", enable_auto_commit=False)
    c.assign([part])
    assert c.committed(part, metadata=True).metadata == "seven"
    assert [r.value for r in read(c, 3)][0] == b"7"
    c.close()


def a_group_rebalances_when_members_come_and_go(broker):
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic("balance", 4, 1)])
    settings = dict(group_id="py-balance", session_timeout_ms=6000, heartbeat_interval_ms=300, max_poll_interval_ms=10_000)
    a = consumer(broker, "balance", **settings)
    wait_until(lambda: a.poll(timeout_ms=100) or len(a.assignment()) == 4, what="one member has all")
    stop = threading.Event()
    b = consumer(broker, "balance", **settings)
    seen = {}

    def poll_b():
        while not stop.is_set():
            b.poll(timeout_ms=100)
            seen["b"] = len(b.assignment())
        b.close()

    thread = threading.Thread(target=poll_b)
    thread.start()
    try:
        wait_until(lambda: a.poll(timeout_ms=100) or (len(a.assignment()) == 2 and seen.get("b") == 2), 60, "two members share")
    finally:
        stop.set()
        thread.join()
    wait_until(lambda: a.poll(timeout_ms=100) or len(a.assignment()) == 4, 60, "the first has all again")
    a.close()
    admin.close()


def admin_calls_answer_as_kafka_does(broker):
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic("adm", 2, 1, topic_configs={"retention.ms": "-1", "cleanup.policy": "compact"})])
    try:
        admin.create_topics([NewTopic("adm", 2, 1)])
        raise AssertionError("a topic was made twice")
    except TopicAlreadyExistsError:
        pass
    admin.create_partitions({"adm": NewPartitions(3)})
    described = admin.describe_topics(["adm"])[0]
    assert len(described["partitions"]) == 3, described
    configs = str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "adm")], config_filter="all"))
    assert "compact" in configs and "max.message.bytes" in configs, configs
    p = producer(broker, acks="all")
    try:
        p.send("adm", value=b"no key").get(timeout=20)
        raise AssertionError("a compacted topic took a record without a key")
    except KafkaError as error:
        assert "InvalidRecord" in type(error).__name__ or "InvalidRecord" in repr(error) or "87" in repr(error), repr(error)
    p.close()
    groups = str(admin.list_groups() if hasattr(admin, "list_groups") else admin.list_consumer_groups())
    assert "py-commits" in groups, groups
    admin.delete_topics(["adm"])
    wait_until(lambda: "adm" not in admin.list_topics(), what="the topic is gone")
    admin.close()


if __name__ == "__main__":
    run_all([produce_and_consume_with_keys_and_headers, an_idempotent_producer_goes_on_over_a_kill,
             committed_offsets_survive_a_kill_with_their_metadata, a_group_rebalances_when_members_come_and_go,
             admin_calls_answer_as_kafka_does], sys.argv[1])
