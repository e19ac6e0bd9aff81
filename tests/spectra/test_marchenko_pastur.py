"""Marchenko-Pastur against quadrature of its density in the generalisation room, and against itself transposed."""

from math import comb

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from tests.conftest import CLOSED_FORM

from deeplinear.generalisation import marchenko_pastur_rule
from deeplinear.spectra import MarchenkoPastur

ASPECTS = [1e-4, 0.3, 0.99, 1 - 1e-9, 1.0, 1.01, 2.5, 400.0]


@pytest.mark.parametrize("aspect", ASPECTS)
def test_agrees_with_the_rule_of_the_generalisation_room(aspect):
    law = MarchenkoPastur(aspect)
    assert_allclose([np.exp(edge) for edge in law._edges()], marchenko_pastur_rule.edges(aspect), rtol=CLOSED_FORM)
    whole = marchenko_pastur_rule.marchenko_pastur(aspect=aspect)
    for function in (np.sqrt, lambda x: np.exp(-x), np.square):
        inside = law.expect(function) - law.atom * function(0.0)
        assert_allclose(inside, whole.weights @ function(whole.eigenvalues), rtol=1e-11)
    for start in (0.01, 0.4, 1.5, 3.0):
        rule, x = (
            marchenko_pastur_rule.marchenko_pastur(aspect=aspect, start=start),
            marchenko_pastur_rule.eigenvalue(start, aspect=aspect),
        )
        edge = 1e-15 * x / (marchenko_pastur_rule.edges(aspect)[1] - x)
        assert_allclose(law.sf(x), rule.weights.sum(), rtol=CLOSED_FORM + 2 * edge)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_moments_are_narayana_sums(aspect):
    law = MarchenkoPastur(aspect)
    for n in range(1, 7):
        narayana = sum(comb(n, r) * comb(n, r - 1) / n * aspect**r for r in range(1, n + 1))
        assert_allclose(law.moment(n), narayana, rtol=CLOSED_FORM)
    assert_allclose(law.var(), aspect + aspect**2 - aspect**2, rtol=1e-9)  # aspect, by subtraction of 1.6e5
    assert law.atom == max(0, 1 - aspect)


@pytest.mark.parametrize("aspect", [1.01, 2.5, 400.0])
def test_mean_inverse(aspect):
    assert_allclose(MarchenkoPastur(aspect).moment(-1), 1 / (aspect - 1), rtol=CLOSED_FORM)
    assert MarchenkoPastur(1 / aspect).moment(-1) == np.inf  # the atom


@pytest.mark.parametrize("aspect", [1.01, 2.5, 400.0])
def test_transposed_matrices_share_their_values(aspect):
    """X and Xᵀ have the same non-zero singular values; the other's entries are √aspect times too large."""
    wide, tall = MarchenkoPastur(aspect), MarchenkoPastur(1 / aspect)
    x = wide.ppf(np.linspace(0.01, 0.99, 30))
    assert_allclose(wide.sf(x), aspect * tall.sf(x / aspect), rtol=1e-11)
    assert_allclose(wide.pdf(x), tall.pdf(x / aspect), rtol=1e-11)
    for order in (0.5, 1.7, 3):
        assert_allclose(wide.moment(order), aspect ** (order + 1) * tall.moment(order), rtol=CLOSED_FORM)


@pytest.mark.parametrize("aspect", [0.3, 1.0, 2.5])
def test_the_printed_density(aspect):
    law = MarchenkoPastur(aspect)
    low, high = (1 - np.sqrt(aspect)) ** 2, (1 + np.sqrt(aspect)) ** 2
    x = np.linspace(low, high, 12)[1:-1]
    assert_allclose(law.pdf(x), np.sqrt((high - x) * (x - low)) / (2 * np.pi * x), rtol=CLOSED_FORM)
    integral = quad(lambda s: 2 * s * float(law.pdf(s * s)), np.sqrt(x[2]), np.sqrt(x[7]), epsabs=0, epsrel=1e-12)[0]
    assert_allclose(law.cdf(x[7]) - law.cdf(x[2]), integral, rtol=CLOSED_FORM)


def test_the_atom():
    law = MarchenkoPastur(0.25)
    assert law.support() == (0.0, 2.25)
    assert law.cdf([-1e-9, 0.0, 0.2]).tolist() == [0.0, 0.75, 0.75]
    assert law.sf([-1e-9, 0.0]).tolist() == [1.0, 0.25]
    assert law.ppf([0.0, 0.5, 0.75, 1.0]).tolist() == [0.0, 0.0, 0.0, 2.25]
    assert law.isf(0.3) == 0
    assert law.logarithm().ppf(0.5) == -np.inf
    assert [law.logarithm().moment(order) for order in (1, 2, 3)] == [-np.inf, np.inf, -np.inf]
    assert_allclose(law.expect(np.cos) - 0.75, quad(lambda x: np.cos(x) * law.pdf(x), 0.25, 2.25, epsrel=1e-10)[0])
