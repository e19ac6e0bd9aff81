import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import ORDER

import deeplinear as dl
from deeplinear.simulate.linear import compiled, descent, inplace, rerun

LOSS, LIFTED = 1e-12, 1e-10  # of the first loss; of the largest weight


def start(task, kind, depth, width=200, rng=0):
    sizes = [task.n_in, *[width] * (depth - 1), task.n_out]
    if kind == "decoupled":
        return dl.initial.decoupled(task, sizes, strength=0.3, rng=rng)
    return getattr(dl.initial, kind)(sizes, rng=rng)


@pytest.mark.parametrize("kind", ["orthogonal", "decoupled"])
@pytest.mark.parametrize("layers", [3, 10, 30])
@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.0, 0.0), (0.9, 0.02)])
def test_reduced_equals_unreduced(task, kind, layers, momentum, weight_decay):
    weights = start(task, kind, layers - 1)
    options = {"rate": 0.1 / layers, "steps": 120, "momentum": momentum, "weight_decay": weight_decay}
    small, full = dl.descend(task, weights, **options), dl.descend(task, weights, **options, reduce=False)
    if kind == "orthogonal":
        hidden = 3 * task.n_out if task.anisotropy < 1e-9 else task.n_in + task.n_out
    else:
        hidden = task.n_out
    assert set(small.reduction.reduced_widths[1:-1]) == {hidden}
    assert max(small.reduction.conditions.values()) < 1e-12
    assert set(full.reduction.reduced_widths[1:-1]) == {200}
    assert_allclose(small.loss, full.loss, rtol=0, atol=LOSS * full.loss[0])
    assert_allclose(small.strengths, full.strengths, rtol=0, atol=LIFTED)
    assert_allclose(small.maps[-1], full.maps[-1], rtol=0, atol=LIFTED)
    for lifted, wide in zip(small.weights, full.weights, strict=True):
        assert_allclose(lifted, wide, rtol=0, atol=LIFTED * np.abs(wide).max())
    assert small.loss[-1] - task.floor < 0.9 * (small.loss[0] - task.floor)  # it went somewhere


@pytest.mark.parametrize("kind", ["orthogonal", "gaussian", "glorot", "decoupled"])
@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("wide", [1, 10**9])
def test_against_naive_twin(task, naive, kind, depth, wide, monkeypatch):
    monkeypatch.setattr(rerun, "WIDE", wide)  # both engines on the same network
    monkeypatch.setattr(rerun, "SHORT", 0)
    used = []
    for engine in (compiled, inplace):
        spied = lambda *given, run=engine.run, name=engine: used.append(name) or run(*given)  # noqa: E731
        monkeypatch.setattr(engine, "run", spied)
    weights = start(task, kind, depth, width=15)
    run = dl.descend(task, weights, rate=0.05, steps=60, momentum=0.5, weight_decay=0.01)
    assert used == [compiled if wide > 1 or depth == 1 else inplace]
    losses, final = naive(task, weights, 0.05, 60, 0.5, 0.01)
    assert_allclose(run.loss, losses, rtol=0, atol=LOSS * losses[0])
    for found, wanted in zip(run.weights, final, strict=True):
        assert_allclose(found, wanted, rtol=0, atol=LIFTED)
    assert_allclose(task.loss(run.maps), run.loss, rtol=1e-12)
    assert_allclose(task.strengths(run.maps), run.strengths, rtol=0, atol=1e-12)


def test_more_outputs_than_inputs_is_the_mirror_image(naive):
    task = dl.data.hierarchy(levels=3, features=40, rng=0)
    weights = dl.initial.gaussian([8, 6, 40], std=0.1, rng=0)
    run = dl.descend(task, weights, rate=0.005, steps=80)
    losses, final = naive(task, weights, 0.005, 80)
    assert run.reduction.reduced_widths == (8, 6, 14)
    assert_allclose(run.loss, losses, rtol=0, atol=LOSS * losses[0])
    for found, wanted in zip(run.weights, final, strict=True):
        assert_allclose(found, wanted, rtol=0, atol=LIFTED)


def test_imbalance_changes_by_rate_squared(task):
    weights = start(task, "gaussian", 3, width=9)
    rate = 0.03
    run = dl.descend(task, weights, rate=rate, steps=1)
    directions = [(after - before) / rate for before, after in zip(weights, run.weights, strict=True)]
    change = [b - a for a, b in zip(dl.weights.imbalance(weights), dl.weights.imbalance(run.weights), strict=True)]
    wanted = [rate**2 * g for g in dl.weights.imbalance(directions)]
    for found, expected in zip(change, wanted, strict=True):
        assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_converges_to_flow_with_order_one(task):
    weights, horizon = start(task, "orthogonal", 3, width=20), 1.0
    exact = dl.flow(task, weights, [0.0, horizon], rtol=1e-12, atol=1e-14)
    errors = []
    for steps in (200, 400, 800):
        run = dl.descend(task, weights, rate=horizon / steps, steps=steps)
        errors.append(np.abs(run.strengths[-1] - exact.strengths[-1]).max())
    assert_allclose(np.array(errors[:-1]) / errors[1:], 2.0, atol=ORDER)


