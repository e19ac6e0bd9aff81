"""Predictions for a task: the law where inputs are white, close to descent where they are not."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from deeplinear import Task
from deeplinear.report.prediction import draw, predict


def some_task(inputs, seed=0, n_in=6, n_out=3):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((200, n_in)) * np.linspace(1, 3, n_in)
    return Task.from_data(x, x @ rng.standard_normal((n_in, n_out)), inputs=inputs)


def test_two_layer_half_times_are_the_papers_formula():
    task = Task.from_modes([4.0, 2.0, 1.0])
    found = predict(task, depth=2, strength=1e-3)
    assert found.exact
    s, u0 = np.array([4.0, 2.0, 1.0]), 4e-3
    np.testing.assert_allclose(found.best_rate, 1 / 8, rtol=1e-12)  # 1/(L s^(2 − 2/L)), eq. (41)
    np.testing.assert_allclose(found.half_times, 8 / (2 * s) * np.log(s / u0 - 1), rtol=1e-9)


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_deviation_from_descent_shrinks_with_the_rate(depth):
    task = some_task("white")
    best = predict(task, depth=depth).best_rate
    one, half = (
        predict(task, depth=depth, rate=rate, simulate=True, width=20, strength=0.02).deviations.max()
        for rate in (best / 20, best / 40)
    )
    assert abs(one / half - 2) < 0.1


def test_inputs_that_are_not_aligned_are_called_approximate():
    found = predict(some_task("raw"), depth=3, simulate=True, width=10)
    assert not found.exact
    assert found.record()["diagonality"] > 1e-3
    assert np.isfinite(found.deviations).all()


def test_a_narrow_network_learns_fewer_modes():
    assert len(predict(some_task("white"), depth=3, width=2).targets) == 2


def test_a_mode_that_starts_learned_has_half_time_zero():
    assert predict(Task.from_modes([1.0, 0.1]), strength=0.5).half_times[1] == 0


@pytest.mark.parametrize("simulate", [False, True])
def test_draw(simulate):
    figure = Figure(layout="constrained")
    assert draw(predict(some_task("white"), depth=3, simulate=simulate), figure) is None
    assert figure.axes[0].has_data()
    figure.canvas.draw()


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"width": 0}, {"strength": 0.0}, {"rate": -1.0}, {"steps": 0}])
def test_bad_arguments_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        predict(Task.from_modes([1.0]), **wrong)
