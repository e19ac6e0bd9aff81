"""The error function: tanh's twin whose Gaussian integrals are elementary."""

import numpy as np
from scipy.special import erf

from deeplinear.activations.activation import Activation
from deeplinear.arrays import Array


def bell(x: Array) -> Array:
    """``erf' = 2 exp(−x²) / √π``."""
    return 2 / np.sqrt(np.pi) * np.exp(-np.square(x))


ERF = Activation(
    "erf",
    function=erf,
    derivative=bell,
    second=lambda x: -2 * np.asarray(x) * bell(x),
    twin="jax.scipy.special:erf",
    log_derivative=lambda x: np.log(2 / np.sqrt(np.pi)) - np.square(x),
)
