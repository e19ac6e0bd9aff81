"""Predictions for a task: the law where inputs are white, close to descent where they are not."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from deeplinear import Task
from deeplinear.curvature.hessian import spectrum
from deeplinear.report.modes_figure import draw
from deeplinear.report.predict import at, predict


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
        predict(task, depth=depth, rate=rate, simulate=True, width=20, strength=0.02).step_effects.max()
        for rate in (best / 20, best / 40)
    )
    assert abs(one / half - 2) < 0.1


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_descent_is_compared_with_the_law_of_its_own_steps(depth):
    """At the default rate the continuous limit is far off, and descent is where its steps should take it."""
    found = predict(some_task("white"), depth=depth, simulate=True, width=20)
    assert found.deviations.max() < 1e-10  # rounding, amplified by growth from 1e-3
    assert found.step_effects.max() > 0.1
    assert found.complete
    half = found.reference.half_times[: len(found.targets)]
    np.testing.assert_allclose(found.delays, half - found.half_times, rtol=0, atol=1e-9)
    assert (found.delays > 0.1).all() == (depth > 1)
    record = found.record()
    assert record["deviation"] == found.deviations.tolist()
    assert record["delay"] == found.delays.tolist()
    assert record["step_effect"] == found.step_effects.tolist()


def test_what_was_not_reached_is_not_compared():
    task = Task.from_modes([4.0, 1.0])
    whole = predict(task, depth=3, simulate=True)
    early = predict(task, depth=3, simulate=True, steps=3)
    middle = predict(task, depth=3, simulate=True, steps=int(whole.half_times.mean()))
    assert whole.complete
    assert not early.complete
    assert not middle.complete
    assert np.isnan(early.deviations).all()
    assert np.isnan(early.step_effects).all()
    assert np.isnan(early.delays).all()
    assert early.record()["deviation"] == early.record()["delay"] == [None, None]
    assert np.isnan(middle.deviations).tolist() == [False, True]
    assert early.run.times[-1] == early.record()["epochs"] == 3
    assert early.theory.times[-1] == whole.theory.times[-1]  # theory goes to the end in any case
    np.testing.assert_array_equal(early.theory.times[: len(early.run.times)], early.run.times)


def test_a_run_is_not_complete_beside_a_theory_that_is_not():
    whole = predict(Task.from_modes([4.0, 1.0]), simulate=True)
    cut = replace(whole, theory=at(whole.theory, whole.theory.times[:5]))
    assert (whole.theory_complete, whole.complete) == (True, True)
    assert (cut.theory_complete, cut.complete) == (False, False)


@pytest.mark.parametrize(("depth", "strength"), [(1, 1e-3), (2, 1e-6), (3, 1e-6), (10, 1e-3), (10, 1e-6), (50, 1e-8)])
def test_every_horizon_reaches_the_end_of_learning(depth, strength):
    """Also where small weights of a deep network wait for millions of epochs."""
    found = predict(Task.from_modes([3.0, 2.0, 1.0]), depth=depth, strength=strength)
    assert found.complete
    assert found.record()["complete"]
    assert (found.theory.strengths[-1] > 0.98 * found.targets).all()
    assert (found.theory.times[-1] <= 3 * found.half_times.max()) or depth < 3
    share = found.theory.strengths / found.targets
    assert (((share > 0.1) & (share < 0.9)).sum(axis=0) > 10).all()  # the rise is drawn, not a step
    np.testing.assert_allclose(found.path.sharpness.max(), 1 / found.best_rate, rtol=1e-3 if depth > 1 else 1e-12)


def test_iris_from_tiny_weights_of_a_deep_network():
    """``L d (s/d)^(2 − 2/L)`` is 542.9 at L = 10, s = 85.29, d = 150; once 0.0075, where the drawn horizon ended."""
    from sklearn.datasets import load_iris

    data = load_iris()
    found = predict(Task.from_data(data.data, np.eye(3)[data.target], inputs="white"), depth=10, strength=1e-6)
    assert round(found.record()["largest_sharpness"], 1) == 542.9
    assert found.theory.times[-1] > found.half_times.max() > 160_000


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_modes_that_interact_follow_the_flow_of_the_whole_map(depth):
    task = some_task("raw", n_in=3, n_out=2)
    found = predict(task, depth=depth, simulate=True, width=10, rate=predict(task, depth=depth).best_rate / 20)
    assert found.exact
    assert not found.aligned
    assert found.record()["diagonality"] > 1e-3
    np.testing.assert_array_equal(found.targets, task.targets[: task.rank])
    # twenty times smaller steps: descent is where the flow is, to the size of the steps
    assert found.deviations.max() < 0.03
    np.testing.assert_allclose(found.run.half_times[: task.rank], found.half_times, rtol=0.03)


def test_where_the_flow_is_out_of_reach_the_prediction_is_called_approximate(monkeypatch):
    monkeypatch.setattr("deeplinear.report.predict.AFFORDABLE", 0)
    found = predict(some_task("raw"), depth=3, simulate=True, width=10)
    assert not found.exact
    assert not found.record()["exact"]
    assert np.isfinite(found.deviations).all()


@pytest.mark.parametrize("depth", [200, 1000])
def test_a_thousand_layers_are_predicted(depth):
    found = predict(Task.from_modes([3.0, 1.0]), depth=depth)
    np.testing.assert_allclose(found.path.sharpness.max(), depth * 3 ** (2 - 2 / depth), rtol=1e-6)


@pytest.mark.parametrize("depth", [1, 2, 3, 10])
def test_the_path_is_that_of_the_whole_network(depth):
    rng = np.random.default_rng(1)
    v, u = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (5, 3))
    powers = np.array([1.0, 0.5, 2.0, 9.0, 0.1])  # the fourth input is loud and teaches nothing
    task = Task.from_correlations((v * powers) @ v.T, (u * [3.0, 2.0, 1.0]) @ v[:, :3].T, output_power=30.0)
    found = predict(task, depth=depth, strength=1e-3, width=6)
    assert found.exact
    widths, ends = [5, *[6] * (depth - 1), 3], found.theory.strengths[[0, -1]]
    whole = spectrum(ends, targets=found.targets, widths=widths, powers=powers)
    np.testing.assert_allclose(found.path.sharpness[[0, -1]], whole[:, -1], rtol=1e-12)
    np.testing.assert_allclose(found.path.sharpness[-1], 1 / found.best_rate, rtol=1e-3 if depth > 1 else 1e-12)
    np.testing.assert_allclose(found.path.loss[0], task.loss(found.initial_strength * u @ v[:, :3].T), rtol=1e-12)
    assert found.path.limit == 2 / found.rate
    assert found.record()["unstable_from"] is None


def test_a_rate_beyond_the_edge_is_unstable_from_where_the_sharpest_mode_is_learned():
    task = Task.from_modes([4.0, 2.0, 1.0])
    stable = predict(task, depth=3).stable_rate
    assert predict(task, depth=3, rate=0.99 * stable).record()["unstable_from"] is None
    beyond = predict(task, depth=3, rate=1.2 * stable)
    first = beyond.record()["unstable_from"]
    assert beyond.half_times[0] < first < beyond.half_times[1]
    np.testing.assert_allclose(beyond.record()["largest_sharpness"], 3 * 4 ** (4 / 3), rtol=1e-6)


def test_the_path_is_left_out_where_the_law_is_approximate():
    record = predict(some_task("raw"), depth=3).record()
    assert record["largest_sharpness"] is record["unstable_from"] is None


def test_a_narrow_network_learns_fewer_modes():
    assert len(predict(some_task("white"), depth=3, width=2).targets) == 2


def test_a_mode_that_starts_learned_has_half_time_zero():
    assert predict(Task.from_modes([1.0, 0.1]), strength=0.5).half_times[1] == 0


@pytest.mark.parametrize(("inputs", "panels"), [("white", 3), ("raw", 1)])
@pytest.mark.parametrize("simulate", [False, True])
def test_draw(simulate, inputs, panels):
    figure = Figure(layout="constrained")
    assert draw(predict(some_task(inputs), depth=3, simulate=simulate), figure) is None
    assert len(figure.axes) == panels
    for axes in figure.axes:
        assert axes.has_data()
        assert axes.get_xlim() == figure.axes[0].get_xlim()
    figure.canvas.draw()


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"width": 0}, {"strength": 0.0}, {"rate": -1.0}, {"steps": 0}])
def test_bad_arguments_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        predict(Task.from_modes([1.0]), **wrong)


@pytest.mark.parametrize(
    ("name", "meaning"), [("depth", "weight matrices"), ("width", "units of a hidden layer"), ("steps", "epochs")]
)
def test_counts_say_what_they_count(name, meaning):
    with pytest.raises(ValueError, match=rf"predict needs .*{name} >= 1, got {name}=0: it counts {meaning}"):
        predict(Task.from_modes([1.0]), **{name: 0})


def test_reprs_are_one_line():
    """Of predictions, of finished figures with all their claims, and of the figures: never arrays or texts in full."""
    from deeplinear.figures import FIGURES
    from deeplinear.figures.claim import claim, near
    from deeplinear.report.reproduce import Result

    one, many = predict(Task.from_modes([4.0]), simulate=True), predict(some_task("raw"), width=2)
    assert repr(one) == (
        f"Prediction(depth 2, 1 mode, half learned from epoch 6.907, rate 0.125, descent over {one.run.times[-1]:.0f} epochs)"
    )
    assert repr(many).startswith("Prediction(approximate, depth 2, 2 modes, half learned from epoch ")
    claims = [claim("It holds.", near(1, 1, 0.1)), claim("It fails.", near(2, 1, 0.1))] * 20
    assert repr(Result("fig3", "quick", claims, 1.0, False, ())) == "Result(fig3, quick scale, 20 of 40 claims hold)"
    assert repr(FIGURES).startswith("Figures(fig2, fig3, ")
