"""Flow where it is stiff, at rest, or would never end."""

import io
import sys
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp

import deeplinear as dl
from deeplinear import progress_line
from deeplinear.exact.matrices import shallow
from deeplinear.exact.modes import sigmoid
from deeplinear.simulate.linear import integration
from deeplinear.simulate.linear.flow import directions, flat, rounding
from deeplinear.simulate.linear.flow_jacobian import flow_jacobian
from deeplinear.simulate.linear.problem import Problem

ONE = ([[0.1]], [[0.1]])


def problem(widths, seed=0):
    """Weights of any kind and a task whose Σ¹¹ is diagonal."""
    rng = np.random.default_rng(seed)
    weights = tuple(rng.standard_normal((b, a)) for a, b in pairwise(widths))
    n_in, n_out = widths[0], widths[-1]
    ends = (np.eye(n_out), np.eye(n_in))
    return weights, Problem(weights, rng.standard_normal((n_out, n_in)), rng.random(n_in) + 0.5, *ends)


@pytest.mark.parametrize("widths", [[3, 2], [2, 4, 3], [3, 2, 5, 2], [2, 3, 3, 4, 5]])
def test_jacobian_is_the_derivative_of_the_velocity(widths):
    weights, task = problem(widths)
    sizes = np.cumsum([w.size for w in weights])[:-1]
    shapes = [w.shape for w in weights]

    def velocity(state):
        layers = [part.reshape(shape) for part, shape in zip(np.split(state, sizes), shapes, strict=True)]
        return flat(directions(tuple(layers), task))

    state = flat(weights)
    step = 1e-5
    columns = [(velocity(state + step * e) - velocity(state - step * e)) / (2 * step) for e in np.eye(len(state))]
    found = flow_jacobian(weights, task)
    assert_allclose(found, np.transpose(columns), rtol=0, atol=1e-8 * np.abs(found).max())
    assert_allclose(found, found.T, rtol=0, atol=1e-14 * np.abs(found).max())
    largest = integration.largest_curvature(integration.Flow(velocity, lambda _: found, lambda *_: False), state)
    assert_allclose(largest, np.abs(np.linalg.eigvalsh(found)).max(), rtol=0.2)


@pytest.mark.parametrize("widths", [[3, 4, 2], [2, 4, 3]])
def test_rounding_bounds_the_velocity_at_the_optimum(widths):
    """At a minimum to the last bit nothing is left but rounding; a millionth of a millionth away it is seen."""
    weights, task = problem(widths)
    best = Problem(weights, weights[1] @ weights[0], task.powers, task.u, task.v)
    off = Problem(weights, weights[1] @ weights[0] * (1 + 1e-12), task.powers, task.u, task.v)
    assert (np.abs(flat(directions(weights, best))) <= flat(rounding(weights, best))).all()
    assert not (np.abs(flat(directions(weights, off))) <= flat(rounding(weights, off))).all()
    assert (flat(rounding(weights, best)) < 1e-12 * np.abs(weights[0]).max() ** 3).all()


@pytest.mark.parametrize("s", [1e4, 1e6, 1e30])
def test_one_strong_mode(s):
    """Explicit steps would be 1e4 times as many as the sigmoid needs, or 1e30 times."""
    times = np.append(0.0, np.array([1.0, 3.0, 5.0, 7.0, 1e3]) * np.log(s / 0.01) / (4 * s))
    found = dl.flow(dl.Task.from_modes([s]), ONE, [*times, 1.0]).strengths[:, 0]
    exact = sigmoid.strength(np.append(times, 1.0), s=s, u0=0.01)
    assert_allclose(found, exact, rtol=1e-6)  # 1e-10 a step, and a delay of what was lost while it grew
    assert_allclose(found[-1], s, rtol=1e-8)


@pytest.mark.parametrize("time", [1e3, 1e5, 1e8, 1e300])
def test_what_is_at_rest_stays(time):
    curve = dl.flow(dl.Task.from_modes([1.0]), ONE, [0.0, 2.0, time])
    assert_allclose(curve.strengths[1:, 0], sigmoid.strength([2.0, time], s=1.0, u0=0.01), rtol=1e-8)


