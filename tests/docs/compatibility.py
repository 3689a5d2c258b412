#!/usr/bin/env python3
"""docs/compatibility.md, made from the code: the table of APIs in src/kafka/broker/handlers/apis.cc, the comment that each handler's
file opens with, and the table of topic settings. Without --write it only says whether the file is up to date, and exits 1 when not.

usage: compatibility.py ROOT [--write]
"""
import re
import sys
from pathlib import Path


def fail(text):
    sys.exit(f"compatibility: {text}")


def opening_comment(path):
    lines = []
    for line in path.read_text().splitlines():
        if not line.startswith("//"):
            break
        lines.append(line[2:].strip())
    return " ".join(lines)


def api_keys(root):
    text = (root / "src/kafka/wire/api_key.h").read_text()
    return {name: int(number) for name, number in re.findall(r"X\(k(\w+), (\d+), ", text)}


def handled(text):
    """API -> (lowest version, highest, handler)"""
    rows = re.findall(r"\{ApiKey::k(\w+), \{(\d+), (\d+)\}, handle_(\w+)\}", text)
    return {name: (int(low), int(high), handler) for name, low, high, handler in rows}


def not_offered(text):
    """API -> why, out of the comment in apis.cc: a line `//   Name, Name: why` each."""
    block = text.split("// Not offered", 1)[1].split("#include", 1)[0]
    found = {}
    for names, why in re.findall(r"^//   (\w[\w, ]*): (.+)$", block, flags=re.M):
        for name in names.split(","):
            if name.strip() in found:
                fail(f"{name.strip()} stands twice under 'Not offered' in apis.cc")
            found[name.strip()] = why
    return found


def versions_text(low, high):
    return f"{low}" if low == high else f"{low} to {high}"


def check_versions(name, low, high, comment, file):
    said = re.search(rf"\b{name}, versions? (\d+)(?: (?:to|and) (\d+))?", comment)
    if not said:
        fail(f"{file.name} does not open with '{name}, versions {versions_text(low, high)}'")
    if (int(said.group(1)), int(said.group(2) or said.group(1))) != (low, high):
        fail(f"{file.name} says '{said.group(0)}', apis.cc has {versions_text(low, high)}")


def kips_of(comment):
    """The numbers behind `KIPs:` up to the end of that sentence, and every `KIP-n`; the full stop is outside brackets."""
    numbers = {int(n) for n in re.findall(r"KIP-(\d+)", comment)}
    for start in re.finditer(r"KIPs: ", comment):
        depth, plain = 0, ""
        for char in comment[start.end():]:
            depth += (char == "(") - (char == ")")
            if char == "." and depth == 0:
                break
            if depth == 0 and char != ")":
                plain += char
        numbers |= {int(n) for n in re.findall(r"(?:^|, )(\d+)\b", plain)}
    return sorted(numbers)


def topic_settings(root):
    table = (root / "src/kafka/broker/core/topic_configs.cc").read_text()
    about = opening_comment(root / "src/kafka/broker/core/topic_configs.h")
    return re.findall(r'\{"([a-z.]+)", k(\w+), "([^"]*)"', table), about


def make(root):
    handlers = root / "src/kafka/broker/handlers"
    source = (handlers / "apis.cc").read_text()
    keys, offered, refused = api_keys(root), handled(source), not_offered(source)
    files = {}
    for file in handlers.glob("*.cc"):
        for function in re.findall(r"^void handle_(\w+)\(BrokerContext& context, const Request& request\) \{", file.read_text(), flags=re.M):
            files[function] = file
    both = sorted(set(offered) & set(refused))
    neither = sorted(set(keys) - set(offered) - set(refused))
    unknown = sorted(set(refused) - set(keys))
    if both or neither or unknown:
        fail(f"under 'Not offered' in apis.cc: handled all the same: {both}; neither handled nor named: {neither}; no API: {unknown}")
    out = ["# Compatibility of the embedded broker", "",
           "Made from the code by `tests/docs/compatibility.py . --write`; a test fails when it is out of date. One broker, no replication. Each row is",
           "what the handler's own file opens with.", "", "## Offered", "", "| key | API | versions | KIPs | what it does, and what it refuses |",
           "|---|---|---|---|---|"]
    for name, (low, high, handler) in sorted(offered.items(), key=lambda item: keys[item[0]]):
        if handler not in files:
            fail(f"no file of the handlers defines handle_{handler}")
        file = files[handler]
        comment = opening_comment(file)
        check_versions(name, low, high, comment, file)
        words = re.sub(rf"^{name}, versions? \d+(?: (?:to|and) \d+)?[.:]?\s*", "", comment).replace("|", "/")
        link = f"[{name}](../{file.relative_to(root)})"
        out.append(f"| {keys[name]} | {link} | {versions_text(low, high)} | {', '.join(map(str, kips_of(comment)))} | {words} |")
    out += ["", "## Not offered", "", "ApiVersions leaves these out, so that a client says by itself that the broker does not have them, and asks nothing.", "",
            "| key | API | why |", "|---|---|---|"]
    for name, why in sorted(refused.items(), key=lambda item: keys[item[0]]):
        out.append(f"| {keys[name]} | {name} | {why} |")
    settings, about = topic_settings(root)
    out += ["", "## Settings of a topic", "", about, "", "| setting | type | default |", "|---|---|---|"]
    out += [f"| {name} | {kind.lower()} | {default or '(empty)'} |" for name, kind, default in settings]
    return "\n".join(out) + "\n"


def main():
    root = Path(sys.argv[1]).resolve()
    page = root / "docs" / "compatibility.md"
    made = make(root)
    if "--write" in sys.argv:
        page.write_text(made)
    elif not page.exists() or page.read_text() != made:
        fail("docs/compatibility.md is out of date: tests/docs/compatibility.py . --write makes it")


main()
