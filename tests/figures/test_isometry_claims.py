"""What the claims of Fig. 7 stand on, and that each turns red when what it says is off."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import simpson

from deeplinear.figures import fig7
from deeplinear.figures.isometry_claims import (
    LEVELS,
    TABLE,
    claims,
    kept,
    kolmogorov,
    log_rms,
    quantiles,
    reference,
    spread,
)

N, NARROW = 1000, 150
SD = 0.1  # of quantiles at the narrow width


def unit(count):
    """Numbers of mean 0 and standard deviation 1."""
    z = np.random.default_rng(0).standard_normal(count)
    return (z - z.mean()) / z.std(ddof=1)


def panel(known):
    """N descending numbers with these quantiles, the smallest on its own."""
    at = np.array([0, 1 / (N - 1), *LEVELS[1:]])
    values = np.array([known[0], known[1] - 0.5, *known[1:7]])
    return np.interp(np.arange(N) / (N - 1), at, values)[::-1]


def invented():
    """Fig. 7 as the handbook has it."""
    places, known, _ = reference()
    log_s = np.array([panel(row) for row in known]).reshape(5, 3, N)
    excess = np.repeat([0.004, 0.004, 0.004, 0.012, 0.012], 3).reshape(5, 3)
    rms = np.array([log_rms(s) for s in log_s.reshape(-1, N)]).reshape(5, 3) - excess
    noise = SD * unit(16)[:, None] * np.r_[5, np.ones(6)]
    data = {
        "gains": np.unique(places[:, 0]),
        "variances": np.unique(places[:, 1]),
        "log_s": log_s,
        "q": np.ones((5, 3, 100)),
        "log_rms": rms,
        "log_rms_law": rms.copy(),
        "cdf": np.broadcast_to((np.arange(N)[::-1] + 0.5) / N, (5, 3, N)).copy(),
        "aligned_cdf": np.broadcast_to((np.arange(N)[::-1] + 0.5) / N, (5, 3, N)).copy(),
        "narrow_log_rms": np.broadcast_to(SD * unit(16), (5, 3, 16)).copy(),
        "law_quantiles": known[:, :7].reshape(5, 3, 7).copy(),
        "narrow": np.array(NARROW),
        "narrow_quantiles": known[:, :7].reshape(5, 3, 1, 7) + noise,
        "narrow_excess": np.repeat(excess[..., None], 16, axis=-1) * N / NARROW,
        "gaussian_quantiles": np.log(10) * np.array([[-64.0, -16, 0]] * 3),
        "again": np.array([[1.0, 1, 0, 1], [1.05, 1, 1, 0]]),
        "again_log_s": log_s[[2, 3], 1].copy(),
    }
    return data | {"law_kept": kept(data)}


def red(data):
    """Texts of the claims that fail."""
    return [claim.text for claim in claims(data) if not claim.passed]


def moved(step, *where):
    """A whole panel, with its law, to larger or smaller values."""

    def change(data):
        for name in ("log_s", "law_quantiles", "log_rms", "log_rms_law"):
            data[name][where] += step
        data["law_kept"] = kept(data)

    return change


def added(name, step, *where):
    """One array is off somewhere."""

    def change(data):
        data[name][where] += step

    return change


def both(*changes):
    """One change after the other."""

    def change(data):
        for each in changes:
            each(data)

    return change


WIDER = np.sqrt(NARROW / N) * SD * np.sqrt(2)
EDGE = 5 * SD * np.sqrt(NARROW / N) + 3 * N ** (-2 / 3)

ALONE = [
    ("quantiles", moved(5.5 * WIDER, 0, 1)),
    ("quantiles", moved(-5.5 * WIDER, 4, 2)),
    ("the mean of s² is", both(added("log_rms", -0.0065, 2, 2), added("log_rms_law", -0.0065, 2, 2))),
    (
        "exceeds that prediction",
        both(added("log_rms", -0.0066, slice(3, 5)), added("log_rms_law", -0.0066, slice(3, 5))),
    ),
    ("exceeds that prediction", both(added("log_rms", 0.0125, 3, 0), added("log_rms_law", 0.0125, 3, 0))),
    ("With (48)", added("log_rms_law", 5.1 * SD * np.sqrt(NARROW / N), 4, 2)),
    ("With (48)", added("log_rms_law", -5.1 * SD * np.sqrt(NARROW / N), 0, 1)),
    ("follow the free-probability law", added("aligned_cdf", 0.0201, 3, 1)),
    ("nearer to their law", added("aligned_cdf", 0.0135, slice(None))),
    ("at the edge of the law", added("law_quantiles", 1.01 * EDGE, 0, 0, 6)),
    ("at the edge of the law", added("law_quantiles", -1.01 * EDGE, 2, 1, 6)),
    ("one direction is lost", added("log_s", np.log(2.1), 3, 0, -1)),
    ("one direction is lost", added("log_s", np.log(0.01), 2, 0, -2)),
    ("depends on g and q¹ only", added("again_log_s", 5.5 * WIDER, 1)),
    ("a fraction of O(1)", added("law_kept", 0.021, 2, 1)),
    ("5 and 95 % quantiles", moved(0.16, 2, 0)),
    ("tanh networks with Gaussian", added("gaussian_quantiles", np.log(10) * 20, slice(None), 0)),
]
WITH_OTHERS = [
    ("median s at g", moved(np.log(5), 1)),
    ("median s at g", moved(np.log(3), 3)),
    ("most are not", moved(np.log(1e3), 0)),
    ("most are not", moved(-np.log(1e3), 3)),
    ("everything collapses", moved(np.log(5), 0)),
    ("anisotropy is mild", added("log_s", -30.0, 4, slice(None), slice(900, 1000))),
]


def test_claims_hold_of_what_the_figure_shows():
    assert red(invented()) == []


@pytest.mark.parametrize(("text", "change"), ALONE)
def test_one_change_turns_one_claim(text, change):
    data = invented()
    change(data)
    failed = red(data)
    assert len(failed) == 1, failed
    assert text in failed[0]


@pytest.mark.parametrize(("text", "change"), WITH_OTHERS)
def test_a_change_turns_its_claim(text, change):
    data = invented()
    change(data)
    assert any(text in failed for failed in red(data))


def test_an_invented_panel_has_the_quantiles_of_the_table():
    _, known, _ = reference()
    assert_allclose(quantiles(invented()).reshape(15, 7), known[:, :7], atol=5e-3)  # between N points by straight lines


def test_rounding_of_the_table_is_half_its_last_digit():
    places, known, half = reference()
    assert places[4].tolist() == [0.95, 1.0]
    assert_allclose(np.exp(known[0, 0]), 3.1e-6)
    assert_allclose(half[0, 0] * 3.1e-6, 0.05e-6)
    assert_allclose(half[6] * np.exp(known[6]), [5e-5, *[5e-4] * 7])  # .0026, and seven of three decimals
    assert_allclose(half[13, 3] * 0.10, 0.005)
    assert_allclose(half[9, 4] * 0.72, 0.005)
    assert len(TABLE.strip().splitlines()) == len(known) == 15


def test_spread_shrinks_as_one_over_the_root_of_the_width_but_for_the_smallest():
    found = spread(invented(), N)
    assert_allclose(found[..., 1:], SD * np.sqrt(NARROW / N))
    assert_allclose(found[..., 0], 5 * SD)


def test_distance_is_kolmogorovs():
    from scipy.stats import kstest

    x = np.sort(np.random.default_rng(1).random(N) ** 1.1)
    data = {"log_s": x[None, None, ::-1], "cdf": x[None, None, ::-1]}
    assert_allclose(kolmogorov(data, "cdf"), kstest(x, "uniform").statistic)


def test_log_rms_of_tiny_numbers():
    assert_allclose(log_rms(np.array([-2000.0, -2000.0 + np.log(7)])), -2000 + np.log(25) / 2, rtol=1e-12)


@pytest.fixture(scope="module")
def small():
    return fig7.jacobian(gain=1.1, variance=0.7, n=30, layers=6, network=2, number=3)


def test_a_panel_is_the_jacobian_of_the_papers_network(small):
    """Eq. (22), by finite differences of eq. (20) written out."""
    from deeplinear import initial

    weights = initial.orthogonal([30] * 6, gain=1.1, rng=np.random.default_rng([2, 30, 6]))
    x = np.random.default_rng([3, 30]).standard_normal(30)
    x *= np.sqrt(0.7 / np.mean(x**2))

    def end(x):
        for w in weights:
            x = w @ np.tanh(x)
        return x

    step = 1e-6
    jacobian = np.array([(end(x + step * e) - end(x - step * e)) / (2 * step) for e in np.eye(30)]).T
    assert len(weights) == 5
    assert_allclose(np.exp(small["log_s"]), np.linalg.svd(jacobian, compute_uv=False), rtol=1e-5)
    assert_allclose(small["q"][0], 0.7)
    assert_allclose(small["q"][-1], np.mean(end(x) ** 2))


def test_predicted_rms_multiplies_layers(small):
    from deeplinear import initial

    weights = initial.orthogonal([30] * 6, gain=1.1, rng=np.random.default_rng([2, 30, 6]))
    x = np.random.default_rng([3, 30]).standard_normal(30)
    x *= np.sqrt(0.7 / np.mean(x**2))
    product = 1.0
    for w in weights:
        product *= 1.1**2 * np.mean((1 - np.tanh(x) ** 2) ** 2)
        x = w @ np.tanh(x)
    assert_allclose(small["log_rms"], np.log(product) / 2, rtol=1e-12)


def test_law_of_a_panel_is_that_of_ln_s():
    """Five layers: shares and moments of the law against networks."""
    nets = [fig7.jacobian(gain=1.0, variance=1.0, n=120, layers=6, network=k, number=k)["log_s"] for k in range(8)]
    pooled = np.sort(np.concatenate(nets))[::-1]
    law = fig7.predicted(gain=1.0, variance=1.0, depth=5, log_s=pooled)
    below = (np.arange(len(pooled))[::-1] + 0.5) / len(pooled)
    assert np.abs(law["cdf"] - below).max() < 0.015
    level = law["log_rms_law"] - log_rms(pooled)
    shifted = fig7.predicted(gain=1.0, variance=1.0, depth=5, log_s=pooled + level)
    assert_allclose(law["aligned_cdf"], shifted["cdf"], atol=1e-12)
    assert_allclose(shifted["aligned_cdf"], shifted["cdf"], atol=1e-12)
    assert_allclose(law["law_quantiles"][1:6], np.quantile(pooled, LEVELS[1:6]), atol=0.05)  # 8 networks of 120 units
    assert_allclose(law["log_rms_law"], log_rms(pooled), atol=0.02)
    assert_allclose(law["law_kept"], np.mean(pooled > np.log(0.01)), atol=2e-3)  # two of 960
    inner = slice(40, 361)  # of 400 points: the ends are steep
    ends = fig7.predicted(gain=1.0, variance=1.0, depth=5, log_s=np.log(10) * law["grid"][[40, 360]])["cdf"]
    assert_allclose(simpson(law["density"][inner], law["grid"][inner]), np.diff(ends)[0], rtol=1e-5)  # of log10 s
