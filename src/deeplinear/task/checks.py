"""Correlations as a user gives them: refused where no data set has them, whatever the units of its inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arrays import Array, real_array
from deeplinear.task.directions import Directions, divided


def checked_correlations(input_correlation: ArrayLike, input_output_correlation: ArrayLike) -> tuple[Array, Array]:
    """Σ¹¹, made exactly symmetric, and Σ³¹.

    Raises:
        ValueError: shapes do not chain, Σ¹¹ is not symmetric positive semi-definite, Σ³¹ has parts on inputs that never
            occur, or a number is not finite.
    """
    function, advice = "Task.from_correlations", "it is no correlation of any data. Check the data it came from."
    s11 = np.atleast_2d(real_array(function, "input_correlation", input_correlation, "finite", advice))
    s31 = np.atleast_2d(real_array(function, "input_output_correlation", input_output_correlation, "finite", advice))
    need = "Task.from_correlations needs"
    if s11.ndim != 2 or s11.shape[0] != s11.shape[1] or s31.ndim != 2 or s31.shape[1] != len(s11):
        raise ValueError(
            f"{need} Σ¹¹ of shape (n_in, n_in) and Σ³¹ of shape (n_out, n_in), got {s11.shape} and {s31.shape}: "
            f"both act on inputs. Check for a transposed matrix."
        )
    scale = divided(s11)[0]
    scaled = s11 / scale[:, None] / scale
    if not s11.any() or np.abs(scaled - scaled.T).max() > 1e-10 * np.abs(scaled).max():
        raise ValueError(f"{need} a symmetric, non-zero Σ¹¹: it is a sum of x xᵀ. Symmetrise it, or check the data.")
    s11, scaled = (s11 + s11.T) / 2, (scaled + scaled.T) / 2
    if np.linalg.eigvalsh(scaled)[0] < -1e-10 * np.abs(scaled).max() * len(s11):
        raise ValueError(
            f"{need} a positive semi-definite Σ¹¹, got a smallest eigenvalue of {np.linalg.eigvalsh(s11)[0]:.3g}: no data "
            f"have negative power. Check how Σ¹¹ was computed."
        )
    optimum = Directions.from_correlation(s11).solve(s31, 0.0)
    size = np.abs(s31 / scale).max(initial=0.0)  # squares of numbers beyond 1e154 leave float64
    unseen = size and size * np.linalg.norm((s31 - optimum @ s11) / scale / size)
    if unseen > 1e-6 * size * np.linalg.norm(s31 / scale / size if size else 0.0):
        raise ValueError(
            f"{need} Σ³¹ to live on inputs that occur, got a part of norm {unseen:.3g} on directions where Σ¹¹ has no "
            f"power: no data set gives that. Compute both from the same examples."
        )
    return s11, s31
