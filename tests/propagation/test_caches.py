"""What is remembered of an activation belongs to that function, not to its name."""

import gc
import importlib
import pkgutil

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import deeplinear.activations
import deeplinear.propagation
from deeplinear.propagation import MeanField, critical_gain, jacobian_moments, jacobian_spectrum, variances


def named(scale):
    """A smooth function that is called like all the others."""
    return lambda x: scale * np.tanh(x)


def kinked(low):
    """A leaky rectifier that is called like all the others."""
    return lambda x: np.where(x > 0, x, low * x)


def bent(place):
    """A shifted function whose slope changes sign, at another place for each: `zeros` remembers where."""
    return lambda x: (x - place) * np.exp(-(x**2) / 4)


ONES = np.ones(3)
MEASURED = {
    "fixed point": lambda phi: MeanField(phi, 2.5, 0.1).variance_fixed_point(),
    "gradient growth": lambda phi: MeanField(phi, 2.5, 0.1).chi,
    "variances": lambda phi: variances(phi, gain=1.2, depth=4, input_variance=1.0),
    "moments": lambda phi: [*jacobian_moments(phi, gain=1.2, depth=3, input_variance=1.0)][:2],
    "spectrum": lambda phi: jacobian_spectrum(phi, gain=1.0, variances=ONES, weights="gaussian").mean(),
    "edge": lambda phi: jacobian_spectrum(phi, gain=1.0, variances=ONES, weights="gaussian").support(),
}
PAIRS = {"smooth": (named(1.0), named(0.5)), "kinked": (kinked(0.1), kinked(0.6)), "bent": (bent(0.1), bent(-0.4))}

# a rectifier at this gain grows without bound; and its edge takes long
MEANINGLESS = {("kinked", "fixed point"), ("kinked", "gradient growth"), ("kinked", "edge")}


def forget():
    """Empty every cache of the two rooms."""
    rooms = []
    for package in (deeplinear.propagation, deeplinear.activations):
        rooms += [
            importlib.import_module(found.name)
            for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        ]
    found = {id(thing): thing for room in rooms for thing in vars(room).values() if hasattr(thing, "cache_clear")}
    for thing in found.values():
        thing.cache_clear()
    gc.collect()
    return len(found)


def test_there_are_caches_to_confuse():
    assert forget() >= 5  # nodes, zeros, flat parts, squares, bounds


@pytest.mark.parametrize(
    ("kind", "measure"),
    [(kind, measure) for kind in PAIRS for measure in MEASURED if (kind, measure) not in MEANINGLESS],
)
def test_functions_of_one_name_are_two_activations(kind, measure):
    first, second = PAIRS[kind]
    f = MEASURED[measure]
    forget()
    alone = f(second)
    forget()
    other = f(first)
    assert_array_equal(f(second), alone)
    assert not np.allclose(other, alone, rtol=1e-3)  # the two differ, so that confusing them shows


def test_a_scaled_function_is_the_named_one_at_another_gain():
    for scale in (1.0, 0.5):
        known = MeanField("tanh", 2.5 * scale)
        assert_allclose(MeanField(named(scale), 2.5).variance_fixed_point(), known.variance_fixed_point(), rtol=1e-9)
        assert_allclose(critical_gain(named(scale)) * scale, critical_gain("tanh"), rtol=1e-9)


def test_equal_fields_make_equal_activations_and_nothing_less_does():
    one, two = (deeplinear.activations.as_activation(f) for f in PAIRS["smooth"])
    assert one.name == two.name == "lambda"
    assert one != two
    assert hash(one) != hash(two)
    assert deeplinear.activations.as_activation(one) is one
