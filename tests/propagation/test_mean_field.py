"""Fixed points, phases and depth scales."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from tests.conftest import CLOSED_FORM

from deeplinear.activations import ACTIVATIONS, Activation, as_activation
from deeplinear.propagation.critical import critical_line
from deeplinear.propagation.layer_variances import homogeneous, variances
from deeplinear.propagation.mean_field import MeanField, variance_fixed_point

# tanh: σ_w, σ_b, q*, χ₁ to the digits that theory.md prints (section 8.2, 25-digit arithmetic)
GOLDEN = [
    (1.05, 0, 0.0532504912855, 1.00287557808, 12),
    (1.3, 0.3, 0.60704679190932, 0.93980742868215, 14),
    (1.5, 0.05, 0.7983871143081, 1.1367077840956, 13),
    (1.5, 0.3, 0.96084427974044, 1.0609812641409, 13),
    (5 / 3, 0, 1.17848049039, 1.20983132038, 11),
    (2.5, 0.3, 4.0791238752822, 1.585224765006, 12),
    (4.0, 0.3, 12.604149497844, 2.3672610355459, 13),
]
# tanh without biases: g, q*, χ₁ (section 8.1)
GAINS = [(1.01, 0.0101, 1.0001), (1.02, 0.0205, 1.0005), (1.05, 0.0533, 1.0029), (1.1, 0.11275, 1.0102)]
GAINS += [(1.2, 0.2495, 1.0335), (1.3, 0.4090, 1.0644), (1.5, 0.7934, 1.1393), (1.75, 1.3928, 1.2469)]
GAINS += [(2, 2.1215, 1.3627), (2.5, 3.9610, 1.6070), (3, 6.3054, 1.8599)]
# σ_w², σ_b², q*, χ₁, c*, ξ_q, ξ_c, ξ_∇ (section 8.2)
SCALES = [
    (1.3, 0.05, 0.3153, 0.8802, 1, 1.785, 7.834, 7.834),
    (4, 0.05, 2.1955, 1.3424, 0.1651, 0.8733, 6.980, -3.396),
    (1, 0.01, 0.0778, 0.8762, 1, 3.720, 7.569, 7.569),
]


@pytest.mark.parametrize(("weight", "bias", "q", "chi", "digits"), GOLDEN)
def test_golden_values(weight, bias, q, chi, digits):
    net = MeanField("tanh", weight, bias)
    assert_allclose(net.variance_fixed_point(), q, rtol=10.0 ** (1 - digits))
    assert_allclose(net.chi, chi, rtol=10.0 ** (1 - digits))
    assert_allclose(net.variance_map(q), q, rtol=1e-11)


def test_the_function_is_the_method():
    assert_allclose(variance_fixed_point("tanh", weight_std=1.3, bias_std=0.3), 0.60704679190932, rtol=3e-14)
    assert variance_fixed_point("relu", weight_std=2**0.5, start=3.0) == 3.0


@pytest.mark.parametrize(("gain", "q", "chi"), GAINS)
def test_gains_above_one(gain, q, chi):
    zero, other = MeanField("tanh", gain).fixed_points()
    assert_allclose([other.q, other.chi], [q, chi], atol=6e-5)  # four decimals are printed
    assert (zero.q, zero.stable, other.stable) == (0.0, False, True)
    assert_allclose(zero.slope, gain**2, rtol=1e-15)


def test_near_criticality_the_fixed_point_is_linear_in_the_gain():
    for excess in (1e-3, 1e-5, 1e-7):
        gain = 1 + excess
        assert_allclose(
            MeanField("tanh", gain).variance_fixed_point(), (gain**2 - 1) / (2 * gain**2), rtol=3 * excess + 1e-9
        )


@pytest.mark.parametrize("name", ["tanh", "erf", "hard_tanh", "sin"])
def test_at_and_below_criticality_nothing_survives(name):
    gain = 1 / as_activation(name).derivative(0.0)
    for share in (1.0, 0.999999, 0.5, 0.0):
        net = MeanField(name, share * gain)
        (only,) = net.fixed_points()
        assert (only.q, only.stable) == (0.0, True)
        assert net.variance_fixed_point(7.0) == 0.0
        assert net.phase == ("critical" if share == 1 else "ordered")
        assert_allclose(net.chi, share**2, rtol=1e-14)


@pytest.mark.parametrize("start", [1e-13, 1e-6, 1e-3, 7.0])
def test_where_a_critical_variance_goes_is_not_left_to_rounding(start):
    """Hard tanh takes e^(-1/2q) of a variance q: below 0.01 float64 does not see it, yet the limit is 0."""
    assert MeanField("hard_tanh", 1.0).variance_fixed_point(start) == 0.0
    for critical in (jnp.sin, np.arctan):
        assert MeanField(as_activation(critical), 1.0).variance_fixed_point(start) == 0.0


@pytest.mark.parametrize("start", [1e-3, 7.0])
@pytest.mark.parametrize(("keeps", "gain"), [(lambda x: np.maximum(x, 0.0), 2**0.5), (lambda x: 3 * x, 1 / 3)])
def test_a_function_that_keeps_every_variance_keeps_this_one(keeps, gain, start):
    """One's own ReLU is a straight line only as far as sums tell; the sign of V(q) - q is rounding at every q."""
    net = MeanField(keeps, gain)
    assert net.variance_fixed_point(start) == start
    assert [(point.q, point.stable) for point in net.fixed_points()] == [(0.0, False)]
    assert net.phase == "critical"


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_beyond_a_critical_slope_the_bend_decides(name):
    """φ bends upwards at 0: at the critical gain variances escape, whatever rounding makes of the slope."""
    net = MeanField(name, 2.0)
    assert not net.fixed_points()[0].stable
    assert net.variance_fixed_point(1e-9) == np.inf


