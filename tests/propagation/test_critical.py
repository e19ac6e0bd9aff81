"""The critical gain, the critical line and the phase diagram."""

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.activations import as_activation
from deeplinear.propagation.critical import critical_gain, critical_line
from deeplinear.propagation.mean_field import MeanField
from deeplinear.propagation.phases import phase_diagram

# tanh: σ_b² and σ_w² (theory.md, section 8.2)
LINE = [(1e-4, 1.0860), (1e-3, 1.1892), (0.01, 1.4242), (0.05, 1.7610), (0.1, 1.9861), (0.3, 2.5051)]
# tanh: q*, σ_w², σ_b² (section 8.3)
KEPT = [(0.001, 1.001997, 1.3254e-9), (0.01, 1.019711, 1.2580e-6), (0.02, 1.038882, 9.5269e-6)]
KEPT += [(0.05, 1.093627, 1.2830e-4), (0.1, 1.177569, 8.3228e-4), (0.25, 1.393962, 8.1252e-3)]
KEPT += [(0.5, 1.687975, 3.8041e-2), (1, 2.153303, 0.15096), (2, 2.861162, 0.51226)]


def test_critical_gains():
    assert critical_gain("tanh") == 1.0
    assert_allclose(critical_gain("relu"), np.sqrt(2), rtol=1e-15)
    assert_allclose(critical_gain("erf"), np.sqrt(np.pi) / 2, rtol=1e-15)
    assert critical_gain("hard_tanh") == critical_gain("sin") == critical_gain("linear") == 1.0
    assert_allclose(critical_gain("leaky_relu"), np.sqrt(2 / 1.0001), rtol=1e-15)
    assert_allclose(critical_gain(lambda x: x / 4), 4.0, rtol=1e-15)
    assert_allclose(critical_gain(lambda x: jnp.where(x > 0, x, 0.01 * x)), np.sqrt(2 / 1.0001), rtol=1e-14)
    assert_allclose(critical_gain(np.abs), 1.0, rtol=1e-12)  # kinks that were not named
    for name in ("sigmoid", "softplus"):
        with pytest.raises(
            ValueError, match=rf"critical_gain needs φ\(0\) = 0 and φ'\(0\) != 0, got {name} with φ\(0\)=0\."
        ):
            critical_gain(name)
    with pytest.raises(ValueError, match=r"mean φ'\(0\)²=0:"):
        critical_gain(lambda x: x * x)


@pytest.mark.parametrize(("bias", "weight"), LINE)
def test_line_by_bias(bias, weight):
    point = critical_line("tanh", bias_std=bias**0.5)
    assert_allclose(point.weight_std**2, weight, atol=6e-5)
    assert point.bias_std == bias**0.5
    net = MeanField("tanh", point.weight_std, point.bias_std)
    assert_allclose(net.variance_fixed_point(), point.q, rtol=1e-10)
    assert net.phase == "critical"


@pytest.mark.parametrize(("q", "weight", "bias"), KEPT)
def test_line_by_variance(q, weight, bias):
    point = critical_line("tanh", q=q)
    assert_allclose(point.weight_std**2, weight, atol=6e-7)
    assert_allclose(point.bias_std**2, bias, rtol=5e-5)
    assert_allclose(critical_line("tanh", bias_std=point.bias_std).q, q, rtol=1e-8)


def test_small_variances_keep_their_digits():
    """``σ_w² ≈ 1 + 2 q``, ``σ_b² ≈ 4/3 q³``: the plain difference ``q − σ_w² E[φ²]`` would be noise below 1e-5."""
    for q in (1e-6, 1e-4, 1e-3):
        point = critical_line("tanh", q=q)
        assert_allclose(point.weight_std**2, 1 + 2 * q, rtol=4 * q**2 + 1e-15)
        assert_allclose(point.bias_std**2, 4 / 3 * q**3, rtol=7 * q)


def test_the_published_critical_network():
    """Xiao et al. 2018 train 10,000 layers at σ_w² = 1.05, σ_b² = 2.01e-5."""
    point = critical_line("tanh", bias_std=2.01e-5**0.5)
    assert_allclose(point.weight_std**2, 1.049996, atol=6e-7)
    assert_allclose(point.q, 0.02592, atol=6e-6)


@pytest.mark.parametrize("name", ["erf", "hard_tanh", "sin", "elu", "selu", "sigmoid"])
def test_points_of_the_line_are_critical(name):
    point = critical_line(name, q=60.0 if name == "sigmoid" else 0.4)
    net = MeanField(name, point.weight_std, point.bias_std)
    assert_allclose(net.variance_map(point.q), point.q, rtol=1e-12)
    assert_allclose(net.gradient_growth(point.q), 1, rtol=1e-12)


def test_no_biases():
    assert critical_line("tanh", bias_std=0.0) == (1.0, 0.0, 0.0)
    assert_allclose(critical_line("relu", q=5.0), (np.sqrt(2), 0, 5), atol=1e-7)
    # the logistic function is critical without biases at one large gain, where it acts as a step
    point = critical_line("sigmoid", bias_std=0.0)
    assert_allclose(point, (10.1492637100, 0, 45.624277797), rtol=1e-10)
    net = MeanField("sigmoid", point.weight_std)
    assert_allclose([net.chi, net.variance_fixed_point()], [1, point.q], rtol=1e-11)
    assert net.fixed_points()[0].stable


def test_line_refusals():
    with pytest.raises(ValueError, match=r"critical_line needs one of q and bias_std, got q=None, bias_std=None"):
        critical_line("tanh")
    with pytest.raises(
        ValueError, match=r"critical_line needs q >= E\[φ²\] / E\[φ'²\], got q=1.0: for sigmoid that asks for"
    ):
        critical_line("sigmoid", q=1.0)
    with pytest.raises(
        ValueError, match=r"critical_line needs a bias that some critical network has, got bias_std=0.1: with relu"
    ):
        critical_line("relu", bias_std=0.1)
    with pytest.raises(ValueError, match=r"critical_line needs a finite q >= 0"):
        critical_line("tanh", q=-1.0)


def test_phase_diagram_is_its_networks():
    weights, biases = [0.5, 1.0, 1.5, 2.5], [0.0, 0.3]
    found = phase_diagram("tanh", weights, biases)
    assert found.q.shape == found.chi.shape == (4, 2)
    for i, w in enumerate(weights):
        for j, b in enumerate(biases):
            net = MeanField("tanh", w, b)
            assert (found.q[i, j], found.chi[i, j]) == (net.variance_fixed_point(), net.chi)
            assert (found.variance[i, j], found.correlation[i, j], found.gradient[i, j]) == net.depth_scales()
    escapes = phase_diagram("selu", [1.0, 2.0], [0.0])
    assert escapes.q[1, 0] == np.inf
    assert np.isnan(escapes.chi[1, 0])
    assert_allclose(phase_diagram(as_activation("relu"), 2.0, 0.0).chi, [[2.0]])


def test_functions_that_can_only_be_evaluated_have_a_line():
    plain = critical_line(lambda x: np.arctan(np.asarray(x, dtype=float)), q=1e-3)
    known = critical_line(jnp.arctan, q=1e-3)
    assert_allclose(plain, known, rtol=1e-6)  # σ_b is what is left of the bend, by differences
