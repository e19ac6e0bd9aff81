r"""The curve of complex M on which λ(M) is real: there the density is ``Im M / π`` in ln λ.

With ``ψ(λ) = E[x/(λ − x)]`` and ``λ(M)`` its inverse, ``M = ψ(x ± i0) = H ∓ iπ x ρ(x)``, so the upper half of the curve gives the
density of ln x. From the upper edge, where ``dλ/dM = 0``, it is followed by the angle θ of ``u = M``, or of ``u = η = M/(1 + M)``
where some of the law sits on 0: ``u = |u| (tanh y + i sech y)``, y from +∞ at the upper edge to −∞ at the lower end. One
equation, ``Im ln λ = 0``, gives |u|. With ``G = d ln λ / d ln u``, along the curve ``d ln|u|/dθ = −Re G / Im G`` and
``d ln x/dθ = −|G|² / Im G``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from deeplinear.propagation.free.numerics.layers import Layers, Numbers

if TYPE_CHECKING:
    from deeplinear.arrays import Array

ROUNDING = 1e-13  # of shares
STEPS, CLOSE = 30, 1e-7  # a Newton step that short leaves an error of its square


class Spectral(Protocol):
    """What a law says of itself: ``ln λ(M) = A(M) + Σ_l ln w_l(M)``, where ``ψ_l(w_l) = M``."""

    @property
    def mass(self) -> float:
        """Share of x > 0."""
        ...

    @property
    def _by_eta(self) -> bool:
        """Whether the angle is that of η."""
        ...

    def _prefix(self, m: Numbers, above: Numbers) -> tuple[Numbers, Numbers]:
        """A and dA/dM at M, with ``above = 1 + M``."""
        ...

    def _levels(self) -> Array:
        """The lowest levels of quadrature, one for each different layer."""
        ...

    def _layers(self, levels: Array) -> Layers:
        """The layers, at given levels of quadrature."""
        ...


class Place(NamedTuple):
    """A point u of the plane: M, ``delta = M + mass`` without cancellation, and ``dM/du``."""

    u: complex
    m: complex
    delta: complex
    slope: complex


class Point(NamedTuple):
    """A point of the curve: |u|, what it lacks to its end, w of each layer, and G there."""

    y: float
    size: float
    rest: float
    w: Numbers
    place: Place
    growth: complex
    log_x: float
    w_slope: Numbers  # d ln w / dM
    rounding: float  # relative, of growth, whose terms cancel near soft edges


def ending(law: Spectral) -> float:
    """``|u|`` where M = −mass."""
    if not law._by_eta:
        return law.mass
    return law.mass / (1 - law.mass) if law.mass < 1 else np.inf


def place(law: Spectral, y: float, size: float, rest: float) -> Place:
    """The point at angle y; near the end its distance from there is kept apart."""
    mass, end, sine = law.mass, ending(law), 1 / np.cosh(y)
    u = size * complex(np.tanh(y), sine)
    to_end = end + u
    if rest < end / 2 < np.inf:
        to_end = complex(2 * end / (1 + np.exp(-2 * y)) - rest * np.tanh(y), size * sine)
    if not law._by_eta:
        return Place(u, u, to_end, 1.0)
    return Place(u, u / (1 - u), (1 - mass) * to_end / (1 - u) if mass < 1 else 1 / (1 - u), 1 / (1 - u) ** 2)


def correction(rows: Layers, w: Numbers, m: complex, delta: complex, mass: float) -> tuple[Numbers, Numbers]:
    """Newton's step for ``1/ψ(w) = 1/M`` and dψ/dw; near M = −mass through M + mass, which has the digits."""
    psi, whole, slope = rows.transforms(w)
    more = rows.shares.real - mass
    near = delta + np.where(np.abs(more) < ROUNDING, 0.0, more)
    gap = np.where(np.abs(near) < abs(m), near - whole, m - psi)
    return gap / slope * psi / m, slope


