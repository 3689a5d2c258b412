"""What the machine tells of a process, and the page cache made hot."""
import mmap
import os
import pathlib
import socket
import time

HOT_CHUNK = bytes(4 << 20)
PAGE, REPORTED_BLOCK = 4 << 10, 2 << 20


def cpu_seconds(pid):
    """utime + stime of the process with all its threads, in the kernel's own resolution (its CPU clock)."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def make_hot(folder, size):
    """Touches and frees as much page cache as the run will write: the first touch of a page costs a guest seconds a GB."""
    path = pathlib.Path(folder) / "hot"
    with open(path, "wb", buffering=0) as file:
        for _ in range(-(-int(size) // len(HOT_CHUNK))):
            file.write(HOT_CHUNK)
    path.unlink()


class HotMemory:
    """Memory of the machine that stays touched for the whole benchmark.

    A guest with free page reporting gives blocks of free pages back to its host within seconds, and the next touch is slow again.
    So `size` bytes are touched once and freed but for one page in each block: free pages that are no whole block stay.
    """

    def __init__(self, size):
        self.memory = mmap.mmap(-1, int(size) // REPORTED_BLOCK * REPORTED_BLOCK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.memory.madvise(mmap.MADV_NOHUGEPAGE)
        for at in range(0, len(self.memory), PAGE):
            self.memory[at] = 1
        for at in range(0, len(self.memory), REPORTED_BLOCK):
            self.memory.madvise(mmap.MADV_DONTNEED, at + PAGE, REPORTED_BLOCK - PAGE)


def settle():
    """What the last run left to write goes to the disk now, not under the next one."""
    os.sync()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
