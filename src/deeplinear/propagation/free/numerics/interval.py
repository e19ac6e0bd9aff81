"""One interval of the support of a law: places y on it, and the points of the curve there."""

from __future__ import annotations

import cmath
import math
from bisect import bisect
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deeplinear.propagation.free.numerics.continuation import Curve, Here, LostCurveError
from deeplinear.propagation.free.numerics.curve import hermite
from deeplinear.propagation.free.numerics.panels import SHARES, TO_SERIES, T

if TYPE_CHECKING:
    from deeplinear.arrays import Array

BEGIN = 1e-7  # of the distance of the last step from an edge: where panels begin
EPS = float(np.finfo(float).eps)
DIGITS = 1e5 * EPS  # of the terms of ln λ: no closer to an edge
WIDEST, NARROWEST, RESOLVED = 2.0, 0.1, 1e-7
FINEST, MANY = 1e-9, 250  # narrower panels, so many at most, where what they miss of the law counts
NOTHING, ROUGH = 1e-6, 0.2  # of the whole law: an error that does not matter; of the logarithm: one that always does
HALVINGS = 12  # of the way to a point


class Piece(NamedTuple):
    """Panels between ``edges``, y ascending; at their nodes, ``(P, NODES)``: ln x less the ends, ``d ln x/dy``, density of ln x.

    ``low`` is −∞ where the density has no lower end.
    """

    low: float
    high: float
    edges: Array
    depth: Array
    height: Array
    slope: Array
    density: Array