def solve(law: Spectral, rows: Layers, y: float, size: float, rest: float, w: Numbers) -> Point:
    """The point of the curve at y, by Newton's method in |u| and every w at once.

    Raises:
        ArithmeticError: no convergence.
    """
    end, last = ending(law), np.inf
    for _ in range(STEPS):
        at = place(law, y, size, rest)
        change, slope = correction(rows, w, at.m, at.delta, law.mass)
        value, derivative = law._prefix(at.m, at.delta + (1 - law.mass))
        growth = complex(at.u * at.slope * (derivative + np.sum(rows.counts / (w * slope))))
        w_next = w + change
        total = complex(value + np.sum(rows.counts * np.log(w_next)))
        if not (np.isfinite(total) and growth.imag > 0):
            break
        move = -total.imag * size / growth.imag
        move = max(min(move, size / 2), -size / 2)
        shift = at.slope * at.u / size * move
        error = max(abs(shift) / min(abs(at.m), abs(at.delta)), np.max(np.abs(change / w), initial=0.0))
        if error < 1e-15 or last < CLOSE:  # the step before was short: this one is rounding, and G is good
            terms = abs(derivative) + np.sum(rows.counts / np.abs(w * slope))
            rounding = float(3e-16 * abs(at.u * at.slope) * terms / abs(growth))
            return Point(y, size, rest, w_next, at, growth, total.real, 1 / (w * slope), rounding)
        last = error
        w = w_next + shift / slope
        size, rest = size + move, rest - move
        if rest < end / 2 < np.inf:
            size = end - rest
        else:
            rest = end - size
    raise ArithmeticError(f"no point of the curve at y={y}")


def start(law: Spectral, rows: Layers, y: float, eta: float, w: Numbers) -> Point:
    """The first point, a small angle from the upper edge at real η."""
    size = eta if law._by_eta else eta / (1 - eta)
    at = place(law, y, size, ending(law) - size)
    if abs(1 - eta) < CLOSE:  # M is infinite at the edge, and w the largest d²
        largest = np.maximum.reduceat(rows.values, np.cumsum(rows.sizes) - rows.sizes) if w.size else w
        share = rows.sums(rows.weights * (rows.values == np.repeat(largest, rows.sizes)))
        w = largest * (1 + share / at.m)
    else:
        w = w + (at.m - eta / (1 - eta)) / rows.transforms(w)[2]
    return solve(law, rows, y, size, ending(law) - size, w)


def velocity(point: Point) -> tuple[float, Numbers]:
    """``d ln|u|/dy`` and ``d ln w/dy`` along the curve."""
    ratio, turn = point.growth.real / point.growth.imag, -1 / np.cosh(point.y)
    moved = point.place.slope * point.place.u * complex(-ratio, 1.0) * turn
    return -ratio * turn, point.w_slope * moved


def follow(law: Spectral, rows: Layers, points: list[Point], y: float) -> Point:
    """The next point, from where the last two say it is (cubic through values and slopes)."""
    last = points[-1]
    slope = velocity(last)
    h, rises = y - last.y, [np.asarray(each) * (y - last.y) for each in slope]
    if len(points) > 1:
        before = points[-2]
        span, gone = last.y - before.y, (np.log(last.size / before.size), np.log(last.w / before.w))
        if 0 < (t := h / span) < 3:
            pairs = zip(gone, velocity(before), slope, strict=True)
            rises = [hermite(t, difference, span * old, span * new) for difference, old, new in pairs]
    size = last.size * float(np.exp(rises[0]))
    return solve(law, rows, y, size, ending(law) - size, last.w * np.exp(rises[1]))


def hermite(t: float, difference: Numbers, old: Numbers, new: Numbers) -> Numbers:
    """How far the cubic through two points goes beyond the second, t intervals on, from its values and slopes there."""
    return t * (new + t * (2 * new + old - 3 * difference + t * (new + old - 2 * difference)))
