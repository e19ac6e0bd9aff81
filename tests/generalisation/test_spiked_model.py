import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse.linalg import svds
from tests.conftest import CLOSED_FORM

from deeplinear.generalisation import spiked_model
from deeplinear.generalisation.marchenko_pastur_rule import marchenko_pastur

ASPECTS = [0.05, 0.5, 1.0, 3.0]
STRENGTHS = [0.2, 0.97, 1.03, 1.5, 6.0]  # in units of the threshold


def printed(s, a):
    above = s > a**0.25
    s = np.where(above, s, 2 * a**0.25 + 2)
    value = np.sqrt((1 + s**2) * (a + s**2)) / s
    left = np.sqrt(1 - a * (1 + s**2) / (s**2 * (a + s**2)))
    right = np.sqrt(1 - (a + s**2) / (s**2 * (1 + s**2)))
    return np.where(above, value, 1 + np.sqrt(a)), np.where(above, left, 0.0), np.where(above, right, 0.0)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_printed_form(aspect):
    s = np.array([0.1, 0.5, 1.2, 1.5, 3.0, 40.0]) * aspect**0.25
    value, left, right = printed(s, aspect)
    assert_allclose(spiked_model.empirical_singular_value(s, aspect=aspect), value, rtol=CLOSED_FORM)
    assert_allclose(spiked_model.overlaps(s, aspect=aspect), (left, right), rtol=CLOSED_FORM)
    assert_allclose(spiked_model.overlap(s, aspect=aspect), left * right, rtol=CLOSED_FORM)
    assert (spiked_model.seen(s, aspect=aspect) == (s > aspect**0.25)).all()


def test_numbers_of_the_handbook():
    s = np.array([0.8, 1.5, 3.0])
    assert_allclose(
        spiked_model.empirical_singular_value(s, aspect=1.0).round(3), [2, 2.167, 3.333], rtol=0, atol=1e-12
    )
    assert_allclose(spiked_model.overlap(s, aspect=1.0).round(3), [0, 0.556, 0.889], rtol=0, atol=1e-12)
    assert_allclose(
        spiked_model.empirical_singular_value(s[1:], aspect=0.5).round(3), [1.993, 3.249], rtol=0, atol=1e-12
    )
    assert_allclose(spiked_model.overlap(s[1:], aspect=0.5).round(3), [0.678, 0.918], rtol=0, atol=1e-12)


@pytest.mark.parametrize("aspect", [0.5, 1.0])
@pytest.mark.parametrize("s", [0.8, 1.5, 3.0])
def test_samples(s, aspect):
    rng, n = np.random.default_rng(11), 500
    m = int(aspect * n)
    found = []
    for _ in range(10):
        matrix = rng.normal(size=(m, n)) / np.sqrt(n)
        matrix[0, 0] += s  # directions do not matter: the noise is isotropic
        u, value, vt = svds(matrix, k=1, v0=np.ones(min(m, n)), tol=1e-9)
        found.append([value[0], abs(u[0, 0]), abs(vt[0, 0])])
    found = np.array(found)
    if s <= aspect**0.25:  # at the edge of the noise within its Tracy-Widom scale n^(−2/3); overlaps fade as n^(−1/2)
        expected = spiked_model.empirical_singular_value(s, aspect=aspect)
        assert_allclose(found[:, 0].mean(), expected, atol=3 * n ** (-2 / 3), rtol=0)
        return
    expected = [spiked_model.empirical_singular_value(s, aspect=aspect), *spiked_model.overlaps(s, aspect=aspect)]
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    bias = 4 / n / (s / aspect**0.25 - 1)  # corrections of relative order 1/n, worse near the threshold
    assert (np.abs(found.mean(axis=0) - expected) < 5 * error + bias).all()


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("times", STRENGTHS)
@pytest.mark.parametrize("sigma", [1.0, 0.3])
def test_noise_modes_keep_the_sums(aspect, times, sigma):
    """Traces of the noisy matrix are known without its spectrum: outlier and noise modes together must give them."""
    s = times * aspect**0.25 * sigma
    rule = marchenko_pastur(aspect=aspect, sharp=[(np.pi, 1e-2)])
    noise = sigma * rule.singular_values
    how = {"s": np.asarray(s), "aspect": aspect, "sigma": sigma}
    extra = spiked_model.displaced(rule.angles, **how) * rule.steps
    leak = spiked_model.leaked(rule.angles, rule.eigenvalues, **how) * rule.steps
    out = float(times > 1)
    top = spiked_model.empirical_singular_value(s, aspect=aspect, sigma=sigma)
    held = spiked_model.overlap(s, aspect=aspect, sigma=sigma)
    close = {"rtol": CLOSED_FORM, "atol": CLOSED_FORM * s**4}
    assert_allclose(extra.sum() + out, 0.0, atol=CLOSED_FORM)
    assert_allclose(extra @ noise**2 + out * top**2, s**2, err_msg="tr M Mᵀ", **close)
    fourth = s**4 + 2 * s**2 * sigma**2 * (1 + aspect)
    assert_allclose(extra @ noise**4 + out * top**4, fourth, err_msg="tr (M Mᵀ)²", rtol=1e-11)
    assert_allclose(leak @ noise + top * held, s, err_msg="uᵀ M v", rtol=CLOSED_FORM)
    cubic = s**3 + s * sigma**2 * (1 + aspect)
    assert_allclose(leak @ noise**3 + top**3 * held, cubic, err_msg="uᵀ M Mᵀ M v", rtol=CLOSED_FORM)


def test_scale_and_limits():
    s, aspect = np.array([0.5, 1.1, 4.0]), 0.7
    for sigma in (1e-8, 0.5, 1e8):
        one = spiked_model.empirical_singular_value(s, aspect=aspect)
        assert_allclose(
            spiked_model.empirical_singular_value(sigma * s, aspect=aspect, sigma=sigma), sigma * one, rtol=1e-14
        )
        assert_allclose(
            spiked_model.overlap(sigma * s, aspect=aspect, sigma=sigma), spiked_model.overlap(s, aspect=aspect)
        )
    assert (spiked_model.empirical_singular_value(s, aspect=aspect, sigma=0.0) == s).all()
    assert (spiked_model.overlap(s, aspect=aspect, sigma=0.0) == 1).all()
    for tiny in (1e-300, 1e300):
        assert np.isfinite(spiked_model.overlap(tiny, aspect=aspect))
        assert np.isfinite(
            spiked_model.leaked(np.array([0.3]), np.array([1.0]), s=np.asarray(tiny), aspect=1.0, sigma=1.0)
        )
    assert spiked_model.overlap(0.7**0.25, aspect=0.7) < 1e-15
    assert isinstance(spiked_model.overlap(2.0, aspect=1.0), float)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"s": 0.0}, r"overlap.* needs a finite s > 0, got s=0.0"),
        ({"aspect": -1.0}, r"overlap.* needs a finite aspect > 0, got aspect=-1.0"),
        ({"sigma": -0.1}, r"overlap.* needs a finite sigma >= 0, got sigma=-0.1: it is a standard deviation"),
        ({"sigma": np.nan}, r"overlap.* needs a finite sigma >= 0, got sigma=nan"),
    ],
)
def test_bad_input(arguments, message):
    good = {"s": 1.0, "aspect": 1.0, "sigma": 1.0} | arguments
    with pytest.raises(ValueError, match=message):
        spiked_model.overlap(good.pop("s"), **good)
