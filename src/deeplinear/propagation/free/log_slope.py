"""``ln φ'(h)²`` where φ'² itself leaves float64: saturated units at large variances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfcx, log_expit

from deeplinear.activations import Activation

if TYPE_CHECKING:
    from deeplinear.task import Array


def tanh(h: Array) -> Array:
    """``ln sech² h``."""
    size = np.abs(h)
    return 2 * (math.log(2) - size - np.log1p(np.exp(-2 * size)))


def erf(h: Array) -> Array:
    """``ln (2 exp(−h²)/√π)``."""
    return math.log(2 / math.sqrt(math.pi)) - np.square(h)


def sigmoid(h: Array) -> Array:
    """``ln σ(h) σ(−h)``."""
    return log_expit(h) + log_expit(-h)


def silu(h: Array) -> Array:
    """``ln |σ(h) (1 + h σ(−h))|``."""
    return log_expit(h) + np.log(np.abs(1 + h * np.exp(log_expit(-h))))


def gelu(h: Array) -> Array:
    """``ln |Φ(h) + h n(h)|``, from Mills' ratio where both are small."""
    left = np.minimum(h, 0.0)
    mills = math.sqrt(math.pi / 2) * erfcx(-left / math.sqrt(2))
    small = np.log(np.abs(left + mills)) - np.square(left) / 2 - math.log(2 * math.pi) / 2
    right = np.maximum(h, 0.0)
    n = np.exp(-np.square(right) / 2) / math.sqrt(2 * math.pi)
    return np.where(h < 0, small, np.log1p(right * n - mills_above(right) * n))


def mills_above(h: Array) -> Array:
    """``(1 − Φ(h))/n(h)`` for h >= 0."""
    return math.sqrt(math.pi / 2) * erfcx(h / math.sqrt(2))


LOG_SLOPES: dict[str, Callable[[Array], Array]] = {
    "tanh": tanh,
    "erf": erf,
    "sigmoid": sigmoid,
    "silu": silu,
    "gelu": gelu,
    "softplus": log_expit,
    "elu": lambda h: np.minimum(h, 0.0),
    "selu": lambda h: np.where(h > 0, 0.0, math.log(1.6732632423543772) + h) + math.log(1.0507009873554805),
}


def log_square(activation: Activation, h: Array) -> Array:
    """``ln φ'(h)²``, shape of h; −∞ where φ' is 0."""
    with np.errstate(divide="ignore"):
        if activation.name in LOG_SLOPES:
            return 2 * LOG_SLOPES[activation.name](h)
        return 2 * np.log(np.abs(np.broadcast_to(activation.derivative(h), h.shape)))
