"""Functions of the user's own."""

import math
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from numpy.testing import assert_allclose

from deeplinear.activations import ACTIVATIONS, as_activation
from deeplinear.activations.custom import custom

X = np.linspace(-5, 5, 1003)


@pytest.mark.parametrize("name", ["tanh", "silu", "gelu", "elu", "softplus"])
def test_jax_functions_give_what_the_list_gives(name):
    known = ACTIVATIONS[name]
    mine = as_activation(lambda x: known.jax(x), kinks=known.kinks)
    assert mine.derivatives == "automatic differentiation"
    x = X[X != 0]
    assert_allclose(mine(x), known(x), rtol=1e-13, atol=1e-15)
    assert_allclose(mine.derivative(x), known.derivative(x), rtol=1e-12, atol=1e-14)
    assert_allclose(mine.second(x), known.second(x), rtol=1e-12, atol=1e-14)
    assert mine(x).dtype == mine.derivative(x).dtype == np.float64
    assert not jax.config.jax_enable_x64


@pytest.mark.parametrize("name", ["tanh", "hard_tanh", "elu", "relu", "selu"])
def test_numpy_functions_are_differenced_on_one_side_of_each_kink(name):
    known = ACTIVATIONS[name]
    mine = custom(lambda x: known.function(np.asarray(x, dtype=float)), known.kinks)
    assert mine.derivatives == "finite differences"
    x = np.concatenate([X[~np.isin(X, known.kinks)], *[[k - 1e-12, k + 1e-12] for k in known.kinks]])
    assert_allclose(mine.derivative(x), known.derivative(x), atol=1e-11)
    assert_allclose(mine.second(x), known.second(x), atol=1e-9)


def test_jumps_of_the_function_itself_leave_its_sides_alone():
    step = custom(lambda x: np.where(np.asarray(x) >= 0, 2 + np.sin(x), 0.0), kinks=(0.0,))
    assert_allclose(step.derivative(np.array([-1e-9, 1e-9, 0.01])), [0, 1, np.cos(0.01)], atol=1e-10)


def test_shapes_and_training_twin():
    square = custom(lambda x: x * x)
    assert square.derivative(np.ones((3, 1, 2))).shape == (3, 1, 2)
    assert np.shape(square.derivative(3.0)) == ()
    assert square.derivative(3.0) == 6.0
    assert square.derivative(np.empty(0)).shape == (0,)
    assert_allclose(square.jax(jnp.ones(2)), 1.0)
    untraced = custom(np.tanh)
    with pytest.raises(TypeError, match=r"training needs an activation that JAX can trace, got tanh"):
        untraced.jax(jnp.ones(2))


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (math.tanh, TypeError, r"custom needs a function of one array, got tanh, which fails on an array of 7"),
        (np.sum, ValueError, r"one finite real value for each entry, got shape \(\)"),
        (lambda x: x - np.mean(x), ValueError, r"custom needs an elementwise function, got lambda"),
        (jax.nn.softmax, ValueError, r"custom needs an elementwise function, got softmax"),
        (lambda x: np.where(np.asarray(x) > 0, np.nan, x), ValueError, r"one finite real value"),
        (lambda x: x + 1j, ValueError, r"dtype complex128"),
        (lambda x: [1, 2], ValueError, r"got shape \(2,\)"),
        (lambda x: np.asarray(x) > 0, ValueError, r"dtype bool"),
        (lambda x: np.asarray(x)[:, None], ValueError, r"got shape \(7, 1\)"),
    ],
)
def test_what_is_not_an_elementwise_function_is_refused(bad, error, words):
    with pytest.raises(error, match=words):
        custom(bad)


def test_kinks_are_finite_and_sorted():
    assert custom(np.abs, kinks=(1, 0)).kinks == (0.0, 1.0)
    with pytest.raises(ValueError, match=r"custom needs finite kinks, got kinks=inf"):
        custom(np.abs, kinks=(np.inf,))


def test_kinks_that_are_close_to_each_other():
    """Three pieces of sines, the middle one narrower than a stencil: no piece sees another."""
    pieces = custom(
        lambda x: np.choose(np.searchsorted([0.0, 0.05], x), [np.sin(x), np.cos(9 * x), -np.sin(x)]), (0, 0.05)
    )
    inside = np.linspace(0.001, 0.049, 7)
    x = np.concatenate([[-1e-6], inside, [0.050001]])
    first = np.concatenate([np.cos(x[:1]), -9 * np.sin(9 * inside), -np.cos(x[-1:])])
    second = np.concatenate([-np.sin(x[:1]), -81 * np.cos(9 * inside), np.sin(x[-1:])])
    assert_allclose(pieces.derivative(x), first, atol=1e-10)
    assert_allclose(pieces.second(x), second, atol=1e-7)  # rounding over the square of a step of 0.006


