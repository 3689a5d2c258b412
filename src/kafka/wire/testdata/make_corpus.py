#!/usr/bin/env python3
"""Makes the corpora of this folder's fuzz targets out of the golden bytes: fuzz/corpus/{wire_request,...}.

One small file each: every message of the API table in its lowest, first flexible and highest version, every batch.
"""
import pathlib
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE.parents[3] / "fuzz" / "corpus"
ROW = re.compile(r'^\{"(\w[\w-]*)",(?: (\d+),)? "([0-9a-f]*)"\},$')
KEYS = dict(re.findall(r'X\(k(\w+), (\d+), ', (HERE.parent / "api_key.h").read_text()))


def rows(name):
    for line in (HERE / name).read_text().splitlines():
        match = ROW.match(line)
        if match:
            yield match.groups()


def header_of(api):
    """The struct's header file says from which version on the message is flexible."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", api).lower()
    text = (HERE.parent / f"{snake}.h").read_text()
    flexible = re.search(r"kFlexibleFrom = (\w+);", text).group(1)
    return 32767 if flexible == "kNever" else int(flexible)


def save(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def main():
    golden = {}
    for message, version, data in [*rows("golden_messages.inc"), *rows("golden_messages_41.inc")]:
        golden.setdefault((message, int(version)), bytes.fromhex(data))
    for message in sorted({m for m, _ in golden}):
        api = re.sub(r"(Request|Response)$", "", message)
        versions = [v for m, v in golden if m == message]
        flexible = header_of(api)
        for version in sorted({min(versions), max(versions), flexible} & set(versions)):
            body = golden[(message, version)]
            start = struct.pack(">hh", int(KEYS[api]), version)
            if message.endswith("Request"):
                header = start + struct.pack(">ih", 1, 1) + b"c" + (b"\0" if version >= flexible else b"")
                save("wire_request", f"{api}-{version}", header + body)
            else:
                save("wire_response", f"{api}-{version}", start + body)
    for name, _, data in rows("golden_batches.inc"):
        if name.startswith(("magic2", "marker")):
            save("record_batch", name, bytes.fromhex(data))
        elif name.startswith("magic"):
            save("message_set", name, bytes.fromhex(data))
        else:  # a record of __consumer_offsets; the first byte says which reader takes it
            reader = b"k" if name.endswith("key") else name[:1].encode()
            save("internal_records", name, reader + bytes.fromhex(data))
    transactions = (HERE.parent / "transaction_records_test.cc").read_text()
    for name, reader in (("kKey", b"t"), ("kValue0", b"v"), ("kValue1", b"v")):
        text = re.search(name + r' =\s*((?:"[0-9a-f]+"\s*)+);', transactions).group(1)
        save("internal_records", "transaction-" + name[1:].lower(), reader + bytes.fromhex("".join(re.findall(r"[0-9a-f]{2,}", text))))


if __name__ == "__main__":
    main()
