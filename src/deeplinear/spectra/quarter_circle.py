"""The quarter circle: singular values of one large square Gaussian matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, log_expit

from deeplinear.spectra.cancellation_free import sine_deficit
from deeplinear.spectra.inversion import inverse
from deeplinear.spectra.law import Foot
from deeplinear.spectra.transformed import PositiveLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True)
class QuarterCircle(PositiveLaw):
    """Singular values of an N × N matrix, entries independent of standard deviation ``1/√N``, N → ∞.

    Density ``√(4 − s²) / π`` on [0, 2]; with ``s = 2 sin(φ/2)`` the cdf is ``(φ + sin φ) / π``.

    Source:
        Marchenko & Pastur 1967, at aspect 1, in the variable ``s = √x``.

    Example:
        >>> QuarterCircle().median().__round__(4), QuarterCircle().cdf([0.0, 1.0, 2.0]).round(4)
        (0.8079, array([0.   , 0.609, 1.   ]))
    """

    def _edges(self) -> tuple[float, float]:
        return -math.inf, math.log(2)

    def _foot(self) -> Foot:
        return Foot(1.0, 2 / math.pi)

    def _tails(self, y: Array) -> tuple[Array, Array]:
        """At ``y = ln tan(φ/2)``; below −100 a straight line."""
        below, y = np.minimum(y + 100, 0.0), np.maximum(y, -100.0)
        up, down = 2 * np.arctan(np.exp(y)), 2 * np.arctan(np.exp(-y))
        lower, upper = (up + np.sin(up)) / np.pi, sine_deficit(down) / np.pi
        small = lower < 0.5
        return np.log(np.where(small, lower, 1 - upper)) + below, np.log(np.where(small, 1 - lower, upper))

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        depth = 2 * (math.log(2) - log_x)
        return self._tails((-depth - np.log(-np.expm1(-depth))) / 2)

    def _log_density(self, log_x: Array) -> Array:
        with np.errstate(divide="ignore"):
            return log_x + np.log(2 / np.pi) + np.log(-np.expm1(2 * (log_x - math.log(2)))) / 2

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        def rise(y: Array) -> tuple[Array, Array]:
            lower, upper = self._tails(y)
            sech = np.log(2) - np.logaddexp(y, -y)
            return lower - upper, np.exp(np.log(2 / np.pi) + log_expit(-2 * y) + sech - lower - upper)

        y = inverse(rise, log_p - log_q, what="a probability of the quarter circle")
        return math.log(2) + log_expit(2 * y) / 2

    def _moment(self, order: float) -> float:
        # ∫ sⁿ √(4 − s²) ds / π, a beta integral
        log = order * math.log(2) + gammaln((order + 1) / 2) - gammaln(order / 2 + 2) - 0.5 * math.log(math.pi)
        return math.exp(log) if log < 709 else math.inf