def test_kinks_are_handed_on_whatever_the_derivatives_come_from():
    assert as_activation(lambda x: abs(x - 0.3), kinks=(0.3,)).kinks == (0.3,)
    assert as_activation(lambda x: np.abs(np.asarray(x) - 0.3), kinks=(0.3,)).kinks == (0.3,)


@pytest.mark.parametrize(
    ("ufunc", "name"),
    [(np.tanh, "tanh"), (np.sin, "sin"), (scipy.special.erf, "erf"), (scipy.special.expit, "sigmoid")],
)
def test_ufuncs_of_the_list_are_those_of_the_list(ufunc, name):
    assert as_activation(ufunc) is ACTIVATIONS[name]
    assert repr(as_activation(ufunc)) == f"Activation({name!r})"


def test_a_ufunc_may_be_read_many_times():
    """JAX, shown the same bare ufunc twice, ended the process: seen from outside."""
    code = "import numpy as np; from deeplinear.activations import as_activation; [as_activation(np.arctan) for _ in range(3)]"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "function",
    [
        np.abs,
        np.sign,
        jax.nn.relu,
        lambda x: jnp.where(x > 0, x, 0.01 * x),
        lambda x: x / (1 + abs(x)),
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0))),
        lambda x: 1e-9 * np.abs(x) + 1e-6,
        lambda x: 100 + np.maximum(x, 0.0),
    ],
)
def test_a_kink_at_zero_is_found(function):
    assert custom(function).kinks == (0.0,)
    assert custom(function, kinks=(-0.001, 2.0)).kinks == (-0.001, 0.0, 2.0)


@pytest.mark.parametrize(
    "function",
    [
        np.arctan,
        np.exp,
        jax.nn.mish,
        jax.nn.hard_swish,
        lambda x: x**3,
        lambda x: x**20,
        lambda x: 1e6 + x,
        lambda x: 0 * x,
        lambda x: np.sin(30 * x),
        lambda x: 1e-9 * jnp.sin(x),
        lambda x: np.abs(np.asarray(x) - 0.3),
    ],
)
def test_no_kink_is_seen_at_zero_where_there_is_none(function):
    assert custom(function).kinks == ()


def test_a_kink_near_zero_that_was_named_is_not_mistaken_for_one_at_zero():
    bent = lambda x: np.abs(np.asarray(x) - 0.001)  # noqa: E731
    assert custom(bent, kinks=(0.001,)).kinks == (0.001,)


def test_compiled_code_of_many_functions_is_forgotten(monkeypatch):
    """Each function of a user's holds megabytes of compiled code, for ever if JAX is left alone."""
    from deeplinear.activations import custom as room

    monkeypatch.setattr(room, "RECENT", room.OrderedDict())
    monkeypatch.setattr(room, "MOST_COMPILED", 5)
    made = [custom(lambda x, i=i: jnp.tanh(i * x)) for i in range(1, 5)]
    first = [each.derivative(0.3) for each in made]
    assert len(room.RECENT) == 5
    latest = list(room.RECENT.values())
    for i in range(5, 8):
        custom(lambda x, i=i: jnp.tanh(i * x)).derivative(0.3)
    assert len(room.RECENT) == 5
    assert [each._cache_size() for each in latest] == [0] * 5  # older ones have lost their code
    assert all(each._cache_size() > 0 for each in room.RECENT.values())
    np.testing.assert_array_equal([each.derivative(0.3) for each in made], first)  # and are compiled again
    assert len(room.RECENT) == 5


def test_a_function_in_use_keeps_its_code(monkeypatch):
    from deeplinear.activations import custom as room

    monkeypatch.setattr(room, "RECENT", room.OrderedDict())
    monkeypatch.setattr(room, "MOST_COMPILED", 5)
    often = custom(lambda x: jnp.sin(x))
    often.derivative(0.3)
    held = next(reversed(room.RECENT.values()))
    for i in range(6):
        custom(lambda x, i=i: jnp.tanh(i * x)).derivative(0.3)
        often.derivative(0.3)
        assert held._cache_size() > 0
