"""Singular values of whole Jacobians: formed where that is good enough, else factor by factor."""

from functools import reduce

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.spectra.products import exactly

from deeplinear import initial
from deeplinear.network import Network
from deeplinear.propagation.finite.jacobian import Factors, log_jacobian_singular_values
from deeplinear.spectra.products import partial_products
from deeplinear.spectra.products.log_singular import log_singular_values, within

GOOD = 1e-6  # the relative error asked for by default
SEEN = 1e-8  # what comes of it: estimates are bounds


def network(kind, widths, gain, activation="tanh", **options):
    weights = getattr(initial, kind)(widths, rng=0)
    return Network([gain * w for w in weights], activation, **options)


def formed(net, x):
    return reduce(lambda below, above: above @ below, net.jacobian_factors(x))


def differenced(net, x, step=1e-6):
    columns = [(net(x + step * e) - net(x - step * e)) / (2 * step) for e in np.eye(len(x))]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("activation", ["tanh", "relu", "hard_tanh", "gelu", "linear"])
@pytest.mark.parametrize("widths", [(12, 12, 12, 12), (5, 9, 14), (14, 9, 5), (8, 3, 9), (1, 6, 1)])
@pytest.mark.parametrize("activated", [False, True])
def test_against_differences(activation, widths, activated):
    net = network("gaussian", widths, 1.2, activation, activated_inputs=activated)
    x = np.random.default_rng(3).standard_normal(widths[0])
    expected = np.linalg.svd(differenced(net, x), compute_uv=False)
    found = np.exp(log_jacobian_singular_values(net, x))
    assert found.shape == expected.shape
    assert_allclose(found, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("kind", "gain", "depth"),
    [("orthogonal", 1.0, 100), ("orthogonal", 0.5, 60), ("orthogonal", 1.3, 100), ("gaussian", 0.9, 100)],
)
@pytest.mark.parametrize("n", [24, 60])
def test_both_ways_and_one_factor_at_a_time(kind, gain, depth, n):
    net = network(kind, [n] * (depth + 1), gain)
    x = np.random.default_rng(1).standard_normal(n)
    factors = list(net.jacobian_factors(x))
    alone = log_singular_values(factors)
    found, error = log_jacobian_singular_values(net, x, error=True)
    assert_allclose(found, alone, rtol=0, atol=SEEN)
    assert_allclose(log_singular_values([w.T for w in factors[::-1]], rtol=GOOD), alone, rtol=0, atol=SEEN)
    assert np.abs(found - alone).max() < error + 4 * np.spacing(np.abs(alone).max())  # ln s itself is rounded
    assert error < GOOD


def test_a_formed_product_is_only_kept_where_it_is_right():
    """Orthogonal weights at g = 1 are formed, Gaussian ones are not, and could not be."""
    x = np.random.default_rng(1).standard_normal(60)
    good, bad = (Factors(network(kind, [60] * 101, 1.0), x) for kind in ("orthogonal", "gaussian"))
    found, error = partial_products.log_formed(good, GOOD)
    assert np.abs(found - log_singular_values(list(good))).max() < error < GOOD
    assert partial_products.log_formed(good, 1e-14) is None
    assert partial_products.log_formed(bad, GOOD) is None
    naive = np.log(np.linalg.svd(reduce(lambda p, w: w @ p, bad), compute_uv=False))
    assert np.mean(np.abs(naive - log_singular_values(list(bad))) > GOOD) > 0.5


def test_the_error_of_a_formed_product_is_measured():
    """A product whose entries are off in the tenth digit announces that."""
    factors = initial.gaussian([40] * 4, rng=2)
    clean = partial_products.log_formed(factors, 1e-3)
    rng, spoilt = np.random.default_rng(5), []

    def by(a, b):
        product = partial_products.times(a, b)
        spoilt.append(1)
        return product * (1 + 1e-10 * rng.standard_normal(product.shape))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partial_products, "WIDE", 1)
        patch.setenv(partial_products.PINNED, "Haswell")
        patch.setattr(partial_products, "compiled", by)
        dirty = partial_products.log_formed(factors, 1e-3)
    off = np.abs(dirty[0] - clean[0]).max()
    assert spoilt
    assert clean[1] < 1e-9
    assert 1e-10 < off < dirty[1] < 1e4 * off


