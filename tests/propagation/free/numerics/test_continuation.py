"""Laws whose curve turns back, or comes too close to the values of φ'² for sums over nodes: found from cells, by continuation."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import lambertw, ndtri
from scipy.stats import kstest
from tests.conftest import CLOSED_FORM
from tests.propagation.free.conftest import LEVELS

from deeplinear.activations import ACTIVATIONS, Activation, as_activation
from deeplinear.haar import haar
from deeplinear.propagation.free.double_scaling import DoubleScaling
from deeplinear.propagation.free.numerics.cells import Cells, cells
from deeplinear.propagation.free.numerics.layers import layers
from deeplinear.propagation.free.spectrum import jacobian_moments, jacobian_spectrum
from deeplinear.spectra.products.log_singular import log_singular_values

CELLS = 3e-6  # relative, of means: cells differ from φ'² by the fourth power of their width, 0.05 to 0.2


def found(phi, depth, q, weights="orthogonal"):
    return jacobian_spectrum(phi, gain=1.0, variances=[q] * depth, weights=weights)


def two_slopes(low, place):
    """φ' = low below a place, 1 above it."""
    return Activation(
        "two slopes",
        lambda h: np.where(h > place, h, place + low * (h - place)),
        lambda h: np.where(np.asarray(h) > place, 1.0, low),
        lambda h: np.zeros(np.shape(h)),
        twin=lambda h: h,
        kinks=(place,),
        plateaus=(low, 1.0),
    )


def by_roots(x, depth, values, shares):
    """Density of ln x of an orthogonal product of laws of two values, from the roots of a polynomial in w."""
    (a, b), (p, r) = values, shares
    # λ = w^L (M/(1 + M))^{L−1}, M = p a/(w − a) + r b/(w − b), p + r = 1
    polynomial = np.polynomial.Polynomial
    top, bottom = polynomial([-a * b, p * a + r * b]), polynomial([p * a + r * b - a - b, 1.0])
    w = (polynomial([0, 1]) * top ** (depth - 1) - x * bottom ** (depth - 1)).roots()
    w = w[w.imag < -1e-12]
    m = p * a / (w - a) + r * b / (w - b)
    phase = depth * np.angle(w) + (depth - 1) * np.angle(m / (1 + m))
    right = np.abs(phase) < 1e-6
    return float(m[right].imag.max(initial=0.0)) / math.pi


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_leaky_relu_has_one_interval(depth):
    """``λ(w) = w [((1 + c) w − 2c)/(2w − (1 + c))]^{L−1}``: the density from its roots, the ends from its critical points."""
    c = 0.01**2
    law = found("leaky_relu", depth, 1.0).logarithm()
    log_x = law.ppf([0.05, 0.2, 0.5, 0.8, 0.95])
    exact = [by_roots(math.exp(each), depth, (c, 1.0), (0.5, 0.5)) for each in log_x]
    assert_allclose(
        law.pdf(log_x), exact, rtol=3e-6
    )  # Legendre panels resolve the logarithm to 1e-7, here of ten coefficients
    if depth == 2:
        assert_allclose(law.support(), [2 * math.log(c), 0], atol=1e-9)
        assert_allclose(law.cdf(log_x), [0.05, 0.2, 0.5, 0.8, 0.95], atol=1e-9)
        return

    def slope(w):  # of ln λ
        return 1 / w + (depth - 1) * ((1 + c) / ((1 + c) * w - 2 * c) - 2 / (2 * w - (1 + c)))

    def log_at(w):
        return math.log(w) + (depth - 1) * math.log(((1 + c) * w - 2 * c) / (2 * w - (1 + c)))

    upper, lower = brentq(slope, 1 + 1e-9, 100, xtol=1e-15), brentq(slope, 1e-12, c * (1 - 1e-9), xtol=1e-18)
    assert_allclose(law.support(), [log_at(lower), log_at(upper)], rtol=1e-9)


def test_leaky_relu_with_gaussian_weights():
    law = found("leaky_relu", 10, 1.0, "gaussian")
    exact = jacobian_moments("leaky_relu", gain=1.0, variances=[1.0] * 10, weights="gaussian", order=2)
    assert_allclose([law.expect(lambda x: x), law.expect(np.square)], exact, rtol=1e-8)


