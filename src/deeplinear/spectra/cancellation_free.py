"""A function less its first term, without cancellation: what tails of laws at their edges are made of."""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.polynomial import polyval
from scipy.special import zeta

if TYPE_CHECKING:
    from deeplinear.arrays import Array

TERMS = 20  # below the switch at 1 (or 0.25) the next term is under 1e-17
SINE = np.array([(-1) ** n / factorial(2 * n + 3) for n in range(TERMS)])
COTANGENT = 2 * zeta(2.0 * np.arange(1, TERMS + 1)) / np.pi ** (2 * np.arange(1, TERMS + 1))
ARCTANGENT = np.array([(-1) ** n / (2 * n + 3) for n in range(TERMS)])


def sine_deficit(u: Array) -> Array:
    """``u − sin u``, to full relative accuracy."""
    near = np.abs(u) < 1
    return np.where(near, u**3 * polyval(np.where(near, u * u, 0.0), SINE), u - np.sin(u))


def cotangent_deficit(u: Array, cotangent: Array) -> Array:
    """``1/u − cot u`` for 0 < u < π, to full relative accuracy, given cot u."""
    near = u < 1
    return np.where(near, u * polyval(np.where(near, u * u, 0.0), COTANGENT), 1 / u - cotangent)


def arctangent_deficit(h: Array) -> Array:
    """``h − arctan h``, to full relative accuracy."""
    near = np.abs(h) < 0.25
    return np.where(near, h**3 * polyval(np.where(near, h * h, 0.0), ARCTANGENT), h - np.arctan(h))


def log_sine_deficit(u: Array, sine: Array) -> Array:
    """``−ln(sin u / u)`` for 0 < u < π, to full relative accuracy, given sin u."""
    near = u < 1
    return np.where(near, -np.log1p(-sine_deficit(np.where(near, u, 0.5)) / u), np.log(u / sine))
