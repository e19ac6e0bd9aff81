"""The self-normalising unit (Klambauer et al. 2017, arXiv:1706.02515): variance 1 is its stable fixed point."""

import numpy as np

from deeplinear.activations.activation import Activation
from deeplinear.activations.elu import below

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805

SELU = Activation(
    "selu",
    function=lambda x: SCALE * np.where(np.asarray(x) > 0, x, ALPHA * np.expm1(np.minimum(x, 0.0))),
    derivative=lambda x: SCALE * np.where(np.asarray(x) > 0, 1.0, ALPHA * below(x)),
    second=lambda x: SCALE * np.where(np.asarray(x) > 0, 0.0, ALPHA * below(x)),
    twin="jax.nn:selu",
    kinks=(0.0,),
    log_derivative=lambda x: np.log(SCALE) + np.where(np.asarray(x) > 0, 0.0, np.log(ALPHA) + np.minimum(x, 0.0)),
)
