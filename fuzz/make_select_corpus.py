#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets csv_reader, jsonl_reader, gz_reader and zst_reader to fuzz/corpus.

Needs the programs gzip and zstd. Run it again after a change and commit what it wrote.
"""
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent / "corpus"


def write(target, name, data):
    folder = HERE / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def run(*command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


write("csv_reader", "plain", "id,text\n1,Moja.\n2,Mbili.\n")
write("csv_reader", "quotes", 'id,text\r\n1,"Sema ""habari"", sasa."\r\n2,"Mstari\nmbili"\r\n')
write("csv_reader", "mark-and-blank-lines", b"\xef\xbb\xbftext\n\n\r\nMoja.\n,,\n")
write("csv_reader", "unclosed", 'text\n"Moja\nMbili\n')
write("csv_reader", "junk-behind-a-quote", '"a"b,c"d"\r\r\n"')
write("jsonl_reader", "plain", 'text\n{"id":1,"text":"Moja."}')
write("jsonl_reader", "nested", 'a.b\n{"a":{"c":[{"b":1}],"b":"Mbili \\u00e9."}}')
write("jsonl_reader", "repeated", 't\n{"t":"a","t":{"t":"b"}}')
write("jsonl_reader", "cut", 'text\n{"text":"Mo')
write("jsonl_reader", "deep", "t\n" + "[" * 80 + '{"t":1}')
TEXT = b"Moja.\nMbili.\nTatu.\n"
write("gz_reader", "one", run("gzip", "-nc", data=TEXT))
write("gz_reader", "two-and-padding", run("gzip", "-nc", data=TEXT) + run("gzip", "-nc1", data=b"") + bytes(20))
write("gz_reader", "cut", run("gzip", "-nc", data=TEXT)[:20])
write("gz_reader", "zeros", run("gzip", "-nc9", data=bytes(300000)))
write("zst_reader", "one", run("zstd", "-c", data=TEXT))
write("zst_reader", "two-and-a-skippable", run("zstd", "-c", data=TEXT) + b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + run("zstd", "-c19", data=TEXT))
write("zst_reader", "cut", run("zstd", "-c", data=TEXT)[:15])
write("zst_reader", "zeros", run("zstd", "-c", "--no-check", data=bytes(3000000)))
