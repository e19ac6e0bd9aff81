"""From a formula of one mode to a whole network: decoupled modes with any input powers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact.modes.decoupled import Decoupled
from deeplinear.exact.modes.motion import Motion
from deeplinear.exact.rank_limited import best_map
from deeplinear.exact.trajectory import Trajectory
from deeplinear.task import Task
from deeplinear.weights import widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.weights import Weights

ABSENT = 1e-28  # share of the largest power: the square of a rounding, for powers are sums of squares
SADDLE = 1e-9  # of what there is to learn: more loss than this left, that the layers have room for, is a saddle


def of_modes(
    motion: Callable[[Array, Array, Array], Motion], task: Task, start: Decoupled, begun_layers: Weights, tau: float
) -> Trajectory:
    """Decoupled modes, each moving by one law of white inputs in its own scale; loss and maps follow from strengths.

    Modes without input power, with two layers at zero, or with neither target nor strength stay where they are.
    """
    u, s, v = task.modes
    begun, known = start.strengths, np.arange(len(s)) < task.rank
    s = np.where(known, s, 0.0)
    noise = start.powers <= ABSENT * start.powers.max()
    # a long chain of small layers stays for ever; two layers grow by exponentials, whatever their product
    underflowed = (begun == 0) & (start.layers != 0).all(axis=0) & (len(start.layers) > 2)
    moves = start.moving & ~noise & ((begun != 0) | known) & ~underflowed
    power = np.where(noise, 0.0, start.powers)
    targets = np.where(known, s / np.where(noise, 1.0, start.powers), 0.0)
    # tau da_l/dt = (s − d u) Π a_j is the white problem of target s/d in tau/d: layers need no scale, which would round them
    clocks = tau / power[moves]
    law = motion(targets[moves], start.layers[:, moves], clocks)

    def strengths(t: Array) -> Array:
        out = np.tile(begun, (len(t), 1))
        if moves.any():
            out[:, moves] = np.where(t[:, None] == 0, begun[moves], law.strengths(t[:, None]))
        return out

    def loss(t: Array) -> Array:
        away = (strengths(t) - targets)[:, power > 0]
        with np.errstate(over="ignore"):
            return task.floor + 0.5 * np.square(away) @ power[power > 0]

    def maps(t: Array) -> Array:
        now = strengths(t)
        lost = np.asarray(np.isinf(now).any(axis=1))  # steps that diverged
        out = np.einsum("ia,ta,ja->tij", u, np.where(lost[:, None], 0.0, now), v, optimize=True)
        return np.where(lost[:, None, None], np.inf, out)

    def crossing(fraction: float) -> Array:
        aims = fraction * targets[moves]
        out = np.full(len(s), np.nan)
        learned = (aims > 0) & (law.limits > aims)
        there = begun[moves] >= aims
        times = law.learning_time(np.where(learned & ~there, aims, begun[moves])) if moves.any() else aims
        times = np.where(np.isfinite(times), times, np.nan)
        out[moves] = np.where(aims > 0, np.where(there, 0.0, np.where(learned, times, np.nan)), np.nan)
        return out

    def condition(t: Array) -> Array:
        out = np.zeros((len(t), len(s)))
        if moves.any():
            out[:, moves] = law.condition(t[:, None])
        return out

    def weights(t: Array) -> Weights:
        grown = np.repeat(start.layers[:, None], len(t), axis=1)
        if moves.any():
            grown[:, :, moves] = np.where(t[:, None] == 0, grown[:, :, moves], law.layers(t[:, None]))
        grown -= start.layers[:, None]
        lost = np.asarray(np.isinf(grown).any(axis=(0, 2)))[:, None, None]
        grown = np.where(np.moveaxis(lost, 2, 0), 0.0, grown)
        return tuple(
            np.where(lost, np.inf, w + (above * change[:, None, :]) @ below.T)
            for w, change, below, above in zip(begun_layers, grown, start.frames[:-1], start.frames[1:], strict=True)
        )

    final = begun.copy()
    final[moves] = law.limits
    rates = power[moves] / clocks * np.maximum(targets[moves], np.abs(begun[moves]))
    return Trajectory(
        strengths=strengths,
        loss=loss,
        maps=maps,
        crossing=crossing,
        condition=condition,
        scale=1e-3 / max(float(rates.max(initial=0.0)), 1e-200),
        final=lambda: (u * final) @ v.T,
        ending=lambda: ending(task, start, final, targets),
        weights=weights,
        sensitivity=lambda: sensitivity(task, start, (u * final) @ v.T, targets, begun_layers),
    )


def sensitivity(task: Task, start: Decoupled, final: Array, targets: Array, weights: Weights) -> float:
    """Largest layer strength over the smallest seed from which a mode grows; infinite at a saddle.

    With ``a_1`` and ``a_2`` the weakest two layers of a mode the seed is ``(a_2 + a_1)/2``, or, where the sign is wrong and the
    mode has to turn round, ``(a_2 − a_1)/2``: a part of the start beyond the modes shifts it by about its own size.
    """
    best = best_map(task, min(widths(weights)))
    left = float(task.loss(final) - task.loss(best))
    if left > SADDLE * float(task.loss(np.zeros_like(best)) - task.loss(best)):
        return np.inf
    sizes = np.sort(np.abs(start.layers), axis=0)
    weakest, next_one = sizes[0], sizes[min(1, len(sizes) - 1)]
    seeds = (next_one + np.where(start.layers.prod(axis=0) < 0, -weakest, weakest)) / 2
    grow = start.moving & (np.arange(len(targets)) < task.rank) & (targets > 0)
    return float(sizes[-1].max() / seeds[grow].min()) if grow.any() else 1.0


def ending(task: Task, start: Decoupled, final: Array, targets: Array) -> str:
    """Where decoupled modes end, if not at the best linear map."""
    short = np.flatnonzero(np.abs(final - targets) > 1e-9 * np.abs(targets))
    if not short.size:
        return ""
    lacks = ", ".join(f"{i + 1} (s = {task.modes.s[i]:.4g})" for i in short)
    stuck = "two layers or more give it nothing, for want of hidden units or of weights"
    dies = "its sign is wrong and its weakest layers are equal"
    whys = [why for why, here in ((stuck, ~start.moving[short]), (dies, start.moving[short])) if here.any()]
    return f"a saddle that lacks mode {lacks}: {', or '.join(whys)}"
