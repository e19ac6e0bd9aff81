"""Reading weights: products, strengths, conserved quantities, and what is refused."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from tests.conftest import CLOSED_FORM

from deeplinear import Network, Task, weights


def network(widths, rng=0):
    rng = np.random.default_rng(rng)
    return tuple(rng.standard_normal((n, m)) / np.sqrt(m) for m, n in itertools.pairwise(widths))


def products(layers):
    """``W_{L:l+1}`` and ``W_{l-1:1}`` for every l, by plain loops."""
    for l in range(len(layers)):  # noqa: E741
        above, below = np.eye(layers[-1].shape[0]), np.eye(layers[0].shape[1])
        for w in layers[:l]:
            below = w @ below
        for w in layers[:l:-1]:
            above = above @ w
        yield above, below


def descended(layers, task, rate):
    """One step of eq. (13) by a naive twin, and the descent directions."""
    total = np.linalg.multi_dot(layers[::-1]) if len(layers) > 1 else layers[0]
    error = task.input_output_correlation - total @ task.input_correlation
    directions = [above.T @ error @ below.T for above, below in products(layers)]
    return tuple(w + rate * g for w, g in zip(layers, directions, strict=True)), directions


@pytest.mark.parametrize("widths", [(3, 4), (3, 7, 7, 2), (2, 7, 9), (5, 1, 5), (4, 4, 4, 4)])
def test_end_to_end_is_the_product(widths):
    layers = network(widths)
    expected = np.eye(widths[0])
    for w in layers:
        expected = w @ expected
    assert_allclose(weights.end_to_end(layers), expected, rtol=CLOSED_FORM, atol=1e-14)
    assert weights.widths(layers) == widths


def test_strengths_are_those_of_the_map():
    task = Task.from_data(np.random.default_rng(1).standard_normal((30, 4)), np.random.default_rng(2).random((30, 3)))
    layers = network((4, 6, 3))
    u, _, v = task.modes
    assert_allclose(weights.strengths(layers, task), np.diag(u.T @ layers[1] @ layers[0] @ v), rtol=CLOSED_FORM)


def test_mirrored_network_has_the_transposed_map():
    layers = network((3, 5, 2))
    assert weights.oriented(layers, False) is layers
    mirrored = weights.oriented(layers, True)
    assert weights.widths(mirrored) == (2, 5, 3)
    assert_allclose(weights.end_to_end(mirrored), weights.end_to_end(layers).T, rtol=CLOSED_FORM)


def test_imbalance_of_scalar_layers_is_a_difference_of_squares():
    layers = tuple(np.array([[a]]) for a in (2.0, -3.0, 0.5))
    assert_array_equal(np.ravel(weights.imbalance(layers)), [9.0 - 4.0, 0.25 - 9.0])
    assert weights.imbalance(layers[:1]) == ()


@pytest.mark.parametrize("widths", [(4, 6, 3), (4, 5, 2, 6, 3)])
def test_a_step_changes_imbalance_by_exactly_its_square(widths):
    rng, rate = np.random.default_rng(3), 0.05
    task = Task.from_data(rng.standard_normal((20, 4)), rng.standard_normal((20, 3)))
    before = network(widths)
    after, g = descended(before, task, rate)
    change = [b - a for a, b in zip(weights.imbalance(before), weights.imbalance(after), strict=True)]
    for l in range(len(change)):  # noqa: E741
        expected = rate**2 * (g[l + 1].T @ g[l + 1] - g[l] @ g[l].T)
        assert_allclose(change[l], expected, rtol=0, atol=1e-12 * max(1.0, np.abs(expected).max()))
        assert np.abs(expected).max() > 1e-3  # else the test would see round-off only


def test_checked_gives_float64_and_keeps_what_chains():
    layers = weights.checked([[[1, 2]], [[3]]], Task.from_modes([1.0], n_in=2))
    assert [w.dtype for w in layers] == [np.float64] * 2
    assert weights.widths(layers) == (2, 1, 1)


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        (np.eye(2), "got a bare ndarray"),
        (None, "got a bare NoneType"),
        (Network((np.eye(2),)), r"got a bare Network: .* Pass its \.weights"),
        (["a"], "arrays of real numbers, got W1='a'"),
        ([np.eye(2), [[1.0, 2.0], [3.0]]], "arrays of real numbers, got W2=.*1.0, 2.0"),
        ([Network((np.eye(2),))] * 2, r"got W1=Network.*: .* Pass its \.weights"),
        ([csr_array(np.eye(2))], r"got W1=csr_array .*: .* \.toarray\(\)"),
        ([1j * np.eye(2)], "arrays of real numbers, got W1=array .*: it is complex"),
        ((), "got none"),
        ((np.ones(3),), r"got W1 of shape \(3,\)"),
        ((np.eye(2), np.zeros((0, 2))), r"got W2 of shape \(0, 2\)"),
        ((np.eye(2), np.diag([1.0, np.nan])), "NaN or infinity in W2"),
        ((np.ones((3, 2)), np.ones((3, 2))), r"W2 must have 3 columns"),
        ((np.ones((3, 4)), np.ones((2, 3))), "the task's 2 inputs to its 2 outputs, got 4 inputs and 2 outputs"),
    ],
)
def test_checked_refuses(layers, text):
    with pytest.raises(ValueError, match=r"^weights need .*" + text):
        weights.checked(layers, Task.from_modes([1.0, 1.0]))


@settings(deadline=None, max_examples=60)
@given(shapes=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=5))
def test_only_shapes_that_chain_pass(shapes):
    layers = [np.ones(shape) for shape in shapes]
    chains = all(a[0] == b[1] for a, b in itertools.pairwise(shapes))
    if chains:
        assert weights.widths(weights.checked(layers)) == (shapes[0][1], *(s[0] for s in shapes))
    else:
        with pytest.raises(ValueError, match="shapes that chain"):
            weights.checked(layers)
