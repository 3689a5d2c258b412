#!/usr/bin/env python3
"""The whole way of the data on files, driven over HTTP: one test a promise a user would notice."""
import json
import os
import random
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import traceback
import uuid

import junk
from harness import (ANTIPHON, ROOT, Pipeline, Studio, archived, die_with_the_test, free_port, judge, kcat, read_topic, runs, sha256, temporary,
                     until, upload, uuid7, voice)


def a_sentence_goes_out_and_a_voice_comes_back(folder):
    with Pipeline(folder) as pipeline:
        receipts = {}
        for locale in ("sw", "am", "en"):
            recording, body, receipt, prompt = upload(pipeline, locale, session=str(uuid.uuid4()), take=1)
            assert prompt["locale"] == locale and prompt["text"] and prompt["direction"] == "ltr"
            receipts[recording] = (receipt, sha256(body))
        print(judge(pipeline, receipts, pipeline.data / "archive"))
        sidecar = json.loads(next((pipeline.data / "archive").rglob(f"{recording}.json")).read_text())
        assert sidecar["ce_id"] == recording and sidecar["ce_prompttext"] == prompt["text"] and sidecar["ce_lease"] == "held"


def a_retried_upload_gets_the_first_receipt(folder):
    pipeline = Pipeline(folder).start()
    recording, body, receipt, prompt = upload(pipeline)
    again = pipeline.studio.put(recording, body, prompt["prompt_id"])
    assert (again.status, again.json()) == (200, receipt)
    assert pipeline.studio.put(recording, voice(), prompt["prompt_id"]).status == 409
    pipeline.stop()
    pipeline.start()  # whatever its age: also by a studio that never saw the first
    again = pipeline.studio.put(recording, body, prompt["prompt_id"])
    assert (again.status, again.json()) == (200, receipt), (again.status, again.body)
    assert [r.key for r in read_topic(pipeline.bootstrap, "voices.recordings")].count(recording) == 1
    pipeline.stop()


def refusals_say_what_is_wrong(folder):
    with Pipeline(folder) as pipeline:
        prompt = until("a sentence", lambda: (a := pipeline.studio.next_prompt("sw")).status == 200 and a.json())
        good = {"X-Prompt-Id": prompt["prompt_id"], "X-Speaker-Id": str(uuid.uuid4()), "X-Consent-Version": "1"}
        rows = [("not audio", 415, uuid7(), b"hello", good), ("too large", 413, uuid7(), b"x" * (4 * 1024 * 1024 + 1), good),
                ("no recording id", 400, "nonsense", voice(), good), ("no consent", 400, uuid7(), voice(), {**good, "X-Consent-Version": ""}),
                ("unknown prompt", 404, uuid7(), voice(), {**good, "X-Prompt-Id": "0" * 26}),
                ("take without session", 400, uuid7(), voice(), {**good, "X-Take": "1"})]
        for name, status, recording, body, headers in rows:
            answer = pipeline.studio.call("PUT", f"/api/v1/recordings/{recording}", body, headers)
            assert answer.status == status, (name, answer.status, answer.body)
            assert answer.headers["Content-Type"] == "application/problem+json", name
            assert answer.json()["status"] == status and answer.json()["detail"], name


def leases_are_repeatable_and_can_be_skipped(folder):
    with Pipeline(folder) as pipeline:
        request = str(uuid.uuid4())
        path = f"/api/v1/prompts/next?locale=sw&request={request}"
        first = until("a sentence", lambda: (a := pipeline.studio.call("GET", path)).status == 200 and a)
        assert pipeline.studio.call("GET", path).json() == first.json()
        assert first.headers["Cache-Control"] == "no-store"
        other = pipeline.studio.next_prompt("sw").json()
        assert other["prompt_id"] != first.json()["prompt_id"]
        for _ in range(2):
            assert pipeline.studio.call("DELETE", f"/api/v1/leases/{first.json()['lease_id']}?reason=skip").status == 204


