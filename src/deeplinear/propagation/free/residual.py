"""Residual networks: the Jacobian of infinitely many small steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from deeplinear.propagation.free.law import FreeLaw
from deeplinear.propagation.free.numerics.layers import Numbers, log_eta
from deeplinear.spectra import checks


@dataclass(frozen=True)
class ResidualLaw(FreeLaw):
    r"""Squared singular values of ``Π_l (1 + X_l)``, L → ∞ factors, entries of X_l independent of variance ``c / (L N)``.

    ``S(z) = e^{−c (1 + 2z)}``: ``λ(M) = (1 + M)/M · e^{c (1 + 2M)}``. Mean ``e^c``, variance ``2c e^{2c}``, the same law for ``1/x``
    (``M → −1 − M``): edges ``e^{±(…)}``, where ``2c M (1 + M) = 1``. For a residual network c sums
    ``σ_w² E[φ'(h)²]`` over the layers; nothing else of φ matters.

    Args:
        c: > 0.

    Raises:
        ValueError: c is not a positive, finite number.

    Source:
        Tarnowski, Warchoł, Jastrzębski, Tabor & Nowak 2018, arXiv:1809.08848.

    Example:
        >>> import numpy as np
        >>> law = ResidualLaw(0.25)
        >>> np.round(law.support(), 4).tolist(), round(law.mean(), 6), float(law.cdf(1.0).round(9))
        ([0.2362, 4.234], 1.284025, 0.5)
    """

    c: float

    def __post_init__(self):
        advice = "it is the variance that all layers add. Pass for example c=1.0."
        object.__setattr__(self, "c", checks.positive("ResidualLaw", "c", self.c, advice))

    def _prefix(self, m: Numbers, above: Numbers) -> tuple[Numbers, Numbers]:
        return self.c * (m + above) - log_eta(m, above), 2 * self.c - 1 / (m * above)

    def _moment(self, order: float) -> float:
        if order in (1, 2):
            return math.exp(order * self.c) * (1 if order == 1 else 1 + 2 * self.c)
        return super()._moment(order)
