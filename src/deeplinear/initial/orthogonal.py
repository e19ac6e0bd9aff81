"""Random orthogonal weights: every layer an isometry up to its gain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import generator
from deeplinear.haar import haar
from deeplinear.initial.widths import checked_scales, checked_widths
from deeplinear.weights import Weights


def orthogonal(
    widths: Sequence[int], *, gain: ArrayLike = 1.0, rng: int | np.random.Generator | None = None
) -> Weights:
    """Haar-distributed (semi-)orthogonal layers: ``W_lᵀ W_l = g² I`` or ``W_l W_lᵀ = g² I``, whichever fits.

    Args:
        widths: ``(n_in, …, n_out)``.
        gain: g > 0, one number or one for each layer.
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``.

    Raises:
        ValueError: unusable widths or gain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, section 3.

    Example:
        >>> (w,) = orthogonal([3, 2], gain=2.0, rng=0)
        >>> bool(np.allclose(w @ w.T, 4 * np.eye(2)))
        True
    """
    sizes = checked_widths("orthogonal", widths)
    gains = checked_scales("orthogonal", "gain", gain, len(sizes) - 1, "layers")
    rng = generator("orthogonal", rng)
    frames = ((n, m, haar(max(n, m), min(n, m), rng)) for m, n in pairwise(sizes))
    return tuple(g * (q if n >= m else q.T) for g, (n, m, q) in zip(gains, frames, strict=True))
