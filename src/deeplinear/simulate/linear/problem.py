"""What an engine is given, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.reduction import Reduction
    from deeplinear.weights import Weights


@dataclass(frozen=True, eq=False)
class Problem:
    """A start and its task, in coordinates where Σ¹¹ is diagonal.

    Attributes:
        weights: the start, shapes ``(d_l, d_{l-1})``.
        optimum: best linear map, shape ``(d_L, d_0)``.
        powers: input power along each coordinate, shape ``(d_0,)``; the error is ``(optimum − W) · powers``, which
            unlike ``Σ³¹ − W Σ¹¹`` does not cancel near the optimum.
        u: output sides of the task modes in columns, shape ``(d_L, k)``.
        v: input sides, shape ``(d_0, k)``: strengths are ``diag(uᵀ W v)``.
    """

    weights: Weights
    optimum: Array
    powers: Array
    u: Array
    v: Array

    @classmethod
    def inside(cls, reduction: Reduction) -> Problem:
        """A task seen from inside a reduction's subspaces."""
        task, first, last = reduction.task, reduction.bases[0], reduction.bases[-1]
        assert first is not None  # it diagonalises Σ¹¹ and is never left out
        powers = np.square(task.directions.root @ first).sum(axis=0)
        optimum, u = task.optimum @ first, task.modes.u
        if last is not None:
            optimum, u = last.T @ optimum, last.T @ u
        return cls(reduction.weights, optimum, powers, u, first.T @ task.modes.v)

    def excess(self, end_to_end: Array) -> Array:
        """Loss above the floor of maps ``(..., d_L, d_0)``, shape ``(...,)``."""
        return 0.5 * np.sum(self.powers * (self.optimum - end_to_end) ** 2, axis=(-2, -1))

    @property
    def mirrored(self) -> bool:
        """Whether inputs are the narrow side; engines then train the transposed layers in reverse order."""
        return self.optimum.shape[0] > self.optimum.shape[1]


@dataclass(frozen=True, eq=False)
class Batches:
    """Examples in a problem's coordinates, and which of them each step sees.

    Attributes:
        x: shape ``(examples, d_0)``.
        y: shape ``(examples, d_L)``.
        order: example indices of each step, shape ``(steps, batch)``.
        scale: what the error summed over a batch is multiplied by.
    """

    x: Array
    y: Array
    order: NDArray[np.intp]
    scale: float


@dataclass(frozen=True, eq=False)
class Trace:
    """What an engine recorded of ``runs`` = starts × rates, rates varying fastest.

    Attributes:
        steps: shape ``(T,)``; the last one is where the descent ended.
        excess: loss above the floor, shape ``(runs, T)``.
        reading: strengths ``(runs, T, k)``, or maps ``(runs, T, d_L, d_0)`` where asked for.
        learned: first step with excess loss below the threshold, shape ``(runs,)``; −1 for never.
        diverged: first step out of bounds, shape ``(runs,)``; −1 for never.
        weights: final weights of each run, where they were kept; or of one run at each record, where its path was asked for.
    """

    steps: NDArray[np.intp]
    excess: Array
    reading: Array
    learned: NDArray[np.intp]
    diverged: NDArray[np.intp]
    weights: list[Weights]
