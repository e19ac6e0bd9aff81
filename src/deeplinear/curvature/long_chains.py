r"""Extreme eigenvalues of Hessian blocks of deep networks, in time proportional to the depth.

A block of `deeplinear.curvature.hessian` is two matrices of rank 1 and, off the diagonal, a Toeplitz matrix: its products
with vectors take two Fourier transforms. Lanczos iteration needs a few dozen of them, whatever the depth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.curvature.directions import Directions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deeplinear.arrays import Array

    Indices = NDArray[np.intp]

STEPS = 24  # of the iteration before it looks whether it is done, and between looks
DONE = 1e-9  # residual, of the largest eigenvalue in size: an eigenvalue is off by its square, or by it where others are as near
MOST = 960  # steps: chains of a thousand layers take 24 or 48
HELD = 20_000_000  # numbers in the vectors held at once: 160 MB


def block_ends(
    modes: Directions,
    row: Indices,
    i: Indices,
    j: Indices,
    here: Indices,
    there: Indices,
    need: Callable[[Array, Array], Array],
) -> tuple[Array, Array]:
    """Smallest and largest eigenvalue of the blocks that `deeplinear.curvature.hessian.blocks` would make.

    Args:
        modes: the network.
        row: points, shape ``(B,)``.
        i: first directions, shape ``(B,)``.
        j: second directions, shape ``(B,)``.
        here: layers with the entry (i, j).
        there: layers with the entry (j, i).
        need: from bounds below and above, shape ``(B,)``, to the blocks whose eigenvalues may matter.

    Returns:
        Shape ``(B,)`` each; bounds where they do not matter.
    """
    depth, layer = modes.depth, np.arange(modes.depth)
    a, b = modes.a[row, i][:, None], modes.a[row, j][:, None]
    up = np.sqrt(modes.d[row, j])[:, None] * a ** layer[::-1] * b**layer
    if not len(there):
        one = np.square(up[:, here]).sum(axis=1)
        bend = np.where(np.equal(i, j), modes.e[row, i] * modes.a[row, i] ** max(depth - 2, 0), 0.0)
        ends = np.stack([one + (len(here) - 1) * bend, *[-bend] * (len(here) > 1)])
        return ends.min(axis=0), ends.max(axis=0)
    down = np.sqrt(modes.d[row, i])[:, None] * b ** layer[::-1] * a**layer
    gap = np.arange(1, depth)
    rising = modes.e[row, i][:, None] * a ** (depth - 1 - gap) * b ** (gap - 1)
    falling = modes.e[row, j][:, None] * b ** (depth - 1 - gap) * a ** (gap - 1)
    crossed = np.abs(rising).sum(axis=1) + np.abs(falling).sum(axis=1)
    high = np.maximum(np.square(up).sum(axis=1), np.square(down).sum(axis=1)) + crossed
    low = -crossed
    open_ = np.flatnonzero(need(low, high))
    inside = np.zeros((2, 1, depth))
    inside[0, :, here] = inside[1, :, there] = 1.0
    at_once = max(1, HELD // (4 * STEPS * 2 * depth))
    for start in range(0, len(open_), at_once):
        part = open_[start : start + at_once]
        times = products(inside * np.stack([up[part], down[part]]), rising[part], falling[part], inside)
        low[part], high[part] = lanczos(times, np.repeat(inside, len(part), axis=1))
    return low, high


def products(same: Array, rising: Array, falling: Array, inside: Array) -> Callable[[Array], Array]:
    """Products of blocks with vectors of shape ``(2, B, L)``: the entries (i, j) of all layers, then the entries (j, i).

    Args:
        same: the two vectors whose squares are the matrices of rank 1, shape ``(2, B, L)``.
        rising: Toeplitz entries above the diagonal by ``l' − l``, shape ``(B, L − 1)``.
        falling: those below it.
        inside: ones where there are entries, shape ``(2, 1, L)``.
    """
    depth = same.shape[2]
    length = 2 * depth
    kernel = np.zeros((same.shape[1], length))
    kernel[:, 1:depth], kernel[:, length - depth + 1 :] = rising, falling[:, ::-1]
    spectrum = np.fft.rfft(kernel)
    spectra = np.stack([spectrum, spectrum.conj()])

    def times(x: Array) -> Array:
        across = np.fft.irfft(spectra * np.fft.rfft(x[::-1], length), length)[..., :depth]
        return same * np.einsum("sbl,sbl->sb", same, x)[..., None] + across * inside

    return times


def lanczos(times: Callable[[Array], Array], inside: Array) -> tuple[Array, Array]:
    """Extreme eigenvalues of many symmetric matrices side by side, by Lanczos iteration with every vector kept.

    Args:
        times: their products with vectors, of the shape of ``inside``.
        inside: ones where vectors may be other than zero, shape ``(2, B, L)``.
    """
    size, most = inside.shape[1], int(inside[:, 0].sum())
    v = inside * np.random.default_rng(0).standard_normal(inside.shape)
    v /= np.sqrt(np.einsum("sbl,sbl->b", v, v))[:, None]
    basis, diagonal, beside = [v], [], []
    while True:
        w = times(basis[-1])
        diagonal.append(np.einsum("sbl,sbl->b", basis[-1], w))
        for _ in range(2):
            for old in basis:
                w -= old * np.einsum("sbl,sbl->b", old, w)[:, None]
        norm = np.sqrt(np.einsum("sbl,sbl->b", w, w))
        count = len(diagonal)
        if count % STEPS == 0 or count >= most:
            small = np.zeros((size, count, count))
            small[:, range(count), range(count)] = np.stack(diagonal, axis=1)
            for k, off in enumerate(beside):
                small[:, k, k + 1] = small[:, k + 1, k] = off
            values, vectors = np.linalg.eigh(small)
            residual = norm * np.maximum(np.abs(vectors[:, -1, 0]), np.abs(vectors[:, -1, -1]))
            if count >= most or (residual <= DONE * np.abs(values).max(axis=1)).all():
                return values[:, 0], values[:, -1]
            if count >= MOST:
                raise ValueError(
                    f"extremes needs curvatures that {MOST} steps of Lanczos iteration find, got residuals of "
                    f"{residual.max():.3g}: every step keeps a vector of {inside[:, 0].size} numbers. Pass fewer layers."
                )
        beside.append(norm)
        basis.append(w / np.where(norm > 0, norm, 1.0)[:, None])
