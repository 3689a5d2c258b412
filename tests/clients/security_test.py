"""TLS, client certificates and SASL, judged by clients of others: kcat, kafka-python, KafkaJS, openssl s_client.

Arguments: the antiphon program, the folder that holds node_modules.
"""
import hashlib
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

from broker_process import Broker, wait_until
from certificates import Authority
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, ScramMechanism, UserScramCredentialDeletion, UserScramCredentialUpsertion

MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
USER, PASSWORD = "alice, or =so", "correct horse = battery"
PYTHONS_USER = "bert"  # kafka-python says commas and equals signs of a name as they are, which SCRAM does not take


class Place:
    """Certificates and a user for all tests; brokers of a security protocol, each on a folder of its own."""

    def __init__(self, program, node_modules, folder):
        self.program, self.node_modules = program, node_modules
        self.ours = Authority(folder, "ca")
        for name, days in (("broker", 2), ("client", 2), ("expired", -1)):
            self.ours.issue(name, days)
        self.foreign = Authority(folder, "foreign-ca")
        self.foreign.issue("foreign")
        self.tls = ["--kafka-tls", f"{self.ours.certificate('broker')},{self.ours.key('broker')}"]
        self.mutual = [*self.tls, "--kafka-client-ca", self.ours.certificate("ca")]
        self.sasl = ["--kafka-sasl", ",".join(MECHANISMS)]

    def broker(self, *arguments):
        broker = Broker(self.program, arguments=arguments)
        if "--kafka-sasl" in arguments:
            for user in (USER, PYTHONS_USER):
                self.add_user(broker, user, PASSWORD)
        return broker

    def add_user(self, broker, name, password):
        subprocess.run([self.program, "broker", "--data", broker.folder, "--add-user", name], input=password + "\n", text=True,
                       check=True, capture_output=True, timeout=60)


def kcat(broker, *arguments, settings, send=None, seconds=60):
    flags = [f for name, value in settings.items() for f in ("-X", f"{name}={value}")]
    return subprocess.run(["kcat", "-b", broker.address, *flags, *arguments], input=send, capture_output=True, timeout=seconds)


def tls_settings(place, certificate=None, protocol="SSL"):
    settings = {"security.protocol": protocol, "ssl.ca.location": place.ours.certificate("ca")}
    if certificate:
        settings |= {"ssl.certificate.location": place.ours.certificate(certificate), "ssl.key.location": place.ours.key(certificate)}
    return settings


def sasl_settings(place, mechanism, protocol="SASL_PLAINTEXT", user=USER, password=PASSWORD):
    settings = {"security.protocol": protocol, "sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": password}
    return settings | ({"ssl.ca.location": place.ours.certificate("ca")} if protocol == "SASL_SSL" else {})


