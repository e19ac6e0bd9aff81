"""Decoupled starts: strengths exactly as asked, balanced, nothing between the modes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear import Task, initial, weights

WIDTHS = [(6, 4), (6, 8, 4), (6, 3, 4), (6, 4, 4, 4), (6, 20, 2, 9, 4), (6, *[7] * 98, 4)]


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    return Task.from_data(rng.standard_normal((50, 6)), rng.standard_normal((50, 4)))


def in_the_tasks_basis(layers, task):
    return task.modes.u.T @ weights.end_to_end(layers) @ task.modes.v


@pytest.mark.parametrize("widths", WIDTHS, ids=lambda w: f"{len(w) - 1} layers, narrowest {min(w)}")
@pytest.mark.parametrize("each", [False, True])
def test_strengths_are_as_asked_and_layers_balanced(task, widths, each):
    k = min(widths)
    u0 = np.geomspace(1e-3, 0.5, k) if each else 1e-3
    layers = initial.decoupled(task, widths, strength=u0, rng=1)
    expected = np.zeros(4)
    expected[:k] = u0
    assert_allclose(weights.strengths(layers, task)[:k], expected[:k], rtol=CLOSED_FORM)
    assert_allclose(in_the_tasks_basis(layers, task), np.diag(expected), rtol=0, atol=1e-14)
    for conserved in weights.imbalance(layers):
        assert_allclose(conserved, 0, atol=1e-14)
    root = np.sort(np.broadcast_to(u0, k) ** (1 / len(layers)))[::-1]
    for w in layers:
        assert_allclose(np.linalg.svd(w, compute_uv=False)[:k], root, rtol=CLOSED_FORM)
        assert np.linalg.matrix_rank(w) == k


@pytest.mark.parametrize(("layers", "entry"), [(2, 0.0316), (99, 0.9326)])
def test_entries_are_those_of_fig_4(layers, entry):
    """Saxe et al. 2014, appendix C: u_0 = .001."""
    made = initial.decoupled(Task.from_modes([2.0, 1.0]), [2, *[5] * (layers - 1), 2], rng=0)
    assert_allclose(np.linalg.norm(made[0], 2), entry, atol=5e-5)


@pytest.mark.parametrize("widths", [(6, 8, 4), (6, 20, 3, 9, 4)])
def test_unequal_layers(task, widths):
    depth, k, rng = len(widths) - 1, min(widths), np.random.default_rng(2)
    given = rng.standard_normal((depth, k))
    layers = initial.decoupled(task, widths, layers=given, rng=3)
    assert_allclose(weights.strengths(layers, task)[:k], np.prod(given, axis=0), rtol=CLOSED_FORM)
    for l, conserved in enumerate(weights.imbalance(layers)):  # noqa: E741
        powers = given[l + 1] ** 2 - given[l] ** 2
        found = np.linalg.eigvalsh(conserved)
        nonzero = found[np.argsort(np.abs(found))[len(found) - k :]]
        assert_allclose(np.sort(nonzero), np.sort(powers), rtol=1e-11, atol=1e-14)


def test_one_number_a_layer(task):
    layers = initial.decoupled(task, (6, 8, 7, 4), layers=[2.0, -0.5, 0.3], rng=0)
    assert_allclose(weights.strengths(layers, task), -0.3, rtol=CLOSED_FORM)
    for given, w in zip([2.0, 0.5, 0.3], layers, strict=True):
        assert_allclose(np.linalg.svd(w, compute_uv=False)[:4], given, rtol=CLOSED_FORM)


def test_only_hidden_frames_are_random(task):
    one, two = (initial.decoupled(task, (6, 8, 4), rng=seed) for seed in (0, 1))
    assert not np.allclose(one[0], two[0])
    assert_allclose(weights.end_to_end(one), weights.end_to_end(two), atol=1e-17)
    assert_array_equal(initial.decoupled(task, (6, 4), rng=0), initial.decoupled(task, (6, 4), rng=1))


def test_descent_keeps_modes_apart():
    """Why the start is called decoupled: from it, white inputs, modes never mix (eq. 8)."""
    task = Task.from_modes([3.0, 2.0, 1.0])
    a, b = initial.decoupled(task, (3, 6, 3), strength=0.01, rng=0)
    u = np.full(3, 0.1)
    for _ in range(200):
        error = task.input_output_correlation - b @ a @ task.input_correlation
        a, b = a + 0.01 * b.T @ error, b + 0.01 * error @ a.T
        u = u + 0.01 * u * (task.modes.s - u**2)
    assert_allclose(in_the_tasks_basis((a, b), task), np.diag(u**2), rtol=1e-12, atol=1e-12)
    assert u[0] ** 2 > 2.9


@pytest.mark.parametrize(
    ("widths", "options", "text"),
    [
        ((5, 8, 4), {}, r"widths from 6 to 4, got widths=\(5, 8, 4\): .* Whitening changes"),
        ((6, 8, 3), {}, "widths from 6 to 4"),
        ((6, 2, 4), {"strength": [0.1, 0.1, 0.1]}, "one number or one for each of 2 modes"),
        ((6, 8, 4), {"strength": 0}, "strength > 0, .* got strength=0: zero never learns"),
        ((6, 8, 4), {"layers": [1.0, 1.0, 1.0]}, r"layers of shape \(2,\) or \(2, 4\), got layers="),
        ((6, 8, 4), {"layers": np.ones((4, 2))}, r"layers of shape \(2,\) or \(2, 4\)"),
        ((6, 8, 4), {"layers": [1.0, np.nan]}, "finite layers"),
        ((6, 8, 4), {"layers": ["a", "b"]}, "finite layers"),
    ],
)
def test_refuses(task, widths, options, text):
    with pytest.raises(ValueError, match="^decoupled needs .*" + text):
        initial.decoupled(task, widths, **options)
