"""The Gaussian error linear unit ``x Φ(x)`` (Hendrycks & Gimpel 2016, arXiv:1606.08415), not its tanh approximation."""

from typing import Any

import numpy as np
from scipy.special import erfcx, ndtr

from deeplinear.activations.activation import Activation
from deeplinear.arrays import Array


def normal(x: Array) -> Array:
    """The standard normal density."""
    return np.exp(-np.square(x) / 2) / np.sqrt(2 * np.pi)


def log_slope(x: Array) -> Array:
    """``ln |Φ(x) + x n(x)|``, from Mills' ratio ``m(x) = (1 − Φ)/n``: below 0 as ``n (x + m(−x))``, above as ``1 + n (x − m)``."""
    x = np.asarray(x, dtype=np.float64)
    mills = np.sqrt(np.pi / 2) * erfcx(np.abs(x) / np.sqrt(2))
    below = np.log(np.abs(np.minimum(x, 0.0) + mills)) - np.square(x) / 2 - np.log(2 * np.pi) / 2
    return np.where(x < 0, below, np.log1p(normal(x) * (np.maximum(x, 0.0) - mills)))


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
