"""Lyapunov exponents against chi-squared variables, products of matrices, and the triangle."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import chi2
from tests.conftest import INTEGRATOR

from deeplinear.spectra import Triangle, long_product, lyapunov_exponents, lyapunov_variances


def test_printed_values():
    """Theory handbook, section 7.4."""
    found = lyapunov_exponents(100)
    assert [f"{found[0]:.5f}", f"{found[-1]:.5f}"] == ["-0.00502", "-2.93777"]
    top = lyapunov_exponents(1000)
    assert f"{top[0]:.4f}" == "-0.0005"
    assert_allclose(top[:990], np.log(1 - np.arange(1, 991) / 1000) / 2, rtol=0, atol=1e-3)  # 1/N
    assert_allclose(lyapunov_variances(1000)[0], 1 / 2000, rtol=2e-3)  # 1/N
    mean, std = long_product(1000, k=100)
    assert (round(mean[-1], 1), round(std[-1], 1)) == (-408.9, 11.1)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_they_are_means_and_variances_of_half_the_logarithm_of_chi_squared_over_n(n):
    for j, (mean, variance) in enumerate(zip(lyapunov_exponents(n), lyapunov_variances(n), strict=True)):
        law = chi2(n - j)
        half = lambda x: np.log(x / n) / 2  # noqa: E731

        def integral(f, law=law):
            return quad(
                lambda u: f(np.exp(u)) * law.pdf(np.exp(u)) * np.exp(u), -80, 6, epsabs=0, epsrel=1e-11, limit=400
            )[0]

        assert_allclose(integral(half), mean, rtol=INTEGRATOR)
        assert_allclose(integral(lambda x, mean=mean, half=half: (half(x) - mean) ** 2), variance, rtol=INTEGRATOR)


def test_sum_is_exact_for_any_number_of_matrices():
    n, k, draws = 3, 4, 4000
    rng = np.random.default_rng(0)
    logs = np.linalg.slogdet(rng.standard_normal((draws, k, n, n)) / np.sqrt(n))[1].sum(axis=1)
    mean, std = long_product(n, k=k)
    assert abs(logs.mean() - mean.sum()) < 5 * np.sqrt((std**2).sum() / draws)
    assert abs(logs.var() / (std**2).sum() - 1) < 5 * np.sqrt(3 / draws)


def test_long_products_grow_at_these_rates():
    n, k = 12, 4000
    rng, frame, logs = np.random.default_rng(1), np.eye(n), np.zeros(n)
    for _ in range(k):
        frame, r = np.linalg.qr(rng.standard_normal((n, n)) / np.sqrt(n) @ frame)
        logs += np.log(np.abs(np.diag(r)))
    mean, std = long_product(n, k=k)
    assert (np.abs(logs - mean) < 5 * std).all()


def test_the_triangle_is_the_limit_of_wide_matrices():
    law = Triangle()
    for n, gap in ((100, 0.006), (1000, 6e-4)):
        r = np.sort(np.exp(lyapunov_exponents(n)))
        assert np.abs(law.cdf(r) - (np.arange(n) + 0.5) / n).max() < gap
    assert [law.pdf(0.25), law.mean(), law.var()] == pytest.approx([1 / 2, 2 / 3, 1 / 18], rel=1e-12)


@pytest.mark.parametrize("function", [lyapunov_exponents, lyapunov_variances, lambda n: long_product(n, k=3)])
def test_bad_input(function):
    with pytest.raises(ValueError, match=r"needs a whole n >= 1, got n=0: it is the width"):
        function(0)
    with pytest.raises(ValueError, match=r"long_product needs a whole k >= 1, got k=1.5"):
        long_product(3, k=1.5)
