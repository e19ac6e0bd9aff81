"""A planted category: singular value and overlaps against samples, above and below the threshold."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

from deeplinear.data import category, category_mode

SEEDS = 12


def sampled(shape):
    """Largest singular value and its squared overlaps with members and shared features, over seeds."""
    rows = []
    for seed in range(SEEDS):
        u, s, v = category(**shape, rng=seed).modes
        m, k = shape["members"], shape["shared"]
        rows.append((s[0], v[:m, 0].sum() ** 2 / m, u[:k, 0].sum() ** 2 / k))
    rows = np.array(rows)
    return rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(SEEDS)


@pytest.mark.parametrize(
    ("members", "shared", "inside"),
    [(60, 150, 0.8), (150, 60, 0.8), (50, 100, 0.7), (100, 140, 0.65)],
)
def test_samples(members, shared, inside):
    """Noise as strong inside as outside, so the law holds up to corrections of order 1/N: below 1/300 and 5 se."""
    shape = {
        "items": 300,
        "features": 500,
        "members": members,
        "shared": shared,
        "inside": inside,
        "outside": 1 - inside,
    }
    found = category_mode(**shape)
    mean, error = sampled(shape)
    assert found.coherence > 1
    assert (np.abs(mean - found[1:]) < 5 * error + np.array(found[1:]) / 300).all()


def test_below_threshold_there_is_only_noise():
    """The edge of the noise; the largest singular value lies N^{-2/3} of it below, and overlaps are of order 1/N."""
    shape = {"items": 300, "features": 500, "members": 30, "shared": 30, "inside": 0.6, "outside": 0.4}
    found = category_mode(**shape)
    assert found.coherence < 1
    assert found.item_overlap == found.feature_overlap == 0
    assert_allclose(found.s, np.sqrt(0.24) * (np.sqrt(300) + np.sqrt(500)), rtol=CLOSED_FORM)
    mean, _ = sampled(shape)
    assert abs(mean[0] / found.s - 1) < 2 * 300 ** (-2 / 3)
    assert (mean[1:] < 20 / 300).all()


def test_printed_forms():
    """In terms of signal θ and noise variance v (Benaych-Georges & Nadakuditi): ``s² = (θ² + v N_i)(θ² + v N_f)/θ²``."""
    shape = {"items": 90, "features": 40, "members": 30, "shared": 20, "inside": 0.9, "outside": 0.25}
    found = category_mode(**shape)
    v, theta2 = 0.25 * 0.75, 0.65**2 * 600
    assert_allclose(found.coherence, 0.65**2 / v * 600 / 60, rtol=CLOSED_FORM)
    assert_allclose(found.s**2, (theta2 + v * 90) * (theta2 + v * 40) / theta2, rtol=CLOSED_FORM)
    beta = theta2 / v
    assert_allclose(found.item_overlap, (beta**2 - 3600) / (beta * (beta + 90)), rtol=CLOSED_FORM)
    assert_allclose(found.feature_overlap, (beta**2 - 3600) / (beta * (beta + 40)), rtol=CLOSED_FORM)


def test_limits():
    """Little noise leaves ``(p − q) √(K_i K_f)``; at the threshold s joins the edge and the overlaps vanish."""
    shape = {"items": 100, "features": 100, "members": 50, "shared": 50}
    clear = category_mode(**shape, inside=1.0, outside=1e-9)
    assert_allclose(clear.s, 50, rtol=1e-6)  # v N / θ² = 4e-11 · 1e3 remains
    assert_allclose(clear[2:], 1, rtol=1e-6)
    q, p = 0.5, 0.5 + np.sqrt(0.25 * 100 / 2500)
    above, below = (category_mode(**shape, inside=p + e, outside=q) for e in (1e-9, -1e-9))
    assert above.coherence > 1 > below.coherence
    assert_allclose(above.s, below.s, rtol=CLOSED_FORM)
    assert above.item_overlap < 1e-6


def test_more_coherent_categories_are_stronger():
    """Twice the members, or the shared features, or a cleaner rule: all of these raise C and s."""
    base = category_mode()
    for more in ({"members": 100}, {"shared": 200}, {"inside": 0.9}):
        other = category_mode(**more)
        assert other.coherence > base.coherence
        assert other.s > base.s


def test_draws():
    y = category(items=40, features=60, members=10, shared=20, inside=1.0, outside=0.25, rng=3).input_output_correlation
    assert set(np.unique(y)) == {-0.25, 0.75}
    assert_array_equal(y[:20, :10], 0.75)
    rest = np.concatenate([y[20:].ravel(), y[:20, 10:].ravel()])
    assert abs(rest.mean()) < 5 * np.sqrt(0.1875 / rest.size)


@pytest.mark.parametrize("make", [category, category_mode])
@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"items": 0}, "category needs whole items >= 1"),
        ({"members": 201}, "1 <= members <= 200, got members=201: members are items"),
        ({"shared": 0}, "1 <= shared <= 400, got shared=0"),
        ({"inside": 1.5}, "category needs 0 <= inside <= 1, got inside=1.5"),
        ({"outside": 0.0}, "features that never vary outside"),
        ({"outside": np.nan}, "0 < outside < 1"),
        ({"inside": None}, "got inside=None"),
    ],
)
def test_refuses(make, wrong, text):
    with pytest.raises(ValueError, match=text):
        make(**wrong)
