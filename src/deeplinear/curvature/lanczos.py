"""Extreme eigenvalues of the Hessian at any weights, from products with vectors alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.curvature.products import hessian_product
from deeplinear.curve import Curve
from deeplinear.messages import shown
from deeplinear.reduction import Reduction
from deeplinear.task import Task, a_task
from deeplinear.weights import Weights, checked

if TYPE_CHECKING:
    from deeplinear.arrays import Array

    End = Literal["SA", "LA"]  # ARPACK's names of the smallest and the largest

DENSE = 200  # weights up to which the whole matrix is as quick
KRYLOV = 40  # vectors kept: curvature is large along n_out n_in directions at most, and then small
RESIDUAL = 1e-12  # of an eigenvalue: its error is quadratic in it. Less would wait for rounding among equal ones


def hessian_extremes(task: Task, weights: Sequence[ArrayLike], k: int = 1) -> tuple[Array, Array]:
    """The k smallest and the k largest eigenvalues of the Hessian of ``½ Σ ‖y − W_L ⋯ W_1 x‖²``, at any weights.

    By Lanczos iteration, which never forms the matrix: one step costs about three gradients, whatever the number of examples.

    Args:
        task: what is learned, any inputs.
        weights: layers ``(W1, …, WL)``.
        k: how many of each, from 1 to the number of weights.

    Returns:
        Smallest, ascending, shape ``(k,)``, negative near saddles; and largest, descending, shape ``(k,)``: the first is the
        sharpness.

    Raises:
        ValueError: weights that do not fit or whose curvature overflows, or k out of range.
        TypeError: no task.

    Source:
        Lehoucq, Sorensen & Yang 1998, ARPACK Users' Guide; products from `deeplinear.curvature.products`.

    Example:
        >>> smallest, largest = hessian_extremes(Task.from_modes([4.0, 2.0]), (np.zeros((2, 2)), np.zeros((2, 2))), k=2)
        >>> smallest, largest
        (array([-4., -4.]), array([4., 4.]))
    """
    a_task("hessian_extremes", task)
    layers = checked(weights, task)
    count = sum(w.size for w in layers)
    k = k.item() if isinstance(k, np.integer) else k
    if isinstance(k, bool) or not (isinstance(k, int) and 1 <= k <= count):
        raise ValueError(
            f"hessian_extremes needs a whole k from 1 to the number of weights, {count}, got k={shown(k)}: it counts eigenvalues. "
            f"Pass 1 for the sharpness."
        )
    return ends(product_at("hessian_extremes", task, layers), count, int(k))


def sharpness_at(task: Task, weights: Sequence[ArrayLike] | Curve | Reduction) -> Array:
    """The largest eigenvalue of the Hessian at any weights: what `deeplinear.curvature.sharpness` returns for a task.

    Args:
        task: what is learned.
        weights: layers ``(W1, …, WL)``; a run of `deeplinear.descend`, for its last weights; or a `Reduction`, whose wide
            network may be sharper than the narrow one that moves.

    Returns:
        A number; for a run of several starts or rates the shape of those.

    Raises:
        ValueError: weights that do not fit or overflow, a curve without weights, or a start that was sampled without them.
        TypeError: no task.

    Example:
        >>> sharpness_at(Task.from_modes([4.0, 1.0]), (np.diag([2.0, 1.0]), np.diag([2.0, 1.0]))).round(9)
        np.float64(8.0)
    """
    a_task("sharpness", task)
    if isinstance(weights, Reduction):
        weights = weights.lift(weights.weights)
    elif not isinstance(weights, Sequence) and not isinstance(getattr(weights, "weights", None), Sequence):
        raise ValueError(
            f"sharpness needs weights (W1, …, WL) or a run of descend, got a {type(weights).__name__}: a law has other weights "
            f"at each time. Pass one of its weights, or call sharpness_path(law, times)."
        )
    layers: Any = getattr(weights, "weights", weights)
    lead = np.shape(layers[0])[:-2] if isinstance(weights, Curve) else ()
    found = np.empty(lead)
    for place in np.ndindex(lead):
        here = checked([np.asarray(w)[place] for w in layers] if lead else layers, task)
        found[place] = largest_at("sharpness", task, here)
    return found[()]


def product_at(name: str, task: Task, layers: Weights, *, residual: bool = True) -> Callable[[Array], Array]:
    """`hessian_product`, after checking that float64 holds it."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = hessian_product(task, layers, residual=residual)
        held = np.isfinite(product(np.ones(sum(w.size for w in layers)))).all()
    if not held:
        largest = max(float(np.abs(w).max()) for w in layers)
        raise ValueError(
            f"{name} needs weights whose curvature float64 can hold, got entries up to {largest:.3g} in {len(layers)} layers: "
            f"products of layers overflow. Rescale the weights, or check for a run that diverged."
        )
    return product