@pytest.mark.parametrize(("weight", "bias", "q", "chi", "c", "xq", "xc", "xg"), SCALES)
def test_depth_scales(weight, bias, q, chi, c, xq, xc, xg):
    net = MeanField("tanh", weight**0.5, bias**0.5)
    assert_allclose([net.variance_fixed_point(), net.chi, net.correlation_fixed_point()], [q, chi, c], atol=6e-5)
    assert_allclose(net.depth_scales(), [xq, xc, xg], atol=6e-4)
    assert net.phase == ("chaotic" if c < 1 else "ordered")


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "selu", "hard_tanh", "erf"])
def test_slopes_are_those_of_the_maps(name):
    """Differences of the maps over steps of 1e-4 in ln q and in c: their error is the square of the step."""
    net = MeanField(name, 1.2, 0.2)
    for q in (0.05, 1.0, 8.0):
        up, down = net.variance_map(q * np.exp(1e-4)), net.variance_map(q * np.exp(-1e-4))
        assert_allclose(net.variance_slope(q), (up - down) / (2e-4 * q), rtol=1e-7)
    q = net.variance_fixed_point()
    for c in (-0.4, 0.0, 0.6):
        up, down = net.correlation_map(c + 1e-4, q), net.correlation_map(c - 1e-4, q)
        assert_allclose(net.correlation_slope(c, q), (up - down) / 2e-4, rtol=1e-6)
    assert_allclose(net.correlation_slope(1.0, q), net.chi, rtol=1e-12)
    assert_allclose(net.correlation_map(1.0), 1.0, rtol=1e-12)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gelu", "softplus", "silu", "sin", "erf"])
def test_the_slope_is_chi_plus_the_bend(name):
    """theory.md, section 8.2: ``χ₁ + σ_w² E[φ'' φ]`` for smooth φ, by another rule (Gauss-Hermite, right at q = 0.3)."""
    phi, net = as_activation(name), MeanField(name, 1.4, 0.1)
    z, weight = np.polynomial.hermite_e.hermegauss(150)
    h, weight = np.sqrt(0.3) * z, weight / weight.sum()
    bend = 1.96 * (phi.second(h) * phi(h)) @ weight
    assert_allclose(net.variance_slope(0.3), net.gradient_growth(0.3) + bend, rtol=1e-10)
    assert_allclose(net.variance_slope(0.0), net.gradient_growth(0.0) + 1.96 * phi.second(0.0) * phi(0.0), rtol=1e-14)


def test_distances_shrink_by_the_depth_scales():
    """Variances and correlations that are iterated come to q* and c* at the rates that ξ_q and ξ_c say."""
    net = MeanField("tanh", 2.0, 0.05**0.5)
    xi, q, c = net.depth_scales(), net.variance_fixed_point(), net.correlation_fixed_point()
    away = variances("tanh", weight_std=2.0, bias_std=0.05**0.5, depth=12, input_variance=1.01 * q) - q
    assert_allclose(away[8] / away[7], np.exp(-1 / xi.variance), rtol=1e-5)  # the next order in what is left of 1 %
    path = [c + 1e-4]
    for _ in range(3):
        path.append(net.correlation_map(path[-1], q))
    assert_allclose((path[3] - c) / (path[2] - c), np.exp(-1 / xi.correlation), rtol=1e-4)  # the next order in 1e-4
    assert_allclose(net.correlation_map(c), c, rtol=1e-12)


