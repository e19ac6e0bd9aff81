"""Extremes, moments and density of Jacobians, against dense SVDs."""

import tracemalloc
from functools import reduce

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse.linalg import aslinearoperator

from deeplinear import initial
from deeplinear.network import Network
from deeplinear.propagation.finite.extremes import doubt, extreme_singular_values
from deeplinear.propagation.finite.jacobian import log_jacobian_singular_values
from deeplinear.propagation.finite.lanczos import Bidiagonal
from deeplinear.propagation.finite.operator import Orthogonal, inverse_operator, jacobian_operator
from deeplinear.propagation.finite.stochastic import spectral_density, spectral_moments

RTOL = 1e-8  # asked of extreme values by default


def network(kind, widths, gain, activation="tanh", seed=0):
    weights = getattr(initial, kind)(widths, rng=seed)
    return Network([gain * w for w in weights], activation, activated_inputs=True)


def place(net, seed=1):
    return np.random.default_rng(seed).standard_normal(net.widths[0])


CASES = {
    "orthogonal": network("orthogonal", [90] * 21, 1.05),
    "gaussian": network("gaussian", [80] * 8, 0.9),
    "narrow": network("gaussian", [60, 90, 20, 50], 1.0),
    "wide": network("gaussian", [20, 90, 60], 1.0, "gelu"),
    "relu": network("gaussian", [70] * 5, 1.4, "relu"),
}


def matrix(net, x):
    return reduce(lambda below, above: above @ below, net.jacobian_factors(x))


@pytest.mark.parametrize("net", CASES.values(), ids=CASES)
def test_products(net):
    x = place(net)
    j, operator, rng = matrix(net, x), jacobian_operator(net, x), np.random.default_rng(0)
    v, u = rng.standard_normal(j.shape[1]), rng.standard_normal((j.shape[0], 3))
    assert_allclose(operator @ v, j @ v, rtol=1e-11, atol=1e-13)
    assert_allclose(operator.T @ u, j.T @ u, rtol=1e-11, atol=1e-13)
    assert_allclose(
        operator @ np.stack([v, 2 * v], axis=1), np.stack([j @ v, 2 * j @ v], axis=1), rtol=1e-11, atol=1e-13
    )
    assert_allclose(operator.T @ u[:, 0], j.T @ u[:, 0], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["orthogonal", "gaussian"])
def test_inverse(name):
    net = network(name, [40] * 4, 1.0)
    x = place(net)
    inverse, v = inverse_operator(net, x), np.random.default_rng(0).standard_normal((net.widths[0], 2))
    expected = np.linalg.solve(matrix(net, x), v)
    assert_allclose(inverse @ v, expected, rtol=0, atol=1e-8 * np.abs(expected).max())
    expected = np.linalg.solve(matrix(net, x).T, v[:, 0])
    assert_allclose(inverse.T @ v[:, 0], expected, rtol=0, atol=1e-8 * np.abs(expected).max())
    assert all(isinstance(layer, Orthogonal) == (name == "orthogonal") for layer, _ in inverse.layers)


