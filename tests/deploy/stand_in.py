"""A stand-in of the image apache/kafka, where no registry gives it: Kafka's own packages out of Maven, Debian's Java, and at the places that
the image has them: its tools, and a start that does what the image's does (settings by kafka.docker.KafkaDockerWrapper, then Kafka), as user
1000. What only the real one has (Alpine, its shell scripts, log4j2) is not seen by who runs this one.
"""
import hashlib
import pathlib
import tempfile

import package
from cluster import ROOT, Cluster
from places import TOOLS
from settings import KINDS

VERSION = KINDS["kraft"]
NAME = f"localhost/stand-in/kafka:{VERSION}"
OUT = ROOT / "build/stand-in"
TOOL = """#!/bin/bash
mkdir -p "${{LOG_DIR:-/opt/kafka/logs}}"
exec java ${{KAFKA_HEAP_OPTS:-}} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "/opt/kafka/libs/*" {main} "$@"
"""
START = """#!/bin/bash
set -euo pipefail
logs=${LOG_DIR:-/opt/kafka/logs}
mkdir -p "$logs"
kafka=(java ${KAFKA_HEAP_OPTS:-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dkafka.logs.dir=$logs" -Dlog4j.configuration=file:/etc/kafka/docker/log4j.properties
       -cp "/opt/kafka/libs/*")
said=$("${kafka[@]}" kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config \\
  --final-configs-dir /opt/kafka/config 2>&1) || grep -q "already formatted" <<<"$said" || { echo "$said"; exit 1; }
exec "${kafka[@]}" kafka.Kafka /opt/kafka/config/server.properties
"""
LOG4J = """log4j.rootLogger=INFO, file, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.threshold=WARN
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.appender.file=org.apache.log4j.RollingFileAppender
log4j.appender.file.File=${kafka.logs.dir}/server.log
log4j.appender.file.MaxFileSize=20MB
log4j.appender.file.MaxBackupIndex=2
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=[%d] %p %m (%c)%n
"""
# Its user, whose are the places that Kafka writes to.
USER = """echo appuser:x:1000:1000::/home/appuser:/bin/bash >>"$1/etc/passwd"; echo appuser:x:1000: >>"$1/etc/group"
mkdir -p "$1/mnt/shared/config" "$1/opt/kafka/config" "$1/opt/kafka/logs" "$1/var/lib/kafka/data"
chown -R 1000:1000 "$1/mnt/shared/config" "$1/opt/kafka/config" "$1/opt/kafka/logs" "$1/var/lib/kafka" """


def files():
    """path in the image -> (text, mode)."""
    out = {f"opt/kafka/bin/{name}": (TOOL.format(main=main), 0o755) for name, main in TOOLS.items()}
    out |= {f"etc/kafka/docker/{name}": ("", 0o644) for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml")}
    return out | {"etc/kafka/docker/run": (START, 0o755), "etc/kafka/docker/log4j.properties": (LOG4J, 0o644)}


def made():
    """Its root file system as a tar file; made once."""
    cluster = Cluster("kraft")
    cluster.fetch()
    key = hashlib.sha256(repr([files(), USER, (cluster.libs / ".complete").read_text()]).encode()).hexdigest()[:16]
    tar = OUT / f"kafka-{key}.tar"
    if tar.exists():
        return tar
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("kafka-*"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="antiphon-stand-in-") as folder:
        tree = pathlib.Path(folder)
        for name, (text, mode) in files().items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(mode)
        for path in [tree, *tree.rglob("*")]:
            path.is_dir() and path.chmod(0o755)
        partial = tar.with_suffix(".partial.tar")
        package.debian(partial, ["default-jre-headless"], f'cp -a {tree}/. "$1"/', f'cp -r {cluster.libs} "$1"/opt/kafka/libs', USER)
        partial.rename(tar)
    return tar


def load(podman):
    podman("import", "--change", "USER 1000:1000", "--change", 'CMD ["/etc/kafka/docker/run"]', made(), NAME, seconds=300)
