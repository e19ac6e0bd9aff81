"""Frames from reflectors alone, where `tests.initial.test_laws` looks at the small ones from QR."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import kstest, norm
from tests.initial.test_laws import ORTHOGONAL, assert_mean

from deeplinear.initial import haar as drawing
from deeplinear.initial.haar import haar, reflectors

DRAWS = 4000


@pytest.fixture(scope="module")
def squares():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "SMALL", 0)
        patch.setattr(drawing, "PANEL", 2)
        patch.setattr(drawing, "ROWS", 3)
        rng = np.random.default_rng(21)
        return np.stack([haar(5, 5, rng) for _ in range(DRAWS)])


@pytest.mark.parametrize("power", [1, 2, 3])
def test_eigenvalue_phases(squares, power):
    """Diaconis & Shahshahani 1994."""
    even = power % 2 == 0
    traces = np.trace(np.linalg.matrix_power(squares, power), axis1=1, axis2=2)
    assert_mean(traces, float(even))
    if power < 3:  # 2 power <= n is needed
        assert_mean(traces**2, power + even)


def test_entries(squares):
    n = 5
    for i in range(n):
        for j in range(n):
            assert_mean(squares[:, i, j], 0.0)
            assert_mean(squares[:, i, j] ** 2, 1 / n)
            assert_mean(squares[:, i, j] ** 4, 3 / (n * (n + 2)))
    for i, j in [(1, 1), (3, 2), (4, 4), (2, 4)]:
        assert_mean(squares[:, 0, 0] ** 2 * squares[:, i, j] ** 2, (n + 1) / (n * (n - 1) * (n + 2)))
        assert_mean(
            squares[:, 0, 0] * squares[:, i, j] * squares[:, 0, j] * squares[:, i, 0], -1 / (n * (n - 1) * (n + 2))
        )
    assert_mean(np.linalg.det(squares) > 0, 0.5)


@pytest.mark.parametrize("shape", [(129, 129), (300, 200), (193, 192), (400, 389)])
def test_frames_are_orthonormal(shape):
    q = haar(*shape, np.random.default_rng(22))
    assert_allclose(q.T @ q, np.eye(shape[1]), rtol=0, atol=ORTHOGONAL)


@pytest.mark.parametrize("rows", [9, 4])
def test_reflectors_are_those_that_triangularise(rows):
    """``I − V T Vᵀ`` times signs is the Q of the matrix that its Householder vectors come from, built column by column."""
    v, t, signs = reflectors(rows, 4, np.random.default_rng(23))
    product = np.eye(rows)
    for column in v.T:
        if column.any():
            product = product @ (np.eye(rows) - 2 * np.outer(column, column) / (column @ column))
    assert_allclose(np.eye(rows) - v @ t @ v.T, product, rtol=0, atol=1e-14)
    assert set(signs) <= {-1.0, 1.0}


def test_columns_are_uniform_on_the_sphere():
    """A large square: entries of one draw, scaled, are nearly Gaussian; first and last column as the others."""
    q = haar(600, 600, np.random.default_rng(24)) * np.sqrt(600)
    for column in (q[:, 0], q[:, 95], q[:, 96], q[:, -1], q[0], q[-1], q.ravel()):
        assert kstest(column, norm.cdf).pvalue > 1e-4
