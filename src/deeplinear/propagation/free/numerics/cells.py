r"""The law of ``v = ln φ'(h)²`` cut into cells on which its density is a straight line: transforms exact at any w, however close.

Sums over nodes are useless where w comes closer to the values of φ'² than the nodes lie apart. Here each cell, a piece of the
Gaussian of probability p, has the right ends and the right mean of v. Then ``ψ(w) = E[1/(e^{ln w − v} − 1)]`` is elementary but for
a dilogarithm, and the cells are the law of a random variable: free products of them exist and have a density. Nothing overflows
where φ'² spans thousands of decades.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from deeplinear.activations import Activation
from deeplinear.propagation.free.numerics.cell_means import across, beside, expanded
from deeplinear.propagation.free.numerics.layers import row
from deeplinear.propagation.free.numerics.log_slope import log_square

if TYPE_CHECKING:
    from deeplinear.arrays import Array

REACH = 12.0  # standard deviations
NEAR, SCAN = 40.0, 4001  # turning points of φ'² are looked for on grids within ±NEAR and ±REACH, of so many points
MANY, SORTED = 60, 400_000  # pieces above which cells come from so many sorted values (sin at large variances)
RARE = 400  # one in so many of them is so close to a zero of φ' that a power says more
STEP, COARSEST = 0.05, 0.2  # width of a cell, in standard deviations
GROWTH = 3.0  # next to a turn of φ'² cells are as wide, in distances from it, times the step
FIRST = {"zero": 1e-11, "turn": 1e-5, "kink": 1.0}  # of the cells next to such places, in standard deviations
BULK = 6.0  # standard deviations, beyond which cells are five times as wide
NARROW, CLOSE = (
    0.02,
    0.1,
)  # widths of cells that are expanded, in distances from ln w; distances at which 1/u is most of it
DISTANT = 80.0  # e^−80 is nothing beside any M that is looked at: of cells so far from ln w only the side counts
FLAT = 1e-13, 1e-9  # largest difference of v that is rounding; of derivatives by differences
NEGLIGIBLE, WIDE = 1e-25, 3.0  # WIDE: standard deviations above which v is taken to change near h = 0
EVEN = 1e-3, 1.0  # widths of cells between which means of v and of e^v differ, and can both be right
GAUSS, SHARES = np.polynomial.legendre.leggauss(5)


class Cells(NamedTuple):
    """Different layers one after the other, each cut into cells.

    Attributes:
        centre, width, tilt: the density of v on ``centre ± width/2`` is in proportion to ``1 + 2 tilt (v − centre)/width``, shape
            ``(N,)``, ``|tilt| <= 1``.
        weights: probabilities of the cells, shape ``(N,)``; what those of a layer lack to 1 sits on φ' = 0.
        sizes: how many cells each of the K different layers has, shape ``(K,)``.
        counts: how many layers are like this one, shape ``(K,)``.
    """

    centre: Array
    width: Array
    tilt: Array
    weights: Array
    sizes: NDArray[np.int_]
    counts: Array

    def sums(self, terms: Any) -> Any:
        """Sums over the cells of each layer, ``(N,)`` to ``(K,)``."""
        return np.add.reduceat(terms, np.cumsum(self.sizes) - self.sizes) if self.sizes.size else np.zeros(0)

    @property
    def shares(self) -> Array:
        """Probability of φ' ≠ 0, shape ``(K,)``."""
        return self.sums(self.weights)

    @property
    def log_means(self) -> Array:
        """``ln E[φ'²]``, shape ``(K,)``; cells as wide as that are counted as their mean."""
        mean, top = self.centre + self.tilt * self.width / 6, self.tops[0]
        with np.errstate(under="ignore"):
            return np.log(self.sums(self.weights * np.exp(mean - np.repeat(top, self.sizes)))) + top

    @property
    def tops(self) -> tuple[Array, Array]:
        """Largest v, and its probability where it is an atom; both of shape ``(K,)``."""
        if not self.sizes.size:
            return np.zeros(0), np.zeros(0)
        upper = self.centre + self.width / 2
        top = np.maximum.reduceat(upper, np.cumsum(self.sizes) - self.sizes)
        return top, self.sums(self.weights * ((upper == np.repeat(top, self.sizes)) & (self.width == 0)))

    def transforms(self, log_w: Any) -> tuple[Any, Any, Any]:
        """``ψ = E[d²/(w − d²)]``, ``E[w/(w − d²); d² > 0]`` and ``dψ/d ln w`` at ``ln w`` of shape ``(K,)``, ``−π <= Im <= 0``."""
        u = self.centre - np.repeat(np.asarray(log_w, dtype=complex), self.sizes)
        psi = np.where(u.real > 0, -self.weights, 0.0).astype(complex)
        whole, slope = psi + self.weights, np.zeros_like(psi)
        near = np.flatnonzero(np.abs(u.real) - self.width / 2 < DISTANT)
        u, width, tilt, weights = u[near], self.width[near], self.tilt[near], self.weights[near]
        size = np.abs(u)
        narrow, close = width <= np.minimum(NARROW * size, NARROW), size + width < CLOSE
        with np.errstate(under="ignore"):
            for which, form in ((narrow, expanded), (~narrow & close, beside), (~narrow & ~close, across)):
                if which.any():
                    at, p = near[which], weights[which]
                    psi[at], whole[at], slope[at] = (p * each for each in form(u[which], width[which], tilt[which]))
        return self.sums(psi), self.sums(whole), self.sums(slope)


