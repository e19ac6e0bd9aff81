"""Glorot's uniform weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.initial.iid import entries
from deeplinear.weights import Weights


def glorot(widths: Sequence[int], *, scale: ArrayLike = 1.0, rng: int | np.random.Generator | None = None) -> Weights:
    """Independent entries, uniform in ``±scale √(6 / (inputs + outputs of the layer))``.

    Args:
        widths: ``(n_in, …, n_out)``.
        scale: > 0, one number or one for each layer.
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``.

    Raises:
        ValueError: unusable widths or scale.

    Source:
        Glorot & Bengio 2010, eq. (16); the start named in the caption of Fig. 6 of arXiv:1312.6120.

    Example:
        >>> (w,) = glorot([2, 4], rng=0)
        >>> w.shape, bool(abs(w).max() <= 1)
        ((4, 2), True)
    """
    return entries("glorot", widths, rng, scale=scale)
