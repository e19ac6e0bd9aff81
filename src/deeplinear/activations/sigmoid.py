"""The logistic function; its mean is not 0, so it is never critical without a bias."""

import numpy as np
from scipy.special import expit

from deeplinear.activations.activation import Activation
from deeplinear.task import Array


def slope(x: Array) -> Array:
    """``σ' = σ(x) σ(−x)``."""
    return expit(x) * expit(-np.asarray(x))


SIGMOID = Activation(
    "sigmoid",
    function=expit,
    derivative=slope,
    second=lambda x: -slope(x) * np.tanh(np.asarray(x) / 2),
    twin="jax.nn:sigmoid",
)
