"""Layers of zeros: with two of them the loss stays, with one the network learns as its full-width twin does."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import REDUCED_LOSS

import deeplinear as dl

TASK = dl.Task.from_modes([3.0, 1.0])
WIDTHS = [(2, 5, 2), (2, 3, 4, 2), (2, 40, 2), (2, 6, 5, 6, 2)]


def layers(widths, present, seed=0):
    """Small Gaussian layers, or zeros where they are not present."""
    rng = np.random.default_rng(seed)
    return [
        here * 0.3 * rng.standard_normal((above, below))
        for here, below, above in zip(present, widths, widths[1:], strict=False)
    ]


@pytest.mark.parametrize("widths", WIDTHS)
def test_all_zero_weights_stay_where_they_are(widths):
    zeros = layers(widths, [0] * (len(widths) - 1))
    x = np.random.default_rng(0).standard_normal((10, 2))
    runs = [
        dl.descend(TASK, zeros, rate=0.1, steps=5, momentum=0.9, weight_decay=0.1),
        dl.descend(TASK, [zeros, zeros], rate=[0.1, 0.2], steps=5),
        dl.descend(TASK, zeros, rate=0.1, until=1.0, steps=5),
        dl.descend_minibatch(x, x, zeros, rate=0.1, batch=3, steps=5),
        dl.flow(TASK, zeros, [0.0, 1.0, 50.0]),
    ]
    for run in runs:
        first = TASK.loss(np.zeros((2, 2))) if "mini" not in run.name else 0.5 * np.sum(x**2)
        assert_allclose(run.loss, first, rtol=1e-15)
        assert_array_equal(run.strengths, 0)
        assert_array_equal(run.maps, 0)
        assert np.isnan(run.half_times).all()
    assert np.isnan(runs[2].learned_at)
    for layer in runs[0].weights:
        assert_array_equal(layer, 0)
    assert_array_equal(dl.solve(TASK, zeros)([0.0, 50.0]).loss, runs[-1].loss[:2])


@pytest.mark.parametrize("widths", WIDTHS)
def test_some_zero_layers(naive, widths):
    """Two or more stop everything; one grows from the others, as the naive twin has it."""
    for present in product([0, 1], repeat=len(widths) - 1):
        weights = layers(widths, present)
        run = dl.descend(TASK, weights, rate=0.05, steps=60)
        losses, final = naive(TASK, weights, 0.05, 60)
        assert_allclose(run.loss, losses, rtol=0, atol=REDUCED_LOSS * losses[0])
        for found, wanted in zip(run.weights, final, strict=True):
            assert_allclose(found, wanted, rtol=0, atol=1e-13)
        flow = dl.flow(TASK, weights, [0.0, 3.0])
        for curve in (run, flow):
            assert (curve.loss[-1] < curve.loss[0]) == (present.count(0) < 2)


def test_zero_weights_of_a_task_that_asks_for_nothing():
    nothing = dl.Task.from_correlations(np.eye(2), np.zeros((5, 2)), output_power=1.0)
    zeros = layers((2, 3, 5), (0, 0))
    assert_array_equal(dl.descend(nothing, zeros, rate=0.1, steps=3).loss, 0.5)
    assert_array_equal(dl.flow(nothing, zeros, [0.0, 3.0]).loss, 0.5)
