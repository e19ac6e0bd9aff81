"""What the claims of Fig. 6B and C stand on: an exact variance for finite N, and a distance measured at some points only."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import kstest

from deeplinear.figures import product_claims
from deeplinear.spectra import FussCatalan


@pytest.mark.parametrize(("n", "k"), [(3, 1), (3, 4), (8, 2)])
def test_variance_of_the_norm_of_a_product(n, k):
    rng = np.random.default_rng(0)
    product = np.eye(n)
    for _ in range(k):
        product = rng.standard_normal((40_000, n, n)) / np.sqrt(n) @ product
    power = (product**2).sum(axis=(1, 2)) / n
    assert abs(power.mean() - 1) < 5 * power.std() / 200
    error = np.sqrt(((power - 1) ** 4).mean()) / 200
    assert abs(power.var() - product_claims.norm_variance(n, k)) < 5 * error
    assert_allclose(product_claims.norm_variance(n, 1), 2 / n**2)  # chi-squared with n² degrees of freedom


def test_distance_to_a_law_is_kolmogorovs():
    law = FussCatalan(3)
    x = law.rvs(100_000, random_state=0) ** 1.02
    whole = kstest(x, law.cdf).statistic
    assert abs(product_claims.distance(x, law) - whole) < 1.1 / product_claims.POINTS
    cut = law.ppf(0.6)
    above = np.abs(law.cdf(np.sort(x)) - (np.arange(len(x)) + 0.5) / len(x))[np.sort(x) >= cut].max()
    assert abs(product_claims.distance(x, law, cut) - above) < 1.1 / product_claims.POINTS


def test_kurtosis_of_the_quarter_circle():
    mean = 8 / (3 * np.pi)
    third = 64 / (15 * np.pi)
    expected = (2 - 4 * mean * third + 6 * mean**2 - 3 * mean**4) / (1 - mean**2) ** 2
    assert_allclose(product_claims.law_kurtosis(1), expected, rtol=1e-12)
