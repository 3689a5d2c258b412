"""Podman as a guest: all that it stores lies in a folder of ours, so that the machine's own containers, images and networks are not touched."""
import os
import pathlib
import resource
import shutil
import subprocess

CONTAINERS = """[containers]
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
events_logfile_path = "{folder}/events"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""
STORAGE = """[storage]
driver = "vfs"
graphroot = "{folder}/root"
runroot = "{folder}/run"
"""


class NotRun(Exception):
    """Why an engine cannot run here. No failure of what would have run in it, and no success either."""


def bound(which, at_most):
    """Podman asks for more than a process without CAP_SYS_RESOURCE may hand on; so what this one has is said."""
    hard = resource.getrlimit(which)[1]
    return at_most if hard == resource.RLIM_INFINITY else min(hard, at_most)


class Podman:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        if os.geteuid() != 0:
            raise NotRun("the engine is run by root here")
        for name in ("podman", "runc"):
            if not shutil.which(name):
                raise NotRun(f"there is no {name} (setup/packages.engine)")
        (self.folder / "containers.conf").write_text(CONTAINERS.format(
            folder=self.folder, files=bound(resource.RLIMIT_NOFILE, 65536), processes=bound(resource.RLIMIT_NPROC, 8192)))
        (self.folder / "storage.conf").write_text(STORAGE.format(folder=self.folder))
        self.environment = {**os.environ, "CONTAINERS_CONF": str(self.folder / "containers.conf"), "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf")}

    def ask(self, *words, seconds=120):
        return subprocess.run(["podman", *map(str, words)], capture_output=True, text=True, timeout=seconds, env=self.environment)

    def __call__(self, *words, seconds=120):
        done = self.ask(*words, seconds=seconds)
        assert done.returncode == 0, f"podman {words[0]}: {(done.stderr or done.stdout)[-400:]}"
        return done.stdout.strip()

    def load(self, image, name):
        """The image, and that a container of it starts at all: where it does not, the machine is no place for one."""
        self("load", "-i", image)
        tried = self.ask("run", "--rm", "--network", "none", "--entrypoint", "/bin/true", name)
        if tried.returncode != 0:
            raise NotRun(f"podman starts no container here: {tried.stderr.strip()[-300:]}")
        return self("version", "--format", "{{.Client.Version}}")

    def end(self):
        for words in (("rm", "-f", "-a", "-t", "0"), ("volume", "prune", "-f"), ("network", "prune", "-f"), ("rmi", "-f", "-a")):
            self.ask(*words)
