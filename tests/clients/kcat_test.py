"""kcat (librdkafka) as judge: produce and consume with every codec, keys, headers, offsets by time, a balanced group."""
import json
import subprocess
import sys
import threading
import time

from broker_process import run_all, wait_until

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def kcat(broker, *arguments, send=None, seconds=60):
    done = subprocess.run(["kcat", "-b", broker.address, *arguments], input=send, capture_output=True, timeout=seconds)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def every_codec_comes_back(broker):
    for codec in CODECS:
        lines = [f"{codec}-{i}" * 20 for i in range(500)]
        kcat(broker, "-P", "-t", f"codec-{codec}", "-z", codec, "-X", "acks=all", send="\n".join(lines).encode())
        got = kcat(broker, "-C", "-t", f"codec-{codec}", "-o", "beginning", "-e", "-q").splitlines()
        assert got == lines, f"{codec}: {len(got)} of {len(lines)}"


def keys_headers_and_empty_values_stay(broker):
    kcat(broker, "-P", "-t", "whole", "-K", ":", "-H", "a=1", "-H", "b", "-Z", send=b"k1:v1\nk2:\n")
    got = [json.loads(line) for line in kcat(broker, "-C", "-t", "whole", "-o", "beginning", "-e", "-q", "-J").splitlines()]
    assert [(m["key"], m["payload"]) for m in got] == [("k1", "v1"), ("k2", None)], got
    assert got[0]["headers"] == ["a", "1", "b", None] or got[0]["headers"] == ["a", "1", "b", ""], got[0]


def a_long_poll_hears_at_once(broker):
    kcat(broker, "-P", "-t", "poll", send=b"first\n")
    # Without the record this poll would end in 200 s, long after the test's own time.
    reader = subprocess.Popen(["kcat", "-b", broker.address, "-C", "-t", "poll", "-o", "end", "-u", "-X", "fetch.wait.max.ms=200000",
                               "-X", "socket.timeout.ms=300000", "-d", "fetch,protocol"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    heard = []
    listener = threading.Thread(target=lambda: heard.append(reader.stdout.readline()), daemon=True)
    listener.start()
    try:
        waits = any("Sent FetchRequest" in line for line in reader.stderr)
        assert waits, "it never sent a fetch"
        threading.Thread(target=reader.stderr.read, daemon=True).start()  # or its log would fill the pipe
        kcat(broker, "-P", "-t", "poll", "-X", "linger.ms=0", send=b"second\n")
        listener.join(60)
        assert heard == ["second\n"], heard
    finally:
        reader.kill()


def offsets_by_time_are_per_record(broker):
    before = int(time.time() * 1000)
    kcat(broker, "-P", "-t", "times", send=b"a\n")
    first = int(kcat(broker, "-C", "-t", "times", "-o", "beginning", "-e", "-q", "-f", "%T"))
    wait_until(lambda: time.time() * 1000 > first + 1, what="the clock goes on")
    kcat(broker, "-P", "-t", "times", send=b"b\n")
    assert kcat(broker, "-Q", "-t", f"times:0:{before}").strip().endswith(" 0")
    assert kcat(broker, "-Q", "-t", f"times:0:{first + 1}").strip().endswith(" 1")
    assert kcat(broker, "-Q", "-t", "times:0:-1").strip().endswith(" 2")
    assert kcat(broker, "-Q", "-t", "times:0:-2").strip().endswith(" 0")
    in_an_hour = before + 3_600_000
    assert kcat(broker, "-Q", "-t", f"times:0:{in_an_hour}").strip().split()[-1] in ("-1", "2")


def a_large_fetch_goes_by_sendfile_and_is_whole(broker):
    line = "x" * 50_000
    count = 400  # 20 MB
    kcat(broker, "-P", "-t", "large", send=("\n".join(f"{i:06}{line}" for i in range(count))).encode())
    got = kcat(broker, "-C", "-t", "large", "-o", "beginning", "-e", "-q").splitlines()
    assert [g[:6] for g in got] == [f"{i:06}" for i in range(count)]
    assert all(len(g) == 50_006 for g in got)


def two_members_of_a_group_share_and_hand_over(broker):
    subprocess.run([sys.executable, "-c", ""], check=True)
    from kafka.admin import KafkaAdminClient, NewTopic
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic("shared", 4, 1)])
    admin.close()
    got = {"one": [], "two": []}
    members = {}

    def start(name):
        process = subprocess.Popen(["kcat", "-b", broker.address, "-G", "kcat-group", "-q", "-u", "-X", "session.timeout.ms=6000",
                                    "-X", "heartbeat.interval.ms=500", "-X", "auto.offset.reset=earliest", "shared"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=lambda: got[name].extend(line.strip() for line in process.stdout), daemon=True).start()
        members[name] = process

    sent = []

    def send(count):
        for _ in range(count):
            sent.append(f"m{len(sent)}")
            kcat(broker, "-P", "-t", "shared", "-p", str(len(sent) % 4), send=sent[-1].encode())

    try:
        start("one")
        send(8)
        wait_until(lambda: len(set(got["one"])) == 8, what="the first member reads all")
        start("two")
        def both():
            send(4)
            return got["two"]
        wait_until(both, seconds=60, what="the second member gets partitions")
        members["one"].terminate()
        members["one"].wait(timeout=20)
        send(8)
        wait_until(lambda: set(sent) <= set(got["one"]) | set(got["two"]), seconds=60, what="nothing is missed in the hand-over")
    finally:
        for process in members.values():
            process.kill()


if __name__ == "__main__":
    run_all([every_codec_comes_back, keys_headers_and_empty_values_stay, a_long_poll_hears_at_once, offsets_by_time_are_per_record,
             a_large_fetch_goes_by_sendfile_and_is_whole, two_members_of_a_group_share_and_hand_over], sys.argv[1])
