import numpy as np
import pytest
from numpy.testing import assert_allclose

import deeplinear as dl
from deeplinear.simulate import descent

RNG = np.random.default_rng(5)
X = RNG.normal(size=(96, 6)) * np.linspace(0.5, 1.5, 6)
Y = X @ RNG.normal(size=(6, 3)) + 0.1 * RNG.normal(size=(96, 3))


def naive(weights, rate, batch, steps, seed):
    """Backpropagation, one batch at a time, over the documented order."""
    weights, rng, order = list(weights), np.random.default_rng(seed), []
    while len(order) < steps:
        order.extend(rng.permutation(96)[: 96 // batch * batch].reshape(-1, batch))
    for rows in order[:steps]:
        hidden = [X[rows].T]
        for w in weights:
            hidden.append(w @ hidden[-1])
        delta = Y[rows].T - hidden[-1]
        gradients = []
        for w, below in zip(weights[::-1], hidden[-2::-1], strict=True):
            gradients.append(delta @ below.T)
            delta = w.T @ delta
        weights = [w + rate * g for w, g in zip(weights, gradients[::-1], strict=True)]
    return weights


@pytest.mark.parametrize("kind", ["orthogonal", "decoupled", "gaussian"])
@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize("wide", [1, 10**9])
def test_against_backpropagation(kind, reduce, wide, monkeypatch):
    monkeypatch.setattr(descent, "WIDE", wide)
    monkeypatch.setattr(descent, "SHORT", 0)
    task, sizes = dl.Task.from_data(X, Y), [6, 40, 40, 3]
    weights = (
        dl.initial.decoupled(task, sizes, strength=0.3, rng=0)
        if kind == "decoupled"
        else getattr(dl.initial, kind)(sizes, rng=0)
    )
    run = dl.descend_minibatch(X, Y, weights, rate=0.003, batch=10, steps=40, rng=7, reduce=reduce)
    assert max(run.reduction.reduced_widths[1:-1]) == (
        40 if kind == "gaussian" or not reduce else 9 if kind == "orthogonal" else 3
    )
    for found, wanted in zip(run.weights, naive(weights, 0.003, 10, 40, 7), strict=True):
        assert_allclose(found, wanted, rtol=0, atol=1e-12)
    assert_allclose(task.loss(run.maps), run.loss, rtol=1e-11)
    assert run.loss[-1] < 0.9 * run.loss[0]


def test_more_outputs_than_inputs():
    y = X @ RNG.normal(size=(6, 9))
    weights = dl.initial.orthogonal([6, 20, 9], rng=0)
    run = dl.descend_minibatch(X, y, weights, rate=2e-4, batch=96, steps=30, rng=0)
    full = dl.descend(dl.Task.from_data(X, y), weights, rate=2e-4, steps=30)
    assert_allclose(run.loss, full.loss, rtol=0, atol=1e-12 * full.loss[0])


@pytest.mark.parametrize("batch", [0, 97, 2.5])
def test_refuses_bad_batches(batch):
    with pytest.raises(ValueError, match="needs 1 <= batch <= 96"):
        dl.descend_minibatch(X, Y, dl.initial.orthogonal([6, 3], rng=0), rate=0.1, batch=batch, steps=1)
