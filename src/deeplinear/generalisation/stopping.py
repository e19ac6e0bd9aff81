"""The best time to stop: the global minimum of an error curve that may have several."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array

DEEPEST = 4  # minima on the grid that are refined
PRECISION = 1e-9  # of the logarithm of time; error is flat there


def best_time(error: Callable[[Array], Array], times: Array) -> float:
    """Time of the least error: 0 and infinity, the given times, and the minima between their neighbours.

    Args:
        error: times ``(T,)`` to errors ``(T,)``; takes infinity.
        times: where to look, ``(T,)``, positive and finite, dense enough that no two minima share a gap.

    Returns:
        The time; infinite where no finite time is better than never stopping.

    Raises:
        RuntimeError: the refinement did not converge.
    """
    from scipy.optimize import minimize_scalar

    times = np.unique(times)
    curve = error(np.concatenate([[0.0], times, [np.inf]]))
    inner = curve[1:-1]
    dips = np.flatnonzero((inner <= curve[:-2]) & (inner <= curve[2:]))
    dips = dips[np.argsort(inner[dips], kind="stable")][:DEEPEST]
    found = [(float(curve[-1]), np.inf), (float(curve[0]), 0.0)]
    for i in dips:
        low, high = np.log(times[max(i - 1, 0)]), np.log(times[min(i + 1, len(times) - 1)])
        if low == high:
            continue
        result = minimize_scalar(
            lambda x: float(error(np.array([np.exp(x)]))[0]),
            bounds=(low, high),
            method="bounded",
            options={"xatol": PRECISION},
        )
        if not result.success:
            raise RuntimeError(
                f"best_time needs its minimisation to converge, got {result.message!r}: this is a defect. Report the "
                f"parameters."
            )
        found += [(float(inner[i]), float(times[i])), (float(result.fun), float(np.exp(result.x)))]
    return min(found, key=lambda pair: pair[0])[1]
