"""The embedded broker, the archive and the studio's start, by their real processes."""
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import uuid

from processes import ROOT, Stage, broker, disk_bytes, free_port, resident_bytes, settle, studio, until
from state_parts import driver
from harness import Pipeline, uuid7  # of tests/spine, which processes.py has made known

PARTITIONS = (1, 10, 100, 1000)
WRITES = 4  # records that a partition gets in the middle
RECORDINGS = (1_000, 4_000, 16_000)
TAIL = 100  # recordings that no checkpoint covers when the broker is killed
COMPACTED, WRITTEN = "as compacted", "as written"  # prompt-state: one record a sentence; two, leased and read
SENTENCES = {COMPACTED: (0, 10_000, 100_000, 1_000_000, 3_000_000), WRITTEN: (10_000, 100_000, 1_000_000)}
SELECTOR_SENTENCES = (10_000, 100_000, 1_000_000)
STUDIO_PARTITIONS = (6, 60, 600)
ARCHIVED, SHORT_SECONDS = (4_000, 16_000, 64_000), 0.25
VOICES = 200
VOICE_SECONDS, VOICE_BITS = 6.4, "128k"
SPEAKER = str(uuid.uuid4())


def make_voice(folder, length=VOICE_SECONDS):
    """Opus as a browser records at 128 kbit/s, about 100 KiB; what is in it is noise."""
    path = pathlib.Path(folder) / "voice.ogg"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"anoisesrc=d={length}:c=pink:r=48000", "-c:a", "libopus", "-b:a", VOICE_BITS,
                    "-vbr", "off", str(path)], check=True)
    return path


def by_partitions(samples, work, rounds):
    """A namespace of so many partitions, nearly all of them written to; prompts, recordings and prompt-state have as many each."""
    for partitions in PARTITIONS:
        written = (f"partitions={partitions}", f"sentences={WRITES * partitions}", f"recordings={WRITES * partitions}")
        while samples.count("partitions", "broker", partitions) < rounds:
            with tempfile.TemporaryDirectory(dir=work) as folder:
                settle()
                first = broker(folder)
                driver("fill", first.address, *written)
                first.end()
                again = broker(folder)
                driver("fill", again.address, *written)
                used = again.now_resident()
                again.kill()
                killed = broker(folder)
                killed.end()
                journal = disk_bytes(pathlib.Path(folder) / "broker", "journal*")[1]
                on_disk = disk_bytes(pathlib.Path(folder) / "broker")
                values = {"first": first.seconds, "again": again.seconds, "killed": killed.seconds, "bytes": again.resident, "used": used,
                          "journal": journal, "files": on_disk[1] - journal - disk_bytes(pathlib.Path(folder) / "broker", "*.log")[1]}
            samples.add("partitions", "broker", partitions, values)
            print(f"partitions {partitions}: {values}", file=sys.stderr)


def by_log_size(samples, work, rounds):
    with tempfile.TemporaryDirectory(dir=work) as folder:
        voice = make_voice(folder)
        filled = 0
        for recordings in RECORDINGS:  # one log that grows
            if samples.count("log", "broker", recordings) >= rounds:
                continue
            server = broker(folder)
            driver("fill", server.address, f"recordings={recordings - filled}", f"first={filled}", f"audio={voice}")
            filled = recordings
            server.end()
            while samples.count("log", "broker", recordings) < rounds:
                values = starts_of_a_log(pathlib.Path(folder), voice, recordings)
                samples.add("log", "broker", recordings, values)
                print(f"log {recordings}: {values}", file=sys.stderr)


def starts_of_a_log(folder, voice, recordings):
    settle()
    server = broker(folder)
    values = {"again": server.seconds, "bytes": server.resident, "log": disk_bytes(folder / "broker", "*.log")[0]}
    values |= archive_all(folder, server, recordings)
    driver("fill", server.address, f"recordings={TAIL}", f"audio={voice}")
    server.kill()
    server = broker(folder)
    values["killed"] = server.seconds
    server.end()
    return values


def archive_all(folder, server, recordings):
    """An archive that begins at the log's start: its memory, and the broker's, when all of it is stored."""
    target = folder / "archive"
    target.mkdir()
    stage = Stage("archive", folder, "--bootstrap", server.address, "--archive", f"file://{target}", "--name", f"n{uuid.uuid4().hex[:8]}")
    until("the archive has stored all", lambda: sum(1 for _ in target.glob("*/*/*.json")) >= recordings, seconds=300, step=0.3)
    told = {"archive": stage.now_resident(), "archive at first": stage.resident, "served": server.now_resident()}
    stage.end()
    shutil.rmtree(target)
    return told


def archive_of_many(samples, work, rounds):
    """One archive process that stores many short voices: its memory when so many were stored."""
    for _ in range(rounds - samples.count("archive", "stored", ARCHIVED[-1])):
        with tempfile.TemporaryDirectory(dir=work) as folder:
            server = broker(folder)
            driver("fill", server.address, f"recordings={ARCHIVED[-1]}", f"audio={make_voice(folder, SHORT_SECONDS)}")
            (pathlib.Path(folder) / "archive").mkdir()
            status = f"127.0.0.1:{free_port()}"
            stage = Stage("archive", folder, "--bootstrap", server.address, "--archive", f"file://{folder}/archive", "--status", status)
            for stored in ARCHIVED:
                until(f"{stored} are archived", lambda: stored_by(status) >= stored, seconds=300, step=0.1)
                samples.add("archive", "stored", stored, {"bytes": stage.now_resident()})
                print(f"archive {stored}: {stage.now_resident()}", file=sys.stderr)
            stage.end()
            server.end()


