"""Gaussian means of two correlated pre-activations, against closed forms that are derived here.

arcsine law: d/dc E[erf(u1) erf(u2)] = q E[erf'(u1) erf'(u2)], and the latter is a Gaussian integral, (4/π) / √det(1 + 2 C) with
C the covariance; integrated from c = 0 it is (2/π) arcsin(2 q c / (1 + 2 q)).
arc-cosine kernel: P(u1 > 0, u2 > 0) = (π − θ) / 2π with c = cos θ is the share of the plane between two half planes; integrated
over c from −1 it gives E[relu relu] = q (sin θ + (π − θ) cos θ) / 2π.
"""

import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import erf
from tests.conftest import CLOSED_FORM

from deeplinear.activations import as_activation
from deeplinear.propagation.bivariate_expectation import pair_mean
from deeplinear.propagation.expectation import gaussian_mean

CS = (-1, -1 + 1e-10, -0.99, -0.5, 0, 0.3, 0.9, 0.9999, 1 - 1e-8, 1 - 1e-13, 1)
ERF, RELU, TANH, HARD = (as_activation(name) for name in ("erf", "relu", "tanh", "hard_tanh"))


@pytest.mark.parametrize("q", [0.01, 1.0, 12.6])
@pytest.mark.parametrize("c", CS)
def test_erf_follows_the_arcsine_law(c, q):
    assert_allclose(
        pair_mean(ERF, ERF, (q, q), c), 2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q)), rtol=CLOSED_FORM, atol=1e-16
    )
    determinant = (1 + 2 * q) ** 2 - (2 * q * c) ** 2
    slopes = pair_mean(ERF.derivative, ERF.derivative, (q, q), c)
    assert_allclose(slopes, 4 / np.pi / np.sqrt(determinant), rtol=CLOSED_FORM)


@pytest.mark.parametrize("q", [0.01, 12.6])
@pytest.mark.parametrize("c", CS)
def test_relu_has_the_arc_cosine_kernel(c, q):
    angle = 2 * np.arctan2(np.sqrt((1 - c) / 2), np.sqrt((1 + c) / 2))
    both = pair_mean(RELU.derivative, RELU.derivative, (q, q), c, RELU.kinks)
    assert_allclose(both, (np.pi - angle) / (2 * np.pi), rtol=CLOSED_FORM, atol=1e-15)
    kernel = q * (np.sin(angle) + (np.pi - angle) * c) / (2 * np.pi)
    assert_allclose(pair_mean(RELU, RELU, (q, q), c, RELU.kinks), kernel, rtol=CLOSED_FORM, atol=1e-16 * q)


@pytest.mark.parametrize("c", [-0.7, 0.2, 0.99])
def test_unequal_variances(c):
    q1, q2 = 0.3, 4.0
    expected = 2 / np.pi * np.arcsin(2 * c * np.sqrt(q1 * q2) / np.sqrt((1 + 2 * q1) * (1 + 2 * q2)))
    assert_allclose(pair_mean(ERF, ERF, (q1, q2), c), expected, rtol=CLOSED_FORM)
    assert_allclose(pair_mean(np.square, np.square, (q1, q2), c), q1 * q2 * (1 + 2 * c**2), rtol=CLOSED_FORM)


@pytest.mark.parametrize("c", [-1.0, 0.0, 1.0])
def test_ends_are_single_means(c):
    """tanh and hard-tanh: c = ±1 is a single mean, c = 0 a product."""
    for phi in (TANH, HARD):
        square = gaussian_mean(lambda h, phi=phi: np.square(phi(h)), 2.0, phi.kinks)
        assert_allclose(pair_mean(phi, phi, (2.0, 2.0), c, phi.kinks), c * square, rtol=CLOSED_FORM, atol=1e-15)
        slope = gaussian_mean(phi.derivative, 2.0, phi.kinks)
        square = gaussian_mean(lambda h, phi=phi: np.square(phi.derivative(h)), 2.0, phi.kinks)
        assert_allclose(
            pair_mean(phi.derivative, phi.derivative, (2.0, 2.0), c, phi.kinks),
            slope**2 if c == 0 else square,
            rtol=CLOSED_FORM,
        )


