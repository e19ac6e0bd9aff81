"""The jobs of Fig. 6A: which network, from which start, to which loss, at which rates."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.figures import starts

FIXED = {"data": "digits", "inputs": "white", "width": 12, "seed": 3, "rates": (1e-2, 2.0, 1e-4), "steps": 9, "hold": 4}
PRETRAINING = {"epochs": 3}


@pytest.fixture
def asked(monkeypatch):
    """What the search is asked, with answers that name their place."""
    seen = []

    def fake(task, start, **options):
        seen.append((task, start, options))
        return {name: 10.0 * len(seen) + i for i, name in enumerate(starts.MEASURED)}

    monkeypatch.setattr(starts, "fastest", fake)
    return seen


def test_targets_up_to_one_are_shares_and_others_losses(asked):
    found = starts.study(start="gaussian", layers=(3, 5), targets=(1.0, 0.25, 700.0), pretraining={}, **FIXED)
    task = asked[0][0]
    first, floor = task.output_power / 2, task.floor
    thresholds = [options["threshold"] for _, _, options in asked]
    assert_allclose(thresholds, 2 * [floor, 0.75 * first + 0.25 * floor, 700.0], rtol=1e-12)
    assert_allclose(asked[0][2]["grid"], [1e-2, 10**-2.5, 1e-3, 10**-3.5, 1e-4], rtol=1e-12)
    assert {(o["steps"], o["hold"], o["dtype"]) for _, _, o in asked} == {(9, 4, np.float32)}
    assert found["iterations"].tolist() == [[10, 40], [20, 50], [30, 60]]
    assert found["left"].tolist() == (found["iterations"] + 4).tolist()
    assert (found["epochs"] == 0).all()


@pytest.mark.parametrize("start", ["gaussian", "glorot", "pretrained"])
def test_networks_have_the_layers_and_widths_asked_for(asked, start):
    found = starts.study(start=start, layers=(3, 5), targets=(0.9,), pretraining=PRETRAINING, double=True, **FIXED)
    task = asked[0][0]
    for (_, weights, options), layers in zip(asked, (3, 5), strict=True):
        assert [w.shape for w in weights] == [
            (b, a) for a, b in zip([task.n_in, *[12] * (layers - 2)], [*[12] * (layers - 2), task.n_out], strict=True)
        ]
        assert options["dtype"] == np.float64
    assert found["epochs"].tolist() == ([[3, 9]] if start == "pretrained" else [[0, 0]])


def test_orthogonal_starts_are_reductions_of_the_same_widths(asked):
    starts.study(start="orthogonal", layers=(4,), targets=(0.9,), pretraining={}, **FIXED | {"width": 70})
    task, start, _ = asked[0]
    assert tuple(start.widths) == (task.n_in, 70, 70, task.n_out)
