"""What every formula asks of its arguments, checked where the user enters."""

from __future__ import annotations

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


def times(function: str, t: ArrayLike) -> Array:
    """Times as an array, none negative or NaN."""
    t = np.asarray(t, dtype=np.float64)
    refuse(function, "t >= 0", "t", t, ~(t >= 0), "learning starts at 0. Drop the times before it.")
    return t


def time_constant(function: str, tau: ArrayLike) -> Array:
    """Time constants as an array, all positive and finite."""
    tau = np.asarray(tau, dtype=np.float64)
    advice = "it is 1 / learning rate. Pass 1.0 to count time in units of it."
    refuse(function, "a finite tau > 0", "tau", tau, ~((tau > 0) & (tau < np.inf)), advice)
    return tau


def singular_values(function: str, s: ArrayLike) -> Array:
    """Singular values as an array, none negative or infinite."""
    s = np.asarray(s, dtype=np.float64)
    advice = "singular values are not negative. Put the sign into the starting strength."
    refuse(function, "a finite s >= 0", "s", s, ~((s >= 0) & (s < np.inf)), advice)
    return s


def starts(function: str, u0: ArrayLike, *, signed: bool = False) -> Array:
    """Starting strengths as an array, positive, or at least not zero where a formula knows negative ones."""
    u0 = np.asarray(u0, dtype=np.float64)
    zero = "u = 0 is a fixed point and never learns. Pass a small positive start such as u0=1e-3."
    refuse(function, "u0 > 0" if not signed else "u0 != 0", "u0", u0, u0 == 0, zero)
    if not signed:
        advice = "this formula is for modes of the right sign. Use `deeplinear.exact.unequal_depth` for others."
        refuse(function, "u0 > 0", "u0", u0, u0 < 0, advice)
    refuse(function, "a finite u0", "u0", u0, ~np.isfinite(u0), "nothing starts there. Check the start.")
    return u0


def finite(function: str, name: str, value: ArrayLike) -> Array:
    """An array of finite numbers."""
    value = np.asarray(value, dtype=np.float64)
    refuse(function, f"a finite {name}", name, value, ~np.isfinite(value), "nothing follows from it. Check the input.")
    return value


def depths(function: str, depth: float) -> float:
    """A number of weight matrices: a whole number from 1, or infinity."""
    if not (depth >= 1 and (depth == np.inf or depth == int(depth))):
        raise ValueError(
            f"{function} needs a whole depth >= 1, got depth={depth!r}: it counts weight matrices, one fewer than the "
            f"paper's N_l. Pass for example depth=2, or math.inf for the limit."
        )
    return float(depth)


def positive(function: str, name: str, value: ArrayLike) -> Array:
    """An array of positive, finite numbers."""
    value = np.asarray(value, dtype=np.float64)
    bad = ~((value > 0) & (value < np.inf))
    refuse(function, f"a finite {name} > 0", name, value, bad, "it is a scale. Pass a positive number.")
    return value