def test_a_formed_product_counts_the_rounding_of_its_svd():
    """One factor is multiplied without error, yet its smallest value of 1e-8 is not right to 2e-8."""
    u, v = initial.orthogonal([40] * 3, rng=0)
    w = (u * np.logspace(0, -8, 40)) @ v
    assert partial_products.triangle(w, 2e-8) is not None
    assert partial_products.log_formed([w], 2e-8) is None
    found, error = partial_products.log_formed([w], 1e-6)
    assert abs(found[-1] - np.log(1e-8)) < error < 1e-6


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7])
def test_chunks_share_what_is_allowed(rtol):
    """Easy factors first make chunks long; harder ones, each of them near the limit, must not add up past it."""
    factors = [*initial.orthogonal([18] * 31, rng=0), *initial.gaussian([18] * 121, rng=5)]
    found, error = within(rtol, factors)
    assert np.abs(found - log_singular_values(factors)).max() < error < rtol


def test_underflow_against_exact_arithmetic():
    """Forty Gaussian factors, 18 wide, ln s down to −100 and all scales from 1e-60 to 1e60 between."""
    rng = np.random.default_rng(0)
    factors = [exactly.dyadic(rng.standard_normal((18, 18)) / 18**0.5) for _ in range(40)]
    exact = exactly.log_singular_values(factors, digits=200)
    assert exact[-1] < -70
    for rtol in (1e-3, 1e-6, 1e-9, 1e-15):
        found, error = within(rtol, factors)
        assert np.abs(found - exact).max() < min(error, SEEN)
        assert error < max(rtol, 1e-9)
    scales = 10.0 ** np.resize([60, -60, -60, 20, -100], 40)
    found, _ = within(GOOD, [w * s for w, s in zip(factors, scales, strict=True)])
    assert_allclose(found - np.log(scales).sum(), exact, rtol=0, atol=SEEN)


@pytest.mark.parametrize("scale", [1e-170, 1e-60, 1e60, 1e160])
def test_chunks_that_leave_the_range_of_floats(scale):
    factors = initial.gaussian([20] * 31, rng=1)
    found = log_singular_values([w * scale for w in factors], rtol=GOOD)
    assert_allclose(found - 30 * np.log(scale), log_singular_values(factors), rtol=0, atol=SEEN)


def test_errors_have_no_scale():
    factors = initial.gaussian([20] * 31, rng=1)
    _, error = within(GOOD, factors)
    for scale in (1e-20, 1e20):
        assert_allclose(within(GOOD, [w * scale for w in factors])[1], error, rtol=0.5)  # rounding itself differs


def test_factors_that_undo_each_other_are_not_multiplied_for_free():
    """Pairs whose product is 1e-6 of their sizes: rounding of the pair counts, not only that of the product."""
    (q,) = initial.orthogonal([12, 12], rng=0)
    sizes = np.logspace(0, -6, 12)
    factors = [(q.T * sizes) @ q, (q.T * sizes[::-1]) @ q] * 8
    alone = log_singular_values(factors)
    for rtol in (1e-3, 1e-7):
        product = partial_products.Graded(12, watch=True)
        partial_products.absorb(product, factors, rtol)
        found = np.sort(log_singular_values([np.diag(np.exp(product.d)) @ product.t.T]))[::-1]
        assert np.abs(found - alone).max() < product.error < rtol
        assert product.error > 1e-9


def test_fewer_factorisations_for_less_accuracy(monkeypatch):
    counts, real = [], partial_products.Graded.multiply
    monkeypatch.setattr(partial_products.Graded, "multiply", lambda *a, **k: counts.append(1) or real(*a, **k))
    factors = initial.gaussian([60] * 61, rng=0)
    spent = []
    for rtol in (1e-3, 1e-6, 1e-13):
        counts.clear()
        within(rtol, factors)
        spent.append(len(counts))
    assert spent[0] < spent[1] < spent[2]
    assert spent[1] <= 40


def test_an_unlucky_factor_costs_only_its_neighbours():
    """One nearly singular factor among forty: its chunk is taken apart, and its small value is right."""
    factors = list(initial.gaussian([16] * 41, rng=0))
    u, s, v = np.linalg.svd(factors[20])
    s[-1] = 1e-9
    factors[20] = (u * s) @ v
    found, error = log_singular_values(factors, rtol=GOOD, error=True)
    alone = log_singular_values(factors)
    assert_allclose(found, alone, rtol=0, atol=GOOD)
    assert error < 10 * GOOD
    assert_allclose(found.sum(), sum(np.linalg.slogdet(w)[1] for w in factors), rtol=0, atol=16 * GOOD)


@pytest.mark.parametrize("activation", ["relu", "hard_tanh"])
def test_closed_units_are_zeros_exactly(activation):
    """As many finite values as the narrowest set of open units."""
    net = network("orthogonal", [40] * 21, 1.3, activation)
    x = 2 * np.random.default_rng(0).standard_normal(40)
    places = [x, *list(net.preactivations(x))[:-1]]
    rank = min(np.count_nonzero(net.activation.derivative(h)) for h in places[1:])
    found = log_jacobian_singular_values(net, x)
    assert 0 < rank < 40
    assert np.isfinite(found[:rank]).all()
    assert (found[rank:] == -np.inf).all()
    expected = np.linalg.svd(formed(net, x), compute_uv=False)
    large = expected > 1e-9 * expected[0]
    assert_allclose(found[large], np.log(expected[large]), rtol=0, atol=GOOD)