def stored_by(status):
    metrics = urllib.request.urlopen(f"http://{status}/metrics", timeout=10).read().decode()
    return float(re.search(r"^antiphon_archive_stored_total\S* (\S+)$", metrics, re.M).group(1))


def by_states(samples, work, rounds):
    """The starts of studio and selector on topics that hold so many sentences, all of them read."""
    plan = [(kind, sentences, STUDIO_PARTITIONS[0]) for kind, sizes in SENTENCES.items() for sentences in sizes]
    plan += [("partitions", 0, partitions) for partitions in STUDIO_PARTITIONS]
    plan += [("selector", sentences, STUDIO_PARTITIONS[0]) for sentences in SELECTOR_SENTENCES]
    for name, sentences, partitions in plan:
        key = ("start", name, partitions if name == "partitions" else sentences)
        if samples.count(*key) < rounds:
            starts(samples, work, rounds, key, sentences, partitions)


def starts(samples, work, rounds, key, sentences, partitions):
    with tempfile.TemporaryDirectory(dir=work) as folder:
        server = broker(folder)
        driver("fill", server.address, f"partitions={partitions}", f"sentences={sentences}", f"leases={int(key[1] == WRITTEN)}")
        logs = {topic: disk_bytes(pathlib.Path(folder) / "broker", f"voices.{topic}-*/*.log")[0] for topic in ("prompts", "prompt-state")}
        records = sentences * (3 if key[1] == WRITTEN else 2)
        (pathlib.Path(folder) / "sw.txt").write_text("")
        while samples.count(*key) < rounds:
            settle()
            if key[1] == "selector":
                stage = Stage("select", folder, "--bootstrap", server.address, "--corpus", f"file://{folder}/sw.txt", "--slot", "0", "--data", f"{folder}/select")
            else:
                stage = studio(folder, server.address, "--partitions", str(partitions))
            values = {"seconds": stage.seconds, "bytes": stage.resident, "records": records, "prompts": logs["prompts"], "states": logs["prompt-state"]}
            stage.end()
            samples.add(*key, values)
            print(f"{key}: {values}", file=sys.stderr)
        server.end()


def whole_pipeline(samples, work, rounds):
    """VOICES uploads through `up`: what a recording takes in every topic and in the archive, and what the processes take."""
    while samples.count("pipeline", "voices", VOICES) < rounds:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            folder = pathlib.Path(folder)
            voice = make_voice(folder).read_bytes()
            (folder / "sw.txt").write_text("".join(f"{sentence}\n" for sentence in sentences_of_the_demo()))
            with Pipeline(folder, corpora=[f"file://{folder}/sw.txt"]) as pipeline:
                for take in range(VOICES):
                    upload(pipeline, voice, take + 1)
                until("all are archived", lambda: sum(1 for _ in (pipeline.data / "archive").glob("*/*/*.json")) == VOICES)
                pids = {"up": pipeline.process.pid, **{name: child["pid"] for name, child in pipeline.children().items()}}
                memory = {name.split("/")[0].split(" ")[0]: resident_bytes(pid) for name, pid in pids.items()}
            values = disk_of_a_voice(pipeline.data, len(voice)) | {f"memory of {name}": taken for name, taken in memory.items()}
        samples.add("pipeline", "voices", VOICES, values)
        print(f"pipeline: {values}", file=sys.stderr)


def sentences_of_the_demo():
    """Swahili sentences that were never said, of the demo corpus's words: VOICES of them."""
    words = sorted({word.strip(".,?!").lower() for word in (ROOT / "demo/corpora/sw.txt").read_text().split() if word.strip(".,?!").isalpha()})
    chosen = random.Random(1)
    return {n: " ".join(chosen.sample(words, 9)).capitalize() + "." for n in range(VOICES)}.values()


def upload(pipeline, voice, take):
    prompt = until("a sentence is open", lambda: (a := pipeline.studio.next_prompt("sw", SPEAKER)).status == 200 and a.json())
    headers = {"Content-Type": "audio/ogg", "X-Prompt-Id": prompt["prompt_id"], "X-Lease-Id": prompt["lease_id"], "X-Speaker-Id": SPEAKER, "X-Consent-Version": "1",
               "X-Session-Id": SPEAKER, "X-Take": str(take)}
    answer = pipeline.studio.call("PUT", f"/api/v1/recordings/{uuid7()}", voice, headers)
    if answer.status != 201:
        sys.exit(f"bench sizing: an upload was answered {answer.status}: {answer.body[:300]}")


def disk_of_a_voice(data, audio):
    broker_folder = data / "broker"

    def of(topic, suffix, held=False):
        return disk_bytes(broker_folder, f"voices.{topic}-*/*.{suffix}")[1 if held else 0] / VOICES

    archive = disk_bytes(data / "archive")
    return {"audio": audio, "recordings": of("recordings", "log"), "index": of("recordings", "index", True) + of("recordings", "timeindex", True),
            "prompts": of("prompts", "log"), "states": of("prompt-state", "log"), "sidecar": disk_bytes(data / "archive", "*.json")[0] / VOICES,
            "archive on disk": archive[1] / VOICES}
