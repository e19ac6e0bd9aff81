import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.exact.conftest import build_task, build_weights, frame
from tests.kernels.conftest import jacobian, product, random_layers

from deeplinear.curvature import gauss_newton_eigenvalues
from deeplinear.exact import ntk

SHAPES = [[4, 3], [3, 5, 2], [2, 3, 4, 3], [4, 2, 3, 2, 2], [3, 1, 2]]


@pytest.mark.parametrize("widths", SHAPES)
def test_kernel_is_the_gram_matrix_of_the_jacobian(widths):
    rng = np.random.default_rng(1)
    layers, x = random_layers(widths, rng), rng.normal(size=(5, widths[0]))
    k, j = ntk.kernel(ntk.factors(layers), x), jacobian(layers, x)
    assert_allclose(k, j @ j.T, rtol=CLOSED_FORM, atol=CLOSED_FORM * np.abs(k).max())
    unit, j = ntk.kernel(ntk.factors(layers)), jacobian(layers, np.eye(widths[0]))
    assert_allclose(unit, j @ j.T, rtol=CLOSED_FORM, atol=CLOSED_FORM * np.abs(unit).max())


@pytest.mark.parametrize("widths", [[3, 5, 2], [2, 3, 4, 3]])
def test_leading_axes(widths):
    rng = np.random.default_rng(2)
    runs = [random_layers(widths, rng) for _ in range(6)]
    stacked = [np.array(w).reshape(3, 2, *w[0].shape) for w in zip(*runs, strict=True)]
    together = ntk.factors(stacked)
    assert together[0][0].shape == (3, 2, widths[-1], widths[-1])
    assert together[0][1].shape == (3, 2, widths[0], widths[0])
    k = ntk.kernel(together).reshape(6, widths[0] * widths[-1], -1)
    for one, run in zip(k, runs, strict=True):
        assert_allclose(one, ntk.kernel(ntk.factors(run)), rtol=CLOSED_FORM, atol=CLOSED_FORM)
    maps = np.array([product(run) for run in runs]).reshape(3, 2, widths[-1], widths[0])
    many = ntk.of_map(maps, 3)
    assert_allclose(many[1][0][2, 1], ntk.of_map(maps[2, 1], 3)[1][0], rtol=CLOSED_FORM)
    empty = ntk.factors([np.zeros((0, b, a)) for a, b in itertools.pairwise(widths)])
    assert empty[0][0].shape == (0, widths[-1], widths[-1])


@pytest.mark.parametrize(
    ("n_in", "n_out", "hidden", "s"),
    [
        (4, 4, [6], [3.0, 1.0, 0.5, 0.2]),
        (5, 3, [7, 4], [3.0, 1.0, 0.4]),
        (2, 4, [5, 3, 6], [2.0, 0.3]),
        (4, 3, [5, 4], [1.5]),
    ],
)
def test_balanced_networks_are_known_by_their_map(n_in, n_out, hidden, s):
    task = build_task(s, n_in, n_out, rng=np.random.default_rng(3))
    depth = len(hidden) + 1
    layers = build_weights(task, hidden, [np.array(s) ** (1 / depth)] * depth, rng=np.random.default_rng(4))
    for got, want in zip(ntk.of_map(product(layers), depth), ntk.factors(layers), strict=True):
        assert_allclose(got[0], want[0], atol=1e-12 * max(s) ** 2)
        assert_allclose(got[1], want[1], atol=1e-12 * max(s) ** 2)
    j = jacobian(layers, np.eye(n_in))
    kappa = gauss_newton_eigenvalues(s, depth=depth, n_in=n_in, n_out=n_out)
    assert_allclose(np.sort(kappa.ravel()), np.linalg.eigvalsh(j @ j.T), atol=1e-12 * kappa.max())
    k = ntk.kernel(ntk.factors(layers))
    u, v = np.linalg.svd(task.input_output_correlation)[0][:, 0], np.linalg.svd(task.input_output_correlation)[2][-1]
    direction = np.kron(u, v)
    assert_allclose(k @ direction, kappa[0, -1] * direction, atol=1e-12 * kappa.max(), err_msg="outputs come first")


