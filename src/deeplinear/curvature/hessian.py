r"""The whole Hessian of a balanced network aligned with its task, block by block.

In the singular bases every layer is ``diag(a_i)`` with ``a_i = u_i^(1/L)``. A change ``x^l_pq`` of the entry (p, q) of layer
l changes the entry (p, q) of the end-to-end map, and through the residual ``e_p = d_p (u_p − u*_p)`` it meets only its
transposes ``x^l'_qp``. So the Hessian falls into one block for each pair {i, j} of singular directions, of size 2L at most,
with two terms (``d_q`` is the input power, ``0^0 = 1``):

- same entry: ``d_q g_l g_l'``, ``g_l = a_p^(L−l) a_q^(l−1)``, the Gauss-Newton part, of rank 1;
- transposed entries, ``l' > l``: ``H[x^l'_pq, x^l_qp] = e_p a_p^(L−1−m) a_q^(m−1)``, ``m = l' − l``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.curvature.directions import Directions, arranged, thinned
from deeplinear.curvature.long_chains import block_ends
from deeplinear.memory import require_memory

if TYPE_CHECKING:
    from deeplinear.arrays import Array

LONG = 64  # layers from which blocks are no longer formed
CHUNK = 4_000_000  # numbers in the blocks held at once: 32 MB


def spectrum(strengths: ArrayLike, *, targets: ArrayLike, widths: Sequence[int], powers: ArrayLike = 1.0) -> Array:
    r"""All eigenvalues of the Hessian of ``½ Σ ‖y − W_L ⋯ W_1 x‖²`` at a balanced network aligned with its task.

    Balanced: ``W_{l+1}ᵀ W_{l+1} = W_l W_lᵀ``. Aligned: the end-to-end map has the task's singular vectors, and these are
    principal components of the inputs, ``Σ¹¹ = V D Vᵀ`` (white inputs always are).

    Args:
        strengths: strength u of each mode now, shape ``(..., k)``, any sign, at most ``min(widths)`` of them not 0.
        targets: strength u* of each mode at the optimum, shape ``(k,)`` or ``(..., k)``; s where Σ¹¹ = I.
        widths: ``(n_in, …, n_out)``.
        powers: input power, one number for Σ¹¹ = cI, or shape ``(n_in,)``: along the k modes first, then the others.

    Returns:
        Eigenvalues, ascending, shape ``(..., Σ n_l n_{l−1})``.

    Raises:
        ValueError: an argument out of its domain, more modes than fit, or shapes that do not match.

    Source:
        Derived here. One mode: Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (33)-(37).

    Example:
        >>> spectrum([8.0], targets=[8.0], widths=[1, 1, 1, 1]).round(9) + 0.0
        array([ 0.,  0., 48.])
    """
    modes = arranged("spectrum", strengths, targets, widths, powers)
    points, whole = len(modes.a), sum(a * b for a, b in pairwise(modes.widths))
    one = 3.0 * (2 * modes.depth) ** 2  # a block and the work on it
    remedy = "Call extremes for the ends of the spectrum, which forms no blocks."
    require_memory("spectrum", 8.0 * (one + 3.0 * points * whole), f"the Hessian of {whole} weights", remedy)
    found = []
    for i, j, here, there in pairs(modes.widths):
        values = np.empty((points, len(i), len(here) + len(there)))
        step = max(1, CHUNK // (len(i) * values.shape[2] ** 2))
        for start in range(0, points, step):
            row = np.arange(start, min(start + step, points))[:, None]
            values[row[:, 0]] = np.linalg.eigvalsh(blocks(modes, row, i, j, here, there))
        found.append(values.reshape(points, len(i) * values.shape[2]))
    return ascending(found, modes)


def extremes(
    strengths: ArrayLike, *, targets: ArrayLike, widths: Sequence[int], powers: ArrayLike = 1.0
) -> tuple[Array, Array]:
    """Smallest and largest eigenvalue of `spectrum`, without the rest; arguments as there.

    Directions with neither strength nor target differ only in their input power, so that two of them stand for all; and a
    pair whose block is bounded by what is already found, ``L d a^(2L−2) + (L−1) |e| a^(L−2)`` with the larger of its two
    d, a and e, is left out.

    Returns:
        Smallest eigenvalue, negative near saddles, and the sharpness, shape ``(...,)`` each.

    Raises:
        ValueError: as `spectrum`.

    Source:
        Derived here.

    Example:
        >>> extremes([0.0, 2.0], targets=[4.0, 2.0], widths=[2, 2, 2])
        (np.float64(-4.0), np.float64(6.0))
    """
    modes = thinned(arranged("extremes", strengths, targets, widths, powers))
    points, depth = len(modes.a), modes.depth
    low, high = np.full(points, np.inf), np.full(points, -np.inf)
    for i, j, here, there in sorted(pairs(modes.widths), key=lambda pair: len(pair[3])):
        step = max(1, CHUNK // (len(i) * (len(here) + len(there)) ** 2))
        for start in range(0, points, step):
            part = slice(start, start + step)
            a, e, d = (np.maximum(np.abs(x[part, i]), np.abs(x[part, j])) for x in (modes.a, modes.e, modes.d))
            turn = (depth - 1) * e * a ** max(depth - 2, 0)
            open_ = (depth * d * a ** (2 * depth - 2) + turn > high[part, None]) | (-turn < low[part, None])
            row, column = np.nonzero(open_)
            if not len(row):
                continue
            row += start
            if depth > LONG:
                need = lambda below, above, row=row: (below < low[row]) | (above > high[row])  # noqa: E731
                ends = block_ends(modes, row, i[column], j[column], here, there, need)
                np.minimum.at(low, row, ends[0])
                np.maximum.at(high, row, ends[1])
                continue
            values = np.linalg.eigvalsh(blocks(modes, row, i[column], j[column], here, there))
            np.minimum.at(low, row, values[:, 0])
            np.maximum.at(high, row, values[:, -1])
    return low.reshape(modes.lead)[()], high.reshape(modes.lead)[()]


def ascending(found: list[Array], modes: Directions) -> Array:
    """Eigenvalues found in parts, each of shape ``(M, part)``, in order and under the leading axes."""
    whole = np.sort(np.concatenate(found, axis=1), axis=1)
    return whole.reshape(*modes.lead, whole.shape[1])


def pairs(widths: tuple[int, ...]) -> Iterator[tuple[NDArray[np.intp], ...]]:
    """Pairs i <= j of directions, by the layers in which ``x^l_ij`` and ``x^l_ji`` exist.

    Yields:
        ``i`` and ``j``, shape ``(P,)``, and those layers, counted from 0; the last is empty for ``i = j``.
    """
    i, j = np.triu_indices(max(widths))
    sizes = np.array(widths)
    exists = np.arange(max(widths)) < sizes[:, None]
    here, there = exists[1:, i] & exists[:-1, j], exists[1:, j] & exists[:-1, i] & (i != j)
    kinds, which = np.unique(np.concatenate([here, there]), axis=1, return_inverse=True)
    for kind, pattern in enumerate(kinds.T):
        if pattern.any():
            chosen = which.ravel() == kind
            up, down = (np.flatnonzero(layers) for layers in np.split(pattern, 2))
            yield i[chosen], j[chosen], up, down


def blocks(
    modes: Directions,
    row: NDArray[np.intp],
    i: NDArray[np.intp],
    j: NDArray[np.intp],
    here: NDArray[np.intp],
    there: NDArray[np.intp],
) -> Array:
    """Hessian blocks of pairs of one kind from `pairs`, at points ``row``; ``row``, ``i`` and ``j`` broadcast."""
    depth, layer = modes.depth, np.arange(modes.depth)
    a, b = modes.a[row, i][..., None], modes.a[row, j][..., None]
    gap = np.arange(1, depth)
    rising = modes.e[row, i][..., None] * a ** (depth - 1 - gap) * b ** (gap - 1)
    falling = modes.e[row, j][..., None] * b ** (depth - 1 - gap) * a ** (gap - 1)
    turn = np.concatenate([falling[..., ::-1], np.zeros_like(a), rising], axis=-1)  # by l' − l, from 1 − L
    up = (np.sqrt(modes.d[row, j])[..., None] * a ** layer[::-1] * b**layer)[..., here]
    same = up[..., :, None] * up[..., None, :]
    if not len(there):
        crossed = turn[..., here[:, None] - here + depth - 1]
        return same + np.where(np.equal(i, j)[..., None, None], crossed, 0.0)
    down = (np.sqrt(modes.d[row, i])[..., None] * b ** layer[::-1] * a**layer)[..., there]
    crossed = turn[..., here[:, None] - there + depth - 1]
    upper = np.concatenate([same, crossed], axis=-1)
    lower = np.concatenate([np.swapaxes(crossed, -1, -2), down[..., :, None] * down[..., None, :]], axis=-1)
    return np.concatenate([upper, lower], axis=-2)
