"""The curve of real λ by Newton's method at given ln λ, from where it is known: large λ off the real axis.

`Cells` are the law of a random variable, so that to every ln λ of ``−π < Im <= 0`` there belong one M of the upper and one w of each
layer of the lower half plane; they depend on it analytically off the real axis, and on the axis wherever there is a density.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from deeplinear.propagation.free.numerics.cells import Cells
from deeplinear.propagation.free.numerics.curve import ROUNDING, Spectral, hermite

STEPS, HALVINGS, CLOSE = 15, 30, 3e-8  # a Newton step that short leaves an error of its square
SMALL = 1e-8  # |M| so far out that λM is the mean
JUMP, EASY = 0.3, 0.02  # how far a point may lie from its guess, and how near the next step may double
SHARES = 0.45, 0.2, 0.7, 0.08, 0.9, 0.55, 0.02, 0.98  # of the law, where a density is looked for
BELOW_GAPS = 1.5, 1.2, 1.8, 1.05, 1.95  # twice the share at whose height off the real axis it is looked for next
DENSE, LITTLE, FADED = 1e-9, 1e-6, 1e-10  # Im M where there is a density, little of it, and next to none
INFINITE, LARGE = 1e5, 100.0  # |M| at an end where 1/M is 0 but for rounding
FAR, LONGEST = 1e13, 1000  # a ln λ below all laws; the number of steps along a density


class LostCurveError(ArithmeticError):
    """Newton's method left the curve."""


class Here(NamedTuple):
    """A point: ``ln λ``, M, ``delta = M + mass`` without cancellation, ln w of each layer, ``d ln λ/dM``, ``d ln w/dM``."""

    log_x: complex
    m: complex
    delta: complex
    log_w: Any
    rate: complex
    turn: Any