def test_rates_and_seeds_in_one_batch(task):
    starts = [start(task, "orthogonal", 3, rng=seed) for seed in range(3)]
    rates = [0.01, 0.02]
    run = dl.descend(task, starts, rate=rates, steps=30)
    assert run.loss.shape == (3, 2, 31)
    assert run.strengths.shape == (3, 2, 31, 4)
    assert run.maps.shape == (3, 2, 31, task.n_out, task.n_in)
    assert run.weights[1].shape == (3, 2, 200, 200)
    alone = dl.descend(task, starts[2], rate=0.02, steps=30)
    assert_allclose(run.loss[2, 1], alone.loss, rtol=1e-13)
    assert_allclose(run.weights[0][2, 1], alone.weights[0], rtol=0, atol=1e-13)


@pytest.mark.parametrize("reduce", [True, False])
def test_until_stops_at_the_first_crossing(task, reduce):
    weights = start(task, "decoupled", 3)
    until = task.floor + 0.3 * (task.loss(0 * task.optimum) - task.floor)
    rates = np.array([0.05, 0.1, 0.02])
    whole = dl.descend(task, weights, rate=rates, steps=600)
    expected = (whole.loss < until).argmax(axis=-1)
    every = dl.descend(task, weights, rate=rates, until=until, reduce=reduce)
    assert_array_equal(every.learned_at, expected)
    first = dl.descend(task, weights, rate=rates, until=until, stop="first", reduce=reduce)
    assert first.times[-1] == expected.min()
    assert_array_equal(first.learned_at, np.where(expected == expected.min(), expected, np.nan))
    never = dl.descend(task, weights, rate=0.02, until=until, steps=3, reduce=reduce)
    assert np.isnan(never.learned_at)


def test_records_what_was_asked(task):
    weights = start(task, "decoupled", 2)
    every = dl.descend(task, weights, rate=0.05, steps=50)
    assert_array_equal(every.times, np.arange(51))
    for record, times in ((20, [0, 20, 40, 50]), ([7, 31], [0, 7, 31, 50])):
        run = dl.descend(task, weights, rate=0.05, steps=50, record=record)
        assert_array_equal(run.times, times)
        assert_allclose(run.loss, every.loss[times], rtol=1e-14)


def test_divergence_is_reported(task):
    weights = start(task, "orthogonal", 3)
    run = dl.descend(task, weights, rate=[0.01, 30.0], steps=60)
    assert np.isnan(run.diverged_at[0])
    assert run.diverged_at[1] > 0
    assert np.isinf(run.loss[1, -1])
    assert np.isfinite(run.loss[0]).all()
    with pytest.raises(ValueError, match="needs a stable rate, got rate=30"):
        dl.descend(task, weights, rate=30.0, steps=60)


def test_float32_is_close_and_float64_leaves_jax_alone(task):
    weights = start(task, "decoupled", 4)
    double = dl.descend(task, weights, rate=0.05, steps=100)
    single = dl.descend(task, weights, rate=0.05, steps=100, dtype=np.float32)
    assert_allclose(single.loss, double.loss, rtol=0, atol=2e-5 * double.loss[0])
    assert (single.loss != double.loss).any()
    assert not jax.config.jax_enable_x64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0.0}, "needs a finite rate > 0, got rate=0.0"),
        ({"rate": -1.0}, "needs a finite rate > 0"),
        ({"rate": [0.1, float("nan")]}, "needs a finite rate > 0"),
        ({"steps": None}, "needs steps or until"),
        ({"steps": 0}, "needs whole steps >= 1, got steps=0"),
        ({"until": -1.0}, "needs until > 0"),
        ({"until": 1e9, "stop": "some"}, "needs stop in first, all"),
        ({"momentum": 1.0}, "needs 0 <= momentum < 1"),
        ({"weight_decay": -0.1}, "needs a finite weight_decay >= 0"),
        ({"record": 0}, "needs record to be"),
        ({"record": [99]}, "needs record to be"),
    ],
)
def test_refuses_bad_arguments(task, options, message):
    with pytest.raises(ValueError, match=message):
        dl.descend(task, start(task, "decoupled", 2), **({"rate": 0.1, "steps": 5} | options))


