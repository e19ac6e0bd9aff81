r"""The one integral behind learning at any depth: ``T_a(x) = ∫_0^x y^a / (1 − y) dy``, for ``−1 < a <= 2``.

It is the incomplete beta function ``B_x(1 + a, 0)``. Together with two powers it gives the time to learn, because
``x^{−p}/(1 − x) = x^{−p} + x^{1−p} + x^{2−p}/(1 − x)``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike
from scipy.special import digamma

if TYPE_CHECKING:
    from deeplinear.arrays import Array

TERMS = 60  # of either power series: both are used for arguments up to one half, and 2^-60 is nothing
DEGREE = 22  # that these shrink to in Chebyshev polynomials: their singularity at 1 gives (3 + √8)^-n


def powers_sum(logx: Array, a: float) -> Array:
    """Box-Cox power ``(x^a − 1)/a`` from log x; log x itself at a = 0."""
    return np.expm1(a * logx) / a if a else logx


def horner(coefficients: Array, x: Array) -> Array:
    """Polynomial with rising coefficients, in place: numpy's own makes a new array for each term."""
    out = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        out *= x
        out += c
    return out


def economised(series: ArrayLike) -> Array:
    """A power series on [0, 1/2] as a polynomial of low degree in ``4x − 1``."""
    nodes = chebyshev.chebpts1(DEGREE + 1)
    fitted = chebyshev.chebfit(nodes, horner(np.asarray(series, dtype=np.float64), (nodes + 1) / 4), DEGREE)
    return np.asarray(chebyshev.cheb2poly(fitted), dtype=np.float64)


@lru_cache(maxsize=64)
def near_zero(a: float) -> Array:
    """``Σ_k x^k/(k + 1 + a)``, economised."""
    return economised(1.0 / (np.arange(TERMS) + 1.0 + a))


@lru_cache(maxsize=64)
def near_one(a: float) -> Array:
    """``Σ_k c_k w^k/k`` with ``c_1 = a``, ``c_{k+1} = c_k (k − a)/(k + 1)``, economised; w = 1 − x."""
    k = np.arange(1, TERMS)
    c = a * np.cumprod(np.concatenate([[1.0], (k - a) / (k + 1.0)]))
    return economised(np.concatenate([[0.0], c / np.arange(1, TERMS + 1)]))


@lru_cache(maxsize=64)
def harmonic(a: float) -> float:
    """Harmonic number, ``∫_0^1 (1 − y^a)/(1 − y) dy = ψ(1 + a) + γ``: near 1, T_a is −log(1 − x) less this."""
    return float(digamma(1.0 + a) + np.euler_gamma)


def reduced_series(x: Array, a: float) -> Array:
    """``T_a(x) x^{−1−a}`` for ``0 <= x <= 1/2``."""
    return horner(near_zero(a), 4 * x - 1)


def tail(x: Array, w: Array, logx: Array, logw: Array, a: float) -> Array:
    """``T_a(x)`` for ``0 < x < 1``.

    Args:
        x: arguments, shape ``(n,)``.
        w: ``1 − x``, from a source that knows it better than the subtraction does.
        logx: log of x.
        logw: log of w; finite where w has underflowed.
        a: the power.

    Returns:
        Shape ``(n,)``, to a relative error of a few units in the last place.

    Source:
        Geometric series below one half; above, the expansion about 1 of the incomplete harmonic number. Derived here.
    """
    low = x <= 0.5
    if low.all():
        return np.exp((1 + a) * logx) * reduced_series(x, a)
    above = horner(near_one(a), 4 * np.minimum(w, 0.5) - 1) - logw - harmonic(a)
    if not low.any():
        return above
    # both branches on every point: a gather of scattered points costs more than the polynomial it saves
    below = np.exp((1 + a) * logx) * reduced_series(np.minimum(x, 0.5), a)
    return np.where(low, below, above)


def rising(x: Array, w: Array, logx: Array, logw: Array, q: float) -> Array:
    """``F(x) = ∫ dx x^{−1−q}/(1 − x)`` for a mode below its target; args as in `tail`, ``q = 1 − 2/depth``."""
    return powers_sum(logx, -q) + powers_sum(logx, 1 - q) + tail(x, w, logx, logw, 1 - q)


def falling(u: Array, s: Array, logw: Array, q: float) -> Array:
    """``H(u) = ∫_u^∞ du' u'^{−1−q}/(u' − s)`` for a mode above its target ``s >= 0``.

    Args:
        u: strengths, shape ``(n,)``, ``u > s``.
        s: targets, shape ``(n,)``; 0 is allowed.
        logw: ``log(u − s)``.
        q: ``1 − 2/depth``.
    """
    z, logu = s / u, np.log(u)
    low = z <= 0.5
    out = np.empty_like(u)
    out[low] = np.exp(-(1 + q) * logu[low]) * reduced_series(z[low], q)
    if not low.all():
        high = ~low
        gap = np.exp(logw[high] - logu[high])
        mantissa = horner(near_one(q), 4 * gap - 1) - (logw[high] - logu[high]) - harmonic(q)
        out[high] = mantissa * s[high] ** -(1 + q)
    return out
