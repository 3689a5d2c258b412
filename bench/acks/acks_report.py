"""From the kept runs to docs/reports/DATE-acks.md, its plot, and the figures in docs/acks.md. Everything is computed here."""
import datetime
import os
import platform
import statistics
import subprocess

import plot
import targets
from measure import HOPS_RATE, KILL_RATE, KINDS, STEADY_RATE, VOICE
from report import cell, shown, table  # bench/broker's

BEGIN, END = "<!-- figures: written by ./dev bench acks -->", "<!-- end of figures -->"
GOAL_MS = 10
BARS = ("acks=0", "acks=1", "all, min ISR 1", "all, min ISR 2", "the studio's")
BAR_OF = {"0": 0, "1": 1, "all": 2, "all-1": 2, "all-2": 3, "studio": 4}
WHAT = {"one-1k": "one in flight, 1 KiB", "one-100k": "one in flight, 100 KiB", "steady-1k": f"{STEADY_RATE['1k']}/s of 1 KiB",
        "steady-100k": f"{STEADY_RATE['100k']}/s of 100 KiB", "rate-1k": "1 KiB", "rate-100k": "100 KiB"}


class Found:
    """The kept runs, by what is asked of them."""

    def __init__(self, kept):
        self.kept = kept

    def rates(self, target, setting, kind, figure):
        """round -> value"""
        return {run["round"]: run["figures"][figure] for run in self.kept
                if (run["target"], run["part"], run.get("setting"), run.get("kind")) == (target.name, "rates", setting.key, kind)}

    def ratios(self, target, setting, kind, figure):
        """To acks=all of the same round."""
        base = next(each for each in target.settings if each.key == target.base)
        to = self.rates(target, base, kind, figure)
        return [value / to[number] for number, value in self.rates(target, setting, kind, figure).items() if to.get(number)]

    def kills(self, target, setting):
        """The sums over all sessions; None where none ran."""
        runs = [run for run in self.kept if (run["target"], run["part"], run.get("setting")) == (target.name, "kills", setting.key)]
        if not runs:
            return None
        sums = {name: sum(run["figures"][name] for run in runs) for name in ("sent", "acked", "missing", "twice", "refused", "new_starts")}
        return {**sums, "kills": sum(run["kills"] for run in runs), "away": [seconds for run in runs for seconds in run["away"]]}

    def hops(self, target):
        return [run["figures"] for run in self.kept if (run["target"], run["part"]) == (target.name, "hops")]


def median_of(values):
    return statistics.median(values) if values else None


# ------------------------------------------------------------ tables
def latency_table(found, target):
    kinds = [kind for kind in KINDS if not kind.startswith("rate")]
    rows = [["setting", *[f"{WHAT[kind]}: {p}" for kind in kinds for p in ("p50", "p99")]]]
    for setting in target.settings:
        cells = [cell(list(found.rates(target, setting, kind, p).values())) for kind in kinds for p in ("p50", "p99")]
        if any(each != "-" for each in cells):
            rows.append([setting.title, *cells])
    return table(rows) if len(rows) > 1 else "Not run this time."


def throughput_table(found, target):
    kinds = [kind for kind in KINDS if kind.startswith("rate")]
    rows = [["setting", *[f"{WHAT[kind]}, MB/s" for kind in kinds]]]
    for setting in target.settings:
        cells = [cell(list(found.rates(target, setting, kind, "rate").values())) for kind in kinds]
        if any(each != "-" for each in cells):
            rows.append([setting.title, *cells])
    return table(rows) if len(rows) > 1 else "Not run this time."


def ratio_table(found):
    columns = [("one-1k", "p50"), ("one-100k", "p50"), ("steady-100k", "p50"), ("rate-1k", "rate"), ("rate-100k", "rate")]
    rows = [["target", "setting", *[("time, " if figure == "p50" else "throughput, ") + WHAT[kind] for kind, figure in columns]]]
    for target in targets.ALL:
        for setting in target.settings:
            cells = [cell(found.ratios(target, setting, kind, figure)) for kind, figure in columns]
            if setting.key != target.base and any(each != "-" for each in cells):
                rows.append([target.title, setting.title, *cells])
    return table(rows) if len(rows) > 1 else "Not run this time."


def kill_table(found):
    rows = [["target", "setting", "leader kills", "sent", "acknowledged", "acknowledged and gone", "there twice", "refused", "new starts"]]
    for target in targets.ALL:
        for setting in target.settings:
            if sums := found.kills(target, setting):
                rows.append([target.title, setting.title, *[str(sums[name]) for name in ("kills", "sent", "acked")], f"**{sums['missing']}**",
                             str(sums["twice"]), str(sums["refused"]), str(sums["new_starts"])])
    return table(rows) if len(rows) > 1 else "Not run this time."


def away_lines(found):
    lines = []
    for target in targets.ALL:
        if sums := found.kills(target, target.settings[0]):
            lines.append(f"- {target.title}: {shown(median_of(sums['away']))} s in the median, {shown(max(sums['away']))} s at most ({target.quick}).")
    return "\n".join(lines)


