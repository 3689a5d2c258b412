#!/usr/bin/env python3
"""A target that nobody had to know of: writes every voice of topic 2 to a folder, at its own pace, from where it stopped.

usage: consumer.py BOOTSTRAP FOLDER        (pip install kafka-python)
"""
import pathlib
import sys

from kafka import KafkaConsumer

bootstrap, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
consumer = KafkaConsumer("voices.recordings", bootstrap_servers=bootstrap, group_id="voices.example.folder",
                         auto_offset_reset="earliest", enable_auto_commit=False)
for record in consumer:
    headers = {name: value.decode() for name, value in record.headers}
    if record.value is not None and "ce_id" in headers:
        name = f"{pathlib.PurePath(headers['ce_id']).name}.{headers['content-type'].split('/')[-1].split(';')[0]}"
        (folder / name).write_bytes(record.value)
        print(headers["ce_locale"], headers["ce_prompttext"], name, flush=True)
    consumer.commit()  # only after the file is written: a crash repeats a voice, never loses one
