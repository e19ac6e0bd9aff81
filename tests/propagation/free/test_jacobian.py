"""Jacobian spectra: closed forms, edges, moments, an independent route."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from tests.conftest import CLOSED_FORM
from tests.propagation.free.conftest import CURVE, LEVELS, TAILS

from deeplinear.activations import as_activation
from deeplinear.propagation import variances
from deeplinear.propagation.expectation import gaussian_mean
from deeplinear.propagation.free.double_scaling import DoubleScaling
from deeplinear.propagation.free.residual import ResidualLaw
from deeplinear.propagation.free.spectrum import jacobian_moments, jacobian_spectrum
from deeplinear.spectra import FussCatalan, MarchenkoPastur

SHARES = {"hard_tanh": lambda q: gaussian_mean(lambda h: 1.0 * (np.abs(h) < 1), q, (-1.0, 1.0))}


def same(law, other, scale=1.0):
    """Two laws are one, up to a scale of x."""
    p = other.atom + other.mass * LEVELS
    law, other, shift = law.logarithm(), other.logarithm(), np.log(scale)
    log_x = other.ppf(p)
    assert_allclose(law.cdf(shift + log_x), p, rtol=CURVE)
    assert_allclose(law.sf(shift + log_x), other.sf(log_x), rtol=TAILS)
    assert_allclose(law.pdf(shift + log_x), other.pdf(log_x), rtol=TAILS)
    assert_allclose(law.ppf(p), shift + log_x, rtol=CURVE, atol=CURVE)
    assert_allclose(law.support(), np.add(shift, other.support()), rtol=CLOSED_FORM)


@pytest.mark.parametrize("depth", [1, 2, 5, 100])
def test_linear_gaussian_networks_are_fuss_catalan(depth):
    law = jacobian_spectrum("linear", gain=0.9, depth=depth, input_variance=1.0, weights="gaussian")
    same(law, FussCatalan(depth), 0.9 ** (2 * depth))


def test_one_gaussian_matrix_behind_a_projection_is_marchenko_pastur():
    law = jacobian_spectrum("relu", gain=1.0, depth=1, input_variance=1.0, weights="gaussian")
    same(law, MarchenkoPastur(0.5))


@pytest.mark.parametrize("depth", [2, 3, 4, 10, 30])
def test_orthogonal_relu(depth):
    # W D seen from the other side is one Gaussian-like compression less: the edge is that of Fuss-Catalan, k = depth − 1
    law = jacobian_spectrum("relu", gain=np.sqrt(2), depth=depth, input_variance=1.0)
    top = depth**depth / (depth - 1.0) ** (depth - 1)
    assert_allclose(law.support(), (0, top), rtol=1e-9 if depth == 2 else CURVE)
    assert_allclose([law.atom, law.mean(), law.var()], [0.5, 1.0, depth], rtol=CLOSED_FORM)


def test_two_orthogonal_rectifiers_are_an_arcsine():
    law = jacobian_spectrum("relu", gain=1.0, depth=2, input_variance=1.0)
    x = np.array([0.05, 0.3, 0.5, 0.9])
    # squared cosines between two random half spaces, and zeros
    assert_allclose(law.cdf(x), 0.5 + np.arcsin(np.sqrt(x)) / np.pi, rtol=1e-8)  # its edge is infinite, M there too


@pytest.mark.parametrize(("p", "depth", "printed"), [(0.9, 10, 2.86797), (0.99, 100, 2.73200), (0.5, 10, 25.81175)])
def test_edges_of_hard_tanh(p, depth, printed):
    # theory.md 8.3; at criticality, σ_w² p = 1
    q = brentq(lambda v: float(SHARES["hard_tanh"](v)) - p, 1e-3, 10, xtol=1e-15)
    law = jacobian_spectrum("hard_tanh", weight_std=p**-0.5, variances=np.full(depth, q))
    edge = law._table.high  # with σ² L(1 − p) < 1 an atom lies above
    z = p / (depth * (1 - p) - 1) if abs(depth * (1 - p) - 1) > 1e-9 else 1e13
    exact = -np.log(p) * depth + depth * np.log((p + z) / (1 + z)) + np.log((1 + z) / z)
    assert_allclose(edge, exact, rtol=1e-9)
    assert_allclose(np.exp(edge), printed, atol=6e-6)
    assert_allclose([law.atom, law.mean(), law.var()], [1 - p, 1.0, depth * (1 - p) / p], rtol=1e-11)


@pytest.mark.parametrize("weights", ["orthogonal", "gaussian"])
@pytest.mark.parametrize("phi", ["tanh", "erf", "relu", "hard_tanh", "elu", "sin", "silu", "sigmoid"])
def test_moments(phi, weights):
    q = np.array([0.3, 0.5, 0.5])
    law = jacobian_spectrum(phi, gain=1.2, variances=q, weights=weights)
    found = jacobian_moments(phi, gain=1.2, variances=q, weights=weights, order=4)
    assert_allclose([law.moment(k) for k in (1, 2, 3, 4)], found, rtol=CLOSED_FORM)
    assert_allclose([law.expect(lambda x, k=k: x**k) for k in (1, 2, 3, 4)], found, rtol=1e-9)
    assert_allclose(found[:3], by_hand(phi, 1.2, q, weights), rtol=1e-11)
    assert_allclose(law.var(), found[1] - found[0] ** 2, rtol=1e-11)


def by_hand(phi, gain, q, weights):
    """m_1, m_2, m_3 by free multiplication, one layer after another: ``a`` free from ``b`` of either side."""
    f = as_activation(phi)
    total = np.array([1.0, 1.0, 1.0])
    for each in q:
        d = [float(gaussian_mean(lambda h, k=k: f.derivative(h) ** (2 * k), each, f.kinks)) for k in (1, 2, 3)]
        for factor in (
            d,
            [gain**2, gain**4 * (2 if weights == "gaussian" else 1), gain**6 * (5 if weights == "gaussian" else 1)],
        ):
            total = multiplied(total, factor)
    return total


def multiplied(a, b):
    """Moments of ``√a b √a``, a free from b (Nica & Speicher, by non-crossing partitions)."""
    (a1, a2, a3), (b1, b2, b3) = a, b
    k2, k3 = b2 - b1**2, b3 - 3 * b1 * b2 + 2 * b1**3
    return np.array([a1 * b1, a2 * b1**2 + a1**2 * k2, a3 * b1**3 + 3 * a1 * a2 * b1 * k2 + a1**3 * k3])


@pytest.mark.parametrize("weights", ["orthogonal", "gaussian"])
def test_layers_are_exchangeable_and_counted(weights):
    law = jacobian_spectrum("tanh", gain=1.1, variances=[0.2, 0.9, 0.2, 0.5], weights=weights)
    other = jacobian_spectrum("tanh", gain=1.1, variances=[0.9, 0.2, 0.5, 0.2], weights=weights)
    x = law.ppf(LEVELS)
    assert_allclose(other.cdf(x), LEVELS, rtol=CURVE)


def test_scale():
    law, other = (jacobian_spectrum("tanh", gain=g, variances=[0.5] * 4) for g in (1.0, 1.5))
    assert_allclose(other.ppf(LEVELS), 1.5**8 * law.ppf(LEVELS), rtol=CURVE)


@pytest.mark.parametrize(("phi", "weights"), [("tanh", "orthogonal"), ("tanh", "gaussian"), ("hard_tanh", "gaussian")])
def test_the_cdf_is_the_primitive_of_the_curve(phi, weights):
    """``Im ∫ (1 + M) d ln λ`` needs no integration: an independent route to the cdf."""
    law = jacobian_spectrum(phi, gain=1.2, variances=[0.4, 0.9, 0.9, 1.1], weights=weights)
    p = law.atom + (law.mass - law.top[0]) * LEVELS[2:6]
    log_x = law.logarithm().ppf(p)
    rows = law._layers(law._levels() + 4)
    found = []
    for place in log_x:
        m, w = point(law, rows, place)
        inner = {"orthogonal": 3 * (xlogx(m) - xlogx(1 + m)), "gaussian": xlogx(1 + m) + 3 * xlogx(m)}[weights]
        inner += 8 * np.log(law.weight_std) * m - (4 * m if weights == "gaussian" else 0)
        inner += np.sum(rows.counts * (m * np.log(w) - rows.log_transform(w)))
        found.append(((1 + m) * place - inner).imag / np.pi)
    assert_allclose(np.diff(found), np.diff(p), rtol=1e-9)


def xlogx(m):
    return m * np.log(m)


def point(law, rows, log_x):
    """M and w where ``ln λ(M) = log_x``, by plain Newton from the tabulated density and a scan of the real part."""
    b = np.exp(law.logarithm().logpdf(log_x))
    best = None
    for real in np.linspace(-1.4, 2.0, 35):
        m = complex(real, np.pi * b)
        w = inverted(rows, m)
        value = law._prefix(m, 1 + m)[0] + np.sum(rows.counts * np.log(w))
        best = min(best or (np.inf, 0), (abs(value - log_x), real))
    m = complex(best[1], np.pi * b)
    for _ in range(40):
        w = inverted(rows, m)
        value, slope = law._prefix(m, 1 + m)
        slope = slope + np.sum(rows.counts / (w * rows.transforms(w)[2]))
        step = (log_x - value - np.sum(rows.counts * np.log(w))) / slope
        m += step
        if abs(step) < 1e-13:
            return m, inverted(rows, m)
    raise AssertionError("no convergence")


def inverted(rows, m):
    """Every w with ``ψ(w) = M``, from far away by homotopy."""
    w = rows.moment(1) / (1e-3 * m)
    for share in np.linspace(1e-3, 1, 40):
        for _ in range(5):
            psi, _, slope = rows.transforms(w)
            w = w + (share * m - psi) / slope * psi / (share * m)
    return w


def test_the_network_of_the_example():
    q = variances("tanh", gain=1.05, depth=99, input_variance=1.0)
    law = jacobian_spectrum("tanh", gain=1.05, depth=100, input_variance=1.0)
    assert law.variances == tuple(q)
    fixed = jacobian_spectrum("tanh", weight_std=1.3, bias_std=0.3, depth=3, input_variance="fixed point")
    assert_allclose(fixed.variances, 0.60704679190932, rtol=1e-11)  # theory.md 8.2
    assert_allclose(
        jacobian_moments("tanh", weight_std=1.3, bias_std=0.3, depth=3, input_variance="fixed point", order=1),
        0.93980742868215**3,
        rtol=1e-11,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"depth": 3}, "jacobian_spectrum needs one of input_variance and variances"),
        ({"depth": 0, "input_variance": 1.0}, "jacobian_spectrum needs a whole depth >= 1, got depth=0"),
        ({"input_variance": 1.0}, "got depth=None"),
        (
            {"depth": 3, "input_variance": "q*"},
            "input_variance to be a number or 'fixed point', got input_variance='q\\*'",
        ),
        ({"depth": 3, "input_variance": np.ones(3)}, "it is one variance"),
        ({"depth": 3, "variances": [1.0, 1.0]}, "needs finite variances >= 0, one for each layer"),
        ({"variances": [1.0, -1.0]}, "needs finite variances >= 0"),
        (
            {"variances": [1.0], "weights": "sparse"},
            "needs weights in orthogonal, gaussian, got weights='sparse'",
        ),
    ],
)
def test_bad_words(words, message):
    with pytest.raises(ValueError, match=message):
        jacobian_spectrum("tanh", gain=1.0, **words)


def test_a_cusp_leaves_a_tail_that_says_so():
    """φ' with a cusp at 0 stops the curve early; what is below is extrapolated, and moments do not feel it."""
    softsign = as_activation(lambda x: x / (1 + np.abs(x)), kinks=(0.0,))
    words = {"gain": 1.0, "depth": 5, "input_variance": 1.0}
    law = jacobian_spectrum(softsign, **words)
    assert 1e-5 < law.tail < 1e-3
    assert_allclose([law.moment(k) for k in (1, 2)], jacobian_moments(softsign, order=2, **words), rtol=1e-5)
    assert_allclose(law.cdf(law.ppf(LEVELS)), LEVELS, rtol=1e-9)


