"""``ln(1 + e^x)``, the smooth rectifier."""

import numpy as np
from scipy.special import expit, log_expit

from deeplinear.activations.activation import Activation
from deeplinear.activations.sigmoid import slope

SOFTPLUS = Activation(
    "softplus",
    function=lambda x: np.logaddexp(x, 0.0),
    derivative=expit,
    second=slope,
    twin="jax.nn:softplus",
    log_derivative=log_expit,
)
