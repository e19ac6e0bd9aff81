r"""The tangent kernel of a deep linear network, kept as one pair of small matrices for each layer.

``K = Σ_l (W_{L:l+1} W_{L:l+1}ᵀ) ⊗ (X W_{l-1:1}ᵀ W_{l-1:1} Xᵀ)``, examples in the rows of X, outputs before examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.memory import require_memory
from deeplinear.messages import shown
from deeplinear.weights import Weights, checked

if TYPE_CHECKING:
    from deeplinear.arrays import Array

    Factors = list[tuple[Array, Array]]


def factors(weights: Sequence[ArrayLike]) -> Factors:
    """The two factors of the kernel in each layer.

    Args:
        weights: ``(W1, …, WL)``, each of shape ``(..., n_out, n_in)`` with the same leading (time) axes.

    Returns:
        For each layer ``(above, below)``: ``W_{L:l+1} W_{L:l+1}ᵀ`` of shape ``(..., n_out, n_out)``, the identity for
        the last layer, and ``W_{l-1:1}ᵀ W_{l-1:1}`` of shape ``(..., n_in, n_in)``, the identity for the first.

    Raises:
        ValueError: layers that do not chain, differ in leading axes, or hold NaN or infinity.

    Source:
        Jacot, Gabriel & Hongler 2018, arXiv:1806.07572, for linear networks; two layers: Dominé et al. 2024,
        arXiv:2409.14623.

    Example:
        >>> [(float(above[0, 0]), float(below[0, 0])) for above, below in factors(([[2.0]], [[3.0]], [[5.0]]))]
        [(225.0, 1.0), (25.0, 4.0), (1.0, 36.0)]
    """
    layers = _stacked(weights)
    lead = layers[0].shape[:-2]
    forward, backward = [_identity(lead, layers[0].shape[-1])], [_identity(lead, layers[-1].shape[-2])]
    for below, above in zip(layers[:-1], layers[:0:-1], strict=True):
        forward.append(below @ forward[-1])
        backward.append(backward[-1] @ above)
    return [(_gram(q), _gram(np.swapaxes(p, -1, -2))) for q, p in zip(backward[::-1], forward, strict=True)]


def of_map(w: ArrayLike, depth: int) -> Factors:
    """The factors of a balanced network, from its end-to-end map alone: ``[W Wᵀ]^((L−l)/L)`` and ``[Wᵀ W]^((l−1)/L)``.

    Args:
        w: end-to-end maps, shape ``(..., n_out, n_in)``.
        depth: number of weight matrices L.

    Returns:
        As `factors`; ``0⁰ = 1``. Singular values below the round-off of the largest count as 0, for their 2/L-th powers
        would not be small.

    Raises:
        ValueError: a map that is not a finite matrix, or a depth that is not a whole number from 1.

    Source:
        Arora, Cohen & Hazan 2018, arXiv:1802.06509, theorem 1, whose preconditioner this is.

    Example:
        >>> above, below = of_map([[4.0, 0.0]], depth=2)[1]
        >>> below
        array([[4., 0.],
               [0., 0.]])
    """
    w, depth = checks.finite("of_map", "w", w), whole_depth("of_map", depth)
    if w.ndim < 2 or 0 in w.shape[-2:]:
        raise ValueError(
            f"of_map needs maps of shape (..., n_out, n_in), got shape {w.shape}: outputs are rows. For one output "
            f"pass w[None, :]."
        )
    needed = 8.0 * depth * w.size // (w.shape[-1] * w.shape[-2]) * (w.shape[-1] ** 2 + w.shape[-2] ** 2)
    require_memory("of_map", needed, f"factors of {depth} layers", "Pass a smaller depth.")
    u, s, vt = np.linalg.svd(w, full_matrices=False)
    s = np.where(s > np.finfo(float).eps * max(w.shape[-2:]) * s.max(axis=-1, keepdims=True), s, 0.0)

    def power(frame: Array, exponent: float) -> Array:
        """``[frame s² frameᵀ]^exponent``; frames may be thin, for only exponent 0 sees the rest."""
        if exponent == 0:
            return _identity(w.shape[:-2], frame.shape[-2])
        return (frame * (s ** (2 * exponent))[..., None, :]) @ np.swapaxes(frame, -1, -2)

    v = np.swapaxes(vt, -1, -2)
    return [(power(u, (depth - layer) / depth), power(v, (layer - 1) / depth)) for layer in range(1, depth + 1)]


def kernel(factors: Factors, x: ArrayLike | None = None) -> Array:
    """The kernel itself, ``K = Σ_l above_l ⊗ (X below_l Xᵀ)``, also called ``J Jᵀ``; Gauss-Newton has its eigenvalues.

    Args:
        factors: of `factors` or `of_map`.
        x: inputs, one example a row, shape ``(P, n_in)``; the unit inputs if not given.

    Returns:
        Shape ``(..., n_out P, n_out P)``, outputs first: entry ``(i P + p, j P + q)`` couples output i of example p with
        output j of example q.

    Raises:
        ValueError: inputs that are not finite rows of ``n_in`` numbers.

    Example:
        >>> kernel(factors(([[2.0, 0.0]], [[3.0]])), [[1.0, 1.0]])
        array([[22.]])
    """
    factors = checked_factors("kernel", factors)
    n_in = factors[0][1].shape[-1]
    x = np.eye(n_in) if x is None else checks.finite("kernel", "x", x)
    if x.ndim != 2 or x.shape[1] != n_in:
        raise ValueError(
            f"kernel needs x of shape (P, {n_in}), got shape {x.shape}: examples are rows, as many columns as the network "
            f"has inputs. Transpose x, or leave it out for the unit inputs."
        )
    total = sum(np.einsum("...ij,...pq->...ipjq", above, x @ below @ x.T) for above, below in factors)
    total = np.asarray(total)
    size = total.shape[-1] * total.shape[-2]
    return total.reshape(*total.shape[:-4], size, size)


def checked_factors(function: str, factors: Factors) -> Factors:
    """Pairs of square matrices, as `factors` makes them.

    Raises:
        TypeError: something else.
    """
    pairs = isinstance(factors, list | tuple) and len(factors) > 0
    if not pairs or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(map(square, pair)) for pair in factors
    ):
        raise TypeError(
            f"{function} needs factors, got {shown(factors)}: a kernel is kept as one pair of square matrices for each layer. "
            f"Pass ntk.factors(weights), ntk.of_map(w, depth) or law.factors(times)."
        )
    return list(factors)


def square(matrix: object) -> bool:
    """Whether this is an array of square matrices."""
    return isinstance(matrix, np.ndarray) and matrix.ndim >= 2 and matrix.shape[-1] == matrix.shape[-2]


def _gram(a: Array) -> Array:
    return a @ np.swapaxes(a, -1, -2)


def _identity(lead: tuple[int, ...], size: int) -> Array:
    return np.broadcast_to(np.eye(size), (*lead, size, size))


def whole_depth(function: str, depth: int) -> int:
    """A finite number of weight matrices, from 1."""
    checks.depths(function, depth)
    if depth == np.inf:
        raise ValueError(
            f"{function} needs a finite depth, got depth=inf: there is one term for each layer. Pass a whole number."
        )
    return int(depth)


def _stacked(weights: Sequence[ArrayLike]) -> Weights:
    """Layers with leading axes, checked to chain."""
    if (
        not isinstance(weights, list | tuple)
        or len(weights) == 0
        or not all(getattr(w, "ndim", 0) >= 3 for w in weights)
    ):
        return checked(weights)
    layers = tuple(checks.finite("factors", "weights", w) for w in weights)
    checked([np.zeros(layer.shape[-2:]) for layer in layers])
    if len({layer.shape[:-2] for layer in layers}) != 1:
        raise ValueError(
            f"factors needs the same leading axes in every layer, got shapes {[layer.shape for layer in layers]}: they count "
            f"times or seeds. Broadcast the layers first."
        )
    return layers
