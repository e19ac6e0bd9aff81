import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

import deeplinear as dl


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_conserves_imbalance_and_matches_the_reduced_flow(task, depth):
    sizes = [task.n_in, *[30] * (depth - 1), task.n_out]
    weights = dl.initial.orthogonal(sizes, gain=0.8, rng=0)
    times = np.linspace(0, 2, 5)
    full, small = dl.flow(task, weights, times, reduce=False), dl.flow(task, weights, times)
    assert_allclose(small.loss, full.loss, rtol=1e-8)
    assert_allclose(small.maps, full.maps, rtol=0, atol=1e-8)
    assert (np.diff(full.loss) < 0).all()


def test_time_constant_scales_time(task):
    weights = dl.initial.orthogonal([task.n_in, 8, task.n_out], rng=0)
    assert_allclose(
        dl.flow(task, weights, [0.0, 3.0], tau=3.0).loss, dl.flow(task, weights, [0.0, 1.0]).loss, rtol=1e-8
    )


@pytest.mark.parametrize("widths", [[3, 2], [3, 5, 2], [2, 4, 4, 5]])
def test_matrices_integrated_by_another_method(widths):
    """The equations of motion written again, with whole prefixes and Σ³¹ − WΣ¹¹, by SciPy's Radau; the floor is not zero."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, widths[0])) * 0.3, rng.normal(size=(30, widths[-1]))
    task, weights = dl.Task.from_data(x, y), dl.initial.gaussian(widths, std=0.4, rng=0)
    assert task.floor > 1
    cuts = np.cumsum([w.size for w in weights])[:-1]

    def layers(state):
        return [part.reshape(w.shape) for part, w in zip(np.split(state, cuts), weights, strict=True)]

    def velocity(_, state):
        ws = layers(state)
        found = []
        for i in range(len(ws)):
            after, before = np.eye(widths[-1]), np.eye(widths[0])
            for w in ws[:i]:
                before = w @ before
            for w in ws[:i:-1]:
                after = after @ w
            error = y.T @ x - after @ ws[i] @ before @ (x.T @ x)
            found.append((after.T @ error @ before.T).ravel() / 1.7)
        return np.concatenate(found)

    times = np.array([0.0, 0.3, 1.0, 4.0])
    start = np.concatenate([w.ravel() for w in weights])
    states = solve_ivp(velocity, (0, 4.0), start, method="Radau", t_eval=times, rtol=1e-9, atol=1e-11).y.T
    maps = np.array([np.linalg.multi_dot([*layers(state)[::-1], np.eye(widths[0])]) for state in states])
    run = dl.flow(task, weights, times, tau=1.7)
    assert_allclose(run.maps, maps, rtol=0, atol=1e-6)  # Radau's errors, order five at 1e-9
    assert_allclose(run.loss, [0.5 * np.sum((y.T - w @ x.T) ** 2) for w in maps], rtol=1e-6)
    assert_allclose(run.loss, task.loss(run.maps), rtol=1e-12)
    assert_allclose(run.strengths, task.strengths(run.maps), rtol=0, atol=1e-12)
    assert_allclose(run.maps[0], np.linalg.multi_dot([*weights[::-1], np.eye(widths[0])]), rtol=0, atol=1e-14)


@pytest.mark.parametrize("times", [[], [1.0, 0.5], [-1.0, 1.0], [0.0, float("inf")]])
def test_refuses_bad_times(task, times):
    with pytest.raises(ValueError, match=r"flow needs (ascending|finite) times"):
        dl.flow(task, dl.initial.orthogonal([task.n_in, task.n_out], rng=0), times)


def test_refuses_bad_time_constant(task):
    with pytest.raises(ValueError, match="needs a finite tau > 0"):
        dl.flow(task, dl.initial.orthogonal([task.n_in, task.n_out], rng=0), [0.0, 1.0], tau=0.0)
