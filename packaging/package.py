#!/usr/bin/env python3
"""./dev package: build/package/antiphon_VERSION_ARCH.deb, and an OCI image of it, made without any container engine.

The package: programs under /usr/lib/antiphon, the page under /usr/share/antiphon, settings in /etc/antiphon, systemd units (systemd/), none of them enabled.
The image: what the package needs from Debian (mmdebstrap, variant "essential") and the package itself as one layer, in the layout of
the OCI image specification 1.0, as a tar file that podman, skopeo, containerd and Docker load. Both come out the same, byte for byte,
from the same sources and packages: every time in them is that of the last commit (SOURCE_DATE_EPOCH wins).
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
HERE = ROOT / "packaging"
BUILD = ROOT / "build/release"
OUT = ROOT / "build/package"
PROGRAMS = ("antiphon", "antiphon-stages")


def say(*words):
    print("package:", *words, file=sys.stderr, flush=True)


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, text=True, **options)


def output(*command, **options):
    return run(*command, stdout=subprocess.PIPE, **options).stdout.strip()


def epoch():
    return int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct", cwd=ROOT))


def version():
    return (ROOT / "VERSION").read_text().strip()


def architecture():
    return output("dpkg", "--print-architecture")


def deb_path():
    return OUT / f"antiphon_{version()}_{architecture()}.deb"


def image_path():
    return OUT / f"antiphon_{version()}_{architecture()}.oci.tar"


# ---------------------------------------------------------------- the package

def install(source, to, mode=0o644):
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)
    to.chmod(mode)


def write(to, text, mode=0o644):
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text)
    to.chmod(mode)


def write_gz(to, text):
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def manual():
    """The man page; its commands are those that the program itself lists."""
    commands = re.findall(r"^  (\w+) {2,}(.+)$", output(BUILD / "antiphon", "--help"), re.M)
    assert commands, "antiphon --help lists no command"
    listed = "".join(f".TP\n.B {name}\n{text}\n" for name, text in commands)
    return (HERE / "debian/antiphon.1").read_text().replace("@COMMANDS@", listed)


LIBRDKAFKA = BUILD / "librdkafka/source"  # as the programs hold it


def copyright():
    """Debian's form of it, with the words of others out of their own files."""
    def words(found):
        name = found[1]
        path = LIBRDKAFKA / name.removeprefix("librdkafka/") if name.startswith("librdkafka/") else ROOT / name
        return "\n".join(f" {line.rstrip() or '.'}" for line in path.read_text().expandtabs().strip().splitlines())
    return re.sub(r"^@(.+)@$", words, (HERE / "debian/copyright.in").read_text(), flags=re.M)


def changelog():
    when = output("date", "-u", "-R", "-d", f"@{epoch()}")
    return f"antiphon ({version()}) stable; urgency=medium\n\n  * See the commits of the project.\n\n -- Antiphon maintainers <maintainers@antiphon.invalid>  {when}\n"


def fill(tree):
    lib = tree / "usr/lib/antiphon"
    for program in PROGRAMS:
        install(BUILD / program, lib / program, 0o755)
        run("strip", "--strip-unneeded", "--remove-section=.comment", "--remove-section=.note", lib / program)
    for file in sorted((ROOT / "web/dist").rglob("*")):
        if file.is_file():
            install(file, tree / "usr/share/antiphon/web" / file.relative_to(ROOT / "web/dist"))
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/antiphon").symlink_to("../lib/antiphon/antiphon")
    for file in sorted((ROOT / "demo/corpora").iterdir()):
        install(file, tree / "usr/share/antiphon/demo" / file.name)
    for file in sorted((HERE / "systemd").rglob("*")):
        if file.is_file():
            install(file, tree / "usr/lib/systemd/system" / file.relative_to(HERE / "systemd"))
    install(HERE / "debian/antiphon.toml", tree / "etc/antiphon/antiphon.toml")
    documents = tree / "usr/share/doc/antiphon"
    install(ROOT / "README.md", documents / "README.md")
    write(documents / "copyright", copyright())
    write_gz(documents / "changelog.gz", changelog())
    write_gz(tree / "usr/share/man/man1/antiphon.1.gz", manual())


