#!/usr/bin/env python3
"""The studio's interface by curl, judged by kcat: nothing of ours but the studio itself.

curl_check.py BOOTSTRAP COMMAND...   COMMAND starts a studio; {bootstrap} and {namespace} are filled in; its first line ends in its port.
"""
import hashlib, json, os, pathlib, re, subprocess, sys, time, uuid

BOOTSTRAP = os.environ.get("ANTIPHON_TEST_BOOTSTRAP") if sys.argv[1] == "-" else sys.argv[1]
NAMESPACE = "curl-" + uuid.uuid4().hex[:8]
COMMAND = [part.format(bootstrap=BOOTSTRAP, namespace=NAMESPACE) for part in sys.argv[2:]]
SOUNDS = pathlib.Path(__file__).resolve().parents[2] / "speech/audio/testdata"


class Studio:
    def __enter__(self):
        self.process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True)
        self.base = "http://127.0.0.1:" + re.search(r"(\d+)\s*$", self.process.stdout.readline()).group(1)
        until(lambda: self.curl("/readyz")[0] == 200)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(30) == 0, self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()

    def curl(self, path, *more):
        out = subprocess.run(["curl", "-s", "-m", "20", "-w", "\n%{http_code}", *more, self.base + path], capture_output=True, text=True).stdout
        body, _, status = out.rpartition("\n")
        return int(status), body

    def next(self, speaker, locale="sw", request=None):
        status, body = self.curl(f"/api/v1/prompts/next?locale={locale}&speaker={speaker}" + (f"&request={request}" if request else ""))
        return status, json.loads(body) if status == 200 else None

    def put(self, recording, sound, prompt, speaker, lease=None):
        headers = {"X-Prompt-Id": prompt, "X-Speaker-Id": speaker, "X-Consent-Version": "v1", "Content-Type": "text/lie"}
        if lease:
            headers["X-Lease-Id"] = lease
        options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        return self.curl(f"/api/v1/recordings/{recording}", "-X", "PUT", "--data-binary", f"@{SOUNDS / sound}", *options)


def until(met, seconds=30):
    end = time.monotonic() + seconds
    while not (result := met()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return result


def uuid7():
    random = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    random[6], random[8] = 0x70 | random[6] & 15, 0x80 | random[8] & 63
    return str(uuid.UUID(bytes=bytes(random)))


def skipped_by(prompt):
    """Who skipped it, by its newest state in the topic."""
    told = subprocess.run(["kcat", "-b", BOOTSTRAP, "-C", "-e", "-q", "-t", NAMESPACE + ".prompt-state", "-f", "%k %s\\n"], capture_output=True, text=True).stdout
    states = [line.split(" ", 1)[1] for line in told.splitlines() if line.startswith(prompt)]
    return json.loads(states[-1])["skipped_by"] if states else []


def publish(sequence, text, locale="sw"):
    number = int.from_bytes(hashlib.sha256(f"{locale}\n{text}".encode()).digest()[:16], "big")
    prompt = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * (25 - i) & 31] for i in range(26))
    headers = {"ce_specversion": "1.0", "ce_type": "antiphon.prompt.v1", "ce_source": "/corpus/curl", "ce_id": prompt, "ce_subject": prompt,
               "ce_time": f"2026-01-01T00:00:00.{sequence:03}Z", "ce_sequence": sequence, "ce_locale": locale, "ce_wanted": 1,
               "content-type": "text/plain; charset=utf-8"}
    options = [part for name, value in headers.items() for part in ("-H", f"{name}={value}")]
    subprocess.run(["kcat", "-b", BOOTSTRAP, "-t", NAMESPACE + ".prompts", "-P", "-k", prompt, "-X", "partitioner=murmur2_random", *options],
                   input=text.encode(), check=True)
    return prompt


def main():
    speaker, other, recording = str(uuid.uuid4()), str(uuid.uuid4()), uuid7()
    with Studio() as studio:
        prompts = [publish(n, f"Sentensi ya {n}.") for n in (1, 2)]
        until(lambda: json.loads(studio.curl("/api/v1/locales")[1] or "[]") == [{"locale": "sw", "name": "Kiswahili", "direction": "ltr", "open": 2}])
        request = str(uuid.uuid4())
        _, grant = studio.next(speaker, request=request)
        assert grant["prompt_id"] == prompts[0] and studio.next(speaker, request=request)[1] == grant
        status, receipt = studio.put(recording, "webm-opus.webm", prompts[0], speaker, grant["lease_id"])
        assert status == 201, (status, receipt)
        assert studio.put(recording, "webm-opus.webm", prompts[0], speaker) == (200, receipt)
        assert studio.put(recording, "ogg-opus.ogg", prompts[0], speaker)[0] == 409
        assert studio.put(uuid7(), "refused-mp3.mp3", prompts[0], speaker)[0] == 415
        assert studio.put(uuid7(), "webm-opus.webm", "7" + "Z" * 25, speaker)[0] == 404
        _, second = studio.next(speaker)
        assert second["prompt_id"] == prompts[1] and studio.next(other)[0] == 204
        for _ in range(2):
            assert studio.curl(f"/api/v1/leases/{second['lease_id']}?reason=skip", "-X", "DELETE")[0] == 204
        assert studio.next(speaker)[0] == 204 and studio.next(other)[1]["prompt_id"] == prompts[1]
        studio.kill()
    assert speaker in skipped_by(prompts[1]), "it was answered"
    with Studio() as studio:
        assert studio.put(recording, "webm-opus.webm", prompts[0], speaker) == (200, receipt), "a new studio knows the receipt"
        assert studio.next(speaker)[0] == 204
    told = json.loads(receipt)
    found = subprocess.run(["kcat", "-b", BOOTSTRAP, "-C", "-e", "-q", "-t", told["topic"], "-p", str(told["partition"]), "-f", "%k %o %h\n"],
                           capture_output=True, text=True).stdout.splitlines()
    assert len(found) == 1 and found[0].startswith(f"{recording} {told['offset']} "), found
    assert "ce_lease=held" in found[0] and "content-type=audio/webm" in found[0] and f"ce_sha256={told['sha256']}" in found[0]
    value = subprocess.run(["kcat", "-b", BOOTSTRAP, "-C", "-q", "-t", told["topic"], "-p", str(told["partition"]), "-o", str(told["offset"]),
                            "-c", "1", "-D", ""], capture_output=True).stdout
    assert hashlib.sha256(value).hexdigest() == told["sha256"], "the record is the file, byte for byte"
    print("the studio kept its word")


main()
