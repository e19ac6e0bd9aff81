r"""Where gradient flow ends, and when its loss falls: all layers integrated until nothing is left to learn.

Slow is not stuck. Small starts of depth L pass one saddle after another, and each holds them for ``σ^(2−L)``; so no number of steps
tells a plateau from the end. A saddle is an end only where the directions in which the flow would leave it are exactly absent:
there a perturbation of the size of rounding, 10⁻¹⁶ = e⁻³⁷, would have grown to the size of the weights, and the loss has not moved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.curvature.products import flattened, shaped
from deeplinear.exact import checks, ntk
from deeplinear.exact.rank_limited import best_map
from deeplinear.kernels import kernel_distance
from deeplinear.kernels.implicit import Implicit, Watch
from deeplinear.task import Task
from deeplinear.weights import Weights, checked, end_to_end, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array

LARGEST = 30_000  # weights
STEPS = 10_000
ROUNDING = 1e-14  # of the largest singular value, for each input: a mode with less has no target
LEARNED = 1e-8  # loss left, of what the start lacks or the task holds: 1e-4 in the map
FADED = 1e-4  # the same for what has no target and dies algebraically: a hundredth of the map, or the wait has no end
SLOW = (1000, 0.01)  # steps in which the loss left falls by less than this part: a plateau, for an implicit method
LITTLE = (
    1e-9  # a smaller fall of the loss, of what there is to learn, is none: a saddle if perturbations grow meanwhile
)
STIFF = (10, 600)  # a first kernel so much larger than the last, in so few weights, is for an implicit method


@dataclass(frozen=True, eq=False)
class Ending:
    """How gradient flow from one start ends.

    Attributes:
        weights: the last ones.
        times: shape ``(T,)``, the integrator's own.
        loss: shape ``(T,)``.
        unlearned: part of the attainable fall in loss that did not happen; 0 unless the flow stopped before.
        saddle: whether it stopped at a saddle; if not, on a plateau that outlasts what float64 can follow.
        time_to_fall: time at which the loss has fallen by a fraction of its whole fall.
    """

    weights: Weights
    times: Array
    loss: Array
    unlearned: float
    saddle: bool
    time_to_fall: Callable[[float], float] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Fall:
    """`Ending.time_to_fall`: what the integrator left, from which times between its own are read."""

    task: Task
    start: Weights
    times: list[float]
    losses: list[float]
    dense: list[Callable[[float], Array]]
    first: float
    whole: float
    reach: float
    tau: float

    def __call__(self, fraction: float) -> float:
        """Time at which the loss has fallen by a fraction of its whole fall."""
        level = self.first - fraction * self.whole
        later = int(np.argmax(np.asarray(self.losses) <= level))
        if later == 0:
            return 0.0
        low, high = self.times[later - 1], self.times[later]
        while high - low > 1e-12 * high:
            middle = (low + high) / 2
            maps = end_to_end(shaped(self.dense[later - 1](middle), self.start))
            low, high = (middle, high) if float(self.task.loss(maps)) - self.reach > level else (low, middle)
        return self.tau * high


def forces(task: Task, layers: Weights) -> list[Array]:
    """``W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ`` on each layer, from W* − W, which does not cancel near the end."""
    before: list[Array] = [np.eye(task.n_in)]
    for layer in layers[:-1]:
        before.append(layer @ before[-1])
    error = (task.optimum - layers[-1] @ before[-1]) @ task.input_correlation
    after, found = np.eye(task.n_out), []
    for layer, below in zip(layers[::-1], before[::-1], strict=True):
        found.append(after.T @ (error @ below.T))
        after = after @ layer
    return found[::-1]


def remainder(task: Task, best: Array) -> Callable[[Array], tuple[float, float]]:
    """``½ ‖(W − best) (Σ¹¹)^½‖²`` of maps W, in two parts: with inputs or outputs that have a target, and without any."""
    powers, vectors = task.input_modes
    root = (vectors * np.sqrt(powers)) @ vectors.T
    u, s, vt = np.linalg.svd(best @ root, full_matrices=False)
    kept = s > ROUNDING * len(root) * s[0]
    u, v = u[:, kept], vt[kept].T

    def parts(w: Array) -> tuple[float, float]:
        away = (w - best) @ root
        idle = away - u @ (u.T @ away)
        idle = idle - (idle @ v) @ v.T
        fading = 0.5 * float(np.vdot(idle, idle))
        return 0.5 * float(np.vdot(away, away)) - fading, fading

    return parts


def ending(task: Task, weights: Weights, *, tau: float = 1.0, goal: Array | None = None) -> Ending:
    """Integrate ``tau dW_l/dt = W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ`` to its end: any task, depth and start.

    Good to about 1e-4 of the map, and to 1e-2 in what has no target: without one, modes die only algebraically. Plateaus are
    followed through, in steps that grow with them. A flow whose end is a saddle is followed to it, but where the directions
    that it lacks are not exactly zero in float64 it escapes, as gradient descent would, unless the saddle is known.

    Args:
        task: what is learned.
        weights: the start ``(W1, …, WL)``, at most 30 000 numbers.
        tau: time constant.
        goal: the map at which the flow is known to end, shape ``(n_out, n_in)``; if not given, the best one of the rank that
            the narrowest layer allows, or a saddle if it is found to end at one.

    Raises:
        ValueError: too many weights, a start at which nothing moves, or a flow that does not end within 20 000 steps.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (13), with input correlations.

    Example:
        >>> end = ending(Task.from_modes([2.0]), (np.array([[0.1]]), np.array([[0.1]])))
        >>> end_to_end(end.weights).round(3), round(end.time_to_fall(0.75), 2)
        (array([[2.]]), 1.33)
    """
    from scipy.integrate import DOP853, LSODA

    start, tau = checked(weights, task), float(checks.time_constant("ending", tau))
    count = sum(w.size for w in start)
    if count > LARGEST:
        raise ValueError(
            f"ending needs at most {LARGEST} weights, got {count}: it integrates all of them. Pass an exact law, law = "
            f"deeplinear.solve(task, weights), or judge the factors of a run of deeplinear.descend."
        )

    def unpacked(y: Array) -> Weights:
        return shaped(y, start)

    def velocity(_: float, y: Array) -> Array:
        return flattened(tuple(forces(task, unpacked(y))))

    def excess(y: Array) -> float:
        return float(task.loss(end_to_end(unpacked(y)))) - reach

    best = best_map(task, min(widths(start)))
    reach, signal = float(task.loss(best)), sum(remainder(task, best)(np.zeros_like(best)))
    y = flattened(start)
    first, speed = excess(y), float(np.linalg.norm(velocity(0.0, y)))
    last = 0.0 if goal is None else float(task.loss(goal)) - reach
    if goal is None or last <= 1e-9 * first:
        goal, last = best, 0.0
    lacks, faded = (
        remainder(task, goal),
        FADED if last == 0 else LEARNED,
    )  # a target that is not learned is no small thing
    share = min(first - last, signal) if first - last > LEARNED * signal else np.inf

    def ended(y: Array) -> bool:
        left, fading = lacks(end_to_end(unpacked(y)))
        return left <= LEARNED * share and fading <= faded * share

    if speed == 0 and not ended(y):
        raise ValueError(
            "ending needs a start that moves, got weights at a saddle: all forces on them are zero, and it never learns. "
            "Add a small random part to the weights."
        )
    times, losses, dense = [0.0], [first], []
    size, (ratio, few), (patience, part) = float(np.linalg.norm(y)), STIFF, SLOW
    sizes = (
        float(kernel_distance.inner(k, k, task.input_correlation))
        for k in (ntk.factors(start), ntk.of_map(best, len(start)))
    )
    method = LSODA if next(sizes) > ratio**2 * next(sizes) and count <= few else DOP853
    ahead = 1e-3 * size / speed if speed > 0 else 1.0  # the solver's own first step may overflow from a large start
    solver = method(velocity, 0.0, y, np.inf, rtol=1e-8, atol=1e-12 * size, first_step=ahead)
    slow, stop, trouble, latest = None, "", "", 0
    watch = Watch(first, LITTLE * share)
    while not (done := ended(solver.y)):
        if slow is None:
            old = losses[-1 - patience] if len(losses) > patience else np.inf
            if trouble or len(times) > STEPS or old - losses[-1] < part * losses[-1]:
                ahead = times[-1] - times[-2] if len(times) > 1 else ahead
                solver = slow = Implicit(task, start, velocity, times[-1], solver.y, ahead)
                latest = len(times) + STEPS
        elif stop := watch.verdict(task, slow, losses[-1]):
            break
        elif len(times) > latest:
            raise ValueError(
                f"ending needs a flow that ends within {STEPS} steps on its plateaus, got {losses[-1] / first:.3g} of the loss "
                f"left at t = {times[-1] * tau:.3g}: rates differ too much. Drop weak modes, or pass an exact law."
            )
        if trouble := solver.step():
            continue
        dense.append(solver.dense_output())
        times.append(float(solver.t))
        losses.append(excess(solver.y))
    fall = first - (last if done and last > 0 else losses[-1])

    time_to_fall = Fall(task, start, times, losses, dense, first, fall, reach, tau)
    unlearned = (last if done else losses[-1]) / first if first > last else 0.0
    saddle = stop == "saddle" or (done and last > 0)
    return Ending(unpacked(solver.y), tau * np.array(times), np.array(losses) + reach, unlearned, saddle, time_to_fall)
