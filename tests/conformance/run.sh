#!/usr/bin/env bash
# Apache Kafka's own command-line tools as judges of the embedded broker: console producer and consumer, topics, groups,
# configs, offsets, log dirs, performance, and DumpLogSegments over the files it wrote. Prints a score and writes a report.
#
# usage: run.sh ANTIPHON [REPORT]      needs Java and Maven; KAFKA_LIBS names a folder with the jars, if they are there already
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=$(readlink -f "${1:-$root/build/release/antiphon}")
report=${2:-$root/docs/reports/conformance-$(date -u +%F).md}
libs=${KAFKA_LIBS:-$root/build/conformance/libs}
work=$(mktemp -d -t antiphon-conformance-XXXXXX)
passed=0 failed=0
rows=""

if [ ! -d "$libs" ] || [ -z "$(ls -A "$libs" 2>/dev/null)" ]; then
  mvn -q -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$libs" || { echo "conformance: Maven could not fetch Kafka's tools" >&2; exit 69; }
fi
printf 'log4j.rootLogger=ERROR, err\nlog4j.appender.err=org.apache.log4j.ConsoleAppender\nlog4j.appender.err.Target=System.err\nlog4j.appender.err.layout=org.apache.log4j.PatternLayout\nlog4j.appender.err.layout.ConversionPattern=%%p %%m%%n\n' >"$work/log4j.properties"

tool() { # main class, arguments
  timeout 90 java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlog4j.configuration="file:$work/log4j.properties" -cp "$libs/*" "$@"
}
contains() { # grep arguments: reads to the end first, so that the tool never writes into a closed pipe
  local text
  text=$(cat)
  printf '%s\n' "$text" >&2
  grep -q "$@" <<<"$text"
}
judge() { # name, command...: passes when the command does
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    passed=$((passed + 1))
    rows+="| $name | passed | |"$'\n'
    echo "ok      $name"
  else
    failed=$((failed + 1))
    rows+="| $name | FAILED | $(tail -c 300 "$work/out" | tr '\n|' '  ') |"$'\n'
    echo "FAILED  $name"
    tail -n 15 "$work/out"
  fi
}

"$program" broker --data "$work/data" --kafka 127.0.0.1:0 >"$work/ready" 2>"$work/broker.log" &
broker=$!
trap 'kill "$broker" 2>/dev/null; wait "$broker" 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 600); do grep -q '^ready ' "$work/ready" && break; kill -0 "$broker" 2>/dev/null || break; sleep 0.1; done
address=$(sed -n 's/^ready //p' "$work/ready")
[ -n "$address" ] || { cat "$work/broker.log" >&2; echo "conformance: the broker did not start" >&2; exit 70; }
b=(--bootstrap-server "$address")
topics=org.apache.kafka.tools.TopicCommand
groups=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand

create() { tool $topics "${b[@]}" --create --topic conf --partitions 3 --replication-factor 1 --config retention.ms=-1; }
list() { tool $topics "${b[@]}" --list | contains -x conf; }
describe() { tool $topics "${b[@]}" --describe --topic conf | contains 'PartitionCount: 3.*ReplicationFactor: 1.*retention.ms=-1'; }
alter() { tool $topics "${b[@]}" --alter --topic conf --partitions 4 && tool $topics "${b[@]}" --describe --topic conf | contains 'PartitionCount: 4'; }
too_many_replicas() { ! tool $topics "${b[@]}" --create --topic three --replication-factor 3 --partitions 1 2>&1 | tee "$work/three" | contains 'Created topic' && grep -qi 'replication factor' "$work/three"; }
produce() { seq 1000 | tool org.apache.kafka.tools.ConsoleProducer "${b[@]}" --topic conf --producer-property acks=all; }
produce_codec() { seq 100 | tool org.apache.kafka.tools.ConsoleProducer "${b[@]}" --topic "codec-$1" --compression-codec "$1" &&
  [ "$(tool org.apache.kafka.tools.consumer.ConsoleConsumer "${b[@]}" --topic "codec-$1" --from-beginning --max-messages 100 --timeout-ms 30000 2>/dev/null | sort -n | md5sum)" = "$(seq 100 | md5sum)" ]; }
