"""Long products with as many factors multiplied at once as rounding allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.spectra.fortran import blas, lapack
from deeplinear.spectra.graded import Graded, factored

if TYPE_CHECKING:
    from deeplinear.task import Array

EPS = float(np.finfo(float).eps)
PROBES = 8  # random vectors that watch a product grow: all of them miss a third of the error once in 2000 times
LOOK, AGAIN = 8, 4  # after 8, 32, 128, … factors a product is asked whether it is past hope
BACKWARD = 4.0  # ε ‖A‖ that a bidiagonal SVD moves singular values by; 1 is what is seen at n = 1000
FLOATS = 1e-120, 1e120  # entries of a chunk: products of its size neither underflow nor overflow


def times(a: Array, b: Array) -> Array:
    """``A B`` by SciPy's BLAS, in the order of Fortran; neither is copied if it is contiguous either way."""
    (a, left), (b, right) = ((m, 0) if m.flags.f_contiguous else (m.T, 1) for m in (a, b))
    return blas().dgemm(1.0, a, b, trans_a=left, trans_b=right)


class Formed:
    """A product ``W_l ⋯ W_1`` that is multiplied out, and by how much rounding moved it.

    Random vectors take the same way one by one. Where they arrive and where the product sends them differs by the
    rounding of both; the mean square of that is an estimate of ``‖error‖_F²``, at most twice too large on average.
    """

    def __init__(self, first: Array):
        self.product = first
        self.start = np.asfortranarray(np.random.default_rng(0).standard_normal((first.shape[1], PROBES)))
        self.end = times(first, self.start)

    def multiply(self, w: Array) -> None:
        """One more factor from the left."""
        self.product, self.end = times(w, self.product), times(w, self.end)

    @property
    def noise(self) -> float:
        """``‖product − W_l ⋯ W_1‖_F``, estimated; NaN after an overflow."""
        with np.errstate(all="ignore"):
            return float(np.linalg.norm(times(self.product, self.start) - self.end)) / PROBES**0.5


def log_formed(factors: Sequence[Array], rtol: float) -> tuple[Array, float] | None:
    """``ln s`` of the product, formed, and its error, where float64 has every s to ``rtol``; None where it has not.

    Singular values move by at most ``‖error‖``, so the smallest of them decides. Gaussian products are given up early.
    """
    count, look, formed = len(factors), LOOK, Formed(factors[0])
    for number in range(1, count):
        formed.multiply(factors[number])
        if number + 1 == look:
            if past_hope(formed.product, rtol):
                return None
            look *= AGAIN
    if not np.isfinite(formed.product).all():
        return None
    _, s, _, info = lapack().dgesdd(formed.product, compute_uv=0)
    error = formed.noise + BACKWARD * EPS * s[0]
    if info != 0 or not error <= rtol * s[-1]:
        return None
    return np.log(s), error / s[-1]


def past_hope(product: Array, rtol: float) -> bool:
    """Whether its smallest singular value is already below what ``rtol`` asks for, by a condition number within n."""
    if not np.isfinite(product).all():
        return True
    qr, _ = factored(np.array(product if product.shape[0] >= product.shape[1] else product.T, order="F"))
    reciprocal, _ = lapack().dtrcon(qr[: qr.shape[1]])
    return bool(rtol * reciprocal * qr.shape[1] < EPS)


def absorb(graded: Graded, factors: Sequence[Array], rtol: float) -> None:
    """Multiply all factors onto ``graded``, several at once where ``graded.error`` stays within ``rtol``.

    A chunk of m factors costs ``m − 1`` multiplications and one QR, and rounds by ``ε ‖W_m‖ ⋯ ‖W_1‖ ‖chunk⁻¹‖``, about
    ``ε √n κ^m``: κ is learnt on the way. Half of what is allowed is spread evenly over the factors, half is for
    those that turn out worse. A chunk that costs too much is halved and tried again, down to single factors.
    """
    count, start, size, growth = len(factors), 0, 1, 0.0
    while start < count:
        size = min(size, count - start)
        before, allowed = graded.error, rtol * (1 + (start + size) / count) / 2
        chunk = Formed(factors[start])
        for w in factors[start + 1 : start + size]:
            chunk.multiply(w)
        if size > 1:
            largest = max(chunk.product.max(), -chunk.product.min())
            good = FLOATS[0] < largest < FLOATS[1]
            if not good or not graded.multiply(chunk.product, noise=chunk.noise, allowed=allowed):
                size //= 2
                continue
        else:
            graded.multiply(chunk.product)
        start += size
        root = EPS * chunk.product.shape[1] ** 0.5
        if np.isfinite(graded.error):
            growth = max(growth, np.log(max((graded.error - before) / root, 1.0)) / size)
            fits = np.log(rtol * size / count / root) / growth if growth else np.inf
            size = int(np.clip(fits, 1, 2 * size))
        else:
            size = 1
