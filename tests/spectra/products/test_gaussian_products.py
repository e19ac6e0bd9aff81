"""Sampled spectra of Gaussian products: the triangles against exact arithmetic, and the law against formed products."""

from functools import reduce

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import digamma, polygamma
from scipy.stats import ks_2samp

from deeplinear.spectra.products import gaussian_products, graded_svd
from deeplinear.spectra.products.gaussian_products import (
    gaussian_product_samples,
    gaussian_product_spectra,
    triangle_product,
)
from deeplinear.spectra.products.graded_svd import log_graded

DRAWS = 1500


class Recorded:
    """A generator that remembers what it gave."""

    def __init__(self, seed):
        self.rng, self.given = np.random.default_rng(seed), []

    def chisquare(self, freedom):
        self.given.append(self.rng.chisquare(freedom))
        return self.given[-1].copy()

    def standard_normal(self, shape):
        self.given.append(self.rng.standard_normal(shape))
        return self.given[-1].copy()

    def triangles(self, n):
        """R_1, …, R_k as drawn."""
        out, given = [], iter(self.given)
        for chi in given:
            r = np.zeros((n, n))
            for begin in range(0, n, gaussian_products.BLOCK):
                strip = next(given)
                r[begin : begin + len(strip), begin:] = strip
            out.append((np.triu(r, 1) + np.diag(np.sqrt(chi))) / np.sqrt(n))
        return out


@pytest.mark.parametrize(("n", "k"), [(20, 3), (230, 4), (101, 2)])
def test_triangles_multiply_as_matrices(n, k):
    """Also where blocks meet, 100 rows each."""
    rng = Recorded(0)
    d, u = triangle_product(n, k, rng)
    expected = reduce(lambda p, r: r @ p, rng.triangles(n))
    assert_allclose(np.exp(d)[:, None] * u, expected, rtol=0, atol=1e-13)
    assert (np.diag(u) == 1).all()
    assert (np.tril(u, -1) == 0).all()


@pytest.fixture(scope="module")
def deep():
    """Twenty-wide, k = 99: d, U, and every digit of the triangle product."""
    rng = Recorded(1)
    d, u = triangle_product(20, 99, rng)
    with mpmath.workdps(250):
        exact = reduce(lambda p, r: mpmath.matrix(r.tolist()) * p, rng.triangles(20), mpmath.eye(20))
    return d, u, exact


