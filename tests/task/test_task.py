"""A task is its correlations: each against brute force over the examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

import deeplinear.task.moments
from deeplinear import Task

EXAMPLES = 40


@pytest.fixture
def data():
    rng = np.random.default_rng(7)
    x = rng.standard_normal((EXAMPLES, 5)) @ rng.standard_normal((5, 5)) + 3.0
    return x, rng.standard_normal((EXAMPLES, 3)) + x[:, :3]


@pytest.fixture
def deficient(data):
    """Seven inputs that fill only five dimensions, one of them constant."""
    x, y = data
    return np.column_stack([x[:, :4], x[:, 0] - x[:, 1], np.full(EXAMPLES, 0.1), x[:, 4]]), y


def brute_loss(x, y, w):
    return 0.5 * sum(np.sum((target - w @ example) ** 2) for example, target in zip(x, y, strict=True))


def centred(x):
    return x - x.mean(axis=0)


@pytest.mark.parametrize(("inputs", "prepare"), [("raw", np.asarray), ("centred", centred)])
def test_correlations_are_sums_over_examples(data, inputs, prepare):
    x, y = data
    task = Task.from_data(x, y, inputs=inputs)
    xs = prepare(x)
    assert_allclose(task.input_correlation, sum(np.outer(a, a) for a in xs), rtol=CLOSED_FORM, atol=1e-11)
    expected = sum(np.outer(b, a) for a, b in zip(xs, y, strict=True))
    assert_allclose(task.input_output_correlation, expected, rtol=CLOSED_FORM, atol=1e-11)
    assert_allclose(task.output_power, np.sum(y**2), rtol=CLOSED_FORM)
    assert (task.examples, task.n_in, task.n_out) == (EXAMPLES, 5, 3)


@pytest.mark.parametrize("inputs", ["raw", "centred", "white"])
def test_means_are_sums_over_the_number_of_examples(data, inputs):
    sums, means = (Task.from_data(*data, inputs=inputs, reduction=r) for r in ("sum", "mean"))
    w = np.random.default_rng(1).standard_normal((3, 5))
    assert means.examples == 1
    assert_allclose(means.input_correlation * EXAMPLES, sums.input_correlation, rtol=CLOSED_FORM, atol=1e-11)
    assert_allclose(means.modes.s * EXAMPLES, sums.modes.s, rtol=CLOSED_FORM)
    assert_allclose(means.loss(w) * EXAMPLES, sums.loss(w), rtol=CLOSED_FORM)
    assert_allclose(means.floor * EXAMPLES, sums.floor, rtol=1e-11)  # a difference of sums ten times larger
    assert_allclose(np.abs(means.optimum), np.abs(sums.optimum), rtol=CLOSED_FORM, atol=1e-12)


@pytest.mark.parametrize("inputs", ["raw", "centred", "white"])
def test_chunks_change_nothing(data, inputs, monkeypatch):
    whole = Task.from_data(*data, inputs=inputs)
    monkeypatch.setattr(deeplinear.task.moments, "CHUNK", 7)
    parts = Task.from_data(*data, inputs=inputs)
    assert_allclose(parts.modes.s, whole.modes.s, rtol=CLOSED_FORM)
    assert_allclose(parts.output_power, whole.output_power, rtol=CLOSED_FORM)


def test_sizes_and_means_are_those_of_all_chunks(data, monkeypatch):
    """Rounding of inputs is measured by all examples, not by those read last."""
    x, y = data
    monkeypatch.setattr(deeplinear.task.moments, "CHUNK", 7)
    read = deeplinear.task.moments.Examples(x, y, centred=True)
    assert_allclose(read.sizes, np.linalg.norm(x, axis=0), rtol=CLOSED_FORM)
    assert_allclose(read.output_powers, np.square(y).sum(axis=0), rtol=CLOSED_FORM)
    for shift, mean, values in zip(read.shifts, read.means, (x, y), strict=True):
        assert_allclose(shift + mean, values.mean(axis=0), rtol=CLOSED_FORM)


def test_bytes_are_not_summed_as_bytes():
    x = np.full((3, 2), 255, dtype=np.uint8)
    task = Task.from_data(x, np.array([True, False, True]))
    assert_array_equal(task.input_correlation, np.full((2, 2), 3 * 255.0**2))
    assert_array_equal(task.input_output_correlation, [[510.0, 510.0]])


def test_data_are_left_as_they_were(data):
    x, y = (a.copy() for a in data)
    Task.from_data(*data, inputs="white")
    assert_array_equal(data[0], x)
    assert_array_equal(data[1], y)


def test_loss_is_the_squared_error_of_the_examples(data):
    x, y = data
    task, w = Task.from_data(x, y), np.random.default_rng(2).standard_normal((4, 2, 3, 5))
    expected = [[brute_loss(x, y, w[i, j]) for j in range(2)] for i in range(4)]
    assert_allclose(task.loss(w), expected, rtol=CLOSED_FORM)
    assert_allclose(task.loss(np.zeros((3, 5))), task.output_power / 2, rtol=CLOSED_FORM)


def test_optimum_and_floor_are_least_squares(data, deficient):
    for x, y in (data, deficient):
        task = Task.from_data(x, y)
        best = np.linalg.lstsq(x, y, rcond=1e-10)[0].T
        assert_allclose(task.optimum, best, rtol=0, atol=1e-9)  # the condition number of Σ¹¹ is near 1e3
        assert_allclose(task.floor, brute_loss(x, y, best), rtol=1e-10)
        assert_allclose(task.loss(task.optimum), task.floor, rtol=CLOSED_FORM)


def test_loss_does_not_cancel_near_the_optimum():
    task = Task.from_modes([3.0, 1.0])
    step = 1e-9 * np.array([[1.0, -2.0], [0.5, 1.0]])
    assert_allclose(task.loss(task.optimum + step), 0.5 * np.sum(step**2), rtol=1e-6)  # statistics form: all noise


def test_modes_are_the_singular_modes(data):
    task = Task.from_data(*data)
    u, s, v = task.modes
    assert_allclose(u * s @ v.T, task.input_output_correlation, rtol=CLOSED_FORM, atol=1e-11)
    assert_allclose(u.T @ u, np.eye(3), atol=1e-14)
    assert_allclose(v.T @ v, np.eye(3), atol=1e-14)
    assert (np.diff(s) <= 0).all()
    assert task.rank == 3
    assert_allclose(task.mode_powers, [a @ task.input_correlation @ a for a in v.T], rtol=CLOSED_FORM)


def test_strengths_read_the_diagonal_in_the_tasks_basis(data):
    task = Task.from_data(*data)
    w = np.random.default_rng(3).standard_normal((2, 3, 5))
    u, _, v = task.modes
    assert_allclose(task.strengths(w), [np.diag(u.T @ m @ v) for m in w], rtol=CLOSED_FORM)
    assert_allclose(task.targets, np.diag(u.T @ task.optimum @ v), rtol=CLOSED_FORM)


def test_rank_counts_modes_there_are_to_learn():
    assert Task.from_modes([2.0, 1.0, 0.0], n_in=6).rank == 2
    assert Task.from_data(np.eye(3), np.zeros((3, 2))).rank == 0


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_white_inputs_have_unit_variance_where_they_vary(deficient, reduction):
    x, y = deficient
    task = Task.from_data(x, y, inputs="white", reduction=reduction)
    power = EXAMPLES if reduction == "sum" else 1.0
    assert task.n_in == 5
    assert_array_equal(task.input_correlation, power * np.eye(5))
    assert task.anisotropy == 0.0
    assert task.diagonality < 1e-14
    assert task.misalignment < 1e-14
    assert_allclose(task.targets, task.modes.s / power, rtol=CLOSED_FORM)


def test_whitening_whitens_the_examples(deficient):
    x, y = deficient
    task = Task.from_data(x, y, inputs="centred")
    assert task.input_rank == 5
    z = task.whitening()
    xs = centred(x) @ z.T
    assert z.shape == (5, 7)
    assert_allclose(xs.T @ xs / EXAMPLES, np.eye(5), atol=1e-12)
    white = task.whitened()
    assert_allclose(np.abs(y.T @ xs), np.abs(white.input_output_correlation), atol=1e-10)
    w = np.random.default_rng(4).standard_normal((3, 5))
    assert_allclose(white.loss(w), brute_loss(xs, y, w), rtol=1e-11)
    assert_allclose(white.floor, task.floor, rtol=1e-10)
    assert_allclose(task.whitened(variance=1.0).input_correlation, np.eye(5), atol=0)
    assert_allclose(task.whitened(variance=4.0).modes.s, 2 * task.whitened(variance=1.0).modes.s, rtol=CLOSED_FORM)
    assert task.whitened(cutoff=0.5).n_in < 5


def test_diagonality_and_misalignment():
    """Naive twins; and 0 where the task's modes are principal components."""
    q = np.linalg.qr(np.random.default_rng(5).standard_normal((4, 4)))[0]
    powers = np.array([4.0, 3.0, 2.0, 1.0])
    aligned = Task.from_correlations(q * powers @ q.T, q[:2] * [5.0, 3.0, 2.0, 1.0] @ q.T)
    u = np.eye(2)
    task = Task.from_correlations(q * powers @ q.T, u @ np.diag([5.0, 3.0]) @ q[:, :2].T)
    assert task.diagonality < 1e-14
    assert task.misalignment < 1e-14
    m = aligned.modes.v.T @ aligned.input_correlation @ aligned.modes.v
    off = np.sqrt(2 * m[0, 1] ** 2)
    assert_allclose(aligned.diagonality, off / np.sqrt(np.sum(m**2)), rtol=1e-11)
    v = aligned.modes.v
    image = aligned.input_correlation @ v
    residual = image - v @ np.diag(np.diag(m))
    whole = np.sqrt(np.sum(residual**2) / np.sum(image**2))
    root = np.linalg.inv(np.linalg.cholesky(aligned.input_correlation))
    odds = np.linalg.norm(root @ residual, axis=0) / np.sqrt(np.diag(m))
    assert_allclose(aligned.misalignment, max(whole, *odds / np.sqrt(1 + odds**2)), rtol=1e-11)
    assert aligned.misalignment > 0.01


