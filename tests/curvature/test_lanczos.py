"""Curvature at any weights against dense Hessians by complex steps, and against the formulas where those hold."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.curvature.conftest import close, dense_hessian, draw_network, gradient, network, unpacked
from tests.curvature.test_path import flowed
from tests.exact.conftest import build_task

import deeplinear as dl
from deeplinear import Task, solve
from deeplinear.curvature import hessian_extremes, sharpness, sharpness_path
from deeplinear.curvature.hessian import spectrum
from deeplinear.curvature.products import flattened, hessian_product

SHAPES = {
    "one layer": (5, 3),
    "two layers": (3, 6, 4),
    "deep": (3, 5, 4, 3, 2),
    "more outputs than inputs": (2, 5, 3, 6),
    "Lanczos": (4, 14, 12, 6),
    "Lanczos, more inputs": (7, 15, 12, 2),
    "Lanczos, two layers": (9, 20, 11),
}


def draw(widths, scale=1.0, seed=0):
    """A task of real examples, inputs far from white, and weights aligned with nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, widths[0])) * np.linspace(0.5, 2, widths[0])
    task = Task.from_data(x, rng.normal(size=(30, widths[-1])), reduction="mean")
    return task, tuple(scale * rng.normal(size=(b, a)) / a**0.5 for a, b in itertools.pairwise(widths))


def dense(task, weights, fitted=None):
    s31 = task.input_output_correlation if fitted is None else fitted @ task.input_correlation
    return dense_hessian(weights, task.input_correlation, s31)


@pytest.mark.parametrize("scale", [1.0, 1e-3])
@pytest.mark.parametrize("shape", SHAPES)
def test_extremes_of_the_dense_hessian(shape, scale):
    task, weights = draw(SHAPES[shape], scale)
    values = np.linalg.eigvalsh(dense(task, weights))
    smallest, largest = hessian_extremes(task, weights, k=3)
    close(smallest / values[-1], values[:3] / values[-1])
    close(largest / values[-1], values[:-4:-1] / values[-1])
    assert_allclose(sharpness(task, weights), values[-1], rtol=CLOSED_FORM)


@pytest.mark.parametrize("shape", SHAPES)
def test_products_are_columns_of_the_dense_hessian(shape):
    task, weights = draw(SHAPES[shape])
    vector = np.random.default_rng(1).normal(size=flattened(weights).size)
    close(hessian_product(task, weights)(vector), dense(task, weights) @ vector)
    fitted = np.linalg.multi_dot([*weights[::-1], np.eye(task.n_in)])
    close(hessian_product(task, weights, residual=False)(vector), dense(task, weights, fitted) @ vector)


@pytest.mark.parametrize("widths", [(5, 8, 9, 8, 4), (4, 12, 12, 7), (12, 14, 6)])
def test_formulas_of_aligned_networks(widths):
    rng = np.random.default_rng(2)
    u, goal, powers = draw_network(widths, rng)
    weights, s11, s31 = network(u, goal, widths, powers, rng)
    want = spectrum(u, targets=goal, widths=widths, powers=powers)
    smallest, largest = hessian_extremes(Task.from_correlations(s11, s31), weights)
    close(np.array([smallest[0], largest[0]]), want[[0, -1]])


def test_eigenvalues_of_many_directions_are_counted():
    task, weights = Task.from_modes([4.0, 4.0, 1.0], n_in=12, n_out=12), (np.zeros((10, 12)), np.zeros((12, 10)))
    smallest, largest = hessian_extremes(task, weights, k=21)  # ±s of each mode, once for each hidden unit
    assert_allclose(largest, [4.0] * 20 + [1.0], rtol=1e-12)
    assert_allclose(smallest, [-4.0] * 20 + [-1.0], rtol=1e-12)
    nothing = tuple(np.zeros((b, a)) for a, b in ((12, 10), (10, 10), (10, 12)))
    assert_array_equal(hessian_extremes(task, nothing, k=2), np.zeros((2, 2)))