def test_just_above_criticality_correlations_end_just_below_one():
    """1 − c* to first order of ``χ₁ − 1``, from the curvature of the map at 1: tangent, then bracket."""
    for weight in (1.76, 1.7610, 1.77, 1.8):
        net = MeanField("tanh", weight**0.5, 0.05**0.5)
        c = net.correlation_fixed_point()
        assert_allclose(net.correlation_map(c), c, atol=2e-10)
        assert (c == 1) == (net.chi <= 1)
    assert MeanField("tanh", 1.5).correlation_fixed_point() == 0.0


def test_relu_and_its_lines():
    net = MeanField("relu", np.sqrt(2))
    assert net.keeps_every_variance
    assert (net.variance_fixed_point(0.3), net.variance_fixed_point(1e9)) == (0.3, 1e9)
    assert net.phase == "critical"
    assert net.depth_scales() == (np.inf, np.inf, np.inf)
    assert [(p.q, p.stable) for p in net.fixed_points()] == [(0.0, False)]
    angle = np.arccos(0.3)
    kernel = (np.sin(angle) + (np.pi - angle) * 0.3) / np.pi
    assert_allclose(net.correlation_map(0.3), kernel, rtol=CLOSED_FORM)
    assert net.correlation_fixed_point() == 1.0
    biased = MeanField("relu", 1.2, 0.5)
    assert_allclose(biased.variance_fixed_point(), 0.25 / (1 - 0.72), rtol=CLOSED_FORM)
    assert_allclose(biased.chi, 0.72, rtol=CLOSED_FORM)
    assert MeanField("relu", np.sqrt(2), 0.1).fixed_points() == ()
    escaped = MeanField("relu", 2.0, 0.1)
    assert escaped.variance_fixed_point() == np.inf
    assert (escaped.phase, escaped.correlation_fixed_point()) == ("chaotic", 1.0)
    assert_allclose(escaped.chi, 2.0, rtol=1e-15)
    assert_allclose(escaped.depth_scales(), [-1 / np.log(2), np.inf, -1 / np.log(2)], rtol=1e-14)


def test_erf_against_its_closed_form():
    for weight, bias in ((1.0, 0.1), (3.0, 0.0), (20.0, 1.0)):
        net = MeanField("erf", weight, bias)
        q = net.variance_fixed_point()
        assert_allclose(weight**2 * 2 / np.pi * np.arctan2(2 * q, np.sqrt(1 + 4 * q)) + bias**2, q, rtol=CLOSED_FORM)
        assert_allclose(net.chi, weight**2 * 4 / np.pi / np.sqrt(1 + 4 * q), rtol=CLOSED_FORM)


def test_selu_keeps_variance_one():
    assert_allclose(MeanField("selu", 1.0).variance_fixed_point(0.2), 1.0, rtol=1e-14)
    assert MeanField("selu", 1.5).variance_fixed_point() == np.inf
    with pytest.raises(ValueError, match=r"chi needs a finite variance, got weight_std=1.5.*with selu it grows"):
        _ = MeanField("selu", 1.5).chi


def test_several_stable_variances():
    """GELU at 1.42: small variances die, those above an unstable point escape; each end is where iteration goes."""
    net = MeanField("gelu", 1.42)
    zero, edge = net.fixed_points()
    assert (zero.q, zero.stable, edge.stable) == (0.0, True, False)
    assert edge.slope > 1
    assert net.variance_fixed_point(0.99 * edge.q) == 0.0
    assert net.variance_fixed_point(1.01 * edge.q) == np.inf
    assert net.variance_fixed_point(edge.q) == edge.q
    for start, end in ((0.99, 0), (1.01, 1e3)):
        q = variances("gelu", gain=1.42, depth=1500, input_variance=start * edge.q)
        assert q[-1] < 1e-9 if end == 0 else q[-1] > end


@pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_the_fixed_point_is_where_iteration_goes(phi):
    net = MeanField(phi, 0.8, 0.3)
    q = variances(phi, weight_std=0.8, bias_std=0.3, depth=400, input_variance=1.0)
    assert_allclose(net.variance_fixed_point(), q[-1], rtol=1e-11)
    assert all(abs(net.variance_map(p.q) / p.q - 1) < 1e-13 for p in net.fixed_points())


