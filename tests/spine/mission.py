#!/usr/bin/env python3
"""Each statement of the mission, the command that shows it, and what it printed.

usage: mission.py [--write]     checks every command against what it must show; --write makes docs/mission.md from the same run
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import uuid

from harness import ANTIPHON, ROOT, Pipeline, archived, free_port, temporary, until, uuid7, voice

# (statement, command, what its output must hold). Commands are run by bash in a folder where `antiphon` is the program, $BROKER the
# broker's address and $STUDIO the page's. The pipeline runs on the demo corpus; one voice has been recorded.
STATEMENTS = [
    ("A text selector reads a corpus and produces one selected sentence at a time to topic 1: a prompt's value is its sentence.",
     "kcat -b $BROKER -C -t voices.prompts -o beginning -c 3 -q", r"\S+ \S+"),
    ("Everything about a sentence is in its headers.",
     "kcat -b $BROKER -C -t voices.prompts -o beginning -c 1 -q -f '%h\\n' | tr , '\\n'", r"ce_type=antiphon\.prompt\.v1"),
    ("A web application shows the sentence to a person upon request ...",
     "curl -s \"$STUDIO/api/v1/prompts/next?locale=sw\"", r'"prompt_id"'),
    ("... records their voice and produces the audio file to topic 2: a recording's value is the file.",
     "kcat -b $BROKER -C -t voices.recordings -o beginning -e -q -f '%s' | head -c 4; echo", r"RIFF"),
    ("A recording carries all that is needed to use it alone.",
     "kcat -b $BROKER -C -t voices.recordings -o beginning -e -q -f '%h\\n' | tr , '\\n' | grep -E 'ce_(id|locale|prompttext|sha256|lease)'", r"ce_sha256=[0-9a-f]{64}"),
    ("Topic 2 hands the audio, upon request, to one or more targets: one voice by its id ...",
     "antiphon recording $RECORDING --bootstrap $BROKER | sha256sum", r"[0-9a-f]{64}"),
    ("... or everything, each target at its own pace: here a second archive, added later, reads from the beginning and ends.",
     "timeout 20 antiphon archive --bootstrap $BROKER --archive file://$PWD/second --name second --log-level error & pid=$!; "
     "until find second -name '*.json' 2>/dev/null | grep -q .; do sleep 0.05; done; kill $pid; wait $pid; find second -type f | sed 's/[0-9a-f-]\\{36\\}/RECORDING/'",
     r"RECORDING\.wav"),
    ("Kafka keeps everything for as long as wanted.",
     "kcat -b $BROKER -L | grep -c 'topic \"voices'", r"[4-9]"),
    ("A target that is down has no lasting effect; every piece can be stopped and replaced alone: what each group has still before it is known.",
     "antiphon status --bootstrap $BROKER --data $PWD/data", r"RUNS[\s\S]*FLOWS[\s\S]*WAITS[\s\S]*FAILED"),
    ("Any Kafka client works on it: topics, partitions, keys, offsets, consumer groups.",
     "echo hello | kcat -b $BROKER -P -t a-topic-of-mine -k key && timeout 20 kcat -b $BROKER -G my-group -e -q -f '%k=%s at offset %o of partition %p\\n' "
     "-X auto.offset.reset=earliest a-topic-of-mine", r"key=hello at offset 0"),
    ("acks 0, 1 and all: the sender chooses what a receipt means.",
     "for acks in 0 1 all; do echo with-$acks | kcat -b $BROKER -P -t acks -X acks=$acks || exit 1; done; kcat -b $BROKER -C -t acks -e -q | sort", r"with-0\s+with-1\s+with-all"),
]


def record_one(pipeline):
    prompt = until("a sentence is open", lambda: (a := pipeline.studio.next_prompt("sw")).status == 200 and a.json())
    recording, body = uuid7(), voice()
    answer = pipeline.studio.put(recording, body, prompt["prompt_id"], lease=prompt["lease_id"], session=str(uuid.uuid4()), take=1)
    assert answer.status == 201, answer.body
    until("it is archived", lambda: recording in archived(pipeline.data / "archive"))
    return recording


def run(pipeline, recording):
    environment = {**os.environ, "BROKER": pipeline.bootstrap, "STUDIO": pipeline.address, "RECORDING": recording,
                   "PATH": f"{pathlib.Path(ANTIPHON).parent}:{os.environ['PATH']}"}
    for statement, command, pattern in STATEMENTS:
        out = subprocess.run(["bash", "-c", command], cwd=pipeline.folder, env=environment, capture_output=True, text=True, timeout=60)
        shown = re.search(pattern, out.stdout) is not None
        yield statement, command, out.stdout.rstrip(), shown, out.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    text = ["# The mission, statement by statement", "",
            "Made by `tests/spine/mission.py --write`; the same commands run in `./dev test`, which fails when one shows something else.",
            "`$BROKER` is 127.0.0.1:9092 and `$STUDIO` http://127.0.0.1:8080 after `./dev up`; `$RECORDING` is the id of a recording.", ""]
    passed = failed = 0
    with temporary() as folder, Pipeline(folder) as pipeline:
        recording = record_one(pipeline)
        for statement, command, output, shown, errors in run(pipeline, recording):
            passed, failed = passed + shown, failed + (not shown)
            print(f"{'ok  ' if shown else 'FAIL'} {statement}" + ("" if shown else f"\n{command}\n{output}\n{errors}"))
            text += [f"## {statement}", "", f"    $ {command}", *(f"    {line}".rstrip() for line in output.replace(folder, "").replace(str(ROOT), "/path/to/antiphon").splitlines()[:30]), ""]
    if arguments.write and not failed:
        (ROOT / "docs/mission.md").write_text("\n".join(text))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
