"""A kernel that stands still: where gradient flow ends if the tangent kernel were this one all along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.kernels import ntk
from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.exact.kernels.ntk import Factors
    from deeplinear.task import Array

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
    half = frame * np.sqrt(np.maximum(values, 0.0))  # any root will do: it is whitened on the other side as well
    seen = (half.T.reshape(-1, *shape) @ task.input_correlation).reshape(-1, w0.size)
    force = half.T @ (task.input_output_correlation - w0 @ task.input_correlation).ravel()
    rates, modes = np.linalg.eigh(seen @ half)
    learned = rates > rates[-1] * 1e-12 * len(rates)  # eigenvalues of a singular kernel are round-off
    amounts = np.divide(modes.T @ force, rates, out=np.zeros_like(rates), where=learned)
    return w0 + (half @ (modes @ amounts)).reshape(shape)
