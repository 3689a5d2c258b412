"""Transactions, judged by clients that are not ours: librdkafka's producer (transactional_copier) and kafka-python's,
with kcat reading what is committed. usage: transactions_test.py ANTIPHON TRANSACTIONAL_COPIER"""
import subprocess
import sys
import threading

from broker_process import run_all, wait_until
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

COPIER = sys.argv[2]
NUMBERS = 2000
KILLS = 6


def kcat(broker, *arguments, send=None, seconds=120):
    done = subprocess.run(["kcat", "-b", broker.address, *arguments], input=send, capture_output=True, timeout=seconds)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def committed(broker, topic):
    return kcat(broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-X", "isolation.level=read_committed")


def end_of(broker, topic):
    return int(kcat(broker, "-Q", "-t", f"{topic}:0:-1")[0].split()[-1])


def transactional(broker, name, **settings):
    p = KafkaProducer(bootstrap_servers=broker.address, transactional_id=name, acks="all", enable_idempotence=True,
                      retry_backoff_ms=50, **settings)
    p.init_transactions()
    return p


def every_number_is_copied_once_over_kills_of_the_broker(broker):
    kcat(broker, "-P", "-t", "in", "-X", "acks=all", send="\n".join(str(n) for n in range(NUMBERS)).encode())
    kcat(broker, "-P", "-t", "out", "-X", "acks=all", send=b"first")
    ended = threading.Event()
    starts = []

    def copy():
        while True:  # a fatal error of the client is answered by a new one, which goes on
            code = subprocess.run([COPIER, broker.address, "copier", "copiers", "in", "out", str(NUMBERS)], timeout=240).returncode
            starts.append(code)
            if code != 3 or len(starts) > 20:
                ended.set()
                return

    copier = threading.Thread(target=copy, daemon=True)
    copier.start()
    for kill in range(1, KILLS + 1):
        goal = NUMBERS * kill // (KILLS + 2)
        wait_until(lambda: ended.is_set() or end_of(broker, "out") > goal, 120, f"{goal} records in the other topic")
        broker.kill()
        broker.start()
    copier.join(240)
    assert starts and starts[-1] == 0, starts
    got = committed(broker, "out")
    assert got == ["first"] + [f"+{n}" for n in range(NUMBERS)], f"{len(got)} records, the first ones {got[:5]}"
    everything = kcat(broker, "-C", "-t", "out", "-o", "beginning", "-e", "-q", "-X", "isolation.level=read_uncommitted")
    assert len(everything) > len(got), "no transaction was aborted: the copier does that"
    print(f"        {len(everything)} records, {len(got)} of them committed; clients {starts}")


def a_transaction_of_kafka_python_commits_and_aborts_with_its_offsets(broker):
    p = transactional(broker, "py-tx")
    part = TopicPartition("py-in", 0)
    kcat(broker, "-P", "-t", "py-in", send=b"x")
    p.begin_transaction()
    p.send("py-out", b"one")
    p.send("py-out", b"two")
    p.send_offsets_to_transaction({part: OffsetAndMetadata(1, "", -1)}, "py-tx-group")
    p.flush()
    assert committed(broker, "py-out") == []
    p.commit_transaction()
    assert committed(broker, "py-out") == ["one", "two"]
    p.begin_transaction()
    p.send("py-out", b"never")
    p.send_offsets_to_transaction({part: OffsetAndMetadata(9, "", -1)}, "py-tx-group")
    p.flush()
    p.abort_transaction()
    p.begin_transaction()
    p.send("py-out", b"three")
    p.commit_transaction()
    p.close()
    assert committed(broker, "py-out") == ["one", "two", "three"]
    c = KafkaConsumer(bootstrap_servers=broker.address, group_id="py-tx-group", enable_auto_commit=False)
    assert c.committed(part) == 1, c.committed(part)
    c.close()


def a_new_instance_fences_the_one_before(broker):
    kcat(broker, "-P", "-t", "fence", send=b"first")
    old = transactional(broker, "py-fence")
    old.begin_transaction()
    old.send("fence", b"zombie")
    old.flush()
    new = transactional(broker, "py-fence")
    new.begin_transaction()
    new.send("fence", b"fresh")
    new.commit_transaction()
    try:
        old.commit_transaction()
        raise AssertionError("a fenced producer committed")
    except AssertionError:
        raise
    except Exception as error:  # noqa: BLE001: the client names it differently from version to version
        assert "Fenced" in repr(error) or "Epoch" in repr(error), repr(error)
    new.close()
    assert committed(broker, "fence") == ["first", "fresh"]


def an_open_transaction_outlives_a_kill_of_the_broker(broker):
    kcat(broker, "-P", "-t", "kill", send=b"first")
    p = transactional(broker, "py-kill")
    p.begin_transaction()
    p.send("kill", b"before").get(timeout=30)
    broker.kill()
    broker.start()
    assert committed(broker, "kill") == ["first"]
    p.send("kill", b"after").get(timeout=60)
    p.commit_transaction()
    p.close()
    assert committed(broker, "kill") == ["first", "before", "after"]


if __name__ == "__main__":
    run_all([every_number_is_copied_once_over_kills_of_the_broker,
             a_transaction_of_kafka_python_commits_and_aborts_with_its_offsets, a_new_instance_fences_the_one_before,
             an_open_transaction_outlives_a_kill_of_the_broker], sys.argv[1])
