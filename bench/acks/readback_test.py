"""The judge of the leader kills sees what is gone and what is there twice."""
import unittest

import readback


class Judge(unittest.TestCase):
    def test_a_log_that_holds_each_record_once_is_well(self):
        self.assertEqual(readback.judge([0, 1, 2], [2, 0, 1]), {"missing": 0, "twice": 0})

    def test_an_acknowledged_record_that_is_not_there_is_missing(self):
        self.assertEqual(readback.judge([0, 1, 2], [0, 2]), {"missing": 1, "twice": 0})

    def test_a_record_that_stands_three_times_is_there_twice_too_often(self):
        self.assertEqual(readback.judge([0], [0, 0, 0]), {"missing": 0, "twice": 2})

    def test_a_record_that_was_never_acknowledged_may_be_there(self):
        self.assertEqual(readback.judge([0], [0, 1]), {"missing": 0, "twice": 0})


if __name__ == "__main__":
    unittest.main()
