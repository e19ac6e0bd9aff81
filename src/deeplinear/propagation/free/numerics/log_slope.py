"""``ln φ'(h)²`` where φ'² itself leaves float64: saturated units at large variances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.activations import Activation

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def log_square(activation: Activation, h: Array) -> Array:
    """``ln φ'(h)²``, shape of h; −∞ where φ' is 0."""
    try:
        return 2 * np.broadcast_to(activation.log_slope(h), h.shape)
    except (
        ValueError
    ):  # rounding has taken a slope of a function of one's own: a law of many units does without its digits
        with np.errstate(divide="ignore"):
            return 2 * np.log(np.abs(np.broadcast_to(activation.derivative(h), h.shape)))
