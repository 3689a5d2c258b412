"""The services of deploy/compose/compose.yaml in podman, key by key: what the file says and this does not know ends it. Exchanged are
Kafka's image (stand_in.py), the port of this machine, which is a free one, and what else `more` says.

podman-compose 1.0.3, Debian's, knows neither `configs` nor what `depends_on` waits for, so it cannot bring this file up. Without systemd
podman asks for nobody's health by itself: the file's checks are run in the containers (`podman healthcheck run`) by whoever waits.
"""
import json
import os
import signal

from harness import free_port, until

UP_SECONDS, STOP_SECONDS = 180, 150


def plain(text):
    return str(text).replace("$$", "$")


def network_words(podman, name, given):
    assert not set(given or {}) - {"internal"}, given
    podman("network", "create", *(["--internal"] if (given or {}).get("internal") else []), name)


class Stack:
    def __init__(self, podman, compose, folder, images, more):
        """folder: where the file lies, or would: its paths are taken from there. images: what takes the place of which. more: a service's
        further words."""
        self.podman, self.compose, self.folder, self.images, self.more = podman, compose, folder, images, more
        self.services = compose["services"]
        self.port = free_port()

    # ------------------------------------------------------------ a service's words
    def files(self, kind, one):
        source = (self.folder / self.compose[kind][one["source"]]["file"]).resolve()
        assert source.is_file(), f"{source} is missing"
        return ["-v", f"{source}:{one['target']}:ro"]

    def health(self, check):
        test = [plain(part) for part in check["test"]]
        assert test.pop(0) == "CMD" and set(check) <= {"test", "interval", "timeout", "retries", "start_period"}, check
        return ["--health-cmd", json.dumps(test), "--health-interval", "disable", "--health-timeout", check["timeout"], "--health-retries", check["retries"],
                "--health-start-period", check["start_period"]]

    def published(self, port):
        host, there, here = port.split(":")
        return ["-p", f"{host}:{self.port}:{here}"]

    def logging(self, given):
        assert given["driver"] == "json-file"  # podman's own is called k8s-file, and keeps one file
        return ["--log-driver", "k8s-file", "--log-opt", f"max-size={given['options']['max-size']}"]

    def words(self, name):
        """podman run's, in the file's order; the image and the command come last."""
        out, image, entrypoint, command = ["run", "-d", "--pull", "never", "--read-only-tmpfs=false", "--name", name, *self.more.get(name, [])], None, [], []
        for key, value in self.services[name].items():
            match key:
                case "image": image = self.images.get(value, value)
                case "entrypoint": entrypoint = value
                case "command": command = [plain(part) for part in value]
                case "hostname": out += ["--hostname", value]
                case "networks": out += ["--network", ",".join(value)]
                case "environment": out += [word for k, v in value.items() for word in ("-e", f"{k}={plain(v)}")]
                case "volumes": out += [word for volume in value for word in ("-v", volume)]
                case "tmpfs": out += [word for place in value for word in ("--tmpfs", place)]
                case "secrets" | "configs": out += [word for one in value for word in self.files(key, one)]
                case "ports": out += [word for port in value for word in self.published(port)]
                case "healthcheck": out += self.health(value)
                case "logging": out += self.logging(value)
                case "read_only": out += ["--read-only"] * value
                case "cap_drop": out += [word for one in value for word in ("--cap-drop", one)]
                case "security_opt": out += [word for one in value for word in ("--security-opt", one)]
                case "restart": out += ["--restart", value]
                case "stop_grace_period": out += ["--stop-timeout", {"2m": 120, "40s": 40}[value]]
                case "mem_limit": out += ["--memory", value]
                case "cpus": out += ["--cpus", value]
                case "pids_limit": out += ["--pids-limit", value]
                case "depends_on": pass  # up() waits
                case _: raise KeyError(f"{name}: {key} is not known here")
        return [*out, *(["--entrypoint", json.dumps(entrypoint)] if entrypoint else []), image, *command]

    # ------------------------------------------------------------ up, down
    def up(self):
        for name, given in self.compose["networks"].items():
            network_words(self.podman, name, given)
        self.started = []
        while waiting := [name for name in self.services if name not in self.started]:
            name = next(name for name in waiting if set(self.services[name].get("depends_on", {})) <= set(self.started))
            for other, how in self.services[name].get("depends_on", {}).items():
                self.wait(other, how["condition"])
            self.podman(*self.words(name))
            self.started.append(name)
        self.all_healthy()

    def all_healthy(self):
        for name in self.services:
            if "healthcheck" in self.services[name]:
                self.wait(name, "service_healthy")

    def wait(self, name, condition):
        reached = {"service_healthy": self.healthy, "service_completed_successfully": self.completed}[condition]
        try:
            until(f"{name}: {condition}", lambda: reached(name), UP_SECONDS, 0.5)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.state(name)}; its last words: {self.log(name)[-1500:]}") from None

    def healthy(self, name):
        return self.podman.ask("healthcheck", "run", name).returncode == 0

    def completed(self, name):
        state = self.state(name)
        return state["Status"] == "exited" and state["ExitCode"] == 0

    def stop(self, name):
        self.podman("stop", name, seconds=STOP_SECONDS)
        return self.state(name)["ExitCode"]

    # ------------------------------------------------------------ what is, and what can happen
    def inspect(self, name):
        return json.loads(self.podman("inspect", name))[0]

    def state(self, name):
        return self.inspect(name)["State"]

    def deaths(self):
        """name -> the codes that its process ended with, one after the other."""
        out = {name: [] for name in self.started}
        for line in self.podman("events", "--stream=false", "--filter", "event=died", "--format", "json").splitlines():
            event = json.loads(line)
            if event["Name"] in out:  # one that tried the image has no name of ours
                out[event["Name"]].append(event.get("ContainerExitCode", 0))
        return out

    def log(self, name):
        done = self.podman.ask("logs", name)
        return done.stdout + done.stderr

    def shell(self, name, line):
        return self.podman.ask("exec", name, "/bin/bash", "-c", line)

    def volume(self, name):
        return self.podman("volume", "inspect", "--format", "{{.Mountpoint}}", name)

    def kill(self, name):
        """SIGKILL of its process, as a fault does it: the engine is not asked, and has to see it."""
        before = self.state(name)["Pid"]
        os.kill(before, signal.SIGKILL)
        until(f"{name} runs again", lambda: (state := self.state(name))["Running"] and state["Pid"] not in (0, before), 60, 0.2)
        self.wait(name, "service_healthy")

    def hosts(self):
        """Lines for /etc/hosts: the addresses of those in the inner network, as they are now."""
        lines = ["127.0.0.1 localhost"]
        for name in self.started:
            if address := self.inspect(name)["NetworkSettings"]["Networks"].get("kafka", {}).get("IPAddress"):
                lines.append(f"{address} {name}")
        return "\n".join(lines) + "\n"