def dependencies(tree):
    """Exact ones, from the symbols that the programs use."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder)
        write(source / "debian/control", "Source: antiphon\nPackage: antiphon\nArchitecture: any\n")
        found = output("dpkg-shlibdeps", "-O", *(tree / "usr/lib/antiphon" / program for program in PROGRAMS), cwd=source)
    return re.search(r"shlibs:Depends=(.*)", found)[1]


def make_deb():
    with tempfile.TemporaryDirectory(prefix="antiphon-deb-") as folder:
        tree = pathlib.Path(folder) / "tree"
        fill(tree)
        control = (HERE / "debian/control.in").read_text()
        size = sum(file.lstat().st_size for file in tree.rglob("*") if file.is_file()) // 1024 + 1
        for name, value in {"VERSION": version(), "ARCHITECTURE": architecture(), "SIZE": str(size), "DEPENDS": dependencies(tree)}.items():
            control = control.replace(f"@{name}@", value)
        write(tree / "DEBIAN/control", control)
        write(tree / "DEBIAN/conffiles", "/etc/antiphon/antiphon.toml\n")
        for script in ("postinst", "prerm", "postrm"):
            install(HERE / "debian" / script, tree / "DEBIAN" / script, 0o755)
        sums = [f"{hashlib.md5(file.read_bytes()).hexdigest()}  {file.relative_to(tree)}\n"
                for file in sorted(tree.rglob("*")) if file.is_file() and not file.is_symlink() and "DEBIAN" not in file.parts and "etc" not in file.parts]
        write(tree / "DEBIAN/md5sums", "".join(sums))
        for folder_ in [tree, *tree.rglob("*")]:
            if folder_.is_dir():
                folder_.chmod(0o755)
        OUT.mkdir(parents=True, exist_ok=True)
        run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, deb_path(), env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch())}, stdout=subprocess.DEVNULL)
    say("made", deb_path().relative_to(ROOT))


# ---------------------------------------------------------------- the image

def debian(tar, packages, *hooks):
    """Debian's essential packages and these, in the suite of this machine, then what the hooks (for a shell; $1 is the root) do to them."""
    suite = next(line.split("=")[1].strip() for line in open("/etc/os-release") if line.startswith("VERSION_CODENAME="))
    sources = sorted(str(path) for path in [*pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"), pathlib.Path("/etc/apt/sources.list")] if path.is_file())
    slim = 'rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/* "$1"/var/cache/debconf/*-old "$1"/var/log/*'
    say("gathering Debian's packages ...")
    run("mmdebstrap", "--quiet", "--variant=essential", f"--include={','.join(packages)}", *(f"--customize-hook={hook}" for hook in [*hooks, slim]),
        suite, tar, *sources, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch())})


def make_rootfs(tar):
    """What ours depends on, and ours."""
    needs = re.sub(r" \([^)]*\)", "", output("dpkg-deb", "-f", deb_path(), "Depends")).split(", ")
    debian(tar, needs, f'dpkg --root="$1" --install {deb_path()} >/dev/null',
           'mkdir -p "$1"/var/lib/antiphon && chroot "$1" chown antiphon:antiphon /var/lib/antiphon')


def user_of(rootfs):
    with tarfile.open(rootfs) as tar:
        for line in tar.extractfile("./etc/passwd").read().decode().splitlines():
            fields = line.split(":")
            if fields[0] == "antiphon":
                return f"{fields[2]}:{fields[3]}"
    raise SystemExit("package: the image has no user antiphon")


class Layout:
    """An OCI image layout that grows into a tar file, in an order and with times that do not change."""

    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)

    def add(self, name, data):
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = len(data), epoch(), 0o644
        self.tar.addfile(member, io.BytesIO(data))

    def blob(self, kind, data):
        digest = hashlib.sha256(data).hexdigest()
        self.add(f"blobs/sha256/{digest}", data)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(data)}

    def json(self, kind, value):
        return self.blob(kind, json.dumps(value, separators=(",", ":"), sort_keys=True).encode())


def make_image():
    with tempfile.TemporaryDirectory(prefix="antiphon-image-") as folder:
        rootfs = pathlib.Path(folder) / "rootfs.tar"
        make_rootfs(rootfs)
        plain = rootfs.read_bytes()
        user = user_of(rootfs)
    created = output("date", "-u", "-d", f"@{epoch()}", "+%Y-%m-%dT%H:%M:%SZ")
    partial = image_path().with_suffix(".partial")
    layout = Layout(partial)
    layer = layout.blob("layer.v1.tar+gzip", gzip.compress(plain, 6, mtime=0))
    config = layout.json("config.v1+json", {
        "created": created, "architecture": architecture(), "os": "linux",
        "config": {"User": user, "Entrypoint": ["/usr/bin/antiphon"], "Cmd": ["--help"], "WorkingDir": "/var/lib/antiphon",
                   "Volumes": {"/var/lib/antiphon": {}}, "StopSignal": "SIGTERM", "Env": ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
                   "Labels": {"org.opencontainers.image.title": "antiphon", "org.opencontainers.image.version": version(),
                              "org.opencontainers.image.licenses": "Apache-2.0"}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain).hexdigest()}"]},
        "history": [{"created": created, "created_by": "./dev package"}]})
    manifest = layout.json("manifest.v1+json", {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]})
    manifest["annotations"] = {"org.opencontainers.image.ref.name": version(), "io.containerd.image.name": f"localhost/antiphon:{version()}"}
    layout.add("index.json", json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode())
    layout.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    layout.tar.close()
    partial.rename(image_path())
    say("made", image_path().relative_to(ROOT), f"({layer['size'] / 1e6:.0f} MB compressed, user {user})")


def main():
    parser = argparse.ArgumentParser(prog="./dev package", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-image", action="store_true", help="only the Debian package (needs no root and no network)")
    asked = parser.parse_args()
    for file in [*(BUILD / program for program in PROGRAMS), ROOT / "web/dist/index.html"]:
        if not file.exists():
            sys.exit(f"package: {file.relative_to(ROOT)} is missing; run: ./dev build")
    make_deb()
    if not asked.no_image:
        if not shutil.which("mmdebstrap"):
            sys.exit("package: the image needs mmdebstrap (apt-get install mmdebstrap), or give --no-image")
        make_image()


if __name__ == "__main__":
    main()
