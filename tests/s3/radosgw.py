#!/usr/bin/env python3
"""A real S3 server for tests: radosgw from Debian's ceph packages, its objects in memory, on free loopback ports, in a folder of its own.

    with Radosgw(access_key, secret_key) as s3:       # one monitor, one memstore OSD, one gateway
        s3.make_bucket("voices")
        s3.endpoint                                   # http://127.0.0.1:PORT
        s3.kill_gateway(); s3.start_gateway()         # objects stay: they are the OSD's

    radosgw.py run [--bucket NAME]... -- COMMAND ...

The second form starts a server, makes the buckets, runs COMMAND with S3_TEST_ENDPOINT, S3_TEST_CONTROL, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_REGION in its environment, and ends with its exit code; 77 (skipped) where ceph is not installed.
S3_TEST_CONTROL is an address: GET /kill and GET /start end and start the gateway and answer when that is done.
"""
import argparse
import datetime
import hashlib
import hmac
import http.client
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from pathlib import Path

NEEDED = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph-authtool", "monmaptool", "ceph"]
START_SECONDS_MAX = 90
STARTS_MAX = 2
SKIPPED = 77


def missing_programs():
    return [name for name in NEEDED if shutil.which(name) is None]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Radosgw:
    def __init__(self, access_key, secret_key):
        self.access_key = access_key
        self.secret_key = secret_key
        self.folder = Path(tempfile.mkdtemp(prefix="antiphon-s3-"))
        self.port = free_port()
        self.processes = {}

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        # A port that was free may be taken before its server listens: then all starts anew, on other ports.
        for attempt in range(STARTS_MAX):
            try:
                self.start()
                return self
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                print(f"error: radosgw, start {attempt + 1} of {STARTS_MAX}: {error}\n{self.last_words()}", file=sys.stderr, flush=True)
                self.stop()
                if attempt + 1 == STARTS_MAX:
                    raise
                self.folder = Path(tempfile.mkdtemp(prefix="antiphon-s3-"))
                self.port = free_port()
            except BaseException:
                self.stop()
                raise

    def last_words(self):
        """The end of each server's log, for the person who reads why it did not start."""
        words = []
        for log in sorted((self.folder / "log").glob("*")):
            lines = log.read_text(errors="replace").splitlines()
            words += [f"error: {log.name}: {line[:300]}" for line in lines[-8:]]
        return "\n".join(words)

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._configure()
        self._start_monitor()
        self._start_osd()
        self._run("radosgw-admin", "user", "create", "--uid=antiphon", "--display-name=antiphon",
                  f"--access-key={self.access_key}", f"--secret-key={self.secret_key}")
        self.start_gateway()

    def stop(self):
        for name in ["radosgw", "ceph-osd", "ceph-mon"]:
            self._end(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_gateway(self):
        self._spawn("radosgw", "-n", "client.gateway", "--rgw-frontends", f"beast endpoint=127.0.0.1:{self.port}")
        self._wait("the gateway", lambda: self.request("GET", "/")[0] == 200)

    def kill_gateway(self):
        """SIGKILL, as a machine that loses power; returns when the port is dead."""
        self._end("radosgw")

    def make_bucket(self, name):
        status, body = self.request("PUT", f"/{name}")
        if status != 200:
            raise RuntimeError(f"bucket {name}: {status} {body[:300]!r}")

    def keys(self, bucket, prefix=""):
        """Names of all objects, by a client that shares nothing with the one under test."""
        import xml.etree.ElementTree as tree
        found, token = [], None
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            status, body = self.request("GET", f"/{bucket}", query)
            if status != 200:
                raise RuntimeError(f"list {bucket}: {status}")
            root = tree.fromstring(body)
            space = root.tag.split("}")[0] + "}" if "}" in root.tag else ""
            found += [c.findtext(f"{space}Key") for c in root.findall(f"{space}Contents")]
            token = root.findtext(f"{space}NextContinuationToken")
            if not token:
                return found

    def get(self, bucket, key):
        status, body = self.request("GET", f"/{bucket}/{urllib.parse.quote(key)}")
        if status != 200:
            raise RuntimeError(f"get: {status}")
        return body

    def put(self, bucket, key, data):
        status, _ = self.request("PUT", f"/{bucket}/{urllib.parse.quote(key)}", body=data)
        if status != 200:
            raise RuntimeError(f"put: {status}")

    def request(self, method, path, query=None, body=b""):
        """One signed request; the status and the body."""
        query_text = "&".join(f"{urllib.parse.quote(k, safe='')}={urllib.parse.quote(v, safe='')}"
                              for k, v in sorted((query or {}).items()))
        host = f"127.0.0.1:{self.port}"
        headers = self._sign(method, path, query_text, host, body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path + ("?" + query_text if query_text else ""), body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _sign(self, method, path, query, host, body):
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        digest = hashlib.sha256(body).hexdigest()
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = f"{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{stamp}\n\n{names}\n{digest}"
        scope = f"{day}/us-east-1/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + self.secret_key).encode()
        for part in [day, "us-east-1", "s3", "aws4_request"]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        return {"x-amz-date": stamp, "x-amz-content-sha256": digest,
                "Authorization": f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"}

    def _configure(self):
        for name in ["mon", "osd", "run", "log"]:
            (self.folder / name).mkdir()
        self.monitor_port = free_port()
        self.fsid = str(uuid.uuid4())
        self.osd_id = str(uuid.uuid4())
        (self.folder / "ceph.conf").write_text(f"""[global]
fsid = {self.fsid}
mon_host = v1:127.0.0.1:{self.monitor_port}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_supported = none
keyring = {self.folder}/keyring
run_dir = {self.folder}/run
admin_socket = {self.folder}/run/$name.asok
log_file = {self.folder}/log/$name.log
log_to_stderr = false
err_to_stderr = false
mon_cluster_log_file = {self.folder}/log/cluster.log
ms_bind_msgr2 = false
ms_type = async+posix
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data = {self.folder}/mon
mon_data_avail_crit = 1
mon_initial_members = a
mon_pg_warn_min_per_osd = 0
osd_data = {self.folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_class_dir = /usr/lib/x86_64-linux-gnu/rados-classes
osd_max_object_name_len = 2048
rgw_thread_pool_size = 64
rgw_enable_usage_log = false
rgw_enable_gc_threads = false
rgw_enable_lc_threads = false
rgw_lifecycle_work_time = "00:00-00:01"
rgw_bucket_default_quota_max_objects = -1
""")
        (self.folder / "keyring").write_text("")

    def _start_monitor(self):
        keyring, map_file = str(self.folder / "mon.keyring"), str(self.folder / "monmap")
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *", plain=True)
        self._run("monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{self.monitor_port}]", "--fsid", self.fsid, map_file, plain=True)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map_file, "--keyring", keyring)
        self._spawn("ceph-mon", "-i", "a", "--public-addrv", f"[v1:127.0.0.1:{self.monitor_port}]")
        self._wait("the monitor", lambda: self._ask("ceph", "--connect-timeout", "3", "mon", "stat"))

    def _start_osd(self):
        self._run("ceph", "osd", "new", self.osd_id)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", self.osd_id)
        # Without --no-mon-config the OSD forgets the conf's fsid for the monitor's, and its first command may leave before that one is there:
        # "wrong fsid", and the OSD ends.
        self._spawn("ceph-osd", "-i", "0", "--no-mon-config")
        self._wait("the OSD", lambda: b"1 up" in (self._ask("ceph", "--connect-timeout", "3", "osd", "stat") or b""))

    def _spawn(self, program, *arguments):
        log = open(self.folder / "log" / f"{program}.out", "ab")
        self.processes[program] = subprocess.Popen([program, "-f", "-c", str(self.folder / "ceph.conf"), *arguments],
                                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                   start_new_session=True, preexec_fn=die_with_parent)
        log.close()

    def _end(self, program):
        process = self.processes.pop(program, None)
        if process:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _run(self, program, *arguments, plain=False):
        command = [program, *([] if plain else ["-c", str(self.folder / "ceph.conf")]), *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=START_SECONDS_MAX)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command[:3])}: {done.stderr.decode(errors='replace')[-600:]}")
        return done.stdout

    def _ask(self, *command):
        try:
            return self._run(*command)
        except (RuntimeError, subprocess.TimeoutExpired):
            return None

    def _wait(self, what, ready):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    log = (self.folder / "log" / f"{name}.out").read_bytes()[-600:]
                    raise RuntimeError(f"{name} ended with {process.returncode}: {log.decode(errors='replace')}")
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{what} was not up within {START_SECONDS_MAX} s")


