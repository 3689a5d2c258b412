"""The figures of docs/sizing.md: what grows with what, what breaks first, what a campaign needs. All computed from the model."""
import math

from broker_parts import COMPACTED, WRITTEN
from figures import count, duration, size, table
from model import MACHINES, RECORDINGS

MILLION = 1_000_000
NAMES = {1_000_000: "1 million", 10_000_000: "10 million", 100_000_000: "100 million"}


def grows(m):
    fixed = sum(m.bases.values())
    rows = [
        ["nothing yet: all processes of `up`", size(fixed), size(m.samples.median("partitions", "broker", m.samples.sizes("partitions", "broker")[0], "journal")) + " (the journal)",
         duration(m.samples.median("start", COMPACTED, 0, "seconds")) + " (studio)"],
        ["an open sentence", f"{m.open_bytes.slope:.0f} B (studio), {m.selector_bytes.slope:.0f} B (selector)", size(m.voice("prompts")), "as a sentence below"],
        ["a recording, one of its sentence", f"{m.counted_bytes.slope:.0f} B (studio), {m.selector_bytes.slope:.0f} B (selector)",
         f"{size(m.log_a_voice())} in the topics, {size(m.archive_a_voice())} in an archive of files", f"{duration(m.start_compacted.slope * MILLION)} (studio), {duration(m.start_selector.slope * MILLION)} (selector) a million"],
        ["a recording, one of ten of its sentence", f"{m.ten_bytes.slope:.0f} B (studio), {m.selector_bytes.slope / 10:.0f} B (selector)", "the same, but for the sentence", "not measured"],
        ["a state that compaction has not taken yet", "nothing", size(m.state_bytes(WRITTEN) - m.state_bytes(COMPACTED)),
         f"{duration((m.start_written.slope - m.start_compacted.slope) * MILLION)} a million"],
        ["a recording that no state tells of yet", "as a recording", "as a recording", f"{duration(m.read_back_seconds.slope * MILLION)} a million, and the reading of its sound"],
        ["a partition", f"{size(m.broker_partition_bytes.slope)} (embedded broker)", "a few blocks",
         f"{duration(m.start_partitions.slope)} (studio), {duration(m.broker_partition_killed.slope)} (broker after kill -9)"],
        ["a recording in the embedded broker's log", f"{max(0.0, m.log_bytes.slope):.2f} B", "above", f"{duration(max(0.0, m.log_killed.slope) * MILLION)} a million (broker after kill -9)"],
        ["a studio that owns nothing", size(m.bases["studio"]), "nothing", "it reads the state of what it gains"],
        ["an archive", f"{size(m.archive_plateau)} at most seen; nothing a recording", "above", "nothing a recording"],
    ]
    return table(["one more of", "memory", "disk", "start-up"], rows)


def limits_of(m, gib):
    a = m.assume
    return sorted([(m.memory_met_at(gib), f"memory of {gib} GiB"), (m.start_met_at(a.start_felt), f"a start of {duration(a.start_felt)}"),
                   (m.start_met_at(a.start_lease), f"a start of {duration(a.start_lease)}"), (m.disk_met_at(), f"disk of {size(a.disk)}")])


def breaks(m):
    a = m.assume
    rows = []
    for gib in MACHINES:
        cells = []
        for recordings in RECORDINGS:
            met = [name for at, name in limits_of(m, gib) if at < recordings]
            cells.append("fits" if not met else f"**{met[0]}**" + (f", then {', '.join(met[1:])}" if met[1:] else ""))
        rows.append([f"{gib} GiB", *cells])
    needs = [["memory of all processes", *(size(m.memory(n)) for n in RECORDINGS)], ["disk, log and archive of files", *(size(m.disk(n)) for n in RECORDINGS)],
             ["start of the studio", *(duration(m.start_compacted.at(n)) for n in RECORDINGS)]]
    met = [[name, count(at)] for at, name in sorted({limit for gib in MACHINES for limit in limits_of(m, gib)})]
    farthest = m.start_compacted.points[-1][0]
    return f"""Assumed: everything under `antiphon up` on one machine, one recording a sentence; {a.memory_share * 100:.0f} % of the memory is ours; log and archive share a disk of
{size(a.disk)}; a start without sentences is felt after {duration(a.start_felt)}, and after {duration(a.start_lease)} every lease in people's hands has run out. Starts beyond {count(farthest)}
recordings are extrapolated.

{table(["machine", *NAMES.values()], rows)}

{table(["needs", *NAMES.values()], needs)}

{table(["limit", "is met at so many recordings"], met)}"""


def campaign_assumptions(m):
    a = m.assume
    return [["voices", f"{count(a.voices_a_day)} a day for {a.days} days, one of each sentence, {size(m.voice('audio'))} of Opus each (as measured)"],
            ["the peak", f"the busiest hour has {a.busiest_hour * 100:.0f} % of the day's voices, its busiest seconds {a.peak_to_hour:g} times its mean"],
            ["people", f"{a.seconds_a_voice:g} s from one sentence to the next; {a.skipped * 100:.0f} sentences skipped and {a.retried * 100:.0f} uploads repeated of 100; a visit has {a.voices_a_visit:g} voices and loads {a.files_of_page} files"],
            ["Kafka", f"{a.brokers} brokers, replication {a.replication}, {a.consumers} consumers of every recording (an archive and one more)"],
            ["studios", f"instances of {a.instance_gib} GiB, {a.memory_share * 100:.0f} % of it theirs, that share the partitions evenly; {a.partitions_an_instance} partitions each on the last day"]]


