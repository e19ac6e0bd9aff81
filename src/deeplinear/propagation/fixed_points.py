"""All fixed points of a variance map, by bracketing: plain iteration never ends at criticality."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import brentq

from deeplinear.activations import Activation
from deeplinear.propagation.expectation import gaussian_mean

if TYPE_CHECKING:
    from deeplinear.arrays import Array

GRID = np.logspace(-12, 12, 24 * 8 + 1)
NOISE = 1e-14  # relative excess V(q)/q − 1, and distance of a slope from 1, whose sign rounding decides


class FixedPoint(NamedTuple):
    """A variance that a layer keeps.

    Attributes:
        q: the variance, ``V(q) = q``.
        slope: ``V'(q)``; distances to q shrink by it in each layer.
        stable: whether nearby variances come here.
        chi: χ₁ = σ_w² E[φ'²] at q: growth of small differences, and of squared gradients, in each layer.
    """

    q: float
    slope: float
    stable: bool
    chi: float


def rtol_of(phi: Activation) -> float:
    """What two rules must agree to: finite differences carry fewer digits."""
    return 1e-9 if phi.derivatives == "finite differences" else 1e-13


def is_marginal(phi: Activation, slope: float) -> bool:
    """Whether a slope of the variance map is 1 as far as φ' is known."""
    return abs(slope - 1) <= (rtol_of(phi) if phi.derivatives == "finite differences" else NOISE)


def mean_square(phi: Activation, q: float) -> float:
    """``E[φ²]``."""
    return float(gaussian_mean(lambda h: np.square(phi(h)), q, phi.kinks))


def mean_slope(phi: Activation, q: float) -> float:
    """``d E[φ²] / dq = E[φ φ' h] / q``, which needs no φ'' and holds across kinks; its limit at q = 0."""
    if q > 0:
        return float(gaussian_mean(lambda h: phi(h) * phi.derivative(h) * h, q, phi.kinks, rtol_of(phi)) / q)
    sides = mean_derivative_square(phi, 0.0)
    start, below, above = float(phi(np.zeros(1))[0]), *sides_of_zero(phi)
    if start == 0:
        return sides
    return (
        float(np.copysign(np.inf, start * (above - below))) if above != below else sides + start * second_at_zero(phi)
    )


def mean_derivative_square(phi: Activation, q: float) -> float:
    """``E[φ'²]``."""
    return float(gaussian_mean(lambda h: np.square(phi.derivative(h)), q, phi.kinks, rtol_of(phi)))


def sides_of_zero(phi: Activation) -> tuple[float, float]:
    """φ' on both sides of 0."""
    tiny = float(np.finfo(np.float64).tiny)
    below, above = phi.derivative(np.array([-tiny, tiny]))
    return float(below), float(above)


def second_at_zero(phi: Activation) -> float:
    """φ''(0)."""
    return float(phi.second(np.zeros(1))[0])


@lru_cache(maxsize=32)
def squares(phi: Activation) -> Array:
    """``E[φ²]`` on the grid, the same for all σ_w and σ_b; NaN where the mean does not settle."""
    table = np.full(GRID.size, np.nan)
    for number, q in enumerate(GRID):
        try:
            table[number] = mean_square(phi, float(q))
        except RuntimeError:
            continue
    return table


@lru_cache(maxsize=32)
def bound(phi: Activation) -> float:
    """``sup φ²``, infinite unless φ saturates."""
    h = np.logspace(-3, 8, 2201)
    values = np.square(phi(np.concatenate([-h[::-1], h])))
    inner = values[np.abs(np.concatenate([-h[::-1], h])) < 1e4]
    return float(values.max()) if values.max() <= 1.01 * inner.max() else np.inf


def drift(phi: Activation, weight_std: float, bias_std: float, low: float, high: float) -> int:
    """Whether variances between two neighbouring fixed points grow (1), shrink (-1) or are kept as far as float64 tells (0).

    The excess ``V(q)/q − 1`` has one sign between them, which rounding decides where it is tiny (at criticality hard tanh
    takes ``e^(−1/2q)`` of a variance q). So the sign is read at the first places that tell it, seen from ``low``.
    """
    inside = slice(*np.searchsorted(GRID, [low, high]))
    excess = (weight_std**2 * squares(phi)[inside] + bias_std**2) / GRID[inside] - 1
    told = excess[np.abs(excess) > NOISE]
    return int(np.sign(told[0])) if told.size else 0


def positive_fixed_points(phi: Activation, weight_std: float, bias_std: float) -> list[float]:
    """All q > 0 with ``σ_w² E[φ²] + σ_b² = q`` that eight points a decade from 1e-12 to 1e12 tell apart, ascending."""

    def excess(q: float) -> float:
        return (weight_std**2 * mean_square(phi, q) + bias_std**2) / q - 1

    def bend(q: float) -> float:
        slope = weight_std**2 * mean_slope(phi, q)
        return slope - (weight_std**2 * mean_square(phi, q) + bias_std**2) / q

    q, square = GRID, squares(phi)
    if 0 < bias_std**2 < 2 * q[0]:
        low = np.geomspace(bias_std**2 / 2, q[0], 8, endpoint=False)
        q, square = np.concatenate([low, q]), np.concatenate([[mean_square(phi, float(x)) for x in low], square])
    keep = q <= 10 * max(weight_std**2 * bound(phi) + bias_std**2, q[0])
    q, square = q[keep], square[keep]
    if np.isnan(square).any():
        mean_square(phi, float(q[np.isnan(square)][0]))  # raises, and says why
    over = (weight_std**2 * square + bias_std**2) / q - 1
    counts = np.abs(over) > NOISE
    q, over = q[counts], over[counts]
    found = []
    for a, b, ra, rb in zip(q[:-1], q[1:], over[:-1], over[1:], strict=True):
        if ra * rb < 0:
            found.append(root(excess, a, b))
        elif min(abs(ra), abs(rb)) < 0.1:  # the map may touch the diagonal twice between two grid points
            da, db = bend(a), bend(b)
            if ra * da < 0 < rb * db:
                turn = root(bend, a, b)
                if ra * excess(turn) < 0:
                    found += [root(excess, a, turn), root(excess, turn, b)]
    return found


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """A bracketed root, to rounding."""
    return float(brentq(function, low, high, xtol=4e-16 * low, rtol=4 * np.finfo(float).eps))  # pyright: ignore[reportArgumentType]
