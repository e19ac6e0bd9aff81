"""Long products with as many factors multiplied at once as rounding allows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.spectra.products.graded_product import Graded, factored
from deeplinear.spectra.products.scipy_blas import blas, lapack

if TYPE_CHECKING:
    from deeplinear.arrays import Array

EPS = float(np.finfo(float).eps)
PROBES = 8  # random vectors that watch a product grow: all of them miss a third of the error once in 2000 times
LOOK = 8  # factors after which a product is asked whether it is past hope
BACKWARD = 4.0  # ε ‖A‖ that a bidiagonal SVD moves singular values by; 1 is what is seen at n = 1000
WIDE, PINNED = 256, "OPENBLAS_CORETYPE"  # from here on, and where this is set, JAX repays being loaded
FLOATS = 1e-120, 1e120  # entries of a chunk: products of its size neither underflow nor overflow


def times(a: Array, b: Array) -> Array:
    """``A B`` by SciPy's BLAS, in the order of Fortran; neither is copied if it is contiguous either way."""
    (a, left), (b, right) = ((m, 0) if m.flags.f_contiguous else (m.T, 1) for m in (a, b))
    return blas().dgemm(1.0, a, b, trans_a=left, trans_b=right)


def compiled(a: Any, b: Any) -> Any:
    """``A B`` by JAX, in float64 whatever its settings; stays a JAX array.

    XLA picks its kernels by the processor it finds: nearly twice as fast where NumPy's BLAS is pinned to older ones, a third
    slower where it is not.
    """
    import jax

    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        return jax.numpy.matmul(a, b)


def multiplied(factors: Sequence[Array]) -> Array:
    """``W_l ⋯ W_1``, multiplied out."""
    product = factors[0]
    for number in range(1, len(factors)):
        product = times(factors[number], product)
    return product


def astray(factors: Sequence[Array], product: Array, y: Array) -> float:
    """``‖(product − W_l ⋯ W_1) Y‖_F`` for each probe, root mean square: Y also takes the way of the factors one by one.

    For random Y with ``E y yᵀ = C Cᵀ`` the square has the mean ``‖error C‖_F²``, and what rounding does to Y on its own way
    adds as much again.
    """
    end = y
    for number in range(len(factors)):
        end = factors[number] @ end
    return float(np.linalg.norm(product @ y - end)) / y.shape[1] ** 0.5


def probes(size: int) -> Array:
    """Random vectors, shape ``(size, PROBES)``."""
    return np.random.default_rng(0).standard_normal((size, PROBES))


def log_formed(factors: Sequence[Array], rtol: float) -> tuple[Array, float] | None:
    """``ln s`` of the product, formed, and its error, where float64 has every s to ``rtol``; None where it has not.

    A product ``P = Q R`` that is off by E is ``(I + E P⁺) (P − E)``, so its singular values are off by at most ``‖E R⁻¹‖``
    relatively, which random vectors measure. Gaussian products are given up early.
    """
    by = compiled if min(factors[0].shape) >= WIDE and PINNED in os.environ else np.matmul
    product = factors[0]
    for number in range(1, len(factors)):
        with np.errstate(all="ignore"):  # what overflows is past hope
            product = by(factors[number], product)
        if number + 1 == LOOK and triangle(product, rtol) is None:
            return None
    product = np.asarray(product)
    r = triangle(product, rtol)
    if r is None:
        return None
    _, s, _, info = lapack().dgesdd(product if product.flags.f_contiguous else product.T, compute_uv=0)
    y, singular = lapack().dtrtrs(r, probes(len(r)))
    if info != 0 or singular != 0 or s[-1] == 0:
        return None
    error = astray(factors, product, y) + BACKWARD * EPS * s[0] / s[-1]
    return (np.log(s), error) if error <= rtol else None


def triangle(product: Any, rtol: float) -> Array | None:
    """R of ``P = Q R``; None if P is past hope: its smallest singular value too small for ``rtol``, by a bound within n."""
    product = np.asarray(product)
    if product.shape[0] < product.shape[1] or not np.isfinite(product).all():
        return None
    qr, _ = factored(np.array(product, order="F"))
    r = np.asfortranarray(qr[: qr.shape[1]])
    reciprocal, _ = lapack().dtrcon(r)
    return None if rtol * reciprocal * len(r) < EPS else r


def absorb(graded: Graded, factors: Sequence[Array], rtol: float) -> None:
    """Multiply all factors onto ``graded``, several at once where ``graded.error`` stays within ``rtol``.

    A chunk of m factors costs ``m − 1`` multiplications and one QR, and rounds by ``ε ‖W_m‖ ⋯ ‖W_1‖ ‖chunk⁻¹‖``, about
    ``ε √n κ^m``: κ is learnt on the way. Half of what is allowed is spread evenly over the factors, half is for chunks that
    turn out worse. One that costs too much is halved and tried again, down to single factors, which cost what they cost.
    """
    count, start, size = len(factors), 0, 1
    alone = learnt = 0.0  # error of factors taken alone; Σ ln κ so far
    while start < count:
        size, before = min(size, count - start), graded.error
        chunk = factors[start : start + size]
        product = multiplied(chunk)
        if size > 1:
            good = FLOATS[0] < max(product.max(), -product.min()) < FLOATS[1]
            noise = astray(chunk, product, probes(product.shape[1])) if good else np.inf
            allowed = alone + rtol * (1 + (start + size) / count) / 2
            if not good or not graded.multiply(product, noise=noise, allowed=allowed):
                size //= 2
                continue
        else:
            graded.multiply(product)
            alone += graded.error - before
        start += size
        if not np.isfinite(graded.error):
            size = 1
            continue
        root = EPS * product.shape[1] ** 0.5
        learnt += np.log(max((graded.error - before) / root, 1.0))
        fits = np.log(rtol * size / count / root) * start / learnt if learnt else np.inf
        size = int(np.clip(fits, 1, 2 * size))