def test_runs_of_descent_are_as_sharp_as_their_weights():
    task, _ = draw((4, 9, 9, 3), seed=3)
    start = dl.initial.orthogonal([4, 30, 30, 3], rng=0)
    run = dl.descend(task, start, rate=0.02, steps=40)
    assert run.reduction.reduced_widths[1] < 30  # it is a narrow network that moves
    top = sharpness(task, run)
    assert_allclose(top, hessian_extremes(task, run.weights)[1][0], rtol=1e-13)
    vector = powered(task, run.weights)
    assert_allclose(top, vector @ hessian_product(task, run.weights)(vector), rtol=1e-9)
    assert_allclose(sharpness(task, run.reduction), hessian_extremes(task, start)[1][0], rtol=1e-13)
    many = dl.descend(task, [start, dl.initial.orthogonal([4, 30, 30, 3], rng=1)], rate=[0.01, 0.02], steps=40)
    assert_allclose(sharpness(task, many)[0, 1], top, rtol=1e-10)
    assert sharpness(task, many).shape == (2, 2)


def powered(task, weights):
    """The top eigenvector by power steps, shifted so that the other end of the spectrum does not win."""
    product, vector = hessian_product(task, weights), np.random.default_rng(0).normal(size=flattened(weights).size)
    for _ in range(400):
        vector = product(vector) + vector * 5.0
        vector /= np.linalg.norm(vector)
    return vector


def laws():
    rng = np.random.default_rng(4)
    white = build_task([2.0, 1.1, 0.7], 5, 4, rng=rng, noise=0.3)
    powers = build_task([2.0, 1.1], 4, 3, rng=rng, powers=[0.6, 1.5, 0.4, 4.0])
    raw, _ = draw((3, 2), seed=5)
    unequal = dl.initial.decoupled(white, [5, 4, 4, 4], strength=0.05, rng=0)
    return {
        "unequal layers": (white, [1.5 * unequal[0], unequal[1], unequal[2]]),
        "end-to-end flow": (raw, dl.initial.balanced([3, 4, 4, 2], rng=0)),
        "shallow": (raw, [rng.normal(size=(2, 3))]),
        "aligned": (powers, [2.0 * w for w in dl.initial.decoupled(powers, [4, 3, 3], strength=0.1, rng=0)]),
    }


@pytest.mark.parametrize("name", ["unequal layers", "end-to-end flow", "shallow", "aligned"])
def test_along_laws_that_no_formula_covers(name):
    task, weights = laws()[name]
    law, times = solve(task, weights, tau=1.3), np.array([0.0, 0.5, 2.0, 4.0])
    path = sharpness_path(law, times)
    for index, here in enumerate(flowed(task, weights, times, 1.3)):
        values = np.linalg.eigvalsh(dense(task, here))
        assert_allclose(path.sharpness[index], values[-1], rtol=INTEGRATOR)
        assert_allclose(path.smallest[index], values[0], atol=INTEGRATOR * values[-1])
        end_to_end = np.linalg.multi_dot([*here[::-1], np.eye(task.n_in)])
        assert_allclose(
            path.gauss_newton[index], np.linalg.eigvalsh(dense(task, here, end_to_end))[-1], rtol=INTEGRATOR
        )
        assert_allclose(path.loss[index], task.loss(end_to_end), rtol=INTEGRATOR)
    level = float(path.sharpness[1:3].mean())
    for passage in dl.curvature.crossings(path, level):
        assert_allclose(sharpness_path(law, [passage]).sharpness, level, rtol=1e-9)


def stepped(task, weights, rate, steps, momentum=0.0):
    """Weights after each step of plain descent."""
    flat, velocity, found = np.concatenate([w.ravel() for w in weights]), 0.0, [weights]
    for _ in range(steps):
        slope = gradient(unpacked(flat, weights), task.input_correlation, task.input_output_correlation)
        velocity = momentum * velocity - slope
        flat = flat + rate * velocity
        found.append(unpacked(flat, weights))
    return found


@pytest.mark.parametrize("widths", [(3, 4, 4, 2), (2, 4, 5)])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_along_runs_of_descent(widths, momentum):
    task, weights = draw(widths, seed=6)
    run = dl.descend(task, weights, rate=0.03, steps=60, momentum=momentum)
    path = sharpness_path(run, [60, 0, 7])
    want = stepped(task, weights, 0.03, 60, momentum)
    for index, step in enumerate((60, 0, 7)):
        values = np.linalg.eigvalsh(dense(task, want[step]))
        assert_allclose(path.sharpness[index], values[-1], rtol=1e-10)
        assert_allclose(path.smallest[index], values[0], atol=1e-10)
        assert_allclose(path.loss[index], run.loss[step], rtol=1e-10)
    assert (path.rate, path.limit) == (0.03, 2 / 0.03)
    assert_array_equal(path.times, [60, 0, 7])
    whole = sharpness_path(run)
    assert_array_equal(whole.times, run.times)
    level = float(whole.sharpness[[3, 40]].mean())
    for passage in dl.curvature.crossings(sharpness_path(run, [0, 3, 40, 60]), level):
        assert passage == round(passage)  # between steps weights stand still where the last one left them
        before, after = (whole.sharpness[int(passage) - 1], whole.sharpness[int(passage)])
        assert (before - level) * (after - level) <= 0


