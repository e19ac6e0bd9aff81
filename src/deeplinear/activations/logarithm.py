"""The logarithm of a slope that can only be evaluated, where enough of it is left to take one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.activations.activation import Function

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deeplinear.arrays import Array

    Mask = NDArray[np.bool_]

SMALL = 1e-5  # slopes above it carry five digits even by differences
STEP = 1e-3
DIGITS = 1e-3  # relative error of a slope that is accepted


def log_of(
    function: Function, slope: Function, second: Function, *, kinks: Sequence[float] = (), name: str = "f"
) -> Function:
    """``ln |φ'|`` of a function of one's own, -inf where φ' is zero.

    Far out on a plateau φ' is a difference of rounded numbers (``1 − tanh²``), and nothing but rounding is left of it. That
    shows beside the place: there φ' does not change as φ'' says. Zero it is where φ is the same as far as the next kink, as
    ReLU's is; a smooth function is flat nowhere.

    Args:
        function: φ.
        slope: φ'.
        second: φ''.
        kinks: places where φ or a derivative jumps.
        name: of φ, for errors.

    Returns:
        The function; where it meets a slope of fewer than three digits it raises a ValueError.

    Example:
        >>> log = log_of(np.expm1, np.exp, np.exp)
        >>> log(np.array([-40.0]))
        array([-40.])
    """

    def log_derivative(x: Array) -> Array:
        x = np.asarray(x, dtype=np.float64)
        size = np.atleast_1d(np.abs(slope(x)))
        doubtful = (size < SMALL) & away(np.atleast_1d(x), kinks)
        if doubtful.any():
            where = np.atleast_1d(x)[doubtful]
            gone = is_rounding(slope, second, where) | (size[doubtful] == 0) & unmoved(function, where)
            flat = gone & is_flat(function, where, kinks)
            lost = gone & ~flat
            if lost.any():
                raise ValueError(
                    f"log_slope needs three digits of φ', got {name} at {where[lost][0]:.6g}, where rounding leaves "
                    f"{size[doubtful][lost][0]:.3g} of it: its logarithm would be made up. Pass as_activation(f, "
                    f"log_derivative=...) with ln|φ'|, or name the kinks between which φ is flat."
                )
            size[doubtful] = np.where(flat, 0.0, size[doubtful])
        return np.log(size).reshape(x.shape)[()]

    return log_derivative


def unmoved(function: Function, x: Array) -> Mask:
    """Where φ is the same a step to either side."""
    return (function(x - STEP) == function(x)) & (function(x + STEP) == function(x))


def is_flat(function: Function, x: Array, kinks: Sequence[float]) -> Mask:
    """Where φ is the same from the nearest kink to x and a step beyond."""
    if not len(kinks):
        return np.zeros(x.shape, dtype=bool)
    places = np.array(kinks)
    nearest = places[np.argmin(np.abs(x[:, None] - places), axis=1)]
    same = [function(nearest + share * (x - nearest)) == function(x) for share in (0.01, 0.1, 0.3, 0.6, 0.9)]
    return np.all(same, axis=0) & unmoved(function, x)


def away(x: Array, kinks: Sequence[float]) -> Mask:
    """Where no kink lies within a step."""
    return np.all(np.abs(x[..., None] - np.array([np.inf, *kinks])) > STEP, axis=-1)


def is_rounding(slope: Function, second: Function, x: Array) -> Mask:
    """Where φ' has fewer than three digits."""
    expected = 2 * STEP * second(x)
    change = slope(x + STEP) - slope(x - STEP)
    return np.abs(change - expected) > DIGITS * np.maximum(np.abs(slope(x)), np.abs(expected))
