"""Scaled Gaussian weights: norms kept on average, singular values not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.initial.iid import entries
from deeplinear.weights import Weights


def gaussian(
    widths: Sequence[int],
    *,
    scale: ArrayLike = 1.0,
    std: ArrayLike | None = None,
    rng: int | np.random.Generator | None = None,
) -> Weights:
    """Independent Gaussian entries of standard deviation ``scale / √(inputs of the layer)``.

    Args:
        widths: ``(n_in, …, n_out)``.
        scale: > 0, one number or one for each layer; 1 keeps norms on average.
        std: if given, the standard deviation itself, for small random starts (Fig. 3: ``√(u0 / hidden)``).
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``.

    Raises:
        ValueError: unusable widths, scale or std.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 3, eq. (19).

    Example:
        >>> w1, w2 = gaussian([400, 300, 10], rng=0)
        >>> w1.shape, w2.shape, round(float(w1.std()) * 400**0.5, 1)
        ((300, 400), (10, 300), 1.0)
    """
    if std is None:
        return entries("gaussian", widths, rng, scale=scale)
    return entries("gaussian", widths, rng, law="plain", std=std)
