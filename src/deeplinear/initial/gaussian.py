"""Scaled Gaussian weights: norms kept on average, singular values not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.initial.widths import checked_scales, checked_widths
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
    sizes = checked_widths("gaussian", widths)
    if std is None:
        stds = checked_scales("gaussian", "scale", scale, len(sizes) - 1, "layers") / np.sqrt(sizes[:-1])
    else:
        stds = checked_scales("gaussian", "std", std, len(sizes) - 1, "layers")
    rng = np.random.default_rng(rng)
    return tuple(sd * rng.standard_normal((n, m)) for sd, (m, n) in zip(stds, pairwise(sizes), strict=True))
