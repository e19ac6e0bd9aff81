"""Near-identity weights, as residual networks have them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.initial.iid import entries
from deeplinear.initial.widths import checked_scales, checked_widths
from deeplinear.weights import Weights


def identity_like(
    widths: Sequence[int],
    *,
    scale: ArrayLike = 1.0,
    noise: ArrayLike = 0.01,
    rng: int | np.random.Generator | None = None,
) -> Weights:
    """``W_l = scale (I + noise G/√inputs)``: the rectangular identity and independent Gaussian entries.

    A wide layer copies its inputs and leaves the rest of its units to the noise, a narrow one drops its last inputs. All
    layers point the same way, so a product of L of them stays near the identity while ``noise √L`` is small, whatever the
    depth; scalar random starts need a number of steps that grows exponentially with it. From the identity itself, a target
    with a negative eigenvalue is not learned.

    Args:
        widths: ``(n_in, …, n_out)``.
        scale: > 0, one number or one for each layer.
        noise: >= 0, one number or one for each layer; 0 gives the identity itself.
        rng: seed or generator.

    Returns:
        Weights ``(W1, …, WL)``.

    Raises:
        ValueError: unusable widths, scale or noise.

    Source:
        Hardt & Ma 2017, arXiv:1611.04231: layers ``I + A_l``; Bartlett, Helmbold & Long 2018, arXiv:1802.06093:
        what the identity learns and what not; Shamir 2019, arXiv:1809.08587: steps that grow exponentially with depth.

    Example:
        >>> identity_like([3, 2], noise=0.0)
        (array([[1., 0., 0.],
               [0., 1., 0.]]),)
    """
    sizes = checked_widths("identity_like", widths)
    depth = len(sizes) - 1
    scales = checked_scales("identity_like", "scale", scale, depth, "layers")
    noises = checked_scales("identity_like", "noise", noise, depth, "layers", zero_learns=True)
    drawn = entries("gaussian", sizes, rng, scale=1.0)
    return tuple(
        a * (np.eye(n, m) + b * g) for a, b, g, (m, n) in zip(scales, noises, drawn, pairwise(sizes), strict=True)
    )
