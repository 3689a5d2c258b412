#!/usr/bin/env bash
# Makes the stages' users and allows each what it asks of Kafka, and nothing else, by Kafka's own tools. May be run again at any
# time: it sets each user's password to what secrets.sh made, and adds what is missing of the rules.
#
# Settings by environment: BOOTSTRAP (a listener that takes the administrator's certificate), SECRETS (/run/kafka: NAME.scram and
# admin.properties), NAMESPACE (voices), ARCHIVE_NAME (main), KAFKA_BIN (/opt/kafka/bin).
#
# Has been run: by `./dev deploy test`, against Apache Kafka with StandardAuthorizer; it reads in the authorizer's log that no stage
# was refused anything, and that each of these rules was used, but for making a topic that another stage had made (docs/reports).
set -euo pipefail
: "${BOOTSTRAP:?BOOTSTRAP names a listener of Kafka, HOST:PORT}"
secrets=${SECRETS:-/run/kafka}
bin=${KAFKA_BIN:-/opt/kafka/bin}
voices=${NAMESPACE:-voices}
archive=${ARCHIVE_NAME:-main}

tool() { "$bin/$1" --bootstrap-server "$BOOTSTRAP" --command-config "$secrets/admin.properties" "${@:2}"; }

# The password is read from a file: a command line can be seen by others.
user() { tool kafka-configs.sh --alter --entity-type users --entity-name "$1" --add-config-file "$secrets/$1.scram"; }

allow() { # user "operations" kafka-acls.sh-arguments...
  local operations=() operation
  for operation in $2; do operations+=(--operation "$operation"); done
  tool kafka-acls.sh --add --allow-principal "User:$1" "${operations[@]}" "${@:3}" >/dev/null
}

# What every stage asks beside its topics: the brokers' settings, which it judges at its start; and the rules themselves, by which
# `antiphon doctor` tells what a stage lacks. Neither shows a secret.
cluster() { allow "$1" "DescribeConfigs Describe" --cluster; }

makes_and_writes="Create DescribeConfigs Read Write"
makes_and_reads="Create DescribeConfigs Read"

for name in select studio archive; do
  user "$name"
  cluster "$name"
done

allow select "$makes_and_writes" --topic "$voices.prompts" --topic "$voices.corpus-state"
allow select "$makes_and_reads" --topic "$voices.prompt-state"
allow select "Read" --group "$voices.select"
allow select "Describe" --group "$voices.select." --resource-pattern-type prefixed

allow studio "$makes_and_writes" --topic "$voices.recordings" --topic "$voices.prompt-state"
allow studio "$makes_and_reads" --topic "$voices.prompts" --topic "$voices.corpus-state"
allow studio "Read" --group "$voices.studio"
allow studio "Describe" --group "$voices.studio." --resource-pattern-type prefixed
allow studio "Write" --transactional-id "$voices.studio." --resource-pattern-type prefixed # prompt-state

allow archive "$makes_and_reads" --topic "$voices.recordings"
allow archive "Create DescribeConfigs Write" --topic "dlq.$voices.recordings.archive.$archive"
allow archive "Read" --group "$voices.archive.$archive"

echo "access: users select, studio and archive may do what they need in $voices"
