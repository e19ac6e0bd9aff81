"""Eigenvalues of the tangent kernel against explicit Jacobians, and against the Hessian where there is no residual."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.curvature.conftest import SHAPES, chained, close, draw_network, network

from deeplinear.curvature import rates
from deeplinear.curvature.gauss_newton import gauss_newton_eigenvalues, largest
from deeplinear.curvature.hessian import spectrum


@pytest.mark.parametrize("widths", SHAPES)
def test_gauss_newton_eigenvalues_are_those_of_the_jacobian(widths):
    rng = np.random.default_rng(sum(widths) + 1)
    u, goal, powers = draw_network(widths, rng)
    weights, s11, _ = network(u, goal, widths, powers, rng)
    half = np.linalg.cholesky(s11)
    columns = []
    for layer, w in enumerate(weights):
        after, before = chained(weights[layer + 1 :], len(w)), chained(weights[:layer], len(s11)) @ half
        columns += [np.outer(after[:, i], before[j]).ravel() for i, j in np.ndindex(w.shape)]
    jacobian = np.array(columns).T
    got = gauss_newton_eigenvalues(u, depth=len(weights), n_in=widths[0], n_out=widths[-1], powers=powers)
    assert got.shape == (widths[-1], widths[0])
    close(np.sort(got.ravel()), np.linalg.eigvalsh(jacobian @ jacobian.T))


def test_at_the_optimum_the_hessian_is_gauss_newton():
    s, depth = np.array([3.0, 1.0, 0.2]), 4
    kernel = gauss_newton_eigenvalues(s, depth=depth, n_in=5, n_out=3)
    values = spectrum(s, targets=s, widths=[5, 4, 4, 4, 3])
    close(values[-15:], np.sort(kernel.ravel()))
    close(values[:-15], np.zeros(len(values) - 15))
    assert_allclose(values[-1], rates.sharpness(3.0, depth=depth), rtol=CLOSED_FORM)
    assert_allclose(np.diagonal(kernel), depth * s ** (2 - 2 / depth), rtol=CLOSED_FORM)


def test_the_largest_has_the_strongest_mode():
    rng = np.random.default_rng(5)
    for depth in (1, 2, 3, 8):
        u, powers = rng.uniform(-2, 2, (30, 3)), rng.uniform(0, 3, 5)
        whole = gauss_newton_eigenvalues(u, depth=depth, n_in=5, n_out=4, powers=powers)
        assert whole.shape == (30, 4, 5)
        assert_allclose(largest(u, powers, depth), whole.max(axis=(1, 2)), rtol=CLOSED_FORM)


def test_bad_depth():
    with pytest.raises(ValueError, match=r"gauss_newton_eigenvalues needs a finite depth, got depth=inf"):
        gauss_newton_eigenvalues([1.0], depth=np.inf, n_in=1, n_out=1)
    with pytest.raises(ValueError, match=r"gauss_newton_eigenvalues needs a whole depth >= 1, got depth=0"):
        gauss_newton_eigenvalues([1.0], depth=0, n_in=1, n_out=1)
