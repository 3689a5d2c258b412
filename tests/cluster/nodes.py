"""What a node of a cluster is: its settings file, its process. Knows nothing of the cluster as a whole.

A process is remembered by its number and the moment of its start, so that a number that was given out again is never
taken for ours.
"""
import os
import pathlib
import signal
import subprocess

LOG4J = """log4j.rootLogger=INFO, file
log4j.appender.file=org.apache.log4j.RollingFileAppender
log4j.appender.file.File={folder}/server.log
log4j.appender.file.MaxFileSize=20MB
log4j.appender.file.MaxBackupIndex=2
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=[%d] %p %m (%c)%n
"""
# Small and quick to start: three brokers share a machine with what is tested. CLUSTER_JAVA_OPTS takes their place.
JAVA_OPTIONS = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
MAIN = {"broker": "kafka.Kafka", "controller": "kafka.Kafka", "zookeeper": "org.apache.zookeeper.server.quorum.QuorumPeerMain"}
HEAP = {"broker": "384m", "controller": "192m", "zookeeper": "128m"}


def started(pid):
    """The moment of a process's start in ticks since boot; None where it does not run (a zombie does not)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def state_letter(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


class Node:
    """One process: a broker (in KRaft also a controller), a controller alone, or a ZooKeeper node."""

    def __init__(self, name, role, number, host, folder, libs, network=None):
        self.name, self.role, self.number, self.host = name, role, number, host
        self.folder, self.libs, self.network = pathlib.Path(folder), libs, network
        self.pid_file = self.folder / "pid"

    def write_settings(self, settings):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "node.properties").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        (self.folder / "log4j.properties").write_text(LOG4J.format(folder=self.folder))

    def java(self, heap):
        options = os.environ.get("CLUSTER_JAVA_OPTS", JAVA_OPTIONS).split()
        return ["java", f"-Xmx{heap}", *options, f"-Dlog4j.configuration=file:{self.folder}/log4j.properties", "-cp", f"{self.libs}/*"]

    def pid(self):
        try:
            pid, moment = map(int, self.pid_file.read_text().split())
        except (OSError, ValueError):
            return None
        return pid if started(pid) == moment else None

    def state(self):
        pid = self.pid()
        return "down" if pid is None else "paused" if state_letter(pid) == "T" else "running"

    def memory_mib(self):
        for line in pathlib.Path(f"/proc/{self.pid()}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024

    def start(self):
        """A dead one is started, a paused one goes on; a running one stays as it is."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGCONT)
            return
        command = self.java(HEAP[self.role]) + [MAIN[self.role], str(self.folder / "node.properties")]
        if self.network is not None:
            command = self.network.inside(self.number) + command
        with open(self.folder / "output.log", "ab") as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=self.folder)
        # `ip netns exec` becomes the program it starts, so the number is the node's in either case.
        self.pid_file.write_text(f"{process.pid} {started(process.pid)}\n")
        self.process = process

    def send(self, signal_number):
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal_number)
        return pid

    def ended(self):
        process = getattr(self, "process", None)
        if process is not None:
            process.poll()  # else a child of this very process stays a zombie
        return self.pid() is None

    def last_words(self, lines=12):
        out = []
        for name in ("output.log", "server.log"):
            path = self.folder / name
            if path.exists():
                out += path.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(out)
