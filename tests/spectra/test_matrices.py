"""The laws against matrices: seeds and sizes fixed.

Eigenvalues of random matrices repel, so that a count of them is off by about 1, not by √N: the distance between a law and
one draw of N values is a few times 1/N, far below the ``2/√N`` of independent samples.
"""

import numpy as np
import pytest
from scipy.stats import kstest

from deeplinear.spectra import FussCatalan, GinibreProduct, MarchenkoPastur, QuarterCircle
from deeplinear.spectra.products.log_singular import log_singular_values


def distance(values, law):
    return kstest(np.ravel(values), law.cdf).statistic


def factors(rng, n, k):
    return [rng.standard_normal((n, n)) / np.sqrt(n) for _ in range(k)]


def product(rng, n, k):
    out = np.eye(n)
    for w in factors(rng, n, k):
        out = w @ out
    return out


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_singular_values_of_products(k):
    rng, n = np.random.default_rng(k), 250
    s = np.array([np.linalg.svd(product(rng, n, k), compute_uv=False) for _ in range(4)])
    assert distance(s, FussCatalan(k).singular_values()) < 2 / n
    assert distance(s**2, FussCatalan(k)) < 2 / n
    if k == 1:
        assert distance(s, QuarterCircle()) < 2 / n
    wrong = [FussCatalan(other).singular_values() for other in (k + 1, max(k - 1, 1)) if other != k]
    assert min(distance(s, law) for law in wrong) > 8 / n


def test_distance_falls_as_one_over_the_width():
    rng, found = np.random.default_rng(0), []
    for n in (40, 160):
        draws = [np.linalg.svd(product(rng, n, 2), compute_uv=False) for _ in range(800 // n)]
        found.append(np.mean([distance(s, FussCatalan(2).singular_values()) for s in draws]))
    assert 2.5 < found[0] / found[1] < 5  # 4, for four times the width; independent samples: 2


def test_logarithms_of_many_matrices():
    rng, n, k = np.random.default_rng(5), 200, 20
    logs = np.concatenate([log_singular_values(factors(rng, n, k)) for _ in range(3)])
    assert distance(logs, FussCatalan(k).singular_values().logarithm()) < 3 / n
    assert abs(logs.mean() + k / 2) < 0.05 * k / 2


@pytest.mark.parametrize("aspect", [0.4, 1.0, 2.5])
def test_rectangular_matrices(aspect):
    rng, n = np.random.default_rng(9), 300
    draws = [rng.standard_normal((n, int(aspect * n))) / np.sqrt(n) for _ in range(4)]
    eigenvalues = np.array([np.linalg.eigvalsh(x @ x.T) for x in draws])
    law = MarchenkoPastur(aspect)
    zeros = np.abs(eigenvalues) < 1e-10
    assert abs(zeros.mean() - law.atom) < 1e-12 + (1 / n if aspect == 1 else 0)
    assert kstest(eigenvalues[~zeros], lambda x: (law.cdf(x) - law.atom) / law.mass).statistic < 2 / (law.mass * n)


@pytest.mark.parametrize("k", [1, 5])
def test_eigenvalues_of_products(k):
    rng, n = np.random.default_rng(k), 250
    z = np.array([np.linalg.eigvals(product(rng, n, k)) for _ in range(4)])
    assert (
        distance(np.abs(z), GinibreProduct(k)) < 1 / np.sqrt(2 * np.pi * n) + 3 / n
    )  # for k = 1 that share lies outside
    inside = ((np.abs(z.real) < 0.05) & (np.abs(z.imag) < 0.05)).mean()
    assert abs(inside - GinibreProduct(k).fraction_in_square(0.05)) < 6 / n
