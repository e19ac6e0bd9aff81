"""The logistic function. Its mean is not 0: without biases zero variance is not kept, and it is critical only at σ_w = 10.15."""

import numpy as np
from scipy.special import expit, log_expit

from deeplinear.activations.activation import Activation
from deeplinear.arrays import Array


def slope(x: Array) -> Array:
    """``σ' = σ(x) σ(−x)``."""
    return expit(x) * expit(-np.asarray(x))


SIGMOID = Activation(
    "sigmoid",
    function=expit,
    derivative=slope,
    second=lambda x: -slope(x) * np.tanh(np.asarray(x) / 2),
    twin="jax.nn:sigmoid",
    log_derivative=lambda x: log_expit(x) + log_expit(-np.asarray(x)),
)
