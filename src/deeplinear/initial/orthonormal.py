"""Weights as chains of frames: ``W_l = R_{l+1} D_l R_lᵀ``, which decoupled and balanced starts share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from deeplinear.arrays import Array
from deeplinear.initial.orthogonal import haar
from deeplinear.task import Task
from deeplinear.weights import Weights


def chained(
    sizes: Sequence[int], ends: tuple[Array, Array], diagonals: Sequence[Array], rng: np.random.Generator
) -> Weights:
    """``W_l = R_{l+1} D_l R_lᵀ`` with the two outer frames given and Haar-random hidden ones.

    Args:
        sizes: ``(n_in, …, n_out)``.
        ends: R_1 and R_{L+1}, shapes ``(n_in, k)`` and ``(n_out, k)``.
        diagonals: D_l, one array of shape ``(k,)`` for each layer.
        rng: generator.
    """
    first, last = ends
    frames = [first, *(haar(n, first.shape[1], rng) for n in sizes[1:-1]), last]
    return tuple((above * d) @ below.T for (below, above), d in zip(pairwise(frames), diagonals, strict=True))


def outer_frames(sizes: Sequence[int], k: int, task: Task | None, rng: np.random.Generator) -> tuple[Array, Array]:
    """Frames ``(n_in, k)`` and ``(n_out, k)``: the task's k strongest modes, or Haar-random without a task."""
    if task is None:
        return haar(sizes[0], k, rng), haar(sizes[-1], k, rng)
    return task.modes.v[:, :k], task.modes.u[:, :k]


def completed(frame: Array, columns: int, rng: np.random.Generator) -> Array:
    """The frame with Haar-random orthonormal columns added until there are ``columns``."""
    rows, k = frame.shape
    if columns == k:
        return frame
    complement = np.linalg.qr(frame, mode="complete")[0][:, k:]
    return np.hstack([frame, complement @ haar(rows - k, columns - k, rng)])
