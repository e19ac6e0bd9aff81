"""How long a deep network takes to learn, and at which rate: one depth of Fig. 4."""

from __future__ import annotations

from concurrent.futures import CancelledError
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.task import Task


def study(
    task: Task,
    layers: int,
    width: int,
    strength: float,
    grid: Array,
    refine: int,
    threshold: float,
    steps: int,
    stop: Event,
) -> dict[str, float]:
    """One depth: the paper's grid, the finer grid, stable rates only, and whether the winners stay below threshold.

    Of the finer grid only the part around 2.5/Λ₁ runs: slower rates cannot win. Searches have equally many rates each,
    so that a depth is compiled once for all of them. Once ``stop`` is set, no further one begins.
    """
    from deeplinear import initial
    from deeplinear.simulate.linear.descent import descend

    start = initial.reduced_decoupled(task, hidden(task, layers, width), strength=strength)
    sharpness, flow_time = flow(task, layers, strength, threshold)

    def fastest(rates: Array) -> tuple[float, float]:
        if stop.is_set():
            raise CancelledError
        run = descend(task, start, rate=rates, until=threshold, stop="first", steps=steps)
        if np.isnan(run.learned_at).all():
            raise ValueError(
                f"fig4 needs a rate that learns within {steps} iterations, got none in {rates[0]:.3g} to "
                f"{rates[-1]:.3g} at {layers} layers: there is nothing to plot. Widen window or raise steps."
            )
        best = int(np.nanargmin(run.learned_at))
        return float(run.learned_at[best]), float(rates[best])

    fine_grid = np.geomspace(grid[0], grid[-1], refine * (len(grid) - 1) + 1)
    promising = np.sort(np.argsort(np.abs(np.log(fine_grid * sharpness / 2.5)), stable=True)[: 3 * len(grid)])
    coarse = fastest(grid)
    fine = min([coarse, *(fastest(fine_grid[promising[k::3]]) for k in range(3))])
    stable = fastest(2 / sharpness * np.geomspace(0.1, 1.0, len(grid)))
    again = descend(task, start, rate=[coarse[1], stable[1]], steps=steps)
    return {
        "iterations": coarse[0],
        "rate": coarse[1],
        "fine_iterations": fine[0],
        "fine_rate": fine[1],
        "stable_iterations": stable[0],
        "stable_rate": stable[1],
        "relapse": float(again.loss[0, int(coarse[0]) :].max()) / threshold,
        "stable_relapse": float(again.loss[1, int(stable[0]) :].max()) / threshold,
        "sharpness": sharpness,
        "flow_time": flow_time,
    }


def flow(task: Task, layers: int, strength: float, threshold: float) -> tuple[float, float]:
    """Λ₁ of (41), and the time that exact gradient flow at rate 1/Λ₁ takes to the threshold."""
    from deeplinear import initial
    from deeplinear.curvature.rates import task_sharpness
    from deeplinear.exact.solve import solve

    sharpness = float(task_sharpness(task, layers - 1))
    narrow = initial.decoupled(task, hidden(task, layers, task.n_out), strength=strength, rng=0)
    return sharpness, float(solve(task, narrow, tau=sharpness).time_to_loss(threshold))


def hidden(task: Task, layers: int, width: int) -> list[int]:
    """Widths of a network with this many layers."""
    return [task.n_in, *[width] * (layers - 2), task.n_out]


def both_widths(
    task: Task, layers: int, width: int, strength: float, rates: list[float], threshold: float, steps: int
) -> dict[str, Array]:
    """The same descents twice: every weight of the wide network moved, and its exact reduction."""
    from deeplinear import initial
    from deeplinear.simulate.linear.descent import descend

    widths = hidden(task, layers, width)
    wide, narrow = (
        descend(task, start, rate=rates, until=threshold, steps=steps, reduce=False)
        for start in (
            initial.decoupled(task, widths, strength=strength, rng=0),
            initial.reduced_decoupled(task, widths, strength=strength),
        )
    )
    return {
        "witness": np.array(layers),
        "witness_widths": np.array([width, max(narrow.reduction.reduced_widths[1:-1])]),  # type: ignore[union-attr]
        "witness_learned": np.array([wide.learned_at, narrow.learned_at]),
        "witness_loss": wide.loss,
        "narrow_loss": narrow.loss,
    }
