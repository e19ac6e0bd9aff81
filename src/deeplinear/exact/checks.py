"""What every formula asks of its arguments, checked where the user enters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number
from deeplinear.arrays import real_array, refuse
from deeplinear.messages import shown

if TYPE_CHECKING:
    from deeplinear.arrays import Array

__all__ = [
    "depths",
    "finite",
    "fit",
    "in_units",
    "positive",
    "refuse",
    "singular_values",
    "starts",
    "time_constant",
    "times",
]


def times(function: str, t: ArrayLike) -> Array:
    """Times as an array, none negative or NaN."""
    return real_array(function, "t", t, ">= 0 or infinite", "learning starts at 0. Drop the times before it.")


def time_constant(function: str, tau: ArrayLike) -> Array:
    """Time constants as an array, all positive and finite."""
    advice = "it is 1 / learning rate. Pass 1.0 to count time in units of it."
    return real_array(function, "tau", tau, "> 0", advice)


def singular_values(function: str, s: ArrayLike) -> Array:
    """Singular values as an array, none negative or infinite."""
    advice = "singular values are not negative. Put the sign into the starting strength."
    return real_array(function, "s", s, ">= 0", advice)


def starts(function: str, u0: ArrayLike, *, signed: bool = False) -> Array:
    """Starting strengths as an array, positive, or at least not zero where a formula knows negative ones."""
    u0 = real_array(function, "u0", u0, "finite", "nothing starts there. Check the start.")
    zero = "u = 0 is a fixed point and never learns. Pass a small positive start such as u0=1e-3."
    refuse(function, "u0 > 0" if not signed else "u0 != 0", "u0", u0, u0 == 0, zero)
    if not signed:
        advice = "this formula is for modes of the right sign. Use `deeplinear.exact.unequal_depth` for others."
        refuse(function, "u0 > 0", "u0", u0, u0 < 0, advice)
    return u0


def finite(function: str, name: str, value: ArrayLike) -> Array:
    """An array of finite numbers."""
    return real_array(function, name, value, "finite", "nothing follows from it. Check the input.")


def fit(function: str, **arrays: Array) -> None:
    """Refuse arrays, by name, whose shapes do not broadcast together."""
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} of shape {array.shape}" for name, array in arrays.items() if array.ndim)
        raise ValueError(
            f"{function} needs shapes that broadcast together, got {shapes}: every result belongs to one value of each. Add an "
            f"axis, for example t[:, None]."
        ) from None


def in_units(t: Array, tau: Array) -> Array:
    """``t / tau``, infinite where float64 ends."""
    with np.errstate(over="ignore"):
        return t / tau


def depths(function: str, depth: float) -> float:
    """A number of weight matrices: a whole number from 1, or infinity."""
    advice = "it counts weight matrices. Pass for example depth=2, or math.inf for the limit."
    layers = real_number(function, "depth", depth, "not NaN", advice)
    if isinstance(depth, bool) or not (layers >= 1 and (layers == math.inf or layers.is_integer())):
        raise ValueError(
            f"{function} needs a whole depth >= 1, got depth={shown(depth)}: it counts weight matrices, one fewer than the "
            f"paper's N_l. Pass for example depth=2, or math.inf for the limit."
        )
    return layers


def positive(function: str, name: str, value: ArrayLike) -> Array:
    """An array of positive, finite numbers."""
    return real_array(function, name, value, "> 0", "it is a scale. Pass a positive number.")