def test_a_spectrum_in_two_pieces():
    """Two slopes, the steeper one rarer: intervals, a gap with nothing in it, and an atom in neither."""
    place = 0.5  # P(h > place) = 0.3085
    share = 0.5 * math.erfc(place / math.sqrt(2))
    phi = two_slopes(0.2, place)
    with pytest.raises(ValueError, match=r"an atom of 0\.38\d* at x = 0\.0016"):
        found(phi, 2, 1.0).median()
    law = found(phi, 4, 1.0).logarithm()
    gaps = law.law._table.gaps
    log_x = law.ppf([0.1, 0.4, 0.7, 0.95])
    exact = [by_roots(math.exp(each), 4, (0.04, 1.0), (1 - share, share)) for each in log_x]
    assert_allclose(law.pdf(log_x), exact, rtol=1e-6)
    for low, high in gaps:
        assert law.pdf((low + high) / 2) == 0
        assert_allclose(law.cdf(low), law.cdf(high), atol=1e-7)


# of the issue: M turns back; the upper edge is at |M| > 1e4; φ'² spans hundreds of decades
CASES = [
    ("gelu", 2, 1.0, "orthogonal"),
    ("silu", 10, 3.0, "orthogonal"),
    ("gelu", 2, 3.0, "gaussian"),
    ("silu", 2, 0.11, "orthogonal"),
    ("silu", 3, 0.11, "orthogonal"),
    ("sin", 2, 0.1, "orthogonal"),
    ("sin", 4, 0.1, "orthogonal"),
    ("tanh", 10, 1e-6, "orthogonal"),
    ("erf", 10, 100.0, "gaussian"),
    ("gelu", 10, 100.0, "orthogonal"),
    ("elu", 2, 1.0, "orthogonal"),
]


@pytest.mark.parametrize(("phi", "depth", "q", "weights"), CASES)
def test_means(phi, depth, q, weights):
    law = found(phi, depth, q, weights)
    mean = jacobian_moments(phi, gain=1.0, variances=[q] * depth, weights=weights, order=1)[0]
    rare = 3e-5 if phi == "erf" else CELLS  # all of its mean is rare
    assert_allclose(law.expect(lambda x: x), mean, rtol=1e-7 if (phi, depth) == ("sin", 4) else rare)
    assert_allclose(law.logarithm().cdf(law.logarithm().ppf(LEVELS)), LEVELS, rtol=1e-7)


def test_edges_near_isometry():
    assert_allclose(
        found("tanh", 10, 1e-6).support()[1], 0.999992347596, atol=1e-5 * 7.7e-6
    )  # relative to the width of the law


@pytest.mark.parametrize("variance", [0.99, 0.999, 1.0001, 1.001])
def test_where_the_top_atom_vanishes(variance):
    law, middle = DoubleScaling(variance, "bernoulli"), DoubleScaling(1.0, "bernoulli")
    assert_allclose(np.exp(law._table.high), np.e * variance, rtol=CLOSED_FORM)
    assert_allclose(law.expect(lambda x: x), 1, rtol=1e-6)
    high = 1 + np.log(variance)

    def density(v):  # λ(η) = e^{σ₀² η}/η: its inverse is Lambert's function
        eta = -lambertw(-variance * np.exp(v**2 - high)) / variance
        return 2 * v * abs((eta / (1 - eta)).imag) / np.pi

    for x in middle.ppf([0.1, 0.3, 0.6]):
        above = quad(density, 0, np.sqrt(high - np.log(x)), epsabs=1e-12, epsrel=1e-11, limit=300)[0]
        assert_allclose(law.sf(x), above + law.top[0], rtol=3e-7)


@pytest.mark.parametrize("excess", [1e-3, -1e-4])
def test_hard_tanh_where_the_top_atom_vanishes(excess):
    p = 1 - (1 + excess) / 10
    q = brentq(lambda v: math.erf(1 / math.sqrt(2 * v)) - p, 0.05, 5, xtol=1e-15)
    law = found("hard_tanh", 10, q)
    assert_allclose(law.expect(lambda x: x), law.moment(1), rtol=CELLS)
    assert_allclose(law.top[0], max(-excess, 0), atol=1e-12)


