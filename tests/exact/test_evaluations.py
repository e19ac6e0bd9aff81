"""Nothing is integrated for ever: rates far apart end in a sentence, in every law that is integrated or walked."""

import numpy as np
import pytest

from deeplinear import Task, initial, solve
from deeplinear.activations import as_activation
from deeplinear.exact import evaluations
from deeplinear.exact.modes import walk
from deeplinear.propagation.finite.jacobian import signs

ONE = Task.from_modes([1.0])


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(evaluations, "MOST", 2000)
    monkeypatch.setattr(evaluations, "LEAST", 100)
    monkeypatch.setattr(walk, "MOST", 2000)


def test_evaluations_are_counted():
    counted = evaluations.bounded_velocity("f", lambda t, y: y, 100 * evaluations.LARGE)
    for _ in range(evaluations.LEAST):
        assert counted(1.0, np.ones(1)) == 1.0
    with pytest.raises(
        ValueError,
        match=r"^f needs rates that one integration can follow, got a flow that has come to t=1 after 100000",
    ):
        counted(1.0, np.ones(1))


@pytest.mark.usefixtures("impatient")
def test_weights_of_modes_with_rates_far_apart():
    start = initial.balanced([2, 3, 2], strength=[0.3, 0.1], rng=0)
    for modes, time in (([1.0, 1e-6], 1e9), ([1e8, 1.0], 10.0)):
        law = solve(Task.from_modes(modes), start)
        with pytest.raises(ValueError, match=r"^weights needs rates that one integration can follow"):
            law.weights(np.array([0.0, time]))


@pytest.mark.usefixtures("impatient")
def test_maps_of_inputs_with_powers_far_apart():
    task = Task.from_correlations(np.diag([1e6, 1.0]), np.array([[1e6, 2.0], [0.5, 1.0]]))
    law = solve(task, initial.balanced([2, 3, 2], strength=[0.3, 0.1], rng=0))
    with pytest.raises(ValueError, match=r"^the end-to-end flow needs rates that one integration can follow"):
        law(np.array([0.0, 1e3]))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("tau", [1 / 1.2, 1e9])
def test_steps_that_go_on_moving(tau):
    law = solve(ONE, ([[0.1]], [[0.1]]), tau=tau, law="discrete descent")
    assert np.isfinite(law(np.array([0.0, 2000.0])).strengths).all()
    with pytest.raises(ValueError, match=r"^discrete descent needs at most 2000 steps, got \d+"):
        law(np.array([0.0, 1e12]))


@pytest.mark.usefixtures("impatient")
def test_steps_to_a_share_of_the_target():
    law = solve(ONE, ([[0.1]], [[0.1]]), tau=1e9, law="discrete descent")
    with pytest.raises(ValueError, match=r"^discrete descent needs at most 2000 steps"):
        law.learning_time(0.5)


def test_signs_of_slopes_infinitely_far_out():
    assert signs(as_activation("tanh"), np.array([np.inf, -np.inf, 1e300, 0.5])).tolist() == [1.0, 1.0, 1.0, 1.0]
