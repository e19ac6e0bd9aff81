"""Curves: when modes are learned, differences, and files that give back what was written."""

import csv
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import CLOSED_FORM

import deeplinear as dl
from deeplinear import Curve


def sigmoids(times, s, u0=1e-3, tau=10.0):
    """Eq. (12) of Saxe et al. 2014, naively, for several modes."""
    growth = np.exp(2 * np.outer(times, s) / tau)
    return s * growth / (growth - 1 + s / u0)


def curve(strengths, times=None, targets=None, **options):
    strengths = np.asarray(strengths, dtype=float)
    times = np.arange(strengths.shape[-2], dtype=float) if times is None else times
    targets = np.ones(strengths.shape[-1]) if targets is None else np.asarray(targets, dtype=float)
    return Curve(times, 0.5 * np.sum((targets - strengths) ** 2, axis=-1), strengths, targets, **options)


@pytest.fixture
def learned():
    times, s = np.linspace(0, 60, 2001), np.array([3.0, 2.0, 1.0])
    return curve(sigmoids(times, s), times, s, name="sigmoid")


def test_half_times_of_sigmoids(learned):
    s = learned.targets
    expected = 10 / (2 * s) * np.log(s / 1e-3 - 1)
    assert_allclose(learned.half_times, expected, rtol=0, atol=1e-6)  # linear interpolation, h² u''/8, u'' = 0 there
    fractions = np.array([0.1, 0.9])
    low, high = (learned.learning_time(f) for f in fractions)
    assert_allclose(high - low, 10 / (2 * s) * np.log(81), rtol=1e-3)  # here u'' is not 0


def test_between_recorded_times_it_is_a_straight_line():
    times = np.array([0.0, 10.0, 30.0])
    found = curve([[0.0, 0.2], [0.4, 0.6], [0.8, 0.7]], times, targets=[1.0, 1.0])
    assert_allclose(found.half_times, [15.0, 7.5], rtol=CLOSED_FORM)
    assert_allclose(found.learning_time(0.25), [6.25, 1.25], rtol=CLOSED_FORM)


def test_the_first_crossing_counts():
    assert_allclose(curve([[0.0], [1.0], [0.0], [1.0]]).half_times, [0.5], rtol=CLOSED_FORM)


def test_a_mode_that_starts_learned_takes_no_time():
    assert_array_equal(curve([[0.7], [1.0]], np.array([3.0, 4.0])).half_times, [3.0])


def test_modes_without_target_or_end_are_nan():
    found = curve([[0.0, 0.0, 0.0], [0.4, 1.0, 1e-13]], targets=[1.0, 0.0, 1e-12])
    assert_array_equal(found.half_times, [np.nan, np.nan, np.nan])


def test_a_diverged_run_is_nan_or_when_it_crossed():
    found = curve([[0.0, 0.0], [np.nan, 1.0], [np.nan, np.inf]])
    assert_array_equal(found.half_times, [np.nan, 0.5])


def test_targets_scale_the_fraction():
    assert_allclose(curve([[0.0], [4.0]], targets=[4.0]).learning_time(0.25), [0.25], rtol=CLOSED_FORM)


def test_batches_are_as_one_by_one(learned):
    many = np.stack([learned.strengths, 0.6 * learned.strengths, 0.1 * learned.strengths])[None]
    batch = curve(many, learned.times, learned.targets)
    assert batch.half_times.shape == (1, 3, 3)
    for i in range(3):
        one = curve(many[0, i], learned.times, learned.targets)
        assert_array_equal(batch.half_times[0, i], one.half_times)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 2.0, np.nan])
def test_learning_time_refuses(learned, fraction):
    with pytest.raises(ValueError, match=r"^learning_time needs 0 < fraction < 1, got fraction="):
        learned.learning_time(fraction)


