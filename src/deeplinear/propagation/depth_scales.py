"""Depths over which variances, correlations and gradients change by a factor e."""

from typing import NamedTuple

import numpy as np


class DepthScales(NamedTuple):
    """Layers over which something changes by a factor e, ``−1 / ln`` of what each layer multiplies it by.

    Attributes:
        variance: ξ_q, for differences from q*; infinite at criticality, where they fall algebraically.
        correlation: ξ_c, for differences from c*.
        gradient: ξ_∇, for squared gradients; negative where they explode.
    """

    variance: float
    correlation: float
    gradient: float


def length(factor: float) -> float:
    """``−1 / ln|factor|``; infinite at 1."""
    with np.errstate(divide="ignore"):
        rate = -np.log(np.abs(factor))
    return float(np.inf if abs(rate) < 2e-15 else 1 / rate)