def test_eigenvalue_limits():
    s = np.array([3.0, 1.0, 0.0])
    two = gauss_newton_eigenvalues(s, depth=2, n_in=3, n_out=3)
    assert_allclose(two, s[:, None] + s, rtol=CLOSED_FORM)
    assert (gauss_newton_eigenvalues(s, depth=1, n_in=4, n_out=3) == 1).all()
    deep = gauss_newton_eigenvalues(s, depth=7, n_in=3, n_out=3)
    assert_allclose(np.diagonal(deep), 7 * s ** (2 - 2 / 7), rtol=CLOSED_FORM)
    a, b = s[0], s[1]
    assert_allclose(deep[0, 1], (a**2 - b**2) / (a ** (2 / 7) - b ** (2 / 7)), rtol=CLOSED_FORM, err_msg="geometric")
    assert_allclose(deep[0, 2], a ** (2 * 6 / 7), rtol=CLOSED_FORM, err_msg="0^0 = 1: only the first layer")
    assert (
        gauss_newton_eigenvalues(-s, depth=4, n_in=3, n_out=3) == gauss_newton_eigenvalues(s, depth=4, n_in=3, n_out=3)
    ).all()
    assert gauss_newton_eigenvalues(np.ones((5, 2)), depth=3, n_in=4, n_out=2).shape == (5, 2, 4)


@pytest.mark.parametrize("depth", [1, 2, 5])
@pytest.mark.parametrize("gain", [0.7, 1.0, 1.3])
def test_orthogonal_start_has_an_isotropic_kernel(depth, gain):
    rng = np.random.default_rng(6)
    widths = [4, *[6] * (depth - 1), 3]
    layers = [gain * (frame(b, a, rng) if b >= a else frame(a, b, rng).T) for a, b in itertools.pairwise(widths)]
    k = ntk.kernel(ntk.factors(layers))
    want = depth * gain ** (2 * depth - 2)
    assert_allclose(k, want * np.eye(12), rtol=CLOSED_FORM, atol=CLOSED_FORM * want)


def test_rank_deficient_maps_of_deep_networks():
    rng = np.random.default_rng(1)
    w = np.outer(rng.normal(size=4), rng.normal(size=5))
    assert (np.linalg.svd(w)[1][1:] > 0).any()
    above = ntk.of_map(w, 40)[-2][0]  # (1e-17)^(1/20) = 0.14 if round-off counted
    assert np.linalg.matrix_rank(above) == 1
    assert (ntk.of_map(np.zeros((2, 3)), 2)[0][1] == np.eye(3)).all()
    assert (ntk.of_map(np.zeros((2, 3)), 2)[0][0] == 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ntk.factors([np.eye(2), np.eye(3)]), r"weights need shapes that chain"),
        (lambda: ntk.factors([np.zeros((4, 2, 2)), np.zeros((4, 3, 3))]), r"weights need shapes that chain"),
        (
            lambda: ntk.factors([np.zeros((4, 2, 2)), np.zeros((5, 2, 2))]),
            r"factors needs the same leading axes in every layer",
        ),
        (lambda: ntk.factors([np.full((4, 2, 2), np.nan)]), r"factors needs finite weights, got weights=nan"),
        (lambda: ntk.factors([]), r"weights need a sequence of matrices"),
        (lambda: ntk.of_map([1.0, 2.0], 2), r"of_map needs maps of shape .* got shape \(2,\)"),
        (lambda: ntk.of_map(np.eye(2), 0), r"of_map needs a whole depth >= 1, got depth=0"),
        (lambda: ntk.of_map(np.eye(2), np.inf), r"of_map needs a finite depth, got depth=inf"),
        (
            lambda: ntk.kernel(ntk.factors([np.eye(2)]), np.ones((4, 3))),
            r"kernel needs x of shape \(P, 2\), got shape \(4, 3\)",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
