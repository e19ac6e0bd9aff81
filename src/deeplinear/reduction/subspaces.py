r"""Finding the small invariant subspaces in which a wide linear network moves.

Theorem. Let U_l ⊂ R^{n_l}, l = 0 … L, with orthonormal bases P_l, satisfy

* weights: ``W_l(0) U_{l-1} ⊂ U_l`` and ``W_l(0)ᵀ U_l ⊂ U_{l-1}`` for every layer;
* data: ``Σ¹¹ U_0 ⊂ U_0``, ``range Σ³¹ᵀ ⊂ U_0``, ``range Σ³¹ ⊂ U_L``;
* quiet complement: the end-to-end map has no part from outside U_0 to outside U_L. None is left where either is
  everything.

Then gradient descent moves only ``w_l = P_lᵀ W_l P_{l-1}``, which follow the same recursion on the small task
``P_0ᵀ Σ¹¹ P_0``, ``P_Lᵀ Σ³¹ P_0``, with the same loss at every step. Proof: each W_l is block diagonal in U ⊕ U⊥, so
products of layers and the error Σ³¹ − WΣ¹¹ are; the error's outer block is zero, so every gradient
``W_{L:l+1}ᵀ (Σ³¹ − WΣ¹¹) W_{l-1:1}ᵀ`` has a zero outer block, and induction over steps finishes it. The same holds for
momentum, for weight decay (the frozen block then shrinks by a scalar), and for gradient flow; it fails for elementwise
optimisers such as Adam.

The smallest such subspaces are found by pushing the task's inputs up and the outputs down until nothing new appears.
Orthogonal starts on white inputs close at ``rank Σ³¹ + 2 n_out`` dimensions, decoupled and balanced ones at ``n_out`` or
fewer; scaled Gaussian starts with two or more hidden layers fill the whole space and have no reduction.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.reduction import Reduction, projected
from deeplinear.weights import Weights, end_to_end, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.task import Task

NEW_DIRECTION = 1e-10  # a candidate whose part outside the span is smaller than this is rounding, not a direction
EXACT = 1e-12  # largest residual of the theorem's conditions at which a reduction counts as exact
SAME_POWER = 1e-12  # eigenvalues of Σ¹¹ that differ by less than this share are one eigenvalue
WORTHWHILE = 1.5  # a reduction that saves less than this is not worth its bases
MOST_SWEEPS = 12
MOST_GROWTH = 3  # hidden dimensions over inputs and outputs; the families that close stay below 2


class Subspace:
    """A growing orthonormal basis, shape ``(n, d)``; `add` returns the new columns."""

    def __init__(self, n: int):
        self.basis = np.zeros((n, 0))

    def add(self, block: Array) -> Array:
        """Extend by what ``block`` (columns of norm about one) has outside the span."""
        for _ in range(2):  # the second pass removes what rounding left of the first
            block = block - self.basis @ (self.basis.T @ block)
        if block.shape[1] and np.abs(block).max(initial=0.0) > NEW_DIRECTION:
            directions, sizes, _ = np.linalg.svd(block, full_matrices=False)
            directions = directions[:, sizes > NEW_DIRECTION]
            directions -= self.basis @ (self.basis.T @ directions)
            new = np.linalg.qr(directions)[0]
        else:
            new = block[:, :0]
        self.basis = np.hstack([self.basis, new])
        return new


class InputSubspace(Subspace):
    """A subspace of the inputs made of eigenvectors of Σ¹¹, so that it is closed under Σ¹¹."""

    def __init__(self, task: Task):
        super().__init__(task.n_in)
        powers, vectors = task.input_modes
        breaks = np.flatnonzero(-np.diff(powers) > SAME_POWER * powers[:-1]) + 1
        groups = np.split(vectors, breaks, axis=1)
        self.groups = [q for q in groups if q.shape[1] > 1]
        self.simple = np.hstack([np.zeros((task.n_in, 0)), *(q for q in groups if q.shape[1] == 1)])

    def add(self, block: Array) -> Array:
        """Extend by the eigen-components of ``block``."""
        before = self.basis.shape[1]
        for q in self.groups:
            super().add(q @ (q.T @ block))
        present = np.linalg.norm(self.simple.T @ block, axis=1) > NEW_DIRECTION
        self.basis = np.hstack([self.basis, self.simple[:, present]])
        self.simple = self.simple[:, ~present]
        return self.basis[:, before:]


def reduced(task: Task, weights: Weights, *, any_data: bool = False) -> Reduction:
    """The network inside its smallest invariant subspaces, or the network itself where they are not smaller.

    Args:
        task: the data, through Σ¹¹ and Σ³¹.
        weights: the start, already checked against the task.
        any_data: keep the whole input space, which makes the reduction hold for every mini-batch too.

    Returns:
        A `Reduction` in the eigenbasis of Σ¹¹; its conditions hold the measured residuals.
    """
    depth = len(weights)
    whole_outputs = task.n_out <= min(widths(weights))
    found = None
    if depth > 1:
        found = closed_subspaces(task, weights, whole_inputs=any_data, whole_outputs=whole_outputs)
        if found is not None and not whole_outputs and conditions(task, weights, found)["quiet complement"] > EXACT:
            found = closed_subspaces(task, weights, whole_inputs=any_data, whole_outputs=True)
    if found is not None:
        measured = conditions(task, weights, found)
        small = tuple(projected(w, p, q) for w, q, p in zip(weights, found, found[1:], strict=False))
        candidate = Reduction(task, small, widths(weights), found, measured, weights)
        if max(measured.values()) < EXACT and candidate.gain > WORTHWHILE:
            return candidate
    return unreduced(task, weights)


def unreduced(task: Task, weights: Weights) -> Reduction:
    """The network as it is, its inputs rotated into the eigenbasis of Σ¹¹."""
    vectors = task.input_modes[1]
    bases = (vectors, *(None for _ in weights))
    return Reduction(task, (weights[0] @ vectors, *weights[1:]), widths(weights), bases, {}, weights)


def closed_subspaces(
    task: Task, weights: Weights, *, whole_inputs: bool, whole_outputs: bool
) -> tuple[Array | None, ...] | None:
    """Smallest subspaces closed under the weights, their transposes and Σ¹¹.

    None when they outgrow their use, and where nothing reaches a layer (zero weights on both sides of it): no products have
    matrices without rows.
    """
    sizes = widths(weights)
    norms = [max(float(np.linalg.norm(w, 2)) if min(w.shape) < 64 else spectral_norm(w), 1e-300) for w in weights]
    spaces: list[Subspace] = [InputSubspace(task), *(Subspace(n) for n in sizes[1:])]
    u, _, v = (m[..., : task.rank] for m in task.modes)
    up: list[list[Array]] = [[] for _ in sizes]  # new columns still to be pushed to the next layer …
    down: list[list[Array]] = [[] for _ in sizes]  # … or pulled to the previous one

    def extend(level: int, block: Array) -> None:
        new = spaces[level].add(block)
        if new.shape[1]:
            up[level].append(new)
            down[level].append(new)

    extend(0, np.eye(task.n_in) if whole_inputs else v)
    extend(len(weights), np.eye(task.n_out) if whole_outputs else u)
    for _ in range(MOST_SWEEPS):
        for level in range(len(weights), 0, -1):
            blocks, down[level] = down[level], []
            if blocks:
                extend(level - 1, weights[level - 1].T @ np.hstack(blocks) / norms[level - 1])
        for level in range(len(weights)):
            blocks, up[level] = up[level], []
            if blocks:
                extend(level + 1, weights[level] @ np.hstack(blocks) / norms[level])
            if outgrown(spaces, sizes, level + 1):
                return None
        down[0] = []
        if not any(down):
            if not all(s.basis.shape[1] for s in spaces):
                return None
            full = [s.basis.shape[1] == n for s, n in zip(spaces, sizes, strict=True)]
            return tuple(
                None if whole and level else s.basis for level, (s, whole) in enumerate(zip(spaces, full, strict=True))
            )
    return None


def outgrown(spaces: list[Subspace], sizes: tuple[int, ...], level: int) -> bool:
    """Whether this layer's subspace grows without end, or what is known, carried on unchanged, saves too little."""
    known = [s.basis.shape[1] for s in spaces]
    if level < len(sizes) - 1 and known[level] > MOST_GROWTH * (known[0] + known[-1]):
        return True
    for above in range(level + 1, len(sizes)):
        known[above] = max(known[above], min(known[above - 1], sizes[above]))
    return sum(a * b for a, b in pairwise(sizes)) < WORTHWHILE * sum(a * b for a, b in pairwise(known))