def goes_round(broker, topic, settings):
    done = kcat(broker, "-P", "-t", topic, settings=settings, send=b"one\ntwo\n")
    assert done.returncode == 0, done.stderr.decode()
    got = kcat(broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", settings=settings)
    assert got.stdout == b"one\ntwo\n", got


def is_refused(broker, settings):
    done = kcat(broker, "-L", "-m", "4", settings=settings)
    assert done.returncode != 0, done.stdout.decode()
    return done.stderr.decode()


def tls_carries_large_fetches_whole(place):
    with place.broker(*place.tls) as broker:
        settings = tls_settings(place)
        lines = b"\n".join(b"%06d" % i + hashlib.sha256(b"%d" % i).hexdigest().encode() * 800 for i in range(400)) + b"\n"
        done = kcat(broker, "-P", "-t", "large", settings=settings, send=lines)
        assert done.returncode == 0, done.stderr.decode()
        for _ in range(2):
            got = kcat(broker, "-C", "-t", "large", "-o", "beginning", "-e", "-q", settings=settings).stdout
            assert hashlib.sha256(got).digest() == hashlib.sha256(lines).digest(), f"{len(got)} bytes instead of {len(lines)}"
        assert broker.stop() == 0


def client_certificates_let_in_and_keep_out(place):
    with place.broker(*place.mutual) as broker:
        goes_round(broker, "mutual", tls_settings(place, "client"))
        is_refused(broker, tls_settings(place))
        is_refused(broker, tls_settings(place, "expired"))
        foreign = tls_settings(place) | {"ssl.certificate.location": place.foreign.certificate("foreign"),
                                         "ssl.key.location": place.foreign.key("foreign")}
        is_refused(broker, foreign)
        wait_until(lambda: any("certificate has expired" in line for line in broker.errors), what="the reason in the log")
        ssl = {"security_protocol": "SSL", "ssl_cafile": place.ours.certificate("ca")}
        admin = KafkaAdminClient(bootstrap_servers=broker.address, ssl_certfile=place.ours.certificate("client"),
                                 ssl_keyfile=place.ours.key("client"), **ssl)
        assert "mutual" in admin.list_topics()
        admin.close()
        assert broker.stop() == 0


def a_client_checks_who_the_broker_is(place):
    with place.broker(*place.tls) as broker:
        is_refused(broker, tls_settings(place) | {"ssl.ca.location": place.foreign.certificate("foreign-ca")})
        shown = subprocess.run(["openssl", "s_client", "-connect", broker.address, "-CAfile", place.ours.certificate("ca"), "-verify_return_error",
                                "-verify_ip", "127.0.0.1"], input=b"", capture_output=True, timeout=30)
        assert b"Verify return code: 0 (ok)" in shown.stdout and b"TLSv1.3" in shown.stdout, shown
        old = subprocess.run(["openssl", "s_client", "-connect", broker.address, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
                             input=b"", capture_output=True, timeout=30)
        assert old.returncode != 0, old.stdout
        assert broker.stop() == 0


def plain_bytes_and_silence_on_the_tls_port_stop_nobody(place):
    with place.broker(*place.tls) as broker:
        is_refused(broker, {})
        silent = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(500)]
        goes_round(broker, "despite", tls_settings(place))
        for each in silent:
            each.close()
        assert broker.stop() == 0


def each_mechanism_lets_the_right_password_in(place):
    for protocol, flags in (("SASL_PLAINTEXT", []), ("SASL_SSL", place.tls)):
        with place.broker(*place.sasl, *flags) as broker:
            for mechanism in MECHANISMS:
                goes_round(broker, mechanism, sasl_settings(place, mechanism, protocol))
                for user, password in ((USER, "wrong"), ("nobody", PASSWORD)):
                    told = is_refused(broker, sasl_settings(place, mechanism, protocol, user, password))
                    assert "Authentication failed" in told or "authentication failure" in told, told
                python_goes_round(broker, place, protocol, mechanism)
                kafkajs_goes_round(broker, place, protocol, mechanism)
            is_refused(broker, {"security.protocol": protocol.replace("SASL_", "").replace("PLAINTEXT", "plaintext")} |
                       ({"ssl.ca.location": place.ours.certificate("ca")} if flags else {}))
            log = "".join(broker.errors)
            assert PASSWORD not in log and "wrong" not in log
            assert broker.stop() == 0


def python_goes_round(broker, place, protocol, mechanism):
    settings = dict(bootstrap_servers=broker.address, security_protocol=protocol, sasl_mechanism=mechanism, sasl_plain_username=PYTHONS_USER,
                    sasl_plain_password=PASSWORD)
    if protocol == "SASL_SSL":
        settings["ssl_cafile"] = place.ours.certificate("ca")
    topic = f"py-{mechanism}"
    producer = KafkaProducer(acks="all", **settings)
    producer.send(topic, b"from python").get(timeout=30)
    producer.close()
    consumer = KafkaConsumer(topic, group_id=None, auto_offset_reset="earliest", **settings)
    got = wait_until(lambda: [r.value for records in consumer.poll(timeout_ms=500).values() for r in records], what="the record comes back")
    consumer.close()
    assert got == [b"from python"], got


def kafkajs_goes_round(broker, place, protocol, mechanism):
    script = pathlib.Path(__file__).resolve().parent / "security_kafkajs.js"
    settings = {"broker": broker.address, "mechanism": mechanism.lower(), "username": USER, "password": PASSWORD,
                "ca": place.ours.certificate("ca") if protocol == "SASL_SSL" else None}
    environment = dict(os.environ, NODE_PATH=str(pathlib.Path(place.node_modules) / "node_modules"), KAFKAJS_NO_PARTITIONER_WARNING="1")
    done = subprocess.run(["node", str(script)], input=json.dumps(settings), env=environment, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr


def users_come_and_go_while_the_broker_runs(place):
    with place.broker(*place.sasl) as broker:
        bob = sasl_settings(place, "SCRAM-SHA-256", user="bob", password="of bob")
        is_refused(broker, bob)
        place.add_user(broker, "bob", "of bob")
        wait_until(lambda: kcat(broker, "-L", "-m", "4", settings=bob).returncode == 0, what="bob is known")
        place.add_user(broker, "bob", "another")
        wait_until(lambda: kcat(broker, "-L", "-m", "4", settings=bob).returncode != 0, what="the old password is none any more")
        subprocess.run([place.program, "broker", "--data", broker.folder, "--remove-user", "bob"], check=True, capture_output=True)
        wait_until(lambda: kcat(broker, "-L", "-m", "4", settings=bob | {"sasl.password": "another"}).returncode != 0, what="bob is gone")
        goes_round(broker, "still", sasl_settings(place, "PLAIN"))
        assert broker.stop() == 0
        assert PASSWORD.encode() not in pathlib.Path(broker.folder, "users").read_bytes()


def kafkas_own_requests_make_users_and_remove_them(place):
    with place.broker(*place.sasl) as broker:
        admin = KafkaAdminClient(bootstrap_servers=broker.address, security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-512",
                                 sasl_plain_username=PYTHONS_USER, sasl_plain_password=PASSWORD)
        made = admin.alter_user_scram_credentials([UserScramCredentialUpsertion("carol", ScramMechanism.SCRAM_SHA_256, "of carol", iterations=4096),
                                                   UserScramCredentialUpsertion("weak", ScramMechanism.SCRAM_SHA_256, "x", iterations=10)])
        assert made["carol"] is None and "iterations" in made["weak"], made
        known = admin.describe_user_scram_credentials()
        assert set(known) == {USER, PYTHONS_USER, "carol"} and known["carol"]["credential_infos"][0]["iterations"] == 4096, known
        for mechanism in ("SCRAM-SHA-256", "PLAIN"):
            goes_round(broker, f"carol-{mechanism}", sasl_settings(place, mechanism, user="carol", password="of carol"))
        is_refused(broker, sasl_settings(place, "SCRAM-SHA-512", user="carol", password="of carol"))
        broker.kill()
        broker.start()
        goes_round(broker, "carol-after-a-kill", sasl_settings(place, "SCRAM-SHA-256", user="carol", password="of carol"))
        gone = admin.alter_user_scram_credentials([UserScramCredentialDeletion("carol", ScramMechanism.SCRAM_SHA_256)])
        assert gone == {"carol": None}, gone
        is_refused(broker, sasl_settings(place, "SCRAM-SHA-256", user="carol", password="of carol"))
        admin.close()
        assert broker.stop() == 0


def old_clients_send_tokens_without_headers(place):
    def frame(body):
        return struct.pack(">i", len(body)) + body

    def text(value):
        return struct.pack(">h", len(value)) + value

    def answer(stream):
        return stream.read(struct.unpack(">i", stream.read(4))[0])

    def login(password):
        connection = socket.create_connection(("127.0.0.1", broker.port), timeout=30)
        stream = connection.makefile("rb")
        connection.sendall(frame(struct.pack(">hhi", 17, 0, 1) + text(b"old") + text(b"PLAIN")))
        assert answer(stream)[4:6] == b"\0\0"
        connection.sendall(frame(b"\0" + USER.encode() + b"\0" + password))
        return connection, stream

    with place.broker(*place.sasl) as broker:
        connection, stream = login(PASSWORD.encode())
        assert answer(stream) == b""
        connection.sendall(frame(struct.pack(">hhi", 18, 0, 7) + text(b"old")))
        assert answer(stream)[:4] == struct.pack(">i", 7)
        _, refused = login(b"wrong")
        assert refused.read() == b"", "closed without a word"
        assert broker.stop() == 0


def the_brokers_process_maps_openssl_and_nothing_else_that_is_new(place):
    allowed = ("ld-linux", "libc.so", "libm.so", "libstdc++", "libgcc_s", "libfmt", "libz.so", "libsnappy", "liblz4", "libzstd", "libisal",
               "libprometheus-cpp-core", "libtomlplusplus", "libssl", "libcrypto")
    with place.broker(*place.tls, *place.sasl) as broker:
        goes_round(broker, "maps", sasl_settings(place, "SCRAM-SHA-256", "SASL_SSL"))
        maps = pathlib.Path(f"/proc/{broker.process.pid}/maps").read_text()
        loaded = {pathlib.Path(line.split()[-1]).name for line in maps.splitlines() if ".so" in line}
        assert "libssl.so.3" in loaded and not [name for name in loaded if not name.startswith(allowed)], sorted(loaded)
        assert broker.stop() == 0


TESTS = [tls_carries_large_fetches_whole, client_certificates_let_in_and_keep_out, a_client_checks_who_the_broker_is,
         plain_bytes_and_silence_on_the_tls_port_stop_nobody, each_mechanism_lets_the_right_password_in,
         users_come_and_go_while_the_broker_runs, kafkas_own_requests_make_users_and_remove_them,
         old_clients_send_tokens_without_headers, the_brokers_process_maps_openssl_and_nothing_else_that_is_new]


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="antiphon-security-") as folder:
        place = Place(sys.argv[1], sys.argv[2], folder)
        for test in TESTS:
            try:
                test(place)
                print(f"ok      {test.__name__}", flush=True)
            except Exception as error:  # noqa: BLE001: one failed test must not hide the others
                failed += 1
                import traceback
                traceback.print_exc()
                print(f"FAILED  {test.__name__}: {error!r}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
