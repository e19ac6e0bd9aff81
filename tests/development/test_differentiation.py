"""When items are told apart: trees by closed form, pairs by brute force, real items by name."""

import os

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.development.plain import (
    curve_of,
    decoupled_start,
    descended,
    gaussian_start,
    mini,
    split_value,
    tree_task,
)

from deeplinear import Curve, Task, development, initial, solve
from deeplinear.data import hierarchy, load_semantic, semantic
from deeplinear.exact import sigmoid

U0 = 1e-5


def law_of(task, strength=U0):
    return solve(task, initial.decoupled(task, [task.n_in, task.n_in, task.n_out], strength=strength, rng=0))


@pytest.mark.parametrize(("layer", "fraction"), [(1, 0.5), (1, 0.2), (2, 0.5)])
def test_splits_of_a_tree_are_learned_with_their_mode(layer, fraction):
    """``a`` reaches the fraction of s in the hidden layer, ``a²`` that of s² at the output."""
    task = tree_task()
    found = development.splits(law_of(task)(np.linspace(0, 6, 30_001)), task, layer=layer, fraction=fraction)
    assert [len(split.left + split.right) for split in found] == [8, 4, 4, 2, 2, 2, 2]
    assert (found[0].left, found[0].right) == ((0, 1, 2, 3), (4, 5, 6, 7))
    for split in found:
        height = int(np.log2(len(split.left))) + 1
        assert split.left[0] % 2**height == 0
        s = split_value(3, height)
        expected = sigmoid.learning_time(fraction ** (1 / layer) * s, s=s, u0=U0)
        assert_allclose(
            split.time, expected, rtol=1e-6
        )  # linear between times dt = 2e-4 apart: off by (s dt)²/4 of a width
    times = [split.time for split in found]
    assert times[0] < min(times[1:3]) <= max(times[1:3]) < min(times[3:])


def test_deep_networks_split_what_the_task_splits():
    """A tenth root of the round-off in a mode that the task lacks is no distance."""
    task = mini()
    strengths = np.linspace(0, 1, 5)[:, None] * np.where(np.arange(5) < 4, task.modes.s, 0.0)
    curve = Curve(np.arange(5.0), np.zeros(5), strengths, task.targets)
    found = development.splits(curve, task, depth=40)
    assert len(found) == 3
    assert max(split.time for split in found) < 1
    assert np.isinf(development.separation_times(curve, task, depth=40)[1, 2])


def test_split_times_of_a_tree_follow_the_paper():
    """``t ≈ tau/(2s) ln(s/u0)`` for small u0, with the logarithm's correction u0/s."""
    task = tree_task()
    for split in development.splits(law_of(task, 1e-8)(np.linspace(0, 12, 12001)), task):
        s = split_value(3, int(np.log2(len(split.left))) + 1)
        assert_allclose(split.time, np.log(s / 1e-8) / (2 * s), rtol=1e-6)


def test_random_start_differentiates_broad_before_fine():
    """Plain descent from small random weights on a sampled tree: every split comes after the one that contains it."""
    task = hierarchy(levels=4, features=400, flip=0.1, rng=1)
    curve, _ = descended(task, gaussian_start((16, 20, 400), 1e-4, seed=0), 1e-3, 1300, every=2)
    found = development.splits(curve, task)
    time = {frozenset(split.left + split.right): split.time for split in found}
    assert len(time) == 15
    assert all(np.isfinite(t) for t in time.values())
    for whole, t in time.items():
        for part, later in time.items():
            assert not part < whole or later > t, (whole, part)


def test_shares():
    """A symmetric tree has one mode for each of its first splits; on sampled features most of a split is one mode."""
    found = development.splits(law_of(tree_task())(np.linspace(0, 6, 61)), tree_task())
    assert_allclose(found[0].share, 1, rtol=1e-12)
    assert found[0].mode in (0, 1)
    sampled = hierarchy(levels=3, features=4000, rng=0)
    first = development.splits(law_of(sampled)(np.linspace(0, 1, 101)), sampled)[0]
    assert (first.mode, first.share > 0.95) == (1, True)


def test_groups_of_unequal_size_part_by_their_means():
    """Four items against the robin, which has most of its own: mean hidden activities of full matrices."""
    task = mini()
    curve, kept = descended(task, decoupled_start(task, (6,), 1e-4, seed=1), 0.005, 3000)
    first = development.splits(curve, task)[0]
    assert (first.left, first.right) == ((0, 1, 2, 4), (3,))
    _, s, v = task.modes
    aim = (v[[0, 1, 2, 4]].mean(axis=0) - v[3]) ** 2 * s
    path = [np.sum((w1[:, [0, 1, 2, 4]].mean(axis=1) - w1[:, 3]) ** 2) for w1, _ in kept]
    assert_allclose(first.time, np.interp(0.5 * aim.sum(), path, curve.times), rtol=1e-10)
    assert_allclose(first.share, aim.max() / aim.sum(), rtol=1e-10)


