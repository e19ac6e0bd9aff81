"""How far the inputs of a task are from white, and its modes from principal components of the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.task.directions import SUMS

if TYPE_CHECKING:
    from deeplinear.task.correlations import Correlations

EXCUSED = 1e-10  # radians of a mode's turn that rounding may explain, a tenth of what laws allow


def anisotropy(task: Correlations) -> float:
    """``‖Σ¹¹ − cI‖/‖Σ¹¹‖`` with c the mean power: 0 for white inputs."""
    if task.thin:
        powers, mean = task.principal[0], task.input_power / task.n_in
        away = np.append(powers - mean, np.sqrt(task.n_in - len(powers)) * mean)
        size = powers.max(initial=0.0)
        return float(np.linalg.norm(away / size) / np.linalg.norm(powers / size)) if size > 0 else 0.0
    s11 = task.input_correlation
    return relative_norm(s11 - np.eye(task.n_in) * (np.trace(s11) / task.n_in), s11)


def off_diagonal_share(matrix: Array) -> float:
    """``‖offdiag M‖/‖M‖`` in the Frobenius norm: 0 for diagonal matrices."""
    return relative_norm(matrix - np.diag(np.diag(matrix)), matrix)


def misalignment(task: Correlations, used: NDArray[np.bool_]) -> float:
    """``‖Σ¹¹V − V diag(d)‖/‖Σ¹¹V‖`` over these modes, or the largest correlation of one of them with the other inputs.

    Like `Correlations.diagonality`, but also counts what Σ¹¹ sends out of the span of V. The norms see strong inputs only, so each mode
    has its multiple correlation R with the inputs orthogonal to it as well, ``R²/(1 − R²) = (vᵀ Σ¹¹ v)(vᵀ (Σ¹¹)⁺ v) − 1``.
    Neither counts where the rounding of v explains it, a turn of ``ε s₁/gap`` where the gap is the distance of s to its
    neighbours and to 0, towards inputs of any power.

    Args:
        task: whose modes they are.
        used: which modes, shape ``(k,)``.

    Returns:
        0 where these modes are principal components of the inputs.
    """
    if not used.any():
        return 0.0
    v, powers, strongest = task.modes.v[:, used], task.mode_powers[used], task.principal[0][0]
    image = task.spread(v)
    if not image.any():
        return 0.0
    turn = task.mode_turns[used]
    root, coordinates = task.directions.root @ v, task.directions.coordinates @ v
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.linalg.norm((root - coordinates * powers) / np.sqrt(powers), axis=0)
        largest = float(odds[odds > turn * np.sqrt(strongest / powers)].max(initial=0.0))
    size = np.abs(image).max()  # squares of numbers beyond 1e154, or below 1e-154, leave float64
    apart = np.linalg.norm((image - v * powers) / size, axis=0)
    apart = apart[apart > np.minimum(turn, EXCUSED) * (strongest / size)]
    return max(float(np.linalg.norm(apart) / np.linalg.norm(image / size)), largest / float(np.hypot(1.0, largest)))


def mode_turns(s: Array) -> Array:
    """Angle by which rounding turns each input mode, shape ``(k,)``: a few ``ε s₁/gap``, infinite where modes tie."""
    steps = np.abs(np.diff(s))
    gaps = np.minimum(s, np.minimum(np.append(np.inf, steps), np.append(steps, np.inf)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(s[0] > 0, SUMS * np.finfo(float).eps * s[0] / gaps, np.inf)


def relative_norm(part: Array, whole: Array) -> float:
    """``‖part‖ / ‖whole‖`` in the Frobenius norm, whatever their unit: squares of numbers beyond 1e154 leave float64. 0 for ``whole = 0``."""
    size = np.abs(whole).max(initial=0.0)
    return float(np.linalg.norm(part / size) / np.linalg.norm(whole / size)) if size > 0 else 0.0
