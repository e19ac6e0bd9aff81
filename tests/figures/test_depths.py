"""One depth of Fig. 4 against running every rate on its own."""

from threading import Event

import numpy as np
import pytest
from numpy.testing import assert_allclose

import deeplinear as dl
from deeplinear.figures.depths import both_widths, flow, hidden, study

LAYERS, WIDTH, STRENGTH, STEPS = 4, 12, 0.05, 400
GRID = np.geomspace(1e-3, 0.3, 9)


@pytest.fixture(scope="module")
def task():
    return dl.Task.from_modes([3.0, 2.0, 1.5], n_in=6)


@pytest.fixture(scope="module")
def threshold(task):
    return 0.1 * task.output_power / 2


@pytest.fixture(scope="module")
def found(task, threshold):
    return study(task, LAYERS, WIDTH, STRENGTH, GRID, 3, threshold, STEPS, Event())


@pytest.fixture(scope="module")
def each_rate(task, threshold):
    """Iterations of any rates, each run to its end."""

    def times(rates):
        start = dl.initial.decoupled(task, hidden(task, LAYERS, WIDTH), strength=STRENGTH, rng=0)
        return dl.descend(task, start, rate=rates, until=threshold, steps=STEPS, reduce=False).learned_at

    return times


def test_the_grid_and_the_finer_one(found, each_rate):
    times = each_rate(GRID)
    assert found["iterations"] == np.nanmin(times)
    assert found["rate"] == GRID[np.nanargmin(times)]
    fine = np.geomspace(GRID[0], GRID[-1], 3 * 8 + 1)
    times = each_rate(fine)
    assert found["fine_iterations"] == np.nanmin(times)
    assert_allclose(found["fine_rate"], fine[np.nanargmin(times)], rtol=1e-12)


def test_stable_rates_go_up_to_the_limit(found, each_rate):
    rates = 2 / found["sharpness"] * np.geomspace(0.1, 1.0, len(GRID))
    times = each_rate(rates)
    assert found["stable_iterations"] == np.nanmin(times)
    assert_allclose(found["stable_rate"], rates[np.nanargmin(times)], rtol=1e-12)
    assert found["stable_rate"] != found["rate"]


def test_relapse_is_the_largest_loss_after_learning(task, found, threshold):
    start = dl.initial.decoupled(task, hidden(task, LAYERS, WIDTH), strength=STRENGTH, rng=0)
    for rate, learned, relapse in (
        ("rate", "iterations", "relapse"),
        ("stable_rate", "stable_iterations", "stable_relapse"),
    ):
        loss = dl.descend(task, start, rate=[found[rate]], steps=STEPS, reduce=False).loss[0]
        assert_allclose(found[relapse], loss[int(found[learned]) :].max() / threshold, rtol=1e-9)


def test_sharpness_and_flow_are_those_of_theory(task, found, threshold):
    """1/(L s^(2−2/L)) with L = 3 matrices; and descent at a hundredth of that rate takes a hundred times the flow's time."""
    assert_allclose(found["sharpness"], 3 * 3 ** (4 / 3), rtol=1e-12)
    start = dl.initial.decoupled(task, hidden(task, LAYERS, WIDTH), strength=STRENGTH, rng=0)
    slow = dl.descend(task, start, rate=[0.01 / found["sharpness"]], until=threshold, steps=20_000).learned_at[0]
    assert_allclose(slow / 100, found["flow_time"], rtol=0.01)  # steps of a hundredth
    assert flow(task, LAYERS, STRENGTH, threshold) == (found["sharpness"], found["flow_time"])


def test_nothing_that_learns_is_said(task):
    with pytest.raises(
        ValueError, match=r"fig4 needs a rate that learns within 5 iterations, got none in 0\.001 to 0\.3"
    ):
        study(task, LAYERS, WIDTH, STRENGTH, GRID, 3, 1e-3, 5, Event())


def test_a_stopped_study_begins_no_search(task, threshold):
    from concurrent.futures import CancelledError

    stop = Event()
    stop.set()
    with pytest.raises(CancelledError):
        study(task, LAYERS, WIDTH, STRENGTH, GRID, 3, threshold, STEPS, stop)


def test_the_witness_moves_every_weight_and_the_reduction_few(task, threshold):
    found = both_widths(task, LAYERS, WIDTH, STRENGTH, [0.02, 0.01], threshold, STEPS)
    assert found["witness"] == LAYERS
    assert found["witness_widths"].tolist() == [12, 3]
    start = dl.initial.decoupled(task, hidden(task, LAYERS, WIDTH), strength=STRENGTH, rng=0)
    for row, rate in enumerate((0.02, 0.01)):
        run = dl.descend(task, start, rate=[rate], until=threshold, steps=STEPS, reduce=False)
        for i, name in enumerate(("witness_loss", "narrow_loss")):
            assert found["witness_learned"][i, row] == run.learned_at[0]
            end = int(run.learned_at[0]) + 1
            assert_allclose(found[name][row, :end], run.loss[0, :end], rtol=1e-9)


def test_hidden_counts_layers_as_the_paper_does(task):
    assert hidden(task, 5, 7) == [6, 7, 7, 7, 3]
