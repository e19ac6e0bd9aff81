"""Spectra of products of square Gaussian matrices, exact in law, from triangles instead of the matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deeplinear.arguments import flag, generator, whole_number
from deeplinear.haar import haar
from deeplinear.memory import require_memory
from deeplinear.spectra.products.graded_svd import log_graded
from deeplinear.sweep import sweep

if TYPE_CHECKING:
    from deeplinear.arrays import Array

MOST = 10**6  # units, factors or realisations
BLOCK = 100  # rows and columns of a block: larger ones multiply zeros, smaller ones leave BLAS its overhead
LEAST_CHUNK = 1e10  # multiplications below which another worker process costs more than it brings
OVER = 700.0  # below the diagonal, where the exponential is not used
AGREES = 1e-9  # sum of ln s against ln |det|, for each value


class ProductSpectra(NamedTuple):
    """Spectra of realisations of a product of k Gaussian matrices.

    Attributes:
        log_singular_values: ``ln s``, descending, shape ``(..., n)``.
        eigenvalues: complex, in no order, shape ``(..., n)``; None where not asked for. Those of modulus below about
            ``1e-15 s_max`` are rounding.
    """

    log_singular_values: Array
    eigenvalues: Array | None


def gaussian_product_spectra(
    n: int, k: int, rng: int | np.random.Generator | None = None, *, eigenvalues: bool = False
) -> ProductSpectra:
    r"""Singular values, and eigenvalues, of one ``G_k ⋯ G_1`` with independent entries of variance ``1/n``.

    With ``G_1 = Q_1 R_1``, ``G_2 Q_1 = Q_2 R_2``, … the product is ``Q_k R_k ⋯ R_1``. ``G_l Q_{l−1}`` is Gaussian whatever
    ``Q_{l−1}``, so Q_k is Haar, the triangles are independent of it and of each other, and each is Bartlett's:
    ``n R_ii²`` is chi-squared with ``n − i + 1`` degrees of freedom, ``√n R_ij`` standard normal above the diagonal. No
    matrix is factored, and triangles multiply in a third of the work. The diagonals descend, so the product of triangles
    is ``diag(e^d) U`` with U unit upper triangular and harmless: singular values are accurate relatively, whatever k.

    Eigenvalues are those of ``Q_k diag(e^d) U``, formed in float64. Against 1000-bit arithmetic their absolute error was
    below ``10 ε s_max`` (n = 20 and 100, k = 99; 35 ε s_max once at k = 5): at k = 99 moduli above 0.05 are
    right to 1e-13 of themselves, 1e-8 to 1e-5, and those below 1e-14 are rounding.

    Args:
        n: width, ``>= 1``.
        k: number of factors, ``>= 1``.
        rng: seed or generator.
        eigenvalues: find them too.

    Returns:
        Arrays of shape ``(n,)``.

    Raises:
        ValueError: ``n`` or ``k`` is no positive integer.

    Source:
        Bartlett 1934, Proc. R. Soc. Edinburgh 53, 260 (the triangle). The matrices: Saxe, McClelland & Ganguli 2014,
        arXiv:1312.6120, eq. (19) and figure 6.

    Example:
        >>> one = gaussian_product_spectra(100, 99, rng=0)
        >>> one.log_singular_values.shape, bool(one.log_singular_values[-1] < -200)
        ((100,), True)
    """
    eigenvalues = flag("gaussian_product_spectra", "eigenvalues", eigenvalues)
    n, k = (whole_number("gaussian_product_spectra", name, value, 1, MOST) for name, value in (("n", n), ("k", k)))
    rng = generator("gaussian_product_spectra", rng)
    require_memory("gaussian_product_spectra", 48.0 * n**2, f"matrices of width {n}", "Pass a smaller n.")
    d, u = triangle_product(n, k, rng)
    logs = log_triangle(d, u)
    if not eigenvalues:
        return ProductSpectra(logs, None)
    product = (haar(n, n, rng) * np.exp(d)) @ u
    return ProductSpectra(logs, np.linalg.eigvals(product).astype(complex))


def gaussian_product_samples(
    n: int,
    k: int,
    realisations: int,
    rng: int | np.random.Generator | None = None,
    *,
    eigenvalues: bool = False,
    workers: int = -1,
) -> ProductSpectra:
    """Many realisations of `gaussian_product_spectra`, on all cores through `deeplinear.sweep.sweep`.

    Each realisation has a seed of its own, so the result depends neither on the number of workers nor on the chunks.
    A worker holds three ``n × n`` matrices.

    Args:
        n: width.
        k: number of factors.
        realisations: how many, ``>= 1``.
        rng: seed or generator.
        eigenvalues: find them too.
        workers: processes, -1 for one on each core.

    Returns:
        Arrays of shape ``(realisations, n)``.

    Raises:
        ValueError: ``n``, ``k`` or ``realisations`` is no positive integer.

    Example:
        >>> many = gaussian_product_samples(10, 3, 50, rng=0)
        >>> many.log_singular_values.shape, many.eigenvalues is None
        ((50, 10), True)
    """
    eigenvalues = flag("gaussian_product_samples", "eigenvalues", eigenvalues)
    asked = {"n": n, "k": k, "realisations": realisations}
    n, k, realisations = (whole_number("gaussian_product_samples", *each, 1, MOST) for each in asked.items())
    workers = whole_number("gaussian_product_samples", "workers", workers, -1, MOST, "-1 is one on each core.")
    seed = int(generator("gaussian_product_samples", rng).integers(2**63))
    work = n**3 * (k / 3 + 8 + 25 * eigenvalues) + 1e6 * k  # calls from Python count for small n
    size = max(1, min(int(LEAST_CHUNK / work), realisations))
    bounds = [(begin, min(begin + size, realisations)) for begin in range(0, realisations, size)]
    jobs = [{"n": n, "k": k, "seed": seed, "begin": a, "end": b, "eigenvalues": eigenvalues} for a, b in bounds]
    pieces = sweep(chunk, jobs, workers=workers if len(jobs) > 1 else 1)
    logs = np.concatenate([piece[0] for piece in pieces])
    return ProductSpectra(logs, np.concatenate([piece[1] for piece in pieces]) if eigenvalues else None)


def chunk(*, n: int, k: int, seed: int, begin: int, end: int, eigenvalues: bool) -> tuple[Array, Array | None]:
    """Realisations ``begin`` to ``end`` of those that this seed stands for."""
    seeds = (np.random.SeedSequence(seed, spawn_key=(index,)) for index in range(begin, end))
    found = [gaussian_product_spectra(n, k, np.random.default_rng(s), eigenvalues=eigenvalues) for s in seeds]
    logs, values = zip(*found, strict=True)
    return np.stack(logs), np.stack(values) if eigenvalues else None


def triangle_product(n: int, k: int, rng: np.random.Generator) -> tuple[Array, Array]:
    r"""D and U with ``R_k ⋯ R_1 = diag(e^d) U``, U unit upper triangular; shapes ``(n,)`` and ``(n, n)``.

    ``U ← R̂ U``, ``R̂_ij = R_ij e^{d_j − d_i'} ``, ``d_i' = d_i + ln R_ii``, in blocks on and above the diagonal. R̂ exists a
    strip of rows at a time.
    """
    d, u, new = np.zeros(n), np.eye(n), np.zeros((n, n))
    for _ in range(k):
        grown = d + np.log(rng.chisquare(n - np.arange(n)) / n) / 2
        for begin in range(0, n, BLOCK):
            end = min(begin + BLOCK, n)
            strip = rng.standard_normal((end - begin, n - begin))
            strip /= np.sqrt(n)
            corner = strip[:, : end - begin]  # d may rise by a little inside: one exponential of the difference
            corner[:] = np.triu(corner, 1) * np.exp(np.minimum(d[begin:end] - grown[begin:end, None], OVER))
            np.fill_diagonal(corner, 1.0)
            if end < n:  # right of it both exponentials are small
                strip[:, end - begin :] *= np.exp(d[end] - grown[begin:end])[:, None] * np.exp(d[end:] - d[end])
            for left in range(begin, n, BLOCK):
                right = min(left + BLOCK, n)
                np.matmul(strip[:, : right - begin], u[begin:right, left:right], out=new[begin:end, left:right])
        d, u, new = grown, new, u
    return d, u


def log_triangle(d: Array, u: Array) -> Array:
    """``ln`` of the singular values of ``diag(e^d) U``; slowly and surely where the determinant says that haste was wrong."""
    long = np.sqrt(np.einsum("ij,ij->i", u, u))
    scaled, t = d + np.log(long), (u / long[:, None]).T
    logs = log_graded(scaled, t, guaranteed=False)
    return logs if abs(logs.sum() - d.sum()) <= AGREES * len(d) else log_graded(scaled, t)
