#!/usr/bin/env python3
"""What can be known of deploy/ without containers: schemas, references, commands and options, probes, images, fences. No network is needed.

usage: check.py ANTIPHON [--deploy FOLDER]        FOLDER: another deploy/ than the project's (breaks_test.py)
"""
import argparse
import contextlib
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml
from compose_spec import PyCompose

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cluster"), str(ROOT / "tests/spine")]
import program  # noqa: E402
import references  # noqa: E402
from manifests import Deploy  # noqa: E402
from settings import KINDS  # noqa: E402

KUBERNETES = "1.32"
DIFFERENT_SETTINGS = {"CLUSTER_ID", "KAFKA_HEAP_OPTS", "KAFKA_NODE_ID", "KAFKA_BROKER_RACK", "POD_NAME"}


def parsed(path):
    try:
        return list(yaml.safe_load_all(path.read_text())), None
    except yaml.YAMLError as error:
        return [], f"{path.name} is no YAML: {' '.join(str(error).split())}"


def each_file_parses_and_says_what_it_was_seen_to_do(deploy_folder):
    for path in sorted(deploy_folder.rglob("*.yaml")):
        if (problem := parsed(path)[1]):
            yield problem
        if "CHECKED, NOT RUN" not in "\n".join(path.read_text().splitlines()[:6]):
            yield f"{path.name} does not say at its top that it is checked and not run"
    for path in sorted(deploy_folder.glob("*.sh")):
        if "Has been run" not in path.read_text():
            yield f"{path.name} does not say whether it has been run"


def schemas_are_kept(deploy):
    try:
        PyCompose.from_yaml(yaml.safe_dump(deploy.compose))
    except ValueError as error:
        yield f"compose.yaml against the Compose Specification: {error}"
    for one in deploy.objects:
        try:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            yield f"{one.get('kind')} {one['metadata']['name']} against Kubernetes {KUBERNETES}: {' '.join(str(error).split())[:300]}"
    there = {f"kubernetes/{path.name}" for path in (deploy.folder / "kubernetes").glob("*.yaml")}
    for name in there - set(deploy.kustomization["resources"]):
        yield f"kustomization.yaml leaves out {name}"


def references_are_met(deploy):
    yield from references.compose_problems(deploy)
    yield from references.kubernetes_problems(deploy)


def images_are_known(deploy):
    version = (ROOT / "VERSION").read_text().strip()
    known = {"localhost/antiphon": version, "apache/kafka": KINDS["kraft"]}
    for container in deploy.containers():
        name, _, tag = container.image.partition(":")
        if not tag or tag == "latest":
            yield f"{container.where}: image {container.image} has no tag"
        elif known.get(name) != tag:
            yield f"{container.where}: image {container.image} is none of {known}: ./dev package, or what is tested"
    for one in deploy.kustomization["images"]:
        if one["newTag"] != version:
            yield f"kustomization.yaml: image {one['name']} has the tag {one['newTag']}, the version is {version}"


def both_kinds_give_kafka_the_same_settings(deploy):
    compose, kubernetes = dict(deploy.compose_container("kafka-1").environment), dict(deploy.kubernetes_container(deploy.named("StatefulSet", "kafka")).environment)
    for name in sorted((set(compose) | set(kubernetes)) - DIFFERENT_SETTINGS):
        one, other = (str(settings.get(name, "(none)")).replace("$(POD_NAME)", "kafka-1") for settings in (compose, kubernetes))
        if one != re.sub(r"\.kafka:", ":", other):
            yield f"{name} is {one} in compose.yaml and {other} in kafka.yaml"
    listening = set(map(int, re.findall(r":(\d+)", compose["KAFKA_LISTENERS"])))
    for container in deploy.containers():
        if container.image.startswith("apache/kafka") and not {port for _, port in container.probes} <= listening:
            yield f"{container.where}: a probe asks another port than those of KAFKA_LISTENERS"


