"""Functions of y on Legendre panels: series, integrals from either end, values, and where a rising one takes given values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import legendre

if TYPE_CHECKING:
    from deeplinear.arrays import Array

NODES = 16
T, SHARES = legendre.leggauss(NODES)
TO_SERIES = legendre.legvander(T, NODES - 1).T * SHARES * (np.arange(NODES)[:, None] + 0.5)
FROM_LEFT = np.array([legendre.legval(T, legendre.legint(row, lbnd=-1)) for row in TO_SERIES.T]).T
FROM_RIGHT = SHARES - FROM_LEFT
STEPS, CLOSE, PATIENCE = 120, 1e-9, 30


def from_left(values: Array, half: Array, beyond: float) -> Array:
    """Integrals up to each node, shape ``(P, NODES)``, with ``beyond`` before the first panel; half widths ``(P, 1)``."""
    whole = (values @ SHARES)[:, None] * half
    return beyond + values @ FROM_LEFT.T * half + np.cumsum(whole, 0) - whole


def from_right(values: Array, half: Array, beyond: float) -> Array:
    """Integrals from each node to the end, with ``beyond`` after the last panel."""
    whole = (values @ SHARES)[:, None] * half
    later = np.concatenate([np.cumsum(whole[:0:-1], 0)[::-1], np.zeros((1, 1))])
    return beyond + values @ FROM_RIGHT.T * half + later


def at_end(values: Array, half: float, t: float) -> tuple[float, float]:
    """Value and logarithmic slope of a positive function at an end ``t = ±1`` of a panel, from its nodes."""
    series = TO_SERIES @ np.log(values)
    return float(np.exp(legendre.legval(t, series))), float(legendre.legval(t, legendre.legder(series)) / half)


def read(edges: Array, series: Array, y: Array) -> Array:
    """Values at y, shape ``(n,)``, of functions with series ``(P, NODES, F)`` on panels between edges: shape ``(n, F)``."""
    panel = np.clip(np.searchsorted(edges, y) - 1, 0, len(edges) - 2)
    left, right = edges[panel], edges[panel + 1]
    basis = legendre.legvander(np.clip((2 * y - left - right) / (right - left), -1, 1), NODES - 1)
    return np.einsum("nj,njf->nf", basis, series[panel])


def where(function: Callable[[Array], tuple[Array, Array]], ends: Array, targets: Array, close: float = CLOSE) -> Array:
    """The y at which a rising function, given with its slope, takes values between those at the first and last of ``ends``.

    Raises:
        RuntimeError: no convergence.
    """
    values = np.maximum.accumulate(function(ends)[0])
    cell = np.clip(np.searchsorted(values, targets), 1, len(ends) - 1)
    low, high = ends[cell - 1], ends[cell]
    share = np.divide(targets - values[cell - 1], values[cell] - values[cell - 1], out=np.full(targets.shape, 0.5),
                      where=values[cell] > values[cell - 1])  # fmt: skip
    y = low + np.clip(share, 0, 1) * (high - low)
    done = np.zeros(y.shape, dtype=bool)
    for k in range(STEPS):
        value, slope = function(y)
        low, high = np.where(value <= targets, y, low), np.where(value >= targets, y, high)
        step = (targets - value) / slope
        inside = (y + step >= low) & (y + step <= high) & (k < PATIENCE)  # a function that jumps needs halvings only
        after = np.where(inside, y + step, (low + high) / 2)
        done = np.abs(after - y) <= (CLOSE if k < PATIENCE else 1e-14) * np.maximum(1, np.abs(y))
        y = after
        if done.all():
            return y
    raise RuntimeError(
        f"where needs a function that rises, got one that does not reach {float(targets[~done][0])!r}: Newton's method did "
        f"not converge in {STEPS} steps. Please report the law and this number."
    )
