"""Claims of Fig. 3 on invented numbers: each turns red when its own number is off."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from deeplinear.figures import fig3
from deeplinear.figures.delay_claims import LINEAR_DELAYS, TANH_DELAYS, TREE_HALF_TIMES, away, claims, rise, scatter
from deeplinear.figures.fig3 import expected_half_times

MODES = np.array([1, 2, 3, 5, 12, 18, 31])
S = np.array([81.0, 56.0, 46.5, 37.6, 28.6, 20.6, 17.0])


def invented():
    rng = np.random.default_rng(0)
    exact = 1000 / S * np.log(S / 1e-6 - 1)
    linear, tanh = (np.array([table[m] for m in MODES]) / 100 for table in (LINEAR_DELAYS, TANH_DELAYS))
    shared = rng.normal(size=(40, 7)) * 0.01
    own = rng.normal(size=(20, 1, 7)) * 0.005
    data = {"modes": MODES, "singular_values": S, "exact_half_times": exact, "tau": 2000.0, "strength": 1e-6}
    data |= {"times": np.arange(0.0, 2601, 5), "unlearned": np.array([0, 0]), "deviation": np.array([0.08, 0.04])}
    data |= {"levels": 5, "features": 1000, "flip": 0.1, "hidden": 32}
    data["expected_half_times"] = np.array([TREE_HALF_TIMES[m] for m in MODES])
    data["decoupled_half_times"] = exact * (1 + S / 5000)  # a little less than half a step's growth, s/2τ
    data |= {"random_half_times": exact * (1 + linear + shared), "tanh_half_times": exact * (1 + tanh + shared)}
    for name, table in (("linear", linear), ("tanh", tanh)):
        data[f"{name}_trees"] = table + own + 0.01 * rng.normal(size=(20, 10, 7))
    return data


def red(data):
    """Texts of the claims that fail."""
    return [claim.text for claim in claims(data) if not claim.passed]


def test_numbers_as_they_should_be_pass():
    assert red(invented()) == []


def one(mode, factor):
    """One mode is something else."""
    return lambda a: a * np.where(np.isin(MODES, mode), factor, 1.0)


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        *(("exact_half_times", one(mode, 1.12), "trees drawn alike") for mode in MODES),
        ("unlearned", lambda a: a + np.array([0, 1]), "Nothing is cut off"),
        ("unlearned", lambda a: a + np.array([1, 0]), "Nothing is cut off"),
        ("times", lambda a: a[a < 1000], "Nothing is cut off"),
        *(("linear_trees", one(mode, 2.5), "of linear networks over") for mode in MODES),
        ("random_half_times", lambda a: a * np.linspace(1.3, 1.0, 7), "Delays of linear networks grow"),
        ("tanh_trees", lambda a: a * 1.2, "of tanh networks over"),
        ("tanh_half_times", lambda a: a * np.linspace(1.5, 1.0, 7), "Delays of tanh networks grow"),
        *(("tanh_half_times", one(mode, 0.7), "later than linear ones") for mode in MODES),
        *(("decoupled_half_times", one(mode, 0.98), "half learns every mode when (12) says") for mode in MODES),
        *(("decoupled_half_times", one(mode, 1.02), "half learns every mode when (12) says") for mode in MODES),
        *(("random_half_times", one(mode, 1.03), "Most of the delay of modes 1 2 3") for mode in (1, 2, 3)),
        ("deviation", lambda a: a * np.array([1.0, 0.9]), "the network follows (12)"),
        ("deviation", lambda a: a * 1.2, "the network follows (12)"),  # 9.6 %, where a finite step explains 9.2 %
    ],
)
def test_each_claim_goes_red_by_its_own_number(name, change, text):
    data = invented()
    assert any(text in failed for failed in red(data | {name: change(data[name])}))


def test_the_last_half_time_of_either_kind_counts():
    for name in ("random_half_times", "tanh_half_times"):
        data = invented()
        data[name][2, 6] = 2600.0  # at the end of the run, so not within it
        assert any("Nothing is cut off" in text for text in red(data))


def test_a_start_out_of_order_is_seen():
    for name in ("random_half_times", "tanh_half_times"):
        data = invented()
        data[name][3, 2] = data[name][3, 4]
        assert any("Stronger modes are learned first" in text for text in red(data))


def test_distance_in_standard_errors_has_the_spread_that_it_says():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(400):  # a reference of 20 starts on one tree; ours, 20 trees of 20 starts
        known = rng.normal(size=(7,)) * 0.5 + rng.normal(size=(20, 7)).mean(axis=0) * 2
        trees = rng.normal(size=(20, 1, 7)) * 0.5 + rng.normal(size=(20, 20, 7)) * 2
        found.append(away(trees, known))
    rms = np.sqrt(np.mean(np.square(found)))
    assert abs(rms - 1) < 0.1  # 2800 distances, and own variances that are estimates


def test_distance_where_starts_do_not_scatter_is_that_of_two_sets_of_trees():
    """One tree there, four here: ``σ √(1 + 1/4)``, with σ as estimated from the four."""
    means = np.array([[1.0], [2.0], [4.0], [5.0]]) * np.ones(7)
    off = away(np.repeat(means[:, None], 3, axis=1), 3 + np.arange(7.0))
    np.testing.assert_allclose(off, np.arange(7) / np.sqrt(10 / 3 * 1.25), rtol=1e-14)


def test_scatter_by_hand():
    """Starts have variances 1 and 9 within their trees, whose means are 10 and 14; 20 starts there, 3 and 3 here."""
    trees = np.array([[[9.0], [10.0], [11.0]], [[11.0], [14.0], [17.0]]])
    starts, spread = (1 + 9) / 2, 8.0
    np.testing.assert_allclose(scatter(trees), np.sqrt(starts / 20 + (spread - starts / 3) + spread / 2), rtol=1e-14)
    close = trees - trees.mean(
        axis=1, keepdims=True
    )  # no more spread than starts explain: trees have none of their own
    np.testing.assert_allclose(scatter(close), np.sqrt(starts / 20), rtol=1e-14)
    np.testing.assert_allclose(away(trees, np.array([11.0])), 1 / scatter(trees), rtol=1e-14)
    np.testing.assert_allclose(away(trees, np.array([13.0])), 1 / scatter(trees), rtol=1e-14)


def test_two_modes_beyond_two_standard_errors_are_one_too_many():
    data, table = invented(), np.array([LINEAR_DELAYS[m] for m in MODES])
    trees = 100 * data["linear_trees"]
    unit = 1 / away(trees - trees.mean(axis=(0, 1)) + table + 1, table)  # one standard error of each mode
    for modes, passes in (([2], True), ([2, 5], False)):
        shift = np.where(np.isin(np.arange(7), modes), 2.5 * unit, 0.0)
        off = (trees - trees.mean(axis=(0, 1)) + table + shift) / 100
        late = red(data | {"linear_trees": off})
        assert (not any("of linear networks over" in text for text in late)) == passes


def test_later_on_average_is_later_beyond_doubt():
    data = invented()
    for errors, passes in ((1.5, False), (2.5, True)):
        scatter = np.tile([[1.0], [-1.0]], (20, 7)) * data["exact_half_times"] / 100
        later = scatter + errors * np.abs(scatter) / np.sqrt(39)
        late = red(data | {"tanh_half_times": data["random_half_times"] + later})
        assert (not any("later than linear ones" in text for text in late)) == passes


def test_rise_is_in_the_errors_of_its_own_steps():
    rng = np.random.default_rng(2)
    common = 10 * rng.normal(size=(30, 1))  # shared by all modes of a start, so no reason to doubt a step
    found = common + np.arange(7) + 0.1 * rng.normal(size=(30, 7))
    steps, whole = rise(found)
    each = np.diff(found, axis=1)
    np.testing.assert_allclose(steps, each.mean(axis=0) * np.sqrt(30) / each.std(axis=0, ddof=1), rtol=1e-12)
    last = found[:, -1] - found[:, 0]
    np.testing.assert_allclose(whole, last.mean() * np.sqrt(30) / last.std(ddof=1), rtol=1e-12)


@pytest.mark.parametrize(
    ("places", "grows"),
    [(np.arange(7), True), (-np.arange(7), False), (np.array([0, 1, 2, 1, 3, 4, 5]), False), (0 * np.arange(7), False)],
)
def test_delays_grow_step_by_step_and_in_all(places, grows):
    noise = np.tile([[1.0], [-1.0]], (20, 7)) * (1 + 0.1 * np.arange(7))
    data = invented()
    delay = (10 + 4 * places + noise) / 100
    for name, text in (("random_half_times", "of linear networks grow"), ("tanh_half_times", "of tanh networks grow")):
        late = red(data | {name: data["exact_half_times"] * (1 + delay)})
        assert (not any(text in failed for failed in late)) == grows


def test_the_reference_half_times_are_those_of_drawn_trees():
    """(12) with u₀ = 1e-6 and τ = 2000, mean over 40 trees, to five standard errors and the whole epochs printed."""
    from deeplinear.data import hierarchy

    s = np.array([hierarchy(rng=seed).modes.s[MODES - 1] for seed in range(40)])
    found = 1000 / s * np.log(s / 1e-6 - 1)
    known = np.array([TREE_HALF_TIMES[int(m)] for m in MODES])
    assert (np.abs(found.mean(axis=0) - known) < 0.5 + 5 * found.std(axis=0, ddof=1) / np.sqrt(40)).all()


def test_expected_half_times_are_computed_and_those_known_for_the_papers_tree():
    known = np.array(list(TREE_HALF_TIMES.values()))
    found = expected_half_times(5, 1000, 0.1, 2000.0, 1e-6, 20)[MODES - 1]
    np.testing.assert_allclose(found, known, rtol=0.02)
    s = np.sqrt(400) * np.array([1.0])  # one level fewer than a tree: a single item, whose features are all of Σ³¹
    np.testing.assert_allclose(expected_half_times(0, 400, 0.1, 7.0, 1e-3, 2), 7 / (2 * s) * np.log(s / 1e-3 - 1))


def test_another_tree_is_not_held_against_the_delays_of_the_papers_tree():
    changes = {"levels": 4, "features": 900, "flip": 0.2, "tau": 1000.0, "hidden": 64, "strength": 1e-5}
    for name, value in changes.items():
        assert not any("starts on another tree" in claim.text for claim in claims(invented() | {name: np.array(value)}))
    assert sum("starts on another tree" in claim.text for claim in claims(invented())) == 2


def test_a_smaller_tree_is_computed_checked_and_drawn():
    """Modes that it does not have are left out; one without any of those asked for is refused."""
    small = {"levels": 2, "features": 60, "flip": 0.2, "tau": 100.0, "hidden": 6, "epochs": 300, "seeds": 3, "trees": 2}
    small |= {"tree_seeds": 2, "strength": 1e-3, "samples": 20}
    data = fig3.compute(**fig3.QUICK | small)
    assert data["modes"].tolist() == [1, 2, 3]
    assert data["expected_half_times"].shape == (3,)
    failed = [claim.text for claim in claims(data) if not claim.passed]
    assert all("delay" in text.lower() or "within 5 %" in text for text in failed), failed
    fig3.draw(data, Figure(figsize=fig3.SIZE, layout="constrained"))
    with pytest.raises(ValueError, match="fig3 needs modes between 1 and 4, got none: this tree has 4 items"):
        fig3.compute(**fig3.QUICK | small | {"modes": (9, 12)})
