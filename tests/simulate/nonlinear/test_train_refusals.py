"""What training refuses, and in which words."""

import numpy as np
import optax
import pytest
from scipy.sparse import csr_array

import deeplinear as dl
from deeplinear import Network, Task, train

X = np.random.default_rng(0).normal(size=(10, 4))
Y = np.random.default_rng(1).normal(size=(10, 3))
NET = Network(dl.initial.gaussian([4, 5, 3], rng=0), "tanh")
NAN = np.where(np.arange(10)[:, None] == 6, np.nan, X)


def linear(x):
    """Not what its name says."""
    return x**3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rate": 0.0}, r"train needs a finite rate > 0, got rate=0.0: only a positive rate descends"),
        ({"rate": [0.1, np.nan]}, r"train needs a finite rate > 0"),
        ({"rate": None}, r"train needs a finite rate > 0, got rate=None"),
        ({"steps": 0}, r"train needs whole steps >= 1, got steps=0"),
        ({"steps": 2.5}, r"train needs whole steps >= 1, got steps=2.5"),
        ({"batch": 0}, r"train needs a whole batch >= 1, got batch=0"),
        ({"batch": 11}, r"train needs 1 <= batch <= 10, got batch=11"),
        ({"loss": "hinge"}, r"train needs loss in squared, cross entropy, got loss='hinge'"),
        ({"reduction": "max"}, r"train needs reduction in sum, mean, got reduction='max'"),
        ({"stop": "last"}, r"train needs stop in first, all, got stop='last'"),
        ({"until": -1.0}, r"train needs a finite until > 0, got until=-1.0"),
        ({"record": 0}, r"train needs record to be a whole number >= 1"),
        ({"dtype": np.float16}, r"train needs dtype np.float64 or np.float32"),
        ({"optimiser": "lbfgs"}, r"train needs optimiser in sgd, momentum, adam, rmsprop, got optimiser='lbfgs'"),
        (
            {"optimiser": "adam", "optimizer": "sgd"},
            r"train needs one of optimiser and optimizer, got 'adam' and 'sgd'",
        ),
        ({"optimiser": optax.sgd(0.1)}, r"train needs no rate beside an optax transformation, got rate=0.1"),
        ({"loss": "cross entropy", "reduce": True}, r"for reduce=True, got loss='cross entropy', optimiser='sgd'"),
        (
            {"data": (X, Y / Y.sum(axis=1, keepdims=True)), "loss": "cross entropy"},
            r"train needs targets that are probabilities .* negative",
        ),
        ({"optimiser": "adam", "reduce": True}, r"train needs loss='squared' and an optimiser linear in the gradients"),
        (
            {"data": (X, Y[:9])},
            r"train needs one row of y for each row of x, got 10 rows of x and 9 of y in data",
        ),
        (
            {"data": (X[:, :3], Y)},
            r"train needs data of shapes \(examples, 4\) and \(examples, 3\), got \(10, 3\) and \(10, 3\)",
        ),
        (
            {"data": (X, [*Y.tolist()[:9], ["a", "b", "c"]])},
            r"train needs real numbers, got y of data=.* it holds text",
        ),
        ({"data": (csr_array(X), Y)}, r"got x of data=csr_array of shape .*: .* \.toarray\(\)"),
        (
            {"data": (X, np.arange(10) % 3), "loss": "cross entropy"},
            r"looks like a label, of 3 classes here\. .* np\.eye\(3\)\[labels\]",
        ),
        (
            {"evaluate": (X, np.zeros((10, 1))), "data": (X, np.eye(3)[[0] * 10]), "loss": "cross entropy"},
            r"y of evaluate of",
        ),
        ({"data": X}, r"train needs data to be a pair \(x, y\) of examples in rows, got a ndarray"),
        ({"data": (NAN, Y)}, r"train needs finite numbers, got a NaN or infinity in x of data \(first in row 6\)"),
        ({"evaluate": (X, Y[:, :2])}, r"train needs evaluate of shapes"),
        ({"loss": "cross entropy"}, r"train needs targets that are probabilities for loss='cross entropy'"),
        ({"modes": Task.from_modes([1.0, 2.0])}, r"train needs modes to be a Task of 4 inputs and 3 outputs"),
        (
            {"data": Task.from_data(X, Y)},
            r"train needs examples, got a Task of 4 inputs that keeps only their correlations",
        ),
        ({"network": Network(NET.weights, linear), "data": Task.from_data(X, Y)}, r"keeps only their correlations"),
        ({"network": [NET, Network(NET.weights, "relu")]}, r"train needs networks of equal widths and activation"),
    ],
)
def test_refusals(changed, message):
    asked = {"network": NET, "data": (X, Y), "rate": 0.1, "steps": 5} | changed
    with pytest.raises(ValueError, match=message):
        train(asked.pop("network"), asked.pop("data"), **asked)


