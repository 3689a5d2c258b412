"""Writes docs/reports/DATE-sizing.md, every figure from the samples, and the figures of docs/sizing.md."""
import datetime
import os
import platform
import subprocess

import broker_parts
import guide
import operators
import state_parts
from figures import cell, count, duration, size, table
from model import Model
from processes import ROOT

# A counted recording in one flat record, the index by both ids with it: what the state could be (bytes).
FLAT = {"prompt id": 16, "recording id": 16, "SHA-256": 32, "speaker": 16, "lease": 16, "session": 16, "offset": 8, "take and standing": 8,
        "two indexes of 4 bytes, 75 % full": 11}


def seconds(value):
    return duration(value)


def line_row(what, line, unit, shown):
    return [what, f"{shown(line.slope * unit)}", f"{shown(line.base)}", f"{line.off * 100:.1f} %"]


def state_table(samples):
    rows = []
    for part, plan in (("studio", state_parts.STUDIO), ("others", state_parts.OTHERS)):
        for name in plan:
            for n in samples.sizes(part, name):
                each = [value / n for value in samples.values(part, name, n, "bytes")]
                took = samples.values(part, name, n, "seconds")
                rows.append([name if part == "others" else f"studio: {name}", count(n), cell(each, lambda b: f"{b:.1f}"),
                             size(samples.median(part, name, n, "peak_bytes")), cell(took, seconds)])
    tenth = state_parts.TENTH
    each = [value / tenth for value in samples.values("hundred", "tenth", tenth, "bytes")]
    rows.append([f"studio: counted, {len(each)} instances' states", count(tenth), cell(each, lambda b: f"{b:.1f}"), size(samples.median("hundred", "tenth", tenth, "peak_bytes")), "-"])
    return table(["what", "how many", "bytes each", "most on the way, all", "time, all"], rows)


def slopes(m):
    million = 1_000_000
    rows = [
        line_row("memory, an open sentence", m.open_bytes, 1, size),
        line_row("memory, a recording counted, one of its sentence", m.counted_bytes, 1, size),
        line_row("the same, ten of a sentence", m.ten_bytes, 1, size),
        line_row("the same, one of a sentence, sentences of one letter", m.textless_bytes, 1, size),
        line_row("memory of the real studio process, a sentence with its recording", m.studio_bytes, 1, size),
        line_row("memory of the selector, a sentence", m.selector_bytes, 1, size),
        line_row("memory of an archive's positions, a recording", m.archive_bytes, 1, lambda b: f"{b:.4f} B" if abs(b) < 1 else size(b)),
        line_row("time to decode and restore, a million states and prompts", m.restore_seconds, million, seconds),
        line_row("time to decode and count, a million recordings behind the states (no sound) and prompts", m.read_back_seconds, million, seconds),
        line_row("time of the selector's tables, a million prompts and states (decoded)", m.selector_seconds, million, seconds),
        line_row("start of the real studio, a million sentences, prompt-state as compacted", m.start_compacted, million, seconds),
        line_row("start of the real studio, a million sentences, prompt-state as written", m.start_written, million, seconds),
        line_row("start of the real selector, a million sentences, prompt-state as compacted", m.start_selector, million, seconds),
        line_row("start of the real studio, a thousand partitions", m.start_partitions, 1000, seconds),
        line_row("memory of the broker, a partition of the namespace", m.broker_partition_bytes, 1, size),
        line_row("start of the broker, a thousand partitions", m.broker_partition_again, 1000, seconds),
        line_row("the same after kill -9", m.broker_partition_killed, 1000, seconds),
        line_row("memory of the broker after its start, a million recordings in the log", m.log_bytes, million, size),
        line_row("start of the broker, a million recordings in the log", m.log_again, million, seconds),
        line_row("the same after kill -9", m.log_killed, million, seconds),
    ]
    return table(["what", "slope", "at none", "farthest point from the line"], rows)


