#!/usr/bin/env python3
"""./dev package test: makes the package and the image twice, installs them into a fresh Debian, runs them there, asks Debian's own judges,
and writes docs/reports/DATE-package.md. Needs root (a chroot, an overlay); everything happens in a temporary folder.
"""
import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request

import engine
import package

UNITS = sorted(path.name for path in (package.HERE / "systemd").glob("*.service"))
READY_SECONDS = 60
# Of librdkafka's own list: all in one; what only Windows, or a C library without regular expressions, has built; and Apache-2.0, which
# Debian's rules want named and not repeated.
NOT_BUILT_IN = {"LICENSES.txt", "LICENSE.wingetopt", "LICENSE.regexp", "LICENSE.opentelemetry"}


def unpacked_image(folder):
    """As an engine does it: index, manifest, layer; every digest is looked at."""
    with tarfile.open(package.image_path()) as tar:
        def blob(descriptor):
            data = tar.extractfile("blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")).read()
            assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"] and len(data) == descriptor["size"]
            return data
        manifest = json.loads(blob(json.load(tar.extractfile("index.json"))["manifests"][0]))
        config = json.loads(blob(manifest["config"]))
        layer = folder / "layer.tar.gz"
        layer.write_bytes(blob(manifest["layers"][0]))
    (folder / "rootfs").mkdir()
    package.run("tar", "-C", folder / "rootfs", "-xzpf", layer, "--numeric-owner")
    return config["config"], folder / "rootfs"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def running(rootfs, config, arguments):
    """The image's entry point as its user: read-only but for its data folder, no capabilities, its own processes; this machine's loopback."""
    uid, gid = config["User"].split(":")
    command = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--bounding-set=-all", "--no-new-privs", *config["Entrypoint"], *arguments]
    inside = ["bwrap", "--ro-bind", rootfs, "/", "--bind", rootfs / "var/lib/antiphon", "/var/lib/antiphon", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
              "--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin",
              "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP", *command]
    process = subprocess.Popen([str(part) for part in inside], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def first_sentence(url):
    """The selector reads its corpus once all is up: 404 until then."""
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            return json.load(urllib.request.urlopen(url, timeout=10))
        except urllib.error.HTTPError as error:
            if error.code != 404 or time.monotonic() > until:
                raise
            time.sleep(0.1)


def collects(folder):
    """A sentence is handed out by the image, and its own broker keeps a record of a stranger's client."""
    config, rootfs = unpacked_image(folder)
    kafka, http = free_port(), free_port()
    with running(rootfs, config, ["up", "--config", "/etc/antiphon/antiphon.toml", "--data", "/var/lib/antiphon/all", "--kafka", f"127.0.0.1:{kafka}",
                                  "--http", f"127.0.0.1:{http}"]) as process:
        late = threading.Timer(READY_SECONDS, process.kill)
        late.start()
        ready = any("ready http" in line for line in process.stdout)
        late.cancel()
        assert ready, f"it ended, or was not ready after {READY_SECONDS} s"
        package.run("kcat", "-b", f"127.0.0.1:{kafka}", "-P", "-t", "package-check", input="a record\n")
        back = package.output("kcat", "-b", f"127.0.0.1:{kafka}", "-C", "-t", "package-check", "-e", "-q")
        assert back == "a record", back
        page = urllib.request.urlopen(f"http://127.0.0.1:{http}/", timeout=10).read()
        assert b"<html" in page
        assert first_sentence(f"http://127.0.0.1:{http}/api/v1/prompts/next?locale=sw")["text"]
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM) if children else process.terminate()
        assert process.wait(40) in (0, 128 + signal.SIGTERM), process.returncode
    return f"ready, a record through its broker by kcat, the page ({len(page)} bytes), a sentence in Swahili; as {config['User']}, read-only but for its data"