def test_nearly_orthogonal_layers_are_factored():
    net = CASES["orthogonal"]
    rough = Network([w * (1 + 1e-9 * np.eye(90)[0]) for w in net.weights], "tanh", activated_inputs=True)
    assert not any(isinstance(layer, Orthogonal) for layer, _ in inverse_operator(rough, place(net)).layers)


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("net", CASES.values(), ids=CASES)
def test_largest(net, k):
    x = place(net)
    expected = np.exp(log_jacobian_singular_values(net, x))[:k]
    found = extreme_singular_values(net, x, k=k)
    assert found.values.shape == found.errors.shape == (k,)
    assert_allclose(found.values, expected, rtol=RTOL)
    assert (np.abs(found.values - expected) <= found.errors).all()
    assert (found.errors <= RTOL * found.values).all()


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", ["orthogonal", "gaussian"])
def test_smallest_and_both(name, k):
    """The smallest of the Gaussian network is 1e-8 of the largest, and right to eight digits of itself."""
    net = CASES[name]
    x = place(net)
    expected = np.exp(log_jacobian_singular_values(net, x, rtol=1e-10))
    smallest = extreme_singular_values(net, x, k=k, which="smallest")
    assert_allclose(smallest.values, expected[-k:], rtol=RTOL)
    # a transposed layer announces only its own rounding, ε a layer; dense SVDs round as well
    assert (np.abs(smallest.values - expected[-k:]) <= smallest.errors + 1e-12 * expected[-k:]).all()
    both = extreme_singular_values(net, x, k=k, which="both")
    assert_allclose(both.values, np.append(expected[:k], expected[-k:]), rtol=RTOL)
    assert both.products > smallest.products


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_multiple_values(k):
    """Orthogonal linear networks have one value; a few values, some of them fivefold; and zeros."""
    flat = network("orthogonal", [30] * 4, 1.5, "linear")
    assert_allclose(extreme_singular_values(flat, np.zeros(30), k=k, which="both").values, 1.5**3, rtol=1e-13)
    rng = np.random.default_rng(0)
    s = np.repeat([3.0, 2.0, 1.0, 0.0], 5)
    q, p = (np.linalg.qr(rng.standard_normal((20, 20)))[0] for _ in range(2))
    found = extreme_singular_values(aslinearoperator((q * s) @ p), k=k)
    assert_allclose(found.values, s[:k], rtol=0, atol=1e-13)


def test_all_of_them():
    rng = np.random.default_rng(0)
    for shape in ((7, 7), (4, 9), (9, 4), (1, 5)):
        a = rng.standard_normal(shape)
        found = extreme_singular_values(aslinearoperator(a), k=min(shape))
        assert_allclose(found.values, np.linalg.svd(a, compute_uv=False), rtol=1e-12)


def test_a_crowded_top_says_so():
    s = 1 - 1e-7 * np.arange(200.0) / 200
    with pytest.raises(RuntimeError, match=r"values that converge to rtol=1e-13.*after steps=20.*Loosen rtol"):
        extreme_singular_values(aslinearoperator(np.diag(s)), rtol=1e-13, steps=20)
    found = extreme_singular_values(aslinearoperator(np.diag(s)), rtol=1e-6, steps=20)
    assert abs(found.values[0] - 1) < found.errors[0] < 1e-6


def test_bidiagonal_relations():
    """``A V = U B``, ``Aᵀ U = V Bᵀ + β v e_mᵀ``, orthonormal bases."""
    a, rng = np.random.default_rng(0).standard_normal((30, 40)), np.random.default_rng(1)
    a *= np.logspace(0, -12, 40)  # products nearly inside the basis: one projection leaves 1e-9 of it
    growing = Bidiagonal(aslinearoperator(a), rng.standard_normal(40), rng)
    for _ in range(12):
        growing.step()
    u, v = growing.left[:12].T, growing.right[:12].T
    b = np.diag(growing.alpha) + np.diag(growing.beta[:-1], 1)
    assert_allclose(a @ v, u @ b, rtol=0, atol=1e-12)
    rest = np.zeros((40, 12))
    rest[:, -1] = growing.beta[-1] * growing.next
    assert_allclose(a.T @ u, v @ b.T + rest, rtol=0, atol=1e-12)
    assert_allclose(u.T @ u, np.eye(12), rtol=0, atol=1e-14)
    assert_allclose(np.column_stack([v, growing.next]).T @ np.column_stack([v, growing.next]), np.eye(13), atol=1e-14)


def test_neighbours_closer_than_residuals_do_not_sharpen_them():
    found = doubt(np.array([3.0, 2.0, 2.0 - 1e-9]), np.array([0.1, 0.1, 0.01]))
    assert_allclose(found[:2], [0.1**2 / 0.8, 0.1], rtol=1e-12)


