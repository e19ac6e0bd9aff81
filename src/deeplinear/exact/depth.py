r"""Any depth, layers of equal strength: closed-form learning times, and strengths by their monotone inverse.

``tau du/dt = L u^{2−2/L} (s − u)`` for ``L = depth`` layers with ``a_1 = … = a_L`` and white inputs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.exact import checks
from deeplinear.exact.integral import falling, harmonic, powers_sum, rising
from deeplinear.exact.motion import Motion

if TYPE_CHECKING:
    from deeplinear.task import Array

CHUNK = 4096  # points solved at a time: their temporaries stay in the cache
STEPS = 60  # of the inversion; six are usual
CLOSE = 2e-4  # last step of an iteration whose error falls as the fourth power of the step
FAR = 800.0  # beyond this many time constants of the end point nothing changes in float64


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
    return pace * np.asarray(t) / np.asarray(tau) * u ** (1 - 2 / depth) * np.abs(np.asarray(s) - u)


def antiderivative(u: Array, *, s: Array, depth: float) -> Array:
    """``∫ du u^{−p}/(s − u)``, with one constant below s and another above; 0 on s itself."""
    u, s = np.broadcast_arrays(np.asarray(u, dtype=np.float64), np.asarray(s, dtype=np.float64))
    q, out = 1 - 2 / depth, np.zeros(u.shape)
    below, above = u < s, u > s
    x, gap = u[below] / s[below], (s[below] - u[below]) / s[below]
    logx = np.log(x)
    out[below] = rising(x, gap, logx, np.log(gap), q) * s[below] ** -(1 + q)
    out[above] = falling(u[above], s[above], np.log(u[above] - s[above]), q)
    return out


def moved(clock: Array, s: Array, u0: Array, begun: Array, q: float) -> Array:
    """Strengths after ``clock = depth t / tau``; ``begun`` is the antiderivative at u0. All of shape ``(n,)``."""
    out = u0.copy()
    below, above = (u0 < s) & (clock > 0), (u0 > s) & (clock > 0)
    if below.any():
        i = slice(None) if below.all() else below
        aim = np.minimum((begun[i] + clock[i]) * s[i] ** (1 + q), FAR)
        out[i] = s[i] * risen(aim, q)
    if above.any():
        i = slice(None) if above.all() else above
        with np.errstate(divide="ignore"):
            aim = np.minimum(begun[i] + clock[i], FAR * s[i] ** -(1 + q))
        out[i] = fallen(aim, s[i], q)
    return out


def risen(aim: Array, q: float) -> Array:
    """Solve ``rising(x) = aim`` for x in (0, 1): concave in ζ = log(x/(1 − x)), with slope x^{−q}."""
    zeta, step = first_guess(aim, q), aim
    for _ in range(STEPS):
        log1p = np.log1p(np.exp(-np.abs(zeta)))
        logx, logw = np.minimum(zeta, 0.0) - log1p, -np.maximum(zeta, 0.0) - log1p
        x, w = np.exp(logx), np.exp(logw)
        step = (aim - rising(x, w, logx, logw, q)) * np.exp(q * logx)
        bend = step * w * q
        curl = np.minimum(
            step * (w * q + x) / 6, 0.25
        )  # fourth order near the root, at most half as bold as Newton far
        step *= (1 - 0.5 * bend) / (1 - bend * (1 - curl))
        zeta += step
        if (np.abs(step) < CLOSE).all():
            return 1 / (1 + np.exp(-np.maximum(zeta, -700.0)))
    raise RuntimeError(
        f"strength needs its inversion to converge, got a last step of {np.abs(step).max():.2g} after {STEPS}: this is "
        f"a defect. Report s, u0, depth and t."
    )


def first_guess(aim: Array, q: float) -> Array:
    """ζ to within 0.2, from `rising` near 0, where its powers of x lead, and near 1, where log(1 − x) does."""
    end = aim + harmonic(1 - q)
    late = end + q / (1 + np.exp(np.minimum(end, 700.0)))
    if q == 0:
        return late  # exact: the logistic function
    logx = -np.log1p(-q * np.minimum(aim, 0.0)) / q
    rest = powers_sum(logx, 1 - q) + 0.5 * np.exp((2 - q) * logx)
    logx = -np.log1p(-q * np.minimum(aim - rest, 0.0)) / q
    return np.where(aim > -0.25, late, logx + np.exp(logx))


def fallen(aim: Array, s: Array, q: float) -> Array:
    """Solve ``falling(u) = aim`` for ``u > s``: Newton on logarithms, in ω = log(u − s), where the slope is −u^{−p}."""
    with np.errstate(divide="ignore", invalid="ignore"):
        late = aim * s ** (1 + q)
        omega = np.where(late > 1, np.log(s) - late - harmonic(q), -np.log((1 + q) * aim) / (1 + q))
        step = aim
        for _ in range(STEPS):
            u = s + np.exp(omega)
            now = falling(u, s, omega, q)
            step = now * np.log(now / aim) * u ** (1 + q)
            step = np.where(aim < np.inf, step, 0.0)
            omega += step
            if (np.abs(step) < CLOSE**2).all():
                return np.where(aim < np.inf, s + np.exp(omega), s)
    raise RuntimeError(
        f"strength needs its inversion to converge, got a last step of {np.abs(step).max():.2g} after {STEPS}: this is "
        f"a defect. Report s, u0, depth and t."
    )


def motion(s: Array, layers: Array, tau: Array) -> Motion:
    """This law for modes with layer strengths ``layers``, shape ``(depth, k)``, of the right sign."""
    u0, depth = layers.prod(axis=0), len(layers)
    return Motion(
        strengths=lambda t: strength(t, s=s, u0=u0, depth=depth, tau=tau),
        learning_time=lambda u: learning_time(u, s=s, u0=u0, depth=depth, tau=tau),
        condition=lambda t: condition(t, s=s, u0=u0, depth=depth, tau=tau),
        limits=s,
    )