@pytest.mark.parametrize("tau", [1e-3, 1e-8])
def test_small_time_constants(tau):
    curve = dl.flow(dl.Task.from_modes([1.0]), ONE, [0.0, 2.0 * tau, 1.0], tau=tau)
    assert_allclose(curve.strengths[1:, 0], sigmoid.strength([2.0, 1 / tau], s=1.0, u0=0.01), rtol=1e-8)


def test_a_stiff_layer_against_its_exponential():
    """Powers from 1e-1 to 1e6, to times at which the weakest is learned: explicit steps would be millions."""
    rng = np.random.default_rng(1)
    q = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    s11 = (q * [1e6, 1e4, 1e2, 1.0, 0.1]) @ q.T
    task = dl.Task.from_correlations(s11, rng.standard_normal((2, 5)) @ s11)
    start, times = rng.standard_normal((2, 5)), np.array([0.0, 1e-6, 1e-3, 1.0, 30.0])
    found = dl.flow(task, (start,), times)
    assert_allclose(found.maps, shallow.maps(times, task=task, start=start), rtol=0, atol=1e-7)


def test_a_stiff_network_ends_at_the_optimum_and_keeps_its_imbalance(monkeypatch):
    """Two layers that nothing reduces, backward differentiation against explicit steps."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((40, 4)) * [30.0, 3.0, 1.0, 1.0]
    task = dl.Task.from_data(x, x @ rng.standard_normal((4, 2)) + rng.standard_normal((40, 2)))
    start, times = dl.initial.gaussian([4, 3, 2], rng=0), np.array([0.0, 1e-4, 1e-2, 0.2])
    explicit = dl.flow(task, start, times)
    monkeypatch.setattr(integration, "STIFF", 0)
    monkeypatch.setattr(integration, "LOOK", 20)
    used = []
    jacobian = flow_jacobian
    monkeypatch.setattr("deeplinear.simulate.linear.flow.flow_jacobian", lambda w, p: used.append(1) or jacobian(w, p))
    implicit = dl.flow(task, start, times)
    assert used
    assert_allclose(implicit.maps, explicit.maps, rtol=0, atol=1e-6 * np.abs(explicit.maps).max())
    assert_allclose(dl.flow(task, start, [0.0, 1e3]).loss[-1], task.floor, rtol=1e-9)


def test_ordinary_flows_are_those_of_the_explicit_integrator():
    """To the last bit: no step is taken otherwise where nothing is stiff."""
    task = dl.Task.from_modes([2.0, 1.0])
    start, times = dl.initial.gaussian([2, 3, 2], std=0.2, rng=0), np.linspace(0, 20, 7)
    weights, shape = [np.array(w) for w in start], (3, 2)
    run = dl.flow(task, start, times, reduce=False)
    vectors = task.input_modes[1]
    inside = Problem((weights[0] @ vectors, weights[1]), task.optimum @ vectors, np.ones(2), np.eye(2), np.eye(2))

    def velocity(_, y):
        return flat(directions((y[:6].reshape(shape), y[6:].reshape(2, 3)), inside)) / 1.0

    found = solve_ivp(velocity, (0.0, 20.0), flat(inside.weights), "DOP853", times, rtol=1e-10, atol=1e-13).y.T
    maps = [y[6:].reshape(2, 3) @ y[:6].reshape(shape) @ vectors.T for y in found]
    assert_allclose(run.maps, maps, rtol=0, atol=1e-14)


def test_digits_with_the_time_constant_forgotten():
    """Too many weights for a matrix of all by all: refused at once, with the number of steps and what to do."""
    x, y = dl.data.load_digits()
    task = dl.Task.from_data(x, y)
    with pytest.raises(
        ValueError, match=r"^flow needs at most max_steps=100000 steps, got about \S+e\+0\d for times up to 100 "
    ) as caught:
        dl.flow(task, dl.initial.gaussian([64, 200, 10], rng=0), [0.0, 100.0])
    assert "the curvature allows no longer ones. Pass tau=1/rate if times count epochs" in str(caught.value)


@pytest.mark.slow
def test_digits_with_the_time_constant_forgotten_and_few_weights():
    x, y = dl.data.load_digits()
    task = dl.Task.from_data(x, y)
    curve = dl.flow(task, dl.initial.gaussian([64, 20, 10], rng=0), [0.0, 1.0, 100.0])
    assert (np.diff(curve.loss) < 0).all()
    assert_allclose(curve.loss[-1], task.floor, rtol=1e-2)


def test_steps_are_counted():
    task = dl.Task.from_modes([1.0])
    with pytest.raises(
        ValueError, match=r"^flow needs at most max_steps=10 steps, got more for times up to 100 \(now at 2\.\d+\)"
    ):
        dl.flow(task, ONE, [0.0, 100.0], max_steps=10)
    assert_allclose(dl.flow(task, ONE, [0.0, 100.0], max_steps=100).loss[-1], 0.0, atol=1e-18)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rtol": np.nan}, r"^flow needs 1e-13 <= rtol < 1, got rtol=nan"),
        ({"rtol": 0.0}, r"^flow needs 1e-13 <= rtol < 1, got rtol=0\.0"),
        ({"rtol": 1.0}, r"^flow needs 1e-13 <= rtol < 1, got rtol=1\.0"),
        ({"atol": np.nan}, r"^flow needs a finite atol >= 0, got atol=nan"),
        ({"atol": -1.0}, r"^flow needs a finite atol >= 0, got atol=-1\.0"),
        ({"atol": np.inf}, r"^flow needs a finite atol >= 0, got atol=inf"),
        ({"max_steps": 0}, r"^flow needs whole max_steps >= 1, got max_steps=0"),
        ({"max_steps": np.nan}, r"^flow needs whole max_steps >= 1, got max_steps=nan"),
    ],
)
def test_options_out_of_range(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        dl.flow(dl.Task.from_modes([1.0]), ONE, [0.0, 1.0], **options)


def test_velocities_beyond_float64():
    with pytest.raises(ValueError, match=r"^flow needs weights that stay finite, got a velocity beyond float64 at t=0"):
        dl.flow(dl.Task.from_modes([1.0]), ([[1e200]], [[1e200]]), [0.0, 1.0])


def test_zero_weights_stay_where_they_are():
    assert_array_equal(dl.flow(dl.Task.from_modes([1.0]), ([[0.0]], [[0.0]]), [0.0, 1e9]).strengths, 0.0)


class Terminal(io.StringIO):
    """What stderr is where somebody reads it."""

    def isatty(self):
        return True


def test_a_line_after_two_seconds_on_a_terminal(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now[0])
    for stream, expected in ((Terminal(), "\rflow: 40.0%, 7 steps\x1b[K\r\x1b[K"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stderr", stream)
        now[0] = 0.0
        with progress_line.progress_line("flow") as tell:
            tell(0.1, "1 steps")
            now[0] = 1.9
            tell(0.2, "3 steps")
            now[0] = 2.1
            tell(0.4, "7 steps")
            now[0] = 2.2
            tell(0.5, "8 steps")
        assert stream.getvalue() == expected
    monkeypatch.setattr(sys, "stderr", Terminal())
    now[0] = 0.0
    with progress_line.progress_line("flow") as tell:
        tell(0.1, "1 steps")
    assert sys.stderr.getvalue() == ""


def test_steps_still_to_take():
    """Curvature 50, 10 units of time to go: 50 · 10 / 6, if steps are at the limit of stability, 6/50."""
    from types import SimpleNamespace

    flow = integration.Flow(lambda y: -50.0 * y, lambda y: -50.0 * np.eye(2), lambda *_: False)
    solver = SimpleNamespace(y=np.ones(2), t=5.0, t_bound=15.0)
    assert_allclose(integration.explicit_steps(flow, solver, 0.1), 500 / 6, rtol=1e-6)
    assert integration.explicit_steps(flow, solver, 0.01) == 0.0