@pytest.mark.parametrize("weight", [3.0, 12.0, 60.0])
def test_maps_that_fall_are_followed(weight):
    """``φ = x exp(−x²)`` has ``V = σ_w² q (1 + 4 q)^(−3/2)``: it rises and falls, and its slope at q* comes near its limit −1/2."""
    net = MeanField(as_activation(lambda x: x * np.e ** (-x * x)), weight)
    q = (weight ** (4 / 3) - 1) / 4
    for start in (0.01, 1.0, 30.0):
        assert_allclose(net.variance_fixed_point(start), q, rtol=1e-12)
    assert_allclose(net.fixed_points()[1].slope, 1 - 6 * q / (1 + 4 * q), rtol=1e-11)
    assert net.fixed_points()[1].stable


@pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_no_map_falls_faster_than_one_over_the_root(phi):
    net = MeanField(phi, 1.3, 0.2)
    for q in (0.1, 1.0, 10.0):
        assert net.variance_slope(q) >= -net.variance_map(q) / (2 * q)


@pytest.mark.parametrize("shift", [-1e-7, 1e-7])
@pytest.mark.parametrize(("name", "weight"), [("gelu", 1.42), ("silu", 1.5)])  # close to a grid point, and far from any
def test_two_fixed_points_between_two_grid_points(name, weight, shift):
    """The map touches the diagonal at one bias: a little less and there are two fixed points a thousandth apart, more and none."""
    touch = brentq(lambda q: MeanField(name, weight).variance_slope(q) - 1, 0.1, 12.0, xtol=1e-14)
    square = touch - MeanField(name, weight).variance_map(touch)
    net = MeanField(name, weight, np.sqrt(square + shift))
    points = net.fixed_points()
    if shift > 0:
        assert points == ()
    else:
        low, high = points
        assert low.q < touch < high.q < 1.01 * low.q
        assert (low.stable, high.stable) == (True, False)
        assert (net.variance_fixed_point(0.1), net.variance_fixed_point(100.0)) == (low.q, np.inf)


def test_no_correlation_without_variance():
    with pytest.raises(ValueError, match=r"correlation_map needs variances that are positive and finite, got q=0.0"):
        MeanField("tanh", 0.9).correlation_fixed_point()
    assert_allclose(MeanField("tanh", 0.9).depth_scales(), -1 / np.log(0.81), rtol=1e-12)


def test_refusals():
    with pytest.raises(ValueError, match=r"MeanField needs a finite weight_std >= 0, got weight_std=-1.0"):
        MeanField("tanh", -1.0)
    with pytest.raises(
        ValueError, match=r"a finite weight_std >= 0, one number, got weight_std=\[1, 2\]: it is one standard deviation"
    ):
        MeanField("tanh", [1, 2])  # pyright: ignore[reportArgumentType]
    assert repr(MeanField("tanh", 1)) == "MeanField(activation=Activation('tanh'), weight_std=1.0, bias_std=0.0)"
    with pytest.raises(ValueError, match=r"MeanField needs a finite bias_std >= 0, got bias_std=nan"):
        MeanField("tanh", 1.0, np.nan)
    with pytest.raises(ValueError, match=r"variance_fixed_point needs a finite start >= 0"):
        MeanField("tanh", 1.0).variance_fixed_point(-1.0)


def test_tiny_biases_set_a_tiny_variance():
    assert_allclose(MeanField("tanh", 0.5, 1e-9).variance_fixed_point(), 4e-18 / 3, rtol=1e-13)


def test_next_to_criticality_the_distance_of_c_from_one_is_linear():
    """Bracketed at an excess of 1e-4, from the tangent at 1e-8: the same distance for each."""
    point = critical_line("tanh", bias_std=0.05**0.5)
    short = [
        1 - MeanField("tanh", point.weight_std * (1 + e), point.bias_std).correlation_fixed_point()
        for e in (1e-4, 1e-8)
    ]
    assert_allclose(short[1] * 1e4, short[0], rtol=0.01)  # 1 − c of 5e-8 is known to 2e-3, by some processors


@pytest.mark.parametrize("q", [0.4, 3.0])
def test_correlations_away_from_the_fixed_point(q):
    """erf, where the variance is not kept: the covariance one layer on over the variance one layer on (arcsine law)."""
    net = MeanField("erf", 1.3, 0.4)

    def covariance(c):
        return 1.69 * 2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q)) + 0.16

    assert abs(net.variance_map(q) / q - 1) > 0.2
    for c in (-0.5, 0.2, 0.9, 1.0):
        assert_allclose(net.correlation_map(c, q), covariance(c) / covariance(1), rtol=CLOSED_FORM)
        slope = 1.69 * 4 / np.pi * q / np.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2)
        assert_allclose(net.correlation_slope(c, q), slope / covariance(1), rtol=CLOSED_FORM)