@pytest.mark.parametrize("reduce", [True, False])
def test_weights_of_a_run_at_any_step(reduce):
    task = build_task([2.0, 1.0], 3, 2, rng=np.random.default_rng(7))
    start = dl.initial.orthogonal([3, 12, 12, 2], rng=0)
    run = dl.descend(task, start, rate=0.05, steps=30, weight_decay=0.1, reduce=reduce)
    for got, first, last in zip(run.weights_at([30, 0]), start, run.weights, strict=True):
        assert_allclose(got[1], first, atol=1e-15)
        assert_allclose(got[0], last, atol=1e-15)
    decayed = [w.copy() for w in start]
    for _ in range(11):
        slope = unpacked(gradient(decayed, task.input_correlation, task.input_output_correlation), decayed)
        decayed = [w - 0.05 * (g + 0.1 * w) for w, g in zip(decayed, slope, strict=True)]
    for got, want in zip(run.weights_at(11), decayed, strict=True):
        assert_allclose(got[0], want, atol=1e-13)
    ended = dl.descend(task, start, rate=0.05, until=0.1, steps=400)
    assert_allclose(ended.weights_at(ended.times[-1])[0][0], ended.weights[0], atol=1e-15)


TASK, GOOD = draw((3, 4, 2))
BAD = (GOOD[0], np.where(np.eye(2, 4) > 0, np.nan, GOOD[1]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sharpness(TASK, BAD), r"weights need finite numbers, got a NaN or infinity in W2"),
        (lambda: hessian_extremes(TASK, BAD), r"weights need finite numbers"),
        (lambda: sharpness(TASK, GOOD[:1]), r"weights need to map the task's 3 inputs to its 2 outputs"),
        (
            lambda: sharpness(TASK, [1e160 * w for w in GOOD]),
            r"sharpness needs weights whose curvature float64 can hold, got entries up to .*e\+160 in 2 layers",
        ),
        (lambda: hessian_extremes(TASK, GOOD, k=0), r"hessian_extremes needs a whole k from 1 to .* 20, got k=0"),
        (lambda: hessian_extremes(TASK, GOOD, k=1.5), r"got k=1.5"),
        (lambda: sharpness(TASK), r"sharpness needs a singular value and a depth, or a task and weights"),
        (lambda: sharpness(TASK, GOOD, depth=2), r"weights bring their own depth"),
        (lambda: sharpness(4.0), r"sharpness needs a singular value and a depth"),
        (lambda: sharpness(TASK, solve(TASK, [np.zeros((2, 3))])), r"got a Law: a law has other weights"),
        (lambda: sharpness_path(solve(TASK, [np.zeros((2, 3))])), r"sharpness_path needs times with a law, got none"),
        (
            lambda: dl.descend(TASK, GOOD, rate=[0.1, 0.2], steps=3).weights_at(1),
            r"needs a run of one start at one rate",
        ),
        (lambda: dl.descend(TASK, GOOD, rate=0.1, steps=3).weights_at(4), r"whole steps from 0 to 3, got steps=4"),
        (
            lambda: dl.descend(TASK, GOOD, rate=0.1, steps=3).weights_at([0.5]),
            r"whole steps from 0 to 3, got steps=\[0.5\]",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_sampled_starts_have_no_wide_weights():
    task = Task.from_modes([2.0, 1.0], n_in=3, n_out=2)
    start = dl.initial.reduced_orthogonal(task, [3, 50, 50, 2], rng=0)
    run = dl.descend(task, start, rate=0.1, steps=3)
    for thing in (start, run):
        with pytest.raises(ValueError, match=r"lift needs the wide weights at the start"):
            sharpness(task, thing)
    with pytest.raises(ValueError, match=r"lift needs the wide weights at the start"):
        sharpness_path(run)


def test_what_has_no_weights_in_time_is_refused():
    with pytest.raises(TypeError, match=r"sharpness_path needs a law or a run of descend, got a tuple"):
        sharpness_path(GOOD, [0.0])
    with pytest.raises(TypeError, match=r"hessian_extremes needs a Task, got a str"):
        hessian_extremes("task", GOOD)
