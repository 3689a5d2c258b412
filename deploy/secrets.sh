#!/usr/bin/env bash
# Makes everything secret that deploy/ needs, by openssl: an authority, a certificate for each Kafka node and for the administrator,
# and a user with a random password for each stage. What is there already is kept; remove a file (or the folder) to have it made anew.
#
#   deploy/secrets.sh [DIR]                      DIR: deploy/secrets; Compose and Kubernetes (kustomize) read it there
#
# Settings by environment: NODES ("kafka-1 kafka-2 kafka-3"), NAMES (what a node may be called besides: %s is its name),
# CLIENT_AT and KAFKA_AT (where the files will lie for the stages, and for Kafka and its tools), DAYS of the certificates (825);
# AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, if the archive or the corpus is in S3.
#
# Has been run: by `./dev deploy test`, against Apache Kafka (docs/reports). Keep ca.key off line: whoever has it can be a broker.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:-$here/secrets}
nodes=${NODES:-kafka-1 kafka-2 kafka-3}
names=${NAMES:-DNS:%s,DNS:%s.kafka,DNS:%s.kafka.antiphon.svc,DNS:%s.kafka.antiphon.svc.cluster.local}
client_at=${CLIENT_AT:-/run/antiphon}
kafka_at=${KAFKA_AT:-/run/kafka}
days=${DAYS:-825}
users="select studio archive"
new_key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

# Nobody else on this machine gets into the folder. Its files may be read by whoever they are handed to: a container's user is
# another one than ours, and Compose hands files over as they are.
mkdir -p "$dir"
chmod 700 "$dir"
umask 077
quietly() { "$@" 2>"$dir/openssl.log" || { cat "$dir/openssl.log" >&2; exit 1; }; }
missing() { [ ! -s "$dir/$1" ]; }

authority() {
  missing ca.key || ! missing ca.crt || { echo "secrets: $dir has ca.key without ca.crt: remove it, or bring ca.crt back" >&2; exit 1; }
  missing ca.crt || return 0
  quietly openssl req -x509 "${new_key[@]}" -days 3650 -subj "/CN=antiphon-kafka-ca" -keyout "$dir/ca.key" -out "$dir/ca.crt" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign
}

# One PEM file of key and certificate, as Kafka's ssl.keystore.type=PEM wants it. Its CN is who it is for Kafka: User:CN=NAME.
certificate() { # name [subject alternative names]
  missing "$1.pem" || return 0
  [ -s "$dir/ca.key" ] || { echo "secrets: ca.key is needed to sign $1; bring it back to $dir" >&2; exit 1; }
  printf 'extendedKeyUsage=serverAuth,clientAuth\n%s' "${2:+subjectAltName=$2}" >"$dir/$1.ext"
  quietly openssl req "${new_key[@]}" -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.csr"
  quietly openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days "$days" \
    -extfile "$dir/$1.ext" -out "$dir/$1.crt"
  cat "$dir/$1.key" "$dir/$1.crt" >"$dir/$1.pem"
  rm "$dir/$1.key" "$dir/$1.crt" "$dir/$1.csr" "$dir/$1.ext"
}

# NAME.scram is for kafka-configs.sh --add-config-file, NAME.properties for the stage's --kafka-config: one password, made here.
user() { # name
  ! missing "$1.scram" && ! missing "$1.properties" && return 0
  local password
  password=$(openssl rand -hex 32)
  printf 'SCRAM-SHA-512=iterations=8192,password=%s\n' "$password" >"$dir/$1.scram"
  cat >"$dir/$1.properties" <<TEXT
security.protocol=SASL_SSL
ssl.ca.location=$client_at/ca.crt
ssl.endpoint.identification.algorithm=https
sasl.mechanism=SCRAM-SHA-512
sasl.username=$1
sasl.password=$password
TEXT
}

administrator() {
  certificate admin
  missing admin.properties || return 0
  cat >"$dir/admin.properties" <<TEXT
security.protocol=SSL
ssl.keystore.type=PEM
ssl.keystore.location=$kafka_at/admin.pem
ssl.truststore.type=PEM
ssl.truststore.location=$kafka_at/ca.crt
TEXT
}

authority
for node in $nodes; do certificate "$node" "${names//%s/$node}"; done
administrator
for name in $users; do user "$name"; done
missing s3.env && printf 'AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n' "${AWS_ACCESS_KEY_ID:-}" "${AWS_SECRET_ACCESS_KEY:-}" >"$dir/s3.env"
rm -f "$dir/openssl.log" "$dir/ca.srl"
chmod 444 "$dir"/*
chmod 400 "$dir/ca.key"
echo "secrets: $dir is complete; keep ca.key off line"
