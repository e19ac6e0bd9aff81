"""A law tabulated on its curve: Legendre panels in y, from which every function of the law is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.propagation.free.numerics.curve import Point, Spectral, follow, start
from deeplinear.propagation.free.numerics.edge import LEVELS, upper_edge
from deeplinear.propagation.free.numerics.layers import STRAIGHT
from deeplinear.propagation.free.numerics.panels import TO_SERIES, T, at_end, from_left, from_right, read, where

if TYPE_CHECKING:
    from deeplinear.arrays import Array

TOP, BOTTOM, WIDEST, NARROWEST = 10.0, -30.0, 2.0, 0.03
NOISE = 1e-12  # of continued φ'
CRITICAL = 7.0, 1e-8  # highest y, and tolerance
RESOLVED, AGREE, MANY = 1e-11, 1e-11, 60_000
WHOLE, TAIL = 1e-8, 1e-3  # what may be missing of the whole; the largest tail that may be extrapolated


class Panel(NamedTuple):
    """Points of the curve at the Gauss-Legendre nodes between two y, ascending."""

    left: float
    right: float
    points: list[Point]


class Values(NamedTuple):
    """What a law says at places y.

    Logarithms of ``ln x_max − ln x``, ``ln x − ln x_min``, of the shares below and above, of the density of ln x, and of
    ``d ln x/dy``.
    """

    log_depth: Array
    log_height: Array
    log_lower: Array
    log_upper: Array
    log_b: Array
    log_slope: Array


class Table(NamedTuple):
    """The part of a law that has a density.

    Attributes:
        edges: ends of the panels, ascending in y, shape ``(P + 1,)``.
        series: of the six `Values`, shape ``(P, NODES, 6)``.
        high, low: ``ln x`` at the ends of the density; low is −∞ at a hard edge.
        whole: share of the law that has a density.
        bends, rates: slopes of ``ln (d ln x/dy)`` and of ``ln`` of the shares beyond both ends of the panels, where all are
            straight lines in y: ``(lower, upper)``.
        gaps: pairs of ln x between which there is nothing.
    """

    edges: Array
    series: Array
    high: float
    low: float
    whole: float
    bends: tuple[float, float]
    rates: tuple[float, float]
    gaps: tuple[tuple[float, float], ...] = ()

    def at(self, y: Array) -> Values:
        """Values at y, shape ``(n,)``."""
        first, last = self.edges[[0, -1]]
        below, above = np.minimum(y - first, 0.0), np.maximum(y - last, 0.0)
        depth, height, lower, upper, b, slope = read(self.edges, self.series, y).T
        (bend, bend_up), (rate, rate_up) = self.bends, self.rates
        with np.errstate(over="ignore", divide="ignore"):
            further = np.exp(slope) * (-np.expm1(bend * below) / bend if bend else -below)
            depth = np.where(below < 0, np.log(np.exp(depth) + further), depth + bend_up * above)
        height = height + bend * below if np.isfinite(self.low) else np.full_like(depth, np.inf)
        b = b + (rate - bend) * below + (rate_up - bend_up) * above
        lower, upper = lower + rate * below, upper + rate_up * above
        small = lower < upper
        rest = np.log(self.whole - np.exp(np.where(small, lower, upper)))
        lower, upper = np.where(small, lower, rest), np.where(small, rest, upper)
        return Values(depth, height, lower, upper, b, slope + bend * below + bend_up * above)

    def log_x(self, values: Values) -> Array:
        """``ln x``, from the nearer edge."""
        near = values.log_height < values.log_depth
        low = self.low if np.isfinite(self.low) else 0.0
        return np.where(
            near, low + np.exp(np.where(near, values.log_height, 0.0)), self.high - np.exp(values.log_depth)
        )

    def place(self, log_x: Array) -> Array:
        """The y of ``log_x``, strictly between the edges."""
        soft = np.isfinite(self.low)

        def rise(y: Array) -> tuple[Array, Array]:
            v = self.at(y)
            slope = np.exp(v.log_slope - v.log_depth)
            return (
                (v.log_height - v.log_depth, slope + np.exp(v.log_slope - v.log_height))
                if soft
                else (-v.log_depth, slope)
            )

        with np.errstate(divide="ignore"):
            target = -np.log(self.high - log_x) + (np.log(log_x - self.low) if soft else 0.0)
        first, last = self.at(self.edges[:1]), self.at(self.edges[-1:])
        start, slope = self.log_x(first)[0], np.exp(first.log_slope[0])
        bend = self.bends[0]
        fall = np.minimum(log_x - start, 0.0) / slope
        with np.errstate(divide="ignore"):
            down = np.log1p(np.maximum(bend * fall, -1.0)) / bend if bend else fall
        up = np.maximum(np.log(self.high - log_x) - last.log_depth[0], self.bends[1] * 1e4) / self.bends[1]
        return self._within(rise, target, down, up)

    def quantile(self, log_lower: Array, log_upper: Array) -> Array:
        """The y at which the share below has this logarithm, and the share above that one."""

        def rise(y: Array) -> tuple[Array, Array]:
            v = self.at(y)
            flow = v.log_b + v.log_slope
            return v.log_lower - v.log_upper, np.exp(flow - v.log_lower) + np.exp(flow - v.log_upper)

        first, last = self.at(self.edges[:1]), self.at(self.edges[-1:])
        down = (log_lower - first.log_lower[0]) / self.rates[0]
        up = (log_upper - last.log_upper[0]) / self.rates[1]
        return self._within(rise, log_lower - log_upper, down, up)

    def _within(self, rise: Callable[[Array], tuple[Array, Array]], target: Array, down: Array, up: Array) -> Array:
        """Newton's method between the ends of the panels, straight lines beyond."""
        y = np.where(down < 0, self.edges[0] + down, self.edges[-1] + up)
        inner = (down >= 0) & (up <= 0)
        y[inner] = where(rise, self.edges, target[inner])
        return y


