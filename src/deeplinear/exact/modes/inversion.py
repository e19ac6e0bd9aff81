"""Times from strengths and back, at any depth: the antiderivative of ``1 / (u^p (s − u))`` and its monotone inverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.exact.modes.integral import falling, harmonic, powers_sum, rising

if TYPE_CHECKING:
    from deeplinear.arrays import Array

STEPS = 60  # of the inversion; six are usual
CLOSE = 2e-4  # last step of an iteration whose error falls as the fourth power of the step
FAR = 800.0  # beyond this many time constants of the end point nothing changes in float64


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
