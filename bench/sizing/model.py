"""What the samples say, as lines and constants; and what follows for machines and campaigns under stated assumptions."""
import dataclasses
import math

import broker_parts
import state_parts
from figures import Line

GIB, TIB = 1 << 30, 1 << 40
MACHINES = (1, 4, 16)  # GiB
RECORDINGS = (1_000_000, 10_000_000, 100_000_000)


@dataclasses.dataclass(frozen=True)
class Assumptions:
    """What is not measured. One recording a sentence: the dearest case, as every sentence has a state of its own."""

    memory_share: float = 0.75  # of a machine for our processes; the rest is the kernel's and the page cache's
    start_felt: float = 60  # seconds without sentences that volunteers notice and bear; takes wait on their devices
    start_lease: float = 600  # a lease: after a longer start every sentence in hand has run out
    disk: float = TIB  # of the one machine that holds log and archive
    voices_a_day: int = 1_000_000
    days: int = 365
    busiest_hour: float = 0.12  # of a day's voices
    peak_to_hour: float = 2.0  # the busiest seconds against the mean of that hour
    seconds_a_voice: float = 30  # that a person needs for a sentence, from one to the next
    skipped: float = 0.1  # sentences that are given back, a voice
    retried: float = 0.05  # uploads that are sent twice
    voices_a_visit: float = 20
    files_of_page: int = 8  # a visit loads
    replication: int = 3
    brokers: int = 3
    consumers: int = 2  # the archive, and a target of one's own
    ahead: int = 100_000  # open sentences that the selector keeps ready: the most that --ahead takes
    instance_gib: int = 16
    partitions_an_instance: int = 4  # at the end of the campaign, so that shares stay even when one is lost
    partition_steps: tuple = (6, 12, 24, 36, 60, 120, 240, 360, 480, 600, 720, 840, 960, 1000)


