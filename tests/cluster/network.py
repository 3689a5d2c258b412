"""Every node in a network namespace of its own, all on one bridge: so that two of them can be cut from one another while clients
reach both. Needs root and iproute2.

Node i has 10.231.K.i, this machine 10.231.K.254. A cut is a blackhole route on both sides: what is sent is lost, as on a real network.
"""
import subprocess

KINDS = {"kraft": 41, "zookeeper": 39}


def ip(*arguments, check=True):
    run = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if check and run.returncode != 0:
        raise RuntimeError(f"ip {' '.join(arguments)}: {run.stderr.strip()}")
    return run.stdout


class Network:
    def __init__(self, kind):
        self.short = f"ant{kind[0]}"
        self.subnet = f"10.231.{KINDS[kind]}"

    def host(self, number):
        return f"{self.subnet}.{number}"

    def namespace(self, number):
        return f"{self.short}{number}"

    def inside(self, number):
        return ["ip", "netns", "exec", self.namespace(number)]

    def make(self, numbers):
        self.remove(numbers)
        ip("link", "add", f"{self.short}br", "type", "bridge")
        ip("addr", "add", f"{self.subnet}.254/24", "dev", f"{self.short}br")
        ip("link", "set", f"{self.short}br", "up")
        for i in numbers:
            space, outside, inside = self.namespace(i), f"{self.short}o{i}", f"{self.short}i{i}"
            ip("netns", "add", space)
            ip("link", "add", outside, "type", "veth", "peer", "name", inside)
            ip("link", "set", inside, "netns", space)
            ip("link", "set", outside, "master", f"{self.short}br", "up")
            ip("-n", space, "addr", "add", f"{self.host(i)}/24", "dev", inside)
            ip("-n", space, "link", "set", inside, "up")
            ip("-n", space, "link", "set", "lo", "up")

    def remove(self, numbers):
        for i in numbers:
            ip("netns", "del", self.namespace(i), check=False)
            ip("link", "del", f"{self.short}o{i}", check=False)
        ip("link", "del", f"{self.short}br", check=False)

    def cut(self, one, other):
        for here, there in ((one, other), (other, one)):
            ip("-n", self.namespace(here), "route", "replace", "blackhole", f"{self.host(there)}/32")

    def heal(self, one, other):
        for here, there in ((one, other), (other, one)):
            ip("-n", self.namespace(here), "route", "del", "blackhole", f"{self.host(there)}/32", check=False)
