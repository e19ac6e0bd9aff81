"""What every law of the registry must satisfy, in x, in s and in ln x."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from scipy.stats import kstest
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.spectra.conftest import EVERY, PARAMETERS, POSITIVE
from tests.spectra.rule import rule

from deeplinear import spectra
from deeplinear.spectra import LAWS, FussCatalan, GinibreProduct, MarchenkoPastur
from deeplinear.spectra.transformed import Logarithm, PositiveLaw, SquaredLaw

P = np.concatenate([np.logspace(-15, -2, 14), np.linspace(0.02, 0.98, 25), 1 - np.logspace(-2, -6, 5)])
every = pytest.mark.parametrize("law", EVERY, ids=str)
positive = pytest.mark.parametrize("law", POSITIVE, ids=str)


def inner(law):
    return law.atom + law.mass * P


def test_every_law_is_listed_here_and_is_a_leaf():
    assert set(PARAMETERS) == set(LAWS)
    for law in LAWS:
        assert law.__bases__ in ((PositiveLaw,), (SquaredLaw,))
        assert not law.__subclasses__()


def test_every_public_name_is_there():
    for name in spectra.__all__:
        assert getattr(spectra, name) is not None
    assert dir(spectra) == sorted(spectra.__all__)
    with pytest.raises(AttributeError, match=r"module 'deeplinear.spectra' has no attribute 'nonsense'"):
        _ = spectra.nonsense


def rounding(law, x, p):
    """Relative error in a tail p that rounding x must leave: 1e-12, and what becomes of the distance from soft edges."""
    log_x = x if isinstance(law, Logarithm) else np.log(np.maximum(x, 1e-300))
    low, high = law._edges()
    unit = 4e-16 * np.maximum(1, np.abs(log_x))
    with np.errstate(divide="ignore"):
        lost = unit / -np.expm1(low - log_x) + unit / -np.expm1(log_x - high)
    return CLOSED_FORM + 4 * np.minimum(lost, 1) + 1e-15 * law.atom / np.abs(p)


@every
def test_density_integrates_to_the_mass_and_the_cdf_is_its_integral(law):
    x, shares = rule(law)
    order = np.argsort(x)
    x, shares = x[order], shares[order]
    foot = np.exp(law.logarithm().logcdf(x[0])) if not isinstance(law, Logarithm) else law.cdf(x[0])
    assert_allclose(shares.sum() + foot - law.atom, law.mass, rtol=INTEGRATOR)
    log = law if isinstance(law, Logarithm) else law.logarithm()
    cuts = log.ppf(law.atom + law.mass * np.array([0.02, 0.2, 0.5, 0.8, 0.98]))  # ends of panels
    below = np.array([shares[x < cut].sum() for cut in cuts])
    assert_allclose(np.diff(below), np.diff(log.cdf(cuts)), rtol=INTEGRATOR)
    assert_allclose(np.diff(below), -np.diff(log.sf(cuts)), rtol=INTEGRATOR)


@every
def test_density_is_the_slope_of_the_cdf(law):
    x = law.ppf(law.atom + law.mass * np.array([0.2, 0.5, 0.9]))
    x = x[np.abs(x) > 1e-290]
    low, high = law._exp(np.array(law._edges()))
    h = 1e-3 * np.minimum(np.abs(x), np.minimum(x - low, high - x))
    slope = (8 * (law.cdf(x + h) - law.cdf(x - h)) - (law.cdf(x + 2 * h) - law.cdf(x - 2 * h))) / (12 * h)
    assert_allclose(law.pdf(x), slope, rtol=1e-6)  # differences of fourth order lose half the digits


@positive
def test_moments_are_those_of_the_density(law):
    log_x, shares = rule(law)
    for order in (0.5, 1, 2, 3, 4):
        with np.errstate(under="ignore"):
            assert_allclose(shares @ np.exp(order * log_x), law.moment(order), rtol=INTEGRATOR, err_msg=str(order))
    assert law.moment(0) == 1
    assert law.mean() == law.moment(1)
    assert_allclose(law.std() ** 2, law.moment(2) - law.mean() ** 2, rtol=CLOSED_FORM)


@every
def test_moments_are_those_of_the_quantiles(law):
    if isinstance(law, Logarithm) and law.atom:
        assert law.mean() == -np.inf
        assert np.isnan(law.var())
        return
    mean = law.expect(lambda x: x)
    spread = law.expect(lambda x: (x - mean) ** 2)
    assert_allclose([mean, spread], [law.mean(), law.var()], rtol=1e-11 if law.var() > 1e-3 * mean**2 else 1e-8)


@every
def test_quantiles_invert_the_cdf(law):
    p, low = inner(law), law.support()[0]
    x = law.ppf(p)
    assert (x[1:] >= x[:-1]).all()
    x, p = x[kept := (x > low) & (np.abs(x) > 1e-290)], p[kept]
    assert (np.abs(law.cdf(x) / p - 1) < rounding(law, x, p)).all()
    q = law.mass * expit(np.linspace(-12, 8, 30))
    x = law.isf(q)
    x, q = x[kept := (x > low) & (np.abs(x) > 1e-290)], q[kept]
    assert x.size > 0
    assert (np.abs(law.sf(x) / q - 1) < rounding(law, x, q)).all()
    assert_allclose(law.cdf(x) + law.sf(x), 1, rtol=CLOSED_FORM)


@every
def test_support_and_outside(law):
    low, high = law.support()
    assert law.ppf(1.0) == law.isf(0.0) == high
    assert law.ppf(0.0) == law.isf(1.0) == low
    above, below = high + 1, (low - 1 if np.isfinite(low) else low)
    assert_array_equal(law.cdf([above, high, np.inf]), 1)
    assert_array_equal(law.sf([above, np.inf]), 0)
    assert law.sf(high) < 1e-15
    assert_array_equal(law.pdf([above, np.inf]), 0)
    if np.isfinite(below):
        assert (law.cdf(below), law.sf(below), law.pdf(below)) == (0, 1, 0)
        assert_allclose(law.cdf(low), law.atom, rtol=CLOSED_FORM)
        assert_allclose(law.sf(low), law.mass)
    assert low < law.median() <= high or law.atom >= 0.5
    left, right = law.interval(0.9)
    assert_allclose([law.cdf(right), law.sf(left)], 0.95, rtol=1e-9) if law.mass == 1 and left > 1e-290 else None


@every
def test_logarithms_of_the_four_functions(law):
    x = law.ppf(inner(law))
    with np.errstate(divide="ignore"):
        for name in ("pdf", "cdf", "sf"):
            log = getattr(law, "log" + name)(x)
            assert_allclose(np.exp(log), getattr(law, name)(x), rtol=CLOSED_FORM)


@positive
def test_the_logarithm_is_the_same_law(law):
    log, p = law.logarithm(), inner(law)
    x = law.ppf(p)
    x, p = x[kept := (x > 1e-290) & (x < law.support()[1])], p[kept]
    assert x.size > 3
    assert_allclose(np.exp(log.ppf(p)), x, rtol=CLOSED_FORM)
    assert (np.abs(log.cdf(np.log(x)) / p - 1) < rounding(law, x, p)).all()
    assert (np.abs(log.pdf(np.log(x)) / (x * law.pdf(x)) - 1) < rounding(law, x, law.cdf(x))).all()
    with pytest.raises(TypeError, match="ln x has both signs"):
        log.logarithm()
    with pytest.raises(ValueError, match="moment needs a whole order >= 0, got order=-1:"):
        log.moment(-1)


@positive
def test_foot_at_zero(law):
    exponent, constant = law._foot()
    log = law.logarithm()
    if exponent == np.inf:
        assert law._edges()[0] > -np.inf
        assert law.pdf(0.0) == 0
        return
    assert_allclose(log.logcdf(-1e5) + 1e5 * exponent, np.log(constant), atol=1e-9)  # 1e5 has twelve digits after it
    tiny = log.logpdf(-1e5) + 1e5  # ln of the density of x there
    at_zero = law.pdf(0.0)
    assert at_zero == (np.inf if exponent < 1 else 0 if exponent > 1 else pytest.approx(np.exp(tiny), rel=1e-9))
    assert law.moment(-exponent) == law.moment(-1.001 * exponent) == np.inf
    assert np.isfinite(law.moment(-0.9 * exponent))


@every
def test_samples_follow_the_cdf(law):
    size, least = 4000, 1e-300 if law.support()[0] == 0 else -np.inf  # smaller samples leave float64, and are counted
    x, below = law.rvs(size, random_state=1), float(law.cdf(least))
    assert abs((x <= least).sum() - size * below) <= 5 * np.sqrt(size * below * (1 - below))
    if (x > least).sum() > 20:
        found = kstest((law.cdf(x[x > least]) - below) / (1 - below), "uniform")
        assert found.statistic * np.sqrt((x > least).sum()) < 2.2  # 1e-4 of all draws exceed it


def test_samples_are_drawn_as_scipy_draws_them():
    law = FussCatalan(3)
    assert np.ndim(law.rvs(random_state=0)) == 0
    assert law.rvs((2, 3), random_state=0).shape == (2, 3)
    assert_array_equal(law.rvs(5, random_state=7), law.rvs(5, random_state=np.random.default_rng(7)))
    rng = np.random.default_rng(7)
    assert (law.rvs(5, random_state=rng) != law.rvs(5, random_state=rng)).all()


@pytest.mark.parametrize("law", EVERY[::6], ids=str)
def test_shapes(law):
    for name, value in {"pdf": 0.3, "logcdf": 0.3, "sf": 0.3, "ppf": 0.3, "isf": 0.3}.items():
        function = getattr(law, name)
        assert isinstance(function(value), float)
        assert function([[value], [0.5]]).shape == (2, 1)
        assert function([]).shape == (0,)
        assert_array_equal(function([value, 0.5])[0], function(value))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FussCatalan(0), "FussCatalan needs a whole k >= 1, got k=0: it counts the matrices"),
        (lambda: FussCatalan(2.5), "FussCatalan needs a whole k >= 1, got k=2.5: "),
        (lambda: FussCatalan(True), "got k=True"),
        (lambda: FussCatalan("5"), "got k='5'"),
        (lambda: GinibreProduct(-1), "GinibreProduct needs a whole k >= 1, got k=-1: .* Pass for example k=5"),
        (lambda: MarchenkoPastur(0), "MarchenkoPastur needs a finite aspect > 0, got aspect=0: "),
        (lambda: MarchenkoPastur(np.nan), "got aspect=nan"),
        (lambda: FussCatalan(2).cdf([1.0, np.nan]), "cdf needs x that is not NaN, got x=nan: "),
        (lambda: FussCatalan(2).logpdf(np.nan), "logpdf needs x that is not NaN"),
        (lambda: FussCatalan(2).ppf([0.5, 1.5]), "ppf needs 0 <= p <= 1, got p=1.5: it is a probability"),
        (lambda: FussCatalan(2).isf(-0.1), "isf needs 0 <= q <= 1, got q=-0.1"),
        (lambda: FussCatalan(2).ppf(np.nan), "got p=nan"),
        (lambda: FussCatalan(2).moment(np.inf), "moment needs a finite order, got order=inf"),
        (lambda: FussCatalan(2).interval(2), "interval needs 0 <= confidence <= 1, got confidence=2"),
        (lambda: GinibreProduct(2).fraction_in_square(0), "fraction_in_square needs a finite half_width > 0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_laws_with_the_same_parameters_are_equal():
    assert FussCatalan(5) == FussCatalan(5.0) == FussCatalan(np.int64(5)) != FussCatalan(6)
    assert repr(FussCatalan(5).singular_values()) == "SingularValues(squared=FussCatalan(k=5))"
