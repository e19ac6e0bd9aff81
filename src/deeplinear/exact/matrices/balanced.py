"""A balanced network's trajectory from the flow of its end-to-end map."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact.matrices.determinant_sign import REASON, wrong_sign
from deeplinear.exact.matrices.end_to_end import Ends, EndToEnd, ends
from deeplinear.exact.matrices.first_crossing import aims, first_crossing
from deeplinear.exact.rank_limited import best_map
from deeplinear.exact.trajectory import Trajectory
from deeplinear.weights import end_to_end, widths

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.readings import Start

PATIENCE = 1e5  # longest search, in units of the fastest time constant


def trajectory(start: Start, tau: float) -> Trajectory:
    """The flow of a balanced network of two layers or more, any task.

    Args:
        start: a network whose residual of ``balanced layers`` is round-off.
        tau: time constant.
    """
    task, depth, begun = start.task, len(start.weights), end_to_end(start.weights)
    path = EndToEnd(task, depth, ends(start.weights), dying=wrong_sign(task, begun))

    def at(t: Array) -> Ends:
        return path.at(t / tau)

    def maps(t: Array) -> Array:
        return np.where(t[:, None, None] == 0, begun, at(t).maps)

    def strengths(t: Array) -> Array:
        return np.where(t[:, None] == 0, task.strengths(begun), task.strengths(maps(t)))

    def loss(t: Array) -> Array:
        return np.where(t == 0, task.loss(begun), task.loss(maps(t)))

    def factors(t: Array) -> list[tuple[Array, Array]]:
        now = at(t)
        ones = [np.broadcast_to(np.eye(n), (len(t), n, n)) for n in (task.n_out, task.n_in)]
        above, below = (powers_of(x, depth) for x in (now.last, np.swapaxes(now.first, 1, 2)))
        return list(zip([*above[::-1], ones[0]], [ones[1], *below], strict=True))

    def condition(t: Array) -> Array:
        now, pairs = at(t), factors(t)
        error = (task.optimum - now.maps) @ task.input_correlation
        rise = task.strengths(sum(above @ error @ below for above, below in pairs))
        change = t[:, None] / tau * np.abs(rise)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(change == 0, 0.0, change / np.abs(task.strengths(now.maps)))

    top = float(np.linalg.norm(path.start.first, 2)) ** depth if path.start.first.size else 0.0
    largest = max(top, float(np.linalg.norm(task.optimum, 2)), np.finfo(float).tiny)
    fastest = depth * largest ** (2 - 2 / depth) * float(task.input_modes[0][0])

    def settle(enough: Callable[[], bool]) -> None:
        """Integrate until the network is at rest, or enough is known."""
        horizon = 10.0 / fastest
        path.reach(horizon)
        while not (path.settled or enough()):
            if horizon * fastest >= PATIENCE:
                raise RuntimeError(
                    f"the end of learning needs a network that comes to rest within {PATIENCE:g} of its fastest time constants, "
                    f"got one that still moves: its plateau is too long. Ask for the curve at finite times."
                )
            horizon *= 2
            path.reach(horizon)

    def final() -> Array:
        if path.dying:
            return best_map(task, len(path.start.first) - 1)
        settle(lambda: False)
        return path.at(np.array([np.inf])).maps[0]

    def crossing(fraction: float) -> Array:
        wanted = aims(task.targets, task.rank, fraction)

        def known() -> bool:
            reached = np.any(strengths(tau * path.moments(200)) >= wanted, axis=0)
            return bool(np.all(reached | (wanted == np.inf)))

        if path.dying:
            path.reach(PATIENCE / 100 / fastest)
        else:
            settle(known)
        return first_crossing(strengths, wanted, tau * path.moments(2000))

    def sensitivity() -> float:
        sizes = np.linalg.svd(path.start.first, compute_uv=False)
        if path.dying or len(sizes) < min(*widths(start.weights), task.rank):
            return np.inf
        return float(sizes[0] / sizes[-1]) if sizes.size else 1.0

    def ending() -> str:
        if path.dying:
            root = np.sqrt(task.input_modes[0])
            lacks = np.linalg.svd((task.optimum @ task.input_modes[1]) * root, compute_uv=False)[-1]
            return f"a saddle that lacks the weakest direction (s = {lacks:.4g}): {REASON}"
        off = float(np.linalg.norm(final() - task.optimum)) > 1e-8 * float(np.linalg.norm(task.optimum))
        return (
            f"a map of rank {np.linalg.matrix_rank(final(), rtol=1e-8)}, all that the start can grow into"
            if off
            else ""
        )

    return Trajectory(
        strengths=strengths,
        loss=loss,
        maps=maps,
        crossing=crossing,
        condition=condition,
        scale=1e-3 * tau / fastest,
        final=final,
        ending=ending,
        factors=factors,
        sensitivity=sensitivity,
    )


def powers_of(x: Array, depth: int) -> list[Array]:
    """``(x xᵀ)^j`` for j from 1 to ``depth − 1``, x of shape ``(T, n, r)``."""
    inner, found, part = np.swapaxes(x, 1, 2) @ x, [], x
    for _ in range(depth - 1):
        found.append(part @ np.swapaxes(x, 1, 2))
        part = part @ inner
    return found
