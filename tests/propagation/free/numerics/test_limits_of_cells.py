"""Laws from cells at their limits: gaps of the support, atoms that dissolve, variances that saturate nearly every unit."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from tests.propagation.free.numerics.test_continuation import CELLS, found, two_slopes

from deeplinear.propagation.free.numerics.cells import grouped
from deeplinear.propagation.free.numerics.interval import Piece
from deeplinear.propagation.free.numerics.panels import T
from deeplinear.propagation.free.numerics.pieces import beyond
from deeplinear.propagation.free.spectrum import jacobian_moments, jacobian_spectrum


def test_a_gap_of_positive_width():
    """One Gaussian matrix behind slopes 1 and c, half of the units each: ``λ = w (1 + M)`` has an interval for each of them."""
    law, polynomial = found("leaky_relu", 1, 1.0, "gaussian"), np.polynomial.Polynomial
    c, w = 0.01**2, polynomial([0, 1])
    bottom = (w - c) * (w - 1)
    top = w * (bottom + w * (1 + c) / 2 - c)
    places = (top.deriv() * bottom - top * bottom.deriv()).roots().real
    edges = np.sort(top(places) / bottom(places))  # 0, both sides of the gap, the upper edge
    assert_allclose(law._table.gaps, [np.log(edges[1:3])], rtol=1e-9)
    assert_allclose(law.support(), [0, edges[3]], rtol=1e-9)
    inside = np.exp(np.linspace(*law._table.gaps[0], 5)[1:-1])
    assert_allclose(law.pdf(inside), 0, atol=0)
    assert_allclose(law.cdf(inside), 0.5, atol=1e-8)
    assert_allclose([law.expect(lambda x: x), law.expect(np.square)], [law.moment(1), law.moment(2)], rtol=1e-7)


def test_gaussian_weights_dissolve_an_atom_that_would_lie_between_others():
    """Most units at the lower of two slopes: with orthogonal weights 0.38 of the law is an atom; with Gaussian ones none is."""
    law = found(two_slopes(0.2, 0.5), 2, 1.0, "gaussian")
    assert law.top[0] == law.atom == 0
    assert_allclose([law.expect(lambda x: x), law.expect(np.square)], [law.moment(1), law.moment(2)], rtol=1e-8)
    below, above = law.logarithm().cdf(np.log(0.0016) + np.array([-1e-6, 1e-6]))
    assert 0 < above - below < 1e-5


@pytest.mark.parametrize(("depth", "weights"), [(2, "orthogonal"), (200, "orthogonal"), (10, "gaussian")])
def test_sine_at_a_variance_that_makes_its_phase_uniform(depth, weights):
    """φ'² = cos² of a uniform phase: ``w = (1 + M)²/(M (M + 2))``, so that λ(M) and its primitive are elementary."""
    law = found("sin", depth, 1e6, weights).logarithm()
    power = 2 * depth + 1 if weights == "gaussian" else depth + 1  # ln λ = power ln(1 + M) − ln M − depth ln(M + 2)

    def log_at(m):
        return power * np.log(1 + m) - np.log(m) - depth * np.log(m + 2)

    def slope(m):
        return power / (1 + m) - 1 / m - depth / (m + 2)

    edge = brentq(slope, 1e-9, 1e9, xtol=1e-14)
    assert_allclose(law.support()[1], log_at(edge), rtol=0, atol=1e-5)
    levels = np.array([0.9, 0.5, 0.1, 0.01])
    shares = []
    for log_x in law.ppf(levels):
        m = edge * (1 + 0.01j)
        for t in np.linspace(0, 1, 400) ** 2:  # down from the edge
            target = log_at(edge) - 1e-4 * (1 - t) + t * (log_x - log_at(edge))
            for _ in range(8):
                m -= (log_at(m) - target) / slope(m)
        primitive = power * ((1 + m) * np.log(1 + m) - m) - (m * np.log(m) - m) - depth * ((m + 2) * np.log(m + 2) - m)
        shares.append(((1 + m) * log_x - primitive).imag / np.pi)
    assert_allclose(np.diff(shares), np.diff(levels), atol=2e-5)


@pytest.mark.parametrize("phi", ["gelu", "silu"])
def test_where_half_of_all_units_are_linear(phi):
    """At q = 1e6 half of all φ' are 1 within 1e-100, the others nearly 0: an inner singularity a millionth wide."""
    law = found(phi, 2, 1e6)
    assert_allclose(law.expect(lambda x: x), law.moment(1), rtol=CELLS)
    relu = found("relu", 2, 1e6)  # what is left where φ' is 1 or 0
    x = np.array([0.05, 0.3, 0.7])
    assert_allclose(law.sf(x), relu.sf(x), atol=3e-3)  # O(1/√q)


def test_cells_next_to_zeros_are_those_of_a_power():
    """``P(V < v)`` in proportion to ``e^{v/2}``: each cell has the mean of that law between its ends."""
    v = 2 * np.log(np.abs(np.cos(np.linspace(0, 1000 * math.pi, 100_001))))  # zeros of the cosine
    centre, width, tilt, weights = (each[3:40] for each in grouped(v, np.ones(len(v)), 0.05, True))
    low, high = centre - width / 2, centre + width / 2
    mean = (high * np.exp(high / 2) - low * np.exp(low / 2)) / (np.exp(high / 2) - np.exp(low / 2)) - 2
    assert_allclose(centre + tilt * width / 6, mean, rtol=1e-12)
    assert_allclose(np.diff(np.log(weights)), np.diff(centre) / 2, rtol=1e-9)


def test_a_density_that_faded_to_rounding_has_next_to_nothing_below():
    """Constant at its end, as a cell or as rounding is: the rest is at most what lies between there and the top at that height."""
    half, density = 500.0, np.full((1, len(T)), 1e-12)
    y = -1000 + half * (1 + T[None])
    piece = Piece(
        -np.inf, 0.0, np.array([-1000.0, 0.0]), -2 * y, np.full_like(y, np.inf), np.full_like(y, 2.0), density
    )
    below, _, _ = beyond(piece)
    assert 0 < below < 3 * 2 * 1e-12 * 1000


@pytest.mark.slow
@pytest.mark.parametrize("gain", [1.8, 2.0])
def test_gelu_of_thirty_gaussian_layers(gain):
    """Variances from 4 to 2e9: ``ln x`` spans 1e11, and half of it is that of half a network."""
    words = {"gain": gain, "depth": 30, "input_variance": gain**2, "weights": "gaussian"}
    law = jacobian_spectrum("gelu", **words)
    assert_allclose(law.expect(lambda x: x), jacobian_moments("gelu", order=1, **words)[0], rtol=3e-4)
    assert law.tail < 1e-8
    assert_allclose(law.logarithm().cdf(law.logarithm().ppf([0.2, 0.6, 0.9])), [0.2, 0.6, 0.9], rtol=1e-7)
