r"""Two layers of one mode by their sum and their difference: one grows by the factor by which the other shrinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks

if TYPE_CHECKING:
    from deeplinear.arrays import Array

LARGEST = 1e150  # strength of a layer: its square, and that times a target, are still numbers


class Grown(NamedTuple):
    """One mode at some times.

    Attributes:
        plus: ``a + b``.
        minus: ``b − a``.
        u: the strength ``a b``.
        left: ``s − u``.
        apart: whether u is the difference of ``(a + b)²/4`` and ``(b − a)²/4`` without loss.
    """

    plus: Array
    minus: Array
    u: Array
    left: Array
    apart: Array


def sized(function: str, a0: ArrayLike, b0: ArrayLike) -> tuple[Array, Array]:
    """Layer strengths as arrays of finite numbers whose squares are finite too."""
    a0, b0 = checks.finite(function, "a0", a0), checks.finite(function, "b0", b0)
    for name, value in (("a0", a0), ("b0", b0)):
        need, advice = f"|{name}| < {LARGEST:g}", "float64 ends at its square. Rescale the task and the weights."
        checks.refuse(function, need, name, value, np.abs(value) >= LARGEST, advice)
    return a0, b0


def grown(t: Array, s: Array, a0: Array, b0: Array) -> Grown:
    r"""The mode at times in units of tau; every argument checked.

    With ``p = a0 + b0``, ``m = b0 − a0``, ``K = √(4s² + p² m²)``, ``e = exp(−K t)``, ``ρ = 1 + 2s/K`` and ``σ = 1 − 2s/K``:
    ``N = ρ + σ e + m² (1 − e)/K`` and ``D = σ + ρ e + p² (1 − e)/K`` have no negative terms, ``a + b = p √(N/D)``,
    ``b − a = m √(D/N)`` and ``s − u = (s − u0) 4e/(N D)``. The strength is ``((a + b)² − (b − a)²)/4``, or u0 and what was
    gained, or s less what is left: whichever adds the smallest numbers. Only roots of N and D are formed, so that layers of
    1e-300 keep their digits.
    """
    p, m, u0 = np.asarray(a0 + b0), np.asarray(b0 - a0), a0 * b0
    k = np.hypot(2 * s, p * m)
    flat = k == 0  # F vanishes: ρ = σ = 1, and (1 − e)/K is t
    rate = np.where(flat, 1.0, k)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        folds = np.where(flat, 0.0, t * k)
        root = np.exp(-folds / 2)
        span = np.where(flat, t, -np.expm1(-folds) / rate)
        rho = np.where(flat, 1.0, np.sqrt(k + 2 * s) / np.sqrt(rate))
        sigma = np.where(flat, 1.0, np.abs(p) * (np.abs(m) / (np.sqrt(rate) * np.sqrt(np.where(flat, 1.0, k + 2 * s)))))
        gain, loss = (np.where(x == 0, 0.0, np.abs(x) * np.sqrt(span)) for x in (p, m))
        above, below = np.hypot(np.hypot(rho, sigma * root), loss), np.hypot(np.hypot(sigma, rho * root), gain)
        plus, minus = np.where(p == 0, 0.0, p * (above / below)), np.where(m == 0, 0.0, m * (below / above))
        share = np.square(2 / (above * np.where(p == 0, rho, below / root)))  # of s − u0 that is left
        left = (s - u0) * share
        # 1 − share = (p² + (b − a)²) (1 − e)/(K D), in which nothing cancels
        won = (s - u0) * (np.square(gain / below) + np.square(minus * np.sqrt(span) / below))
        sizes = np.stack(
            np.broadcast_arrays(
                (np.square(plus) + np.square(minus)) / 4, np.abs(u0) + np.abs(won), np.abs(s) + np.abs(left)
            )
        )
        forms = np.stack(np.broadcast_arrays((plus - minus) * (plus + minus) / 4, u0 + won, s - left))
    best = np.argmin(np.where(np.isnan(sizes), np.inf, sizes), axis=0)
    return Grown(plus, minus, np.take_along_axis(forms, best[None], axis=0)[0], left, best == 0)