def test_where_the_map_bends_up_the_marginal_zero_is_not_stable():
    """GELU at 2: slope 1 at 0, and what starts a little above goes up; tanh at 1 goes down."""
    assert [(p.q, p.slope, p.stable) for p in MeanField("gelu", 2.0).fixed_points()] == [(0.0, 1.0, False)]
    assert [(p.q, p.slope, p.stable) for p in MeanField("tanh", 1.0).fixed_points()] == [(0.0, 1.0, True)]


def test_scales_of_maps_that_fall_and_of_no_weights():
    """``V = σ_w² q (1 + 4 q)^(−3/2)``: distances change sign in each layer and shrink; without weights nothing is left of them."""
    net = MeanField(as_activation(lambda x: x * np.e ** (-x * x)), 12.0)
    q = (12 ** (4 / 3) - 1) / 4
    assert_allclose(net.depth_scales().variance, -1 / np.log(6 * q / (1 + 4 * q) - 1), rtol=1e-10)
    assert MeanField("tanh", 0.0, 0.3).depth_scales() == (0.0, 0.0, 0.0)


def test_a_corner_of_a_function_that_is_not_zero_tilts_the_map_without_bound():
    """``E[(a + |h|)²] = a² + 2 a √(2q/π) + q``: the slope at 0 is infinite with the sign of a."""
    for a in (1.0, -1.0):
        net = MeanField(as_activation(lambda x, a=a: abs(x) + a, kinks=(0.0,)), 0.7)
        assert net.variance_slope(0.0) == np.copysign(np.inf, a)
        assert_allclose(net.variance_map(2.0), 0.49 * (3 + 4 * a / np.sqrt(np.pi)), rtol=CLOSED_FORM)


def test_functions_that_can_only_be_evaluated():
    """arctan by finite differences, right to 1e-9, and by automatic differentiation."""
    plain = MeanField(as_activation(lambda x: np.arctan(np.asarray(x, dtype=float))), 1.6, 0.2)
    known = MeanField(as_activation(jnp.arctan), 1.6, 0.2)
    assert plain.activation.derivatives == "finite differences"
    found, expected = (
        [net.gradient_growth(0.8), net.variance_slope(0.8), net.variance_slope(0.0), net.correlation_slope(0.5, 0.8)]
        for net in (plain, known)
    )
    assert_allclose(found, expected, rtol=1e-8)


def test_what_only_looks_like_a_straight_line():
    """Slopes of 0 and 1 on either side of 0, but a jump there, or a constant: no ``V(q) = a q``."""

    def flat(x):
        return np.zeros(np.shape(x))

    sign = Activation("sign", np.sign, flat, flat, "jax.numpy:sign", kinks=(0.0,), plateaus=(0.0,))
    raised = replace(ACTIVATIONS["relu"], function=lambda x: 1 + np.maximum(x, 0.0))
    assert_allclose(variances(sign, gain=2.0, depth=1, input_variance=0.3)[1], 4, rtol=1e-13)
    assert_allclose(MeanField(raised, 1.0).variance_map(2.0), 2 + 2 / np.sqrt(np.pi), rtol=CLOSED_FORM)
    assert homogeneous(sign, 1.0) is MeanField(raised, 1.0).line is None
    clip = replace(
        ACTIVATIONS["hard_tanh"],
        function=lambda x: np.clip(x, -2, 2),
        derivative=lambda x: np.where(np.abs(x) < 2, 1.0, 0.0),
        kinks=(-2.0, 2.0),
    )
    assert MeanField(clip, 1.0).line is None
    assert_allclose(MeanField(clip, 1.0).variance_map(1e8), 4, rtol=2e-4)  # φ is ±2 but where |h| < 2: 1.6e-4 of all


def test_scales_are_long_but_finite_next_to_criticality_and_small_biases_count():
    assert_allclose(MeanField("tanh", 0.9999).depth_scales(), -0.5 / np.log(0.9999), rtol=1e-9)
    net = MeanField("tanh", 1.5, 0.01)
    c = net.correlation_fixed_point()
    assert c > 1e-4  # of an odd φ without biases it is 0
    assert_allclose(net.correlation_map(c), c, rtol=1e-11)
