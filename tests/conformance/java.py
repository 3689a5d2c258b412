"""Apache Kafka's own command-line tools, from Maven's packages: topics, groups, configs, offsets, log dirs, users, transactions, the
console and the performance clients, the verifiable ones of its system tests, and DumpLogSegments over the files that were written."""
import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

import java_files
from brokers import fetch_kafka

TITLE = "Apache Kafka's own tools"
MADE_WITH = "the tools of Apache Kafka 4.1.1"
TOOL_SECONDS_MAX = 120
TOOLS = "org.apache.kafka.tools."
CHECKS = []  # in order: later ones use what earlier ones wrote


def check(name):
    return lambda function: CHECKS.append((name, function)) or function


class Tools:
    """Runs a tool against one broker; what it printed is kept for the report."""

    def __init__(self, broker, folder):
        self.broker = broker
        self.folder = folder
        self.log = ""
        (folder / "log4j.properties").write_text(
            "log4j.rootLogger=ERROR, err\nlog4j.appender.err=org.apache.log4j.ConsoleAppender\nlog4j.appender.err.Target=System.err\n"
            "log4j.appender.err.layout=org.apache.log4j.PatternLayout\nlog4j.appender.err.layout.ConversionPattern=%p %m%n\n")

    def command(self, main, *arguments):
        return ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Dlog4j.configuration=file:{self.folder}/log4j.properties",
                "-cp", f"{fetch_kafka()}/*", main if main.startswith("kafka.") else TOOLS + main, *arguments]

    def run(self, main, *arguments, stdin="", bootstrap=True, code=0):
        """Standard output and error; `code` None: any exit code will do."""
        if bootstrap:
            arguments = ("--bootstrap-server", self.broker.address, *arguments)
        done = subprocess.run(self.command(main, *arguments), input=stdin, capture_output=True, text=True, timeout=TOOL_SECONDS_MAX)
        self.log += done.stdout + done.stderr
        assert code is None or done.returncode == code, f"exit code {done.returncode}"
        return done.stdout + done.stderr

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)


def holds(text, pattern):
    assert re.search(pattern, text, flags=re.M), f"no line of the answer is {pattern!r}"


TOPIC, GROUP, CONFIG = "TopicCommand", "consumer.group.ConsumerGroupCommand", "kafka.admin.ConfigCommand"
NUMBERS = "".join(f"{n}\n" for n in range(1, 1001))


def numbers_of(text):
    return sorted(int(line) for line in text.splitlines() if line.isdigit())


@check("kafka-broker-api-versions")
def _(t):
    holds(t.run("BrokerApiVersionsCommand"), r"Produce\(0\): .*\[usable")


@check("kafka-topics --create")
def _(t):
    t.run(TOPIC, "--create", "--topic", "conf", "--partitions", "3", "--replication-factor", "1", "--config", "retention.ms=-1")


@check("kafka-topics --list")
def _(t):
    holds(t.run(TOPIC, "--list"), "^conf$")


@check("kafka-topics --describe")
def _(t):
    holds(t.run(TOPIC, "--describe", "--topic", "conf"), r"PartitionCount: 3.*ReplicationFactor: 1.*retention.ms=-1")


@check("kafka-topics --describe --under-replicated-partitions is empty")
def _(t):
    assert "Partition:" not in t.run(TOPIC, "--describe", "--under-replicated-partitions")


@check("kafka-topics --alter --partitions")
def _(t):
    t.run(TOPIC, "--alter", "--topic", "conf", "--partitions", "4")
    holds(t.run(TOPIC, "--describe", "--topic", "conf"), "PartitionCount: 4")


@check("kafka-topics --create with three replicas is refused")
def _(t):
    text = t.run(TOPIC, "--create", "--topic", "three", "--partitions", "1", "--replication-factor", "3", code=1)
    holds(text, "(?i)replication factor")


@check("kafka-console-producer")
def _(t):
    t.run("ConsoleProducer", "--topic", "conf", "--producer-property", "acks=all", stdin=NUMBERS)


