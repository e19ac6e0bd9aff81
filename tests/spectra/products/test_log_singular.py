import weakref
from functools import reduce

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.spectra.products import exactly

from deeplinear import initial
from deeplinear.spectra.products import graded_svd
from deeplinear.spectra.products.log_singular import log_singular_values

RELATIVE = 1e-8  # of each singular value, what is promised; 1e-12 is what is seen
INVARIANT = 1e-9  # of each singular value, at sizes where exact arithmetic is too slow


def gaussians(n, count, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((n, n)) / np.sqrt(n) for _ in range(count)]


@pytest.fixture(scope="module")
def long():
    """Twenty-wide, a hundred factors, condition number 10^95: factors and exact values."""
    factors = [exactly.dyadic(w) for w in gaussians(20, 100)]
    return factors, exactly.log_singular_values(factors, digits=260)


def test_every_value_against_exact_arithmetic(long):
    factors, exact = long
    found, bound = log_singular_values(factors, error=True)
    assert exact[-1] < -200
    assert_allclose(found, exact, rtol=0, atol=1e-11)
    assert np.abs(found - exact).max() < bound < RELATIVE


def test_the_formed_product_has_most_values_wrong(long):
    factors, exact = long
    naive = np.log(np.linalg.svd(reduce(lambda p, w: w @ p, factors), compute_uv=False))
    assert np.mean(np.abs(naive - exact) > 1e-6) > 0.55


def test_small_columns_may_come_first():
    """A first layer that shrinks its inputs unevenly, in ascending order: columns left unsorted lose 1e-5."""
    factors = [np.diag(2.0 ** -np.arange(36, -2, -2)), *(exactly.dyadic(w) for w in gaussians(19, 30, seed=1))]
    exact = exactly.log_singular_values(factors, digits=260)
    assert_allclose(log_singular_values(factors), exact, rtol=0, atol=1e-11)


def test_windows_against_exact_arithmetic(long, monkeypatch):
    """The range of 220 nats, through windows of 110."""
    factors, exact = long
    monkeypatch.setattr(graded_svd, "SPAN", 110.0)
    monkeypatch.setattr(graded_svd, "GUARD", 25.0)
    assert_allclose(log_singular_values(factors), exact, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("n", "coupling", "guaranteed"), [(120, 0.05, True), (120, 0.05, False), (700, 0.019, False)])
def test_windows_cut_where_they_should(n, coupling, guaranteed):
    """A triangle with couplings of order one: window by window as in one piece. Closer columns need more of the overlap."""
    rng = np.random.default_rng(3)
    d, t = np.linspace(5, -590, n), np.eye(n) + np.tril(rng.standard_normal((n, n)), -1) * coupling
    whole = graded_svd.log_graded(d, t, guaranteed=guaranteed)
    parts = graded_svd.log_graded(
        np.append(d, -9000.0), np.eye(n + 1) + np.pad(t - np.eye(n), (0, 1)), guaranteed=guaranteed
    )
    assert_allclose(parts[:-1], whole, rtol=0, atol=1e-12)
    assert parts[-1] == -9000.0


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_of_one_factor_is_its_condition_number(seed):
    (w,) = gaussians(12, 1, seed)
    _, bound = log_singular_values([w], error=True)
    assert 0.1 < bound / (np.finfo(float).eps * np.linalg.cond(w)) < 30


@pytest.mark.parametrize(("n", "count", "lowest"), [(100, 99, -290), (50, 1500, -3800)])
def test_invariants_of_long_products(n, count, lowest):
    """``Σ ln s = Σ ln |det W_l|``, and the transposed chain has the same values; -3800 nats is 10^-1650."""
    factors = gaussians(n, count)
    found, bound = log_singular_values(factors, error=True)
    assert found[-1] < lowest
    assert (np.diff(found) < 0).all()
    assert_allclose(found.sum(), sum(np.linalg.slogdet(w)[1] for w in factors), rtol=0, atol=n * INVARIANT / 10)
    mirrored = log_singular_values([w.T for w in factors[::-1]])
    assert_allclose(mirrored, found, rtol=0, atol=INVARIANT)
    assert np.abs(mirrored - found).max() < 2 * bound < 20 * RELATIVE


@pytest.mark.slow
def test_hundred_wide_against_exact_arithmetic():
    """All hundred values of ninety-nine factors, in 2000 bits."""
    flint = pytest.importorskip("flint")
    factors = [exactly.dyadic(w) for w in gaussians(100, 99)]
    exact = flint.fmpz_mat([[int(x * 2.0**exactly.BITS) for x in row] for row in factors[0]])
    for w in factors[1:]:
        exact = flint.fmpz_mat([[int(x * 2.0**exactly.BITS) for x in row] for row in w]) * exact
    bits, flint.ctx.prec = flint.ctx.prec, 2000
    try:
        squares = flint.acb_mat(exact.transpose() * exact).eig(algorithm="approx")
        logs = np.sort([float(s.real.log()) / 2 - exactly.BITS * 99 * np.log(2) for s in squares])[::-1]
    finally:
        flint.ctx.prec = bits
    found = log_singular_values(factors)
    assert_allclose(found, logs, rtol=0, atol=1e-11)
    naive = np.log(np.linalg.svd(reduce(lambda p, w: w @ p, factors), compute_uv=False))
    assert np.mean(np.abs(naive - logs) > 1e-6) > 0.55


