"""What the laws ask of their arguments, checked where the user enters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from deeplinear.arguments import real_number, whole_number
from deeplinear.arrays import real_array

if TYPE_CHECKING:
    from deeplinear.arrays import Array


HIGHEST = 1e9  # order of a moment up to which float64 tells neighbouring logarithms apart


def count(function: str, name: str, value: int, advice: str) -> int:
    """A whole number from 1."""
    return whole_number(function, name, value, 1, advice=advice)


def positive(function: str, name: str, value: float, advice: str) -> float:
    """A positive, finite number."""
    return real_number(function, name, value, "> 0", advice)


def order(function: str, value: float) -> float:
    """The order of a moment: a finite real number."""
    advice = "it is the power of x under the mean. Pass for example order=2."
    power = real_number(function, "order", value, "finite", advice)
    if abs(power) > HIGHEST:
        raise ValueError(
            f"{function} needs an order within ±{HIGHEST:g}, got order={power!r}: rounding is all that is left."
        )
    return power


def places(function: str, x: ArrayLike) -> Array:
    """Where to evaluate a law: real numbers, infinities allowed."""
    return real_array(function, "x", x, "not NaN", "no law says anything there. Drop missing values first.")


def probabilities(function: str, name: str, p: ArrayLike) -> Array:
    """Numbers from 0 to 1, ends included."""
    return real_array(function, name, p, "0 <= · <= 1", "it is a probability. Pass numbers from 0 to 1.")
