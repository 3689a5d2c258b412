"""Rules of access, as Kafka's tool lists them and as its authorizer's log names them: (principal, type, pattern, name, operation)."""
import re

ALLOWED_BY = re.compile(r"Principal = (User:\w+) is Allowed operation = \w+ .*?based on rule MatchingAcl\(acl=StandardAcl\("
                        r"resourceType=(\w+), resourceName=([^,]+), patternType=(\w+), principal=[^,]+, host=[^,]+, operation=(\w+)")
DENIED = re.compile(r"Principal = (User:\w+) is Denied operation = (\w+) from host = \S+ on resource = (\S+) for request = (\w+)")
LISTED_RESOURCE = re.compile(r"ResourcePattern\(resourceType=(\w+), name=([^,]+), patternType=(\w+)\)")
LISTED_RULE = re.compile(r"\(principal=([^,]+), host=[^,]+, operation=(\w+), permissionType=ALLOW\)")


def written_rules(listed):
    """What `kafka-acls.sh --list` says."""
    rules, resource = set(), None
    for line in listed.splitlines():
        if found := LISTED_RESOURCE.search(line):
            resource = found.groups()
        elif found := LISTED_RULE.search(line):
            kind, name, pattern = resource
            rules.add((found[1], kind, pattern, name, found[2]))
    return rules


def asked(logs):
    """(what users with a name were refused, the rules that allowed something)."""
    refused, used = set(), set()
    for line in logs:
        if found := ALLOWED_BY.search(line):
            user, kind, name, pattern, operation = found.groups()
            used.add((user, kind, pattern, name, operation))
        elif found := DENIED.search(line):
            refused.add(found.groups())
    return refused, used


def granted(rules):
    """For people: one line a user and a resource."""
    by_resource = {}
    for user, kind, pattern, name, operation in rules:
        by_resource.setdefault((user, kind, name + ("*" if pattern == "PREFIXED" else "")), []).append(operation)
    return [(*who, *sorted(operations)) for who, operations in by_resource.items()]
