import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.kernels.conftest import random_layers

from deeplinear import Task
from deeplinear.exact import ntk
from deeplinear.kernels import kernel_distance

WIDTHS = [4, 5, 3, 2]


@pytest.fixture(scope="module")
def case():
    """Factors of two networks, their dense kernels on 7 examples of a task, and the task."""
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(7, 4)) * [2.0, 1.0, 0.5, 0.2], rng.normal(size=(7, 2))
    pair = [ntk.factors(random_layers(WIDTHS, rng)) for _ in range(2)]
    return Task.from_data(x, y), pair, [ntk.kernel(k, x) for k in pair], x


def test_inner_products_without_the_kernel(case):
    task, (first, second), dense, _ = case
    for a, k in zip((first, second), dense, strict=True):
        for b, m in zip((first, second), dense, strict=True):
            assert_allclose(kernel_distance.inner(a, b, task.input_correlation), np.vdot(k, m), rtol=CLOSED_FORM)
            unit = np.vdot(ntk.kernel(a), ntk.kernel(b))
            assert_allclose(kernel_distance.inner(a, b), unit, rtol=CLOSED_FORM)


def test_movement_and_angle_of_the_dense_kernels(case):
    task, (first, second), (k0, k1), _ = case
    moved = kernel_distance.movement(first, second, task.input_correlation)
    size0, size1 = np.linalg.norm(k0), np.linalg.norm(k1)
    cosine = np.vdot(k0, k1) / (size0 * size1)
    assert_allclose(moved.distance, np.linalg.norm(k1 - k0) / size0, rtol=CLOSED_FORM)
    assert_allclose(moved.growth, size1 / size0, rtol=CLOSED_FORM)
    assert_allclose(moved.turn, 1 - cosine, rtol=1e-11)  # the right side cancels
    assert_allclose(kernel_distance.similarity(first, second, task.input_correlation), cosine, rtol=CLOSED_FORM)


def test_tiny_movements_keep_their_digits():
    rng = np.random.default_rng(9)
    layers, push = random_layers(WIDTHS, rng), random_layers(WIDTHS, rng)
    distance = [
        kernel_distance.movement(
            ntk.factors(layers), ntk.factors([w + h * p for w, p in zip(layers, push, strict=True)])
        ).distance
        / h
        for h in (1e-4, 1e-10)
    ]
    assert_allclose(distance[1], distance[0], rtol=1e-3)  # the larger step has a second-order part of 1e-4
    same = kernel_distance.movement(ntk.factors(layers), ntk.factors(layers))
    assert same.distance == 0
    assert same.turn == 0
    scaled = kernel_distance.movement(ntk.factors(layers), ntk.factors([3 * w for w in layers]))
    assert_allclose(scaled, (80.0, 0.0, 81.0), rtol=CLOSED_FORM, atol=1e-14)


def test_traceless_similarity_of_the_dense_kernels(case):
    task, (first, second), (k0, k1), x = case

    def centred(k, projector):
        return k - np.trace(k) / np.trace(projector) * projector

    unit = [centred(ntk.kernel(k), np.eye(8)) for k in (first, second)]
    want = np.vdot(*unit) / np.linalg.norm(unit[0]) / np.linalg.norm(unit[1])
    assert_allclose(kernel_distance.similarity(first, second, traceless=True), want, rtol=1e-11)
    projector = np.kron(np.eye(2), x @ np.linalg.pinv(x))
    data = [centred(k, projector) for k in (k0, k1)]
    want = np.vdot(*data) / np.linalg.norm(data[0]) / np.linalg.norm(data[1])
    got = kernel_distance.similarity(first, second, task.input_correlation, traceless=True)
    assert_allclose(got, want, rtol=1e-11)
    flat = ntk.factors([np.eye(4), np.eye(4)[:2]])
    isotropic = ntk.factors([2 * np.eye(4), np.eye(4)])
    assert kernel_distance.similarity(isotropic, isotropic, traceless=True) == 0
    assert -1 <= kernel_distance.similarity(flat, first, traceless=True) <= 1


def test_traceless_similarity_on_fewer_examples_than_inputs():
    rng = np.random.default_rng(10)
    x = rng.normal(size=(3, 4))
    pair = [ntk.factors(random_layers(WIDTHS, rng)) for _ in range(2)]
    data = [k - np.trace(k) / 6 * np.eye(6) for k in (ntk.kernel(f, x) for f in pair)]
    want = np.vdot(*data) / np.linalg.norm(data[0]) / np.linalg.norm(data[1])
    assert_allclose(kernel_distance.similarity(*pair, x.T @ x, traceless=True), want, rtol=1e-10)


