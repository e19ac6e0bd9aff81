"""The fastest of a grid of learning rates for one network: one point of Fig. 6A."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.reduction import Reduction
    from deeplinear.simulate.linear.run import Run
    from deeplinear.task import Task
    from deeplinear.weights import Weights

STRIDE = 3  # rates far beyond stability diverge in a few steps each: look at every third of them
SLOWEST = 0.01  # of the fastest rate that does not diverge; slower ones are left out
ROUNDS = ((4, 5), (16, 3), (64, 2))  # iterations, and how many rates go on to the next round


def fastest(
    task: Task,
    start: Weights | Reduction,
    *,
    grid: Array,
    threshold: float,
    steps: int,
    hold: int,
    dtype: type = np.float32,
) -> dict[str, float]:
    """The rate that first brings the loss below a threshold, and the fastest one that keeps it there.

    By successive halving: the rates of two decades below divergence run four iterations, those with the lowest losses
    sixteen, and so on, always beside the fastest one, whose loss often rises before it falls. The first
    round in which a rate learns decides.

    Args:
        task: what to learn.
        start: weights, which all move, or a reduction.
        grid: rates, descending.
        threshold: loss below which a network has learned.
        steps: most iterations.
        hold: iterations for which the loss must stay below the threshold to be kept there.
        dtype: of the descent.

    Returns:
        ``iterations`` and ``rate`` of the first crossing, the slower rate of equals (NaN iterations, and the rate of the
        lowest loss, where there is none); ``held_iterations`` and ``held_rate`` of the fastest crossing that stays (NaN
        where none does within ten times the iterations of the first); ``left``, the winner's last loss as a multiple of the threshold.

    Raises:
        ValueError: every rate diverges.

    Source:
        Successive halving: Jamieson & Talwalkar 2016, arXiv:1502.07943.
    """
    from deeplinear.simulate.linear.descent import descend

    def run(rates: Array, most: int, until: float | None = threshold) -> Run:
        return descend(task, start, rate=rates, until=until, stop="first", steps=most, reduce=False, dtype=dtype)

    first = next((i for i in range(0, len(grid), STRIDE) if bounded(run(grid[i : i + 1], ROUNDS[0][0]))[0]), None)
    if first is None:
        raise ValueError(
            f"fastest needs a rate that does not diverge, got none in {grid[-1]:.3g} to {grid[0]:.3g}. Go on to slower ones."
        )
    rates = grid[max(first - STRIDE + 1, 0) :]
    rates = rates[rates > SLOWEST * grid[first]]
    rounds = [*((most, goers) for most, goers in ROUNDS if most < steps), (steps, 0)]
    while True:
        most, goers = rounds.pop(0)
        found = run(rates, most)
        last = np.where(bounded(found), found.loss[:, -1], np.inf)
        learned = np.flatnonzero(np.isfinite(found.learned_at))
        if len(learned) or not goers:
            break
        edge = np.flatnonzero(np.isfinite(last))[:1]
        rates = rates[np.unique([*edge, *np.argsort(last, kind="stable")[:goers]])]
    if not len(learned):
        nothing = {"iterations": np.nan, "held_iterations": np.nan, "held_rate": np.nan}
        return nothing | {"rate": rates[last.argmin()], "left": last.min() / threshold}
    best = min(learned, key=lambda i: (found.learned_at[i], rates[i]))
    held = {"held_iterations": np.nan, "held_rate": np.nan}
    patience = min(steps, int(10 * found.learned_at[best]) + hold)
    for rate in grid[(grid <= rates[best]) & (grid > rates[best] / 10)]:
        crossed = run(np.array([rate]), patience).learned_at[0]
        if np.isnan(crossed):
            break
        if (run(np.array([rate]), int(crossed) + hold, None).loss[0, int(crossed) :] < threshold).all():
            held = {"held_iterations": crossed, "held_rate": rate}
            break
    return held | {"iterations": found.learned_at[best], "rate": rates[best], "left": last[best] / threshold}


def bounded(run: Run) -> Array:
    """Which runs of a batch did not diverge, shape ``(rates,)``."""
    return np.isnan(run.diverged_at)
