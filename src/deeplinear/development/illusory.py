"""Illusory correlations: what the network believes on its way, and unlearns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arguments import real_number
from deeplinear.curve import Curve
from deeplinear.development.similarity import checked
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True)
class Illusion:
    """A belief that goes beyond both its start and its end.

    Attributes:
        item: input, from 0.
        attribute: output, from 0.
        peak_time: recorded time at which the belief is farthest out.
        peak: its value then.
        final: its value at the end of the curve.
        excess: how far the peak lies above the larger of start and end, or, negative, below the smaller.
    """

    item: int
    attribute: int
    peak_time: float
    peak: float
    final: float
    excess: float


def predictions(curve: Curve, task: Task) -> Array:
    """Predicted attributes ``ŷ_m^i(t) = Σ_α a_α(t) u_α^m v_α^i`` of each item, shape ``(..., T, items, attributes)``.

    Exact where the network is decoupled; else the part of its map that lies along the modes (``curve.maps`` has all).

    Args:
        curve: from a law or from descent on this task.
        task: one-hot items, white.

    Raises:
        ValueError: the curve is not of this task, or inputs are not one-hot.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116.
    """
    checked("predictions", curve, task)
    u, _, v = task.modes
    return (v * curve.strengths[..., None, :]) @ u.T


def illusory(curve: Curve, task: Task, *, least: float = 0.05) -> tuple[Illusion, ...]:
    """Beliefs that rise beyond their final value, or first move the wrong way, and come back.

    Between the times at which two modes are learned the network knows only the broader one, and credits an item with what
    its relatives have. A network without hidden layer learns all modes together, each belief relaxes as one exponential,
    and none of this happens.

    Args:
        curve: see `predictions`; one start and rate, run until learned, since its end counts as final.
        task: see `predictions`.
        least: smallest excess that counts, as a share of the largest final belief; > 0.

    Returns:
        Illusions, the largest excess first; empty if there are none.

    Raises:
        ValueError: as `predictions`, a batched curve, or ``least`` not positive.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116, illusory correlations; the measure is ours.

    Example:
        >>> from deeplinear import Task, initial, solve
        >>> task = Task.from_correlations(np.eye(3), [[1, 1, 1], [1, 1, 0]])  # all live, two fly
        >>> law = solve(task, initial.decoupled(task, [3, 2, 2], strength=1e-4, rng=0))
        >>> found = illusory(law(np.linspace(0, 50, 2001)), task)[0]
        >>> found.item, found.attribute, round(found.peak, 2), abs(found.final) < 1e-6
        (2, 1, 0.47, True)
    """
    least = real_number("illusory", "least", least, "> 0", "it is a share of the largest belief. Pass 0.05.")
    checked("illusory", curve, task)
    if curve.strengths.ndim != 2:
        raise ValueError(
            f"illusory needs one start and one rate, got strengths of shape {curve.strengths.shape}: each run has its own "
            f"illusions. Pass them one by one."
        )
    paths = predictions(curve, task).reshape(len(curve.times), -1)
    low, high = np.minimum(paths[0], paths[-1]), np.maximum(paths[0], paths[-1])
    beyond = np.where(paths > high, paths - high, np.minimum(paths - low, 0.0))
    when = np.abs(beyond).argmax(axis=0)
    excess = np.take_along_axis(beyond, when[None], axis=0)[0]
    order = np.argsort(-np.abs(excess), kind="stable")
    return tuple(
        Illusion(
            item=int(pair // task.n_out),
            attribute=int(pair % task.n_out),
            peak_time=float(curve.times[when[pair]]),
            peak=float(paths[when[pair], pair]),
            final=float(paths[-1, pair]),
            excess=float(excess[pair]),
        )
        for pair in order
        if np.abs(excess[pair]) >= least * np.abs(paths[-1]).max() > 0
    )