def test_alignment_with_the_target_kernel(case):
    task, (first, _), (k0, _), x = case
    target = (task.optimum @ x.T).ravel()
    want = target @ k0 @ target / (np.linalg.norm(k0) * target @ target)
    assert_allclose(kernel_distance.alignment(first, task), want, rtol=1e-11)
    white = Task.from_modes([3.0, 1.0], n_in=4)
    vector = white.input_output_correlation.ravel()
    k = ntk.kernel(first)
    want = vector @ k @ vector / (np.linalg.norm(k) * vector @ vector)
    assert_allclose(kernel_distance.alignment(first, white), want, rtol=CLOSED_FORM)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_alignment_of_one_output_at_its_end(depth):
    task = Task.from_correlations(np.eye(6), np.arange(6.0)[None])
    want = depth / np.sqrt(depth**2 + 5)
    assert_allclose(kernel_distance.alignment(ntk.of_map(task.optimum, depth), task), want, rtol=CLOSED_FORM)


def test_leading_axes(case):
    task, (first, second), _, _ = case
    stacked = [(np.stack([a, c, a]), np.stack([b, d, b])) for (a, b), (c, d) in zip(first, second, strict=True)]
    moved = kernel_distance.movement(first, stacked, task.input_correlation)
    assert moved.distance.shape == (3,)
    assert moved.distance[0] == 0
    assert_allclose(
        moved.distance[1], kernel_distance.movement(first, second, task.input_correlation).distance, rtol=CLOSED_FORM
    )
    assert kernel_distance.similarity(stacked, second, traceless=True).shape == (3,)
    assert kernel_distance.alignment(stacked, task).shape == (3,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda f: kernel_distance.movement(f, ntk.factors([np.eye(3)])),
            r"kernels need factors of networks with the same outputs",
        ),
        (
            lambda f: kernel_distance.movement(f, [(0 * a, b) for a, b in f]),
            r"movement needs kernels that are not zero, got one of norm 0.0",
        ),
        (
            lambda f: kernel_distance.similarity(f, [(0 * a, b) for a, b in f]),
            r"similarity needs kernels that are not zero",
        ),
        (
            lambda f: kernel_distance.inner(f, f, np.eye(3)),
            r"kernels need an input_correlation of shape \(4, 4\), got \(3, 3\)",
        ),
        (lambda f: kernel_distance.inner(f, f, np.full((4, 4), np.inf)), r"kernels needs a finite input_correlation"),
        (
            lambda f: kernel_distance.alignment(f, Task.from_modes([1.0], n_in=4)),
            r"alignment needs factors of a network with the task's 1",
        ),
        (
            lambda f: kernel_distance.alignment(f, Task.from_modes([0.0, 0.0], n_in=4)),
            r"alignment needs a kernel and a target that are not",
        ),
        (
            lambda f: kernel_distance.alignment(f, Task.from_modes([1.0, 0.0], n_in=5)),
            r"kernels need an input_correlation",
        ),
    ],
)
def test_bad_input(case, call, message):
    with pytest.raises(ValueError, match=message):
        call(case[1][0])


@pytest.mark.parametrize("depth", [3, 4, 6])
@pytest.mark.parametrize("scale", [1e-3, 1e-8])
def test_kernels_of_very_different_sizes(depth, scale):
    """The last layer's factor above is the identity in both, while those below differ by scale^(2 depth − 2)."""
    rng = np.random.default_rng(depth)
    first = random_layers([3, *[5] * (depth - 1), 2], rng, scale)
    second = random_layers([3, *[5] * (depth - 1), 2], rng)
    for start, end in ((first, second), (second, first)):
        k0, k1 = (ntk.kernel(ntk.factors(layers)) for layers in (start, end))
        sizes = np.linalg.norm(k0), np.linalg.norm(k1)
        moved = kernel_distance.movement(ntk.factors(start), ntk.factors(end))
        assert_allclose(moved.turn, 1 - np.vdot(k0 / sizes[0], k1 / sizes[1]), rtol=1e-11)
        assert_allclose(moved.growth, sizes[1] / sizes[0], rtol=1e-12)
        assert_allclose(moved.distance, np.linalg.norm(k1 - k0) / sizes[0], rtol=1e-12)


def test_orthogonal_kernels_turn_by_one():
    one, two = [(np.diag([1.0, 0.0]), np.eye(1))], [(np.diag([0.0, 1e-9]), np.eye(1))]
    turn = kernel_distance.movement(one, two).turn
    assert_allclose(turn, 1, rtol=1e-15)
    assert turn <= 1
