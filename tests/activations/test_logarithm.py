"""Logarithms of slopes: exact for the list, careful for functions of one's own."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear.activations import ACTIVATIONS, as_activation

FAR = [-3e4, -400.0, -40.0, -19.0, -7.0, -2.0, -1.0, -0.5, -1e-9, 1e-9, 0.3, 1.0, 3.0, 7.0, 19.0, 40.0, 400.0, 3e4]
SLOPES = {
    "linear": lambda x: mp.mpf(1),
    "tanh": lambda x: mp.sech(x) ** 2,
    "erf": lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    "sigmoid": lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
    "leaky_relu": lambda x: mp.mpf(1) if x > 0 else mp.mpf(0.01),
    "elu": lambda x: mp.exp(min(x, 0)),
    "selu": lambda x: mp.mpf(1.0507009873554805) * (1 if x > 0 else mp.mpf(1.6732632423543772) * mp.exp(x)),
    "gelu": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x),
    "silu": lambda x: (1 + x / (1 + mp.exp(x))) / (1 + mp.exp(-x)),
    "softplus": lambda x: 1 / (1 + mp.exp(-x)),
    "sin": mp.cos,
}


@pytest.mark.parametrize("name", SLOPES)
def test_far_out_against_many_digits(name):
    with mp.workdps(60):
        expected = [float(mp.log(abs(SLOPES[name](mp.mpf(x))))) for x in FAR]
    assert_allclose(ACTIVATIONS[name].log_slope(np.array(FAR)), expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", ["relu", "hard_tanh"])
def test_flat_pieces_have_no_logarithm(name):
    found = ACTIVATIONS[name].log_slope(np.array([-3.0, 0.5]))
    assert_array_equal(found, [-np.inf, 0.0])


@pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_near_zero_it_is_the_logarithm_of_the_slope(phi):
    assert phi.log_derivative is not None
    x = np.linspace(-3, 3, 600).reshape(2, 300)
    assert_allclose(np.exp(phi.log_slope(x)), np.abs(phi.derivative(x)), rtol=1e-13, atol=1e-15)
    assert np.shape(phi.log_slope(0.5)) == ()
    assert phi.log_slope(np.array([-1e300, 1e300])).shape == (2,)  # overflows in silence


@pytest.mark.parametrize(
    ("mine", "known", "reach"),
    [
        (lambda x: jnp.tanh(x), "tanh", 10),
        (lambda x: np.tanh(x), "tanh", 8),
        (jax.nn.sigmoid, "sigmoid", 20),
        (lambda x: jnp.where(x > 0, x, 0.01 * x), "leaky_relu", 30),
        (lambda x: np.maximum(x, 0.0), "relu", 30),
    ],
)
def test_own_functions_give_it_as_far_as_it_is_there(mine, known, reach):
    phi, x = as_activation(mine), np.linspace(-reach, reach, 101)  # 0 among them
    assert_allclose(phi.log_slope(x), ACTIVATIONS[known].log_slope(x), rtol=0, atol=1e-4)


@pytest.mark.parametrize("mine", [lambda x: jnp.tanh(x), lambda x: np.tanh(x), lambda x: jax.nn.gelu(x)])
def test_what_rounding_has_taken_is_refused(mine):
    """``1 − tanh² 17`` is 0 in float64, and a difference of tanh there is noise."""
    with pytest.raises(ValueError, match=r"log_slope needs three digits of φ'.*Pass as_activation\(f, log_derivative="):
        as_activation(mine).log_slope(np.array([0.0, -17.0]))


def test_slopes_that_autodiff_has_outlive_the_function():
    """``e^x − 1`` is −1 at −40; of its slope e^−40 JAX keeps every digit, or none where it is written with expm1."""
    x = np.array([-40.0, -600.0])
    for known in (lambda x: jnp.where(x > 0, x, jnp.exp(jnp.minimum(x, 0.0)) - 1), lambda x: jnp.exp(x) - 1):
        assert_allclose(as_activation(known).log_slope(x), x, rtol=1e-12)
    for rounded in (jax.nn.elu, lambda x: jnp.expm1(x)):
        with pytest.raises(ValueError, match=r"got .* at -40, where rounding leaves 0 of it"):
            as_activation(rounded).log_slope(x)


def test_flat_pieces_and_isolated_zeros_of_own_functions():
    for clip in (jnp.clip, np.clip):
        named = as_activation(lambda x, clip=clip: clip(x, -1, 1), kinks=(-1, 1))
        assert_allclose(named.log_slope(np.array([-30.0, 0.5, 2.0])), [-np.inf, 0.0, -np.inf], atol=1e-10)
    assert as_activation(lambda x: x**2).log_slope(0.0) == -np.inf
    with pytest.raises(ValueError, match="or name the kinks between which φ is flat"):
        as_activation(lambda x: jnp.clip(x, -1, 1)).log_slope(np.array([2.0]))
