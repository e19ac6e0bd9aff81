"""Eigenvalues of products: the plane, its bins, and the printed shares."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import dblquad, quad
from tests.conftest import CLOSED_FORM, INTEGRATOR

from deeplinear.spectra import GinibreProduct


@pytest.mark.parametrize(("k", "percent"), [(4, "23.7"), (5, "31.6"), (6, "38.2"), (99, "94.3")])
def test_origin_bin_of_the_paper(k, percent):
    """Theory handbook, section 7.2, which prints 31.5 for 31.55; the paper's figure says 32 and 94."""
    assert f"{100 * GinibreProduct(k).fraction_in_square(0.05):.1f}" == percent


@pytest.mark.parametrize("k", [1, 2, 5, 99])
def test_fraction_in_square(k):
    law = GinibreProduct(k)
    for h in (1e-3, 0.05, 0.7, 0.72, 0.9, 0.999):
        angles = (
            4
            / np.pi
            * quad(lambda t, h=h: law.cdf(h / np.cos(t)), 0, np.pi / 4, points=[np.arccos(h)] * (h > 0.7071))[0]
        )
        assert_allclose(law.fraction_in_square(h), angles, rtol=INTEGRATOR)
        z = law.planar_rvs(40_000, random_state=3)
        inside = ((np.abs(z.real) < h) & (np.abs(z.imag) < h)).mean()
        p = law.fraction_in_square(h)
        assert abs(inside - p) < 5 * np.sqrt(p * (1 - p) / z.size) + 1 / z.size  # one where less is expected
    assert_allclose([law.fraction_in_square(h) for h in (1.0, 3.0)], 1, rtol=CLOSED_FORM)
    h = 1e-6
    assert_allclose(law.fraction_in_square(2 * h) / law.fraction_in_square(h), 2 ** (2 / k), rtol=CLOSED_FORM)


def test_one_matrix_fills_the_disc_evenly():
    law = GinibreProduct(1)
    assert_allclose(law.planar_density([0.0, 0.5j, -0.7 + 0.7j, 0.8 + 0.7j]), [1 / np.pi, 1 / np.pi, 1 / np.pi, 0])
    assert_allclose(law.fraction_in_square(0.05), 0.01 / np.pi, rtol=CLOSED_FORM)


def test_planar_density_and_radial_law_agree():
    law = GinibreProduct(5)
    x = np.array([0.01, 0.3, 0.9])
    assert_allclose(law.planar_density(1j * x) * 2 * np.pi * x, law.pdf(x), rtol=CLOSED_FORM)
    away = dblquad(lambda y, x: law.planar_density(x + 1j * y), 0.3, 0.5, 0.2, 0.6, epsabs=1e-12)[0]
    z = law.planar_rvs(200_000, random_state=0)
    share = ((z.real > 0.3) & (z.real < 0.5) & (z.imag > 0.2) & (z.imag < 0.6)).mean()
    assert abs(share - away) < 5 * np.sqrt(away / z.size)
    assert law.planar_density(0.0) == np.inf
    assert np.iscomplexobj(law.planar_rvs(random_state=0))
