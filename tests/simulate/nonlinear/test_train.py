"""Training against a naive twin, linear descent and finite differences; one by one against all together."""

import jax
import numpy as np
import optax
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM
from tests.simulate.nonlinear.naive_training import gradients, naive_training

import deeplinear as dl
from deeplinear import Network, Task, train
from deeplinear.activations import ACTIVATIONS

WIDTHS = [5, 7, 6, 3]


def start(activation="tanh", *, widths=WIDTHS, biased=True, seed=0, **options):
    rng = np.random.default_rng(seed)
    biases = [0.3 * rng.normal(size=n) for n in widths[1:]] if biased else None
    return Network(dl.initial.gaussian(widths, rng=rng), activation, biases, **options)


def examples(count=20, *, widths=WIDTHS, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, widths[0]))
    return x, np.tanh(x @ rng.normal(size=(widths[0], widths[-1])))


def labels(count=20):
    x, y = examples(count)
    return x, np.eye(WIDTHS[-1])[np.argmax(y, axis=1)]


def same(run, found, index=()):
    losses, weights, biases = found
    assert_allclose(run.loss[index], losses, rtol=CLOSED_FORM)
    for mine, theirs in zip(run.weights, weights, strict=True):
        assert_allclose(mine[index], theirs, rtol=0, atol=CLOSED_FORM)
    for mine, theirs in zip(run.biases or (), biases, strict=bool(run.biases)):
        assert_allclose(mine[index], theirs, rtol=0, atol=CLOSED_FORM)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_trains_as_written_out(name):
    x, y = examples()
    network = start(name, activated_inputs=True)
    run = train(network, (x, y), rate=0.003, steps=25)
    same(run, naive_training(network, x, y, optimiser="sgd", rate=0.003, steps=25))


def test_plain_inputs_without_biases_as_written_out():
    x, y = examples()
    network = start(biased=False)
    run = train(network, (x, y), rate=0.003, steps=25)
    assert run.biases is None
    same(run, naive_training(network, x, y, optimiser="sgd", rate=0.003, steps=25))


@pytest.mark.parametrize(
    ("optimiser", "loss", "reduction"),
    [
        ("sgd", "cross entropy", "sum"),
        ("momentum", "squared", "sum"),
        ("momentum", "cross entropy", "mean"),
        ("adam", "squared", "mean"),
        ("adam", "cross entropy", "sum"),
        ("rmsprop", "squared", "sum"),
    ],
)
def test_every_optimiser_and_loss_as_written_out(optimiser, loss, reduction):
    x, y = labels()
    network = start()
    asked = {"optimiser": optimiser, "rate": 0.003, "steps": 25, "loss": loss}
    found = naive_training(network, x, y, **asked, mean=reduction == "mean")
    same(train(network, (x, y), reduction=reduction, **asked), found)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_mini_batches_as_written_out(reduction):
    x, y = examples(23)
    network = start()
    rng, order = np.random.default_rng(7), []
    for _ in range(10):  # 4 batches of 5 an epoch, 3 examples left out
        order += list(rng.permutation(23)[:20].reshape(4, 5))
    run = train(network, (x, y), rate=0.01, steps=38, batch=5, rng=7, reduction=reduction)
    asked = {"optimiser": "sgd", "rate": 0.01, "steps": 38, "mean": reduction == "mean"}
    same(run, naive_training(network, x, y, batches=order, **asked))


def test_first_step_is_the_gradient_by_finite_differences():
    x, y = labels()
    network = start("gelu")
    for loss in ("squared", "cross entropy"):
        run = train(network, (x, y), loss=loss, rate=1.0, steps=1)

        def measured(number, place, shift, loss=loss):
            moved = [w.copy() for w in network.weights]
            moved[number][place] += shift
            return train(Network(moved, "gelu", network.biases), (x, y), loss=loss, rate=1.0, steps=1).loss[0]

        for number, place in ((0, (2, 3)), (1, (5, 1)), (2, (0, 4))):
            h = 1e-5  # central differences: error h² and 1e-16 / h
            slope = (measured(number, place, h) - measured(number, place, -h)) / (2 * h)
            taken = (network.weights[number] - run.weights[number])[place]
            assert_allclose(taken, slope, rtol=1e-7)


