"""The search for the fastest rate, against running every rate to the end."""

import numpy as np
import pytest

import deeplinear as dl
from deeplinear.figures.search import ROUNDS, SLOWEST, STRIDE, fastest
from deeplinear.simulate.linear import descent

GRID = 1.0 * 10 ** (-3 * np.arange(20) / 19)


@pytest.fixture(scope="module")
def task():
    return dl.Task.from_modes([3.0, 2.0, 1.5], n_in=6)


def every_rate(task, start, threshold, steps):
    """Iterations of each rate, NaN where it does not learn."""
    return dl.descend(task, start, rate=GRID, until=threshold, steps=steps, reduce=False).learned_at


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["gaussian", "orthogonal"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_finds_the_fastest_of_all_rates(task, seed, kind, share):
    start = getattr(dl.initial, kind)((6, 8, 8, 3), rng=seed)
    threshold = (1 - share) * task.output_power / 2
    times = every_rate(task, start, threshold, 300)
    found = fastest(task, start, grid=GRID, threshold=threshold, steps=300, hold=10, dtype=np.float64)
    assert found["iterations"] == np.nanmin(times)
    assert found["rate"] == GRID[np.flatnonzero(times == np.nanmin(times))[-1]]  # the slowest of equals
    assert found["left"] < 1


def test_a_crossing_that_does_not_last_is_told_from_one_that_does(task):
    start = dl.initial.orthogonal((6, 8, 8, 3), rng=0)
    threshold = 0.5 * task.output_power / 2
    for seed in range(20):
        start = dl.initial.orthogonal((6, 8, 8, 3), rng=seed)
        found = fastest(task, start, grid=GRID, threshold=threshold, steps=300, hold=10, dtype=np.float64)
        learned = int(found["held_iterations"])
        after = dl.descend(task, start, rate=found["held_rate"], steps=learned + 10, reduce=False).loss[learned:]
        assert (after < threshold).all()
        if found["held_rate"] < found["rate"]:
            break
    first = int(found["iterations"])
    assert (
        dl.descend(task, start, rate=[found["rate"]], steps=first + 10, reduce=False).loss[0, first:] > threshold
    ).any()


def test_what_has_not_learned_says_how_much_is_left(task):
    start = dl.initial.gaussian((6, 8, 8, 3), scale=0.1, rng=0)
    found = fastest(task, start, grid=GRID, threshold=1e-3, steps=12, hold=5, dtype=np.float64)
    assert np.isnan([found["iterations"], found["held_iterations"], found["held_rate"]]).all()
    losses = dl.descend(task, start, rate=GRID, steps=12, reduce=False).loss[:, -1]
    assert found["left"] == pytest.approx(losses.min() / 1e-3, rel=1e-12)


def test_a_grid_beyond_stability_is_refused(task):
    start = dl.initial.orthogonal((6, 8, 8, 3), gain=3.0, rng=0)
    with pytest.raises(ValueError, match="a rate that does not diverge, got none in 50 to 100"):
        fastest(task, start, grid=np.array([100.0, 70.0, 50.0]), threshold=1.0, steps=50, hold=5)


def rounds_of(monkeypatch, task, start, threshold):
    """Rates and losses of each round of a search."""
    true, seen = dl.descend, []

    def spy(*args, **options):
        run = true(*args, **options)
        if options["until"] is not None and len(options["rate"]) > 1:
            seen.append((options["rate"], np.where(np.isnan(run.diverged_at), run.loss[:, -1], np.inf)))
        return run

    with monkeypatch.context() as patch:
        patch.setattr(descent, "descend", spy)
        fastest(task, start, grid=GRID, threshold=threshold, steps=300, hold=10, dtype=np.float64)
    return seen


def test_the_fastest_stable_rate_is_in_every_round(task, monkeypatch):
    saved = 0
    for seed in range(12):
        start = dl.initial.gaussian((6, 8, 8, 3), scale=0.5, rng=seed)
        rounds = rounds_of(monkeypatch, task, start, 0.02 * task.output_power / 2)
        for (rates, losses), (later, _), (_, goers) in zip(rounds[:-1], rounds[1:], ROUNDS, strict=False):
            edge = rates[np.isfinite(losses)].max()
            assert edge in later
            saved += edge not in rates[np.argsort(losses)[:goers]]
    assert saved > 5  # rounds in which its loss alone would have dropped it


def test_the_first_round_goes_down_to_a_hundredth_of_the_edge(task, monkeypatch):
    for seed in range(3):
        start = dl.initial.gaussian((6, 8, 8, 3), rng=seed)
        (rates, _), *_ = rounds_of(monkeypatch, task, start, 0.05 * task.output_power / 2)
        stable = np.isnan(dl.descend(task, start, rate=GRID, steps=ROUNDS[0][0], reduce=False).diverged_at)
        edge = next(i for i in range(0, len(GRID), STRIDE) if stable[i])
        tried = GRID[edge:][GRID[edge:] / GRID[edge] > SLOWEST]
        assert np.isin(tried, rates).all()
        assert rates.min() == tried.min() > GRID.min()
        assert SLOWEST == 0.01
        above = GRID[(edge - STRIDE + 1) * (edge > 0) : edge]  # between the last look that diverged and the edge
        assert np.isin(above, rates).all()


def test_a_crossing_that_stays_is_waited_for_ten_times_as_long(task, monkeypatch):
    true, most = dl.descend, []

    def spy(*args, **options):
        if options["until"] is not None and len(options["rate"]) == 1:
            most.append(options["steps"])
        return true(*args, **options)

    monkeypatch.setattr(descent, "descend", spy)
    start = dl.initial.orthogonal((6, 8, 8, 3), rng=0)
    threshold = 0.05 * task.output_power / 2
    for steps, bound in ((300, None), (20, 20)):
        most.clear()
        found = fastest(task, start, grid=GRID, threshold=threshold, steps=steps, hold=7, dtype=np.float64)
        waits = most[-1]
        assert waits == (bound or 10 * found["iterations"] + 7)
