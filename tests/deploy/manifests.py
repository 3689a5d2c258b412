"""deploy/ as data: Compose's services and Kubernetes' pods in one shape, and what kustomization.yaml makes for them."""
import pathlib
import re

import yaml

WORKLOADS = ("Deployment", "StatefulSet", "Job")


def volume_parts(volume):
    """A Compose volume's name and path: one that is given a path alone has no name."""
    name, _, path = volume.rpartition(":")
    return name, path


class Container:
    """What one container is told: by which image, with which words, environment, files and questions about its health."""

    def __init__(self, where, image, arguments, command, environment, probes, mounts):
        self.where, self.image, self.arguments, self.command = where, image, arguments, command
        self.environment, self.probes, self.mounts = environment, probes, mounts  # probes: (path or None, port); mounts: path -> file of deploy/ or None

    @property
    def is_stage(self):
        return self.image.split(":")[0].endswith("/antiphon")


class Deploy:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.files = sorted(path for path in self.folder.rglob("*.yaml"))
        self.compose = yaml.safe_load((self.folder / "compose/compose.yaml").read_text())
        self.kustomization = yaml.safe_load((self.folder / "kustomization.yaml").read_text())
        self.objects = [one for name in self.kustomization["resources"] for one in yaml.safe_load_all((self.folder / name).read_text())]

    # ------------------------------------------------------------ Kubernetes
    def named(self, kind, name):
        return next((one for one in self.objects if one["kind"] == kind and one["metadata"]["name"] == name), None)

    def workloads(self):
        return [one for one in self.objects if one["kind"] in WORKLOADS]

    def generated(self, kind):
        """name -> {key: value, or the path of its file}; kind is configMapGenerator or secretGenerator."""
        out = {}
        for one in self.kustomization.get(kind, []):
            entries = out[one["name"]] = {}
            for literal in one.get("literals", []):
                key, value = literal.split("=", 1)
                entries[key] = value
            for file in one.get("files", []):
                key, _, path = file.rpartition("=")
                entries[key or pathlib.Path(file).name] = self.folder / path
            for file in one.get("envs", []):
                path = self.folder / file
                entries |= dict(line.split("=", 1) for line in path.read_text().splitlines()) if path.exists() else {"": path}
        return out

    def pod_environment(self, container):
        maps, secrets, out = self.generated("configMapGenerator"), self.generated("secretGenerator"), {}
        for source in container.get("envFrom", []):
            out |= maps.get(source.get("configMapRef", {}).get("name"), {}) | secrets.get(source.get("secretRef", {}).get("name"), {})
        for one in container.get("env", []):
            out[one["name"]] = one.get("value", f"({one['name']})")
        return out

    def kubernetes_container(self, workload):
        pod = workload["spec"]["template"]["spec"]
        container = pod["containers"][0]
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        probes = []
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            for way in ("httpGet", "tcpSocket"):
                if asked := container.get(kind, {}).get(way):
                    probes.append((asked.get("path"), ports.get(asked["port"], asked["port"])))
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        mounts = {}
        for mount in container.get("volumeMounts", []):
            secret = self.generated("secretGenerator").get(volumes.get(mount["name"], {}).get("secret", {}).get("secretName"))
            if secret and "subPath" not in mount and "subPathExpr" not in mount:
                mounts |= {f"{mount['mountPath']}/{key}": path for key, path in secret.items()}
            else:
                mounts[mount["mountPath"]] = None
        where = f"{workload['kind']} {workload['metadata']['name']}"
        return Container(where, container["image"], container.get("args", []), container.get("command"), self.pod_environment(container), probes, mounts)

    # ------------------------------------------------------------ Compose
    def compose_container(self, name):
        service = self.compose["services"][name]
        mounts = {}
        for kind in ("secrets", "configs"):
            for one in service.get(kind, []):
                file = self.compose.get(kind, {}).get(one["source"], {}).get("file")
                mounts[one["target"]] = (self.folder / "compose" / file).resolve() if file else None
        for volume in service.get("volumes", []):
            mounts[volume_parts(volume)[1]] = None
        for place in service.get("tmpfs", []):
            mounts[place.split(":")[0]] = None
        test = " ".join(service.get("healthcheck", {}).get("test", []))
        ports = [int(port) for port in re.findall(r"/dev/tcp/[^/]+/(\d+)", test)]
        path = re.search(r"GET (\S+) HTTP", test)
        probes = [(path and path[1], port) for port in ports]
        return Container(f"Compose's {name}", service["image"], service.get("command", []), service.get("entrypoint"), service.get("environment", {}), probes, mounts)

    def containers(self):
        return [self.compose_container(name) for name in self.compose["services"]] + [self.kubernetes_container(one) for one in self.workloads()]
