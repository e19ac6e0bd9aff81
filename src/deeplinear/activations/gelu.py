"""The Gaussian error linear unit ``x Φ(x)`` (Hendrycks & Gimpel 2016, arXiv:1606.08415), not its tanh approximation."""

from typing import Any

import numpy as np
from scipy.special import ndtr

from deeplinear.activations.activation import Activation
from deeplinear.task import Array


def normal(x: Array) -> Array:
    """The standard normal density."""
    return np.exp(-np.square(x) / 2) / np.sqrt(2 * np.pi)


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
)