def test_singular_values_against_many_digits(deep):
    d, u, exact = deep
    with mpmath.workdps(250):
        logs = np.sort([float(mpmath.log(s)) for s in mpmath.svd_r(exact, compute_uv=False)])[::-1]
    assert logs[-1] < -200
    assert_allclose(gaussian_products.log_triangle(d, u), logs, rtol=0, atol=1e-11)
    assert_allclose(log_graded(d, u.T), logs, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", [0, 2])
def test_eigenvalues_against_many_digits(seed):
    """Right to a few ``ε s_max``, so those above 0.05 to 1e-12 of themselves; rounding far below."""
    rng = Recorded(seed)
    d, u = triangle_product(20, 99, rng)
    q = gaussian_products.haar(20, 20, np.random.default_rng(100 + seed))
    found = np.linalg.eigvals((q * np.exp(d)) @ u)
    with mpmath.workdps(110):
        exact = reduce(lambda p, r: mpmath.matrix(r.tolist()) * p, rng.triangles(20), mpmath.eye(20))
        true = np.array([complex(v) for v in mpmath.eig(mpmath.matrix(q.tolist()) * exact, left=False, right=False)])
    error = np.array([np.abs(found - v).min() for v in true])
    assert (np.abs(true) > 0.05).any()
    assert (error / np.abs(true))[np.abs(true) > 0.05].max() < 1e-12
    assert error.max() < 20 * np.finfo(float).eps * np.exp(gaussian_products.log_triangle(d, u)[0])
    assert (error / np.abs(true)).max() > 0.1


@pytest.fixture(scope="module", params=[1, 3])
def both(request):
    """Width 5: realisations as sampled, and of matrices drawn and multiplied."""
    n, k = 5, request.param
    ours = gaussian_product_samples(n, k, DRAWS, rng=3, eigenvalues=True, workers=1)
    rng = np.random.default_rng(4)
    formed = reduce(np.matmul, [rng.standard_normal((DRAWS, n, n)) / np.sqrt(n) for _ in range(k)])
    return n, k, ours, np.linalg.svd(formed, compute_uv=False), np.linalg.eigvals(formed)


def test_law_of_every_singular_value(both):
    n, _, ours, singular, _ = both
    for j in range(n):
        assert ks_2samp(ours.log_singular_values[:, j], np.log(singular[:, j])).pvalue > 1e-4


def test_law_of_eigenvalues(both):
    """Moduli in order, how many are real, and both signs of the real ones."""
    n, _, ours, _, values = both
    for j in range(n):
        moduli = (np.sort(np.abs(v), axis=1)[:, j] for v in (ours.eigenvalues, values))
        assert ks_2samp(*moduli).pvalue > 1e-4
    for count in (lambda v: (v.imag == 0).sum(axis=1), lambda v: ((v.imag == 0) & (v.real > 0)).sum(axis=1)):
        a, b = count(ours.eigenvalues), count(values)
        assert abs(a.mean() - b.mean()) < 5 * np.sqrt((a.var() + b.var()) / DRAWS)


def test_both_spectra_are_of_one_matrix(both):
    """``Σ ln |λ| = Σ ln s = ln |det P|``, draw by draw."""
    _, _, ours, _, _ = both
    determinant = np.log(np.abs(ours.eigenvalues)).sum(axis=1)
    assert_allclose(determinant, ours.log_singular_values.sum(axis=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("n", "k"), [(1, 4), (6, 1), (6, 4), (9, 12)])
def test_moments(n, k):
    """``E tr PPᵀ / n = 1``; mean and variance of ``ln |det P|``: Newman 1986."""
    logs = gaussian_product_samples(n, k, DRAWS, rng=5, workers=1).log_singular_values
    half = np.arange(1, n + 1) / 2
    determinant, mean, variance = (
        logs.sum(axis=1),
        k * np.sum(np.log(2 / n) + digamma(half)) / 2,
        k * polygamma(1, half).sum() / 4,
    )
    assert abs(determinant.mean() - mean) < 5 * np.sqrt(variance / DRAWS)
    spread = (determinant - mean) ** 2
    assert abs(spread.mean() - variance) < 5 * spread.std() / np.sqrt(DRAWS)
    if k <= 4:  # deeper, the mean of s² lives in rare draws
        power = np.exp(2 * logs).mean(axis=1)
        assert abs(power.mean() - 1) < 5 * power.std() / np.sqrt(DRAWS)


@pytest.mark.parametrize("k", [1, 5, 99])
def test_quick_values_are_the_sure_ones(k):
    d, u = triangle_product(150, k, np.random.default_rng(6))
    assert_allclose(log_graded(d, u.T, guaranteed=False), log_graded(d, u.T), rtol=0, atol=1e-11)


def test_a_wrong_quick_value_is_found_out(monkeypatch):
    right = gaussian_product_spectra(30, 20, rng=7).log_singular_values
    quick = graded_svd.bidiagonal
    monkeypatch.setattr(graded_svd, "bidiagonal", lambda a: quick(a) + 1e-7)
    assert_allclose(gaussian_product_spectra(30, 20, rng=7).log_singular_values, right, rtol=0, atol=1e-11)


def test_depths_beyond_floats():
    """k = 4000 at width 10: ln s below -7000, spaced as the exponents of Lyapunov say."""
    logs = gaussian_product_spectra(10, 4000, rng=8).log_singular_values
    degrees = np.arange(10, 0, -1) / 2
    mean, spread = 2000 * (np.log(2 / 10) + digamma(degrees)), np.sqrt(1000 * polygamma(1, degrees))
    assert logs[-1] < -6500
    assert (np.abs(logs - mean) < 5 * spread).all()


def test_samples_depend_on_the_seed_alone(monkeypatch):
    one = gaussian_product_samples(8, 3, 7, rng=9, eigenvalues=True, workers=1)
    monkeypatch.setattr(gaussian_products, "LEAST_CHUNK", 1.0)
    other = gaussian_product_samples(8, 3, 7, rng=9, eigenvalues=True, workers=2)
    assert (one.log_singular_values == other.log_singular_values).all()
    assert (one.eigenvalues == other.eigenvalues).all()
    assert one.log_singular_values.shape == one.eigenvalues.shape == (7, 8)
    assert len(np.unique(one.log_singular_values[:, 0])) == 7
    assert gaussian_product_spectra(8, 3, rng=9).eigenvalues is None


@pytest.mark.parametrize("bad", [{"n": 0}, {"k": 0}, {"n": 2.5}, {"k": "3"}, {"realisations": 0}])
def test_bad_input(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"gaussian_product_samples needs (a )?whole {name} >= 1, got {name}="):
        gaussian_product_samples(**({"n": 3, "k": 2, "realisations": 2} | bad))