def test_the_twin_itself_has_the_gradient_of_its_loss():
    x, y = labels()
    network = start("silu")
    plain = {"weights": network.weights, "biases": network.biases, "activation": network.activation}
    by_weights, _ = gradients(plain | {"activated_inputs": False}, x, y, "squared")

    def measured(shift):
        moved = [w.copy() for w in network.weights]
        moved[1][2, 3] += shift
        return 0.5 * np.sum((Network(moved, "silu", network.biases)(x) - y) ** 2)

    assert_allclose(by_weights[1][2, 3], (measured(1e-5) - measured(-1e-5)) / 2e-5, rtol=1e-7)


@pytest.mark.parametrize("white", [True, False])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_linear_networks_descend(white, momentum):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 6))
    task = Task.from_data(x, y, inputs="white" if white else "raw")
    weights = dl.initial.gaussian([task.n_in, 8, 7, 6], scale=0.3, rng=rng)
    optimiser = "momentum" if momentum else "sgd"
    run = train(Network(weights, "linear"), task, optimiser=optimiser, rate=1e-3, steps=150)
    descent = dl.descend(task, weights, rate=1e-3, steps=150, momentum=momentum)
    assert_allclose(run.loss, descent.loss, rtol=CLOSED_FORM)
    for mine, theirs in zip(run.weights, descent.weights, strict=True):
        assert_allclose(mine, theirs, rtol=0, atol=CLOSED_FORM * np.abs(theirs).max())
    if not white:
        given = train(Network(weights, "linear"), (x, y), modes=task, optimiser=optimiser, rate=1e-3, steps=150)
        assert_allclose(given.loss, descent.loss, rtol=CLOSED_FORM)
        assert_allclose(given.strengths, run.strengths, rtol=0, atol=CLOSED_FORM * task.modes.s[0])


def test_linear_mini_batches_descend():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 6))
    weights = dl.initial.gaussian([4, 8, 6], rng=rng)
    asked = {"rate": [1e-3, 3e-3], "batch": 7, "steps": 60, "rng": 5}
    run = train(Network(weights, "linear"), (x, y), **asked)
    assert_allclose(run.loss, dl.descend_minibatch(x, y, weights, **asked).loss, rtol=CLOSED_FORM)


def test_strengths_are_those_of_the_networks_own_correlation():
    task = dl.data.hierarchy(levels=3, features=40, rng=0)
    network = Network(dl.initial.gaussian([8, 8, 40], rng=1), "tanh")
    run = train(network, task, rate=1e-3, steps=50)
    for r, n in ((0, network), (-1, run.network())):
        own = n(np.eye(8)).T @ np.eye(8)
        assert_allclose(
            run.strengths[r], np.diag(task.modes.u.T @ own @ task.modes.v), rtol=0, atol=1e-12 * task.modes.s[0]
        )
    assert_allclose(run.targets, task.modes.s, rtol=0)


def test_modes_that_were_passed_are_followed_rather_than_those_of_the_data():
    """Two tasks of the same shape: one is learned, strengths are read in the basis of the other."""
    learned = Task.from_correlations(np.eye(4), np.random.default_rng(3).normal(size=(3, 4)), examples=4)
    other = Task.from_data(*examples(widths=[4, 3]))
    network = start(widths=[4, 6, 3])
    run = train(network, learned, modes=other, rate=0.01, steps=2)
    u, s, v = other.modes
    assert_allclose(run.targets, s, rtol=CLOSED_FORM)
    assert_allclose(run.strengths[0], np.diag(u.T @ network(np.eye(4)).T @ v), rtol=CLOSED_FORM)
    assert_allclose(train(network, learned, rate=0.01, steps=2).targets, learned.modes.s, rtol=CLOSED_FORM)