class Curve(NamedTuple):
    """A law and the cells of its layers."""

    law: Spectral
    rows: Cells

    def settle(self, log_x: complex | None, m: complex, delta: complex, log_w: Any, edge: bool = False) -> Here:
        """The point at ``ln λ``, or at this M if that is None, from a guess.

        Raises:
            LostCurveError: no convergence, or a point of another half plane (``edge``: that may be).
        """
        rows, mass = self.rows, self.law.mass
        more = np.where(np.abs(rows.shares - mass) < ROUNDING, 0.0, rows.shares - mass)
        for _ in range(STEPS):
            with np.errstate(all="ignore"):  # what is not finite is found below
                psi, whole, slope = rows.transforms(log_w)
                near = delta + more
                gap = np.where(np.abs(near) < abs(m), near - whole, m - psi)
                value, derivative = self.law._prefix(m, delta + (1 - mass))
                rate = complex(derivative + np.sum(rows.counts / slope))
                total = complex(value + np.sum(rows.counts * (log_w + gap / slope)))
                shift = 0.0 if log_x is None or not rate else (log_x - total) / rate
            size = min(abs(m), abs(delta))
            error = max(abs(shift), np.max(np.abs(gap), initial=0.0)) / size
            if not math.isfinite(error):
                break
            with np.errstate(all="ignore"):
                m, delta, log_w = m + shift, delta + shift, log_w + (gap + shift) / slope
            m, delta = (delta - mass, delta) if abs(delta) < mass / 2 else (m, m + mass)
            if not edge and not (m.imag > 0 and np.all(log_w.imag < 1e-9) and np.all(log_w.imag > -math.pi - 1e-9)):
                break
            if error < CLOSE:
                with np.errstate(all="ignore"):
                    return Here(total if log_x is None else log_x, m, delta, log_w, rate, 1 / slope)
        raise LostCurveError(f"no point of the curve at {log_x}")

    def far(self, angle: float) -> Here:
        """A point at so large a λ that M is the mean over λ."""
        m = SMALL * cmath.exp(1j * angle)
        return self.settle(None, m, m + self.law.mass, self.rows.log_means - cmath.log(m))

    def step(self, here: Here, log_x: complex, before: Here | None = None) -> tuple[Here, float]:
        """The point at ``ln λ`` from one or two close by, and how far it lies from its guess, relative.

        Raises:
            LostCurveError: as `settle`; or the guess is too far.
        """
        m, delta, log_w = guess(here, log_x, before)
        there = self.settle(log_x, m, delta, log_w)
        return there, max(abs(there.m - m) / abs(there.m), abs(there.delta - delta) / abs(there.delta))

    def walk(self, here: Here, log_x: complex, enough: Any = None) -> Here:
        """The point at ``ln λ``, or the first on the straight way there that is ``enough``.

        Raises:
            LostCurveError: steps became too small.
        """
        whole, done, halved = log_x - here.log_x, 0.0, 0
        stride = min(1.0, 1 / max(abs(whole), 1e-300))
        start, there = here.log_x, here
        for _ in range(LONGEST):
            stride = min(stride, 1 - done)
            try:
                there, apart = self.step(here, start + whole * (done + stride) if done + stride < 1 else log_x)
            except ArithmeticError:
                apart = math.inf
            if apart > JUMP:
                stride, halved = stride / 2, halved + 1
                if halved > HALVINGS:
                    raise LostCurveError(f"no way to {log_x}")
                continue
            here, done, halved = there, done + stride, 0
            stride *= 2 if apart < EASY else 1
            if done >= 1 or (enough is not None and enough(here)):
                return here
        raise LostCurveError(f"no way to {log_x}")

    def inside(self, shares: tuple[float, ...] = (*SHARES, *BELOW_GAPS)) -> Iterator[Here]:
        """Points of the real axis where there is a density."""
        for share in shares:
            try:
                here = self.walk(self.far(math.pi / 2), -FAR, lambda at, s=share: -at.m.real > s * self.law.mass / 2)
                here = self.land(here, -(share if share < 1 else share / 2) * self.law.mass)
            except ArithmeticError:
                continue
            if here.m.imag > DENSE * min(abs(here.m), 1.0):
                yield here

    def land(self, here: Here, real: float) -> Here:
        """Down to the real axis where ``Re M`` is about ``real``."""
        while True:
            along = (1 / here.rate).real
            shift = (real - here.m.real) / along if along else 0.0
            angle = here.log_x.imag
            if here.m.imag < DENSE * min(abs(here.m), 1.0):
                raise LostCurveError("a gap of the support")
            x = here.log_x.real + (max(min(shift, -angle), angle) if abs(shift) < 4 * -angle else 0.0)
            if angle > -1e-14:
                return self.walk(here, complex(here.log_x.real, 0.0))
            try:
                there, apart = self.step(here, complex(here.log_x.real, 0.0))
                if apart < JUMP and there.m.imag > DENSE * min(abs(there.m), 1.0):
                    return there
            except ArithmeticError:
                pass
            here = self.walk(here, complex(x, angle / 2))

    def reach(self, here: Here, way: int) -> tuple[list[Here], Here | None]:
        """Points from here to the end of the density, upwards (1) or downwards (−1), and the edge there, if it has one.

        Raises:
            LostCurveError: the density neither ends nor fades.
        """
        points, stride, mass, missed = [here], abs(here.m.imag * here.rate) / 10, self.law.mass, 0
        for _ in range(LONGEST):
            here, before = points[-1], points[-2] if len(points) > 1 else None
            there = here
            flow = here.m.imag * max(1.0, abs(here.log_x - points[0].log_x))
            faint = flow < FADED * max(mass, abs(here.m)) and (way > 0 or here.m.imag < LITTLE * abs(here.delta))
            if faint or (way < 0 and abs(here.delta) < FADED * mass):
                return points, None
            try:
                there, apart = self.step(here, here.log_x + way * stride, before)
            except ArithmeticError:
                apart = math.inf
            if apart <= JUMP:
                points.append(there)
                stride *= 2 if apart < EASY else 1
                missed = 0
                continue
            stride, missed = stride / 2, missed + 1
            end = self.edge(here) if missed in (2, 8, 20) else None
            if end is not None and 0 < way * (end.log_x.real - here.log_x.real) < 64 * stride:
                return points, end
            if missed > HALVINGS:
                break
        last = points[-1]
        if last.m.imag < LITTLE * max(mass, abs(last.m)):
            return points, None
        if abs(last.m) > LARGE:  # M is infinite at the end, next to an atom of φ'²
            return points, last._replace(log_x=last.log_x + way * abs(last.m * last.rate) / 2)
        raise LostCurveError(f"no end of the density beyond {points[-1].log_x}")

    def across(self, here: Here, end: Here) -> Here | None:
        """A point beyond an end where M is infinite, which may be a singularity within the support; None if there is none."""
        if abs(end.m) < INFINITE:
            return None
        apart = end.log_x.real - here.log_x.real
        m = here.m * (1j if (here.m * 1j).imag > 0 else -1j)  # ln λ is quadratic in 1/M
        for share in (1.0, 0.1, 0.01):
            size = m / math.sqrt(share)
            log_w = end.log_w + (here.log_w - end.log_w) * here.m / size
            try:
                there = self.settle(complex(end.log_x.real + share * apart), size, size + self.law.mass, log_w)
            except ArithmeticError:
                continue
            if there.m.imag > DENSE * abs(there.m):
                return there
        return None

    def edge(self, here: Here) -> Here | None:
        """The end of the density close to a point, where ``dλ/dζ = 0`` at a real ζ, M or 1/M; None if there is none."""
        inverse = abs(here.m) > 3

        def at(zeta: complex, last: Here) -> Here:
            m = 1 / zeta if inverse else zeta
            move = chart(last, inverse)[0] - zeta
            log_w = last.log_w + last.turn * move * (last.m**2 if inverse else -1)
            return self.settle(None, m, m + self.law.mass, log_w, edge=True)

        before, start, move = here, chart(here, inverse)[0], 0j
        try:
            after = at(start - EASY * start.imag * 1j, here)
            for _ in range(STEPS):
                (zeta, first), (place, second) = (chart(each, inverse) for each in (before, after))
                move = second * (place - zeta) / (second - first)
                if abs(move) < 1e-9 * abs(start):
                    break
                before, after = after, at(place - move, after)
        except ArithmeticError:
            return None
        zeta, slope = chart(after, inverse)
        end = after.log_x - move * slope / 2
        if abs(zeta - move - (zeta - move).real) > 1e-6 * abs(start.imag) or abs(end.imag) > 1e-9:
            return None
        return after._replace(log_x=end)


