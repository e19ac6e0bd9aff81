"""What holds of every function of a mode: the time constant is 1 unless it is given, and ends are ends."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from deeplinear.exact import aligned, depth, discrete, shallow, sigmoid, unequal, unequal_depth
from deeplinear.task import Task

ONE_MODE = {"t": [0.5, 2.0], "u": [0.5, 0.7], "s": 1.5, "u0": 0.1, "a0": 0.1, "b0": 0.4, "depth": 3}
HYPERBOLA = {"theta": [0.5, 0.7], "theta0": 0.1, "c0": 0.3}
CHAINS = {"s": [1.5, 1.2], "layers": [[0.1, 0.2], [0.2, 0.3], [0.3, 0.5]]}
MATRICES = {"task": Task.from_modes([1.5, 0.5]), "start": np.array([[0.1, 0.2], [0.3, -0.1]])}
ARGUMENTS = {
    sigmoid: ONE_MODE,
    unequal: ONE_MODE | HYPERBOLA,
    depth: ONE_MODE,
    unequal_depth: ONE_MODE | CHAINS,
    shallow: ONE_MODE | MATRICES,
    aligned: {"layers": [[0.1], [0.2]], "power": 4.0},
}
FUNCTIONS = [
    (module, name)
    for module in ARGUMENTS
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and inspect.signature(function).parameters.get("tau")
    if inspect.signature(function).parameters["tau"].default is not inspect.Parameter.empty
]


@pytest.mark.parametrize(("module", "name"), FUNCTIONS, ids=lambda x: x if isinstance(x, str) else x.__name__[-13:])
def test_tau_is_one_unless_given(module, name):
    function = getattr(module, name)
    known = {key: value for key, value in ARGUMENTS[module].items() if key in inspect.signature(function).parameters}
    ours, one, two = (
        np.concatenate([np.ravel(x) for x in np.atleast_1d(*found)] if isinstance(found, tuple) else [np.ravel(found)])
        for found in (function(**known, **tau) for tau in ({}, {"tau": 1.0}, {"tau": 2.0}))
    )
    assert_array_equal(ours, one)
    assert not np.array_equal(ours, two)


def test_every_function_with_a_time_constant_is_tried():
    assert len(FUNCTIONS) >= 18
    assert discrete.descended not in [getattr(module, name) for module, name in FUNCTIONS]  # it takes tau from its law


@pytest.mark.parametrize("layers", [1, 2, 3, 7, np.inf])
@pytest.mark.parametrize("s", [0.0, 1.5])
def test_modes_end_on_their_target(layers, s):
    """From above and from below; without a target they die, however slowly."""
    for u0 in (0.2, 2.0):
        assert_allclose(depth.strength(np.inf, s=s, u0=u0, depth=layers), s, rtol=1e-15)
        assert_allclose(sigmoid.strength(np.inf, s=s, u0=u0), s, rtol=1e-15)


@pytest.mark.parametrize("a", [1e-3, 1e-6, 1e-9])
def test_dying_layers_keep_their_digits_whatever_their_scale(a):
    """The weakest two of opposite sign: ``a(t)`` in units of its start does not depend on it, as long as it is small."""
    t, f = [1.0, 5.0], unequal_depth.strength
    found = f(t, s=[1.5], layers=[[-a], [a], [2.0]]).ravel() / a**2
    assert_allclose(found, -2 * np.exp(-2 * 1.5 * 2.0 * np.array(t)), rtol=20 * a**2 + 1e-9)


def test_weak_layers_die_without_a_target():
    """In a time that does not cost steps: ``a = a0 exp(−Π k t)`` in the end, to the smallest numbers."""
    t = np.array([0.0, 1.0, 20.0, 30.0, 1e9])
    found = unequal_depth.strength(t, s=[0.0], layers=[[1e-3], [1.1], [-0.9]]).ravel()
    assert_allclose(found[:4], -1e-3 * 0.99 * np.exp(-(0.99**2) * t[:4]), rtol=1e-4)  # k is off by a0², times t
    assert found[4] == 0
