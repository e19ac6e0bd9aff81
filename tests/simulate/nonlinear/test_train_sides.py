"""Fewer outputs and inputs: the same losses and weights, and only where the theorem holds."""

import numpy as np
import optax
import pytest
from numpy.testing import assert_allclose
from tests.conftest import LIFTED, REDUCED_LOSS

import deeplinear as dl
from deeplinear import Network, train
from deeplinear.simulate.nonlinear.options import planned


def wide(*, widths=(50, 15, 12, 300), count=9, biased=True, seed=0):
    """The network of the reference check: tanh, 50-15-12-300."""
    rng = np.random.default_rng(seed)
    biases = [0.1 * rng.normal(size=n) for n in widths[1:]] if biased else None
    network = Network(dl.initial.gaussian(widths, rng=rng), "tanh", biases)
    return network, (rng.normal(size=(count, widths[0])), rng.normal(size=(count, widths[-1])))


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("asked", [{}, {"batch": 4}, {"optimiser": "momentum"}, {"reduction": "mean"}], ids=str)
def test_reduced_is_unreduced(biased, asked):
    network, data = wide(biased=biased)
    asked = {"rate": 2e-4, "steps": 200, "rng": 0} | asked
    small, full = (train(network, data, reduce=reduce, **asked) for reduce in (None, False))
    outputs = 9 + 12 + biased  # rank of the targets, last hidden layer, bias
    assert str(small.reduction) == f"exact: outputs 300 -> {outputs}, inputs 50 -> 9"
    assert str(full.reduction) == "none: every weight is trained"
    assert max(small.reduction.conditions.values()) < 1e-14
    assert_allclose(small.loss, full.loss, rtol=0, atol=REDUCED_LOSS * full.loss[0])
    for mine, theirs in zip(
        (*small.weights, *(small.biases or ())), (*full.weights, *(full.biases or ())), strict=True
    ):
        assert mine.shape == theirs.shape
        assert_allclose(mine, theirs, rtol=0, atol=LIFTED * np.abs(theirs).max())
    assert full.loss[-1] < 0.9 * full.loss[0]


def test_strengths_of_many_seeds_are_those_of_all_outputs():
    task = dl.data.hierarchy(levels=3, features=200, rng=0)
    networks = [Network(dl.initial.gaussian([8, 8, 200], std=0.05, rng=seed), "tanh") for seed in range(3)]
    small, full = (train(networks, task, rate=[1e-3, 2e-3], steps=150, reduce=reduce) for reduce in (None, False))
    assert [str(each) for each in small.reduction] == ["exact: outputs 200 -> 16"] * 3
    assert_allclose(small.strengths, full.strengths, rtol=0, atol=REDUCED_LOSS * task.modes.s[0])
    assert_allclose(small.loss, full.loss, rtol=0, atol=REDUCED_LOSS * full.loss.max())
    for mine, theirs in zip(small.weights, full.weights, strict=True):
        assert mine.shape == theirs.shape
        assert_allclose(mine, theirs, rtol=0, atol=LIFTED * np.abs(theirs).max())


def test_a_single_layer_and_zero_biases():
    network, data = wide(widths=(60, 200), count=8, biased=False)
    small, full = (train(network, data, rate=1e-3, steps=50, reduce=reduce) for reduce in (True, False))
    assert_allclose(small.weights[0], full.weights[0], rtol=0, atol=1e-12)
    network, data = wide(biased=False)
    network = Network(network.weights, "tanh", [np.zeros(len(w)) for w in network.weights])
    run = train(network, data, rate=1e-4, steps=5)
    assert run.reduction.outputs.shape == (300, 21)  # a bias that starts at zero moves inside the targets
    assert_allclose(
        run.biases[-1], train(network, data, rate=1e-4, steps=5, reduce=False).biases[-1], rtol=0, atol=1e-12
    )


def test_targets_that_lack_directions_and_starts_that_repeat():
    network, (x, y) = wide(biased=False)
    y = y[:, :1] @ np.ones((1, 300))  # rank one
    weights = list(network.weights)
    weights[-1] = np.ones((300, 1)) @ weights[-1][:1]  # inside the targets' span: nothing new
    network = Network(weights, "tanh")
    small, full = (train(network, (x, y), rate=2e-5, steps=100, reduce=reduce) for reduce in (None, False))
    assert small.reduction.outputs.shape == (300, 13)
    assert_allclose(small.loss, full.loss, rtol=0, atol=REDUCED_LOSS * full.loss[0])


