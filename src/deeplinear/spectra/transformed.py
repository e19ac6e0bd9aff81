"""A law in another variable: ``s = √x``, or ``ln x``; and the two kinds of laws that have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.spectra import checks
from deeplinear.spectra.law import Foot, SpectralLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True)
class Logarithm(SpectralLaw):
    """The law of ``ln x``, where x follows ``law``. An atom at x = 0 sits at −∞, where moments then are.

    Example:
        >>> from deeplinear.spectra import FussCatalan
        >>> log_s = FussCatalan(99).singular_values().logarithm()
        >>> round(log_s.median(), 2), round(log_s.mean(), 9)
        (-34.3, -49.5)
    """

    law: SpectralLaw

    @property
    def mass(self) -> float:
        """Share of ln x > −∞."""
        return self.law.mass

    def _log(self, x: Array) -> Array:
        return x

    def _exp(self, log_x: Array) -> Array:
        return log_x

    def _edges(self) -> tuple[float, float]:
        return self.law._edges()

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        return self.law._log_tails(log_x)

    def _log_density(self, log_x: Array) -> Array:
        return self.law._log_density(log_x)

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        return self.law._log_quantile(log_p, log_q)

    def _average(self, function: Callable[[Array], Array]) -> float:
        return self.law._average(function)

    def logpdf(self, x: ArrayLike) -> Array:
        """Logarithm of the density of ln x."""
        x = checks.places("logpdf", x)
        (low, high), out = self._edges(), np.full(x.shape, -np.inf)
        inside = (x > low) & (x <= high)
        out[inside] = self._log_density(x[inside])
        return out[()]

    def moment(self, order: float) -> float:
        """``E[(ln x) ** order]`` for a whole order."""
        if checks.order("moment", order) != int(order) or order < 0:
            raise ValueError(
                f"moment needs a whole order >= 0, got order={order!r}: ln x has both signs. Pass for example order=2."
            )
        return self._moment(int(order)) if order else 1.0

    def _moment(self, order: float) -> float:
        return (-1.0) ** order * np.inf if self.atom else self.expect(lambda log_x: log_x**order)

    def var(self) -> float:
        """Variance of ln x, about its mean so that nothing cancels."""
        mean = self.mean()
        return np.nan if self.atom else self.expect(lambda log_x: (log_x - mean) ** 2)

    def _foot(self) -> Foot:
        return Foot(np.inf, 0.0)

    def logarithm(self) -> SpectralLaw:
        """Not defined twice."""
        raise TypeError(
            "logarithm needs a law of x >= 0, got a law of ln x: ln x has both signs. Use this law as it is."
        )


class PositiveLaw(SpectralLaw):
    """A law of ``x >= 0``, which has a logarithm."""

    def logarithm(self) -> SpectralLaw:
        """The law of ``ln x``: usable where x is smaller, or larger, than any float64.

        Example:
            >>> from deeplinear.spectra import FussCatalan
            >>> FussCatalan(1000).logarithm().ppf(0.1).round(3), FussCatalan(1000).ppf(0.1)
            (np.float64(-2304.781), np.float64(0.0))
        """
        return Logarithm(self)


@dataclass(frozen=True)
class SingularValues(PositiveLaw):
    """The law of ``s = √x``, density ``2 s ρ(s²)``, where x is a squared singular value under ``squared``.

    Example:
        >>> from deeplinear.spectra import FussCatalan
        >>> FussCatalan(5).singular_values().ppf([0.5, 1.0]).round(3)
        array([0.193, 3.864])
    """

    squared: SpectralLaw

    @property
    def mass(self) -> float:
        """Share of s > 0."""
        return self.squared.mass

    def _edges(self) -> tuple[float, float]:
        low, high = self.squared._edges()
        return low / 2, high / 2

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        return self.squared._log_tails(2 * log_x)

    def _log_density(self, log_x: Array) -> Array:
        return np.log(2) + self.squared._log_density(2 * log_x)

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        return self.squared._log_quantile(log_p, log_q) / 2

    def _average(self, function: Callable[[Array], Array]) -> float:
        return self.squared._average(lambda log_x: function(log_x / 2))

    def _moment(self, order: float) -> float:
        return self.squared.moment(order / 2)

    def _foot(self) -> Foot:
        foot = self.squared._foot()
        return Foot(2 * foot.exponent, foot.constant)


class SquaredLaw(PositiveLaw):
    """A law of squared singular values, from which that of the values themselves follows."""

    def singular_values(self) -> SingularValues:
        """The law of ``s = √x``."""
        return SingularValues(self)
