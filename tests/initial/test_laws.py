"""Laws of the random starts: moments within five standard errors, seeds fixed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.initial.starts import VARIANCES, layers

from deeplinear import initial

ORTHOGONAL = 1e-14  # round-off of a QR of a hundred columns


def assert_mean(samples, expected):
    """The sample mean is within five standard errors of what the law says."""
    samples = np.asarray(samples, dtype=float).ravel()
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    assert abs(samples.mean() - expected) < 5 * error, (samples.mean(), expected, error)
    assert error < 0.05 * max(abs(expected), 1.0)  # else anything would pass


@pytest.mark.parametrize("gain", [1.0, [0.5, 2.0, 1.5, 1.0]])
def test_orthogonal_layers_are_isometries_up_to_their_gain(gain):
    weights = initial.orthogonal((30, 100, 100, 40, 10), gain=gain, rng=0)
    for g, w in zip(np.broadcast_to(gain, 4), weights, strict=True):
        w = w / g
        gram = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
        assert_allclose(gram, np.eye(len(gram)), rtol=0, atol=ORTHOGONAL)


def test_long_orthogonal_products_stay_isometries():
    """Claim 22 of the paper's Fig. 6: all singular values 1 after 99 factors."""
    product = np.eye(40)
    for w in initial.orthogonal([40] * 100, rng=1):
        product = w @ product
    assert_allclose(np.linalg.svd(product, compute_uv=False), 1.0, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("start", "power_kept"), [(initial.gaussian, 1.0), (initial.he, 2.0)])
def test_gaussian_entries(start, power_kept):
    for scale in (1.0, 3.0):
        for w, fan_in in zip(start((400, 300, 200), scale=scale, rng=5), (400, 300), strict=True):
            unit = w * np.sqrt(fan_in / power_kept) / scale
            for power, moment in enumerate((0, 1, 0, 3), 1):
                assert_mean(unit**power, moment)


@pytest.mark.parametrize("name", VARIANCES)
@pytest.mark.parametrize("fans", [(40, 60), (60, 40)], ids=str)
def test_variances_are_those_of_the_papers(name, fans):
    drawn = np.stack([layers(name, fans, rng=seed)[0] for seed in range(20)])
    if name == "identity_like":
        drawn = drawn - np.eye(*fans[::-1])
    assert_mean(drawn / np.sqrt(VARIANCES[name](*fans)), 0.0)
    assert_mean(drawn**2 / VARIANCES[name](*fans), 1.0)


def test_gaussian_keeps_norms_on_average():
    x = np.random.default_rng(6).standard_normal(50)
    norms = [np.sum((initial.gaussian((50, 20), rng=seed)[0] @ x) ** 2) for seed in range(2000)]
    assert_mean(np.array(norms) / np.sum(x**2) / 20 * 50, 50 / 50)


def test_he_keeps_norms_through_relu():
    """What its 2 is for: half of every symmetric preactivation is cut, and the power comes back (He et al. 2015)."""
    x = np.random.default_rng(6).standard_normal(50)
    kept = []
    for seed in range(2000):
        h = np.maximum(initial.he((50, 60), rng=seed)[0] @ x, 0.0)
        kept.append(np.sum(h**2) / 60 / (np.sum(x**2) / 50))
    assert_mean(kept, 1.0)


def test_near_identity_noise_is_as_asked_and_products_stay_near():
    """Noise of std ``scale noise/√inputs`` around the rectangular identity; 100 layers of noise .01 stay within a few .1."""
    for w, m in zip(
        initial.identity_like((300, 200, 400), scale=2.0, noise=[0.3, 0.05], rng=9), (300, 200), strict=True
    ):
        rest = w - 2.0 * np.eye(*w.shape)
        assert_mean(rest * np.sqrt(m), 0.0)
        assert_mean(rest**2 * m, (2.0 * (0.3 if m == 300 else 0.05)) ** 2)
    product = np.eye(50)
    for w in initial.identity_like([50] * 101, rng=10):
        product = w @ product
    s = np.linalg.svd(product, compute_uv=False)
    assert 0.7 < s[-1] < s[0] < 1.4
    gaussian = np.eye(50)
    for w in initial.gaussian([50] * 101, rng=10):
        gaussian = w @ gaussian
    assert np.linalg.cond(gaussian) > 1e10


def test_std_is_the_standard_deviation_whatever_the_width():
    u0, hidden = 1e-6, 300
    for w in initial.gaussian((400, hidden, 200), std=np.sqrt(u0 / hidden), rng=7):
        assert_mean(w**2 * hidden / u0, 1.0)


def test_glorot_entries():
    """Uniform between ±scale √(6/(n_in + n_out)): never beyond, nearly there, flat in between."""
    for w, fans in zip(initial.glorot((300, 200, 100), scale=2.0, rng=8), (500, 300), strict=True):
        unit = w / (2.0 * np.sqrt(6 / fans))
        assert np.abs(unit).max() <= 1.0
        assert np.abs(unit).max() > 1 - 20 / unit.size
        for power, moment in enumerate((0, 1 / 3, 0, 1 / 5), 1):
            assert_mean(unit**power, moment)
