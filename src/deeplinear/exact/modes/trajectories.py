"""From a formula of one mode to a whole network: decoupled modes with any input powers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact.modes.aligned import to_white
from deeplinear.exact.modes.decoupled import Decoupled
from deeplinear.exact.modes.motion import Motion
from deeplinear.exact.trajectory import Trajectory
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.task import Array
    from deeplinear.weights import Weights

ABSENT = 1e-28  # share of the largest power: the square of a rounding, for powers are sums of squares


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
        away = (strengths(t) - targets)[:, power > 0]
        with np.errstate(over="ignore"):
            return task.floor + 0.5 * np.square(away) @ power[power > 0]

    def maps(t: Array) -> Array:
        now = strengths(t)
        lost = np.asarray(np.isinf(now).any(axis=1))  # steps that diverged
        out = np.einsum("ia,ta,ja->tij", u, np.where(lost[:, None], 0.0, now), v, optimize=True)
        return np.where(lost[:, None, None], np.inf, out)

    def crossing(fraction: float) -> Array:
        aims = fraction * s[moves]
        out = np.full(len(s), np.nan)
        learned = (aims > 0) & (law.limits > aims)
        there = begun[moves] * d >= aims
        times = law.learning_time(np.where(learned & ~there, aims, begun[moves] * d)) if moves.any() else aims
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
            now = law.layers(t[:, None]) / power[moves] ** (1 / len(start.layers))
            grown[:, :, moves] = np.where(t[:, None] == 0, grown[:, :, moves], now)
        grown -= start.layers[:, None]
        lost = np.asarray(np.isinf(grown).any(axis=(0, 2)))[:, None, None]
        grown = np.where(np.moveaxis(lost, 2, 0), 0.0, grown)
        return tuple(
            np.where(lost, np.inf, w + (above * change[:, None, :]) @ below.T)
            for w, change, below, above in zip(begun_layers, grown, start.frames[:-1], start.frames[1:], strict=True)
        )

    final = begun.copy()
    final[moves] = law.limits / d
    rates = d / clocks * np.maximum(targets[moves], np.abs(begun[moves]))
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
    )


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