def containers_are_fenced_in(deploy):
    for name, service in deploy.compose["services"].items():
        wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
        for key, value in wanted.items():
            if service.get(key) != value:
                yield f"Compose's {name}: {key} is not {value}"
        for key in ("restart", "mem_limit", "cpus", "pids_limit"):
            if key not in service:
                yield f"Compose's {name} has no {key}"
        for port in service.get("ports", []):
            if name != "studio" or not str(port).startswith("127.0.0.1:"):
                yield f"Compose's {name} publishes {port}: only the studio's port is, on this machine"
    for workload in deploy.workloads():
        where, pod = f"{workload['kind']} {workload['metadata']['name']}", workload["spec"]["template"]["spec"]
        if not pod.get("securityContext", {}).get("runAsNonRoot") or pod["securityContext"].get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{where} may run as root, or without seccomp's RuntimeDefault"
        if pod.get("automountServiceAccountToken", True) or pod.get("enableServiceLinks", True):
            yield f"{where} is given a token or variables that it does not want"
        for container in pod["containers"]:
            if container.get("securityContext") != {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}:
                yield f"{where}: its container is not fenced in"
            if not container.get("resources", {}).get("limits", {}).get("memory") or "cpu" not in container["resources"].get("requests", {}):
                yield f"{where}: its container has no bounds"


def nothing_secret_is_written_in_them(deploy):
    for path in [*deploy.files, *deploy.folder.glob("*.sh")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"(?i)(password|secret_access_key)\s*[:=]\s*['\"]?[\w+/]{6,}", line) or "PRIVATE KEY" in line:
                yield f"{path.name}:{number} looks like a secret"


def users_of_access_are_users_of_secrets(deploy):
    """access.sh with tools that only write down what they are asked."""
    with tempfile.TemporaryDirectory(prefix="antiphon-deploy-") as folder:
        folder = pathlib.Path(folder)
        for tool in ("kafka-acls.sh", "kafka-configs.sh"):
            (folder / tool).write_text(f'#!/bin/sh\necho "$@" >>{folder}/asked\n')
            (folder / tool).chmod(0o755)
        done = subprocess.run([deploy.folder / "access.sh"], capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/bin:/bin", "BOOTSTRAP": "kafka:9094", "SECRETS": str(deploy.folder / "secrets"), "KAFKA_BIN": str(folder)})
        asked = (folder / "asked").read_text() if (folder / "asked").exists() else ""
    if done.returncode != 0:
        yield f"access.sh ends with {done.returncode}: {done.stderr[-200:]}"
    for user in set(re.findall(r"User:(\w+)", asked)) | set(re.findall(r"--entity-name (\w+)", asked)):
        if not (deploy.folder / f"secrets/{user}.scram").exists() or not (deploy.folder / f"secrets/{user}.properties").exists():
            yield f"access.sh allows {user} something, for whom secrets.sh makes no password"
    for name in set(re.findall(r"\S+\.(?:scram|properties)", asked)):
        if not pathlib.Path(name).exists():
            yield f"access.sh reads {pathlib.Path(name).name}, which secrets.sh does not make"


CHECKS = [schemas_are_kept, references_are_met, images_are_known, both_kinds_give_kafka_the_same_settings, containers_are_fenced_in,
          nothing_secret_is_written_in_them, users_of_access_are_users_of_secrets]


def problems_of(source, antiphon):
    """Every problem of a deploy/, seen in a copy with secrets of its own."""
    with tempfile.TemporaryDirectory(prefix="antiphon-deploy-") as folder:
        copy = pathlib.Path(folder) / "deploy"
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("secrets"))
        if found := list(each_file_parses_and_says_what_it_was_seen_to_do(copy)):
            return found
        done = subprocess.run([copy / "secrets.sh"], capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/bin:/bin", "AWS_ACCESS_KEY_ID": "checked", "AWS_SECRET_ACCESS_KEY": "checked"})
        if done.returncode != 0:
            return [f"secrets.sh ends with {done.returncode}: {done.stderr[-300:]}"]
        deploy = Deploy(copy)
        found = []
        with contextlib.redirect_stdout(io.StringIO()):
            for check in CHECKS:
                found += check(deploy)
        return found or list(program.problems(deploy, antiphon, ROOT))  # words without meaning are not run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("antiphon")
    parser.add_argument("--deploy", default=ROOT / "deploy", type=pathlib.Path)
    asked = parser.parse_args()
    found = problems_of(asked.deploy, asked.antiphon)
    for problem in found:
        print(f"deploy: {problem}")
    print(f"deploy: {len(found)} problems")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
