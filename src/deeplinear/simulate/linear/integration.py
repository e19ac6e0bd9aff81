"""Integration of a flow by explicit steps, by implicit ones where it is stiff, and a sentence where either would not end.

Explicit steps of order eight are exact to rounding and cheap, but no longer than a few over the largest curvature λ, however
slowly everything moves: a time T takes λT/6 of them. Backward differentiation takes steps as long as the motion allows and pays with
the factors of a matrix of all weights by all weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplinear.progress_line import progress_line

if TYPE_CHECKING:
    from deeplinear.arrays import Array

REACH = 6.0  # curvature times the longest stable explicit step
LIMITED = 0.5  # of `REACH`: steps longer than this are held back by stability and not by accuracy
LOOK = 200  # steps between two looks at the curvature
STIFF = 5000  # explicit steps still to take from which implicit ones are cheaper
FACTORED = 2000  # weights up to which matrices of all by all are factored: 32 MB, and a second for every new one
POWER_STEPS = 12  # of the iteration for the largest curvature, which is then known to some per cent


@dataclass(frozen=True, eq=False)
class Flow:
    """An equation of motion ``dy/dt = velocity(y)``.

    Attributes:
        velocity: shape ``(D,)`` to ``(D,)``.
        jacobian: its derivative, shape ``(D, D)``.
        at_rest: whether the velocity is no more than its rounding, so that nothing moves any more.
    """

    velocity: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]
    at_rest: Callable[[Array, Array], bool]


def integrate(flow: Flow, start: Array, times: Array, *, rtol: float, atol: float, max_steps: int) -> Array:
    """States at ascending times from 0, shape ``(T, D)``.

    Raises:
        ValueError: more than ``max_steps`` steps, a velocity that is not finite, or steps that rounding stops.
    """
    from scipy.integrate import BDF, DOP853  # 0.4 s to load

    states, end = np.repeat(start[None], len(times), axis=0), float(times[-1])
    if end == 0 or flow.at_rest(start, finite(flow.velocity(start), 0.0)):
        return states
    tolerances: Any = {"rtol": rtol, "atol": atol}
    explicit: Any = DOP853(lambda _, y: flow.velocity(y), 0.0, start, end, **tolerances)
    solver, done, steps, since = explicit, 0, 0, 0.0
    with progress_line("flow") as tell:
        while solver.status == "running" and done < len(times):
            if steps == max_steps:
                refuse(max_steps, "more", solver.t, end, "that many did not get there")
            message = solver.step()
            if solver.status == "failed":
                raise ValueError(
                    f"flow needs an integrable start, got steps that end at t={solver.t:.6g}: {message} Loosen rtol={rtol!r}."
                )
            steps += 1
            reached = int(np.searchsorted(times, solver.t, side="right"))
            if reached > done:
                states[done:reached], done = solver.dense_output()(times[done:reached]).T, reached
            tell(solver.t / end, f"{steps} steps, t = {solver.t:.4g} of {end:.4g}")
            if steps % LOOK and solver is explicit:
                continue
            if flow.at_rest(solver.y, finite(flow.velocity(solver.y), solver.t)):
                states[done:] = solver.y
                break
            if solver is explicit:
                ahead, since = explicit_steps(flow, solver, (solver.t - since) / LOOK), solver.t
                if ahead > STIFF and len(start) <= FACTORED:
                    jacobian = lambda t, y: finite(flow.jacobian(y), t)  # noqa: E731
                    solver = BDF(lambda _, y: flow.velocity(y), solver.t, solver.y, end, jac=jacobian, **tolerances)
                elif steps + ahead > max_steps:
                    refuse(
                        max_steps, f"about {steps + ahead:.2g}", solver.t, end, "the curvature allows no longer ones"
                    )
    return states


def explicit_steps(flow: Flow, solver: Any, step: float) -> float:
    """Explicit steps still to take where stability holds them back; 0 where accuracy does, and they may become longer."""
    curvature = largest_curvature(flow, solver.y)
    return (solver.t_bound - solver.t) * curvature / REACH if step * curvature > LIMITED * REACH else 0.0


def largest_curvature(flow: Flow, state: Array) -> float:
    """Largest eigenvalue of the derivative of the velocity in size, by power steps along differences of velocities."""
    size = 1e-6 * (float(np.linalg.norm(state)) or 1.0)
    change, found = np.random.default_rng(0).standard_normal(len(state)), 0.0
    for _ in range(POWER_STEPS):
        change *= size / np.linalg.norm(change)
        change = (flow.velocity(state + change) - flow.velocity(state - change)) / 2
        found = float(np.linalg.norm(change)) / size
        if not 0 < found < np.inf:
            break
    return found


def finite(values: Array, t: float) -> Array:
    """The same numbers, or an error: with a NaN no step is ever too long."""
    if not np.isfinite(values).all():
        raise ValueError(
            f"flow needs weights that stay finite, got a velocity beyond float64 at t={t:.6g}: products of layers overflow. Rescale "
            f"the task or the start."
        )
    return values


def refuse(max_steps: int, needed: str, t: float, end: float, why: str) -> None:
    """Say that it would not end, and what to do."""
    raise ValueError(
        f"flow needs at most max_steps={max_steps} steps, got {needed} for times up to {end:.6g} (now at {t:.6g}): {why}. Pass "
        f"tau=1/rate if times count epochs, shorter times, a larger rtol, or a larger max_steps."
    )
