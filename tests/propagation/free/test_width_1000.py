"""Mean square, variance and both edges of Jacobians of width 1000: five standard errors, nothing else allowed for.

Where a law ends like a square root, the outermost of N eigenvalues is not at its edge but, on average, 1.2065 of Tracy and
Widom's scales inside: ``N P(beyond) = 2/(3π) (distance/scale)^{3/2}``. With that, what is left is of order 1/N: networks of width
100 are off by 0.1 % in the mean, 1 % (orthogonal) and 10 % (Gaussian weights) in the variance, 0.1 in ln x at the edge, so these
by a tenth of it, less than one standard error of ten networks.
"""

import numpy as np
import pytest
from tests.propagation.free.test_networks import network

from deeplinear.activations import Activation
from deeplinear.propagation import jacobian_spectrum
from deeplinear.spectra import log_singular_values

WIDTH, NETWORKS = 1000, 10
TRACY_WIDOM = -1.2065335745820  # mean, real matrices
# φ' from ½ to 3/2, both taken often when h wanders over several periods: a lower edge above 0
WAVY = Activation(
    "wavy", lambda h: h + np.sin(h) / 2, lambda h: 1 + np.cos(h) / 2, lambda h: -np.sin(h) / 2, twin=lambda h: h
)
TANH = {"phi": "tanh", "gain": 1.05, "q": 1.0, "depth": 10}  # off the fixed point: q falls from 1 to 0.06
CASES = [
    {**TANH, "weights": "orthogonal"},
    {**TANH, "weights": "gaussian"},
    {"phi": WAVY, "gain": 1.0, "q": 6.0, "depth": 4, "weights": "orthogonal"},
]
PRECISION = {"orthogonal": (0.01, 0.02), "gaussian": (0.015, 0.04)}  # relative, of means and variances of ten


def predicted(law, width):
    """``ln`` of mean and variance of s², and where ``ln s²`` begins and ends on average (NaN where that is −∞)."""
    log = law.logarithm()
    low, high = log.support()
    near = 1e-5 * min(1.0, high - low)
    out = []
    for tail, edge, inward in ((log.cdf, low, near), (log.sf, high, -near)):
        scale = near * (1.5 * np.pi * width * tail(edge + inward)) ** (-2 / 3) if np.isfinite(edge) else np.nan
        out.append(edge - np.sign(inward) * TRACY_WIDOM * scale)
    return np.array([np.log(law.mean()), np.log(law.var()), *out])


def measured(width, case, seed):
    """The same of one network, and the variance that each of its layers has."""
    net, x = network(width, case["depth"], **{k: v for k, v in case.items() if k != "depth"}, seed=seed)
    log = 2 * log_singular_values(net.jacobian_factors(x))
    square = np.exp(log)
    variances = [np.mean(h**2) for h in (x, *net.preactivations(x))][:-1]
    return np.array([np.log(square.mean()), np.log(square.var()), log.min(), log.max()]), variances


def compare(width, case, networks):
    """Networks of that width minus law, means and standard errors: knowing only the input; knowing each layer's variance."""
    words = {"activation": case["phi"], "gain": case["gain"], "weights": case["weights"]}
    one = predicted(jacobian_spectrum(**words, depth=case["depth"], input_variance=case["q"]), width)
    each = [predicted(jacobian_spectrum(**words, variances=q), width) for _, q in networks]
    for exact in (one, np.array(each)):
        gap = np.array([found for found, _ in networks]) - exact
        yield gap.mean(0), gap.std(0, ddof=1) / np.sqrt(len(gap))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=["tanh orthogonal", "tanh gaussian", "wavy orthogonal"])
def test_width_1000(case):
    networks = [measured(WIDTH, case, seed) for seed in range(NETWORKS)]
    ends = [0, 1, 3] if case["phi"] == "tanh" else [0, 1, 2, 3]  # tanh' comes to 0
    (gap, error), (given, sharp) = compare(WIDTH, case, networks)
    assert (np.abs(gap[ends]) < 5 * error[ends]).all()
    assert (np.abs(given[ends]) < 5 * sharp[ends]).all()
    assert (sharp[:2] < PRECISION[case["weights"]]).all()  # or five of them would say nothing
    assert (sharp[ends[2:]] < 0.02).all()
