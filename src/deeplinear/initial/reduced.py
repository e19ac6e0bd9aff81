"""Starts of very wide networks, sampled directly in the few dimensions in which they move.

Up to a change of basis of each hidden layer, which gradient descent does not see, a network with Haar-orthogonal or
decoupled weights is known by its first layer, its last, and a scale. So a network of width 10⁶ and depth 1000 is
sampled, exactly, without any wide matrix. `deeplinear.descend` takes the result in place of weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator
from deeplinear.arrays import Array
from deeplinear.initial.widths import checked_scales, checked_widths
from deeplinear.reduction import Reduction, projected
from deeplinear.reduction.subspaces import reduced
from deeplinear.task import Task, a_task


def reduced_orthogonal(
    task: Task,
    widths: Sequence[int],
    *,
    gain: float = 1.0,
    rng: int | np.random.Generator | None = None,
) -> Reduction:
    """A random orthogonal start of any width: same law as `orthogonal`, no wide matrix.

    The law involves only how two random subspaces of the hidden space lie to each other: the range of W_1 (take it as
    the first n_0 coordinates) and the outputs pulled back through all layers above, a Haar frame B. In those
    coordinates B is the orthonormal factor of an N × n_out Gaussian matrix G, and of its lower N − n_0 rows only the
    triangular factor T matters, whose entries are independent (Bartlett): ``T_ii² ~ χ²(N − n_0 − i + 1)``,
    ``T_ij ~ N(0, 1)``. Hence ``W_1 = gI``, hidden layers ``gI``, ``W_L = g Bᵀ`` in n_0 + n_out dimensions, which are
    then cut down to those that the task can reach.

    Args:
        task: what will be learned.
        widths: ``(n_in, N, …, N, n_out)``, at least one hidden layer, all of one width N >= n_in and n_out.
        gain: scale of every layer, ``> 0``.
        rng: seed or generator.

    Returns:
        A `Reduction` without full weights; hidden dimensions ``rank Σ³¹ + 2 n_out`` for white inputs, otherwise at
        most ``n_in + n_out``.

    Raises:
        ValueError: widths that do not fit the task or differ between hidden layers, or a gain out of range.

    Source:
        Haar measure through the QR of a Gaussian matrix: Mezzadri 2007, arXiv:math-ph/0609050; Bartlett 1933.

    Example:
        >>> import deeplinear as dl
        >>> task = dl.Task.from_modes([3.0, 1.0], n_in=20)
        >>> print(dl.initial.reduced_orthogonal(task, [20] + 999 * [10**6] + [2], rng=0))
        exact: 1000000-wide hidden layers -> 6, inputs 20 -> 4, ...
    """
    a_task("reduced_orthogonal", task)
    widths = checked_widths("reduced_orthogonal", widths, task, formed=False)
    hidden = set(widths[1:-1])
    if len(hidden) != 1 or not min(hidden) >= max(task.n_in, task.n_out):
        raise ValueError(
            f"reduced_orthogonal needs hidden layers of one width >= {max(task.n_in, task.n_out)}, got widths "
            f"{sorted(hidden)}: the narrow law is known for those. Use deeplinear.initial.orthogonal for other shapes."
        )
    gain = float(checked_scales("reduced_orthogonal", "gain", gain, 1, "network")[0])
    rng = generator("reduced_orthogonal", rng)
    n_in, n_out, spare = task.n_in, task.n_out, hidden.pop() - task.n_in
    if spare > n_out:
        lower = np.triu(rng.standard_normal((n_out, n_out)), 1)
        lower[np.diag_indices(n_out)] = np.sqrt(rng.chisquare(spare - np.arange(n_out)))
    else:
        lower = rng.standard_normal((spare, n_out))
    frame, triangle = np.linalg.qr(np.vstack([rng.standard_normal((n_in, n_out)), lower]))
    frame = frame * np.sign(np.diag(triangle))
    first = np.eye(len(frame), n_in)
    return deepened(task, (gain * first, gain * frame.T), np.full(len(frame), gain), widths)


def reduced_decoupled(task: Task, widths: Sequence[int], *, strength: ArrayLike = 1e-3) -> Reduction:
    """A decoupled start of any width: same motion as `decoupled`, no wide matrix, and nothing random.

    The hidden frames R_l of ``W_l = R_{l+1} D_l R_lᵀ`` drop out of the motion, so that all that is left of the hidden
    layers is the diagonal D_l with entries ``strength^(1/L)``.

    Args:
        task: what will be learned.
        widths: ``(n_in, …, n_out)``, at least one hidden layer.
        strength: end-to-end strength of the ``min(widths)`` strongest modes, ``> 0``, one number or one for each.

    Returns:
        A `Reduction` without full weights; ``min(widths)`` hidden dimensions.

    Raises:
        ValueError: widths that do not fit the task, or a strength out of range.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, sections 1.3 and 2 and appendix C.
    """
    a_task("reduced_decoupled", task)
    widths = checked_widths("reduced_decoupled", widths, task, formed=False)
    modes = min(widths)
    u0 = checked_scales("reduced_decoupled", "strength", strength, modes, "modes")
    root = u0 ** (1 / (len(widths) - 1))
    u, _, v = task.modes
    return deepened(task, (root[:, None] * v[:, :modes].T, u[:, :modes] * root), root, widths)


def deepened(task: Task, ends: tuple[Array, Array], scales: Array, widths: tuple[int, ...]) -> Reduction:
    """Reduce a network of two layers, then put back the middle ones, ``diag(scales)`` in its hidden coordinates."""
    two = reduced(task, ends)
    first, last = two.weights
    between = projected(np.diag(scales), two.bases[1], two.bases[1])
    weights = (first, *[between] * (len(widths) - 3), last)
    bases = (two.bases[0], *[None] * (len(widths) - 2), two.bases[2])
    return replace(two, weights=weights, widths=widths, bases=bases, full=None)
