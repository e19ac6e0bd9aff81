"""Claims of Fig. 3 on invented numbers: each turns red when its own number is off."""

import numpy as np
import pytest

from deeplinear.figures.delay_claims import LINEAR_DELAYS, TANH_DELAYS, away, claims, rises

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
    data |= {"random_half_times": exact * (1 + linear + shared), "tanh_half_times": exact * (1 + tanh + shared)}
    for name, table in (("linear", linear), ("tanh", tanh)):
        data[f"{name}_trees"] = table + own + 0.01 * rng.normal(size=(20, 10, 7))
    return data


def red(data):
    return [number for number, claim in enumerate(claims(data)) if not claim.passed]


def test_numbers_as_they_should_be_pass():
    assert red(invented()) == []


@pytest.mark.parametrize(
    ("name", "change", "number"),
    [
        ("exact_half_times", lambda a: a * (1 + 1e-8), 1),
        ("unlearned", lambda a: a + np.array([0, 1]), 3),
        ("times", lambda a: a[a < 1000], 3),
        ("linear_trees", lambda a: a + 0.02, 4),
        ("random_half_times", lambda a: a * np.linspace(1.3, 1.0, 7), 5),
        ("tanh_trees", lambda a: a * 1.2, 6),
        ("tanh_half_times", lambda a: a * np.linspace(1.5, 1.0, 7), 7),
        ("tanh_half_times", lambda a: a * np.where(MODES == 12, 0.85, 1.0), 8),
        ("random_half_times", lambda a: a * 1.03, 9),
        ("deviation", lambda a: a * np.array([1.0, 0.9]), 10),
        ("deviation", lambda a: a * 1.2, 10),  # 9.6 %, where a finite step explains 9.2 %
    ],
)
def test_each_claim_goes_red_by_its_own_number(name, change, number):
    data = invented()
    assert number in red(data | {name: change(data[name])})


def test_a_start_out_of_order_is_seen():
    data = invented()
    data["tanh_half_times"][3, 2] = data["tanh_half_times"][3, 4]
    assert 2 in red(data)


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


def test_two_modes_beyond_two_standard_errors_are_one_too_many():
    data, table = invented(), np.array([LINEAR_DELAYS[m] for m in MODES])
    trees = 100 * data["linear_trees"]
    unit = 1 / away(trees - trees.mean(axis=(0, 1)) + table + 1, table)  # one standard error of each mode
    for modes, passes in (([2], True), ([2, 5], False)):
        shift = np.where(np.isin(np.arange(7), modes), 2.5 * unit, 0.0)
        off = (trees - trees.mean(axis=(0, 1)) + table + shift) / 100
        assert (4 not in red(data | {"linear_trees": off})) == passes


def test_later_on_average_is_later_beyond_doubt():
    data = invented()
    for errors, passes in ((1.5, False), (2.5, True)):
        scatter = np.tile([[1.0], [-1.0]], (20, 7)) * data["exact_half_times"] / 100
        later = scatter + errors * np.abs(scatter) / np.sqrt(39)
        assert (8 not in red(data | {"tanh_half_times": data["random_half_times"] + later})) == passes


def test_rising_is_judged_start_by_start():
    rng = np.random.default_rng(2)
    common = 10 * rng.normal(size=(30, 1))  # shared by all modes of a start, so no reason to doubt a step
    assert rises(common + np.arange(7) + 0.1 * rng.normal(size=(30, 7)))
    assert not rises(common - np.arange(7) + 0.1 * rng.normal(size=(30, 7)))
    assert not rises(common + np.array([0, 1, 2, 1, 3, 4, 5]) + 0.1 * rng.normal(size=(30, 7)))
    noise = rng.normal(size=(15, 7))
    assert not rises(np.concatenate([noise, -noise]))  # neither up nor down
