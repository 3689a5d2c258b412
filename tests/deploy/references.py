"""Whether what deploy/ refers to is made in it, and what is made is used: secrets, config maps, volumes, networks, ports, labels."""
import re

from manifests import volume_parts


def compose_problems(deploy):
    compose, used = deploy.compose, {kind: set() for kind in ("secrets", "configs", "volumes", "networks")}
    for name, service in compose["services"].items():
        for kind in ("secrets", "configs"):
            used[kind] |= {one["source"] for one in service.get(kind, [])}
        used["volumes"] |= {name for name, _ in map(volume_parts, service.get("volumes", [])) if name}
        used["networks"] |= set(service.get("networks", []))
        for other in service.get("depends_on", {}):
            if other not in compose["services"]:
                yield f"Compose's {name} waits for {other}, which is no service"
        for host in re.findall(r"\b(kafka-\d+):\d", " ".join(map(str, [*service.get("command", []), *service.get("environment", {}).values()]))):
            if host not in compose["services"]:
                yield f"Compose's {name} names {host}, which is no service"
    for kind, names in used.items():
        for name in names - set(compose.get(kind, {})):
            yield f"compose.yaml: {kind} {name} is used and not defined"
        for name in set(compose.get(kind, {})) - names:
            yield f"compose.yaml: {kind} {name} is defined and not used"
    for kind in ("secrets", "configs"):
        for name, one in compose.get(kind, {}).items():
            if not (deploy.folder / "compose" / one["file"]).exists():
                yield f"compose.yaml: {kind} {name}: {one['file']} is made by nothing"


def matches(labels, selector):
    wanted = selector.get("matchLabels", {}) if "matchLabels" in selector or "matchExpressions" in selector or not selector else selector
    return all(labels.get(k) == v for k, v in wanted.items()) and \
        all(labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", []))


def pod_problems(deploy, workload):
    where, pod = f"{workload['kind']} {workload['metadata']['name']}", workload["spec"]["template"]["spec"]
    made = {"configMap": deploy.generated("configMapGenerator"), "secret": deploy.generated("secretGenerator")}
    volumes = {one["metadata"]["name"]: None for one in workload["spec"].get("volumeClaimTemplates", [])}
    for volume in pod.get("volumes", []):
        volumes[volume["name"]] = None
        for kind, key in (("secret", "secretName"), ("configMap", "name")):
            if kind in volume:
                volumes[volume["name"]] = made[kind].get(volume[kind][key])
                if volumes[volume["name"]] is None:
                    yield f"{where}: {kind} {volume[kind][key]} is used and made by nothing"
    for container in pod["containers"]:
        for source in container.get("envFrom", []):
            for kind in ("configMap", "secret"):
                name = source.get(f"{kind}Ref", {}).get("name")
                if name and name not in made[kind]:
                    yield f"{where}: {kind} {name} is used and made by nothing"
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                yield f"{where}: volume {mount['name']} is mounted and not defined"
            elif volumes[mount["name"]] and mount.get("subPath") and mount["subPath"] not in volumes[mount["name"]]:
                yield f"{where}: volume {mount['name']} has no {mount['subPath']}"
        for name in set(volumes) - {mount["name"] for mount in container.get("volumeMounts", [])}:
            yield f"{where}: volume {name} is defined and not used"
        known = {one["name"] for one in container.get("env", [])}
        said = [*container.get("args", []), *(m.get("subPathExpr", "") for m in container.get("volumeMounts", [])), *(one.get("value", "") for one in container.get("env", []))]
        for name in set(re.findall(r"\$\((\w+)\)", " ".join(said))) - known:
            yield f"{where}: variable {name} is used and not defined"
        ports = {port["name"] for port in container.get("ports", [])}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            for asked in (container.get(kind, {}).get("httpGet"), container.get(kind, {}).get("tcpSocket")):
                if asked and isinstance(asked["port"], str) and asked["port"] not in ports:
                    yield f"{where}: {kind} asks port {asked['port']}, which has no number"


def kubernetes_problems(deploy):
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in deploy.workloads()]
    for workload in deploy.workloads():
        yield from pod_problems(deploy, workload)
        service = workload["spec"].get("serviceName")
        if service and not deploy.named("Service", service):
            yield f"StatefulSet {workload['metadata']['name']}: there is no Service {service}"
    for one in deploy.objects:
        where, spec = f"{one['kind']} {one['metadata']['name']}", one.get("spec", {})
        selectors = {"Service": ["selector"], "PodDisruptionBudget": ["selector"], "NetworkPolicy": ["podSelector"]}.get(one["kind"], [])
        wanted = [spec[name] for name in selectors]
        for rule in spec.get("ingress", []) + spec.get("egress", []) if one["kind"] == "NetworkPolicy" else []:
            wanted += [peer["podSelector"] for peer in rule.get("from", []) + rule.get("to", []) if "podSelector" in peer]
        for selector in wanted:
            if not any(matches(pod, selector) for pod in labels):
                yield f"{where}: no pod has the labels {selector}"
    for kind in ("secretGenerator", "configMapGenerator"):
        text = str(deploy.objects)
        for name, entries in deploy.generated(kind).items():
            if f"'{name}'" not in text:
                yield f"kustomization.yaml: {name} is made and not used"
            for key, value in entries.items():
                if hasattr(value, "exists") and not value.exists():
                    yield f"kustomization.yaml: {name}: {value.name} is made by nothing"