@pytest.mark.parametrize(
    ("optimiser", "loss", "outputs", "inputs"),
    [
        ("sgd", "squared", True, True),
        ("momentum", "cross entropy", False, True),
        ("adam", "squared", False, False),
        ("rmsprop", "squared", False, False),
        (optax.adamw, "squared", False, False),
        (optax.sgd, "squared", False, False),  # it would do, but nothing says so
    ],
)
def test_which_sides_an_optimiser_and_a_loss_leave_to_reduce(optimiser, loss, outputs, inputs):
    asked = {
        "steps": 1,
        "batch": None,
        "reduction": "sum",
        "record": None,
        "until": None,
        "stop": "all",
        "dtype": float,
    }
    plan = planned(optimiser=optimiser, rate=0.1, loss=loss, reduce=None, **asked)
    assert (plan.reduce_outputs, plan.reduce_inputs) == (outputs, inputs)


def test_what_is_read_from_all_outputs_keeps_them():
    network, (x, y) = wide()
    tested = train(network, (x, y), rate=1e-4, steps=2, evaluate=(x, y))
    assert str(tested.reduction) == "none: every weight is trained"
    assert_allclose(tested.test_loss, tested.loss, rtol=0)
    one_hot = np.eye(300)[np.arange(9)]
    small, full = (
        train(network, (x, one_hot), loss="cross entropy", rate=0.01, steps=60, reduce=reduce)
        for reduce in (None, False)
    )
    assert str(small.reduction) == "exact: inputs 50 -> 9"
    assert_allclose(small.loss, full.loss, rtol=0, atol=REDUCED_LOSS * full.loss[0])
    assert_allclose(small.weights[0], full.weights[0], rtol=0, atol=LIFTED)
    assert (small.accuracy == full.accuracy).all()


def test_accuracy_needs_all_outputs_of_squared_error_too():
    network, (x, _) = wide()
    one_hot = np.eye(300)[np.arange(9)]
    run = train(network, (x, one_hot), rate=0.02, steps=100)
    assert str(run.reduction) == "exact: inputs 50 -> 9"
    assert run.accuracy[-1] == np.mean(run.network()(x).argmax(axis=1) == np.arange(9)) > run.accuracy[0]


def test_an_activation_on_the_inputs_keeps_them():
    network, data = wide()
    activated = Network(network.weights, "tanh", activated_inputs=True)
    assert str(train(activated, data, rate=1e-4, steps=2).reduction) == "exact: outputs 300 -> 21"


def test_adam_would_be_another_training_in_these_coordinates(monkeypatch):
    network, data = wide()
    full = train(network, data, optimiser="adam", rate=0.01, steps=50)
    monkeypatch.setattr("deeplinear.simulate.nonlinear.options.ROTATABLE", ("sgd", "momentum", "adam"))
    wrong = train(network, data, optimiser="adam", rate=0.01, steps=50)
    assert np.abs(wrong.loss - full.loss).max() > 0.01 * full.loss[0]


def test_a_transformation_of_the_users_is_reduced_at_the_outputs_on_request():
    network, data = wide()
    decayed = optax.chain(optax.add_decayed_weights(0.1), optax.sgd(2e-4))
    small, full = (train(network, data, optimiser=decayed, steps=100, reduce=reduce) for reduce in (True, False))
    assert str(small.reduction) == "exact: outputs 300 -> 22"
    assert_allclose(small.loss, full.loss, rtol=0, atol=REDUCED_LOSS * full.loss[0])
    for mine, theirs in zip(small.weights, full.weights, strict=True):
        assert_allclose(mine, theirs, rtol=0, atol=LIFTED * np.abs(theirs).max())


def test_orthogonal_examples_of_one_length_are_the_inputs_that_are_trained():
    network, (_, y) = wide()
    x = 3 * np.eye(50)[np.arange(9)[::-1]]
    small, full = (train(network, (x, y), rate=1e-4, steps=50, reduce=reduce) for reduce in (None, False))
    assert (small.reduction.inputs == np.eye(50)[:, np.arange(9)[::-1]]).all()
    assert_allclose(small.loss, full.loss, rtol=0, atol=REDUCED_LOSS * full.loss[0])


def test_a_zero_bias_beside_others_that_are_not():
    network, data = wide()
    zero = Network(network.weights, "tanh", [np.zeros(len(w)) for w in network.weights])
    small, full = (train([zero, network], data, rate=1e-4, steps=20, reduce=reduce) for reduce in (None, False))
    assert [str(each) for each in small.reduction] == ["exact: outputs 300 -> 22, inputs 50 -> 9"] * 2
    assert_allclose(small.loss, full.loss, rtol=0, atol=REDUCED_LOSS * full.loss.max())
