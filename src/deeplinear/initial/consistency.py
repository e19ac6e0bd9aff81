"""Eq. (18): does a task have the input's principal components as its own input modes, so that pretraining decouples it?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator, real_number, whole_number
from deeplinear.arrays import Array, real_array
from deeplinear.initial.autoencoder import compounded
from deeplinear.initial.orthogonal import haar
from deeplinear.task import Task, a_task
from deeplinear.task.alignment import off_diagonal_share, relative_norm


@dataclass(frozen=True, eq=False)
class Consistency:
    """How well the task's input modes V match the principal components Q, and what that says about pretraining.

    Attributes:
        task: that was looked at.
        block: ``VᵀΣ¹¹V`` on the modes that the task defines, shape ``(rank, rank)``.
        score: its off-diagonal share (`Task.diagonality`): 0 where eq. (18) holds on the span of V.
        leading: the same of the first three modes.
        random: scores of the same number of random directions, one for each draw.
        as_given: off-diagonal share of Σ¹¹ itself, in the inputs' own basis.
        outside: share of ``Σ¹¹V`` that leaves the span of V, ``‖(I − VVᵀ) Σ¹¹V‖/‖Σ¹¹V‖``.
        cosines: of the principal angles between V and as many leading principal components, descending.
    """

    task: Task
    block: Array
    score: float
    leading: float
    random: Array
    as_given: float
    outside: float
    cosines: Array

    @cached_property
    def weights_on_components(self) -> Array:
        """``(q_jᵀ v_α)²``: how task mode α is made of components, shape ``(n_in, rank)``; columns sum to one."""
        return (self.task.input_modes[1].T @ self.task.modes.v[:, : len(self.block)]) ** 2

    def passes(self, *, epochs: ArrayLike = np.inf, layers: int = 1, width: int | None = None, **options: Any) -> Array:
        """Part of each task mode that a pretrained stack passes on, ``v_αᵀ Q M Qᵀ v_α``, shape ``(rank,)``.

        It is also the early speed of learning: from a readout of zero, the first step of rate η moves mode α by η s_α
        times this.

        Args:
            epochs: of each layer; ``inf`` for the end.
            layers: pretrained layers.
            width: of the narrowest; all components if not given.
            **options: ``strength`` and ``rate``, as in `autoencoder.compounded`.
        """
        return self.components(epochs, layers, width, **options) @ self.weights_on_components

    def components(self, epochs: ArrayLike, layers: int, width: int | None, **options: Any) -> Array:
        """M of the whole stack for every component, shape ``(n_in,)``; arguments as in `passes`."""
        powers = self.task.input_modes[0]
        layers = whole_number("passes", "layers", layers, 0, 10**6, advice="it counts pretrained layers. Pass 1.")
        if width is not None:
            width = whole_number("passes", "width", width, 1, advice="it is that of the narrowest layer. Leave it out.")
        passing = np.zeros(len(powers))
        kept = slice(0, min(self.task.input_rank, len(powers) if width is None else width))
        passing[kept] = compounded(powers[kept], layers=layers, epochs=epochs, **options)
        return passing

    def out_of_reach(self, kept: int) -> float:
        """Loss above the task's floor that the best map of the ``kept`` leading components has: what frozen encoders cost."""
        powers, vectors = self.task.input_modes
        kept = whole_number("out_of_reach", "kept", kept, 0, len(powers), "it counts components.")
        rest = (self.task.optimum @ vectors)[:, kept:]
        return 0.5 * float(powers[kept:] @ (rest**2).sum(axis=0))

    def fine_tuning(
        self,
        steps: ArrayLike,
        *,
        rate: float,
        epochs: ArrayLike = np.inf,
        layers: int = 1,
        width: int | None = None,
        strength: float = 1e-4,
        pretraining_rate: float | None = None,
    ) -> Array:
        """Loss of the pretrained net after this many steps, as long as only its readout, begun at zero, has moved.

        Then every component is on its own: what is left of it shrinks by ``1 − η λ_j M_j`` a step. Encoders stay where
        they are while the readout is small beside them; its end is of size ``s/d``, which is below one wherever inputs are
        stronger than what is to be said about them.

        Args:
            steps: steps of descent, ``>= 0``, any shape.
            rate: η.
            epochs: of pretraining, of each layer.
            layers: pretrained layers.
            width: of the narrowest; all components if not given.
            strength: M of each layer before pretraining.
            pretraining_rate: of every layer, as ``rate`` in `autoencoder.compounded`.
        """
        powers, vectors = self.task.input_modes
        taken = real_array("fine_tuning", "steps", steps, ">= 0", "it counts steps of descent. Pass for example 100.")
        rate = real_number("fine_tuning", "rate", rate, "> 0", "only a positive rate descends. Pass for example 0.01.")
        gain = 0.5 * powers * ((self.task.optimum @ vectors) ** 2).sum(axis=0)
        passing = self.components(epochs, layers, width, strength=strength, rate=pretraining_rate)
        left = 1 - rate * powers * passing
        return self.task.floor + (left ** (2 * taken[..., None])) @ gain

    @property
    def verdict(self) -> str:
        """One sentence for a report; its thresholds are a choice, between MNIST (.13, .21 centred) and random directions."""
        if self.task.anisotropy < 1e-9:
            return "white inputs: every basis is principal, and pretraining decouples any task"
        if self.score < 0.15 and self.outside < 0.3:
            return "consistent: pretrained weights are nearly a decoupled start for this task"
        if len(self.block) < 2:
            return f"not consistent: {self.outside:.0%} of the one mode's image lies outside it"
        if self.score < self.random.mean() - 2 * self.random.std(ddof=1):
            return "partly consistent: better than chance, but pretraining mixes the task's modes"
        return "not consistent: the task's modes lie in the inputs no better than random directions do"

    def __str__(self) -> str:
        cosines = " ".join(f"{c:.3f}" for c in self.cosines)
        spread = f"{self.random.mean():.2f} ± {self.random.std(ddof=1):.2f}"
        return (
            f"V'Σ¹¹V off its diagonal, {len(self.block)} modes: {self.score:.3f} (first {min(3, len(self.block))}: "
            f"{self.leading:.3f}), random directions {spread}, inputs as given {self.as_given:.3f}\n"
            f"Σ¹¹V outside the span of V: {self.outside:.1%}\n"
            f"V against leading principal components, cosines: {cosines}\n{self.verdict}"
        )

    def draw(self, figure: Any) -> None:
        """Left: ``VᵀΣ¹¹V``. Right: what stacks that pass the leading components only let through of each mode."""
        left, right = figure.subplots(1, 2)
        draw_matrix(left, self.block, f"VᵀΣ¹¹V, off-diagonal share {self.score:.3f}", "task mode")
        modes = np.arange(1, len(self.block) + 1)
        kept = np.unique(np.geomspace(1, self.task.input_rank, 5).round().astype(int))
        for number, k in enumerate(kept):
            right.plot(
                modes, self.weights_on_components[:k].sum(axis=0), "o-", ms=4, color=str(0.8 - 0.2 * number), label=k
            )
        right.set_title("What k leading components pass on", loc="left", fontsize=10.5)
        right.set_xlabel("task mode")
        right.set_ylabel("share of the mode")
        right.set_ylim(0, 1.05)
        right.legend(title="k", frameon=False)


