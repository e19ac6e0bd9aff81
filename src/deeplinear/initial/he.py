"""He's Gaussian weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.initial.iid import entries
from deeplinear.weights import Weights


def he(widths: Sequence[int], *, scale: ArrayLike = 1.0, rng: int | np.random.Generator | None = None) -> Weights:
    """Independent Gaussian entries of standard deviation ``scale √(2 / inputs of the layer)``, made for ReLU.

    ReLU drops half of the power, which the 2 restores. In a *linear* network nothing is dropped: norms grow by √2 a layer.

    Args:
        widths: ``(n_in, …, n_out)``.
        scale: > 0, one number or one for each layer.
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``.

    Raises:
        ValueError: unusable widths or scale.

    Source:
        He, Zhang, Ren & Sun 2015, arXiv:1502.01852, eq. (10).

    Example:
        >>> w1, w2 = he([400, 300, 10], rng=0)
        >>> w1.shape, w2.shape, round(float(w1.std()) * 200**0.5, 1)
        ((300, 400), (10, 300), 1.0)
    """
    return entries("he", widths, rng, scale=scale)
