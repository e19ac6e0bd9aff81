"""The exponential linear unit (Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289), α = 1."""

import numpy as np

from deeplinear.activations.activation import Activation
from deeplinear.arrays import Array


def below(x: Array) -> Array:
    """``e^x`` where x < 0, without overflow above."""
    return np.exp(np.minimum(x, 0.0))


ELU = Activation(
    "elu",
    function=lambda x: np.where(np.asarray(x) > 0, x, np.expm1(np.minimum(x, 0.0))),
    derivative=below,
    second=lambda x: np.where(np.asarray(x) > 0, 0.0, below(x)),
    twin="jax.nn:elu",
    kinks=(0.0,),
    log_derivative=lambda x: np.minimum(x, 0.0),
)
