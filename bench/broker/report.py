"""From the measured runs to docs/reports/DATE-broker.md. Every figure and every verdict is computed here."""
import datetime
import os
import platform
import statistics
import subprocess

import peers
from rows import ROWS

RIVALS = ("kafka", "klite", "kafka-wire")
FLOOR_RATE, FLOOR_TIME = 0.85, 1.2


def collect(runs):
    """{(row, peer, figure): [values]}"""
    found = {}
    for run in runs:
        for figure, value in run["figures"].items():
            found.setdefault((run["row"], run["peer"], figure), []).append(value)
    return found


def shown(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cell(values):
    if not values:
        return "-"
    if len(values) == 1:
        return shown(values[0])
    return f"{shown(statistics.median(values))} ({shown(min(values))}-{shown(max(values))})"


def verdict(row, figure, found):
    """(the ratio to the best peer, the ratio to the floor, the verdict) as texts."""
    def median(peer):
        values = found.get((row.name, peer, figure.key))
        return statistics.median(values) if values else None

    ours, floor = median("ours"), median("floor")
    if ours is None:
        return "-", "-", "not run"
    rivals = {peer: value for peer in RIVALS if (value := median(peer)) is not None}
    to_floor = f"{ours / floor:.2f}x" if floor else "-"
    if figure.absolute:
        return "-", to_floor, "met" if ours < figure.absolute else "NOT MET"
    best = (max if figure.rate else min)(rivals, key=rivals.get) if rivals else None
    to_best = f"{ours / rivals[best]:.2f}x of {best}" if best and rivals[best] else "-"
    if not figure.goal:
        return to_best, to_floor, "no goal"
    if best and rivals[best] and (ours >= figure.goal * rivals[best] if figure.rate else ours <= figure.goal * rivals[best]):
        return to_best, to_floor, "met"
    if floor and (ours >= FLOOR_RATE * floor if figure.rate else figure.time and ours <= FLOOR_TIME * floor):
        return to_best, to_floor, "met by the floor"
    return to_best, to_floor, "NOT MET" if best else "no peer ran"


def table(rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]])


def figures_table(found, ran):
    head = ["row", "figure", *[peer.title for peer in ran]]
    body = []
    for row in ROWS:
        for figure in row.figures:
            values = [found.get((row.name, peer.name, figure.key)) for peer in ran]
            if any(values):
                body.append([row.title, figure.unit, *[cell(each) for each in values]])
    return table([head, *body])


def verdict_table(found):
    body = []
    for row in ROWS:
        for figure in row.figures:
            if (row.name, "ours", figure.key) in found:
                to_best, to_floor, text = verdict(row, figure, found)
                body.append([row.title, figure.unit, figure.goal_text(), to_best, to_floor, text])
    return table([["row", "figure", "goal", "to the best peer", "to the floor", "verdict"], *body])


def left_out(found):
    lines = [f"- {peer.title}: {reason}." for peer in peers.ALL if peer.name in RIVALS and (reason := peer.missing())]
    missing = [row.title for row in ROWS if not any(key[0] == row.name for key in found)]
    if missing:
        lines.append(f"- Not run this time: {'; '.join(missing)}.")
    return "\n".join(lines) or "- Nothing."


def not_met(found):
    lines = []
    for row in ROWS:
        for figure in row.figures:
            if (row.name, "ours", figure.key) in found and verdict(row, figure, found)[2] == "NOT MET":
                profile = peers.ROOT / "docs/reports/profiles" / f"{row.name}.md"
                text = profile.read_text().strip() if profile.exists() else f"no profile yet: `./dev bench broker --rows {row.name} --profile` writes one."
                lines.append(f"### {row.title}, {figure.unit}\n\n{text}")
    return "\n\n".join(lines) or "None."


def write(runs, errors, scale):
    found = collect(runs)
    today = datetime.date.today().isoformat()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=peers.ROOT, capture_output=True, text=True).stdout.strip()
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    ran = [peer for peer in peers.ALL if any(key[1] == peer.name for key in found)]
    rounds = max((len(values) for values in found.values()), default=0)
    failed = "\n".join(f"- {error}" for error in errors)
    text = f"""# The embedded broker, measured on {today}

`./dev bench broker` at {commit}, on {os.cpu_count()} cores ({model}), brokers and client on this one machine. One client for all (bench/broker/client, on
librdkafka's C API); brokers in turns, up to {rounds} rounds, volumes at {scale:g} of the full ones; page cache made hot before each run; broker CPU is
user and system time of its process. Cells: median (least-most). Rows without sync: acks=1. With sync: acks=all; Kafka with log.flush.interval.messages=1,
kafka-wire with its fsync mode `always`, klite and Antiphon as they are. The floor is one bare loop (bench/floor). Absolute figures hold for this
machine and hour only; claims are the ratios. Written by the command, no figure by hand.

## Ratios and goals

Goals are against the best of the peers that ran. A goal counts as met, too, at {FLOOR_RATE:.0%} of the floor's rate or {FLOOR_TIME:g} times its time in the same run.

{verdict_table(found)}

## Figures

{figures_table(found, ran)}

## Rows not met: what limits them

{not_met(found)}

## Left out

{left_out(found)}
{failed}
"""
    path = peers.ROOT / "docs/reports" / f"{today}-broker.md"
    path.write_text(text)
    return path, text