def hundred(m):
    line, total = m.small_counted, m.hundred_bytes
    n = state_parts.TENTH * state_parts.TENTHS
    told = line.at(n)
    return (f"{count(n)} recordings, one of each sentence, were simulated: generated without sound and restored by the studio's own leases, a tenth at a "
            f"time, each in a process of its own, as {state_parts.TENTHS} instances would share them. Together they take **{size(total)}**. The line through "
            f"{count(m.small_counted.points[0][0])} to {count(m.small_counted.points[-1][0])} recordings ({line.slope:.1f} B each, farthest point {line.off * 100:.1f} % off) says "
            f"{size(told)}: {abs(told - total) / total * 100:.1f} % beside it. No single process held them all; the time of a start with {count(n)} is an "
            f"extrapolation: {duration(m.start_compacted.at(n))} by the line of the real studio (up to {count(m.start_compacted.points[-1][0])} sentences, farthest point "
            f"{m.start_compacted.off * 100:.1f} % off), read by one instance.")


def broker_table(samples):
    rows = [[count(p), *(cell(samples.values("partitions", "broker", p, figure), seconds) for figure in ("first", "again", "killed")),
             cell(samples.values("partitions", "broker", p, "bytes"), size), cell(samples.values("partitions", "broker", p, "used"), size),
             cell([v / p for v in samples.values("partitions", "broker", p, "files")], size)] for p in samples.sizes("partitions", "broker")]
    return table(["partitions", "first start", "start", "start after kill -9", "memory after the start", "memory after writes", "disk a partition, but for the log and the journal"], rows)


def log_table(samples):
    rows = [[count(n), size(samples.median("log", "broker", n, "log")), *(cell(samples.values("log", "broker", n, figure), seconds) for figure in ("again", "killed")),
             *(cell(samples.values("log", "broker", n, figure), size) for figure in ("bytes", "served", "archive"))] for n in samples.sizes("log", "broker")]
    return table(["recordings", "log", "start", "start after kill -9", "memory after the start", "memory after all was read", "memory of the archive that read all"], rows)


def archive_table(samples):
    return table(["stored by one process", "its memory then"], [[count(n), cell(samples.values("archive", "stored", n, "bytes"), size)] for n in samples.sizes("archive", "stored")])


def start_table(samples):
    rows = []
    for name in (*broker_parts.SENTENCES, "selector"):
        for n in samples.sizes("start", name):
            of = [samples.median("start", name, n, figure) for figure in ("records", "prompts", "states")]
            rows.append(["selector, as compacted" if name == "selector" else f"studio, {name}", count(n), broker_parts.STUDIO_PARTITIONS[0], count(of[0]), size(of[1]), size(of[2]),
                         cell(samples.values("start", name, n, "seconds"), seconds), cell(samples.values("start", name, n, "bytes"), size)])
    for p in samples.sizes("start", "partitions"):
        rows.append(["studio", 0, p, 0, "-", "-", cell(samples.values("start", "partitions", p, "seconds"), seconds), cell(samples.values("start", "partitions", p, "bytes"), size)])
    return table(["process, prompt-state", "sentences", "partitions", "records read", "prompts", "prompt-state", "exec to ready", "memory then"], rows)


def disk_table(samples):
    values = lambda figure: samples.values("pipeline", "voices", broker_parts.VOICES, figure)  # noqa: E731
    audio = values("audio")[0]
    rows = [["the sound itself", cell(values("audio"), size)],
            ["recordings: headers and framing beside it", cell([v - audio for v in values("recordings")], size)],
            ["recordings: indexes", cell(values("index"), size)],
            ["prompts, a sentence", cell(values("prompts"), size)],
            ["prompt-state as written in this run, where a lease lasts milliseconds", cell(values("states"), size)],
            ["archive: the sidecar", cell(values("sidecar"), size)],
            ["archive: both files in whole blocks", cell(values("archive on disk"), size)]]
    return table(["a recording takes", "bytes on disk"], rows)


