r"""No hidden layer: ``tau dW/dt = Σ³¹ − W Σ¹¹`` is linear, so every task and every start is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import real_number
from deeplinear.exact import checks
from deeplinear.exact.matrices.first_crossing import aims, first_crossing
from deeplinear.exact.requests import listed
from deeplinear.exact.trajectory import Trajectory
from deeplinear.task import Task, a_task

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.readings import Start


TAU = "it is 1 / learning rate. Pass 1.0."


def away(task: Task, start: ArrayLike) -> Array:
    """``W_0 − W*`` in the principal components of the inputs, shape ``(n_out, n_in)``."""
    a_task("maps", task)
    begun = checks.finite("maps", "start", start)
    if begun.shape != (task.n_out, task.n_in):
        raise ValueError(
            f"maps needs a start of shape ({task.n_out}, {task.n_in}), got shape {begun.shape}: it is the one layer, outputs in "
            f"rows. Transpose it, or take the task that it was made for."
        )
    return (begun - task.optimum) @ task.input_modes[1]


def decays(task: Task, t: Array, tau: float) -> Array:
    """``exp(−p_i t / tau)`` for each input power p_i, shape ``(T, n_in)``; 1 where inputs never occur."""
    t = t[:, None]
    with np.errstate(invalid="ignore"):
        return np.where(task.input_modes[0] == 0, 1.0, np.exp(-t / tau * task.input_modes[0]))


def maps(t: ArrayLike, *, task: Task, start: ArrayLike, tau: float = 1.0) -> Array:
    """Exact maps ``W(t) = W* + (W_0 − W*) exp(−Σ¹¹ t / tau)`` of a network of one layer.

    Args:
        t: times, shape ``(T,)``, in the unit of ``tau``; ``t >= 0``.
        task: what is learned, any inputs.
        start: the weights W_0, shape ``(n_out, n_in)``.
        tau: ``1 / learning rate`` when ``t`` counts epochs.

    Returns:
        Maps, shape ``(T, n_out, n_in)``; tend to ``task.optimum``, except on inputs that never occur, which stay.

    Raises:
        ValueError: a time, the start or the time constant out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2019, PNAS 116, 11537, shallow network, here for any input correlation: eq. (1) of
        arXiv:1312.6120 with a single layer.

    Example:
        >>> from deeplinear import Task
        >>> maps([0.0, 50.0], task=Task.from_modes([3.0, 1.0]), start=[[0.0, 1.0], [0.0, 0.0]])[1].round(12)
        array([[3., 0.],
               [0., 1.]])
    """
    t, tau = listed("maps", t), real_number("maps", "tau", tau, "> 0", TAU)
    decayed = away(task, start) * decays(task, t, tau)[:, None, :]
    return task.optimum + decayed @ task.input_modes[1].T


def strengths(t: ArrayLike, *, task: Task, start: ArrayLike, tau: float = 1.0) -> Array:
    """Strength of each task mode, shape ``(T, k)``, without forming the maps; arguments as in `maps`."""
    t, tau = listed("strengths", t), real_number("strengths", "tau", tau, "> 0", TAU)
    begun = away(task, start)
    shares = (task.modes.u.T @ begun) * (task.modes.v.T @ task.input_modes[1])
    return task.targets + decays(task, t, tau) @ shares.T


def loss(t: ArrayLike, *, task: Task, start: ArrayLike, tau: float = 1.0) -> Array:
    """``E(t) = floor + ½ Σ_i p_i exp(−2 p_i t / tau) ‖(W_0 − W*) e_i‖²``, shape ``(T,)``; arguments as in `maps`."""
    t, tau = listed("loss", t), real_number("loss", "tau", tau, "> 0", TAU)
    begun = away(task, start)
    parts = task.input_modes[0] * np.square(begun).sum(axis=0)
    return task.floor + 0.5 * np.square(decays(task, t, tau)) @ parts


def trajectory(start: Start, tau: float) -> Trajectory:
    """The flow of a network of one layer, any task."""
    task, begun = start.task, start.weights[0]
    how = {"task": task, "start": begun, "tau": tau}

    def moved(t: Array) -> Array:
        return np.where(t[:, None] == 0, task.strengths(begun), strengths(t, **how))

    def map_at(t: Array) -> Array:
        return np.where(t[:, None, None] == 0, begun, maps(t, **how))

    powers = task.input_modes[0]

    def crossing(fraction: float) -> Array:
        grid = np.concatenate([[0.0], tau * np.geomspace(1e-6 / powers[0], 100 / powers[task.input_rank - 1], 4000)])
        return first_crossing(moved, aims(task.targets, task.rank, fraction), grid)

    still = away(task, begun) * (powers == 0)
    return Trajectory(
        strengths=moved,
        loss=lambda t: loss(t, **how),
        maps=map_at,
        crossing=crossing,
        condition=lambda t: np.zeros((len(t), len(task.targets))),
        scale=1e-3 * tau / float(powers[0]),
        final=lambda: task.optimum + still @ task.input_modes[1].T,
        weights=lambda t: (map_at(t),),
    )
