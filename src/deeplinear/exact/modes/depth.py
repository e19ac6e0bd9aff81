r"""Any depth, layers of equal strength: closed-form learning times, and strengths by their monotone inverse.

``tau du/dt = L u^{2−2/L} (s − u)`` for ``L = depth`` layers with ``a_1 = … = a_L`` and white inputs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.modes.inversion import antiderivative, moved
from deeplinear.exact.modes.motion import Motion

if TYPE_CHECKING:
    from deeplinear.arrays import Array

CHUNK = 4096  # points solved at a time: their temporaries stay in the cache


def strength(t: ArrayLike, *, s: ArrayLike, u0: ArrayLike, depth: float, tau: ArrayLike = 1.0) -> Array:
    """Exact strength u(t) of one mode of a linear network of any depth.

    Solves ``tau du/dt = depth u^(2 − 2/depth) (s − u)``, ``u(0) = u0``: equal layers, white inputs.

    Args:
        t: times, shape ``(...,)``, in the unit of ``tau``; ``t >= 0``.
        s: singular value of the input-output correlation, ``s >= 0``.
        u0: initial strength, ``u0 > 0``, below or above ``s``.
        depth: number of weight matrices, from 1; ``math.inf`` for the limit, with t in units of ``tau / depth``.
        tau: ``1 / learning rate`` when ``t`` counts epochs.

    Returns:
        Strengths, shape ``(...,)``, of all arguments broadcast together; ``u0`` at 0, tends to ``s``. The relative
        error is about ``eps (1 + κ)`` with κ from `condition`.

    Raises:
        ValueError: an argument out of its domain.
        RuntimeError: the inversion did not converge.

    Source:
        Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, eq. (15). The paper does not print the solution; ours
        inverts `learning_time` by Halley's iteration in ``log(u/(s − u))``.

    Example:
        >>> strength([0.0, 100.0], s=2.0, u0=0.01, depth=3).round(12)
        array([0.01, 2.  ])
    """
    t, s = checks.times("strength", t), checks.singular_values("strength", s)
    u0, tau = checks.starts("strength", u0), checks.time_constant("strength", tau)
    checks.fit("strength", t=t, s=s, u0=u0, tau=tau)
    depth = checks.depths("strength", depth)
    clock = t / tau * (depth if depth < np.inf else 1.0)
    if depth == 1:
        return np.where(t == 0, u0, u0 * np.exp(-clock) - s * np.expm1(-clock))[()]
    q, begun = 1 - 2 / depth, antiderivative(u0, s=s, depth=depth)
    shape = np.broadcast_shapes(clock.shape, begun.shape)
    # column by column: one mode's neighbouring times then share a branch of the integral
    clocks, targets, starts, origins = (np.broadcast_to(x, shape).ravel(order="F") for x in (clock, s, u0, begun))
    out = np.empty(math.prod(shape))
    for i in range(0, out.size, CHUNK):
        part = slice(i, i + CHUNK)
        out[part] = moved(clocks[part], targets[part], starts[part], origins[part], q)
    return out.reshape(shape, order="F")[()]


def learning_time(u: ArrayLike, *, s: ArrayLike, u0: ArrayLike, depth: float, tau: ArrayLike = 1.0) -> Array:
    """Time at which the mode has strength u: the inverse of `strength`.

    Args:
        u: strengths to reach, shape ``(...,)``, ``> 0``.
        s: singular value, ``s >= 0``.
        u0: initial strength, ``u0 > 0``.
        depth: number of weight matrices, or ``math.inf``.
        tau: time constant.

    Returns:
        Times, shape ``(...,)``; negative for strengths that lie before the start, infinite for those never reached.

    Raises:
        ValueError: an argument out of its domain.

    Source:
        Integral of eq. (15) of Saxe, McClelland & Ganguli 2014, arXiv:1312.6120, which calls it complicated and
        prints only its limits (11) and (17). Equal to a hypergeometric function, without its cancellation.

    Example:
        >>> learning_time(1.0, s=2.0, u0=0.01, depth=3).round(4)
        np.float64(1.9776)
    """
    u, s = checks.finite("learning_time", "u", u), checks.singular_values("learning_time", s)
    u0, tau = checks.starts("learning_time", u0), checks.time_constant("learning_time", tau)
    checks.fit("learning_time", u=u, s=s, u0=u0, tau=tau)
    depth = checks.depths("learning_time", depth)
    checks.refuse("learning_time", "u > 0", "u", u, ~(u > 0), "a mode keeps its sign. Pass a positive strength.")
    u, s, u0 = np.broadcast_arrays(u, s, u0)
    never = np.sign(s - u) != np.sign(s - u0)
    reached = np.where(never, u0, u)
    if depth == 1:
        span = np.log1p((reached - u0) / np.where(s == u0, 1.0, s - reached))
    else:
        span = antiderivative(reached, s=s, depth=depth) - antiderivative(u0, s=s, depth=depth)
    time = tau / (depth if depth < np.inf else 1.0) * span
    return np.where(u == u0, 0.0, np.where(never, np.inf, time))[()]


def condition(t: ArrayLike, *, s: ArrayLike, u0: ArrayLike, depth: float, tau: ArrayLike = 1.0) -> Array:
    """``κ = t |du/dt| / u``, the relative change of u for a relative change of t; arguments as in `strength`.

    A sharp rise after a long plateau cannot be placed better than the plateau's length allows: κ reaches
    ``(s/u0)^q / q`` with ``q = 1 − 2/depth``, and no float64 method beats ``eps (1 + κ)`` from an absolute t.
    """
    u = strength(t, s=s, u0=u0, depth=depth, tau=tau)
    pace = depth if depth < np.inf else 1.0  # at infinite depth t is in units of tau / depth
    t, s, tau = (
        checks.times("condition", t),
        checks.singular_values("condition", s),
        checks.time_constant("condition", tau),
    )
    return pace * t / tau * u ** (1 - 2 / depth) * np.abs(s - u)


def motion(s: Array, layers: Array, tau: Array) -> Motion:
    """This law for modes with layer strengths ``layers``, shape ``(depth, k)``, of the right sign."""
    u0, depth = layers.prod(axis=0), len(layers)
    return Motion(
        strengths=lambda t: strength(t, s=s, u0=u0, depth=depth, tau=tau),
        learning_time=lambda u: learning_time(u, s=s, u0=u0, depth=depth, tau=tau),
        condition=lambda t: condition(t, s=s, u0=u0, depth=depth, tau=tau),
        limits=s,
        layers=lambda t: np.sign(layers)[:, None] * strength(t, s=s, u0=u0, depth=depth, tau=tau) ** (1 / depth),
    )
