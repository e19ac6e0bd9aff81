"""Correlations of examples, and all that a linear network sees of them: modes, directions, the best linear map, losses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.arrays import Array, real_array
from deeplinear.lazy import lazy
from deeplinear.task import alignment
from deeplinear.task.columns import Columns
from deeplinear.task.directions import (
    Directions,
    completed,
    is_multiple_of_identity,
    resolved_eigenvectors,
    rounding_of_correlation,
)
from deeplinear.task.left_out import LeftOut, listed
from deeplinear.task.mode_names import ModeName, loadings, mode_names


class Modes(NamedTuple):
    """Singular modes of Σ³¹ = Σ_α s_α u_α v_αᵀ (Saxe et al. 2014, eq. 3), thin: k = min(n_out, n_in) of them.

    Attributes:
        u: output singular vectors in columns, shape ``(n_out, k)``.
        s: singular values, shape ``(k,)``, descending.
        v: input singular vectors in columns, shape ``(n_in, k)``. Only the first ``task.rank`` columns are
            defined by the task; the rest complete them to orthonormal columns.
    """

    u: Array
    s: Array
    v: Array


class Measured(NamedTuple):
    """What examples tell more exactly than their correlations.

    Attributes:
        directions: in which inputs vary.
        floor: loss of the best linear map, from its residuals.
        output_powers: sum of squares of each target, shape ``(n_out,)``, or tr Σ³³ where no more is known.
        thin: whether directions are so few beside the inputs that Σ¹¹ is not formed before somebody asks for it.
    """

    directions: Directions
    floor: float
    output_powers: Array | float
    thin: bool = False


@lazy("input_correlation", "left_out")
@dataclass(frozen=True, eq=False, repr=False)
class Correlations:
    """Sufficient statistics of a linear regression; attributes as in `deeplinear.task.Task`.

    Which directions of the inputs occur is decided with every input measured by its own spread, so that units do not matter.
    """

    input_correlation: Array
    input_output_correlation: Array
    output_power: float
    examples: int = 1
    left_out: tuple[LeftOut, ...] = ()
    measured: Measured | None = None
    columns: Columns | None = None
    structure: Array | None = None

    def __repr__(self) -> str:
        counts = {"input": self.n_in, "output": self.n_out, "example": self.examples}
        sizes = ", ".join(f"{count} {name}{'s' if count != 1 else ''}" for name, count in counts.items())
        without = f", left out: {listed(self.left_out)}" if self.left_out else ""
        return f"Task({sizes}, rank {self.rank}{without})"

    @property
    def description(self) -> str:
        """What the data were understood to be, in one line: examples, features, targets, and what was left out or encoded."""
        if self.columns is None:
            return repr(self)
        what = "left out" if self.input_rank == self.n_in else "inputs that add nothing to the others"
        return f"{self.columns}; {what}: {listed(self.left_out)}" if self.left_out else str(self.columns)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, before any whitening; empty where the task was not made from examples."""
        return self.columns.features if self.columns else ()

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the outputs, shape ``(n_out,)``; empty where the task was not made from examples."""
        return self.columns.targets if self.columns else ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the outputs; empty where targets are numbers."""
        return self.columns.classes if self.columns else ()

    @property
    def n_in(self) -> int:
        """Number of inputs."""
        return self.input_output_correlation.shape[1]

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return self.input_output_correlation.shape[0]

    @cached_property
    def modes(self) -> Modes:
        """Singular modes of Σ³¹, strongest first."""
        u, s, vt = np.linalg.svd(self.input_output_correlation, full_matrices=False)
        return Modes(u, s, vt.T)

    @cached_property
    def loadings(self) -> Array | None:
        """Correlation of each feature, before any whitening, with the input of each mode, shape ``(features, k)``.

        Columns are those of ``modes``; the first ``rank`` have a name in ``mode_names``, the others nothing to teach. Units do not matter to it, and it has the sign of the mode. With raw inputs, whose means count, it is the cosine over
        examples. None for a white task with too many features.
        """
        return loadings(self)

    @cached_property
    def mode_names(self) -> tuple[ModeName, ...]:
        """The features and targets with the largest weight in each mode, shape ``(rank,)``; see `mode_names`."""
        return mode_names(self)

    @cached_property
    def rank(self) -> int:
        """Rank of Σ³¹: the modes there are to learn, singular values above ``√(tr Σ¹¹ · tr Σ³³)`` times a few roundings."""
        noise = rounding_of_correlation(self.input_power, self.output_power)
        return int((self.modes.s > noise).sum())

    @cached_property
    def input_power(self) -> float:
        """Sum of squared inputs, tr Σ¹¹."""
        return float(np.square(self.directions.root).sum() if self.thin else np.trace(self.input_correlation))

    @property
    def thin(self) -> bool:
        """Whether Σ¹¹ is known by a root with few rows, and is not formed before somebody reads it."""
        return self.measured is not None and self.measured.thin

    def spread(self, block: Array) -> Array:
        """``Σ¹¹ @ block``, by the root where Σ¹¹ is not formed; shape of the block, ``(n_in, ...)``."""
        if self.thin:
            root = self.directions.root
            return root.T @ (root @ block)
        return self.input_correlation @ block

    @property
    def output_powers(self) -> Array | float:
        """Sum of squares of each target, shape ``(n_out,)``, or tr Σ³³ where no more is known."""
        return self.measured.output_powers if self.measured else self.output_power

    @cached_property
    def directions(self) -> Directions:
        """Directions in which inputs vary, every input measured by its own spread."""
        return self.measured.directions if self.measured else Directions.from_correlation(self.input_correlation)

    @cached_property
    def input_modes(self) -> tuple[Array, Array]:
        """Principal components of the inputs: powers ``(n_in,)``, descending, and vectors in columns.

        Powers are 0 where inputs do not occur, and only there.

        Raises:
            ValueError: not enough memory for vectors of all inputs.
        """
        if self.thin:
            return completed(*self.directions.principal)
        if is_multiple_of_identity(self.input_correlation):
            return np.diag(self.input_correlation).copy(), np.eye(self.n_in)[:, ::-1].copy()
        root = self.directions.root
        powers, vectors = resolved_eigenvectors(self.input_correlation, lambda block: root @ block)
        powers[self.input_rank :] = 0.0
        return powers, vectors

    @property
    def principal(self) -> tuple[Array, Array]:
        """The first `input_rank` of `input_modes`, those with power: shapes ``(rank,)`` and ``(n_in, rank)``."""
        if self.thin:
            return self.directions.principal
        powers, vectors = self.input_modes
        return powers[: self.input_rank], vectors[:, : self.input_rank]

    @cached_property
    def input_rank(self) -> int:
        """How many directions of the inputs occur: those that are more than rounding in units of each input's spread."""
        return len(self.directions.sizes)

    @cached_property
    def optimum(self) -> Array:
        """The best linear map Σ³¹ (Σ¹¹)⁺, shape ``(n_out, n_in)``; zero on inputs that do not occur."""
        return self.directions.solve(self.input_output_correlation, self.output_powers)

    @cached_property
    def floor(self) -> float:
        """Loss of the best linear map; no linear network gets below it."""
        if self.measured:
            return self.measured.floor
        return max(0.0, 0.5 * (self.output_power - float(np.vdot(self.optimum, self.input_output_correlation))))

    @cached_property
    def mode_powers(self) -> Array:
        """Input power d_α = v_αᵀ Σ¹¹ v_α along each task mode, shape ``(k,)``."""
        return np.square(self.directions.root @ self.modes.v).sum(axis=0)

    @cached_property
    def anisotropy(self) -> float:
        """``‖Σ¹¹ − cI‖/‖Σ¹¹‖`` with c the mean power: 0 for white inputs."""
        return alignment.anisotropy(self)

    @cached_property
    def diagonality(self) -> float:
        """Off-diagonal share ``‖offdiag M‖/‖M‖`` of ``M = VᵀΣ¹¹V`` on the modes that the task defines.

        0 where the task's input modes are principal components of the inputs, the condition of eq. (18).
        """
        v = self.modes.v[:, : max(self.rank, 1)]
        return alignment.off_diagonal_share(v.T @ self.spread(v))

    @cached_property
    def misalignment(self) -> float:
        """How far the task's input modes are from principal components, in units of each mode: see `misalignment_of`."""
        return self.misalignment_of(np.arange(len(self.modes.s)) < self.rank)

    def misalignment_of(self, used: NDArray[np.bool_]) -> float:
        """How far some modes, shape ``(k,)``, are from principal components of the inputs: see `alignment.misalignment`."""
        return alignment.misalignment(self, used)

    @property
    def mode_turns(self) -> Array:
        """Angle by which rounding turns each input mode, shape ``(k,)``: infinite where modes tie."""
        return alignment.mode_turns(self.modes.s)

    def loss(self, maps: ArrayLike) -> Array:
        """``E = ½ Σ ‖y − W x‖²`` of end-to-end maps, shape ``(..., n_out, n_in)``; returns shape ``(...,)``.

        Written as the floor plus a quadratic form in W − W*, which does not cancel near the optimum as the
        statistics form ``½tr Σ³³ − tr WΣ³¹ᵀ + ½tr WΣ¹¹Wᵀ`` does.
        """
        away = (self.checked_maps("Task.loss", maps) - self.optimum) @ self.directions.root.T
        return self.floor + 0.5 * np.square(away).sum(axis=(-2, -1))

    def checked_maps(self, function: str, maps: ArrayLike) -> Array:
        """End-to-end maps, shape ``(..., n_out, n_in)``, as float64.

        Raises:
            ValueError: another shape, a NaN or an infinity.
        """
        found = real_array(function, "maps", maps, "finite", "no network has such a map. Check the weights.")
        if found.shape[-2:] != (self.n_out, self.n_in):
            raise ValueError(
                f"{function} needs maps of shape (..., {self.n_out}, {self.n_in}), got shape {found.shape}: rows are outputs. "
                f"Pass W_L ⋯ W_1, or deeplinear.weights.end_to_end(weights)."
            )
        return found

    def strengths(self, maps: ArrayLike) -> Array:
        """Mode strengths ``u_αᵀ W v_α`` of end-to-end maps, shape ``(..., n_out, n_in)``; returns ``(..., k)``."""
        u, _, v = self.modes
        return np.einsum("ia,...ij,ja->...a", u, self.checked_maps("Task.strengths", maps), v, optimize=True)

    @cached_property
    def targets(self) -> Array:
        """Strength of each mode in the best linear map, shape ``(k,)``: s for white inputs with Σ¹¹ = I."""
        return np.where(np.arange(len(self.modes.s)) < self.rank, self.strengths(self.optimum), 0.0)
