r"""Gradient descent itself, step by step, on decoupled modes of any depth and at any rate: no continuous limit.

One step of a mode with layer strengths a_l, singular value s and input power d, all layers at once:
``g_l = (s − d u) Π_{j≠l} a_j``, ``v_l ← momentum v_l + g_l``, ``a_l ← a_l + rate v_l``, with ``u = Π_j a_j``. With
``ã_l = d^(1/L) a_l`` and ``rate d^(2/L − 1)`` for a_l and the rate it is the step of white inputs.

Full-batch descent never mixes decoupled modes, so this is what whole matrices do: learn, oscillate or diverge. Only where
the rate exceeds ``2/Λ`` along a direction between modes (coloured inputs: `task_sharpness` may be larger than any mode's)
do matrices leave in the end, by what round-off puts there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arguments import flag, real_number, whole_number
from deeplinear.arrays import real_array
from deeplinear.exact import checks
from deeplinear.exact.modes.motion import Motion
from deeplinear.exact.modes.walk import Walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deeplinear.arrays import Array

LIMIT = 100_000  # steps after which `descended` gives a mode up: a few seconds


def layers(
    steps: ArrayLike,
    *,
    s: ArrayLike,
    layers0: ArrayLike,
    rate: ArrayLike,
    power: ArrayLike = 1.0,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Array:
    """Layer strengths after these numbers of steps.

    Args:
        steps: whole numbers, shape ``(T,)``, ``>= 0``, in any order.
        s: singular values of the input-output correlation, shape ``(k,)``, ``>= 0``.
        layers0: layer strengths at the start, shape ``(L, k)``, any sign, zeros included.
        rate: learning rate, ``> 0``: one number, or shape ``(rates,)`` for a leading axis of runs.
        power: input power d along each mode, shape ``()`` or ``(k,)``, ``> 0``; 1 for white inputs.
        momentum: of the heavy ball, in [0, 1), as in `deeplinear.descend`.
        nesterov: take the gradient ahead, at ``a + rate momentum v``.

    Returns:
        Shape ``(T, L, k)`` or ``(rates, T, L, k)``; infinite from the step at which a mode's strength leaves float64.

    Raises:
        ValueError: an argument out of its domain, or steps that are not whole.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (1) for the modes of sections 1.3 and 2, at any depth.

    Example:
        >>> layers([0, 1, 100], s=[2.0], layers0=[[0.5], [1.0]], rate=0.1)[:, :, 0].round(4)
        array([[0.5   , 1.    ],
               [0.65  , 1.075 ],
               [1.2961, 1.5431]])
    """
    walk, shaped = begun("layers", s, layers0, rate, power, momentum, nesterov)
    return shaped(walk.recorded(whole("layers", steps), lambda now: now.layers))


def strength(
    steps: ArrayLike,
    *,
    s: ArrayLike,
    layers0: ArrayLike,
    rate: ArrayLike,
    power: ArrayLike = 1.0,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Array:
    """Strength u of each mode after these numbers of steps; arguments, errors and source as in `layers`.

    Returns:
        Shape ``(T, k)`` or ``(rates, T, k)``; infinite from the step at which it leaves float64.

    Example:
        >>> strength([0, 500, 501], s=[2.0], layers0=[[0.1], [0.1]], rate=[0.45, 0.55])[..., 0].round(4)
        array([[0.01  , 2.    , 2.    ],
               [0.01  , 2.4912, 1.327 ]])
    """
    walk, shaped = begun("strength", s, layers0, rate, power, momentum, nesterov)
    return shaped(walk.recorded(whole("strength", steps), lambda now: now.u))


def crossing(
    fraction: float = 0.5,
    *,
    s: ArrayLike,
    layers0: ArrayLike,
    rate: ArrayLike,
    limit: int,
    power: ArrayLike = 1.0,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Array:
    """First step after which each mode has this fraction of its target ``s/d``; other arguments as in `layers`.

    Args:
        fraction: of the target, ``> 0``.
        s: singular values.
        layers0: layer strengths at the start.
        rate: one learning rate, or several.
        limit: steps to look at.
        power: input powers.
        momentum: of the heavy ball.
        nesterov: take the gradient ahead.

    Returns:
        Shape ``(k,)`` or ``(rates, k)``: 0 for modes that start there, NaN for those without a target and those that
        do not get there within the limit.

    Raises:
        ValueError: an argument out of its domain.

    Example:
        >>> crossing(s=[2.0, 1.0], layers0=[[0.1, 0.1], [0.1, 0.1]], rate=0.1, limit=1000)
        array([15., 24.])
    """
    aim = checks.positive("crossing", "fraction", fraction)
    walk, shaped = begun("crossing", s, layers0, rate, power, momentum, nesterov)
    steps = int(whole("crossing", limit, "limit")[0])
    return shaped(walk.first(lambda now: (now.u >= aim * now.s / now.power) & (now.u < np.inf), walk.s > 0, steps))


def divergence(
    *,
    s: ArrayLike,
    layers0: ArrayLike,
    rate: ArrayLike,
    limit: int,
    power: ArrayLike = 1.0,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> Array:
    """First step after which each mode's strength has left float64; arguments as in `crossing`.

    Returns:
        Shape ``(k,)`` or ``(rates, k)``; NaN for modes that stay in bounds up to the limit.

    Raises:
        ValueError: an argument out of its domain.

    Example:
        >>> divergence(s=[2.0, 1.0], layers0=[[0.1, 0.1], [0.1, 0.1]], rate=1.1, limit=1000)
        array([10., nan])
    """
    walk, shaped = begun("divergence", s, layers0, rate, power, momentum, nesterov)
    steps = whole_number("divergence", "limit", limit, 0, 2**53, "it is the last step that is looked at.")
    return shaped(walk.first(lambda now: np.isinf(now.u), np.ones(walk.s.shape, dtype=bool), steps))


def whole(function: str, steps: ArrayLike, name: str = "steps") -> NDArray[np.intp]:
    """Steps as an array of integers, shape ``(T,)``, all whole and none negative."""
    steps = np.atleast_1d(real_array(function, name, steps, "real"))
    bad = ~((steps >= 0) & (steps < 2**53) & (steps == np.floor(steps)))
    advice = "descent jumps from step to step. Round it, or ask a law of gradient flow, which has every time."
    checks.refuse(function, f"whole {name} >= 0", name, steps, bad, advice)
    if steps.ndim != 1:
        raise ValueError(
            f"{function} needs a list of steps, got shape {steps.shape}: a curve has one axis. Pass for example np.arange(100)."
        )
    return steps.astype(np.intp)


def begun(
    function: str,
    s: ArrayLike,
    layers0: ArrayLike,
    rate: ArrayLike,
    power: ArrayLike,
    momentum: float,
    nesterov: bool,
) -> tuple[Walk, Callable[[Array], Array]]:
    """A `Walk` over all rates and modes, and what turns its last axis into ``(k,)`` or a leading ``(rates,)``."""
    s, rate = checks.singular_values(function, s), checks.positive(function, "rate", rate)
    start, power = checks.finite(function, "layers0", layers0), checks.positive(function, "power", power)
    if start.ndim != 2 or not len(start) or s.shape != start.shape[1:] or power.shape not in ((), s.shape):
        raise ValueError(
            f"{function} needs layers0 of shape (L, k), s of shape (k,) and power of shape () or (k,), got "
            f"{start.shape}, {s.shape} and {power.shape}: one strength for each layer and mode. Reshape them."
        )
    heavier = "a heavier ball never comes to rest. Try 0.9."
    nesterov = flag(function, "nesterov", nesterov)
    momentum = real_number(function, "momentum", momentum, "0 <= · < 1", heavier)
    if rate.ndim > 1:
        raise ValueError(
            f"{function} needs one rate or a list of them, got shape {rate.shape}: they have one axis. Ravel them."
        )
    modes, runs = len(s), rate.size
    walk = Walk(
        np.tile(s, runs),
        np.tile(np.broadcast_to(power, s.shape), runs),
        np.repeat(np.atleast_1d(rate), modes),
        np.tile(start, runs),
        momentum,
        nesterov,
    )
    if not np.isfinite(walk.others).all() or not np.isfinite(walk.u).all():
        raise ValueError(
            f"{function} needs layers0 whose products stay below 1e308, got layers up to {np.abs(start).max():.3g}: float64 "
            f"ends there. Rescale them."
        )

    def shaped(out: Array) -> Array:
        if rate.ndim == 0:
            return out
        return np.moveaxis(out.reshape(*out.shape[:-1], runs, modes), -2, 0)

    return walk, shaped


def descended(s: Array, layers: Array, tau: ArrayLike, *, power: ArrayLike = 1.0, momentum: float = 0.0) -> Motion:
    """Descent as a law: modes that each step at a rate ``1/tau`` of their own, ``d/tau`` for input power d.

    Times are steps; functions of times refuse those that are not whole. ``learning_time`` walks up to `LIMIT` steps and is
    infinite for modes that are not there by then. ``limits`` are the targets, whether or not a mode gets there.

    Args:
        s: singular values, shape ``(k,)``.
        layers: layer strengths at the start, shape ``(L, k)``.
        tau: one number or one for each mode, shape ``(k,)``.
        power: input power d along each mode, one number or shape ``(k,)``.
        momentum: of the heavy ball.

    Returns:
        A `Motion`.

    Example:
        >>> law = descended(np.array([2.0]), np.array([[0.1], [0.1]]), 10.0)
        >>> law.strengths(np.array([0, 1, 100])).round(4)[:, 0]
        array([0.01  , 0.0144, 2.    ])
    """
    rate, d = (np.broadcast_to(np.asarray(x, dtype=np.float64), s.shape) for x in (1 / np.asarray(tau), power))

    def walk() -> Walk:
        return Walk(s, d, rate, layers, momentum, False)

    def strengths(t: Array) -> Array:
        return walk().recorded(whole("law", t.ravel(), "t"), lambda now: now.u)

    def learning_time(u: Array) -> Array:
        rising = u >= layers.prod(axis=0)
        steps = walk().first(
            lambda now: np.where(rising, now.u >= u, now.u <= u) & (now.u < np.inf), np.ones(s.shape, dtype=bool), LIMIT
        )
        return np.where(np.isnan(steps), np.inf, steps)

    def condition(t: Array) -> Array:
        now, after = strengths(t), strengths(t + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = t.reshape(-1, 1) * np.abs(after - now) / np.abs(now)
        return np.where(np.isfinite(after), np.where(after == now, 0.0, change), np.inf)

    return Motion(
        strengths=strengths,
        learning_time=learning_time,
        condition=condition,
        limits=s / d,
        layers=lambda t: walk().recorded(whole("law", t.ravel(), "t"), lambda now: now.layers).swapaxes(0, 1),
    )
