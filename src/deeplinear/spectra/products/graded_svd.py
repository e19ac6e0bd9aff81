"""Singular values of a graded matrix whose columns run over more powers of ten than a float has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.spectra.products.scipy_blas import lapack

if TYPE_CHECKING:
    from deeplinear.arrays import Array

SPAN = 600.0  # nats between the longest and the shortest column of one window: e^±300 around its middle, squares too
GUARD = 60.0  # nats by which windows overlap; a column this far away moves a value by e^-120 of itself
BLOCK = 64


def log_graded(d: Array, t: Array, *, guaranteed: bool = True) -> Array:
    r"""``ln`` of the singular values of ``diag(e^d) T``, descending, to high relative accuracy.

    ``Tᵀ = Q R`` with columns in the order of d, so the values are those of the upper triangle ``R diag(e^d)``. One-sided
    Jacobi finds them to ``ε cond(T)`` each, whatever d. Where d spans too much for a float, windows of neighbouring
    columns are taken one after the other: column j of ``R diag(e^d)`` is ``e^{d_j}`` long, and two columns that differ
    in length by a factor f turn each other by 1/f.

    Args:
        d: shape ``(r,)``.
        t: ``Tᵀ``, shape ``(m, r)``, ``m >= r``, of full rank and well conditioned.
        guaranteed: by Jacobi sweeps; otherwise by bidiagonal form from the longest column to the shortest, which on graded
            matrices has been as accurate wherever it was compared, is 4 to 12 times faster, and is no theorem.

    Returns:
        Shape ``(r,)``.

    Raises:
        RuntimeError: Jacobi sweeps that do not converge.

    Source:
        Drmač & Veselić 2008, SIAM J. Matrix Anal. Appl. 29, 1322 and 1343 (LAPACK ``dgejsv``).

    Example:
        >>> log_graded(np.array([0.0, -2000.0, 5.0]), np.eye(3))
        array([ 5., 0., -2000.])
    """
    order = np.argsort(-d, kind="stable")
    d = d[order]
    r = lapack().dgeqrf(np.asfortranarray(t[:, order]), lwork=BLOCK * max(len(d), 1))[0] if len(d) else t
    found, start = np.empty(len(d)), 0
    values = jacobi if guaranteed else bidiagonal
    while start < len(d):
        first, stop, last = window(d, start)
        middle = (d[first] + d[last - 1]) / 2
        inside = np.triu(r[first:last, first:last]) * np.exp(d[first:last] - middle)
        found[start:stop] = (middle + values(inside))[start - first : stop - first]
        start = stop
    return found


def window(d: Array, start: int) -> tuple[int, int, int]:
    """Columns ``[first, last)`` that decide the values ``[start, stop)``; d descends."""
    if d[0] - d[-1] <= SPAN:
        return 0, len(d), len(d)
    below = d[start] - d  # how many nats below the first value wanted
    first = int(np.searchsorted(below, -GUARD, "left"))
    stop, last = (int(np.searchsorted(below, nats, "right")) for nats in (SPAN - 2 * GUARD, SPAN - GUARD))
    return first, stop, last


def bidiagonal(a: Array) -> Array:
    """``ln`` of the singular values of a square matrix with columns of descending length."""
    _, values, _, info = lapack().dgesdd(np.asfortranarray(a.T), compute_uv=0)
    if info != 0:
        raise RuntimeError(
            f"log_graded needs a bidiagonal iteration that converges, got info={info}: a value may be wrong. "
            f"Ask for guaranteed=True."
        )
    with np.errstate(divide="ignore"):
        return np.log(values)


def jacobi(a: Array) -> Array:
    """``ln`` of the singular values of a square matrix with columns of very different lengths."""
    n = len(a)
    # C: relative accuracy of columns; N: no vectors; N: the whole range of floats, not its square root; N: no noise added
    values, _, _, work, _, info = lapack().dgejsv(
        np.asfortranarray(a), joba=0, jobu=3, jobv=3, jobr=0, jobt=0, jobp=0, lwork=max(7, 2 * n * n + (6 + BLOCK) * n)
    )
    if info != 0:
        raise RuntimeError(
            f"log_graded needs Jacobi sweeps that converge, got info={info} for {n} columns: a value may be wrong. "
            f"Report the matrix; T should be well conditioned."
        )
    with np.errstate(divide="ignore"):
        return np.log(values) + np.log(work[0] / work[1])