def test_pairs_by_brute_force():
    task = mini()
    curve, _ = descended(task, gaussian_start((5, 9, 7), 1e-2, seed=3), 0.01, 1500, every=10)
    times = development.separation_times(curve, task)
    _, s, v = task.modes
    for i in range(5):
        for j in range(5):
            aim = sum(s[a] * (v[i, a] - v[j, a]) ** 2 for a in range(5))
            path = [sum(abs(row[a]) * (v[i, a] - v[j, a]) ** 2 for a in range(5)) for row in curve.strengths]
            if aim < 1e-9:  # rose and oak are the same to this task, and an item is itself
                assert times[i, j] == np.inf
                continue
            after = next(n for n, x in enumerate(path) if x >= aim / 2)
            part = (aim / 2 - path[after - 1]) / (path[after] - path[after - 1])
            assert_allclose(times[i, j], curve.times[after - 1] + part * 0.1, rtol=1e-10)
    assert times[1, 2] == np.inf
    counts = development.pairs_distinguished(curve, task)
    finite = times[np.triu_indices(5, 1)]
    assert_array_equal(counts, [(finite <= t).sum() for t in curve.times])
    assert (counts[0], counts[-1]) == (0, 9)
    assert len(development.splits(curve, task)) == 3  # not rose against oak


def test_unfinished_curves_end_in_infinity():
    task = tree_task()
    early = law_of(task)(np.linspace(0, 0.1, 11))
    assert {split.time for split in development.splits(early, task)} == {np.inf}
    assert np.isinf(development.separation_times(early, task)).all()
    assert (development.pairs_distinguished(early, task) == 0).all()


def test_shallow_networks_tell_all_apart_at_once():
    """All modes together: every split is half learned at ``tau ln(1/(1 − √½))``, output distances being squares."""
    task = tree_task()
    law = solve(task, (np.zeros((8, 8)),))
    found = development.splits(law(np.linspace(0, 5, 5001)), task, depth=1)
    assert_allclose([split.time for split in found], -np.log(1 - np.sqrt(0.5)), rtol=1e-6)


def test_batches():
    task = tree_task()
    strengths = np.sort(np.random.default_rng(0).random((3, 4, 8)), axis=1) * task.modes.s
    curve = Curve(np.arange(4.0), np.zeros((3, 4)), strengths, task.targets)
    one = Curve(np.arange(4.0), np.zeros(4), strengths[2], task.targets)
    assert development.separation_times(curve, task).shape == (3, 8, 8)
    assert_array_equal(development.separation_times(curve, task)[2], development.separation_times(one, task))
    assert_array_equal(development.pairs_distinguished(curve, task)[2], development.pairs_distinguished(one, task))
    with pytest.raises(ValueError, match=r"splits needs one start and one rate, got strengths of shape \(3, 4, 8\)"):
        development.splits(curve, task)


def test_single_items_and_nothing_to_learn():
    task = Task.from_correlations(np.eye(1), np.ones((3, 1)))
    curve = curve_of(task, [0.0, 1.0], [np.zeros((3, 1)), np.ones((3, 1))])
    assert development.splits(curve, task) == ()
    assert (development.pairs_distinguished(curve, task) == 0).all()
    empty = Task.from_correlations(np.eye(3), np.zeros((2, 3)))
    still = curve_of(empty, [0.0, 1.0], [np.zeros((2, 3))] * 2)
    assert development.splits(still, empty) == ()
    assert np.isinf(development.separation_times(still, empty)).all()


def test_refuses():
    task = mini()
    curve = curve_of(task, [0.0, 1.0], [np.zeros((7, 5))] * 2)
    with pytest.raises(ValueError, match=r"needs 0 < fraction < 1, got fraction=1\.0"):
        development.splits(curve, task, fraction=1.0)
    with pytest.raises(ValueError, match="needs 0 < fraction < 1, got fraction=0"):
        development.pairs_distinguished(curve, task, fraction=0)
    with pytest.raises(ValueError, match="separation_times needs a whole number 1 <= layer <= 2"):
        development.separation_times(curve, task, layer=3)


@pytest.mark.skipif(not os.environ.get("DEEPLINEAR_DATA"), reason="DEEPLINEAR_DATA names no folder with semantic data")
@pytest.mark.parametrize("start", ["decoupled", "random"])
def test_plants_and_animals_then_birds_and_fish(start):
    """Rumelhart's eight items: plants from animals, then birds from fish and trees from flowers, then single items."""
    (_, items, _), task = load_semantic(), semantic()
    weights = decoupled_start(task, (8,), 1e-6, 0) if start == "decoupled" else gaussian_start((8, 16, 36), 1e-3, 0)
    curve, _ = descended(task, weights, 0.005, 2500, every=5)
    found = development.splits(curve, task)
    groups = [{items[i] for i in split.left} for split in found]
    assert groups[0] == {"Pine", "Oak", "Rose", "Daisy"}
    assert {frozenset(g) for g in groups[1:3]} == {frozenset({"Robin", "Canary"}), frozenset({"Pine", "Oak"})}
    times = [split.time for split in found]
    assert times[0] < 0.75 * min(times[1:3])
    assert max(times[1:3]) < 0.75 * min(times[3:])
    assert [split.mode for split in found[:3]] == [1, 2, 3]
    assert min(split.share for split in found[:3]) > 0.98
