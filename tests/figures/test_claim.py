"""Comparisons show the numbers that they compare, and their verdict is that of these numbers."""

import numpy as np
import pytest

from deeplinear.figures.claim import (
    Claim,
    above,
    as_printed,
    at_least,
    at_most,
    below,
    between,
    claim,
    falling,
    listed,
    near,
    rising,
    same,
)

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("found", "expected", "measured", "passed"),
    [
        (near(1.04, 1, 0.05), "1 ± 0.05", "1.04", True),
        (near(1.06, 1, 0.05), "1 ± 0.05", "1.06", False),
        (near(0.94, 1, 0.05), "1 ± 0.05", "0.94", False),
        (near([1, 2.25], [1, 2], 0.25, ".2f", unit=" %"), "1.00 2.00 ± 0.25 %", "1.00 2.25 %", True),
        (near([1.5, 2], [1, 2], 0.25), "1 2 ± 0.25", "1.5 2", False),
        (near([1, 2], [1, 3], [0.1, 2], what="a "), "a 1 ± 0.1, 3 ± 2", "a 1 2", True),
        (near([1, 2], 1, [0.1, 0.5]), "1 ± 0.1, 1 ± 0.5", "1 2", False),
        (near([1, NAN], 1, 5), "1 ± 5", "1 nan", False),
        (near([], [], 5), " ± 5", "", False),
        (below([1, 2], 3), "< 3", "1 2", True),
        (below([1, 3], 3), "< 3", "1 3", False),
        (below([4, 1], 3), "< 3", "4 1", False),
        (below([1, 4], [3, 5], what="x ", unit=" s"), "x < 3 5 s", "x 1 4 s", True),
        (below([1, 5], [3, 5]), "< 3 5", "1 5", False),
        (below(NAN, 3), "< 3", "nan", False),
        (below([], 3), "< 3", "", False),
        (above([4, 5], 3), "> 3", "4 5", True),
        (above([3, 5], 3), "> 3", "3 5", False),
        (above(INF, 12345.6, ".1f"), "> 1.235e+04", "inf", True),
        (above(NAN, 3), "> 3", "nan", False),
        (at_most([3, 2], 3), "≤ 3", "3 2", True),
        (at_most(3.01, 3, ".2f"), "≤ 3", "3.01", False),
        (at_least([3, 4], 3), "≥ 3", "3 4", True),
        (at_least([2.9, 4], 3), "≥ 3", "2.9 4", False),
        (between([1, 3], 1, 3), "1 to 3", "1 3", True),
        (between([0.9, 3], 1, 3), "1 to 3", "0.9 3", False),
        (between([1, 3.1], 1, 3, unit=" m"), "1 to 3 m", "1 3.1 m", False),
        (between([1, 3], [0, 2], [1, 4]), "0 to 1, 2 to 4", "1 3", True),
        (between([1, 3], [0, 2], [1, 2.5]), "0 to 1, 2 to 2.5", "1 3", False),
        (same([1, 2], [1, 2]), "1 2", "1 2", True),
        (same([1, 2], [1, 3]), "1 3", "1 2", False),
        (same([], [5]), "5", "none", False),
        (same([5, 5], [5]), "5", "5 5", False),
        (same([], [], what="left: "), "left: none", "left: none", True),
        (as_printed([0.12349, 2], ("0.123", "2.0")), "0.123 2.0", "0.123 2.0", True),
        (as_printed([0.1236, 2], ("0.123", "2.0")), "0.123 2.0", "0.124 2.0", False),
        (as_printed([0.123, 2.06], ("0.123", "2.0")), "0.123 2.0", "0.123 2.1", False),
        (as_printed([7.2], ("7",), unit=" s"), "7 s", "7 s", True),
        (rising([1, 2, 3]), "rising", "1 2 3", True),
        (rising([1, 1, 3]), "rising", "1 1 3", False),
        (rising([2, 1, 3]), "rising", "2 1 3", False),
        (rising([1]), "rising", "1", False),
        (falling([3, 2, 1], ".1f", what="x "), "x falling", "x 3.0 2.0 1.0", True),
        (falling([3, 3, 1]), "falling", "3 3 1", False),
        (falling([NAN, 1]), "falling", "nan 1", False),
    ],
)
def test_a_comparison_is_what_it_shows(found, expected, measured, passed):
    assert found == (expected, measured, passed)


def test_the_edge_of_a_tolerance_belongs_to_it():
    assert near(1.25, 1, 0.25).passed
    assert near(0.75, 1, 0.25).passed
    assert not near(np.nextafter(1.25, 2), 1, 0.25).passed


def test_a_claim_needs_all_its_comparisons():
    good, bad = near(1, 1, 0), near(2, 1, 0)
    assert claim("text", good, good).passed
    assert not claim("text", good, bad).passed
    assert not claim("text", bad, good).passed
    assert not claim("text").passed  # that compares nothing


def test_a_claim_joins_what_its_comparisons_show():
    found = claim("text", below(1, 2, what="a "), near(3, 3, 1), aside="four")
    assert found == Claim("text", "a < 2; 3 ± 1", "a 1; 3 (four)", True)


def test_one_number_with_two_bounds_is_shown_once():
    assert claim("text", below([1, 2], 3), rising([1, 2])) == Claim("text", "< 3; rising", "1 2", True)


def test_listed():
    assert listed([[1, 2.5], [3, 1e-9]]) == "1 2.5 3 1e-09"
    assert listed(2.345, ".1f") == "2.3"


def test_claims_are_frozen_and_json_ready():
    sky = Claim("sky is blue", "blue", "grey", np.bool_(True))
    assert sky.record() == {"text": "sky is blue", "expected": "blue", "measured": "grey", "passed": True}
    assert type(sky.passed) is bool
    with pytest.raises(AttributeError):
        sky.passed = False
