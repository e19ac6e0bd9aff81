"""Gaussian expectations that stay right where Gauss–Hermite does not: saturating functions at large variance, and kinks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arrays import as_float

if TYPE_CHECKING:
    from deeplinear.arrays import Array

REACH = 13.0  # standard deviations: what lies outside weighs 1e-38
LEVELS = 6  # doublings of the rule before a mean is given up
TINY = float(np.finfo(np.float64).tiny)
WIDE = 1e4  # variance above which a uniform step would need too many nodes


def rule(variance: float, kinks: Sequence[float] = (), level: int = 0) -> tuple[Array, Array]:
    """Nodes and weights for the mean over ``h ~ N(0, variance)``.

    Without kinks it is the trapezoid on the whole line, whose error falls like ``exp(−2π a / step)`` when the nearest pole
    lies a standard deviations off the real axis (π / 2√q for tanh: Gauss–Hermite converges far slower there). Between kinks,
    and from 0 outwards where the variance is very large, it is the double exponential rule, which crowds its nodes at the
    ends of each piece.

    Args:
        variance: q, ``>= 0``. At 0 the rule is the limit from above: both sides of a kink at 0 count half.
        kinks: places where the integrand or a derivative jumps.
        level: each one doubles the number of nodes; 0 gives means of the activations listed to 1e-13 for q up to 300.

    Returns:
        ``(h, weight)``, each of shape ``(n,)``; the weights sum to 1.

    Source:
        Trefethen & Weideman 2014, SIAM Review 56, 385 (trapezoid); Takahasi & Mori 1974 (double exponential).
    """
    if variance == 0:
        h = np.array([-TINY, TINY]) if 0.0 in kinks else np.zeros(1)
        return h, np.full(h.size, 1 / h.size)
    sd = math.sqrt(variance)
    if not len(kinks) and variance <= WIDE:
        z, weight = trapezoid(sd, level)
        return sd * z, weight
    breaks = np.unique([*kinks, 0.0] if variance > WIDE else [*kinks])
    inside = breaks[np.abs(breaks) < REACH * sd]
    h, length = pieces(np.array([-REACH * sd, *inside, REACH * sd]), level)
    return h, length * np.exp(-np.square(h / sd) / 2) / (sd * np.sqrt(2 * np.pi))


def trapezoid(sd: float, level: int) -> tuple[Array, Array]:
    """Uniform nodes z and standard normal weights, fine enough for features of size 1 in ``sd · z``."""
    count = int(np.ceil(REACH * max(sd, 1.0) / 0.15 * 2.0**level))
    z = np.arange(-count, count + 1, dtype=np.float64) * (REACH / count)
    return z, REACH / count * np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi)


def pieces(edges: Array, level: int) -> tuple[Array, Array]:
    """Double exponential nodes and lengths between neighbouring edges: ``(..., m + 1)`` edges to ``(..., m n)`` nodes."""
    step = 2.0 ** -(5 + level)
    t = step * np.arange(-round(4 / step), round(4 / step) + 1)
    near = 1 / (1 + np.exp(np.pi * np.sinh(np.abs(t))))  # distance to the nearer end, in lengths of the piece
    share = step * np.pi * np.cosh(t) * near * (1 - near)
    left, right = edges[..., :-1, None], edges[..., 1:, None]
    length = right - left
    nodes = np.where(t < 0, left + length * near, right - length * near)
    shape = (*edges.shape[:-1], -1)
    return np.clip(nodes, left, right).reshape(shape), (length * share).reshape(shape)


def gaussian_mean(
    function: Callable[[Array], Array], variance: float, kinks: Sequence[float] = (), rtol: float = 1e-13
) -> Array:
    """``E[f(h)]`` over ``h ~ N(0, variance)``, refined until two rules agree.

    Args:
        function: f, from nodes of shape ``(n,)`` to values of shape ``(..., n)``; smooth between the kinks.
        variance: q, ``>= 0``.
        kinks: places where f or a derivative jumps.
        rtol: largest difference of two rules, in units of ``E|f|``.

    Returns:
        The mean, shape ``(...,)``.

    Raises:
        ValueError: a variance that is negative or not finite.
        RuntimeError: f is not finite, grows too fast to have a mean, or never settles (a kink that was not named).

    Example:
        >>> float(gaussian_mean(np.square, 2.0).round(12))
        2.0
    """
    if not (np.isfinite(variance) and variance >= 0):
        raise ValueError(
            f"gaussian_mean needs a finite variance >= 0, got variance={variance!r}: there is no such Gaussian. "
            f"Pass the mean square of the pre-activations."
        )
    before, rest = None, np.inf
    for level in range(LEVELS):
        h, weight = rule(variance, kinks, level)
        values = finite(function, h, variance)
        mean, size = values @ weight, np.abs(values) @ weight
        if variance == 0:
            return mean
        if before is None:
            ends = finite(function, REACH * np.sqrt(variance) * np.array([-1.0, 1.0]), variance)
            grows(np.abs(ends).max(-1), size, rtol, variance)
        else:
            rest = np.max(np.abs(mean - before) / (size + 1e-290))  # squares of denormal numbers carry no digits
            if rest <= rtol:
                return mean
        before = mean
    raise RuntimeError(
        f"gaussian_mean needs a function that is smooth between its kinks, got kinks={tuple(kinks)!r}: at variance="
        f"{variance!r} two rules of the finest steps still differ by {rest:.1g} of the mean size, more than {rtol:.1g}. "
        f"Name the places where the function or a derivative jumps, as in as_activation(f, kinks=(0.5,)); gaussian_mean itself "
        f"also takes rtol."
    )


def finite(function: Callable[[Array], Array], h: Array, variance: float) -> Array:
    """Values at the nodes; says where they are not finite."""
    values = as_float("gaussian_mean needs a function of arrays with real values, got ", function(h))
    if not np.isfinite(values).all():
        bad = h[~np.isfinite(values).reshape(-1, h.size).all(0)][0]
        raise RuntimeError(
            f"gaussian_mean needs a function that is finite within {REACH:g} standard deviations, got variance={variance!r}: "
            f"it is not finite at {bad:.6g}. Lower the variance."
        )
    return values


def grows(ends: Array, size: Array, rtol: float, variance: float) -> None:
    """Refuses integrands that are not negligible where the rule stops."""
    if np.any(ends * np.exp(-(REACH**2) / 2) > rtol * size + 1e-290):
        raise RuntimeError(
            f"gaussian_mean needs a function that grows more slowly than exp(h²/2q), got variance={variance!r}: its mean "
            f"lies more than {REACH:g} standard deviations out. Lower the variance."
        )