def test_seeds_and_rates_together_are_one_by_one(monkeypatch):
    x, y = examples()
    networks, rates = [start(seed=seed) for seed in range(5)], [0.001, 0.004, 0.002]
    monkeypatch.setattr("deeplinear.simulate.nonlinear.batching.cores", lambda: 2)
    for cache in (600_000, 30_000, 1):  # one handful a core, some of different sizes, one run each
        monkeypatch.setattr("deeplinear.simulate.nonlinear.batching.CACHE", cache)
        run = train(networks, (x, y), optimiser="momentum", rate=rates, steps=40, batch=6, rng=0)
        assert run.loss.shape == (5, 3, 41)
        for i, j in ((0, 0), (2, 1), (4, 2)):
            alone = train(networks[i], (x, y), optimiser="momentum", rate=rates[j], steps=40, batch=6, rng=0)
            assert_allclose(run.loss[i, j], alone.loss, rtol=CLOSED_FORM)
            assert_allclose(run.network(i, j)(x), alone.network()(x), rtol=CLOSED_FORM)
            assert_allclose(run.weights[1][i, j], alone.weights[1], rtol=0, atol=CLOSED_FORM)


def test_optax_passes_through():
    x, y = examples()
    network = start()
    named = train(network, (x, y), optimiser="adam", rate=0.01, steps=30)
    for optimiser, rate in ((optax.adam, 0.01), (optax.adam(0.01), None)):
        assert_allclose(train(network, (x, y), optimiser=optimiser, rate=rate, steps=30).loss, named.loss, rtol=0)
    assert np.isnan(train(network, (x, y), optimiser=optax.sgd(0.01), steps=3).rates)
    schedule = optax.sgd(optax.piecewise_constant_schedule(0.01, {10: 0.0}))  # stands still from step 10 on
    run = train(network, (x, y), optimiser=schedule, steps=20)
    assert_allclose(run.loss[:11], train(network, (x, y), rate=0.01, steps=10).loss, rtol=CLOSED_FORM)
    assert_allclose(run.loss[11:], run.loss[11], rtol=0)


def test_accuracy_and_the_other_pair():
    x, y = labels(40)
    network = start()
    run = train(network, (x[:25], y[:25]), loss="cross entropy", rate=0.02, steps=60, evaluate=(x[25:], y[25:]))
    f = run.network()(x)
    right = f.argmax(axis=1) == y.argmax(axis=1)
    assert run.accuracy[-1] == right[:25].mean() > run.accuracy[0]
    assert run.test_accuracy[-1] == right[25:].mean()
    each = np.log(np.exp(f).sum(axis=1)) - np.sum(f * y, axis=1)
    assert_allclose([run.loss[-1], run.test_loss[-1]], [each[:25].sum(), each[25:].sum()], rtol=CLOSED_FORM)
    plain = train(network, examples(), rate=0.01, steps=3)
    assert np.isnan([*plain.accuracy, *plain.test_loss, *plain.test_accuracy]).all()


def test_readings_in_blocks_are_readings(monkeypatch):
    x, y = labels(23)
    before = train(start(), (x, y), rate=0.01, steps=11)
    monkeypatch.setattr("deeplinear.simulate.nonlinear.compiled.BLOCK", 5)
    jax.clear_caches()
    after = train(start(), (x, y), rate=0.01, steps=11)
    assert_allclose(after.loss, before.loss, rtol=CLOSED_FORM)
    assert_allclose(after.accuracy, before.accuracy, rtol=1e-14)
    jax.clear_caches()


@pytest.mark.parametrize("cache", [600_000, 1])  # all runs together, each alone
def test_runs_end_where_they_have_learned(cache, monkeypatch):
    monkeypatch.setattr("deeplinear.simulate.nonlinear.batching.cores", lambda: 2)
    monkeypatch.setattr("deeplinear.simulate.nonlinear.batching.CACHE", cache)
    x, y = examples()
    networks, rates = [start(seed=0), start(seed=1)], [0.004, 0.002]  # the first run is not the last to end
    free = train(networks, (x, y), rate=rates, steps=120)
    level = float(free.loss[:, :, 60].mean())
    learned = np.argmax(free.loss < level, axis=-1)
    ended = train(networks, (x, y), rate=rates, steps=120, until=level)
    assert np.isfinite(ended.learned_at).all()
    assert_allclose(ended.learned_at, learned, rtol=0)
    assert ended.times.tolist() == list(range(learned.max() + 1))
    assert learned[0, 0] < learned.max() < 120
    for i, j in np.ndindex(2, 2):
        assert_allclose(ended.loss[i, j, learned[i, j] :], free.loss[i, j, learned[i, j]], rtol=CLOSED_FORM)
    first = train(networks, (x, y), rate=rates, steps=120, until=level, stop="first")
    assert first.times[-1] == learned.min()
    assert np.isfinite(first.learned_at).sum() == (learned == learned.min()).sum()
    assert np.isnan(free.learned_at).all()
    waited = train(networks, (x, y), rate=[0.004, 50.0], steps=120, until=level)
    assert waited.times[-1] == learned[:, 0].max()
    lost = train(
        networks, (x, y), rate=[0.004, 50.0], steps=120, until=level, stop="first"
    )  # who diverges is not first
    assert np.nanmax(lost.diverged_at) < np.nanmin(lost.learned_at) == lost.times[-1] == learned[:, 0].min()


