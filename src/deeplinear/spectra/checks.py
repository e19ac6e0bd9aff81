"""What the laws ask of their arguments, checked where the user enters."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from deeplinear.task import Array


def refuse(function: str, need: str, name: str, value: Array, bad: ArrayLike, advice: str) -> None:
    """Raise the error of this package, naming the first offending value, if any is bad."""
    if np.any(bad):
        first = float(value.ravel()[int(np.argmax(bad))])
        raise ValueError(f"{function} needs {need}, got {name}={first!r}: {advice}")


def count(function: str, name: str, value: int, advice: str) -> int:
    """A whole number from 1."""
    whole = isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())
    if isinstance(value, bool) or not whole or value < 1:
        raise ValueError(f"{function} needs a whole {name} >= 1, got {name}={value!r}: {advice}")
    return int(value)


def positive(function: str, name: str, value: float, advice: str) -> float:
    """A positive, finite number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise ValueError(f"{function} needs a finite {name} > 0, got {name}={value!r}: {advice}")
    return float(value)


def order(function: str, value: float) -> float:
    """The order of a moment: a finite real number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(
            f"{function} needs a finite real order, got order={value!r}: it is the power of x under the mean. Pass for "
            f"example order=2."
        )
    return float(value)


def places(function: str, x: ArrayLike) -> Array:
    """Where to evaluate a law: real numbers, infinities allowed."""
    x = np.asarray(x, dtype=np.float64)
    advice = "no law says anything there. Drop missing values first."
    refuse(function, "x that is not NaN", "x", x, np.isnan(x), advice)
    return x


def probabilities(function: str, name: str, p: ArrayLike) -> Array:
    """Numbers from 0 to 1, ends included."""
    p = np.asarray(p, dtype=np.float64)
    advice = "it is a probability. Pass numbers from 0 to 1."
    refuse(function, f"0 <= {name} <= 1", name, p, ~((p >= 0) & (p <= 1)), advice)
    return p
