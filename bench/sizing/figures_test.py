"""The arithmetic behind docs/sizing.md: lines, limits, words for numbers, and markers that must agree."""
import math
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import figures  # noqa: E402
import guide  # noqa: E402


class Figures(unittest.TestCase):
    def test_a_line_through_exact_points_has_their_slope_base_and_no_residual(self):
        line = figures.Line([(10, 25.0), (1_000, 2_005.0), (100_000, 200_005.0)])
        self.assertAlmostEqual(line.slope, 2, places=6)
        self.assertAlmostEqual(line.base, 5, places=3)
        self.assertLess(line.off, 1e-6)

    def test_the_residual_is_the_largest_relative_distance_of_a_point(self):
        line = figures.Line([(1, 1.0), (2, 2.0), (3, 4.0)])
        self.assertAlmostEqual(line.off, max(abs(line.at(x) - y) / y for x, y in [(1, 1.0), (2, 2.0), (3, 4.0)]))
        self.assertGreater(line.off, 0.05)

    def test_a_limit_is_met_where_the_line_crosses_it_and_never_by_a_flat_one(self):
        self.assertAlmostEqual(figures.Line([(0, 10.0), (10, 30.0)]).reaches(50), 20)
        self.assertEqual(figures.Line([(0, 10.0), (10, 10.0)]).reaches(50), math.inf)
        self.assertEqual(figures.Line([(0, 10.0), (10, 30.0)]).reaches(5), 0)

    def test_numbers_are_told_in_words_of_their_size(self):
        for number, words in [(999, "999"), (16_000, "16,000"), (1_000_000, "1 million"), (365_000_000, "365 million"), (2.5e9, "2.5 billion")]:
            self.assertEqual(figures.count(number), words)
        for number, words in [(12, "12 B"), (1536, "1.5 KiB"), (5.5 * 2**30, "5.5 GiB"), (2**40, "1 TiB")]:
            self.assertEqual(figures.size(number), words)
        for number, words in [(0.0123, "12.3 ms"), (14.2, "14.2 s"), (600, "10 min"), (10_800, "3 h")]:
            self.assertEqual(figures.duration(number), words)

    def test_samples_are_kept_and_found_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "samples.jsonl"
            for value in (3, 1, 2):
                figures.Samples(path).add("part", "name", 10, {"bytes": value})
            again = figures.Samples(path)
            self.assertEqual((again.count("part", "name", 10), again.median("part", "name", 10, "bytes")), (3, 2))
            self.assertEqual(figures.Samples(path, fresh=True).count("part", "name", 10), 0)


class Guide(unittest.TestCase):
    PAGE = "before\n<!-- figures: one -->\nold\n<!-- /figures -->\nafter\n"

    def test_figures_are_put_between_their_markers_any_number_of_times(self):
        once = guide.filled(self.PAGE, {"one": "new 1.5 \\1"})
        self.assertEqual(once, "before\n<!-- figures: one -->\n\nnew 1.5 \\1\n\n<!-- /figures -->\nafter\n")
        self.assertEqual(guide.filled(once, {"one": "new 1.5 \\1"}), once)

    def test_a_marker_that_nobody_fills_and_figures_without_a_marker_are_errors(self):
        for blocks in ({}, {"one": "x", "two": "y"}):
            with self.assertRaises(ValueError):
                guide.filled(self.PAGE, blocks)

    def test_the_page_of_operators_has_the_markers_that_are_filled(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/sizing.md").read_text()
        guide.filled(page, {"source": "", "grows": "", "breaks": "", "campaign": ""})


if __name__ == "__main__":
    unittest.main()
