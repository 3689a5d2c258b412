"""DumpLogSegments, Kafka's own reader of log files, over what the broker wrote: after an orderly end."""
import re


def dump(tools, *arguments):
    return tools.run("kafka.tools.DumpLogSegments", *arguments, bootstrap=False)


def files_of(broker, topic):
    return [f for f in sorted(broker.data.rglob("*.log")) if f.parent.name.startswith(topic + "-") and f.stat().st_size > 0]


def run(results, broker, tools, judge):
    def ends(_):
        assert broker.stop() == 0, "the broker's exit code"

    def segments(_):
        files = [f for topic in ("conf", "perf", "codec-zstd", "codec-lz4", "verify") for f in files_of(broker, topic)]
        assert files, "no segments"
        for file in files:
            text = dump(tools, "--deep-iteration", "--files", str(file))
            bad = re.search(r"(?i)isvalid: false|not a valid|Exception|mismatch|Found [0-9]+ invalid bytes", text)
            assert not bad, f"{file.name}: {bad.group(0)}"

    def offsets(_):
        text = "".join(dump(tools, "--offsets-decoder", "--files", str(f)) for f in files_of(broker, "__consumer_offsets"))
        assert "verify-group" in text, text[-300:]

    def transactions(_):
        text = "".join(dump(tools, "--transaction-log-decoder", "--files", str(f)) for f in files_of(broker, "__transaction_state"))
        assert "copier" in text, text[-300:]

    for name, function in (("orderly end", ends), ("DumpLogSegments reads every segment", segments),
                           ("DumpLogSegments --offsets-decoder reads the groups", offsets),
                           ("DumpLogSegments --transaction-log-decoder reads the transactions", transactions)):
        judge(results, name, function, tools)