def test_divergence_is_reported():
    x, y = examples()
    network = start("relu", biased=False)
    run = train(network, (x, y), rate=[0.001, 5.0], steps=30)
    assert np.isnan(run.diverged_at[0])
    at = int(run.diverged_at[1])
    assert 0 < at < 30
    assert np.isinf(run.loss[1, at:]).all()
    assert np.isfinite(run.loss[1, :at]).all()
    seldom = train(start("linear"), (x, y), rate=[0.001, 5.0], steps=30, record=30)  # by then infinities have met: NaN
    assert seldom.diverged_at[1] == 30
    assert np.isinf(seldom.loss[1, 1])
    with pytest.raises(ValueError, match=r"train needs a stable rate, got rate=5: the loss diverged at step"):
        train(network, (x, y), rate=5.0, steps=30)


def test_means_diverge_when_sums_do():
    """At a rate as many times larger the weights are the same, and so is the step at which the loss leaves all bounds."""
    x = np.random.default_rng(1).normal(size=(20, 1))
    sharpness = float(np.square(x).sum())
    steps = [
        train(
            Network(([[0.1]],), "linear"), (x, 2 * x), rate=[rate, rate / 3], steps=60, reduction=reduction
        ).diverged_at
        for reduction, rate in (("sum", 2.2 / sharpness), ("mean", 20 * 2.2 / sharpness))
    ]
    assert_allclose(steps[1], steps[0], rtol=0)
    # (1 − 2.2)² = 1.44 at each step, up to 1e6 times the loss of the zero map, 1.9² of which are (2 − 0.1)² at first
    assert steps[0][0] == np.ceil(np.log(1e6 * 4 / 3.61) / np.log(1.44))
    assert np.isnan(steps[0][1])


@pytest.mark.parametrize("activated", [False, True])
def test_the_network_that_is_read_is_the_one_that_was_trained(activated):
    x, y = examples()
    run = train(start(activated_inputs=activated), (x, y), rate=0.003, steps=25)
    assert run.network().activated_inputs is activated
    assert_allclose(0.5 * np.square(run.network()(x) - y).sum(), run.loss[-1], rtol=CLOSED_FORM)


def test_records_and_digits():
    x, y = examples()
    run = train(start(), (x, y), rate=0.01, steps=30)
    some = train(start(), (x, y), rate=0.01, steps=30, record=[7, 12])
    assert some.times.tolist() == [0, 7, 12, 30]
    assert_allclose(some.loss, run.loss[[0, 7, 12, 30]], rtol=CLOSED_FORM)
    coarse = train(start(), (x, y), rate=0.01, steps=30, dtype=np.float32)
    assert_allclose(coarse.loss, run.loss, rtol=1e-5)  # 24 bits, 30 steps
    assert np.abs(coarse.loss - run.loss).max() > 0
    assert coarse.loss.dtype == coarse.weights[0].dtype == np.float64


def test_nothing_global_is_touched():
    kept = ("jax_enable_x64", "jax_default_matmul_precision")
    before, state = [getattr(jax.config, name) for name in kept], np.random.get_state()[1].tolist()  # noqa: NPY002
    train([start(), start(seed=1)], examples(), rate=0.01, steps=5, batch=4)
    assert [getattr(jax.config, name) for name in kept] == before
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert jax.numpy.zeros(1).dtype == np.float32


def test_the_part_of_the_loss_that_nobody_learns_counts_for_the_end():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 6))
    task, network = Task.from_data(x, y), Network(dl.initial.gaussian([4, 8, 6], scale=0.5, rng=rng), "linear")
    free = train(network, (x, y), rate=1e-3, steps=150)
    assert task.floor > 0.5 * free.loss[0]
    for data in (task, (x, y)):
        assert train(network, data, rate=1e-3, steps=150, until=free.loss[80:82].mean()).learned_at == 81


