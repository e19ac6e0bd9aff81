"""Directions of the inputs against SVD of the examples, on graded and badly scaled columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM

from deeplinear import Task
from deeplinear.task.directions import Directions, resolved_eigenvectors, rounding_of_correlation
from deeplinear.task.moments import Examples


def graded(sizes, seed=0, examples=50):
    """A matrix with these singular values."""
    rng = np.random.default_rng(seed)
    u, v = (np.linalg.qr(rng.standard_normal((n, len(sizes))))[0] for n in (examples, len(sizes)))
    return u * np.array(sizes) @ v.T, v


def test_weak_eigenvectors_come_from_the_matrix_and_not_its_square():
    sizes = [1.0, 1e-2, 1e-5, 1e-8, 1e-10]  # squares end at 1e-20, below the rounding of the first
    a, v = graded(sizes)
    powers, vectors = resolved_eigenvectors(a.T @ a, lambda block: a @ block)
    assert_allclose(np.sqrt(powers), sizes, rtol=1e-3)
    assert_allclose(np.sqrt(powers[:3]), sizes[:3], rtol=1e-8)
    assert_allclose(np.abs(np.sum(v * vectors, axis=0)), 1.0, rtol=1e-6)
    assert_allclose(vectors.T @ vectors, np.eye(5), rtol=0, atol=1e-13)


def test_root_and_coordinates():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((30, 4)) @ rng.standard_normal((4, 4)) * [1e6, 1.0, 1e-3, 1.0]
    x[:, 3] = x[:, 1] - 1e-6 * x[:, 0]
    directions = Task.from_data(x, x[:, 0]).directions
    s11, unit = x.T @ x, np.outer(directions.scale, directions.scale)
    assert directions.root.shape == directions.coordinates.shape == (3, 4)
    assert_allclose(directions.root.T @ directions.root / unit, s11 / unit, rtol=0, atol=1e-12)
    for p in (directions.coordinates, directions.shortest_coordinates):
        q = x @ p.T
        assert_allclose(q.T @ q, np.eye(3), rtol=0, atol=1e-9)
    nothing = np.array([1e-6, -1.0, 0.0, 1.0])  # the combination that is zero in every example
    assert (
        np.abs(directions.shortest_coordinates @ nothing).max() < 1e-7 * np.abs(directions.coordinates @ nothing).max()
    )
    known = Directions.from_correlation(s11)
    assert_allclose(known.sizes, directions.sizes, rtol=1e-10)
    assert_allclose(directions.scaled(2.0).root, 2 * directions.root, rtol=CLOSED_FORM)


@settings(deadline=None, max_examples=60)
@given(st.tuples(*[st.integers(-8, 8)] * 6), st.integers(0, 2**31))
def test_dependent_inputs_in_any_units(ks, seed):
    """Six columns of rank four: the best map has the least loss whatever their units, and is the shortest where it can be."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((40, 4))
    x = np.column_stack([x, x[:, 0] + x[:, 1], x[:, 2]])
    units, y = 10.0 ** np.array(ks, dtype=float), rng.standard_normal((40, 2))
    for inputs in ("raw", "centred"):
        plain, task = (Task.from_data(each, y, inputs=inputs) for each in (x, x * units))
        assert task.input_rank == 4
        assert [each.column for each in task.left_out] == [4, 5]
        assert_allclose(task.floor, plain.floor, rtol=1e-10)
        p, root = task.directions.shortest_coordinates, task.directions.root
        assert_allclose(p @ root.T, np.eye(4), rtol=0, atol=1e-9)
        nothing = np.array([[1, 1, 0, 0, -1, 0], [0, 0, 1, 0, 0, -1]]) / units
        ratio = 10.0 ** (max(ks) - min(ks))  # of units: the shortest map is known to rounding times this
        if ratio <= 1e10:
            sizes = np.linalg.norm(task.optimum, axis=1)[:, None] * np.linalg.norm(nothing, axis=1)
            assert (np.abs(task.optimum @ nothing.T) < 1e-12 * ratio * sizes).all()


def test_correlations_show_directions_to_1e_13_of_the_power():
    """Two inputs that differ by 1e-5 have a direction each; those that differ by 1e-8 look the same in their squares."""
    for apart, rank in ((1e-8, 2), (1e-11, 2), (1e-15, 1)):
        s11 = np.array([[1.0, 1 - apart], [1 - apart, 1.0]]) * np.outer([1, 1e6], [1, 1e6])
        assert Task.from_correlations(s11, s11[:1]).input_rank == rank


def test_whitening_follows_principal_components():
    """Rows of Z are principal components over the root of their power, in their order and with their signs."""
    x = np.random.default_rng(2).standard_normal((30, 4)) * [4.0, 3.0, 2.0, 1.0]
    task = Task.from_data(x, x[:, 0], inputs="centred")
    powers, vectors = task.input_modes
    assert_allclose(task.whitening(variance=2.0), (vectors * np.sqrt(2.0 / powers)).T, rtol=1e-12, atol=1e-13)


