import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.curvature.conftest import dense_hessian
from tests.exact.conftest import build_task, build_weights

from deeplinear import Task
from deeplinear.curvature import rates
from deeplinear.exact import depth, infinite, sigmoid

# steps at the optimal rate in units of c, s = 1, u_f = 1 - min(u0, .1); N_l = depth + 1; 60-digit arithmetic
FIG4 = {
    1e-3: {3: 13.81, 4: 34.63, 5: 69.47, 8: 202.7, 10: 285.8, 20: 550.7, 50: 798.2, 100: 900.0, 1000: 1001.0},
    0.1: {3: 4.394, 4: 6.028, 5: 7.198, 8: 9.222, 10: 9.968, 20: 11.56, 50: 12.58, 100: 12.93, 1000: 13.25},
}


def chain_hessian(a, s, layers):
    """Hessian of ``½(s − Π a)²`` on equal layers, by second differences of an exact polynomial."""
    h = 1e-4

    def energy(x):
        return 0.5 * (s - np.prod(x)) ** 2

    out = np.empty((layers, layers))
    for i, j in np.ndindex(layers, layers):
        e_i, e_j = np.eye(layers)[i] * h, np.eye(layers)[j] * h
        x = np.full(layers, a)
        out[i, j] = (energy(x + e_i + e_j) - energy(x + e_i - e_j) - energy(x - e_i + e_j) + energy(x - e_i - e_j)) / (
            4 * h * h
        )
    return out


@pytest.mark.parametrize("layers", [2, 3, 5])
@pytest.mark.parametrize("a", [0.3, 0.9, 1.2])
def test_hessian_of_one_mode(layers, a):
    values = np.sort(np.linalg.eigvalsh(chain_hessian(a, 1.4, layers)))
    top, other = rates.hessian_eigenvalues(a, s=1.4, depth=layers, tau=1.0)
    assert_allclose(values, np.sort([top] + [other] * (layers - 1)), atol=1e-6)  # second differences, h = 1e-4
    assert_allclose(rates.hessian_eigenvalues(a, s=1.4, depth=layers, tau=2.0), (top / 2, other / 2), rtol=1e-15)


def test_sharpness_is_the_hessian_at_the_optimum_and_the_largest_on_the_way():
    for layers in (1, 2, 4, 9, 99):
        for s in (0.5, 1.0, 5.0):
            path = rates.hessian_eigenvalues(np.linspace(0, s ** (1 / layers), 101), s=s, depth=layers)
            assert_allclose(rates.sharpness(s, depth=layers), path[0][-1], rtol=1e-11)  # a^198 at depth 99
            assert path[0].max() <= path[0][-1] * (1 + 1e-11)
    assert_allclose(rates.largest_stable_rate(5.0, depth=3), 2 * rates.optimal_rate(5.0, depth=3), rtol=1e-15)
    assert_allclose(rates.optimal_rate(5.0, depth=3), 1 / (3 * 5 ** (4 / 3)), rtol=1e-15)


def dense_sharpness(task, weights):
    """Top eigenvalue of the Gauss-Newton matrix from explicit derivatives of the map by every weight."""
    half = np.linalg.cholesky(task.input_correlation + 1e-300 * np.eye(task.n_in))
    columns = []
    for layer, w in enumerate(weights):
        after, before = np.eye(task.n_out), np.eye(task.n_in)
        for x in weights[:layer]:
            before = x @ before
        for x in weights[:layer:-1]:
            after = after @ x
        for i, j in np.ndindex(w.shape):
            columns.append(np.outer(after[:, i], before[j] @ half).ravel())
    return np.linalg.norm(np.array(columns), 2) ** 2


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
@pytest.mark.parametrize("white", [True, False])
def test_sharpness_of_a_whole_task(layers, white):
    rng = np.random.default_rng(layers)
    if white:
        task = build_task([3.0, 1.0, 0.2], 5, 4, rng=rng)
    else:
        x = rng.normal(size=(30, 5)) * [3.0, 1.0, 0.5, 0.4, 2.0]
        task = Task.from_data(x, rng.normal(size=(30, 4)), reduction="mean")
    _u, s, _vt = np.linalg.svd(task.optimum, full_matrices=False)
    target = Task.from_correlations(np.eye(5), task.optimum)
    weights = build_weights(target, [6] * (layers - 1), np.tile(s ** (1 / layers), (layers, 1)), rng=rng)
    assert_allclose(task.loss(np.linalg.multi_dot([*weights[::-1], np.eye(5)])), task.floor, rtol=1e-10, atol=1e-12)
    assert_allclose(rates.task_sharpness(task, layers), dense_sharpness(task, weights), rtol=1e-10)
    if white:
        assert_allclose(rates.task_sharpness(task, layers), rates.sharpness(3.0, depth=layers), rtol=CLOSED_FORM)