def cells(activation: Activation, variances: Array, counts: Array) -> Cells:
    """Layers whose pre-activations have the given variances, all of shape ``(K,)``."""
    step = min(STEP * math.sqrt(max(len(variances) / 4, 1.0)), COARSEST)
    rows = [cut(activation, float(q), step) for q in variances]
    centre, width, tilt, weights = (np.concatenate(each) for each in zip(*rows, strict=True))
    return Cells(
        centre, width, tilt, weights, np.array([len(each[0]) for each in rows]), np.asarray(counts, dtype=float)
    )


NONE = Cells(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=int), np.zeros(0))


@lru_cache(maxsize=1024)
def cut(activation: Activation, variance: float, step: float) -> tuple[Array, Array, Array, Array]:
    """Centres, widths, tilts and probabilities of the cells at one variance."""
    if activation.plateaus or variance == 0:
        values, weights = row(activation, variance, 0)
        return np.log(values), np.zeros(len(values)), np.zeros(len(values)), weights
    sd = math.sqrt(variance)
    breaks = turns(activation, sd)
    if len(breaks) > MANY:
        h = np.linspace(-REACH, REACH, SORTED)
        slope = activation.derivative(sd * h)
        return grouped(
            log_square(activation, sd * h), np.exp(-np.square(h) / 2), step, bool(slope.min() < 0 < slope.max())
        )
    out = []
    for (left, first), (right, last) in pairwise(breaks):
        edges = crowded(left, right, first, last, sd, step)
        half = np.diff(edges)[:, None] / 2
        h = edges[:-1, None] + half * (1 + GAUSS)
        p = half * SHARES * np.exp(-np.square(h / sd) / 2) / (sd * math.sqrt(2 * math.pi))
        inner = [np.nextafter(left, np.inf), np.nextafter(right, -np.inf)]
        v = log_square(activation, np.clip(h, *inner))
        bounds = log_square(activation, np.clip(edges, *inner))
        if np.isfinite(v).all() and np.ptp(v) < FLAT[activation.derivatives == "finite differences"]:
            out.append((np.array([v.flat[0]]), np.zeros(1), np.zeros(1), np.array([p.sum()])))
        elif np.isfinite(v).any():
            alive = np.isfinite(v)
            out.append(straight(np.where(alive, v, 0.0), np.where(alive, p, 0.0), bounds))
    centre, width, tilt, weights = (np.concatenate(each) for each in zip(*out, strict=True))
    return centre, width, tilt, weights / max(weights.sum(), 1.0)


def straight(v: Array, p: Array, bounds: Array) -> tuple[Array, Array, Array, Array]:
    """Cells, one a row, of the mean of e^v under p, both of shape ``(n, m)``, and between bounds ``(n + 1,)``; of v where wide.

    Where that mean asks for a negative density, and where v has no bound, mean and variance count instead.
    """
    total = p.sum(1)
    kept = total > NEGLIGIBLE
    v, p, total, left, right = v[kept], p[kept], total[kept], bounds[:-1][kept], bounds[1:][kept]
    mean = v[:, 0] + np.sum(p * (v - v[:, :1]), 1) / total
    spread = np.sqrt(12 * np.sum(p * (v - mean[:, None]) ** 2, 1) / total)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        centre, width = (left + right) / 2, np.abs(right - left)
        square, flat = np.sum(p * np.exp(v - centre[:, None]), 1) / total, np.sinh(width / 2) / (width / 2)
        tilt = 6 * (mean - centre) / width
        tilt = np.where(
            (width < EVEN[0]) | (width > EVEN[1]), tilt, (square - flat) * width / 2 / (np.cosh(width / 2) - flat)
        )
        good = np.isfinite(tilt) & (np.abs(tilt) <= 1)
    return np.where(good, centre, mean), np.where(good, width, spread), np.where(good, tilt, 0.0), total