def test_refuses_weights_that_do_not_fit(task):
    with pytest.raises(ValueError, match="need to map the task's"):
        dl.descend(task, (np.ones((2, 3)),), rate=0.1, steps=1)


@pytest.mark.parametrize("many", [False, True])
def test_networks_are_told_to_pass_their_weights(many):
    task, net = dl.Task.from_modes([2.0]), dl.Network(([[0.1]],))
    with pytest.raises(ValueError, match=r"Pass its \.weights"):
        dl.descend(task, [net, net] if many else net, rate=0.1, steps=1)  # pyright: ignore[reportArgumentType]


def test_examples_are_no_task():
    data, weights = (np.ones((2, 1)), np.ones((2, 1))), ([[0.1]],)
    calls = [
        lambda: dl.descend(data, weights, rate=0.1, steps=1),
        lambda: dl.flow(data, weights, [0.0, 1.0]),
        lambda: dl.solve(data, weights),
        lambda: dl.exact.residuals(data, weights),
    ]
    for name, call in zip(("descend", "flow", "solve", "residuals"), calls, strict=True):
        with pytest.raises(TypeError, match=rf"^{name} needs a Task, got a tuple: .*Task\.from_data\(x, y\)"):
            call()


def test_one_line_says_what_a_run_is():
    task = dl.Task.from_modes([2.0])
    run = dl.descend(task, [([[0.1]], [[0.1]])] * 2, rate=0.1, steps=3)
    assert repr(run) == "Run('gradient descent', times to 3, loss (2, 4), strengths (2, 4, 1))"
    assert repr(run.reduction[0]) == f"Reduction({run.reduction[0]})"


def test_layers_may_be_nested_lists():
    task = dl.Task.from_modes([2.0])
    run = dl.descend(task, ([[0.1]], [[0.2]]), rate=0.1, steps=3)
    assert run.loss.shape == (4,)
    both = dl.descend(task, [([[0.1]], [[0.2]]), ([[0.3]], [[0.2]])], rate=0.1, steps=3)
    assert_allclose(both.loss[0], run.loss, rtol=1e-14)


@pytest.mark.parametrize("wide", [1, 10**9])
def test_weights_of_a_batch_are_those_of_its_end(task, wide, monkeypatch):
    monkeypatch.setattr(rerun, "WIDE", wide)
    monkeypatch.setattr(rerun, "SHORT", 0)
    weights = start(task, "decoupled", 2, width=9)
    until = task.floor + 0.3 * (task.loss(0 * task.optimum) - task.floor)
    run = dl.descend(task, weights, rate=[0.02, 0.1], until=until, stop="first")
    slow = dl.descend(task, weights, rate=0.02, steps=int(run.times[-1]))
    assert_allclose(run.weights[0][0], slow.weights[0], rtol=0, atol=1e-13)


@pytest.mark.parametrize("wide", [1, 10**9])
@pytest.mark.parametrize("hidden", [[], [6], [9, 5]])
def test_maps_and_strengths_with_more_outputs_than_inputs(hidden, wide, naive, monkeypatch):
    """The mirrored network of both engines: what is read of it is turned back."""
    monkeypatch.setattr(rerun, "WIDE", wide)
    monkeypatch.setattr(rerun, "SHORT", 0)
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(30, 4)) * 0.3, rng.normal(size=(30, 11))
    task, weights = dl.Task.from_data(x, y), dl.initial.gaussian([4, *hidden, 11], std=0.4, rng=0)
    run = dl.descend(task, weights, rate=0.02, steps=40, record=20)
    losses, last = naive(task, weights, 0.02, 40)
    assert_allclose(run.loss, losses[::20], rtol=1e-11)
    assert_allclose(run.maps[-1], np.linalg.multi_dot([*last[::-1], np.eye(4)]), rtol=0, atol=1e-12)
    assert_allclose(task.loss(run.maps), run.loss, rtol=1e-12)
    assert_allclose(task.strengths(run.maps), run.strengths, rtol=0, atol=1e-12)
    for found, wanted in zip(run.weights, last, strict=True):
        assert_allclose(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("gain", [1e-7, 1e-5, 1.0, 1e6])
def test_starts_of_any_scale_have_their_reduction(gain):
    """Layers of 1e-7 or 1e6 push directions as well as those of 1."""
    rng = np.random.default_rng(0)
    task = dl.Task.from_data(rng.normal(size=(50, 6)), rng.normal(size=(50, 3)))
    start = dl.initial.orthogonal([6, 100, 100, 3], gain=gain, rng=0)
    assert descent.prepared(task, start).reduced_widths == (6, 9, 9, 3)