consume() { [ "$(tool org.apache.kafka.tools.consumer.ConsoleConsumer "${b[@]}" --topic conf --from-beginning --group conf-group --max-messages 1000 --timeout-ms 40000 2>"$work/err" | sort -n | md5sum)" = "$(seq 1000 | md5sum)" ] || { cat "$work/err"; false; }; }
group_list() { tool $groups "${b[@]}" --list | contains -x conf-group; }
group_describe() { tool $groups "${b[@]}" --describe --group conf-group 2>&1 | tee /dev/stderr | awk '$2 == "conf" { lag += $6; n++ } END { exit !(n > 0 && lag == 0) }'; }
group_reset() { tool $groups "${b[@]}" --reset-offsets --group conf-group --topic conf --to-earliest --execute 2>&1 | contains conf; }
group_delete() { tool $groups "${b[@]}" --delete --group conf-group 2>&1 | contains 'successful'; }
configs() { tool kafka.admin.ConfigCommand "${b[@]}" --alter --entity-type topics --entity-name conf --add-config max.message.bytes=2000000 && tool kafka.admin.ConfigCommand "${b[@]}" --describe --entity-type topics --entity-name conf | contains 'max.message.bytes=2000000'; }
broker_configs() { tool kafka.admin.ConfigCommand "${b[@]}" --describe --all --entity-type brokers --entity-name 1 | contains 'num.partitions=1'; }
offsets() { [ "$(tool org.apache.kafka.tools.GetOffsetShell "${b[@]}" --topic conf --time -1 | tee /dev/stderr | awk -F: '{ n += $3 } END { print n }')" = 1000 ]; }
api_versions() { tool org.apache.kafka.tools.BrokerApiVersionsCommand "${b[@]}" 2>&1 | contains 'Produce(0)'; }
log_dirs() { tool org.apache.kafka.tools.LogDirsCommand "${b[@]}" --describe --topic-list conf | contains '"partition":"conf-0"'; }
delete_records() { printf '{"partitions":[{"topic":"conf","partition":0,"offset":1}],"version":1}' >"$work/del.json" && tool org.apache.kafka.tools.DeleteRecordsCommand "${b[@]}" --offset-json-file "$work/del.json" 2>&1 | contains 'low_watermark: 1'; }
performance() { tool org.apache.kafka.tools.ProducerPerformance --topic perf --num-records 20000 --record-size 1000 --throughput -1 --producer-props "bootstrap.servers=$address" acks=all enable.idempotence=true 2>&1 | contains '20000 records sent'; }
verifiable() { tool org.apache.kafka.tools.VerifiableProducer "${b[@]}" --topic verify --max-messages 500 --acks -1 2>&1 | contains '"acked":500'; }
delete() { tool $topics "${b[@]}" --delete --topic codec-gzip && ! tool $topics "${b[@]}" --list | contains -x codec-gzip; }
dump() { # every segment and the offsets topic, after an orderly end
  local f count=0
  while IFS= read -r f; do
    count=$((count + 1))
    tool kafka.tools.DumpLogSegments --deep-iteration --files "$f" >"$work/dump" 2>&1 || { cat "$work/dump"; return 1; }
    if grep -qiE 'isvalid: false|not a valid|Exception|mismatch|Found [0-9]+ invalid bytes' "$work/dump"; then echo "$f"; tail -5 "$work/dump"; return 1; fi
  done < <(find "$work/data" -name '*.log' -size +0 -path '*conf-*' -o -name '*.log' -size +0 -path '*perf-*' -o -name '*.log' -size +0 -path '*codec-*')
  echo "$count segments"
  [ "$count" -gt 0 ]
}
dump_offsets() {
  local f text=""
  for f in "$work"/data/log/__consumer_offsets-*/*.log "$work"/data/*/*/__consumer_offsets-*/*.log; do
    [ -s "$f" ] && text+=$(tool kafka.tools.DumpLogSegments --offsets-decoder --files "$f" 2>&1)
  done
  grep -q 'conf-group' <<<"$text" || { echo "${text:0:2000}"; return 1; }
}

judge "kafka-broker-api-versions" api_versions
judge "kafka-topics --create" create
judge "kafka-topics --list" list
judge "kafka-topics --describe" describe
judge "kafka-topics --alter --partitions" alter
judge "kafka-topics --create with three replicas is refused" too_many_replicas
judge "kafka-console-producer" produce
judge "kafka-console-consumer in a group" consume
for codec in gzip snappy lz4 zstd; do judge "console producer and consumer, $codec" produce_codec $codec; done
judge "kafka-consumer-groups --list" group_list
judge "kafka-consumer-groups --describe" group_describe
judge "kafka-consumer-groups --reset-offsets" group_reset
judge "kafka-consumer-groups --delete" group_delete
judge "kafka-configs on a topic" configs
judge "kafka-configs on the broker" broker_configs
judge "kafka-get-offsets" offsets
judge "kafka-log-dirs" log_dirs
judge "kafka-delete-records" delete_records
judge "kafka-producer-perf-test, idempotent, acks=all" performance
judge "VerifiableProducer" verifiable
judge "kafka-topics --delete" delete
kill -TERM "$broker"
orderly() { wait "$broker"; }
judge "orderly end" orderly
judge "DumpLogSegments reads every segment" dump
judge "DumpLogSegments --offsets-decoder reads the groups" dump_offsets

mkdir -p "$(dirname "$report")"
{
  echo "# Conformance: Apache Kafka's own tools against the embedded broker"
  echo
  echo "Made by \`./dev conformance\` on $(date -u '+%F %H:%M UTC') with the tools of Apache Kafka 4.1.1, $(java -version 2>&1 | head -1)."
  echo
  echo "$passed passed, $failed failed"
  echo
  echo "| judge | result | last words |"
  echo "|---|---|---|"
  printf '%s' "$rows"
} >"$report"
echo "$passed passed, $failed failed; report: $report"
[ "$failed" = 0 ]
