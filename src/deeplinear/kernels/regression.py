"""A kernel that does not change: where gradient flow ends if the tangent kernel were this one all along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks, ntk
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.ntk import Factors

ROUNDING = 1e-14  # share of the largest eigenvalue or singular value, for each row or column
LARGEST = 3000  # entries of a map: a dense square matrix of this size is factorised


def regression(factors: Factors, task: Task, *, start: ArrayLike | None = None) -> Array:
    """Where gradient flow ends if the kernel were this one all along: kernel regression, on top of a start.

    With the final kernel and ``start=None`` (a vanishing start) the prediction of silent alignment; with the first
    kernel and the first map that of lazy learning. It says something where examples are fewer than inputs, or where the
    kernel is singular: otherwise every kernel ends at the optimum.

    Args:
        factors: of `ntk.factors`, without leading axes.
        task: what is learned.
        start: end-to-end map at the start, shape ``(n_out, n_in)``; zero if not given.

    Returns:
        End-to-end map, shape ``(n_out, n_in)``.

    Raises:
        ValueError: a map of a wrong shape, or one too large for a dense solution.

    Source:
        Jacot, Gabriel & Hongler 2018, arXiv:1806.07572; Atanasov, Bordelon & Pehlevan 2022, arXiv:2111.00034. Written
        for weights, ``w = w₀ + M^½ (M^½ (I⊗Σ¹¹) M^½)⁺ M^½ (vec Σ³¹ − (I⊗Σ¹¹) w₀)`` with M the kernel on unit inputs.

    Example:
        >>> task = Task.from_data([[1.0, 1.0]], [2.0])  # one example, two inputs
        >>> regression(ntk.of_map([[1.0, 0.0]], depth=2), task).round(4)
        array([[1.3333, 0.6667]])
    """
    shape = (task.n_out, task.n_in)
    w0 = np.zeros(shape) if start is None else checks.finite("regression", "start", start)
    if w0.shape != shape or (factors[0][0].shape, factors[0][1].shape) != ((shape[0],) * 2, (shape[1],) * 2):
        raise ValueError(
            f"regression needs one map and factors of one network with {shape[1]} inputs and {shape[0]} outputs, got a start "
            f"of shape {w0.shape} and factors of shapes {factors[0][0].shape} and {factors[0][1].shape}. Pick one time."
        )
    if w0.size > LARGEST:
        raise ValueError(
            f"regression needs at most {LARGEST} entries in a map, got {w0.size}: it factorises a square matrix of that size. "
            f"Keep the strongest modes of the task."
        )
    values, frame = np.linalg.eigh(ntk.kernel(factors))
    values = np.where(values > ROUNDING * len(values) * values[-1], values, 0.0)  # the root of round-off is not small
    half = frame * np.sqrt(values)  # any root will do: it is whitened on the other side as well
    root = task.directions.root.T
    seen = (half.T.reshape(-1, *shape) @ root).reshape(
        w0.size, -1
    )  # of each weight on the examples, whose squares are rates
    modes, sizes, along = np.linalg.svd(seen, full_matrices=False)
    learned = sizes > sizes[0] * ROUNDING * max(seen.shape)  # singular values of a singular kernel are round-off
    amounts = np.divide(along @ ((task.optimum - w0) @ root).ravel(), sizes, out=np.zeros_like(sizes), where=learned)
    return w0 + (half @ (modes @ amounts)).reshape(shape)
