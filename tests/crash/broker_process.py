"""The broker as a process that can be killed at any moment and started again on the same folder and port."""
import ctypes
import signal
import socket
import subprocess
import threading

START_SECONDS_MAX = 60
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    def __init__(self, program, folder, port=None, partitions=1, level="warn"):
        self.port = port or free_port()
        self.command = [program, "broker", "--data", folder, "--kafka", f"127.0.0.1:{self.port}", "--partitions", str(partitions),
                        "--log-level", level]
        self.lines = []  # of standard error
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        threading.Thread(target=lambda errors=self.process.stderr: self.lines.extend(errors), daemon=True).start()
        timer = threading.Timer(START_SECONDS_MAX, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line.startswith("ready "):
            raise RuntimeError(f"the broker did not start: {line!r}, code {self.process.wait()}: {''.join(self.lines[-20:])}")
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)

    def rss_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")