def test_infinite_density_inside():
    """SELU at depth 2: the atom of φ'² at half of all units makes M infinite within the support."""
    law = found("selu", 2, 1.0).logarithm()
    place = 4 * math.log(1.0507009873554805)
    density = law.pdf(place + np.array([-1e-3, -1e-5, 1e-5, 1e-3]))
    assert density[1] > 3 * density[0]
    assert density[2] > 3 * density[3]


def test_a_kinked_function_of_ones_own():
    phi = as_activation(lambda x: np.where(x > -0.5, x + 0.1 * x**2, 0.3 * x - 0.325), kinks=(-0.5,))
    law, rng = found(phi, 2, 0.5), np.random.default_rng(0)
    slope = phi.derivative(math.sqrt(0.5) * ndtri((np.arange(400) + 0.5) / 400))
    factors = [haar(400, 400, rng) * slope for _ in range(2)]
    assert kstest(2 * log_singular_values(factors), law.logarithm().cdf).statistic < 0.015
    assert_allclose(law.expect(lambda x: x), law.moment(1), rtol=1e-5)  # its upper tail fades, and is cut at 1e-10


@pytest.mark.parametrize(
    "place", [0.3 + 0.2j, -0.02 + 0.01j, 0.004 + 0.01j, -1 + 0.3j, 0.2 + 0.1j, 3 + 0.5j, 0.5 + 3.1j]
)
@pytest.mark.parametrize(("width", "tilt"), [(0.003, 0.4), (0.02, -0.6), (0.5, 0.5), (2.0, -0.9)])
def test_one_cell_is_the_mean_over_its_density(place, width, tilt):
    def mean(function):
        def value(x, part):
            return (1 + 2 * tilt * x / width) / width * getattr(complex(function(place + x)), part)

        middle = [min(max(-place.real, -width / 2), width / 2)]
        options = {"points": middle, "limit": 400, "epsabs": 1e-10, "epsrel": 1e-10}
        return complex(*(quad(value, -width / 2, width / 2, args=(part,), **options)[0] for part in ("real", "imag")))

    one = Cells(*(np.array([each]) for each in (0.0, width, tilt, 1.0)), np.array([1]), np.ones(1))
    exact = [
        mean(lambda u: 1 / np.expm1(-u)),
        mean(lambda u: -1 / np.expm1(u)),
        mean(lambda u: -np.exp(-u) / np.expm1(-u) ** 2),
    ]
    # narrow cells are expanded: up to 0.02 of the distance, to the fourth moment
    assert_allclose(np.ravel(one.transforms(np.array([-place]))), exact, rtol=3e-8)


@pytest.mark.parametrize("phi", sorted(set(ACTIVATIONS) - {"linear"}))
def test_cells_are_the_law_of_the_slope(phi):
    """Transforms away from the values of φ'², where sums over nodes are right."""
    f = ACTIVATIONS[phi]
    cut, nodes = (
        make(f, np.array([0.7]), np.ones(1), *more) for make, more in ((cells, ()), (layers, (np.array([3]),)))
    )
    assert_allclose(cut.shares, nodes.shares.real, atol=1e-12)
    for log_w in (-3 - 2j, -8 - 1.5j, 1.0 - 1j):
        w = np.array([log_w])
        psi, whole, slope = nodes.transforms(np.exp(w))
        for ours, exact in zip(cut.transforms(w), (psi, whole, slope * np.exp(w)), strict=True):
            assert_allclose(ours, exact, rtol=CELLS)


def test_a_law_from_cells_with_a_wrong_mean_is_refused(monkeypatch):
    """Also where nothing of it is extrapolated: the table of a law whose values are 1.2² times as large."""
    from deeplinear.activations import as_activation
    from deeplinear.propagation.free import law as room
    from deeplinear.propagation.free.jacobian import JacobianLaw

    right, wrong = (JacobianLaw(as_activation("tanh"), (0.5, 0.5), std) for std in (1.0, 1.2))
    table = wrong._table
    assert wrong.tail < room.SMALL

    def lost(*_):
        raise ArithmeticError

    monkeypatch.setattr(room, "tabulate", lost)
    monkeypatch.setattr(room, "tabulate_cells", lambda *_: table)
    with pytest.raises(ValueError, match=r"JacobianLaw needs a density that can be followed"):
        right.cdf(1.0)
