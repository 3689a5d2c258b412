"""The stages' users in other hands: Python's client, which is no code of ours and logs in by SCRAM at any Kafka. kcat is Debian's librdkafka
(2.0.2), which Kafka 4 refuses whatever the password, so it would prove nothing here."""
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

SECONDS_MAX = 10
KAFKA_SETTINGS = {"security.protocol": "security_protocol", "ssl.ca.location": "ssl_cafile", "sasl.mechanism": "sasl_mechanism",
                  "sasl.username": "sasl_plain_username", "sasl.password": "sasl_plain_password"}


class User:
    """Kafka's refusals come as the errors of kafka.errors."""

    def __init__(self, properties, bootstrap):
        """properties: a file as the stages' --kafka-config takes it, for librdkafka."""
        given = dict(line.split("=", 1) for line in properties.read_text().splitlines())
        self.settings = {name: given[key] for key, name in KAFKA_SETTINGS.items()}
        self.settings |= {"bootstrap_servers": bootstrap.split(","), "bootstrap_timeout_ms": 1000 * SECONDS_MAX}

    def topics(self):
        consumer = KafkaConsumer(**self.settings)
        try:
            return consumer.topics()
        finally:
            consumer.close()

    def read(self, topic, partition=0, offset=0):
        """One record's value; None where there is none."""
        consumer, place = KafkaConsumer(**self.settings, consumer_timeout_ms=1000 * SECONDS_MAX), TopicPartition(topic, partition)
        try:
            if consumer.end_offsets([place])[place] <= offset:
                return None
            consumer.assign([place])
            consumer.seek(place, offset)
            return next((record.value for record in consumer), None)
        finally:
            consumer.close()

    def write(self, topic, key, value):
        producer = KafkaProducer(**self.settings)
        try:
            producer.send(topic, key=key, value=value).get(SECONDS_MAX)
        finally:
            producer.close(SECONDS_MAX)