def turns(activation: Activation, sd: float) -> list[tuple[float, str]]:
    """Both ends, kinks, zeros of φ', and places where φ'² turns, in ascending order."""
    end = REACH * sd
    h = np.unique(np.concatenate([np.linspace(-end, end, SCAN), np.clip(np.linspace(-NEAR, NEAR, SCAN), -end, end)]))
    found = {float(k): "kink" for k in (-end, *activation.kinks, end) if abs(k) <= end}
    if sd > WIDE:
        found.setdefault(0.0, "turn")
    for kind, function in (("zero", activation.derivative), ("turn", activation.second)):
        value = np.broadcast_to(function(h), h.shape)
        place = np.flatnonzero(np.abs(value) > 1e-8 * np.abs(value).max())
        for before, after in pairwise(place):
            if value[before] * value[after] < 0 and not any(h[before] <= kink <= h[after] for kink in activation.kinks):
                root: Any = brentq(lambda t, f=function: float(f(np.array(t))), h[before], h[after], xtol=1e-15)
                if all(abs(root - other) > 1e-12 * sd for other in found):
                    found[float(root)] = kind
    return sorted(found.items())


def crowded(left: float, right: float, first: str, last: str, sd: float, step: float) -> Array:
    """Edges of cells that crowd at the ends of a piece."""

    def away(kind: str, reach: float) -> Array:
        near = np.exp(np.arange(math.log(FIRST[kind]), math.log(1 / GROWTH), math.log1p(GROWTH * step))) * sd
        return near[near < reach]

    inner = step * sd * np.arange(-BULK / step, BULK / step + 1)
    tail = 5 * step * sd * np.arange(1, (REACH - BULK) / (5 * step)) + BULK * sd
    middle = np.concatenate([-tail, inner, tail])
    near, far = away(first, (right - left) / 2), away(last, (right - left) / 2)
    low, high = left + max(near, default=0.0), right - max(far, default=0.0)
    margin = step * sd / 3
    middle = middle[(middle > low + margin) & (middle < high - margin)]
    return np.unique(np.concatenate([[left], left + near, middle, right - far, [right]]))


def grouped(v: Array, p: Array, step: float, zeros: bool) -> tuple[Array, Array, Array, Array]:
    """Cells of sorted values: for φ' that rises and falls too often to be cut in pieces.

    Where φ' has zeros, simple ones, ``P(V < v)`` is in proportion to ``e^{v/2}`` far down: the lowest cells are cut from that.
    """
    v, p = v[np.isfinite(v)], p[np.isfinite(v)] / p.sum()
    order = np.argsort(v)
    v, p = v[order], p[order]
    rare = len(v) // RARE if zeros else 0
    below, v, p = p[:rare].sum(), v[rare:], p[rare:]
    edges = np.searchsorted(np.cumsum(p), crowded(0.0, p.sum(), "turn", "turn", 1 / REACH, step)[1:-1])
    starts = np.unique([0, *edges[edges < len(v)]])
    total = np.add.reduceat(p, starts)
    mean = np.add.reduceat(p * v, starts) / total
    spread = np.add.reduceat(p * (v - np.repeat(mean, np.diff([*starts, len(v)]))) ** 2, starts) / total
    bulk = mean, np.sqrt(12 * spread), np.zeros(len(mean)), total
    if not rare:
        return bulk
    falls = np.arange(0.0, math.log(below / FIRST["zero"]), step)
    width = np.full(len(falls), 2 * step)
    tilt = np.full(len(falls), 3 / math.tanh(step / 2) - 6 / step)  # of the mean under e^{v/2}
    tail = v[0] - 2 * falls - step, width, tilt, below * np.exp(-falls) * -math.expm1(-step)
    return tuple(np.concatenate(each) for each in zip(tail, bulk, strict=True))  # type: ignore[return-value]  # of four
