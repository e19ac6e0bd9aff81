"""A short run of the fuzzer; `python tests/fuzz/calls.py` is the long one."""

import warnings

import numpy as np
import pytest
from tests.fuzz.calls import fuzz, verdict
from tests.fuzz.draws import Draw


def test_random_calls_are_answered_or_refused():
    count = fuzz(300, 0, seconds=60.0, only=r"^(?!dl\.train|dl\.regime|dl\.propagation)")
    assert count.faults == []
    assert count.right > 150
    assert count.refused > 30


def silent(x: float) -> float:
    """Not what it says."""
    return x * np.nan


def loud(x: float) -> float:
    """Answered, with a warning."""
    warnings.warn("careful", RuntimeWarning, stacklevel=2)
    return x


def foreign(x: float) -> float:
    """Fails in another's words."""
    return {}[x]


def greedy(x: np.ndarray) -> int:
    """Changes its argument."""
    x[0] = 7.0
    return 1


def seeded(x: float) -> float:
    """Changes the global state."""
    return x + np.random.random()  # noqa: NPY002


def gullible(x: "float") -> int:
    """Takes anything."""
    return 1


def endless(x: float) -> None:
    """Never returns."""
    while True:
        pass


@pytest.mark.parametrize(
    ("function", "value", "why"),
    [
        (silent, Draw(1.0), "NaN from finite input"),
        (loud, Draw(1.0), "warning RuntimeWarning: careful"),
        (foreign, Draw(1.0), "KeyError"),
        (greedy, Draw(np.zeros(2)), "an argument was changed"),
        (seeded, Draw(1.0), "global random state"),
        (gullible, Draw("1", "text"), "text was taken for x"),
        (endless, Draw(1.0), "no answer within"),
    ],
)
def test_every_kind_of_fault_is_seen(function, value, why):
    from tests.fuzz.calls import ringing

    with ringing():
        outcome, said = verdict(function, {"x": value}, 0.2)
    assert outcome == "fault"
    assert why in said
