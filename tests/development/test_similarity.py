"""Similarity of items inside the network, against full matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.development.plain import (
    decoupled_start,
    descended,
    flowed,
    gaussian_start,
    mini,
    product,
    tree_task,
)

from deeplinear import Curve, Task, development
from deeplinear.data import hierarchy


@pytest.mark.parametrize("hidden", [(), (9,), (8, 6), (5, 7, 6)])
def test_every_layer_of_a_decoupled_network(hidden):
    """Gram matrices of the activities of all items, from the flow of full matrices."""
    task, depth = mini(), len(hidden) + 1
    curve, kept = flowed(task, decoupled_start(task, hidden, 0.02, seed=1), np.linspace(0, 8, 15))
    for layer in range(1, depth + 1):
        below = np.array([product(weights[:layer]) for weights in kept])
        found = development.representations(curve, task, depth=depth, layer=layer)
        assert_allclose(found, below.swapaxes(1, 2) @ below, rtol=INTEGRATOR, atol=INTEGRATOR)


def test_small_random_weights_come_close():
    """The end is off by order std². On the way modes 1 and 2 mix most, by ``std^{1 − s_2/s_1}``; 5 % of the exponent is
    what two decades and a rate of 0.02 leave.
    """
    task, off = mini(), []
    s = task.modes.s
    aim = (task.modes.v * s) @ task.modes.v.T
    for std in (1e-4, 1e-6):
        curve, kept = descended(task, gaussian_start((5, 12, 7), std, seed=1), 0.02, 1600, every=5)
        dense = np.array([w1.T @ w1 for w1, _ in kept])
        off.append(np.abs(development.representations(curve, task) - dense).max() / aim.max())
        assert_allclose(dense[-1], aim, atol=20 * std**2 + 1e-12)
    assert off[0] < 0.03
    assert_allclose(np.log10(off[0] / off[1]) / 2, 1 - s[1] / s[0], rtol=0.05)


def test_end_does_not_depend_on_the_start():
    task = mini()
    ends = [descended(task, gaussian_start((5, 12, 7), 1e-4, seed), 0.05, 800, every=800)[1][-1][0] for seed in (1, 2)]
    assert_allclose(ends[0].T @ ends[0], ends[1].T @ ends[1], atol=1e-6)  # imbalance of order std²
    assert np.abs(ends[0] - ends[1]).max() > 0.1


def test_limits():
    task = mini()
    _, s, v = task.modes
    s = np.where(np.arange(5) < task.rank, s, 0.0)
    curve = Curve(np.arange(2.0), np.zeros(2), np.array([np.zeros(5), s]), task.targets)
    found = development.representations(curve, task)
    assert (found[0] == 0).all()
    assert_allclose(found[1], (v * s) @ v.T, atol=1e-14)
    output = development.representations(curve, task, layer=2)[1]
    y = task.input_output_correlation
    assert_allclose(output, y.T @ y, atol=1e-14)
    assert_allclose(
        development.representations(curve, task, depth=1), development.representations(curve, task, layer=2)
    )
    deep = development.representations(curve, task, depth=1000)[1]
    assert_allclose(deep, v[:, : task.rank] @ v[:, : task.rank].T, atol=0.01)  # s^{1/500}, nearly 1


def test_wrong_sign_counts_by_its_size():
    """``W_1ᵀW_1`` knows no sign: layers of opposite sign have a < 0 and the same hidden activity."""
    task = mini()
    plus = Curve(np.zeros(1), np.zeros(1), np.full((1, 5), 0.3), task.targets)
    minus = Curve(np.zeros(1), np.zeros(1), np.full((1, 5), -0.3), task.targets)
    assert_allclose(development.representations(plus, task), development.representations(minus, task))


@pytest.mark.parametrize("layer", [1, 2])
def test_distances_are_those_of_activities(layer):
    task = mini()
    curve, kept = flowed(task, decoupled_start(task, (6,), 0.02, seed=1), np.linspace(0, 5, 6))
    found = development.distances(curve, task, layer=layer)
    for i in range(5):
        for j in range(5):
            apart = [product(ws[:layer])[:, i] - product(ws[:layer])[:, j] for ws in kept]
            assert_allclose(found[:, i, j], np.sum(np.square(apart), axis=1), rtol=INTEGRATOR, atol=INTEGRATOR)


def test_coordinates_end_as_classical_scaling():
    """Naive twin: double-centred squared distances, largest eigenvectors; axes up to sign."""
    task = hierarchy(levels=3, features=60, rng=0)
    curve, kept = flowed(task, decoupled_start(task, (8,), 0.01, seed=1), np.linspace(0, 2, 9))
    hidden = kept[-1][0]
    squared = np.sum((hidden[:, :, None] - hidden[:, None, :]) ** 2, axis=0)
    centring = np.eye(8) - 1 / 8
    values, vectors = np.linalg.eigh(-0.5 * centring @ squared @ centring)
    expected = vectors[:, ::-1][:, :3] * np.sqrt(values[::-1][:3])
    expected *= np.sign(expected[np.abs(expected).argmax(axis=0), range(3)])
    places = development.coordinates(curve, task, dimensions=3)
    assert places.shape == (9, 8, 3)
    assert_allclose(places[-1], expected, atol=INTEGRATOR * np.abs(expected).max())
    assert_allclose(places.mean(axis=1), 0, atol=1e-12)


def test_all_dimensions_keep_all_distances_at_all_times():
    task = mini()
    curve, _ = flowed(task, decoupled_start(task, (6,), 0.02, seed=1), np.linspace(0, 5, 6))
    places = development.coordinates(curve, task, dimensions=5)
    squared = np.sum((places[:, :, None] - places[:, None]) ** 2, axis=-1)
    assert_allclose(squared, development.distances(curve, task), rtol=CLOSED_FORM, atol=1e-12)


def test_batches():
    task = tree_task()
    strengths = np.random.default_rng(0).random((2, 3, 4, 8))
    curve = Curve(np.arange(4.0), np.zeros((2, 3, 4)), strengths, task.targets)
    one = Curve(np.arange(4.0), np.zeros(4), strengths[1, 2], task.targets)
    for ask in (development.representations, development.activity, development.distances, development.coordinates):
        assert_allclose(ask(curve, task)[1, 2], ask(one, task), atol=1e-13)


def test_refuses():
    task = mini()
    curve = Curve(np.arange(2.0), np.zeros(2), np.ones((2, 5)), task.targets)
    for depth, layer in ((2, 3), (2, 0), (0, 0), (2.5, 1), (2, "1")):
        with pytest.raises(
            ValueError,
            match=r"activity needs a whole (number 1 <= layer <= 2, got layer|depth >= 1, got depth)=.* Pass layer=1",
        ):
            development.representations(curve, task, depth=depth, layer=layer)
    with pytest.raises(ValueError, match=r"activity needs a curve of this task, got 5 modes for a task with 8"):
        development.representations(curve, tree_task())
    with pytest.raises(ValueError, match=r"activity needs one-hot items, Σ¹¹ = c I, got a task of anisotropy"):
        development.representations(curve, Task.from_correlations(np.diag([1, 1, 1, 1, 2.0]), np.eye(5)))
    with pytest.raises(ValueError, match=r"activity needs finite strengths, got NaN or infinity"):
        development.representations(Curve(curve.times, curve.loss, np.full((2, 5), np.nan), curve.targets), task)
    for dimensions in (0, 6, 2.5):
        with pytest.raises(ValueError, match=r"coordinates needs a whole number 1 <= dimensions <= 5, got dimensions="):
            development.coordinates(curve, task, dimensions=dimensions)