@check("kafka-console-consumer in a group")
def _(t):
    got = t.run("consumer.ConsoleConsumer", "--topic", "conf", "--from-beginning", "--group", "conf-group", "--max-messages", "1000",
                "--timeout-ms", "40000")
    assert numbers_of(got) == list(range(1, 1001))


def _codec(codec):
    @check(f"console producer and consumer, {codec}")
    def _(t):
        t.run("ConsoleProducer", "--topic", f"codec-{codec}", "--compression-codec", codec, stdin=NUMBERS)
        got = t.run("consumer.ConsoleConsumer", "--topic", f"codec-{codec}", "--from-beginning", "--max-messages", "1000", "--timeout-ms", "30000")
        assert numbers_of(got) == list(range(1, 1001))


for each in ("gzip", "snappy", "lz4", "zstd"):
    _codec(each)


@check("kafka-consumer-groups --list")
def _(t):
    holds(t.run(GROUP, "--list"), "^conf-group$")


@check("kafka-consumer-groups --list --state --type")
def _(t):
    holds(t.run(GROUP, "--list", "--state", "--type"), r"conf-group\s+Classic\s+Empty")


@check("kafka-consumer-groups --describe")
def _(t):
    rows = re.findall(r"^conf-group\s+conf\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)", t.run(GROUP, "--describe", "--group", "conf-group"), flags=re.M)
    assert rows and sum(int(r[2]) for r in rows) == 0 and sum(int(r[0]) for r in rows) == 1000, rows


@check("kafka-consumer-groups --describe --state")
def _(t):
    holds(t.run(GROUP, "--describe", "--group", "conf-group", "--state"), r"conf-group\s+\S+\s+\(1\)\s+.*Empty\s+0")


@check("kafka-consumer-groups --describe --members")
def _(t):
    holds(t.run(GROUP, "--describe", "--group", "conf-group", "--members"), "has no active members")


@check("kafka-consumer-groups --describe of an unknown group")
def _(t):
    holds(t.run(GROUP, "--describe", "--group", "nobody", code=None), "(?i)does not exist|not found")


@check("kafka-consumer-groups --reset-offsets --to-earliest")
def _(t):
    holds(t.run(GROUP, "--reset-offsets", "--group", "conf-group", "--topic", "conf", "--to-earliest", "--execute"), r"conf-group\s+conf\s+0\s+0")


@check("kafka-consumer-groups --reset-offsets --to-datetime")
def _(t):
    holds(t.run(GROUP, "--reset-offsets", "--group", "conf-group", "--topic", "conf", "--to-datetime", "2000-01-01T00:00:00.000", "--dry-run"),
          r"conf-group\s+conf\s+0\s+0")


@check("kafka-consumer-groups --reset-offsets --shift-by, --export and --from-file")
def _(t):
    reset = (GROUP, "--reset-offsets", "--group", "conf-group")  # codec-gzip: a topic of one partition, which has all the records
    t.run(*reset, "--topic", "codec-gzip:0", "--to-earliest", "--execute")
    t.run(*reset, "--topic", "codec-gzip:0", "--shift-by", "2", "--execute")
    text = t.run(*reset, "--topic", "codec-gzip:0", "--to-current", "--export", "--dry-run")
    line = re.search(r'^"?codec-gzip"?,0,2$', text, flags=re.M)
    assert line, text
    t.run(*reset, "--from-file", t.file("offsets.csv", line.group(0) + "\n"), "--execute")


@check("kafka-consumer-groups --delete-offsets")
def _(t):
    holds(t.run(GROUP, "--delete-offsets", "--group", "conf-group", "--topic", "conf"), "(?i)successful")


@check("kafka-consumer-groups --delete")
def _(t):
    holds(t.run(GROUP, "--delete", "--group", "conf-group"), "(?i)successful")


@check("kafka-configs on a topic")
def _(t):
    t.run(CONFIG, "--alter", "--entity-type", "topics", "--entity-name", "conf", "--add-config", "max.message.bytes=2000000")
    holds(t.run(CONFIG, "--describe", "--entity-type", "topics", "--entity-name", "conf"), "max.message.bytes=2000000")


