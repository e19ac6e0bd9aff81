"""Free laws of every kind of edge: soft, hard, logarithmic, superexponential, with and without atoms."""

import numpy as np

from deeplinear.activations import as_activation
from deeplinear.propagation.free.double_scaling import DoubleScaling
from deeplinear.propagation.free.one_layer import OneLayer
from deeplinear.propagation.free.residual import ResidualLaw
from deeplinear.propagation.free.spectrum import jacobian_spectrum


def law(phi, depth, weights, gain=1.1, input_variance=0.6):
    return jacobian_spectrum(phi, gain=gain, depth=depth, input_variance=input_variance, weights=weights)


SMOOTH = [
    law("linear", 3, "gaussian"),
    law("tanh", 1, "gaussian"),
    law("tanh", 10, "gaussian"),
    law("erf", 2, "orthogonal"),
    law("tanh", 10, "orthogonal"),
    law("relu", 1, "gaussian"),
    law("relu", 5, "orthogonal"),
    law("hard_tanh", 4, "gaussian"),
    law("hard_tanh", 10, "orthogonal", gain=1.3, input_variance=1.0),
    law("elu", 3, "gaussian"),
    law("sigmoid", 3, "orthogonal"),
    ResidualLaw(0.25),
    ResidualLaw(3.0),
    DoubleScaling(0.3, "smooth"),
    DoubleScaling(4.0, "smooth"),
]
LOGARITHMIC = [DoubleScaling(4.0, "bernoulli")]
TOPPED = [law("hard_tanh", 3, "orthogonal"), DoubleScaling(0.3, "bernoulli")]
SINGLE = [OneLayer(as_activation(phi), 1.0, 0.9) for phi in ("tanh", "erf", "sigmoid")]
EVERY = SMOOTH + [each.singular_values() for each in SMOOTH[::4]] + [each.logarithm() for each in SMOOTH[1::4]]
CURVE, TAILS = 1e-10, 1e-9  # what FreeLaw promises
LEVELS = np.array([1e-6, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-5])
