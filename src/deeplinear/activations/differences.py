"""Derivatives of a function that can only be evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Polynomial

from deeplinear.activations.activation import Function

if TYPE_CHECKING:
    from deeplinear.arrays import Array

# truncation and rounding of eighth-order differences balance here for functions that vary over lengths of 1
STEP = 0.02
POINTS = np.arange(-4, 5)
INSIDE = 1 - 1e-9  # stencils stop short of the kink, whose value belongs to one side only


def lagrange(j: int) -> Polynomial:
    """The polynomial that is 1 at the j-th point of the stencil and 0 at the others."""
    others = np.delete(POINTS, j)
    return Polynomial.fromroots(others) / float(np.prod(POINTS[j] - others))


BASIS = [lagrange(j) for j in range(POINTS.size)]


def differences(function: Function, kinks: Sequence[float] = ()) -> tuple[Function, Function]:
    """φ' and φ'' from the polynomial through nine points on one side of every kink.

    Args:
        function: φ, elementwise.
        kinks: ascending places that no stencil may cross.

    Returns:
        Two functions. Their errors are ``STEP^8 φ⁽⁹⁾ / 630`` away from kinks, ``STEP^8 φ⁽⁹⁾ / 9`` beside them, and rounding of
        ``1e-14`` and ``1e-12`` times ``|φ|``.

    Example:
        >>> slope, bend = differences(np.sin)
        >>> float(np.round(slope(0.0), 12)), float(np.round(bend(np.pi / 2), 9))
        (1.0, -1.0)
    """
    return tuple(nth(function, np.asarray(kinks, dtype=np.float64), order) for order in (1, 2))  # pyright: ignore


def nth(function: Function, kinks: Array, order: int) -> Function:
    """The derivative of one order."""
    weights = [basis.deriv(order) for basis in BASIS]

    def derivative(x: Array) -> Array:
        x = np.asarray(x, dtype=np.float64)
        side = np.searchsorted(kinks, x)
        low = np.concatenate([[-np.inf], kinks])[side]
        high = np.concatenate([kinks, [np.inf]])[side]
        step = np.minimum(STEP, (high - low) / 8 * INSIDE)
        centre = np.clip(x, low + 4 * step / INSIDE, high - 4 * step / INSIDE)
        place = (x - centre) / step
        total = sum(w(place) * function(centre + j * step) for w, j in zip(weights, POINTS, strict=True))
        return np.asarray(total / step**order)[()]

    return derivative