def status_and_recording_tell_and_bring(folder):
    with Pipeline(folder) as pipeline:
        recording, body, _, _ = upload(pipeline)
        out = subprocess.run([ANTIPHON, "recording", recording, "--bootstrap", pipeline.bootstrap], capture_output=True, timeout=60)
        assert out.returncode == 0 and out.stdout == body, out.stderr
        missing = subprocess.run([ANTIPHON, "recording", uuid7(), "--bootstrap", pipeline.bootstrap], capture_output=True, timeout=60)
        assert missing.returncode == 69 and b"is not in voices.recordings" in missing.stderr, missing
        text = subprocess.run([ANTIPHON, "status", "--data", str(pipeline.data)], capture_output=True, text=True, timeout=60)
        assert text.returncode == 0, text.stderr
        for word in ("RUNS", "FLOWS", "WAITS", "FAILED", "studio", "select", "broker", "archive", "voices.recordings", "open sentences in sw"):
            assert word in text.stdout, (word, text.stdout)
        report = json.loads(subprocess.run([ANTIPHON, "status", "--json", "--data", str(pipeline.data)], capture_output=True, timeout=60).stdout)
        assert {t["topic"]: t["events"] for t in report["topics"]}["voices.recordings"] == 1, report["topics"]
        assert {p["name"] for p in report["processes"]} == {"broker", "studio", "select", "archive"}
        assert {p["state"] for p in report["processes"]} == {"ready"}, report["processes"]


def junk_between_good_events_goes_to_dead_letters_unchanged(folder):
    with Pipeline(folder) as pipeline:
        for i in range(50):
            if i % 10 == 0:
                upload(pipeline)
            junk.write(pipeline, i)
        seconds, last, body = junk.archive_one_behind(pipeline)
        print(f"behind 50 malformed events a good one is archived {seconds:.3f} s after its upload began")
        recordings = read_topic(pipeline.bootstrap, "voices.recordings")
        stored = archived(pipeline.data / "archive")
        bad = [r for r in recordings if r.key not in stored]
        assert len(bad) == 50 and len(stored) == 6 and stored[last] == sha256(body)
        topic = dead_letter_topic(pipeline, "voices")
        dead = until("all 50 are dead letters", lambda: len(d := read_topic(pipeline.bootstrap, topic)) >= 50 and d)
        assert len(dead) == 50, len(dead)
        letters = {(d.partition, d.header("__connect.errors.offset")): d for d in dead}
        for record in bad:  # judged by kcat on both sides
            letter = letters[record.partition, str(record.offset)]
            for what in ("raw_key", "value", "timestamp"):
                assert getattr(letter, what) == getattr(record, what), (what, getattr(letter, what), getattr(record, what))
            theirs = record.raw_headers + b"," if record.raw_headers else b""
            assert letter.raw_headers.startswith(theirs), (letter.raw_headers, record.raw_headers)
            ours = letter.raw_headers[len(theirs):].decode()
            assert re.findall(r"(?:^|,)([a-z_][a-z._-]+[a-z])=", ours) == junk.OUR_HEADERS, ours
            assert letter.header("__connect.errors.topic") == "voices.recordings" and letter.header("x-dlq-reason")
        print(sorted({d.header("x-dlq-reason") for d in dead}))


def dead_letter_topic(pipeline, name_space):
    pattern = rf'"(dlq\.{name_space}\.recordings\.archive\.[^"]+)"'
    return until("the dead letter topic is there", lambda: re.search(pattern, kcat("-b", pipeline.bootstrap, "-L").decode())).group(1)


def a_record_larger_than_a_dead_letter_topic_takes_holds_up_nobody(folder):
    with Pipeline(folder, arguments=["--namespace", "other"]) as pipeline:
        large = pathlib.Path(folder) / "large"
        large.write_bytes(bytes(9_000_000))  # a few hundred bytes in its batch
        kcat("-b", pipeline.bootstrap, "-P", "-t", "other.recordings", "-p", "0", "-z", "zstd", "-k", "junk", "-X", "message.max.bytes=20000000",
             str(large))
        topic = dead_letter_topic(pipeline, "other")
        dead = until("it is a dead letter", lambda: read_topic(pipeline.bootstrap, topic), 20)
        assert [d.value for d in dead] == [large.read_bytes()], "it is not whole"
        lag = lambda: {g["group"]: g["lag"] for g in json.loads(status(pipeline))["groups"]}
        until("the archive has committed it", lambda: [n for g, n in lag().items() if g.startswith("other.archive.")] == [0], 20, 0.5)


