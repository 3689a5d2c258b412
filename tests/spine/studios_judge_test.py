#!/usr/bin/env python3
"""The judge of studios that share sees what is wrong: each test spoils one thing of a story that is well."""
import copy
import dataclasses
import unittest

import studios_judge as judge

A, B = "prompt-a", "prompt-b"


def take(offset, recording, prompt=A, standing="held", sha256=None, partition=0):
    digest = sha256 or f"sha-of-{recording}"
    return judge.Take(partition, offset, recording, prompt, standing, digest, digest)


def state_of(*takes, wanted=2, lapsed=0):
    return {"wanted": wanted, "leases_lapsed": lapsed,
            "takes": [{"recording_id": t.recording, "partition": t.partition, "offset": t.offset, "sha256": t.sha256, "standing": t.standing} for t in takes]}


def sent_of(t):
    return judge.Sent(t.prompt, t.sha256, {"recording_id": t.recording, "topic": "voices.recordings", "partition": t.partition, "offset": t.offset, "sha256": t.sha256})


TAKES = [take(0, "r1"), take(1, "r2"), take(2, "r3", B)]
STATES = {A: state_of(*TAKES[:2]), B: state_of(TAKES[2])}
SENT = {t.recording: sent_of(t) for t in TAKES}


class AStoryThatIsWell(unittest.TestCase):
    def test_has_no_findings(self):
        self.assertEqual(judge.receipts_stand(SENT, TAKES), [])
        self.assertEqual(judge.one_sound_an_id(TAKES), ([], 0))
        self.assertEqual(judge.receipts_are_kept(SENT, [("r1", SENT["r1"].receipt)]), [])
        self.assertEqual(judge.bound_holds(TAKES, STATES), ([], {"takes under a lease": 3, "of them held": 3, "more than wanted": 0, "lapsed leases": 0}))
        self.assertEqual(judge.states_agree(TAKES, STATES), [])
        self.assertEqual(judge.several_served({"s1": 2, "s2": 1, "s3": 0}, 2), [])
        self.assertEqual(judge.prompts_once([A, B]), [])


class Receipts(unittest.TestCase):
    def spoil(self, **more):
        sent = dict(SENT)
        sent["r1"] = dataclasses.replace(sent["r1"], receipt=sent["r1"].receipt | more)
        return judge.receipts_stand(sent, TAKES)

    def test_with_another_offset_another_hash_or_another_id_are_found(self):
        for change in ({"offset": 1}, {"offset": 77}, {"partition": 3}, {"sha256": "other"}, {"recording_id": "r2"}):
            with self.subTest(change):
                self.assertEqual(len(self.spoil(**change)), 1)

    def test_of_a_take_that_is_gone_are_found(self):
        self.assertIn("LOST: r2", judge.receipts_stand(SENT, [TAKES[0], TAKES[2]])[0])

    def test_of_bytes_that_are_not_what_was_sent_are_found(self):
        for change in ({"sha256": "torn"}, {"told": "torn"}, {"prompt": B}):
            with self.subTest(change):
                self.assertEqual(len(judge.receipts_stand(SENT, [dataclasses.replace(TAKES[0], **change), *TAKES[1:]])), 1)

    def test_that_change_are_found(self):
        later = SENT["r1"].receipt | {"offset": 9}
        self.assertEqual(len(judge.receipts_are_kept(SENT, [("r1", later)])), 1)


class Repeats(unittest.TestCase):
    def test_of_the_same_bytes_are_counted_and_allowed(self):
        takes = [*TAKES, take(9, "r1")]
        self.assertEqual(judge.one_sound_an_id(takes), ([], 1))
        self.assertEqual(judge.bound_holds(takes, STATES)[0], [], "a repeat is no further take")
        self.assertEqual(judge.states_agree(takes, STATES), [])

    def test_with_other_bytes_or_of_another_sentence_are_found(self):
        for other in (take(9, "r1", sha256="other"), take(9, "r1", B), take(9, "r1", partition=4)):
            self.assertEqual(len(judge.one_sound_an_id([*TAKES, other])[0]), 1)


