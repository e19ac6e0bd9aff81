"""Saturated units: their slopes are small, not zero, and a scaling of columns loses no rank."""

from functools import reduce

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear import initial
from deeplinear.activations import as_activation
from deeplinear.data.digits import load_digits
from deeplinear.network import Network
from deeplinear.propagation.finite.jacobian import log_jacobian_singular_values, signs

GOOD = 1e-6  # the relative error asked for by default
SLOPES = {
    "tanh": lambda h: mpmath.sech(h) ** 2,
    "sigmoid": lambda h: mpmath.exp(-h) / (1 + mpmath.exp(-h)) ** 2,
    "erf": lambda h: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-h * h),
    "gelu": lambda h: mpmath.ncdf(h) + h * mpmath.npdf(h),  # negative below 0: signs count
    "elu": lambda h: mpmath.exp(min(h, 0)),
}


def by_multiplication(net, x, digits=700):
    """``ln s`` of the Jacobian, multiplied out in as many digits as it takes."""
    with mpmath.workdps(digits):
        factors, h = [], x
        for number, (w, after) in enumerate(zip(net.weights, net.preactivations(x), strict=True)):
            acts = number > 0 or net.activated_inputs
            slopes = [SLOPES[net.activation.name](mpmath.mpf(float(v))) if acts else mpmath.mpf(1) for v in h]
            factors.append(mpmath.matrix(w.tolist()) * mpmath.diag(slopes))
            h = after
        product = reduce(lambda below, above: above * below, factors)
        values = mpmath.svd_r(product if product.rows >= product.cols else product.T, compute_uv=False)
        return np.sort([float(mpmath.log(s)) for s in values])[::-1]


@pytest.mark.parametrize(("name", "x", "slope"), [("tanh", 19, -36.6137), ("sigmoid", 40, -40), ("erf", 7, -48.879)])
@pytest.mark.parametrize("activated", [False, True])
def test_one_saturated_unit_beside_an_open_one(name, x, slope, activated):
    net = Network([np.eye(2)] * 2, name)
    if activated:
        net = Network([np.eye(2)], name, activated_inputs=True)
    found = log_jacobian_singular_values(net, [0.0, x])
    assert_allclose(found[1], slope, rtol=0, atol=5e-4 if name == "erf" else 5e-5)  # as many digits as are printed
    assert_allclose(found[0], np.log(as_activation(name).derivative(0.0)), rtol=0, atol=1e-12)


def test_slopes_that_no_float_holds():
    """``sech² 1000`` is e^(ln 4 − 2000)."""
    found = log_jacobian_singular_values(Network([np.eye(3)], "tanh", activated_inputs=True), [0.0, 30.0, -1000.0])
    assert_allclose(found, [0.0, np.log(4) - 60, np.log(4) - 2000], rtol=1e-12)


def test_signs_outlive_the_slope():
    """GELU falls left of −0.75, also where its slope is less than any float."""
    x = np.array([-1e9, -60.0, -1.0, -0.5, 1e9])
    assert_array_equal(signs(as_activation("gelu"), x), [-1, -1, -1, 1, 1])


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("widths", [(5, 5, 5, 5), (4, 6, 3), (3, 5, 6)])
@pytest.mark.parametrize("activated", [False, True])
@pytest.mark.parametrize("size", [2.0, 5.0])
def test_saturated_networks_against_many_digits(name, widths, activated, size):
    weights = [size**0.5 * w for w in initial.gaussian(list(widths), rng=3)]
    net = Network(weights, name, activated_inputs=activated)
    x = size * np.random.default_rng(1).standard_normal(widths[0])
    found, error = log_jacobian_singular_values(net, x, error=True)
    off = np.abs(found - by_multiplication(net, x))
    assert off.max() < GOOD
    assert error < GOOD
    assert (off < error + 4 * np.spacing(np.abs(found))).all()


def test_digits_at_the_widespread_gain_have_no_zero_singular_value():
    """64 pixels from 0 to 16 through tanh networks at g = 5/3: 113 of these 640 values once read as zero."""
    images = 16 * np.asarray(load_digits()[0])[:10]
    net = Network(initial.orthogonal([64] * 3, gain=5 / 3, rng=0), "tanh")
    found = np.array([log_jacobian_singular_values(net, x) for x in images])
    assert found.size == 640
    assert np.isfinite(found).all()
    assert (found < -36).sum() > 50
    for x, logs in zip(images, found, strict=True):  # ln|det J| = Σ ln φ' + ln|det W1| + ln|det W2|
        (h, _) = net.preactivations(x)
        sizes = sum(np.linalg.slogdet(w)[1] for w in net.weights)
        assert_allclose(logs.sum(), as_activation("tanh").log_slope(h).sum() + sizes, rtol=1e-12)


@pytest.mark.parametrize("name", ["relu", "hard_tanh"])
def test_closed_units_are_zeros_beside_saturation(name):
    net = Network([np.eye(3)], name, activated_inputs=True)
    assert (log_jacobian_singular_values(net, [0.5, -30.0, -40.0])[1:] == -np.inf).all()


def test_a_function_of_ones_own_needs_its_logarithm_where_rounding_has_taken_its_slope():
    mine = lambda h: jnp.tanh(h)  # noqa: E731
    x = [0.0, 19.0]
    with pytest.raises(
        ValueError, match=r"log_slope needs three digits of φ', got lambda at 19, where rounding leaves "
    ):
        log_jacobian_singular_values(Network([np.eye(2)], mine, activated_inputs=True), x)
    known = as_activation(mine, log_derivative=as_activation("tanh").log_derivative)
    found = log_jacobian_singular_values(Network([np.eye(2)], known, activated_inputs=True), x)
    assert_allclose(found, [0.0, -36.61370564], rtol=0, atol=1e-8)
    # inputs that meet W1 as they are have no slope
    assert_allclose(log_jacobian_singular_values(Network([np.eye(2)], mine), x), [0.0, 0.0], atol=1e-15)
