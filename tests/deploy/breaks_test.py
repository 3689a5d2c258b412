#!/usr/bin/env python3
"""Each way in which deploy/ can go wrong, done to a copy of it: the check must name it.

usage: breaks_test.py ANTIPHON
"""
import pathlib
import shutil
import sys
import tempfile

import check

COMPOSE, KAFKA, SELECT, STUDIO, ARCHIVE = "compose/compose.yaml", "kubernetes/kafka.yaml", "kubernetes/select.yaml", "kubernetes/studio.yaml", "kubernetes/archive.yaml"
# what is broken, where, from, to, what the check must say
BREAKS = [
    ("no YAML", SELECT, "spec:", "spec: [", "is no YAML"),
    ("a claim that it was run", SELECT, "CHECKED, NOT RUN", "Works", "does not say"),
    ("a key that Compose does not have", COMPOSE, "healthcheck: &status-health", "healtcheck: &status-health", "Compose Specification"),
    ("a key that Kubernetes does not have", SELECT, "replicas: 2", "replica: 2", "against Kubernetes"),
    ("a manifest that is left out", "kustomization.yaml", "  - kubernetes/network.yaml\n", "", "leaves out kubernetes/network.yaml"),
    ("an option that the program does not have", COMPOSE, "--slot=main", "--slott=main", "ends with 64"),
    ("a subcommand that the program does not have", ARCHIVE, "args: [archive,", "args: [archiver,", "ends with 64"),
    ("a variable that the program does not read", "kustomization.yaml", "ANTIPHON_CORPUS=", "ANTIPHON_CORPORA=", "has no option for ANTIPHON_CORPORA"),
    ("a probe of a path that is not served", STUDIO, "path: /readyz", "path: /ready", "/ready, which is not served"),
    ("a probe of a port that has no name", STUDIO, "port: http}", "port: web}", "which has no number"),
    ("a probe of a port where nothing listens", COMPOSE, "--status=127.0.0.1:8081", "--status=127.0.0.1:8082", "at which nothing listens"),
    ("a secret that is not defined", COMPOSE, "  kafka-2.pem: {file: ../secrets/kafka-2.pem}\n", "", "kafka-2.pem is used and not defined"),
    ("a secret that nothing makes", COMPOSE, "../secrets/studio.scram", "../secrets/studios.scram", "is made by nothing"),
    ("a Secret that is not made", STUDIO, "secretName: studio", "secretName: studios", "secret studios is used and made by nothing"),
    ("a config map that is not made", SELECT, "{configMapRef: {name: select}}", "{configMapRef: {name: corpus}}", "configMap corpus is used and made by nothing"),
    ("a volume that is not defined", COMPOSE, "volumes: {kafka-1: {},", "volumes: {", "volumes kafka-1 is used and not defined"),
    ("a mount without a volume", SELECT, "{name: spool, mountPath", "{name: pool, mountPath", "pool is mounted and not defined"),
    ("a variable that is not set", ARCHIVE, "--slot=$(POD_NAME)", "--slot=$(POD)", "variable POD is used and not defined"),
    ("a file that is not mounted", COMPOSE, "target: /run/antiphon/ca.crt", "target: /run/antiphon/authority.crt", "no such file"),
    ("a place that cannot be written", COMPOSE, "--archive=file:///var/lib/antiphon/archive", "--archive=file:///var/lib/voices", "can be written"),
    ("an image without a tag", COMPOSE, "image: localhost/antiphon:0.1.0", "image: localhost/antiphon", "has no tag"),
    ("another Kafka than the tested one", KAFKA, "apache/kafka:4.1.1", "apache/kafka:4.1.0", "is none of"),
    ("a setting of Kafka in one of the two only", KAFKA, '{name: KAFKA_MIN_INSYNC_REPLICAS, value: "2"}', '{name: KAFKA_MIN_INSYNC_REPLICAS, value: "1"}', "KAFKA_MIN_INSYNC_REPLICAS is 2 in compose.yaml and 1"),
    ("a policy for nobody", "kubernetes/network.yaml", "{app: access}", "{app: axis}", "no pod has the labels"),
    ("a root that can be written", COMPOSE, "read_only: true", "read_only: false", "read_only is not True"),
    ("Kafka's port open to others", COMPOSE, '"127.0.0.1:8080:8080"', '"8080:8080"', "publishes 8080:8080"),
    ("a password in the file", COMPOSE, "KAFKA_LOG_DIRS: /var/lib/kafka/data", "KAFKA_SASL_PASSWORD: hunter2hunter2", "looks like a secret"),
    ("a user without a password", "access.sh", "for name in select studio archive;", "for name in select studio archive reader;", "for whom secrets.sh makes no password"),
]


def found_in(folder, antiphon, file, old, new):
    copy = pathlib.Path(folder) / "deploy"
    shutil.copytree(check.ROOT / "deploy", copy, ignore=shutil.ignore_patterns("secrets"))
    text = (copy / file).read_text()
    assert old in text, f"{file} has no longer: {old}"
    (copy / file).write_text(text.replace(old, new))
    return check.problems_of(copy, antiphon)


def main():
    failed = 0
    for name, file, old, new, wanted in BREAKS:
        with tempfile.TemporaryDirectory(prefix="antiphon-breaks-") as folder:
            found = found_in(folder, sys.argv[1], file, old, new)
        seen = any(wanted in problem for problem in found)
        failed += not seen
        print(f"{'ok  ' if seen else 'FAIL'} {name}: {[problem for problem in found if wanted in problem][:1] or found}")
    print(f"{len(BREAKS) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