def tabulate(law: Spectral, expected: float) -> Table:
    """Follow the curve by its angle from the upper edge to where less than 1e-12 is left.

    Raises:
        ArithmeticError: it could not be followed: M turns back, or quadratures do not agree.
    """
    edge = upper_edge(law)
    levels, panels, y, width = edge.levels, [], TOP, WIDEST
    tolerance, history = RESOLVED, list[Point]()
    if abs(1 - edge.eta) < 1e-6:  # the density is infinite at its edge, and M, whose digits cancel there
        y, tolerance = CRITICAL
    while y > BOTTOM + 1e-9:
        width = min(width, y - BOTTOM)
        try:
            points = march(law, levels, y - width, y, history, edge.eta, edge.w)
        except ArithmeticError:
            points = None
        if points is None or not resolved(points, tolerance):
            width /= 2
            if width < NARROWEST:
                break
            continue
        apart = disagreeing(law, levels, points)
        if apart.any():
            levels = levels + apart
            if levels.max() > LEVELS or law._layers(levels).values.size > MANY:
                break
            continue
        panels.append(Panel(y - width, y, points[::-1]))
        history, y, width = points[-2:], y - width, min(2 * width, WIDEST)
    if not panels:
        raise ArithmeticError("no panel at the upper edge")
    while len(panels) > 1 and fading(panels[-1]):
        panels.pop()
    return assemble(panels[::-1], edge.log_x, expected)


def fading(panel: Panel) -> bool:
    """Whether the last, often narrow, panel has nothing but rounding to say: the share below must fall with y."""
    points, half = panel.points, (panel.right - panel.left) / 2
    growth: Any = np.array([p.growth for p in points])
    flow = [p.place.m.imag / np.cosh(p.y) for p in points] * np.abs(growth) ** 2 / growth.imag
    return at_end(flow, half, -1.0)[1] <= 0


