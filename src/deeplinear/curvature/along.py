"""Curvature along solutions that no formula covers: the Hessian at the weights of each time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.curvature.lanczos import extremes_at, largest_at
from deeplinear.exact import checks
from deeplinear.weights import end_to_end, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.law import Law
    from deeplinear.reduction import Reduction
    from deeplinear.task import Task
    from deeplinear.weights import Weights


class Run(Protocol):
    """What `deeplinear.descend` returns, as far as it is needed here."""

    times: Array
    rates: Array
    reduction: Reduction

    def weights_at(self, steps: ArrayLike) -> Weights: ...  # noqa: D102


def points(layers: Weights) -> list[Weights]:
    """Layers with a leading axis of times, time by time."""
    return [tuple(w[i] for w in layers) for i in range(len(layers[0]))]


def extremes_along(task: Task, layers: Weights) -> tuple[Array, Array]:
    """Smallest and largest eigenvalue of the Hessian at each time, shape ``(T,)`` each; layers ``(T, n_l, n_{l-1})``."""
    found = np.array([extremes_at("sharpness_path", task, here) for here in points(layers)]).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def gauss_newton_along(task: Task, layers: Weights) -> Array:
    """Largest eigenvalue of the Gauss-Newton matrix at each time, shape ``(T,)``."""
    return np.array([largest_at("sharpness_path", task, here, residual=False) for here in points(layers)])


def layers_of(law: Law) -> Callable[[Array], Weights]:
    """Times to layers, also for laws that follow the end-to-end map alone: those are of balanced layers.

    Balanced layers are their map up to turns of the hidden layers, which leave the Hessian's eigenvalues alone.
    """
    if law.trajectory.weights is not None:
        return law.weights
    sizes = widths(law.start)

    def balanced(t: Array) -> Weights:
        u, s, vt = np.linalg.svd(law(t).maps, full_matrices=False)
        rank, depth = min(sizes), len(sizes) - 1
        u, s, vt = u[..., :rank], s[..., :rank], vt[..., :rank, :]
        s = np.where(s > np.finfo(float).eps * max(sizes) * s[..., :1], s, 0.0)  # a small root of rounding is not small
        each = s ** (1 / depth)
        if depth == 1:
            return ((u * each[:, None, :]) @ vt,)
        layers = [np.zeros((len(t), above, below)) for below, above in itertools.pairwise(sizes)]
        layers[0][:, :rank] = each[:, :, None] * vt
        layers[-1][:, :, :rank] = u * each[:, None, :]
        for layer in layers[1:-1]:
            layer[:, range(rank), range(rank)] = each
        return tuple(layers)

    return balanced


def descended(
    run: Run, times: ArrayLike | None
) -> tuple[Task, Array, Array, Weights, Callable[[Array], tuple[Array, Array]]]:
    """Task, steps, losses and layers of a run at whole steps, and the Hessian's ends between them, where weights stand still.

    Raises:
        ValueError: a run of several starts or rates, or steps out of range.
    """
    task, steps = run.reduction.task, checks.finite("sharpness_path", "times", run.times if times is None else times)
    layers = run.weights_at(steps)
    loss = task.loss(np.array([end_to_end(here) for here in points(layers)]))

    return task, np.atleast_1d(steps), loss, layers, BetweenSteps(run)


@dataclass(eq=False)
class BetweenSteps:
    """The Hessian's ends at any time of a run, each step computed once."""

    run: Run
    known: dict[float, tuple[float, float]] = field(default_factory=dict)

    def __call__(self, t: Array) -> tuple[Array, Array]:
        """Smallest and largest eigenvalue at these times, shape ``(T,)`` each."""
        steps = np.floor(t).tolist()
        for step in set(steps) - self.known.keys():
            layers = points(self.run.weights_at([step]))[0]
            self.known[step] = extremes_at("sharpness_path", self.run.reduction.task, layers)
        found = np.array([self.known[step] for step in steps]).reshape(-1, 2)
        return found[:, 0], found[:, 1]