def test_misalignment_counts_the_modes_asked_for():
    """The second of three modes mixes two principal components, the others are some."""
    q = np.linalg.qr(np.random.default_rng(6).standard_normal((4, 4)))[0]
    v = np.column_stack([q[:, 0], (q[:, 1] + q[:, 2]) / np.sqrt(2), q[:, 3]])
    task = Task.from_correlations(q * [4.0, 3.0, 2.0, 1.0] @ q.T, np.diag([5.0, 3.0, 2.0]) @ v.T)
    assert task.misalignment_of(np.array([True, False, True])) < 1e-14
    # R²/(1 − R²) = 2.5 · ½ (1/3 + 1/2) − 1 = 1/24 with the other inputs, more than ½/√6.5 of the image
    assert_allclose(task.misalignment_of(np.array([False, True, False])), 0.2, rtol=CLOSED_FORM)
    assert task.misalignment_of(np.zeros(3, dtype=bool)) == 0.0


def test_anisotropy():
    task = Task.from_correlations(np.diag([3.0, 1.0]), np.eye(2))
    assert_allclose(task.anisotropy, np.sqrt(2) / np.sqrt(10), rtol=CLOSED_FORM)  # ‖diag(1, −1)‖/‖diag(3, 1)‖
    assert Task.from_correlations(7 * np.eye(3), np.eye(3)).anisotropy == 0.0


