import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact.conftest import build_task, build_weights, frame

from deeplinear import Task
from deeplinear.exact.modes.decoupled import read
from deeplinear.weights import end_to_end


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.mark.parametrize("hidden", [[6], [3], [4, 7], [9, 3, 5]])
def test_layer_strengths_are_found(rng, hidden):
    task = build_task([3.0, 1.0, 0.5], 5, 4, rng=rng)
    layers = rng.uniform(0.1, 1.0, (len(hidden) + 1, 3)) * rng.choice([-1, 1], (len(hidden) + 1, 3))
    start = read(task, build_weights(task, hidden, layers, rng=rng))
    assert_allclose(np.abs(start.layers[:, :3]), np.abs(layers), rtol=CLOSED_FORM)
    assert_allclose(start.strengths[:3], layers.prod(axis=0), rtol=CLOSED_FORM)
    assert (start.strengths[3:] == 0).all()
    assert start.residuals["decoupled"] < 1e-13
    assert start.residuals["balanced"] > 0.01
    assert (start.moving == [True, True, True, False]).all()


def test_equal_layers_are_balanced(rng):
    task = build_task([3.0, 1.0], 5, 4, rng=rng)
    start = read(task, build_weights(task, [6, 3], np.full((3, 2), 0.3), rng=rng))
    assert start.residuals["balanced"] < 1e-13
    assert start.residuals["right sign"] == 0


def test_one_layer_at_zero_moves_and_two_do_not(rng):
    task = build_task([3.0, 1.0, 0.5], 5, 4, rng=rng)
    layers = np.array([[0.5, 0.0, 0.0], [0.0, 0.4, 0.5], [0.2, 0.3, 0.0]])
    for sign in (1, -1):
        start = read(task, build_weights(task, [6, 7], sign * layers, rng=rng))
        assert_allclose(np.abs(start.layers[:, :2]), layers[:, :2], atol=1e-14)
        assert ((start.layers[:, 2] == 0) >= (layers[:, 2] == 0)).all()  # between two zeros nothing can be read
        assert (start.moving == [True, True, False, False]).all()
        assert start.residuals["decoupled"] < 1e-12


def test_very_weak_layers_are_read_from_both_sides(rng):
    task = build_task([3.0, 1.0], 5, 4, rng=rng)
    layers = np.array([[0.5, 0.5], [1e-9, 0.6], [0.5, 0.3]])
    start = read(task, build_weights(task, [6, 7], layers, rng=rng))
    assert_allclose(np.abs(start.layers[:, :2]), layers, rtol=1e-6)
    assert start.residuals["decoupled"] < 1e-12


def test_what_is_outside_the_modes_counts(rng):
    task = build_task([3.0, 1.0], 5, 4, rng=rng)
    w1, w2 = build_weights(task, [6], np.full((2, 2), 0.3), rng=rng)
    v, r = task.modes.v, w1 @ task.modes.v[:, :2] / 0.3
    silent = frame(6, 6, rng)
    silent = silent - r @ (r.T @ silent)
    # a part that touches neither the modes nor, W2 being blind to it, the outputs: still decoupled
    quiet = w1 + silent[:, :1] @ (np.eye(5) - v @ v.T)[:1]
    assert read(task, (quiet, w2)).residuals["decoupled"] < 1e-12
    seen = w2 + task.modes.u[:, 3:] @ silent[:, :1].T
    assert read(task, (quiet, seen)).residuals["decoupled"] > 1e-3


def test_mixed_modes_are_not_decoupled(rng):
    task = build_task([3.0, 1.0], 5, 4, rng=rng)
    weights = build_weights(task, [6], np.full((2, 2), 0.3), rng=rng)
    for layer in range(2):
        spoiled = list(weights)
        spoiled[layer] = spoiled[layer] + 1e-6 * rng.normal(size=spoiled[layer].shape)
        assert 1e-7 < read(task, tuple(spoiled)).residuals["decoupled"] < 1e-3
    gaussian = tuple(rng.normal(size=w.shape) for w in weights)
    assert read(task, gaussian).residuals["decoupled"] > 0.1
    assert np.isfinite(end_to_end(gaussian)).all()


def test_input_residuals(rng):
    white = build_task([3.0, 1.0], 5, 4, rng=rng)
    weights = build_weights(white, [6], np.full((2, 2), 0.3), rng=rng)
    found = read(white, weights).residuals
    assert max(found["white inputs"], found["aligned inputs"]) < 1e-14
    aligned = build_task([3.0, 1.0], 5, 4, rng=rng, powers=[2.0, 0.5, 1.0, 3.0, 0.0])
    start = read(aligned, build_weights(aligned, [6], np.full((2, 2), 0.3), rng=rng))
    assert start.residuals["white inputs"] > 0.1
    assert start.residuals["aligned inputs"] < 1e-14
    assert_allclose(start.powers[:2], [2.0, 0.5], rtol=CLOSED_FORM)
    x = rng.normal(size=(30, 5)) * [1, 2, 3, 4, 5]
    crooked = Task.from_data(x, rng.normal(size=(30, 4)))
    weights = build_weights(crooked, [6], np.full((2, 4), 0.3), rng=rng)
    assert read(crooked, weights).residuals["aligned inputs"] > 0.01


def test_all_zero_weights(rng):
    task = build_task([3.0, 1.0], 5, 4, rng=rng)
    start = read(task, (np.zeros((6, 5)), np.zeros((4, 6))))
    assert not start.moving.any()
    assert start.residuals["decoupled"] == 0
    assert start.residuals["balanced"] == 0