class Interval:
    """One interval of the support.

    Between two ends ``ln x = low + (high − low)/(1 + e^{−2y})``, else ``ln x = high − c ln(1 + e^{−2y})``: ends like a square root
    are analytic in ``e^{∓y}``, and a power of x is an exponential of y.

    Args:
        curve: of the law.
        points: known ones, ln x ascending.
        low, high: its ends; None where the density fades.
    """

    def __init__(self, curve: Curve, points: list[Here], low: Here | None, high: Here | None):
        self.curve, self.soft = curve, low is not None
        self.low = low.log_x.real if low is not None else -math.inf
        self.high = high.log_x.real if high is not None else points[-1].log_x.real
        points = [each for each in points if self.low < each.log_x.real < self.high]
        if len(points) < 2:
            raise LostCurveError("an interval without points")
        first = points[0]
        depths = [self.high - each.log_x.real for each in points]
        middle = int(np.argmax([each.m.imag * depth for each, depth in zip(points, depths, strict=True)]))
        self.scale = depths[middle]  # c
        self.points = sorted(((self.y(each.log_x.real), each) for each in points), key=lambda pair: pair[0])
        self.centre = self.y(points[middle].log_x.real)
        lower, upper = (max(self.terms(each), self.terms(points[middle])) for each in (points[0], points[-1]))
        self.noise = EPS * upper / (self.high - self.low if self.soft else self.scale)
        near = self.high - max(depths[-1] * (BEGIN if high is not None else 1.0), DIGITS * upper)
        far = self.low + max((first.log_x.real - self.low) * BEGIN, DIGITS * lower) if self.soft else first.log_x.real
        if not self.low < far < near < self.high:
            raise LostCurveError("an interval as narrow as rounding")
        self.top, self.bottom = self.y(near), self.y(far)

    def terms(self, here: Here) -> float:
        """Size of the largest term of ln λ."""
        return max(abs(here.log_x), float(np.sum(self.curve.rows.counts * np.abs(here.log_w))))

    def y(self, log_x: float) -> float:
        """The place of ln x."""
        depth = self.high - log_x
        if self.soft:
            return math.log((log_x - self.low) / depth) / 2
        ratio = depth / self.scale
        return -math.log(math.expm1(ratio)) / 2 if ratio < 600 else -ratio / 2

    def from_ends(self, y: Any) -> tuple[Any, Any, Any]:
        """``high − ln x``, ``ln x − low`` and ``d ln x/dy`` at y."""
        tail = np.exp(-2 * np.abs(y))
        small, large = tail / (1 + tail), 1 / (1 + tail)
        above, below = np.where(y > 0, small, large), np.where(y > 0, large, small)
        if self.soft:
            whole = self.high - self.low
            return whole * above, whole * below, 2 * whole * above * below
        return (
            self.scale * (np.log1p(tail) + 2 * np.maximum(-y, 0.0)),
            np.full_like(above, np.inf),
            2 * self.scale * above,
        )

    def log_x(self, y: float) -> tuple[float, float]:
        """``ln x`` at y, and its slope."""
        depth, height, slope = self.from_ends(np.array(y))
        return float(self.high - depth if depth < height else self.low + height), float(slope)

    def at(self, y: float, halvings: int = HALVINGS) -> Here:
        """The point at y, from the nearest known ones.

        Raises:
            LostCurveError: it cannot be reached.
        """
        k = min(max(bisect(self.points, y, key=lambda pair: pair[0]), 1), len(self.points) - 1)
        near = self.points[k - 1 : k + 1]
        if abs(near[0][0] - y) < abs(near[1][0] - y):
            near = near[::-1]
        try:
            m, delta, log_w = self.between(near[0], near[1], y)
            here = self.curve.settle(complex(self.log_x(y)[0]), m, delta, log_w)
        except ArithmeticError:
            if not halvings:
                raise
            self.at((near[1][0] + y) / 2, halvings - 1)
            return self.at(y, halvings - 1)
        self.points.insert(bisect(self.points, y, key=lambda pair: pair[0]), (y, here))
        return here

    def between(self, before: tuple[float, Here], last: tuple[float, Here], y: float) -> tuple[complex, complex, Any]:
        """M, M + mass and ln w at y: on the cubics in y through two points."""
        (old_y, old), (new_y, new) = before, last
        span = new_y - old_y
        old_slope, new_slope = (span * self.log_x(each)[1] for each in (old_y, new_y))
        t, out = (y - new_y) / span, []
        for after, start in ((new.m, old.m), (new.delta, old.delta)):
            rise = hermite(t, cmath.log(after / start), old_slope / (old.rate * start), new_slope / (new.rate * after))
            out.append(after * cmath.exp(rise) if abs(rise.real) < 20 else complex(math.nan, math.nan))
        turn = hermite(t, new.log_w - old.log_w, old_slope * old.turn / old.rate, new_slope * new.turn / new.rate)
        return out[0], out[1], new.log_w + turn

    def panels(self) -> Piece:
        """Panels on which ``ln`` of the density is a Legendre series, from the middle outwards.

        Raises:
            LostCurveError: the middle itself is lost.
        """
        centre = min(max(self.centre, self.bottom), self.top)
        edges, done = [centre], {}
        while edges[0] > self.bottom:  # the farther down, the wider
            width = WIDEST if self.soft else max(WIDEST, (centre - edges[0]) / 2)
            edges.insert(0, max(edges[0] - width, self.bottom))
        edges += np.linspace(centre, self.top, 1 + math.ceil((self.top - centre) / WIDEST)).tolist()[1:]
        todo = sorted(pairwise(edges), key=lambda pair: -abs(sum(pair) / 2 - centre))
        while todo:
            left, right = todo.pop()
            y = (left + right) / 2 + (right - left) / 2 * T
            density = np.full(len(T), math.nan)
            depth, height, slope = self.from_ends(y)
            try:
                for k in np.argsort(np.abs(y - centre)):
                    density[k] = self.at(float(y[k])).m.imag / math.pi
            except ArithmeticError:
                if right - left < NARROWEST:  # from here outwards the density is rounding
                    todo = [each for each in todo if (each[1] <= left if left >= centre else each[0] >= right)]
                    continue
            series = TO_SERIES @ np.log(density)
            share = float(np.sum(density * slope * SHARES)) * (right - left) / 2
            near = math.exp(-2 * max(right, -left if self.soft else 0.0, 0.0))
            tolerance = max(RESOLVED * max(1.0, np.abs(series).max()), self.noise / near, NOTHING / max(share, 1e-30))
            error = np.abs(series[-2:]).max()
            narrowest = FINEST * max(1.0, abs(left)) if error < ROUGH and len(done) < MANY else NARROWEST
            if not error < min(tolerance, ROUGH) and right - left >= narrowest:
                middle = (left + right) / 2
                halves = [(left, middle), (middle, right)]
                todo += halves if left < centre else halves[::-1]
                continue
            done[left] = (right, depth, height, slope, density)
        if not done:
            raise LostCurveError("no panel")
        lefts = sorted(done)
        depth, height, slope, density = (np.array([done[left][k] for left in lefts]) for k in (1, 2, 3, 4))
        return Piece(self.low, self.high, np.array([*lefts, done[lefts[-1]][0]]), depth, height, slope, density)