def die_with_parent():
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Control:
    """GET /kill and GET /start, for tests in other languages."""

    def __init__(self, server):
        verbs = {"/kill": server.kill_gateway, "/start": server.start_gateway}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                verb = verbs.get(self.path)
                if verb:
                    verb()
                self.send_response(200 if verb else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


def run(buckets, command):
    absent = missing_programs()
    if absent:
        print(f"skipped: {', '.join(absent)} not installed (apt-get install radosgw ceph-mon ceph-osd)", file=sys.stderr)
        return SKIPPED
    # Keys that exist nowhere else, with the characters that signers get wrong.
    access, secret = "ANTIPHONTEST" + os.urandom(4).hex().upper(), os.urandom(12).hex() + "+/aB" + os.urandom(6).hex()
    began = time.monotonic()
    with Radosgw(access, secret) as server:
        for bucket in buckets:
            server.make_bucket(bucket)
        control = Control(server)
        print(f"S3 at {server.endpoint} after {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
        environment = dict(os.environ, S3_TEST_ENDPOINT=server.endpoint, S3_TEST_CONTROL=control.address,
                           AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY=secret, AWS_REGION="us-east-1")
        environment.pop("AWS_SESSION_TOKEN", None)
        return subprocess.run(command, env=environment).returncode


def main():
    if "--" not in sys.argv:
        sys.exit(__doc__)
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("--bucket", action="append", default=[])
    arguments, command = parser.parse_args(sys.argv[1:split]), sys.argv[split + 1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(run(arguments.bucket, command))


if __name__ == "__main__":
    main()
