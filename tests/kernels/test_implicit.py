"""Steps for plateaus: their linear systems, their order, and where a flow of steps is called to an end."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.curvature.conftest import dense_hessian, gradient, unpacked
from tests.exact.conftest import build_task
from tests.kernels.conftest import random_layers

from deeplinear import Task
from deeplinear.curvature.products import flattened, hessian_product
from deeplinear.kernels.implicit import Implicit, Watch, solved

TASK = build_task([2.0, 1.0], 3, 2, rng=np.random.default_rng(1), powers=[1.0, 0.7, 0.4], noise=0.3)
LAYERS = random_layers([3, 4, 2], np.random.default_rng(2), 0.5)


def velocity(_, y):
    return -gradient(unpacked(y, LAYERS), TASK.input_correlation, TASK.input_output_correlation)


def begun(h):
    return Implicit(TASK, LAYERS, velocity, 0.0, flattened(LAYERS), h)


def test_systems_are_solved_or_refused():
    matrix = dense_hessian(LAYERS, TASK.input_correlation, TASK.input_output_correlation)
    product, right = hessian_product(TASK, LAYERS), np.random.default_rng(3).normal(size=len(matrix))
    lowest = np.linalg.eigvalsh(matrix)[0]
    assert lowest < 0
    shift = 0.1 - lowest
    want = np.linalg.solve(matrix + shift * np.eye(len(matrix)), right)
    assert_allclose(solved(product, shift, right), want, rtol=0, atol=1e-7 * np.abs(want).max())  # residuals of 1e-9
    assert solved(product, -0.5 * lowest, right) is None
    assert not solved(product, shift, 0 * right).any()


def test_steps_are_of_third_order_and_their_errors_of_second():
    away, told = [], []
    for h in (0.04, 0.02, 0.01):
        change, error, *_ = begun(h).trial(hessian_product(TASK, LAYERS), h)
        exact = solve_ivp(velocity, (0, h), flattened(LAYERS), method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1]
        away.append(np.linalg.norm(flattened(LAYERS) + change - exact))
        told.append(np.linalg.norm(error))
    assert_allclose([away[0] / away[1], away[1] / away[2]], 16, rtol=0.1)  # h⁴, and the next order at these h
    assert_allclose([told[0] / told[1], told[1] / told[2]], 8, rtol=0.1)  # likewise


def test_between_steps_the_flow_is_interpolated():
    flow = begun(0.05)
    flow.step()
    between, middle = flow.dense_output(), 0.4 * flow.t
    exact = solve_ivp(
        velocity, (0, flow.t), flattened(LAYERS), t_eval=[middle], method="DOP853", rtol=1e-12, atol=1e-14
    )
    assert_allclose(between(middle), exact.y[:, 0], rtol=0, atol=1e-6)
    assert_allclose(between(0.0), flattened(LAYERS), rtol=1e-14)
    assert_allclose(between(flow.t), flow.y, rtol=1e-14)


def test_perturbations_grow_as_at_the_saddle():
    """At the origin of two layers the fastest growth is s, whatever the steps; at a minimum there is none."""
    s = 3.0
    task, at = Task.from_modes([s, 1.0]), (np.zeros((2, 2)), np.zeros((2, 2)))

    def still(_, y):
        return 0 * y

    flow = Implicit(task, at, still, 0.0, flattened(at), 0.1)
    while flow.growth < 40:
        flow.step()
    # random directions first, then hγ is at most 1, where a step multiplies by 3 instead of e
    assert 40 / np.log(3) < s * flow.t < 45
    end = (np.diag([s, 1.0]) ** 0.5,) * 2
    flow = Implicit(task, end, still, 0.0, flattened(end), 1.0)
    for _ in range(12):
        flow.step()
    assert flow.growth < 1e-3


def test_what_ends_a_plateau():
    flow = begun(0.1)
    watch = Watch(1.0, 1e-3)
    flow.growth = 39.0
    assert watch.verdict(TASK, flow, 0.9995) == ""
    flow.growth = 41.0
    assert watch.verdict(TASK, flow, 0.9995) == "saddle"
    assert watch.verdict(TASK, flow, 0.99) == ""  # it has fallen: all begins again
    flow.growth = 80.0
    assert watch.verdict(TASK, flow, 0.99) == ""
    flow.h = 1e16
    assert watch.verdict(TASK, flow, 0.99) == "plateau"
    flow.h, flow.force = 0.1, 0 * flow.y
    assert [watch.verdict(TASK, flow, 0.99) for _ in range(101)] == [""] * 100 + ["plateau"]


@pytest.mark.parametrize("h", [1e3, 1e12])
def test_steps_far_too_long_are_taken_back(h):
    flow = begun(h)
    flow.step()
    assert flow.t < 1.0
    exact = solve_ivp(velocity, (0, flow.t), flattened(LAYERS), method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    assert_allclose(flow.y, exact, rtol=0, atol=1e-3 * np.linalg.norm(exact - flattened(LAYERS)))
