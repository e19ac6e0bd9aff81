"""A balanced network as a law: all that it offers against layers integrated by other means."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact import draws
from tests.exact.conftest import balanced_weights, build_task
from tests.exact.draws import general
from tests.exact.extrapolation import flows, products

from deeplinear import Task, solve
from deeplinear.exact import ntk
from deeplinear.exact.matrices import balanced
from deeplinear.exact.matrices.determinant_sign import wrong_sign
from deeplinear.exact.rank_limited import best_map
from deeplinear.weights import end_to_end

TAU = 1.7
ACCURACY = 1e-9  # of the integrators' 1e-13, through a transition
TIMES = np.array([0.0, 0.3, 1.0, 3.0, 9.0])
# widths, rank
NETWORKS = {
    "two layers": ([5, 4, 3], 3),
    "two layers of low rank": ([4, 3, 5], 2),
    "three layers": ([4, 4, 6, 3], 3),
    "five layers, bottleneck": ([5, 4, 2, 6, 4, 3], 2),
}


def network(name, seed=2):
    widths, rank = NETWORKS[name]
    rng = np.random.default_rng(seed)
    return general(widths[0], widths[-1], rng), balanced_weights(widths, rng.uniform(0.5, 0.95, rank), rng)


def flow(task, weights):
    return solve(task, weights, tau=TAU, law="end-to-end")


@pytest.fixture(params=NETWORKS, scope="module")
def case(request):
    task, weights = network(request.param)
    return task, weights, flow(task, weights), flows([(task, weights)], TIMES[None] / TAU)[0]


def test_the_curve_is_that_of_integrated_layers(case):
    task, weights, law, truth = case
    maps, curve = products(truth), law(TIMES)
    assert_allclose(curve.maps, maps, rtol=0, atol=ACCURACY)
    assert_allclose(curve.strengths, task.strengths(maps), rtol=0, atol=ACCURACY)
    assert_allclose(curve.loss, task.loss(maps), rtol=1e-8, atol=1e-12)
    assert (curve.maps[0] == end_to_end(weights)).all()


def test_so_are_kernel_and_representations(case):
    _, _, law, truth = case
    for ours, theirs in zip(law.factors(TIMES), ntk.factors(truth), strict=True):
        for found, true in zip(ours, theirs, strict=True):
            assert_allclose(found, true, rtol=0, atol=10 * ACCURACY)
    x = np.random.default_rng(0).normal(size=(3, truth[0].shape[2]))
    want = np.zeros((len(TIMES), 3 * len(truth[-1][0]), 3 * len(truth[-1][0])))
    for i in range(len(truth)):
        for t in range(len(TIMES)):
            above = products((np.eye(truth[i].shape[1])[None], *(w[t : t + 1] for w in truth[i + 1 :])))[0]
            below = products((np.eye(x.shape[1])[None], *(w[t : t + 1] for w in truth[:i])))[0] @ x.T
            want[t] += np.kron(above @ above.T, below.T @ below)
    assert_allclose(law.kernel(TIMES, x), want, rtol=0, atol=10 * ACCURACY * np.abs(want).max())
    hidden, output = products(truth[:-1]), products(truth[1:])
    assert_allclose(law.representations(TIMES)[0], np.swapaxes(hidden, 1, 2) @ hidden, rtol=0, atol=10 * ACCURACY)
    assert_allclose(law.representations(TIMES)[1], output @ np.swapaxes(output, 1, 2), rtol=0, atol=10 * ACCURACY)


def test_condition_is_the_logarithmic_derivative(case):
    task, _, law, truth = case
    maps = products(truth)
    error = task.input_output_correlation - maps @ task.input_correlation
    pull = sum(above @ error @ below for above, below in ntk.factors(truth))
    change = TIMES[:, None] / TAU * np.abs(task.strengths(pull))
    assert_allclose(law.condition(TIMES), change / np.abs(task.strengths(maps)), rtol=1e-5, atol=1e-7)
    assert (law.condition([0.0]) == 0).all()


def test_the_law_keeps_no_layers(case):
    with pytest.raises(ValueError, match=r"weights need a law that follows each layer, got 'end-to-end flow"):
        case[2].weights([0.0])


def test_first_crossings():
    rng, turning = np.random.default_rng(0), 0
    for _ in range(6):
        task, weights = draws.balanced(int(rng.integers(2, 5)), rng)
        law = flow(task, weights)
        if "det(W)" in law.ending:  # dies algebraically, slow to follow
            continue
        times = TAU * np.concatenate([[0.0], np.geomspace(1e-3, 300, 1500)]) / task.modes.s[: task.rank].min()
        above = law(times).strengths >= 0.5 * task.targets
        turning += (np.abs(np.diff(above.astype(int), axis=0)).sum(axis=0) > 1).any()
        after = above.argmax(axis=0)
        got, never = law.half_times, ~above.any(axis=0)
        assert (np.isnan(got) == never).all()
        assert ((times[np.maximum(after - 1, 0)] <= got * (1 + 1e-12)) & (got <= times[after]))[~never].all()
        for mode in np.flatnonzero(~never & (got > 0)):
            assert_allclose(law([got[mode]]).strengths[0, mode], 0.5 * task.targets[mode], rtol=1e-8)
    assert turning > 0


def test_times_are_counted_in_tau():
    task, weights = network("three layers")
    slow = solve(task, weights, tau=170.0, law="end-to-end")
    for fraction in (0.5, 0.999999):
        assert_allclose(slow.learning_time(fraction), 100 * flow(task, weights).learning_time(fraction), rtol=1e-9)
    assert_allclose(
        slow.time_to_loss(1.1 * task.floor + 0.1), 100 * flow(task, weights).time_to_loss(1.1 * task.floor + 0.1)
    )


def alternating(task, rank, rng, rounds=4000):
    """Least loss over products of two factors, each in turn."""
    s31, s11 = task.input_output_correlation, task.input_correlation
    inner = rng.normal(size=(rank, task.n_in))
    for _ in range(rounds):
        outer = s31 @ inner.T @ np.linalg.inv(inner @ s11 @ inner.T)
        inner = np.linalg.solve(outer.T @ outer, outer.T @ s31) @ np.linalg.inv(s11)
    return outer @ inner


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_best_of_rank(rank):
    rng = np.random.default_rng(rank)
    task = general(5, 4, rng)
    assert_allclose(best_map(task, rank), alternating(task, rank, rng), atol=1e-9)
    assert_allclose(best_map(task, 4), task.optimum, atol=1e-12)
    assert (best_map(task, 0) == 0).all()


def test_best_of_rank_on_inputs_that_never_occur():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 4)) @ np.diag([1.0, 2.0, 0.5, 0.0])
    task = Task.from_data(x, rng.normal(size=(30, 3)))
    assert_allclose(best_map(task, 3), task.optimum, atol=1e-10)
    assert (best_map(task, 1)[:, 3] == 0).all()


@pytest.mark.parametrize(("layers", "rank"), [(2, 1), (2, 2), (3, 1), (3, 2)])
def test_ends_at_the_best_map_that_its_rank_allows(layers, rank):
    rng = np.random.default_rng(layers)
    task = general(4, 3, rng)
    law = flow(task, balanced_weights([4, *[5] * (layers - 1), 3], [0.8, 0.7][:rank], rng))
    assert law.ending == f"a map of rank {rank}, all that the start can grow into"
    assert_allclose(law.final_map, alternating(task, rank, rng), atol=1e-8)
    assert_allclose(law([1e5]).maps[0], law.final_map, atol=1e-9)


def wrong_start(task, layers, rng):
    weights = balanced_weights([3, *[4] * (layers - 1), 3], [0.6, 0.8, 0.5], rng)
    while np.linalg.det(end_to_end(weights)) * np.linalg.det(task.input_output_correlation) > 0:
        weights = balanced_weights([3, *[4] * (layers - 1), 3], [0.6, 0.8, 0.5], rng)
    return weights


@pytest.mark.parametrize(("layers", "white"), [(2, False), (3, True), (3, False)])
def test_a_map_that_would_have_to_change_the_sign_of_its_determinant(layers, white):
    rng = np.random.default_rng(layers)
    task = build_task([2.0, 1.4, 0.8], 3, 3, rng=rng) if white else general(3, 3, rng)
    law = flow(task, wrong_start(task, layers, rng))
    assert law.ending.startswith("a saddle that lacks the weakest direction (s = ")
    assert law.ending.endswith(
        "): det(W) det(Σ31) < 0, and a balanced map keeps the sign of its determinant. Any imbalance, even of rounding, lets "
        "descent escape after a long plateau"
    )
    assert_allclose(law.final_map, alternating(task, 2, rng), atol=1e-9)
    assert np.isfinite(law.half_times[:2]).all()
    if white:
        assert_allclose(law.limit, 0.5 * 0.8**2, rtol=1e-10)
        assert "(s = 0.8)" in law.ending
        # what is left of the third mode, σ of ``tau dσ/dt = −3 s σ^(4/3)``, falls like (s t / tau)⁻³
        assert abs(law([100.0]).maps[0] - law.final_map).max() < 3 * (0.8 * 100 / TAU) ** -3


def test_which_signs_are_wrong():
    task = Task.from_modes([2.0, 1.0])
    assert wrong_sign(task, np.diag([1.0, -1.0]))
    assert not wrong_sign(task, np.diag([-1.0, -1.0]))
    assert not wrong_sign(task, np.diag([1.0, 0.0]))  # of lower rank: it cannot grow anyway
    rng = np.random.default_rng(0)
    low = [wrong_sign(task, np.outer(rng.normal(size=2), rng.normal(size=2))) for _ in range(20)]
    assert not any(low)  # whatever rounding makes of their determinants
    assert not wrong_sign(Task.from_modes([2.0, 0.0]), np.diag([1.0, -1.0]))  # nothing wants the sign
    assert not wrong_sign(Task.from_modes([2.0, 1.0], n_in=3), np.eye(2, 3))
    assert wrong_sign(Task.from_correlations(np.eye(2), np.diag([2.0, -1.0])), np.eye(2))


def test_nothing_grows_from_nothing():
    law = flow(Task.from_correlations([[2.0, 1.0], [1.0, 1.0]], [[1.0, 0.0]]), (np.zeros((2, 2)), np.zeros((1, 2))))
    assert (law([0.0, 3.0]).maps == 0).all()
    assert (law.final_map == 0).all()
    assert law.ending == "a map of rank 0, all that the start can grow into"
    assert np.isnan(law.half_times).all()
    assert (law.condition([0.0, 3.0]) == 0).all()


def test_an_end_too_far_to_see_is_not_guessed(monkeypatch):
    task, weights = network("three layers")
    monkeypatch.setattr(balanced, "PATIENCE", 5.0)
    with pytest.raises(RuntimeError, match=r"the end of learning needs a network that comes to rest within 5 of its"):
        _ = flow(task, weights).final_map


def test_powers():
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    gram = x @ np.swapaxes(x, 1, 2)
    got = balanced.powers_of(x, 4)
    assert len(got) == 3
    for j, power in enumerate(got, start=1):
        assert_allclose(power, np.linalg.matrix_power(gram, j), rtol=CLOSED_FORM, atol=CLOSED_FORM)


def dying_beside_slow_ones():
    """White inputs, one mode learned at once and one late, from a start whose third direction dies in between."""
    rng = np.random.default_rng(4)
    task = build_task([2.5, 0.3, 0.25], 3, 3, rng=rng)
    while True:
        weights = balanced_weights([3, 4, 3], [0.5, 1e-5, 0.8e-5], rng)
        if wrong_sign(task, end_to_end(weights)):
            return task, weights


def test_crossings_after_a_direction_has_died():
    task, weights = dying_beside_slow_ones()
    law, other = (solve(task, weights, tau=1.7, law=name) for name in ("end-to-end", "Riccati"))
    assert_allclose(law.learning_time(0.5), other.learning_time(0.5), rtol=1e-6)
    assert np.isfinite(law.half_times[:2]).all()


def test_what_is_lost_is_named_by_the_loss_that_is_left():
    rng, found = np.random.default_rng(11), 0
    while found < 3:
        task = general(3, 3, rng)
        law = solve(task, balanced_weights([3, 4, 3], [0.6, 0.5, 0.4], rng), law="end-to-end")
        if law.ending.startswith("a saddle"):
            found += 1
            lost = float(law.ending.split("s = ")[1].split(")")[0])
            assert_allclose(law.limit - task.floor, 0.5 * lost**2, rtol=1e-3)  # four digits are printed
