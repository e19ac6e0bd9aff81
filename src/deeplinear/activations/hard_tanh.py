"""x, clipped to [−1, 1]: the saturating function whose Jacobians are random projections."""

import numpy as np

from deeplinear.activations.activation import Activation

HARD_TANH = Activation(
    "hard_tanh",
    function=lambda x: np.clip(x, -1.0, 1.0),
    derivative=lambda x: np.where(np.abs(x) < 1, 1.0, 0.0),
    second=lambda x: np.zeros(np.shape(x)),
    twin="jax.nn:hard_tanh",
    kinks=(-1.0, 1.0),
    plateaus=(0.0, 1.0),
    log_derivative=lambda x: np.where(np.abs(x) < 1, 0.0, -np.inf),
)
