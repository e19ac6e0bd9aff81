"""The nearest law where none is exact: each candidate's trajectory beside the flow of all layers, integrated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deeplinear.exact.rank_limited import best_map
from deeplinear.task import Task
from deeplinear.weights import Weights, end_to_end, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.trajectory import Trajectory

LARGEST = 200_000  # weights that are integrated in seconds
STEPS = 2000  # of the integrator
FAR = 1e5  # fastest time constants of the learned network, after which the comparison ends, learned or not
FEW = 600  # weights for which an implicit method pays: after the first mode is learned, waiting for the last is stiff
PRECISE = (
    1e-6  # error below which the reference cannot tell laws apart: the first of them is preferred, the most special
)
LEARNED = 1e-3  # share of the attainable fall in loss that may be left where the comparison ends
MOMENTS = 400  # at which maps are compared


class Measured(NamedTuple):
    """How far a law is from the flow.

    Attributes:
        error: largest difference of the end-to-end maps at any time, in spectral norm, relative to the largest target.
        until: last time that was compared.
        learned: whether the flow has learned by then all but a thousandth of what its layers have room for.
    """

    error: float
    until: float
    learned: bool


class Flow(NamedTuple):
    """End-to-end maps of the flow at the integrator's own times, shapes ``(T,)`` and ``(T, n_out, n_in)``."""

    times: Array
    maps: Array
    learned: bool


def integrated(task: Task, weights: Weights, tau: float) -> Flow:
    """``tau dW_l/dt = W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ`` from the start until it has learned, or for `STEPS` steps.

    Args:
        task: what is learned.
        weights: checked weights ``(W1, …, WL)``.
        tau: time constant.

    Raises:
        ValueError: too many weights.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (13), with input correlations.
    """
    from scipy.integrate import DOP853, LSODA  # 0.4 s to load

    count = sum(w.size for w in weights)
    if count > LARGEST:
        raise ValueError(
            f"solve with nearest=True needs at most {LARGEST} weights, got {count}: the error is measured against the flow of "
            f"all of them. Call deeplinear.descend(task, weights, rate=..., steps=...) instead."
        )
    shapes, cuts = [w.shape for w in weights], np.cumsum([w.size for w in weights])[:-1]

    def layers(y: Array) -> list[Array]:
        return [part.reshape(shape) for part, shape in zip(np.split(y, cuts), shapes, strict=True)]

    def velocity(_: float, y: Array) -> Array:
        now, before = layers(y), [np.eye(task.n_in)]
        for w in now:
            before.append(w @ before[-1])
        above, found = (task.optimum - before[-1]) @ task.input_correlation, []
        for w, below in zip(now[::-1], before[-2::-1], strict=True):
            found.append((above @ below.T).ravel())
            above = w.T @ above
        return np.concatenate(found[::-1])

    y = np.concatenate([w.ravel() for w in weights])
    speed, size = float(np.linalg.norm(velocity(0.0, y))), float(np.linalg.norm(y))
    reach, first = float(task.loss(best_map(task, min(widths(weights))))), float(task.loss(end_to_end(weights)))
    goal = reach + LEARNED * max(first - reach, float(task.loss(np.zeros_like(task.optimum))) - reach)
    times, maps = [0.0], [end_to_end(weights)]
    if speed == 0 or first <= goal:
        return Flow(np.array(times), np.stack(maps), first <= goal)
    depth, largest = len(weights), float(np.linalg.norm(task.optimum, 2))
    fastest = depth * largest ** (1 - 2 / depth) * float(task.modes.s[0]) if largest > 0 else 0.0
    horizon = FAR / fastest if fastest > 0 else np.inf
    method = LSODA if count <= FEW else DOP853
    solver = method(velocity, 0.0, y, np.inf, rtol=1e-9, atol=1e-12 * size, first_step=1e-3 * size / speed)
    for _ in range(STEPS):
        if solver.step() is not None or solver.status == "failed":
            break
        between = solver.dense_output()
        for t in ((solver.t_old + solver.t) / 2, solver.t):
            times.append(float(t))
            maps.append(end_to_end(tuple(layers(between(t)))))
        if float(task.loss(maps[-1])) <= goal or solver.t > horizon:
            break
    return Flow(tau * np.array(times), np.stack(maps), float(task.loss(maps[-1])) <= goal)


def thinned(flow: Flow) -> Flow:
    """At most `MOMENTS` of its times, the last among them."""
    every = max(1, -(-len(flow.times) // MOMENTS))
    keep = np.arange(len(flow.times))[::-1][::every][::-1]
    return Flow(flow.times[keep], flow.maps[keep], flow.learned)


def measured(task: Task, path: Trajectory, flow: Flow) -> Measured:
    """The error of a trajectory over the range of a flow; infinite where it gives no finite maps."""
    away = path.maps(flow.times) - flow.maps
    if not np.isfinite(away).all():
        return Measured(np.inf, float(flow.times[-1]), flow.learned)
    scale = float(np.linalg.norm(task.optimum, 2)) or float(np.linalg.norm(flow.maps[0], 2)) or 1.0
    return Measured(float(np.linalg.norm(away, 2, axis=(1, 2)).max()) / scale, float(flow.times[-1]), flow.learned)


def nearest(
    task: Task, weights: Weights, tau: float, candidates: list[tuple[str, Callable[[], Trajectory]]]
) -> tuple[str, Trajectory, Measured] | None:
    """The candidate with the smallest measured error, its trajectory and the error; None if none could be followed.

    The end-to-end flow of two or three layers that are nowhere wider than the directions it keeps is the flow of those layers,
    balanced or not; its error is then that of two integrators, and it is taken only where no closed form is as near.

    Args:
        task: what is learned.
        weights: checked weights.
        tau: time constant.
        candidates: names of laws and what makes their trajectories.

    Raises:
        ValueError: more weights than can be integrated.
    """
    flow, best = thinned(integrated(task, weights, tau)), None
    for name, make in candidates:
        try:
            path = make()
            found = measured(task, path, flow)
        except RuntimeError:  # a law that is integrated may not converge from a start that it is not for
            continue
        if np.isfinite(found.error) and (best is None or max(found.error, PRECISE) < best[2].error):
            best = (name, path, found)
    return best
