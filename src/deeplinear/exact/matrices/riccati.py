r"""Two layers, modes that mix: the matrix Riccati equation, solved with decaying exponentials only.

Weights with ``W_2ᵀW_2 − W_1W_1ᵀ = λI`` keep that λ. With ``Q = (W_1ᵀ; W_2)``, in the basis of the task's modes, and
``F = [[−λ/2 I, Sᵀ], [S, λ/2 I]]``, gradient flow on white inputs is ``tau dQ/dt = F Q − ½ Q Qᵀ Q``, so that

    Q Qᵀ(t) = e^{Ft} Q_0 M⁻¹ Q_0ᵀ e^{Ft},     M = I + Q_0ᵀ (∫_0^t e^{2Fx} dx) Q_0.

Both factors overflow. `Riccati` rotates the hidden units so that Q_0, in eigenvectors of F sorted from the fastest growing
down, is an echelon: column j has no part that grows faster than its pivot ω_j. Divided by ``e^{ω_j t}`` every column then
only decays, and ``M = BᵀB`` is inverted through a QR of B, which squares no condition number. A direction of growth that
the start lacks gets no pivot; that is the saddle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deeplinear.arrays import Array

ABSENT = 1e-13  # of the start's norm: less than this along a direction is the round-off of nothing
CHUNK = 500_000  # numbers in one batch of times: 4 MB, which a cache holds
PLAIN = 0.1  # a column with this much that the others lack loses no more than two digits to squaring


@dataclass(frozen=True, eq=False)
class Riccati:
    """One λ-balanced start, in the basis of the task's modes.

    Attributes:
        s: singular values of Σ³¹, shape ``(k,)``, ``k = min(n_in, n_out)``.
        imbalance: λ.
        inputs: ``(W_1 V)ᵀ`` at the start, shape ``(n_in, n_hidden)``, the first k rows along the task's input modes.
        outputs: ``Uᵀ W_2`` at the start, shape ``(n_out, n_hidden)``.

    Source:
        Fukumizu 1998 (λ = 0); Braun, Dominé, Fitzgerald & Saxe 2022; Dominé et al. 2024, arXiv:2409.14623 (λ ≠ 0). Theirs
        inverts F and the start; the echelon, which needs neither, is derived here.

    Example:
        >>> path = Riccati(np.array([2.0]), 0.99, np.array([[0.1]]), np.array([[1.0]]))
        >>> a, b = path.halves(np.array([0.0, 50.0]))
        >>> (a * b).ravel().round(12)
        array([0.1, 2. ])
    """

    s: Array
    imbalance: float
    inputs: Array
    outputs: Array

    @cached_property
    def frame(self) -> tuple[Array, Array]:
        """Unit eigenvectors ``(first, second)`` of growth, along (v_α, u_α) of each mode; decay is ``(second, −first)``."""
        half = self.imbalance / 2
        side = np.hypot(self.s, half) + abs(half)
        still = side == 0
        first = np.where(still, 1.0, self.s if half >= 0 else side)
        second = np.where(still, 0.0, side if half >= 0 else self.s)
        norm = np.hypot(first, second)
        return first / norm, second / norm

    @cached_property
    def rates(self) -> Array:
        """Eigenvalues ω of F: growing modes, decaying modes, inputs beyond the modes, outputs beyond them."""
        k, growth = len(self.s), np.hypot(self.s, self.imbalance / 2)
        rest = np.repeat([-self.imbalance / 2, self.imbalance / 2], [len(self.inputs) - k, len(self.outputs) - k])
        return np.concatenate([growth, -growth, rest])

    def to_rates(self, inputs: Array, outputs: Array) -> Array:
        """Rows in the eigenvectors of F, shape ``(n_in + n_out, n)``, in the order of `rates`."""
        (first, second), k = self.frame, len(self.s)
        a, b = inputs[:k], outputs[:k]
        grow, decay = first[:, None] * a + second[:, None] * b, second[:, None] * a - first[:, None] * b
        return np.concatenate([grow, decay, inputs[k:], outputs[k:]])

    def from_rates(self, rows: Array) -> tuple[Array, Array]:
        """Inverse of `to_rates`, for shape ``(..., n_in + n_out, n)``."""
        (first, second), k = self.frame, len(self.s)
        grow, decay, rest = rows[..., :k, :], rows[..., k : 2 * k, :], rows[..., 2 * k :, :]
        cut = len(self.inputs) - k
        a, b = first[:, None] * grow + second[:, None] * decay, second[:, None] * grow - first[:, None] * decay
        return (
            np.concatenate([a, rest[..., :cut, :]], axis=-2),
            np.concatenate([b, rest[..., cut:, :]], axis=-2),
        )

    @cached_property
    def echelon(self) -> tuple[Array, NDArray[np.intp], Array]:
        """The start as ``rows = columns · frameᵀ``, rows in the order of `rates`.

        Returns:
            Columns, shape ``(n_in + n_out, r)``; the row of each column's pivot, shape ``(r,)``; and the orthonormal hidden
            frame, shape ``(n_hidden, r)``.
        """
        rows = self.to_rates(self.inputs, self.outputs)
        frame = np.zeros((rows.shape[1], min(rows.shape)))
        pivots: list[int] = []
        absent = ABSENT * max(float(np.linalg.norm(rows)), np.finfo(float).tiny)
        for i in np.argsort(-self.rates, kind="stable").tolist():
            used = frame[:, : len(pivots)]
            rest = rows[i] - used @ (rows[i] @ used)
            rest -= used @ (rest @ used)  # twice is enough
            size = float(np.linalg.norm(rest))
            if size > absent and len(pivots) < frame.shape[1]:
                frame[:, len(pivots)] = rest / size
                pivots.append(i)
        frame = frame[:, : len(pivots)]
        columns = rows @ frame
        place = np.empty(len(rows), dtype=np.intp)
        place[np.argsort(-self.rates, kind="stable")] = np.arange(len(rows))
        columns[place[:, None] < place[pivots]] = 0.0  # exactly, or round-off would grow
        return columns, np.array(pivots, dtype=np.intp), frame

    def scaled(self, t: Array) -> tuple[Array, Array]:
        """``e^{Ft}Q_0`` and the root B of M, columns divided by their growth: ``(T, n_in + n_out, r)``, and r rows more."""
        (columns, pivots, _), rates = self.echelon, self.rates
        growth, t = np.maximum(rates[pivots], 0.0), t[:, None, None]
        fall = np.where(columns == 0, 0.0, np.minimum(rates[:, None] - growth, 0.0))
        rows = fall * t
        np.exp(rows, out=rows)
        rows *= columns
        pace, early = np.abs(rates)[:, None], np.exp(-growth * t)
        span = np.where(pace > 0, -np.expm1(-2 * pace * t) / np.where(pace > 0, 2 * pace, 1.0), t)
        root = np.concatenate([np.eye(len(pivots)) * early, rows], axis=1)
        past = rates < 0
        root[:, len(pivots) :][:, past] = columns[past] * early  # a decaying part counts by what it has been
        root[:, len(pivots) :] *= np.sqrt(span)
        return rows, root

    @property
    def batch(self) -> int:
        """How many times are best evaluated at once."""
        return max(1, CHUNK // max(1, len(self.rates) * len(self.echelon[1])))

    def factors(self, t: Array) -> Array:
        """A factor Y of ``Q Qᵀ = Y Yᵀ`` in the order of `rates`, shape ``(T, n_in + n_out, r)``, up to a hidden rotation."""
        r, step = len(self.echelon[1]), self.batch
        out = np.empty((len(t), len(self.rates), r))
        for i in range(0, len(t) if r else 0, step):
            rows, root = self.scaled(t[i : i + step])
            sizes = np.sqrt(np.einsum("tij,tij->tj", root, root))[:, None]
            root /= sizes
            rows /= sizes
            lower = np.swapaxes(triangular(root), 1, 2)
            out[i : i + step] = np.swapaxes(np.linalg.solve(lower, np.swapaxes(rows, 1, 2)), 1, 2)
        return out

    def halves(self, t: Array) -> tuple[Array, Array]:
        """``(W_1 V)ᵀ`` and ``Uᵀ W_2`` up to one hidden rotation, shapes ``(T, n_in, r)`` and ``(T, n_out, r)``.

        Args:
            t: times in units of tau, shape ``(T,)``, finite, ``>= 0``.
        """
        return self.from_rates(self.factors(t))

    @cached_property
    def limit(self) -> tuple[Array, Array]:
        """`halves` at infinite time, shapes ``(n_in, r)`` and ``(n_out, r)``."""
        columns, pivots, _ = self.echelon
        growth = self.rates[pivots]
        grown = growth > 0
        columns, growth = columns[:, grown], growth[grown]
        stays = np.isclose(self.rates[:, None], growth, rtol=1e-14, atol=0.0)
        rows = np.where(stays, columns, 0.0)
        if not rows.size:
            return np.zeros((len(self.inputs), 0)), np.zeros((len(self.outputs), 0))
        upper = np.asarray(np.linalg.qr(rows / np.sqrt(2 * growth), mode="r"))
        return self.from_rates(np.linalg.solve(upper.T, rows.T).T)

    @cached_property
    def missing(self) -> NDArray[np.intp]:
        """Modes with a target that the start cannot grow into, though it has hidden units to spare for them."""
        k, pivots = len(self.s), self.echelon[1]
        room = min(k, self.inputs.shape[1])
        wanted = np.flatnonzero(self.s[:room] > 1e-10 * self.s.max(initial=0.0))
        return np.setdiff1d(wanted, pivots[pivots < k])


def triangular(root: Array) -> Array:
    """Upper triangles R with ``RᵀR = BᵀB`` for columns of length 1: by Cholesky where that is as good as QR, three times faster."""
    try:
        lower = np.linalg.cholesky(np.swapaxes(root, 1, 2) @ root)
    except np.linalg.LinAlgError:  # columns parallel to rounding
        return np.asarray(np.linalg.qr(root, mode="r"))
    if np.diagonal(lower, axis1=1, axis2=2).min() < PLAIN:
        return np.asarray(np.linalg.qr(root, mode="r"))
    return np.asarray(np.swapaxes(lower, 1, 2), dtype=np.float64)
