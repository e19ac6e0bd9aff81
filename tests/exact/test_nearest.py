"""Residuals are weighed by what the answer makes of them, and the nearest law where none is exact."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm
from tests.exact.conftest import balanced_weights, build_task, build_weights, frame, matrix_flow

from deeplinear import Task, solve
from deeplinear.exact import nearest, residuals

S = [3.0, 1.2, 0.6]


def shaken(weights, size, rng):
    """Inputs of the first layer turned by this angle: what its modes were is mixed by as much, and any balance stays."""
    turn = rng.normal(size=(weights[0].shape[1],) * 2)
    return (weights[0] @ expm(size * (turn - turn.T)), *weights[1:])


def unbalanced(weights, size):
    return ((1 + size) * weights[0], *weights[1:-1], weights[-1])


def last_two_of_three(task, rng):
    turn = frame(2, 2, rng)
    u, _, v = task.modes
    return (0.3 * turn @ v[:, 1:3].T, 0.3 * u[:, 1:3] @ turn.T)


def largest_difference(law, task, weights, times):
    maps = matrix_flow(task, weights, times)
    return np.linalg.norm(law(times).maps - maps, 2, axis=(1, 2)).max() / np.linalg.norm(task.optimum, 2)


SADDLES = {
    "a layer short of a mode": lambda task, rng: build_weights(task, [6], [[0.3, 0.4, 0.0], [0.3, 0.4, 0.0]], rng=rng),
    "opposite layers": lambda task, rng: build_weights(task, [6], [[0.3, 0.4, -0.2], [0.5, 0.4, 0.2]], rng=rng),
    "three layers, one mode missing": lambda task, rng: build_weights(task, [6, 4], [[0.5, 0.0, 0.4]] * 3, rng=rng),
    "the wrong two of three modes": last_two_of_three,
    "Riccati": lambda task, rng: balanced_weights([6, 4, 5], [0.5, 0.7], rng),
    "end to end": lambda task, rng: balanced_weights([6, 4, 4, 5], [0.5, 0.7], rng),
}


@pytest.mark.parametrize("name", SADDLES)
def test_next_to_a_saddle_no_residual_passes(name):
    """Exactly there the law holds; 1e-10 beside it the flow leaves in the end, and no tolerance makes the law right."""
    rng = np.random.default_rng(3)
    task = build_task(S, 6, 5, rng=rng)
    weights = SADDLES[name](task, rng)
    law = solve(task, weights)
    assert law.ending != "the best linear map"
    assert not law.approximate
    other = unbalanced(weights, 1e-11) if name in ("Riccati", "end to end") else shaken(weights, 1e-11, rng)
    assert max(residuals(task, other)[need] for need in law.conditions) < 1e-9
    with pytest.raises(ValueError, match=r"that the answer magnifies without bound \(this law ends at a saddle"):
        solve(task, other, law=law.name[:30], tolerance=1e-6)


def test_an_end_for_want_of_hidden_units_is_no_saddle():
    """Two hidden units that hold the strongest two modes end at the best map of rank 2, which nothing leaves."""
    rng = np.random.default_rng(3)
    task = build_task(S, 6, 5, rng=rng)
    weights = shaken(build_weights(task, [2], [[0.4, 0.3]] * 2, rng=rng), 1e-11, rng)
    law = solve(task, weights)
    assert "Riccati" not in law.name
    assert 1e-12 < law.conditions["decoupled"] < 1e-9
    assert largest_difference(law, task, weights, np.linspace(0, 12, 30)) < 1e-8


@pytest.mark.parametrize("seed", [1e-1, 1e-3, 1e-5])
def test_residuals_count_by_the_weakest_seed(seed):
    """A part of 1e-10 of the layers is much beside a mode that starts from 1e-5 of them."""
    rng = np.random.default_rng(5)
    task = build_task(S, 6, 5, rng=rng)
    weights = shaken(build_weights(task, [6], [[1.0, 0.5, seed]] * 2, rng=rng), 1e-11, rng)
    law = solve(task, weights, law="sigmoid", tolerance=1e-2)
    error = largest_difference(law, task, weights, np.linspace(0, 40, 60))
    gain = law.trajectory.sensitivity()
    assert_allclose(gain, 1 / seed, rtol=0.1)
    assert error < 10 * law.conditions["decoupled"] * gain + 1e-9  # the reference's own
    assert law.approximate == (law.conditions["decoupled"] * gain > 1e-9)


def test_with_any_tolerance_nothing_holds_that_does_not():
    rng = np.random.default_rng(0)
    task = Task.from_modes([3.0, 2.0, 1.0])
    weights = (np.eye(3) + 0.1 * rng.normal(size=(3, 3)), np.eye(3) + 0.1 * rng.normal(size=(3, 3)))
    law = solve(task, weights, tolerance=1.0)
    assert law.approximate
    assert law.error is None
    words = str(law).splitlines()[1]
    held = words.split("holds: ")[1].split(";")[0]
    for need, residual in law.conditions.items():
        assert (need in held) == (residual <= 1e-9)
        assert (need in words.split("approximate, does not hold: ")[1]) == (residual > 1e-9)
    exact = solve(task, (np.eye(3), np.eye(3)), tolerance=1.0)
    assert not exact.approximate
    assert "approximate" not in str(exact)


def test_a_sign_is_wrong_at_any_tolerance():
    weights = [np.diag([-0.5, 0.4]), np.diag([0.5, 0.4]), np.diag([0.5, 0.4])]
    assert solve(Task.from_modes([2.0, 1.0]), weights, tolerance=1.0).name.startswith("unequal layers")


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_the_nearest_law_and_its_error(depth, scale):
    """The error that is returned is the largest that an independent integrator finds."""
    rng = np.random.default_rng(7)
    task = build_task(S, 4, 3, rng=rng)
    frames = [4, *[4] * (depth - 1), 3]
    weights = tuple(scale * np.eye(a, b) + 0.1 * rng.normal(size=(a, b)) for b, a in itertools.pairwise(frames))
    with pytest.raises(ValueError, match=r"With nearest=True solve returns the nearest law"):
        solve(task, weights)
    law = solve(task, weights, nearest=True)
    assert law.approximate
    assert law.name.startswith("approximate: ")
    assert law([1.0]).name == law.name
    error, until, learned = law.measured
    assert learned
    assert f"off by up to {error:.2g} of the largest target until t = {until:.4g}" in str(law)
    seen = largest_difference(law, task, weights, np.linspace(0, until, 400))
    assert_allclose(law.error, seen, rtol=0.05, atol=1e-7)  # at other times


@pytest.mark.parametrize("law", ["sigmoid", "hyperbolic", "Riccati"])
def test_the_error_of_a_law_of_ones_choice(law):
    rng = np.random.default_rng(9)
    task = build_task(S, 4, 3, rng=rng, powers=[2.0] * 4)
    weights = tuple(0.4 * np.eye(a, b) + 0.05 * rng.normal(size=(a, b)) for b, a in ((4, 4), (4, 3)))
    found = solve(task, weights, law=law, nearest=True, tau=3.0)
    assert law in found.name
    times = np.linspace(0, found.measured.until, 300)
    maps = matrix_flow(task, weights, times, tau=3.0)
    seen = np.linalg.norm(found(times).maps - maps, 2, axis=(1, 2)).max() / np.linalg.norm(task.optimum, 2)
    assert_allclose(found.error, seen, rtol=0.05)
    assert found.error > 1e-3
    others = solve(task, weights, nearest=True, tau=3.0)
    assert others.error <= found.error


def test_where_laws_are_as_near_as_can_be_told_the_most_special_is_taken():
    """Modes that are mixed by 1e-7 in layers that differ by 1e-7: no law holds, and each is nearer than the reference is exact."""
    rng = np.random.default_rng(5)
    task = build_task(S, 4, 3, rng=rng)
    weights = unbalanced(shaken(build_weights(task, [3], [[0.5, 0.4, 0.3]] * 2, rng=rng), 1e-7, rng), 1e-7)
    special, general = (solve(task, weights, law=law, nearest=True) for law in ("sigmoid", "Riccati"))
    assert general.error < special.error < nearest.PRECISE
    assert solve(task, weights, nearest=True).name == special.name


def test_a_narrow_network_has_learned_what_it_has_room_for():
    """One hidden unit, three targets: the flow ends at the best map of rank 1, not after the longest wait."""
    rng = np.random.default_rng(7)
    task = build_task(S, 4, 3, rng=rng)
    law = solve(task, tuple(0.3 * rng.normal(size=shape) for shape in ((1, 4), (2, 1), (3, 2))), nearest=True)
    assert law.measured.learned
    assert law.measured.until < 10


def test_a_start_that_stands_still_has_not_learned():
    """Forces are exactly zero: one target is reached, the other meets zeros only."""
    weights = (np.array([[0.5, 0.0], [1.5, 0.0]]), np.array([[1.0, 1.0], [0.0, 0.0]]))
    law = solve(Task.from_modes([2.0, 1.0]), weights, nearest=True)
    assert law.measured.until == 0
    assert not law.measured.learned
    done = solve(Task.from_modes([2.0]), (weights[0][:, :1], weights[1][:1]), nearest=True)
    assert done.measured.until == 0
    assert done.measured.learned


def test_a_flow_that_never_learns_is_followed_as_long_in_any_unit_of_time():
    """The second input and output meet zeros only, and stay at them."""
    task, weights = Task.from_modes([2.0, 1.0]), (np.array([[0.3, 0], [0.1, 0]]), np.array([[0.2, 0.4], [0, 0]]))
    one, seven = (solve(task, weights, nearest=True, tau=tau).measured for tau in (1.0, 7.0))
    assert not one.learned
    assert not seven.learned
    fastest = 1 / (2 * 2.0)  # 1/(L s^(2 − 2/L))
    assert 1e5 * fastest < one.until < 1e6 * fastest
    assert_allclose(seven.until, 7 * one.until, rtol=1e-9)
    assert_allclose(seven.error, one.error, rtol=1e-6)


def test_an_exact_law_is_not_marked():
    task = Task.from_modes(S)
    law = solve(task, (0.1 * np.eye(3),) * 2, nearest=True)
    assert (law.approximate, law.error, law.measured, law.loose) == (False, None, None, ())
    assert law.name.startswith("two-layer sigmoid")


def test_a_comparison_that_ends_early_says_so(monkeypatch):
    monkeypatch.setattr(nearest, "STEPS", 5)
    rng = np.random.default_rng(7)
    task = build_task(S, 4, 3, rng=rng)
    law = solve(task, tuple(0.1 * rng.normal(size=shape) for shape in ((4, 4), (3, 4))), nearest=True)
    assert not law.measured.learned
    assert "where the flow has not learned yet" in str(law)
    monkeypatch.setattr(nearest, "LARGEST", 20)
    with pytest.raises(
        ValueError, match=r"solve with nearest=True needs at most 20 weights, got 28: the error is measured"
    ):
        solve(task, law.start, nearest=True)


def test_float32_weights_of_a_rectangular_task():
    """Rounding gives a wide first layer more rank than balanced layers can have."""
    rng = np.random.default_rng(0)
    task = build_task(S, 6, 4, rng=rng)
    exact = balanced_weights([6, 8, 8, 4], [0.9, 0.8, 0.7, 0.6], rng)
    rounded = tuple(w.astype(np.float32) for w in exact)
    law, times = solve(task, rounded, tolerance=1e-6), np.linspace(0, 6, 9)
    assert "end-to-end" in law.name
    assert law.approximate
    assert_allclose(law(times).maps, matrix_flow(task, rounded, times), atol=1e-6)
    assert_allclose(law.half_times[:3], solve(task, exact).half_times[:3], rtol=1e-6)
