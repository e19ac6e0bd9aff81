r"""Sharpness along an exact solution, and how near it comes to the edge of stability.

Full-batch descent of rate η leaves a valley whose curvature exceeds ``2/η``. Small weights sharpen as they learn: the path
ends at ``L s^(2−2/L)`` of the strongest mode, having started near 0, or near s for two layers (one mode alone then dips to
s/2). So a rate may be safe at the start and not at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.arguments import flag, real_number
from deeplinear.curvature.along import Run, descended, extremes_along, gauss_newton_along, layers_of
from deeplinear.curvature.gauss_newton import largest
from deeplinear.curvature.hessian import extremes
from deeplinear.exact import checks
from deeplinear.exact.law import Law
from deeplinear.exact.modes.decoupled import read
from deeplinear.messages import shown
from deeplinear.task import Task
from deeplinear.weights import imbalance, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array

TOLERANCE = 1e-9  # largest residual at which a network counts as balanced and aligned
PRESENT = 1e-13  # of the largest strength: a mode below it, without a target, is the round-off of none


@dataclass(frozen=True, eq=False)
class SharpnessPath:
    """Curvature of the loss along one solution.

    Attributes:
        times: shape ``(T,)``.
        loss: shape ``(T,)``.
        sharpness: largest eigenvalue of the Hessian, shape ``(T,)``.
        smallest: smallest eigenvalue, shape ``(T,)``; negative near saddles.
        gauss_newton: largest eigenvalue of the Gauss-Newton matrix, that of the neural tangent kernel, shape ``(T,)``.
        rate: learning rate, ``1/tau`` of the law, where times count epochs.
        source: times, shape ``(T,)``, to smallest eigenvalue and sharpness there.
    """

    times: Array
    loss: Array
    sharpness: Array
    smallest: Array
    gauss_newton: Array
    rate: float
    source: Callable[[Array], tuple[Array, Array]] = field(repr=False)

    @property
    def limit(self) -> float:
        """Sharpness beyond which plain descent at `rate` is not stable, ``2/rate``."""
        return float(stability_limit(self.rate))

    @property
    def unstable_from(self) -> float | None:
        """Time from which the sharpness first exceeds `limit`, where descent leaves the path; None if it never does."""
        if len(self.times) and self.sharpness[0] > self.limit:
            return float(self.times[0])
        passages = crossings(self)
        return float(passages[0]) if len(passages) else None


def sharpness_path(law: Law | Run, times: ArrayLike | None = None) -> SharpnessPath:
    """Extreme eigenvalues of the Hessian along a law or a run of gradient descent, for any weights, inputs and depth.

    By formula along a law of a balanced network aligned with its task, ``Σ¹¹ = V D Vᵀ``, which flow keeps balanced and
    aligned; by Lanczos iteration at each time otherwise.

    Args:
        law: what `deeplinear.solve` returned; or what `deeplinear.descend` returned, from one start at one rate.
        times: shape ``(T,)``, as the law takes them. Of a run, whole steps: all that were recorded if not given.

    Returns:
        A `SharpnessPath`.

    Raises:
        ValueError: times out of their domain, a run of several starts or rates, or one without full-width weights.
        TypeError: neither a law nor a run.

    Source:
        Derived here, by the blocks of `deeplinear.curvature.hessian` or the products of
        `deeplinear.curvature.products`.

    Example:
        >>> import numpy as np
        >>> from deeplinear import Task, solve
        >>> start = (np.diag([0.1, 0.1]), np.diag([0.1, 0.1]))
        >>> law = solve(Task.from_modes([3.0, 1.0]), start, tau=10.0)
        >>> path = sharpness_path(law, [0.0, 10.0, 100.0])
        >>> path.sharpness.round(3)
        array([3.   , 2.739, 6.   ])
        >>> path.limit
        20.0
    """
    if not isinstance(law, Law):
        if not hasattr(law, "weights_at"):
            raise TypeError(
                f"sharpness_path needs a law or a run of descend, got a {type(law).__name__}: it follows weights in time. For one "
                f"set of weights call sharpness(task, weights)."
            )
        task, steps, loss, layers, between = descended(law, times)
        low, high = extremes_along(task, layers)
        return SharpnessPath(steps, loss, high, low, gauss_newton_along(task, layers), float(law.rates), between)
    if times is None:
        raise ValueError(
            "sharpness_path needs times with a law, got none: a law has no times of its own. Pass for example np.linspace(0, "
            "1000, 200)."
        )
    curve = law(times)
    if departure(law) > TOLERANCE:
        task, at = law.task, layers_of(law)
        low, high = extremes_along(task, at(curve.times))
        kernel = gauss_newton_along(task, at(curve.times))
        return SharpnessPath(curve.times, curve.loss, high, low, kernel, 1 / law.tau, partial(extremes_of_law, law))
    used, powers = principal(law.task, np.abs(law(0.0).strengths[0]))
    smallest, sharpness = extremes_of_modes(law, used, powers, curve.times)
    kernel = largest(curve.strengths[:, used], powers, len(law.start))
    source = partial(extremes_of_modes, law, used, powers)
    return SharpnessPath(curve.times, curve.loss, sharpness, smallest, kernel, 1 / law.tau, source)


def extremes_of_law(law: Law, t: Array) -> tuple[Array, Array]:
    """Smallest and largest eigenvalue of the Hessian at times of a law, by Lanczos iteration."""
    return extremes_along(law.task, layers_of(law)(t))


def extremes_of_modes(law: Law, used: NDArray[np.bool_], powers: Array, t: Array) -> tuple[Array, Array]:
    """The same by formula, from the strengths of the modes that are used."""
    goal, sizes = law.task.targets[used], widths(law.start)
    return extremes(law(t).strengths[:, used], targets=goal, widths=sizes, powers=powers)


def stability_limit(rate: ArrayLike, *, momentum: ArrayLike = 0.0, nesterov: bool = False) -> Array:
    """Sharpness beyond which full-batch descent leaves a minimum.

    ``2/η``; with momentum β (heavy ball) ``(2 + 2β)/η``; Nesterov's ``(2 + 2β)/(η (1 + 2β))``.

    Args:
        rate: learning rate η, ``> 0``, shape ``(...,)``.
        momentum: β, ``0 <= β < 1``.
        nesterov: whether the gradient is taken at the look-ahead point.

    Returns:
        Limits, shape of the arguments broadcast together; infinite where they leave float64.

    Raises:
        ValueError: a rate or momentum out of its domain.

    Source:
        Cohen, Kaur, Li, Kolter & Talwalkar 2021, arXiv:2103.00065, section 2 and appendix B.

    Example:
        >>> stability_limit(0.1, momentum=0.9).round(9)
        np.float64(38.0)
    """
    eta, beta = checks.positive("stability_limit", "rate", rate), checks.finite("stability_limit", "momentum", momentum)
    advice = "velocities would grow by themselves. Pass for example 0.9."
    checks.refuse("stability_limit", "0 <= momentum < 1", "momentum", beta, ~((beta >= 0) & (beta < 1)), advice)
    checks.fit("stability_limit", rate=eta, momentum=beta)
    nesterov = flag("stability_limit", "nesterov", nesterov)
    with np.errstate(over="ignore"):
        return (2 + 2 * beta) / (eta * (1 + 2 * beta * nesterov))


def crossings(path: SharpnessPath, limit: float | None = None) -> Array:
    """Times at which the sharpness passes a limit, up or down, to round-off.

    Found between neighbouring times of the path on either side of the limit, so two passages between the same two times
    go unseen.

    Args:
        path: of `sharpness_path`, its times ascending.
        limit: a sharpness, such as that of `stability_limit`; ``2/rate`` if not given.

    Returns:
        Times, ascending, shape ``(passages,)``; empty where the path stays on one side.

    Raises:
        ValueError: a limit that is no number, or times that are not ascending.

    Example:
        >>> import numpy as np
        >>> from deeplinear import Task, solve
        >>> start = (np.array([[0.1]]), np.array([[0.1]]))
        >>> path = sharpness_path(solve(Task.from_modes([1.0]), start), np.linspace(0, 9, 50))
        >>> crossings(path, 1.5).round(4)
        array([3.1023])
    """
    if not isinstance(path, SharpnessPath):
        raise TypeError(
            f"crossings needs a SharpnessPath, got path={shown(path)}: it is read there. Pass sharpness_path(law)."
        )
    level = real_number("crossings", "limit", path.limit if limit is None else limit, "finite", "it is a sharpness.")
    if (np.diff(path.times) <= 0).any():
        raise ValueError(
            f"crossings needs ascending times, got times={shown(path.times)}: passages lie between neighbours. Sort the times."
        )
    above = path.sharpness > level
    after = np.flatnonzero(above[1:] != above[:-1]) + 1
    low, high, side = path.times[after - 1], path.times[after], above[after]
    while ((middle := low + (high - low) / 2) > low).any() and (middle < high).any():
        passed = (path.source(middle)[1] > level) == side
        low, high = np.where(passed, low, middle), np.where(passed, middle, high)
    return high


def departure(law: Law) -> float:
    """How far the start is from one whose Hessian falls into the blocks of modes: 0 for balanced and aligned."""
    start, layers = read(law.task, law.start), law.start
    size = max(float(np.square(w).sum()) for w in layers)
    apart = max((float(np.linalg.norm(difference)) for difference in imbalance(layers)), default=0.0)
    measured = [start.residuals[need] for need in ("balanced", "decoupled", "aligned inputs")]
    return max([*measured, apart / size if size > 0 else 0.0])


def principal(task: Task, begun: Array) -> tuple[NDArray[np.bool_], Array]:
    """Modes with a target or a strength, and input powers: along those modes, then along all other directions."""
    _, s, v = task.modes
    used = (np.arange(len(s)) < task.rank) | (begun > PRESENT * begun.max())
    frame = np.linalg.svd(v[:, used])[0][:, used.sum() :]
    others = np.linalg.eigvalsh(frame.T @ task.input_correlation @ frame)
    return used, np.concatenate([task.mode_powers[used], np.maximum(others, 0.0)])