def test_rounding_of_the_inverse_is_announced():
    net = CASES["gaussian"]
    found = extreme_singular_values(net, place(net), which="smallest")
    conditions = sum(np.linalg.cond(w, 1) for w in net.weights)
    assert found.errors[0] > 0.1 * np.finfo(float).eps * conditions * found.values[0]


def test_a_space_that_ends_begins_another_block():
    rng = np.random.default_rng(1)
    growing = Bidiagonal(aslinearoperator(2 * np.eye(10)), np.ones(10), rng)
    for _ in range(10):
        growing.step()
    assert growing.beta == [0.0] * 10
    assert (growing.blocks, growing.whole) == (11, True)
    assert_allclose(growing.alpha, 2.0, rtol=1e-14)


@pytest.mark.parametrize("net", CASES.values(), ids=CASES)
def test_moments(net):
    x, orders = place(net), (1, 2, 3, 5)
    s = np.exp(log_jacobian_singular_values(net, x))
    exact = np.array([np.mean(s ** (2 * m)) for m in orders])
    found = spectral_moments(net, x, orders=orders, probes=400, rng=0)
    assert (np.abs(found.values - exact) < 5 * found.errors).all()
    assert (found.errors < 0.1 * exact).all()


def test_errors_of_moments_are_those_of_repetition():
    net = CASES["gaussian"]
    x = place(net)
    runs = [spectral_moments(net, x, orders=(1, 2), probes=10, rng=seed) for seed in range(400)]
    seen = np.std([r.values for r in runs], axis=0)
    announced = np.sqrt(np.mean([r.errors**2 for r in runs], axis=0))
    assert_allclose(seen, announced, rtol=0.2)  # a standard deviation of 400 is known to 4 %; tails are heavy


@pytest.mark.parametrize("net", CASES.values(), ids=CASES)
def test_density(net):
    """Shares within the error announced, and the first moments as exact as those of the probes."""
    x = place(net)
    s = np.exp(log_jacobian_singular_values(net, x))
    found = spectral_density(net, x, probes=60, steps=25, rng=0)
    assert found.size == len(s)
    assert_allclose(found.weights.sum(axis=1), 1.0, rtol=1e-12)
    at = np.quantile(s, np.linspace(0.05, 0.95, 19))
    share, error = found.cdf(at)
    assert (np.abs(share - (s[:, None] <= at).mean(axis=0)) < 5 * error).all()
    top = at > s[0] / 2
    assert (error[top] < 0.05).all()
    for m in (1, 3, 6):
        samples = (found.weights * np.exp(2 * m * found.log_s)).sum(axis=1)
        assert abs(samples.mean() - np.mean(s ** (2 * m))) < 5 * samples.std(ddof=1) / 60**0.5


def test_density_of_all_steps_is_the_spectrum_of_each_probe():
    """With as many steps as values, nodes are the singular values and weights what the probe sees of them."""
    a = np.random.default_rng(0).standard_normal((12, 12))
    found = spectral_density(aslinearoperator(a), probes=3, steps=12, rng=4)
    _, s, v = np.linalg.svd(a)
    assert_allclose(np.exp(found.log_s), np.tile(s[::-1], (3, 1)), rtol=1e-11)
    assert_allclose(found.weights.sum(axis=1), 1.0, rtol=1e-12)
    signs = np.where(np.random.default_rng(4).random((12, 3)) < 0.5, -1.0, 1.0)
    assert_allclose(found.weights[:, ::-1], ((v @ signs) ** 2).T / 12, rtol=0, atol=1e-11)
    middles = (np.cumsum(found.weights, axis=1) - found.weights / 2).mean(axis=0)
    assert_allclose(found.cdf(np.exp(found.log_s[0]))[0], middles, rtol=0, atol=1e-8)