def march(
    law: Spectral, levels: Array, left: float, right: float, history: list[Point], eta: float, w: Array
) -> list[Point]:
    """Points at the nodes of a panel, from right to left."""
    rows, points = law._layers(levels), list(history)
    for t in T[::-1]:
        y = (left + right) / 2 + (right - left) / 2 * t
        points.append(follow(law, rows, points, y) if points else start(law, rows, y, eta, w))
    return points[len(history) :]


def resolved(points: list[Point], tolerance: float) -> bool:
    """Whether the last Legendre coefficients of what is interpolated are as small as wanted, or rounding."""
    growth: Any = np.array([p.growth for p in points])
    m: Any = np.array([p.place.m for p in points])
    delta: Any = np.array([p.place.delta for p in points])
    series = TO_SERIES @ np.log(np.array([np.abs(growth) ** 2 / growth.imag, m.imag])).T[::-1]
    rounding = 100 * max(p.rounding for p in points) + 1e-13 * np.max(np.abs(delta) / delta.imag)
    return bool(np.abs(series[-2:]).max() < max(tolerance, rounding) * max(1.0, np.abs(series).max()))


def disagreeing(law: Spectral, levels: Array, points: list[Point]) -> NDArray[np.bool]:
    """The layers of which the next finer quadrature says something else."""
    w = np.array([p.w for p in points], complex)
    (psi, whole, _), (finer, finer_whole, _) = (law._layers(each).transforms(w) for each in (levels, levels + 1))
    apart = (np.abs(finer - psi) > AGREE * np.abs(psi)) | (np.abs(finer_whole - whole) > AGREE * np.abs(whole))
    # imaginary parts of both are one number: that of the smaller keeps the digits
    imaginary = np.minimum(np.abs((finer - psi).imag), np.abs((finer_whole - whole).imag))
    rounding = NOISE * np.minimum(np.abs(psi), np.abs(whole)) * (levels > STRAIGHT)
    return (apart | (imaginary > AGREE * np.abs(psi.imag) + rounding)).any(0)


def assemble(panels: list[Panel], high: float, expected: float) -> Table:
    """Integrate along the panels, from both ends."""
    y = np.array([[p.y for p in panel.points] for panel in panels])
    m: Any = np.array([[p.place.m for p in panel.points] for panel in panels])
    growth: Any = np.array([[p.growth for p in panel.points] for panel in panels])
    edges = np.array([panels[0].left, *(p.right for p in panels)])
    half = np.diff(edges)[:, None] / 2
    slope, b = np.abs(growth) ** 2 / growth.imag / np.cosh(y), m.imag / np.pi
    steep, bend_up = at_end(slope[-1], half[-1, 0], 1.0)
    flow, rate_up = at_end((slope * b)[-1], half[-1, 0], 1.0)
    depth, upper = from_right(slope, half, -steep / bend_up), from_right(slope * b, half, -flow / rate_up)
    flow, rate = at_end((slope * b)[0], half[0, 0], -1.0)
    lower = from_left(slope * b, half, flow / rate)
    left, missing = flow / rate, expected - (lower + upper)[0, 0]
    if not (-max(WHOLE, 0.9 * left) < missing < max(WHOLE, 3 * left) and left < TAIL):
        raise ArithmeticError(f"{missing} of the law is missing, {left} of it below the panels")
    if left > 1e-9 and missing > -0.9 * left:  # a tail that bends: its share is known better than its slope
        lower, rate = lower + missing, flow / (left + missing)
    steep, bend = at_end(slope[0], half[0, 0], -1.0)
    soft = bend > 1
    if soft:  # G cancels there, and a slope of rounded numbers is none: an end like a square root has whole ones
        bend, rate = float(round(bend)), float(round(rate))
    elif bend > -0.3:
        bend = 0.0
    height = from_left(slope, half, steep / bend) if soft else np.ones_like(depth)
    low = high - (depth + height)[0, 0] if soft else -np.inf
    series = np.array([np.log(each) @ TO_SERIES.T for each in (depth, height, lower, upper, b, slope)])
    return Table(
        edges, np.ascontiguousarray(np.moveaxis(series, 0, -1)), high, low, expected, (bend, bend_up), (rate, rate_up)
    )
