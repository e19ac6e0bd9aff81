"""A λ-balanced network of two layers as a law: all that it offers against layers integrated by other means."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact import draws
from tests.exact.conftest import balanced_weights, build_task, frame
from tests.exact.extrapolation import flows, products

from deeplinear import Task, solve
from deeplinear.exact import ntk
from deeplinear.exact.matrices import two_layer

TAU = 1.7
POWER = 1.6  # Σ¹¹ = cI
ACCURACY = 1e-10
TIMES = np.array([0.0, 0.3, 1.0, 3.0, 9.0])
# n_in, n_hidden, n_out, λ
SHAPES = {
    "square": (4, 4, 4, 0.0),
    "over-complete": (3, 8, 4, 0.0),
    "bottleneck": (5, 2, 3, 0.0),
    "strong outputs": (3, 3, 6, 1.2),
    "strong inputs": (6, 4, 3, -0.7),
    "one hidden unit": (3, 1, 5, 0.4),
}


def network(name, seed=1, scale=0.5):
    n_in, hidden, n_out, imbalance = SHAPES[name]
    rng = np.random.default_rng(seed)
    k = min(n_in, n_out)
    task = build_task(np.linspace(2.2, 0.6, k), n_in, n_out, rng=rng, powers=[POWER] * n_in, noise=0.3)
    room = min(n_in, hidden, n_out)
    weak = np.zeros(hidden)
    weak[:room] = scale * rng.uniform(0.4, 1.2, room)
    strong = np.sqrt(weak**2 + abs(imbalance))
    first, last = (weak, strong) if imbalance >= 0 else (strong, weak)
    turn, inputs, outputs = frame(hidden, hidden, rng), np.zeros((hidden, n_in)), np.zeros((n_out, hidden))
    np.fill_diagonal(inputs, first[: min(inputs.shape)])
    np.fill_diagonal(outputs, last[: min(outputs.shape)])
    return task, (turn @ inputs @ frame(n_in, n_in, rng).T, frame(n_out, n_out, rng) @ outputs @ turn.T)


def riccati(task, weights, tau=TAU):
    return solve(task, weights, tau=tau, law="matrix Riccati")


@pytest.fixture(params=SHAPES, scope="module")
def case(request):
    task, weights = network(request.param)
    return task, weights, riccati(task, weights), flows([(task, weights)], TIMES[None] / TAU)[0]


def test_the_curve_is_that_of_integrated_layers(case):
    task, weights, law, truth = case
    maps, curve = products(truth), law(TIMES)
    assert_allclose(curve.maps, maps, rtol=0, atol=ACCURACY)
    assert_allclose(curve.strengths, task.strengths(maps), rtol=0, atol=ACCURACY)
    assert_allclose(curve.loss, task.loss(maps), rtol=1e-9)
    assert (curve.maps[0] == weights[1] @ weights[0]).all()


def test_so_are_the_layers(case):
    _, weights, law, truth = case
    found = law.weights(TIMES)
    for got, want, begun in zip(found, truth, weights, strict=True):
        assert_allclose(got, want, rtol=0, atol=ACCURACY)
        assert (got[0] == begun).all()


def test_so_are_kernel_and_representations(case):
    _, _, law, (first, last) = case
    hidden, output = np.swapaxes(first, 1, 2) @ first, last @ np.swapaxes(last, 1, 2)
    (above, ones), (other_ones, below) = law.factors(TIMES)
    assert_allclose(above, output, rtol=0, atol=ACCURACY)
    assert_allclose(below, hidden, rtol=0, atol=ACCURACY)
    assert (ones == np.eye(first.shape[2])).all()
    assert (other_ones == np.eye(last.shape[1])).all()
    of_inputs, of_outputs = law.representations(TIMES)
    assert_allclose(of_inputs, hidden, rtol=0, atol=ACCURACY)
    assert_allclose(of_outputs, output, rtol=0, atol=ACCURACY)
    x = np.random.default_rng(0).normal(size=(4, first.shape[2]))
    want = [np.kron(o, x @ x.T) + np.kron(np.eye(len(o)), x @ h @ x.T) for o, h in zip(output, hidden, strict=True)]
    assert_allclose(law.kernel(TIMES, x), want, rtol=0, atol=ACCURACY * np.abs(want).max())


def test_condition_is_the_logarithmic_derivative(case):
    task, _, law, (first, last) = case
    error = task.input_output_correlation - products((first, last)) @ task.input_correlation
    pull = error @ np.swapaxes(first, 1, 2) @ first + last @ np.swapaxes(last, 1, 2) @ error
    change = TIMES[:, None] / TAU * np.abs(task.strengths(pull))
    want = change / np.abs(task.strengths(products((first, last))))
    assert_allclose(law.condition(TIMES), want, rtol=1e-6, atol=1e-9)
    assert (law.condition([0.0]) == 0).all()


def test_the_end_is_that_of_late_times(case):
    task, _, law, _ = case
    late = law([1e4, 1e7])
    assert_allclose(late.maps, np.stack([law.final_map] * 2), atol=CLOSED_FORM * 10)
    u, s, v = task.modes
    room = min(len(s), law.weights([0.0])[0].shape[1])
    if room < len(s):
        assert law.ending == f"the best map of rank {room}, all that the hidden layer has room for"
        assert_allclose(law.final_map, (u[:, :room] * s[:room] / POWER) @ v[:, :room].T, atol=CLOSED_FORM * 10)
        assert_allclose(law.limit, task.floor + 0.5 * np.square(s[room:]).sum() / POWER, rtol=1e-11)


def test_first_crossings_of_strengths_that_turn_back():
    rng, turning = np.random.default_rng(0), 0
    for _ in range(40):
        task, weights = draws.lambda_balanced(rng)
        law = riccati(task, weights)
        weakest = task.modes.s[: max(task.rank, 1)].min()
        times = TAU * np.concatenate([[0.0], np.geomspace(1e-3, 2e3, 4000)]) / weakest
        above = (law(times).strengths >= 0.5 * task.targets) & (np.arange(len(task.targets)) < task.rank)
        turning += (np.abs(np.diff(above.astype(int), axis=0)).sum(axis=0) > 1).any()
        after = above.argmax(axis=0)
        first, before = times[after], times[np.maximum(after - 1, 0)]
        got, never = law.half_times, ~above.any(axis=0)
        assert (np.isnan(got) == never).all()
        assert ((before <= got) & (got <= first))[~never].all()
        for mode in np.flatnonzero(~never & (got > 0)):
            assert_allclose(law([got[mode]]).strengths[0, mode], 0.5 * task.targets[mode], rtol=1e-9)
    assert turning > 3


def test_crossings_as_late_as_the_gap_between_rates_makes_them():
    task = Task.from_modes([0.5], n_out=2)
    law = riccati(task, (np.array([[0.1]]), np.array([[0.1], [np.sqrt(5.0)]])), tau=1.0)
    assert law([200.0]).strengths[0, 0] > 0.4999
    assert_allclose(law(law.learning_time(0.99)).strengths[0, 0], 0.495, rtol=1e-9)


def test_a_saddle_by_the_sign_of_the_determinant():
    rng = np.random.default_rng(3)
    for hidden in (4, 7):
        task = build_task([2.0, 1.5, 1.0, 0.5], 4, 4, rng=rng, powers=[POWER] * 4)
        good = bad = False
        while not (good and bad):
            weights = balanced_weights([4, hidden, 4], [0.5, 0.7, 0.3, 0.4], rng)
            law = riccati(task, weights)
            u, s, v = task.modes
            # eigenvalues, not the law's own slogdet
            signs = [np.prod(np.linalg.eigvals(m)).real for m in (weights[1] @ weights[0], u @ v.T)]
            if signs[0] * signs[1] > 0:
                good = True
                assert law.ending == "the best linear map"
                assert_allclose(law.final_map, task.optimum, atol=CLOSED_FORM * 10)
                continue
            bad = True
            assert law.ending == (
                "a saddle that lacks mode 4 (s = 0.5): det(W) det(Σ31) < 0, and a balanced map keeps the sign of its "
                "determinant. Any imbalance, even of rounding, lets descent escape after a long plateau"
            )
            assert_allclose(law.final_map, (u[:, :3] * s[:3] / POWER) @ v[:, :3].T, atol=CLOSED_FORM * 10)
            assert_allclose(law([1e5]).maps[0], law.final_map, atol=CLOSED_FORM * 10)
            assert_allclose(law.limit, 0.5 * s[3] ** 2 / POWER, rtol=1e-10)
            assert np.isnan(law.half_times[3])
            assert np.isfinite(law.half_times[:3]).all()


def test_a_saddle_for_want_of_weights():
    task = Task.from_modes([2.0, 1.0, 0.5], n_out=4)
    first = np.zeros((3, 3))
    first[0, :2] = 0.3, 0.4  # one direction only, of which the third mode has nothing
    last = np.zeros((4, 3))
    last[:2, 0] = 0.4, 0.3
    law = riccati(task, (first, last))
    assert law.ending == (
        "a saddle that lacks mode 2 (s = 1), 3 (s = 0.5): the start has no part along the direction in which it would grow"
    )
    assert_allclose(law.final_map, np.diag([2.0, 0.0, 0.0, 0.0])[:, :3], atol=CLOSED_FORM)
    nothing = riccati(task, (np.zeros((3, 3)), np.zeros((4, 3))))
    assert (nothing([0.0, 5.0]).maps == 0).all()
    assert nothing.ending.startswith("a saddle that lacks mode 1 (s = 2), 2 (s = 1), 3 (s = 0.5)")
    assert (nothing.final_map == 0).all()
    assert (nothing.condition([0.0, 5.0]) == 0).all()
    assert np.isnan(nothing.half_times).all()


def test_balanced_weights_that_gradient_descent_would_never_move_in_a_wide_layer():
    task, weights = network("over-complete")
    law, times = riccati(task, weights), [0.0, 2.0, 50.0]
    kernel_of_weights = ntk.kernel(ntk.factors(law.weights(times)))
    assert_allclose(law.kernel(times), kernel_of_weights, atol=ACCURACY)
    conserved = [w2.T @ w2 - w1 @ w1.T for w1, w2 in zip(*law.weights(times), strict=True)]
    assert_allclose(conserved, np.zeros_like(conserved), atol=ACCURACY)


@pytest.mark.parametrize("name", ["strong outputs", "strong inputs"])
def test_the_imbalance_is_kept(name):
    task, weights = network(name)
    imbalance = SHAPES[name][3]
    for w1, w2 in zip(*riccati(task, weights).weights([0.0, 1.0, 80.0]), strict=True):
        assert_allclose(w2.T @ w2 - w1 @ w1.T, imbalance * np.eye(len(w1)), atol=ACCURACY)


def test_completed_columns():
    q = frame(6, 2, np.random.default_rng(0))
    whole = two_layer.completed(q)
    assert (whole[:, :2] == q).all()
    assert_allclose(whole.T @ whole, np.eye(6), atol=1e-14)
    assert two_layer.completed(whole) is whole


def test_seeds_are_relative_to_the_start():
    path = two_layer.Riccati(np.array([2.0, 1.0]), 0.0, np.diag([0.3, 1e-5]), np.diag([0.3, 1e-5]))
    assert_allclose(two_layer.smallest_pivot(path), 1e-5 / np.hypot(0.3, 1e-5), rtol=CLOSED_FORM)
    nowhere = two_layer.Riccati(np.array([2.0]), 0.0, np.zeros((1, 1)), np.zeros((1, 1)))
    assert two_layer.smallest_pivot(nowhere) == 1.0


def test_tiny_starts_are_learned_late_but_found():
    task, weights = network("square", scale=1e-9)
    law = riccati(task, weights)
    assert np.isfinite(law.half_times).all() or "saddle" in law.ending
    reached = np.diagonal(law(law.half_times[np.isfinite(law.half_times)]).strengths)
    assert_allclose(reached, 0.5 * task.targets[np.isfinite(law.half_times)], rtol=1e-9)


@pytest.mark.parametrize("name", ["square", "strong outputs", "bottleneck"])
def test_batches_of_times_and_what_is_learned_between(name, monkeypatch):
    task, weights = network(name)
    times = np.random.default_rng(0).permutation(np.concatenate([[0.0], np.geomspace(0.1, 1e3, 60)]))
    whole = riccati(task, weights)(times)
    monkeypatch.setattr("deeplinear.exact.matrices.riccati.CHUNK", 100)
    parts = riccati(task, weights)(times)
    assert_allclose(parts.maps, whole.maps, rtol=0, atol=1e-14)
    assert_allclose(parts.strengths, whole.strengths, rtol=0, atol=1e-14)
    assert_allclose(parts.loss, whole.loss, rtol=0, atol=1e-14)


def test_what_is_not_quite_its_case_is_refused():
    task, weights = network("strong outputs")
    coloured = Task.from_correlations(
        np.diag([1.0, 1.5, 1.6]), task.input_output_correlation, output_power=10 * task.output_power
    )
    with pytest.raises(ValueError, match=r"solve needs white inputs to 1e-09, got a residual of 0.189"):
        riccati(coloured, weights)
    bent = (weights[0] + 1e-6 * np.eye(3), weights[1])
    with pytest.raises(ValueError, match=r"solve needs λ-balanced to 1e-09, got a residual of .*e-07"):
        riccati(task, bent)
