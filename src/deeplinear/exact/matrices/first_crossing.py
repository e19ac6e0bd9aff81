"""When a strength first reaches an aim, for curves that may turn back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array

HALVINGS = 60  # of a bracket: to the last bit


def first_crossing(strengths: Callable[[Array], Array], aims: Array, grid: Array) -> Array:
    """First time on a grid at which each strength reaches its aim, refined by bisection.

    Args:
        strengths: times ``(T,)`` to strengths ``(T, k)``.
        aims: one for each mode, shape ``(k,)``; infinite for modes that are not asked about.
        grid: ascending times from 0, shape ``(G,)``. A rise and fall between two of them goes unseen.

    Returns:
        Times, shape ``(k,)``; 0 where a mode starts there, NaN where it never gets there.
    """
    reached = strengths(grid) >= aims
    after = reached.argmax(axis=0)
    low, high = grid[np.maximum(after - 1, 0)], grid[after]
    asked = reached.any(axis=0) & (after > 0)
    if asked.any():
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            beyond = np.diagonal(strengths(middle)) >= aims
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.where(reached.any(axis=0), high, np.nan)


def aims(task_targets: Array, rank: int, fraction: float) -> Array:
    """A fraction of each target; infinite where there is none."""
    known = np.arange(len(task_targets)) < rank
    return np.where(known & (task_targets > 0), fraction * task_targets, np.inf)
