"""What must be true of studios that share a namespace, as plain functions on what stands in the topics and what volunteers were told.

Each returns findings, one line each, none where all is well; figures of their own come beside them. Who reads the topics is not
asked here: studios.py does it with kcat.
"""
import collections
import dataclasses

HELD, LATE = "held", "late"


@dataclasses.dataclass(frozen=True)
class Take:
    """One record of recordings."""
    partition: int
    offset: int
    recording: str
    prompt: str
    standing: str  # ce_lease
    sha256: str    # of its bytes, as the judge counts them
    told: str      # what ce_sha256 says


@dataclasses.dataclass(frozen=True)
class Sent:
    """What a volunteer sent, and the receipt (the JSON of a 201 or 200)."""
    prompt: str
    sha256: str
    receipt: dict


@dataclasses.dataclass(frozen=True)
class Step:
    """What a volunteer and a sentence had to do with one another, in the order of time."""
    speaker: str
    prompt: str
    what: str   # given, spoken (there is a receipt) or skipped (the skip was answered 204)
    time: float


def first_of_each(takes):
    """recording -> its first record, by offset."""
    first = {}
    for take in sorted(takes, key=lambda t: (t.partition, t.offset)):
        first.setdefault(take.recording, take)
    return first


def receipts_stand(sent, takes):
    """Promise 1: every receipt is in recordings, at its partition and offset, with its bytes."""
    at = {(t.partition, t.offset): t for t in takes}
    findings = []
    for recording, one in sent.items():
        take = at.get((one.receipt["partition"], one.receipt["offset"]))
        if take is None or take.recording != recording:
            findings.append(f"LOST: {recording} has a receipt for {one.receipt['partition']}/{one.receipt['offset']}, where "
                            f"{take.recording if take else 'nothing'} stands")
        elif not take.sha256 == take.told == one.sha256 == one.receipt["sha256"]:
            findings.append(f"{recording} has other bytes than were sent: sent {one.sha256}, receipt {one.receipt['sha256']}, in the topic {take.sha256}, its header {take.told}")
        elif take.prompt != one.prompt or one.receipt["recording_id"] != recording:
            findings.append(f"{recording} of sentence {one.prompt} stands under {take.prompt}, receipt for {one.receipt['recording_id']}")
    return findings


def one_sound_an_id(takes):
    """Promise 2: an id that stands twice is the same bytes in the same partition. And how many stand more than once."""
    first, findings, repeats = {}, [], 0
    for take in sorted(takes, key=lambda t: (t.partition, t.offset)):
        known = first.setdefault(take.recording, take)
        if known is take:
            continue
        repeats += 1
        if (known.sha256, known.prompt, known.partition) != (take.sha256, take.prompt, take.partition):
            findings.append(f"{take.recording} stands for two voices: {known.partition}/{known.offset} and {take.partition}/{take.offset}")
    return findings, repeats


def receipts_are_kept(sent, again):
    """Promise 2: who sends again is told the first receipt. again: (recording, receipt) of each take that was sent once more."""
    return [f"{recording} was told {sent[recording].receipt} first and {receipt} later"
            for recording, receipt in again if sent[recording].receipt != receipt]


def bound_holds(takes, states):
    """Promise 4: takes under a lease are never more than wanted + leases that lapsed. States are the last of each sentence."""
    under, held = collections.Counter(), collections.Counter()
    for take in first_of_each(takes).values():
        under[take.prompt] += take.standing in (HELD, LATE)
        held[take.prompt] += take.standing == HELD
    findings = []
    extra = 0
    for prompt, count in under.items():
        wanted, lapsed = (states[prompt]["wanted"], states[prompt]["leases_lapsed"]) if prompt in states else (0, 0)
        extra += max(0, count - wanted)
        if count > wanted + lapsed:
            findings.append(f"{prompt} has {count} takes under a lease ({held[prompt]} held), {wanted} wanted, {lapsed} lapsed")
    return findings, {"takes under a lease": sum(under.values()), "of them held": sum(held.values()), "more than wanted": extra,
                      "lapsed leases": sum(s["leases_lapsed"] for s in states.values())}


def states_agree(takes, states):
    """prompt-state says of every sentence what recordings holds: the same ids, each where it stands, with its hash and standing."""
    places = collections.defaultdict(lambda: collections.defaultdict(set))
    for take in takes:
        places[take.prompt][take.recording].add((take.partition, take.offset, take.sha256, take.standing))
    findings = []
    for prompt in places.keys() | states.keys():
        counted = [t["recording_id"] for t in states.get(prompt, {}).get("takes", [])]
        standing = places.get(prompt, {})
        if len(counted) != len(set(counted)):
            findings.append(f"prompt-state of {prompt} counts a take twice")
        missing, unknown = standing.keys() - set(counted), set(counted) - standing.keys()
        if missing:
            findings.append(f"prompt-state of {prompt} lacks {sorted(missing)}, at {[sorted(standing[m])[0][:2] for m in sorted(missing)]}")
        if unknown:
            findings.append(f"prompt-state of {prompt} counts {sorted(unknown)}, which recordings does not hold")
        for take in states.get(prompt, {}).get("takes", []):
            told = (take["partition"], take["offset"], take["sha256"], take["standing"])
            if take["recording_id"] in standing and told not in standing[take["recording_id"]]:
                findings.append(f"prompt-state says {told} of {take['recording_id']}, recordings {sorted(standing[take['recording_id']])}")
    return findings


def nobody_twice(steps):
    """Nobody is given again what they have spoken or skipped, whatever died or moved: a skip is answered once it is written."""
    ended, findings = {}, []
    for step in steps:
        key = (step.speaker, step.prompt)
        if step.what != "given":
            ended[key] = step
        elif key in ended:
            before = ended.pop(key)
            findings.append(f"speaker {step.speaker} was given {step.prompt} again, {step.time - before.time:.2f} s after it was {before.what}")
    return findings


def skips_stand(steps, states):
    """A skip that was answered 204 is in prompt-state, or its sentence is parked: then nobody is asked for it."""
    skips = {(step.speaker, step.prompt) for step in steps if step.what == "skipped"}
    return [f"prompt-state does not say that speaker {speaker} skipped {prompt}" for speaker, prompt in sorted(skips)
            if prompt not in states or not (states[prompt]["parked"] or speaker in states[prompt]["skipped_by"])]


def something_was_open(nothing, since):
    """Once all had begun, the selector kept hundreds of sentences open: nobody may be told 204. nothing: (when, instance) of each 204."""
    return [f"{name} said 204 though sentences were open, {when - since:.1f} s after all had begun" for when, name in nothing if when > since]


def several_served(takes_by_instance, least):
    """Takes that each instance itself brought to Kafka: as its metrics say, summed over its lives."""
    served = [name for name, takes in takes_by_instance.items() if takes > 0]
    return [] if len(served) >= least else [f"only {served or 'nobody'} brought takes to Kafka, {least} should: {takes_by_instance}"]


def prompts_once(keys):
    counts = collections.Counter(keys)
    return [f"sentence {key} stands {n} times in prompts" for key, n in counts.items() if n > 1]
