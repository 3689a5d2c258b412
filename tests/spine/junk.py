"""Malformed events on topic 2, written by kcat, and how long a good one behind them takes. For the tests and the benchmark."""
import pathlib
import time

from harness import archived, kcat, sha256, until, upload, uuid7

# What a dead letter carries beside what its source had, in this order.
OUR_HEADERS = [f"__connect.errors.{name}" for name in ("topic", "partition", "offset", "connector.name", "task.id", "stage", "class.name",
                                                       "exception.class.name", "exception.message", "exception.stacktrace")] + \
              ["x-dlq-reason", "x-dlq-attempts", "x-dlq-first-failed-at", "x-replay-count"]
BINARY = bytes(b for b in range(256) if b not in (1, 10))  # but for kcat's own delimiters


def write(pipeline, number):
    """One of seven kinds: no headers, foreign ones, a recording's key, half of an envelope, an empty key, bytes that are no text, no value."""
    to = ["-b", pipeline.bootstrap, "-P", "-t", "voices.recordings", "-X", "enable.idempotence=true"]
    value = f"junk number {number}".encode()
    kind = number % 7
    if kind == 0:
        kcat(*to, "-k", f"key-{number}", input=value)
    elif kind == 1:
        kcat(*to, "-k", f"key-{number}", "-H", "ce_id=x", "-H", "ce_id=twice", "-H", "empty=", "-H", "none", input=value)
    elif kind == 2:
        kcat(*to, "-k", uuid7(), input=value)
    elif kind == 3:
        kcat(*to, "-k", uuid7(), "-H", "ce_specversion=1.0", "-H", "ce_type=antiphon.recording.v1", input=value)
    elif kind == 4:
        kcat(*to, "-K", "\x01", input=b"\x01" + value)
    elif kind == 5:
        kcat(*to, "-K", "\x01", "-H", b"\xff\xfe=\x80,=", input=BINARY + b"%d\x01" % number + BINARY)
    else:
        kcat(*to, "-Z", "-K", "\x01", input=b"key-%d\x01" % number)


def archive_one_behind(pipeline):
    """Uploads a voice: (seconds from its upload until it is archived, its id, its bytes)."""
    began = time.monotonic()
    recording, body, _, _ = upload(pipeline)
    folder = pathlib.Path(pipeline.data / "archive")
    sidecar = f"{recording}.json"
    until("the good one behind the junk is archived", lambda: next(folder.rglob(sidecar), None), 60, 0.001)
    seconds = time.monotonic() - began
    assert archived(folder)[recording] == sha256(body)
    return seconds, recording, body