@check("kafka-configs --all on the broker")
def _(t):
    holds(t.run(CONFIG, "--describe", "--all", "--entity-type", "brokers", "--entity-name", "1"), r"num.partitions=\d+")


@check("kafka-configs changes a broker's setting")
def _(t):
    who = ("--entity-type", "brokers", "--entity-name", "1")
    t.run(CONFIG, "--alter", *who, "--add-config", "background.threads=9")
    holds(t.run(CONFIG, "--describe", *who), "background.threads=9")
    t.run(CONFIG, "--alter", *who, "--delete-config", "background.threads")


@check("kafka-configs on a group")
def _(t):
    who = ("--entity-type", "groups", "--entity-name", "conf-settings")
    t.run(CONFIG, "--alter", *who, "--add-config", "consumer.session.timeout.ms=50000")
    holds(t.run(CONFIG, "--describe", *who), "consumer.session.timeout.ms=50000")


@check("kafka-configs on users: quotas and SCRAM")
def _(t):
    t.run(CONFIG, "--describe", "--entity-type", "users")


@check("kafka-configs makes a SCRAM user")
def _(t):
    t.run(CONFIG, "--alter", "--entity-type", "users", "--entity-name", "amina", "--add-config", "SCRAM-SHA-256=[iterations=4096,password=pw]")
    holds(t.run(CONFIG, "--describe", "--entity-type", "users", "--entity-name", "amina"), "SCRAM-SHA-256=iterations=4096")


@check("kafka-get-offsets at the end")
def _(t):
    counts = re.findall(r"^conf:\d+:(\d+)$", t.run("GetOffsetShell", "--topic", "conf", "--time", "-1"), flags=re.M)
    assert sum(map(int, counts)) == 1000, counts


@check("kafka-get-offsets by time, at the start, of the largest time")
def _(t):
    for when, total in (("0", 0), ("-2", 0), ("earliest", 0)):
        counts = re.findall(r"^conf:\d+:(\d+)$", t.run("GetOffsetShell", "--topic", "conf", "--time", when), flags=re.M)
        assert len(counts) >= 1 and sum(map(int, counts)) == total, (when, counts)
    holds(t.run("GetOffsetShell", "--topic-partitions", "codec-gzip:0", "--time", "max-timestamp"), r"^codec-gzip:0:\d+$")
    ahead = str(int(time.time() * 1000) + 86_400_000)
    assert not re.findall(r"^conf:\d+:\d+$", t.run("GetOffsetShell", "--topic", "conf", "--time", ahead), flags=re.M)


@check("kafka-log-dirs")
def _(t):
    text = t.run("LogDirsCommand", "--describe", "--topic-list", "conf")
    found = json.loads(next(line for line in text.splitlines() if line.startswith("{")))
    partitions = found["brokers"][0]["logDirs"][0]["partitions"]
    assert {p["partition"] for p in partitions} >= {"conf-0", "conf-3"} and sum(p["size"] for p in partitions) > 0


@check("kafka-delete-records")
def _(t):
    request = t.file("delete.json", '{"partitions":[{"topic":"codec-lz4","partition":0,"offset":1}],"version":1}')
    holds(t.run("DeleteRecordsCommand", "--offset-json-file", request), "low_watermark: 1")


@check("kafka-leader-election")
def _(t):
    holds(t.run("LeaderElectionCommand", "--election-type", "preferred", "--topic", "conf", "--partition", "0", code=None), "(?i)already|not needed|valid replica")


@check("kafka-reassign-partitions --list")
def _(t):
    holds(t.run("reassign.ReassignPartitionsCommand", "--list"), "(?i)no partition reassignments")


@check("kafka-acls without an authorizer")
def _(t):
    holds(t.run("AclCommand", "--list", code=None), "(?i)No Authorizer|SecurityDisabled")


