"""Where gradient flow ends, and when its loss falls: all layers integrated until nothing is left to learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact import checks
from deeplinear.exact.best import best_map
from deeplinear.exact.kernels import compare, ntk
from deeplinear.task import Task
from deeplinear.weights import Weights, checked, end_to_end, widths

if TYPE_CHECKING:
    from deeplinear.task import Array

LARGEST = 30_000  # weights
STEPS = 10_000
ROUNDING = 1e-14  # of the largest singular value, for each input: a mode with less has no target
LEARNED = 1e-8  # loss left, of what the start lacks or the task holds: 1e-4 in the map
FADED = 1e-4  # the same for what has no target and dies algebraically: a hundredth of the map, or the wait has no end
STALLED = (1000, 1e-9)  # steps without a loss of this part: a saddle. Plateaus that end take fewer: steps grow on them
STIFF = (10, 600)  # a first kernel so much larger than the last, in so few weights, is for an implicit method


@dataclass(frozen=True, eq=False)
class Ending:
    """How gradient flow from one start ends.

    Attributes:
        weights: the last ones.
        times: shape ``(T,)``, the integrator's own.
        loss: shape ``(T,)``.
        unlearned: part of the attainable fall in loss that did not happen; 0 unless the flow stopped at a saddle.
        time_to_fall: time at which the loss has fallen by a fraction of its whole fall.
    """

    weights: Weights
    times: Array
    loss: Array
    unlearned: float
    time_to_fall: Callable[[float], float]


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


def ending(task: Task, weights: Weights, *, tau: float = 1.0) -> Ending:
    """Integrate ``tau dW_l/dt = W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ`` to its end: any task, depth and start.

    Good to about 1e-4 of the map, and to 1e-2 in what has no target: without one, modes die only algebraically. A flow
    whose end is a saddle is followed to it, but where the directions that it lacks are not exactly zero in float64 it
    escapes, as gradient descent would.

    Args:
        task: what is learned.
        weights: the start ``(W1, …, WL)``, at most 30 000 numbers.
        tau: time constant.

    Raises:
        ValueError: too many weights, a start at which nothing moves, or a flow that does not end within 10 000 steps.

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
    shapes, cuts = [w.shape for w in start], np.cumsum([w.size for w in start])[:-1]

    def unpacked(y: Array) -> Weights:
        return tuple(part.reshape(shape) for part, shape in zip(np.split(y, cuts), shapes, strict=True))

    def velocity(_: float, y: Array) -> Array:
        return np.concatenate([force.ravel() for force in forces(task, unpacked(y))])

    def excess(y: Array) -> float:
        return float(task.loss(end_to_end(unpacked(y)))) - reach

    best = best_map(task, min(widths(start)))
    reach, lacks = float(task.loss(best)), remainder(task, best)
    y = np.concatenate([w.ravel() for w in start])
    first, speed, signal = excess(y), float(np.linalg.norm(velocity(0.0, y))), sum(lacks(np.zeros_like(best)))
    share = min(first, signal) if first > LEARNED * signal else np.inf

    def ended(y: Array) -> bool:
        left, fading = lacks(end_to_end(unpacked(y)))
        return left <= LEARNED * share and fading <= FADED * share

    if speed == 0 and not ended(y):
        raise ValueError(
            "ending needs a start that moves, got weights at a saddle: all forces on them are zero, and it never learns. "
            "Add a small random part to the weights."
        )
    times, losses, dense = [0.0], [first], []
    size, (ratio, few), (patience, little) = float(np.linalg.norm(y)), STIFF, STALLED
    sizes = (
        float(compare.inner(k, k, task.input_correlation)) for k in (ntk.factors(start), ntk.of_map(best, len(start)))
    )
    method = LSODA if next(sizes) > ratio**2 * next(sizes) and count <= few else DOP853
    ahead = 1e-3 * size / speed if speed > 0 else 1.0  # the solver's own first step may overflow from a large start
    solver = method(velocity, 0.0, y, np.inf, rtol=1e-8, atol=1e-12 * size, first_step=ahead)
    while not (done := ended(solver.y)):
        if len(losses) > patience and losses[-1 - patience] - losses[-1] < little * share:
            break
        if len(times) > STEPS or solver.step() is not None or solver.status == "failed":
            raise ValueError(
                f"ending needs a flow that ends within {STEPS} steps, got {losses[-1] / first:.3g} of the loss left at "
                f"t = {times[-1] * tau:.3g}: rates differ too much. Whiten the inputs, drop weak modes, or pass an exact law."
            )
        dense.append(solver.dense_output())
        times.append(float(solver.t))
        losses.append(excess(solver.y))
    fall = first - losses[-1]

    def time_to_fall(fraction: float) -> float:
        goal = first - fraction * fall
        later = int(np.argmax(np.asarray(losses) <= goal))
        if later == 0:
            return 0.0
        low, high = times[later - 1], times[later]
        while high - low > 1e-12 * high:
            middle = (low + high) / 2
            low, high = (middle, high) if excess(dense[later - 1](middle)) > goal else (low, middle)
        return tau * high

    unlearned = 0.0 if done else losses[-1] / first
    return Ending(unpacked(solver.y), tau * np.array(times), np.array(losses) + reach, unlearned, time_to_fall)
