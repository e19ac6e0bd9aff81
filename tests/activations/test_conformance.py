"""Every activation that is listed: value, derivatives, kinks and plateaus against what they should be."""

from itertools import pairwise

import jax
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.activations import ACTIVATIONS, as_activation
from deeplinear.activations.differences import differences

ALL = pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
GRID = np.linspace(-6, 6, 2401)  # steps of 0.005


def off(phi, x=GRID, distance=1e-3):
    """The grid without the neighbourhood of the kinks."""
    return x[np.all(np.abs(x[:, None] - np.array([np.inf, *phi.kinks])) > distance, axis=1)]


@ALL
def test_the_twin_is_the_same_function(phi):
    with jax.enable_x64(True):
        assert_allclose(phi(GRID), np.asarray(phi.jax(GRID)), rtol=1e-13, atol=1e-15)


@ALL
def test_derivatives_are_those_of_the_twin(phi):
    x = off(phi)
    with jax.enable_x64(True):
        first = jax.vmap(jax.grad(phi.jax))(x)
        second = jax.vmap(jax.grad(jax.grad(phi.jax)))(x)
    assert_allclose(phi.derivative(x), first, rtol=1e-12, atol=1e-14)
    assert_allclose(phi.second(x), second, rtol=1e-12, atol=1e-14)


@ALL
def test_derivatives_are_differences_on_one_side_of_every_kink(phi):
    x = off(phi)
    first, second = differences(phi.function, phi.kinks)
    assert_allclose(phi.derivative(x), first(x), atol=3e-12)  # rounding of φ over a step of 0.02
    assert_allclose(phi.second(x), second(x), atol=3e-10)  # over its square


@ALL
def test_kinks_are_where_they_are_said_to_be(phi):
    for kink in phi.kinks:
        sides = np.array([kink - 1e-9, kink + 1e-9])
        jump = [abs(np.diff(f(sides))[0]) for f in (phi.function, phi.derivative, phi.second)]
        assert max(jump) > 0.1


@ALL
def test_there_are_no_other_kinks(phi):
    """Differences that cross every place but the kinks named agree with φ' beside each of them."""
    between = [*np.sort(np.concatenate([phi.kinks, [-6.0, 6.0]]))]
    for left, right in pairwise(between):
        x = np.linspace(left, right, 4001)[1:-1]
        step = x[1] - x[0]
        # a jump of φ or φ' shows at any step, a jump of φ'' of 0.1 is 100 times what φ''' does over a step
        assert np.abs(np.diff(phi(x))).max() < 2 * step
        assert np.abs(np.diff(phi.derivative(x))).max() < 2 * step
        assert np.abs(np.diff(phi.second(x))).max() < 5 * step


@ALL
def test_plateaus_are_all_that_the_derivative_takes(phi):
    found = np.unique(phi.derivative(GRID))
    if phi.plateaus:
        assert tuple(found) == phi.plateaus
    else:
        assert found.size > 100


@pytest.mark.parametrize("x", [-40.0, -5.0, 5.0, 40.0])
def test_slopes_far_out_keep_their_digits(x):
    with mp.workdps(40):
        tanh, sigmoid = mp.sech(x) ** 2, mp.exp(-mp.mpf(x)) / (1 + mp.exp(-mp.mpf(x))) ** 2
    assert_allclose(as_activation("tanh").derivative(x), float(tanh), rtol=1e-15 * 40)
    assert_allclose(as_activation("sigmoid").derivative(x), float(sigmoid), rtol=1e-15 * 40)


@ALL
def test_scalars_and_any_shape_are_taken(phi):
    for f in (phi.function, phi.derivative, phi.second):
        assert np.shape(f(0.5)) == ()
        assert f(np.full((2, 3), 0.5)).shape == (2, 3)
        assert f(np.full((2, 3), 0.5))[0, 0] == f(0.5)


@ALL
def test_names_lead_back(phi):
    assert as_activation(phi.name) is phi
    assert as_activation(phi) is phi
    assert phi.derivatives == "closed form"


def test_other_words():
    assert as_activation("swish") is ACTIVATIONS["silu"]
    assert as_activation("identity") is ACTIVATIONS["linear"]
    with pytest.raises(ValueError, match=r"as_activation needs one of linear, tanh.*got 'tahn'"):
        as_activation("tahn")
    with pytest.raises(TypeError, match=r"as_activation needs a name or a function, got 3"):
        as_activation(3)


@pytest.mark.parametrize(
    ("name", "x", "value"),
    [
        ("elu", -1e-9, -1e-9 + 5e-19),
        ("selu", -1e-9, 1.0507009873554805 * 1.6732632423543772 * (-1e-9 + 5e-19)),
        ("softplus", -50.0, np.exp(-50)),
        ("softplus", 1e4, 1e4),
        ("silu", -50.0, -50 * np.exp(-50)),
        ("gelu", -10.0, -10 * float(mp.ncdf(-10))),
    ],
)
def test_values_close_to_zero_and_far_out_keep_their_digits(name, x, value):
    assert_allclose(as_activation(name)(x), value, rtol=1e-14)
