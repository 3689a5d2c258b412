"""Independent clients (librdkafka 2.0.2, by confluent-kafka) that note what they did and saw. One thread each.

Producers: idempotent (acks=all), acks=1 and acks=0 without retries, transactional. Consumers: members of a group that
commit what they read, within a transaction or not. Each paces itself, so that a long run stays a history of bearable size.
"""
import random
import threading
import time

import confluent_kafka as ck

RECONNECT = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200, "socket.timeout.ms": 10000, "broker.address.family": "v4"}
QUIET = {"log_level": 0, "error_cb": lambda error: None}
GIVE_UP_MS = 120_000  # of a message that cannot be delivered
OFFSET_RESET = -140   # librdkafka's _AUTO_OFFSET_RESET


class Client(threading.Thread):
    def __init__(self, name, address, history, seed):
        super().__init__(name=name, daemon=True)
        self.address, self.history, self.dice = address, history, random.Random(f"{seed}-{name}")
        self.ending = threading.Event()
        self.failure = None

    def conf(self, **more):
        return {"bootstrap.servers": self.address, **RECONNECT, **QUIET, **{key.replace("_", "."): value for key, value in more.items()}}

    def run(self):
        try:
            self.work()
        except Exception as error:  # noqa: BLE001: told by whoever joins the thread
            import traceback
            self.failure = f"{error!r}\n{traceback.format_exc()}"


class Producer(Client):
    """acks "all" is idempotent and never gives up before GIVE_UP_MS; acks 1 and 0 send each record once."""

    def __init__(self, name, address, history, seed, topic, partitions, acks, pace):
        super().__init__(name, address, history, seed)
        self.topic, self.partitions, self.acks, self.pace = topic, partitions, acks, pace
        self.number = 0

    def work(self):
        conf = self.conf(acks=self.acks, linger_ms=self.dice.choice([0, 5]), message_timeout_ms=GIVE_UP_MS)
        if self.acks == "all":
            conf["enable.idempotence"] = True
        else:
            conf["message.send.max.retries"] = 0
        producer = ck.Producer(conf)
        while not self.ending.is_set():
            for _ in range(self.dice.randrange(1, 20)):
                self.send(producer)
            producer.poll(self.pace)
        producer.flush(GIVE_UP_MS / 1000 + 10)
        assert len(producer) == 0, "messages that are neither delivered nor failed"

    def send(self, producer):
        value, partition = f"{self.name}-{self.number}", self.dice.randrange(self.partitions)
        self.number += 1
        self.history.note("send", process=self.name, topic=self.topic, partition=partition, value=value,
                          acks={"all": -1, 1: 1, 0: 0}[self.acks])

        def delivered(error, message):
            offset = message.offset() if error is None else None
            self.history.note("sent", process=self.name, topic=self.topic, partition=partition, value=value,
                              outcome="ok" if error is None else "unknown", offset=offset if offset is not None and offset >= 0 else None)
        padding = self.dice.choice([20, 200, 2000])
        producer.produce(self.topic, f"{value} {'.' * padding}", partition=partition, on_delivery=delivered)


class Transactor(Client):
    """Transactions over all partitions of its topic, with a group's offsets in some of them; some are aborted."""

    def __init__(self, name, address, history, seed, topic, partitions, group):
        super().__init__(name, address, history, seed)
        self.topic, self.partitions, self.group = topic, partitions, group
        self.number = self.transactions = 0

    def make(self):
        while not self.ending.is_set():
            producer = ck.Producer(self.conf(transactional_id=self.name, transaction_timeout_ms=60_000, message_timeout_ms=50_000))
            try:
                producer.init_transactions(30)
                return producer
            except ck.KafkaException:
                continue  # the broker is away
        return None

    def work(self):
        consumer = ck.Consumer(self.conf(group_id=self.group, enable_auto_commit=False))  # for its group's metadata only
        producer = self.make()
        while producer is not None and not self.ending.is_set():
            if not self.transaction(producer, consumer):
                producer = self.make()
            time.sleep(0.01)
        consumer.close()

    def transaction(self, producer, consumer):
        name = f"{self.name}/{self.transactions}"
        self.transactions += 1
        self.history.note("begin", process=self.name, transaction=name)
        commits, sent = self.dice.random() < 0.75, []
        offset = None
        try:
            producer.begin_transaction()
            for partition in range(self.partitions):
                for _ in range(self.dice.randrange(0, 4)):
                    value = f"{name}.{len(sent)}"
                    sent.append(value)
                    self.history.note("send", process=self.name, topic=self.topic, partition=partition, value=value, transaction=name)
                    producer.produce(self.topic, f"{value} {'.' * 100}", partition=partition, on_delivery=self.delivered(value, partition))
            producer.flush(30)  # before an abort, too: librdkafka 2.0.2 wants it so
            if self.dice.random() < 0.5:
                offset = self.transactions
                self.history.note("commit", process=self.name, group=self.group, topic=self.topic, partition=0, offset=offset, transaction=name)
                producer.send_offsets_to_transaction([ck.TopicPartition(self.topic, 0, offset)], consumer.consumer_group_metadata(), 30)
                self.history.note("committed", process=self.name, group=self.group, topic=self.topic, partition=0, offset=offset, outcome="ok")
                offset = None
            self.history.note("end", process=self.name, transaction=name, commits=commits)
            producer.commit_transaction(30) if commits else producer.abort_transaction(30)
            self.history.note("ended", process=self.name, transaction=name, outcome="ok")
            return True
        except ck.KafkaException:
            if offset is not None:
                self.history.note("committed", process=self.name, group=self.group, topic=self.topic, partition=0, offset=offset, outcome="unknown")
            self.history.note("ended", process=self.name, transaction=name, outcome="unknown")
            return False  # a new producer of the same id finds out or aborts it

    def delivered(self, value, partition):
        def note(error, message):
            self.history.note("sent", process=self.name, topic=self.topic, partition=partition, value=value,
                              outcome="ok" if error is None else "unknown", offset=message.offset() if error is None else None)
        return note


