"""Golub-Kahan-Lanczos bidiagonalisation with full reorthogonalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

    from deeplinear.arrays import Array

BREAKDOWN = 1e-13  # of the largest coefficient so far: what is left after projection is rounding
ROWS = 32  # basis vectors for which room is made at once


class Bidiagonal:
    r"""``A V = U B``, ``Aᵀ U = V Bᵀ + β v_next e_mᵀ`` with orthonormal U and V, B upper bidiagonal, grown step by step.

    Where the Krylov space of the start ends, it goes on from a random vector orthogonal to what it has, and counts a new
    block: copies of multiple singular values appear one a block.

    Source:
        Golub & Kahan 1965, SIAM J. Numer. Anal. B 2, 205; reorthogonalised twice, Daniel et al. 1976, Math. Comp. 30, 772.
    """

    def __init__(self, operator: LinearOperator, start: Array, rng: np.random.Generator):
        self.operator, self.rng = operator, rng
        self.left, self.right = (np.empty((0, n)) for n in operator.shape)
        self.alpha: list[float] = []
        self.beta: list[float] = []  # beta[m-1] leads out of step m
        self.next = start / np.linalg.norm(start)
        self.blocks = 1

    @property
    def steps(self) -> int:
        """How many columns B has."""
        return len(self.alpha)

    def step(self) -> None:
        """One product with A and one with its transpose."""
        m = self.steps
        if m == len(self.right):
            self.left, self.right = (np.pad(basis, ((0, ROWS), (0, 0))) for basis in (self.left, self.right))
        self.right[m] = self.next
        u, alpha = self.unit(self.operator.matvec(self.next), self.left[:m])
        self.left[m] = u
        self.alpha.append(alpha)
        v, beta = self.unit(self.operator.rmatvec(u), self.right[: m + 1])
        self.next = v
        self.beta.append(beta)
        if beta == 0:
            self.blocks += 1

    def unit(self, vector: Array, basis: Array) -> tuple[Array, float]:
        """The part of a vector orthogonal to the basis, of length one, and its length; 0 and anything orthogonal if none."""
        size = float(np.linalg.norm(vector))
        for _ in range(2):
            vector = vector - basis.T @ (basis @ vector)
        length = float(np.linalg.norm(vector))
        if length > BREAKDOWN * max([size, *self.alpha]):
            return vector / length, length
        if len(basis) == len(vector):
            return np.zeros(len(vector)), 0.0
        vector = self.rng.standard_normal(len(vector))
        for _ in range(2):
            vector = vector - basis.T @ (basis @ vector)
        return vector / np.linalg.norm(vector), 0.0

    def svd(self) -> tuple[Array, Array, Array]:
        """``B = P diag(θ) Qᵀ``: P, θ descending, Qᵀ."""
        return np.linalg.svd(np.diag(self.alpha) + np.diag(self.beta[:-1], 1))

    @property
    def whole(self) -> bool:
        """Whether V has everything."""
        return self.steps >= self.operator.shape[1]
