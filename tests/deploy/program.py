"""The stages' containers as the program sees them: started with the very words and environment of deploy/, with no Kafka at hand, each must
run (an option that it does not know ends it), and serve every path and port that the probes ask for."""
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from harness import die_with_the_test, free_port

KAFKA = re.compile(r"kafka-\d+(\.kafka)?:9093")
NOBODY = "127.0.0.1:9"
ANSWER_SECONDS = 20
WRITABLE = ("/var/lib/antiphon", "/tmp")  # of the image; and what is mounted


def status_of(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code


class Trial:
    """One container's words, with addresses and paths of this machine."""

    def __init__(self, container, antiphon, root, folder):
        self.container, self.antiphon, self.folder = container, antiphon, pathlib.Path(folder)
        self.ports = {}
        self.changes = [(mount, str(path)) for mount, path in container.mounts.items() if path] + \
            [("/usr/share/antiphon/demo", str(root / "demo/corpora")), ("/var/lib/antiphon", str(self.folder)), ("(POD_NAME)", "archive-0"), ("$archive", "archive")]

    def here(self, text):
        for old, new in self.changes:
            text = text.replace(old, new)
        text = re.sub(r"https://s3[^/]*", f"http://{NOBODY}", KAFKA.sub(NOBODY, text))
        return re.sub(r"(0\.0\.0\.0|127\.0\.0\.1):(8\d{3})\b", lambda m: f"127.0.0.1:{self.ports.setdefault(int(m[2]), free_port())}", text)

    def hand_over(self):
        """Kafka's client reads further files that this one names: they must be mounted where it says."""
        for mount, path in list(self.container.mounts.items()):
            if mount.endswith(".properties") and path:
                copy = self.folder / "kafka.properties"
                copy.write_text(self.here(path.read_text()))
                self.changes.insert(0, (mount, str(copy)))

    def run(self):
        self.hand_over()
        arguments = [self.here(part) for part in self.container.arguments]
        environment = {"PATH": os.environ["PATH"], **{name: self.here(str(value)) for name, value in self.container.environment.items()}}
        with open(self.folder / "log", "w+b") as log:
            process = subprocess.Popen([self.antiphon, *arguments], stdout=log, stderr=log, env=environment, preexec_fn=die_with_the_test)
            try:
                for path, port in self.container.probes:
                    if (problem := self.asked(process, log, path, port)):
                        return problem
            finally:
                process.kill()
                process.wait()

    def asked(self, process, log, path, port):
        if port not in self.ports:
            return f"a probe asks port {port}, at which nothing listens"
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            if process.poll() is not None:
                log.seek(0)
                return f"it ends with {process.returncode}: {log.read().decode(errors='replace').strip()[-300:]}"
            try:
                status = status_of(f"http://127.0.0.1:{self.ports[port]}{path}")
                return f"a probe asks {path}, which is not served" if status == 404 else None
            except OSError as error:
                if time.monotonic() > end:
                    return f"no answer at port {port}: {error}"
            time.sleep(0.05)


def help_of(antiphon, command):
    return subprocess.run([antiphon, command, "--help"], capture_output=True, text=True, timeout=20).stdout


def paths_problems(container):
    """What a stage writes must be writable in an image that is read-only, and what it reads be there."""
    for word in [*container.arguments, *map(str, container.environment.values())]:
        for path in re.findall(r"(?:^|=|://)(/(?:run|var|etc|tmp)/[\w./-]+)", word):
            if path.startswith("/run") and path not in container.mounts:
                yield f"{path} is named, and no file is mounted there"
            elif not path.startswith("/run") and not any(path.startswith(mount) and mount.startswith(WRITABLE) for mount in container.mounts):
                yield f"{path} is named, and nothing that can be written is mounted there"


def problems(deploy, antiphon, root):
    for container in deploy.containers():
        if not container.is_stage:
            continue
        if container.command:
            yield f"{container.where}: the image's entry point is antiphon itself; {container.command} takes its place"
            continue
        options = help_of(antiphon, container.arguments[0])
        for name in container.environment:
            if name.startswith("ANTIPHON_") and f"--{name.removeprefix('ANTIPHON_').lower().replace('_', '-')} " not in options:
                yield f"{container.where}: antiphon {container.arguments[0]} has no option for {name}"
        if not container.probes:
            yield f"{container.where}: nobody asks for its health"
        yield from (f"{container.where}: {text}" for text in paths_problems(container))
        with tempfile.TemporaryDirectory(prefix="antiphon-deploy-") as folder:
            if (problem := Trial(container, antiphon, root, folder).run()):
                yield f"{container.where}: {problem}"
