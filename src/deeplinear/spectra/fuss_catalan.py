r"""The Fuss-Catalan law: squared singular values of a product of k large square Gaussian matrices.

With ``φ`` from 0 at the upper edge to ``π/(k+1)`` at x = 0, ``θ = (k+1) φ`` and ``ψ = π − θ``,

    x = sin^{k+1} θ / (sin φ sin^k kφ),    x ρ(x) = b / π,    P(X < x) = (ψ + k b) / π,    b = sin θ sin φ / sin kφ.

The generating function ``B = Σ moment(n) / zⁿ`` solves ``B = 1 + B^{k+1}/z``. On the cut ``B = e^{iφ} sin θ / sin kφ``, so
``B − 1 = e^{iθ} sin φ / sin kφ``: its imaginary part b is π x ρ, and since ``dz/z = (k+1) dB/B − dB/(B−1)`` the cdf is
``Im ∫ B dz/z = Im [k B − ln(B − 1)]``, the closed form above (derived here).

Both ends are places where these expressions cancel or underflow, so the work is done in ``y = ln tan(ψ/2)``, any real
number, in which tails are straight lines, and by sums of terms of one sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaln

from deeplinear.spectra import checks
from deeplinear.spectra.cancellation_free import cotangent_deficit, log_sine_deficit, sine_deficit
from deeplinear.spectra.inversion import inverse
from deeplinear.spectra.law import Foot
from deeplinear.spectra.transformed import SquaredLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array

LINEAR = -100.0  # below this y everything is a straight line to 1e-38


class Point(NamedTuple):
    """The law at one y: ``depth = ln(x_max / x)`` and its slope in y, ``log_b``, ``log_cdf``, ``log_sf``."""

    depth: Array
    slope: Array
    log_b: Array
    log_cdf: Array
    log_sf: Array


@dataclass(frozen=True)
class FussCatalan(SquaredLaw):
    r"""Squared singular values of ``W_k … W_1``, N × N, entries independent of standard deviation ``1/√N``, N → ∞.

    Density ``ρ ~ x^{-k/(k+1)}`` at 0, up to ``(k+1)^{k+1} / k^k``; mean 1, variance k; moments are the Fuss-Catalan
    numbers. Relative errors of `pdf`, `cdf`, `sf`, `ppf` and `isf`, against 60 digits: below 1e-13, ever less for x near 1
    (they grow as ``|ln x| · 1e-16``); except next to the upper edge, where rounding x loses ``x_max − x``.

    Args:
        k: how many matrices, a whole number from 1; 1000 is no problem.

    Raises:
        ValueError: k is not a whole number from 1.

    Source:
        Penson & Życzkowski 2011, arXiv:1103.3453; Haagerup & Möller 2013, arXiv:1301.0266 for the angle. The cdf was derived here.

    Example:
        >>> law = FussCatalan(5)
        >>> law.moment(3), law.cdf([1e-4, 1.0]).round(4), law.support()[1]
        (51.0, array([0.1991, 0.7846]), 14.92992)
    """

    k: int

    def __post_init__(self):
        advice = "it counts the matrices of the product, one fewer than the paper's N_l. Pass for example k=5."
        object.__setattr__(self, "k", checks.count("FussCatalan", "k", self.k, advice))

    def _edges(self) -> tuple[float, float]:
        return -np.inf, math.log(self.k + 1) + self.k * math.log1p(1 / self.k)

    def _foot(self) -> Foot:
        last = math.pi / (self.k + 1)
        return Foot(1 / (self.k + 1), math.sin(last) / last)

    def _at(self, y: Array) -> Point:
        k, below = self.k, np.minimum(y - LINEAR, 0.0)
        y = np.maximum(y, LINEAR)
        psi, theta = 2 * np.arctan(np.exp(y)), 2 * np.arctan(np.exp(-y))
        phi, sine, cotangent = theta / (k + 1), 1 / np.cosh(y), np.sinh(y)
        rest = k * phi
        lack, lack_rest, lack_phi = (
            cotangent_deficit(u, c) for u, c in ((theta, cotangent), (rest, 1 / np.tan(rest)), (phi, 1 / np.tan(phi)))
        )
        # sin kφ / sin θ = cos φ − cot θ sin φ, divided by its limit k/(k+1) at φ = 0, less 1
        ratio = phi * lack + sine_deficit(phi) * cotangent - 2 * np.sin(phi / 2) ** 2
        depth = k * np.log1p(ratio * (k + 1) / k)
        depth += log_sine_deficit(theta, sine) - log_sine_deficit(phi, np.sin(phi))
        slope = -sine / (k + 1) * ((k + 1) ** 2 * lack - k**2 * lack_rest - lack_phi)
        b = 1 / (1 / np.tan(phi) - cotangent)
        # θ − k b = k (φ − ½ sin 2φ) + (φ − sin²φ/φ) + k sin²φ (1/kφ − cot kφ)
        upper = k / 2 * sine_deficit(2 * phi) + sine_deficit(phi) * (phi + np.sin(phi)) / phi
        upper += k * np.sin(phi) ** 2 * lack_rest
        lower, upper = (psi + k * b) / np.pi, upper / np.pi
        small = lower < 0.5
        log_cdf = np.log(np.where(small, lower, 1 - np.where(small, 0.0, upper)))
        log_sf = np.log(np.where(small, 1 - np.where(small, lower, 0.0), upper))
        return Point(depth - (k + 1) * below, slope, np.log(b) + below, log_cdf + below, log_sf)

    def _place(self, log_x: Array) -> Array:
        """The y of ``log_x``: where ``ln(x / (x_max − x))`` is what it should be."""

        def rise(y: Array) -> tuple[Array, Array]:
            point = self._at(y)
            return -point.depth - np.log(-np.expm1(-point.depth)), point.slope / np.expm1(-point.depth)

        depth = self._edges()[1] - log_x
        return inverse(rise, -depth - np.log(-np.expm1(-depth)), what="x of the Fuss-Catalan law")

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        point = self._at(self._place(log_x))
        return point.log_cdf, point.log_sf

    def _log_density(self, log_x: Array) -> Array:
        out, inside = np.full(log_x.shape, -np.inf), log_x < self._edges()[1]
        out[inside] = self._at(self._place(log_x[inside])).log_b - np.log(np.pi)
        return out

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        def rise(y: Array) -> tuple[Array, Array]:
            point = self._at(y)
            density = np.exp(point.log_b - np.log(np.pi) - point.log_cdf - point.log_sf)
            return point.log_cdf - point.log_sf, -density * point.slope

        y = inverse(rise, log_p - log_q, what="a probability of the Fuss-Catalan law")
        return self._edges()[1] - self._at(y).depth

    def log_moment(self, order: float) -> float:
        """``ln E[xⁿ]``, for any real order above ``−1/(k+1)``, also where the moment leaves float64."""
        n, k = checks.order("log_moment", order), self.k
        if n <= -self._foot().exponent:
            return math.inf
        if n >= 0 and n.is_integer():
            return math.log(self._fuss_catalan(int(n)))
        return float(gammaln((k + 1) * n + 1) - gammaln(n + 1) - gammaln(k * n + 2))

    def _fuss_catalan(self, n: int) -> int:
        return math.comb((self.k + 1) * n, n) // (self.k * n + 1)

    def _moment(self, order: float) -> float:
        try:
            exact = order > 0 and order.is_integer()
            return float(self._fuss_catalan(int(order))) if exact else math.exp(self.log_moment(order))
        except OverflowError:
            return math.inf
