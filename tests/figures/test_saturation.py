"""Claims of Fig. 4 on invented numbers: each turns red when its own number is off, depth by depth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.figures import fig4
from deeplinear.figures.saturation import MNIST_ITERATIONS, MNIST_RATES, claims, mnist_claims, one_constant, slope

LAYERS = np.array((*fig4.PAPER["layers"], *fig4.PAPER["deeper"]))
OWN = len(fig4.PAPER["layers"])
GRID = np.geomspace(*fig4.PAPER["window"], fig4.PAPER["rates"])
STEP = GRID[1] / GRID[0]


def invented():
    """MNIST's numbers as printed, an overshoot of 3, and sharpness proportional to the number of weight matrices beyond."""
    sharpness = np.zeros(len(LAYERS))
    flow = 200 * (1 - 1 / np.sqrt(LAYERS))
    rates = np.zeros(len(LAYERS))
    rates[:OWN] = MNIST_RATES
    sharpness[:OWN] = 3 / rates[:OWN]
    sharpness[OWN:] = sharpness[OWN - 1] * (LAYERS[OWN:] - 1) / 99
    iterations = np.round(0.6 * flow)
    iterations[:OWN] = MNIST_ITERATIONS
    flow[:OWN] = iterations[:OWN] / 0.6
    loss = np.linspace(25_000, 12_900, 50) * np.ones((2, 1))
    at = list(LAYERS).index(10)
    stable = np.round(0.5 * flow)
    return {
        "data": np.array("mnist"),
        "layers": LAYERS,
        "papers_own": np.array(OWN),
        "grid": GRID,
        "threshold": np.array(1.3e4),
        "first_loss": np.array(25_000.0),
        "floor": np.array(25_000 - 12_000 / 0.929),
        "iterations": iterations,
        "rate": rates,
        "fine_rate": 3 / sharpness,
        "stable_rate": 2 / sharpness,
        "stable_iterations": stable,
        "flow_time": flow,
        "sharpness": sharpness,
        "relapse": np.full(len(LAYERS), 1.5),
        "stable_relapse": np.full(len(LAYERS), 0.99),
        "witness": np.array(10),
        "witness_widths": np.array([1000, 10]),
        "witness_learned": np.array([[iterations[at], stable[at]]] * 2),
        "witness_loss": loss,
        "narrow_loss": loss + np.array([[1e-5], [1e-9]]),
    }


def red(data):
    """Texts of the claims that fail."""
    return [claim.text for claim in claims(data) if not claim.passed]


def test_numbers_as_they_should_be_pass():
    assert red(invented()) == []


INNER = [i for i, n in enumerate(LAYERS[:OWN]) if n >= 8]


@pytest.mark.parametrize(
    ("name", "place", "factor", "text"),
    [
        *(("rate", i, STEP**sign, "within one step of the grid") for i in range(OWN) for sign in (1.2, -1.2)),
        *(("iterations", i, 1.3, "Iterations to the threshold on MNIST") for i in range(OWN)),
        *(("iterations", i, 0.7, "Iterations to the threshold on MNIST") for i in range(OWN)),
        ("rate", 1, 0.9, "except N_l = 5"),
        *(("rate", i, GRID[-1] / MNIST_RATES[i], "except N_l = 5") for i in range(OWN) if i != 1),
        *(("rate", i, GRID[0] / MNIST_RATES[i], "except N_l = 5") for i in range(OWN) if i != 1),
        ("threshold", (), 1.001, "this share of what a linear map"),
        ("floor", (), 1.002, "this share of what a linear map"),
        ("iterations", OWN - 1, 1.7, "Learning time saturates"),
        ("iterations", 5, 0.6, "Learning time saturates"),
        *(("stable_iterations", i, 4.0, "At stable rates") for i in range(1, OWN + 2)),
        *(("stable_iterations", i, 0.25, "At stable rates") for i in range(1, OWN + 2)),
        ("stable_iterations", slice(None), 1.12, "At stable rates"),
        *(("iterations", i, 4.0, "coarser grid of rates") for i in range(1, OWN)),
        *(("rate", i, 8.0, "falls with depth as 1/Λ₁") for i in (INNER[0], INNER[-1])),
        *(("rate", i, 1 / 8, "falls with depth as 1/Λ₁") for i in (INNER[0], INNER[-1])),
        *(("stable_rate", i, 1.5, "goes as 1/depth in deep") for i in (-1, -3)),
        *(("stable_rate", i, 0.6, "goes as 1/depth in deep") for i in (-1, -3)),
        *(("rate", i, 0.6, "rewards overshoot") for i in INNER),
        *(("rate", i, 1.4, "rewards overshoot") for i in INNER),
        *(("relapse", i, 0.66, "rises above the threshold again after") for i in INNER),
        *(("stable_relapse", i, 1.02, "never rises above the threshold") for i in range(OWN + 2)),
        *(("witness_learned", (i, j), 1.1, "learn at the iteration") for i in (0, 1) for j in (0, 1)),
        *(("witness_loss", (i, j), 1 + 1e-7, "same loss at every step") for i in (0, 1) for j in (0, 20, 49)),
        ("witness_loss", (1, 7), 1 + 1e-10, "same loss at every step"),
    ],
)
def test_each_number_alone_turns_its_claim(name, place, factor, text):
    data = invented()
    wrong = data[name].astype(float)
    wrong[place] *= factor
    text = text.replace("except N_l = 5", "every depth but N_l = 5")
    assert any(text in failed for failed in red(data | {name: wrong}))


def test_a_rate_at_an_end_of_the_window_is_told_from_one_inside():
    data = invented()
    data["rate"][3] = GRID[0] * 1.02
    assert not any("every depth but" in text for text in red(data))


def test_other_grids_of_depths_have_no_known_numbers():
    data = invented() | {"papers_own": np.array(OWN - 1)}
    assert mnist_claims(data) == []
    assert any("MNIST" in claim.text for claim in claims(invented()))
    assert not any("MNIST" in claim.text for claim in claims(invented() | {"data": np.array("digits")}))


def test_a_reduction_of_another_length_is_not_the_same_run():
    data = invented()
    assert any("same loss" in text for text in red(data | {"narrow_loss": data["narrow_loss"][:, :-1]}))


def test_slope_and_constant():
    layers = np.array([3, 5, 9])
    assert_allclose(slope(layers, 7 * (layers - 1.0) ** -1.3), -1.3, rtol=1e-12)
    data = {"flow_time": np.array([1.0, 10.0, 100.0, 5.0]), "t": np.array([2.0, 20 * np.e, 200 / np.e, 999.0])}
    constant, rms = one_constant(data, "t", np.array([True, True, True, False]))
    assert_allclose((constant, rms), (2, np.sqrt(2 / 3)), rtol=1e-12)
