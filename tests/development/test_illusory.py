"""Beliefs that come and go: found by brute force, in full matrices, and not in shallow networks."""

import os

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import INTEGRATOR
from tests.development.plain import (
    MINI,
    curve_of,
    decoupled_start,
    descended,
    flowed,
    gaussian_start,
    mini,
    product,
)

from deeplinear import Curve, development, solve
from deeplinear.data import load_semantic, semantic

PINE, SALMON = 0, 4
LEAVES, FLIES, FEATHERS = 3, 4, 6


def test_predictions_are_outputs_of_the_network():
    task = mini()
    curve, kept = flowed(task, decoupled_start(task, (6,), 0.02, seed=1), np.linspace(0, 6, 12))
    outputs = np.array([(w2 @ w1).T for w1, w2 in kept])
    assert_allclose(development.predictions(curve, task), outputs, rtol=INTEGRATOR, atol=INTEGRATOR)
    assert_allclose(outputs[-1], [row for _, row in MINI], atol=0.01)  # the weakest mode is not quite learned


def test_found_by_brute_force():
    """Every belief, one by one, in outputs of full matrices from a decoupled start."""
    task = mini()
    curve, kept = descended(task, decoupled_start(task, (6,), 1e-4, seed=1), 0.01, 3000, every=10)
    expected = {}
    for item in range(5):
        for attribute in range(7):
            path = [product(weights)[attribute, item] for weights in kept]
            top, bottom = max(path), min(path)
            over, under = top - max(path[0], path[-1]), bottom - min(path[0], path[-1])
            excess = over if over >= -under else under
            if abs(excess) >= 0.05 * max(abs(product(kept[-1])).ravel()):
                expected[item, attribute] = (
                    excess,
                    curve.times[int(np.argmax(path) if excess > 0 else np.argmin(path))],
                )
    found = development.illusory(curve, task)
    assert {(i.item, i.attribute) for i in found} == set(expected)
    for one in found:
        assert_allclose(one.excess, expected[one.item, one.attribute][0], atol=1e-10)
        assert_allclose(
            one.peak, one.excess + max(0.0, one.final) if one.excess > 0 else one.peak, atol=1e-4
        )  # outputs begin near 0
        assert one.peak_time == expected[one.item, one.attribute][1]
    sizes = [abs(one.excess) for one in found]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("start", ["decoupled", "random"])
def test_a_pine_is_first_believed_to_have_leaves(start):
    """The classic: most plants have leaves, so pines are credited with them, then corrected; so too fish that fly."""
    task = mini()
    weights = decoupled_start(task, (6,), 1e-6, 1) if start == "decoupled" else gaussian_start((5, 12, 7), 1e-3, 1)
    curve, kept = descended(task, weights, 0.01, 3000, every=5)
    found = {(one.item, one.attribute): one for one in development.illusory(curve, task)}
    leaves = found[PINE, LEAVES]
    assert leaves.excess > 0.4
    assert abs(leaves.final) < 1e-3
    full = [product(w)[LEAVES, PINE] for w in kept]
    assert_allclose(max(full), leaves.peak, rtol=0.1)  # strengths leave out how modes mix from a random start
    assert found[SALMON, FLIES].excess > 0.1
    assert found[SALMON, FEATHERS].excess > 0.1


@pytest.mark.parametrize("std", [0.0, 0.3])
def test_shallow_networks_have_none(std):
    """Each belief relaxes as one exponential from any start: by law, and in plain descent."""
    task = mini()
    start = std * np.random.default_rng(0).normal(size=(7, 5))
    curve = solve(task, (start,))(np.linspace(0, 40, 801))
    assert development.illusory(curve, task, least=1e-9) == ()
    if std == 0:
        run, _ = descended(task, [start], 0.01, 4000)
        assert development.illusory(run, task, least=1e-9) == ()
    paths = development.predictions(curve, task)
    expected = task.modes.u @ np.diag(task.modes.s) @ task.modes.v.T
    decay = np.exp(-curve.times)[:, None, None]
    projected = task.modes.u @ np.diag(np.diag(task.modes.u.T @ start @ task.modes.v)) @ task.modes.v.T
    assert_allclose(paths, (expected * (1 - decay) + projected * decay).swapaxes(1, 2), atol=1e-12)


def test_beliefs_may_first_go_the_wrong_way():
    """A mode whose part in the attribute is negative comes first: the belief dips, and excess is negative."""
    from deeplinear import Task, initial

    u = np.array([[0.6, 0.8], [-0.8, 0.6]])
    task = Task.from_correlations(np.eye(2), (u * [3.0, 1.0]) @ u.T)
    law = solve(task, initial.decoupled(task, [2, 2, 2], strength=1e-5, rng=0))
    curve = law(np.linspace(0, 20, 2001))
    dips = [one for one in development.illusory(curve, task) if one.excess < 0]
    assert {(one.item, one.attribute) for one in dips} == {(0, 1), (1, 0)}
    assert_allclose([one.peak - one.final for one in dips], [one.excess for one in dips], rtol=1e-9)
    assert_allclose(dips[0].final, -0.96, rtol=1e-6)
    assert_allclose(dips[0].peak, -1.44, atol=0.01)  # before mode 2 begins, which it does a little before


def test_nothing_learned_nothing_believed():
    task = mini()
    still = curve_of(task, [0.0, 1.0], [np.zeros((7, 5))] * 2)
    assert development.illusory(still, task) == ()


def test_refuses():
    task = mini()
    curve = Curve(np.arange(2.0), np.zeros((3, 2)), np.ones((3, 2, 5)), task.targets)
    with pytest.raises(ValueError, match=r"illusory needs one start and one rate, got strengths of shape \(3, 2, 5\)"):
        development.illusory(curve, task)
    assert development.predictions(curve, task).shape == (3, 2, 5, 7)
    for least in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="illusory needs a finite least > 0, got least="):
            development.illusory(curve, task, least=least)
    with pytest.raises(ValueError, match="predictions needs a curve of this task, got 4 modes for a task with 5"):
        development.predictions(Curve(np.arange(2.0), np.zeros(2), np.ones((2, 4)), np.ones(4)), task)


@pytest.mark.skipif(not os.environ.get("DEEPLINEAR_DATA"), reason="DEEPLINEAR_DATA names no folder with semantic data")
@pytest.mark.parametrize("start", ["decoupled", "random"])
def test_eight_items(start):
    """Pines are credited with leaves before anything else; then birds and fish of one colour with the other."""
    (_, items, attributes), task = load_semantic(), semantic()
    weights = decoupled_start(task, (8,), 1e-6, 0) if start == "decoupled" else gaussian_start((8, 16, 36), 1e-3, 0)
    curve, kept = descended(task, weights, 0.005, 4000, every=5)
    found = development.illusory(curve, task)
    named = [(items[one.item], attributes[one.attribute]) for one in found]
    assert named[0] == ("Pine", "Leaves")
    colours = {("Robin", "Yellow"), ("Canary", "Red"), ("Sunfish", "Red"), ("Salmon", "Yellow")}
    assert set(named[1:5]) == colours
    assert 0.65 < found[0].peak < 0.72
    assert {("Daisy", "Move"), ("Canary", "Fish")} <= set(named)
    full = np.array([product(w)[one.attribute, one.item] for w in kept for one in found[:1]])
    assert_allclose(full.max(), found[0].peak, atol=2e-3)  # strengths leave out how modes mix: order of the start
    shallow, _ = descended(task, [np.zeros((36, 8))], 0.01, 3000)
    assert development.illusory(shallow, task, least=1e-9) == ()
