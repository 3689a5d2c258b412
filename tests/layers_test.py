#!/usr/bin/env python3
"""Every #include of ours in src/ and sim/ must be allowed by the table in ARCHITECTURE.md.

The table is the contract: a row says which rooms a folder may include. A room is named by its folder below src/ (those of sim/ from the root), or by the first
part of it ("adapters" allows every folder below adapters). A folder always may include itself.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])


def read_table(text):
    rows = {}
    for folder, allowed in re.findall(r"^\| ([a-z/]+) \| ?([a-z/, ]*) ?\|$", text, re.M):
        if folder != "folder":
            rows[folder] = [room.strip() for room in allowed.split(",") if room.strip()]
    return rows


def room_of(path, rooms):
    """The longest room that the path lies in."""
    fits = [room for room in rooms if path == room or path.startswith(room + "/")]
    return max(fits, key=len) if fits else None


def violations(sources, rows):
    for path, text in sources:
        room = room_of(path, rows)
        if room is None:
            yield f"{path}: its folder is not in the table of ARCHITECTURE.md"
            continue
        for target in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
            if not target.startswith(room + "/") and not any(target.startswith(a + "/") for a in rows[room]):
                if target == "cli/version.h" or "/" not in target:
                    continue
                yield f"{path} includes {target}; {room} may include: {', '.join(rows[room]) or 'nothing'}"


rows = read_table((root / "ARCHITECTURE.md").read_text())
if len(rows) < 10:
    sys.exit("the table of ARCHITECTURE.md was not found")

# The test's own proof: a forbidden include is seen.
if not list(violations([("core/x.h", '#include "kafka/log/log.h"')], rows)) or list(violations([("cli/x.cc", '#include "core/result.h"')], rows)):
    sys.exit("the check itself is broken")

sources = [(str(p.relative_to(root / "src")), p.read_text()) for p in sorted((root / "src").rglob("*")) if p.suffix in (".h", ".cc")]
sources += [(str(p.relative_to(root)), p.read_text()) for p in sorted((root / "sim").rglob("*")) if p.suffix in (".h", ".cc")]
found = list(violations(sources, rows))
print("\n".join(found))
print(f"{len(sources)} files, {len(found)} includes that the table forbids")
sys.exit(1 if found or not sources else 0)