@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("seed", range(4))
def test_sharpness_of_a_task_with_fewer_examples_than_inputs(layers, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((3, 6)), rng.standard_normal((3, 2))
    task = Task.from_data(x, y)
    _u, s, _vt = np.linalg.svd(task.optimum, full_matrices=False)
    target = Task.from_correlations(np.eye(6), task.optimum)
    weights = build_weights(target, [6] * (layers - 1), np.tile(s ** (1 / layers), (layers, 1)), rng=rng)
    values = np.linalg.eigvalsh(dense_hessian(weights, x.T @ x, y.T @ x))
    assert_allclose(rates.task_sharpness(task, layers), values[-1], rtol=1e-10)
    assert_allclose(rates.sharpness(task, weights), values[-1], rtol=1e-10)


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
def test_sharpness_of_a_mode_with_input_power(layers):
    task = build_task([3.0], 1, 1, rng=np.random.default_rng(0), powers=[2.5])
    weights = [np.array([[abs(task.optimum[0, 0]) ** (1 / layers)]])] * layers
    got = rates.sharpness(3.0, depth=layers, power=2.5)
    assert_allclose(got, dense_sharpness(task, weights), rtol=CLOSED_FORM)
    assert_allclose(rates.task_sharpness(task, layers), got, rtol=CLOSED_FORM)
    assert_allclose(rates.largest_stable_rate(3.0, depth=layers, power=2.5), 2 / got, rtol=1e-15)


def test_descent_is_stable_below_and_not_above():
    s, layers = 2.0, 3
    for factor, settles in ((0.995, True), (1.005, False)):
        a = np.full(layers, s ** (1 / layers)) + 1e-4
        for _ in range(20000):
            a = a + factor * rates.largest_stable_rate(s, depth=layers) * (s - a.prod()) * a.prod() / a
        assert (abs(a.prod() - s) < 1e-9) == settles


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_curvature_is_in_units_of_the_time_constant(layers):
    """The energy (14) carries 1/tau, also where one layer leaves nothing else to see."""
    for tau in (1.0, 4.0):
        top, other = rates.hessian_eigenvalues([0.5, 1.0], s=1.0, depth=layers, tau=tau)
        for index, a in enumerate((0.5, 1.0)):
            values = np.linalg.eigvalsh(chain_hessian(a, 1.0, layers)) / tau
            assert_allclose(top[index], values[-1] if layers == 1 or a == 1 else top[index], atol=1e-6)
            if layers > 1:
                assert_allclose(np.sort([top[index], other[index]]), values[[0, -1]], atol=1e-6)


@pytest.mark.parametrize("u0", [1e-3, 0.1])
def test_predicted_learning_times_of_figure_4(u0):
    layers = np.array(list(FIG4[u0])) - 1
    got = rates.optimal_learning_time(layers, u0=u0, uf=1 - min(u0, 0.1))
    assert_allclose(got, list(FIG4[u0].values()), rtol=6e-4)  # the digits printed
    limit = rates.optimal_learning_time(math.inf, u0=u0)
    assert_allclose(limit, 1012.8 if u0 == 1e-3 else 13.283, rtol=5e-5)
    two = rates.optimal_learning_time(2, u0=u0)
    assert_allclose(limit - two, rates.depth_delay(u0=u0), rtol=CLOSED_FORM)


def test_optimal_times_are_times_at_the_optimal_rate():
    s, u0, uf = 3.0, 0.02, 2.5
    rate = rates.optimal_rate(s, depth=2)
    assert_allclose(
        rates.optimal_learning_time(2, s=s, u0=u0, uf=uf),
        sigmoid.learning_time(uf, s=s, u0=u0, tau=1 / rate),
        rtol=CLOSED_FORM,
    )
    rate = rates.optimal_rate(s, depth=7)
    assert_allclose(
        rates.optimal_learning_time(7, s=s, u0=u0, uf=uf),
        depth.learning_time(uf, s=s, u0=u0, depth=7, tau=1 / rate),
        rtol=CLOSED_FORM,
    )
    assert_allclose(
        rates.optimal_learning_time(math.inf, s=s, u0=u0, uf=uf),
        infinite.learning_time(uf, s=s, u0=u0) * s**2,
        rtol=CLOSED_FORM,
    )


def test_bad_input():
    with pytest.raises(ValueError, match=r"sharpness needs power > 0, got power=0.0"):
        rates.sharpness(1.0, depth=2, power=0.0)
    with pytest.raises(ValueError, match=r"task_sharpness needs a finite depth, got depth=inf"):
        rates.task_sharpness(Task.from_modes([1.0]), math.inf)
    with pytest.raises(ValueError, match=r"hessian_eigenvalues needs a >= 0, got a=-0.5"):
        rates.hessian_eigenvalues(-0.5, s=1.0, depth=3)


@pytest.mark.parametrize("depth", [2, 6, 20, 80])
def test_task_sharpness_of_an_optimum_that_lacks_rank(depth):
    rng = np.random.default_rng(5)
    v, u = np.linalg.qr(rng.normal(size=(4, 4)))[0], np.linalg.qr(rng.normal(size=(3, 3)))[0]
    task = Task.from_correlations((v * [1.0, 50.0, 50.0, 50.0]) @ v.T, np.outer(u[:, 0], v[:, 0]))
    # one mode, s = d = 1: L along it, 50 on the other inputs, which only the first layer sees
    assert_allclose(rates.task_sharpness(task, depth), max(depth, 50), rtol=1e-10)