def conditions(task: Task, weights: Weights, bases: tuple[Array | None, ...]) -> dict[str, float]:
    """Relative residuals of the three conditions of the theorem."""
    first, last = bases[0], bases[-1]
    assert first is not None  # the input basis diagonalises Σ¹¹ and is never left out
    leak = 0.0
    for w, q, p in zip(weights, bases, bases[1:], strict=False):
        size = float(np.linalg.norm(w)) or 1.0
        pushed, pulled = projected(w, None, q), projected(w, p, None)
        leak = max(leak, outside(pushed, p) / size, outside(pulled.T, q) / size)
    s11, s31 = task.input_correlation, task.input_output_correlation
    image = s11 @ first
    spill = float(np.linalg.norm(image - first * np.einsum("ia,ia->a", first, image)) / np.linalg.norm(s11))
    missed = max(outside(s31.T, first), outside(s31, last)) / (float(np.linalg.norm(s31)) or 1.0)
    noise = 0.0
    if last is not None:
        total = end_to_end(weights)
        inner = last @ (last.T @ total @ first) @ first.T
        noise = float(np.linalg.norm(total - inner)) / (float(np.linalg.norm(total)) or 1.0)
    return {"weights stay inside": leak, "data stay inside": max(spill, missed), "quiet complement": noise}


def outside(block: Array, basis: Array | None) -> float:
    """Norm of what ``block`` has outside the span of ``basis``; None spans everything."""
    return 0.0 if basis is None else float(np.linalg.norm(block - basis @ (basis.T @ block)))


def spectral_norm(matrix: Array) -> float:
    """Largest singular value to a few per cent, by ten power steps: only the scale of candidates depends on it."""
    vector = matrix.sum(axis=0) + np.linspace(1.0, 2.0, matrix.shape[1])
    for _ in range(10):
        vector = matrix.T @ (matrix @ (vector / (np.linalg.norm(vector) or 1.0)))
    return float(np.sqrt(np.linalg.norm(vector)))
