#!/usr/bin/env python3
"""./dev deploy test: what deploy/ says, done without containers: a real Apache Kafka cluster with the Compose file's own settings (TLS,
SCRAM, StandardAuthorizer), deploy/secrets.sh and deploy/access.sh as they are, and the three stages' own command lines, each as its user.

The judges are kcat and Python's client, the archive's files, and the log of Kafka's authorizer: what each stage asked, and by which rule it was allowed.
Kafka's nodes have the addresses 127.0.0.11 to 127.0.0.13. It writes docs/reports/DATE-deploy.md.
"""
import datetime
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cluster"), str(ROOT / "tests/spine")]
from cluster import ClusterError, run, until  # noqa: E402
from harness import archived, sha256, upload, until as wait_until  # noqa: E402
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAuthorizationFailedError  # noqa: E402
from places import Kafka, Stage, shims  # noqa: E402
from settings import KINDS  # noqa: E402
from rules import asked, granted, written_rules  # noqa: E402
from users import User  # noqa: E402

DEPLOY = ROOT / "deploy"
STAGES = ("select", "studio", "archive")
NEED = {"select": [], "studio": [], "archive": ["--name", "main"]}


class Secured:
    """The cluster, the stages, and what the checks share."""

    def __init__(self, folder):
        self.folder, self.secrets, self.voices = folder, folder / "secrets", folder / "voices"
        self.kafka = Kafka(folder, self.secrets)
        self.stages = {name: Stage(name, folder, self.secrets) for name in STAGES}
        self.junk = 0

    def script(self, name, **environment):
        done = subprocess.run([DEPLOY / name, *([self.secrets] if name == "secrets.sh" else [])], capture_output=True, text=True, timeout=300,
                              env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    def allow(self):
        return self.script("access.sh", BOOTSTRAP=self.kafka.bootstrap(9094), SECRETS=str(self.secrets), KAFKA_BIN=str(shims(self.folder, self.kafka.libs)))

    def user(self, name):
        return User(self.secrets / f"{name}.properties", self.kafka.bootstrap(9093))

    def doctor(self, stage):
        return run([self.stages[stage].program, "doctor", "--bootstrap", self.kafka.bootstrap(9093), "--kafka-config", str(self.secrets / f"{stage}.properties"),
                    "--stage", stage, *NEED[stage]], 90)

    def tool(self, name, *arguments):
        return run([str(shims(self.folder, self.kafka.libs) / name), "--bootstrap-server", self.kafka.bootstrap(9094),
                    "--command-config", str(self.secrets / "admin.properties"), *arguments], 90)

    def start_stages(self):
        for stage in self.stages.values():
            stage.start()
        for stage in self.stages.values():
            until(f"{stage.name} is healthy, by the Compose file's own check", stage.healthy, 90, stage.nobody_died)

    def stop_stages(self):
        return {stage.name: stage.stop() for stage in self.stages.values()}

    def end(self):
        for stage in self.stages.values():
            stage.kill()
        self.kafka.end()


# ---------------------------------------------------------------- what is seen, in this order

def secrets_are_made_once(its):
    address = ",".join(["DNS:%s", *(f"IP:{host}" for host in its.kafka.hosts.values())])
    make = lambda: its.script("secrets.sh", NAMES=address, CLIENT_AT=str(its.secrets), KAFKA_AT=str(its.secrets))
    make()
    first = {path.name: sha256(path.read_bytes()) for path in its.secrets.iterdir()}
    make()
    assert first == {path.name: sha256(path.read_bytes()) for path in its.secrets.iterdir()}, "a second run changed what was there"
    return f"{len(first)} files; a second run changes none"


def three_nodes_start_with_the_settings_of_compose(its):
    its.kafka.start()
    until("each node is healthy, by the Compose file's own check", its.kafka.healthy, 120, its.kafka.nobody_died)
    assert not (unknown := its.kafka.unknown_settings()), f"this Kafka does not know {', '.join(unknown)}"
    return "settings by the image's KafkaDockerWrapper from the Compose file's environment, each known to this Kafka; combined brokers and controllers, TLS between all"


def users_and_rules_are_made(its):
    words = its.allow()
    its.written = written_rules(its.tool("kafka-acls.sh", "--list").stdout)
    assert {user for user, *_ in its.written} == {f"User:{name}" for name in STAGES}, its.written
    assert its.tool("kafka-configs.sh", "--describe", "--entity-type", "users").stdout.count("SCRAM-SHA-512=") == len(STAGES)
    return f"{words}; {len(its.written)} rules"


def a_voice_goes_all_the_way(its):
    its.start_stages()
    recording, body, receipt, _ = upload(its.stages["studio"])
    wait_until("the archive holds it", lambda: archived(its.voices).get(recording) == sha256(body))
    back = its.user("archive").read(receipt["topic"], receipt["partition"], receipt["offset"])
    assert back == body, f"{len(back)} bytes where its receipt says, {len(body)} were sent"
    return f"201; {len(body)} bytes in {receipt['topic']} where the receipt says, and in the archive"


def what_cannot_be_used_goes_to_its_topic(its):
    its.user("studio").write("voices.recordings", b"no recording", b"no voice")
    letters = lambda: run(["kcat", "-X", "log_level=0", *its.kafka.admin(), "-C", "-t", "dlq.voices.recordings.archive.main", "-e", "-q"]).stdout
    wait_until("the dead letter", lambda: "no voice" in letters(), 30, 0.2)
    return "one dead letter, written by the archive's user"


def a_restart_finds_all_again(its):
    codes = its.stop_stages()
    assert set(codes.values()) == {0}, codes
    its.start_stages()
    recording, body, _, _ = upload(its.stages["studio"])
    wait_until("the archive holds it", lambda: archived(its.voices).get(recording) == sha256(body))
    return "all stages ended with 0 on SIGTERM, started again, and another voice went all the way"


def the_doctor_is_content_with_each_user(its):
    words = []
    for stage in STAGES:
        told = its.doctor(stage)
        assert told.returncode == 0 and f"judged for User:{stage} as {stage}" in told.stdout, told.stdout + told.stderr
        words.append(told.stdout.strip().splitlines()[-1])
    return "; ".join(f"{stage}: {word}" for stage, word in zip(STAGES, words))


def nothing_was_refused_and_nothing_is_allowed_for_nothing(its):
    """What the authorizer wrote down, against the rules: each was needed, but for making a topic that another stage had made before."""
    refused, used = asked(its.kafka.logs())
    assert not refused, f"refused: {sorted(refused)[:5]}"
    idle = its.written - used
    assert all(operation == "CREATE" for _, _, _, _, operation in idle), f"never used: {sorted(idle)}"
    return f"nothing refused; {len(its.written - idle)} of {len(its.written)} rules used, the rest is Create of topics that another stage made first"


def strangers_stay_outside(its):
    first, wrong = its.kafka.hosts["kafka-1"], its.folder / "wrong.properties"
    rows = {"without TLS": ["-b", f"{first}:9093"],
            "without a password": ["-b", f"{first}:9093", "-X", "security.protocol=SSL", "-X", f"ssl.ca.location={its.secrets}/ca.crt"],
            "without a certificate, at the brokers' listener": ["-b", f"{first}:9094", "-X", "security.protocol=SSL", "-X", f"ssl.ca.location={its.secrets}/ca.crt"]}
    for name, arguments in rows.items():
        done = run(["kcat", *arguments, "-L", "-m", "4", "-X", "log_level=0"], 20)
        assert done.returncode != 0 and "voices" not in done.stdout, f"{name}: {done.stdout[:200]}"
    wrong.write_text((its.secrets / "select.properties").read_text().replace("sasl.password=", "sasl.password=x"))
    assert "voices.prompts" in its.user("select").topics()
    assert refused(KafkaTimeoutError, User(wrong, its.kafka.bootstrap(9093)).topics), "a wrong password was let in"
    return f"let in were none of: {', '.join([*rows, 'with a wrong password, as against the right one'])}"


def refused(how, act, *arguments):
    try:
        act(*arguments)
    except how:
        return True
    return False


def no_stage_does_what_another_does(its):
    rows = [("select", "read", "voices.recordings"), ("archive", "read", "voices.prompts"), ("archive", "write", "voices.recordings"),
            ("select", "write", "voices.prompt-state"), ("studio", "write", "voices.prompts"), ("studio", "read", "dlq.voices.recordings.archive.main")]
    for name, way, topic in rows:
        user = its.user(name)
        assert refused(TopicAuthorizationFailedError, *([user.read, topic] if way == "read" else [user.write, topic, b"x", b"x"])), f"{name} may {way} {topic}"
    return "; ".join(f"{name} may not {way} {topic}" for name, way, topic in rows)


def the_doctor_names_what_is_taken_away(its):
    done = its.tool("kafka-acls.sh", "--remove", "--force", "--allow-principal", "User:studio", "--operation", "Read", "--group", "voices.studio")
    assert done.returncode == 0, done.stdout + done.stderr
    told = until("the doctor finds it", lambda: (d := its.doctor("studio")).returncode == 78 and d, 30)
    assert "User:studio may not Read group voices.studio" in told.stdout, told.stdout
    its.allow()
    until("the doctor is content again", lambda: its.doctor("studio").returncode == 0, 30)
    return "group voices.studio: 78, with the command that mends it; access.sh once more: 0"


CHECKS = [secrets_are_made_once, three_nodes_start_with_the_settings_of_compose, users_and_rules_are_made, a_voice_goes_all_the_way,
          what_cannot_be_used_goes_to_its_topic, a_restart_finds_all_again, the_doctor_is_content_with_each_user,
          nothing_was_refused_and_nothing_is_allowed_for_nothing, strangers_stay_outside, no_stage_does_what_another_does,
          the_doctor_names_what_is_taken_away]


def report(its, rows):
    today = datetime.date.today().isoformat()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    table = "\n".join(f"| {name.replace('_', ' ')} | {'passed' if ok else 'FAILED'} | {words} |" for name, ok, words in rows)
    lines = "\n".join(f"    {' '.join(row)}" for row in sorted(granted(getattr(its, "written", set()))))
    (ROOT / f"docs/reports/{today}-deploy.md").write_text(
        f"# deploy/ without containers, {today}\n\n`./dev deploy test` at {commit}, everything on this one machine ({os.cpu_count()} cores). Run: deploy/secrets.sh, "
        f"deploy/access.sh, the Kafka settings,\ncommand lines and health checks of deploy/compose/compose.yaml (addresses and paths exchanged), on Apache Kafka {KINDS['kraft']} from Maven's "
        f"packages.\nNot run: the containers themselves, their limits and networks, and Kubernetes. Written by the command, no figure by hand.\n\n"
        f"| what | result | seen |\n| --- | --- | --- |\n{table}\n\nThe rules, as Kafka lists them:\n\n{lines}\n")
    print(f"report: docs/reports/{today}-deploy.md")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = []
    with tempfile.TemporaryDirectory(prefix="antiphon-deploy-") as folder:
        its = Secured(pathlib.Path(folder))
        try:
            for check in CHECKS:
                try:
                    rows.append((check.__name__, True, check(its)))
                    print(f"ok   {check.__name__}: {rows[-1][2]}", flush=True)
                except (AssertionError, ClusterError, KafkaError, OSError, KeyError, subprocess.SubprocessError) as e:
                    rows.append((check.__name__, False, " ".join(str(e).split()).replace("|", " ").replace(folder, "")[:300]))
                    print(f"FAIL {check.__name__}\n{traceback.format_exc()}\n{''.join(s.tail() for s in its.stages.values())}", flush=True)
                    if len(rows) <= 4:
                        break  # nothing stands that the others could look at
        finally:
            its.end()
    report(its, rows)
    passed = sum(ok for _, ok, _ in rows)
    print(f"{passed} passed, {len(CHECKS) - passed} failed")
    sys.exit(0 if passed == len(CHECKS) else 1)


if __name__ == "__main__":
    main()
