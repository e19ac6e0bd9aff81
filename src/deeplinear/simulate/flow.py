"""Gradient flow, the continuous limit of descent, by an adaptive integrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag, real_number
from deeplinear.arrays import real_array
from deeplinear.curve import Curve
from deeplinear.reduction import Reduction
from deeplinear.simulate.descent import prepared
from deeplinear.simulate.problem import Problem
from deeplinear.task import Array, Task, a_task
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
) -> Curve:
    """Gradient flow ``τ dW_l/dt = W_{L:l+1}ᵀ (Σ³¹ − W Σ¹¹) W_{l-1:1}ᵀ``, integrated numerically.

    No formula is used, so that this is the independent witness of every exact solution. Networks that move inside small
    invariant subspaces are integrated there.

    Args:
        task: what to learn.
        weights: the start ``(W1, …, WL)``, or a `Reduction` sampled directly.
        times: where to record, shape ``(T,)``, ascending, ``>= 0``, in the unit of ``tau``.
        tau: ``1 / learning rate`` when times count epochs, ``> 0``.
        rtol: relative tolerance of the integrator (DOP853).
        atol: absolute tolerance, in units of the weights.
        reduce: False integrates at full width.

    Returns:
        A `Curve` at ``times``.

    Raises:
        ValueError: times not ascending or negative, tau not positive, weights that do not fit, or no convergence.
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
    from scipy.integrate import solve_ivp  # 0.4 s to load

    a_task("flow", task)
    times = real_array("flow", "times", times, ">= 0", "learning starts at 0. Drop the times before it.")
    if times.ndim != 1 or not times.size or not (np.diff(times) >= 0).all():
        raise ValueError(
            f"flow needs ascending times >= 0, got times of shape {times.shape}: learning starts at 0. Sort them."
        )
    tau = real_number("flow", "tau", tau, "> 0", "it is 1 / learning rate. Pass 1.0.")
    rtol = real_number("flow", "rtol", rtol, "0 < · < 1", "it is a relative error. Pass for example 1e-10.")
    atol = real_number("flow", "atol", atol, ">= 0", "it is an absolute error of the weights. Pass for example 1e-13.")
    reduce = flag("flow", "reduce", reduce)
    reduction = prepared(task, weights, reduce=reduce)
    problem = Problem.inside(reduction)
    shapes = [w.shape for w in problem.weights]
    cuts = np.cumsum([rows * columns for rows, columns in shapes])[:-1]

    def layers(state: Array) -> Weights:
        return tuple(part.reshape(shape) for part, shape in zip(np.split(state, cuts), shapes, strict=True))

    def velocity(_: float, state: Array) -> Array:
        return np.concatenate([g.ravel() for g in directions(layers(state), problem)]) / tau

    start = np.concatenate([w.ravel() for w in problem.weights])
    if times[-1] == 0:
        states = np.repeat(start[:, None], len(times), axis=1)
    else:
        found = solve_ivp(velocity, (0.0, times[-1]), start, "DOP853", times, rtol=rtol, atol=atol)
        if not found.success:
            raise ValueError(f"flow needs an integrable start, got: {found.message} Loosen rtol={rtol!r}.")
        states = found.y
    maps = np.stack([end_to_end(layers(state)) for state in states.T])
    strengths = np.einsum("ia,tij,ja->ta", problem.u, maps, problem.v, optimize=True)
    loss = task.floor + problem.excess(maps)
    return Curve(times, loss, strengths, task.targets, "gradient flow", partial(reduction.lift_map, maps))


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