def chart(here: Here, inverse: bool) -> tuple[complex, complex]:
    """ζ and ``d ln λ/dζ``, ζ = M or 1/M."""
    return (1 / here.m, -here.rate * here.m**2) if inverse else (here.m, here.rate)


def guess(here: Here, log_x: complex, before: Here | None = None) -> tuple[complex, complex, Any]:
    """M, M + mass and ln w at ``ln λ``: on the tangent at one point, or on the cubic through two and their tangents.

    Raises:
        LostCurveError: too far for a tangent.
    """
    h = log_x - here.log_x
    if before is None:
        move = h / here.rate if here.rate else math.inf
        if not abs(move) < min(abs(here.m), abs(here.delta)):
            raise LostCurveError("too far for a tangent")
        return here.m + move, here.delta + move, here.log_w + here.turn * move
    span = here.log_x - before.log_x
    if not abs(span) > 1e-14 * abs(here.log_x):
        raise LostCurveError("too close for a cubic")
    t: Any = h / span  # real: along a straight way
    rises = []
    for new, old in ((here.m, before.m), (here.delta, before.delta)):
        rises.append(hermite(t, cmath.log(new / old), span / (before.rate * old), span / (here.rate * new)))
    turn = hermite(t, here.log_w - before.log_w, span * before.turn / before.rate, span * here.turn / here.rate)
    if max(each.real for each in rises) > 5:
        raise LostCurveError("too far for a cubic")
    return here.m * cmath.exp(rises[0]), here.delta * cmath.exp(rises[1]), here.log_w + turn
