"""Claims of Fig. 8 on invented simulations, and the curves that it draws."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.figures import fig8
from deeplinear.figures.variance_claims import claims, errors
from deeplinear.propagation import MeanField


@pytest.fixture(scope="module")
def data():
    """Theory as it is, with 0.99 besides, and networks that follow it but for a ten thousandth."""
    gains = (*fig8.PAPER["gains"][:3], 0.99, *fig8.PAPER["gains"][3:])
    found = fig8.compute(**fig8.PAPER | {"n": 8, "networks": 1, "inputs": 40, "gains": gains}) | {"n": np.array(10**6)}
    scatter = 1 + 1e-4 * np.random.default_rng(0).standard_normal(found["simulated"].shape)
    return found | {"simulated": found["followed"][:, None] * scatter}


def red(data):
    return [number for number, claim in enumerate(claims(data)) if not claim.passed]


def test_simulations_that_follow_the_map_pass(data):
    assert red(data) == []


@pytest.mark.parametrize(
    ("place", "factor", "number"),
    [
        ((slice(None), slice(None), 1), 1.01, 8),  # the first layer that weights make
        ((3, slice(None), slice(None, -1)), 1.02, 10),
        ((2, slice(None), slice(-5, None)), 1.01, 9),
    ],
)
def test_each_simulated_claim_goes_red_by_its_own_layers(data, place, factor, number):
    simulated = data["simulated"].copy()
    simulated[place] *= factor
    assert number in red(data | {"simulated": simulated})


def test_standard_errors():
    assert_allclose(errors(np.array([[1.0, 3.0], [5.0, 5.0]])), [1, 0], rtol=1e-15)


def test_curves_are_maps_and_their_fixed_points(data):
    for gain, q in zip(data["curve_gains"], data["curve"], strict=True):
        assert_allclose(MeanField("tanh", gain).variance_map(q), q, rtol=1e-12)
        assert (q > 0) == (gain > 1)
    for gain, out in zip(fig8.SHOWN, data["maps"], strict=True):
        assert_allclose(np.interp(fig8.PRINTED[3:6], data["map_in"], out), gain**2 * data["q_out"][3:6], rtol=1e-3)
