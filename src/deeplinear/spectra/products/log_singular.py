"""All singular values of a long product, also where the product itself underflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag, real_number
from deeplinear.spectra.products.graded_product import Graded
from deeplinear.spectra.products.graded_svd import log_graded
from deeplinear.spectra.products.partial_products import absorb, log_formed
from deeplinear.weights import checked, oriented

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@overload
def log_singular_values(
    factors: Iterable[ArrayLike], *, rtol: float | None = None, error: Literal[False] = False
) -> Array: ...
@overload
def log_singular_values(
    factors: Iterable[ArrayLike], *, rtol: float | None = None, error: Literal[True]
) -> tuple[Array, float]: ...
def log_singular_values(
    factors: Iterable[ArrayLike], *, rtol: float | None = None, error: bool = False
) -> Array | tuple[Array, float]:
    r"""Logarithms of all singular values of ``W_L ⋯ W_1``, each to high relative accuracy.

    Forming the product keeps what is above 1e-16 of its largest singular value: of a hundred Gaussian factors about half
    the values. Here the product is never formed, and ``ln s`` may lie far beyond the range of a float. Each factor costs
    one QR, about three times its multiplication; a network is read from its narrower end.

    Args:
        factors: ``(W1, …, WL)`` in the order data meet them, ``W_l`` of shape ``(n_l, n_{l−1})``. From an iterator one
            factor is held at a time, and reading begins at W1; with ``rtol`` all are.
        rtol: relative error of every finite s that is good enough, and buys time: the product is formed where float64
            suffices for that, else as many factors are multiplied at once as its share of the error allows. Without it
            every factor is taken alone, which is as accurate as it gets; 1e-6 takes a half to a fifth of the time.
        error: return a bound too.

    Returns:
        ``ln s``, descending, shape ``(min(n_0, n_L),)``; ``-inf`` where s is zero: behind a narrower layer, or in a
        direction that a factor shrinks below ``max(shape) · 2.2e-16`` of its norm, which float64 cannot tell from zero
        (NumPy's ``matrix_rank`` draws the line there too). With ``error``, also ``Σ_l ε ‖W_l‖ ‖(W_l restricted)⁻¹‖``,
        the order of the relative error of every finite s; infinite where a factor lost a direction. It exceeds ``rtol``
        where the factors by themselves do.

    Raises:
        ValueError: no factors, shapes that do not chain, complex numbers, NaN or infinity, ``rtol`` not between 0 and 1.

    Source:
        Demmel et al. 1999, Linear Algebra Appl. 299, 21 (relative accuracy); Drmač & Veselić 2008, SIAM J. Matrix Anal.
        Appl. 29, 1322 (Jacobi). Meant for Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (19).

    Example:
        >>> tiny = np.array([[1.0, 1.0], [0.0, 1e-8]])
        >>> log_singular_values([tiny] * 100).tolist()  # the determinant is 1e-800
        [0.346573..., -1842.414647...]
    """
    layers, error = stream(factors), flag("log_singular_values", "error", error)
    if rtol is not None:
        logs, doubt = within(tolerance("log_singular_values", rtol), tuple(layers))
        return (logs, doubt) if error else logs
    first = next(layers)
    width, product = first.shape[1], Graded(first.shape[1], watch=error)
    product.multiply(first)
    last = first
    for last in layers:
        product.multiply(last)
    logs = finished(product, min(width, last.shape[0]))
    return (logs, product.error) if error else logs


def within(rtol: float, factors: Sequence[Array]) -> tuple[Array, float]:
    """`log_singular_values` of checked factors that begin at the narrower end, to ``rtol``, and the error."""
    found = log_formed(factors, rtol)
    if found is not None:
        return found
    product = Graded(factors[0].shape[1], watch=True)
    absorb(product, factors, rtol)
    return finished(product, min(factors[0].shape[1], factors[-1].shape[0])), product.error


def finished(product: Graded, count: int) -> Array:
    """``ln s`` of what was multiplied, ``-inf`` where a direction was lost."""
    logs = np.full(count, -np.inf)
    logs[: len(product.d)] = log_graded(product.d, product.t)
    return logs


def tolerance(function: str, rtol: float) -> float:
    """A relative error asked for."""
    advice = "it is the relative error of a singular value. Pass for example rtol=1e-6."
    return real_number(function, "rtol", rtol, "0 < · < 1", advice)


def stream(factors: Iterable[ArrayLike]) -> Iterator[Array]:
    """Checked factors; a sequence as the mirror network where that one begins narrower."""
    if isinstance(factors, np.ndarray) and factors.ndim == 3:
        factors = tuple(factors)
    if isinstance(factors, (Sequence, np.ndarray)) or not isinstance(factors, Iterable):
        layers = checked(factors)  # type: ignore[arg-type]  # it refuses what is no sequence
        yield from oriented(layers, layers[-1].shape[0] < layers[0].shape[1])
        return
    below = None
    for number, w in enumerate(factors, 1):
        (layer,) = checked((w,))
        if below is not None and layer.shape[1] != below:
            raise ValueError(
                f"log_singular_values needs shapes that chain, got W{number} of shape {layer.shape} after {below} outputs: "
                f"it must have {below} columns. Each is (n_out, n_in)."
            )
        below = layer.shape[0]
        yield layer
    if below is None:
        raise ValueError(
            "log_singular_values needs at least one factor, got an empty iterator: a product of nothing has no shape. "
            "An iterator can be read once; make a new one."
        )
