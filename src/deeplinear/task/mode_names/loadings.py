"""Structure coefficients: correlations of the features with the input of each mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.arrays import Array

if TYPE_CHECKING:
    from deeplinear.task.correlations import Correlations


def loadings(task: Correlations) -> Array | None:
    """Correlation of each feature x_f with the input of each mode, ``v_αᵀ x``.

    Weights v of features that say nearly the same are arbitrary and have units; these correlations are not and have none.
    Inputs of every example are ``X = Q · diag(sizes) vectorsᵀ · diag(scale)`` with orthonormal columns in Q, and columns of
    ``vectors`` weighted by ``sizes`` have norm 1 for each input, so that no Σ¹¹ is squared.

    Args:
        task: its features are its inputs, or those of the task it was whitened from.

    Returns:
        Shape ``(features, k)``, k singular modes; between −1 and 1, and 0 for a feature that is constant. With raw inputs,
        which keep their means, cosines over examples. None where a white task has too many features for a `structure`.

    Source:
        Structure coefficients of canonical variates: Thompson 1984, Canonical Correlation Analysis, chapter 2.
    """
    v, directions = task.modes.v, task.directions
    if task.structure is not None:
        return task.structure @ v if len(task.structure) else None
    shares = directions.vectors * directions.sizes
    seen = shares.T @ (directions.scale[:, None] * v)
    length = np.linalg.norm(seen, axis=0)
    return shares @ np.divide(seen, length, out=np.zeros_like(seen), where=length > 0)
