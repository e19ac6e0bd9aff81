"""A long product kept as orthogonal times graded times well conditioned, so that nothing small is rounded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.spectra.products.scipy_blas import blas, lapack

if TYPE_CHECKING:
    from deeplinear.arrays import Array

BLOCK = (
    64  # columns of workspace that LAPACK may use; with its own default it falls back to unblocked code, 3 times slower
)
WIDE = 128  # columns scaled at once


class Graded:
    r"""The product ``W_l ⋯ W_1 = Q diag(e^d) T`` (up to a rotation of the inputs), with logarithms d of any size.

    Each factor costs one QR: ``W Q`` has its columns sorted by their size after scaling with ``e^d``, then
    ``W Q P = Q' R``, ``d' = ln |R_ii| + d_{p(i)}``, ``T' = R̂ T_{p(·)}`` with ``R̂_ij = R_ij e^{d_p(j) − d_p(i)} / |R_ii|``.
    QR does not see how columns are scaled, so d never leaves its logarithm; sorting keeps R̂, and so T, well conditioned.
    Q stays as the reflectors that LAPACK made, and only SciPy's BLAS is called: NumPy brings a second one, and two pools
    of threads that alternate wait for each other.

    Attributes:
        d: shape ``(r,)``, r the rank so far.
        t: ``Tᵀ``, shape ``(m, r)``, columns of length one.
        error: ``Σ_l ε ‖W_l‖ ‖R_l⁻¹‖``, infinite once a direction was lost to rounding; only with ``watch``.

    Source:
        Multiplicative perturbations keep relative accuracy: Demmel, Gu, Eisenstat, Slapničar, Veselić & Drmač 1999,
        Linear Algebra Appl. 299, 21, theorem 2.1. Sorted columns: Bai, Lee, Li & Xu 2011, Linear Algebra Appl. 435, 659.
    """

    def __init__(self, columns: int, *, watch: bool = False):
        self.reflectors: tuple[Array, Array] | None = None
        self.d = np.zeros(columns)
        self.t = np.eye(columns, order="F")
        self.watch = watch
        self.error = 0.0

    def multiply(self, w: Array, *, noise: float = 0.0, allowed: float = np.inf) -> bool:
        """One more factor, shape ``(n_l, n_{l−1})``, finite, from the left.

        Args:
            w: the factor.
            noise: ``‖error‖`` of w itself, where it is a product already.
            allowed: what `error` may become; with ``watch``.

        Returns:
            Whether `error` stayed within ``allowed``; if not, the factor is left out and nothing has changed.
        """
        scale = max(w.max(), -w.min())
        if scale == 0 or len(self.d) == 0:
            self.d, self.t = self.d[:0], self.t[:, :0]
            return True
        c = self.turned(w / scale)
        lengths = np.sqrt(np.einsum("ij,ij->j", c, c))
        least = max(w.shape) * np.finfo(float).eps * lengths.max()  # below it a column is rounding, as in matrix_rank
        with np.errstate(divide="ignore"):
            order = np.argsort(-(np.log(lengths) + self.d), kind="stable")
        while True:
            qr, tau = factored(columns(c, order))
            pivots = np.abs(np.diag(qr))
            rank = independent(pivots > least)
            lost = np.flatnonzero(pivots[:rank] <= least)
            if not len(lost):
                break
            order = np.append(np.delete(order, lost[0]), order[lost[0]])  # spanned by larger ones: wait at the end
        if self.watch:
            norm = np.sqrt(np.vdot(c, c)) + noise / scale / np.finfo(float).eps
            error = self.error + rounding(qr[:rank, :rank], norm, lost=rank < min(c.shape))
            if not error <= allowed:
                return False
            self.error = error
        self.reflectors = np.asfortranarray(qr[:, :rank]), tau[:rank]
        d = self.d[order]
        r = scaled(qr[:rank], d)
        t = columns(self.t, order)
        new = blas().dtrmm(1.0, r[:, :rank], t[:, :rank], side=1, trans_a=1)
        if rank < len(d):
            new = blas().dgemm(1.0, t[:, rank:], r[:, rank:], trans_b=1, beta=1.0, c=new, overwrite_c=1)
            new = np.asfortranarray(np.triu(lapack().dgeqrf(new, lwork=BLOCK * rank)[0][:rank]))  # inputs, turned
        lengths = np.sqrt(np.einsum("ij,ij->j", new, new))
        self.t = new / lengths
        self.d = d[:rank] + np.log(pivots[:rank]) + np.log(lengths) + np.log(scale)
        return True

    def turned(self, w: Array) -> Array:
        """``W Q``, shape ``(n_l, r)``."""
        if self.reflectors is None:
            return np.asfortranarray(w)
        v, tau = self.reflectors
        if 2 * v.shape[1] < v.shape[0]:  # a narrow Q is cheaper formed
            return blas().dgemm(1.0, w, lapack().dorgqr(v, tau, lwork=BLOCK * v.shape[1])[0])
        c = np.array(w, order="F")
        return lapack().dormqr("R", "N", v, tau, c, BLOCK * w.shape[0], overwrite_c=1)[0][:, : v.shape[1]]


def columns(a: Array, order: np.ndarray) -> Array:
    """``a[:, order]`` in the order of Fortran, which NumPy's own indexing loses."""
    return a.T[order].T


def factored(c: Array) -> tuple[Array, Array]:
    """R above, reflectors below the diagonal, and their scales."""
    qr, tau, _, _ = lapack().dgeqrf(np.asfortranarray(c), lwork=BLOCK * c.shape[1], overwrite_a=1)
    return qr, tau


def independent(kept: Array) -> int:
    """One past the last pivot that is not rounding."""
    where = np.flatnonzero(kept)
    return int(where[-1]) + 1 if len(where) else 0


def scaled(r: Array, d: Array) -> Array:
    """``R_ij e^{d_j − d_i} / |R_ii|`` on and above the diagonal, shape that of R, ``(r, m)``; below it anything."""
    size, out = np.abs(np.diag(r)), np.zeros_like(r, order="F")
    for begin in range(0, r.shape[1], WIDE):
        here, rows = slice(begin, begin + WIDE), min(begin + WIDE, len(r))
        with np.errstate(over="ignore", invalid="ignore"):  # below the diagonal
            out[:rows, here] = r[:rows, here] * np.exp(d[here] - d[:rows, None]) / size[:rows, None]
    return out


def rounding(r: Array, norm: float, *, lost: bool) -> float:
    """``ε ‖W‖ ‖R⁻¹‖``, the relative change that rounding one factor makes."""
    if lost or not len(r):
        return np.inf
    reciprocal, _ = lapack().dtrcon(r)
    return np.finfo(float).eps * norm / (reciprocal * np.abs(np.triu(r)).sum(axis=0).max())
