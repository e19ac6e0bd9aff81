"""The hyperbolic tangent: the paper's only nonlinearity."""

import numpy as np

from deeplinear.activations.activation import Activation
from deeplinear.arrays import Array


def square_of_sech(x: Array) -> Array:
    """``sech² x``, without the cancellation of ``1 − tanh² x`` and without overflow."""
    e = np.exp(-2 * np.abs(x))
    return 4 * e / (1 + e) ** 2


def log_square_of_sech(x: Array) -> Array:
    """``ln sech² x``, which tends to ``ln 4 − 2|x|``."""
    x = 2 * np.abs(x)
    return np.log(4.0) - x - 2 * np.log1p(np.exp(-x))


TANH = Activation(
    "tanh",
    function=np.tanh,
    derivative=square_of_sech,
    second=lambda x: -2 * np.tanh(x) * square_of_sech(x),
    twin="jax.numpy:tanh",
    log_derivative=log_square_of_sech,
)