def waste(m, samples):
    flat = sum(FLAT.values())
    now, text = m.counted_bytes.slope, m.counted_bytes.slope - m.textless_bytes.slope
    one = samples.all[("studio", "counted", max(samples.sizes("studio", "counted")))][0]
    each_partition = m.start_partitions.slope
    return f"""- A counted recording takes {now:.0f} B, of which its sentence's record is {one["sizeof_sentence"]} B, its take {one["sizeof_take"]} B, and {text:.0f} B the text of a
  sentence that nobody will be given again; the rest are nodes, headers of the allocator, buckets and the second table from recording to
  sentence. As one flat record ({", ".join(f"{name} {bytes_}" for name, bytes_ in FLAT.items())}) it would be {flat} B: {now / flat:.1f} times less.
- A state takes {size(m.state_bytes(broker_parts.COMPACTED))} in the topic and is decoded as a document: {m.restore_seconds.slope * 1e6:.1f} µs for it and its prompt, {m.restore_seconds.slope / m.start_compacted.slope * 100:.0f} % of the real studio's start. Each take names its topic,
  which is the same for all, and ids and hash as text.
- prompt-state has Kafka's default segments of 1 GiB, and what is in the active one is not compacted: {broker_parts.STUDIO_PARTITIONS[0]} partitions may hold {count(m.uncompacted())}
  records that way, half of them outlived. With smaller segments (segment.bytes) that half is not read: {duration(m.uncompacted() / 2 * (m.start_written.slope - m.start_compacted.slope))} of a start.
- A start writes its markers one after another, each with a sync of its own, and asks for three ends a partition: {duration(each_partition)} a partition.
- A complete sentence's prompt is read at every start, and prompts are never compacted away: {size(m.voice("prompts"))} each."""


def text_of(samples, m, note):
    today = datetime.date.today().isoformat()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.processor())
    return today, f"""# How it grows, measured on {today}

`./dev bench sizing` at {commit}, on {os.cpu_count()} cores ({cpu}). Cells: median (least-most) of the rounds. Sizes in binary units. What it means for
machines and campaigns: [docs/sizing.md](../sizing.md). Written by the command, no figure by hand.{f" {note}" if note else ""}

## The lines

Straight lines through the medians; relative distances count. The last column is the largest distance of a median from its line. A slope around or
below zero is noise: no growth was seen.

{slopes(m)}

## 100 million recordings

{hundred(m)}

## State in memory

The stages' own objects, restored from generated events (sentences of 80 bytes, a speaker, lease and session of its own for every take), each in a
process of its own: resident memory after, less before. Time: decoding and restoring as at a start, but for ten of a sentence, without text,
selector and archive, which were given decoded events. An archive remembers what is under way and nothing of what is done.

{state_table(samples)}

## Starts of the studio and the selector, by the real processes

On the embedded broker, topics filled through the product's producer, page cache warm. Compacted, prompt-state holds a record a sentence; as written two,
for a person's lease and for the recording, until compaction takes the first. Every sentence has its recording. After a start the studio holds up to
{size(m.reading_bytes)} more than its state and its {size(samples.median("start", broker_parts.COMPACTED, 0, "bytes"))} with no state at all: what reading leaves.

{start_table(samples)}

## The embedded broker

Partitions of a namespace: prompts, recordings and prompt-state have so many each, nearly all of them written to; before kill -9 another few records
each that no checkpoint covers. Beside them stands the journal, {size(samples.median("partitions", "broker", samples.sizes("partitions", "broker")[0], "journal"))} at any size.

{broker_table(samples)}

The log of recordings ({size(samples.median("pipeline", "voices", broker_parts.VOICES, "audio"))} of Opus each, six partitions); before kill -9 {broker_parts.TAIL} recordings that no checkpoint covers.

{log_table(samples)}

An archive that stores many short voices ({broker_parts.SHORT_SECONDS} s each): its memory rises and falls with what is under way, not with what is done.

{archive_table(samples)}

## Disk

{broker_parts.VOICES} uploads through `antiphon up`, Opus at 128 kbit/s for {broker_parts.VOICE_SECONDS} s. In prompt-state a recording leaves {size(m.state_bytes(broker_parts.WRITTEN))} as people write it (lease, then take) and {size(m.state_bytes(broker_parts.COMPACTED))} after compaction.

{disk_table(samples)}

## What is plainly wasteful

{waste(m, samples)}
"""


def write(samples, note=""):
    m = Model(samples)
    today, text = text_of(samples, m, note)
    path = ROOT / "docs/reports" / f"{today}-sizing.md"
    path.write_text(text)
    operator_page = ROOT / "docs/sizing.md"
    operator_page.write_text(guide.filled(operator_page.read_text(), operators.blocks(m, path.name)))
    return path, operator_page
