"""Haar-random frames without a factorisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deeplinear.arrays import Array

PANEL = 96  # reflectors applied at once: fewer cost more passes over Q, more cost more arithmetic
ROWS = 128  # rows updated at once, so that the update stays in cache
SMALL = 128  # columns up to which LAPACK's QR of the whole Gaussian matrix is quicker than a loop in Python


def haar(rows: int, columns: int, rng: np.random.Generator) -> Array:
    """A Haar-random frame: orthonormal columns, shape ``(rows, columns)``, ``rows >= columns``.

    Q of the QR of a Gaussian matrix, after the sign fix: R must have a positive diagonal, or Q depends on the algorithm's
    choice of signs. The matrix need not be factored: after j Householder reflections its next column is again a Gaussian
    vector, of ``rows − j`` entries, independent of them. So reflectors are drawn, and their product accumulated from the
    last to the first, a panel at a time.

    Source:
        Stewart 1980, SIAM J. Numer. Anal. 17, 403, section 3; Mezzadri 2007, arXiv:math-ph/0609050, for the signs.
    """
    if columns <= SMALL:
        q, r = np.linalg.qr(rng.standard_normal((rows, columns)))
        return q * np.where(np.diag(r) < 0, -1.0, 1.0)
    starts = range(0, columns, PANEL)
    panels = [reflectors(rows - start, min(PANEL, columns - start), rng) for start in starts]
    q = np.zeros((rows, columns))
    for start, (v, t, _) in zip(starts[::-1], panels[::-1], strict=True):
        applied(v, t, q[start:, start:])
    q *= np.concatenate([signs for *_, signs in panels])
    return q


def reflectors(rows: int, count: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    r"""``H_1 ⋯ H_count = I − V T Vᵀ`` that would triangularise a Gaussian matrix, and the signs of R's diagonal.

    ``T⁻¹ = diag(1/τ) + strictly upper part of VᵀV`` (Puglisi 1992, SIAM J. Sci. Stat. Comput. 13, 687).

    Returns:
        V, shape ``(rows, count)``, unit lower trapezoidal; T, shape ``(count, count)``; signs, shape ``(count,)``.
    """
    v = rng.standard_normal((rows, count))
    v[:count] = np.tril(v[:count])
    first = np.diag(v).copy()
    lengths = np.sqrt(np.einsum("ij,ij->j", v, v))
    up = np.where(first < 0, -1.0, 1.0)
    v /= first + up * lengths
    np.fill_diagonal(v, 1.0)
    inverse_tau = 1 / (1 + np.abs(first) / lengths)
    if rows == count:  # a vector of one entry is not reflected: R keeps its sign
        v[-1, -1], up[-1] = 0.0, -up[-1]
    inverse = np.triu(v.T @ v, 1) + np.diag(inverse_tau)
    return v, np.linalg.inv(inverse), -up


def applied(v: Array, t: Array, q: Array) -> None:
    """``Q ← (I − V T Vᵀ) diag(I, Q)`` in place, where Q's first rows and columns, as many as V has, are still zero."""
    count = v.shape[1]
    q[:, :count] = v @ (-t @ v[:count].T)
    q[range(count), range(count)] += 1.0
    if q.shape[1] == count:
        return
    right = q[:, count:]
    factor = t @ (v[count:].T @ right[count:])
    for begin in range(0, len(q), ROWS):
        here = slice(begin, begin + ROWS)
        right[here] -= v[here] @ factor
