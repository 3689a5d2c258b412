"""The history that the checker judges (sim/history/event.h), written by clients of a real broker as JSON lines."""
import json
import threading


class History:
    """Thread-safe; the order of the lines is the order of observation."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.events = 0

    def note(self, what, **fields):
        line = json.dumps({"what": what, **{name: value for name, value in fields.items() if value is not None}})
        with self.lock:
            self.file.write(line + "\n")
            self.events += 1

    def close(self):
        self.file.close()