def test_differences(learned):
    other = curve(learned.strengths + 0.25, learned.times, learned.targets, name="other")
    difference = other - learned
    assert_allclose(difference.strengths, 0.25, rtol=1e-11)
    assert_array_equal(difference.loss, other.loss - learned.loss)
    assert_array_equal(difference.targets, np.zeros(3))
    assert difference.name == "other − sigmoid"
    with pytest.raises(ValueError, match="maps need a curve that knows its network"):
        _ = difference.maps


@pytest.mark.parametrize("shift", [slice(1, None), slice(None, None, 2)])
def test_differences_need_the_same_times(learned, shift):
    other = curve(learned.strengths[shift], learned.times[shift], learned.targets)
    with pytest.raises(ValueError, match=r"needs the same times, got 2001 and"):
        _ = learned - other
    with pytest.raises(ValueError, match="Evaluate the law at run"):
        _ = learned - curve(learned.strengths, learned.times + 1, learned.targets)


def test_differences_need_one_law_for_each_rate():
    task, start = dl.Task.from_modes([2.0]), ([[0.1]], [[0.1]])
    rates = [0.001, 0.01, 0.1]
    run, law = dl.descend(task, start, rate=rates, steps=20), dl.solve(task, start, tau=1 / 0.001)
    for pair in ((run, law(run.times)), (law(run.times), run)):
        with pytest.raises(
            ValueError, match=r"needs as many rates on both sides, got [13] and [13]: a law has one tau"
        ):
            _ = pair[0] - pair[1]
    for i, rate in enumerate(rates):
        law = dl.solve(task, start, tau=1 / run.rates[i])
        by_hand = run.strengths[i] - law(run.times).strengths
        for one in (rate, [rate]):
            difference = dl.descend(task, start, rate=one, steps=20) - law(run.times)
            assert_allclose(difference.strengths.reshape(by_hand.shape), by_hand, rtol=0, atol=1e-15)
    assert_array_equal((run - run).loss, np.zeros((3, 21)))
    seeds = dl.descend(task, [start, start], rate=0.1, steps=20)
    assert (seeds - law(seeds.times)).loss.shape == (2, 21)


def test_maps_are_computed_when_first_read():
    calls = []
    found = curve([[0.0], [1.0]], map_source=lambda: calls.append(1) or np.ones((2, 1, 1)))
    assert not calls
    assert found.maps.shape == (2, 1, 1)
    assert found.maps is found.maps
    assert calls == [1]


def test_npz_gives_back_every_bit(learned, tmp_path):
    with np.load(learned.save(tmp_path / "curve.npz")) as file:
        for name in ("times", "loss", "strengths", "targets"):
            assert_array_equal(file[name], getattr(learned, name))
        assert str(file["name"]) == "sigmoid"


def test_json_gives_back_every_bit(learned, tmp_path):
    batch = curve(np.stack([learned.strengths] * 2), learned.times, learned.targets, name="two")
    for each in (learned, batch):
        found = json.loads(each.save(str(tmp_path / "curve.json")).read_text())
        assert found["name"] == each.name
        for name in ("times", "loss", "strengths", "targets"):
            assert_array_equal(np.array(found[name]), getattr(each, name))


def test_csv_gives_back_every_bit(learned, tmp_path):
    with learned.save(tmp_path / "curve.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["time", "loss", "strength 1", "strength 2", "strength 3"]
    assert_array_equal(np.array(rows, dtype=float), np.column_stack([learned.times, learned.loss, learned.strengths]))


def test_save_refuses(learned, tmp_path):
    batch = curve(np.stack([learned.strengths] * 2), learned.times, learned.targets)
    with pytest.raises(ValueError, match=r"got 'curve.csv' for loss of shape \(2, 2001\)"):
        batch.save(tmp_path / "curve.csv")
    with pytest.raises(ValueError, match=r"^Curve.save needs a path ending in .npz or .json"):
        learned.save(tmp_path / "curve.txt")
    assert not list(tmp_path.iterdir())
