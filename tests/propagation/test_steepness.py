"""Jumps and infinite slopes have no mean field, wherever they enter; kinks, steep and flat functions have one."""

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.activations import ACTIVATIONS, Activation, as_activation
from deeplinear.propagation import (
    MeanField,
    critical_gain,
    critical_line,
    jacobian_moments,
    jacobian_spectrum,
    phase_diagram,
    variance_fixed_point,
    variances,
)
from deeplinear.propagation.steepness import fault_of, with_finite_slope


def flat(x):
    return np.zeros(np.shape(x))


JUMPS = {
    "sign": np.sign,
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "jax step": lambda x: jnp.where(x > 0, 1.0, 0.0),
    "raised": lambda x: 5 + np.sign(x),
    "floor": np.floor,
    "elsewhere": lambda x: np.sign(np.asarray(x) - 0.5),
    "small": lambda x: x + 1e-3 * np.sign(x),
    "known": Activation("known", np.sign, flat, flat, "jax.numpy:sign", kinks=(0.0,), plateaus=(0.0,)),
    "hidden": Activation("hidden", lambda x: np.sign(np.asarray(x) + 0.3), flat, flat, "jax.numpy:sign"),
}
STEEP = {
    "root": lambda x: np.sign(x) * np.sqrt(np.abs(x)),
    "jax root": lambda x: jnp.sign(x) * jnp.sqrt(jnp.abs(x)),
    "raised root": lambda x: 1 + np.sqrt(np.abs(x)),
    "cube root": np.cbrt,
    "0.9": lambda x: np.sign(x) * np.abs(x) ** 0.9,
    "root elsewhere": lambda x: np.sqrt(np.abs(np.asarray(x) - 0.3)),
    "x ln x": lambda x: x * np.log(np.abs(x) + 1e-300),
}
ENTRIES = {
    "critical_gain": lambda phi: critical_gain(phi),
    "critical_line": lambda phi: critical_line(phi, q=1.0),
    "MeanField": lambda phi: variance_fixed_point(phi, weight_std=1.0),
    "phase_diagram": lambda phi: phase_diagram(phi, 1.0, 0.0),
    "jacobian_moments": lambda phi: jacobian_moments(phi, gain=1.0, depth=2, input_variance=1.0),
    "jacobian_spectrum": lambda phi: jacobian_spectrum(phi, gain=1.0, depth=2, input_variance=1.0),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("name", JUMPS)
def test_jumps_are_refused(entry, name):
    with pytest.raises(
        ValueError, match=rf"^{entry} needs an activation with a finite slope everywhere, got .*which jumps at"
    ):
        ENTRIES[entry](JUMPS[name])


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("name", STEEP)
def test_infinite_slopes_are_refused(entry, name):
    with pytest.raises(
        ValueError, match=rf"^{entry} needs an activation with a finite slope .*whose slope is infinite at"
    ):
        ENTRIES[entry](STEEP[name])


def test_the_place_is_named():
    for name, place in (("sign", "0"), ("elsewhere", "0.5"), ("hidden", "-0.3")):
        assert f"which jumps at {place}:" in fault_of(as_activation(JUMPS[name]))
    assert "infinite at 0.3:" in fault_of(as_activation(STEEP["root elsewhere"]))


@pytest.mark.parametrize("power", [1.3, 1.5])
def test_what_is_too_sharp_for_finite_differences_is_refused(power):
    with pytest.raises(ValueError, match=r"changes too fast for finite differences, .* Write it with jax.numpy"):
        critical_gain(lambda x: np.sign(x) * np.abs(x) ** power)
    with pytest.raises(ValueError, match=r"changes too fast for finite differences"):
        critical_gain(lambda x: np.tanh(1000 * x))
    assert_allclose(critical_gain(lambda x: jnp.tanh(1000 * x)), 1e-3, rtol=1e-12)


@pytest.mark.parametrize(
    "allowed",
    [
        np.abs,
        np.arctan,
        lambda x: np.maximum(x, 0.0),
        lambda x: 100 + np.maximum(x, 0.0),
        lambda x: x / (1 + np.abs(x)),
        lambda x: jnp.tanh(1e6 * x),
        lambda x: x**3,
        lambda x: jnp.where(x > 0.5, x, 0.5),
        lambda x: 0 * x,
        lambda x: 1e6 + np.sin(x),
        lambda x: 1e-9 * jnp.sin(x),
        np.exp,
    ],
)
def test_kinks_steep_and_flat_functions_pass(allowed):
    assert with_finite_slope("test", allowed).function(0.5) == as_activation(allowed).function(0.5)


def test_the_list_passes_and_is_found_fit():
    for phi in ACTIVATIONS.values():
        assert with_finite_slope("test", phi) is phi
        assert fault_of(phi) == ""


def test_variances_of_a_step_need_no_slope():
    assert_allclose(variances(np.sign, gain=2.0, depth=2, input_variance=0.3), [0.3, 4, 4], rtol=1e-13)


def test_mean_fields_are_refused_where_they_are_made():
    with pytest.raises(ValueError, match="MeanField needs an activation with a finite slope"):
        MeanField(np.sign, 1.0)