def test_blurred_density():
    net = CASES["orthogonal"]
    logs = log_jacobian_singular_values(net, place(net))
    found = spectral_density(net, place(net), probes=100, steps=40, rng=0)
    at, width = np.linspace(-1, 0.3, 9), 0.4
    density, error = found.pdf(at, width=width)
    exact = np.exp(-(((at[:, None] - logs) / width) ** 2) / 2).mean(axis=1) / (width * (2 * np.pi) ** 0.5)
    assert (np.abs(density - exact) < 5 * error + 1e-3).all()
    grid = np.linspace(-30, 5, 4001)
    assert_allclose(np.trapezoid(found.pdf(grid, width=width)[0], grid), 1.0, atol=1e-6)


def test_weights_are_not_copied():
    net = network("orthogonal", [400] * 5, 1.05)
    x = place(net)
    for run in (
        lambda: extreme_singular_values(net, x, which="both", rtol=1e-4),
        lambda: spectral_density(net, x, probes=2, steps=20),
        lambda: spectral_moments(net, x, probes=8),
    ):
        run()
        tracemalloc.start()
        run()
        assert tracemalloc.get_traced_memory()[1] < 0.9 * 400 * 400 * 8
        tracemalloc.stop()


SQUARE, WIDE = CASES["gaussian"], CASES["wide"]
OPERATOR = aslinearoperator(np.eye(3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: extreme_singular_values(SQUARE, place(SQUARE), which="top"), ValueError, "got which='top'"),
        (
            lambda: extreme_singular_values(SQUARE, place(SQUARE), k=0),
            ValueError,
            "a whole number 1 <= k <= 80, got k=0",
        ),
        (lambda: extreme_singular_values(SQUARE, place(SQUARE), k=81), ValueError, "got k=81"),
        (lambda: extreme_singular_values(SQUARE), ValueError, "got x=None"),
        (lambda: extreme_singular_values(SQUARE, np.ones(3)), ValueError, "needs one finite input"),
        (lambda: extreme_singular_values(np.eye(3)), TypeError, "got ndarray"),
        (lambda: extreme_singular_values(OPERATOR, which="smallest"), ValueError, "of an operator"),
        (lambda: extreme_singular_values(WIDE, place(WIDE), which="smallest"), ValueError, "square layers, got widths"),
        (
            lambda: extreme_singular_values(CASES["relu"], place(CASES["relu"]), which="both"),
            ValueError,
            "nowhere zero",
        ),
        (
            lambda: extreme_singular_values(Network([np.ones((2, 2))], "linear"), [1, 1], which="smallest"),
            ValueError,
            "W1 with a zero pivot",
        ),
        (lambda: extreme_singular_values(SQUARE, place(SQUARE), rtol=0), ValueError, "0 < rtol < 1"),
        (lambda: spectral_moments(SQUARE, place(SQUARE), orders=[]), ValueError, "got orders=.."),
        (lambda: spectral_moments(SQUARE, place(SQUARE), orders=[0.5]), ValueError, "whole orders"),
        (lambda: spectral_moments(SQUARE, place(SQUARE), probes=1), ValueError, "probes >= 2, got probes=1"),
        (lambda: spectral_density(SQUARE, place(SQUARE), steps=0), ValueError, "steps >= 1, got steps=0"),
        (lambda: spectral_density(SQUARE, place(SQUARE)).pdf(0.0, width=0.0), ValueError, "width > 0, got width=0.0"),
    ],
)
@pytest.mark.filterwarnings("ignore:Diagonal number:RuntimeWarning")
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("shape", [(40, 3), (3, 40)])
def test_operators_of_three_columns_or_rows_are_exhausted_by_three_steps(shape):
    """After as many steps as the narrow side has directions every singular value is exact, and no more products are made."""
    matrix = np.random.default_rng(0).normal(size=shape)
    found = extreme_singular_values(aslinearoperator(matrix), k=3, steps=3)
    assert found.products == 6
    assert_allclose(found.values, np.linalg.svd(matrix, compute_uv=False), rtol=1e-12)
