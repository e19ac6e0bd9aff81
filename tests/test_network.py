"""A network: what passes through it, written out, and what it refuses."""

from functools import reduce

import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.network import Network

WEIGHTS = (np.array([[1.0, -2.0], [0.5, 0.3], [-1.0, 1.0]]), np.array([[2.0, 1.0, -1.0]]))
BIASES = (np.array([0.1, -0.2, 0.3]), np.array([0.7]))
X = np.array([0.4, -0.6])


@pytest.mark.parametrize("activated", [False, True])
@pytest.mark.parametrize("biased", [False, True])
def test_layers_and_jacobian_written_out(biased, activated):
    net = Network(WEIGHTS, "tanh", BIASES if biased else None, activated_inputs=activated)
    b1, b2 = BIASES if biased else (0.0, 0.0)
    h1 = WEIGHTS[0] @ (np.tanh(X) if activated else X) + b1
    h2 = WEIGHTS[1] @ np.tanh(h1) + b2
    for found, expected in zip(net.preactivations(X), (h1, h2), strict=True):
        assert_allclose(found, expected, rtol=1e-15)
    assert_allclose(net(np.stack([X, X])), [h2, h2], rtol=1e-15)
    assert (net.depth, net.widths) == (2, (2, 3, 1))
    slope = 1 / np.cosh(X) ** 2 if activated else np.ones(2)
    expected = WEIGHTS[1] @ np.diag(1 / np.cosh(h1) ** 2) @ WEIGHTS[0] @ np.diag(slope)
    assert_allclose(reduce(lambda below, w: w @ below, net.jacobian_factors(X)), expected, rtol=1e-13)


def test_refusals():
    with pytest.raises(ValueError, match=r"Network needs finite biases of shapes \[\(3,\), \(1,\)\], got \[\(3,\)\]"):
        Network(WEIGHTS, biases=BIASES[:1])
    with pytest.raises(ValueError, match=r"Network needs finite biases of shapes .* got \[\(1,\), \(3,\)\]"):
        Network(WEIGHTS, biases=BIASES[::-1])
    with pytest.raises(ValueError, match=r"Network needs finite biases"):
        Network(WEIGHTS, biases=(BIASES[0], [np.nan]))
    for none in (True, 0, 0.5):
        with pytest.raises(
            ValueError, match=rf"Network needs finite biases of shapes .*, got biases={none!r}: each layer"
        ):
            Network(WEIGHTS, "tanh", none)
    with pytest.raises(ValueError, match=r"Network needs real biases, got b2='a': it holds text"):
        Network(WEIGHTS, biases=(BIASES[0], "a"))
    for x in (0.5, [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match=r"Network needs inputs of 2 numbers each, got shape"):
            Network(WEIGHTS)(x)
    with pytest.raises(ValueError, match=r"Network needs real inputs, got x="):
        Network(WEIGHTS)("x")
    for bad in (np.inf, np.nan):
        with pytest.raises(ValueError, match=r"Network needs finite inputs, got 1 NaN or infinite numbers in x"):
            Network(WEIGHTS)([bad, 0.0])


def test_one_line_says_what_it_is():
    assert repr(Network(WEIGHTS)) == "Network(2-3-1, 2 layers, tanh)"
    assert repr(Network([np.eye(3)], "relu", [np.zeros(3)])) == "Network(3-3, 1 layer, relu, biases)"
    deep = Network([np.eye(64)] * 19 + [np.ones((10, 64))], activated_inputs=True)
    assert repr(deep) == "Network(64-64-…-10, 20 layers, tanh, activated inputs)"
