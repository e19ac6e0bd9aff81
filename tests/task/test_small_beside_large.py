"""Powers and targets far below the largest are still there: each room reads them from the task, without a cut-off of its own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear import Task, descend, flow, initial, solve
from deeplinear.curvature.rates import task_sharpness
from deeplinear.exact import ntk
from deeplinear.exact.matrices import shallow
from deeplinear.kernels.regression import regression
from deeplinear.reduction.subspaces import InputSubspace
from deeplinear.simulate.linear.problem import Problem


def test_a_weak_mode_is_more_than_rounding():
    """A millionth of a millionth of the largest correlation is learned late, not never."""
    assert Task.from_modes([1.0, 1e-12]).rank == 2
    assert Task.from_modes([1.0, 1e-16]).rank == 1


def test_sharpness_and_half_times_know_weak_targets():
    """One target in a unit of 1e-11: its mode has a target and a time, and none is made of rounding."""
    task = Task.from_modes([1.0, 1e-11], n_in=3, n_out=3)
    assert_array_equal(task.targets > 0, [True, True, False])
    run = descend(task, (np.diag([1.0, 1e-11, 0.0]),), rate=0.1, steps=3)
    assert_array_equal(np.isfinite(run.half_times), [True, True, False])
    deep = task_sharpness(task, 100)
    weights = [1.0, 1e-11]
    by_hand = sum(weights[0] ** (2 * (99 - i) / 100) for i in range(100))
    assert_allclose(deep, by_hand, rtol=CLOSED_FORM)


def test_sharpness_takes_rounding_for_no_mode():
    """One mode in turned coordinates: the hundredth root of the rounding in the others would be sharper than the mode is."""
    q = np.linalg.qr(np.random.default_rng(6).standard_normal((3, 3)))[0]
    s11 = q * [1.0, 90.0, 10.0] @ q.T
    task = Task.from_correlations(s11, np.outer(2 * q[:, 1], q[:, 0]))
    assert_allclose(task_sharpness(task, 100), 100 * 2.0**1.98, rtol=1e-10)


@pytest.mark.parametrize("factor", [1.0, 1e7])
def test_descent_and_flow_see_the_small_input(factor):
    """Two correlated inputs beside a large one, all along the flow of a single layer: each has its own power."""
    s11 = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 1.0]]) * np.outer([1, 1, factor], [1, 1, factor])
    optimum = np.array([[1.0, -2.0, 3.0 / factor]])
    task = Task.from_correlations(s11, optimum @ s11)
    start = (np.array([[0.5, 0.25, 0.0]]),)
    times = np.array([0.0, 0.3, 2.0])
    root = np.linalg.eigh(s11[:2, :2])
    decay = (root[1] * np.exp(-root[0] * times[:, None, None])) @ root[1].T
    expected = optimum[0, :2] + (start[0][0, :2] - optimum[0, :2]) @ decay
    if factor == 1.0:
        found = flow(task, start, times).maps
        assert_allclose(found[:, 0, :2], expected, rtol=0, atol=1e-8)
    assert_allclose(shallow.maps(times, task=task, start=start[0])[:, 0, :2], expected, rtol=0, atol=1e-12)
    run = descend(task, start, rate=0.5 / factor**2, steps=1)
    step = start[0] + 0.5 / factor**2 * (optimum - start[0]) @ s11
    assert_allclose(run.maps[-1], step, rtol=CLOSED_FORM)


@pytest.mark.parametrize("factor", [1.0, 1e5, 1e8])
def test_kernel_regression_ends_at_the_optimum_in_any_unit(factor):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((30, 3)) * [1.0, factor, 1.0]
    task = Task.from_data(x, x @ np.array([[1.0], [2.0 / factor], [3.0]]))
    whole = [(np.eye(1), np.eye(3)), (np.eye(1), np.eye(3))]
    assert_allclose(regression(whole, task) * [[1.0, factor, 1.0]], [[1.0, 2.0, 3.0]], rtol=1e-7)
    assert_allclose(ntk.kernel(whole), 2 * np.eye(3), rtol=CLOSED_FORM)


def test_a_mode_of_a_small_input_is_learned_as_if_alone():
    """Aligned inputs of powers 1e14 and 1: the second mode follows its own sigmoid."""
    task = Task.from_correlations(np.diag([1e14, 1.0]), np.diag([1e7, 2.0]))
    start = [np.diag([1e-5, 0.1])] * 2
    law, alone = solve(task, start), solve(Task.from_modes([2.0]), [np.array([[0.1]])] * 2)
    times = np.array([0.0, 0.5, 1.0, 2.0, 10.0])
    assert_allclose(law(times).strengths[:, 1], alone(times).strengths[:, 0], rtol=CLOSED_FORM)
    assert_allclose(law.half_times[1], alone.half_times[0], rtol=CLOSED_FORM)


def test_powers_far_below_the_largest_are_told_apart():
    """Four correlated inputs beside one of 1e14 times their power: each principal component has its own power."""
    q = np.linalg.qr(np.random.default_rng(7).standard_normal((4, 4)))[0]
    s11 = np.zeros((5, 5))
    s11[:4, :4], s11[4, 4] = q * [4.0, 3.0, 2.0, 1.0] @ q.T, 1e14
    task = Task.from_correlations(s11, np.ones((2, 5)) @ s11)
    inputs = InputSubspace(task)
    assert (inputs.groups, inputs.simple.shape) == ([], (5, 5))
    inside = inputs.add(np.append(q[:, 2], 0.0)[:, None])
    assert_allclose(np.abs(inside[:4, 0]), np.abs(q[:, 2]), rtol=0, atol=1e-10)
    run = descend(task, initial.gaussian([5, 6, 2], rng=0), rate=1e-18, steps=1)
    assert_allclose(Problem.inside(run.reduction).powers, [1e14, 4.0, 3.0, 2.0, 1.0], rtol=1e-10)


def test_powers_beside_a_large_input_that_correlates_with_them():
    """What the large input does not explain of the others has the powers of their Schur complement."""
    a = np.random.default_rng(8).standard_normal((4, 9))
    c = a @ a.T
    units = np.array([1.0, 1.0, 1.0, 1e7])
    s11 = c * np.outer(units, units)
    task = Task.from_correlations(s11, np.ones((2, 4)) / units @ s11)
    expected = np.linalg.eigvalsh(c[:3, :3] - np.outer(c[:3, 3], c[:3, 3]) / c[3, 3])[::-1]
    assert_allclose(task.input_modes[0][1:], expected, rtol=1e-6)  # 1e-16 of the root of the largest power
    run = descend(task, initial.gaussian([4, 6, 2], rng=0), rate=1e-18, steps=1)
    assert_allclose(Problem.inside(run.reduction).powers[1:], expected, rtol=1e-6)


def test_pretraining_sees_the_small_input():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((40, 4)), rng.standard_normal((40, 2))
    task = Task.from_data(x * [1e7, 1.0, 1.0, 1.0], y)
    first, second, _ = initial.pretrained_limit(task, [4, 4, 4, 2], rng=0)
    assert np.linalg.matrix_rank(first) == np.linalg.matrix_rank(second) == 4


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e5, 1e7])
def test_a_large_input_hides_no_misalignment(scale):
    """Two inputs of correlation 0.6 whose modes are the inputs themselves, beside one of any size."""
    units = np.diag([1.0, 1.0, scale])
    correlation = units @ np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 1.0]]) @ units
    inputs = Task.from_correlations(correlation, np.diag([2.0, 1.0, scale]))
    assert_allclose(inputs.misalignment, 0.6, rtol=1e-10)
    alone = Task.from_correlations(units**2, np.diag([2.0, 1.0, scale]))
    assert alone.misalignment < 1e-15
    assert "two-layer sigmoid" in solve(alone, initial.decoupled(alone, [3, 3, 3], strength=0.01, rng=0)).name
    with pytest.raises(ValueError, match="aligned inputs"):
        solve(inputs, initial.decoupled(inputs, [3, 3, 3], strength=0.01, rng=0), law="task-aligned two-layer sigmoid")


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-4, 1e-5])
def test_modes_that_nearly_tie_are_aligned_as_far_as_rounding_knows_them(gap):
    """Rounding turns two modes into each other by ε/gap, which is no misalignment; a turn of 1e-7 is one."""
    rng = np.random.default_rng(3)
    s, powers = np.array([1.0 + gap, 1.0, 0.3]), np.array([0.5, 2.0, 1.0])
    for _ in range(20):
        u, v = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2))
        task = Task.from_correlations((v * powers) @ v.T, (u * s) @ v.T)
        assert task.misalignment == 0
        turned = v.copy()
        turned[:, 0] += 1e-7 * v[:, 1]
        turned[:, 1] -= 1e-7 * v[:, 0]
        off = Task.from_correlations((turned * powers) @ turned.T, (u * s) @ v.T)
        assert_allclose(off.misalignment, 1.5e-7, rtol=0.01)  # |d₁ − d₂| times the turn, over √(d₁ d₂) = 1