def page_of(podman, name):
    """The container's page by its published port; its log would still hold what an earlier start said."""
    until = time.monotonic() + READY_SECONDS
    port = podman("port", name, "8080").rpartition(":")[2]
    while True:
        try:
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
            assert b"<html" in page
            return
        except OSError as error:
            assert podman("inspect", "--format", "{{.State.Running}}", name) == "true", podman.ask("logs", name).stderr[-400:]
            assert time.monotonic() < until, f"no page after {READY_SECONDS} s: {error}"
            time.sleep(0.1)  # between two looks


def in_an_engine(folder):
    """Started, asked, stopped, started again by podman, with all the fences of deploy/ but for the bounds."""
    podman = engine.Podman(folder)
    image, kafka = f"localhost/antiphon:{package.version()}", free_port()
    try:
        version = podman.load(package.image_path(), image)
        podman("run", "-d", "--name", "all", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "-v", "voices:/var/lib/antiphon",
               "-p", "127.0.0.1::8080", "-p", f"127.0.0.1:{kafka}:{kafka}", image, "up", "--config", "/etc/antiphon/antiphon.toml", "--data", "/var/lib/antiphon/all",
               "--http", "0.0.0.0:8080", "--kafka", f"0.0.0.0:{kafka}")
        page_of(podman, "all")
        status = podman("exec", "all", "/bin/cat", "/proc/1/status")
        fences = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.M))
        assert int(fences["CapBnd"], 16) == int(fences["CapEff"], 16) == 0 and fences["NoNewPrivs"] == "1" and fences["Uid"].split()[0] != "0", status
        assert podman.ask("exec", "all", "/bin/sh", "-c", "echo x >/etc/x").returncode != 0, "its root file system can be written"
        broker = ["kcat", "-b", f"127.0.0.1:{kafka}", "-t", "package-check"]
        package.run(*broker, "-P", input="a record\n")
        podman("stop", "-t", "40", "all")
        code = podman("inspect", "--format", "{{.State.ExitCode}}", "all")
        assert code == "0", f"podman stop: it ended with {code}"
        podman("start", "all")
        page_of(podman, "all")
        back = package.output(*broker, "-C", "-e", "-q")
        assert back == "a record", back
    finally:
        podman.end()
    return (f"podman {version}: root file system read-only, uid {fences['Uid'].split()[0]}, no capability, data in a volume, ports published; the page, a record by kcat; "
            "podman stop: 0; started again, the record is there")


def installed(folder):
    _, rootfs = unpacked_image(folder)
    status = package.output("dpkg-query", f"--admindir={rootfs}/var/lib/dpkg", "-W", "-f", "${Status}", "antiphon")
    assert status == "install ok installed", status
    missing = [line for name in package.PROGRAMS for line in package.output("chroot", rootfs, "ldd", f"/usr/lib/antiphon/{name}").splitlines() if "not found" in line]
    assert not missing, missing
    package.run("chroot", rootfs, "dpkg", "--purge", "antiphon", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert not (rootfs / "usr/bin/antiphon").exists() and not (rootfs / "etc/antiphon/antiphon.toml").exists()
    assert (rootfs / "var/lib/antiphon").exists()
    return "dpkg: install ok installed, its Depends hold, no library is missing; a purge leaves /var/lib/antiphon and nothing else"


def lintian(_):
    found = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package.deb_path()], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
    return package.output("lintian", "--version") + ": no error, no warning"


def client_inside(_):
    """librdkafka is in the programs, so what it needs is ours to name, and so is what it was given under."""
    depends = set(re.findall(r"(?:^|, )([^ ,]+)", package.output("dpkg-deb", "-f", package.deb_path(), "Depends")))
    assert "librdkafka1" not in depends and {"libsasl2-2", "libcurl4", "libssl3", "libzstd1", "liblz4-1"} <= depends, depends
    packed = package.output("sh", "-c", 'dpkg-deb --fsys-tarfile "$0" | tar xO ./usr/share/doc/antiphon/copyright', package.deb_path())
    terms = {path.name for path in package.librdkafka().glob("LICENSE*")} - NOT_BUILT_IN
    missing = [name for name in sorted(terms) if "".join((package.librdkafka() / name).read_text().split()) not in "".join(packed.replace("\n .", "\n ").split())]
    assert not missing, f"debian/copyright lacks {', '.join(missing)}"
    return f"Depends: {', '.join(sorted(depends))}; librdkafka's terms and those of the {len(terms) - 1} parts in it that are built are in its copyright file"


