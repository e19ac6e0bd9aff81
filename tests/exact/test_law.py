"""What a law answers: every flow of the registry on one network, against the full matrix flow, and its edges."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.exact.conftest import balanced_weights, build_task, build_weights, matrix_flow
from tests.exact.draws import general

from deeplinear import Task, solve
from deeplinear.exact import CONDITIONS, FORMULAS, TOLERANCE
from deeplinear.weights import end_to_end

POWERS = [2.0, 0.5, 1.5, 0.7, 0.0, 3.0]


S = [3.0, 1.2, 0.6]


def network(formula, seed=0):
    """A small rectangular network, for which this formula is the first that holds."""
    rng = np.random.default_rng(seed)
    aligned, name = "task-aligned" in formula.name, formula.name
    if "end-to-end" in name:
        task = general(6, 5, rng)
        return task, balanced_weights([6, 5, 7, 5], [0.5, 0.7, 0.6, 0.4, 0.8], rng)
    scale = 1.0 if aligned else 2.5  # Σ¹¹ = cI counts as white
    powers = POWERS if aligned else [scale] * 6
    task = build_task(S, 6, 5, rng=rng, powers=powers, noise=0.3)
    if "shallow" in name:
        return task, (rng.normal(size=(5, 6)),)
    if "Riccati" in name:
        return task, balanced_weights([6, 3, 5], [0.5, 0.7, 0.6], rng)
    if "sigmoid" in name:
        return task, build_weights(task, [7], [[0.2, -0.3, 0.1]] * 1 + [[0.2, 0.3, 0.1]], rng=rng)
    if "hyperbolic" in name:
        return task, build_weights(task, [4], [[0.2, -0.3, 0.0], [0.5, 0.2, 0.4]], rng=rng)
    if "unequal" in name:
        return task, build_weights(task, [4, 8], [[0.2, -0.6, 0.0], [0.7, 0.4, 0.4], [0.4, 0.5, -0.6]], rng=rng)
    return task, build_weights(task, [4, 8, 3], [[0.5, 0.7, 0.6]] * 4, rng=rng)


FLOWS = [formula for formula in FORMULAS if formula.kind != "recursion"]


@pytest.fixture(params=FLOWS, ids=lambda formula: formula.name[:40])
def case(request):
    task, weights = network(request.param)
    return request.param, task, weights, solve(task, weights, tau=1.6)


def test_the_law_is_the_one_meant(case):
    formula, _, _, law = case
    assert law.name == formula.name
    assert law.source == formula.source
    assert law.kind == formula.kind
    assert set(formula.needs) <= set(CONDITIONS)
    assert tuple(law.conditions) == formula.needs
    assert all(value <= TOLERANCE for value in law.conditions.values())


def test_against_the_matrix_flow(case):
    _, task, weights, law = case
    times = np.linspace(0, 9, 30)
    maps = matrix_flow(task, weights, times, tau=1.6)
    curve = law(times)
    assert_allclose(curve.strengths, task.strengths(maps), atol=INTEGRATOR * 0.1)
    assert_allclose(curve.loss, task.loss(maps), rtol=INTEGRATOR)
    assert_allclose(curve.maps, maps, atol=INTEGRATOR * 0.1)


def test_shapes_and_start(case):
    _, task, weights, law = case
    curve = law([4.0, 0.0, 2.0])
    assert (curve.times == [4.0, 0.0, 2.0]).all()
    assert curve.loss.shape == (3,)
    assert curve.strengths.shape == (3, 5)
    assert curve.maps.shape == (3, 5, 6)
    assert law.condition([4.0, 0.0, 2.0]).shape == (3, 5)
    assert law.half_times.shape == (5,)
    assert law(3.0).loss.shape == (1,)
    assert law([]).strengths.shape == (0, 5)
    assert (curve.targets == task.targets).all()
    assert curve.name == law.name
    assert_allclose(curve.strengths[1], task.strengths(end_to_end(weights)), rtol=CLOSED_FORM, atol=1e-15)
    assert_allclose(curve.loss[1], task.loss(end_to_end(weights)), rtol=CLOSED_FORM)
    assert_allclose(law([1.0]).strengths[0], law([0.0, 1.0, 2.0]).strengths[1], rtol=1e-10)
    assert (law([0.0]).strengths == law([0.0, 5.0]).strengths[0]).all()


def test_end_and_learning_times(case):
    formula, task, _, law = case
    late = law([1e5])
    stuck = 1 if "sigmoid" in formula.name else None  # the mode of the wrong sign
    want = np.append(task.targets[:3], [0.0, 0.0])
    if stuck is not None:
        want[stuck] = 0.0
    mixed = any(word in formula.name for word in ("end-to-end", "Riccati"))
    if "shallow" not in formula.name and not mixed:
        assert_allclose(late.strengths[0], want, atol=1e-10)
    if "shallow" not in formula.name:
        assert_allclose(late.loss[0], law.limit, rtol=1e-9)
        assert_allclose(late.maps[0], law.final_map, atol=1e-9)
    assert law.ending.startswith("a saddle that lacks mode 2") if stuck else law.ending == "the best linear map"
    for fraction in (0.1, 0.5, 0.9):
        times = law.learning_time(fraction)
        assert np.isnan(times[task.rank :]).all()
        for mode in range(3):
            if mode == stuck:
                assert np.isnan(times[mode])
                continue
            reached = law([times[mode]]).strengths[0, mode]
            aim = fraction * task.targets[mode]
            assert reached >= aim * (1 - 1e-9)
            if times[mode] > 0:
                assert_allclose(reached, aim, rtol=1e-9)
    assert (law.half_times == law.learning_time(0.5))[:1].all()


def test_learning_times_agree_with_the_curve(case):
    _, _, _, law = case
    times = np.linspace(0, 40, 8001)
    assert_allclose(law.half_times, law(times).half_times, atol=1e-3)  # the curve interpolates linearly


def test_time_to_loss(case):
    _, task, _, law = case
    first, limit = law([0.0]).loss[0], law.limit
    assert law.time_to_loss(first) == 0
    assert law.time_to_loss(limit) == np.inf
    assert law.time_to_loss(task.floor * 0.5) == np.inf
    for share in (0.9, 0.3, 1e-4):
        threshold = limit + share * (first - limit)
        assert_allclose(law([law.time_to_loss(threshold)]).loss[0] - limit, threshold - limit, rtol=1e-7)


def test_condition_is_the_logarithmic_derivative(case):
    formula, _, _, law = case
    t, h = np.array([0.5, 2.0]), 1e-5
    if "shallow" in formula.name:
        assert (law.condition(t) == 0).all()
        return
    up, down = (law(t * (1 + e)).strengths[:, :2] for e in (h, -h))
    slope = np.abs((up - down) / (up + down)) / h
    assert_allclose(law.condition(t)[:, :2], slope, rtol=1e-5, atol=1e-8)
    assert (law.condition([0.0]) == 0).all()


def test_modes_that_hidden_layers_have_no_room_for_stay():
    rng = np.random.default_rng(2)
    task = build_task(S, 6, 5, rng=rng)
    weights = build_weights(task, [2, 2], [[0.5, 0.5]] * 3, rng=rng)
    law, times = solve(task, weights), np.linspace(0, 8, 10)
    assert_allclose(law(times).strengths, task.strengths(matrix_flow(task, weights, times)), atol=INTEGRATOR * 0.1)
    assert np.isnan(law.half_times[2])
    assert_allclose(law.limit, 0.5 * S[2] ** 2, rtol=1e-9)


def test_inputs_without_power_and_modes_without_target():
    rng = np.random.default_rng(2)
    task = build_task([2.0, 0.0, 0.0], 6, 3, rng=rng, powers=[1.0, 2.0, 0.0, 1.0, 1.0, 1.0])
    weights = build_weights(task, [4], [[0.3]] * 2, rng=rng)
    law = solve(task, weights)
    assert law.name.startswith("task-aligned two-layer sigmoid")
    assert_allclose(law([30.0]).strengths[0], [2.0, 0.0, 0.0], atol=1e-10)
    # no targets at all
    nothing = Task.from_correlations(np.eye(3), np.zeros((2, 3)), output_power=1.0)
    weights = (np.array([[0.5, 0, 0], [0, 0.3, 0]]), np.diag([0.5, 0.3]))
    u, _, v = nothing.modes
    weights = (np.diag([0.5, 0.3]) @ v.T, u @ np.diag([0.5, 0.3]))
    law = solve(nothing, weights)
    assert_allclose(law([1.0]).strengths[0], [0.25 / 1.5, 0.09 / 1.18], rtol=CLOSED_FORM)
    assert np.isnan(law.half_times).all()


def test_a_start_above_the_fraction_is_already_there():
    task = Task.from_modes([2.0, 1.0])
    law = solve(task, (np.diag([0.1, 1.5]),) * 2)
    assert law.learning_time(0.5)[1] == 0
    assert_allclose(law([50.0]).strengths[0], [2.0, 1.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda law: law([-1.0]), r"law needs t >= 0, got t=-1.0"),
        (lambda law: law([np.inf]), r"law needs a list of finite times"),
        (lambda law: law([[1.0]]), r"law needs a list of finite times, got shape \(1, 1\)"),
        (lambda law: law.learning_time(1.0), r"learning_time needs 0 < fraction < 1, got fraction=1.0"),
        (lambda law: law.time_to_loss(np.nan), r"time_to_loss needs threshold that is not NaN, got threshold=nan"),
        (lambda law: law.time_to_loss([0.1, 0.2]), r"time_to_loss needs .*one number, got threshold=\[0.1, 0.2\]"),
    ],
)
def test_bad_questions(call, message):
    law = solve(Task.from_modes([1.0]), ([[0.1]], [[0.1]]))
    with pytest.raises(ValueError, match=message):
        call(law)


def test_long_chains_of_small_layers_stay():
    task = Task.from_modes([1.0])
    law = solve(task, [np.array([[0.1]])] * 400)
    assert (law([0.0, 1e6]).strengths == 0).all()
    assert np.isnan(law.half_times).all()


def test_losses_do_not_need_maps():
    task = Task.from_modes([3.0, 2.0, 1.0], n_in=784, n_out=10)
    rng = np.random.default_rng(0)
    law = solve(task, build_weights(task, [20, 20], np.full((3, 10), 0.1), rng=rng))
    curve = law(np.linspace(0, 100, 10_000))  # as maps this would be 600 MB
    assert "maps" not in vars(curve)
    assert_allclose(curve.loss, 0.5 * np.square(curve.strengths - task.targets).sum(axis=1), rtol=CLOSED_FORM)
    assert_allclose(curve.loss[:2], task.loss(law([0.0, curve.times[1]]).maps), rtol=CLOSED_FORM)


@pytest.mark.parametrize("rest", [[], [0.8]])
def test_a_mode_of_wrong_sign_with_equal_weakest_layers_dies(rest):
    rng = np.random.default_rng(9)
    task = build_task([2.0, 1.0], 5, 4, rng=rng)
    layers = [[0.3, 0.2], [-0.3, 0.5], *([x, x] for x in rest)]
    law = solve(task, build_weights(task, [6] * (len(layers) - 1), layers, rng=rng))
    assert "hyperbolic" in law.name or "unequal" in law.name
    assert np.isnan(law.half_times[0])
    assert np.isfinite(law.half_times[1])
    assert_allclose(law.limit, 0.5 * 2.0**2, rtol=1e-9)
    assert_allclose(law([60.0]).strengths[0, :2], [0.0, 1.0], atol=1e-9)  # round-off alone would have revived it


def test_a_dying_mode_of_unequal_layers_stays_dead():
    task = Task.from_modes([3.0, 2.0, 1.0])
    law = solve(task, (np.diag([0.1, 0.2, 0.3]), np.diag([0.5, 0.1, 0.2]), np.diag([0.5, 0.1, -0.2])))
    assert law.ending.startswith("a saddle that lacks mode 3")
    late = [100.0, 500.0, 1e4, 1e9]
    assert_allclose(law(late).maps, np.stack([law.final_map] * 4), atol=1e-9)
    assert_allclose(law.weights(late)[2][:, 2, 2], 0, atol=1e-9)
    assert law.time_to_loss(0.3) == np.inf


def test_a_law_in_words_and_answers_too_large_for_memory():
    task = Task.from_modes([3.0, 1.0], n_in=400, n_out=300)
    law = solve(task, build_weights(task, [3], [[0.1] * 2] * 2, rng=np.random.default_rng(0)), tau=20)
    assert str(law).splitlines()[0] == law.name
    assert "tau = 20; holds: white inputs (residual 0), decoupled" in str(law)
    with pytest.raises(
        ValueError, match=r"kernel needs at most 5.0e\+08 numbers, got 1.4e\+10: that is 115 GB. Pass fewer"
    ):
        law.kernel([1.0])
    with pytest.raises(ValueError, match=r"representations needs at most .* Pass fewer times"):
        law.representations(np.arange(4000.0))
    assert law.kernel([1.0], np.eye(400)[:2]).shape == (1, 600, 600)
    with pytest.raises(ValueError, match=r"solve needs part of a law's name, got law=3"):
        solve(task, law.start, law=3)
    with pytest.raises(ValueError, match=r"weights need arrays of real numbers, got W1=array .*: it is complex"):
        solve(task, tuple(w * 1j for w in law.start))


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_weights_at_zero_are_the_start_bit_by_bit(layers):
    rng = np.random.default_rng(layers)
    task = build_task(S, 6, 5, rng=rng, powers=POWERS)
    for spread, strengths in ((0.8, [0.5, 0.6, 0.7]), (1.0, [0.5, 0.6, 0.7]), (0.8, [0.5, -0.6, 0.0])):
        varied = np.outer(np.linspace(spread, 1.0, layers), strengths)
        weights = build_weights(task, [7] * (layers - 1), varied, rng=rng)
        law = solve(task, weights)
        for found, begun in zip(law.weights([0.0, 1.0]), weights, strict=True):
            assert (found[0] == begun).all()


def test_deep_modes_of_mixed_signs_are_followed_without_warnings():
    """Steps that the integrator tries and takes back may leave float64 in products of twenty layers."""
    sizes = [
        0.77,
        2.09,
        0.94,
        1.45,
        1.93,
        0.92,
        1.96,
        1.07,
        0.98,
        2.29,
        2.73,
        1.63,
        0.72,
        1.52,
        2.44,
        0.76,
        0.81,
        2.67,
        2.29,
        2.13,
    ]
    signs = [1, 1, 1, 1, -1, -1, -1, 1, 1, 1, 1, -1, -1, 1, 1, -1, -1, -1, 1, 1]
    law = solve(Task.from_modes([0.09]), [np.array([[a * b]]) for a, b in zip(sizes, signs, strict=True)])
    assert np.isfinite(law([0.0, 0.1, 1.0, 1e3, 1e6]).loss).all()
    assert_allclose(law([1e6]).strengths, 0.09, rtol=1e-9)


def test_half_times_do_not_wait_for_the_end():
    """Inputs of little power are learned long after every mode is half learned: the end is out of reach, half times are not."""
    rng = np.random.default_rng(0)
    v = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    s11 = (v * [1.0, 1.0, 1.0, 1e-5]) @ v.T
    task = Task.from_correlations(s11, rng.normal(size=(3, 4)) @ s11)
    law = solve(task, balanced_weights([4, 5, 5, 3], [0.2, 0.25, 0.3], rng))
    assert "end-to-end" in law.name
    times = law.half_times
    assert np.isfinite(times).all()
    for mode in range(3):
        assert_allclose(law([times[mode]]).strengths[0, mode], task.targets[mode] / 2, rtol=1e-9)
    assert times.max() < 1e3
