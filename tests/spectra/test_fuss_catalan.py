"""The Fuss-Catalan law against its moments, its equation, its printed values, another closed form, and 60 digits."""

import math

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.spectra.rule import rule

from deeplinear.spectra import FussCatalan, MarchenkoPastur, QuarterCircle

# theory handbook, section 7.1: k, s_max, median, P(s < .01), P(s > 1), mean and kurtosis of s
TABLE = [
    (1, "2.0", "0.8079", "0.0064", "0.3910", "0.8488", "1.977"),
    (2, "2.598", "0.5647", "0.0381", "0.3142", "0.7500", "2.633"),
    (5, "3.864", "0.1929", "0.1991", "0.2154", "0.5821", "5.400"),
    (10, "5.341", "0.0331", "0.4080", "0.1509", "0.4512", "10.31"),
    (99, "16.446", "1.27e-15", "0.8919", "0.0329", "0.1584", "99.2"),  # the handbook prints 1.26e-15 for 1.266e-15
]


def rounded_as(printed, value):
    digits = printed.split("e")[0].partition(".")[2]
    return f"{value:.{len(digits)}{'e' if 'e' in printed else 'f'}}"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"k={row[0]}")
def test_the_printed_table(row):
    k, *printed = row
    s = FussCatalan(k).singular_values()
    m1, m2, m3, m4 = (s.moment(n) for n in (1, 2, 3, 4))
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    values = [s.support()[1], s.median(), s.cdf(0.01), s.sf(1.0), s.mean(), fourth / s.var() ** 2]
    assert [rounded_as(text, value) for text, value in zip(printed, values, strict=True)] == printed


@pytest.mark.parametrize("k", [1, 2, 3, 5, 10, 99, 1000])
def test_moments_are_the_fuss_catalan_numbers(k):
    law = FussCatalan(k)
    assert [law.moment(n) for n in (0, 1, 2)] == [1, 1, k + 1]
    assert law.var() == k
    numbers = [1]  # by the recursion B = 1 + z B^{k+1}: each coefficient is the sum of products of k + 1 earlier ones
    for n in range(1, 6):
        power = [1] + [0] * (n - 1)
        for _ in range(k + 1):
            power = [sum(power[i] * numbers[m - i] for i in range(m + 1)) for m in range(n)]
        numbers.append(power[n - 1])
    for n, number in enumerate(numbers):
        assert law.moment(n) == number
        assert_allclose(law.log_moment(n), math.log(number), rtol=CLOSED_FORM)
        assert_allclose(law.moment(n + 1e-9), number, rtol=1e-6)  # the real-order form continues the whole one
    log = law.logarithm()
    assert_allclose([log.mean(), log.var()], [-k, k * k + k * np.pi**2 / 3], rtol=CLOSED_FORM)  # from d²/dp² ln E[x^p]


def test_moments_beyond_float64():
    law = FussCatalan(1000)
    assert law.moment(200) == np.inf
    exact = math.comb(1001 * 200, 200) // (1000 * 200 + 1)
    assert law.log_moment(200) == math.log(exact)
    assert_allclose(
        law.log_moment(200.5), (law.log_moment(200) + law.log_moment(201)) / 2, rtol=1e-5
    )  # nearly straight
    assert FussCatalan(2).log_moment(-0.4) == np.inf


@pytest.mark.parametrize("k", [1, 2, 3, 5, 20])
def test_stieltjes_transform_solves_its_polynomial(k):
    law = FussCatalan(k)
    log_x, shares = rule(law)
    foot = law.logarithm().cdf(log_x.min())  # at x = 0, as seen from z
    for z in (-0.5, 0.3 + 0.5j, law.support()[1] + 1, 2j):
        m = shares @ (1 / (np.exp(log_x) - z)) - foot / z
        assert abs((-1) ** k * z**k * m ** (k + 1) - z * m - 1) < INTEGRATOR * k


def test_two_matrices_in_radicals():
    """Penson & Zyczkowski 2011, eq. for s = 2."""
    x = np.linspace(0.01, 6.7, 60)
    root = 27 + 3 * np.sqrt(81 - 12 * x)
    radicals = 2 ** (1 / 3) * np.sqrt(3) / (12 * np.pi) * (2 ** (1 / 3) * root ** (2 / 3) - 6 * x ** (1 / 3))
    assert_allclose(FussCatalan(2).pdf(x), radicals / (x ** (2 / 3) * root ** (1 / 3)), rtol=CLOSED_FORM)


