"""``x σ(x)``, also called swish."""

import numpy as np
from scipy.special import expit, log_expit

from deeplinear.activations.activation import Activation
from deeplinear.activations.sigmoid import slope

SILU = Activation(
    "silu",
    function=lambda x: np.asarray(x) * expit(x),
    derivative=lambda x: expit(x) + np.asarray(x) * slope(x),
    second=lambda x: slope(x) * (2 - np.asarray(x) * np.tanh(np.asarray(x) / 2)),
    twin="jax.nn:silu",
    log_derivative=lambda x: log_expit(x) + np.log(np.abs(1 + np.asarray(x) * expit(-np.asarray(x)))),
)
