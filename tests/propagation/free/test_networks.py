"""Free probability against networks: what it says of infinite width, wide ones do."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtri
from scipy.stats import kstest

from deeplinear import initial
from deeplinear.network import Network
from deeplinear.propagation.free.jacobian import JacobianLaw
from deeplinear.propagation.free.spectrum import jacobian_moments, jacobian_spectrum
from deeplinear.spectra import log_singular_values

WEIGHTS = ["orthogonal", "gaussian"]


def network(width, depth, weights, *, gain, q, phi="tanh", seed=0):
    """One random network, and an input of mean square q.

    The input is a Gaussian without its sampling noise (quantiles): the law depends on q alone.
    """
    widths = [width] * (depth + 1)
    layers = (
        initial.orthogonal(widths, gain=gain, rng=seed)
        if weights == "orthogonal"
        else initial.gaussian(widths, scale=gain, rng=seed)
    )
    x = ndtri((np.arange(width) + 0.5) / width)
    x *= np.sqrt(q / np.mean(x**2))
    return Network(layers, phi, activated_inputs=True), x


def drawn(*sizes, **words):
    """``ln s`` of the Jacobian of one random network."""
    net, x = network(*sizes, **words)
    return log_singular_values(net.jacobian_factors(x))


def distance(width, depth, weights, draws):
    """Kolmogorov-Smirnov distance of all ``ln s`` from the law, tanh off its fixed point: q falls from 1 to 0.06."""
    law = jacobian_spectrum("tanh", gain=1.05, depth=depth, input_variance=1.0, weights=weights)
    logs = [drawn(width, depth, weights, gain=1.05, q=1.0, seed=seed) for seed in range(draws)]
    return kstest(np.concatenate(logs), law.singular_values().logarithm().cdf).statistic


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("depth", [1, 10])
def test_spectra_at_width_300(depth, weights):
    # q of a layer is a mean over 300 units: it fluctuates by √(2/300), and with it ln s by 0.06 L^½ of a spread of L^½ or so
    assert distance(300, depth, weights, draws=3) < 0.04


@pytest.mark.slow
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(("depth", "draws"), [(1, 2), (10, 4), (100, 2)])
def test_spectra_at_width_1000(depth, draws, weights):
    assert distance(1000, depth, weights, draws) < 0.02


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("phi", ["tanh", "relu", "hard_tanh", "elu"])
def test_mean_square_and_variance(phi, weights):
    """Within five standard errors of twenty networks, and what a width of 200 may be off at order 1/N."""
    square = [np.exp(2 * drawn(200, 4, weights, gain=1.2, q=0.8, phi=phi, seed=seed)) for seed in range(20)]
    found = np.array([[np.mean(x), np.mean(x**2) / np.mean(x) ** 2 - 1] for x in square])
    m1, m2 = jacobian_moments(phi, gain=1.2, depth=4, input_variance=0.8, weights=weights, order=2)
    error = found.std(0, ddof=1) / np.sqrt(20)
    exact = np.array([m1, m2 / m1**2 - 1])
    assert (np.abs(found.mean(0) - exact) < 5 * error + 2 * exact / 200).all()
    assert (error < 0.05 * exact).all()  # or five of them would say nothing


@pytest.mark.parametrize("weights", WEIGHTS)
def test_edges(weights):
    """The largest singular value: within ``N^{-2/3}`` of the edge, where its fluctuations live, and five standard errors."""
    law = jacobian_spectrum("tanh", gain=1.2, depth=4, input_variance=0.8, weights=weights)
    edge = law.singular_values().logarithm().support()[1]
    ends = np.array([drawn(300, 4, weights, gain=1.2, q=0.8, seed=seed).max() for seed in range(12)])
    # where N sf(x) = 1: the scale of Tracy & Widom
    scale = edge - law.singular_values().logarithm().isf(1 / 300)
    assert abs(ends.mean() - edge) < 5 * ends.std(ddof=1) / np.sqrt(12) + 2 * scale


def test_residual_networks():
    """``Π (1 + X_l)`` of width 200 and 50 layers against the law of infinitely many."""
    from deeplinear.propagation.free.residual import ResidualLaw

    rng, n, depth, c = np.random.default_rng(0), 200, 50, 0.5
    factors = [np.eye(n) + np.sqrt(c / (depth * n)) * rng.standard_normal((n, n)) for _ in range(depth)]
    s2 = np.exp(2 * log_singular_values(factors))
    law = ResidualLaw(c)
    assert kstest(s2, law.cdf).statistic < 0.02
    assert_allclose(s2.mean(), law.mean(), rtol=5 * np.sqrt(2 * c) / n + 1 / depth)


def test_a_law_off_the_fixed_point_is_not_that_on_it():
    law = jacobian_spectrum("tanh", gain=1.05, depth=10, input_variance=1.0)
    fixed = jacobian_spectrum("tanh", gain=1.05, depth=10, input_variance="fixed point")
    assert isinstance(fixed, JacobianLaw)
    assert abs(law.cdf(fixed.median()) - 0.5) > 0.4