def draw_matrix(axes: Any, matrix: Array, title: str, name: str) -> Any:
    """A symmetric matrix in units of its largest entry, three decades on either side of zero; returns the image."""
    from matplotlib.colors import SymLogNorm

    norm = SymLogNorm(linthresh=1e-3, linscale=0.5, vmin=-1, vmax=1)
    edge = len(matrix) + 0.5
    shown = axes.imshow(matrix / np.abs(matrix).max(), cmap="RdBu_r", norm=norm, extent=(0.5, edge, edge, 0.5))
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.set_xlabel(name)
    axes.set_ylabel(name)
    return shown


def consistency(task: Task, *, draws: int = 20, rng: int | np.random.Generator | None = 0) -> Consistency:
    """Hold the task's input modes against the principal components of its inputs.

    Where they agree, ``Q = V`` (eq. 18), greedy pretraining ``W_1 = R M^½ Qᵀ`` is a decoupled start for the task. Only
    the ``rank Σ³¹`` modes that the task defines are looked at.

    Args:
        task: with at least one mode to learn.
        draws: random bases to compare with, at least two.
        rng: seed or generator of those.

    Returns:
        A `Consistency`; print it, draw it, or ask it what pretraining will do.

    Raises:
        ValueError: a task without modes, or too few draws.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 3, eq. (18) and Fig. 5; the scores and predictions are
        derived here. The paper prints ``VΣ¹¹Vᵀ``; with singular vectors in columns it is ``VᵀΣ¹¹V``.

    Example:
        >>> found = consistency(Task.from_correlations(np.diag([4.0, 2.0, 1.0]), [[2.0, 0, 0], [0, 1, 0]]))
        >>> found.score, found.outside, found.cosines
        (0.0, 0.0, array([1., 1.]))
        >>> found.passes(width=1)
        array([1., 0.])
    """
    a_task("consistency", task)
    draws = whole_number("consistency", "draws", draws, 2, advice="a spread takes two random bases. Pass 20.")
    if task.rank == 0:
        raise ValueError(
            "consistency needs a task with modes, got Σ³¹ = 0: there is nothing to compare. Check the targets."
        )
    rng = generator("consistency", rng)
    s11, v, rank = task.input_correlation, task.modes.v[:, : task.rank], task.rank
    image = s11 @ v
    block = v.T @ image
    bases = (haar(task.n_in, rank, rng) for _ in range(draws))
    return Consistency(
        task=task,
        block=block,
        score=task.diagonality,
        leading=off_diagonal_share(block[:3, :3]),
        random=np.array([off_diagonal_share(basis.T @ s11 @ basis) for basis in bases]),
        as_given=off_diagonal_share(s11),
        outside=relative_norm(image - v @ block, image),
        cosines=np.asarray(np.linalg.svd(task.input_modes[1][:, :rank].T @ v, compute_uv=False), dtype=np.float64),
    )
