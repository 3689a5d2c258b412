"""What the spine's tests share: a pipeline under `antiphon up`, a person who uploads, and kcat as the judge of the topics.

The judge reads with kcat, never with our code.
"""
import concurrent.futures
import ctypes
import hashlib
import http.client
import io
import itertools
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANTIPHON = os.environ.get("ANTIPHON", str(ROOT / "build/release/antiphon"))


def until(what, condition, seconds=60, step=0.02):
    """Waits for a condition; its true value. A failure names what was waited for."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(step)


def runs(pid):
    """Whether a process is there that can still do something: one that only waits for its parent to ask has ended."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def die_with_the_test():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a test that fails leaves nothing running


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def uuid7():
    ms = int(time.time() * 1000)
    value = (ms << 80) | (0x7 << 76) | (random.getrandbits(12) << 64) | (0b10 << 62) | random.getrandbits(62)
    return str(uuid.UUID(int=value))


def voice(seconds=0.2):
    """A WAV file that is like no other."""
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(8000)
        w.writeframes(random.randbytes(int(16000 * seconds)))
    return out.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def a_corpus(folder, sentences=9600):
    """A corpus of so many sentences (115,200 at most), none like another; its URL."""
    who = "Bibi Babu Mama Baba Dada Kaka Mwalimu Mkulima Mvuvi Dereva Daktari Mtoto Rafiki Jirani Fundi Mpishi".split()
    does = "anapenda ananunua anauza anatafuta anabeba anaosha anapika anakata anapanda anavuna".split()
    what = "maji maziwa mkate samaki mahindi maharage viazi ndizi machungwa maembe chumvi sukari".split()
    when = ["leo asubuhi", "kila siku", "jana jioni", "kesho mchana", "wakati wa mvua"]
    every = itertools.product(what, when, what, does, who)  # what changes slowest first
    path = pathlib.Path(folder) / "corpus"
    path.mkdir()
    (path / "sw.txt").write_text("".join(f"{a} {b} {c} na {d} {t}.\n" for d, t, c, b, a in itertools.islice(every, sentences)))
    return f"file://{path}"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Studio:
    """The HTTP interface, as any client would use it."""

    def __init__(self, address):
        self.host = address.split("//")[1]

    def call(self, method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection(self.host, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def next_prompt(self, locale, speaker=None):
        query = f"?locale={locale}" + (f"&speaker={speaker}" if speaker else "")
        return self.call("GET", f"/api/v1/prompts/next{query}")

    def put(self, recording_id, body, prompt_id, **more):
        headers = {"Content-Type": "audio/wav", "X-Prompt-Id": prompt_id, "X-Speaker-Id": more.get("speaker") or str(uuid.uuid4()),
                   "X-Consent-Version": "1"}
        for name, header in (("lease", "X-Lease-Id"), ("session", "X-Session-Id"), ("take", "X-Take")):
            if more.get(name) is not None:
                headers[header] = str(more[name])
        return self.call("PUT", f"/api/v1/recordings/{recording_id}", body, headers)


class Pipeline:
    """`antiphon up` on free ports, with a folder of its own."""

    def __init__(self, folder, corpora=None, arguments=()):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.arguments = ["--data", str(self.data), "--http", f"127.0.0.1:{free_port()}", "--kafka", f"127.0.0.1:{free_port()}"]
        for corpus in corpora if corpora is not None else [f"file://{ROOT}/demo/corpora"]:
            self.arguments += ["--corpus", corpus]
        self.arguments += list(arguments)
        self.bootstrap = self.arguments[5]
        self.process = None
        self.address = None

    def start(self, seconds=90):
        self.log = open(self.folder / "up.log", "ab")
        self.process = subprocess.Popen([ANTIPHON, "up", *self.arguments], stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        preexec_fn=die_with_the_test)
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        for line in self.process.stdout:
            if line.startswith("ready "):
                timer.cancel()
                self.address = line.split()[1]
                self.studio = Studio(self.address)
                return self
        timer.cancel()
        raise AssertionError(f"`antiphon up` ended with {self.process.wait()}:\n{self.tail()}")

    def tail(self):
        return (self.folder / "up.log").read_text(errors="replace")[-4000:]

    def children(self):
        try:
            return {c["name"]: c for c in json.loads((self.data / "up.json").read_text())["children"]}
        except (OSError, ValueError):
            return {}

    def kill(self, name):
        """kill -9 of one process by its name in up.json; "up" is the supervisor, and takes all with it."""
        pid = self.process.pid if name == "up" else self.children().get(name, {}).get("pid", -1)
        if pid > 0:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if name == "up":
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.log.close()
        assert code == 0, f"exit code {code}:\n{self.tail()}"

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            if kind is None:
                self.stop()
            else:
                self.process.kill()


def upload(pipeline, locale="sw", **more):
    """One person reads one sentence: (recording id, audio, receipt, prompt)."""
    prompt = until("a sentence is open", lambda: (a := pipeline.studio.next_prompt(locale)).status == 200 and a.json())
    body, recording = voice(), uuid7()
    answer = pipeline.studio.put(recording, body, prompt["prompt_id"], lease=prompt["lease_id"], **more)
    assert answer.status == 201, (answer.status, answer.body)
    return recording, body, answer.json(), prompt


def kcat(*arguments, input=None, check=True):
    return subprocess.run(["kcat", *arguments], input=input, capture_output=True, check=check, timeout=120).stdout


class Record:
    """One record as kcat shows it. `raw_key`, `raw_headers` and `value` are its very bytes; None where there is none."""

    def __init__(self, partition, offset, timestamp, raw_key, raw_headers, value):
        self.partition, self.offset, self.timestamp = partition, offset, timestamp
        self.raw_key, self.raw_headers, self.value = raw_key, raw_headers, value
        self.key = (raw_key or b"").decode(errors="replace")
        self.headers = raw_headers.decode(errors="replace")

    def header(self, name):
        found = re.search(rf"(?:^|,){re.escape(name)}=([^,]*)", self.headers)
        return found.group(1) if found else None


def read_topic(bootstrap, topic, *options):
    """Every record, by kcat: a line of facts and lengths, the key, the value, the headers to the end of their line."""
    raw = kcat("-b", bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%p %o %T %K %S\\n%k%s%h\\n", *options)
    records, at = [], 0

    def take(size):
        nonlocal at
        at += max(size, 0)
        return None if size < 0 else raw[at - size:at]

    while at < len(raw):
        end = raw.index(b"\n", at)
        partition, offset, timestamp, key_size, size = (int(field) for field in raw[at:end].split())
        at = end + 1
        key, value = take(key_size), take(size)
        if value is None and raw.startswith(b"NULL", at):
            at += len(b"NULL")
        end = raw.index(b"\n", at)
        records.append(Record(partition, offset, timestamp, key, raw[at:end], value))
        at = end + 1
    return records


def archived(folder):
    """recording id -> sha256 of its audio, for every recording with a sidecar."""
    out = {}
    for sidecar in pathlib.Path(folder).rglob("*.json"):
        audio = [p for p in sidecar.parent.glob(sidecar.stem + ".*") if p.suffix != ".json"]
        assert len(audio) == 1, f"{sidecar} has {len(audio)} audio files"
        out[sidecar.stem] = sha256(audio[0].read_bytes())
    return out


class Volunteers:
    """People who read and send, and who send again until they have a receipt, whatever happens on the way."""

    def __init__(self, pipeline, count=4, locales=("sw", "am", "en")):
        self.pipeline, self.locales = pipeline, locales
        self.receipts = {}  # recording id -> (receipt, sha256)
        self.refused = []
        self.errors = []
        self.ending = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(count)
        self.work = [self.pool.submit(self.read_and_send, i) for i in range(count)]

    def studio_of(self, number):
        return self.pipeline.studio

    def read_and_send(self, number):
        session, take = str(uuid.uuid4()), 0
        prompt = None
        while not self.ending.is_set():
            try:
                if prompt is None:
                    speaker = str(uuid.uuid4())  # nobody is asked for one sentence twice: a crowd, not four people
                    answer = self.studio_of(number).next_prompt(random.choice(self.locales), speaker)
                    if answer.status != 200:
                        self.ending.wait(0.05)
                        continue
                    prompt = answer.json()
                take += 1
                self.send_until_received(number, uuid7(), voice(), prompt, speaker, session, take)
                prompt = None
            except OSError:
                self.ending.wait(0.05)
            except Exception as e:  # a fault of the test or of the studio: seen at the end
                self.errors.append(repr(e))
                return

    def send_until_received(self, number, recording_id, body, prompt, speaker, session, take):
        while True:
            try:
                answer = self.studio_of(number).put(recording_id, body, prompt["prompt_id"], speaker=speaker, lease=prompt["lease_id"],
                                                    session=session, take=take)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if answer.status in (200, 201):
                receipt = answer.json()
                known = self.receipts.setdefault(recording_id, (receipt, sha256(body)))
                assert known[0] == receipt, f"two receipts for {recording_id}: {known[0]} and {receipt}"
                return
            if answer.status not in (429, 500, 502, 503):
                raise AssertionError(f"{answer.status} for a good take: {answer.body[:300]}")
            time.sleep(0.05)

    def finish(self):
        self.ending.set()
        for work in self.work:
            work.result(timeout=120)
        assert not self.errors, self.errors
        return self.receipts


def judge(pipeline, receipts, archive=None, namespace="voices"):
    """Every receipt stands in the topic exactly once, with its bytes, where it says; every prompt exactly once; the archive is complete.
    A key that stands twice must be the same bytes (promise 2: a send on the wire of a dead process); the number is returned."""
    records = {}
    repeats = 0
    for record in read_topic(pipeline.bootstrap, f"{namespace}.recordings"):
        if record.key in records:
            repeats += 1
            assert record.value == records[record.key].value, f"{record.key} stands twice with different bytes"
            continue
        records[record.key] = record
    for recording_id, (receipt, digest) in receipts.items():
        record = records.get(recording_id)
        assert record is not None, f"LOST: {recording_id} was answered 201 and is not in the topic"
        assert (record.partition, record.offset) == (receipt["partition"], receipt["offset"]), f"{recording_id} is not where its receipt says"
        assert sha256(record.value) == digest == receipt["sha256"] == record.header("ce_sha256"), f"{recording_id} has other bytes"
    prompts = [r.key for r in read_topic(pipeline.bootstrap, f"{namespace}.prompts")]
    assert len(prompts) == len(set(prompts)), f"{len(prompts) - len(set(prompts))} prompts stand twice"
    if archive is not None:
        until("the archive holds every recording", lambda: len(archived(archive)) >= len(records), 60)
        stored = archived(archive)
        for recording_id, record in records.items():
            assert stored.get(recording_id) == sha256(record.value), f"{recording_id} is not in the archive with its hash"
    return {"receipts": len(receipts), "recordings": len(records), "repeats": repeats, "prompts": len(prompts)}


def temporary():
    return tempfile.TemporaryDirectory(prefix="antiphon-spine-")
