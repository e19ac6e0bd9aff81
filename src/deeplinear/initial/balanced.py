"""Balanced weights: neighbouring layers share their singular values and the frame between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator
from deeplinear.initial.orthonormal import chained, outer_frames
from deeplinear.initial.widths import checked_scales, checked_widths
from deeplinear.task import Task
from deeplinear.weights import Weights


def balanced(
    widths: Sequence[int],
    *,
    strength: ArrayLike = 1e-3,
    task: Task | None = None,
    rng: int | np.random.Generator | None = None,
) -> Weights:
    """Balanced layers ``W_{l+1}ᵀ W_{l+1} = W_l W_lᵀ`` of given strengths, aligned with nothing, or with a task.

    ``W_l = R_{l+1} D R_lᵀ`` with one diagonal D for all layers. Every balanced network of distinct strengths has this form;
    gradient flow keeps it balanced. With a task R_1 and R_{L+1} are its modes, which makes the start decoupled as well.

    Args:
        widths: ``(n_in, …, n_out)``, any.
        strength: singular values of the end-to-end map, > 0, one number or one for each of ``min(widths)``; every layer
            has their L-th roots.
        task: if given, the task whose strongest modes the strengths belong to, in order.
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``, each of rank ``min(widths)``.

    Raises:
        ValueError: unusable widths, widths that do not fit the task, or strength not positive.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 1.3; without alignment, Fukumizu 1998 (two layers) and
        Arora, Cohen & Hazan 2018, arXiv:1802.06509, eq. (7) (any depth).

    Example:
        >>> w1, w2 = balanced([3, 5, 2], strength=[0.5, 0.1], rng=0)
        >>> bool(np.allclose(w2.T @ w2, w1 @ w1.T)), np.linalg.svd(w2 @ w1, compute_uv=False).round(12)
        (True, array([0.5, 0.1]))
    """
    sizes = checked_widths("balanced", widths, task)
    depth, k = len(sizes) - 1, min(sizes)
    root = checked_scales("balanced", "strength", strength, k, "modes") ** (1 / depth)
    rng = generator("balanced", rng)
    return chained(sizes, outer_frames(sizes, k, task, rng), [root] * depth, rng)