def test_nothing_passes_a_closed_layer():
    net = Network([-np.ones((3, 2)), np.ones((4, 3))], "relu")
    assert (log_jacobian_singular_values(net, [1.0, 2.0]) == -np.inf).all()


@pytest.mark.parametrize("widths", [(30, 3, 30), (20, 20, 4, 20, 20), (40, 30, 20, 5), (5, 20, 30, 40)])
def test_bottlenecks(widths):
    net = network("gaussian", widths, 1.0)
    x = np.random.default_rng(0).standard_normal(widths[0])
    found, rank = log_jacobian_singular_values(net, x), min(widths)
    expected = np.linalg.svd(formed(net, x), compute_uv=False)
    assert found.shape == expected.shape
    assert_allclose(found[:rank], np.log(expected[:rank]), rtol=0, atol=SEEN)
    assert (found[rank:] == -np.inf).all()


@pytest.mark.parametrize("pinned", [False, True])
def test_wide_products_may_be_compiled(monkeypatch, pinned):
    """Where NumPy's BLAS is pinned, from 256 units on by JAX, in float64 although its own setting is float32."""
    seen, real = [], partial_products.compiled
    monkeypatch.setattr(partial_products, "compiled", lambda a, b: seen.append(1) or real(a, b))
    if pinned:
        monkeypatch.setenv(partial_products.PINNED, "Haswell")
    else:
        monkeypatch.delenv(partial_products.PINNED, raising=False)
    net = network("orthogonal", [partial_products.WIDE] * 4, 1.0)
    x = np.random.default_rng(0).standard_normal(partial_products.WIDE)
    found, error = log_jacobian_singular_values(net, x, error=True)
    expected = np.linalg.svd(formed(net, x), compute_uv=False)
    assert_allclose(found, np.log(expected), rtol=0, atol=1e-12)
    assert error < 1e-11
    assert len(seen) == (2 if pinned else 0)


def test_narrow_end_decides_the_cost():
    factors = Factors(network("gaussian", [70, 50, 50, 6], 1.0), np.ones(70))
    assert [w.shape for w in factors] == [(50, 6), (50, 50), (70, 50)]


def test_digits_are_those_asked_for():
    """More of them take smaller products, and so other roundings; the default is not what everybody gets."""
    net, x = network("gaussian", [20] * 61, 1.0), 0.1 * np.random.default_rng(1).standard_normal(20)
    errors = [log_jacobian_singular_values(net, x, rtol=rtol, error=True)[1] for rtol in (1e-2, GOOD, 1e-9)]
    assert errors[0] > GOOD > errors[1] > 1e-9 > errors[2]
    assert log_jacobian_singular_values(net, x, error=True)[1] == errors[1]


@pytest.mark.parametrize("rtol", [0, 1, -1e-3, np.nan, True, "1e-6"])
def test_bad_tolerances(rtol):
    net = network("gaussian", [3, 3], 1.0)
    with pytest.raises(ValueError, match="log_jacobian_singular_values needs 0 < rtol < 1"):
        log_jacobian_singular_values(net, np.ones(3), rtol=rtol)
    with pytest.raises(ValueError, match="log_singular_values needs 0 < rtol < 1"):
        log_singular_values(net.weights, rtol=rtol)


@pytest.mark.parametrize("x", [np.ones(4), np.ones((2, 3)), 1.0])
def test_bad_inputs(x):
    with pytest.raises(ValueError, match=r"needs one finite input, got x of shape .*Pass x of shape \(3,\)"):
        log_jacobian_singular_values(network("gaussian", [3, 3], 1.0), x)


def test_inputs_that_are_not_finite_are_called_so():
    net = network("gaussian", [3, 3], 1.0)
    with pytest.raises(
        ValueError, match=r"log_jacobian_singular_values needs a finite input, got 2 NaN or infinite numbers"
    ):
        log_jacobian_singular_values(net, [1.0, np.nan, np.inf])
    with pytest.raises(ValueError, match=r"log_jacobian_singular_values needs one finite input, got x="):
        log_jacobian_singular_values(net, "x")


def test_bare_weights_are_no_network():
    weights = network("gaussian", [3, 3], 1.0).weights
    with pytest.raises(TypeError, match=r"log_jacobian_singular_values needs a Network, got a tuple"):
        log_jacobian_singular_values(weights, np.ones(3))  # pyright: ignore[reportArgumentType]