def campaign_needs(m):
    a = m.assume
    peak, (asked, back, uploads, files) = m.peak_voices(), m.peak_requests()
    stream = m.peak_bytes()
    copies = (a.replication - 1 + a.consumers) / a.brokers
    instances = m.instances(a.days)
    return [["voices at the peak", f"{peak:.1f} a second; about {count(peak * a.seconds_a_voice)} people at work, {count(2 * peak * a.seconds_a_voice)} sentences in their hands"],
            ["requests at the peak", f"{asked + back + uploads + files:.0f} a second: {asked:.0f} for a sentence, {back:.0f} skips, {uploads:.0f} uploads, {files:.0f} files of the page"],
            ["sound at the peak", f"{size(stream)} a second ({stream * 8 / 1e6:.0f} Mbit/s) from people to the studios, as much to Kafka"],
            ["network of a broker at the peak", f"{stream * a.replication / a.brokers * 8 / 1e6:.0f} Mbit/s in, {stream * copies * 8 / 1e6:.0f} Mbit/s out"],
            ["Kafka's disk", f"{size(m.kafka_disk(1))} a day, {size(m.kafka_disk(a.days))} after {a.days} days, all brokers together"],
            ["an archive", f"{size(m.recordings_of(1) * m.archive_a_voice())} a day, {size(m.recordings_of(a.days) * m.archive_a_voice())} after {a.days} days, before copies of its own"],
            ["prompt-state before compaction", f"{size(m.recordings_of(1) * m.state_bytes(WRITTEN))} a day of writes, {size(m.recordings_of(1) * m.state_bytes(COMPACTED))} of it stay"],
            ["state of the studios", f"{size(m.counted_bytes.slope * m.recordings_of(1))} more a day, {size(m.counted_bytes.slope * m.recordings_of(a.days))} after {a.days} days"],
            ["studio instances", f"one until day {math.floor(min(m.instance_holds(), m.start_met_at(a.start_lease)) / a.voices_a_day)}, {instances} on day {a.days} ({m.instances_for_memory(a.days)} by memory, {m.instances_for_start(a.days, a.start_lease)} to be back within {duration(a.start_lease)}; {size(m.counted_bytes.slope * m.recordings_of(a.days) / instances + m.bases['studio'] + m.reading_bytes)} each)"],
            ["start of an instance", f"{duration(m.start_compacted.at(m.recordings_of(a.days) / instances))} with its share on day {a.days}; below {duration(a.start_felt)} it takes {m.instances_for_start(a.days, a.start_felt)} instances"],
            ["partitions", partitions_told(m)],
            ["open sentences", f"with `--ahead {a.ahead}` the peak has sentences for {duration(m.ahead_seconds())} while no selector works, for {size(a.ahead * m.open_bytes.slope)} of a studio's memory; a selector's start takes longer from day {math.floor(m.start_selector.reaches(m.ahead_seconds()) / a.voices_a_day)} on"],
            ["the selector", f"{size(m.selector_bytes.slope * m.recordings_of(a.days) + m.bases['select'])} after {a.days} days, one process; its start takes {duration(m.start_selector.at(m.recordings_of(a.days)))} then"]]


def partitions_told(m):
    days = m.assume.days
    chosen = m.partitions(days)
    if chosen is None:
        return f"more than are allowed: {m.instances(days) * m.assume.partitions_an_instance} would be wanted"
    return f"{chosen} (`--partitions {chosen}`, set once); {size(m.kafka_disk(days) / m.assume.replication / chosen)} of log each after {days} days"


def wall(m):
    a = m.assume
    day = math.floor(m.instance_holds() / a.voices_a_day)
    start_day = math.floor(m.start_met_at(a.start_lease) / a.voices_a_day)
    first = "the studios' start" if start_day < day else "the studios' memory"
    return (f"**What breaks first is {first}.** One studio of {a.instance_gib} GiB holds {count(m.instance_holds())} recordings, {day} days of this campaign; its start passes a "
            f"lease ({duration(a.start_lease)}) on day {start_day} and {duration(a.start_felt)} on day {math.floor(m.start_met_at(a.start_felt) / a.voices_a_day)}. "
            f"Requests ({sum(m.peak_requests()):.0f} a second) and network are small beside that; disk is the dearest and the easiest to add. "
            f"Starts with more than {count(m.start_compacted.points[-1][0])} sentences (studio) and {count(m.start_selector.points[-1][0])} (selector) are extrapolated.")


def campaign(m):
    return f"""{table(["assumed", ""], campaign_assumptions(m))}

{table(["needed", ""], campaign_needs(m))}

{wall(m)}"""


def source(m, report):
    return f"Measured by `./dev bench sizing`: [reports/{report}](reports/{report}); memory of up to {size(m.hundred_bytes)} of state ({count(100 * MILLION)} recordings, in tenths) was really taken."


def blocks(m, report):
    return {"source": source(m, report), "grows": grows(m), "breaks": breaks(m), "campaign": campaign(m)}
