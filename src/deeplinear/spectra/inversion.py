"""Where a rising function takes given values: Newton's method kept inside a bracket."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array

GRID = np.concatenate([np.arange(-100.0, -8.0, 4.0), np.arange(-8.0, 8.0, 0.5), np.arange(8.0, 100.1, 4.0)])
STEPS = 120  # Newton takes 3 to 6; halving alone would take 60
CLOSE = 1e-10  # a Newton step that short leaves an error of its square


def inverse(function: Callable[[Array], tuple[Array, Array]], targets: Array, *, what: str) -> Array:
    """Arguments y at which ``function(y)`` is ``targets``.

    Args:
        function: gives value and slope, shape of y; rises, and is close to a straight line of slope at least 1 below
            the first point of ``GRID``.
        targets: finite values, shape ``(n,)``. Beyond the function's value at the last point of ``GRID`` that point
            is the answer.
        what: names the function in the error.

    Returns:
        Arguments, shape ``(n,)``.

    Raises:
        RuntimeError: no convergence.

    Example:
        >>> inverse(lambda y: (2 * y + np.tanh(y), 2 + 1 / np.cosh(y) ** 2), np.array([0.0, 5.0]), what="a test").round(9)
        array([0.        , 2.01738235])
    """
    values = np.maximum.accumulate(function(GRID)[0])
    cell = np.searchsorted(values, targets)
    right = np.clip(cell, 1, len(GRID) - 1)
    beyond = GRID[0] - np.maximum(values[0] - targets, 0) - 1
    low, high = np.where(cell > 0, GRID[right - 1], beyond), np.where(cell > 0, GRID[right], GRID[0])
    rise = values[right] - values[right - 1]
    share = np.divide(targets - values[right - 1], rise, out=np.full(targets.shape, 0.5), where=rise > 0)
    y = np.where(cell > 0, low + np.clip(share, 0, 1) * (high - low), high)
    active = np.arange(targets.size)
    for _ in range(STEPS):
        at = y[active]
        value, slope = function(at)
        gap = targets[active] - value
        low[active] = np.where(gap >= 0, at, low[active])
        high[active] = np.where(gap <= 0, at, high[active])
        step = np.divide(gap, slope, out=np.full(at.shape, np.inf), where=slope > 0)
        inside = (at + step >= low[active]) & (at + step <= high[active])
        y[active] = np.where(inside, at + step, 0.5 * (low[active] + high[active]))
        close = inside & (np.abs(step) <= CLOSE * np.maximum(1, np.abs(at)))
        shut = high[active] - low[active] <= 4e-16 * np.maximum(1, np.abs(at))
        active = active[~(close | shut)]
        if not active.size:
            return y
    raise RuntimeError(
        f"inverse needs {what} to be reached, got {float(targets[active[0]])!r} after {STEPS} steps: Newton's method did "
        f"not converge. Please report the law and this number."
    )