def test_cutoffs_are_shares_in_units_of_each_spread():
    a, _ = graded([1.0, 0.5, 0.01])
    x, y = (a - a.mean(axis=0)) * [1.0, 1e5, 1e-5], np.random.default_rng(3).standard_normal(len(a))
    one, two = (Task.from_data(each, y, inputs="centred") for each in (a, x))
    scaled = (a - a.mean(axis=0)) / np.linalg.norm(a - a.mean(axis=0), axis=0)
    u, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    for cutoff in (0.0, 1e-6, 0.1, 0.999):
        kept = u[:, sizes**2 > cutoff * sizes[0] ** 2]
        for white in (one.whitened(cutoff=cutoff), two.whitened(cutoff=cutoff)):
            assert white.n_in == kept.shape[1]
            assert_allclose(white.floor, 0.5 * (y @ y - np.square(kept.T @ y).sum()), rtol=1e-10)
            assert_allclose(white.loss(white.optimum), white.floor, rtol=1e-10)
    assert two.whitened(cutoff=0.999).n_in == 1


def test_inputs_are_white_after_a_cutoff():
    """Z does not see the directions that are dropped; once their variance was added, 1.24 for 1 here and more elsewhere."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3)) @ rng.standard_normal((3, 3))
    y = x @ rng.standard_normal((3, 2))
    task = Task.from_data(x, y, inputs="centred")
    z, white = task.whitening(cutoff=0.1), task.whitened(cutoff=0.1)
    seen = (x - x.mean(axis=0)) @ z.T
    assert seen.shape == (50, 2)
    assert_allclose(seen.T @ seen, 50 * np.eye(2), rtol=0, atol=1e-11)
    assert_allclose(y.T @ seen, white.input_output_correlation, rtol=0, atol=1e-11)


@pytest.mark.parametrize("cutoff", [-0.1, 1.0, 2.0, np.nan])
def test_cutoffs_out_of_range(cutoff):
    with pytest.raises(ValueError, match=r"^Task\.whitening needs 0 <= cutoff < 1, got cutoff="):
        Task.from_modes([1.0]).whitened(cutoff=cutoff)


def test_rounding_of_a_correlation():
    assert_allclose(rounding_of_correlation(4.0, 9.0), 32 * 2.0**-52 * 6, rtol=CLOSED_FORM)


@pytest.mark.parametrize("s11", [np.diag([1e12, -1.0]), np.diag([1.0, -1e-9]), [[1e8, 1.0], [1.0, 0.0]]])
def test_negative_power_in_any_unit(s11):
    with pytest.raises(ValueError, match=r"^Task\.from_correlations needs a positive semi-definite Σ¹¹"):
        Task.from_correlations(s11, np.ones((1, 2)))


def test_an_unseen_input_in_any_unit():
    s11 = np.diag([1e16, 0.0, 1.0])
    with pytest.raises(ValueError, match=r"^Task\.from_correlations needs Σ³¹ to live on inputs that occur"):
        Task.from_correlations(s11, [[1e8, 1.0, 1.0]])
    assert Task.from_correlations(s11, [[1e8, 0.0, 1.0]]).input_rank == 2


def test_means_leave_no_rounding():
    """A hundred ones in the last place of 1e15: their spread is exact, as is that of an 8-bit column below its first row."""
    x = np.column_stack([1e15 + np.arange(100) % 2, 255 - np.arange(100)]).astype(np.int64)
    xs, ys = next(iter(Examples(x, x[:, 0], centred=True)))
    assert_allclose(xs[:, 0], np.tile([-0.5, 0.5], 50), rtol=0, atol=0)
    assert_allclose(ys[:, 0], xs[:, 0], rtol=0, atol=0)
    steps = 1_700_000_000_000_000_000 + 256 * (np.arange(100) % 2)[:, None]  # their mean is no number of float64
    assert_allclose(next(iter(Examples(steps, x, centred=True)))[0][:, 0], np.tile([-128.0, 128.0], 50), rtol=0, atol=0)
    small = Examples(x[:, 1:].astype(np.uint8), x[:, 0], centred=True)
    assert_allclose(next(iter(small))[0][:, 0], 49.5 - np.arange(100), rtol=0, atol=0)


def test_rounding_is_not_spread():
    """Thirds of differently ordered sums differ in the last place: a constant; a millionth of a millionth more is not."""
    base = np.full(60, 1 / 3)
    noisy = base * (1 + 2.0**-53 * np.tile([0, 1, 2], 20))
    y = np.arange(60.0)
    assert Task.from_data(np.column_stack([noisy, y]), y, inputs="white").left_out[0].reason == "constant"
    spread = base * (1 + 1e-12 * np.tile([0, 1, 2], 20))
    assert Task.from_data(np.column_stack([spread, y]), y, inputs="white").n_in == 2


def test_units_that_underflow_beside_others_are_no_reason_to_fail():
    x = np.random.default_rng(0).standard_normal((5, 5)) * [1e-160, 1e-160, 1.0, 1e77, 1e77]
    x[:, 4] = x[0, 4]
    task = Task.from_data(x, np.arange(5.0), inputs="white")
    assert np.isfinite(task.floor)