HOPS = (("hop1", "hop 1: prompt sent until the studio hands it out (one question included)"), ("hop2", "last byte of the upload until the 201"),
        ("behind", "the 201 until it is stored in the archive"), ("stored", "last byte of the upload until it is stored"))


def hop_table(found, target):
    rounds = found.hops(target)
    rows = [["what", "n each", "p50 ms", "p99 ms"]]
    for part, words in (("trickle", ""), ("load", f", {HOPS_RATE} a second")):
        for name, title in HOPS:
            if rounds and rounds[0][part][name]["n"]:
                rows.append([title + words, str(rounds[0][part][name]["n"]), *[cell([figures[part][name][p] for figures in rounds]) for p in ("p50", "p99")]])
    return table(rows)


SPENT = (("leader", "Kafka: the record to the leader and back (acks=1, a client that does nothing else)"),
         ("safe", "Kafka: until the other replicas have it, or the disk (acks=all less acks=1, the same client)"),
         ("rhythm", "Kafka: the same write between the hops, when brokers have to wake and other records are on their way (straight, less both rows above)"),
         ("studio", "the studio, and what is left (until the 201, less the same record straight)"))


def spent(figures):
    """The p50 until the 201 in its parts, in ms; they add up to it."""
    leader, everybody = (statistics.mean(figures[name + turn]["p50"] for turn in ("", "_again")) for name in ("leader", "all"))
    straight, whole = figures["trickle"]["ack"]["p50"], figures["trickle"]["hop2"]["p50"]
    return {"leader": leader, "safe": everybody - leader, "rhythm": straight - everybody, "studio": whole - straight}


def spent_table(found, ran):
    rows = [["of the p50 until the 201, ms", *[target.title for target in ran]]]
    for name, title in SPENT:
        rows.append([title, *[cell([spent(figures)[name] for figures in found.hops(target)]) for target in ran]])
    rows.append(["beside it: the same voice sent again, from its first byte (body, type, SHA-256, book-keeping, answer 200; no Kafka)",
                 *[cell([figures["trickle"]["again"]["p50"] for figures in found.hops(target)]) for target in ran]])
    for name, title in (("brokers", "of all cores over the run: brokers"), ("stages", "stages"), ("others", "everything else, the measuring client too")):
        rows.append([title + ", %", *[cell([100 * figures["shares"][name] for figures in found.hops(target)]) for target in ran]])
    return table(rows)


def verdict(found, target):
    rounds = found.hops(target)
    p50, p99 = (median_of([figures["trickle"]["hop2"][p] for figures in rounds]) for p in ("p50", "p99"))
    busy = 100 * median_of([sum(figures["shares"].values()) for figures in rounds])
    words = lambda value: "met" if value < GOAL_MS else "NOT MET"
    return f"- {target.title}: p50 {shown(p50)} ms: {words(p50)}; p99 {shown(p99)} ms: {words(p99)}; the machine's cores were {busy:.0f} % busy over the run."


def hops_text(found):
    ran = [target for target in targets.ALL if found.hops(target)]
    if not ran:
        return "Not run this time."
    return "\n\n".join([*[f"### {target.title}\n\n{hop_table(found, target)}" for target in ran],
                        f"### Below {GOAL_MS} ms to the 201?\n\n" + "\n".join(verdict(found, target) for target in ran),
                        f"### What the time until the 201 is spent on\n\n{spent_table(found, ran)}"])


def tables(kept):
    found = Found(kept)
    return "\n\n".join([*[f"{target.title}\n{latency_table(found, target)}\n{throughput_table(found, target)}" for target in targets.ALL],
                        ratio_table(found), kill_table(found), away_lines(found), hops_text(found)])


# ------------------------------------------------------------ plot
def bars_of(found, value):
    """values[target][bar] for a panel."""
    out = []
    for target in targets.ALL:
        row = [None] * len(BARS)
        for setting in target.settings:
            row[BAR_OF[setting.key]] = value(target, setting)
        out.append(row)
    return out


def svg(found, today):
    groups = [target.title for target in targets.ALL]
    lost = lambda target, setting: (sums := found.kills(target, setting)) and sums["missing"]
    panel = lambda title, value, log=False: plot.Panel(title, groups, BARS, bars_of(found, value), log)
    median = lambda kind, figure: lambda target, setting: median_of(list(found.rates(target, setting, kind, figure).values()))
    panels = [panel("Acknowledged and gone after the leader kills: records", lost),
              panel("Time until acknowledged, one 100 KiB record at a time: ms, median, logarithmic", median("one-100k", "p50"), True),
              panel("Throughput of 100 KiB records: MB/s, median", median("rate-100k", "rate"))]
    said = "; ".join(f"{target.title}, {setting.title}: {sums['missing']} lost in {sums['kills']} kills"
                     for target in targets.ALL for setting in target.settings if (sums := found.kills(target, setting)))
    return plot.draw(f"What acks costs and what it saves, {today}", f"Three panels of bars by target and setting: records lost, latency, throughput. {said}.", panels, BARS)


