"""A disk whose power can be cut: ext4 on a loop device. Root only; where that is not possible, Disk says so and ends with 69.

A file system keeps what was not synced in its page cache; the device (the image behind the loop) holds what it had written
by then. A cut copies the image, as it is, and goes on with the copy: the kernel's cache of the old one is lost, as the power
takes it, and ext4 replays its journal. The copy is of one instant: the device's counters of writes are the same before and
after, else it is taken again. What this does not show: a device that loses or reorders writes it had accepted before a
flush; the simulation's disk does that (core/testing/memory_file_system.h).
"""
import os
import pathlib
import subprocess
import sys
import time

IMAGE_MIB = 2048  # sparse; unlimited retention fills 512 in some hundred cuts
COPIES_MAX = 50


def sh(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


class Disk:
    def __init__(self, folder):
        self.root = folder
        self.mount_point = folder + "/mnt"
        self.folder = self.mount_point + "/data"
        self.number = 0
        self.loop = None

    def image(self):
        return f"{self.root}/disk{self.number}.img"

    def what_it_is(self):
        return ("The disk is ext4 on a loop device: at a cut the process is killed, the device's image of that instant is mounted instead, "
                "and every page that was not synced is lost (tests/crash/power.py).")

    def mount(self):
        self.loop = sh("losetup", "--find", "--show", self.image())
        sh("mount", "-t", "ext4", self.loop, self.mount_point)

    def __enter__(self):
        if os.geteuid() != 0:
            print("cutting power needs root (loop devices, mount)", file=sys.stderr)
            sys.exit(69)
        os.makedirs(self.mount_point)
        try:
            with open(self.image(), "wb") as image:
                image.truncate(IMAGE_MIB << 20)
            sh("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image())
            self.mount()
        except OSError as error:
            print(f"cutting power is not possible here: {error}", file=sys.stderr)
            sys.exit(69)
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.mount_point], check=False)
        if self.loop:
            subprocess.run(["losetup", "-d", self.loop], check=False)

    def writes(self):
        """Finished ones, and those in flight."""
        fields = pathlib.Path(f"/sys/block/{os.path.basename(self.loop)}/stat").read_text(encoding="ascii").split()
        return fields[4], fields[8]

    def cut(self):
        """The process that used it is dead already."""
        old_image, old_loop = self.image(), self.loop
        self.number += 1
        for _ in range(COPIES_MAX):
            before = self.writes()
            sh("cp", "--sparse=always", "--reflink=auto", old_image, self.image())
            if before == self.writes() and before[1] == "0":
                break
            time.sleep(0.01)
        else:
            raise RuntimeError("the device never comes to rest for a copy")
        # The old one's cache is written when it is unmounted: nobody looks at that image any more.
        sh("umount", self.mount_point)
        sh("losetup", "-d", old_loop)
        os.remove(old_image)
        self.mount()
