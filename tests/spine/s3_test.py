#!/usr/bin/env python3
"""S3 both ways against a real server: corpus from a bucket, voices to a bucket; wrong keys, a missing bucket, the server killed and back."""
import os
import pathlib
import subprocess
import sys
import traceback

from harness import ANTIPHON, ROOT, Pipeline, Volunteers, free_port, judge, kcat, read_topic, sha256, temporary, until

sys.path.insert(0, str(ROOT / "tests/s3"))
from radosgw import Radosgw  # noqa: E402

ACCESS, SECRET = "spine-access", "spine-secret-not-for-logs"


def urls(s3):
    query = f"?endpoint={s3.endpoint}&region=default"
    return f"s3://sentences/corpus{query}", f"s3://voices/archive{query}"


def stored(s3):
    """recording id -> sha256 of its audio, for every recording with a sidecar; read with the test's own client."""
    keys = s3.keys("voices", "archive/")
    audio = {pathlib.PurePosixPath(k).stem: k for k in keys if not k.endswith(".json")}
    return {pathlib.PurePosixPath(k).stem: sha256(s3.get("voices", audio[pathlib.PurePosixPath(k).stem])) for k in keys if k.endswith(".json")}


def corpus_and_archive_on_s3(s3, folder):
    corpus, archive = urls(s3)
    pipeline = Pipeline(folder, corpora=[corpus], arguments=["--archive", archive, "--takes", "1000"]).start()
    volunteers = Volunteers(pipeline, 3, ("sw", "am"))
    until("twenty voices are stored", lambda: len(stored(s3)) >= 20, 60, 0.2)
    s3.kill_gateway()
    before = len(volunteers.receipts)
    until("the studio does not notice that the store is away", lambda: len(volunteers.receipts) >= before + 30, 60)
    until("health names the store", lambda: "archive" in subprocess.run([ANTIPHON, "status", "--data", str(pipeline.data)], capture_output=True,
                                                                        text=True, timeout=60).stdout.split("FAILED")[1], 60, 0.5)
    s3.start_gateway()
    receipts = volunteers.finish()
    until("the archive caught up", lambda: set(stored(s3)) >= set(receipts), 90, 0.5)
    print(judge(pipeline, receipts))
    held = stored(s3)
    for recording, (_, digest) in receipts.items():
        assert held[recording] == digest, recording
    dead = [t for t in kcat("-b", pipeline.bootstrap, "-L").decode().splitlines() if '"dlq.' in t]
    for line in dead:
        assert not read_topic(pipeline.bootstrap, line.split('"')[1]), "a store that was away made dead letters"
    log = (pathlib.Path(folder) / "up.log").read_text()
    assert SECRET not in log and "Signature=" not in log, "a key in the log"
    pipeline.stop()


def a_corpus_that_goes_away_pauses_and_resumes(s3, folder):
    corpus, _ = urls(s3)
    pipeline = Pipeline(folder, corpora=[corpus], arguments=["--ahead", "5"]).start()
    until("sentences come", lambda: len(read_topic(pipeline.bootstrap, "voices.prompts")) >= 10)
    s3.kill_gateway()
    volunteers = Volunteers(pipeline, 2, ("sw",))
    until("the corpus is said to be offline", lambda: "offline" in subprocess.run([ANTIPHON, "status", "--data", str(pipeline.data)], capture_output=True,
                                                                                    text=True, timeout=60).stdout, 60, 0.5)
    s3.start_gateway()
    wanted = len([line for line in (ROOT / "demo/corpora/sw.txt").read_text().splitlines() if line.strip()])
    until("every Swahili sentence was published in the end",
          lambda: len([r for r in read_topic(pipeline.bootstrap, "voices.prompts") if r.header("ce_locale") == "sw"]) == wanted, 120, 0.5)
    receipts = volunteers.finish()
    judge(pipeline, receipts, pipeline.data / "archive")
    prompts = [r for r in read_topic(pipeline.bootstrap, "voices.prompts")]
    numbers = sorted(int(r.header("ce_sequence")) for r in prompts)
    assert numbers == list(range(1, len(prompts) + 1)), "ce_sequence is not dense"
    pipeline.stop()


def wrong_keys_and_a_missing_bucket_are_said_plainly(s3, folder):
    query = f"?endpoint={s3.endpoint}&region=default"
    broker = subprocess.Popen([ANTIPHON, "broker", "--data", folder + "/b", "--kafka", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
    bootstrap = broker.stdout.readline().split()[1]
    try:
        for url, environment, words in (
                (f"s3://voices/x{query}", {"AWS_SECRET_ACCESS_KEY": "wrong"}, "key"),
                (f"s3://no-such-bucket/x{query}", {}, "no-such-bucket")):
            run = subprocess.run([ANTIPHON, "archive", "--bootstrap", bootstrap, "--archive", url], capture_output=True, text=True, timeout=60,
                                 env={**os.environ, **environment})
            assert run.returncode in (69, 78), (run.returncode, run.stderr)
            last = run.stderr.strip().splitlines()[-1]
            assert words in last and SECRET not in run.stderr, last
            print(last)
    finally:
        broker.terminate()
        broker.wait(30)


TESTS = [corpus_and_archive_on_s3, a_corpus_that_goes_away_pauses_and_resumes, wrong_keys_and_a_missing_bucket_are_said_plainly]


def main():
    os.environ.update({"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET})
    passed = failed = 0
    with Radosgw(ACCESS, SECRET) as s3:
        for bucket in ("sentences", "voices"):
            s3.make_bucket(bucket)
        for file in (ROOT / "demo/corpora").glob("*.txt"):
            s3.put("sentences", f"corpus/{file.name}", file.read_bytes())
        for test in TESTS:
            if sys.argv[1:] and test.__name__ not in sys.argv[1:]:
                continue
            with temporary() as folder:
                try:
                    test(s3, folder)
                    passed += 1
                    print(f"ok   {test.__name__}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAIL {test.__name__}\n{traceback.format_exc()}", flush=True)
                    for log in pathlib.Path(folder).rglob("up.log"):
                        print(log.read_text(errors="replace")[-3000:])
                    s3.start_gateway() if not s3.processes.get("radosgw") else None
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