@check("kafka-producer-perf-test, idempotent, acks=all")
def _(t):
    text = t.run("ProducerPerformance", "--topic", "perf", "--num-records", "20000", "--record-size", "1000", "--throughput", "-1", "--producer-props",
                 f"bootstrap.servers={t.broker.address}", "acks=all", "enable.idempotence=true", bootstrap=False)
    holds(text, "20000 records sent")


@check("kafka-consumer-perf-test")
def _(t):
    holds(t.run("ConsumerPerformance", "--topic", "perf", "--messages", "20000", "--timeout", "30000"), r", 2\d{4}, ")


@check("kafka-e2e-latency")
def _(t):
    t.run(TOPIC, "--create", "--topic", "latency", "--partitions", "1")
    holds(t.run("EndToEndLatency", t.broker.address, "latency", "200", "all", "100", bootstrap=False), r"Percentiles: 50th = \d+")


@check("VerifiableProducer")
def _(t):
    holds(t.run("VerifiableProducer", "--topic", "verify", "--max-messages", "500", "--acks", "-1"), '"acked":500')


@check("VerifiableConsumer")
def _(t):
    text = t.run("VerifiableConsumer", "--topic", "verify", "--group-id", "verify-group", "--max-messages", "500", "--reset-policy", "earliest")
    counts = [json.loads(line)["count"] for line in text.splitlines() if '"records_consumed"' in line]
    assert sum(counts) == 500, counts
    holds(text, '"offsets_committed".*"success":true|"success":true.*"offsets_committed"')


@check("TransactionalMessageCopier")
def _(t):
    t.run("TransactionalMessageCopier", "--broker-list", t.broker.address, "--input-topic", "verify", "--input-partition", "0", "--output-topic", "copied",
          "--transactional-id", "copier", "--consumer-group", "copier-group", "--transaction-size", "50", "--max-messages", "500", bootstrap=False)
    got = t.run("consumer.ConsoleConsumer", "--topic", "copied", "--from-beginning", "--isolation-level", "read_committed", "--max-messages", "500",
                "--timeout-ms", "30000")
    assert len([line for line in got.splitlines() if line.isdigit()]) == 500


@check("kafka-transactions list and describe")
def _(t):
    holds(t.run("TransactionsCommand", "list"), r"^copier\s")
    holds(t.run("TransactionsCommand", "describe", "--transactional-id", "copier"), r"copier\s.*CompleteCommit")


@check("kafka-transactions describe-producers")
def _(t):
    holds(t.run("TransactionsCommand", "describe-producers", "--topic", "copied", "--partition", "0"), r"ProducerId\s+ProducerEpoch")


@check("kafka-transactions find-hanging")
def _(t):
    t.run("TransactionsCommand", "find-hanging", "--broker-id", "1")


@check("kafka-metadata-quorum describe --status")
def _(t):
    holds(t.run("MetadataQuorumCommand", "describe", "--status"), r"LeaderId:\s+1")


@check("kafka-topics --delete")
def _(t):
    t.run(TOPIC, "--delete", "--topic", "codec-gzip")
    assert not re.search("^codec-gzip$", t.run(TOPIC, "--list"), flags=re.M)


@check("kafka-cluster cluster-id")
def _(t):
    holds(t.run("ClusterTool", "cluster-id", "--bootstrap-server", t.broker.address, bootstrap=False), r"Cluster ID: \S{22}")


def judge(results, name, function, tools):
    tools.log = ""
    try:
        function(tools)
        results.add(name, "passed")
    except Exception as wrong:  # noqa: BLE001: whatever a check meets, the others go on
        results.add(name, "failed", f"{wrong}: {tools.log[-200:]}")


def run(kind, results, only, jobs, stop_at):
    """Later checks use what earlier ones wrote: all run, or those that are left out by --only do not."""
    if results.rows and not only:
        return True
    broker = kind(1)
    try:
        broker.fresh()
        with tempfile.TemporaryDirectory() as folder:
            tools = Tools(broker, Path(folder))
            for name, function in CHECKS:
                if not only or any(o in name for o in only):
                    judge(results, name, function, tools)
            if not only:
                java_files.run(results, broker, tools, judge)
        return True
    finally:
        broker.close()


CAUSES = {}