class Model:
    def __init__(self, samples, assumptions=Assumptions()):
        self.samples, self.assume = samples, assumptions
        tenth = state_parts.TENTH
        line = samples.line
        self.open_bytes = line("studio", "open", "bytes", [size for size in samples.sizes("studio", "open") if size >= 10_000])
        ours = [(size, samples.median("studio", "counted", size, "bytes")) for size in samples.sizes("studio", "counted")]
        self.counted_bytes = Line([*ours, (tenth, samples.median("hundred", "tenth", tenth, "bytes"))])
        self.small_counted = Line(ours)
        self.hundred_bytes = sum(samples.values("hundred", "tenth", tenth, "bytes"))
        self.ten_bytes = line("studio", "counted, 10 of a sentence", "bytes")
        self.textless_bytes = line("studio", "counted, without text", "bytes")
        self.restore_seconds = line("studio", "counted", "seconds")
        self.read_back_seconds = line("studio", "read back", "seconds")
        self.selector_bytes = line("others", "selector", "bytes", [size for size in samples.sizes("others", "selector") if size >= 100_000])
        self.selector_seconds = line("others", "selector", "seconds")
        self.archive_bytes = line("others", "archive", "bytes")
        some = [size for size in samples.sizes("start", broker_parts.COMPACTED) if size]
        self.start_compacted = line("start", broker_parts.COMPACTED, "seconds", some)
        self.start_written = line("start", broker_parts.WRITTEN, "seconds")
        self.start_selector = line("start", "selector", "seconds")
        self.start_partitions = line("start", "partitions", "seconds")
        self.studio_bytes = line("start", broker_parts.COMPACTED, "bytes", some)
        self.reading_bytes = max(samples.median("start", kind, size, "bytes") - samples.median("start", broker_parts.COMPACTED, 0, "bytes") - self.counted_bytes.at(size)
                                 for kind in broker_parts.SENTENCES for size in samples.sizes("start", kind) if size)
        self.broker_partition_bytes = line("partitions", "broker", "used")
        self.broker_partition_again = line("partitions", "broker", "again")
        self.broker_partition_killed = line("partitions", "broker", "killed")
        self.log_again = line("log", "broker", "again")
        self.log_killed = line("log", "broker", "killed")
        self.log_bytes = line("log", "broker", "bytes")
        self.bases = {name: self.voice(f"memory of {name}") for name in ("up", "broker", "studio", "select", "archive")}
        # Real archives' memory: no line, for it rises and falls with what is under way. The most that was seen.
        self.archive_plateau = max(value for part, name, figure in (("log", "broker", "archive"), ("archive", "stored", "bytes"))
                                   for size in samples.sizes(part, name) for value in samples.values(part, name, size, figure))

    # A recording on disk.
    def voice(self, figure):
        return self.samples.median("pipeline", "voices", broker_parts.VOICES, figure)

    def state_bytes(self, kind):
        """What a sentence that was read has in prompt-state, as written or as compacted."""
        size = max(self.samples.sizes("start", kind))
        return self.samples.median("start", kind, size, "states") / size

    def uncompacted(self, segment_bytes=GIB):
        """Records of prompt-state in active segments of the default size, which nothing compacts."""
        return broker_parts.STUDIO_PARTITIONS[0] * segment_bytes / (self.state_bytes(broker_parts.WRITTEN) / 2)

    def log_a_voice(self):
        """In the topics of a broker: the recording, its sentence, its state as compaction leaves it, the index."""
        return self.voice("recordings") + self.voice("index") + self.voice("prompts") + self.state_bytes(broker_parts.COMPACTED)

    def archive_a_voice(self):
        return self.voice("archive on disk")

    # One machine under `up`.
    def memory(self, recordings):
        """All processes; with what reading the topics leaves in the studio, which was the most at the sizes that were measured."""
        fixed = sum(self.bases.values()) - self.bases["archive"] + self.archive_plateau + self.reading_bytes
        return fixed + (self.counted_bytes.slope + self.selector_bytes.slope) * recordings

    def room(self, gib):
        return gib * GIB * self.assume.memory_share

    def memory_met_at(self, gib):
        return max(0.0, (self.room(gib) - self.memory(0)) / (self.counted_bytes.slope + self.selector_bytes.slope))

    def disk(self, recordings):
        return recordings * (self.log_a_voice() + self.archive_a_voice())

    def disk_met_at(self):
        return self.assume.disk / self.disk(1)

    def start_met_at(self, seconds):
        return self.start_compacted.reaches(seconds)

    # The campaign.
    def peak_voices(self):
        a = self.assume
        return a.voices_a_day * a.busiest_hour / 3600 * a.peak_to_hour

    def peak_requests(self):
        """(sentences asked for, given back, uploads, files of the page), a second"""
        a, voices = self.assume, self.peak_voices()
        return voices * (1 + a.skipped), voices * a.skipped, voices * (1 + a.retried), voices / a.voices_a_visit * a.files_of_page

    def peak_bytes(self):
        return self.peak_voices() * (1 + self.assume.retried) * self.voice("audio")

    def recordings_of(self, days):
        return self.assume.voices_a_day * days

    def instance_holds(self):
        """Recordings in state that one instance of the assumed memory has room for."""
        return (self.room(self.assume.instance_gib) - self.bases["studio"] - self.reading_bytes) / self.counted_bytes.slope

    def instances_for_memory(self, days):
        return max(1, math.ceil(self.recordings_of(days) / self.instance_holds()))

    def instances_for_start(self, days, seconds):
        """So that each one's share is read within that time."""
        return max(1, math.ceil(self.recordings_of(days) / self.start_met_at(seconds)))

    def instances(self, days):
        """With memory for their shares, and back within a lease."""
        return max(self.instances_for_memory(days), self.instances_for_start(days, self.assume.start_lease))

    def partitions(self, days):
        wanted = self.instances(days) * self.assume.partitions_an_instance
        return next((step for step in self.assume.partition_steps if step >= wanted), None)

    def ahead_seconds(self):
        """How long the peak has sentences while no selector works."""
        return self.assume.ahead / self.peak_requests()[0]

    def kafka_disk(self, days):
        return self.recordings_of(days) * self.log_a_voice() * self.assume.replication
