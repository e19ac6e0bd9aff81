"""Gradient flow, the continuous limit of descent, by an adaptive integrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag, real_number, whole_number
from deeplinear.arrays import Array, real_array
from deeplinear.curve import Curve
from deeplinear.reduction import Reduction
from deeplinear.simulate.linear.descent import prepared
from deeplinear.simulate.linear.flow_jacobian import flow_jacobian
from deeplinear.simulate.linear.integration import Flow, integrate
from deeplinear.simulate.linear.problem import Problem
from deeplinear.simulate.linear.schedule import require_records
from deeplinear.task import Task, a_task
from deeplinear.weights import Weights, end_to_end, oriented


def flow(
    task: Task,
    weights: Sequence[ArrayLike] | Reduction,
    times: ArrayLike,
    *,
    tau: float = 1.0,
    rtol: float = 1e-10,
    atol: float = 1e-13,
    reduce: bool = True,
    max_steps: int = 100_000,
) -> Curve:
    """Gradient flow ``τ dW_l/dt = W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ``, integrated numerically.

    No formula is used, so that this is the independent witness of every exact solution. Networks that move inside small
    invariant subspaces are integrated there.

    Args:
        task: what to learn.
        weights: the start ``(W1, …, WL)``, or a `Reduction` sampled directly.
        times: where to record, shape ``(T,)``, ascending, ``>= 0``, in the unit of ``tau``.
        tau: ``1 / learning rate`` when times count epochs, ``> 0``.
        rtol: relative tolerance of the integrator, ``1e-13 <= rtol < 1``: explicit steps of order eight (DOP853), backward
            differentiation (BDF) where the flow is stiff and the network has 2000 weights at most.
        atol: absolute tolerance, in units of the weights, ``>= 0``.
        reduce: False integrates at full width.
        max_steps: most steps to take, ``>= 1``: a minute for small networks. What would take more is refused, at once where that
            can be told.

    Returns:
        A `Curve` at ``times``.

    Raises:
        ValueError: times not ascending or negative, tau not positive, tolerances out of their range, weights that do not fit or
            overflow, no convergence, or more steps than ``max_steps``.
        TypeError: no task.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (2) and (13).

    Example:
        >>> import deeplinear as dl
        >>> task = dl.Task.from_modes([2.0])
        >>> dl.flow(task, ([[0.1]], [[0.1]]), [0.0, 50.0]).strengths.round(6)
        array([[0.01],
               [2.  ]])
    """
    a_task("flow", task)
    times = real_array("flow", "times", times, ">= 0", "learning starts at 0. Drop the times before it.")
    if times.ndim != 1 or not times.size or not (np.diff(times) >= 0).all():
        raise ValueError(
            f"flow needs ascending times >= 0, got times of shape {times.shape}: learning starts at 0. Sort them."
        )
    tau = real_number("flow", "tau", tau, "> 0", "it is 1 / learning rate. Pass 1.0.")
    rtol = real_number(
        "flow", "rtol", rtol, "1e-13 <= · < 1", "float64 keeps sixteen digits, and sums fewer. Pass 1e-10."
    )
    atol = real_number("flow", "atol", atol, ">= 0", "it is an absolute error of the weights. Pass for example 1e-13.")
    max_steps = whole_number("flow", "max_steps", max_steps, advice="it counts steps. Pass 100000.")
    reduce = flag("flow", "reduce", reduce)
    reduction = prepared(task, weights, reduce=reduce)
    problem = Problem.inside(reduction)
    shapes = [w.shape for w in problem.weights]
    cuts = np.cumsum([rows * columns for rows, columns in shapes])[:-1]

    def layers(state: Array) -> Weights:
        return tuple(part.reshape(shape) for part, shape in zip(np.split(state, cuts), shapes, strict=True))

    def velocity(state: Array) -> Array:
        return flat(directions(layers(state), problem)) / tau

    def jacobian(state: Array) -> Array:
        return flow_jacobian(layers(state), problem) / tau

    def at_rest(state: Array, moving: Array) -> bool:
        return bool((np.abs(moving) <= flat(rounding(layers(state), problem)) / tau).all())

    numbers = sum(w.size for w in problem.weights) + task.n_in * task.n_out
    require_records("flow", len(times), numbers, "weights and maps")
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused
        states = integrate(
            Flow(velocity, jacobian, at_rest), flat(problem.weights), times, rtol=rtol, atol=atol, max_steps=max_steps
        )
    maps = np.stack([end_to_end(layers(state)) for state in states])
    strengths = np.einsum("ia,tij,ja->ta", problem.u, maps, problem.v, optimize=True)
    loss = task.floor + problem.excess(maps)
    return Curve(times, loss, strengths, task.targets, "gradient flow", partial(reduction.lift_map, maps))


def flat(layers: Sequence[Array]) -> Array:
    """All numbers in one row."""
    return np.concatenate([layer.ravel() for layer in layers])


def rounding(weights: Weights, problem: Problem) -> list[Array]:
    """Bounds on the rounding of `directions`: the same sums over absolute values."""
    sizes = tuple(np.abs(w) for w in weights)
    terms = sum(w.shape[1] for w in weights) * np.finfo(np.float64).eps
    lost = replace(
        problem, optimum=np.abs(problem.optimum) + 2 * end_to_end(sizes)
    )  # less their product: a sum of sizes
    return [terms * size for size in directions(sizes, lost)]


def directions(weights: Weights, problem: Problem) -> list[Array]:
    """Descent directions of all layers, contracted from the narrow side."""
    if problem.mirrored:
        other = replace(problem, optimum=problem.optimum.T, powers=problem.powers[:, None])
        return list(oriented(tuple(ascended(oriented(weights, True), other)), True))
    return ascended(weights, problem)


def ascended(weights: Weights, problem: Problem) -> list[Array]:
    """``W_{L:l+1}ᵀ error W_{l-1:1}ᵀ`` with the error carried up in panels of n_L columns."""
    above = [np.eye(len(weights[-1]))]
    for w in weights[::-1]:
        above.append(above[-1] @ w)
    panel = ((problem.optimum - above.pop()) * problem.powers).T
    found = []
    for w, product in zip(weights, above[::-1], strict=True):
        found.append(product.T @ panel.T)
        panel = w @ panel
    return found