# ------------------------------------------------------------ documents
def explain(found):
    """The table of docs/acks.md and what it says in words."""
    rows = [["where", "setting", "a 100 KiB voice is acknowledged after, ms", "throughput, MB/s", "acknowledged and gone"]]
    for target in targets.ALL:
        for setting in target.settings:
            sums = found.kills(target, setting)
            rows.append([target.title, setting.title, cell(list(found.rates(target, setting, "one-100k", "p50").values())),
                         cell(list(found.rates(target, setting, "rate-100k", "rate").values())), f"{sums['missing']} in {sums['kills']} kills" if sums else "-"])
    lines = [table(rows)]
    for target in targets.ALL:
        base = next(setting for setting in target.settings if setting.key == target.base)
        waits = median_of([value - least for value, least in zip(found.rates(target, base, "one-100k", "p50").values(),
                                                                  found.rates(target, targets.LEADER, "one-100k", "p50").values())])
        lost, kept = found.kills(target, targets.LEADER), found.kills(target, base)
        if waits is not None and lost and kept:
            lines.append(f"{target.title}: all took {shown(waits)} ms longer than acks=1 for a 100 KiB voice; {lost['kills']} leader kills took {lost['missing']} of "
                         f"{lost['acked']} records acknowledged under acks=1, and {kept['missing']} of {kept['acked']} under all.")
    return "\n\n".join(lines)


def write(kept, errors):
    found, today = Found(kept), datetime.date.today().isoformat()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=targets.ROOT, capture_output=True, text=True).stdout.strip()
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    rounds = max((run.get("round", -1) + 1 for run in kept), default=0)
    per_target = "\n\n".join(f"### {target.title}\n\nMilliseconds from send to acknowledgement:\n\n{latency_table(found, target)}\n\n"
                             f"As fast as it goes:\n\n{throughput_table(found, target)}" for target in targets.ALL)
    failed = "".join(f"- Broke: {error}.\n" for error in errors)
    text = f"""# acks, measured on {today}

`./dev bench acks` at {commit}, on {os.cpu_count()} cores ({model}), all three brokers and the clients on this one machine. One client for all
(bench/broker/client, on librdkafka's C API), settings in turns, up to {rounds} rounds; cells: median (least-most). Absolute figures hold for this machine and
hour only; claims are the ratios. What the words mean, and what follows: [acks.md](../acks.md). Written by the command, no figure by hand.

![Records lost, latency and throughput by acks]({today}-acks.svg)

## What leader kills took

The leader is killed (kill -9) at a random moment under one producer a setting, all at the same time, {KILL_RATE} numbered records of 1 KiB a second each; it is started
again when others lead, and the next kill waits until every replica is in sync. A kill counts for a setting when the killed broker led one of its partitions. kcat reads
everything back; gone is what the producer was told is there and is not. Under acks=0 a producer is told as soon as its own kernel has the record.
An idempotent producer of librdkafka may lose track of its sequence numbers when a leader changes (librdkafka issue 3584): it is started anew, as the studio is, and
what had no answer is refused.

{kill_table(found)}

Until all partitions were led again (the brokers' patience was shortened for these kills, which changes how long writes stop):

{away_lines(found)}

kill -9 ends a process, not the machine: what the broker wrote is still in the page cache and there again after its start. So acks=1 loses here what the followers had not
fetched at that moment, and a lone embedded broker loses only what was still on its way to it; a machine that loses power loses the page cache, too:
[the power cuts](2026-11-26-powercut.md) show that. With all replicas in sync at each kill, min ISR 1 and 2 lose the same; they differ when the followers were away
before: min ISR 1 then acknowledges what stands in one place only, min ISR 2 refuses. That second fault is not part of these kills.

## Ratios to acks=all of the same target and round

On clusters to acks=all with min ISR 2. Time above 1 is slower, throughput above 1 is faster.

{ratio_table(found)}

## Latency and throughput

{per_target}

## The pipeline's hops

A selector's part, the studio and an archive to a folder on each target; voices of {VOICE} bytes one at a time, then {HOPS_RATE} a second (bench/spine).

{hops_text(found)}

## Not shown

- Brokers on machines of their own: here they share cores, page cache and disk, and loopback has no distance.
- The loss of a machine with its disk, and a leader killed while its followers are away.
{failed}"""
    path = targets.ROOT / "docs/reports" / f"{today}-acks.md"
    path.write_text(text)
    path.with_suffix(".svg").write_text(svg(found, today))
    page = targets.ROOT / "docs/acks.md"
    before, rest = page.read_text().split(BEGIN)
    figures = f"From [the report of {today}](reports/{today}-acks.md):\n\n![Records lost, latency and throughput by acks](reports/{today}-acks.svg)\n\n{explain(found)}"
    page.write_text(f"{before}{BEGIN}\n{figures}\n{END}{rest.split(END)[1]}")
    return path
