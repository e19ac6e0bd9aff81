r"""The Marchenko-Pastur law: eigenvalues of X Xᵀ of one large rectangular Gaussian matrix.

In the angle φ from the lower edge, ``x = (1 − a)² + 4 a sin²(φ/2)`` with ``a = √aspect``, the cdf is elementary,

    π P(0 < X < x) = a sin φ + aspect φ − (1 − aspect) arctan(a sin φ / (1 − a cos φ)),    aspect <= 1,

and for aspect > 1 it is aspect times that of 1/aspect at the same angle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import hyp2f1, log_expit

from deeplinear.spectra import checks
from deeplinear.spectra.cancellation_free import arctangent_deficit, sine_deficit
from deeplinear.spectra.inversion import inverse
from deeplinear.spectra.law import Foot
from deeplinear.spectra.transformed import SquaredLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def share(angle: Array, a: float) -> Array:
    """``(2/π) a² ∫₀ sin²t / (1 + a² − 2 a cos t) dt`` up to angle <= π, ``|a| <= 1``: the formula above in terms of one sign.

    With a < 0 it is the share within an angle of the upper edge; the last term is then a small one of other sign.
    """
    versine = 2 * np.sin(angle / 2) ** 2
    softened = (1 - a) + a * versine
    turned = np.divide(versine, softened, out=np.ones_like(angle), where=softened > 0)  # a = 1: exactly 1
    slope = np.divide(a * np.sin(angle), softened, out=np.zeros_like(angle), where=softened > 0)
    first = a * a * (sine_deficit(angle) + np.sin(angle) * (1 + a) * turned)
    return (first + (1 - a * a) * arctangent_deficit(slope)) / np.pi


@dataclass(frozen=True)
class MarchenkoPastur(SquaredLaw):
    r"""Eigenvalues of ``X Xᵀ``, X of shape (N, aspect N), entries independent of variance 1/N, N → ∞.

    Density ``√((λ₊ − x)(x − λ₋)) / (2πx)`` between ``λ∓ = (1 ∓ √aspect)²``, and an `atom` of ``1 − aspect`` at 0 for
    ``aspect < 1``, which `pdf` leaves out: it integrates to ``min(1, aspect)``. Mean ``aspect``. Next to soft edges relative
    accuracy of tails is what rounding x leaves of ``x − λ₋`` and ``λ₊ − x``; at aspect 1 the lower tail is exact.

    Args:
        aspect: columns for each row of X, > 0. At 1 the law is ``FussCatalan(1)``.

    Raises:
        ValueError: aspect is not a positive, finite number.

    Source:
        Marchenko & Pastur 1967, in the scaling of Advani & Saxe 2017, arXiv:1710.03667.

    Example:
        >>> law = MarchenkoPastur(0.25)
        >>> law.atom, law.mean(), law.ppf([0.5, 1.0]), law.cdf([0.0, 0.25, 1.0]).round(4)
        (0.75, 0.25, array([0.  , 2.25]), array([0.75  , 0.75  , 0.8883]))
    """

    aspect: float

    def __post_init__(self):
        advice = "it is columns for each row of X. Pass for example aspect=1.0."
        object.__setattr__(self, "aspect", checks.positive("MarchenkoPastur", "aspect", self.aspect, advice))

    @property
    def mass(self) -> float:
        """Share of x > 0: ``min(1, aspect)``."""
        return min(1.0, self.aspect)

    @property
    def _soft(self) -> float:
        """``|1 − √aspect|``, without cancellation."""
        return abs(1 - self.aspect) / (1 + math.sqrt(self.aspect))

    def _edges(self) -> tuple[float, float]:
        return 2 * math.log(self._soft) if self._soft else -math.inf, 2 * math.log1p(math.sqrt(self.aspect))

    def _foot(self) -> Foot:
        return Foot(math.inf, 0.0) if self._soft else Foot(0.5, 2 / math.pi)

    def _place(self, log_x: Array) -> Array:
        """``y = ln tan(φ/2)``, half of ``ln (x − λ₋)/(λ₊ − x)``."""
        low, high = self._edges()
        return (log_x - high + np.log(-np.expm1(low - log_x)) - np.log(-np.expm1(log_x - high))) / 2

    def _log_x(self, y: Array) -> Array:
        return np.logaddexp(self._edges()[0], np.log(4 * math.sqrt(self.aspect)) + log_expit(2 * y))

    def _tails(self, y: Array) -> tuple[Array, Array]:
        """``ln`` of the cdf without the atom, and of the sf."""
        mass, scale = self.mass, max(1.0, self.aspect)
        a = math.sqrt(min(self.aspect, 1 / self.aspect))
        below = np.minimum(y + 100, 0.0) * (3 if self._soft else 1)  # a straight line there
        y = np.maximum(y, -100.0)
        up, down = 2 * np.arctan(np.exp(y)), 2 * np.arctan(np.exp(-y))
        lower = scale * share(up, a)
        upper = scale * share(down, -a)
        small = lower < 0.5 * mass
        return (
            np.log(np.where(small, lower, mass - np.where(small, 0.0, upper))) + below,
            np.log(np.where(small, mass - np.where(small, lower, 0.0), upper)),
        )

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        lower, upper = self._tails(self._place(log_x))
        return (np.log(self.atom + np.exp(lower)) if self.atom else lower), upper

    def _log_density(self, log_x: Array) -> Array:
        low, high = self._edges()
        product = np.sqrt(-np.expm1(low - log_x)) * np.sqrt(-np.expm1(log_x - high))
        with np.errstate(divide="ignore"):
            return np.log(product / (2 * np.pi)) + (log_x + high) / 2

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        mass = self.mass
        log_in = np.log(mass * np.maximum(-np.expm1(log_q - np.log(mass)), 1e-17)) if self.atom else log_p

        def rise(y: Array) -> tuple[Array, Array]:
            lower, upper = self._tails(y)
            log_x = self._log_x(y)
            sech = -np.logaddexp(y, -y) + np.log(2)
            log_density = np.log(2 * self.aspect / np.pi) + 2 * sech - log_x  # of φ, and dφ/dy = sech y
            return lower - upper, mass * np.exp(log_density + sech - lower - upper)

        y = inverse(rise, log_in - log_q, what="a probability of the Marchenko-Pastur law")
        return self._log_x(y)

    def _moment(self, order: float) -> float:
        narrow = min(self.aspect, 1 / self.aspect)
        value = float(hyp2f1(1 - order, -order, 2, narrow))
        return value * (self.aspect if self.aspect <= 1 else self.aspect**order)
