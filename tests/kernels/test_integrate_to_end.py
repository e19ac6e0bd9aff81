import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq
from tests.curvature.conftest import gradient, unpacked
from tests.exact.conftest import build_task, matrix_flow
from tests.kernels.conftest import product, random_layers

from deeplinear import Task, solve
from deeplinear.exact.rank_limited import best_map
from deeplinear.kernels import integrate_to_end


@pytest.mark.parametrize("widths", [[3, 2], [3, 5, 2], [3, 4, 3, 2]])
def test_follows_the_matrix_flow_to_its_end(widths):
    task = build_task([2.0, 1.0], 3, 2, rng=np.random.default_rng(1), powers=[1.0, 0.7, 0.4], noise=0.3)
    layers = random_layers(widths, np.random.default_rng(2), 0.5)
    run = integrate_to_end.ending(task, layers, tau=2.0)
    some = run.times[:: max(1, len(run.times) // 20)]
    want = matrix_flow(task, layers, some, tau=2.0)
    assert_allclose(run.loss[:: max(1, len(run.times) // 20)], task.loss(want), rtol=1e-6)  # an integrator of rtol 1e-8
    assert_allclose(product(run.weights), task.optimum, atol=1e-3)  # 1e-8 of the loss is left: 1e-4 of the map, of 2
    assert run.unlearned == 0
    half = run.time_to_fall(0.5)
    at = matrix_flow(task, layers, np.array([0.0, half]), tau=2.0)
    assert_allclose(task.loss(at[1]), (run.loss[0] + run.loss[-1]) / 2, rtol=1e-6)


def test_time_to_fall_of_one_mode():
    run = integrate_to_end.ending(Task.from_modes([1.5]), [np.array([[0.02]])] * 3)
    for fraction in (0.1, 0.9):
        u = 1.5 - np.sqrt(1 - fraction) * (1.5 - 0.02**3)
        want = quad(lambda x: 1 / (3 * x ** (4 / 3) * (1.5 - x)), 0.02**3, u, points=[1e-4, 1e-2], limit=500)[0]
        assert_allclose(run.time_to_fall(fraction), want, rtol=1e-5)


def test_bottlenecks_end_at_the_best_map_of_their_rank():
    task = build_task([2.0, 1.5, 1.0], 4, 3, rng=np.random.default_rng(3), powers=[1.0, 0.6, 0.4, 0.3])
    run = integrate_to_end.ending(task, random_layers([4, 1, 3], np.random.default_rng(4), 0.3))
    assert_allclose(product(run.weights), best_map(task, 1), atol=1e-3)  # 1e-8 of the loss is left
    assert run.unlearned == 0


@pytest.mark.parametrize("depth", [2, 3])
def test_modes_without_a_target_are_not_awaited(depth):
    run = integrate_to_end.ending(Task.from_modes([1.0, 0.0, 0.0]), [0.7 * np.eye(3)] * depth)
    assert_allclose(product(run.weights), np.diag([1.0, 0.0, 0.0]), atol=0.01)  # 1e-4 of the loss may be left there
    assert len(run.times) < 300  # all of the way: more than 2000 for two layers, without end for three


def test_saddles():
    run = integrate_to_end.ending(Task.from_modes([2.0]), ([[0.5]], [[-0.5]]))
    assert_allclose(product(run.weights), 0.0, atol=1e-10)
    assert_allclose(run.unlearned, 4 / 2.25**2, rtol=1e-9)
    assert run.saddle
    with pytest.raises(ValueError, match=r"ending needs a start that moves, got weights at a saddle"):
        integrate_to_end.ending(Task.from_modes([2.0]), ([[0.0]], [[0.0]]))


def test_known_saddles_are_not_left_by_rounding():
    """Three layers of which one has the wrong sign die like 1/t; rounding would revive them at t = 1e8."""
    task, layers = Task.from_modes([2.0, 1.0]), [np.diag([0.5, 0.5])] * 2 + [np.diag([0.5, -0.5])]
    run = integrate_to_end.ending(task, layers, goal=np.diag([2.0, 0.0]))
    assert_allclose(product(run.weights), np.diag([2.0, 0.0]), atol=1e-3)
    assert_allclose(run.unlearned, 1.0 / ((2 - 0.125) ** 2 + 1.125**2), rtol=1e-12)
    assert run.saddle
    assert integrate_to_end.ending(task, layers[:1] * 3, goal=task.optimum).unlearned == 0


@pytest.mark.parametrize("start", [0.02, 0.003])
def test_plateaus_are_followed_through(start):
    """Four equal layers and two modes, one learned (3/1)^(3/2) times later; the plateau between them lasts start^-2."""
    task, layers = Task.from_modes([3.0, 1.0]), [start * np.eye(2)] * 4
    law, run = solve(task, layers), integrate_to_end.ending(task, layers)
    assert run.unlearned == 0
    fall = law(0.0).loss[0]
    for fraction in (0.1, 0.5, 0.89, 0.91, 0.99):
        # errors of implicit steps, 2e-4 of each
        assert_allclose(run.time_to_fall(fraction), law.time_to_loss(fall * (1 - fraction)), rtol=1e-4)


def test_narrow_gaussian_networks_pass_their_saddles():
    """Against a stiff solver of SciPy's, on equations of motion that are written again."""
    task = build_task([3.0, 1.0], 2, 2, rng=np.random.default_rng(1), powers=[1.0, 1.3])
    layers = [0.05 * w for w in random_layers([2, 3, 3, 3, 2], np.random.default_rng(3), 1.0)]
    run = integrate_to_end.ending(task, layers)
    assert run.unlearned == 0

    def velocity(_, y):
        return -gradient(unpacked(y, layers), task.input_correlation, task.input_output_correlation)

    times = [run.time_to_fall(fraction) for fraction in (0.1, 0.5, 0.95, 0.99)]
    assert times[2] > 3 * times[1] > 100
    y = np.concatenate([w.ravel() for w in layers])
    found = solve_ivp(velocity, (0, 1.01 * times[-1]), y, method="Radau", rtol=1e-8, atol=1e-12, dense_output=True)

    def fallen(t):
        return (run.loss[0] - task.loss(product(unpacked(found.sol(t), layers)))) / (run.loss[0] - run.loss[-1])

    for fraction, time in zip((0.1, 0.5, 0.95, 0.99), times, strict=True):
        want = brentq(lambda t, level=fraction: fallen(t) - level, 0.9 * time, 1.01 * time)
        assert_allclose(time, want, rtol=1e-4)  # errors of implicit steps, 2e-4 of each


def test_slow_inputs_are_waited_for():
    task = Task.from_correlations(np.diag([1.0, 1e-7]), [[1.0, 1e-7]])
    run = integrate_to_end.ending(task, ([[0.1, 0.1]],))
    assert run.unlearned == 0
    slow = run.time_to_fall(1 - 5e-8)  # half of what the slow input holds, but for the last 1e-8
    left = 0.5 * 0.81 * (np.exp(-2 * slow) + 1e-7 * np.exp(-2e-7 * slow))
    assert_allclose((run.loss[0] - left) / (run.loss[0] - run.loss[-1]), 1 - 5e-8, rtol=1e-11)


def test_plateaus_without_end_are_not_saddles():
    """Weights of rank one but for rounding: three layers of 1e-17 would take 1e17."""
    rng = np.random.default_rng(0)
    turn = [np.linalg.qr(rng.normal(size=(2, 2)))[0] for _ in range(4)]
    layers = [turn[i + 1] @ np.diag([0.5, 0.0]) @ turn[i].T for i in range(3)]
    task = Task.from_correlations(np.eye(2), turn[3] @ np.diag([2.0, 1.0]) @ turn[0].T)
    run = integrate_to_end.ending(task, layers)
    assert not run.saddle
    assert_allclose(run.unlearned, 1 / (1 + 1.875**2), rtol=1e-9)
    assert_allclose(product(run.weights), best_map(task, 1), atol=1e-3)


def test_a_start_at_the_optimum_stays():
    run = integrate_to_end.ending(Task.from_modes([2.0]), ([[1.0]], [[2.0]]))
    assert run.times.tolist() == [0.0]
    assert run.time_to_fall(0.1) == 0


def test_large_starts_are_stiff_and_do_not_overflow():
    task = Task.from_modes([2.0, 1.0])
    for widths in ([2, 10, 10, 10, 2], [2, 2, 2]):
        run = integrate_to_end.ending(task, random_layers(widths, np.random.default_rng(6), 30.0))
        assert_allclose(
            product(run.weights), task.optimum, atol=1e-3
        )  # 1e-8 of the loss is left: 1e-4 of the map, of 2
        assert run.unlearned == 0
        assert len(run.times) < 1000  # an explicit method needs ten times as many where the network is narrow


def test_refusals(monkeypatch):
    with pytest.raises(
        ValueError, match=r"ending needs at most 30000 weights, got 40000: it integrates all of them. Pass an"
    ):
        integrate_to_end.ending(Task.from_modes([1.0], n_in=100, n_out=100), (np.eye(100),) * 4)
    with pytest.raises(ValueError, match=r"ending needs a finite tau > 0, got tau=-1.0"):
        integrate_to_end.ending(Task.from_modes([1.0]), ([[1.0]],), tau=-1.0)
    monkeypatch.setattr(integrate_to_end, "STEPS", 20)
    task = Task.from_correlations(np.diag([1.0, 1e-4]), [[1.0, 1e-4]])
    with pytest.raises(
        ValueError, match=r"ending needs a flow that ends within 20 steps on its plateaus, got .* of the loss left at t"
    ):
        integrate_to_end.ending(task, ([[0.1, 0.1]],))
