"""The three matrices of a balanced network against the fractional powers of Arora et al. 2018, at any depth and rank."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.exact.conftest import balanced_weights, build_task, build_weights, frame
from tests.exact.draws import general

from deeplinear.exact import depth as equal_layers
from deeplinear.exact.matrices.end_to_end import Ends, EndToEnd, ends, power_sum, unit
from deeplinear.exact.matrices.riccati import Riccati
from deeplinear.weights import end_to_end

# widths, rank
NETWORKS = {
    "two layers": ([4, 5, 3], 3),
    "two layers of low rank": ([4, 3, 5], 2),
    "three layers": ([3, 4, 6, 3], 3),
    "four layers, bottleneck": ([5, 4, 2, 6, 4], 2),
    "five layers of rank one": ([4, 3, 3, 5, 3, 4], 1),
    "eight layers": ([3] * 9, 3),
    "one number": ([1, 1, 1, 1], 1),
}


def network(name, seed=2, sizes=(0.5, 0.95)):
    widths, rank = NETWORKS[name]
    rng = np.random.default_rng(seed)
    task, right = general(widths[0], widths[-1], rng), False
    while not right:  # of a square map of full rank the sign of the determinant
        weights = balanced_weights(widths, rng.uniform(*sizes, rank), rng)
        right = len({widths[0], widths[-1], rank}) > 1 or not wrong(task, weights)
    return task, weights


def wrong(task, weights):
    return np.linalg.det(end_to_end(weights)) * np.linalg.det(task.input_output_correlation) < 0


def power(gram, exponent):
    """``gram^exponent`` by its eigensystem, ``0⁰ = 1``; round-off of a zero is zero, for its roots are not small."""
    if exponent == 0:
        return np.eye(len(gram))
    values, vectors = np.linalg.eigh(gram)
    return (vectors * np.where(values > 1e-12 * values[-1], values, 0.0) ** exponent) @ vectors.T


def drift(w, task, layers):
    """Section 9.6 as printed."""
    error = task.input_output_correlation - w @ task.input_correlation
    return sum(
        power(w @ w.T, (layers - j) / layers) @ error @ power(w.T @ w, (j - 1) / layers) for j in range(1, layers + 1)
    )


def moved(path, state):
    """Rate of change of ``B K A`` by the product rule."""
    now, change = path.unpacked(state), path.unpacked(path.velocity(0.0, state))
    return (
        change.last @ now.middle @ now.first
        + now.last @ change.middle @ now.first
        + now.last @ now.middle @ change.first
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_velocity_is_the_one_of_fractional_powers(name):
    for seed in range(4):
        task, weights = network(name, seed)
        path = EndToEnd(task, len(weights), ends(weights))
        want = drift(end_to_end(weights), task, len(weights))
        assert_allclose(moved(path, path.packed(path.start)), want, atol=CLOSED_FORM * max(1.0, np.abs(want).max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_ends_are_the_network_in_frames_of_its_rank(name):
    _, weights = network(name)
    first, middle, last = found = ends(weights)
    rank, layers = NETWORKS[name][1], len(weights)
    assert (first.shape[0], middle.shape, last.shape[1]) == (rank, (rank, rank), rank)
    assert_allclose(found.maps, end_to_end(weights), atol=1e-14)
    assert_allclose(first.T @ first, weights[0].T @ weights[0], atol=1e-14)
    assert_allclose(last @ last.T, weights[-1] @ weights[-1].T, atol=1e-14)
    check_balance(found, layers, atol=1e-14)


def check_balance(at, layers, atol):
    """What ``W_{l+1}ᵀW_{l+1} = W_lW_lᵀ`` leaves of three matrices."""
    inner, outer = at.first @ np.swapaxes(at.first, -1, -2), np.swapaxes(at.last, -1, -2) @ at.last
    middle = at.middle
    assert_allclose(middle @ inner, outer @ middle, atol=atol)
    for gram, product in (
        (inner, np.swapaxes(middle, -1, -2) @ middle),
        (outer, middle @ np.swapaxes(middle, -1, -2)),
    ):
        assert_allclose(np.linalg.matrix_power(gram, layers - 2), product, atol=atol)


def test_ends_of_layers_that_lose_part_of_nothing():
    assert [part.shape for part in ends((np.zeros((3, 4)), np.zeros((2, 3))))] == [(0, 4), (0, 0), (2, 0)]


@pytest.mark.parametrize("name", NETWORKS)
def test_path_is_that_of_the_map_alone(name):
    task, weights = network(name)
    times, layers = np.array([0.0, 0.2, 0.7, 2.0, 5.0]), len(weights)
    run = solve_ivp(
        lambda _, w: drift(w.reshape(task.n_out, task.n_in), task, layers).ravel(),
        (0, times[-1]),
        end_to_end(weights).ravel(),
        t_eval=times,
        method="DOP853",
        rtol=1e-11,
        atol=1e-13,
    )
    at = EndToEnd(task, layers, ends(weights)).at(times)
    # roots of small eigenvalues lose digits of the witness, not of the path
    assert_allclose(at.maps, run.y.T.reshape(-1, task.n_out, task.n_in), rtol=0, atol=INTEGRATOR)
    check_balance(at, layers, atol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_comes_to_rest_where_nothing_pulls(name):
    task, weights = network(name)
    path = EndToEnd(task, len(weights), ends(weights))
    late = path.at(np.array([1e9, np.inf, 1e4]))
    assert path.settled
    assert (late.maps == late.maps[:1]).all()
    error = (task.optimum - late.maps[0]) @ task.input_correlation
    assert_allclose(late.last[0].T @ error, 0.0, atol=1e-11)
    assert_allclose(error @ late.first[0].T, 0.0, atol=1e-11)


def test_times_in_any_order_and_asked_again():
    task, weights = network("three layers")
    path, t = EndToEnd(task, 3, ends(weights)), np.array([3.0, 0.0, 0.4, 3.0])
    first = path.at(np.array([0.4])).maps
    second = path.at(t).maps
    assert (second[0] == second[3]).all()
    assert_allclose(second[1], end_to_end(weights), atol=1e-14)
    assert_allclose(second[2], first[0], atol=1e-12)
    assert len(path.pieces) == 2
    assert (path.at(t).maps == second).all()
    whole = EndToEnd(task, 3, ends(weights)).at(t).maps
    assert_allclose(second, whole, atol=1e-11)
    assert path.at(np.zeros(0)).maps.shape == (0, 3, 3)


def test_two_layers_on_white_inputs_are_the_riccati_solution():
    rng = np.random.default_rng(4)
    task = build_task([2.0, 1.2, 0.6], 5, 3, rng=rng)
    weights = balanced_weights([5, 4, 3], [0.6, 0.3, 0.2], rng)
    u, s, v = task.modes
    v = np.linalg.qr(np.concatenate([v, rng.normal(size=(5, 2))], axis=1))[0] * np.array([1, 1, 1, 1, 1])
    v[:, :3] = task.modes.v
    riccati = Riccati(s, 0.0, (weights[0] @ v).T, u.T @ weights[1])
    times = np.array([0.0, 0.5, 2.0, 8.0, 50.0])
    a, b = riccati.halves(times)
    want = u @ b @ np.swapaxes(a, 1, 2) @ v.T
    assert_allclose(EndToEnd(task, 2, ends(weights)).at(times).maps, want, rtol=0, atol=1e-10)


@pytest.mark.parametrize("layers", [2, 3, 5, 100])
def test_aligned_starts_are_modes_of_equal_layers(layers):
    rng, u0 = np.random.default_rng(5), np.array([0.5, 0.4, 0.2])
    task = build_task([1.8, 1.1, 0.6], 4, 3, rng=rng)
    weights = build_weights(task, [5] * (layers - 1), np.tile(u0 ** (1 / layers), (layers, 1)), rng=rng)
    times = np.array([0.0, 0.5, 2.0, 8.0]) / layers
    got = EndToEnd(task, layers, ends(weights)).at(times).maps
    want = equal_layers.strength(times[:, None], s=task.modes.s, u0=u0, depth=layers)
    assert_allclose(task.strengths(got), want, rtol=0, atol=1e-10)


def test_a_hundred_layers():
    rng = np.random.default_rng(6)
    task = general(4, 3, rng)
    path = EndToEnd(task, 100, ends(balanced_weights([4, *[6] * 99, 3], [0.997, 0.99, 1.003], rng)))
    at = path.at(np.array([0.0, 0.01, 0.1]))
    check_balance(at, 100, atol=1e-9)
    for i in range(3):
        state = path.packed(Ends(*(part[i] for part in at)))
        want = drift(at.maps[i], task, 100)
        assert_allclose(moved(path, state), want, rtol=0, atol=1e-9 * np.abs(want).max())


@pytest.mark.parametrize("terms", [1, 2, 3, 4, 5, 6, 7, 13, 64])
def test_power_sum_is_the_sum(terms):
    rng = np.random.default_rng(terms)
    p, d, q = rng.normal(size=(3, 3)) / 3, rng.normal(size=(3, 2)), rng.normal(size=(2, 2)) / 2
    want = sum(np.linalg.matrix_power(p, terms - 1 - j) @ d @ np.linalg.matrix_power(q, j) for j in range(terms))
    assert_allclose(power_sum(p, d, q, terms), want, rtol=CLOSED_FORM, atol=1e-14)


def test_unit_rows_span_the_same_space():
    rows = np.diag([1.0, 1e-9]) @ np.random.default_rng(0).normal(size=(2, 5))
    basis = unit(rows)
    assert_allclose(basis @ basis.T, np.eye(2), atol=1e-14)
    assert_allclose(rows @ basis.T @ basis, rows, atol=1e-15)


def dying(layers, seed=2):
    rng = np.random.default_rng(seed)
    task, widths, sizes = general(3, 3, rng), [3, *[4] * (layers - 1), 3], [0.6, 0.8, 0.5]
    weights = balanced_weights(widths, sizes, rng)
    while not wrong(task, weights):
        weights = balanced_weights(widths, sizes, rng)
    return task, weights


@pytest.mark.parametrize("layers", [2, 3, 4])
def test_a_dying_direction_dies(layers):
    task, weights = dying(layers)
    path, times = EndToEnd(task, layers, ends(weights), dying=True), np.array([0.0, 1.0, 4.0, 8.0])
    maps = path.at(times).maps
    assert_allclose(maps[:3], EndToEnd(task, layers, ends(weights)).at(times[:3]).maps, atol=1e-11)
    assert (np.diff(np.linalg.svd(maps, compute_uv=False)[:, -1]) < 0).all()
    assert (np.linalg.det(maps[:3]) * np.linalg.det(task.input_output_correlation) < 0).all()  # while it lives


def test_two_layers_let_it_die_for_good():
    for seed in range(4):
        task, weights = dying(2, seed)
        path = EndToEnd(task, 2, ends(weights), dying=True)
        maps = path.at(np.array([300.0, 1e3, 1e6])).maps
        root = np.linalg.cholesky(task.input_correlation)
        u, s, vt = np.linalg.svd(task.optimum @ root)
        saddle = (u[:, :2] * s[:2]) @ vt[:2] @ np.linalg.inv(root)
        assert_allclose(maps, np.stack([saddle] * 3), atol=1e-9)
        assert path.settled
        since = path.rest_of_it.since
        both = path.at(since * np.array([1 - 1e-9, 1 + 1e-9])).maps
        assert_allclose(both[0], both[1], atol=1e-9)


@pytest.mark.parametrize("size", [1e-3, 1e-5, 1e-7])
def test_dying_beside_directions_as_weak_that_live(size):
    rng = np.random.default_rng(4)
    task = build_task([2.5, 0.3, 0.25], 3, 3, rng=rng)
    weights = balanced_weights([3, 4, 3], [0.5, size, 0.8 * size], rng)
    assert wrong(task, weights)
    u, s, v = task.modes
    a, b = Riccati(s, 0.0, (weights[0] @ v).T, u.T @ weights[1]).halves(times := np.linspace(0, 250, 300))
    got = EndToEnd(task, 2, ends(weights), dying=True).at(times).maps
    # looser than most: a plateau of 16 / 0.3 carries what the integrator loses at its beginning
    assert_allclose(got, u @ b @ np.swapaxes(a, 1, 2) @ v.T, rtol=0, atol=INTEGRATOR)


@pytest.mark.parametrize("layers", [2, 3, 5])
def test_what_remains_without_a_direction_is_a_balanced_network(layers):
    task, rng, sizes = general(4, 3, np.random.default_rng(3)), np.random.default_rng(4), np.array([1.0, 0.8, 1e-9])
    inner, outer = (frame(3, 3, rng) if layers > 2 else np.eye(3) for _ in range(2))
    weak = Ends(
        inner @ np.diag(sizes) @ frame(4, 3, rng).T,
        outer @ np.diag(sizes ** (layers - 2)) @ inner.T,
        frame(3, 3, rng) @ np.diag(sizes) @ outer.T,
    )
    check_balance(weak, layers, atol=1e-14)
    path = EndToEnd(task, layers, weak, dying=True)
    path.rest_of_it = path.without_weakest(2.5, path.packed(weak))
    rest = path.rest_of_it.path
    assert path.rest_of_it.since == 2.5
    assert rest.start.middle.shape == (2, 2)
    assert_allclose(rest.start.maps, weak.maps, atol=1e-8)
    check_balance(rest.start, layers, atol=1e-8)
    at = path.at(np.array([1.0, 2.5 + 1e-9, 3.5]))
    assert (at.maps[0] == weak.maps).all()
    assert_allclose(at.maps[1], weak.maps, atol=1e-8)
    assert_allclose(at.first[1], weak.first, atol=1e-8)
    assert_allclose(at.last[1], weak.last, atol=1e-8)
    if layers > 2:  # of two layers K is then 1 on what is left alone
        check_balance(at, layers, atol=1e-8)
    assert_allclose(at.maps[2], EndToEnd(task, layers, rest.start).at(np.array([1.0])).maps[0], atol=1e-12)
