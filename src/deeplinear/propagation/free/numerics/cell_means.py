"""Means of ``1/(e^{−u} − 1)`` over a cell: u spread about a centre with a density that is a straight line.

Every function takes centres u, ``0 <= Im u <= π``, widths and tilts of the same shape, the density being in proportion to
``1 + 2 tilt (x − u)/width``; it returns the means of ``1/(e^{−x} − 1)``, of that plus 1, and of minus its slope.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import bernoulli, factorial, spence

if TYPE_CHECKING:
    from deeplinear.arrays import Array

SERIES = (bernoulli(20)[2::2] / factorial(np.arange(3, 22, 2))).tolist()  # of the dilogarithm


def expanded(u: Any, width: Array, tilt: Array) -> tuple[Any, Any, Any]:
    """Means over narrow cells of ``1/(e^{−u} − 1)``, that plus 1, and minus its slope: from central moments of the cell."""
    mean = tilt * width / 6
    below, above = bose(u + mean)
    two = (width**2 / 12 - mean**2) / 2
    three = (tilt * width**3 / 40 - mean * width**2 / 4 + 2 * mean**3) / 6
    first, odd = below * above, below + above
    second = first * odd
    third = second * odd + 2 * first**2
    fourth = third * odd + 6 * first * second
    more = two * second + three * third + width**4 / 1920 * fourth
    return below + more, above + more, -(first + two * third + three * fourth)


def beside(u: Any, width: Array, tilt: Array) -> tuple[Any, Any, Any]:
    """The same for cells about u = 0, where it is ``−1/u − ½ − u/12 + u³/720``."""
    low, high = u - width / 2, u + width / 2
    log = np.log(low / high)  # Im u >= 0 on both sides: no jump
    log = np.where(log.imag < -1e-9, log + 2j * math.pi, log)
    pole = log / width + 2 * tilt / width * (-1 - u * log / width)  # the mean of −1/u
    square = -(1 / low - 1 / high) / width  # of −1/u²
    twist = 2 * tilt / width**2 * (log + u * (1 / low - 1 / high))
    mean = u + tilt * width / 6
    rest = -mean / 12 + u * (u**2 + width**2 / 4) / 720
    return pole + rest - 0.5, pole + rest + 0.5, square + twist + 1 / 12 - u**2 / 240


def across(u: Any, width: Array, tilt: Array) -> tuple[Any, Any, Any]:
    """The same for any cells, by primitives: ``−ln(1 − e^u)`` and the dilogarithm of e^u."""
    low, high = u - width / 2, u + width / 2
    at_low, at_high = gaps(low), gaps(high)
    (low_first, low_second), (high_first, high_second) = primitives(*at_low), primitives(*at_high)
    low_right, high_right = at_low[0], at_high[0]
    straddles = high_right & ~low_right
    turned = high - 1j * math.pi
    high_first = np.where(straddles, high_first - turned, high_first)
    high_second = np.where(straddles, high_second - math.pi**2 / 6 - turned**2 / 2, high_second)
    rise = high_first - low_first
    part = (rise + 2 * tilt / width * (width / 2 * (high_first + low_first) - (high_second - low_second))) / width
    (low_below, low_above), (high_below, high_above) = from_gaps(*at_low), from_gaps(*at_high)
    ends = (1 + tilt) * np.where(low_right, high_above, high_below) - (1 - tilt) * np.where(
        low_right, low_above, low_below
    )
    return (
        np.where(low_right, part - 1, part),
        np.where(low_right, part, part + 1),
        -(ends - 2 * tilt / width * rise) / width,
    )


def primitives(right: Any, z: Any, gap: Any) -> tuple[Any, Any]:
    """From `gaps`: ``−ln(1 − z)``, and its primitive, the dilogarithm of z, negative where Re u > 0."""
    first = -np.log(gap)
    small = np.abs(z) < 1e-3
    tiny = z[small]
    first[small] = tiny * (1 + tiny * (1 / 2 + tiny * (1 / 3 + tiny * (1 / 4 + tiny / 5))))
    second = dilogarithm(first)
    large = np.abs(first) > 1
    if large.any():
        second[large] = spence(gap[large])
    return first, np.where(right, -second, second)


def dilogarithm(first: Any) -> Any:
    """The dilogarithm of z from ``−ln(1 − z)`` of absolute value up to 1, by Debye's series."""
    square = first * first
    terms = np.full_like(first, SERIES[-1])
    for each in SERIES[-2::-1]:
        terms *= square
        terms += each
    return first * (1 + square * terms) - square / 4


def gaps(u: Any) -> tuple[Any, Any, Any]:
    """Whether ``Re u > 0``; ``z = e^{−u}`` there and ``e^u`` elsewhere; and 1 − z, to full relative accuracy."""
    right = u.real > 0
    u = np.where(right, -u, u)
    z = np.exp(u)
    gap = 1 - z
    close = np.abs(u) < 0.1
    if close.any():
        gap[close] = -np.expm1(u[close])
    return right, z, gap


def bose(u: Any) -> tuple[Any, Any]:
    """``1/(e^{−u} − 1)`` and that plus 1, ``1/(1 − e^u)``, each to full relative accuracy."""
    return from_gaps(*gaps(u))


def from_gaps(right: Any, z: Any, gap: Any) -> tuple[Any, Any]:
    """The same, from `gaps`."""
    one = 1 / gap
    return np.where(right, -one, z * one), np.where(right, -z * one, one)
