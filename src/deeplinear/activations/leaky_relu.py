"""The rectifier that keeps a hundredth of what is negative."""

import numpy as np

from deeplinear.activations.activation import Activation

LEAK = 0.01

LEAKY_RELU = Activation(
    "leaky_relu",
    function=lambda x: np.where(np.asarray(x) > 0, x, LEAK * np.asarray(x)),
    derivative=lambda x: np.where(np.asarray(x) > 0, 1.0, LEAK),
    second=lambda x: np.zeros(np.shape(x)),
    twin="jax.nn:leaky_relu",
    kinks=(0.0,),
    plateaus=(LEAK, 1.0),
    log_derivative=lambda x: np.where(np.asarray(x) > 0, 0.0, np.log(LEAK)),
)