class TheBound(unittest.TestCase):
    def test_one_held_take_too_many_is_found(self):
        findings, figures = judge.bound_holds([*TAKES, take(3, "r4")], STATES)
        self.assertEqual((len(findings), figures["more than wanted"]), (1, 1))

    def test_a_late_take_counts_too(self):
        self.assertEqual(len(judge.bound_holds([*TAKES, take(3, "r4", standing="late")], STATES)[0]), 1)

    def test_a_lapsed_lease_allows_one_more_of_its_sentence_only(self):
        takes = [*TAKES, take(3, "r4")]
        self.assertEqual(judge.bound_holds(takes, STATES | {A: state_of(*TAKES[:2], lapsed=1)})[0], [])
        self.assertEqual(len(judge.bound_holds(takes, STATES | {B: state_of(TAKES[2], lapsed=5)})[0]), 1)

    def test_takes_without_a_lease_are_not_counted(self):
        self.assertEqual(judge.bound_holds([*TAKES, take(3, "r4", standing="none")], STATES)[0], [])

    def test_a_sentence_without_a_state_wants_nothing(self):
        self.assertEqual(len(judge.bound_holds(TAKES, {A: STATES[A]})[0]), 1)


class States(unittest.TestCase):
    def spoil(self, change):
        states = copy.deepcopy(STATES)
        change(states)
        return judge.states_agree(TAKES, states)

    def test_that_lack_count_twice_or_invent_a_take_are_found(self):
        self.assertEqual(len(self.spoil(lambda s: s[A]["takes"].pop())), 1)
        self.assertEqual(len(self.spoil(lambda s: s[A]["takes"].append(s[A]["takes"][0]))), 1)
        self.assertEqual(len(self.spoil(lambda s: s[A]["takes"].append(s[A]["takes"][0] | {"recording_id": "r9"}))), 1)
        self.assertEqual(len(self.spoil(lambda s: s.pop(B))), 1)

    def test_with_another_place_hash_or_standing_are_found(self):
        for change in ({"offset": 5}, {"sha256": "other"}, {"standing": "late"}):
            with self.subTest(change):
                self.assertEqual(len(self.spoil(lambda s: s[B]["takes"][0].update(change))), 1)


class ASentenceForOneSpeaker(unittest.TestCase):
    def test_again_after_it_was_spoken_or_skipped_is_found(self):
        for what in ("spoken", "skipped"):
            with self.subTest(what):
                steps = [judge.Step("me", A, "given", 0), judge.Step("me", A, what, 1), judge.Step("me", A, "given", 1.01)]
                self.assertEqual(len(judge.nobody_twice(steps)), 1)

    def test_for_two_speakers_is_well(self):
        steps = [judge.Step("me", A, "given", 0), judge.Step("me", A, "spoken", 1), judge.Step("you", A, "given", 2)]
        self.assertEqual(judge.nobody_twice(steps), [])

    def test_a_skip_that_was_answered_and_is_not_written_is_found(self):
        steps = [judge.Step("me", A, "given", 0), judge.Step("me", A, "skipped", 1)]
        self.assertEqual(len(judge.skips_stand(steps, {})), 1)
        self.assertEqual(len(judge.skips_stand(steps, {A: {"parked": False, "skipped_by": ["you"]}})), 1)
        self.assertEqual(judge.skips_stand(steps, {A: {"parked": False, "skipped_by": ["you", "me"]}}), [])
        self.assertEqual(judge.skips_stand(steps, {A: {"parked": True, "skipped_by": []}}), [], "nobody is asked for it")


class TheWork(unittest.TestCase):
    def test_of_one_instance_alone_is_found(self):
        self.assertEqual(len(judge.several_served({"s1": 500, "s2": 0, "s3": 0}, 2)), 1)

    def test_of_an_instance_that_says_nothing_is_open_is_found_but_for_the_start(self):
        self.assertEqual(len(judge.something_was_open([(1.0, "s1"), (3.0, "s2")], since=2.0)), 1)

    def test_a_sentence_that_stands_twice_is_found(self):
        self.assertEqual(len(judge.prompts_once([A, B, A])), 1)


if __name__ == "__main__":
    unittest.main()
