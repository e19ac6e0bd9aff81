"""What a figure says, beside what was measured: the verdict compares the numbers that are shown, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

BOUND = ".4g"  # format of limits


class Comparison(NamedTuple):
    """Numbers against what they should be, as text and as a verdict."""

    expected: str
    measured: str
    passed: bool


@dataclass(frozen=True)
class Claim:
    """One sentence of the paper, put to the test.

    Attributes:
        text: the sentence.
        expected: what the paper or the theory says, with its tolerance, short enough for a table.
        measured: what was found, in the same unit and form.
        passed: whether the two agree.
        comparisons: the comparisons that make up the verdict.
    """

    text: str
    expected: str
    measured: str
    passed: bool | np.bool_
    comparisons: tuple[Comparison, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "passed", bool(self.passed))  # a NumPy bool is not JSON

    def record(self) -> dict[str, Any]:
        """The claim as a dictionary that JSON can hold."""
        return {name: getattr(self, name) for name in ("text", "expected", "measured", "passed")}


def claim(text: str, *comparisons: Comparison, aside: str = "") -> Claim:
    """A sentence that holds if all its comparisons do.

    Args:
        text: the sentence.
        comparisons: what is compared.
        aside: more about the measured numbers, for the reader only; the verdict does not use it.

    Example:
        >>> claim("the sky is blue", near(0.47, 0.48, 0.02, unit=" µm"), below([3, 5], 9, what="clouds "))
        Claim(text='the sky is blue', expected='0.48 ± 0.02 µm; clouds < 9', measured='0.47 µm; clouds 3 5', passed=True)
    """
    shown = [each.measured for each in comparisons]
    once = [text for text, last in zip(shown, [None, *shown], strict=False) if text != last]  # one number, two bounds
    passed = len(comparisons) > 0 and all(each.passed for each in comparisons)
    measured = "; ".join(once) + (f" ({aside})" if aside else "")
    return Claim(text, "; ".join(each.expected for each in comparisons), measured, passed, comparisons)


def near(measured: Any, expected: Any, within: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Every number is at most ``within`` away from the expected one; each of the three may be one for all."""
    found, known, allowed = (np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (measured, expected, within))
    if allowed.size == 1:
        shown = f"{listed(known, form)} ± {allowed.flat[0]:.2g}"
    else:
        pairs = np.broadcast_arrays(known, allowed)
        shown = ", ".join(f"{value:{form}} ± {error:.2g}" for value, error in zip(*map(np.ravel, pairs), strict=True))
    passed = found.size > 0 and bool((np.abs(found - known) <= allowed).all())
    return Comparison(f"{what}{shown}{unit}", f"{what}{listed(found, form)}{unit}", passed)


def below(measured: Any, limit: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Every number is less than its limit, or than the one for all."""
    return bounded(measured, limit, form, unit, what, "<")


def above(measured: Any, limit: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Every number is more than its limit, or than the one for all."""
    return bounded(measured, limit, form, unit, what, ">")


def at_most(measured: Any, limit: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Every number is its limit or less."""
    return bounded(measured, limit, form, unit, what, "≤")


def at_least(measured: Any, limit: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Every number is its limit or more."""
    return bounded(measured, limit, form, unit, what, "≥")


SIGNS = {"<": np.less, ">": np.greater, "≤": np.less_equal, "≥": np.greater_equal}


def bounded(measured: Any, limit: Any, form: str, unit: str, what: str, sign: str) -> Comparison:
    """Every number on one side of its limit."""
    found, limits = (np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (measured, limit))
    passed = found.size > 0 and bool(SIGNS[sign](found, limits).all())
    return Comparison(f"{what}{sign} {listed(limits, BOUND)}{unit}", f"{what}{listed(found, form)}{unit}", passed)


def between(measured: Any, low: Any, high: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Every number lies from its low to its high one, ends included."""
    found, least, most = (np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (measured, low, high))
    ends = zip(*map(np.ravel, np.broadcast_arrays(least, most)), strict=True)
    shown = ", ".join(f"{a:{BOUND}} to {b:{BOUND}}" for a, b in ends)
    passed = found.size > 0 and bool(((least <= found) & (found <= most)).all())
    return Comparison(f"{what}{shown}{unit}", f"{what}{listed(found, form)}{unit}", passed)


def same(measured: Any, expected: Any, form: str = ".0f", *, unit: str = "", what: str = "") -> Comparison:
    """Every number is exactly the expected one."""
    found, known = (np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (measured, expected))
    passed = found.shape == known.shape and bool((found == known).all())
    shown, shown_found = (f"{what}{listed(each, form) or 'none'}{unit}" for each in (known, found))
    return Comparison(shown, shown_found, passed)


def as_printed(measured: Any, digits: tuple[str, ...], *, unit: str = "", what: str = "") -> Comparison:
    """Every number rounds to the digits printed."""
    forms = [f".{len(text.partition('.')[2])}f" for text in digits]
    rounded = [format(float(value), form) for value, form in zip(np.ravel(measured), forms, strict=True)]
    return Comparison(f"{what}{' '.join(digits)}{unit}", f"{what}{' '.join(rounded)}{unit}", rounded == list(digits))


def rising(measured: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Each number is larger than the last."""
    found = np.asarray(measured, dtype=np.float64)
    passed = found.size > 1 and bool((np.diff(found) > 0).all())
    return Comparison(f"{what}rising", f"{what}{listed(found, form)}{unit}", passed)


def falling(measured: Any, form: str = ".3g", *, unit: str = "", what: str = "") -> Comparison:
    """Each number is smaller than the last."""
    found = np.asarray(measured, dtype=np.float64)
    passed = found.size > 1 and bool((np.diff(found) < 0).all())
    return Comparison(f"{what}falling", f"{what}{listed(found, form)}{unit}", passed)


def listed(values: Any, form: str = ".3g") -> str:
    """Numbers in a row, for a table."""
    return " ".join(format(float(v), form) for v in np.ravel(values))