def status(pipeline):
    """Of the namespace that `up` was given: up.json tells it."""
    return subprocess.run([ANTIPHON, "status", "--json", "--data", str(pipeline.data)], capture_output=True, timeout=60, check=True).stdout


def a_target_that_was_down_goes_on_where_it_was(folder):
    pipeline = Pipeline(folder).start()
    upload(pipeline)
    first = pathlib.Path(folder) / "second"
    command = [ANTIPHON, "archive", "--bootstrap", pipeline.bootstrap, "--archive", f"file://{first}", "--name", "second"]

    def run_until(count):
        target = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(f"the second target holds {count}", lambda: len(archived(first)) == count if first.exists() else False, 60)
        target.send_signal(signal.SIGTERM)
        assert target.wait(30) == 0

    run_until(1)  # added later, it reads from the beginning
    for _ in range(5):
        upload(pipeline)  # nobody waits for a target that is down
    run_until(6)
    assert archived(first) == archived(pipeline.data / "archive")
    pipeline.stop()


def a_stranger_can_write_a_target(folder):
    with Pipeline(folder) as pipeline:
        recording, body, _, _ = upload(pipeline)
        out = pathlib.Path(folder) / "example"
        python = ROOT / "build/venv/bin/python"
        target = subprocess.Popen([python, ROOT / "examples/consumer.py", pipeline.bootstrap, out], stdout=subprocess.PIPE, text=True)
        line = target.stdout.readline()
        target.terminate()
        target.wait(10)
        assert recording in line, line
        assert next(out.glob(f"{recording}.*")).read_bytes() == body


def mistakes_at_the_start_are_said_in_one_line(folder):
    folder = pathlib.Path(folder)
    pipeline = Pipeline(folder / "a") if (folder / "a").mkdir() is None else None
    pipeline.start()
    http_port = pipeline.arguments[3]

    def end_of(*arguments, data="b", http="127.0.0.1:0", kafka="127.0.0.1:0"):
        run = subprocess.run([ANTIPHON, "up", "--log-level", "error", "--data", str(folder / data), "--http", http, "--kafka", kafka, *arguments],
                             capture_output=True, text=True, timeout=60)
        return run.returncode, run.stderr

    code, text = end_of(http=http_port)
    assert code == 78 and http_port.split(":")[1] in text, (code, text)
    code, text = end_of(kafka=pipeline.bootstrap)
    assert code == 78 and pipeline.bootstrap.split(":")[1] in text, (code, text)
    code, text = end_of(data="a/data")
    assert code == 78 and "in use by another antiphon up" in text, (code, text)
    code, text = end_of("--corpus", "file:///no/such/folder")
    assert code in (69, 78) and "/no/such/folder" in text, (code, text)
    code, text = end_of("--corpus", "ftp://x/y")
    assert code == 64 and "file:// or s3://" in text, (code, text)
    code, text = end_of("--bootstrap", pipeline.bootstrap, "--partitions", "7")
    assert code == 78 and "--partitions 6" in text, (code, text)
    code, text = end_of("--bootstrap", f"127.0.0.1:{free_port()}", "--nonsense")
    assert code == 64, (code, text)
    pipeline.stop()


def a_new_up_takes_over_from_a_killed_one(folder):
    pipeline = Pipeline(folder).start()
    recording, body, receipt, prompt = upload(pipeline)
    pids = [c["pid"] for c in pipeline.children().values()]
    pipeline.kill("up")
    began = time.monotonic()
    pipeline.start()
    print(f"ready again after {time.monotonic() - began:.2f} s")
    until("the end of the killed one's children", lambda: not any(runs(pid) for pid in pids), seconds=10)
    assert pipeline.studio.put(recording, body, prompt["prompt_id"]).json() == receipt
    pipeline.stop()


