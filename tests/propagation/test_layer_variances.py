"""Variances along the depth: closed forms, the paper's map, and wide networks that are drawn."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM

from deeplinear import initial
from deeplinear.activations import ACTIVATIONS, as_activation
from deeplinear.network import Network
from deeplinear.propagation.expectation import gaussian_mean
from deeplinear.propagation.layer_variances import variances
from deeplinear.propagation.mean_field import MeanField

FIG_8 = {0.1: 0.0842, 0.2: 0.1472, 0.5: 0.2737, 1: 0.3943, 2: 0.5200, 3: 0.5894, 4: 0.6353, 5: 0.6684, 10: 0.7573}


@pytest.mark.parametrize(("q", "after"), FIG_8.items())
def test_map_of_tanh(q, after):
    """The four digits of theory.md, section 8.1: one layer, with two gains."""
    assert variances("tanh", gain=1.0, depth=1, input_variance=q)[1] == pytest.approx(after, abs=5e-5)
    assert variances("tanh", gain=2.0, depth=1, input_variance=q)[1] == pytest.approx(4 * after, abs=2e-4)


def test_at_criticality_variances_fall_like_one_over_twice_the_layer():
    q = variances("tanh", gain=1.0, depth=4000, input_variance=1.0)
    assert_allclose(q[99:101], [0.005121, 0.005069], atol=5e-7)
    assert 2 * 4000 * q[4000] == pytest.approx(1, abs=2e-3)  # the next term is ln(l)/l


def test_straight_lines():
    assert_allclose(
        variances("relu", gain=2.0, depth=3, input_variance=0.7), 0.7 * 2.0 ** np.arange(4), rtol=CLOSED_FORM
    )
    leaky = variances("leaky_relu", weight_std=1.5, bias_std=0.2, depth=2, input_variance=1.0)
    line = 1.5**2 * (1 + 1e-4) / 2
    assert_allclose(leaky, [1, line + 0.04, line * (line + 0.04) + 0.04], rtol=CLOSED_FORM)
    assert_allclose(variances("linear", gain=1.1, depth=500, input_variance=1.0)[-1], 1.1**1000, rtol=1e-12)
    assert variances("linear", gain=10.0, depth=500, input_variance=1.0)[-1] == np.inf
    assert_allclose(
        variances("tanh", weight_std=0.0, bias_std=0.3, depth=2, input_variance=5.0), [5, 0.09, 0.09], rtol=1e-15
    )


@pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_each_step_is_the_map_and_its_mean(phi):
    q = variances(phi, weight_std=1.2, bias_std=0.1, depth=4, input_variance=0.8)
    net = MeanField(phi, 1.2, 0.1)
    for before, after in pairwise(q):
        assert after == net.variance_map(before)
        mean = gaussian_mean(lambda h: np.square(phi(h)), before, phi.kinks)
        assert_allclose(after, 1.44 * mean + 0.01, rtol=CLOSED_FORM)


@pytest.mark.parametrize("weights", ["gaussian", "orthogonal"])
@pytest.mark.parametrize("name", ["tanh", "selu", "sigmoid"])
def test_wide_networks_have_these_variances(name, weights):
    """40 networks of width 300 and depth 3, drawn, with biases: five standard errors."""
    width, depth, gain, bias, start = 300, 3, 1.5, 0.3, 1.3
    rng = np.random.default_rng(7)
    found = []
    for _ in range(40):
        widths = [width] * (depth + 1)
        gaussian = weights == "gaussian"
        w = (
            initial.gaussian(widths, scale=gain, rng=rng)
            if gaussian
            else initial.orthogonal(widths, gain=gain, rng=rng)
        )
        b = [bias * rng.standard_normal(width) for _ in range(depth)]
        x = rng.standard_normal(width)
        x *= np.sqrt(start * width) / np.linalg.norm(x)
        found.append([np.mean(np.square(h)) for h in Network(w, name, b, activated_inputs=True).preactivations(x)])
    mean, error = np.mean(found, 0), np.std(found, 0, ddof=1) / np.sqrt(40)
    expected = variances(as_activation(name), weight_std=gain, bias_std=bias, depth=depth, input_variance=start)[1:]
    assert np.all(np.abs(mean - expected) < 5 * error)
    assert np.all(error < 0.03 * expected)


def test_refusals():
    with pytest.raises(ValueError, match=r"variances needs one of weight_std and gain, got weight_std=None, gain=None"):
        variances("tanh", depth=1, input_variance=1.0)
    with pytest.raises(ValueError, match=r"variances needs one of weight_std and gain, got weight_std=1.0, gain=1.0"):
        variances("tanh", gain=1.0, weight_std=1.0, depth=1, input_variance=1.0)
    with pytest.raises(ValueError, match=r"variances needs a finite gain >= 0, got gain=-1.0"):
        variances("tanh", gain=-1.0, depth=1, input_variance=1.0)
    with pytest.raises(
        ValueError, match=r"variances needs a finite input_variance >= 0(, one number)?, got input_variance=inf"
    ):
        variances("tanh", gain=1.0, depth=1, input_variance=np.inf)
    for other in (-1.0, np.ones(2), "fixed point", None):
        with pytest.raises(
            ValueError,
            match=r"a finite input_variance >= 0(, one number)?, got input_variance=.*: (it is one variance|it holds text|a NoneType)",
        ):
            variances("tanh", gain=1.0, depth=1, input_variance=other)
    with pytest.raises(ValueError, match=r"variances needs a whole depth >= 0, got depth=1.5"):
        variances("tanh", gain=1.0, depth=1.5, input_variance=1.0)  # pyright: ignore[reportArgumentType]