STALE_SECONDS = 0.1  # what was fetched so long ago is fetched again


class Member(Client):
    """A member of a group: reads, commits what it has read, leaves and comes back now and then."""

    def __init__(self, name, address, history, seed, topics, group, committed_only):
        super().__init__(name, address, history, seed)
        self.topics, self.group, self.committed_only = topics, group, committed_only
        self.lives = 0

    def work(self):
        while not self.ending.is_set():
            self.lives += 1
            self.one_life(until=time.monotonic() + self.dice.uniform(3, 15))

    def one_life(self, until):
        self.assigned = {}
        consumer = ck.Consumer(self.conf(
            group_id=self.group, enable_auto_commit=False, auto_offset_reset="error", session_timeout_ms=6000, heartbeat_interval_ms=300,
            fetch_wait_max_ms=100, queued_min_messages=1, fetch_message_max_bytes=8192, isolation_level="read_committed" if self.committed_only else "read_uncommitted"))
        consumer.subscribe(self.topics, on_assign=self.on_assign, on_revoke=self.on_revoke)
        looked = time.monotonic()
        while not self.ending.is_set() and time.monotonic() < until:
            if time.monotonic() - looked > STALE_SECONDS:
                self.drop_what_was_fetched(consumer)
            messages = consumer.consume(50, 0.2)
            looked = time.monotonic()
            self.read(consumer, messages)
            if messages and self.dice.random() < 0.4:
                self.commit(consumer)
        self.commit(consumer)
        consumer.close()

    def drop_what_was_fetched(self, consumer):
        """While it waited for a commit the power may have been cut more than once; the judge takes a record for served when it is noted."""
        for (topic, partition), offset in self.assigned.items():
            try:
                consumer.seek(ck.TopicPartition(topic, partition, offset))
            except ck.KafkaException:
                continue  # revoked meanwhile

    def on_assign(self, consumer, partitions):
        for place in partitions:
            self.history.note("ask", process=self.name, group=self.group, topic=place.topic, partition=place.partition)
        committed = None
        while committed is None and not self.ending.is_set():
            try:
                committed = consumer.committed(partitions, 10)
            except ck.KafkaException:
                continue  # the broker is away
        self.assigned = {}
        for place in committed or []:
            if place.error is not None:
                continue
            self.history.note("stored", process=self.name, group=self.group, topic=place.topic, partition=place.partition, offset=max(place.offset, -1))
            place.offset = place.offset if place.offset >= 0 else 0
            self.assigned[(place.topic, place.partition)] = place.offset
            self.history.note("position", process=self.name, topic=place.topic, partition=place.partition, offset=place.offset, reason="assigned")
        consumer.assign([ck.TopicPartition(topic, partition, offset) for (topic, partition), offset in self.assigned.items()])

    def on_revoke(self, consumer, partitions):
        self.assigned = {}
        consumer.unassign()

    def read(self, consumer, messages):
        by_place = {}
        for message in messages:
            place = (message.topic(), message.partition())
            if message.error() is None:
                by_place.setdefault(place, []).append([message.offset(), message.value().decode().split(" ")[0]])
            elif message.error().code() == OFFSET_RESET and place in self.assigned:
                # What a power cut took from acks=0 and acks=1 had been read: go on at the end there is.
                try:
                    end = consumer.get_watermark_offsets(ck.TopicPartition(*place), 10)[1]
                    consumer.seek(ck.TopicPartition(*place, end))
                except ck.KafkaException:
                    continue
                self.assigned[place] = end
                self.history.note("position", process=self.name, topic=place[0], partition=place[1], offset=end, reason="out of range")
        for (topic, partition), records in by_place.items():
            if (topic, partition) not in self.assigned:
                continue
            self.assigned[(topic, partition)] = records[-1][0] + 1
            self.history.note("polled", process=self.name, topic=topic, partition=partition, offset=records[-1][0] + 1, records=records,
                              committed_only=True if self.committed_only else None)

    def commit(self, consumer):
        asked = [ck.TopicPartition(topic, partition, offset) for (topic, partition), offset in self.assigned.items()]
        if not asked:
            return
        for place in asked:
            self.history.note("commit", process=self.name, group=self.group, topic=place.topic, partition=place.partition, offset=place.offset)
        outcomes = {}
        try:
            for place in consumer.commit(offsets=asked, asynchronous=False):
                outcomes[(place.topic, place.partition)] = "ok" if place.error is None else "unknown"
        except ck.KafkaException:
            pass  # unknown
        for place in asked:
            self.history.note("committed", process=self.name, group=self.group, topic=place.topic, partition=place.partition, offset=place.offset,
                              outcome=outcomes.get((place.topic, place.partition), "unknown"))


def offers_transactions(address):
    """Whether this broker has them: a producer that asks for its id tells."""
    producer = ck.Producer({"bootstrap.servers": address, "transactional.id": "probe", **QUIET})
    try:
        producer.init_transactions(5)
        return True
    except ck.KafkaException:
        return False