def test_one_matrix_is_marchenko_pastur_and_the_quarter_circle():
    law, other, circle = FussCatalan(1), MarchenkoPastur(1), QuarterCircle()
    p = np.concatenate([np.logspace(-200, -2, 30), np.linspace(0.02, 0.999, 40)])
    x = law.ppf(p)
    assert_allclose(other.ppf(p), x, rtol=CLOSED_FORM)
    assert_allclose(circle.ppf(p) ** 2, x, rtol=CLOSED_FORM)
    for name in ("pdf", "cdf", "sf"):
        assert_allclose(getattr(other, name)(x), getattr(law, name)(x), rtol=CLOSED_FORM)
        assert_allclose(getattr(circle, name)(np.sqrt(x)), getattr(law.singular_values(), name)(np.sqrt(x)), rtol=1e-11)
    for order in (-0.4, 0.5, 1, 3.3):
        assert_allclose([other.moment(order), circle.moment(2 * order)], law.moment(order), rtol=CLOSED_FORM)


def sixty_digits(k, share):
    """x, density, cdf and sf at ``φ = share · π / (k + 1)``, the parametric form and numerical integration, naively."""
    mp.mp.dps = 60
    phi = mp.mpf(share) * mp.pi / (k + 1)

    def x_of(t):
        return mp.sin((k + 1) * t) ** (k + 1) / (mp.sin(t) * mp.sin(k * t) ** k)

    def density(t):
        return mp.sin(t) ** 2 * mp.sin(k * t) ** (k - 1) / (mp.pi * mp.sin((k + 1) * t) ** k)

    above = ((k + 1) * phi - k * mp.sin(phi) * mp.sin((k + 1) * phi) / mp.sin(k * phi)) / mp.pi
    return x_of(phi), density(phi), 1 - above, above, x_of, density, phi


@pytest.mark.parametrize("k", [1, 2, 3, 5, 20, 99, 1000])
@pytest.mark.parametrize("share", ["0.001", "0.05", "0.3", "0.5", "0.9", "0.999", "0.9999999999"])
def test_against_sixty_digits(k, share):
    x, density, below, above, *_ = sixty_digits(k, share)
    if x < mp.mpf(10) ** -300:
        log = FussCatalan(k).logarithm()
        at, found = float(mp.log(x)), lambda name: getattr(log, name)(float(mp.log(x)))
        values, lost = [density * x, below, above], 1e-16 * abs(at)
    else:
        at = float(x)
        found, values = lambda name: getattr(FussCatalan(k), name)(at), [density, below, above]
        lost = 4e-16 * at / float((k + 1) * (1 + mp.mpf(1) / k) ** k - x)  # of the tails' exponents, at most 3/2
    for name, value in zip(("pdf", "cdf", "sf"), values, strict=True):
        assert abs(found(name) / float(value) - 1) < 1e-13 + 2 * lost, name
    for name, value in zip(("ppf", "isf"), values[1:], strict=True):
        if 1e-300 < value < 0.9 and x > mp.mpf(10) ** -300:
            assert_allclose(getattr(FussCatalan(k), name)(float(value)), at, rtol=CLOSED_FORM, err_msg=name)


@pytest.mark.parametrize("k", [1, 4, 50])
def test_closed_form_cdf_is_the_integral_of_the_parametric_density(k):
    _, _, _, above, x_of, density, phi = sixty_digits(k, "0.6")
    mp.mp.dps = 25
    steps = mp.linspace(0, phi, 6)
    integral = mp.quad(lambda t: -density(t) * mp.diff(x_of, t) if t else mp.mpf(0), steps)
    assert abs(integral / above - 1) < 1e-15


def test_infinitely_many_matrices_give_the_triangle():
    p = np.array([0.01, 0.3, 0.7, 0.99])
    gaps = [FussCatalan(k).singular_values().logarithm().ppf(p) / k - np.log(p) / 2 for k in (100, 1000)]
    assert (np.abs(gaps[1]) < 0.01).all()
    assert (np.abs(gaps[1]) < 0.2 * np.abs(gaps[0])).all()  # ln k / k


def test_a_thousand_matrices_far_below_float64():
    log = FussCatalan(1000).logarithm()
    p = np.logspace(-300, -1, 40)
    assert log.ppf(p[0]) < -6.8e5
    assert_allclose(log.cdf(log.ppf(p)), p, rtol=CLOSED_FORM)
    assert FussCatalan(1000).cdf(0.0) == 0