def two_studios_share_and_each_goes_on_without_the_other(folder):
    """No sentence is leased twice, also where the first one stands still (SIGSTOP) and then goes on. studios_test.py does the rest."""
    with Pipeline(folder) as pipeline:
        command = [ANTIPHON, "studio", "--bootstrap", pipeline.bootstrap, "--http", f"127.0.0.1:{free_port()}", "--slot", "second"]
        log = open(pipeline.folder / "up.log", "ab")
        second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=die_with_the_test)
        other = Studio(f"http://{command[5]}")
        first_pid = pipeline.children()["studio"]["pid"]
        given = []

        def ask(studio):
            try:
                answer = studio.next_prompt(random.choice(("am", "en", "sw")), str(uuid.uuid4()))
            except OSError:  # its port is not open yet, or not any more
                return 0
            if answer.status == 200:
                given.append(answer.json()["prompt_id"])
            return answer.status

        def serves_everybody(studio):  # whatever partition a speaker is at home with
            return all(ask(studio) == 200 for _ in range(3))

        def owners():
            told = subprocess.run(["kcat", "-b", pipeline.bootstrap, "-C", "-t", "__consumer_offsets", "-e", "-q", "-f", "%s\\n"], capture_output=True)
            return {peer for peer in (b"second", b".studio.0") if peer in told.stdout}

        try:
            until("both own partitions", lambda: owners() == {b"second", b".studio.0"})
            until("the second one serves", lambda: serves_everybody(other))
            until("the first one serves", lambda: serves_everybody(pipeline.studio))
            # A lease that is not written yet would be lost with its studio; promise 4 counts those.
            until("the leases are written", lambda: set(given) <= {r.key for r in read_topic(pipeline.bootstrap, "voices.prompt-state")})
            os.kill(first_pid, signal.SIGSTOP)
            until("the second one serves alone", lambda: serves_everybody(other))
            os.kill(first_pid, signal.SIGCONT)
            until("the first one serves again", lambda: serves_everybody(pipeline.studio))
            assert pipeline.children()["studio"]["pid"] == first_pid, "it needed no new start"
        finally:
            second.send_signal(signal.SIGTERM)
            assert second.wait(30) == 0
        until("the first one serves alone", lambda: serves_everybody(pipeline.studio))
        assert len(given) == len(set(given)), "a sentence was leased twice"


def the_brokers_process_maps_nothing_that_only_stages_need(folder):
    with Pipeline(folder) as pipeline:
        maps = pathlib.Path(f"/proc/{pipeline.children()['broker']['pid']}/maps").read_text()
        loaded = {pathlib.Path(line.split()[-1]).name for line in maps.splitlines() if ".so" in line}
        for library in ("librdkafka", "libcurl", "libicu", "libqrencode", "libsndfile", "libav", "libexpat", "libxml2"):
            assert not [name for name in loaded if name.startswith(library)], (library, sorted(loaded))


TESTS = [a_sentence_goes_out_and_a_voice_comes_back, a_retried_upload_gets_the_first_receipt, refusals_say_what_is_wrong,
         leases_are_repeatable_and_can_be_skipped, status_and_recording_tell_and_bring, junk_between_good_events_goes_to_dead_letters_unchanged,
         a_record_larger_than_a_dead_letter_topic_takes_holds_up_nobody,
         a_target_that_was_down_goes_on_where_it_was, a_stranger_can_write_a_target, mistakes_at_the_start_are_said_in_one_line,
         a_new_up_takes_over_from_a_killed_one, two_studios_share_and_each_goes_on_without_the_other, the_brokers_process_maps_nothing_that_only_stages_need]


def main():
    names = sys.argv[1:]
    passed = failed = 0
    for test in TESTS:
        if names and test.__name__ not in names:
            continue
        with temporary() as folder:
            try:
                test(folder)
                passed += 1
                print(f"ok   {test.__name__}", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL {test.__name__}\n{traceback.format_exc()}", flush=True)
                for log in pathlib.Path(folder).rglob("up.log"):
                    print(log.read_text(errors="replace")[-3000:])
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