def test_from_modes_is_white_sorted_and_noiseless():
    task = Task.from_modes([1.0, 3.0, 2.0], n_in=5, n_out=4)
    assert_allclose(task.modes.s, [3.0, 2.0, 1.0, 0.0], rtol=CLOSED_FORM)
    assert_array_equal(task.input_correlation, np.eye(5))
    assert_array_equal(np.diag(task.input_output_correlation), [3.0, 2.0, 1.0, 0.0])
    assert_allclose(task.targets[:3], [3.0, 2.0, 1.0], rtol=CLOSED_FORM)
    assert_allclose(task.output_power, 14.0, rtol=CLOSED_FORM)
    assert task.floor < 1e-14


def test_from_correlations_gives_back_the_task(data):
    one = Task.from_data(*data)
    two = Task.from_correlations(
        one.input_correlation, one.input_output_correlation, output_power=one.output_power, examples=one.examples
    )
    assert_allclose(two.floor, one.floor, rtol=1e-10)
    assert_allclose(two.modes.s, one.modes.s, rtol=CLOSED_FORM)
    assert Task.from_correlations(one.input_correlation, one.input_output_correlation).floor < 1e-10 * one.output_power


X, Y = np.ones((4, 2)) + np.eye(4, 2), np.ones((4, 1))


def with_value(array, value, row):
    array = array.copy()
    array[row, 0] = value
    return array


