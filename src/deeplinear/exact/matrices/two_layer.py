"""Two λ-balanced layers, white inputs, any shapes, nothing aligned: a network's trajectory from its Riccati solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deeplinear.exact.matrices import layer_rotation
from deeplinear.exact.matrices.determinant_sign import REASON, wrong_sign
from deeplinear.exact.matrices.first_crossing import aims, first_crossing
from deeplinear.exact.matrices.riccati import Riccati
from deeplinear.exact.trajectory import Trajectory
from deeplinear.weights import Weights, end_to_end

if TYPE_CHECKING:
    from deeplinear.arrays import Array
    from deeplinear.exact.readings import Start

    Mask = NDArray[np.bool_]


LEARNED = 2e-15  # distance to the target map, relative, that is no more than rounding


def completed(columns: Array) -> Array:
    """Orthonormal columns, shape ``(n, k)``, and n − k more of them."""
    n, k = columns.shape
    if n == k:
        return columns
    rest = np.linalg.qr(columns, mode="complete")[0][:, k:]
    return np.concatenate([columns, rest], axis=1)


def trajectory(start: Start, tau: float) -> Trajectory:
    """The flow of a network of two λ-balanced layers on inputs with ``Σ¹¹ = cI``.

    With ``c ≠ 1`` the layers times √c learn the white task. Individual layers are exact up to a rotation of the hidden units,
    which is integrated; see `hidden`.

    Args:
        start: a network whose residuals of ``white inputs`` and ``λ-balanced`` are round-off.
        tau: time constant.
    """
    task, (first, last) = start.task, start.weights
    power = float(np.trace(task.input_correlation)) / task.n_in
    known = np.arange(len(task.modes.s)) < task.rank
    s = np.where(known, task.modes.s, 0.0)
    u, v, k, root = completed(task.modes.u), completed(task.modes.v), len(s), np.sqrt(power)
    path = Riccati(s, power * start.balance.imbalance, (root * first @ v).T, root * u.T @ last)
    begun = end_to_end(start.weights)

    latest: list[tuple[Array, Array]] = []  # strengths, loss and maps of one curve are asked for in turn

    def halves(t: Array) -> tuple[Array, Array]:
        return path.halves(t / tau)

    def core(t: Array) -> Array:
        """Map in the modes times c, shape ``(T, n_out, n_in)``."""
        if not (latest and np.array_equal(latest[0][0], t)):
            latest[:] = [(t.copy(), evaluated(path, t / tau))]
        return latest[0][1]

    def error(w: Array) -> Array:
        """``S − W`` in the modes, shape ``(T, n_out, n_in)``."""
        away = -w
        away[..., np.arange(k), np.arange(k)] += s
        return away

    def begun_where(zero: Mask, found: Array, value: ArrayLike) -> Array:
        found[zero] = value
        return found

    def strengths(t: Array) -> Array:
        found = core(t)[:, np.arange(k), np.arange(k)] / power
        return begun_where(t == 0, found, task.strengths(begun))

    def loss(t: Array) -> Array:
        away = error(core(t))
        excess = 0.5 / power * np.einsum("tij,tij->t", away, away)
        return begun_where(t == 0, task.floor + excess, task.loss(begun))

    def maps(t: Array) -> Array:
        return begun_where(t == 0, u @ (core(t) @ (v.T / power)), begun)

    def weights(t: Array) -> Weights:
        factors, frames = layer_rotation.frames(path, t / tau)
        a, b = path.from_rates(factors @ np.swapaxes(frames, 1, 2))
        at_start = t[:, None, None] == 0
        return (
            np.where(at_start, first, np.swapaxes(v @ a, 1, 2) / root),
            np.where(at_start, last, u @ b / root),
        )

    def factors(t: Array) -> list[tuple[Array, Array]]:
        a, b = halves(t)
        a, b = v @ a / root, u @ b / root
        ones = [np.broadcast_to(np.eye(n), (len(t), n, n)) for n in (task.n_out, task.n_in)]
        return [(b @ np.swapaxes(b, 1, 2), ones[1]), (ones[0], a @ np.swapaxes(a, 1, 2))]

    def condition(t: Array) -> Array:
        (a, b), away = halves(t), error(core(t))
        rise = np.einsum("tar,tir,tia->ta", b[:, :k], b, away[..., :k], optimize=True)
        rise += np.einsum("tai,tir,tar->ta", away[:, :k], a, a[:, :k], optimize=True)
        change = t[:, None] / tau * np.abs(rise)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(change == 0, 0.0, change / np.abs(core(t)[:, np.arange(k), np.arange(k)]))

    fastest = max(float(np.abs(path.rates).max()), 0.5 * power * float(np.vdot(first, first) + np.vdot(last, last)))
    rates = np.unique(np.append(0.0, path.rates))
    gaps = np.diff(rates)  # what grows slower is left behind at the difference of the rates
    slowest = float(gaps[gaps > 1e-9 * fastest].min(initial=fastest))
    horizon = (40.0 - np.log(smallest_pivot(path))) / slowest

    def crossing(fraction: float) -> Array:
        grid = np.concatenate([[0.0], tau * np.geomspace(1e-4 / fastest, horizon, 2000)])
        return first_crossing(strengths, aims(task.targets, task.rank, fraction), grid)

    return Trajectory(
        strengths=strengths,
        loss=loss,
        maps=maps,
        crossing=crossing,
        condition=condition,
        scale=1e-3 * tau / fastest,
        weights=weights,
        factors=factors,
        final=lambda: u @ (path.limit[1] @ path.limit[0].T) @ v.T / power,
        ending=lambda: ending(path, start),
        sensitivity=lambda: np.inf if len(path.missing) else 1 / smallest_pivot(path),
    )


def evaluated(path: Riccati, t: Array) -> Array:
    """Maps in the modes, shape ``(T, n_out, n_in)``, for times in units of tau.

    The distance to Σ³¹ only falls. Once it is rounding the network has learned, and later times need no evaluation.
    """
    k, order = len(path.s), np.argsort(t, kind="stable")
    out = np.zeros((len(t), len(path.outputs), len(path.inputs)))
    goal = np.zeros(out.shape[1:])
    goal[np.arange(k), np.arange(k)] = path.s
    for i in range(0, len(t), path.batch):
        now = order[i : i + path.batch]
        a, b = path.halves(t[now])
        out[now] = b @ np.swapaxes(a, 1, 2)
        if np.linalg.norm(out[now[-1]] - goal) <= LEARNED * np.linalg.norm(goal):
            out[order[i + path.batch :]] = goal
            break
    return out


def smallest_pivot(path: Riccati) -> float:
    """How little of a growing direction the start has, relative to all of it; 1 if it grows nowhere."""
    columns, pivots, _ = path.echelon
    grown = path.rates[pivots] > 0
    seeds = np.abs(columns[pivots[grown], np.flatnonzero(grown)])
    return float(seeds.min(initial=np.inf) / np.linalg.norm(columns)) if grown.any() else 1.0


def ending(path: Riccati, start: Start) -> str:
    """Where the flow ends; a saddle is named with what it lacks and why."""
    room, rank = min(len(path.s), path.inputs.shape[1]), start.task.rank
    if not len(path.missing):
        return "" if room >= rank else f"the best map of rank {room}, all that the hidden layer has room for"
    lacks = ", ".join(f"{i + 1} (s = {path.s[i]:.4g})" for i in path.missing)
    balanced = abs(path.imbalance) <= 1e-13 * float(np.linalg.norm(path.rates))
    if balanced and wrong_sign(start.task, end_to_end(start.weights)):
        return f"a saddle that lacks mode {lacks}: {REASON}"
    return f"a saddle that lacks mode {lacks}: the start has no part along the direction in which it would grow"
