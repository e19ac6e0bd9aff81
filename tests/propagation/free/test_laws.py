"""Free laws keep the manners of all laws: the suite of `tests.spectra`, run on them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import kstest
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.propagation.free.conftest import EVERY, LEVELS, LOGARITHMIC, SINGLE, SMOOTH, TOPPED
from tests.spectra import test_laws as suite

from deeplinear.activations import as_activation
from deeplinear.propagation.free.atoms import Atoms
from deeplinear.propagation.free.law import FreeLaw
from deeplinear.propagation.free.one_layer import OneLayer
from deeplinear.spectra.transformed import Logarithm, SquaredLaw

ACCURACY = 1e-10  # relative, as FreeLaw promises: Legendre series between tabulated points


@pytest.fixture(autouse=True)
def promised(monkeypatch):
    exact = suite.rounding
    monkeypatch.setattr(suite, "rounding", lambda *place: ACCURACY + exact(*place))


every = pytest.mark.parametrize("law", EVERY + LOGARITHMIC, ids=str)
smooth = pytest.mark.parametrize("law", SMOOTH, ids=str)
topped = pytest.mark.parametrize("law", TOPPED, ids=str)


def test_two_levels_of_classes():
    assert FreeLaw.__bases__ == (SquaredLaw,)
    for leaf in FreeLaw.__subclasses__():
        assert not leaf.__subclasses__()


@pytest.mark.parametrize("law", EVERY, ids=str)
def test_density_integrates_to_the_mass_and_the_cdf_is_its_integral(law):
    suite.test_density_integrates_to_the_mass_and_the_cdf_is_its_integral(law)


@every
def test_density_is_the_slope_of_the_cdf(law):
    suite.test_density_is_the_slope_of_the_cdf(law)


@smooth
def test_moments_are_those_of_the_density(law):
    suite.test_moments_are_those_of_the_density(law)


@every
def test_moments_are_those_of_the_quantiles(law):
    suite.test_moments_are_those_of_the_quantiles(law)


@every
def test_quantiles_invert_the_cdf(law):
    suite.test_quantiles_invert_the_cdf(law)


@every
def test_support_and_outside(law):
    suite.test_support_and_outside(law)


@every
def test_logarithms_of_the_four_functions(law):
    suite.test_logarithms_of_the_four_functions(law)


@smooth
def test_the_logarithm_is_the_same_law(law):
    suite.test_the_logarithm_is_the_same_law(law)


@smooth
def test_foot_at_zero(law):
    if law.atom == 0:  # which the suite does not expect beside a foot
        suite.test_foot_at_zero(law)


@pytest.mark.parametrize("law", EVERY + LOGARITHMIC + TOPPED[1:], ids=str)
def test_samples_follow_the_cdf(law):
    if not getattr(law, "top", (0.0,))[0]:
        suite.test_samples_follow_the_cdf(law)


@topped
def test_atoms_at_the_largest_x(law):
    share, place = law.top
    x = law.support()[1]
    assert_allclose([np.log(x), law.sf(x * (1 - 1e-9)), law.isf(share / 2)], [place, share, x], rtol=1e-12)
    assert (law.cdf(x), law.sf(x)) == (1.0, 0.0)
    below = np.exp(law._table.high)
    assert law.pdf((below + x) / 2) == 0
    p = law.atom + (1 - law.atom - share) * LEVELS[2:-1]
    assert_allclose(law.cdf(law.ppf(p)), p, rtol=1e-10)
    drawn = law.rvs(4000, random_state=1)
    assert abs(np.sum(drawn == x) - 4000 * share) < 5 * np.sqrt(4000 * share * (1 - share))
    for order in (1, 2, 3):
        assert_allclose(law.expect(lambda t, order=order: t**order), law.moment(order), rtol=1e-11)


@topped
@pytest.mark.parametrize("function", [lambda s: s, lambda s: s / (1 + s)], ids=["s", "s/(1+s)"])
def test_every_view_has_the_atoms(law, function):
    """Against plain quadrature of the density of ln x, from its upper edge down, plus the atoms."""
    (share, place), high, density = law.top, law._table.high, law.logarithm().pdf
    inner = quad(
        lambda v: 2 * v * density(high - v**2) * function(np.exp((high - v**2) / 2)),
        0, np.sqrt(high + 70), epsabs=1e-12, epsrel=1e-11, limit=400,
    )[0]  # fmt: skip
    exact = inner + share * function(np.exp(place / 2)) + law.atom * function(0.0)
    assert_allclose(law.expect(lambda x: function(np.sqrt(x))), exact, rtol=INTEGRATOR)
    assert_allclose(law.singular_values().expect(function), exact, rtol=INTEGRATOR)
    assert_allclose(law.logarithm().expect(lambda log_x: function(np.exp(log_x / 2))), exact, rtol=INTEGRATOR)
    log_s = law.singular_values().logarithm()
    assert_allclose(log_s.expect(lambda log_s: function(np.exp(log_s))), exact, rtol=INTEGRATOR)


def test_every_view_of_one_layer_has_the_atoms():
    """ELU: ``ln x = 2 ln σ + 2 min(h, 0)``, an atom of ½ at the top; a leaky rectifier: two atoms."""
    q, std = 0.7, 1.2
    log_x = OneLayer(as_activation("elu"), q, std).logarithm()
    mean = 2 * np.log(std) - np.sqrt(2 * q / np.pi)
    assert_allclose([log_x.mean(), log_x.var()], [mean, 2 * q - 2 * q / np.pi], rtol=CLOSED_FORM)
    log_s = Atoms((np.log(0.01), np.log(4.0)), (0.25, 0.75)).singular_values().logarithm()
    mean = 0.25 * np.log(0.1) + 0.75 * np.log(2.0)
    assert_allclose([log_s.mean(), log_s.std()], [mean, np.sqrt(3) / 4 * np.log(20.0)], rtol=CLOSED_FORM)


@pytest.mark.parametrize("law", SINGLE, ids=str)
def test_one_layer(law):
    assert_allclose(law.cdf(law.ppf(LEVELS)), LEVELS, rtol=1e-9)
    suite.test_density_is_the_slope_of_the_cdf(law)
    x = law.rvs(4000, random_state=3)
    assert kstest(law.cdf(x), "uniform").statistic * np.sqrt(4000) < 2.2
    z = np.random.default_rng(0).standard_normal(4000)
    value = law.weight_std**2 * law.activation.derivative(np.sqrt(law.variance) * z) ** 2
    assert kstest(law.cdf(value), "uniform").statistic * np.sqrt(4000) < 2.2
    assert_allclose(law.expect(lambda x: x**2), law.moment(2), rtol=1e-10)


def test_few_values():
    law = Atoms((-np.inf, 0.0, np.log(4.0)), (0.25, 0.5, 0.25))
    assert_allclose(law.cdf([0.0, 0.5, 1.0, 2.0, 4.0]), [0.25, 0.25, 0.75, 0.75, 1.0])
    assert_allclose(law.ppf([0.1, 0.5, 0.9]), [0.0, 1.0, 4.0])
    assert_allclose([law.mean(), law.moment(2), law.singular_values().mean(), law.atom], [1.5, 4.5, 1.0, 0.25])
    assert_allclose([law.expect(np.sqrt), law.singular_values().expect(np.square)], [1.0, 1.5])
    assert (np.unique(law.rvs(200, random_state=0)) == [0, 1, 4]).all()


@every
def test_cdf_and_sf_are_one(law):
    x = law.ppf(law.atom + law.mass * LEVELS)
    x = x[x > (-np.inf if isinstance(law, Logarithm) else 0)]
    assert_allclose(law.cdf(x) + law.sf(x), 1, rtol=1e-14)
