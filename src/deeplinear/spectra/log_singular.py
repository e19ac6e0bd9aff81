"""All singular values of a long product, also where the product itself underflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.spectra.graded import Graded
from deeplinear.spectra.windows import log_graded
from deeplinear.weights import checked, oriented

if TYPE_CHECKING:
    from deeplinear.task import Array


@overload
def log_singular_values(factors: Iterable[ArrayLike], *, error: Literal[False] = False) -> Array: ...
@overload
def log_singular_values(factors: Iterable[ArrayLike], *, error: Literal[True]) -> tuple[Array, float]: ...
def log_singular_values(factors: Iterable[ArrayLike], *, error: bool = False) -> Array | tuple[Array, float]:
    r"""Logarithms of all singular values of ``W_L ⋯ W_1``, each to high relative accuracy.

    Forming the product keeps what is above 1e-16 of its largest singular value: of a hundred Gaussian factors about half
    the values. Here the product is never formed, and ``ln s`` may lie far beyond the range of a float. Each factor costs
    one QR, about three times its multiplication; a network is read from its narrower end.

    Args:
        factors: ``(W1, …, WL)`` in the order data meet them, ``W_l`` of shape ``(n_l, n_{l−1})``. From an iterator one
            factor is held at a time, and reading begins at W1.
        error: return a bound too.

    Returns:
        ``ln s``, descending, shape ``(min(n_0, n_L),)``; ``-inf`` where s is zero: behind a narrower layer, or in a
        direction that a factor shrinks below ``max(shape) · 2.2e-16`` of its norm, which float64 cannot tell from zero
        (NumPy's ``matrix_rank`` draws the line there too). With ``error``, also ``Σ_l ε ‖W_l‖ ‖(W_l restricted)⁻¹‖``,
        the order of the relative error of every finite s; infinite where a factor lost a direction.

    Raises:
        ValueError: no factors, shapes that do not chain, complex numbers, NaN or infinity.

    Source:
        Demmel et al. 1999, Linear Algebra Appl. 299, 21 (relative accuracy); Drmač & Veselić 2008, SIAM J. Matrix Anal.
        Appl. 29, 1322 (Jacobi). Meant for Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (19).

    Example:
        >>> tiny = np.array([[1.0, 1.0], [0.0, 1e-8]])
        >>> log_singular_values([tiny] * 100).tolist()  # the determinant is 1e-800
        [0.346573..., -1842.414647...]
    """
    layers = stream(factors)
    first = next(layers)
    width, product = first.shape[1], Graded(first.shape[1], watch=error)
    product.multiply(first)
    last = first
    for last in layers:
        product.multiply(last)
    logs = np.full(min(width, last.shape[0]), -np.inf)
    logs[: len(product.d)] = log_graded(product.d, product.t)
    return (logs, product.error) if error else logs


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
