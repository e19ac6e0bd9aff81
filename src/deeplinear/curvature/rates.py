r"""How large a step: curvature along the learning path and at the optimum, and learning times at the optimal rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number
from deeplinear.arrays import real_array
from deeplinear.curvature.lanczos import sharpness_at
from deeplinear.exact import checks
from deeplinear.exact.modes import depth as any_depth
from deeplinear.messages import shown
from deeplinear.task import Task, a_task

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.curve import Curve
    from deeplinear.reduction import Reduction


def hessian_eigenvalues(a: ArrayLike, *, s: ArrayLike, depth: int, tau: ArrayLike = 1.0) -> tuple[Array, Array]:
    """Both eigenvalues of the Hessian of one mode whose layers all have strength a, white inputs.

    Args:
        a: strength of each layer, shape ``(...,)``, ``>= 0``.
        s: singular value, ``s >= 0``.
        depth: number of weight matrices L.
        tau: time constant; the energy carries ``1/tau`` as in (14).

    Returns:
        ``Λ_1`` along (1, …, 1), and the other one, of multiplicity ``L − 1`` (NaN for one layer, which has none).

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (33)-(37), with ``N_l = L + 1``; the second
        eigenvalue ``h − g = a^(L−2) (s − a^L)/tau`` is derived here.

    Example:
        >>> hessian_eigenvalues(1.0, s=1.0, depth=3)
        (np.float64(3.0), np.float64(0.0))
    """
    a, s = checks.finite("hessian_eigenvalues", "a", a), checks.singular_values("hessian_eigenvalues", s)
    tau, layers = checks.time_constant("hessian_eigenvalues", tau), checks.depths("hessian_eigenvalues", depth)
    checks.refuse("hessian_eigenvalues", "a >= 0", "a", a, ~(a >= 0), "layers are equal here. Pass their size.")
    checks.fit("hessian_eigenvalues", a=a, s=s, tau=tau)
    a, s, tau = np.broadcast_arrays(a, s, tau)
    if layers == 1:
        return (1 / tau)[()], np.full(a.shape, np.nan)[()]
    top = ((2 * layers - 1) * a ** (2 * layers - 2) - (layers - 1) * s * a ** (layers - 2)) / tau
    return top[()], (a ** (layers - 2) * (s - a**layers) / tau)[()]


def sharpness(
    s: ArrayLike | Task,
    weights: Sequence[ArrayLike] | Curve | Reduction | None = None,
    *,
    depth: int | None = None,
    power: ArrayLike = 1.0,
) -> Array:
    """Largest Hessian eigenvalue: of a mode at its balanced optimum, or of a whole network at any weights.

    ``sharpness(s, depth=L)`` is the formula ``L d (s/d)^(2 − 2/L)``. ``sharpness(task, weights)`` is computed by Lanczos
    iteration, for any inputs and any weights; see `hessian_extremes` for more eigenvalues and `sharpness_path` for a whole
    course of learning.

    Args:
        s: singular value, shape ``(...,)``, ``s >= 0``; or a `Task`.
        weights: with a task, layers ``(W1, …, WL)``, or a run of `deeplinear.descend` for its last weights.
        depth: number of weight matrices L, with a singular value.
        power: input power d along the mode, ``> 0``; 1 for white inputs with Σ¹¹ = I.

    Returns:
        Shape of the arguments broadcast together. For a whole network at its optimum, with white inputs, it is that of the
        largest s. With a task, a number, or the shape of the run's starts and rates.

    Raises:
        ValueError: an argument out of its domain, weights that do not fit, or a depth with a task.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (41) at ``tau = 1``; input power derived here.

    Example:
        >>> sharpness(4.0, depth=2)
        np.float64(8.0)
        >>> task = Task.from_modes([4.0, 1.0])
        >>> sharpness(task, (np.diag([2.0, 0.1]), np.diag([2.0, 0.3]))).round(9)
        np.float64(8.0)
    """
    if isinstance(s, Task) != (depth is None) or isinstance(s, Task) != (weights is not None):
        raise ValueError(
            f"sharpness needs a singular value and a depth, or a task and weights, got s of type {type(s).__name__}, "
            f"depth={shown(depth)} and weights {'given' if weights is not None else 'not given'}: weights bring their own depth. "
            f"Pass sharpness(4.0, depth=2) or sharpness(task, weights)."
        )
    if isinstance(s, Task):
        assert weights is not None
        return sharpness_at(s, weights)
    assert depth is not None
    s, layers = checks.singular_values("sharpness", s), checks.depths("sharpness", depth)
    power = checks.finite("sharpness", "power", power)
    advice = "no data, no curvature. Leave the mode out."
    checks.refuse("sharpness", "power > 0", "power", power, ~(power > 0), advice)
    checks.fit("sharpness", s=s, power=power)
    with np.errstate(invalid="ignore", over="ignore"):
        found = layers * power * (s / power) ** (2 - 2 / layers)
    return np.where(np.isinf(layers), np.where(s > 0, np.inf, 0.0), found)[()]


def largest_stable_rate(s: ArrayLike, *, depth: int, power: ArrayLike = 1.0) -> Array:
    """Learning rate above which descent cannot settle at the optimum, ``2 / sharpness``; arguments as in `sharpness`.

    Returns:
        Shape of the arguments broadcast together; infinite where nothing is to be learned, so that there is no curvature.

    Example:
        >>> largest_stable_rate(4.0, depth=2)
        np.float64(0.25)
    """
    with np.errstate(divide="ignore"):
        return 2 / sharpness(s, depth=depth, power=power)


def optimal_rate(s: ArrayLike, *, depth: int, power: ArrayLike = 1.0) -> Array:
    """Learning rate ``1 / sharpness`` of eq. (42), which falls as ``1/depth``; arguments as in `sharpness`.

    Returns:
        Shape of the arguments broadcast together; infinite where nothing is to be learned, so that there is no curvature.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (42).

    Example:
        >>> optimal_rate(4.0, depth=2)
        np.float64(0.125)
    """
    with np.errstate(divide="ignore"):
        return 1 / sharpness(s, depth=depth, power=power)


def task_sharpness(task: Task, depth: int) -> float:
    """Largest Hessian eigenvalue of the whole network at its balanced global minimum, for any inputs.

    With ``W* = U S Vᵀ`` the best linear map and ``D_l = S^(1/L)`` in every layer, a change δ_l of the layers changes the
    outputs by ``Σ_l U S^((L−l)/L) δ_l S^((l−1)/L) Vᵀ x``. The top eigenvector lies along u_1, which leaves the top
    eigenvalue of ``Σ^½ V f(S) Vᵀ Σ^½``, ``Σ = Σ¹¹`` and ``f(s_j) = Σ_l s_1^(2(L−l)/L) s_j^(2(l−1)/L)``, where V is
    completed by directions with ``s_j = 0``, on which only ``l = 1`` acts. Hidden layers must not be narrower than the
    rank of W*.

    Args:
        task: what is learned.
        depth: number of weight matrices L.

    Returns:
        The sharpness; ``2 / task_sharpness`` is the largest stable rate. For white inputs that of `sharpness`.

    Raises:
        ValueError: a depth that is not a whole number from 1.

    Source:
        Derived here; white inputs: Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (41).

    Example:
        >>> from deeplinear import Task
        >>> round(task_sharpness(Task.from_modes([4.0, 1.0]), 2), 12)
        8.0
    """
    a_task("task_sharpness", task)
    layers = checks.depths("task_sharpness", depth)
    if layers == np.inf:
        raise ValueError(
            "task_sharpness needs a finite depth, got depth=inf: sharpness grows with depth. Divide by it and pass 1000."
        )
    powers, vectors = task.input_modes
    if layers == 1:
        return float(powers[0])
    _, s, vt = np.linalg.svd(task.optimum, full_matrices=False)
    s[task.rank :] = 0.0  # a small power of round-off is not small
    below = np.arange(layers)
    weight = (s[0] ** (2 * below[::-1] / layers) * s[:, None] ** (2 * below / layers)).sum(axis=1)
    rest = s[0] ** (2 - 2 / layers)
    half = np.sqrt(powers)
    seen = vt @ vectors * half
    matrix = (seen.T * (weight - rest)) @ seen + np.diag(rest * powers)
    return float(np.linalg.eigvalsh(matrix)[-1])


def optimal_learning_time(depth: ArrayLike, *, s: float = 1.0, u0: float = 1e-3, uf: float | None = None) -> Array:
    r"""Steps to learn one mode at the rate ``1 / sharpness``: the curve predicted for Fig. 4 (left).

    It saturates with depth: infinitely deep networks cost the finite delay of `depth_delay`.

    Args:
        depth: numbers of weight matrices, shape ``(...,)``, ``math.inf`` included.
        s: singular value, ``s > 0``.
        u0: initial strength, ``0 < u0 < s``.
        uf: final strength; ``s − u0`` if not given.

    Returns:
        Steps, shape ``(...,)``, in units of the constant c by which the rate falls short of ``1 / sharpness``.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (43) at depth 2 and (44) at infinite depth, where their
        c is the reciprocal of the rate's; depths between derived here.

    Example:
        >>> import math
        >>> optimal_learning_time([2, 9, math.inf], u0=0.1).round(3)
        array([ 4.394,  9.968, 13.283])
    """
    advice = "a mode keeps its sign. Pass a positive strength."
    s = real_number("optimal_learning_time", "s", s, "> 0", advice)
    u0 = real_number("optimal_learning_time", "u0", u0, "> 0", advice)
    uf = real_number("optimal_learning_time", "uf", s - u0 if uf is None else uf, "> 0", advice)
    depths = real_array(
        "optimal_learning_time", "depth", depth, "> 0 or infinite", "it counts weight matrices. Pass 2."
    )
    times = [
        any_depth.learning_time(uf, s=s, u0=u0, depth=layers) * (layers if layers < np.inf else 1.0)
        for layers in depths.ravel().tolist()
    ]
    scale = np.power(s, 2 - 2 / depths)
    return (np.reshape(times, depths.shape) * scale)[()]


def depth_delay(*, s: float = 1.0, u0: float = 1e-3, uf: float | None = None) -> Array:
    """Extra steps of infinite depth over one hidden layer, ``s/u0 − s/uf``; arguments as in `optimal_learning_time`.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (45) in units of c. For ``uf = s − u0`` the paper's
        ``s/u0`` leaves out the second term.

    Example:
        >>> depth_delay(u0=1e-3).round(3)
        np.float64(998.999)
    """
    target, start = checks.singular_values("depth_delay", s), checks.starts("depth_delay", u0)
    checks.fit("depth_delay", s=target, u0=start)
    end = checks.finite("depth_delay", "uf", target - start if uf is None else uf)
    checks.fit("depth_delay", s=target, u0=start, uf=end)
    checks.refuse("depth_delay", "uf > 0", "uf", end, ~(end > 0), "a mode keeps its sign. Pass a strength below s.")
    return target / start - target / end
