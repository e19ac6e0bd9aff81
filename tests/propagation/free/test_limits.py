"""Near isometry: double scaling, the critical line, residual networks, and laws beyond their tables."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from tests.conftest import CLOSED_FORM
from tests.propagation.free.conftest import CURVE, LEVELS

from deeplinear.activations import as_activation
from deeplinear.propagation.critical import critical_line
from deeplinear.propagation.expectation import gaussian_mean
from deeplinear.propagation.free.double_scaling import DoubleScaling
from deeplinear.propagation.free.residual import ResidualLaw
from deeplinear.propagation.free.spectrum import jacobian_spectrum


@pytest.mark.parametrize(
    ("variance", "smooth", "bernoulli"), [(0.25, 2.42376, 1.28403), (1.0, 4.85718, 2.71828), (4.0, 13.3454, 10.87313)]
)
def test_double_scaling_edges(variance, smooth, bernoulli):
    # theory.md 8.3
    assert_allclose(DoubleScaling(variance, "smooth").support()[1], smooth, atol=6e-5)
    assert_allclose(DoubleScaling(variance, "bernoulli").support()[1], bernoulli, atol=6e-6)
    z = (-1 + np.sqrt(1 + 4 / variance)) / 2
    assert_allclose(
        DoubleScaling(variance, "smooth").support()[1], (1 + z) / z * np.exp(variance * z), rtol=CLOSED_FORM
    )
    exact = np.e * variance if variance > 1 else np.exp(variance)
    assert_allclose(DoubleScaling(variance, "bernoulli").support()[1], exact, rtol=CLOSED_FORM)


@pytest.mark.parametrize(("phi", "kind"), [("hard_tanh", "bernoulli"), ("tanh", "smooth")])
def test_deep_networks_come_to_the_double_scaling_limit(phi, kind):
    """The distance from the limit halves as depth doubles."""
    limit, gaps = DoubleScaling(2.0, kind), []
    x = limit.ppf([0.3, 0.5, 0.9])
    f = as_activation(phi)

    def spread(q, depth):
        first, second = (float(gaussian_mean(lambda h, k=k: f.derivative(h) ** k, q, f.kinks)) for k in (2, 4))
        return depth * (second / first**2 - 1) - 2.0, first

    for depth in (1600, 3200):
        q = brentq(lambda v, depth=depth: spread(v, depth)[0], 1e-3, 1.0, xtol=1e-15)
        law = jacobian_spectrum(phi, weight_std=spread(q, depth)[1] ** -0.5, variances=np.full(depth, q))
        gaps.append(np.abs(law.cdf(x) - limit.cdf(x)).max())
    rate = 2.0 if kind == "bernoulli" else np.sqrt(2.0)  # the third moment of tanh' goes like q³ L, q like L^−½
    assert gaps[1] < 0.02
    assert_allclose(gaps[0] / gaps[1], rate, rtol=0.1)  # the order; ratios of gaps are 3 % off


@pytest.mark.parametrize("variance", [1e-3, 1e-6])
def test_narrow_laws_are_semicircles(variance):
    """The edges are close to M = ±σ₀⁻¹, a narrow band of η; what is left of the semicircle is of order σ₀."""
    root = np.sqrt(variance)
    z = (-1 + np.sqrt(1 + 4 / variance)) / 2
    for law in (DoubleScaling(variance), ResidualLaw(variance / 2)):
        x = 1 + root * np.array([-1.5, -0.5, 0.0, 1.0])
        t = (x - 1) / root
        semicircle = 0.5 + t * np.sqrt(4 - t**2) / (4 * np.pi) + np.arcsin(t / 2) / np.pi
        assert_allclose(law.cdf(x), semicircle, atol=root)
        assert_allclose(law.expect(lambda x: x) - law.mean(), 0, atol=1e-13)
    law = DoubleScaling(variance)
    edges = [z / (1 + z) * np.exp(-variance * (1 + z)), (1 + z) / z * np.exp(variance * z)]
    assert_allclose(law.support(), edges, rtol=CLOSED_FORM)
    assert_allclose(law.expect(lambda x: (x - 1) ** 2), variance, rtol=1e-9)


@pytest.mark.parametrize(("q", "depth"), [(0.001, 2), (0.001, 7), (0.01, 2), (0.01, 7), (0.01, 100)])
def test_near_isometries(q, depth):
    std = critical_line("tanh", q=q).weight_std
    law = jacobian_spectrum("tanh", weight_std=std, variances=np.full(depth, q))
    assert_allclose(law.expect(lambda x: x), 1, rtol=CURVE)
    assert_allclose(law.expect(lambda x: (x - 1) ** 2), law.var(), rtol=1e-9)
    p = LEVELS[1:-1]
    assert_allclose(law.cdf(law.ppf(p)), p, rtol=CURVE)
    assert law.tail < CURVE  # where rounding of φ', continued, stops the curve: 1e-13 to 1e-11, as the processor rounds


@pytest.mark.parametrize("c", [0.25, 1.0])
def test_residual_networks(c):
    law = ResidualLaw(c)
    x = law.ppf(LEVELS[1:-1])
    assert_allclose(law.cdf(x) + law.cdf(1 / x), 1, rtol=CURVE)
    assert_allclose([law.mean(), law.var()], [np.exp(c), 2 * c * np.exp(2 * c)], rtol=CLOSED_FORM)
    assert_allclose([law.expect(lambda t: t), law.expect(lambda t: t**2)], [law.moment(1), law.moment(2)], rtol=CURVE)
    low, high = {0.25: (0.2362, 4.234), 1.0: (1 / 21.1, 21.1)}[c]  # theory.md 8.4
    assert_allclose(law.support(), (low, high), rtol=2e-3)  # three digits are printed
    m = (-1 + np.sqrt(1 + 2 / c)) / 2
    edge = (1 + m) / m * np.exp(c * (1 + 2 * m))
    assert_allclose(law.support(), (1 / edge, edge), rtol=CLOSED_FORM)


# critical tanh networks: q*, σ_w², σ²/L with orthogonal weights and one unit of its last digit (theory.md 8.3)
CRITICAL = [(0.001, 1.001997, 7.921e-6, 1e-9), (0.01, 1.019711, 7.273e-4, 1e-7), (0.02, 1.038882, 2.667e-3, 1e-6)]
CRITICAL += [(0.05, 1.093627, 0.01332, 1e-5), (0.1, 1.177569, 0.03971, 1e-5), (0.25, 1.393962, 0.1370, 1e-4)]
CRITICAL += [(0.5, 1.687975, 0.2992, 1e-4), (1.0, 2.153303, 0.5835, 1e-4), (2.0, 2.861162, 1.0405, 1e-4)]


@pytest.mark.parametrize(("weights", "more"), [("orthogonal", 0), ("gaussian", 1)])
@pytest.mark.parametrize(("q", "weight_variance", "printed", "unit"), CRITICAL)
def test_variance_on_the_critical_line(q, weight_variance, printed, unit, weights, more):
    std = critical_line("tanh", q=q).weight_std
    assert_allclose(std**2, weight_variance, atol=6e-7)
    law = jacobian_spectrum("tanh", weight_std=std, variances=np.full(7, q), weights=weights)
    assert_allclose(law.mean(), 1, rtol=CLOSED_FORM)
    assert_allclose(law.var() / 7, printed + more, atol=0.6 * unit)


def test_beyond_the_table_soft_edges_go_on():
    """Depth below the edge like θ², share above like θ³, density like θ, ``θ ~ e^{−y}``; the lower edge is its mirror image."""
    table = ResidualLaw(1.0)._table
    for ends, edge, share in (
        (np.array([12.0, 13.0]), "log_depth", "log_upper"),
        (np.array([-33.0, -34.0]), "log_height", "log_lower"),
    ):
        values = table.at(ends)
        for name, power in ((edge, 2), (share, 3), ("log_b", 1), ("log_slope", 2)):
            assert_allclose(np.diff(getattr(values, name)), -power, rtol=1e-3, err_msg=name)  # G cancels there
    first, last = table.edges[[0, -1]]
    for y in (first, last):
        around = table.at(np.array([y - 1e-9, y + 1e-9]))
        for name in ("log_depth", "log_height", "log_lower", "log_upper", "log_b"):
            assert_allclose(np.diff(getattr(around, name)), 0, atol=1e-7, err_msg=name)
