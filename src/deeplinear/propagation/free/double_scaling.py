"""Depth to infinity while every layer comes closer to an isometry: two universal laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from deeplinear.arguments import choice
from deeplinear.propagation.free.law import FreeLaw
from deeplinear.propagation.free.numerics.layers import Numbers, log_eta
from deeplinear.spectra import checks


@dataclass(frozen=True)
class DoubleScaling(FreeLaw):
    r"""Squared singular values of a critical orthogonal network, L → ∞ at fixed ``σ₀² = L (E[φ'⁴]/E[φ'²]² − 1)``; mean 1.

    Bernoulli class (hard-tanh: φ' is 0 or 1): ``S = exp(−σ₀² z/(1 + z))``, up to ``e σ₀²``, or an atom of ``1 − σ₀²`` at
    ``e^{σ₀²}`` if ``σ₀² < 1``; its lower tail is logarithmic, ``P(X < x) ~ σ₀²/|ln x|``.
    Smooth class (tanh, erf: φ' near 1): ``S = e^{−σ₀² z}``, edges where ``σ₀² M (1 + M) = 1``.

    Args:
        variance: σ₀² > 0, which is also the variance of x.
        kind: ``"bernoulli"`` or ``"smooth"``.

    Raises:
        ValueError: a variance that is not a positive, finite number; another kind.

    Source:
        Pennington, Schoenholz & Ganguli 2018, arXiv:1802.09979.

    Example:
        >>> [round(DoubleScaling(v, kind).support()[1], 5) for v in (1.0, 4.0) for kind in ("smooth", "bernoulli")]
        [4.85718, 2.71828, 13.34543, 10.87313]
    """

    variance: float
    kind: Literal["bernoulli", "smooth"] = "smooth"

    def __post_init__(self):
        advice = "it is the variance of x. Pass for example variance=1.0."
        object.__setattr__(self, "variance", checks.positive("DoubleScaling", "variance", self.variance, advice))
        advice = "Pass 'bernoulli' for hard-tanh, whose φ' is 0 or 1, and 'smooth' for tanh."
        choice("DoubleScaling", "kind", self.kind, ("bernoulli", "smooth"), advice)

    @property
    def top(self) -> tuple[float, float]:
        """The atom at ``e^{σ₀²}`` of the Bernoulli class."""
        share = 1 - self.variance if self.kind == "bernoulli" else 0.0
        return (share, self.variance) if share > 0 else (0.0, np.nan)

    @property
    def _by_eta(self) -> bool:
        return self.kind == "bernoulli"

    def _prefix(self, m: Numbers, above: Numbers) -> tuple[Numbers, Numbers]:
        start, slope = -log_eta(m, above), -1 / (m * above)
        if self.kind == "smooth":
            return start + self.variance * m, slope + self.variance
        return start + self.variance * m / above, slope + self.variance / above**2

    def _moment(self, order: float) -> float:
        if order == 1:
            return 1.0
        return 1 + self.variance if order == 2 else super()._moment(order)
