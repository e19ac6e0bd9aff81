"""Convolution kernels that preserve norms: orthogonal at one tap, zero at all others."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np

from deeplinear.arguments import generator
from deeplinear.arrays import Array
from deeplinear.initial.orthogonal import haar
from deeplinear.initial.widths import checked_scales
from deeplinear.messages import shown


def delta_orthogonal(
    kernel_size: Sequence[int],
    c_in: int,
    c_out: int,
    *,
    gain: float = 1.0,
    rng: int | np.random.Generator | None = None,
) -> Array:
    """A convolution kernel with a Haar frame ``HᵀH = g² I`` at its central tap: periodic images keep their norm, times g.

    Each pixel's channels are turned on their own, so the layer is an isometry for images of any size. (JAX has the same
    kernel with channels last: `deeplinear.initial.jax_style`.)

    Args:
        kernel_size: taps along each of one, two or three spatial axes, such as ``(3, 3)``. The centre of k taps is number
            ``(k − 1) // 2`` counted from 0; for even k that is the one that "same" padding leaves in place.
        c_in: input channels.
        c_out: output channels, ``>= c_in``: fewer cannot hold the norm.
        gain: g > 0.
        rng: seed or generator.

    Returns:
        Kernel, shape ``(c_out, c_in, *kernel_size)``: outputs first, as all weights here and as in PyTorch.

    Raises:
        ValueError: sizes or channels out of range, ``c_in > c_out``, or a gain that is not positive.

    Source:
        Xiao, Bahri, Sohl-Dickstein, Schoenholz & Pennington 2018, arXiv:1806.05393, algorithm 2.

    Example:
        >>> kernel = delta_orthogonal((3, 3), 2, 4, rng=0)
        >>> kernel.shape, bool(np.allclose(kernel[:, :, 1, 1].T @ kernel[:, :, 1, 1], np.eye(2)))
        ((4, 2, 3, 3), True)
    """
    try:
        taps = tuple(operator.index(k) for k in kernel_size)
        n_in, n_out = operator.index(c_in), operator.index(c_out)
    except TypeError:
        taps, n_in, n_out = (), 0, 0
    if not 1 <= len(taps) <= 3 or min(taps) < 1 or not 1 <= n_in <= n_out:
        raise ValueError(
            f"delta_orthogonal needs one to three whole kernel sizes >= 1 and channels 1 <= c_in <= c_out, got kernel_size="
            f"{shown(kernel_size)}, c_in={shown(c_in)}, c_out={shown(c_out)}: fewer outputs than inputs cannot keep every norm. Pass for "
            f"example (3, 3), 16, 32."
        )
    scale = checked_scales("delta_orthogonal", "gain", gain, 1, "kernel")[0]
    kernel = np.zeros((n_out, n_in, *taps))
    kernel[(..., *((k - 1) // 2 for k in taps))] = scale * haar(n_out, n_in, generator("delta_orthogonal", rng))
    return kernel
