"""The judge of the leader kills: what the producer was told, against what kcat reads back. Nothing of ours reads here."""
import collections
import subprocess


def read_numbers(bootstrap, topic):
    """The keys of all records of a topic, as kcat prints them: each is the number that its producer gave it."""
    out = subprocess.run(["kcat", "-b", bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k\\n"],
                         capture_output=True, check=True, timeout=300)
    return [int(line) for line in out.stdout.split()]


def judge(acknowledged, read):
    """missing: acknowledged and not there. twice: records that stand there once more than they should."""
    there = collections.Counter(read)
    return {"missing": sum(number not in there for number in set(acknowledged)), "twice": len(read) - len(there)}