@pytest.mark.parametrize(
    ("x", "y", "options", "text"),
    [
        (X, Y[:3], {}, r"one target row for each input row, got x of shape \(4, 2\) and y of shape \(3, 1\)"),
        (X[0], Y, {}, "one target row"),
        (np.zeros((0, 2)), np.zeros((0, 1)), {}, "one target row"),
        (np.zeros((4, 0)), Y, {}, "one target row"),
        (X, Y, {"inputs": "whitened"}, "inputs in raw, centred, white"),
        (X, Y, {"reduction": "max"}, "reduction in sum, mean"),
        (with_value(X, np.nan, 2), Y, {}, r"NaN or infinity in x \(row 2"),
        (with_value(X, np.nan, 2), Y, {"inputs": "white"}, r"NaN or infinity in x \(row 2"),
        (with_value(with_value(X, np.inf, 1), -np.inf, 3), Y, {"inputs": "centred"}, r"infinity in x \(row 1"),
        (X, with_value(Y, np.inf, 3), {}, r"NaN or infinity in y \(row 3"),
        (X.astype(str), Y, {}, "real numbers, got x=array of shape .* <U.* it holds text"),
        (X, Y * 1j, {}, "real numbers, got .* complex128"),
        (X * 1e200, Y, {}, "squares can be summed"),
        (np.zeros((4, 2)), Y, {}, "inputs that are not all zero"),
        (np.full((10, 2), 0.1), np.ones(10), {"inputs": "white"}, "inputs that are not all constant"),
        (X[:1], Y[:1], {"inputs": "centred"}, "inputs that are not all constant"),
    ],
)
def test_from_data_refuses(x, y, options, text):
    with pytest.raises(ValueError, match=r"^Task\.from_data needs .*" + text):
        Task.from_data(x, y, **options)


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((np.eye(2), np.ones((2, 3))), {}, "Check for a transposed matrix"),
        ((np.ones((2, 3)), np.ones((2, 3))), {}, "Check for a transposed matrix"),
        ((np.diag([1.0, np.nan]), np.eye(2)), {}, "finite input_correlation"),
        ((np.array([[1.0, 0.5], [0.4, 1.0]]), np.eye(2)), {}, "a symmetric, non-zero"),
        ((np.zeros((2, 2)), np.eye(2)), {}, "a symmetric, non-zero"),
        ((np.diag([1.0, -1.0]), np.eye(2)), {}, "smallest eigenvalue of -1"),
        ((np.diag([1.0, 0.0]), np.eye(2)), {}, "live on inputs that occur, got a part of norm 1"),
        ((np.eye(2), np.eye(2)), {"output_power": 1.0}, "output_power >= 2, got output_power=1.0"),
        ((np.eye(2), np.eye(2)), {"output_power": np.nan}, "finite output_power"),
    ],
)
def test_from_correlations_refuses(arguments, options, text):
    with pytest.raises(ValueError, match=r"^Task\.from_correlations needs .*" + text):
        Task.from_correlations(*arguments, **options)


@pytest.mark.parametrize(
    ("s", "options", "text"),
    [
        ([-1.0], {}, "a finite s >= 0, got s=-1.0"),
        ([np.nan], {}, "a finite s >= 0, got s=nan"),
        ([1.0, 2.0], {"n_in": 1}, "a whole number 2 <= n_in .* got n_in=1"),
        ([[1.0, 2.0]], {"n_out": 1}, "s with 0 or 1 axes"),
    ],
)
def test_from_modes_refuses(s, options, text):
    with pytest.raises(ValueError, match=r"^Task\.from_modes needs " + text):
        Task.from_modes(s, **options)


@pytest.mark.parametrize("variance", [0.0, -1.0, np.nan])
def test_whitening_refuses(variance):
    with pytest.raises(ValueError, match=r"^Task\.whitening needs a finite variance > 0"):
        Task.from_modes([1.0]).whitened(variance=variance)


@settings(deadline=None, max_examples=50)
@given(
    n=st.integers(1, 12), n_in=st.integers(1, 6), n_out=st.integers(1, 6), seed=st.integers(0, 2**31),
    inputs=st.sampled_from(["raw", "centred", "white"]), scale=st.sampled_from([1e-6, 1.0, 1e6]),
)  # fmt: skip
def test_any_shape_gives_a_task_or_one_clear_line(n, n_in, n_out, seed, inputs, scale):
    rng = np.random.default_rng(seed)
    x, y = scale * rng.standard_normal((n, n_in)), rng.standard_normal((n, n_out))
    if n == 1 and inputs != "raw":
        with pytest.raises(ValueError, match="not all constant"):
            Task.from_data(x, y, inputs=inputs)
        return
    task = Task.from_data(x, y, inputs=inputs)
    assert task.n_in == (min(n_in, n - 1) if inputs == "white" else n_in)
    assert 0 <= task.floor <= task.output_power / 2 * (1 + 1e-9)
    assert len(task.modes.s) == min(task.n_in, n_out)
