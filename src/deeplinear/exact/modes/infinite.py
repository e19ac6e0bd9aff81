r"""The limit of infinite depth, ``tau du/dt = N_l u² (s − u)``, with time counted in ``tau / N_l``.

At a fixed learning rate deeper networks learn in ever less continuous time; at the largest stable rate, which falls
as ``1/N_l``, this is the law that the learning curves tend to.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import wrightomega

from deeplinear.exact import checks
from deeplinear.exact.modes import depth

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def strength(t: ArrayLike, *, s: ArrayLike, u0: ArrayLike) -> Array:
    """Exact strength u(t) of one mode of an infinitely deep network.

    Solves ``du/dt = u² (s − u)``, ``u(0) = u0``: equal layers, white inputs.

    Args:
        t: times in units of ``tau / N_l``, shape ``(...,)``; ``t >= 0``.
        s: singular value, ``s >= 0``.
        u0: initial strength, ``u0 > 0``.

    Returns:
        Strengths, shape ``(...,)``; ``u0`` at 0, tends to ``s``.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eqs. (16) and (17). Our inverse of (17) below s:
        ``u = s/(1 + ω(z))``, ω the Wright function, ``z = y + ln y − s² t`` and ``y = s/u0 − 1``.

    Example:
        >>> strength([0.0, 50.0], s=2.0, u0=0.1)
        array([0.1, 2. ])
    """
    t, s, u0 = checks.times("strength", t), checks.singular_values("strength", s), checks.starts("strength", u0)
    checks.fit("strength", t=t, s=s, u0=u0)
    t, s, u0 = np.broadcast_arrays(t, s, u0)
    out, below = u0.copy(), u0 < s
    y = s[below] / u0[below] - 1
    out[below] = s[below] / (1 + wrightomega(y + np.log(y) - s[below] ** 2 * t[below]))
    out[~below] = depth.strength(t[~below], s=s[~below], u0=u0[~below], depth=math.inf)
    return np.where(t == 0, u0, out)[()]


def learning_time(u: ArrayLike, *, s: ArrayLike, u0: ArrayLike) -> Array:
    """Time to go from u0 to u, in units of ``tau / N_l``: eq. (17) as printed.

    Args:
        u: strengths to reach, shape ``(...,)``, between ``u0`` and ``s``, ends excluded.
        s: singular value, ``s > 0``.
        u0: initial strength, ``u0 > 0``.

    Returns:
        Times, shape ``(...,)``; infinite for strengths never reached.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (17). `deeplinear.exact.modes.depth.learning_time` at
        ``depth=math.inf`` is the same number, and also exact at s = 0.

    Example:
        >>> learning_time(0.9, s=1.0, u0=0.1).round(3)
        np.float64(13.283)
    """
    u, s = checks.finite("learning_time", "u", u), checks.singular_values("learning_time", s)
    u0 = checks.starts("learning_time", u0)
    checks.fit("learning_time", u=u, s=s, u0=u0)
    checks.refuse("learning_time", "s > 0", "s", s, s == 0, "(17) divides by it. Use exact.depth.learning_time.")
    checks.refuse("learning_time", "u > 0", "u", u, ~(u > 0), "a mode keeps its sign. Pass a positive strength.")
    never = np.sign(s - u) != np.sign(s - u0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(never, 1.0, u / u0 * ((s - u0) / (s - u)))
        time = np.log(ratio) / s**2 + (u - u0) / (s * u0 * u)
    return np.where(u == u0, 0.0, np.where(never, np.inf, time))[()]
