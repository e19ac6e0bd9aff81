"""Wide random networks: what a layer does to variances, correlations and gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deeplinear.activations import Activation
from deeplinear.arguments import real_number
from deeplinear.propagation import fixed_points as fixed
from deeplinear.propagation.bivariate_expectation import pair_mean
from deeplinear.propagation.depth_scales import DepthScales, length
from deeplinear.propagation.fixed_points import FixedPoint
from deeplinear.propagation.layer_variances import homogeneous, nonnegative, variance_map
from deeplinear.propagation.steepness import with_finite_slope

CRITICAL = 1e-10  # |χ₁ − 1| below which a network is called critical
NEAR = 1e-6  # 1 − c below which the correlation map is its tangent


@dataclass(frozen=True)
class MeanField:
    """The maps of a wide layer ``h' = W φ(h) + b`` with ``W ~ N(0, σ_w² / N)``, ``b ~ N(0, σ_b²)``.

    Orthogonal weights times σ_w have the same maps at large width. The network of Saxe et al. has σ_w = g, σ_b = 0.

    Args:
        activation: φ: a name, an `Activation`, or any function of one array.
        weight_std: σ_w, ``>= 0``.
        bias_std: σ_b, ``>= 0``.

    Raises:
        ValueError: standard deviations that are negative or not finite; φ jumps or has an infinite slope.

    Source:
        Poole et al. 2016, arXiv:1606.05340, eqs. (3), (5); Schoenholz et al. 2017, arXiv:1611.01232, eqs. (9), (11), (17).

    Example:
        >>> net = MeanField("tanh", weight_std=1.5, bias_std=0.3)
        >>> net.phase, round(net.variance_fixed_point(), 12), round(net.chi, 12)
        ('chaotic', 0.96084427974, 1.060981264141)
    """

    activation: Activation
    weight_std: float
    bias_std: float = 0.0

    def __init__(self, activation: str | Activation | Callable, weight_std: float, bias_std: float = 0.0):
        weight_std, bias_std = nonnegative("MeanField", weight_std=weight_std, bias_std=bias_std)
        object.__setattr__(self, "activation", with_finite_slope("MeanField", activation))
        object.__setattr__(self, "weight_std", weight_std)
        object.__setattr__(self, "bias_std", bias_std)

    def variance_map(self, q: float) -> float:
        """``V(q) = σ_w² E[φ(√q z)²] + σ_b²``: the variance one layer on; infinite where that overflows."""
        return variance_map(self.activation, variance("variance_map", q), self.weight_std, self.bias_std)

    def variance_slope(self, q: float) -> float:
        """``V'(q)``, equal to ``χ₁ + σ_w² E[φ'' φ]`` where φ is smooth."""
        q = variance("variance_slope", q)
        return self.weight_std**2 * fixed.mean_slope(self.activation, q) if self.line is None else self.line

    def gradient_growth(self, q: float) -> float:
        """``χ₁(q) = σ_w² E[φ'(√q z)²]``."""
        return self.weight_std**2 * fixed.mean_derivative_square(self.activation, variance("gradient_growth", q))

    @property
    def line(self) -> float | None:
        """a, where the map is the straight line ``V(q) = a q + σ_b²`` (linear, ReLU, leaky ReLU); else None."""
        phi = self.activation
        if not phi.plateaus or phi.kinks not in ((), (0.0,)):
            return None
        square = homogeneous(phi, 1.0)
        a = None if square is None else self.weight_std**2 * square
        return 1.0 if a is not None and abs(a - 1) < 1e-15 else a  # √2 squared is 2 but for rounding

    @property
    def keeps_every_variance(self) -> bool:
        """Whether every q is a fixed point, as for ReLU at ``σ_w = √2``, ``σ_b = 0``."""
        return self.line == 1 and self.bias_std == 0

    def fixed_points(self) -> tuple[FixedPoint, ...]:
        """All variances that a layer keeps, ascending; none if every start escapes to infinity.

        Where `keeps_every_variance`, only q = 0 is listed, and it is not stable. Points closer than a third of a decade that
        the map crosses between are told apart by its slope; ``0 < q < 1e-12`` is searched only where ``σ_b > 0``.
        """
        if self.line is not None:
            kept = [self.bias_std**2 / (1 - self.line)] if self.line < 1 else []
            points = kept if self.bias_std > 0 else [0.0]
        else:
            zero = self.variance_map(0.0) == 0
            points = [0.0] * zero + fixed.positive_fixed_points(self.activation, self.weight_std, self.bias_std)
        return tuple(self.described(q, points) for q in points)

    def described(self, q: float, points: list[float]) -> FixedPoint:
        """The fixed point q, one of these, with its slope, stability and χ₁."""
        slope = self.variance_slope(q)
        stable = slope < 1  # it is never below −1/2
        if fixed.is_marginal(self.activation, slope):  # decided beyond the slope, by where variances above it go
            stable = q == 0 and not self.keeps_every_variance and self.drift(0.0, next_above(0.0, points)) < 0
        return FixedPoint(q, slope, bool(stable), self.gradient_growth(q))

    def drift(self, low: float, high: float) -> int:
        """1, -1 or 0: variances between these neighbouring fixed points grow, shrink, or are kept but for rounding."""
        return fixed.drift(self.activation, self.weight_std, self.bias_std, low, high)

    def variance_fixed_point(self, start: float = 1.0) -> float:
        """q*, the variance that repeated layers bring ``start`` to; infinite where it grows without bound.

        It always settles: ``d ln V / d ln q >= −1/2``, since ``q d E[φ²]/dq = E[φ² (z² − 1)] / 2``, so no two variances map to
        each other, and an orbit on the line that is not free to do that converges (Coppel 1955).

        Raises:
            ValueError: a start that is negative or not finite.
            RuntimeError: a map that falls and rises, and has not settled after 10000 layers.
        """
        (start,) = nonnegative("variance_fixed_point", start=start)
        if self.keeps_every_variance:
            return float(start)
        points = [point.q for point in self.fixed_points()]
        kept = [q for q in points if abs(q - start) <= 1e-14 * start]
        if kept:
            return kept[0]
        below, above = max([q for q in points if q < start], default=0.0), next_above(start, points)
        excess = self.variance_map(start) - start
        if abs(excess) <= fixed.NOISE * start:  # rounding has its sign: ask where more of it is to be seen
            excess = self.drift(below, above)
        if excess == 0:
            return float(start)
        goal = above if excess > 0 else below
        ends = min(goal, 1e12), start
        if all(self.variance_slope(q) >= 0 for q in np.geomspace(max(min(ends), 1e-12), max(*ends, 1e-12), 9)):
            return goal  # an increasing map never steps over a fixed point
        q = start
        for _ in range(10_000):
            q = self.variance_map(q)
            for point in points:
                if abs(q - point) <= 1e-9 * point:
                    return point
        raise RuntimeError(
            f"variance_fixed_point needs a map that settles within 10000 layers, got start={start!r}: {self.activation.name} rises and "
            f"falls, and the variance still changes. Pass a start nearer to one of fixed_points()."
        )

    def settled(self, caller: str) -> tuple[MeanField, float]:
        """Itself and q* from 1; where a straight line grows without bound, the network without biases at any q: they count no more."""
        q = self.variance_fixed_point()
        if np.isfinite(q):
            return self, q
        if self.line is not None:
            return MeanField(self.activation, self.weight_std), 1.0
        raise ValueError(
            f"{caller} needs a finite variance, got weight_std={self.weight_std!r}, bias_std={self.bias_std!r}: with "
            f"{self.activation.name} it grows without bound. Pass a smaller weight_std."
        )

    @property
    def chi(self) -> float:
        """χ₁ at the fixed point reached from 1: below 1 nearby inputs merge and gradients vanish, above 1 they part and explode."""
        net, q = self.settled("chi")
        return net.gradient_growth(q)

    @property
    def phase(self) -> str:
        """``"ordered"``, ``"critical"`` or ``"chaotic"``: χ₁ below, at (to 1e-10) or above 1."""
        chi = self.chi
        return "critical" if abs(chi - 1) <= CRITICAL else "ordered" if chi < 1 else "chaotic"

    def correlation_slope(self, c: float, q: float) -> float:
        """``σ_w² E[φ'(u1) φ'(u2)] q / V(q)``: the slope of the correlation map at c, and χ₁ at c = 1 where q is kept."""
        c, q = correlation("correlation_slope", c), variance("correlation_slope", q)
        kept = 1.0 if q == 0 else q / self.variance_map(q)
        if c == 1:
            return self.gradient_growth(q) * kept
        slope, rtol = self.activation.derivative, 10 * fixed.rtol_of(self.activation)
        return self.weight_std**2 * pair_mean(slope, slope, (q, q), c, self.activation.kinks, rtol) * kept

    def correlation_map(self, c: float, q: float | None = None) -> float:
        """``(σ_w² E[φ(u1) φ(u2)] + σ_b²) / V(q)`` for two inputs of variance q (q* if left out) and correlation c.

        Raises:
            ValueError: c outside [−1, 1], or a variance that is 0 one layer on: no correlation is left.
        """
        q = self.variance_fixed_point() if q is None else variance("correlation_map", q)
        c = correlation("correlation_map", c)
        after = self.variance_map(q)
        if not 0 < after < np.inf:
            raise ValueError(
                f"correlation_map needs variances that are positive and finite, got q={q!r} and {after!r} one layer on: there "
                f"is nothing to correlate. Pass q, the variance of the two inputs."
            )
        phi = self.activation
        return (self.weight_std**2 * pair_mean(phi, phi, (q, q), c, phi.kinks) + self.bias_std**2) / after

    def correlation_fixed_point(self) -> float:
        """c*, the correlation that any two inputs end with.

        The map is a power series of c with coefficients that are not negative and sum to 1 (Hermite), hence convex on [0, 1]:
        c* = 1 where χ₁ <= 1, else its one root below.

        Raises:
            ValueError: q* = 0 or infinite: no correlation is left.
        """
        net, q = self.settled("correlation_fixed_point")
        net.correlation_map(1.0, q)  # refuses q* = 0
        return net.correlation_reached(q)

    def correlation_reached(self, q: float) -> float:
        """c* of two inputs of variance q, a fixed point."""
        tangent = self.correlation_slope(1.0, q)
        if tangent <= 1 + CRITICAL:
            return 1.0
        if abs(self.correlation_map(0.0, q)) <= fixed.NOISE:
            return 0.0  # odd φ without biases

        def over(d: float) -> float:
            return 1 - (1 - self.correlation_map(1 - d, q)) / d  # 1 − tangent at d = 0

        edge = over(NEAR)
        if edge >= 0:
            return 1 - NEAR * (tangent - 1) / (tangent - 1 + edge)
        return 1 - fixed.root(over, NEAR, 1.0)

    def depth_scales(self) -> DepthScales:
        """ξ_q, ξ_c and ξ_∇ at the fixed points reached; trainable depths end at about 6 ξ_c (Schoenholz et al. 2017)."""
        net, q = self.settled("depth_scales")
        c = net.correlation_reached(q) if q > 0 else 1.0
        return DepthScales(
            *(length(x) for x in (net.variance_slope(q), net.correlation_slope(c, q), net.gradient_growth(q)))
        )


def variance(function: str, q: float) -> float:
    """q, a variance, checked; infinity is one that grew without bound."""
    return real_number(function, "q", q, ">= 0 or infinite", "it is a variance. Pass for example 1.0.")


def correlation(function: str, c: float) -> float:
    """c, a correlation of two inputs, checked."""
    return real_number(function, "c", c, "-1 <= · <= 1", "it is a correlation. Pass for example 0.5.")


def next_above(q: float, points: list[float]) -> float:
    """The least of these fixed points above q; infinite if there is none."""
    return min([point for point in points if point > q], default=np.inf)


def variance_fixed_point(
    activation: str | Activation | Callable, *, weight_std: float, bias_std: float = 0.0, start: float = 1.0
) -> float:
    """q*, the variance that a deep wide network brings its inputs to, infinite where it grows without bound.

    See `MeanField.variance_fixed_point`.

    Example:
        >>> round(variance_fixed_point("tanh", weight_std=1.3, bias_std=0.3), 12)
        0.607046791909
    """
    return MeanField(activation, weight_std, bias_std).variance_fixed_point(start)