def test_things_of_another_kind():
    with pytest.raises(TypeError, match=r"train needs a Network or a list of them, got a ndarray"):
        train(NET.weights, (X, Y), rate=0.1, steps=5)
    with pytest.raises(TypeError, match=r"train needs an optimiser, got optimiser=3"):
        train(NET, (X, Y), optimiser=3, rate=0.1, steps=5)
    with pytest.raises(ValueError, match=r"train needs a Network or a list of them, got an empty list"):
        train([], (X, Y), rate=0.1, steps=5)


def test_a_task_stands_for_examples_only_where_its_correlations_say_which():
    linear = Network(NET.weights, "linear")
    task = Task.from_data(X, Y)
    for asked in ({"batch": 2}, {"reduction": "mean"}, {"loss": "cross entropy"}):
        with pytest.raises(ValueError, match="train needs examples, got a Task"):
            train(linear, task, rate=1e-3, steps=5, **asked)
    biased = Network(NET.weights, "linear", [np.zeros(5), np.zeros(3)])
    with pytest.raises(ValueError, match="train needs examples, got a Task"):
        train(biased, task, rate=1e-3, steps=5)
    white = Task.from_data(X, Y, inputs="white")  # white, but not one-hot
    with pytest.raises(ValueError, match="train needs examples, got a Task"):
        train(NET, white, rate=1e-3, steps=5)
    modes = Task.from_modes([2.0, 1.0], n_in=4, n_out=3)  # Σ¹¹ = I, of nobody knows how many examples
    with pytest.raises(ValueError, match="train needs examples, got a Task"):
        train(NET, modes, rate=1e-3, steps=5)
    items = Task.from_data(np.eye(4), Y[:4])
    got = train(NET, items, rate=0.01, steps=5).loss
    np.testing.assert_allclose(got, train(NET, (np.eye(4), Y[:4]), rate=0.01, steps=5).loss, rtol=1e-12)


def test_networks_of_one_batch_differ_in_weights_only():
    kinds = [
        Network(NET.weights, "tanh", activated_inputs=True),
        Network(NET.weights, "tanh", [np.zeros(5), np.zeros(3)]),
        Network(dl.initial.gaussian([4, 6, 3], rng=0), "tanh"),
    ]
    for other in kinds:
        with pytest.raises(
            ValueError, match=r"train needs networks of equal widths and activation.*got 2 kinds among 2"
        ):
            train([NET, other], (X, Y), rate=0.1, steps=5)
    # functions of one's own are told apart by what they do, not by their name
    one, other = (Network(NET.weights, f) for f in (lambda x: x / (1 + x * x), lambda x: x * x))
    with pytest.raises(ValueError, match=r"got 2 kinds among 2"):
        train([one, other], (X, Y), rate=0.1, steps=5)
    again = Network(NET.weights, lambda x: x / (1 + x * x))
    assert train([one, again], (X, Y), rate=0.01, steps=2).loss.shape == (2, 3)


def test_what_a_training_knows():
    run = train([NET, NET], (X, Y), rate=0.01, steps=5)
    with pytest.raises(ValueError, match=r"maps need a linear network"):
        _ = run.maps
    for index in ((), (2,), (0, 0)):
        with pytest.raises(
            ValueError, match=r"network needs one index for each batch axis, got .* batch of shape \(2,\)"
        ):
            run.network(*index)
    np.testing.assert_array_equal(run.network(-1).weights[0], run.weights[0][1])
    assert run.strengths.shape == (2, 6, 0)
    assert run.half_times.shape == (2, 0)
    assert repr(run) == "Training('training of a tanh network', times to 5, loss (2, 6), strengths (2, 6, 0))"
    assert repr(run.reduction[0]) == "Sides(none: every weight is trained)"
