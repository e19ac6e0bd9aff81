"""The sine, whose variance map bends like tanh's but does not saturate."""

import numpy as np

from deeplinear.activations.activation import Activation

SIN = Activation(
    "sin",
    function=np.sin,
    derivative=np.cos,
    second=lambda x: -np.sin(x),
    twin="jax.numpy:sin",
    log_derivative=lambda x: np.log(np.abs(np.cos(x))),
)
