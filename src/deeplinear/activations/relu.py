"""The rectifier: positively homogeneous, so its variance map is a straight line."""

import numpy as np

from deeplinear.activations.activation import Activation

RELU = Activation(
    "relu",
    function=lambda x: np.maximum(x, 0.0),
    derivative=lambda x: np.where(np.asarray(x) > 0, 1.0, 0.0),
    second=lambda x: np.zeros(np.shape(x)),
    twin="jax.nn:relu",
    kinks=(0.0,),
    plateaus=(0.0, 1.0),
    log_derivative=lambda x: np.where(np.asarray(x) > 0, 0.0, -np.inf),
)
