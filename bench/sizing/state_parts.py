"""The stages' own objects, restored from generated events in a process of their own (bench_sizing)."""
import concurrent.futures
import json
import subprocess
import sys

from processes import DRIVER

TENTHS, TENTH = 10, 10_000_000
TENTHS_AT_ONE_TIME = 2  # their memory counts, not their time
PLAIN = ("decode=0",)

# name -> (arguments before the size, sizes, arguments after it).
STUDIO = {
    "open": (("studio", "open"), (1_000, 10_000, 100_000, 1_000_000), ()),
    "counted": (("studio", "counted"), (10_000, 100_000, 1_000_000), ()),
    "counted, 10 of a sentence": (("studio", "counted"), (10_000, 100_000, 1_000_000), ("takes=10", *PLAIN)),
    "counted, without text": (("studio", "counted"), (10_000, 100_000, 1_000_000), ("text=1", *PLAIN)),
    "read back": (("studio", "readback"), (10_000, 100_000, 1_000_000), ()),
}
OTHERS = {
    "selector": (("selector",), (10_000, 100_000, 1_000_000, 10_000_000), ()),
    "archive": (("archive",), (10_000, 1_000_000, 10_000_000), ()),
}


def driver(*arguments):
    done = subprocess.run([DRIVER, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench sizing: bench_sizing {' '.join(map(str, arguments))}: {done.stderr}")
    return json.loads(done.stdout)


def measure(samples, part, plan, rounds):
    for name, (before, sizes, after) in plan.items():
        for size in sizes:
            while samples.count(part, name, size) < rounds:
                told = driver(*before, size, *after)
                samples.add(part, name, size, told)
                print(f"{part}: {name}, {size}: {told['bytes'] / size:.0f} B each, {told['seconds']:.2f} s", file=sys.stderr)


def hundred_million(samples):
    """100 million recordings as ten instances hold them: each a tenth of the sentences."""
    tenth = TENTH
    missing = range(samples.count("hundred", "tenth", tenth), TENTHS)
    with concurrent.futures.ThreadPoolExecutor(TENTHS_AT_ONE_TIME) as pool:
        work = [pool.submit(driver, "studio", "counted", tenth, f"first={n * tenth}", *PLAIN) for n in missing]
        for done in concurrent.futures.as_completed(work):
            samples.add("hundred", "tenth", tenth, done.result())
            print(f"hundred: {done.result()['bytes'] / tenth:.0f} B each", file=sys.stderr)