def ends(product: Callable[[Array], Array], count: int, k: int) -> tuple[Array, Array]:
    """Both ends of the spectrum of a symmetric operator on ``count`` numbers."""
    if count <= max(DENSE, 3 * k):
        matrix = np.array([product(row) for row in np.eye(count)])
        values = np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64)
        return values[:k], values[::-1][:k]
    high = lanczos(product, count, "LA")[0]
    # seen from the other end: convergence is judged relative to the eigenvalue, which may be 0 here
    low = high + lanczos(lambda x: product(x) - high * x, count, "SA")[0]
    if k == 1:
        return np.full(1, low, dtype=np.float64), np.full(1, high, dtype=np.float64)
    below = several(lambda x: product(x) - high * x, count, k, "SA", 0.0)
    return np.asarray(high + below, dtype=np.float64), several(product, count, k, "LA", low)


def several(product: Callable[[Array], Array], count: int, k: int, which: End, other: float) -> Array:
    """The k outermost eigenvalues at one end, one after another: each found one is moved to the ``other`` end.

    One alone of several equal eigenvalues is seen from any one start, so that they cannot be had all at once.
    """
    values, vectors = np.zeros(k), np.zeros((k, count))
    for i in range(k):

        def rest(x: Array, values: Array = values[:i], vectors: Array = vectors[:i]) -> Array:
            return product(x) - ((values - other) * (vectors @ x)) @ vectors

        values[i], vectors[i] = lanczos(rest, count, which)
    return values


def lanczos(product: Callable[[Array], Array], count: int, which: End) -> tuple[float, Array]:
    """The smallest or largest eigenvalue and its vector, from a start that is the same in every call."""
    from scipy.sparse.linalg import LinearOperator, eigsh  # 0.3 s to load

    begin = np.random.default_rng(0).normal(size=count)
    if not product(begin).any():
        return 0.0, begin / np.linalg.norm(begin)  # no random vector is in a proper null space
    operator = LinearOperator((count, count), matvec=lambda v: product(np.ravel(v)), dtype=np.float64)  # type: ignore[call-arg]
    value, vector = eigsh(operator, k=1, which=which, v0=begin, ncv=min(count - 1, KRYLOV), tol=RESIDUAL)  # pyright: ignore[reportArgumentType]
    return float(value[0]), vector[:, 0]


def extremes_at(name: str, task: Task, layers: Weights) -> tuple[float, float]:
    """Smallest and largest eigenvalue of the Hessian at one point."""
    low, high = ends(product_at(name, task, layers), sum(w.size for w in layers), 1)
    return float(low[0]), float(high[0])


def largest_at(name: str, task: Task, layers: Weights, *, residual: bool = True) -> float:
    """The largest eigenvalue alone, of the Hessian or of the Gauss-Newton matrix, at one point."""
    count, product = sum(w.size for w in layers), product_at(name, task, layers, residual=residual)
    return float(ends(product, count, 1)[1][0]) if count <= DENSE else lanczos(product, count, "LA")[0]
