from math import comb

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from tests.conftest import CLOSED_FORM, INTEGRATOR

from deeplinear.generalisation.marchenko_pastur_rule import edges, eigenvalue, marchenko_pastur

ASPECTS = [1e-4, 0.3, 0.99, 1 - 1e-9, 1.0, 1.01, 2.5, 400.0]


@pytest.mark.parametrize("aspect", ASPECTS)
def test_mass_and_moments(aspect):
    rule = marchenko_pastur(aspect=aspect)
    assert_allclose(rule.weights.sum(), min(1, aspect), rtol=CLOSED_FORM)
    for k in range(1, 6):
        narayana = sum(comb(k, r) * comb(k, r - 1) / k * aspect**r for r in range(1, k + 1))
        assert_allclose(rule.weights @ rule.eigenvalues**k, narayana, rtol=CLOSED_FORM, err_msg=f"moment {k}")
        assert_allclose(rule.weights @ rule.singular_values ** (2 * k), narayana, rtol=CLOSED_FORM)


@pytest.mark.parametrize("aspect", [a for a in ASPECTS if a != 1])
def test_mean_inverse(aspect):
    rule = marchenko_pastur(aspect=aspect)
    assert_allclose(rule.weights @ (1 / rule.eigenvalues), min(1, aspect) / abs(1 - aspect), rtol=CLOSED_FORM)


@pytest.mark.parametrize("aspect", [0.2, 0.99, 1.0, 3.0])
@pytest.mark.parametrize(
    "f", [np.exp, np.sqrt, lambda x: 1 / (1 + 100 * x), lambda x: np.exp(-50 * x), lambda x: np.log1p(1e3 * x)]
)
def test_against_another_quadrature(aspect, f):
    low, high = (1 - np.sqrt(aspect)) ** 2, (1 + np.sqrt(aspect)) ** 2

    def integrand(s):  # over singular values: the density in λ is infinite at a hard edge
        x = s * s
        return f(x) * np.sqrt(max((high - x) * (x - low), 0.0)) / (np.pi * s) if s > 0 else 0.0

    expected, _ = quad(integrand, np.sqrt(low), np.sqrt(high), epsabs=0, epsrel=1e-11, limit=500)
    rule = marchenko_pastur(aspect=aspect)
    assert_allclose(rule.weights @ f(rule.eigenvalues), expected, rtol=INTEGRATOR)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("width", [0.1, 1e-3, 1e-6])
def test_sharp_places(aspect, width):
    places = np.array([0.0, 0.7, 2.0, np.pi])
    rule = marchenko_pastur(aspect=aspect, sharp=[(places, width)])
    assert rule.weights.shape == rule.angles.shape == (4, rule.angles.shape[1])
    peak = width / ((rule.angles - places[:, None]) ** 2 + width**2)
    expected = np.arctan((np.pi - places) / width) + np.arctan(places / width)
    assert_allclose((rule.steps * peak).sum(axis=-1), expected, rtol=INTEGRATOR)
    assert_allclose(rule.weights.sum(axis=-1), min(1, aspect), rtol=CLOSED_FORM)


@pytest.mark.parametrize("aspect", [0.4, 1.0, 2.0])
def test_eigenvalues_of_samples_follow_the_law(aspect):
    rng, n = np.random.default_rng(3), 400
    x = rng.normal(size=(n, int(aspect * n))) / np.sqrt(n)
    found = np.linalg.eigvalsh(x @ x.T)
    angles = np.linspace(0.1, 3.0, 12)
    above = [marchenko_pastur(aspect=aspect, start=angle).weights.sum() for angle in angles]
    share = [(found > eigenvalue(angle, aspect=aspect)).mean() for angle in angles]
    # eigenvalues repel: their number has a standard deviation of √(ln n + 2)/π, not √n
    assert_allclose(share, above, atol=5 * np.sqrt(np.log(n) + 2) / np.pi / n, rtol=0)


def test_edges_do_not_cancel():
    assert_allclose(edges(1 + 1e-8)[0], (0.5e-8) ** 2, rtol=1e-7)
    assert_allclose(edges(0.25), (0.25, 2.25), rtol=CLOSED_FORM)
    assert edges(1.0) == (0.0, 4.0)


@pytest.mark.parametrize("aspect", [0.0, -1.0, np.inf, np.nan])
def test_bad_aspect(aspect):
    with pytest.raises(
        ValueError, match=f"marchenko_pastur needs a finite aspect > 0, got aspect={aspect}: it is a sc"
    ):
        marchenko_pastur(aspect=aspect)
