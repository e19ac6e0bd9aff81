"""Haar frames: their law, from QR and from reflectors alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import kstest, norm
from tests.initial.test_laws import ORTHOGONAL, assert_mean

from deeplinear import haar as drawing
from deeplinear.haar import haar, reflectors

N = 6


@pytest.fixture(scope="module", params=["factored", "reflected"])
def squares(request):
    """Haar matrices both ways: through QR, as small ones are drawn, and through reflectors, as large ones are."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "reflected":
            patch.setattr(drawing, "SMALL", 0)
            patch.setattr(drawing, "PANEL", 2)
            patch.setattr(drawing, "ROWS", 3)
        rng = np.random.default_rng(11)
        return np.stack([haar(N, N, rng) for _ in range(20_000 if request.param == "factored" else 8000)])


@pytest.mark.parametrize("power", [1, 2, 3])
def test_eigenvalue_phases(squares, power):
    """``E tr Qᵏ`` is 0 for odd k and 1 for even k, ``E (tr Qᵏ)²`` is k + (1 for even k): Diaconis & Shahshahani 1994."""
    even = power % 2 == 0
    traces = np.trace(np.linalg.matrix_power(squares, power), axis1=1, axis2=2)
    assert_mean(traces, float(even))
    assert_mean(traces**2, power + even)


def test_entries(squares):
    """Every entry alike: mean 0, ``E q² = 1/n``, ``E q⁴ = 3/(n(n+2))``, and how two entries go together."""
    for i in range(N):
        for j in range(N):
            assert_mean(squares[:, i, j], 0.0)
            assert_mean(squares[:, i, j] ** 2, 1 / N)
            assert_mean(squares[:, i, j] ** 4, 3 / (N * (N + 2)))
    assert_mean(squares[:, 0, 0] ** 2 * squares[:, 0, 1] ** 2, 1 / (N * (N + 2)))
    for i, j in [(1, 1), (3, 2), (4, 4), (2, 4)]:
        assert_mean(squares[:, 0, 0] ** 2 * squares[:, i, j] ** 2, (N + 1) / (N * (N - 1) * (N + 2)))
        assert_mean(
            squares[:, 0, 0] * squares[:, i, j] * squares[:, 0, j] * squares[:, i, 0], -1 / (N * (N - 1) * (N + 2))
        )
    assert_mean(np.linalg.det(squares) > 0, 0.5)


def test_frames_are_columns_of_haar_matrices():
    rng = np.random.default_rng(12)
    frames = np.stack([haar(7, 2, rng) for _ in range(20_000)])
    for i, j in [(0, 0), (1, 1), (6, 1)]:
        assert_mean(frames[:, i, j], 0.0)
        assert_mean(frames[:, i, j] ** 2, 1 / 7)
        assert_mean(frames[:, i, j] ** 4, 3 / (7 * 9))
    assert_mean(frames[:, 0, 0] * frames[:, 1, 1] * frames[:, 0, 1] * frames[:, 1, 0], -1 / (7 * 6 * 9))


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
