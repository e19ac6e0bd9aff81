"""What users pass as single numbers and words: one number, a whole number, a choice, a source of random numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from deeplinear.arrays import plain, real_array, requirement
from deeplinear.messages import article, shown

OBVIOUS = 10**6  # an upper limit from here on is told only to those who exceed it
SOURCES = (np.random.Generator, np.random.BitGenerator, np.random.SeedSequence, np.random.RandomState)


def real_number(
    function: str,
    name: str,
    value: Any,
    condition: str = "finite",
    advice: str = "it is one number. Pass for example 1.0.",
) -> float:
    """One number as a float: a Python or NumPy number, or an array without axes; arguments as `real_array`.

    Raises:
        ValueError: no number, several, complex, text, or one that does not meet the condition.
    """
    array = real_array(function, name, value, condition, advice)
    if array.ndim:
        raise ValueError(
            f"{function} needs {requirement(name, condition)}, one number, got {name}={shown(value)}: {advice}"
        )
    return float(array)


def whole_number(
    function: str,
    name: str,
    value: Any,
    least: float = 1,
    most: float = math.inf,
    advice: str = "it counts. Pass for example 2.",
) -> int:
    """A whole number in a range, as an int; 3.0 counts, True does not.

    Raises:
        ValueError: it is none, or out of the range.
    """
    number = plain(f"{function} needs a whole {name}, got {name}=", value)
    try:
        whole = operator.index(number)
    except TypeError:
        scalar = getattr(number, "ndim", 1) == 0 and getattr(getattr(number, "dtype", None), "kind", "") in (
            "i",
            "u",
            "f",
        )
        one = isinstance(number, float) or scalar
        try:
            whole = int(number) if one and float(number).is_integer() else None
        except (TypeError, ValueError, OverflowError):
            whole = None
    if whole is None or isinstance(value, bool | np.bool_) or not least <= whole <= most:
        bounded = f"a whole number {least} <= {name} <= {most}"
        above = whole is not None and whole > most
        between = bounded if above or most < OBVIOUS else f"{article(name)}whole {name} >= {least}"
        raise ValueError(f"{function} needs {between}, got {name}={shown(value)}: {advice}")
    return whole


def whole_numbers(
    function: str,
    name: str,
    values: Any,
    least: float = 1,
    most: float = math.inf,
    advice: str = "it counts. Pass (1, 2).",
) -> tuple[int, ...]:
    """At least one whole number in a range, from a list of them; errors as `whole_number`."""
    listed = (
        isinstance(values, Iterable) and not isinstance(values, str | bytes | dict) and getattr(values, "ndim", 1) == 1
    )
    if not listed or len(found := tuple(values)) == 0:
        raise ValueError(f"{function} needs whole {name} >= {least}, got {name}={shown(values)}: {advice}")
    return tuple(whole_number(function, name, value, least, most, advice) for value in found)


def choice(function: str, name: str, value: Any, known: Sequence[str], advice: str = "Pick one of those.") -> str:
    """One of several words.

    Raises:
        ValueError: another word, or none.
    """
    if not isinstance(value, str) or value not in known:
        words = ", ".join(known)
        raise ValueError(
            f"{function} needs {name} in {words}, got {name}={shown(value)}: nothing else is known. {advice}"
        )
    return value


def flag(function: str, name: str, value: Any) -> bool:
    """True or False.

    Raises:
        ValueError: something else, such as the next argument in its place.
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(
            f"{function} needs {name} to be True or False, got {name}={shown(value)}: it is a switch. Pass one."
        )
    return bool(value)


def generator(function: str, value: Any, name: str = "rng") -> np.random.Generator:
    """A source of random numbers from a seed, a generator, or None for a fresh one.

    Raises:
        ValueError: a negative seed, or something else.
    """
    if value is None or isinstance(value, SOURCES):
        return np.random.default_rng(value)
    need, advice = "a seed >= 0 or a numpy Generator", f"it makes the draw repeatable. Pass for example {name}=0."
    several = isinstance(value, list | tuple | np.ndarray) and getattr(value, "ndim", 1) == 1
    try:
        seeds = whole_numbers(function, name, value if several else [value], 0)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{function} needs {name} to be {need}, got {name}={shown(value)}: {advice}") from error
    return np.random.default_rng(seeds if several else seeds[0])
