"""Decoupled weights: every mode of the task is a chain of scalars of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator
from deeplinear.arrays import real_array
from deeplinear.initial.orthonormal import chained, outer_frames
from deeplinear.initial.widths import checked_scales, checked_widths
from deeplinear.messages import shown
from deeplinear.task import Task, a_task
from deeplinear.weights import Weights


def decoupled(
    task: Task,
    widths: Sequence[int],
    *,
    strength: ArrayLike = 1e-3,
    layers: ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
) -> Weights:
    """``W_l = R_{l+1} D_l R_lᵀ`` with R_1 = V and R_{L+1} = U the task's modes, hidden R_l Haar frames, D_l diagonal.

    Args:
        task: whose modes to decouple; the ``k = min(widths)`` strongest take part.
        widths: ``(n_in, …, n_out)``, hidden layers narrower or wider than the task alike.
        strength: end-to-end strength u_0 > 0 at the start, one number or one for each of the k modes; every layer has
            its L-th root.
        layers: if given, the diagonals themselves, shape ``(L,)`` or ``(L, k)``, any sign, equal or not.
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``; balanced unless ``layers`` differ.

    Raises:
        ValueError: widths that do not fit the task, strength not positive, layers of a wrong shape.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, sections 1.3 and 2 and appendix C.

    Example:
        >>> from deeplinear import Task, weights
        >>> task = Task.from_modes([3.0, 1.0])
        >>> weights.strengths(decoupled(task, [2, 5, 7, 2], strength=0.01, rng=0), task).round(12)
        array([0.01, 0.01])
    """
    a_task("decoupled", task)
    sizes = checked_widths("decoupled", widths, task)
    depth, k = len(sizes) - 1, min(sizes)
    if layers is None:
        diagonals = np.tile(checked_scales("decoupled", "strength", strength, k, "modes") ** (1 / depth), (depth, 1))
    else:
        given = real_array("decoupled", "layers", layers, "finite", "it is a strength. Check the layers.")
        if given.shape not in ((depth,), (depth, k)):
            raise ValueError(
                f"decoupled needs finite layers of shape ({depth},) or ({depth}, {k}), got layers={shown(layers)}: one "
                f"strength for each layer (and mode). Pass for example [0.1] * {depth}."
            )
        diagonals = np.broadcast_to(given.reshape(depth, -1), (depth, k))
    rng = generator("decoupled", rng)
    return chained(sizes, outer_frames(sizes, k, task, rng), list(diagonals), rng)