def reproducible(_):
    def sums():
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in (package.deb_path(), package.image_path())]
    first = sums()
    package.make_deb()
    package.make_image()
    assert sums() == first, "the second time other bytes came out"
    return "made twice, the same bytes: " + ", ".join(value[:16] + "..." for value in first)


def with_units(folder, command):
    """Runs it where the package's files lie over this machine's /usr, seen by nobody else."""
    package.run("dpkg-deb", "-x", package.deb_path(), folder / "tree")
    return subprocess.run(["unshare", "-m", "sh", "-ec", f"mount -t overlay overlay -o lowerdir={folder}/tree/usr:/usr /usr; {command}"], capture_output=True, text=True)


def units_verify(folder):
    done = with_units(folder, "systemd-analyze verify " + " ".join(name.replace("@.", "@main.") for name in UNITS))
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "antiphon" in line]
    assert done.returncode == 0 and not ours, done.stdout + done.stderr
    return f"systemd-analyze verify: {len(UNITS)} units, no complaint"


def units_exposure(folder):
    said = []
    for name in UNITS:
        name = name.replace("@.", "@main.")
        done = with_units(pathlib.Path(tempfile.mkdtemp(dir=folder)), f"systemd-analyze security --offline=true --no-pager --threshold=20 {name}")
        level = re.search(r"Overall exposure level for \S+: ([\d.]+) (\w+)", done.stdout)
        assert done.returncode == 0 and level, done.stdout[-500:] + done.stderr
        said.append(f"{name} {level[1]} {level[2]}")
    return "systemd-analyze security: " + ", ".join(said)


CHECKS = {"The package in Debian's eyes": lintian, "Kafka's client inside": client_inside, "Reproducible": reproducible, "Installed into a fresh Debian": installed, "The image runs": collects, "An engine runs it": in_an_engine,
          "Units are right": units_verify, "Units are fenced in": units_exposure}


def main():
    if os.geteuid() != 0:
        sys.exit("package test: needs root, for a chroot and an overlay")
    package.make_deb()
    package.make_image()
    rows, failed = [], 0
    for title, check in CHECKS.items():
        with tempfile.TemporaryDirectory(prefix="antiphon-package-") as folder:
            try:
                rows.append((title, "passed", check(pathlib.Path(folder))))
            except engine.NotRun as why:
                rows.append((title, "not run", " ".join(str(why).split())))
            except Exception as error:
                failed += 1
                rows.append((title, "FAILED", " ".join(f"{type(error).__name__}: {error}".split())[:400]))
        print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    sizes = f"{package.deb_path().stat().st_size / 1e6:.1f} MB, and {package.image_path().stat().st_size / 1e6:.1f} MB"
    report = package.ROOT / f"docs/reports/{datetime.date.today().isoformat()}-package.md"
    table = "\n".join(f"| {' | '.join(row)} |" for row in [("check", "verdict", "what was seen"), ("---", "---", "---"), *rows])
    commit = package.output("git", "rev-parse", "--short", "HEAD", cwd=package.ROOT)
    report.write_text(f"# The package and the image, {datetime.date.today().isoformat()}\n\n`./dev package test` at {commit}: {package.deb_path().name} and "
                      f"{package.image_path().name} ({sizes}).\n\n{table}\n\nThe units were checked, not started: that needs a machine whose first process is systemd.\n")
    print(f"{sum(verdict == 'passed' for _, verdict, _ in rows)} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
