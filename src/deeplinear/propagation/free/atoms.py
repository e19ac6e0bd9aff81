"""Laws of a few values: the Jacobian of one layer, or of linear ones, between orthogonal weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deeplinear.spectra.law import Foot
from deeplinear.spectra.transformed import SquaredLaw

if TYPE_CHECKING:
    from deeplinear.arrays import Array


@dataclass(frozen=True)
class Atoms(SquaredLaw):
    """x takes a few values: no density, a cdf of steps.

    Args:
        log_values: ``ln x``, ascending; −∞ for x = 0.
        shares: their probabilities.

    Example:
        >>> Atoms((-np.inf, 0.0), (0.25, 0.75)).cdf([0.0, 0.5, 1.0])
        array([0.25, 0.25, 1.  ])
    """

    log_values: tuple[float, ...]
    shares: tuple[float, ...]

    @property
    def mass(self) -> float:
        """Share of x > 0."""
        return 1.0 - (self.shares[0] if self.log_values[0] == -np.inf else 0.0)

    def _edges(self) -> tuple[float, float]:
        positive = [v for v in self.log_values if v > -np.inf]
        return positive[0] if self.mass == 1 else -np.inf, positive[-1]

    def _log_tails(self, log_x: Array) -> tuple[Array, Array]:
        steps = np.cumsum([0.0, *self.shares])[np.searchsorted(self.log_values, log_x, side="right")]
        with np.errstate(divide="ignore"):
            return np.log(steps), np.log1p(-steps)

    def _log_density(self, log_x: Array) -> Array:
        return np.full(log_x.shape, -np.inf)

    def _log_quantile(self, log_p: Array, log_q: Array) -> Array:
        steps = np.cumsum(self.shares)[:-1]
        return np.asarray(self.log_values)[np.searchsorted(steps, np.exp(log_p), side="left")]

    def _average(self, function: Callable[[Array], Array]) -> float:
        return float(np.dot(self.shares, function(np.asarray(self.log_values))))

    def _foot(self) -> Foot:
        return Foot(np.inf, 0.0)

    def _moment(self, order: float) -> float:
        return float(np.dot(self.shares, np.exp(order * np.asarray(self.log_values))))
