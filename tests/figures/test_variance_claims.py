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
    """Texts of the claims that fail."""
    return [claim.text for claim in claims(data) if not claim.passed]


def test_simulations_that_follow_the_map_pass(data):
    assert red(data) == []


EVERY = slice(None)


@pytest.mark.parametrize(
    ("place", "factor", "text"),
    [
        *(
            ((i, EVERY, 1), 1.01, "Every layer has the variance") for i in range(14)
        ),  # the first layer that weights make
        *(((i, EVERY, slice(None, -1)), 1.02, "Below the edge the last layer") for i in range(3)),
        *(((i, EVERY, slice(-5, None)), 1.01, "Near the edge 30 layers are too few") for i in (1, 2, 4)),
        *(((i, EVERY, slice(-5, None)), 1.025, "is q∞ of (49)") for i in range(6, 14)),
    ],
)
def test_each_simulated_claim_goes_red_by_its_own_layers(data, place, factor, text):
    simulated = data["simulated"].copy()
    simulated[place] *= factor
    assert any(text in failed for failed in red(data | {"simulated": simulated}))


@pytest.mark.parametrize(
    ("name", "place", "change", "text"),
    [
        *(("q_out", i, 1e-4, "variance map at g = 1") for i in range(9)),
        *(("q_out", i, 2.0, "lies below the diagonal") for i in range(9)),
        *(("fixed_points", i, 1e-4, "fixed point q∞(g)") for i in range(11)),
        *(("chi", i, 1e-4, "χ₁ = g² E") for i in range(11)),
        *(("critical", i, 1e-6, "dies out as slowly") for i in (99, 100)),
        *(("fixed_points", i, 2e-3, "relative error of order g − 1") for i in (0, 1)),
        ("exact_gains", 1, 0.001, "relative error of order g − 1"),
        *(("levels", i, 1e-9, "edge of chaos of tanh") for i in range(5)),
        *(("levels", i, -7.0, "edge of chaos of tanh") for i in range(5, 14)),
        ("edge", (), 1e-9, "edge of chaos of tanh"),
    ],
)
def test_each_number_alone_turns_its_claim(data, name, place, change, text):
    wrong = data[name].copy()
    wrong[place] += change
    assert any(text in failed for failed in red(data | {name: wrong}))


def test_the_gains_near_the_edge_must_be_there(data):
    far = ~np.isin(data["gains"], [0.95])
    less = {name: data[name][far] for name in ("gains", "simulated", "followed", "levels")}
    assert any("Near the edge" in text for text in red(data | less))


def test_standard_errors():
    assert_allclose(errors(np.array([[1.0, 3.0], [5.0, 5.0]])), [1, 0], rtol=1e-15)


def test_curves_are_maps_and_their_fixed_points(data):
    for gain, q in zip(data["curve_gains"], data["curve"], strict=True):
        assert_allclose(MeanField("tanh", gain).variance_map(q), q, rtol=1e-12)
        assert (q > 0) == (gain > 1)
    for gain, out in zip(fig8.SHOWN, data["maps"], strict=True):
        assert_allclose(
            np.interp(fig8.PRINTED[3:6], data["map_in"], out), gain**2 * data["q_out"][3:6], rtol=2e-4
        )  # straight lines between 111 points
