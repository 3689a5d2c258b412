"""Samples, their median and spread, and straight lines through them. The kept samples are one JSON object a line."""
import json
import math
import statistics


class Samples:
    """What was measured so far: (part, name, size) -> a list of {figure: value}; every sample is kept on disk at once."""

    def __init__(self, path, fresh=False):
        self.path, self.all = path, {}
        if fresh:
            path.unlink(missing_ok=True)
        for line in path.read_text().splitlines() if path.exists() else []:
            kept = json.loads(line)
            self.all.setdefault((kept["part"], kept["name"], kept["size"]), []).append(kept["values"])

    def add(self, part, name, size, values):
        with open(self.path, "a") as file:
            file.write(json.dumps({"part": part, "name": name, "size": size, "values": values}) + "\n")
        self.all.setdefault((part, name, size), []).append(values)

    def count(self, part, name, size):
        return len(self.all.get((part, name, size), []))

    def has(self, part):
        return any(key[0] == part for key in self.all)

    def sizes(self, part, name):
        return sorted(size for p, n, size in self.all if (p, n) == (part, name))

    def values(self, part, name, size, figure):
        return [sample[figure] for sample in self.all[(part, name, size)]]

    def median(self, part, name, size, figure):
        return statistics.median(self.values(part, name, size, figure))

    def line(self, part, name, figure, sizes=None):
        """The line through the medians of all sizes (or those that are named)."""
        sizes = sizes or self.sizes(part, name)
        return Line([(size, self.median(part, name, size, figure)) for size in sizes])


class Line:
    """y = base + slope * x. Relative distances count (weights 1/y^2), so that sizes of several magnitudes weigh the same; `off` is the
    largest relative distance of a point from the line, the residual that the reports name."""

    def __init__(self, points):
        self.points = points
        weights = [1 / max(abs(y), 1e-9) ** 2 for _, y in points]
        total = sum(weights)
        mean_x = sum(w * x for w, (x, _) in zip(weights, points)) / total
        mean_y = sum(w * y for w, (_, y) in zip(weights, points)) / total
        spread = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points))
        self.slope = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points)) / spread if spread else 0.0
        self.base = mean_y - self.slope * mean_x
        self.off = max(abs(self.at(x) - y) / max(abs(y), 1e-9) for x, y in points)

    def at(self, x):
        return self.base + self.slope * x

    def reaches(self, y):
        """The x at which y is met; infinite where the line never gets there."""
        return math.inf if self.slope <= 0 else max(0.0, (y - self.base) / self.slope)


def cell(values, shown):
    """median (least-most)"""
    return f"{shown(statistics.median(values))} ({shown(min(values))}-{shown(max(values))})"


def table(header, rows):
    return "\n".join("| " + " | ".join(str(part) for part in row) + " |" for row in [header, ["---"] * len(header), *rows])


def count(number):
    """1000000 -> 1 million; three digits where it is no round number."""
    for unit, name in ((1e9, " billion"), (1e6, " million")):
        if number >= unit:
            return f"{number / unit:.3g}{name}"
    return f"{int(float(f'{number:.3g}')):,}"


def size(number):
    """Bytes in binary units."""
    for unit, name in ((1 << 50, "PiB"), (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if abs(number) >= unit:
            return f"{number / unit:.3g} {name}" if abs(number) < 1000 * unit else f"{number / unit:,.0f} {name}"
    return f"{number:.0f} B"


def duration(seconds):
    if abs(seconds) < 1e-6:
        return "0 s"
    if seconds < 0.1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"