@pytest.mark.parametrize("c", [0.4, 0.999])
def test_two_kinks_against_orthant_integrals(c):
    """P(|u1| < 1, |u2| < 1) by 20-digit arithmetic in one dimension."""
    q = 1.7
    with mp.workdps(20):
        sd, spread = mp.sqrt(q), mp.sqrt(q * (1 - mp.mpf(c) ** 2))

        def inside(u):
            share = mp.ncdf((1 - c * u) / spread) - mp.ncdf((-1 - c * u) / spread)
            return share * mp.npdf(u, 0, sd)

        expected = float(mp.quad(inside, [-1, -0.95, -0.8, 0, 0.8, 0.95, 1]))
    assert_allclose(pair_mean(HARD.derivative, HARD.derivative, (q, q), c, HARD.kinks), expected, rtol=CLOSED_FORM)


def test_a_constant_is_independent():
    assert_allclose(pair_mean(np.cos, np.cos, (0.0, 1.0), 0.7), np.exp(-0.5), rtol=CLOSED_FORM)
    assert_allclose(pair_mean(np.cos, np.cos, (1.0, 0.0), 0.7), np.exp(-0.5), rtol=CLOSED_FORM)
    assert pair_mean(np.cos, np.cos, (0.0, 0.0), 1.0) == 1.0


def test_refusals():
    with pytest.raises(ValueError, match=r"pair_mean needs finite variances >= 0 and a correlation in \[-1, 1\]"):
        pair_mean(np.sin, np.sin, (1.0, 1.0), 1.1)
    with pytest.raises(ValueError, match=r"got variances=\(-1.0, 1.0\)"):
        pair_mean(np.sin, np.sin, (-1.0, 1.0), 0.1)
    with pytest.raises(RuntimeError, match=r"pair_mean needs functions that are smooth between their kinks"):
        pair_mean(lambda h: np.abs(h - 0.3), np.cos, (1.0, 1.0), 0.5)


@pytest.mark.parametrize("c", [-1.0, -1 + 1e-12])
def test_kinks_that_mirror_into_other_places(c):
    """E|u1 − a||u2 − a| next to u2 = −u1, where the kink of the second function meets −a: ``E|a² − u²|``."""
    a = 0.3
    share = erf(a / np.sqrt(2))
    inside = a**2 * share - (share - 2 * a * np.exp(-(a**2) / 2) / np.sqrt(2 * np.pi))
    found = pair_mean(lambda h: np.abs(h - a), lambda h: np.abs(h - a), (1.0, 1.0), c, (a,))
    assert_allclose(found, 1 - a**2 + 2 * inside, rtol=CLOSED_FORM if c == -1 else 1e-11)  # first order in 1 + c


@pytest.mark.parametrize("c", [-1.0, -0.6, 0.3, 0.9999])
def test_two_functions_each_at_its_own_variance(c):
    """``E[u1² exp(i u2)] = (q1 − c² q1 q2) exp(−q2/2)``; ``E[u2 relu(u1)] = c √(q1 q2) / 2``, and the other way round."""
    q1, q2 = 0.7, 2.5
    expected = (q1 - c**2 * q1 * q2) * np.exp(-q2 / 2)
    assert_allclose(pair_mean(np.square, np.cos, (q1, q2), c), expected, rtol=CLOSED_FORM)
    assert_allclose(pair_mean(np.cos, np.square, (q2, q1), c), expected, rtol=CLOSED_FORM)
    for pair in ((RELU, np.positive), (np.positive, RELU)):
        assert_allclose(pair_mean(*pair, (q1, q2), c, RELU.kinks), c * np.sqrt(q1 * q2) / 2, rtol=CLOSED_FORM)


def test_infinite_and_impossible_pairs_are_refused():
    for variances, c in (((np.inf, 1.0), 0.5), ((1.0, 1.0), -1.1), ((1.0, 1.0), np.nan)):
        with pytest.raises(ValueError, match=r"pair_mean needs finite variances >= 0 and a correlation in \[-1, 1\]"):
            pair_mean(np.sin, np.sin, variances, c)


@pytest.mark.parametrize("c", [-0.4, 0.3])
def test_very_large_variances(c):
    assert_allclose(pair_mean(ERF, ERF, (1e6, 1e6), c), 2 / np.pi * np.arcsin(2e6 * c / (1 + 2e6)), rtol=CLOSED_FORM)


@pytest.mark.parametrize("c", [1.0, -1.0, 1 - 1e-13])
def test_kinks_seen_from_a_smaller_variance(c):
    """P(|u1| < 1, |u2| < 1) where ``u2 = ±√(q2/q1) u1`` is the wider: that of u2 alone."""
    found = pair_mean(HARD.derivative, HARD.derivative, (0.3, 4.0), c, HARD.kinks)
    assert_allclose(found, erf(1 / np.sqrt(8)), rtol=CLOSED_FORM)