def test_bad_laws():
    with pytest.raises(ValueError, match="one of weight_std and gain"):
        jacobian_spectrum("tanh", depth=2, input_variance=1.0)
    with pytest.raises(ValueError, match="weight_std > 0"):
        jacobian_spectrum("tanh", gain=0.0, depth=2, input_variance=1.0)
    with pytest.raises(ValueError, match="order <= 12"):
        jacobian_moments("tanh", gain=1.0, depth=2, input_variance=1.0, order=13)
    with pytest.raises(ValueError, match="ResidualLaw needs a finite c > 0"):
        ResidualLaw(0.0)
    with pytest.raises(ValueError, match="kind in bernoulli, smooth, got kind='tanh'"):
        DoubleScaling(1.0, "tanh")
    with pytest.raises(ValueError, match="DoubleScaling needs a finite variance > 0"):
        DoubleScaling(-1.0)


def test_below_the_table_a_hard_edge_goes_on():
    law = jacobian_spectrum("linear", gain=1.0, depth=3, input_variance=1.0, weights="gaussian").logarithm()
    exact, log_x = FussCatalan(3).logarithm(), np.array([-130.0, -400.0])  # the table ends at −120
    assert law.logcdf(log_x[0]) < np.log(jacobian_tail(law))
    for name in ("logcdf", "logpdf"):
        assert_allclose(getattr(law, name)(log_x), getattr(exact, name)(log_x), rtol=1e-9)
    assert_allclose(law.ppf(np.exp(exact.logcdf(log_x))), log_x, rtol=1e-9)


def jacobian_tail(logarithm):
    return logarithm.law.tail
