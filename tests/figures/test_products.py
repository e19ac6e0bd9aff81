"""What the claims of Fig. 6B and C stand on: an exact variance for finite N, and a distance measured at some points only."""

import importlib

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import kstest

from deeplinear.figures import fig6bc, product_claims
from deeplinear.spectra import FussCatalan, long_product


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


def test_origin_bin_has_the_width_of_a_bin():
    points = np.array([[0.049, 0], [0, -0.049], [0.051, 0], [0, -0.051], [0.049, 0.051]])
    found = product_claims.origin_bins({"bins": np.array(10), "eigenvalues": points[None, None]})
    assert found == np.array([[0.4]])


@pytest.fixture(scope="module")
def quick():
    return fig6bc.compute(**fig6bc.QUICK)


def red(data):
    """Texts of the claims that fail."""
    return [claim.text for claim in product_claims.claims(data) if not claim.passed]


def any_of(texts, part):
    """Whether one of them has this part."""
    return any(part in text for text in texts)


def test_claims_hold_at_width_100(quick):
    assert red(quick) == []


@pytest.mark.parametrize("column", range(3))
@pytest.mark.parametrize("sign", [1, -1])
def test_mean_log_is_exact_to_five_standard_errors(quick, column, sign):
    logs = quick["log_singular_values"].copy()
    exact = long_product(100, k=int(quick["factors"][column]))
    error = np.sqrt((exact.std**2).sum()) / 100 / np.sqrt(24)
    logs[column] += sign * 10 * error
    assert any_of(red(quick | {"log_singular_values": logs}), "Lyapunov exponents")


def with_power(quick, column, power, draws=1):
    """One column with another mean of s², the others with 1, and every draw several times over."""
    logs = np.tile(quick["log_singular_values"], (1, draws, 1))
    for each in range(3):
        wanted = power if each == column else 1.0
        logs[each] += np.log(wanted / np.exp(2 * logs[each].astype(float)).mean()) / 2
    return quick | {"log_singular_values": logs}


@pytest.mark.parametrize(("column", "draws"), [(0, 1), (1, 1), (2, 200)])
@pytest.mark.parametrize("sign", [1, -1])
def test_mean_square_is_exact_to_five_standard_errors(quick, column, draws, sign):
    error = np.sqrt(product_claims.norm_variance(100, int(quick["factors"][column])) / 24 / draws)
    for errors, holds in ((4.9, True), (5.1, False)):
        found = product_claims.norm_claims(with_power(quick, column, 1 + sign * errors * error, draws))
        kept = next(claim for claim in found if "Norms are kept" in claim.text)
        assert kept.passed == holds
        assert kept.expected.count("±") == (3 if draws == 200 else 2)  # 24 draws of 99 factors say nothing


@pytest.mark.parametrize("power", [0.0, 1e-3, 0.2, 4.1, 100.0, np.nan])
def test_lost_or_exploded_norms_are_seen_where_draws_are_few(quick, power):
    with np.errstate(divide="ignore", invalid="ignore"):
        found = product_claims.norm_claims(with_power(quick, 2, power))
    assert any_of([claim.text for claim in found if not claim.passed], "Norm preservation is not isometry")


BLAMED = {  # what is done to the logarithms of one column, and the claims that must see it
    "shifted": (lambda logs, k: logs + 1 + 0.3 * k, ("follow the Fuss-Catalan law", "sampled median", "Lyapunov")),
    "all small": (lambda logs, k: logs - 5, ("below 0.01", "above 1, ", "largest singular value")),
    "one huge": (lambda logs, k: logs + 9 * (logs == logs.max()), ("largest singular value",)),
}


@pytest.mark.parametrize("column", range(3))
@pytest.mark.parametrize("kind", BLAMED)
def test_each_column_alone_turns_its_claims(quick, column, kind):
    change, texts = BLAMED[kind]
    logs = quick["log_singular_values"].copy()
    logs[column] = change(logs[column], int(quick["factors"][column]))
    failed = red(quick | {"log_singular_values": logs})
    for text in texts:
        if text == "below 0.01" and column == 2:
            continue  # 99 factors leave few above 0.01 in any case
        if text == "above 1, " and column == 2:
            continue
        assert any_of(failed, text), text


@pytest.mark.parametrize("column", range(3))
def test_the_orders_of_kurtosis_and_of_moduli_count(quick, column):
    logs, z = quick["log_singular_values"].copy(), quick["eigenvalues"].copy()
    logs[column], z[column] = logs[(column + 1) % 3], z[(column + 1) % 3]
    failed = red(quick | {"log_singular_values": logs, "eigenvalues": z})
    assert any_of(failed, "tails of the singular values")
    assert any_of(failed, "Eigenvalues concentrate at 0")
    assert any_of(failed, "in the origin bin, against the law")


@pytest.mark.parametrize("column", [1, 2])
def test_origin_bins_as_printed_column_by_column(quick, column):
    z = quick["eigenvalues"].copy()
    least = np.argsort(np.hypot(*np.moveaxis(z[column], -1, 0)), axis=-1)[:, :5]
    z[column, np.arange(len(least))[:, None], least] = 0.9  # five of a hundred leave the origin
    assert any_of(red(quick | {"eigenvalues": z}), "as the paper prints it")


def test_an_orthogonal_product_off_by_little(quick):
    s = quick["orthogonal"].copy()
    s[-1] -= 2e-12
    assert any_of(red(quick | {"orthogonal": s}), "is an isometry")


@pytest.mark.parametrize("column", range(3))
def test_moduli_of_factors_that_are_a_tenth_too_large(quick, column):
    z = quick["eigenvalues"].copy()
    z[column] *= 1.1 ** quick["factors"][column]
    assert any_of(red(quick | {"eigenvalues": z}), "moduli of eigenvalues follow")


def test_orthogonal_product_has_k_factors(monkeypatch):
    module = importlib.import_module("deeplinear.haar")
    true, made = module.haar, []

    def spy(*args):
        made.append(true(*args))
        return made[-1]

    monkeypatch.setattr(module, "haar", spy)
    fig6bc.orthogonal_product(5, 7, np.random.default_rng(0))
    assert len(made) == 7
    assert len(np.unique(np.round([q[0, 0] for q in made], 12))) == 7


def test_equal_columns_are_different_draws():
    found = fig6bc.compute(n=8, factors=(3, 3), realisations=2, bin_width=0.1, rng=0)
    assert (found["log_singular_values"][0] != found["log_singular_values"][1]).all()
    assert (found["eigenvalues"][0] != found["eigenvalues"][1]).any()
