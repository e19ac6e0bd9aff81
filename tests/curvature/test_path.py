"""Sharpness along a law against Hessians of weights that were integrated by other means, and against descent itself."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import INTEGRATOR
from tests.curvature.conftest import dense_hessian, gradient, network, unpacked
from tests.exact.conftest import build_task, build_weights

from deeplinear import Task, solve
from deeplinear.curvature.path import crossings, departure, sharpness_path, stability_limit
from deeplinear.curvature.rates import task_sharpness


def flowed(task, weights, times, tau):
    """The weights themselves, by integrating their equations of motion."""
    s11, s31 = task.input_correlation, task.input_output_correlation

    def velocity(_, y):
        return -gradient(unpacked(y, weights), s11, s31) / tau

    y0 = np.concatenate([w.ravel() for w in weights])
    run = solve_ivp(velocity, (0, times[-1]), y0, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14)
    return [unpacked(y, weights) for y in run.y.T]


CASES = {
    "two layers": (2, {}),
    "three layers": (3, {}),
    "four layers": (4, {}),
    "white inputs of power 2.5": (3, {"powers": [2.5] * 5}),
    "aligned inputs": (3, {"powers": [0.6, 1.5, 0.4, 4.0, 0.0]}),
    "one layer": (1, {"powers": [0.6, 1.5, 0.4, 4.0, 0.0]}),
}


@pytest.mark.parametrize("case", CASES)
def test_extremes_of_the_dense_hessian_along_the_flow(case):
    depth, how = CASES[case]
    rng = np.random.default_rng(depth)
    task = build_task([2.0, 1.1, 0.7], 5, 4, rng=rng, noise=0.3, **how)
    begun = np.array([0.02, 0.1, 0.0 if depth > 1 else 0.2])
    weights = build_weights(task, [4, 5, 4][: depth - 1], np.tile(begun ** (1 / depth), (depth, 1)), rng=rng)
    times = np.linspace(0, 12, 7)
    path = sharpness_path(solve(task, weights, tau=1.3), times)
    assert path.rate == 1 / 1.3
    for index, ws in enumerate(flowed(task, weights, times, 1.3)):
        values = np.linalg.eigvalsh(dense_hessian(ws, task.input_correlation, task.input_output_correlation))
        assert_allclose(path.sharpness[index], values[-1], rtol=INTEGRATOR)
        assert_allclose(path.smallest[index], values[0], atol=INTEGRATOR)
        end_to_end = np.linalg.multi_dot([*ws[::-1], np.eye(5)])
        assert_allclose(path.loss[index], task.loss(end_to_end), rtol=INTEGRATOR)
        fitted = end_to_end @ task.input_correlation  # without a residual, only the Gauss-Newton part is left
        kernel = np.linalg.eigvalsh(dense_hessian(ws, task.input_correlation, fitted))
        assert_allclose(path.gauss_newton[index], kernel[-1], rtol=INTEGRATOR)


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_ends_at_the_sharpness_of_the_minimum(depth):
    rng = np.random.default_rng(depth)
    task = build_task([2.0, 1.0], 4, 2, rng=rng, powers=[0.7, 1.5, 6.0, 0.2])
    weights = build_weights(task, [4] * (depth - 1), np.full((depth, 2), 0.6), rng=rng)
    path = sharpness_path(solve(task, weights), [0.0, 4000.0])
    assert_allclose(path.sharpness[-1], task_sharpness(task, depth), rtol=1e-10)
    assert_allclose(path.gauss_newton[-1], path.sharpness[-1], rtol=1e-10)


def test_two_layers_start_as_sharp_as_the_target_and_dip_to_half():
    task, start = Task.from_modes([3.0]), (np.array([[1e-3]]), np.array([[1e-3]]))
    law = solve(task, start)
    path = sharpness_path(law, [0.0, law.half_times[0], 20.0])
    assert_allclose(path.sharpness, [3.0 - 1e-6, 1.5, 6.0], rtol=1e-9)
    assert_allclose(path.smallest, [2e-6 + 1e-6 - 3.0, 1.5, 0.0], atol=1e-9)


def descend(weights, s31, rate, steps, momentum=0.0, nesterov=False):
    """Full-batch descent of white problems; the distance of the map from its target after each step."""
    flat, s11 = np.concatenate([w.ravel() for w in weights]), np.eye(s31.shape[1])
    velocity, away = np.zeros_like(flat), []
    for _ in range(steps):
        seen = flat + momentum * velocity if nesterov else flat
        velocity = momentum * velocity - rate * gradient(unpacked(seen, weights), s11, s31)
        flat = flat + velocity
        away.append(np.linalg.norm(np.linalg.multi_dot([*unpacked(flat, weights)[::-1], s11]) - s31))
    return np.array(away)


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.6, False), (0.6, True)])
@pytest.mark.parametrize("depth", [2, 3])
def test_descent_settles_below_the_limit_and_not_above(depth, momentum, nesterov):
    rng = np.random.default_rng(depth)
    s, widths = np.array([2.0, 1.0]), [2, *[3] * (depth - 1), 2]
    weights, _, s31 = network(s, s, widths, np.ones(2), rng)
    task = Task.from_correlations(np.eye(2), s31)
    top = sharpness_path(solve(task, weights), [0.0]).sharpness[0]
    nudged = [w + 1e-3 * rng.normal(size=w.shape) for w in weights]
    edge = float(stability_limit(1.0, momentum=momentum, nesterov=nesterov)) / top
    below = descend(nudged, s31, 0.98 * edge, 1500, momentum, nesterov)
    above = descend(nudged, s31, 1.02 * edge, 1500, momentum, nesterov)
    assert below[-1] < 1e-8
    assert above[-1] > 1e-2


def test_just_above_the_limit_descent_alternates():
    rng = np.random.default_rng(0)
    s = np.array([2.0, 1.0])
    weights, _, s31 = network(s, s, [2, 3, 2], np.ones(2), rng)
    nudged = [w + 1e-3 * rng.normal(size=w.shape) for w in weights]
    away = descend(nudged, s31, 1.02 * 2 / (2 * s[0]), 3000)
    assert_allclose(away[-1], away[-3], rtol=1e-9)
    assert abs(away[-1] - away[-2]) > 1e-3


def test_stability_limits_of_a_parabola():
    def radius(h, rate, beta, nesterov):
        """Spectral radius of one step of (x, velocity) on ``½ h x²``."""
        kept = beta - (rate * h * beta if nesterov else 0.0)
        return np.abs(np.linalg.eigvals([[1 - rate * h, kept], [-rate * h, kept]])).max()

    for beta in (0.0, 0.5, 0.95):
        for nesterov in (False, True):
            edge = stability_limit(0.3, momentum=beta, nesterov=nesterov)
            assert radius(edge * (1 - 1e-6), 0.3, beta, nesterov) < 1 < radius(edge * (1 + 1e-6), 0.3, beta, nesterov)
    assert_allclose(stability_limit([0.1, 0.2]), [20.0, 10.0], rtol=1e-15)


def test_crossings():
    task, start = Task.from_modes([2.0]), (np.array([[0.1]]), np.array([[0.1]]))
    law = solve(task, start, tau=1.5)
    path = sharpness_path(law, np.linspace(0, 12, 40))
    down, up = crossings(path, 1.4)
    assert_allclose(law([down, up]).strengths[:, 0], [0.6, (2 + 1.4) / 3], rtol=1e-12)  # s − u, then 3u − s
    assert path.limit == 3.0
    assert_allclose(law(crossings(path)).strengths, [[5 / 3]], rtol=1e-12)
    assert path.unstable_from == crossings(path)[0]
    assert sharpness_path(law, [0.0, 1.0]).unstable_from is None
    fast = sharpness_path(solve(task, start, tau=0.5), [0.0, 1.0])
    assert fast.unstable_from == 0.0
    assert crossings(path, 100.0).shape == crossings(path, 0.1).shape == (0,)


def balanced(task, widths, rng):
    k = min(widths)
    return build_weights(task, widths[1:-1], np.full((len(widths) - 1, k), 0.4), rng=rng)


def test_networks_outside_the_formula_are_told_apart():
    """Neither unbalanced, nor blind to a hidden direction, nor off the inputs' axes: the formula would be wrong there."""
    rng = np.random.default_rng(0)
    task, wide = build_task([2.0, 1.0], 2, 2, rng=rng), build_task([2.0], 3, 2, rng=rng)
    good = balanced(task, [2, 3, 2], rng)
    hidden = list(build_weights(wide, [3], [[0.5], [0.5]], rng=rng))
    blind = np.linalg.svd(hidden[1])[2][-1]  # a hidden direction that the output does not see
    silent = np.linalg.svd(wide.modes.v[:, :1])[0][:, -1]  # an input that the task does not use
    hidden[0] = hidden[0] + 0.5 * np.outer(blind, silent)
    x = np.random.default_rng(1).normal(size=(20, 3)) * [1, 2, 3]
    raw = Task.from_data(x, x @ np.random.default_rng(2).normal(size=(3, 2)))
    for case, weights in ((task, [good[0] * 2, good[1] / 2]), (wide, hidden), (raw, [np.zeros((2, 3))])):
        law = solve(case, weights)
        assert departure(law) > 0.1
        values = np.linalg.eigvalsh(dense_hessian(law.start, case.input_correlation, case.input_output_correlation))
        path = sharpness_path(law, [0.0])
        assert_allclose([path.smallest[0], path.sharpness[0]], values[[0, -1]], rtol=1e-10, atol=1e-12)
    assert departure(solve(task, good)) < 1e-12


def test_bad_input():
    rng = np.random.default_rng(0)
    task = build_task([2.0, 1.0], 2, 2, rng=rng)
    good = balanced(task, [2, 3, 2], rng)
    law = solve(task, good)
    with pytest.raises(ValueError, match=r"law needs t >= 0, got t=-1.0"):
        sharpness_path(law, [-1.0])
    path = sharpness_path(law, [1.0, 0.0])
    with pytest.raises(ValueError, match=r"crossings needs ascending times"):
        crossings(path)
    with pytest.raises(ValueError, match=r"crossings needs a finite limit, got limit=nan"):
        crossings(path, np.nan)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 0.0}, r"stability_limit needs a finite rate > 0, got rate=0.0"),
        ({"momentum": 1.0}, r"stability_limit needs 0 <= momentum < 1, got momentum=1.0"),
        ({"momentum": -0.1}, r"stability_limit needs 0 <= momentum < 1, got momentum=-0.1"),
        ({"momentum": np.nan}, r"stability_limit needs a finite momentum"),
    ],
)
def test_bad_rates(arguments, message):
    good = {"rate": 0.1} | arguments
    with pytest.raises(ValueError, match=message):
        stability_limit(good.pop("rate"), **good)