def test_losses_that_rise_within_bounds_are_no_divergence():
    """From next to a minimum into an oscillation around it; and up a thousandfold in Adam's first steps, and back."""
    near = Network(([[1 + 1e-9]], [[1 + 1e-9]]), "linear")  # w → w + rate w (1 − w²) has slope −1.1 at w = 1
    run = train(near, ([[1.0]], [[1.0]]), rate=1.05, steps=400)
    assert run.loss[0] < 1e-15 < 1e-3 < run.loss[-1] < 0.5
    run = train(Network(([[0.0]],), "linear"), ([[1.0]], [[0.01]]), optimiser="adam", rate=0.5, steps=2000)
    assert run.loss.max() > 1000 * run.loss[0] > 1000 * run.loss[-1]


def test_accuracy_and_strengths_only_where_they_mean_something():
    x, y = labels()
    other = examples()[1]
    asked = {"rate": 1e-3, "steps": 3}
    first, second = (
        train(start(), (x, y), evaluate=(x, other), **asked),
        train(start(), (x, other), evaluate=(x, y), **asked),
    )
    assert np.isnan([*first.test_accuracy, *second.accuracy]).all()
    assert np.isfinite([*first.accuracy, *second.test_accuracy]).all()
    single = start(widths=[5, 7, 1])
    assert np.isnan(train(single, (x, np.ones((20, 1))), **asked).accuracy).all()  # one output is no choice
    assert_allclose(train(single, (x, x[:, 0]), **asked).loss, train(single, (x, x[:, :1]), **asked).loss, rtol=0)
    task = Task.from_data(x, y)
    assert train(start(), (x, y), modes=task, **asked).strengths.shape == (4, 3)
    assert train(start(), (x, y), modes=task, loss="cross entropy", **asked).strengths.shape == (4, 0)


@pytest.mark.parametrize(("reduction", "count"), [("mean", 10), ("sum", 1)])
def test_the_loss_on_the_other_pair_is_a_mean_over_that_pair(reduction, count):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    net = Network(dl.initial.gaussian([3, 4, 2], rng=0), "tanh")
    run = train(net, (x[:20], y[:20]), rate=0.01, steps=3, reduction=reduction, evaluate=(x[20:], y[20:]))
    mine = 0.5 * np.sum((run.network()(x[20:]) - y[20:]) ** 2) / count
    assert_allclose(run.test_loss[-1], mine, rtol=CLOSED_FORM)
    seen = 0.5 * np.sum((run.network()(x[:20]) - y[:20]) ** 2) / (2 * count if reduction == "mean" else 1)
    assert_allclose(run.loss[-1], seen, rtol=CLOSED_FORM)


@pytest.mark.parametrize("seed", range(4))
def test_fewer_examples_than_inputs(seed, naive):
    """Σ¹¹ lacks rank, and rounding makes some of its eigenvalues negative."""
    rng = np.random.default_rng(seed)
    task = Task.from_data(rng.standard_normal((3, 6)), rng.standard_normal((3, 2)))
    assert np.linalg.eigvalsh(task.input_correlation)[0] < 1e-15
    assert (task.input_modes[0] >= 0).all()
    for widths in ([6, 2], [6, 5, 2]):
        start = Network(dl.initial.gaussian(widths, std=0.2, rng=seed), "linear")
        losses, _ = naive(task, start.weights, 0.01, 20)
        assert_allclose(train(start, task, rate=0.01, steps=20).loss, losses, rtol=1e-11)
        assert_allclose(dl.descend(task, start.weights, rate=0.01, steps=20).loss, losses, rtol=1e-11)


def test_both_spellings_of_the_optimiser_do_the_same():
    x = np.linspace(-1, 1, 8)[:, None]
    start = dl.Network(dl.initial.gaussian([1, 4, 1], rng=0), "tanh")
    british, american, plain = (
        dl.train(start, (x, x**3), rate=0.01, steps=5, **named).loss
        for named in ({"optimiser": "adam"}, {"optimizer": "adam"}, {})
    )
    np.testing.assert_array_equal(british, american)
    assert not np.allclose(british, plain)