@pytest.mark.parametrize(
    "sizes", [(7, 9, 5), (40, 60, 60, 4), (4, 60, 60, 40), (30, 3, 30), (5, 5), (1, 8, 1), (6, 1, 6), (9, 4)]
)
def test_rectangular_chains(sizes):
    factors = initial.gaussian(sizes, rng=4)
    expected = np.linalg.svd(reduce(lambda p, w: w @ p, factors), compute_uv=False)
    rank, found = min(sizes), log_singular_values(factors)
    assert found.shape == expected.shape
    assert_allclose(found[:rank], np.log(expected[:rank]), rtol=0, atol=1e-12)
    assert (found[rank:] == -np.inf).all()
    assert_allclose(log_singular_values(iter(factors)), found, rtol=0, atol=1e-12)
    assert_allclose(log_singular_values([w.T for w in factors[::-1]]), found, rtol=0, atol=1e-12)


def test_narrow_end_decides_the_cost(monkeypatch):
    """784 → 300 → … → 10 is read from its ten outputs: no matrix of more than ten columns is factored."""
    from deeplinear.spectra.products import graded_product

    seen, real = [], graded_product.factored
    monkeypatch.setattr(graded_product, "factored", lambda c: seen.append(c.shape[1]) or real(c))
    log_singular_values(initial.gaussian((784, 300, 300, 10), rng=0))
    assert max(seen) == 10


def test_orthogonal_products_have_only_ones():
    assert_allclose(log_singular_values(initial.orthogonal([30] * 200, rng=0)), 0.0, rtol=0, atol=1e-13)


def test_scales_only_shift():
    factors = gaussians(12, 9)
    scales = [1e200, 1e200, 1e-250, 1e-300, 1e300, 1e300, 1e-280, 1.0, 5.0]
    scaled = log_singular_values([s * w for s, w in zip(scales, factors, strict=True)])
    assert_allclose(scaled - np.sum(np.log(scales)), log_singular_values(factors), rtol=0, atol=1e-12)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_lost_directions_are_minus_infinity(place):
    """A factor of rank 3, with zero or equal columns that come before others in size."""
    rng = np.random.default_rng(5)
    low = rng.standard_normal((6, 6))
    low[:, 0], low[:, 2], low[:, 4] = 0.0, 7 * low[:, 1], -low[:, 1]
    factors = [np.diag([1e3, 1.0, 1e2, 1e-4, 1e4, 1e-6]), rng.standard_normal((6, 6))]
    factors.insert(place, low)
    expected = np.linalg.svd(reduce(lambda p, w: w @ p, factors), compute_uv=False)
    found, bound = log_singular_values(factors, error=True)
    assert_allclose(found[:3], np.log(expected[:3]), rtol=0, atol=RELATIVE)
    assert (found[3:] == -np.inf).all()
    assert bound == np.inf


def test_nothing_left():
    assert (log_singular_values([np.ones((3, 4)), np.zeros((2, 3)), np.ones((5, 2))]) == -np.inf).all()
    found = log_singular_values([np.ones((3, 3))] * 1000)
    assert found[0] == pytest.approx(1000 * np.log(3), rel=1e-13)  # a thousand sums of numbers up to 1100
    assert (found[1:] == -np.inf).all()


def test_an_iterator_is_not_collected():
    alive = []

    def drawn():
        rng = np.random.default_rng(0)
        for _ in range(20):
            w = rng.standard_normal((30, 30))
            alive.append(weakref.ref(w))
            yield w

    peak = []
    log_singular_values(w for w in drawn() if not peak.append(sum(r() is not None for r in alive)))
    assert max(peak) <= 3


def test_a_stack_is_a_chain():
    stack = np.stack(gaussians(5, 4))
    assert (log_singular_values(stack) == log_singular_values(list(stack))).all()


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ([], "got none"),
        (iter(()), "at least one factor"),
        (np.eye(3), "bare ndarray"),
        (3, "bare int"),
        ([np.ones((2, 3)), np.ones((2, 3))], "shapes that chain"),
        (iter([np.ones((2, 3)), np.ones((2, 3))]), "W2 of shape .2, 3. after 2 outputs"),
        ([np.full((2, 2), np.nan)], "NaN or infinity"),
        (iter([np.eye(2), np.full((2, 2), np.inf)]), "NaN or infinity"),
        ([np.ones(3)], "matrices"),
        ([np.eye(2) * 1j], "complex"),
    ],
)
def test_bad_input(factors, message):
    with pytest.raises(ValueError, match=message):
        log_singular_values(factors)
