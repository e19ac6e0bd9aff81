"""From a formula to a whole network: decoupled modes with any input powers, and networks of one layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact import shallow
from deeplinear.exact.aligned import to_white
from deeplinear.exact.decoupled import Decoupled
from deeplinear.exact.law import Trajectory
from deeplinear.exact.motion import Motion
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.task import Array


def of_modes(motion: Callable[[Array, Array, Array], Motion], task: Task, start: Decoupled, tau: float) -> Trajectory:
    """Decoupled modes, each moving by one law of white inputs in its own scale; loss and maps follow from strengths.

    Modes without input power, with two layers at zero, or with neither target nor strength stay where they are.
    """
    u, s, v = task.modes
    begun, known = start.strengths, np.arange(len(s)) < task.rank
    s = np.where(known, s, 0.0)
    noise = start.powers <= 1e-13 * start.powers.max()
    underflowed = (begun == 0) & (start.layers != 0).all(axis=0)  # a long chain of small layers stays for ever
    moves = start.moving & ~noise & ((begun != 0) | known) & ~underflowed
    power = np.where(noise, 0.0, start.powers)
    d = power[moves]
    targets = np.where(known, s / np.where(noise, 1.0, start.powers), 0.0)
    layers, clocks = to_white(start.layers[:, moves], power=d, tau=tau)
    law = motion(s[moves], layers, clocks)

    def strengths(t: Array) -> Array:
        out = np.tile(begun, (len(t), 1))
        if moves.any():
            out[:, moves] = np.where(t[:, None] == 0, begun[moves], law.strengths(t[:, None]) / d)
        return out

    def loss(t: Array) -> Array:
        return task.floor + 0.5 * np.square(strengths(t) - targets) @ power

    def crossing(fraction: float) -> Array:
        aims = fraction * s[moves]
        out = np.full(len(s), np.nan)
        learned = (aims > 0) & (law.limits > aims)
        there = begun[moves] * d >= aims
        times = law.learning_time(np.where(learned & ~there, aims, begun[moves] * d)) if moves.any() else aims
        out[moves] = np.where(aims > 0, np.where(there, 0.0, np.where(learned, times, np.nan)), np.nan)
        out[~moves & known & (begun >= fraction * targets)] = 0.0
        return out

    def condition(t: Array) -> Array:
        out = np.zeros((len(t), len(s)))
        if moves.any():
            out[:, moves] = law.condition(t[:, None])
        return out

    final = begun.copy()
    final[moves] = law.limits / d
    rates = d / clocks * np.maximum(targets[moves], np.abs(begun[moves]))
    return Trajectory(
        strengths=strengths,
        loss=loss,
        maps=lambda t: np.einsum("ia,ta,ja->tij", u, strengths(t), v, optimize=True),
        crossing=crossing,
        condition=condition,
        limit=task.floor + 0.5 * float(np.square(final - targets) @ power),
        scale=1e-3 / max(float(rates.max(initial=0.0)), 1e-200),
    )


def of_one_layer(task: Task, start: Array, tau: float) -> Trajectory:
    """A network of one layer, any task."""
    how = {"task": task, "start": start, "tau": tau}

    def strengths(t: Array) -> Array:
        return np.where(t[:, None] == 0, task.strengths(start), shallow.strengths(t, **how))

    powers = task.input_modes[0]

    def crossing(fraction: float) -> Array:
        """First crossing on a grid of times, then bisection: sums of exponentials may turn back."""
        known = np.arange(len(task.targets)) < task.rank
        aims = np.where(known & (task.targets > 0), fraction * task.targets, np.inf)
        grid = np.concatenate([[0.0], tau * np.geomspace(1e-6 / powers[0], 100 / powers[task.input_rank - 1], 4000)])
        reached = strengths(grid) >= aims
        after = reached.argmax(axis=0)
        low, high = grid[np.maximum(after - 1, 0)], grid[after]
        for _ in range(60):
            middle = (low + high) / 2
            beyond = np.diagonal(shallow.strengths(middle, **how)) >= aims
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        return np.where(reached.any(axis=0), high, np.nan)

    return Trajectory(
        strengths=strengths,
        loss=lambda t: shallow.loss(t, **how),
        maps=lambda t: np.where(t[:, None, None] == 0, start, shallow.maps(t, **how)),
        crossing=crossing,
        condition=lambda t: np.zeros((len(t), len(task.targets))),
        limit=task.floor,
        scale=1e-3 * tau / float(powers[0]),
    )
