"""The Gaussian error linear unit ``x Φ(x)`` (Hendrycks & Gimpel 2016, arXiv:1606.08415), not its tanh approximation."""

from typing import Any

import numpy as np
from scipy.special import erfcx, ndtr

from deeplinear.activations.activation import Activation
from deeplinear.task import Array


def normal(x: Array) -> Array:
    """The standard normal density."""
    return np.exp(-np.square(x) / 2) / np.sqrt(2 * np.pi)


def log_slope(x: Array) -> Array:
    """``ln |Φ(x) + x n(x)|``, below 0 as ``n(x) (x + Φ/n)`` with the Mills ratio ``Φ/n = √(π/2) erfcx(−x/√2)``."""
    x = np.asarray(x, dtype=np.float64)
    left, right = np.minimum(x, 0.0), np.maximum(x, 0.0)
    below = np.log(np.abs(left + np.sqrt(np.pi / 2) * erfcx(-left / np.sqrt(2)))) - np.square(left) / 2
    return np.where(x < 0, below - np.log(2 * np.pi) / 2, np.log(ndtr(right) + right * normal(right)))


def twin(x: Any) -> Any:
    """``x Φ(x)`` on JAX arrays."""
    import jax

    return jax.nn.gelu(x, approximate=False)


GELU = Activation(
    "gelu",
    function=lambda x: np.asarray(x) * ndtr(x),
    derivative=lambda x: ndtr(x) + np.asarray(x) * normal(x),
    second=lambda x: normal(x) * (2 - np.square(x)),
    twin=twin,
    log_derivative=log_slope,
)
