r"""Two balanced layers: every mode grows as a sigmoid of its own.

``tau du/dt = 2 |u| (s − u)`` for layers of equal strength, ``|a| = |b|`` and ``u = a b``, and white inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.modes.motion import Motion

if TYPE_CHECKING:
    from deeplinear.arrays import Array

FAR = 1e300  # ratio of strengths beyond which only its logarithm is formed


def strength(t: ArrayLike, *, s: ArrayLike, u0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    r"""Exact strength u(t) of one mode of a two-layer linear network.

    Solves ``tau du/dt = 2 |u| (s − u)``, ``u(0) = u0``: balanced layers, white inputs.

    Args:
        t: times, shape ``(...,)``, in the unit of ``tau``; ``t >= 0``.
        s: singular value of the input-output correlation, ``s >= 0``.
        u0: initial strength, not 0. A negative one (layers of opposite sign) decays to the saddle at 0.
        tau: ``1 / learning rate`` when ``t`` counts epochs.

    Returns:
        Strengths, shape ``(...,)``, of all arguments broadcast together; ``u0`` at 0, tends to ``s`` (0 if ``u0 < 0``).

    Raises:
        ValueError: a time, singular value or time constant out of its domain, or ``u0 = 0``.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (12), divided through by the growing exponential and
        written with ``(1 − exp(−x))/s``, so that nothing overflows and s = 0 is exact.

    Example:
        >>> strength([0.0, 50.0], s=2.0, u0=0.01)
        array([0.01, 2.  ])
    """
    t, s = checks.times("strength", t), checks.singular_values("strength", s)
    u0, tau = checks.starts("strength", u0, signed=True), checks.time_constant("strength", tau)
    checks.fit("strength", t=t, s=s, u0=u0, tau=tau)
    pull = np.where(u0 > 0, s, -s)  # a wrong sign is the right sign with s -> -s
    size = np.abs(u0)
    flat = pull == 0
    with np.errstate(over="ignore", invalid="ignore"):  # exp(2 s t) of a dying mode; inf * 0 at s = 0
        x = np.asarray(t * (-2.0 * pull / tau))
        share = np.asarray(np.expm1(x))
        share *= size / np.where(flat, np.inf, -pull)
        if flat.any():
            share, x = np.where(flat, t * (2.0 * size / tau), share), np.where(flat, 0.0, x)
        share += np.exp(x, out=x)  # in place: for long lists memory costs more than the exponential
        return np.divide(u0, share, out=share)[()]


def learning_time(u: ArrayLike, *, s: ArrayLike, u0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Time at which the mode has strength u: the inverse of `strength`.

    Args:
        u: strengths to reach, shape ``(...,)``.
        s: singular value, ``s >= 0``.
        u0: initial strength, not 0.
        tau: time constant.

    Returns:
        Times, shape ``(...,)``; negative for strengths that lie before the start, infinite for those never reached.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (11), written with ``log1p`` so that s = 0 and u near
        u0 lose no digits.

    Example:
        >>> learning_time(1.0, s=2.0, u0=0.01).round(4)
        np.float64(1.3233)
    """
    u, s = checks.finite("learning_time", "u", u), checks.singular_values("learning_time", s)
    u0, tau = checks.starts("learning_time", u0, signed=True), checks.time_constant("learning_time", tau)
    checks.fit("learning_time", u=u, s=s, u0=u0, tau=tau)
    never = (np.sign(u) != np.sign(u0)) | (np.sign(s - u) != np.sign(s - u0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = np.where(never, 0.0, (u - u0) / (u0 * (s - u)))
        y = s * slope
        apart = np.log(np.abs(u)) - np.log(np.abs(u0)) + np.log((s - u0) / (s - u))  # the ratio itself may overflow
        log = np.where((y > -0.5) & (y < FAR), np.log1p(y), apart)
        time = tau / 2 * np.sign(u0) * np.where(np.abs(y) > 1, log / s, slope * np.where(y == 0, 1.0, log / y))
    return np.where(u == u0, 0.0, np.where(never, np.inf, time))[()]


def half_time(*, s: ArrayLike, u0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Time at which ``u = s/2``: ``tau/(2s) ln(s/u0 − 1)``, negative for starts above one half.

    ``inf`` where s = 0 and where u0 < 0: such modes never get there; ``±inf`` for starts at the target and for s of 1e-323.

    Args:
        s: singular value, ``s > 0``.
        u0: initial strength, ``0 < u0 < s``.
        tau: time constant.

    Returns:
        Times, shape of the arguments broadcast together.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (11) at ``u_f = s/2``.

    Example:
        >>> half_time(s=2.0, u0=0.01).round(4)
        np.float64(1.3233)
    """
    return learning_time(checks.singular_values("half_time", s) / 2, s=s, u0=u0, tau=tau)


def transition_width(*, s: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """Time from 10 % to 90 % of the target, ``tau ln(81)/(2s)``, whatever the start; infinite at s = 0.

    Args:
        s: singular value, ``s >= 0``.
        tau: time constant.

    Returns:
        Widths, shape of the arguments broadcast together.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (11) between ``u = s/10`` and ``9s/10``.

    Example:
        >>> transition_width(s=2.0).round(4)
        np.float64(1.0986)
    """
    s, tau = checks.singular_values("transition_width", s), checks.time_constant("transition_width", tau)
    checks.fit("transition_width", s=s, tau=tau)
    with np.errstate(divide="ignore"):
        return tau * np.log(81.0) / (2 * s)


def condition(t: ArrayLike, *, s: ArrayLike, u0: ArrayLike, tau: ArrayLike = 1.0) -> Array:
    """``κ = t |du/dt| / |u|``, the relative change of u for a relative change of t; arguments as in `strength`.

    The relative error of `strength` is about machine precision times ``1 + κ``.
    """
    u = strength(t, s=s, u0=u0, tau=tau)
    t, s, tau = (
        checks.times("condition", t),
        checks.singular_values("condition", s),
        checks.time_constant("condition", tau),
    )
    with np.errstate(invalid="ignore"):  # at infinite time nothing is left to learn
        return np.where(t == np.inf, 0.0, 2.0 * t * np.abs(s - u) / tau)[()]


def motion(s: Array, layers: Array, tau: Array) -> Motion:
    """This law for modes with layer strengths ``layers``, shape ``(2, k)``."""
    start = {"s": s, "u0": layers.prod(axis=0), "tau": tau}
    return Motion(
        strengths=lambda t: strength(t, **start),
        learning_time=lambda u: learning_time(u, **start),
        condition=lambda t: condition(t, **start),
        limits=np.where(start["u0"] > 0, s, 0.0),
        layers=lambda t: np.sign(layers)[:, None] * np.sqrt(np.abs(strength(t, **start))),
    )
