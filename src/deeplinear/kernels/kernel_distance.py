"""Distances and angles between tangent kernels, from their factors: ``⟨A⊗B, C⊗D⟩ = tr(AC) tr(BD)``.

The kernel on data X has ``X below Xᵀ`` in place of ``below``. Its norms see X only through Σ¹¹, so all functions here
take Σ¹¹ where inputs are not unit inputs, and never form the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag
from deeplinear.exact import checks, ntk
from deeplinear.task import Task, a_task
from deeplinear.task.directions import Directions

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.ntk import Factors

ISOTROPIC = 1e-14  # a squared traceless share below this is round-off


class Movement(NamedTuple):
    """From one kernel K₀ to another K₁.

    Attributes:
        distance: ``‖K₁ − K₀‖ / ‖K₀‖``; 0 for a kernel that stays.
        turn: ``1 − cos(K₀, K₁)``, 0 where only the scale changes, at most 1.
        growth: ``‖K₁‖ / ‖K₀‖``.
    """

    distance: Array
    turn: Array
    growth: Array


def inner(first: Factors, second: Factors, input_correlation: ArrayLike | None = None) -> Array:
    """Frobenius inner product ``⟨K, K'⟩`` of two kernels of any numbers of factors.

    Args:
        first: factors, leading axes broadcast against those of ``second``.
        second: factors.
        input_correlation: Σ¹¹ of the inputs on which the kernels are evaluated; unit inputs if not given.

    Returns:
        Shape of the leading axes.

    Raises:
        ValueError: factors of different networks or a Σ¹¹ that does not fit.

    Example:
        >>> from deeplinear.exact import ntk
        >>> k = ntk.factors(([[2.0, 0.0]], [[3.0]]))
        >>> float(inner(k, k)), float((ntk.kernel(k) ** 2).sum())
        (250.0, 250.0)
    """
    root = _root(first, second, input_correlation)
    return _inner(_seen(first, root), _seen(second, root))


def movement(start: Factors, end: Factors, input_correlation: ArrayLike | None = None) -> Movement:
    """How far the kernel moves, relative to where it starts; arguments as in `inner`.

    Summed over differences of factors, so that a movement of 1e-12 is as accurate as one of 1.

    Raises:
        ValueError: factors of different networks, a Σ¹¹ that does not fit, or a kernel that is zero.

    Example:
        >>> from deeplinear.exact import ntk
        >>> moved = movement(ntk.of_map([[1.0]], 2), ntk.of_map([[3.0]], 2))
        >>> [round(float(number), 12) for number in moved]
        [2.0, 0.0, 3.0]
    """
    root = _root(start, end, input_correlation)
    if len(start) != len(end):
        raise ValueError(
            f"movement needs factors of one network, got {len(start)} layers at the start and {len(end)} at the end: layers are "
            f"compared one by one. Compare other networks with `similarity`."
        )
    start, end = _seen(start, root), _seen(end, root)
    sizes = [np.sqrt(np.maximum(_inner(k, k), 0.0)) for k in (start, end)]
    if min(size.min(initial=np.inf) for size in sizes) == 0:
        raise ValueError(
            "movement needs kernels that are not zero, got one of norm 0.0: two layers are zero there, and nothing moves. "
            "Start from weights that are not all zero."
        )
    apart = _difference(_scaled(end, 1 / sizes[1]), _scaled(start, 1 / sizes[0]))
    moved = _difference(end, start)
    distance, gap = (np.sqrt(np.maximum(_inner(k, k), 0.0)) for k in (moved, apart))
    return Movement(distance / sizes[0], np.minimum(gap**2 / 2, 1.0), sizes[1] / sizes[0])  # but for rounding


def similarity(
    first: Factors, second: Factors, input_correlation: ArrayLike | None = None, *, traceless: bool = False
) -> Array:
    """Cosine of the angle between two kernels, in [0, 1]; arguments as in `inner`.

    Args:
        first: factors.
        second: factors.
        input_correlation: Σ¹¹ of the inputs; unit inputs if not given.
        traceless: compare what is left after taking the multiple of the identity out of both. That part learns every
            direction alike, has no direction itself, and keeps the plain cosine of unrelated kernels high. Then in
            [−1, 1], and 0 where a kernel is a multiple of the identity.

    Returns:
        Shape of the leading axes.

    Raises:
        ValueError: factors of different networks, a Σ¹¹ that does not fit, or a kernel that is zero.

    Source:
        Cristianini et al. 2001; between kernels of one network: Atanasov, Bordelon & Pehlevan 2022, arXiv:2111.00034.

    Example:
        >>> from deeplinear.exact import ntk
        >>> end, start = ntk.of_map([[1.0, 0.0]], 2), ntk.of_map([[0.0, 1.0]], 2)
        >>> similarity(start, end).round(3), similarity(start, end, traceless=True).round(3)
        (np.float64(0.8), np.float64(-1.0))
    """
    traceless = flag("similarity", "traceless", traceless)
    root = _root(first, second, input_correlation)
    one, two = _seen(first, root), _seen(second, root)
    n_out, n_in = one[0][0].shape[-1], one[0][1].shape[-1]
    squares = (_inner(one, two), _inner(one, one), _inner(two, two))
    if not traceless:
        if min(square.min(initial=np.inf) for square in squares[1:]) <= 0:
            raise ValueError(
                "similarity needs kernels that are not zero, got one of norm 0.0: two layers are zero there. Start from "
                "weights that are not all zero."
            )
        return squares[0] / np.sqrt(squares[1] * squares[2])
    s11 = (
        np.eye(n_in)
        if input_correlation is None
        else checks.finite("similarity", "input_correlation", input_correlation)
    )
    dimension = n_out * len(Directions.from_correlation(s11).sizes)
    a, b = _trace(one), _trace(two)
    cross, left, right = (
        square - p * q / dimension for square, p, q in zip(squares, (a, a, b), (b, a, b), strict=True)
    )
    flat = (left <= ISOTROPIC * squares[1]) | (right <= ISOTROPIC * squares[2])
    return np.where(flat, 0.0, cross / np.sqrt(np.where(flat, 1.0, left * right)))[()]


def alignment(factors: Factors, task: Task) -> Array:
    """Cosine of the angle between the kernel on the task's data and the target kernel ``f fᵀ``, f = W* x on all examples.

    ``Σ_l tr(above_l Σ³¹ below_l Σ³¹ᵀ) / (‖K‖ tr(W* Σ³¹ᵀ))``; white inputs: ``vec(Σ³¹)ᵀ K vec(Σ³¹) / (‖K‖ ‖Σ³¹‖²)``.

    Args:
        factors: of `ntk.factors` or `ntk.of_map`.
        task: what is learned.

    Returns:
        Shape of the leading axes; in [0, 1]. At the end of a balanced network with one output and n white inputs it is
        ``L/√(L² + n − 1)``, not 1: see `similarity` for the angle to the final kernel.

    Raises:
        ValueError: factors that do not fit the task, a kernel that is zero, or a task with nothing to learn.

    Source:
        Cristianini et al. 2001, kernel-target alignment.

    Example:
        >>> from deeplinear.exact import ntk
        >>> alignment(ntk.of_map([[1.0]], 3), Task.from_modes([2.0])).round(12)
        np.float64(1.0)
    """
    a_task("alignment", task)
    root = _root(factors, factors, task.input_correlation)
    s31 = task.input_output_correlation
    if factors[0][0].shape[-1] != task.n_out:
        raise ValueError(
            f"alignment needs factors of a network with the task's {task.n_out} outputs, got {factors[0][0].shape[-1]}. "
            f"Take the factors of weights built for this task."
        )
    seen = _seen(factors, root)
    size = np.sqrt(_inner(seen, seen)) * float(np.vdot(task.optimum, s31))
    if not np.all(size > 0):
        raise ValueError(
            "alignment needs a kernel and a target that are not zero, got one of norm 0.0: there is no angle. Check the "
            "weights and Σ³¹."
        )
    hit = sum(np.einsum("...ij,jp,...pq,iq->...", above, s31, below, s31, optimize=True) for above, below in factors)
    return hit / size


def _inner(first: Factors, second: Factors) -> Array:
    """Factors are symmetric, so each trace is a sum of products."""
    above, below = (
        np.einsum("...lij,...mij->...lm", _stack(first, side), _stack(second, side), optimize=True) for side in (0, 1)
    )
    return (above * below).sum(axis=(-1, -2))


def _stack(factors: Factors, side: int) -> Array:
    return np.stack([pair[side] for pair in factors], axis=-3)


def _trace(factors: Factors) -> Array:
    parts = [np.trace(a, axis1=-2, axis2=-1) * np.trace(b, axis1=-2, axis2=-1) for a, b in factors]
    return np.sum(parts, axis=0)


def _scaled(factors: Factors, by: Array) -> Factors:
    return [(above * np.asarray(by)[..., None, None], below) for above, below in factors]


def _difference(end: Factors, start: Factors) -> Factors:
    """``A₁⊗B₁ − A₀⊗B₀ = (A₁ − A₀)⊗B₁ + A₀⊗(B₁ − B₀)``: small terms, no cancellation of large ones.

    Or else ``(A₁ − A₀)⊗B₀ + A₁⊗(B₁ − B₀)``: the product of ``‖A₀‖‖B₁‖`` and ``‖A₁‖‖B₀‖`` is that of both kernels' sizes, so
    that the smaller one is never above the larger kernel, while the other may be so by many powers of ten.
    """
    lead = np.broadcast_shapes(end[0][0].shape[:-2], start[0][0].shape[:-2])
    found: Factors = []
    for (a1, b1), (a0, b0) in zip(end, start, strict=True):
        sizes = [np.linalg.norm(x, axis=(-2, -1)) for x in (a0, b1, a1, b0)]
        first = np.broadcast_to(sizes[0] * sizes[1] <= sizes[2] * sizes[3], lead)[..., None, None]
        above, below = np.where(first, a0, a1), np.where(first, b1, b0)
        found += [(np.broadcast_to(a1 - a0, above.shape), below), (above, np.broadcast_to(b1 - b0, below.shape))]
    return found


def _root(first: Factors, second: Factors, input_correlation: ArrayLike | None) -> Array | None:
    """``(Σ¹¹)^½``, after checking that all belong together."""
    first, second = (ntk.checked_factors("kernels", each) for each in (first, second))
    sizes = {(above.shape[-1], below.shape[-1]) for above, below in first + second}
    if len(sizes) != 1:
        raise ValueError(
            f"kernels need factors of networks with the same outputs and inputs, got sizes {sorted(sizes)}: others have no "
            f"angle. Compare networks of one task."
        )
    if input_correlation is None:
        return None
    s11 = checks.finite("kernels", "input_correlation", input_correlation)
    n_in = sizes.pop()[1]
    if s11.shape != (n_in, n_in):
        raise ValueError(
            f"kernels need an input_correlation of shape ({n_in}, {n_in}), got {s11.shape}: it acts on the network's "
            f"inputs. Pass task.input_correlation of the task that the weights were built for."
        )
    powers, vectors = np.linalg.eigh(s11)
    return (vectors * np.sqrt(np.maximum(powers, 0.0))) @ vectors.T


def _seen(factors: Factors, root: Array | None) -> Factors:
    return factors if root is None else [(above, root @ below @ root) for above, below in factors]
