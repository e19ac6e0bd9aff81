"""A narrow network that moves exactly as a wide one does."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deeplinear.weights import Weights, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.task import Task


@dataclass(frozen=True, eq=False)
class Reduction:
    r"""A wide network's motion inside its invariant subspaces.

    With orthonormal bases P_l of subspaces U_l such that the weights at the start are block diagonal in
    ``U ⊕ U⊥``, the data live in U_0 and U_L, and the complement is quiet, gradient descent keeps
    ``W_l(k) = P_l w_l(k) P_{l-1}ᵀ + (W_l(0) − P_l w_l(0) P_{l-1}ᵀ)``, where w_l are the iterates of the small network
    on the small task. Losses are equal at every step.

    Attributes:
        task: the wide task.
        weights: w_l(0), shapes ``(d_l, d_{l-1})``.
        widths: ``(n_0, …, n_L)`` of the wide network.
        bases: P_l, shapes ``(n_l, d_l)``; None for a whole space kept as it is, and for the hidden layers of a start
            that was sampled directly. P_0 diagonalises Σ¹¹.
        conditions: each condition of the theorem with its measured relative residual.
        full: the wide weights at the start; None where they were never formed.

    Source:
        Exact reduction of wide linear networks; derivation in the docstring of `deeplinear.reduction.subspaces`.
    """

    task: Task
    weights: Weights
    widths: tuple[int, ...]
    bases: tuple[Array | None, ...]
    conditions: dict[str, float] = field(default_factory=dict)
    full: Weights | None = None

    @property
    def reduced_widths(self) -> tuple[int, ...]:
        """``(d_0, …, d_L)``."""
        return widths(self.weights)

    @property
    def gain(self) -> float:
        """How many times fewer weights there are to move."""
        wide, narrow = (sum(a * b for a, b in itertools.pairwise(w)) for w in (self.widths, self.reduced_widths))
        return wide / narrow

    def __repr__(self) -> str:
        return f"Reduction({self})"

    def __str__(self) -> str:
        wide, narrow = max(self.widths[1:-1], default=0), max(self.reduced_widths[1:-1], default=0)
        inputs, outputs = (f"{self.widths[i]} -> {self.reduced_widths[i]}" for i in (0, -1))
        how = "" if self.full is not None else ", sampled without a wide matrix"
        return (
            f"exact: {wide}-wide hidden layers -> {narrow}, inputs {inputs}, outputs {outputs} "
            f"({self.gain:.3g} times fewer weights{how})"
        )

    def lift_map(self, maps: Array) -> Array:
        """Wide end-to-end maps ``(..., n_out, n_in)`` from small ones ``(..., d_L, d_0)``; zero outside the subspaces."""
        return embedded(maps, self.bases[-1], self.bases[0])

    def lift(self, weights: Weights, decay: float = 1.0) -> Weights:
        """Wide weights from small ones.

        Args:
            weights: small weights after descent, shapes ``(d_l, d_{l-1})``.
            decay: what weight decay has left of the frozen part, ``(1 − rate · weight_decay)^steps``.

        Raises:
            ValueError: the start was sampled directly, so no wide weights exist.
        """
        if self.full is None:
            raise ValueError(
                f"lift needs the wide weights at the start, got a directly sampled one: {self.widths[1]}-wide matrices "
                f"were never formed. Build the weights with deeplinear.initial and let descend find the reduction."
            )
        return tuple(
            embedded(w - decay * w0, p, q) + decay * wide
            for p, q, w, w0, wide in zip(self.bases[1:], self.bases[:-1], weights, self.weights, self.full, strict=True)
        )


def embedded(matrix: Array, rows: Array | None, columns: Array | None) -> Array:
    """``rows @ matrix @ columnsᵀ``, where None stands for the identity."""
    matrix = matrix if rows is None else rows @ matrix
    return matrix if columns is None else matrix @ columns.T


def projected(matrix: Array, rows: Array | None, columns: Array | None) -> Array:
    """``rowsᵀ @ matrix @ columns``, where None stands for the identity."""
    matrix = matrix if columns is None else matrix @ columns
    return matrix if rows is None else rows.T @ matrix
