"""Each claim of Fig. 8 turns red when what it says is off; the simulation follows eq. (47)."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from deeplinear.figures import fig8
from deeplinear.figures.variance_claims import AT_EDGE, CHI, LEVELS, MAP, as_printed, claims

GAINS = np.array([0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.5])
RUNS, LAYERS = 16, 30


def invented():
    """Fig. 8 as the handbook has it; simulations scatter by 1 %."""
    known = dict(zip(fig8.EXACT, LEVELS, strict=True))
    levels = np.array([float(known.get(g, 0)) for g in GAINS])
    depth = np.arange(LAYERS)
    small = 0.01 / GAINS[:3, None] ** 58 * GAINS[:3, None] ** (2 * depth)  # 0.01 at the end
    followed = np.concatenate([small, np.tile(np.maximum(levels[3:, None], 0.02), LAYERS)])
    followed[:3, -1] = followed[:3, -2] * GAINS[:3] ** 2 * (1 - 2 * followed[:3, -2])
    z = np.random.default_rng(0).standard_normal(RUNS)
    runs = followed[:, None] * (1 + 0.01 * (z - z.mean())[:, None])
    critical = np.ones(101)
    critical[[99, 100]] = [float(text) for text in AT_EDGE]
    exact = np.array(fig8.EXACT)
    fixed = np.array([float(text) for text in LEVELS])
    fixed[:2] = (exact[:2] ** 2 - 1) / (2 * exact[:2] ** 2) * (1 + 2.85 * (exact[:2] - 1))
    return {
        "q_in": np.array(fig8.PRINTED),
        "q_out": np.array([float(text) for text in MAP]),
        "exact_gains": exact,
        "fixed_points": fixed,
        "chi": np.array([float(text) for text in CHI]),
        "gains": GAINS.copy(),
        "simulated": runs,
        "followed": followed,
        "levels": levels,
        "critical": critical,
        "edge": np.array(1.0),
        "last": np.array(5),
        "n": np.array(1000),
    }


def red(data):
    """Texts of the claims that fail."""
    return [claim.text for claim in claims(data) if not claim.passed]


def added(name, step, *where):
    """One array is off somewhere."""

    def change(data):
        data[name][where] += step

    return change


def times(name, factor, *where):
    """One array is off by a factor somewhere."""

    def change(data):
        data[name][where] *= factor

    return change


def both(*changes):
    """One change after the other."""

    def change(data):
        for each in changes:
            each(data)

    return change


TURNED = [
    *(("the map q_in", added("q_out", 6e-5 * sign, i)) for i in range(9) for sign in (1, -1)),
    ("below the diagonal", times("q_in", 0.5, 0)),
    ("dies like 1/(2l)", added("critical", 6e-7, 99)),
    ("dies like 1/(2l)", added("critical", -6e-7, 100)),
    *(("q∞(g) of (49)", added("fixed_points", 6e-5 * sign, i)) for i in range(4, 11) for sign in (1, -1)),
    ("q∞(g) of (49)", added("fixed_points", 6e-6, 3)),
    *(("χ₁ = g²", added("chi", 6e-5 * sign, i)) for i in range(11) for sign in (1, -1)),
    ("just above 1", times("fixed_points", 0.997, 1)),
    ("the edge of chaos", added("edge", 1e-12)),
    ("the edge of chaos", added("levels", 1e-9, 3)),
    ("the edge of chaos", added("levels", -0.05, 4)),
    ("that of (49) to 2 %", times("levels", 1.021, 6)),
    ("that of (49) to 2 %", times("levels", 0.979, 5)),
    ("every layer has the variance", times("followed", 1.016, 6, slice(1, 20))),
    ("thirty layers are not enough", times("followed", 1.016, 3, slice(25, 30))),
    ("keeps the share", times("simulated", 1.006, 0, slice(None), 29)),
    ("keeps the share", times("simulated", 0.994, 2, slice(None), 29)),
]
TOGETHER = {"thirty layers are not enough": "every layer has the variance"}  # the same layers, one by one


def test_claims_hold_of_what_the_figure_shows():
    assert red(invented()) == []


@pytest.mark.parametrize(("text", "change"), TURNED)
def test_one_change_turns_one_claim(text, change):
    data = invented()
    change(data)
    failed = [found for found in red(data) if TOGETHER.get(text, "nothing") not in found]
    assert len(failed) == 1, failed
    assert text in failed[0]


def test_as_printed_means_rounding_to_the_printed_digits():
    assert as_printed(np.array([0.12345]), ("0.1235",)) != as_printed(np.array([0.12345]), ("0.1234",))
    assert as_printed(np.array([0.11275]), ("0.11275",))
    assert not as_printed(np.array([0.1128]), ("0.11275",))


def test_activity_is_that_of_the_papers_network():
    """Eqs. (20), (21), and (47) exactly: with orthogonal weights q' = g² mean tanh²."""
    from deeplinear.initial.haar import haar

    q = fig8.activity(50, 4, 2, (0.9, 1.3), np.random.default_rng(5))
    assert q.shape == (2, 2, 4)
    rng = np.random.default_rng(5)
    x = 1.0 * rng.standard_normal((2, 50))
    for layer in range(3):
        assert_allclose(q[1, :, layer], np.mean(x**2, axis=1), rtol=1e-12)
        after = 1.3 * np.tanh(x) @ haar(50, 50, rng).T
        assert_allclose(q[1, :, layer + 1], 1.3**2 * np.mean(np.tanh(x) ** 2, axis=1), rtol=1e-12)
        x = after


def test_settled_averages_the_last_layers():
    data = {"simulated": np.arange(12.0).reshape(1, 2, 6), "last": np.array(2)}
    assert fig8.settled(data).tolist() == [[4.5, 10.5]]
